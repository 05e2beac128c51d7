//! Bulk transfers as flows that share access lines by max-min fairness.
//!
//! A flow takes from its sender's uplink and its receiver's downlink at once, at one rate. Rates are max-min
//! fair: no flow could be faster without making one slower that is no faster than it. They change only when a
//! flow starts or ends, and only within the component of flows that share lines, directly or through others.
//!
//! ```text
//!   flow starts or ends --> its two lines --> progressive filling of the flows that feel it
//!                                        \--> in a component of more than EXACT_MAX flows:
//!                                             rate = min(up / flows on it, down / flows on it),
//!                                             for the flows on these two lines only
//! ```
//!
//! - *Exact* (`fill.rs`): raise all rates together; a line that is full freezes its flows; go on with the rest. Only
//!   the flows on the two lines are filled anew, and those that thereby lose their bottleneck, and so on: a handful
//!   of flows as a rule, the whole component at worst.
//! - *Coarse*, the per-endpoint rule: O(flows on the two lines) at worst too. Never above a line's rate, and exact
//!   where one end limits all of its flows; otherwise pessimistic, for what a flow that is limited elsewhere leaves
//!   over is nobody's. `tests/net_flow` measures by how much: see `docs/model.md`.
//!
//! Sizes of components are looked at once in so many changes that a change costs O(1) by it. One that is found above
//! [`EXACT_MAX`] turns coarse as a whole, and exact again when it is found at half of that: one component never mixes
//! both rules, which is what keeps lines within their rates.
//!
//! Arithmetic is whole: rates in thousandths of a bit a second, rounded down; what is left of a flow in
//! [`WORK_PER_BYTE`]ths of a byte, so that rate times nanoseconds is subtracted without rounding. When a flow ends
//! follows from (left, rate, since) and is rounded up to the next nanosecond once, never accumulated.
//!
//! Left out: slow start and congestion control (a flow has its fair share at once), the time by which bytes enter
//! the downlink later than they leave the uplink, and what short messages take from a line.

mod fill;
mod tier;

use super::tier::Moved;
use fill::Scratch;
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::BitRate;

/// Most flows of a component whose rates are kept exactly max-min fair; above, the per-endpoint rule holds.
///
/// Assumption: up to here even a change that reaches the whole component, which is seldom, costs milliseconds; among
/// 30,000 coupled flows a change of random pairs costs 7 microseconds (`benches/BASELINES.md`).
pub const EXACT_MAX: usize = 65_536;

/// A coarse component is looked at once in `exact_max` changes, an exact one this many times as often.
const LOOKS: usize = 4;

/// Parts of a byte in which work is counted: 8 bits of 1,000 thousandths, over 10^9 nanoseconds a second.
pub const WORK_PER_BYTE: u128 = 8 * 1_000 * 1_000_000_000;

/// Names a flow; stale once it has ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct FlowId {
    /// Place.
    pub slot: u32,
    /// Generation of whoever lives there.
    pub generation: u32,
}

/// One transfer under way.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Flow {
    generation: u32,
    is_live: bool,
    /// Its uplink and its downlink, and its places in their lists.
    lines: [u32; 2],
    places: [u32; 2],
    bytes: u64,
    /// Work left at `since`, and the rate (in thousandths of a bit a second) from then on.
    left: u128,
    rate: u64,
    since: SimTime,
    ends_at: SimTime,
    /// Which of its lines is its bottleneck (0 or 1), if its component is exact.
    bottleneck: u8,
}

impl Flow {
    /// Work that is left at an instant not before `since`.
    fn left_at(&self, now: SimTime) -> u128 {
        let done = u128::from(self.rate) * u128::from(now.since(self.since).as_nanos());
        // The last nanosecond may hold more work than was left.
        self.left.saturating_sub(done)
    }
}

/// One direction of a node's access line.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Line {
    /// In thousandths of a bit a second; none if it limits nothing.
    rate: Option<u64>,
    flows: Vec<u32>,
    /// Its component follows the per-endpoint rule.
    is_coarse: bool,
}

impl Line {
    fn new(rate: Option<BitRate>) -> Self {
        let rate = rate.map(|rate| rate.as_bits_per_sec().saturating_mul(1_000));
        Line { rate, flows: Vec::new(), is_coarse: false }
    }

    /// An equal part for each of its flows; no limit if it has none.
    fn share(&self) -> u64 {
        self.rate.map_or(u64::MAX, |rate| rate / self.flows.len().max(1) as u64)
    }
}

/// The flow tier: all lines and all flows on them.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct FlowNet {
    /// Uplink of node i at 2i, downlink at 2i + 1.
    lines: Vec<Line>,
    flows: Vec<Flow>,
    free: Vec<u32>,
    live: usize,
    exact_max: usize,
    /// Changes of coarse, and of exact, components since one was last looked at.
    coarse_changes: usize,
    exact_changes: usize,
    scratch: Scratch,
}

