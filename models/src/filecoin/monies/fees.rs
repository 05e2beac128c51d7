//! Fees and penalties of sectors and blocks. All of them are burnt, but for what a reporter gets.

use super::RewardOutlook;
use crate::filecoin::fixed::wide;
use crate::filecoin::policy::Policy;
use crate::units::{AttoFil, EPOCHS_PER_DAY, Epochs, Power};

/// What power that was faulty before a deadline ended pays for a proving period: 3.51 days of its reward.
///
/// `outlook` spans [`Policy::fault_fee_projection`]. A missed proof as such costs nothing. Source: FIP-0002.
pub fn fault_fee(outlook: &RewardOutlook, faulty_power: Power) -> AttoFil {
    outlook.of(faulty_power)
}

/// What a successfully disputed proof costs: the penalty, without what the reporter gets on top of it.
///
/// `outlook` spans [`Policy::invalid_post_projection`]. Source: FIP-0010.
pub fn invalid_post_penalty(policy: &Policy, outlook: &RewardOutlook, disputed_power: Power) -> AttoFil {
    outlook.of(disputed_power) + policy.invalid_post_penalty
}

/// What a consensus fault costs: the reward of five wins, by the smoothed reward of an epoch.
pub fn consensus_fault_penalty(policy: &Policy, smoothed_reward: AttoFil) -> AttoFil {
    smoothed_reward.floor_mul(i128::from(policy.consensus_fault_factor), i128::from(policy.expected_winners))
}

/// What its reporter gets: a fourth of one win.
pub fn consensus_fault_reward(policy: &Policy, smoothed_reward: AttoFil) -> AttoFil {
    let share = policy.consensus_fault_reporter_share;
    smoothed_reward.floor_mul(share.num, share.den * i128::from(policy.expected_winners))
}

/// What a terminated sector pays since FIP-0098 (nv25): 8.5 % of its pledge, linear with age up to 140 days, but at
/// least 2 % of it and 105 % of one fault fee.
pub fn termination_fee(policy: &Policy, pledge: AttoFil, age: Epochs, fault_fee: AttoFil) -> AttoFil {
    let simple = policy.termination_share.floor_of(pledge);
    let full_age = i128::from(policy.termination_full_age.count());
    let aged = simple.floor_mul(i128::from(age.count()), full_age);
    let floor = policy
        .termination_floor_share
        .floor_of(pledge)
        .max(policy.termination_floor_of_fault_fee.floor_of(fault_fee));
    simple.min(aged).max(floor)
}

/// What the older rule knows of a sector: its expected reward when it was activated, and that of a sector it replaced.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct RewardAtActivation {
    /// Expected reward of a day.
    pub day: AttoFil,
    /// Expected reward of [`Policy::termination_reward_upfront`].
    pub upfront: AttoFil,
    /// Expected reward of a day of the sector that it replaced; nothing if none.
    pub replaced_day: AttoFil,
    /// Age that the replaced sector had.
    pub replaced_age: Epochs,
}

/// What a terminated sector paid before FIP-0098: twenty days of reward as expected at activation and half of what it
/// earned since, for at most 140 days, but at least 3.5 days of today's.
///
/// `outlook` spans [`Policy::termination_reward_floor`]. Source: built-in actors v15, monies.rs.
pub fn termination_fee_by_reward(
    policy: &Policy,
    at_activation: &RewardAtActivation,
    age: Epochs,
    outlook: &RewardOutlook,
    qa_power: Power,
) -> AttoFil {
    let cap = policy.termination_full_age;
    let age = age.min(cap);
    let replaced_age = at_activation.replaced_age.min(cap - age);
    let earned = at_activation.day * age.count() + at_activation.replaced_day * replaced_age.count();
    let taken = policy.termination_reward_share.floor_of(earned).floor_div(i128::from(EPOCHS_PER_DAY));
    outlook.of(qa_power).max(at_activation.upfront + taken)
}

/// The fee that a sector pays every day of its life, set when it is activated. Source: FIP-0100 (nv25).
///
/// # Panics
/// If that is past 2^127 attoFIL.
pub fn daily_fee(policy: &Policy, circulating: AttoFil, qa_power: Power) -> AttoFil {
    let share = policy.daily_fee_per_supply;
    let fee =
        (wide(circulating.atto()) * wide(share.num) * wide(qa_power.bytes())).div_floor(wide(share.den));
    AttoFil::new(i128::try_from(fee).expect("a daily fee past 1.7e38 attoFIL"))
}

/// The daily fee of a sector whose power changed. Source: FIP-0100.
///
/// # Panics
/// If the old power is not positive, or the fee does not fit.
pub fn daily_fee_after_change(fee: AttoFil, old_power: Power, new_power: Power) -> AttoFil {
    let changed = (wide(fee.atto()) * wide(new_power.bytes())).div_floor(wide(old_power.bytes()));
    AttoFil::new(i128::try_from(changed).expect("a daily fee past 1.7e38 attoFIL"))
}

/// What a deadline pays of its sectors' daily fees: at most half of what its live power is expected to earn in a day.
///
/// `day_outlook` spans a day.
pub fn daily_fee_due(
    policy: &Policy,
    fees: AttoFil,
    day_outlook: &RewardOutlook,
    live_power: Power,
) -> AttoFil {
    fees.min(policy.daily_fee_cap.floor_of(day_outlook.of(live_power)))
}
