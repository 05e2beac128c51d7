//! Allocations become claims when a sector with their pieces is proven.
//!
//! Source: builtin-actors, actors/verifreg/src/lib.rs (claim_allocations, can_claim_alloc). One claim that does not hold
//! keeps all claims of its sector out. The data cap is burnt.

use super::{AllocationId, Claim, VerifiedRegistry};
use crate::filecoin::piece::cid::PieceCid;
use crate::filecoin::proofs::identity::SectorNumber;
use crate::ids::{ClientId, MinerId};
use crate::units::{Epoch, Epochs};
use std::collections::BTreeSet;

/// A piece in a sector with the allocation that it claims.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AllocationClaim {
    /// Whose allocation.
    pub client: ClientId,
    /// Which one.
    pub id: AllocationId,
    /// The piece.
    pub piece: PieceCid,
    /// Its padded size.
    pub size: u64,
}

/// What a sector claims.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SectorClaims {
    /// Its number.
    pub sector: SectorNumber,
    /// Until when it is committed.
    pub expiration: Epoch,
    /// Its claims.
    pub claims: Vec<AllocationClaim>,
}

/// Why an allocation is not claimed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ClaimFault {
    /// The client has no such allocation, or not any more.
    #[error("no allocation {}", .0.0)]
    NoAllocation(AllocationId),
    /// It is claimed twice in the message.
    #[error("allocation {} is claimed twice", .0.0)]
    Twice(AllocationId),
    /// It is for another provider.
    #[error("allocation {} is for another provider", .0.0)]
    OtherProvider(AllocationId),
    /// It is for another piece.
    #[error("allocation {} is for another piece", .0.0)]
    OtherPiece(AllocationId),
    /// It had to be claimed before.
    #[error("allocation {} had to be claimed by epoch {by}", .id.0)]
    Expired {
        /// Which one.
        id: AllocationId,
        /// Its expiration.
        by: Epoch,
    },
    /// The sector does not last as long as the allocation asks, or lasts longer.
    #[error("allocation {} asks for a sector of {min} to {max}, this one lasts {found}", .id.0)]
    Term {
        /// Which one.
        id: AllocationId,
        /// The shortest.
        min: Epochs,
        /// The longest.
        max: Epochs,
        /// What is left of the sector.
        found: Epochs,
    },
}

impl VerifiedRegistry {
    /// Whether a sector could claim all it names; `taken` are claims of sectors before it in the message.
    pub(in super::super) fn check_claims(
        &self,
        provider: MinerId,
        wanted: &SectorClaims,
        taken: &mut BTreeSet<AllocationId>,
        now: Epoch,
    ) -> Result<(), ClaimFault> {
        let mut own = BTreeSet::new();
        for claim in &wanted.claims {
            if taken.contains(&claim.id) || !own.insert(claim.id) {
                return Err(ClaimFault::Twice(claim.id));
            }
            self.check_claim(provider, claim, wanted.expiration, now)?;
        }
        taken.append(&mut own);
        Ok(())
    }

    fn check_claim(
        &self,
        provider: MinerId,
        claim: &AllocationClaim,
        expiration: Epoch,
        now: Epoch,
    ) -> Result<(), ClaimFault> {
        let id = claim.id;
        let allocation = self.allocation(claim.client, id).ok_or(ClaimFault::NoAllocation(id))?;
        if allocation.provider != provider {
            return Err(ClaimFault::OtherProvider(id));
        }
        if (allocation.piece, allocation.size) != (claim.piece, claim.size) {
            return Err(ClaimFault::OtherPiece(id));
        }
        if now > allocation.expiration {
            return Err(ClaimFault::Expired { id, by: allocation.expiration });
        }
        let (min, max, found) = (allocation.term_min, allocation.term_max, expiration - now);
        if found < min || found > max {
            return Err(ClaimFault::Term { id, min, max, found });
        }
        Ok(())
    }

    /// Claims allocations for proven sectors, each sector for itself: how many bytes of it count ten times.
    pub fn claim(
        &mut self,
        provider: MinerId,
        sectors: &[SectorClaims],
        now: Epoch,
    ) -> Vec<Result<u64, ClaimFault>> {
        let mut taken = BTreeSet::new();
        let checked: Vec<_> =
            sectors.iter().map(|wanted| self.check_claims(provider, wanted, &mut taken, now)).collect();
        let claimed = sectors.iter().zip(checked);
        claimed.map(|(wanted, checked)| checked.map(|()| self.make_claims(provider, wanted, now))).collect()
    }

    /// Turns checked allocations into claims; how many bytes they are.
    pub(in super::super) fn make_claims(
        &mut self,
        provider: MinerId,
        wanted: &SectorClaims,
        now: Epoch,
    ) -> u64 {
        let mut bytes = 0;
        for claim in &wanted.claims {
            let allocation =
                self.allocations.remove(&(claim.client, claim.id)).expect("a checked allocation");
            let made = Claim {
                client: claim.client,
                piece: allocation.piece,
                size: allocation.size,
                term_min: allocation.term_min,
                term_max: allocation.term_max,
                term_start: now,
                sector: wanted.sector,
            };
            self.claims.insert((provider, claim.id), made);
            bytes += allocation.size;
        }
        self.burnt += bytes;
        bytes
    }
}
