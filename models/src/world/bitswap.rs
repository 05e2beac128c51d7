//! Drives the Bitswap machines: sessions, envelopes, provider searches, blocks that come.
//!
//! A node's machine is told of a connection when it matters: when it opens its first session, when a
//! connection opens while it has one, or when a peer's first message comes. A walk through the DHT opens
//! dozens of connections that no session ever uses; those cost it nothing.

use super::dht::Purpose as LookupPurpose;
use super::reads::Purpose;
use super::transport::{Body, Dial};
use super::{World, later};
use crate::config::ReadMode;
use crate::content::Content;
use crate::ids::{BlockId, NodeId, ObjectId, ReadId};
use crate::ipfs::bitswap::{
    Arrival, Bitswap, Blocks, Connection, Context, CopyTag, Counters, Dag, EnvelopeId, Message, Reader,
    SessionId, Store, Walk, Wish,
};
use crate::ipfs::blockstore::BlockStore;
use crate::ipfs::dht::LookupKind;
use crate::net::Departure;
use crate::provenance::Came;
use crate::registry::Event;
use crate::slab::{Slab, Ticket};
use sim_core::draws::{Draws, mix64};
use sim_core::engine::Cx;
use sim_core::time::{SimSpan, SimTime};
use std::collections::VecDeque;

/// How long a search for providers may last. Source: ipfs/boxo, `routing/providerquerymanager` (10 s).
const SEARCH_TIMEOUT: SimSpan = SimSpan::from_secs(10);

/// A search for providers of a block, by one node.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Search {
    node: NodeId,
    block: BlockId,
    /// Sessions that asked for it.
    sessions: Vec<SessionId>,
    lookup: Option<Ticket>,
    /// Dials under way.
    dialling: u32,
}

/// The Bitswap machines' part of the world.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct BitswapWorld {
    pub(crate) searches: Slab<Search>,
    /// Wishes that wait to be carried out.
    waiting: VecDeque<(NodeId, Wish)>,
    is_carrying_out: bool,
    /// Buffers that are used again and again.
    #[expect(clippy::vec_box, reason = "messages travel boxed; the boxes are used again")]
    spare_messages: Vec<Box<Message>>,
    spare_wishes: Vec<Vec<Wish>>,
}

/// What one node holds, as its Bitswap machine sees it.
struct Shelf<'a> {
    content: &'a Content,
    store: &'a BlockStore,
    /// What a copy from this node is marked with: the original, or its own alteration.
    mark: CopyTag,
}

impl Blocks for Shelf<'_> {
    fn size(&self, block: BlockId) -> u32 {
        self.content.block(block).size
    }

    fn cid_len(&self, block: BlockId) -> u32 {
        self.content.block(block).cid.encoded_len() as u32
    }

    fn is_intact(&self, block: BlockId, copy: CopyTag) -> bool {
        // An honest copy was hashed when the block was made; an altered one is hashed now.
        copy == CopyTag::ORIGINAL || self.content.verify_altered(block, mix64(u64::from(copy.0)))
    }
}

impl Store for Shelf<'_> {
    fn copy(&self, block: BlockId) -> Option<CopyTag> {
        self.store.has(block).then_some(self.mark)
    }
}

impl Dag for Content {
    fn children(&self, block: BlockId) -> &[BlockId] {
        Content::children(self, block)
    }
}

impl World {
    /// Lets a node's Bitswap machine do something and carries out what it wishes.
    ///
    /// Carrying out a wish may lead to another step, of this machine or another. What that step wishes waits
    /// its turn: wishes are carried out in the order in which machines had them, so that the last wake-up that
    /// a machine asked for is the one that counts.
    fn with_bitswap<R>(
        &mut self,
        node: NodeId,
        cx: &mut Cx<Event>,
        step: impl FnOnce(&mut Bitswap, &mut Context<'_, Shelf<'_>>) -> R,
    ) -> R {
        let mut wishes = self.bitswap.spare_wishes.pop().unwrap_or_default();
        let draws: Draws = self.draws;
        let state = &mut self.nodes[node.index()];
        let mark = if state.honest { CopyTag::ORIGINAL } else { CopyTag(node.0 + 1) };
        let shelf = Shelf { content: &self.content, store: &state.store, mark };
        let mut context = Context {
            now: cx.now(),
            config: &self.config.ipfs.bitswap,
            draws: &draws,
            store: &shelf,
            out: &mut wishes,
            spare: &mut self.bitswap.spare_messages,
        };
        let result = step(&mut state.bitswap, &mut context);
        self.bitswap.waiting.extend(wishes.drain(..).map(|wish| (node, wish)));
        self.bitswap.spare_wishes.push(wishes);
        if !self.bitswap.is_carrying_out {
            self.bitswap.is_carrying_out = true;
            while let Some((node, wish)) = self.bitswap.waiting.pop_front() {
                self.carry_out_bitswap(node, wish, cx);
            }
            self.bitswap.is_carrying_out = false;
        }
        result
    }

