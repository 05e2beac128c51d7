//! Deals on a chain: the market and the verified registry, and where the rest of the chain touches them.
//!
//! - A sector is proven with its pieces: market and registry are asked first, then the miner's actor, and only if all
//!   agree does anything change ([`Chain::prove_commit_with`]).
//! - A sector that ends early takes its deals with it; one that ends on time leaves deals that are over and wait to be
//!   settled. A sector with claims may be extended as far as they allow.
//! - The market looks after deals at the end of an epoch only if one is due: no epoch costs more for a deal that sleeps.
//!
//! Sources: builtin-actors, actors/miner/src/lib.rs (prove_commit_sectors3, process_early_terminations), actors/cron,
//! actors/market/src/lib.rs (cron_tick). Since network version 20 what the market locks counts as circulating
//! (FIP-0065); older rule sets are not offered, so the supply does not ask the market.

use super::{Chain, ChainConfig};
use crate::filecoin::ledger::{Ledger, Party};
use crate::filecoin::market::activate::SectorDeals;
use crate::filecoin::market::escrow::EscrowFault;
use crate::filecoin::market::onboard::{self, Onboarding, SectorManifest};
use crate::filecoin::market::proposal::SignedProposal;
use crate::filecoin::market::publish::{PublishRefusal, Published};
use crate::filecoin::market::settle::Settlement;
use crate::filecoin::market::verified::{AllocationFault, AllocationId, Extension, VerifiedRegistry};
use crate::filecoin::market::{DealEnd, DealId, MarketView, StorageMarket};
use crate::filecoin::miner::sector::{Contents, SectorNumber};
use crate::filecoin::miner::{Checked, Refusal};
use crate::ids::{ClientId, MinerId};
use crate::units::{AttoFil, Epoch};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Market and registry of a chain; empty without clients.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Dealings {
    market: StorageMarket,
    registry: VerifiedRegistry,
    /// Deals that ended and of which nobody was told yet.
    ends: Vec<DealEnd>,
}

impl Dealings {
    pub(super) fn check(&self, ledger: &Ledger, broken: &mut Vec<String>) {
        self.market.check(ledger, broken);
        self.registry.check(broken);
    }
}

impl Chain {
    /// The same chain with empty accounts of so many clients.
    #[must_use]
    pub fn with_clients(mut self, clients: usize) -> Self {
        self.ledger = self.ledger.with_clients(clients);
        self
    }

    /// The storage market.
    pub fn market(&self) -> &StorageMarket {
        &self.dealings.market
    }

    /// The verified registry.
    pub fn registry(&self) -> &VerifiedRegistry {
        &self.dealings.registry
    }

