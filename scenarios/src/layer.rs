//! Layers of a scenario: the file, its sizes, its arms, a grid point and `--set`, each a flat list of
//! key paths and raw values, read and checked by the same code.
//!
//! ```text
//! preset < file < [size.<name>] < [arms.<name>] < grid point < --set
//! ```
//!
//! Reading keeps every place, refuses unknown keys at once, and leaves the meaning of values to
//! [`crate::check`].

use crate::keys::kind::is_name;
use crate::keys::{self, ALIASES, Found, OVERRIDES, is_open_name};
use crate::path::KeyPath;
use crate::problem::{Place, Problem, Problems};
use crate::raw::Raw;
use crate::unknown;
use indexmap::IndexMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A raw value with its places.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The value.
    pub raw: Raw,
    /// Where the value is.
    pub place: Place,
    /// Where its key is.
    pub key_place: Place,
}

/// An axis of a grid: the values of one key.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The values, each with its place.
    pub values: Vec<Entry>,
    /// Where the axis is.
    pub place: Place,
}

/// One layer.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// Values by key path, in file order.
    pub entries: IndexMap<KeyPath, Entry>,
    /// Tables that were opened, with the place of their names.
    pub tables: IndexMap<KeyPath, Place>,
    /// Axes of the grid that it sets.
    pub grid: IndexMap<KeyPath, Axis>,
}

/// A scenario file as read.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Everything that is not an override.
    pub base: Layer,
    /// `[size.<name>]`.
    pub sizes: IndexMap<String, Layer>,
    /// `[arms.<name>]`.
    pub arms: IndexMap<String, Layer>,
}

impl Document {
    /// Reads the text of a scenario. Problems are pushed; nothing is returned if the text is no TOML,
    /// since what a broken file seems to say would only add noise. A key that is given twice is no
    /// reason to stop: the first one counts.
    pub fn parse(text: &str, problems: &mut Problems) -> Option<Self> {
        let table = parse_toml(text, problems)?;
        let mut document = Document::default();
        let mut reader = Reader { place: &Place::Span, problems };
        reader.document(table.get_ref(), &mut document);
        Some(document)
    }

    /// Reads the arguments of `--set`, each `KEY=VALUE`, as one layer.
    pub fn parse_sets(sets: &[String], problems: &mut Problems) -> Layer {
        let mut layer = Layer::default();
        for (index, set) in sets.iter().enumerate() {
            parse_set(index, set, &mut layer, problems);
        }
        layer
    }
}

/// A text as a TOML table. Problems are pushed; nothing is returned if the text is no TOML.
pub(crate) fn parse_toml<'t>(text: &'t str, problems: &mut Problems) -> Option<Spanned<DeTable<'t>>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let broken = errors.iter().any(|error| !is_duplicate(error));
    problems.extend(syntax_problems(text, &errors));
    (!broken).then_some(table)
}

/// An argument of `--set`.
pub(crate) struct Set {
    /// Its place, for messages.
    pub(crate) place: Place,
    /// The key.
    pub(crate) path: KeyPath,
    /// The argument as a line of TOML: a value that is not TOML is text.
    pub(crate) line: String,
}

impl Set {
    /// Reads `KEY=VALUE`.
    pub(crate) fn parse(index: usize, set: &str, example: &str) -> Result<Self, Problem> {
        let (key, value) =
            set.split_once('=').map_or((set.trim(), None), |(key, value)| (key.trim(), Some(value)));
        let place = Place::Argument { index, shown: "--set".into() };
        let (Some(path), Some(value)) = (KeyPath::parse(key), value) else {
            let message = format!("expected KEY=VALUE, got {}", Raw::Text(set.into()).found());
            return Err(Problem::error(place, "", message).help(format!("for example --set {example}")));
        };
        let line = match DeValue::parse(value.trim()) {
            Ok(_) if !value.contains('\n') => format!("{path} = {}", value.trim()),
            _ => format!("{path} = {}", crate::path::quoted(value)),
        };
        if DeTable::parse(&line).is_err() {
            let message = format!("cannot read {}", Raw::Text(value.into()).found());
            return Err(Problem::error(place, path, message));
        }
        Ok(Set { place, path, line })
    }
}