    fn carry_out_bitswap(&mut self, node: NodeId, wish: Wish, cx: &mut Cx<Event>) {
        match wish {
            Wish::Send { to, envelope, message } => self.bitswap_send(node, to, envelope, message, cx),
            Wish::FindProviders { session, block, limit } => {
                self.search_starts(node, session, block, limit, cx)
            }
            Wish::Arrived { block, copy, from, arrival } => {
                self.block_arrived(node, block, copy, from, arrival, cx)
            }
            Wish::Received { session, block, from } => self.session_received(node, session, block, from, cx),
            Wish::WakeAt(at) => self.wake_bitswap_at(node, at, cx),
        }
    }

    fn bitswap_send(
        &mut self,
        node: NodeId,
        to: NodeId,
        envelope: Option<EnvelopeId>,
        message: Box<Message>,
        cx: &mut Cx<Event>,
    ) {
        let state = &self.nodes[node.index()];
        let mark = CopyTag::ORIGINAL;
        let bytes = message.wire_size(&Shelf { content: &self.content, store: &state.store, mark });
        let payload: u64 =
            message.blocks.iter().map(|sent| u64::from(self.content.block(sent.block).payload)).sum();
        let session = state.session;
        self.nodes[node.index()].traffic.payload_sent += payload;
        self.blocks_left(&message);
        let dial = match self.dial(node, to, cx.now()) {
            // The connection broke in this very step: the message is lost on it.
            Dial::Fails => Dial::Fails,
            Dial::Open | Dial::Takes(_) => Dial::Open,
        };
        let departure = self.send(node, to, dial, bytes, Body::Bitswap(message), cx);
        match (envelope, departure) {
            (Some(envelope), Departure::At(left)) => {
                cx.schedule(left, node.0, node.0, Event::Written { envelope, session });
            }
            (Some(envelope), Departure::Flow(flow)) => self.flow_is_written(flow, envelope, session),
            (None, _) => {}
        }
    }

    /// A Bitswap message has come.
    pub(crate) fn bitswap_received(
        &mut self,
        node: NodeId,
        from: NodeId,
        mut message: Box<Message>,
        cx: &mut Cx<Event>,
    ) {
        if !self.nodes[node.index()].connections.touch(from, cx.now()) {
            // The connection it came on is closed.
            return self.blocks_landed(&message, cx.now());
        }
        let payload: u64 =
            message.blocks.iter().map(|sent| u64::from(self.content.block(sent.block).payload)).sum();
        self.nodes[node.index()].traffic.payload_received += payload;
        self.tell_connected(node, from, cx);
        self.with_bitswap(node, cx, |bitswap, context| bitswap.receive(context, from, &message));
        self.blocks_landed(&message, cx.now());
        message.clear();
        self.bitswap.spare_messages.push(message);
    }

    fn block_arrived(
        &mut self,
        node: NodeId,
        block: BlockId,
        copy: CopyTag,
        from: NodeId,
        arrival: Arrival,
        cx: &mut Cx<Event>,
    ) {
        match arrival {
            Arrival::Wanted => {
                self.totals.corrupt_accepted += u64::from(copy != CopyTag::ORIGINAL);
                if self.store_block(node, block, Came::Fetched { last_from: from }, cx.now()) {
                    self.dht_fetched(node, block, cx);
                }
                self.with_bitswap(node, cx, |bitswap, context| bitswap.block_added(context, block));
            }
            Arrival::Corrupt => self.corrupt_arrived(node, block, from),
            Arrival::Duplicate(_) | Arrival::Unwanted => {}
        }
    }

