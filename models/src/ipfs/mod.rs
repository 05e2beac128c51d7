//! The InterPlanetary File System.

pub mod dht;
pub mod unixfs;
