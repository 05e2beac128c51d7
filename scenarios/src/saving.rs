//! What an unfinished run leaves beside its folder, so that `lastcopy resume` can go on with it.
//!
//! ```text
//! runs/<scenario>-<id>.resume/
//!   plan.json  scenario.toml                  what is run, and with what checks
//!   lock                                      number of the process that writes here
//!   <cell>.checkpoint, .checkpoint.previous   a cell that has begun
//!   finished/<cell>.json, cells/<cell>/       a cell that is done: report, and tables with their hashes
//! ```
//!
//! Every file is written under a temporary name, forced to disk and renamed; the plan is written first, so a folder
//! without one holds nothing. The folder goes away when the run is whole. Nothing in it is read by `analysis`.

use crate::failure::Failure;
use crate::folder::{self, Rows};
use crate::run::Prepared;
use crate::sweep::RunSpec;
use models::run::{Progress, RunReport};
use models::simulation::Simulation;
use serde::{Deserialize, Serialize};
use sim_core::checkpoint::{self, Header, Identity};
use sim_core::record::folder::{NewFolder, sha256_hex, write_whole};
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::parse_span;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How often the cells of a run are saved while they go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Every {
    /// After so many events.
    Events(u64),
    /// After so much virtual time.
    Span(SimSpan),
}

impl std::str::FromStr for Every {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let every = match text.replace('_', "").parse() {
            Ok(events) => Every::Events(events),
            Err(_) => Every::Span(parse_span(text).map_err(|error| error.to_string())?),
        };
        match every {
            Every::Events(0) | Every::Span(SimSpan::ZERO) => Err("must be more than nothing".into()),
            every => Ok(every),
        }
    }
}

/// What is run, for whoever goes on with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Program.
    pub program: String,
    /// Its version.
    pub version: String,
    /// Id of the run.
    pub run_id: String,
    /// Hash of scenario, seed, version and recorded sessions.
    pub scenario: String,
    /// Level of checks, as in a manifest.
    pub check: String,
    /// Whether figures are drawn at the end.
    pub plots: bool,
    /// Where files that the scenario names are looked for.
    pub folder: PathBuf,
}

/// A cell that is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Finished {
    report: RunReport,
    rows: BTreeMap<String, u64>,
    sha256: BTreeMap<String, String>,
}

/// The folder of an unfinished run.
#[derive(Debug)]
pub struct Saving {
    root: PathBuf,
    plan: Plan,
    resolved: String,
    every: Option<Every>,
    /// Where each cell that has begun goes on from.
    begun: BTreeMap<String, PathBuf>,
    lock: std::sync::Mutex<Option<Lock>>,
}

/// Where a cell stands between two savings.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    events: u64,
    time: SimTime,
}

/// Where the folder of an unfinished run lies.
pub fn folder_of(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(".resume");
    target.with_file_name(name)
}

