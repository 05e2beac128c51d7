//! A client session: one read that asks the peers that have proved useful to it.
//!
//! ```text
//!   want ---- no peer yet ----> broadcast want-have --- HAVE or block ---> the sender joins the session
//!     |                                                                       |
//!     +-- peers: want-block to the best, want-have to the others <------------+
//!            | block        first arrival wins; all who were asked are sent a cancel
//!            | DONT_HAVE    (real or simulated) the want is free for the next best
//!            | all of them  broadcast and search for providers
//!   nothing comes for a while: tick: broadcast and search for providers
//! ```
//!
//! - The best peer is one that said HAVE, else one that has not said anything; among equals one is drawn
//!   with weight 1 + the number of blocks it was the first to deliver. A peer that said HAVE stays
//!   eligible when its answer is late, but the same want-block is never sent to it twice.
//! - Wants that become due together are sent in a drawn order: boxo keeps them in unordered sets.
//! - The tick after `provider_search_delay`, later after (base + 3 x mean block latency) x (1 + ticks in a
//!   row); only the first tick of a row searches for providers. It runs while wants are open.
//! - Nothing ends a want but its block: when nobody has it the session waits, and whoever connects is told
//!   the broadcast wants.
//! - Once a session has had a peer, new wants are not broadcast any more before a tick; a session whose
//!   peers have all left between two wants waits for one of them to return. That is boxo's behaviour.
//!
//! Source: boxo `client/internal/session` (session.go, sessionwants.go, sessionwantsender.go,
//! peerresponsetracker.go). Left out: ticks of a session without live wants, which do nothing (boxo 0.11
//! only; their phase is kept), and that boxo 0.11 remembers the deliveries of a peer that left a session.

mod sending;
mod ticks;

use super::api::{Context, Counters, SessionId};
use super::config::BitswapConfig;
use super::hub::Hub;
use crate::ids::{BlockId, NodeId};
use sim_core::draws::Entity;
use sim_core::time::{SimSpan, SimTime};
use std::collections::VecDeque;

/// A want of the session.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Want {
    block: BlockId,
    /// The peer whose answer to a want-block is awaited.
    sent_to: Option<NodeId>,
    /// Whether it is known that all peers of the session lack it.
    is_exhausted: bool,
    /// Since when it is live (sent or broadcast); `NEVER` while it waits.
    live_since: SimTime,
    /// Rank among the live wants.
    order: u32,
}

/// A peer of the session.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Member {
    id: NodeId,
    /// Blocks that it was the first to deliver.
    first_deliveries: u32,
    /// DONT_HAVEs in a row.
    dont_haves: u32,
}

/// What a message says that matters to a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub(super) enum News {
    /// The block came.
    Block(BlockId),
    /// The peer lacks it; `true` if that was only inferred from its silence.
    DontHave(BlockId, bool),
    /// The peer has it.
    Have(BlockId),
}

/// One session.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Session {
    id: SessionId,
    entity: Entity,
    drawn: u64,
    /// By block.
    wants: Vec<Want>,
    /// Wants that are not live, first come first; those that became live or came are skipped.
    waiting: VecDeque<BlockId>,
    live: u32,
    next_order: u32,
    /// By id.
    members: Vec<Member>,
    /// Whether a peer has ever joined.
    has_discovered: bool,
    ticks: u32,
    latency_total: SimSpan,
    latency_count: u64,
    /// The next tick; `NEVER` after a tick without live wants.
    idle_at: SimTime,
    periodic_at: SimTime,
    followed: Vec<NodeId>,
    got: Vec<BlockId>,
    pub(super) queued_timer: SimTime,
    pub(super) counters: Counters,
}

impl Session {
    pub(super) fn new(config: &BitswapConfig, id: SessionId, entity: Entity, now: SimTime) -> Self {
        Session {
            id,
            entity,
            drawn: 0,
            wants: Vec::new(),
            waiting: VecDeque::new(),
            live: 0,
            next_order: 0,
            members: Vec::new(),
            has_discovered: false,
            ticks: 0,
            latency_total: SimSpan::ZERO,
            latency_count: 0,
            idle_at: now + config.provider_search_delay,
            periodic_at: now + config.periodic_search_delay,
            followed: Vec::new(),
            got: Vec::new(),
            queued_timer: SimTime::NEVER,
            counters: Counters::default(),
        }
    }

