//! Compaction: partitions are taken apart, so that ended sectors no longer count as theirs.
//!
//! Source: builtin-actors, actors/miner/src/deadline_state.rs (compact_partitions, add_sectors).

use super::{Holdings, Refused};
use crate::filecoin::miner::sector::SectorNumber;
use std::collections::BTreeSet;

impl Holdings {
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
}
