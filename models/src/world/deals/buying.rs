//! Files become pieces, and pieces are offered: who would store a copy, at which price, and who is chosen.
//!
//! A provider puts up a fifth more than the least collateral, as Boost's client asks, so that the deal is valid
//! still when it is published. Price of an epoch: the agreed price of a GiB times the padded size, rounded down.
//!
//! Source: filecoin-project/boost, cmd/boost/deal_cmd.go (provider collateral), go-fil-markets, storagemarket (asks).

use super::{Agreement, File, Piece, Purpose, Stage};
use crate::agents::negotiation::{Reason, Seller};
use crate::agents::storage_client::{ClientConfig, Placement};
use crate::agents::storage_provider::{Load, Request};
use crate::config::FilecoinConfig;
use crate::filecoin::collateral::min_provider_collateral;
use crate::filecoin::ledger::Party;
use crate::filecoin::market::proposal::DealProposal;
use crate::filecoin::miner::sector::Standing;
use crate::filecoin::piece::cid::PieceCid;
use crate::filecoin::piece::miniature::{ContentKey, Miniature};
use crate::filecoin::piece::node::sha254_pair;
use crate::filecoin::piece::size::PieceHeight;
use crate::ids::{AgreementId, ClientId, FileId, MinerId, PieceId};
use crate::units::{AttoFil, Power};
use crate::world::filecoin::FilecoinWorld;
use sim_core::draws::Draws;
use std::collections::{BTreeMap, BTreeSet};

/// Who was chosen, and at which price.
struct Match {
    miner: MinerId,
    rate: AttoFil,
}

/// A copy that is to be bought.
#[derive(Clone, Copy)]
struct Lot {
    piece: PieceId,
    client: ClientId,
    request: Request,
    collateral: AttoFil,
    purpose: Purpose,
    /// How many were sold or offered of the piece before.
    number: u64,
}

impl FilecoinWorld {
    /// A file is there to be stored.
    pub(super) fn file_comes(&mut self, config: &FilecoinConfig, id: ClientId, number: u64, draws: &Draws) {
        let (settings, now) = (self.client_config(config, id), self.chain.now());
        let file = FileId(self.deals.files.len() as u32);
        let seat = &mut self.deals.clients[id.index()];
        let size = seat.client.size(number, settings, draws);
        self.deals.files.push(File { client: id, number, size, arrived: now, piece: None, lost: None });
        let Some(limit) = settings.batch else {
            return self.offer(config, id, &[file], draws);
        };
        let waiting: u64 = seat.batch.iter().map(|file| self.deals.files[file.index()].size).sum();
        // What does not fit any more begins the next batch.
        if waiting > 0 && waiting + size > limit {
            self.close_batch(config, id, draws);
        }
        let seat = &mut self.deals.clients[id.index()];
        seat.client.file_waits(file, number, seat.batch.is_empty(), now, settings, draws);
        seat.batch.push(file);
        let waiting: u64 = seat.batch.iter().map(|file| self.deals.files[file.index()].size).sum();
        if waiting >= limit {
            self.close_batch(config, id, draws);
        }
    }

    /// The first file of a batch has waited long enough.
    pub(super) fn batch_is_due(
        &mut self,
        config: &FilecoinConfig,
        id: ClientId,
        first: FileId,
        draws: &Draws,
    ) {
        if self.deals.clients[id.index()].batch.first() == Some(&first) {
            self.close_batch(config, id, draws);
        }
    }

    fn close_batch(&mut self, config: &FilecoinConfig, id: ClientId, draws: &Draws) {
        let files = std::mem::take(&mut self.deals.clients[id.index()].batch);
        if !files.is_empty() {
            self.offer(config, id, &files, draws);
        }
    }

    /// Files become a piece, and as many copies of it are bought as their client wants.
    fn offer(&mut self, config: &FilecoinConfig, id: ClientId, files: &[FileId], draws: &Draws) {
        let settings = self.client_config(config, id);
        let piece = self.make_piece(config, id, files, draws);
        for _ in 0..settings.replicas {
            // Why not is in the agreement.
            let _ = self.buy(config, piece, Purpose::Store, draws);
        }
        self.look_after(config, piece);
    }

