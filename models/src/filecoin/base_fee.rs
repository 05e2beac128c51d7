//! The base fee of a chain as it moves from block to block.
//!
//! A tipset's messages move the fee of the next one, by the rule that the policy names ([`BaseFeeRule`]): how full the
//! blocks were, or the premium that was paid near the end of one block's worth of gas. What the simulated messages use
//! is known, times their weight; what everybody else uses is given from outside, the same in every tipset. A null round
//! leaves the fee as it is (FIP-0115); messages that were sent in one count with the next tipset.
//!
//! Source: lotus, chain/store/basefee.go.
//! Left out: messages that wait because blocks are full; every message is carried out in the epoch in which it is sent.

use super::gas;
use super::policy::{BaseFeeRule, Policy};
use crate::units::AttoFil;
use serde::{Deserialize, Serialize};

/// Messages by gas limit and premium.
pub type Messages = Vec<(i64, AttoFil)>;

/// What everybody who is not simulated uses in each tipset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OtherGas {
    /// Sum of the gas limits of their messages.
    pub limit: i64,
    /// What they offer for a unit of gas.
    pub premium: AttoFil,
}

impl OtherGas {
    /// Nobody else.
    pub const NONE: OtherGas = OtherGas { limit: 0, premium: AttoFil::ZERO };
}

/// The base fee, and what was used since the last block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BaseFee {
    fee: AttoFil,
    /// Gas limits of simulated messages, one entry a premium.
    used: Messages,
}

impl BaseFee {
    /// The fee of the first epoch.
    pub fn new(fee: AttoFil) -> Self {
        BaseFee { fee, used: Vec::new() }
    }

    /// What a unit of gas burns in this epoch.
    pub fn fee(&self) -> AttoFil {
        self.fee
    }

    /// Simulated messages of this epoch with so much gas together.
    pub fn record(&mut self, limit: i64, premium: AttoFil) {
        match self.used.iter_mut().find(|(_, known)| *known == premium) {
            Some((sum, _)) => *sum = sum.saturating_add(limit),
            None => self.used.push((limit, premium)),
        }
    }

    /// An epoch ends that had so many blocks.
    pub fn end_epoch(&mut self, policy: &Policy, others: &OtherGas, blocks: i64) {
        if blocks == 0 {
            return;
        }
        let mut messages = std::mem::take(&mut self.used);
        messages.push((others.limit, others.premium));
        self.fee = match policy.base_fee_rule {
            BaseFeeRule::Utilisation => {
                let gas = messages.iter().fold(0_i64, |sum, (limit, _)| sum.saturating_add(*limit));
                gas::base_fee_by_utilisation(policy, self.fee, gas, blocks)
            }
            BaseFeeRule::PremiumPercentile => {
                let premium = gas::percentile_premium(policy, &mut messages);
                gas::base_fee_by_premium(policy, self.fee, premium)
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filecoin::rulesets::RuleSet;

    fn policy(rules: &str) -> Policy {
        RuleSet::named(rules).expect("a rule set").policy()
    }

    /// The fee after each epoch, given gas of simulated messages at premium 7 and the number of blocks.
    fn steps(rules: &str, first: i128, others: OtherGas, epochs: &[(i64, i64)]) -> Vec<i128> {
        let (policy, mut fee) = (policy(rules), BaseFee::new(AttoFil::new(first)));
        let step = |&(gas, blocks): &(i64, i64)| {
            fee.record(gas, AttoFil::new(7));
            fee.end_epoch(&policy, &others, blocks);
            fee.fee().atto()
        };
        epochs.iter().map(step).collect()
    }

    #[test]
    fn by_utilisation_the_fee_follows_how_full_blocks_are() {
        let others = OtherGas { limit: 10_000_000_000, premium: AttoFil::ZERO };
        // Two blocks have a target of 5e9 each. 10e9 + 4e9 = 7e9 a block, 2/5 of the target over it: 1000 + 1000 x
        // 2/5 / 8 = 1050. Just the others: at the target, nothing changes. 10e9 + 10e9: full, 1050 + 131 (131.25
        // truncated). One block with 10e9: full as well, 1181 + 147. Ten blocks with 1e9 each: 4/5 under it, 1328 -
        // 132 (1062.4, then 132.75, each truncated).
        let epochs = [(4_000_000_000, 2), (0, 2), (10_000_000_000, 2), (0, 1), (0, 10)];
        assert_eq!(steps("nv27", 1_000, others, &epochs), [1_050, 1_050, 1_181, 1_328, 1_196]);
    }

    #[test]
    fn by_premium_the_fee_follows_what_the_last_eighth_of_a_block_pays() {
        let others = OtherGas { limit: 5_000_000_000, premium: AttoFil::new(300) };
        // 5e9 at 300 and 2e9 at 7 are 7e9, less than 8e9: the premium is 0, the fee falls by ceil(801/8) = 101. With
        // 3e9 the point is reached at 7: 700 + min(88, 7 - 88) = 619. Then 0 again: 619 - 78.
        let epochs = [(2_000_000_000, 5), (3_000_000_000, 5), (0, 5)];
        assert_eq!(steps("nv28", 801, others, &epochs), [700, 619, 541]);
        // Where others fill the block, the fee rises to where its eighth is half of what they pay: 100, + 13, + 15.
        let busy = OtherGas { limit: 25_000_000_000, premium: AttoFil::new(300) };
        assert_eq!(steps("nv28", 100, busy, &[(0, 5), (0, 5)]), [113, 128]);
    }

    #[test]
    fn a_null_round_leaves_the_fee_and_its_messages_count_with_the_next_block() {
        let epochs = [(6_000_000_000, 0), (4_000_000_000, 1)];
        assert_eq!(steps("nv27", 800, OtherGas::NONE, &epochs), [800, 900]);
        assert_eq!(steps("nv27", 100, OtherGas::NONE, &[(0, 1)]), [100], "the least there may be");
    }
}
