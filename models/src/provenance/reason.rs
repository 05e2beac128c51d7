//! Why copies come and go: two closed enums, and what tables say of each member.
//!
//! To add a reason (a deal that ended, a pin of a cluster, a disk that died):
//!
//! 1. one member of [`Came`] or [`Went`] with a doc that says which rule or decision it is, and as data whatever is known
//!    at that instant only (a number of a deal, what was in use);
//! 2. one line for it in `name` and in `EACH`, in `facts` if it has data, and in `ruled_by` for one of [`Went`];
//! 3. one line in `analysis/src/why/causes.rs`, which has it in words; a test of the program compares the two lists;
//! 4. in the place that carries the decision out, [`crate::ladder::Ladder::block_stored`] and `block_deleted` for blocks
//!    on a node, [`crate::ladder::Ladder::whole_stored`] and `whole_gone` for a holder that has an object whole or not
//!    at all, such as a sector;
//! 5. a line in [`super::kept`] if something particular would have kept such a copy.
//!
//! Left out: what nothing in a run can do yet. A reason that no code gives is not in the list, but for two of sectors
//! that the market brings, [`Came::Deal`] and [`Went::Terminated`]: the [archive](super::archive) takes them already.

use crate::ids::NodeId;
use sim_core::time::SimTime;
use std::fmt::Write as _;

/// Why a holder got a copy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Came {
    /// Its owner added it.
    Added,
    /// A reader fetched it over Bitswap.
    Fetched {
        /// Who delivered the block that made it whole.
        last_from: NodeId,
    },
    /// No holder had all of it any more, but all its blocks were still on several nodes or on their way. Written down
    /// once an object is lost that way, for the time from its last whole copy to its loss.
    InParts,
    /// A sector was proven with it inside, under no deal (FIP-0076).
    Onboarded {
        /// Until when the sector was committed then.
        until: SimTime,
    },
    /// It took the place of committed capacity in a sector (FIP-0019).
    Filled {
        /// Until when the sector was committed then.
        until: SimTime,
    },
    /// A sector was proven with it inside, under a deal.
    Deal {
        /// Number of the deal.
        deal: u64,
        /// When the deal ends.
        until: SimTime,
        /// Until when the sector was committed then.
        sector_until: SimTime,
    },
}

/// Why a holder's copy went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Went {
    /// Its publisher deleted it.
    Deleted,
    /// A collection swept it after its publisher had unpinned it.
    Unpinned {
        /// The collection.
        sweep: Sweep,
    },
    /// A collection swept it: fetched and never pinned.
    Collected {
        /// The collection.
        sweep: Sweep,
    },
    /// A reader deleted it when its retention was over.
    RetentionOver,
    /// The holder left for good, disk and all.
    HolderLeft,
    /// The holder's machine came to the end of its life, disk and all.
    MachineDied,
    /// Its disk failed, and its miner does not restore what it lost.
    DiskLost,
    /// Its sector was over: its commitment ended and was not extended.
    Expired {
        /// Since when its bytes were gone and waited to be restored, if they did.
        bytes_gone: Option<SimTime>,
    },
    /// The chain ended its sector, which had not been proven for as long as a fault may last (42 days).
    FaultyTooLong {
        /// Since when it had not been proven: the end of the deadline at which it became faulty.
        since: SimTime,
        /// Since when its bytes were gone and waited to be restored; none if they were there all the time.
        bytes_gone: Option<SimTime>,
    },
    /// Its miner ended the sector before its time.
    Terminated,
    /// Its miner threw bytes of it away and went on claiming the sector.
    Discarded {
        /// Whether it kept a part.
        part: bool,
    },
}

/// One run of a node's collector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Sweep {
    /// What started it.
    pub trigger: Trigger,
    /// Bytes in use when it began.
    pub used: u64,
    /// Bytes up to which no check starts one: the watermark's share of the limit.
    pub watermark: u64,
    /// The smallest limit (`storage.max`) under which no check would have started it.
    pub limit_to_spare: u64,
    /// Blocks that it deleted.
    pub blocks: u32,
}

