//! What an operator makes of what it finds out: proofs that cannot be made as they were meant, capacity to be filled.

use super::{OnLoss, Operator, OperatorConfig, Task, View, Wish};
use crate::filecoin::miner::holdings::PartitionProof;
use crate::filecoin::miner::sector::{Contents, SectorNumber, Standing};

impl Operator {
    /// What it sends when it finds, proving, that it cannot prove some sectors: a proof without them, none for their
    /// partitions, or one that does not hold. It will say that they can be proven again, and try again.
    ///
    /// A partition in which nothing is left to prove is left out, as lotus does: missing it costs less.
    pub fn revise(
        &mut self,
        deadline: u16,
        proofs: Vec<PartitionProof>,
        failing: &[SectorNumber],
        config: &OperatorConfig,
        view: &View<'_>,
    ) -> Vec<PartitionProof> {
        let holdings = view.miner.holdings();
        let Some(state) = holdings.deadline(deadline) else { return proofs };
        if !failing.is_empty() {
            self.plan_declaration(deadline, holdings.calendar().current(view.now).close, view);
        }
        let revised = |mut proof: PartitionProof| {
            let partition = state.partitions.get(proof.partition as usize)?;
            let is_here = |number: &SectorNumber| partition.sectors.binary_search(number).is_ok();
            let own: Vec<SectorNumber> = failing.iter().copied().filter(is_here).collect();
            match config.on_loss {
                OnLoss::Declare | OnLoss::Skip => proof.skipped.extend(own),
                OnLoss::Ignore if !own.is_empty() => return None,
                OnLoss::Ignore | OnLoss::Lie => {}
            }
            let is_proven = |number: &SectorNumber| {
                let sector = holdings.sector(*number);
                sector.is_some_and(|sector| sector.standing.is_provable()) && !proof.skipped.contains(number)
            };
            partition.sectors.iter().any(is_proven).then_some(proof)
        };
        proofs.into_iter().filter_map(revised).collect()
    }

    /// Fills committed capacity as soon as it is proven and its deadline is neither open nor next.
    pub(super) fn fill(&mut self, number: SectorNumber, view: &View<'_>, wishes: &mut Vec<Wish>) {
        let holdings = view.miner.holdings();
        let Ok(sector) = holdings.live(number) else { return };
        let next = holdings.calendar().next(sector.deadline, view.now);
        if sector.standing != Standing::Active || !holdings.calendar().is_mutable(sector.deadline, view.now) {
            self.plan(next.close, Task::Fill(number.0));
        } else if sector.contents.is_capacity() {
            wishes.push(Wish::Fill(number, Contents { plain: 0, verified: view.sector_size }));
        }
    }
}
