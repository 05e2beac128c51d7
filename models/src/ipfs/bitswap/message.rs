//! Bitswap messages and their exact size on the wire.
//!
//! The format is the protobuf of Bitswap 1.1 and 1.2 behind a length in front:
//!
//! ```text
//! Message  = wantlist { entries*, full }  payload { prefix, data }*  presence { cid, type }*  pendingBytes
//! Entry    = cid, priority, cancel, wantType, sendDontHave
//! ```
//!
//! A size here is what a stream carries; multistream, multiplexing, encryption and TCP headers belong to
//! the link. Left out: the `full` flag (boxo never sets it in a message), the deprecated `blocks` field of
//! Bitswap 1.0, and the sender's split of want-lists above 2 MiB (40,000 wants).
//!
//! Source: ipfs/specs `src/bitswap-protocol.md`; boxo `bitswap/message/pb/message.proto`, `message.go`.

use crate::ids::BlockId;

/// What the wire and the verifier know about blocks.
pub trait Blocks {
    /// Bytes of the block as they travel.
    fn size(&self, block: BlockId) -> u32;

    /// Bytes of the block's CID in binary form: 34 (version 0) or 36 (version 1) with SHA-256.
    fn cid_len(&self, block: BlockId) -> u32;

    /// Whether the bytes of this copy hash to the block's CID.
    ///
    /// A world in which nobody alters copies answers `true` always.
    fn is_intact(&self, block: BlockId, copy: CopyTag) -> bool;
}

/// The blocks that one node holds.
pub trait Store: Blocks {
    /// The node's own copy of the block, or `None` when it has none.
    fn copy(&self, block: BlockId) -> Option<CopyTag>;
}

/// Which bytes travel under a block's name: the world's own mark, carried and never read by Bitswap.
///
/// By convention [`CopyTag::ORIGINAL`] is the true content, others are altered copies.
#[derive(
    serde::Serialize, serde::Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug,
)]
pub struct CopyTag(pub u32);

impl CopyTag {
    /// The bytes that the CID names.
    pub const ORIGINAL: CopyTag = CopyTag(0);
}

/// What an entry of a want-list asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum EntryKind {
    /// "Have you got this block?"
    WantHave,
    /// "Send me this block."
    WantBlock,
    /// "I no longer want it."
    Cancel,
}

/// One entry of a want-list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// The block asked for.
    pub block: BlockId,
    /// Rank among the wants of the sender: the larger the sooner. Zero for a cancel.
    pub priority: i32,
    /// What is asked.
    pub kind: EntryKind,
    /// Whether the peer shall say so if it has not got the block.
    pub send_dont_have: bool,
}

/// A block on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Payload {
    /// The block it claims to be.
    pub block: BlockId,
    /// The bytes it really is.
    pub copy: CopyTag,
}

/// One Bitswap message.
#[derive(Clone, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Message {
    /// Wants and cancels.
    pub entries: Vec<Entry>,
    /// Blocks that the sender has.
    pub haves: Vec<BlockId>,
    /// Blocks that the sender has not.
    pub dont_haves: Vec<BlockId>,
    /// Blocks themselves.
    pub blocks: Vec<Payload>,
    /// Bytes that the sender has queued for the receiver beyond this message.
    pub pending_bytes: u32,
}

impl Message {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.haves.is_empty()
            && self.dont_haves.is_empty()
            && self.blocks.is_empty()
    }

    /// Forgets all content and keeps the buffers.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.haves.clear();
        self.dont_haves.clear();
        self.blocks.clear();
        self.pending_bytes = 0;
    }

    /// Bytes on the stream, length prefix included.
    pub fn wire_size(&self, blocks: &impl Blocks) -> u64 {
        let wantlist: u64 =
            self.entries.iter().map(|entry| field(entry_size(entry, blocks.cid_len(entry.block)))).sum();
        let payload: u64 =
            self.blocks.iter().map(|payload| field(payload_size(blocks.size(payload.block)))).sum();
        let haves: u64 =
            self.haves.iter().map(|&block| field(presence_size(blocks.cid_len(block), true))).sum();
        let dont_haves: u64 =
            self.dont_haves.iter().map(|&block| field(presence_size(blocks.cid_len(block), false))).sum();
        let body = field(wantlist) + payload + haves + dont_haves + number(u64::from(self.pending_bytes));
        varint(body) + body
    }
}

