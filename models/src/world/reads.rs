//! Demand and reads: who asks for what, when, and how it ends.
//!
//! Arrivals, instants and readers are drawn per object before the run, each by its own key, so a read comes at
//! the same instant whatever the network does. A read whose reader is down waits until the reader comes up:
//! only who runs a node can read. A read under way when its reader goes down goes on at its next session, block
//! by block: nothing that was stored is fetched twice.

use super::{World, later};
use crate::config::{Arrivals, Demand, Strategy};
use crate::ids::{NodeId, ObjectId, ReadId};
use crate::ipfs::bitswap::{Counters, Reader, SessionId};
use crate::provenance::Went;
use crate::registry::Event;
use sim_core::dist;
use sim_core::draws::{Domain, Entity};
use sim_core::engine::Cx;
use sim_core::time::{SimSpan, SimTime};

const ARRIVALS: Domain = Domain::new("demand/arrivals");
const READER: Domain = Domain::new("demand/reader");
const RETENTION: Domain = Domain::new("reader/retention");

/// How a read ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Outcome {
    /// It is still under way, or has not begun.
    Pending,
    /// Every byte was verified.
    Ok,
    /// Given up: no search found a provider record.
    NoRecord,
    /// Given up: records were found, but no provider could be dialled.
    NoLiveProvider,
    /// Given up with a holder in reach: blocks were missing there, or too slow to come.
    Stalled,
}

impl Outcome {
    /// Name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Pending => "pending",
            Outcome::Ok => "ok",
            Outcome::NoRecord => "no-record",
            Outcome::NoLiveProvider => "no-live-provider",
            Outcome::Stalled => "stalled",
        }
    }
}

/// What a read is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Purpose {
    /// A demand of the configuration, by its number.
    Demand(usize),
    /// A cluster has the node pin the object.
    Pin,
}

/// One reader asking for one object.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Read {
    /// What it is for.
    pub purpose: Purpose,
    /// Number among its object's reads of this demand.
    pub number: u64,
    /// What is asked for.
    pub object: ObjectId,
    /// Who asks.
    pub reader: NodeId,
    /// When it arrives.
    pub arrives: SimTime,
    /// When it was issued: at its arrival, or when its reader next came up.
    pub issued: Option<SimTime>,
    /// When the first payload byte was verified.
    pub first_byte: Option<SimTime>,
    /// When it ended.
    pub ended: Option<SimTime>,
    /// How it ended.
    pub outcome: Outcome,
    /// The walk over the DAG, while the read is under way.
    pub(crate) walk: Option<Box<Reader>>,
    /// What its sessions did.
    pub counters: Counters,
    /// Altered blocks that came, and their bytes.
    pub corrupt: (u64, u64),
    /// Nodes that delivered a wanted block, sorted.
    pub providers: Vec<NodeId>,
    /// Provider records that its searches found, and dials to those that failed.
    pub found: u32,
    /// See `found`.
    pub failed_dials: u32,
}

impl World {
    pub(crate) fn start_reads(&mut self, cx: &mut Cx<Event>) {
        let config = std::sync::Arc::clone(&self.config);
        for (number, demand) in config.demand.iter().enumerate() {
            let name = Entity::named(&demand.name);
            for index in 0..self.content.objects().len() {
                let object = ObjectId(index as u32);
                if self.content.object(object).group == demand.objects {
                    self.start_demand(number, demand, object, name, cx);
                }
            }
        }
        self.demanded = self.reads.len();
    }

