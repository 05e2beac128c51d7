//! The network as messages and callbacks of one epoch see it, and what they work out from it.
//!
//! An outlook (what a byte earns in a span of time) is the same for everybody in an epoch and costs some thousand
//! operations on wide numbers, so each is worked out when it is first asked for, once.

use super::monies::{self, NetworkEstimates, PledgeInputs, RewardAtActivation, RewardOutlook};
use super::policy::{Policy, TerminationRule};
use super::quality::{self, SectorSpace};
use crate::units::{AttoFil, Epoch, Epochs, Power};
use std::cell::OnceCell;

/// The network in one epoch.
#[derive(Debug)]
pub struct Conditions<'a> {
    /// The epoch.
    pub now: Epoch,
    /// Protocol parameters.
    pub policy: &'a Policy,
    /// Nominal bytes of a sector.
    pub sector_size: u64,
    /// Sectors that are proven together.
    pub partition_sectors: u64,
    /// Smoothed reward and power.
    pub estimates: NetworkEstimates,
    /// Baseline, supply, age of the ramp of FIP-0081.
    pub pledge_inputs: PledgeInputs,
    outlooks: Outlooks,
}

#[derive(Debug, Default)]
struct Outlooks {
    deposit: OnceCell<RewardOutlook>,
    pledge: OnceCell<RewardOutlook>,
    fault: OnceCell<RewardOutlook>,
    invalid_post: OnceCell<RewardOutlook>,
    day: OnceCell<RewardOutlook>,
    upfront: OnceCell<RewardOutlook>,
    termination: OnceCell<RewardOutlook>,
}

impl<'a> Conditions<'a> {
    /// The conditions of an epoch.
    pub fn new(
        now: Epoch,
        policy: &'a Policy,
        sector_size: u64,
        partition_sectors: u64,
        estimates: NetworkEstimates,
        pledge_inputs: PledgeInputs,
    ) -> Self {
        Conditions {
            now,
            policy,
            sector_size,
            partition_sectors,
            estimates,
            pledge_inputs,
            outlooks: Outlooks::default(),
        }
    }

    fn outlook(&self, cell: &OnceCell<RewardOutlook>, span: Epochs) -> RewardOutlook {
        *cell.get_or_init(|| RewardOutlook::new(&self.estimates, span))
    }

    fn fault_outlook(&self) -> RewardOutlook {
        self.outlook(&self.outlooks.fault, self.policy.fault_fee_projection)
    }

    fn day_outlook(&self) -> RewardOutlook {
        self.outlook(&self.outlooks.day, Epochs::from_days(1))
    }

    /// Quality-adjusted power of a sector with so many verified bytes for a whole life of `life`.
    pub fn qa_power(&self, size: u64, life: Epochs, verified: u64) -> Power {
        let (size, verified) = (Power::new(i128::from(size)), Power::new(i128::from(verified)));
        let space = SectorSpace { size, duration: life, verified: quality::claim_weight(verified, life) };
        quality::qa_power(self.policy, &space)
    }

    /// The deposit of a pre-commit, of one nominal sector.
    pub fn precommit_deposit(&self) -> AttoFil {
        let span = self.policy.precommit_deposit_projection;
        let outlook = self.outlook(&self.outlooks.deposit, span);
        let full = quality::full_qa_power(self.policy, Power::new(i128::from(self.sector_size)));
        monies::precommit_deposit(&outlook, full)
    }

    /// The initial pledge of a sector of so much quality-adjusted power.
    pub fn initial_pledge(&self, qa: Power) -> AttoFil {
        let outlook = self.outlook(&self.outlooks.pledge, self.policy.pledge_projection);
        monies::initial_pledge(self.policy, &self.pledge_inputs, &self.estimates, &outlook, qa)
    }

    /// What a new miner deposits (FIP-0077).
    pub fn create_miner_deposit(&self) -> AttoFil {
        let outlook = self.outlook(&self.outlooks.pledge, self.policy.pledge_projection);
        monies::create_miner_deposit(self.policy, &self.pledge_inputs, &self.estimates, &outlook)
    }

    /// The daily fee of a sector of so much quality-adjusted power.
    pub fn daily_fee(&self, qa: Power) -> AttoFil {
        monies::daily_fee(self.policy, self.pledge_inputs.circulating, qa)
    }

    /// What of the daily fees of a deadline is due, given the power that lives in it.
    pub fn daily_fee_due(&self, fees: AttoFil, live: Power) -> AttoFil {
        if fees.is_zero() {
            return AttoFil::ZERO;
        }
        monies::daily_fee_due(self.policy, fees, &self.day_outlook(), live)
    }

    /// What so much power is expected to earn in a day.
    pub fn day_reward(&self, qa: Power) -> AttoFil {
        self.day_outlook().of(qa)
    }

    /// The fee for power that was faulty when its deadline ended.
    pub fn fault_fee(&self, faulty: Power) -> AttoFil {
        if faulty == Power::ZERO {
            return AttoFil::ZERO;
        }
        monies::fault_fee(&self.fault_outlook(), faulty)
    }

    /// The fee for power of a disputed proof.
    pub fn invalid_post_fee(&self, disputed: Power) -> AttoFil {
        let span = self.policy.invalid_post_projection;
        let outlook = self.outlook(&self.outlooks.invalid_post, span);
        monies::invalid_post_penalty(self.policy, &outlook, disputed)
    }

    /// What whoever disputes a proof gets, at most.
    pub fn dispute_reward(&self) -> AttoFil {
        self.policy.invalid_post_reporter
    }

    /// The fee for a consensus fault.
    pub fn consensus_fault_fee(&self) -> AttoFil {
        monies::consensus_fault_penalty(self.policy, AttoFil::new(self.estimates.reward.estimate()))
    }

    /// What whoever reports a consensus fault gets, at most.
    pub fn consensus_fault_reward(&self) -> AttoFil {
        monies::consensus_fault_reward(self.policy, AttoFil::new(self.estimates.reward.estimate()))
    }

    /// What the older termination rule remembers of a sector's activation; nothing under the newer one.
    pub fn at_activation(&self, qa: Power) -> RewardAtActivation {
        match self.policy.termination_rule {
            TerminationRule::InitialPledge => RewardAtActivation::default(),
            TerminationRule::ExpectedReward => RewardAtActivation {
                day: self.day_outlook().of(qa),
                upfront: self.outlook(&self.outlooks.upfront, self.policy.termination_reward_upfront).of(qa),
                ..RewardAtActivation::default()
            },
        }
    }

    /// The fee for a sector that ends before its time.
    pub fn termination_fee(
        &self,
        pledge: AttoFil,
        at_activation: &RewardAtActivation,
        age: Epochs,
        qa: Power,
    ) -> AttoFil {
        match self.policy.termination_rule {
            TerminationRule::InitialPledge => {
                monies::termination_fee(self.policy, pledge, age, self.fault_fee(qa))
            }
            TerminationRule::ExpectedReward => {
                let outlook = self.outlook(&self.outlooks.termination, self.policy.termination_reward_floor);
                monies::termination_fee_by_reward(self.policy, at_activation, age, &outlook, qa)
            }
        }
    }
}
