//! Keeping a routing table fresh by draws, when it is used ([`RefreshFidelity::Lazy`]).
//!
//! A refresh every ten minutes on every server costs some 200 messages each time, used or not. Here a
//! table is brought up to date when somebody uses it, to what the refreshes since its last use
//! would have left:
//!
//! ```text
//! ticks    start of the session, then every interval. The own-key walk runs at each; a bucket is walked at
//!          every second one, because at the tick after its walk it is some seconds short of an interval
//!          old, and go-libp2p skips it
//! near     the own-key walk asks the alpha closest at once: the last buckets that hold no more in all
//! drop     a near peer that was off-line at the last tick; another one that was off-line at the last walk and
//!          has been noticed: at each walk since it left it was asked with probability alpha / k, and it is
//!          found out at the latest when its grace period is over
//! fill     free places of each bucket by servers of its key range that were on-line at the last tick, drawn
//!          uniformly without repetition; all of them if they fit (who joins asks its neighbours, who then
//!          know it)
//! ```
//!
//! A bucket is a contiguous range of the key space, so all servers sorted by key ([`ServerIndex`]) give
//! its candidates. Draws are keyed by the node, the number of the tick and the bucket (or the peer): a
//! table does not depend on who else used which table when.
//!
//! What this assumes:
//! - that refresh walks find any on-line server of a range equally often (real ones find servers that
//!   many know a bit more often, and distant newcomers a little later);
//! - that a peer which left and came back between two uses was kept;
//! - that the chance alpha / k, from which go-libp2p derives its grace period, holds for each walk;
//! - that the messages of refreshes do not matter for anybody else's links.
//!
//! `models/tests/dht_fidelity.rs` compares lookups under churn with [`RefreshFidelity::Full`].
//!
//! Foreground lookups teach the table as always: answers enter peers, failures remove them.
//!
//! [`RefreshFidelity::Full`]: super::RefreshFidelity::Full
//! [`RefreshFidelity::Lazy`]: super::RefreshFidelity::Lazy

use std::ops::Range;

use sim_core::dist::below;
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::time::{SimSpan, SimTime};

use super::DhtConfig;
use super::kbucket::RoutingTable;
use super::key::Key;
use crate::ids::NodeId;

const FILL: Domain = Domain::new("dht/lazy-fill");
const NOTICE: Domain = Domain::new("dht/lazy-notice");

/// Ticks from one walk of a bucket to the next. Source: libp2p/go-libp2p-kad-dht:
/// `rtrefresh/rt_refresh_manager.go` (a bucket must be more than an interval old).
const WALKED_EVERY: u64 = 2;

/// All servers that ever exist in the run, on-line or not, sorted by key.
#[derive(Clone, Debug, Default)]
pub struct ServerIndex {
    servers: Vec<NodeId>,
    /// Beside `servers`: the first 64 bits of the keys, to search without touching the keys.
    prefixes: Vec<u64>,
}

impl ServerIndex {
    /// The index of these servers.
    pub fn new(servers: impl IntoIterator<Item = NodeId>, keys: &[Key]) -> Self {
        let mut servers: Vec<NodeId> = servers.into_iter().collect();
        servers.sort_unstable_by_key(|s| keys[s.index()]);
        servers.dedup();
        let prefixes = servers.iter().map(|s| keys[s.index()].prefix()).collect();
        ServerIndex { servers, prefixes }
    }

    /// The servers in order of their keys.
    pub fn servers(&self) -> &[NodeId] {
        &self.servers
    }

    /// The `n` servers closest to `target` that satisfy `filter`, closest first: the truth that lookups approach.
    pub fn closest(
        &self,
        target: &Key,
        n: usize,
        keys: &[Key],
        mut filter: impl FnMut(NodeId) -> bool,
    ) -> Vec<NodeId> {
        let mut all: Vec<NodeId> = self.servers.iter().copied().filter(|s| filter(*s)).collect();
        all.sort_unstable_by(|a, b| target.closer(&keys[a.index()], &keys[b.index()]));
        all.truncate(n);
        all
    }

