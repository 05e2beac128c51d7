//! Odds of what almost never happens: multilevel splitting with a fixed effort for each level.
//!
//! A run that shows a loss once in a thousand million years cannot be waited for. Splitting cuts the way there into
//! levels (copies gone) that are each reached often enough from the one below:
//!
//! ```text
//! level 0   N fresh paths ----------> h1 of them reach level 1; where each did so is kept
//! level 1   N branches of those h1 -> h2 reach level 2
//! ...                                 odds = h1/N * h2/N * ... * hL/N
//! ```
//!
//! It is the fixed-effort variant (Garvels 2000, "The splitting method in rare event simulation", ch. 4; L'Ecuyer, Demers
//! and Tuffin 2007, "Rare events, splitting, and quasi-Monte Carlo", ACM TOMACS 17(2)). The product is unbiased for any
//! effort, also one so small that most products are zero: given the entries of a level, every branch is a fair sample of
//! what follows from them, and every entry is used as often as any other on average (below). Its error is not read
//! off one product, whose factors depend on each other, but from independent [`repetition`]s, as a mean's.
//!
//! **A branch draws its future anew.** A copy of a simulation holds events that were drawn before it was copied: a disk
//! that was copied would fail at the same instant in every branch, and the branches would be one path counted many times.
//! So the splitter gives every branch a stream of draws of its own ([`Path::redraw`]), and the path cancels whatever has
//! been drawn and not yet shown itself, and draws it again *given what has been seen of it*: a life that has lasted `age`
//! goes on by the law of what is left at `age` ([`Sampler::sample_left`](crate::dist::Sampler::sample_left)). That is
//! exact when the past depends on a pending draw only through its not having come up, which is for every path to see to.
//!
//! **Who is branched.** Trial `t` of a level goes on from entry `(start + t) mod entries`, with `start` drawn for the level.
//! All entries get the same number of branches but for one, and which those are is fair.
//!
//! **Determinism.** Streams are named by repetition, level and trial. Repetitions know nothing of each other and may run on
//! any number of threads; [`Estimate::of`] takes them in order.

use crate::dist::below;
use crate::draws::{Domain, Draws, Entity};
use crate::math;

const START: Domain = Domain::new("splitting/start");
const BRANCHES: Entity = Entity::named("splitting/branches");
const PLAIN: Entity = Entity::named("splitting/plain");

/// A simulation that can be copied, and that has a height: how near it has come to what is rare.
pub trait Path: Clone {
    /// The level of the present state. A path starts at 0 and may jump over levels, up and down.
    fn level(&self) -> u32;

    /// Goes on until a state of at least this level: true; or until the path is over: false. True at once if the
    /// present state is as high. A path ends by a rule of its own, with odds of 1.
    fn reach(&mut self, level: u32) -> bool;

    /// Draws everything anew that was drawn and has not shown itself, given what has been seen of it; all draws from
    /// here on are those of `stream`.
    fn redraw(&mut self, stream: Entity);

    /// Events so far, those before it was copied too.
    fn work(&self) -> u64;
}

/// How hard to look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The level that is rare.
    pub top: u32,
    /// Paths that start from each level, in each repetition.
    pub trials: u32,
}

/// Paths from one level: how many were started, how many came to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stage {
    /// Paths started.
    pub trials: u64,
    /// Of them, those that reached the level above.
    pub hits: u64,
    /// Events of all of them.
    pub work: u64,
}

impl Stage {
    /// The share that reached the level above; none of none.
    pub fn share(&self) -> f64 {
        if self.trials == 0 { 0.0 } else { self.hits as f64 / self.trials as f64 }
    }

    fn add(&mut self, other: &Stage) {
        self.trials += other.trials;
        self.hits += other.hits;
        self.work += other.work;
    }
}

/// One product of shares, from its own draws. Levels above one that nobody reached are not there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repetition {
    /// By level, from 0.
    pub stages: Vec<Stage>,
    top: u32,
}

impl Repetition {
    /// The estimate of the odds.
    pub fn odds(&self) -> f64 {
        if self.stages.len() < self.top as usize {
            return 0.0;
        }
        self.stages.iter().map(Stage::share).product()
    }
}

