//! Circulating supply: what the actors are told to be in the hands of the public.
//!
//! After Lotus, chain/stmgr/supply.go, and FIP-0065. Genesis allocations unlock linearly from Liftoff (epoch 148,888),
//! in the amounts that Calico (November 2020) settled. The amounts before that are left out: no rule set here is that
//! old.

use super::policy::Policy;
use crate::units::{AttoFil, Epoch, Epochs};
use serde::{Deserialize, Serialize};

/// All there will ever be: 2,000,000,000 FIL.
pub const FIL_BASE: AttoFil = AttoFil::from_fil(2_000_000_000);
/// The mining reserve at genesis; what has left it counts as disbursed.
pub const MINING_RESERVE: AttoFil = AttoFil::from_fil(300_000_000);
/// Height from which genesis allocations unlock.
pub const LIFTOFF: Epoch = Epoch::new(148_888);

/// Allocations at genesis: days over which they unlock, and whole FIL.
const GENESIS_ALLOCATIONS: [(i64, i64); 6] = [
    (0, 10_632_000),
    (183, 19_015_887 + 32_787_700),
    (365, 22_421_712 + 9_400_000),
    (730, 7_223_364),
    (1_095, 87_637_883 + 898_958),
    (2_190, 100_000_000 + 300_000_000 + 9_805_053),
];

/// What makes up the circulating supply.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct SupplyParts {
    /// Unlocked of the genesis allocations.
    pub vested: AttoFil,
    /// Paid to block producers since genesis.
    pub mined: AttoFil,
    /// Taken from the mining reserve.
    pub reserve_disbursed: AttoFil,
    /// Burnt, by fees, penalties and gas.
    pub burnt: AttoFil,
    /// Initial pledge and rewards that have not vested, of all miners.
    pub pledged: AttoFil,
    /// Locked in the market by deals.
    pub market_locked: AttoFil,
}

impl SupplyParts {
    /// The circulating supply, at least nothing.
    pub fn circulating(&self, policy: &Policy) -> AttoFil {
        let market = if policy.market_locks_supply { self.market_locked } else { AttoFil::ZERO };
        let out = self.vested + self.mined + self.reserve_disbursed;
        (out - self.burnt - self.pledged - market).at_least_zero()
    }
}

/// What has unlocked of the genesis allocations at an epoch, each term rounded toward minus infinity.
pub fn genesis_vested(now: Epoch) -> AttoFil {
    let elapsed = now - LIFTOFF;
    if elapsed < Epochs::ZERO {
        return AttoFil::ZERO;
    }
    GENESIS_ALLOCATIONS
        .iter()
        .map(|(days, fil)| {
            let (term, amount) = (Epochs::from_days(*days), AttoFil::from_fil(*fil));
            if elapsed >= term {
                return amount;
            }
            amount.floor_mul(i128::from(elapsed.count()), i128::from(term.count()))
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn genesis_allocations_unlock_from_liftoff_to_six_years_later() {
        assert_eq!(genesis_vested(LIFTOFF - Epochs::ONE), AttoFil::ZERO);
        assert_eq!(genesis_vested(LIFTOFF), AttoFil::from_fil(10_632_000));
        let all: i64 = GENESIS_ALLOCATIONS.iter().map(|(_, fil)| fil).sum();
        assert_eq!(genesis_vested(Epoch::new(6_456_088)), AttoFil::from_fil(all));
        assert!(genesis_vested(Epoch::new(6_456_087)) < AttoFil::from_fil(all));
    }

    #[test]
    fn early_2025_has_unlocked_what_fip_0100_states() {
        // FIP-0100 gives 484.85 M FIL vested "in early 2025": it lies between New Year's Day and March.
        let (january, march) = (Epoch::new(4_579_440), Epoch::new(4_752_240));
        let stated = AttoFil::from_fil(484_847_134);
        assert!(genesis_vested(january) < stated && stated < genesis_vested(march));
    }

    #[test]
    fn what_deals_lock_stopped_counting() {
        let parts = SupplyParts {
            vested: AttoFil::from_fil(10),
            market_locked: AttoFil::from_fil(3),
            ..SupplyParts::default()
        };
        let mut policy = Policy::default();
        assert_eq!(parts.circulating(&policy), AttoFil::from_fil(7));
        policy.market_locks_supply = false;
        assert_eq!(parts.circulating(&policy), AttoFil::from_fil(10));
        let in_debt = SupplyParts { burnt: AttoFil::ONE, ..SupplyParts::default() };
        assert_eq!(in_debt.circulating(&policy), AttoFil::ZERO);
    }
}
