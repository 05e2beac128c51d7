//! Warm storage in money: the fee of a proof of data possession, and the price of keeping data provable.
//!
//! After PDPVerifier, src/Fees.sol, and Filecoin Services, PriceListUSDFC.sol. Rails, escrow and settlement belong to
//! the payment contract, not to this file. Prices are per 30 days and paid per epoch.

use super::fixed::wide;
use super::policy::Policy;
use crate::units::{AttoFil, AttoUsd, Epochs};
use sim_core::units::Bytes;

/// Bytes of a leaf.
pub const LEAF: u64 = 32;
const TIB: i128 = 1 << 40;
/// Epochs of the month that prices are stated for.
const MONTH: Epochs = Epochs::from_days(30);

/// What proving a data set of so many leaves burns.
pub fn proof_fee(policy: &Policy, leaves: u64) -> AttoFil {
    policy.pdp_proof_fee.floor_mul(i128::from(leaves) * i128::from(LEAF), TIB)
}

/// What a client pays an epoch for a data set of so many bytes: by size and by set, each rounded toward minus infinity.
pub fn rate_per_epoch(policy: &Policy, size: Bytes) -> AttoUsd {
    let month = i128::from(MONTH.count());
    let by_size = wide(policy.warm_price_per_tib.atto()) * wide(i128::from(size.as_u64()));
    let by_size = by_size.div_floor(wide(TIB * month));
    let by_size = i128::try_from(by_size).expect("16 EiB at a million dollars a TiB fit");
    AttoUsd::new(by_size + policy.warm_price_per_set.atto().div_euclid(month))
}
