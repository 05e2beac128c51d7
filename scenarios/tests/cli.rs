//! The binary from outside: exit codes, what goes where, and that a refusal writes nothing.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Runs the program in a folder.
fn lastcopy(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lastcopy"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).output().expect("the program starts")
}

fn empty() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

const TINY: &str = r#"schema = 1
name = "tiny"
question = "Does it run?"
duration = "6 h"
replicates = 2

[population.me]
role = "publisher"
count = 1
strategy = { kind = "delete", at = "3 h" }

[population.readers]
role = "reader"
count = 3
dht = "client"
strategy = { kind = "keep-for", mean = "1 h" }

[population.network]
role = "peer"
count = 21

[objects.page]
count = 2
size = "300 KiB"
stored_by = "me"

[demand.visits]
objects = "page"
readers = "readers"
mean = 2.0
until = "2 h"

[[plot]]
kind = "ladder"
"#;

/// A folder with `tiny.toml`.
fn with_tiny() -> TempDir {
    let folder = empty();
    fs::write(folder.path().join("tiny.toml"), TINY).expect("a file");
    folder
}

#[test]
fn without_arguments_it_says_what_it_is_and_what_to_try() {
    let output = lastcopy(empty().path(), &[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("lastcopy run smoke"));
    assert!(output.stderr.is_empty());
}

#[test]
fn a_refused_scenario_exits_2_says_why_on_stderr_and_writes_nothing() {
    for args in [
        &["run", "bad.toml"][..],
        &["check", "bad.toml"],
        &["run", "smoke", "--set", "peers=3"],
        &["run", "smoke", "--seed", "abc"],
        &["run", "missing.toml"],
        &["run", "smoke", "--size", "medium"],
        &["run", "smoke", "--max-memory", "20 MiB"],
        &["run", "smoke", "--set", "population.network.count=10000000", "--max-memory", "1 GiB"],
    ] {
        let folder = empty();
        fs::write(folder.path().join("bad.toml"), "schema = 1\nname = \"bad\"\n").expect("a file");
        let output = lastcopy(folder.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{args:?}");
        let said = stderr(&output);
        assert!(
            !said.is_empty()
                && !said.contains("panicked")
                && !said.contains(&*folder.path().to_string_lossy()),
            "{said}"
        );
        assert_eq!(names(folder.path()), ["bad.toml"], "{args:?}");
    }
}

#[test]
fn a_run_leaves_a_folder_and_one_line_and_is_found_again() {
    let folder = with_tiny();
    let first = lastcopy(folder.path(), &["run", "tiny.toml"]);
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    let line = stdout(&first);
    assert_eq!(line.lines().count(), 1, "{line}");
    let run = line.split(':').next().expect("a path").to_string();
    let inside = names(&folder.path().join(&run));
    for file in
        ["scenario.toml", "manifest.json", "environment.json", "summary.json", "cells", "tables", "figures"]
    {
        assert!(inside.iter().any(|name| name == file), "no {file} in {inside:?}");
    }
    let again = lastcopy(folder.path(), &["run", "tiny.toml"]);
    assert_eq!(again.status.code(), Some(0));
    assert!(stdout(&again).contains("was there already"), "{}", stdout(&again));
    assert_eq!(names(&folder.path().join("runs")).len(), 1, "nothing half-written is left");
}

#[test]
fn the_same_run_gives_the_same_bytes_whatever_the_threads_and_from_its_own_resolved_scenario() {
    let folder = with_tiny();
    let run = |scenario: &str, threads: &str, out: &str| {
        let output = lastcopy(folder.path(), &["run", scenario, "--threads", threads, "--out", out]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    };
    run("tiny.toml", "1", "one");
    run("tiny.toml", "3", "three");
    run("one/scenario.toml", "2", "resolved");
    for other in ["three", "resolved"] {
        same_bytes(&folder.path().join("one"), &folder.path().join(other));
    }
}

/// Every file but `environment.json` has the same bytes.
fn same_bytes(a: &Path, b: &Path) {
    let (mut left, mut right) = (names(a), names(b));
    left.sort();
    right.sort();
    assert_eq!(left, right, "{}", a.display());
    for name in left.iter().filter(|name| *name != "environment.json") {
        let (a, b) = (a.join(name), b.join(name));
        if a.is_dir() {
            same_bytes(&a, &b);
        } else {
            assert!(
                fs::read(&a).expect("a file") == fs::read(&b).expect("a file"),
                "{} differs",
                a.display()
            );
        }
    }
}

#[test]
fn an_output_folder_that_is_something_else_is_left_alone() {
    let folder = with_tiny();
    fs::create_dir(folder.path().join("mine")).expect("a folder");
    fs::write(folder.path().join("mine/diary.txt"), "dear diary").expect("a file");
    let output = lastcopy(folder.path(), &["run", "tiny.toml", "--out", "mine", "--force"]);
    assert_eq!(output.status.code(), Some(73), "{}", stderr(&output));
    assert_eq!(names(&folder.path().join("mine")), ["diary.txt"]);
}

#[test]
fn a_budget_stops_cleanly_keeps_what_is_done_and_says_so() {
    let folder = with_tiny();
    let output = lastcopy(folder.path(), &["run", "tiny.toml", "--max-events", "500", "--out", "cut"]);
    assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
    let manifest = fs::read_to_string(folder.path().join("cut/manifest.json")).expect("kept");
    assert!(manifest.contains("\"complete\": false"));
}

#[test]
fn a_budget_of_events_is_one_of_each_cell_whatever_the_threads() {
    let folder = with_tiny();
    for (threads, out) in [("1", "one"), ("2", "two")] {
        let args = ["run", "tiny.toml", "--max-events", "1000", "--threads", threads, "--out", out];
        let output = lastcopy(folder.path(), &args);
        assert_eq!(output.status.code(), Some(75), "{}", stderr(&output));
    }
    assert_eq!(names(&folder.path().join("one/cells")).len(), 2, "no cell stops another");
    same_bytes(&folder.path().join("one"), &folder.path().join("two"));
}

#[test]
fn a_claim_that_a_set_takes_its_grounds_from_fails_in_words() {
    for (row, set, said) in [
        ("18", "population.me.strategy.kind=keep", "claim 18 needs strategy.kind = unpin"),
        ("3", "population.holders.tampering=100 %", "claim 3 needs tampering below 100 %"),
        (
            "12",
            "clusters.on.replication_min=3",
            "claim 12 needs replication_min = 2 and a size where it repins",
        ),
        ("12", "population.helpers.lifetime.law=weibull", "claim 12 needs peers with lifetime.mean"),
        ("20", "clusters.three.replication_min=2", "claim 20 needs two groups of objects or more"),
    ] {
        let output = lastcopy(empty().path(), &["claims", row, "--set", set]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stdout(&output).contains(said), "{}", stdout(&output));
    }
}

#[test]
fn content_of_the_users_own_is_named_by_digest_and_refused_when_it_changes() {
    let folder = with_tiny();
    fs::write(folder.path().join("page.html"), "<h1>hello</h1>").expect("a file");
    let set = "objects.page.source.path=page.html";
    let output = lastcopy(folder.path(), &["run", "tiny.toml", "--set", set, "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let resolved = fs::read_to_string(folder.path().join("out/scenario.toml")).expect("a file");
    assert!(
        resolved.contains("source.sha256 = ") && resolved.contains("source.path = \"page.html\""),
        "{resolved}"
    );
    let again = lastcopy(folder.path(), &["run", "out/scenario.toml", "--out", "again"]);
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    same_bytes(&folder.path().join("out"), &folder.path().join("again"));
    fs::write(folder.path().join("page.html"), "<h1>hallo</h1>").expect("a file");
    let changed = lastcopy(folder.path(), &["run", "out/scenario.toml", "--out", "third"]);
    assert_eq!(changed.status.code(), Some(2));
    assert!(stderr(&changed).contains("\"page.html\" has changed"), "{}", stderr(&changed));
}

#[test]
fn a_new_scenario_checks_and_is_never_overwritten() {
    let folder = empty();
    assert_eq!(lastcopy(folder.path(), &["new", "mine"]).status.code(), Some(0));
    let check = lastcopy(folder.path(), &["check", "mine.toml"]);
    assert_eq!(check.status.code(), Some(0), "{}", stderr(&check));
    assert!(stdout(&check).contains("no problems"));
    assert_eq!(lastcopy(folder.path(), &["new", "mine"]).status.code(), Some(73));
    assert_eq!(lastcopy(folder.path(), &["new", "../mine"]).status.code(), Some(2));
}

#[test]
fn words_are_explained_and_unknown_ones_get_a_hint() {
    let folder = empty();
    for word in [
        "population.<group>.uplink",
        "uplink",
        "population.readers.session.shape",
        "availability",
        "ladder",
        "kubo",
    ] {
        let output = lastcopy(folder.path(), &["explain", word]);
        assert_eq!(output.status.code(), Some(0), "{word}: {}", stderr(&output));
        assert!(!output.stdout.is_empty());
    }
    let output = lastcopy(folder.path(), &["explain", "uplnik"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean"), "{}", stderr(&output));
}

#[test]
fn every_table_of_a_run_explains_its_columns() {
    let folder = empty();
    for table in models::tables::ALL {
        let output = lastcopy(folder.path(), &["explain", table.name]);
        assert_eq!(output.status.code(), Some(0), "{}: {}", table.name, stderr(&output));
        let said = stdout(&output);
        assert!(said.contains(&format!("table {}\n{}", table.name, table.doc)), "{said}");
        for column in table.columns {
            assert!(said.contains(column.name) && said.contains(column.doc), "{}: {said}", column.name);
        }
    }
}

#[test]
fn a_cid_is_the_one_that_kubo_gives() {
    let folder = empty();
    fs::write(folder.path().join("hello"), "hello\n").expect("a file");
    // `echo hello | ipfs add -q`
    let output = lastcopy(folder.path(), &["cid", "hello"]);
    assert_eq!(stdout(&output), "QmZULkCELmmk5XNfCgTnCyFgAVxBRBXyDHGGMVoLFLiXEN\n");
    let json = stdout(&lastcopy(folder.path(), &["cid", "hello", "--cid-version", "1", "--json"]));
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["leaves"], 1);
    assert_eq!(value["depth"], 0);
    let bad = lastcopy(folder.path(), &["cid", "hello", "--chunker", "size-0"]);
    assert_eq!(bad.status.code(), Some(2));
    assert_eq!(lastcopy(folder.path(), &["cid", "nothing"]).status.code(), Some(2));
}

#[test]
fn machine_forms_are_json() {
    let folder = empty();
    for args in [&["schema"][..], &["list", "--json"], &["check", "smoke", "--json"]] {
        let output = lastcopy(folder.path(), args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
        serde_json::from_str::<serde_json::Value>(&stdout(&output)).expect("JSON");
    }
}

#[test]
fn a_reader_who_goes_away_is_no_bug() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lastcopy"))
        .arg("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(output.stderr.is_empty(), "{}", stderr(&output));
}

#[test]
fn a_claim_that_is_not_built_is_said_to_be_so() {
    let output = lastcopy(empty().path(), &["claims", "999", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let value: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!(value["rows"][0]["verdict"], "not-built");
}