    /// An altered block was refused: it counts for the read that has its sender in a session.
    fn corrupt_arrived(&mut self, node: NodeId, block: BlockId, from: NodeId) {
        self.totals.corrupt_refused += 1;
        let state = &self.nodes[node.index()];
        let of_session =
            |&&(session, _): &&(SessionId, ReadId)| state.bitswap.session_peers(session).contains(&from);
        let read = state.reading.iter().find(of_session).or(state.reading.first());
        if let Some(&(_, read)) = read {
            let corrupt = &mut self.reads[read.index()].corrupt;
            corrupt.0 += 1;
            corrupt.1 += u64::from(self.content.block(block).size);
        }
    }

    fn session_received(
        &mut self,
        node: NodeId,
        session: SessionId,
        block: BlockId,
        from: Option<NodeId>,
        cx: &mut Cx<Event>,
    ) {
        if let Some(read) = self.node(node).read_of(session) {
            self.walk_goes_on(read, Some(block), from, cx);
        }
    }

    /// A read's walk begins, or begins again in a new session of its reader.
    pub(crate) fn walk_starts(&mut self, read: ReadId, root: BlockId, cx: &mut Cx<Event>) {
        let state = &mut self.reads[read.index()];
        let mode = match state.purpose {
            Purpose::Demand(demand) => self.config.demand[demand].mode,
            Purpose::Pin => ReadMode::Pin,
        };
        let walk = match mode {
            ReadMode::Get => Walk::InOrder,
            ReadMode::Pin => Walk::Parallel,
        };
        state.walk = Some(Box::new(Reader::new(root, walk)));
        self.open_session(read, cx);
        self.walk_goes_on(read, None, None, cx);
    }

    fn open_session(&mut self, read: ReadId, cx: &mut Cx<Event>) {
        let Some(state) = self.reads.get(read.index()) else {
            return;
        };
        let (node, object) = (state.reader, state.object);
        let entity = self
            .object_entity(object)
            .member(self.node(node).entity.0)
            .member(u64::from(self.node(node).session))
            .member(self.node(node).reading.len() as u64);
        let peers = self.node(node).connections.peers();
        for peer in peers {
            self.tell_connected(node, peer, cx);
        }
        let session = self.with_bitswap(node, cx, |bitswap, context| bitswap.open(context, entity));
        self.node_mut(node).reading.push((session, read));
    }

    /// Moves a read's walk on: with the block that its session received, or from its start.
    fn walk_goes_on(
        &mut self,
        read: ReadId,
        block: Option<BlockId>,
        from: Option<NodeId>,
        cx: &mut Cx<Event>,
    ) {
        let node = self.reads[read.index()].reader;
        let Some(mut walk) = self.reads[read.index()].walk.take() else {
            return;
        };
        let mut wants = Vec::new();
        let store = &self.nodes[node.index()].store;
        let content = std::sync::Arc::clone(&self.content);
        let holds = |block| store.has(block);
        let step = match block {
            Some(block) => walk.received(block, &*content, holds, &mut wants),
            None => walk.start(&*content, holds, &mut wants),
        };
        self.reads[read.index()].walk = Some(walk);
        if step.needs_fresh_session && !step.is_finished {
            self.close_session_of(read, cx);
            self.open_session(read, cx);
        }
        if !wants.is_empty()
            && let Some(session) = self.session_of(read)
        {
            self.with_bitswap(node, cx, |bitswap, context| bitswap.want(context, session, &wants));
        }
        self.read_progress(read, from, step.has_first_payload, step.is_finished, cx);
    }

    fn session_of(&self, read: ReadId) -> Option<SessionId> {
        let node = self.reads[read.index()].reader;
        self.node(node).reading.iter().find(|(_, other)| *other == read).map(|&(session, _)| session)
    }

