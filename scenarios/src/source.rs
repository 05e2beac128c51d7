//! The user's own file or folder as content: listed, hashed and imported, one file streaming at a time.
//!
//! A folder is taken as `ipfs add -r` takes it: hidden files (names that begin with a dot) are left out.
//! Symbolic links inside a folder are refused rather than followed or stored: what they lead to may lie
//! anywhere. The path the user gives may itself be a link.

use models::ipfs::unixfs::{FileImporter, ImportOptions, Node, Sink, TreeSummary, import_tree};
use sha2::{Digest, Sha256};
use sim_core::record::folder::hex;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes read at a time.
const BUFFER: usize = 1 << 16;

/// A file or folder with everything below it, and what was in it when it was first read.
#[derive(Clone, Debug)]
pub struct Source {
    tree: Node<PathBuf>,
    /// Bytes of all files.
    pub size: u64,
    /// SHA-256 of the file; of a folder, over the sorted relative paths, sizes and contents of its files.
    pub sha256: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

impl Source {
    /// Lists and hashes the file or folder at `path`.
    ///
    /// # Errors
    /// In words, if it cannot be read or holds what cannot be imported.
    pub fn scan(path: &Path) -> Result<Self, String> {
        let facts = fs::metadata(path).map_err(|error| reason(&error))?;
        let tree = if facts.is_dir() { Node::Dir(list(path)?) } else { Node::File(regular(path, &facts)?) };
        let mut hasher = Sha256::new();
        let mut size = 0;
        hash(&tree, "", &mut hasher, &mut size)?;
        Ok(Source { tree, size, sha256: hex(&hasher.finalize()), is_folder: facts.is_dir() })
    }

    /// Imports the content into `sink`.
    ///
    /// # Errors
    /// In words, if a file cannot be read any more or a folder cannot be made.
    pub fn import<S: Sink>(&self, options: &ImportOptions, sink: &mut S) -> Result<TreeSummary, String> {
        let mut buffer = vec![0; BUFFER];
        let mut feed = |path: PathBuf, file: &mut FileImporter<'_, S>| -> Result<(), String> {
            stream(&path, &mut buffer, |bytes| file.write(bytes)).map_err(|error| reason(&error))
        };
        let summary =
            import_tree(self.tree.clone(), options, sink, &mut feed).map_err(|error| error.to_string())?;
        if summary.file_size == self.size {
            Ok(summary)
        } else {
            Err("changed while it was being read".into())
        }
    }
}

/// Entries of a folder by name, hidden ones left out.
fn list(folder: &Path) -> Result<Vec<(String, Node<PathBuf>)>, String> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| reason(&error))? {
        let entry = entry.map_err(|error| reason(&error))?;
        let name = entry.file_name().into_string().map_err(|name| {
            format!("holds a file whose name is no UTF-8 text: {}", name.to_string_lossy())
        })?;
        if name.starts_with('.') {
            continue;
        }
        let facts = entry.metadata().map_err(|error| reason(&error))?;
        if facts.is_symlink() {
            return Err(format!("holds the symbolic link \"{name}\": replace it by what it leads to"));
        }
        let path = entry.path();
        let node = if facts.is_dir() { Node::Dir(list(&path)?) } else { Node::File(regular(&path, &facts)?) };
        entries.push((name, node));
    }
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(entries)
}

fn regular(path: &Path, facts: &fs::Metadata) -> Result<PathBuf, String> {
    if facts.is_file() {
        return Ok(path.to_path_buf());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Err(format!("\"{name}\" is no regular file (a pipe, a socket or a device)"))
}

fn hash(node: &Node<PathBuf>, path: &str, hasher: &mut Sha256, size: &mut u64) -> Result<(), String> {
    match node {
        Node::Dir(entries) => {
            entries.iter().try_for_each(|(name, node)| hash(node, &format!("{path}/{name}"), hasher, size))
        }
        Node::File(file) => {
            if !path.is_empty() {
                let length = fs::metadata(file).map_err(|error| reason(&error))?.len();
                hasher.update((path.len() as u64).to_le_bytes());
                hasher.update(path);
                hasher.update(length.to_le_bytes());
            }
            let mut buffer = vec![0; BUFFER];
            stream(file, &mut buffer, |bytes| {
                hasher.update(bytes);
                *size += bytes.len() as u64;
            })
            .map_err(|error| reason(&error))
        }
    }
}

/// Reads a file through `buffer`, handing over what it holds after each read.
///
/// # Errors
/// If the file cannot be read.
pub fn stream(path: &Path, buffer: &mut [u8], mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut file = File::open(path)?;
    loop {
        match file.read(buffer)? {
            0 => return Ok(()),
            n => take(&buffer[..n]),
        }
    }
}

/// What a user needs to know of an error in reading.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "no such file or folder".into(),
        io::ErrorKind::PermissionDenied => "cannot be read: no permission".into(),
        kind => format!("cannot be read: {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_hashed_by_names_and_contents_without_hidden_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
        write("b", "two");
        write("a", "one");
        let before = Source::scan(folder.path()).expect("readable");
        assert_eq!((before.size, before.is_folder), (6, true));
        write(".hidden", "nothing");
        assert_eq!(Source::scan(folder.path()).expect("readable").sha256, before.sha256);
        write("b", "2wo");
        assert_ne!(Source::scan(folder.path()).expect("readable").sha256, before.sha256);
    }

    #[test]
    fn what_is_not_there_is_said_plainly() {
        assert_eq!(Source::scan(Path::new("no/such")).unwrap_err(), "no such file or folder");
    }
}
