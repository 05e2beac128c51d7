//! A network of servers that come and go, in an event loop of its own: lookups under both fidelities
//! of table refresh.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use models::ids::NodeId;
use models::ipfs::dht::{
    DhtConfig, Key, LazyRefresh, LazyState, Lookup, LookupEnd, LookupKind, LookupRequest, LookupStats,
    LookupWish, RefreshFidelity, RefreshView, RefreshWish, Refresher, RoutingTable, ServerIndex, Standing,
    closer_peers,
};
use sim_core::dist::{below, exponential};
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::time::{SimSpan, SimTime};

use super::{entity, latency, node_keys};

const SESSIONS: Domain = Domain::new("dht test/sessions");
const BOOTSTRAP: Domain = Domain::new("dht test/bootstrap");
const MEASURED: Domain = Domain::new("dht test/measured");

/// What one measured lookup found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) stats: LookupStats,
    /// Share of the k closest servers on-line at the end that it found.
    pub(crate) found: f64,
    pub(crate) secs: f64,
}

/// The size and pace of the test network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) servers: usize,
    pub(crate) up: SimSpan,
    pub(crate) down: SimSpan,
    /// Measuring starts after this long and lasts as long again.
    pub(crate) half: SimSpan,
    /// Time between measured lookups.
    pub(crate) every: SimSpan,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Event {
    Up(NodeId),
    Down(NodeId),
    Tick(NodeId),
    Measure(u32),
    /// A question of a lookup arrives at the peer.
    Question(u32, u32, NodeId),
    /// The outcome comes back; the reply waits in the slab.
    Outcome(u32, u32, NodeId, u32),
    Cancel(u32, u32),
    /// A peer checks a server that asked it something.
    Check(NodeId, NodeId),
    Pinged(NodeId, NodeId, u32),
    /// A bootstrap peer answered.
    Known(NodeId, NodeId),
}

const FAILED: u32 = u32::MAX;

struct Running {
    serial: u32,
    own: NodeId,
    lookup: Lookup,
    asked_at: SimTime,
    is_refresh: bool,
}

pub(crate) struct Network {
    pub(crate) setting: Setting,
    config: DhtConfig,
    draws: Draws,
    keys: Vec<Key>,
    index: ServerIndex,
    sessions: Vec<Vec<(SimTime, SimTime)>>,
    tables: Vec<RoutingTable>,
    lazy: Vec<LazyState>,
    refreshers: Vec<Refresher>,
    /// Counts sessions, so that what belongs to an old one is recognised.
    session: Vec<u32>,
    running: Vec<Running>,
    free: Vec<u32>,
    replies: Vec<Vec<NodeId>>,
    free_replies: Vec<u32>,
    queue: BinaryHeap<Reverse<(SimTime, u64, Event)>>,
    pushed: u64,
    now: SimTime,
    pub(crate) questions: u64,
    pub(crate) measured: Vec<Measured>,
}

fn start_of_run() -> SimTime {
    SimTime::ZERO + SimSpan::from_days(4)
}

impl Network {
    pub(crate) fn new(setting: Setting, fidelity: RefreshFidelity, seed: u64) -> Self {
        let n = setting.servers;
        let (keys, draws) = (node_keys(n), Draws::new(seed, 0));
        let config = DhtConfig { refresh_fidelity: fidelity, ..DhtConfig::default() };
        let nodes = || (0..n as u32).map(NodeId);
        let end = start_of_run() + setting.half.saturating_mul(2);
        let mut network = Network {
            setting,
            index: ServerIndex::new(nodes(), &keys),
            sessions: nodes().map(|node| sessions(&draws, node, setting, end)).collect(),
            tables: nodes().map(|node| RoutingTable::new(node, usize::from(config.k))).collect(),
            lazy: vec![LazyState::default(); n],
            refreshers: nodes().map(|node| Refresher::new(entity(node), &config)).collect(),
            session: vec![0; n],
            running: Vec::new(),
            free: Vec::new(),
            replies: Vec::new(),
            free_replies: Vec::new(),
            queue: BinaryHeap::new(),
            pushed: 0,
            now: start_of_run(),
            questions: 0,
            measured: Vec::new(),
            config,
            keys,
            draws,
        };
        nodes().for_each(|node| network.enter(node));
        network.push(start_of_run() + setting.half, Event::Measure(0));
        network
    }