fn parse_set(index: usize, set: &str, layer: &mut Layer, problems: &mut Problems) {
    let Some(set) = problems.take(Set::parse(index, set, "replicates=3")) else {
        return;
    };
    let table = DeTable::parse(&set.line).expect("it has been read once");
    let here = |_: Range<usize>| set.place.clone();
    Reader { place: &here, problems }.overrides(table.get_ref(), layer);
}

fn is_duplicate(error: &toml::de::Error) -> bool {
    error.message().starts_with("duplicate key")
}

/// Errors of the TOML parser in the words of this program. A table that is opened twice is one problem,
/// not one for each key in it.
fn syntax_problems(text: &str, errors: &[toml::de::Error]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut doubled_until = 0;
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        if is_duplicate(error) && span.start < doubled_until {
            continue;
        }
        if is_duplicate(error) && line_of(text, span.start).trim_start().starts_with('[') {
            doubled_until = text[span.end..].find("\n[").map_or(text.len(), |next| span.end + next);
        }
        problems.push(syntax_problem(text, span, error));
    }
    problems
}

/// The line that a byte is in.
fn line_of(text: &str, offset: usize) -> &str {
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    text[start..].lines().next().unwrap_or_default()
}

fn syntax_problem(text: &str, span: Range<usize>, error: &toml::de::Error) -> Problem {
    let what = text.get(span.clone()).unwrap_or_default();
    let (message, help) = if is_duplicate(error) {
        (
            format!("{} is given twice", Raw::Text(what.trim().into()).found()),
            "keep one of the two; TOML joins nothing by itself",
        )
    } else {
        let first_line = error.message().lines().next().unwrap_or("unreadable").trim();
        (
            format!("no TOML: {first_line}"),
            "strings stand in quotes, tables in [brackets], each key on a line of its own",
        )
    };
    Problem::error(Place::Span(span), "", message).help(help)
}

/// Turns tables into flat layers.
struct Reader<'a> {
    /// The place of a span of the text being read.
    place: &'a dyn Fn(Range<usize>) -> Place,
    problems: &'a mut Problems,
}

/// An item of a table: name, its span, value, its span.
type Item<'t> = (&'t str, Range<usize>, &'t DeValue<'t>, Range<usize>);

/// Items of a table in the order in which they stand in the file.
fn in_order<'t>(table: &'t DeTable<'t>) -> Vec<Item<'t>> {
    let mut items: Vec<_> = table
        .iter()
        .map(|(key, value)| (key.get_ref().as_ref(), key.span(), value.get_ref(), value.span()))
        .collect();
    items.sort_by_key(|(_, span, ..)| span.start);
    items
}

