//! What must hold at any moment, counted anew from scratch and compared with what the run keeps.

use super::World;
use crate::ids::{BlockId, ObjectId};
use crate::net::Tier;

/// A part of everything that is counted: each `of`-th thing, from the `number`-th on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    pub(crate) number: usize,
    pub(crate) of: usize,
}

impl Part {
    pub(crate) const ALL: Part = Part { number: 0, of: 1 };

    pub(super) fn places(self, len: usize) -> impl Iterator<Item = usize> {
        (self.number..len).step_by(self.of)
    }
}

impl World {
    /// Every broken invariant, each with a path to it; empty if all hold.
    pub fn check(&self) -> Vec<String> {
        self.check_part(Part::ALL)
    }

    /// The same for one part of the nodes and objects.
    pub(crate) fn check_part(&self, part: Part) -> Vec<String> {
        let mut broken = Vec::new();
        self.check_bytes(&mut broken);
        self.check_flows(&mut broken);
        self.check_stores(part, &mut broken);
        self.check_copies(part, &mut broken);
        self.check_connections(part, &mut broken);
        self.check_clusters(&mut broken);
        if let Some(filecoin) = &self.filecoin {
            filecoin.chain.check(part.places(filecoin.actors().len()), &mut broken);
            filecoin.deals.check(&mut broken);
        }
        self.check_archive(part, &mut broken);
        broken
    }

    /// Bytes sent = received + dropped + in flight.
    fn check_bytes(&self, broken: &mut Vec<String>) {
        let in_flight: u64 = self.messages.iter().map(|message| message.bytes).sum();
        let totals = &self.totals;
        if totals.sent != totals.received + totals.dropped + in_flight {
            broken.push(format!("bytes: {totals:?}, in flight {in_flight}"));
        }
        if totals.corrupt_accepted > 0 {
            broken.push(format!("an altered block was accepted: {totals:?}"));
        }
    }

    /// Lines keep to their rates, and every flow carries one message between two nodes that are up.
    fn check_flows(&self, broken: &mut Vec<String>) {
        broken.extend(self.links.check());
        for flow in self.links.flows() {
            let (from, to) = self.links.ends_of(flow);
            let message = self.flows.message(flow).and_then(|ticket| self.messages.get(ticket));
            if message.is_none_or(|message| (message.from.index(), message.to.index()) != (from, to)) {
                broken.push(format!("flow {flow:?} from {from} to {to} carries no message of theirs"));
            }
            if !self.up[from] || !self.up[to] {
                broken.push(format!("flow {flow:?} from {from} to {to}, one of which is down"));
            }
        }
    }

    /// Disk used = sum of the blocks held.
    fn check_stores(&self, part: Part, broken: &mut Vec<String>) {
        for node in part.places(self.nodes.len()).map(|index| &self.nodes[index]) {
            let held: u64 = node.store.iter().map(|block| u64::from(self.content.block(block).size)).sum();
            if held != node.store.used().as_u64() {
                broken.push(format!("{}: {held} bytes held, {} used", node.name, node.store.used().as_u64()));
            }
            for cpl in 0..node.table.buckets() {
                if node.table.bucket(cpl).len() > node.table.k() {
                    broken.push(format!("{}: bucket {cpl} holds more than k peers", node.name));
                }
            }
        }
    }

    /// The ladder's copies = what the nodes' own disks say.
    fn check_copies(&self, part: Part, broken: &mut Vec<String>) {
        for index in part.places(self.content.objects().len()) {
            let object = ObjectId(index as u32);
            let blocks: &[BlockId] = &self.content.object(object).blocks;
            if blocks.is_empty() {
                continue;
            }
            let whole = |node: &&crate::node::Node| blocks.iter().all(|&block| node.store.has(block));
            let counted =
                self.nodes.iter().filter(whole).count() + self.ladder.provenance().in_sectors(object);
            let counted = counted as u32;
            let standing = self.ladder.standing(object);
            if counted != standing.copies {
                let name = &self.content.object(object).name;
                broken.push(format!("{name}: {} copies on the ladder, {counted} on disks", standing.copies));
            }
        }
    }

    /// Connections are mutual, and only nodes that are up have any.
    fn check_connections(&self, part: Part, broken: &mut Vec<String>) {
        for index in part.places(self.nodes.len()) {
            let node = &self.nodes[index];
            if !self.up[index] && !node.connections.is_empty() {
                broken.push(format!("{}: down, with {} connections", node.name, node.connections.len()));
            }
            for peer in node.connections.peers() {
                if !self.node(peer).connections.has(crate::node::node_id(index)) {
                    broken.push(format!(
                        "{}: connected to {}, which is not to it",
                        node.name,
                        self.node(peer).name
                    ));
                }
            }
        }
    }
}
