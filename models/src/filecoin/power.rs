//! Who has how much power, and how much of it the network counts.
//!
//! A miner's claim is the power of its active sectors. The network counts the claims of miners that have at least the
//! consensus minimum of raw power; a miner that crosses it brings or takes its whole claim. While fewer than four
//! miners have the minimum, every claim counts. What the rest of the network has ([`super::background`]) is added as
//! power of miners above the minimum.
//!
//! The values that messages of an epoch see are those frozen at the end of the epoch before.
//!
//! Source: builtin-actors, actors/power/src/{state,policy,lib}.rs.

use crate::ids::MinerId;
use crate::units::{AttoFil, Power};
use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Raw and quality-adjusted power, or a change of both.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PowerPair {
    /// Bytes of sectors.
    pub raw: Power,
    /// The same, verified data counted ten times.
    pub qa: Power,
}

impl PowerPair {
    /// Neither.
    pub const ZERO: PowerPair = PowerPair { raw: Power::ZERO, qa: Power::ZERO };

    /// Whether there is none.
    pub fn is_zero(&self) -> bool {
        *self == PowerPair::ZERO
    }
}

impl Add for PowerPair {
    type Output = PowerPair;
    fn add(self, other: PowerPair) -> PowerPair {
        PowerPair { raw: self.raw + other.raw, qa: self.qa + other.qa }
    }
}

impl Sub for PowerPair {
    type Output = PowerPair;
    fn sub(self, other: PowerPair) -> PowerPair {
        PowerPair { raw: self.raw - other.raw, qa: self.qa - other.qa }
    }
}

impl Neg for PowerPair {
    type Output = PowerPair;
    fn neg(self) -> PowerPair {
        PowerPair::ZERO - self
    }
}

impl AddAssign for PowerPair {
    fn add_assign(&mut self, other: PowerPair) {
        *self = *self + other;
    }
}

impl SubAssign for PowerPair {
    fn sub_assign(&mut self, other: PowerPair) {
        *self = *self - other;
    }
}

/// What the rest of the network has at an epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Rest {
    /// Its power.
    pub power: PowerPair,
    /// Its initial pledge and locked rewards.
    pub pledge: AttoFil,
    /// Its miners of at least the consensus minimum.
    pub miners: u64,
}

/// Claims of all miners and what the network counts of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Least raw power with which a claim counts.
    minimum: Power,
    /// Miners of the minimum that there must be before smaller ones stop counting.
    minimum_miners: u64,
    claims: Vec<PowerPair>,
    /// All claims.
    committed: PowerPair,
    /// Those of at least the minimum.
    counted: PowerPair,
    above: u64,
    /// Initial pledge and locked rewards of all simulated miners.
    pledge: AttoFil,
    rest: Rest,
}

impl Claims {
    /// No power of any of `miners` miners.
    pub fn new(miners: usize, minimum: Power, minimum_miners: i64) -> Self {
        Claims {
            minimum,
            minimum_miners: minimum_miners as u64,
            claims: vec![PowerPair::ZERO; miners],
            committed: PowerPair::ZERO,
            counted: PowerPair::ZERO,
            above: 0,
            pledge: AttoFil::ZERO,
            rest: Rest::default(),
        }
    }

    /// A miner's claim.
    pub fn claim(&self, miner: MinerId) -> PowerPair {
        self.claims[miner.index()]
    }

    /// Whether a claim is of at least the minimum.
    fn is_above(&self, claim: PowerPair) -> bool {
        claim.raw >= self.minimum && claim.raw > Power::ZERO
    }

    /// A miner's claim changes. Whether the set of claims that count changed beyond it: a threshold was crossed.
    ///
    /// # Panics
    /// If a claim would fall below zero.
    pub fn change(&mut self, miner: MinerId, delta: PowerPair) {
        let before = self.claims[miner.index()];
        let after = before + delta;
        assert!(after.raw >= Power::ZERO && after.qa >= Power::ZERO, "miner {}: claim {after:?}", miner.0);
        self.claims[miner.index()] = after;
        self.committed += delta;
        match (self.is_above(before), self.is_above(after)) {
            (true, true) => self.counted += delta,
            (false, true) => {
                self.counted += after;
                self.above += 1;
            }
            (true, false) => {
                self.counted -= before;
                self.above -= 1;
            }
            (false, false) => {}
        }
    }

