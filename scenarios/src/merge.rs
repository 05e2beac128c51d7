//! Layers put on top of each other, and which declaration of a key holds for the result.
//!
//! An override may replace a whole policy by one word: `session.law = "exponential"` over a Weibull law
//! leaves its `shape` without meaning. So a value is dropped in silence when the declaration it was
//! written for does not hold any more because of a higher layer; a value that never had a declaration
//! is an error. For that the stack of each key is kept, not only its top.

use crate::keys::{self, Key, Need, Section, When};
use crate::layer::{Entry, Layer};
use crate::path::KeyPath;
use crate::problem::Place;
use crate::raw::Raw;
use indexmap::IndexMap;

/// Height of a layer in the stack: higher ones win.
pub type Rank = usize;

/// Above all layers.
const TOP: Rank = Rank::MAX;

/// Layers on top of each other.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    stacks: IndexMap<KeyPath, Vec<(Rank, Entry)>>,
    tables: IndexMap<KeyPath, Place>,
    rank: Rank,
}

/// What a key of an instance comes to.
#[derive(Debug)]
pub enum Standing<'a> {
    /// It holds and is given.
    Given(&'static Key, &'a Entry),
    /// It holds and is not given.
    Open(&'static Key),
    /// It is given where no declaration of it holds.
    Illegal(&'a Entry),
    /// It does not hold and is not given, or what was given is replaced.
    Absent,
}

impl Merged {
    /// Layers from the lowest to the highest.
    pub fn new<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Self {
        let mut merged = Merged::default();
        for layer in layers {
            merged.add(layer);
        }
        merged
    }

    fn add(&mut self, layer: &Layer) {
        self.rank += 1;
        for (path, place) in &layer.tables {
            self.tables.entry(path.clone()).or_insert_with(|| place.clone());
        }
        for (path, entry) in &layer.entries {
            // `region = "..."` over `region.weights`: the table below gives way.
            self.stacks.retain(|other, _| !is_below(other, path));
            self.stacks.entry(path.clone()).or_default().push((self.rank, entry.clone()));
        }
    }

    /// Instances of a section in order of appearance, with their places.
    pub fn instances(&self, section: &Section) -> Vec<(KeyPath, Place)> {
        let pattern = section.names();
        if pattern.is_empty() {
            return vec![(KeyPath::default(), Place::Whole)];
        }
        let mut found: IndexMap<KeyPath, Place> = IndexMap::new();
        let entries = self.stacks.iter().map(|(path, stack)| (path, &stack[0].1.key_place));
        for (path, place) in self.tables.iter().chain(entries) {
            if path.names().len() >= pattern.len() && matches(&pattern, &path.names()[..pattern.len()]) {
                let instance = KeyPath::new(&path.names()[..pattern.len()]);
                found.entry(instance).or_insert_with(|| place.clone());
            }
        }
        if found.is_empty() && section.presence == keys::Presence::Always {
            found.insert(KeyPath::new(pattern), Place::Whole);
        }
        found.into_iter().collect()
    }

    /// What the key called `name` of an instance comes to.
    pub fn standing(&self, section: &'static Section, instance: &KeyPath, name: &str) -> Standing<'_> {
        let now = self.declaration(section, instance, name, TOP);
        let stack = self.stacks.get(&child(instance, name));
        let Some((rank, entry)) = stack.and_then(|stack| stack.last()) else {
            return now.map_or(Standing::Absent, Standing::Open);
        };
        let then = self.declaration(section, instance, name, *rank);
        match (then, now) {
            (_, None) if then.is_some() => Standing::Absent,
            (_, None) => Standing::Illegal(entry),
            (Some(then), Some(now)) if !std::ptr::eq(then, now) => Standing::Open(now),
            (_, Some(now)) => Standing::Given(now, entry),
        }
    }

    /// Values of an open key: chosen name, its path and entry.
    pub fn open(&self, instance: &KeyPath, key: &Key) -> Vec<(&str, &KeyPath, &Entry)> {
        let mut parent = instance.names().to_vec();
        let names = key.names();
        parent.extend(names[..names.len() - 1].iter().map(ToString::to_string));
        let inside =
            |path: &KeyPath| path.names().len() == parent.len() + 1 && path.names().starts_with(&parent);
        self.stacks
            .iter()
            .filter(|(path, _)| inside(path))
            .map(|(path, stack)| (path.last(), path, &stack.last().expect("a stack has entries").1))
            .collect()
    }

    /// The declaration of a key that holds among layers up to a rank.
    fn declaration(
        &self,
        section: &'static Section,
        instance: &KeyPath,
        name: &str,
        rank: Rank,
    ) -> Option<&'static Key> {
        section
            .keys
            .iter()
            .filter(|key| key.path == name)
            .find(|key| self.holds(section, instance, &key.when, rank))
    }

    fn holds(&self, section: &'static Section, instance: &KeyPath, when: &When, rank: Rank) -> bool {
        match when {
            When::Always => true,
            When::Is(key, values) => {
                self.word(section, instance, key, rank).is_some_and(|word| values.contains(&word.as_str()))
            }
            When::With(key) => self.is_given(instance, key, rank),
            When::Without(key) => !self.is_given(instance, key, rank),
        }
    }

    /// The word that a key has, given or by default, among layers up to a rank.
    pub fn word(
        &self,
        section: &'static Section,
        instance: &KeyPath,
        name: &str,
        rank: Rank,
    ) -> Option<String> {
        let key = self.declaration(section, instance, name, rank)?;
        match (self.top(&child(instance, name), rank), key.need) {
            (Some(entry), _) => match &entry.raw {
                Raw::Text(text) => Some(text.clone()),
                _ => None,
            },
            (None, Need::Default(word)) => Some(word.into()),
            _ => None,
        }
    }

    /// The word that a key has among all layers.
    pub fn word_now(&self, section: &'static Section, instance: &KeyPath, name: &str) -> Option<String> {
        self.word(section, instance, name, TOP)
    }

    fn is_given(&self, instance: &KeyPath, name: &str, rank: Rank) -> bool {
        let path = child(instance, name);
        let given = |stack: &Vec<(Rank, Entry)>| stack.iter().any(|(at, _)| *at <= rank);
        self.stacks.iter().any(|(other, stack)| (*other == path || is_below(other, &path)) && given(stack))
    }

    fn top(&self, path: &KeyPath, rank: Rank) -> Option<&Entry> {
        let stack = self.stacks.get(path)?;
        stack.iter().rev().find(|(at, _)| *at <= rank).map(|(_, entry)| entry)
    }
}

/// `instance` and the names of a declared path.
pub fn child(instance: &KeyPath, declared: &str) -> KeyPath {
    instance.join(&KeyPath::new(declared.split('.')))
}

fn is_below(path: &KeyPath, above: &KeyPath) -> bool {
    path.names().len() > above.names().len() && path.names().starts_with(above.names())
}

fn matches(pattern: &[&str], names: &[String]) -> bool {
    pattern.iter().zip(names).all(|(declared, name)| keys::is_open_name(declared) || declared == name)
}
