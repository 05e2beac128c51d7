//! From a text to a checked scenario: all variants (arms x grid points) with complete values, or all
//! problems at once.

use crate::check;
use crate::file::Text;
use crate::keys::{Kind, Scope, Value, declarations};
use crate::layer::{Axis, Document, Entry, Layer};
use crate::merge::Merged;
use crate::path::KeyPath;
use crate::presets;
use crate::problem::{Place, Problem, Problems, Report};
use crate::raw::Raw;
use crate::rules;
use crate::suggest::nearest;
use crate::values::{Instance, Values};
use analysis::plots::PlotKind;
use indexmap::IndexMap;
use sim_core::record::manifest::PlotSpec;
use sim_core::record::schema::Kind as ColumnKind;
use std::path::{Path, PathBuf};

/// Grid points of a scenario at most.
const POINTS_MAX: usize = 10_000;

/// The arm of a scenario that names none.
pub const BASE_ARM: &str = "base";

/// What the command line adds to a file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Name of the size to use.
    pub size: Option<String>,
    /// Arguments of `--set`, `KEY=VALUE`.
    pub sets: Vec<String>,
}

/// A checked scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The text it was read from.
    pub text: Text,
    /// Folder that relative paths of the file start from.
    pub folder: PathBuf,
    /// Values without arms, at the first grid point.
    pub base: Values,
    /// Names of the arms, [`BASE_ARM`] if there are none.
    pub arms: Vec<String>,
    /// Axes of the grid with their values.
    pub grid: IndexMap<KeyPath, Vec<Value>>,
    /// Every arm at every grid point, in order.
    pub variants: Vec<Variant>,
    /// What the user should know.
    pub warnings: Problems,
}

/// One arm at one grid point.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The arm.
    pub arm: String,
    /// Number of the grid point.
    pub point: u32,
    /// Its keys and values.
    pub grid: Vec<(KeyPath, Value)>,
    /// All values.
    pub values: Values,
}

impl Scenario {
    /// Checks the text of a scenario.
    ///
    /// # Errors
    /// All problems, if one of them refuses it.
    pub fn check(text: Text, folder: &Path, overrides: &Overrides) -> Result<Scenario, Report> {
        let mut problems = Problems::new();
        let checked =
            Checker::new(&text, overrides, &mut problems).and_then(|checker| checker.all(&mut problems));
        match checked {
            Some((base, axes, arms, variants)) if !problems.refused() => {
                let grid = axes.into_iter().map(|(path, axis)| (path, axis.1)).collect();
                Ok(Scenario { text, folder: folder.into(), base, arms, grid, variants, warnings: problems })
            }
            _ => Err(Report { text, problems }),
        }
    }

    /// The scenario's name.
    pub fn name(&self) -> &str {
        self.base.one("").text("name")
    }

    /// The scenario's seed.
    pub fn seed(&self) -> u64 {
        self.base.one("").whole("seed")
    }

    /// Replicates of every variant.
    pub fn replicates(&self) -> u32 {
        u32::try_from(self.base.one("").whole("replicates")).expect("bounded by its key")
    }
}

/// Axes with their values as layers read them, and as checked values.
type Axes = IndexMap<KeyPath, (Axis, Vec<Value>)>;
type All = (Values, Axes, Vec<String>, Vec<Variant>);

struct Checker {
    document: Document,
    preset: Layer,
    size: Layer,
    sets: Layer,
    other_sizes: Vec<Layer>,
}

impl Checker {
    fn new(text: &Text, overrides: &Overrides, problems: &mut Problems) -> Option<Self> {
        let mut document = Document::parse(&text.text, problems)?;
        if let Some(problem) = wrong_version(&document) {
            // What a file of another version says is not for this program to judge.
            *problems = problem.into();
            return None;
        }
        let sets = Document::parse_sets(&overrides.sets, problems);
        let size = match &overrides.size {
            None => Layer::default(),
            Some(name) if name == "full" => Layer::default(),
            Some(name) => problems.take(chosen_size(&mut document, name))?,
        };
        let named = |key: &str| {
            let path = KeyPath::new([key]);
            let layers = [&document.base, &size, &sets];
            layers.iter().rev().find_map(|layer| layer.entries.get(&path)).map(|entry| entry.raw.clone())
        };
        let preset = match named("preset") {
            Some(Raw::Text(name)) => presets::layer(&name),
            _ => Layer::default(),
        };
        let other_sizes = document.sizes.values().cloned().collect();
        Some(Checker { document, preset, size, sets, other_sizes })
    }

