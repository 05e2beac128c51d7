//! A checked scenario -> a run folder.
//!
//! ```text
//! runs/<scenario>-<id>/    scenario.toml  manifest.json  environment.json  summary.json
//!   cells/<arm>-<point>-<replicate>/      digest  tables/*.csv
//!   tables/*.csv           merged over cells, in cell order     figures/*.svg, *.png
//! ```
//!
//! The folder is written under a temporary name and renamed when whole; only `environment.json` differs
//! between two runs of the same thing.

use crate::batch::{Batch, Budget, Outcome, Stopped};
use crate::build::RunOptions;
use crate::content::Library;
use crate::failure::Failure;
use crate::folder;
use crate::host::{Environment, Stopwatch};
use crate::inputs::Inputs;
use crate::predict::Cost;
use crate::problem::{Problem, Report};
use crate::resolve;
use crate::saving::{self, Every, Lock, Saving};
use crate::scenario::Scenario;
use crate::sweep::{self, RunSpec};
use models::run::RunReport;
use sim_core::record::folder::{NewFolder, sha256_hex};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Digits of a run's id.
const ID_DIGITS: usize = 12;

/// A scenario with its content, ready to run.
#[derive(Debug)]
pub struct Prepared {
    /// The scenario.
    pub scenario: Scenario,
    /// The user's files.
    pub inputs: Inputs,
    /// The resolved scenario.
    pub resolved: String,
    /// Hash of resolved scenario, seed and program version.
    pub id: String,
    /// Hash of the same and of what else a run is made from: the recorded sessions.
    pub hash: String,
}

/// How to run it.
pub struct Settings<'a> {
    /// Checks and event budget.
    pub options: RunOptions,
    /// Worker threads.
    pub threads: usize,
    /// Wall time, memory and output that may be used.
    pub budget: Budget,
    /// Whether figures are drawn.
    pub plots: bool,
    /// Replace a run that is already there.
    pub force: bool,
    /// Folder of the results; `runs/<scenario>-<id>` if not said.
    pub out: Option<PathBuf>,
    /// Raised by signals.
    pub interrupted: Arc<AtomicBool>,
    /// Told how far a cell is.
    pub progress: &'a (dyn Fn(usize, f64) + Sync),
    /// How often cells are saved while they go on; only when they come to a stop if absent.
    pub checkpoint_every: Option<Every>,
}

/// A run that is on disk.
#[derive(Debug)]
pub struct Finished {
    /// Its folder.
    pub folder: PathBuf,
    /// Its headline numbers.
    pub summary: analysis::Summary,
    /// Figures that had nothing to show, and why.
    pub notices: Vec<String>,
    /// Whether it was there already.
    pub was_there: bool,
    /// The budget that ended it early, if one did.
    pub stopped: Option<Stopped>,
}

/// What became of a cell, for the manifest.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) spec: RunSpec,
    pub(crate) report: RunReport,
    pub(crate) rows: folder::Rows,
}

impl Prepared {
    /// Reads the scenario's files and names the run.
    ///
    /// # Errors
    /// All problems with those files.
    pub fn new(mut scenario: Scenario) -> Result<Self, Report> {
        let inputs = Inputs::read(&mut scenario)?;
        let resolved = resolve::text(&scenario);
        let seed = scenario.seed().to_string();
        let version = env!("CARGO_PKG_VERSION");
        let hash = sha256_hex(&[resolved.as_bytes(), b"\n", seed.as_bytes(), b"\n", version.as_bytes()]);
        let id = hash[..ID_DIGITS].to_string();
        let hash = sha256_hex(&[hash.as_bytes(), inputs.traces_hash().as_bytes()]);
        Ok(Prepared { scenario, inputs, resolved, id, hash })
    }

    /// Where the run goes if nothing else is said.
    pub fn default_folder(&self) -> PathBuf {
        Path::new("runs").join(format!("{}-{}", self.scenario.name(), self.id))
    }

    /// The predicted cost, or the refusal of one that no budget holds.
    ///
    /// # Errors
    /// If memory or output are predicted to be over the limit.
    pub fn cost(&self, memory: u64, output: u64) -> Result<Cost, Report> {
        let cost = Cost::of(&self.scenario);
        match cost.refusal(memory, output) {
            None => Ok(cost),
            Some(message) => {
                Err(Report { text: self.scenario.text.clone(), problems: Problem::whole(message).into() })
            }
        }
    }

