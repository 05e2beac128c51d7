//! Moments of every sampler against those of its law, and large orders, samples and choices.
//!
//! `rng_laws.rs` compares whole distributions; a moment finds what hides in a far tail, where a distribution
//! function shows nothing. Fixed seeds; means and variances within 4.5 of their own standard errors, whose
//! formulas come from the law and not from the sample.

use sim_core::dist::{self, Law, Weighted, Zipf};
use sim_core::draws::{Domain, Draw, Draws, Entity};
use sim_core::math;
use sim_core::time::SimSpan;
use sim_core::units::Prob;
use std::f64::consts::PI;

const N: u64 = 100_000;

fn draw(name: &str, counter: u64) -> Draw {
    Draws::new(23, 0).at(Domain::new("test/moments"), Entity::named(name), counter)
}

fn sample<T>(name: &str, sampler: impl Fn(&mut Draw) -> T) -> Vec<T> {
    (0..N).map(|counter| sampler(&mut draw(name, counter))).collect()
}

/// Mean, variance and kurtosis (3 for a normal law) of a law.
#[derive(Clone, Copy)]
struct Moments {
    mean: f64,
    variance: f64,
    kurtosis: f64,
}

impl Moments {
    /// From the first four raw moments.
    fn of_raw([m1, m2, m3, m4]: [f64; 4]) -> Self {
        let variance = m2 - m1 * m1;
        let fourth = m4 - 4.0 * m1 * m3 + 6.0 * m1 * m1 * m2 - 3.0 * m1 * m1 * m1 * m1;
        Moments { mean: m1, variance, kurtosis: fourth / (variance * variance) }
    }

    /// From outcomes and their odds, which need not sum to one.
    fn of_odds(odds: impl Iterator<Item = (f64, f64)> + Clone) -> Self {
        let total: f64 = odds.clone().map(|(_, p)| p).sum();
        let raw = |k: i32| odds.clone().map(|(x, p)| (0..k).fold(p, |term, _| term * x)).sum::<f64>() / total;
        Moments::of_raw([raw(1), raw(2), raw(3), raw(4)])
    }

    fn hold(self, name: &str, sample: &[f64]) {
        let n = sample.len() as f64;
        let Moments { mean, variance, kurtosis } = self;
        let found = sample.iter().sum::<f64>() / n;
        let off = (found - mean) / (variance / n).sqrt();
        assert!(off.abs() < 4.5, "{name}: mean {found}, not {mean}: {off:.1} standard errors");
        let spread = sample.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        let off = (spread / variance - 1.0) / ((kurtosis - 1.0) / n).sqrt();
        assert!(off.abs() < 4.5, "{name}: variance {spread}, not {variance}: {off:.1} standard errors");
    }
}

const UNIFORM: Moments = Moments { mean: 0.5, variance: 1.0 / 12.0, kurtosis: 1.8 };
const NORMAL: Moments = Moments { mean: 0.0, variance: 1.0, kurtosis: 3.0 };
const EXPONENTIAL: Moments = Moments { mean: 1.0, variance: 1.0, kurtosis: 9.0 };

