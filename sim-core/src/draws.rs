//! Random draws: stateless and counter-based, keyed by *what* is drawn and never by when.
//!
//! ```text
//!   scenario seed, replicate --mix64--> run seed --xor domain--> Philox key
//!   entity, counter * 2^16 + block ----------------------------> Philox counter
//!                                                                 |
//!                                        two 64-bit words <-------+
//! ```
//!
//! A draw is a pure function of (scenario seed, replicate, [`Domain`], [`Entity`], counter). So one
//! more peer, a changed rule or a reordered loop moves nobody else's luck, two arms of a comparison
//! share arrivals, latencies and failures (common random numbers), and the threads do not matter.
//! There is no generator to store: the model keeps only counters it has anyway ("session number 7").
//!
//! ```
//! use sim_core::draws::{Domain, Draws, Entity};
//!
//! const SESSION: Domain = Domain::new("churn/session");
//! let draws = Draws::new(42, 0);
//! let peer = Entity::named("peers").member(17);
//! let third = draws.at(SESSION, peer, 3); // the luck of this peer's third session
//! let again = draws.at(SESSION, peer, 3).next_u64();
//! assert_eq!(third.clone().next_u64(), again);
//! assert_eq!(draws.word(SESSION, peer, 3), again);
//! ```
//!
//! The generator is Philox2x64 with 7 rounds: Salmon, Moraes, Dror and Shaw 2011, "Parallel random
//! numbers: as easy as 1, 2, 3" (SC'11), constants and known answers from their Random123 library.
//! Their table finds 6 rounds enough to pass BigCrush; 7 leave a margin. It is no cipher: whoever sees
//! draws may foresee others. What is drawn from the words is in [`crate::dist`].
//!
//! Numbers of draws: 2^64 entities in each domain, 2^48 counters for each, and any number of words for
//! each of those.

pub use rand_chacha::ChaCha8Rng;
pub use rand_core::Rng;
use rand_core::{Infallible, SeedableRng, TryRng};

/// The version of everything that decides a draw: this file and the samplers of [`crate::dist`].
///
/// Same version, same values, for ever: a change that moves one golden value needs a new name here.
pub const VERSION: &str = "rng_v1";

/// Rounds of Philox2x64 in a draw.
const ROUNDS: u32 = 7;

/// Bits of the counter word that number the blocks of one draw.
const BLOCK_BITS: u32 = 16;

/// 2^64 divided by the golden ratio, made odd: the step of SplitMix64 and of Philox's key.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A purpose of draws, by its stable name: `Domain::new("churn/session")`.
///
/// By convention the name is "part of the model/what is drawn". Two purposes must not share a name;
/// renaming one changes its draws.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Domain(u64);

impl Domain {
    /// The domain of that name: its FNV-1a hash of 64 bits (Fowler, Noll and Vo, RFC 9923).
    ///
    /// # Panics
    /// If the name is empty; at compile time when used for a constant.
    pub const fn new(name: &str) -> Self {
        assert!(!name.is_empty(), "a domain needs a name");
        Domain(fnv1a_64(name))
    }
}

/// Who draws: a stable 64-bit name.
///
/// Never a dense index that shifts when something is added; `Entity(index)` is right only where the
/// index itself is the stable name. One draw of a whole run may use `Entity(0)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct Entity(pub u64);

impl Entity {
    /// The entity of that name, such as a group or region of the scenario (FNV-1a, 64 bits).
    pub const fn named(name: &str) -> Self {
        Entity(fnv1a_64(name))
    }

    /// Member number `index` of this group; groups nest: `group.member(peer).member(slot)`.
    ///
    /// The name is `mix64(group + GOLDEN * (index + 1))`. Two members of a group never share a name,
    /// and members of two groups do with the odds of 64-bit hashes.
    pub const fn member(self, index: u64) -> Self {
        Entity(mix64(self.0.wrapping_add(GOLDEN.wrapping_mul(index.wrapping_add(1)))))
    }
}