    /// The reader wants these blocks.
    pub(super) fn want<S>(&mut self, hub: &mut Hub, cx: &mut Context<'_, S>, blocks: &[BlockId]) {
        for &block in blocks {
            hub.add_interest(block, self.id);
            if let Err(index) = self.find(block) {
                self.wants.insert(index, Want::new(block));
                self.waiting.push_back(block);
            }
        }
        if !self.members.is_empty() {
            self.send_next(hub, cx, &[]);
        }
        if !self.has_discovered {
            let next = self.next_waiting(cx);
            if !next.is_empty() {
                self.counters.broadcasts += 1;
                hub.broadcast(cx, self.id, &next);
            }
        }
    }

    /// A peer's message, or its silence, brought news about wants of this session (or about blocks that
    /// it has got already).
    pub(super) fn update<S>(
        &mut self,
        hub: &mut Hub,
        cx: &mut Context<'_, S>,
        from: NodeId,
        news: &[(SessionId, News)],
    ) {
        let is_useful = news.iter().any(|(_, item)| !matches!(item, News::DontHave(..)));
        let has_joined = is_useful && self.join(hub, from);
        let mut received = false;
        let mut lacking = Vec::new();
        let mut should_leave = false;
        for &(_, item) in news {
            match item {
                News::Block(block) => received |= self.take_block(hub, cx, from, block),
                News::DontHave(block, simulated) => {
                    should_leave |= self.note_dont_have(cx.config, from, simulated);
                    self.free(from, block);
                    self.note_presence(hub, from, block);
                    lacking.push(block);
                }
                News::Have(block) => {
                    self.counters.haves += 1;
                    self.note_presence(hub, from, block);
                    self.member_mut(from).into_iter().for_each(|member| member.dont_haves = 0);
                    should_leave = false;
                }
            }
        }
        let exhausted = self.exhausted_among(hub, &lacking);
        if !self.members.is_empty() {
            let newly = [from];
            self.send_next(hub, cx, if has_joined { &newly } else { &[] });
        }
        if received {
            self.blocks_came(cx);
        }
        self.broadcast_exhausted(hub, cx, &exhausted);
        if should_leave && !self.has_what_we_want(hub, from) {
            hub.forget_presence(from);
            self.lose(hub, cx, from);
        }
    }

    /// A provider was found and is connected: it joins without having said anything.
    pub(super) fn gain<S>(&mut self, hub: &mut Hub, cx: &mut Context<'_, S>, peer: NodeId) {
        if self.join(hub, peer) {
            self.send_next(hub, cx, &[peer]);
        } else {
            self.send_next(hub, cx, &[]);
        }
    }

    /// A peer is gone (or of no use): its wants are free again.
    pub(super) fn lose<S>(&mut self, hub: &mut Hub, cx: &mut Context<'_, S>, peer: NodeId) {
        let Ok(index) = self.members.binary_search_by_key(&peer, |member| member.id) else {
            return;
        };
        self.members.remove(index);
        for want in self.wants.iter_mut().filter(|want| want.sent_to == Some(peer)) {
            want.sent_to = None;
        }
        let all: Vec<BlockId> = self.wants.iter().map(|want| want.block).collect();
        let exhausted = if self.members.is_empty() {
            self.newly_exhausted(&all)
        } else {
            self.exhausted_among(hub, &all)
        };
        if !self.members.is_empty() {
            self.send_next(hub, cx, &[]);
        }
        self.broadcast_exhausted(hub, cx, &exhausted);
    }

    /// The block was added to the node by other means; true if it was wanted.
    pub(super) fn added_locally<S>(&mut self, cx: &Context<'_, S>, block: BlockId) -> bool {
        let was_wanted = self.remove_want(cx, block);
        if was_wanted {
            self.blocks_came(cx);
        }
        was_wanted
    }

    /// Gives up all wants and ties.
    pub(super) fn close<S>(&mut self, hub: &mut Hub, cx: &Context<'_, S>) {
        for want in &self.wants {
            hub.drop_interest(cx, want.block, self.id);
        }
        for &peer in &self.followed {
            hub.unfollow(peer, self.id);
        }
        for &block in &self.got {
            hub.forget_settled(block, self.id);
        }
    }

    /// Its id.
    pub(super) fn id(&self) -> SessionId {
        self.id
    }

    /// Peers of the session.
    pub(super) fn members(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.members.iter().map(|member| member.id)
    }

    /// Wants still open.
    pub(super) fn open_wants(&self) -> usize {
        self.wants.len()
    }
}

