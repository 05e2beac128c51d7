//! The files that a scenario names: found, read once, compared with what the scenario says of them.
//! After this step nothing asks the disk again, except the streaming import of the same content.

use crate::keys::Value;
use crate::problem::{Place, Problem, Problems, Report};
use crate::scenario::Scenario;
use crate::source::Source;
use crate::trace::{self, Trace};
use crate::values::{Checked, Instance, Values};
use sim_core::record::folder::sha256_hex;
use sim_core::units::Bytes;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All files that the variants of a scenario name, by path as found.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    sources: BTreeMap<PathBuf, Result<Arc<Source>, String>>,
    traces: BTreeMap<PathBuf, Result<Arc<Trace>, String>>,
    folder: PathBuf,
}

impl Inputs {
    /// Reads all files and writes digests and sizes of the user's content into the values of the scenario.
    ///
    /// # Errors
    /// All problems with files.
    pub fn read(scenario: &mut Scenario) -> Result<Self, Report> {
        let mut inputs = Inputs { folder: scenario.folder.clone(), ..Inputs::default() };
        let mut problems = Problems::new();
        let fixed = |key| !scenario.grid.keys().any(|axis| axis.last() == key);
        let state_facts = fixed("path");
        let all = std::iter::once(&mut scenario.base)
            .chain(scenario.variants.iter_mut().map(|variant| &mut variant.values));
        for values in all {
            inputs.read_values(values, state_facts, &mut problems);
        }
        if problems.refused() { Err(Report { text: scenario.text.clone(), problems }) } else { Ok(inputs) }
    }

    fn read_values(&mut self, values: &mut Values, state_facts: bool, problems: &mut Problems) {
        for instance in values.instances.values_mut() {
            match instance.section.path {
                "objects.<group>" => {
                    if let Err(problem) = self.read_source(instance, state_facts) {
                        problems.push(problem);
                    }
                }
                "population.<group>" => {
                    if let Err(problem) = self.read_trace(instance) {
                        problems.push(problem);
                    }
                }
                _ => {}
            }
        }
    }

    fn read_source(&mut self, objects: &mut Instance, state_facts: bool) -> Result<(), Problem> {
        let Some(path) = self.locate(objects, "source.path") else {
            return Ok(());
        };
        let scanned = self.sources.entry(path.clone()).or_insert_with(|| Source::scan(&path).map(Arc::new));
        let typed = objects.text("source.path");
        let place = objects.place_of("source.path");
        let refuse = |key: &str, message: String| Problem::error(place.clone(), objects.key(key), message);
        let source = scanned.as_ref().map_err(|reason| {
            let help = format!("`--set {}=...` names another place", objects.key("source.path"));
            refuse("source.path", format!("\"{typed}\": {reason}")).help(help)
        })?;
        if objects.maybe_text("source.sha256").is_some_and(|sha256| sha256 != source.sha256) {
            let message = format!("\"{typed}\" has changed: its SHA-256 is {}", source.sha256);
            return Err(refuse("source.sha256", message));
        }
        if objects.maybe_bytes("source.size").is_some_and(|size| size != Bytes::new(source.size)) {
            let message = format!("\"{typed}\" has changed: its size is {} bytes", source.size);
            return Err(refuse("source.size", message));
        }
        if state_facts {
            let facts = [
                ("source.sha256", Value::Text(source.sha256.clone())),
                ("source.size", Value::Bytes(Bytes::new(source.size))),
            ];
            for (key, value) in facts {
                let stated = || Checked { value, place: place.clone(), given: false };
                objects.values.entry(key.into()).or_insert_with(stated);
            }
        }
        Ok(())
    }

    fn read_trace(&mut self, group: &Instance) -> Result<(), Problem> {
        let Some(path) = self.locate(group, "session.file") else {
            return Ok(());
        };
        let read = self.traces.entry(path.clone()).or_insert_with(|| trace::read(&path).map(Arc::new));
        let message = |reason: &String| format!("\"{}\": {reason}", group.text("session.file"));
        read.as_ref().map(|_| ()).map_err(|reason| {
            Problem::error(group.place_of("session.file"), group.key("session.file"), message(reason))
        })
    }

    /// Where a path that a key gives leads: from the scenario's folder, or from the current one if the
    /// command line gave it. A resolved scenario lies in a run folder, away from the content that it
    /// knows by digest: there the current folder is the second place to look.
    fn locate(&self, instance: &Instance, key: &str) -> Option<PathBuf> {
        let typed = Path::new(instance.maybe_text(key)?);
        if matches!(instance.place_of(key), Place::Argument { .. }) {
            return Some(typed.to_path_buf());
        }
        let beside = self.folder.join(typed);
        let known_by_digest = instance.checked("source.sha256").is_some_and(|checked| checked.given);
        Some(if !beside.exists() && known_by_digest { typed.to_path_buf() } else { beside })
    }

    /// The content that an objects group takes from the user.
    pub fn source(&self, objects: &Instance) -> Option<Arc<Source>> {
        let path = self.locate(objects, "source.path")?;
        self.sources.get(&path)?.as_ref().ok().cloned()
    }

    /// The recorded sessions of a group.
    pub fn trace(&self, group: &Instance) -> Option<Arc<Trace>> {
        let path = self.locate(group, "session.file")?;
        self.traces.get(&path)?.as_ref().ok().cloned()
    }

    /// A hash over all recorded sessions, which no resolved scenario holds.
    pub fn traces_hash(&self) -> String {
        let rows = self.traces.values().flatten().map(|trace| format!("{trace:?}\n")).collect::<String>();
        sha256_hex(&[rows.as_bytes()])
    }
}
