//! Every kind of figure, from made-up worlds.

use crate::fixture::{Builder, DAY, Fate, Folder, METRICS, OBJECTS, READS, SECOND, SERIES};
use crate::world::{World, declare, fill};
use analysis::plots::{self, Figures, PLOTS};
use analysis::{AnalysisError, Run};
use sim_core::record::schema::{Column, Table};
use sim_core::record::{Recorder, Value};
use sim_core::time::SimTime;
use std::fs;
use std::path::{Path, PathBuf};

const DAYS: u64 = 30;

/// Two arms with five replicates, and every kind of figure.
fn two_arms() -> Builder {
    let mut builder = Builder::new("two-arms", &(DAYS * 86_400).to_string());
    declare(&mut builder);
    for (arm, safety_days) in [("with cluster", 60), ("alone", 25)] {
        for replicate in 0..5 {
            let seed = u64::from(replicate) + safety_days * 100;
            let world = World { objects: 24, days: DAYS, safety_days, reads: 300, seed };
            builder.cell(arm, 0, &[], replicate, |tables| fill(world, tables));
        }
    }
    for kind in ["ladder", "strip", "survival", "copies", "cdf"] {
        builder.plot(kind, kind, |_| ());
    }
    builder.plot("ttlb-log", "cdf", |spec| {
        spec.metric = "ttlb_ms".into();
        spec.log_x = true;
        spec.title = "How long a whole file takes".into();
    });
    builder.plot("caches", "band", |spec| spec.metric = "caches".into());
    builder.plot("bytes", "band", |spec| spec.metric = "bytes_stored".into());
    builder
}

/// A grid of copies and prices in two arms.
fn grid() -> Builder {
    let mut builder = Builder::new("grid", &(DAYS * 86_400).to_string());
    declare(&mut builder);
    for arm in ["renewed", "forgotten"] {
        for (point, copies) in ["1", "2", "4", "8"].into_iter().enumerate() {
            for replicate in 0..3 {
                let safety_days = 20 + 30 * point as u64 + if arm == "renewed" { 40 } else { 0 };
                let world =
                    World { objects: 40, days: DAYS, safety_days, reads: 100, seed: u64::from(replicate) };
                let key = [("population.miners.copies", copies)];
                builder.cell(arm, point as u32, &key, replicate, |tables| fill(world, tables));
            }
        }
    }
    for (name, metric) in [
        ("loss", "object_loss_share"),
        ("survive", "survival"),
        ("ttfb", "ttfb_p95"),
        ("income", "cache_income"),
    ] {
        builder.plot(name, "response", |spec| {
            spec.metric = metric.into();
            spec.x = "copies".into();
            spec.log_x = name == "survive";
        });
    }
    builder.plot("ladders", "ladder", |_| ());
    builder.plot("strips", "strip", |_| ());
    builder.plot("survivals", "survival", |_| ());
    builder.plot("cdfs", "cdf", |spec| spec.group = "photos".into());
    builder.plot("prices", "band", |spec| spec.metric = "price".into());
    builder
}

/// One small run and no figures asked for.
fn single() -> Builder {
    let mut builder = Builder::new("single", "432000");
    declare(&mut builder);
    let world = World { objects: 6, days: 5, safety_days: 6, reads: 30, seed: 3 };
    builder.cell("base", 0, &[], 0, |tables| fill(world, tables));
    builder
}

/// A single run where nothing is lost.
fn safe() -> Builder {
    let mut builder = Builder::new("safe", "86400");
    declare(&mut builder);
    let world = World { objects: 60, days: 1, safety_days: 100_000, reads: 3000, seed: 4 };
    builder.cell("base", 0, &[], 0, |tables| fill(world, tables));
    for (name, kind) in [("safe-survival", "survival"), ("safe-strip", "strip"), ("safe-ladder", "ladder")] {
        builder.plot(name, kind, |_| ());
    }
    builder.plot("names", "strip", |spec| spec.group = "photos".into());
    builder.plot("safe-copies", "copies", |spec| spec.group = "papers".into());
    builder.plot("safe-price", "band", |spec| spec.metric = "price".into());
    builder
}