/// The source of all draws of one run: 8 bytes, copied freely.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Draws {
    key: u64,
}

impl Draws {
    /// The draws of replicate number `replicate` under the seed of the scenario.
    ///
    /// The run seed is `mix64(mix64(scenario_seed) + GOLDEN * (replicate + 1))`.
    pub const fn new(scenario_seed: u64, replicate: u32) -> Self {
        let step = GOLDEN.wrapping_mul(replicate as u64 + 1);
        Draws { key: mix64(mix64(scenario_seed).wrapping_add(step)) }
    }

    /// The draws of a run whose seed is known, as [`Draws::run_seed`] gave it.
    pub const fn from_run_seed(run_seed: u64) -> Self {
        Draws { key: run_seed }
    }

    /// The seed from which every draw of the run follows; the manifest holds it.
    pub const fn run_seed(&self) -> u64 {
        self.key
    }

    /// One word: the first of the draw that [`Draws::at`] gives. `counter` must be below 2^48.
    #[inline]
    pub fn word(&self, domain: Domain, entity: Entity, counter: u64) -> u64 {
        debug_assert!(counter < 1 << 48, "counter {counter} of a draw is not below 2^48");
        philox2x64::<ROUNDS>([entity.0, counter << BLOCK_BITS], self.key ^ domain.0)[0]
    }

    /// The draw number `counter` of this entity for this purpose. `counter` must be below 2^48 (checked
    /// in debug builds; above, draws would repeat).
    #[inline]
    pub fn at(&self, domain: Domain, entity: Entity, counter: u64) -> Draw {
        debug_assert!(counter < 1 << 48, "counter {counter} of a draw is not below 2^48");
        Draw {
            key: self.key ^ domain.0,
            entity: entity.0,
            counter: counter << BLOCK_BITS,
            block: 0,
            spare: None,
        }
    }
}

/// The words of one draw, as many as its sampler asks for.
///
/// It is a generator of `rand_core`, to be used at once and dropped: keep the counter, not the draw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draw {
    key: u64,
    entity: u64,
    /// Already shifted: the counter of block 0.
    counter: u64,
    /// The next block to make.
    block: u64,
    /// The second word of the last block, if not yet used.
    spare: Option<u64>,
}

impl Draw {
    /// The next word of this draw.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        if let Some(word) = self.spare.take() {
            return word;
        }
        // A draw of more than 2^16 blocks (a long shuffle) goes on under another key, lest it run into
        // the next counter. mix64(0) is 0, so the first 2^16 blocks are under the plain key.
        let page = self.block >> BLOCK_BITS;
        let key = if page == 0 { self.key } else { self.key ^ mix64(page) };
        let low = self.block & ((1 << BLOCK_BITS) - 1);
        let [first, second] = philox2x64::<ROUNDS>([self.entity, self.counter | low], key);
        self.block += 1;
        self.spare = Some(second);
        first
    }
}

impl TryRng for Draw {
    type Error = Infallible;

    /// The upper half of the next word; the lower is dropped.
    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.next_u64() >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next_u64())
    }

    /// Words in little-endian order; what is left of the last one is dropped.
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

/// A sequential generator for one purpose of workload generation (content, catalogues, traces): one
/// long stream in a fixed order, made before the run. Never one per peer, never inside a run.
///
/// ChaCha with 8 rounds under the 32 bytes of `draws.at(purpose, Entity::named("workload"), 0)`. Its
/// state takes some 300 bytes; in bulk a word costs about as much as a [`Draws::word`].
pub fn workload_stream(draws: Draws, purpose: Domain) -> ChaCha8Rng {
    let mut draw = draws.at(purpose, Entity::named("workload"), 0);
    let mut seed = [0u8; 32];
    for chunk in seed.chunks_exact_mut(8) {
        chunk.copy_from_slice(&draw.next_u64().to_le_bytes());
    }
    ChaCha8Rng::from_seed(seed)
}

