//! A node: one machine with one peer identity, its disk, its connections, and the machines it runs.

use crate::churn::{Phase, Sessions};
use crate::ids::{NodeId, ObjectId, ReadId};
use crate::ipfs::bitswap::{Bitswap, SessionId};
use crate::ipfs::blockstore::BlockStore;
use crate::ipfs::dht::{LazyState, RecordStore, RoutingTable};
use crate::net::Connections;
use crate::slab::Ticket;
use sim_core::draws::Entity;
use sim_core::queue::Handle;
use sim_core::time::{SimSpan, SimTime};

/// Everything of a node that is not on the path of every event.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Node {
    /// `group/number`.
    pub name: String,
    /// Number of its group in the configuration.
    pub group: usize,
    /// Number in its group.
    pub member: u32,
    /// Stable name of its draws.
    pub entity: Entity,
    /// Index of its region.
    pub region: u16,
    /// Whether it sends what it was asked for, unaltered.
    pub honest: bool,
    /// Whether it answers DHT queries.
    pub server: bool,
    /// When it is up.
    pub sessions: Sessions,
    /// Present phase of its session.
    pub phase: Phase,
    /// Its owner keeps it off, whatever its session says.
    pub held_off: bool,
    /// It has left for good.
    pub gone: bool,
    /// Machines that had its place before this one.
    pub life: u32,
    /// Times it came up; tells its sessions apart.
    pub session: u32,
    /// When it last came up.
    pub up_since: SimTime,
    /// When it came up and went down, in turn: down before the first instant, up from it on.
    pub turns: Vec<SimTime>,
    /// Open connections.
    pub connections: Connections,
    /// Its disk.
    pub store: BlockStore,
    /// Objects that it read and keeps for a time.
    pub kept: Vec<ObjectId>,
    /// Its routing table.
    pub table: RoutingTable,
    /// Up to which refresh its table was brought (lazy fidelity).
    pub lazy: LazyState,
    /// When its next refresh is due (lazy fidelity): until then its table is as good as it gets.
    pub table_fresh_until: SimTime,
    /// Provider records that others gave it.
    pub records: RecordStore,
    /// Lookups it runs.
    pub lookups: Vec<Ticket>,
    /// Provider searches it runs.
    pub searches: Vec<Ticket>,
    /// Its Bitswap client and server.
    pub bitswap: Bitswap,
    /// Reads under way, by their session.
    pub reading: Vec<(SessionId, ReadId)>,
    /// Reads that wait for it to come up.
    pub waiting: Vec<ReadId>,
    /// Pending timers that end with the session.
    pub timers: Timers,
    /// What it did.
    pub traffic: Traffic,
}

/// Pending timers of a node.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Timers {
    /// End of the present phase.
    pub phase: Option<Handle>,
    /// Bitswap's next wake-up and its time.
    pub bitswap: Option<(SimTime, Handle)>,
    /// The providing machine's next wake-up and its time.
    pub provide: Option<(SimTime, Handle)>,
    /// The collector's next look.
    pub collector: Option<Handle>,
    /// The operator's next collection.
    pub operator: Option<Handle>,
    /// The next refresh of the routing table.
    pub refresh: Option<Handle>,
}

/// Counts of a node; they only grow.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Traffic {
    /// Time up in finished sessions.
    pub up: SimSpan,
    /// Bytes sent.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// Bytes of file payload in blocks sent.
    pub payload_sent: u64,
    /// Bytes of file payload in blocks received.
    pub payload_received: u64,
    /// Messages sent.
    pub messages: u64,
    /// Collections run.
    pub collections: u64,
    /// Blocks that collections deleted.
    pub collected: u64,
    /// Provider records sent.
    pub provides: u64,
    /// Lookups started.
    pub lookups: u64,
}

impl Node {
    /// Whether this node pins or keeps an object of `with` other than `except`.
    pub fn needs(&self, except: ObjectId, with: &[ObjectId]) -> bool {
        with.iter().any(|&object| {
            object != except && (self.store.is_pinned(object) || self.kept.binary_search(&object).is_ok())
        })
    }

    /// Whether it was up at an instant of the past: just after it, if it turned right then.
    pub fn was_up(&self, at: SimTime) -> bool {
        self.turns.partition_point(|&turn| turn <= at) % 2 == 1
    }

    /// The read that a session serves.
    pub fn read_of(&self, session: SessionId) -> Option<ReadId> {
        self.reading.iter().find(|(id, _)| *id == session).map(|&(_, read)| read)
    }
}

/// The peer identity of a node: SHA-256 of its stable name, as a peer id is the hash of a public key.
///
/// Independent of every other node and of the order of groups; another replicate is another network.
pub fn peer_key(run_seed: u64, entity: Entity) -> crate::ipfs::dht::Key {
    let mut bytes = [0u8; 24];
    bytes[..8].copy_from_slice(b"lastcopy");
    bytes[8..16].copy_from_slice(&run_seed.to_be_bytes());
    bytes[16..].copy_from_slice(&entity.0.to_be_bytes());
    crate::ipfs::dht::Key::from_preimage(&bytes)
}

/// Dense id of the node at `index`.
pub fn node_id(index: usize) -> NodeId {
    NodeId(u32::try_from(index).expect("the check bounds the number of nodes"))
}
