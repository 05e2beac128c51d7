//! Checked values of one variant of a scenario: complete, typed, each with the place it came from.

use crate::keys::{Section, Value};
use crate::path::KeyPath;
use crate::problem::Place;
use indexmap::IndexMap;
use models::units::AttoFil;
use sim_core::time::SimSpan;
use sim_core::units::{BitRate, Bytes, Prob};

/// All sections of a variant, in the order of the table of sections and then of the scenario.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// Instances by path: `population.readers`.
    pub instances: IndexMap<KeyPath, Instance>,
}

/// One instance of a section.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its declaration.
    pub section: &'static Section,
    /// Its path.
    pub path: KeyPath,
    /// Where it is opened.
    pub place: Place,
    /// Values by declared path below the section; an open key's last name is the chosen one.
    pub values: IndexMap<String, Checked>,
}

/// A value and where it is from.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The value.
    pub value: Value,
    /// Where it was given; the place of its table if it is a default.
    pub place: Place,
    /// Whether the scenario gives it.
    pub given: bool,
}

impl Values {
    /// The instances of the section declared at `path`, in scenario order.
    pub fn all(&self, path: &str) -> impl Iterator<Item = &Instance> {
        self.instances.values().filter(move |instance| instance.section.path == path)
    }

    /// The only instance of a section that is always there.
    ///
    /// # Panics
    /// If the section may be missing: a mistake in the program.
    pub fn one(&self, path: &str) -> &Instance {
        self.all(path).next().unwrap_or_else(|| panic!("section {path:?} is not always there"))
    }

    /// The instance of that path.
    pub fn get(&self, path: &KeyPath) -> Option<&Instance> {
        self.instances.get(path)
    }

    /// Number of the instance called `name` among those of its section.
    pub fn index(&self, section: &str, name: &str) -> Option<usize> {
        self.all(section).position(|instance| instance.name() == name)
    }
}

/// Makes an accessor of a required value and one of an optional one.
macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident, $maybe:ident: $variant:ident($type:ty);)*) => {$(
        $(#[$doc])*
        ///
        /// # Panics
        /// If the key is absent or of another kind: a mistake in the program.
        pub fn $name(&self, key: &str) -> $type {
            self.$maybe(key).unwrap_or_else(|| panic!("{}.{key} is absent", self.path))
        }

        /// The same of a key that may be absent.
        ///
        /// # Panics
        /// If the key is of another kind: a mistake in the program.
        pub fn $maybe(&self, key: &str) -> Option<$type> {
            self.values.get(key).map(|checked| match &checked.value {
                Value::$variant(value) => *value,
                other => panic!("{}.{key} is {other:?}", self.path),
            })
        }
    )*};
}

impl Instance {
    /// The name that the scenario chose for it: the last of its path.
    pub fn name(&self) -> &str {
        self.path.last()
    }

    /// A value with its place.
    pub fn checked(&self, key: &str) -> Option<&Checked> {
        self.values.get(key)
    }

    /// Where a key was given, or where its table is.
    pub fn place_of(&self, key: &str) -> Place {
        self.checked(key).map_or(&self.place, |checked| &checked.place).clone()
    }

    /// The full path of a key.
    pub fn key(&self, key: &str) -> KeyPath {
        crate::merge::child(&self.path, key)
    }

    /// The text of a key.
    ///
    /// # Panics
    /// If the key is absent or of another kind: a mistake in the program.
    pub fn text(&self, key: &str) -> &str {
        self.maybe_text(key).unwrap_or_else(|| panic!("{}.{key} is absent", self.path))
    }

    /// The text of a key that may be absent.
    ///
    /// # Panics
    /// If the key is of another kind: a mistake in the program.
    pub fn maybe_text(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|checked| match &checked.value {
            Value::Text(text) => text.as_str(),
            other => panic!("{}.{key} is {other:?}", self.path),
        })
    }

    /// The items of a list; none if the key is absent.
    ///
    /// # Panics
    /// If the key is of another kind: a mistake in the program.
    pub fn list(&self, key: &str) -> &[Value] {
        self.values.get(key).map_or(&[], |checked| match &checked.value {
            Value::List(items) => items,
            other => panic!("{}.{key} is {other:?}", self.path),
        })
    }

    /// The texts of a list of texts.
    ///
    /// # Panics
    /// If the key is of another kind: a mistake in the program.
    pub fn texts(&self, key: &str) -> Vec<String> {
        let text = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            other => panic!("{}.{key} holds {other:?}", self.path),
        };
        self.list(key).iter().map(text).collect()
    }

    /// Names and values of an open key: `open("region.weights")`.
    pub fn open<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (&'a str, &'a Checked)> {
        self.values
            .iter()
            .filter_map(move |(path, checked)| Some((path.strip_prefix(key)?.strip_prefix('.')?, checked)))
    }

    accessors! {
        /// The whole number of a key.
        whole, maybe_whole: Whole(u64);
        /// The number of a key.
        real, maybe_real: Real(f64);
        /// The flag of a key.
        flag, maybe_flag: Flag(bool);
        /// The time of a key.
        span, maybe_span: Span(SimSpan);
        /// The amount of data of a key.
        bytes, maybe_bytes: Bytes(Bytes);
        /// The bandwidth of a key.
        rate, maybe_rate: Rate(BitRate);
        /// The amount of money of a key.
        money, maybe_money: Money(AttoFil);
        /// The share of a key.
        share, maybe_share: Share(Prob);
    }
}
