//! Do the samplers follow their laws? Fixed seeds, stated tolerances.
//!
//! - Continuous laws: Kolmogorov and Smirnov's largest distance times sqrt(n) stays below 1.95, which a
//!   true sampler passes with odds of 99.9 % on one choice of seed.
//! - Counts: Pearson's chi-square stays within 4.5 of its standard deviations.
//! - Means: within 4 standard errors.

use proptest::prelude::*;
use rand_core::{Infallible, TryRng};
use sim_core::dist::{self, Law, LawError, Weighted, Zipf};
use sim_core::draws::{Domain, Draw, Draws, Entity, mix64};
use sim_core::math;
use sim_core::time::SimSpan;
use sim_core::units::Prob;

const N: u64 = 50_000;

/// Draw number `counter` of the test of that name.
fn draw(name: &str, counter: u64) -> Draw {
    Draws::new(11, 0).at(Domain::new("test/laws"), Entity::named(name), counter)
}

fn sample<T>(name: &str, sampler: impl Fn(&mut Draw) -> T) -> Vec<T> {
    (0..N).map(|counter| sampler(&mut draw(name, counter))).collect()
}

fn square(x: f64) -> f64 {
    x * x
}

/// Fails unless the sample follows the distribution function.
fn follows(name: &str, mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let distance = sample
        .iter()
        .enumerate()
        .map(|(i, &x)| {
            let (below, at) = (i as f64 / n, (i + 1) as f64 / n);
            (cdf(x) - below).abs().max((cdf(x) - at).abs())
        })
        .fold(0.0, f64::max);
    assert!(distance * n.sqrt() < 1.95, "{name}: the sample is {:.2} / sqrt(n) off", distance * n.sqrt());
}

/// Fails unless the mean of the sample is within 4 standard errors.
fn has_mean(name: &str, sample: &[f64], mean: f64) {
    let n = sample.len() as f64;
    let found = sample.iter().sum::<f64>() / n;
    let variance = sample.iter().map(|&x| square(x - found)).sum::<f64>() / n;
    let errors = (found - mean) / (variance / n).sqrt();
    assert!(errors.abs() < 4.0, "{name}: mean {found}, not {mean}: {errors:.1} standard errors");
}

/// Fails unless the variance of the sample is within a share of what it should be.
fn has_variance(name: &str, sample: &[f64], variance: f64, share: f64) {
    let n = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / n;
    let found = sample.iter().map(|&x| square(x - mean)).sum::<f64>() / n;
    assert!((found / variance - 1.0).abs() < share, "{name}: variance {found}, not {variance}");
}

/// Fails unless the outcomes 0, 1, ... occur with these odds. What lies beyond the list, and outcomes
/// expected fewer than 10 times, count as one.
fn has_odds(name: &str, sample: &[u64], odds: &[f64]) {
    let n = sample.len() as f64;
    let mut counts = vec![0.0; odds.len()];
    let (mut rest, mut rest_odds) = (0.0, 1.0 - odds.iter().sum::<f64>());
    for &outcome in sample {
        match counts.get_mut(outcome as usize) {
            Some(count) => *count += 1.0,
            None => rest += 1.0,
        }
    }
    let (mut statistic, mut cells) = (0.0, 0.0);
    for (&count, &odds) in counts.iter().zip(odds) {
        if odds * n < 10.0 {
            rest += count;
            rest_odds += odds;
        } else {
            statistic += square(count - odds * n) / (odds * n);
            cells += 1.0;
        }
    }
    if rest_odds * n > 5.0 {
        statistic += square(rest - rest_odds * n) / (rest_odds * n);
        cells += 1.0;
    } else {
        assert!(rest < 30.0, "{name}: {rest} outcomes where {} belong", rest_odds * n);
    }
    let off = (statistic - (cells - 1.0)) / (2.0 * (cells - 1.0_f64)).sqrt();
    assert!(off.abs() < 4.5, "{name}: chi-square {statistic:.0} over {cells} cells, {off:.1} deviations off");
}

