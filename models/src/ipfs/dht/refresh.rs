//! Keeping a routing table fresh, message by message ([`RefreshFidelity::Full`]).
//!
//! ```text
//! start ─> walks for all buckets          every 10 min ─> ping the overdue ─> walks that are due
//! walks: own key first, then bucket 0, 1, ... up to the longest common prefix in the table (at most 15);
//!        one at a time, each cut off after 10 s; a bucket that any completed walk touched within the
//!        last 10 min is skipped; at an empty bucket i, only buckets up to 2 (i + 1) follow
//! ```
//!
//! The first filling of an empty table ends a minute after the second refresh: until then its peers may
//! be replaced ([`Refresher::is_filling`]). A table of ten peers or fewer is refreshed whenever it changes, and every
//! two minutes; an empty one asks for bootstrap peers.
//!
//! What walks teach the table (answers enter peers, failures remove them) is the caller's to apply, as for any lookup.
//!
//! Source: libp2p/go-libp2p-kad-dht: `rtrefresh/rt_refresh_manager.go`, `dht.go`;
//! libp2p/go-libp2p-kbucket: `table_refresh.go`.
//!
//! [`RefreshFidelity::Full`]: super::RefreshFidelity::Full

use sim_core::draws::{Domain, Draws, Entity};
use sim_core::time::{SimSpan, SimTime};

use super::DhtConfig;
use super::kbucket::RoutingTable;
use super::key::Key;
use crate::ids::NodeId;

const TARGET: Domain = Domain::new("dht/refresh-target");

/// Longest common prefix that is refreshed. Source: libp2p/go-libp2p-kbucket: `util.go`.
const CPL_MAX: usize = 15;
/// A refresh walk is cut off after this long. Source: `internal/config/config.go`.
const WALK_TIMEOUT: SimSpan = SimSpan::from_secs(10);
/// From the second refresh to the end of the first filling. Source: `dht.go`.
const FREEZE_DELAY: SimSpan = SimSpan::from_mins(1);
/// A table of that many peers or fewer is low. Source: `dht.go`.
const LOW_PEERS: usize = 10;
/// How often a low table is looked after. Source: `dht.go`.
const LOW_CHECK: SimSpan = SimSpan::from_mins(2);

/// What refreshing wants done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum RefreshWish {
    /// Ask this peer for itself (dial 10 s in all); report with [`Refresher::pinged`], and remove it
    /// from the table first if it failed.
    Ping(NodeId),
    /// Run a `LookupKind::Closest` and cancel it at `until`; report with [`Refresher::walk_done`].
    StartWalk {
        /// The key to walk towards.
        target: Key,
        /// When to cut it off.
        until: SimTime,
    },
    /// The table is empty: dial two of the bootstrap peers and enter who answers.
    Bootstrap,
    /// The first filling is over: freeze the table.
    Freeze,
    /// Call [`Refresher::tick`] then; the latest wish counts.
    WakeAt(SimTime),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
enum Step {
    Idle,
    Pinging {
        open: u16,
    },
    OwnKey {
        forced: bool,
    },
    /// Walking for bucket `cpl`, with `last` the last one to do; `gap` once an empty one was met.
    Bucket {
        cpl: usize,
        last: usize,
        forced: bool,
        gap: bool,
    },
}

/// What a step may look at.
#[derive(Clone, Copy, Debug)]
pub struct RefreshView<'a> {
    /// The node's table as it is now.
    pub table: &'a RoutingTable,
    /// Keys of all nodes.
    pub keys: &'a [Key],
    /// Draws of the run.
    pub draws: &'a Draws,
}

/// The refreshes of one node.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Refresher {
    entity: Entity,
    interval: SimSpan,
    grace: SimSpan,
    step: Step,
    /// When a completed walk last touched each prefix length.
    touched: Vec<SimTime>,
    next: SimTime,
    low_check: SimTime,
    freeze_at: SimTime,
    /// Refreshes begun, for ever: the counter of draws.
    number: u64,
    filling: bool,
    /// Refreshes completed since the table was last empty.
    completed: u32,
}

