//! What the sessions of one node share: connections, the wants sent over them, and what peers answered.
//!
//! For each block that some session wants there is one record: who wants it, which peers were asked, which
//! said HAVE or DONT_HAVE, and whether it was broadcast. No peer is asked the same thing twice, whatever
//! the number of sessions; the cancel goes to all who were asked, once no session wants the block any more.
//!
//! Source: boxo `client/internal/{peermanager,sessioninterestmanager,blockpresencemanager}`.

use super::api::{Context, SessionId};
use super::config::{BitswapConfig, BroadcastPolicy};
use super::message::EntryKind;
use super::queue::{Link, PeerQueue};
use super::timers::{TimerKey, Timers};
use crate::ids::{BlockId, NodeId};
use sim_core::prefetch::prefetch_all;
use sim_core::time::{SimSpan, SimTime};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A connection, as the world reports it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Connection {
    /// Round trip without queueing: what a ping would measure.
    pub rtt: SimSpan,
    /// Whether the peer is on the same local network or configured as a peering peer: selective
    /// broadcasts reach it always.
    pub is_favoured: bool,
}

/// Where the hub keeps a connected peer, for as long as it is connected.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Place(u32);

/// A connected peer, or nobody.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Peer {
    id: NodeId,
    connection: Connection,
    since: SimTime,
    /// Whether selective broadcasts reach it.
    is_target: bool,
    /// Made with the first want. Most peers of a node that announces never get one, so they are small without.
    queue: Option<Box<PeerQueue>>,
}

/// No node has this id: an empty place.
const NOBODY: NodeId = NodeId(u32::MAX);

/// A block that some session wants.
#[derive(Clone, Default, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Wanted {
    /// Who wants it.
    sessions: Vec<SessionId>,
    /// Whether it was broadcast.
    is_broadcast: bool,
    /// Peers with an entry for it in their queue, by id.
    asked: Vec<NodeId>,
    /// Peers that said HAVE (true) or DONT_HAVE, by id.
    presence: Vec<(NodeId, bool)>,
}

impl Wanted {
    /// What the peer said about the block.
    pub(super) fn said(&self, peer: NodeId) -> Option<bool> {
        let index = self.presence.binary_search_by_key(&peer, |said| said.0).ok()?;
        Some(self.presence[index].1)
    }

    /// Whether all these peers said DONT_HAVE (and somebody has said something).
    pub(super) fn all_lack(&self, mut peers: impl Iterator<Item = NodeId>) -> bool {
        !self.presence.is_empty() && peers.all(|peer| self.said(peer) == Some(false))
    }

    /// With `have_is_final` a HAVE is never taken back.
    fn note(&mut self, peer: NodeId, has: bool, have_is_final: bool) {
        match self.presence.binary_search_by_key(&peer, |said| said.0) {
            Ok(index) if have_is_final => self.presence[index].1 |= has,
            Ok(index) => self.presence[index].1 = has,
            Err(index) => self.presence.insert(index, (peer, has)),
        }
    }

    fn note_asked(&mut self, peer: NodeId) {
        if let Err(index) = self.asked.binary_search(&peer) {
            self.asked.insert(index, peer);
        }
    }
}

/// What the sessions of one node share.
#[derive(Clone, Default, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Hub {
    /// Connected peers, by id.
    ids: Vec<NodeId>,
    /// Beside `ids`: where they are.
    places: Vec<Place>,
    peers: Vec<Peer>,
    free: Vec<Place>,
    wanted: BTreeMap<BlockId, Wanted>,
    /// Blocks with a broadcast in force.
    broadcasts: u32,
    /// Blocks that open sessions have got: late copies and answers are told by them.
    settled: BTreeSet<(BlockId, SessionId)>,
    /// Sessions that follow the connection of a peer.
    followers: BTreeSet<(NodeId, SessionId)>,
    /// Queues with new entries in this step.
    touched: VecDeque<Place>,
    pub(super) timers: Timers,
}

impl Hub {
    /// Opens a connection: the peer is told all wants broadcast so far. False if it was open already.
    pub(super) fn connect<S>(&mut self, cx: &Context<'_, S>, peer: NodeId, connection: Connection) -> bool {
        let Err(index) = self.ids.binary_search(&peer) else {
            return false;
        };
        let is_target = connection.is_favoured;
        let slot = Peer { id: peer, connection, since: cx.now, is_target, queue: None };
        let place = self.keep(slot);
        self.ids.insert(index, peer);
        self.places.insert(index, place);
        if self.broadcasts == 0 {
            return true;
        }
        let queue =
            self.peers[place.index()].queue.get_or_insert_with(|| Box::new(PeerQueue::new(cx.config)));
        for (&block, wanted) in self.wanted.iter_mut().filter(|(_, wanted)| wanted.is_broadcast) {
            let session = wanted.sessions.last().copied().expect("a wanted block has a session");
            queue.add_broadcast(block, session);
            wanted.note_asked(peer);
        }
        touch(&mut self.touched, queue, place, cx.config, cx.now);
        true
    }

