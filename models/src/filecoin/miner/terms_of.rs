//! Other terms for a sector that lives: a later expiration, other contents, or an end.
//!
//! - Extension: the new expiration is not before the old one, at most 1,278 days from now and five years from
//!   activation. Verified bytes count for the whole new life. The pledge stays.
//! - Replica update (SnapDeals, FIP-0019): committed capacity gets contents. The sector keeps its activation; its
//!   power and fee change at once, its pledge never falls.
//! - Termination: the power goes at once; the fee is taken from the pledge, which is released first.
//!
//! Every change of power scales the daily fee: floor(fee × new / old) (FIP-0100).
//! Source: builtin-actors, actors/miner/src/lib.rs (extend_sector_expiration2, prove_replica_updates3,
//! terminate_sectors).
//! Left out: dropping verified claims at an extension, and sectors from before FIP-0100, whose fee is zero.

use super::life::check_expiration;
use super::sector::{Contents, Sector, SectorNumber, Standing};
use super::{Checked, Effects, MinerActor, Refusal};
use crate::filecoin::conditions::Conditions;
use crate::filecoin::ledger::Reason;
use crate::filecoin::monies::daily_fee_after_change;
use crate::filecoin::piece::node::Node;
use crate::filecoin::power::PowerPair;
use crate::units::{AttoFil, Epoch};

impl MinerActor {
    /// Commits sectors for longer.
    ///
    /// # Errors
    /// If one is not live or faulty or was to end already, or the expiration is out of bounds; then nothing has changed.
    pub fn extend(
        &mut self,
        numbers: &[SectorNumber],
        expiration: Epoch,
        terms: &Conditions<'_>,
    ) -> Result<Effects, Refusal> {
        for &number in numbers {
            let sector = self.holdings.live(number)?;
            let is_over = sector.expiration < terms.now;
            if sector.standing.is_faulty() || is_over || expiration < sector.expiration {
                return Err(Refusal::State(number));
            }
            check_expiration(terms.policy, terms.now, sector.activation, expiration)?;
        }
        let mut effects = Effects::default();
        for &number in numbers {
            let contents = self.holdings.live(number)?.contents;
            let (qa, power) = self.power_of(contents, terms.now, expiration, terms);
            let fee = terms.daily_fee(qa) * self.weight;
            effects.power += self.holdings.replace(number, |sector| {
                sector.expiration = expiration;
                set_power(sector, power, terms.now);
                if terms.policy.daily_fee_on_extension && sector.daily_fee.is_zero() {
                    // It is older than the fee (FIP-0100, from Tock on).
                    sector.daily_fee = fee;
                }
            });
        }
        Ok(effects)
    }

    /// Puts contents into a sector of committed capacity, whose replica is another from then on.
    ///
    /// # Errors
    /// If the sector is not active committed capacity, its deadline cannot be changed now, the proof does not hold, or
    /// money is short; then nothing has changed.
    pub fn update_replica(
        &mut self,
        number: SectorNumber,
        contents: Contents,
        comm_r: Node,
        holds: Checked,
        terms: &Conditions<'_>,
        balance: AttoFil,
    ) -> Result<Effects, Refusal> {
        let sector = *self.holdings.live(number)?;
        if sector.standing != Standing::Active || !sector.contents.is_capacity() {
            return Err(Refusal::State(number));
        }
        if !self.holdings.calendar().is_mutable(sector.deadline, terms.now) {
            return Err(Refusal::Deadline(sector.deadline));
        }
        if !holds.0 {
            return Err(Refusal::BadProof);
        }
        let (qa, power) = self.power_of(contents, terms.now, sector.expiration, terms);
        let pledge = sector.pledge.max(terms.initial_pledge(qa) * self.weight);
        let needed = pledge - sector.pledge;
        let available = self.funds.unlocked(balance);
        if available < needed {
            return Err(Refusal::Funds { needed, available });
        }
        let mut effects = Effects { pledge: needed, ..Effects::default() };
        self.funds.pledge += needed;
        effects.power = self.holdings.replace(number, |sector| {
            sector.contents = contents;
            sector.comm_r = comm_r;
            sector.pledge = pledge;
            set_power(sector, power, terms.now);
        });
        Ok(effects)
    }

    /// Ends sectors before their time.
    ///
    /// # Errors
    /// If one is not live, or its deadline cannot be changed now; then nothing has changed.
    pub fn terminate(
        &mut self,
        numbers: &[SectorNumber],
        terms: &Conditions<'_>,
        balance: AttoFil,
    ) -> Result<Effects, Refusal> {
        for &number in numbers {
            let deadline = self.holdings.live(number)?.deadline;
            if !self.holdings.calendar().is_mutable(deadline, terms.now) {
                return Err(Refusal::Deadline(deadline));
            }
        }
        let mut effects = Effects::default();
        for &number in numbers {
            effects.power += self.holdings.terminate(number, terms.now);
        }
        self.pay_for_early_ends(numbers, terms, balance, &mut effects);
        Ok(effects)
    }

    /// Takes money out of the actor.
    ///
    /// # Errors
    /// If the debt cannot be paid in full, or there is not so much; then nothing has changed.
    pub fn withdraw(
        &mut self,
        amount: AttoFil,
        terms: &Conditions<'_>,
        balance: AttoFil,
    ) -> Result<Effects, Refusal> {
        let vested = self.funds.vested(terms.now);
        let available = self.funds.available(balance) + vested;
        if available.is_negative() {
            return Err(Refusal::Debt(self.funds.debt()));
        }
        if available < amount {
            return Err(Refusal::Funds { needed: amount, available });
        }
        let mut effects = Effects { pledge: -self.funds.vest(terms.now), ..Effects::default() };
        self.clear_debt(balance, &mut effects)?;
        Ok(effects)
    }

    /// Termination fees of sectors that ended early: their pledge is released, the fee charged, and what can be paid
    /// is.
    pub(super) fn pay_for_early_ends(
        &mut self,
        numbers: &[SectorNumber],
        terms: &Conditions<'_>,
        balance: AttoFil,
        effects: &mut Effects,
    ) {
        for &number in numbers {
            let sector = *self.holdings.sector(number).expect("it was there when it ended");
            let ended = sector.ended.expect("it has ended");
            let fee = self.termination_fee(&sector, ended, terms);
            self.funds.pledge -= sector.pledge;
            effects.pledge -= sector.pledge;
            self.funds.charge(Reason::TerminationFee, fee);
        }
        let left = balance - effects.paid();
        effects.take(self.funds.repay(terms.now, left));
    }

    /// The fee of one nominal sector, times the weight.
    fn termination_fee(&self, sector: &Sector, ended: Epoch, terms: &Conditions<'_>) -> AttoFil {
        let weight = i128::from(self.weight);
        let pledge = sector.pledge.floor_div(weight);
        let qa = sector.power.qa.floor_mul(1, weight);
        terms.termination_fee(pledge, &sector.at_activation, ended - sector.activation, qa) * self.weight
    }
}

/// Gives a sector other power from now on; its fee follows.
fn set_power(sector: &mut Sector, power: PowerPair, now: Epoch) {
    sector.daily_fee = daily_fee_after_change(sector.daily_fee, sector.power.qa, power.qa);
    sector.power = power;
    sector.power_base = now;
}