impl Default for FlowNet {
    fn default() -> Self {
        FlowNet::new(EXACT_MAX)
    }
}

impl FlowNet {
    /// No nodes yet; components of at most `exact_max` flows are filled exactly.
    pub fn new(exact_max: usize) -> Self {
        FlowNet {
            lines: Vec::new(),
            flows: Vec::new(),
            free: Vec::new(),
            live: 0,
            exact_max,
            coarse_changes: 0,
            exact_changes: 0,
            scratch: Scratch::default(),
        }
    }

    /// Starts a flow, and appends to `moved` every flow whose end has moved by it, itself included. None if
    /// nothing limits it: it is there at once.
    pub fn start(
        &mut self,
        from: usize,
        to: usize,
        bytes: u64,
        now: SimTime,
        moved: &mut Vec<Moved>,
    ) -> Option<FlowId> {
        let lines = [2 * from as u32, 2 * to as u32 + 1];
        if bytes == 0 || lines.iter().all(|&line| self.lines[line as usize].rate.is_none()) {
            return None;
        }
        let slot = self.free.pop().unwrap_or(self.flows.len() as u32);
        let generation = self.flows.get(slot as usize).map_or(0, |flow| flow.generation);
        let flow = Flow {
            generation,
            is_live: true,
            lines,
            places: lines.map(|line| self.lines[line as usize].flows.len() as u32),
            bytes,
            left: u128::from(bytes) * WORK_PER_BYTE,
            rate: 0,
            since: now,
            ends_at: SimTime::NEVER,
            bottleneck: 0,
        };
        match self.flows.get_mut(slot as usize) {
            Some(place) => *place = flow,
            None => self.flows.push(flow),
        }
        for line in lines {
            self.lines[line as usize].flows.push(slot);
        }
        self.live += 1;
        self.rebalance(lines, now, moved);
        Some(FlowId { slot, generation })
    }

    /// Ends a flow, whether it is through or not, and appends to `moved` the flows whose ends move by it.
    /// Returns the whole bytes that had passed.
    ///
    /// # Panics
    /// If it has ended before.
    pub fn end(&mut self, id: FlowId, now: SimTime, moved: &mut Vec<Moved>) -> u64 {
        let flow = *self.flow(id);
        let passed = self.passed(id, now);
        for (line, place) in flow.lines.into_iter().zip(flow.places) {
            let line_state = &mut self.lines[line as usize];
            line_state.flows.swap_remove(place as usize);
            line_state.is_coarse &= !line_state.flows.is_empty();
            if let Some(&other) = line_state.flows.get(place as usize) {
                let other = &mut self.flows[other as usize];
                other.places[(line & 1) as usize] = place;
            }
        }
        let place = &mut self.flows[id.slot as usize];
        place.is_live = false;
        place.generation = place.generation.wrapping_add(1);
        self.free.push(id.slot);
        self.live -= 1;
        self.rebalance(flow.lines, now, moved);
        passed
    }

    /// Whole bytes of a flow that have passed by `now`.
    pub fn passed(&self, id: FlowId, now: SimTime) -> u64 {
        let flow = self.flow(id);
        flow.bytes - u64::try_from(flow.left_at(now).div_ceil(WORK_PER_BYTE)).expect("no more than all of it")
    }

    /// When a flow ends if nothing changes; never at rate zero.
    pub fn ends_at(&self, id: FlowId) -> SimTime {
        self.flow(id).ends_at
    }

    /// Present rate of a flow in thousandths of a bit a second.
    pub fn rate(&self, id: FlowId) -> u64 {
        self.flow(id).rate
    }

    /// Sender and receiver of a flow.
    pub fn ends_of(&self, id: FlowId) -> (usize, usize) {
        let [up, down] = self.flow(id).lines;
        (up as usize / 2, down as usize / 2)
    }

    /// Flows under way.
    pub fn live(&self) -> usize {
        self.live
    }

    /// Whether a node's uplink is part of a component that follows the per-endpoint rule.
    pub fn is_coarse(&self, node: usize) -> bool {
        self.lines[2 * node].is_coarse
    }

    fn flow(&self, id: FlowId) -> &Flow {
        let flow = &self.flows[id.slot as usize];
        assert!(flow.is_live && flow.generation == id.generation, "flow {id:?} has ended");
        flow
    }

    fn id(&self, slot: u32) -> FlowId {
        FlowId { slot, generation: self.flows[slot as usize].generation }
    }

