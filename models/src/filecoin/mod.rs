//! The rules of the Filecoin chain, after the built-in actors (v12 to v18, network versions 21 to 28), the FIPs that
//! changed them, and Lotus where the node decides.
//!
//! - [`policy`], [`rulesets`]: every parameter, and what each network version changed.
//! - [`fixed`], [`smooth`]: Q.128 and Q.256, the filters of reward and power.
//! - [`reward`], [`supply`], [`vesting`], [`split`]: what is minted, what circulates, what is locked, who is paid.
//! - [`monies`], [`collateral`], [`paych`], [`warm`]: deposits, pledges, fees and penalties; deals; retrieval; proofs
//!   of data possession.
//! - [`quality`], [`quantize`], [`deadline`]: power of a sector, grids of epochs, proving periods.
//! - [`piece`], [`proofs`]: piece commitments; sealing, proofs of replication and of space-time, and what they cost.
//! - [`gas`], [`base_fee`], [`election`]: what gas costs, the base fee as it moves, wins of an epoch.
//! - [`forecast`]: the network as one: ten years of power, minting and supply, day by day. It knows no miner and counts in
//!   floats.
//! - [`chain`]: epochs, messages, elections and the end of each epoch; [`miner`]: what a miner's actor does.
//! - [`market`]: deals, data cap, claims, and rails for warm storage.
//! - [`vault`]: the bytes that miners keep. [`power`], [`network`], [`background`], [`ledger`], [`lottery`], [`conditions`]: the chain beside its miners;
//!   [`new_sector`]: what whoever comes now would lock and earn.
//!
//! Everything here is a function of its arguments or a small state value; nothing knows of a world, a clock or a
//! generator. Amounts but for those of the forecast are integer attoFIL, rounded as the chain rounds them; `models/tests/filecoin_rows.rs` compares
//! with values of the chain's own tests.

pub mod background;
pub mod base_fee;
pub mod chain;
pub mod collateral;
pub mod conditions;
pub mod consensus_fault;
pub mod deadline;
pub mod election;
pub mod fixed;
pub mod forecast;
pub mod gas;
pub mod ledger;
pub mod lottery;
pub mod market;
pub mod miner;
pub mod monies;
pub mod network;
pub mod new_sector;
pub mod paych;
pub mod piece;
pub mod policy;
pub mod power;
pub mod proofs;
pub mod quality;
pub mod quantize;
pub mod reward;
pub mod rulesets;
pub mod smooth;
pub mod split;
pub mod supply;
pub mod vault;
pub mod vesting;
pub mod warm;