impl Saving {
    /// For a run that begins. Nothing is written before [`Saving::open`], or before something has to be saved.
    pub fn new(target: &Path, prepared: &Prepared, check: &str, plots: bool, every: Option<Every>) -> Self {
        let folder = &prepared.scenario.folder;
        let plan = Plan {
            program: "lastcopy".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            run_id: prepared.id.clone(),
            scenario: prepared.hash.clone(),
            check: check.into(),
            plots,
            folder: fs::canonicalize(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
                .unwrap_or_else(|_| folder.clone()),
        };
        Saving {
            root: folder_of(target),
            plan,
            resolved: prepared.resolved.clone(),
            every,
            begun: BTreeMap::new(),
            lock: std::sync::Mutex::default(),
        }
    }

    /// For a run that goes on from what is in `root`.
    ///
    /// # Errors
    /// If another process writes there.
    pub(crate) fn resuming(
        root: PathBuf,
        plan: Plan,
        resolved: String,
        every: Option<Every>,
        begun: BTreeMap<String, PathBuf>,
        lock: Lock,
    ) -> Self {
        Saving { root, plan, resolved, every, begun, lock: std::sync::Mutex::new(Some(lock)) }
    }

    /// Whether cells are saved while they go on.
    pub fn is_eager(&self) -> bool {
        self.every.is_some()
    }

    /// What a checkpoint of a cell belongs to.
    pub fn identity(plan: &Plan, spec: &RunSpec) -> Identity {
        Identity::new(&plan.program, &plan.version, &plan.scenario, &spec.name, spec.draws.run_seed())
    }

    /// Makes the folder, if it is not there yet.
    ///
    /// # Errors
    /// If it cannot be made, or another process writes there.
    pub fn open(&self) -> io::Result<()> {
        let mut lock = self.lock.lock().expect("no thread panics while it holds the lock");
        if lock.is_some() {
            return Ok(());
        }
        fs::create_dir_all(&self.root)?;
        *lock = Some(
            Lock::take(&self.root).map_err(|held| io::Error::new(io::ErrorKind::AlreadyExists, held.0))?,
        );
        write_whole(&self.root.join("scenario.toml"), &[self.resolved.as_bytes()])?;
        let plan = serde_json::to_string_pretty(&self.plan).expect("plain fields");
        write_whole(&self.root.join("plan.json"), &[plan.as_bytes(), b"\n"])?;
        Ok(())
    }

    /// The cell as it was saved last; none if it begins.
    ///
    /// # Errors
    /// In words, if it cannot be gone on with.
    pub fn restore(&self, spec: &RunSpec) -> Result<Option<Simulation>, String> {
        let Some(path) = self.begun.get(&spec.name) else {
            return Ok(None);
        };
        let named = |error: &dyn std::fmt::Display| format!("{} {error}", path.display());
        let bytes = fs::read(path).map_err(|error| named(&format!("cannot be read: {}", error.kind())))?;
        let identity = Saving::identity(&self.plan, spec);
        let (_, payload) = checkpoint::open_as(&bytes, &identity).map_err(|error| named(&error))?;
        let content = spec.case.content();
        let simulation = Simulation::restore(&spec.case.config, &content, spec.draws, payload);
        simulation.map(Some).map_err(|error| named(&error))
    }

    /// Sets how often a run is looked at, so that no saving is missed; where it stands.
    pub fn begin(&self, simulation: &mut Simulation) -> Mark {
        if let Some(Every::Events(events)) = self.every {
            simulation.look_every(events);
        }
        Mark { events: simulation.events(), time: simulation.now() }
    }

    /// Whether a cell has gone far enough since `mark` to be saved; moves the mark if so.
    pub fn is_due(&self, mark: &mut Mark, progress: Progress) -> bool {
        let is_due = match self.every {
            None => false,
            Some(Every::Events(events)) => progress.events - mark.events >= events,
            Some(Every::Span(span)) => progress.now.since(mark.time) >= span,
        };
        if is_due {
            *mark = Mark { events: progress.events, time: progress.now };
        }
        is_due
    }

    /// Saves a cell that goes on.
    ///
    /// # Errors
    /// If it cannot be written whole; what was saved before is then still there.
    pub fn save(&self, spec: &RunSpec, simulation: &Simulation) -> io::Result<()> {
        self.open()?;
        let identity = Saving::identity(&self.plan, spec);
        let header = Header { identity, event: simulation.events(), time: simulation.now() };
        checkpoint::store(
            &checkpoint_of(&self.root, &spec.name),
            &checkpoint::to_bytes(&header, &simulation.save()),
        )
    }

    /// Keeps a finished cell, whose tables lie in the new run folder, and drops its checkpoints.
    ///
    /// # Errors
    /// If a file cannot be written whole.
    pub fn keep(&self, new: &NewFolder, spec: &RunSpec, report: &RunReport, rows: &Rows) -> io::Result<()> {
        let marker = finished_of(&self.root, &spec.name);
        if marker.exists() {
            return Ok(());
        }
        self.open()?;
        let mut sha256 = BTreeMap::new();
        for &table in rows.keys() {
            let file = folder::cell_table(&spec.name, table);
            let bytes = fs::read(new.path().join(&file))?;
            let copy = self.root.join(&file);
            fs::create_dir_all(copy.parent().expect("it lies in a folder"))?;
            sha256.insert(table.to_string(), write_whole(&copy, &[&bytes])?);
        }
        let rows = rows.iter().map(|(name, rows)| (name.to_string(), *rows)).collect();
        let finished = Finished { report: report.clone(), rows, sha256 };
        let text = serde_json::to_string(&finished).expect("plain fields");
        fs::create_dir_all(marker.parent().expect("it lies in a folder"))?;
        write_whole(&marker, &[text.as_bytes(), b"\n"])?;
        let saved = checkpoint_of(&self.root, &spec.name);
        for path in [checkpoint::previous(&saved), saved] {
            remove_if_there(&path)?;
        }
        Ok(())
    }

    /// Puts a finished cell's tables into the new run folder; none if it is not finished, or not as it was left.
    ///
    /// # Errors
    /// If a file cannot be written whole.
    pub fn kept(&self, new: &NewFolder, spec: &RunSpec) -> io::Result<Option<(RunReport, Rows)>> {
        let Some(finished) = read_finished(&self.root, &spec.name) else {
            return Ok(None);
        };
        let mut rows = Rows::new();
        for table in models::run::tables() {
            let file = folder::cell_table(&spec.name, table.name);
            let (Ok(bytes), Some(hash), Some(count)) = (
                fs::read(self.root.join(&file)),
                finished.sha256.get(table.name),
                finished.rows.get(table.name),
            ) else {
                return Ok(None);
            };
            if sha256_hex(&[&bytes]) != *hash {
                return Ok(None);
            }
            let copy = new.path().join(&file);
            fs::create_dir_all(copy.parent().expect("it lies in a folder"))?;
            fs::write(copy, &bytes)?;
            rows.insert(table.name, *count);
        }
        folder::write_digest(new, spec, &finished.report)?;
        Ok(Some((finished.report, rows)))
    }

    /// Takes the folder away: the run is whole.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn clear(self) -> io::Result<()> {
        if self.lock.into_inner().expect("no thread panics while it holds the lock").is_some() {
            fs::remove_dir_all(&self.root)?;
        }
        Ok(())
    }
}