/// Splits paths up to the top, once. `root` makes a path at its beginning, which draws from the stream that it is given.
///
/// # Panics
/// If there is no level or no trial.
pub fn repetition<P: Path>(plan: Plan, draws: Draws, number: u32, root: impl Fn(Entity) -> P) -> Repetition {
    assert!(plan.top > 0 && plan.trials > 0, "nothing to split: {plan:?}");
    let branches = BRANCHES.member(u64::from(number));
    let mut stages = Vec::with_capacity(plan.top as usize);
    let mut entries: Vec<P> = Vec::new();
    for level in 0..plan.top {
        let streams = branches.member(u64::from(level));
        let start = match entries.len() as u64 {
            0 if level > 0 => break,
            0 => 0,
            entries => below(&mut draws.at(START, streams, 0), entries),
        };
        let mut stage = Stage { trials: u64::from(plan.trials), ..Stage::default() };
        let mut reached = Vec::new();
        for trial in 0..u64::from(plan.trials) {
            let stream = streams.member(trial);
            let mut path = if level == 0 {
                root(stream)
            } else {
                branch(&entries[((start + trial) % entries.len() as u64) as usize], level + 1, stream)
            };
            let before = path.work();
            let hit = path.reach(level + 1);
            stage.work += path.work() - before;
            if hit {
                stage.hits += 1;
                reached.push(path);
            }
        }
        stages.push(stage);
        entries = reached;
    }
    Repetition { stages, top: plan.top }
}

/// A branch of a path. One that stands on the next level already has nothing to draw for it.
fn branch<P: Path>(entry: &P, next: u32, stream: Entity) -> P {
    let mut path = entry.clone();
    if path.level() < next {
        path.redraw(stream);
    }
    path
}

/// The odds from several repetitions, and what they cost.
#[derive(Clone, PartialEq, Debug)]
pub struct Estimate {
    /// Mean of the repetitions' products.
    pub odds: f64,
    /// Its standard error, from the differences between them; infinite with one.
    pub error: f64,
    /// The product of each repetition.
    pub products: Vec<f64>,
    /// By level, over all repetitions.
    pub stages: Vec<Stage>,
}

impl Estimate {
    /// Puts repetitions together.
    ///
    /// # Panics
    /// If there is none.
    pub fn of(repetitions: &[Repetition]) -> Self {
        let products: Vec<f64> = repetitions.iter().map(Repetition::odds).collect();
        let (odds, error) = mean(&products);
        let mut stages: Vec<Stage> = Vec::new();
        for repetition in repetitions {
            stages.resize(stages.len().max(repetition.stages.len()), Stage::default());
            stages.iter_mut().zip(&repetition.stages).for_each(|(sum, stage)| sum.add(stage));
        }
        Estimate { odds, error, products, stages }
    }

    /// Standard error over estimate; infinite if nothing was found.
    pub fn relative_error(&self) -> f64 {
        if self.odds > 0.0 { self.error / self.odds } else { f64::INFINITY }
    }

    /// Events of all repetitions.
    pub fn work(&self) -> u64 {
        self.stages.iter().map(|stage| stage.work).sum()
    }
}

/// Mean and its standard error.
fn mean(values: &[f64]) -> (f64, f64) {
    assert!(!values.is_empty(), "a mean of nothing");
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    if values.len() == 1 {
        return (mean, f64::INFINITY);
    }
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, math::sqrt(squares / (n - 1.0) / n))
}

/// The plain estimator: paths from their beginning straight for the top. `seen` is given every one when it is over.
pub fn plain<P: Path>(top: u32, paths: u32, root: impl Fn(Entity) -> P, mut seen: impl FnMut(&P)) -> Stage {
    let mut stage = Stage { trials: u64::from(paths), ..Stage::default() };
    for trial in 0..u64::from(paths) {
        let mut path = root(PLAIN.member(trial));
        stage.hits += u64::from(path.reach(top));
        stage.work += path.work();
        seen(&path);
    }
    stage
}

/// What the plain estimator costs, in events, by what a path of it costs and by the odds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PlainCost {
    /// Events of a path.
    pub a_path: f64,
    /// Events until the rare thing is seen once.
    pub a_hit: f64,
    /// Events for a relative error as small as the one given: the variance of a share of `n` paths is
    /// `odds (1 - odds) / n`.
    pub equal: f64,
}

