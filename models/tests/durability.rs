//! Rows 9 to 19 of the table of closed forms (`docs/validation.md`): durability and availability.
//!
//! The forms of `models::durability::formulas` are held to the table's own figures, and the events of
//! `models::durability::store` to the forms. Seeds are fixed. Tolerances are at least four standard errors unless said
//! otherwise; the rows stated as "3 sigma" are held to three of what a binomial count would have. Rows 9 to 11 do not
//! know what a day is: one is a second here, so that the longest lives fit into the 584 years of the clock.

use models::durability::formulas::{self, Chain, Crews};
use models::durability::path::Ends;
use models::durability::rare::{self, Effort, Finding};
use models::durability::store::{AfterLoss, Plan, Regions, Repair, Sessions, Store, Tally};
use sim_core::dist::Law;
use sim_core::draws::{Draws, Entity};
use sim_core::time::{SimSpan, SimTime};

const ALL: SimTime = SimTime::NEVER;

fn exponential(days: u64) -> Law {
    Law::Exponential { mean: SimSpan::from_days(days) }
}

/// The exponential law of a mean in seconds that stand for days.
fn short(days: u64) -> Law {
    Law::Exponential { mean: SimSpan::from_secs(days) }
}

fn chain(pieces: u32, needed: u32, life: f64, repair: f64, crews: Crews) -> Chain {
    Chain { pieces, needed, failure: 1.0 / life, repair: 1.0 / repair, crews }
}

/// Equal but for what the table's last digit leaves open.
fn agrees(found: f64, table: f64, relative: f64) {
    assert!((found / table - 1.0).abs() <= relative, "{found} is not {table}");
}

const COPIES: [(u32, f64, f64); 4] = [
    (2, 51_500.0, 51_500.0),
    (3, 3_451_833.333_333, 1_735_166.666_667),
    (4, 261_027_083.333, 43_827_083.333),
    (5, 2.107_310_7e10, 885_665_616.3),
];

const CODES: [(u32, u32, f64, f64); 5] = [
    (3, 1, 31_700.0, 16_366.667),
    (9, 6, 5_513.888_9, 1_257.275_1),
    (14, 10, 7_308.561_4, 635.700_97),
    (30, 10, 3.094_407_2e20, 7_822.896_1),
    (80, 29, 1.518_130e47, 371.709_31),
];

#[test]
fn rows_9_10_and_11_the_positive_recursion_gives_the_table() {
    for (copies, parallel, single) in COPIES {
        agrees(chain(copies, 1, 1_000.0, 10.0, Crews::Parallel).mean_time_to_loss(), parallel, 3e-8);
        agrees(chain(copies, 1, 1_000.0, 10.0, Crews::Single).mean_time_to_loss(), single, 3e-8);
    }
    for (n, k, parallel, single) in CODES {
        agrees(chain(n, k, 200.0, 10.0, Crews::Parallel).mean_time_to_loss(), parallel, 3e-7);
        agrees(chain(n, k, 200.0, 10.0, Crews::Single).mean_time_to_loss(), single, 3e-8);
    }
}

#[test]
fn row_12_the_odds_within_a_time_are_exact_where_they_can_be_checked() {
    let three = chain(3, 1, 1_000.0, 10.0, Crews::Parallel);
    let (mean, horizon) = (three.mean_time_to_loss(), 3_650.0);
    agrees(-sim_core::math::exp_m1(-horizon / mean), 0.001_056_85, 5e-6);
    let exact = three.loss_within(horizon).expect("a short chain");
    // The start, when all are whole, is left out by the row: less than the time of a repair of 3,650 days.
    assert!(exact < 0.001_056_85 && exact > 0.001_056_85 * (1.0 - 10.0 / horizon * 2.0), "{exact}");
    // Long after the start only the mean counts.
    agrees(three.loss_within(mean).expect("short"), 1.0 - sim_core::math::exp(-1.0), 1e-5);
    // Nobody repairs: a binomial tail, down to 1e-30.
    for (n, k, time) in [(3, 1, 0.5), (14, 10, 7.0), (30, 10, 0.2), (30, 10, 2_000.0), (80, 29, 90.0)] {
        let nobody = chain(n, k, 100.0, 10.0, Crews::None);
        let tail = formulas::too_few(n, k, formulas::gone_after(100.0, time));
        agrees(nobody.loss_within(time).expect("short"), tail, 1e-9);
    }
    assert_eq!(chain(300, 10, 1.0, 1.0, Crews::Single).loss_within(1.0), None);
}

