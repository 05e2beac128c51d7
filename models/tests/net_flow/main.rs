//! Flows on access lines: max-min fairness against a naive oracle, conservation of bytes, and what the per-endpoint
//! rule costs in accuracy.

mod drive;
mod oracle;

use drive::Driver;
use models::net::FlowId;
use oracle::water_filling;
use proptest::prelude::*;
use sim_core::dist;
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::time::{SimSpan, SimTime};

type Lines = Vec<(Option<u64>, Option<u64>)>;

/// In thousandths of a bit a second, as the network counts.
fn milli(rate: Option<u64>) -> Option<f64> {
    rate.map(|rate| rate as f64 * 1_000.0)
}

/// Fails unless all rates are those of the oracle, but for rounding down.
fn agrees_with_the_oracle(lines: &Lines, driver: &Driver) {
    let limits: Vec<_> = lines.iter().map(|&(up, down)| (milli(up), milli(down))).collect();
    let flows: Vec<_> = driver.known.values().map(|known| (known.from, known.to)).collect();
    let expected = water_filling(&limits, &flows);
    for ((&id, known), expected) in driver.known.iter().zip(expected) {
        let found = driver.net.rate(id) as f64;
        // Each line's share is rounded down, and what that leaves over may go to the flow that is filled last.
        let slack = (flows.len() * flows.len()) as f64 + 1e-9 * expected;
        assert!((found - expected).abs() <= slack, "{known:?}: {found}, the oracle says {expected}");
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Start { from: usize, to: usize, bytes: u64 },
    Break { which: usize },
    EndNext,
    Pass { nanos: u64 },
}

fn step(nodes: usize) -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..nodes, 0..nodes, 1_u64..5_000_000).prop_map(|(from, to, bytes)| Step::Start { from, to, bytes }),
        1 => (0_usize..100).prop_map(|which| Step::Break { which }),
        2 => Just(Step::EndNext),
        2 => (0_u64..200_000_000).prop_map(|nanos| Step::Pass { nanos }),
    ]
}

/// Lines from a few round rates, so that shares tie, and from any, so that they do not divide.
fn lines(nodes: usize) -> impl Strategy<Value = Lines> {
    let rate = || {
        prop_oneof![
            4 => prop_oneof![Just(10_000_000_u64), Just(20_000_000), Just(100_000_000)].prop_map(Some),
            3 => (1_000_u64..1_000_000_000).prop_map(Some),
            1 => Just(None),
        ]
    };
    proptest::collection::vec((rate(), rate()), nodes)
}

