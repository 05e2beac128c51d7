//! A node's life: sessions, its owner's plan, publishing, collection.

use super::{Turned, Who, World, later};
use crate::churn::Phase;
use crate::config::{Role, Strategy};
use crate::ids::{BlockId, NodeId, ObjectId};
use crate::net::Tier;
use crate::node::node_id;
use crate::provenance::{Came, Holder, Sweep, Trigger, Went};
use crate::registry::Event;
use sim_core::draws::Domain;
use sim_core::engine::Cx;
use sim_core::time::SimTime;

/// Steps of a plan.
const ACT: u8 = 0;
const UNDO: u8 = 1;
/// Steps that are no plan of anybody's: a machine dies, its successor comes.
const DIE: u8 = 2;
const SUCCEED: u8 = 3;

const LIFETIME: Domain = Domain::new("churn/lifetime");
const SUCCESSOR: Domain = Domain::new("churn/successor");

impl World {
    pub(crate) fn start_nodes(&mut self, cx: &mut Cx<Event>) {
        for index in 0..self.nodes.len() {
            let node = node_id(index);
            let phase = self.nodes[index].sessions.first(self.draws);
            self.enter_phase(node, phase, cx);
            self.start_plan(node, cx);
        }
        // A network in steady state: whoever is up at the start was up before it.
        let up: Vec<NodeId> =
            (0..self.nodes.len()).map(node_id).filter(|&node| self.node(node).phase.up).collect();
        for &node in &up {
            self.turn(node, true, SimTime::ZERO);
        }
        self.bootstrap_tables();
        for node in up {
            self.begin_session(node, cx);
        }
    }

    fn start_plan(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        let steps: &[(u8, SimTime)] = match self.config.groups[self.node(node).group].strategy {
            Strategy::Keep | Strategy::Pin | Strategy::KeepFor(_) => &[],
            Strategy::Leave { at } | Strategy::Delete { at } | Strategy::Unpin { at } => &[(ACT, at)],
            Strategy::Pause { at, until } => &[(ACT, at), (UNDO, until)],
        };
        for &(step, at) in steps {
            cx.schedule(at, node.0, node.0, Event::PlanDue { step });
        }
        if let Some(lifetime) = &self.config.groups[self.node(node).group].lifetime {
            self.plan_death(node, lifetime.from, cx);
        }
    }

    /// Draws when the machine that began at `from` will be gone.
    fn plan_death(&self, node: NodeId, from: SimTime, cx: &mut Cx<Event>) {
        let state = self.node(node);
        if let Some(lifetime) = &self.config.groups[state.group].lifetime {
            let span = lifetime.law.sample(&mut self.draws.at(LIFETIME, state.entity, u64::from(state.life)));
            cx.schedule(later(from, span), node.0, node.0, Event::PlanDue { step: DIE });
        }
    }

    /// A machine is gone for good; perhaps somebody puts another in its place.
    fn machine_dies(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        if self.node(node).gone {
            return;
        }
        self.leave_for_good(node, Went::MachineDied, cx);
        let state = self.node(node);
        let lifetime = self.config.groups[state.group].lifetime.as_ref();
        if let Some(law) = lifetime.and_then(|lifetime| lifetime.replaced_after.as_ref()) {
            let span = law.sample(&mut self.draws.at(SUCCESSOR, state.entity, u64::from(state.life)));
            cx.schedule(later(cx.now(), span), node.0, node.0, Event::PlanDue { step: SUCCEED });
        }
    }

    /// Another machine takes a place, with an empty disk.
    fn successor_comes(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        let state = self.node_mut(node);
        state.life += 1;
        state.gone = false;
        self.plan_death(node, cx.now(), cx);
        self.settle_state(node, cx);
    }

