//! A small network to run Bitswap machines in: nodes, uplinks, a short way between them, and a list of who
//! provides what.
#![allow(dead_code, unreachable_pub, reason = "shared by test programs that use different parts")]

mod files;
mod uplink;

use files::{Files, View};
use models::ids::{BlockId, NodeId};
use models::ipfs::bitswap::{
    Arrival, Bitswap, BitswapConfig, Connection, Context, CopyTag, Counters, EnvelopeId, Message, Reader,
    Receipt, SessionId, Walk, Wish,
};
use sim_core::draws::{Draws, Entity};
use sim_core::time::{SimSpan, SimTime};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use uplink::{FRAME, Frame, Uplink, WINDOW};

/// A read that runs or has run.
pub struct Read {
    reader: Reader,
    sessions: Vec<SessionId>,
    pub started: SimTime,
    pub finished: Option<SimTime>,
    pub blocks_from: BTreeMap<NodeId, u32>,
    /// Blocks that came, wanted or not.
    pub received: u32,
}

struct Node {
    machine: Bitswap,
    held: BTreeMap<BlockId, CopyTag>,
    uplink: Uplink,
    is_alive: bool,
    wake_at: SimTime,
    uplink_at: SimTime,
    read: Option<Read>,
}

enum Event {
    Wake(NodeId),
    Uplink(NodeId),
    Frame { from: NodeId, to: NodeId, connection: u64, frame: Frame },
    Written { node: NodeId, envelope: EnvelopeId },
    Found { session: SessionId, node: NodeId, provider: NodeId },
}

/// The network.
pub struct Net {
    pub now: SimTime,
    pub files: Files,
    config: BitswapConfig,
    draws: Draws,
    nodes: Vec<Node>,
    connections: BTreeMap<(NodeId, NodeId), u64>,
    next_connection: u64,
    providers: BTreeMap<BlockId, BTreeSet<NodeId>>,
    /// Whether connections count as local.
    pub is_local: bool,
    pub searches: u32,
    pub failed_dials: u32,
    events: BinaryHeap<Reverse<(SimTime, u64)>>,
    payloads: BTreeMap<u64, Event>,
    next_event: u64,
    streams: BTreeMap<u64, Stream>,
    next_stream: u64,
    pub steps: u64,
}

impl Stream {
    fn is_whole(&self) -> bool {
        self.received == self.size
    }
}

/// A message on its way.
struct Stream {
    message: Message,
    size: u64,
    received: u64,
    /// Bytes that wait for the receiver's leave.
    held_back: u64,
    envelope: Option<EnvelopeId>,
}

/// From one node to another.
const WAY: SimSpan = SimSpan::from_micros(200);
/// From the search for providers to a connection with one.
const SEARCH: SimSpan = SimSpan::from_millis(30);
/// The uplink of a node without a limit: what one Kubo was seen to give another on that machine.
pub const UNLIMITED: f64 = 200e6;

impl Net {
    pub fn new(seed: u64, config: BitswapConfig) -> Self {
        Net {
            now: SimTime::ZERO,
            files: Files::default(),
            config,
            draws: Draws::new(seed, 0),
            nodes: Vec::new(),
            connections: BTreeMap::new(),
            next_connection: 0,
            providers: BTreeMap::new(),
            is_local: true,
            searches: 0,
            failed_dials: 0,
            events: BinaryHeap::new(),
            payloads: BTreeMap::new(),
            next_event: 0,
            streams: BTreeMap::new(),
            next_stream: 0,
            steps: 0,
        }
    }

    pub fn node(&mut self, bits_per_sec: f64) -> NodeId {
        self.nodes.push(Node {
            machine: Bitswap::new(),
            held: BTreeMap::new(),
            uplink: Uplink::new(bits_per_sec),
            is_alive: true,
            wake_at: SimTime::NEVER,
            uplink_at: SimTime::NEVER,
            read: None,
        });
        NodeId(self.nodes.len() as u32 - 1)
    }

    /// Puts blocks into a node's store.
    pub fn hold(&mut self, node: NodeId, blocks: &[BlockId], copy: CopyTag) {
        for &block in blocks {
            self.nodes[node.index()].held.insert(block, copy);
            self.step(node, |machine, cx| machine.block_added(cx, block));
        }
    }

