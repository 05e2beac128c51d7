//! The queue of wants to one peer, and the DONT_HAVEs simulated for it.
//!
//! ```text
//!  session --want-have/want-block--> pending --message--> sent --answer--> latency --> time-out
//!                                       ^                  |
//!                                       +---- re-send -----+        cancel removes both, and is sent
//!                                                                   if the want had been
//! ```
//!
//! - A want waits in *pending* until the message leaves ([`Coalescing`]), then it is *sent* until it is
//!   cancelled. Wants that were broadcast are kept apart from wants asked of this peer; in a message both
//!   merge, and the want-block wins.
//! - A want-block that asks for a DONT_HAVE starts a time-out when it is sent. Only the cancel stops it: not
//!   a HAVE, and not a real DONT_HAVE. When it runs out, the session is told DONT_HAVE, but the peer still
//!   has the want and may well send the block: this is where duplicates come from.
//! - The time-out is the same for all wants to the peer and moves with each answer: twice the smoothed time
//!   from sending a want to the first answer about it, blocks included. So it follows the depth of the
//!   peer's uplink queue, one step behind.
//!
//! The ping that boxo sends with the first message is taken as answered at once: its result only
//! matters 2 s later.
//!
//! Source: boxo `client/internal/messagequeue` (messagequeue.go, donthavetimeoutmgr.go) and the
//! bookkeeping of `client/internal/peermanager/peerwantmanager.go`.

use super::api::SessionId;
use super::config::{BitswapConfig, Coalescing, Resend};
use super::message::{Entry, EntryKind, Message};
use crate::ids::BlockId;
use sim_core::time::{SimSpan, SimTime};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// What a peer has been asked about a block, and the state of the asking.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Want {
    block: BlockId,
    /// The session that asked last.
    session: SessionId,
    /// What the sessions have asked of this peer: nothing (only broadcast), want-have or want-block.
    asked: Option<EntryKind>,
    /// Wants asked of this peer.
    own: Listed,
    /// Wants broadcast to all.
    broadcast: Listed,
    /// When the want-block was sent whose time-out runs; `NEVER` when none does.
    waiting_since: SimTime,
}

/// A want in one of the two lists.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Listed {
    pending: Option<EntryKind>,
    sent: Option<EntryKind>,
    priority: i32,
    /// When it was sent, until the first answer.
    sent_at: SimTime,
}

impl Listed {
    const NOTHING: Listed = Listed { pending: None, sent: None, priority: 0, sent_at: SimTime::NEVER };

    /// Adds a want; a want-block replaces a want-have and nothing else replaces anything.
    fn add(&mut self, kind: EntryKind, priority: i32) {
        if self.pending.is_none()
            || (self.pending == Some(EntryKind::WantHave) && kind == EntryKind::WantBlock)
        {
            self.pending = Some(kind);
            self.priority = priority;
        }
    }

    /// Moves a pending want to the sent ones.
    fn mark_sent(&mut self, now: SimTime) {
        if let Some(kind) = self.pending.take() {
            if self.sent != Some(EntryKind::WantBlock) {
                self.sent = Some(kind);
            }
            if self.sent_at == SimTime::NEVER {
                self.sent_at = now;
            }
        }
    }

    /// Puts a sent want up for sending again.
    fn refresh(&mut self, rule: Resend, now: SimTime) {
        let due = match rule {
            Resend::AllOpen { .. } => true,
            Resend::Unanswered { after, .. } => {
                self.sent_at != SimTime::NEVER && now.since(self.sent_at) >= after
            }
        };
        if let (true, Some(kind)) = (due, self.sent) {
            let priority = self.priority;
            self.add(kind, priority);
        }
    }
}

/// The smoothed latency of a peer's answers and the time-out made of it.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Patience {
    started: bool,
    latency: Option<SimSpan>,
    timeout: SimSpan,
}

impl Patience {
    /// A new answer weighs one half (the first one all).
    fn learn(&mut self, config: &BitswapConfig, elapsed: SimSpan) {
        let smoothed = match self.latency {
            None => elapsed,
            Some(before) => (before + elapsed).div_floor(2),
        };
        self.latency = Some(smoothed);
        self.timeout = clamp(config, smoothed.saturating_mul(u64::from(config.latency_multiplier)));
    }

    /// The first message makes the first time-out.
    fn start(&mut self, config: &BitswapConfig, rtt: SimSpan) {
        if !self.started {
            self.started = true;
            if self.latency.is_none() && rtt < config.dont_have_timeout {
                let pings = rtt.saturating_mul(u64::from(config.ping_multiplier));
                self.timeout = clamp(config, config.process_time + pings);
            }
        }
    }
}

fn clamp(config: &BitswapConfig, span: SimSpan) -> SimSpan {
    span.max(config.min_timeout).min(config.max_timeout)
}