#[test]
fn continuous_samplers_have_the_moments_of_their_laws() {
    UNIFORM.hold("unit", &sample("unit", dist::unit));
    UNIFORM.hold("open_unit", &sample("open_unit", dist::open_unit));
    NORMAL.hold("standard_normal", &sample("standard_normal", dist::standard_normal));
    let normal = sample("normal", |draw| (dist::normal(draw, -7.0, 0.5) + 7.0) / 0.5);
    NORMAL.hold("normal", &normal);
    EXPONENTIAL.hold("exponential", &sample("exponential", |draw| dist::exponential(draw, 3.0) / 3.0));
    for shape in [0.8, 1.0, 1.7, 6.0] {
        let law = Moments::of_raw([1.0, 2.0, 3.0, 4.0].map(|k| math::gamma(1.0 + k / shape)));
        let name = format!("weibull {shape}");
        law.hold(&name, &sample(&name, |draw| dist::weibull(draw, shape, 5.0) / 5.0));
        let mean = math::gamma(1.0 + 1.0 / shape);
        law.hold(&name, &sample(&name, |draw| dist::weibull_with_mean(draw, shape, 2.0) * mean / 2.0));
    }
    for sigma in [0.1, 0.5] {
        let law =
            Moments::of_raw([1.0, 2.0, 3.0, 4.0].map(|k| math::exp(k * (k - 1.0) * sigma * sigma / 2.0)));
        let name = format!("lognormal {sigma}");
        law.hold(&name, &sample(&name, |draw| dist::lognormal(draw, sigma, 9.0) / 9.0));
    }
    for shape in [6.0, 12.0] {
        let law = Moments::of_raw([1.0, 2.0, 3.0, 4.0].map(|k| shape / (shape - k)));
        let name = format!("pareto {shape}");
        law.hold(&name, &sample(&name, |draw| dist::pareto(draw, shape, 4.0) / 4.0));
    }
    for shape in [0.25, 0.9, 1.0, 2.5, 40.0] {
        let law = Moments { mean: shape, variance: shape, kurtosis: 3.0 + 6.0 / shape };
        let name = format!("gamma {shape}");
        law.hold(&name, &sample(&name, |draw| dist::gamma(draw, shape)));
    }
}

#[test]
fn counts_have_the_moments_of_their_laws() {
    for n in [3_u64, 7, 1 << 20, 3 << 61] {
        let top = n as f64 - 1.0;
        let kurtosis = 1.8 - 2.4 / ((n as f64 - 1.0) * (n as f64 + 1.0));
        let law = Moments { mean: top / 2.0, variance: top * (n as f64 + 1.0) / 12.0, kurtosis };
        let name = format!("below {n}");
        law.hold(&name, &sample(&name, |draw| dist::below(draw, n) as f64));
    }
    for (num, den) in [(1_u64, 3_u64), (1, 7), (99, 100)] {
        let p = num as f64 / den as f64;
        let name = format!("chance {num}/{den}");
        let law = Moments::of_odds([(0.0, 1.0 - p), (1.0, p)].into_iter());
        let hits = sample(&name, |draw| f64::from(u8::from(dist::chance(draw, Prob::new(num, den)))));
        law.hold(&name, &hits);
    }
    for mean in [0.02, 1.0, 9.5, 10.0, 37.0, 1e4, 1e9] {
        let law = Moments { mean, variance: mean, kurtosis: 3.0 + 1.0 / mean };
        let name = format!("poisson {mean}");
        law.hold(&name, &sample(&name, |draw| dist::poisson(draw, mean) as f64));
    }
    for den in [2_u64, 10, 1_000] {
        let p = 1.0 / den as f64;
        let law =
            Moments { mean: (1.0 - p) / p, variance: (1.0 - p) / (p * p), kurtosis: 9.0 + p * p / (1.0 - p) };
        let name = format!("geometric 1/{den}");
        law.hold(&name, &sample(&name, |draw| dist::geometric(draw, Prob::new(1, den)) as f64));
    }
    for (n, exponent) in [(10_u64, 0.0), (1_000, 0.6), (10_000, 1.0), (10_000, 1.4), (100_000, 2.5)] {
        let zipf = Zipf::new(n, exponent);
        let odds = (1..=n).map(|rank| (rank as f64, math::pow(rank as f64, -exponent)));
        let name = format!("zipf {n} {exponent}");
        Moments::of_odds(odds).hold(&name, &sample(&name, |draw| zipf.sample(draw) as f64));
    }
}

#[test]
fn every_law_has_its_variance() {
    let hour = SimSpan::from_hours(1);
    let spans = |name: &str, law: Law| sample(name, |draw| law.sample(draw).as_nanos() as f64 / 3.6e12);
    EXPONENTIAL.hold("law exponential", &spans("law exponential", Law::Exponential { mean: hour }));
    let uniform = spans("law uniform", Law::Uniform { low: SimSpan::ZERO, high: hour });
    UNIFORM.hold("law uniform", &uniform);
    // Rayleigh: a Weibull law of shape 2, whose scale is 1 / gamma(3/2) where its mean is 1.
    let scale = 2.0 / PI.sqrt();
    let law = Moments::of_raw([1.0, 2.0, 3.0, 4.0].map(|k| math::pow(scale, k) * math::gamma(1.0 + k / 2.0)));
    let rayleigh = spans("law weibull", Law::Weibull { shape: 2.0, mean: hour });
    law.hold("law weibull", &rayleigh);
}

