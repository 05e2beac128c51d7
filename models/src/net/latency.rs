//! The tier without links: a message costs delay and no time on a line, whatever its size.

use super::tier::{Departure, Moved, Shipment, Tier};
use sim_core::time::SimTime;
use sim_core::units::BitRate;

/// Access lines without rates.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct LatencyOnly;

impl Tier for LatencyOnly {
    fn add(&mut self, _up: Option<BitRate>, _down: Option<BitRate>) {}

    fn depart(&mut self, _shipment: Shipment, now: SimTime, _moved: &mut Vec<Moved>) -> Departure {
        Departure::At(now)
    }
}
