//! The asking half of a node: its sessions and what they share.

use super::api::{Arrival, Context, Counters, SessionId, Wish};
use super::hub::{Connection, Hub, Place};
use super::message::{Blocks, EntryKind, Message};
use super::session::{News, Session};
use super::timers::TimerKey;
use crate::ids::{BlockId, NodeId};
use sim_core::draws::Entity;
use sim_core::time::SimTime;

/// The client of one node.
#[derive(Clone, Default, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Client {
    hub: Hub,
    /// By id.
    #[expect(clippy::vec_box, reason = "a session is large and others move when one is closed")]
    sessions: Vec<Box<Session>>,
    next_session: u32,
    /// What sessions closed by now have done, and entries sent for them afterwards.
    closed: Counters,
    /// Reused: news by session.
    news: Vec<(SessionId, News)>,
    /// Reused: sessions to tell something.
    told: Vec<SessionId>,
    /// Reused: blocks that a message is an answer about.
    answers: Vec<BlockId>,
}

impl Client {
    pub(super) fn open<S>(&mut self, cx: &Context<'_, S>, entity: Entity) -> SessionId {
        let id = SessionId(self.next_session);
        self.next_session += 1;
        self.sessions.push(Box::new(Session::new(cx.config, id, entity, cx.now)));
        id
    }

    pub(super) fn want<S>(&mut self, cx: &mut Context<'_, S>, session: SessionId, blocks: &[BlockId]) {
        if let Ok(index) = self.find(session) {
            self.sessions[index].want(&mut self.hub, cx, blocks);
            self.arm_session(index);
        }
    }

    pub(super) fn close<S>(&mut self, cx: &Context<'_, S>, session: SessionId) -> Counters {
        let Ok(index) = self.find(session) else {
            return Counters::default();
        };
        let mut session = self.sessions.remove(index);
        self.hub.timers.disarm(TimerKey::Session(session.id()), session.queued_timer);
        session.close(&mut self.hub, cx);
        add(&mut self.closed, &session.counters);
        session.counters
    }

    pub(super) fn connected<S>(&mut self, cx: &mut Context<'_, S>, peer: NodeId, connection: Connection) {
        if self.hub.connect(cx, peer, connection) {
            self.tell_followers(cx, peer, Session::gain);
        }
    }

    pub(super) fn disconnected<S>(&mut self, cx: &mut Context<'_, S>, peer: NodeId) {
        if self.hub.disconnect(peer) {
            self.tell_followers(cx, peer, Session::lose);
        }
    }

    pub(super) fn provider_connected<S>(
        &mut self,
        cx: &mut Context<'_, S>,
        session: SessionId,
        peer: NodeId,
    ) {
        if let Ok(index) = self.find(session) {
            self.sessions[index].gain(&mut self.hub, cx, peer);
            self.arm_session(index);
        }
    }

    /// Takes what a message says to the asking half.
    pub(super) fn receive<S: Blocks>(&mut self, cx: &mut Context<'_, S>, from: NodeId, message: &Message) {
        if message.blocks.is_empty() && message.haves.is_empty() && message.dont_haves.is_empty() {
            return;
        }
        if !message.blocks.is_empty() || !message.haves.is_empty() {
            self.hub.mark_target(from);
        }
        self.measure(cx, from, message);
        let mut news = std::mem::take(&mut self.news);
        for payload in &message.blocks {
            let arrival = self.classify(cx.store.is_intact(payload.block, payload.copy), payload.block);
            self.count_arrival(cx, arrival, payload.block);
            cx.out.push(Wish::Arrived { block: payload.block, copy: payload.copy, from, arrival });
            if arrival != Arrival::Corrupt {
                self.add_news(cx, &mut news, payload.block, News::Block(payload.block));
            }
        }
        for &block in &message.haves {
            self.hub.note_presence(cx, from, block, true);
            self.add_news(cx, &mut news, block, News::Have(block));
        }
        for &block in &message.dont_haves {
            self.hub.note_presence(cx, from, block, false);
            self.add_news(cx, &mut news, block, News::DontHave(block, false));
        }
        self.deliver(cx, from, &mut news);
        self.news = news;
    }

    /// A block was added to the store: by a peer's message (then nobody here wants it any more) or locally.
    pub(super) fn block_added<S: Blocks>(&mut self, cx: &mut Context<'_, S>, block: BlockId) {
        if self.hub.interested(block).is_empty() {
            return;
        }
        let mut told = std::mem::take(&mut self.told);
        told.extend_from_slice(self.hub.interested(block));
        for &session in &told {
            if let Ok(index) = self.find(session) {
                if self.sessions[index].added_locally(cx, block) {
                    cx.out.push(Wish::Received { session, block, from: None });
                }
                self.arm_session(index);
            }
        }
        told.clear();
        self.told = told;
        self.hub.settle(cx, block);
    }

