//! The provider records that a server keeps for others: who said that it provides which block, and when.
//!
//! A record is valid for 48 h from its receipt; announcing again renews it. An expired record is never
//! served. Real servers delete expired ones in an hourly sweep; here the sweeps since the last use
//! are made up for on the next use, record by record from the oldest, so that a store costs only what
//! is put into it, and its memory is that of the records of the last 49 h.
//!
//! The addresses that come with a record (kept 24 h) are not modelled: whoever learns of a provider
//! can dial it if it is on-line. Real askers look up addresses older than that with one more walk.
//! There is no limit of providers a block, as in go-libp2p (a reply is cut at 4 MiB, some 30,000
//! providers: no reply gets there here).
//!
//! Sources: libp2p/go-libp2p-kad-dht: `records/providers_manager.go`, `handlers.go`.

// Open addressing over blocks (fixed multiplicative hash, linear probing, no deletion but by rebuild) with a list of
// records in each slot, and a log of all receipts in order of time, from which the sweeps take. Renewing a record
// leaves its old entry in the log; a sweep knows it by its time. Nothing iterates in hash order, so results depend
// on content only. A store of many records is cold memory: an add touches its slot, the list and the log's end.

use sim_core::prefetch::{prefetch, prefetch_first};
use sim_core::time::{SimSpan, SimTime};
use std::collections::VecDeque;

use crate::ids::{BlockId, NodeId};

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Record {
    received: SimTime,
    provider: NodeId,
}

/// A receipt: a record was taken in or renewed.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Receipt {
    at: SimTime,
    block: BlockId,
    provider: NodeId,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Slot {
    /// `NONE` in an empty slot.
    block: u32,
    /// In no order that means anything; none for a block whose records are gone.
    records: Vec<Record>,
}

const EMPTY: Slot = Slot { block: NONE, records: Vec::new() };

/// The records of one server.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct RecordStore {
    validity: SimSpan,
    sweep_every: SimSpan,
    /// From then on the next sweep is due.
    next_sweep: SimTime,
    slots: Vec<Slot>,
    /// Slots that are not empty, used or left over.
    occupied: usize,
    receipts: VecDeque<Receipt>,
    len: usize,
}

impl RecordStore {
    /// An empty store whose records are valid for `validity` from receipt, swept every `sweep_every`.
    pub fn new(validity: SimSpan, sweep_every: SimSpan) -> Self {
        RecordStore {
            validity,
            sweep_every,
            next_sweep: SimTime::ZERO,
            slots: Vec::new(),
            occupied: 0,
            receipts: VecDeque::new(),
            len: 0,
        }
    }

    /// Takes a record in, or renews it.
    ///
    /// # Panics
    /// If `now` is before the last record taken in.
    pub fn add(&mut self, block: BlockId, provider: NodeId, now: SimTime) {
        self.sweep(now);
        assert!(
            self.receipts.back().is_none_or(|last| last.at <= now),
            "a provider record received at {now:?} after a later one"
        );
        let slot = self.slot_for(block);
        let records = &mut self.slots[slot].records;
        let known = records.iter().position(|record| record.provider == provider);
        match known {
            Some(place) => {
                // Whoever announces often is found at once.
                records.swap(0, place);
                let before = std::mem::replace(&mut records[0].received, now);
                if before == now {
                    // Received twice in one instant: the receipt is there.
                    return;
                }
            }
            None => {
                records.push(Record { received: now, provider });
                self.len += 1;
            }
        }
        self.receipts.push_back(Receipt { at: now, block, provider });
    }

    /// Asks for the slots of some blocks before they are needed: a store of many records is cold memory.
    pub fn prefetch(&self, blocks: &[BlockId]) {
        if self.slots.is_empty() {
            return;
        }
        let mask = self.slots.len() - 1;
        for block in blocks {
            prefetch(&self.slots, hash(*block) as usize & mask);
        }
    }

    /// Asks for the lists of records behind those slots, once they are there.
    pub fn prefetch_lists(&self, blocks: &[BlockId]) {
        if self.slots.is_empty() {
            return;
        }
        let mask = self.slots.len() - 1;
        for block in blocks {
            // Most blocks are in the first place that they may be in.
            prefetch_first(&self.slots[hash(*block) as usize & mask].records);
        }
    }

    /// Appends the providers of `block` whose records are valid, by id: order by content only.
    ///
    /// Real servers reply in random order; the world shuffles the reply where a cut makes it matter.
    pub fn providers(&mut self, block: BlockId, now: SimTime, out: &mut Vec<NodeId>) {
        self.sweep(now);
        let from = out.len();
        let valid = |record: &&Record| now.since(record.received) <= self.validity;
        out.extend(self.records_of(block).iter().filter(valid).map(|record| record.provider));
        out[from..].sort_unstable();
    }

    /// Whether a valid record says that `provider` has `block`.
    pub fn has(&self, block: BlockId, provider: NodeId, now: SimTime) -> bool {
        let found = self.records_of(block).iter().find(|record| record.provider == provider);
        found.is_some_and(|record| now.since(record.received) <= self.validity)
    }

    /// Records on disk at `now`: those that no sweep has deleted yet, valid or not.
    pub fn stored(&mut self, now: SimTime) -> usize {
        self.sweep(now);
        self.len
    }

    /// Deletes what the sweeps up to `now` delete.
    fn sweep(&mut self, now: SimTime) {
        if now < self.next_sweep {
            return;
        }
        let every = self.sweep_every.as_nanos();
        let due = SimTime::from_nanos(now.as_nanos() / every * every);
        self.next_sweep = due + self.sweep_every;
        while let Some(&receipt) = self.receipts.front()
            && due.since(receipt.at) > self.validity
        {
            self.receipts.pop_front();
            self.delete(receipt);
        }
    }

