//! The macro model against another program's numbers, and against the closed forms of minting, vesting and locking.
//!
//! `vectors/mechafil.json` holds what mechafil-jax and mechaFIL gave on made-up inputs: sampled days of twenty series,
//! the sums over all days, and six variants. Tests called `row_NN` are rows of the table of closed forms in the
//! validation chapter.

use models::filecoin::forecast::locking::RewardLock;
use models::filecoin::forecast::minting::{MAINNET_BASELINE_EIB, MECHAFIL_BASELINE_EIB, simple_minted};
use models::filecoin::forecast::vesting::FREE_AT_LAUNCH;
use models::filecoin::forecast::{Daily, Forecast, ForecastError, Inputs, RewardRelease, SERIES, forecast};
use serde_json::Value;
use sim_core::math::pow;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/mechafil.json")).expect("the vectors are JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap_or_else(|| panic!("{value} is no count"))).expect("a small count")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list")).iter().map(number).collect()
}

fn indices(value: &Value) -> Vec<usize> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list")).iter().map(count).collect()
}

fn daily(value: &Value) -> Daily {
    match value {
        Value::Number(_) => Daily::Constant(number(value)),
        Value::Array(_) => Daily::List(numbers(value)),
        _ => Daily::List(vec![number(&value["constant"]); count(&value["n"])]),
    }
}

fn inputs(value: &Value) -> Inputs {
    Inputs {
        start_day: u32::try_from(count(&value["start_day"])).expect("a day"),
        forecast_length: count(&value["forecast_length"]),
        sector_duration_days: count(&value["sector_duration_days"]),
        rb_power_zero_eib: number(&value["rb_power_zero_eib"]),
        qa_power_zero_eib: number(&value["qa_power_zero_eib"]),
        rb_onboard_pib_per_day: daily(&value["rb_onboard_pib_per_day"]),
        renewal_rate: daily(&value["renewal_rate"]),
        fil_plus_rate: daily(&value["fil_plus_rate"]),
        lock_target: daily(&value["lock_target"]),
        fil_plus_multiplier: number(&value["fil_plus_multiplier"]),
        gamma: daily(&value["gamma"]),
        zero_cum_capped_power_eib_days: number(&value["zero_cum_capped_power_eib_days"]),
        init_baseline_eib: number(&value["init_baseline_eib"]),
        baseline_at_liftoff_eib: MECHAFIL_BASELINE_EIB,
        circ_supply_zero: number(&value["circ_supply_zero"]),
        locked_fil_zero: number(&value["locked_fil_zero"]),
        locked_pledge_share: 0.5,
        burnt_zero: number(&value["burnt_zero"]),
        daily_burnt_fil: number(&value["daily_burnt_fil"]),
        start_vested_amt: number(&value["start_vested_amt"]),
        known_expiry_days: count(&value["known_expiry_days"]),
        hist_qa_onboard_pib: number(&value["hist_qa_onboard_pib"]),
        reward_release: RewardRelease::Geometric,
    }
}

/// The constant scenario of the vectors.
fn constant() -> Inputs {
    inputs(&vectors()["scenarios"][0]["inputs"])
}

fn run(inputs: &Inputs) -> Forecast {
    forecast(inputs).unwrap_or_else(|error| panic!("{error}"))
}

fn series<'a>(forecast: &'a Forecast, name: &str) -> &'a [f64] {
    forecast.series(name).unwrap_or_else(|| panic!("no series {name}"))
}

fn close(what: &str, got: f64, want: f64, tolerance: f64) {
    assert!((got - want).abs() <= tolerance * want.abs(), "{what}: {got}, expected {want}");
}

/// The tolerance of the vectors.
fn agrees(what: &str, got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{what}: {got}, expected {want}");
}

#[test]
fn row_47_every_series_of_the_constant_scenario_agrees_with_mechafil() {
    let vectors = vectors();
    let scenario = &vectors["scenarios"][0];
    let forecast = run(&inputs(&scenario["inputs"]));
    let outputs = &scenario["outputs_float64"];
    let days = indices(&outputs["sample_day_index"]);
    let expected = outputs["series"].as_object().expect("series by name");
    assert_eq!((expected.len(), days.len()), (20, 78));
    for (name, values) in expected {
        let ours = series(&forecast, name);
        assert_eq!(ours.len(), 3650, "{name}");
        for (day, want) in days.iter().zip(numbers(values)) {
            agrees(&format!("{name} on day {day}"), ours[*day], want);
            // Most series are far from 1, where the tolerance above says less: they agree relatively too.
            close(&format!("{name} on day {day}"), ours[*day], want, 1e-9);
        }
        close(&format!("sum of {name}"), ours.iter().sum(), number(&outputs["sums"][name]), 1e-9);
    }
    let roi = &outputs["1y_sector_roi_sample"];
    for (day, want) in indices(&roi["index"]).iter().zip(numbers(&roi["value"])) {
        close(&format!("1y_sector_roi on day {day}"), series(&forecast, "1y_sector_roi")[*day], want, 1e-9);
    }
}

