//! What miners do with deals: publish them, pack and seal them, prove them, settle them, and end them by leaving.
//!
//! A deal that missed its start before its sector was proven is left out of the sector's manifest: its piece is then
//! bytes that nobody pays for, and the other deals of the sector come in.

use super::buying::miniature;
use super::{Purpose, Stage};
use crate::agents::negotiation::Reason;
use crate::agents::storage_miner::Wish;
use crate::agents::storage_provider::{Packing, Room, Staging, Step};
use crate::config::FilecoinConfig;
use crate::filecoin::market::DealEnd;
use crate::filecoin::market::onboard::{PieceManifest, SectorManifest};
use crate::filecoin::market::proposal::SignedProposal;
use crate::filecoin::miner::sector::{Sector, SectorNumber};
use crate::filecoin::vault::StoredPiece;
use crate::ids::{AgreementId, MinerId};
use crate::units::{Epoch, Epochs};
use crate::world::filecoin::{FilecoinWorld, view};
use sim_core::draws::Draws;

impl FilecoinWorld {
    /// The market side of a miner does what is due.
    pub(in crate::world) fn serve_deals(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        draws: &Draws,
        wishes: &mut Vec<Wish>,
    ) {
        if self.deals.providers.is_empty() {
            return;
        }
        let (ask, now, mut steps) = (self.ask(config, id), self.chain.now(), Vec::new());
        let view = view(&self.chain, config, id, draws);
        let may_seal = self.miners[id.index()].operator.may_seal(&view);
        self.deals.providers[id.index()].wake(now, ask, may_seal, &mut steps);
        for step in steps {
            match step {
                Step::Received(agreement) => self.bytes_came(config, agreement),
                Step::Publish(ids) => self.publish_deals(config, id, &ids),
                Step::Seal(packing) => self.seal_deals(config, id, &packing, draws, wishes),
                Step::Settle(ids) => self.settle_deals(config, id, &ids),
                Step::Started(agreement) => self.has_to_have_started(config, agreement),
                Step::Ended(agreement) => self.settle_deals(config, id, &[agreement]),
                Step::Leave => self.miner_leaves(config, id),
            }
        }
        // What was published may be due at once.
        let mut more = Vec::new();
        self.deals.providers[id.index()].wake(now, ask, may_seal, &mut more);
        for step in more {
            match step {
                Step::Seal(packing) => self.seal_deals(config, id, &packing, draws, wishes),
                step => unreachable!("{step:?} was not put off to the same epoch"),
            }
        }
    }

    fn bytes_came(&mut self, config: &FilecoinConfig, id: AgreementId) {
        let now = self.chain.now();
        let agreement = &mut self.deals.agreements[id.index()];
        agreement.stage = Stage::Received;
        agreement.received = Some(now);
        let miner = agreement.miner.expect("bytes come to somebody");
        if self.ask(config, miner).staging == Staging::Kept {
            self.has_bytes(id);
        }
    }

    fn publish_deals(&mut self, config: &FilecoinConfig, id: MinerId, ids: &[AgreementId]) {
        let signed = |id: &AgreementId| {
            let proposal = self.deals.agreements[id.index()].proposal.clone();
            SignedProposal { proposal: proposal.expect("agreed"), signature_holds: true }
        };
        let proposals: Vec<SignedProposal> = ids.iter().map(signed).collect();
        self.pay_gas(config, id, config.gas.publish, ids.len());
        for SignedProposal { proposal, .. } in &proposals {
            self.unreserve(proposal);
        }
        let published = self.chain.publish(&config.chain, id, &proposals).unwrap_or_default();
        let (now, ask) = (self.chain.now(), self.ask(config, id));
        let size = miniature(config).real().height();
        let room = Room { sector_size: config.chain.sector_size, slots: size };
        for &(place, deal) in &published.deals {
            let agreement = &mut self.deals.agreements[ids[place].index()];
            agreement.stage = Stage::Published;
            agreement.published = Some(now);
            agreement.deal = Some(deal);
            let load = agreement.load.expect("agreed");
            self.deals.by_deal.insert(deal, ids[place]);
            self.deals.providers[id.index()].published(load, now, ask, &room, &config.chain.policy);
        }
        for (place, agreement) in ids.iter().enumerate() {
            if !published.deals.iter().any(|(taken, _)| *taken == place) {
                self.comes_to_nothing(config, *agreement, Reason::Refused);
            }
        }
    }

    fn seal_deals(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        packing: &Packing,
        draws: &Draws,
        wishes: &mut Vec<Wish>,
    ) {
        let plans = self.operator_config(config, id);
        let sector = self.miners[id.index()].operator.next_sector();
        let mut pieces = Vec::with_capacity(packing.loads().len());
        for load in packing.loads() {
            let agreement = &mut self.deals.agreements[load.id.index()];
            agreement.sector = Some(sector);
            let key = self.deals.pieces[agreement.piece.index()].key;
            pieces.push(StoredPiece { height: load.height, key });
        }
        self.vault.pack(id, sector, pieces);
        let view = view(&self.chain, config, id, draws);
        self.miners[id.index()].operator.seal_for(packing.contract(), plans, &view, wishes);
        let free_at = self.chain.now() + plans.sealing.max(Epochs::ONE);
        self.deals.providers[id.index()].sealing(sector, packing, free_at);
    }