#[test]
fn rows_13_to_19_the_other_forms_give_the_table() {
    for (n, k, gone, table) in BINOMIAL {
        agrees(formulas::too_few(n, k, gone), table, 1e-6);
    }
    for (n, k, life, every, odds, mean) in CHECKS {
        let found = formulas::periodic_check(n, k, life, every);
        agrees(found.0, odds, 2e-7);
        if let Some(mean) = mean {
            agrees(found.1, mean, 4e-6);
        }
    }
    agrees(formulas::availability(2.0, 6.0), 0.25, 0.0);
    for (copies, table) in [(1, 0.3), (3, 0.657), (5, 0.831_93), (10, 0.971_752_5)] {
        agrees(formulas::retrievable(copies, 1, 0.3), table, 1e-7);
    }
    agrees(formulas::retrievable(10, 4, 0.5), 0.828_125, 1e-12);
    let placed = formulas::placement(3, 10);
    agrees(placed.all_in_one, 0.01, 1e-12);
    agrees(placed.all_apart, 0.72, 1e-12);
    agrees(placed.lost_with_a_region, 0.001, 1e-12);
    // A large code far out in the tail, where the terms themselves are too small for a double.
    assert!(formulas::too_few(1_000, 400, 0.1) < 1e-200);
    agrees(formulas::too_few(1_000, 990, 0.9), 1.0, 1e-12);
}

const BINOMIAL: [(u32, u32, f64, f64); 6] = [
    (3, 1, 0.1, 0.001),
    (9, 6, 0.05, 6.425_747e-4),
    (14, 10, 0.1, 9.230_212e-3),
    (30, 10, 0.4, 8.563_920e-4),
    (80, 29, 0.5, 4.841_425e-3),
    (10, 4, 0.3, 1.059_207_8e-2),
];

const CHECKS: [(u32, u32, f64, f64, f64, Option<f64>); 6] = [
    (3, 1, 365.0, 30.0, 4.912_570e-4, Some(61_067.8)),
    (2, 1, 100.0, 7.0, 4.570_596e-3, Some(1_531.53)),
    (5, 1, 365.0, 60.0, 8.003_116e-5, Some(749_708.0)),
    (30, 10, 100.0, 60.0, 5.206_010e-3, None),
    (14, 10, 365.0, 7.0, 4.289_934e-6, None),
    (80, 29, 100.0, 90.0, 0.180_096_5, None),
];

/// Mean and its standard error.
fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}

/// Runs objects to their loss and compares their mean life with the form.
fn lives(row: &str, plan: Plan, objects: u32, exact: f64, tolerance: f64) {
    let plan = Plan { objects, ..plan };
    let tally = Store::run(plan, Draws::new(9, objects), ALL);
    assert_eq!(tally.lives.len(), objects as usize, "every object is lost in the end");
    let lives: Vec<f64> = tally.lives.iter().map(|life| life.as_secs_f64_lossy()).collect();
    let (mean, error) = mean(&lives);
    println!(
        "{row}: {mean:.1} (exact {exact:.1}, {:+.2} %, {:.1} errors; tolerance {:.1} errors; {} failures)",
        100.0 * (mean / exact - 1.0),
        (mean - exact) / error,
        tolerance * exact / error,
        tally.failures
    );
    assert!((mean - exact).abs() <= tolerance * exact, "{row}: {mean} is not {exact}");
    assert!(tolerance * exact >= 3.9 * error, "{row}: {tolerance} is no four errors");
}