#[test]
fn row_47_the_six_variants_agree_with_mechafil() {
    let vectors = vectors();
    let variants = vectors["one_at_a_time_variants_of_constant"].as_array().expect("a list").clone();
    assert_eq!(variants.len(), 6);
    for variant in variants {
        let change = variant["change"].as_str().expect("a change");
        let forecast = run(&changed(change));
        for (at, day) in indices(&variant["at_index"]).into_iter().enumerate() {
            for (name, values) in variant.as_object().expect("series by name") {
                if name != "change" && name != "at_index" {
                    let what = format!("{change}: {name} on day {day}");
                    agrees(&what, series(&forecast, name)[day], number(&values[at]));
                }
            }
        }
    }
}

/// The constant scenario with one change, as the vectors write it.
fn changed(change: &str) -> Inputs {
    let mut inputs = constant();
    let (key, value) = change.split_once('=').expect("key=value");
    let value = value.split(' ').next().expect("a number").parse().expect("a number");
    let input = match key {
        "lock_target" => &mut inputs.lock_target,
        "onboard" => &mut inputs.rb_onboard_pib_per_day,
        "renewal" => &mut inputs.renewal_rate,
        "fil_plus" => &mut inputs.fil_plus_rate,
        other => panic!("the vectors change {other}"),
    };
    *input = Daily::Constant(value);
    inputs
}

/// Constant power from liftoff on: nothing expires for good, nothing is added.
fn constant_power(raw_eib: f64, days: usize) -> Inputs {
    Inputs {
        start_day: 0,
        forecast_length: days,
        rb_power_zero_eib: raw_eib,
        qa_power_zero_eib: raw_eib,
        rb_onboard_pib_per_day: Daily::Constant(0.0),
        renewal_rate: Daily::Constant(1.0),
        fil_plus_rate: Daily::Constant(0.0),
        lock_target: Daily::Constant(0.3),
        gamma: Daily::Constant(1.0),
        zero_cum_capped_power_eib_days: 0.0,
        init_baseline_eib: MECHAFIL_BASELINE_EIB,
        ..constant()
    }
}

#[test]
fn row_41_simple_minting_halves_in_six_years() {
    let forecast = run(&constant_power(1.0, 20 * 365 + 1));
    for (year, want) in [
        (1, 36_003_423.01),
        (2, 68_078_826.43),
        (6, 165_000_000.0),
        (10, 226_056_513.38),
        (20, 297_259_853.30),
    ] {
        close(&format!("year {year}"), forecast.cum_simple_reward[year * 365], want, 1e-9);
    }
    close("first day", forecast.cum_simple_reward[1], 104_430.308, 1e-8);
    close("first epoch", simple_minted(1.0 / 2880.0), 36.266_260, 1e-8);
}

#[test]
fn row_42_the_baseline_doubles_every_365_days() {
    close("start", MECHAFIL_BASELINE_EIB, 2.399_307_868_2, 1e-10);
    let forecast = run(&constant_power(1.0, 5 * 365 + 1));
    for (year, want) in [(1, 4.798_615_7), (3, 19.194_462_9), (5, 76.777_851_8)] {
        close(&format!("year {year}"), forecast.network_baseline_eib[year * 365], want, 1e-8);
        let exact = MECHAFIL_BASELINE_EIB * f64::from(1 << year);
        close(&format!("year {year} exactly"), forecast.network_baseline_eib[year * 365], exact, 1e-13);
    }
}

#[test]
fn row_43_constant_power_mints_by_the_logarithm_of_its_time() {
    // The sum includes the day itself: after t days it is on index t - 1.
    for (raw_eib, years, theta, minted) in [
        (1.0, 1, 133.639_032, 31_889_887.18),
        (1.0, 5, 470.676_109, 106_572_944.63),
        (2.0, 10, 1_007.705_438, 210_274_693.59),
    ] {
        let forecast = run(&constant_power(raw_eib, years * 365));
        let what = format!("{raw_eib} EiB, {years} years");
        close(&what, *forecast.network_time_days.last().expect("days"), theta, 1e-8);
        close(&what, *forecast.cum_baseline_reward.last().expect("days"), minted, 1e-8);
    }
}