    /// Imports the content and lists the cells.
    ///
    /// # Errors
    /// If a user's file cannot be read any more.
    pub fn specs(&self, options: RunOptions) -> Result<(Library, Vec<RunSpec>), Failure> {
        let library = Library::import(&self.scenario, &self.inputs).map_err(Failure::Usage)?;
        let specs = sweep::specs(&self.scenario, &library, &self.inputs, options);
        Ok((library, specs))
    }
}

/// Runs a scenario into its folder, or reports the whole run that is there already.
///
/// # Errors
/// As [`Failure`] says.
pub fn run(prepared: &Prepared, settings: &Settings<'_>) -> Result<Finished, Failure> {
    let target = settings.out.clone().unwrap_or_else(|| prepared.default_folder());
    if let Some(there) = existing(&target, prepared, settings)? {
        return Ok(there);
    }
    let left_over = saving::folder_of(&target);
    if left_over.exists() {
        clear_left_over(&left_over, &target, settings.force)?;
    }
    let check = folder::check_name(settings.options.check);
    let saving = Saving::new(&target, prepared, check, settings.plots, settings.checkpoint_every);
    execute(prepared, settings, &target, saving)
}

/// Makes way for a run that begins anew. What an earlier one saved may be hours of work: it goes only if asked for.
fn clear_left_over(left_over: &Path, target: &Path, force: bool) -> Result<(), Failure> {
    let shown = left_over.display();
    if !force {
        return Err(Failure::CannotCreate(format!(
            "{shown} holds a run that was stopped; go on with `lastcopy resume {}`, or begin anew with --force",
            target.display()
        )));
    }
    let lock = Lock::take(left_over).map_err(|held| Failure::CannotCreate(format!("{shown}: {}", held.0)))?;
    std::fs::remove_dir_all(left_over).map_err(|error| Failure::output(left_over, &error))?;
    drop(lock);
    Ok(())
}

/// Runs what is not finished yet into the folder `target`.
pub(crate) fn execute(
    prepared: &Prepared,
    settings: &Settings<'_>,
    target: &Path,
    saving: Saving,
) -> Result<Finished, Failure> {
    let watch = Stopwatch::start();
    let (library, specs) = prepared.specs(settings.options)?;
    let new = NewFolder::create(target).map_err(|error| Failure::output(target, &error))?;
    let write_error = |error: std::io::Error| Failure::output(target, &error);
    let save_error = |error: std::io::Error| saving::unwritten(target, &error);
    if saving.is_eager() {
        saving.open().map_err(save_error)?;
    }
    let mut outcomes = Vec::with_capacity(specs.len());
    let (mut left, mut numbers) = (Vec::new(), Vec::new());
    for (number, spec) in specs.into_iter().enumerate() {
        if let Some((report, rows)) = saving.kept(&new, &spec).map_err(write_error)? {
            (settings.progress)(number, 1.0);
            outcomes.push((number, (spec, Outcome::Done(report, rows))));
        } else {
            left.push(spec);
            numbers.push(number);
        }
    }
    let batch = Batch {
        threads: settings.threads,
        budget: settings.budget,
        watch,
        interrupted: settings.interrupted.clone(),
        progress: &|number, share| (settings.progress)(numbers[number], share),
        saving: Some(&saving),
    };
    let (ran, stopped) = batch.run(left, |spec, report, tables| {
        let rows = folder::write_cell(&new, spec, report, &tables)?;
        if report.complete && saving.is_eager() {
            saving.keep(&new, spec, report, &rows)?;
        }
        Ok(rows)
    });
    outcomes.extend(numbers.into_iter().zip(ran));
    outcomes.sort_by_key(|(number, _)| *number);
    let outcomes: Vec<_> = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    if stopped.is_some() {
        keep_finished(&outcomes, &new, &saving).map_err(save_error)?;
    }
    if stopped == Some(Stopped::Interrupted) {
        return Err(Failure::Interrupted(format!("go on with `lastcopy resume {}`", target.display())));
    }
    let cells = finished_cells(outcomes, prepared, target)?;
    let events = cells.iter().map(|cell| cell.report.events).sum();
    let tables = folder::merge(&new, &cells).map_err(write_error)?;
    let manifest = folder::manifest(prepared, settings, &library, &cells, tables, stopped.is_none());
    new.write("scenario.toml", &[prepared.resolved.as_bytes()]).map_err(write_error)?;
    new.write("manifest.json", &[manifest.to_json().as_bytes()]).map_err(write_error)?;
    let (summary, notices) = analyse(new.path(), settings.plots)?;
    let environment = Environment::measure(watch, events, settings.threads, &prepared.scenario.folder);
    new.write("environment.json", &[environment.to_json().as_bytes()]).map_err(write_error)?;
    new.publish().map_err(write_error)?;
    if stopped.is_none() {
        saving.clear().map_err(save_error)?;
    }
    Ok(Finished { folder: target.into(), summary, notices, was_there: false, stopped })
}

