//! What miners prove: answers come out of the vault, the operator says what is sent, and the chain what it thinks of it.

use super::filecoin::{FilecoinWorld, view};
use crate::agents::conduct::{Conduct, Keeps};
use crate::agents::storage_miner::{OnLoss, Wish};
use crate::config::FilecoinConfig;
use crate::filecoin::miner::holdings::{Holdings, PartitionProof};
use crate::filecoin::miner::sector::{Contents, Sector, SectorNumber};
use crate::filecoin::miner::{Checked, PreCommitInfo, Refusal};
use crate::filecoin::vault::{Claimed, Prover};
use crate::ids::MinerId;
use crate::provenance::Came;
use crate::units::{Epoch, Epochs};
use sim_core::draws::Draws;

impl FilecoinWorld {
    pub(super) fn porep(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        sector: SectorNumber,
        draws: &Draws,
    ) -> Checked {
        let precommit = self.chain.miner(id).precommits().find(|precommit| precommit.info.number == sector);
        let Some(precommit) = precommit.copied() else { return Checked(false) };
        let challenge = precommit.at + config.chain.policy.precommit_challenge_delay;
        let claimed = Claimed { sector, comm_r: precommit.info.comm_r };
        let (prover, ticket) = (self.prover(config, id), precommit.info.ticket);
        Checked(self.vault.porep(prover, claimed, ticket, Some(challenge), draws))
    }

