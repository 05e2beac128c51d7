//! Messages between nodes: links, delays, connections, dialling, cuts.
//!
//! A message leaves through the sender's uplink, crosses the delay between the regions and the two access
//! delays, and enters through the receiver's downlink. The first message to a peer that a node is not
//! connected to waits for the dial. A message to a node that is down or cut off by then is dropped. Under the tier
//! `flow`, bulk messages travel as flows: see `flows.rs`.

use super::World;
use crate::ids::{BlockId, NodeId};
use crate::ipfs::bitswap::{CopyTag, EnvelopeId, Message};
use crate::ipfs::dht::SendId;
use crate::net::{Departure, Shipment, Tier};
use crate::node::Node;
use crate::registry::Event;
use crate::slab::Ticket;
use sim_core::engine::Cx;
use sim_core::time::{SimSpan, SimTime};

/// A message on its way.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Envelope {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) bytes: u64,
    pub(crate) sent_at: SimTime,
    /// It opens the connection it comes on.
    opens: bool,
    pub(crate) body: Body,
}

/// What a message says.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) enum Body {
    /// DHT: FIND_NODE, or GET_PROVIDERS if a block is named.
    Ask { lookup: Ticket, block: Option<BlockId>, target: crate::ipfs::dht::Key },
    /// DHT: the answer to either.
    Answer { lookup: Ticket, closer: Vec<NodeId>, providers: Vec<NodeId> },
    /// DHT: ADD_PROVIDER for these blocks.
    Put { send: SendId, session: u32, blocks: Vec<BlockId> },
    /// Bitswap.
    Bitswap(Box<Message>),
}

/// Bytes over all nodes: sent = received + dropped + in flight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Totals {
    /// Bytes sent.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// Bytes dropped on the way.
    pub dropped: u64,
    /// Altered blocks that their receiver refused.
    pub corrupt_refused: u64,
    /// Altered blocks that their receiver took for good. Always zero: a block is hashed when it comes.
    pub corrupt_accepted: u64,
}

/// What stands between a node and a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dial {
    /// A connection is open.
    Open,
    /// A dial takes this long.
    Takes(SimSpan),
    /// The peer does not answer.
    Fails,
}

impl World {
    /// One-way delay between two nodes, access lines included.
    pub(crate) fn delay(&self, from: NodeId, to: NodeId) -> SimSpan {
        let between = self.config.net.topology.delay(self.regions[from.index()], self.regions[to.index()]);
        between + self.links.access_delay(from.index()) + self.links.access_delay(to.index())
    }

    /// Whether a cut lies between two nodes.
    pub(crate) fn is_cut(&self, a: NodeId, b: NodeId) -> bool {
        let (a, b) = (self.regions[a.index()], self.regions[b.index()]);
        self.cut[usize::from(a)] != self.cut[usize::from(b)]
    }

    /// What a message from one node to another has to wait for now.
    pub(crate) fn dial(&mut self, from: NodeId, to: NodeId, now: SimTime) -> Dial {
        if self.nodes[from.index()].connections.touch(to, now) {
            return Dial::Open;
        }
        if !self.is_up(to) || self.is_cut(from, to) {
            return Dial::Fails;
        }
        let round_trip = self.delay(from, to) + self.delay(to, from);
        Dial::Takes(round_trip.saturating_mul(u64::from(self.config.net.dial_round_trips)))
    }

    /// Sends a message; `dial` is what [`World::dial`] said. Returns when its last byte has left the sender's
    /// uplink, or the flow whose end that is.
    pub(crate) fn send(
        &mut self,
        from: NodeId,
        to: NodeId,
        dial: Dial,
        bytes: u64,
        body: Body,
        cx: &mut Cx<Event>,
    ) -> Departure {
        let now = cx.now();
        let traffic = &mut self.nodes[from.index()].traffic;
        traffic.sent += bytes;
        traffic.messages += 1;
        self.totals.sent += bytes;
        let is_connected = dial != Dial::Fails;
        let shipment = Shipment { from: from.index(), to: to.index(), bytes, is_connected };
        let departure = self.links.depart(shipment, now, &mut self.flows.moved);
        let dialling = match dial {
            Dial::Takes(span) => span,
            Dial::Open | Dial::Fails => SimSpan::ZERO,
        };
        let after = dialling + self.delay(from, to);
        let opens = matches!(dial, Dial::Takes(_));
        let message = self.messages.insert(Envelope { from, to, bytes, sent_at: now, opens, body });
        match departure {
            Departure::At(left) => cx.schedule(left + after, from.0, to.0, Event::Arrive { message }),
            Departure::Flow(flow) => self.flow_starts(flow, message, after, cx),
        }
        departure
    }

