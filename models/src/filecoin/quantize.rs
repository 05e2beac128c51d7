//! Quantisation: epochs rounded up to a grid, so that what ends on many days is looked at on few.
//!
//! After built-in actors, actors/miner/src/quantize.rs.

use crate::units::{Epoch, Epochs};
use serde::{Deserialize, Serialize};

/// A grid of epochs: `offset + k * unit`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quant {
    unit: Epochs,
    offset: Epochs,
}

impl Quant {
    /// Every epoch.
    pub const NONE: Quant = Quant { unit: Epochs::ONE, offset: Epochs::ZERO };

    /// The grid of epochs that lie a whole number of units from `through`.
    ///
    /// # Panics
    /// If the unit is not positive.
    pub fn new(unit: Epochs, through: Epoch) -> Self {
        assert!(unit > Epochs::ZERO, "a grid of {unit}");
        // The remainder is truncated, as the actors do: before genesis it is negative. The grid is the same.
        Quant { unit, offset: Epochs::new(through.height() % unit.count()) }
    }

    /// The epoch itself if it lies on the grid, else the next one that does.
    pub fn up(&self, epoch: Epoch) -> Epoch {
        let (unit, offset) = (self.unit.count(), self.offset.count());
        let past = epoch.height() - offset;
        let (whole, rest) = (past / unit, past % unit);
        // Division truncates: before the offset it rounds up by itself.
        let steps = if rest == 0 || past < 0 { whole } else { whole + 1 };
        Epoch::new(unit * steps + offset)
    }
}
