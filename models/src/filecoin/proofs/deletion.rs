//! Leaves that a cheater deletes of a replica: how many, and where.
//!
//! What the chain notices is the share of leaves whose path can no longer be built. A run of whole families of siblings
//! costs the cheater no more than what it deletes; scattered leaves spoil their whole family (an octet, or a pair in
//! binary trees), and are caught at that rate.

use sim_core::units::Prob;

/// Where deleted leaves lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pattern {
    /// In one run, of whole families of siblings.
    Run,
    /// One in each family, as long as there are families without.
    Scattered,
}

/// Part of every replica that an operator deletes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deletion {
    /// Share of its leaves, rounded up to whole leaves, in a run to whole families.
    pub share: Prob,
    /// Where they lie.
    pub pattern: Pattern,
}

impl Deletion {
    /// The deleted ones of so many leaves, of which so many are siblings, each once.
    pub fn leaves(&self, leaves: u64, family: u64) -> impl Iterator<Item = u64> + use<> {
        let (ratio, pattern) = (self.share.ratio(), self.pattern);
        let wanted = (u128::from(leaves) * u128::from(ratio.num())).div_ceil(u128::from(ratio.den())) as u64;
        let (families, count) = match pattern {
            Pattern::Run => (leaves / family, wanted.next_multiple_of(family).min(leaves)),
            Pattern::Scattered => (leaves / family, wanted),
        };
        (0..count).map(move |nth| match pattern {
            Pattern::Run => nth,
            Pattern::Scattered => nth % families * family + nth / families,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn deleted(share: Prob, pattern: Pattern, leaves: u64, family: u64) -> BTreeSet<u64> {
        let all: Vec<u64> = Deletion { share, pattern }.leaves(leaves, family).collect();
        let set: BTreeSet<u64> = all.iter().copied().collect();
        assert_eq!(set.len(), all.len(), "each once");
        assert!(set.last().is_none_or(|&last| last < leaves));
        set
    }

    #[test]
    fn a_run_is_of_whole_families_and_scattered_leaves_are_of_one_each() {
        let eighth = Prob::new(1, 8);
        assert_eq!(deleted(eighth, Pattern::Run, 64, 8), (0..8).collect());
        assert_eq!(deleted(Prob::new(1, 100), Pattern::Run, 64, 8), (0..8).collect());
        let scattered = deleted(eighth, Pattern::Scattered, 64, 8);
        assert_eq!(scattered, (0..8).map(|family| family * 8).collect());
        assert_eq!(deleted(Prob::ONE, Pattern::Scattered, 64, 8).len(), 64);
        assert_eq!(deleted(Prob::new(1, 100), Pattern::Scattered, 64, 2).len(), 1);
    }
}
