//! Data cap, and what becomes of it: the verified registry.
//!
//! ```text
//!   granted ──> data cap of a client ── allocated ──> allocation ── claimed with the sector ──> claim (cap is burnt)
//!                        ^                                │
//!                        └────── expired, removed ────────┘
//! ```
//!
//! A byte of data cap makes a byte of a sector count ten times for the sector's life. An allocation names the provider,
//! the piece, until when it must be claimed, and the shortest and longest life of the sector that claims it. A claim
//! is a promise about its term: the sector may be extended up to the longest term, and further once somebody raises it.
//!
//! Source: builtin-actors, actors/verifreg/src/{lib,expiration}.rs, actors/datacap; FIP-0045. Data cap counts in whole bytes:
//! the token has 18 decimals that nothing uses. Left out: verifiers and their allowances (who grants what is a
//! matter outside of the chain; [`VerifiedRegistry::grant`] is what they do), taking data cap away by two verifiers,
//! transfers between clients (the token allows none but to the registry).

mod claim;
mod extend;

pub use claim::{AllocationClaim, ClaimFault, SectorClaims};
pub use extend::{Extension, ExtensionFault, TermFault};

use crate::filecoin::piece::cid::PieceCid;
use crate::filecoin::policy::Policy;
use crate::filecoin::proofs::identity::SectorNumber;
use crate::ids::{ClientId, MinerId};
use crate::units::{Epoch, Epochs, Power};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::vec::IntoIter;

/// Number of an allocation, and of the claim that comes of it; the first is 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct AllocationId(pub u64);

/// An allocation as it is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AllocationRequest {
    /// Who may claim it.
    pub provider: MinerId,
    /// For which piece.
    pub piece: PieceCid,
    /// Its padded size, as much data cap as it takes.
    pub size: u64,
    /// The shortest life of the sector from the claim on.
    pub term_min: Epochs,
    /// The longest.
    pub term_max: Epochs,
    /// The last epoch at which it may be claimed.
    pub expiration: Epoch,
}

/// An allocation's bytes in a sector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Claim {
    /// Whose data cap it was.
    pub client: ClientId,
    /// The piece.
    pub piece: PieceCid,
    /// Its padded size.
    pub size: u64,
    /// The shortest term.
    pub term_min: Epochs,
    /// The longest term.
    pub term_max: Epochs,
    /// When it was claimed.
    pub term_start: Epoch,
    /// The sector it is in.
    pub sector: SectorNumber,
}

impl Claim {
    /// When its longest term ends: no sector with it may be committed for longer, and from then on anyone may remove it.
    pub fn expiration(&self) -> Epoch {
        self.term_start + self.term_max
    }
}

/// Why data cap is not granted or does not become an allocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AllocationFault {
    /// Less than the smallest piece.
    #[error("{found} bytes of data cap, at least {min}")]
    TooSmall {
        /// How much.
        found: u64,
        /// The least.
        min: Power,
    },
    /// A bound of the term is out of bounds, or the shortest term is longer than the longest.
    #[error("a term of {min} to {max}")]
    Term {
        /// The shortest term.
        min: Epochs,
        /// The longest term.
        max: Epochs,
    },
    /// It would expire in the past or too far ahead.
    #[error("expires at epoch {found}, allowed from {now} to {last}")]
    Expiration {
        /// When it would expire.
        found: Epoch,
        /// Now.
        now: Epoch,
        /// The furthest.
        last: Epoch,
    },
    /// The client does not have so much.
    #[error("needs {needed} bytes of data cap, has {has}")]
    DataCap {
        /// What it takes.
        needed: u64,
        /// What there is.
        has: u64,
    },
}

/// The verified registry and the data cap token.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct VerifiedRegistry {
    data_cap: BTreeMap<ClientId, u64>,
    allocations: BTreeMap<(ClientId, AllocationId), AllocationRequest>,
    claims: BTreeMap<(MinerId, AllocationId), Claim>,
    /// Allocations so far.
    count: u64,
    granted: u64,
    burnt: u64,
}

impl VerifiedRegistry {
    /// A registry where nobody has data cap.
    pub fn new() -> Self {
        VerifiedRegistry::default()
    }

    /// Data cap of a client.
    pub fn data_cap(&self, client: ClientId) -> u64 {
        self.data_cap.get(&client).copied().unwrap_or(0)
    }

    /// An allocation that is neither claimed nor removed.
    pub fn allocation(&self, client: ClientId, id: AllocationId) -> Option<&AllocationRequest> {
        self.allocations.get(&(client, id))
    }

    /// A claim that was not removed.
    pub fn claim_of(&self, provider: MinerId, id: AllocationId) -> Option<&Claim> {
        self.claims.get(&(provider, id))
    }

    /// All claims of a provider.
    pub fn claims(&self, provider: MinerId) -> impl Iterator<Item = (AllocationId, &Claim)> {
        let range = (provider, AllocationId(0))..=(provider, AllocationId(u64::MAX));
        self.claims.range(range).map(|(&(_, id), claim)| (id, claim))
    }

    /// Bytes ever granted, and bytes burnt in claims and extensions.
    pub fn totals(&self) -> (u64, u64) {
        (self.granted, self.burnt)
    }

