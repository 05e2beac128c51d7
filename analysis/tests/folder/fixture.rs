//! Small run folders, made without a simulator: a world that a few lines of arithmetic decide.

use sim_core::record::csv::CsvTables;
use sim_core::record::folder::sha256_hex;
use sim_core::record::manifest::{Cell, ColumnEntry, Manifest, MetricEntry, PlotSpec, TableEntry};
use sim_core::record::schema::{Column, Kind, Table};
use sim_core::record::{Recorder, Value};
use sim_core::time::{SimSpan, SimTime};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub const SECOND: u64 = 1_000_000_000;
pub const DAY: u64 = 86_400 * SECOND;

const fn optional_seconds(name: &'static str) -> Column {
    Column::seconds(name, "").or_empty()
}

const fn flag(name: &'static str) -> Column {
    Column { name, unit: "", kind: Kind::Flag, optional: false, doc: "" }
}

pub static OBJECTS: Table = Table {
    name: "objects",
    doc: "One row per object.",
    columns: &[
        Column::text("object", ""),
        Column::text("group", ""),
        Column::text("root_cid", ""),
        Column::count("size_bytes", "B", ""),
        optional_seconds("published_s"),
        Column::text("rung", ""),
        optional_seconds("lost_s"),
        Column { name: "loss_cause", unit: "", kind: Kind::Text, optional: true, doc: "" },
        flag("deliberate"),
        Column::seconds("observed_s", ""),
        Column::seconds("stored_s", ""),
        Column::seconds("online_s", ""),
        Column::seconds("discoverable_s", ""),
        Column::seconds("served_s", ""),
        Column::seconds("exposure_s", ""),
    ],
};

pub static COPIES: Table = Table {
    name: "copies",
    doc: "One row per copy.",
    columns: &[
        Column::text("object", ""),
        Column::text("holder", ""),
        Column::seconds("from_s", ""),
        optional_seconds("until_s"),
    ],
};

pub static LADDER: Table = Table {
    name: "ladder",
    doc: "One row per instant and group.",
    columns: &[
        Column::seconds("at_s", ""),
        Column::text("group", ""),
        Column::count("objects", "", ""),
        Column::count("stored", "", ""),
        Column::count("online", "", ""),
        Column::count("discoverable", "", ""),
        Column::count("served", "", ""),
        Column::count("lost", "", ""),
    ],
};

pub static RUNGS: Table = Table {
    name: "rungs",
    doc: "One row per interval.",
    columns: &[
        Column::text("object", ""),
        Column::text("group", ""),
        Column::text("rung", ""),
        Column::seconds("from_s", ""),
        optional_seconds("until_s"),
    ],
};

pub static READS: Table = Table {
    name: "reads",
    doc: "One row per read.",
    columns: &[
        Column::text("object", ""),
        Column::text("group", ""),
        Column::seconds("issued_s", ""),
        Column::text("outcome", ""),
        Column::millis("ttfb_ms", "").or_empty(),
        Column::millis("ttlb_ms", "").or_empty(),
        Column::count("messages", "", ""),
    ],
};

pub static SERIES: Table = Table {
    name: "series",
    doc: "One row per sample.",
    columns: &[Column::seconds("at_s", ""), Column::text("metric", ""), Column::real("value", "", "")],
};

pub static METRICS: Table = Table {
    name: "metrics",
    doc: "One row per metric.",
    columns: &[
        Column::text("metric", ""),
        Column::text("unit", ""),
        Column::text("estimator", ""),
        Column::count("hits", "", "").or_empty(),
        Column::count("trials", "", "").or_empty(),
        Column::real("value", "", ""),
    ],
};

/// A run folder being put together.
pub struct Builder {
    pub manifest: Manifest,
    tables: Vec<(&'static Table, String, u64)>,
}

/// A run folder on disk, gone when dropped.
pub struct Folder {
    pub dir: TempDir,
}

impl Folder {
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn table(&self, name: &str) -> PathBuf {
        self.path().join("tables").join(format!("{name}.csv"))
    }
}

impl Builder {
    pub fn new(scenario: &str, duration_s: &str) -> Self {
        let manifest = Manifest {
            schema: 1,
            program: "lastcopy".into(),
            version: "0.1.0".into(),
            rng: "1".into(),
            run_id: "0123456789abcdef0123456789abcdef".into(),
            scenario: scenario.into(),
            question: "What is left in the end?".into(),
            surprise: "All of it.".into(),
            seed: 7,
            duration_s: duration_s.into(),
            replicates: 1,
            check: "every".into(),
            fidelity: BTreeMap::new(),
            complete: true,
            cells: Vec::new(),
            tables: Vec::new(),
            metrics: Vec::new(),
            plots: Vec::new(),
            sources: Vec::new(),
        };
        Builder { manifest, tables: Vec::new() }
    }