/// Protobuf bytes of an answer about a block: the work that a server counts for it.
///
/// The tag and length in front are not in it, as in boxo's `BlockPresenceSize`.
pub(super) fn presence_size(cid_len: u32, have: bool) -> u64 {
    field(u64::from(cid_len)) + if have { 0 } else { 2 }
}

/// Protobuf bytes of an entry.
fn entry_size(entry: &Entry, cid_len: u32) -> u64 {
    let kind = if entry.kind == EntryKind::WantBlock { 0 } else { 2 };
    let dont_have = if entry.send_dont_have { 2 } else { 0 };
    // A negative number takes ten bytes; priorities count down from 2^31 - 1 and stay positive.
    let priority = number(entry.priority.max(0) as u64);
    field(u64::from(cid_len)) + priority + kind + dont_have
}

/// Protobuf bytes of a block: four of CID prefix (version, codec, hash, length) and the data.
fn payload_size(size: u32) -> u64 {
    const PREFIX: u64 = 4;
    field(PREFIX) + field(u64::from(size))
}

/// A length-delimited field with a one-byte tag.
fn field(len: u64) -> u64 {
    1 + varint(len) + len
}

/// A number field with a one-byte tag; zero is not written.
fn number(value: u64) -> u64 {
    if value == 0 { 0 } else { 1 + varint(value) }
}

/// Bytes of a base-128 varint.
fn varint(value: u64) -> u64 {
    let bits = 64 - value.leading_zeros().min(63);
    u64::from(bits.div_ceil(7))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u32);

    impl Blocks for Fixed {
        fn size(&self, _: BlockId) -> u32 {
            self.0
        }
        fn cid_len(&self, _: BlockId) -> u32 {
            34
        }
        fn is_intact(&self, _: BlockId, _: CopyTag) -> bool {
            true
        }
    }

    fn entry(kind: EntryKind, priority: i32, send_dont_have: bool) -> Entry {
        Entry { block: BlockId(0), priority, kind, send_dont_have }
    }

    #[test]
    fn varints_grow_every_seven_bits() {
        for (value, len) in [(0, 1), (1, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (u64::MAX, 10)] {
            assert_eq!(varint(value), len, "{value}");
        }
    }

    #[test]
    fn a_cancel_and_the_wants_have_their_protobuf_sizes() {
        // tag, length, 34 bytes of CID; tag and five bytes of priority; two bytes for each flag.
        assert_eq!(entry_size(&entry(EntryKind::WantBlock, i32::MAX, true), 34), 36 + 6 + 2);
        assert_eq!(entry_size(&entry(EntryKind::WantHave, i32::MAX, false), 34), 36 + 6 + 2);
        assert_eq!(entry_size(&entry(EntryKind::Cancel, 0, false), 34), 36 + 2);
    }

    #[test]
    fn a_message_with_a_block_costs_its_size_and_twenty_bytes() {
        let mut message = Message::default();
        message.blocks.push(Payload { block: BlockId(0), copy: CopyTag::ORIGINAL });
        // Empty want-list 2; block: tag 1, length 3, prefix 6, tag 1, length 3, data; length in front 3.
        assert_eq!(message.wire_size(&Fixed(262_158)), 2 + 1 + 3 + 6 + 1 + 3 + 262_158 + 3);
    }

    #[test]
    fn an_empty_message_is_a_length_and_an_empty_want_list() {
        assert_eq!(Message::default().wire_size(&Fixed(0)), 3);
    }
}