/// A generator that gives these words.
struct Script(Vec<u64>);

impl TryRng for Script {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("no sampler draws half words")
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.remove(0))
    }
    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
        unreachable!("no sampler draws bytes")
    }
}

#[test]
fn whole_numbers_below_n_have_the_same_odds() {
    for n in [1, 2, 6, 10, 1_000] {
        let name = format!("below {n}");
        let found = sample(&name, |draw| dist::below(draw, n));
        assert!(found.iter().all(|&x| x < n));
        if n > 1 {
            has_odds(&name, &found, &vec![1.0 / n as f64; n as usize]);
        }
    }
    // A remainder without rejection would give the lower third twice the odds.
    let thirds = sample("thirds", |draw| dist::below(draw, 3 << 62) >> 62);
    has_odds("below 3 * 2^62", &thirds, &[1.0 / 3.0; 3]);
}

#[test]
fn a_word_that_would_favour_some_numbers_is_drawn_again() {
    // 2^64 mod 3 is 1: of the words, one has to go, the one whose product has a low half of zero.
    let mut script = Script(vec![0, u64::MAX, 7]);
    assert_eq!(dist::below(&mut script, 3), 2);
    assert_eq!(script.0, [7]);
    // A power of two divides 2^64: no word has to go.
    assert_eq!(dist::below(&mut Script(vec![0]), 8), 0);
    assert_eq!(dist::below(&mut Script(vec![u64::MAX]), u64::MAX), u64::MAX - 1);
}

#[test]
fn units_keep_to_their_ends() {
    let (low, high) = (|| Script(vec![0]), || Script(vec![u64::MAX]));
    assert!(dist::unit(&mut low()) >= 0.0 && dist::unit(&mut high()) < 1.0);
    assert!(dist::open_unit(&mut low()) > 0.0 && dist::open_unit(&mut high()) <= 1.0);
    assert!(dist::exponential(&mut low(), 1.0) < 44.4 && dist::exponential(&mut high(), 1.0) >= 0.0);
    let (lowest, highest) = (dist::standard_normal(&mut low()), dist::standard_normal(&mut high()));
    assert!((-9.2..-9.0).contains(&lowest), "{lowest}");
    assert_eq!(lowest.to_bits(), (-highest).to_bits());
    let middle = |word| dist::standard_normal(&mut Script(vec![word]));
    assert!(middle((1 << 63) - 1) <= 0.0 && middle(1 << 63) >= 0.0);
    follows("unit", sample("unit", dist::unit), |x| x);
    follows("open_unit", sample("open_unit", dist::open_unit), |x| x);
}

#[test]
fn chance_hits_as_often_as_its_probability() {
    for (num, den) in [(1, 2), (1, 3), (3, 25), (999, 1_000), (0, 1), (1, 1)] {
        let prob = Prob::new(num, den);
        let hits = sample(&prob.to_string(), |draw| u64::from(dist::chance(draw, prob)));
        match num {
            0 => assert!(hits.iter().all(|&hit| hit == 0)),
            _ if num == den => assert!(hits.iter().all(|&hit| hit == 1)),
            _ => has_odds("chance", &hits, &[prob.complement().as_f64_lossy(), prob.as_f64_lossy()]),
        }
    }
}

