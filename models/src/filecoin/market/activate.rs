//! Deals come into a sector: with its proof, or with the notice that one of its pieces is the deal's.
//!
//! A deal may come in until its start, into a sector of its provider that outlives it. With the proof of a sector, one
//! deal that may not come in keeps all deals of that sector out. A notice (FIP-0076) is answered piece by piece.
//!
//! Source: builtin-actors, actors/market/src/lib.rs (verify_deals_for_activation, batch_activate_deals,
//! sector_content_changed).

use super::verified::AllocationId;
use super::{DealId, DealProposal, Place, StorageMarket};
use crate::filecoin::piece::cid::PieceCid;
use crate::filecoin::proofs::identity::SectorNumber;
use crate::ids::{ClientId, MinerId};
use crate::units::Epoch;
use std::collections::BTreeSet;

/// A sector with the deals that are to be in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SectorDeals {
    /// Its number.
    pub sector: SectorNumber,
    /// Until when it is committed.
    pub expiration: Epoch,
    /// The deals.
    pub deals: Vec<DealId>,
}

/// A deal that came into a sector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActivatedDeal {
    /// The deal.
    pub id: DealId,
    /// Its client.
    pub client: ClientId,
    /// The allocation that is to be claimed for it.
    pub allocation: Option<AllocationId>,
    /// Its piece.
    pub piece: PieceCid,
    /// The padded size of it.
    pub size: u64,
}

/// A piece that came into a sector, as the market is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotifiedPiece {
    /// The piece.
    pub piece: PieceCid,
    /// Its padded size.
    pub size: u64,
    /// The deal that it is said to be of.
    pub deal: DealId,
}

/// Why a deal does not come into a sector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ActivationFault {
    /// There is no such deal, or not any more.
    #[error("no deal {}", .0.0)]
    NoDeal(DealId),
    /// The deal stands twice in the message.
    #[error("deal {} is named twice", .0.0)]
    Twice(DealId),
    /// It has another provider.
    #[error("deal {} has another provider", .0.0)]
    OtherProvider(DealId),
    /// Its start has passed.
    #[error("deal {} had to be in a sector by epoch {by}", .deal.0)]
    TooLate {
        /// The deal.
        deal: DealId,
        /// Its start.
        by: Epoch,
    },
    /// The sector ends before it.
    #[error("deal {} ends at {end}, after its sector", .deal.0)]
    OutlivesSector {
        /// The deal.
        deal: DealId,
        /// Its end.
        end: Epoch,
    },
    /// It is in a sector already.
    #[error("deal {} is active", .0.0)]
    Active(DealId),
    /// The piece is not that of the deal.
    #[error("deal {} is about another piece", .0.0)]
    OtherPiece(DealId),
    /// The pieces are larger than the sector.
    #[error("{found} bytes of deals in a sector of {size}")]
    TooLarge {
        /// Sum of the sizes.
        found: u128,
        /// Size of the sector.
        size: u64,
    },
}

