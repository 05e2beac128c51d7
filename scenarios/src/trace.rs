//! Recorded sessions: a CSV file with the columns `node`, `up_from_s` and `up_until_s`.
//!
//! Rows stand in order of node and time. Seconds are exact decimals. A file whose rows overlap or are out
//! of order is refused with the number of its line: guessing would change what was recorded.

use sim_core::time::SimTime;
use sim_core::units::parse_span;
use std::fs;
use std::path::Path;

/// Sessions of each recorded node, in file order.
pub type Trace = Vec<Vec<(SimTime, SimTime)>>;

const HEADER: &str = "node,up_from_s,up_until_s";

/// Bytes of a trace file at most.
const SIZE_MAX: u64 = 1 << 30;

/// Reads a trace file.
///
/// # Errors
/// In words, with the line where there is one.
pub fn read(path: &Path) -> Result<Trace, String> {
    let facts = fs::metadata(path).map_err(|error| format!("cannot be read: {}", error.kind()))?;
    if !facts.is_file() {
        return Err("is no regular file".into());
    }
    if facts.len() > SIZE_MAX {
        return Err("is larger than 1 GiB".into());
    }
    let text = fs::read_to_string(path).map_err(|error| format!("cannot be read: {}", error.kind()))?;
    parse(&text)
}

/// Reads the text of a trace.
///
/// # Errors
/// In words, with the line where there is one.
pub fn parse(text: &str) -> Result<Trace, String> {
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, header)| header.trim()) != Some(HEADER) {
        return Err(format!("line 1: expected the header {HEADER}"));
    }
    let mut trace: Trace = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let at = |message: String| format!("line {}: {message}", index + 1);
        let (node, from, until) = row(line).map_err(at)?;
        if seen.last() != Some(&node) {
            if seen.contains(&node) {
                return Err(at(format!("rows of node {node} do not stand together")));
            }
            seen.push(node);
            trace.push(Vec::new());
        }
        let sessions = trace.last_mut().expect("just pushed");
        if sessions.last().is_some_and(|(_, end)| from < *end) {
            return Err(at("the session begins before the one above it ends".into()));
        }
        sessions.push((from, until));
    }
    if trace.is_empty() { Err("holds no sessions".into()) } else { Ok(trace) }
}

fn row(line: &str) -> Result<(&str, SimTime, SimTime), String> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [node, from, until] = fields[..] else {
        return Err(format!("expected 3 fields, got {}", fields.len()));
    };
    if node.is_empty() {
        return Err("expected the name of a node, got nothing".into());
    }
    let (from, until) = (seconds(from)?, seconds(until)?);
    if from < until { Ok((node, from, until)) } else { Err("expected up_until_s after up_from_s".into()) }
}

fn seconds(text: &str) -> Result<SimTime, String> {
    let span = parse_span(&format!("{text} s")).map_err(|_| format!("expected seconds, got \"{text}\""))?;
    Ok(SimTime::ZERO.saturating_add(span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_read_node_by_node() {
        let trace = parse("node,up_from_s,up_until_s\na,0,1.5\na,2,3\nb,1,2\n").expect("a good trace");
        assert_eq!(trace.len(), 2);
        assert_eq!(trace[0][0].1, SimTime::from_nanos(1_500_000_000));
    }

    #[test]
    fn bad_rows_are_refused_by_line() {
        let check = |rows: &str, message: &str| {
            assert_eq!(parse(&format!("node,up_from_s,up_until_s\n{rows}")).unwrap_err(), message);
        };
        check("a,0,2\na,1,3\n", "line 3: the session begins before the one above it ends");
        check("a,2,2\n", "line 2: expected up_until_s after up_from_s");
        check("a,0\n", "line 2: expected 3 fields, got 2");
        check("a,0,1\nb,0,1\na,2,3\n", "line 4: rows of node a do not stand together");
        check("a,x,1\n", "line 2: expected seconds, got \"x\"");
        check("a,-1,1\n", "line 2: expected seconds, got \"-1\"");
        check("", "holds no sessions");
    }
}
