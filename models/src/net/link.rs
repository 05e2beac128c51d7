//! Access links: one uplink and one downlink a node, bulk first come, first served.
//!
//! A short message ([`INTERLEAVED_MAX`]) does not wait behind a bulk message: the packets of different
//! connections interleave on a real link, so it leaves at once and only takes its own time from the link. A
//! bulk message (a block) waits until the link is free. A link without a rate costs no time.

use sim_core::time::{SimSpan, SimTime};
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
    delay: Vec<SimSpan>,
}

impl Links {
    /// No nodes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next node's lines.
    pub fn add(&mut self, up: Option<BitRate>, down: Option<BitRate>, access_delay: SimSpan) {
        self.up.push(Link { rate: up, free_at: SimTime::ZERO });
        self.down.push(Link { rate: down, free_at: SimTime::ZERO });
        self.delay.push(access_delay);
    }

    /// One-way delay of a node's access line.
    pub fn access_delay(&self, node: usize) -> SimSpan {
        self.delay[node]
    }

    /// Sends `bytes` through `node`'s uplink; returns when the last byte has left.
    pub fn upload(&mut self, node: usize, now: SimTime, bytes: u64) -> SimTime {
        self.up[node].pass(now, bytes)
    }

    /// Takes `bytes` in through `node`'s downlink; returns when the last byte is in.
    pub fn download(&mut self, node: usize, now: SimTime, bytes: u64) -> SimTime {
        self.down[node].pass(now, bytes)
    }

    /// Whether `node`'s downlink can delay a message of this size.
    pub fn downlink_queues(&self, node: usize, bytes: u64) -> bool {
        bytes > INTERLEAVED_MAX && self.down[node].rate.is_some()
    }

    /// Forgets what was queued: the node has gone off.
    pub fn reset(&mut self, node: usize, now: SimTime) {
        self.up[node].free_at = now;
        self.down[node].free_at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SimTime {
        SimTime::ZERO + SimSpan::from_millis(ms)
    }

    /// One node with 8 Mbit/s up: a byte a microsecond.
    fn links() -> Links {
        let mut links = Links::new();
        links.add(Some(BitRate::from_bits_per_sec(8_000_000)), None, SimSpan::ZERO);
        links
    }

    #[test]
    fn bulk_is_served_first_come_first_served_at_the_rate() {
        let mut links = links();
        assert_eq!(links.upload(0, at(0), 20_000), at(20));
        assert_eq!(links.upload(0, at(5), 20_000), at(40));
        assert_eq!(links.upload(0, at(100), 20_000), at(120));
    }

    #[test]
    fn a_short_message_does_not_wait_but_takes_its_time_from_the_link() {
        let mut links = links();
        links.upload(0, at(0), 20_000);
        assert_eq!(links.upload(0, at(0), 1_000), at(1));
        assert_eq!(links.upload(0, at(0), 20_000), at(41));
    }

    #[test]
    fn a_link_without_a_rate_costs_no_time() {
        assert_eq!(links().download(0, at(3), 1 << 30), at(3));
    }
}
