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
];

/// How copies go: column `went_by`.
pub static WENT: &[Cause] = &[
    Cause { name: "deleted", words: "deleted by its publisher" },
    Cause { name: "unpinned-and-collected", words: "swept after its publisher had unpinned it" },
    Cause { name: "collected", words: "swept by a collection" },
    Cause { name: "retention-over", words: "dropped by its reader, whose time for it was over" },
    Cause { name: "holder-left", words: "its holder left for good, disk and all" },
];

/// A cause in words.
pub fn words<'a>(causes: &[Cause], name: &'a str) -> &'a str {
    causes.iter().find(|cause| cause.name == name).map_or(name, |cause| cause.words)
}
