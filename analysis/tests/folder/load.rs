//! What is accepted as a run folder, and what is not.

use crate::fixture::{Builder, DAY, Fate, Folder, read};
use analysis::{AnalysisError, Run};
use std::fs;

fn small() -> Builder {
    let mut builder = Builder::new("small", "864000");
    builder.cell("base", 0, &[], 0, |tables| {
        let object = "a, \"quoted\"\nname".to_owned();
        let fate = Fate {
            object,
            group: "all",
            bytes: 1000,
            published: Some(0),
            lost: None,
            deliberate: false,
            until: 10 * DAY,
        };
        fate.record(tables);
    });
    builder
}

fn refusal(folder: &Folder) -> String {
    Run::open(folder.path()).expect_err("the folder is damaged").to_string()
}

#[test]
fn a_whole_folder_is_opened_and_its_columns_are_typed() {
    let mut builder = Builder::new("small", "864000");
    builder.cell("base", 0, &[], 0, |tables| {
        read(tables, "x", "all", "ok", Some((1_500_001, 2_000_000)));
        read(tables, "y", "all", "pending", None);
    });
    let folder = builder.write();
    let run = Run::open(folder.path()).expect("a whole folder");
    let frame = run.read("reads", &["object", "ttfb_ms", "messages"]).expect("readable").expect("there");
    assert_eq!(frame.rows(), 2);
    assert_eq!(frame.text("object").expect("text").words(), ["x", "y"]);
    assert_eq!(frame.times("ttfb_ms").expect("times").get(0), Some(1_500_001));
    let numbers = frame.numbers("ttfb_ms").expect("numbers");
    assert_eq!((numbers.get(0), numbers.get(1)), (Some(1.500001), None));
    assert_eq!(frame.counts("messages").expect("counts"), [12, 12]);
    assert!(run.read("deals", &[]).expect("no table is no error").is_none());
    let wrong = frame.flags("messages").expect_err("counts are no flags").to_string();
    assert!(wrong.contains("`messages` of flags"), "{wrong}");
    let wrong = run.read("reads", &["latency"]).expect_err("no such column").to_string();
    assert!(wrong.contains("no column `latency`") && wrong.contains("ttfb_ms"), "{wrong}");
}

#[test]
fn a_missing_table_is_named() {
    let folder = small().write();
    fs::remove_file(folder.table("objects")).expect("it is there");
    assert!(refusal(&folder).contains("tables/objects.csv, which does not exist"), "{}", refusal(&folder));
}

#[test]
fn a_changed_table_is_refused_with_what_changed() {
    let folder = small().write();
    let text = fs::read_to_string(folder.table("objects")).expect("it is there");
    let cases = [
        (text.replacen("object,", "thing,", 1), "its header is"),
        (format!("{text}{}", text.lines().nth(1).expect("a row")), "SHA-256"),
        (format!("{text}base,0,0\n"), "it has 2 rows, described are 1"),
        (text.replace("bafy", "bafz"), "SHA-256"),
        (String::new(), "its header is"),
    ];
    for (changed, reason) in cases {
        fs::write(folder.table("objects"), changed).expect("writable");
        let refusal = refusal(&folder);
        assert!(refusal.contains(reason) && refusal.contains("tables/objects.csv"), "{refusal}");
    }
    fs::write(folder.table("objects"), text).expect("writable");
    Run::open(folder.path()).expect("as it was");
}

#[test]
fn a_manifest_that_is_none_is_refused() {
    let folder = small().write();
    let path = folder.path().join("manifest.json");
    let text = fs::read_to_string(&path).expect("it is there");
    for (changed, reason) in [
        (text.replacen("\"schema\": 1", "\"schema\": 9", 1), "layout 9"),
        (text.replacen("864000", "soon", 1), "duration_s"),
        (text.replacen("tables/objects.csv", "../objects.csv", 1), "outside the folder"),
        ("{".into(), "manifest"),
    ] {
        fs::write(&path, changed).expect("writable");
        let refusal = refusal(&folder);
        assert!(refusal.contains(reason), "{refusal}");
    }
    fs::remove_file(&path).expect("it is there");
    assert!(matches!(Run::open(folder.path()), Err(AnalysisError::Read { .. })));
}

#[test]
fn a_row_of_no_cell_is_refused() {
    let mut builder = small();
    builder.manifest.cells[0].arm = "other".into();
    let folder = builder.write();
    let run = Run::open(folder.path()).expect("the files are as described");
    let error = run.summary().expect_err("the row has no cell").to_string();
    assert!(error.contains("arm `base`, point 0, replicate 0 is no cell"), "{error}");
}