    /// A machine goes, with its disk and its pins.
    fn leave_for_good(&mut self, node: NodeId, why: Went, cx: &mut Cx<Event>) {
        self.node_mut(node).gone = true;
        self.settle_state(node, cx);
        self.cluster_loses_disk(node);
        self.ladder.provenance_mut().left(node, cx.now());
        let blocks: Vec<BlockId> = self.node(node).store.iter().collect();
        self.delete_blocks(node, &blocks, why, cx);
        self.node_mut(node).kept.clear();
        for object in self.node(node).store.pins().to_vec() {
            self.unpin(node, object, cx.now());
        }
    }

    pub(crate) fn start_objects(&mut self, cx: &mut Cx<Event>) {
        for index in 0..self.content.objects().len() {
            let object = ObjectId(index as u32);
            let (group, _) = self.config.object_place(object);
            let node = self.publisher_of(object);
            let at = self.config.objects[group].publish_at;
            cx.schedule(at, node.0, node.0, Event::Publish { object });
        }
    }

    fn enter_phase(&mut self, node: NodeId, phase: Phase, cx: &mut Cx<Event>) {
        let state = self.node_mut(node);
        state.phase = phase;
        state.timers.phase = (phase.until != SimTime::NEVER)
            .then(|| cx.schedule_cancellable(phase.until, node.0, node.0, Event::PhaseEnds));
    }

    /// A phase of a node's session ends, and the next one begins.
    pub(crate) fn phase_ends(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        let draws = self.draws;
        let state = self.node_mut(node);
        let next = state.sessions.next(draws, state.phase);
        self.enter_phase(node, next, cx);
        self.settle_state(node, cx);
    }

    /// Brings a node up or down, as its session and its owner want it.
    fn settle_state(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        let state = self.node(node);
        let wanted = state.phase.up && !state.held_off && !state.gone;
        match (self.is_up(node), wanted) {
            (false, true) => self.come_up(node, cx),
            (true, false) => self.go_down(node, cx),
            (true, true) | (false, false) => {}
        }
    }

    fn come_up(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        self.turn(node, true, cx.now());
        self.begin_session(node, cx);
    }

    fn turn(&mut self, node: NodeId, is_up: bool, now: SimTime) {
        self.up[node.index()] = is_up;
        let turned = &mut self.turned[node.index()];
        *turned = Turned { last: now, before: turned.last };
        self.node_mut(node).turns.push(now);
    }

    fn begin_session(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        let now = cx.now();
        let state = self.node_mut(node);
        state.session += 1;
        state.up_since = now;
        state.table_fresh_until = SimTime::ZERO;
        self.ladder_sees(node, now);
        self.dial_peering(node, cx);
        self.dht_comes_up(node, cx);
        self.start_collector(node, cx);
        self.cluster_comes_up(node, cx);
        for read in std::mem::take(&mut self.node_mut(node).waiting) {
            self.read_starts(read, cx);
        }
    }

    fn go_down(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        let now = cx.now();
        self.cluster_goes_down(node, cx);
        self.reads_pause(node);
        self.bitswap_goes_down(node, cx);
        self.dht_goes_down(node, cx);
        self.drop_connections(node, cx);
        self.turn(node, false, now);
        self.end_flows_of(node, cx);
        self.links.reset(node.index(), now);
        let state = self.node_mut(node);
        state.traffic.up += now.since(state.up_since);
        for timer in [state.timers.collector.take(), state.timers.operator.take()].into_iter().flatten() {
            cx.cancel(timer);
        }
        self.ladder_sees(node, now);
    }

    fn ladder_sees(&mut self, node: NodeId, now: SimTime) {
        let World { ladder, nodes, up, content, .. } = self;
        let who = Who { up, nodes };
        ladder.node_changed(node, nodes[node.index()].store.iter(), content, &who, now);
    }