    fn all(&self, problems: &mut Problems) -> Option<All> {
        self.scopes(problems);
        let axes = self.axes(problems);
        let first = point(&axes, 0);
        let base = self.values(&self.size, &Layer::default(), &first, problems);
        for size in &self.other_sizes {
            self.values(size, &Layer::default(), &first, problems);
        }
        let none = IndexMap::from([(BASE_ARM.to_string(), Layer::default())]);
        let arms = if self.document.arms.is_empty() { &none } else { &self.document.arms };
        let points = count_points(&axes, problems)?;
        let mut variants = Vec::with_capacity(arms.len() * points);
        for (name, arm) in arms {
            for number in 0..points {
                let layer = point(&axes, number);
                let values = self.values(&self.size, arm, &layer, problems);
                let grid = grid_values(&axes, number);
                variants.push(Variant { arm: name.clone(), point: number as u32, grid, values });
            }
        }
        figures(&base, arms.keys(), &axes, problems);
        Some((base, axes, arms.keys().cloned().collect(), variants))
    }

    fn values(&self, size: &Layer, arm: &Layer, point: &Layer, problems: &mut Problems) -> Values {
        let layers = [&self.preset, &self.document.base, size, arm, point, &self.sets];
        let merged = Merged::new(layers);
        let values = check::values(&merged, problems);
        rules::check(&values, problems);
        values
    }

    /// Arms and grids may not touch what is the same in all cells.
    fn scopes(&self, problems: &mut Problems) {
        let arms = self
            .document
            .arms
            .values()
            .flat_map(|arm| arm.entries.iter().map(|(path, entry)| (path, &entry.key_place)));
        let layers = [&self.document.base, &self.size, &self.sets];
        let axes = layers.iter().flat_map(|layer| layer.grid.iter().map(|(path, axis)| (path, &axis.place)));
        for (path, place) in arms.chain(axes) {
            if declarations(path).iter().any(|(section, _)| section.scope == Scope::Scenario) {
                let message = "is the same in all runs of a scenario: arms and grids cannot change it";
                problems.push(Problem::error(place.clone(), path, message));
            }
        }
        for arm in self.document.arms.values() {
            for axis in arm.grid.values() {
                problems.push(Problem::error(axis.place.clone(), "grid", "an arm has no grid of its own"));
            }
        }
    }

    /// The axes in force: the file's, replaced by the size's and by `--set`; a key that `--set` gives a
    /// single value is no axis any more.
    fn axes(&self, problems: &mut Problems) -> Axes {
        let mut axes: IndexMap<KeyPath, Axis> = self.document.base.grid.clone();
        for layer in [&self.size, &self.sets] {
            axes.extend(layer.grid.iter().map(|(path, axis)| (path.clone(), axis.clone())));
        }
        axes.retain(|path, _| !self.sets.entries.contains_key(path));
        axes.into_iter()
            .map(|(path, axis)| {
                let values =
                    axis.values.iter().filter_map(|entry| axis_value(&path, entry, problems)).collect();
                (path, (axis, values))
            })
            .collect()
    }
}

/// A `schema` that is given and is not the one of this program.
fn wrong_version(document: &Document) -> Option<Problem> {
    let path = KeyPath::new(["schema"]);
    let entry = document.base.entries.get(&path)?;
    let refusal = Kind::Version.read(&entry.raw).err()?;
    Some(Problem::error(entry.place.clone(), path, refusal.message).maybe_help(refusal.help))
}

fn chosen_size(document: &mut Document, name: &str) -> Result<Layer, Problem> {
    document.sizes.shift_remove(name).ok_or_else(|| {
        let place = Place::Argument { index: 0, shown: "--size".into() };
        let known: Vec<_> = document.sizes.keys().map(String::as_str).chain(["full"]).collect();
        let near = nearest(name, known.iter().copied()).map(|near| format!("did you mean {near}?"));
        Problem::error(place, "", format!("the scenario has no [size.{name}]"))
            .maybe_help(near.or_else(|| Some(format!("it has: {}", known.join(", ")))))
    })
}