/// The wants to one connected peer.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct PeerQueue {
    /// By block.
    wants: SmallVec<[Want; 1]>,
    /// Blocks to cancel, with the session that asked last, by block.
    cancels: Vec<(BlockId, SessionId)>,
    priority: i32,
    /// When the entries that wait began to gather.
    gathering_since: SimTime,
    /// When the next message is to leave.
    send_at: SimTime,
    /// Before this, a throttled queue stays shut.
    shut_until: SimTime,
    resend_at: SimTime,
    patience: Patience,
    /// Time-outs that run, oldest first; entries whose want has changed since are void.
    waiting: VecDeque<(BlockId, SimTime)>,
    /// The queue's entry in the node's timers.
    pub(super) queued_timer: SimTime,
    /// Whether the node's list of touched queues has it.
    pub(super) is_touched: bool,
}

impl PeerQueue {
    pub(super) fn new(config: &BitswapConfig) -> Self {
        PeerQueue {
            wants: SmallVec::new(),
            cancels: Vec::new(),
            priority: i32::MAX,
            gathering_since: SimTime::NEVER,
            send_at: SimTime::NEVER,
            shut_until: SimTime::ZERO,
            resend_at: SimTime::NEVER,
            patience: Patience { started: false, latency: None, timeout: config.dont_have_timeout },
            waiting: VecDeque::new(),
            queued_timer: SimTime::NEVER,
            is_touched: false,
        }
    }

    /// What has been asked of this peer about the block, broadcasts aside.
    pub(super) fn asked(&self, block: BlockId) -> Option<EntryKind> {
        self.find(block).and_then(|index| self.wants[index].asked)
    }