#[test]
fn row_44_above_the_baseline_a_daily_sum_is_a_quarter_of_a_day_off_the_calendar_after_a_year() {
    let left = constant_power(100.0, 365);
    let next_day = MECHAFIL_BASELINE_EIB * pow(2.0, 1.0 / 365.0);
    let right = Inputs { init_baseline_eib: next_day, ..left.clone() };
    let theta = |inputs: &Inputs| *run(inputs).network_time_days.last().expect("days");
    assert!((theta(&left) - 364.750_020).abs() < 5e-7, "{}", theta(&left));
    assert!((theta(&right) - 365.250_020).abs() < 5e-7, "{}", theta(&right));
}

#[test]
fn the_baseline_at_liftoff_sets_where_the_network_time_starts_from() {
    // On the baseline from liftoff on, time goes by the calendar whatever the baseline is.
    for baseline in [MECHAFIL_BASELINE_EIB, MAINNET_BASELINE_EIB] {
        let on_it = Inputs {
            baseline_at_liftoff_eib: baseline,
            init_baseline_eib: baseline,
            ..constant_power(100.0, 365)
        };
        let theta = run(&on_it).network_time_days[364];
        assert!((theta - 364.750_020).abs() < 5e-7, "{theta}");
    }
    close("of the chain", MAINNET_BASELINE_EIB, 2.766_213_637_444_971, 1e-15);
}

#[test]
fn row_45_genesis_allocations_vest_linearly_over_their_terms() {
    let inputs = Inputs { start_vested_amt: FREE_AT_LAUNCH, ..constant_power(1.0, 2400) };
    let forecast = run(&inputs);
    let first_day = 51_803_587.0 / 183.0
        + 31_821_712.0 / 365.0
        + 7_223_364.0 / 730.0
        + 88_536_841.0 / 1095.0
        + 409_805_053.0 / 2190.0;
    close("day 0", forecast.total_vest[0] - first_day, 10_632_000.0, 1e-12);
    // The day itself has vested: after t days it is on index t - 1.
    for (days, want) in [
        (365, 195_682_103.5),
        (730, 297_106_908.0),
        (1095, 394_920_030.5),
        (2190, 599_822_557.0),
        (2400, 599_822_557.0),
    ] {
        close(&format!("after {days} days"), forecast.total_vest[days - 1], want, 1e-12);
    }
    // Printed to the cent, which is 4e-11 of it.
    close("after 183 days", forecast.total_vest[182], 129_241_374.72, 5e-11);
}

#[test]
fn row_46_locked_rewards_settle_at_135_days_of_reward_or_by_the_protocol_at_67_875() {
    for (rule, settled) in [(RewardRelease::Geometric, 135.0), (RewardRelease::Linear, 67.875)] {
        let mut lock = RewardLock::new(rule, 40.0);
        for _ in 0..6000 {
            lock.day(1.0);
        }
        close(&format!("{rule:?}"), lock.stock(), settled, 1e-9);
    }
}

#[test]
fn a_stock_that_has_settled_stays_under_either_rule() {
    // The linear rule takes the start for the rest of equal days: then equal days change nothing.
    for (rule, settled) in [(RewardRelease::Geometric, 135.0), (RewardRelease::Linear, 67.875)] {
        let mut lock = RewardLock::new(rule, settled);
        for day in 0..400 {
            lock.day(1.0);
            close(&format!("{rule:?} on day {day}"), lock.stock(), settled, 1e-12);
        }
    }
}

#[test]
fn the_linear_rule_holds_half_as_much_reward_and_leaves_minting_alone() {
    let geometric = run(&constant());
    let linear = run(&Inputs { reward_release: RewardRelease::Linear, ..constant() });
    assert_eq!(geometric.cum_network_reward, linear.cum_network_reward);
    // Half, and a little less: rewards fall by some 3 in 10,000 a day, and the geometric rule remembers 120 days more.
    let ratio = linear.network_locked_reward[3000] / geometric.network_locked_reward[3000];
    assert!((0.48..0.49).contains(&ratio), "{ratio}");
    assert!(linear.circ_supply[3000] > geometric.circ_supply[3000]);
}

#[test]
fn lists_are_read_by_the_step_for_power_and_by_the_day_for_pledge() {
    // A change of onboarding in step 10 shows on day 11; one of the lock target on day 10 itself.
    let base = run(&constant());
    let bump = |value: f64| {
        let mut values = vec![value; 3650];
        values[10] *= 1.5;
        Daily::List(values)
    };
    let first_difference =
        |a: &[f64], b: &[f64]| a.iter().zip(b).position(|(a, b)| a.to_bits() != b.to_bits());
    let onboard = run(&Inputs { rb_onboard_pib_per_day: bump(3.0), ..constant() });
    assert_eq!(first_difference(&base.rb_total_power_eib, &onboard.rb_total_power_eib), Some(11));
    assert_eq!(
        first_difference(&base.rb_sched_expire_power_pib, &onboard.rb_sched_expire_power_pib),
        Some(550)
    );
    let target = run(&Inputs { lock_target: bump(0.3), ..constant() });
    assert_eq!(first_difference(&base.day_locked_pledge, &target.day_locked_pledge), Some(10));
    assert_eq!(first_difference(&base.rb_total_power_eib, &target.rb_total_power_eib), None);
    let renewal = run(&Inputs { renewal_rate: bump(0.6), ..constant() });
    let unbumped = run(&Inputs { renewal_rate: Daily::Constant(0.6), ..constant() });
    assert_eq!(
        first_difference(&unbumped.qa_day_renewed_power_pib, &renewal.qa_day_renewed_power_pib),
        Some(11)
    );
    assert_eq!(first_difference(&unbumped.network_locked_pledge, &renewal.network_locked_pledge), Some(10));
}

