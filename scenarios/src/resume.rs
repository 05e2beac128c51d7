//! Going on with a run that was stopped: finds what was saved, refuses by name what does not fit, and hands the rest
//! to [`crate::run`]. What comes out is the folder that an uninterrupted run would have left.

use crate::build::RunOptions;
use crate::failure::Failure;
use crate::file;
use crate::run::{Finished, Prepared, Settings, execute};
use crate::saving::{Lock, Plan, Saving, checkpoint_of, folder_of, is_finished, sweep};
use crate::scenario::{Overrides, Scenario};
use crate::sweep::RunSpec;
use models::config::CheckLevel;
use sim_core::checkpoint::{self, CheckpointError, Header};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A stopped run, found whole and ready to go on.
#[derive(Debug)]
pub struct Stopped {
    /// The scenario, as it was begun.
    pub prepared: Prepared,
    /// Folder that the run will be in.
    pub target: PathBuf,
    /// Level of checks that it was begun with.
    pub check: CheckLevel,
    /// Whether figures are drawn at the end.
    pub plots: bool,
    /// What it will do, for people, a line each.
    pub notes: Vec<String>,
    root: PathBuf,
    plan: Plan,
    begun: BTreeMap<String, PathBuf>,
    lock: Lock,
}

impl Stopped {
    /// Finds the stopped run that was to become `folder`, or whose own folder that is.
    ///
    /// # Errors
    /// If there is none, another process is at work on it, or something in it does not fit: by name, and what to do.
    pub fn find(folder: &Path) -> Result<Self, Failure> {
        let (target, root) = places(folder);
        let shown = root.display();
        if !root.is_dir() {
            return Err(Failure::Usage(no_saved_state(&target, &root)));
        }
        let plan = read_plan(&root)?;
        let lock = Lock::take(&root).map_err(|held| Failure::CannotCreate(format!("{shown}: {}", held.0)))?;
        if let Some(holder) = lock.left_by {
            sweep(&target, holder);
        }
        let prepared = prepare(&root, &plan)?;
        let (check, plots) = (level(&plan.check), plan.plots);
        let (_, specs) = prepared.specs(RunOptions { check, max_events: None })?;
        let (begun, notes) = begun(&root, &plan, &specs)?;
        Ok(Stopped { prepared, target, check, plots, notes, root, plan, begun, lock })
    }

    /// Goes on. `settings` says what may be used; checks and figures are those of the beginning.
    ///
    /// # Errors
    /// As [`crate::run::run`].
    pub fn run(self, mut settings: Settings<'_>) -> Result<Finished, Failure> {
        settings.options.check = self.check;
        settings.plots = self.plots;
        settings.out = Some(self.target.clone());
        let resolved = self.prepared.resolved.clone();
        let saving = Saving::resuming(
            self.root,
            self.plan,
            resolved,
            settings.checkpoint_every,
            self.begun,
            self.lock,
        );
        execute(&self.prepared, &settings, &self.target, saving)
    }
}

/// The run folder and the one beside it, whichever of the two was named.
fn places(folder: &Path) -> (PathBuf, PathBuf) {
    // `.` and `..` have no name of their own.
    let named = if folder.file_name().is_none() { folder.canonicalize().ok() } else { None };
    let folder = named.as_deref().unwrap_or(folder);
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match name.strip_suffix(".resume") {
        Some(run) if !run.is_empty() => (folder.with_file_name(run), folder.to_path_buf()),
        _ => (folder.to_path_buf(), folder_of(folder)),
    }
}

fn no_saved_state(target: &Path, root: &Path) -> String {
    let (target, root) = (target.display(), root.display());
    match analysis::Run::open(Path::new(&target.to_string())) {
        Ok(run) if run.manifest().complete => format!("{target} is whole: there is nothing to resume"),
        _ => format!(
            "no saved state of {target}: there is no folder {root}; begin the run with `lastcopy run` \
             (and --checkpoint-every, to survive a crash)"
        ),
    }
}

