//! Laws of the chain's money: what holds for all inputs, and the fixed-width integers against ones that grow.

use bnum::cast::As;
use models::filecoin::election::{PoissonTail, rate};
use models::filecoin::fixed::{Int384, Int768, Q128, exp_neg, exp_neg_256, ln};
use models::filecoin::gas;
use models::filecoin::monies::{self, NetworkEstimates, PledgeInputs, RewardOutlook};
use models::filecoin::policy::Policy;
use models::filecoin::quality::{SectorSpace, full_qa_power, qa_power};
use models::filecoin::quantize::Quant;
use models::filecoin::reward::{Curves, RewardState};
use models::filecoin::rulesets::RuleSet;
use models::filecoin::smooth::{FilterEstimate, Gains, ratio_integral};
use models::filecoin::vesting::{VestingFunds, VestingSpec};
use models::units::{AttoFil, Epoch, Epochs, Power};
use num_bigint::{BigInt, Sign};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};

fn config() -> Config {
    Config {
        cases: 96,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(4),
        failure_persistence: None,
        ..Config::default()
    }
}

fn policy() -> Policy {
    RuleSet::newest().policy()
}

/// The slow, obvious arithmetic: integers of any size, floors by hand.
mod grown {
    use super::*;

    pub(crate) fn big(number: Q128) -> BigInt {
        number.to_string().parse().expect("digits")
    }

    pub(crate) fn floor(numerator: &BigInt, denominator: &BigInt) -> BigInt {
        let quotient = numerator / denominator;
        let exact = &quotient * denominator == *numerator;
        let negative = (numerator.sign() == Sign::Minus) != (denominator.sign() == Sign::Minus);
        if exact || !negative { quotient } else { quotient - 1 }
    }

    pub(crate) fn shifted(product: &BigInt, bits: u32) -> BigInt {
        floor(product, &(BigInt::from(1) << bits))
    }

