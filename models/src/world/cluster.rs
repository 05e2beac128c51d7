//! Drives the clusters: tells them who comes and goes, fetches and unpins what they wish, counts what repair costs.
//!
//! A pin is fetched as a reader would fetch it, over the node's own Bitswap, lines and provider records; it is kept
//! among the reads behind those of the demand, and its place is used again when it has ended.

use super::World;
use super::reads::{Outcome, Purpose, Read};
use crate::config::Config;
use crate::ids::{NodeId, ObjectId, ReadId};
use crate::ipfs::cluster::{Cluster, Context, Holder, Slot, Stats, View, Wish};
use crate::node::node_id;
use crate::registry::Event;
use sim_core::draws::Entity;
use sim_core::engine::Cx;
use sim_core::queue::Handle;
use sim_core::time::{SimSpan, SimTime};
use std::collections::BTreeMap;

/// The clusters' part of the world.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct ClusterWorld {
    /// One for each cluster of the configuration.
    list: Vec<Cluster>,
    /// The next wake-up of each, and its time.
    wakes: Vec<Option<(SimTime, Handle)>>,
    /// Pins that are being fetched.
    fetches: BTreeMap<(NodeId, ObjectId), Fetch>,
    /// Reads that can be used again.
    spare: Vec<ReadId>,
    /// Bytes of blocks, over all clusters.
    pub(crate) bytes: PinBytes,
}

#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Fetch {
    read: ReadId,
    is_repair: bool,
}

/// Bytes of blocks that clusters moved and lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct PinBytes {
    /// Received, repeats included, to place the first copies of a pin.
    pub placed: u64,
    /// Received, repeats included, to make up for copies that went.
    pub repaired: u64,
    /// In pinned copies that went with the disks of peers that left for good.
    pub lost: u64,
}

impl ClusterWorld {
    pub(crate) fn new(config: &Config) -> Self {
        let places = |group: usize| config.groups[group].count;
        let list = config.clusters.iter().map(|own| Cluster::new(places(own.peers), &own.rules)).collect();
        ClusterWorld { list, wakes: vec![None; config.clusters.len()], ..ClusterWorld::default() }
    }
}

/// What a cluster sees of the world.
struct Shown<'a> {
    world: &'a World,
    /// First node of its group.
    first: usize,
}

impl Shown<'_> {
    fn node(&self, slot: Slot) -> NodeId {
        node_id(self.first + slot.index())
    }
}

impl View for Shown<'_> {
    fn is_pinned(&self, slot: Slot, object: ObjectId) -> bool {
        self.world.node(self.node(slot)).store.is_pinned(object)
    }

    fn free(&self, slot: Slot) -> u64 {
        let node = self.world.node(self.node(slot));
        let max = self.world.config.groups[node.group].store.max;
        max.as_u64().saturating_sub(node.store.used().as_u64())
    }

    fn region(&self, slot: Slot) -> u16 {
        self.world.node(self.node(slot)).region
    }

    fn delay(&self, from: Slot, to: Slot) -> SimSpan {
        self.world.delay(self.node(from), self.node(to))
    }

    fn can_come(&self, object: ObjectId) -> bool {
        self.world.ladder.standing(object).is_somewhere()
    }

    fn cid(&self, object: ObjectId) -> &str {
        &self.world.content.object(object).root_cid
    }

    fn entity(&self, slot: Slot) -> Entity {
        self.world.node(self.node(slot)).entity
    }
}

impl World {
    /// Schedules what clusters have planned before anything has happened.
    pub(crate) fn start_clusters(&mut self, cx: &mut Cx<Event>) {
        for index in 0..self.clusters.list.len() {
            self.wake_cluster_in_time(index, cx);
        }
    }

    /// Lets a cluster do something and carries out what it wishes.
    fn with_cluster(
        &mut self,
        index: usize,
        cx: &mut Cx<Event>,
        step: impl FnOnce(&mut Cluster, &mut Context<'_, Shown<'_>>),
    ) {
        let mut wishes = Vec::new();
        let mut cluster = std::mem::take(&mut self.clusters.list[index]);
        let own = &self.config.clusters[index];
        let first = self.members(own.peers).start;
        let shown = Shown { world: self, first };
        let (config, draws) = (&own.rules, &self.draws);
        step(&mut cluster, &mut Context { now: cx.now(), config, draws, view: &shown, out: &mut wishes });
        self.clusters.list[index] = cluster;
        self.wake_cluster_in_time(index, cx);
        for wish in wishes {
            self.carry_out_cluster(first, wish, cx);
        }
    }

