//! Merged layers -> checked values: every key read by its kind, nothing missing, nothing that does not
//! belong, every reference found. Rules between keys are in [`crate::rules`].

use crate::keys::kind::Kind;
use crate::keys::{Key, Need, SECTIONS, Section, Value, When, or_list};
use crate::layer::Entry;
use crate::merge::{Merged, Standing, child};
use crate::path::KeyPath;
use crate::problem::{Place, Problem, Problems};
use crate::suggest::nearest;
use crate::values::{Checked, Instance, Values};
use indexmap::IndexMap;

/// Checks all keys of a variant. The values are complete if no problem was pushed that refuses them.
pub fn values(merged: &Merged, problems: &mut Problems) -> Values {
    let mut values = Values::default();
    for section in SECTIONS {
        for (path, place) in merged.instances(section) {
            let instance = instance(section, path.clone(), place, merged, &values, problems);
            values.instances.insert(path, instance);
        }
    }
    references(&values, problems);
    values
}

fn instance(
    section: &'static Section,
    path: KeyPath,
    place: Place,
    merged: &Merged,
    before: &Values,
    problems: &mut Problems,
) -> Instance {
    let mut checked = IndexMap::new();
    let mut seen = Vec::new();
    for key in section.keys {
        if key.is_open() {
            open_values(key, &path, merged, &mut checked, problems);
            continue;
        }
        if seen.contains(&key.path) {
            continue;
        }
        seen.push(key.path);
        let full = child(&path, key.path);
        let result = match merged.standing(section, &path, key.path) {
            Standing::Given(key, entry) => read(key, &full, entry).map(Some),
            Standing::Open(key) => {
                let cause = cause(section, key, &path, merged);
                default(key, &full, &place, cause, before)
            }
            Standing::Illegal(entry) => {
                illegal(section, key.path, &full, entry, merged, &path).map_or(Ok(None), Err)
            }
            Standing::Absent => Ok(None),
        };
        if let Some(Some(value)) = problems.take(result) {
            checked.insert(key.path.to_string(), value);
        }
    }
    Instance { section, path, place, values: checked }
}

/// Values of a key whose last name the scenario chooses among those that its kind knows.
fn open_values(
    key: &Key,
    instance: &KeyPath,
    merged: &Merged,
    checked: &mut IndexMap<String, Checked>,
    problems: &mut Problems,
) {
    for (name, full, entry) in merged.open(instance, key) {
        if let Some(problem) = unknown_name(key, full, entry) {
            problems.push(problem);
            continue;
        }
        if let Some(value) = problems.take(read(key, full, entry)) {
            let parent = key.path.rsplit_once('.').expect("an open key has a parent").0;
            checked.insert(format!("{parent}.{name}"), value);
        }
    }
}

/// The problem of a chosen name that nobody knows.
fn unknown_name(key: &Key, full: &KeyPath, entry: &Entry) -> Option<Problem> {
    let catalog = key.kind.open_names();
    let names = (catalog.names)();
    if names.contains(&full.last()) {
        return None;
    }
    let help = nearest(full.last(), names).map(|near| format!("did you mean \"{near}\"?"));
    let advice = || format!("`lastcopy explain {full}` lists them").replace(&format!(".{}", full.last()), "");
    let help = help.or_else(|| matches!(key.kind, Kind::Parameter).then(advice));
    let message = format!("unknown {}", catalog.noun);
    Some(Problem::error(entry.key_place.clone(), full, message).maybe_help(help))
}

fn read(key: &Key, full: &KeyPath, entry: &Entry) -> Result<Checked, Problem> {
    match key.kind.read_named(full.last(), &entry.raw) {
        Ok(value) => Ok(Checked { value, place: entry.place.clone(), given: true }),
        Err(refusal) => {
            Err(Problem::error(entry.place.clone(), full, refusal.message).maybe_help(refusal.help))
        }
    }
}