/// What starts a collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Trigger {
    /// The collector's timer came round and found more in use than the watermark.
    Watermark,
    /// The operator ran it by hand.
    ByHand,
}

impl Trigger {
    /// Name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Trigger::Watermark => "watermark",
            Trigger::ByHand => "by-hand",
        }
    }
}

impl Came {
    /// One of each, with some data.
    pub const EACH: [Came; 6] = [
        Came::Added,
        Came::Fetched { last_from: NodeId(0) },
        Came::InParts,
        Came::Onboarded { until: SimTime::ZERO },
        Came::Filled { until: SimTime::ZERO },
        Came::Deal { deal: 0, until: SimTime::ZERO, sector_until: SimTime::ZERO },
    ];

    /// Name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Came::Added => "added",
            Came::Fetched { .. } => "fetched",
            Came::InParts => "in-parts",
            Came::Onboarded { .. } => "onboarded",
            Came::Filled { .. } => "filled",
            Came::Deal { .. } => "deal",
        }
    }

    /// Until when whoever has it has promised to keep it: nothing but a sector comes with a term.
    pub const fn promised_until(self) -> Option<SimTime> {
        match self {
            Came::Added | Came::Fetched { .. } | Came::InParts => None,
            Came::Onboarded { until } | Came::Filled { until } | Came::Deal { until, .. } => Some(until),
        }
    }

    /// What is known besides, for tables.
    pub fn facts(self, facts: &mut Facts<'_>) {
        match self {
            Came::Added | Came::InParts => {}
            Came::Fetched { last_from } => facts.node("last_block_from", last_from),
            Came::Onboarded { until } | Came::Filled { until } => facts.time("promised_until_s", until),
            Came::Deal { deal, until, sector_until } => {
                facts.number("deal", deal);
                facts.time("promised_until_s", until);
                facts.time("sector_until_s", sector_until);
            }
        }
    }
}

impl Went {
    /// One of each, with some data.
    pub const EACH: [Went; 11] = [
        Went::Deleted,
        Went::Unpinned { sweep: Sweep::NONE },
        Went::Collected { sweep: Sweep::NONE },
        Went::RetentionOver,
        Went::HolderLeft,
        Went::MachineDied,
        Went::DiskLost,
        Went::Expired { bytes_gone: None },
        Went::FaultyTooLong { since: SimTime::ZERO, bytes_gone: None },
        Went::Terminated,
        Went::Discarded { part: false },
    ];

    /// Name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Went::Deleted => "deleted",
            Went::Unpinned { .. } => "unpinned-and-collected",
            Went::Collected { .. } => "collected",
            Went::RetentionOver => "retention-over",
            Went::HolderLeft => "holder-left",
            Went::MachineDied => "machine-died",
            Went::DiskLost => "disk-lost",
            Went::Expired { .. } => "sector-expired",
            Went::FaultyTooLong { .. } => "faulty-too-long",
            Went::Terminated => "sector-terminated",
            Went::Discarded { .. } => "discarded",
        }
    }

    /// Key of the holder's group in the scenario that decided it; empty if it was the group as a whole.
    pub const fn ruled_by(self) -> &'static str {
        match self {
            Went::DiskLost => "disk_failures",
            Went::MachineDied => "lifetime",
            Went::FaultyTooLong { bytes_gone: Some(_), .. } => "repair",
            Went::FaultyTooLong { bytes_gone: None, .. } => "on_loss",
            Went::Expired { .. } => "commitment",
            Went::Terminated => "",
            Went::Discarded { part: true } => "deletes",
            Went::Discarded { part: false } => "keeps",
            Went::Deleted | Went::RetentionOver | Went::HolderLeft => "strategy",
            Went::Unpinned { sweep } | Went::Collected { sweep } => match sweep.trigger {
                Trigger::Watermark => "storage.automatic_gc",
                Trigger::ByHand => "storage.manual_every",
            },
        }
    }

    /// What is known besides, for tables.
    pub fn facts(self, facts: &mut Facts<'_>) {
        match self {
            Went::Unpinned { sweep } | Went::Collected { sweep } => sweep.facts(facts),
            Went::Expired { bytes_gone } => gone_since(bytes_gone, facts),
            Went::FaultyTooLong { since, bytes_gone } => {
                facts.time("not_proven_since_s", since);
                gone_since(bytes_gone, facts);
            }
            Went::Discarded { part } => facts.word("kept", if part { "a-part" } else { "nothing" }),
            Went::Deleted
            | Went::RetentionOver
            | Went::HolderLeft
            | Went::MachineDied
            | Went::DiskLost
            | Went::Terminated => {}
        }
    }

    /// Whether the object's own owner wanted it gone.
    pub const fn is_deliberate(self) -> bool {
        matches!(self, Went::Deleted | Went::Unpinned { .. })
    }
}