#[test]
fn continuous_samplers_follow_their_distribution_functions() {
    let exponential = sample("exponential", |draw| dist::exponential(draw, 2.0));
    has_mean("exponential", &exponential, 2.0);
    has_variance("exponential", &exponential, 4.0, 0.05);
    follows("exponential", exponential, |x| -math::exp_m1(-x / 2.0));

    for shape in [0.5, 1.0, 2.0, 5.0] {
        let name = format!("weibull {shape}");
        follows(&name, sample(&name, |draw| dist::weibull(draw, shape, 3.0)), |x| {
            -math::exp_m1(-math::pow(x / 3.0, shape))
        });
        let by_mean = sample(&name, |draw| dist::weibull_with_mean(draw, shape, 7.0));
        has_mean(&name, &by_mean, 7.0);
    }

    let normal = sample("normal", |draw| dist::normal(draw, 5.0, 3.0));
    has_mean("normal", &normal, 5.0);
    has_variance("normal", &normal, 9.0, 0.03);
    follows("normal", normal, |x| math::normal_cdf((x - 5.0) / 3.0));

    let lognormal = sample("lognormal", |draw| dist::lognormal(draw, 0.8, 4.0));
    has_mean("lognormal", &lognormal, 4.0);
    follows("lognormal", lognormal, |x| math::normal_cdf((math::ln(x / 4.0) + 0.32) / 0.8));

    let pareto = sample("pareto", |draw| dist::pareto(draw, 2.5, 3.0));
    has_mean("pareto", &pareto, 5.0);
    follows("pareto", pareto, |x| 1.0 - math::pow(x / 3.0, -2.5));

    // Shapes of which the distribution function has a closed form.
    let root_pi = std::f64::consts::PI.sqrt();
    let gammas: [(f64, &dyn Fn(f64) -> f64); 4] = [
        (0.5, &|x| math::erf(x.sqrt())),
        (1.0, &|x| -math::exp_m1(-x)),
        (1.5, &|x| math::erf(x.sqrt()) - 2.0 * x.sqrt() * math::exp(-x) / root_pi),
        (3.0, &|x| 1.0 - math::exp(-x) * (1.0 + x + x * x / 2.0)),
    ];
    for (shape, cdf) in gammas {
        let name = format!("gamma {shape}");
        let found = sample(&name, |draw| dist::gamma(draw, shape));
        has_mean(&name, &found, shape);
        follows(&name, found, cdf);
    }
}

#[test]
fn counts_have_the_odds_of_their_laws() {
    for mean in [0.3, 4.0, 9.99, 10.0, 11.5, 60.0, 1_000.0] {
        let name = format!("poisson {mean}");
        let found = sample(&name, |draw| dist::poisson(draw, mean));
        let odds: Vec<f64> = (0..2_000)
            .map(|k| math::exp(f64::from(k) * math::ln(mean) - mean - math::ln_gamma(f64::from(k) + 1.0)))
            .collect();
        has_odds(&name, &found, &odds);
        let found: Vec<f64> = found.into_iter().map(|k| k as f64).collect();
        has_mean(&name, &found, mean);
        has_variance(&name, &found, mean, 0.05);
    }
    // Too large for a table: normal to within 1 / sqrt(mean).
    let large = sample("poisson 1e12", |draw| (dist::poisson(draw, 1e12) as f64 - 1e12) / 1e6);
    follows("poisson 1e12", large, math::normal_cdf);

    for den in [2, 3, 50] {
        let p = 1.0 / den as f64;
        let found = sample("geometric", |draw| dist::geometric(draw, Prob::new(1, den)));
        let odds: Vec<f64> = (0..600).map(|k| p * math::pow(1.0 - p, f64::from(k))).collect();
        has_odds(&format!("geometric 1/{den}"), &found, &odds);
    }
    let mut draw = draw("geometric", 0);
    assert_eq!(dist::geometric(&mut draw, Prob::ONE), 0);
    assert_eq!(dist::geometric(&mut draw, Prob::ZERO), u64::MAX);
}

