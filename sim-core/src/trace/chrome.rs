//! A trace as trace-event JSON, the format of `chrome://tracing` and <https://ui.perfetto.dev>.
//!
//! Entities are threads, groups of entities are processes, events are instants. One microsecond of the viewer is one
//! microsecond of virtual time, with the nanoseconds as decimals.

use super::{Trace, TraceError, TraceHeader};
use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use thiserror::Error;

/// What went wrong while a trace was turned into JSON.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The trace cannot be read.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// The JSON cannot be written.
    #[error("{0}")]
    Output(#[from] io::Error),
}

/// Writes a trace as trace-event JSON (the format of `chrome://tracing` and <https://ui.perfetto.dev>); returns the
/// number of events.
///
/// # Errors
/// If the trace is damaged, or the output cannot be written.
pub fn write_chrome<R: Read>(trace: &mut Trace<R>, out: &mut impl Write) -> Result<u64, ExportError> {
    let text = |words: &str| serde_json::to_string(words).expect("a string is JSON");
    let TraceHeader { program, run, cell, .. } = &trace.header;
    let (program, run, cell) = (text(program), text(run), text(cell));
    writeln!(
        out,
        "{{\"displayTimeUnit\":\"ms\",\"otherData\":{{\"program\":{program},\"run\":{run},\"cell\":{cell}}},"
    )?;
    write!(out, "\"traceEvents\":[")?;
    let groups = Groups::of(&trace.header.entities);
    let kinds: Vec<String> = trace.header.kinds.iter().map(|name| text(name)).collect();
    let mut seen = BTreeSet::new();
    let mut events = 0u64;
    while let Some(row) = trace.next() {
        let row = row?;
        let nanos = row.time.as_nanos();
        let kind = kinds.get(usize::from(row.kind)).map_or("\"?\"", String::as_str);
        let comma = if events == 0 { "" } else { "," };
        write!(
            out,
            "{comma}\n{{\"name\":{kind},\"ph\":\"i\",\"s\":\"t\",\"ts\":{}.{:03},\"pid\":{},\"tid\":{},\"args\":{{\"event\":{},\"from\":{},\"content\":\"{:016x}\"}}}}",
            nanos / 1_000,
            nanos % 1_000,
            groups.process(row.destination),
            u64::from(row.destination) + 1,
            row.number,
            text(&name_of(&trace.header.entities, row.source)),
            row.content,
        )?;
        seen.insert(row.destination);
        events += 1;
    }
    for (position, name) in groups.names.iter().enumerate() {
        let comma = if events == 0 && position == 0 { "" } else { "," };
        let (pid, name) = (position + 1, text(name));
        write!(
            out,
            "{comma}\n{{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":{pid},\"args\":{{\"name\":{name}}}}}"
        )?;
    }
    for entity in seen {
        let (pid, tid) = (groups.process(entity), u64::from(entity) + 1);
        let name = text(&name_of(&trace.header.entities, entity));
        write!(
            out,
            ",\n{{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":{pid},\"tid\":{tid},\"args\":{{\"name\":{name}}}}}"
        )?;
    }
    writeln!(out, "\n]}}")?;
    out.flush()?;
    Ok(events)
}

fn name_of(entities: &[String], entity: u32) -> String {
    entities.get(entity as usize).cloned().unwrap_or_else(|| format!("entity {entity}"))
}

/// Processes of a viewer: groups of entities, in order of their first member.
struct Groups {
    names: Vec<String>,
    of: Vec<u32>,
}

impl Groups {
    fn of(entities: &[String]) -> Self {
        let mut groups = Groups { names: Vec::new(), of: Vec::with_capacity(entities.len()) };
        for entity in entities {
            let name = entity.rsplit_once('/').map_or(entity.as_str(), |(group, _)| group);
            // Members of a group stand together, so the last one is nearly always it.
            let place = groups.names.iter().rposition(|known| known == name).unwrap_or_else(|| {
                groups.names.push(name.to_string());
                groups.names.len() - 1
            });
            groups.of.push(place as u32 + 1);
        }
        if groups.names.is_empty() {
            groups.names.push("entities".into());
        }
        groups
    }

    fn process(&self, entity: u32) -> u32 {
        self.of.get(entity as usize).copied().unwrap_or(1)
    }
}