    fn wake_cluster_in_time(&mut self, index: usize, cx: &mut Cx<Event>) {
        let at = self.clusters.list[index].next_wake();
        match self.clusters.wakes[index] {
            Some((planned, _)) if planned == at => return,
            Some((_, handle)) => {
                cx.cancel(handle);
            }
            None => {}
        }
        let first = self.members(self.config.clusters[index].peers).start as u32;
        let event = Event::ClusterWakes { cluster: index as u16 };
        self.clusters.wakes[index] =
            (at != SimTime::NEVER).then(|| (at, cx.schedule_cancellable(at, first, first, event)));
    }

    /// A cluster has something to do.
    pub(crate) fn cluster_wakes(&mut self, cluster: u16, cx: &mut Cx<Event>) {
        let index = usize::from(cluster);
        self.clusters.wakes[index] = None;
        self.with_cluster(index, cx, |cluster, context| cluster.wake(context));
    }

    fn carry_out_cluster(&mut self, first: usize, wish: Wish, cx: &mut Cx<Event>) {
        let node = |slot: Slot| node_id(first + slot.index());
        match wish {
            Wish::Fetch { slot, object, is_repair } => self.fetch_starts(node(slot), object, is_repair, cx),
            Wish::Stop { slot, object } => self.fetch_stops(node(slot), object, cx),
            Wish::Unpin { slot, object } => {
                if self.unpin(node(slot), object, cx.now()) {
                    self.dht_unpinned(node(slot), object);
                }
            }
        }
    }

    fn fetch_starts(&mut self, node: NodeId, object: ObjectId, is_repair: bool, cx: &mut Cx<Event>) {
        let fetch = Read::new(Purpose::Pin, 0, object, node, cx.now());
        let read = match self.clusters.spare.pop() {
            Some(read) => {
                self.reads[read.index()] = fetch;
                read
            }
            None => {
                self.reads.push(fetch);
                ReadId(self.reads.len() as u32 - 1)
            }
        };
        self.clusters.fetches.insert((node, object), Fetch { read, is_repair });
        self.read_starts(read, cx);
    }

    fn fetch_stops(&mut self, node: NodeId, object: ObjectId, cx: &mut Cx<Event>) {
        if let Some(fetch) = self.clusters.fetches.get(&(node, object)) {
            self.read_ends(fetch.read, Outcome::Stalled, cx);
        }
    }

    /// A pin's fetch has ended, well or not: its bytes are counted, and its place is free.
    pub(crate) fn fetch_ends(&mut self, read: ReadId, cx: &mut Cx<Event>) {
        let Read { reader: node, object, outcome, counters, .. } = self.reads[read.index()];
        let fetch = self.clusters.fetches.remove(&(node, object)).expect("a pin that ends was being fetched");
        let received = counters.block_bytes + counters.duplicate_bytes;
        let bytes = &mut self.clusters.bytes;
        *(if fetch.is_repair { &mut bytes.repaired } else { &mut bytes.placed }) += received;
        self.clusters.spare.push(read);
        if outcome != Outcome::Ok {
            return;
        }
        if self.pin(node, object, cx.now()) {
            self.dht_pinned(node, object, cx);
        }
        let (index, slot) = self.cluster_of(node).expect("whoever fetches a pin is in a cluster");
        self.with_cluster(index, cx, |cluster, context| cluster.pinned(slot, object, context));
    }

    /// A block of a pin has come.
    pub(crate) fn fetch_goes_on(&mut self, read: ReadId, now: SimTime) {
        let Read { reader, object, .. } = self.reads[read.index()];
        if let Some((index, slot)) = self.cluster_of(reader) {
            self.clusters.list[index].progress(slot, object, now);
        }
    }

    /// The cluster that a node is in, and its place there.
    fn cluster_of(&self, node: NodeId) -> Option<(usize, Slot)> {
        if self.config.clusters.is_empty() {
            return None;
        }
        let state = self.node(node);
        let index = self.config.clusters.iter().position(|own| own.peers == state.group)?;
        Some((index, Slot(state.member)))
    }

    /// An object is published: its owner's client asks the clusters to pin it.
    pub(crate) fn cluster_pins(&mut self, object: ObjectId, cx: &mut Cx<Event>) {
        let group = self.content.object(object).group;
        for index in 0..self.clusters.list.len() {
            if self.config.clusters[index].pins.contains(&group) {
                self.with_cluster(index, cx, |cluster, context| cluster.pin(object, context));
            }
        }
    }

    /// A node has come up.
    pub(crate) fn cluster_comes_up(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        if let Some((index, slot)) = self.cluster_of(node) {
            let life = self.node(node).life;
            self.with_cluster(index, cx, |cluster, context| cluster.peer_up(slot, life, context));
        }
    }