    /// Schedules a node's comings and goings; one that is on-line at the start has a full table.
    fn enter(&mut self, node: NodeId) {
        for (up, down) in self.sessions[node.index()].clone() {
            if up > self.now {
                self.push(up, Event::Up(node));
            }
            if down > self.now {
                self.push(down, Event::Down(node));
            }
        }
        if !self.is_online(node) {
            return;
        }
        self.bring_up_to_date(node);
        if self.config.refresh_fidelity == RefreshFidelity::Full {
            let interval = self.config.refresh_interval;
            let since = self.since(node, self.now).expect("on-line");
            let passed = self.now.since(since).as_nanos() / interval.as_nanos() + 1;
            let mut out = Vec::new();
            self.refreshers[node.index()].join(since + interval.saturating_mul(passed), &mut out);
            self.obey(node, out);
        }
    }

    pub(crate) fn run(&mut self) {
        let end = start_of_run() + self.setting.half.saturating_mul(2);
        while let Some(Reverse((time, _, event))) = self.queue.pop() {
            if time > end {
                break;
            }
            self.now = time;
            self.dispatch(event);
        }
    }

    fn push(&mut self, at: SimTime, event: Event) {
        self.pushed += 1;
        self.queue.push(Reverse((at, self.pushed, event)));
    }

    /// Start of the session that contains `at`.
    fn since(&self, node: NodeId, at: SimTime) -> Option<SimTime> {
        let sessions = &self.sessions[node.index()];
        let i = sessions.partition_point(|(up, _)| *up <= at).checked_sub(1)?;
        (at < sessions[i].1).then_some(sessions[i].0)
    }

    fn is_online(&self, node: NodeId) -> bool {
        self.since(node, self.now).is_some()
    }

    fn dispatch(&mut self, event: Event) {
        match event {
            Event::Up(node) => self.came_up(node),
            Event::Down(node) => self.went_down(node),
            Event::Tick(node) => self.with_refresher(node, |r, now, view, out| r.tick(now, view, out)),
            Event::Measure(number) => self.measure(number),
            Event::Question(slot, serial, peer) => self.question(slot, serial, peer),
            Event::Outcome(slot, serial, peer, reply) => self.outcome(slot, serial, peer, reply),
            Event::Cancel(slot, serial) => self.cut_off(slot, serial),
            Event::Check(node, peer) => {
                if self.is_online(node) && self.is_online(peer) {
                    self.learn(node, peer);
                }
            }
            Event::Pinged(node, peer, session) => self.pinged(node, peer, session),
            Event::Known(node, peer) => {
                if self.is_online(node) {
                    self.learn(node, peer);
                }
            }
        }
    }

    fn came_up(&mut self, node: NodeId) {
        self.session[node.index()] += 1;
        if self.config.refresh_fidelity == RefreshFidelity::Full {
            self.tables[node.index()].clear();
            self.with_refresher(node, |r, now, view, out| r.start(now, view, out));
        }
    }

    fn went_down(&mut self, node: NodeId) {
        self.refreshers[node.index()].stop();
        for slot in 0..self.running.len() {
            if self.running[slot].own == node && !self.running[slot].lookup.is_done() {
                self.running[slot].lookup.cancel();
                self.release(slot as u32);
            }
        }
    }

