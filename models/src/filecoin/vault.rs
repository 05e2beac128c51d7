//! The bytes that miners keep of their sectors, and what they can prove with them.
//!
//! Every sector is sealed for real, once; from then on an honest answer is a lookup and its verification a
//! comparison, and an answer from bytes that are gone or altered is computed and fails by itself
//! ([`super::proofs`]). What the chain believes of a proof it is told by what was verified here.
//!
//! Sectors hold zeros until deals bring pieces: committed capacity, as the network has it. Left out: several miners
//! with one copy, and miners that answer with the bytes of others (their attempts are tested on the proofs).

use super::chain::Chain;
use super::miner::sector::SectorNumber;
use super::piece::node::Node;
use super::piece::size::SectorSize;
use super::proofs::disk::Disk;
use super::proofs::family::ProofFamily;
use super::proofs::graph::Graphs;
use super::proofs::identity::{PorepSeed, PostRandomness, ProverId, SealIdentity, Ticket};
use super::proofs::porep::{PorepAnswer, PorepKind, PorepStatement, verify_porep};
use super::proofs::post::{PostChallenge, PostKind, PostStatement, verify_post, winning_sector};
use super::proofs::replica::Replica;
use super::proofs::seal::Sealer;
use crate::ids::MinerId;
use crate::units::Epoch;
use serde::{Deserialize, Serialize};
use sim_core::draws::{Draws, Entity};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What proofs a run uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProofConfig {
    /// The family.
    pub family: ProofFamily,
    /// Real size of a sector.
    pub size: SectorSize,
}

/// Counts of proofs; they only grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ProofTally {
    /// Sectors sealed.
    pub sealed: u64,
    /// Proofs of replication verified.
    pub porep: u64,
    /// Sectors of Window PoSts verified.
    pub window: u64,
    /// Winning PoSts verified.
    pub winning: u64,
    /// Of all of these, those that could not be answered or did not hold.
    pub failed: u64,
}

/// The bytes of all miners.
#[derive(Debug)]
pub struct Vault {
    sealer: Sealer,
    kept: Kept,
}

/// What of a vault does not follow from the configuration.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Kept {
    provers: Vec<ProverId>,
    sectors: Vec<BTreeMap<SectorNumber, Replica>>,
    tally: ProofTally,
}

impl Vault {
    /// An empty vault. `entities` are the stable names of the miners.
    pub fn new(config: &ProofConfig, entities: &[Entity]) -> Self {
        let kept = Kept {
            provers: entities.iter().map(|entity| ProverId::of_actor(entity.0)).collect(),
            sectors: vec![BTreeMap::new(); entities.len()],
            tally: ProofTally::default(),
        };
        Vault::with(config, kept)
    }

    /// A vault that keeps what another kept.
    pub fn with(config: &ProofConfig, kept: Kept) -> Self {
        Vault { sealer: Sealer::new(config.family, config.size, &mut Graphs::default()), kept }
    }

    /// What it keeps.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Counts so far.
    pub fn tally(&self) -> &ProofTally {
        &self.kept.tally
    }

    /// Seals sectors with the ticket of an epoch.
    pub fn seal(&mut self, miner: MinerId, sectors: &[SectorNumber], ticket: Epoch, draws: &Draws) {
        let ticket = Ticket(Chain::ticket(ticket, draws));
        for &sector in sectors {
            let prover = self.kept.provers[miner.index()];
            let identity = SealIdentity { prover, sector, ticket, porep_id: self.sealer.porep_id() };
            let data = vec![Node::ZERO; self.sealer.size().nodes() as usize];
            let sealed = self.sealer.seal(identity, data).expect("zeros are elements of the field");
            self.kept.sectors[miner.index()].insert(sector, Replica::new(Arc::new(sealed)));
            self.kept.tally.sealed += 1;
        }
    }

    /// The bytes of sectors are gone.
    pub fn lose(&mut self, miner: MinerId, sectors: &[SectorNumber]) {
        self.each(miner, sectors, Disk::destroy);
    }

