//! Announcing key by key: a queue of new keys for many workers, and a pass over all keys every 22 h.
//!
//! Source: ipfs/boxo: `provider/reprovider.go`, with the settings of ipfs/kubo: `core/node/provider.go`.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Bound;

use sim_core::time::{SimSpan, SimTime};

use super::slots::{Handle, Slots};
use super::{AnnounceStats, AnnounceWish, Keys, SendId, Settings, WalkId};
use crate::ids::{BlockId, NodeId};

/// Keys of a pass after whose last one the time is written down. Source: ipfs/kubo: `core/node/provider.go`.
const PASS_BATCH: usize = 1_000;

/// A pass that is overdue at the start waits this long. Source: ipfs/boxo: `provider/reprovider.go`.
const START_DELAY: SimSpan = SimSpan::from_mins(1);

/// Why a key is announced; the three have separate workers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
enum Lane {
    /// A root, at once.
    Fast,
    /// From the queue of new keys.
    New,
    /// Part of the pass.
    Pass,
}

/// A key on its way: walking until the records are out, then waiting for the stores.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Job {
    block: BlockId,
    lane: Lane,
    sends_open: u16,
    stored: u16,
}

/// A pass over all keys in progress.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Pass {
    /// The last key started.
    cursor: Option<BlockId>,
    /// Keys started in this batch.
    in_batch: usize,
    /// Keys started and not finished.
    open: usize,
}

/// The classic mode of one node.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Classic {
    settings: Settings,
    is_online: bool,
    keys: BTreeSet<BlockId>,
    queue: VecDeque<BlockId>,
    jobs: Slots<Job>,
    /// A parcel's job.
    sends: Slots<Handle>,
    new_open: usize,
    pass: Option<Pass>,
    /// When the last batch of a pass ended. Written to disk.
    last_pass: Option<SimTime>,
    /// When the next pass is due, while on-line.
    next_pass: SimTime,
    stats: AnnounceStats,
}

impl Classic {
    pub(super) fn new(settings: Settings) -> Self {
        Classic {
            settings,
            is_online: false,
            keys: BTreeSet::new(),
            queue: VecDeque::new(),
            jobs: Slots::new(),
            sends: Slots::new(),
            new_open: 0,
            pass: None,
            last_pass: None,
            next_pass: SimTime::NEVER,
            stats: AnnounceStats::default(),
        }
    }

    pub(super) fn added(
        &mut self,
        block: BlockId,
        is_root: bool,
        now: SimTime,
        keys: Keys<'_>,
        out: &mut Vec<AnnounceWish>,
    ) {
        let is_new = self.keys.insert(block);
        if is_root && self.is_online {
            self.start(block, Lane::Fast, keys, out);
        } else if is_root || is_new {
            self.queue.push_back(block);
            self.work(now, keys, out);
        }
    }

    pub(super) fn removed(&mut self, block: BlockId) {
        self.keys.remove(&block);
    }

    pub(super) fn came_online(&mut self, now: SimTime, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        self.is_online = true;
        let interval = self.settings.interval;
        if interval > SimSpan::ZERO {
            let delayed = now + START_DELAY;
            self.next_pass =
                self.last_pass.map_or(delayed, |last| delayed.max(last.saturating_add(interval)));
            out.push(AnnounceWish::WakeAt(self.next_pass));
        }
        self.work(now, keys, out);
    }

    pub(super) fn went_offline(&mut self) {
        self.is_online = false;
        for job in self.jobs.drain() {
            if job.lane != Lane::Pass {
                self.queue.push_front(job.block);
            }
        }
        self.sends.clear();
        self.new_open = 0;
        self.pass = None;
    }

    pub(super) fn tick(&mut self, now: SimTime, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        if !self.is_online {
            return;
        }
        if now >= self.next_pass && self.pass.is_none() {
            self.pass = Some(Pass { cursor: None, in_batch: 0, open: 0 });
            // A pass longer than the interval is followed by the next one at once, as by a ticker that
            // holds one tick.
            while self.next_pass <= now {
                self.next_pass += self.settings.interval;
            }
            out.push(AnnounceWish::WakeAt(self.next_pass));
        }
        self.work(now, keys, out);
    }