    fn make_piece(
        &mut self,
        config: &FilecoinConfig,
        id: ClientId,
        files: &[FileId],
        draws: &Draws,
    ) -> PieceId {
        let (settings, now) = (self.client_config(config, id), self.chain.now());
        let piece = PieceId(self.deals.pieces.len() as u32);
        let client = &mut self.deals.clients[id.index()].client;
        let (mut payload, mut contents) = (0, Vec::new());
        for file in files {
            let file = &mut self.deals.files[file.index()];
            file.piece = Some(piece);
            payload += file.size;
            contents.push(client.content(file.number, draws));
        }
        let number = self.deals.files[files[0].index()].number;
        let height = PieceHeight::of_payload(payload);
        let key = ContentKey::of(contents.iter().map(|bytes| &bytes[..]));
        // What is larger than a sector is offered to nobody in vain: its name does not matter.
        let least = height.min(miniature(config).nominal());
        let mut nodes = key.expand(miniature(config).slots(least));
        while nodes.len() > 1 {
            nodes = nodes.chunks_exact(2).map(|pair| sha254_pair(&pair[0], &pair[1])).collect();
        }
        client.piece_made(piece, number, now, settings, draws);
        self.deals.pieces.push(Piece {
            client: id,
            number,
            payload,
            size: height.padded_bytes(),
            verified: client.is_verified(number, settings, draws),
            key,
            cid: PieceCid::V1 { root: nodes[0] },
            own: true,
            copies: BTreeSet::new(),
            wanted: settings.replicas,
            lots: 0,
            agreements: Vec::new(),
            held: None,
            protected: None,
            lost: None,
        });
        piece
    }

    /// A deal in the place of one that is about to end; tried again a day later if it comes to nothing.
    pub(super) fn renew(&mut self, config: &FilecoinConfig, id: ClientId, old: AgreementId, draws: &Draws) {
        let agreement = &self.deals.agreements[old.index()];
        let Some(proposal) = agreement.proposal.as_ref().filter(|_| agreement.stage == Stage::Active) else {
            return;
        };
        let (piece, end, now) = (agreement.piece, proposal.end, self.chain.now());
        match self.buy(config, piece, Purpose::Renew(old), draws) {
            // The old one leaves its place to it when it is over.
            Ok(()) => self.deals.pieces[piece.index()].wanted += 1,
            Err(_) => self.deals.clients[id.index()].client.renew_again(old, end, now),
        }
    }

    /// Whoever watches buys the copies that are missing.
    pub(super) fn repair(&mut self, config: &FilecoinConfig, piece: PieceId, draws: &Draws) {
        if self.deals.pieces[piece.index()].lost.is_some() {
            return;
        }
        let seen = self.deals.pieces[piece.index()].agreements.iter().filter(|id| self.looks_good(**id));
        let missing = u64::from(self.deals.pieces[piece.index()].wanted).saturating_sub(seen.count() as u64);
        for _ in 0..missing {
            let _ = self.buy(config, piece, Purpose::Repair, draws);
        }
        self.look_after(config, piece);
    }

    /// If copies are missing, somebody looks again.
    pub(super) fn look_after(&mut self, config: &FilecoinConfig, piece: PieceId) {
        let state = &self.deals.pieces[piece.index()];
        let is_there = |id: &&AgreementId| {
            let agreement = &self.deals.agreements[id.index()];
            agreement.stage.is_open()
                && !agreement.is_void
                && (agreement.stage != Stage::Active || state.copies.contains(id))
        };
        let (client, there) = (state.client, state.agreements.iter().filter(is_there).count());
        if state.lost.is_none() && there < state.wanted as usize {
            let (settings, now) = (self.client_config(config, client), self.chain.now());
            self.deals.clients[client.index()].client.copy_missing(piece, now, settings);
            self.deals.stirred_clients.insert(client);
        }
    }

