//! The answering half of a node: it serves whoever asks, as fast as the uplink lets it.
//!
//! ```text
//!   want --> ledger --> task --> worker (8) --> envelope --> uplink --> written --> next task
//!              |          ^ cancel removes it until a worker takes it up
//!              +----------+ the block arrives later: a task for each peer that still wants it
//! ```
//!
//! - A worker takes up tasks of one peer, in the peer's order of priority, until they amount to 16 KiB; so a
//!   larger block ends a message. It is busy until the message is written: with a narrow uplink, up to 8
//!   messages (4 of 256 KiB to each peer) are past recall when a cancel comes.
//! - There is no tit-for-tat: what a peer has given does not decide when it is served. The
//!   [`Receipt`] only feeds the score of a connection manager.
//!
//! Left out: the split of workers into those of the engine and those that read the block store (a read costs
//! no time here), denied blocks, boxo 0.42's replacement of low-priority wants when a peer wants more than
//! 1024 blocks (further ones are ignored, as in 0.11), and the send time-out with retries (a link that
//! breaks is a disconnection).
//!
//! Source: boxo `server/server.go`, `server/internal/decision` (engine.go, scheduler.go), go-peertaskqueue.

use super::api::{Context, EnvelopeId, Wish};
use super::config::{BitswapConfig, ServeOrder};
use super::message::{Entry, EntryKind, Message, Payload, Store, presence_size};
use super::tasks::{Note, Noted, PeerTasks, Task};
use crate::ids::{BlockId, NodeId};
use sim_core::prefetch::prefetch_first;
use sim_core::time::SimTime;
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

/// What two nodes have given each other, as seen by one of them, while connected.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Receipt {
    /// Bytes of blocks sent to the peer.
    pub sent: u64,
    /// Bytes of wanted blocks received from it.
    pub received: u64,
    /// Blocks exchanged in both directions.
    pub exchanges: u64,
}

impl Receipt {
    /// Bytes sent for each byte received (plus one): the debt ratio.
    pub fn debt_ratio(&self) -> f64 {
        self.sent as f64 / (self.received as f64 + 1.0)
    }
}

/// What a server has done so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct ServerCounters {
    /// Blocks sent.
    pub blocks: u64,
    /// Their bytes.
    pub block_bytes: u64,
    /// HAVEs sent.
    pub haves: u64,
    /// DONT_HAVEs sent.
    pub dont_haves: u64,
}

/// A worker that is writing.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Writing {
    envelope: EnvelopeId,
    peer: NodeId,
    tasks: Vec<Task>,
}

/// The server of one node.
#[derive(Clone, Default, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Server {
    /// Peers with wants or work, by id.
    ids: Vec<NodeId>,
    /// Beside `ids`.
    peers: Vec<PeerTasks>,
    /// Tasks that no worker has taken up yet, of all peers.
    queued: usize,
    /// Who wants a block.
    wanting: BTreeSet<(BlockId, NodeId)>,
    writing: Vec<Writing>,
    receipts: BTreeMap<NodeId, Receipt>,
    next_envelope: u32,
    next_number: u64,
    turn: u64,
    pub(super) counters: ServerCounters,
    /// Reused by workers.
    spare_tasks: Vec<Vec<Task>>,
}

impl Server {
    /// Takes the entries of a peer's message.
    pub(super) fn receive<S: Store>(&mut self, cx: &mut Context<'_, S>, from: NodeId, entries: &[Entry]) {
        let index = self.peer_entry(from);
        for entry in entries.iter().filter(|entry| entry.kind != EntryKind::Cancel) {
            let noted = Noted {
                block: entry.block,
                priority: entry.priority,
                is_want_block: entry.kind == EntryKind::WantBlock,
            };
            let note = self.peers[index].note(noted, cx.config.max_wants_per_peer);
            if note == Note::New {
                self.wanting.insert((entry.block, from));
            }
            if note != Note::TooMany
                && let Some(task) = self.answer(cx, entry)
            {
                self.queue(index, task, cx.config.max_wants_per_peer);
            }
        }
        for entry in entries.iter().filter(|entry| entry.kind == EntryKind::Cancel) {
            self.wanting.remove(&(entry.block, from));
            if self.peers[index].unnote(entry.block) {
                let before = self.peers[index].pending_count();
                self.peers[index].withdraw(entry.block);
                self.queued -= before - self.peers[index].pending_count();
            }
        }
        self.drop_if_idle(index);
        self.pump(cx);
    }

