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
//! ```text
//!   deadline_state   partitions of a deadline and their sums      compact   partitions taken apart
//!   proofs           proofs, disputes, the end of a deadline      check     the sums, counted anew
//! ```
//!
//! Left out: limits on sectors in one declaration and partitions in one message (the actors' limits bind on gas, which
//! is a parameter here).

mod check;
mod compact;
mod deadline_state;
mod proofs;

pub use deadline_state::{DeadlineState, Partition, StoredProof, Sums};
pub use proofs::{PartitionProof, Proven, Settled};

use super::super::deadline::DeadlineLoad;
use super::super::power::PowerPair;
use super::period::{Calendar, Deadline};
use super::sector::{Ending, Sector, SectorNumber, Standing};
use crate::units::{Epoch, Epochs};
use deadline_state::unschedule;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
}