    /// Carries out all that is due.
    pub(super) fn wake<S: Blocks>(&mut self, cx: &mut Context<'_, S>) {
        while let Some((at, key)) = self.hub.timers.first() {
            if at > cx.now {
                return;
            }
            self.hub.timers.pop_first();
            match key {
                TimerKey::Queue(peer, place) => self.wake_queue(cx, peer, place),
                TimerKey::Session(session) => self.wake_session(cx, session),
            }
        }
    }

    /// Sends the messages that are due. To be called at the end of each step.
    pub(super) fn flush<S>(&mut self, cx: &mut Context<'_, S>) {
        while let Some(place) = self.hub.next_touched() {
            let Some((_, queue, _)) = self.hub.queue_mut(place) else {
                continue;
            };
            queue.is_touched = false;
            if queue.is_due(cx.now) {
                self.send(cx, place);
            }
            self.hub.arm_queue(place);
        }
    }

    /// The next time at which something is due.
    pub(super) fn next_wake(&self) -> SimTime {
        self.hub.timers.first().map_or(SimTime::NEVER, |(at, _)| at)
    }

    pub(super) fn session(&self, session: SessionId) -> Option<&Session> {
        self.find(session).ok().map(|index| &*self.sessions[index])
    }

    /// Sum over open and closed sessions.
    pub(super) fn totals(&self) -> Counters {
        let mut totals = self.closed;
        self.sessions.iter().for_each(|session| add(&mut totals, &session.counters));
        totals
    }

    pub(super) fn prefetch_wake(&self, step: usize) -> Option<NodeId> {
        self.hub.prefetch_wake(step)
    }

    pub(super) fn is_connected(&self, peer: NodeId) -> bool {
        self.hub.is_connected(peer)
    }

    pub(super) fn peer_count(&self) -> usize {
        self.hub.peer_count()
    }
}

impl Client {
    fn find(&self, session: SessionId) -> Result<usize, usize> {
        self.sessions.binary_search_by_key(&session, |slot| slot.id())
    }

    /// The queue learns the latency of the answers.
    fn measure<S: Blocks>(&mut self, cx: &Context<'_, S>, from: NodeId, message: &Message) {
        let mut answers = std::mem::take(&mut self.answers);
        answers.extend(message.haves.iter().chain(&message.dont_haves));
        for payload in &message.blocks {
            let is_cancelled =
                cx.config.cancels_before_measuring && !self.hub.interested(payload.block).is_empty();
            if !is_cancelled && cx.store.is_intact(payload.block, payload.copy) {
                answers.push(payload.block);
            }
        }
        if let Some(place) = self.hub.place_of(from)
            && let Some((_, queue, _)) = self.hub.queue_mut(place)
        {
            queue.answered(cx.config, cx.now, &answers);
            self.hub.arm_queue(place);
        }
        answers.clear();
        self.answers = answers;
    }

    fn classify(&self, is_intact: bool, block: BlockId) -> Arrival {
        if !is_intact {
            Arrival::Corrupt
        } else if !self.hub.interested(block).is_empty() {
            Arrival::Wanted
        } else {
            self.hub.settled(block).last().map_or(Arrival::Unwanted, Arrival::Duplicate)
        }
    }

    fn count_arrival<S: Blocks>(&mut self, cx: &Context<'_, S>, arrival: Arrival, block: BlockId) {
        let size = u64::from(cx.store.size(block));
        let session = match arrival {
            Arrival::Wanted => self.hub.interested(block).last().copied(),
            Arrival::Duplicate(session) => Some(session),
            Arrival::Unwanted => None,
            Arrival::Corrupt => return,
        };
        let index = session.and_then(|session| self.find(session).ok());
        let counters = match index {
            Some(index) => &mut self.sessions[index].counters,
            None => &mut self.closed,
        };
        if arrival == Arrival::Wanted {
            counters.blocks += 1;
            counters.block_bytes += size;
        } else {
            counters.duplicates += 1;
            counters.duplicate_bytes += size;
        }
    }

    fn add_news<S>(
        &self,
        cx: &Context<'_, S>,
        news: &mut Vec<(SessionId, News)>,
        block: BlockId,
        item: News,
    ) {
        news.extend(self.hub.interested(block).iter().map(|&session| (session, item)));
        if cx.config.late_answers_count {
            news.extend(self.hub.settled(block).map(|session| (session, item)));
        }
    }