    fn with_refresher(
        &mut self,
        node: NodeId,
        step: impl FnOnce(&mut Refresher, SimTime, RefreshView<'_>, &mut Vec<RefreshWish>),
    ) {
        let mut out = Vec::new();
        let view = RefreshView { table: &self.tables[node.index()], keys: &self.keys, draws: &self.draws };
        step(&mut self.refreshers[node.index()], self.now, view, &mut out);
        self.obey(node, out);
    }

    fn obey(&mut self, node: NodeId, wishes: Vec<RefreshWish>) {
        for wish in wishes {
            match wish {
                RefreshWish::WakeAt(at) => self.push(at.max(self.now), Event::Tick(node)),
                RefreshWish::Freeze => self.tables[node.index()].freeze(),
                RefreshWish::Bootstrap => self.bootstrap(node),
                RefreshWish::Ping(peer) => {
                    let wait = if self.is_online(peer) {
                        latency(node, peer).saturating_mul(2)
                    } else {
                        self.config.dial_timeout
                    };
                    self.push(self.now + wait, Event::Pinged(node, peer, self.session[node.index()]));
                }
                RefreshWish::StartWalk { target, until } => {
                    let slot = self.start_lookup(node, target, true);
                    if let Some((slot, serial)) = slot {
                        self.push(until, Event::Cancel(slot, serial));
                    }
                }
            }
        }
    }

    /// Two on-line servers that everybody knows how to reach answer.
    fn bootstrap(&mut self, node: NodeId) {
        let mut draw = self.draws.at(BOOTSTRAP, entity(node), u64::from(self.session[node.index()]));
        for _ in 0..2 {
            let peer = loop {
                let peer = NodeId(below(&mut draw, self.setting.servers as u64) as u32);
                if peer != node && self.is_online(peer) {
                    break peer;
                }
            };
            self.push(self.now + latency(node, peer).saturating_mul(2), Event::Known(node, peer));
        }
    }

    fn pinged(&mut self, node: NodeId, peer: NodeId, session: u32) {
        if !self.is_online(node) || session != self.session[node.index()] {
            return;
        }
        if self.is_online(peer) {
            self.learn(node, peer);
        } else {
            self.tables[node.index()].remove(peer, &self.keys);
        }
        self.with_refresher(node, |r, now, view, out| r.pinged(now, view, out));
    }

    /// A peer answered: it enters the table or is stamped.
    fn learn(&mut self, node: NodeId, peer: NodeId) {
        let table = &mut self.tables[node.index()];
        let filling = self.refreshers[node.index()].is_filling(table);
        let before = table.len();
        table.insert(peer, &self.keys, self.now, filling);
        if table.len() != before && self.config.refresh_fidelity == RefreshFidelity::Full {
            self.with_refresher(node, |r, now, view, out| r.table_changed(now, view, out));
        }
    }

    fn bring_up_to_date(&mut self, node: NodeId) {
        let lazily = self.config.refresh_fidelity == RefreshFidelity::Lazy || self.now == start_of_run();
        let Some(since) = self.since(node, self.now) else {
            return;
        };
        if !lazily {
            return;
        }
        let mut table = std::mem::replace(&mut self.tables[node.index()], RoutingTable::new(node, 1));
        let mut state = self.lazy[node.index()];
        let refresh = LazyRefresh::new(&self.index, &self.keys, &self.draws, &self.config);
        let was_online = |peer: NodeId, at: SimTime| self.since(peer, at).is_some();
        refresh.bring_up_to_date(&mut table, &mut state, entity(node), since, self.now, was_online);
        self.tables[node.index()] = table;
        self.lazy[node.index()] = state;
    }

    fn measure(&mut self, number: u32) {
        let mut draw = self.draws.at(MEASURED, Entity(0), u64::from(number));
        let own = loop {
            let own = NodeId(below(&mut draw, self.setting.servers as u64) as u32);
            if self.is_online(own) {
                break own;
            }
        };
        self.start_lookup(own, Key::from_preimage(&draw.next_u64().to_be_bytes()), false);
        self.push(self.now + self.setting.every, Event::Measure(number + 1));
    }

    fn start_lookup(&mut self, own: NodeId, target: Key, is_refresh: bool) -> Option<(u32, u32)> {
        self.bring_up_to_date(own);
        let slot = self.free.pop().unwrap_or_else(|| {
            let lookup = Lookup::new(self.config.lookup());
            self.running.push(Running { serial: 0, own, lookup, asked_at: self.now, is_refresh });
            (self.running.len() - 1) as u32
        });
        let (mut seeds, mut out) = (Vec::new(), Vec::new());
        self.tables[own.index()].nearest_set(
            &target,
            usize::from(self.config.k),
            None,
            &self.keys,
            &mut seeds,
        );
        let run = &mut self.running[slot as usize];
        (run.own, run.asked_at, run.is_refresh) = (own, self.now, is_refresh);
        run.serial += 1;
        let serial = run.serial;
        let request = LookupRequest { kind: LookupKind::Closest, target, own, seeds: &seeds, known: &[] };
        run.lookup.start(request, &self.keys, &mut out);
        self.follow(slot, out);
        (self.running[slot as usize].serial == serial).then_some((slot, serial))
    }

    fn follow(&mut self, slot: u32, wishes: Vec<LookupWish>) {
        let (own, serial) = (self.running[slot as usize].own, self.running[slot as usize].serial);
        for wish in wishes {
            match wish {
                LookupWish::Ask(peer) => {
                    self.questions += 1;
                    self.push(self.now + latency(own, peer), Event::Question(slot, serial, peer));
                }
                LookupWish::ProviderFound(_) => {}
                LookupWish::Done(end) => self.done(slot, end),
            }
        }
    }

    fn question(&mut self, slot: u32, serial: u32, peer: NodeId) {
        let run = &self.running[slot as usize];
        if run.serial != serial {
            return;
        }
        let (own, target) = (run.own, *run.lookup.target());
        let wait = latency(own, peer);
        if !self.is_online(peer) {
            let rest = self.config.dial_timeout.as_nanos() - wait.as_nanos();
            self.push(self.now + SimSpan::from_nanos(rest), Event::Outcome(slot, serial, peer, FAILED));
            return;
        }
        self.bring_up_to_date(peer);
        let reply = self.free_replies.pop().unwrap_or_else(|| {
            self.replies.push(Vec::new());
            (self.replies.len() - 1) as u32
        });
        let table = &self.tables[peer.index()];
        closer_peers(&target, table, &self.keys, own, &mut self.replies[reply as usize]);
        if table.is_useful(own, &self.keys) {
            self.push(self.now + wait.saturating_mul(2), Event::Check(peer, own));
        }
        self.push(self.now + wait, Event::Outcome(slot, serial, peer, reply));
    }

    fn outcome(&mut self, slot: u32, serial: u32, peer: NodeId, reply: u32) {
        let closer = (reply != FAILED).then(|| std::mem::take(&mut self.replies[reply as usize]));
        let run = &mut self.running[slot as usize];
        if run.serial == serial {
            let (own, mut out) = (run.own, Vec::new());
            match &closer {
                Some(closer) => {
                    run.lookup.answered(peer, closer, &[], &self.keys, &mut out);
                    self.learn(own, peer);
                }
                None => {
                    if run.lookup.failed(peer, &self.keys, &mut out) == Standing::Walk {
                        self.tables[own.index()].remove(peer, &self.keys);
                    }
                }
            }
            self.follow(slot, out);
        }
        if let Some(mut closer) = closer {
            closer.clear();
            self.replies[reply as usize] = closer;
            self.free_replies.push(reply);
        }
    }

    fn cut_off(&mut self, slot: u32, serial: u32) {
        if self.running[slot as usize].serial == serial {
            self.running[slot as usize].lookup.cancel();
            let own = self.running[slot as usize].own;
            self.release(slot);
            self.with_refresher(own, |r, now, view, out| r.walk_done(false, now, view, out));
        }
    }

    fn release(&mut self, slot: u32) {
        self.running[slot as usize].serial += 1;
        self.free.push(slot);
    }

    fn done(&mut self, slot: u32, end: LookupEnd) {
        let run = &self.running[slot as usize];
        let (own, target, is_refresh) = (run.own, *run.lookup.target(), run.is_refresh);
        let completed = end == LookupEnd::Completed;
        if is_refresh {
            self.release(slot);
            return self.with_refresher(own, |r, now, view, out| r.walk_done(completed, now, view, out));
        }
        let truth = self
            .index
            .closest(&target, usize::from(self.config.k), &self.keys, |s| s != own && self.is_online(s));
        let found = truth.iter().filter(|p| run.lookup.closest().contains(p)).count();
        self.measured.push(Measured {
            stats: *run.lookup.stats(),
            found: found as f64 / truth.len() as f64,
            secs: self.now.since(run.asked_at).as_secs_f64_lossy(),
        });
        if completed {
            self.refreshers[own.index()].note_lookup(&target, own, &self.keys, self.now);
        }
        self.release(slot);
    }
}

/// Sessions from the beginning of time, in steady state, both lengths exponential.
fn sessions(draws: &Draws, node: NodeId, setting: Setting, end: SimTime) -> Vec<(SimTime, SimTime)> {
    let mut draw = draws.at(SESSIONS, entity(node), 0);
    let (up, down) = (setting.up.as_secs_f64_lossy(), setting.down.as_secs_f64_lossy());
    let mut out = Vec::new();
    let mut at = SimTime::ZERO;
    if below(&mut draw, 1 << 32) as f64 / (1u64 << 32) as f64 >= up / (up + down) {
        at += SimSpan::from_secs_f64_lossy(exponential(&mut draw, down));
    }
    while at < end {
        let gone = at + SimSpan::from_secs_f64_lossy(exponential(&mut draw, up));
        out.push((at, gone));
        at = gone + SimSpan::from_secs_f64_lossy(exponential(&mut draw, down));
    }
    out
}
