//! The rules of the Filecoin chain, after the built-in actors (v12 to v18, network versions 21 to 28), the FIPs that
//! changed them, and Lotus where the node decides.
//!
//! - [`policy`], [`rulesets`]: every parameter, and what each network version changed.
//! - [`fixed`], [`smooth`]: Q.128 and Q.256, the filters of reward and power.
//! - [`chain`]: epochs, messages, elections and the end of each epoch; [`miner`]: what a miner's actor does.
//! - [`power`], [`network`], [`background`], [`ledger`], [`lottery`]: the state of the chain beside its miners.
//!
//! Everything here is a function of its arguments or a small state value; nothing knows of a world, a clock or a
//! generator.

pub mod background;
pub mod chain;
pub mod conditions;
pub mod election;
pub mod fixed;
pub mod ledger;
pub mod lottery;
pub mod miner;
pub mod monies;
pub mod network;
pub mod policy;
pub mod power;
pub mod quality;
pub mod quantize;
pub mod reward;
pub mod rulesets;
pub mod smooth;
pub mod supply;
pub mod vesting;
