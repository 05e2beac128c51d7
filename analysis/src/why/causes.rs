//! Causes in words. A name that is not here is shown as the table has it.

/// A reason why a copy came or went.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// Name in tables.
    pub name: &'static str,
    /// What happened, to be read after the holder.
    pub words: &'static str,
}

/// How copies come: column `came_by` of table `copies`.
pub static CAME: &[Cause] = &[
    Cause { name: "added", words: "added by its owner" },
    Cause { name: "fetched", words: "fetched to be read" },
    Cause { name: "in-parts", words: "left in parts, on several nodes or on the way" },
    Cause { name: "onboarded", words: "proven with its sector, under no deal" },
    Cause { name: "filled", words: "filled into committed capacity" },
    Cause { name: "deal", words: "proven with its sector, under a deal" },
];

/// How copies go: column `went_by`.
pub static WENT: &[Cause] = &[
    Cause { name: "deleted", words: "deleted by its publisher" },
    Cause { name: "unpinned-and-collected", words: "swept after its publisher had unpinned it" },
    Cause { name: "collected", words: "swept by a collection" },
    Cause { name: "retention-over", words: "dropped by its reader, whose time for it was over" },
    Cause { name: "holder-left", words: "its holder left for good, disk and all" },
    Cause { name: "machine-died", words: "its holder's machine came to the end of its life, disk and all" },
    Cause { name: "disk-lost", words: "its disk failed and is never restored" },
    Cause { name: "sector-expired", words: "its sector was over and not extended" },
    Cause { name: "faulty-too-long", words: "the chain ended its sector, not proven for too long" },
    Cause { name: "sector-terminated", words: "its miner ended the sector before its time" },
    Cause { name: "discarded", words: "thrown away by its miner, which went on claiming it" },
];

/// A cause in words.
pub fn words<'a>(causes: &[Cause], name: &'a str) -> &'a str {
    causes.iter().find(|cause| cause.name == name).map_or(name, |cause| cause.words)
}
