//! Closed forms of durability. Every sum is of terms that are not negative and nothing is subtracted, so a result has
//! nearly the digits of its inputs, also at 1e-40 or after 1e47 days.
//!
//! Birth and death: Trivedi 2002, "Probability and Statistics with Reliability, Queuing, and Computer Science
//! Applications", ch. 8; replicas and erasure codes as chains: Ramabhadran and Pasquale, INFOCOM 2006. Binomial tails:
//! Weatherspoon and Kubiatowicz, IPTPS 2002.

use sim_core::math;

/// Who repairs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Crews {
    /// Nobody.
    None,
    /// One missing piece at a time.
    Single,
    /// All missing pieces at once.
    Parallel,
}

/// An object of pieces with lives and repairs without memory, as a chain in the number of missing pieces.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Chain {
    /// Pieces. Bounds: at least 1.
    pub pieces: u32,
    /// Pieces that rebuild the object. Bounds: 1 to `pieces`.
    pub needed: u32,
    /// Failures of a piece in a unit of time. Bounds: above 0.
    pub failure: f64,
    /// Repairs of a crew in a unit of time. Bounds: not negative.
    pub repair: f64,
    /// Who repairs.
    pub crews: Crews,
}

/// Pieces that may be missing, at most, for [`Chain::loss_within`]: its work grows with the cube.
pub const MOST_SPARE: u32 = 200;

impl Chain {
    /// Pieces that may be missing before the object is lost.
    pub fn spare(&self) -> u32 {
        self.pieces - self.needed
    }

    /// Rate at which one more goes missing when `missing` are.
    fn down(&self, missing: u32) -> f64 {
        f64::from(self.pieces - missing) * self.failure
    }

    /// Rate at which one comes back when `missing` are.
    fn up(&self, missing: u32) -> f64 {
        match self.crews {
            Crews::None => 0.0,
            Crews::Single if missing > 0 => self.repair,
            Crews::Single => 0.0,
            Crews::Parallel => f64::from(missing) * self.repair,
        }
    }

    /// Mean time from all pieces to loss.
    ///
    /// `h(j)`, the mean time from `j` missing to `j + 1`, is `(1 + up(j) h(j - 1)) / down(j)`: the time in the state,
    /// and what coming back costs, once for each time that it happens. The answer is their sum. All terms are
    /// positive; the linear system that gives the same in theory loses all digits in long chains.
    pub fn mean_time_to_loss(&self) -> f64 {
        let (mut sum, mut step) = (0.0, 0.0);
        for missing in 0..=self.spare() {
            step = (1.0 + self.up(missing) * step) / self.down(missing);
            sum += step;
        }
        sum
    }

    /// Odds of loss within a time, from all pieces: exact, where `1 - exp(-t / mean)` leaves out the start.
    ///
    /// The chain made uniform (Jensen 1953) over a step so short that its series ends at once, then squared until the
    /// time is reached. Matrices of odds: no entry is negative. `None` if more than [`MOST_SPARE`] pieces are spare.
    pub fn loss_within(&self, time: f64) -> Option<f64> {
        if self.spare() > MOST_SPARE {
            return None;
        }
        let states = self.spare() as usize + 2;
        let fastest = (0..=self.spare()).map(|j| self.down(j) + self.up(j)).fold(0.0, f64::max);
        let (mut step, mut squarings) = (time, 0);
        while fastest * step > 0.5 {
            step *= 0.5;
            squarings += 1;
        }
        let mut odds = self.short(states, fastest, step);
        for _ in 0..squarings {
            odds = odds.times(&odds);
            odds.normalise();
        }
        Some(odds.at(0, states - 1))
    }

    /// Odds of going from one state to another within a step of at most half a mean event.
    fn short(&self, states: usize, fastest: f64, step: f64) -> Matrix {
        let mut jump = Matrix::zero(states);
        for j in 0..states - 1 {
            let missing = j as u32;
            let (down, up) = (self.down(missing) / fastest, self.up(missing) / fastest);
            *jump.of(j, j + 1) = down;
            if j > 0 {
                *jump.of(j, j - 1) = up;
            }
            // Rates differ by little more than rounding where this is small.
            *jump.of(j, j) = (1.0 - down - up).max(0.0);
        }
        *jump.of(states - 1, states - 1) = 1.0;
        let mean = fastest * step;
        let mut weight = math::exp(-mean);
        let mut power = Matrix::zero(states);
        (0..states).for_each(|j| *power.of(j, j) = 1.0);
        let mut sum = Matrix::zero(states);
        // As many terms as there are states, lest loss by the shortest way be left out, and those that count beside.
        for term in 1..=states + 20 {
            sum.add(&power, weight);
            power = power.times(&jump);
            weight *= mean / term as f64;
        }
        sum.normalise();
        sum
    }
}