#[test]
fn zipf_ranks_have_odds_by_a_power_of_the_rank() {
    for (n, exponent) in
        [(1, 1.0), (5, 3.0), (10, 1.0), (100, 0.0), (1_000, 0.8), (1_000, 1.0 + 1e-10), (50_000, 1.3)]
    {
        let law = Zipf::new(n, exponent);
        let found = sample(&format!("zipf {n} {exponent}"), |draw| law.sample(draw) - 1);
        assert!(found.iter().all(|&rank| rank < n));
        let weights: Vec<f64> = (1..=n).map(|rank| math::pow(rank as f64, -exponent)).collect();
        let total: f64 = weights.iter().sum();
        if n > 1 {
            let odds: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
            has_odds(&format!("zipf {n} {exponent}"), &found, &odds);
        }
    }
}

#[test]
fn every_order_of_a_shuffle_has_the_same_odds() {
    let orders = sample("shuffle", |draw| {
        let mut items = [0_u64, 1, 2, 3];
        dist::shuffle(draw, &mut items);
        // The order as a number below 24, by its Lehmer code.
        let smaller = |i: usize| items[i + 1..].iter().filter(|&&item| item < items[i]).count() as u64;
        smaller(0) * 6 + smaller(1) * 2 + smaller(2)
    });
    has_odds("shuffle", &orders, &[1.0 / 24.0; 24]);
}

#[test]
fn every_sequence_of_sampled_indices_has_the_same_odds() {
    let pairs = sample("sample", |draw| {
        let pair = dist::sample_indices(draw, 5, 2);
        (pair[0] * 4 + pair[1] - usize::from(pair[1] > pair[0])) as u64
    });
    has_odds("sample_indices", &pairs, &[1.0 / 20.0; 20]);
}

#[test]
fn weighted_choices_have_odds_by_weight() {
    let weights = [3, 0, 1, 6];
    let choice = Weighted::new(&weights).unwrap();
    let found = sample("weighted", |draw| choice.choose(draw) as u64);
    assert!(found.iter().all(|&index| index != 1), "an index of weight zero was chosen");
    has_odds("weighted", &found, &[0.3, 0.0, 0.1, 0.6]);
    let by_point: Vec<usize> = (0..10).map(|point| choice.at(point)).collect();
    assert_eq!(by_point, [0, 0, 0, 2, 3, 3, 3, 3, 3, 3]);
    for none in [&[][..], &[0, 0], &[u64::MAX, 1]] {
        assert_eq!(Weighted::new(none), None);
    }
}

const DAY: f64 = 86_400e9;

fn laws() -> Vec<Law> {
    let mean = SimSpan::from_days(10);
    vec![
        Law::Constant { value: mean },
        Law::Uniform { low: SimSpan::from_days(4), high: SimSpan::from_days(16) },
        Law::Uniform { low: SimSpan::ZERO, high: SimSpan::from_days(20) },
        Law::Exponential { mean },
        Law::Weibull { shape: 0.5, mean },
        Law::Weibull { shape: 2.0, mean },
        Law::LogNormal { sigma: 1.0, mean },
        Law::Pareto { shape: 2.5, mean },
    ]
}

fn spans(law: Law, what: &str, sampler: impl Fn(&mut Draw) -> SimSpan) -> Vec<f64> {
    sample(&format!("{law:?} {what}"), |draw| sampler(draw).as_nanos() as f64)
}

#[test]
fn every_law_has_the_mean_it_names() {
    for law in laws() {
        assert_eq!(law.mean(), SimSpan::from_days(10), "{law:?}");
        if !matches!(law, Law::Constant { .. }) {
            has_mean(&format!("{law:?}"), &spans(law, "mean", |draw| law.sample(draw)), 10.0 * DAY);
        }
    }
}