/// What strains a page: long names, names on both axes, bounds without values, more rows than there is room.
fn strained() -> Builder {
    let mut builder = Builder::new("strained-by-a-scenario-name-that-goes-on-and-on", "172800");
    declare(&mut builder);
    let arms = ["an arm whose name is far longer than anyone would want to read in a legend", "b", "c"];
    for arm in arms {
        for (point, policy) in
            ["least recently used", "first in, first out", "never", "12 %"].into_iter().enumerate()
        {
            let world =
                World { objects: 90, days: 2, safety_days: [2, 9_000, 60][point % 3], reads: 40, seed: 9 };
            let key = [("cache.policy", policy), ("cache.size", "1 GiB")];
            builder.cell(arm, point as u32, &key, 0, |tables| fill(world, tables));
        }
    }
    for (name, metric) in
        [("policies", "survival"), ("losses", "object_loss_share"), ("pending", "reads_pending")]
    {
        builder.plot(name, "response", |spec| {
            spec.metric = metric.into();
            spec.x = "cache.policy".into();
        });
    }
    builder.plot("rows", "strip", |spec| spec.arms = vec!["b".into()]);
    builder.plot("survivals", "survival", |_| ());
    builder.plot("messages", "cdf", |spec| {
        spec.metric = "messages".into();
        spec.log_x = true;
        spec.title =
            "A title that is so long that it would leave the page at the right edge if nobody cut it short"
                .into();
    });
    builder
}

fn draw(folder: &Folder, out: &Path) -> Figures {
    let run = Run::open(folder.path()).expect("a whole folder");
    plots::draw_all(&run, out).expect("figures")
}

fn bytes(files: &[PathBuf]) -> Vec<(String, Vec<u8>)> {
    let name = |path: &PathBuf| path.file_name().expect("a file").to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), fs::read(path).expect("it was written"))).collect()
}

#[test]
fn the_same_folder_gives_the_same_bytes_and_nothing_half_written() {
    for builder in [two_arms(), grid(), single(), safe(), strained()] {
        // The first copy stays, to be looked at.
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures").join(&builder.manifest.scenario);
        let asked = builder.manifest.plots.len();
        let folder = builder.write();
        let first = draw(&folder, &kept);
        let second = draw(&folder, &folder.path().join("figures"));
        assert_eq!(first.notices, Vec::<String>::new());
        assert_eq!(first.files.len(), 2 * if asked == 0 { 3 } else { asked });
        let (first, second) = (bytes(&first.files), bytes(&second.files));
        for ((name, one), (other_name, other)) in first.iter().zip(&second) {
            assert_eq!(name, other_name);
            assert!(one == other, "{name} differs");
        }
        let written = fs::read_dir(folder.path().join("figures")).expect("a folder").count();
        assert_eq!(written, second.len());
    }
}

#[test]
fn small_figures_stay_as_they_were_looked_at() {
    let mut builder = single();
    builder.plot("survival", "survival", |_| ());
    builder.plot("ladder", "ladder", |spec| spec.group = "photos".into());
    builder.plot("copies", "copies", |spec| spec.title = "Copies & <holders>".into());
    let folder = builder.write();
    let run = Run::open(folder.path()).expect("a whole folder");
    for (spec, golden) in run.manifest().plots.iter().zip([
        expect_test::expect_file!["../golden/survival.svg"],
        expect_test::expect_file!["../golden/ladder.svg"],
        expect_test::expect_file!["../golden/copies.svg"],
    ]) {
        golden.assert_eq(&plots::draw(&run, spec).expect("a figure").svg);
    }
}

#[test]
fn objects_never_published_and_deletions_are_named() {
    let mut builder = Builder::new("late", "432000");
    declare(&mut builder);
    for arm in ["early", "late"] {
        builder.cell(arm, 0, &[], 0, |tables| {
            let objects = if arm == "early" { 10 } else { 4 };
            fill(World { objects, days: 5, safety_days: 3, reads: 3, seed: 5 }, tables);
            for i in objects..10 {
                let object = format!("papers-{i:03}");
                let (published, lost) = (None, None);
                Fate {
                    object,
                    group: "papers",
                    bytes: 1000,
                    published,
                    lost,
                    deliberate: false,
                    until: 5 * DAY,
                }
                .record(tables);
            }
        });
    }
    builder.plot("strip", "strip", |_| ());
    builder.plot("photos", "strip", |spec| spec.group = "photos".into());
    builder.plot("survival", "survival", |_| ());
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures").join("late");
    let folder = builder.write();
    let figures = draw(&folder, &kept);
    let svg = |i: usize| fs::read_to_string(&figures.files[2 * i]).expect("it was written");
    assert!(svg(0).contains("\n10 objects\n") && svg(0).contains("\n10 objects, 6 never published\n"));
    assert!(!svg(1).contains("never published"), "the group has none");
    assert!(svg(2).contains("deleted by their owner, censored then and not lost"), "{}", svg(2));
}

