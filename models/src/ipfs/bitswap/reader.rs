//! Readers: in which order a read asks its session for the blocks of a DAG.
//!
//! Two walks exist in Kubo:
//!
//! - **in order** (`cat`, `get`, the gateway): depth first, left to right. When fewer than 5 of the next
//!   children of a node have been asked for, the next 10 are asked for together; so 5 to 14 are on
//!   their way, and a late block stalls the reader only when the window runs dry.
//! - **parallel** (`pin add`, `refs -r`): 32 workers take nodes from one queue, first come first served, and
//!   append the children of what they fetched. The root is resolved first, in a session of its own, so the
//!   walk begins by broadcasting its first wants.
//!
//! Blocks that the node holds already are never asked for: an interrupted read goes on where it stopped, block
//! by block. What has been fetched ahead stays in the reader's hand, even if the store drops it.
//!
//! Source: go-ipld-format `navipld.go`, `walker.go`; boxo `ipld/merkledag/merkledag.go` (`FetchGraph`),
//! `ipld/unixfs/io/dagreader.go`. Left out: seeking, and the time it takes to write what was read.

use crate::ids::BlockId;
use std::collections::{BTreeSet, VecDeque};

/// The links between blocks.
pub trait Dag {
    /// The children of a block in order; none for a leaf. Asked only about blocks that were read.
    fn children(&self, block: BlockId) -> &[BlockId];
}

/// The order of a read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Walk {
    /// Depth first with read-ahead.
    InOrder,
    /// With 32 workers, the root in a session of its own.
    Parallel,
}

/// Children asked for together.
const PRELOAD: usize = 10;
/// More are asked for when fewer than this are ahead.
const LOW_WATER: usize = PRELOAD / 2;
/// Workers of a parallel walk.
const WORKERS: usize = 32;

/// What a step of a reader led to.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// The first payload of the read is there.
    pub has_first_payload: bool,
    /// All blocks have been read.
    pub is_finished: bool,
    /// The wants of this step, and all later ones, go to a session that is to be opened for them.
    pub needs_fresh_session: bool,
}

/// One read above a session.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Reader {
    root: BlockId,
    state: State,
    has_payload: bool,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
enum State {
    /// The root is awaited. Left when it comes.
    Root(Walk),
    /// In order. Left after the last leaf.
    InOrder(InOrder),
    /// In parallel. Left when no worker is busy.
    Parallel(Parallel),
    /// All has been read.
    Finished,
}

impl Reader {
    /// A read of everything below `root`.
    pub fn new(root: BlockId, walk: Walk) -> Self {
        Reader { root, state: State::Root(walk), has_payload: false }
    }

    /// Begins: appends the first wants. `holds` tells which blocks the node has.
    pub fn start(
        &mut self,
        dag: &impl Dag,
        holds: impl Fn(BlockId) -> bool,
        wants: &mut Vec<BlockId>,
    ) -> Step {
        if holds(self.root) {
            return self.received(self.root, dag, holds, wants);
        }
        if let State::Root(_) = self.state {
            wants.push(self.root);
        }
        Step::default()
    }

    /// The session has received a block: appends the next wants.
    pub fn received(
        &mut self,
        block: BlockId,
        dag: &impl Dag,
        holds: impl Fn(BlockId) -> bool,
        wants: &mut Vec<BlockId>,
    ) -> Step {
        let mut step = Step::default();
        if let State::Root(walk) = self.state {
            if block != self.root {
                return step;
            }
            self.state = match walk {
                Walk::InOrder => State::InOrder(InOrder::below(self.root)),
                Walk::Parallel => State::Parallel(Parallel::default()),
            };
            step.needs_fresh_session = walk == Walk::Parallel;
        }
        let (payload, finished) = match &mut self.state {
            State::InOrder(walk) => walk.advance(block, dag, holds, wants),
            State::Parallel(walk) => walk.advance(block, dag, holds, wants),
            State::Root(_) | State::Finished => return step,
        };
        step.has_first_payload = payload && !self.has_payload;
        self.has_payload |= payload;
        step.is_finished = finished;
        if finished {
            self.state = State::Finished;
        }
        step
    }