    /// A verifier gives a client data cap.
    ///
    /// # Errors
    /// If it is less than the smallest verified piece.
    ///
    /// # Panics
    /// If more than 16 EiB would ever be granted.
    pub fn grant(&mut self, policy: &Policy, client: ClientId, bytes: u64) -> Result<(), AllocationFault> {
        check_size(policy, bytes)?;
        self.granted = self.granted.checked_add(bytes).expect("more than 16 EiB of data cap");
        *self.data_cap.entry(client).or_default() += bytes;
        Ok(())
    }

    /// A client turns data cap into allocations.
    ///
    /// # Errors
    /// If one of them is not valid or data cap is short; then none is made.
    pub fn allocate(
        &mut self,
        client: ClientId,
        requests: &[AllocationRequest],
        policy: &Policy,
        now: Epoch,
    ) -> Result<Vec<AllocationId>, AllocationFault> {
        self.check_requests(client, requests, policy, now)?;
        Ok(self.insert(client, requests))
    }

    /// The same for several clients, client by client in the order of their numbers.
    pub(super) fn allocate_all(
        &mut self,
        requests: &BTreeMap<ClientId, Vec<AllocationRequest>>,
        policy: &Policy,
        now: Epoch,
    ) -> Result<BTreeMap<ClientId, IntoIter<AllocationId>>, AllocationFault> {
        for (&client, requests) in requests {
            self.check_requests(client, requests, policy, now)?;
        }
        let made = requests.iter();
        Ok(made.map(|(&client, requests)| (client, self.insert(client, requests).into_iter())).collect())
    }

    fn check_requests(
        &self,
        client: ClientId,
        requests: &[AllocationRequest],
        policy: &Policy,
        now: Epoch,
    ) -> Result<(), AllocationFault> {
        for request in requests {
            check_request(request, policy, now)?;
        }
        let needed = requests.iter().fold(0, |sum: u64, request| sum.saturating_add(request.size));
        let has = self.data_cap(client);
        if needed > has { Err(AllocationFault::DataCap { needed, has }) } else { Ok(()) }
    }

    fn insert(&mut self, client: ClientId, requests: &[AllocationRequest]) -> Vec<AllocationId> {
        let mut ids = Vec::with_capacity(requests.len());
        for &request in requests {
            self.count += 1;
            let id = AllocationId(self.count);
            self.take(client, request.size);
            self.allocations.insert((client, id), request);
            ids.push(id);
        }
        ids
    }

    /// Takes data cap that was checked to be there.
    fn take(&mut self, client: ClientId, bytes: u64) {
        let has = self.data_cap.get_mut(&client).filter(|has| **has >= bytes);
        *has.expect("data cap was checked") -= bytes;
    }

    /// Removes allocations of a client that were not claimed in time: those named, or all. Anyone may ask; the data cap
    /// goes back to the client. How many bytes it was.
    pub fn remove_expired_allocations(
        &mut self,
        client: ClientId,
        ids: Option<&[AllocationId]>,
        now: Epoch,
    ) -> u64 {
        let range = (client, AllocationId(0))..=(client, AllocationId(u64::MAX));
        let expired = self.allocations.range(range).filter(|(_, request)| now >= request.expiration);
        let named = |id: &AllocationId| ids.is_none_or(|ids| ids.contains(id));
        let expired: Vec<_> = expired.map(|(key, _)| *key).filter(|(_, id)| named(id)).collect();
        let sizes = expired.iter().filter_map(|key| self.allocations.remove(key)).map(|request| request.size);
        let recovered = sizes.sum();
        *self.data_cap.entry(client).or_default() += recovered;
        recovered
    }

    /// Removes claims of a provider whose longest term is over: those named, or all. Anyone may ask; which they were.
    pub fn remove_expired_claims(
        &mut self,
        provider: MinerId,
        ids: Option<&[AllocationId]>,
        now: Epoch,
    ) -> Vec<AllocationId> {
        let expired = self.claims(provider).filter(|(_, claim)| now >= claim.expiration());
        let named = |id: &AllocationId| ids.is_none_or(|ids| ids.contains(id));
        let expired: Vec<_> = expired.map(|(id, _)| id).filter(named).collect();
        for &id in &expired {
            self.claims.remove(&(provider, id));
        }
        expired
    }

    /// What is wrong with its books: every byte granted is somebody's, allocated, or burnt.
    pub fn check(&self, broken: &mut Vec<String>) {
        let held: u64 = self.data_cap.values().sum();
        let allocated: u64 = self.allocations.values().map(|request| request.size).sum();
        if held + allocated + self.burnt != self.granted {
            let (granted, burnt) = (self.granted, self.burnt);
            broken.push(format!(
                "data cap: {granted} granted, {held} held, {allocated} allocated, {burnt} burnt"
            ));
        }
    }
}

fn check_size(policy: &Policy, bytes: u64) -> Result<(), AllocationFault> {
    let min = policy.verified_min_piece;
    let is_small = Power::new(i128::from(bytes)) < min;
    if is_small { Err(AllocationFault::TooSmall { found: bytes, min }) } else { Ok(()) }
}

fn check_request(request: &AllocationRequest, policy: &Policy, now: Epoch) -> Result<(), AllocationFault> {
    check_size(policy, request.size)?;
    let (min, max) = (request.term_min, request.term_max);
    if min < policy.verified_min_term || max > policy.verified_max_term || min > max {
        return Err(AllocationFault::Term { min, max });
    }
    let (found, last) = (request.expiration, now + policy.verified_expiration);
    if found < now || found > last {
        return Err(AllocationFault::Expiration { found, now, last });
    }
    Ok(())
}
