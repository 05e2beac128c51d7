//! The InterPlanetary File System: content-addressed data and the peers that keep, find and serve it.
//!
//! - [`unixfs`]: files and folders as trees of blocks, byte for byte as Kubo makes them.
//! - [`blockstore`]: a node's blocks, pins and mark-and-sweep collection.
//! - [`dht`]: provider records: who has what, and how it is found.
//! - [`bitswap`]: want-lists: how blocks move between nodes.
//! - [`cluster`]: a pinset that peers share: who keeps what, and who makes up for whom.
//!
//! Nothing here knows Filecoin; the two networks meet only where a scenario bridges them.

pub mod bitswap;
pub mod blockstore;
pub mod cluster;
pub mod dht;
pub mod unixfs;
