//! Opening a run folder that somebody named.

use lastcopy::failure::Failure;
use lastcopy::suggest::nearest_few;
use std::fs;
use std::path::{Path, PathBuf};

/// Near names told at most.
const NEAR: usize = 3;

/// Opens the folder of a run.
///
/// # Errors
/// If there is none: with the runs that are called nearly so. If its parts disagree.
pub(super) fn run(folder: &Path) -> Result<analysis::Run, Failure> {
    if !folder.is_dir() {
        let shown = folder.display();
        return Err(Failure::Usage(format!("{shown}: no such folder of a run{}", near_runs(folder))));
    }
    analysis::Run::open(folder).map_err(|error| Failure::Usage(error.to_string()))
}

/// `; did you mean a, b or c?`, or nothing.
pub(super) fn did_you_mean(word: &str, known: &[String]) -> String {
    let near = nearest_few(word, known.iter().map(String::as_str), NEAR);
    match near.as_slice() {
        [] => String::new(),
        [only] => format!("; did you mean {only}?"),
        [most @ .., last] => format!("; did you mean {} or {last}?", most.join(", ")),
    }
}

/// Runs beside the folder that was meant, or under `runs`, that are called nearly like it.
fn near_runs(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = folder.parent().map_or(PathBuf::new(), Path::to_path_buf);
    let mut places = vec![beside];
    if places[0] != Path::new("runs") {
        places.push("runs".into());
    }
    let mut runs: Vec<(String, String)> = places.iter().flat_map(|place| runs_in(place)).collect();
    runs.sort();
    let names: Vec<String> = runs.iter().map(|(name, _)| name.clone()).collect();
    let near = nearest_few(&name, names.iter().map(String::as_str), NEAR);
    let paths: Vec<String> =
        runs.iter().filter(|(name, _)| near.contains(&name.as_str())).map(|(_, path)| path.clone()).collect();
    if paths.is_empty() {
        return "; `lastcopy run` says where it puts one".into();
    }
    format!("; did you mean {}?", paths.join(" or "))
}

/// Names and paths of the runs in a folder.
fn runs_in(place: &Path) -> Vec<(String, String)> {
    let listed = if place.as_os_str().is_empty() { Path::new(".") } else { place };
    let Ok(entries) = fs::read_dir(listed) else { return Vec::new() };
    let runs = entries.flatten().filter(|entry| entry.path().join("manifest.json").is_file());
    runs.map(|entry| {
        let name = entry.file_name();
        (name.to_string_lossy().into_owned(), place.join(&name).display().to_string())
    })
    .collect()
}
