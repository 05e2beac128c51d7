//! Rabin fingerprints over a 16-byte window: cut where the low bits of the fingerprint are zero.
//!
//! The window is a polynomial over GF(2), first byte highest, and its fingerprint is the remainder modulo an
//! irreducible polynomial P of degree 53. A chunk is cut at the first length from `min` on whose last 16 bytes have
//! a fingerprint with `floor(log2 avg)` zero bits at the low end, and at `max` at the latest.
//!
//! Source: whyrusleeping/chunker (`chunker.go`), with the polynomial of ipfs/boxo `chunker/rabin.go`. The npm
//! importer takes another polynomial (0x3DA3358B4DC173) and so makes other CIDs.
//!
//! Two remarks on why this code is shorter than the original. The original starts each chunk with a 1 in the window
//! and hashes from `min - 16` on; by the first test, at `min`, sixteen bytes have pushed that 1 out again, so the
//! fingerprint is a function of the last 16 bytes alone. And since it is, stretches of a chunk can be hashed
//! side by side: one rolling hash is a chain of table look-ups that leaves most of a core idle, four are not.

/// Bytes in the window.
pub(super) const WINDOW: usize = 16;

/// P, with its leading term x^53.
const POLYNOMIAL: u64 = 0x3D_F305_DFB2_A805;
const DEGREE: u32 = 53;

/// Rolling hashes that run side by side.
const LANES: usize = 4;
/// Bytes each of them covers before all are compared. A longer lane wastes less on filling its window, a shorter
/// one less on the block that is scanned again because it holds a cut.
const LANE: usize = 512;

/// `SHIFTED[b]` = b·x^53 mod P, plus b·x^53 itself to clear the bits that were shifted out above the degree.
static SHIFTED: [u64; 256] = shifted();
/// `LEAVING[b]` = b·x^128 mod P: what a byte amounts to when the byte sixteen places after it has been appended.
static LEAVING: [u64; 256] = leaving();

/// The remainder of a polynomial of degree below 64.
const fn remainder(mut value: u64) -> u64 {
    let mut bit = u64::BITS - 1;
    while bit >= DEGREE {
        if value >> bit & 1 == 1 {
            value ^= POLYNOMIAL << (bit - DEGREE);
        }
        bit -= 1;
    }
    value
}

const fn shifted() -> [u64; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let high = (byte as u64) << DEGREE;
        table[byte] = remainder(high) | high;
        byte += 1;
    }
    table
}

const fn leaving() -> [u64; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut value = byte as u64;
        let mut places = 0;
        while places < WINDOW {
            value = remainder(value << 8);
            places += 1;
        }
        table[byte] = value;
        byte += 1;
    }
    table
}

/// Fingerprint after one more byte.
#[inline(always)]
fn append(fingerprint: u64, byte: u8) -> u64 {
    ((fingerprint << 8) | u64::from(byte)) ^ SHIFTED[usize::from((fingerprint >> (DEGREE - 8)) as u8)]
}

/// Fingerprint after one more byte, without the byte that falls out of the window.
#[inline(always)]
fn slide(fingerprint: u64, leaving: u8, entering: u8) -> u64 {
    append(fingerprint, entering) ^ LEAVING[usize::from(leaving)]
}

fn fingerprint(window: &[u8]) -> u64 {
    window.iter().fold(0, |hash, &byte| append(hash, byte))
}

/// The rule with its lengths and mask.
#[derive(Clone, Debug)]
pub(super) struct Rabin {
    min: usize,
    max: usize,
    mask: u64,
}

impl Rabin {
    /// Needs [`WINDOW`] <= `min` < `avg` < `max`.
    pub(super) fn new(min: usize, avg: usize, max: usize) -> Self {
        Rabin { min, max, mask: (1 << avg.ilog2()) - 1 }
    }

    pub(super) fn longest(&self) -> usize {
        self.max
    }

    /// The first length above `tested` to cut at, if `chunk` is long enough to show it.
    pub(super) fn find_cut(&self, chunk: &[u8], tested: usize) -> Option<usize> {
        let chunk = &chunk[..chunk.len().min(self.max)];
        let first = self.min.max(tested + 1);
        if chunk.len() < first {
            return None;
        }
        // Lengths are tested by sliding one byte on; the first has nothing to slide from, as `min` may be 16.
        if fingerprint(&chunk[first - WINDOW..first]) & self.mask == 0 {
            return Some(first);
        }
        let quiet = self.skip_quiet_blocks(&chunk[first - WINDOW..]);
        self.scan(chunk, first + quiet).or((chunk.len() == self.max).then_some(self.max))
    }

