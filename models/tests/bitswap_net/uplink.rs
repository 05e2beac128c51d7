//! The uplink of a node as Kubo's TCP transport fills it.
//!
//! - A message of the server opens a stream of its own. yamux (go-yamux 4) cuts it into frames of at most
//!   64 KiB and lets it send 256 KiB before the receiver has granted more, which it does when it has read at
//!   least half of that. A leaf of 256 KiB with its headers is a little larger: so its last bytes are queued
//!   behind whatever the connection has taken up in the meantime, and the server's worker is free once
//!   they are queued, well before they are out.
//! - Frames to one peer leave in the order in which they were queued, wants and cancels among them.
//! - Connections share the rate in turns of 16 KiB.

use models::ids::NodeId;
use sim_core::time::{SimSpan, SimTime};
use std::collections::VecDeque;

/// Bytes that a stream may send unasked.
pub const WINDOW: u64 = 256 * 1024;
/// Payload of a frame.
pub const FRAME: u64 = 64 * 1024 - 12;
/// Bytes that a connection sends before the next one has its turn.
const TURN: u64 = 16 * 1024;

/// A piece of a stream on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    pub stream: u64,
    pub bytes: u64,
    pub grants_window: bool,
}

/// The frames queued for one connection.
struct Lane {
    to: NodeId,
    connection: u64,
    frames: VecDeque<Frame>,
    /// Bytes of the first frame that are out.
    sent: u64,
}

pub struct Uplink {
    bytes_per_sec: f64,
    lanes: VecDeque<Lane>,
    /// When the turn that is on the line ends, and its bytes.
    turn: Option<(SimTime, u64)>,
}

impl Uplink {
    pub fn new(bits_per_sec: f64) -> Self {
        Uplink { bytes_per_sec: bits_per_sec / 8.0, lanes: VecDeque::new(), turn: None }
    }

    pub fn push(&mut self, now: SimTime, to: NodeId, connection: u64, frame: Frame) {
        match self.lanes.iter_mut().find(|lane| lane.connection == connection) {
            Some(lane) => lane.frames.push_back(frame),
            None => self.lanes.push_back(Lane { to, connection, frames: VecDeque::from([frame]), sent: 0 }),
        }
        self.begin_turn(now);
    }

    /// When the line is free again.
    pub fn next_done(&self) -> SimTime {
        self.turn.map_or(SimTime::NEVER, |turn| turn.0)
    }

    /// Ends the turn; the frame if it is out.
    pub fn end_turn(&mut self, now: SimTime) -> Option<(NodeId, u64, Frame)> {
        let (_, bytes) = self.turn.take()?;
        let mut lane = self.lanes.pop_front()?;
        lane.sent += bytes;
        let done = lane.frames.front().filter(|frame| frame.bytes <= lane.sent).copied();
        let out = done.map(|frame| (lane.to, lane.connection, frame));
        if done.is_some() {
            lane.frames.pop_front();
            lane.sent = 0;
        }
        if !lane.frames.is_empty() {
            self.lanes.push_back(lane);
        }
        self.begin_turn(now);
        out
    }

    /// The connection is gone with all its frames.
    pub fn cut(&mut self, now: SimTime, connection: u64) {
        let is_sending = self.lanes.front().is_some_and(|lane| lane.connection == connection);
        self.lanes.retain(|lane| lane.connection != connection);
        if is_sending {
            self.turn = None;
            self.begin_turn(now);
        }
    }

    pub fn clear(&mut self) {
        self.lanes.clear();
        self.turn = None;
    }

    fn begin_turn(&mut self, now: SimTime) {
        if let (None, Some(lane)) = (self.turn, self.lanes.front()) {
            let bytes = (lane.frames[0].bytes - lane.sent).min(TURN);
            let nanos = (bytes as f64 / self.bytes_per_sec * 1e9).round() as u64;
            self.turn = Some((now + SimSpan::from_nanos(nanos), bytes));
        }
    }
}