impl Refresher {
    /// A machine at rest. `entity` is the node's stable name for draws.
    pub fn new(entity: Entity, config: &DhtConfig) -> Self {
        Refresher {
            entity,
            interval: config.refresh_interval,
            grace: config.grace_period(),
            step: Step::Idle,
            touched: vec![SimTime::ZERO; CPL_MAX + 1],
            next: SimTime::NEVER,
            low_check: SimTime::NEVER,
            freeze_at: SimTime::NEVER,
            number: 0,
            filling: false,
            completed: 0,
        }
    }

    /// The node came on-line: a refresh of everything begins.
    pub fn start(&mut self, now: SimTime, view: RefreshView<'_>, out: &mut Vec<RefreshWish>) {
        self.next = now + self.interval;
        self.low_check = now + LOW_CHECK;
        self.freeze_at = SimTime::NEVER;
        (self.filling, self.completed) = (false, 0);
        self.touched.fill(SimTime::ZERO);
        if view.table.is_empty() {
            out.push(RefreshWish::Bootstrap);
        }
        self.walk_own_key(true, now, view, out);
        self.wake(out);
    }

    /// Joins the rhythm of a world in steady state without the first refresh: next one at `next`.
    pub fn join(&mut self, next: SimTime, out: &mut Vec<RefreshWish>) {
        self.next = next;
        self.low_check = next;
        self.step = Step::Idle;
        self.wake(out);
    }

    /// The node went off-line: nothing is under way any more.
    pub fn stop(&mut self) {
        (self.next, self.low_check, self.freeze_at) = (SimTime::NEVER, SimTime::NEVER, SimTime::NEVER);
        self.step = Step::Idle;
    }

    /// The time asked for has come. Too early or too often does no harm.
    pub fn tick(&mut self, now: SimTime, view: RefreshView<'_>, out: &mut Vec<RefreshWish>) {
        if now >= self.freeze_at {
            (self.freeze_at, self.filling) = (SimTime::NEVER, false);
            out.push(RefreshWish::Freeze);
        }
        if now >= self.low_check && self.low_check != SimTime::NEVER {
            self.low_check = now + LOW_CHECK;
            self.table_changed(now, view, out);
        }
        if now >= self.next && self.step == Step::Idle {
            while self.next <= now {
                self.next += self.interval;
            }
            self.begin(now, view, out);
        }
        self.wake(out);
    }

    /// The table gained or lost a peer: a low table is refreshed at once, if no refresh is under way.
    pub fn table_changed(&mut self, now: SimTime, view: RefreshView<'_>, out: &mut Vec<RefreshWish>) {
        if view.table.len() > LOW_PEERS || self.next == SimTime::NEVER {
            return;
        }
        if view.table.is_empty() {
            out.push(RefreshWish::Bootstrap);
        } else if self.step == Step::Idle {
            self.begin(now, view, out);
        }
    }

    /// A pinged peer answered or failed.
    pub fn pinged(&mut self, now: SimTime, view: RefreshView<'_>, out: &mut Vec<RefreshWish>) {
        let Step::Pinging { open } = &mut self.step else {
            return;
        };
        *open -= 1;
        if *open == 0 {
            self.walk_own_key(false, now, view, out);
        }
    }

    /// The walk ended, by itself (`completed`) or cut off.
    pub fn walk_done(
        &mut self,
        completed: bool,
        now: SimTime,
        view: RefreshView<'_>,
        out: &mut Vec<RefreshWish>,
    ) {
        match self.step {
            Step::Idle | Step::Pinging { .. } => {}
            Step::OwnKey { forced } => {
                let last = view.table.max_common_prefix().unwrap_or(0).min(CPL_MAX);
                self.walk_bucket(0, last, forced, false, now, view, out);
            }
            Step::Bucket { cpl, last, forced, gap } => {
                if completed {
                    self.touched[cpl] = now;
                }
                self.after_bucket(cpl, last, forced, gap, now, view, out);
            }
        }
    }

