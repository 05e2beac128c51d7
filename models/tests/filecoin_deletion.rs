//! A miner that deletes part of its sectors is caught with 1 - (1 - f)^k in every proving period, f being the share of
//! leaves whose path can no longer be built and k the number of challenges: on the chain, with real proofs.
//!
//! Rows 35 to 37 of the shared validation targets. What is measured is what the chain says: whether a sector is faulty
//! when its proving period is over. Proving periods are sixteen epochs short, since nothing of the law depends on their
//! length. Every tolerance is four standard errors.

mod miners;
mod worlds;

use miners::{Run, column, config, groups, honest, policy, small};
use models::agents::conduct::Conduct;
use models::agents::storage_miner::OperatorConfig;
use models::filecoin::piece::size::SectorSize;
use models::filecoin::policy::Policy;
use models::filecoin::proofs::deletion::{Deletion, Pattern};
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::vault::ProofConfig;
use models::units::Epochs;
use sim_core::units::Prob;

/// Epochs of a proving period.
const PERIOD: i64 = 16;
/// Epochs until every sector was proven, and what it deletes is gone.
const BEFORE: i64 = 50 * PERIOD;

fn hasty() -> Policy {
    Policy {
        proving_period: Epochs::new(PERIOD),
        deadlines: 4,
        challenge_lookback: Epochs::ONE,
        fault_cutoff: Epochs::ONE,
        ..policy()
    }
}

fn deleting(sectors: u64, share: Prob, pattern: Pattern) -> OperatorConfig {
    let deletes = Some(Deletion { share, pattern });
    OperatorConfig { conduct: Conduct { deletes, ..Conduct::default() }, ..honest(sectors) }
}

/// For every group and sector, whether it was caught in each period.
fn caught(proofs: ProofConfig, operators: &[OperatorConfig], periods: i64) -> Vec<Vec<Vec<bool>>> {
    let epochs = BEFORE + periods * PERIOD;
    let mut run = Run::start(config(hasty(), proofs, groups(operators.to_vec()), epochs), 11);
    let none = |plan: &OperatorConfig| vec![Vec::with_capacity(periods as usize); plan.sectors as usize];
    let mut caught: Vec<_> = operators.iter().map(none).collect();
    for period in 0..periods {
        run.to(BEFORE + (period + 1) * PERIOD);
        for (group, own) in caught.iter_mut().enumerate() {
            run.sectors(group as u32).zip(own).for_each(|(sector, series)| {
                assert!(sector.standing.is_live(), "{sector:?}");
                series.push(sector.standing.is_faulty());
            });
        }
    }
    // The vault's own count says the same as the chain's.
    let tables = run.finish();
    let of = |name| column(&tables, &models::tables::MINERS, name);
    let (asked, lost, wrong) = (of("window_asked"), of("window_lost"), of("window_wrong"));
    for (group, own) in caught.iter().enumerate() {
        let seen: usize = own.iter().flatten().filter(|caught| **caught).count();
        assert!(seen as i128 <= lost[group] && wrong[group] == 0);
        assert!(asked[group] >= (periods as i128) * own.len() as i128);
    }
    caught
}

/// 1 - (1 - f)^k.
fn law(f: f64, k: u32) -> f64 {
    1.0 - (0..k).fold(1.0, |product, _| product * (1.0 - f))
}

/// The same if no leaf were drawn twice: `bad` of `all`.
fn without_replacement(bad: u64, all: u64, k: u64) -> f64 {
    1.0 - (0..k).fold(1.0, |product, i| product * (all - bad - i) as f64 / (all - i) as f64)
}

/// The share of spans of so many periods in which a sector was caught at least once, and of how many spans.
fn share(series: &[Vec<bool>], span: usize) -> (f64, f64) {
    let spans = || series.iter().flat_map(|own| own.chunks_exact(span));
    let hits = spans().filter(|span| span.contains(&true)).count();
    let all = spans().count() as f64;
    (hits as f64 / all, all)
}

fn assert_law(series: &[Vec<bool>], span: usize, expected: f64) {
    let (found, all) = share(series, span);
    let error = (expected * (1.0 - expected) / all).sqrt();
    assert!(
        (found - expected).abs() <= 4.0 * error,
        "{found} of {all} spans of {span} periods, expected {expected}, standard error {error}"
    );
}

#[test]
fn runs_are_caught_at_their_share_and_scattered_leaves_at_that_of_their_octets() {
    let plan = |leaves, pattern| deleting(8, Prob::new(leaves, 64), pattern);
    let plans = [
        plan(8, Pattern::Run),
        plan(16, Pattern::Run),
        plan(1, Pattern::Scattered),
        plan(3, Pattern::Scattered),
        honest(8),
    ];
    let caught = caught(small(ProofFamily::SdrPoseidon), &plans, 1_000);
    for (group, octets) in [(0, 1), (1, 2), (2, 1), (3, 3), (4, 0)] {
        assert_law(&caught[group], 1, law(f64::from(octets) / 8.0, 10));
    }
}

#[test]
fn challenges_may_ask_for_a_leaf_twice() {
    // Row 36 is the law without replacement, which a test of the chain has to fail: its challenges are independent.
    assert!((without_replacement(10, 1_000, 100) - 0.653_072_3).abs() < 5e-8);
    let caught =
        caught(small(ProofFamily::SdrPoseidon), &[deleting(24, Prob::new(1, 8), Pattern::Run)], 1_000);
    assert_law(&caught[0], 1, law(0.125, 10));
    let ((found, all), other) = (share(&caught[0], 1), without_replacement(8, 64, 10));
    let error = (other * (1.0 - other) / all).sqrt();
    assert!((found - other).abs() > 4.0 * error, "{found} is too near {other}");
}

#[test]
fn pdp_and_binary_trees_catch_sibling_pairs() {
    let plans = |leaves, pattern| [deleting(8, Prob::new(leaves, 64), pattern)];
    for (family, k) in [(ProofFamily::Pdp, 5), (ProofFamily::Sha256Merkle, 10)] {
        let run = caught(small(family), &plans(4, Pattern::Run), 1_000);
        assert_law(&run[0], 1, law(2.0 / 32.0, k));
        let scattered = caught(small(family), &plans(2, Pattern::Scattered), 1_000);
        assert_law(&scattered[0], 1, law(2.0 / 32.0, k));
    }
}

#[test]
fn the_law_holds_for_a_hundredth_of_eight_mebibytes() {
    // Rows 35 and 37.
    let proofs = ProofConfig { family: ProofFamily::Sha256Merkle, size: SectorSize::EightMib };
    let plan = |sectors, share| deleting(sectors, share, Pattern::Run);
    let plans = [plan(8, Prob::new(1, 100)), plan(1, Prob::new(5, 100)), plan(1, Prob::new(1, 10))];
    let caught = caught(proofs, &plans, 24_000);
    let rows = [
        (0, 10, 0.095_617_9),
        (0, 100, 0.633_967_7),
        (0, 460, 0.990_178_2),
        (1, 60, 0.953_930_2),
        (2, 10, 0.651_321_6),
    ];
    for (group, challenges, expected) in rows {
        assert_law(&caught[group], challenges / 10, expected);
    }
    // Days until caught with 99 %, at ten challenges a day.
    let (daily, _) = share(&caught[0], 1);
    let days = sim_core::math::ln(0.01) / sim_core::math::ln(1.0 - daily);
    assert!((days / 45.82 - 1.0).abs() < 0.03, "{days} days");
}
