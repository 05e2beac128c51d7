//! Kaplan–Meier survival of objects, with late entry and right censoring.
//!
//! S(t) = ∏ (1 − d_j / n_j) over the instants t_j ≤ t at which objects were lost: d_j lost of n_j at
//! risk (Kaplan & Meier 1958). Variance after Greenwood, 95 % band on the log(−log S) scale, so that it
//! stays within 0 and 1. An object enters the risk set when it is published (left truncation). At one
//! instant entries come first, then losses, then censorings. Where nothing was lost there is no variance
//! to estimate: the rule of three bounds the loss, and nothing is called certain.

use crate::math::{exp, ln, log10};
use crate::special::Z_95;
use crate::stats::rule_of_three;

/// What to make of an object whose last copy its owner deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Deliberate {
    /// Its observation ends there; it is not a loss.
    #[default]
    Censor,
    /// It is lost like any other.
    Loss,
}

/// One object's time under observation, in nanoseconds of virtual time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Observation {
    /// When it came under observation (was published).
    pub enter: u64,
    /// When it was lost, or observation ended.
    pub leave: u64,
    /// Whether it was lost then.
    pub lost: bool,
}

/// The curve after one instant with losses.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Step {
    /// The instant.
    pub at: u64,
    /// Objects at risk just before.
    pub at_risk: u64,
    /// Objects lost at it.
    pub losses: u64,
    /// Estimated survival from here on.
    pub survival: f64,
    /// Lower end of the 95 % band.
    pub low: f64,
    /// Upper end of the 95 % band.
    pub high: f64,
}

/// An estimated survival curve.
#[derive(Clone, PartialEq, Debug)]
pub struct Curve {
    /// Objects observed.
    pub subjects: u64,
    /// Objects lost.
    pub losses: u64,
    /// Objects whose observation ended before they were lost.
    pub censored: u64,
    /// Sum of the times at risk, in nanoseconds.
    pub time_at_risk: u128,
    /// One step for each instant with losses, in time order.
    pub steps: Vec<Step>,
}

/// Durability in nines: −log10 of the probability of loss.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Nines {
    /// Number of nines.
    pub value: f64,
    /// Whether it is only known to be at least this much: the data resolve no more.
    pub at_cap: bool,
}

impl Curve {
    /// Estimates the curve.
    pub fn fit(observations: &[Observation]) -> Self {
        let mut enters: Vec<u64> = observations.iter().map(|seen| seen.enter).collect();
        let mut leaves: Vec<(u64, bool)> = observations.iter().map(|seen| (seen.leave, seen.lost)).collect();
        enters.sort_unstable();
        leaves.sort_unstable();
        let mut curve = Curve {
            subjects: observations.len() as u64,
            losses: 0,
            censored: 0,
            time_at_risk: observations.iter().map(|seen| u128::from(seen.leave - seen.enter)).sum(),
            steps: Vec::new(),
        };
        let (mut entered, mut left) = (0, 0);
        let (mut survival, mut greenwood) = (1.0, 0.0);
        while left < leaves.len() {
            let at = leaves[left].0;
            entered += enters[entered..].iter().take_while(|&&enter| enter <= at).count();
            let here = &leaves[left..];
            let leaving = here.iter().take_while(|(leave, _)| *leave == at).count();
            let losses = here[..leaving].iter().filter(|(_, lost)| *lost).count() as u64;
            let at_risk = (entered - left) as u64;
            if losses > 0 {
                let (d, n) = (losses as f64, at_risk as f64);
                survival *= 1.0 - d / n;
                greenwood += d / (n * (n - d));
                let (low, high) = log_log_band(survival, greenwood, at_risk);
                // Survival never rises, and so neither does what it is at most.
                let high = curve.steps.last().map_or(high, |before: &Step| high.min(before.high));
                curve.steps.push(Step { at, at_risk, losses, survival, low, high });
            }
            curve.losses += losses;
            curve.censored += leaving as u64 - losses;
            left += leaving;
        }
        curve
    }

    /// The step in force at `t`; `None` before the first loss.
    pub fn at(&self, t: u64) -> Option<&Step> {
        let after = self.steps.partition_point(|step| step.at <= t);
        after.checked_sub(1).map(|last| &self.steps[last])
    }

    /// Lowest survival that zero losses among the observed leave possible: 1 − 3/n.
    pub fn lower_bound_without_losses(&self) -> f64 {
        1.0 - rule_of_three(self.subjects)
    }
}

/// S to the power exp(±z·√V / ln S), where V is Greenwood's sum.
fn log_log_band(survival: f64, greenwood: f64, at_risk: u64) -> (f64, f64) {
    if survival <= 0.0 {
        // All at risk were lost: the mirror image of the rule of three.
        return (0.0, rule_of_three(at_risk));
    }
    let hazard = -ln(survival);
    let width = Z_95 * greenwood.sqrt() / hazard;
    (exp(-hazard * exp(width)), exp(-hazard * exp(-width)))
}

