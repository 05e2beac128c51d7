//! Stop anywhere, go on, and nobody can tell: the scenarios of the catalogue stopped at a hundred drawn events, and the
//! program itself killed, cut short and fed with checkpoints that do not fit.

use lastcopy::build::RunOptions;
use lastcopy::catalog::{CATALOG, CLAIMS};
use lastcopy::run::Prepared;
use lastcopy::scenario::{Overrides, Scenario};
use lastcopy::sweep::RunSpec;
use models::config::CheckLevel;
use models::run::{RunReport, Verdict};
use models::simulation::Simulation;
use rayon::prelude::*;
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::record::csv::CsvTables;
use sim_core::time::SimTime;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Stops in all.
const STOPS: usize = 100;
/// Cells with more events are left to the release checks.
const EVENTS_MAX: u64 = 150_000;

/// The first cells of all small scenarios of the catalogue.
fn cells() -> Vec<RunSpec> {
    let options = RunOptions { check: CheckLevel::Sampled, max_events: None };
    let texts = CATALOG.iter().map(|entry| entry.text()).chain(CLAIMS.iter().map(|claim| claim.text()));
    let overrides = Overrides { size: Some("small".into()), sets: Vec::new() };
    texts
        .flat_map(|text| {
            let scenario = Scenario::check(text, Path::new(""), &overrides).expect("the catalogue checks");
            let prepared = Prepared::new(scenario).expect("no files are missing");
            let (_, specs) = prepared.specs(options).expect("no files are missing");
            specs.into_iter().take(3)
        })
        .collect()
}

fn start(spec: &RunSpec) -> Simulation {
    Simulation::new(&spec.case.config, &spec.case.content(), spec.draws)
}

