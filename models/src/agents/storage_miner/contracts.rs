//! Sectors that are sealed because somebody pays for what is in them.

use super::{Operator, OperatorConfig, Task, View, Wish};
use crate::filecoin::miner::sector::{Contents, SectorNumber};
use crate::units::{Epoch, Power};
use serde::{Deserialize, Serialize};

/// What a sector that is sealed for deals has to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Contract {
    /// The end of the last of its deals.
    pub until: Epoch,
    /// What is in it.
    pub contents: Contents,
}

impl Contract {
    /// Until when the sector is committed: to the end of its deals, and as long as any sector must live at least.
    pub(super) fn expiration(&self, view: &View<'_>) -> Epoch {
        let least = view.now + view.policy.max_prove_commit_duration + view.policy.min_sector_lifetime;
        self.until.max(least)
    }
}

impl Operator {
    /// Makes it create its actor though it has no plan of its own.
    pub fn open_for_deals(&mut self, config: &OperatorConfig, first: Epoch) {
        if config.sectors == 0 {
            self.plan(first + crate::units::Epochs::ONE, Task::Seal);
        }
    }

    /// Whether it has the actor that the rules ask for.
    pub fn may_seal(&self, view: &View<'_>) -> bool {
        self.is_created || view.policy.create_miner_deposit_power == Power::ZERO
    }

    /// The number of the next sector that it seals.
    pub fn next_sector(&self) -> SectorNumber {
        SectorNumber(self.next_number)
    }

    /// Seals [`Operator::next_sector`] for deals.
    pub fn seal_for(
        &mut self,
        contract: Contract,
        config: &OperatorConfig,
        view: &View<'_>,
        wishes: &mut Vec<Wish>,
    ) {
        self.contracts.insert(self.next_number, contract);
        self.seal_next(1, config, view, wishes);
    }

    /// It seals nothing more but what is under way.
    pub fn stop(&mut self) {
        self.planned = u64::MAX;
    }

    /// Nothing is left of what a sector was to be sealed for.
    pub fn abandon(&mut self, sector: SectorNumber) {
        self.batches.remove(&sector.0);
        self.contracts.remove(&sector.0);
    }

    /// Whether something is being sealed or committed.
    pub fn is_sealing(&self) -> bool {
        !self.batches.is_empty()
    }

    /// Whether the bytes of sectors that it loses are gone for good.
    pub fn never_repairs(config: &OperatorConfig) -> bool {
        config.repair.is_none()
    }
}
