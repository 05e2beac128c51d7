//! The iterative lookup: a walk towards a key, asking ever closer peers.
//!
//! ```text
//!            ┌── answered: merge the closer peers ──┐
//!  seeds ──> Walk ── asks the closest unasked, ≤ α in flight
//!            └── the β closest not failed have all answered, or nobody is left ──> FollowUp
//!  FollowUp ── asks at once all unasked of the k closest not failed ── all have replied ──> Done
//!  Providers lookups stop anywhere as soon as the wanted number of providers is known.
//! ```
//!
//! The result of a [`LookupKind::Closest`] is the k closest peers not known to have failed *when the
//! walk ended*: a peer that fails only in the follow-up stays in it, so that a publisher sends it a
//! record in vain. Closer peers that a follow-up answer names are not used. Both as in go-libp2p.
//!
//! One thing differs: at the end of the walk go-libp2p drops the dials that are under way (their RPCs
//! it awaits) and the follow-up then asks such a peer a second time. Here a question under way to one
//! of the k closest counts as its follow-up question, and one to another peer is let go: its outcome
//! is [`Standing::Late`]. So a peer is asked at most once a lookup, and "every RPC has exactly one
//! outcome" holds.
//!
//! The machine holds no clock: a question that goes unanswered is [`Lookup::failed`] when the caller
//! says so. It keeps its buffers between uses ([`Lookup::start`] again), and a step allocates nothing
//! once they have grown.
//!
//! Left out: the limit of closer peers per IP group; a cap on how long a lookup may take (callers cancel).
//!
//! Sources: libp2p/go-libp2p-kad-dht: `query.go`, `lookup.go`, `routing.go`, `qpeerset/`;
//! Maymounkov & Mazières 2002, §2.3.

use super::candidates::{Candidate, Candidates, PeerState};
use super::key::Key;
use crate::ids::NodeId;

/// What a lookup is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum LookupKind {
    /// The k closest peers: for publishing and for refreshing the table. Asks FIND_NODE.
    Closest,
    /// Providers of the block whose key is the target. Asks GET_PROVIDERS.
    Providers {
        /// Stop at this many distinct providers (Bitswap asks for 10); 0 finds all that a full walk finds.
        wanted: u32,
    },
}

/// The three numbers of a lookup. Source: libp2p/go-libp2p-kad-dht: `amino/defaults.go`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct LookupConfig {
    /// Peers in the result, and seeds at the start. Unit: peers. Default 20. Bounds 1..=100.
    pub k: u16,
    /// Questions in flight during the walk. Unit: questions. Default 10. Bounds 1..=100.
    pub alpha: u16,
    /// Closest peers that must have answered for the walk to end. Unit: peers. Default 3. Bounds 1..=k.
    pub beta: u16,
}

impl Default for LookupConfig {
    fn default() -> Self {
        LookupConfig { k: 20, alpha: 10, beta: 3 }
    }
}

/// What to look up, and from where.
#[derive(Clone, Copy, Debug)]
pub struct LookupRequest<'a> {
    /// What it is for.
    pub kind: LookupKind,
    /// The key to walk towards.
    pub target: Key,
    /// The node that looks; it never asks itself.
    pub own: NodeId,
    /// The k peers of its routing table closest to the target, in any order.
    pub seeds: &'a [NodeId],
    /// Providers that its own record store knows, reported first; they may suffice.
    pub known: &'a [NodeId],
}

/// What a lookup wants done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum LookupWish {
    /// Ask this peer about the target (dial it first if need be); report the one outcome.
    Ask(NodeId),
    /// This node provides the block. Each provider comes once, as soon as it is known.
    ProviderFound(NodeId),
    /// The lookup is over. Nothing follows.
    Done(LookupEnd),
}

/// How a lookup ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum LookupEnd {
    /// The walk reached its end, and the k closest have replied. Counts as a refresh of the bucket.
    Completed,
    /// The wanted number of providers was found first.
    Satisfied,
    /// There was nobody to ask.
    NoSeeds,
}

/// What the outcome of a question meant; tells the caller how to treat its routing table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Standing {
    /// Part of the walk. An answer enters the peer in the table, a failure removes it.
    Walk,
    /// Part of the follow-up. An answer enters the peer in the table, a failure changes nothing.
    FollowUp,
    /// The lookup had let go of the question. As for a follow-up.
    Late,
}

