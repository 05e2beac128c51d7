//! The default tier: one uplink and one downlink a node, bulk first come, first served.
//!
//! A short message ([`INTERLEAVED_MAX`]) does not wait behind a bulk message: the packets of different
//! connections interleave on a real link, so it leaves at once and only takes its own time from the link. A
//! bulk message (a block) waits until the link is free. A link without a rate costs no time.

use super::tier::{Departure, Moved, Shipment, Tier};
use sim_core::time::SimTime;
use sim_core::units::{BitRate, Bytes};

/// Largest message that never waits, in bytes: a dozen packets, Bitswap's own target size of a message.
///
/// Assumption: links queue fairly between connections, as Linux does by default (`fq_codel`).
pub const INTERLEAVED_MAX: u64 = 16 * 1024;

/// One direction of one node's access line.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Link {
    rate: Option<BitRate>,
    free_at: SimTime,
}

impl Link {
    /// Passes `bytes` from `now` on; returns when the last byte is through.
    fn pass(&mut self, now: SimTime, bytes: u64) -> SimTime {
        let Some(rate) = self.rate else {
            return now;
        };
        let time = rate.transfer_time(Bytes::new(bytes));
        let queue_end = self.free_at.max(now) + time;
        self.free_at = queue_end;
        if bytes <= INTERLEAVED_MAX { now + time } else { queue_end }
    }
}

/// The access links of all nodes.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Links {
    up: Vec<Link>,
    down: Vec<Link>,
}

impl Links {
    /// No nodes yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Tier for Links {
    #[inline]
    fn add(&mut self, up: Option<BitRate>, down: Option<BitRate>) {
        self.up.push(Link { rate: up, free_at: SimTime::ZERO });
        self.down.push(Link { rate: down, free_at: SimTime::ZERO });
    }

    #[inline]
    fn depart(&mut self, shipment: Shipment, now: SimTime, _moved: &mut Vec<Moved>) -> Departure {
        Departure::At(self.up[shipment.from].pass(now, shipment.bytes))
    }

    #[inline]
    fn enter(&mut self, to: usize, now: SimTime, bytes: u64) -> SimTime {
        let through = self.down[to].pass(now, bytes);
        // A short message takes its time from the line, but is handed over as it comes: it is not worth an event.
        if bytes > INTERLEAVED_MAX { through } else { now }
    }

    fn reset(&mut self, node: usize, now: SimTime) {
        self.up[node].free_at = now;
        self.down[node].free_at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::time::SimSpan;

    fn at(ms: u64) -> SimTime {
        SimTime::ZERO + SimSpan::from_millis(ms)
    }

    /// One node with 8 Mbit/s up: a byte a microsecond.
    fn links() -> Links {
        let mut links = Links::new();
        links.add(Some(BitRate::from_bits_per_sec(8_000_000)), None);
        links
    }

    fn upload(links: &mut Links, now: SimTime, bytes: u64) -> SimTime {
        let shipment = Shipment { from: 0, to: 0, bytes, is_connected: true };
        match links.depart(shipment, now, &mut Vec::new()) {
            Departure::At(left) => left,
            Departure::Flow(flow) => panic!("a link made flow {flow:?}"),
        }
    }

    #[test]
    fn bulk_is_served_first_come_first_served_at_the_rate() {
        let mut links = links();
        assert_eq!(upload(&mut links, at(0), 20_000), at(20));
        assert_eq!(upload(&mut links, at(5), 20_000), at(40));
        assert_eq!(upload(&mut links, at(100), 20_000), at(120));
    }

    #[test]
    fn a_short_message_does_not_wait_but_takes_its_time_from_the_link() {
        let mut links = links();
        upload(&mut links, at(0), 20_000);
        assert_eq!(upload(&mut links, at(0), 1_000), at(1));
        assert_eq!(upload(&mut links, at(0), 20_000), at(41));
    }

    #[test]
    fn a_link_without_a_rate_costs_no_time() {
        assert_eq!(links().enter(0, at(3), 1 << 30), at(3));
    }
}