    /// Another completed lookup of the node (for publishing or finding) went to `target`: the bucket
    /// that it touched needs no refresh for an interval.
    pub fn note_lookup(&mut self, target: &Key, own: NodeId, keys: &[Key], now: SimTime) {
        let cpl = keys[own.index()].common_prefix_len(target) as usize;
        if cpl <= CPL_MAX {
            self.touched[cpl] = now;
        }
    }

    /// Whether a peer that enters the table now may be replaced later; `table` is as it is before.
    pub fn is_filling(&mut self, table: &RoutingTable) -> bool {
        if table.is_empty() {
            (self.filling, self.completed, self.freeze_at) = (true, 0, SimTime::NEVER);
        }
        self.filling
    }

    fn wake(&self, out: &mut Vec<RefreshWish>) {
        let at = self.next.min(self.low_check).min(self.freeze_at);
        if at != SimTime::NEVER {
            out.push(RefreshWish::WakeAt(at));
        }
    }

    fn begin(&mut self, now: SimTime, view: RefreshView<'_>, out: &mut Vec<RefreshWish>) {
        let mut late = Vec::new();
        view.table.overdue(now, self.grace, &mut late);
        if late.is_empty() {
            return self.walk_own_key(false, now, view, out);
        }
        self.step = Step::Pinging { open: late.len() as u16 };
        out.extend(late.into_iter().map(RefreshWish::Ping));
    }

    fn walk_own_key(
        &mut self,
        forced: bool,
        now: SimTime,
        view: RefreshView<'_>,
        out: &mut Vec<RefreshWish>,
    ) {
        self.number += 1;
        self.step = Step::OwnKey { forced };
        let target = view.keys[view.table.own().index()];
        out.push(RefreshWish::StartWalk { target, until: now + WALK_TIMEOUT });
    }

    /// Starts the walk of the first bucket from `cpl` on that is due; ends the refresh if there is none.
    #[expect(clippy::too_many_arguments, reason = "the four that describe the step live and die together")]
    fn walk_bucket(
        &mut self,
        cpl: usize,
        last: usize,
        forced: bool,
        gap: bool,
        now: SimTime,
        view: RefreshView<'_>,
        out: &mut Vec<RefreshWish>,
    ) {
        if cpl > last {
            return self.finish(gap, now, out);
        }
        if !forced && self.touched[cpl] != SimTime::ZERO && now.since(self.touched[cpl]) <= self.interval {
            return self.after_bucket(cpl, last, forced, gap, now, view, out);
        }
        self.step = Step::Bucket { cpl, last, forced, gap };
        let mut draw = view.draws.at(TARGET, self.entity.member(cpl as u64), self.number);
        let random = [draw.next_u64(), draw.next_u64(), draw.next_u64(), draw.next_u64()];
        let target = view.keys[view.table.own().index()].with_common_prefix(cpl as u32, random);
        out.push(RefreshWish::StartWalk { target, until: now + WALK_TIMEOUT });
    }

    #[expect(clippy::too_many_arguments, reason = "the four that describe the step live and die together")]
    fn after_bucket(
        &mut self,
        cpl: usize,
        last: usize,
        forced: bool,
        gap: bool,
        now: SimTime,
        view: RefreshView<'_>,
        out: &mut Vec<RefreshWish>,
    ) {
        if gap || !view.table.bucket(cpl).is_empty() {
            return self.walk_bucket(cpl + 1, last, forced, gap, now, view, out);
        }
        self.walk_bucket(cpl + 1, last.min(2 * (cpl + 1)), forced, true, now, view, out);
    }

