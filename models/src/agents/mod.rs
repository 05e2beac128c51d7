//! Who decides what: the people and programs behind nodes and miners, one kind a file.
//!
//! An agent is a machine like a protocol's: it sees what it may see, wishes, and hears what came of it.

pub mod conduct;
pub mod negotiation;
pub mod storage_client;
pub mod storage_miner;
pub mod storage_provider;
