//! Protocols as machines that do no I/O, own no clock and own no generator.

pub mod cid;
pub mod ids;
pub mod ipfs;
