//! Drives the DHT machines: lookups, answers, provider records, announcing, refreshing.
//!
//! Every RPC has exactly one outcome. A time-out is scheduled only once it is sure to happen: a dial to a node
//! that is down fails after the dial time-out, and a request or an answer that is dropped on its way fails at
//! the RPC time-out counted from when it was sent. A parcel of records counts as placed when it
//! arrives (ADD_PROVIDER has no answer; its write returns earlier by at most the one-way delay).

use super::transport::{Body, Dial};
use super::{Who, World, later};
use crate::config::Config;
use crate::ids::{BlockId, NodeId, ObjectId};
use crate::ipfs::dht::ProvideStrategy;
use crate::ipfs::dht::{
    AnnounceWish, Announcer, Holding, Key, Keys, Lookup, LookupKind, LookupRequest, LookupWish,
    RefreshFidelity, RefreshWish, Refresher, SendId, Standing, WalkId, closer_peers,
};
use crate::node::Node;
use crate::registry::Event;
use crate::slab::{Slab, Ticket};
use sim_core::dist;
use sim_core::draws::Domain;
use sim_core::engine::Cx;
use sim_core::time::SimTime;
use std::collections::VecDeque;

/// Bytes of a request: message type, key, framing. Assumption: a 34-byte multihash and protobuf fields.
const ASK_BYTES: u64 = 64;
/// Bytes of an answer or a parcel without its entries.
const ANSWER_BYTES: u64 = 48;
/// Bytes of one peer in an answer: a 38-byte identity and four addresses. Assumption.
const PEER_BYTES: u64 = 120;
/// Bytes of one provider record: key, identity, addresses. Assumption.
const RECORD_BYTES: u64 = 160;

/// In which order a server names providers.
const PROVIDER_ORDER: Domain = Domain::new("dht/provider-order");

/// What a lookup is for.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) enum Purpose {
    /// Announcing.
    Announce(WalkId),
    /// Somebody wants a block.
    Search(Ticket),
    /// Keeping the routing table fresh.
    Refresh,
}

/// A lookup under way.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Run {
    owner: NodeId,
    purpose: Purpose,
    block: Option<BlockId>,
    machine: Lookup,
}

/// The DHT's part of the world.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct DhtWorld {
    runs: Slab<Run>,
    /// Finished machines with their buffers.
    idle: Vec<Lookup>,
    announcers: Vec<Announcer>,
    /// A pure function of nodes and keys, so no part of a saved state.
    #[serde(skip)]
    pub(crate) servers: crate::ipfs::dht::ServerIndex,
    /// One per node in full fidelity, none in lazy.
    pub(crate) refreshers: Vec<Refresher>,
    /// Buffers that are used again and again.
    spare_blocks: Vec<Vec<BlockId>>,
    wishes: Vec<LookupWish>,
    announce_wishes: Vec<AnnounceWish>,
    /// Wishes of announcers that wait to be carried out.
    announcing: VecDeque<(NodeId, AnnounceWish)>,
    is_announcing: bool,
    /// Wishes of refreshers that wait to be carried out.
    pub(crate) refreshing: VecDeque<(NodeId, RefreshWish)>,
    pub(crate) is_refreshing: bool,
    /// Lookups finished, questions asked and failed, and hops to the first provider, over all nodes.
    pub(crate) stats: DhtStats,
}

/// Counts over all lookups that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct DhtStats {
    pub(crate) lookups: u64,
    pub(crate) asked: u64,
    pub(crate) failed: u64,
}

impl DhtWorld {
    pub(crate) fn new(config: &Config, nodes: &[Node], keys: &[Key]) -> Self {
        let servers =
            nodes.iter().enumerate().filter(|(_, node)| node.server).map(|(i, _)| crate::node::node_id(i));
        DhtWorld {
            runs: Slab::default(),
            idle: Vec::new(),
            announcers: (0..nodes.len())
                .map(|index| Announcer::new(crate::node::node_id(index), &config.ipfs.dht))
                .collect(),
            servers: crate::ipfs::dht::ServerIndex::new(servers, keys),
            refreshers: match config.ipfs.dht.refresh_fidelity {
                RefreshFidelity::Full => {
                    nodes.iter().map(|node| Refresher::new(node.entity, &config.ipfs.dht)).collect()
                }
                RefreshFidelity::Lazy => Vec::new(),
            },
            spare_blocks: Vec::new(),
            wishes: Vec::new(),
            announce_wishes: Vec::new(),
            announcing: VecDeque::new(),
            is_announcing: false,
            refreshing: VecDeque::new(),
            is_refreshing: false,
            stats: DhtStats::default(),
        }
    }
}

