//! What data miners have in their sectors: told to the archive at the instant at which a sector is proven, filled, lost or
//! over.
//!
//! Data that comes without a client is named after its miner and sector, `farm/0/7`: there is one copy of it. Sectors of
//! committed capacity hold zeros, which nobody loses. Sectors that were packed with pieces of clients are not on record
//! here: their clients may have copies of their own, and what became of each piece is in the tables `deals` and `files`.

use super::World;
use super::check::Part;
use super::filecoin::{FilecoinWorld, epoch_end};
use crate::config::FilecoinConfig;
use crate::filecoin::miner::DeadlineEnd;
use crate::filecoin::miner::sector::SectorNumber;
use crate::ids::MinerId;
use crate::provenance::archive::Datum;
use crate::provenance::{Came, Went};
use crate::units::Epoch;
use sim_core::time::SimTime;

impl FilecoinWorld {
    fn began(&self, config: &FilecoinConfig) -> SimTime {
        instant(config, self.chain.now())
    }

    /// Sectors were proven: what they hold of data is in them, if the miner has it.
    pub(super) fn data_came(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        sectors: &[SectorNumber],
        why: fn(SimTime) -> Came,
    ) {
        let at = self.began(config);
        for &number in sectors {
            let Some(sector) = self.chain.miner(id).holdings().sector(number) else { continue };
            let has_pieces = !self.vault.pieces(id, number).is_empty();
            if sector.contents.is_capacity() || has_pieces || !self.vault.holds(id, number) {
                continue;
            }
            let miner = &self.miners[id.index()];
            let data = self.archive.add(Datum {
                name: format!("{}/{}", miner.name, number.0),
                group: config.groups[miner.group].name.clone(),
                bytes: (sector.contents.plain + sector.contents.verified) * u64::from(config.chain.weight),
            });
            let until = instant(config, sector.expiration);
            self.archive.stored(data, (id, number.0), why(until), at);
        }
    }

    /// A disk failed.
    pub(super) fn data_lost(&mut self, config: &FilecoinConfig, id: MinerId, sectors: &[SectorNumber]) {
        let at = self.began(config);
        let is_restored = self.operator_config(config, id).repair.is_some();
        for sector in sectors {
            match is_restored {
                true => self.archive.bytes_gone(id, sector.0, at),
                false => self.archive.sector_gone(id, sector.0, Went::DiskLost, at),
            }
        }
    }

    /// What a disk had lost is there again.
    pub(super) fn data_restored(&mut self, id: MinerId, sectors: &[SectorNumber]) {
        for sector in sectors {
            self.archive.bytes_back(id, sector.0);
        }
    }

    /// A miner threw away what it does not keep: all of a sector, or a part.
    pub(super) fn data_discarded(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        sectors: &[SectorNumber],
        part: bool,
    ) {
        let at = self.began(config);
        for &sector in sectors {
            if !self.vault.holds(id, sector) && self.archive.waits_since(id, sector.0).is_none() {
                self.archive.sector_gone(id, sector.0, Went::Discarded { part }, at);
            }
        }
    }

    /// Sectors were over at the end of an epoch.
    pub(super) fn data_ended(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        end: &DeadlineEnd,
        epoch: Epoch,
    ) {
        let at = epoch_end(instant(config, epoch));
        for sector in &end.expired {
            let bytes_gone = self.archive.waits_since(id, sector.0);
            self.archive.sector_gone(id, sector.0, Went::Expired { bytes_gone }, at);
        }
        for sector in &end.too_long {
            let bytes_gone = self.archive.waits_since(id, sector.0);
            // A fault lasts as long from the end of the deadline at which it began.
            let since = epoch_end(instant(config, epoch - config.chain.policy.fault_max_age));
            self.archive.sector_gone(id, sector.0, Went::FaultyTooLong { since, bytes_gone }, at);
        }
    }

    /// A miner ended sectors before their time.
    pub(super) fn data_terminated(&mut self, config: &FilecoinConfig, id: MinerId, sectors: &[SectorNumber]) {
        let at = self.began(config);
        for sector in sectors {
            self.archive.sector_gone(id, sector.0, Went::Terminated, at);
        }
    }

    /// A miner's data is in live sectors whose bytes it has or waits for, and whatever it has of data is on record.
    fn check_data(&self, id: MinerId, broken: &mut Vec<String>) {
        let name = &self.miners[id.index()].name;
        let holdings = self.chain.miner(id).holdings();
        for number in self.archive.sectors_of(id).map(SectorNumber) {
            if holdings.live(number).is_err() {
                broken.push(format!("{name}: data in sector {}, which is over", number.0));
            }
            if !self.vault.holds(id, number) && self.archive.waits_since(id, number.0).is_none() {
                broken.push(format!("{name}: data in sector {}, whose bytes are gone", number.0));
            }
        }
        for sector in holdings.sectors().filter(|sector| sector.standing.is_live()) {
            let has_pieces = !self.vault.pieces(id, sector.number).is_empty();
            let has_data =
                !sector.contents.is_capacity() && !has_pieces && self.vault.holds(id, sector.number);
            if has_data && self.archive.in_sector(id, sector.number.0).is_empty() {
                broken.push(format!("{name}: data of sector {} is not on record", sector.number.0));
            }
        }
    }
}

impl World {
    /// The record of data in sectors = what chain and vault have.
    pub(super) fn check_archive(&self, part: Part, broken: &mut Vec<String>) {
        let Some(filecoin) = &self.filecoin else { return };
        for place in part.places(filecoin.miners.len()) {
            filecoin.check_data(MinerId(place as u32), broken);
        }
    }
}

/// The instant at which an epoch begins.
fn instant(config: &FilecoinConfig, epoch: Epoch) -> SimTime {
    epoch.begins(config.chain.start.epoch)
}