impl PlainCost {
    /// The cost predicted for such odds and such a relative standard error.
    pub fn predict(plain: &Stage, odds: f64, relative_error: f64) -> Self {
        let a_path = plain.work as f64 / plain.trials as f64;
        let paths = (1.0 - odds) / odds / (relative_error * relative_error);
        PlainCost { a_path, a_hit: a_path / odds, equal: a_path * paths }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::unit;

    const STEP: Domain = Domain::new("test/step");

    /// A walk on 0, 1, 2, ... that goes up with odds `up`, down otherwise, and is over when it is back at 0.
    #[derive(Clone)]
    struct Walk {
        draws: Draws,
        stream: Entity,
        up: f64,
        place: u32,
        steps: u64,
        /// The next step, drawn before it is taken, as an engine's events are.
        next: bool,
    }

    impl Walk {
        fn root(draws: Draws, up: f64) -> impl Fn(Entity) -> Walk {
            move |stream| {
                let mut walk = Walk { draws, stream, up, place: 1, steps: 0, next: false };
                walk.next = walk.draw();
                walk
            }
        }

        fn draw(&self) -> bool {
            unit(&mut self.draws.at(STEP, self.stream, self.steps)) < self.up
        }
    }

    impl Path for Walk {
        fn level(&self) -> u32 {
            self.place.saturating_sub(1)
        }

        fn reach(&mut self, level: u32) -> bool {
            while self.level() < level && self.place > 0 {
                self.place = if self.next { self.place + 1 } else { self.place - 1 };
                self.steps += 1;
                self.next = self.draw();
            }
            self.place > 0
        }

        fn redraw(&mut self, stream: Entity) {
            self.stream = stream;
            self.next = self.draw();
        }

        fn work(&self) -> u64 {
            self.steps
        }
    }

    /// The gambler's ruin (Feller, vol. I, ch. XIV): odds of coming from 1 to `top + 1` before 0.
    fn ruin(up: f64, top: u32) -> f64 {
        let ratio = (1.0 - up) / up;
        (ratio - 1.0) / (math::pow(ratio, f64::from(top + 1)) - 1.0)
    }

    fn estimate(seed: u64, up: f64, plan: Plan, repetitions: u32) -> Estimate {
        let draws = Draws::new(seed, 0);
        let all: Vec<_> =
            (0..repetitions).map(|number| repetition(plan, draws, number, Walk::root(draws, up))).collect();
        Estimate::of(&all)
    }

    #[test]
    fn the_odds_of_a_long_climb_come_out() {
        let (up, top) = (0.2, 15);
        let found = estimate(1, up, Plan { top, trials: 4_000 }, 40);
        let exact = ruin(up, top);
        assert!(exact < 1e-8, "{exact} is rare");
        println!("{:.4e} +- {:.1e}, exact {exact:.4e}", found.odds, found.error);
        assert!((found.odds - exact).abs() < 4.0 * found.error, "{} is not {exact}", found.odds);
        assert!(found.relative_error() < 0.02, "{} is no close look", found.relative_error());
        let cost = PlainCost::predict(
            &plain(top, 100_000, Walk::root(Draws::new(2, 0), up), |_| ()),
            exact,
            found.relative_error(),
        );
        assert!(cost.equal > 1e5 * found.work() as f64, "plain: {cost:?}, splitting {}", found.work());
    }

    #[test]
    fn a_product_of_few_trials_is_unbiased_though_mostly_zero() {
        let (up, top) = (0.3, 4);
        let found = estimate(3, up, Plan { top, trials: 3 }, 60_000);
        let zero = found.products.iter().filter(|product| **product == 0.0).count();
        assert!(zero > 30_000 && zero < 60_000, "{zero} of 60000 found nothing");
        let exact = ruin(up, top);
        assert!(found.relative_error() < 0.02);
        assert!((found.odds - exact).abs() < 4.0 * found.error, "{} +- {}: {exact}", found.odds, found.error);
    }

    #[test]
    fn the_stated_error_is_that_of_the_estimate() {
        let (up, top) = (0.25, 8);
        let many: Vec<Estimate> =
            (0..300).map(|seed| estimate(seed, up, Plan { top, trials: 300 }, 10)).collect();
        let odds: Vec<f64> = many.iter().map(|estimate| estimate.odds).collect();
        let (_, error_of_mean) = mean(&odds);
        let spread = error_of_mean * math::sqrt(odds.len() as f64);
        let squares = many.iter().map(|estimate| estimate.error * estimate.error).sum::<f64>();
        let stated = math::sqrt(squares / many.len() as f64);
        assert!((stated / spread - 1.0).abs() < 0.2, "stated {stated:e}, seen {spread:e}");
    }

    /// A walk that forgets to redraw takes the same next step in every branch.
    #[test]
    fn branches_of_one_entry_part() {
        let draws = Draws::new(4, 0);
        let mut entry = Walk::root(draws, 0.5)(Entity(0));
        assert!((0..).any(|stream| {
            entry = Walk::root(draws, 0.5)(Entity(stream));
            entry.reach(3)
        }));
        let came = |stream| {
            let mut path = branch(&entry, 4, Entity::named("branch").member(stream));
            let hit = path.reach(4);
            (hit, path.work())
        };
        let hits = (0..4_000).filter(|stream| came(*stream).0).count();
        assert!(
            (hits as f64 - 3_200.0).abs() < 4.0 * 25.3,
            "{hits} of 4000 go from 4 to 5 before 0, expected 4/5"
        );
        assert_eq!(came(7), came(7), "one stream, one future");
    }

    #[test]
    fn a_level_that_nobody_reaches_makes_the_product_zero() {
        let found = estimate(5, 0.0, Plan { top: 3, trials: 10 }, 2);
        assert_eq!((found.odds, found.relative_error()), (0.0, f64::INFINITY));
        assert_eq!(found.stages, [Stage { trials: 20, hits: 0, work: 20 }]);
    }
}