/// Counts of one lookup.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct LookupStats {
    /// Questions sent.
    pub asked: u32,
    /// Answers received, late ones not counted.
    pub answered: u32,
    /// Questions that failed, late ones not counted.
    pub failed: u32,
    /// Longest chain of questions: 1 when only seeds were asked.
    pub depth_max: u8,
    /// Length of the chain of questions that names the first provider; 0 if none was found by asking.
    pub hops_to_provider: u8,
    /// Length of the chain of questions that ends at the closest peer of the result; 0 if it is empty.
    pub hops_to_closest: u8,
    /// Questions asked when the walk ended.
    pub asked_in_walk: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
enum Phase {
    Walk,
    FollowUp,
    Done,
}

/// One lookup at a time; start it again when it is done.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Lookup {
    config: LookupConfig,
    kind: LookupKind,
    target: Key,
    own: NodeId,
    phase: Phase,
    candidates: Candidates,
    in_flight: u32,
    /// The k closest not failed at the end of the walk, closest first.
    closest: Vec<NodeId>,
    /// Sorted by id.
    providers: Vec<NodeId>,
    stats: LookupStats,
}

impl Lookup {
    /// A machine without a lookup. Allocates nothing yet.
    pub fn new(config: LookupConfig) -> Self {
        Lookup {
            config,
            kind: LookupKind::Closest,
            target: Key::default(),
            own: NodeId(u32::MAX),
            phase: Phase::Done,
            candidates: Candidates::default(),
            in_flight: 0,
            closest: Vec::new(),
            providers: Vec::new(),
            stats: LookupStats::default(),
        }
    }

    /// Asks for its candidates before they are needed.
    pub fn prefetch(&self) {
        self.candidates.prefetch();
    }

    /// Starts a lookup; what was left of the one before is forgotten (its outcomes must not be passed in).
    pub fn start(&mut self, request: LookupRequest<'_>, keys: &[Key], out: &mut Vec<LookupWish>) {
        let LookupRequest { kind, target, own, seeds, known } = request;
        (self.kind, self.target, self.own, self.phase) = (kind, target, own, Phase::Walk);
        (self.in_flight, self.stats) = (0, LookupStats::default());
        self.candidates.restart(target, own);
        self.closest.clear();
        self.providers.clear();
        self.report_providers(known, out);
        if self.is_satisfied() {
            return self.finish(LookupEnd::Satisfied, out);
        }
        self.candidates.hear(seeds, 1, keys);
        if self.candidates.list().is_empty() {
            return self.finish(LookupEnd::NoSeeds, out);
        }
        self.walk_on(out);
    }

    /// `from` answered with closer peers and, for a providers lookup, providers.
    pub fn answered(
        &mut self,
        from: NodeId,
        closer: &[NodeId],
        providers: &[NodeId],
        keys: &[Key],
        out: &mut Vec<LookupWish>,
    ) -> Standing {
        let Some((phase, i)) = self.settle(from, PeerState::Answered, keys) else {
            return Standing::Late;
        };
        self.stats.answered += 1;
        let depth = self.candidates.list()[i].depth;
        if self.providers.is_empty() && !providers.is_empty() {
            self.stats.hops_to_provider = depth;
        }
        self.report_providers(providers, out);
        if self.is_satisfied() {
            self.finish(LookupEnd::Satisfied, out);
        } else if phase == Phase::Walk {
            let cap = closer.len().min(2 * self.config.k as usize);
            self.candidates.hear(&closer[..cap], depth.saturating_add(1), keys);
            self.walk_on(out);
        } else {
            self.follow_on(out);
        }
        standing(phase)
    }

    /// `from` could not be dialled, or did not answer in time.
    pub fn failed(&mut self, from: NodeId, keys: &[Key], out: &mut Vec<LookupWish>) -> Standing {
        let Some((phase, _)) = self.settle(from, PeerState::Failed, keys) else {
            return Standing::Late;
        };
        self.stats.failed += 1;
        if phase == Phase::Walk {
            self.walk_on(out);
        } else {
            self.follow_on(out);
        }
        standing(phase)
    }

    /// Gives up: outcomes still to come are late. Emits nothing.
    pub fn cancel(&mut self) {
        self.phase = Phase::Done;
    }

