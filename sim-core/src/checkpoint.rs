//! A run saved on disk: whole, self-describing, refused by name when it does not fit.
//!
//! ```text
//! magic, 16 bytes        format, u32           length of all that follows, u64
//! header (postcard): program, version, generator, scenario, cell, seed, event number, virtual time
//! payload (postcard): state of engine and model        SHA-256 of everything before it, 32 bytes
//! ```
//!
//! Integers of the frame are little-endian. The same state gives the same bytes: the payload holds nothing that
//! depends on addresses, hash seeds or the wall clock. Magic, format and the checksum in the last 32 bytes stay
//! where they are in every future format, so that damage and another version can be told apart.
//!
//! What a state is, is the model's business: anything that serde writes. [`encode`] and [`decode`] fix how.

use crate::draws;
use crate::record::folder::{sync_parent, write_synced};
use crate::time::SimTime;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Number of the present format; any change of frame, header or state needs another.
pub const FORMAT: u32 = 5;

/// First bytes of every checkpoint. The line end and the end-of-file mark catch transfers as text.
const MAGIC: &[u8; 16] = b"lastcopy-ckpt\r\n\x1a";

/// Bytes of magic, format and length.
const FRAME: usize = 16 + 4 + 8;

/// Bytes of the checksum.
const SUM: usize = 32;

/// What a checkpoint belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// Program.
    pub program: String,
    /// Its version, `major.minor.patch`.
    pub version: String,
    /// Generator and samplers ([`draws::VERSION`]).
    pub rng: String,
    /// Hash of the resolved scenario.
    pub scenario: String,
    /// Arm, grid point and replicate.
    pub cell: String,
    /// Seed of the run.
    pub seed: u64,
}

impl Identity {
    /// The identity of a cell run by this version of `program`.
    pub fn new(program: &str, version: &str, scenario: &str, cell: &str, seed: u64) -> Self {
        Identity {
            program: program.into(),
            version: version.into(),
            rng: draws::VERSION.into(),
            scenario: scenario.into(),
            cell: cell.into(),
            seed,
        }
    }
}

/// What stands before the state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Header {
    /// What it belongs to.
    pub identity: Identity,
    /// Events dispatched so far.
    pub event: u64,
    /// Virtual time.
    pub time: SimTime,
}

/// A checkpoint that cannot be used, and why.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum CheckpointError {
    /// The first bytes are others.
    #[error("is no checkpoint")]
    NotACheckpoint,
    /// The end is missing.
    #[error("is truncated: {found} of {expected} bytes are there")]
    Truncated {
        /// Bytes it should have.
        expected: u64,
        /// Bytes it has.
        found: u64,
    },
    /// The checksum is another.
    #[error("is damaged: its bytes do not match their checksum")]
    Damaged,
    /// The format is another.
    #[error("has checkpoint format {found}, this program reads {FORMAT}: use the {} program", age(*.found))]
    Format {
        /// Its format.
        found: u32,
    },
    /// The program or its version is another.
    #[error("was written by {found}, {} than this {expected}: resume it with that version", .age)]
    Program {
        /// Who wrote it.
        found: String,
        /// Who reads it.
        expected: String,
        /// "newer", "older" or "other".
        age: &'static str,
    },
    /// The generator is another.
    #[error("was made with the generator {found}, this program has {expected}")]
    Generator {
        /// Its generator.
        found: String,
        /// The present one.
        expected: String,
    },
    /// The scenario is another.
    #[error("is of another scenario: its hash is {found}, this scenario's is {expected}")]
    Scenario {
        /// Its scenario.
        found: String,
        /// The one at hand.
        expected: String,
    },
    /// The cell or seed is another.
    #[error("is of cell {found}, not of {expected}")]
    Cell {
        /// Its cell and seed.
        found: String,
        /// The one at hand.
        expected: String,
    },
    /// The state cannot be read though its bytes are whole: it was written by another build.
    #[error("holds a state that this build cannot read ({0}): it was written by another build")]
    State(String),
}