    /// Whether a copy is there or coming, as far as the chain shows: a loss is seen when its sector is faulty.
    fn looks_good(&self, id: AgreementId) -> bool {
        let agreement = &self.deals.agreements[id.index()];
        if agreement.stage != Stage::Active {
            return agreement.stage.is_open() && !agreement.is_void;
        }
        let (Some(miner), Some(sector)) = (agreement.miner, agreement.sector) else { return false };
        let sector = self.chain.miner(miner).holdings().sector(sector);
        sector.is_some_and(|sector| matches!(sector.standing, Standing::Active | Standing::Unproven))
    }

    /// Seeks a deal for one more copy. Whatever comes of it is a row of the table of deals.
    fn buy(
        &mut self,
        config: &FilecoinConfig,
        piece: PieceId,
        purpose: Purpose,
        draws: &Draws,
    ) -> Result<(), Reason> {
        let lot = self.lot(config, piece, purpose);
        let id = AgreementId(self.deals.agreements.len() as u32);
        self.deals.pieces[piece.index()].lots += 1;
        self.deals.pieces[piece.index()].agreements.push(id);
        let found = self.find(config, &lot, draws);
        self.deals.agreements.push(Agreement {
            piece,
            purpose,
            stage: found.as_ref().err().map_or(Stage::Agreed, |reason| Stage::Refused(*reason)),
            is_void: false,
            miner: None,
            rate: None,
            proposal: None,
            load: None,
            deal: None,
            sector: None,
            agreed: self.chain.now(),
            received: None,
            published: None,
            active: None,
            ended: None,
            paid: AttoFil::ZERO,
            returned: AttoFil::ZERO,
            burnt: AttoFil::ZERO,
        });
        self.agree(config, id, &lot, &found?);
        Ok(())
    }

    fn lot(&self, config: &FilecoinConfig, piece: PieceId, purpose: Purpose) -> Lot {
        let state = &self.deals.pieces[piece.index()];
        let (settings, view) =
            (self.client_config(config, state.client), self.chain.market_view(&config.chain));
        let mut start = view.now + settings.start_delay;
        if let Purpose::Renew(old) = purpose {
            let before = self.deals.agreements[old.index()].proposal.as_ref();
            start = start.max(before.map_or(start, |before| before.end));
        }
        let size = Power::new(i128::from(state.size));
        let least =
            min_provider_collateral(view.policy, size, view.raw_power, view.baseline, view.circulating);
        Lot {
            piece,
            client: state.client,
            request: Request {
                size: state.size,
                verified: state.verified,
                start,
                end: start + settings.duration,
            },
            collateral: least.floor_mul(6, 5),
            purpose,
            number: state.lots,
        }
    }

    fn find(&self, config: &FilecoinConfig, lot: &Lot, draws: &Draws) -> Result<Match, Reason> {
        let (piece, settings) =
            (&self.deals.pieces[lot.piece.index()], self.client_config(config, lot.client));
        let seat = &self.deals.clients[lot.client.index()];
        if !piece.own && piece.copies.is_empty() {
            return Err(Reason::NoSource);
        }
        let cap = self.chain.registry().data_cap(lot.client).saturating_sub(seat.reserved_cap);
        if lot.request.verified && cap < lot.request.size {
            return Err(Reason::DataCap);
        }
        let sellers = self.sellers(config, lot)?;
        let mut offers = self.prices(config, settings, lot, sellers)?;
        let chosen = match settings.placement {
            Placement::Random => seat.client.choice(piece.number, lot.number, offers.len(), draws),
            Placement::Cheapest | Placement::Spread => {
                let lowest = offers.iter().map(|offer| offer.rate).min().expect("somebody offers");
                offers.retain(|offer| offer.rate == lowest);
                seat.client.choice(piece.number, lot.number, offers.len(), draws)
            }
        };
        let offer = offers.swap_remove(chosen);
        let needed =
            epoch_price(offer.rate, lot.request.size) * (lot.request.end - lot.request.start).count();
        let party = Party::Client(lot.client);
        if self.chain.ledger().balance(party.wallet()) < needed {
            return Err(Reason::ClientFunds);
        }
        Ok(offer)
    }

