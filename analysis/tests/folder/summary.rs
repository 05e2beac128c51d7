//! The headline numbers of small worlds that can be counted by hand.

use crate::fixture::{Builder, DAY, Fate, METRICS, OBJECTS, READS, SECOND, read};
use analysis::summary::{Estimate, Estimator, Summary, in_words};
use analysis::{Run, analyse};
use sim_core::record::csv::CsvTables;
use sim_core::record::{Recorder, Value};

const END: u64 = 10 * DAY;

fn fate(i: u64, lost: Option<(u64, &'static str)>) -> Fate {
    let object = format!("o{i}");
    Fate { object, group: "all", bytes: 1000, published: Some(0), lost, deliberate: false, until: END }
}

/// `lost` of `n` objects are lost, the i-th after i + 1 days.
fn objects(tables: &mut CsvTables, n: u64, lost: u64, cause: &'static str) {
    for i in 0..n {
        fate(i, (i < lost).then_some(((i + 1) * DAY, cause))).record(tables);
    }
}

fn reads(tables: &mut CsvTables, outcomes: &[(&str, u64)]) {
    for &(outcome, n) in outcomes {
        for i in 0..n {
            let times = (outcome == "ok").then_some(((i + 1) * SECOND / 10, (i + 1) * SECOND));
            read(tables, "o0", "all", outcome, times);
        }
    }
}

fn summary_of(builder: Builder) -> Summary {
    let folder = builder.write();
    Run::open(folder.path()).expect("a whole folder").summary().expect("numbers").clone()
}

fn one_cell(fill: impl FnOnce(&mut CsvTables)) -> Summary {
    let mut builder = Builder::new("small", "864000");
    builder.declare(&[&OBJECTS, &READS]);
    builder.cell("base", 0, &[], 0, fill);
    summary_of(builder)
}

fn find<'a>(summary: &'a Summary, metric: &str) -> &'a Estimate {
    summary.estimate(metric, "base", 0).unwrap_or_else(|| panic!("no {metric}"))
}

fn close(found: Option<f64>, expected: f64, tolerance: f64) {
    let found = found.expect("a number");
    assert!((found - expected).abs() <= tolerance, "{found}, expected {expected}");
}

#[test]
fn losses_are_counted_with_their_intervals() {
    let summary = one_cell(|tables| objects(tables, 40, 4, "collected"));
    let share = find(&summary, "object_loss_share");
    assert_eq!((share.estimator, share.n, share.value), (Estimator::Wilson, 40, Some(0.1)));
    close(share.low, 0.0396, 5e-5);
    close(share.high, 0.2305, 5e-5);
    let survival = find(&summary, "survival");
    assert_eq!((survival.estimator, survival.n), (Estimator::KaplanMeier, 40));
    close(survival.value, 0.9, 1e-12);
    // 4 losses in 36 * 10 + (1 + 2 + 3 + 4) object-days.
    let rate = find(&summary, "loss_rate");
    close(rate.value, 4.0 / 370.0 * 365.0, 1e-9);
    close(rate.low, 1.0899 / 370.0 * 365.0, 1e-3);
    // The fixture is on line for nine tenths of the stored time.
    let availability = find(&summary, "availability");
    assert_eq!((availability.estimator, availability.n), (Estimator::MeanOverObjects, 40));
    close(availability.value, 0.9 * 370.0 / 400.0, 1e-9);
    assert!(availability.note.as_ref().is_some_and(|note| note.contains("one replicate")));
}

#[test]
fn a_run_without_losses_claims_no_certainty() {
    let summary = one_cell(|tables| objects(tables, 60, 0, ""));
    let survival = find(&summary, "survival");
    assert_eq!((survival.estimator, survival.value), (Estimator::RuleOfThree, None));
    close(survival.low, 0.95, 1e-12);
    let share = find(&summary, "object_loss_share");
    assert_eq!((share.estimator, share.value), (Estimator::RuleOfThree, Some(0.0)));
    close(share.high, 0.05, 1e-12);
    close(find(&summary, "loss_rate").high, 3.0 / (600.0 / 365.0), 1e-9);
}

#[test]
fn what_owners_delete_is_censored_and_what_was_never_published_is_at_no_risk() {
    let summary = one_cell(|tables| {
        objects(tables, 2, 1, "collected");
        Fate { deliberate: true, ..fate(2, Some((5 * DAY, "deleted"))) }.record(tables);
        Fate { published: None, ..fate(3, None) }.record(tables);
    });
    let counts = summary.cases[0].objects.as_ref().expect("recorded");
    assert_eq!((counts.published, counts.unpublished, counts.lost, counts.deleted_by_owner), (3, 1, 1, 1));
    let survival = find(&summary, "survival");
    assert_eq!(survival.n, 3);
    close(survival.value, 2.0 / 3.0, 1e-12);
    assert_eq!(survival.note.as_deref(), Some("1 deleted by their owner are censored then"));
}

