//! What a consensus fault costs its miner.
//!
//! The fee is the reward of five wins by the smoothed reward of an epoch, paid as every penalty; whoever reported the
//! fault gets a fourth of one win's out of what is burnt, at most. For 900 epochs from the report on the miner wins
//! nothing, and neither pre-commits nor declares recoveries. Faults from before the end of that time are not punished
//! again: the first report counts.
//!
//! Source: builtin-actors, actors/miner/src/lib.rs (report_consensus_fault); FIP-0011.

use super::{Effects, MinerActor, Refusal};
use crate::filecoin::conditions::Conditions;
use crate::filecoin::consensus_fault::ConsensusFault;
use crate::filecoin::ledger::Reason;
use crate::units::AttoFil;

impl MinerActor {
    /// Somebody reports a fault of this miner.
    ///
    /// # Errors
    /// If its epoch is not over, or is before the end of the miner's last exclusion; then nothing has changed.
    pub fn report_consensus_fault(
        &mut self,
        fault: &ConsensusFault,
        terms: &Conditions<'_>,
        balance: AttoFil,
    ) -> Result<Effects, Refusal> {
        assert_eq!(fault.miner, self.id, "a report goes to the miner that it is about");
        if fault.epoch >= terms.now || fault.epoch < self.barred_until {
            return Err(Refusal::Fault(fault.epoch));
        }
        let mut effects = Effects::default();
        self.funds.charge(Reason::ConsensusFault, terms.consensus_fault_fee());
        effects.take(self.funds.repay(terms.now, balance));
        effects.reward_reporter(Reason::FaultReporter, terms.consensus_fault_reward());
        self.barred_until = terms.now + terms.policy.consensus_fault_exclusion;
        Ok(effects)
    }
}