#[test]
fn rows_9_and_10_plain_simulation_of_two_and_three_copies() {
    plain_copies([(2, 3_000, 0.08), (3, 350, 0.25)]);
}

#[test]
#[ignore = "a minute: cargo test --release -p models --test durability -- --ignored --nocapture"]
fn rows_9_and_10_plain_simulation_of_two_and_three_copies_to_three_per_cent() {
    plain_copies([(2, 20_000, 0.03), (3, 20_000, 0.03)]);
}

fn plain_copies(looks: [(u32, u32, f64); 2]) {
    for (copies, objects, tolerance) in looks {
        for (crews, repair) in
            [(Crews::Parallel, Repair::Parallel(short(10))), (Crews::Single, Repair::Single(short(10)))]
        {
            let exact = chain(copies, 1, 1_000.0, 10.0, crews).mean_time_to_loss();
            let plan = Plan::one(copies, 1, short(1_000), repair);
            lives(&format!("{copies} copies, {crews:?}"), plan, objects, exact, tolerance);
        }
    }
}

#[test]
fn row_11_plain_simulation_of_small_codes() {
    small_codes(2_500, 0.09);
}

#[test]
#[ignore = "a minute: cargo test --release -p models --test durability -- --ignored --nocapture"]
fn row_11_plain_simulation_of_small_codes_to_three_per_cent() {
    small_codes(18_000, 0.03);
}

fn small_codes(objects: u32, tolerance: f64) {
    for (n, k, ..) in &CODES[..3] {
        for (crews, repair) in
            [(Crews::Parallel, Repair::Parallel(short(10))), (Crews::Single, Repair::Single(short(10)))]
        {
            let exact = chain(*n, *k, 200.0, 10.0, crews).mean_time_to_loss();
            let plan = Plan::one(*n, *k, short(200), repair);
            lives(&format!("({n},{k}), {crews:?}"), plan, objects, exact, tolerance);
        }
    }
}

/// Rare losses by splitting: the mean time to loss within a tolerance, which is four errors.
fn rare_loss(copies: u32, exact: f64, repair: Repair, effort: Effort, tolerance: f64, seed: u64) -> Finding {
    let plan = Plan::one(copies, 1, exponential(1_000), repair);
    let found = Finding::look(&plan, Ends::WhenWhole, effort, Draws::new(seed, copies));
    let (days, error) = found.mean_days_to_loss();
    println!(
        "{copies} copies, {}, seed {seed}: {days:.5e} d (exact {exact:.5e}, {:+.2} %, {:+.2} errors; tolerance {:.1}); \
         {} events, plain {:.2e} a loss, {:.2e} for the same error",
        if matches!(repair, Repair::Single(_)) { "single" } else { "parallel" },
        100.0 * (days / exact - 1.0),
        (days - exact) / error,
        tolerance * exact / error,
        found.odds.work(),
        found.cost.a_hit,
        found.cost.equal
    );
    assert!((days - exact).abs() <= tolerance * exact, "{days} is not {exact}");
    assert!((days - exact).abs() <= 4.0 * error, "{days} +- {error}: {exact}");
    assert!(tolerance * exact >= 4.0 * error, "{tolerance} is no four errors: {error}");
    assert!(found.cost.equal > 50.0 * found.odds.work() as f64, "splitting is worth it: {:?}", found.cost);
    found
}

/// A look at four and five copies that a test can afford.
#[test]
fn rows_9_and_10_four_and_five_copies_by_splitting() {
    let effort = |trials| Effort { trials, repetitions: 50 };
    rare_loss(4, COPIES[2].1, Repair::Parallel(exponential(10)), effort(2_000), 0.3, 10);
    rare_loss(5, COPIES[3].1, Repair::Parallel(exponential(10)), effort(4_000), 0.4, 10);
    rare_loss(4, COPIES[2].2, Repair::Single(exponential(10)), effort(2_000), 0.25, 10);
    rare_loss(5, COPIES[3].2, Repair::Single(exponential(10)), effort(3_000), 0.3, 10);
}

