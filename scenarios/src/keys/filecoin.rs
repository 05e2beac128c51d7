//! Keys of a Filecoin network and of its miners.

use super::bounds::{COUNT, LENGTH};
use super::kind::{Catalog, Choice, Kind, RealBounds};
use super::{Key, Need, Presence, Scope, Section, When};
use models::units::AttoFil;
use sim_core::time::SimSpan;
use sim_core::units::Bytes;

/// Names of rule sets.
static RULE_SETS: Catalog = Catalog { noun: "rule set", names: crate::known::rule_sets };

static FAMILIES: &[Choice] = &[
    Choice {
        name: "sdr-poseidon",
        doc: "Filecoin's own: stacked depth-robust graphs and Poseidon trees; every replica is bytes of its own.",
    },
    Choice {
        name: "sha256-merkle",
        doc: "The same life of a sector with one SHA-256 tree over its data; cannot tell copies.",
    },
    Choice { name: "pdp", doc: "Proof of data possession: five leaves; cannot tell copies." },
];

static REAL_SIZES: &[Choice] = &[
    Choice { name: "2KiB", doc: "64 nodes; sealed in some milliseconds." },
    Choice { name: "8MiB", doc: "262,144 nodes; sealed in some ten seconds." },
];

static NOMINAL_SIZES: &[Choice] = &[
    Choice { name: "32GiB", doc: "2,349 sectors are proven together." },
    Choice { name: "64GiB", doc: "2,300 sectors are proven together." },
];

static ON_LOSS: &[Choice] = &[
    Choice {
        name: "declare",
        doc: "Declares lost sectors faulty before their deadline, or leaves them out of the proof.",
    },
    Choice { name: "skip", doc: "Leaves lost sectors out of the next proof." },
    Choice { name: "ignore", doc: "Does not notice: no proof of their partition can be made." },
];

/// An amount of money from nothing to all there is.
const MONEY: Kind = Kind::Money(AttoFil::ZERO, AttoFil::from_fil(2_000_000_000));

pub(super) const FILECOIN: Section = Section {
    path: "filecoin",
    doc: "A Filecoin network: its rules, its scale, and where its chain begins. A scenario without this table has none.",
    scope: Scope::Cell,
    presence: Presence::Mentioned,
    keys: &[
        Key {
            path: "rules",
            kind: Kind::Entry(&RULE_SETS),
            need: Need::Default("nv28"),
            when: When::Always,
            doc: "The network version whose rules hold, from the first epoch to the last.",
            source: "filecoin-project/builtin-actors and FIPs; models/src/filecoin/rulesets.rs",
        },
        Key {
            path: "parameters.<parameter>",
            kind: Kind::Parameter,
            need: Need::Optional("as in the rule set"),
            when: When::Always,
            doc: "Overrides one parameter of the rule set by name: `[filecoin.parameters]` with \
                  `pledge_projection = \"10 days\"`. `lastcopy explain filecoin.parameters` lists them.",
            source: "models/src/filecoin/policy/table.rs, where each parameter has its own",
        },
        Key {
            path: "proof",
            kind: Kind::Choice(FAMILIES),
            need: Need::Default("sdr-poseidon"),
            when: When::Always,
            doc: "The family of proofs of storage.",
            source: "filecoin-project/rust-fil-proofs; models/src/filecoin/proofs/family.rs",
        },
        Key {
            path: "real_size",
            kind: Kind::Choice(REAL_SIZES),
            need: Need::Default("2KiB"),
            when: When::Always,
            doc: "Bytes of a sector that are really sealed and proven. Challenge counts are those of this size.",
            source: "DESIGN, scale as a similarity: sector shrink",
        },
        Key {
            path: "sector_size",
            kind: Kind::Choice(NOMINAL_SIZES),
            need: Need::Default("32GiB"),
            when: When::Always,
            doc: "Nominal size of a sector: what power, pledge, fees and partitions count.",
            source: "filecoin-project/rust-fil-proofs, filecoin-proofs/src/constants.rs",
        },
        Key {
            path: "weight",
            kind: Kind::Whole(1, 1_000_000),
            need: Need::Default("1"),
            when: When::Always,
            doc: "One simulated sector stands for this many nominal ones, in power, deposits, pledge, fees and gas.",
            source: "DESIGN, scale as a similarity: weight",
        },
        Key {
            path: "start_epoch",
            kind: Kind::Whole(0, 1_000_000_000),
            need: Need::Default("6100000"),
            when: When::Always,
            doc: "First epoch of the chain. 0 is genesis.",
            source: "assumption: June 2026, under nv28",
        },
        Key {
            path: "network_time",
            kind: Kind::Span(SimSpan::ZERO, SimSpan::from_days(36_500)),
            need: Need::Default("1146 days"),
            when: When::Always,
            doc: "Effective network time at the first epoch: for how long a network that always had the baseline's power \
                  would have had to run to have stored as much. Nothing at genesis.",
            source: "assumption: what was mined by FIP-0100's account, carried on to 2026",
        },
        Key {
            path: "burnt",
            kind: MONEY,
            need: Need::Default("41000000 FIL"),
            when: When::Always,
            doc: "Burnt before the first epoch.",
            source: "FIP-0100: 40,327,377 FIL in March 2025",
        },
        Key {
            path: "base_fee",
            kind: Kind::Money(AttoFil::ZERO, AttoFil::from_fil(1)),
            need: Need::Default("100 attoFIL"),
            when: When::Always,
            doc: "Burnt for each unit of gas: always, or in the first epoch with base_fee_moves.",
            source: "lotus, build/buildconstants: the least base fee",
        },
        Key {
            path: "base_fee_moves",
            kind: Kind::Flag,
            need: Need::Default("false"),
            when: When::Always,
            doc: "Whether the base fee follows the gas that messages use, by the rule of the rule set (base_fee_rule), \
                  or stays as it is.",
            source: "this program",
        },
        Key {
            path: "gas_premium",
            kind: Kind::Money(AttoFil::ZERO, AttoFil::from_fil(1)),
            need: Need::Default("100000 attoFIL"),
            when: When::Always,
            doc: "Paid to block producers for each unit of gas.",
            source: "assumption: lotus' default estimate when blocks are not full",
        },
    ],
};