#[test]
fn every_law_follows_its_distribution_function() {
    for law in laws() {
        let found = spans(law, "law", |draw| law.sample(draw));
        let name = format!("{law:?}");
        match law {
            Law::Constant { .. } => assert!(found.iter().all(|&x| (x - 10.0 * DAY).abs() < 0.5)),
            Law::Uniform { low, high } => {
                let (low, high) = (low.as_nanos() as f64, high.as_nanos() as f64);
                follows(&name, found, |x| (x - low) / (high - low));
            }
            Law::Exponential { .. } => follows(&name, found, |x| -math::exp_m1(-x / (10.0 * DAY))),
            Law::Weibull { shape, .. } => {
                // gamma(1 + 1/shape) is 2 at shape 1/2 and sqrt(pi)/2 at shape 2.
                let scale = 10.0 * DAY / if shape < 1.0 { 2.0 } else { std::f64::consts::PI.sqrt() / 2.0 };
                follows(&name, found, |x| -math::exp_m1(-math::pow(x / scale, shape)));
            }
            Law::LogNormal { .. } => {
                follows(&name, found, |x| math::normal_cdf(math::ln(x / (10.0 * DAY)) + 0.5))
            }
            Law::Pareto { .. } => follows(&name, found, |x| 1.0 - math::pow(x / (6.0 * DAY), -2.5)),
        }
    }
}

/// The distribution function of the residual life, `integral of P(X > t) dt from 0 to x` over the mean,
/// by formulas that the samplers do not use.
#[test]
fn residual_lives_follow_the_equilibrium_law() {
    let mean = 10.0 * DAY;
    for law in laws() {
        let found = spans(law, "residual", |draw| law.sample_residual(draw));
        let name = format!("{law:?} residual");
        match law {
            Law::Constant { .. } => follows(&name, found, |x| x / mean),
            Law::Uniform { low, high } => {
                let (low, high) = (low.as_nanos() as f64, high.as_nanos() as f64);
                follows(&name, found, |x| {
                    let sloped = (x - low).max(0.0);
                    (x - sloped * sloped / (2.0 * (high - low))) / mean
                });
            }
            Law::Exponential { .. } => follows(&name, found, |x| -math::exp_m1(-x / mean)),
            // The incomplete gamma function of 2 and of 1/2.
            Law::Weibull { shape, .. } if shape < 1.0 => follows(&name, found, |x| {
                let t = (x / (mean / 2.0)).sqrt();
                1.0 - math::exp(-t) * (1.0 + t)
            }),
            Law::Weibull { .. } => {
                follows(&name, found, |x| math::erf(x / (mean * 2.0 / std::f64::consts::PI.sqrt())));
            }
            Law::LogNormal { .. } => follows(&name, found, |x| {
                let z = math::ln(x / mean) + 0.5;
                x / mean * math::normal_cdf(-z) + math::normal_cdf(z - 1.0)
            }),
            Law::Pareto { shape, .. } => {
                let scale = 6.0 * DAY;
                follows(&name, found, |x| {
                    if x < scale {
                        return x / mean;
                    }
                    scale / mean * (1.0 + (1.0 - math::pow(scale / x, shape - 1.0)) / (shape - 1.0))
                });
            }
        }
    }
}

/// What residual lives are for: a process that starts with one is at rest from the start, so within any
/// span it renews, on average, exactly span / mean times.
#[test]
fn a_process_that_starts_with_a_residual_life_is_at_rest_from_the_start() {
    for law in laws() {
        let sampler = law.sampler();
        for days in [1, 7, 25] {
            let end = SimSpan::from_days(days);
            let renewals = sample(&format!("{law:?} renewals {days}"), |draw| {
                let (mut at, mut count) = (sampler.sample_residual(draw), 0.0);
                while at <= end {
                    count += 1.0;
                    at = at.saturating_add(sampler.sample(draw));
                }
                count
            });
            has_mean(&format!("{law:?} within {days} days"), &renewals, days as f64 / 10.0);
        }
    }
}

