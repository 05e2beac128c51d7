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

    /// Bytes at which the payment of that number is due, the first being number 1; `None` past 16 EiB.
    pub fn threshold(&self, number: u64) -> Option<Bytes> {
        let (k, interval) = (u128::from(number), u128::from(self.interval));
        // k (k - 1) is even and below 2^128.
        let growth = (k * k.saturating_sub(1) / 2).checked_mul(u128::from(self.increase))?;
        let reached = (k * interval).checked_add(growth)?;
        u64::try_from(reached).ok().map(Bytes::new)
    }

    /// The last threshold that so many bytes have reached, and the next.
    ///
    /// # Panics
    /// If the next is past 16 EiB.
    pub fn bounds(&self, sent: Bytes) -> IntervalBounds {
        let next = self.first(|threshold| threshold > sent);
        let at = |number| self.threshold(number).expect("a payment interval past 16 EiB");
        IntervalBounds { lower: at(next - 1), next: at(next) }
    }

    /// How many vouchers pay for a payload: one for every interval begun, the last one for what is left.
    pub fn vouchers(&self, payload: Bytes) -> u64 {
        self.first(|threshold| threshold >= payload)
    }

    /// The number of the first threshold that is far enough, by halving; one past 16 EiB always is.
    fn first(&self, far_enough: impl Fn(Bytes) -> bool) -> u64 {
        let (mut low, mut high) = (0, u64::MAX);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.threshold(middle).is_none_or(&far_enough) { high = middle } else { low = middle + 1 }
        }
        low
    }
}

/// When a channel that one side wishes to close at `now` may be collected: after the delay, and not before a height that
/// a voucher set.
pub fn settling_at(policy: &Policy, now: Epoch, min_settle_height: Epoch) -> Epoch {
    (now + policy.channel_settle_delay).max(min_settle_height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interval_begun_takes_a_voucher() {
        let intervals = PaymentIntervals::new(Bytes::new(10), Bytes::new(5));
        let vouchers = |payload| intervals.vouchers(Bytes::new(payload));
        assert_eq!([0, 1, 10, 11, 45, 46].map(vouchers), [0, 1, 1, 2, 3, 4]);
    }

    #[test]
    fn thresholds_are_sums_of_growing_intervals() {
        let intervals = PaymentIntervals::new(Bytes::from_mib(1), Bytes::from_mib(1));
        let (mut sum, mut length) = (0, 1 << 20);
        for number in 1..=300 {
            sum += length;
            length += 1 << 20;
            assert_eq!(intervals.threshold(number), Some(Bytes::new(sum)));
            let bounds = intervals.bounds(Bytes::new(sum));
            assert_eq!(
                (Some(bounds.lower), Some(bounds.next)),
                (intervals.threshold(number), intervals.threshold(number + 1))
            );
        }
        assert_eq!(intervals.threshold(u64::MAX), None);
        assert_eq!(PaymentIntervals::new(Bytes::new(1), Bytes::ZERO).vouchers(Bytes::MAX), u64::MAX);
    }
}
