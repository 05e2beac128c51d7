//! Routing tables: brought up to date when they are used (lazy), or by refreshes message by message (full).
//!
//! A ping is one event, its outcome: it succeeds after a round trip (and a dial, if there is no connection) if
//! its peer is still up then, and fails after the dial time-out otherwise.

use super::dht::Purpose;
use super::transport::Dial;
use super::{Turned, World, later};
use crate::ids::NodeId;
use crate::ipfs::dht::{
    LazyRefresh, LookupKind, RefreshFidelity, RefreshView, RefreshWish, Refresher, RoutingTable,
};
use crate::node::Node;
use crate::registry::{Event, PingFor};
use crate::slab::Ticket;
use sim_core::draws::Domain;
use sim_core::engine::Cx;
use sim_core::time::SimTime;

const BOOTSTRAP: Domain = Domain::new("dht/bootstrap");

/// Peers dialled when a table is empty. Source: libp2p/go-libp2p-kad-dht, `dht.go`.
const BOOTSTRAP_PEERS: u64 = 2;

impl World {
    pub(crate) fn is_full_refresh(&self) -> bool {
        self.config.ipfs.dht.refresh_fidelity == RefreshFidelity::Full
    }

    /// Brings a node's routing table to its last refresh, where refreshes are lazy.
    pub(crate) fn sync_table(&mut self, node: NodeId, now: SimTime) {
        let own = self.node(node);
        if now < own.table_fresh_until || self.is_full_refresh() {
            return;
        }
        let (since, interval) = (own.up_since, self.config.ipfs.dht.refresh_interval);
        let passed = now.since(since).as_nanos() / interval.as_nanos();
        self.node_mut(node).table_fresh_until = since.saturating_add(interval.saturating_mul(passed + 1));
        self.with_table_out(node, |refresh, table, own, past| {
            refresh.bring_up_to_date(table, &mut own.lazy, own.entity, since, now, |server, at| {
                past.was_up(server, at)
            });
        });
    }

    /// Runs a step of the lazy refresh with the node's table taken out, so that the past of all nodes can be read.
    fn with_table_out(
        &mut self,
        node: NodeId,
        step: impl FnOnce(&LazyRefresh<'_>, &mut RoutingTable, &mut Lazy, &Past<'_>),
    ) {
        let refresh = LazyRefresh::new(&self.dht.servers, &self.keys, &self.draws, &self.config.ipfs.dht);
        let own = &mut self.nodes[node.index()];
        let mut lazy = Lazy { entity: own.entity, lazy: own.lazy };
        let mut table = std::mem::take(&mut own.table);
        let past = Past { nodes: &self.nodes, up: &self.up, turned: &self.turned };
        step(&refresh, &mut table, &mut lazy, &past);
        let own = &mut self.nodes[node.index()];
        own.table = table;
        own.lazy = lazy.lazy;
    }

    /// Gives every server that is up at the start the table of a network in steady state (full fidelity; lazy
    /// tables fill themselves when they are used).
    pub(crate) fn bootstrap_tables(&mut self) {
        if !self.is_full_refresh() {
            return;
        }
        for index in 0..self.nodes.len() {
            let node = crate::node::node_id(index);
            if self.up[index] {
                self.with_table_out(node, |refresh, table, own, past| {
                    refresh.bootstrap(table, &mut own.lazy, own.entity, |server| {
                        past.was_up(server, SimTime::ZERO)
                    });
                });
            }
        }
    }

    /// A node has come up: its refreshes begin.
    pub(crate) fn start_refreshing(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        if self.is_full_refresh() {
            self.refresh_step(node, cx, Refresher::start);
        }
    }

    /// A node goes down: nothing of a refresh is under way any more.
    pub(crate) fn stop_refreshing(&mut self, node: NodeId) {
        if self.is_full_refresh() {
            self.dht.refreshers[node.index()].stop();
        }
    }

    /// A refresh is due.
    pub(crate) fn refresh_due(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        self.nodes[node.index()].timers.refresh = None;
        self.refresh_step(node, cx, Refresher::tick);
    }

    /// A refresh walk has ended by itself.
    pub(crate) fn refresh_walk_ends(&mut self, node: NodeId, completed: bool, cx: &mut Cx<Event>) {
        self.refresh_step(node, cx, |refresher, now, view, out| {
            refresher.walk_done(completed, now, view, out)
        });
    }

    /// A refresh walk has lasted as long as it may.
    pub(crate) fn refresh_cut_off(&mut self, node: NodeId, lookup: Ticket, cx: &mut Cx<Event>) {
        if self.cancel_lookup(lookup) {
            self.refresh_walk_ends(node, false, cx);
        }
    }