#[test]
fn quality_adjusted_power_is_capped_in_what_is_shown_and_not_in_the_recursion() {
    // All that was there at the start is raw power of quality 2.5; with a multiplier of 2 it shows at most twice the raw.
    let inputs = Inputs { qa_power_zero_eib: 20.0, fil_plus_multiplier: 2.0, ..constant() };
    let forecast = run(&inputs);
    let uncapped =
        run(&Inputs { fil_plus_multiplier: 10.0, fil_plus_rate: Daily::Constant(0.8 / 9.0), ..inputs });
    for day in 0..3650 {
        let want = uncapped.qa_total_power_eib[day].min(2.0 * forecast.rb_total_power_eib[day]);
        close(&format!("day {day}"), forecast.qa_total_power_eib[day], want, 1e-11);
    }
    let is_capped = |day: usize| forecast.qa_total_power_eib[day] < 0.999 * uncapped.qa_total_power_eib[day];
    assert!(is_capped(0) && !is_capped(3000));
}

#[test]
fn supply_is_what_is_disbursed_minted_and_vested_less_what_is_locked_and_burnt() {
    let forecast = run(&constant());
    for day in 1..3650 {
        let locked = forecast.network_locked_pledge[day] + forecast.network_locked_reward[day];
        close("locked", forecast.network_locked[day], locked, 1e-11);
        let parts = 17_066_618.961_773_41 + forecast.cum_network_reward[day] + forecast.total_vest[day];
        close("supply", forecast.circ_supply[day], parts - locked - forecast.network_gas_burn[day], 1e-11);
    }
}

#[test]
fn onboarded_power_starts_with_that_of_the_start_day_and_follows_its_quality() {
    let forecast = run(&Inputs { hist_qa_onboard_pib: 7.0, ..constant() });
    assert_eq!(forecast.qa_day_onboarded_power_pib[0].to_bits(), 7_f64.to_bits());
    // 3 PiB, of which 80 % count tenfold.
    assert!(forecast.qa_day_onboarded_power_pib[1..].iter().all(|pib| (pib - 24.6).abs() < 1e-12));
}

#[test]
fn no_onboarding_still_has_a_pledge_per_sector() {
    let forecast = run(&Inputs { rb_onboard_pib_per_day: Daily::Constant(0.0), ..constant() });
    assert!(SERIES.iter().all(|series| (series.values)(&forecast).iter().all(|value| value.is_finite())));
    assert!(forecast.day_pledge_per_qap.iter().all(|pledge| *pledge > 0.0));
}

#[test]
fn short_lists_empty_spans_and_an_empty_network_are_refused() {
    let short = Inputs { gamma: Daily::List(vec![1.0; 3649]), ..constant() };
    let error = ForecastError::Short { input: "gamma", given: 3649, needed: 3650 };
    assert_eq!(forecast(&short), Err(error));
    let none = Inputs { known_expiry_days: 0, ..constant() };
    assert_eq!(forecast(&none), Err(ForecastError::NoDay { input: "known_expiry_days" }));
    let nothing = Daily::Constant(0.0);
    let dying = Inputs { rb_onboard_pib_per_day: nothing.clone(), renewal_rate: nothing, ..constant() };
    assert_eq!(forecast(&dying), Err(ForecastError::Empty { day: 540 }));
}

#[test]
fn a_forecast_of_a_day_and_of_a_year_have_the_rows_they_can_have() {
    let of = |days| run(&Inputs { forecast_length: days, ..constant() });
    for (days, roi) in [(1, 0), (2, 0), (364, 0), (365, 1), (366, 2)] {
        let forecast = of(days);
        for series in SERIES {
            let rows = (series.values)(&forecast).len();
            assert_eq!(rows, if series.name == "1y_sector_roi" { roi } else { days }, "{}", series.name);
        }
    }
    // Later days do not change earlier ones.
    assert_eq!(of(366).circ_supply[..], run(&constant()).circ_supply[..366]);
}