impl Reader<'_> {
    fn document(&mut self, table: &DeTable<'_>, document: &mut Document) {
        for item in in_order(table) {
            let (name, span, value, _) = &item;
            match *name {
                "arms" => self.named_layers(name, value, span, &mut document.arms),
                "size" => self.named_layers(name, value, span, &mut document.sizes),
                "grid" => self.grid(value, span, &mut document.base),
                _ => self.item(&KeyPath::default(), item, &mut document.base),
            }
        }
        self.rename(&mut document.base);
    }

    /// `[arms.<name>]` and `[size.<name>]`.
    fn named_layers(
        &mut self,
        kind: &str,
        value: &DeValue<'_>,
        span: &Range<usize>,
        into: &mut IndexMap<String, Layer>,
    ) {
        let Some(table) = self.table(kind, value, span) else {
            return;
        };
        for (name, span, value, _) in in_order(table) {
            let path = KeyPath::new([kind, name]);
            if !self.accept_name(&path, name, &span) {
                continue;
            }
            if let Some(table) = self.table(&path.to_string(), value, &span) {
                let layer = into.entry(name.to_string()).or_default();
                self.overrides(table, layer);
            }
        }
    }

    /// Overrides: their keys are paths, dotted or quoted.
    fn overrides(&mut self, table: &DeTable<'_>, layer: &mut Layer) {
        for (name, span, value, value_span) in in_order(table) {
            if name == "grid" {
                self.grid(value, &span, layer);
                continue;
            }
            if OVERRIDES.iter().any(|(section, _)| *section == name) {
                let place = (self.place)(span);
                self.problems.push(Problem::error(place, name, "an override cannot hold overrides"));
                continue;
            }
            self.dotted((name, span, value, value_span), layer);
        }
        self.rename(layer);
    }

    /// An item whose name may be a whole path in quotes.
    fn dotted(&mut self, (name, span, value, value_span): Item<'_>, layer: &mut Layer) {
        let path = match KeyPath::parse(name) {
            Some(path) if name.contains('.') => path,
            _ => KeyPath::new([name]),
        };
        let names = path.names();
        let (last, parents) = names.split_last().expect("a path has a name");
        for depth in 1..=parents.len() {
            let parent = KeyPath::new(&names[..depth]);
            if let Found::Table { .. } = keys::find(&parent) {
                let place = (self.place)(span.clone());
                layer.tables.entry(parent).or_insert(place);
            }
        }
        self.item(&KeyPath::new(parents), (last, span, value, value_span), layer);
    }

    fn grid(&mut self, value: &DeValue<'_>, span: &Range<usize>, layer: &mut Layer) {
        let Some(table) = self.table("grid", value, span) else {
            return;
        };
        // Read as overrides whose values are lists; nested tables flatten to paths on the way.
        let mut lists = Layer::default();
        self.axes(&KeyPath::default(), table, &mut lists);
        for (path, entry) in lists.entries {
            let Raw::List(items) = &entry.raw else { unreachable!("axes are lists") };
            let one = |raw: &Raw| Entry { raw: raw.clone(), ..entry.clone() };
            let axis = Axis { values: items.iter().map(one).collect(), place: entry.place.clone() };
            layer.grid.insert(path, axis);
        }
    }

    fn axes(&mut self, prefix: &KeyPath, table: &DeTable<'_>, lists: &mut Layer) {
        for (name, span, value, value_span) in in_order(table) {
            let dotted = KeyPath::parse(name).filter(|_| name.contains('.'));
            let path = prefix.join(&dotted.unwrap_or_else(|| KeyPath::new([name])));
            if let DeValue::Table(inner) = value {
                self.axes(&path, inner, lists);
                continue;
            }
            let (place, key_place) = ((self.place)(value_span), (self.place)(span));
            if !matches!(keys::find(&path), Found::Key { .. }) {
                self.problems.push(unknown::problem(&path, key_place));
                continue;
            }
            match Raw::from_toml(value) {
                raw @ Raw::List(_) if raw != Raw::List(Vec::new()) => {
                    lists.entries.insert(path, Entry { raw, place, key_place });
                }
                raw => {
                    let message = format!("expected a list of values in [grid], got {}", raw.found());
                    self.problems.push(Problem::error(place, format!("grid.{path}"), message));
                }
            }
        }
    }

    /// One key or table below `parent`.
    fn item(&mut self, parent: &KeyPath, (name, span, value, value_span): Item<'_>, layer: &mut Layer) {
        let path = parent.child(name);
        let (key_place, place) = ((self.place)(span.clone()), (self.place)(value_span));
        let table = value.as_table();
        match keys::find(&path) {
            Found::Table { list: true } => self.list_of_tables(&path, value, &span, layer),
            Found::Table { list: false } | Found::Key { or_table: true } if table.is_some() => {
                if !self.accept_name(&path, name, &span) {
                    return;
                }
                layer.tables.entry(path.clone()).or_insert(key_place);
                for item in in_order(table.expect("just looked")) {
                    self.item(&path, item, layer);
                }
            }
            Found::Table { list: false } => {
                let message = format!("expected a table, got {}", Raw::from_toml(value).found());
                let problem = Problem::error(place, &path, message);
                self.problems.push(problem.maybe_help(unknown::keys_in(&path)));
            }
            Found::Key { .. } => {
                layer.entries.insert(path, Entry { raw: Raw::from_toml(value), place, key_place });
            }
            Found::Unknown if is_alias(&path) => {
                layer.entries.insert(path, Entry { raw: Raw::from_toml(value), place, key_place });
            }
            Found::Unknown => self.problems.push(unknown::problem(&path, key_place)),
        }
    }

    /// `[[plot]]`, or a table whose keys are numbers, as `--set plot.0.title=...` writes it.
    fn list_of_tables(
        &mut self,
        path: &KeyPath,
        value: &DeValue<'_>,
        span: &Range<usize>,
        layer: &mut Layer,
    ) {
        let items: Vec<(String, &DeValue<'_>, Range<usize>)> = match value {
            DeValue::Array(items) => items
                .iter()
                .enumerate()
                .map(|(i, item)| (i.to_string(), item.get_ref(), item.span()))
                .collect(),
            DeValue::Table(items) => in_order(items)
                .into_iter()
                .map(|(name, span, item, _)| (name.to_string(), item, span))
                .collect(),
            _ => Vec::new(),
        };
        let all_tables = items.iter().all(|(index, item, _)| item.is_table() && index.parse::<u16>().is_ok());
        if items.is_empty() || !all_tables {
            let message = format!("expected tables under [[{path}]], got {}", Raw::from_toml(value).found());
            self.problems.push(Problem::error((self.place)(span.clone()), path, message));
            return;
        }
        for (index, item, span) in items {
            let path = path.child(&index);
            layer.tables.entry(path.clone()).or_insert((self.place)(span));
            for item in in_order(item.as_table().expect("all are tables")) {
                self.item(&path, item, layer);
            }
        }
    }

    /// A table, or a problem.
    fn table<'t>(
        &mut self,
        key: &str,
        value: &'t DeValue<'t>,
        span: &Range<usize>,
    ) -> Option<&'t DeTable<'t>> {
        let table = value.as_table();
        if table.is_none() {
            let message = format!("expected a table, got {}", Raw::from_toml(value).found());
            self.problems.push(Problem::error((self.place)(span.clone()), key, message));
        }
        table
    }

    /// Whether a name that the scenario chose may be one; a problem if not.
    fn accept_name(&mut self, path: &KeyPath, name: &str, span: &Range<usize>) -> bool {
        let parent = KeyPath::new(&path.names()[..path.names().len() - 1]);
        let chosen = !keys::literal_names(&parent).contains(&name);
        let region = path.names().iter().any(|name| name == "weights");
        if !chosen || region || is_name(name) || is_open_name(name) {
            return true;
        }
        let message =
            format!("expected {}, got {}", keys::Kind::Name.expected(), Raw::Text(name.into()).found());
        self.problems.push(Problem::error((self.place)(span.clone()), path, message));
        false
    }

    /// Moves values under old names to the new ones.
    fn rename(&mut self, layer: &mut Layer) {
        for alias in ALIASES {
            let (old, new) = (KeyPath::new(alias.old.split('.')), KeyPath::new(alias.new.split('.')));
            let Some(entry) = layer.entries.shift_remove(&old) else {
                continue;
            };
            if layer.entries.contains_key(&new) {
                let message = format!("is the old name of {new}, which is given too");
                self.problems.push(Problem::error(entry.key_place, old, message).help("delete this line"));
                continue;
            }
            let message = format!("is now called {new} (since {})", alias.since);
            self.problems.push(Problem::warning(entry.key_place.clone(), old, message));
            layer.entries.insert(new, entry);
        }
    }
}

fn is_alias(path: &KeyPath) -> bool {
    ALIASES.iter().any(|alias| path.to_string() == alias.old)
}
