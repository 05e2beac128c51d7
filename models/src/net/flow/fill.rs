//! The exact solver: which flows a change concerns, and their max-min fair rates by progressive filling.

use super::{Flow, Line};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Buffers that are used again for every change, so that a change allocates nothing in the long run.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    /// Lines and flows of the component that was collected last; lines without a rate join nothing.
    pub(super) lines: Vec<u32>,
    pub(super) flows: Vec<u32>,
    /// Flows and their rates, as [`Scratch::fill`] leaves them.
    pub(super) rates: Vec<(u32, u64)>,
    /// The turn in which a line or a flow was seen last, or (flows) frozen.
    turn: u32,
    line_turn: Vec<u32>,
    flow_turn: Vec<u32>,
    /// What the frozen flows leave of a line, and flows on it that are not frozen yet.
    rest: Vec<(u64, u32)>,
    heap: BinaryHeap<Reverse<(u64, u32)>>,
}

impl Scratch {
    /// Collects everything that is joined to these lines; false, with a part only, above `limit` flows.
    pub(super) fn collect(&mut self, lines: &[Line], flows: &[Flow], from: &[u32], limit: usize) -> bool {
        self.begin(lines, flows);
        for &line in from {
            self.see(lines, line);
        }
        self.spread(lines, flows, limit, |_| true)
    }

    /// Collects what is joined to a line without passing over coarse lines.
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

    fn begin(&mut self, lines: &[Line], flows: &[Flow]) {
        self.next_turn();
        self.line_turn.resize(lines.len(), 0);
        self.rest.resize(lines.len(), (0, 0));
        self.flow_turn.resize(flows.len().max(self.flow_turn.len()), 0);
        self.lines.clear();
        self.flows.clear();
    }

    fn next_turn(&mut self) {
        if self.turn == u32::MAX {
            self.line_turn.fill(0);
            self.flow_turn.fill(0);
            self.turn = 0;
        }
        self.turn += 1;
    }

    fn see(&mut self, lines: &[Line], line: u32) {
        if self.line_turn[line as usize] != self.turn && lines[line as usize].rate.is_some() {
            self.line_turn[line as usize] = self.turn;
            self.lines.push(line);
        }
    }

    /// Max-min fair rates of the flows that were collected, in `rates`.
    ///
    /// The line with the least equal share for its unfrozen flows is the next to be full as all rates rise
    /// together: its flows are frozen at that share. Shares of other lines only grow by that, so the heap may
    /// hold old ones and they are corrected when they come up. Equal shares are settled by the line's number.
    pub(super) fn fill(&mut self, lines: &[Line], flows: &[Flow]) {
        self.next_turn();
        self.rates.clear();
        let mut heap = std::mem::take(&mut self.heap).into_vec();
        heap.clear();
        for &line in &self.lines {
            let state = &lines[line as usize];
            let rate = state.rate.expect("lines without a rate are not collected");
            self.rest[line as usize] = (rate, state.flows.len() as u32);
            if !state.flows.is_empty() {
                heap.push(Reverse((state.share(), line)));
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
                continue;
            }
            for &slot in &lines[line as usize].flows {
                if self.flow_turn[slot as usize] == self.turn {
                    continue;
                }
                self.flow_turn[slot as usize] = self.turn;
                self.rates.push((slot, share));
                for other in flows[slot as usize].lines {
                    let (rest, unfrozen) = &mut self.rest[other as usize];
                    // A line without a rate was not collected and keeps no account.
                    if lines[other as usize].rate.is_some() {
                        *rest -= share;
                        *unfrozen -= 1;
                    }
                }
            }
        }
        self.heap = heap;
    }
}
