//! Consensus faults: two signed block headers that one miner must not have signed both.
//!
//! | fault | headers A, B of one miner, A not higher than B | witness C |
//! | --- | --- | --- |
//! | double-fork mining | the same height | - |
//! | time-offset mining | the same parents at different heights | - |
//! | parent grinding | B's parents leave A out | a sibling of A (same height, same parents) among B's parents |
//!
//! Headers are verified as they are; a miner may sign what it never won, and is to blame for it. What the fault costs, and
//! whom, is the miner actor's matter ([`MinerActor::report_consensus_fault`](super::miner::MinerActor)). Sources: lotus,
//! chain/vm/syscalls.go (VerifyConsensusFault); filecoin-project/specs, "Consensus faults"; FIP-0011.
//!
//! There is one chain here, so headers are made only where somebody commits a fault ([`Blocks`]): of all simulated winners
//! of an epoch, and one for the rest of the network, if it has won. Left out: signatures (a header names who signed), the
//! age limit of evidence beyond the exclusion, and reporters that see only part of the network: somebody sees everything
//! and reports it in the next epoch.

use crate::ids::MinerId;
use crate::units::{Epoch, Epochs};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a block is called by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct BlockId([u8; 32]);

/// What of a block header matters to faults.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Header {
    /// Who signed it; none for the rest of the network.
    pub miner: Option<MinerId>,
    /// Its height.
    pub epoch: Epoch,
    /// Blocks that it builds on, in order.
    pub parents: Vec<BlockId>,
    /// Whatever else is in it.
    pub body: u32,
}

impl Header {
    /// What it is called by: a hash of all of it.
    pub fn id(&self) -> BlockId {
        let mut hasher = Sha256::new_with_prefix(b"block");
        hasher.update(self.miner.map_or(u64::MAX, |miner| u64::from(miner.0)).to_le_bytes());
        hasher.update(self.epoch.height().to_le_bytes());
        hasher.update(self.body.to_le_bytes());
        self.parents.iter().for_each(|parent| hasher.update(parent.0));
        BlockId(hasher.finalize().into())
    }
}

/// Which fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum FaultKind {
    /// Two blocks of one height.
    DoubleForkMining,
    /// Two blocks on the same parents.
    TimeOffsetMining,
    /// A block that leaves out its own miner's block before it.
    ParentGrinding,
}

/// A proven fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConsensusFault {
    /// Who.
    pub miner: MinerId,
    /// Height of the higher block.
    pub epoch: Epoch,
    /// Which.
    pub kind: FaultKind,
}

/// Headers that may prove a fault.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// The lower one.
    pub first: Header,
    /// The higher one.
    pub second: Header,
    /// What shows that the second leaves out the first.
    pub witness: Option<Header>,
}

impl Evidence {
    /// The fault that it proves, if any.
    pub fn verify(&self) -> Option<ConsensusFault> {
        let (a, b) = (&self.first, &self.second);
        let miner = a.miner.filter(|_| a.miner == b.miner && a.id() != b.id() && a.epoch <= b.epoch)?;
        let kind = if a.epoch == b.epoch {
            FaultKind::DoubleForkMining
        } else if a.parents == b.parents {
            FaultKind::TimeOffsetMining
        } else {
            let is_witness = |c: &Header| {
                (c.epoch, &c.parents) == (a.epoch, &a.parents)
                    && b.parents.contains(&c.id())
                    && !b.parents.contains(&a.id())
            };
            self.witness.as_ref().filter(|witness| is_witness(witness))?;
            FaultKind::ParentGrinding
        };
        Some(ConsensusFault { miner, epoch: b.epoch, kind })
    }
}

/// The blocks of the last epoch that had any, and what faulty miners are known to have signed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Blocks {
    parents: Vec<BlockId>,
    evidence: Vec<Evidence>,
}

impl Blocks {
    /// The blocks of an epoch: of simulated miners, each with the fault that it commits, and of the rest if it has one.
    pub fn produce(&mut self, now: Epoch, winners: &[(MinerId, Option<FaultKind>)], rest: bool) {
        let header = |miner| Header { miner, epoch: now, parents: self.parents.clone(), body: 0 };
        let mut tipset: Vec<Header> = winners.iter().map(|&(miner, _)| header(Some(miner))).collect();
        tipset.extend(rest.then(|| header(None)));
        let faulty = winners.iter().enumerate().filter_map(|(place, (_, kind))| Some((place, (*kind)?)));
        self.evidence.extend(faulty.filter_map(|(place, kind)| signed(kind, place, &tipset)));
        if !tipset.is_empty() {
            self.parents = tipset.iter().map(Header::id).collect();
            self.parents.sort_unstable();
        }
    }

    /// Faults that can be reported now: the chain is past their epoch.
    pub fn reports(&mut self, now: Epoch) -> Vec<ConsensusFault> {
        let ripe = |evidence: &Evidence| evidence.second.epoch < now;
        let (due, later) = std::mem::take(&mut self.evidence).into_iter().partition(ripe);
        self.evidence = later;
        let due: Vec<Evidence> = due;
        due.iter().filter_map(Evidence::verify).collect()
    }
}

