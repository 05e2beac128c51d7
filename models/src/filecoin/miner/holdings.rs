//! A miner's sectors and the deadlines they are proven in: faults, proofs, recoveries, endings.
//!
//! Every change of a sector goes through one place, `Holdings::turn`, which keeps the sums of its partition and its
//! deadline; so a deadline is settled without looking at sectors to which nothing happens.
//!
//! Rules (builtin-actors, actors/miner/src/{deadline_state,partition_state,expiration_queue}.rs):
//! - A proof is for whole partitions. Sectors that it skips become faulty; those said to recover are active again;
//!   unproven ones become active.
//! - A partition without a proof at the end of its deadline: all that lives in it becomes faulty.
//! - A faulty sector ends 42 days after the end of the deadline at which it became faulty, unless it ends before that
//!   anyway; proven again, it ends when it was to.
//! - The daily fees of a deadline are those of its live sectors.
//!
//! Left out: limits on sectors in one declaration and partitions in one message (the actors' limits bind on gas, which
//! is a parameter here).

use super::super::deadline::DeadlineLoad;
use super::super::power::PowerPair;
use super::period::{Calendar, Deadline};
use super::sector::{Ending, Sector, SectorNumber, Standing};
use crate::units::{AttoFil, Epoch, Epochs, Power};
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
    fn add(&mut self, sector: &Sector) {
        self.each(sector.standing, |sum| *sum += sector.power);
    }

    fn remove(&mut self, sector: &Sector) {
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
    ends: BTreeMap<Epoch, BTreeSet<SectorNumber>>,
    /// Partitions proven in the present instance, in order.
    posted: Vec<u32>,
    /// Proofs of the present instance that nobody has verified.
    proofs: Vec<StoredProof>,
    /// The same of the last instance: they may be disputed.
    disputable: Vec<StoredProof>,
}

impl DeadlineState {
    /// All sectors ever assigned to it, ended ones as long as their partitions were not compacted.
    fn total(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.sectors.len() as u64).sum()
    }

    /// Puts a sector into the last partition, or into a new one if that is full.
    fn place(&mut self, sector: &mut Sector, partition_size: u64) {
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

/// Proof for one partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionProof {
    /// Its number.
    pub partition: u32,
    /// Sectors that the proof leaves out, which become faulty.
    pub skipped: Vec<SectorNumber>,
}

/// What a proof did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Proven {
    /// Change of power that counts.
    pub power: PowerPair,
    /// Part of it that recovered.
    pub recovered: PowerPair,
}

/// What the end of a deadline did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settled {
    /// Change of power that counts.
    pub power: PowerPair,
    /// Quality-adjusted power that was faulty before missing proofs were looked for: it pays the fault fee.
    pub faulty_before: Power,
    /// Quality-adjusted power that became faulty because its proof is missing.
    pub missed: Power,
    /// Sectors that ended on time.
    pub expired: Vec<SectorNumber>,
    /// Pledge of those.
    pub pledge: AttoFil,
    /// Sectors that have been faulty for too long.
    pub too_long: Vec<SectorNumber>,
    /// Quality-adjusted power that is left, faulty or not.
    pub live: Power,
    /// Daily fees of what is left.
    pub daily_fee: AttoFil,
}

/// Why a message about sectors is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such sector.
    #[error("sector {} does not exist or is over", .0.0)]
    NoSector(SectorNumber),
    /// A sector is not in the partition or deadline that the message names.
    #[error("sector {} is not there", .0.0)]
    Elsewhere(SectorNumber),
    /// There is no such partition.
    #[error("there is no partition {0}")]
    NoPartition(u32),
    /// A partition was proven already.
    #[error("partition {0} was proven already")]
    ProvenAlready(u32),
    /// There is no such proof to dispute.
    #[error("there is no proof {0} to dispute")]
    NoProof(usize),
    /// A partition that is to be compacted has faulty or unproven sectors.
    #[error("partition {0} has faulty or unproven sectors")]
    Unhealthy(u32),
    /// A proof is for no sector at all.
    #[error("no sector of these partitions can be proven")]
    NothingToProve,
}

/// Sectors and deadlines of a miner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Holdings {
    calendar: Calendar,
    sectors: BTreeMap<SectorNumber, Sector>,
    deadlines: BTreeMap<u16, DeadlineState>,
    active: u64,
}

impl Holdings {
    /// None yet.
    pub fn new(calendar: Calendar) -> Self {
        Holdings { calendar, sectors: BTreeMap::new(), deadlines: BTreeMap::new(), active: 0 }
    }