fn gone_since(bytes_gone: Option<SimTime>, facts: &mut Facts<'_>) {
    if let Some(at) = bytes_gone {
        facts.time("bytes_gone_since_s", at);
    }
}

impl Sweep {
    const NONE: Sweep =
        Sweep { trigger: Trigger::ByHand, used: 0, watermark: 0, limit_to_spare: 0, blocks: 0 };

    fn facts(self, facts: &mut Facts<'_>) {
        facts.word("trigger", self.trigger.name());
        facts.number("used_bytes", self.used);
        facts.number("watermark_bytes", self.watermark);
        facts.number("swept_blocks", u64::from(self.blocks));
    }
}

/// `key=value` pairs behind a reason, separated by spaces, as a table has them.
pub struct Facts<'a> {
    text: String,
    name_of: &'a dyn Fn(NodeId) -> &'a str,
}

impl<'a> Facts<'a> {
    /// None yet; `name_of` says what nodes are called.
    pub fn new(name_of: &'a dyn Fn(NodeId) -> &'a str) -> Self {
        Facts { text: String::new(), name_of }
    }

    /// A fact that is a node.
    pub fn node(&mut self, key: &str, node: NodeId) {
        self.word(key, (self.name_of)(node));
    }

    /// A fact that is a whole number.
    pub fn number(&mut self, key: &str, number: u64) {
        self.word(key, &number.to_string());
    }

    /// A fact that is an instant: seconds, whole ones.
    pub fn time(&mut self, key: &str, at: SimTime) {
        self.number(key, at.as_nanos() / 1_000_000_000);
    }

    /// A fact that is a word without spaces.
    pub fn word(&mut self, key: &str, word: &str) {
        let space = if self.text.is_empty() { "" } else { " " };
        write!(self.text, "{space}{key}={word}").expect("a string takes all");
    }

    /// The pairs.
    pub fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_reasons_share_a_name() {
        let came: BTreeSet<_> = Came::EACH.iter().map(|came| came.name()).collect();
        let went: BTreeSet<_> = Went::EACH.iter().map(|went| went.name()).collect();
        assert_eq!((came.len(), went.len()), (Came::EACH.len(), Went::EACH.len()));
    }

    #[test]
    fn facts_are_pairs_that_a_reader_can_split_again() {
        let sweep =
            Sweep { trigger: Trigger::Watermark, used: 100, watermark: 90, limit_to_spare: 112, blocks: 3 };
        let mut facts = Facts::new(&|_| "library/0");
        Went::Collected { sweep }.facts(&mut facts);
        Came::Fetched { last_from: NodeId(4) }.facts(&mut facts);
        assert_eq!(
            facts.into_text(),
            "trigger=watermark used_bytes=100 watermark_bytes=90 swept_blocks=3 last_block_from=library/0"
        );
    }
}
