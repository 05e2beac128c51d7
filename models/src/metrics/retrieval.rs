//! Retrieval: reads that succeed, and what they waste. Times of reads are in the table of reads.

use super::{Measured, Metric};
use crate::world::Outcome;

pub(super) const READ_SUCCESS: Metric = Metric {
    name: "read_success",
    label: "reads that succeed",
    unit: "",
    doc: "Share of ended reads that ended with every byte verified; reads still under way are left out.",
    sample: None,
    total: Some(|world| {
        let ended = || world.reads().iter().filter(|read| read.outcome != Outcome::Pending);
        let ok = ended().filter(|read| read.outcome == Outcome::Ok).count() as u64;
        Measured::Proportion { hits: ok, trials: ended().count() as u64 }
    }),
};

pub(super) const DUPLICATES: Metric = Metric {
    name: "duplicate_blocks",
    label: "blocks received more than once",
    unit: "",
    doc: "Blocks that readers received again, per block that they received and wanted.",
    sample: None,
    total: Some(|world| {
        let blocks: u64 = world.reads().iter().map(|read| read.counters.blocks).sum();
        let again: u64 = world.reads().iter().map(|read| read.counters.duplicates).sum();
        ratio(again, blocks)
    }),
};

pub(super) const CORRUPT_ACCEPTED: Metric = Metric {
    name: "corrupt_accepted",
    label: "altered blocks accepted",
    unit: "",
    doc: "Altered blocks that a receiver took for good. A block is hashed when it comes, so this is zero.",
    sample: None,
    total: Some(|world| Measured::Value(world.totals().corrupt_accepted as f64)),
};

pub(super) const CORRUPT_WASTE: Metric = Metric {
    name: "corrupt_waste",
    label: "bytes wasted on altered blocks",
    unit: "",
    doc: "Bytes of altered blocks that readers received and refused, per byte of the blocks that they kept.",
    sample: None,
    total: Some(|world| {
        let kept: u64 = world.reads().iter().map(|read| read.counters.block_bytes).sum();
        let refused: u64 = world.reads().iter().map(|read| read.corrupt.1).sum();
        ratio(refused, kept)
    }),
};

fn ratio(part: u64, whole: u64) -> Measured {
    if whole == 0 { Measured::Nothing } else { Measured::Value(part as f64 / whole as f64) }
}