    /// Whether all has been read.
    pub fn is_finished(&self) -> bool {
        matches!(self.state, State::Finished)
    }

    /// The root of the read.
    pub fn root(&self) -> BlockId {
        self.root
    }
}

/// A walk in order.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct InOrder {
    /// From the root down to the node whose child is awaited.
    path: Vec<Position>,
    /// Blocks fetched ahead (and the one just read).
    in_hand: BTreeSet<BlockId>,
}

/// A place in the list of children of a node.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Position {
    node: BlockId,
    /// The child to read next.
    next: usize,
    /// Children before this have been asked for.
    asked: usize,
}

impl InOrder {
    fn below(root: BlockId) -> Self {
        InOrder { path: vec![Position { node: root, next: 0, asked: 0 }], in_hand: BTreeSet::new() }
    }

    /// Reads on as far as the blocks in hand allow. Returns whether payload was read, and the end reached.
    fn advance(
        &mut self,
        received: BlockId,
        dag: &impl Dag,
        holds: impl Fn(BlockId) -> bool,
        wants: &mut Vec<BlockId>,
    ) -> (bool, bool) {
        self.in_hand.insert(received);
        let mut payload = self.path.len() == 1 && dag.children(self.path[0].node).is_empty();
        while let Some(&Position { node, next, .. }) = self.path.last() {
            let children = dag.children(node);
            let Some(&child) = children.get(next) else {
                self.path.pop();
                continue;
            };
            self.preload(children, &holds, wants);
            if !self.in_hand.contains(&child) {
                return (payload, false);
            }
            self.path.last_mut().expect("the position just read").next += 1;
            if !self.is_ahead(dag, child) {
                self.in_hand.remove(&child);
            }
            if dag.children(child).is_empty() {
                payload = true;
            } else {
                self.path.push(Position { node: child, next: 0, asked: 0 });
            }
        }
        (payload, true)
    }

    /// Asks for the next children when few are ahead.
    fn preload(&mut self, children: &[BlockId], holds: impl Fn(BlockId) -> bool, wants: &mut Vec<BlockId>) {
        let position = self.path.last_mut().expect("a walk that is not finished has a position");
        let low = (position.next + LOW_WATER).min(children.len());
        if position.asked >= low {
            return;
        }
        let end = (position.asked + PRELOAD).min(children.len());
        for &child in &children[position.asked..end] {
            if holds(child) {
                self.in_hand.insert(child);
            } else if !self.in_hand.contains(&child) {
                wants.push(child);
            }
        }
        position.asked = end;
    }

    /// Whether the block will be read again from what has been asked for (repeated content).
    fn is_ahead(&self, dag: &impl Dag, block: BlockId) -> bool {
        self.path
            .iter()
            .any(|position| dag.children(position.node)[position.next..position.asked].contains(&block))
    }
}

/// A walk with many workers.
#[derive(Clone, Default, Debug, serde::Serialize, serde::Deserialize)]
struct Parallel {
    seen: BTreeSet<BlockId>,
    queue: VecDeque<BlockId>,
    busy: BTreeSet<BlockId>,
}

impl Parallel {
    /// Puts idle workers to work. Returns whether payload was read, and the end reached.
    fn advance(
        &mut self,
        received: BlockId,
        dag: &impl Dag,
        holds: impl Fn(BlockId) -> bool,
        wants: &mut Vec<BlockId>,
    ) -> (bool, bool) {
        let was_root = self.seen.insert(received);
        let mut payload = false;
        if self.busy.remove(&received) || was_root {
            payload |= self.expand(dag, received);
        }
        while self.busy.len() < WORKERS {
            let Some(block) = self.queue.pop_front() else {
                break;
            };
            if !self.seen.insert(block) {
                continue;
            }
            if holds(block) {
                payload |= self.expand(dag, block);
            } else {
                self.busy.insert(block);
                wants.push(block);
            }
        }
        (payload, self.busy.is_empty() && self.queue.is_empty())
    }