    /// Who would store it, or the reason that most have why not.
    fn sellers(&self, config: &FilecoinConfig, lot: &Lot) -> Result<Vec<Seller>, Reason> {
        let taken: BTreeSet<MinerId> = self.holders(lot).collect();
        let (now, first) = (self.chain.now(), config.chain.start.epoch);
        let rules = (&config.chain.policy, config.chain.sector_size);
        let (mut sellers, mut refusals) = (Vec::new(), BTreeMap::new());
        for id in (0..self.miners.len() as u32).map(MinerId) {
            let ask = self.ask(config, id);
            if !ask.takes_any() {
                continue;
            }
            let quote =
                self.deals.providers[id.index()].quote(id, ask, &lot.request, rules, (now, now - first));
            let wallet = self.chain.ledger().balance(Party::Miner(id).wallet());
            let quote = match quote {
                Ok(_) if taken.contains(&id) => Err(Reason::HasCopy),
                Ok(_) if wallet < lot.collateral => Err(Reason::ProviderFunds),
                quote => quote,
            };
            match quote {
                Ok(seller) => sellers.push(seller),
                Err(reason) => *refusals.entry(reason).or_insert(0_u32) += 1,
            }
        }
        if sellers.is_empty() { Err(most(&refusals).unwrap_or(Reason::NoMiner)) } else { Ok(sellers) }
    }

    /// Miners that have a copy of the piece or are about to, the one of a deal that is to be renewed apart.
    fn holders<'a>(&'a self, lot: &'a Lot) -> impl Iterator<Item = MinerId> + 'a {
        let agreements = self.deals.pieces[lot.piece.index()].agreements.iter();
        agreements.filter_map(move |id| {
            let agreement = self.deals.agreements.get(id.index())?;
            let counts = agreement.stage.is_open() && lot.purpose != Purpose::Renew(*id);
            agreement.miner.filter(|_| counts)
        })
    }

    /// What each of them would take, by the client's rule. Spread: of those in regions without a copy, if any of them is
    /// cheap enough.
    fn prices(
        &self,
        config: &FilecoinConfig,
        settings: &ClientConfig,
        lot: &Lot,
        sellers: Vec<Seller>,
    ) -> Result<Vec<Match>, Reason> {
        let offers = |sellers: &[Seller]| {
            let (mut offers, mut refusals) = (Vec::new(), BTreeMap::new());
            let prices = settings.negotiation.rule().prices(settings.limit, sellers);
            for (seller, price) in sellers.iter().zip(prices) {
                match price {
                    Ok(rate) => offers.push(Match { miner: seller.miner, rate }),
                    Err(reason) => *refusals.entry(reason).or_insert(0_u32) += 1,
                }
            }
            if offers.is_empty() { Err(most(&refusals).expect("somebody sells")) } else { Ok(offers) }
        };
        if settings.placement == Placement::Spread {
            let region = |id: MinerId| self.ask(config, id).region;
            let taken: BTreeSet<Option<u16>> = self.holders(lot).map(region).collect();
            let fresh = sellers.iter().filter(|seller| !taken.contains(&region(seller.miner)));
            let fresh: Vec<Seller> = fresh.copied().collect();
            if let Ok(found) = offers(&fresh).or_else(|_| offers(&sellers)) {
                return Ok(found);
            }
        }
        offers(&sellers)
    }