    /// A refresh that met a gap does not count towards the end of the first filling.
    fn finish(&mut self, gap: bool, now: SimTime, out: &mut Vec<RefreshWish>) {
        self.step = Step::Idle;
        if gap || !self.filling {
            return;
        }
        self.completed += 1;
        match self.completed {
            // A second refresh follows at once.
            1 => self.next = now,
            2 => self.freeze_at = now + FREEZE_DELAY,
            _ => return,
        }
        self.wake(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> SimTime {
        SimTime::ZERO + SimSpan::from_secs(secs)
    }

    /// Runs a refresh whose walks all complete at once; the common prefixes of the targets in order.
    fn run(r: &mut Refresher, now: SimTime, view: RefreshView<'_>, out: &mut Vec<RefreshWish>) -> Vec<u32> {
        let mut lengths = Vec::new();
        let mut i = 0;
        while i < out.len() {
            if let RefreshWish::StartWalk { target, .. } = out[i] {
                lengths.push(view.keys[0].common_prefix_len(&target));
                r.walk_done(true, now, view, out);
            }
            i += 1;
        }
        out.clear();
        lengths
    }

    fn keys_of_prefixes(lengths: &[u32]) -> Vec<Key> {
        let own = Key::from_preimage(b"own");
        let others = lengths.iter().enumerate();
        let others = others.map(|(i, &len)| own.with_common_prefix(len, Key::from_preimage(&[i as u8]).0));
        std::iter::once(own).chain(others).collect()
    }

    fn table_of(keys: &[Key]) -> RoutingTable {
        let mut table = RoutingTable::new(NodeId(0), 20);
        for i in 1..keys.len() {
            table.insert(NodeId(i as u32), keys, SimTime::ZERO, false);
        }
        table
    }

    #[test]
    fn a_refresh_walks_to_the_own_key_and_then_to_every_bucket_that_is_due() {
        let keys = keys_of_prefixes(&[0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3]);
        let table = table_of(&keys);
        let draws = Draws::new(1, 0);
        let view = RefreshView { table: &table, keys: &keys, draws: &draws };
        let (mut r, mut out) = (Refresher::new(Entity(1), &DhtConfig::default()), Vec::new());
        r.start(at(1), view, &mut out);
        assert_eq!(run(&mut r, at(2), view, &mut out), [256, 0, 1, 2, 3]);
        r.note_lookup(&keys[1], NodeId(0), &keys, at(100));
        r.tick(at(601), view, &mut out);
        assert_eq!(run(&mut r, at(603), view, &mut out), [256, 1, 2, 3], "bucket 0 was touched meanwhile");
    }

    #[test]
    fn a_gap_in_the_table_ends_the_refresh_early() {
        let keys = keys_of_prefixes(&[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 14]);
        let table = table_of(&keys);
        let draws = Draws::new(1, 0);
        let view = RefreshView { table: &table, keys: &keys, draws: &draws };
        let (mut r, mut out) = (Refresher::new(Entity(1), &DhtConfig::default()), Vec::new());
        r.start(at(1), view, &mut out);
        assert_eq!(run(&mut r, at(2), view, &mut out), [256, 0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn peers_not_heard_of_for_the_grace_period_are_pinged_before_the_walks() {
        let keys = keys_of_prefixes(&[0; 12]);
        let table = table_of(&keys);
        let draws = Draws::new(1, 0);
        let view = RefreshView { table: &table, keys: &keys, draws: &draws };
        let (mut r, mut out) = (Refresher::new(Entity(1), &DhtConfig::default()), Vec::new());
        r.join(at(3000), &mut out);
        out.clear();
        r.tick(at(3000), view, &mut out);
        let pings = out.iter().filter(|w| matches!(w, RefreshWish::Ping(_))).count();
        assert_eq!(pings, 12);
        out.clear();
        (0..12).for_each(|_| r.pinged(at(3001), view, &mut out));
        assert_eq!(run(&mut r, at(3001), view, &mut out), [256, 0]);
    }
}
