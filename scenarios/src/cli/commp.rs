//! `lastcopy commp`: the commitment that a storage deal carries for a file, read once in a stream.

use super::output;
use clap::Args as ClapArgs;
use lastcopy::failure::Failure;
use lastcopy::source::{reason, stream};
use models::filecoin::piece::commp::{CommP, Piece};
use std::io;
use std::path::{Path, PathBuf};

/// Bytes read at a time: a multiple of fr32's groups of 127 bytes, so that none has to be put together.
const BUFFER: usize = 127 * 1024;

/// Arguments of `lastcopy commp`. Files of any size are read in constant memory.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// A file
    file: PathBuf,
    /// Print sizes, commitment and names as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let piece = read(&args.file).map_err(|error| unreadable(&args.file, &error))?;
    if args.json {
        let text = serde_json::to_string_pretty(&json(&piece)).expect("string keys");
        return output::print(&format!("{text}\n"));
    }
    output::print(&format!(
        "commp         {}\npiece cid v1  {}\npiece cid v2  {}\npadded size   {}\n",
        piece.root,
        piece.cid_v1(),
        piece.cid_v2(),
        piece.height.padded_bytes()
    ))
}

fn read(path: &Path) -> io::Result<Piece> {
    let mut hasher = CommP::new();
    stream(path, &mut vec![0; BUFFER], |bytes| hasher.write(bytes))?;
    Ok(hasher.finish())
}

/// A file that cannot be read is the user's to mend.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("{}: {}", path.display(), reason(error)))
}

fn json(piece: &Piece) -> serde_json::Value {
    serde_json::json!({
        "len": piece.payload,
        "unpadded_piece_size": piece.height.payload_bytes(),
        "padded_piece_size": piece.height.padded_bytes(),
        "commp": piece.root.to_string(),
        "piece_cid_v1": piece.cid_v1().to_string(),
        "piece_cid_v2": piece.cid_v2().to_string(),
    })
}