    pub fn holds(&self, node: NodeId, blocks: &[BlockId]) -> usize {
        blocks.iter().filter(|block| self.nodes[node.index()].held.contains_key(block)).count()
    }

    pub fn provide(&mut self, node: NodeId, block: BlockId) {
        self.providers.entry(block).or_default().insert(node);
    }

    pub fn connect(&mut self, a: NodeId, b: NodeId) {
        let key = (a.min(b), a.max(b));
        if a == b || self.connections.contains_key(&key) {
            return;
        }
        self.next_connection += 1;
        self.connections.insert(key, self.next_connection);
        let connection = Connection { rtt: WAY.saturating_mul(2), is_favoured: self.is_local };
        self.step(a, |machine, cx| machine.connected(cx, b, connection));
        self.step(b, |machine, cx| machine.connected(cx, a, connection));
    }

    pub fn mesh(&mut self, nodes: &[NodeId]) {
        for (index, &a) in nodes.iter().enumerate() {
            for &b in &nodes[index + 1..] {
                self.connect(a, b);
            }
        }
    }

    /// The node's process ends: its connections break and its memory is gone; its store stays.
    pub fn kill(&mut self, node: NodeId) {
        let broken: Vec<_> = self
            .connections
            .iter()
            .filter(|(key, _)| key.0 == node || key.1 == node)
            .map(|(&k, &v)| (k, v))
            .collect();
        let slot = &mut self.nodes[node.index()];
        slot.is_alive = false;
        slot.uplink.clear();
        slot.machine = Bitswap::new();
        for ((a, b), connection) in broken {
            self.connections.remove(&(a, b));
            let other = if a == node { b } else { a };
            let now = self.now;
            self.nodes[other.index()].uplink.cut(now, connection);
            self.step(other, |machine, cx| machine.disconnected(cx, node));
        }
    }

    pub fn restart(&mut self, node: NodeId) {
        self.nodes[node.index()].is_alive = true;
    }

    /// Begins a read.
    pub fn read(&mut self, node: NodeId, root: BlockId, walk: Walk) {
        let session = self.open(node);
        let read = Read {
            reader: Reader::new(root, walk),
            sessions: vec![session],
            started: self.now,
            finished: None,
            blocks_from: BTreeMap::new(),
            received: 0,
        };
        self.nodes[node.index()].read = Some(read);
        self.read_on(node, None);
    }

    pub fn read_of(&self, node: NodeId) -> &Read {
        self.nodes[node.index()].read.as_ref().expect("a read was begun")
    }

    /// Seconds from the start of the read to its end.
    pub fn secs(&self, node: NodeId) -> f64 {
        let read = self.read_of(node);
        read.finished.expect("the read has finished").since(read.started).as_secs_f64_lossy()
    }

    /// What the node's sessions have done.
    pub fn totals(&self, node: NodeId) -> Counters {
        self.nodes[node.index()].machine.totals()
    }

    /// Peers of the session that the node's read uses now.
    pub fn session_peers(&self, node: NodeId) -> Vec<NodeId> {
        let session = *self.read_of(node).sessions.last().expect("a read has a session");
        self.nodes[node.index()].machine.session_peers(session)
    }

    /// The node's read is given up.
    pub fn give_up(&mut self, node: NodeId) {
        let sessions = self.read_of(node).sessions.clone();
        for session in sessions {
            self.step(node, |machine, cx| {
                machine.close(cx, session);
            });
        }
    }

    pub fn receipt(&self, node: NodeId, peer: NodeId) -> Receipt {
        self.nodes[node.index()].machine.receipt(peer)
    }

    pub fn served(&self, node: NodeId) -> u64 {
        self.nodes[node.index()].machine.served().blocks
    }

    /// Runs until nothing happens before `until`; true if reads remain.
    pub fn run(&mut self, until: SimTime) {
        self.run_while(until, |_| true);
    }

    /// Runs until all reads have finished, at most until `limit`.
    pub fn run_reads(&mut self, limit: SimTime) {
        self.run_while(limit, |net| {
            net.nodes.iter().any(|node| node.read.as_ref().is_some_and(|read| read.finished.is_none()))
        });
        // Cancels and messages on their way: the real counts were taken some time later, too.
        let settle = self.now + SimSpan::from_millis(500);
        self.run(settle.min(limit));
    }

