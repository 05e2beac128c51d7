//! Rows that are written once and read at the end, kept as bytes.
//!
//! Books of days are many and mostly zeros: a row of a client has some thirty amounts of 16 bytes, of which a quiet day
//! changes none. Encoded they take a tenth of that. Rows lie in chunks of their own, so that growing moves nothing.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// Bytes of a chunk.
const CHUNK: usize = 1 << 16;

/// A growing list of rows that are read in order only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Packed<T> {
    /// Full ones, and the last.
    chunks: Vec<Vec<u8>>,
    rows: u64,
    #[serde(skip)]
    of: PhantomData<T>,
}

impl<T> Default for Packed<T> {
    fn default() -> Self {
        Packed { chunks: Vec::new(), rows: 0, of: PhantomData }
    }
}

impl<T: Serialize + DeserializeOwned> Packed<T> {
    /// Adds a row.
    pub fn push(&mut self, row: &T) {
        if self.chunks.last().is_none_or(|chunk| chunk.len() >= CHUNK) {
            // A row may go beyond it: that costs one more allocation.
            self.chunks.push(Vec::with_capacity(CHUNK + CHUNK / 64));
        }
        let chunk = self.chunks.last_mut().expect("there is one");
        let bytes = std::mem::take(chunk);
        *chunk = postcard::to_extend(row, bytes).expect("rows are plain data");
        self.rows += 1;
    }

    /// All rows, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.chunks.iter().flat_map(|chunk| {
            let mut left = &chunk[..];
            std::iter::from_fn(move || {
                if left.is_empty() {
                    return None;
                }
                let (row, rest) = postcard::take_from_bytes(left).expect("rows are as they were written");
                left = rest;
                Some(row)
            })
        })
    }

    /// Number of rows.
    pub fn len(&self) -> u64 {
        self.rows
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_in_over_many_chunks() {
        let row = |number: i128| (number as u32, [number * -1_000_000_007; 20], format!("{number}"));
        let mut packed = Packed::default();
        assert!(packed.is_empty());
        for number in 0..2_000 {
            packed.push(&row(number));
        }
        assert!(packed.chunks.len() > 2 && packed.len() == 2_000);
        assert!(packed.iter().eq((0..2_000).map(row)));
        let saved = postcard::to_stdvec(&packed).expect("plain data");
        let again: Packed<(u32, [i128; 20], String)> = postcard::from_bytes(&saved).expect("plain data");
        assert!(again.iter().eq(packed.iter()));
    }

    #[test]
    fn a_row_of_zeros_takes_a_byte_a_number() {
        let mut packed = Packed::default();
        packed.push(&[0_i128; 25]);
        assert_eq!(packed.chunks[0].len(), 25);
    }
}
