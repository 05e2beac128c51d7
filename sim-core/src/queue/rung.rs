//! One rung of the ladder: a row of buckets of equal width in time.

use super::pool::Bucket;

/// Most buckets of a rung: their tails, one cache line each, stay in a cache of 256 KiB.
const BUCKETS: u64 = 4096;

/// Entries that a bucket should hold when it is opened: few to sort, yet few empty buckets.
const PER_BUCKET: u128 = 32;

/// How many times the median distance of its entries a rung spans at least; what lies further waits. So a
/// rung drains half of the entries or more, and looking again at those that wait is paid for.
const SPAN: u128 = 4;

/// Times of which a median is taken.
const SAMPLE: usize = 1024;

/// Times of a set of entries: least, greatest, and a sample in which each stands for as many.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    least: u64,
    greatest: u64,
    seen: usize,
    stride: usize,
    sample: Vec<u64>,
}

impl Spread {
    /// Of nothing yet; `expected` times will be seen.
    pub(super) fn new(expected: usize) -> Self {
        let stride = expected.div_ceil(SAMPLE).max(1);
        Spread { least: u64::MAX, greatest: 0, seen: 0, stride, sample: Vec::new() }
    }

    /// Takes one more time into account.
    #[inline]
    pub(super) fn see(&mut self, time: u64) {
        self.see_some(time, 1);
    }

    /// Takes a time into account that stands for so many.
    #[inline]
    pub(super) fn see_some(&mut self, time: u64, count: usize) {
        self.least = self.least.min(time);
        self.greatest = self.greatest.max(time);
        if self.seen >= self.sample.len() * self.stride {
            self.sample.push(time);
        }
        self.seen += count;
    }

    /// Whether all times seen are one instant.
    pub(super) fn is_instant(&self) -> bool {
        self.least >= self.greatest
    }

    /// Binary logarithm of the width of buckets that suits these times: the denser half gets `PER_BUCKET`
    /// each, unless `BUCKETS` of them would not reach far enough.
    fn shift(&mut self) -> u32 {
        let middle = self.sample.len() / 2;
        let median =
            if self.sample.is_empty() { self.least } else { *self.sample.select_nth_unstable(middle).1 };
        let half = u128::from(median - self.least);
        let width = (2 * half * PER_BUCKET / self.seen.max(1) as u128).max(half * SPAN / u128::from(BUCKETS));
        width.max(1).ilog2().min(63)
    }
}

/// A row of buckets. Bucket `i` holds times from `base + (i << shift)` on; those before `next` have
/// been opened.
#[derive(Clone, Debug)]
pub(super) struct Rung {
    base: u64,
    shift: u32,
    next: usize,
    /// The last instant that this rung holds; its last bucket reaches that far.
    last: u64,
    buckets: Vec<Bucket>,
}

impl Rung {
    /// A rung for entries of that spread, which also gets what comes later up to `last`, if given;
    /// without, it ends where its buckets do. `buckets` is an old row to use again.
    pub(super) fn new(mut spread: Spread, last: Option<u64>, mut buckets: Vec<Bucket>) -> Self {
        let (base, shift) = (spread.least, spread.shift());
        let wanted = (last.unwrap_or(u64::MAX) - base) >> shift;
        let count = wanted.min(BUCKETS - 1) + 1;
        buckets.clear();
        buckets.resize(count as usize, Bucket::EMPTY);
        let end = base.saturating_add(((u128::from(count) << shift) - 1).min(u128::from(u64::MAX)) as u64);
        Rung { base, shift, next: 0, last: last.unwrap_or(end), buckets }
    }

    /// Number of the bucket in which an instant lies; may be past the last. What comes before this rung
    /// lies in the bucket that was opened first, so in a finer rung.
    #[inline]
    pub(super) fn place(&self, time: u64) -> u64 {
        time.saturating_sub(self.base) >> self.shift
    }

    /// Whether a bucket has not been opened yet.
    #[inline]
    pub(super) fn is_closed(&self, place: u64) -> bool {
        place >= self.next as u64
    }

    /// Number of the bucket that takes an instant of this rung: the last one takes everything later.
    #[inline]
    pub(super) fn place_or_last(&self, time: u64) -> u64 {
        self.place(time).min(self.buckets.len() as u64 - 1)
    }

    /// The bucket of that number, if there is one.
    #[inline]
    pub(super) fn bucket(&mut self, place: u64) -> Option<&mut Bucket> {
        self.buckets.get_mut(place as usize)
    }

    /// The bucket of that number, or the last one, which takes everything later.
    #[inline]
    pub(super) fn bucket_or_last(&mut self, place: u64) -> &mut Bucket {
        let last = self.buckets.len() - 1;
        &mut self.buckets[last.min(place as usize)]
    }

    /// Opens the next bucket that is not empty: the bucket, and the last instant it holds.
    pub(super) fn open(&mut self) -> Option<(Bucket, u64)> {
        let skipped = self.buckets[self.next..].iter().position(|bucket| bucket.len() > 0);
        let Some(skipped) = skipped else {
            self.next = self.buckets.len();
            return None;
        };
        let place = self.next + skipped;
        self.next = place + 1;
        let end = if self.next == self.buckets.len() {
            self.last
        } else {
            self.base + ((self.next as u64) << self.shift) - 1
        };
        Some((std::mem::replace(&mut self.buckets[place], Bucket::EMPTY), end))
    }

    /// The bucket that is likely to be opened next.
    pub(super) fn peek(&self) -> Option<Bucket> {
        self.buckets.get(self.next).copied()
    }

    /// Every bucket, to look at.
    pub(super) fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Every bucket, to change.
    pub(super) fn buckets_mut(&mut self) -> &mut [Bucket] {
        &mut self.buckets
    }

    /// The row, to use again.
    pub(super) fn into_buckets(self) -> Vec<Bucket> {
        self.buckets
    }
}