pub(super) const BACKGROUND: Section = Section {
    path: "filecoin.background",
    doc: "The rest of the network, which is not simulated one by one: a path over the run, a line from start to end. \
          Without this table the simulated miners are the whole network.",
    scope: Scope::Cell,
    presence: Presence::Mentioned,
    keys: &[
        Key {
            path: "raw_power",
            kind: Kind::Bytes(Bytes::new(1), Bytes::MAX),
            need: Need::Default("2 EiB"),
            when: When::Always,
            doc: "Raw power at the start.",
            source: "assumption: the order of 2026",
        },
        Key {
            path: "raw_power_end",
            kind: Kind::Bytes(Bytes::new(1), Bytes::MAX),
            need: Need::Optional("as at the start"),
            when: When::Always,
            doc: "Raw power at the end of the run.",
            source: "this program",
        },
        Key {
            path: "quality",
            kind: Kind::Real(RealBounds { min: 1.0, open: false, max: 10.0 }),
            need: Need::Default("8.6"),
            when: When::Always,
            doc: "Quality-adjusted over raw power.",
            source: "assumption: some 85 % of the space is full of verified data",
        },
        Key {
            path: "pledge",
            kind: MONEY,
            need: Need::Default("140000000 FIL"),
            when: When::Always,
            doc: "Initial pledge and locked rewards at the start.",
            source: "FIP-0100: 140,975,297 FIL in March 2025",
        },
        Key {
            path: "pledge_end",
            kind: MONEY,
            need: Need::Optional("as at the start"),
            when: When::Always,
            doc: "The same at the end of the run.",
            source: "this program",
        },
        Key {
            path: "circulating",
            kind: MONEY,
            need: Need::Default("690000000 FIL"),
            when: When::Always,
            doc: "FIL in circulation at the start, the simulated miners apart.",
            source: "FIP-0100: 686,539,216 FIL in March 2025",
        },
        Key {
            path: "circulating_end",
            kind: MONEY,
            need: Need::Optional("as at the start"),
            when: When::Always,
            doc: "The same at the end of the run.",
            source: "this program",
        },
        Key {
            path: "gas",
            kind: Kind::Whole(0, 1_000_000_000_000_000),
            need: Need::Default("25000000000"),
            when: When::Always,
            doc: "Gas that its messages and those of everybody else reserve in each tipset; read with \
                  filecoin.base_fee_moves.",
            source: "assumption: five blocks that are half full, which leaves the base fee where it is before nv28",
        },
        Key {
            path: "gas_premium",
            kind: Kind::Money(AttoFil::ZERO, AttoFil::from_fil(1)),
            need: Need::Default("100000 attoFIL"),
            when: When::Always,
            doc: "What these messages offer for each unit of gas; read with filecoin.base_fee_moves.",
            source: "assumption: lotus' default estimate when blocks are not full",
        },
        Key {
            path: "miners",
            kind: Kind::Whole(4, 1_000_000),
            need: Need::Default("600"),
            when: When::Always,
            doc: "Its miners of at least the consensus minimum of power.",
            source: "traps 1.4 of the reference: 622 miner ids in June 2026",
        },
    ],
};