    /// Puts a peer in a free place.
    fn keep(&mut self, peer: Peer) -> Place {
        if let Some(place) = self.free.pop() {
            self.peers[place.index()] = peer;
            return place;
        }
        self.peers.push(peer);
        Place(self.peers.len() as u32 - 1)
    }

    /// Closes a connection and forgets its queue. False if there was none.
    pub(super) fn disconnect(&mut self, peer: NodeId) -> bool {
        let Ok(index) = self.ids.binary_search(&peer) else {
            return false;
        };
        self.ids.remove(index);
        let place = self.places.remove(index);
        self.free.push(place);
        let slot = &mut self.peers[place.index()];
        slot.id = NOBODY;
        let Some(queue) = slot.queue.take() else { return true };
        self.timers.disarm(TimerKey::Queue(peer, place), queue.queued_timer);
        for block in queue.blocks() {
            if let Some(wanted) = self.wanted.get_mut(&block) {
                wanted.asked.retain(|&asked| asked != peer);
            }
        }
        true
    }

    /// Whether there is a connection.
    pub(super) fn is_connected(&self, peer: NodeId) -> bool {
        self.ids.binary_search(&peer).is_ok()
    }

    /// Asks for the queue whose deadline is next: step 0 whose it is, 1 where it is, 2 the queue itself. Says to whom it
    /// is, if known.
    pub(super) fn prefetch_wake(&self, step: usize) -> Option<NodeId> {
        if step == 0 {
            self.timers.prefetch();
            return None;
        }
        let (_, TimerKey::Queue(peer, place)) = self.timers.first()? else { return None };
        let slot = self.peers.get(place.index())?;
        match (step, &slot.queue) {
            (1, _) => prefetch_all(slot),
            (_, Some(queue)) => prefetch_all(&**queue),
            _ => {}
        }
        Some(peer)
    }

    /// Connected peers.
    pub(super) fn peer_count(&self) -> usize {
        self.ids.len()
    }

    /// The record of a wanted block.
    pub(super) fn wanted(&self, block: BlockId) -> Option<&Wanted> {
        self.wanted.get(&block)
    }

    /// A session wants the block.
    pub(super) fn add_interest(&mut self, block: BlockId, session: SessionId) {
        let sessions = &mut self.wanted.entry(block).or_default().sessions;
        if !sessions.contains(&session) {
            sessions.push(session);
        }
    }

    /// Sessions that want the block.
    pub(super) fn interested(&self, block: BlockId) -> &[SessionId] {
        self.wanted.get(&block).map_or(&[], |wanted| &wanted.sessions)
    }

