//! The parts of a run folder: cells, merged tables, manifest.

use crate::content::Library;
use crate::run::{Cell, Prepared, Settings};
use crate::sweep::RunSpec;
use models::config::CheckLevel;
use models::metrics::METRICS;
use models::run::RunReport;
use sha2::{Digest, Sha256};
use sim_core::draws;
use sim_core::record::csv::CsvTables;
use sim_core::record::folder::{NewFolder, hex};
use sim_core::record::manifest::{self, ColumnEntry, Manifest, MetricEntry, PlotSpec, Source, TableEntry};
use sim_core::record::schema::{Column, Table};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};

/// Rows of each table of a cell, by name.
pub type Rows = BTreeMap<&'static str, u64>;

/// The columns that a merged table has before its own.
static PREFIX: &[Column] = &[
    Column::text("arm", "Arm of the scenario."),
    Column::count("point", "", "Number of the grid point."),
    Column::count("replicate", "", "Number of the replicate."),
];

/// Writes the tables and the digest of one cell. They are not forced to disk one by one: a run has
/// thousands of them, and what is read later are the merged tables, which are, and which the manifest
/// describes by their hashes.
///
/// # Errors
/// If a file cannot be written whole.
pub fn write_cell(
    folder: &NewFolder,
    spec: &RunSpec,
    report: &RunReport,
    tables: &CsvTables,
) -> io::Result<Rows> {
    let cell = folder.path().join("cells").join(&spec.name);
    fs::create_dir_all(cell.join("tables"))?;
    write_digest(folder, spec, report)?;
    for table in tables.iter() {
        let mut file = File::create(folder.path().join(cell_table(&spec.name, table.schema.name)))?;
        file.write_all(table.header(&[]).as_bytes())?;
        file.write_all(table.body().as_bytes())?;
    }
    Ok(tables.iter().map(|table| (table.schema.name, table.rows)).collect())
}

/// Writes the digest of one cell.
pub(crate) fn write_digest(folder: &NewFolder, spec: &RunSpec, report: &RunReport) -> io::Result<()> {
    let cell = folder.path().join("cells").join(&spec.name);
    fs::write(cell.join("digest"), format!("{} {}\n", report.digest, report.events))
}

/// Where a table of a cell lies in a run folder.
pub(crate) fn cell_table(cell: &str, table: &str) -> String {
    format!("cells/{cell}/tables/{table}.csv")
}

/// Merges the tables of all cells, in cell order, line by line.
///
/// # Errors
/// If a file cannot be read or written whole.
pub(crate) fn merge(folder: &NewFolder, cells: &[Cell]) -> io::Result<Vec<TableEntry>> {
    fs::create_dir_all(folder.path().join("tables"))?;
    models::run::tables().iter().map(|table| merge_table(folder, cells, table)).collect()
}

fn merge_table(folder: &NewFolder, cells: &[Cell], table: &'static Table) -> io::Result<TableEntry> {
    let file = format!("tables/{}.csv", table.name);
    let mut out = Hashing::create(&folder.path().join(&file))?;
    let names = PREFIX.iter().chain(table.columns).map(|column| column.name);
    out.line(&names.collect::<Vec<_>>().join(","))?;
    let mut rows = 0;
    for Cell { spec, rows: of_cell, .. } in cells {
        let prefix = format!("{},{},{},", spec.arm, spec.point, spec.replicate);
        let part = File::open(folder.path().join(cell_table(&spec.name, table.name)))?;
        append_rows(&mut out, BufReader::new(part), &prefix)?;
        rows += of_cell.get(table.name).copied().unwrap_or(0);
    }
    let mut entry = TableEntry::describe(table, file, rows, out.finish()?);
    let prefix = Table { columns: PREFIX, ..*table };
    let mut columns: Vec<ColumnEntry> =
        TableEntry::describe(&prefix, String::new(), 0, String::new()).columns;
    columns.append(&mut entry.columns);
    entry.columns = columns;
    Ok(entry)
}

/// Copies all lines but the first, each behind the prefix. Names hold no line ends, so a line is a row.
fn append_rows(out: &mut Hashing, mut part: impl BufRead, prefix: &str) -> io::Result<()> {
    let mut line = String::new();
    part.read_line(&mut line)?;
    loop {
        line.clear();
        if part.read_line(&mut line)? == 0 {
            return Ok(());
        }
        out.line(&format!("{prefix}{}", line.trim_end_matches('\n')))?;
    }
}

