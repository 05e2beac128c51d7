//! Buzhash: a cyclic polynomial over a 32-byte window, cut where the low 17 bits are zero.
//!
//! The hash of a window b_0 … b_31 is the exclusive or of the table words T[b_i], each rotated left by 31 - i. A
//! chunk is cut at the first length from 131,072 on whose last 32 bytes hash to 17 zero bits at the low end, and at
//! 524,288 at the latest. The window has as many bytes as a word has bits, so a byte that leaves has gone round once
//! and its word is taken out unrotated.
//!
//! Source: ipfs/boxo `chunker/buzhash.go` (lengths, mask, table).

/// Shortest chunk but for the last of a stream, in bytes.
const MIN: usize = 128 * 1024;
/// Longest chunk, in bytes.
pub(super) const MAX: usize = 512 * 1024;
const MASK: u32 = (1 << 17) - 1;
const WINDOW: usize = 32;

/// The first length above `tested` to cut at, if `chunk` is long enough to show it.
pub(super) fn find_cut(chunk: &[u8], tested: usize) -> Option<usize> {
    let chunk = &chunk[..chunk.len().min(MAX)];
    let tested = tested.max(MIN - 1);
    if chunk.len() <= tested {
        return None;
    }
    let quiet = skip_quiet_blocks(&chunk[tested - WINDOW..]);
    scan(chunk, tested + quiet).or((chunk.len() == MAX).then_some(MAX))
}

/// Tests the lengths above `tested` one by one.
fn scan(chunk: &[u8], tested: usize) -> Option<usize> {
    let append = |hash: u32, byte: u8| hash.rotate_left(1) ^ TABLE[usize::from(byte)];
    let mut hash = chunk[tested - WINDOW..tested].iter().fold(0, |hash, &byte| append(hash, byte));
    let windows = chunk[tested - WINDOW..].iter().zip(&chunk[tested..]);
    for (length, (&leaving, &entering)) in (tested + 1..).zip(windows) {
        hash = append(hash, entering) ^ TABLE[usize::from(leaving)];
        if hash & MASK == 0 {
            return Some(length);
        }
    }
    None
}

/// Bytes after the first window that can be skipped, in whole blocks, because none of them holds a cut.
///
/// Let P(n) be the hash of all bytes up to n, none of which leaves. The hash of the window at n is then
/// P(n) ^ P(n - 32), as 32 turns are none. One look-up a byte does where a rolling hash needs two; and since the
/// windows no longer hang on one another, they are compared in bulk after a block of P has been written down.
fn skip_quiet_blocks(bytes: &[u8]) -> usize {
    let (first, rest) = bytes.split_at(WINDOW);
    let mut prefixes = Prefixes::new(first);
    let mut quiet = 0;
    for block in rest.as_chunks::<BLOCK>().0 {
        prefixes.extend(block);
        if prefixes.hold_cut() {
            break;
        }
        quiet += BLOCK;
    }
    quiet
}

/// Bytes between two bulk comparisons.
const BLOCK: usize = 1024;

/// P(n) for a block and for the window before it, in groups of eight. The j-th of a group is kept turned back by
/// j places, R(j) = rotr(P, j): so each follows from the one before by a single exclusive or with a table that is
/// turned back already, and only the last of a group has to be turned.
struct Prefixes {
    last: u32,
    groups: [[u32; 8]; (WINDOW + BLOCK) / 8],
}

impl Prefixes {
    fn new(window: &[u8]) -> Self {
        let mut prefixes = Prefixes { last: 0, groups: [[0; 8]; (WINDOW + BLOCK) / 8] };
        prefixes.write(BLOCK / 8, window);
        prefixes
    }

    /// Moves on by a block.
    fn extend(&mut self, block: &[u8; BLOCK]) {
        self.groups.copy_within(BLOCK / 8.., 0);
        self.write(WINDOW / 8, block);
    }

    fn write(&mut self, first_group: usize, bytes: &[u8]) {
        let groups = self.groups[first_group..].iter_mut();
        for (group, bytes) in groups.zip(bytes.as_chunks::<8>().0) {
            for ((prefix, table), &byte) in group.iter_mut().zip(&TURNED_BACK).zip(bytes) {
                self.last ^= table[usize::from(byte)];
                *prefix = self.last;
            }
            self.last = self.last.rotate_left(8);
        }
    }