    /// Draws the reads of one object.
    fn start_demand(
        &mut self,
        number: usize,
        demand: &Demand,
        object: ObjectId,
        name: Entity,
        cx: &mut Cx<Event>,
    ) {
        let entity = self.object_entity(object).member(name.0);
        let mut draw = self.draws.at(ARRIVALS, entity, 0);
        let window = |draw: &mut _, count: u64, from: SimTime, until: SimTime| -> Vec<SimTime> {
            let width = until.since(from).as_nanos().max(1);
            (0..count).map(|_| from + SimSpan::from_nanos(dist::below(draw, width))).collect()
        };
        let mut times = match &demand.arrivals {
            Arrivals::Poisson { mean, from, until } => {
                let count = dist::poisson(&mut draw, *mean);
                window(&mut draw, count, *from, *until)
            }
            Arrivals::Fixed { count, from, until } => window(&mut draw, u64::from(*count), *from, *until),
            Arrivals::At(times) => times.clone(),
        };
        times.sort_unstable();
        let members = self.members(demand.readers);
        let mut taken = vec![false; if demand.distinct { members.len() } else { 0 }];
        for (count, at) in times.into_iter().enumerate() {
            let mut draw = self.draws.at(READER, entity, count as u64);
            let mut pick = || dist::below(&mut draw, members.len() as u64) as usize;
            let mut member = pick();
            if demand.distinct && count < members.len() {
                while taken[member] {
                    member = pick();
                }
                taken[member] = true;
            }
            let reader = crate::node::node_id(members.start + member);
            let read = ReadId(self.reads.len() as u32);
            self.reads.push(Read::new(Purpose::Demand(number), count as u64, object, reader, at));
            cx.schedule(at, reader.0, reader.0, Event::ReadArrives { read });
        }
    }

    /// A read arrives: it begins, or waits for its reader to come up.
    pub(crate) fn read_arrives(&mut self, read: ReadId, cx: &mut Cx<Event>) {
        let reader = self.reads[read.index()].reader;
        if self.is_up(reader) {
            self.read_starts(read, cx);
        } else {
            self.node_mut(reader).waiting.push(read);
        }
    }

    /// A read begins, or goes on in a new session of its reader.
    pub(crate) fn read_starts(&mut self, read: ReadId, cx: &mut Cx<Event>) {
        let now = cx.now();
        let state = &mut self.reads[read.index()];
        if state.outcome != Outcome::Pending {
            return;
        }
        let (object, reader, purpose) = (state.object, state.reader, state.purpose);
        if state.issued.is_none() {
            state.issued = Some(now);
            if let Purpose::Demand(demand) = purpose
                && let Some(patience) = self.config.demand[demand].patience
            {
                cx.schedule(later(now, patience), reader.0, reader.0, Event::PatienceEnds { read });
            }
        }
        match self.content.object(object).root {
            // The CID itself carries the bytes.
            None => {
                self.reads[read.index()].first_byte = Some(now);
                self.read_ends(read, Outcome::Ok, cx);
            }
            Some(root) => self.walk_starts(read, root, cx),
        }
    }

    /// A session's wants have come: the walk goes on.
    pub(crate) fn read_progress(
        &mut self,
        read: ReadId,
        from: Option<NodeId>,
        payload: bool,
        done: bool,
        cx: &mut Cx<Event>,
    ) {
        let state = &mut self.reads[read.index()];
        if let Some(from) = from
            && let Err(place) = state.providers.binary_search(&from)
        {
            state.providers.insert(place, from);
        }
        if payload && state.first_byte.is_none() {
            state.first_byte = Some(cx.now());
        }
        if state.purpose == Purpose::Pin {
            self.fetch_goes_on(read, cx.now());
        }
        if done {
            self.read_ends(read, Outcome::Ok, cx);
        }
    }

    /// A reader's patience is over.
    pub(crate) fn patience_ends(&mut self, read: ReadId, cx: &mut Cx<Event>) {
        let state = &self.reads[read.index()];
        if state.outcome != Outcome::Pending {
            return;
        }
        let outcome = if state.counters.blocks > 0 || state.found > state.failed_dials {
            Outcome::Stalled
        } else if state.found > 0 {
            Outcome::NoLiveProvider
        } else {
            Outcome::NoRecord
        };
        self.read_ends(read, outcome, cx);
    }

