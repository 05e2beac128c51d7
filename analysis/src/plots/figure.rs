//! The page around the data: title, notes, legend, panels, axes, origin.
//!
//! Everything above the panels takes the height it needs; the panels share what is left. Nothing is
//! ever placed over data.

use super::axis::Axis;
use super::scene::{Anchor, Area, Scene};
use super::theme::{
    BODY, FOOT, GRID, HEIGHT, INK, MARGIN, MUTED, Rgb, TITLE, WIDTH, fit, fit_middle, text_width, wrap,
};
use crate::load::Run;

/// Distance from one line of text to the next.
const LINE: f64 = 17.0;
/// Side of a legend's swatch.
const SWATCH: f64 = 12.0;
/// Space between two entries of a legend.
const GAP: f64 = 20.0;
/// Height kept below a panel for ticks and the axis label.
const BELOW: f64 = 44.0;

/// A page being filled from the top.
#[derive(Debug)]
pub(super) struct Figure {
    /// The shapes so far.
    pub(super) scene: Scene,
    top: f64,
}

/// How a legend shows an entry's colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Swatch {
    /// A filled square, for areas.
    Fill,
    /// A piece of line, for curves.
    Line,
}

/// The two axes of a panel, and where it is.
#[derive(Debug)]
pub(super) struct Panel {
    /// Where data are drawn.
    pub(super) area: Area,
    /// Horizontal axis.
    pub(super) x: Axis,
    /// Vertical axis.
    pub(super) y: Axis,
}

impl Panel {
    /// Where the point with these values is.
    pub(super) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.area.x(self.x.position(x)), self.area.y(self.y.position(y)))
    }
}

impl Figure {
    /// A page with its title, the notes below it, and where the data come from at the foot.
    pub(super) fn new(run: &Run, title: &str, notes: &[String]) -> Self {
        let mut figure = Figure { scene: Scene::default(), top: 0.0 };
        let width = WIDTH - 2.0 * MARGIN;
        figure.scene.text(fit(title, TITLE, width), (MARGIN, 26.0), TITLE, INK, Anchor::Left);
        figure.top = 48.0;
        for line in wrap(&notes.join(" · "), BODY, width) {
            figure.scene.text(line, (MARGIN, figure.top), BODY, MUTED, Anchor::Left);
            figure.top += LINE;
        }
        let manifest = run.manifest();
        let short_id: String = manifest.run_id.chars().take(12).collect();
        let origin = format!(
            "{} · run {short_id} · seed {} · {} {}",
            manifest.scenario, manifest.seed, manifest.program, manifest.version
        );
        let early = if manifest.complete { "" } else { " · ended early, finished parts only" };
        let origin = fit(&format!("{origin}{early}"), FOOT, width);
        figure.scene.text(origin, (MARGIN, HEIGHT - 11.0), FOOT, MUTED, Anchor::Left);
        figure
    }

    /// Adds a legend: one line if the entries fit, else in columns.
    pub(super) fn legend(&mut self, swatch: Swatch, entries: &[(Rgb, String)]) {
        let room = WIDTH - 2.0 * MARGIN;
        let fitted = |text: &str| fit_middle(text, BODY, room - SWATCH - 6.0);
        let texts: Vec<String> = entries.iter().map(|(_, text)| fitted(text)).collect();
        let widths: Vec<f64> = texts.iter().map(|text| SWATCH + 6.0 + text_width(text, BODY)).collect();
        let in_a_line = widths.iter().sum::<f64>() + GAP * (widths.len().saturating_sub(1)) as f64 <= room;
        let widest = widths.iter().copied().fold(0.0, f64::max);
        let columns = (((room + GAP) / (widest + GAP)).floor() as usize).max(1);
        self.top += 3.0;
        let mut x = MARGIN;
        for (i, ((color, _), text)) in entries.iter().zip(texts).enumerate() {
            if !in_a_line && i > 0 && i % columns == 0 {
                x = MARGIN;
                self.top += LINE;
            }
            self.entry(swatch, *color, text, x);
            x += if in_a_line { widths[i] } else { widest } + GAP;
        }
        self.top += LINE;
    }

    fn entry(&mut self, swatch: Swatch, color: Rgb, text: String, x: f64) {
        let (middle, half) = (self.top, SWATCH / 2.0);
        match swatch {
            Swatch::Fill => self.scene.rect((x, middle - half), (x + SWATCH, middle + half), color),
            Swatch::Line => self.scene.line(vec![(x, middle), (x + SWATCH, middle)], color, 3.0),
        }
        self.scene.text(text, (x + SWATCH + 6.0, middle), BODY, INK, Anchor::Left);
    }