impl StorageMarket {
    /// Whether deals could be in one sector: what a pre-commitment asks. The size of a sector counts here only.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn verify_for_activation(
        &self,
        provider: MinerId,
        wanted: &SectorDeals,
        sector_size: u64,
        now: Epoch,
    ) -> Result<(), ActivationFault> {
        let mut seen = BTreeSet::new();
        let mut found = 0;
        for &id in &wanted.deals {
            if !seen.insert(id) {
                return Err(ActivationFault::Twice(id));
            }
            let proposal = self.fits(id, provider, wanted.expiration, now)?;
            found += u128::from(proposal.size);
        }
        if found > u128::from(sector_size) {
            return Err(ActivationFault::TooLarge { found, size: sector_size });
        }
        Ok(())
    }

    /// The proposal of a deal, if it may be in a sector of that provider that lasts so long.
    fn fits(
        &self,
        id: DealId,
        provider: MinerId,
        expiration: Epoch,
        now: Epoch,
    ) -> Result<&DealProposal, ActivationFault> {
        let proposal = &self.deals.get(&id).ok_or(ActivationFault::NoDeal(id))?.proposal;
        if proposal.provider != provider {
            return Err(ActivationFault::OtherProvider(id));
        }
        if now > proposal.start {
            return Err(ActivationFault::TooLate { deal: id, by: proposal.start });
        }
        if proposal.end > expiration {
            return Err(ActivationFault::OutlivesSector { deal: id, end: proposal.end });
        }
        Ok(proposal)
    }

    /// The same, and it is not in a sector yet.
    fn may_activate(
        &self,
        id: DealId,
        provider: MinerId,
        expiration: Epoch,
        now: Epoch,
    ) -> Result<&DealProposal, ActivationFault> {
        let proposal = self.fits(id, provider, expiration, now)?;
        let is_active = self.deals[&id].place.is_some();
        if is_active { Err(ActivationFault::Active(id)) } else { Ok(proposal) }
    }

    /// The deals of a sector as they would come in; `taken` are those of sectors before it in the message.
    pub(super) fn check_sector(
        &self,
        provider: MinerId,
        wanted: &SectorDeals,
        taken: &mut BTreeSet<DealId>,
        now: Epoch,
    ) -> Result<Vec<ActivatedDeal>, ActivationFault> {
        let mut own = BTreeSet::new();
        let mut activated = Vec::with_capacity(wanted.deals.len());
        for &id in &wanted.deals {
            if taken.contains(&id) || !own.insert(id) {
                return Err(ActivationFault::Twice(id));
            }
            let proposal = self.may_activate(id, provider, wanted.expiration, now)?;
            let allocation = self.deals[&id].allocation;
            let (client, piece, size) = (proposal.client, proposal.piece, proposal.size);
            activated.push(ActivatedDeal { id, client, allocation, piece, size });
        }
        taken.append(&mut own);
        Ok(activated)
    }

    /// Deals come into proven sectors, each sector for itself.
    pub fn activate(
        &mut self,
        provider: MinerId,
        sectors: &[SectorDeals],
        now: Epoch,
    ) -> Vec<Result<Vec<ActivatedDeal>, ActivationFault>> {
        let mut taken = BTreeSet::new();
        let checked: Vec<_> =
            sectors.iter().map(|wanted| self.check_sector(provider, wanted, &mut taken, now)).collect();
        for (wanted, activated) in sectors.iter().zip(&checked) {
            if let Ok(activated) = activated {
                self.place(provider, wanted.sector, activated.iter().map(|deal| deal.id), now);
            }
        }
        checked
    }

    /// The market is told of pieces that came into a sector, and answers which it takes as deals. A claim for a verified
    /// deal is then the miner's own matter: its manifest names the allocation.
    pub fn content_changed(
        &mut self,
        provider: MinerId,
        sector: SectorNumber,
        expiration: Epoch,
        pieces: &[NotifiedPiece],
        now: Epoch,
    ) -> Vec<Result<(), ActivationFault>> {
        let mut answers = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let answer = self.check_notice(provider, expiration, piece, now);
            if answer.is_ok() {
                self.place(provider, sector, std::iter::once(piece.deal), now);
            }
            answers.push(answer);
        }
        answers
    }

    /// Whether the market would take a piece as that of the deal it is said to be of.
    pub(super) fn check_notice(
        &self,
        provider: MinerId,
        expiration: Epoch,
        piece: &NotifiedPiece,
        now: Epoch,
    ) -> Result<(), ActivationFault> {
        let proposal = self.may_activate(piece.deal, provider, expiration, now)?;
        let is_same = (proposal.piece, proposal.size) == (piece.piece, piece.size);
        if is_same { Ok(()) } else { Err(ActivationFault::OtherPiece(piece.deal)) }
    }

    /// Puts checked deals into a sector.
    pub(super) fn place(
        &mut self,
        provider: MinerId,
        sector: SectorNumber,
        ids: impl Iterator<Item = DealId>,
        now: Epoch,
    ) {
        for id in ids {
            let deal = self.deals.get_mut(&id).expect("a checked deal");
            deal.place = Some(Place { sector, since: now, settled: None });
            deal.allocation = None;
            let deals = self.by_sector.entry((provider, sector)).or_default();
            let at = deals.partition_point(|other| *other < id);
            deals.insert(at, id);
        }
    }
}
