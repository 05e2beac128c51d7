//! Lookups under churn find the same, as far and as fast, whether tables are refreshed message by
//! message (`full`) or by draws when they are used (`lazy`).
//!
//! Both networks have the same servers, sessions, latencies and measured lookups. Compared are the
//! means, each within a stated tolerance, and the whole distributions, by the greatest distance of their
//! cumulative shares (Kolmogorov and Smirnov). Tolerances are at least 4 standard errors of the difference;
//! the ratio is printed.

mod dht_common;

use dht_common::churn::{Measured, Network, Setting};
use models::ipfs::dht::RefreshFidelity;
use sim_core::time::SimSpan;

type Value = fn(&Measured) -> f64;

/// A figure of a lookup, its tolerance of the means, and of the distributions.
type Row = (&'static str, Value, f64, f64);

const HOPS: Value = |m| f64::from(m.stats.hops_to_closest);
const CHAIN: Value = |m| f64::from(m.stats.depth_max);
const QUESTIONS: Value = |m| f64::from(m.stats.asked);
const FAILURES: Value = |m| f64::from(m.stats.failed);
const FOUND: Value = |m| m.found;
const SECONDS: Value = |m| m.secs;

fn run(setting: Setting, fidelity: RefreshFidelity) -> Vec<Measured> {
    let mut network = Network::new(setting, fidelity, 11);
    network.run();
    println!(
        "{fidelity:?}: {} lookups measured, {} questions in all",
        network.measured.len(),
        network.questions
    );
    network.measured
}

/// Mean and variance of the mean.
fn mean(of: &[Measured], value: Value) -> (f64, f64) {
    let n = of.len() as f64;
    let mean = of.iter().map(value).sum::<f64>() / n;
    let variance = of.iter().map(|m| (value(m) - mean) * (value(m) - mean)).sum::<f64>() / (n - 1.0);
    (mean, variance / n)
}

/// Greatest distance of the cumulative shares.
fn distance(a: &[Measured], b: &[Measured], value: Value) -> f64 {
    let at_most =
        |of: &[Measured], x: f64| of.iter().filter(|m| value(m) <= x).count() as f64 / of.len() as f64;
    a.iter().chain(b).map(|m| (at_most(a, value(m)) - at_most(b, value(m))).abs()).fold(0.0, f64::max)
}

fn assert_agreement(setting: Setting, rows: [Row; 6]) {
    let (full, lazy) = (run(setting, RefreshFidelity::Full), run(setting, RefreshFidelity::Lazy));
    let mut problems = Vec::new();
    for (name, value, tolerance, apart) in rows {
        let ((f, fv), (l, lv)) = (mean(&full, value), mean(&lazy, value));
        let errors = tolerance / (fv + lv).sqrt();
        let d = distance(&full, &lazy, value);
        println!(
            "{name:20} full {f:7.3} lazy {l:7.3}, tolerance {tolerance:.2} = {errors:.1} standard errors; \
             distributions {d:.3} apart of {apart}"
        );
        if (f - l).abs() > tolerance || errors < 4.0 || d > apart {
            problems.push(name);
        }
    }
    assert!(problems.is_empty(), "full and lazy differ in: {problems:?}");
}

#[test]
fn lookups_agree_when_servers_stay_8_hours_and_are_gone_for_16() {
    let setting = Setting {
        servers: 300,
        up: SimSpan::from_hours(8),
        down: SimSpan::from_hours(16),
        half: SimSpan::from_hours(6),
        every: SimSpan::from_secs(8),
    };
    let rows = [
        ("hops to the closest", HOPS, 0.06, 0.05),
        ("longest chain", CHAIN, 0.1, 0.1),
        ("questions", QUESTIONS, 1.0, 0.1),
        ("failures", FAILURES, 0.25, 0.1),
        ("share of the true 20", FOUND, 0.01, 0.1),
        ("seconds", SECONDS, 0.25, 0.1),
    ];
    assert_agreement(setting, rows);
}

#[test]
fn lookups_agree_within_a_fifth_when_servers_stay_only_2_hours() {
    let setting = Setting {
        servers: 300,
        up: SimSpan::from_hours(2),
        down: SimSpan::from_hours(4),
        half: SimSpan::from_hours(3),
        every: SimSpan::from_secs(6),
    };
    let rows = [
        ("hops to the closest", HOPS, 0.1, 0.1),
        ("longest chain", CHAIN, 0.15, 0.2),
        ("questions", QUESTIONS, 1.5, 0.15),
        ("failures", FAILURES, 1.0, 0.2),
        ("share of the true 20", FOUND, 0.03, 0.2),
        ("seconds", SECONDS, 0.4, 0.2),
    ];
    assert_agreement(setting, rows);
}
