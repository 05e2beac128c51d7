//! Sharded directories: a hash array mapped trie of 256 slots a node.
//!
//! The key of an entry is the 64-bit murmur3 hash of its name; level i of the trie takes byte i of it, highest
//! first. A slot holds either one entry, under the name `XXname`, or a child shard, under the name `XX`, where XX is
//! the slot in upper-case hexadecimal. The bit field in a shard's data says which slots are used: a 256-bit number
//! with bit s for slot s, big-endian, without leading zero bytes.
//!
//! The shape does not depend on the order of insertion, so the trie is built from the finished list: sorted by
//! hash, every shard is a contiguous run.
//!
//! Sources: ipfs/boxo `ipld/unixfs/hamt/`, ipfs/go-bitfield, ipfs/specs `UNIXFS.md` ("HAMT sharded directories").

use super::block::BlockMaker;
use super::dagpb::Link;
use super::data::UnixFs;
use super::directory::DirectoryError;
use super::sink::Sink;
use crate::cid::Cid;

/// Slots of a shard.
pub(super) const FANOUT: usize = 256;
/// Multicodec number of murmur3-x64-64, the first half of murmur3-x64-128.
pub(super) const MURMUR3: u64 = 0x22;
/// Levels before a 64-bit hash is used up.
pub(super) const MAX_DEPTH: usize = 8;

/// Writes the shards of a directory, children first. Returns the root's CID and the size of its tree.
pub(super) fn write(
    entries: impl Iterator<Item = Link>,
    blocks: &mut BlockMaker,
    sink: &mut impl Sink,
) -> Result<(Cid, u64), DirectoryError> {
    let mut hashed: Vec<_> = entries.map(|link| (key(&link.name), link)).collect();
    hashed.sort_by_key(|(key, _)| *key);
    write_shard(&hashed, 0, blocks, sink)
}

type Hashed = ([u8; MAX_DEPTH], Link);

fn write_shard(
    entries: &[Hashed],
    depth: usize,
    blocks: &mut BlockMaker,
    sink: &mut impl Sink,
) -> Result<(Cid, u64), DirectoryError> {
    if depth == MAX_DEPTH {
        return Err(DirectoryError::HashCollision(entries[0].1.name.clone(), entries[1].1.name.clone()));
    }
    let mut bits = BitField::default();
    let mut links = Vec::new();
    for slot_entries in entries.chunk_by(|(a, _), (b, _)| a[depth] == b[depth]) {
        let slot = slot_entries[0].0[depth];
        bits.set(slot);
        links.push(match slot_entries {
            [(_, link)] => Link { name: format!("{slot:02X}{}", link.name), ..link.clone() },
            _ => {
                let (cid, tsize) = write_shard(slot_entries, depth + 1, blocks, sink)?;
                Link { name: format!("{slot:02X}"), cid, tsize }
            }
        });
    }
    Ok(blocks.node(&links, &UnixFs::shard(bits.trimmed(), MURMUR3, FANOUT as u64), 0, sink))
}

/// Which slots of a shard are used.
#[derive(Default, PartialEq, Eq)]
pub(super) struct BitField([u8; FANOUT / 8]);

impl BitField {
    pub(super) fn set(&mut self, slot: u8) {
        let (byte, bit) = (usize::from(slot / 8), slot % 8);
        self.0[FANOUT / 8 - 1 - byte] |= 1 << bit;
    }

    /// The bytes as written: without leading zeros.
    pub(super) fn trimmed(&self) -> &[u8] {
        let zeros = self.0.iter().take_while(|&&byte| byte == 0).count();
        &self.0[zeros..]
    }
}

/// The slots a name takes, level by level.
pub(super) fn key(name: &str) -> [u8; MAX_DEPTH] {
    murmur3_x64_64(name.as_bytes()).to_be_bytes()
}

const C1: u64 = 0x87C3_7B91_1142_53D5;
const C2: u64 = 0x4CF5_AD43_2745_937F;

fn mix_k1(k1: u64) -> u64 {
    k1.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

fn mix_k2(k2: u64) -> u64 {
    k2.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

fn mix_final(mut h: u64) -> u64 {
    h = (h ^ (h >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    h = (h ^ (h >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    h ^ (h >> 33)
}

/// The first half of MurmurHash3 x64 128 with seed 0 (Appleby, `smhasher/src/MurmurHash3.cpp`).
fn murmur3_x64_64(bytes: &[u8]) -> u64 {
    let (mut h1, mut h2) = (0u64, 0u64);
    let (blocks, tail) = bytes.as_chunks::<16>();
    for block in blocks {
        let [k1, k2] = halves(block);
        h1 = (h1 ^ mix_k1(k1)).rotate_left(27).wrapping_add(h2).wrapping_mul(5).wrapping_add(0x52DC_E729);
        h2 = (h2 ^ mix_k2(k2)).rotate_left(31).wrapping_add(h1).wrapping_mul(5).wrapping_add(0x3849_5AB5);
    }
    // Missing bytes of the tail count as zero, and a zero word mixes to zero.
    let mut last = [0; 16];
    last[..tail.len()].copy_from_slice(tail);
    let [k1, k2] = halves(&last);
    let length = bytes.len() as u64;
    h1 ^= mix_k1(k1) ^ length;
    h2 ^= mix_k2(k2) ^ length;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    mix_final(h1).wrapping_add(mix_final(h2))
}

fn halves(block: &[u8; 16]) -> [u64; 2] {
    let (words, _) = block.as_chunks::<8>();
    [u64::from_le_bytes(words[0]), u64::from_le_bytes(words[1])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmur3_gives_the_published_values() {
        assert_eq!(murmur3_x64_64(b""), 0);
        assert_eq!(murmur3_x64_64(b"hello"), 0xCBD8_A7B3_41BD_9B02);
        assert_eq!(murmur3_x64_64(b"The quick brown fox jumps over the lazy dog"), 0xE34B_BC7B_BC07_1B6C);
    }

    #[test]
    fn the_bit_field_is_a_big_endian_number() {
        let field = |slots: &[u8]| {
            let mut bits = BitField::default();
            slots.iter().for_each(|&slot| bits.set(slot));
            bits.trimmed().to_vec()
        };
        assert!(field(&[]).is_empty());
        assert_eq!(field(&[0]), [1]);
        assert_eq!(field(&[7, 8]), [1, 0x80]);
        assert_eq!(field(&[255])[..2], [0x80, 0]);
        assert_eq!(field(&[255]).len(), 32);
    }
}
