//! The key space of the DHT: 256-bit numbers and the XOR metric.
//!
//! A node's key is the SHA-256 of its peer identity, a block's key the SHA-256 of its multihash. The
//! distance of two keys is their bitwise exclusive or, read as a number:
//!
//! ```text
//! d(a, b) = a XOR b        identity, symmetry, triangle inequality, and for a given a and distance
//!                          exactly one b ("unidirectionality")
//! ```
//!
//! The leading zero bits of a distance are the *common prefix length* of the two keys; it names the
//! bucket of a routing table that a peer belongs to.
//!
//! Sources: Maymounkov & Mazières 2002, §2.1; libp2p/go-libp2p-kbucket: `keyspace/xor.go`, `util.go`.

use std::cmp::Ordering;

use sha2::{Digest, Sha256};

/// Bits of a key.
pub const KEY_BITS: u32 = 256;

/// A point of the key space: 256 bits, as four words, the most significant first.
#[derive(
    serde::Serialize, serde::Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default,
)]
pub struct Key(pub [u64; 4]);

/// Distance of two keys; orders as a 256-bit number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Distance(pub [u64; 4]);

impl Key {
    /// The key of something named by `bytes`: their SHA-256.
    pub fn from_preimage(bytes: &[u8]) -> Key {
        Key::from_be_bytes(&Sha256::digest(bytes).into())
    }

    /// The key written as 32 bytes, the most significant first.
    pub fn from_be_bytes(bytes: &[u8; 32]) -> Key {
        let mut words = [0u64; 4];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_be_bytes(chunk.try_into().expect("chunks_exact(8) yields 8 bytes"));
        }
        Key(words)
    }

    /// The first 64 bits, enough to order almost every pair of distances.
    #[inline]
    pub const fn prefix(&self) -> u64 {
        self.0[0]
    }

    /// The XOR distance to `other`.
    #[inline]
    pub fn distance(&self, other: &Key) -> Distance {
        let (a, b) = (&self.0, &other.0);
        Distance([a[0] ^ b[0], a[1] ^ b[1], a[2] ^ b[2], a[3] ^ b[3]])
    }

    /// Number of leading bits that the two keys share, `0..=256` (256 only for equal keys).
    #[inline]
    pub fn common_prefix_len(&self, other: &Key) -> u32 {
        self.distance(other).leading_zeros()
    }

    /// Which of `a` and `b` is closer to this key.
    #[inline]
    pub fn closer(&self, a: &Key, b: &Key) -> Ordering {
        (self.0[0] ^ a.0[0]).cmp(&(self.0[0] ^ b.0[0])).then_with(|| self.distance(a).cmp(&self.distance(b)))
    }

    /// The key that shares exactly the first `len` bits with this one, with its other bits from `random`.
    ///
    /// # Panics
    /// If `len` is 256 or more: no other key shares that many bits.
    pub fn with_common_prefix(&self, len: u32, random: [u64; 4]) -> Key {
        assert!(len < KEY_BITS, "a different key shares at most 255 bits, asked for {len}");
        let mut words = random;
        for (i, word) in words.iter_mut().enumerate() {
            let kept = len.saturating_sub(64 * i as u32).min(64);
            let mask = high_bits(kept);
            *word = (self.0[i] & mask) | (*word & !mask);
        }
        let (i, bit) = ((len / 64) as usize, 1u64 << (63 - len % 64));
        words[i] = (words[i] & !bit) | (!self.0[i] & bit);
        Key(words)
    }
}

impl Distance {
    /// Leading zero bits, `0..=256`.
    #[inline]
    pub fn leading_zeros(&self) -> u32 {
        let mut zeros = 0;
        for word in self.0 {
            zeros += word.leading_zeros();
            if word != 0 {
                break;
            }
        }
        zeros
    }
}

/// A word whose `n` highest bits are set, `0..=64`.
const fn high_bits(n: u32) -> u64 {
    if n == 0 { 0 } else { u64::MAX << (64 - n) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_key() -> impl Strategy<Value = Key> {
        any::<[u64; 4]>().prop_map(Key)
    }

    /// Pairs that share a long prefix by chance one time in two.
    fn any_pair() -> impl Strategy<Value = (Key, Key)> {
        (any_key(), any_key(), 0u32..256, any::<bool>())
            .prop_map(|(a, b, len, near)| if near { (a, a.with_common_prefix(len, b.0)) } else { (a, b) })
    }

    /// `a + b` as five words, so that the sum never overflows.
    fn sum(a: Distance, b: Distance) -> [u64; 5] {
        let mut out = [0u64; 5];
        let mut carry = 0u128;
        for i in (0..4).rev() {
            let s = u128::from(a.0[i]) + u128::from(b.0[i]) + carry;
            out[i + 1] = s as u64;
            carry = s >> 64;
        }
        out[0] = carry as u64;
        out
    }

    proptest! {
        #[test]
        fn only_a_key_itself_is_at_distance_zero((a, b) in any_pair()) {
            prop_assert_eq!(a.distance(&a), Distance([0; 4]));
            prop_assert_eq!(a.distance(&b) == Distance([0; 4]), a == b);
        }

        #[test]
        fn distance_is_symmetric((a, b) in any_pair()) {
            prop_assert_eq!(a.distance(&b), b.distance(&a));
        }

        #[test]
        fn a_detour_is_never_shorter((a, b) in any_pair(), c in any_key()) {
            let direct = a.distance(&c);
            let detour = sum(a.distance(&b), b.distance(&c));
            let direct = [0, direct.0[0], direct.0[1], direct.0[2], direct.0[3]];
            prop_assert!(direct <= detour);
        }

        #[test]
        fn one_key_only_lies_at_a_given_distance(a in any_key(), d in any::<[u64; 4]>()) {
            let b = Key([a.0[0] ^ d[0], a.0[1] ^ d[1], a.0[2] ^ d[2], a.0[3] ^ d[3]]);
            prop_assert_eq!(a.distance(&b), Distance(d));
        }

        #[test]
        fn the_shortcut_order_is_the_order_of_distances((a, b) in any_pair(), t in any_key()) {
            prop_assert_eq!(t.closer(&a, &b), t.distance(&a).cmp(&t.distance(&b)));
        }

        #[test]
        fn a_key_made_for_a_prefix_shares_exactly_that_prefix(
            a in any_key(), random in any::<[u64; 4]>(), len in 0u32..256,
        ) {
            prop_assert_eq!(a.common_prefix_len(&a.with_common_prefix(len, random)), len);
        }
    }

    #[test]
    fn a_key_is_the_sha_256_of_its_preimage() {
        let empty = Key::from_preimage(b"");
        assert_eq!(empty.0[0], 0xe3b0_c442_98fc_1c14, "first bytes of the SHA-256 of nothing");
        assert_eq!(empty.0[3], 0xa495_991b_7852_b855);
        assert_eq!(empty.common_prefix_len(&empty), KEY_BITS);
    }
}