/// Philox2x64: two words of a counter under a key of 64 bits, a bijection of the counter for each key.
///
/// Salmon et al. 2011, §3.3 with the constants of Random123; this library draws with 7 rounds, the
/// known-answer tests also run the authors' default of 10.
#[inline]
pub const fn philox2x64<const ROUNDS: u32>(counter: [u64; 2], key: u64) -> [u64; 2] {
    const MULTIPLIER: u64 = 0xD2B7_4407_B1CE_6E93;
    let ([mut left, mut right], mut key, mut round) = (counter, key, 0);
    while round < ROUNDS {
        let product = left as u128 * MULTIPLIER as u128;
        left = (product >> 64) as u64 ^ key ^ right;
        right = product as u64;
        key = key.wrapping_add(GOLDEN);
        round += 1;
    }
    [left, right]
}

/// The finaliser of SplitMix64: a bijection of 64 bits in which each input bit flips each output bit
/// with odds near 1/2. Zero stays zero.
///
/// Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", with the constants of
/// Stafford's "Mix13".
#[inline]
pub const fn mix64(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// FNV-1a of 64 bits over the bytes of a name (Fowler, Noll and Vo, RFC 9923).
const fn fnv1a_64(name: &str) -> u64 {
    let (bytes, mut hash, mut i) = (name.as_bytes(), 0xCBF2_9CE4_8422_2325_u64, 0);
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01B3);
        i += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines `philox2x64` of Random123's `kat_vectors`: rounds, counter, key, answer.
    #[test]
    fn philox_gives_the_known_answers_of_its_authors() {
        let pi = ([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344], 0xa409_3822_299f_31d0);
        for (counter, key, seven, ten) in [
            (
                [0; 2],
                0,
                [0xb41d_a69f_bfef_c666, 0x511e_9ce1_a553_4056],
                [0xca00_a045_9843_d731, 0x66c2_4222_c9a8_45b5],
            ),
            (
                [u64::MAX; 2],
                u64::MAX,
                [0xa469_6cc0_4462_015d, 0x7247_82da_e171_69e9],
                [0x65b0_21d6_0cd8_310f, 0x4d02_f322_2f86_df20],
            ),
            (
                pi.0,
                pi.1,
                [0x98ed_1534_392b_f372, 0x6752_8b15_6888_2fd5],
                [0x0a5e_742c_2997_341c, 0xb0f8_83d3_8000_de5d],
            ),
        ] {
            assert_eq!(philox2x64::<7>(counter, key), seven);
            assert_eq!(philox2x64::<10>(counter, key), ten);
        }
    }

    /// RFC 9923 and the FNV authors' test suite.
    #[test]
    fn fnv_gives_the_known_answers() {
        assert_eq!(fnv1a_64(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a_64("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a_64("foobar"), 0x8594_4171_f739_67e8);
    }

    /// The first outputs of SplitMix64 from seed 1234567 (Vigna's reference code).
    #[test]
    fn mix64_gives_the_known_answers_of_splitmix() {
        let at = |i: u64| mix64(1_234_567_u64.wrapping_add(GOLDEN.wrapping_mul(i)));
        assert_eq!(
            [at(1), at(2), at(3)],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
        assert_eq!(mix64(0), 0);
    }

    #[test]
    fn a_draw_past_its_blocks_does_not_run_into_the_next_counter() {
        let draws = Draws::new(1, 0);
        let (domain, entity) = (Domain::new("test/long"), Entity(7));
        let mut long = draws.at(domain, entity, 0);
        let words: Vec<u64> = (0..(2 << BLOCK_BITS) + 4).map(|_| long.next_u64()).collect();
        let mut next = draws.at(domain, entity, 1);
        let next: Vec<u64> = (0..4).map(|_| next.next_u64()).collect();
        assert_ne!(words[words.len() - 4..], next[..]);
        assert!(!words[1..].contains(&words[0]), "the draw came round to its beginning");
    }
}