    /// Closes the session of a read, if it has one, and keeps what it did.
    pub(crate) fn close_session_of(&mut self, read: ReadId, cx: &mut Cx<Event>) {
        let node = self.reads[read.index()].reader;
        let Some(session) = self.session_of(read) else {
            return;
        };
        self.node_mut(node).reading.retain(|(_, other)| *other != read);
        let counters = self.with_bitswap(node, cx, |bitswap, context| bitswap.close(context, session));
        self.reads[read.index()].counters.add(counters);
        for ticket in self.node(node).searches.clone() {
            let Some(search) = self.bitswap.searches.get_mut(ticket) else {
                continue;
            };
            search.sessions.retain(|&other| other != session);
            if search.sessions.is_empty() {
                self.end_search(ticket);
            }
        }
    }

    /// A session wants providers of a block: a search begins, or the session joins one under way.
    fn search_starts(
        &mut self,
        node: NodeId,
        session: SessionId,
        block: BlockId,
        limit: u32,
        cx: &mut Cx<Event>,
    ) {
        for &ticket in &self.nodes[node.index()].searches {
            let search = self.bitswap.searches.get_mut(ticket).expect("a node lists its running searches");
            if search.block == block {
                if !search.sessions.contains(&session) {
                    search.sessions.push(session);
                }
                return;
            }
        }
        let search = Search { node, block, sessions: vec![session], lookup: None, dialling: 0 };
        let ticket = self.bitswap.searches.insert(search);
        self.node_mut(node).searches.push(ticket);
        cx.schedule(later(cx.now(), SEARCH_TIMEOUT), node.0, node.0, Event::SearchEnds { search: ticket });
        let target = self.content.keys()[block.index()];
        let kind = LookupKind::Providers { wanted: limit };
        let lookup = self.start_lookup(node, LookupPurpose::Search(ticket), target, Some(block), kind, cx);
        if let Some(search) = self.bitswap.searches.get_mut(ticket) {
            search.lookup = Some(lookup);
        }
    }

    /// A lookup has found a provider: dial it.
    pub(crate) fn provider_found(
        &mut self,
        node: NodeId,
        ticket: Ticket,
        provider: NodeId,
        cx: &mut Cx<Event>,
    ) {
        if provider == node || self.bitswap.searches.get(ticket).is_none() {
            return;
        }
        let dial = self.dial(node, provider, cx.now());
        self.note_found(ticket, u32::from(dial == Dial::Fails));
        let after = match dial {
            Dial::Fails => return,
            Dial::Open => SimSpan::ZERO,
            Dial::Takes(span) => span,
        };
        self.bitswap.searches.get_mut(ticket).expect("it was just seen").dialling += 1;
        let at = cx.now() + after;
        cx.schedule(at, node.0, node.0, Event::ProviderDialled { search: ticket, peer: provider });
    }

    fn note_found(&mut self, ticket: Ticket, failed: u32) {
        let search = self.bitswap.searches.get(ticket).expect("a search that finds is running");
        let node = &self.nodes[search.node.index()];
        for session in &search.sessions {
            if let Some(read) = node.read_of(*session) {
                let read = &mut self.reads[read.index()];
                read.found += 1;
                read.failed_dials += failed;
            }
        }
    }

    /// A dial to a provider has succeeded, unless the provider has gone in the meantime.
    pub(crate) fn provider_dialled(
        &mut self,
        node: NodeId,
        ticket: Ticket,
        peer: NodeId,
        cx: &mut Cx<Event>,
    ) {
        let Some(search) = self.bitswap.searches.get_mut(ticket) else {
            return;
        };
        search.dialling -= 1;
        let sessions = search.sessions.clone();
        if self.is_up(peer) && !self.is_cut(node, peer) {
            self.connect(node, peer, cx);
            self.tell_connected(node, peer, cx);
            for session in sessions {
                self.with_bitswap(node, cx, |bitswap, context| {
                    bitswap.provider_connected(context, session, peer)
                });
            }
        }
        self.end_search_if_done(ticket);
    }

    /// A search's walk through the DHT has ended.
    pub(crate) fn search_walk_ends(&mut self, ticket: Ticket) {
        if let Some(search) = self.bitswap.searches.get_mut(ticket) {
            search.lookup = None;
            self.end_search_if_done(ticket);
        }
    }

    fn end_search_if_done(&mut self, ticket: Ticket) {
        if self
            .bitswap
            .searches
            .get(ticket)
            .is_some_and(|search| search.lookup.is_none() && search.dialling == 0)
        {
            self.end_search(ticket);
        }
    }

