//! What the program knows about a word: a key, a table, a metric, a rule, a kind of figure, a preset, a cause, a
//! parameter of the chain.
//! Everything is read from the tables that the program itself works by.

use crate::forecast::docs as forecast;
use crate::keys::{ALIASES, Key, Kind, Need, OVERRIDES, SECTIONS, Section};
use crate::presets::PRESETS;
use crate::protocol;
use crate::rules::RULES;
use crate::suggest::nearest;
use analysis::plots::PLOTS;
use analysis::why::causes::{CAME, Cause, WENT};
use models::metrics::METRICS;
use sim_core::record::schema::Table;
use std::fmt::Write as _;

/// Explains a word.
///
/// # Errors
/// If nothing has that name: the nearest things that are known, in words.
pub fn explain(word: &str) -> Result<String, String> {
    let found: Vec<String> = [
        keys(word),
        tables(word),
        outputs(word),
        others(word),
        forecast::explain(word),
        protocol::explain(word),
    ]
    .concat();
    if !found.is_empty() {
        return Ok(found.join("\n"));
    }
    if let Some(alias) = ALIASES.iter().find(|alias| alias.old == word) {
        return Ok(format!("{} is the old name of {} (since {})\n", alias.old, alias.new, alias.since));
    }
    let names = all_names();
    let near = nearest(protocol::bare(word), names.iter().map(String::as_str))
        .map(|near| format!("; did you mean {near}?"));
    Err(format!("nothing is called \"{word}\"{}", near.unwrap_or_default()))
}

/// Keys of that path, with or without their section and with chosen names in place of brackets.
fn keys(word: &str) -> Vec<String> {
    let pairs = || SECTIONS.iter().flat_map(|section| section.keys.iter().map(move |key| (section, key)));
    let exact: Vec<String> = pairs()
        .filter(|(section, key)| section.key_path(key) == word || is_concrete(section, key, word))
        .map(|(section, key)| key_text(section, key))
        .collect();
    if !exact.is_empty() {
        return exact;
    }
    pairs().filter(|(_, key)| key.path == word).map(|(section, key)| key_text(section, key)).collect()
}

/// Whether a word is the path of a key with chosen names in place of brackets. Parameters are explained by
/// [`protocol::explain`].
fn is_concrete(section: &Section, key: &Key, word: &str) -> bool {
    let is_known =
        || word.rsplit('.').next().is_some_and(|name| (key.kind.open_names().names)().contains(&name));
    let is_chosen = || !key.is_open() || !matches!(key.kind, Kind::Parameter) && is_known();
    matches(&section.key_path(key), word) && is_chosen()
}

/// Whether a declared path is that of a concrete key.
fn matches(declared: &str, concrete: &str) -> bool {
    let Some(path) = crate::path::KeyPath::parse(concrete) else {
        return false;
    };
    let names: Vec<&str> = declared.split('.').collect();
    names.len() == path.names().len()
        && names
            .iter()
            .zip(path.names())
            .all(|(name, given)| crate::keys::is_open_name(name) || name == given)
}

fn tables(word: &str) -> Vec<String> {
    let of_section = |section: &&Section| {
        !section.path.is_empty() && (section.path == word || section.names().first() == Some(&word))
    };
    let sections = SECTIONS.iter().filter(of_section).map(|section| {
        let keys: Vec<_> = section.keys.iter().map(|key| key.path).collect();
        format!("{}\n{}\nkeys: {}\n", section.heading(), section.doc, keys.join(", "))
    });
    let overrides = OVERRIDES.iter().filter(|(name, _)| *name == word).map(|(_, doc)| format!("{doc}\n"));
    sections.chain(overrides).collect()
}

/// Tables that a run writes, with their columns.
fn outputs(word: &str) -> Vec<String> {
    models::tables::ALL.iter().filter(|table| table.name == word).map(|table| output_text(table)).collect()
}

fn output_text(table: &Table) -> String {
    let mut text = format!("table {}\n{}\n", table.name, table.doc);
    let width = table.columns.iter().map(|column| column.name.len()).max().unwrap_or(0);
    for column in table.columns {
        let unit = if column.unit.is_empty() { String::new() } else { format!(" [{}]", column.unit) };
        writeln!(text, "  {:<width$}  {}{unit}", column.name, column.doc).expect("a string takes all");
    }
    text
}

fn others(word: &str) -> Vec<String> {
    let metrics = METRICS.iter().filter(|metric| metric.name == word).map(|metric| {
        let unit = if metric.unit.is_empty() { String::new() } else { format!(" [{}]", metric.unit) };
        format!("metric {}: {}{unit}\n{}\n", metric.name, metric.label, metric.doc)
    });
    let rules = RULES
        .iter()
        .filter(|rule| rule.name == word)
        .map(|rule| format!("rule {}\n{}\n", rule.name, rule.doc));
    let plots = PLOTS
        .iter()
        .filter(|kind| kind.name == word)
        .map(|kind| format!("figure {}\n{}\n", kind.name, kind.doc));
    let presets = PRESETS
        .iter()
        .filter(|preset| preset.name == word)
        .map(|preset| format!("preset {}\n{}\n{}", preset.name, preset.doc, preset.text));
    let causes = causes().filter(|cause| cause.name == word);
    let causes = causes.map(|cause| format!("cause {}, in table copies\n{}\n", cause.name, cause.words));
    metrics.chain(rules).chain(plots).chain(presets).chain(causes).collect()
}