    /// Splits the places `within`, whose keys all share `bit` leading bits with `key`, by the next bit:
    /// the half of `key`, and the other one.
    fn split(&self, within: Range<usize>, key: &Key, bit: usize) -> (Range<usize>, Range<usize>) {
        let mask = 1u64 << (63 - bit);
        let upper = self.prefixes[within.clone()].partition_point(|p| p & mask == 0);
        let middle = within.start + upper;
        let (low, high) = (within.start..middle, middle..within.end);
        if key.prefix() & mask == 0 { (low, high) } else { (high, low) }
    }
}

/// Up to which refresh a table has been brought; one per node.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct LazyState {
    /// Start of the session and number of the last tick applied.
    applied: Option<(SimTime, u64)>,
}

/// What bringing tables up to date needs; the same for all nodes of a run.
#[derive(Clone, Copy, Debug)]
pub struct LazyRefresh<'a> {
    index: &'a ServerIndex,
    keys: &'a [Key],
    draws: &'a Draws,
    interval: SimSpan,
    /// Chance of being asked in a walk, of 2^32.
    asked: u64,
    /// Walks of a bucket within the grace period: the one after them is sure to find a peer gone.
    walks_max: u64,
    /// Peers closest to the node that the own-key walk is sure to ask.
    near: usize,
}

/// The node and session that a table is brought up to date for.
#[derive(Clone, Copy, Debug)]
struct Session {
    entity: Entity,
    since: SimTime,
}

impl Session {
    fn at(&self, tick: u64, interval: SimSpan) -> SimTime {
        self.since + interval.saturating_mul(tick)
    }
}

impl<'a> LazyRefresh<'a> {
    /// For all nodes of a run.
    pub fn new(index: &'a ServerIndex, keys: &'a [Key], draws: &'a Draws, config: &DhtConfig) -> Self {
        let between = WALKED_EVERY * config.refresh_interval.as_nanos();
        let walks_max = config.grace_period().as_nanos() / between;
        let asked = (u64::from(config.alpha.min(config.k)) << 32) / u64::from(config.k);
        LazyRefresh {
            index,
            keys,
            draws,
            interval: config.refresh_interval,
            asked,
            walks_max,
            near: usize::from(config.alpha.min(config.k)),
        }
    }

    /// Brings the table of a node, on-line since `since`, to its last refresh before `now`; the first
    /// use in a session empties and fills it. Cheap when there was no refresh since the last use.
    ///
    /// `entity` is the node's stable name for draws. `was_online(server, at)` must know the past up to
    /// `now`; it is asked about instants from `since` (and a few intervals before the last use) on.
    pub fn bring_up_to_date(
        &self,
        table: &mut RoutingTable,
        state: &mut LazyState,
        entity: Entity,
        since: SimTime,
        now: SimTime,
        mut was_online: impl FnMut(NodeId, SimTime) -> bool,
    ) {
        let tick = now.since(since).as_nanos() / self.interval.as_nanos();
        let applied = match state.applied {
            Some((session, applied)) if session == since => Some(applied),
            _ => None,
        };
        if applied.is_some_and(|applied| applied >= tick) {
            return;
        }
        state.applied = Some((since, tick));
        if applied.is_none() {
            table.clear();
        }
        let walk = tick - tick % WALKED_EVERY;
        let is_walked = applied.is_none_or(|applied| applied < walk);
        self.refresh(table, Session { entity, since }, (tick, walk), is_walked, &mut was_online);
    }

    /// Fills a server's table for a world that starts in steady state: every bucket from the servers of
    /// its range that are on-line at the start of the run. Its session counts as begun then
    /// (`since` is [`SimTime::ZERO`] in later calls).
    pub fn bootstrap(
        &self,
        table: &mut RoutingTable,
        state: &mut LazyState,
        entity: Entity,
        mut is_online: impl FnMut(NodeId) -> bool,
    ) {
        *state = LazyState::default();
        let start = SimTime::ZERO;
        self.bring_up_to_date(table, state, entity, start, start, |n, _| is_online(n));
    }

