//! Gas: the base fee that every unit burns, what a message burns and tips, and the fee of aggregated commitments.
//!
//! After Lotus, chain/store/basefee.go and chain/vm/burn.go; FIP-0115 (base fee by premium percentile), FIP-0013 and
//! FIP-0024 (batch fee), FIP-0100 (its end). How much gas a message uses is the virtual machine's matter: here it is
//! an argument. The rule of before Smoke (September 2020) is left out.

use super::policy::{Policy, Share};
use crate::units::AttoFil;

/// The next base fee by utilisation: up or down by at most an eighth, as blocks are over or under half full.
///
/// `gas` is the sum of gas limits. Divisions truncate. Source: Lotus, basefee.go (before nv28).
///
/// # Panics
/// If there is no block.
pub fn base_fee_by_utilisation(policy: &Policy, base: AttoFil, gas: i64, blocks: i64) -> AttoFil {
    assert!(blocks > 0, "a tipset without blocks");
    let target = policy.block_gas_limit / 2;
    let over = i128::from((gas / blocks - target).clamp(-target, target));
    let change = base.atto() * over / i128::from(target) / i128::from(policy.base_fee_change);
    AttoFil::new(base.atto() + change).max(policy.base_fee_min)
}

/// The next base fee by the percentile premium: it falls by an eighth and rises by what messages near the end of a full
/// block pay, up to an eighth over where it was. Source: FIP-0115 (nv28).
pub fn base_fee_by_premium(policy: &Policy, base: AttoFil, premium: AttoFil) -> AttoFil {
    let change = i128::from(policy.base_fee_change);
    let most = AttoFil::new((base.atto() + change - 1).div_euclid(change));
    (base + most.min(premium - most)).max(policy.base_fee_min)
}

/// The premium that FIP-0115 reads: messages in one block's worth of gas, dearest first, at the point where eight
/// tenths of it are filled; nothing if there are not that many.
///
/// `messages` is sorted by premium, highest first, in place.
pub fn percentile_premium(policy: &Policy, messages: &mut [(i64, AttoFil)]) -> AttoFil {
    messages.sort_by_key(|(_, premium)| std::cmp::Reverse(*premium));
    let Share { num, den } = policy.base_fee_percentile;
    // The unit of gas at that point, counted from zero, is the last one before it.
    let point = (i128::from(policy.block_gas_limit) * num / den - 1).max(0);
    let mut filled = 0;
    for (limit, premium) in messages.iter() {
        filled += i128::from(*limit);
        if filled > point {
            return *premium;
        }
    }
    AttoFil::ZERO
}

/// What becomes of the gas that a message reserved and did not use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OverEstimation {
    /// Gas that is given back.
    pub refund: i64,
    /// Gas that is burnt for having been reserved.
    pub burn: i64,
}

/// How much of unused gas is burnt: none up to a tenth over what was used, all of it from twice that.
///
/// Source: Lotus, burn.go.
pub fn over_estimation(used: i64, limit: i64) -> OverEstimation {
    if used == 0 {
        return OverEstimation { refund: 0, burn: limit };
    }
    let (used, unused) = (i128::from(used), i128::from(limit) - i128::from(used));
    let over = (i128::from(limit) - used * 11 / 10).clamp(0, used);
    let burn = unused * over / used;
    // Both are parts of an i64.
    OverEstimation { refund: (unused - burn) as i64, burn: burn as i64 }
}

/// What a message pays, and to whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GasOutputs {
    /// Burnt: base fee on what was used and on what was over-estimated.
    pub burnt: AttoFil,
    /// To the block's producer: the premium, as far as the fee cap leaves it, on the whole gas limit.
    pub tip: AttoFil,
    /// What the producer is charged, three times over (built-in actors, reward/src/lib.rs), where the fee cap does not
    /// reach the base fee. Messages of the chain here always reach it.
    pub penalty: AttoFil,
}

/// Gas and prices of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessageGas {
    /// Gas that it used.
    pub used: i64,
    /// Gas that it reserved.
    pub limit: i64,
    /// Most that it pays for a unit.
    pub fee_cap: AttoFil,
    /// What it offers the producer for a unit.
    pub premium: AttoFil,
}

/// Settles a message's gas. Source: Lotus, burn.go, `ComputeGasOutputs`.
pub fn settle_gas(message: &MessageGas, base_fee: AttoFil) -> GasOutputs {
    let paid_fee = base_fee.min(message.fee_cap);
    let short = base_fee - paid_fee;
    let burnt_gas = message.used + over_estimation(message.used, message.limit).burn;
    GasOutputs {
        burnt: paid_fee * burnt_gas,
        tip: message.premium.min(message.fee_cap - paid_fee) * message.limit,
        penalty: short * burnt_gas,
    }
}

/// The commitments that may be aggregated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Commitment {
    /// Pre-commitments in one message.
    PreCommit,
    /// Prove-commitments in one proof.
    ProveCommit,
}

/// What an aggregate of commitments pays beside its gas: a twentieth of what single ones would burn, at a base fee of
/// at least the balancer; nothing since FIP-0100 (nv25).
pub fn batch_fee(policy: &Policy, kind: Commitment, sectors: i64, base_fee: AttoFil) -> AttoFil {
    if policy.batch_balancer.is_zero() {
        return AttoFil::ZERO;
    }
    let gas = match kind {
        Commitment::PreCommit => policy.precommit_single_gas,
        Commitment::ProveCommit => policy.prove_commit_single_gas,
    };
    policy.batch_discount.floor_of(base_fee.max(policy.batch_balancer) * gas * sectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_pays_for_what_it_reserves_and_its_producer_for_what_it_does_not_cover() {
        let message =
            MessageGas { used: 100, limit: 200, fee_cap: AttoFil::new(10), premium: AttoFil::new(4) };
        let paid = |burnt, tip, penalty| GasOutputs {
            burnt: AttoFil::new(burnt),
            tip: AttoFil::new(tip),
            penalty: AttoFil::new(penalty),
        };
        assert_eq!(settle_gas(&message, AttoFil::new(3)), paid(3 * 190, 4 * 200, 0));
        assert_eq!(settle_gas(&message, AttoFil::new(8)), paid(8 * 190, 2 * 200, 0));
        assert_eq!(settle_gas(&message, AttoFil::new(12)), paid(10 * 190, 0, 2 * 190));
    }

    #[test]
    fn the_batch_fee_went_with_its_balancer() {
        let mut policy = Policy::default();
        assert!(batch_fee(&policy, Commitment::PreCommit, 3, AttoFil::ZERO) > AttoFil::ZERO);
        policy.batch_balancer = AttoFil::ZERO;
        assert_eq!(batch_fee(&policy, Commitment::PreCommit, 3, AttoFil::from_fil(1)), AttoFil::ZERO);
    }
}
