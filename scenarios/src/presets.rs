//! Named sets of protocol parameters: layers below the scenario file.

use crate::layer::{Document, Layer};
use crate::problem::Problems;

/// A named set of parameters.
#[derive(Debug)]
pub struct Preset {
    /// Name for `preset`.
    pub name: &'static str,
    /// What it stands for, with its source.
    pub doc: &'static str,
    /// Its values as a scenario writes them.
    pub text: &'static str,
}

/// All presets.
pub static PRESETS: &[Preset] = &[
    Preset {
        name: "kubo",
        doc: "Today's Kubo (0.39 and later): the defaults of the table of keys.",
        text: "",
    },
    Preset {
        name: "kubo-classic",
        doc: "Kubo 0.18 to 0.38: records of 48 h renewed every 22 h, announced key by key \
              (ipfs/kubo, docs/changelogs/v0.18.md and v0.39.md).",
        text: "[ipfs.dht]\nprovide_mode = \"classic\"\n",
    },
    Preset {
        name: "kubo-2022",
        doc: "Kubo up to 0.17: records of 24 h renewed every 12 h, announced key by key, and the Bitswap \
              of that time (ipfs/kubo, docs/changelogs/v0.18.md).",
        text: "[ipfs.dht]\nprovide_mode = \"classic\"\nrecord_validity = \"24 h\"\nreprovide_interval = \"12 h\"\n\
               [ipfs.bitswap]\nimplementation = \"boxo-0.11\"\n",
    },
];

/// Names of all presets.
pub fn names() -> Vec<&'static str> {
    PRESETS.iter().map(|preset| preset.name).collect()
}

/// The layer of a preset; empty for a name that is none, which the check of `preset` refuses.
///
/// # Panics
/// If the text of a preset is no scenario: a mistake in the table, found by a test.
pub fn layer(name: &str) -> Layer {
    let Some(preset) = PRESETS.iter().find(|preset| preset.name == name) else {
        return Layer::default();
    };
    let mut problems = Problems::new();
    let document = Document::parse(preset.text, &mut problems);
    assert!(problems.is_empty(), "preset {name}: {problems:?}");
    document.map(|document| document.base).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_reads() {
        for preset in PRESETS {
            layer(preset.name);
        }
    }
}
