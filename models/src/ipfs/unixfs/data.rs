//! The UnixFS message in the data field of a dag-pb node.
//!
//! ```text
//! message Data {
//!   required DataType Type = 1;      // Raw 0, Directory 1, File 2, (Metadata 3, Symlink 4), HAMTShard 5
//!   optional bytes Data = 2;         // file bytes, or the bit field of a shard
//!   optional uint64 filesize = 3;    // bytes of the file below this node
//!   repeated uint64 blocksizes = 4;  // the same for each child, in link order, not packed
//!   optional uint64 hashType = 5;    // shards: 0x22, murmur3
//!   optional uint64 fanout = 6;      // shards: 256
//! }
//! ```
//!
//! Source: ipfs/boxo `ipld/unixfs/pb/unixfs.proto`, ipfs/specs `UNIXFS.md`. Left out: mode (7), mtime (8), and the
//! types metadata and symlink; the decoder refuses them.

use std::borrow::Cow;

use thiserror::Error;

use super::dagpb::{NodeError, end_of, take_bytes, take_number, take_tag};
use crate::cid::{put_uvarint, uvarint_len};

const TYPE: u8 = 0x08;
const DATA: u8 = 0x12;
const FILE_SIZE: u8 = 0x18;
const BLOCK_SIZES: u8 = 0x20;
const HASH_TYPE: u8 = 0x28;
const FANOUT: u8 = 0x30;

/// The types of node that occur in trees made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A leaf of the trickle layout.
    Raw,
    /// A basic directory.
    Directory,
    /// A leaf or an inner node of a file.
    File,
    /// A node of a sharded directory.
    HamtShard,
}

impl Kind {
    fn code(self) -> u64 {
        match self {
            Kind::Raw => 0,
            Kind::Directory => 1,
            Kind::File => 2,
            Kind::HamtShard => 5,
        }
    }

    fn from_code(code: u64) -> Result<Self, UnixFsError> {
        match code {
            0 => Ok(Kind::Raw),
            1 => Ok(Kind::Directory),
            2 => Ok(Kind::File),
            5 => Ok(Kind::HamtShard),
            other => Err(UnixFsError::Type(other)),
        }
    }
}

/// One UnixFS message. An absent field is `None`, not zero: whether it is written decides the CID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnixFs<'a> {
    pub(super) kind: Kind,
    pub(super) data: Option<&'a [u8]>,
    pub(super) file_size: Option<u64>,
    pub(super) block_sizes: Cow<'a, [u64]>,
    pub(super) hash_type: Option<u64>,
    pub(super) fanout: Option<u64>,
}

impl<'a> UnixFs<'a> {
    /// A basic directory.
    pub(super) fn directory() -> Self {
        UnixFs {
            kind: Kind::Directory,
            data: None,
            file_size: None,
            block_sizes: Cow::Borrowed(&[]),
            hash_type: None,
            fanout: None,
        }
    }

    /// A leaf around a chunk of a file. An empty chunk leaves the data field out.
    pub(super) fn leaf(kind: Kind, chunk: &'a [u8]) -> Self {
        let data = (!chunk.is_empty()).then_some(chunk);
        UnixFs { kind, data, file_size: Some(chunk.len() as u64), ..UnixFs::directory() }
    }

    /// An inner node of a file, by the file bytes under each child.
    pub(super) fn inner(block_sizes: &'a [u64]) -> Self {
        UnixFs {
            kind: Kind::File,
            file_size: Some(block_sizes.iter().sum()),
            block_sizes: Cow::Borrowed(block_sizes),
            ..UnixFs::directory()
        }
    }

    /// A node of a sharded directory.
    pub(super) fn shard(bit_field: &'a [u8], hash_type: u64, fanout: u64) -> Self {
        UnixFs {
            kind: Kind::HamtShard,
            data: Some(bit_field),
            hash_type: Some(hash_type),
            fanout: Some(fanout),
            ..UnixFs::directory()
        }
    }

    /// Bytes of the whole message.
    pub(super) fn encoded_len(&self) -> usize {
        let number = |value: u64| 1 + uvarint_len(value);
        let optional = |value: Option<u64>| value.map_or(0, number);
        number(self.kind.code())
            + self.data.map_or(0, |data| number(data.len() as u64) + data.len())
            + optional(self.file_size)
            + self.block_sizes.iter().map(|&size| number(size)).sum::<usize>()
            + optional(self.hash_type)
            + optional(self.fanout)
    }

    /// The data field, empty if absent.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.data.unwrap_or_default()
    }

    /// Appends the message up to where [`UnixFs::bytes`] go.
    pub(super) fn put_head(&self, out: &mut Vec<u8>) {
        put_field(out, TYPE, Some(self.kind.code()));
        put_field(out, DATA, self.data.map(|data| data.len() as u64));
    }

    /// Appends the message from behind [`UnixFs::bytes`].
    pub(super) fn put_tail(&self, out: &mut Vec<u8>) {
        put_field(out, FILE_SIZE, self.file_size);
        for &size in &*self.block_sizes {
            put_field(out, BLOCK_SIZES, Some(size));
        }
        put_field(out, HASH_TYPE, self.hash_type);
        put_field(out, FANOUT, self.fanout);
    }

    /// Reads a message: fields in order, each at most once but for the block sizes.
    pub(super) fn decode(mut bytes: &'a [u8]) -> Result<Self, NodeError> {
        let bytes = &mut bytes;
        let kind = Kind::from_code(take_field(bytes, TYPE)?.ok_or(UnixFsError::NoType)?)?;
        let data = if take_tag(bytes, DATA) { Some(take_bytes(bytes)?) } else { None };
        let file_size = take_field(bytes, FILE_SIZE)?;
        let mut block_sizes = Vec::new();
        while let Some(size) = take_field(bytes, BLOCK_SIZES)? {
            block_sizes.push(size);
        }
        let block_sizes = Cow::Owned(block_sizes);
        let hash_type = take_field(bytes, HASH_TYPE)?;
        let fanout = take_field(bytes, FANOUT)?;
        end_of(bytes)?;
        Ok(UnixFs { kind, data, file_size, block_sizes, hash_type, fanout })
    }
}

fn put_field(out: &mut Vec<u8>, tag: u8, value: Option<u64>) {
    if let Some(value) = value {
        out.push(tag);
        put_uvarint(out, value);
    }
}

fn take_field(bytes: &mut &[u8], tag: u8) -> Result<Option<u64>, NodeError> {
    if take_tag(bytes, tag) { take_number(bytes).map(Some) } else { Ok(None) }
}

/// Why a UnixFS message cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnixFsError {
    /// The type field is missing.
    #[error("the UnixFS message has no type")]
    NoType,
    /// A type that trees made here do not contain.
    #[error("UnixFS type {0} is not supported: only raw, directory, file and HAMT shard are")]
    Type(u64),
}
