//! The chunker strings of Kubo: which rule cuts the stream, and with which lengths.
//!
//! ```text
//! size-N                   pieces of N bytes
//! rabin                    rabin-262144
//! rabin-A                  rabin-(A div 3)-A-(A + A div 2)
//! rabin-MIN-AVG-MAX        labels allowed: rabin-min:MIN-avg:AVG-max:MAX
//! buzhash                  131072 to 524288 bytes, no parameters
//! default                  size-262144
//! ```
//!
//! Source: ipfs/boxo `chunker/parse.go` and `rabin.go`. Stricter than boxo in two places where it accepts a string
//! and then does not do what it says: `rabin-A` below 48 (its minimum would be under the 16-byte window and one
//! chunk would swallow the stream), and anything after `buzhash`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::rabin::WINDOW;

/// Longest chunk any rule may make: 2 MiB, the block limit of Bitswap, less 256 bytes for the wrapping of a leaf
/// (boxo: `ChunkSizeLimit`).
pub const CHUNK_MAX: usize = 2 * 1024 * 1024 - 256;

const DEFAULT_SIZE: usize = 256 * 1024;

/// A checked choice of chunker; it parses from and prints as Kubo's chunker string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChunkerSpec(Rule);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Rule {
    Size(usize),
    Rabin { min: usize, avg: usize, max: usize },
    Buzhash,
}

impl ChunkerSpec {
    /// Pieces of `size` bytes, 1 to [`CHUNK_MAX`].
    ///
    /// # Errors
    /// If `size` is outside these bounds.
    pub fn size(size: usize) -> Result<Self, ChunkerSpecError> {
        match size {
            1..=CHUNK_MAX => Ok(ChunkerSpec(Rule::Size(size))),
            _ => Err(ChunkerSpecError::Size(size)),
        }
    }

    /// Rabin fingerprints: chunks of `min` to `max` bytes, on random data about `min + avg` before the cut at `max`.
    ///
    /// # Errors
    /// Unless 16 <= `min` < `avg` < `max` <= [`CHUNK_MAX`].
    pub fn rabin(min: usize, avg: usize, max: usize) -> Result<Self, ChunkerSpecError> {
        if WINDOW <= min && min < avg && avg < max && max <= CHUNK_MAX {
            Ok(ChunkerSpec(Rule::Rabin { min, avg, max }))
        } else {
            Err(ChunkerSpecError::Rabin { min, avg, max })
        }
    }

    /// Rabin fingerprints around an average: a third of it at least, one and a half of it at most.
    ///
    /// # Errors
    /// If the minimum or maximum that follows is out of bounds; `avg` from 48 to 1,397,931 is accepted.
    pub fn rabin_around(avg: usize) -> Result<Self, ChunkerSpecError> {
        Self::rabin(avg / 3, avg, avg.saturating_add(avg / 2))
    }

    /// The buzhash chunker, which has no parameters.
    pub fn buzhash() -> Self {
        ChunkerSpec(Rule::Buzhash)
    }

    /// Longest chunk this rule makes, in bytes.
    pub fn longest(&self) -> usize {
        match self.0 {
            Rule::Size(size) => size,
            Rule::Rabin { max, .. } => max,
            Rule::Buzhash => super::buzhash::MAX,
        }
    }

    pub(super) fn rule(&self) -> Rule {
        self.0
    }
}

impl Default for ChunkerSpec {
    /// `size-262144`, the default of Kubo.
    fn default() -> Self {
        ChunkerSpec(Rule::Size(DEFAULT_SIZE))
    }
}

impl fmt::Display for ChunkerSpec {
    /// The shortest string that parses back to the same rule.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Rule::Size(size) => write!(f, "size-{size}"),
            Rule::Buzhash => f.write_str("buzhash"),
            Rule::Rabin { min, avg, max } if ChunkerSpec::rabin_around(avg) != Ok(*self) => {
                write!(f, "rabin-{min}-{avg}-{max}")
            }
            Rule::Rabin { avg: DEFAULT_SIZE, .. } => f.write_str("rabin"),
            Rule::Rabin { avg, .. } => write!(f, "rabin-{avg}"),
        }
    }
}

impl FromStr for ChunkerSpec {
    type Err = ChunkerSpecError;