    /// The integral by its formula, logarithms taken from the code under test (they have a test of their own).
    pub(crate) fn ratio_integral(reward: &FilterEstimate, power: &FilterEstimate, span: i64) -> BigInt {
        let [p1, v1, p2, v2] = [reward.position, reward.velocity, power.position, power.velocity].map(big);
        let span = BigInt::from(span) << 128;
        let squared = shifted(&(&v2 * &v2), 128);
        if squared <= BigInt::from(302_231_454_903_657_293_676_544_u128) {
            let midway = shifted(&(&v1 * (&span / 2)), 128) + &p1;
            return floor(&(midway * span), &p2);
        }
        let to = shifted(&(&v2 * &span), 128) + &p2;
        let ln_of = |number: &BigInt| big(ln(number.to_string().parse().expect("fits")));
        let (ln_from, ln_to) = (ln_of(&p2), ln_of(&to));
        let first = shifted(&((&ln_to - &ln_from) * &p1 * &v2), 128);
        let second = shifted(&(((&ln_from - &ln_to) * &p2 + &v2 * &span) * &v1), 128);
        floor(&(first + second), &squared)
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn fixed_products_and_quotients_are_those_of_integers_that_grow(
        a in any::<(i64, u128)>(), b in any::<(i64, u128)>(), n in any::<i64>()
    ) {
        let (x, y) = (Q128::from_parts(a.0.into(), a.1), Q128::from_parts(b.0.into(), b.1));
        let (big_x, big_y) = (grown::big(x), grown::big(y));
        prop_assert_eq!(grown::big(x.floor_mul(y)), grown::shifted(&(&big_x * &big_y), 128));
        prop_assert_eq!(grown::big(x.times(n.into())), &big_x * n);
        prop_assert_eq!(BigInt::from(x.floor()), grown::shifted(&big_x, 128));
        if y != Q128::ZERO {
            prop_assert_eq!(grown::big(x.floor_div(y)), grown::floor(&(&big_x << 128), &big_y));
        }
    }

    #[test]
    fn a_filter_step_is_that_of_integers_that_grow(
        p in 0_i128..1 << 80, v in -(1_i128 << 50)..1 << 50, seen in 0_i128..1 << 80, delta in 1_i64..500
    ) {
        let before = FilterEstimate::new(p, v);
        let gains = Gains::default();
        let after = before.next(seen, Epochs::new(delta), &gains);
        let predicted = (BigInt::from(p) + BigInt::from(v) * delta) << 128;
        let residual = (BigInt::from(seen) << 128) - &predicted;
        let position = &predicted + grown::shifted(&(grown::big(gains.alpha) * &residual), 128);
        let pull = grown::floor(&(grown::big(gains.beta) * &residual), &(BigInt::from(delta) << 128));
        prop_assert_eq!(grown::big(after.position), position);
        prop_assert_eq!(grown::big(after.velocity), (BigInt::from(v) << 128) + pull);
    }

    #[test]
    fn the_ratio_integral_is_that_of_integers_that_grow(
        p1 in 0_i128..1 << 90, v1 in -(1_i128 << 60)..1 << 60,
        p2 in 1_i128 << 30..1 << 90, v2 in 0_i128..1 << 60, span in 1_i64..4_000_000
    ) {
        let (reward, power) = (FilterEstimate::new(p1, v1), FilterEstimate::new(p2, v2));
        let found = ratio_integral(&reward, &power, Epochs::ZERO, Epochs::new(span));
        prop_assert_eq!(grown::big(found), grown::ratio_integral(&reward, &power, span));
    }

    #[test]
    fn exp_falls_and_stays_between_one_and_nothing(a in 0_u128.., whole in 0_i128..5) {
        let x = Q128::from_parts(whole, a);
        let later = x + Q128::from_raw(Int384::from_bytes([0; 48]) + (1_u128 << 100).as_::<Int384>());
        let (y, z) = (exp_neg(x), exp_neg(later));
        prop_assert!(z < y && y <= Q128::ONE && !z.is_negative());
    }

    #[test]
    fn both_precisions_of_exp_agree(a in 0_u128.., whole in 0_i128..5) {
        let narrow = exp_neg(Q128::from_parts(whole, a)).raw().as_::<Int768>();
        let fine = exp_neg_256(Q128::from_parts(whole, a).raw().as_::<Int768>() << 128_u32) >> 128_u32;
        // Every product of the coarser polynomials is rounded, and their terms reach 5^13: within 2^-108.
        prop_assert!((narrow - fine).unsigned_abs().bit_width() <= 20, "{} {}", narrow, fine);
    }

    #[test]
    fn minting_falls_with_time_and_rises_with_network_time(
        epoch in 0_i64..20_000_000, theta in 0_i128..20_000_000, part in 0_u128.., step in 1_i128..1_000_000
    ) {
        let policy = policy();
        let curves = Curves::new(&policy);
        let (now, next) = (Epoch::new(epoch), Epoch::new(epoch + 1));
        prop_assert!(curves.simple(next) < curves.simple(now));
        let (before, after) = (Q128::from_parts(theta, part), Q128::from_parts(theta + step, part));
        let (start, end) = (curves.baseline_until(before), curves.baseline_until(after));
        prop_assert!(Q128::ZERO <= start && start < end);
        prop_assert!(end.floor() < policy.baseline_minting_total.atto());
        prop_assert!(curves.reward(now, before, after) > curves.reward(now, before, before));
    }

    #[test]
    fn network_time_never_turns_and_never_runs_ahead_of_the_chain(
        powers in prop::collection::vec(0_u64.., 1..60), gap in 1_i64..4
    ) {
        let policy = policy();
        let mut state = RewardState::new(&policy, Power::ZERO);
        let (mut theta, mut now) = (state.theta(), Epoch::GENESIS);
        for power in powers {
            state.end_epoch(&policy, now, Power::new(power.into()));
            prop_assert!(state.realized_sum <= state.baseline_sum);
            prop_assert!(state.theta() >= theta);
            prop_assert!(state.theta() <= Q128::from_int(i128::from(state.epoch.height()) + 1));
            prop_assert!(state.theta() <= Q128::from_int(state.effective_time.into()));
            theta = state.theta();
            now += Epochs::new(gap);
        }
    }

    #[test]
    fn vesting_pays_out_all_of_an_amount_and_nothing_early(
        amount in 1_i128..1 << 100, now in -3_000_i64..8_000_000, start in -2_880_i64..8_000_000,
        period in 1_i64..600_000, step in 1_i64..4_000, quantum in 1_i64..2_000, delay in 0_i64..5_000
    ) {
        let spec = VestingSpec {
            delay: Epochs::new(delay),
            // At most some hundreds of portions.
            period: Epochs::new(period.min(step * 400)),
            step: Epochs::new(step),
            quantum: Epochs::new(quantum),
        };
        let (now, start) = (Epoch::new(now), Epoch::new(start));
        let begin = now + spec.delay;
        let mut vested = AttoFil::ZERO;
        let mut last = None;
        for (epoch, portion) in spec.portions(AttoFil::new(amount), now, start) {
            prop_assert!(epoch >= begin && last.is_none_or(|last| last <= epoch));
            prop_assert!(!portion.is_negative());
            vested += portion;
            let elapsed = i128::from((epoch - begin).count().min(spec.period.count()));
            let line = AttoFil::new(amount).floor_mul(elapsed, spec.period.count().into());
            prop_assert_eq!(vested, line);
            last = Some(epoch);
        }
        prop_assert_eq!(vested, AttoFil::new(amount));
    }

    #[test]
    fn no_reward_is_lost_or_made_while_it_vests(
        steps in prop::collection::vec((0_u8..3, 1_i128..1 << 70, 1_i64..40_000), 1..60), start in 0_i64..2_880
    ) {
        let spec = VestingSpec::of(&policy());
        let mut funds = VestingFunds::default();
        let (mut now, mut locked, mut released) = (Epoch::GENESIS, AttoFil::ZERO, AttoFil::ZERO);
        for (what, amount, wait) in steps {
            let amount = AttoFil::new(amount);
            match what {
                0 => {
                    funds.lock(amount, now, Epoch::new(start), &spec);
                    locked += amount;
                }
                1 => released += funds.unlock_vested(now),
                _ => {
                    released += funds.unlock_vested(now);
                    let before = funds.locked();
                    let taken = funds.take_unvested(now, amount);
                    prop_assert_eq!(taken, amount.min(before));
                    released += taken;
                }
            }
            prop_assert!(funds.is_consistent());
            prop_assert_eq!(funds.locked() + released, locked);
            now += Epochs::new(wait);
        }
        released += funds.unlock_vested(Epoch::NEVER);
        prop_assert_eq!(released, locked);
    }

    #[test]
    fn rounding_up_to_a_grid_moves_by_less_than_a_unit_and_once(
        unit in 1_i64..5_000, through in -10_000_i64..10_000, epoch in -10_000_i64..10_000_000
    ) {
        let grid = Quant::new(Epochs::new(unit), Epoch::new(through));
        let epoch = Epoch::new(epoch);
        let up = grid.up(epoch);
        prop_assert!(up >= epoch && up - epoch < Epochs::new(unit));
        prop_assert_eq!((up.height() - through).rem_euclid(unit), 0);
        prop_assert_eq!(grid.up(up), up);
        prop_assert_eq!(grid.up(epoch + Epochs::new(unit)), up + Epochs::new(unit));
    }

    #[test]
    fn a_pledge_lies_between_one_attofil_and_its_cap_and_grows_with_supply(
        reward in 0_i128..100_000_000_000_000_000_000, network in 1_i128 << 45..1 << 70,
        velocity in 0_i128..1 << 45, baseline in 1_i128 << 60..1 << 72, fil in 0_i64..1_000_000_000,
        elapsed in -10_000_i64..2_000_000, gib in 1_i128..640
    ) {
        let policy = policy();
        let network = NetworkEstimates {
            reward: FilterEstimate::constant(reward),
            power: FilterEstimate::new(network, velocity),
        };
        let outlook = RewardOutlook::new(&network, policy.pledge_projection);
        let power = Power::new(gib << 30);
        let pledge = |fil: i64| {
            let inputs = PledgeInputs {
                baseline: Power::new(baseline),
                circulating: AttoFil::from_fil(fil),
                ramp_elapsed: Epochs::new(elapsed),
            };
            monies::initial_pledge(&policy, &inputs, &network, &outlook, power)
        };
        prop_assert!(pledge(fil) >= AttoFil::ONE && pledge(fil) <= monies::pledge_cap(&policy, power));
        prop_assert!(pledge(fil + 1_000) >= pledge(fil));
    }

    #[test]
    fn a_termination_costs_no_less_for_older_sectors_and_no_more_than_its_parts(
        pledge in 0_i128..1 << 80, fault in 0_i128..1 << 70, age in 0_i64..2_000_000, more in 0_i64..100_000
    ) {
        let policy = policy();
        let fee = |age| monies::termination_fee(
            &policy, AttoFil::new(pledge), Epochs::new(age), AttoFil::new(fault));
        prop_assert!(fee(age + more) >= fee(age));
        let most = (pledge * 85 / 1_000).max(fault * 105 / 100);
        prop_assert!(fee(age) <= AttoFil::new(most) && fee(age) >= AttoFil::new(pledge * 2 / 100));
    }

    #[test]
    fn quality_lies_between_one_and_ten_and_grows_with_verified_space(
        size in 11_u32..37, days in 180_i64..1_278, verified in 0_u64.., more in 0_u64..
    ) {
        let policy = policy();
        let (size, duration) = (Power::new(1 << size), Epochs::from_days(days));
        let power = |share: u64| {
            let verified = size.floor_mul(share.into(), u64::MAX.into()).during(duration);
            qa_power(&policy, &SectorSpace { size, duration, verified })
        };
        let (less, more) = (verified.min(more), verified.max(more));
        prop_assert!(size <= power(less) && power(less) <= power(more));
        prop_assert!(power(more) <= full_qa_power(&policy, size));
    }

    #[test]
    fn the_base_fee_moves_by_an_eighth_at_most(base in 100_i128..1 << 60, premium in 0_i128..1 << 61,
                                               gas in 0_i64..100_000_000_000, blocks in 1_i64..10) {
        let policy = policy();
        let eighth = AttoFil::new(base / 8 + 1);
        let base = AttoFil::new(base);
        let by_premium = gas::base_fee_by_premium(&policy, base, AttoFil::new(premium));
        let by_use = gas::base_fee_by_utilisation(&policy, base, gas, blocks);
        for next in [by_premium, by_use] {
            prop_assert!(next >= policy.base_fee_min.max(base - eighth) && next <= base + eighth);
        }
    }

    #[test]
    fn unused_gas_is_given_back_or_burnt(used in 0_i64..10_000_000_000, unused in 0_i64..10_000_000_000) {
        let over = gas::over_estimation(used, used + unused);
        prop_assert_eq!(over.refund + over.burn, unused);
        prop_assert!(over.refund >= 0 && over.burn >= 0);
    }

    #[test]
    fn wins_are_ever_less_likely(num in 1_i128..5_000) {
        let one = 1_i128.as_::<Int768>() << 256_u32;
        let tail: Vec<_> = PoissonTail::new(rate(num, 1_000)).take(15).collect();
        prop_assert!(tail[0] < one);
        prop_assert!(tail.windows(2).all(|pair| pair[1] < pair[0]));
    }
}

/// The curve that simple minting follows, summed over its first six years, is half the pot.
#[test]
fn half_of_simple_minting_is_paid_in_six_years() {
    let policy = policy();
    let curves = Curves::new(&policy);
    // A geometric sum: (first - what the epoch after the last would pay) / (1 - e^-lambda). The curve is the increase
    // of the minted total up to its epoch, so that the first that belongs to the pot is epoch 1.
    let years = Epochs::new(6 * 1_051_200);
    let first = Epoch::new(1);
    let fallen = curves.simple(first) - curves.simple(first + years);
    let paid = fallen.floor_div(Q128::ONE - exp_neg(policy.minting_decay)).floor();
    let half = policy.simple_minting_total.atto() / 2;
    // exp at one half is exact to 1e-17 or so; the pot has 27 digits.
    assert!((paid - half).abs() < half / 1_000_000_000_000_000, "{paid} is not {half}");
}

/// What a network at the baseline mints is both curves together.
#[test]
fn at_the_baseline_network_time_is_time() {
    let policy = policy();
    let full = Power::new(1 << 70);
    let mut state = RewardState::new(&policy, full);
    for epoch in 0..200 {
        state.end_epoch(&policy, Epoch::new(epoch), full);
    }
    // One epoch is behind the other: the state begins at epoch -1.
    assert_eq!(state.theta().floor(), i128::from(state.epoch.height()));
}