    /// The bytes of sectors are there again: sealed once more from the same data and ticket, they are the same.
    pub fn restore(&mut self, miner: MinerId, sectors: &[SectorNumber]) {
        self.each(miner, sectors, |disk| *disk = Disk::Whole);
    }

    fn each(&mut self, miner: MinerId, sectors: &[SectorNumber], change: impl Fn(&mut Disk)) {
        for sector in sectors {
            if let Some(replica) = self.kept.sectors[miner.index()].get_mut(sector) {
                change(replica.disk_mut());
            }
        }
    }

    /// The bytes of a sector ended with it.
    pub fn drop(&mut self, miner: MinerId, sector: SectorNumber) {
        self.kept.sectors[miner.index()].remove(&sector);
    }

    /// Whether the miner can prove that it sealed a sector; `challenge` is the epoch of the beacon, none for a proof
    /// without interaction.
    pub fn porep(
        &mut self,
        miner: MinerId,
        sector: SectorNumber,
        challenge: Option<Epoch>,
        draws: &Draws,
    ) -> bool {
        self.kept.tally.porep += 1;
        let replica = self.kept.sectors[miner.index()].get(&sector);
        let whole = replica.filter(|replica| replica.disk().is_whole());
        let holds = whole.is_some_and(|replica| {
            let sealed = replica.sealed();
            let kind = match challenge {
                Some(epoch) => PorepKind::Interactive(PorepSeed(Chain::beacon(epoch, draws))),
                None => PorepKind::NonInteractive,
            };
            let statement = PorepStatement {
                identity: *sealed.identity(),
                comm_d: *sealed.comm_d(),
                comm_r: *sealed.comm_r(),
                kind,
            };
            verify_porep(&self.sealer, &statement, &PorepAnswer::OfSealing(Arc::clone(sealed))).is_ok()
        });
        self.kept.tally.failed += u64::from(!holds);
        holds
    }

    /// Whether the miner can answer for every one of these sectors at a deadline whose challenge is that epoch's.
    pub fn window_post<'a>(
        &mut self,
        miner: MinerId,
        sectors: impl Iterator<Item = &'a SectorNumber>,
        challenge: Epoch,
        draws: &Draws,
    ) -> bool {
        let randomness = PostRandomness::of_chain(Chain::beacon(challenge, draws));
        let (mut all, mut asked) = (true, 0);
        for &sector in sectors {
            asked += 1;
            all &= self.answers(miner, &PostChallenge { kind: PostKind::Window, randomness, sector });
        }
        self.kept.tally.window += asked;
        self.kept.tally.failed += u64::from(!all);
        all
    }

    /// The sector that a miner with so many active sectors must prove to make a block at an epoch.
    pub fn winning_place(&self, miner: MinerId, epoch: Epoch, active: u64, draws: &Draws) -> u64 {
        let randomness = PostRandomness::of_chain(Chain::beacon(epoch, draws));
        winning_sector(&self.kept.provers[miner.index()], &randomness, active, 0)
    }

    /// Whether the miner can prove that sector for a block.
    pub fn winning_post(
        &mut self,
        miner: MinerId,
        sector: SectorNumber,
        epoch: Epoch,
        draws: &Draws,
    ) -> bool {
        self.kept.tally.winning += 1;
        let randomness = PostRandomness::of_chain(Chain::beacon(epoch, draws));
        let holds = self.answers(miner, &PostChallenge { kind: PostKind::Winning, randomness, sector });
        self.kept.tally.failed += u64::from(!holds);
        holds
    }

    fn answers(&self, miner: MinerId, challenge: &PostChallenge) -> bool {
        let replica = self.kept.sectors[miner.index()].get(&challenge.sector);
        replica.is_some_and(|replica| {
            let sealed = replica.sealed();
            let (family, size) = (sealed.family(), sealed.size());
            let statement = PostStatement { family, size, comm_r: *sealed.comm_r() };
            replica.answer(challenge).is_ok_and(|answer| verify_post(&statement, challenge, &answer).is_ok())
        })
    }
}
