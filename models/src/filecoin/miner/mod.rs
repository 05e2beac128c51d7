//! A storage miner as the chain sees it: its actor, which answers messages and is called at the end of deadlines.
//!
//! ```text
//!   period      when deadlines open and close         funds      what is free, what is owed, who is paid first
//!   life        how long a sector may live            commit     pre-commit, prove-commit, non-interactive proofs
//!   sector      one sector and where it stands        proving    Window PoSt, faults, recoveries, disputes
//!   holdings    sectors in deadlines and partitions   terms_of   extension, replica update, termination
//!   fault       consensus faults                      cron       end of a deadline, early terminations, rewards
//! ```
//!
//! The actor is a machine: the state of the network ([`Conditions`]), its own balance and a message go in; what
//! changed in power, pledge and money comes out ([`Effects`]), or a refusal and nothing has changed. It posts
//! nothing and proves nothing: whether a proof holds is said by whoever computed it ([`Checked`]).
//!
//! A simulated sector may stand for several nominal ones (its weight): power, deposits, pledge and fees are those of
//! one nominal sector times the weight, so that rounding is per nominal sector as on the chain.
//!
//! Sources: builtin-actors, actors/miner/src/{lib,state}.rs; what each part follows is said there.
//! Left out: worker-key changes, control addresses, beneficiaries (FIP-0029), moving of partitions (FIP-0070, whose
//! method the actor does not export). Deals hook in at activation and termination: [`super::chain`].

mod commit;
mod cron;
mod fault;
pub mod funds;
pub mod holdings;
pub mod life;
pub mod period;
mod proving;
pub mod sector;
mod terms_of;

pub use commit::PreCommitInfo;
pub use cron::DeadlineEnd;
pub use funds::Funds;

use super::conditions::Conditions;
use super::ledger::Reason;
use super::market::onboard::OnboardRefusal;
use super::market::verified::ExtensionFault;
use super::power::PowerPair;
use crate::ids::MinerId;
use crate::units::{AttoFil, Epoch, Power};
use commit::PreCommit;
use holdings::{Holdings, Refused};
use life::BadExpiration;
use period::Calendar;
use sector::{Contents, SectorNumber};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What somebody who computed it says about a proof: whether it holds.
///
/// Bytes do not change after they were sent, so a proof is computed once, when it is made; the actor looks at the
/// answer only where the chain would compute it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checked(pub bool);

/// What a message or callback did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Effects {
    /// Change of the miner's claim.
    pub power: PowerPair,
    /// Change of its initial pledge and locked rewards.
    pub pledge: AttoFil,
    /// What its actor burns, and why.
    pub burns: Vec<(Reason, AttoFil)>,
    /// What it pays to whoever reported it, and for what; part of no burn.
    pub to_reporter: Option<(Reason, AttoFil)>,
}

impl Effects {
    fn take(&mut self, repaid: funds::Repaid) {
        self.burns.extend(repaid.burns);
        self.pledge -= repaid.unlocked;
    }

    /// All that leaves the miner's account.
    pub fn paid(&self) -> AttoFil {
        let all = self.burns.iter().chain(&self.to_reporter);
        all.map(|&(_, amount)| amount).sum()
    }

    /// Gives whoever reported a fault a reward out of what is burnt, which is the most that it can be. The last
    /// burns give it: debts are paid oldest first, and the fault's is the newest.
    fn reward_reporter(&mut self, reason: Reason, most: AttoFil) {
        let mut left = most.min(self.paid());
        self.to_reporter = Some((reason, left));
        while !left.is_zero() {
            let (_, last) = self.burns.last_mut().expect("no more is taken than is there");
            let part = left.min(*last);
            *last -= part;
            left -= part;
            if last.is_zero() {
                self.burns.pop();
            }
        }
    }
}

