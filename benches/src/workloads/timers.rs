//! `timers`: request, timeout, cancel, reschedule.
//!
//! A peer's heartbeat sends a request to a drawn peer and sets a timeout; the answer switches it off; each
//! message received puts the idle timer off by ten seconds. Timeout and idle timer are timers whose
//! deadline moves ([`sim_core::timers`]), two to a peer.

use super::{Workload, below, draw, fold, other, sum};
use sim_core::engine::{Cx, Event, World};
use sim_core::prefetch::prefetch;
use sim_core::queue::Key;
use sim_core::time::{SimSpan, SimTime};
use sim_core::timers::Timer;

const TIMEOUT: SimSpan = SimSpan::from_millis(800);
const IDLE: SimSpan = SimSpan::from_secs(10);

/// What happens at a peer. The source of the event is the peer that sent it.
#[derive(Clone, Copy, Debug)]
pub enum Happening {
    /// The peer sends its next request.
    Heartbeat,
    /// A request has arrived.
    Request {
        /// The sender's number for it.
        number: u32,
    },
    /// The answer has arrived.
    Response,
    /// The answer has not arrived in time.
    TimedOut,
    /// No message has arrived for ten seconds.
    Idle,
}

impl Event for Happening {
    #[inline]
    fn kind(&self) -> u8 {
        match self {
            Happening::Heartbeat => 0,
            Happening::Request { .. } => 1,
            Happening::Response => 2,
            Happening::TimedOut => 3,
            Happening::Idle => 4,
        }
    }

    #[inline]
    fn content(&self) -> u64 {
        if let Happening::Request { number } = self { u64::from(*number) } else { 0 }
    }
}

/// One cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Peer {
    requests_sent: u32,
    requests: u32,
    responses: u32,
    timeouts: u32,
    idles: u32,
    round_trips: SimSpan,
    timeout: Timer,
    idle: Timer,
}

/// All peers.
#[derive(Debug)]
pub struct Peers {
    n: u32,
    peers: Vec<Peer>,
}

#[inline]
fn latency(draw: u64) -> SimSpan {
    SimSpan::from_nanos(5_000_000 + below(draw, 195_000_000))
}

impl Peers {
    #[inline]
    fn heartbeat(&mut self, me: u32, cx: &mut Cx<Happening>) {
        let peer = &mut self.peers[me as usize];
        peer.requests_sent += 1;
        let number = peer.requests_sent;
        let k = u64::from(number);
        cx.arm(&mut peer.timeout, cx.now() + TIMEOUT, me, me, Happening::TimedOut);
        let to = other(draw(me, 1, k), me, self.n);
        cx.schedule(cx.now() + latency(draw(me, 2, k)), me, to, Happening::Request { number });
        let gap = SimSpan::from_nanos(900_000_000 + below(draw(me, 3, k), 200_000_000));
        cx.schedule(cx.now() + gap, me, me, Happening::Heartbeat);
    }

    #[inline]
    fn request(&mut self, me: u32, from: u32, number: u32, cx: &mut Cx<Happening>) {
        let peer = &mut self.peers[me as usize];
        peer.requests += 1;
        cx.arm(&mut peer.idle, cx.now() + IDLE, me, me, Happening::Idle);
        let k = u64::from(number);
        if draw(from, 4, k) & 15 != 0 {
            cx.schedule(cx.now() + latency(draw(from, 5, k)), me, from, Happening::Response);
        }
    }

    #[inline]
    fn response(&mut self, me: u32, cx: &mut Cx<Happening>) {
        let peer = &mut self.peers[me as usize];
        // The timeout says when the request was sent.
        let left = peer.timeout.deadline().expect("an answer comes before the timeout").since(cx.now());
        cx.disarm(&mut peer.timeout);
        peer.responses += 1;
        peer.round_trips += TIMEOUT - left;
        cx.arm(&mut peer.idle, cx.now() + IDLE, me, me, Happening::Idle);
    }
}

impl World for Peers {
    type Event = Happening;

    #[inline]
    fn handle(&mut self, key: Key, event: Happening, cx: &mut Cx<Happening>) {
        let me = key.destination();
        match event {
            Happening::Heartbeat => self.heartbeat(me, cx),
            Happening::Request { number } => self.request(me, key.source(), number, cx),
            Happening::Response => self.response(me, cx),
            Happening::TimedOut => self.peers[me as usize].timeouts += 1,
            Happening::Idle => self.peers[me as usize].idles += 1,
        }
    }

    #[inline]
    fn prefetch(&self, key: Key, _: &Happening) {
        prefetch(&self.peers, key.destination() as usize);
    }

    #[inline]
    fn timer(&mut self, key: Key, event: &Happening) -> &mut Timer {
        let peer = &mut self.peers[key.destination() as usize];
        if matches!(event, Happening::Idle) { &mut peer.idle } else { &mut peer.timeout }
    }
}

impl Workload for Peers {
    fn with(n: u32) -> Self {
        Peers { n, peers: Vec::with_capacity(n as usize) }
    }

    fn start(&mut self, cx: &mut Cx<Happening>) {
        for me in 0..self.n {
            let mut peer = Peer {
                requests_sent: 0,
                requests: 0,
                responses: 0,
                timeouts: 0,
                idles: 0,
                round_trips: SimSpan::ZERO,
                timeout: Timer::OFF,
                idle: Timer::OFF,
            };
            let first = SimTime::from_nanos(below(draw(me, 0, 0), 1_000_000_000));
            cx.schedule(first, me, me, Happening::Heartbeat);
            cx.arm(&mut peer.idle, cx.now() + IDLE, me, me, Happening::Idle);
            self.peers.push(peer);
        }
    }

    fn check(&self) -> u64 {
        sum(&self.peers, |me, peer| {
            let counts = [peer.requests_sent, peer.requests, peer.responses, peer.timeouts, peer.idles];
            let [sent, requests, responses, timeouts, idles] = counts.map(u64::from);
            fold(me, &[sent, requests, responses, timeouts, idles, peer.round_trips.as_nanos()])
        })
    }
}
