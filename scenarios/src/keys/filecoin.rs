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
    Choice {
        name: "lie",
        doc: "Proves with zeros in place of what is lost: believed until the proof is disputed, which costs more.",
    },
];

static KEEPS: &[Choice] = &[
    Choice { name: "replica", doc: "What it promised." },
    Choice { name: "data", doc: "The data alone: seals again whenever it is asked (generation)." },
    Choice { name: "nothing", doc: "Commitments alone: asks `source` for an answer (outsourcing)." },
    Choice {
        name: "borrowed",
        doc: "The same, and it never seals: commits to what `source` has sealed as sectors of the same numbers.",
    },
];

static FAULTS: &[Choice] = &[
    Choice { name: "none", doc: "It builds on what is there, once." },
    Choice { name: "double-fork-mining", doc: "Two blocks of one height." },
    Choice { name: "time-offset-mining", doc: "A second block on the same parents, an epoch later." },
    Choice {
        name: "parent-grinding",
        doc: "A block of the next epoch that leaves out its own before it; proven if somebody else won with it.",
    },
];

static PATTERNS: &[Choice] = &[
    Choice {
        name: "run",
        doc: "In one run of whole families of siblings: no more is caught than is deleted.",
    },
    Choice {
        name: "scattered",
        doc: "One leaf in each family of siblings, whose paths are all lost with it.",
    },
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
            path: "forecast_from",
            kind: Kind::Span(SimSpan::from_days(1), SimSpan::from_days(36_500)),
            need: Need::Optional("no forecast"),
            when: When::Always,
            doc: "Lays the macro model over the run: at the end of that day it is given the state of the network and the \
                  onboarding that the miners have planned, and goes on by itself. Metrics `forecast_...` have what it \
                  says. It moves nothing in the run. Whole days.",
            source: "this program; models/src/filecoin/forecast/outset.rs",
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
            path: "fill_after",
            kind: LENGTH,
            need: Need::Optional("committed capacity stays what it is"),
            when: When::Always,
            doc: "How long after its commitment a sector of committed capacity is filled with verified data (SnapDeals).",
            source: "FIP-0019",
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
            path: "keeps",
            kind: Kind::Choice(KEEPS),
            need: Need::Default("replica"),
            when: When::Always,
            doc: "What it keeps of a sector once it is committed.",
            source: "Filecoin white paper (2017), 3.1: Sybil, outsourcing and generation attacks",
        },
        Key {
            path: "source",
            kind: Kind::Reference("miners"),
            need: Need::Required,
            when: When::Is("keeps", &["nothing", "borrowed"]),
            doc: "Group of the miner that it asks for what it has not kept: the one of its own number, modulo their count.",
            source: "this program",
        },
        Key {
            path: "fetch_time",
            kind: Kind::Span(SimSpan::ZERO, SimSpan::from_days(365)),
            need: Need::Default("1 min"),
            when: When::Always,
            doc: "From a challenge to the answer of `source` for it.",
            source: "assumption: some openings of a kilobyte each, over any network",
        },
        Key {
            path: "label_time",
            kind: Kind::Span(SimSpan::ZERO, SimSpan::from_secs(1)),
            need: Need::Default("1000 ns"),
            when: When::Always,
            doc: "Time of its machine for one label, when it seals again to answer. Labels cannot be shared out: 11 \
                  layers of 2^30 for 32 GiB. Nothing switches the duration of sealing off.",
            source: "20 SHA-256 compressions with CPU instructions, measured; models/src/filecoin/proofs/cost.rs",
        },
        Key {
            path: "poseidon_time",
            kind: Kind::Span(SimSpan::ZERO, SimSpan::from_secs(1)),
            need: Need::Default("900 ns"),
            when: When::Always,
            doc: "Time of its machine for one Poseidon hash of columns and trees, over all its processors.",
            source: "assumption: 20 minutes for the second phase of 32 GiB; models/src/filecoin/proofs/cost.rs",
        },
        Key {
            path: "deletes",
            kind: Kind::Share,
            need: Need::Default("0 %"),
            when: When::Always,
            doc: "Share of the leaves of every replica that it deletes once the sector is committed, rounded up. It goes on \
                  proving, and tries again after every failure.",
            source: "this program",
        },
        Key {
            path: "deletes_as",
            kind: Kind::Choice(PATTERNS),
            need: Need::Default("run"),
            when: When::Always,
            doc: "Where deleted leaves lie. A challenge needs its leaf and its siblings: eight, or two in binary trees.",
            source: "rust-fil-proofs, storage-proofs-core/src/merkle",
        },
        Key {
            path: "consensus_fault",
            kind: Kind::Choice(FAULTS),
            need: Need::Default("none"),
            when: When::Always,
            doc: "Consensus fault that it commits with every block. It is reported in the next epoch that can: a fee of \
                  five wins, and 900 epochs without any.",
            source: "FIP-0011; lotus, chain/vm/syscalls.go",
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
