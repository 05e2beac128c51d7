//! The pending entries themselves: a binary heap while they are few, a ladder when they are many.
//!
//! ```text
//!   now                near_last            end of the finest rung            end of the coarsest
//!    |  run, near heap  |   unsorted buckets, finest rung first, coarsest last    |  far: one bag
//! ```
//!
//! - **soon**: the next few entries, sorted, while the near heap holds more than a few.
//! - **run**: the bucket at the front, sorted. Sorting moves no entries, only words of time and place.
//! - **near**: a binary heap of what is pushed into the part of time that the run covers. Without rungs
//!   that is all of time, and the heap is all there is.
//! - **rungs**: rows of at most 4096 unsorted buckets. A bucket that turns out to hold too many when it
//!   comes up becomes a finer rung of its own; a near heap that grows too large does so too. A set of
//!   entries at one instant is never split, it is sorted.
//! - **far**: what lies past the coarsest rung; spread into a new one when that is used up.
//!
//! Tang, Goh and Thng 2005, "Ladder queue: an O(1) priority queue structure for large-scale discrete
//! event simulation" (ACM TOMACS 15(3)), is where the idea of rungs comes from.

use super::pool::{Bucket, Pool};
use super::rung::{Rung, Spread};
use super::soon::{SOON, Soon};
use super::{Entry, refuse_same};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Entries up to which the heap is all there is.
const HEAP_MOST: usize = 512;

/// Entries from which on a used-up ladder is folded back into the heap.
const HEAP_AGAIN: usize = 128;

/// Entries of a bucket above which it becomes a rung instead of a run.
const RUN_MOST: usize = 2048;

/// Entries from which on a few of those lying far tell how to spread all.
const FAR_FEW: usize = 1 << 14;

/// Growth since the coarsest rung was made after which its width no longer suits.
const GROWTH: usize = 4;

/// Entries of the near heap from which on some are taken out in advance.
const NEAR_FEW: usize = 8;

/// A set of entries that gives them back in the order of their keys.
#[derive(Clone, Debug)]
pub(super) struct Ladder<E> {
    /// Before everything else in the set; of instants that run and near heap cover.
    soon: Soon<E>,
    /// The sorted front: `(last time of the run - time) << bits | place in front`, least time last.
    run: Vec<u64>,
    /// The bits of `run` that are a place in `front`.
    run_mask: u64,
    /// Whether the front is new since somebody asked.
    is_new: bool,
    front: Vec<Entry<E>>,
    near: BinaryHeap<Entry<E>>,
    /// The last instant that run and near heap cover.
    near_last: u64,
    /// Size above which the near heap becomes a rung.
    near_most: usize,
    /// The instant at which all of a large near heap lay: more of the same need not be looked at.
    burst: u64,
    /// Size up to which the heap is all there is.
    heap_most: usize,
    /// Coarsest first; each covers the opened bucket of the one before.
    rungs: Vec<Rung>,
    far: Bucket,
    pool: Pool<E>,
    /// Entries on their way from bucket to bucket.
    moving: Vec<Entry<E>>,
    /// Rows of former rungs.
    spare: Vec<Vec<Bucket>>,
    /// Entries when the coarsest rung was made.
    suited: usize,
    stored: usize,
}

impl<E: Copy> Ladder<E> {
    /// Nothing. With `heap_only` it never becomes a ladder.
    pub(super) fn new(heap_only: bool) -> Self {
        let heap_most = if heap_only { usize::MAX } else { HEAP_MOST };
        Ladder {
            soon: Soon::new(),
            run: Vec::new(),
            run_mask: 0,
            is_new: false,
            front: Vec::new(),
            near: BinaryHeap::new(),
            near_last: u64::MAX,
            near_most: heap_most,
            burst: u64::MAX,
            heap_most,
            rungs: Vec::new(),
            far: Bucket::EMPTY,
            pool: Pool::new(),
            moving: Vec::new(),
            spare: Vec::new(),
            suited: 0,
            stored: 0,
        }
    }