    /// A search has lasted as long as it may.
    pub(crate) fn search_ends(&mut self, ticket: Ticket) {
        if self.bitswap.searches.get(ticket).is_some() {
            self.end_search(ticket);
        }
    }

    fn end_search(&mut self, ticket: Ticket) {
        let search = self.bitswap.searches.remove(ticket).expect("a search ends once");
        self.nodes[search.node.index()].searches.retain(|&other| other != ticket);
        if let Some(lookup) = search.lookup {
            self.cancel_lookup(lookup);
        }
    }

    /// Tells a node's machine of an open connection, unless it knows.
    fn tell_connected(&mut self, node: NodeId, peer: NodeId, cx: &mut Cx<Event>) {
        if self.node(node).bitswap.is_connected(peer) {
            return;
        }
        let rtt = self.delay(node, peer) + self.delay(peer, node);
        let connection = Connection { rtt, is_favoured: self.are_peering(node, peer) };
        self.with_bitswap(node, cx, |bitswap, context| bitswap.connected(context, peer, connection));
    }

    /// A connection has opened: a node with sessions wants to know.
    pub(crate) fn bitswap_connected(&mut self, node: NodeId, peer: NodeId, cx: &mut Cx<Event>) {
        if !self.node(node).reading.is_empty() {
            self.tell_connected(node, peer, cx);
        }
    }

    /// A connection has closed.
    pub(crate) fn bitswap_disconnected(&mut self, node: NodeId, peer: NodeId, cx: &mut Cx<Event>) {
        if self.node(node).bitswap.is_connected(peer) {
            self.with_bitswap(node, cx, |bitswap, context| bitswap.disconnected(context, peer));
        }
    }

    /// A message of a node's server has left its uplink.
    pub(crate) fn bitswap_written(&mut self, node: NodeId, envelope: EnvelopeId, cx: &mut Cx<Event>) {
        self.with_bitswap(node, cx, |bitswap, context| bitswap.written(context, envelope));
    }

    /// A publisher has added an object: peers that wait for its blocks get them.
    pub(crate) fn bitswap_added(&mut self, node: NodeId, object: ObjectId, cx: &mut Cx<Event>) {
        if self.node(node).bitswap.peer_count() == 0 {
            return;
        }
        let content = std::sync::Arc::clone(&self.content);
        for &block in &content.object(object).blocks {
            self.with_bitswap(node, cx, |bitswap, context| bitswap.block_added(context, block));
        }
    }

    fn wake_bitswap_at(&mut self, node: NodeId, at: SimTime, cx: &mut Cx<Event>) {
        let timers = &mut self.nodes[node.index()].timers;
        if let Some((_, handle)) = timers.bitswap.take() {
            cx.cancel(handle);
        }
        timers.bitswap = (at != SimTime::NEVER)
            .then(|| (at, cx.schedule_cancellable(at.max(cx.now()), node.0, node.0, Event::BitswapWake)));
    }

    /// A Bitswap timer is due.
    pub(crate) fn bitswap_wake(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        self.nodes[node.index()].timers.bitswap = None;
        self.with_bitswap(node, cx, |bitswap, context| bitswap.wake(context));
    }

    /// A node goes down: its process ends, with all sessions and all that peers wanted of it.
    pub(crate) fn bitswap_goes_down(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        for ticket in self.node(node).searches.clone() {
            self.end_search(ticket);
        }
        if let Some((_, handle)) = self.nodes[node.index()].timers.bitswap.take() {
            cx.cancel(handle);
        }
        self.nodes[node.index()].bitswap = Bitswap::new();
    }
}

impl Counters {
    /// Adds what another session did.
    pub(crate) fn add(&mut self, other: Counters) {
        self.want_haves += other.want_haves;
        self.want_blocks += other.want_blocks;
        self.cancels += other.cancels;
        self.haves += other.haves;
        self.dont_haves += other.dont_haves;
        self.simulated_dont_haves += other.simulated_dont_haves;
        self.blocks += other.blocks;
        self.block_bytes += other.block_bytes;
        self.duplicates += other.duplicates;
        self.duplicate_bytes += other.duplicate_bytes;
        self.broadcasts += other.broadcasts;
        self.searches += other.searches;
    }
}
