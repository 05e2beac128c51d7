//! `strip`: every object as a row, coloured by its rung over time.

use super::axis::Axis;
use super::figure::{Figure, Swatch, room};
use super::pick::{Picked, title};
use super::scene::{Area, Scene};
use super::theme::{BLANK, BODY, RUNGS, fit};
use super::{Needs, PlotKind, Use, nothing, pick};
use crate::error::AnalysisError;
use crate::load::{PREFIX, Run};
use crate::text::plural;
use sim_core::record::manifest::PlotSpec;
use std::collections::{BTreeMap, BTreeSet};

/// Panels that a page has room for.
const PANELS: usize = 4;
/// Rows that one panel, two panels, three or four panels have room for.
const ROWS: [usize; PANELS] = [60, 60, 28, 28];
/// Up to so many rows of a panel on a page of its own carry the object's name.
const NAMED_ROWS: usize = 20;
/// Columns that a row is drawn in; each shows the rung at its middle.
const COLUMNS: u64 = 1600;

pub(super) const KIND: PlotKind = PlotKind {
    name: "strip",
    doc: "Availability strip: a row for each object, time from left to right, coloured by rung; the first \
          replicate of each arm or grid point, at most four panels, 60 rows in one or two panels and 28 in more.",
    needs: Needs { tables: &["rungs"], metric: Use::Never, x: Use::Never },
    draw,
};

/// One object: its name and, in time order, from when it was on which rung until when.
struct Row {
    name: String,
    spans: Vec<(u64, u64, usize)>,
}

fn draw(run: &Run, spec: &PlotSpec) -> Result<Scene, AnalysisError> {
    let picked = Picked::cases(run, spec, PANELS)?;
    let cells: Vec<usize> = picked.cases.iter().map(|&case| run.cases()[case].cells[0]).collect();
    let rows = rows(run, spec, &cells)?;
    if rows.iter().flatten().all(|row| row.spans.is_empty()) {
        return Err(nothing(spec, "no object was ever on a rung"));
    }
    let limit = ROWS[rows.len() - 1];
    let mut notes = vec![if picked.has_replicates(run) {
        format!("the first of {}, no interval", picked.replicates(run))
    } else {
        "the only replicate, no interval".into()
    }];
    let most = rows.iter().map(Vec::len).max().unwrap_or(0);
    notes.push("a row for each object".into());
    if most > limit {
        notes.push(format!("the first {limit} in table order, and {} more not shown", most - limit));
    }
    notes.extend(picked.note());
    let mut figure = Figure::new(run, &title(spec, "Every object on its rung"), &notes);
    let mut entries: Vec<_> = RUNGS.iter().map(|&(_, color, words)| (color, words.to_owned())).collect();
    entries.push((BLANK, "not published yet".into()));
    figure.legend(Swatch::Fill, &entries);
    let named = rows.len() == 1 && rows[0].len() <= NAMED_ROWS;
    for ((&case, rows), area) in picked.cases.iter().zip(&rows).zip(figure.areas(rows.len())) {
        let shown = &rows[..rows.len().min(limit)];
        let unpublished = rows.iter().filter(|row| row.spans.is_empty()).count();
        let mut label = match rows.len() - shown.len() {
            0 => plural(rows.len() as u64, "object"),
            _ => format!("{} of {} objects", shown.len(), rows.len()),
        };
        if unpublished > 0 {
            label.push_str(&format!(", {unpublished} never published"));
        }
        let mut y = Axis::places(&[], &label);
        if named {
            let names: Vec<String> = shown.iter().rev().map(|row| fit(&row.name, BODY, 150.0)).collect();
            y = Axis::places(&names, &label);
        }
        let x = Axis::time(run.horizon() as f64 / 1e9, room(area.width()));
        let panel = figure.panel(area, &run.label(&run.cases()[case]), x, y);
        if shown.is_empty() {
            figure.scene.notice("no objects", panel.area);
        }
        paint(&mut figure.scene, shown, panel.area, run.horizon());
    }
    Ok(figure.scene)
}

fn paint(scene: &mut Scene, rows: &[Row], area: Area, horizon: u64) {
    let height = area.height() / rows.len().max(1) as f64;
    let gap = if height >= 5.0 { 1.0 } else { 0.0 };
    for (i, row) in rows.iter().enumerate() {
        let top = area.top + i as f64 * height;
        let bottom = top + height - gap;
        scene.rect((area.left, top), (area.right, bottom), BLANK);
        for (from, until, rung) in runs(&row.spans, horizon) {
            let x = |column: u64| area.left + area.width() * column as f64 / COLUMNS as f64;
            scene.rect((x(from), top), (x(until), bottom), RUNGS[rung].1);
        }
    }
}

