//! IPFS Cluster: peers beside IPFS nodes that share one pinset and see to it who keeps what.
//!
//! ```text
//!  client ──pin──> some peer ── allocate ──> state (pin -> peers) ── head, delta ──> every peer's tracker ──> its node
//!                                  ^                                                  queue, 10 at a time    pins: fetch
//!   ping every 15 s, counts 30 s   │ repin, if repinning is on                        error: again at the    over Bitswap
//!   looked at every 15 s ── alert ─┘ at the peer closest to the CID                   next recovery (12 min)
//! ```
//!
//! What the real one does, and this one too:
//! - **Nothing heals by default.** The factors are −1 (pin everywhere) and repinning is off: a peer that goes takes its
//!   allocation with it, and nobody notices but the monitor. A peer that joins pins what is pinned everywhere.
//! - **Who repins.** Every peer notices a silence at a look of its own; the one whose identity is closest to the CID,
//!   among those whose ping counts and without the silent one, allocates anew. A peer that began after the last ping
//!   of the silent one never knew it and notices nothing. After 300 looks (75 min) every peer notices once more.
//! - **Allocation**: holders whose report of free space counts stay; if they are fewer than the least factor, others
//!   are added up to the greatest, in the order of free space as last reported (up to 15 s old, so that pins of one
//!   moment go to the same peers), in turns between regions if so asked. At the least factor or above nothing is done,
//!   and the silent one keeps its allocation. Above the greatest, the surplus is dropped. A full disk is not reported.
//! - **The tracker** pins what is allocated to its peer and unpins what is not, when it hears of it. A pin without
//!   progress for two minutes is in error until the next recovery. Unpinning deletes nothing: a collection does.
//! - **State sync** unpins what has expired, by the peer closest to it.
//!
//! The state is a CRDT there: a graph of deltas whose heads are broadcast. Here it is one list of pins; a change
//! reaches a peer three one-way delays after it was made (the head comes, the delta is asked for, the delta comes). A
//! peer that was away, or is new, hears of everything at the first announcement of the heads after it came up (every
//! minute by each peer) and three delays.
//!
//! The loops of a peer are no events (`clock.rs`): with everybody up and nothing in error nothing happens here.
//! That this is the same as looking every 15 s is tested against a version that does (`tests_naive.rs`).
//!
//! Left out: partitions (a scenario has either; two halves would write two states, which CRDTs merge), losing
//! gossip, two peers that write the same pin within a delay of each other (the later one counts, as there), batching,
//! Raft, followers and trust, sharded pins, pins of the user's own choice of peers, limits by the number of pins, and
//! `peers rm`. All processes that run at the start have been running for up to an hour. An operator's client whose pin
//! is refused for lack of peers asks again every minute (assumption). A pin of which some block is nowhere is not
//! tried: it fails without the asking in vain, which would go on for ever.
//!
//! Sources: ipfs-cluster/ipfs-cluster: `cluster.go`, `cluster_config.go`, `allocate.go`, `allocator/balanced`, `util.go`,
//! `informer/disk`, `informer/tags`, `monitor/metrics`, `monitor/pubsubmon`, `consensus/crdt`, `pintracker/stateless`,
//! `ipfsconn/ipfshttp`.

mod allocate;
mod clock;
mod config;
mod machine;
mod members;
mod state;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_naive;
mod tracker;

use crate::ids::ObjectId;
use sim_core::draws::{Draws, Entity};
use sim_core::time::{SimSpan, SimTime};

pub use config::{ClusterConfig, Factor};
pub use machine::{Cluster, Stats};

/// A place in the cluster: one node, whichever machine it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct Slot(pub u32);

impl Slot {
    /// Position in arrays.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A peer's identity: the machine that has a place. A replacement is another peer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct Holder {
    /// Its place.
    pub slot: Slot,
    /// Machines that had the place before.
    pub life: u32,
}

/// What the machine asks about nodes and content.
pub trait View {
    /// Whether a node has an object pinned.
    fn is_pinned(&self, slot: Slot, object: ObjectId) -> bool;
    /// Free space of a node now: `StorageMax` less what is used.
    fn free(&self, slot: Slot) -> u64;
    /// The region of a node.
    fn region(&self, slot: Slot) -> u16;
    /// One-way delay between two nodes.
    fn delay(&self, from: Slot, to: Slot) -> SimSpan;
    /// Whether every block of an object is on some node, up or not.
    fn can_come(&self, object: ObjectId) -> bool;
    /// An object's CID.
    fn cid(&self, object: ObjectId) -> &str;
    /// Stable name of a node's draws.
    fn entity(&self, slot: Slot) -> Entity;
}

/// What the machine is handed for one step.
#[derive(Debug)]
pub struct Context<'a, V> {
    /// The present.
    pub now: SimTime,
    /// Parameters.
    pub config: &'a ClusterConfig,
    /// Draws of the run.
    pub draws: &'a Draws,
    /// Nodes and content.
    pub view: &'a V,
    /// Wishes, appended in order.
    pub out: &'a mut Vec<Wish>,
}

/// What the machine wants done. The world carries all out in order. Of each fetch it says either that the node has it
/// all and has pinned it, or nothing if the machine stopped it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// A node is to fetch an object and pin it.
    Fetch {
        /// Which node.
        slot: Slot,
        /// What.
        object: ObjectId,
        /// Whether it makes up for a copy that went, and does not place the first ones.
        is_repair: bool,
    },
    /// A node is to stop fetching an object.
    Stop {
        /// Which node.
        slot: Slot,
        /// What.
        object: ObjectId,
    },
    /// A node is to unpin an object.
    Unpin {
        /// Which node.
        slot: Slot,
        /// What.
        object: ObjectId,
    },
}
