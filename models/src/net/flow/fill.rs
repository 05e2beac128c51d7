//! The exact solver: max-min fair rates by progressive filling, of a whole component or of the part that a change
//! reaches.
//!
//! An allocation is max-min fair if and only if every flow has a *bottleneck*: a line that is full and on which no
//! flow is faster (Bertsekas and Gallager 1992, "Data Networks", 6.5.2). That can be checked line by line, and so a
//! change is solved where it is felt:
//!
//! 1. The flows on the two changed lines are *active*; all others keep their rates.
//! 2. The active flows are filled into what the others leave of their lines.
//! 3. On each line of an active flow: a resting flow that has lost its bottleneck there, or that is faster than an
//!    active one which this line limits, becomes active. If there was none, every flow has a bottleneck: done.
//!    Otherwise step 2 again with more active flows, at most with the whole component.
//!
//! "Full" and "faster" are meant but for as many thousandths of a bit a second as there are flows on the line:
//! shares are rounded down.

use super::{Flow, Line};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A new rate of a flow, and which of its lines is its bottleneck (0: its uplink, 1: its downlink).
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Filled {
    pub(super) slot: u32,
    pub(super) rate: u64,
    pub(super) bottleneck: u8,
}

/// Buffers that are used again for every change, so that a change allocates nothing in the long run.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Scratch {
    /// Active flows, and their lines; lines without a rate join nothing.
    pub(super) lines: Vec<u32>,
    pub(super) flows: Vec<u32>,
    /// New rates of the active flows, once they are filled.
    pub(super) filled: Vec<Filled>,
    /// Turn in which a line or a flow was last active.
    turn: u32,
    line_turn: Vec<u32>,
    flow_turn: Vec<u32>,
    /// Place of an active flow in `filled`, or none.
    place: Vec<u32>,
    /// What frozen and resting flows leave of a line, and its active flows that are not frozen yet.
    rest: Vec<(u64, u32)>,
    heap: BinaryHeap<Reverse<(u64, u32)>>,
    found: Vec<u32>,
}

const NOT_FROZEN: u32 = u32::MAX;

impl Scratch {
    /// Makes everything active that is joined to these lines; false, with a part only, above `limit` flows.
    pub(super) fn collect(&mut self, lines: &[Line], flows: &[Flow], from: &[u32], limit: usize) -> bool {
        self.begin(lines, flows);
        for &line in from {
            self.see(lines, line);
        }
        self.spread(lines, flows, limit, |_| true)
    }

    /// Makes active what is joined to a line without passing over coarse lines.
    pub(super) fn collect_exact_part(&mut self, lines: &[Line], flows: &[Flow], from: u32) {
        self.begin(lines, flows);
        self.see(lines, from);
        self.spread(lines, flows, usize::MAX, |line| !line.is_coarse);
    }

    fn spread(
        &mut self,
        lines: &[Line],
        flows: &[Flow],
        limit: usize,
        joins: impl Fn(&Line) -> bool,
    ) -> bool {
        let mut next = 0;
        while let Some(&line) = self.lines.get(next) {
            next += 1;
            for &slot in &lines[line as usize].flows {
                if self.flow_turn[slot as usize] == self.turn {
                    continue;
                }
                if self.flows.len() == limit {
                    return false;
                }
                self.flow_turn[slot as usize] = self.turn;
                self.flows.push(slot);
                for other in flows[slot as usize].lines {
                    if joins(&lines[other as usize]) {
                        self.see(lines, other);
                    }
                }
            }
        }
        true
    }

    /// Fills the flows that a change of these lines reaches.
    pub(super) fn solve_around(&mut self, lines: &[Line], flows: &[Flow], from: &[u32]) {
        self.begin(lines, flows);
        for &line in from {
            if lines[line as usize].rate.is_some() {
                for &slot in &lines[line as usize].flows {
                    self.activate(lines, flows, slot);
                }
            }
        }
        loop {
            self.fill(lines, flows);
            self.find_unsettled(lines, flows);
            if self.found.is_empty() {
                return;
            }
            let found = std::mem::take(&mut self.found);
            for &slot in &found {
                self.activate(lines, flows, slot);
            }
            self.found = found;
        }
    }

    fn begin(&mut self, lines: &[Line], flows: &[Flow]) {
        if self.turn == u32::MAX {
            self.line_turn.fill(0);
            self.flow_turn.fill(0);
            self.turn = 0;
        }
        self.turn += 1;
        self.line_turn.resize(lines.len(), 0);
        self.rest.resize(lines.len(), (0, 0));
        self.flow_turn.resize(flows.len(), 0);
        self.place.resize(flows.len(), NOT_FROZEN);
        self.lines.clear();
        self.flows.clear();
    }

