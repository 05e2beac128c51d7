//! `lastcopy diff` and `lastcopy trace` from outside: what they say of runs that are the same, that part, and that are
//! no runs.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const TINY: &str = r#"schema = 1
name = "tiny"
question = "Where do they part?"
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

fn lastcopy(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lastcopy"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// A folder with the runs `a`, `b` (the same) and `c` (which deletes an hour later).
fn runs() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("tiny.toml"), TINY).expect("a file");
    for (out, set) in [("a", "3 h"), ("b", "3 h"), ("c", "4 h")] {
        let set = format!("population.me.strategy.at=\"{set}\"");
        let output = lastcopy(
            folder.path(),
            &["run", "tiny.toml", "--out", out, "--quiet", "--no-plot", "--set", &set],
        );
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    folder
}

#[test]
fn equal_runs_are_the_same_and_others_are_told_where_they_part() {
    let folder = runs();
    let same = lastcopy(folder.path(), &["diff", "a", "b"]);
    assert_eq!(
        (same.status.code(), text(&same.stdout)),
        (Some(0), "same: 2 cells, by recorded digests and replays\n".into())
    );
    let replayed = lastcopy(folder.path(), &["diff", "a", "b", "--cell", "base-0-1"]);
    assert_eq!(replayed.status.code(), Some(0));
    assert!(text(&replayed.stdout).starts_with("same: "), "{}", text(&replayed.stdout));

    let parted = lastcopy(folder.path(), &["diff", "a", "c"]);
    assert_eq!((parted.status.code(), text(&parted.stderr)), (Some(1), "lastcopy: the runs differ\n".into()));
    let words = text(&parted.stdout);
    for line in [
        "they differ from the start, before any event",
        "  then pending only in A: at 10800 s: plan-due at me/0 (step 0)",
        "  then pending only in B: at 14400 s: plan-due at me/0 (step 0)",
        "  scheduled at the start",
    ] {
        assert!(words.lines().any(|found| found == line), "{line}: {words}");
    }
    assert!(
        words.contains("next in A: event ") && words.contains(", at 10800 s: plan-due at me/0"),
        "{words}"
    );

    let json = lastcopy(folder.path(), &["diff", "a", "c", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&json["verdict"], &json["a"]["kind"]), (&"parted".into(), &"plan-due".into()));
    assert_eq!(json["a"]["event"].as_u64(), json["common"].as_u64().map(|common| common + 1));

    let cells = lastcopy(folder.path(), &["diff", "a", "a", "--cell", "base-0-0", "--cell-b", "base-0-1"]);
    assert_eq!(cells.status.code(), Some(1), "replicates differ");
}

#[test]
fn a_folder_that_says_something_else_of_itself_is_found_out() {
    let folder = runs();
    let path = folder.path().join("b/manifest.json");
    let manifest = fs::read_to_string(&path).expect("a manifest");
    let at = manifest.find("\"digest\": \"").expect("cells have digests") + 11;
    let other = if manifest[at..].starts_with('0') { "1" } else { "0" };
    fs::write(&path, format!("{}{other}{}", &manifest[..at], &manifest[at + 1..])).expect("a file");
    let found = lastcopy(folder.path(), &["diff", "a", "b"]);
    assert_eq!(found.status.code(), Some(1));
    assert!(text(&found.stdout).contains("the replays of base-0-0 are the same, but not what was recorded"));
    assert!(text(&found.stdout).contains("  b has digest "));
    let traced = lastcopy(folder.path(), &["trace", "b", "--out", "b.json"]);
    assert_eq!(traced.status.code(), Some(1));
    assert!(!folder.path().join("b.json").exists(), "nothing is left of a replay that is not the run");
}

#[test]
fn a_trace_holds_the_events_of_the_run_and_turns_into_the_same_json() {
    let folder = runs();
    let run = |args: &[&str]| {
        let output = lastcopy(folder.path(), args);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let digest = fs::read_to_string(folder.path().join("a/cells/base-0-1/digest")).expect("a digest");
    let events = digest.split_whitespace().nth(1).expect("a number").to_string();
    let words = run(&["trace", "a", "--cell", "base-0-1", "--out", "t.json"]);
    assert!(words.starts_with(&format!("t.json: {events} events of tiny-")), "{words}");
    run(&["trace", "a", "--cell", "base-0-1", "--out", "t.trace"]);
    run(&["trace", "t.trace", "--out", "u.json"]);
    let read = |name: &str| fs::read(folder.path().join(name)).expect("a file");
    assert_eq!(read("t.json"), read("u.json"));
    let json: serde_json::Value = serde_json::from_slice(&read("t.json")).expect("JSON");
    let all = json["traceEvents"].as_array().expect("a list");
    let count = |kind: &str| all.iter().filter(|event| event["name"] == kind).count();
    assert_eq!((count("publish"), count("plan-due")), (2, 1));
    let plan = all.iter().find(|event| event["name"] == "plan-due").expect("one is");
    assert_eq!(plan["ts"].as_f64(), Some(10_800e6));
    let thread = all.iter().find(|event| event["name"] == "thread_name" && event["tid"] == plan["tid"]);
    assert_eq!(thread.expect("it is named")["args"]["name"], "me/0");

    let words = run(&["trace", "a", "--out", "w.json", "--from", "3 h", "--until", "4 h", "--events", "1"]);
    assert!(words.starts_with("w.json: 1 events of tiny-"), "{words}");
}

#[test]
fn what_is_no_run_and_no_trace_is_refused() {
    let folder = runs();
    let refused = |args: &[&str], words: &str| {
        let output = lastcopy(folder.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(words), "{args:?}: {}", text(&output.stderr));
    };
    refused(&["diff", "a", "nowhere"], "nowhere");
    refused(
        &["diff", "a", "b", "--cell", "base-0-7"],
        "a has no cell \"base-0-7\"; it has base-0-0, base-0-1",
    );
    refused(&["trace", "tiny.toml", "--out", "t.json"], "tiny.toml is no trace");
    refused(&["trace", "tiny.toml", "--out", "t.trace"], "can be turned into JSON as it is");
    refused(&["trace", "a", "--out", "t.json", "--from", "soon"], "soon");
    let trace = lastcopy(folder.path(), &["trace", "a", "--out", "t.trace"]);
    assert_eq!(trace.status.code(), Some(0));
    let bytes = fs::read(folder.path().join("t.trace")).expect("a trace");
    fs::write(folder.path().join("cut.trace"), &bytes[..bytes.len() - 1]).expect("a file");
    refused(&["trace", "cut.trace", "--out", "t.json"], "cut.trace is truncated after");
}

#[test]
fn a_run_of_the_users_own_files_can_be_replayed_from_anywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let mine = folder.path().join("mine");
    fs::create_dir(&mine).expect("a folder");
    let own = TINY
        .replace("count = 2\nsize = \"300 KiB\"", "source = { path = \"page.html\" }")
        .replace("count = 21\n", "count = 21\nsession = { law = \"trace\", file = \"up.csv\" }\n");
    fs::write(mine.join("own.toml"), own).expect("a file");
    fs::write(mine.join("page.html"), vec![b'x'; 300_000]).expect("a file");
    let rows: String = (0..21).map(|node| format!("{node},{node},20000\n")).collect();
    fs::write(mine.join("up.csv"), format!("node,up_from_s,up_until_s\n{rows}")).expect("a file");
    for args in [
        &["run", "mine/own.toml", "--out", "r", "--quiet", "--no-plot"][..],
        &["trace", "r", "--out", "t.json"],
        &["diff", "r", "r"],
    ] {
        let output = lastcopy(folder.path(), args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    }
}