/// Nines of a survival probability estimated from `n` objects, capped at what n can resolve: log10(n/3).
pub fn nines(survival: f64, n: u64) -> Option<Nines> {
    let cap = log10(n as f64 / 3.0);
    if n <= 3 {
        return None;
    }
    let value = if survival >= 1.0 { cap } else { -log10(1.0 - survival) };
    if value >= cap {
        return Some(Nines { value: cap, at_cap: true });
    }
    // Minus zero is zero: everything was lost.
    Some(Nines { value: value + 0.0, at_cap: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_zero(times: &[(u64, bool)]) -> Vec<Observation> {
        times.iter().map(|&(leave, lost)| Observation { enter: 0, leave, lost }).collect()
    }

    fn close(found: f64, published: f64, tolerance: f64) {
        assert!((found - published).abs() <= tolerance, "{found}, published {published}");
    }

    #[test]
    fn when_the_last_is_lost_the_band_is_no_wider_than_before() {
        let curve = Curve::fit(&from_zero(&(1..=20).map(|time| (time, true)).collect::<Vec<_>>()));
        let [.., before, last] = &curve.steps[..] else { panic!("twenty steps") };
        assert_eq!((last.survival, last.low, last.high), (0.0, 0.0, before.high));
        assert!(before.high < 0.25, "{before:?}");
        assert!(curve.steps.windows(2).all(|pair| pair[1].high <= pair[0].high));
    }

    #[test]
    fn the_leukaemia_patients_of_freireich_survive_as_in_the_textbooks() {
        // Remission in weeks under 6-mercaptopurine (Freireich et al., Blood 21, 1963; Kalbfleisch and
        // Prentice; Klein and Moeschberger table 4.1A): * marks a censored time.
        let lost = [6, 6, 6, 7, 10, 13, 16, 22, 23];
        let censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
        let times: Vec<_> =
            lost.iter().map(|&t| (t, true)).chain(censored.iter().map(|&t| (t, false))).collect();
        let curve = Curve::fit(&from_zero(&times));
        // Week, at risk, lost, S(t), Greenwood standard error, log-log 95 % band.
        let published = [
            (6, 21, 3, 0.857, 0.0764, 0.620, 0.952),
            (7, 17, 1, 0.807, 0.0869, 0.563, 0.923),
            (10, 15, 1, 0.753, 0.0963, 0.503, 0.889),
            (13, 12, 1, 0.690, 0.1068, 0.432, 0.849),
            (16, 11, 1, 0.627, 0.1141, 0.368, 0.805),
            (22, 7, 1, 0.538, 0.1282, 0.268, 0.747),
            (23, 6, 1, 0.448, 0.1346, 0.188, 0.680),
        ];
        assert_eq!(curve.steps.len(), published.len());
        for (step, (at, at_risk, losses, survival, error, low, high)) in curve.steps.iter().zip(published) {
            assert_eq!((step.at, step.at_risk, step.losses), (at, at_risk, losses));
            close(step.survival, survival, 5e-4);
            close(step.low, low, 6e-4);
            close(step.high, high, 6e-4);
            // The band, taken back, gives the printed standard error.
            let width = ln(-ln(step.low)) - ln(-ln(step.survival));
            close(width / Z_95 * step.survival * -ln(step.survival), error, 6e-5);
        }
        assert_eq!((curve.subjects, curve.losses, curve.censored), (21, 9, 12));
        assert_eq!(curve.time_at_risk, 359);
        assert_eq!(curve.at(5), None);
        assert_eq!(curve.at(12).map(|step| step.at), Some(10));
        assert_eq!(curve.at(100).map(|step| step.at), Some(23));
    }

    #[test]
    fn a_loss_and_a_censoring_at_one_instant_are_taken_in_that_order() {
        let curve = Curve::fit(&from_zero(&[(5, true), (5, false)]));
        assert_eq!(curve.steps[0].at_risk, 2);
        close(curve.steps[0].survival, 0.5, 0.0);
    }

    #[test]
    fn late_objects_are_at_risk_only_from_their_publication() {
        let seen = [
            Observation { enter: 0, leave: 2, lost: true },
            Observation { enter: 0, leave: 10, lost: false },
            Observation { enter: 5, leave: 7, lost: true },
            Observation { enter: 5, leave: 10, lost: false },
        ];
        let curve = Curve::fit(&seen);
        let at_risk: Vec<_> = curve.steps.iter().map(|step| step.at_risk).collect();
        assert_eq!(at_risk, [2, 3]);
        close(curve.steps[1].survival, 0.5 * 2.0 / 3.0, 1e-15);
        assert_eq!(curve.time_at_risk, 2 + 10 + 2 + 5);
    }

    #[test]
    fn an_object_lost_at_its_publication_counts_among_all_published_then() {
        let curve = Curve::fit(&from_zero(&[(0, true), (9, false), (9, false), (9, false)]));
        assert_eq!(curve.steps[0].at_risk, 4);
        close(curve.steps[0].survival, 0.75, 0.0);
    }

    #[test]
    fn no_loss_is_no_certainty() {
        let curve = Curve::fit(&from_zero(&[(9, false); 60]));
        assert!(curve.steps.is_empty());
        close(curve.lower_bound_without_losses(), 0.95, 1e-15);
        assert_eq!(nines(1.0, 3000), Some(Nines { value: 3.0, at_cap: true }));
        assert_eq!(nines(1.0, 3), None);
        assert_eq!(Curve::fit(&[]).subjects, 0);
    }

    #[test]
    fn when_all_are_lost_the_band_still_has_an_upper_end() {
        let curve = Curve::fit(&from_zero(&[(1, true), (2, true), (3, true), (4, true)]));
        let last = curve.steps.last().expect("four losses");
        close(last.survival, 0.0, 0.0);
        // Not less than what an exact binomial interval leaves open for none of four (Clopper and Pearson 1934).
        assert!(last.low <= 0.0 && last.high > 0.6024 && last.high < 1.0, "{last:?}");
    }

    #[test]
    fn nines_are_counted_up_to_what_the_sample_resolves() {
        let two = nines(0.99, 3000).expect("enough objects");
        close(two.value, 2.0, 1e-12);
        assert!(!two.at_cap);
        let capped = nines(0.999, 300).expect("enough objects");
        close(capped.value, 2.0, 1e-12);
        assert!(capped.at_cap);
    }
}
