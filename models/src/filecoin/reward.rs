//! Minting: how much an epoch pays, and the state of the reward actor.
//!
//! After built-in actors, actors/reward/src/{logic,state,lib}.rs. Two curves decay with the same half life of six
//! years. *Simple* minting (330 M FIL) decays with the height of the chain. *Baseline* minting (770 M FIL) decays with
//! **effective network time** theta: the height at which a network that always had the baseline's power would have
//! stored as much as this one did up to now, so that it stands still where power is missing. The baseline doubles
//! every 365 days and depends on nothing.
//!
//! ```text
//! reward(t) = 330M (e^lambda - 1) e^(-lambda t)  +  S(theta(t)) - S(theta(t-1)),   S(x) = 770M (1 - e^(-lambda x))
//! theta     = N - (CB - CR) / B_N      N: epochs of the baseline whose sum CB first covers the realised sum CR
//! ```
//!
//! Raw power counts here, capped by the baseline; quality decides who is paid, not how much. What an epoch pays is
//! shared by its expected five wins: actual issuance is random, and a null round mints nothing though time goes on.

use super::fixed::{Q128, exp_neg, wide};
use super::policy::Policy;
use super::smooth::{FilterEstimate, Gains};
use crate::units::{AttoFil, Epoch, Epochs, Power};
use serde::{Deserialize, Serialize};

/// The constants of the minting curves, taken from a policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Curves {
    /// Simple minting of epoch 0, Q.128: the whole pot times `e^lambda - 1`.
    simple_first: Q128,
    /// The pot of baseline minting.
    baseline_total: AttoFil,
    /// Decay per epoch.
    decay: Q128,
}

impl Curves {
    /// The curves of a policy.
    pub fn new(policy: &Policy) -> Self {
        Curves {
            simple_first: policy.minting_decay_exp_less_one.times(policy.simple_minting_total.atto()),
            baseline_total: policy.baseline_minting_total,
            decay: policy.minting_decay,
        }
    }

    /// Simple minting of an epoch, Q.128.
    ///
    /// # Panics
    /// If the epoch is past 2^32.
    pub fn simple(&self, epoch: Epoch) -> Q128 {
        self.simple_first.floor_mul(exp_neg(self.decay.times(i128::from(epoch.height()))))
    }

    /// Baseline minting from the start to an effective network time, Q.128.
    pub fn baseline_until(&self, theta: Q128) -> Q128 {
        let left = exp_neg(theta.floor_mul(self.decay));
        (Q128::ONE - left).times(self.baseline_total.atto())
    }

    /// What an epoch pays, effective network time having moved between two values within it.
    pub fn reward(&self, epoch: Epoch, before: Q128, after: Q128) -> AttoFil {
        let baseline = self.baseline_until(after) - self.baseline_until(before);
        AttoFil::new((self.simple(epoch) + baseline).floor())
    }
}

/// Effective network time, Q.128: `N - (CB - CR) / B_N`, the share of epoch N that is covered rounded up.
///
/// # Panics
/// If `baseline_power` is not positive where `time` is.
pub fn effective_network_time(time: i64, baseline_power: Power, realized: i128, baseline: i128) -> Q128 {
    if time == 0 {
        return Q128::ZERO;
    }
    let missing = Q128::from_int(baseline - realized);
    Q128::from_int(i128::from(time)) - Q128::from_raw(missing.raw().div_floor(wide(baseline_power.bytes())))
}

/// The baseline of epoch -1: what grows into the initial value, but for rounding.
pub fn baseline_before_genesis(policy: &Policy) -> Power {
    Power::new(Q128::from_int(policy.baseline_initial.bytes()).floor_div(policy.baseline_growth).floor())
}

/// The baseline one epoch on, rounded toward minus infinity.
pub fn grown(baseline: Power, growth: Q128) -> Power {
    Power::new(growth.times(baseline.bytes()).floor())
}

/// State of the reward actor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RewardState {
    /// Epoch that [`RewardState::epoch_reward`] is for.
    pub epoch: Epoch,
    /// Sum of the baseline up to [`RewardState::effective_time`], in byte-epochs.
    pub baseline_sum: i128,
    /// Sum of what power there was, each epoch at most the baseline, in byte-epochs.
    pub realized_sum: i128,
    /// Effective network time, rounded up to whole epochs.
    pub effective_time: i64,
    /// The baseline at that time.
    pub effective_baseline: Power,
    /// The baseline at this epoch.
    pub baseline: Power,
    /// What this epoch pays if it has the expected number of wins.
    pub epoch_reward: AttoFil,
    /// That, smoothed: what fees and pledges read.
    pub smoothed: FilterEstimate,
    /// Paid to block producers since genesis, tips aside: the chain's "mined".
    pub paid: AttoFil,
    /// Effective network time and baseline minting up to it, of the last step: the next one starts there.
    minted: (Q128, Q128),
}