    pub(super) fn conduct<'a>(&self, config: &'a FilecoinConfig, id: MinerId) -> &'a Conduct {
        &self.operator_config(config, id).conduct
    }

    /// A miner, and whom it asks for what it has not kept.
    pub(super) fn prover(&self, config: &FilecoinConfig, id: MinerId) -> Prover {
        let source = self.conduct(config, id).source.map(|group| {
            let first = |group: usize| config.groups[..group].iter().map(|group| group.count).sum::<u32>();
            let member = id.0 - first(self.miners[id.index()].group);
            MinerId(first(group) + member % config.groups[group].count)
        });
        Prover { miner: id, source }
    }

    /// What is pre-committed with the CommR of the bytes that the miner has; one that borrows takes what is there now.
    pub(super) fn with_comm_r(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        info: PreCommitInfo,
        draws: &Draws,
    ) -> PreCommitInfo {
        if self.conduct(config, id).keeps == Keeps::Borrowed {
            self.vault.borrow(self.prover(config, id), info.number, info.ticket, draws);
        }
        PreCommitInfo { comm_r: self.vault.comm_r(id, info.number), ..info }
    }

    pub(super) fn discard(&mut self, config: &FilecoinConfig, id: MinerId, sectors: &[SectorNumber]) {
        let conduct = self.conduct(config, id);
        if let Some(deletion) = &conduct.deletes {
            self.vault.delete(id, sectors, deletion);
        }
        match conduct.keeps {
            Keeps::Replica => {}
            Keeps::Data => self.vault.keep_recipes(id, sectors),
            Keeps::Nothing | Keeps::Borrowed => self.vault.keep_roots(id, sectors),
        }
        let part = matches!(conduct.keeps, Keeps::Replica);
        self.data_discarded(config, id, sectors, part);
    }

    /// Fills a sector and proves it; the miner keeps the old replica unless the chain takes the new one.
    pub(super) fn fill(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        sector: SectorNumber,
        contents: Contents,
    ) -> Result<(), Refusal> {
        let filled = self.vault.fill(id, sector).ok_or(Refusal::BadProof)?;
        let before = claimed(self.chain.miner(id).holdings(), sector);
        let holds = Checked(self.vault.verify_fill(&filled, before.comm_r));
        self.pay_gas(config, id, config.gas.prove_commit, 1);
        let comm_r = filled.comm_r();
        self.with_funds(id, |chain| {
            chain.update_replica(&config.chain, id, sector, contents, comm_r, holds)
        })?;
        self.vault.keep_filled(id, filled);
        self.data_came(config, id, &[sector], |until| Came::Filled { until });
        Ok(())
    }

    /// Answers for the sectors of a deadline, and sends what the operator makes of it. Which message that was, if any.
    pub(super) fn prove(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        index: u16,
        proofs: Vec<PartitionProof>,
        draws: &Draws,
    ) -> (Wish, Result<(), Refusal>) {
        let open = self.chain.miner(id).holdings().calendar().current(self.chain.now());
        let conduct = self.conduct(config, id);
        let takes = conduct.answer_epochs(config.proofs.family, config.chain.sector_size);
        // An answer that takes a day comes while the next instance is open, whose challenge is another.
        if open.index != index || self.chain.now() < open.challenge + Epochs::ONE + takes {
            return self.prove_late(config, id, index, proofs);
        }
        let mut failing = Vec::new();
        let asked = asked(self.chain.miner(id).holdings(), index, &proofs);
        let prover = self.prover(config, id);
        self.vault.window_post(prover, asked.into_iter(), open.challenge, draws, &mut failing);
        let mut holds = true;
        let plans = self.operator_config(config, id);
        if plans.on_loss == OnLoss::Lie {
            holds = failing.iter().all(|&claimed| self.vault.guess(id, claimed, open.challenge, draws));
        }
        let failing: Vec<SectorNumber> = failing.into_iter().map(|claimed| claimed.sector).collect();
        let view = view(&self.chain, config, id, draws);
        let proofs = self.miners[id.index()].operator.revise(index, proofs, &failing, plans, &view);
        let mut answer = Ok(());
        if !proofs.is_empty() {
            self.pay_gas(config, id, config.gas.window_post, proofs.len());
            answer = self.chain.submit_window_post(&config.chain, id, index, &proofs, Checked(holds));
        }
        (Wish::WindowPost(index, proofs), answer)
    }

    /// The answers are there when the deadline is over: the chain does not look at them any more.
    fn prove_late(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        index: u16,
        proofs: Vec<PartitionProof>,
    ) -> (Wish, Result<(), Refusal>) {
        let holdings = self.chain.miner(id).holdings();
        // The first time they were just found missing, and are faulty by now.
        let live = |proof: &PartitionProof| {
            let partition = holdings.deadline(index)?.partitions.get(proof.partition as usize)?;
            Some(partition.sectors.iter().filter(|number| holdings.live(**number).is_ok()).count())
        };
        let sectors: usize = proofs.iter().filter_map(live).sum();
        self.vault.came_late(id, sectors as u64);
        self.pay_gas(config, id, config.gas.window_post, proofs.len());
        let open = self.chain.miner(id).holdings().calendar().current(self.chain.now());
        // The chain refuses it for its challenge, which is older than the one of the open instance.
        let answer = match open.index == index {
            true => Err(Refusal::Deadline(index)),
            false => self.chain.submit_window_post(&config.chain, id, index, &proofs, Checked(false)),
        };
        (Wish::WindowPost(index, proofs), answer)
    }

    /// Whether a miner proves one of its sectors before the epoch in which it won is over.
    pub(super) fn can_prove_win(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        now: Epoch,
        draws: &Draws,
    ) -> bool {
        let conduct = self.conduct(config, id);
        if conduct.answer_time(config.proofs.family, config.chain.sector_size) >= Epochs::ONE.span() {
            return false;
        }
        let holdings = self.chain.miner(id).holdings();
        let active = holdings.active();
        if active == 0 {
            return false;
        }
        let place = self.vault.winning_place(id, now, active, draws);
        let sector = holdings.active_at(place).expect("the place is below the number of active sectors");
        let claimed = claimed(holdings, sector);
        self.vault.winning_post(self.prover(config, id), claimed, now, draws)
    }
}

/// A sector as the chain has it.
fn claimed(holdings: &Holdings, sector: SectorNumber) -> Claimed {
    let comm_r = holdings.sector(sector).expect("a sector of the miner").comm_r;
    Claimed { sector, comm_r }
}

/// The sectors that proofs are of.
fn asked(holdings: &Holdings, index: u16, proofs: &[PartitionProof]) -> Vec<Claimed> {
    let partitions = holdings.deadline(index).map_or(&[][..], |state| &state.partitions);
    let mut asked = Vec::new();
    for proof in proofs {
        let sectors = partitions.get(proof.partition as usize).map_or(&[][..], |part| &part.sectors);
        let sectors = sectors.iter().filter_map(|number| holdings.sector(*number));
        let is_asked =
            |sector: &&Sector| sector.standing.is_provable() && !proof.skipped.contains(&sector.number);
        let of = |sector: &Sector| Claimed { sector: sector.number, comm_r: sector.comm_r };
        asked.extend(sectors.filter(is_asked).map(of));
    }
    asked
}