    /// A block has arrived in the store: all peers that still want it are served.
    pub(super) fn block_added<S: Store>(&mut self, cx: &mut Context<'_, S>, block: BlockId) {
        let peers: Vec<NodeId> = self
            .wanting
            .range((block, NodeId(0))..=(block, NodeId(u32::MAX)))
            .map(|&(_, peer)| peer)
            .collect();
        for peer in peers {
            let index = self.peer_index(peer).expect("a wanting peer is known");
            let noted = self.peers[index].noted(block).expect("a wanting peer has noted its want");
            let task = self.found(cx, block, noted.priority, noted.is_want_block, false);
            self.queue(index, task, cx.config.max_wants_per_peer);
        }
        self.pump(cx);
    }

    /// An envelope has left the uplink; unknown ones (of a connection that broke) are ignored.
    pub(super) fn written<S: Store>(&mut self, cx: &mut Context<'_, S>, envelope: EnvelopeId) {
        if let Some(index) = self.writing.iter().position(|writing| writing.envelope == envelope) {
            self.release(index);
            self.pump(cx);
        }
    }

    /// The peer is gone with all it wanted.
    pub(super) fn disconnected<S: Store>(&mut self, cx: &mut Context<'_, S>, peer: NodeId) {
        self.receipts.remove(&peer);
        let Ok(index) = self.peer_index(peer) else { return };
        let tasks = self.remove_peer(index);
        self.queued -= tasks.pending_count();
        for block in tasks.noted_blocks() {
            self.wanting.remove(&(block, peer));
        }
        while let Some(index) = self.writing.iter().position(|writing| writing.peer == peer) {
            self.release(index);
        }
        self.pump(cx);
    }

    /// Asks for the ids of the peers before one of them is looked for.
    pub(super) fn prefetch_peers(&self) {
        prefetch_first(&self.ids);
    }

    /// Notes wanted bytes received from a peer.
    pub(super) fn credit(&mut self, from: NodeId, bytes: u64) {
        let receipt = self.receipts.entry(from).or_default();
        receipt.received += bytes;
        receipt.exchanges += 1;
    }

    pub(super) fn receipt(&self, peer: NodeId) -> Receipt {
        self.receipts.get(&peer).copied().unwrap_or_default()
    }
}

impl Server {
    /// The task that answers an entry, if it asks for an answer.
    fn answer<S: Store>(&mut self, cx: &Context<'_, S>, entry: &Entry) -> Option<Task> {
        let is_want_block = entry.kind == EntryKind::WantBlock;
        if cx.store.copy(entry.block).is_some() {
            return Some(self.found(cx, entry.block, entry.priority, is_want_block, entry.send_dont_have));
        }
        entry.send_dont_have.then(|| Task {
            block: entry.block,
            priority: entry.priority,
            number: self.number(),
            work: presence_size(cx.store.cid_len(entry.block), true),
            size: 0,
            have: false,
            is_want_block,
            send_dont_have: true,
        })
    }