/// How copies come and go.
fn causes() -> impl Iterator<Item = &'static Cause> {
    CAME.iter().chain(WENT)
}

fn all_names() -> Vec<String> {
    let keys = SECTIONS.iter().flat_map(|section| section.keys.iter().map(|key| section.key_path(key)));
    let short = SECTIONS.iter().flat_map(|section| section.keys.iter().map(|key| key.path.to_string()));
    let rest = METRICS
        .iter()
        .map(|metric| metric.name)
        .chain(models::tables::ALL.iter().map(|table| table.name))
        .chain(RULES.iter().map(|rule| rule.name))
        .chain(PLOTS.iter().map(|kind| kind.name))
        .chain(PRESETS.iter().map(|preset| preset.name))
        .chain(causes().map(|cause| cause.name))
        .chain(protocol::names());
    keys.chain(short).chain(rest.map(String::from)).chain(forecast::names()).collect()
}

/// A key with everything that is known about it.
fn key_text(section: &Section, key: &Key) -> String {
    let mut text = format!("{}\n{}\n", section.key_path(key), key.doc);
    let mut line = |name: &str, value: &str| {
        writeln!(text, "{name:<9}{value}").expect("a string takes all");
    };
    line("takes", &key.kind.expected());
    line("default", &need_words(key));
    if let Some(words) = key.when.words() {
        line("legal", &words);
    }
    line("source", key.source);
    if let Kind::Choice(choices) = &key.kind {
        for choice in *choices {
            writeln!(text, "  {:<12} {}", choice.name, choice.doc).expect("a string takes all");
        }
    }
    text
}

/// The default of a key in words.
pub fn need_words(key: &Key) -> String {
    match key.need {
        Need::Required => "none, has to be given".into(),
        Need::Default(text) => key.kind.default(text).to_toml(),
        Need::SameAs(other) => format!("that of {other}"),
        Need::Optional(words) => words.into(),
    }
}

/// `docs/reference.md`: every key, rule, metric, figure and preset.
pub fn reference() -> String {
    let mut page = String::from(
        "# Reference of scenario files\n\n\
         Generated from the tables that the program works by; `UPDATE_EXPECT=1 cargo test -p lastcopy` renews it.\n\
         `lastcopy explain WORD` says the same of one word, `lastcopy schema` prints it for editors.\n\n\
         Layers, lower ones first: preset, file, `[size.<name>]`, `[arms.<name>]`, grid point, `--set`.\n",
    );
    for section in SECTIONS {
        let heading =
            if section.path.is_empty() { "Top level".into() } else { format!("`{}`", section.heading()) };
        write!(page, "\n## {heading}\n\n{}\n\n", section.doc).expect("a string takes all");
        page.push_str("| key | takes | default | what it does | source |\n| --- | --- | --- | --- | --- |\n");
        for key in section.keys {
            page.push_str(&reference_row(key));
        }
    }
    page.push_str("\n## Overrides\n");
    for (_, doc) in OVERRIDES {
        write!(page, "\n{doc}\n").expect("a string takes all");
    }
    let rules = RULES.iter().map(|rule| (rule.name, String::new(), rule.doc));
    list(&mut page, "Rules between keys", rules);
    let unit = |unit: &str| {
        if unit.is_empty() { String::new() } else { format!(" [{unit}]") }
    };
    list(&mut page, "Metrics", METRICS.iter().map(|metric| (metric.name, unit(metric.unit), metric.doc)));
    list(&mut page, "Kinds of figures", PLOTS.iter().map(|kind| (kind.name, String::new(), kind.doc)));
    list(&mut page, "Presets", PRESETS.iter().map(|preset| (preset.name, String::new(), preset.doc)));
    let causes = causes().map(|cause| (cause.name, String::new(), cause.words));
    list(&mut page, "How copies come and go", causes);
    let measures = crate::claims::MEASURES.iter().map(|measure| (measure.name, String::new(), measure.doc));
    list(&mut page, "Measures of claims", measures);
    page.push_str(&forecast::reference());
    protocol::reference(&mut page);
    page
}

fn reference_row(key: &Key) -> String {
    let mut doc = key.doc.to_string();
    if let Some(words) = key.when.words() {
        doc = format!("({words}) {doc}");
    }
    if let Kind::Choice(choices) = &key.kind {
        for choice in *choices {
            write!(doc, " `{}`: {}", choice.name, choice.doc).expect("a string takes all");
        }
    }
    let cell = |text: &str| text.replace('|', "\\|");
    format!(
        "| `{}` | {} | {} | {} | {} |\n",
        key.path,
        cell(&key.kind.expected()),
        cell(&need_words(key)),
        cell(&doc),
        cell(key.source)
    )
}

fn list<'a>(page: &mut String, title: &str, entries: impl Iterator<Item = (&'a str, String, &'a str)>) {
    write!(page, "\n## {title}\n\n").expect("a string takes all");
    for (name, unit, doc) in entries {
        writeln!(page, "- `{name}`{unit}: {doc}").expect("a string takes all");
    }
}
