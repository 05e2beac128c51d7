//! A made-up world with all tables: objects that are published, copied, lost and read.

use crate::fixture::{Builder, COPIES, DAY, Fate, LADDER, Luck, METRICS, RUNGS, SECOND, SERIES, read};
use sim_core::record::csv::CsvTables;
use sim_core::record::{Recorder, Value};
use sim_core::time::SimTime;

/// What a cell of the made-up world is like.
#[derive(Clone, Copy)]
pub struct World {
    pub objects: u64,
    pub days: u64,
    /// An object outlives this many days with even odds; the more, the safer.
    pub safety_days: u64,
    pub reads: u64,
    pub seed: u64,
}

fn at(nanos: u64) -> Value<'static> {
    SimTime::from_nanos(nanos).into()
}

/// Records one cell of the world.
pub fn fill(world: World, tables: &mut CsvTables) {
    let end = world.days * DAY;
    let mut luck = Luck::new(world.seed);
    let mut fates = Vec::new();
    for i in 0..world.objects {
        let published = luck.below(4) / 3 * luck.below(end / 4);
        let life = (luck.below(world.safety_days * DAY) + luck.below(world.safety_days * DAY)).max(DAY / 10);
        let lost = published + life;
        let cause = ["collected", "disk failed", "deleted"][luck.below(3) as usize];
        let fate = Fate {
            object: format!("{}-{i:03}", if i % 3 == 0 { "photos" } else { "papers" }),
            group: if i % 3 == 0 { "photos" } else { "papers" },
            bytes: 1000,
            published: Some(published),
            lost: (lost < end).then_some((lost, cause)),
            deliberate: cause == "deleted" && lost < end && i % 2 == 0,
            until: end,
        };
        fate.record(tables);
        fates.push(fate);
    }
    copies(&fates, end, &mut luck, tables);
    rungs(&fates, end, &mut luck, tables);
    ladder(&fates, end, world.days, tables);
    reads(world, &mut luck, tables);
    metrics(world, end, &mut luck, tables);
}

fn life(fate: &Fate, end: u64) -> (u64, u64) {
    (fate.published.unwrap_or(end), fate.lost.map_or(end, |(lost, _)| lost))
}

fn copies(fates: &[Fate], end: u64, luck: &mut Luck, tables: &mut CsvTables) {
    for fate in fates {
        let (from, until) = life(fate, end);
        for holder in 0..=luck.below(4) {
            let (from, until) = (from + (until - from) / 10 * holder, until - (until - from) / 12 * holder);
            let until = if until < end { at(until) } else { Value::Empty };
            let holder = format!("node-{holder}");
            tables.row(&COPIES, &[(&fate.object).into(), (&holder).into(), at(from), until]);
        }
    }
}

fn rungs(fates: &[Fate], end: u64, luck: &mut Luck, tables: &mut CsvTables) {
    for fate in fates {
        let (mut from, until) = life(fate, end);
        let mut row = |rung: &str, from: u64, until: u64| {
            let object: Value<'_> = (&fate.object).into();
            tables.row(&RUNGS, &[object, fate.group.into(), rung.into(), at(from), at(until)]);
        };
        while from < until {
            let rung =
                ["served", "served", "served", "discoverable", "online", "stored"][luck.below(6) as usize];
            let next = (from + DAY / 4 + luck.below(2 * DAY)).min(until);
            row(rung, from, next);
            from = next;
        }
        if until < end {
            row("lost", until, end);
        }
    }
}

fn ladder(fates: &[Fate], end: u64, days: u64, tables: &mut CsvTables) {
    for step in 0..=days * 4 {
        let now = end / (days * 4) * step;
        for group in ["photos", "papers"] {
            let of_group = || fates.iter().filter(|fate| fate.group == group && fate.published <= Some(now));
            let lost =
                of_group().filter(|fate| fate.lost.is_some_and(|(lost, _)| lost <= now)).count() as u64;
            let stored = of_group().count() as u64 - lost;
            let online = stored - stored / 8;
            let discoverable = online - (online + step % 4) / 7;
            let served = discoverable - (discoverable + step % 3) / 6;
            let counts = [stored + lost, stored, online, discoverable, served, lost].map(Value::from);
            let row: Vec<Value<'_>> = [at(now), group.into()].into_iter().chain(counts).collect();
            tables.row(&LADDER, &row);
        }
    }
}

fn reads(world: World, luck: &mut Luck, tables: &mut CsvTables) {
    for i in 0..world.reads {
        let group = if i % 3 == 0 { "photos" } else { "papers" };
        let outcome = match luck.below(50) {
            0 => "pending",
            1 | 2 => "no record",
            3 => "timed out",
            _ => "ok",
        };
        let slow = 1 + luck.below(8) * luck.below(8) * luck.below(8) / 4;
        let first = SECOND / 50 + slow * luck.below(SECOND / 8);
        let times = (outcome == "ok").then_some((first, first * 3 + SECOND));
        read(tables, "papers-001", group, outcome, times);
    }
}

fn metrics(world: World, end: u64, luck: &mut Luck, tables: &mut CsvTables) {
    let (mut caches, mut price) = (2.0, 1.0);
    for step in 0..=200u64 {
        let now = at(end / 200 * step);
        caches += luck.below(100) as f64 / 40.0 - 0.6;
        price *= 0.985 + luck.below(100) as f64 / 5000.0;
        tables.row(&SERIES, &[now, "caches".into(), caches.max(0.0).into()]);
        tables.row(&SERIES, &[now, "bytes_stored".into(), (caches.max(0.0) * 3.0e11).into()]);
        tables.row(&SERIES, &[now, "price".into(), price.into()]);
    }
    let income = luck.below(1000) as f64 / 7.0;
    tables.row(
        &METRICS,
        &["cache_income".into(), "FIL".into(), "value".into(), Value::Empty, Value::Empty, income.into()],
    );
    let hits = luck.below(world.reads);
    tables.row(
        &METRICS,
        &["hit_ratio".into(), "".into(), "proportion".into(), hits.into(), world.reads.into(), 0.0.into()],
    );
}

/// The metrics of the world, with their labels.
pub fn declare(builder: &mut Builder) {
    builder.metric("caches", "caches holding the file", "");
    builder.metric("bytes_stored", "bytes stored", "B");
    builder.metric("price", "price of a read", "FIL/GiB");
    builder.metric("cache_income", "income of all caches", "FIL");
    builder.metric("hit_ratio", "reads answered by a cache", "");
}
