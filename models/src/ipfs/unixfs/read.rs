//! Reading files and directories back from their blocks.
//!
//! Every block is checked against its CID before it is looked at, and every node against what its parent says of
//! it, so whatever comes back is what was imported, or an error. Blocks may come from anywhere: no input makes the
//! reader panic, and none makes it fetch more blocks than the size declared by the root can account for.
//!
//! Sources: ipfs/boxo `ipld/unixfs/io/dagreader.go` and `ipld/unixfs/hamt/`, ipfs/specs `UNIXFS.md`. Stricter than
//! boxo: sizes must add up, a child without bytes is refused, and names in a shard must lie on their own path.

use thiserror::Error;

use super::dagpb::{self, Link, NodeError};
use super::data::{Kind, UnixFs};
use super::hamt::{self, BitField};
use crate::cid::{Cid, Codec};

/// Reads a whole file into memory.
///
/// # Errors
/// As [`read_file_with`].
pub fn read_file<B: AsRef<[u8]>>(
    root: &Cid,
    get: impl FnMut(&Cid) -> Option<B>,
) -> Result<Vec<u8>, ReadError> {
    let mut file = Vec::new();
    read_file_with(root, get, |bytes| file.extend_from_slice(bytes))?;
    Ok(file)
}

/// Streams a file: asks `get` for one block after the other, in file order, and gives `each` the bytes of the file.
/// Returns how many there were.
///
/// # Errors
/// [`ReadError`] at the first block that is missing, corrupt or no part of a file. Bytes before it have been given
/// out by then.
pub fn read_file_with<B: AsRef<[u8]>>(
    root: &Cid,
    mut get: impl FnMut(&Cid) -> Option<B>,
    mut each: impl FnMut(&[u8]),
) -> Result<u64, ReadError> {
    let mut total = 0;
    // Subtrees still to read, next one last, each with the bytes its parent announced.
    let mut ahead = vec![(root.clone(), None)];
    while let Some((cid, announced)) = ahead.pop() {
        with_block(&cid, &mut get, |block| {
            let part = FilePart::decode(&cid, block)?;
            // A child without bytes never comes out of an import, and many of them could keep a reader busy.
            if announced.is_some_and(|size| size == 0 || size != part.size) {
                return Err(ReadError::Sizes(cid.clone()));
            }
            if !part.bytes.is_empty() {
                total += part.bytes.len() as u64;
                each(part.bytes);
            }
            ahead.extend(part.children.into_iter().rev());
            Ok(())
        })?;
    }
    Ok(total)
}

/// One node of a file.
struct FilePart<'a> {
    /// Bytes of the file in this node; they come before those of the children.
    bytes: &'a [u8],
    /// Bytes of the file in and below this node.
    size: u64,
    children: Vec<(Cid, Option<u64>)>,
}

impl<'a> FilePart<'a> {
    fn decode(cid: &Cid, block: &'a [u8]) -> Result<Self, ReadError> {
        if cid.codec() == Codec::Raw {
            return Ok(FilePart { bytes: block, size: block.len() as u64, children: Vec::new() });
        }
        let (links, data) = decode_node(cid, block)?;
        if !matches!(data.kind, Kind::File | Kind::Raw) {
            return Err(ReadError::NotAFile(cid.clone()));
        }
        let bytes = data.bytes();
        let below = data.block_sizes.iter().try_fold(bytes.len() as u64, |sum, &size| sum.checked_add(size));
        match below {
            Some(size)
                if links.len() == data.block_sizes.len() && data.file_size.is_none_or(|s| s == size) =>
            {
                let sizes = data.block_sizes.iter().copied().map(Some);
                let children = links.into_iter().map(|link| link.cid).zip(sizes).collect();
                Ok(FilePart { bytes, size, children })
            }
            _ => Err(ReadError::Sizes(cid.clone())),
        }
    }
}