#[test]
fn a_parameter_out_of_bounds_is_refused_by_name() {
    let (second, zero) = (SimSpan::from_secs(1), SimSpan::ZERO);
    for (law, message) in [
        (Law::Constant { value: zero }, "constant law: value must be at least 1 ns, found 0 s"),
        (Law::Uniform { low: second, high: zero }, "uniform law: low must be at most high, found 1 s"),
        (Law::Uniform { low: zero, high: zero }, "uniform law: high must be at least 1 ns, found 0 s"),
        (Law::Exponential { mean: zero }, "exponential law: mean must be at least 1 ns, found 0 s"),
        (Law::Weibull { shape: 0.0, mean: second }, "weibull law: shape must be from 0.1 to 100, found 0"),
        (
            Law::LogNormal { sigma: f64::NAN, mean: second },
            "lognormal law: sigma must be from 0 to 4, found NaN",
        ),
        (Law::Pareto { shape: 1.0, mean: second }, "pareto law: shape must be from 1.05 to 100, found 1"),
    ] {
        assert_eq!(law.check().as_ref().map_err(LawError::to_string), Err(message.to_owned()));
    }
    assert!(laws().iter().all(|law| law.check().is_ok()));
}

fn any_law() -> impl Strategy<Value = Law> {
    let span = || (1_u64.., 0_u32..64).prop_map(|(n, shift)| SimSpan::from_nanos((n >> shift).max(1)));
    prop_oneof![
        span().prop_map(|value| Law::Constant { value }),
        (span(), span()).prop_map(|(a, b)| Law::Uniform { low: a.min(b), high: a.max(b) }),
        span().prop_map(|mean| Law::Exponential { mean }),
        (0.1..100.0, span()).prop_map(|(shape, mean)| Law::Weibull { shape, mean }),
        (0.0..4.0, span()).prop_map(|(sigma, mean)| Law::LogNormal { sigma, mean }),
        (1.05..100.0, span()).prop_map(|(shape, mean)| Law::Pareto { shape, mean }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_law_gives_at_least_a_nanosecond_from_any_word(law in any_law(), words in any::<[u64; 2]>(), end in 0..3) {
        let words = match end {
            0 => [0; 2],
            1 => [u64::MAX; 2],
            _ => words,
        };
        // Residual lives may reject and ask for more.
        let script = || Script(words.into_iter().chain((1..64).map(mix64)).collect());
        prop_assert!(law.sample(&mut script()) > SimSpan::ZERO);
        prop_assert_eq!(law.sample(&mut script()), law.sampler().sample(&mut script()));
        let residual = law.sample_residual(&mut script());
        prop_assert!(residual > SimSpan::ZERO);
        if let Law::Constant { value: longest } | Law::Uniform { high: longest, .. } = law {
            prop_assert!(residual <= longest.saturating_add(SimSpan::from_nanos(longest.as_nanos() >> 50)));
        }
    }

    #[test]
    fn the_same_luck_under_a_longer_mean_gives_a_longer_span(shape in 0.2..5.0, counter in 0_u64..1_000_000, hours in 1_u64..1_000) {
        let laws = |mean| [
            Law::Exponential { mean },
            Law::Weibull { shape, mean },
            Law::LogNormal { sigma: shape.min(4.0), mean },
            Law::Pareto { shape: 1.0 + shape, mean },
        ];
        let (short, long) = (SimSpan::from_hours(hours), SimSpan::from_hours(hours + 1));
        for (short, long) in laws(short).into_iter().zip(laws(long)) {
            prop_assert!(short.sample(&mut draw("crn", counter)) <= long.sample(&mut draw("crn", counter)));
        }
    }

    #[test]
    fn sampled_indices_are_those_of_a_full_shuffle_cut_short(n in 1_usize..200, part in 0.0..=1.0, counter in 0_u64..1_000_000) {
        let k = (n as f64 * part) as usize;
        let found = dist::sample_indices(&mut draw("indices", counter), n, k);
        let mut rng = draw("indices", counter);
        let mut all: Vec<usize> = (0..n).collect();
        for place in 0..k {
            all.swap(place, place + dist::below(&mut rng, (n - place) as u64) as usize);
        }
        prop_assert_eq!(found, &all[..k]);
    }
}
