//! Every event of a run, seen from outside: a sink on the engine, a compact file, and the JSON that trace viewers read.
//!
//! A [`Sink`] is a type parameter of the engine. [`NoTrace`], the default, is empty and compiles to nothing.
//! [`TraceWriter`] writes a file that names itself:
//!
//! ```text
//! magic, 16 bytes    schema, u32 little-endian    header (postcard): whose run, names of kinds and entities
//! per event, as variable-length integers: number - number before (from 1 on), nanoseconds since the event
//!   before, kind, destination, source, the source's own number, a word of content
//! end: a zero, then the number of events written
//! ```
//!
//! [`Trace`] reads it back; [`write_chrome`] turns it into the trace-event JSON of Chrome and Perfetto: entities are
//! threads, groups of entities (what stands before the slash in a name) are processes, kinds are names, and one
//! microsecond of the viewer is one microsecond of virtual time.

mod chrome;

pub use chrome::{ExportError, write_chrome};

use crate::engine::Event;
use crate::queue::Key;
use crate::time::SimTime;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use thiserror::Error;

/// Number of the present layout.
pub const SCHEMA: u32 = 1;

const MAGIC: &[u8; 16] = b"lastcopy-evnt\r\n\x1a";

/// Bytes of a header at most: a million names of a hundred bytes.
const HEADER_MAX: u64 = 1 << 27;

/// Sees every event just before the world handles it.
pub trait Sink<E> {
    /// Event number `number`, counted from one.
    fn dispatched(&mut self, number: u64, key: Key, event: &E);
}

/// Nobody looks.
#[derive(Clone, Copy, Default, Debug)]
pub struct NoTrace;

impl<E> Sink<E> for NoTrace {
    #[inline(always)]
    fn dispatched(&mut self, _: u64, _: Key, _: &E) {}
}

/// One event as a trace keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// Number among all events of the run, from one on.
    pub number: u64,
    /// When.
    pub time: SimTime,
    /// Kind.
    pub kind: u8,
    /// Entity that it happened to.
    pub destination: u32,
    /// Entity that scheduled it.
    pub source: u32,
    /// The source's own number for it.
    pub source_number: u32,
    /// A word of its content.
    pub content: u64,
}

impl Row {
    /// The row of an event.
    pub fn new(number: u64, key: Key, event: &impl Event) -> Self {
        Row {
            number,
            time: key.time,
            kind: key.kind(),
            destination: key.destination(),
            source: key.source(),
            source_number: key.number(),
            content: event.content(),
        }
    }
}

/// Whose events a trace holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TraceHeader {
    /// Program and version.
    pub program: String,
    /// Name and id of the run.
    pub run: String,
    /// Arm, grid point and replicate.
    pub cell: String,
    /// Names of the kinds of events, by number.
    pub kinds: Vec<String>,
    /// Names of the entities, by number.
    pub entities: Vec<String>,
}

/// Which events are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// From this instant on.
    pub from: SimTime,
    /// Before this instant.
    pub until: SimTime,
    /// This many at most.
    pub events: u64,
}

impl Default for Window {
    fn default() -> Self {
        Window { from: SimTime::ZERO, until: SimTime::NEVER, events: u64::MAX }
    }
}

/// Writes events as they happen. Errors are kept until [`TraceWriter::finish`], since a sink cannot fail.
#[derive(Debug)]
pub struct TraceWriter<W: Write> {
    out: W,
    window: Window,
    number: u64,
    time: SimTime,
    written: u64,
    error: Option<io::Error>,
}

impl<W: Write> TraceWriter<W> {
    /// A trace of the events of a window.
    ///
    /// # Errors
    /// If the header cannot be written.
    pub fn new(mut out: W, header: &TraceHeader, window: Window) -> io::Result<Self> {
        out.write_all(MAGIC)?;
        out.write_all(&SCHEMA.to_le_bytes())?;
        let header = postcard::to_stdvec(header).expect("names of known number");
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(&header)?;
        Ok(TraceWriter { out, window, number: 0, time: SimTime::ZERO, written: 0, error: None })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// If it cannot be written whole.
    pub fn row(&mut self, row: &Row) -> io::Result<()> {
        let mut bytes = [0; 48];
        let mut used = 0;
        let fields = [
            row.number - self.number,
            row.time.since(self.time).as_nanos(),
            u64::from(row.kind),
            u64::from(row.destination),
            u64::from(row.source),
            u64::from(row.source_number),
            row.content,
        ];
        for field in fields {
            used += put(&mut bytes[used..], field);
        }
        (self.number, self.time) = (row.number, row.time);
        self.written += 1;
        self.out.write_all(&bytes[..used])
    }

    /// Ends the trace; returns what it was written to and the number of events in it.
    ///
    /// # Errors
    /// The first error that came up.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let mut bytes = [0; 16];
        let used = put(&mut bytes[1..], self.written) + 1;
        self.out.write_all(&bytes[..used])?;
        self.out.flush()?;
        Ok((self.out, self.written))
    }
}

