//! Every key that a scenario may have, each declared once.
//!
//! A [`Key`] carries all that is known about it: path, kind and bounds, default, the condition under
//! which it is legal, doc and source. The check, the refusal of unknown keys, `lastcopy explain`,
//! `lastcopy schema`, the resolved scenario and `docs/reference.md` are all read from [`SECTIONS`].
//!
//! Adding a key is one entry in its section's file; the compiler and the tests ask for the rest.

mod bounds;
mod cluster;
mod deals;
mod filecoin;
pub mod kind;
mod lookup;
mod net;
mod objects;
mod population;
mod protocol;
mod quantity;
mod scenario;
pub mod value;

pub use kind::{Choice, Kind};
pub use lookup::{Found, declarations, find, literal_names};
pub use value::Value;

/// One table of a scenario and its keys.
#[derive(Debug)]
pub struct Section {
    /// Path with `<name>` where the scenario chooses a name: `population.<group>`. Empty at the top.
    pub path: &'static str,
    /// What the table is about.
    pub doc: &'static str,
    /// Whether arms and grids may override its keys, or only the file, sizes and `--set`.
    pub scope: Scope,
    /// Which instances of it exist.
    pub presence: Presence,
    /// Its keys, in the order in which they are explained and written.
    pub keys: &'static [Key],
}

/// What may override the keys of a section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The same in all cells of a scenario.
    Scenario,
    /// May differ from arm to arm and along a grid.
    Cell,
}

/// Which instances of a section exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// One, mentioned or not: its defaults count.
    Always,
    /// One for each name that the scenario gives, or none if it never mentions the section.
    Mentioned,
}

/// One key.
#[derive(Debug)]
pub struct Key {
    /// Path below its section: `session.mean_up`. A last name in brackets is chosen by the scenario.
    pub path: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// Whether it has to be given, and what counts if it is not.
    pub need: Need,
    /// When it is legal. Two declarations may share a path if their conditions exclude each other.
    pub when: When,
    /// What it does, in a paragraph.
    pub doc: &'static str,
    /// Where default and bounds are from: a document, or "assumption" and why.
    pub source: &'static str,
}