    /// Tells the sessions, then settles the blocks that came.
    fn deliver<S>(&mut self, cx: &mut Context<'_, S>, from: NodeId, news: &mut Vec<(SessionId, News)>) {
        news.sort_unstable();
        news.dedup();
        for group in news.chunk_by(|a, b| a.0 == b.0) {
            if let Ok(index) = self.find(group[0].0) {
                self.sessions[index].update(&mut self.hub, cx, from, group);
                self.arm_session(index);
            }
        }
        for &(session, item) in news.iter() {
            if let News::Block(block) = item
                && self.hub.interested(block).contains(&session)
            {
                cx.out.push(Wish::Received { session, block, from: Some(from) });
            }
        }
        for &(_, item) in news.iter() {
            if let News::Block(block) = item {
                self.hub.settle(cx, block);
            }
        }
        news.clear();
    }

    fn tell_followers<S>(
        &mut self,
        cx: &mut Context<'_, S>,
        peer: NodeId,
        tell: impl Fn(&mut Session, &mut Hub, &mut Context<'_, S>, NodeId),
    ) {
        let mut told = std::mem::take(&mut self.told);
        self.hub.followers_of(peer, &mut told);
        for &session in &told {
            if let Ok(index) = self.find(session) {
                tell(&mut self.sessions[index], &mut self.hub, cx, peer);
                self.arm_session(index);
            }
        }
        told.clear();
        self.told = told;
    }

    fn wake_queue<S: Blocks>(&mut self, cx: &mut Context<'_, S>, peer: NodeId, place: Place) {
        let Some((_, queue, _)) = self.hub.queue_mut(place) else {
            return;
        };
        queue.queued_timer = SimTime::NEVER;
        let mut overdue = Vec::new();
        queue.take_overdue(cx.now, &mut overdue);
        let should_send = queue.resend(cx.config, cx.now) || queue.is_due(cx.now);
        let mut news = std::mem::take(&mut self.news);
        for &block in &overdue {
            self.hub.note_presence(cx, peer, block, false);
            self.add_news(cx, &mut news, block, News::DontHave(block, true));
        }
        if !news.is_empty() {
            self.deliver(cx, peer, &mut news);
        }
        self.news = news;
        if should_send {
            self.send(cx, place);
        }
        self.hub.arm_queue(place);
    }

    fn wake_session<S>(&mut self, cx: &mut Context<'_, S>, session: SessionId) {
        if let Ok(index) = self.find(session) {
            self.sessions[index].queued_timer = SimTime::NEVER;
            self.sessions[index].wake(&mut self.hub, cx);
            self.arm_session(index);
        }
    }

    fn send<S>(&mut self, cx: &mut Context<'_, S>, place: Place) {
        let Some((peer, queue, link)) = self.hub.queue_mut(place) else {
            return;
        };
        let mut message = cx.blank_message();
        let (sessions, closed) = (&mut self.sessions, &mut self.closed);
        queue.take_message(cx.config, cx.now, link, &mut message, |session, kind| {
            let counters = match sessions.binary_search_by_key(&session, |slot| slot.id()) {
                Ok(index) => &mut sessions[index].counters,
                Err(_) => &mut *closed,
            };
            match kind {
                EntryKind::WantHave => counters.want_haves += 1,
                EntryKind::WantBlock => counters.want_blocks += 1,
                EntryKind::Cancel => counters.cancels += 1,
            }
        });
        if message.is_empty() {
            cx.spare.push(message);
        } else {
            cx.out.push(Wish::Send { to: peer, envelope: None, message });
        }
    }

    fn arm_session(&mut self, index: usize) {
        let session = &mut self.sessions[index];
        let (deadline, key) = (session.deadline(), TimerKey::Session(session.id()));
        self.hub.timers.arm(key, &mut session.queued_timer, deadline);
    }
}

fn add(sum: &mut Counters, part: &Counters) {
    sum.want_haves += part.want_haves;
    sum.want_blocks += part.want_blocks;
    sum.cancels += part.cancels;
    sum.haves += part.haves;
    sum.dont_haves += part.dont_haves;
    sum.simulated_dont_haves += part.simulated_dont_haves;
    sum.blocks += part.blocks;
    sum.block_bytes += part.block_bytes;
    sum.duplicates += part.duplicates;
    sum.duplicate_bytes += part.duplicate_bytes;
    sum.broadcasts += part.broadcasts;
    sum.searches += part.searches;
}