    pub(super) fn walk_done(
        &mut self,
        walk: WalkId,
        closest: &[NodeId],
        now: SimTime,
        keys: Keys<'_>,
        out: &mut Vec<AnnounceWish>,
    ) {
        let Some(job) = self.jobs.get_mut(walk.0) else {
            return;
        };
        job.sends_open = closest.len().min(self.settings.k) as u16;
        for &to in closest.iter().take(self.settings.k) {
            let send = SendId(self.sends.insert(walk.0));
            self.stats.records_sent += 1;
            out.push(AnnounceWish::SendRecords { send, to });
        }
        if closest.is_empty() {
            self.finish(walk.0, now, keys, out);
        }
    }

    pub(super) fn sent(
        &mut self,
        send: SendId,
        ok: bool,
        now: SimTime,
        keys: Keys<'_>,
        out: &mut Vec<AnnounceWish>,
    ) {
        let Some(handle) = self.sends.remove(send.0) else {
            return;
        };
        let job = self.jobs.get_mut(handle).expect("a job waits for its parcels");
        job.sends_open -= 1;
        job.stored += u16::from(ok);
        self.stats.records_stored += u64::from(ok);
        if job.sends_open == 0 {
            self.finish(handle, now, keys, out);
        }
    }

    pub(super) fn records(&self, send: SendId) -> &[BlockId] {
        let job = self.sends.get(send.0).and_then(|h| self.jobs.get(*h));
        job.map_or(&[], |j| std::slice::from_ref(&j.block))
    }

    pub(super) fn keys(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn stats(&self) -> AnnounceStats {
        self.stats
    }

    fn start(&mut self, block: BlockId, lane: Lane, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        let walk = WalkId(self.jobs.insert(Job { block, lane, sends_open: 0, stored: 0 }));
        self.stats.walks += 1;
        out.push(AnnounceWish::StartWalk { walk, target: keys.blocks[block.index()] });
    }

    fn finish(&mut self, handle: Handle, now: SimTime, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        let job = self.jobs.remove(handle).expect("the job is in progress");
        self.stats.unplaced += u64::from(job.stored == 0);
        match job.lane {
            Lane::Pass => {
                self.stats.reprovided += 1;
                self.pass.as_mut().expect("a key of a pass").open -= 1;
            }
            Lane::Fast | Lane::New => {
                self.new_open -= usize::from(job.lane == Lane::New);
                self.stats.provided += 1;
                out.push(AnnounceWish::Announced { block: job.block, stored: job.stored });
            }
        }
        self.work(now, keys, out);
    }

    /// Gives free workers something to do.
    fn work(&mut self, now: SimTime, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        if !self.is_online {
            return;
        }
        while self.new_open < self.settings.workers {
            let Some(block) = self.queue.pop_front() else {
                break;
            };
            if self.keys.contains(&block) {
                self.new_open += 1;
                self.start(block, Lane::New, keys, out);
            }
        }
        self.work_on_pass(now, keys, out);
    }

    fn work_on_pass(&mut self, now: SimTime, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        let Some(mut pass) = self.pass else { return };
        while pass.open < self.settings.reprovide_workers {
            if pass.in_batch == PASS_BATCH {
                if pass.open > 0 {
                    break;
                }
                self.last_pass = Some(now);
                pass.in_batch = 0;
            }
            let after = pass.cursor.map_or(Bound::Unbounded, Bound::Excluded);
            let Some(&block) = self.keys.range((after, Bound::Unbounded)).next() else {
                break;
            };
            (pass.cursor, pass.in_batch, pass.open) = (Some(block), pass.in_batch + 1, pass.open + 1);
            self.start(block, Lane::Pass, keys, out);
        }
        self.pass = Some(pass);
        if pass.open == 0 {
            self.last_pass = Some(now);
            self.pass = None;
            if self.next_pass <= now {
                out.push(AnnounceWish::WakeAt(now));
            }
        }
    }
}