/// Pearson's statistic of equally likely cells, in its standard deviations from its mean.
fn chi_square(counts: &[u64], odds: &[f64]) -> f64 {
    let n = counts.iter().sum::<u64>() as f64;
    let statistic: f64 = counts
        .iter()
        .zip(odds)
        .map(|(&count, p)| (count as f64 - n * p) * (count as f64 - n * p) / (n * p))
        .sum();
    let freedom = (counts.len() - 1) as f64;
    (statistic - freedom) / (2.0 * freedom).sqrt()
}

#[test]
fn every_card_is_everywhere_in_a_shuffled_deck() {
    let mut places = vec![0; 52 * 52];
    let mut neighbours = vec![0; 52 * 52];
    for counter in 0..N / 4 {
        let mut deck: [usize; 52] = std::array::from_fn(|card| card);
        dist::shuffle(&mut draw("deck", counter), &mut deck);
        deck.iter().enumerate().for_each(|(place, card)| places[place * 52 + card] += 1);
        deck.windows(2).for_each(|pair| neighbours[pair[0] * 52 + pair[1]] += 1);
    }
    // In each row and column one cell follows from the others: 51 * 51 are free, and spread as 52 * 51 / 51.
    let off = chi_square(&places, &vec![1.0 / 2_704.0; 2_704]) * 52.0 / 51.0;
    assert!(off.abs() < 5.5, "places: {off:.1} deviations off");
    let pairs: Vec<u64> = (0..52 * 52).filter(|i| i / 52 != i % 52).map(|i| neighbours[i]).collect();
    assert!((0..52).all(|card| neighbours[card * 53] == 0), "no card is its own neighbour");
    let off = chi_square(&pairs, &vec![1.0 / 2_652.0; 2_652]);
    assert!(off.abs() < 5.0, "neighbours: {off:.1} deviations off");
}

#[test]
fn large_and_small_samples_take_every_index_alike() {
    for (n, k) in [(100, 3), (100, 24), (100, 25), (100, 90)] {
        let mut taken = vec![0; n];
        let mut last = vec![0; n];
        for counter in 0..N / 10 {
            let sample = dist::sample_indices(&mut draw(&format!("sample {k}"), counter), n, k);
            sample.iter().for_each(|&index| taken[index] += 1);
            last[sample[k - 1]] += 1;
        }
        let even = vec![1.0 / n as f64; n];
        let off = chi_square(&last, &even);
        assert!(off.abs() < 4.5, "{k} of {n}, the last: {off:.1} deviations off");
        // Indices of one sample exclude each other, which narrows the counts by (n - k) / (n - 1).
        let free = (n - k) as f64 / (n - 1) as f64;
        let statistic = chi_square(&taken, &even) * (2.0 * (n as f64 - 1.0)).sqrt() + n as f64 - 1.0;
        let off = (statistic / free - (n as f64 - 1.0)) / (2.0 * (n as f64 - 1.0)).sqrt();
        assert!(off.abs() < 4.5, "{k} of {n}: {off:.1} deviations off");
    }
}

#[test]
fn many_weights_are_met() {
    let weights: Vec<u64> = (1..=300).collect();
    let choice = Weighted::new(&weights).expect("weights above zero");
    let mut counts = vec![0; weights.len()];
    sample("weights", |draw| choice.choose(draw)).into_iter().for_each(|index| counts[index] += 1);
    let odds: Vec<f64> = weights.iter().map(|&weight| weight as f64 / choice.total() as f64).collect();
    let off = chi_square(&counts, &odds);
    assert!(off.abs() < 4.5, "{off:.1} deviations off");
}
