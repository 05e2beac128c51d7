//! What of a miner's balance is free, and the order in which its debts are paid.
//!
//! ```text
//!   balance = deposits of pre-commits + initial pledge + locked rewards + unlocked
//!   available = unlocked - fee debt
//! ```
//!
//! A penalty is added to the debt. Then what has vested is unlocked, and of what has not vested so much is taken,
//! soonest first, as pays the debt; then unlocked money; what is left stays a debt. Pledge and deposits are never
//! touched. Debts are burnt in the order in which they were made, so that it is known what was paid for what; the
//! actors keep one number.
//!
//! Source: builtin-actors, actors/miner/src/state.rs (repay_partial_debt_in_priority_order, repay_debts).

use super::super::ledger::Reason;
use super::super::vesting::{VestingFunds, VestingSpec};
use crate::units::{AttoFil, Epoch};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Money of a miner that is not free, and what it owes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Funds {
    /// Deposits of sectors that are pre-committed and not proven.
    pub deposits: AttoFil,
    /// Initial pledge of live sectors.
    pub pledge: AttoFil,
    /// Block rewards that have not vested.
    pub vesting: VestingFunds,
    /// What it owes, oldest first.
    debts: VecDeque<(Reason, AttoFil)>,
}

/// Debts that were paid.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Repaid {
    /// What is burnt, for which reason.
    pub burns: Vec<(Reason, AttoFil)>,
    /// Money that is not locked any more: vested, or taken for the debt.
    pub unlocked: AttoFil,
}

impl Funds {
    /// No money and no debts.
    pub fn new() -> Self {
        Funds {
            deposits: AttoFil::ZERO,
            pledge: AttoFil::ZERO,
            vesting: VestingFunds::default(),
            debts: VecDeque::new(),
        }
    }

    /// Locked rewards.
    pub fn locked(&self) -> AttoFil {
        self.vesting.locked()
    }

    /// What it owes.
    pub fn debt(&self) -> AttoFil {
        self.debts.iter().map(|&(_, amount)| amount).sum()
    }

    /// What of a balance is neither locked, pledged nor deposited; the debt may be paid from it.
    pub fn unlocked(&self, balance: AttoFil) -> AttoFil {
        balance - self.locked() - self.deposits - self.pledge
    }

    /// What of a balance the miner may dispose of; below zero if its debt is more than it has.
    pub fn available(&self, balance: AttoFil) -> AttoFil {
        self.unlocked(balance) - self.debt()
    }

    /// Adds a penalty to the debt.
    pub fn charge(&mut self, reason: Reason, amount: AttoFil) {
        assert!(!amount.is_negative(), "a penalty of {amount:?} for {reason:?}");
        if !amount.is_zero() {
            self.debts.push_back((reason, amount));
        }
    }

    /// Unlocks what has vested; how much.
    pub fn vest(&mut self, now: Epoch) -> AttoFil {
        self.vesting.unlock_vested(now)
    }

    /// What has vested and is not unlocked yet.
    pub fn vested(&self, now: Epoch) -> AttoFil {
        let due = self.vesting.portions().take_while(|(epoch, _)| *epoch < now);
        due.map(|(_, portion)| portion).sum()
    }

    /// Locks a reward that vests from now on, on the grid through the start of a proving period.
    pub fn lock(&mut self, amount: AttoFil, now: Epoch, period_start: Epoch, spec: &VestingSpec) {
        self.vesting.lock(amount, now, period_start, spec);
    }

    /// Pays as much of the debt as it can without touching pledge and deposits.
    pub fn repay(&mut self, now: Epoch, balance: AttoFil) -> Repaid {
        let debt = self.debt();
        let vested = self.vest(now);
        let taken = if debt.is_zero() { AttoFil::ZERO } else { self.vesting.take_unvested(now, debt) };
        // What was taken is unlocked now, and so part of this.
        let paid = debt.min(self.unlocked(balance)).at_least_zero();
        Repaid { burns: self.settle(paid), unlocked: vested + taken }
    }

    /// Pays the whole debt from unlocked money, or nothing at all.
    pub fn repay_all(&mut self, balance: AttoFil) -> Option<Vec<(Reason, AttoFil)>> {
        let debt = self.debt();
        (self.unlocked(balance) >= debt).then(|| self.settle(debt))
    }

    /// Takes an amount off the debts, oldest first.
    fn settle(&mut self, mut amount: AttoFil) -> Vec<(Reason, AttoFil)> {
        let mut burns: Vec<(Reason, AttoFil)> = Vec::new();
        while !amount.is_zero() {
            let (reason, owed) = self.debts.front_mut().expect("no more is paid than is owed");
            let part = amount.min(*owed);
            *owed -= part;
            amount -= part;
            match burns.iter_mut().find(|(other, _)| other == reason) {
                Some((_, sum)) => *sum += part,
                None => burns.push((*reason, part)),
            }
            if owed.is_zero() {
                self.debts.pop_front();
            }
        }
        burns
    }
}

impl Default for Funds {
    fn default() -> Self {
        Funds::new()
    }
}