/// Objects of 1,000, 2,000 and 7,000 bytes, the second of them lost after `lost` days if it is.
fn unequal(tables: &mut CsvTables, lost: Option<u64>) {
    for (i, bytes) in [(0, 1000), (1, 2000), (2, 7000)] {
        let lost = lost.filter(|_| i == 1).map(|days| (days * DAY, "collected"));
        Fate { bytes, ..fate(i, lost) }.record(tables);
    }
}

#[test]
fn bytes_are_lost_by_the_byte_year() {
    // 2,000 bytes in 1,000 * 10 + 2,000 * 5 + 7,000 * 10 byte-days.
    let one = one_cell(|tables| unequal(tables, Some(5)));
    let rate = find(&one, "byte_loss_rate");
    assert_eq!((rate.n, rate.low, rate.high), (1, None, None));
    close(rate.value, 2000.0 / 90_000.0 * 365.0, 1e-9);
    // Over replicates the mean of their rates; two that differ leave an interval down to 0.
    let mut builder = Builder::new("small", "864000");
    builder.declare(&[&OBJECTS, &READS]);
    for (replicate, lost) in [Some(5), None].into_iter().enumerate() {
        builder.cell("base", 0, &[], replicate as u32, |tables| unequal(tables, lost));
    }
    let two = summary_of(builder);
    let rate = find(&two, "byte_loss_rate");
    assert_eq!((rate.estimator, rate.n, rate.low), (Estimator::MeanOverReplicates, 2, Some(0.0)));
    close(rate.value, 2000.0 / 90_000.0 * 365.0 / 2.0, 1e-9);
    // Without a loss: at most three of the largest in 100,000 byte-days.
    let none = one_cell(|tables| unequal(tables, None));
    let rate = find(&none, "byte_loss_rate");
    assert_eq!((rate.estimator, rate.value), (Estimator::RuleOfThree, Some(0.0)));
    close(rate.high, 3.0 * 7000.0 / 100_000.0 * 365.0, 1e-9);
}

#[test]
fn a_mean_time_to_loss_is_given_only_when_all_were_seen_to_be_lost() {
    // After 1, 2, 3 and 4 days: 2.5, with t(0.975, 3) = 3.1824 and a standard error of sqrt(5 / 3 / 4).
    let summary = one_cell(|tables| objects(tables, 4, 4, "collected"));
    let mean = find(&summary, "mttdl");
    assert_eq!((mean.estimator, mean.n, mean.value), (Estimator::MeanOverObjects, 4, Some(2.5)));
    close(mean.low, 2.5 - 3.1824 * (5.0_f64 / 12.0).sqrt(), 1e-3);
    assert!(one_cell(|tables| objects(tables, 5, 4, "collected")).estimate("mttdl", "base", 0).is_none());
    let deleted = one_cell(|tables| {
        objects(tables, 4, 4, "collected");
        Fate { deliberate: true, ..fate(4, Some((5 * DAY, "deleted"))) }.record(tables);
    });
    assert!(deleted.estimate("mttdl", "base", 0).is_none(), "a deletion by the owner is censored");
}

#[test]
fn exposure_is_the_share_of_time_with_one_copy_at_most() {
    // The fixture has one copy for a quarter of the stored time: of 10 days for one, of 2 days of 10 for the other.
    let summary = one_cell(|tables| {
        fate(0, None).record(tables);
        fate(1, Some((2 * DAY, "collected"))).record(tables);
    });
    close(find(&summary, "exposure").value, (0.25 + 0.05) / 2.0, 1e-12);
}

#[test]
fn nines_stop_at_what_so_many_objects_can_show() {
    let mut builder = Builder::new("long", "31536000");
    builder.cell("base", 0, &[], 0, |tables| {
        for i in 0..300 {
            Fate { until: 365 * DAY, ..fate(i, None) }.record(tables);
        }
    });
    let summary = summary_of(builder);
    let nines = find(&summary, "durability_nines");
    // 300 objects without a loss show no more than 1 in 100.
    close(nines.value, 2.0, 1e-12);
    assert_eq!(nines.high, None);
    assert!(nines.note.as_ref().is_some_and(|note| note.contains("at least")), "{nines:?}");
}

