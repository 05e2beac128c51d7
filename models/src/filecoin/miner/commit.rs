//! How a sector comes to be: pre-commit, wait, proof; or one non-interactive proof.
//!
//! ```text
//!   ticket ≤ 3,780 epochs old
//!     pre-commit: deposit ──150──> challenge known ── prove-commit: deposit back, pledge locked ──> unproven
//!                      └── 30 days + 150 ── too late ── +960, next deadline's end ── deposit burnt
//! ```
//!
//! The deposit is the same for every sector, whatever is in it (FIP-0034). Sources: builtin-actors,
//! actors/miner/src/lib.rs (pre_commit_sector_batch2, prove_commit_sectors3, prove_commit_sectors_ni); FIP-0092.
//! Left out: aggregation (a cost in gas, no other rule), CommD checks against deal ids, and the choice to activate
//! the good sectors of a batch only (one bad proof refuses the message, as `require_activation_success` does).

use super::holdings::Refused;
use super::life::check_expiration;
use super::sector::{Contents, Sector, SectorNumber, Standing};
use super::{Checked, Effects, MinerActor, Refusal};
use crate::filecoin::conditions::Conditions;
use crate::filecoin::deadline::assign_sectors;
use crate::filecoin::piece::node::Node;
use crate::filecoin::power::PowerPair;
use crate::units::{AttoFil, Epoch, Epochs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a miner promises about a sector that it has sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PreCommitInfo {
    /// Its number.
    pub number: SectorNumber,
    /// Epoch of the ticket that it was sealed with.
    pub ticket: Epoch,
    /// Until when it is committed.
    pub expiration: Epoch,
    /// What is in it.
    pub contents: Contents,
    /// CommR: what every proof of it is held against from now on.
    pub comm_r: Node,
}

/// A pre-commit on the chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PreCommit {
    /// What was promised.
    pub info: PreCommitInfo,
    /// When.
    pub at: Epoch,
    /// What is locked until it is proven.
    pub deposit: AttoFil,
}

impl MinerActor {
    /// Pre-commits sectors.
    ///
    /// # Errors
    /// If the miner is barred or in debt beyond its means, money is short, or something about a sector is not right;
    /// then nothing has changed.
    pub fn pre_commit(
        &mut self,
        infos: &[PreCommitInfo],
        terms: &Conditions<'_>,
        balance: AttoFil,
    ) -> Result<Effects, Refusal> {
        let now = terms.now;
        if now <= self.barred_until {
            return Err(Refusal::Barred(self.barred_until));
        }
        for info in infos {
            let age = now - info.ticket;
            if age <= Epochs::ZERO || age > terms.policy.seal_randomness_lookback {
                return Err(Refusal::Ticket(info.ticket));
            }
            self.check_number(info.number)?;
            let latest_activation = now + terms.policy.max_prove_commit_duration;
            check_expiration(terms.policy, now, latest_activation, info.expiration)?;
        }
        let deposit = terms.precommit_deposit() * self.weight;
        let needed = deposit * infos.len() as i64;
        let available = self.funds.available(balance);
        if self.funds.unlocked(balance) < self.funds.debt() {
            return Err(Refusal::Debt(self.funds.debt()));
        }
        if available < needed {
            return Err(Refusal::Funds { needed, available });
        }
        let mut effects = Effects::default();
        self.clear_debt(balance, &mut effects)?;
        self.funds.deposits += needed;
        let cleanup = now + terms.policy.max_prove_commit_duration + terms.policy.precommit_cleanup_delay;
        // Rounded up to the first epoch of a deadline of this miner.
        let cleanup = self.first_of_deadline(cleanup);
        for &info in infos {
            self.precommits.insert(info.number, PreCommit { info, at: now, deposit });
            self.cleanups.entry(cleanup).or_default().push(info.number);
        }
        Ok(effects)
    }

    /// The first epoch of a deadline, at or after `epoch`.
    fn first_of_deadline(&self, epoch: Epoch) -> Epoch {
        let deadline = self.holdings.calendar().current(epoch);
        if deadline.open == epoch { epoch } else { deadline.close }
    }

    fn check_number(&self, number: SectorNumber) -> Result<(), Refusal> {
        let is_used = self.precommits.contains_key(&number) || self.holdings.sector(number).is_some();
        if is_used { Err(Refusal::NumberUsed(number)) } else { Ok(()) }
    }

    /// Proves pre-committed sectors: their deposits are free, their pledge is locked, and they are assigned to
    /// deadlines.
    ///
    /// # Errors
    /// If a proof does not hold or is out of time, or money is short; then nothing has changed.
    pub fn prove_commit(
        &mut self,
        proofs: &[(SectorNumber, Checked)],
        terms: &Conditions<'_>,
        balance: AttoFil,
    ) -> Result<Effects, Refusal> {
        self.prove_commit_with(proofs, &BTreeMap::new(), terms, balance)
    }

