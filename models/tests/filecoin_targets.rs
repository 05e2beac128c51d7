//! Rows 35 to 37 and 48 of the validation targets, with the chain's own randomness and challenges. (Rows 38 to 40 are in
//! `filecoin_elections.rs`, and in `filecoin_weight.rs` on a whole chain.)
//!
//! Challenges are drawn with replacement, as the protocol draws them, so that row 35 is the chain's law; row 36 is that of
//! the first challenges that differ, and neither passes for the other.

use models::filecoin::chain::Chain;
use models::filecoin::gas::{base_fee_by_premium, base_fee_by_utilisation};
use models::filecoin::piece::size::SectorSize;
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::proofs::identity::{PostRandomness, SectorNumber};
use models::filecoin::proofs::pdp::{ChallengeSeed, leaf_challenge};
use models::filecoin::proofs::post::{PostChallenge, PostKind};
use models::filecoin::rulesets::RuleSet;
use models::units::{AttoFil, Epoch, Epochs};
use sim_core::draws::Draws;
use sim_core::math;
use std::collections::BTreeSet;

const SIZE: SectorSize = SectorSize::EightMib;
/// Challenges of a Window PoSt.
const WINDOW: u64 = 10;

/// The leaves that a sector is asked for in the Window PoSt of a day of the chain.
fn asked(draws: &Draws, sector: u64, day: u64) -> Vec<u64> {
    let epoch = Epoch::new(6_100_000) + Epochs::from_days(day as i64);
    let randomness = PostRandomness::of_chain(Chain::beacon(epoch, draws));
    let challenge = PostChallenge { kind: PostKind::Window, randomness, sector: SectorNumber(sector) };
    let leaves = challenge.leaves(ProofFamily::SdrPoseidon, SIZE);
    assert_eq!(leaves.len() as u64, WINDOW);
    leaves
}

/// Leaves that are lost: whole octets from the first one on, as near to the share as they come; and their exact share.
fn lost(share: f64) -> (u64, f64) {
    let all = u64::from(SIZE.nodes());
    let lost = (share * all as f64 / 8.0).round() as u64 * 8;
    (lost, lost as f64 / all as f64)
}

fn power(base: f64, exponent: u64) -> f64 {
    (0..exponent).fold(1.0, |product, _| product * base)
}

#[test]
fn row_35_a_lost_share_is_caught_with_one_minus_the_odds_of_missing_it_every_time() {
    let draws = Draws::new(35, 0);
    let cases = [
        (0.01, 10, 0.0956179, 40_000),
        (0.01, 100, 0.6339677, 10_000),
        (0.01, 460, 0.9901782, 4_000),
        (0.1, 10, 0.6513216, 40_000),
        (0.05, 60, 0.9539302, 10_000),
    ];
    for (share, challenges, expected, trials) in cases {
        let days = challenges / WINDOW;
        let (lost, exact) = lost(share);
        let law = 1.0 - power(1.0 - exact, challenges);
        // 1 % of the leaves in whole octets are 1.001 %.
        assert!((law - expected).abs() < 5e-4, "{share}, {challenges}: {law}");
        let is_caught =
            |trial: &u64| (0..days).any(|day| asked(&draws, *trial, day).iter().any(|leaf| *leaf < lost));
        let found = (0..trials).filter(is_caught).count() as f64 / trials as f64;
        let error = (law * (1.0 - law) / trials as f64).sqrt();
        assert!((found - law).abs() < 3.0 * error, "{share}, {challenges}: {found}, not {law} +- {error}");
    }
}

#[test]
fn row_36_challenges_that_differ_catch_more_often_and_the_chain_s_may_repeat() {
    const TRIALS: u64 = 25_000;
    let (with, without) = (0.6339677, 0.6530723);
    let (mut repeating, mut differing) = (0_u64, 0_u64);
    for trial in 0..TRIALS {
        let epoch = Epoch::new(6_100_000 + trial as i64);
        let seed = ChallengeSeed(Chain::beacon(epoch, &Draws::new(36, 0)));
        let leaf = |index: u64| leaf_challenge(&seed, 7, index, 1_000);
        repeating += u64::from((0..100).map(leaf).any(|leaf| leaf < 10));
        let mut seen = BTreeSet::new();
        for index in 0.. {
            seen.insert(leaf(index));
            if seen.len() == 100 {
                break;
            }
        }
        differing += u64::from(seen.first().is_some_and(|leaf| *leaf < 10));
    }
    let off = |count: u64, law: f64| {
        let error = (law * (1.0 - law) / TRIALS as f64).sqrt();
        (count as f64 / TRIALS as f64 - law).abs() / error
    };
    assert!(off(repeating, with) < 3.0 && off(repeating, without) > 3.0, "{repeating}");
    assert!(off(differing, without) < 3.0 && off(differing, with) > 3.0, "{differing}");
}

#[test]
fn row_37_one_per_cent_lost_is_found_within_46_days_at_99_per_cent() {
    const TRIALS: u64 = 100_000;
    let draws = Draws::new(37, 0);
    let (lost, _) = lost(0.01);
    let mut surviving = [0_u64; 47];
    for sector in 0..TRIALS {
        let day = (0..46).find(|day| asked(&draws, sector, *day).iter().any(|leaf| *leaf < lost));
        (1..=day.unwrap_or(46)).for_each(|day| surviving[day as usize] += 1);
    }
    // Day d has survived all of the first d proofs. Where the share falls below 1 %, by the line between logarithms.
    let ln = |day: usize| math::ln(surviving[day] as f64 / TRIALS as f64);
    let (a, b) = (ln(45), ln(46));
    let days = 45.0 + (a - math::ln(0.01)) / (a - b);
    // The standard error is 0.31 days; 3 % are 1.37.
    assert!((days - 45.82).abs() < 0.03 * 45.82, "{days} days");
}

#[test]
fn row_48_ten_full_epochs_and_ten_empty_ones_move_the_base_fee_by_eighths() {
    // Where the base fee goes by utilisation, and where it goes by the premium (nv28).
    let (old, new) =
        (RuleSet::named("nv27").expect("a rule set"), RuleSet::named("nv28").expect("a rule set"));
    let start = AttoFil::from_fil(1);
    let ten = |next: &dyn Fn(AttoFil) -> AttoFil| (0..10).fold(start, |fee, _| next(fee));
    let policy = old.policy();
    let full = ten(&|fee| base_fee_by_utilisation(&policy, fee, policy.block_gas_limit, 1));
    let empty = ten(&|fee| base_fee_by_utilisation(&policy, fee, 0, 1));
    let policy = new.policy();
    let dear = ten(&|fee| base_fee_by_premium(&policy, fee, fee * 2));
    let cheap = ten(&|fee| base_fee_by_premium(&policy, fee, AttoFil::ZERO));
    // 9^10 / 8^10 and 7^10 / 8^10; each of ten divisions rounds off less than one attoFIL, which grows on.
    let exact = |base: i128| start.floor_mul(base.pow(10), 8_i128.pow(10));
    for (found, exact, factor) in [
        (full, exact(9), 3.2473210),
        (dear, exact(9), 3.2473210),
        (empty, exact(7), 0.2630756),
        (cheap, exact(7), 0.2630756),
    ] {
        assert!((found - exact).atto().abs() < 40, "{found:?} is not {exact:?}");
        assert!((found.as_fil_f64_lossy() - factor).abs() < 5e-8, "{found:?}");
    }
}
