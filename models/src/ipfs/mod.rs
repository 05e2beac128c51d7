//! The InterPlanetary File System.

pub mod bitswap;
pub mod dht;
pub mod unixfs;
