//! The network as a whole: minting, smoothed estimates, supply.
//!
//! A chain may begin at genesis or later. A later start has the reward actor where effective network time says: sums
//! of the baseline by their closed form, the filters at rest on what they observe. That is a start, not a history;
//! what follows from it is exact.
//!
//! FIL in circulation is vested + mined + disbursed - burnt - locked (lotus, chain/stmgr/supply.go). With a
//! background, its path is what circulates without the simulated miners; what these earn, burn and lock comes on top.

use super::chain::ChainConfig;
use super::conditions::Conditions;
use super::fixed::Q128;
use super::ledger::Opening;
use super::monies::{NetworkEstimates, PledgeInputs, ramp_elapsed};
use super::policy::Policy;
use super::power::{Claims, PowerPair};
use super::reward::{Curves, RewardState};
use super::smooth::{FilterEstimate, Gains};
use super::supply::{SupplyParts, genesis_vested};
use crate::units::{AttoFil, Epoch, Epochs, Power};
use serde::{Deserialize, Serialize};

/// What storage mining may pay in all: 1.1 thousand million FIL (filecoin-project/specs, token allocation).
const REWARD_POT: AttoFil = AttoFil::from_fil(1_100_000_000);
/// The mining reserve at genesis.
const RESERVE: AttoFil = AttoFil::from_fil(300_000_000);

/// Where a chain begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Start {
    /// Its first epoch.
    pub epoch: Epoch,
    /// Effective network time then, in whole epochs.
    pub network_time: Epochs,
    /// Burnt before.
    pub burnt: AttoFil,
    /// Taken from the mining reserve before.
    pub reserve_disbursed: AttoFil,
}

impl Start {
    /// The first epoch of all.
    pub const GENESIS: Start = Start {
        epoch: Epoch::GENESIS,
        network_time: Epochs::ZERO,
        burnt: AttoFil::ZERO,
        reserve_disbursed: AttoFil::ZERO,
    };
}

/// State of the network as a whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Network {
    reward: RewardState,
    power: FilterEstimate,
    circulating: AttoFil,
    /// Power and pledge as frozen at the end of the last epoch.
    frozen: (PowerPair, AttoFil),
    /// Rewards paid to simulated miners.
    paid_simulated: AttoFil,
    /// Burnt before the chain began, and of what the rest minted since: the given supply knows of both.
    burnt_before: AttoFil,
    /// Smallest theta that the next epoch may have.
    theta: Q128,
}

impl Network {
    /// The network when its first epoch begins.
    pub fn new(config: &ChainConfig, claims: &Claims) -> Self {
        let total = claims.total();
        let reward = reward_at(&config.policy, &config.start, total.raw);
        let power = match config.background.is_none() {
            true => FilterEstimate::new(
                config.policy.power_initial_position.bytes(),
                config.policy.power_initial_velocity.bytes(),
            ),
            false => FilterEstimate::constant(total.qa.bytes()),
        };
        let theta = reward.theta();
        let frozen = (total, claims.total_pledge());
        let burnt_before = config.start.burnt;
        let mut network = Network {
            reward,
            power,
            circulating: AttoFil::ZERO,
            frozen,
            paid_simulated: AttoFil::ZERO,
            burnt_before,
            theta,
        };
        let (_, circulating) = config.background.at(config.start.epoch);
        network.begin_epoch(config, config.start.epoch, claims, circulating, burnt_before);
        network
    }