    /// The same; sectors that are named hold what market and registry found to be in them, whatever was promised.
    ///
    /// # Errors
    /// As [`MinerActor::prove_commit`].
    pub fn prove_commit_with(
        &mut self,
        proofs: &[(SectorNumber, Checked)],
        contents: &BTreeMap<SectorNumber, Contents>,
        terms: &Conditions<'_>,
        balance: AttoFil,
    ) -> Result<Effects, Refusal> {
        let now = terms.now;
        let mut found = Vec::with_capacity(proofs.len());
        for &(number, holds) in proofs {
            let precommit = self.precommits.get(&number).ok_or(Refused::NoSector(number))?;
            let from = precommit.at + terms.policy.precommit_challenge_delay + Epochs::ONE;
            let until = precommit.at + terms.policy.max_prove_commit_duration;
            if now < from || now > until {
                return Err(Refusal::OutOfTime { from, until });
            }
            if !holds.0 {
                return Err(Refusal::BadProof);
            }
            let mut precommit = *precommit;
            precommit.info.contents = contents.get(&number).copied().unwrap_or(precommit.info.contents);
            found.push(precommit);
        }
        let mut loads = self.holdings.loads(now);
        let places = assign_sectors(terms.policy, &mut loads, terms.partition_sectors, found.len());
        let places = places.ok_or(Refusal::Full)?;
        let sectors: Vec<Sector> = found
            .iter()
            .zip(places)
            .map(|(precommit, place)| self.make(&precommit.info, place as u16, terms))
            .collect();
        let deposits: AttoFil = found.iter().map(|precommit| precommit.deposit).sum();
        let needed: AttoFil = sectors.iter().map(|sector| sector.pledge).sum();
        // A debt may stay: only what is unlocked counts here, without what has vested and nothing has unlocked yet
        // (builtin-actors, activate_new_sector_infos).
        let available = self.funds.unlocked(balance) + deposits;
        if available < needed {
            return Err(Refusal::Funds { needed, available });
        }
        let mut effects = Effects::default();
        self.funds.deposits -= deposits;
        self.lock_pledge(&sectors, needed, terms, &mut effects);
        for number in found.iter().map(|precommit| precommit.info.number) {
            self.precommits.remove(&number);
        }
        Ok(effects)
    }

    /// Commits capacity with non-interactive proofs (FIP-0092): no pre-commit, no deposit; the miner names the
    /// deadline.
    ///
    /// # Errors
    /// If the deadline cannot be changed now, something about a sector is not right, or money is short; then nothing
    /// has changed.
    pub fn prove_commit_ni(
        &mut self,
        infos: &[(PreCommitInfo, Checked)],
        deadline: u16,
        terms: &Conditions<'_>,
        balance: AttoFil,
    ) -> Result<Effects, Refusal> {
        let now = terms.now;
        if now <= self.barred_until {
            return Err(Refusal::Barred(self.barred_until));
        }
        if deadline >= self.holdings.calendar().deadlines()
            || !self.holdings.calendar().is_mutable(deadline, now)
        {
            return Err(Refusal::Deadline(deadline));
        }
        for (info, holds) in infos {
            let age = now - info.ticket;
            if age <= Epochs::ZERO || age > terms.policy.non_interactive_lookback {
                return Err(Refusal::Ticket(info.ticket));
            }
            self.check_number(info.number)?;
            if !info.contents.is_capacity() {
                return Err(Refusal::State(info.number));
            }
            check_expiration(terms.policy, now, now, info.expiration)?;
            if !holds.0 {
                return Err(Refusal::BadProof);
            }
        }
        if self.funds.unlocked(balance) < self.funds.debt() {
            return Err(Refusal::Debt(self.funds.debt()));
        }
        let sectors: Vec<Sector> = infos.iter().map(|(info, _)| self.make(info, deadline, terms)).collect();
        let needed: AttoFil = sectors.iter().map(|sector| sector.pledge).sum();
        let available = self.funds.available(balance);
        if available < needed {
            return Err(Refusal::Funds { needed, available });
        }
        let mut effects = Effects::default();
        self.clear_debt(balance, &mut effects)?;
        self.lock_pledge(&sectors, needed, terms, &mut effects);
        Ok(effects)
    }

    /// Adds new sectors and locks what they need.
    fn lock_pledge(
        &mut self,
        sectors: &[Sector],
        needed: AttoFil,
        terms: &Conditions<'_>,
        effects: &mut Effects,
    ) {
        self.funds.pledge += needed;
        effects.pledge += needed;
        for sector in sectors {
            self.holdings.add(*sector, terms.partition_sectors);
        }
    }

    /// A sector that is proven now.
    fn make(&self, info: &PreCommitInfo, deadline: u16, terms: &Conditions<'_>) -> Sector {
        let now = terms.now;
        let (qa, power): (_, PowerPair) = self.power_of(info.contents, now, info.expiration, terms);
        Sector {
            number: info.number,
            standing: Standing::Unproven,
            contents: info.contents,
            comm_r: info.comm_r,
            deadline,
            partition: 0,
            activation: now,
            power_base: now,
            expiration: info.expiration,
            power,
            pledge: terms.initial_pledge(qa) * self.weight,
            daily_fee: terms.daily_fee(qa) * self.weight,
            ends: info.expiration,
            ends_early: false,
            first_proven: None,
            faulty_since: None,
            ended: None,
            faulty_epochs: 0,
            at_activation: terms.at_activation(qa),
        }
    }
}