/// Why a message is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// It names sectors, partitions or proofs that are not there.
    #[error(transparent)]
    Sectors(#[from] Refused),
    /// An expiration is out of bounds.
    #[error(transparent)]
    Expiration(#[from] BadExpiration),
    /// A sector number was used before.
    #[error("sector number {} was used before", .0.0)]
    NumberUsed(SectorNumber),
    /// A ticket is too old or from the future.
    #[error("the ticket of epoch {0} cannot be used")]
    Ticket(Epoch),
    /// Money is short.
    #[error("needs {needed:?}, has {available:?}")]
    Funds {
        /// What the message locks or takes.
        needed: AttoFil,
        /// What there is.
        available: AttoFil,
    },
    /// The debt must be paid first and cannot.
    #[error("a debt of {0:?} must be paid first")]
    Debt(AttoFil),
    /// The miner is barred for a consensus fault.
    #[error("barred until epoch {0}")]
    Barred(Epoch),
    /// A consensus fault is reported before its epoch is over, or was punished already.
    #[error("a fault of epoch {0} cannot be reported")]
    Fault(Epoch),
    /// Too early or too late to prove a pre-commit.
    #[error("a proof may come from epoch {from} to {until}")]
    OutOfTime {
        /// First epoch.
        from: Epoch,
        /// Last epoch.
        until: Epoch,
    },
    /// A proof was computed and does not hold.
    #[error("the proof does not hold")]
    BadProof,
    /// The deadline is not open, or cannot be changed now.
    #[error("not at this time for deadline {0}")]
    Deadline(u16),
    /// No deadline has room.
    #[error("no deadline has room")]
    Full,
    /// A sector is not in the state that the message needs.
    #[error("sector {} is not in a state for this", .0.0)]
    State(SectorNumber),
    /// A deal or a claim does not come into its sector.
    #[error(transparent)]
    Onboard(#[from] OnboardRefusal),
    /// Claims do not last as long as a sector is to be committed.
    #[error(transparent)]
    Claims(#[from] ExtensionFault),
}

/// The actor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MinerActor {
    id: MinerId,
    /// Nominal sectors that one simulated sector stands for.
    weight: i64,
    holdings: Holdings,
    precommits: BTreeMap<SectorNumber, PreCommit>,
    /// Pre-commits by the epoch at which they are given up.
    cleanups: BTreeMap<Epoch, Vec<SectorNumber>>,
    funds: Funds,
    /// Barred from elections, pre-commits and recoveries until then.
    barred_until: Epoch,
}

impl MinerActor {
    /// A miner without sectors.
    pub fn new(id: MinerId, weight: u32, calendar: Calendar) -> Self {
        MinerActor {
            id,
            weight: i64::from(weight),
            holdings: Holdings::new(calendar),
            precommits: BTreeMap::new(),
            cleanups: BTreeMap::new(),
            funds: Funds::new(),
            barred_until: Epoch::GENESIS,
        }
    }

    /// Who it is.
    pub fn id(&self) -> MinerId {
        self.id
    }

    /// Its sectors.
    pub fn holdings(&self) -> &Holdings {
        &self.holdings
    }

    /// Its money.
    pub fn funds(&self) -> &Funds {
        &self.funds
    }

    /// Sectors that are pre-committed and not proven.
    pub fn precommits(&self) -> impl Iterator<Item = &PreCommit> {
        self.precommits.values()
    }

    /// Whether it may produce blocks as far as debts and consensus faults go.
    /// Source: lotus, chain/stmgr/actors.go (MinerEligibleToMine).
    pub fn may_mine(&self, now: Epoch) -> bool {
        self.funds.debt().is_zero() && now > self.barred_until
    }

    /// What must be in its account whatever happens, and what is counted into the network's pledge total.
    pub fn pledged(&self) -> AttoFil {
        self.funds.pledge + self.funds.locked()
    }

    /// The next epoch after `now` at whose end the actor has something to do; none if nothing is left.
    ///
    /// The chain calls every miner at all 48 deadlines of a day. At a deadline in which nothing lives, with no debt,
    /// no pre-commit to give up and nothing that has vested since the last call, such a call does nothing, so it is
    /// left out. Rewards vest at two epochs of a day: right before a period starts and right before its half
    /// (vesting epochs are those of the period's start and half, and count strictly after).
    pub fn next_call(&self, now: Epoch) -> Option<Epoch> {
        let after = now + crate::units::Epochs::ONE;
        let calendar = self.holdings.calendar();
        let last = |index: u16| calendar.next(index, after).last();
        let mut next = self.holdings.live_deadlines().map(last).min();
        let mut consider = |epoch: Epoch| next = Some(next.map_or(epoch, |other| other.min(epoch)));
        if !self.funds.debt().is_zero() {
            consider(calendar.current(after).last());
        }
        if !self.funds.locked().is_zero() {
            consider(last(0).min(last(calendar.deadlines() / 2)));
        }
        if let Some((&epoch, _)) = self.cleanups.first_key_value() {
            // Given up at the end of the first deadline that ends after it.
            consider(calendar.current(epoch.max(after)).last());
        }
        next
    }

    /// Power of a sector: of one nominal sector, and of all it stands for.
    fn power_of(
        &self,
        contents: Contents,
        from: Epoch,
        until: Epoch,
        terms: &Conditions<'_>,
    ) -> (Power, PowerPair) {
        let size = terms.sector_size;
        let qa = terms.qa_power(size, until - from, contents.verified);
        let times = |power: Power| power.floor_mul(i128::from(self.weight), 1);
        (qa, PowerPair { raw: times(Power::new(i128::from(size))), qa: times(qa) })
    }

    /// Pays the whole debt, as pre-commits, recoveries and withdrawals demand.
    fn clear_debt(&mut self, balance: AttoFil, effects: &mut Effects) -> Result<(), Refusal> {
        let burns = self.funds.repay_all(balance).ok_or(Refusal::Debt(self.funds.debt()))?;
        effects.burns.extend(burns);
        Ok(())
    }

    /// What is wrong with its books: invariants of every miner at every epoch.
    pub fn check(&self, balance: AttoFil, claim: PowerPair, broken: &mut Vec<String>) {
        let mut own = Vec::new();
        if self.funds.unlocked(balance).is_negative() {
            own.push(format!("{balance:?} do not cover {:?}", self.funds));
        }
        let deposits: AttoFil = self.precommits.values().map(|precommit| precommit.deposit).sum();
        if deposits != self.funds.deposits {
            own.push(format!("deposits {:?}, of pre-commits {deposits:?}", self.funds.deposits));
        }
        let live = self.holdings.sectors().filter(|sector| sector.standing.is_live());
        let pledge: AttoFil = live.map(|sector| sector.pledge).sum();
        if pledge != self.funds.pledge {
            own.push(format!("pledge {:?}, of sectors {pledge:?}", self.funds.pledge));
        }
        let active =
            (0..self.holdings.calendar().deadlines()).filter_map(|index| self.holdings.deadline(index));
        let power = active.fold(PowerPair::ZERO, |sum, state| sum + state.power.active());
        if power != claim {
            own.push(format!("claim {claim:?}, of sectors {power:?}"));
        }
        self.holdings.check(&mut own);
        broken.extend(own.into_iter().map(|what| format!("miner {}: {what}", self.id.0)));
    }
}
