//! How long sealing takes, in virtual time and at nominal size.
//!
//! The real work of this program is on small sectors; the clock of a run is charged with the work of the sector they stand
//! for. Labels of a layer depend on each other and cannot be split over cores, so whoever has kept only the data needs
//! this long before it can answer a challenge: an answer that comes later than the deadline is *too slow*, which
//! is why making a replica on demand fails although its bytes are right.

use super::family::ProofFamily;
use crate::filecoin::piece::size::PieceHeight;
use serde::{Deserialize, Serialize};
use sim_core::time::SimSpan;

/// Work of sealing one sector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SealingWork {
    /// Labels, one after another.
    pub labels: u64,
    /// Poseidon hashes of columns and of both trees; these can be shared out.
    pub poseidon_hashes: u64,
}

impl SealingWork {
    /// The work for a sector of that nominal size: 2 layers up to 1 GiB, 11 above (rust-fil-proofs `constants.rs`); none
    /// if the family does not encode.
    pub const fn of(family: ProofFamily, nominal: PieceHeight) -> Self {
        if !family.encodes() {
            return SealingWork { labels: 0, poseidon_hashes: 0 };
        }
        let nodes = nominal.nodes();
        let layers = if nominal.get() <= 25 { 2 } else { 11 };
        // Columns, and two octal trees with a seventh of their leaves as inner nodes.
        SealingWork { labels: layers * nodes, poseidon_hashes: nodes + 2 * (nodes - 1).div_ceil(7) }
    }

    /// Virtual time until the replica and its tree are there.
    pub fn sealing_time(self, speed: &SealingSpeed) -> SimSpan {
        times(self.labels, speed.label).saturating_add(times(self.poseidon_hashes, speed.poseidon_hash))
    }

    /// Virtual time to decode: labels again, no trees.
    pub fn unsealing_time(self, speed: &SealingSpeed) -> SimSpan {
        times(self.labels, speed.label)
    }
}

fn times(count: u64, each: SimSpan) -> SimSpan {
    SimSpan::from_nanos(count.saturating_mul(each.as_nanos()))
}

/// How fast a miner's machine is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SealingSpeed {
    /// Time for one label.
    ///
    /// Unit: ns. Default: 1000. Bounds: above 0 for sealing to take time; 0 switches its duration off.
    /// Source: 20 SHA-256 compressions with CPU instructions, about 1 µs measured; 3.3 h for 32 GiB, within the three to
    /// five hours that storage providers report for this phase.
    pub label: SimSpan,
    /// Time for one Poseidon hash, over all processors of the machine.
    ///
    /// Unit: ns. Default: 900. Bounds: 0 and up.
    /// Source: assumption, some 20 minutes for the second phase of 32 GiB on one graphics processor.
    pub poseidon_hash: SimSpan,
}

impl Default for SealingSpeed {
    fn default() -> Self {
        SealingSpeed { label: SimSpan::from_nanos(1_000), poseidon_hash: SimSpan::from_nanos(900) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sector_of_32_gib_takes_longer_than_a_deadline_of_half_an_hour() {
        let work = SealingWork::of(ProofFamily::SdrPoseidon, PieceHeight::new(30));
        assert_eq!(work.labels, 11 << 30);
        let time = work.sealing_time(&SealingSpeed::default());
        assert!(time > SimSpan::from_hours(3) && time < SimSpan::from_hours(5), "{time:?}");
        assert!(work.unsealing_time(&SealingSpeed::default()) < time);
    }

    #[test]
    fn without_encoding_or_with_free_labels_sealing_takes_no_time() {
        let free = SealingSpeed { label: SimSpan::ZERO, poseidon_hash: SimSpan::ZERO };
        let work = SealingWork::of(ProofFamily::SdrPoseidon, PieceHeight::new(30));
        assert_eq!(work.sealing_time(&free), SimSpan::ZERO);
        for family in [ProofFamily::Sha256Merkle, ProofFamily::Pdp] {
            let work = SealingWork::of(family, PieceHeight::new(30));
            assert_eq!(work.sealing_time(&SealingSpeed::default()), SimSpan::ZERO);
        }
    }
}