/// The second header that a miner signs beside its block of a tipset. Whoever won alone has no parents to choose from.
fn signed(kind: FaultKind, place: usize, tipset: &[Header]) -> Option<Evidence> {
    let first = tipset[place].clone();
    let next = first.epoch + Epochs::ONE;
    let others = || tipset.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, header)| header);
    let (second, witness) = match kind {
        FaultKind::DoubleForkMining => (Header { body: 1, ..first.clone() }, None),
        FaultKind::TimeOffsetMining => (Header { epoch: next, ..first.clone() }, None),
        FaultKind::ParentGrinding => {
            let witness = others().next()?.clone();
            let mut parents: Vec<BlockId> = others().map(Header::id).collect();
            parents.sort_unstable();
            (Header { epoch: next, parents, ..first.clone() }, Some(witness))
        }
    };
    Some(Evidence { first, second, witness })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Option<MinerId> = Some(MinerId(3));

    fn header(miner: Option<MinerId>, epoch: i64, parents: &[&Header], body: u32) -> Header {
        let mut parents: Vec<BlockId> = parents.iter().map(|header| header.id()).collect();
        parents.sort_unstable();
        Header { miner, epoch: Epoch::new(epoch), parents, body }
    }

    fn kind(first: &Header, second: &Header, witness: Option<&Header>) -> Option<FaultKind> {
        let evidence = Evidence { first: first.clone(), second: second.clone(), witness: witness.cloned() };
        let fault = evidence.verify()?;
        assert_eq!((fault.miner, fault.epoch), (MinerId(3), second.epoch));
        Some(fault.kind)
    }

    #[test]
    fn two_blocks_of_one_height_are_a_double_fork() {
        let root = header(None, 1, &[], 0);
        let (a, b) = (header(OWN, 2, &[&root], 0), header(OWN, 2, &[&root], 1));
        assert_eq!(kind(&a, &b, None), Some(FaultKind::DoubleForkMining));
        assert_eq!(kind(&a, &header(OWN, 2, &[], 0), None), Some(FaultKind::DoubleForkMining));
        assert_eq!(kind(&a, &a, None), None, "the same block");
        assert_eq!(kind(&a, &header(None, 2, &[&root], 1), None), None, "somebody else's");
    }

    #[test]
    fn two_heights_on_the_same_parents_are_a_time_offset() {
        let root = header(None, 1, &[], 0);
        let (a, b) = (header(OWN, 2, &[&root], 0), header(OWN, 5, &[&root], 0));
        assert_eq!(kind(&a, &b, None), Some(FaultKind::TimeOffsetMining));
        assert_eq!(kind(&b, &a, None), None, "the higher one comes second");
    }

    #[test]
    fn leaving_one_s_own_block_out_needs_a_sibling_as_witness() {
        let root = header(None, 1, &[], 0);
        let (a, c) = (header(OWN, 2, &[&root], 0), header(None, 2, &[&root], 0));
        let b = header(OWN, 3, &[&c], 0);
        assert_eq!(kind(&a, &b, Some(&c)), Some(FaultKind::ParentGrinding));
        assert_eq!(kind(&a, &b, None), None);
        assert_eq!(kind(&a, &header(OWN, 3, &[&a, &c], 0), Some(&c)), None, "it is not left out");
        let stranger = header(None, 2, &[], 0);
        assert_eq!(kind(&a, &header(OWN, 3, &[&stranger], 0), Some(&stranger)), None, "no sibling of it");
    }

    #[test]
    fn honest_winners_give_no_evidence_and_faulty_ones_theirs_an_epoch_later() {
        let kinds = [FaultKind::DoubleForkMining, FaultKind::TimeOffsetMining, FaultKind::ParentGrinding];
        for (wait, kind) in [1, 2, 2].into_iter().zip(kinds) {
            let mut blocks = Blocks::default();
            blocks.produce(Epoch::new(10), &[(MinerId(1), None)], true);
            blocks.produce(Epoch::new(11), &[(MinerId(1), None), (MinerId(3), Some(kind))], true);
            assert!(blocks.reports(Epoch::new(10 + wait)).is_empty());
            let faults = blocks.reports(Epoch::new(11 + wait));
            assert_eq!(
                faults.iter().map(|fault| (fault.miner, fault.kind)).collect::<Vec<_>>(),
                [(MinerId(3), kind)]
            );
            assert!(blocks.reports(Epoch::new(20)).is_empty(), "once");
        }
    }

    #[test]
    fn a_sole_winner_cannot_grind_its_parents() {
        let mut blocks = Blocks::default();
        blocks.produce(Epoch::new(11), &[(MinerId(3), Some(FaultKind::ParentGrinding))], false);
        assert!(blocks.reports(Epoch::new(20)).is_empty());
    }
}