fn age(found: u32) -> &'static str {
    if found > FORMAT { "newer" } else { "older" }
}

/// The bytes of a state.
pub fn encode(state: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(state).expect("states are plain data of known length")
}

/// A state from its bytes, all of which must be used.
///
/// # Errors
/// If they are not the bytes of such a state.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CheckpointError> {
    match postcard::take_from_bytes(bytes) {
        Ok((state, [])) => Ok(state),
        Ok((_, rest)) => Err(CheckpointError::State(format!("{} bytes too many", rest.len()))),
        Err(error) => Err(CheckpointError::State(error.to_string())),
    }
}

/// The bytes of a checkpoint.
pub fn to_bytes(header: &Header, payload: &[u8]) -> Vec<u8> {
    let header = encode(header);
    let length = (header.len() + payload.len() + SUM) as u64;
    let mut bytes = Vec::with_capacity(FRAME + header.len() + payload.len() + SUM);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(payload);
    let sum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

/// Header and payload of a checkpoint that is whole, whatever it belongs to.
///
/// # Errors
/// If it is no checkpoint, of another format, cut short or damaged.
pub fn open(bytes: &[u8]) -> Result<(Header, &[u8]), CheckpointError> {
    if bytes.len() < FRAME || bytes[..16] != MAGIC[..] {
        // A cut within the first bytes still shows whose they are.
        let start = &bytes[..bytes.len().min(16)];
        return Err(if !bytes.is_empty() && MAGIC.starts_with(start) {
            CheckpointError::Truncated { expected: (FRAME + SUM) as u64, found: bytes.len() as u64 }
        } else {
            CheckpointError::NotACheckpoint
        });
    }
    let found = u32::from_le_bytes(bytes[16..20].try_into().expect("four bytes"));
    let length = u64::from_le_bytes(bytes[20..28].try_into().expect("eight bytes"));
    let expected = length.saturating_add(FRAME as u64);
    let is_whole = bytes.len() >= FRAME + SUM && {
        let (body, sum) = bytes.split_at(bytes.len() - SUM);
        Sha256::digest(body)[..] == *sum
    };
    match (is_whole, found == FORMAT) {
        (true, false) => return Err(CheckpointError::Format { found }),
        (false, _) if (bytes.len() as u64) < expected => {
            return Err(CheckpointError::Truncated { expected, found: bytes.len() as u64 });
        }
        (false, _) => return Err(CheckpointError::Damaged),
        (true, true) => {}
    }
    let body = &bytes[FRAME..bytes.len() - SUM];
    postcard::take_from_bytes(body).map_err(|error| CheckpointError::State(error.to_string()))
}

/// Header and payload of a checkpoint that belongs to `expected`.
///
/// # Errors
/// As [`open`], or if it belongs to anything else.
pub fn open_as<'a>(bytes: &'a [u8], expected: &Identity) -> Result<(Header, &'a [u8]), CheckpointError> {
    let (header, payload) = open(bytes)?;
    let found = &header.identity;
    if (&found.program, &found.version) != (&expected.program, &expected.version) {
        let name = |of: &Identity| format!("{} {}", of.program, of.version);
        let age = match (found.program == expected.program, number(&found.version), number(&expected.version))
        {
            (true, found, ours) if found > ours => "newer",
            (true, found, ours) if found < ours => "older",
            _ => "other",
        };
        return Err(CheckpointError::Program { found: name(found), expected: name(expected), age });
    }
    if found.rng != expected.rng {
        return Err(CheckpointError::Generator { found: found.rng.clone(), expected: expected.rng.clone() });
    }
    if found.scenario != expected.scenario {
        return Err(CheckpointError::Scenario {
            found: found.scenario.clone(),
            expected: expected.scenario.clone(),
        });
    }
    if (&found.cell, found.seed) != (&expected.cell, expected.seed) {
        let name = |of: &Identity| format!("{} (seed {})", of.cell, of.seed);
        return Err(CheckpointError::Cell { found: name(found), expected: name(expected) });
    }
    Ok((header, payload))
}

