//! What a server has to do for one peer: its want-list, the tasks queued and the work being written.
//!
//! Source: go-peertaskqueue `peertracker`; boxo `server/internal/decision/{peer_ledger,taskmerger}.go`.

use crate::ids::{BlockId, NodeId};
use sim_core::time::SimTime;
use smallvec::SmallVec;

/// A want that a peer has told us of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Noted {
    pub(super) block: BlockId,
    pub(super) priority: i32,
    pub(super) is_want_block: bool,
}

/// What became of a want that a peer told us of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Note {
    /// It was not known.
    New,
    /// It was known; what it says now counts.
    Again,
    /// The peer wants too much: it is ignored.
    TooMany,
}

/// An answer to be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Task {
    pub(super) block: BlockId,
    pub(super) priority: i32,
    /// Order of arrival on this node, among equal priorities.
    pub(super) number: u64,
    /// Bytes that the answer counts for.
    pub(super) work: u64,
    /// Bytes of the block, if we have it.
    pub(super) size: u64,
    /// Whether we have the block.
    pub(super) have: bool,
    /// Whether the answer is the block itself.
    pub(super) is_want_block: bool,
    pub(super) send_dont_have: bool,
}

impl Task {
    /// The larger, the sooner.
    fn rank(&self) -> (i32, std::cmp::Reverse<u64>) {
        (self.priority, std::cmp::Reverse(self.number))
    }

    /// Takes over what a newer task about the same block knows better.
    fn merge(&mut self, newer: &Task) {
        if !self.have && newer.have {
            self.have = true;
            self.size = newer.size;
        }
        if !self.is_want_block && newer.is_want_block {
            self.is_want_block = true;
            if !self.have || newer.have {
                self.have = newer.have;
                self.work = newer.work;
            }
        }
        if self.is_want_block && self.have {
            self.work = self.size;
        }
    }
}

/// What one peer wants, and the tasks that come of it.
///
/// Most peers only tell what they look for and are never answered: they cost their want-list and no more.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct PeerTasks {
    pub(super) id: NodeId,
    /// The peer's want-list as far as it is unanswered, by block.
    noted: SmallVec<[Noted; 2]>,
    /// From the first answer on.
    work: Option<Box<Work>>,
}

/// The answers to one peer.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Work {
    /// Last is first to be done.
    pending: Vec<Task>,
    /// Taken up, not yet written.
    active: Vec<Task>,
    /// Bytes of the active tasks.
    active_work: u64,
    /// Turn at which the peer was served last; 0 for never.
    served_turn: u64,
    /// When it was served last.
    served_at: Option<SimTime>,
}

impl PeerTasks {
    pub(super) fn new(id: NodeId) -> Self {
        PeerTasks { id, noted: SmallVec::new(), work: None }
    }

    /// Whether nothing is known of the peer.
    pub(super) fn is_idle(&self) -> bool {
        let is_done = |work: &Work| work.pending.is_empty() && work.active.is_empty();
        self.noted.is_empty() && self.work.as_deref().is_none_or(is_done)
    }

    pub(super) fn pending_count(&self) -> usize {
        self.work.as_ref().map_or(0, |work| work.pending.len())
    }

    pub(super) fn active_count(&self) -> usize {
        self.work.as_ref().map_or(0, |work| work.active.len())
    }

    /// Bytes of the active tasks.
    pub(super) fn active_work(&self) -> u64 {
        self.work.as_ref().map_or(0, |work| work.active_work)
    }

    /// Bytes of the pending tasks.
    pub(super) fn pending_work(&self) -> u64 {
        self.work.iter().flat_map(|work| &work.pending).map(|task| task.work).sum()
    }

    /// Turn at which the peer was served last; 0 for never.
    pub(super) fn served_turn(&self) -> u64 {
        self.work.as_ref().map_or(0, |work| work.served_turn)
    }

    /// When the peer was served last.
    pub(super) fn served_at(&self) -> Option<SimTime> {
        self.work.as_ref().and_then(|work| work.served_at)
    }

    /// Notes that the peer is served.
    pub(super) fn serve(&mut self, turn: u64, now: SimTime) {
        let work = self.work.get_or_insert_default();
        (work.served_turn, work.served_at) = (turn, Some(now));
    }

    /// Notes a want.
    pub(super) fn note(&mut self, want: Noted, limit: u32) -> Note {
        match self.noted.binary_search_by_key(&want.block, |noted| noted.block) {
            Ok(index) => {
                self.noted[index] = want;
                Note::Again
            }
            Err(_) if self.noted.len() >= limit as usize => Note::TooMany,
            Err(index) => {
                self.noted.insert(index, want);
                Note::New
            }
        }
    }

    /// What the peer wants of the block.
    pub(super) fn noted(&self, block: BlockId) -> Option<Noted> {
        let index = self.noted.binary_search_by_key(&block, |noted| noted.block).ok()?;
        Some(self.noted[index])
    }