    fn see(&mut self, lines: &[Line], line: u32) {
        if self.line_turn[line as usize] != self.turn && lines[line as usize].rate.is_some() {
            self.line_turn[line as usize] = self.turn;
            self.lines.push(line);
        }
    }

    fn activate(&mut self, lines: &[Line], flows: &[Flow], slot: u32) {
        if self.flow_turn[slot as usize] != self.turn {
            self.flow_turn[slot as usize] = self.turn;
            self.flows.push(slot);
            for line in flows[slot as usize].lines {
                self.see(lines, line);
            }
        }
    }

    fn is_active(&self, slot: u32) -> bool {
        self.flow_turn[slot as usize] == self.turn
    }

    /// Max-min fair rates of the active flows in what resting flows leave.
    ///
    /// The line with the least equal share for its unfrozen flows is the next to be full as all rates rise
    /// together: its flows are frozen at that share. Shares of other lines only grow by that, so the heap may
    /// hold old ones and they are corrected when they come up. Equal shares are settled by the line's number.
    pub(super) fn fill(&mut self, lines: &[Line], flows: &[Flow]) {
        self.filled.clear();
        for &slot in &self.flows {
            self.place[slot as usize] = NOT_FROZEN;
        }
        let mut heap = std::mem::take(&mut self.heap).into_vec();
        heap.clear();
        for &line in &self.lines {
            let state = &lines[line as usize];
            let mut rest = state.rate.expect("lines without a rate join nothing");
            let mut active = 0;
            for &slot in &state.flows {
                if self.is_active(slot) {
                    active += 1;
                } else {
                    rest -= flows[slot as usize].rate;
                }
            }
            self.rest[line as usize] = (rest, active);
            if active > 0 {
                heap.push(Reverse((rest / u64::from(active), line)));
            }
        }
        let mut heap = BinaryHeap::from(heap);
        while let Some(Reverse((known, line))) = heap.pop() {
            let (rest, unfrozen) = self.rest[line as usize];
            if unfrozen == 0 {
                continue;
            }
            let share = rest / u64::from(unfrozen);
            if share > known {
                heap.push(Reverse((share, line)));
            } else {
                self.freeze(lines, flows, line, share);
            }
        }
        self.heap = heap;
    }

    /// A line is full: its unfrozen flows stay at this rate.
    fn freeze(&mut self, lines: &[Line], flows: &[Flow], line: u32, rate: u64) {
        for &slot in &lines[line as usize].flows {
            if !self.is_active(slot) || self.place[slot as usize] != NOT_FROZEN {
                continue;
            }
            self.place[slot as usize] = self.filled.len() as u32;
            self.filled.push(Filled { slot, rate, bottleneck: (line & 1) as u8 });
            for other in flows[slot as usize].lines {
                // A line without a rate keeps no account.
                if lines[other as usize].rate.is_some() {
                    let (rest, unfrozen) = &mut self.rest[other as usize];
                    *rest -= rate;
                    *unfrozen -= 1;
                }
            }
        }
    }

    /// Resting flows that have no bottleneck any more, or that keep an active flow from having one.
    fn find_unsettled(&mut self, lines: &[Line], flows: &[Flow]) {
        self.found.clear();
        for &line in &self.lines {
            let state = &lines[line as usize];
            let side = (line & 1) as u8;
            let slack = state.flows.len() as u64;
            let is_full = self.rest[line as usize].0 < slack;
            // The fastest active flow, and the rate of those that this line limits.
            let (mut fastest, mut limited) = (0, u64::MAX);
            let mut resting = false;
            for &slot in &state.flows {
                if self.is_active(slot) {
                    let filled = self.filled[self.place[slot as usize] as usize];
                    fastest = fastest.max(filled.rate);
                    limited = limited.min(if filled.bottleneck == side { filled.rate } else { u64::MAX });
                } else {
                    resting = true;
                }
            }
            if !resting {
                continue;
            }
            for &slot in &state.flows {
                let flow = &flows[slot as usize];
                let lost = flow.bottleneck == side && (!is_full || flow.rate.saturating_add(slack) < fastest);
                let takes = limited.saturating_add(slack) < flow.rate;
                if (lost || takes) && !self.is_active(slot) {
                    self.found.push(slot);
                }
            }
        }
    }
}
