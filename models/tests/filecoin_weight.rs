//! One simulated sector may stand for several nominal ones. What comes of a network is the same for any weight, as a
//! distribution: the same miners, with 16 sectors of weight 1 or with 2 of weight 8.
//!
//! Every miner of a run is one sample: their wins are independent but for a part in a hundred, their disks altogether. Means
//! have to lie within four standard errors of each other, and variances within four standard errors of what the law
//! says. The variance of a sample variance is taken from the samples' own fourth moment.
//!
//! - Rewards: wins are drawn from power, so mean **and** variance are those of weight 1: (reward per win)^2 times the
//!   mean number of wins, Poisson.
//! - Deposits, pledge and daily fees follow power: the same to the attoFIL in the same epoch.
//! - Fees for faults: a lost disk is 8 nominal sectors at once and not one, so that the mean is the same and the variance
//!   eight times as large: 2 disks of 64 against 16 of 1.

mod filecoin_net;

use filecoin_net::{Crowd, MINER, Net, config, honest};
use models::agents::storage_miner::OperatorConfig;
use models::filecoin::chain::ChainConfig;
use models::filecoin::ledger::{Account, Reason};
use models::filecoin::miner::Checked;
use models::ids::MinerId;
use models::units::{AttoFil, Epochs};
use sim_core::math;

const MINERS: usize = 100;
const SEEDS: u64 = 3;
const DAYS: i64 = 10;
/// Nominal sectors of each miner.
const NOMINAL: u64 = 16;

/// A network of 10 EiB in which a nominal sector is of 128 TiB, so that a miner wins some twenty times in ten days.
fn network(weight: u32) -> ChainConfig {
    ChainConfig { weight, sector_size: 1 << 47, ..config() }
}

fn plan(weight: u32, disk_failure_rate: f64) -> OperatorConfig {
    OperatorConfig {
        sectors: NOMINAL / u64::from(weight),
        spread: Epochs::from_hours(1),
        commitment: Epochs::from_days(540),
        capital: AttoFil::ZERO,
        disk_failure_rate,
        ..honest(NOMINAL / u64::from(weight))
    }
}

/// Runs all seeds; what `of` says of each miner at the end.
fn samples(weight: u32, disk_failure_rate: f64, of: impl Fn(&Crowd, MinerId) -> f64) -> Vec<f64> {
    let run = |seed: u64| {
        let plans = vec![plan(weight, disk_failure_rate); MINERS];
        let mut crowd = Crowd::new(network(weight), &plans, 1_000 * u64::from(weight) + seed);
        crowd.net.check = false;
        crowd.net.elections = true;
        for miner in (0..MINERS as u32).map(MinerId) {
            give(&mut crowd.net, miner, AttoFil::from_fil(1_000_000));
        }
        let end = crowd.net.now() + Epochs::from_days(DAYS);
        crowd.run_to(end);
        crowd.net.assert_sound();
        (0..MINERS as u32).map(|miner| of(&crowd, MinerId(miner))).collect::<Vec<_>>()
    };
    (0..SEEDS).flat_map(run).collect()
}

fn give(net: &mut Net, miner: MinerId, amount: AttoFil) {
    net.chain.transfer(Account::Holders, Account::Miner(miner), amount, Reason::Capital);
}

fn earned(crowd: &Crowd, miner: MinerId) -> f64 {
    crowd.net.chain.ledger().open_book(miner).of(Reason::BlockReward).as_fil_f64_lossy()
}

fn fault_fees(crowd: &Crowd, miner: MinerId) -> f64 {
    -crowd.net.chain.ledger().open_book(miner).of(Reason::FaultFee).as_fil_f64_lossy()
}

/// Mean and variance of samples with their standard errors.
struct Moments {
    mean: f64,
    mean_error: f64,
    variance: f64,
    variance_error: f64,
}

fn moments(samples: &[f64]) -> Moments {
    let n = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / n;
    let central = |power: f64| samples.iter().map(|x| math::pow(x - mean, power)).sum::<f64>() / n;
    let variance = central(2.0) * n / (n - 1.0);
    Moments {
        mean,
        mean_error: (variance / n).sqrt(),
        variance,
        variance_error: ((central(4.0) - central(2.0) * central(2.0)) / n).sqrt(),
    }
}

/// The standard error of the difference of two estimates.
fn both(a: f64, b: f64) -> f64 {
    math::sqrt(a * a + b * b)
}

/// Whether two estimates differ by at most four standard errors of their difference.
fn agree(what: &str, a: (f64, f64), b: (f64, f64)) {
    let error = both(a.1, b.1);
    assert!(error > 0.0, "{what}: nothing varies");
    let apart = (a.0 - b.0).abs() / error;
    assert!(apart < 4.0, "{what}: {a:?} and {b:?} are {apart} standard errors apart");
}

#[test]
fn rewards_have_the_same_mean_and_variance_at_weights_one_and_eight() {
    let (one, eight) = (moments(&samples(1, 0.0, earned)), moments(&samples(8, 0.0, earned)));
    agree("mean reward", (one.mean, one.mean_error), (eight.mean, eight.mean_error));
    agree("variance", (one.variance, one.variance_error), (eight.variance, eight.variance_error));
    // Poisson: a win is worth what an epoch pays for its expected five.
    let network = Crowd::new(network(8), &[plan(8, 0.0)], 1).net;
    let win = network.chain.network().reward().epoch_reward.as_fil_f64_lossy() / 5.0;
    for of in [&one, &eight] {
        agree("Poisson", (of.variance, of.variance_error), (of.mean * win, of.mean_error * win));
    }
}

#[test]
fn fees_for_faults_have_the_same_mean_and_eight_times_the_variance() {
    // A disk lasts some forty days.
    let rate = 1.0 - 1e-4;
    let (one, eight) = (moments(&samples(1, rate, fault_fees)), moments(&samples(8, rate, fault_fees)));
    agree("mean fee", (one.mean, one.mean_error), (eight.mean, eight.mean_error));
    agree(
        "eight times the variance",
        (8.0 * one.variance, 8.0 * one.variance_error),
        (eight.variance, eight.variance_error),
    );
    // And not the same one.
    let apart = (eight.variance - one.variance) / both(eight.variance_error, one.variance_error);
    assert!(apart > 4.0, "variances {} and {} cannot be told apart", one.variance, eight.variance);
}

#[test]
fn deposits_pledge_and_fees_of_the_same_epoch_are_the_same_to_the_attofil() {
    let at = |weight: u32| {
        let mut net = Net::new(network(weight), 1, 3);
        give(&mut net, MINER, AttoFil::from_fil(1_000_000));
        let sectors = NOMINAL / u64::from(weight);
        let infos: Vec<_> = (0..sectors).map(|number| net.info(number)).collect();
        net.chain.pre_commit(&net.config.clone(), MINER, &infos).expect("a good pre-commit");
        let deposits = net.chain.miner(MINER).funds().deposits;
        net.run_to(net.now() + Epochs::new(151));
        let proofs: Vec<_> = infos.iter().map(|info| (info.number, Checked(true))).collect();
        net.chain.prove_commit(&net.config.clone(), MINER, &proofs).expect("a good proof");
        let fees: AttoFil = net.chain.miner(MINER).holdings().sectors().map(|sector| sector.daily_fee).sum();
        [deposits, net.chain.miner(MINER).funds().pledge, fees]
    };
    let one = at(1);
    assert!(one.iter().all(|amount| *amount > AttoFil::ZERO));
    assert_eq!(one, at(8));
}