    /// A message has crossed the network.
    pub(crate) fn arrive(&mut self, message: Ticket, cx: &mut Cx<Event>) {
        let now = cx.now();
        let envelope = self.messages.get(message).expect("a message arrives once");
        let (from, to, bytes) = (envelope.from, envelope.to, envelope.bytes);
        if !self.is_up(to) || self.is_cut(from, to) {
            return self.drop_message(message, cx);
        }
        let through = self.links.enter(to.index(), now, bytes);
        if through > now {
            cx.schedule(through, to.0, to.0, Event::Deliver { message });
        } else {
            self.deliver(message, cx);
        }
    }

    /// A message is there.
    pub(crate) fn deliver(&mut self, message: Ticket, cx: &mut Cx<Event>) {
        if !self.is_up(self.messages.get(message).expect("a message is delivered once").to) {
            return self.drop_message(message, cx);
        }
        let envelope = self.messages.remove(message).expect("a message is delivered once");
        let Envelope { from, to, bytes, opens, body, .. } = envelope;
        self.totals.received += bytes;
        self.nodes[to.index()].traffic.received += bytes;
        if opens {
            self.connect(from, to, cx);
        }
        match body {
            Body::Ask { lookup, block, target } => self.dht_asked(to, from, lookup, block, target, cx),
            Body::Answer { lookup, closer, providers } => {
                self.dht_answered(from, lookup, closer, providers, cx)
            }
            Body::Put { send, session, blocks } => self.dht_put(to, from, send, session, blocks, cx),
            Body::Bitswap(message) => self.bitswap_received(to, from, message, cx),
        }
    }

    /// A message is lost; who waits for an answer will hear of a time-out.
    pub(crate) fn drop_message(&mut self, message: Ticket, cx: &mut Cx<Event>) {
        let Envelope { from, to, bytes, sent_at, body, .. } =
            self.messages.remove(message).expect("a message is dropped once");
        self.totals.dropped += bytes;
        match body {
            Body::Ask { lookup, .. } => self.rpc_will_fail(from, to, lookup, sent_at, cx),
            Body::Answer { lookup, closer, providers } => {
                // The asker is down and has forgotten the lookup, or a cut came between: then it times out.
                self.rpc_will_fail(to, from, lookup, sent_at, cx);
                self.recycle(closer);
                self.recycle(providers);
            }
            Body::Put { send, session, blocks } => {
                self.recycle_blocks(blocks);
                self.put_will_fail(from, send, session, sent_at, cx)
            }
            Body::Bitswap(message) => self.blocks_landed(&message, cx.now()),
        }
    }

    /// The blocks of a message have left their holder: until they land, they are somewhere.
    pub(crate) fn blocks_left(&mut self, message: &Message) {
        for payload in &message.blocks {
            if payload.copy == CopyTag::ORIGINAL {
                self.ladder.block_sent(payload.block);
            }
        }
    }

    /// The blocks of a message have arrived or were dropped.
    pub(crate) fn blocks_landed(&mut self, message: &Message, now: SimTime) {
        for payload in &message.blocks {
            if payload.copy == CopyTag::ORIGINAL {
                self.ladder.block_landed(payload.block, &self.content, now);
            }
        }
    }

    /// Opens a connection between two nodes that are up.
    pub(crate) fn connect(&mut self, a: NodeId, b: NodeId, cx: &mut Cx<Event>) {
        let now = cx.now();
        if !self.is_up(a) || !self.is_up(b) || !self.nodes[a.index()].connections.open(b, now) {
            return;
        }
        self.nodes[b.index()].connections.open(a, now);
        self.bitswap_connected(a, b, cx);
        self.bitswap_connected(b, a, cx);
        self.trim(a, cx);
        self.trim(b, cx);
    }

    /// Whether either of two nodes has the other on its peering list.
    pub(crate) fn are_peering(&self, a: NodeId, b: NodeId) -> bool {
        // Few groups have peers on a list, and the other node's state is cold memory.
        let listed = &self.peering[self.node(a).group];
        !listed.is_empty() && listed.contains(&self.node(b).group)
    }