impl DhtWorld {
    /// Asks for the state of a lookup before it is needed.
    pub(crate) fn prefetch(&self, lookup: Ticket) {
        self.runs.prefetch(lookup);
    }

    /// Asks for what lies behind it.
    pub(crate) fn prefetch_behind(&self, step: usize, lookup: Ticket) {
        if step == 0
            && let Some(run) = self.runs.get(lookup)
        {
            run.machine.prefetch();
        }
    }
}

impl World {
    /// Starts a lookup for `owner`.
    pub(crate) fn start_lookup(
        &mut self,
        owner: NodeId,
        purpose: Purpose,
        target: Key,
        block: Option<BlockId>,
        kind: LookupKind,
        cx: &mut Cx<Event>,
    ) -> Ticket {
        self.sync_table(owner, cx.now());
        let mut known = self.spare_peers.pop().unwrap_or_default();
        let mut seeds = self.spare_peers.pop().unwrap_or_default();
        let k = usize::from(self.config.ipfs.dht.k);
        let node = &mut self.nodes[owner.index()];
        node.traffic.lookups += 1;
        node.table.nearest_set(&target, k, None, &self.keys, &mut seeds);
        if let Some(block) = block {
            node.records.providers(block, cx.now(), &mut known);
        }
        let config = self.config.ipfs.dht.lookup();
        let machine = self.dht.idle.pop().unwrap_or_else(|| Lookup::new(config));
        let ticket = self.dht.runs.insert(Run { owner, purpose, block, machine });
        self.nodes[owner.index()].lookups.push(ticket);
        let run = self.dht.runs.get_mut(ticket).expect("it was just put there");
        let mut wishes = std::mem::take(&mut self.dht.wishes);
        let request = LookupRequest { kind, target, own: owner, seeds: &seeds, known: &known };
        run.machine.start(request, &self.keys, &mut wishes);
        self.recycle(seeds);
        self.recycle(known);
        self.carry_out_lookup(ticket, wishes, cx);
        ticket
    }

    /// Gives a buffer back.
    pub(crate) fn recycle(&mut self, mut buffer: Vec<NodeId>) {
        buffer.clear();
        self.spare_peers.push(buffer);
    }

    /// Gives a buffer of blocks back.
    pub(crate) fn recycle_blocks(&mut self, mut buffer: Vec<BlockId>) {
        buffer.clear();
        self.dht.spare_blocks.push(buffer);
    }

    fn carry_out_lookup(&mut self, ticket: Ticket, mut wishes: Vec<LookupWish>, cx: &mut Cx<Event>) {
        for wish in wishes.drain(..) {
            // A wish before this one may have ended the lookup (a provider that satisfies its search).
            let Some(run) = self.dht.runs.get(ticket) else {
                break;
            };
            match wish {
                LookupWish::Ask(peer) => {
                    let (owner, block, target) = (run.owner, run.block, *run.machine.target());
                    self.ask(owner, peer, ticket, block, target, cx);
                }
                LookupWish::ProviderFound(peer) => {
                    if let Purpose::Search(search) = run.purpose {
                        self.provider_found(run.owner, search, peer, cx);
                    }
                }
                LookupWish::Done(_) => self.lookup_ends(ticket, cx),
            }
        }
        if self.dht.wishes.capacity() < wishes.capacity() {
            wishes.clear();
            self.dht.wishes = wishes;
        }
    }

    fn ask(
        &mut self,
        owner: NodeId,
        peer: NodeId,
        lookup: Ticket,
        block: Option<BlockId>,
        target: Key,
        cx: &mut Cx<Event>,
    ) {
        match self.dial(owner, peer, cx.now()) {
            Dial::Fails => {
                let at = later(cx.now(), self.config.ipfs.dht.dial_timeout);
                cx.schedule(at, owner.0, owner.0, Event::RpcFails { lookup, peer });
            }
            dial => {
                self.send(owner, peer, dial, ASK_BYTES, Body::Ask { lookup, block, target }, cx);
            }
        }
    }

    /// A request or its answer was dropped: the asker will hear of a time-out, if it still waits.
    pub(crate) fn rpc_will_fail(
        &mut self,
        asker: NodeId,
        peer: NodeId,
        lookup: Ticket,
        sent_at: SimTime,
        cx: &mut Cx<Event>,
    ) {
        if self.dht.runs.get(lookup).is_some() {
            let at = later(sent_at, self.config.ipfs.dht.rpc_timeout).max(cx.now());
            cx.schedule(at, asker.0, asker.0, Event::RpcFails { lookup, peer });
        }
    }

