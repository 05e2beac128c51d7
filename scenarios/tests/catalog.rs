//! The scenarios of the catalogue: they check, ask a question, resolve to themselves, and no single
//! change to any of their lines makes the program panic.

use lastcopy::catalog::{CATALOG, CLAIMS};
use lastcopy::file::Text;
use lastcopy::run::Prepared;
use lastcopy::scenario::{Overrides, Scenario};
use std::collections::BTreeSet;
use std::path::Path;

/// Every text of the catalogue.
fn texts() -> Vec<Text> {
    let template = Text { shown: "template".into(), text: include_str!("../catalog/template.toml").into() };
    let entries = CATALOG.iter().map(lastcopy::catalog::Entry::text);
    let claims = CLAIMS.iter().map(lastcopy::catalog::Claim::text);
    entries.chain(claims).chain([template]).collect()
}

fn check(text: Text, size: Option<&str>) -> Scenario {
    let overrides = Overrides { size: size.map(String::from), sets: Vec::new() };
    Scenario::check(text, Path::new(""), &overrides).unwrap_or_else(|report| panic!("{}", report.plain()))
}

#[test]
fn every_scenario_checks_in_both_sizes_and_asks_a_question() {
    for text in texts() {
        let shown = text.shown.clone();
        for size in [None, Some("small")] {
            let scenario = check(text.clone(), size);
            assert!(scenario.warnings.is_empty(), "{shown}: {:?}", scenario.warnings);
            let top = scenario.base.one("");
            assert!(top.text("question").ends_with('?'), "{shown}: no question");
            assert!(!top.text("surprise").is_empty(), "{shown}: no surprise");
            assert!(scenario.base.all("plot.<n>").next().is_some(), "{shown}: no plot");
        }
    }
}

#[test]
fn every_file_of_the_catalogue_is_embedded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog");
    let files = |folder: &Path| {
        let entries = std::fs::read_dir(folder).expect("the catalogue");
        entries.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some())).count()
    };
    // The template is embedded by `lastcopy new`.
    assert_eq!(files(&folder), CATALOG.len() + 1);
    assert_eq!(files(&folder.join("claims")), CLAIMS.len());
}

#[test]
fn the_resolved_scenario_resolves_to_itself_and_keeps_its_id() {
    for text in texts() {
        for size in [None, Some("small")] {
            let first = Prepared::new(check(text.clone(), size)).expect("no files are missing");
            let resolved = Text { shown: text.shown.clone(), text: first.resolved.clone() };
            let second = Prepared::new(check(resolved, None)).expect("no files are missing");
            assert_eq!(first.resolved, second.resolved, "{}", text.shown);
            assert_eq!(first.id, second.id);
            assert_eq!(first.scenario.variants.len(), second.scenario.variants.len());
            for (a, b) in first.scenario.variants.iter().zip(&second.scenario.variants) {
                let values = |variant: &lastcopy::scenario::Variant| -> Vec<_> {
                    let instances = variant.values.instances.values();
                    let pairs = |instance: &lastcopy::values::Instance| -> Vec<_> {
                        instance
                            .values
                            .iter()
                            .map(|(key, checked)| (instance.key(key), checked.value.clone()))
                            .collect()
                    };
                    instances.flat_map(pairs).collect()
                };
                assert_eq!(values(a), values(b), "{} {} {}", text.shown, a.arm, a.point);
            }
        }
    }
}

#[test]
fn content_is_imported_once_and_shared_by_all_cells() {
    let text = lastcopy::catalog::find("off-or-deleted").expect("in the catalogue").text();
    let prepared = Prepared::new(check(text, Some("small"))).expect("no files are missing");
    let options =
        lastcopy::build::RunOptions { check: models::config::CheckLevel::Sampled, max_events: None };
    let (library, specs) = prepared.specs(options).expect("content is generated");
    assert_eq!(library.len(), 4);
    assert_eq!(specs.len(), 2 * 2);
    let dags = |i: usize| &specs[i].case.config.objects[0].dags;
    assert!(std::sync::Arc::ptr_eq(&dags(0)[0], &dags(3)[0]));
    assert_eq!(specs[0].draws, specs[2].draws, "replicate 0 of both arms shares its luck");
}

/// The changes that are made to every line `key = value`.
const MUTATIONS: &[&str] = &[
    "",
    "nan",
    "inf",
    "-inf",
    "-0.0",
    "-1",
    "0",
    "1",
    "3.0",
    "1e400",
    "18446744073709551616",
    "\"\"",
    "\"x\"",
    "\"-1 s\"",
    "\"1000000 years\"",
    "true",
    "[]",
    "[1, \"a\"]",
    "{}",
    "2026-01-01",
    "\"\u{0430}\"",
];

#[test]
fn no_change_of_a_line_makes_the_check_panic() {
    let mut refused = 0usize;
    let mut tried = 0usize;
    // A key is tried once in each kind of table, wherever the catalogue uses it first.
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for text in texts() {
        let lines: Vec<&str> = text.text.lines().collect();
        let mut table = String::new();
        for (at, line) in lines.iter().enumerate() {
            if line.starts_with('[') {
                table = line.split('.').next().expect("a line has a beginning").to_string();
            }
            let Some((key, _)) = line.split_once('=').filter(|(key, _)| !key.trim_start().starts_with('#'))
            else {
                continue;
            };
            if !seen.insert((table.clone(), key.trim().to_string())) {
                continue;
            }
            let mutated = MUTATIONS.iter().map(|value| format!("{key}= {value}"));
            let doubled = [format!("{line}\n{line}"), String::new(), format!("x{line}")];
            for changed in mutated.chain(doubled) {
                let mut all: Vec<&str> = lines.clone();
                all[at] = &changed;
                let text = Text { shown: text.shown.clone(), text: all.join("\n") };
                tried += 1;
                if let Err(report) = Scenario::check(text, Path::new(""), &Overrides::default()) {
                    refused += 1;
                    let said = report.plain();
                    assert!(said.contains(':') && !said.is_empty(), "{changed}: {said}");
                }
            }
        }
    }
    assert!(tried > 1_500, "only {tried} changes");
    assert!(refused * 2 > tried, "{refused} of {tried} refused");
}