/// A file that is hashed while it is written.
struct Hashing {
    file: BufWriter<File>,
    hasher: Sha256,
}

impl Hashing {
    fn create(path: &std::path::Path) -> io::Result<Self> {
        Ok(Hashing { file: BufWriter::new(File::create(path)?), hasher: Sha256::new() })
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        for part in [line.as_bytes(), b"\n"] {
            self.hasher.update(part);
            self.file.write_all(part)?;
        }
        Ok(())
    }

    fn finish(self) -> io::Result<String> {
        self.file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(hex(&self.hasher.finalize()))
    }
}

/// The manifest of a run.
pub(crate) fn manifest(
    prepared: &Prepared,
    settings: &Settings<'_>,
    library: &Library,
    cells: &[Cell],
    tables: Vec<TableEntry>,
    complete: bool,
) -> Manifest {
    let scenario = &prepared.scenario;
    let top = scenario.base.one("");
    Manifest {
        schema: manifest::SCHEMA,
        program: "lastcopy".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        rng: draws::VERSION.into(),
        run_id: prepared.id.clone(),
        scenario: scenario.name().into(),
        question: top.text("question").into(),
        surprise: top.text("surprise").into(),
        seed: scenario.seed(),
        duration_s: seconds(top.span("duration").as_nanos()),
        replicates: scenario.replicates(),
        check: check_name(settings.options.check).into(),
        fidelity: fidelity(prepared),
        complete,
        cells: cells.iter().map(cell_entry).collect(),
        tables,
        metrics: metrics(prepared),
        plots: plots(prepared),
        sources: sources(prepared, library),
    }
}

/// Exact decimal seconds.
fn seconds(nanos: u64) -> String {
    let (whole, fraction) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    let digits = format!("{fraction:09}");
    match digits.trim_end_matches('0') {
        "" => whole.to_string(),
        digits => format!("{whole}.{digits}"),
    }
}

/// The name of a level of checks.
pub fn check_name(level: CheckLevel) -> &'static str {
    match level {
        CheckLevel::Every => "every",
        CheckLevel::Sampled => "sampled",
        CheckLevel::Off => "off",
    }
}

fn cell_entry(cell: &Cell) -> manifest::Cell {
    let Cell { spec, report, .. } = cell;
    manifest::Cell {
        name: spec.name.clone(),
        arm: spec.arm.clone(),
        point: spec.point,
        grid: spec.grid.clone(),
        replicate: spec.replicate,
        seed: spec.draws.run_seed(),
        digest: report.digest.clone(),
        events: report.events,
    }
}

/// Named fidelities and scale factors that any cell has in force.
fn fidelity(prepared: &Prepared) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut note = |name: &str, value: String| {
        let values = found.entry(name.into()).or_default();
        if !values.contains(&value) {
            values.push(value);
        }
    };
    for variant in &prepared.scenario.variants {
        note("net_tier", variant.values.one("net").text("tier").into());
        note("dht_refresh", variant.values.one("ipfs.dht").text("refresh_fidelity").into());
        for objects in variant.values.all("objects.<group>") {
            note("content_shrink", objects.maybe_whole("shrink").unwrap_or(1).to_string());
        }
    }
    found.into_iter().map(|(name, values)| (name, values.join(", "))).collect()
}

fn metrics(prepared: &Prepared) -> Vec<MetricEntry> {
    let wanted = prepared.scenario.base.one("record").texts("metrics");
    METRICS
        .iter()
        .filter(|metric| wanted.is_empty() || wanted.iter().any(|name| name == metric.name))
        .map(|metric| MetricEntry {
            name: metric.name.into(),
            label: metric.label.into(),
            unit: metric.unit.into(),
            doc: metric.doc.into(),
        })
        .collect()
}

/// The figures that the scenario asks for, as analysis reads them.
pub fn plots(prepared: &Prepared) -> Vec<PlotSpec> {
    prepared.scenario.base.all("plot.<n>").map(crate::scenario::plot_spec).collect()
}

fn sources(prepared: &Prepared, library: &Library) -> Vec<Source> {
    let values = &prepared.scenario.variants[0].values;
    let from_user = values.all("objects.<group>").filter_map(|objects| {
        let source = prepared.inputs.source(objects)?;
        let dag = &library.dags(values, objects, &prepared.inputs)[0];
        Some(Source {
            object: objects.name().into(),
            path: objects.text("source.path").into(),
            size_bytes: source.size,
            sha256: source.sha256.clone(),
            root_cid: dag.root_cid().to_string(),
        })
    });
    from_user.collect()
}
