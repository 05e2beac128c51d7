//! The dag-pb codec: a node is a list of named links and some bytes.
//!
//! ```text
//! message PBLink { bytes Hash = 1; string Name = 2; uint64 Tsize = 3; }
//! message PBNode { repeated PBLink Links = 2; bytes Data = 1; }
//! ```
//!
//! There is one spelling of each node: links before data (against their numbers), fields of a link in order, name
//! and size always written, shortest varints. The encoder writes it and the decoder takes nothing else, but for
//! links without name or size, which other writers make.
//!
//! Sources: ipld/specs DAG-PB ("Serial Format"), ipfs/boxo `ipld/merkledag/coding.go`.

use thiserror::Error;

use super::data::{UnixFs, UnixFsError};
use crate::cid::{Cid, CidError, put_uvarint, read_uvarint, uvarint_len};

const NODE_LINKS: u8 = 0x12;
const NODE_DATA: u8 = 0x0a;
const LINK_HASH: u8 = 0x0a;
const LINK_NAME: u8 = 0x12;
const LINK_TSIZE: u8 = 0x18;

/// A link from a node to a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Name of the entry in a directory; empty in files.
    pub name: String,
    /// The child.
    pub cid: Cid,
    /// Size of the tree below: bytes of the child's block and of all blocks under it, repeats counted each time.
    pub tsize: u64,
}

impl Link {
    /// Bytes this link adds to its node.
    pub(super) fn encoded_len(&self) -> usize {
        let body = self.body_len();
        1 + uvarint_len(body as u64) + body
    }

    fn body_len(&self) -> usize {
        let cid = self.cid.encoded_len();
        let name = self.name.len();
        3 + uvarint_len(cid as u64) + cid + uvarint_len(name as u64) + name + uvarint_len(self.tsize)
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.push(NODE_LINKS);
        put_uvarint(out, self.body_len() as u64);
        out.push(LINK_HASH);
        put_uvarint(out, self.cid.encoded_len() as u64);
        self.cid.put(out);
        out.push(LINK_NAME);
        put_uvarint(out, self.name.len() as u64);
        out.extend_from_slice(self.name.as_bytes());
        out.push(LINK_TSIZE);
        put_uvarint(out, self.tsize);
    }

    fn decode(mut bytes: &[u8]) -> Result<Self, NodeError> {
        if !take_tag(&mut bytes, LINK_HASH) {
            return Err(NodeError::LinkWithoutCid);
        }
        let cid = Cid::from_bytes(take_bytes(&mut bytes)?)?;
        let name = if take_tag(&mut bytes, LINK_NAME) { take_bytes(&mut bytes)? } else { &[] };
        let tsize = if take_tag(&mut bytes, LINK_TSIZE) { take_number(&mut bytes)? } else { 0 };
        end_of(bytes)?;
        let name = std::str::from_utf8(name).map_err(|_| NodeError::Name)?.to_owned();
        Ok(Link { name, cid, tsize })
    }
}

/// Appends the block of a node up to where the bytes in its data go. They and the tail of the data complete it.
pub(super) fn put_head(links: &[Link], data: &UnixFs<'_>, out: &mut Vec<u8>) {
    for link in links {
        link.put(out);
    }
    out.push(NODE_DATA);
    put_uvarint(out, data.encoded_len() as u64);
    data.put_head(out);
}

/// Bytes of the node with this data and no links.
pub(super) fn len_without_links(data: &UnixFs<'_>) -> usize {
    let data = data.encoded_len();
    1 + uvarint_len(data as u64) + data
}

/// Reads the block of a node. UnixFS nodes always carry data, so a node without is an error here.
pub(super) fn decode(mut bytes: &[u8]) -> Result<(Vec<Link>, UnixFs<'_>), NodeError> {
    let mut links = Vec::new();
    while take_tag(&mut bytes, NODE_LINKS) {
        links.push(Link::decode(take_bytes(&mut bytes)?)?);
    }
    if bytes.is_empty() {
        return Err(NodeError::NoData);
    }
    let data = if take_tag(&mut bytes, NODE_DATA) { take_bytes(&mut bytes)? } else { bytes };
    end_of(bytes)?;
    Ok((links, UnixFs::decode(data)?))
}

/// Steps over a field tag if it is the next one.
pub(super) fn take_tag(bytes: &mut &[u8], tag: u8) -> bool {
    let found = bytes.first() == Some(&tag);
    if found {
        *bytes = &bytes[1..];
    }
    found
}

/// Takes a number.
pub(super) fn take_number(bytes: &mut &[u8]) -> Result<u64, NodeError> {
    read_uvarint(bytes).map_err(|error| match error {
        CidError::Truncated => NodeError::Truncated,
        _ => NodeError::Varint,
    })
}

/// Takes a length and as many bytes.
pub(super) fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], NodeError> {
    let length = usize::try_from(take_number(bytes)?).map_err(|_| NodeError::Truncated)?;
    let (taken, rest) = bytes.split_at_checked(length).ok_or(NodeError::Truncated)?;
    *bytes = rest;
    Ok(taken)
}