    /// Makes sure that the tables exist, even without rows.
    pub fn declare(&mut self, tables: &[&'static Table]) {
        for &table in tables {
            self.tables.push((table, String::new(), 0));
        }
    }

    pub fn metric(&mut self, name: &str, label: &str, unit: &str) {
        let text = |text: &str| text.to_owned();
        let entry =
            MetricEntry { name: text(name), label: text(label), unit: text(unit), doc: String::new() };
        self.manifest.metrics.push(entry);
    }

    pub fn plot(&mut self, name: &str, kind: &str, change: impl FnOnce(&mut PlotSpec)) {
        let mut spec = PlotSpec { name: name.into(), kind: kind.into(), ..PlotSpec::default() };
        change(&mut spec);
        self.manifest.plots.push(spec);
    }

    /// Adds one cell with the rows that `fill` records.
    pub fn cell(
        &mut self,
        arm: &str,
        point: u32,
        grid: &[(&str, &str)],
        replicate: u32,
        fill: impl FnOnce(&mut CsvTables),
    ) {
        self.manifest.replicates = self.manifest.replicates.max(replicate + 1);
        self.manifest.cells.push(Cell {
            name: format!("{arm}-{point}-{replicate}"),
            arm: arm.into(),
            point,
            grid: grid.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect(),
            replicate,
            seed: u64::from(replicate),
            digest: "0".repeat(32),
            events: 1,
        });
        let mut rows = CsvTables::new();
        fill(&mut rows);
        for table in rows.iter() {
            let known = self.tables.iter().position(|(known, ..)| known.name == table.schema.name);
            let known = known.unwrap_or_else(|| {
                self.tables.push((table.schema, String::new(), 0));
                self.tables.len() - 1
            });
            let (_, body, count) = &mut self.tables[known];
            for line in table.body().lines() {
                body.push_str(&format!("{arm},{point},{replicate},{line}\n"));
            }
            *count += table.rows;
        }
    }

    pub fn write(mut self) -> Folder {
        let dir = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(dir.path().join("tables")).expect("an empty folder");
        for (table, body, rows) in &self.tables {
            let own = table.columns.iter().map(|column| column.name);
            let header = ["arm", "point", "replicate"].into_iter().chain(own).collect::<Vec<_>>().join(",");
            let text = format!("{header}\n{body}");
            let file = format!("tables/{}.csv", table.name);
            fs::write(dir.path().join(&file), &text).expect("a writable folder");
            let hash = sha256_hex(&[text.as_bytes()]);
            let mut entry = TableEntry::describe(table, file, *rows, hash);
            let prefix = |name: &str, kind| ColumnEntry {
                name: name.into(),
                unit: String::new(),
                kind,
                optional: false,
                doc: String::new(),
            };
            let prefixes =
                [prefix("arm", Kind::Text), prefix("point", Kind::Count), prefix("replicate", Kind::Count)];
            entry.columns.splice(0..0, prefixes);
            self.manifest.tables.push(entry);
        }
        let manifest = self.manifest.to_json();
        fs::write(dir.path().join("manifest.json"), manifest).expect("a writable folder");
        Folder { dir }
    }
}

/// A generator for test data: the high half of a 64-bit linear congruential generator (Knuth's MMIX).
pub struct Luck(u64);

impl Luck {
    pub fn new(seed: u64) -> Self {
        let mut luck = Luck(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        luck.next();
        luck
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 32
    }

    /// A whole number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 32) as u64
    }
}

/// What became of one object, for the table `objects`.
#[derive(Clone)]
pub struct Fate {
    pub object: String,
    pub group: &'static str,
    pub bytes: u64,
    pub published: Option<u64>,
    pub lost: Option<(u64, &'static str)>,
    pub deliberate: bool,
    pub until: u64,
}

impl Fate {
    pub fn record(&self, tables: &mut CsvTables) {
        let observed = self.published.map_or(0, |from| self.until - from);
        let stored = match (self.published, self.lost) {
            (Some(from), Some((lost, _))) => lost - from,
            _ => observed,
        };
        let span = |nanos: u64| Value::Span(SimSpan::from_nanos(nanos));
        let at = |nanos: Option<u64>| nanos.map(SimTime::from_nanos).into();
        tables.row(
            &OBJECTS,
            &[
                (&self.object).into(),
                self.group.into(),
                "bafy".into(),
                self.bytes.into(),
                at(self.published),
                if self.lost.is_some() { "lost" } else { "served" }.into(),
                at(self.lost.map(|(lost, _)| lost)),
                self.lost.map(|(_, cause)| cause).into(),
                self.deliberate.into(),
                span(observed),
                span(stored),
                span(stored / 10 * 9),
                span(stored / 10 * 8),
                span(stored / 10 * 7),
                span(stored / 4),
            ],
        );
    }
}

pub fn read(tables: &mut CsvTables, object: &str, group: &str, outcome: &str, times: Option<(u64, u64)>) {
    let span = |nanos: u64| SimSpan::from_nanos(nanos);
    tables.row(
        &READS,
        &[
            object.into(),
            group.into(),
            SimTime::from_nanos(0).into(),
            outcome.into(),
            times.map(|(first, _)| span(first)).into(),
            times.map(|(_, last)| span(last)).into(),
            12u64.into(),
        ],
    );
}