    /// Whether any window that ends in the block asks for a cut.
    fn hold_cut(&self) -> bool {
        let windows = self.groups.iter().zip(&self.groups[WINDOW / 8..]);
        windows.fold(false, |cut, (leaving, entering)| {
            (0..8).fold(cut, |cut, j| cut | ((leaving[j] ^ entering[j]) & MASKS[j] == 0))
        })
    }
}

/// `TURNED_BACK[j - 1]` is the table with every word turned right by j places, j from 1 to 8.
static TURNED_BACK: [[u32; 256]; 8] = {
    let mut tables = [TABLE; 8];
    let mut at = 0;
    while at < 8 * 256 {
        tables[at / 256][at % 256] = TABLE[at % 256].rotate_right(at as u32 / 256 + 1);
        at += 1;
    }
    tables
};

/// The mask turned right by one to eight places.
const MASKS: [u32; 8] = {
    let mut masks = [MASK; 8];
    let mut j = 0;
    while j < 8 {
        masks[j] = MASK.rotate_right(j as u32 + 1);
        j += 1;
    }
    masks
};

#[rustfmt::skip]
static TABLE: [u32; 256] = [
    0x6236e7d5, 0x10279b0b, 0x72818182, 0xdc526514, 0x2fd41e3d, 0x777ef8c8, 0x83ee5285, 0x2c8f3637,
    0x2f049c1a, 0x57df9791, 0x9207151f, 0x9b544818, 0x74eef658, 0x2028ca60, 0x0271d91a, 0x27ae587e,
    0xecf9fa5f, 0x236e71cd, 0xf43a8a2e, 0x0bb13380, 0x9e57912c, 0x89a26cdb, 0x9fcf3d71, 0xa86da6f1,
    0x9c49f376, 0x346aecc7, 0xf094a9ee, 0xea99e9cb, 0xb01713c6, 0x088acffb, 0x2960a0fb, 0x344a626c,
    0x7ff22a46, 0x6d7a1aa5, 0x6a714916, 0x41d454ca, 0x8325b830, 0x0b65f563, 0x447fecca, 0xf9d0ea5e,
    0xc1d9d3d4, 0xcb5ec574, 0x55aae902, 0x86edc0e7, 0x0d3a9e33, 0xe70dc1e1, 0xe3c5f639, 0x9b43140a,
    0xc6490ac5, 0x5e4030fb, 0x8e976dd5, 0xa87468ea, 0xf830ef6f, 0xcc1ed5a5, 0x611f4e78, 0xddd11905,
    0xf2613904, 0x566c67b9, 0x905a5ccc, 0x7b37b3a4, 0x4b53898a, 0x6b8fd29d, 0xaad81575, 0x511be414,
    0x3cfac1e7, 0x8029a179, 0xd40efeda, 0x07380e02, 0xdc9beffd, 0x2d049082, 0x99bc7831, 0xff5002a8,
    0x21ce7646, 0x01cd049b, 0x0f43994f, 0xc3c6c5a5, 0xbbda5f50, 0x0ec15ec7, 0x9adb19b6, 0x0c1e80b9,
    0xb9b52968, 0xae162419, 0x2542b405, 0x91a42e9d, 0x6be0f668, 0x6ed7a6b9, 0xbc2777b4, 0xe162ce56,
    0x4266aad5, 0x60fdb704, 0x66f832a5, 0x9595f6ca, 0xfee83ced, 0x55228d99, 0x12bf0e28, 0x66896459,
    0x0789afda, 0x0282baa8, 0x2367a343, 0x591491b0, 0x2ff1a4b1, 0x410739b6, 0x9b7055a0, 0x2e0eb229,
    0x24fc8252, 0x3327d3df, 0xb0782669, 0x1c62e069, 0x7f503101, 0xf50593ae, 0xd9eb275d, 0xe00eb678,
    0x5917ccde, 0x97b9660a, 0xdd06202d, 0xed229e22, 0xa9c735bf, 0xd6316fe6, 0x6fc72e4c, 0x0206dfa2,
    0xd6b15c5a, 0x69d87b49, 0x09c97745, 0x13445d61, 0x35a975aa, 0x859aa9b9, 0x65380013, 0xd1fb6391,
    0xc29255fd, 0x784a3b91, 0xb9e74c26, 0x63ce4d40, 0xc07cbe9e, 0xe6e4529e, 0x0fb3632f, 0x9438d9c9,
    0x682f94a8, 0xf8fd4611, 0x257ec1ed, 0x475ce3d6, 0x60ee2db1, 0x2afab002, 0x2b9e4878, 0x86b340de,
    0x1482fdca, 0xfe41b3bf, 0xd4a412b0, 0xe09db98c, 0xc1af5d53, 0x7e55e25f, 0xd3346b38, 0xb7a12cbd,
    0x9c6827ba, 0x71f78bee, 0x8c3a0f52, 0x150491b0, 0xf26de912, 0x233e3a4e, 0xd309ebba, 0xa0a9e0ff,
    0xca2b5921, 0xeeb9893c, 0x33829e88, 0x9870cc2a, 0x23c4b9d0, 0xeba32ea3, 0xbdac4d22, 0x3bc8c44c,
    0x1e8d0397, 0xf9327735, 0x783b009f, 0x0eb83742, 0x2621dc71, 0xed017d03, 0x5c760aa1, 0x5a69814b,
    0x96e3047f, 0xa93c9cde, 0x615c86f5, 0xb4322aa5, 0x4225534d, 0x0d2e2de3, 0xccfccc4b, 0x0bac2a57,
    0xf0a06d04, 0xbc78d737, 0xf2d1f766, 0xf5a7953c, 0xbcdfda85, 0x5213b7d5, 0xbce8a328, 0xd38f5f18,
    0xdb094244, 0xfe571253, 0x317fa7ee, 0x4a324f43, 0x3ffc39d9, 0x51b3fa8e, 0x7a4bee9f, 0x78bbc682,
    0x9f5c0350, 0x02fe286c, 0x245ab686, 0xed6bf7d7, 0x0ac4988a, 0x3fe010fa, 0xc65fe369, 0xa45749cb,
    0x2b84e537, 0xde9ff363, 0x20540f9a, 0xaa8c9b34, 0x5bc476b3, 0x1d574bd7, 0x929100ad, 0x4721de4d,
    0x27df1b05, 0x58b18546, 0xb7e76764, 0xdf904e58, 0x97af57a1, 0xbd4dc433, 0xa6256dfd, 0xf63998f3,
    0xf1e05833, 0xe20acf26, 0xf57fd9d6, 0x90300b4d, 0x89df4290, 0x68d01cbc, 0xcf893ee3, 0xcc42a046,
    0x778e181b, 0x67265c76, 0xe981a4c4, 0x82991da1, 0x708f7294, 0xe6e2ae62, 0xfc441870, 0x95e1b0b6,
    0x0445f825, 0x5a93b47f, 0x5e9cf4be, 0x84da71e7, 0x9d9582b0, 0x9bf835ef, 0x591f61e2, 0x43325985,
    0x5d2de32e, 0x8d8fbf0f, 0x95b30f38, 0x07ad5b6e, 0x4e934edf, 0x3cd4990e, 0x9053e259, 0x5c41857d,
];