    pub fn run_while(&mut self, until: SimTime, goes_on: impl Fn(&Net) -> bool) {
        while let Some(&Reverse((at, id))) = self.events.peek() {
            if at > until || !goes_on(self) {
                break;
            }
            self.events.pop();
            self.now = at;
            let event = self.payloads.remove(&id).expect("each event is scheduled once");
            self.dispatch(at, event);
        }
        if self.now < until && goes_on(self) {
            self.now = until;
        }
    }

    fn dispatch(&mut self, at: SimTime, event: Event) {
        match event {
            Event::Wake(node) => {
                if self.nodes[node.index()].wake_at == at && self.nodes[node.index()].is_alive {
                    self.step(node, |machine, cx| machine.wake(cx));
                }
            }
            Event::Uplink(node) => {
                if self.nodes[node.index()].uplink_at == at {
                    self.nodes[node.index()].uplink_at = SimTime::NEVER;
                    self.line_is_free(node);
                }
            }
            Event::Frame { from, to, connection, frame } => {
                if self.connections.get(&(from.min(to), from.max(to))) == Some(&connection) {
                    self.frame_in(from, to, connection, frame);
                }
            }
            Event::Written { node, envelope } => {
                self.step(node, |machine, cx| machine.written(cx, envelope));
            }
            Event::Found { session, node, provider } => {
                if !self.nodes[provider.index()].is_alive {
                    self.failed_dials += 1;
                } else if node != provider {
                    self.connect(node, provider);
                    self.step(node, |machine, cx| machine.provider_connected(cx, session, provider));
                }
            }
        }
    }

    fn schedule(&mut self, at: SimTime, event: Event) {
        self.next_event += 1;
        self.events.push(Reverse((at, self.next_event)));
        self.payloads.insert(self.next_event, event);
    }

    fn open(&mut self, node: NodeId) -> SessionId {
        let mut opened = None;
        let entity = Entity::named("reads").member(u64::from(node.0));
        self.step(node, |machine, cx| opened = Some(machine.open(cx, entity)));
        opened.expect("a session opens")
    }

    fn step(&mut self, node: NodeId, mut input: impl FnMut(&mut Bitswap, &mut Context<'_, View<'_>>)) {
        self.step_with(node, &mut input);
    }

    fn step_with(&mut self, node: NodeId, input: &mut dyn FnMut(&mut Bitswap, &mut Context<'_, View<'_>>)) {
        self.steps += 1;
        let (mut out, mut spare) = (Vec::new(), Vec::new());
        let slot = &mut self.nodes[node.index()];
        let store = View { files: &self.files, held: &slot.held };
        let mut cx = Context {
            now: self.now,
            config: &self.config,
            draws: &self.draws,
            store: &store,
            out: &mut out,
            spare: &mut spare,
        };
        input(&mut slot.machine, &mut cx);
        let mut wishes = VecDeque::from(out);
        let mut stored = Vec::new();
        while let Some(wish) = wishes.pop_front() {
            if let Some(block) = self.grant(node, wish) {
                stored.push(block);
            }
        }
        for block in stored {
            self.step(node, |machine, cx| machine.block_added(cx, block));
        }
    }

    /// Carries out a wish; a block that was stored is announced to the machine afterwards.
    fn grant(&mut self, node: NodeId, wish: Wish) -> Option<BlockId> {
        match wish {
            Wish::Send { to, envelope, message } => {
                let connection = self.connections[&(node.min(to), node.max(to))];
                let store = View { files: &self.files, held: &self.nodes[node.index()].held };
                // A stream of the server begins with the names of its protocols.
                let size = message.wire_size(&store) + if envelope.is_some() { 40 } else { 0 };
                self.send(node, to, connection, envelope, *message, size);
            }
            Wish::FindProviders { session, block, limit } => {
                self.searches += 1;
                let found = self.providers.get(&block).into_iter().flatten().take(limit as usize);
                for provider in found.copied().collect::<Vec<_>>() {
                    self.schedule(self.now + SEARCH, Event::Found { session, node, provider });
                }
            }
            Wish::Arrived { block, copy, from, arrival } => {
                let slot = &mut self.nodes[node.index()];
                if let Some(read) = &mut slot.read {
                    read.received += 1;
                    *read.blocks_from.entry(from).or_default() += 1;
                }
                if arrival == Arrival::Wanted {
                    slot.held.insert(block, copy);
                    return Some(block);
                }
            }
            Wish::Received { block, .. } => self.read_on(node, Some(block)),
            Wish::WakeAt(at) => {
                self.nodes[node.index()].wake_at = at;
                if at != SimTime::NEVER {
                    self.schedule(at, Event::Wake(node));
                }
            }
        }
        None
    }

