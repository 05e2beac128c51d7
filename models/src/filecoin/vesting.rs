//! Vesting of block rewards: three quarters of each are locked and come free over 180 days.
//!
//! After built-in actors, actors/miner/src/vesting_state.rs and monies.rs; FIP-0004. A miner keeps one table of
//! epochs and amounts. Portions are laid on a grid of half days through its proving period start, so that however
//! many rewards it has, the table has some 360 entries. A portion is free strictly after its epoch.

use super::policy::Policy;
use super::quantize::Quant;
use crate::units::{AttoFil, Epoch, Epochs};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The part of a block's reward, tips included, that is locked.
pub fn locked_reward(policy: &Policy, reward: AttoFil) -> AttoFil {
    policy.vesting_locked_share.floor_of(reward)
}

/// How an amount vests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VestingSpec {
    /// From now until vesting begins.
    pub delay: Epochs,
    /// Over which the amount vests, from there.
    pub period: Epochs,
    /// Between two portions.
    pub step: Epochs,
    /// Grid that portions are laid on.
    pub quantum: Epochs,
}

impl VestingSpec {
    /// How rewards vest under a policy.
    pub fn of(policy: &Policy) -> Self {
        VestingSpec {
            delay: policy.vesting_delay,
            period: policy.vesting_period,
            step: policy.vesting_step,
            quantum: policy.vesting_quantum,
        }
    }

    /// The portions of an amount locked now, by a miner whose proving period starts there, soonest first.
    ///
    /// What has vested by an epoch is rounded toward minus infinity; the last portion takes the rest.
    pub fn portions(
        &self,
        amount: AttoFil,
        now: Epoch,
        period_start: Epoch,
    ) -> impl Iterator<Item = (Epoch, AttoFil)> + use<> {
        let spec = *self;
        let quant = Quant::new(spec.quantum, period_start);
        let begin = now + spec.delay;
        let (mut at, mut vested) = (begin, AttoFil::ZERO);
        std::iter::from_fn(move || {
            if vested >= amount {
                return None;
            }
            at += spec.step;
            let epoch = quant.up(at);
            let elapsed = epoch - begin;
            let target = if elapsed < spec.period {
                amount.floor_mul(i128::from(elapsed.count()), i128::from(spec.period.count()))
            } else {
                amount
            };
            let portion = target - vested;
            vested = target;
            Some((epoch, portion))
        })
    }
}

/// The locked rewards of a miner, by the epoch after which they are free.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct VestingFunds {
    /// Epochs rise strictly; no amount is negative.
    portions: VecDeque<(Epoch, AttoFil)>,
    total: AttoFil,
}

impl VestingFunds {
    /// All that is locked.
    pub fn locked(&self) -> AttoFil {
        self.total
    }

    /// The table, soonest first.
    pub fn portions(&self) -> impl ExactSizeIterator<Item = (Epoch, AttoFil)> + '_ {
        self.portions.iter().copied()
    }

    /// Locks an amount. What is free already stays: call [`VestingFunds::unlock_vested`] first, as the actor does.
    pub fn lock(&mut self, amount: AttoFil, now: Epoch, period_start: Epoch, spec: &VestingSpec) {
        if amount <= AttoFil::ZERO {
            return;
        }
        self.total += amount;
        let mut at = 0;
        for (epoch, portion) in spec.portions(amount, now, period_start) {
            // Portions come in order, and the table is nearly always in the same step.
            while self.portions.get(at).is_some_and(|(other, _)| *other < epoch) {
                at += 1;
            }
            match self.portions.get_mut(at) {
                Some((other, sum)) if *other == epoch => *sum += portion,
                _ => self.portions.insert(at, (epoch, portion)),
            }
        }
    }

    /// Frees what has vested before this epoch, and says how much.
    pub fn unlock_vested(&mut self, now: Epoch) -> AttoFil {
        let mut freed = AttoFil::ZERO;
        while let Some((epoch, portion)) = self.portions.front().copied() {
            if epoch >= now {
                break;
            }
            freed += portion;
            self.portions.pop_front();
        }
        self.total -= freed;
        freed
    }

    /// Takes up to `wanted` of what has not vested yet, soonest first: how debts are paid.
    pub fn take_unvested(&mut self, now: Epoch, wanted: AttoFil) -> AttoFil {
        let mut taken = AttoFil::ZERO;
        for (epoch, portion) in &mut self.portions {
            if taken >= wanted {
                break;
            }
            if *epoch >= now {
                let part = (*portion).min(wanted - taken);
                *portion -= part;
                taken += part;
            }
        }
        self.portions.retain(|(_, portion)| !portion.is_zero());
        self.total -= taken;
        taken
    }

    /// Whether the total is the sum of the table, and the table is in order.
    pub fn is_consistent(&self) -> bool {
        let sum: AttoFil = self.portions.iter().map(|(_, portion)| *portion).sum();
        let pairs = self.portions.iter().zip(self.portions.iter().skip(1));
        sum == self.total
            && pairs.into_iter().all(|(one, next)| one.0 < next.0)
            && self.portions.iter().all(|(_, portion)| !portion.is_negative())
    }
}
