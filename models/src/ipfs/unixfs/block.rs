//! Making one block: encode it, name it, hand it over.

use super::dagpb::{self, Link};
use sha2::{Digest, Sha256};

use super::data::{Kind, UnixFs};
use super::options::{ImportOptions, Layout};
use super::sink::Sink;
use crate::cid::{Cid, CidVersion, Codec};

/// A finished file node with what its parent has to write about it.
#[derive(Clone, Debug)]
pub(super) struct Child {
    pub(super) cid: Cid,
    /// Bytes of this block and of all blocks below.
    pub(super) dag_size: u64,
    /// Bytes of the file in this block and below.
    pub(super) file_size: u64,
}

/// The children of a file node that is still open.
#[derive(Clone, Debug, Default)]
pub(super) struct Children {
    links: Vec<Link>,
    sizes: Vec<u64>,
}

impl Children {
    pub(super) fn len(&self) -> usize {
        self.links.len()
    }

    pub(super) fn push(&mut self, child: Child) {
        self.links.push(Link { name: String::new(), cid: child.cid, tsize: child.dag_size });
        self.sizes.push(child.file_size);
    }

    /// The only child, if there is just one.
    pub(super) fn single(&self) -> Option<Child> {
        match (&self.links[..], &self.sizes[..]) {
            ([link], &[file_size]) => Some(Child { cid: link.cid.clone(), dag_size: link.tsize, file_size }),
            _ => None,
        }
    }

    fn clear(&mut self) {
        self.links.clear();
        self.sizes.clear();
    }
}

/// Makes blocks by the options, with one buffer for all of them.
#[derive(Clone, Debug)]
pub(super) struct BlockMaker {
    version: CidVersion,
    inline_limit: Option<usize>,
    /// `None` for raw leaves.
    wrapping: Option<Kind>,
    buffer: Vec<u8>,
}

impl BlockMaker {
    /// # Panics
    /// If the options are out of bounds.
    pub(super) fn new(options: &ImportOptions) -> Self {
        if let Err(error) = options.check() {
            panic!("import options must be checked first: {error}");
        }
        // The two layouts of boxo wrap leaves in different types; readers treat both alike.
        let kind = match options.layout {
            Layout::Balanced => Kind::File,
            Layout::Trickle => Kind::Raw,
        };
        BlockMaker {
            version: options.cid_version,
            inline_limit: options.inline_limit,
            wrapping: (!options.raw_leaves).then_some(kind),
            buffer: Vec::new(),
        }
    }

    /// A leaf around a chunk.
    pub(super) fn leaf(&mut self, chunk: &[u8], sink: &mut impl Sink) -> Child {
        let (cid, dag_size) = match self.wrapping {
            Some(kind) => self.node(&[], &UnixFs::leaf(kind, chunk), chunk.len(), sink),
            None => {
                let inline = self.inline(Codec::Raw, chunk);
                let cid = inline.unwrap_or_else(|| Cid::of_block(self.version, Codec::Raw, chunk));
                sink.block(&cid, chunk, &[], chunk.len());
                (cid, chunk.len() as u64)
            }
        };
        Child { cid, dag_size, file_size: chunk.len() as u64 }
    }

    /// An inner file node; empties `children` for the next one.
    pub(super) fn inner(&mut self, children: &mut Children, sink: &mut impl Sink) -> Child {
        let (cid, dag_size) = self.node(&children.links, &UnixFs::inner(&children.sizes), 0, sink);
        let file_size = children.sizes.iter().sum();
        children.clear();
        Child { cid, dag_size, file_size }
    }

    /// Any dag-pb node. Returns its CID and the size of its tree.
    pub(super) fn node(
        &mut self,
        links: &[Link],
        data: &UnixFs<'_>,
        payload: usize,
        sink: &mut impl Sink,
    ) -> (Cid, u64) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let digest = encode(links, data, &mut buffer);
        let cid = self.inline(Codec::DagPb, &buffer);
        let cid = cid.unwrap_or_else(|| Cid::of_digest(self.version, Codec::DagPb, digest));
        sink.block(&cid, &buffer, links, payload);
        let dag_size = buffer.len() as u64 + links.iter().map(|link| link.tsize).sum::<u64>();
        self.buffer = buffer;
        (cid, dag_size)
    }

    /// The identity CID of a block that is short enough for one.
    fn inline(&self, codec: Codec, block: &[u8]) -> Option<Cid> {
        self.inline_limit.filter(|&limit| block.len() <= limit).map(|_| Cid::identity(codec, block))
    }
}

/// Bytes of a chunk that are hashed and then copied, in turns.
const PIECE: usize = 4096;

/// Writes the block of a node over `buffer` and returns its SHA2-256 digest.
///
/// The bytes of a chunk are hashed where they lie and copied right after, out of the first-level cache. Copying the
/// whole chunk first and hashing the copy waits for memory and then for the hash; this way one hides the other,
/// which is worth a sixth of the time of an import with wrapped leaves.
fn encode(links: &[Link], data: &UnixFs<'_>, buffer: &mut Vec<u8>) -> [u8; 32] {
    buffer.clear();
    dagpb::put_head(links, data, buffer);
    let mut hasher = Sha256::new();
    hasher.update(&buffer[..]);
    for piece in data.bytes().chunks(PIECE) {
        hasher.update(piece);
        buffer.extend_from_slice(piece);
    }
    let tail = buffer.len();
    data.put_tail(buffer);
    hasher.update(&buffer[tail..]);
    hasher.finalize().into()
}