    /// Deletes the record of a receipt, unless it was renewed since.
    fn delete(&mut self, receipt: Receipt) {
        let Ok(slot) = self.probe(receipt.block) else { return };
        let records = &mut self.slots[slot].records;
        let is_it = |record: &Record| record.provider == receipt.provider && record.received == receipt.at;
        if let Some(index) = records.iter().position(is_it) {
            records.swap_remove(index);
            self.len -= 1;
            if records.is_empty() {
                *records = Vec::new();
            }
        }
    }

    fn records_of(&self, block: BlockId) -> &[Record] {
        self.probe(block).map_or(&[], |slot| &self.slots[slot].records)
    }

    /// The slot of a block, or the empty slot where it would go. A store without slots has neither.
    fn probe(&self, block: BlockId) -> Result<usize, usize> {
        if self.slots.is_empty() {
            return Err(0);
        }
        let mask = self.slots.len() - 1;
        let mut i = hash(block) as usize & mask;
        loop {
            match self.slots[i].block {
                b if b == block.0 => return Ok(i),
                NONE => return Err(i),
                _ => i = (i + 1) & mask,
            }
        }
    }

    fn slot_for(&mut self, block: BlockId) -> usize {
        assert!(block.0 != NONE, "block id {NONE} is reserved");
        if let Ok(i) = self.probe(block) {
            return i;
        }
        if (self.occupied + 1) * 8 > self.slots.len() * 7 {
            self.rebuild();
        }
        let i = self.probe(block).expect_err("the block has no slot yet");
        self.slots[i].block = block.0;
        self.occupied += 1;
        i
    }

    /// Drops the slots whose records are gone, and leaves at least half of the slots empty.
    fn rebuild(&mut self) {
        let old = std::mem::take(&mut self.slots);
        let live = old.iter().filter(|s| !s.records.is_empty()).count();
        self.slots = vec![EMPTY; (2 * (live + 1)).next_power_of_two().max(8)];
        self.occupied = live;
        for slot in old.into_iter().filter(|s| !s.records.is_empty()) {
            let i = self.probe(BlockId(slot.block)).expect_err("a block has one slot");
            self.slots[i] = slot;
        }
    }
}

/// Fibonacci hashing: the high bits of a multiplication by 2^64 / golden ratio.
fn hash(block: BlockId) -> u32 {
    (u64::from(block.0).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn store() -> RecordStore {
        RecordStore::new(SimSpan::from_hours(48), SimSpan::from_hours(1))
    }

    fn at(mins: u64) -> SimTime {
        SimTime::ZERO + SimSpan::from_mins(mins)
    }

    fn found(store: &mut RecordStore, block: u32, now: SimTime) -> Vec<u32> {
        let mut out = Vec::new();
        store.providers(BlockId(block), now, &mut out);
        out.into_iter().map(|n| n.0).collect()
    }

    #[test]
    fn a_record_is_served_for_48_hours_and_not_longer() {
        let mut store = store();
        store.add(BlockId(7), NodeId(1), at(30));
        assert_eq!(found(&mut store, 7, at(30 + 48 * 60)), [1]);
        let late = at(30 + 48 * 60) + SimSpan::from_nanos(1);
        assert_eq!(found(&mut store, 7, late), [0u32; 0]);
        assert_eq!(store.stored(late), 1, "expired but not swept before the full hour");
        assert_eq!(store.stored(at(49 * 60)), 0);
    }

    #[test]
    fn announcing_again_renews_a_record() {
        let mut store = store();
        store.add(BlockId(7), NodeId(1), at(0));
        store.add(BlockId(7), NodeId(2), at(0));
        store.add(BlockId(7), NodeId(1), at(22 * 60));
        assert_eq!(found(&mut store, 7, at(60 * 60)), [1]);
        assert_eq!(store.stored(at(60 * 60)), 1);
    }

    #[test]
    fn memory_is_used_again_after_a_sweep() {
        let mut store = store();
        for day in 0..50 {
            for block in 0..100 {
                store.add(BlockId(day * 100 + block), NodeId(1), at(u64::from(day) * 24 * 60));
            }
        }
        assert!(store.receipts.len() <= 400 && store.slots.len() <= 1024, "{}", store.slots.len());
    }

    proptest! {
        #[test]
        fn the_store_answers_as_a_plain_map_does(
            steps in prop::collection::vec((0u32..12, 0u32..6, 0u64..400, any::<bool>()), 0..300),
        ) {
            let (mut store, mut plain) = (store(), BTreeMap::new());
            let mut now = SimTime::ZERO;
            for (block, provider, mins, is_add) in steps {
                now += SimSpan::from_mins(mins);
                if is_add {
                    store.add(BlockId(block), NodeId(provider), now);
                    plain.insert((block, provider), now);
                }
                let valid = |at: &SimTime| now.since(*at) <= SimSpan::from_hours(48);
                let of_block = plain.range((block, 0)..(block + 1, 0));
                let expected: Vec<u32> = of_block.filter(|(_, t)| valid(t)).map(|((_, p), _)| *p).collect();
                prop_assert_eq!(store.has(BlockId(block), NodeId(provider), now), expected.contains(&provider));
                prop_assert_eq!(found(&mut store, block, now), expected);
                prop_assert!(store.stored(now) >= plain.values().filter(|t| valid(t)).count());
            }
        }
    }
}
