//! Announcing: which blocks a node says it provides, and when it says so.
//!
//! ```text
//! added ──> root: walk at once ("fast provide")
//!       └─> other: queue ──> a free worker: walk + k stores
//! every 22 h  classic: all keys, one after the other          sweep: a region's keys when its hour comes
//!
//! StartWalk ── the world runs a LookupKind::Closest ──> walk_done(closest)
//! SendRecords ── one RPC carrying one or more ADD_PROVIDER to one peer ──> sent(ok)
//! ```
//!
//! Two modes, both real:
//! - **Classic** (Kubo up to 0.38): new blocks wait in a queue for up to 16 workers, each a walk and then
//!   k stores in parallel, done when all have been stored or failed. The periodic pass goes through the
//!   keys one at a time, and the 16 workers do not help it: with 10 to 20 s a key, more than some
//!   10,000 keys do not fit into 48 h and records expire ([`DhtConfig::reprovide_workers`] changes
//!   that number). The time of the last pass is kept, in batches of 1,000 keys; a pass cut short by a restart
//!   starts over if no batch was finished.
//! - **Sweep** (Kubo 0.39 and later): the key space is cut into regions of at least k servers. Each has
//!   its hour in the 22 h cycle; then a few walks find all its servers, and each gets all its keys in
//!   one go. Regions missed while off-line are caught up with at the start.
//!
//! What a node remembers over a restart: its keys, the queue of new ones, when it announced last (classic:
//! the pass; sweep: each region). Work in progress is lost and queued again.
//!
//! Differences from Kubo: a root is announced once, not twice (there also by the queue); keys of a
//! classic pass go by block number, not in the order of the disk.
//!
//! Left out: optimistic provide, `mfs` and entity strategies, the accelerated client's batches.
//!
//! Sources: ipfs/kubo: `config/provide.go`, `core/node/provider.go`; ipfs/boxo: `provider/reprovider.go`;
//! libp2p/go-libp2p-kad-dht: `routing.go` (provide), `provider/`.
//!
//! [`DhtConfig::reprovide_workers`]: super::DhtConfig::reprovide_workers

mod classic;
mod job;
mod parcels;
mod region;
mod schedule;
mod slots;
mod sweep;

use std::ops::AddAssign;

use sim_core::time::{SimSpan, SimTime};

use super::key::Key;
use super::{DhtConfig, ProvideMode, ProvideStrategy};
use crate::ids::{BlockId, NodeId};
use classic::Classic;
pub use slots::Handle;
use sweep::Sweep;

/// What a block is to the node that holds it; the strategy chooses by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Holding {
    /// The root of content that the node added or pinned.
    pub is_root: bool,
    /// Part of pinned content (and not just cached).
    pub is_pinned: bool,
}

/// Names a walk; pass it back with the result.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct WalkId(Handle);

/// Names a parcel of records for one peer; pass it back with the outcome.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct SendId(Handle);

/// What announcing wants done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum AnnounceWish {
    /// Find the k closest servers to `target`; report with [`Announcer::walk_done`].
    StartWalk {
        /// Its name.
        walk: WalkId,
        /// The key to walk towards.
        target: Key,
    },
    /// Store records of this node at `to` (dialled if need be); report with [`Announcer::sent`]. Which
    /// blocks, says [`Announcer::records`] until then. They also go into the node's own store.
    SendRecords {
        /// Its name.
        send: SendId,
        /// The server that gets them.
        to: NodeId,
    },
    /// Call [`Announcer::tick`] then; the latest wish counts.
    WakeAt(SimTime),
    /// A block was announced for the first time since it was added, with `stored` records in place.
    Announced {
        /// The block.
        block: BlockId,
        /// Servers that took the record, of k.
        stored: u16,
    },
}

/// The keys of all nodes and all blocks, by their dense ids.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    /// Keys of nodes.
    pub nodes: &'a [Key],
    /// Keys of blocks (SHA-256 of the multihash).
    pub blocks: &'a [Key],
}

/// Counts since the node was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct AnnounceStats {
    /// Walks started.
    pub walks: u64,
    /// Keys announced for the first time.
    pub provided: u64,
    /// Keys announced again.
    pub reprovided: u64,
    /// Keys of which no server took the record.
    pub unplaced: u64,
    /// Records sent.
    pub records_sent: u64,
    /// Records that a server took.
    pub records_stored: u64,
}

impl AddAssign for AnnounceStats {
    fn add_assign(&mut self, o: AnnounceStats) {
        self.walks += o.walks;
        self.provided += o.provided;
        self.reprovided += o.reprovided;
        self.unplaced += o.unplaced;
        self.records_sent += o.records_sent;
        self.records_stored += o.records_stored;
    }
}

/// The numbers that announcing needs.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Settings {
    pub(super) k: usize,
    pub(super) interval: SimSpan,
    pub(super) workers: usize,
    pub(super) reprovide_workers: usize,
}