/// A square matrix of odds, row by row.
#[derive(Clone, Debug)]
struct Matrix {
    size: usize,
    entries: Vec<f64>,
}

impl Matrix {
    fn zero(size: usize) -> Self {
        Matrix { size, entries: vec![0.0; size * size] }
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.entries[row * self.size + column]
    }

    fn of(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.entries[row * self.size + column]
    }

    fn add(&mut self, other: &Matrix, weight: f64) {
        self.entries.iter_mut().zip(&other.entries).for_each(|(sum, entry)| *sum += weight * entry);
    }

    fn times(&self, other: &Matrix) -> Matrix {
        let mut product = Matrix::zero(self.size);
        for (row, out) in product.entries.chunks_exact_mut(self.size).enumerate() {
            for via in 0..self.size {
                let odds = self.at(row, via);
                if odds > 0.0 {
                    let onward = &other.entries[via * self.size..(via + 1) * self.size];
                    out.iter_mut().zip(onward).for_each(|(sum, entry)| *sum += odds * entry);
                }
            }
        }
        product
    }

    /// Makes every row sum to one: what rounding takes or adds would double with every squaring.
    fn normalise(&mut self) {
        for row in self.entries.chunks_exact_mut(self.size) {
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|entry| *entry /= sum);
        }
    }
}

/// Odds that of `pieces`, each gone with odds `gone` on its own, fewer than `needed` are there.
pub fn too_few(pieces: u32, needed: u32, gone: f64) -> f64 {
    if needed == 0 || gone <= 0.0 {
        return f64::from(u8::from(needed > pieces));
    }
    if needed > pieces || gone >= 1.0 {
        return 1.0;
    }
    let here = 1.0 - gone;
    // From the likeliest term down and up: the terms are all positive and fall from there on.
    let likeliest = (f64::from(pieces + 1) * here) as u32;
    let middle = likeliest.min(needed - 1);
    let first = term(pieces, middle, here, gone);
    let (mut sum, mut below) = (first, first);
    for j in (1..=middle).rev() {
        below *= f64::from(j) * gone / (f64::from(pieces - j + 1) * here);
        sum += below;
    }
    let mut above = first;
    for j in middle + 1..needed {
        above *= f64::from(pieces - j + 1) * here / (f64::from(j) * gone);
        sum += above;
    }
    sum.min(1.0)
}

/// Odds that exactly `there` of `pieces` are there: factors above and below one in turn, so that nothing overflows and
/// only what is too small for a double vanishes.
fn term(pieces: u32, there: u32, here: f64, gone: f64) -> f64 {
    let (mut product, mut chosen, mut stay, mut leave) = (1.0, 1, there, pieces - there);
    while chosen <= there || stay > 0 || leave > 0 {
        if chosen <= there && (product <= 1.0 || (stay == 0 && leave == 0)) {
            product *= f64::from(pieces - there + chosen) / f64::from(chosen);
            chosen += 1;
        } else if stay > 0 {
            product *= here;
            stay -= 1;
        } else {
            product *= gone;
            leave -= 1;
        }
    }
    product
}

/// Odds that at least `needed` of `pieces` are online, each with odds `online` on its own.
pub fn retrievable(pieces: u32, needed: u32, online: f64) -> f64 {
    // As many as may be missing, at most, are missing: the same tail, seen from the other side.
    if needed > pieces { 0.0 } else { too_few(pieces, pieces - needed + 1, online) }
}

/// Odds that a piece of that mean life without memory is gone after a time.
pub fn gone_after(mean_life: f64, time: f64) -> f64 {
    -math::exp_m1(-time / mean_life)
}

/// Odds of loss within one period of a check that repairs everything at once, and the mean life: the period over those
/// odds.
pub fn periodic_check(pieces: u32, needed: u32, mean_life: f64, every: f64) -> (f64, f64) {
    let odds = too_few(pieces, needed, gone_after(mean_life, every));
    (odds, every / odds)
}

/// Share of time that something is up which is up and down in turn, whatever the laws of the spells (the renewal-reward
/// theorem).
pub fn availability(mean_up: f64, mean_down: f64) -> f64 {
    mean_up / (mean_up + mean_down)
}

/// Where copies lie that were placed evenly, each on its own, over regions of one size.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Placement {
    /// Odds that all are in one region.
    pub all_in_one: f64,
    /// Odds that no two are in one region.
    pub all_apart: f64,
    /// Odds that the loss of one given region loses all.
    pub lost_with_a_region: f64,
}

/// Placement of `copies` over `regions`.
pub fn placement(copies: u32, regions: u32) -> Placement {
    let regions = f64::from(regions);
    let lost = (0..copies).fold(1.0, |odds, _| odds / regions);
    let apart = (0..copies).fold(1.0, |odds, placed| odds * (regions - f64::from(placed)).max(0.0) / regions);
    Placement { all_in_one: lost * regions, all_apart: apart, lost_with_a_region: lost }
}
