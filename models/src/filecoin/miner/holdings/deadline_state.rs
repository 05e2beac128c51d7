//! What a deadline holds: partitions, sums of power, when its sectors end, and the proofs that came for it.

use crate::filecoin::miner::sector::{Sector, SectorNumber, Standing};
use crate::filecoin::power::PowerPair;
use crate::units::{AttoFil, Epoch};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Power of sectors by where they stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Sums {
    /// All that are not over.
    pub live: PowerPair,
    /// Unproven ones.
    pub unproven: PowerPair,
    /// Faulty ones, recovering ones included.
    pub faulty: PowerPair,
    /// Recovering ones.
    pub recovering: PowerPair,
}

impl Sums {
    pub(super) fn add(&mut self, sector: &Sector) {
        self.each(sector.standing, |sum| *sum += sector.power);
    }

    pub(super) fn remove(&mut self, sector: &Sector) {
        self.each(sector.standing, |sum| *sum -= sector.power);
    }

    fn each(&mut self, standing: Standing, mut change: impl FnMut(&mut PowerPair)) {
        if standing.is_live() {
            change(&mut self.live);
        }
        if standing == Standing::Unproven {
            change(&mut self.unproven);
        }
        if standing.is_faulty() {
            change(&mut self.faulty);
        }
        if standing == Standing::Recovering {
            change(&mut self.recovering);
        }
    }

    /// Power that counts.
    pub fn active(&self) -> PowerPair {
        self.live - self.unproven - self.faulty
    }
}

/// Up to so many sectors are proven together.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Partition {
    /// Its sectors, ended ones included, in order of their numbers.
    pub sectors: Vec<SectorNumber>,
    /// Its sums.
    pub power: Sums,
}

/// A proof as the chain keeps it until nobody may dispute it any more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoredProof {
    /// Partitions that it is for.
    pub partitions: Vec<u32>,
    /// Whether it holds. Nobody looks unless it is disputed.
    pub holds: bool,
}

/// What a deadline holds.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DeadlineState {
    /// Its partitions.
    pub partitions: Vec<Partition>,
    /// Its sums.
    pub power: Sums,
    /// Sectors that are not over.
    pub live: u64,
    /// Daily fees of those.
    pub daily_fee: AttoFil,
    /// Sectors by the epoch at which they end.
    pub(super) ends: BTreeMap<Epoch, BTreeSet<SectorNumber>>,
    /// Partitions proven in the present instance, in order.
    pub(super) posted: Vec<u32>,
    /// Proofs of the present instance that nobody has verified.
    pub(super) proofs: Vec<StoredProof>,
    /// The same of the last instance: they may be disputed.
    pub(super) disputable: Vec<StoredProof>,
}

impl DeadlineState {
    /// All sectors ever assigned to it, ended ones as long as their partitions were not compacted.
    pub(super) fn total(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.sectors.len() as u64).sum()
    }

    /// Puts a sector into the last partition, or into a new one if that is full.
    pub(super) fn place(&mut self, sector: &mut Sector, partition_size: u64) {
        if self.partitions.last().is_none_or(|last| last.sectors.len() as u64 >= partition_size) {
            self.partitions.push(Partition::default());
        }
        sector.partition = self.partitions.len() as u32 - 1;
        let partition = self.partitions.last_mut().expect("one is there");
        let place = partition.sectors.partition_point(|&other| other < sector.number);
        partition.sectors.insert(place, sector.number);
        partition.power.add(sector);
    }
}

/// A sector no longer ends then.
pub(super) fn unschedule(
    ends: &mut BTreeMap<Epoch, BTreeSet<SectorNumber>>,
    at: Epoch,
    number: SectorNumber,
) {
    if let Some(set) = ends.get_mut(&at) {
        set.remove(&number);
        if set.is_empty() {
            ends.remove(&at);
        }
    }
}
