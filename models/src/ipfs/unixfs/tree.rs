//! Importing a folder: files and directories, to any depth, one file streaming at a time.

use thiserror::Error;

use super::directory::{DirectoryBuilder, DirectoryError};
use super::file::FileImporter;
use super::options::ImportOptions;
use super::sink::Sink;
use crate::cid::Cid;

/// A file or a directory to import. `F` is whatever the caller opens when the file's turn comes: a path, a seed, the
/// bytes themselves.
#[derive(Clone, Debug)]
pub enum Node<F> {
    /// A file.
    File(F),
    /// A directory, with names and entries in any order.
    Dir(Vec<(String, Node<F>)>),
}

/// What came of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeSummary {
    /// The root: of the file, or of the outermost directory.
    pub cid: Cid,
    /// Bytes of all blocks, repeats counted each time.
    pub dag_size: u64,
    /// Bytes of all files.
    pub file_size: u64,
}

/// Imports a tree depth first in the given order; `feed` writes one file into the importer it is given, so
/// files are opened one at a time and stream.
///
/// ```
/// use models::ipfs::unixfs::{ImportOptions, Node, import_tree};
///
/// let folder = Node::Dir(vec![("hello.txt".into(), Node::File("hello"))]);
/// let options = ImportOptions::profile_v1_2025();
/// let summary = import_tree(folder, &options, &mut (), &mut |text, file| {
///     file.write(text.as_bytes());
///     Ok::<_, std::io::Error>(())
/// })?;
/// assert_eq!(summary.file_size, 5);
/// # Ok::<_, models::ipfs::unixfs::TreeError<std::io::Error>>(())
/// ```
///
/// # Errors
/// The first error of `feed`, or a directory that cannot be made.
///
/// # Panics
/// If the options are out of bounds ([`ImportOptions::check`]).
pub fn import_tree<F, E, S: Sink>(
    node: Node<F>,
    options: &ImportOptions,
    sink: &mut S,
    feed: &mut impl FnMut(F, &mut FileImporter<'_, S>) -> Result<(), E>,
) -> Result<TreeSummary, TreeError<E>> {
    match node {
        Node::File(file) => {
            let mut importer = FileImporter::new(options, sink);
            feed(file, &mut importer).map_err(TreeError::Read)?;
            let done = importer.finish();
            Ok(TreeSummary { cid: done.cid, dag_size: done.dag_size, file_size: done.file_size })
        }
        Node::Dir(entries) => {
            let mut directory = DirectoryBuilder::new(options);
            let mut file_size = 0;
            for (name, entry) in entries {
                let done = import_tree(entry, options, sink, feed)?;
                file_size += done.file_size;
                directory.add(&name, done.cid, done.dag_size)?;
            }
            let done = directory.finish(sink)?;
            Ok(TreeSummary { cid: done.cid, dag_size: done.dag_size, file_size })
        }
    }
}

/// Why a tree could not be imported.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum TreeError<E> {
    /// A file could not be read.
    #[error(transparent)]
    Read(E),
    /// A directory could not be made.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}
