//! Bounds that several keys share.

use super::kind::{Kind, RealBounds};
use sim_core::time::SimSpan;
use sim_core::units::{BitRate, Bytes};

/// The longest span a scenario may name. Sums of a few of them stay within the 584 years of virtual time.
const LONGEST: SimSpan = SimSpan::from_days(100 * 365);
const NANOSECOND: SimSpan = SimSpan::from_nanos(1);

/// Any instant from the start of the run, or a length that may be zero.
pub(super) const INSTANT: Kind = Kind::Span(SimSpan::ZERO, LONGEST);
/// A length of time that is not zero.
pub(super) const LENGTH: Kind = Kind::Span(NANOSECOND, LONGEST);
/// A period of something that costs events.
pub(super) const PERIOD: Kind = Kind::Span(SimSpan::from_secs(1), LONGEST);
/// A time-out or pause of a protocol.
pub(super) const PAUSE: Kind = Kind::Span(SimSpan::from_millis(1), SimSpan::from_hours(1));
/// The rate of a line.
pub(super) const LINE: Kind =
    Kind::Rate(BitRate::from_bits_per_sec(1_000), BitRate::from_bits_per_sec(10_000_000_000_000));
/// A size from one byte to an exbibyte.
pub(super) const SIZE: Kind = Kind::Bytes(Bytes::new(1), Bytes::from_gib(1 << 30));
/// A count of nodes.
pub(super) const COUNT: Kind = Kind::Whole(1, 10_000_000);
/// The shape of a Weibull law.
pub(super) const WEIBULL_SHAPE: Kind = Kind::Real(RealBounds { min: 0.1, open: false, max: 100.0 });
/// The shape of a Pareto law that has a mean.
pub(super) const PARETO_SHAPE: Kind = Kind::Real(RealBounds { min: 1.05, open: false, max: 100.0 });
/// The deviation of a log-normal law.
pub(super) const SIGMA: Kind = Kind::Real(RealBounds { min: 0.0, open: false, max: 4.0 });