    /// Bytes after the first window that can be skipped because no whole block of them holds a cut.
    fn skip_quiet_blocks(&self, bytes: &[u8]) -> usize {
        const BLOCK: usize = LANES * LANE;
        let mut quiet = 0;
        while let Some(block) = bytes.get(quiet..quiet + WINDOW + BLOCK) {
            if self.holds_cut(block) {
                break;
            }
            quiet += BLOCK;
        }
        quiet
    }

    /// Whether any window that ends after the first 16 bytes of a block of lanes asks for a cut.
    fn holds_cut(&self, block: &[u8]) -> bool {
        let lane = |index: usize| -> &[u8; WINDOW + LANE] {
            block[index * LANE..].first_chunk().expect("a block holds all its lanes")
        };
        let lanes: [_; LANES] = std::array::from_fn(lane);
        let mut hashes = lanes.map(|bytes| fingerprint(&bytes[..WINDOW]));
        for at in 0..LANE {
            for (hash, bytes) in hashes.iter_mut().zip(lanes) {
                *hash = slide(*hash, bytes[at], bytes[at + WINDOW]);
                if *hash & self.mask == 0 {
                    return true;
                }
            }
        }
        false
    }

    /// Tests the lengths above `tested` one by one.
    fn scan(&self, chunk: &[u8], tested: usize) -> Option<usize> {
        let mut hash = fingerprint(&chunk[tested - WINDOW..tested]);
        let windows = chunk[tested - WINDOW..].iter().zip(&chunk[tested..]);
        for (length, (&leaving, &entering)) in (tested + 1..).zip(windows) {
            hash = slide(hash, leaving, entering);
            if hash & self.mask == 0 {
                return Some(length);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::random_bytes;
    use super::*;

    /// The rule as the original runs it: a ring of 16 bytes seeded with a 1, a leaving byte taken out at its place
    /// (x^120) before the next is appended, all reductions bit by bit.
    fn slow_cut(rabin: &Rabin, data: &[u8]) -> Option<usize> {
        let mut ring = [0u8; WINDOW];
        ring[0] = 1;
        let (mut position, mut hash) = (1, 1);
        for (length, &byte) in (1..).zip(data).skip(rabin.min - WINDOW) {
            let leaving = std::mem::replace(&mut ring[position], byte);
            position = (position + 1) % WINDOW;
            hash ^= (1..WINDOW).fold(u64::from(leaving), |value, _| remainder(value << 8));
            hash = remainder(hash << 8 | u64::from(byte));
            if length >= rabin.min && (hash & rabin.mask == 0 || length >= rabin.max) {
                return Some(length);
            }
        }
        None
    }

    #[test]
    fn the_fast_scan_cuts_where_the_written_rule_does() {
        let data = random_bytes(3, 60_000);
        for (min, avg, max) in
            [(16, 64, 256), (100, 1024, 3000), (1000, 5000, 20_000), (5000, 40_000, 59_000)]
        {
            let rabin = Rabin::new(min, avg, max);
            let mut rest = &data[..];
            loop {
                let expected = slow_cut(&rabin, rest);
                assert_eq!(rabin.find_cut(rest, 0), expected, "{min}-{avg}-{max}");
                let Some(length) = expected else { break };
                assert_eq!(rabin.find_cut(&rest[..length - 1], 0), None);
                assert_eq!(rabin.find_cut(rest, length - 1), Some(length));
                rest = &rest[length..];
            }
        }
    }

    #[test]
    fn zeros_cut_at_the_minimum_and_ones_at_the_maximum() {
        let rabin = Rabin::new(87_381, 262_144, 393_216);
        assert_eq!(rabin.find_cut(&vec![0; 400_000], 0), Some(87_381));
        assert_eq!(rabin.find_cut(&vec![0xff; 400_000], 0), Some(393_216));
        assert_eq!(rabin.find_cut(&vec![0xff; 393_215], 0), None);
    }
}