    /// The reader goes on, at its start or with a block.
    fn read_on(&mut self, node: NodeId, block: Option<BlockId>) {
        let slot = &mut self.nodes[node.index()];
        let Some(read) = &mut slot.read else { return };
        let (held, mut wants) = (&slot.held, Vec::new());
        let holds = |block| held.contains_key(&block);
        let step = match block {
            None => read.reader.start(&self.files, holds, &mut wants),
            Some(block) => read.reader.received(block, &self.files, holds, &mut wants),
        };
        if step.is_finished {
            read.finished = Some(self.now);
        }
        if step.needs_fresh_session {
            let session = self.open(node);
            self.nodes[node.index()].read.as_mut().expect("the read").sessions.push(session);
        }
        if !wants.is_empty() {
            let session = *self.read_of(node).sessions.last().expect("a read has a session");
            self.step(node, |machine, cx| machine.want(cx, session, &wants));
        }
    }

    fn send(
        &mut self,
        from: NodeId,
        to: NodeId,
        connection: u64,
        envelope: Option<EnvelopeId>,
        message: Message,
        size: u64,
    ) {
        self.next_stream += 1;
        let (id, first) = (self.next_stream, size.min(WINDOW));
        let is_whole = first == size;
        let stream = Stream { message, size, received: 0, held_back: size - first, envelope };
        self.streams.insert(id, stream);
        self.queue_frames(from, to, connection, id, first);
        if let (true, Some(envelope)) = (is_whole, envelope) {
            self.schedule(self.now, Event::Written { node: from, envelope });
        }
    }

    fn queue_frames(&mut self, from: NodeId, to: NodeId, connection: u64, stream: u64, mut bytes: u64) {
        while bytes > 0 {
            let frame = Frame { stream, bytes: bytes.min(FRAME), grants_window: false };
            bytes -= frame.bytes;
            self.nodes[from.index()].uplink.push(self.now, to, connection, frame);
        }
        self.arm_uplink(from);
    }

    /// A frame has arrived: of a message, or leave to send the rest of one.
    fn frame_in(&mut self, from: NodeId, to: NodeId, connection: u64, frame: Frame) {
        let Some(stream) = self.streams.get_mut(&frame.stream) else {
            return;
        };
        if frame.grants_window {
            let (bytes, envelope) = (std::mem::take(&mut stream.held_back), stream.envelope);
            self.queue_frames(to, from, connection, frame.stream, bytes);
            if let Some(envelope) = envelope {
                self.step(to, |machine, cx| machine.written(cx, envelope));
            }
            return;
        }
        let before = stream.received;
        stream.received += frame.bytes;
        if stream.held_back > 0 && before < WINDOW / 2 && stream.received >= WINDOW / 2 {
            let grant = Frame { stream: frame.stream, bytes: 12, grants_window: true };
            self.nodes[to.index()].uplink.push(self.now, from, connection, grant);
            self.arm_uplink(to);
        }
        if self.streams[&frame.stream].is_whole() {
            let stream = self.streams.remove(&frame.stream).expect("it was there");
            self.step(to, |machine, cx| machine.receive(cx, from, &stream.message));
        }
    }

    /// The line is free: the frame that is out travels, the next turn begins.
    fn line_is_free(&mut self, node: NodeId) {
        if let Some((to, connection, frame)) = self.nodes[node.index()].uplink.end_turn(self.now) {
            self.schedule(self.now + WAY, Event::Frame { from: node, to, connection, frame });
        }
        self.arm_uplink(node);
    }

    fn arm_uplink(&mut self, node: NodeId) {
        let slot = &mut self.nodes[node.index()];
        let at = slot.uplink.next_done();
        if at != std::mem::replace(&mut slot.uplink_at, at) && at != SimTime::NEVER {
            self.schedule(at, Event::Uplink(node));
        }
    }
}
