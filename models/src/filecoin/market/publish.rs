//! Proposals become deals: both sides' money is locked, and data cap becomes an allocation.
//!
//! A provider publishes any number of proposals in one message. Invalid ones are dropped one by one (FIP-0022); the
//! message fails if none is left, or if data cap cannot become an allocation (a piece too small). What one
//! proposal needs counts against the next in the same message.
//!
//! Source: builtin-actors, actors/market/src/lib.rs (publish_storage_deals, alloc_request_for_deal).

use super::proposal::{DealFault, DealProposal, SignedProposal};
use super::verified::{AllocationFault, AllocationId, AllocationRequest, VerifiedRegistry};
use super::{Deal, DealId, MarketView, StorageMarket};
use crate::filecoin::collateral::cleanup_epoch;
use crate::filecoin::ledger::{Ledger, Party};
use crate::ids::{ClientId, MinerId};
use crate::units::AttoFil;
use std::collections::{BTreeMap, BTreeSet};

/// What a message published.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Published {
    /// The new deals, each with the place of its proposal in the message.
    pub deals: Vec<(usize, DealId)>,
    /// Proposals that were dropped, by their place.
    pub dropped: Vec<(usize, DealFault)>,
}

/// Why a whole message is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PublishRefusal {
    /// There is nothing in it.
    #[error("no proposals")]
    Empty,
    /// Whoever sends it does not control the provider.
    #[error("only the provider of the first proposal may publish it")]
    Sender,
    /// Every proposal was dropped.
    #[error("all proposals are invalid, the first because {}", .0[0].1)]
    AllInvalid(Vec<(usize, DealFault)>),
    /// Data cap cannot become an allocation.
    #[error("no allocation: {0}")]
    Allocation(#[from] AllocationFault),
}

/// What the proposals before the present one in a message already need.
#[derive(Default)]
struct Batch<'a> {
    client_lockup: BTreeMap<ClientId, AttoFil>,
    provider_lockup: AttoFil,
    cap_left: BTreeMap<ClientId, u64>,
    seen: BTreeSet<&'a DealProposal>,
    valid: Vec<(usize, &'a DealProposal)>,
    requests: BTreeMap<ClientId, Vec<AllocationRequest>>,
}

impl<'a> Batch<'a> {
    /// Takes a proposal in.
    fn admit(
        &mut self,
        place: usize,
        proposal: &'a DealProposal,
        market: &StorageMarket,
        view: &MarketView<'_>,
        registry: &VerifiedRegistry,
        ledger: &Ledger,
    ) -> Result<(), DealFault> {
        let [client, provider] = proposal.parties();
        let before = self.client_lockup.get(&proposal.client).copied().unwrap_or_default();
        let client_lockup = before + proposal.client_requirement();
        if client_lockup > market.available(ledger, client) {
            return Err(DealFault::ClientFunds);
        }
        let provider_lockup = self.provider_lockup + proposal.provider_collateral;
        if provider_lockup > market.available(ledger, provider) {
            return Err(DealFault::ProviderFunds);
        }
        if market.pending.contains(proposal) || self.seen.contains(proposal) {
            return Err(DealFault::Duplicate);
        }
        if proposal.verified {
            let has = self.cap_left.get(&proposal.client).copied();
            let has = has.unwrap_or_else(|| registry.data_cap(proposal.client));
            let left = has.checked_sub(proposal.size).ok_or(DealFault::DataCap)?;
            self.cap_left.insert(proposal.client, left);
            self.requests.entry(proposal.client).or_default().push(allocation_request(proposal, view));
        }
        self.client_lockup.insert(proposal.client, client_lockup);
        self.provider_lockup = provider_lockup;
        self.seen.insert(proposal);
        self.valid.push((place, proposal));
        Ok(())
    }
}

impl StorageMarket {
    /// Publishes proposals of one provider; `sender` is the miner in whose name the message is sent.
    ///
    /// # Errors
    /// If no proposal is valid, or the message cannot be carried out as a whole; then nothing has changed.
    pub fn publish(
        &mut self,
        sender: MinerId,
        proposals: &[SignedProposal],
        view: &MarketView<'_>,
        registry: &mut VerifiedRegistry,
        ledger: &Ledger,
    ) -> Result<Published, PublishRefusal> {
        let provider = proposals.first().ok_or(PublishRefusal::Empty)?.proposal.provider;
        if sender != provider {
            return Err(PublishRefusal::Sender);
        }
        let mut batch = Batch::default();
        let mut dropped = Vec::new();
        for (place, SignedProposal { proposal, signature_holds }) in proposals.iter().enumerate() {
            let valid = match () {
                () if !signature_holds => Err(DealFault::Signature),
                () => proposal.validate(view),
            };
            let admitted = valid.and_then(|()| match proposal.provider == provider {
                true => batch.admit(place, proposal, self, view, registry, ledger),
                false => Err(DealFault::OtherProvider),
            });
            if let Err(fault) = admitted {
                dropped.push((place, fault));
            }
        }
        if batch.valid.is_empty() {
            return Err(PublishRefusal::AllInvalid(dropped));
        }
        let allocations = registry.allocate_all(&batch.requests, view.policy, view.now)?;
        let deals = self.add(&batch.valid, allocations, view);
        Ok(Published { deals, dropped })
    }

    /// Adds the valid proposals of a message; `allocations` are those of each client's verified ones, in their order.
    fn add(
        &mut self,
        valid: &[(usize, &DealProposal)],
        mut allocations: BTreeMap<ClientId, std::vec::IntoIter<AllocationId>>,
        view: &MarketView<'_>,
    ) -> Vec<(usize, DealId)> {
        let mut deals = Vec::with_capacity(valid.len());
        for &(place, proposal) in valid {
            let id = DealId(self.next);
            self.next += 1;
            self.locks.lock_deal(proposal);
            self.pending.insert(proposal.clone());
            self.schedule.insert((cleanup_epoch(view.policy, id.0, proposal.start), id));
            let allocation = match proposal.verified {
                true => allocations.get_mut(&proposal.client).and_then(Iterator::next),
                false => None,
            };
            let proposal = proposal.clone();
            self.deals.insert(id, Deal { proposal, allocation, place: None, paid: AttoFil::ZERO });
            deals.push((place, id));
        }
        deals
    }

    /// Whether a party could cover so much more, as a provider asks before it accepts a proposal.
    pub fn covers(&self, ledger: &Ledger, party: Party, amount: AttoFil) -> bool {
        amount <= self.available(ledger, party)
    }
}

/// What the market asks of the registry for a verified deal: a term of the deal's duration and some more, to be claimed
/// by its start.
fn allocation_request(proposal: &DealProposal, view: &MarketView<'_>) -> AllocationRequest {
    let policy = view.policy;
    let term_min = proposal.duration();
    AllocationRequest {
        provider: proposal.provider,
        piece: proposal.piece,
        size: proposal.size,
        term_min,
        term_max: (term_min + policy.verified_term_buffer).min(policy.verified_max_term),
        expiration: proposal.start.min(view.now + policy.verified_expiration),
    }
}
