//! What to say about a key that nobody knows.

use crate::keys::{self, Found, OVERRIDES, SECTIONS};
use crate::path::KeyPath;
use crate::problem::{Place, Problem};
use crate::suggest::nearest;

/// Names listed at most when nothing is near.
const LISTED: usize = 12;

/// The problem of an unknown key or table at `path`, with the nearest thing that is known.
pub fn problem(path: &KeyPath, place: Place) -> Problem {
    let depth = known_depth(path);
    let parent = KeyPath::new(&path.names()[..depth]);
    let shown = KeyPath::new(&path.names()[..depth + 1]);
    Problem::error(place, &shown, "unknown key").maybe_help(advice(&parent, shown.last()))
}

/// Number of leading names that are known.
fn known_depth(path: &KeyPath) -> usize {
    let names = path.names();
    let known = |depth: &usize| !matches!(keys::find(&KeyPath::new(&names[..*depth])), Found::Unknown);
    (1..names.len()).take_while(known).last().unwrap_or(0)
}

/// A near name in the same table, else the table in which the name is a key, else the keys of the table.
fn advice(parent: &KeyPath, name: &str) -> Option<String> {
    let mut names = keys::literal_names(parent);
    if parent.names().is_empty() {
        names.extend(OVERRIDES.iter().map(|(name, _)| *name));
    }
    if let Some(near) = nearest(name, names.iter().copied()) {
        return Some(format!("did you mean {near}?"));
    }
    if let Some(tables) = tables_with(name) {
        return Some(format!("{name} is a key of {tables}"));
    }
    keys_in(parent)
}

/// Headings of the sections that have a key of that name.
fn tables_with(name: &str) -> Option<String> {
    let has = |section: &&keys::Section| section.keys.iter().any(|key| key.names().contains(&name));
    let headings: Vec<_> = SECTIONS.iter().filter(has).map(|section| section.heading()).collect();
    (!headings.is_empty()).then(|| keys::or_list(&headings))
}

/// "keys here: ...".
pub fn keys_in(table: &KeyPath) -> Option<String> {
    let names = keys::literal_names(table);
    let more = if names.len() > LISTED { ", ..." } else { "" };
    let listed: Vec<_> = names.into_iter().take(LISTED).collect();
    (!listed.is_empty()).then(|| format!("known here: {}{more}", listed.join(", ")))
}
