//! The bytes that miners keep of their sectors, and what they can prove with them.
//!
//! Every sector is sealed for real, once; from then on an honest answer is a lookup and its verification a
//! comparison, and an answer from bytes that are gone, altered or somebody else's is computed and fails by itself
//! ([`super::proofs`]). Every answer is held against the CommR that the chain keeps of the sector, whatever the miner
//! has. What the chain believes of a proof it is told by what was verified here.
//!
//! A miner may keep less than it promised (`vault/stored.rs`): parts of a replica, what it can be made from again, or nothing
//! but its roots. Sectors hold zeros until deals bring pieces: committed capacity, as the network has it.

mod stored;

pub use stored::{StoredPiece, Unproven};

use super::chain::Chain;
use super::miner::sector::SectorNumber;
use super::piece::node::Node;
use super::piece::size::SectorSize;
use super::proofs::deletion::Deletion;
use super::proofs::disk::Disk;
use super::proofs::family::ProofFamily;
use super::proofs::graph::Graphs;
use super::proofs::identity::{PorepSeed, PostRandomness, ProverId, SealIdentity, Ticket};
use super::proofs::porep::{PorepAnswer, PorepKind, PorepStatement, verify_porep};
use super::proofs::post::{PostChallenge, PostKind, PostStatement, verify_post, winning_sector};
use super::proofs::replica::Replica;
use super::proofs::seal::{Sealed, Sealer};
use super::proofs::update::{UpdateAnswer, UpdateStatement, verify_update};
use crate::ids::MinerId;
use crate::units::Epoch;
use serde::{Deserialize, Serialize};
use sim_core::draws::{Draws, Entity};
use std::collections::BTreeMap;
use std::sync::Arc;
use stored::{Recipe, Roots, Stored};

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
    /// Replica updates verified.
    pub update: u64,
    /// Of all of these, those that could not be answered or did not hold.
    pub failed: u64,
}

/// What became of a miner's Window PoSt answers, sector by sector; they only grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Attempts {
    /// Sectors that were asked for.
    pub asked: u64,
    /// Of these, those whose challenged bytes are not there.
    pub lost: u64,
    /// Those whose answer did not hold: other bytes than the CommR on chain commits to.
    pub wrong: u64,
    /// Those whose answer came after the deadline.
    pub late: u64,
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
    sectors: Vec<BTreeMap<SectorNumber, Stored>>,
    attempts: Vec<Attempts>,
    tally: ProofTally,
    /// Pieces of sectors that were packed for deals.
    pieces: Vec<BTreeMap<SectorNumber, Vec<StoredPiece>>>,
}

/// Who answers, and whom it may ask for what it has not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prover {
    /// The miner.
    pub miner: MinerId,
    /// Another miner, whose sector of the same number it borrows from when it kept no bytes of its own.
    pub source: Option<MinerId>,
}

/// A sector as the chain knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claimed {
    /// Its number.
    pub sector: SectorNumber,
    /// Its CommR.
    pub comm_r: Node,
}

/// A sector of committed capacity that was filled with data, before the chain has said yes to it.
#[derive(Clone, Debug)]
pub struct Filled {
    sector: SectorNumber,
    sealed: Arc<Sealed>,
}

impl Filled {
    /// CommR of what it became.
    pub fn comm_r(&self) -> Node {
        *self.sealed.comm_r()
    }
}