impl RewardState {
    /// The state at genesis, of a network with so much raw power.
    pub fn new(policy: &Policy, genesis_power: Power) -> Self {
        let smoothed =
            FilterEstimate::new(policy.reward_initial_position.atto(), -policy.reward_initial_fall.atto());
        let mut state = RewardState {
            epoch: Epoch::new(-1),
            baseline_sum: 0,
            realized_sum: 0,
            effective_time: 0,
            effective_baseline: policy.baseline_initial,
            baseline: baseline_before_genesis(policy),
            epoch_reward: AttoFil::ZERO,
            smoothed,
            paid: AttoFil::ZERO,
            minted: (Q128::ZERO, Q128::ZERO),
        };
        state.step_with_reward(policy, genesis_power);
        state
    }

    /// Effective network time now.
    pub fn theta(&self) -> Q128 {
        let (time, baseline) = (self.effective_time, self.effective_baseline);
        effective_network_time(time, baseline, self.realized_sum, self.baseline_sum)
    }

    /// The end of an epoch that had blocks: catches up with null rounds before it, then sets what the next one pays,
    /// given the raw power of the network in this one.
    ///
    /// # Panics
    /// If the epoch has been ended before.
    pub fn end_epoch(&mut self, policy: &Policy, now: Epoch, raw_power: Power) {
        assert!(now >= self.epoch, "epoch {now} ended after epoch {} began", self.epoch);
        let before = self.epoch;
        while self.epoch < now {
            self.step(policy, raw_power);
        }
        self.step_with_reward(policy, raw_power);
        let gains = Gains { alpha: policy.filter_alpha, beta: policy.filter_beta };
        self.smoothed = self.smoothed.next(self.epoch_reward.atto(), self.epoch - before, &gains);
    }

    /// Pays a block: its share of the epoch's reward by wins, at most what is left in the pot, which is handed in.
    /// Tips are paid beside it.
    pub fn pay_block(&mut self, policy: &Policy, wins: i64, left: AttoFil) -> AttoFil {
        let reward = block_reward(policy, self.epoch_reward, wins).min(left);
        self.paid += reward;
        reward
    }

    fn step(&mut self, policy: &Policy, raw_power: Power) {
        self.epoch += Epochs::ONE;
        self.baseline = grown(self.baseline, policy.baseline_growth);
        self.realized_sum += raw_power.min(self.baseline).bytes();
        while self.realized_sum > self.baseline_sum {
            self.effective_time += 1;
            self.effective_baseline = grown(self.effective_baseline, policy.baseline_growth);
            self.baseline_sum += self.effective_baseline.bytes();
        }
    }

    fn step_with_reward(&mut self, policy: &Policy, raw_power: Power) {
        let curves = Curves::new(policy);
        let before = self.theta();
        let minted_before =
            if before == self.minted.0 { self.minted.1 } else { curves.baseline_until(before) };
        self.step(policy, raw_power);
        let after = self.theta();
        self.minted = (after, curves.baseline_until(after));
        let reward = curves.simple(self.epoch) + self.minted.1 - minted_before;
        self.epoch_reward = AttoFil::new(reward.floor());
    }
}

/// What a block with so many wins earns of an epoch's reward.
pub fn block_reward(policy: &Policy, epoch_reward: AttoFil, wins: i64) -> AttoFil {
    epoch_reward.floor_mul(i128::from(wins), i128::from(policy.expected_winners))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_round_moves_time_and_is_not_paid_twice() {
        let policy = Policy::default();
        let power = Power::new(1 << 50);
        let (mut with, mut without) = (RewardState::new(&policy, power), RewardState::new(&policy, power));
        for epoch in 0..=5 {
            without.end_epoch(&policy, Epoch::new(epoch), power);
        }
        for epoch in [0, 1, 5] {
            with.end_epoch(&policy, Epoch::new(epoch), power);
        }
        assert_eq!(with.epoch, without.epoch);
        assert_eq!(with.theta(), without.theta());
        assert_eq!(with.epoch_reward, without.epoch_reward);
        assert_ne!(with.smoothed, without.smoothed);
    }

    #[test]
    fn a_block_is_paid_no_more_than_is_left() {
        let policy = Policy::default();
        let mut state = RewardState::new(&policy, Power::ZERO);
        let whole = block_reward(&policy, state.epoch_reward, 2);
        assert_eq!(state.pay_block(&policy, 2, whole), whole);
        assert_eq!(state.pay_block(&policy, 2, AttoFil::new(7)), AttoFil::new(7));
        assert_eq!(state.paid, whole + AttoFil::new(7));
    }
}