    /// Applies the own-key walk of `tick` to the near buckets, and to the others, if `is_walked`, their
    /// walks at tick `walk`.
    fn refresh(
        &self,
        table: &mut RoutingTable,
        session: Session,
        (tick, walk): (u64, u64),
        is_walked: bool,
        was_online: &mut impl FnMut(NodeId, SimTime) -> bool,
    ) {
        let own = table.own();
        let own_key = self.keys[own.index()];
        let mut own_half = 0..self.index.servers.len();
        let mut beyond = table.len();
        let is_alone = |half: &Range<usize>| half.len() == 1 && self.index.servers[half.start] == own;
        for cpl in 0..64 {
            if own_half.is_empty() || is_alone(&own_half) {
                break;
            }
            let (same, other) = self.index.split(own_half, &own_key, cpl);
            own_half = same;
            // What this bucket and those closer to the node hold.
            let is_near = beyond <= self.near;
            beyond -= table.bucket(cpl).len();
            if is_near {
                let at = session.at(tick, self.interval);
                table.retain_bucket(cpl, |p| was_online(p, at));
            } else if is_walked {
                table.retain_bucket(cpl, |p| !self.is_noticed(p, session, walk, was_online));
            }
            if table.bucket(cpl).len() < table.k() {
                let at = session.at(tick, self.interval);
                self.fill(table, cpl, &self.index.servers[other], session.entity, at, was_online);
            }
        }
    }

    /// Whether the walks up to tick `tick` have found out that `peer`, off-line then, is gone.
    fn is_noticed(
        &self,
        peer: NodeId,
        session: Session,
        tick: u64,
        was_online: &mut impl FnMut(NodeId, SimTime) -> bool,
    ) -> bool {
        let pair = Entity(session.entity.0 ^ self.keys[peer.index()].prefix());
        for walk in 0..=self.walks_max {
            let Some(tick) = tick.checked_sub(WALKED_EVERY * walk) else {
                return false;
            };
            let at = session.at(tick, self.interval);
            if was_online(peer, at) {
                return false;
            }
            let number = at.as_nanos() / self.interval.as_nanos();
            if self.draws.word(NOTICE, pair, number) >> 32 < self.asked {
                return true;
            }
        }
        true
    }

    /// Fills the free places of a bucket from `members`, the servers of its range.
    fn fill(
        &self,
        table: &mut RoutingTable,
        cpl: usize,
        members: &[NodeId],
        entity: Entity,
        at: SimTime,
        was_online: &mut impl FnMut(NodeId, SimTime) -> bool,
    ) {
        let number = at.as_nanos() / self.interval.as_nanos();
        let mut draw = self.draws.at(FILL, entity.member(cpl as u64), number);
        let own = table.own();
        // In a long range a few throws find enough; what they leave open is found by going through all.
        if members.len() > 8 * table.k() {
            for _ in 0..4 * table.k() {
                if table.bucket(cpl).len() == table.k() {
                    return;
                }
                let server = members[below(&mut draw, members.len() as u64) as usize];
                if server != own && was_online(server, at) {
                    table.insert(server, self.keys, at, false);
                }
            }
        }
        let is_candidate = |s: &NodeId| *s != own && was_online(*s, at) && !table.bucket(cpl).contains(s);
        let mut candidates: Vec<NodeId> = members.iter().copied().filter(is_candidate).collect();
        let free = table.k() - table.bucket(cpl).len();
        for i in 0..free.min(candidates.len()) {
            if candidates.len() > free {
                let left = (candidates.len() - i) as u64;
                candidates.swap(i, i + below(&mut draw, left) as usize);
            }
            table.insert(candidates[i], self.keys, at, false);
        }
    }
}