    /// A server is asked.
    pub(crate) fn dht_asked(
        &mut self,
        server: NodeId,
        from: NodeId,
        lookup: Ticket,
        block: Option<BlockId>,
        target: Key,
        cx: &mut Cx<Event>,
    ) {
        self.sync_table(server, cx.now());
        let mut closer = self.spare_peers.pop().unwrap_or_default();
        let mut providers = self.spare_peers.pop().unwrap_or_default();
        let node = &mut self.nodes[server.index()];
        closer_peers(&target, &node.table, &self.keys, from, &mut closer);
        if let Some(block) = block {
            node.records.providers(block, cx.now(), &mut providers);
        }
        if providers.len() > 1 {
            // A server keeps providers in no order that means anything, and an asker stops at the number it wants.
            let asker = self.node(from);
            let pair = asker.entity.member(self.node(server).entity.0);
            dist::shuffle(&mut self.draws.at(PROVIDER_ORDER, pair, asker.traffic.lookups), &mut providers);
        }
        let bytes = ANSWER_BYTES + PEER_BYTES * (closer.len() + providers.len()) as u64;
        let dial = self.dial(server, from, cx.now());
        let body = Body::Answer { lookup, closer, providers };
        // The answer goes back on the connection that the question came on.
        let dial = if dial == Dial::Fails { Dial::Fails } else { Dial::Open };
        self.send(server, from, dial, bytes, body, cx);
        self.server_was_asked(server, from, cx);
    }

    /// An answer has come.
    pub(crate) fn dht_answered(
        &mut self,
        from: NodeId,
        lookup: Ticket,
        closer: Vec<NodeId>,
        providers: Vec<NodeId>,
        cx: &mut Cx<Event>,
    ) {
        if let Some(run) = self.dht.runs.get_mut(lookup) {
            let owner = run.owner;
            let mut wishes = std::mem::take(&mut self.dht.wishes);
            run.machine.answered(from, &closer, &providers, &self.keys, &mut wishes);
            self.table_enter(owner, from, cx.now());
            self.carry_out_lookup(lookup, wishes, cx);
        }
        self.recycle(closer);
        self.recycle(providers);
    }

    /// A question has come to nothing.
    pub(crate) fn rpc_fails(&mut self, lookup: Ticket, peer: NodeId, cx: &mut Cx<Event>) {
        let Some(run) = self.dht.runs.get_mut(lookup) else {
            return;
        };
        let owner = run.owner;
        let mut wishes = std::mem::take(&mut self.dht.wishes);
        let standing = run.machine.failed(peer, &self.keys, &mut wishes);
        if standing == Standing::Walk {
            self.nodes[owner.index()].table.remove(peer, &self.keys);
        }
        self.carry_out_lookup(lookup, wishes, cx);
    }

    /// Ends a lookup early; nothing is reported. False if it had ended.
    pub(crate) fn cancel_lookup(&mut self, ticket: Ticket) -> bool {
        let Some(run) = self.dht.runs.remove(ticket) else {
            return false;
        };
        self.retire(ticket, run);
        true
    }

    fn retire(&mut self, ticket: Ticket, mut run: Run) {
        let stats = run.machine.stats();
        self.dht.stats.lookups += 1;
        self.dht.stats.asked += u64::from(stats.asked);
        self.dht.stats.failed += u64::from(stats.failed);
        let lookups = &mut self.nodes[run.owner.index()].lookups;
        if let Some(place) = lookups.iter().position(|&other| other == ticket) {
            lookups.swap_remove(place);
        }
        run.machine.cancel();
        self.dht.idle.push(run.machine);
    }

    fn lookup_ends(&mut self, ticket: Ticket, cx: &mut Cx<Event>) {
        let run = self.dht.runs.remove(ticket).expect("a lookup ends once");
        let (owner, purpose) = (run.owner, run.purpose);
        if let Some(refresher) = self.dht.refreshers.get_mut(owner.index()) {
            refresher.note_lookup(run.machine.target(), owner, &self.keys, cx.now());
        }
        match purpose {
            Purpose::Announce(walk) => {
                let closest = run.machine.closest().to_vec();
                self.retire(ticket, run);
                self.announce(owner, cx, |announcer, now, keys, out| {
                    announcer.walk_done(walk, &closest, now, keys, out);
                });
            }
            Purpose::Search(search) => {
                self.retire(ticket, run);
                self.search_walk_ends(search);
            }
            Purpose::Refresh => {
                self.retire(ticket, run);
                self.refresh_walk_ends(owner, true, cx);
            }
        }
    }

