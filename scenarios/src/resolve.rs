//! The resolved scenario: what was run, every default written out, nothing left to the command line.
//!
//! It is itself a scenario, and running it repeats the run bit for bit. The preset and the size are
//! folded in; arms and grid stay, because the cells of a run are made from them.

use crate::keys::{Key, Value};
use crate::path::{KeyPath, quoted};
use crate::scenario::{BASE_ARM, Scenario};
use crate::values::{Instance, Values};
use std::fmt::Write as _;

/// The text of the resolved scenario.
pub fn text(scenario: &Scenario) -> String {
    let mut out = String::new();
    for instance in scenario.base.instances.values() {
        heading(&mut out, instance);
        for (key, value) in lines(instance) {
            writeln!(out, "{key} = {}", value.to_toml()).expect("a string takes all");
        }
    }
    for arm in scenario.arms.iter().filter(|arm| *arm != BASE_ARM) {
        write_arm(&mut out, scenario, arm);
    }
    if !scenario.grid.is_empty() {
        out.push_str("\n[grid]\n");
    }
    for (path, values) in &scenario.grid {
        writeln!(out, "{} = {}", quoted(&path.to_string()), Value::List(values.clone()).to_toml())
            .expect("a string takes all");
    }
    out
}

fn heading(out: &mut String, instance: &Instance) {
    if instance.path.names().is_empty() {
        return;
    }
    let list = instance.section.path.strip_suffix(".<n>");
    match list {
        Some(list) => writeln!(out, "\n[[{list}]]"),
        None => writeln!(out, "\n[{}]", instance.path),
    }
    .expect("a string takes all");
}

/// Keys of an instance and their values, in the order of the table of keys.
fn lines(instance: &Instance) -> Vec<(KeyPath, Value)> {
    let depth = instance.path.names().len();
    let relative = |path: &KeyPath| KeyPath::new(&path.names()[depth..]);
    let mut lines: Vec<(KeyPath, Value)> = Vec::new();
    for key in declared(instance) {
        if key.is_open() {
            let parent = key.path.rsplit_once('.').expect("an open key has a parent").0;
            for (name, checked) in instance.open(parent) {
                let path = KeyPath::new(parent.split('.')).child(name);
                lines.push((path, checked.value.clone()));
            }
            continue;
        }
        let full = instance.key(key.path);
        if let Some(checked) = instance.checked(key.path) {
            lines.push((relative(&full), checked.value.clone()));
        }
    }
    lines
}

/// Declared keys, each path once.
fn declared(instance: &Instance) -> Vec<&'static Key> {
    let mut keys: Vec<&'static Key> = Vec::new();
    for key in instance.section.keys {
        if !keys.iter().any(|other| other.path == key.path) {
            keys.push(key);
        }
    }
    keys
}

/// What an arm changes, its own defaults included.
fn write_arm(out: &mut String, scenario: &Scenario, arm: &str) {
    writeln!(out, "\n[arms.{}]", KeyPath::new([arm])).expect("a string takes all");
    let first = scenario.variants.iter().find(|variant| variant.arm == arm).expect("every arm has a variant");
    let on_grid = |path: &KeyPath| scenario.grid.contains_key(path);
    for (path, value) in
        differences(&scenario.base, &first.values).into_iter().filter(|(path, _)| !on_grid(path))
    {
        writeln!(out, "{} = {}", quoted(&path.to_string()), value.to_toml()).expect("a string takes all");
    }
}

/// Values of `variant` that `base` has not.
fn differences(base: &Values, variant: &Values) -> Vec<(KeyPath, Value)> {
    let mut different = Vec::new();
    for (path, instance) in &variant.instances {
        for (key, checked) in &instance.values {
            let before = base.get(path).and_then(|instance| instance.checked(key));
            if before.is_none_or(|before| before.value != checked.value) {
                different.push((full_path(instance, key), checked.value.clone()));
            }
        }
    }
    different
}

/// The path of a value, whose last name may be one that the scenario chose.
fn full_path(instance: &Instance, key: &str) -> KeyPath {
    let open = instance.section.keys.iter().filter(|key| key.is_open());
    for declared in open {
        let parent = declared.path.rsplit_once('.').expect("an open key has a parent").0;
        if let Some(name) = key.strip_prefix(parent).and_then(|rest| rest.strip_prefix('.')) {
            return instance.key(parent).child(name);
        }
    }
    instance.key(key)
}
