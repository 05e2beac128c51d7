//! Why objects were lost: what `lastcopy why` says of runs, and that the records of every scenario of the catalogue agree
//! with each other.

use analysis::Run;
use analysis::why::causes::{CAME, Cause, WENT};
use analysis::why::{Losses, Story};
use expect_test::expect_file;
use lastcopy::build::RunOptions;
use lastcopy::catalog::CATALOG;
use lastcopy::run::Prepared;
use lastcopy::scenario::{Overrides, Scenario};
use models::config::CheckLevel;
use models::provenance::{Came, Went};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

fn lastcopy(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lastcopy"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).output().expect("the program starts")
}

/// What a command that ends well prints.
fn said(folder: &Path, args: &[&str]) -> String {
    let output = lastcopy(folder, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Why a command is refused.
fn refused(folder: &Path, args: &[&str]) -> String {
    let output = lastcopy(folder, args);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

fn beside(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/why").join(file)
}

/// A run in which every cause takes a last copy.
fn fates() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let file = beside("fates.toml");
    said(folder.path(), &["run", file.to_str().expect("UTF-8"), "--out", "runs/fates", "--quiet"]);
    folder
}

#[test]
fn each_cause_is_told_with_its_chain_and_what_would_have_kept_the_object() {
    let folder = fates();
    for object in ["deleted/0", "outlived/0", "unpinned/0", "left/0", "dropped/0", "swept/0", "bulk/0"] {
        let name = object.split('/').next().expect("a group");
        expect_file![beside(&format!("{name}.txt"))]
            .assert_eq(&said(folder.path(), &["why", "runs/fates", object]));
    }
    expect_file![beside("losses.txt")].assert_eq(&said(folder.path(), &["why", "runs/fates"]));
    expect_file![beside("swept.json")]
        .assert_eq(&said(folder.path(), &["why", "runs/fates", "swept/0", "--cell", "base-0-1", "--json"]));
    expect_file![beside("losses.json")].assert_eq(&said(folder.path(), &["why", "runs/fates", "--json"]));
}

#[test]
fn an_object_may_be_named_by_its_cid_and_what_is_not_there_is_refused_with_what_is_near() {
    let folder = fates();
    let by_name = said(folder.path(), &["why", "runs/fates", "left/0"]);
    let cid = by_name.split_whitespace().nth(1).expect("a CID");
    assert_eq!(said(folder.path(), &["why", "runs/fates", cid]), by_name);
    let one_cell = said(folder.path(), &["why", "runs/fates", "left/0", "--cell", "base-0-0"]);
    assert!(by_name.starts_with(&one_cell), "without a cell, the first in which it was lost");
    for (args, wanted) in [
        (
            ["runs/fates", "lefd/0"],
            "lastcopy: this run has no object `lefd/0`; it has 9, such as `deleted/0`; did you mean left/0 or deleted/0?\n",
        ),
        (["runs/fate", "left/0"], "lastcopy: runs/fate: no such folder of a run; did you mean runs/fates?\n"),
        (["fates", "left/0"], "lastcopy: fates: no such folder of a run; did you mean runs/fates?\n"),
        (
            ["runs/fates", "--cell=base-0-7"],
            "lastcopy: this run has no cell `base-0-7`; cells: base-0-0, base-0-1; did you mean base-0-0 or base-0-1?\n",
        ),
    ] {
        assert_eq!(refused(folder.path(), &[&["why"], &args[..]].concat()), wanted);
    }
    let nothing = refused(folder.path(), &["why", "elsewhere"]);
    assert_eq!(
        nothing,
        "lastcopy: elsewhere: no such folder of a run; `lastcopy run` says where it puts one\n"
    );
    // A folder that is there but is no run says which file it lacks.
    assert!(refused(folder.path(), &["why", "runs"]).contains("manifest.json"));
}

#[test]
fn data_in_sectors_is_told_by_the_sector_that_had_it_and_what_took_that() {
    let folder = tempfile::tempdir().expect("a folder");
    let sets = ["miners.storm.verified=1.0", "miners.storm.count=1", "replicates=1"];
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let run = ["run", "fault-storm", "--size", "small", "--out", "run", "--quiet", "--check", "sampled"];
    said(folder.path(), &run.into_iter().chain(sets).collect::<Vec<_>>());
    expect_file![beside("storm.txt")].assert_eq(&said(folder.path(), &["why", "run"]));
    let run = Run::open(&folder.path().join("run")).expect("it was just made");
    let losses =
        run.read("losses", &["arm", "point", "replicate", "object"]).expect("a table").expect("there");
    let lost = losses.text("object").expect("text").get(0).to_owned();
    let story = said(folder.path(), &["why", "run", &lost]);
    expect_file![beside("sector.txt")].assert_eq(&story);
    assert_eq!(
        refused(folder.path(), &["why", "run", "storm/0/x"]).split(';').next(),
        Some("lastcopy: this run has no object `storm/0/x`")
    );
    assert_eq!(
        refused(folder.path(), &["why", "run", &lost, "--cell", "never"]).split(';').next(),
        Some("lastcopy: this run has no cell `never`")
    );
}

/// The scenarios of the catalogue that have objects.
fn with_objects() -> Vec<&'static str> {
    let options = RunOptions { check: CheckLevel::Off, max_events: None };
    let overrides = Overrides { size: Some("small".into()), sets: Vec::new() };
    let has_objects = |text| {
        let scenario = Scenario::check(text, Path::new(""), &overrides).expect("the catalogue checks");
        let prepared = Prepared::new(scenario).expect("no files are missing");
        let (_, specs) = prepared.specs(options).expect("no files are missing");
        specs.iter().any(|spec| !spec.case.config.objects.is_empty())
    };
    CATALOG.iter().filter(|entry| has_objects(entry.text())).map(|entry| entry.name).collect()
}

#[test]
fn in_every_scenario_a_chain_ends_with_one_last_copy_when_the_object_is_lost_and_causes_sum_to_the_losses() {
    let names = with_objects();
    assert!(names.len() >= 6, "{names:?}");
    let mut lost_in_all = 0;
    for name in names {
        let folder = tempfile::tempdir().expect("a folder");
        said(folder.path(), &["run", name, "--size", "small", "--out", "run", "--quiet", "--check", "off"]);
        let run = Run::open(&folder.path().join("run")).expect("it was just made");
        lost_in_all += check_run(name, &run);
    }
    assert!(lost_in_all > 100, "only {lost_in_all} losses to look at");
}

/// Looks at every object of a run; its losses.
fn check_run(name: &str, run: &Run) -> u64 {
    let columns = ["arm", "point", "replicate", "object", "lost_s", "loss_cause"];
    let objects = run.read("objects", &columns).expect("a table").expect("it is there");
    let (names, lost) = (objects.text("object").expect("text"), objects.times("lost_s").expect("times"));
    let (causes, cells) = (objects.text("loss_cause").expect("text"), run.cells_of(&objects).expect("cells"));
    let losses = Losses::of(run, None).expect("a table of losses");
    let mut counted = 0;
    for object in names.words() {
        let story = Story::of(run, object, None).expect("the object has a story");
        for row in (0..objects.rows()).filter(|&row| names.get(row) == object) {
            let cell = &run.manifest().cells[cells[row] as usize].name;
            let fate = story.fates.iter().find(|fate| &fate.cell == cell).expect("a fate in every cell");
            let lasts: Vec<_> = fate.copies.iter().filter(|copy| copy.is_last).collect();
            let Some(lost) = lost.get(row) else {
                assert!(lasts.is_empty() && fate.loss.is_none(), "{name}, {cell}, {object}: not lost");
                continue;
            };
            counted += 1;
            let lost = lost as f64 / 1e9;
            assert_eq!(lasts.len(), 1, "{name}, {cell}, {object}: last copies");
            assert_eq!(lasts[0].until_s, Some(lost), "{name}, {cell}, {object}");
            assert_eq!(lasts[0].went_by.as_deref(), Some(causes.get(row)), "{name}, {cell}, {object}");
            assert!(
                fate.copies.last().expect("copies").is_last,
                "{name}, {cell}, {object}: the chain ends with it"
            );
            let loss = fate.loss.as_ref().expect("a row of losses");
            assert_eq!(Some(loss.lost_s), Some(lost));
            assert!(!loss.would_have_kept.is_empty(), "{name}, {cell}, {object}: no remedy");
        }
    }
    for case in &losses.cases {
        assert_eq!(
            case.causes.iter().map(|cause| cause.lost).sum::<u64>(),
            case.lost,
            "{name}, {}",
            case.label
        );
    }
    assert_eq!(losses.cases.iter().map(|case| case.lost).sum::<u64>(), counted, "{name}");
    counted
}

#[test]
fn causes_have_the_same_names_where_they_are_recorded_and_where_they_are_told() {
    let told = |causes: &[Cause]| causes.iter().map(|cause| cause.name).collect::<Vec<_>>();
    assert_eq!(told(CAME), Came::EACH.map(|came| came.name()));
    assert_eq!(told(WENT), Went::EACH.map(|went| went.name()));
}

#[test]
fn the_table_of_losses_and_the_causes_are_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(said(folder.path(), &["explain", "losses"]).contains("would_have_kept"));
    assert!(said(folder.path(), &["explain", "retention-over"]).contains("dropped by its reader"));
}