impl Session {
    /// A peer joins; false if it was in.
    fn join(&mut self, hub: &mut Hub, peer: NodeId) -> bool {
        if hub.follow(peer, self.id) {
            self.followed.push(peer);
        }
        let Err(index) = self.members.binary_search_by_key(&peer, |member| member.id) else {
            return false;
        };
        self.members.insert(index, Member { id: peer, first_deliveries: 0, dont_haves: 0 });
        self.has_discovered = true;
        true
    }

    fn take_block<S>(&mut self, hub: &Hub, cx: &mut Context<'_, S>, from: NodeId, block: BlockId) -> bool {
        debug_assert!(hub.is_connected(from), "a block came from {from:?}, which is not connected");
        let was_wanted = self.remove_want(cx, block);
        if let Some(member) = self.member_mut(from) {
            member.first_deliveries += u32::from(was_wanted);
            member.dont_haves = 0;
        }
        was_wanted
    }

    /// Removes a want whose block has come and measures its latency; false if there was none.
    fn remove_want<S>(&mut self, cx: &Context<'_, S>, block: BlockId) -> bool {
        let Ok(index) = self.find(block) else { return false };
        let want = self.wants.remove(index);
        if want.is_live() {
            self.live -= 1;
            self.latency_total += cx.now.since(want.live_since);
        }
        self.latency_count += 1;
        self.got.push(block);
        true
    }

    /// Blocks that were wanted have come: the row of ticks ends and the clock starts anew.
    fn blocks_came<S>(&mut self, cx: &Context<'_, S>) {
        self.ticks = 0;
        if self.live > 0 || cx.config.idle_ticks_go_on {
            self.reset_idle_tick(cx);
        } else {
            self.idle_at = SimTime::NEVER;
        }
    }

    fn note_dont_have(&mut self, config: &BitswapConfig, from: NodeId, simulated: bool) -> bool {
        let counter =
            if simulated { &mut self.counters.simulated_dont_haves } else { &mut self.counters.dont_haves };
        *counter += 1;
        let Some(member) = self.member_mut(from) else {
            return false;
        };
        if member.dont_haves >= config.dont_have_limit {
            return true;
        }
        member.dont_haves += 1;
        false
    }

    /// The answer awaited from this peer is no.
    fn free(&mut self, from: NodeId, block: BlockId) {
        if let Ok(index) = self.find(block) {
            let sent_to = &mut self.wants[index].sent_to;
            if *sent_to == Some(from) {
                *sent_to = None;
            }
        }
    }

    /// A HAVE, also one said before, ends the knowledge that nobody has the block.
    fn note_presence(&mut self, hub: &Hub, from: NodeId, block: BlockId) {
        if let Ok(index) = self.find(block)
            && hub.wanted(block).and_then(|wanted| wanted.said(from)) == Some(true)
        {
            self.wants[index].is_exhausted = false;
        }
    }

    fn has_what_we_want(&self, hub: &Hub, peer: NodeId) -> bool {
        self.wants
            .iter()
            .any(|want| hub.wanted(want.block).and_then(|wanted| wanted.said(peer)) == Some(true))
    }

    /// Of these blocks, those that no peer of the session has, unless known already.
    fn exhausted_among(&mut self, hub: &Hub, blocks: &[BlockId]) -> Vec<BlockId> {
        let lacking: Vec<BlockId> = blocks
            .iter()
            .copied()
            .filter(|&block| hub.wanted(block).is_some_and(|wanted| wanted.all_lack(self.members())))
            .collect();
        self.newly_exhausted(&lacking)
    }

    fn newly_exhausted(&mut self, blocks: &[BlockId]) -> Vec<BlockId> {
        let mut newly = Vec::new();
        for &block in blocks {
            let Ok(index) = self.find(block) else { continue };
            if !std::mem::replace(&mut self.wants[index].is_exhausted, true) {
                newly.push(block);
            }
        }
        newly
    }

    fn broadcast_exhausted<S>(&mut self, hub: &mut Hub, cx: &mut Context<'_, S>, blocks: &[BlockId]) {
        if !blocks.is_empty() {
            self.broadcast(hub, cx, blocks);
        }
    }

    fn member_mut(&mut self, peer: NodeId) -> Option<&mut Member> {
        let index = self.members.binary_search_by_key(&peer, |member| member.id).ok()?;
        Some(&mut self.members[index])
    }

    fn find(&self, block: BlockId) -> Result<usize, usize> {
        self.wants.binary_search_by_key(&block, |want| want.block)
    }
}

impl Want {
    fn new(block: BlockId) -> Self {
        Want { block, sent_to: None, is_exhausted: false, live_since: SimTime::NEVER, order: 0 }
    }

    fn is_live(&self) -> bool {
        self.live_since != SimTime::NEVER
    }
}