    /// A node goes down.
    pub(crate) fn cluster_goes_down(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        if let Some((index, slot)) = self.cluster_of(node) {
            self.with_cluster(index, cx, |cluster, context| cluster.peer_down(slot, context));
        }
    }

    /// Blocks on a node's disk are about to change: what it last reported of it is noted.
    pub(crate) fn cluster_disk_changes(&mut self, node: NodeId, now: SimTime) {
        let Some((index, slot)) = self.cluster_of(node) else { return };
        let mut cluster = std::mem::take(&mut self.clusters.list[index]);
        let own = &self.config.clusters[index];
        let shown = Shown { world: self, first: self.members(own.peers).start };
        let (config, draws) = (&own.rules, &self.draws);
        cluster.disk_changes(slot, &Context { now, config, draws, view: &shown, out: &mut Vec::new() });
        self.clusters.list[index] = cluster;
    }

    /// A node is about to lose its disk for good: the pinned copies on it are counted.
    pub(crate) fn cluster_loses_disk(&mut self, node: NodeId) {
        let Some((index, _)) = self.cluster_of(node) else { return };
        let cluster = &self.clusters.list[index];
        let pinned = cluster.pins().filter(|&object| self.node(node).store.is_pinned(object));
        let lost: u64 = pinned.map(|object| self.stored_size(object)).sum();
        self.clusters.bytes.lost += lost;
    }

    fn stored_size(&self, object: ObjectId) -> u64 {
        let blocks = &self.content.object(object).blocks;
        blocks.iter().map(|&block| u64::from(self.content.block(block).size)).sum()
    }

    /// Every broken invariant of the clusters.
    pub(crate) fn check_clusters(&self, broken: &mut Vec<String>) {
        for (index, own) in self.config.clusters.iter().enumerate() {
            let (cluster, wake) = (&self.clusters.list[index], self.clusters.wakes[index]);
            cluster.check(&own.rules, broken);
            let (due, planned) = (cluster.next_wake(), wake.map_or(SimTime::NEVER, |(at, _)| at));
            if due != planned {
                broken.push(format!("{}: something is due at {due}, it wakes at {planned}", own.name));
            }
            let known = |object: &ObjectId| own.pins.contains(&self.content.object(*object).group);
            if let Some(stranger) = cluster.pins().find(|object| !known(object)) {
                broken.push(format!("{}: pin {} is none of its pinset", own.name, stranger.0));
            }
        }
        for ((node, object), fetch) in &self.clusters.fetches {
            let read = &self.reads[fetch.read.index()];
            if (read.reader, read.object) != (*node, *object) || read.outcome != Outcome::Pending {
                broken.push(format!("node {} fetches pin {} by another's read", node.0, object.0));
            }
        }
    }
}

/// What metrics read.
impl World {
    /// Whether there is a cluster.
    pub fn has_clusters(&self) -> bool {
        !self.clusters.list.is_empty()
    }

    /// What each cluster did.
    pub fn cluster_stats(&self) -> impl Iterator<Item = &Stats> {
        self.clusters.list.iter().map(Cluster::stats)
    }

    /// Bytes that clusters moved and lost, those of fetches under way included.
    pub fn pin_bytes(&self) -> PinBytes {
        let mut bytes = self.clusters.bytes;
        for (&(node, _), fetch) in &self.clusters.fetches {
            let mut counters = self.reads[fetch.read.index()].counters;
            let session = self.node(node).reading.iter().find(|(_, read)| *read == fetch.read);
            if let Some(running) = session.and_then(|&(id, _)| self.node(node).bitswap.counters(id)) {
                counters.add(running);
            }
            let received = counters.block_bytes + counters.duplicate_bytes;
            *(if fetch.is_repair { &mut bytes.repaired } else { &mut bytes.placed }) += received;
        }
        bytes
    }

    /// For each pin of each cluster: copies that are pinned where they are to be, and copies that there are to be.
    pub fn pin_copies(&self) -> Vec<(u32, u32)> {
        let mut copies = Vec::new();
        for (cluster, own) in self.clusters.list.iter().zip(&self.config.clusters) {
            let first = self.members(own.peers).start;
            let node = |holder: &Holder| self.node(node_id(first + holder.slot.index()));
            let is_there = |holder: &Holder| node(holder).life == holder.life && !node(holder).gone;
            for object in cluster.pins() {
                let wanted = cluster.wanted_on(object);
                let here: Vec<_> = wanted.iter().filter(|holder| is_there(holder)).collect();
                let pinned = here.iter().filter(|holder| node(holder).store.is_pinned(object)).count();
                copies.push((pinned as u32, cluster.copies_sought(object).unwrap_or(here.len() as u32)));
            }
        }
        copies
    }
}
