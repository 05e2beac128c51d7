//! Protocols and their economics, as machines that do no I/O, own no clock and own no generator, and the world
//! that wires them.
//!
//! - [`config`]: what a run is made of. [`run`]: a run from start to tables.
//!   [`simulation`]: the same in pieces, to stop, save and go on; [`branch`]: many arms from one warmed-up state.
//! - [`filecoin`]: the other network; its forecast.
//! - [`ipfs`]: UnixFS, block store, DHT, Bitswap. [`net`]: regions, delays, links, connections.
//! - [`filecoin`]: pieces, proofs of storage, the chain and its money. [`units`]: attoFIL, epochs, power.
//! - [`agents`]: who decides what.
//! - [`durability`]: pieces, failures and repairs alone, against closed forms; rare losses by splitting.
//! - [`content`], [`ladder`]: the distinct blocks of a run, and where every object stands at every moment.
//! - [`provenance`]: every copy that ever was: how it came, how it went, and what would have kept it.
//! - [`registry`]: the one closed event enum and the one `match`. [`world`]: carries out what machines wish.
//! - [`names`]: what events are about, in words.
//! - [`metrics`], [`tables`]: what a run leaves behind, each entry with unit and meaning.
//!
//! Nothing in this crate opens a file, parses a scenario, draws a picture or starts a thread.

pub mod agents;
pub mod branch;
pub mod churn;
pub mod cid;
pub mod config;
pub mod content;
pub mod durability;
pub mod filecoin;
pub mod ids;
pub mod ipfs;
pub mod ladder;
pub mod metrics;
pub mod names;
pub mod net;
pub mod node;
pub mod packed;
pub mod provenance;
pub mod registry;
pub mod run;
pub mod simulation;
pub mod slab;
pub mod tables;
pub mod units;
pub mod world;
