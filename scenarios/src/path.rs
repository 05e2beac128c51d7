//! The path of a key: `population.readers.session.law`.

use std::fmt;
use toml::de::DeTable;

/// The names from the top of a scenario down to a key or table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct KeyPath(Vec<String>);

impl KeyPath {
    /// The path of those names.
    pub fn new<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        KeyPath(names.into_iter().map(Into::into).collect())
    }

    /// Reads a dotted key as TOML writes it: `a.b."c d"`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains(['\n', '=', '#']) {
            return None;
        }
        let line = format!("{text} = 0");
        let table = DeTable::parse(&line).ok()?;
        let (mut names, mut table) = (Vec::new(), table.get_ref());
        loop {
            let (name, value) = table.iter().next()?;
            names.push(name.get_ref().to_string());
            match value.get_ref().as_table() {
                Some(inner) => table = inner,
                None => return Some(KeyPath(names)),
            }
        }
    }

    /// The names.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// This path and one name more.
    pub fn child(&self, name: &str) -> Self {
        let mut names = self.0.clone();
        names.push(name.to_string());
        KeyPath(names)
    }

    /// This path followed by another.
    pub fn join(&self, rest: &KeyPath) -> Self {
        KeyPath(self.0.iter().chain(&rest.0).cloned().collect())
    }

    /// The last name, empty for the path of the whole scenario.
    pub fn last(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write_name(name, f)?;
        }
        Ok(())
    }
}

/// A name as TOML writes it: bare where it can be, else quoted.
fn write_name(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(bare) { f.write_str(name) } else { f.write_str(&quoted(name)) }
}

/// A TOML basic string.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_back_as_it_prints() {
        for text in ["a", "population.readers.count", "net.weights.\"Germany West Central\"", "a.\"b.c\".d"] {
            assert_eq!(KeyPath::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(KeyPath::parse(""), None);
        assert_eq!(KeyPath::parse("a = 1 #"), None);
    }
}
