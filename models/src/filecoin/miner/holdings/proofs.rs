//! Proofs of partitions, their disputes, and the end of a deadline.

use super::{Holdings, Partition, Refused, StoredProof};
use crate::filecoin::miner::period::Deadline;
use crate::filecoin::miner::sector::{Ending, Sector, SectorNumber, Standing};
use crate::filecoin::power::PowerPair;
use crate::units::{AttoFil, Epoch, Epochs, Power};

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

impl Holdings {
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
}
