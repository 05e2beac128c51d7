//! What must hold of a miner's sectors at any epoch.

use super::{Holdings, Sums};
use crate::filecoin::miner::sector::Standing;
use crate::units::AttoFil;

impl Holdings {
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