    /// Open sessions that have got the block.
    pub(super) fn settled(&self, block: BlockId) -> impl Iterator<Item = SessionId> + '_ {
        self.settled.range((block, SessionId(0))..=(block, SessionId(u32::MAX))).map(|&(_, session)| session)
    }

    /// The block has come: nobody wants it any more, and all who were asked are sent a cancel.
    pub(super) fn settle<S>(&mut self, cx: &Context<'_, S>, block: BlockId) {
        if let Some(wanted) = self.wanted.remove(&block) {
            self.settled.extend(wanted.sessions.iter().map(|&session| (block, session)));
            self.cancel(cx, block, &wanted);
        }
    }

    /// A session gives up a want.
    pub(super) fn drop_interest<S>(&mut self, cx: &Context<'_, S>, block: BlockId, session: SessionId) {
        let Some(wanted) = self.wanted.get_mut(&block) else {
            return;
        };
        wanted.sessions.retain(|&other| other != session);
        if wanted.sessions.is_empty() {
            let wanted = self.wanted.remove(&block).expect("it was there");
            self.cancel(cx, block, &wanted);
        }
    }

    /// A session that had got the block is gone.
    pub(super) fn forget_settled(&mut self, block: BlockId, session: SessionId) {
        self.settled.remove(&(block, session));
    }

    /// Peers said HAVE or DONT_HAVE.
    pub(super) fn note_presence<S>(&mut self, cx: &Context<'_, S>, peer: NodeId, block: BlockId, has: bool) {
        if let Some(wanted) = self.wanted.get_mut(&block) {
            wanted.note(peer, has, cx.config.have_is_final);
        }
    }

    /// Forgets all that a peer said.
    pub(super) fn forget_presence(&mut self, peer: NodeId) {
        for wanted in self.wanted.values_mut() {
            wanted.presence.retain(|said| said.0 != peer);
        }
    }

    /// The peer has given something useful: selective broadcasts reach it from now on.
    pub(super) fn mark_target(&mut self, peer: NodeId) {
        if let Some(place) = self.place_of(peer) {
            self.peers[place.index()].is_target = true;
        }
    }

    /// A session follows the connection of a peer from now on. False if it did already.
    pub(super) fn follow(&mut self, peer: NodeId, session: SessionId) -> bool {
        self.followers.insert((peer, session))
    }

    /// A session no longer follows a peer.
    pub(super) fn unfollow(&mut self, peer: NodeId, session: SessionId) {
        self.followers.remove(&(peer, session));
    }

    /// Appends the sessions that follow a peer.
    pub(super) fn followers_of(&self, peer: NodeId, found: &mut Vec<SessionId>) {
        let range = (peer, SessionId(0))..=(peer, SessionId(u32::MAX));
        found.extend(self.followers.range(range).map(|&(_, session)| session));
    }

    /// Sends want-haves for those blocks not yet broadcast to all peers that were not asked for them.
    pub(super) fn broadcast<S>(&mut self, cx: &Context<'_, S>, session: SessionId, blocks: &[BlockId]) {
        let selective = cx.config.broadcast == BroadcastPolicy::Selective;
        for &block in blocks {
            let Some(wanted) = self.wanted.get_mut(&block) else {
                continue;
            };
            if std::mem::replace(&mut wanted.is_broadcast, true) {
                continue;
            }
            self.broadcasts += 1;
            for &place in &self.places {
                let slot = &mut self.peers[place.index()];
                if !slot.is_target && selective {
                    continue;
                }
                let queue = slot.queue.get_or_insert_with(|| Box::new(PeerQueue::new(cx.config)));
                if queue.asked(block).is_none() {
                    queue.add_broadcast(block, session);
                    wanted.note_asked(slot.id);
                    touch(&mut self.touched, queue, place, cx.config, cx.now);
                }
            }
        }
    }

    /// Asks a peer for a block unless it has been asked; false if it is not connected.
    pub(super) fn ask<S>(
        &mut self,
        cx: &Context<'_, S>,
        session: SessionId,
        peer: NodeId,
        block: BlockId,
        kind: EntryKind,
    ) -> bool {
        let Some(place) = self.place_of(peer) else {
            return false;
        };
        let Some(wanted) = self.wanted.get_mut(&block) else {
            return true;
        };
        let queue =
            self.peers[place.index()].queue.get_or_insert_with(|| Box::new(PeerQueue::new(cx.config)));
        let is_new = match (kind, queue.asked(block)) {
            (EntryKind::WantBlock, asked) => asked != Some(EntryKind::WantBlock),
            (_, asked) => asked.is_none() && !wanted.is_broadcast,
        };
        if is_new {
            queue.add_want(block, session, kind);
            wanted.note_asked(peer);
            touch(&mut self.touched, queue, place, cx.config, cx.now);
        }
        true
    }

    /// Where a peer is, if it is connected.
    pub(super) fn place_of(&self, peer: NodeId) -> Option<Place> {
        self.ids.binary_search(&peer).ok().map(|index| self.places[index])
    }

    /// The peer in a place and its queue, with what that has to know about its connection; none if it has no queue or is
    /// gone.
    pub(super) fn queue_mut(&mut self, place: Place) -> Option<(NodeId, &mut PeerQueue, Link)> {
        let peers = self.ids.len() as u32;
        let slot = &mut self.peers[place.index()];
        let link = Link { since: slot.since, rtt: slot.connection.rtt, peers };
        slot.queue.as_deref_mut().map(|queue| (slot.id, queue, link))
    }

    /// Takes the next queue touched in this step.
    pub(super) fn next_touched(&mut self) -> Option<Place> {
        self.touched.pop_front()
    }

    /// Makes sure a queue is looked at by its deadline.
    pub(super) fn arm_queue(&mut self, place: Place) {
        let slot = &mut self.peers[place.index()];
        if let Some(queue) = &mut slot.queue {
            let deadline = queue.deadline();
            self.timers.arm(TimerKey::Queue(slot.id, place), &mut queue.queued_timer, deadline);
        }
    }

    fn cancel<S>(&mut self, cx: &Context<'_, S>, block: BlockId, wanted: &Wanted) {
        if wanted.is_broadcast {
            self.broadcasts -= 1;
        }
        for &peer in &wanted.asked {
            let Some(place) = self.place_of(peer) else {
                continue;
            };
            if let Some(queue) = &mut self.peers[place.index()].queue
                && queue.cancel(block)
            {
                touch(&mut self.touched, queue, place, cx.config, cx.now);
            }
        }
    }
}

impl Place {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// Notes that a queue has new entries.
fn touch(
    touched: &mut VecDeque<Place>,
    queue: &mut PeerQueue,
    place: Place,
    config: &BitswapConfig,
    now: SimTime,
) {
    queue.gather(config, now);
    if !std::mem::replace(&mut queue.is_touched, true) {
        touched.push_back(place);
    }
}
