//! The rules of the Filecoin chain, after the built-in actors (v12 to v18, network versions 21 to 28), the FIPs that
//! changed them, and Lotus where the node decides.
//!
//! Everything here is a function of its arguments or a small state value; nothing knows of a world, a clock or a
//! generator.

pub mod ledger;
pub mod miner;
pub mod power;
