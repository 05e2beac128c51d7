//! Measures of proofs of storage.

use super::Finding;
use super::evidence::Evidence;
use super::measures::{exactly, from_interval, needs};
use crate::values::Instance;
use analysis::stats;
use models::filecoin::piece::size::SectorSize;
use models::filecoin::proofs::family::ProofFamily;

/// Standard errors within which every group of miners has to lie.
const ERRORS: f64 = 4.0;

/// The share of leaves of a replica whose path can no longer be built: whole families of siblings, since a challenge needs
/// all of one.
fn unprovable(deletes: sim_core::units::Prob, scattered: bool, leaves: u64, family: u64) -> f64 {
    let ratio = deletes.ratio();
    let gone = (u128::from(leaves) * u128::from(ratio.num())).div_ceil(u128::from(ratio.den())) as u64;
    let families = if scattered { gone } else { gone.div_ceil(family) };
    (families * family).min(leaves) as f64 / leaves as f64
}

/// 1 - (1 - share)^k.
fn caught(share: f64, challenges: u32) -> f64 {
    1.0 - (0..challenges).fold(1.0, |missed, _| missed * (1.0 - share))
}

/// What Window PoSts asked of a group, and how much of it was not answered.
fn asked_and_lost(evidence: &Evidence<'_>, group: &str) -> (f64, f64) {
    let of = |column| evidence.sum("miners", column, |row| row.text("group") == group);
    (of("window_asked"), of("window_lost"))
}

/// The share of proofs that miners which deleted part of their sectors missed, against 1 - (1 - a)^k.
pub(super) fn caught_deleting(evidence: &Evidence<'_>) -> Finding {
    let keys = evidence.values.all("filecoin").next().expect("the claim's file has one");
    let family: ProofFamily = keys.text("proof").parse().expect("a family passed the check");
    let size: SectorSize = keys.text("real_size").parse().expect("a size passed the check");
    let groups: Vec<&Instance> = evidence.values.all("miners.<group>").collect();
    let simple = |group: &&Instance| {
        group.text("keeps") == "replica"
            && group.real("disk_failures") <= 0.0
            && (share(group) <= 0.0 || group.text("on_loss") == "skip")
    };
    if !groups.iter().all(simple) || groups.iter().all(|group| share(group) <= 0.0) {
        return needs(
            evidence,
            "miners that delete with on_loss = skip, keeps = replica and no disk_failures",
        );
    }
    let leaves = u64::from(size.nodes());
    let siblings = family.tree_kind().arity() as u64;
    let (mut all, mut missed, mut due, mut broken) = (0.0, 0.0, 0.0, None);
    for group in groups {
        let (asked, lost) = asked_and_lost(evidence, group.name());
        let scattered = group.text("deletes_as") == "scattered";
        let bad = unprovable(group.share("deletes"), scattered, leaves, siblings);
        let expected = caught(bad, family.counts().window);
        let error = (expected * (1.0 - expected) / asked).sqrt();
        if asked > 0.0 && (lost / asked - expected).abs() > ERRORS * error {
            broken = Some(format!("{} missed {} of its proofs, not {expected}", group.name(), lost / asked));
        }
        if share(group) > 0.0 {
            (all, missed, due) = (all + asked, missed + lost, due + asked * expected);
        }
    }
    match stats::wilson(missed as u64, all as u64) {
        Some(found) => from_interval(found, due / all, broken),
        // Before the run: there is a formula.
        None => exactly(f64::NAN, 0.0, Some("no miner that deletes was asked".into())),
    }
}

fn share(group: &Instance) -> f64 {
    group.share("deletes").as_f64_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::units::Prob;

    #[test]
    fn a_leaf_spoils_its_family_and_a_run_is_of_whole_ones() {
        let cases = [
            (Prob::new(1, 8), false, 8, 8),
            (Prob::new(1, 8), true, 8, 64),
            (Prob::new(1, 100), true, 8, 8),
            (Prob::new(1, 10), false, 2, 8),
            (Prob::new(1, 10), true, 2, 14),
            (Prob::ZERO, false, 8, 0),
        ];
        for (deletes, scattered, family, of_64) in cases {
            let found = unprovable(deletes, scattered, 64, family);
            assert!(
                (found * 64.0 - f64::from(of_64)).abs() < 1e-12,
                "{deletes:?}: {found}, not {of_64} of 64"
            );
        }
    }

    #[test]
    fn ten_challenges_catch_an_eighth_as_rows_35_to_37_of_the_targets_say() {
        assert!((caught(0.125, 10) - 0.736_924_4).abs() < 1e-7);
        assert!((caught(0.01, 460) - 0.990_178_2).abs() < 1e-7);
    }
}
