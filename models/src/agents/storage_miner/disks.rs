//! Disks of a miner: what is on them, when they fail, and when what was on them is there again.
//!
//! Disks fail independently, each after a time drawn from an exponential law with the annual failure rate as its
//! hazard; a new disk takes its place at once, its own time drawn anew. Left out: correlated failures of sites, operators
//! and batches of disks, wear (a hazard that grows with age), and latent errors of single sectors.

use super::{OnLoss, Operator, OperatorConfig, Task, View, Wish};
use crate::filecoin::miner::sector::SectorNumber;
use crate::units::Epochs;
use serde::{Deserialize, Serialize};
use sim_core::dist;
use sim_core::draws::Domain;

const DISK: Domain = Domain::new("filecoin/operator/disk");
const REPAIR: Domain = Domain::new("filecoin/operator/repair");

/// One disk and its sectors.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Disk {
    /// How many came before it in its place.
    generation: u32,
    /// Sectors of it below this number were on a disk that failed and are not restored; 0 if there are none.
    pub(super) lost_below: u64,
}

impl Operator {
    pub(super) fn has_losses(&self) -> bool {
        self.disks.values().any(|disk| disk.lost_below > 0)
    }

    pub(super) fn is_lost(&self, number: SectorNumber, config: &OperatorConfig) -> bool {
        let disk = self.disks.get(&(number.0 / config.sectors_per_disk));
        disk.is_some_and(|disk| number.0 < disk.lost_below)
    }

    /// Sealed sectors on a disk.
    pub(super) fn on_disk(
        &self,
        disk: u64,
        config: &OperatorConfig,
    ) -> impl Iterator<Item = SectorNumber> + use<> {
        let first = disk * config.sectors_per_disk;
        (first..(first + config.sectors_per_disk).min(self.next_number)).map(SectorNumber)
    }

    /// A disk, new or in the place of one that failed; its end is put on the agenda.
    pub(super) fn install(&mut self, disk: u64, config: &OperatorConfig, view: &View<'_>) {
        if config.disk_failure_rate <= 0.0 || self.disks.contains_key(&disk) {
            self.disks.entry(disk).or_default();
            return;
        }
        self.disks.insert(disk, Disk::default());
        self.plan_failure(disk, 0, config, view);
    }

    fn plan_failure(&mut self, disk: u64, generation: u32, config: &OperatorConfig, view: &View<'_>) {
        let mut draw = view.draws.at(DISK, self.entity.member(disk), u64::from(generation));
        // A hazard h with 1 - exp(-h) = rate a year.
        let hazard = -sim_core::math::ln_1p(-config.disk_failure_rate);
        let years = -sim_core::math::ln(dist::open_unit(&mut draw)) / hazard;
        let epochs = years * Epochs::from_days(365).count() as f64;
        if epochs < 1e12 {
            self.plan(view.now + Epochs::new(epochs as i64 + 1), Task::DiskFails(disk));
        }
    }

    pub(super) fn disk_fails(
        &mut self,
        disk: u64,
        config: &OperatorConfig,
        view: &View<'_>,
        wishes: &mut Vec<Wish>,
    ) {
        let state = self.disks.get_mut(&disk).expect("only installed disks fail");
        state.generation += 1;
        let generation = state.generation;
        let is_waiting = state.lost_below > 0;
        state.lost_below = self.next_number;
        self.plan_failure(disk, generation, config, view);
        wishes.push(Wish::Lose(self.on_disk(disk, config).collect()));
        if is_waiting {
            // What is under way for its last failure restores this one too.
            return;
        }
        if let Some(law) = config.repair {
            let mut draw = view.draws.at(REPAIR, self.entity.member(disk), u64::from(generation));
            let span = law.sample(&mut draw);
            let epochs = (span.as_nanos() / Epochs::ONE.span().as_nanos()) as i64;
            self.plan(view.now + Epochs::new(epochs + 1), Task::Restore(disk));
        }
        if config.on_loss == OnLoss::Declare {
            self.plan_declarations(disk, config, view);
        }
    }

    pub(super) fn restore(
        &mut self,
        disk: u64,
        config: &OperatorConfig,
        view: &View<'_>,
        wishes: &mut Vec<Wish>,
    ) {
        self.disks.get_mut(&disk).expect("only installed disks are restored").lost_below = 0;
        wishes.push(Wish::Restore(self.on_disk(disk, config).collect()));
        if config.conduct.discards() {
            wishes.push(Wish::Discard(self.on_disk(disk, config).collect()));
        }
        self.plan_declarations(disk, config, view);
    }

    /// Whether the bytes of a sector are there.
    pub fn has(&self, number: SectorNumber, config: &OperatorConfig) -> bool {
        number.0 < self.next_number && !self.is_lost(number, config)
    }
}
