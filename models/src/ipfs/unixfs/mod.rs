//! UnixFS: files and directories as trees of content-addressed blocks, byte for byte as Kubo makes them.
//!
//! ```text
//! bytes ─▶ chunker ─▶ leaf blocks ─▶ layout (balanced | trickle) ─▶ file root ─┐
//!          size         raw or                                                 ├─▶ directory (basic | HAMT) ─▶ root
//!          rabin        wrapped                                     names ─────┘
//!          buzhash
//! ```
//!
//! Everything is pushed: [`FileImporter::write`] takes slices of any length and hands each finished block to a
//! [`Sink`], children before parents. Nothing here opens a file, and what is held while a file streams through is
//! one chunk and one unfinished node per level of the tree, whatever the size of the file.
//!
//! Sources: ipfs/boxo (`chunker/`, `ipld/unixfs/importer/`, `ipld/unixfs/hamt/`, `ipld/unixfs/io/directory.go`,
//! `ipld/merkledag/coding.go`), whyrusleeping/chunker, ipfs/specs (`UNIXFS.md`, IPIP-0499, DAG-PB in ipld/specs).
//! `models/tests/unixfs_vectors.rs` compares the result with trees read out of a real Kubo node.
//!
//! Left out: mode and modification time (IPIP-0499 profiles do not write them), symbolic links, other hash
//! functions than SHA2-256, HAMT fan-outs other than 256, and editing a tree in place.

mod block;
mod chunker;
mod dag;
mod dagpb;
mod data;
mod directory;
mod file;
mod hamt;
mod layout;
mod options;
mod read;
mod sink;
mod stats;
mod tree;

pub use chunker::{CHUNK_MAX, Chunker, ChunkerSpec, ChunkerSpecError};
pub use dag::{BlockInfo, Dag, DagCollector};
pub use dagpb::{Link, NodeError};
pub use data::UnixFsError;
pub use directory::{DirSummary, DirectoryBuilder, DirectoryError};
pub use file::{FileImporter, FileSummary};
pub use options::{HamtEstimate, ImportOptions, Layout, OptionsError, raw_leaves_or_default};
pub use read::{ReadError, list_directory, read_file, read_file_with};
pub use sink::Sink;
pub use stats::{DagStats, DagSummary, LeafInfo};
pub use tree::{Node, TreeError, TreeSummary, import_tree};
