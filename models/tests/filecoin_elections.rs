//! Elections against their laws, on fixed seeds (rows 38 to 40 of the validation targets).

mod filecoin_net;

use models::filecoin::lottery::{Lottery, odds};
use models::filecoin::policy::Policy;
use models::ids::MinerId;
use models::units::{Epoch, Epochs, Power};
use sim_core::draws::Draws;
use sim_core::math;

const EPOCHS: i64 = 200_000;

/// Win counts of one miner, epoch by epoch, in a network of `rest` other power.
fn wins_of(powers: &[i128], rest: i128, seed: u64, of: impl Fn(MinerId) -> bool) -> Vec<u32> {
    let mut lottery = Lottery::new(powers.len(), odds(&Policy::default()), Epochs::ZERO);
    for (miner, power) in powers.iter().enumerate() {
        lottery.seed(MinerId(miner as u32), Power::new(*power));
    }
    let draws = Draws::new(seed, 0);
    let count = |epoch: i64| {
        let wins = lottery.draw(Epoch::new(epoch), Power::new(rest), &draws);
        wins.miners.iter().filter(|(miner, _)| of(*miner)).map(|(_, count)| count).sum()
    };
    (0..EPOCHS).map(count).collect()
}

/// Odds of Poisson counts up to `most`, the last one with all beyond it.
fn poisson(mean: f64, most: usize) -> Vec<f64> {
    let mut odds: Vec<f64> = vec![math::exp(-mean)];
    for k in 1..most {
        let next = odds[k - 1] * mean / k as f64;
        odds.push(next);
    }
    odds.push(1.0 - odds.iter().sum::<f64>());
    odds
}

/// Pearson's statistic of counts against odds; the last cell holds all beyond.
fn chi_square(counts: &[u32], odds: &[f64]) -> f64 {
    let mut cells = vec![0.0; odds.len()];
    for count in counts {
        cells[(*count as usize).min(odds.len() - 1)] += 1.0;
    }
    let n = counts.len() as f64;
    cells.iter().zip(odds).map(|(seen, p)| (seen - n * p) * (seen - n * p) / (n * p)).sum()
}

/// Mean and variance.
fn moments(counts: &[u32]) -> (f64, f64) {
    let n = counts.len() as f64;
    let mean = counts.iter().map(|&count| f64::from(count)).sum::<f64>() / n;
    let square = |&count: &u32| (f64::from(count) - mean) * (f64::from(count) - mean);
    (mean, counts.iter().map(square).sum::<f64>() / (n - 1.0))
}

#[test]
fn the_network_wins_poisson_five_times_an_epoch() {
    let counts = wins_of(&[1 << 50; 7], 0, 11, |_| true);
    // Cells 0 to 13 and beyond: 14 degrees of freedom, p = 0.001 at 36.12.
    let statistic = chi_square(&counts, &poisson(5.0, 14));
    assert!(statistic < 36.12, "{statistic}");
    let nulls = counts.iter().filter(|&&count| count == 0).count() as f64 / counts.len() as f64;
    assert!((nulls - 0.006738).abs() < 3.0 * 0.000183, "{nulls} null rounds");
}

#[test]
fn a_miner_of_one_percent_wins_poisson_of_a_twentieth() {
    let counts = wins_of(&[1 << 40], 99 << 40, 12, |_| true);
    let (mean, variance) = moments(&counts);
    let error = math::sqrt(0.05 / EPOCHS as f64);
    assert!((mean - 0.05).abs() < 3.0 * error, "mean {mean}");
    // The variance of a sample variance of Poisson counts is about (mean + 2 mean^2) / n.
    assert!(
        (variance - 0.05).abs() < 3.0 * math::sqrt((0.05 + 0.005) / EPOCHS as f64),
        "variance {variance}"
    );
    // Cells 0, 1, 2 and beyond: p = 0.001 at 16.27.
    let statistic = chi_square(&counts, &poisson(0.05, 3));
    assert!(statistic < 16.27, "{statistic}");
}

#[test]
fn a_day_of_one_percent_is_144_wins_with_a_deviation_of_twelve() {
    let counts = wins_of(&[1 << 40], 99 << 40, 13, |_| true);
    let days: Vec<u32> = counts.chunks_exact(2_880).map(|day| day.iter().sum()).collect();
    let (mean, variance) = moments(&days);
    let n = days.len() as f64;
    assert!((mean - 144.0).abs() < 3.0 * 12.0 / math::sqrt(n), "mean {mean}");
    assert!((variance - 144.0).abs() < 3.0 * 144.0 * math::sqrt(2.0 / n), "variance {variance}");
}

#[test]
fn splitting_a_miner_changes_no_odds() {
    // One of a fifth of the power, and ten of a fiftieth each.
    let whole = wins_of(&[10 << 40], 40 << 40, 14, |_| true);
    let split = wins_of(&[1 << 40; 10], 40 << 40, 15, |_| true);
    let odds = poisson(1.0, 7);
    // Seven degrees of freedom: p = 0.01 at 18.48.
    assert!(chi_square(&whole, &odds) < 18.48 && chi_square(&split, &odds) < 18.48);
    let (one, ten) = (moments(&whole).0, moments(&split).0);
    assert!((one - ten).abs() < 3.0 * math::sqrt(2.0 / EPOCHS as f64), "{one} and {ten}");
}

#[test]
fn with_the_same_luck_the_parts_win_what_the_whole_does() {
    let whole = wins_of(&[10 << 40], 40 << 40, 16, |_| true);
    let split = wins_of(&[1 << 40; 10], 40 << 40, 16, |_| true);
    assert_eq!(whole, split);
}
