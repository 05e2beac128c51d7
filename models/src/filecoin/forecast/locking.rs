//! What is locked: initial pledge of sectors, and block rewards that have not come free yet.
//!
//! ```text
//! pledge of A   = min( 20 r A/Q  +  lock_target S ((1 - gamma) A/Q + gamma A/max(Q, B)),  1 FIL per GiB of A )
//! ```
//!
//! with the day's reward `r`, quality-adjusted power `Q`, baseline `B`, and the circulating supply `S` of the day before.
//! It is linear in `A`, so that a pledge per PiB says all. Sources: specification, "Initial Pledge"; FIP-0081 (gamma).
//! The cap is that of mechaFIL, 1 FIL per GiB; the built-in actor's is 1 FIL per 32 GiB.

use super::inputs::RewardRelease;
use super::{Inputs, PIB_PER_EIB};
use std::collections::VecDeque;

/// Days of expected reward in the storage pledge. Source: built-in miner actor, `monies.rs`.
const STORAGE_PLEDGE_DAYS: f64 = 20.0;
/// Most FIL that a PiB is pledged with: 1 FIL per GiB.
const CAP_FIL_PER_PIB: f64 = (1 << 20) as f64;
/// Share of a block reward that is locked. Source: FIP-0004.
const LOCKED_SHARE: f64 = 0.75;
/// Days over which a locked reward comes free. Source: FIP-0004.
const RELEASE_DAYS: usize = 180;

/// What a pledge depends on, on one day.
#[derive(Clone, Copy, Debug)]
pub struct PledgeTerms {
    /// Minted on the day, FIL.
    pub day_reward: f64,
    /// Circulating supply of the day before, FIL.
    pub supply: f64,
    /// Quality-adjusted power, EiB.
    pub quality_eib: f64,
    /// Baseline, EiB.
    pub baseline_eib: f64,
    /// Share of the supply that the consensus pledge aims to lock.
    pub lock_target: f64,
    /// Weight of the baseline.
    pub gamma: f64,
}

impl PledgeTerms {
    /// Initial pledge of a PiB of quality-adjusted power, FIL.
    pub fn fil_per_pib(&self) -> f64 {
        let quality = self.quality_eib * PIB_PER_EIB;
        let larger = quality.max(self.baseline_eib * PIB_PER_EIB);
        let storage = STORAGE_PLEDGE_DAYS * self.day_reward / quality;
        let consensus = self.lock_target * self.supply * ((1.0 - self.gamma) / quality + self.gamma / larger);
        (storage + consensus).min(CAP_FIL_PER_PIB)
    }
}

/// Pledge of all sectors.
///
/// On each day some is due for release: that of sectors from before the start, spread evenly, and all that was locked a
/// sector's duration ago. Of it the renewal rate stays, or more if the renewed power is pledged with more by now.
pub(super) struct PledgeLock {
    /// Locked in all, FIL.
    pub(super) stock: f64,
    /// Locked on each day for new and renewed sectors, FIL.
    pub(super) days: Vec<f64>,
    known_release: f64,
    known_days: usize,
    duration: usize,
}

impl PledgeLock {
    /// The pledge of the start.
    pub(super) fn new(inputs: &Inputs) -> Self {
        let (stock, _) = inputs.locked_zero();
        PledgeLock {
            stock,
            days: vec![0.0],
            known_release: stock / inputs.known_expiry_days as f64,
            known_days: inputs.known_expiry_days,
            duration: inputs.sector_duration_days,
        }
    }

    /// Goes on to the next day with the pledge of onboarded and of renewed power; returns by how much the stock grew.
    pub(super) fn day(&mut self, onboarded: f64, renewed: f64, renewal_rate: f64) -> f64 {
        let day = self.days.len();
        let mut due = if day < self.known_days { self.known_release } else { 0.0 };
        due += day.checked_sub(self.duration).map_or(0.0, |sealed| self.days[sealed]);
        let kept = renewal_rate * due;
        self.days.push(onboarded + renewed.max(kept));
        let grown = onboarded - (due - kept) + (renewed - kept).max(0.0);
        self.stock += grown;
        grown
    }
}

/// Block rewards that have not come free.
#[derive(Clone, Debug)]
pub struct RewardLock {
    stock: f64,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum Rule {
    /// 1/180 of the stock.
    Geometric,
    /// 1/180 of what each of the last 180 days locked, and what is left of the days before the start: as if they had
    /// all earned the same, so that less of them is left from day to day.
    Linear { locked: VecDeque<f64>, sum: f64, start: f64, slices: usize },
}

impl RewardLock {
    /// A stock in FIL under a rule.
    pub fn new(rule: RewardRelease, stock: f64) -> Self {
        let rule = match rule {
            RewardRelease::Geometric => Rule::Geometric,
            RewardRelease::Linear => {
                Rule::Linear { locked: VecDeque::new(), sum: 0.0, start: stock, slices: RELEASE_DAYS }
            }
        };
        RewardLock { stock, rule }
    }

    /// What is locked, FIL.
    pub fn stock(&self) -> f64 {
        self.stock
    }

    /// Goes on to the next day, on which `reward` FIL are minted; returns by how much the stock grew. A reward's first
    /// part comes free on the day after.
    pub fn day(&mut self, reward: f64) -> f64 {
        let locks = LOCKED_SHARE * reward;
        let grown = locks - self.rule.release(self.stock, locks);
        self.stock += grown;
        grown
    }
}

impl Rule {
    /// What comes free of a stock on a day on which `locks` are added.
    fn release(&mut self, stock: f64, locks: f64) -> f64 {
        const DAYS: f64 = RELEASE_DAYS as f64;
        match self {
            Rule::Geometric => stock / DAYS,
            Rule::Linear { locked, sum, start, slices } => {
                let release = *sum / DAYS + *start * *slices as f64 / (DAYS * (DAYS + 1.0) / 2.0);
                *slices = slices.saturating_sub(1);
                *sum += locks;
                locked.push_back(locks);
                if locked.len() > RELEASE_DAYS {
                    *sum -= locked.pop_front().expect("it is longer than 180 days");
                }
                release
            }
        }
    }
}
