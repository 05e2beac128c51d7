//! Orders, samples and weighted choices.

use super::below;
use rand_core::Rng;
use std::collections::BTreeMap;

/// Puts the items in a random order, each order with the same odds (Fisher and Yates; Durstenfeld
/// 1964). One word or, very seldom, more for every item but one.
pub fn shuffle<T>(rng: &mut (impl Rng + ?Sized), items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(rng, last as u64 + 1) as usize);
    }
}

/// A sample up to this size looks for moved places one by one, which is faster than a map.
const FEW: usize = 24;

/// `k` different indices below `n`, in random order, each sequence with the same odds. One word an
/// index; time O(k log k), whatever `n` is.
///
/// A larger sample from the same draw begins with the smaller one.
///
/// # Panics
/// If `k` is above `n`.
pub fn sample_indices(rng: &mut (impl Rng + ?Sized), n: usize, k: usize) -> Vec<usize> {
    assert!(k <= n, "a sample of {k} out of {n}");
    // A shuffle from the front that stops after k places, of which only the moved places are kept.
    if k <= FEW {
        return sample_few(rng, n, k);
    }
    let mut moved = BTreeMap::new();
    (0..k)
        .map(|place| {
            let other = place + below(rng, (n - place) as u64) as usize;
            let here = moved.remove(&place).unwrap_or(place);
            if other == place { here } else { moved.insert(other, here).unwrap_or(other) }
        })
        .collect()
}

/// The same with a short list of (place, what is there now) instead of a map.
fn sample_few(rng: &mut (impl Rng + ?Sized), n: usize, k: usize) -> Vec<usize> {
    let (mut moved, mut len) = ([(0, 0); FEW], 0);
    let mut sample = Vec::with_capacity(k);
    for place in 0..k {
        let other = place + below(rng, (n - place) as u64) as usize;
        let here = match moved[..len].iter().position(|&(at, _)| at == place) {
            Some(found) => {
                let here = moved[found].1;
                len -= 1;
                moved[found] = moved[len];
                here
            }
            None => place,
        };
        sample.push(if other == place {
            here
        } else if let Some(entry) = moved[..len].iter_mut().find(|(at, _)| *at == other) {
            std::mem::replace(&mut entry.1, here)
        } else {
            moved[len] = (other, here);
            len += 1;
            other
        });
    }
    sample
}

/// A choice among indices by integer weights: exact odds, one word, time O(log n).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Weighted {
    /// Sums of the weights up to and including each index.
    sums: Vec<u64>,
}

impl Weighted {
    /// The choice by these weights; an index of weight zero is never chosen.
    ///
    /// `None` if all weights are zero (or there are none), or their sum does not fit 64 bits.
    pub fn new(weights: &[u64]) -> Option<Self> {
        let mut total = 0_u64;
        let sums: Option<Vec<u64>> = weights
            .iter()
            .map(|&weight| {
                total = total.checked_add(weight)?;
                Some(total)
            })
            .collect();
        sums.filter(|_| total > 0).map(|sums| Weighted { sums })
    }

    /// The sum of all weights.
    #[inline]
    pub fn total(&self) -> u64 {
        *self.sums.last().expect("at least one weight")
    }

    /// An index, with odds of its weight over the total.
    #[inline]
    pub fn choose(&self, rng: &mut (impl Rng + ?Sized)) -> usize {
        self.at(below(rng, self.total()))
    }

    /// The index whose stretch of the line of weights holds `point`, a number below the total.
    ///
    /// # Panics
    /// If `point` is not below the total.
    #[inline]
    pub fn at(&self, point: u64) -> usize {
        assert!(point < self.total(), "point {point} is not below the total {}", self.total());
        self.sums.partition_point(|&sum| sum <= point)
    }
}
