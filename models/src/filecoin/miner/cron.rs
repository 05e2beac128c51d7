//! What the chain does to a miner at the end of an epoch: settles its deadline, pays it for a block.
//!
//! Order at the end of a deadline (builtin-actors, actors/miner/src/lib.rs, handle_proving_deadline):
//! 1. deposits of pre-commits that were never proven are added to the debt;
//! 2. partitions without a proof become faulty, sectors whose time has come end;
//! 3. the fault fee, on power that was faulty before 2: so a missed proof costs nothing the first time (FIP-0002),
//!    while declared and skipped faults pay at once;
//! 4. the daily fee of what still lives, at most half of its expected reward of a day (FIP-0100);
//! 5. the debt is paid as far as it can be; rewards vest;
//! 6. sectors that have been faulty for too long pay their termination fee.

use super::sector::SectorNumber;
use super::{Effects, MinerActor};
use crate::filecoin::conditions::Conditions;
use crate::filecoin::ledger::Reason;
use crate::filecoin::vesting::{VestingSpec, locked_reward};
use crate::units::{AttoFil, Power};

/// What the end of a deadline did, beside its effects.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeadlineEnd {
    /// The deadline, if one ended.
    pub deadline: Option<u16>,
    /// Quality-adjusted power whose proof is missing.
    pub missed: Power,
    /// Sectors that ended on time.
    pub expired: Vec<SectorNumber>,
    /// Sectors that ended because they were faulty for too long.
    pub too_long: Vec<SectorNumber>,
    /// Sectors whose pre-commit was given up.
    pub given_up: Vec<SectorNumber>,
}

impl MinerActor {
    /// The last epoch of a deadline ends, or one at which rewards vest.
    pub fn end_of_epoch(&mut self, terms: &Conditions<'_>, balance: AttoFil) -> (Effects, DeadlineEnd) {
        let deadline = self.holdings.calendar().current(terms.now);
        let mut effects = Effects::default();
        if deadline.last() != terms.now {
            effects.take(self.funds.repay(terms.now, balance));
            return (effects, DeadlineEnd::default());
        }
        let given_up = self.give_up_precommits(terms);
        let settled = self.holdings.settle(deadline, terms.policy.fault_max_age, terms.now);
        self.funds.pledge -= settled.pledge;
        effects.pledge -= settled.pledge;
        effects.power = settled.power;
        self.funds.charge(Reason::FaultFee, terms.fault_fee(settled.faulty_before));
        self.funds.charge(Reason::DailyFee, terms.daily_fee_due(settled.daily_fee, settled.live));
        effects.take(self.funds.repay(terms.now, balance));
        if !settled.too_long.is_empty() {
            self.pay_for_early_ends(&settled.too_long, terms, balance, &mut effects);
        }
        let end = DeadlineEnd {
            deadline: Some(deadline.index),
            missed: settled.missed,
            expired: settled.expired,
            too_long: settled.too_long,
            given_up,
        };
        (effects, end)
    }

    fn give_up_precommits(&mut self, terms: &Conditions<'_>) -> Vec<SectorNumber> {
        let mut given_up = Vec::new();
        while let Some(entry) = self.cleanups.first_entry().filter(|entry| *entry.key() <= terms.now) {
            // Those that were proven in time are gone from the pre-commits.
            given_up.extend(entry.remove().into_iter().filter(|number| self.precommits.contains_key(number)));
        }
        for number in &given_up {
            let precommit = self.precommits.remove(number).expect("filtered above");
            self.funds.deposits -= precommit.deposit;
            self.funds.charge(Reason::MissedPreCommit, precommit.deposit);
        }
        given_up
    }

    /// The actor comes into being with its owner's deposit, which is locked (FIP-0077).
    ///
    /// The constructor of actors v17 and v18 does not tell the power actor of it, so that the total of pledge there
    /// falls short by what has vested of deposits since; here the total is the sum of what miners hold.
    pub fn create(&mut self, deposit: AttoFil, terms: &Conditions<'_>) -> Effects {
        self.lock(deposit, terms);
        Effects { pledge: deposit, ..Effects::default() }
    }

    /// Locks an amount that vests as a reward does.
    fn lock(&mut self, amount: AttoFil, terms: &Conditions<'_>) {
        let period_start = self.holdings.calendar().period_start(terms.now);
        self.funds.lock(amount, terms.now, period_start, &VestingSpec::of(terms.policy));
    }

    /// A block was paid: `reward`, tips included, is in the account. Three quarters are locked (FIP-0004); debts are
    /// paid from what there is. Source: builtin-actors, actors/miner/src/lib.rs (apply_rewards).
    pub fn apply_reward(&mut self, reward: AttoFil, terms: &Conditions<'_>, balance: AttoFil) -> Effects {
        let locked = locked_reward(terms.policy, reward);
        let vested = self.funds.vest(terms.now);
        self.lock(locked, terms);
        let mut effects = Effects { pledge: locked - vested, ..Effects::default() };
        effects.take(self.funds.repay(terms.now, balance));
        effects
    }
}