#[test]
fn shares_that_hardly_differ_look_alike_and_stay_within_their_bounds() {
    let mut builder = Builder::new("shares", "100");
    builder.metric("answered", "answered", "share");
    for (point, copies) in ["1", "2"].into_iter().enumerate() {
        for replicate in 0..3 {
            let share = 1.0 - 1e-7 * f64::from(replicate);
            builder.cell("base", point as u32, &[("copies", copies)], replicate, |tables| {
                for at in [0, 50, 100] {
                    let at = SimTime::from_nanos(at * SECOND).into();
                    tables.row(&SERIES, &[at, "answered".into(), share.into()]);
                }
                let (metric, none) = ("answered".into(), Value::Empty);
                let estimator = "value".into();
                tables.row(&METRICS, &[metric, "share".into(), estimator, none, none, share.into()]);
            });
        }
    }
    for kind in ["band", "response"] {
        builder.plot(kind, kind, |spec| {
            spec.metric = "answered".into();
            spec.x = if kind == "response" { "copies".into() } else { String::new() };
        });
    }
    let folder = builder.write();
    let run = Run::open(folder.path()).expect("a whole folder");
    for spec in &run.manifest().plots {
        let svg = plots::draw(&run, spec).expect("a figure").svg;
        assert!(svg.contains("\n99.0\n") && svg.contains("\n100.0\n"), "{svg}");
        assert!(svg.contains("\nanswered [%]\n"), "{svg}");
    }
}

#[test]
fn a_figure_of_nothing_is_a_notice_and_no_file() {
    let mut builder = Builder::new("empty", "10");
    builder.declare(&[&OBJECTS, &READS]);
    builder.cell("base", 0, &[], 0, |_| ());
    builder.plot("survival", "survival", |_| ());
    builder.plot("wait", "cdf", |_| ());
    let folder = builder.write();
    let out = folder.path().join("figures");
    let figures = draw(&folder, &out);
    assert!(figures.files.is_empty() && !out.exists());
    assert_eq!(
        figures.notices,
        [
            "figure `survival` was not drawn: no object was published",
            "figure `wait` was not drawn: no read succeeded, so none has a value in `ttfb_ms`",
        ]
    );
}

/// A run of storage miners alone, without a file, and no figures asked for.
fn miners() -> Builder {
    static MINERS: Table =
        Table { name: "miners", doc: "One row per miner.", columns: &[Column::text("miner", "")] };
    let mut builder = Builder::new("miners", "100");
    builder.declare(&[&OBJECTS, &READS]);
    builder.metric("faulty_sectors", "faulty sectors of simulated miners", "");
    builder.metric("miners_balance", "wallets and actors of simulated miners", "FIL");
    for arm in ["declares", "ignores"] {
        builder.cell(arm, 0, &[], 0, |tables| {
            tables.row(&MINERS, &["all/0".into()]);
            for at in [0, 50, 100] {
                for metric in ["faulty_sectors", "miners_balance"] {
                    let at = SimTime::from_nanos(at * SECOND).into();
                    tables.row(&SERIES, &[at, metric.into(), 3.0.into()]);
                }
            }
        });
    }
    builder
}

#[test]
fn a_run_of_miners_alone_shows_its_miners_when_nothing_is_asked_for() {
    let folder = miners().write();
    let figures = draw(&folder, &folder.path().join("figures"));
    assert_eq!(figures.notices, Vec::<String>::new());
    let names: Vec<String> = bytes(&figures.files).into_iter().map(|(name, _)| name).collect();
    let expected = ["miners_balance.svg", "miners_balance.png", "faulty_sectors.svg", "faulty_sectors.png"];
    assert_eq!(names, expected);
    let svg = fs::read_to_string(&figures.files[0]).expect("it was written");
    assert!(svg.contains("\ndeclares\n") && svg.contains("\nignores\n"), "{svg}");
}

