//! The scenarios that come with the program, embedded in it.

use crate::file::{self, Text};
use crate::problem::{Problem, Report};
use crate::suggest::nearest;
use std::path::{Path, PathBuf};

/// A scenario of the catalogue.
#[derive(Debug)]
pub struct Entry {
    /// Name for `lastcopy run NAME`.
    pub name: &'static str,
    text: &'static str,
}

/// A scenario that shows a claim of the mission.
#[derive(Debug)]
pub struct Claim {
    /// Number of the claim.
    pub row: u64,
    /// Name of its file.
    pub name: &'static str,
    text: &'static str,
}

impl Entry {
    /// Its text.
    pub fn text(&self) -> Text {
        Text { shown: self.name.into(), text: self.text.into() }
    }
}

impl Entry {
    /// The name without its folder, as `lastcopy forecast NAME` takes it.
    pub fn short_name(&self) -> &'static str {
        self.name.rsplit('/').next().unwrap_or(self.name)
    }

    /// What its first comment says it is.
    pub fn about(&self) -> &'static str {
        let line = self.text.lines().next().unwrap_or_default().trim_start_matches('#').trim();
        line.split("   ").next().unwrap_or(line).trim_end_matches(':')
    }
}

impl Claim {
    /// Its text.
    pub fn text(&self) -> Text {
        Text { shown: format!("claims/{}", self.name), text: self.text.into() }
    }
}

macro_rules! entries {
    ($($name:literal),* $(,)?) => {
        &[$(Entry { name: $name, text: include_str!(concat!("../catalog/", $name, ".toml")) }),*]
    };
}

macro_rules! claims {
    ($($row:literal $name:literal),* $(,)?) => {
        &[$(Claim { row: $row, name: $name, text: include_str!(concat!("../catalog/claims/", $name, ".toml")) }),*]
    };
}

/// The scenarios that people run.
pub static CATALOG: &[Entry] = entries![
    "smoke",
    "lonely-publisher",
    "off-or-deleted",
    "viewers-keep-it",
    "gc-sweep",
    "record-cliff",
    "onboarding",
    "fault-storm",
    "cheaters",
    "onboarding-forecast",
    "pledge-formula",
    "self-dealing",
    "sybil-storage",
    "cluster-heal",
    "the-gap",
    "expiry-cliff",
    "ask-book"
];

/// Inputs of the macro model, for `lastcopy forecast NAME`.
pub static FORECASTS: &[Entry] = entries!["forecast/mainnet-like"];

/// One small scenario for each claim, in order of their numbers.
pub static CLAIMS: &[Claim] = claims![
    3 "03-verifiable",
    4 "04-for-persistence",
    5 "05-redundancy",
    7 "07-paid-continuously",
    8 "08-proven",
    10 "10-ipfs-alone",
    11 "11-filecoin-alone",
    12 "12-cluster",
    15 "15-own-host",
    16 "16-download-by-hash",
    17 "17-off-is-not-lost",
    18 "18-deleted-is-lost",
    19 "19-unless-downloaded",
    20 "20-cluster-is-better",
    21 "21-or-pay",
    24 "24-negotiated-price",
    28 "28-add-makes-no-deal",
];

/// The scenario called `name`.
pub fn find(name: &str) -> Option<&'static Entry> {
    CATALOG.iter().find(|entry| entry.name == name)
}

/// The text of the forecast that an argument means: a file if there is one, else the catalogue's entry of that name.
///
/// # Errors
/// As [`file::read`].
pub fn open_forecast(argument: &str) -> Result<Text, Report> {
    let path = Path::new(argument);
    if path.symlink_metadata().is_ok() {
        return file::read(path);
    }
    let named = || FORECASTS.iter().map(|entry| (entry.short_name(), entry));
    if let Some((_, entry)) = named().find(|(name, _)| *name == argument) {
        return Ok(entry.text());
    }
    let names: Vec<_> = named().map(|(name, _)| name).collect();
    let help = match nearest(argument, names.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("`lastcopy forecast {} --show` prints a file to start from", names[0]),
    };
    let problem = Problem::whole("no such file, and no forecast of that name").help(help);
    Err(Report { text: Text { shown: argument.into(), text: String::new() }, problems: problem.into() })
}

/// The text of the scenario that an argument means, and the folder its paths start from: a file if
/// there is one, else the catalogue's entry of that name.
///
/// # Errors
/// As [`file::read`].
pub fn open(argument: &str) -> Result<(Text, PathBuf), Report> {
    let path = Path::new(argument);
    if !path.exists() {
        if let Some(entry) = find(argument) {
            return Ok((entry.text(), PathBuf::new()));
        }
        if let Some(near) = nearest(argument, CATALOG.iter().map(|entry| entry.name)) {
            let problem = Problem::whole("no such file, and no scenario of that name");
            let text = Text { shown: argument.into(), text: String::new() };
            return Err(Report { text, problems: problem.help(format!("did you mean {near}?")).into() });
        }
    }
    let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    file::read(path).map(|text| (text, folder))
}
