//! `lastcopy commp` and `lastcopy seal` from outside, against the values of the proofs library.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

fn lastcopy(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lastcopy"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).output().expect("the program starts")
}

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).expect("JSON")
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../models/tests/vectors/proofs.json")).expect("JSON")
}

/// The bytes of a case, as the header of the vectors defines them: the low byte of each step of SplitMix64.
fn payload(case: &Value) -> Vec<u8> {
    let number = |key: &str| case[key].as_u64().expect("a number");
    let byte = |i: u64| {
        let mut z = number("seed").wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as u8
    };
    (1..=number("len")).map(byte).collect()
}

/// Every key of the vectors that the command knows, and no more than that differs.
fn assert_keys_agree(printed: &Value, expected: &Value, keys: &[&str]) {
    for key in keys {
        assert!(!expected[*key].is_null(), "the vectors have no {key}");
        assert_eq!(printed[*key], expected[*key], "{key} of {}", expected["name"]);
    }
}

#[test]
fn commp_prints_what_the_library_gives() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = ["len", "unpadded_piece_size", "padded_piece_size", "commp", "piece_cid_v1", "piece_cid_v2"];
    for case in vectors()["pieces"].as_array().expect("cases") {
        fs::write(folder.path().join("piece"), payload(case)).expect("a file");
        assert_keys_agree(&json(&lastcopy(folder.path(), &["commp", "piece", "--json"])), case, &keys);
        let text = stdout(&lastcopy(folder.path(), &["commp", "piece"]));
        for key in ["commp", "piece_cid_v1", "piece_cid_v2"] {
            assert!(text.contains(case[key].as_str().expect("a text")), "{key}: {text}");
        }
    }
}

/// Arguments that seal the files of a case.
fn arguments(folder: &TempDir, case: &Value) -> Vec<String> {
    let mut arguments = vec!["seal".to_string()];
    for (i, piece) in case["pieces"].as_array().expect("pieces").iter().enumerate() {
        fs::write(folder.path().join(format!("piece-{i}")), payload(piece)).expect("a file");
        arguments.push(format!("piece-{i}"));
    }
    let text = |key: &str| case[key].as_str().map_or_else(|| case[key].to_string(), Into::into);
    for (option, key) in [
        ("--actor-id", "actor_id"),
        ("--sector-number", "sector_number"),
        ("--ticket", "ticket"),
        ("--porep-id", "porep_id"),
    ] {
        arguments.extend([option.into(), text(key)]);
    }
    arguments.extend(["--sector-size".into(), "2KiB".into()]);
    arguments
}

fn run(folder: &TempDir, arguments: &[String]) -> Output {
    lastcopy(folder.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn seal_prints_what_the_library_gives() {
    let vectors = vectors();
    let cases = vectors["sectors"].as_array().expect("cases");
    let commitments = ["prover_id", "replica_id", "comm_d", "comm_c", "comm_r_last", "comm_r", "comm_r_cid"];
    let others = [
        "sector_size",
        "actor_id",
        "sector_number",
        "ticket",
        "porep_id",
        "layers",
        "nodes",
        "node_values",
        "porep_seed",
        "porep_challenges",
        "post_randomness",
        "window_post",
        "window_post_path0",
        "winning_post_leaf_indices",
        "winning_post_sector",
    ];
    for case in cases.iter().filter(|case| case["sector_size"] == 2048) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut arguments = arguments(&folder, case);
        let text = stdout(&run(&folder, &arguments));
        assert!(text.contains(case["comm_r_cid"].as_str().expect("a CID")), "{text}");
        arguments.push("--json".into());
        let short = json(&run(&folder, &arguments));
        assert_keys_agree(&short, case, &commitments);
        assert!(short["porep_challenges"].is_null() && short["window_post"].is_null());
        for (option, key) in [("--porep-seed", "porep_seed"), ("--post-randomness", "post_randomness")] {
            arguments.extend([option.into(), case[key].as_str().expect("a text").into()]);
        }
        let full = json(&run(&folder, &arguments));
        assert_keys_agree(&full, case, &commitments);
        assert_keys_agree(&full, case, &others);
    }
}

#[test]
fn bad_input_exits_2_says_why_and_prints_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("small"), [7; 100]).expect("a file");
    fs::write(folder.path().join("large"), [7; 2033]).expect("a file");
    fs::create_dir(folder.path().join("folder")).expect("a folder");
    let (zeros, id) = ("00".repeat(32), format!("05{}", "00".repeat(31)));
    let ones = "ff".repeat(32);
    let seal = |files: &[&str], size: &str, ticket: &str, more: &[&str]| {
        let options =
            ["--sector-size", size, "--actor-id", "1000", "--sector-number", "1", "--ticket", ticket];
        let all = [&["seal"], files, &options, &["--porep-id", &id], more].concat();
        lastcopy(folder.path(), &all)
    };
    assert_eq!(seal(&["small"], "2KiB", &zeros, &[]).status.code(), Some(0));
    let refused = [
        (lastcopy(folder.path(), &["commp", "nothing"]), "nothing: no such file or folder"),
        (lastcopy(folder.path(), &["commp", "folder"]), "folder: cannot be read: is a directory"),
        (lastcopy(folder.path(), &["commp"]), "required"),
        (lastcopy(folder.path(), &["seal", "small"]), "--sector-size"),
        (seal(&["nothing"], "2KiB", &zeros, &[]), "nothing: no such file or folder"),
        (seal(&["large"], "2KiB", &zeros, &[]), "more than the 2032 bytes that a 2KiB sector holds"),
        (seal(&["small"; 17], "2KiB", &zeros, &[]), "piece 16 would end at 2176 bytes of a sector of 2048"),
        (seal(&["small"], "32GiB", &zeros, &[]), "\"32GiB\" is not a sector size: 2KiB or 8MiB"),
        (seal(&["small"], "2KiB", "00", &[]), "has 1 bytes, expected 32"),
        (seal(&["small"], "2KiB", "xyz", &[]), "is not hexadecimal"),
        (seal(&["small"], "2KiB", &zeros, &["--post-randomness", &ones]), "highest bits"),
        (seal(&["small"], "2KiB", &zeros, &["--porep-seed", "0"]), "is not hexadecimal"),
    ];
    for (output, why) in refused {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(output.stdout.is_empty() && said.contains(why), "{why:?} is not in {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}
