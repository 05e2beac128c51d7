//! Keys of the scenario as a whole: what it asks, how long it runs, what it records, shows and claims.

use super::bounds::{LENGTH, PERIOD};
use super::kind::{Catalog, Choice, Kind, RealBounds};
use super::{Key, Need, Presence, Scope, Section, When};

/// Names of parameter sets.
static PRESETS: Catalog = Catalog { noun: "preset", names: crate::presets::names };
/// Names of metrics.
static METRICS: Catalog = Catalog { noun: "metric", names: crate::known::metrics };
/// Kinds of figures.
static PLOTS: Catalog = Catalog { noun: "kind of plot", names: crate::known::plots };
/// What claims can be tested for.
static MEASURES: Catalog = Catalog { noun: "measure of a claim", names: crate::claims::measure_names };
/// Names of metrics, as items of a list.
static METRIC: Kind = Kind::Entry(&METRICS);
/// A name, as an item of a list.
static NAME: Kind = Kind::Name;

pub(super) const TOP: Section = Section {
    path: "",
    doc: "The scenario as a whole.",
    scope: Scope::Scenario,
    presence: Presence::Always,
    keys: &[
        Key {
            path: "schema",
            kind: Kind::Version,
            need: Need::Required,
            when: When::Always,
            doc: "Version of the scenario format.",
            source: "this program",
        },
        Key {
            path: "name",
            kind: Kind::Name,
            need: Need::Required,
            when: When::Always,
            doc: "Name of the scenario; the first part of its run folder's name.",
            source: "this program",
        },
        Key {
            path: "question",
            kind: Kind::Text(500),
            need: Need::Default(""),
            when: When::Always,
            doc: "The question that the scenario answers, as a person would ask it.",
            source: "this program",
        },
        Key {
            path: "surprise",
            kind: Kind::Text(500),
            need: Need::Default(""),
            when: When::Always,
            doc: "The outcome that would surprise its author, written down before the run.",
            source: "this program",
        },
        Key {
            path: "seed",
            kind: Kind::Seed,
            need: Need::Default("1"),
            when: When::Always,
            doc: "The seed of all luck: content, arrivals, sessions, places. Numbers above 9223372036854775807 are \
                  written as text.",
            source: "this program; reliability: a fixed default, so that two people get the same numbers",
        },
        Key {
            path: "duration",
            kind: LENGTH,
            need: Need::Required,
            when: When::Always,
            doc: "Virtual time from the start to the end of each run.",
            source: "this program",
        },
        Key {
            path: "replicates",
            kind: Kind::Whole(1, 100_000),
            need: Need::Default("1"),
            when: When::Always,
            doc: "Runs of every arm at every grid point that differ in their luck only. Replicate i of all arms \
                  shares its luck.",
            source: "this program",
        },
        Key {
            path: "preset",
            kind: Kind::Entry(&PRESETS),
            need: Need::Default("kubo"),
            when: When::Always,
            doc: "A named set of protocol parameters below everything that the scenario says itself.",
            source: "ipfs/kubo changelogs",
        },
    ],
};

pub(super) const RECORD: Section = Section {
    path: "record",
    doc: "What a run writes down besides the tables of objects, copies, reads and nodes, which are always written.",
    scope: Scope::Scenario,
    presence: Presence::Always,
    keys: &[
        Key {
            path: "every",
            kind: PERIOD,
            need: Need::Default("1 h"),
            when: When::Always,
            doc: "Time between samples of the ladder and of sampled metrics. Changes of rung are recorded exactly, \
                  whatever this is.",
            source: "assumption: a few hundred points for the scenarios of a month",
        },
        Key {
            path: "metrics",
            kind: Kind::List(&METRIC),
            need: Need::Optional("all metrics"),
            when: When::Always,
            doc: "Names of the metrics to record. Recording one more moves no result.",
            source: "this program",
        },
    ],
};

pub(super) const PLOT: Section = Section {
    path: "plot.<n>",
    doc: "A figure that is drawn when the run is done; one table for each.",
    scope: Scope::Scenario,
    presence: Presence::Mentioned,
    keys: &[
        Key {
            path: "name",
            kind: Kind::Name,
            need: Need::Optional("kind and metric joined"),
            when: When::Always,
            doc: "File stem of the figure.",
            source: "this program",
        },
        Key {
            path: "kind",
            kind: Kind::Entry(&PLOTS),
            need: Need::Required,
            when: When::Always,
            doc: "Kind of figure; `lastcopy explain KIND` says what it shows.",
            source: "this program",
        },
        Key {
            path: "title",
            kind: Kind::Text(120),
            need: Need::Default(""),
            when: When::Always,
            doc: "Heading. Made from kind and metric when empty.",
            source: "this program",
        },
        Key {
            path: "metric",
            kind: Kind::Text(60),
            need: Need::Default(""),
            when: When::Always,
            doc: "Metric or column shown, for kinds that show one.",
            source: "this program",
        },
        Key {
            path: "x",
            kind: Kind::Text(200),
            need: Need::Default(""),
            when: When::Always,
            doc: "Grid key on the x axis, for kinds that need one.",
            source: "this program",
        },
        Key {
            path: "group",
            kind: Kind::Text(60),
            need: Need::Default(""),
            when: When::Always,
            doc: "Object group or node group to show; all when empty.",
            source: "this program",
        },
        Key {
            path: "arms",
            kind: Kind::List(&NAME),
            need: Need::Optional("all arms"),
            when: When::Always,
            doc: "Arms to show.",
            source: "this program",
        },
        Key {
            path: "log_x",
            kind: Kind::Flag,
            need: Need::Default("false"),
            when: When::Always,
            doc: "Whether the x axis is logarithmic.",
            source: "this program",
        },
    ],
};

/// Verdicts of a claim.
static VERDICTS: &[Choice] = &[
    Choice { name: "exact", doc: "Measured and expected are equal." },
    Choice { name: "within", doc: "They differ by at most `tolerance` of the expected value." },
    Choice {
        name: "interval",
        doc: "The expected value lies in the 95 % interval of the measured one, widened by `tolerance`.",
    },
];

pub(super) const CLAIM: Section = Section {
    path: "claim",
    doc: "A statement that the scenario shows; `lastcopy claims` runs all scenarios that have one.",
    scope: Scope::Scenario,
    presence: Presence::Mentioned,
    keys: &[
        Key {
            path: "row",
            kind: Kind::Whole(1, 999),
            need: Need::Required,
            when: When::Always,
            doc: "Number of the statement in the mission.",
            source: "this program",
        },
        Key {
            path: "statement",
            kind: Kind::Text(300),
            need: Need::Required,
            when: When::Always,
            doc: "The statement in one sentence.",
            source: "this program",
        },
        Key {
            path: "measure",
            kind: Kind::Entry(&MEASURES),
            need: Need::Required,
            when: When::Always,
            doc: "What is read from the tables, and the formula that gives the expected value from the resolved \
                  scenario.",
            source: "this program",
        },
        Key {
            path: "verdict",
            kind: Kind::Choice(VERDICTS),
            need: Need::Default("exact"),
            when: When::Always,
            doc: "When the claim passes.",
            source: "this program",
        },
        Key {
            path: "tolerance",
            kind: Kind::Real(RealBounds { min: 0.0, open: false, max: 1.0 }),
            need: Need::Default("0.0"),
            when: When::Is("verdict", &["within", "interval"]),
            doc: "Share of the expected value by which a result may miss it.",
            source: "this program",
        },
    ],
};