    /// The task for a block in the store: a small block is sent even if only asked about.
    fn found<S: Store>(
        &mut self,
        cx: &Context<'_, S>,
        block: BlockId,
        priority: i32,
        is_want_block: bool,
        send_dont_have: bool,
    ) -> Task {
        let size = cx.store.size(block);
        let is_want_block = is_want_block || size <= cx.config.replace_have_size;
        let presence = presence_size(cx.store.cid_len(block), true);
        let work = if is_want_block { u64::from(size) } else { presence };
        let number = self.number();
        Task {
            block,
            priority,
            number,
            work,
            size: u64::from(size),
            have: true,
            is_want_block,
            send_dont_have,
        }
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Queues a task of a peer.
    fn queue(&mut self, index: usize, task: Task, limit: u32) {
        let before = self.peers[index].pending_count();
        self.peers[index].push(task, limit);
        self.queued += self.peers[index].pending_count() - before;
    }

    /// Sets idle workers to work.
    fn pump<S: Store>(&mut self, cx: &mut Context<'_, S>) {
        while self.queued > 0 && self.writing.len() < cx.config.workers as usize {
            let Some(index) = self.next_peer(cx.config, cx.now) else {
                return;
            };
            let mut tasks = self.spare_tasks.pop().unwrap_or_default();
            let target = u64::from(cx.config.target_message_size);
            self.peers[index].pop(target, cx.config.max_outstanding, &mut tasks);
            self.queued -= tasks.len();
            if tasks.is_empty() {
                self.spare_tasks.push(tasks);
                return;
            }
            self.write(cx, index, tasks);
        }
    }

    /// The peer to serve next, if any has queued tasks.
    fn next_peer(&self, config: &BitswapConfig, now: SimTime) -> Option<usize> {
        let waiting = self.peers.iter().enumerate().filter(|(_, peer)| peer.pending_count() > 0);
        let first = waiting.min_by(|(_, a), (_, b)| compare(config.serve_order, now, a, b));
        first.map(|(index, _)| index)
    }

    /// Makes a message of the tasks and hands it to the uplink.
    fn write<S: Store>(&mut self, cx: &mut Context<'_, S>, index: usize, tasks: Vec<Task>) {
        let mut message = cx.blank_message();
        for task in &tasks {
            fill(&mut message, task, cx.store);
        }
        let peer = self.peers[index].id;
        let envelope = EnvelopeId(self.next_envelope);
        self.next_envelope += 1;
        self.writing.push(Writing { envelope, peer, tasks });
        if message.is_empty() {
            cx.spare.push(message);
            self.release(self.writing.len() - 1);
            return;
        }
        message.pending_bytes = u32::try_from(self.peers[index].pending_work()).unwrap_or(u32::MAX);
        self.turn += 1;
        self.peers[index].serve(self.turn, cx.now);
        self.note_sent(cx, peer, index, &message);
        cx.out.push(Wish::Send { to: peer, envelope: Some(envelope), message });
    }

    /// Answered wants leave the ledger when their message is made, not when it is written.
    fn note_sent<S: Store>(&mut self, cx: &Context<'_, S>, peer: NodeId, index: usize, message: &Message) {
        for payload in &message.blocks {
            let bytes = u64::from(cx.store.size(payload.block));
            let receipt = self.receipts.entry(peer).or_default();
            receipt.sent += bytes;
            receipt.exchanges += 1;
            self.counters.blocks += 1;
            self.counters.block_bytes += bytes;
            self.peers[index].unnote(payload.block);
            self.wanting.remove(&(payload.block, peer));
        }
        for &block in &message.haves {
            let noted = self.peers[index].noted(block);
            if noted.is_some_and(|noted| !noted.is_want_block) {
                self.peers[index].unnote(block);
                self.wanting.remove(&(block, peer));
            }
        }
        self.counters.haves += message.haves.len() as u64;
        self.counters.dont_haves += message.dont_haves.len() as u64;
    }

    /// Frees a worker.
    fn release(&mut self, index: usize) {
        let mut writing = self.writing.swap_remove(index);
        if let Ok(peer) = self.peer_index(writing.peer) {
            for task in &writing.tasks {
                self.peers[peer].done(task);
            }
            self.drop_if_idle(peer);
        }
        writing.tasks.clear();
        self.spare_tasks.push(writing.tasks);
    }

    fn drop_if_idle(&mut self, index: usize) {
        if self.peers[index].is_idle() {
            self.remove_peer(index);
        }
    }

    fn remove_peer(&mut self, index: usize) -> PeerTasks {
        self.ids.remove(index);
        self.peers.remove(index)
    }

    fn peer_entry(&mut self, peer: NodeId) -> usize {
        self.peer_index(peer).unwrap_or_else(|index| {
            self.ids.insert(index, peer);
            self.peers.insert(index, PeerTasks::new(peer));
            index
        })
    }

    fn peer_index(&self, peer: NodeId) -> Result<usize, usize> {
        self.ids.binary_search(&peer)
    }
}

/// Adds the answer to a task; a block that has gone from the store since is denied.
fn fill(message: &mut Message, task: &Task, store: &impl Store) {
    if task.have && !task.is_want_block {
        message.haves.push(task.block);
        return;
    }
    match store.copy(task.block) {
        Some(copy) if task.have => message.blocks.push(Payload { block: task.block, copy }),
        _ if !task.have || task.send_dont_have => message.dont_haves.push(task.block),
        _ => {}
    }
}

/// `Less` if `a` is to be served before `b`; both have queued tasks.
///
/// Equals take turns (the one served longest ago first), where boxo leaves them to the order of a heap.
fn compare(order: ServeOrder, now: SimTime, a: &PeerTasks, b: &PeerTasks) -> Ordering {
    let turn = |peer: &PeerTasks| (peer.served_turn(), peer.id);
    match order {
        ServeOrder::LeastActive => {
            let key = |peer: &PeerTasks| (peer.active_work(), Reverse(peer.pending_count()));
            key(a).cmp(&key(b)).then_with(|| turn(a).cmp(&turn(b)))
        }
        ServeOrder::Fair { starved, pending_cap } => {
            let key = |peer: &PeerTasks| {
                let waits = peer.served_at().is_none_or(|at| now.since(at) > starved);
                let pending = peer.pending_count().min(pending_cap as usize);
                (Reverse(waits), peer.active_count(), Reverse(pending))
            };
            key(a).cmp(&key(b)).then_with(|| turn(a).cmp(&turn(b)))
        }
    }
}
