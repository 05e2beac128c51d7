//! The rolling digest of a run: every dispatched event is folded into 128 bits, in order.
//!
//! Two runs with the same digest dispatched the same events in the same order. The fold is a
//! multiply-mix of two 64-bit lanes, a few nanoseconds an event: it finds differences, it is no
//! defence against somebody who makes them on purpose. Files are hashed with SHA-256.

use crate::queue::Key;
use std::fmt;

/// 128 bits over all events so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct RunDigest {
    a: u64,
    b: u64,
}

/// Odd constants with no structure: the fractional parts of the square roots of 2 and 3.
const K0: u64 = 0x6A09_E667_F3BC_C909;
const K1: u64 = 0xBB67_AE85_84CA_A73B;

impl Default for RunDigest {
    fn default() -> Self {
        RunDigest { a: K0, b: K1 }
    }
}

impl RunDigest {
    /// Folds one event: its key and a word of its content.
    pub fn fold(&mut self, key: Key, content: u64) {
        let [place, origin] = key.words();
        self.a = mix(self.a ^ key.time.as_nanos(), place ^ K1);
        self.b = mix(self.b ^ origin, content ^ self.a ^ K0);
    }
}

/// The two halves of a 64 by 64 bit product, folded onto each other; a zero factor loses nothing
/// because the first factor is added back.
fn mix(x: u64, y: u64) -> u64 {
    let product = u128::from(x) * u128::from(y | 1);
    ((product >> 64) as u64) ^ (product as u64).rotate_left(29) ^ x.rotate_left(17)
}

impl fmt::Display for RunDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.a, self.b)
    }
}