    /// What messages of an epoch see.
    pub fn conditions<'a>(&self, config: &'a ChainConfig, now: Epoch) -> Conditions<'a> {
        let policy = &config.policy;
        let estimates = NetworkEstimates { reward: self.reward.smoothed, power: self.power };
        let pledge_inputs = PledgeInputs {
            baseline: self.reward.baseline,
            circulating: self.circulating,
            ramp_elapsed: ramp_elapsed(policy, now),
        };
        Conditions::new(now, policy, config.sector_size, config.partition_sectors, estimates, pledge_inputs)
    }

    /// Takes the reward of a block out of the pot, in which so much is left.
    pub fn pay_block(&mut self, policy: &Policy, wins: i64, left: AttoFil, simulated: bool) -> AttoFil {
        let reward = self.reward.pay_block(policy, wins, left);
        if simulated {
            self.paid_simulated += reward;
        }
        reward
    }

    /// So much of what the rest minted was burnt (FIP-0118). With a background its path of the supply says so already.
    pub fn rest_burns(&mut self, amount: AttoFil) {
        self.burnt_before += amount;
    }

    /// The end of an epoch: power and pledge are frozen, smoothed power follows, the next reward is set.
    pub fn end_epoch(&mut self, policy: &Policy, now: Epoch, claims: &Claims) {
        let total = claims.total();
        self.frozen = (total, claims.total_pledge());
        let gains = Gains { alpha: policy.filter_alpha, beta: policy.filter_beta };
        self.power = self.power.next(total.qa.bytes(), Epochs::ONE, &gains);
        self.theta = self.reward.theta();
        self.reward.end_epoch(policy, now, total.raw);
    }

    /// The next epoch begins: what circulates in it.
    pub fn begin_epoch(
        &mut self,
        config: &ChainConfig,
        now: Epoch,
        claims: &Claims,
        path: AttoFil,
        burnt: AttoFil,
    ) {
        self.circulating = if config.background.is_none() {
            let parts = SupplyParts {
                vested: genesis_vested(now),
                mined: self.reward.paid,
                reserve_disbursed: config.start.reserve_disbursed,
                burnt,
                pledged: claims.simulated_pledge(),
                market_locked: AttoFil::ZERO,
            };
            parts.circulating(&config.policy)
        } else {
            let own = self.paid_simulated - (burnt - self.burnt_before) - claims.simulated_pledge();
            (path + own).at_least_zero()
        };
    }

    /// State of the reward actor.
    pub fn reward(&self) -> &RewardState {
        &self.reward
    }

    /// Smoothed quality-adjusted power.
    pub fn smoothed_power(&self) -> &FilterEstimate {
        &self.power
    }

    /// FIL in circulation.
    pub fn circulating(&self) -> AttoFil {
        self.circulating
    }

    /// Power of the network at the end of the last epoch.
    pub fn power(&self) -> PowerPair {
        self.frozen.0
    }

    /// Pledge and locked rewards of the network at the end of the last epoch.
    pub fn pledge(&self) -> AttoFil {
        self.frozen.1
    }

    /// Rewards paid to simulated miners.
    pub fn paid_simulated(&self) -> AttoFil {
        self.paid_simulated
    }

    /// What holds of minting at any epoch: realised power never exceeds the baseline's sum, and effective network time
    /// never goes back.
    pub fn check(&self, broken: &mut Vec<String>) {
        let reward = &self.reward;
        if reward.realized_sum > reward.baseline_sum {
            broken.push(format!(
                "realised {} above the baseline's {}",
                reward.realized_sum, reward.baseline_sum
            ));
        }
        if reward.theta().raw() < self.theta.raw() {
            broken.push(format!("effective network time went back from {:?}", self.theta));
        }
    }
}

/// What the accounts that exist once hold at the start, given the raw power of the network.
pub fn opening(policy: &Policy, start: &Start, raw: Power) -> Opening {
    Opening {
        reward_pot: REWARD_POT - reward_at(policy, start, raw).paid,
        reserve: RESERVE - start.reserve_disbursed,
        burnt: start.burnt,
    }
}

/// The reward actor in the first epoch, given the raw power of the network.
fn reward_at(policy: &Policy, start: &Start, raw: Power) -> RewardState {
    let mut state = RewardState::new(policy, raw);
    if start.epoch == Epoch::GENESIS {
        return state;
    }
    let before = start.epoch - Epochs::ONE;
    let (growth, first) = (policy.baseline_growth, policy.baseline_initial);
    let grown = |epochs: i64| Power::new(power_of(growth, epochs).times(first.bytes()).floor());
    state.epoch = before;
    state.baseline = grown(before.height());
    state.effective_time = start.network_time.count();
    state.effective_baseline = grown(state.effective_time);
    // b g + b g^2 + ... + b g^N = (b g^N - b) g / (g - 1).
    let rise = Q128::from_int(state.effective_baseline.bytes() - first.bytes());
    state.baseline_sum = rise.floor_mul(growth).floor_div(growth - Q128::ONE).floor();
    state.realized_sum = state.baseline_sum;
    let curves = Curves::new(policy);
    let theta = Q128::from_int(i128::from(state.effective_time));
    let simple = (Q128::ONE - super::fixed::exp_neg(policy.minting_decay.times(i128::from(before.height()))))
        .times(policy.simple_minting_total.atto());
    state.paid = AttoFil::new((simple + curves.baseline_until(theta)).floor());
    state.end_epoch(policy, before, raw);
    let reward = state.epoch_reward.atto();
    state.smoothed = FilterEstimate::new(reward, -policy.minting_decay.times(reward).floor());
    state
}

/// A growth factor above one, so many times.
fn power_of(factor: Q128, times: i64) -> Q128 {
    let (mut result, mut square, mut left) = (Q128::ONE, factor, times);
    while left > 0 {
        if left % 2 == 1 {
            result = result.floor_mul(square);
        }
        square = square.floor_mul(square);
        left /= 2;
    }
    result
}