    /// The blocks this peer has been asked for.
    pub(super) fn blocks(&self) -> impl Iterator<Item = BlockId> + '_ {
        self.wants.iter().map(|want| want.block)
    }

    /// Adds a broadcast want-have.
    pub(super) fn add_broadcast(&mut self, block: BlockId, session: SessionId) {
        let priority = self.next_priority();
        let want = self.entry(block, session);
        want.broadcast.add(EntryKind::WantHave, priority);
        self.uncancel(block);
    }

    /// Adds a want asked of this peer.
    pub(super) fn add_want(&mut self, block: BlockId, session: SessionId, kind: EntryKind) {
        let priority = self.next_priority();
        let want = self.entry(block, session);
        want.asked = Some(kind);
        want.own.add(kind, priority);
        self.uncancel(block);
    }

    /// Drops a want; true if it had been sent, so that a cancel has to go out.
    pub(super) fn cancel(&mut self, block: BlockId) -> bool {
        let Some(index) = self.find(block) else {
            return false;
        };
        let want = self.wants.remove(index);
        let was_sent = want.own.sent.is_some() || want.broadcast.sent.is_some();
        if let (true, Err(at)) = (was_sent, self.cancels.binary_search_by_key(&block, |cancel| cancel.0)) {
            self.cancels.insert(at, (block, want.session));
        }
        was_sent
    }

    /// Entries were added: sets the time at which they leave.
    pub(super) fn gather(&mut self, config: &BitswapConfig, now: SimTime) {
        self.send_at = match config.coalescing {
            Coalescing::Throttle { .. } => now.max(self.shut_until),
            Coalescing::Debounce { quiet, longest } => {
                if self.gathering_since == SimTime::NEVER {
                    self.gathering_since = now;
                }
                let waited = now.since(self.gathering_since);
                let full = waited >= longest || self.pending() > config.send_cutoff as usize;
                if full { now } else { now + quiet }
            }
        };
    }

    /// Whether a message is due.
    pub(super) fn is_due(&self, now: SimTime) -> bool {
        self.send_at <= now
    }

    /// Fills the message with everything pending and starts the time-outs. `count` hears of each entry.
    pub(super) fn take_message(
        &mut self,
        config: &BitswapConfig,
        now: SimTime,
        link: Link,
        message: &mut Message,
        mut count: impl FnMut(SessionId, EntryKind),
    ) {
        self.patience.start(config, link.rtt);
        for (block, session) in self.cancels.drain(..) {
            count(session, EntryKind::Cancel);
            message.entries.push(Entry {
                block,
                priority: 0,
                kind: EntryKind::Cancel,
                send_dont_have: false,
            });
        }
        for want in &mut self.wants {
            let Some(entry) = merged_entry(want) else { continue };
            count(want.session, entry.kind);
            message.entries.push(entry);
            want.own.mark_sent(now);
            want.broadcast.mark_sent(now);
            if entry.kind == EntryKind::WantBlock && want.waiting_since == SimTime::NEVER {
                want.waiting_since = now;
                self.waiting.push_back((want.block, now));
            }
        }
        self.message_left(config, now, link);
    }

    fn message_left(&mut self, config: &BitswapConfig, now: SimTime, link: Link) {
        self.gathering_since = SimTime::NEVER;
        self.send_at = SimTime::NEVER;
        if let Coalescing::Throttle { per_peer, shortest, longest } = config.coalescing {
            let pause = per_peer.saturating_mul(u64::from(link.peers)).min(longest).max(shortest);
            self.shut_until = now + pause;
        }
        if self.resend_at == SimTime::NEVER && !self.wants.is_empty() {
            let every = resend_interval(config.resend).as_nanos().max(1);
            let rounds = now.since(link.since).as_nanos() / every + 1;
            self.resend_at = link.since.saturating_add(SimSpan::from_nanos(every).saturating_mul(rounds));
        }
    }

    /// Puts wants up for sending again when their time has come; true if a message is to leave now.
    pub(super) fn resend(&mut self, config: &BitswapConfig, now: SimTime) -> bool {
        if self.resend_at > now {
            return false;
        }
        if self.wants.is_empty() {
            self.resend_at = SimTime::NEVER;
            return false;
        }
        self.resend_at += resend_interval(config.resend);
        for want in &mut self.wants {
            want.own.refresh(config.resend, now);
            want.broadcast.refresh(config.resend, now);
        }
        self.wants.iter().any(|want| want.own.pending.is_some() || want.broadcast.pending.is_some())
    }

    /// The peer answered about these blocks: measures the oldest want among them.
    pub(super) fn answered(&mut self, config: &BitswapConfig, now: SimTime, blocks: &[BlockId]) {
        let mut earliest = SimTime::NEVER;
        for &block in blocks {
            let Some(index) = self.find(block) else { continue };
            let want = &mut self.wants[index];
            for list in [&mut want.broadcast, &mut want.own] {
                let at = std::mem::replace(&mut list.sent_at, SimTime::NEVER);
                if at != SimTime::NEVER && now.since(at) < config.max_valid_latency {
                    earliest = earliest.min(at);
                }
            }
        }
        if earliest != SimTime::NEVER {
            self.patience.learn(config, now.since(earliest));
        }
    }

    /// Appends the blocks whose answers are overdue.
    pub(super) fn take_overdue(&mut self, now: SimTime, overdue: &mut Vec<BlockId>) {
        while let Some((block, since)) = self.first_waiting() {
            if now.since(since) < self.patience.timeout {
                return;
            }
            self.waiting.pop_front();
            let index = self.find(block).expect("a running time-out belongs to a want");
            self.wants[index].waiting_since = SimTime::NEVER;
            overdue.push(block);
        }
    }

    /// When this queue wants to be looked at.
    pub(super) fn deadline(&mut self) -> SimTime {
        let timeout = self.first_waiting().map_or(SimTime::NEVER, |(_, since)| since + self.patience.timeout);
        self.send_at.min(self.resend_at).min(timeout)
    }

    /// The oldest time-out that still runs.
    fn first_waiting(&mut self) -> Option<(BlockId, SimTime)> {
        while let Some(&(block, since)) = self.waiting.front() {
            if self.find(block).is_some_and(|index| self.wants[index].waiting_since == since) {
                return Some((block, since));
            }
            self.waiting.pop_front();
        }
        None
    }

    fn pending(&self) -> usize {
        let own = self.wants.iter().filter(|want| want.own.pending.is_some()).count();
        let broadcast = self.wants.iter().filter(|want| want.broadcast.pending.is_some()).count();
        own + broadcast + self.cancels.len()
    }

    fn next_priority(&mut self) -> i32 {
        let priority = self.priority;
        self.priority = if priority > 1 { priority - 1 } else { i32::MAX };
        priority
    }

    fn uncancel(&mut self, block: BlockId) {
        if let Ok(index) = self.cancels.binary_search_by_key(&block, |cancel| cancel.0) {
            self.cancels.remove(index);
        }
    }

    fn find(&self, block: BlockId) -> Option<usize> {
        self.wants.binary_search_by_key(&block, |want| want.block).ok()
    }

    fn entry(&mut self, block: BlockId, session: SessionId) -> &mut Want {
        let index = match self.wants.binary_search_by_key(&block, |want| want.block) {
            Ok(index) => index,
            Err(index) => {
                let want = Want {
                    block,
                    session,
                    asked: None,
                    own: Listed::NOTHING,
                    broadcast: Listed::NOTHING,
                    waiting_since: SimTime::NEVER,
                };
                self.wants.insert(index, want);
                index
            }
        };
        self.wants[index].session = session;
        &mut self.wants[index]
    }
}

/// What a queue has to know about its connection.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Link {
    /// When the peer connected.
    pub(super) since: SimTime,
    /// Round trip to the peer.
    pub(super) rtt: SimSpan,
    /// Connected peers of the node.
    pub(super) peers: u32,
}

fn resend_interval(rule: Resend) -> SimSpan {
    match rule {
        Resend::AllOpen { every } | Resend::Unanswered { every, .. } => every,
    }
}

/// The entry of a message for a want with something pending; the want-block wins over the want-have.
fn merged_entry(want: &Want) -> Option<Entry> {
    let (own, broadcast) = (want.own.pending, want.broadcast.pending);
    let kind = own.or(broadcast)?;
    let priority = if own.is_some() { want.own.priority } else { want.broadcast.priority };
    Some(Entry { block: want.block, priority, kind, send_dont_have: own.is_some() })
}