    /// Gives the flows that a change of these two lines concerns their new rates.
    fn rebalance(&mut self, lines: [u32; 2], now: SimTime, moved: &mut Vec<Moved>) {
        if lines.iter().any(|&line| self.lines[line as usize].is_coarse) {
            return self.rebalance_coarse(lines, now, moved);
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        self.exact_changes += 1;
        let looks = self.live > self.exact_max && self.exact_changes * LOOKS >= self.exact_max;
        if looks {
            self.exact_changes = 0;
        }
        if looks && !scratch.collect(&self.lines, &self.flows, &lines, self.exact_max) {
            scratch.collect(&self.lines, &self.flows, &lines, usize::MAX);
            self.coarsen(&scratch, now, moved);
        } else {
            scratch.solve_around(&self.lines, &self.flows, &lines);
            self.take_filled(&scratch, now, moved);
        }
        self.scratch = scratch;
    }

    fn rebalance_coarse(&mut self, lines: [u32; 2], now: SimTime, moved: &mut Vec<Moved>) {
        let mut scratch = std::mem::take(&mut self.scratch);
        self.coarse_changes += 1;
        let looks = self.coarse_changes >= self.exact_max;
        if looks {
            self.coarse_changes = 0;
        }
        if looks && scratch.collect(&self.lines, &self.flows, &lines, self.exact_max / 2) {
            for &line in &scratch.lines {
                self.lines[line as usize].is_coarse = false;
            }
            scratch.fill(&self.lines, &self.flows);
            self.take_filled(&scratch, now, moved);
        } else {
            for line in lines {
                let state = &self.lines[line as usize];
                if state.rate.is_some() && !state.is_coarse && !state.flows.is_empty() {
                    // A component that was exact joins a coarse one.
                    scratch.collect_exact_part(&self.lines, &self.flows, line);
                    self.coarsen(&scratch, now, moved);
                }
            }
            for line in lines {
                for place in 0..self.lines[line as usize].flows.len() {
                    self.endpoint_rate(self.lines[line as usize].flows[place], now, moved);
                }
            }
        }
        self.scratch = scratch;
    }

    /// The flows that were filled take their new rates.
    fn take_filled(&mut self, scratch: &Scratch, now: SimTime, moved: &mut Vec<Moved>) {
        for filled in &scratch.filled {
            self.flows[filled.slot as usize].bottleneck = filled.bottleneck;
            self.set_rate(filled.slot, filled.rate, now, moved);
        }
    }

    /// All lines that were collected turn coarse, and all flows follow the per-endpoint rule.
    fn coarsen(&mut self, scratch: &Scratch, now: SimTime, moved: &mut Vec<Moved>) {
        for &line in &scratch.lines {
            self.lines[line as usize].is_coarse = true;
        }
        for &slot in &scratch.flows {
            self.endpoint_rate(slot, now, moved);
        }
    }

    fn endpoint_rate(&mut self, slot: u32, now: SimTime, moved: &mut Vec<Moved>) {
        let [up, down] = self.flows[slot as usize].lines.map(|line| self.lines[line as usize].share());
        self.set_rate(slot, up.min(down), now, moved);
    }

    fn set_rate(&mut self, slot: u32, rate: u64, now: SimTime, moved: &mut Vec<Moved>) {
        let flow = &mut self.flows[slot as usize];
        if flow.rate == rate {
            return;
        }
        flow.left = flow.left_at(now);
        flow.since = now;
        flow.rate = rate;
        let ends_at = time_left(flow.left, rate).map_or(SimTime::NEVER, |span| now.saturating_add(span));
        if ends_at != flow.ends_at {
            flow.ends_at = ends_at;
            let flow = FlowId { slot, generation: flow.generation };
            moved.push(Moved { flow, at: ends_at });
        }
    }
}

/// Whole nanoseconds, rounded up, in which a rate does the work; none if it never does.
fn time_left(work: u128, rate: u64) -> Option<SimSpan> {
    // A division of 64 bits is several times faster, and a block of 2 MiB fits it.
    let nanos = match u64::try_from(work) {
        Ok(work) => work
            .checked_add(rate.checked_sub(1)?)
            .map_or_else(|| u128::from(work).div_ceil(u128::from(rate)), |sum| u128::from(sum / rate)),
        Err(_) => work.checked_add(u128::from(rate.checked_sub(1)?))? / u128::from(rate),
    };
    u64::try_from(nanos).ok().map(SimSpan::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_rounded_up_and_never_overflows() {
        let nanos = |work, rate| time_left(work, rate).map(SimSpan::as_nanos);
        assert_eq!(nanos(10, 3), Some(4));
        assert_eq!(nanos(9, 3), Some(3));
        assert_eq!(nanos(0, 3), Some(0));
        assert_eq!(nanos(1, 0), None, "at rate zero it never ends");
        assert_eq!(nanos(u128::from(u64::MAX), u64::MAX), Some(1));
        assert_eq!(nanos(u128::from(u64::MAX) + 1, 2), Some(1 << 63));
        assert_eq!(nanos(u128::MAX, 2), None, "past the end of time");
    }
}
