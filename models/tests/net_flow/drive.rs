//! Drives a flow network by itself: a clock, the ends that `moved` announced, and an account of all bytes.

use models::net::flow::WORK_PER_BYTE;
use models::net::{FlowId, FlowNet, Moved, Tier};
use sim_core::time::SimTime;
use sim_core::units::BitRate;
use std::collections::BTreeMap;

/// A flow as its driver knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) bytes: u64,
    pub(crate) started: SimTime,
    ends_at: SimTime,
    /// Work done, summed from rates and times.
    work: u128,
    rate: u64,
    /// The rate that was in force until now.
    last_rate: u64,
}

/// A network with a clock.
pub(crate) struct Driver {
    pub(crate) net: FlowNet,
    pub(crate) now: SimTime,
    pub(crate) known: BTreeMap<FlowId, Known>,
    moved: Vec<Moved>,
}

impl Driver {
    pub(crate) fn new(lines: &[(Option<u64>, Option<u64>)], exact_max: usize) -> Self {
        let mut net = FlowNet::new(exact_max);
        for &(up, down) in lines {
            net.add(up.map(BitRate::from_bits_per_sec), down.map(BitRate::from_bits_per_sec));
        }
        Driver { net, now: SimTime::ZERO, known: BTreeMap::new(), moved: Vec::new() }
    }

    pub(crate) fn start(&mut self, from: usize, to: usize, bytes: u64) -> Option<FlowId> {
        let id = self.net.start(from, to, bytes, self.now, &mut self.moved)?;
        let known = Known {
            from,
            to,
            bytes,
            started: self.now,
            ends_at: SimTime::NEVER,
            work: 0,
            rate: 0,
            last_rate: 0,
        };
        self.known.insert(id, known);
        self.follow();
        Some(id)
    }

    /// Ends a flow; returns it and the bytes that had passed.
    pub(crate) fn end(&mut self, id: FlowId) -> (Known, u64) {
        let known = self.known.remove(&id).expect("the driver knows its flows");
        let passed = self.net.end(id, self.now, &mut self.moved);
        // The network's account against the sum of rate times time: the last nanosecond may hold more.
        let work = known.work.min(u128::from(known.bytes) * WORK_PER_BYTE);
        assert_eq!(u128::from(passed), work / WORK_PER_BYTE, "bytes that passed");
        self.follow();
        (known, passed)
    }

    /// The flow that ends next, and when.
    pub(crate) fn next(&self) -> Option<(SimTime, FlowId)> {
        self.known
            .iter()
            .map(|(&id, known)| (known.ends_at, id))
            .min()
            .filter(|next| next.0 != SimTime::NEVER)
    }

    /// Lets time pass, at most until the next end.
    pub(crate) fn pass(&mut self, until: SimTime) {
        let nanos = u128::from(until.since(self.now).as_nanos());
        for known in self.known.values_mut() {
            assert!(known.ends_at >= until, "a flow's end was missed");
            known.work += u128::from(known.rate) * nanos;
            known.last_rate = if nanos > 0 { known.rate } else { known.last_rate };
        }
        self.now = until;
    }

    /// Goes to the next end and ends that flow, all of whose bytes have passed by then and not a nanosecond before.
    pub(crate) fn end_next(&mut self) -> Option<Known> {
        let (at, id) = self.next()?;
        self.pass(at);
        let (known, passed) = self.end(id);
        assert_eq!(passed, known.bytes, "bytes delivered = bytes sent");
        let all = u128::from(known.bytes) * WORK_PER_BYTE;
        let over = known.work - all;
        assert!(over < u128::from(known.last_rate), "it ended later than in the nanosecond it was through");
        Some(known)
    }

    /// What `moved` announced is all that has changed.
    fn follow(&mut self) {
        for Moved { flow, at } in self.moved.drain(..) {
            self.known.get_mut(&flow).expect("only flows under way move").ends_at = at;
        }
        for (&id, known) in &mut self.known {
            assert_eq!(known.ends_at, self.net.ends_at(id), "an end moved in silence");
            known.rate = self.net.rate(id);
        }
        let broken = self.net.check();
        assert!(broken.is_empty(), "{broken:?}");
    }
}