impl<W: Write, E: Event> Sink<E> for TraceWriter<W> {
    fn dispatched(&mut self, number: u64, key: Key, event: &E) {
        let Window { from, until, events } = self.window;
        if self.error.is_none() && key.time >= from && key.time < until && self.written < events {
            self.error = self.row(&Row::new(number, key, event)).err();
        }
    }
}

/// Writes a number in groups of seven bits, lowest first; returns the bytes used.
fn put(out: &mut [u8], mut number: u64) -> usize {
    let mut used = 0;
    while number >= 0x80 {
        out[used] = number as u8 | 0x80;
        number >>= 7;
        used += 1;
    }
    out[used] = number as u8;
    used + 1
}

/// A trace that cannot be read, and why.
#[derive(Debug, Error)]
pub enum TraceError {
    /// The first bytes are others.
    #[error("is no trace")]
    NotATrace,
    /// The layout is another.
    #[error("has trace schema {0}, this program reads {SCHEMA}")]
    Schema(u32),
    /// The end is missing.
    #[error("is truncated after {0} events")]
    Truncated(u64),
    /// Its bytes make no sense.
    #[error("is damaged after {0} events")]
    Damaged(u64),
    /// The system says no.
    #[error("cannot be read: {0}")]
    Io(io::Error),
}

/// A trace being read: the header, then its rows as an iterator.
#[derive(Debug)]
pub struct Trace<R> {
    /// Whose events these are.
    pub header: TraceHeader,
    input: R,
    number: u64,
    time: SimTime,
    read: u64,
    is_over: bool,
}

impl<R: Read> Trace<R> {
    /// Reads the header. A buffered reader is best.
    ///
    /// # Errors
    /// If this is no trace, or one of another schema.
    pub fn open(mut input: R) -> Result<Self, TraceError> {
        let mut frame = [0; 28];
        fill(&mut input, &mut frame, 0)?;
        if frame[..16] != MAGIC[..] {
            return Err(TraceError::NotATrace);
        }
        let schema = u32::from_le_bytes(frame[16..20].try_into().expect("four bytes"));
        if schema != SCHEMA {
            return Err(TraceError::Schema(schema));
        }
        let length = u64::from_le_bytes(frame[20..].try_into().expect("eight bytes"));
        if length > HEADER_MAX {
            return Err(TraceError::Damaged(0));
        }
        let mut header = Vec::new();
        input.by_ref().take(length).read_to_end(&mut header).map_err(TraceError::Io)?;
        if (header.len() as u64) < length {
            return Err(TraceError::Truncated(0));
        }
        let header = postcard::from_bytes(&header).map_err(|_| TraceError::Damaged(0))?;
        Ok(Trace { header, input, number: 0, time: SimTime::ZERO, read: 0, is_over: false })
    }

    fn number(&mut self) -> Result<u64, TraceError> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let mut byte = [0];
            fill(&mut self.input, &mut byte, self.read)?;
            number |= u64::from(byte[0] & 0x7F) << shift;
            if byte[0] < 0x80 {
                return Ok(number);
            }
        }
        Err(TraceError::Damaged(self.read))
    }

    fn small<T: TryFrom<u64>>(&mut self) -> Result<T, TraceError> {
        let number = self.number()?;
        T::try_from(number).map_err(|_| TraceError::Damaged(self.read))
    }

    fn row(&mut self) -> Result<Option<Row>, TraceError> {
        let step = self.number()?;
        if step == 0 {
            let expected = self.number()?;
            return if expected == self.read { Ok(None) } else { Err(TraceError::Damaged(self.read)) };
        }
        let after = |from: u64, step: u64| from.checked_add(step).ok_or(TraceError::Damaged(self.read));
        self.number = after(self.number, step)?;
        let passed = self.number()?;
        let nanos = self.time.as_nanos().checked_add(passed).ok_or(TraceError::Damaged(self.read))?;
        self.time = SimTime::from_nanos(nanos);
        let row = Row {
            number: self.number,
            time: self.time,
            kind: self.small()?,
            destination: self.small()?,
            source: self.small()?,
            source_number: self.small()?,
            content: self.number()?,
        };
        self.read += 1;
        Ok(Some(row))
    }
}

/// Fills a buffer; an early end is a truncated trace of so many events.
fn fill(input: &mut impl Read, bytes: &mut [u8], read: u64) -> Result<(), TraceError> {
    input.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => TraceError::Truncated(read),
        _ => TraceError::Io(error),
    })
}

impl<R: Read> Iterator for Trace<R> {
    type Item = Result<Row, TraceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let row = self.row().transpose();
        self.is_over = !matches!(row, Some(Ok(_)));
        row
    }
}
