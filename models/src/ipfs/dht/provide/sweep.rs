//! Announcing region by region: every region of the key space has its hour in the cycle of 22 h.
//!
//! ```text
//! a region's hour = interval x (position of its start) / 2^64 after the start of the cycle; the position is
//!                   the key XOR the node's own, so that nodes sweep in different orders
//! added           -> keystore, schedule, queue of its region    (a root: a walk of its own, at once)
//! region's hour   -> periodic worker (2 kept for this)
//! late region, queued keys -> burst worker (1 kept for this; the other 13 are for both)
//! a job of up to 2 keys: a walk for each; of more: explore the region, cut it, share its keys out
//! a job that reached less than a fifth of its servers is queued again and retried after 5 min
//! ```
//!
//! The length of a first region comes from four walks when the node is first on-line (how many bits the k
//! closest to a random key share), at later starts from the mean of the schedule.
//!
//! Kept over a restart: keys, queue, the start of the cycle, the schedule, and when each region was last
//! announced; regions not announced within the interval are late at the start. Going off-line is always a restart here:
//! the state of a running node that is cut off (keeps its jobs for 2 h) is not modelled.
//!
//! Source: libp2p/go-libp2p-kad-dht: `provider/provider.go`, `provider/options.go`; ipfs/kubo: `config/provide.go`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sim_core::time::{SimSpan, SimTime};

use super::super::key::Key;
use super::job::{Job, Purpose, Worker};
use super::region::{Explorer, Region, Server, share_out};
use super::schedule::{HOUR_BITS, Schedule};
use super::slots::{Handle, Slots};
use super::{AnnounceStats, AnnounceWish, Keys, SendId, Settings, WalkId};
use crate::ids::{BlockId, NodeId};

/// Workers kept for regions whose hour has come.
const PERIODIC_WORKERS: usize = 2;
/// Workers kept for new keys and late regions.
const BURST_WORKERS: usize = 1;
/// Up to this many keys have a walk each.
const FEW_KEYS: usize = 2;
/// Walks that measure the network.
const MEASURE_WALKS: u32 = 4;
/// How long work that failed waits.
const RETRY: SimSpan = SimSpan::from_mins(5);

/// The sweep mode of one node.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Sweep {
    own: NodeId,
    settings: Settings,
    is_online: bool,
    /// Whether the length of regions is known in this session, so that work can begin.
    is_ready: bool,
    /// Every key to announce, by position.
    keys: BTreeSet<(u64, BlockId)>,
    /// Regions with new keys, first come first served, and those keys.
    queue: VecDeque<Region>,
    pending: BTreeSet<(u64, BlockId)>,
    /// Regions that missed their hour.
    late: VecDeque<Region>,
    /// Regions that failed and wait for the retry.
    failed: Vec<Region>,
    /// Regions whose hour came while no worker was free.
    waiting: VecDeque<Region>,
    schedule: Schedule,
    /// When a region was last announced.
    history: BTreeMap<Region, SimTime>,
    /// The next region's hour.
    next: Option<(SimTime, u64)>,
    retry_at: SimTime,
    /// The wake-up asked for last.
    told: SimTime,
    /// Length of new regions, and common prefixes measured so far: sum and count.
    region_len: Option<u32>,
    measured: (u32, u32),
    is_measuring: bool,
    jobs: Slots<Job>,
    /// A walk's job, and the number of the key it is for.
    walks: Slots<(Handle, usize)>,
    /// A parcel's job, and its number there.
    sends: Slots<(Handle, usize)>,
    periodic_busy: usize,
    burst_busy: usize,
    stats: AnnounceStats,
}