    /// Sealing is over: what was streamed is in the replica.
    pub(in crate::world) fn deals_sealed(&mut self, id: MinerId, sector: SectorNumber) {
        for agreement in self.deals_in(id, sector) {
            let state = &self.deals.agreements[agreement.index()];
            if state.stage == Stage::Published && !state.is_void {
                self.has_bytes(agreement);
            }
        }
    }

    fn deals_in(&self, id: MinerId, sector: SectorNumber) -> Vec<AgreementId> {
        self.deals
            .providers
            .get(id.index())
            .map_or(Vec::new(), |provider| provider.in_sector(sector).to_vec())
    }

    /// What sectors hold, of those that hold deals.
    pub(in crate::world) fn manifests(&self, id: MinerId, sectors: &[SectorNumber]) -> Vec<SectorManifest> {
        let mut manifests = Vec::new();
        for precommit in self.chain.miner(id).precommits() {
            let sector = precommit.info.number;
            let inside = if sectors.contains(&sector) { self.deals_in(id, sector) } else { Vec::new() };
            if !inside.is_empty() {
                let pieces = inside.iter().filter_map(|id| self.piece_manifest(*id)).collect();
                manifests.push(SectorManifest { sector, expiration: precommit.info.expiration, pieces });
            }
        }
        manifests
    }

    fn piece_manifest(&self, id: AgreementId) -> Option<PieceManifest> {
        let agreement = &self.deals.agreements[id.index()];
        let proposal = agreement.proposal.as_ref()?;
        let is_good = !agreement.is_void && proposal.start >= self.chain.now();
        let deal = agreement.deal.filter(|_| is_good);
        let allocation = deal.and_then(|deal| self.chain.market().deal(deal)?.allocation);
        let allocation = allocation.map(|allocation| (proposal.client, allocation));
        Some(PieceManifest { piece: proposal.piece, size: proposal.size, allocation, deal })
    }

    /// A sector was proven, or will never be.
    pub(in crate::world) fn deals_proven(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        sectors: &[SectorNumber],
        holds: bool,
    ) {
        let (now, ask) = (self.chain.now(), self.ask(config, id));
        for &sector in sectors {
            for agreement in self.deals_in(id, sector) {
                let state = &mut self.deals.agreements[agreement.index()];
                let deal = state.deal.and_then(|deal| self.chain.market().deal(deal));
                if !holds || state.is_void || deal.is_none_or(|deal| deal.place.is_none()) {
                    self.is_void(config, agreement);
                    continue;
                }
                state.stage = Stage::Active;
                state.active = Some(now);
                let proposal = state.proposal.as_ref().expect("agreed");
                let (start, end, piece) = (proposal.start, proposal.end, state.piece);
                self.deals.providers[id.index()].activated(agreement, start, end, now, ask);
                let client = self.deals.pieces[piece.index()].client;
                let settings = self.client_config(config, client);
                self.deals.clients[client.index()].client.deal_active(agreement, end, now, settings);
                self.deals.stirred_clients.insert(client);
                self.piece_protected(config, piece);
            }
        }
    }

    fn settle_deals(&mut self, config: &FilecoinConfig, id: MinerId, ids: &[AgreementId]) {
        let deals: Vec<_> = ids.iter().filter_map(|id| self.deals.agreements[id.index()].deal).collect();
        let deals: Vec<_> = deals.into_iter().filter(|id| self.chain.market().deal(*id).is_some()).collect();
        if deals.is_empty() {
            return;
        }
        self.pay_gas(config, id, config.gas.settle, deals.len());
        self.chain.settle(&config.chain, &deals);
        self.deals_over(config);
        let proposal = self.deals.agreements[ids[0].index()].proposal.clone().expect("agreed");
        self.take_back(&proposal);
    }

    fn has_to_have_started(&mut self, config: &FilecoinConfig, id: AgreementId) {
        match self.deals.agreements[id.index()].stage {
            Stage::Published => self.is_void(config, id),
            Stage::Agreed => self.comes_to_nothing(config, id, Reason::StartsTooSoon),
            _ => {}
        }
    }

    /// A miner ends all its sectors that can be ended now, and the rest later.
    fn miner_leaves(&mut self, config: &FilecoinConfig, id: MinerId) {
        let now = self.chain.now();
        let holdings = self.chain.miner(id).holdings();
        let live = holdings.sectors().filter(|sector| sector.standing.is_live());
        let (ready, later): (Vec<&Sector>, Vec<&Sector>) =
            live.partition(|sector| holdings.calendar().is_mutable(sector.deadline, now));
        let ready: Vec<SectorNumber> = ready.iter().map(|sector| sector.number).collect();
        let is_done = later.is_empty();
        self.miners[id.index()].operator.stop();
        if !ready.is_empty() {
            self.pay_gas(config, id, config.gas.declaration, 1);
            self.chain.terminate(&config.chain, id, &ready).expect("they may be ended now");
            self.data_terminated(config, id, &ready);
            self.sectors_gone(config, id, &ready);
        }
        for agreement in (0..self.deals.agreements.len() as u32).map(AgreementId) {
            let state = &self.deals.agreements[agreement.index()];
            if state.miner == Some(id) && state.sector.is_none() {
                match state.stage {
                    Stage::Agreed | Stage::Received => {
                        self.comes_to_nothing(config, agreement, Reason::Closed)
                    }
                    Stage::Published => self.is_void(config, agreement),
                    _ => {}
                }
            }
        }
        if !is_done || self.miners[id.index()].operator.is_sealing() {
            self.deals.providers[id.index()].leave_again(now + Epochs::from_hours(2));
        }
    }

