//! The next few entries in order, taken out of a heap in advance.
//!
//! A heap does not know what comes after its first entry, so a world whose events all pass through one could not be
//! told what to prefetch. A dozen entries sorted in advance cost a copy each, and what is pushed to happen among them
//! spares the heap.

use super::{Entry, refuse_same};
use std::collections::VecDeque;

/// Entries to hold in advance: some more than the engine looks ahead.
pub(super) const SOON: usize = 16;

/// Entries above which the last one goes back.
const SOON_MOST: usize = 2 * SOON;

/// A few entries in the order of their keys, each before all others of the set.
#[derive(Clone, Debug)]
pub(super) struct Soon<E> {
    entries: VecDeque<Entry<E>>,
}

impl<E: Copy> Soon<E> {
    /// Nothing.
    pub(super) fn new() -> Self {
        Soon { entries: VecDeque::new() }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    pub(super) fn first(&self) -> Option<&Entry<E>> {
        self.entries.front()
    }

    #[inline]
    pub(super) fn get(&self, place: usize) -> Option<&Entry<E>> {
        self.entries.get(place)
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Entry<E>> {
        self.entries.pop_front()
    }

    /// Whether an entry is before the last of these, so that it belongs here.
    #[inline]
    pub(super) fn takes(&self, entry: &Entry<E>) -> bool {
        self.entries.back().is_some_and(|last| entry.key.is_before(&last.key))
    }

    /// Puts an entry that belongs here in its place. Returns one that has no room any more.
    #[inline]
    pub(super) fn insert(&mut self, entry: Entry<E>) -> Option<Entry<E>> {
        let later = self.entries.iter().rev().take_while(|other| entry.key.is_before(&other.key)).count();
        let place = self.entries.len() - later;
        if let Some(before) = place.checked_sub(1) {
            refuse_same(&self.entries[before], &entry);
        }
        self.entries.insert(place, entry);
        if self.entries.len() > SOON_MOST { self.entries.pop_back() } else { None }
    }

    /// Adds the next entry of the rest of the set.
    #[inline]
    pub(super) fn append(&mut self, entry: Entry<E>) {
        if let Some(last) = self.entries.back() {
            refuse_same(last, &entry);
        }
        self.entries.push_back(entry);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry<E>> {
        self.entries.iter()
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&Entry<E>) -> bool) {
        self.entries.retain(keep);
    }
}
