//! Deals of the storage market in money: provider collateral, payment until a deal ends, and the slot at which the
//! market looks after it.
//!
//! After built-in actors, actors/market/src/{policy,state,lib}.rs; FIP-0060, FIP-0074. The state of deals and their
//! escrow is the market's matter, not that of this file.

use super::fixed::wide;
use super::policy::Policy;
use super::quantize::Quant;
use crate::units::{AttoFil, Epoch, Epochs, Power};

/// The least that a provider puts up for a deal: the deal's share of one percent of the circulating supply, counted in
/// the network's raw power or the baseline, whichever is more.
///
/// # Panics
/// If the piece is not positive, or the collateral is past 2^127 attoFIL.
pub fn min_provider_collateral(
    policy: &Policy,
    piece: Power,
    raw_power: Power,
    baseline: Power,
    circulating: AttoFil,
) -> AttoFil {
    let share = policy.deal_collateral_share;
    let network = raw_power.max(baseline).max(piece);
    let target = wide(circulating.atto()) * wide(share.num) * wide(piece.bytes());
    let collateral = target.div_floor(wide(network.bytes()) * wide(share.den));
    AttoFil::new(i128::try_from(collateral).expect("a collateral past 1.7e38 attoFIL"))
}

/// When a deal runs and what it pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct DealTerm {
    /// First epoch that is paid for.
    pub start: Epoch,
    /// Epoch at which it ends, no longer paid for.
    pub end: Epoch,
    /// Price of an epoch.
    pub price: AttoFil,
}

impl DealTerm {
    /// What the client has to lock.
    pub fn total(&self) -> AttoFil {
        self.price * (self.end - self.start).count()
    }

    /// What has been earned since it was last settled, up to an epoch: now, or that of a termination. Nothing before
    /// the deal starts, whatever the epoch of its activation.
    pub fn earned(&self, settled: Option<Epoch>, until: Epoch) -> AttoFil {
        let from = settled.unwrap_or(self.start).max(self.start);
        let paid = (until.min(self.end) - from).max(Epochs::ZERO);
        self.price * paid.count()
    }
}

/// The next epoch, not before `earliest`, at which the market looks after a deal: deals are spread over the grid by
/// their number.
pub fn cleanup_epoch(policy: &Policy, deal: u64, earliest: Epoch) -> Epoch {
    let interval = policy.deal_cleanup_interval.count();
    // The interval is positive, so that the remainder fits.
    let slot = (deal % interval.unsigned_abs()) as i64;
    Quant::new(policy.deal_cleanup_interval, Epoch::new(slot)).up(earliest)
}
