//! What a sector holds when it is proven: its deals and their claims together, or pieces that no deal stands for.
//!
//! Two ways lead into a sector. With deals (before network version 22 the only one), the market activates them and their
//! allocations are claimed. Directly (FIP-0076), the miner lists the pieces of every sector, each with the allocation
//! that it claims and the deal whose market is told of it, if any. A piece without an allocation counts once.
//!
//! Source: builtin-actors, actors/miner/src/lib.rs (activate_sectors_deals, activate_sectors_pieces,
//! notify_data_consumers). A message is carried out as a whole or not at all, as `require_activation_success` and
//! `require_notification_success` ask; the choice to carry out the good half is left out, as in the miner's commit.

use super::activate::{ActivationFault, NotifiedPiece, SectorDeals};
use super::verified::{AllocationClaim, AllocationId, ClaimFault, SectorClaims, VerifiedRegistry};
use super::{DealId, StorageMarket};
use crate::filecoin::miner::sector::Contents;
use crate::filecoin::piece::cid::PieceCid;
use crate::filecoin::piece::size::PieceHeight;
use crate::filecoin::policy::Policy;
use crate::filecoin::proofs::identity::SectorNumber;
use crate::ids::{ClientId, MinerId};
use crate::units::Epoch;
use std::collections::BTreeSet;

/// A piece of a sector, onboarded directly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PieceManifest {
    /// The piece.
    pub piece: PieceCid,
    /// Its padded size in nominal bytes.
    pub size: u64,
    /// The allocation that it claims.
    pub allocation: Option<(ClientId, AllocationId)>,
    /// The deal whose market is told of it.
    pub deal: Option<DealId>,
}

/// The pieces of a sector, onboarded directly.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SectorManifest {
    /// Its number.
    pub sector: SectorNumber,
    /// Until when it is committed.
    pub expiration: Epoch,
    /// Its pieces.
    pub pieces: Vec<PieceManifest>,
}

/// Why a sector is not proven with what it should hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OnboardRefusal {
    /// A deal does not come in.
    #[error(transparent)]
    Deal(#[from] ActivationFault),
    /// An allocation is not claimed.
    #[error(transparent)]
    Claim(#[from] ClaimFault),
    /// The rules of the time know no pieces without a deal.
    #[error("pieces without a market deal came with network version 22 (FIP-0076)")]
    NoSuchMessage,
    /// A piece has a size that no piece has.
    #[error("a piece of {0} padded bytes, expected a power of two from 128")]
    Size(u64),
}

/// Sectors whose deals and claims were checked, before anything has changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Onboarding {
    sectors: Vec<CheckedSector>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct CheckedSector {
    claims: SectorClaims,
    plain: u64,
    deals: Vec<DealId>,
}

impl Onboarding {
    /// What each sector will hold.
    pub fn contents(&self) -> impl Iterator<Item = (SectorNumber, Contents)> + '_ {
        self.sectors.iter().map(|checked| {
            let verified = checked.claims.claims.iter().map(|claim| claim.size).sum();
            (checked.claims.sector, Contents { plain: checked.plain, verified })
        })
    }

    /// Carries it out: in the same epoch, with nothing between the check and this.
    pub fn apply(
        &self,
        market: &mut StorageMarket,
        registry: &mut VerifiedRegistry,
        provider: MinerId,
        now: Epoch,
    ) -> Vec<Contents> {
        let mut contents = Vec::with_capacity(self.sectors.len());
        for CheckedSector { claims, plain, deals } in &self.sectors {
            market.place(provider, claims.sector, deals.iter().copied(), now);
            contents.push(Contents { plain: *plain, verified: registry.make_claims(provider, claims, now) });
        }
        contents
    }
}

/// Proves sectors with deals: every deal comes in and every verified one is claimed, or nothing happens. What each
/// sector holds.
///
/// # Errors
/// The first deal or claim that does not hold.
pub fn with_deals(
    market: &mut StorageMarket,
    registry: &mut VerifiedRegistry,
    provider: MinerId,
    sectors: &[SectorDeals],
    now: Epoch,
) -> Result<Vec<Contents>, OnboardRefusal> {
    let checked = check_with_deals(market, registry, provider, sectors, now)?;
    Ok(checked.apply(market, registry, provider, now))
}

