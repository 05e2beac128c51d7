//! What holds for the repository as a whole: the arrows between crates, what files open with, and pages
//! that are generated.

use expect_test::expect_file;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the repository").to_path_buf()
}

/// All files below a folder with that extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Crates of the house: folder, name in `use` lines, the crates it may know.
const ARROWS: &[(&str, &str, &[&str])] = &[
    ("sim-core", "sim_core", &[]),
    ("models", "models", &["sim_core"]),
    ("analysis", "analysis", &["sim_core"]),
    ("scenarios", "lastcopy", &["sim_core", "models", "analysis"]),
    ("benches", "benches", &["sim_core", "models", "analysis", "lastcopy"]),
];

#[test]
fn arrows_between_crates_go_one_way() {
    for (folder, _, allowed) in ARROWS {
        let manifest = read(&root().join(folder).join("Cargo.toml"));
        let runtime = manifest.split("[dev-dependencies]").next().expect("a manifest");
        for (_, other, _) in ARROWS.iter().filter(|(other, ..)| other != folder) {
            let package = other.replace('_', "-");
            let named = runtime.lines().any(|line| {
                line.starts_with(&format!("{package}.")) || line.starts_with(&format!("{package} "))
            });
            assert!(!named || allowed.contains(other), "{folder}/Cargo.toml depends on {package}");
            for file in files(&root().join(folder).join("src"), "rs") {
                let used = uses(&read(&file), other);
                assert!(!used || allowed.contains(other), "{} uses {other}", file.display());
            }
        }
    }
}

/// Whether a source names a crate in a path.
fn uses(source: &str, name: &str) -> bool {
    source.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| {
        line.match_indices(&format!("{name}::")).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
        })
    })
}

#[test]
fn the_two_networks_do_not_import_each_other() {
    let models = root().join("models/src");
    for (mine, other) in [("ipfs", "filecoin"), ("filecoin", "ipfs")] {
        for file in files(&models.join(mine), "rs") {
            assert!(!read(&file).contains(&format!("crate::{other}")), "{} imports {other}", file.display());
        }
    }
}

#[test]
fn only_one_file_looks_at_the_clock() {
    for (folder, ..) in ARROWS.iter().filter(|(folder, ..)| *folder != "benches") {
        for file in files(&root().join(folder).join("src"), "rs") {
            let clock = ["Instant::now", "SystemTime"].iter().any(|word| read(&file).contains(word));
            assert!(
                !clock || file.ends_with("scenarios/src/host.rs"),
                "{} looks at the clock",
                file.display()
            );
        }
    }
}

#[test]
fn every_source_file_says_what_it_is() {
    for (folder, ..) in ARROWS {
        for file in files(&root().join(folder), "rs") {
            let source = read(&file);
            assert!(source.starts_with("//!"), "{} does not open with a doc", file.display());
        }
    }
}

#[test]
fn every_path_in_contributing_exists() {
    let page = root().join("CONTRIBUTING.md");
    let Ok(text) = fs::read_to_string(&page) else {
        return;
    };
    for word in text.split('`').skip(1).step_by(2) {
        let is_path =
            word.contains('/') && word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
        assert!(!is_path || root().join(word).exists(), "CONTRIBUTING.md names {word}, which is not there");
    }
}

#[test]
fn the_reference_page_is_what_the_tables_say() {
    expect_file![root().join("docs/reference.md")].assert_eq(&lastcopy::explain::reference());
}

/// A parameter that can be set and is read by nothing would be a promise that is not kept.
#[test]
fn every_parameter_of_the_chain_is_read_by_a_rule() {
    let models = root().join("models/src");
    let rules =
        files(&models, "rs").into_iter().filter(|path| !path.starts_with(models.join("filecoin/policy")));
    let text: String = rules.map(|path| read(&path)).collect();
    for parameter in models::filecoin::policy::PARAMETERS {
        let reads = |end: char| text.contains(&format!(".{}{end}", parameter.name));
        assert!(
            [',', ';', ')', '.', ' ', '\n', '\'', '*', '?'].into_iter().any(reads),
            "{} is read by nothing",
            parameter.name
        );
    }
}