    fn from_str(text: &str) -> Result<Self, ChunkerSpecError> {
        let parts: Vec<&str> = text.split('-').collect();
        match parts[..] {
            ["default"] => Ok(ChunkerSpec::default()),
            ["size", size] => ChunkerSpec::size(number(text, "", size)?),
            ["rabin"] => ChunkerSpec::rabin_around(DEFAULT_SIZE),
            ["rabin", avg] => ChunkerSpec::rabin_around(number(text, "", avg)?),
            ["rabin", min, avg, max] => ChunkerSpec::rabin(
                number(text, "min:", min)?,
                number(text, "avg:", avg)?,
                number(text, "max:", max)?,
            ),
            ["buzhash"] => Ok(ChunkerSpec::buzhash()),
            _ => Err(ChunkerSpecError::Form(text.into())),
        }
    }
}

/// Digits only, after an optional label.
fn number(text: &str, label: &str, part: &str) -> Result<usize, ChunkerSpecError> {
    let digits = part.strip_prefix(label).unwrap_or(part);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ChunkerSpecError::Form(text.into()));
    }
    digits.parse().map_err(|_| ChunkerSpecError::Form(text.into()))
}

/// Why a string or a set of lengths is no chunker.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChunkerSpecError {
    /// The string has none of the known forms.
    #[error(
        "{0:?} is no chunker: use size-N, rabin, rabin-AVG, rabin-MIN-AVG-MAX or buzhash, with lengths in bytes"
    )]
    Form(String),
    /// A fixed size out of bounds.
    #[error("chunks of {0} bytes are not allowed: size-N needs N from 1 to {CHUNK_MAX}")]
    Size(usize),
    /// Rabin lengths out of order or out of bounds.
    #[error(
        "rabin with min {min}, avg {avg}, max {max} is not allowed: it needs {WINDOW} <= min < avg < max <= \
         {CHUNK_MAX} (rabin-AVG takes AVG/3 and AVG*3/2, so AVG from 48 to 1397931)"
    )]
    Rabin {
        /// Shortest chunk but for the last.
        min: usize,
        /// Length whose binary logarithm sets the mask.
        avg: usize,
        /// Longest chunk.
        max: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_parses_and_prints_back() {
        let check = |text: &str, printed: &str| {
            let spec: ChunkerSpec = text.parse().expect(text);
            assert_eq!(spec.to_string(), printed);
            assert_eq!(printed.parse(), Ok(spec));
        };
        check("default", "size-262144");
        check("size-1", "size-1");
        check("size-2096896", "size-2096896");
        check("rabin", "rabin");
        check("rabin-262144", "rabin");
        check("rabin-87381-262144-393216", "rabin");
        check("rabin-48", "rabin-48");
        check("rabin-1397931", "rabin-1397931");
        check("rabin-16-17-18", "rabin-16-17-18");
        check("rabin-min:100-avg:200-max:2096896", "rabin-100-200-2096896");
        check("buzhash", "buzhash");
    }

    #[test]
    fn lengths_out_of_bounds_are_refused() {
        let check = |text: &str, expected: ChunkerSpecError| {
            assert_eq!(text.parse::<ChunkerSpec>(), Err(expected));
        };
        let rabin = |min, avg, max| ChunkerSpecError::Rabin { min, avg, max };
        check("size-0", ChunkerSpecError::Size(0));
        check("size-2096897", ChunkerSpecError::Size(2_096_897));
        check("rabin-47", rabin(15, 47, 70));
        check("rabin-1397932", rabin(465_977, 1_397_932, 2_096_898));
        check("rabin-15-64-256", rabin(15, 64, 256));
        check("rabin-64-64-256", rabin(64, 64, 256));
        check("rabin-16-256-256", rabin(16, 256, 256));
        check("rabin-16-64-2096897", rabin(16, 64, 2_096_897));
        check("rabin-18446744073709551615", rabin(usize::MAX / 3, usize::MAX, usize::MAX));
    }

    #[test]
    fn other_strings_are_refused_with_the_allowed_forms() {
        let others = [
            "",
            "size",
            "size-",
            "size--1",
            "size-+5",
            "size-1k",
            "size-1-2",
            "rabin-1-2",
            "rabin-16-64-256-9",
            "rabin-avg:48",
            "rabin-max:16-64-256",
            "buzhash-1",
            "fastcdc",
            "size-99999999999999999999999",
        ];
        for text in others {
            let error = text.parse::<ChunkerSpec>().expect_err(text);
            assert_eq!(error, ChunkerSpecError::Form(text.into()));
            assert!(error.to_string().contains("rabin-MIN-AVG-MAX"));
        }
    }
}
