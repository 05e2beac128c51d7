//! `lastcopy cid`: what `ipfs add --only-hash -r` does, with Kubo's defaults.

use super::output;
use clap::{Args as ClapArgs, ValueEnum};
use lastcopy::failure::Failure;
use lastcopy::source::Source;
use models::cid::CidVersion;
use models::ipfs::unixfs::{ChunkerSpec, DagStats, DagSummary, ImportOptions, Layout, raw_leaves_or_default};
use sim_core::units::parse_bytes;
use std::path::PathBuf;

/// Arguments of `lastcopy cid`. Hidden files in folders are left out, as `ipfs add -r` does; symbolic
/// links in folders are refused.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// A file or a folder
    path: PathBuf,
    /// size-N, rabin, rabin-AVG, rabin-MIN-AVG-MAX or buzhash
    #[arg(long, value_name = "S", default_value = "size-262144", value_parser = chunker)]
    chunker: ChunkerSpec,
    /// CID version of dag-pb blocks
    #[arg(long, value_name = "0|1", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=1))]
    cid_version: u8,
    /// Leaves of bare bytes [default: true with CID version 1]
    #[arg(long, value_name = "true|false")]
    raw_leaves: Option<bool>,
    /// How the nodes above the leaves are arranged
    #[arg(long, value_enum, default_value_t = Arrangement::Balanced)]
    layout: Arrangement,
    /// Most children of a node
    #[arg(long, value_name = "N", default_value_t = 174)]
    max_links: usize,
    /// Blocks of at most this many bytes travel inside their CID; 0 for none
    #[arg(long, value_name = "N", default_value_t = 0)]
    inline_limit: usize,
    /// Estimated size above which a folder becomes a HAMT, in bytes or as "256 KiB"; 0 for never
    #[arg(long, value_name = "BYTES", default_value = "262144", value_parser = size)]
    hamt_threshold: usize,
    /// Print all figures as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Arrangement {
    Balanced,
    Trickle,
}

fn chunker(text: &str) -> Result<ChunkerSpec, String> {
    text.parse().map_err(|error: models::ipfs::unixfs::ChunkerSpecError| error.to_string())
}

fn size(text: &str) -> Result<usize, String> {
    if let Ok(bytes) = text.parse() {
        return Ok(bytes);
    }
    let bytes = parse_bytes(text).map_err(|error| error.to_string())?;
    usize::try_from(bytes.as_u64()).map_err(|_| "more than this machine can address".into())
}

/// Runs the command.
///
/// # Errors
/// If an option is out of bounds or a file cannot be read.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let options = options(args);
    options.check().map_err(|error| Failure::Usage(error.to_string()))?;
    let unreadable = |reason: String| Failure::Usage(format!("{}: {reason}", args.path.display()));
    let source = Source::scan(&args.path).map_err(unreadable)?;
    let mut stats = DagStats::default();
    let root = source.import(&options, &mut stats).map_err(unreadable)?.cid;
    let summary = stats.summary(&root).expect("the importer hands over the root last");
    if args.json { output::print(&json(&summary)) } else { output::print(&format!("{}\n", summary.root)) }
}

fn options(args: &Args) -> ImportOptions {
    let cid_version = if args.cid_version == 0 { CidVersion::V0 } else { CidVersion::V1 };
    ImportOptions {
        chunker: args.chunker,
        cid_version,
        raw_leaves: raw_leaves_or_default(args.raw_leaves, cid_version),
        layout: match args.layout {
            Arrangement::Balanced => Layout::Balanced,
            Arrangement::Trickle => Layout::Trickle,
        },
        max_links: args.max_links,
        inline_limit: (args.inline_limit > 0).then_some(args.inline_limit),
        hamt_threshold: args.hamt_threshold,
        ..ImportOptions::default()
    }
}

fn json(summary: &DagSummary) -> String {
    let leaf = |leaf: &models::ipfs::unixfs::LeafInfo| serde_json::json!({ "cid": leaf.cid.to_string(), "block_size": leaf.block_size, "data_size": leaf.data_size });
    let value = serde_json::json!({
        "root": summary.root.to_string(),
        "dag_size": summary.dag_size,
        "blocks_total": summary.blocks_total,
        "blocks_unique": summary.blocks_unique,
        "leaves": summary.leaves,
        "depth": summary.depth,
        "first_leaves": summary.first_leaves.iter().map(leaf).collect::<Vec<_>>(),
    });
    format!("{}\n", serde_json::to_string_pretty(&value).expect("string keys"))
}