#[test]
fn nines_need_a_year() {
    let mut builder = Builder::new("long", "31536000");
    builder.cell("base", 0, &[], 0, |tables| {
        for i in 0..300 {
            let lost = (i < 30).then_some((DAY, "collected"));
            Fate { until: 365 * DAY, ..fate(i, lost) }.record(tables);
        }
    });
    let summary = summary_of(builder);
    close(find(&summary, "durability_nines").value, 1.0, 1e-12);
    let short = one_cell(|tables| objects(tables, 4, 0, ""));
    assert!(short.estimate("durability_nines", "base", 0).is_none());
}

#[test]
fn reads_are_judged_without_the_pending_ones() {
    let summary =
        one_cell(|tables| reads(tables, &[("ok", 90), ("no record", 8), ("timed out", 2), ("pending", 5)]));
    let success = find(&summary, "read_success");
    assert_eq!((success.n, success.value), (100, Some(0.9)));
    assert_eq!(success.note.as_deref(), Some("5 still running at the end are not counted"));
    assert_eq!(find(&summary, "read_failure.no record").value, Some(0.08));
    assert_eq!(find(&summary, "reads_pending").value, Some(5.0));
    // Times to first byte are 100, 200, …, 9000 ms.
    let median = find(&summary, "ttfb_p50");
    assert_eq!((median.unit.as_str(), median.n, median.value), ("ms", 90, Some(4500.0)));
    assert_eq!((median.low, median.high), (Some(3600.0), Some(5500.0)));
    assert_eq!(find(&summary, "ttlb_p95").value, Some(86_000.0));
    assert_eq!(find(&summary, "ttfb_p99").high, None);
}

#[test]
fn the_models_metrics_are_pooled_over_replicates() {
    let mut builder = Builder::new("small", "864000");
    builder.metric("hit_ratio", "reads answered by a cache", "");
    for (replicate, (hits, income)) in [(3u64, 10.0), (5, 14.0), (7, 12.0)].into_iter().enumerate() {
        builder.cell("base", 0, &[("cache.size", "1 GiB")], replicate as u32, |tables| {
            let row = [Value::from("hit_ratio"), "".into(), "proportion".into(), hits.into(), 10u64.into()];
            tables.row(&METRICS, &[row.as_slice(), &[(hits as f64 / 10.0).into()]].concat());
            let row =
                ["income".into(), "FIL".into(), "value".into(), Value::Empty, Value::Empty, income.into()];
            tables.row(&METRICS, &row);
        });
    }
    let summary = summary_of(builder);
    let ratio = find(&summary, "hit_ratio");
    assert_eq!((ratio.estimator, ratio.n, ratio.value), (Estimator::Wilson, 30, Some(0.5)));
    assert_eq!(
        (ratio.label.as_str(), ratio.grid["cache.size"].as_str()),
        ("reads answered by a cache", "1 GiB")
    );
    let income = find(&summary, "income");
    assert_eq!((income.estimator, income.n, income.value), (Estimator::MeanOverReplicates, 3, Some(12.0)));
    assert_eq!(income.unit, "FIL");
    close(income.high, 12.0 + 4.302_652_73 * 2.0 / 3f64.sqrt(), 1e-6);
}

#[test]
fn one_replicate_has_no_interval_and_groups_are_told_apart() {
    let summary = one_cell(|tables| {
        objects(tables, 4, 1, "collected");
        Fate { group: "other", ..fate(9, None) }.record(tables);
        let row = ["income".into(), "FIL".into(), "value".into(), Value::Empty, Value::Empty, 3.0.into()];
        tables.row(&METRICS, &row);
    });
    let income = find(&summary, "income");
    assert_eq!((income.value, income.low, income.high), (Some(3.0), None, None));
    assert_eq!(income.note.as_deref(), Some("one replicate: no interval can be given"));
    let groups: Vec<_> = summary
        .metrics
        .iter()
        .filter(|estimate| estimate.metric == "object_loss_share")
        .map(|estimate| (estimate.group.as_deref(), estimate.n))
        .collect();
    assert_eq!(groups, [(None, 5), (Some("all"), 4), (Some("other"), 1)]);
}

#[test]
fn the_file_is_the_same_each_time_and_reads_back() {
    let mut builder = Builder::new("small", "864000");
    builder.cell("base", 0, &[], 0, |tables| {
        objects(tables, 7, 2, "collected");
        reads(tables, &[("ok", 9)]);
    });
    let folder = builder.write();
    let path = folder.path().join("summary.json");
    let (summary, figures) = analyse(folder.path()).expect("numbers and figures");
    let first = std::fs::read_to_string(&path).expect("it was written");
    analyse(folder.path()).expect("numbers and figures");
    assert_eq!(std::fs::read_to_string(&path).expect("it was written"), first);
    assert_eq!(serde_json::from_str::<Summary>(&first).expect("a summary"), summary);
    let names: Vec<_> = figures.files.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert_eq!(names, ["survival.svg", "survival.png", "ttfb.svg", "ttfb.png"]);
}