pub(super) const MINERS: Section = Section {
    path: "miners.<group>",
    doc: "A group of like storage miners, simulated one by one. They are no nodes of the IPFS network.",
    scope: Scope::Cell,
    presence: Presence::Mentioned,
    keys: &[
        Key {
            path: "count",
            kind: COUNT,
            need: Need::Required,
            when: When::Always,
            doc: "Number of its miners.",
            source: "this program",
        },
        Key {
            path: "sectors",
            kind: Kind::Whole(0, 10_000_000),
            need: Need::Required,
            when: When::Always,
            doc: "Sectors that each miner commits in all.",
            source: "this program",
        },
        Key {
            path: "batch",
            kind: Kind::Whole(1, 10_000),
            need: Need::Default("1"),
            when: When::Always,
            doc: "Sectors that it seals and commits together.",
            source: "this program",
        },
        Key {
            path: "every",
            kind: LENGTH,
            need: Need::Default("1 day"),
            when: When::Always,
            doc: "Between two batches.",
            source: "this program",
        },
        Key {
            path: "spread",
            kind: Kind::Span(SimSpan::ZERO, SimSpan::from_days(36_500)),
            need: Need::Default("1 day"),
            when: When::Always,
            doc: "Each miner begins at a drawn instant of this time from the start of the run.",
            source: "this program",
        },
        Key {
            path: "sealing",
            kind: LENGTH,
            need: Need::Default("4 h"),
            when: When::Always,
            doc: "From the ticket of a sector to its pre-commit.",
            source: "assumption: hours on a machine of today",
        },
        Key {
            path: "commitment",
            kind: Kind::Span(SimSpan::from_days(1), SimSpan::from_days(3_650)),
            need: Need::Default("540 days"),
            when: When::Always,
            doc: "For how long a sector is committed, counted from the last epoch at which it may be proven.",
            source: "assumption: between the 180 and the 1,278 days that nv28 allows",
        },
        Key {
            path: "extension",
            kind: LENGTH,
            need: Need::Optional("sectors are left to expire"),
            when: When::Always,
            doc: "By how much an expiring sector is extended, every time, as far as the rules allow.",
            source: "this program",
        },
        Key {
            path: "verified",
            kind: Kind::Share,
            need: Need::Default("0 %"),
            when: When::Always,
            doc: "Share of its sectors that are full of verified data, which counts ten times.",
            source: "FIP-0045",
        },
        Key {
            path: "non_interactive",
            kind: Kind::Flag,
            need: Need::Default("false"),
            when: When::Always,
            doc: "Whether it commits by non-interactive proofs, where the rules have them: no deposit and no wait, \
                  committed capacity only.",
            source: "FIP-0092",
        },
        Key {
            path: "disk_failures",
            kind: Kind::Real(RealBounds { min: 0.0, open: false, max: 0.99 }),
            need: Need::Default("0.0"),
            when: When::Always,
            doc: "Share of its disks that fail in a year, each with the same hazard at any time.",
            source: "this program; Backblaze Drive Stats: some 0.014",
        },
        Key {
            path: "sectors_per_disk",
            kind: Kind::Whole(1, 10_000_000),
            need: Need::Default("1"),
            when: When::Always,
            doc: "Sectors that are lost with one disk.",
            source: "this program",
        },
        Key {
            path: "on_loss",
            kind: Kind::Choice(ON_LOSS),
            need: Need::Default("declare"),
            when: When::Always,
            doc: "What it does about sectors that it has lost.",
            source: "FIP-0002",
        },
        Key {
            path: "repair",
            kind: LENGTH,
            need: Need::Optional("lost sectors stay lost, and are terminated after 42 days"),
            when: When::Always,
            doc: "Mean time until a lost disk's sectors are restored; the time is exponential. Their recovery is declared \
                  at the first chance.",
            source: "this program",
        },
        Key {
            path: "capital",
            kind: MONEY,
            need: Need::Default("1000 FIL"),
            when: When::Always,
            doc: "Money that each operator starts with.",
            source: "this program",
        },
        Key {
            path: "cushion",
            kind: MONEY,
            need: Need::Default("10 FIL"),
            when: When::Always,
            doc: "What an operator keeps free in its actor, as long as its wallet has it, so that fees do not become \
                  debts: who is in debt wins nothing. Looked at with every proof.",
            source: "this program",
        },
    ],
};