    /// A node has come up: it and its peering peers dial each other.
    pub(crate) fn dial_peering(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        for group in self.peering[self.node(node).group].clone() {
            for index in self.members(group) {
                let peer = crate::node::node_id(index);
                if peer == node || !self.is_up(peer) {
                    continue;
                }
                if let Dial::Takes(span) = self.dial(node, peer, cx.now()) {
                    cx.schedule(cx.now() + span, node.0, node.0, Event::PeeringDialled { peer });
                }
            }
        }
    }

    /// A dial to a peering peer has succeeded, unless one of the two has gone in the meantime.
    pub(crate) fn peering_dialled(&mut self, node: NodeId, peer: NodeId, cx: &mut Cx<Event>) {
        if !self.is_cut(node, peer) {
            self.connect(node, peer, cx);
        }
    }

    /// Closes a connection; both ends know at once (each sees its own socket close).
    pub(crate) fn disconnect(&mut self, a: NodeId, b: NodeId, cx: &mut Cx<Event>) {
        if self.nodes[a.index()].connections.close(b) {
            self.nodes[b.index()].connections.close(a);
            self.bitswap_disconnected(a, b, cx);
            self.bitswap_disconnected(b, a, cx);
        }
    }

    /// The connection manager's turn.
    fn trim(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        let config = &self.config.ipfs.connections;
        if !self.nodes[node.index()].connections.is_crowded(config, cx.now()) {
            return;
        }
        let Node { connections, bitswap, reading, .. } = &self.nodes[node.index()];
        let mut used: Vec<NodeId> =
            reading.iter().flat_map(|&(session, _)| bitswap.session_peers(session)).collect();
        used.sort_unstable();
        let is_used = |peer| used.binary_search(&peer).is_ok() || self.are_peering(node, peer);
        let surplus = connections.to_trim(config, is_used, cx.now());
        for peer in surplus {
            self.disconnect(node, peer, cx);
        }
    }

    /// `node` goes down: its peers see their connections close once the news has reached them.
    pub(crate) fn drop_connections(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        for peer in self.nodes[node.index()].connections.close_all() {
            self.nodes[peer.index()].connections.close(node);
            if self.nodes[peer.index()].bitswap.is_connected(node) {
                let at = cx.now() + self.delay(node, peer);
                cx.schedule(at, node.0, peer.0, Event::PeerGone { peer: node });
            }
        }
    }

    /// The news that `peer` has gone has reached `node`.
    pub(crate) fn peer_gone(&mut self, node: NodeId, peer: NodeId, cx: &mut Cx<Event>) {
        // It may have come back and connected again in the meantime.
        if self.is_up(node) && !self.nodes[node.index()].connections.has(peer) {
            self.bitswap_disconnected(node, peer, cx);
        }
    }

    pub(crate) fn start_partitions(&mut self, cx: &mut Cx<Event>) {
        let observer = self.observer();
        for partition in &self.config.net.partitions {
            cx.schedule(partition.from, observer, observer, Event::PartitionTurns);
            cx.schedule(partition.until, observer, observer, Event::PartitionTurns);
        }
    }

    /// A cut begins or ends: connections across it break.
    pub(crate) fn partition_turns(&mut self, cx: &mut Cx<Event>) {
        let now = cx.now();
        self.cut.fill(0);
        for (number, partition) in self.config.net.partitions.iter().enumerate() {
            if partition.from <= now && now < partition.until {
                for &region in &partition.regions {
                    self.cut[usize::from(region)] |= 1 << number;
                }
            }
        }
        self.end_cut_flows(cx);
        for index in 0..self.nodes.len() {
            let node = crate::node::node_id(index);
            let peers = self.nodes[index].connections.peers();
            for peer in peers {
                if self.is_cut(node, peer) {
                    self.disconnect(node, peer, cx);
                }
            }
            if self.up[index] {
                self.dial_peering(node, cx);
            }
        }
        // What a server sent next while the connections broke one by one is lost on the cut as well.
        self.end_cut_flows(cx);
    }

    /// A message of the Bitswap server is through the uplink.
    pub(crate) fn written(&mut self, node: NodeId, envelope: EnvelopeId, session: u32, cx: &mut Cx<Event>) {
        if self.is_up(node) && self.node(node).session == session {
            self.bitswap_written(node, envelope, cx);
        }
    }
}