    /// Entries in the set.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.stored
    }

    /// Adds an entry.
    #[inline]
    pub(super) fn push(&mut self, entry: Entry<E>) {
        self.stored += 1;
        let time = entry.key.time.as_nanos();
        if time <= self.near_last {
            let entry = if self.soon.takes(&entry) {
                let Some(last) = self.soon.insert(entry) else { return };
                last
            } else {
                entry
            };
            let time = entry.key.time.as_nanos();
            self.near.push(entry);
            if self.near.len() > self.near_most && time != self.burst {
                self.refine_near(time);
            }
            return;
        }
        if let Some(coarsest) = self.rungs.first_mut() {
            let place = coarsest.place(time);
            if coarsest.is_closed(place) {
                let bucket = coarsest.bucket(place).unwrap_or(&mut self.far);
                return self.pool.push(bucket, entry);
            }
        }
        self.push_finer(entry, time);
    }

    /// Adds an entry that lies in the opened bucket of the coarsest rung.
    fn push_finer(&mut self, entry: Entry<E>, time: u64) {
        for rung in &mut self.rungs[1..] {
            let place = rung.place_or_last(time);
            if rung.is_closed(place) {
                return self.pool.push(rung.bucket_or_last(place), entry);
            }
        }
        unreachable!("an instant after the run lies in some rung or past them all");
    }

    /// Takes the first entry, if it is not after `last`.
    #[inline]
    pub(super) fn pop_upto(&mut self, last: u64) -> Option<Entry<E>> {
        if self.soon.len() > 0 {
            return self.pop_soon(last);
        }
        if !self.near.is_empty() {
            return self.pop_near(last);
        }
        if self.run.is_empty() {
            if !self.refill() {
                return None;
            }
            if self.run.is_empty() {
                return self.pop_near(last);
            }
        }
        self.pop_run(last)
    }

    /// The first entry.
    pub(super) fn first(&mut self) -> Option<Entry<E>> {
        if let Some(first) = self.soon.first() {
            return Some(*first);
        }
        if self.near.is_empty() && self.run.is_empty() && !self.refill() {
            return None;
        }
        match (self.near.peek(), self.first_of_run()) {
            (Some(near), Some(run)) => Some(if run.key.is_before(&near.key) { *run } else { *near }),
            (near, run) => near.or(run).copied(),
        }
    }

    #[inline]
    fn pop_run(&mut self, last: u64) -> Option<Entry<E>> {
        let entry = self.front[(*self.run.last()? & self.run_mask) as usize];
        if entry.key.time.as_nanos() > last {
            return None;
        }
        self.run.pop();
        self.stored -= 1;
        Some(entry)
    }

    /// As [`Ladder::pop_upto`], with something in the near heap: a few entries are popped one by one, more of them in
    /// advance.
    #[inline]
    fn pop_near(&mut self, last: u64) -> Option<Entry<E>> {
        if self.near.len() < NEAR_FEW {
            let entry = self.take_near_or_run(last)?;
            self.stored -= 1;
            return Some(entry);
        }
        while self.soon.len() < SOON
            && let Some(entry) = self.take_near_or_run(u64::MAX)
        {
            self.soon.append(entry);
        }
        self.is_new = true;
        self.pop_soon(last)
    }

    /// As [`Ladder::pop_upto`], with something taken out in advance. More is taken out, two for one until there is enough,
    /// while there is something in the near heap.
    #[inline]
    fn pop_soon(&mut self, last: u64) -> Option<Entry<E>> {
        if self.soon.first()?.key.time.as_nanos() > last {
            return None;
        }
        let entry = self.soon.pop()?;
        self.stored -= 1;
        let short = SOON.saturating_sub(self.soon.len()).min(2);
        for _ in 0..short {
            let Some(next) = self.take_near_or_run(u64::MAX) else { break };
            refuse_same(&entry, &next);
            self.soon.append(next);
        }
        Some(entry)
    }

    /// Takes the first entry of a near heap that is not empty and the run, if it is not after `last`.
    #[inline]
    fn take_near_or_run(&mut self, last: u64) -> Option<Entry<E>> {
        let near = self.near.peek()?;
        if let Some(first) = self.first_of_run() {
            refuse_same(first, near);
            if first.key.is_before(&near.key) {
                let entry = *first;
                if entry.key.time.as_nanos() > last {
                    return None;
                }
                self.run.pop();
                return Some(entry);
            }
        }
        if near.key.time.as_nanos() > last {
            return None;
        }
        let entry = self.near.pop()?;
        if let Some(next) = self.near.peek() {
            refuse_same(next, &entry);
        }
        Some(entry)
    }

    /// The first entry of the run.
    #[inline]
    fn first_of_run(&self) -> Option<&Entry<E>> {
        self.front.get((self.run.last()? & self.run_mask) as usize)
    }

    /// The entry `ahead` places from the first, if so many are sorted. Unless some were taken out of the near heap in
    /// advance, what is in the heap is not seen.
    #[inline]
    pub(super) fn peek_ahead(&self, ahead: usize) -> Option<&Entry<E>> {
        if let Some(entry) = self.soon.get(ahead) {
            return Some(entry);
        }
        let at = self.run.len().checked_sub(ahead - self.soon.len() + 1)?;
        self.front.get((self.run.get(at)? & self.run_mask) as usize)
    }

    /// Whether what lies ahead has been sorted since the last call.
    #[inline]
    pub(super) fn is_front_new(&mut self) -> bool {
        std::mem::take(&mut self.is_new)
    }

    /// Opens the next bucket, with run and near heap empty; false if there is nothing at all.
    #[cold]
    fn refill(&mut self) -> bool {
        loop {
            let Some(finest) = self.rungs.last_mut() else {
                if self.far.len() <= HEAP_AGAIN {
                    self.fold();
                    return !self.near.is_empty();
                }
                self.spread_far();
                continue;
            };
            let Some((bucket, end)) = finest.open() else {
                self.drop_finest();
                continue;
            };
            if bucket.len() <= RUN_MOST {
                self.open(bucket, end);
                return true;
            }
            if self.rungs.len() == 1 && self.stored / GROWTH > self.suited {
                self.gather(bucket);
                continue;
            }
            let spread = self.spread_of(bucket);
            if spread.is_instant() {
                self.open(bucket, end);
                return true;
            }
            self.add_rung(spread, Some(end), bucket);
        }
    }

    /// Makes a bucket that reaches to `end` the run.
    fn open(&mut self, mut bucket: Bucket, end: u64) {
        self.front.clear();
        while self.pool.take_chunk(&mut bucket, &mut self.front) {}
        self.near_last = end;
        self.near_most = self.heap_most.max(self.front.len());
        self.sort_front();
        if let Some(next) = self.rungs.last().and_then(Rung::peek) {
            self.pool.prefetch(next);
        }
    }

    /// Makes the sorted run of what is in `front`.
    fn sort_front(&mut self) {
        let times = || self.front.iter().map(|entry| entry.key.time.as_nanos());
        let (least, greatest) = times().fold((u64::MAX, 0), |(low, high), t| (low.min(t), high.max(t)));
        // A word holds the distance from the end and the place; distances too wide lose their last bits,
        // and what is equal in the rest is sorted by its keys.
        let bits = usize::BITS - self.front.len().saturating_sub(1).leading_zeros();
        let wide = u64::BITS - greatest.saturating_sub(least).leading_zeros();
        let dropped = (wide + bits).saturating_sub(u64::BITS);
        self.run_mask = (1 << bits) - 1;
        self.run.clear();
        let word = |(place, time)| ((greatest - time) >> dropped) << bits | place;
        self.run.extend((0u64..).zip(times()).map(word));
        self.run.sort_unstable();
        self.is_new = true;
        let (front, mask) = (&self.front, self.run_mask);
        let entry = |word: u64| &front[(word & mask) as usize];
        for group in self.run.chunk_by_mut(|a, b| a >> bits == b >> bits).filter(|group| group.len() > 1) {
            group.sort_unstable_by_key(|&word| Reverse(entry(word).key));
            for pair in group.windows(2) {
                refuse_same(entry(pair[0]), entry(pair[1]));
            }
        }
    }

    /// Puts a near heap that has grown large, and the run, into a finer rung; `time` is that of the last
    /// entry pushed.
    #[cold]
    fn refine_near(&mut self, time: u64) {
        let mut spread = Spread::new(self.near.len() + self.run.len());
        self.near.iter().for_each(|entry| spread.see(entry.key.time.as_nanos()));
        if spread.is_instant() {
            self.burst = time;
            return;
        }
        self.near.peek().copied().into_iter().for_each(|entry| self.pool.prime(entry));
        let mut bucket = Bucket::EMPTY;
        while let Some(word) = self.run.pop() {
            let entry = self.front[(word & self.run_mask) as usize];
            spread.see(entry.key.time.as_nanos());
            self.pool.push(&mut bucket, entry);
        }
        for entry in std::mem::take(&mut self.near) {
            self.pool.push(&mut bucket, entry);
        }
        let last = if self.rungs.is_empty() { None } else { Some(self.near_last) };
        self.add_rung(spread, last, bucket);
        self.refill();
    }

    /// Adds a rung below the finest and moves the entries of a bucket into it, or past it.
    fn add_rung(&mut self, spread: Spread, last: Option<u64>, mut from: Bucket) {
        if last.is_none() {
            self.suited = self.stored;
        }
        let mut rung = Rung::new(spread, last, self.spare.pop().unwrap_or_default());
        let mut moving = std::mem::take(&mut self.moving);
        while self.pool.take_chunk(&mut from, &mut moving) {
            for entry in moving.drain(..) {
                let place = rung.place(entry.key.time.as_nanos());
                let bucket = match rung.bucket(place) {
                    Some(bucket) => bucket,
                    None if last.is_none() => &mut self.far,
                    None => rung.bucket_or_last(place),
                };
                self.pool.push(bucket, entry);
            }
        }
        self.moving = moving;
        self.rungs.push(rung);
    }

    /// Spreads what lies far into the first rung. One entry of each chunk tells the spread of many; what
    /// is earlier than all those looked at lies in the first bucket too.
    fn spread_far(&mut self) {
        let far = std::mem::replace(&mut self.far, Bucket::EMPTY);
        let mut spread = Spread::new(far.len());
        if far.len() < FAR_FEW {
            spread = self.spread_of(far);
        } else {
            self.pool.for_each_chunk(far, |entries| {
                spread.see_some(entries[0].key.time.as_nanos(), entries.len())
            });
        }
        self.add_rung(spread, None, far);
    }

    /// Takes the coarsest rung, the only one left, down: its width suited fewer entries.
    fn gather(&mut self, opened: Bucket) {
        let mut moving = std::mem::take(&mut self.moving);
        let mut rung = self.rungs.pop().expect("the coarsest rung");
        for bucket in std::iter::once(opened).chain(rung.buckets_mut().iter().copied()) {
            let mut bucket = bucket;
            while self.pool.take_chunk(&mut bucket, &mut moving) {
                moving.drain(..).for_each(|entry| self.pool.push(&mut self.far, entry));
            }
        }
        self.moving = moving;
        self.spare.push(rung.into_buckets());
    }

    /// Takes a used-up rung down.
    fn drop_finest(&mut self) {
        let rung = self.rungs.pop().expect("the finest rung");
        self.spare.push(rung.into_buckets());
    }

    /// Goes back to being a heap.
    fn fold(&mut self) {
        let mut far = std::mem::replace(&mut self.far, Bucket::EMPTY);
        while self.pool.take_chunk(&mut far, &mut self.moving) {}
        self.near.extend(self.moving.drain(..));
        self.near_last = u64::MAX;
        self.near_most = self.heap_most;
    }

    fn spread_of(&self, bucket: Bucket) -> Spread {
        let mut spread = Spread::new(bucket.len());
        self.pool.for_each(bucket, |entry| spread.see(entry.key.time.as_nanos()));
        spread
    }

    /// Shows every entry, in no order.
    pub(super) fn for_each(&self, mut see: impl FnMut(&Entry<E>)) {
        self.soon.iter().chain(&self.near).for_each(&mut see);
        self.run.iter().for_each(|word| see(&self.front[(word & self.run_mask) as usize]));
        for bucket in self.rungs.iter().flat_map(Rung::buckets).chain([&self.far]) {
            self.pool.for_each(*bucket, &mut see);
        }
    }

    /// Keeps those entries for which `keep` says so; asks once for each, in no order.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Entry<E>) -> bool) {
        let mut kept = 0;
        let mut keep = |entry: &Entry<E>| {
            let stays = keep(entry);
            kept += usize::from(stays);
            stays
        };
        self.soon.retain(&mut keep);
        self.near.retain(&mut keep);
        let (front, mask) = (&self.front, self.run_mask);
        self.run.retain(|word| keep(&front[(word & mask) as usize]));
        for bucket in self.rungs.iter_mut().flat_map(Rung::buckets_mut).chain([&mut self.far]) {
            let mut old = std::mem::replace(bucket, Bucket::EMPTY);
            while self.pool.take_chunk(&mut old, &mut self.moving) {
                for entry in self.moving.drain(..).filter(&mut keep) {
                    self.pool.push(bucket, entry);
                }
            }
        }
        self.stored = kept;
    }
}
