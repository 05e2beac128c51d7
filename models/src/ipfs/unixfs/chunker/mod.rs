//! Cutting a byte stream into chunks.
//!
//! A [`Chunker`] is fed slices of any length and hands out the same chunks whatever the slices were. A chunk that
//! lies whole inside one slice is handed out in place; only chunks that straddle slices are copied, once.
//!
//! All three rules are written as one pure question: *given the bytes of the current chunk, and knowing that its
//! first `tested` lengths are no cut, which is the first length to cut at?* Rabin and buzhash look at the last 16
//! or 32 bytes only, so a scan can stop anywhere and be taken up again from the bytes themselves; no rolling state
//! is carried from slice to slice.
//!
//! Sources: ipfs/boxo `chunker/` (splitting, parsing, limits), whyrusleeping/chunker (rabin).

mod buzhash;
mod rabin;
mod spec;

pub use spec::{CHUNK_MAX, ChunkerSpec, ChunkerSpecError};

use rabin::Rabin;
use spec::Rule;

/// Bytes copied at a time while a straddling chunk is completed. Large enough to amortise the call, small enough
/// that little is copied past a cut.
const TOP_UP: usize = 64 * 1024;

/// Cuts a stream into chunks by a [`ChunkerSpec`].
#[derive(Clone, Debug)]
pub struct Chunker {
    rule: Cutter,
    /// Bytes of the current chunk that arrived in earlier slices.
    held: Vec<u8>,
    /// Lengths up to this one are known to be no cut; at most `held.len()`.
    tested: usize,
}

#[derive(Clone, Debug)]
enum Cutter {
    Size(usize),
    Rabin(Rabin),
    Buzhash,
}

impl Chunker {
    /// A chunker at the start of a stream.
    pub fn new(spec: &ChunkerSpec) -> Self {
        let rule = match spec.rule() {
            Rule::Size(size) => Cutter::Size(size),
            Rule::Rabin { min, avg, max } => Cutter::Rabin(Rabin::new(min, avg, max)),
            Rule::Buzhash => Cutter::Buzhash,
        };
        Chunker { rule, held: Vec::new(), tested: 0 }
    }

    /// Takes the next bytes of the stream and calls `each` for every chunk they complete, in order.
    pub fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(&[u8])) {
        while !bytes.is_empty() {
            let used =
                if self.held.is_empty() { self.cut(bytes, &mut each) } else { self.top_up(bytes, &mut each) };
            bytes = &bytes[used..];
        }
    }

    /// Ends the stream: hands out the last chunk, if one is open, and is ready for another stream.
    pub fn finish(&mut self, mut each: impl FnMut(&[u8])) {
        if !self.held.is_empty() {
            each(&self.held);
            self.reset();
        }
    }

    /// Cuts a chunk off the front of a slice, or keeps the slice for later. Returns the bytes used.
    fn cut(&mut self, bytes: &[u8], each: &mut impl FnMut(&[u8])) -> usize {
        if let Some(length) = self.rule.find_cut(bytes, 0) {
            each(&bytes[..length]);
            return length;
        }
        self.held.extend_from_slice(bytes);
        self.tested = bytes.len();
        bytes.len()
    }

    /// Continues the held chunk. Returns the bytes used.
    fn top_up(&mut self, bytes: &[u8], each: &mut impl FnMut(&[u8])) -> usize {
        let before = self.held.len();
        let take = bytes.len().min(TOP_UP).min(self.rule.longest() - before);
        self.held.extend_from_slice(&bytes[..take]);
        match self.rule.find_cut(&self.held, self.tested) {
            Some(length) => {
                each(&self.held[..length]);
                self.reset();
                length - before
            }
            None => {
                self.tested = self.held.len();
                take
            }
        }
    }

    fn reset(&mut self) {
        self.held.clear();
        self.tested = 0;
    }
}

impl Cutter {
    fn longest(&self) -> usize {
        match self {
            Cutter::Size(size) => *size,
            Cutter::Rabin(rabin) => rabin.longest(),
            Cutter::Buzhash => buzhash::MAX,
        }
    }

    /// The first length above `tested` and within `bytes` at which the chunk that starts with `bytes` is cut.
    fn find_cut(&self, bytes: &[u8], tested: usize) -> Option<usize> {
        match self {
            Cutter::Size(size) => (bytes.len() >= *size).then_some(*size),
            Cutter::Rabin(rabin) => rabin.find_cut(bytes, tested),
            Cutter::Buzhash => buzhash::find_cut(bytes, tested),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The oracle's generator: splitmix64 words, little-endian (header of `tests/vectors/unixfs.json`).
    pub(in super::super) fn random_bytes(seed: u64, len: usize) -> Vec<u8> {
        let words = (1..).map(|i: u64| {
            let mut z = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^ (z >> 31)
        });
        words.flat_map(u64::to_le_bytes).take(len).collect()
    }

    fn lengths(spec: &str, slices: impl Iterator<Item = Vec<u8>>) -> Vec<usize> {
        let mut chunker = Chunker::new(&spec.parse().expect("a valid chunker"));
        let mut found = Vec::new();
        for slice in slices {
            chunker.push(&slice, |chunk| found.push(chunk.len()));
        }
        chunker.finish(|chunk| found.push(chunk.len()));
        found
    }

    #[test]
    fn an_empty_stream_has_no_chunk() {
        for spec in ["size-10", "rabin-64", "buzhash"] {
            assert!(lengths(spec, std::iter::empty()).is_empty());
        }
    }

    #[test]
    fn fixed_size_pieces_are_equal_but_for_the_last() {
        assert_eq!(lengths("size-10", [vec![1; 25]].into_iter()), [10, 10, 5]);
        assert_eq!(lengths("size-10", [vec![1; 20]].into_iter()), [10, 10]);
    }

    #[test]
    fn chunks_do_not_depend_on_the_slices_fed() {
        let data = random_bytes(77, 900_000);
        for spec in ["size-1000", "rabin-16-64-256", "rabin-1000-5000-20000", "rabin-65536", "buzhash"] {
            let whole = lengths(spec, [data.clone()].into_iter());
            for (round, longest) in [1usize, 7, 100, 5_000, 200_000].into_iter().enumerate() {
                // Slices of one byte are slow and need not run over megabytes.
                let data = if longest < 100 { &data[..150_000] } else { &data[..] };
                let whole =
                    if longest < 100 { lengths(spec, [data.to_vec()].into_iter()) } else { whole.clone() };
                let mut sizes = random_bytes(round as u64, data.len() * 2).into_iter();
                let mut rest = data;
                let slices = std::iter::from_fn(|| {
                    let draw = sizes.next()? as usize * 256 + sizes.next()? as usize;
                    let (slice, after) = rest.split_at((draw * longest / 65_536 + 1).min(rest.len()));
                    rest = after;
                    (!slice.is_empty()).then(|| slice.to_vec())
                });
                assert_eq!(lengths(spec, slices), whole, "{spec} in slices of up to {longest}");
            }
        }
    }
}