    /// The network as the market sees it in this epoch.
    pub fn market_view<'a>(&self, config: &'a ChainConfig) -> MarketView<'a> {
        MarketView::of(&self.conditions(config), self.network.power().raw)
    }

    /// A verifier gives a client data cap.
    ///
    /// # Errors
    /// As [`VerifiedRegistry::grant`].
    pub fn grant_data_cap(
        &mut self,
        config: &ChainConfig,
        client: ClientId,
        bytes: u64,
    ) -> Result<(), AllocationFault> {
        self.dealings.registry.grant(&config.policy, client, bytes)
    }

    /// [`StorageMarket::add_balance`].
    ///
    /// # Errors
    /// As there.
    pub fn add_escrow(&mut self, party: Party, amount: AttoFil) -> Result<(), EscrowFault> {
        self.dealings.market.add_balance(&mut self.ledger, party, amount)
    }

    /// [`StorageMarket::withdraw`].
    ///
    /// # Errors
    /// As there.
    pub fn withdraw_escrow(&mut self, party: Party, amount: AttoFil) -> Result<AttoFil, EscrowFault> {
        self.dealings.market.withdraw(&mut self.ledger, party, amount)
    }

    /// What of a party's escrow is not locked.
    pub fn free_escrow(&self, party: Party) -> AttoFil {
        self.dealings.market.available(&self.ledger, party)
    }

    /// [`StorageMarket::publish`].
    ///
    /// # Errors
    /// As there.
    pub fn publish(
        &mut self,
        config: &ChainConfig,
        provider: MinerId,
        proposals: &[SignedProposal],
    ) -> Result<Published, PublishRefusal> {
        let view = self.market_view(config);
        let Dealings { market, registry, .. } = &mut self.dealings;
        let answer = market.publish(provider, proposals, &view, registry, &self.ledger);
        match answer {
            Ok(_) => self.tally.messages += 1,
            Err(_) => self.tally.refused += 1,
        }
        answer
    }

    /// Settles deals, whose ends are told by [`Chain::take_deal_ends`]; how much was paid. Where the market settles by
    /// itself (before FIP-0074) there is no such message and nothing is paid.
    pub fn settle(&mut self, config: &ChainConfig, ids: &[DealId]) -> AttoFil {
        let (now, mut paid) = (self.now, AttoFil::ZERO);
        let settled = self.dealings.market.settle(ids, &config.policy, now, &mut self.ledger);
        for settlement in settled.unwrap_or_default() {
            match settlement {
                Settlement::Unknown | Settlement::Early => {}
                Settlement::Paid(amount) => paid += amount,
                Settlement::Ended(amount, end) => {
                    paid += amount;
                    self.dealings.ends.push(*end);
                }
            }
        }
        paid
    }

    /// [`MinerActor::prove_commit`] of sectors some of which hold the pieces of these manifests.
    ///
    /// Where the rules know no pieces without deals (before FIP-0076), a sector comes with all of its deals or not at
    /// all; the manifests then name every deal.
    ///
    /// # Errors
    /// As there, or if a deal or claim does not come in; then nothing has changed.
    ///
    /// [`MinerActor::prove_commit`]: crate::filecoin::miner::MinerActor::prove_commit
    pub fn prove_commit_with(
        &mut self,
        config: &ChainConfig,
        id: MinerId,
        proofs: &[(SectorNumber, Checked)],
        manifests: &[SectorManifest],
    ) -> Result<(), Refusal> {
        let onboarding = self.check_manifests(config, id, manifests).inspect_err(|_| {
            self.tally.refused += 1;
        })?;
        let contents: BTreeMap<SectorNumber, Contents> = onboarding.contents().collect();
        self.message(config, id, |miner, terms, balance| {
            miner.prove_commit_with(proofs, &contents, terms, balance)
        })?;
        let Dealings { market, registry, .. } = &mut self.dealings;
        onboarding.apply(market, registry, id, self.now);
        Ok(())
    }

    fn check_manifests(
        &self,
        config: &ChainConfig,
        id: MinerId,
        manifests: &[SectorManifest],
    ) -> Result<Onboarding, Refusal> {
        let Dealings { market, registry, .. } = &self.dealings;
        if config.policy.direct_onboarding {
            let sectors = (manifests, config.sector_size);
            return Ok(onboard::check_directly(market, registry, id, sectors, &config.policy, self.now)?);
        }
        let deals_of = |manifest: &SectorManifest| SectorDeals {
            sector: manifest.sector,
            expiration: manifest.expiration,
            deals: manifest.pieces.iter().filter_map(|piece| piece.deal).collect(),
        };
        let sectors: Vec<SectorDeals> = manifests.iter().map(deals_of).collect();
        Ok(onboard::check_with_deals(market, registry, id, &sectors, self.now)?)
    }

    /// Whether the claims in sectors allow them to be committed for so long.
    pub(super) fn check_claims_last(
        &self,
        config: &ChainConfig,
        id: MinerId,
        sectors: &[SectorNumber],
        until: Epoch,
    ) -> Result<(), Refusal> {
        let mut claims: BTreeMap<SectorNumber, (Vec<AllocationId>, u64)> = BTreeMap::new();
        let registry = &self.dealings.registry;
        for (allocation, claim) in registry.claims(id).filter(|(_, claim)| sectors.contains(&claim.sector)) {
            let (keep, verified) = claims.entry(claim.sector).or_default();
            keep.push(allocation);
            *verified += claim.size;
        }
        for (sector, (keep, verified)) in claims {
            let expiration = self.miner(id).holdings().live(sector)?.expiration;
            let keep = &keep;
            let extension =
                Extension { sector, expiration, new_expiration: until, verified, keep, drop: &[] };
            registry.check_extension(id, &extension, &config.policy, self.now)?;
        }
        Ok(())
    }

    /// Sectors of a miner ended before their time, and their deals with them.
    pub(super) fn deals_end_with(&mut self, id: MinerId, sectors: &[SectorNumber]) {
        let Dealings { market, ends, .. } = &mut self.dealings;
        ends.extend(market.sectors_terminated(id, sectors, self.now, &mut self.ledger));
    }

    /// The market looks after the deals that are due.
    pub(super) fn market_cron(&mut self, config: &ChainConfig) {
        let Dealings { market, ends, .. } = &mut self.dealings;
        if market.next_cron().is_some_and(|epoch| epoch <= self.now) {
            ends.extend(market.cron(&config.policy, self.now, &mut self.ledger));
        }
    }

    /// Deals that ended since this was last asked, in the order in which they did.
    pub fn take_deal_ends(&mut self) -> Vec<DealEnd> {
        std::mem::take(&mut self.dealings.ends)
    }
}
