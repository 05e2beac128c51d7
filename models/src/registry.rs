//! Everything that can happen, and who deals with it: the one closed event enum and the one `match`.
//!
//! Whoever adds a protocol adds its events here. The order of the kinds is part of the behaviour: two events
//! of one instant at one node happen in it.

use crate::ids::{NodeId, ObjectId, ReadId};
use crate::ipfs::bitswap::EnvelopeId;
use crate::ipfs::dht::SendId;
use crate::net::FlowId;
use crate::slab::Ticket;
use crate::world::World;
use sim_core::engine::{self, Cx};
use sim_core::queue::Key;

/// Something that happens at a node (the key's destination), or at the world as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Event {
    /// A region is cut off or comes back.
    PartitionTurns,
    /// A phase of the node's session ends.
    PhaseEnds,
    /// The owner's plan for the node comes due.
    PlanDue {
        /// Which step of the plan.
        step: u8,
    },
    /// An object is published.
    Publish {
        /// Which.
        object: ObjectId,
    },
    /// The last bit of a message is through the sender's uplink and the way between.
    Arrive {
        /// Which message.
        message: Ticket,
    },
    /// The last bit of a bulk message is through the receiver's downlink.
    Deliver {
        /// Which message.
        message: Ticket,
    },
    /// A message of the Bitswap server is through the node's own uplink.
    Written {
        /// The worker's ticket.
        envelope: EnvelopeId,
        /// Session of the node that it was written in.
        session: u32,
    },
    /// A connected peer has gone.
    PeerGone {
        /// Who.
        peer: NodeId,
    },
    /// A dial to a peer of the node's peering list has succeeded.
    PeeringDialled {
        /// Who.
        peer: NodeId,
    },
    /// An RPC of a lookup has come to nothing.
    RpcFails {
        /// Which lookup.
        lookup: Ticket,
        /// Who was asked.
        peer: NodeId,
    },
    /// A dial to a provider has succeeded.
    ProviderDialled {
        /// Which search.
        search: Ticket,
        /// Who.
        peer: NodeId,
    },
    /// A provider search has lasted as long as it may.
    SearchEnds {
        /// Which search.
        search: Ticket,
    },
    /// A parcel of provider records has come to nothing.
    PutFails {
        /// Which.
        send: SendId,
        /// Session of the node that it was sent in.
        session: u32,
    },
    /// The providing machine has something to do.
    ProvideWake,
    /// A routing table is due for a refresh (full fidelity only).
    RefreshDue,
    /// A refresh walk has lasted as long as it may (full fidelity only).
    RefreshCutOff {
        /// Which lookup.
        lookup: Ticket,
    },
    /// A ping has ended (full fidelity only).
    PingEnds {
        /// Who was pinged.
        peer: NodeId,
        /// What for.
        reason: PingFor,
        /// Whether the peer could be dialled.
        answers: bool,
    },
    /// A Bitswap timer is due.
    BitswapWake,
    /// The collector looks at what is used.
    CollectorLooks,
    /// The operator runs a collection.
    OperatorCollects,
    /// A read arrives.
    ReadArrives {
        /// Which.
        read: ReadId,
    },
    /// A reader's patience is over.
    PatienceEnds {
        /// Which read.
        read: ReadId,
    },
    /// A reader deletes what it read.
    RetentionEnds {
        /// What.
        object: ObjectId,
    },
    /// A provider record may have run out.
    RecordsExpire,
    /// The ladder and the sampled metrics are written down.
    Sample,
    /// The last bit of a bulk message is through both links (tier `flow` only).
    FlowEnds {
        /// Which flow.
        flow: FlowId,
    },
    /// An epoch of the chain ends.
    EpochEnds,
    /// A storage miner's operator has something to do.
    OperatorWakes,
    /// A cluster has something to do.
    ClusterWakes {
        /// Which.
        cluster: u16,
    },
    /// A client of storage has something to do.
    ClientWakes,
}