/// Where a cell's checkpoint lies.
pub(crate) fn checkpoint_of(root: &Path, cell: &str) -> PathBuf {
    root.join(format!("{cell}.checkpoint"))
}

fn finished_of(root: &Path, cell: &str) -> PathBuf {
    root.join("finished").join(format!("{cell}.json"))
}

fn read_finished(root: &Path, cell: &str) -> Option<Finished> {
    serde_json::from_slice(&fs::read(finished_of(root, cell)).ok()?).ok()
}

/// Whether a cell is marked as finished.
pub(crate) fn is_finished(root: &Path, cell: &str) -> bool {
    read_finished(root, cell).is_some()
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The right to write in a folder, held by one process.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    /// A dead process that had it before.
    pub(crate) left_by: Option<u32>,
}

/// Why a folder is locked, in words.
#[derive(Debug)]
pub(crate) struct Held(pub(crate) String);

impl Lock {
    /// Takes the lock of a folder. One that a dead process left is taken over.
    pub(crate) fn take(root: &Path) -> Result<Self, Held> {
        let path = root.join("lock");
        let mut left_by = None;
        if let Ok(text) = fs::read_to_string(&path) {
            let shown = path.display();
            let mut numbers = text.split_whitespace();
            let holder = numbers.next().unwrap_or_default().parse::<u32>();
            let since = numbers.next().and_then(|since| since.parse().ok());
            match holder {
                Ok(holder) if holder == std::process::id() => {}
                Ok(holder) => match is_alive(holder, since) {
                    Some(false) => left_by = Some(holder),
                    Some(true) => return Err(Held(format!("process {holder} is at work on it ({shown})"))),
                    None => {
                        let words =
                            format!("{shown} names process {holder}: if that is gone, remove the file");
                        return Err(Held(words));
                    }
                },
                Err(_) => return Err(Held(format!("{shown} names no process: remove the file"))),
            }
        }
        let id = std::process::id();
        let since = started(id).unwrap_or_default();
        write_whole(&path, &[format!("{id} {since}\n").as_bytes()])
            .map_err(|error| Held(format!("cannot write {}: {}", path.display(), error.kind())))?;
        Ok(Lock { path, left_by })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Best effort: a lock that is left over names a dead process.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes the half-written run folder that a killed process left.
pub(crate) fn sweep(target: &Path, holder: u32) {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    // Best effort: it has a temporary name and is never taken for a result.
    let _ = fs::remove_dir_all(target.with_file_name(format!(".{name}.{holder}.tmp")));
}

/// Whether the process lives that took a lock when it had been running `since` some tick, if the system tells.
/// Another process may have got its number meanwhile.
fn is_alive(process: u32, since: Option<u64>) -> Option<bool> {
    if !Path::new("/proc/self").exists() {
        return None;
    }
    let started = started(process);
    Some(started.is_some() && (since.is_none() || started == since))
}

/// When a process began, in ticks since the machine did; none if there is none, or it is dead and not buried yet.
fn started(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The fields after the name, which stands in parentheses: the state first, the start as the 20th.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let is_dead = fields.first().is_some_and(|state| ["Z", "X"].contains(state));
    if is_dead { None } else { fields.get(19)?.parse().ok() }
}

/// The failure of writing what is saved.
pub(crate) fn unwritten(target: &Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::AlreadyExists if error.get_ref().is_some() => {
            Failure::CannotCreate(format!("{}: {error}", folder_of(target).display()))
        }
        _ => Failure::output(&folder_of(target), error),
    }
}