/// Lists a directory, basic or sharded, sorted bytewise by name. Entries themselves are not fetched.
///
/// # Errors
/// [`ReadError`] at the first block that is missing, corrupt or no part of a directory.
pub fn list_directory<B: AsRef<[u8]>>(
    root: &Cid,
    mut get: impl FnMut(&Cid) -> Option<B>,
) -> Result<Vec<Link>, ReadError> {
    let mut entries = Vec::new();
    // Shards still to read, each with the slots that lead to it.
    let mut ahead = vec![(root.clone(), Vec::new())];
    while let Some((cid, path)) = ahead.pop() {
        with_block(&cid, &mut get, |block| {
            let (links, data) = match cid.codec() {
                Codec::Raw => return Err(ReadError::NotADirectory(cid.clone())),
                Codec::DagPb => decode_node(&cid, block)?,
            };
            match data.kind {
                Kind::Directory if path.is_empty() => entries = links,
                Kind::HamtShard => {
                    let shards = read_shard(&path, links, &data, &mut entries);
                    ahead.extend(shards.ok_or_else(|| ReadError::Shard(cid.clone()))?);
                }
                _ => return Err(ReadError::NotADirectory(cid.clone())),
            }
            Ok(())
        })?;
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// Sorts the links of a shard into entries and child shards with their paths. `None` if the shard breaks a rule.
fn read_shard(
    path: &[u8],
    links: Vec<Link>,
    data: &UnixFs<'_>,
    entries: &mut Vec<Link>,
) -> Option<Vec<(Cid, Vec<u8>)>> {
    let known = data.fanout == Some(hamt::FANOUT as u64) && data.hash_type == Some(hamt::MURMUR3);
    // An empty shard below the root would make a path without an entry, and 256^8 of them an endless walk.
    let empty = links.is_empty() && !path.is_empty();
    if !known || empty || path.len() == hamt::MAX_DEPTH {
        return None;
    }
    let mut bits = BitField::default();
    let mut shards = Vec::new();
    let mut last_slot = None;
    for mut link in links {
        let (slot, name) = split_slot(&link.name)?;
        if last_slot >= Some(slot) {
            return None;
        }
        last_slot = Some(slot);
        bits.set(slot);
        let path = [path, &[slot]].concat();
        if name.is_empty() {
            shards.push((link.cid, path));
        } else if hamt::key(name).starts_with(&path) {
            link.name = name.to_owned();
            entries.push(link);
        } else {
            return None;
        }
    }
    (data.bytes() == bits.trimmed()).then_some(shards)
}

/// Splits `3Fname` into slot and name.
fn split_slot(name: &str) -> Option<(u8, &str)> {
    let (digits, name) = name.split_at_checked(2)?;
    let upper_hex = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
    upper_hex.then_some((u8::from_str_radix(digits, 16).ok()?, name))
}

fn decode_node<'a>(cid: &Cid, block: &'a [u8]) -> Result<(Vec<Link>, UnixFs<'a>), ReadError> {
    dagpb::decode(block).map_err(|error| ReadError::Node(cid.clone(), error))
}

/// Gets a block, from its CID if it is inside, checks it and passes it on.
fn with_block<B: AsRef<[u8]>>(
    cid: &Cid,
    get: &mut impl FnMut(&Cid) -> Option<B>,
    then: impl FnOnce(&[u8]) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    if let Some(block) = cid.inline_block() {
        return then(block);
    }
    let block = get(cid).ok_or_else(|| ReadError::Missing(cid.clone()))?;
    let block = block.as_ref();
    if !cid.verify(block) {
        return Err(ReadError::Corrupt(cid.clone()));
    }
    then(block)
}

/// Why a file or directory could not be read; each names the block.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Nobody gave this block.
    #[error("block {0} is missing")]
    Missing(Cid),
    /// The bytes given for this block hash to something else.
    #[error("block {0} does not match its CID")]
    Corrupt(Cid),
    /// The block is no UnixFS node.
    #[error("block {0} cannot be read: {1}")]
    Node(Cid, NodeError),
    /// The node is a directory where a file was asked for.
    #[error("{0} is not a file")]
    NotAFile(Cid),
    /// The node is a file where a directory was asked for.
    #[error("{0} is not a directory")]
    NotADirectory(Cid),
    /// The sizes in a node do not add up, or are not what its parent says.
    #[error("the sizes in {0} contradict its content or its parent")]
    Sizes(Cid),
    /// A shard breaks the rules of the trie.
    #[error("{0} is not a well-formed directory shard")]
    Shard(Cid),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::block::BlockMaker;
    use super::super::options::ImportOptions;
    use super::super::sink::Sink;
    use super::*;

    #[derive(Default)]
    struct Store(BTreeMap<Cid, Vec<u8>>);

    impl Sink for Store {
        fn block(&mut self, cid: &Cid, bytes: &[u8], _: &[Link], _: usize) {
            self.0.insert(cid.clone(), bytes.to_vec());
        }
    }

    impl Store {
        fn put(&mut self, links: &[Link], data: &UnixFs<'_>) -> Cid {
            BlockMaker::new(&ImportOptions::default()).node(links, data, 0, self).0
        }

        fn read(&self, cid: &Cid) -> Result<Vec<u8>, ReadError> {
            read_file(cid, |cid| self.0.get(cid))
        }

        fn list(&self, cid: &Cid) -> Result<Vec<Link>, ReadError> {
            list_directory(cid, |cid| self.0.get(cid))
        }
    }

    fn link(name: &str, cid: &Cid) -> Link {
        Link { name: name.to_owned(), cid: cid.clone(), tsize: 0 }
    }

    #[test]
    fn a_node_that_lies_about_sizes_is_refused() {
        let mut store = Store::default();
        let leaf = store.put(&[], &UnixFs::leaf(Kind::File, b"four"));
        let children = [link("", &leaf)];
        let honest = store.put(&children, &UnixFs::inner(&[4]));
        assert_eq!(store.read(&honest), Ok(b"four".to_vec()));

        let child = store.put(&children, &UnixFs::inner(&[5]));
        assert_eq!(store.read(&child), Err(ReadError::Sizes(leaf.clone())));
        let count = store.put(&children, &UnixFs::inner(&[2, 2]));
        assert_eq!(store.read(&count), Err(ReadError::Sizes(count.clone())));
        let sum = store.put(&children, &UnixFs { file_size: Some(5), ..UnixFs::inner(&[4]) });
        assert_eq!(store.read(&sum), Err(ReadError::Sizes(sum.clone())));
        let overflow = UnixFs { block_sizes: vec![u64::MAX >> 1; 3].into(), ..UnixFs::inner(&[]) };
        let overflow = store.put(&[link("", &leaf), link("", &leaf), link("", &leaf)], &overflow);
        assert_eq!(store.read(&overflow), Err(ReadError::Sizes(overflow.clone())));
    }

    #[test]
    fn children_without_bytes_cannot_keep_a_reader_busy() {
        let mut store = Store::default();
        let mut node = store.put(&[], &UnixFs::leaf(Kind::File, b""));
        // Read naively this is 2^60 visits.
        for _ in 0..60 {
            node = store.put(&[link("", &node), link("", &node)], &UnixFs::inner(&[0, 0]));
        }
        assert!(matches!(store.read(&node), Err(ReadError::Sizes(_))));
    }

    #[test]
    fn bytes_beside_links_come_first() {
        let mut store = Store::default();
        let leaf = store.put(&[], &UnixFs::leaf(Kind::Raw, b" world"));
        let mixed = UnixFs { data: Some(b"hello"), file_size: Some(11), ..UnixFs::inner(&[6]) };
        let mixed = store.put(&[link("", &leaf)], &mixed);
        assert_eq!(store.read(&mixed), Ok(b"hello world".to_vec()));
    }

    #[test]
    fn files_and_directories_are_not_taken_for_each_other() {
        let mut store = Store::default();
        let directory = store.put(&[], &UnixFs::directory());
        let file = store.put(&[], &UnixFs::leaf(Kind::File, b"x"));
        let raw = Cid::identity(Codec::Raw, b"x");
        assert_eq!(store.read(&directory), Err(ReadError::NotAFile(directory)));
        assert_eq!(store.list(&file), Err(ReadError::NotADirectory(file)));
        assert_eq!(store.list(&raw), Err(ReadError::NotADirectory(raw)));
    }

    #[test]
    fn a_shard_that_breaks_a_rule_is_refused() {
        let mut store = Store::default();
        let entry = Cid::identity(Codec::Raw, b"x");
        // A name whose slot has letters, so that their case can be wrong.
        let name = ["a", "b", "c", "d"].into_iter().find(|name| hamt::key(name)[0] >= 0xA0);
        let name = name.expect("one of these names has such a slot");
        let slot = hamt::key(name)[0];
        let mut bits = BitField::default();
        bits.set(slot);
        let named = |name: String| [link(&name, &entry)];
        let good = format!("{slot:02X}{name}");

        let shard = store.put(&named(good.clone()), &UnixFs::shard(bits.trimmed(), 0x22, 256));
        assert_eq!(store.list(&shard), Ok(vec![link(name, &entry)]));

        let mut check = |links: &[Link], data: UnixFs<'_>| {
            let shard = store.put(links, &data);
            assert_eq!(store.list(&shard), Err(ReadError::Shard(shard)));
        };
        check(&named(good.clone()), UnixFs::shard(bits.trimmed(), 0x22, 16));
        check(&named(good.clone()), UnixFs::shard(bits.trimmed(), 0x12, 256));
        check(&named(good.clone()), UnixFs::shard(&[1], 0x22, 256));
        check(&named(good.to_lowercase()), UnixFs::shard(bits.trimmed(), 0x22, 256));
        check(&named(format!("{slot:02X}other")), UnixFs::shard(bits.trimmed(), 0x22, 256));
        check(&named("F".into()), UnixFs::shard(bits.trimmed(), 0x22, 256));
        let twice = [named(good.clone()), named(good)].concat();
        check(&twice, UnixFs::shard(bits.trimmed(), 0x22, 256));
    }

    #[test]
    fn a_chain_of_shards_ends_with_the_hash() {
        let mut store = Store::default();
        let mut shard = store.put(&[], &UnixFs::shard(&[], 0x22, 256));
        assert_eq!(store.list(&shard), Ok(vec![]), "an empty root is an empty directory");
        for _ in 0..9 {
            shard = store.put(&[link("00", &shard)], &UnixFs::shard(&[1], 0x22, 256));
        }
        assert!(matches!(store.list(&shard), Err(ReadError::Shard(_))));
    }
}
