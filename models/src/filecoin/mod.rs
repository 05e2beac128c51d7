//! Filecoin: the rules by which storage is proved, paid and punished.
//!
//! [`forecast`] is the network as one: ten years of power, minting and supply, day by day. It knows no miner.

pub mod forecast;
