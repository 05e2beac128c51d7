//! Claims that last longer: their terms are raised, and sectors with them extended.
//!
//! The client of a claim may raise its longest term for nothing, up to the longest there is; anyone may raise it
//! further with as much fresh data cap as it has bytes, up to that term from now. A sector may be extended as far as all
//! claims that it keeps allow; it may let claims go, and with them their power, in its last days only.
//!
//! Source: builtin-actors, actors/verifreg/src/lib.rs (extend_claim_terms, validate_claim_extension), actors/miner/src/lib.rs
//! (validate_extension_declarations, extend_simple_qap_sector); FIP-0045.

use super::{AllocationId, VerifiedRegistry};
use crate::filecoin::policy::Policy;
use crate::filecoin::proofs::identity::SectorNumber;
use crate::ids::{ClientId, MinerId};
use crate::units::{Epoch, Epochs};

/// Why the term of a claim is not raised.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TermFault {
    /// There is no such claim.
    #[error("no claim {}", .0.0)]
    NoClaim(AllocationId),
    /// It is another client's.
    #[error("claim {} is of another client", .0.0)]
    OtherClient(AllocationId),
    /// The term would be too long, or shorter than it is.
    #[error("a term of {found}, allowed from {min} to {max}")]
    Term {
        /// What was asked for.
        found: Epochs,
        /// The least.
        min: Epochs,
        /// The most.
        max: Epochs,
    },
    /// Its longest term is over.
    #[error("claim {} expired at epoch {at}", .id.0)]
    Expired {
        /// Which one.
        id: AllocationId,
        /// When.
        at: Epoch,
    },
    /// Data cap is short.
    #[error("needs {needed} bytes of data cap, has {has}")]
    DataCap {
        /// What it takes.
        needed: u64,
        /// What there is.
        has: u64,
    },
}

/// An extension of a sector with claims in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extension<'a> {
    /// The sector.
    pub sector: SectorNumber,
    /// Until when it is committed.
    pub expiration: Epoch,
    /// Until when it is to be.
    pub new_expiration: Epoch,
    /// Bytes under claims in it.
    pub verified: u64,
    /// Claims that it keeps.
    pub keep: &'a [AllocationId],
    /// Claims that it lets go.
    pub drop: &'a [AllocationId],
}

/// Why a sector is not extended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExtensionFault {
    /// A claim is not there, or in another sector.
    #[error("no claim {} in this sector", .0.0)]
    NoClaim(AllocationId),
    /// A claim that is kept does not last so long.
    #[error("claim {} allows a commitment until {until}", .id.0)]
    Claim {
        /// Which one.
        id: AllocationId,
        /// Until when.
        until: Epoch,
    },
    /// Not every claim of the sector is named.
    #[error("{named} bytes of claims are named, the sector has {verified}")]
    Incomplete {
        /// Bytes of the named claims.
        named: u64,
        /// Bytes under claims.
        verified: u64,
    },
    /// Claims may be let go at the end of a sector's life only.
    #[error("claims may be let go from epoch {0} on")]
    DropTooEarly(Epoch),
}

impl VerifiedRegistry {
    /// The client of a claim raises its longest term.
    ///
    /// # Errors
    /// If the claim is not its own, or the term is shorter than it is or longer than any.
    pub fn extend_term(
        &mut self,
        client: ClientId,
        provider: MinerId,
        id: AllocationId,
        term_max: Epochs,
        policy: &Policy,
    ) -> Result<(), TermFault> {
        let claim = self.claims.get_mut(&(provider, id)).ok_or(TermFault::NoClaim(id))?;
        if claim.client != client {
            return Err(TermFault::OtherClient(id));
        }
        let (min, max) = (claim.term_max, policy.verified_max_term);
        if term_max < min || term_max > max {
            return Err(TermFault::Term { found: term_max, min, max });
        }
        claim.term_max = term_max;
        Ok(())
    }

    /// Anyone with data cap raises the longest term of a claim; as many bytes as the claim has are burnt.
    ///
    /// # Errors
    /// If the claim is over, the term would not be longer or be too long, or data cap is short.
    pub fn extend_with_data_cap(
        &mut self,
        payer: ClientId,
        provider: MinerId,
        id: AllocationId,
        term_max: Epochs,
        policy: &Policy,
        now: Epoch,
    ) -> Result<(), TermFault> {
        let claim = *self.claim_of(provider, id).ok_or(TermFault::NoClaim(id))?;
        let max = now + policy.verified_max_term - claim.term_start;
        let min = claim.term_max + Epochs::ONE;
        if term_max < min || term_max > max {
            return Err(TermFault::Term { found: term_max, min, max });
        }
        if now > claim.expiration() {
            return Err(TermFault::Expired { id, at: claim.expiration() });
        }
        let (needed, has) = (claim.size, self.data_cap(payer));
        if needed > has {
            return Err(TermFault::DataCap { needed, has });
        }
        self.take(payer, needed);
        self.burnt += needed;
        self.claims.get_mut(&(provider, id)).expect("a claim that was there").term_max = term_max;
        Ok(())
    }

    /// Whether a sector may be extended as far as its claims go; how many bytes of it are verified from then on.
    ///
    /// # Errors
    /// If a claim does not last so long, is not named, or may not be let go yet.
    pub fn check_extension(
        &self,
        provider: MinerId,
        extension: &Extension<'_>,
        policy: &Policy,
        now: Epoch,
    ) -> Result<u64, ExtensionFault> {
        let claim = |id: AllocationId| {
            let claim = self.claim_of(provider, id).filter(|claim| claim.sector == extension.sector);
            claim.ok_or(ExtensionFault::NoClaim(id))
        };
        let mut kept = 0;
        for &id in extension.keep {
            let claim = claim(id)?;
            if extension.new_expiration > claim.expiration() {
                return Err(ExtensionFault::Claim { id, until: claim.expiration() });
            }
            kept += claim.size;
        }
        let mut named = kept;
        for &id in extension.drop {
            named += claim(id)?.size;
        }
        let verified = extension.verified;
        if named != verified {
            return Err(ExtensionFault::Incomplete { named, verified });
        }
        let from = extension.expiration + -policy.verified_drop_window;
        if kept != named && now < from {
            return Err(ExtensionFault::DropTooEarly(from));
        }
        Ok(kept)
    }
}
