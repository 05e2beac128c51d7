//! Rows 1 to 8 of the table of closed forms (`docs/validation.md`): queues, run event by event through the
//! engine. Service rate 1, so times are in mean service times.
//!
//! Each figure comes from 20 independent replicates with fixed seeds, each warmed up by a tenth of its
//! arrivals. Two conditions hold (`estimate.rs`): the interval covers the exact value, and the estimate is
//! within the stated tolerance, which is at least four standard errors (three in one cell of row 4).

mod estimate;
mod station;

use estimate::{Estimate, REPLICATES};
use sim_core::dist::{Law, Weighted};
use sim_core::math;
use sim_core::time::SimSpan;
use station::{Counts, Discipline, Plan, Service, UNIT, run};

/// Every replicate of every row has draws of its own; a row's seed is its number.
fn replicates(row: u64, plan: &Plan) -> Vec<Counts> {
    (0..REPLICATES).map(|replicate| run(plan.clone(), row, replicate, false)).collect()
}

fn exponential() -> Service {
    Service::Law(Law::Exponential { mean: SimSpan::from_secs(1) }.sampler())
}

fn constant() -> Service {
    Service::Law(Law::Constant { value: SimSpan::from_secs(1) }.sampler())
}

/// A station with a queue without end; `arrivals` over all replicates.
fn waiting(slots: usize, load: f64, service: Service, arrivals: u64) -> Plan {
    let arrivals = arrivals / u64::from(REPLICATES);
    Plan {
        slots,
        room: usize::MAX,
        load,
        service,
        discipline: Discipline::FirstCome,
        warm_up: arrivals / 10,
        arrivals,
        keeps_sojourns: false,
    }
}

fn estimate(counts: &[Counts], figure: impl Fn(&Counts) -> f64) -> Estimate {
    Estimate::of(&counts.iter().map(figure).collect::<Vec<_>>())
}

fn number_present(counts: &Counts) -> f64 {
    counts.present_area as f64 / counts.span.as_nanos() as f64
}

fn mean_sojourn(counts: &Counts) -> f64 {
    counts.sojourn as f64 / counts.served as f64 / UNIT
}

fn mean_wait(counts: &Counts) -> f64 {
    counts.wait as f64 / counts.served as f64 / UNIT
}

/// The smallest sojourn that at least 99 % of the jobs do not exceed.
fn percentile_99(counts: &Counts) -> f64 {
    let mut sojourns = counts.sojourns.clone();
    let rank = (sojourns.len() * 99).div_ceil(100) - 1;
    *sojourns.select_nth_unstable(rank).1 as f64 / UNIT
}

/// Odds that all of `slots` are busy when nobody waits: the Erlang B recursion.
fn erlang_b(slots: usize, load: f64) -> f64 {
    (1..=slots).fold(1.0, |b, k| load * b / (k as f64 + load * b))
}

/// Odds of having to wait.
fn erlang_c(slots: usize, load: f64) -> f64 {
    let b = erlang_b(slots, load);
    b / (1.0 - load / slots as f64 * (1.0 - b))
}

#[test]
fn rows_1_and_2_mm1_number_sojourn_and_its_99th_percentile() {
    for (load, arrivals, tolerance) in
        [(0.5, 1_000_000, 0.02), (0.8, 6_000_000, 0.02), (0.9, 27_000_000, 0.05)]
    {
        let keeps_sojourns = load > 0.5;
        let plan = Plan { keeps_sojourns, ..waiting(1, load, exponential(), arrivals) };
        let counts = replicates(1, &plan);
        let number = load / (1.0 - load);
        estimate(&counts, number_present).meets(&format!("row 1, L at {load}"), number, tolerance * number);
        if keeps_sojourns {
            let sojourn = 1.0 / (1.0 - load);
            let tail = math::ln(100.0) / (1.0 - load);
            estimate(&counts, mean_sojourn).meets(&format!("row 2, W at {load}"), sojourn, 0.02 * sojourn);
            estimate(&counts, percentile_99).meets(&format!("row 2, p99 at {load}"), tail, 0.04 * tail);
        }
    }
}