impl engine::Event for Event {
    fn kind(&self) -> u8 {
        match self {
            Event::PartitionTurns => 0,
            Event::PhaseEnds => 1,
            Event::PlanDue { .. } => 2,
            Event::Publish { .. } => 3,
            Event::Arrive { .. } => 4,
            Event::Deliver { .. } => 5,
            Event::Written { .. } => 6,
            Event::PeerGone { .. } => 7,
            Event::PeeringDialled { .. } => 8,
            Event::RpcFails { .. } => 9,
            Event::ProviderDialled { .. } => 10,
            Event::SearchEnds { .. } => 11,
            Event::PutFails { .. } => 12,
            Event::ProvideWake => 13,
            Event::RefreshDue => 14,
            Event::RefreshCutOff { .. } => 15,
            Event::PingEnds { .. } => 16,
            Event::BitswapWake => 17,
            Event::CollectorLooks => 18,
            Event::OperatorCollects => 19,
            Event::ReadArrives { .. } => 20,
            Event::PatienceEnds { .. } => 21,
            Event::RetentionEnds { .. } => 22,
            Event::RecordsExpire => 23,
            Event::Sample => 24,
            Event::FlowEnds { .. } => 25,
            Event::EpochEnds => 26,
            Event::OperatorWakes => 27,
            Event::ClusterWakes { .. } => 28,
            Event::ClientWakes => 29,
        }
    }

    fn content(&self) -> u64 {
        let pair = |a: u32, b: u32| u64::from(a) << 32 | u64::from(b);
        match *self {
            Event::PlanDue { step } => u64::from(step),
            Event::Publish { object } | Event::RetentionEnds { object } => u64::from(object.0),
            Event::Arrive { message } | Event::Deliver { message } => u64::from(message.slot),
            Event::Written { envelope, session } => pair(envelope.0, session),
            Event::PeerGone { peer } | Event::PeeringDialled { peer } => u64::from(peer.0),
            Event::RpcFails { lookup, peer } => pair(lookup.slot, peer.0),
            Event::ProviderDialled { search, peer } => pair(search.slot, peer.0),
            Event::SearchEnds { search } => u64::from(search.slot),
            Event::PutFails { session, .. } => u64::from(session),
            Event::RefreshCutOff { lookup } => u64::from(lookup.slot),
            Event::PingEnds { peer, reason, answers } => pair(peer.0, 2 * reason as u32 + u32::from(answers)),
            Event::FlowEnds { flow } => u64::from(flow.slot),
            Event::ReadArrives { read } | Event::PatienceEnds { read } => u64::from(read.0),
            Event::ClusterWakes { cluster } => u64::from(cluster),
            Event::PartitionTurns
            | Event::PhaseEnds
            | Event::ProvideWake
            | Event::RefreshDue
            | Event::BitswapWake
            | Event::CollectorLooks
            | Event::OperatorCollects
            | Event::RecordsExpire
            | Event::Sample
            | Event::EpochEnds
            | Event::OperatorWakes
            | Event::ClientWakes => 0,
        }
    }

    fn lane(&self) -> u8 {
        match self {
            // A cut is in force for everything else of its instant.
            Event::PartitionTurns => 0,
            // What an instant brings is seen by its sample.
            Event::Sample => 2,
            _ => 1,
        }
    }
}

/// What a ping is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum PingFor {
    /// A refresh looks whether an overdue peer is still there.
    Refresh,
    /// A peer may enter the table if it answers.
    Entry,
}

/// Number of kinds of events.
pub const KINDS: usize = 30;

