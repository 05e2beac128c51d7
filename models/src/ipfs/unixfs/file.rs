//! Importing one file from a stream of bytes.

use super::block::BlockMaker;
use super::chunker::Chunker;
use super::layout::OpenNodes;
use super::options::ImportOptions;
use super::sink::Sink;
use crate::cid::Cid;

/// Turns pushed bytes into the blocks of a file.
///
/// ```
/// use models::ipfs::unixfs::{FileImporter, ImportOptions};
///
/// let mut sink = (); // drop the blocks, keep the root
/// let mut file = FileImporter::new(&ImportOptions::default(), &mut sink);
/// file.write(b"hello ");
/// file.write(b"world\n");
/// let summary = file.finish();
/// assert_eq!(summary.cid.to_string(), "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o");
/// assert_eq!(summary.file_size, 12);
/// ```
#[derive(Debug)]
pub struct FileImporter<'s, S: Sink> {
    chunker: Chunker,
    blocks: BlockMaker,
    open: OpenNodes,
    sink: &'s mut S,
    file_size: u64,
    chunks: u64,
}

/// What came of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSummary {
    /// The root.
    pub cid: Cid,
    /// Bytes of the file.
    pub file_size: u64,
    /// Bytes of all blocks, repeats counted each time: the `Tsize` of a link to the root.
    pub dag_size: u64,
    /// Chunks the stream was cut into; an empty file has none.
    pub chunks: u64,
}

impl<'s, S: Sink> FileImporter<'s, S> {
    /// An importer at the start of a file.
    ///
    /// # Panics
    /// If the options are out of bounds ([`ImportOptions::check`]).
    pub fn new(options: &ImportOptions, sink: &'s mut S) -> Self {
        FileImporter {
            chunker: Chunker::new(&options.chunker),
            blocks: BlockMaker::new(options),
            open: OpenNodes::new(options),
            sink,
            file_size: 0,
            chunks: 0,
        }
    }

    /// Takes the next bytes of the file, in slices of any length. Large ones (a few MiB) are copied least.
    pub fn write(&mut self, bytes: &[u8]) {
        let FileImporter { chunker, blocks, open, sink, chunks, .. } = self;
        self.file_size += bytes.len() as u64;
        chunker.push(bytes, |chunk| {
            *chunks += 1;
            open.add(blocks.leaf(chunk, *sink), blocks, *sink);
        });
    }

    /// Ends the file: makes the last leaf and every node that was still open.
    pub fn finish(mut self) -> FileSummary {
        let FileImporter { chunker, blocks, open, sink, chunks, .. } = &mut self;
        chunker.finish(|chunk| {
            *chunks += 1;
            open.add(blocks.leaf(chunk, *sink), blocks, *sink);
        });
        let root = self.open.finish(&mut self.blocks, self.sink);
        FileSummary { cid: root.cid, file_size: self.file_size, dag_size: root.dag_size, chunks: self.chunks }
    }
}
