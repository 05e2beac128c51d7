//! A run folder opened to be run again: the scenario it holds, its cells, and what it says of them.

use crate::build::RunOptions;
use crate::failure::Failure;
use crate::file;
use crate::run::Prepared;
use crate::scenario::{Overrides, Scenario};
use crate::sweep::RunSpec;
use models::config::CheckLevel;
use models::names::Names;
use models::simulation::Simulation;
use sim_core::record::manifest::{Cell, Manifest};
use std::path::{Path, PathBuf};

/// A run folder and everything that is needed to repeat its cells.
#[derive(Debug)]
pub struct Recorded {
    /// The folder, as it was named.
    pub folder: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// All cells of the scenario.
    pub specs: Vec<RunSpec>,
}

impl Recorded {
    /// Opens a run folder and reads the scenario in it.
    ///
    /// # Errors
    /// If it is no run folder, or the scenario's files cannot be read any more.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let shown = folder.display();
        let run = analysis::Run::open(folder).map_err(|error| Failure::Usage(error.to_string()))?;
        let prepare = |beside: &Path| {
            let text = file::read(&folder.join("scenario.toml"))?;
            Prepared::new(Scenario::check(text, beside, &Overrides::default())?)
        };
        // The user's files were moved along with the run, or lie where they lay when it ran.
        let prepared = match (prepare(folder), folder_then(folder)) {
            (Err(_), Some(then)) => prepare(&then)?,
            (beside, _) => beside?,
        };
        let manifest = run.manifest().clone();
        let ours = env!("CARGO_PKG_VERSION");
        if manifest.version != ours {
            return Err(Failure::Usage(format!(
                "{shown} was made by lastcopy {}, this is {ours}: another version may run it in another way",
                manifest.version
            )));
        }
        if prepared.id != manifest.run_id {
            return Err(Failure::Usage(format!("{shown}/scenario.toml is not the scenario of that run")));
        }
        let (_, specs) = prepared.specs(RunOptions { check: CheckLevel::Off, max_events: None })?;
        Ok(Recorded { folder: folder.to_path_buf(), manifest, specs })
    }

    /// A cell by name; the first one if none is given.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn cell(&self, name: Option<&str>) -> Result<&RunSpec, Failure> {
        let Some(name) = name else {
            return Ok(&self.specs[0]);
        };
        self.specs.iter().find(|spec| spec.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.specs.iter().take(8).map(|spec| spec.name.as_str()).collect();
            let more = if self.specs.len() > 8 { ", ..." } else { "" };
            let shown = self.folder.display();
            Failure::Usage(format!("{shown} has no cell \"{name}\"; it has {}{more}", names.join(", ")))
        })
    }

    /// What the folder says of a cell that ran to its end.
    pub fn told(&self, spec: &RunSpec) -> Option<&Cell> {
        let cells = self.manifest.complete.then_some(&self.manifest.cells)?;
        cells.iter().find(|cell| cell.name == spec.name)
    }
}

/// The folder that the scenario's files were relative to when it ran.
fn folder_then(run: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(run.join("environment.json")).ok()?;
    let environment: serde_json::Value = serde_json::from_str(&text).ok()?;
    environment["scenario_folder"].as_str().map(PathBuf::from)
}

/// Names of everything in a cell.
pub fn names(spec: &RunSpec) -> Names {
    let content = spec.case.content();
    let simulation = Simulation::new(&spec.case.config, &content, spec.draws);
    Names::of(simulation.world(), &content)
}