/// The table's tolerance of 10 %, for six seeds; then all of them together, which know 1 to 2 %, and every level.
fn to_ten_per_cent(copies: u32, exact: f64, repair: Repair, trials: u32) {
    let effort = Effort { trials, repetitions: 90 };
    let found: Vec<Finding> =
        (1..=6).map(|seed| rare_loss(copies, exact, repair, effort, 0.1, seed)).collect();
    together(copies, repair, &found);
}

#[test]
#[ignore = "minutes: cargo test --release -p models --test durability -- --ignored --nocapture"]
fn row_9_four_copies_by_splitting_to_ten_per_cent() {
    to_ten_per_cent(4, COPIES[2].1, Repair::Parallel(exponential(10)), 16_000);
}

#[test]
#[ignore = "minutes: cargo test --release -p models --test durability -- --ignored --nocapture"]
fn row_9_five_copies_by_splitting_to_ten_per_cent() {
    to_ten_per_cent(5, COPIES[3].1, Repair::Parallel(exponential(10)), 40_000);
}

#[test]
#[ignore = "minutes: cargo test --release -p models --test durability -- --ignored --nocapture"]
fn row_10_four_copies_by_splitting_to_ten_per_cent() {
    to_ten_per_cent(4, COPIES[2].2, Repair::Single(exponential(10)), 10_000);
}

#[test]
#[ignore = "minutes: cargo test --release -p models --test durability -- --ignored --nocapture"]
fn row_10_five_copies_by_splitting_to_ten_per_cent() {
    to_ten_per_cent(5, COPIES[3].2, Repair::Single(exponential(10)), 16_000);
}

/// The odds that a cycle ends in loss, from all seeds, and the share of each level beside the chain's own.
fn together(copies: u32, repair: Repair, found: &[Finding]) {
    let products: Vec<f64> = found.iter().flat_map(|one| one.odds.products.clone()).collect();
    let (odds, error) = mean(&products);
    let parallel = matches!(repair, Repair::Parallel(_));
    let (mut exact, mut share) = (1.0, 1.0);
    for level in 1..copies {
        // Up to the next before all are here: at once, or after one came back and it got here again.
        let (down, crews) = (f64::from(copies - level) / 1_000.0, if parallel { level } else { 1 });
        share = down / (down + f64::from(crews) / 10.0 * (1.0 - share * f64::from(u8::from(level > 1))));
        exact *= share;
        let stages = found.iter().map(|one| one.odds.stages[level as usize]);
        let (hits, trials) = stages.fold((0, 0), |sum, stage| (sum.0 + stage.hits, sum.1 + stage.trials));
        println!(
            "  level {level}: {:.5e} of {trials}, exact {share:.5e}, {:+.2} %",
            hits as f64 / trials as f64,
            100.0 * (hits as f64 / trials as f64 / share - 1.0)
        );
        assert!((hits as f64 / trials as f64 / share - 1.0).abs() < 0.05, "level {level}");
    }
    println!(
        "  all seeds: odds of a cycle {odds:.4e} +- {error:.1e}, exact {exact:.4e}, {:+.2} %, {:+.2} errors",
        100.0 * (odds / exact - 1.0),
        (odds - exact) / error
    );
    assert!((odds - exact).abs() <= 3.0 * error && error < 0.02 * exact, "{odds} +- {error}: {exact}");
}