/// The check of [`with_deals`] alone.
///
/// # Errors
/// As there.
pub fn check_with_deals(
    market: &StorageMarket,
    registry: &VerifiedRegistry,
    provider: MinerId,
    sectors: &[SectorDeals],
    now: Epoch,
) -> Result<Onboarding, OnboardRefusal> {
    let (mut deals, mut allocations) = (BTreeSet::new(), BTreeSet::new());
    let mut checked = Vec::with_capacity(sectors.len());
    for wanted in sectors {
        let activated = market.check_sector(provider, wanted, &mut deals, now)?;
        let claim = |deal: &super::activate::ActivatedDeal| {
            let (client, piece, size) = (deal.client, deal.piece, deal.size);
            deal.allocation.map(|id| AllocationClaim { client, id, piece, size })
        };
        let claims = activated.iter().filter_map(claim).collect();
        let claims = SectorClaims { sector: wanted.sector, expiration: wanted.expiration, claims };
        registry.check_claims(provider, &claims, &mut allocations, now)?;
        let plain = activated.iter().filter(|deal| deal.allocation.is_none()).map(|deal| deal.size).sum();
        checked.push(CheckedSector { claims, plain, deals: wanted.deals.clone() });
    }
    Ok(Onboarding { sectors: checked })
}

/// Proves sectors with the pieces that their miner lists: every allocation named is claimed and every deal named comes
/// in, or nothing happens. What each sector holds.
///
/// # Errors
/// The first piece that does not hold.
pub fn directly(
    market: &mut StorageMarket,
    registry: &mut VerifiedRegistry,
    provider: MinerId,
    sectors: (&[SectorManifest], u64),
    policy: &Policy,
    now: Epoch,
) -> Result<Vec<Contents>, OnboardRefusal> {
    let checked = check_directly(market, registry, provider, sectors, policy, now)?;
    Ok(checked.apply(market, registry, provider, now))
}

/// The check of [`directly`] alone.
///
/// # Errors
/// As there.
pub fn check_directly(
    market: &StorageMarket,
    registry: &VerifiedRegistry,
    provider: MinerId,
    (sectors, sector_size): (&[SectorManifest], u64),
    policy: &Policy,
    now: Epoch,
) -> Result<Onboarding, OnboardRefusal> {
    if !policy.direct_onboarding {
        return Err(OnboardRefusal::NoSuchMessage);
    }
    let (mut deals, mut allocations) = (BTreeSet::new(), BTreeSet::new());
    let mut checked = Vec::with_capacity(sectors.len());
    for manifest in sectors {
        check_sizes(manifest, sector_size)?;
        let claims = claims_of(manifest);
        registry.check_claims(provider, &claims, &mut allocations, now)?;
        check_notices(market, provider, manifest, &mut deals, now)?;
        let plain = manifest.pieces.iter().filter(|piece| piece.allocation.is_none());
        let plain = plain.map(|piece| piece.size).sum();
        let deals = manifest.pieces.iter().filter_map(|piece| piece.deal).collect();
        checked.push(CheckedSector { claims, plain, deals });
    }
    Ok(Onboarding { sectors: checked })
}

fn claims_of(manifest: &SectorManifest) -> SectorClaims {
    let claim = |piece: &PieceManifest| {
        let (piece_cid, size) = (piece.piece, piece.size);
        piece.allocation.map(|(client, id)| AllocationClaim { client, id, piece: piece_cid, size })
    };
    let claims = manifest.pieces.iter().filter_map(claim).collect();
    SectorClaims { sector: manifest.sector, expiration: manifest.expiration, claims }
}

/// The sizes as the computation of CommD takes them.
fn check_sizes(manifest: &SectorManifest, sector_size: u64) -> Result<(), OnboardRefusal> {
    let mut found = 0;
    for piece in &manifest.pieces {
        let height = PieceHeight::of_padded(piece.size).filter(|height| *height >= PieceHeight::MIN);
        height.ok_or(OnboardRefusal::Size(piece.size))?;
        found += u128::from(piece.size);
    }
    if found > u128::from(sector_size) {
        return Err(ActivationFault::TooLarge { found, size: sector_size }.into());
    }
    Ok(())
}

/// Whether the market would take every piece that it is told of.
fn check_notices(
    market: &StorageMarket,
    provider: MinerId,
    manifest: &SectorManifest,
    taken: &mut BTreeSet<DealId>,
    now: Epoch,
) -> Result<(), OnboardRefusal> {
    for piece in &manifest.pieces {
        let Some(deal) = piece.deal else { continue };
        if !taken.insert(deal) {
            return Err(ActivationFault::Twice(deal).into());
        }
        let notice = NotifiedPiece { piece: piece.piece, size: piece.size, deal };
        market.check_notice(provider, manifest.expiration, &notice, now)?;
    }
    Ok(())
}