/// Keeps the cells that are done, for whoever goes on with a run that was stopped.
fn keep_finished(
    outcomes: &[(RunSpec, Outcome<folder::Rows>)],
    new: &NewFolder,
    saving: &Saving,
) -> std::io::Result<()> {
    saving.open()?;
    for (spec, outcome) in outcomes {
        if let Outcome::Done(report, rows) = outcome {
            saving.keep(new, spec, report, rows)?;
        }
    }
    Ok(())
}

/// Makes summary and figures of a folder. A figure that cannot be drawn costs nobody the run: it is noted,
/// and `lastcopy plot` draws it when its description is mended.
fn analyse(folder: &Path, plots: bool) -> Result<(analysis::Summary, Vec<String>), Failure> {
    let failed =
        |error: analysis::AnalysisError| Failure::Internal(format!("the run cannot be analysed: {error}"));
    let run = analysis::Run::open(folder).map_err(failed)?;
    let summary = run.summary().map_err(failed)?;
    summary.write(folder).map_err(failed)?;
    let notices = match plots.then(|| analysis::plots::draw_all(&run, &folder.join("figures"))) {
        None => Vec::new(),
        Some(Ok(figures)) => figures.notices,
        Some(Err(error)) => vec![error.to_string()],
    };
    Ok((summary.clone(), notices))
}

/// How much a level of checks looks at, by its name in a manifest.
fn strictness(check: &str) -> u8 {
    match check {
        "every" => 2,
        "sampled" => 1,
        _ => 0,
    }
}

/// The whole run that is at `target` already, nothing if the place is free or that run was checked less
/// than is asked for, or a refusal.
fn existing(
    target: &Path,
    prepared: &Prepared,
    settings: &Settings<'_>,
) -> Result<Option<Finished>, Failure> {
    let shown = target.display();
    if !target.exists() {
        return Ok(None);
    }
    let is_empty = std::fs::read_dir(target).map(|mut entries| entries.next().is_none());
    if is_empty.as_ref().is_ok_and(|empty| *empty) {
        return Ok(None);
    }
    let run = analysis::Run::open(target).ok();
    let Some(run) = run.filter(|run| run.manifest().run_id == prepared.id) else {
        let message = format!("{shown} exists and is not this run; choose another --out, or move it away");
        return Err(Failure::CannotCreate(message));
    };
    let weaker = strictness(&run.manifest().check) < strictness(folder::check_name(settings.options.check));
    if settings.force || weaker || !run.manifest().complete {
        return Ok(None);
    }
    let summary = run.summary().map_err(|error| Failure::Internal(error.to_string()))?.clone();
    Ok(Some(Finished { folder: target.into(), summary, notices: Vec::new(), was_there: true, stopped: None }))
}

/// The cells that ran to their end; if a budget let none do so, those that it cut short.
fn finished_cells(
    outcomes: Vec<(RunSpec, Outcome<folder::Rows>)>,
    prepared: &Prepared,
    target: &Path,
) -> Result<Vec<Cell>, Failure> {
    let (mut done, mut cut) = (Vec::new(), Vec::new());
    for (spec, outcome) in outcomes {
        match outcome {
            Outcome::Done(report, rows) => done.push(Cell { spec, report, rows }),
            Outcome::Cut(report, rows) => cut.push(Cell { spec, report, rows }),
            Outcome::Skipped => {}
            Outcome::Unwritten(error) => return Err(Failure::output(target, &error)),
            Outcome::Unusable(words) => return Err(Failure::Usage(words)),
            Outcome::Broken(words) => return Err(Failure::Internal(broken(&spec, prepared, &words))),
        }
    }
    match (done.is_empty(), cut.is_empty()) {
        (false, _) => Ok(done),
        (true, false) => Ok(cut),
        (true, true) => Err(Failure::OverBudget(format!(
            "the budget was used up before any cell was finished; go on with `lastcopy resume {}`",
            target.display()
        ))),
    }
}

/// A bug in words: the cell and the command that repeats it.
fn broken(spec: &RunSpec, prepared: &Prepared, words: &str) -> String {
    let scenario = &prepared.scenario;
    format!(
        "cell {} of {} (seed {}): {words}\nrepeat it with: lastcopy run {} --seed {} --check every --threads 1",
        spec.name,
        scenario.name(),
        scenario.seed(),
        scenario.text.shown,
        scenario.seed(),
    )
}