#[test]
fn rows_3_and_4_erlang_c_and_the_mean_queue_wait() {
    for (slots, load, arrivals, c, wait) in [
        (2, 1.6, 3_000_000, 0.711_111, 1.777_778),
        (5, 4.0, 5_000_000, 0.554_113, 0.554_113),
        (10, 8.0, 10_000_000, 0.409_180, 0.204_590),
        (10, 9.0, 16_000_000, 0.668_732, 0.668_732),
        (100, 90.0, 45_000_000, 0.216_940, 0.021_694),
    ] {
        let counts = replicates(3, &waiting(slots, load, exponential(), arrivals));
        let exact = erlang_c(slots, load);
        assert!((exact - c).abs() < 1e-6, "Erlang C of {slots} slots at {load}: {exact}");
        let exact_wait = exact / (slots as f64 - load);
        assert!((exact_wait - wait).abs() < 1e-6, "queue wait of {slots} slots at {load}: {exact_wait}");
        let delayed = estimate(&counts, |counts| counts.delayed as f64 / counts.arrived as f64);
        delayed.meets(&format!("row 3, P(wait) of {slots} at {load}"), exact, 0.005);
        // Few of a hundred slots' jobs wait, and they do so together: four errors would take half of all the time.
        let least_errors = if slots == 100 { 3.0 } else { 4.0 };
        let name = format!("row 4, wait of {slots} at {load}");
        estimate(&counts, mean_wait).meets_at(least_errors, &name, exact_wait, 0.03 * exact_wait);
    }
}

#[test]
fn row_5_erlang_b_whatever_the_law_of_service() {
    let mean = SimSpan::from_secs(1);
    let laws = [
        ("exponential", exponential()),
        ("constant", constant()),
        // A power tail: no third moment.
        ("pareto", Service::Law(Law::Pareto { shape: 2.2, mean }.sampler())),
    ];
    for (slots, load, b) in [
        (2, 1.6, 0.329_897),
        (5, 4.0, 0.199_067),
        (10, 8.0, 0.121_661),
        (10, 9.0, 0.167_963),
        (100, 90.0, 0.026_957),
    ] {
        let exact = erlang_b(slots, load);
        assert!((exact - b).abs() < 1e-6, "Erlang B of {slots} slots at {load}: {exact}");
        for (name, service) in &laws {
            let plan = Plan { room: 0, ..waiting(slots, load, service.clone(), 1_200_000) };
            let refused = estimate(&replicates(5, &plan), |counts| {
                assert_eq!(counts.wait, 0, "nobody waits where there is no room");
                counts.refused as f64 / counts.arrived as f64
            });
            refused.meets(&format!("row 5, {name} service, {slots} at {load}"), exact, 0.003);
        }
    }
}

#[test]
fn row_6_md1_mean_queue_wait() {
    for (load, arrivals) in [(0.5, 600_000), (0.8, 2_200_000), (0.9, 9_000_000)] {
        let exact = load / (2.0 * (1.0 - load));
        let counts = replicates(6, &waiting(1, load, constant(), arrivals));
        estimate(&counts, mean_wait).meets(&format!("row 6, wait at {load}"), exact, 0.02 * exact);
    }
}

#[test]
fn row_7_mg1_mean_queue_wait_by_pollaczek_and_khinchine() {
    // Two laws of squared variation 4 that have little else in common.
    let gamma = Service::Gamma(0.25);
    let half_and_nine = Service::Two([500_000_000, 9_000_000_000], Weighted::new(&[16, 1]).expect("weights"));
    for (name, service) in [("gamma", gamma), ("two lengths", half_and_nine)] {
        let counts = replicates(7, &waiting(1, 0.8, service, 2_000_000));
        estimate(&counts, mean_wait).meets(&format!("row 7, {name}"), 10.0, 0.6);
    }
}

/// Both sides are averages over one closed window, from the first arrival into an empty station to the last
/// departure: one integrated from the changes of state, the other summed from the jobs' own times.
#[test]
fn row_8_littles_law_on_any_station() {
    let mean = SimSpan::from_secs(1);
    let any_law = Service::Law(Law::LogNormal { sigma: 1.5, mean }.sampler());
    let mut stations = 0;
    for discipline in [Discipline::FirstCome, Discipline::LastCome] {
        for (slots, load) in [(1, 0.8), (1, 1.2), (5, 4.0), (100, 90.0)] {
            for room in [usize::MAX, 20, 0] {
                let plan =
                    Plan { room, discipline, warm_up: 0, ..waiting(slots, load, any_law.clone(), 100_000) };
                let counts = run(plan, 8, stations, true);
                let span = counts.span.as_nanos() as f64;
                let rate = counts.served as f64 / span;
                for (what, area, sum) in [
                    ("in the station", counts.present_area, counts.sojourn),
                    ("in the queue", counts.waiting_area, counts.wait),
                ] {
                    let (number, time) = (area as f64 / span, sum as f64 / counts.served as f64);
                    let off = (number - rate * time).abs();
                    assert!(off <= 1e-6 * number, "{what}, {slots} slots at {load}: {number}, {off} apart");
                    assert_eq!(area, sum, "{what}: whole nanoseconds agree to the last one");
                }
                assert!(room > 0 || counts.wait == 0);
                stations += 1;
            }
        }
    }
    assert_eq!(stations, 24);
}