/// Numbers of a version, for comparing.
fn number(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

/// Where [`store`] keeps the checkpoint before the last one.
pub fn previous(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".previous");
    path.with_file_name(name)
}

/// Puts a checkpoint in place: written under a temporary name, forced to disk, renamed. The one that stood there
/// is kept as [`previous`]. Whenever the machine stops, one of the two is whole.
///
/// # Errors
/// If it cannot be written whole; what stood there is then still there.
pub fn store(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = write_synced(&temporary, &[bytes]).and_then(|_| {
        if path.exists() {
            fs::rename(path, previous(path))?;
        }
        fs::rename(&temporary, path)
    });
    if let Err(error) = written {
        // Best effort: a left-over has a temporary name and is never taken for a checkpoint.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync_parent(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity::new("toy", "0.1.0", "abcdef", "base-0-0", 7)
    }

    fn sample() -> Vec<u8> {
        let header = Header { identity: identity(), event: 12, time: SimTime::from_nanos(34) };
        to_bytes(&header, &encode(&(vec![1u32, 2, 3], "state")))
    }

    #[test]
    fn what_was_written_is_read_back() {
        let bytes = sample();
        let (header, payload) = open_as(&bytes, &identity()).expect("it is whole and ours");
        assert_eq!((header.event, header.time.as_nanos()), (12, 34));
        assert_eq!(decode::<(Vec<u32>, String)>(payload), Ok((vec![1, 2, 3], "state".to_string())));
        assert_eq!(sample(), bytes, "the same state has the same bytes");
    }

    #[test]
    fn every_single_flipped_bit_and_every_cut_is_found() {
        let bytes = sample();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&flipped).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            let error = open(&bytes[..length]).expect_err("it is cut");
            let named = matches!(error, CheckpointError::Truncated { .. });
            assert!(named || length == 0, "{length}: {error}");
        }
        let mut longer = bytes;
        longer.push(0);
        assert_eq!(open(&longer), Err(CheckpointError::Damaged));
    }

    #[test]
    fn what_belongs_to_something_else_is_refused_by_name() {
        let bytes = sample();
        let refusal = |change: fn(&mut Identity)| {
            let mut other = identity();
            change(&mut other);
            open_as(&bytes, &other).expect_err("it is another's").to_string()
        };
        let words = [
            refusal(|other| other.version = "0.0.9".into()),
            refusal(|other| other.version = "0.2.0".into()),
            refusal(|other| other.rng = "rng_v2".into()),
            refusal(|other| other.scenario = "012345".into()),
            refusal(|other| other.cell = "base-0-1".into()),
        ];
        expect_test::expect![[r#"
            was written by toy 0.1.0, newer than this toy 0.0.9: resume it with that version
            was written by toy 0.1.0, older than this toy 0.2.0: resume it with that version
            was made with the generator rng_v1, this program has rng_v2
            is of another scenario: its hash is abcdef, this scenario's is 012345
            is of cell base-0-0 (seed 7), not of base-0-1 (seed 7)"#]]
        .assert_eq(&words.join("\n"));
    }

    #[test]
    fn another_format_is_told_from_damage() {
        let mut bytes = sample();
        bytes[16] += 1;
        assert_eq!(open(&bytes), Err(CheckpointError::Damaged));
        let end = bytes.len() - SUM;
        let sum = Sha256::digest(&bytes[..end]);
        bytes[end..].copy_from_slice(&sum);
        assert_eq!(open(&bytes), Err(CheckpointError::Format { found: FORMAT + 1 }));
        assert_eq!(open(b"[scenario]\nname = \"x\"\n, and more"), Err(CheckpointError::NotACheckpoint));
    }
}
