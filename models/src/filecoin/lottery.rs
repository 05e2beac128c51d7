//! Who wins an epoch: elections drawn for the whole network at once, and then given out by power.
//!
//! Each miner's win count is Poisson with mean E times its share of the power. Independent Poisson counts are what
//! one gets by drawing their total, Poisson with mean E, and giving each win to a miner with odds of its power: so a
//! miner that wins nothing costs nothing, and splitting a miner in two changes no odds. Wins that fall to a miner
//! which may not produce a block, or to power that nobody answers for, are lost.
//!
//! The power is that of 900 epochs ago; whether a miner has debts or is faulty in consensus is asked now.
//!
//! Sources: filecoin-project/specs, expected consensus; lotus, chain/types/electionproof.go (the count of one miner
//! and its cap) and chain/stmgr/actors.go (who is eligible).
//! Left out: forks; every block is on the one chain, so weights and tie-breaks decide nothing.

use super::fixed::wide;
use super::policy::Policy;
use crate::ids::MinerId;
use crate::units::{Epoch, Epochs, Power};
use bnum::cast::As;
use serde::{Deserialize, Serialize};
use sim_core::draws::{Domain, Draw, Draws, Entity};
use std::collections::VecDeque;

const WINS: Domain = Domain::new("filecoin/election/wins");
const WINNER: Domain = Domain::new("filecoin/election/winner");
/// The network draws as one.
const NETWORK: Entity = Entity::named("network");

/// Sums of power by miner: changed and searched in time that grows with the logarithm of their number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Tickets {
    power: Vec<Power>,
    /// Fenwick 1994: entry `i` (from 1) is the sum of the `i & -i` miners before and with it.
    sums: Vec<Power>,
    total: Power,
}

impl Tickets {
    fn new(miners: usize) -> Self {
        Tickets { power: vec![Power::ZERO; miners], sums: vec![Power::ZERO; miners + 1], total: Power::ZERO }
    }

    fn set(&mut self, miner: MinerId, power: Power) {
        let change = power - self.power[miner.index()];
        self.power[miner.index()] = power;
        self.total += change;
        let mut place = miner.index() + 1;
        while place < self.sums.len() {
            self.sums[place] += change;
            place += place & place.wrapping_neg();
        }
    }

    /// The miner whose stretch of the line holds `point`, which is below the total.
    fn at(&self, mut point: Power) -> MinerId {
        let (mut place, mut step) = (0, self.sums.len().next_power_of_two());
        while step > 0 {
            let next = place + step;
            if next < self.sums.len() && self.sums[next] <= point {
                point -= self.sums[next];
                place = next;
            }
            step /= 2;
        }
        MinerId(place as u32)
    }
}

/// A change of power that elections will see later.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Coming {
    at: Epoch,
    miner: MinerId,
    power: Power,
}

/// What the wins of an epoch come to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wins {
    /// Simulated miners that won and how often, in order of miners.
    pub miners: Vec<(MinerId, u32)>,
    /// Wins of the rest of the network.
    pub rest: u32,
}

/// The elections of a chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lottery {
    /// Odds that at most k wins are drawn, in 2^-64, for k = 0, 1, ...
    at_most: Vec<u64>,
    /// How far back power is looked at.
    lookback: Epochs,
    tickets: Tickets,
    coming: VecDeque<Coming>,
}

impl Lottery {
    /// Elections among `miners` miners without power yet. `at_most` are the odds that the network wins at most k
    /// times, in 2^-64.
    pub fn new(miners: usize, at_most: Vec<u64>, lookback: Epochs) -> Self {
        Lottery { at_most, lookback, tickets: Tickets::new(miners), coming: VecDeque::new() }
    }

    /// At the end of `now`, the power of a miner that counts is this.
    pub fn record(&mut self, miner: MinerId, power: Power, now: Epoch) {
        self.coming.push_back(Coming { at: now + self.lookback, miner, power });
    }

    /// A miner had this power for as long as anybody looks back.
    pub fn seed(&mut self, miner: MinerId, power: Power) {
        self.tickets.set(miner, power);
    }