fn take(driver: &mut Driver, step: Step) {
    match step {
        Step::Start { from, to, bytes } => {
            driver.start(from, to, bytes);
        }
        Step::Break { which } => {
            let ids: Vec<FlowId> = driver.known.keys().copied().collect();
            if let Some(&id) = ids.get(which % ids.len().max(1)) {
                driver.end(id);
            }
        }
        Step::EndNext => {
            driver.end_next();
        }
        Step::Pass { nanos } => {
            let until = driver.now + SimSpan::from_nanos(nanos);
            driver.pass(driver.next().map_or(until, |(at, _)| at.min(until)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// After every step all rates are max-min fair, no line is over its rate, ends are announced, and bytes add up.
    #[test]
    fn filling_a_component_is_max_min_fair_over_all(lines in lines(9), steps in proptest::collection::vec(step(9), 1..60)) {
        let mut driver = Driver::new(&lines, usize::MAX);
        for step in steps {
            take(&mut driver, step);
            agrees_with_the_oracle(&lines, &driver);
        }
        while driver.end_next().is_some() {}
        prop_assert_eq!(driver.net.live(), 0);
    }

    /// Whatever the limit, and however components grow past it, join, fall apart and shrink again: lines keep to
    /// their rates, bytes add up, and each component follows one rule.
    #[test]
    fn components_past_the_limit_follow_the_per_endpoint_rule(
        lines in lines(9),
        steps in proptest::collection::vec(step(9), 1..120),
        exact_max in 0_usize..12,
    ) {
        let mut driver = Driver::new(&lines, exact_max);
        for step in steps {
            take(&mut driver, step);
            let on_up = |node| driver.known.values().filter(|known| known.from == node).count() as u64;
            let on_down = |node| driver.known.values().filter(|known| known.to == node).count() as u64;
            for (&id, known) in &driver.known {
                let up = lines[known.from].0.map(|rate| rate * 1_000 / on_up(known.from));
                let down = lines[known.to].1.map(|rate| rate * 1_000 / on_down(known.to));
                let by_rule = up.unwrap_or(u64::MAX).min(down.unwrap_or(u64::MAX));
                if up.is_some() && driver.net.is_coarse(known.from) {
                    prop_assert_eq!(driver.net.rate(id), by_rule);
                } else {
                    // Max-min fairness gives nobody less than an equal share of both ends, but for rounding.
                    let slack = (driver.known.len() * driver.known.len()) as u64;
                    prop_assert!(driver.net.rate(id) + slack >= by_rule);
                }
            }
        }
        while driver.end_next().is_some() {}
        prop_assert_eq!(driver.net.live(), 0);
    }

    /// Flows that start at one instant have rates that do not depend on who started first, but for rounding.
    #[test]
    fn rates_do_not_depend_on_the_order_of_starts(
        lines in lines(7),
        flows in proptest::collection::vec((0_usize..7, 0_usize..7), 1..40),
        turn in 0_usize..40,
    ) {
        let rates = |order: &[usize]| {
            let mut driver = Driver::new(&lines, usize::MAX);
            let mut rates = vec![None; flows.len()];
            let ids: Vec<_> = order.iter().map(|&i| (i, driver.start(flows[i].0, flows[i].1, 1 << 20))).collect();
            ids.into_iter().for_each(|(i, id)| rates[i] = id.map(|id| driver.net.rate(id)));
            rates
        };
        let order: Vec<usize> = (0..flows.len()).collect();
        let mut other: Vec<usize> = order.iter().rev().copied().collect();
        other.rotate_left(turn % flows.len());
        for (a, b) in rates(&order).into_iter().zip(rates(&other)) {
            let slack = (flows.len() * flows.len()) as u64;
            prop_assert!(a.is_some() == b.is_some() && a.unwrap_or(0).abs_diff(b.unwrap_or(0)) <= slack);
        }
    }
}

const MBIT: u64 = 1_000_000;

#[test]
fn two_downloads_share_an_uplink_and_the_second_half_goes_faster_alone() {
    let mut driver = Driver::new(&[(Some(8 * MBIT), None), (None, Some(100 * MBIT)), (None, None)], 64);
    // A megabyte a second; each has half of it until the shorter one ends.
    driver.start(0, 1, 1_000_000);
    driver.start(0, 2, 3_000_000);
    let first = driver.end_next().expect("two flows");
    assert_eq!((first.bytes, driver.now), (1_000_000, SimTime::ZERO + SimSpan::from_secs(2)));
    let second = driver.end_next().expect("one flow");
    assert_eq!((second.bytes, driver.now), (3_000_000, SimTime::ZERO + SimSpan::from_secs(4)));
}

#[test]
fn what_a_flow_limited_elsewhere_leaves_over_goes_to_the_others() {
    // Node 0 sends to 1, whose downlink is narrow, and to 2: 2 and 8 Mbit/s, not 5 and 5.
    let lines = [(Some(10 * MBIT), None), (None, Some(2 * MBIT)), (None, Some(100 * MBIT))];
    let rates = |exact_max| {
        let mut driver = Driver::new(&lines, exact_max);
        let ids = [1, 2].map(|to| driver.start(0, to, 1 << 20).expect("limited"));
        ids.map(|id| driver.net.rate(id) / 1_000 / MBIT)
    };
    assert_eq!(rates(2), [2, 8], "exact");
    assert_eq!(rates(1), [2, 5], "the per-endpoint rule leaves 3 Mbit/s unused");
}

#[test]
fn a_component_that_has_shrunk_is_exact_again_within_as_many_changes_as_the_limit() {
    let lines = vec![(Some(10 * MBIT), Some(7 * MBIT)); 20];
    let mut driver = Driver::new(&lines, 8);
    // A chain of 19 flows is one component; then only its first three are left.
    let chain: Vec<FlowId> = (0..19).map(|i| driver.start(i, i + 1, 1 << 30).expect("limited")).collect();
    let star: Vec<FlowId> = (2..12).map(|to| driver.start(0, to, 1 << 30).expect("limited")).collect();
    assert!(driver.net.is_coarse(0));
    star.into_iter().chain(chain.into_iter().skip(3)).for_each(|id| {
        driver.end(id);
    });
    for _ in 0..8 {
        let id = driver.start(1, 3, 1_000).expect("limited");
        driver.end(id);
    }
    assert!(!driver.net.is_coarse(1), "it was looked at once in eight changes");
    agrees_with_the_oracle(&lines, &driver);
}

#[test]
fn a_line_at_rate_zero_stands_still_and_a_flow_without_limits_is_no_flow() {
    let mut driver = Driver::new(&[(Some(0), None), (None, None), (None, None)], 64);
    assert_eq!(driver.start(1, 2, 1 << 30), None);
    driver.start(0, 1, 1).expect("limited to nothing");
    assert_eq!(driver.next(), None);
}

/// Closed loop: every node has `slots` transfers of a block from random others under way.
fn closed_loop(nodes: usize, slots: usize, lines: &Lines, exact_max: usize, transfers: usize) -> f64 {
    let draws = Draws::new(5, 0);
    let mut driver = Driver::new(lines, exact_max);
    let mut asked = vec![0_u64; nodes];
    let mut ask = |driver: &mut Driver, to: usize| {
        asked[to] += 1;
        let mut draw = draws.at(Domain::new("test/partner"), Entity(to as u64), asked[to]);
        let other = dist::below(&mut draw, nodes as u64 - 1) as usize;
        driver.start(other + usize::from(other >= to), to, 262_144).expect("lines are limited");
    };
    for to in 0..nodes {
        (0..slots).for_each(|_| ask(&mut driver, to));
    }
    let mut spent = 0.0;
    for _ in 0..transfers {
        let done = driver.end_next().expect("the loop never runs dry");
        spent += driver.now.since(done.started).as_secs_f64_lossy();
        ask(&mut driver, done.to);
    }
    spent / transfers as f64
}

/// The figures of `docs/model.md`: mean time of a transfer under the per-endpoint rule over that under exact filling.
#[test]
fn the_per_endpoint_rule_is_pessimistic_by_a_stated_amount() {
    let same = |up: u64, down: u64| vec![(Some(up * MBIT), Some(down * MBIT)); 30];
    let mixed: Lines = (0..30)
        .map(|i| [(20, 100), (50, 50), (500, 1_000)][i % 3])
        .map(|(u, d)| (Some(u * MBIT), Some(d * MBIT)))
        .collect();
    for (name, lines, low, high) in [
        ("uplinks limit", same(20, 1_000), 1.0, 1.005),
        ("20 up, 100 down", same(20, 100), 1.0, 1.05),
        ("100 up, 100 down", same(100, 100), 1.05, 1.5),
        ("homes, offices, servers", mixed, 1.02, 1.5),
    ] {
        let exact = closed_loop(30, 4, &lines, usize::MAX, 3_000);
        let coarse = closed_loop(30, 4, &lines, 0, 3_000);
        let ratio = coarse / exact;
        println!("{name}: {exact:.4} s exactly, {coarse:.4} s by the rule, ratio {ratio:.3}");
        assert!((low..=high).contains(&ratio), "{name}: ratio {ratio}");
    }
}
