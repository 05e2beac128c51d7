//! The words that everything is drawn from: pinned, and without trace of how close their keys are.

use expect_test::expect;
use rand_core::Rng;
use sim_core::draws::{self, Domain, Draws, Entity, mix64, workload_stream};
use std::collections::BTreeSet;
use std::fmt::Write;

const DOMAIN: Domain = Domain::new("test/words");

/// A change here moves every result: it needs a new `draws::VERSION` and a line in the changelog.
#[test]
fn the_words_of_rng_v1_are_pinned() {
    assert_eq!(draws::VERSION, "rng_v1");
    let mut table = String::new();
    let peers = Entity::named("peers");
    for (seed, replicate) in [(0, 0), (0, 1), (42, 0), (u64::MAX, u32::MAX)] {
        let draws = Draws::new(seed, replicate);
        writeln!(table, "seed {seed}, replicate {replicate}: run seed {:016x}", draws.run_seed()).unwrap();
        for (domain, name) in [(DOMAIN, "test/words"), (Domain::new("churn/session"), "churn/session")] {
            for (entity, counter) in [
                (Entity(0), 0),
                (Entity(1), 0),
                (peers, 1),
                (peers.member(0), 2),
                (peers.member(1 << 40), (1 << 48) - 1),
            ] {
                let mut draw = draws.at(domain, entity, counter);
                let words: Vec<String> = (0..3).map(|_| format!("{:016x}", draw.next_u64())).collect();
                writeln!(table, "  {name} {:016x} {counter}: {}", entity.0, words.join(" ")).unwrap();
            }
        }
    }
    let mut stream = workload_stream(Draws::new(42, 0), Domain::new("workload/content"));
    writeln!(table, "workload: {:016x} {:016x}", stream.next_u64(), stream.next_u64()).unwrap();
    expect![[r#"
        seed 0, replicate 0: run seed e220a8397b1dcdaf
          test/words 0000000000000000 0: ec323b8cbc43b756 d488d6aeb7118ba7 2b3a131731bedb73
          test/words 0000000000000001 0: 35143e7c92f42a7c 8238dba04913930a 2529ff57a5218237
          test/words cd0d5484ba43aa8e 1: 8890475f98c9ffa4 542e688ade0ba7f0 81e2b83da4446e1e
          test/words 9b24c76da60d73d3 2: 020b2c61f2fc0fb8 95a534419efc1202 cb6ecf37dd4a06d8
          test/words 5c6b274fbf9810e0 281474976710655: f318c405a0a6d851 548205feca862c4f 71a076d33d432d36
          churn/session 0000000000000000 0: ccfeed2b8e4bbea8 d3d0fe136b22425d 0beadb890d47ef8e
          churn/session 0000000000000001 0: caac1ae8561d68ef 2be145d25c2bc139 c3983b1376572118
          churn/session cd0d5484ba43aa8e 1: 0514d062f48c714f f7f9778d2c24e6e2 f74751e7eecbf16a
          churn/session 9b24c76da60d73d3 2: 413ba02a77fe748c 70bc666cade2838d ee55f95df65898f5
          churn/session 5c6b274fbf9810e0 281474976710655: d31cdbf6175b889a 7e27a2ba7ecb085c fd668fe3073708b3
        seed 0, replicate 1: run seed 6e789e6aa1b965f4
          test/words 0000000000000000 0: 7c3a87a37bb03225 5602522a439202cb e335258563efe394
          test/words 0000000000000001 0: 4fe62b6495beea4a 8e830d46ce30c3f7 e2a9cd597d8a86d4
          test/words cd0d5484ba43aa8e 1: 716cd409cb590e2a c88ef4fb0f9e99e3 12ae1ed7e80d8d0f
          test/words 9b24c76da60d73d3 2: 06d87a0452f221e2 f5da31045657975a 80150585af5567da
          test/words 5c6b274fbf9810e0 281474976710655: 882c7c33dfa3186d 08e4dc2b490aa6e4 32bf4357f6ae3d93
          churn/session 0000000000000000 0: 54e9807d984e72fa 5fd1cd851ab5ef49 bc0e3672f4473bae
          churn/session 0000000000000001 0: 45a5079b156aa0e9 24147e606b763113 edf562b84010f978
          churn/session cd0d5484ba43aa8e 1: fceffe6b308d9b92 22f259d3c9cd79b9 ab6f5c989ef41a44
          churn/session 9b24c76da60d73d3 2: 22619d70a2357b58 4f63573fc56d9f0a 7449c98ba577b14c
          churn/session 5c6b274fbf9810e0 281474976710655: bf26ba6c5c23df22 7d376e88a56e7f16 6ebe17c59dcd442d
        seed 42, replicate 0: run seed 989b3f130a063869
          test/words 0000000000000000 0: de513b3412e82d36 e70b50a498b6035a 099a7a9de6bd8522
          test/words 0000000000000001 0: 5a0bb13d87d67b97 4d66a393b6d6c901 7cbebbf57611b7d1
          test/words cd0d5484ba43aa8e 1: de870b8d2373c402 91cc07ae705779fe 971572d7d0a3f8f8
          test/words 9b24c76da60d73d3 2: 289880855738b8d9 77ec08c97272dd39 81347b349fa0ef96
          test/words 5c6b274fbf9810e0 281474976710655: c8e9c74ec3b3b495 cb5607d6c3726df9 a089f7fde18a9db5
          churn/session 0000000000000000 0: cc173a8808890692 15dd7c38dab9d762 8e6d360ff3d869b6
          churn/session 0000000000000001 0: 216726567070f9b7 5aa5fe56413e8b06 f607da8591c02337
          churn/session cd0d5484ba43aa8e 1: 8c20871e33838338 7bbc2ba937381338 9df1dc0b7fabe4bb
          churn/session 9b24c76da60d73d3 2: 1a92d942d0c240d5 a947427453282087 b16424a6e5d1ea67
          churn/session 5c6b274fbf9810e0 281474976710655: fd5baa1be46d1a1d 3520a961bc69b295 9e95ac74935624f0
        seed 18446744073709551615, replicate 4294967295: run seed fdf4501818120832
          test/words 0000000000000000 0: 2bf071760b023230 1512db15fe781269 3926242a8223efdc
          test/words 0000000000000001 0: 57a9e3a03999eab0 a1627dfbc6480ec3 73d1239c50f1fe42
          test/words cd0d5484ba43aa8e 1: 99b1f7eaafb8e108 7de0023b78b30b15 562a199afc98efce
          test/words 9b24c76da60d73d3 2: 09c8ba2b058f2fe5 821fcfcdc71786dd 538b66a4aacec4ac
          test/words 5c6b274fbf9810e0 281474976710655: 7a16c892e5366060 ff62727ae2114719 9c0b4acf8c515e57
          churn/session 0000000000000000 0: 0a9a1fc7c56dd755 8ed3f508380af870 cd3526e020c95f67
          churn/session 0000000000000001 0: 3250479a39666812 677f0370626709c7 4bdea80fbbfda465
          churn/session cd0d5484ba43aa8e 1: 68c7bc536e786a40 d84406f5555cabc8 fbee8c015274c297
          churn/session 9b24c76da60d73d3 2: 2d9c7bef1886aeae 6458b39ea91e1204 c951fe0f6023ab2e
          churn/session 5c6b274fbf9810e0 281474976710655: 51a6b393e3003865 45adf41e2339f5d5 f5b2aa2bea7b4fa3
        workload: 9355a2b80ce5cbd3 e3a987695d47b4e6
    "#]]
    .assert_eq(&table);
}

#[test]
fn a_draw_is_a_pure_function_of_its_key() {
    let draws = Draws::new(7, 3);
    let again = Draws::from_run_seed(draws.run_seed());
    let entity = Entity::named("miners").member(12);
    for counter in [0, 1, (1 << 48) - 1] {
        let mut draw = draws.at(DOMAIN, entity, counter);
        let mut later = again.at(DOMAIN, entity, counter);
        assert_eq!(draw.clone().next_u64(), draws.word(DOMAIN, entity, counter));
        assert!((0..1_000).all(|_| draw.next_u64() == later.next_u64()));
    }
}

#[test]
fn the_generator_traits_give_the_same_words() {
    let start = || Draws::new(1, 0).at(DOMAIN, Entity(5), 9);
    let (mut draw, mut by_trait) = (start(), start());
    assert_eq!(draw.next_u64(), Rng::next_u64(&mut by_trait));
    assert_eq!((draw.next_u64() >> 32) as u32, by_trait.next_u32());
    let mut bytes = [0_u8; 19];
    by_trait.fill_bytes(&mut bytes);
    let words = [draw.next_u64(), draw.next_u64(), draw.next_u64()].map(u64::to_le_bytes).concat();
    assert_eq!(bytes[..], words[..19]);
    assert_eq!(draw.next_u64(), by_trait.next_u64());
}

#[test]
fn replicates_and_seeds_give_different_runs() {
    let seeds =
        (0..1_000_u64).flat_map(|seed| (0..100).map(move |replicate| Draws::new(seed, replicate).run_seed()));
    assert_eq!(seeds.collect::<BTreeSet<_>>().len(), 100_000);
}

#[test]
fn members_of_different_groups_do_not_meet() {
    let groups = ["peers", "miners", "clients", "gateways"].map(Entity::named).into_iter();
    let groups = groups.chain((0..4).map(Entity)).chain((0..4).map(|i| Entity(0).member(i)));
    let names = groups.flat_map(|group| (0..20_000).map(move |i| group.member(i)));
    assert_eq!(names.collect::<BTreeSet<_>>().len(), 12 * 20_000);
}

/// Words of each numbering. With 16 million of each all of these tests pass too; with 4 rounds of Philox
/// instead of 7 they fail at this size.
const N: u64 = 40_000;

/// One way to number draws: the word of each index, and a name for messages.
type Numbering = (&'static str, fn(u64) -> u64);

/// Every way in which neighbours can be close.
const NUMBERINGS: &[Numbering] = &[
    ("scenario seeds", |i| Draws::new(i, 0).word(DOMAIN, Entity(0), 0)),
    ("run seeds", |i| Draws::from_run_seed(i).word(DOMAIN, Entity(0), 0)),
    ("replicates", |i| Draws::new(42, i as u32).word(DOMAIN, Entity(0), 0)),
    ("entities by number", |i| Draws::new(42, 0).word(DOMAIN, Entity(i), 0)),
    ("entities by high number", |i| Draws::new(42, 0).word(DOMAIN, Entity(i << 40), 0)),
    ("members", |i| Draws::new(42, 0).word(DOMAIN, Entity::named("peers").member(i), 0)),
    ("counters", |i| Draws::new(42, 0).word(DOMAIN, Entity(7), i)),
    ("high counters", |i| Draws::new(42, 0).word(DOMAIN, Entity(7), i << 24)),
    ("counters of a zero key", |i| Draws::from_run_seed(0).word(DOMAIN, Entity(0), i)),
    ("domains", |i| Draws::new(42, 0).word(Domain::new(&format!("test/{i}")), Entity(7), 0)),
    ("second words", |i| {
        let mut draw = Draws::new(42, 0).at(DOMAIN, Entity(7), i);
        draw.next_u64();
        draw.next_u64()
    }),
    ("blocks", |i| {
        let mut draw = Draws::new(42, 0).at(DOMAIN, Entity(i), 0);
        (0..4).map(|_| draw.next_u64()).last().unwrap()
    }),
    ("seed and replicate at once", |i| Draws::new(i, i as u32).word(DOMAIN, Entity(0), 0)),
    ("entity and counter at once", |i| Draws::new(42, 0).word(DOMAIN, Entity(i), i)),
    ("counter against entity", |i| Draws::new(42, 0).word(DOMAIN, Entity(i), (1 << 20) - i)),
    ("rows of 200 counters", |i| Draws::new(42, 0).word(DOMAIN, Entity(i / 200), i % 200)),
];

/// The word as a number from -1 to 1, of mean 0 and variance 1/3.
fn centred(word: u64) -> f64 {
    (word >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

#[test]
fn neighbours_are_uncorrelated() {
    for (name, word) in NUMBERINGS {
        let values: Vec<f64> = (0..N).map(|i| centred(word(i))).collect();
        for lag in [1, 2, 64] {
            let products: f64 = values.iter().zip(&values[lag..]).map(|(a, b)| a * b).sum();
            let n = (values.len() - lag) as f64;
            let r = 3.0 * products / n;
            assert!(r.abs() < 4.0 / n.sqrt(), "{name}, {lag} apart: correlation {r:.5}");
        }
    }
}

#[test]
fn different_numberings_are_uncorrelated() {
    let bound = 4.0 / (N as f64).sqrt();
    let values: Vec<Vec<f64>> =
        NUMBERINGS.iter().map(|(_, word)| (0..N).map(|i| centred(word(i))).collect()).collect();
    for (a, first) in values.iter().enumerate() {
        for (b, second) in values.iter().enumerate().skip(a + 1) {
            let r = 3.0 * first.iter().zip(second).map(|(x, y)| x * y).sum::<f64>() / N as f64;
            assert!(r.abs() < bound, "{} and {}: correlation {r:.5}", NUMBERINGS[a].0, NUMBERINGS[b].0);
        }
    }
}

#[test]
fn every_bit_is_one_half_of_the_time() {
    for (name, word) in NUMBERINGS {
        let mut ones = [0_u64; 64];
        for i in 0..N {
            let word = word(i);
            ones.iter_mut().enumerate().for_each(|(bit, ones)| *ones += word >> bit & 1);
        }
        for (bit, ones) in ones.into_iter().enumerate() {
            // 768 counts in all: 5 deviations happen by chance once in two thousand choices of seeds.
            let deviations = (ones as f64 - N as f64 / 2.0) / (N as f64).sqrt() * 2.0;
            assert!(deviations.abs() < 5.0, "{name}: bit {bit} is {deviations:.1} deviations off");
        }
    }
}

/// Pearson's statistic of equally likely cells, in its standard deviations from its mean.
fn chi_square(cells: &[u64]) -> f64 {
    let expected = cells.iter().sum::<u64>() as f64 / cells.len() as f64;
    let statistic: f64 = cells.iter().map(|&c| square(c as f64 - expected) / expected).sum();
    let freedom = (cells.len() - 1) as f64;
    (statistic - freedom) / (2.0 * freedom).sqrt()
}

fn square(x: f64) -> f64 {
    x * x
}

#[test]
fn words_and_pairs_of_neighbours_fill_their_cells_evenly() {
    for (name, word) in NUMBERINGS {
        for (part, shift) in [("high", 54), ("middle", 27), ("low", 0)] {
            let (mut cells, mut pairs) = (vec![0; 1 << 10], vec![0; 1 << 10]);
            let mut before = word(N);
            for i in 0..N {
                let word = word(i) >> shift;
                cells[(word & 1023) as usize] += 1;
                pairs[((word & 31) << 5 | before & 31) as usize] += 1;
                before = word;
            }
            for (what, cells) in [("words", cells), ("pairs", pairs)] {
                let off = chi_square(&cells);
                assert!(off.abs() < 5.0, "{name}, {what}, {part} bits: chi-square {off:.1} deviations off");
            }
        }
    }
}

/// Wald and Wolfowitz 1940: as many runs above and below the middle as independent words have.
#[test]
fn runs_above_and_below_the_middle_are_as_many_as_by_chance() {
    for (name, word) in NUMBERINGS {
        let above: Vec<bool> = (0..N).map(|i| word(i) >> 63 == 1).collect();
        let runs = 1 + above.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let high = above.iter().filter(|&&above| above).count() as f64;
        let n = N as f64;
        let mean = 2.0 * high * (n - high) / n + 1.0;
        let deviation = ((mean - 1.0) * (mean - 2.0) / (n - 1.0)).sqrt();
        let off = (runs as f64 - mean) / deviation;
        assert!(off.abs() < 4.5, "{name}: {runs} runs, {off:.1} deviations off");
    }
}

/// Bienayme 1874: of three neighbours, the middle one is the largest or the smallest in two cases of three.
#[test]
fn turning_points_are_as_many_as_by_chance() {
    for (name, word) in NUMBERINGS {
        let words: Vec<u64> = (0..N).map(word).collect();
        let turns = words.windows(3).filter(|w| (w[1] > w[0]) == (w[1] > w[2])).count();
        let n = N as f64;
        let off = (turns as f64 - 2.0 * (n - 2.0) / 3.0) / ((16.0 * n - 29.0) / 90.0).sqrt();
        assert!(off.abs() < 4.5, "{name}: {turns} turning points, {off:.1} deviations off");
    }
}

/// Three neighbours as a point of a cube of 8 * 8 * 8 cells, by their highest and by their lowest bits.
#[test]
fn triples_of_neighbours_fill_a_cube_evenly() {
    for (name, word) in NUMBERINGS {
        for (part, shift) in [("high", 61), ("low", 0)] {
            let words: Vec<u64> = (0..N).map(|i| word(i) >> shift & 7).collect();
            let mut cells = vec![0; 512];
            // Triples that do not overlap, so that the counts are those of independent points.
            words.chunks_exact(3).for_each(|w| cells[(w[0] << 6 | w[1] << 3 | w[2]) as usize] += 1);
            let off = chi_square(&cells);
            assert!(off.abs() < 5.0, "{name}, {part} bits: chi-square {off:.1} deviations off");
        }
    }
}

/// Flipping any one bit of any part of the key flips each bit of the word half of the time.
#[test]
fn one_bit_of_the_key_changes_half_of_the_word() {
    const TRIES: u64 = 1_024;
    /// Name, number of bits, and the word of [seed, entity, counter, bits to flip].
    type Part = (&'static str, u32, fn([u64; 4]) -> u64);
    let parts: [Part; 4] = [
        ("run seed", 64, |[x, e, c, flip]| Draws::from_run_seed(x ^ flip).word(DOMAIN, Entity(e), c)),
        ("scenario seed", 64, |[x, e, c, flip]| Draws::new(x ^ flip, 0).word(DOMAIN, Entity(e), c)),
        ("entity", 64, |[x, e, c, flip]| Draws::from_run_seed(x).word(DOMAIN, Entity(e ^ flip), c)),
        ("counter", 48, |[x, e, c, flip]| Draws::from_run_seed(x).word(DOMAIN, Entity(e), c ^ flip)),
    ];
    for (part, bits, word) in parts {
        for bit in 0..bits {
            let mut flips = [0_u64; 64];
            for i in 0..TRIES {
                // Small and plain keys, as scenarios have them.
                let key = [mix64(i), i % 32, i / 32];
                let word = |flip| word([key[0], key[1], key[2], flip]);
                let changed = word(0) ^ word(1 << bit);
                flips.iter_mut().enumerate().for_each(|(out, flips)| *flips += changed >> out & 1);
            }
            for (out, flips) in flips.into_iter().enumerate() {
                // 15,360 counts in all: 6 deviations happen by chance once in thirty thousand.
                let deviations = (flips as f64 - TRIES as f64 / 2.0) / (TRIES as f64).sqrt() * 2.0;
                assert!(deviations.abs() < 6.0, "{part} bit {bit} flips bit {out} {flips} times of {TRIES}");
            }
        }
    }
}

#[test]
fn a_million_words_do_not_repeat() {
    let draws = Draws::new(42, 0);
    let mut words: Vec<u64> = (0..1_000)
        .flat_map(|entity| (0..1_000).map(move |counter| draws.word(DOMAIN, Entity(entity), counter)))
        .collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), 1_000_000);
}
