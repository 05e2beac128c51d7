//! What decides the shape and the names of a tree, and the two published sets of it.
//!
//! Sources: ipfs/kubo `config/import.go` (defaults), ipfs/boxo `ipld/unixfs/io/profile.go` and ipfs/specs IPIP-0499
//! (profiles `unixfs-v0-2015` and `unixfs-v1-2025`).

use thiserror::Error;

use super::chunker::ChunkerSpec;
use crate::cid::{CidVersion, IDENTITY_MAX};

/// How the nodes above the leaves of a file are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// All leaves at one depth; good for random access. The default.
    Balanced,
    /// Leaves first, then ever deeper subtrees, four of each depth; good for reading from the start.
    Trickle,
}

/// How the size of a directory is estimated when it is compared with the sharding threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HamtEstimate {
    /// Sum over the entries of name bytes and CID bytes (Kubo's default, profile `unixfs-v0-2015`).
    Links,
    /// Exact size of the directory as one block (profile `unixfs-v1-2025`).
    Block,
}

/// Settings of an import. Two imports of the same bytes give the same root if and only if these agree, up to
/// accidents of small files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportOptions {
    /// How the stream is cut. Default: `size-262144`. Source: `Import.UnixFSChunker`.
    pub chunker: ChunkerSpec,
    /// CID version of dag-pb blocks; raw leaves are version 1 always. Default: 0. Source: `Import.CidVersion`.
    pub cid_version: CidVersion,
    /// Whether leaves are bare bytes (codec raw) instead of bytes wrapped in UnixFS and dag-pb. Default: false;
    /// `ipfs add` turns it on with CID version 1, see [`raw_leaves_or_default`]. Source: `Import.UnixFSRawLeaves`.
    pub raw_leaves: bool,
    /// Arrangement of file nodes. Default: balanced. Source: `ipfs add --trickle`.
    pub layout: Layout,
    /// Most children of a file node; in the trickle layout, most leaves of a node, subtrees come on top.
    ///
    /// Unit: links. Default: 174. Bounds: 2 to 8192. Source: `Import.UnixFSFileMaxLinks`; the upper bound keeps
    /// inner nodes below the 2 MiB that Bitswap carries (assumption: boxo has none).
    pub max_links: usize,
    /// Blocks of at most this many bytes are put into their CID instead of being stored.
    ///
    /// Unit: bytes. Default: none, no inlining. Bounds: 0 to 128. Source: `ipfs add --inline --inline-limit`
    /// (32 there), boxo `verifcid`.
    pub inline_limit: Option<usize>,
    /// A directory whose estimated size is above this becomes a HAMT; zero means never.
    ///
    /// Unit: bytes. Default: 262144. Source: `Import.UnixFSHAMTDirectorySizeThreshold`.
    pub hamt_threshold: usize,
    /// How that size is estimated. Default: links. Source: `Import.UnixFSHAMTDirectorySizeEstimation`.
    pub hamt_estimate: HamtEstimate,
}

impl Default for ImportOptions {
    /// What Kubo does when nothing is configured, which is the profile `unixfs-v0-2015`.
    fn default() -> Self {
        ImportOptions {
            chunker: ChunkerSpec::default(),
            cid_version: CidVersion::V0,
            raw_leaves: false,
            layout: Layout::Balanced,
            max_links: 174,
            inline_limit: None,
            hamt_threshold: 256 * 1024,
            hamt_estimate: HamtEstimate::Links,
        }
    }
}

impl ImportOptions {
    /// The profile `unixfs-v1-2025` of IPIP-0499: CIDv1, raw leaves, chunks of 1 MiB, 1024 links, directories
    /// estimated by their block.
    pub fn profile_v1_2025() -> Self {
        ImportOptions {
            chunker: ChunkerSpec::size(1024 * 1024).expect("1 MiB is within the limit"),
            cid_version: CidVersion::V1,
            raw_leaves: true,
            max_links: 1024,
            hamt_estimate: HamtEstimate::Block,
            ..ImportOptions::default()
        }
    }

    /// Checks the bounds that the types do not.
    ///
    /// # Errors
    /// The first field out of its bounds.
    pub fn check(&self) -> Result<(), OptionsError> {
        if !(2..=MAX_LINKS).contains(&self.max_links) {
            return Err(OptionsError::MaxLinks(self.max_links));
        }
        match self.inline_limit {
            Some(limit) if limit > IDENTITY_MAX => Err(OptionsError::InlineLimit(limit)),
            _ => Ok(()),
        }
    }
}

const MAX_LINKS: usize = 8192;

/// Whether leaves are raw: as asked for, or else with CID version 1 only (`ipfs add --cid-version`).
pub fn raw_leaves_or_default(asked: Option<bool>, cid_version: CidVersion) -> bool {
    asked.unwrap_or(cid_version == CidVersion::V1)
}

/// A setting out of bounds.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OptionsError {
    /// Too few links to make a tree, or too many for a block.
    #[error("max_links is {0}: a file node may have 2 to {MAX_LINKS} links")]
    MaxLinks(usize),
    /// Longer than an identity CID can be.
    #[error("inline_limit is {0}: at most {IDENTITY_MAX} bytes fit in a CID")]
    InlineLimit(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_profiles_are_within_bounds() {
        assert_eq!(ImportOptions::default().check(), Ok(()));
        assert_eq!(ImportOptions::profile_v1_2025().check(), Ok(()));
    }

    #[test]
    fn settings_out_of_bounds_are_named() {
        let one_link = ImportOptions { max_links: 1, ..Default::default() };
        assert_eq!(one_link.check(), Err(OptionsError::MaxLinks(1)));
        let inline = ImportOptions { inline_limit: Some(129), ..Default::default() };
        assert_eq!(inline.check(), Err(OptionsError::InlineLimit(129)));
    }

    #[test]
    fn raw_leaves_follow_the_version_unless_said_otherwise() {
        assert!(raw_leaves_or_default(None, CidVersion::V1));
        assert!(!raw_leaves_or_default(None, CidVersion::V0));
        assert!(raw_leaves_or_default(Some(true), CidVersion::V0));
        assert!(!raw_leaves_or_default(Some(false), CidVersion::V1));
    }
}
