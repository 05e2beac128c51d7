//! Flows as a tier of the network: bulk messages become flows, short ones pass them by.

use super::{FlowId, FlowNet, Line};
use crate::net::link::INTERLEAVED_MAX;
use crate::net::tier::{Departure, Moved, Shipment, Tier};
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::{BitRate, Bytes};

impl Tier for FlowNet {
    fn add(&mut self, up: Option<BitRate>, down: Option<BitRate>) {
        self.lines.extend([Line::new(up), Line::new(down)]);
    }

    fn depart(&mut self, shipment: Shipment, now: SimTime, moved: &mut Vec<Moved>) -> Departure {
        let Shipment { from, to, bytes, is_connected } = shipment;
        if bytes > INTERLEAVED_MAX && is_connected {
            return self.start(from, to, bytes, now, moved).map_or(Departure::At(now), Departure::Flow);
        }
        // Alone on the line: packets of short messages interleave with those of flows.
        let time = self.lines[2 * from].rate.map_or(SimSpan::ZERO, |rate| {
            BitRate::from_bits_per_sec(rate / 1_000).transfer_time(Bytes::new(bytes))
        });
        Departure::At(now.saturating_add(time))
    }

    fn end_flow(&mut self, flow: FlowId, now: SimTime, moved: &mut Vec<Moved>) {
        self.end(flow, now, moved);
    }

    fn flows(&self) -> Vec<FlowId> {
        let live = |&slot: &u32| self.flows[slot as usize].is_live;
        (0..self.flows.len() as u32).filter(live).map(|slot| self.id(slot)).collect()
    }

    fn flows_of(&self, node: usize) -> Vec<FlowId> {
        let lines = [2 * node, 2 * node + 1];
        let slots = lines.into_iter().flat_map(|line| &self.lines[line].flows);
        let mut flows: Vec<FlowId> = slots.map(|&slot| self.id(slot)).collect();
        flows.sort_unstable();
        flows
    }

    fn ends_of(&self, flow: FlowId) -> (usize, usize) {
        FlowNet::ends_of(self, flow)
    }

    fn check(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for (number, line) in self.lines.iter().enumerate() {
            let used: u128 = line.flows.iter().map(|&slot| u128::from(self.flows[slot as usize].rate)).sum();
            if line.rate.is_some_and(|rate| used > u128::from(rate)) {
                broken.push(format!("line {number}: flows take {used} of {:?}", line.rate));
            }
            for (place, &slot) in line.flows.iter().enumerate() {
                let flow = &self.flows[slot as usize];
                let side = number & 1;
                if !flow.is_live || flow.lines[side] as usize != number || flow.places[side] as usize != place
                {
                    broken.push(format!("line {number}: flow {slot} is not where it says"));
                }
                let others = flow.lines.map(|line| &self.lines[line as usize]);
                if line.rate.is_some()
                    && others.iter().any(|other| other.rate.is_some() && other.is_coarse != line.is_coarse)
                {
                    broken.push(format!("line {number}: flow {slot} is half coarse"));
                }
            }
        }
        let listed: usize = self.lines.iter().step_by(2).map(|line| line.flows.len()).sum();
        if listed != self.live {
            broken.push(format!("{listed} flows on uplinks, {} alive", self.live));
        }
        broken
    }
}