    /// Pledge and locked rewards of a miner change.
    ///
    /// # Panics
    /// If the total would fall below zero.
    pub fn change_pledge(&mut self, delta: AttoFil) {
        self.pledge += delta;
        assert!(!self.pledge.is_negative(), "pledge total {:?}", self.pledge);
    }

    /// What the rest of the network has from now on.
    pub fn set_rest(&mut self, rest: Rest) {
        self.rest = rest;
    }

    /// What the rest of the network has.
    pub fn rest(&self) -> Rest {
        self.rest
    }

    /// Whether only miners of at least the minimum count.
    pub fn minimum_binds(&self) -> bool {
        self.above + self.rest.miners >= self.minimum_miners
    }

    /// Power of a miner that elections and totals count.
    pub fn counted(&self, miner: MinerId) -> PowerPair {
        let claim = self.claim(miner);
        if !self.minimum_binds() || self.is_above(claim) { claim } else { PowerPair::ZERO }
    }

    /// Power of the network.
    pub fn total(&self) -> PowerPair {
        self.simulated() + self.rest.power
    }

    /// Power of the simulated miners that counts.
    pub fn simulated(&self) -> PowerPair {
        if self.minimum_binds() { self.counted } else { self.committed }
    }

    /// Pledge and locked rewards of the simulated miners.
    pub fn simulated_pledge(&self) -> AttoFil {
        self.pledge
    }

    /// Pledge and locked rewards of the network.
    pub fn total_pledge(&self) -> AttoFil {
        self.pledge + self.rest.pledge
    }

    /// What is wrong with the sums, counted anew.
    pub fn check(&self, broken: &mut Vec<String>) {
        let all: PowerPair = self.claims.iter().fold(PowerPair::ZERO, |sum, &claim| sum + claim);
        let above = self.claims.iter().filter(|claim| self.is_above(**claim));
        let (count, counted) = above.fold((0, PowerPair::ZERO), |(n, sum), &claim| (n + 1, sum + claim));
        if (all, counted, count) != (self.committed, self.counted, self.above) {
            broken.push(format!(
                "power: {:?} committed, {:?} counted, {} above, from claims {all:?} {counted:?} {count}",
                self.committed, self.counted, self.above
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(raw: i128) -> PowerPair {
        PowerPair { raw: Power::new(raw), qa: Power::new(10 * raw) }
    }

    #[test]
    fn everybody_counts_until_four_miners_have_the_minimum() {
        let mut claims = Claims::new(5, Power::new(100), 4);
        claims.change(MinerId(4), pair(1));
        for miner in 0..3 {
            claims.change(MinerId(miner), pair(100));
        }
        assert_eq!(claims.total(), pair(301));
        assert_eq!(claims.counted(MinerId(4)), pair(1));
        claims.change(MinerId(3), pair(100));
        assert_eq!(claims.total(), pair(400), "the small claim is out");
        assert_eq!(claims.counted(MinerId(4)), PowerPair::ZERO);
    }

    #[test]
    fn a_miner_that_crosses_the_minimum_moves_its_whole_claim() {
        let mut claims = Claims::new(5, Power::new(100), 4);
        (0..4).for_each(|miner| claims.change(MinerId(miner), pair(100)));
        claims.change(MinerId(4), pair(99));
        assert_eq!(claims.total(), pair(400));
        claims.change(MinerId(4), pair(1));
        assert_eq!(claims.total(), pair(500));
        claims.change(MinerId(4), -pair(1));
        assert_eq!(claims.total(), pair(400));
        let mut broken = Vec::new();
        claims.check(&mut broken);
        assert!(broken.is_empty(), "{broken:?}");
    }

    #[test]
    fn the_rest_of_the_network_makes_the_minimum_bind() {
        let mut claims = Claims::new(1, Power::new(100), 4);
        claims.change(MinerId(0), pair(99));
        assert_eq!(claims.total(), pair(99));
        claims.set_rest(Rest { power: pair(1000), pledge: AttoFil::ZERO, miners: 600 });
        assert_eq!(claims.total(), pair(1000));
    }
}