/// The value of a key that is not given.
fn default(
    key: &Key,
    full: &KeyPath,
    place: &Place,
    cause: Option<String>,
    before: &Values,
) -> Result<Option<Checked>, Problem> {
    let value = match key.need {
        Need::Default(text) => Some(key.kind.default(text)),
        // Absent only if the other key is refused itself.
        Need::SameAs(other) => {
            let top = before.all("").next();
            top.and_then(|top| top.checked(other)).map(|checked| checked.value.clone())
        }
        Need::Optional(_) => None,
        Need::Required => return Err(missing(key, full, place, cause)),
    };
    Ok(value.map(|value| Checked { value, place: place.clone(), given: false }))
}

fn missing(key: &Key, full: &KeyPath, place: &Place, cause: Option<String>) -> Problem {
    let because = cause.map(|cause| format!(" (needed with {cause})")).unwrap_or_default();
    let problem =
        Problem::error(place.clone(), full, format!("missing, expected {}{because}", key.kind.expected()));
    match key.kind {
        Kind::Version => problem.help(format!("write schema = {}", crate::keys::kind::SCHEMA)),
        _ => problem,
    }
}

/// Why a key holds: `session.law = weibull`.
fn cause(section: &'static Section, key: &Key, instance: &KeyPath, merged: &Merged) -> Option<String> {
    let When::Is(cause, _) = key.when else { return None };
    Some(format!("{cause} = {}", merged.word_now(section, instance, cause)?))
}

/// A key under a condition that does not hold; nothing if the condition's own key is refused already.
fn illegal(
    section: &'static Section,
    name: &str,
    full: &KeyPath,
    entry: &Entry,
    merged: &Merged,
    instance: &KeyPath,
) -> Option<Problem> {
    let declarations = section.keys.iter().filter(|key| key.path == name);
    let mut message = String::new();
    let mut legal: Vec<&str> = Vec::new();
    for key in declarations {
        match key.when {
            When::Is(cause, values) => {
                legal.extend(values);
                let now = merged.word_now(section, instance, cause);
                if now.as_ref().is_some_and(|word| !is_choice(section, cause, word)) {
                    return None;
                }
                let now = now.map_or("does not apply".into(), |word| format!("is {word}"));
                message = format!("only for {cause} = {}; here it {now}", or_list(&legal));
            }
            other => message = other.words().unwrap_or_default(),
        }
    }
    Some(Problem::error(entry.key_place.clone(), full, format!("is legal {message}")))
}

/// Whether a word is one that the key takes.
fn is_choice(section: &Section, name: &str, word: &str) -> bool {
    section.keys.iter().filter(|key| key.path == name).any(|key| match key.kind {
        Kind::Choice(choices) => choices.iter().any(|choice| choice.name == word),
        _ => true,
    })
}

/// Every name of a group or of objects is one of this scenario.
fn references(values: &Values, problems: &mut Problems) {
    for instance in values.instances.values() {
        for key in instance.section.keys {
            let (Kind::Reference(section) | Kind::List(Kind::Reference(section))) = &key.kind else {
                continue;
            };
            let Some(checked) = instance.checked(key.path) else {
                continue;
            };
            let names = match &checked.value {
                Value::List(items) => items.iter().map(Value::words).collect(),
                one => vec![one.words()],
            };
            for name in names {
                if let Some((message, help)) = undefined(values, section, &name) {
                    let problem = Problem::error(checked.place.clone(), instance.key(key.path), message);
                    problems.push(problem.maybe_help(help));
                }
            }
        }
    }
}

/// Message and help for a name that no table of the section has.
fn undefined(values: &Values, section: &str, name: &str) -> Option<(String, Option<String>)> {
    let prefix = format!("{section}.");
    let in_section = values.instances.values().filter(|other| other.section.path.starts_with(&prefix));
    let known: Vec<&str> = in_section.map(Instance::name).collect();
    if known.contains(&name) {
        return None;
    }
    let near = nearest(name, known.iter().copied()).map(|near| format!("did you mean \"{near}\"?"));
    let all = || (!known.is_empty()).then(|| format!("defined here: {}", known.join(", ")));
    let heading = KeyPath::new([section, name]);
    Some((format!("no [{heading}] in this scenario"), near.or_else(all)))
}
