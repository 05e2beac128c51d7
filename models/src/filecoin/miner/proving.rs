//! Proofs, faults and recoveries as messages.
//!
//! - A Window PoSt comes while its deadline is open. One that recovers power is verified at once and refused if it
//!   does not hold; any other is believed, and may be disputed for 1,800 epochs after the deadline has closed
//!   (FIP-0010).
//! - Faults and recoveries are declared before the cut-off of the deadline's next instance, 70 epochs before it
//!   opens. A recovery needs all debts paid first; a declared fault does not.
//!
//! Source: builtin-actors, actors/miner/src/lib.rs (submit_windowed_post, declare_faults, declare_faults_recovered,
//! dispute_windowed_post).

use super::holdings::{PartitionProof, Refused, StoredProof};
use super::period::Deadline;
use super::sector::{SectorNumber, Standing};
use super::{Checked, Effects, MinerActor, Refusal};
use crate::filecoin::conditions::Conditions;
use crate::filecoin::ledger::Reason;
use crate::units::AttoFil;
use std::collections::BTreeSet;

impl MinerActor {
    /// A Window PoSt for partitions of the open deadline.
    ///
    /// # Errors
    /// If the deadline is not open, a partition is not there or was proven, or the proof would recover power and does
    /// not hold; then nothing has changed.
    pub fn submit_window_post(
        &mut self,
        deadline: u16,
        proofs: &[PartitionProof],
        holds: Checked,
        terms: &Conditions<'_>,
    ) -> Result<Effects, Refusal> {
        let open = self.holdings.calendar().current(terms.now);
        if open.index != deadline {
            return Err(Refusal::Deadline(deadline));
        }
        let recovers = proofs.iter().any(|proof| self.recovers(deadline, proof));
        if recovers && !holds.0 {
            return Err(Refusal::BadProof);
        }
        let proven = self.holdings.prove(open, proofs, terms.policy.fault_max_age, terms.now)?;
        if !recovers {
            let partitions = proofs.iter().map(|proof| proof.partition).collect();
            self.holdings.keep_proof(deadline, StoredProof { partitions, holds: holds.0 });
        }
        Ok(Effects { power: proven.power, ..Effects::default() })
    }

    /// Whether a proof would recover power.
    fn recovers(&self, deadline: u16, proof: &PartitionProof) -> bool {
        let state = self.holdings.deadline(deadline);
        let Some(partition) = state.and_then(|state| state.partitions.get(proof.partition as usize)) else {
            return false;
        };
        if partition.power.recovering.is_zero() {
            return false;
        }
        let recovering = |number: &&SectorNumber| {
            let sector = self.holdings.sector(**number);
            sector.is_some_and(|sector| sector.standing == Standing::Recovering)
        };
        partition.sectors.iter().filter(recovering).any(|number| !proof.skipped.contains(number))
    }

    /// The next instance of a deadline for which faults and recoveries may still be declared.
    fn declarable(&self, deadline: u16, terms: &Conditions<'_>) -> Result<Deadline, Refusal> {
        if deadline >= self.holdings.calendar().deadlines() {
            return Err(Refusal::Deadline(deadline));
        }
        let next = self.holdings.calendar().next(deadline, terms.now);
        if terms.now < next.cutoff { Ok(next) } else { Err(Refusal::Deadline(deadline)) }
    }

    /// Declares sectors of a deadline faulty.
    ///
    /// # Errors
    /// If it is too late for that deadline, or a sector is not in it; then nothing has changed.
    pub fn declare_faults(
        &mut self,
        deadline: u16,
        sectors: &[SectorNumber],
        terms: &Conditions<'_>,
    ) -> Result<Effects, Refusal> {
        let next = self.declarable(deadline, terms)?;
        let power = self.holdings.declare_faults(next, sectors, terms.policy.fault_max_age, terms.now)?;
        Ok(Effects { power, ..Effects::default() })
    }

    /// Declares that faulty sectors of a deadline will be proven again.
    ///
    /// # Errors
    /// If the debt cannot be paid in full, the miner is barred, it is too late for that deadline, or a sector is not
    /// in it; then nothing has changed.
    pub fn declare_recoveries(
        &mut self,
        deadline: u16,
        sectors: &[SectorNumber],
        terms: &Conditions<'_>,
        balance: AttoFil,
    ) -> Result<Effects, Refusal> {
        self.declarable(deadline, terms)?;
        if terms.now <= self.barred_until {
            return Err(Refusal::Barred(self.barred_until));
        }
        if self.funds.unlocked(balance) < self.funds.debt() {
            return Err(Refusal::Debt(self.funds.debt()));
        }
        self.holdings.declare_recoveries(deadline, sectors)?;
        let mut effects = Effects::default();
        self.clear_debt(balance, &mut effects)?;
        Ok(effects)
    }

    /// Somebody says that a proof of a deadline's last instance does not hold. If so, what it was for is faulty, the
    /// miner pays, and whoever said it gets a part of what was paid: the penalty is the fee and that part on top of it
    /// (builtin-actors, actors/miner/src/lib.rs, dispute_windowed_post).
    ///
    /// The fee here is for the power that is struck now; sectors that ended between the proof and the dispute, which
    /// the actor still counts, are left out: a proof can be disputed for 15 hours, in which hardly any do.
    ///
    /// # Errors
    /// If nothing of that deadline may be disputed now, there is no such proof, or it holds; then nothing has changed.
    pub fn dispute(
        &mut self,
        deadline: u16,
        place: usize,
        terms: &Conditions<'_>,
        balance: AttoFil,
    ) -> Result<Effects, Refusal> {
        let last = self.holdings.calendar().previous(deadline, terms.now);
        if terms.now >= last.close + terms.policy.dispute_window {
            return Err(Refusal::Deadline(deadline));
        }
        let proof = self.holdings.disputable(deadline).get(place).ok_or(Refused::NoProof(place))?;
        if proof.holds {
            return Err(Refusal::BadProof);
        }
        let power = self.holdings.strike(last, place, terms.policy.fault_max_age, terms.now)?;
        let mut effects = Effects { power, ..Effects::default() };
        let penalty = terms.invalid_post_fee((-power).qa) + terms.dispute_reward();
        self.funds.charge(Reason::InvalidPost, penalty);
        effects.take(self.funds.repay(terms.now, balance));
        effects.reward_reporter(Reason::ReporterReward, terms.dispute_reward());
        Ok(effects)
    }

    /// Takes partitions of a deadline apart: ended sectors are forgotten there, live ones fill up what is left.
    ///
    /// # Errors
    /// If the deadline is open, next or may still be disputed, or one of the partitions is not there or has a faulty
    /// or unproven sector; then nothing has changed. Source: builtin-actors, actors/miner/src/lib.rs
    /// (compact_partitions), deadlines.rs (deadline_available_for_compaction), deadline_state.rs.
    pub fn compact_partitions(
        &mut self,
        deadline: u16,
        partitions: &BTreeSet<u32>,
        terms: &Conditions<'_>,
    ) -> Result<Effects, Refusal> {
        let calendar = self.holdings.calendar();
        let is_available = deadline < calendar.deadlines()
            && calendar.is_mutable(deadline, terms.now)
            && terms.now >= calendar.previous(deadline, terms.now).close + terms.policy.dispute_window;
        if !is_available {
            return Err(Refusal::Deadline(deadline));
        }
        self.holdings.compact(deadline, partitions, terms.partition_sectors)?;
        Ok(Effects::default())
    }
}