    /// Queues the children; true if there are none, so that the block is payload.
    fn expand(&mut self, dag: &impl Dag, block: BlockId) -> bool {
        let children = dag.children(block);
        self.queue.extend(children);
        children.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A root (0) with leaves 1..=n.
    struct Flat(Vec<BlockId>);

    impl Dag for Flat {
        fn children(&self, block: BlockId) -> &[BlockId] {
            if block == BlockId(0) { &self.0 } else { &[] }
        }
    }

    fn flat(leaves: u32) -> Flat {
        Flat((1..=leaves).map(BlockId).collect())
    }

    fn nothing(_: BlockId) -> bool {
        false
    }

    fn ids(wants: &mut Vec<BlockId>) -> Vec<u32> {
        wants.drain(..).map(|block| block.0).collect()
    }

    #[test]
    fn an_ordered_reader_asks_for_ten_and_refills_when_fewer_than_five_are_ahead() {
        let (dag, mut wants) = (flat(40), Vec::new());
        let mut reader = Reader::new(BlockId(0), Walk::InOrder);
        reader.start(&dag, nothing, &mut wants);
        assert_eq!(ids(&mut wants), [0]);
        reader.received(BlockId(0), &dag, nothing, &mut wants);
        assert_eq!(ids(&mut wants), (1..=10).collect::<Vec<_>>());
        for block in 1..=5 {
            let step = reader.received(BlockId(block), &dag, nothing, &mut wants);
            assert_eq!(step.has_first_payload, block == 1);
            assert!(wants.is_empty() || block == 6, "after block {block}: {wants:?}");
        }
        reader.received(BlockId(6), &dag, nothing, &mut wants);
        assert_eq!(ids(&mut wants), (11..=20).collect::<Vec<_>>());
    }

    #[test]
    fn an_ordered_reader_waits_for_the_first_missing_block() {
        let (dag, mut wants) = (flat(12), Vec::new());
        let mut reader = Reader::new(BlockId(0), Walk::InOrder);
        reader.received(BlockId(0), &dag, nothing, &mut wants);
        wants.clear();
        for block in 2..=10 {
            reader.received(BlockId(block), &dag, nothing, &mut wants);
        }
        assert!(wants.is_empty());
        reader.received(BlockId(1), &dag, nothing, &mut wants);
        assert_eq!(ids(&mut wants), [11, 12]);
    }

    #[test]
    fn a_reader_resumes_with_the_blocks_that_are_missing() {
        let (dag, mut wants) = (flat(10), Vec::new());
        let mut reader = Reader::new(BlockId(0), Walk::InOrder);
        let step = reader.start(&dag, |block| block.0 < 7, &mut wants);
        assert!(step.has_first_payload && !step.is_finished);
        assert_eq!(ids(&mut wants), [7, 8, 9, 10]);
    }

    #[test]
    fn a_parallel_reader_keeps_thirty_two_workers_busy_in_a_fresh_session() {
        let (dag, mut wants) = (flat(40), Vec::new());
        let mut reader = Reader::new(BlockId(0), Walk::Parallel);
        reader.start(&dag, nothing, &mut wants);
        wants.clear();
        let step = reader.received(BlockId(0), &dag, nothing, &mut wants);
        assert!(step.needs_fresh_session);
        assert_eq!(ids(&mut wants), (1..=32).collect::<Vec<_>>());
        reader.received(BlockId(5), &dag, nothing, &mut wants);
        assert_eq!(ids(&mut wants), [33]);
    }

    #[test]
    fn a_single_block_is_payload_and_the_end() {
        for walk in [Walk::InOrder, Walk::Parallel] {
            let mut reader = Reader::new(BlockId(3), walk);
            let step = reader.received(BlockId(3), &flat(0), nothing, &mut Vec::new());
            assert!(step.has_first_payload && step.is_finished && reader.is_finished());
        }
    }

    #[test]
    fn repeated_content_is_asked_for_once_and_read_each_time() {
        let dag = Flat(vec![BlockId(1); 30]);
        let mut wants = Vec::new();
        let mut reader = Reader::new(BlockId(0), Walk::InOrder);
        reader.received(BlockId(0), &dag, nothing, &mut wants);
        let step = reader.received(BlockId(1), &dag, |block| block.0 == 1, &mut wants);
        assert!(step.is_finished);
    }
}