fn read_plan(root: &Path) -> Result<Plan, Failure> {
    let path = root.join("plan.json");
    let shown = path.display();
    let remove = format!("remove {} and begin anew with `lastcopy run`", root.display());
    let bytes = fs::read(&path)
        .map_err(|error| Failure::Usage(format!("{shown} cannot be read: {}; {remove}", error.kind())))?;
    let plan: Plan = serde_json::from_slice(&bytes)
        .map_err(|_| Failure::Usage(format!("{shown} is damaged; {remove}")))?;
    let ours = env!("CARGO_PKG_VERSION");
    if (plan.program.as_str(), plan.version.as_str()) != ("lastcopy", ours) {
        return Err(Failure::Usage(format!(
            "{shown} was written by {} {}, this is lastcopy {ours}: resume it with that version, or {remove}",
            plan.program, plan.version
        )));
    }
    Ok(plan)
}

/// The scenario as it was begun, with its files read again.
fn prepare(root: &Path, plan: &Plan) -> Result<Prepared, Failure> {
    let path = root.join("scenario.toml");
    let text = file::read(&path)?;
    let scenario = Scenario::check(text, &plan.folder, &Overrides::default())?;
    let prepared = Prepared::new(scenario)?;
    if prepared.hash != plan.scenario || prepared.id != plan.run_id {
        return Err(Failure::Usage(format!(
            "{} is not the scenario that was begun (or recorded sessions that it names have changed): its hash is {}, \
             that one's was {}; put it back, or begin anew with `lastcopy run`",
            path.display(),
            prepared.hash,
            plan.scenario
        )));
    }
    Ok(prepared)
}

/// Where each cell goes on from, and what that means in words.
fn begun(
    root: &Path,
    plan: &Plan,
    specs: &[RunSpec],
) -> Result<(BTreeMap<String, PathBuf>, Vec<String>), Failure> {
    let (mut begun, mut notes) = (BTreeMap::new(), Vec::new());
    let (mut finished, mut fresh) = (0, 0);
    for spec in specs {
        if is_finished(root, &spec.name) {
            finished += 1;
            continue;
        }
        match last_good(&checkpoint_of(root, &spec.name), plan, spec)? {
            None => fresh += 1,
            Some((path, header, trouble)) => {
                notes.extend(trouble);
                let Header { event, time, .. } = header;
                notes.push(format!("cell {} goes on from event {event}, at {time}", spec.name));
                begun.insert(spec.name.clone(), path);
            }
        }
    }
    let of = specs.len();
    let mut head = vec![format!("{finished} of {of} cells are finished, {fresh} have not begun")];
    head.append(&mut notes);
    Ok((begun, head))
}

/// The last checkpoint of a cell that is whole, with a note if that is not the last one.
fn last_good(
    path: &Path,
    plan: &Plan,
    spec: &RunSpec,
) -> Result<Option<(PathBuf, Header, Option<String>)>, Failure> {
    let previous = checkpoint::previous(path);
    let refuse = |path: &Path, error: &CheckpointError| {
        Failure::Usage(format!("{} {error}; remove it to begin cell {} anew", path.display(), spec.name))
    };
    let trouble = match look(path, plan, spec)? {
        Some(Ok(header)) => return Ok(Some((path.to_path_buf(), header, None))),
        Some(Err(error)) => Some(error),
        None => None,
    };
    match (look(&previous, plan, spec)?, trouble) {
        (Some(Ok(header)), trouble) => {
            let note = trouble.map(|error| format!("{} {error}: the one before is used", path.display()));
            Ok(Some((previous, header, note)))
        }
        (_, Some(error)) => Err(refuse(path, &error)),
        (Some(Err(error)), None) => Err(refuse(&previous, &error)),
        (None, None) => Ok(None),
    }
}

/// A checkpoint's header, none if there is no file. Damage is for the caller; what belongs elsewhere is refused.
fn look(
    path: &Path,
    plan: &Plan,
    spec: &RunSpec,
) -> Result<Option<Result<Header, CheckpointError>>, Failure> {
    let Ok(bytes) = fs::read(path) else {
        return Ok(None);
    };
    match checkpoint::open_as(&bytes, &Saving::identity(plan, spec)) {
        Ok((header, _)) => Ok(Some(Ok(header))),
        Err(
            error @ (CheckpointError::Truncated { .. }
            | CheckpointError::Damaged
            | CheckpointError::NotACheckpoint),
        ) => Ok(Some(Err(error))),
        Err(error) => {
            let words = format!("{} {error}; or remove it to begin cell {} anew", path.display(), spec.name);
            Err(Failure::Usage(words))
        }
    }
}

fn level(name: &str) -> CheckLevel {
    match name {
        "every" => CheckLevel::Every,
        "off" => CheckLevel::Off,
        _ => CheckLevel::Sampled,
    }
}
