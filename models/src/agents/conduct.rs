//! How an operator departs from what it promised, if it does.
//!
//! | it keeps | it answers a challenge by | which takes | and is caught by |
//! | --- | --- | --- | --- |
//! | the replica | looking it up | no time | - |
//! | part of it | looking up what is there | no time | a challenge whose path needs what is not there |
//! | the data | sealing again (generation) | the sealing time of the nominal sector | the end of the deadline |
//! | nothing | fetching another miner's answer (outsourcing) | the fetch | its replica being other bytes |
//! | nothing, and never sealed | committing to another miner's replica | the fetch | the replication proof |
//!
//! With a family of proofs that does not encode, sealing takes no time and all replicas of the same data are the same
//! bytes: generation and outsourcing succeed. With a deadline that is longer than the sealing time, generation does.
//!
//! All sectors of a deadline are sealed or fetched side by side, which is the best that such a miner can do. It begins
//! when the challenge is known: whoever begins earlier has to store the replica until its deadline is over, day for day,
//! and has not saved the space when it is asked for it.

use crate::filecoin::consensus_fault::FaultKind;
use crate::filecoin::piece::size::PieceHeight;
use crate::filecoin::proofs::cost::{SealingSpeed, SealingWork};
use crate::filecoin::proofs::deletion::Deletion;
use crate::filecoin::proofs::family::ProofFamily;
use crate::units::Epochs;
use sim_core::time::SimSpan;

/// What an operator keeps of a sector once it is committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Keeps {
    /// The replica.
    #[default]
    Replica,
    /// The data that it is made from.
    Data,
    /// Nothing but the commitments.
    Nothing,
    /// The same, and it never sealed: it commits to what another miner has sealed.
    Borrowed,
}

/// What an operator does with what it promised to keep. The default keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Conduct {
    /// What it keeps of a sector.
    pub keeps: Keeps,
    /// What it deletes of the replicas that it keeps.
    pub deletes: Option<Deletion>,
    /// Number of the group of miners that it fetches from: its own number in that group, modulo its size.
    pub source: Option<usize>,
    /// How fast it seals again.
    pub speed: SealingSpeed,
    /// How long it takes to fetch an answer from another miner.
    pub fetch: SimSpan,
    /// The consensus fault that it commits with every block, if any.
    pub fault: Option<FaultKind>,
}

impl Conduct {
    /// Whether it keeps less than it promised.
    pub fn discards(&self) -> bool {
        self.keeps != Keeps::Replica || self.deletes.is_some()
    }

    /// Time from a challenge to the answer, for sectors of a nominal size in bytes.
    pub fn answer_time(&self, family: ProofFamily, nominal: u64) -> SimSpan {
        match self.keeps {
            Keeps::Replica => SimSpan::ZERO,
            Keeps::Data => {
                let height = PieceHeight::of_padded(nominal).expect("nominal sizes are powers of two");
                SealingWork::of(family, height).sealing_time(&self.speed)
            }
            Keeps::Nothing | Keeps::Borrowed => self.fetch,
        }
    }

    /// The same in whole epochs, rounded up.
    pub fn answer_epochs(&self, family: ProofFamily, nominal: u64) -> Epochs {
        let time = self.answer_time(family, nominal).as_nanos();
        Epochs::new(time.div_ceil(Epochs::ONE.span().as_nanos()).min(i64::MAX as u64 / 2) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_keeps_the_data_alone_waits_for_sealing() {
        let conduct = |keeps| Conduct { keeps, fetch: SimSpan::from_mins(1), ..Conduct::default() };
        let time = |keeps, family| conduct(keeps).answer_epochs(family, 32 << 30).count();
        assert_eq!(time(Keeps::Replica, ProofFamily::SdrPoseidon), 0);
        assert_eq!(time(Keeps::Nothing, ProofFamily::SdrPoseidon), 2);
        assert_eq!(time(Keeps::Data, ProofFamily::Sha256Merkle), 0);
        let sealing = time(Keeps::Data, ProofFamily::SdrPoseidon);
        assert!(sealing > 3 * 120 && sealing < 5 * 120, "{sealing} epochs");
    }
}