/// The spans as runs of columns: each column has the rung at its middle, equal neighbours are joined.
fn runs(spans: &[(u64, u64, usize)], horizon: u64) -> Vec<(u64, u64, usize)> {
    let mut runs: Vec<(u64, u64, usize)> = Vec::new();
    let mut span = 0;
    for column in 0..COLUMNS {
        let middle = u128::from(horizon) * u128::from(2 * column + 1) / u128::from(2 * COLUMNS);
        while span < spans.len() && u128::from(spans[span].1) <= middle {
            span += 1;
        }
        let Some(&(from, _, rung)) = spans.get(span) else {
            break;
        };
        if u128::from(from) > middle {
            continue;
        }
        match runs.last_mut() {
            Some(last) if last.1 == column && last.2 == rung => last.1 = column + 1,
            _ => runs.push((column, column + 1, rung)),
        }
    }
    runs
}

/// For each of the cells: its objects in the order of the table.
fn rows(run: &Run, spec: &PlotSpec, cells: &[usize]) -> Result<Vec<Vec<Row>>, AnalysisError> {
    let own = ["object", "group", "rung", "from_s", "until_s"];
    let columns: Vec<&str> = PREFIX.iter().copied().chain(own).collect();
    let frame = run.read("rungs", &columns)?.ok_or_else(|| nothing(spec, "the run has no table `rungs`"))?;
    let cell_of = run.cells_of(&frame)?;
    let (objects, groups, rungs) = (frame.text("object")?, frame.text("group")?, frame.text("rung")?);
    let wanted = pick::group(spec, groups.words())?;
    let (from, until) = (frame.times("from_s")?, frame.times("until_s")?);
    let colours: Vec<Option<usize>> =
        rungs.words().iter().map(|word| RUNGS.iter().position(|(name, ..)| name == word)).collect();
    let mut rows: Vec<Vec<Row>> = cells.iter().map(|_| Vec::new()).collect();
    let mut places: Vec<BTreeMap<u32, usize>> = vec![BTreeMap::new(); cells.len()];
    for row in 0..frame.rows() {
        let Some(panel) = cells.iter().position(|&cell| cell == cell_of[row] as usize) else {
            continue;
        };
        if wanted.is_some_and(|wanted| groups.code(row) as usize != wanted) {
            continue;
        }
        let (object, panel_rows) = (objects.code(row), &mut rows[panel]);
        let place = *places[panel].entry(object).or_insert_with(|| {
            panel_rows.push(Row { name: objects.get(row).to_owned(), spans: Vec::new() });
            panel_rows.len() - 1
        });
        // A rung without a colour is a time before publication.
        if let (Some(rung), Some(from)) = (colours[rungs.code(row) as usize], from.get(row)) {
            let until = until.get(row).unwrap_or(run.horizon());
            panel_rows[place].spans.push((from, until, rung));
        }
    }
    add_unpublished(run, spec, cells, &mut rows)?;
    Ok(rows)
}

/// Appends to each cell's rows the objects that were never on a rung: table `objects`, if there, has them.
fn add_unpublished(
    run: &Run,
    spec: &PlotSpec,
    cells: &[usize],
    rows: &mut [Vec<Row>],
) -> Result<(), AnalysisError> {
    let columns: Vec<&str> = PREFIX.iter().copied().chain(["object", "group", "published_s"]).collect();
    let Some(frame) = run.read("objects", &columns)? else {
        return Ok(());
    };
    let cell_of = run.cells_of(&frame)?;
    let (objects, groups, published) =
        (frame.text("object")?, frame.text("group")?, frame.times("published_s")?);
    let known: Vec<BTreeSet<String>> =
        rows.iter().map(|rows| rows.iter().map(|row| row.name.clone()).collect()).collect();
    for (row, &cell) in cell_of.iter().enumerate() {
        let name = objects.get(row);
        let wanted = spec.group.is_empty() || groups.get(row) == spec.group;
        if let Some(panel) = cells.iter().position(|&shown| shown == cell as usize)
            && wanted
            && published.get(row).is_none()
            && !known[panel].contains(name)
        {
            rows[panel].push(Row { name: name.to_owned(), spans: Vec::new() });
        }
    }
    Ok(())
}
