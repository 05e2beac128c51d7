//! What events are about, in words: for traces and for reports of where two runs part.

use crate::content::Content;
use crate::ids::{NodeId, ObjectId, ReadId};
use crate::registry::{Event, KIND_NAMES};
use crate::world::World;
use sim_core::engine::Event as _;

/// The name by which a run's observer goes: who samples, watches records and turns partitions.
pub const OBSERVER: &str = "observer";

/// Names of everything that an event can be about, of one run from its start on.
#[derive(Clone, Debug)]
pub struct Names {
    nodes: Vec<String>,
    /// The chain, the miners and the clients; none without Filecoin.
    others: Vec<String>,
    objects: Vec<String>,
    reads: Vec<(ObjectId, NodeId)>,
}

impl Names {
    /// The names of a world whose first events are scheduled.
    pub fn of(world: &World, content: &Content) -> Self {
        Names {
            nodes: world.nodes().iter().map(|node| node.name.clone()).collect(),
            others: world.filecoin_names(),
            objects: content.objects().iter().map(|object| object.name.clone()).collect(),
            reads: world.reads().iter().map(|read| (read.object, read.reader)).collect(),
        }
    }

    /// All entities by number: nodes, then the observer, then the chain, its miners and clients if there are any.
    pub fn entities(&self) -> Vec<String> {
        let nodes = self.nodes.iter().cloned();
        nodes.chain([OBSERVER.to_string()]).chain(self.others.iter().cloned()).collect()
    }

    /// An entity by its number.
    pub fn entity(&self, number: u32) -> String {
        match self.nodes.get(number as usize) {
            Some(name) => name.clone(),
            None if number as usize == self.nodes.len() => OBSERVER.into(),
            None => {
                let other = self.others.get(number as usize - self.nodes.len() - 1);
                other.cloned().unwrap_or_else(|| format!("entity {number}"))
            }
        }
    }

    fn object(&self, object: ObjectId) -> String {
        self.objects.get(object.index()).cloned().unwrap_or_else(|| format!("object {}", object.0))
    }

    fn read(&self, read: ReadId) -> String {
        match self.reads.get(read.index()) {
            Some(&(object, reader)) => {
                format!("read {} of {} by {}", read.0, self.object(object), self.entity(reader.0))
            }
            None => format!("read {}", read.0),
        }
    }

    /// What else an event is about, beside the entity that it happens to; in words.
    pub fn concerns(&self, event: &Event) -> Vec<String> {
        let peer = |peer: NodeId| format!("peer {}", self.entity(peer.0));
        match *event {
            Event::PlanDue { step } => vec![format!("step {step}")],
            Event::Publish { object } | Event::RetentionEnds { object } => {
                vec![format!("object {}", self.object(object))]
            }
            Event::Arrive { message } | Event::Deliver { message } => {
                vec![format!("message {}", message.slot)]
            }
            Event::Written { envelope, session } => {
                vec![format!("envelope {}", envelope.0), format!("session {session}")]
            }
            Event::PeerGone { peer: other } | Event::PeeringDialled { peer: other } => vec![peer(other)],
            Event::RpcFails { lookup, peer: other } => vec![format!("lookup {}", lookup.slot), peer(other)],
            Event::ProviderDialled { search, peer: other } => {
                vec![format!("search {}", search.slot), peer(other)]
            }
            Event::SearchEnds { search } => vec![format!("search {}", search.slot)],
            Event::PutFails { session, .. } => vec![format!("session {session}")],
            Event::RefreshCutOff { lookup } => vec![format!("lookup {}", lookup.slot)],
            Event::PingEnds { peer: other, answers, .. } => {
                vec![peer(other), if answers { "answers" } else { "does not answer" }.into()]
            }
            Event::ReadArrives { read } | Event::PatienceEnds { read } => vec![self.read(read)],
            Event::FlowEnds { flow } => vec![format!("flow {}", flow.slot)],
            Event::ClusterWakes { cluster } => vec![format!("cluster {cluster}")],
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
            | Event::ClientWakes => Vec::new(),
        }
    }
}

/// Name of an event's kind.
pub fn kind(event: &Event) -> &'static str {
    KIND_NAMES[usize::from(event.kind())]
}