    /// The wins of an epoch, given the rest's power as elections see it.
    pub fn draw(&mut self, now: Epoch, rest: Power, draws: &Draws) -> Wins {
        while self.coming.front().is_some_and(|coming| coming.at <= now) {
            let Coming { miner, power, .. } = self.coming.pop_front().expect("there is one");
            self.tickets.set(miner, power);
        }
        let mut wins = Wins::default();
        let total = self.tickets.total + rest;
        if total == Power::ZERO {
            return wins;
        }
        let counter = now.height() as u64;
        let word = draws.word(WINS, NETWORK, counter);
        let count = self.at_most.partition_point(|&odds| odds <= word);
        let mut draw = draws.at(WINNER, NETWORK, counter);
        for _ in 0..count {
            let point = below(&mut draw, total);
            if point < self.tickets.total {
                let winner = self.tickets.at(point);
                match wins.miners.iter_mut().find(|(miner, _)| *miner == winner) {
                    Some((_, count)) => *count += 1,
                    None => wins.miners.push((winner, 1)),
                }
            } else {
                wins.rest += 1;
            }
        }
        wins.miners.sort_unstable();
        wins
    }

    /// Power of a miner as elections see it.
    pub fn power(&self, miner: MinerId) -> Power {
        self.tickets.power[miner.index()]
    }
}

/// Odds that the whole network wins at most k times an epoch, in 2^-64, for k = 0, 1, ... up to where they are one.
///
/// Poisson's odds are `E^k / k!` over their sum, which is summed here in 2^-128ths until nothing is added: lotus' own
/// rational function for `e^-E` is meant for one miner and at most fifteen wins, and leaves a tail that does not end.
pub fn odds(policy: &Policy) -> Vec<u64> {
    let mean = wide(i128::from(policy.expected_winners));
    let mut sums = vec![wide(1) << 128_u32];
    let (mut term, mut count) = (sums[0], 0);
    while term > wide(0) {
        count += 1;
        term = term * mean / wide(count);
        sums.push(*sums.last().expect("one is there") + term);
    }
    let whole = *sums.last().expect("one is there");
    let odds = sums.iter().map(|sum| ((*sum << 64_u32) / whole).as_::<i128>());
    odds.take_while(|odds| *odds < 1 << 64).map(|odds| odds as u64).collect()
}

/// A whole number of bytes below `total`, each with the same odds.
fn below(draw: &mut Draw, total: Power) -> Power {
    let total = total.bytes();
    let mask = u128::MAX >> (total - 1).max(1).leading_zeros();
    loop {
        let word = u128::from(draw.next_u64()) << 64 | u128::from(draw.next_u64());
        let point = (word & mask) as i128;
        if point < total {
            return Power::new(point);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_found_where_their_sums_say() {
        let mut tickets = Tickets::new(5);
        for (miner, power) in [(0, 3), (2, 4), (4, 1)] {
            tickets.set(MinerId(miner), Power::new(power));
        }
        tickets.set(MinerId(2), Power::new(2));
        let found: Vec<u32> = (0..6).map(|point| tickets.at(Power::new(point)).0).collect();
        assert_eq!(found, [0, 0, 0, 2, 2, 4]);
    }

    #[test]
    fn power_counts_a_lookback_later() {
        // Always one win.
        let mut lottery = Lottery::new(1, vec![0], Epochs::new(900));
        let draws = Draws::new(1, 0);
        lottery.record(MinerId(0), Power::new(7), Epoch::new(10));
        assert_eq!(lottery.draw(Epoch::new(909), Power::ZERO, &draws), Wins::default());
        assert_eq!(lottery.draw(Epoch::new(910), Power::ZERO, &draws).miners, [(MinerId(0), 1)]);
    }

    #[test]
    fn the_network_wins_as_often_as_poisson_says() {
        // Row 39 of the shared validation targets: P(0..10) of Poisson(5).
        let expected = [
            0.006738, 0.033690, 0.084224, 0.140374, 0.175467, 0.175467, 0.146223, 0.104445, 0.065278,
            0.036266, 0.018133,
        ];
        let odds = odds(&Policy::default());
        let mut before = 0.0;
        for (count, expected) in expected.into_iter().enumerate() {
            let at_most = odds[count] as f64 / (1_u128 << 64) as f64;
            assert!((at_most - before - expected).abs() < 5e-7, "{count}: {}", at_most - before);
            before = at_most;
        }
        assert!(odds.len() > 25 && odds.len() < 60, "{} counts", odds.len());
        assert!(odds.is_sorted());
    }

    #[test]
    fn a_point_below_one_is_zero() {
        let mut draw = Draws::new(1, 0).at(WINS, NETWORK, 0);
        assert_eq!(below(&mut draw, Power::new(1)), Power::ZERO);
    }
}
