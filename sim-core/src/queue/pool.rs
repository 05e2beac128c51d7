//! Unsorted buckets of entries, cut from one pool of chunks.
//!
//! ```text
//!   bucket { tail, count } --> chunk --> chunk before it --> ...      each CHUNK entries
//! ```
//!
//! A bucket costs eight bytes and at most one half-empty chunk; a chunk that is emptied is the next to
//! be used, so it is still in the cache. Nothing is allocated once the pool has grown to its size.

use super::Entry;
use crate::prefetch::prefetch;

/// Entries in a chunk: 512 bytes for an event without content.
const CHUNK: usize = 16;

/// No chunk.
const NONE: u32 = u32::MAX;

/// A bag of entries in no order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    tail: u32,
    count: u32,
}

impl Bucket {
    /// Nothing in it.
    pub(super) const EMPTY: Bucket = Bucket { tail: NONE, count: 0 };

    /// Entries in it.
    #[inline]
    pub(super) fn len(self) -> usize {
        self.count as usize
    }

    /// Entries of the last chunk.
    #[inline]
    fn tail_len(self) -> usize {
        (self.count as usize).wrapping_sub(1) % CHUNK + 1
    }
}

/// The chunks of all buckets of one queue.
#[derive(Clone, Debug)]
pub(super) struct Pool<E> {
    entries: Vec<Entry<E>>,
    /// The chunk before each one, in its bucket or in the list of free ones.
    before: Vec<u32>,
    free: u32,
}

impl<E: Copy> Pool<E> {
    /// No chunks.
    pub(super) fn new() -> Self {
        Pool { entries: Vec::new(), before: Vec::new(), free: NONE }
    }

    /// Makes the first chunk, if there is none. Before that nothing can be pushed: new chunks are copies.
    pub(super) fn prime(&mut self, filler: Entry<E>) {
        if self.entries.is_empty() {
            self.entries.resize(CHUNK, filler);
            self.before.push(NONE);
            self.free = 0;
        }
    }

    /// Puts an entry into a bucket.
    #[inline]
    pub(super) fn push(&mut self, bucket: &mut Bucket, entry: Entry<E>) {
        let offset = bucket.count as usize % CHUNK;
        if offset == 0 {
            self.add_chunk(bucket);
        }
        // Field by field, from registers: a copy through memory would wait for itself.
        let Entry { key, slot, event } = entry;
        let place = &mut self.entries[bucket.tail as usize * CHUNK + offset];
        place.key = key;
        place.slot = slot;
        place.event = event;
        bucket.count = bucket.count.checked_add(1).expect("four thousand million events in a bucket");
    }

    #[inline]
    fn add_chunk(&mut self, bucket: &mut Bucket) {
        if self.free == NONE {
            self.grow();
        }
        let chunk = self.free;
        self.free = std::mem::replace(&mut self.before[chunk as usize], bucket.tail);
        bucket.tail = chunk;
    }

    #[cold]
    fn grow(&mut self) {
        let chunk = u32::try_from(self.before.len()).expect("fewer chunks than u32 can count");
        assert!(chunk != NONE, "fewer chunks than u32 can count");
        self.entries.resize(self.entries.len() + CHUNK, self.entries[0]);
        self.before.push(NONE);
        self.free = chunk;
    }

    /// Moves the last chunk of a bucket to the end of `out`; false if the bucket was empty.
    #[inline]
    pub(super) fn take_chunk(&mut self, bucket: &mut Bucket, out: &mut Vec<Entry<E>>) -> bool {
        if bucket.count == 0 {
            return false;
        }
        let (chunk, len) = (bucket.tail as usize, bucket.tail_len());
        self.prefetch_chunk(self.before[chunk]);
        out.extend_from_slice(&self.entries[chunk * CHUNK..][..len]);
        bucket.count -= len as u32;
        bucket.tail = self.before[chunk];
        self.before[chunk] = self.free;
        self.free = chunk as u32;
        true
    }

    /// Has the last chunks of a bucket prefetched.
    #[inline]
    pub(super) fn prefetch(&self, bucket: Bucket) {
        if let Some(&before) = self.before.get(bucket.tail as usize) {
            self.prefetch_chunk(bucket.tail);
            self.prefetch_chunk(before);
        }
    }

    /// Has a chunk prefetched, if it is one.
    #[inline]
    fn prefetch_chunk(&self, chunk: u32) {
        let first = chunk as usize * CHUNK;
        prefetch(&self.before, chunk as usize);
        for place in (0..CHUNK).step_by((64 / size_of::<Entry<E>>()).max(1)) {
            prefetch(&self.entries, first + place);
        }
    }

    /// Shows every entry of a bucket.
    pub(super) fn for_each(&self, bucket: Bucket, mut see: impl FnMut(&Entry<E>)) {
        self.for_each_chunk(bucket, |entries| entries.iter().for_each(&mut see));
    }

    /// Shows the entries of a bucket, some at a time and never none.
    pub(super) fn for_each_chunk(&self, bucket: Bucket, mut see: impl FnMut(&[Entry<E>])) {
        let (mut chunk, mut len, mut left) = (bucket.tail, bucket.tail_len(), bucket.len());
        while left > 0 {
            see(&self.entries[chunk as usize * CHUNK..][..len]);
            left -= len;
            chunk = self.before[chunk as usize];
            len = CHUNK;
        }
    }
}