    /// Sectors are over, by whatever cause.
    pub(in crate::world) fn sectors_gone(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        sectors: &[SectorNumber],
    ) {
        self.deals_over(config);
        for &sector in sectors {
            self.vault.drop(id, sector);
            for agreement in self.deals_in(id, sector) {
                let state = &self.deals.agreements[agreement.index()];
                match state.stage {
                    Stage::Published => self.is_void(config, agreement),
                    _ => self.copy_goes(config, agreement),
                }
            }
            if let Some(provider) = self.deals.providers.get_mut(id.index()) {
                provider.sector_ended(sector);
            }
        }
    }

    /// Deals that ended, as the market tells.
    pub(in crate::world) fn deals_over(&mut self, config: &FilecoinConfig) {
        for end in self.chain.take_deal_ends() {
            let DealEnd { id, deal, fate, returned, burnt } = end;
            let Some(agreement) = self.deals.by_deal.remove(&id) else { continue };
            let (now, state) = (self.chain.now(), &mut self.deals.agreements[agreement.index()]);
            let was_open = state.stage.is_open() && !state.is_void;
            state.ended = Some(now.min(deal.proposal.end.max(state.agreed)));
            (state.paid, state.returned, state.burnt) = (deal.paid, returned, burnt);
            self.copy_goes(config, agreement);
            let state = &mut self.deals.agreements[agreement.index()];
            state.stage = Stage::Over(fate);
            let (piece, purpose) = (state.piece, state.purpose);
            if was_open {
                self.released(agreement);
            }
            if fate == crate::filecoin::market::Fate::Completed {
                let wanted = &mut self.deals.pieces[piece.index()].wanted;
                *wanted = wanted.saturating_sub(1);
            }
            self.not_renewed(purpose, agreement);
            self.take_back(&deal.proposal);
            self.look_after(config, piece);
        }
    }

    /// A renewal that never came to be leaves the place that it was to take.
    fn not_renewed(&mut self, purpose: Purpose, id: AgreementId) {
        let state = &self.deals.agreements[id.index()];
        if matches!(purpose, Purpose::Renew(_)) && state.active.is_none() {
            let wanted = &mut self.deals.pieces[state.piece.index()].wanted;
            *wanted = wanted.saturating_sub(1).max(1);
        }
    }

    /// What was agreed will not be published.
    pub(super) fn comes_to_nothing(&mut self, config: &FilecoinConfig, id: AgreementId, reason: Reason) {
        let state = &self.deals.agreements[id.index()];
        let (was, piece, purpose) = (state.stage, state.piece, state.purpose);
        let proposal = state.proposal.clone().expect("agreed");
        self.copy_goes(config, id);
        let now: Epoch = self.chain.now();
        let state = &mut self.deals.agreements[id.index()];
        state.stage = Stage::Refused(reason);
        state.ended = Some(now);
        let provider = &mut self.deals.providers[proposal.provider.index()];
        provider.forget(id, was != Stage::Agreed);
        self.released(id);
        // Whoever publishes has given the reserve back already.
        if reason != Reason::Refused {
            self.unreserve(&proposal);
        }
        self.not_renewed(purpose, id);
        self.take_back(&proposal);
        self.look_after(config, piece);
    }

    /// Nothing will come of a published deal; the market will say so when it looks after it.
    pub(super) fn is_void(&mut self, config: &FilecoinConfig, id: AgreementId) {
        let state = &self.deals.agreements[id.index()];
        if state.is_void || state.stage != Stage::Published {
            return;
        }
        let (piece, miner, sector) = (state.piece, state.miner.expect("published"), state.sector);
        self.copy_goes(config, id);
        self.deals.agreements[id.index()].is_void = true;
        self.deals.providers[miner.index()].forget(id, true);
        self.released(id);
        if let Some(sector) = sector {
            let void = |id: &AgreementId| self.deals.agreements[id.index()].is_void;
            if self.deals_in(miner, sector).iter().all(void) {
                self.miners[miner.index()].operator.abandon(sector);
            }
        }
        self.look_after(config, piece);
    }

    fn released(&mut self, id: AgreementId) {
        let state = &self.deals.agreements[id.index()];
        let (miner, load) = (state.miner.expect("agreed"), state.load.expect("agreed"));
        self.deals.providers[miner.index()].released(id, load.size);
    }
}
