//! Rates, lockups and ends of rails, as their operator changes them.
//!
//! Source: FilOzone/filecoin-pay, src/FilecoinPayV1.sol (modifyRailLockup, modifyRailPayment, terminateRail). What a payer
//! cannot pay for, it may not promise: with funds that did not reach until now, neither rate nor lockup may rise.

use super::{Lockup, Rail, RailFault, RailId, Rails, RateChange};
use crate::filecoin::ledger::{Account, Ledger};
use crate::filecoin::policy::Policy;
use crate::units::{AttoFil, Epoch, Epochs};

/// Who terminates a rail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Terminator {
    /// The service that laid it, at any time.
    Operator,
    /// The payer, if it has paid until now.
    Payer,
}

impl Rails {
    /// A rail, and its payer's lockup as of now.
    pub(super) fn load(&self, id: RailId, now: Epoch, ledger: &Ledger) -> Result<(Rail, Lockup), RailFault> {
        let rail = self.rails.get(&id).ok_or(RailFault::NoRail(id))?;
        Ok((rail.clone(), self.lockup(rail.from, now, ledger)))
    }

    /// Keeps what was changed, if the payer's funds cover it.
    fn store(
        &mut self,
        id: RailId,
        rail: Rail,
        lockup: Lockup,
        now: Epoch,
        ledger: &Ledger,
    ) -> Result<(), RailFault> {
        let funds = ledger.balance(Account::Rails(rail.from));
        if lockup.current > funds {
            return Err(RailFault::Short { needed: lockup.current, free: funds });
        }
        self.keep(rail.from, lockup, now, ledger);
        self.rails.insert(id, rail);
        Ok(())
    }

    /// Sets for how long a rail is paid after a termination, and what is locked for single payments.
    ///
    /// # Errors
    /// If the payer's funds do not cover it, or the rail is terminated and one of them would rise.
    pub fn set_lockup(
        &mut self,
        id: RailId,
        period: Epochs,
        fixed: AttoFil,
        now: Epoch,
        ledger: &Ledger,
    ) -> Result<(), RailFault> {
        let (mut rail, mut lockup) = self.load(id, now, ledger)?;
        if period < Epochs::ZERO || fixed.is_negative() {
            return Err(RailFault::Argument);
        }
        let rises = fixed > rail.fixed;
        if rail.end.is_some() && (period != rail.period || rises) {
            return Err(RailFault::OnlyDown);
        }
        if rail.end.is_none() {
            if lockup.settled < now && (period != rail.period || rises) {
                return Err(RailFault::Delinquent(lockup.settled));
            }
            lockup.current += rail.rate * (period - rail.period).count();
        }
        lockup.current += fixed - rail.fixed;
        rail.period = period;
        rail.fixed = fixed;
        self.store(id, rail, lockup, now, ledger)
    }

    /// Sets what an epoch costs from now on, and pays once out of the fixed lockup; what of that the payee got.
    ///
    /// # Errors
    /// If the payer's funds do not cover it, or the rail is terminated and the rate would rise.
    pub fn set_payment(
        &mut self,
        id: RailId,
        rate: AttoFil,
        once: AttoFil,
        (policy, now): (&Policy, Epoch),
        ledger: &mut Ledger,
    ) -> Result<AttoFil, RailFault> {
        let (mut rail, mut lockup) = self.load(id, now, ledger)?;
        if rate.is_negative() || once.is_negative() {
            return Err(RailFault::Argument);
        }
        if once > rail.fixed {
            return Err(RailFault::Fixed { needed: once, fixed: rail.fixed });
        }
        let step = rate - rail.rate;
        let period = match rail.end {
            Some(end) if now >= end || rate > rail.rate => return Err(RailFault::OnlyDown),
            Some(end) => end - now,
            None if lockup.settled < now && !step.is_zero() => {
                return Err(RailFault::Delinquent(lockup.settled));
            }
            None => rail.period,
        };
        rail.remember_rate(rate, now);
        lockup.current += step * period.count() - once;
        if rail.end.is_none() {
            lockup.rate += step;
        }
        rail.rate = rate;
        rail.fixed -= once;
        let (from, to) = (rail.from, rail.to);
        let funds = ledger.balance(Account::Rails(from)) - once;
        if lockup.current > funds {
            return Err(RailFault::Short { needed: lockup.current, free: funds });
        }
        let net = Rails::pay(policy, from, to, once, ledger);
        self.store(id, rail, lockup, now, ledger).map(|()| net)
    }

    /// Ends a rail: it is paid for the lockup period more, counted from where the payer's lockup has grown to.
    ///
    /// # Errors
    /// If it is terminated already, or its payer asks and has not paid until now.
    pub fn terminate(
        &mut self,
        id: RailId,
        by: Terminator,
        now: Epoch,
        ledger: &Ledger,
    ) -> Result<Epoch, RailFault> {
        let (mut rail, mut lockup) = self.load(id, now, ledger)?;
        if rail.end.is_some() {
            return Err(RailFault::Terminated(id));
        }
        if by == Terminator::Payer && lockup.settled < now {
            return Err(RailFault::Delinquent(lockup.settled));
        }
        let end = lockup.settled + rail.period;
        rail.end = Some(end);
        lockup.rate -= rail.rate;
        self.store(id, rail, lockup, now, ledger).map(|()| end)
    }
}

impl Rail {
    /// Remembers the rate of now, if epochs at it are not settled and another follows.
    fn remember_rate(&mut self, next: AttoFil, now: Epoch) {
        if next == self.rate || self.settled == now {
            return;
        }
        if self.rate.is_zero() && self.earlier.is_empty() {
            self.settled = now;
        } else if self.earlier.back().is_none_or(|change| change.until != now) {
            self.earlier.push_back(RateChange { rate: self.rate, until: now });
        }
    }
}