    /// The owner does what was planned.
    pub(crate) fn plan_due(&mut self, node: NodeId, step: u8, cx: &mut Cx<Event>) {
        match step {
            DIE => return self.machine_dies(node, cx),
            SUCCEED => return self.successor_comes(node, cx),
            _ => {}
        }
        let strategy = self.config.groups[self.node(node).group].strategy.clone();
        match (strategy, step) {
            (Strategy::Pause { .. }, ACT) => {
                self.node_mut(node).held_off = true;
                self.settle_state(node, cx);
            }
            (Strategy::Pause { .. }, _) => {
                self.node_mut(node).held_off = false;
                self.settle_state(node, cx);
            }
            (Strategy::Leave { .. }, _) => {
                self.leave_for_good(node, Went::HolderLeft, cx);
            }
            (Strategy::Delete { .. }, _) => {
                for object in self.published_by(node) {
                    self.unpin(node, object, cx.now());
                    self.delete_object(node, object, Went::Deleted, cx);
                }
            }
            (Strategy::Unpin { .. }, _) => {
                for object in self.published_by(node) {
                    self.unpin(node, object, cx.now());
                    self.dht_unpinned(node, object);
                }
            }
            (Strategy::Keep | Strategy::Pin | Strategy::KeepFor(_), _) => unreachable!("no plan, no step"),
        }
    }

    /// Objects that a node has published.
    fn published_by(&self, node: NodeId) -> Vec<ObjectId> {
        (0..self.content.objects().len() as u32)
            .map(ObjectId)
            .filter(|&object| {
                self.publisher_of(object) == node && self.ladder.standing(object).published.is_some()
            })
            .collect()
    }

    /// A publisher adds an object to its own node: pins it and announces it. It can do so only while its node
    /// is up; otherwise it publishes when the node next comes up.
    pub(crate) fn publish(&mut self, node: NodeId, object: ObjectId, cx: &mut Cx<Event>) {
        let now = cx.now();
        if self.node(node).gone {
            return;
        }
        if !self.is_up(node) {
            let state = self.node(node);
            // The next change of its session, or the end of its owner's pause, may bring it up.
            let session = if state.phase.up { SimTime::NEVER } else { state.phase.until };
            let pause = match self.config.groups[state.group].strategy {
                Strategy::Pause { until, .. } if state.held_off => until,
                _ => SimTime::NEVER,
            };
            let retry = session.min(pause).max(now);
            if retry != SimTime::NEVER && retry > now {
                cx.schedule(retry, node.0, node.0, Event::Publish { object });
            }
            return;
        }
        self.pin(node, object, now);
        for index in 0..self.content.object(object).blocks.len() {
            let block = self.content.object(object).blocks[index];
            self.store_block(node, block, Came::Added, now);
        }
        self.ladder.published(object, now);
        self.dht_added(node, object, cx);
        self.bitswap_added(node, object, cx);
        self.cluster_pins(object, cx);
    }

    /// Pins an object on a node; false if it was pinned there.
    pub(crate) fn pin(&mut self, node: NodeId, object: ObjectId, now: SimTime) -> bool {
        let fresh = self.node_mut(node).store.pin(object);
        if fresh {
            self.ladder.provenance_mut().pinned(object, Holder::Node(node), now);
        }
        fresh
    }

    /// Takes the pin of an object from a node; false if there is none.
    pub(crate) fn unpin(&mut self, node: NodeId, object: ObjectId, now: SimTime) -> bool {
        let pinned = self.node_mut(node).store.unpin(object);
        if pinned {
            self.ladder.provenance_mut().unpinned(object, Holder::Node(node), now);
        }
        pinned
    }

    /// Puts a block on a node's disk; false if it was there.
    pub(crate) fn store_block(&mut self, node: NodeId, block: BlockId, why: Came, now: SimTime) -> bool {
        let size = self.content.block(block).size;
        self.cluster_disk_changes(node, now);
        if !self.node_mut(node).store.put(block, size) {
            return false;
        }
        let World { ladder, nodes, up, content, .. } = self;
        ladder.block_stored(node, block, why, content, &Who { up, nodes }, now);
        true
    }