    /// Whether the lookup is over (or none was started).
    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// The target of the current or last lookup.
    pub fn target(&self) -> &Key {
        &self.target
    }

    /// What the current or last lookup is for.
    pub fn kind(&self) -> LookupKind {
        self.kind
    }

    /// The k closest peers not failed at the end of the walk, closest first; empty before that.
    pub fn closest(&self) -> &[NodeId] {
        &self.closest
    }

    /// Distinct providers found so far, sorted by id.
    pub fn providers(&self) -> &[NodeId] {
        &self.providers
    }

    /// Counts so far.
    pub fn stats(&self) -> &LookupStats {
        &self.stats
    }

    /// Notes the outcome of a question in flight; none if the lookup is not waiting for this peer.
    fn settle(&mut self, from: NodeId, state: PeerState, keys: &[Key]) -> Option<(Phase, usize)> {
        if self.phase == Phase::Done {
            return None;
        }
        let i = self.candidates.find(from, keys)?;
        if self.candidates.list()[i].state != PeerState::Waiting {
            return None;
        }
        if self.phase == Phase::FollowUp && !self.closest.contains(&from) {
            return None;
        }
        self.candidates.set_state(i, state);
        self.in_flight -= 1;
        Some((self.phase, i))
    }

    fn report_providers(&mut self, providers: &[NodeId], out: &mut Vec<LookupWish>) {
        for &p in providers {
            if self.is_satisfied() {
                return;
            }
            if let Err(at) = self.providers.binary_search(&p) {
                self.providers.insert(at, p);
                out.push(LookupWish::ProviderFound(p));
            }
        }
    }

    fn is_satisfied(&self) -> bool {
        match self.kind {
            LookupKind::Closest | LookupKind::Providers { wanted: 0 } => false,
            LookupKind::Providers { wanted } => self.providers.len() >= wanted as usize,
        }
    }

    /// Ends the walk if it is time, and asks as many more as may be in flight otherwise.
    fn walk_on(&mut self, out: &mut Vec<LookupWish>) {
        if self.has_converged() {
            return self.begin_follow_up(out);
        }
        while self.in_flight < u32::from(self.config.alpha) {
            let Some(i) = self.candidates.next_heard() else {
                break;
            };
            self.ask(i, out);
        }
        if self.in_flight == 0 {
            self.begin_follow_up(out);
        }
    }

    /// Whether the beta closest peers that have not failed have all answered.
    fn has_converged(&self) -> bool {
        let alive = self.candidates.list().iter().filter(|c| c.state != PeerState::Failed);
        let mut closest = alive.take(self.config.beta as usize);
        closest.all(|c| c.state == PeerState::Answered)
    }

    fn ask(&mut self, i: usize, out: &mut Vec<LookupWish>) {
        self.candidates.set_state(i, PeerState::Waiting);
        let candidate = self.candidates.list()[i];
        self.in_flight += 1;
        self.stats.asked += 1;
        self.stats.depth_max = self.stats.depth_max.max(candidate.depth);
        out.push(LookupWish::Ask(candidate.node));
    }

    fn begin_follow_up(&mut self, out: &mut Vec<LookupWish>) {
        self.phase = Phase::FollowUp;
        self.stats.asked_in_walk = self.stats.asked;
        self.in_flight = 0;
        for i in 0..self.candidates.list().len() {
            if self.closest.len() == self.config.k as usize {
                break;
            }
            let Candidate { node, state, depth, .. } = self.candidates.list()[i];
            if state == PeerState::Failed {
                continue;
            }
            if self.closest.is_empty() {
                self.stats.hops_to_closest = depth;
            }
            self.closest.push(node);
            match state {
                PeerState::Heard => self.ask(i, out),
                PeerState::Waiting => self.in_flight += 1,
                PeerState::Answered | PeerState::Failed => {}
            }
        }
        self.follow_on(out);
    }

    fn follow_on(&mut self, out: &mut Vec<LookupWish>) {
        if self.in_flight == 0 {
            self.finish(LookupEnd::Completed, out);
        }
    }

    fn finish(&mut self, end: LookupEnd, out: &mut Vec<LookupWish>) {
        self.phase = Phase::Done;
        out.push(LookupWish::Done(end));
    }
}

fn standing(phase: Phase) -> Standing {
    if phase == Phase::Walk { Standing::Walk } else { Standing::FollowUp }
}