    /// The blocks the peer wants.
    pub(super) fn noted_blocks(&self) -> impl Iterator<Item = BlockId> + '_ {
        self.noted.iter().map(|noted| noted.block)
    }

    /// Forgets a want; true if there was one.
    pub(super) fn unnote(&mut self, block: BlockId) -> bool {
        let found = self.noted.binary_search_by_key(&block, |noted| noted.block);
        found.map(|index| self.noted.remove(index)).is_ok()
    }

    /// Removes a task that was not taken up.
    pub(super) fn withdraw(&mut self, block: BlockId) {
        if let Some(work) = &mut self.work {
            work.pending.retain(|task| task.block != block);
        }
    }

    /// Queues a task, merges it with one about the same block, or drops it if the answer is on its way.
    pub(super) fn push(&mut self, task: Task, limit: u32) {
        let work = self.work.get_or_insert_default();
        if !work.adds_to_active(&task) {
            return;
        }
        if let Some(index) = work.pending.iter().position(|pending| pending.block == task.block) {
            let mut merged = work.pending.remove(index);
            merged.priority = merged.priority.max(task.priority);
            merged.merge(&task);
            work.insert(merged);
        } else if work.pending.len() < limit as usize {
            work.insert(task);
        }
    }

    /// Takes up tasks in order of priority until they amount to `target` bytes or the peer has as much
    /// under way as it may.
    pub(super) fn pop(&mut self, target: u64, max_outstanding: u64, popped: &mut Vec<Task>) {
        let Some(work) = &mut self.work else { return };
        let mut taken = 0;
        while taken < target && work.active_work < max_outstanding {
            let Some(task) = work.pending.pop() else { return };
            taken += task.work;
            work.active_work += task.work;
            work.active.push(task);
            popped.push(task);
        }
    }

    /// The task has been written.
    pub(super) fn done(&mut self, task: &Task) {
        let Some(work) = &mut self.work else { return };
        if let Some(index) = work.active.iter().position(|active| active.number == task.number) {
            work.active_work -= work.active.swap_remove(index).work;
        }
    }
}

impl Work {
    fn insert(&mut self, task: Task) {
        let index = self.pending.partition_point(|pending| pending.rank() < task.rank());
        self.pending.insert(index, task);
    }

    /// Whether the task says more than the answers about its block that are being written.
    fn adds_to_active(&self, task: &Task) -> bool {
        let mut same = self.active.iter().filter(|active| active.block == task.block).peekable();
        if same.peek().is_none() {
            return true;
        }
        let (mut has_block, mut has_size) = (false, false);
        for active in same {
            has_block |= active.is_want_block;
            has_size |= active.have;
        }
        (!has_block && task.is_want_block) || (!has_size && task.have)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(block: u32, priority: i32, work: u64) -> Task {
        Task {
            block: BlockId(block),
            priority,
            number: u64::from(block),
            work,
            size: work,
            have: true,
            is_want_block: true,
            send_dont_have: true,
        }
    }

    fn popped(tasks: &mut PeerTasks) -> Vec<u32> {
        let mut popped = Vec::new();
        tasks.pop(16_384, 1 << 20, &mut popped);
        popped.iter().map(|task| task.block.0).collect()
    }

    #[test]
    fn small_answers_share_a_message_and_a_big_block_ends_it() {
        let mut tasks = PeerTasks::new(NodeId(1));
        for (block, priority, work) in [(1, 9, 40), (2, 8, 262_158), (3, 7, 40)] {
            tasks.push(task(block, priority, work), 1024);
        }
        assert_eq!(popped(&mut tasks), [1, 2]);
        assert_eq!(popped(&mut tasks), [3]);
    }

    #[test]
    fn a_peer_with_a_mebibyte_under_way_gets_no_more() {
        let mut tasks = PeerTasks::new(NodeId(1));
        for block in 0..6 {
            tasks.push(task(block, 9, 262_158), 1024);
        }
        for _ in 0..4 {
            assert_eq!(popped(&mut tasks).len(), 1);
        }
        assert!(popped(&mut tasks).is_empty());
        tasks.done(&task(0, 9, 262_158));
        assert_eq!(popped(&mut tasks), [4]);
    }

    #[test]
    fn a_block_on_its_way_is_not_queued_again() {
        let mut tasks = PeerTasks::new(NodeId(1));
        tasks.push(task(1, 9, 262_158), 1024);
        popped(&mut tasks);
        tasks.push(task(1, 9, 262_158), 1024);
        assert_eq!(tasks.pending_count(), 0);
    }

    #[test]
    fn a_want_block_turns_a_queued_have_into_the_block() {
        let mut tasks = PeerTasks::new(NodeId(1));
        tasks.push(Task { is_want_block: false, work: 40, size: 262_158, ..task(1, 9, 0) }, 1024);
        tasks.push(Task { number: 2, ..task(1, 5, 262_158) }, 1024);
        assert_eq!((tasks.pending_count(), tasks.pending_work()), (1, 262_158));
    }
}