/// Three copies, one repair at a time, with so many paths that half a per cent would be seen.
#[test]
#[ignore = "minutes: cargo test --release -p models --test durability -- --ignored --nocapture"]
fn row_10_three_copies_by_splitting_show_no_bias() {
    let effort = Effort { trials: 20_000, repetitions: 200 };
    let repair = Repair::Single(exponential(10));
    let plan = Plan::one(3, 1, exponential(1_000), repair);
    together(3, repair, &[Finding::look(&plan, Ends::WhenWhole, effort, Draws::new(11, 0))]);
}

/// The same within a time, against the chain, and with nobody who repairs, against the binomial tail.
#[test]
fn splitting_gives_the_odds_within_a_time() {
    for (plan, days) in [
        (Plan::one(4, 1, exponential(1_000), Repair::Parallel(exponential(10))), 3_650),
        (Plan::one(14, 10, exponential(365), Repair::Check(SimSpan::from_days(7))), 7),
        (Plan::one(6, 1, exponential(1_000), Repair::None), 20),
    ] {
        let end = SimTime::ZERO + SimSpan::from_days(days);
        let exact = rare::exact_within(&plan, end).expect("a form");
        let effort = Effort { trials: 5_000, repetitions: 40 };
        let found = Finding::look(&plan, Ends::At(end), effort, Draws::new(12, 0)).odds;
        println!("{plan:?}: {:.4e} +- {:.1e}, exact {exact:.4e}", found.odds, found.error);
        assert!((found.odds - exact).abs() <= 4.0 * found.error, "{} is not {exact}", found.odds);
        assert!(found.relative_error() < 0.1, "{}", found.relative_error());
    }
}

/// Lives that wear out have no chain: plain simulation is the yardstick, which only branches that keep ages meet.
#[test]
fn splitting_agrees_with_plain_simulation_where_lives_have_a_memory() {
    let life = Law::Weibull { shape: 3.0, mean: SimSpan::from_days(100) };
    let repair = Law::LogNormal { sigma: 1.0, mean: SimSpan::from_days(6) };
    for repair in [Repair::Parallel(repair), Repair::Single(repair)] {
        let plan = Plan::one(3, 1, life, repair);
        let ends = Ends::At(SimTime::ZERO + SimSpan::from_days(200));
        let found =
            Finding::look(&plan, ends, Effort { trials: 2_000, repetitions: 30 }, Draws::new(13, 0)).odds;
        let plain = rare::plain(&plan, ends, 60_000, Draws::new(14, 0)).stage;
        let error = (plain.share() / plain.trials as f64).sqrt();
        let both = (error * error + found.error * found.error).sqrt();
        println!(
            "{:.4e} +- {:.1e} by splitting, {:.4e} +- {error:.1e} plain",
            found.odds,
            found.error,
            plain.share()
        );
        assert!((found.odds - plain.share()).abs() <= 4.0 * both && both < 0.1 * found.odds);
    }
}

#[test]
fn branches_keep_what_has_happened_and_part_in_what_has_not() {
    use models::durability::path::ObjectPath;
    use sim_core::splitting::Path;
    let plan = Plan::one(5, 1, exponential(100), Repair::Single(exponential(10)));
    let root = ObjectPath::root(plan, Draws::new(1, 0), Ends::WhenWhole);
    let mut entries = (0..).map(|stream| root(Entity(stream)));
    let entry =
        entries.find_map(|mut path| path.reach(2).then_some(path)).expect("some path reaches level 2");
    let after = |stream: u64| {
        let mut path = entry.clone();
        path.redraw(Entity(stream));
        assert_eq!((path.level(), path.now(), path.work()), (entry.level(), entry.now(), entry.work()));
        path.reach(5);
        path.now()
    };
    assert_eq!(after(1), after(1));
    assert_ne!(after(1), after(2));
}

/// A count out of trials is within three standard errors of what the odds say, and there are enough to tell.
fn three_sigma(what: &str, hits: u64, trials: f64, odds: f64) {
    let (expected, deviation) = (trials * odds, (trials * odds * (1.0 - odds)).sqrt());
    println!(
        "{what}: {hits} of {trials}, expected {expected:.1}, {:+.2} sigma",
        (hits as f64 - expected) / deviation
    );
    assert!(
        (hits as f64 - expected).abs() <= 3.0 * deviation,
        "{what}: {hits}, expected {expected} +- {deviation}"
    );
    assert!(expected >= 90.0, "{what}: {expected} are too few to tell");
}

