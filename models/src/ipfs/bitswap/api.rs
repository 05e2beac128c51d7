//! What a Bitswap node takes and what it asks for.

use super::config::BitswapConfig;
use super::message::{CopyTag, Message};
use crate::ids::{BlockId, NodeId};
use sim_core::draws::Draws;
use sim_core::time::SimTime;

/// A session of one node: one read, or the search for its root.
///
/// Ids count up from zero on each node and are never used twice there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct SessionId(pub u32);

/// A message of a node's server that occupies one of its workers until it is written.
///
/// Ids count up from zero on each node and are never used twice there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct EnvelopeId(pub u32);

/// Everything a step may look at, and where its wishes go.
///
/// The machine keeps none of it. `out` and `spare` belong to the caller and keep their buffers.
pub struct Context<'a, S> {
    /// The instant of the step.
    pub now: SimTime,
    /// The constants.
    pub config: &'a BitswapConfig,
    /// The draws of the run.
    pub draws: &'a Draws,
    /// The blocks this node holds.
    pub store: &'a S,
    /// Wishes are appended here, in the order in which they are to be carried out.
    pub out: &'a mut Vec<Wish>,
    /// Cleared messages whose buffers may be used again; may be empty.
    pub spare: &'a mut Vec<Box<Message>>,
}

impl<S> Context<'_, S> {
    pub(super) fn blank_message(&mut self) -> Box<Message> {
        self.spare.pop().unwrap_or_default()
    }
}

/// What a node wants the world to do, or to know.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Wish {
    /// Put this message on the connection to `to`.
    ///
    /// With an envelope, the world calls [`Bitswap::written`](super::Bitswap::written) once the message
    /// has left the node's uplink: until then it occupies one of the server's workers.
    Send {
        /// The peer to send to.
        to: NodeId,
        /// The worker's ticket, for messages of the server.
        envelope: Option<EnvelopeId>,
        /// The message.
        message: Box<Message>,
    },
    /// Look for providers of the block, dial each, and call
    /// [`Bitswap::provider_connected`](super::Bitswap::provider_connected) for those that answer.
    ///
    /// Sessions ask generously. The world merges searches for a block that this node is looking for
    /// already and gives one up after 10 s, as boxo's provider query manager does.
    FindProviders {
        /// The session that asks.
        session: SessionId,
        /// The block whose providers are sought.
        block: BlockId,
        /// How many to find at most.
        limit: u32,
    },
    /// A block came from a peer.
    ///
    /// The world stores it if `arrival` is [`Arrival::Wanted`] and then calls
    /// [`Bitswap::block_added`](super::Bitswap::block_added).
    Arrived {
        /// The block.
        block: BlockId,
        /// Whose bytes they are.
        copy: CopyTag,
        /// Who sent it.
        from: NodeId,
        /// What it is to this node.
        arrival: Arrival,
    },
    /// The session has got a block it wanted (once for each session that wanted it).
    Received {
        /// The session.
        session: SessionId,
        /// The block.
        block: BlockId,
        /// Who sent it; `None` if it was added locally.
        from: Option<NodeId>,
    },
    /// Call [`Bitswap::wake`](super::Bitswap::wake) at this time; replaces the time asked for before.
    /// [`SimTime::NEVER`] takes it back.
    WakeAt(SimTime),
}

/// What a block that came is to its receiver.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Arrival {
    /// A session wanted it.
    Wanted,
    /// A session had wanted it and has got it already.
    Duplicate(SessionId),
    /// No open session asked for it (any more).
    Unwanted,
    /// Its bytes are not those that its CID names: it is dropped and its want stays open.
    Corrupt,
}

/// What a session has done so far.
///
/// Entries count when a message with them leaves; an entry that serves several sessions counts for the
/// one that asked last.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Counters {
    /// Want-haves sent.
    pub want_haves: u64,
    /// Want-blocks sent.
    pub want_blocks: u64,
    /// Cancels sent.
    pub cancels: u64,
    /// HAVEs received.
    pub haves: u64,
    /// DONT_HAVEs received.
    pub dont_haves: u64,
    /// DONT_HAVEs simulated because an answer was late.
    pub simulated_dont_haves: u64,
    /// Blocks received that were wanted.
    pub blocks: u64,
    /// Their bytes.
    pub block_bytes: u64,
    /// Blocks received again.
    pub duplicates: u64,
    /// Their bytes.
    pub duplicate_bytes: u64,
    /// Broadcasts of want-haves.
    pub broadcasts: u64,
    /// Searches for providers.
    pub searches: u64,
}