/// Whether a key has to be given, and what counts if it is not.
#[derive(Clone, Copy, Debug)]
pub enum Need {
    /// It has to be given.
    Required,
    /// This value counts, in the words of a scenario.
    Default(&'static str),
    /// The value of that key of the top level counts.
    SameAs(&'static str),
    /// Nothing counts; the words say what that means.
    Optional(&'static str),
}

/// Under which condition on its own section a key is legal.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// Always.
    Always,
    /// If that key of the section has one of these values.
    Is(&'static str, &'static [&'static str]),
    /// If that key of the section, or one below it, is given.
    With(&'static str),
    /// If neither that key of the section nor one below it is given.
    Without(&'static str),
}

/// All sections, in the order of a scenario file.
pub static SECTIONS: &[Section] = &[
    scenario::TOP,
    net::NET,
    net::PARTITION,
    population::POPULATION,
    objects::OBJECTS,
    objects::DEMAND,
    cluster::CLUSTERS,
    protocol::DHT,
    protocol::BITSWAP,
    protocol::CONNECTIONS,
    filecoin::FILECOIN,
    filecoin::BACKGROUND,
    filecoin::MINERS,
    deals::ASKS,
    deals::CLIENTS,
    scenario::RECORD,
    scenario::PLOT,
    scenario::CLAIM,
];

/// An old name of a key. Understood with a warning; refused beside the new one.
#[derive(Debug)]
pub struct Alias {
    /// The old path, brackets as in [`Section::path`].
    pub old: &'static str,
    /// The path that replaces it.
    pub new: &'static str,
    /// Version that renamed it.
    pub since: &'static str,
}

/// Names that keys had before.
pub static ALIASES: &[Alias] = &[Alias { old: "replications", new: "replicates", since: "0.1" }];

/// Tables of overrides, which hold paths of other keys instead of keys of their own.
pub static OVERRIDES: &[(&str, &str)] = &[
    (
        "arms",
        "`[arms.<name>]`: a named variant of the scenario. Its keys are paths of other keys, quoted or dotted, \
         and replace the file's values: `\"population.cachers.count\" = 0`. Arms share all luck that the \
         overrides do not touch. A scenario without arms has one, `base`.",
    ),
    (
        "grid",
        "`[grid]`: paths of keys, each with a list of values: `\"demand.hit.mean\" = [1, 3, 10]`. Every arm runs at \
         every point of the product; the last key varies fastest.",
    ),
    (
        "size",
        "`[size.<name>]`: a named set of overrides, chosen by `--size`. `[size.small]` is the form that runs in \
         some seconds. May also replace axes: `[size.small.grid]`.",
    ),
];

impl Section {
    /// Names of its path.
    pub fn names(&self) -> Vec<&'static str> {
        split(self.path)
    }

    /// The words of a scenario for this table: `[population.<group>]`, `[[plot]]`, or "the top level".
    pub fn heading(&self) -> String {
        match (self.path, self.path.strip_suffix(".<n>")) {
            ("", _) => "the top level".into(),
            (_, Some(list)) => format!("[[{list}]]"),
            (path, None) => format!("[{path}]"),
        }
    }

    /// The key's full path with brackets.
    pub fn key_path(&self, key: &Key) -> String {
        if self.path.is_empty() { key.path.into() } else { format!("{}.{}", self.path, key.path) }
    }
}

impl Key {
    /// Names of its path below the section.
    pub fn names(&self) -> Vec<&'static str> {
        split(self.path)
    }

    /// Whether the scenario chooses the last name of the path.
    pub fn is_open(&self) -> bool {
        self.path.ends_with('>')
    }
}

impl When {
    /// The condition in words: `only for law = weibull or pareto`.
    pub fn words(&self) -> Option<String> {
        match self {
            When::Always => None,
            When::Is(key, values) => Some(format!("only for {key} = {}", or_list(values))),
            When::With(key) => Some(format!("only with {key}")),
            When::Without(key) => Some(format!("only without {key}")),
        }
    }
}

/// Whether a name of a declared path stands for a name that the scenario chooses.
pub fn is_open_name(name: &str) -> bool {
    name.starts_with('<')
}

/// `a`, `a or b`, `a, b or c`.
pub fn or_list<S: AsRef<str>>(words: &[S]) -> String {
    match words {
        [] => String::new(),
        [only] => only.as_ref().into(),
        [init @ .., last] => {
            let init: Vec<_> = init.iter().map(AsRef::as_ref).collect();
            format!("{} or {}", init.join(", "), last.as_ref())
        }
    }
}

fn split(path: &'static str) -> Vec<&'static str> {
    if path.is_empty() { Vec::new() } else { path.split('.').collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_doc_a_source_and_a_default_that_its_own_kind_accepts() {
        for section in SECTIONS {
            for key in section.keys {
                let path = section.key_path(key);
                assert!(key.doc.ends_with('.') && key.doc.len() > 10, "{path}: doc {:?}", key.doc);
                assert!(!key.source.is_empty(), "{path}: no source");
                if let Need::Default(text) = key.need {
                    let value = key.kind.default(text);
                    assert_eq!(
                        key.kind.default(&value.to_toml()),
                        value,
                        "{path}: {text} does not round-trip"
                    );
                }
            }
        }
    }

    #[test]
    fn declarations_of_one_path_exclude_each_other() {
        for section in SECTIONS {
            for (i, key) in section.keys.iter().enumerate() {
                for other in section.keys[i + 1..].iter().filter(|other| other.path == key.path) {
                    let exclusive = match (&key.when, &other.when) {
                        (When::Is(a, ours), When::Is(b, theirs)) => {
                            a == b && ours.iter().all(|value| !theirs.contains(value))
                        }
                        (When::With(a), When::Without(b)) | (When::Without(a), When::With(b)) => a == b,
                        _ => false,
                    };
                    assert!(exclusive, "{}: two declarations hold at once", section.key_path(key));
                }
            }
        }
    }
}