/// Names of the kinds of events, by number.
pub const KIND_NAMES: [&str; KINDS] = [
    "partition-turns",
    "phase-ends",
    "plan-due",
    "publish",
    "arrive",
    "deliver",
    "written",
    "peer-gone",
    "peering-dialled",
    "rpc-fails",
    "provider-dialled",
    "search-ends",
    "put-fails",
    "provide-wake",
    "refresh-due",
    "refresh-cut-off",
    "ping-ends",
    "bitswap-wake",
    "collector-looks",
    "operator-collects",
    "read-arrives",
    "patience-ends",
    "retention-ends",
    "records-expire",
    "sample",
    "flow-ends",
    "epoch-ends",
    "operator-wakes",
    "cluster-wakes",
    "client-wakes",
];

impl engine::World for World {
    type Event = Event;

    fn handle(&mut self, key: Key, event: Event, cx: &mut Cx<Event>) {
        let node = NodeId(key.destination());
        self.count_event(key.kind());
        match event {
            Event::PartitionTurns => self.partition_turns(cx),
            Event::PhaseEnds => self.phase_ends(node, cx),
            Event::PlanDue { step } => self.plan_due(node, step, cx),
            Event::Publish { object } => self.publish(node, object, cx),
            Event::Arrive { message } => self.arrive(message, cx),
            Event::Deliver { message } => self.deliver(message, cx),
            Event::Written { envelope, session } => self.written(node, envelope, session, cx),
            Event::PeerGone { peer } => self.peer_gone(node, peer, cx),
            Event::PeeringDialled { peer } => self.peering_dialled(node, peer, cx),
            Event::RpcFails { lookup, peer } => self.rpc_fails(lookup, peer, cx),
            Event::ProviderDialled { search, peer } => self.provider_dialled(node, search, peer, cx),
            Event::SearchEnds { search } => self.search_ends(search),
            Event::PutFails { send, session } => self.put_fails(node, send, session, cx),
            Event::ProvideWake => self.provide_wake(node, cx),
            Event::RefreshDue => self.refresh_due(node, cx),
            Event::RefreshCutOff { lookup } => self.refresh_cut_off(node, lookup, cx),
            Event::PingEnds { peer, reason, answers } => self.ping_ends(node, peer, reason, answers, cx),
            Event::BitswapWake => self.bitswap_wake(node, cx),
            Event::CollectorLooks => self.collector_looks(node, cx),
            Event::OperatorCollects => self.operator_collects(node, cx),
            Event::ReadArrives { read } => self.read_arrives(read, cx),
            Event::PatienceEnds { read } => self.patience_ends(read, cx),
            Event::RetentionEnds { object } => self.retention_ends(node, object, cx),
            Event::RecordsExpire => self.records_expire(cx),
            Event::Sample => self.sample(cx),
            Event::FlowEnds { flow } => self.flow_ends(flow, cx),
            Event::EpochEnds => self.epoch_ends(cx),
            Event::OperatorWakes => self.operator_wakes(key.destination(), cx),
            Event::ClusterWakes { cluster } => self.cluster_wakes(cluster, cx),
            Event::ClientWakes => self.client_wakes(key.destination(), cx),
        }
    }

    fn prefetch(&self, key: Key, event: &Event) {
        match *event {
            Event::Arrive { message } | Event::Deliver { message } => {
                self.messages.prefetch(message);
                self.prefetch_node(NodeId(key.destination()));
            }
            Event::BitswapWake => self.prefetch_node(NodeId(key.destination())),
            Event::RpcFails { lookup, .. } => self.dht.prefetch(lookup),
            _ => {}
        }
    }

    // A message leads to its lookup, want-list or blocks, those to slots or places, and these to their own lists.
    const BEHIND: usize = 3;

    fn prefetch_behind(&self, step: usize, key: Key, event: &Event) {
        match *event {
            Event::Arrive { message } | Event::Deliver { message } => self.prefetch_message(step, message),
            Event::BitswapWake => self.prefetch_wake(step, NodeId(key.destination())),
            Event::RpcFails { lookup, .. } => self.dht.prefetch_behind(step, lookup),
            _ => {}
        }
    }
}