#[test]
fn the_words_fit_the_numbers() {
    let told = |fill: fn(&mut CsvTables)| in_words(&one_cell(fill));
    assert_eq!(
        told(|tables| {
            objects(tables, 40, 9, "collected");
            for i in 0..3 {
                fate(50 + i, Some((2 * DAY, "disk failed"))).record(tables);
            }
            reads(tables, &[("ok", 39), ("no record", 1)]);
        }),
        "12 of 43 objects have no copy left (27.9 %, 95 % interval 16.7 to 42.7): \
         9 by collected, 3 by disk failed; the first after 24 hours. \
         97.5 % of 40 reads succeeded, half began to arrive within 2 s; why not: no record."
    );
    assert_eq!(
        told(|tables| {
            objects(tables, 40, 0, "");
            reads(tables, &[("ok", 1)]);
        }),
        "None of 40 objects was lost (95 % sure that at most 7.5 % are). \
         The one read succeeded, its first byte after 100 ms."
    );
    assert_eq!(
        told(|tables| {
            objects(tables, 1, 1, "collected");
            reads(tables, &[("timed out", 1), ("pending", 1)]);
        }),
        "The one object has no copy left: by collected; after 24 hours. \
         The one read failed; why not: timed out; 1 was still pending at the end."
    );
    assert_eq!(
        told(|tables| {
            objects(tables, 3, 3, "collected");
            reads(tables, &[("refused", 20), ("timed out", 30)]);
        }),
        "3 of 3 objects have no copy left (100.0 %, 95 % interval 43.9 to 100.0): all by collected; \
         the first after 24 hours. \
         None of 50 reads succeeded; why not: timed out (30) and refused (20)."
    );
    assert_eq!(
        told(|tables| {
            objects(tables, 3, 0, "");
            Fate { deliberate: true, ..fate(9, Some((5 * DAY, "deleted"))) }.record(tables);
            Fate { published: None, ..fate(8, None) }.record(tables);
            reads(tables, &[("pending", 3)]);
        }),
        "1 of 4 objects has no copy left (25.0 %, 95 % interval 4.6 to 69.9): by its owner's own deletion; \
         1 object never published. \
         No read ended; 3 were still pending at the end."
    );
    assert_eq!(told(|_| ()), "No object was published. Nothing was read.");
}

#[test]
fn what_owners_delete_is_told_with_the_losses() {
    let deleted = |tables: &mut CsvTables, n: u64| {
        for i in 0..n {
            Fate { deliberate: true, ..fate(100 + i, Some((5 * DAY, "deleted"))) }.record(tables);
        }
    };
    assert_eq!(
        in_words(&one_cell(|tables| deleted(tables, 8))),
        "8 of 8 objects have no copy left (100.0 %, 95 % interval 67.6 to 100.0): \
         all by their owner's own deletion. Nothing was read."
    );
    let mixed = |lost| {
        in_words(&one_cell(|tables| {
            objects(tables, 50, lost, "retention-over");
            deleted(tables, 30);
        }))
    };
    assert_eq!(
        mixed(38),
        "68 of 80 objects have no copy left (85.0 %, 95 % interval 75.6 to 91.2): \
         38 by retention-over, 30 by their owner's own deletion; the first loss after 24 hours. \
         Nothing was read."
    );
    assert_eq!(
        mixed(1),
        "31 of 80 objects have no copy left (38.8 %, 95 % interval 28.8 to 49.7): \
         1 by retention-over, 30 by their owner's own deletion; the one loss after 24 hours. \
         Nothing was read."
    );
}

#[test]
fn each_arm_has_its_line() {
    let mut builder = Builder::new("small", "864000");
    for replicate in 0..2 {
        builder.cell("alone", 0, &[], replicate, |tables| objects(tables, 10, 1, "collected"));
        builder.cell("cluster", 0, &[], replicate, |tables| objects(tables, 10, 0, ""));
    }
    builder.manifest.complete = false;
    assert_eq!(
        in_words(&summary_of(builder)),
        "alone: 2 of 20 objects in 2 replicates have no copy left (10.0 %, 95 % interval 2.8 to 30.1): \
         all by collected; the first after 24 hours.\n\
         cluster: None of 20 objects was lost in 2 replicates (95 % sure that at most 15.0 % are).\n\
         The run was ended early by a budget: these are the parts that were finished."
    );
}