    /// Lets a node's announcer do something and carries out what it wishes.
    ///
    /// What carrying out makes an announcer wish waits its turn, so that the last wake-up asked for counts.
    fn announce(
        &mut self,
        node: NodeId,
        cx: &mut Cx<Event>,
        step: impl FnOnce(&mut Announcer, SimTime, Keys<'_>, &mut Vec<AnnounceWish>),
    ) {
        let mut wishes = std::mem::take(&mut self.dht.announce_wishes);
        let keys = Keys { nodes: &self.keys, blocks: self.content.keys() };
        step(&mut self.dht.announcers[node.index()], cx.now(), keys, &mut wishes);
        self.dht.announcing.extend(wishes.drain(..).map(|wish| (node, wish)));
        self.dht.announce_wishes = wishes;
        if self.dht.is_announcing {
            return;
        }
        self.dht.is_announcing = true;
        while let Some((node, wish)) = self.dht.announcing.pop_front() {
            self.carry_out_announcing(node, wish, cx);
        }
        self.dht.is_announcing = false;
    }

    fn carry_out_announcing(&mut self, node: NodeId, wish: AnnounceWish, cx: &mut Cx<Event>) {
        // Only a node that is up announces; what it learns while it is down it announces when it is back.
        assert!(self.is_up(node), "the announcer of a node that is down wishes nothing: {wish:?}");
        match wish {
            AnnounceWish::StartWalk { walk, target } => {
                self.start_lookup(node, Purpose::Announce(walk), target, None, LookupKind::Closest, cx);
            }
            AnnounceWish::SendRecords { send, to } => self.send_records(node, send, to, cx),
            AnnounceWish::WakeAt(at) => self.wake_announcer_at(node, at, cx),
            AnnounceWish::Announced { .. } => {}
        }
    }

    fn wake_announcer_at(&mut self, node: NodeId, at: SimTime, cx: &mut Cx<Event>) {
        let timers = &mut self.nodes[node.index()].timers;
        if let Some((pending, handle)) = timers.provide {
            if pending == at {
                return;
            }
            cx.cancel(handle);
        }
        timers.provide = (at != SimTime::NEVER).then(|| {
            let at = at.max(cx.now());
            (at, cx.schedule_cancellable(at, node.0, node.0, Event::ProvideWake))
        });
    }

    /// The announcer's timer is due.
    pub(crate) fn provide_wake(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        self.nodes[node.index()].timers.provide = None;
        self.announce(node, cx, Announcer::tick);
    }

    fn send_records(&mut self, node: NodeId, send: SendId, to: NodeId, cx: &mut Cx<Event>) {
        let mut blocks = self.dht.spare_blocks.pop().unwrap_or_default();
        blocks.extend_from_slice(self.dht.announcers[node.index()].records(send));
        for &block in &blocks {
            self.nodes[node.index()].records.add(block, node, cx.now());
        }
        let session = self.node(node).session;
        self.nodes[node.index()].traffic.provides += blocks.len() as u64;
        match self.dial(node, to, cx.now()) {
            Dial::Fails => {
                let at = later(cx.now(), self.config.ipfs.dht.dial_timeout);
                cx.schedule(at, node.0, node.0, Event::PutFails { send, session });
                self.recycle_blocks(blocks);
            }
            dial => {
                let bytes = ANSWER_BYTES + RECORD_BYTES * blocks.len() as u64;
                self.send(node, to, dial, bytes, Body::Put { send, session, blocks }, cx);
            }
        }
    }

    /// Provider records have come.
    pub(crate) fn dht_put(
        &mut self,
        server: NodeId,
        from: NodeId,
        send: SendId,
        session: u32,
        blocks: Vec<BlockId>,
        cx: &mut Cx<Event>,
    ) {
        let now = cx.now();
        let expires = later(now, self.config.ipfs.dht.record_validity);
        for &block in &blocks {
            self.nodes[server.index()].records.add(block, from, now);
            let World { ladder, nodes, up, content, .. } = self;
            for &object in content.objects_with(block) {
                if content.object(object).root == Some(block) {
                    ladder.record_stored(object, server, from, expires, content, &Who { up, nodes }, now);
                }
            }
        }
        self.recycle_blocks(blocks);
        self.watch_expiry(cx);
        if self.is_up(from) && self.node(from).session == session {
            self.announce(from, cx, |announcer, now, keys, out| announcer.sent(send, true, now, keys, out));
        }
    }

    /// A parcel was dropped on its way: its sender will hear of it, if it still cares.
    pub(crate) fn put_will_fail(
        &mut self,
        from: NodeId,
        send: SendId,
        session: u32,
        sent_at: SimTime,
        cx: &mut Cx<Event>,
    ) {
        let at = later(sent_at, self.config.ipfs.dht.rpc_timeout).max(cx.now());
        cx.schedule(at, from.0, from.0, Event::PutFails { send, session });
    }

    /// A parcel has come to nothing.
    pub(crate) fn put_fails(&mut self, node: NodeId, send: SendId, session: u32, cx: &mut Cx<Event>) {
        if self.is_up(node) && self.node(node).session == session {
            self.announce(node, cx, |announcer, now, keys, out| announcer.sent(send, false, now, keys, out));
        }
    }

    /// Keeps one event ahead for the next record that may run out.
    fn watch_expiry(&mut self, cx: &mut Cx<Event>) {
        let next = self.ladder.next_expiry().unwrap_or(SimTime::NEVER);
        if next < self.expiry_at {
            self.expiry_at = next;
            let observer = self.observer();
            cx.schedule(next.max(cx.now()), observer, observer, Event::RecordsExpire);
        }
    }

    /// A provider record may have run out.
    pub(crate) fn records_expire(&mut self, cx: &mut Cx<Event>) {
        self.expiry_at = SimTime::NEVER;
        let World { ladder, nodes, up, content, .. } = self;
        ladder.expire(content, &Who { up, nodes }, cx.now());
        self.watch_expiry(cx);
    }

    /// An object was added to a node and pinned.
    pub(crate) fn dht_added(&mut self, node: NodeId, object: ObjectId, cx: &mut Cx<Event>) {
        let content = std::sync::Arc::clone(&self.content);
        let object = content.object(object);
        for &block in &object.blocks {
            let holding = Holding { is_root: object.root == Some(block), is_pinned: true };
            self.announce(node, cx, |announcer, now, keys, out| {
                announcer.added(block, holding, now, keys, out)
            });
        }
    }

    /// A block was fetched by a node.
    pub(crate) fn dht_fetched(&mut self, node: NodeId, block: BlockId, cx: &mut Cx<Event>) {
        let holding = Holding { is_root: false, is_pinned: false };
        self.announce(node, cx, |announcer, now, keys, out| announcer.added(block, holding, now, keys, out));
    }

    /// A node has pinned an object whose blocks it has.
    pub(crate) fn dht_pinned(&mut self, node: NodeId, object: ObjectId, cx: &mut Cx<Event>) {
        self.dht_added(node, object, cx);
    }

    /// A node has unpinned an object: a strategy that announces pinned content only drops what no other pin of
    /// the node reaches. A node that announces every block goes on.
    pub(crate) fn dht_unpinned(&mut self, node: NodeId, object: ObjectId) {
        if self.config.ipfs.dht.provide_strategy == ProvideStrategy::All {
            return;
        }
        let content = std::sync::Arc::clone(&self.content);
        for &block in &content.object(object).blocks {
            let is_pinned = |&other: &ObjectId| self.node(node).store.is_pinned(other);
            if !content.objects_with(block).iter().any(is_pinned) {
                let keys = Keys { nodes: &self.keys, blocks: content.keys() };
                self.dht.announcers[node.index()].removed(block, keys);
            }
        }
    }

    /// Blocks have gone from a node's disk.
    pub(crate) fn dht_deleted(&mut self, node: NodeId, blocks: &[BlockId], _cx: &mut Cx<Event>) {
        for &block in blocks {
            let keys = Keys { nodes: &self.keys, blocks: self.content.keys() };
            self.dht.announcers[node.index()].removed(block, keys);
        }
    }

    /// A node has come up.
    pub(crate) fn dht_comes_up(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        self.start_refreshing(node, cx);
        self.announce(node, cx, Announcer::came_online);
    }

    /// A node goes down: its lookups are forgotten.
    pub(crate) fn dht_goes_down(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        for ticket in std::mem::take(&mut self.nodes[node.index()].lookups) {
            if let Some(run) = self.dht.runs.remove(ticket) {
                self.retire(ticket, run);
            }
        }
        let timers = &mut self.nodes[node.index()].timers;
        for handle in
            [timers.provide.take().map(|(_, handle)| handle), timers.refresh.take()].into_iter().flatten()
        {
            cx.cancel(handle);
        }
        let keys = Keys { nodes: &self.keys, blocks: self.content.keys() };
        self.dht.announcers[node.index()].went_offline(keys);
        self.stop_refreshing(node);
    }
}