/// Of so many batches of 10,000 objects of three copies, those that are lost within ten years.
fn lost_in_ten_years(batches: u32) -> u64 {
    let plan =
        Plan { objects: 10_000, ..Plan::one(3, 1, exponential(1_000), Repair::Parallel(exponential(10))) };
    let end = SimTime::ZERO + SimSpan::from_days(3_650);
    let lost =
        (0..batches).map(|batch| Store::run(plan, Draws::new(12, batch), end).lives.len() as u64).sum();
    let exact = chain(3, 1, 1_000.0, 10.0, Crews::Parallel).loss_within(3_650.0).expect("short");
    three_sigma("three copies for ten years", lost, f64::from(batches) * 1e4, exact);
    lost
}

#[test]
fn row_12_three_copies_for_ten_years() {
    lost_in_ten_years(10);
}

/// The row's own figure and tolerance, 5 %: four standard errors of 6,500,000 objects.
#[test]
#[ignore = "half a minute: cargo test --release -p models --test durability -- --ignored --nocapture"]
fn row_12_three_copies_for_ten_years_to_five_per_cent() {
    let (lost, expected) = (lost_in_ten_years(650) as f64, 6_500.0 * 1.056_85);
    println!("{lost} of 6,500,000, the row says {expected:.1}: {:+.2} %", 100.0 * (lost / expected - 1.0));
    assert!((lost / expected - 1.0).abs() <= 0.05 && 0.05 * expected >= 4.0 * expected.sqrt());
}

#[test]
fn row_13_nobody_repairs() {
    for (row, (n, k, gone, odds)) in BINOMIAL.into_iter().enumerate() {
        let objects = ((100.0 / odds) as u32).div_ceil(10_000);
        let plan = Plan { objects: 10_000, ..Plan::one(n, k, exponential(100), Repair::None) };
        let time = -100.0 * 86_400.0 * sim_core::math::ln_1p(-gone);
        let end = SimTime::ZERO + SimSpan::from_secs_f64_lossy(time);
        let batch = |batch| Store::run(plan, Draws::new(13, row as u32 * 1_000 + batch), end).lives.len();
        let lost: usize = (0..objects).map(batch).sum();
        three_sigma(&format!("({n},{k}), {gone} gone"), lost as u64, f64::from(objects) * 10_000.0, odds);
    }
}

#[test]
fn rows_14_and_15_a_periodic_check() {
    for (row, (n, k, life, every, odds, mean)) in CHECKS.into_iter().enumerate() {
        let losses = 100.0;
        let objects = 2_000;
        let periods = (losses / odds / f64::from(objects)).ceil() as u64;
        let one = Plan::one(n, k, exponential(life as u64), Repair::Check(SimSpan::from_days(every as u64)));
        let plan = Plan { objects, after_loss: AfterLoss::Replaced, ..one };
        let end = SimTime::ZERO + SimSpan::from_days(every as u64).saturating_mul(periods);
        let lost = Store::run(plan, Draws::new(14, row as u32), end).lives.len();
        let trials = f64::from(objects) * periods as f64;
        three_sigma(&format!("({n},{k}) every {every} days"), lost as u64, trials, odds);
        if let Some(mean) = mean {
            let life = trials * every / lost as f64;
            assert!(
                (life / mean - 1.0).abs() <= 3.0 / (lost as f64).sqrt(),
                "mean life {life}, expected {mean}"
            );
        }
    }
}

