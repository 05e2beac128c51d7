//! The events of a recorded run as a file: a compact trace, or the JSON that trace viewers read.
//!
//! The run is repeated for it, so that runs cost nothing for being traceable, and any run that exists can be traced.

use crate::failure::Failure;
use crate::replay::{self, Recorded};
use crate::sweep::RunSpec;
use models::registry::KIND_NAMES;
use models::run::BrokenInvariant;
use models::simulation::Simulation;
use sim_core::time::SimTime;
use sim_core::trace::{ExportError, Trace, TraceHeader, TraceWriter, Window, write_chrome};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// How a trace is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// The trace-event JSON of Chrome and Perfetto.
    Json,
    /// The compact form, which [`export`] turns into the other.
    Binary,
}

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// Events in the file.
    pub events: u64,
    /// Whose.
    pub run: String,
    /// Cell.
    pub cell: String,
}

/// Events between two looks at whether to go on.
const STEP: u64 = 1 << 16;

/// Replays a cell and writes its events.
///
/// # Errors
/// If the file cannot be written, somebody interrupts, or the replay is not the run that was recorded.
pub fn trace(
    run: &Recorded,
    spec: &RunSpec,
    window: Window,
    format: Format,
    out: &Path,
    watch: &mut dyn FnMut() -> bool,
) -> Result<Written, Failure> {
    let failed = |error: io::Error| Failure::output(out, &error);
    let header = TraceHeader {
        program: format!("lastcopy {}", env!("CARGO_PKG_VERSION")),
        run: format!("{}-{}", run.manifest.scenario, run.manifest.run_id),
        cell: spec.name.clone(),
        kinds: KIND_NAMES.map(String::from).into(),
        entities: replay::names(spec).entities(),
    };
    let mut temporary = beside(out).map_err(failed)?;
    let sink = TraceWriter::new(BufWriter::new(temporary.as_file_mut()), &header, window).map_err(failed)?;
    let mut simulation = Simulation::with_sink(&spec.case.config, &spec.case.content(), spec.draws, sink);
    let end = simulation.end().min(window.until);
    let broken = |broken: BrokenInvariant| Failure::Internal(broken.to_string());
    while simulation.advance(end, STEP).map_err(broken)? != sim_core::engine::Stopped::AtEnd {
        if !watch() {
            return Err(Failure::Interrupted("nothing was written".into()));
        }
    }
    let is_whole = end == simulation.end();
    let digest = simulation.digest();
    let (_, sink) = simulation.into_engine().into_parts();
    let (mut buffer, events) = sink.finish().map_err(failed)?;
    buffer.flush().map_err(failed)?;
    drop(buffer);
    if let Some(cell) = run.told(spec).filter(|cell| is_whole && cell.digest != digest) {
        return Err(Failure::Failed(format!(
            "{} has digest {} for {}, its replay {digest}: another build made it, or its manifest was changed",
            run.folder.display(),
            cell.digest,
            spec.name
        )));
    }
    let written = Written { events, run: header.run, cell: header.cell };
    match format {
        Format::Binary => put(temporary, out).map_err(failed)?,
        Format::Json => {
            let mut file = temporary.reopen().map_err(failed)?;
            file.rewind().map_err(failed)?;
            to_json(file, out, out)?;
        }
    }
    Ok(written)
}

/// Turns a compact trace into JSON.
///
/// # Errors
/// If it is no whole trace, or the file cannot be written.
pub fn export(trace: &Path, out: &Path) -> Result<Written, Failure> {
    let file = File::open(trace)
        .map_err(|error| Failure::Usage(format!("{} cannot be read: {}", trace.display(), error.kind())))?;
    to_json(file, trace, out)
}

fn to_json(file: File, from: &Path, out: &Path) -> Result<Written, Failure> {
    let failed = |error: io::Error| Failure::output(out, &error);
    let bad = |error: &dyn std::fmt::Display| Failure::Usage(format!("{} {error}", from.display()));
    let mut trace = Trace::open(BufReader::new(file)).map_err(|error| bad(&error))?;
    let mut temporary = beside(out).map_err(failed)?;
    let mut buffer = BufWriter::new(temporary.as_file_mut());
    let events = write_chrome(&mut trace, &mut buffer).map_err(|error| match error {
        ExportError::Trace(error) => bad(&error),
        ExportError::Output(error) => failed(error),
    })?;
    drop(buffer);
    put(temporary, out).map_err(failed)?;
    Ok(Written { events, run: trace.header.run, cell: trace.header.cell })
}

/// A temporary file in the folder of another.
fn beside(out: &Path) -> io::Result<NamedTempFile> {
    let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any other file that is made: what the user's mask leaves.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder.map_or(PathBuf::from("."), Path::to_path_buf))
}

fn put(temporary: NamedTempFile, out: &Path) -> io::Result<()> {
    temporary.as_file().sync_all()?;
    temporary.persist(out).map(|_| ()).map_err(|error| error.error)
}

/// A window from optional ends.
pub fn window(from: Option<SimTime>, until: Option<SimTime>, events: Option<u64>) -> Window {
    Window {
        from: from.unwrap_or(SimTime::ZERO),
        until: until.unwrap_or(SimTime::NEVER),
        events: events.unwrap_or(u64::MAX),
    }
}