fn end(mut simulation: Simulation) -> (RunReport, Vec<(&'static str, String)>) {
    let mut tables = CsvTables::new();
    simulation.drive(&mut |_, _| Verdict::GoOn).expect("no invariant is broken");
    let (report, _) = simulation.finish(&mut tables).expect("no invariant is broken");
    (report, tables.iter().map(|table| (table.schema.name, table.body().to_owned())).collect())
}

#[test]
fn a_hundred_drawn_stops_in_the_catalogue_resume_to_the_same_bytes() {
    const STOP: Domain = Domain::new("test/stop");
    let whole: Vec<_> = cells()
        .into_par_iter()
        .filter_map(|spec| {
            let mut simulation = start(&spec);
            let stopped = simulation.advance(SimTime::NEVER, EVENTS_MAX).expect("no invariant is broken");
            (stopped == sim_core::engine::Stopped::AtEnd).then(|| (end(simulation), spec))
        })
        .collect();
    assert!(whole.len() >= 15, "{} cells are small enough", whole.len());
    let equal: usize = (0..STOPS)
        .into_par_iter()
        .map(|stop| {
            let (expected, spec) = &whole[stop % whole.len()];
            let word = Draws::new(9, 0).word(STOP, Entity(stop as u64), 0);
            let event = word % expected.0.events.max(1);
            let mut simulation = start(spec);
            simulation.advance(SimTime::NEVER, event).expect("no invariant is broken");
            let saved = simulation.save();
            drop(simulation);
            let content = spec.case.content();
            let resumed = Simulation::restore(&spec.case.config, &content, spec.draws, &saved);
            let found = end(resumed.expect("it was just saved"));
            assert!(found == *expected, "{} stopped at event {event}", spec.name);
            1
        })
        .sum();
    assert_eq!(equal, STOPS);
}

/// The first cell of a small scenario of the catalogue.
fn first_cell(name: &str) -> RunSpec {
    let options = RunOptions { check: CheckLevel::Sampled, max_events: None };
    let overrides = Overrides { size: Some("small".into()), sets: Vec::new() };
    let text = lastcopy::catalog::find(name).expect("it is in the catalogue").text();
    let scenario = Scenario::check(text, Path::new(""), &overrides).expect("the catalogue checks");
    let (_, specs) = Prepared::new(scenario).expect("no files").specs(options).expect("no files");
    specs.into_iter().next().expect("a scenario has a cell")
}

/// A run that is saved and restored at each of the stops, beside one that never stops: they are the same at every
/// stop, so that whatever follows one of them follows the other, and they end alike.
#[test]
fn a_hundred_of_a_hundred_drawn_stops_of_the_chain_resume_to_the_same_bytes() {
    const STOP: Domain = Domain::new("test/stop-of-chain");
    ["onboarding", "fault-storm", "pledge-formula", "cheaters", "onboarding-forecast", "cluster-heal"]
        .into_par_iter()
        .for_each(|name| {
            let spec = first_cell(name);
            let (content, config) = (spec.case.content(), &spec.case.config);
            let mut straight = start(&spec);
            straight.drive(&mut |_, _| Verdict::GoOn).expect("no invariant is broken");
            let events = straight.events();
            let word = |stop| Draws::new(9, 0).word(STOP, Entity(stop), 0);
            let mut stops: Vec<u64> = (0..STOPS as u64).map(|stop| word(stop) % events).collect();
            stops.sort_unstable();
            let (mut whole, mut stopped) = (start(&spec), start(&spec));
            for event in stops {
                for simulation in [&mut whole, &mut stopped] {
                    simulation
                        .advance(SimTime::NEVER, event - simulation.events())
                        .expect("nothing is broken");
                }
                let saved = whole.save();
                assert!(stopped.save() == saved, "{name}: another state at event {event}");
                stopped =
                    Simulation::restore(config, &content, spec.draws, &saved).expect("it was just saved");
            }
            let (straight, stopped) = (end(straight), end(stopped));
            assert!(straight == stopped && straight == end(whole), "{name}: another end");
        });
}

const TINY: &str = r#"schema = 1
name = "tiny"
question = "Does it go on?"
duration = "4 days"
replicates = 3

[population.me]
role = "publisher"
count = 1
strategy = { kind = "delete", at = "3 days" }

[population.readers]
role = "reader"
count = 12
dht = "client"
session = { law = "weibull", shape = 0.6, mean_up = "8 h", mean_down = "8 h" }
strategy = { kind = "keep-for", mean = "10 h" }

[population.network]
role = "peer"
count = 40

[objects.page]
count = 4
size = "300 KiB"
stored_by = "me"

[demand.visits]
objects = "page"
readers = "readers"
mean = 6.0

[[plot]]
kind = "ladder"
"#;

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lastcopy"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

fn lastcopy(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn with_tiny() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("tiny.toml"), TINY).expect("a file");
    folder
}