/// Objects that nobody loses, whose holders come and go: the share of time that they are retrievable. In 200 objects for
/// 10,000 hours a share near a half, of spells of some hours, has a standard error below 0.000 75.
fn online(pieces: u32, needed: u32, up: Law, down: Law, seed: u64) -> f64 {
    let objects = 200;
    let plan = Plan {
        objects,
        life: None,
        sessions: Some(Sessions { up, down }),
        ..Plan::one(pieces, needed, exponential(1), Repair::None)
    };
    let end = SimSpan::from_hours(10_000);
    let tally: Tally = Store::run(plan, Draws::new(seed, 0), SimTime::ZERO + end);
    tally.retrievable as f64 / end.as_nanos() as f64 / f64::from(objects)
}

#[test]
fn row_16_availability_whatever_the_laws() {
    let hours = SimSpan::from_hours;
    let laws: [fn(SimSpan) -> Law; 3] = [
        |mean| Law::Exponential { mean },
        |mean| Law::Weibull { shape: 0.6, mean },
        |mean| Law::Pareto { shape: 2.5, mean },
    ];
    for law in laws {
        let share = online(1, 1, law(hours(2)), law(hours(6)), 16);
        println!("{}: {share:.5}", law(hours(2)).name());
        assert!((share - 0.25).abs() < 0.003, "{}: {share}", law(hours(2)).name());
    }
}

#[test]
fn rows_17_and_18_enough_holders_online() {
    let hours = |mean| Law::Exponential { mean: SimSpan::from_hours(mean) };
    for (pieces, needed, up, down, exact) in [
        (1, 1, 3, 7, 0.3),
        (3, 1, 3, 7, 0.657),
        (5, 1, 3, 7, 0.831_93),
        (10, 1, 3, 7, 0.971_752_5),
        (10, 4, 2, 2, 0.828_125),
    ] {
        let share = online(pieces, needed, hours(up), hours(down), 17);
        println!("({pieces},{needed}): {share:.5}, exact {exact}");
        assert!((share - exact).abs() < 0.003, "({pieces},{needed}): {share}, expected {exact}");
    }
}

#[test]
fn row_19_a_region_goes_with_all_that_it_holds() {
    let regions = Some(Regions { count: 10, outages: Law::Constant { value: SimSpan::from_days(1) } });
    let plan = Plan { objects: 20_000, life: None, regions, ..Plan::one(3, 1, exponential(1), Repair::None) };
    let (mut one, mut apart, mut lost) = (0, 0, 0);
    for batch in 0..30 {
        let draws = Draws::new(19, batch);
        let mut engine = Store::engine(plan, draws, Entity::named("durability"));
        for object in 0..plan.objects {
            let mut places: Vec<u16> = engine.world().regions(object).collect();
            places.sort_unstable();
            places.dedup();
            one += u64::from(places.len() == 1);
            apart += u64::from(places.len() == 3);
        }
        // One outage, of one region.
        engine.run_until(SimTime::ZERO + SimSpan::from_hours(36), u64::MAX);
        lost += engine.world().tally().lives.len() as u64;
    }
    three_sigma("all in one region", one, 600_000.0, 0.01);
    three_sigma("all apart", apart, 600_000.0, 0.72);
    three_sigma("lost with a region", lost, 600_000.0, 0.001);
}

#[test]
fn a_plan_that_cannot_be_carried_out_is_refused() {
    let good = Plan::one(3, 1, exponential(1), Repair::None);
    assert_eq!(good.check(), Ok(()));
    for (bad, said) in [
        (Plan { needed: 4, ..good }, "needed: expected a whole number from 1 to 3, found 4"),
        (Plan { pieces: 0, ..good }, "pieces: expected a whole number from 1 to 1000, found 0"),
        (Plan { repair: Repair::Check(SimSpan::ZERO), ..good }, "nanoseconds between checks: expected"),
        (Plan { life: Some(exponential(0)), ..good }, "exponential law: mean must be at least 1 ns"),
    ] {
        let error = bad.check().expect_err(said).to_string();
        assert!(error.contains(said), "{error}");
    }
}