    pub(crate) fn read_ends(&mut self, read: ReadId, outcome: Outcome, cx: &mut Cx<Event>) {
        let reader = self.reads[read.index()].reader;
        self.close_session_of(read, cx);
        let state = &mut self.reads[read.index()];
        state.outcome = outcome;
        state.ended = Some(cx.now());
        state.walk = None;
        self.node_mut(reader).waiting.retain(|&waiting| waiting != read);
        match self.reads[read.index()].purpose {
            Purpose::Demand(demand) if outcome == Outcome::Ok => self.after_read(read, demand, cx),
            Purpose::Demand(_) => {}
            Purpose::Pin => self.fetch_ends(read, cx),
        }
    }

    /// What the reader does with what it has read.
    fn after_read(&mut self, read: ReadId, demand: usize, cx: &mut Cx<Event>) {
        let Read { reader, object, number, .. } = self.reads[read.index()];
        let demand = Entity::named(&self.config.demand[demand].name);
        match self.config.groups[self.node(reader).group].strategy.clone() {
            Strategy::Pin => {
                if self.pin(reader, object, cx.now()) {
                    self.dht_pinned(reader, object, cx);
                }
            }
            Strategy::KeepFor(law) => {
                let entity = self.object_entity(object).member(self.node(reader).entity.0).member(demand.0);
                let span = law.sample(&mut self.draws.at(RETENTION, entity, number));
                let kept = &mut self.node_mut(reader).kept;
                if let Err(place) = kept.binary_search(&object) {
                    kept.insert(place, object);
                    cx.schedule(later(cx.now(), span), reader.0, reader.0, Event::RetentionEnds { object });
                }
            }
            Strategy::Keep
            | Strategy::Leave { .. }
            | Strategy::Pause { .. }
            | Strategy::Delete { .. }
            | Strategy::Unpin { .. } => {}
        }
    }

    /// A reader deletes what it kept for a time. Its disk obeys whether the node is up or not.
    pub(crate) fn retention_ends(&mut self, node: NodeId, object: ObjectId, cx: &mut Cx<Event>) {
        self.node_mut(node).kept.retain(|&kept| kept != object);
        if !self.node(node).gone {
            self.delete_object(node, object, Went::RetentionOver, cx);
        }
    }

    /// A node goes down: its reads wait for its next session.
    pub(crate) fn reads_pause(&mut self, node: NodeId) {
        for (session, read) in std::mem::take(&mut self.node_mut(node).reading) {
            self.add_counters(node, session, read);
            self.node_mut(node).waiting.push(read);
        }
    }

    /// Adds what a closing session did to its read.
    pub(crate) fn add_counters(&mut self, node: NodeId, session: SessionId, read: ReadId) {
        if let Some(counters) = self.nodes[node.index()].bitswap.counters(session) {
            self.reads[read.index()].counters.add(counters);
        }
    }

    /// All reads of the demand, in order of demand, object and arrival.
    pub fn reads(&self) -> &[Read] {
        &self.reads[..self.demanded]
    }
}

impl Read {
    pub(crate) fn new(
        purpose: Purpose,
        number: u64,
        object: ObjectId,
        reader: NodeId,
        arrives: SimTime,
    ) -> Self {
        Read {
            purpose,
            number,
            object,
            reader,
            arrives,
            issued: None,
            first_byte: None,
            ended: None,
            outcome: Outcome::Pending,
            walk: None,
            counters: Counters::default(),
            corrupt: (0, 0),
            providers: Vec::new(),
            found: 0,
            failed_dials: 0,
        }
    }

    /// Time from issue to the first payload byte.
    pub fn ttfb(&self) -> Option<SimSpan> {
        Some(self.first_byte?.since(self.issued?))
    }

    /// Time from issue to the last byte.
    pub fn ttlb(&self) -> Option<SimSpan> {
        if self.outcome == Outcome::Ok { Some(self.ended?.since(self.issued?)) } else { None }
    }
}
