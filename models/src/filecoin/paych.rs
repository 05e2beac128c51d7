//! Paid retrieval over payment channels, in numbers: at how many bytes a voucher is due, and when a channel closes.
//!
//! After built-in actors, actors/paych/src/lib.rs, and go-fil-markets, retrievalmarket/types.go. A provider sends an
//! interval on trust, stops, and goes on once it is paid; every interval is longer than the one before by the same
//! amount. Lanes, vouchers and their redemption are the channel's matter, not that of this file.

use super::policy::Policy;
use crate::units::Epoch;
use sim_core::units::Bytes;

/// The intervals of a paid retrieval: `interval`, then `interval + increase`, and so on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct PaymentIntervals {
    interval: u64,
    increase: u64,
}

/// Where a retrieval stands among its intervals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IntervalBounds {
    /// Bytes up to which payment is due.
    pub lower: Bytes,
    /// Bytes at which the next payment will be due.
    pub next: Bytes,
}

impl PaymentIntervals {
    /// Intervals that begin with `interval` and grow by `increase`.
    ///
    /// # Panics
    /// If the first is nothing.
    pub fn new(interval: Bytes, increase: Bytes) -> Self {
        assert!(interval > Bytes::ZERO, "a payment interval of nothing");
        PaymentIntervals { interval: interval.as_u64(), increase: increase.as_u64() }
    }

    /// Bytes at which payments are due, from the first.
    ///
    /// # Panics
    /// If one is past 16 EiB.
    pub fn thresholds(&self) -> impl Iterator<Item = Bytes> + use<> {
        let (mut length, increase) = (self.interval, self.increase);
        let mut reached = 0_u64;
        std::iter::from_fn(move || {
            reached = reached.checked_add(length).expect("a payment interval past 16 EiB");
            length = length.checked_add(increase).expect("a payment interval past 16 EiB");
            Some(Bytes::new(reached))
        })
    }

    /// The last threshold that so many bytes have reached, and the next.
    pub fn bounds(&self, sent: Bytes) -> IntervalBounds {
        let mut lower = Bytes::ZERO;
        for next in self.thresholds() {
            if next > sent {
                return IntervalBounds { lower, next };
            }
            lower = next;
        }
        unreachable!("thresholds do not end")
    }

    /// How many vouchers pay for a payload: one for every interval begun, the last one for what is left.
    pub fn vouchers(&self, payload: Bytes) -> u64 {
        if payload == Bytes::ZERO {
            return 0;
        }
        1 + self.thresholds().take_while(|threshold| *threshold < payload).count() as u64
    }
}

/// When a channel that one side wishes to close at `now` may be collected: after the delay, and not before a height that
/// a voucher set.
pub fn settling_at(policy: &Policy, now: Epoch, min_settle_height: Epoch) -> Epoch {
    (now + policy.channel_settle_delay).max(min_settle_height)
}