#[cfg(test)]
mod tests {
    use super::super::tests::random_bytes;
    use super::*;

    fn hash(window: &[u8]) -> u32 {
        (0..)
            .zip(window.iter().rev())
            .fold(0, |hash, (turns, &byte)| hash ^ TABLE[usize::from(byte)].rotate_left(turns))
    }

    #[test]
    fn the_fast_scan_cuts_where_the_written_rule_does() {
        let data = random_bytes(4, 3_000_000);
        let mut rest = &data[..];
        while rest.len() > MAX {
            let expected =
                (MIN..MAX).find(|&length| hash(&rest[length - WINDOW..length]) & MASK == 0).unwrap_or(MAX);
            assert_eq!(find_cut(rest, 0), Some(expected));
            assert_eq!(find_cut(&rest[..expected - 1], 0), None);
            assert_eq!(find_cut(rest, expected - 1), Some(expected));
            rest = &rest[expected..];
        }
    }

    #[test]
    fn zeros_cut_at_the_minimum_and_ones_at_the_maximum() {
        assert_eq!(find_cut(&vec![0; MAX], 0), Some(MIN));
        assert_eq!(find_cut(&vec![0xff; MAX], 0), Some(MAX));
        assert_eq!(find_cut(&vec![0xff; MAX - 1], 0), None);
        assert_eq!(find_cut(&vec![0; MIN - 1], 0), None);
    }
}