/// What is left after the last known field must be nothing.
pub(super) fn end_of(bytes: &[u8]) -> Result<(), NodeError> {
    bytes.first().map_or(Ok(()), |&tag| Err(NodeError::UnexpectedField(tag)))
}

/// Why bytes are no UnixFS node.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NodeError {
    /// The bytes end inside a field.
    #[error("the node is cut short")]
    Truncated,
    /// A number is longer than needed or than nine bytes.
    #[error("a number in the node is not a minimal varint")]
    Varint,
    /// A field that does not belong here: unknown, repeated or out of order.
    #[error("field tag 0x{0:02x} is unknown, repeated or out of order")]
    UnexpectedField(u8),
    /// A link that names no child.
    #[error("a link has no CID")]
    LinkWithoutCid,
    /// A link whose name is not text.
    #[error("a link name is not UTF-8")]
    Name,
    /// A node without UnixFS data.
    #[error("the node carries no UnixFS data")]
    NoData,
    /// A child's CID cannot be read.
    #[error("a link has no readable CID: {0}")]
    Cid(#[from] CidError),
    /// The UnixFS message contradicts itself.
    #[error(transparent)]
    UnixFs(#[from] UnixFsError),
}

#[cfg(test)]
mod tests {
    use super::super::data::Kind;
    use super::*;

    fn link(name: &str) -> Link {
        Link { name: name.into(), cid: Cid::v0([1; 32]), tsize: 300 }
    }

    fn block(links: &[Link], data: &UnixFs<'_>) -> Vec<u8> {
        let mut block = Vec::new();
        put_head(links, data, &mut block);
        block.extend_from_slice(data.bytes());
        data.put_tail(&mut block);
        block
    }

    #[test]
    fn every_kind_of_node_decodes_to_what_was_encoded() {
        let inner = UnixFs::inner(&[10, 20]);
        let nodes = [
            (vec![], UnixFs::directory()),
            (vec![link("a"), link("ä")], UnixFs::directory()),
            (vec![], UnixFs::leaf(Kind::Raw, b"chunk")),
            (vec![], UnixFs::leaf(Kind::File, b"")),
            (vec![link(""), link("")], inner),
            (vec![link("00a")], UnixFs::shard(&[1], 0x22, 256)),
        ];
        for (links, data) in nodes {
            let block = block(&links, &data);
            assert_eq!(
                links.iter().map(Link::encoded_len).sum::<usize>() + len_without_links(&data),
                block.len()
            );
            assert_eq!(decode(&block), Ok((links, data)));
        }
    }

    #[test]
    fn a_node_cut_short_anywhere_is_refused() {
        let block = block(&[link("one"), link("two")], &UnixFs::inner(&[1, 200]));
        for length in 0..block.len() {
            assert!(decode(&block[..length]).is_err(), "{length} of {} bytes", block.len());
        }
    }

    #[test]
    fn a_node_spelled_another_way_is_refused() {
        let check = |bytes: &[u8], expected: NodeError| assert_eq!(decode(bytes), Err(expected));
        let leaf = [0x0a, 4, 8, 2, 0x18, 0];
        assert!(decode(&leaf).is_ok());
        check(&[], NodeError::NoData);
        check(&[0x0a, 0], UnixFsError::NoType.into());
        check(&[0x0a, 2, 8, 4], UnixFsError::Type(4).into());
        check(&[0x0a, 4, 8, 2, 0x38, 0], NodeError::UnexpectedField(0x38));
        check(&[0x0a, 4, 0x18, 0, 8, 2], UnixFsError::NoType.into());
        check(&[0x0a, 5, 8, 2, 0x18, 0x80, 0], NodeError::Varint);
        check(&[0x0a, 6, 8, 2, 0x18, 0, 0x18, 0], NodeError::UnexpectedField(0x18));
        check(&[&leaf[..], &leaf].concat(), NodeError::UnexpectedField(0x0a));
        check(&[&leaf[..], &[0x12, 0]].concat(), NodeError::UnexpectedField(0x12));
        check(&[0x12, 0, 0x0a, 0], NodeError::LinkWithoutCid);
        check(&[0x12, 4, 0x0a, 2, 9, 9], NodeError::Cid(CidError::Version(9)));
        check(&[0x1a, 0], NodeError::UnexpectedField(0x1a));
        check(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], NodeError::Truncated);
    }

    #[test]
    fn a_link_needs_a_cid_but_neither_name_nor_size() {
        let mut bytes = vec![0x12, 36, 0x0a, 34];
        Cid::v0([1; 32]).put(&mut bytes);
        bytes.extend_from_slice(&[0x0a, 2, 8, 1]);
        let bare = Link { name: String::new(), cid: Cid::v0([1; 32]), tsize: 0 };
        assert_eq!(decode(&bytes), Ok((vec![bare], UnixFs::directory())));
    }
}
