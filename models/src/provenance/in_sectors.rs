//! What would have kept data that was in sectors, copy by copy: the terms of its deals, a proof in time, a repair.
//!
//! A copy that ended early would have outlived the loss only if its term did; one whose term was over needed a longer one.

use super::kept::Remedy;
use super::{Came, Copy, Holder, Provenance, Went};
use sim_core::time::SimTime;
use std::collections::BTreeSet;

/// What undoes the end of a copy in a sector, if that alone would have kept the data past `lost`.
pub(super) fn against_the_end<O: Ord + std::marker::Copy>(
    provenance: &Provenance<O>,
    copy: &Copy<O>,
    lost: SimTime,
) -> Option<Remedy> {
    let (holder, at) = (copy.holder, copy.ended?.at);
    let until = copy.came.promised_until()?;
    let deal = match copy.came {
        Came::Deal { deal, .. } => Some(deal),
        _ => None,
    };
    let remedy = match provenance.why(copy)? {
        Went::Expired { .. } => return Some(Remedy::LongerTerm { holder, deal, until, at }),
        Went::FaultyTooLong { since, bytes_gone: None } => Remedy::ProvenInTime { holder, since, at },
        Went::FaultyTooLong { bytes_gone: Some(gone), .. } => Remedy::Restored { holder, gone, by: Some(at) },
        Went::DiskLost => Remedy::Restored { holder, gone: at, by: None },
        Went::Terminated => Remedy::NotTerminated { holder, deal, at, until },
        Went::Discarded { .. } => Remedy::NotDiscarded { holder, at },
        _ => return None,
    };
    // The last copy would have been there a moment longer whatever its term.
    (until > lost || copy.is_last).then_some(remedy)
}

/// A second copy, if only one miner ever had any and nobody else did.
pub(super) fn second_copy<O>(copies: &[&Copy<O>], lost: SimTime) -> Option<Remedy> {
    let miner = |copy: &&Copy<O>| match copy.holder {
        Holder::Sector(miner, _) => Some(miner),
        Holder::Node(_) => None,
    };
    let miners: Option<BTreeSet<_>> = copies.iter().map(miner).collect();
    miners.filter(|miners| miners.len() == 1)?;
    copies.last().map(|copy| Remedy::SecondCopy { holder: copy.holder, lost })
}