    /// Deletes an object's blocks from a node, except those that another object there needs.
    pub(crate) fn delete_object(&mut self, node: NodeId, object: ObjectId, why: Went, cx: &mut Cx<Event>) {
        let state = self.node(node);
        let content = &self.content;
        let blocks: Vec<BlockId> = content
            .object(object)
            .blocks
            .iter()
            .copied()
            .filter(|&block| state.store.has(block) && !state.needs(object, content.objects_with(block)))
            .collect();
        self.delete_blocks(node, &blocks, why, cx);
    }

    fn delete_blocks(&mut self, node: NodeId, blocks: &[BlockId], why: Went, cx: &mut Cx<Event>) {
        self.cluster_disk_changes(node, cx.now());
        for &block in blocks {
            let size = self.content.block(block).size;
            if self.node_mut(node).store.delete(block, size) {
                let World { ladder, nodes, up, content, .. } = self;
                ladder.block_deleted(node, block, why, content, &Who { up, nodes }, cx.now());
            }
        }
        self.dht_deleted(node, blocks, cx);
    }

    fn start_collector(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        let store = &self.config.groups[self.node(node).group].store;
        let (automatic, period, manual) = (store.automatic_gc, store.period, store.manual_every);
        if automatic {
            let timer =
                cx.schedule_cancellable(later(cx.now(), period), node.0, node.0, Event::CollectorLooks);
            self.node_mut(node).timers.collector = Some(timer);
        }
        if let Some(every) = manual {
            let timer =
                cx.schedule_cancellable(later(cx.now(), every), node.0, node.0, Event::OperatorCollects);
            self.node_mut(node).timers.operator = Some(timer);
        }
    }

    /// The collector's timer comes round: it collects if more than the watermark is used.
    pub(crate) fn collector_looks(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        let store = &self.config.groups[self.node(node).group].store;
        let (max, watermark, period) = (store.max, store.watermark, store.period);
        if self.node(node).store.is_over(max, watermark) {
            self.collect(node, Trigger::Watermark, cx);
        }
        let timer = cx.schedule_cancellable(later(cx.now(), period), node.0, node.0, Event::CollectorLooks);
        self.node_mut(node).timers.collector = Some(timer);
    }

    /// The operator runs a collection by hand.
    pub(crate) fn operator_collects(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        self.collect(node, Trigger::ByHand, cx);
        let every = self.config.groups[self.node(node).group].store.manual_every;
        self.node_mut(node).timers.operator = every.map(|every| {
            cx.schedule_cancellable(later(cx.now(), every), node.0, node.0, Event::OperatorCollects)
        });
    }

    /// Mark and sweep: everything that no pin reaches goes.
    fn collect(&mut self, node: NodeId, trigger: Trigger, cx: &mut Cx<Event>) {
        let content = std::sync::Arc::clone(&self.content);
        let doomed = self.node(node).store.sweep_list(|object| &content.object(object).blocks);
        let is_publisher = self.config.groups[self.node(node).group].role == Role::Publisher;
        let sweep = self.sweep_of(node, trigger, doomed.len());
        let own: Vec<bool> = doomed
            .iter()
            .map(|&block| {
                is_publisher
                    && content.objects_with(block).iter().any(|&object| self.publisher_of(object) == node)
            })
            .collect();
        let traffic = &mut self.node_mut(node).traffic;
        traffic.collections += 1;
        traffic.collected += doomed.len() as u64;
        for (block, own) in doomed.iter().zip(own) {
            let why = if own { Went::Unpinned { sweep } } else { Went::Collected { sweep } };
            self.delete_blocks(node, std::slice::from_ref(block), why, cx);
        }
    }

    /// What is known of a collection that begins now and takes so many blocks.
    fn sweep_of(&self, node: NodeId, trigger: Trigger, blocks: usize) -> Sweep {
        let state = self.node(node);
        let store = &self.config.groups[state.group].store;
        Sweep {
            trigger,
            used: state.store.used().as_u64(),
            watermark: store.watermark.ratio().floor_of(store.max.as_u64()),
            limit_to_spare: state.store.limit_to_spare(store.watermark),
            blocks: blocks as u32,
        }
    }
}
