//! When each region of the key space has its hour in the sweep mode's cycle.

use std::collections::BTreeMap;

use sim_core::time::{SimSpan, SimTime};

use super::region::Region;

/// Bits of a region's start that set its hour.
pub(super) const HOUR_BITS: u32 = 24;

/// Regions that never overlap, each at a fixed hour of every cycle: `interval x start / 2^64`.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Schedule {
    interval: SimSpan,
    /// Start of the first cycle; the node's first hour on-line.
    cycle_start: Option<SimTime>,
    /// Start and length.
    regions: BTreeMap<u64, u32>,
}

impl Schedule {
    /// An empty schedule; an interval of zero has no hours.
    pub(super) fn new(interval: SimSpan) -> Self {
        Schedule { interval, cycle_start: None, regions: BTreeMap::new() }
    }

    /// Starts the first cycle, if none has begun.
    pub(super) fn begin(&mut self, now: SimTime) {
        self.cycle_start.get_or_insert(now);
    }

    pub(super) fn regions(&self) -> impl Iterator<Item = Region> {
        self.regions.iter().map(|(&start, &len)| Region { start, len })
    }

    /// The region that starts there.
    pub(super) fn starting_at(&self, start: u64) -> Option<Region> {
        self.regions.get(&start).map(|&len| Region { start, len })
    }

    /// The region around a position.
    pub(super) fn around(&self, at: u64) -> Option<Region> {
        let (&start, &len) = self.regions.range(..=at).next_back()?;
        Some(Region { start, len }).filter(|r| r.contains(at))
    }

    /// Mean length of the regions, rounded down.
    pub(super) fn mean_len(&self) -> Option<u32> {
        let sum: u64 = self.regions.values().map(|len| u64::from(*len)).sum();
        sum.checked_div(self.regions.len() as u64).map(|mean| mean as u32)
    }

    /// Puts a region in place of all that it contains; does nothing if one contains it.
    pub(super) fn put(&mut self, region: Region) {
        if self.around(region.start).is_some_and(|r| r.len <= region.len) {
            return;
        }
        self.remove_inside(region);
        self.regions.insert(region.start, region.len);
    }

    /// Takes out all regions inside this one.
    pub(super) fn remove_inside(&mut self, region: Region) {
        let inside: Vec<u64> = self.regions.range(region.start..=region.end()).map(|(s, _)| *s).collect();
        for start in inside {
            self.regions.remove(&start);
        }
    }

    /// The next hour after `after`, and the start of its region.
    pub(super) fn next_after(&self, after: SimTime) -> Option<(SimTime, u64)> {
        let start = self.cycle_start.filter(|_| self.interval > SimSpan::ZERO)?;
        let cycles = after.since(start).as_nanos() / self.interval.as_nanos();
        let cycle = start + self.interval.saturating_mul(cycles);
        let coming = self.regions.keys().find(|s| cycle + self.hour(**s) > after);
        let (cycle, region) = match coming {
            Some(region) => (cycle, region),
            None => (cycle + self.interval, self.regions.keys().next()?),
        };
        Some((cycle + self.hour(*region), *region))
    }

    fn hour(&self, start: u64) -> SimSpan {
        let part = u128::from(start >> (64 - HOUR_BITS));
        let nanos = u128::from(self.interval.as_nanos()) * part;
        SimSpan::from_nanos((nanos >> HOUR_BITS) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: u64) -> SimTime {
        SimTime::ZERO + SimSpan::from_hours(hours)
    }

    #[test]
    fn every_region_has_its_hour_once_a_cycle_in_order_of_position() {
        let mut schedule = Schedule::new(SimSpan::from_hours(16));
        schedule.begin(at(1));
        (0..4u64).for_each(|i| schedule.put(Region { start: i << 62, len: 2 }));
        let mut hours = Vec::new();
        let mut now = at(1);
        for _ in 0..5 {
            let (next, start) = schedule.next_after(now).expect("four regions");
            hours.push((next, start >> 62));
            now = next;
        }
        assert_eq!(hours, [(at(5), 1), (at(9), 2), (at(13), 3), (at(17), 0), (at(21), 1)]);
    }

    #[test]
    fn a_wider_region_replaces_those_inside_and_a_narrower_one_changes_nothing() {
        let mut schedule = Schedule::new(SimSpan::from_hours(22));
        schedule.put(Region { start: 0, len: 2 });
        schedule.put(Region { start: 1 << 62, len: 3 });
        let wide = Region { start: 0, len: 1 };
        schedule.put(wide);
        schedule.put(Region { start: 0, len: 5 });
        assert_eq!(schedule.regions().collect::<Vec<_>>(), [wide]);
        assert_eq!((schedule.around(5), schedule.around(1 << 63)), (Some(wide), None));
    }
}
