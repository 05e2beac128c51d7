//! Directories: named links to files and other directories.
//!
//! A directory is one node with its entries sorted bytewise by name, unless its estimated size is above the
//! threshold; then it is a HAMT (see `hamt.rs`). The estimate and the threshold come from the options.
//!
//! Source: ipfs/boxo `ipld/unixfs/io/directory.go`. Kubo before 2026 sharded *at* the threshold, boxo now only
//! above it; this follows the present rule.

use std::collections::BTreeMap;

use thiserror::Error;

use super::block::BlockMaker;
use super::dagpb::{self, Link};
use super::data::UnixFs;
use super::hamt;
use super::options::{HamtEstimate, ImportOptions};
use super::sink::Sink;
use crate::cid::Cid;

/// Collects the entries of one directory.
#[derive(Clone, Debug)]
pub struct DirectoryBuilder {
    blocks: BlockMaker,
    threshold: usize,
    estimate: HamtEstimate,
    entries: BTreeMap<String, Link>,
}

/// What came of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirSummary {
    /// The root.
    pub cid: Cid,
    /// Bytes of all blocks of and below the directory, repeats counted each time: the `Tsize` of a link to it.
    pub dag_size: u64,
    /// Whether it was sharded.
    pub sharded: bool,
}

impl DirectoryBuilder {
    /// An empty directory.
    ///
    /// # Panics
    /// If the options are out of bounds ([`ImportOptions::check`]).
    pub fn new(options: &ImportOptions) -> Self {
        DirectoryBuilder {
            blocks: BlockMaker::new(options),
            threshold: options.hamt_threshold,
            estimate: options.hamt_estimate,
            entries: BTreeMap::new(),
        }
    }

    /// Adds an entry; `tsize` is the `dag_size` of its summary. An entry of the same name is replaced.
    ///
    /// # Errors
    /// If the name is empty or contains a slash.
    pub fn add(&mut self, name: &str, cid: Cid, tsize: u64) -> Result<(), DirectoryError> {
        if name.is_empty() || name.contains('/') {
            return Err(DirectoryError::Name(name.to_owned()));
        }
        self.entries.insert(name.to_owned(), Link { name: name.to_owned(), cid, tsize });
        Ok(())
    }

    /// Writes the directory to the sink.
    ///
    /// # Errors
    /// If the directory is sharded and two names have the same 64-bit hash, which a trie cannot hold. Shards below
    /// may have reached the sink by then.
    pub fn finish(mut self, sink: &mut impl Sink) -> Result<DirSummary, DirectoryError> {
        let sharded = self.threshold > 0 && self.estimated_size() > self.threshold;
        let links = std::mem::take(&mut self.entries).into_values();
        let (cid, dag_size) = if sharded {
            hamt::write(links, &mut self.blocks, sink)?
        } else {
            let links: Vec<Link> = links.collect();
            self.blocks.node(&links, &UnixFs::directory(), 0, sink)
        };
        Ok(DirSummary { cid, dag_size, sharded })
    }

    fn estimated_size(&self) -> usize {
        let links = self.entries.values();
        match self.estimate {
            HamtEstimate::Links => links.map(|link| link.name.len() + link.cid.encoded_len()).sum(),
            HamtEstimate::Block => {
                dagpb::len_without_links(&UnixFs::directory()) + links.map(Link::encoded_len).sum::<usize>()
            }
        }
    }
}

/// Why a directory cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DirectoryError {
    /// A name that no path can reach.
    #[error("{0:?} cannot name a directory entry: names are not empty and contain no slash")]
    Name(String),
    /// Two names that no depth of the trie tells apart.
    #[error("{0:?} and {1:?} have the same 64-bit hash: a sharded directory cannot hold both")]
    HashCollision(String, String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cid::{CidVersion, Codec};

    fn summary(options: &ImportOptions, names: &[&str]) -> DirSummary {
        let mut directory = DirectoryBuilder::new(options);
        for name in names {
            let cid = Cid::of_block(CidVersion::V1, Codec::Raw, name.as_bytes());
            directory.add(name, cid, name.len() as u64).expect("a good name");
        }
        directory.finish(&mut ()).expect("no collision")
    }

    #[test]
    fn the_empty_directory_has_its_well_known_name() {
        let empty = summary(&ImportOptions::default(), &[]);
        assert_eq!(empty.cid.to_string(), "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn");
        assert_eq!(empty.dag_size, 4);
    }

    #[test]
    fn the_order_of_entries_does_not_matter() {
        for hamt_threshold in [0, 1] {
            let options = ImportOptions { hamt_threshold, ..Default::default() };
            let one = summary(&options, &["b", "a", "B", "ä"]);
            assert_eq!(one, summary(&options, &["ä", "B", "b", "a"]));
            assert_eq!(one.sharded, hamt_threshold == 1);
        }
    }

    #[test]
    fn the_block_estimate_is_the_size_of_the_block_and_shards_only_above_it() {
        let block = |hamt_threshold| ImportOptions {
            hamt_threshold,
            hamt_estimate: HamtEstimate::Block,
            ..Default::default()
        };
        let names = ["one", "two", "three"];
        let below = names.iter().map(|name| name.len() as u64).sum::<u64>();
        let size = (summary(&block(0), &names).dag_size - below) as usize;
        assert!(!summary(&block(size), &names).sharded);
        assert!(summary(&block(size - 1), &names).sharded);
    }

    #[test]
    fn names_no_path_can_reach_are_refused() {
        let mut directory = DirectoryBuilder::new(&ImportOptions::default());
        for name in ["", "a/b", "/"] {
            let refused = directory.add(name, Cid::identity(Codec::Raw, b""), 0);
            assert_eq!(refused, Err(DirectoryError::Name(name.to_owned())));
        }
    }
}