#[test]
fn wishes_that_cannot_be_met_are_refused_by_name() {
    let refusal = |kind: &str, change: fn(&mut sim_core::record::manifest::PlotSpec)| {
        let mut builder = grid();
        builder.manifest.plots.clear();
        builder.plot("f", kind, change);
        let folder = builder.write();
        let run = Run::open(folder.path()).expect("a whole folder");
        plots::draw_all(&run, &folder.path().join("figures")).expect_err("it cannot be drawn").to_string()
    };
    for (message, reason) in [
        (
            refusal("pie", |_| ()),
            "no plot kind `pie`; kinds: ladder, strip, survival, cdf, band, forecast, response, copies",
        ),
        (refusal("band", |_| ()), "`metric` is missing: a metric that is sampled over time"),
        (
            refusal("band", |spec| spec.metric = "joy".into()),
            "`joy` was not sampled over time; what was: caches",
        ),
        (
            refusal("forecast", |spec| spec.metric = "price".into()),
            "`metric` is price, which no forecast knows: it has to begin with network_",
        ),
        (
            refusal("forecast", |spec| spec.metric = "network_locked".into()),
            "`network_locked` was not sampled over time",
        ),
        (refusal("ladder", |spec| spec.x = "copies".into()), "`x` is not used by this kind"),
        (refusal("ladder", |spec| spec.arms = vec!["red".into()]), "no arm `red`; arms: renewed, forgotten"),
        (refusal("ladder", |spec| spec.group = "films".into()), "no group `films`; groups: photos, papers"),
        (refusal("ladder", |spec| spec.name = "../f".into()), "its name becomes a file name"),
        (refusal("cdf", |spec| spec.metric = "joy".into()), "no numeric column `joy`"),
        (
            refusal("response", |spec| {
                spec.metric = "survival".into();
                spec.x = "price".into();
            }),
            "`price` is no single grid key; keys: population.miners.copies",
        ),
        (
            refusal("response", |spec| {
                spec.metric = "joy".into();
                spec.x = "copies".into();
            }),
            "no metric `joy`; it has: availability",
        ),
    ] {
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn a_forecast_is_drawn_beside_what_was_simulated() {
    let mut builder = Builder::new("ahead", "864000");
    declare(&mut builder);
    for replicate in 0..2 {
        builder.cell("base", 0, &[], replicate, |tables| {
            for day in 0..10 {
                let (at, value) = (SimTime::from_nanos(day * DAY), day as f64);
                tables.row(&SERIES, &[at.into(), "network_locked".into(), (10.0 + value).into()]);
                if day >= 4 {
                    tables.row(&SERIES, &[at.into(), "forecast_locked".into(), (10.5 + value).into()]);
                }
            }
        });
    }
    builder.plot("locked", "forecast", |spec| spec.metric = "network_locked".into());
    let folder = builder.write();
    let run = Run::open(folder.path()).expect("a whole folder");
    let picture = plots::draw(&run, &run.manifest().plots[0]).expect("there are data");
    for words in ["simulated, epoch by epoch", "forecast, day by day", "2 replicates"] {
        assert!(picture.svg.contains(words), "no {words}");
    }
}

#[test]
fn a_needed_table_that_was_not_recorded_is_named() {
    let mut builder = Builder::new("empty", "10");
    builder.cell("base", 0, &[], 0, |_| ());
    builder.plot("strip", "strip", |_| ());
    let folder = builder.write();
    let run = Run::open(folder.path()).expect("a whole folder");
    let error = plots::draw_all(&run, folder.path()).expect_err("no table");
    assert!(matches!(&error, AnalysisError::NoTable { table, .. } if table == "rungs"), "{error}");
}

#[test]
fn kinds_have_different_names_and_say_what_they_show() {
    for (i, kind) in PLOTS.iter().enumerate() {
        assert!(kind.doc.ends_with('.') && !kind.doc.contains("  "), "{}", kind.doc);
        assert!(PLOTS[..i].iter().all(|other| other.name != kind.name));
    }
}