    /// Its proving periods.
    pub fn calendar(&self) -> Calendar {
        self.calendar
    }

    /// A sector, ended or not.
    pub fn sector(&self, number: SectorNumber) -> Option<&Sector> {
        self.sectors.get(&number)
    }

    /// All sectors, ended ones included, in order of their numbers.
    pub fn sectors(&self) -> impl Iterator<Item = &Sector> {
        self.sectors.values()
    }

    /// Whether no sector lives.
    pub fn is_idle(&self) -> bool {
        self.deadlines.values().all(|deadline| deadline.live == 0)
    }

    /// A deadline that something was ever assigned to.
    pub fn deadline(&self, index: u16) -> Option<&DeadlineState> {
        self.deadlines.get(&index)
    }

    /// The deadlines in which sectors live.
    pub fn live_deadlines(&self) -> impl Iterator<Item = u16> + '_ {
        self.deadlines.iter().filter(|(_, deadline)| deadline.live > 0).map(|(&index, _)| index)
    }

    /// Number of active sectors.
    pub fn active(&self) -> u64 {
        self.active
    }

    /// The `place`-th active sector.
    pub fn active_at(&self, place: u64) -> Option<SectorNumber> {
        let active = self.sectors.values().filter(|sector| sector.standing == Standing::Active);
        active.map(|sector| sector.number).nth(place as usize)
    }

    /// How full each deadline is, nothing for those that cannot be changed now.
    pub fn loads(&self, now: Epoch) -> Vec<Option<DeadlineLoad>> {
        let load = |index: u16| match self.deadlines.get(&index) {
            Some(state) => DeadlineLoad { live: state.live, total: state.total() },
            None => DeadlineLoad::default(),
        };
        let of = |index: u16| self.calendar.is_mutable(index, now).then(|| load(index));
        (0..self.calendar.deadlines()).map(of).collect()
    }

    /// Adds a sector to the deadline that it names, unproven.
    pub fn add(&mut self, mut sector: Sector, partition_size: u64) {
        sector.standing = Standing::Unproven;
        sector.ends = self.calendar.next(sector.deadline, sector.expiration).last();
        let state = self.deadlines.entry(sector.deadline).or_default();
        state.place(&mut sector, partition_size);
        state.power.add(&sector);
        state.live += 1;
        state.daily_fee += sector.daily_fee;
        state.ends.entry(sector.ends).or_default().insert(sector.number);
        self.sectors.insert(sector.number, sector);
    }

    /// Takes a sector out of all sums, changes it, and puts it back. The change of power that counts.
    fn turn(&mut self, number: SectorNumber, change: impl FnOnce(&mut Sector)) -> PowerPair {
        let sector = self.sectors.get_mut(&number).expect("whoever turns a sector has found it");
        if !sector.standing.is_live() {
            // What is over stays so, and its partition may be gone.
            return PowerPair::ZERO;
        }
        let before = *sector;
        change(sector);
        let after = *sector;
        let state = self.deadlines.get_mut(&after.deadline).expect("a sector's deadline exists");
        let partition = &mut state.partitions[after.partition as usize];
        partition.power.remove(&before);
        partition.power.add(&after);
        state.power.remove(&before);
        state.power.add(&after);
        if before.standing.is_live() {
            state.daily_fee -= before.daily_fee;
            if !after.standing.is_live() {
                state.live -= 1;
            }
        }
        if after.standing.is_live() {
            state.daily_fee += after.daily_fee;
        }
        if (before.ends, before.standing.is_live()) != (after.ends, after.standing.is_live()) {
            unschedule(&mut state.ends, before.ends, number);
            if after.standing.is_live() {
                state.ends.entry(after.ends).or_default().insert(number);
            }
        }
        let (was, is) = (before.standing == Standing::Active, after.standing == Standing::Active);
        self.active = self.active + u64::from(is) - u64::from(was);
        let counted = |yes: bool, power: PowerPair| if yes { power } else { PowerPair::default() };
        counted(is, after.power) - counted(was, before.power)
    }

    /// A sector is found or said to be faulty: it ends 42 days after `deadline`, unless it ends before.
    fn fail(&mut self, number: SectorNumber, deadline: Deadline, max_age: Epochs, now: Epoch) -> PowerPair {
        let ends = deadline.last() + max_age;
        self.turn(number, |sector| match sector.standing {
            Standing::Unproven | Standing::Active => {
                sector.standing = Standing::Faulty;
                sector.faulty_since = Some(now);
                if ends < sector.ends {
                    sector.ends = ends;
                    sector.ends_early = true;
                }
            }
            Standing::Recovering => sector.standing = Standing::Faulty,
            Standing::Faulty | Standing::Ended(_) => {}
        })
    }

    /// A sector is proven: active, whatever it was.
    fn prove_one(&mut self, number: SectorNumber, now: Epoch) -> PowerPair {
        let calendar = self.calendar;
        self.turn(number, |sector| {
            sector.standing = Standing::Active;
            sector.first_proven.get_or_insert(now);
            if let Some(since) = sector.faulty_since.take() {
                sector.faulty_epochs += (now - since).count();
            }
            sector.ends = calendar.next(sector.deadline, sector.expiration).last();
            sector.ends_early = false;
        })
    }

    fn end(&mut self, number: SectorNumber, how: Ending, now: Epoch) -> PowerPair {
        self.turn(number, |sector| {
            sector.standing = Standing::Ended(how);
            sector.ended = Some(now);
            if let Some(since) = sector.faulty_since.take() {
                sector.faulty_epochs += (now - since).count();
            }
        })
    }

    /// A proof for partitions of the open deadline.
    ///
    /// # Errors
    /// If a partition does not exist or was proven already, a skipped sector is not in it, or nothing is left to prove
    /// in any of them; then nothing has changed.
    pub fn prove(
        &mut self,
        deadline: Deadline,
        proofs: &[PartitionProof],
        max_age: Epochs,
        now: Epoch,
    ) -> Result<Proven, Refused> {
        for proof in proofs {
            self.may_prove(deadline.index, proof)?;
        }
        if !proofs.iter().any(|proof| self.proves_something(deadline.index, proof)) {
            return Err(Refused::NothingToProve);
        }
        let mut result = Proven::default();
        for proof in proofs {
            for &number in &proof.skipped {
                result.power += self.fail(number, deadline, max_age, now);
            }
            let waiting = |sector: &Sector| match sector.standing {
                Standing::Unproven | Standing::Recovering => Some((sector.number, sector.standing)),
                _ => None,
            };
            for (number, was) in self.of_partition(deadline.index, proof.partition, waiting) {
                let power = self.prove_one(number, now);
                result.power += power;
                if was == Standing::Recovering {
                    result.recovered += power;
                }
            }
            let state = self.deadlines.get_mut(&deadline.index).expect("found above");
            let place = state.posted.partition_point(|&other| other < proof.partition);
            state.posted.insert(place, proof.partition);
        }
        Ok(result)
    }

    fn may_prove(&self, deadline: u16, proof: &PartitionProof) -> Result<(), Refused> {
        let state = self.deadlines.get(&deadline);
        let partition = state.and_then(|state| state.partitions.get(proof.partition as usize));
        let (Some(state), Some(partition)) = (state, partition) else {
            return Err(Refused::NoPartition(proof.partition));
        };
        if state.posted.binary_search(&proof.partition).is_ok() {
            return Err(Refused::ProvenAlready(proof.partition));
        }
        let stray = proof.skipped.iter().find(|number| partition.sectors.binary_search(number).is_err());
        stray.map_or(Ok(()), |&number| Err(Refused::Elsewhere(number)))
    }

    /// Whether a sector of the partition would be proven. A message that proves none is refused: a miner would only pay
    /// for what costs nothing when it is missed.
    fn proves_something(&self, deadline: u16, proof: &PartitionProof) -> bool {
        let partition = &self.deadlines[&deadline].partitions[proof.partition as usize];
        let power = &partition.power;
        if power.live == power.faulty && power.recovering.is_zero() {
            return false;
        }
        proof.skipped.is_empty()
            || partition
                .sectors
                .iter()
                .any(|number| self.sectors[number].standing.is_provable() && !proof.skipped.contains(number))
    }

    /// What `pick` says of the sectors of a partition. Looks at none if nothing in it is unproven or faulty.
    fn of_partition<T>(&self, deadline: u16, partition: u32, pick: impl Fn(&Sector) -> Option<T>) -> Vec<T> {
        let partition = &self.deadlines[&deadline].partitions[partition as usize];
        let power = &partition.power;
        if power.unproven.is_zero() && power.recovering.is_zero() {
            return Vec::new();
        }
        partition.sectors.iter().filter_map(|number| pick(&self.sectors[number])).collect()
    }

    /// Keeps a proof that was not verified.
    pub fn keep_proof(&mut self, deadline: u16, proof: StoredProof) {
        let state = self.deadlines.get_mut(&deadline).expect("a proof is for a deadline that exists");
        state.proofs.push(proof);
    }

    /// Proofs of a deadline's last instance.
    pub fn disputable(&self, deadline: u16) -> &[StoredProof] {
        self.deadlines.get(&deadline).map_or(&[], |state| &state.disputable)
    }

    /// A disputed proof was found wrong: everything active that it was for is faulty. The change of power that
    /// counts, and the power that was wrongly proven.
    ///
    /// # Errors
    /// If there is no such proof.
    pub fn strike(
        &mut self,
        deadline: Deadline,
        place: usize,
        max_age: Epochs,
        now: Epoch,
    ) -> Result<PowerPair, Refused> {
        let state = self.deadlines.get_mut(&deadline.index).ok_or(Refused::NoProof(place))?;
        if place >= state.disputable.len() {
            return Err(Refused::NoProof(place));
        }
        let proof = state.disputable.remove(place);
        let mut change = PowerPair::default();
        for partition in proof.partitions {
            let sectors = self.deadlines[&deadline.index].partitions[partition as usize].sectors.clone();
            for number in sectors {
                if self.sectors[&number].standing == Standing::Active {
                    change += self.fail(number, deadline, max_age, now);
                }
            }
        }
        Ok(change)
    }

    /// The end of a deadline: partitions without a proof, then sectors whose time has come.
    pub fn settle(&mut self, deadline: Deadline, max_age: Epochs, now: Epoch) -> Settled {
        let Some(state) = self.deadlines.get_mut(&deadline.index) else {
            return Settled::default();
        };
        let posted = std::mem::take(&mut state.posted);
        state.disputable = std::mem::take(&mut state.proofs);
        let mut settled = Settled { faulty_before: state.power.faulty.qa, ..Settled::default() };
        let is_missing = |(place, partition): &(usize, &Partition)| {
            !partition.power.live.is_zero() && posted.binary_search(&(*place as u32)).is_err()
        };
        let missing: Vec<SectorNumber> = state
            .partitions
            .iter()
            .enumerate()
            .filter(is_missing)
            .flat_map(|(_, partition)| partition.sectors.iter().copied())
            .collect();
        for number in missing {
            let sector = &self.sectors[&number];
            let (is_new, qa) = (sector.standing.is_live() && !sector.standing.is_faulty(), sector.power.qa);
            settled.power += self.fail(number, deadline, max_age, now);
            if is_new {
                settled.missed += qa;
            }
        }
        self.end_what_is_due(deadline, now, &mut settled);
        let state = &self.deadlines[&deadline.index];
        settled.live = state.power.live.qa;
        settled.daily_fee = state.daily_fee;
        settled
    }

    fn end_what_is_due(&mut self, deadline: Deadline, now: Epoch, settled: &mut Settled) {
        let state = &self.deadlines[&deadline.index];
        let due: Vec<SectorNumber> =
            state.ends.range(..=deadline.last()).flat_map(|(_, set)| set.iter().copied()).collect();
        for number in due {
            let sector = self.sectors[&number];
            if sector.ends_early {
                settled.power += self.end(number, Ending::FaultyTooLong, now);
                settled.too_long.push(number);
            } else {
                settled.power += self.end(number, Ending::Expired, now);
                settled.pledge += sector.pledge;
                settled.expired.push(number);
            }
        }
    }

    /// A live sector, or why not.
    ///
    /// # Errors
    /// If it does not exist or is over.
    pub fn live(&self, number: SectorNumber) -> Result<&Sector, Refused> {
        self.sectors.get(&number).filter(|sector| sector.standing.is_live()).ok_or(Refused::NoSector(number))
    }

    /// Sectors are said to be faulty before `deadline` opens. Faulty ones stay so, recovering ones are faulty again.
    /// The change of power that counts.
    ///
    /// # Errors
    /// If one is not in that deadline; then nothing has changed.
    pub fn declare_faults(
        &mut self,
        deadline: Deadline,
        numbers: &[SectorNumber],
        max_age: Epochs,
        now: Epoch,
    ) -> Result<PowerPair, Refused> {
        self.are_in(deadline.index, numbers)?;
        let mut change = PowerPair::default();
        for &number in numbers {
            change += self.fail(number, deadline, max_age, now);
        }
        Ok(change)
    }

    /// Faulty sectors are said to be provable again. Those that are not faulty are passed over.
    ///
    /// # Errors
    /// If one is not in that deadline; then nothing has changed.
    pub fn declare_recoveries(&mut self, deadline: u16, numbers: &[SectorNumber]) -> Result<(), Refused> {
        self.are_in(deadline, numbers)?;
        for &number in numbers {
            self.turn(number, |sector| {
                if sector.standing == Standing::Faulty {
                    sector.standing = Standing::Recovering;
                }
            });
        }
        Ok(())
    }

    fn are_in(&self, deadline: u16, numbers: &[SectorNumber]) -> Result<(), Refused> {
        for &number in numbers {
            let sector = self.sectors.get(&number).ok_or(Refused::NoSector(number))?;
            if sector.deadline != deadline {
                return Err(Refused::Elsewhere(number));
            }
        }
        Ok(())
    }

    /// Takes partitions of a deadline apart: those that stay move up, and live sectors of the others are put behind them
    /// in order of their numbers. No power and no fee changes.
    ///
    /// # Errors
    /// If one is not there or has a faulty or unproven sector; then nothing has changed.
    pub fn compact(&mut self, deadline: u16, removed: &BTreeSet<u32>, size: u64) -> Result<(), Refused> {
        let partitions = self.deadlines.get(&deadline).map_or(&[][..], |state| &state.partitions);
        for &place in removed {
            let partition = partitions.get(place as usize).ok_or(Refused::NoPartition(place))?;
            if !partition.power.faulty.is_zero() || !partition.power.unproven.is_zero() {
                return Err(Refused::Unhealthy(place));
            }
        }
        let Some(state) = self.deadlines.get_mut(&deadline) else { return Ok(()) };
        // Nothing may be disputed any more, and its partitions would be others now.
        state.disputable.clear();
        let mut moved: Vec<SectorNumber> = Vec::new();
        for (place, partition) in (0u32..).zip(std::mem::take(&mut state.partitions)) {
            if removed.contains(&place) {
                let live = |number: &SectorNumber| self.sectors[number].standing.is_live();
                moved.extend(partition.sectors.into_iter().filter(live));
                continue;
            }
            for number in &partition.sectors {
                self.sectors.get_mut(number).expect("a partition's sectors exist").partition =
                    state.partitions.len() as u32;
            }
            state.partitions.push(partition);
        }
        moved.sort_unstable();
        for number in moved {
            state.place(self.sectors.get_mut(&number).expect("a partition's sectors exist"), size);
        }
        Ok(())
    }

    /// A live sector is terminated. The change of power that counts.
    pub fn terminate(&mut self, number: SectorNumber, now: Epoch) -> PowerPair {
        self.end(number, Ending::Terminated, now)
    }

    /// A live sector that is not faulty gets other terms: contents, power, pledge, fee, expiration. The change of
    /// power that counts.
    pub fn replace(&mut self, number: SectorNumber, terms: impl FnOnce(&mut Sector)) -> PowerPair {
        let calendar = self.calendar;
        self.turn(number, |sector| {
            terms(sector);
            sector.ends = calendar.next(sector.deadline, sector.expiration).last();
            sector.ends_early = false;
        })
    }

    /// What is wrong with the sums, counted anew.
    pub fn check(&self, broken: &mut Vec<String>) {
        let active = self.sectors.values().filter(|sector| sector.standing == Standing::Active).count();
        if active as u64 != self.active {
            broken.push(format!("{} active sectors kept, {active} counted", self.active));
        }
        for (index, state) in &self.deadlines {
            let (mut sums, mut fee, mut live) = (Sums::default(), AttoFil::ZERO, 0);
            for (place, partition) in state.partitions.iter().enumerate() {
                let mut own = Sums::default();
                for sector in partition.sectors.iter().map(|number| &self.sectors[number]) {
                    own.add(sector);
                    sums.add(sector);
                    if sector.standing.is_live() {
                        fee += sector.daily_fee;
                        live += 1;
                    }
                    let is_due = state.ends.get(&sector.ends).is_some_and(|set| set.contains(&sector.number));
                    if is_due != sector.standing.is_live() {
                        broken.push(format!("sector {}: ending {is_due}, {sector:?}", sector.number.0));
                    }
                }
                if own != partition.power {
                    broken.push(format!(
                        "deadline {index} partition {place}: {:?}, counted {own:?}",
                        partition.power
                    ));
                }
            }
            if (sums, fee, live) != (state.power, state.daily_fee, state.live) {
                broken.push(format!(
                    "deadline {index}: {:?} {:?} {}, counted {sums:?} {fee:?} {live}",
                    state.power, state.daily_fee, state.live
                ));
            }
        }
    }
}

fn unschedule(ends: &mut BTreeMap<Epoch, BTreeSet<SectorNumber>>, at: Epoch, number: SectorNumber) {
    if let Some(set) = ends.get_mut(&at) {
        set.remove(&number);
        if set.is_empty() {
            ends.remove(&at);
        }
    }
}
