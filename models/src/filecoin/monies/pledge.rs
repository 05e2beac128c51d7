//! Deposits and pledges of sectors.

use super::{NetworkEstimates, RewardOutlook};
use crate::filecoin::fixed::wide;
use crate::filecoin::policy::Policy;
use crate::units::{AttoFil, Epoch, Epochs, Power};

const PERMILLE: i128 = 1_000;

/// What the initial pledge reads of the network beside its estimates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PledgeInputs {
    /// The baseline of this epoch.
    pub baseline: Power,
    /// Circulating supply.
    pub circulating: AttoFil,
    /// Epochs since the pledge began to read the baseline less (FIP-0081), negative before.
    pub ramp_elapsed: Epochs,
}

/// Epochs since the ramp of FIP-0081 began, negative before; a ramp that never begins is always a whole chain ahead.
pub fn ramp_elapsed(policy: &Policy, now: Epoch) -> Epochs {
    if policy.pledge_ramp_start == Epoch::NEVER { Epochs::new(-1) } else { now - policy.pledge_ramp_start }
}

/// Thousandths of the consensus pledge that read the baseline: all of them before the ramp, and a given part fewer at
/// its end. Source: FIP-0081.
pub fn gamma_permille(policy: &Policy, ramp_elapsed: Epochs) -> i128 {
    let (elapsed, duration) = (ramp_elapsed.count(), policy.pledge_ramp_duration.count());
    let full = i128::from(policy.pledge_ramp_permille);
    PERMILLE
        - if elapsed < 0 {
            0
        } else if duration == 0 || elapsed >= duration {
            full
        } else {
            i128::from(elapsed) * full / i128::from(duration)
        }
}

/// The deposit of a pre-commitment: twenty days of what the sector could earn at most, whatever is in it.
///
/// `full_power` is the power of a sector full of verified data (FIP-0034); `outlook` spans
/// [`Policy::precommit_deposit_projection`].
pub fn precommit_deposit(outlook: &RewardOutlook, full_power: Power) -> AttoFil {
    outlook.at_least_one(full_power)
}

/// The part of the initial pledge that follows the reward: twenty days of it.
///
/// `outlook` spans [`Policy::pledge_projection`].
pub fn storage_pledge(outlook: &RewardOutlook, qa_power: Power) -> AttoFil {
    outlook.at_least_one(qa_power)
}

/// The part of the initial pledge that follows the supply: the sector's share of 30 % of it, counted in the power of
/// the network, or, for `gamma` of it, in the baseline where that is larger.
///
/// Both parts are rounded toward minus infinity. Source: FIP-0081; before it gamma was all.
///
/// # Panics
/// If `qa_power` is not positive, or the pledge is past 2^127 attoFIL.
pub fn consensus_pledge(
    policy: &Policy,
    inputs: &PledgeInputs,
    network: &NetworkEstimates,
    qa_power: Power,
) -> AttoFil {
    let target = policy.pledge_lock_target;
    let whole = wide(inputs.circulating.atto()) * wide(target.num) * wide(qa_power.bytes());
    let network_power = Power::new(network.power.estimate()).max(qa_power);
    let part = |permille: i128, of: Power| {
        let share = (whole * wide(permille)).div_floor(wide(of.bytes()) * wide(target.den) * wide(PERMILLE));
        AttoFil::new(i128::try_from(share).expect("a pledge past 1.7e38 attoFIL"))
    };
    let gamma = gamma_permille(policy, inputs.ramp_elapsed);
    part(gamma, network_power.max(inputs.baseline)) + part(PERMILLE - gamma, network_power)
}

/// The initial pledge of a sector: storage and consensus pledge, at most the cap per byte.
///
/// `outlook` spans [`Policy::pledge_projection`]. Source: built-in actors, monies.rs, `initial_pledge_for_power`.
pub fn initial_pledge(
    policy: &Policy,
    inputs: &PledgeInputs,
    network: &NetworkEstimates,
    outlook: &RewardOutlook,
    qa_power: Power,
) -> AttoFil {
    let pledge = storage_pledge(outlook, qa_power) + consensus_pledge(policy, inputs, network, qa_power);
    pledge.min(pledge_cap(policy, qa_power))
}

/// The most that so much power is pledged for.
pub fn pledge_cap(policy: &Policy, qa_power: Power) -> AttoFil {
    policy.pledge_cap_per_byte.floor_mul(qa_power.bytes(), 1)
}

/// What a new miner deposits: the pledge of a part of the minimum power, nothing before FIP-0077.
///
/// It vests like a block reward of which all is locked.
pub fn create_miner_deposit(
    policy: &Policy,
    inputs: &PledgeInputs,
    network: &NetworkEstimates,
    outlook: &RewardOutlook,
) -> AttoFil {
    let power = policy.create_miner_deposit_power;
    if power == Power::ZERO { AttoFil::ZERO } else { initial_pledge(policy, inputs, network, outlook, power) }
}