impl Vault {
    /// An empty vault. `entities` are the stable names of the miners.
    pub fn new(config: &ProofConfig, entities: &[Entity]) -> Self {
        let kept = Kept {
            provers: entities.iter().map(|entity| ProverId::of_actor(entity.0)).collect(),
            sectors: vec![BTreeMap::new(); entities.len()],
            attempts: vec![Attempts::default(); entities.len()],
            tally: ProofTally::default(),
            pieces: vec![BTreeMap::new(); entities.len()],
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

    /// What became of a miner's answers so far.
    pub fn attempts(&self, miner: MinerId) -> &Attempts {
        &self.kept.attempts[miner.index()]
    }

    fn identity(&self, miner: MinerId, sector: SectorNumber, ticket: Epoch, draws: &Draws) -> SealIdentity {
        SealIdentity {
            prover: self.kept.provers[miner.index()],
            sector,
            ticket: Ticket(Chain::ticket(ticket, draws)),
            porep_id: self.sealer.porep_id(),
        }
    }

    fn stored(&self, miner: MinerId, sector: SectorNumber) -> Option<&Stored> {
        self.kept.sectors[miner.index()].get(&sector)
    }

    fn source(&self, prover: Prover, sector: SectorNumber) -> Option<&Stored> {
        self.stored(prover.source?, sector)
    }

    /// Leaves that a miner keeps of a sector, and leaves that the sector has. What it only could make again, or ask
    /// others for, it does not keep.
    pub fn kept_leaves(&self, miner: MinerId, sector: SectorNumber) -> (u64, u64) {
        let all = u64::from(self.sealer.size().nodes());
        let replica = self.stored(miner, sector).and_then(Stored::replica);
        (replica.map_or(0, |replica| replica.disk().stored(all)), all)
    }

    /// Pieces that a sector was packed with; none in committed capacity.
    pub fn pieces(&self, miner: MinerId, sector: SectorNumber) -> &[StoredPiece] {
        self.kept.pieces[miner.index()].get(&sector).map_or(&[], Vec::as_slice)
    }

    /// Packs a sector that is not sealed yet.
    pub fn pack(&mut self, miner: MinerId, sector: SectorNumber, pieces: Vec<StoredPiece>) {
        self.kept.pieces[miner.index()].insert(sector, pieces);
    }

    /// Seals sectors with the ticket of an epoch.
    pub fn seal(&mut self, miner: MinerId, sectors: &[SectorNumber], ticket: Epoch, draws: &Draws) {
        for &sector in sectors {
            let recipe = Recipe::new(self.identity(miner, sector, ticket, draws), self.pieces(miner, sector));
            let replica = Replica::new(recipe.seal(&self.sealer));
            self.kept.sectors[miner.index()].insert(sector, Stored::Replica(replica));
            self.kept.tally.sealed += 1;
        }
    }

    /// Seals nothing, and takes the roots of another miner's sector of the same number for its own; nothing if the
    /// other has not sealed it.
    pub fn borrow(&mut self, prover: Prover, sector: SectorNumber, ticket: Epoch, draws: &Draws) {
        let identity = self.identity(prover.miner, sector, ticket, draws);
        let theirs = self.source(prover, sector).and_then(Stored::replica);
        if let Some(roots) = theirs.map(|theirs| Roots::borrowed(identity, theirs.sealed())) {
            self.kept.sectors[prover.miner.index()].insert(sector, Stored::Roots(roots));
        }
    }

    /// Whether a miner has all the data of a sector: its replica, or what that is made from.
    pub fn holds(&self, miner: MinerId, sector: SectorNumber) -> bool {
        self.stored(miner, sector).is_some_and(Stored::has_data)
    }

    /// The CommR that a miner commits to with a sector; zeros if it has nothing of it.
    pub fn comm_r(&self, miner: MinerId, sector: SectorNumber) -> Node {
        self.stored(miner, sector).map_or(Node::ZERO, |stored| stored.comm_r(&self.sealer))
    }

    /// Fills a sector of committed capacity with data. Nothing if the miner has not all of its replica.
    pub fn fill(&self, miner: MinerId, sector: SectorNumber) -> Option<Filled> {
        let own = match self.stored(miner, sector)? {
            Stored::Replica(replica) => replica.disk().is_whole().then(|| Arc::clone(replica.sealed())),
            Stored::Recipe(recipe) => Some(recipe.seal(&self.sealer)),
            Stored::Roots(_) => None,
        };
        let capacity = own.filter(|sealed| sealed.updated_from().is_none())?;
        Some(Filled { sector, sealed: Arc::new(stored::fill(&self.sealer, &capacity)) })
    }

    /// Whether the miner can prove that what it filled was the sector with that CommR before.
    pub fn verify_fill(&mut self, filled: &Filled, comm_r_old: Node) -> bool {
        let statement =
            UpdateStatement { comm_r_old, comm_d_new: *filled.sealed.comm_d(), comm_r_new: filled.comm_r() };
        let answer = UpdateAnswer::OfUpdate(Arc::clone(&filled.sealed));
        let holds = verify_update(&self.sealer, &statement, &answer).is_ok();
        self.kept.tally.update += 1;
        self.kept.tally.failed += u64::from(!holds);
        holds
    }

    /// A filled sector takes the place of the committed capacity.
    pub fn keep_filled(&mut self, miner: MinerId, filled: Filled) {
        let replica = Replica::new(filled.sealed);
        self.kept.sectors[miner.index()].insert(filled.sector, Stored::Replica(replica));
    }

    /// Replicas go; what they can be made from stays.
    pub fn keep_recipes(&mut self, miner: MinerId, sectors: &[SectorNumber]) {
        for sector in sectors {
            let pieces = self.kept.pieces[miner.index()].get(sector).map_or(&[][..], Vec::as_slice);
            if let Some(stored) = self.kept.sectors[miner.index()].get_mut(sector) {
                stored.keep_recipe(pieces);
            }
        }
    }

    /// Replicas go; their roots stay.
    pub fn keep_roots(&mut self, miner: MinerId, sectors: &[SectorNumber]) {
        self.each(miner, sectors, Stored::keep_roots);
    }

    /// Parts of replicas go.
    pub fn delete(&mut self, miner: MinerId, sectors: &[SectorNumber], deletion: &Deletion) {
        let family = self.sealer.family().tree_kind().arity() as u64;
        let leaves: Vec<u64> = deletion.leaves(u64::from(self.sealer.size().nodes()), family).collect();
        self.each_replica(miner, sectors, |replica| {
            leaves.iter().for_each(|&leaf| replica.disk_mut().lose(leaf..leaf + 1));
        });
    }

    /// The bytes of sectors are gone.
    pub fn lose(&mut self, miner: MinerId, sectors: &[SectorNumber]) {
        self.each_replica(miner, sectors, |replica| replica.disk_mut().destroy());
    }

    /// The bytes of sectors are there again: sealed once more from the same data and ticket, they are the same.
    pub fn restore(&mut self, miner: MinerId, sectors: &[SectorNumber]) {
        self.each_replica(miner, sectors, |replica| *replica.disk_mut() = Disk::Whole);
    }

    fn each_replica(&mut self, miner: MinerId, sectors: &[SectorNumber], change: impl Fn(&mut Replica)) {
        self.each(miner, sectors, |stored| {
            if let Some(replica) = stored.replica_mut() {
                change(replica);
            }
        });
    }

    fn each(&mut self, miner: MinerId, sectors: &[SectorNumber], change: impl Fn(&mut Stored)) {
        for sector in sectors {
            if let Some(stored) = self.kept.sectors[miner.index()].get_mut(sector) {
                change(stored);
            }
        }
    }

    /// The bytes of a sector ended with it.
    pub fn drop(&mut self, miner: MinerId, sector: SectorNumber) {
        self.kept.sectors[miner.index()].remove(&sector);
        self.kept.pieces[miner.index()].remove(&sector);
    }

    /// Whether the miner can prove that it sealed a sector with the ticket of that epoch and committed to it by that
    /// CommR; `challenge` is the epoch of the beacon, none for a proof without interaction.
    pub fn porep(
        &mut self,
        prover: Prover,
        claimed: Claimed,
        ticket: Epoch,
        challenge: Option<Epoch>,
        draws: &Draws,
    ) -> bool {
        let kind = match challenge {
            Some(epoch) => PorepKind::Interactive(PorepSeed(Chain::beacon(epoch, draws))),
            None => PorepKind::NonInteractive,
        };
        let identity = self.identity(prover.miner, claimed.sector, ticket, draws);
        let shown = self.porep_answer(prover, claimed, identity, kind);
        let holds =
            shown.is_some_and(|(statement, answer)| verify_porep(&self.sealer, &statement, &answer).is_ok());
        self.kept.tally.porep += 1;
        self.kept.tally.failed += u64::from(!holds);
        holds
    }

    fn porep_answer(
        &self,
        prover: Prover,
        claimed: Claimed,
        identity: SealIdentity,
        kind: PorepKind,
    ) -> Option<(PorepStatement, PorepAnswer)> {
        let statement = |comm_d| PorepStatement { identity, comm_d, comm_r: claimed.comm_r, kind };
        match self.stored(prover.miner, claimed.sector)? {
            Stored::Replica(replica) => {
                let sealed = replica.sealed();
                let whole = replica.disk().is_whole();
                whole.then(|| (statement(*sealed.comm_d()), PorepAnswer::OfSealing(Arc::clone(sealed))))
            }
            Stored::Recipe(recipe) => {
                let sealed = recipe.seal(&self.sealer);
                Some((statement(*sealed.comm_d()), PorepAnswer::OfSealing(sealed)))
            }
            Stored::Roots(roots) => {
                let theirs = self.source(prover, claimed.sector)?.replica()?.sealed();
                let statement = statement(*theirs.comm_d());
                let mut proof = PorepAnswer::OfSealing(Arc::clone(theirs)).to_proof(&self.sealer, &statement);
                (proof.comm_c, proof.comm_r_last) = (roots.comm_c, roots.comm_r_last);
                Some((statement, PorepAnswer::Computed(Box::new(proof))))
            }
        }
    }

    /// Asks the miner for every one of these sectors at a deadline whose challenge is that epoch's, and appends those
    /// that it cannot prove.
    pub fn window_post(
        &mut self,
        prover: Prover,
        asked: impl Iterator<Item = Claimed>,
        challenge: Epoch,
        draws: &Draws,
        failing: &mut Vec<Claimed>,
    ) {
        let randomness = window_randomness(challenge, draws);
        let mut attempts = Attempts::default();
        for claimed in asked {
            attempts.asked += 1;
            let challenge = PostChallenge { kind: PostKind::Window, randomness, sector: claimed.sector };
            match self.prove(prover, claimed.comm_r, &challenge) {
                Ok(()) => continue,
                Err(Unproven::Nothing | Unproven::Lost(_)) => attempts.lost += 1,
                Err(Unproven::Wrong(_)) => attempts.wrong += 1,
            }
            failing.push(claimed);
        }
        self.kept.tally.window += attempts.asked;
        self.kept.tally.failed += attempts.lost + attempts.wrong;
        let sum = &mut self.kept.attempts[prover.miner.index()];
        sum.asked += attempts.asked;
        sum.lost += attempts.lost;
        sum.wrong += attempts.wrong;
    }

    /// The answers for so many sectors came after their deadline.
    pub fn came_late(&mut self, miner: MinerId, sectors: u64) {
        let sum = &mut self.kept.attempts[miner.index()];
        sum.asked += sectors;
        sum.late += sectors;
    }

    /// Whether an answer with zeros in place of all that is lost would hold, by luck.
    pub fn guess(&self, miner: MinerId, claimed: Claimed, challenge: Epoch, draws: &Draws) -> bool {
        let randomness = window_randomness(challenge, draws);
        let challenge = PostChallenge { kind: PostKind::Window, randomness, sector: claimed.sector };
        let replica = self.stored(miner, claimed.sector).and_then(Stored::replica);
        replica.is_some_and(|replica| {
            let guess = replica.answer_guessing(&challenge, Node::ZERO);
            verify_post(&self.statement(claimed.comm_r), &challenge, &guess).is_ok()
        })
    }

    /// The sector that a miner with so many active sectors must prove to make a block at an epoch.
    pub fn winning_place(&self, miner: MinerId, epoch: Epoch, active: u64, draws: &Draws) -> u64 {
        let randomness = PostRandomness::of_chain(Chain::beacon(epoch, draws));
        winning_sector(&self.kept.provers[miner.index()], &randomness, active, 0)
    }

    /// Whether the miner can prove that sector for a block.
    pub fn winning_post(&mut self, prover: Prover, claimed: Claimed, epoch: Epoch, draws: &Draws) -> bool {
        let randomness = PostRandomness::of_chain(Chain::beacon(epoch, draws));
        let challenge = PostChallenge { kind: PostKind::Winning, randomness, sector: claimed.sector };
        let holds = self.prove(prover, claimed.comm_r, &challenge).is_ok();
        self.kept.tally.winning += 1;
        self.kept.tally.failed += u64::from(!holds);
        holds
    }

    fn statement(&self, comm_r: Node) -> PostStatement {
        PostStatement { family: self.sealer.family(), size: self.sealer.size(), comm_r }
    }

    /// Answers a challenge and verifies the answer against the CommR on chain.
    fn prove(&self, prover: Prover, comm_r: Node, challenge: &PostChallenge) -> Result<(), Unproven> {
        let stored = self.stored(prover.miner, challenge.sector).ok_or(Unproven::Nothing)?;
        let source = self.source(prover, challenge.sector);
        let answer = stored.answer(&self.sealer, challenge, source)?;
        Ok(verify_post(&self.statement(comm_r), challenge, &answer)?)
    }
}

/// Randomness of a deadline whose challenge is that epoch's.
fn window_randomness(challenge: Epoch, draws: &Draws) -> PostRandomness {
    PostRandomness::of_chain(Chain::beacon(challenge, draws))
}
