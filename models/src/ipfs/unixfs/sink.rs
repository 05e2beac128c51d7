//! Where finished blocks go.

use super::dagpb::Link;
use crate::cid::Cid;

/// Receives every block of a tree as it is finished.
///
/// Blocks come children first, files in order, the root last. A block that occurs more than once is handed over
/// each time. Blocks with identity CIDs are handed over too, although nobody needs to store them
/// ([`Cid::inline_block`]).
pub trait Sink {
    /// One block: its name, its bytes, the links inside it, and how many of its bytes are bytes of the file
    /// (`payload`; zero for inner nodes and directories).
    fn block(&mut self, cid: &Cid, bytes: &[u8], links: &[Link], payload: usize);
}

/// Drops every block: for when only the root is of interest.
impl Sink for () {
    fn block(&mut self, _: &Cid, _: &[u8], _: &[Link], _: usize) {}
}

/// Hands every block to two sinks.
impl<A: Sink, B: Sink> Sink for (A, B) {
    fn block(&mut self, cid: &Cid, bytes: &[u8], links: &[Link], payload: usize) {
        self.0.block(cid, bytes, links, payload);
        self.1.block(cid, bytes, links, payload);
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn block(&mut self, cid: &Cid, bytes: &[u8], links: &[Link], payload: usize) {
        (**self).block(cid, bytes, links, payload);
    }
}