/// A value of an axis, read by the first declaration of its key that accepts it.
fn axis_value(path: &KeyPath, entry: &Entry, problems: &mut Problems) -> Option<Value> {
    let mut refusal = None;
    for (_, key) in declarations(path) {
        if key.is_open() && !(key.kind.open_names().names)().contains(&path.last()) {
            // The variants say so, with advice.
            return None;
        }
        match key.kind.read_named(path.last(), &entry.raw) {
            Ok(value) => return Some(value),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    let refusal = refusal?;
    problems.push(Problem::error(entry.place.clone(), path, refusal.message).maybe_help(refusal.help));
    None
}

fn count_points(axes: &Axes, problems: &mut Problems) -> Option<usize> {
    let product = axes.values().try_fold(1usize, |product, (axis, _)| product.checked_mul(axis.values.len()));
    match product {
        Some(points) if points <= POINTS_MAX => Some(points),
        _ => {
            let place = axes.values().next().map_or(Place::Whole, |(axis, _)| axis.place.clone());
            let sizes: Vec<_> = axes.values().map(|(axis, _)| axis.values.len().to_string()).collect();
            let message = format!("expected at most {POINTS_MAX} points, got {}", sizes.join(" x "));
            problems.push(Problem::error(place, "grid", message));
            None
        }
    }
}

/// Index on each axis of a point: the last axis varies fastest.
fn indices(axes: &Axes, number: usize) -> Vec<usize> {
    let mut left = number;
    let mut indices = vec![0; axes.len()];
    for (i, (axis, _)) in axes.values().enumerate().rev() {
        indices[i] = left % axis.values.len();
        left /= axis.values.len();
    }
    indices
}

/// The layer of a grid point.
fn point(axes: &Axes, number: usize) -> Layer {
    let pick = |((path, (axis, _)), i): ((&KeyPath, &(Axis, Vec<Value>)), usize)| {
        (path.clone(), axis.values[i].clone())
    };
    let entries = axes.iter().zip(indices(axes, number)).map(pick).collect();
    Layer { entries, ..Layer::default() }
}

fn grid_values(axes: &Axes, number: usize) -> Vec<(KeyPath, Value)> {
    let pick = |((path, (_, values)), i): ((&KeyPath, &(Axis, Vec<Value>)), usize)| {
        Some((path.clone(), values.get(i)?.clone()))
    };
    axes.iter().zip(indices(axes, number)).filter_map(pick).collect()
}

/// The figure that a `[[plot]]` table describes.
pub fn plot_spec(plot: &Instance) -> PlotSpec {
    let word = |key: &str| plot.maybe_text(key).unwrap_or_default().to_string();
    let (kind, metric) = (word("kind"), word("metric"));
    let joined = if metric.is_empty() { kind.clone() } else { format!("{kind}-{metric}") };
    PlotSpec {
        name: plot.maybe_text("name").map_or(joined, String::from),
        kind,
        title: word("title"),
        metric,
        x: word("x"),
        group: word("group"),
        arms: plot.texts("arms"),
        log_x: plot.maybe_flag("log_x").unwrap_or(false),
    }
}

/// A figure shows a metric, or a column of numbers of the tables that its kind is drawn from.
fn unknown_metric(plot: &Instance, kind: &PlotKind, metric: &str) -> Option<Problem> {
    let tables = models::tables::ALL.iter().filter(|table| kind.needs.tables.contains(&table.name));
    let columns = tables.flat_map(|table| table.columns).filter(|column| column.kind != ColumnKind::Text);
    let mut names: Vec<&str> = columns.map(|column| column.name).collect();
    names.extend(crate::known::metrics());
    names.extend(analysis::summary::COMPUTED.iter().map(|computed| computed.name));
    if names.contains(&metric) {
        return None;
    }
    let help = nearest(metric, names).map(|near| format!("did you mean \"{near}\"?"));
    let message = format!("expected a metric or a column, got \"{metric}\"");
    Some(Problem::error(plot.place_of("metric"), plot.key("metric"), message).maybe_help(help))
}

/// Figures have what their kind needs, names of their own, and show arms and axes that exist.
fn figures<'a>(base: &Values, arms: impl Iterator<Item = &'a String>, axes: &Axes, problems: &mut Problems) {
    let arms: Vec<&String> = arms.collect();
    let mut names: Vec<String> = Vec::new();
    for plot in base.all("plot.<n>") {
        let spec = plot_spec(plot);
        match analysis::plots::check(&spec) {
            Err(error) if plot.checked("kind").is_some() => {
                problems.push(Problem::error(plot.place_of("kind"), &plot.path, error.to_string()));
            }
            Ok(kind) if !spec.metric.is_empty() => problems.extend(unknown_metric(plot, kind, &spec.metric)),
            _ => {}
        }
        if names.contains(&spec.name) {
            let message = format!("two figures would be called \"{}\"", spec.name);
            problems.push(Problem::error(plot.place_of("name"), plot.key("name"), message));
        }
        names.push(spec.name);
        for arm in plot.texts("arms").iter().filter(|arm| !arms.contains(arm)) {
            let known = arms.iter().map(|arm| arm.as_str()).collect::<Vec<_>>().join(", ");
            let problem =
                Problem::error(plot.place_of("arms"), plot.key("arms"), format!("no arm called \"{arm}\""));
            problems.push(problem.help(format!("defined here: {known}")));
        }
        let x = plot.maybe_text("x").unwrap_or_default();
        if !x.is_empty() && !axes.keys().any(|path| path.to_string() == x) {
            let message = format!("expected a key of [grid], got \"{x}\"");
            problems.push(Problem::error(plot.place_of("x"), plot.key("x"), message));
        }
    }
}
