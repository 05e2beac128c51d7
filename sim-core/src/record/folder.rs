//! Run folders, whole or absent: everything is written under a temporary name beside the final one,
//! flushed to disk, and renamed in one step (Pillai et al., OSDI 2014: a rename alone is not durable).

use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A folder being written. Dropped without [`NewFolder::publish`], it leaves nothing behind.
#[derive(Debug)]
pub struct NewFolder {
    temporary: PathBuf,
    target: PathBuf,
    published: bool,
}

impl NewFolder {
    /// Starts a folder that will appear as `target`.
    ///
    /// # Errors
    /// If the parent cannot be made or written.
    pub fn create(target: &Path) -> io::Result<Self> {
        // A link leads to the folder that is meant; renaming over the link itself would lose it.
        let target = &fs::canonicalize(target).unwrap_or_else(|_| target.to_path_buf());
        let parent = parent_of(target);
        fs::create_dir_all(&parent)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let temporary = parent.join(format!(".{name}.{}.tmp", std::process::id()));
        if temporary.exists() {
            fs::remove_dir_all(&temporary)?;
        }
        fs::create_dir(&temporary)?;
        Ok(NewFolder { temporary, target: target.to_path_buf(), published: false })
    }

    /// Where the files are while the folder is being written.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Writes one file (its folders are made) and returns its SHA-256 in hexadecimal.
    ///
    /// # Errors
    /// If the file cannot be written whole.
    pub fn write(&self, relative: &str, parts: &[&[u8]]) -> io::Result<String> {
        write_synced(&self.temporary.join(relative), parts)
    }

    /// Puts the folder in place, replacing an older one of the same name if there is one.
    ///
    /// # Errors
    /// If the rename fails; an older folder is then still in place.
    pub fn publish(mut self) -> io::Result<()> {
        sync_folder(&self.temporary)?;
        if self.target.exists() {
            let old = self.temporary.with_extension("old");
            fs::rename(&self.target, &old)?;
            if let Err(error) = fs::rename(&self.temporary, &self.target) {
                fs::rename(&old, &self.target)?;
                return Err(error);
            }
            self.published = true;
            fs::remove_dir_all(&old)?;
        } else {
            fs::rename(&self.temporary, &self.target)?;
            self.published = true;
        }
        sync_folder(&parent_of(&self.target))
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if !self.published {
            // Best effort: a left-over has a temporary name and is never taken for a result.
            let _ = fs::remove_dir_all(&self.temporary);
        }
    }
}

/// Writes a single file under a temporary name and renames it into place; returns its SHA-256.
///
/// # Errors
/// If the file cannot be written whole; a file that stood there before is then untouched.
pub fn write_whole(path: &Path, parts: &[&[u8]]) -> io::Result<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = parent_of(path).join(format!(".{name}.{}.tmp", std::process::id()));
    let result = write_synced(&temporary, parts).and_then(|hash| fs::rename(&temporary, path).map(|()| hash));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// SHA-256 of bytes, hexadecimal.
pub fn sha256_hex(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hex(&hasher.finalize())
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn write_synced(path: &Path, parts: &[&[u8]]) -> io::Result<String> {
    fs::create_dir_all(parent_of(path))?;
    let mut file = File::create(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()?;
    Ok(sha256_hex(parts))
}

fn parent_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// Makes the entry of a file durable in its folder.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    sync_folder(&parent_of(path))
}

/// Makes a folder's entries durable. Platforms that cannot open a folder for this skip it.
fn sync_folder(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(folder) => folder.sync_all(),
        Err(_) if cfg!(not(unix)) => Ok(()),
        Err(error) => Err(error),
    }
}
