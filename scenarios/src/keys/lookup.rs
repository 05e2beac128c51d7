//! From the path in a file to the declaration of the key.

use super::{Key, SECTIONS, Section, is_open_name};
use crate::path::KeyPath;
use std::sync::LazyLock;

/// A declared key with the names of its full path.
struct Declared {
    names: Vec<&'static str>,
    section: &'static Section,
    key: &'static Key,
}

/// All declarations, in the order of the table.
static DECLARED: LazyLock<Vec<Declared>> = LazyLock::new(|| {
    let of_section = |section: &'static Section| {
        section.keys.iter().map(move |key| {
            let names = section.names().into_iter().chain(key.names()).collect();
            Declared { names, section, key }
        })
    };
    SECTIONS.iter().flat_map(of_section).collect()
});

/// What a path of a scenario is.
#[derive(Debug)]
pub enum Found {
    /// A key, and perhaps a table of keys besides (`region` and `region.weights`).
    Key {
        /// Whether it may also be a table.
        or_table: bool,
    },
    /// A table that keys may be in.
    Table {
        /// Whether it is a list of tables, `[[plot]]`.
        list: bool,
    },
    /// Nothing that is known.
    Unknown,
}

/// What `path` is.
pub fn find(path: &KeyPath) -> Found {
    let names = path.names();
    let (mut key, mut table, mut list) = (false, false, false);
    for full in DECLARED.iter().map(|declared| declared.names.as_slice()) {
        if matches(full, names) {
            key = true;
        } else if full.len() > names.len() && matches(&full[..names.len()], names) {
            table = true;
            list |= full[names.len()] == "<n>";
        }
    }
    // A section that holds no key of its own below a certain name is still a table.
    table |= SECTIONS.iter().any(|section| matches(&section.names(), names));
    match (key, table) {
        (true, or_table) => Found::Key { or_table },
        (false, true) => Found::Table { list },
        (false, false) => Found::Unknown,
    }
}

/// Declarations of the key at `path`: several if they hold under different conditions.
pub fn declarations(path: &KeyPath) -> Vec<(&'static Section, &'static Key)> {
    let names = path.names();
    let here = DECLARED.iter().filter(|declared| matches(&declared.names, names));
    here.map(|declared| (declared.section, declared.key)).collect()
}

/// Names that a scenario may write directly below `path`, without those it chooses itself.
pub fn literal_names(path: &KeyPath) -> Vec<&'static str> {
    let depth = path.names().len();
    let mut names = Vec::new();
    for full in DECLARED.iter().map(|declared| &declared.names) {
        if full.len() > depth && matches(&full[..depth], path.names()) {
            let name = full[depth];
            if !is_open_name(name) && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

fn matches(pattern: &[&str], names: &[String]) -> bool {
    pattern.len() == names.len()
        && pattern.iter().zip(names).all(|(declared, name)| is_open_name(declared) || declared == name)
}
