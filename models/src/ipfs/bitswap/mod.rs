//! Bitswap: how nodes ask each other for blocks and answer.
//!
//! ```text
//!                       reader (order of a DAG walk)
//!                          | want            ^ received
//!            +-------------v-----------------+-----------+
//!            |  session ... session    (who is asked)    |
//!            |        hub              (asked by whom)   |   client
//!            |  queue to each peer     (when it is sent) |
//!            +-------------+-------------------^---------+
//!                  wants, cancels       blocks, HAVE, DONT_HAVE
//!            +-------------v-------------------+---------+
//!            |  tasks of each peer -> workers  (written) |   server
//!            +-------------------------------------------+
//! ```
//!
//! A [`Bitswap`] is the machine of one node, without clock, socket or generator: the time, the constants
//! ([`BitswapConfig`]), the draws and the node's [`Store`] come in with each input as a [`Context`], what is to be
//! done goes out as [`Wish`]es. A [`Reader`] above it walks a DAG and decides which blocks a session wants.
//!
//! What follows from the rules, and is tested against a real swarm in `tests/bitswap_swarm.rs`:
//! - several providers do not add their bandwidths: a block that waits longer in a provider's uplink than the
//!   time-out simulated for that peer is asked of another one too, and then comes twice;
//! - nothing is refused or repaid: a peer that never gives is served like others;
//! - a block that nobody reachable has is waited for without end and without error.
//!
//! # What the world does
//!
//! It owns connections, links, stores and searches, and carries out the wishes in order:
//! - [`Wish::Send`]: a message takes its [`Message::wire_size`] on the link and reaches the peer's
//!   [`Bitswap::receive`] unless the connection breaks first. With an envelope, [`Bitswap::written`] follows when
//!   the message has left the uplink; the server takes up no more work for that worker before. Messages to one
//!   peer should share the line rather than wait for each other's ends: wants, HAVEs and cancels are small, and
//!   what they wait for becomes the next time-out.
//! - [`Wish::Arrived`]: store the block if it is wanted, then [`Bitswap::block_added`].
//! - [`Wish::Received`]: hand the block to the [`Reader`] and pass its new wants to [`Bitswap::want`].
//! - [`Wish::FindProviders`]: search, dial, [`Bitswap::connected`] on both ends, then
//!   [`Bitswap::provider_connected`].
//! - [`Wish::WakeAt`]: one timer a node that follows this time.
//!
//! A transport's flow control shows in the results: over TCP with yamux a stream may send 256 KiB unasked, and a
//! leaf of 256 KiB with its headers is some bytes more; its end is queued behind the next blocks and its worker
//! free before that. The test network models it, since the measured swarm had it; QUIC has not.
//!
//! Left out: HTTP retrieval (Kubo 0.36 and later asks providers that offer it besides Bitswap), the ledger
//! scores that protect connections (see [`Receipt`]), the limit on concurrent provider searches (the world
//! owns searches), and Bitswap 1.1 and older.
//!
//! Source: ipfs/boxo `bitswap/` at v0.11.0 and v0.42.0, ipfs/specs `src/bitswap-protocol.md`.

mod api;
mod client;
mod config;
mod hub;
mod message;
mod node;
mod queue;
mod reader;
mod server;
mod session;
mod tasks;
mod timers;

pub use api::{Arrival, Context, Counters, EnvelopeId, SessionId, Wish};
pub use config::{BitswapConfig, BroadcastPolicy, Coalescing, Resend, ServeOrder};
pub use hub::Connection;
pub use message::{Blocks, CopyTag, Entry, EntryKind, Message, Payload, Store};
pub use node::Bitswap;
pub use reader::{Dag, Reader, Step, Walk};
pub use server::{Receipt, ServerCounters};