impl Sweep {
    pub(super) fn new(own: NodeId, settings: Settings) -> Self {
        Sweep {
            own,
            settings,
            is_online: false,
            is_ready: false,
            keys: BTreeSet::new(),
            queue: VecDeque::new(),
            pending: BTreeSet::new(),
            late: VecDeque::new(),
            failed: Vec::new(),
            waiting: VecDeque::new(),
            schedule: Schedule::new(settings.interval),
            history: BTreeMap::new(),
            next: None,
            retry_at: SimTime::NEVER,
            told: SimTime::NEVER,
            region_len: None,
            is_measuring: false,
            measured: (0, 0),
            jobs: Slots::new(),
            walks: Slots::new(),
            sends: Slots::new(),
            periodic_busy: 0,
            burst_busy: 0,
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
        let at = self.position(&keys.blocks[block.index()], keys);
        let is_new = self.keys.insert((at, block));
        if self.is_online && self.region_len.is_none() && !self.is_measuring {
            self.start_measuring(keys, out);
        }
        if is_root && self.is_online {
            self.schedule_key(at);
            let job = Job::new(Worker::None, Purpose::Provide, Region::around(at, 64));
            self.start_keys(job, vec![block], vec![block], keys, out);
            self.wake(now, out);
        } else if is_root || is_new {
            self.enqueue(at, block);
            self.work(now, keys, out);
        }
    }

    pub(super) fn removed(&mut self, block: BlockId, keys: Keys<'_>) {
        let at = self.position(&keys.blocks[block.index()], keys);
        self.keys.remove(&(at, block));
        self.pending.remove(&(at, block));
    }

    pub(super) fn came_online(&mut self, now: SimTime, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        self.is_online = true;
        self.schedule.begin(now);
        if self.region_len.is_some() {
            return self.get_ready(now, keys, out);
        }
        if !self.keys.is_empty() {
            self.start_measuring(keys, out);
        }
    }

    /// Four walks that tell how long the regions' prefixes have to be. Kubo measures at every start; here a node
    /// without anything to announce waits for its first key, so that an idle node asks nobody anything.
    fn start_measuring(&mut self, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        self.is_measuring = true;
        let mut job = Job::new(Worker::None, Purpose::Measure, Region::WHOLE);
        job.walks_open = MEASURE_WALKS;
        let job = self.jobs.insert(job);
        let own = keys.nodes[self.own.index()];
        for number in 0..MEASURE_WALKS {
            // Any key unrelated to the node's own does.
            let target =
                Key::from_preimage(&[own.0[0].to_be_bytes(), u64::from(number).to_be_bytes()].concat());
            self.start_walk(job, number as usize, target, out);
        }
    }

    pub(super) fn went_offline(&mut self, keys: Keys<'_>) {
        (self.is_online, self.is_ready, self.is_measuring) = (false, false, false);
        let unfinished: Vec<BlockId> = self.jobs.drain().flat_map(|job| job.new).collect();
        for block in unfinished {
            let at = self.position(&keys.blocks[block.index()], keys);
            if self.keys.contains(&(at, block)) {
                self.enqueue(at, block);
            }
        }
        self.walks.clear();
        self.sends.clear();
        self.late.clear();
        self.waiting.clear();
        (self.periodic_busy, self.burst_busy) = (0, 0);
        self.failed.clear();
        (self.next, self.retry_at, self.told) = (None, SimTime::NEVER, SimTime::NEVER);
    }

    pub(super) fn tick(&mut self, now: SimTime, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        if !self.is_ready {
            return;
        }
        while let Some((due, start)) = self.next {
            if due > now {
                break;
            }
            if let Some(region) = self.schedule.starting_at(start) {
                self.late.retain(|r| *r != region);
                self.waiting.push_back(region);
            }
            self.next = self.schedule.next_after(due);
        }
        if now >= self.retry_at {
            self.retry_at = SimTime::NEVER;
            self.late.extend(self.failed.drain(..));
            self.enqueue_pending();
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
        let Some((handle, number)) = self.walks.remove(walk.0) else {
            return;
        };
        let job = self.jobs.get_mut(handle).expect("a job waits for its walks");
        job.walks_open -= 1;
        if job.purpose == Purpose::Measure {
            return self.measure(handle, closest, now, keys, out);
        }
        if job.explorer.is_some() {
            self.explore(handle, closest, keys, out);
        } else {
            let block = job.blocks()[number];
            job.parcels.add_for_each(block, closest.iter().take(self.settings.k).copied());
        }
        self.go_on(handle, now, keys, out);
    }

    pub(super) fn sent(
        &mut self,
        send: SendId,
        ok: bool,
        now: SimTime,
        keys: Keys<'_>,
        out: &mut Vec<AnnounceWish>,
    ) {
        let Some((handle, parcel)) = self.sends.remove(send.0) else {
            return;
        };
        let job = self.jobs.get_mut(handle).expect("a job waits for its parcels");
        self.stats.records_stored += job.sent(parcel, ok) as u64;
        self.go_on(handle, now, keys, out);
    }

    pub(super) fn records(&self, send: SendId) -> &[BlockId] {
        let Some((job, parcel)) = self.sends.get(send.0) else {
            return &[];
        };
        self.jobs.get(*job).map_or(&[], |job| job.parcels.blocks(*parcel))
    }

    pub(super) fn keys(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn queued(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn stats(&self) -> AnnounceStats {
        self.stats
    }

    fn position(&self, key: &Key, keys: Keys<'_>) -> u64 {
        key.prefix() ^ keys.nodes[self.own.index()].prefix()
    }

    /// The region of a key, put on the schedule if there is none yet; none before the first measurement.
    fn schedule_key(&mut self, at: u64) -> Option<Region> {
        if let Some(region) = self.schedule.around(at) {
            return Some(region);
        }
        let region = Region::around(at, self.region_len?);
        self.schedule.put(region);
        Some(region)
    }

    fn enqueue(&mut self, at: u64, block: BlockId) {
        self.pending.insert((at, block));
        if let Some(region) = self.schedule_key(at)
            && !self.queue.iter().any(|r| r.contains(at))
        {
            self.queue.push_back(region);
        }
    }

    /// Sees to it that every key still to be announced for the first time has its region in the queue.
    fn enqueue_pending(&mut self) {
        let pending: Vec<(u64, BlockId)> = self.pending.iter().copied().collect();
        for (at, block) in pending {
            self.enqueue(at, block);
        }
    }

    /// Takes the queued keys of a region out of the queue.
    fn take_pending(&mut self, region: Region) -> Vec<BlockId> {
        let range = (region.start, BlockId(0))..=(region.end(), BlockId(u32::MAX));
        let taken: Vec<(u64, BlockId)> = self.pending.range(range).copied().collect();
        for key in &taken {
            self.pending.remove(key);
        }
        taken.into_iter().map(|(_, block)| block).collect()
    }

    fn keys_of(&self, region: Region) -> Vec<BlockId> {
        let range = (region.start, BlockId(0))..=(region.end(), BlockId(u32::MAX));
        self.keys.range(range).map(|(_, block)| *block).collect()
    }

    fn measure(
        &mut self,
        handle: Handle,
        closest: &[NodeId],
        now: SimTime,
        keys: Keys<'_>,
        out: &mut Vec<AnnounceWish>,
    ) {
        if let [first, others @ ..] = closest
            && !others.is_empty()
        {
            let first = &keys.nodes[first.index()];
            let shared = others.iter().map(|o| first.common_prefix_len(&keys.nodes[o.index()])).min();
            self.measured.0 += shared.unwrap_or(0);
            self.measured.1 += 1;
        }
        if self.jobs.get(handle).is_some_and(|job| job.walks_open == 0) {
            self.jobs.remove(handle);
            self.region_len = Some(self.measured.0.checked_div(self.measured.1).unwrap_or(0).min(HOUR_BITS));
            self.get_ready(now, keys, out);
        }
    }

    /// Puts every key on the schedule, and what was not announced within the interval on the late list.
    fn get_ready(&mut self, now: SimTime, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        self.is_ready = true;
        self.region_len = self.schedule.mean_len().or(self.region_len);
        let held: Vec<u64> = self.keys.iter().map(|(at, _)| *at).collect();
        for at in held {
            self.schedule_key(at);
        }
        let interval = self.settings.interval;
        self.history.retain(|_, at| now.since(*at) < interval);
        let is_recent = |r: &Region| self.history.keys().any(|h| h.len <= r.len && h.contains(r.start));
        self.late = self.schedule.regions().filter(|r| !is_recent(r)).collect();
        self.enqueue_pending();
        self.next = self.schedule.next_after(now);
        self.work(now, keys, out);
    }

    /// Asks to be woken for the next region's hour or the retry, if that is not asked for already.
    fn wake(&mut self, now: SimTime, out: &mut Vec<AnnounceWish>) {
        if !self.is_ready {
            return;
        }
        if self.next.is_none_or(|(due, _)| due > now) {
            self.next = self.schedule.next_after(now);
        }
        let at = self.next.map_or(SimTime::NEVER, |(due, _)| due).min(self.retry_at);
        if at != self.told && at != SimTime::NEVER {
            out.push(AnnounceWish::WakeAt(at));
        }
        self.told = at;
    }

    /// Whether a worker of that kind is free.
    fn is_free(&self, worker: Worker) -> bool {
        let shared_busy = self.periodic_busy.saturating_sub(PERIODIC_WORKERS)
            + self.burst_busy.saturating_sub(BURST_WORKERS);
        let has_shared = shared_busy < self.settings.workers.saturating_sub(PERIODIC_WORKERS + BURST_WORKERS);
        match worker {
            Worker::None => true,
            Worker::Periodic => self.periodic_busy < PERIODIC_WORKERS || has_shared,
            Worker::Burst => self.burst_busy < BURST_WORKERS || has_shared,
        }
    }

    fn busy(&mut self, worker: Worker) -> Option<&mut usize> {
        match worker {
            Worker::None => None,
            Worker::Periodic => Some(&mut self.periodic_busy),
            Worker::Burst => Some(&mut self.burst_busy),
        }
    }

    /// Gives free workers something to do.
    fn work(&mut self, now: SimTime, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        if !self.is_ready {
            return;
        }
        while self.is_free(Worker::Periodic) {
            let Some(region) = self.waiting.pop_front() else {
                break;
            };
            self.start_region(region, Worker::Periodic, keys, out);
        }
        while self.is_free(Worker::Burst) {
            let Some(region) = self.late.pop_front() else {
                break;
            };
            self.start_region(region, Worker::Burst, keys, out);
        }
        while self.is_free(Worker::Burst) {
            let Some(region) = self.queue.pop_front() else {
                break;
            };
            let blocks = self.take_pending(region);
            let job = Job::new(Worker::Burst, Purpose::Provide, region);
            self.start(job, blocks.clone(), blocks, keys, out);
        }
        self.wake(now, out);
    }

    fn start_region(&mut self, region: Region, worker: Worker, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        let blocks = self.keys_of(region);
        if blocks.is_empty() {
            self.schedule.remove_inside(region);
            return;
        }
        let new = self.take_pending(region);
        self.start(Job::new(worker, Purpose::Reprovide, region), blocks, new, keys, out);
    }

    fn start(
        &mut self,
        mut job: Job,
        blocks: Vec<BlockId>,
        new: Vec<BlockId>,
        keys: Keys<'_>,
        out: &mut Vec<AnnounceWish>,
    ) {
        if blocks.is_empty() {
            return;
        }
        if let Some(busy) = self.busy(job.worker) {
            *busy += 1;
        }
        if blocks.len() <= FEW_KEYS {
            return self.start_keys(job, blocks, new, keys, out);
        }
        let explorer = Explorer::new(job.region, self.settings.k);
        let target = self.target(&explorer, keys);
        job.explorer = Some(explorer);
        job.new = new;
        job.walks_open = 1;
        job.set_blocks(blocks, false);
        let handle = self.jobs.insert(job);
        self.start_walk(handle, 0, target, out);
    }

    /// Starts a walk for each key.
    fn start_keys(
        &mut self,
        mut job: Job,
        blocks: Vec<BlockId>,
        new: Vec<BlockId>,
        keys: Keys<'_>,
        out: &mut Vec<AnnounceWish>,
    ) {
        job.set_blocks(blocks, true);
        job.new = new;
        let blocks = job.blocks().to_vec();
        job.walks_open = blocks.len() as u32;
        let handle = self.jobs.insert(job);
        for (number, block) in blocks.into_iter().enumerate() {
            self.start_walk(handle, number, keys.blocks[block.index()], out);
        }
    }

    /// The key at an exploration's next position; its other bits are the node's own.
    fn target(&self, explorer: &Explorer, keys: Keys<'_>) -> Key {
        let own = keys.nodes[self.own.index()];
        Key([explorer.target() ^ own.0[0], own.0[1], own.0[2], own.0[3]])
    }

    fn start_walk(&mut self, job: Handle, number: usize, target: Key, out: &mut Vec<AnnounceWish>) {
        let walk = WalkId(self.walks.insert((job, number)));
        self.stats.walks += 1;
        out.push(AnnounceWish::StartWalk { walk, target });
    }

    /// Takes in a walk of an exploration: another one follows, or the keys are shared out.
    fn explore(&mut self, handle: Handle, closest: &[NodeId], keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        let own = keys.nodes[self.own.index()].prefix();
        let position = |n: &NodeId| keys.nodes[n.index()].prefix() ^ own;
        let found: Vec<Server> = closest.iter().map(|n| Server { position: position(n), node: *n }).collect();
        let job = self.jobs.get_mut(handle).expect("the job is in progress");
        let mut explorer = job.explorer.take().expect("the job explores");
        if !explorer.found(&found) {
            job.walks_open += 1;
            let target = self.target(&explorer, keys);
            self.jobs.get_mut(handle).expect("the job is in progress").explorer = Some(explorer);
            return self.start_walk(handle, 0, target, out);
        }
        self.share(handle, &explorer, keys);
    }

    fn share(&mut self, handle: Handle, explorer: &Explorer, keys: Keys<'_>) {
        let regions = explorer.regions();
        let whole = explorer.region();
        let more = self.take_pending(whole);
        let place = self.jobs.get_mut(handle).expect("the job is in progress");
        let mut job = std::mem::replace(place, Job::new(Worker::None, Purpose::Measure, whole));
        let is_reprovide = job.purpose == Purpose::Reprovide;
        let mut blocks = if is_reprovide { self.keys_of(whole) } else { job.blocks().to_vec() };
        if is_reprovide {
            self.late.retain(|r| !(r.len >= whole.len && whole.contains(r.start)));
            self.schedule.remove_inside(whole);
        }
        blocks.extend_from_slice(&more);
        job.new.extend(more);
        job.region = whole;
        job.set_blocks(blocks, false);
        for (region, servers) in regions {
            let inside = |b: &&BlockId| region.contains(self.position(&keys.blocks[b.index()], keys));
            let of_region: Vec<BlockId> = job.blocks().iter().filter(inside).copied().collect();
            share_out(servers, &of_region, self.settings.k, keys, &mut job.parcels);
            if is_reprovide && !of_region.is_empty() {
                self.schedule.put(region);
            }
        }
        *self.jobs.get_mut(handle).expect("the job is in progress") = job;
    }

    /// Sends what may be sent of a job, and ends it when nothing is left.
    fn go_on(&mut self, handle: Handle, now: SimTime, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        let job = self.jobs.get_mut(handle).expect("the job is in progress");
        while let Some(parcel) = job.next() {
            self.stats.records_sent += job.parcels.blocks(parcel).len() as u64;
            let send = SendId(self.sends.insert((handle, parcel)));
            out.push(AnnounceWish::SendRecords { send, to: job.parcels.to(parcel) });
        }
        if job.is_over() {
            let job = self.jobs.remove(handle).expect("the job is in progress");
            self.finish(job, now, keys, out);
        }
    }

    fn finish(&mut self, mut job: Job, now: SimTime, keys: Keys<'_>, out: &mut Vec<AnnounceWish>) {
        if let Some(busy) = self.busy(job.worker) {
            *busy -= 1;
        }
        if job.has_failed() {
            self.retry_at = now + RETRY;
            if job.purpose == Purpose::Reprovide {
                self.failed.push(job.region);
                self.schedule.put(job.region);
            }
            for &block in &job.new {
                let key = (self.position(&keys.blocks[block.index()], keys), block);
                if self.keys.contains(&key) {
                    self.pending.insert(key);
                }
            }
            return self.work(now, keys, out);
        }
        job.new.sort_unstable();
        for (block, stored) in job.results() {
            self.stats.unplaced += u64::from(stored == 0);
            if job.new.binary_search(&block).is_ok() {
                self.stats.provided += 1;
                out.push(AnnounceWish::Announced { block, stored });
            } else {
                self.stats.reprovided += 1;
            }
        }
        if job.purpose == Purpose::Reprovide {
            self.history.insert(job.region, now);
        }
        self.work(now, keys, out);
    }
}