    /// Splits what is left of the page into `n` equal areas, row by row; each still holds its own axes.
    pub(super) fn areas(&self, n: usize) -> Vec<Area> {
        let columns = match n {
            0 | 1 => 1,
            2..=4 => 2,
            _ => 3,
        };
        let rows = n.div_ceil(columns).max(1);
        let (gap, top, bottom) = (16.0, self.top + 2.0, HEIGHT - 20.0);
        let width = (WIDTH - 2.0 * MARGIN - gap * (columns - 1) as f64) / columns as f64;
        let height = (bottom - top) / rows as f64;
        let area = |i: usize| {
            let left = MARGIN + (i % columns) as f64 * (width + gap);
            let top = top + (i / columns) as f64 * height;
            Area { left, top, right: left + width, bottom: top + height }
        };
        (0..n).map(area).collect()
    }

    /// Draws the axes of a panel within `area`, with a heading at its right, and says where data go.
    pub(super) fn panel(&mut self, area: Area, heading: &str, x: Axis, y: Axis) -> Panel {
        let widest = y.ticks.iter().map(|(_, label)| text_width(label, BODY)).fold(0.0, f64::max);
        let right_tick = x.ticks.last().map_or(0.0, |(_, label)| text_width(label, BODY) / 2.0);
        let inner = Area {
            left: area.left + widest + 8.0,
            top: area.top + LINE + 6.0,
            right: area.right - right_tick.min(60.0),
            bottom: area.bottom - BELOW,
        };
        let panel = Panel { area: inner, x, y };
        self.heading(area, heading, &panel.y.label);
        self.grid(&panel);
        self.ticks(area, &panel);
        panel
    }

    /// The line above a panel: the vertical axis's label at the left, the panel's own at the right.
    fn heading(&mut self, area: Area, heading: &str, label: &str) {
        let middle = area.top + LINE / 2.0;
        let heading = fit_middle(heading, BODY, area.width() * 0.6);
        let left_over = area.width() - text_width(&heading, BODY) - 12.0;
        self.scene.text(fit(label, BODY, left_over), (area.left, middle), BODY, MUTED, Anchor::Left);
        if !heading.is_empty() {
            self.scene.text(heading, (area.right, middle), BODY, INK, Anchor::Right);
        }
    }

    fn grid(&mut self, panel: &Panel) {
        let inner = panel.area;
        for (value, label) in &panel.y.ticks {
            let y = inner.y(panel.y.position(*value));
            self.scene.line(vec![(inner.left, y), (inner.right, y)], GRID, 1.0);
            self.scene.text(label.clone(), (inner.left - 6.0, y), BODY, MUTED, Anchor::Right);
        }
        let base = vec![(inner.left, inner.bottom), (inner.right, inner.bottom)];
        self.scene.line(base, MUTED, 1.0);
    }

    /// The horizontal axis's ticks, as many as have room, and its label.
    fn ticks(&mut self, area: Area, panel: &Panel) {
        let inner = panel.area;
        let mut free_from = f64::NEG_INFINITY;
        for (value, label) in &panel.x.ticks {
            let x = inner.x(panel.x.position(*value));
            self.scene.line(vec![(x, inner.bottom), (x, inner.bottom + 4.0)], MUTED, 1.0);
            let slot = inner.width() / panel.x.ticks.len() as f64;
            let label = fit(label, BODY, slot.max(60.0));
            let half = text_width(&label, BODY) / 2.0;
            if x - half >= free_from && x + half <= WIDTH {
                self.scene.text(label, (x, inner.bottom + 13.0), BODY, MUTED, Anchor::Center);
                free_from = x + half + 6.0;
            }
        }
        let label = fit(&panel.x.label, BODY, area.width());
        let middle = (inner.left + inner.right) / 2.0;
        self.scene.text(label, (middle, inner.bottom + 30.0), BODY, MUTED, Anchor::Center);
    }
}

/// Ticks that fit beside each other on an axis of this many pixels.
pub(super) fn room(pixels: f64) -> f64 {
    pixels / 70.0
}

/// Ticks that fit above each other on an axis of this many pixels.
pub(super) fn room_upright(pixels: f64) -> f64 {
    pixels / 38.0
}
