//! Hostile and malformed scenarios: each file of `bad/` is refused with the message beside it.
//!
//! Numbers are those of the list of cases. `UPDATE_EXPECT=1 cargo test` renews the messages: read the
//! difference.

use expect_test::{expect, expect_file};
use lastcopy::file;
use lastcopy::problem::Problem;
use lastcopy::scenario::{Overrides, Scenario};
use std::path::{Path, PathBuf};

/// What `lastcopy check` says of a file, or nothing if it is accepted.
fn said(path: &Path, shown: &str) -> Option<String> {
    let checked =
        file::read(path).and_then(|text| Scenario::check(text, Path::new(""), &Overrides::default()));
    checked.err().map(|mut report| {
        report.text.shown = shown.into();
        report.plain()
    })
}

fn bad_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let entries = std::fs::read_dir(folder).expect("the folder of bad scenarios");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

#[test]
fn every_bad_scenario_is_refused_with_place_reason_and_help() {
    let files = bad_files();
    assert!(files.len() > 40, "only {} bad scenarios", files.len());
    for path in files {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let said = said(&path, &name).unwrap_or_else(|| panic!("{name} is accepted"));
        assert!(!said.contains(env!("CARGO_MANIFEST_DIR")), "{name}: an absolute path in {said}");
        expect_file![path.with_extension("txt")].assert_eq(&said);
    }
}

#[test]
fn what_is_no_file_is_refused_in_plain_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut all = String::new();
    let mut check = |name: &str| {
        let path = folder.path().join(name);
        all.push_str(&said(&path, name).unwrap_or_else(|| panic!("{name} is accepted")));
    };
    check("missing.toml");
    std::fs::create_dir(folder.path().join("folder.toml")).expect("a folder");
    check("folder.toml");
    std::fs::write(folder.path().join("large.toml"), "# x\n".repeat(300_000)).expect("a file");
    check("large.toml");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("loop.toml", folder.path().join("loop.toml")).expect("a link");
        check("loop.toml");
    }
    expect![[r#"
        missing.toml: no such file, and no scenario of that name
        help: `lastcopy list` shows the catalogue, `lastcopy new NAME` writes a scenario to start from
        folder.toml: is a folder, expected a scenario file
        help: give the .toml file itself; `lastcopy list` shows the catalogue
        large.toml: is larger than 1 MiB, too large for a scenario
        help: data belongs in files of its own: traces in CSV files, content in source = { path = "..." }
        loop.toml: is a symbolic link that leads nowhere or round in a circle
        help: give the file itself
    "#]]
    .assert_eq(&all);
}

#[test]
#[cfg(unix)]
fn a_device_is_not_read_at_all() {
    let said = said(Path::new("/dev/zero"), "zero").expect("refused");
    expect![[r#"
        zero: is no regular file (a pipe, a socket or a device), expected a scenario file
        help: save the scenario to a file first
    "#]]
    .assert_eq(&said);
}

#[test]
fn overrides_of_the_command_line_are_refused_by_the_same_rules() {
    let text = || lastcopy::catalog::find("smoke").expect("in the catalogue").text();
    let mut all = String::new();
    for set in [
        "population.visitors.count=-1",
        "population.visitors.cuont=3",
        "peers=3",
        "duration=30",
        "duration=30 dyas",
        "seed=abc",
        "novalue",
        "=3",
        "population.visitors.session.law=pareto",
        "objects.page.source.path=nowhere/at/all",
        "demand.visits.readers=nobody",
        "arms.x.duration=3",
        "population.visitors.count=[1",
        "grid.\"population.visitors.count\"=[]",
    ] {
        let overrides = Overrides { size: None, sets: vec![set.into()] };
        let said = Scenario::check(text(), Path::new(""), &overrides)
            .and_then(|scenario| lastcopy::run::Prepared::new(scenario).map(|_| ()))
            .map_or_else(|report| report.plain(), |()| "accepted\n".into());
        all.push_str(&format!("{set}\n  {}", said.replace('\n', "\n  ").trim_end_matches(' ')));
    }
    expect![[r#"
        population.visitors.count=-1
          --set: population.visitors.count: expected a whole number from 1 to 10000000, got -1
        population.visitors.cuont=3
          --set: population.visitors.cuont: unknown key
          help: did you mean count?
        peers=3
          --set: peers: unknown key
          help: peers is a key of [clusters.<name>]
        duration=30
          --set: duration: expected a time from "1 ns" to "36500 days", got 30 without a unit
          help: write the unit: "30 s", "30 h" or "30 days"
        duration=30 dyas
          --set: duration: expected a time from "1 ns" to "36500 days", got "30 dyas"
          help: unknown unit "dyas"
        seed=abc
          --set: seed: expected a whole number from 0 to 18446744073709551615, got "abc"
        novalue
          --set: expected KEY=VALUE, got "novalue"
          help: for example --set replicates=3
        =3
          --set: expected KEY=VALUE, got "=3"
          help: for example --set replicates=3
        population.visitors.session.law=pareto
          accepted
        objects.page.source.path=nowhere/at/all
          --set: objects.page.source.path: "nowhere/at/all": no such file or folder
          help: `--set objects.page.source.path=...` names another place
        demand.visits.readers=nobody
          --set: demand.visits.readers: no [population.nobody] in this scenario
          help: defined here: laptop, archive, visitors, collectors, vandals, network
        arms.x.duration=3
          --set: arms: an override cannot hold overrides
        population.visitors.count=[1
          --set: population.visitors.count: expected a whole number from 1 to 10000000, got "[1"
        grid."population.visitors.count"=[]
          --set: grid.population.visitors.count: expected a list of values in [grid], got an empty list
    "#]]
    .assert_eq(&all);
}

#[test]
fn an_unknown_size_is_refused_with_the_sizes_there_are() {
    let text = lastcopy::catalog::find("smoke").expect("in the catalogue").text();
    let overrides = Overrides { size: Some("smal".into()), sets: Vec::new() };
    let report = Scenario::check(text, Path::new(""), &overrides).expect_err("no such size");
    expect![[r#"
        --size: the scenario has no [size.smal]
        help: did you mean small?
    "#]]
    .assert_eq(&report.plain());
}

#[test]
fn a_problem_found_twice_is_said_once() {
    let mut problems = lastcopy::problem::Problems::new();
    for _ in 0..3 {
        problems.push(Problem::whole("is empty"));
    }
    assert_eq!(problems.len(), 1);
}
