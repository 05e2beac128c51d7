//! Leader election: how many times a miner wins an epoch.
//!
//! After Lotus, chain/types/electionproof.go, and the specification, "Expected Consensus". The number of wins is drawn
//! from a Poisson law whose mean is five times the miner's share of quality-adjusted power, by the inverse of its
//! distribution at a 256-bit hash of the election proof. So a miner that splits its power over many identities wins
//! as often as before.
//!
//! The VRF behind the election proof is left out: the proof's bytes are an argument, and a model makes them from the
//! run's seed, the miner and the epoch. What is drawn from them is the chain's own function, BLAKE2b and Q.256
//! arithmetic included.

use super::fixed::{Int768, exp_neg_256};
use super::policy::Policy;
use crate::units::Power;
use bnum::cast::As;

/// Fractional bits of the numbers here.
const PRECISION: u32 = 256;

/// A number of [0, 1) in 2^-256ths, as BLAKE2b makes it of an election proof.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Draw256([u8; 32]);

impl Draw256 {
    /// The draw of an election proof.
    pub fn of_proof(proof: &[u8]) -> Self {
        let hash = blake2b_simd::Params::new().hash_length(32).hash(proof);
        Draw256(hash.as_bytes().try_into().expect("a hash of 32 bytes was asked for"))
    }
}

/// The mean number of wins in Q.256: `wins * power / total`, rounded toward minus infinity.
///
/// # Panics
/// If `total` is not positive, or the mean is past 2^10.
pub fn lambda(policy: &Policy, power: Power, total: Power) -> Int768 {
    rate(i128::from(policy.expected_winners) * power.bytes(), total.bytes())
}

/// `num / den` in Q.256, rounded toward minus infinity.
pub fn rate(num: i128, den: i128) -> Int768 {
    (num.as_::<Int768>() << PRECISION).div_floor(den.as_::<Int768>())
}

/// `P[W > 0], P[W > 1], ...` of a Poisson law in Q.256, each one step of the chain's own recurrence.
#[derive(Clone, Debug)]
pub struct PoissonTail {
    lambda: Int768,
    mass: Int768,
    tail: Int768,
    count: u32,
}

impl PoissonTail {
    /// The law of that mean, Q.256.
    pub fn new(lambda: Int768) -> Self {
        let mass = exp_neg_256(lambda);
        PoissonTail { lambda, mass, tail: (1_i128.as_::<Int768>() << PRECISION) - mass, count: 0 }
    }

    /// `P[W > count]`, Q.256.
    pub fn beyond(lambda: Int768, count: u32) -> Int768 {
        PoissonTail::new(lambda).nth(count as usize).expect("the tail does not end")
    }
}

impl Iterator for PoissonTail {
    type Item = Int768;
    fn next(&mut self) -> Option<Int768> {
        let tail = self.tail;
        self.count += 1;
        self.mass = ((self.mass / self.count.as_::<Int768>()) * self.lambda) >> PRECISION;
        self.tail -= self.mass;
        Some(tail)
    }
}

/// The election of one mean: thresholds that a draw is compared with, worked out once for a share of power.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Election {
    /// Falling; a draw below the first `n` of them wins `n` times.
    thresholds: Vec<[u8; 32]>,
}

impl Election {
    /// The election of a miner with so much of the network's power.
    pub fn new(policy: &Policy, power: Power, total: Power) -> Self {
        let most = usize::try_from(policy.max_wins).expect("a cap on wins that is not negative");
        Election {
            thresholds: PoissonTail::new(lambda(policy, power, total)).take(most).map(big_endian).collect(),
        }
    }

    /// How many times a draw wins.
    pub fn wins(&self, draw: Draw256) -> i64 {
        let reached = self.thresholds.iter().take_while(|threshold| draw.0 < **threshold);
        reached.count() as i64
    }
}

/// The low 256 bits, most significant byte first; a threshold that rounding took below zero is none.
fn big_endian(threshold: Int768) -> [u8; 32] {
    if threshold.is_negative() {
        return [0; 32];
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&threshold.to_be_bytes()[96 - 32..]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_no_power_never_wins() {
        let election = Election::new(&Policy::default(), Power::ZERO, Power::new(1 << 40));
        assert_eq!(election.wins(Draw256([0; 32])), 0);
    }

    #[test]
    fn wins_are_capped() {
        let policy = Policy::default();
        let all = Election::new(&policy, Power::new(1 << 40), Power::new(1 << 40));
        assert_eq!(all.wins(Draw256([0; 32])), policy.max_wins);
        assert_eq!(all.wins(Draw256([0xff; 32])), 0);
    }
}
