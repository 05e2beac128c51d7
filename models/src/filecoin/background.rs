//! The rest of the network: power, pledge and supply as a path over time that nothing simulated moves.
//!
//! Hundreds of miners are simulated one by one, the network has thousands; minting, pledge and the baseline live at
//! its size. So the rest is given from outside: values at a few epochs, straight lines between them, the last value
//! for ever after. Its miners are of more than the consensus minimum, win their share of the elections and are paid
//! from the same pot; nothing else of them is simulated.
//!
//! Left out: any answer of the rest to what the simulated miners do, to fees or to prices. A path for another world
//! is another path.

use super::power::{PowerPair, Rest};
use crate::units::{AttoFil, Epoch, Power};
use serde::{Deserialize, Serialize};

/// The rest of the network at one epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Point {
    /// When.
    pub at: Epoch,
    /// Power of its miners.
    pub power: PowerPair,
    /// Initial pledge and locked rewards of its miners.
    pub pledge: AttoFil,
    /// FIL in circulation as if there were no simulated miners.
    pub circulating: AttoFil,
}

/// The path.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Background {
    /// Points in order of time; none for a network of simulated miners only.
    pub points: Vec<Point>,
    /// Miners of at least the consensus minimum.
    pub miners: u64,
}

impl Background {
    /// Whether there is a rest at all.
    pub fn is_none(&self) -> bool {
        self.points.is_empty()
    }

    /// The rest at an epoch, and FIL in circulation without the simulated miners.
    pub fn at(&self, now: Epoch) -> (Rest, AttoFil) {
        let after = self.points.partition_point(|point| point.at <= now);
        let point = match (after.checked_sub(1).map(|before| self.points[before]), self.points.get(after)) {
            (None, None) => return (Rest::default(), AttoFil::ZERO),
            (None, Some(first)) => *first,
            (Some(last), None) => last,
            (Some(before), Some(after)) => between(&before, after, now),
        };
        let miners = if point.power.is_zero() { 0 } else { self.miners };
        (Rest { power: point.power, pledge: point.pledge, miners }, point.circulating)
    }
}

/// The point on the line between two, each value rounded toward the earlier one.
fn between(before: &Point, after: &Point, now: Epoch) -> Point {
    let (done, whole) = (i128::from((now - before.at).count()), i128::from((after.at - before.at).count()));
    let line = |from: i128, to: i128| from + (to - from) * done / whole;
    let power = |from: Power, to: Power| Power::new(line(from.bytes(), to.bytes()));
    let fil = |from: AttoFil, to: AttoFil| AttoFil::new(line(from.atto(), to.atto()));
    Point {
        at: now,
        power: PowerPair {
            raw: power(before.power.raw, after.power.raw),
            qa: power(before.power.qa, after.power.qa),
        },
        pledge: fil(before.pledge, after.pledge),
        circulating: fil(before.circulating, after.circulating),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at: i64, raw: i128) -> Point {
        let power = PowerPair { raw: Power::new(raw), qa: Power::new(8 * raw) };
        Point { at: Epoch::new(at), power, pledge: AttoFil::new(3 * raw), circulating: AttoFil::new(5 * raw) }
    }

    #[test]
    fn the_path_is_a_line_between_its_points_and_level_outside() {
        let path = Background { points: vec![point(10, 100), point(20, 200)], miners: 600 };
        let raw = |at| path.at(Epoch::new(at)).0.power.raw.bytes();
        assert_eq!([0, 10, 13, 20, 1000].map(raw), [100, 100, 130, 200, 200]);
        let (rest, circulating) = path.at(Epoch::new(15));
        assert_eq!(
            (rest.power.qa, rest.pledge, circulating),
            (Power::new(1200), AttoFil::new(450), AttoFil::new(750))
        );
        assert_eq!(rest.miners, 600);
    }

    #[test]
    fn without_points_there_is_no_rest() {
        assert_eq!(Background::default().at(Epoch::new(5)), (Rest::default(), AttoFil::ZERO));
    }
}