    /// Both sides put up what the deal needs, and the bytes begin to come.
    fn agree(&mut self, config: &FilecoinConfig, id: AgreementId, lot: &Lot, found: &Match) {
        let (miner, now) = (found.miner, self.chain.now());
        let piece = &self.deals.pieces[lot.piece.index()];
        let (cid, payload) = (piece.cid, piece.payload);
        let Request { size, verified, start, end } = lot.request;
        let proposal = DealProposal {
            piece: cid,
            size,
            verified,
            client: lot.client,
            provider: miner,
            label: id.0.to_le_bytes().to_vec(),
            start,
            end,
            price: epoch_price(found.rate, size),
            provider_collateral: lot.collateral,
            client_collateral: AttoFil::ZERO,
        };
        let height = PieceHeight::of_padded(size).expect("a piece has a size of its own");
        let load = Load { id, height: miniature(config).slots(height), size, verified, start, end };
        self.reserve(&proposal);
        let settings = self.client_config(config, lot.client);
        let client = &mut self.deals.clients[lot.client.index()].client;
        // Who renews with the same miner has nothing to send.
        let has_it = |held: &AgreementId| self.deals.agreements[held.index()].miner == Some(miner);
        let is_there = self.deals.pieces[lot.piece.index()].copies.iter().any(has_it);
        let line = (now, client.line_free, settings.uplink);
        let bytes = if is_there { 0 } else { payload };
        let ask = config.deals.ask(self.miners[miner.index()].group);
        let arrives = self.deals.providers[miner.index()].accept(&load, bytes, ask, line);
        if settings.uplink.is_some() && bytes > 0 {
            client.line_free = arrives;
        }
        let agreement = &mut self.deals.agreements[id.index()];
        agreement.miner = Some(miner);
        agreement.rate = Some(found.rate);
        agreement.proposal = Some(proposal);
        agreement.load = Some(load);
        self.deals.stirred_miners.insert(miner);
    }

    /// Money and data cap of a proposal are set aside until it is published.
    fn reserve(&mut self, proposal: &DealProposal) {
        let [client, provider] = proposal.parties();
        for (party, amount) in
            [(client, proposal.client_requirement()), (provider, proposal.provider_collateral)]
        {
            if !amount.is_zero() {
                self.chain.add_escrow(party, amount).expect("the wallet was looked at");
            }
        }
        self.change_reserve(proposal, 1);
    }

    /// What was set aside for a proposal is locked by the market, or free.
    pub(super) fn unreserve(&mut self, proposal: &DealProposal) {
        self.change_reserve(proposal, -1);
    }

    fn change_reserve(&mut self, proposal: &DealProposal, sign: i64) {
        let seat = &mut self.deals.clients[proposal.client.index()];
        seat.reserved += proposal.client_requirement() * sign;
        self.deals.reserved[proposal.provider.index()] += proposal.provider_collateral * sign;
        if proposal.verified {
            let cap = &mut seat.reserved_cap;
            *cap = if sign > 0 { *cap + proposal.size } else { *cap - proposal.size };
        }
    }

    /// What is neither locked nor set aside goes back into the wallets of both sides.
    pub(super) fn take_back(&mut self, proposal: &DealProposal) {
        let client = self.deals.clients[proposal.client.index()].reserved;
        let provider = self.deals.reserved[proposal.provider.index()];
        for (party, reserved) in proposal.parties().into_iter().zip([client, provider]) {
            let free = (self.chain.free_escrow(party) - reserved).at_least_zero();
            self.chain.withdraw_escrow(party, free).expect("not negative");
        }
    }
}

/// A sector of the chain as it is really computed.
pub(super) fn miniature(config: &FilecoinConfig) -> Miniature {
    let nominal = PieceHeight::of_padded(config.chain.sector_size).expect("a sector has a size of its own");
    Miniature::new(config.proofs.size, nominal).expect("every real size is below every nominal one")
}

/// Price of an epoch at so much for a GiB.
fn epoch_price(rate: AttoFil, size: u64) -> AttoFil {
    rate.floor_mul(i128::from(size), 1 << 30)
}

/// The reason that most have; of equally frequent ones the first.
fn most(refusals: &BTreeMap<Reason, u32>) -> Option<Reason> {
    let most = refusals.values().max()?;
    refusals.iter().find(|(_, count)| *count == most).map(|(reason, _)| *reason)
}