/// The announcements of one node.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Announcer {
    strategy: ProvideStrategy,
    plan: Plan,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
enum Plan {
    Classic(Box<Classic>),
    Sweep(Box<Sweep>),
}

impl Announcer {
    /// Announcements of a node that holds nothing yet and is off-line.
    pub fn new(own: NodeId, config: &DhtConfig) -> Self {
        let settings = Settings {
            k: usize::from(config.k),
            interval: config.reprovide_interval,
            workers: usize::from(config.provide_workers),
            reprovide_workers: usize::from(config.reprovide_workers),
        };
        let plan = match config.provide_mode {
            ProvideMode::Classic => Plan::Classic(Box::new(Classic::new(settings))),
            ProvideMode::Sweep => Plan::Sweep(Box::new(Sweep::new(own, settings))),
        };
        Announcer { strategy: config.provide_strategy, plan }
    }

    /// The node now holds `block`. What it holds already is announced anew only if it is a root.
    ///
    /// A block pinned after it was cached is passed again with the new `holding`.
    pub fn added(
        &mut self,
        block: BlockId,
        holding: Holding,
        now: SimTime,
        keys: Keys<'_>,
        out: &mut Vec<AnnounceWish>,
    ) {
        let wanted = match self.strategy {
            ProvideStrategy::All => true,
            ProvideStrategy::Pinned => holding.is_pinned,
            ProvideStrategy::Roots => holding.is_pinned && holding.is_root,
        };
        if wanted {
            match &mut self.plan {
                Plan::Classic(plan) => plan.added(block, holding.is_root, now, keys, out),
                Plan::Sweep(plan) => plan.added(block, holding.is_root, now, keys, out),
            }
        }
    }

    /// The node holds `block` no more, or (under a selective strategy) has unpinned it: it is not
    /// announced again. Records already out live on until they expire.
    pub fn removed(&mut self, block: BlockId, keys: Keys<'_>) {
        match &mut self.plan {
            Plan::Classic(plan) => plan.removed(block),
            Plan::Sweep(plan) => plan.removed(block, keys),
        }
    }

    /// The node is on-line now, for the first time or again.
    pub fn came_online(&mut self, now: SimTime, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        match &mut self.plan {
            Plan::Classic(plan) => plan.came_online(now, keys, out),
            Plan::Sweep(plan) => plan.came_online(now, keys, out),
        }
    }

    /// The node went off-line: walks and parcels under way are void, their outcomes find nothing.
    pub fn went_offline(&mut self, keys: Keys<'_>) {
        match &mut self.plan {
            Plan::Classic(plan) => plan.went_offline(),
            Plan::Sweep(plan) => plan.went_offline(keys),
        }
    }

    /// A walk ended with these closest servers (none if there was nobody to ask).
    pub fn walk_done(
        &mut self,
        walk: WalkId,
        closest: &[NodeId],
        now: SimTime,
        keys: Keys<'_>,
        out: &mut Vec<AnnounceWish>,
    ) {
        match &mut self.plan {
            Plan::Classic(plan) => plan.walk_done(walk, closest, now, keys, out),
            Plan::Sweep(plan) => plan.walk_done(walk, closest, now, keys, out),
        }
    }

    /// A parcel was stored, or the peer could not be reached.
    pub fn sent(
        &mut self,
        send: SendId,
        ok: bool,
        now: SimTime,
        keys: Keys<'_>,
        out: &mut Vec<AnnounceWish>,
    ) {
        match &mut self.plan {
            Plan::Classic(plan) => plan.sent(send, ok, now, keys, out),
            Plan::Sweep(plan) => plan.sent(send, ok, now, keys, out),
        }
    }

    /// The time asked for with [`AnnounceWish::WakeAt`] has come. Too early or too often does no harm.
    pub fn tick(&mut self, now: SimTime, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        match &mut self.plan {
            Plan::Classic(plan) => plan.tick(now, keys, out),
            Plan::Sweep(plan) => plan.tick(now, keys, out),
        }
    }

    /// The blocks of a parcel whose outcome is still to come; empty for any other.
    pub fn records(&self, send: SendId) -> &[BlockId] {
        match &self.plan {
            Plan::Classic(plan) => plan.records(send),
            Plan::Sweep(plan) => plan.records(send),
        }
    }

    /// Number of keys that the node announces.
    pub fn keys(&self) -> usize {
        match &self.plan {
            Plan::Classic(plan) => plan.keys(),
            Plan::Sweep(plan) => plan.keys(),
        }
    }

    /// New keys that still wait for their first announcement.
    pub fn queued(&self) -> usize {
        match &self.plan {
            Plan::Classic(plan) => plan.queued(),
            Plan::Sweep(plan) => plan.queued(),
        }
    }

    /// Counts so far.
    pub fn stats(&self) -> AnnounceStats {
        match &self.plan {
            Plan::Classic(plan) => plan.stats(),
            Plan::Sweep(plan) => plan.stats(),
        }
    }
}