/// All files of a run folder but the one that may differ.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                left.push(path);
            } else if !path.ends_with("environment.json") {
                let name = path.strip_prefix(folder).expect("it lies there").to_path_buf();
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

fn assert_same(folder: &Path, one: &str, other: &str) {
    let (one, other) = (files(&folder.join(one)), files(&folder.join(other)));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    for (name, bytes) in &one {
        assert!(bytes == &other[name], "{} differs", name.display());
    }
}

/// A run cut short in its first cells, with the whole one beside it.
fn cut_short() -> TempDir {
    let folder = with_tiny();
    let whole = lastcopy(folder.path(), &["run", "tiny.toml", "--out", "whole", "--quiet"]);
    assert_eq!(whole.status.code(), Some(0), "{}", stderr(&whole));
    let args =
        ["run", "tiny.toml", "--out", "cut", "--quiet", "--max-events", "9000", "--checkpoint-every", "2000"];
    let cut = lastcopy(folder.path(), &args);
    assert_eq!(cut.status.code(), Some(75), "{}", stderr(&cut));
    assert!(stderr(&cut).contains("go on with `lastcopy resume cut`"), "{}", stderr(&cut));
    folder
}

#[test]
fn a_run_that_a_budget_cut_short_is_resumed_to_the_same_bytes() {
    let folder = cut_short();
    let manifest = fs::read_to_string(folder.path().join("cut/manifest.json")).expect("a partial run");
    assert!(manifest.contains("\"complete\": false"));
    let again = lastcopy(folder.path(), &["resume", "cut", "--max-events", "14000"]);
    assert_eq!(again.status.code(), Some(75), "{}", stderr(&again));
    assert!(stderr(&again).contains("goes on from event 9000"), "{}", stderr(&again));
    let resumed = lastcopy(folder.path(), &["resume", "cut/"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
    assert_same(folder.path(), "whole", "cut");
    assert!(!folder.path().join("cut.resume").exists(), "what was saved goes when the run is whole");
    let nothing = lastcopy(folder.path(), &["resume", "cut"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert_eq!(stderr(&nothing), "lastcopy: cut is whole: there is nothing to resume\n");
}

/// Kills a child for good as soon as `ready` says so.
fn kill_when(mut child: Child, ready: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if ready() || child.try_wait().expect("a child").is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it is gone");
}

#[test]
fn a_run_that_was_killed_is_resumed_to_the_same_bytes() {
    let folder = with_tiny();
    let whole = lastcopy(folder.path(), &["run", "tiny.toml", "--out", "whole", "--quiet"]);
    assert_eq!(whole.status.code(), Some(0), "{}", stderr(&whole));
    // Killed three times, each time a little later: in the first cell, between cells, in a resumed cell.
    let saved = folder.path().join("killed.resume");
    let args =
        ["run", "tiny.toml", "--out", "killed", "--quiet", "--threads", "1", "--checkpoint-every", "3000"];
    let start =
        |args: &[&str]| command(folder.path(), args).stderr(Stdio::null()).spawn().expect("it starts");
    kill_when(start(&args), || saved.join("base-0-0.checkpoint.previous").exists());
    assert!(!folder.path().join("killed").exists(), "nothing is there under its final name");
    let args = ["resume", "killed", "--quiet", "--threads", "1", "--checkpoint-every", "3000"];
    kill_when(start(&args), || saved.join("finished/base-0-0.json").exists());
    kill_when(start(&args), || saved.join("base-0-1.checkpoint").exists());
    let resumed = lastcopy(folder.path(), &["resume", "killed"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
    assert_same(folder.path(), "whole", "killed");
    let left: Vec<_> =
        fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("one").file_name()).collect();
    assert_eq!(left.len(), 3, "nothing half-written is left: {left:?}");
}

#[test]
fn a_run_that_is_interrupted_says_how_to_go_on() {
    let folder = with_tiny();
    let args =
        ["run", "tiny.toml", "--out", "run", "--quiet", "--threads", "1", "--checkpoint-every", "3000"];
    let child = command(folder.path(), &args).stderr(Stdio::piped()).spawn().expect("it starts");
    let saved = folder.path().join("run.resume");
    while !saved.join("base-0-0.checkpoint").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("there is a kill");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(stderr(&output), "lastcopy: interrupted; go on with `lastcopy resume run`\n");
    assert!(saved.join("plan.json").exists() && !folder.path().join("run").exists());
    let begun = lastcopy(folder.path(), &["run", "tiny.toml", "--out", "run"]);
    assert_eq!(begun.status.code(), Some(73), "an unfinished run is not thrown away");
    let resumed = lastcopy(folder.path(), &["resume", "run", "--quiet"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
}

#[test]
fn what_does_not_fit_is_refused_by_name_and_the_checkpoint_before_is_used() {
    let folder = cut_short();
    let saved = folder.path().join("cut.resume");
    let (last, previous) = (saved.join("base-0-0.checkpoint"), saved.join("base-0-0.checkpoint.previous"));
    let (good, before) = (fs::read(&last).expect("saved"), fs::read(&previous).expect("saved before"));
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 4;
    fs::write(&last, &flipped).expect("a file");
    // The one before is whole: it is used, and said so. (A budget keeps the run from ending.)
    let output = lastcopy(folder.path(), &["resume", "cut", "--max-events", "8500"]);
    assert_eq!(output.status.code(), Some(75));
    let words = "cut.resume/base-0-0.checkpoint is damaged: its bytes do not match their checksum: the one before is used";
    assert!(stderr(&output).contains(words), "{}", stderr(&output));

    let refused = |words: &str| {
        let output = lastcopy(folder.path(), &["resume", "cut"]);
        assert_eq!(output.status.code(), Some(2), "{words}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{words}: {}", stderr(&output));
    };
    fs::write(&previous, &before[..before.len() / 2]).expect("a file");
    fs::write(&last, &flipped).expect("a file");
    refused(
        "base-0-0.checkpoint is damaged: its bytes do not match their checksum; remove it to begin cell base-0-0 anew",
    );
    fs::write(&last, &good[..good.len() - 1]).expect("a file");
    refused("base-0-0.checkpoint is truncated");
    fs::write(&last, fs::read(saved.join("base-0-1.checkpoint")).expect("saved")).expect("a file");
    refused("is of cell base-0-1");
    fs::write(&last, &good).expect("a file");

    let change = |name: &str, from: &str, to: &str, words: &str| {
        let path = saved.join(name);
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{name}: {text}");
        fs::write(&path, text.replacen(from, to, 1)).expect("a file");
        refused(words);
        fs::write(&path, text).expect("a file");
    };
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    change(
        "plan.json",
        &version,
        "\"version\": \"99.0.0\"",
        "was written by lastcopy 99.0.0, this is lastcopy",
    );
    change("plan.json", "{", "[", "plan.json is damaged");
    change(
        "scenario.toml",
        "duration = \"4 days\"",
        "duration = \"5 days\"",
        "is not the scenario that was begun",
    );
    change("scenario.toml", "duration", "durations", "durations");

    // Somebody else is at work, as far as a number tells; one that began at another time is a left-over.
    fs::write(saved.join("lock"), "no number\n").expect("a file");
    let held = lastcopy(folder.path(), &["resume", "cut"]);
    assert_eq!(held.status.code(), Some(73));
    assert!(stderr(&held).contains("names no process: remove the file"), "{}", stderr(&held));
    if Path::new("/proc/self").exists() {
        fs::write(saved.join("lock"), format!("{}\n", std::process::id())).expect("a file");
        let held = lastcopy(folder.path(), &["resume", "cut"]);
        assert_eq!(held.status.code(), Some(73));
        assert!(stderr(&held).contains("is at work on it"), "{}", stderr(&held));
    }
    fs::write(saved.join("lock"), format!("{} 1\n", std::process::id())).expect("a file");
    let resumed = lastcopy(folder.path(), &["resume", "cut"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
    assert_same(folder.path(), "whole", "cut");
}

#[test]
fn beginning_anew_takes_force_and_a_run_without_saved_state_cannot_be_resumed() {
    let folder = cut_short();
    let refused = lastcopy(folder.path(), &["run", "tiny.toml", "--out", "cut"]);
    assert_eq!(refused.status.code(), Some(73));
    let words = "lastcopy: cut.resume holds a run that was stopped; go on with `lastcopy resume cut`, or begin anew with --force\n";
    assert_eq!(stderr(&refused), words);
    let forced = lastcopy(folder.path(), &["run", "tiny.toml", "--out", "cut", "--force", "--quiet"]);
    assert_eq!(forced.status.code(), Some(0), "{}", stderr(&forced));
    assert!(!folder.path().join("cut.resume").exists());
    assert_same(folder.path(), "whole", "cut");
    let nowhere = lastcopy(folder.path(), &["resume", "elsewhere"]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(stderr(&nowhere).starts_with("lastcopy: no saved state of elsewhere"), "{}", stderr(&nowhere));
    let zero = lastcopy(folder.path(), &["run", "tiny.toml", "--checkpoint-every", "0"]);
    assert_eq!(zero.status.code(), Some(2));
    assert!(stderr(&zero).contains("must be more than nothing"), "{}", stderr(&zero));
}