    fn refresh_step(
        &mut self,
        node: NodeId,
        cx: &mut Cx<Event>,
        step: impl FnOnce(&mut Refresher, SimTime, RefreshView<'_>, &mut Vec<RefreshWish>),
    ) {
        let mut wishes = Vec::new();
        let view =
            RefreshView { table: &self.nodes[node.index()].table, keys: &self.keys, draws: &self.draws };
        step(&mut self.dht.refreshers[node.index()], cx.now(), view, &mut wishes);
        // A walk that ends at once leads to another step; its wishes come after these.
        self.dht.refreshing.extend(wishes.into_iter().map(|wish| (node, wish)));
        if self.dht.is_refreshing {
            return;
        }
        self.dht.is_refreshing = true;
        while let Some((node, wish)) = self.dht.refreshing.pop_front() {
            self.carry_out_refresh(node, wish, cx);
        }
        self.dht.is_refreshing = false;
    }

    fn carry_out_refresh(&mut self, node: NodeId, wish: RefreshWish, cx: &mut Cx<Event>) {
        match wish {
            RefreshWish::Ping(peer) => self.ping(node, peer, PingFor::Refresh, cx),
            RefreshWish::StartWalk { target, until } => {
                let lookup = self.start_lookup(node, Purpose::Refresh, target, None, LookupKind::Closest, cx);
                cx.schedule(until.max(cx.now()), node.0, node.0, Event::RefreshCutOff { lookup });
            }
            RefreshWish::Bootstrap => self.ask_bootstrap_peers(node, cx),
            RefreshWish::Freeze => self.nodes[node.index()].table.freeze(),
            RefreshWish::WakeAt(at) => {
                let timers = &mut self.nodes[node.index()].timers;
                if let Some(handle) = timers.refresh.take() {
                    cx.cancel(handle);
                }
                let handle = cx.schedule_cancellable(at.max(cx.now()), node.0, node.0, Event::RefreshDue);
                timers.refresh = Some(handle);
            }
        }
    }

    /// Dials drawn servers that are up, as a node dials the well-known bootstrap peers.
    fn ask_bootstrap_peers(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        let up: Vec<NodeId> = self
            .dht
            .servers
            .servers()
            .iter()
            .copied()
            .filter(|&server| self.is_up(server) && server != node)
            .collect();
        if up.is_empty() {
            return;
        }
        let own = self.node(node);
        let mut draw = self.draws.at(BOOTSTRAP, own.entity, u64::from(own.session));
        for _ in 0..BOOTSTRAP_PEERS {
            let peer = up[sim_core::dist::below(&mut draw, up.len() as u64) as usize];
            self.ping(node, peer, PingFor::Entry, cx);
        }
    }

    fn ping(&mut self, node: NodeId, peer: NodeId, reason: PingFor, cx: &mut Cx<Event>) {
        let round_trip = self.delay(node, peer) + self.delay(peer, node);
        let (after, answers) = match self.dial(node, peer, cx.now()) {
            Dial::Open => (round_trip, true),
            Dial::Takes(span) => (span + round_trip, true),
            Dial::Fails => (self.config.ipfs.dht.dial_timeout, false),
        };
        let event = Event::PingEnds { peer, reason, answers };
        cx.schedule(later(cx.now(), after), node.0, node.0, event);
    }

    /// A ping has ended.
    pub(crate) fn ping_ends(
        &mut self,
        node: NodeId,
        peer: NodeId,
        reason: PingFor,
        answers: bool,
        cx: &mut Cx<Event>,
    ) {
        if !self.is_up(node) {
            return;
        }
        let answers = answers && self.is_up(peer) && !self.is_cut(node, peer);
        if answers {
            self.connect(node, peer, cx);
            self.table_enter(node, peer, cx.now());
        } else if reason == PingFor::Refresh {
            self.nodes[node.index()].table.remove(peer, &self.keys);
        }
        match reason {
            PingFor::Refresh => self.refresh_step(node, cx, Refresher::pinged),
            PingFor::Entry if answers => self.refresh_step(node, cx, Refresher::table_changed),
            // Nothing has changed. A table that is still empty asks again when it is next looked after.
            PingFor::Entry => {}
        }
    }

    /// A server was asked by a server that its table could use: it asks back once, and enters it if that
    /// succeeds (full fidelity; a lazy table is filled by its refreshes).
    pub(crate) fn server_was_asked(&mut self, server: NodeId, from: NodeId, cx: &mut Cx<Event>) {
        if self.is_full_refresh()
            && self.node(from).server
            && !self.node(server).table.contains(from, &self.keys)
            && self.node(server).table.is_useful(from, &self.keys)
        {
            self.ping(server, from, PingFor::Entry, cx);
        }
    }

    /// A peer has answered: it enters the node's table, if there is room.
    pub(crate) fn table_enter(&mut self, node: NodeId, peer: NodeId, now: SimTime) {
        if !self.node(peer).server {
            return;
        }
        let table = &mut self.nodes[node.index()].table;
        let replaceable = match self.dht.refreshers.get_mut(node.index()) {
            Some(refresher) => refresher.is_filling(table),
            None => false,
        };
        table.insert(peer, &self.keys, now, replaceable);
    }
}

/// When every node was up.
struct Past<'a> {
    nodes: &'a [Node],
    up: &'a [bool],
    turned: &'a [Turned],
}

impl Past<'_> {
    #[inline]
    fn was_up(&self, node: NodeId, at: SimTime) -> bool {
        let Turned { last, before } = self.turned[node.index()];
        if at >= last {
            self.up[node.index()]
        } else if at >= before {
            !self.up[node.index()]
        } else {
            self.nodes[node.index()].was_up(at)
        }
    }
}

/// What a lazy refresh changes beside the table.
struct Lazy {
    entity: sim_core::draws::Entity,
    lazy: crate::ipfs::dht::LazyState,
}
