//! The storage market in a running world: clients, what they have stored, what they and miners agreed on.
//!
//! ```text
//!   file ──> piece ──> agreement ── bytes come ── published ── packed, sealed, proven ── settled ──> over
//!            (batch)   buying.rs    storing.rs
//!                      copies.rs: who has the bytes of a piece, and when the last of them went
//! ```
//!
//! A copy of a piece counts as long as its miner has the bytes and the deal is neither over nor terminated: what a miner
//! may still hold of a deal that nobody pays is nobody's promise. A piece is lost when neither its client nor any miner
//! has it.

mod buying;
mod copies;
mod storing;
mod surplus;

pub(crate) use surplus::Surplus;

use super::filecoin::FilecoinWorld;
use crate::agents::negotiation::Reason;
use crate::agents::storage_client::{Client, ClientConfig, Want, day_yield};
use crate::agents::storage_provider::{AskConfig, Load, Provider};
use crate::config::{DealsConfig, FilecoinConfig};
use crate::filecoin::ledger::{Account, Book, Party, Reason as MoneyReason};
use crate::filecoin::market::proposal::DealProposal;
use crate::filecoin::market::{DealId, Fate};
use crate::filecoin::miner::sector::SectorNumber;
use crate::filecoin::piece::cid::PieceCid;
use crate::filecoin::piece::miniature::ContentKey;
use crate::ids::{AgreementId, ClientId, FileId, MinerId, PieceId};
use crate::packed::Packed;
use crate::units::{AttoFil, Epoch};
use serde::{Deserialize, Serialize};
use sim_core::draws::{Draws, Entity};
use sim_core::queue::Handle;
use std::collections::{BTreeMap, BTreeSet};

/// A simulated client.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ClientSeat {
    /// `group/number`.
    pub(crate) name: String,
    /// Number of its group.
    pub(crate) group: usize,
    client: Client,
    pub(super) wake: Option<(Epoch, Handle)>,
    /// What it owned when the books were last closed.
    opening: AttoFil,
    /// Escrow for what was agreed and is not published.
    reserved: AttoFil,
    /// Data cap for the same.
    reserved_cap: u64,
    /// Files that wait for their batch.
    batch: Vec<FileId>,
}

/// A file that a client wants stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct File {
    pub(crate) client: ClientId,
    pub(crate) number: u64,
    pub(crate) size: u64,
    pub(crate) arrived: Epoch,
    /// The piece that it became part of.
    pub(crate) piece: Option<PieceId>,
    /// When its client lost it while it waited.
    pub(crate) lost: Option<Epoch>,
}

/// A piece as it is offered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Piece {
    pub(crate) client: ClientId,
    /// Number of its first file: the stable part of its draws.
    number: u64,
    payload: u64,
    /// Padded bytes.
    pub(crate) size: u64,
    pub(crate) verified: bool,
    key: ContentKey,
    cid: PieceCid,
    /// Whether its client has it.
    pub(crate) own: bool,
    /// Miners that have it, by their agreements.
    pub(crate) copies: BTreeSet<AgreementId>,
    /// Copies that are to be there now.
    wanted: u32,
    /// Lots sold or offered so far.
    lots: u64,
    agreements: Vec<AgreementId>,
    /// When the first miner had it.
    pub(crate) held: Option<Epoch>,
    /// When it was first in a proven sector.
    pub(crate) protected: Option<Epoch>,
    pub(crate) lost: Option<Epoch>,
}

/// What an agreement is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Purpose {
    Store,
    Renew(AgreementId),
    Repair,
}

impl Purpose {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Purpose::Store => "store",
            Purpose::Renew(_) => "renew",
            Purpose::Repair => "repair",
        }
    }
}

/// Where an agreement stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Nobody agreed, or what was agreed came to nothing before it was published.
    Refused(Reason),
    Agreed,
    Received,
    Published,
    Active,
    Over(Fate),
}

impl Stage {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Stage::Refused(_) => "refused",
            Stage::Agreed => "agreed",
            Stage::Received => "received",
            Stage::Published => "published",
            Stage::Active => "active",
            Stage::Over(Fate::Completed) => "completed",
            Stage::Over(Fate::Terminated) => "terminated",
            Stage::Over(Fate::NeverActivated) => "never-activated",
        }
    }

    pub(crate) fn reason(self) -> Option<Reason> {
        match self {
            Stage::Refused(reason) => Some(reason),
            _ => None,
        }
    }

    /// Whether its client may still count on it.
    fn is_open(self) -> bool {
        matches!(self, Stage::Agreed | Stage::Received | Stage::Published | Stage::Active)
    }
}

/// A row of the table of deals.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Agreement {
    pub(crate) piece: PieceId,
    pub(crate) purpose: Purpose,
    pub(crate) stage: Stage,
    /// Published, and nothing will come of it any more.
    is_void: bool,
    pub(crate) miner: Option<MinerId>,
    /// Price of a GiB and an epoch.
    pub(crate) rate: Option<AttoFil>,
    pub(crate) proposal: Option<DealProposal>,
    load: Option<Load>,
    pub(crate) deal: Option<DealId>,
    pub(crate) sector: Option<SectorNumber>,
    pub(crate) agreed: Epoch,
    pub(crate) received: Option<Epoch>,
    pub(crate) published: Option<Epoch>,
    pub(crate) active: Option<Epoch>,
    pub(crate) ended: Option<Epoch>,
    pub(crate) paid: AttoFil,
    pub(crate) returned: AttoFil,
    pub(crate) burnt: AttoFil,
}

/// A day of a client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ClientDay {
    pub(crate) day: u32,
    pub(crate) client: ClientId,
    pub(crate) opening: AttoFil,
    pub(crate) closing: AttoFil,
    pub(crate) book: Book,
    pub(crate) wallet: AttoFil,
    pub(crate) escrow: AttoFil,
    pub(crate) locked: AttoFil,
}

/// Clients and the market side of miners; empty without clients.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct DealsWorld {
    pub(crate) clients: Vec<ClientSeat>,
    pub(super) providers: Vec<Provider>,
    /// Escrow of miners for what was agreed and is not published.
    reserved: Vec<AttoFil>,
    pub(crate) files: Vec<File>,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) agreements: Vec<Agreement>,
    by_deal: BTreeMap<DealId, AgreementId>,
    pub(crate) client_days: Packed<ClientDay>,
    /// Who may have to be woken at another time than before; empty between events.
    pub(super) stirred_miners: BTreeSet<MinerId>,
    pub(super) stirred_clients: BTreeSet<ClientId>,
}

impl DealsWorld {
    pub(super) fn new(config: &DealsConfig, miners: &[(usize, Entity)], first: Epoch, draws: &Draws) -> Self {
        let mut deals = DealsWorld::default();
        if config.clients.is_empty() {
            return deals;
        }
        for (group, settings) in config.clients.iter().enumerate() {
            for member in 0..settings.count {
                let entity = Entity::named(&settings.name).member(u64::from(member));
                deals.clients.push(ClientSeat {
                    name: format!("{}/{member}", settings.name),
                    group,
                    client: Client::new(&settings.client, entity, first),
                    wake: None,
                    opening: AttoFil::ZERO,
                    reserved: AttoFil::ZERO,
                    reserved_cap: 0,
                    batch: Vec::new(),
                });
            }
        }
        for &(group, entity) in miners {
            deals.providers.push(Provider::new(config.ask(group), entity, first, draws));
            deals.reserved.push(AttoFil::ZERO);
        }
        deals
    }

    /// When a client wants to be woken next.
    pub(super) fn next_client_wake(&self, id: ClientId) -> Option<Epoch> {
        self.clients[id.index()].client.next_wake()
    }

    /// When the market side of a miner wants to be woken next.
    pub(super) fn next_provider_wake(&self, id: MinerId) -> Option<Epoch> {
        self.providers.get(id.index())?.next_wake()
    }

    /// What is wrong with its books.
    pub(super) fn check(&self, broken: &mut Vec<String>) {
        for (place, piece) in self.pieces.iter().enumerate() {
            let is_copy = |id: &AgreementId| {
                let agreement = &self.agreements[id.index()];
                agreement.stage.is_open() && !agreement.is_void && agreement.piece.index() == place
            };
            if !piece.copies.iter().all(is_copy) {
                broken.push(format!("piece {place}: a copy of a deal that is over among {:?}", piece.copies));
            }
            if piece.lost.is_some() != (!piece.own && piece.copies.is_empty()) {
                broken.push(format!("piece {place}: lost {:?}, {} copies", piece.lost, piece.copies.len()));
            }
        }
    }
}

impl FilecoinWorld {
    pub(super) fn ask<'a>(&self, config: &'a FilecoinConfig, id: MinerId) -> &'a AskConfig {
        config.deals.ask(self.miners[id.index()].group)
    }

    pub(super) fn client_config<'a>(&self, config: &'a FilecoinConfig, id: ClientId) -> &'a ClientConfig {
        &config.deals.clients[self.deals.clients[id.index()].group].client
    }

    /// Every client starts with its money and its data cap.
    pub(super) fn open_clients(&mut self, config: &FilecoinConfig) {
        for id in (0..self.deals.clients.len() as u32).map(ClientId) {
            let settings = self.client_config(config, id);
            let (capital, cap) = (settings.capital, settings.data_cap);
            self.chain.transfer(Account::Holders, Account::Client(id), capital, MoneyReason::Capital);
            if cap > 0 {
                self.chain.grant_data_cap(&config.chain, id, cap).expect("the scenario was checked");
            }
            self.deals.stirred_clients.insert(id);
        }
        for id in (0..self.deals.providers.len() as u32).map(MinerId) {
            if self.ask(config, id).takes_any() {
                let plans = self.operator_config(config, id);
                self.miners[id.index()].operator.open_for_deals(plans, config.chain.start.epoch);
            }
            self.deals.stirred_miners.insert(id);
        }
    }

    /// A client's agenda is due.
    pub(super) fn wake_client(&mut self, config: &FilecoinConfig, id: ClientId, draws: &Draws) {
        let settings = self.client_config(config, id);
        let (now, mut wants) = (self.chain.now(), Vec::new());
        self.deals.clients[id.index()].client.wake(now, settings, draws, &mut wants);
        for want in wants {
            match want {
                Want::Store(number) => self.file_comes(config, id, number, draws),
                Want::Close(file) => self.batch_is_due(config, id, file, draws),
                Want::Renew(old) => self.renew(config, id, old, draws),
                Want::Repair(piece) => self.repair(config, piece, draws),
                Want::Yield => {
                    let amount = day_yield(self.chain.ledger().owned(Party::Client(id)), settings);
                    let client = Account::Client(id);
                    self.chain.transfer(Account::Holders, client, amount, MoneyReason::Yield);
                }
                Want::LoseFile(file) => self.own_file_fails(id, file),
                Want::LosePiece(piece) => self.own_copy_goes(config, piece),
            }
        }
        self.deals_over(config);
        self.deals.stirred_clients.insert(id);
    }

    /// The books of a client's day are closed.
    pub(super) fn close_client(&mut self, id: ClientId, day: u32) {
        let party = Party::Client(id);
        let ledger = self.chain.ledger();
        let closing = ledger.owned(party);
        let seat = &mut self.deals.clients[id.index()];
        let row = ClientDay {
            day,
            client: id,
            opening: std::mem::replace(&mut seat.opening, closing),
            closing,
            book: Book::default(),
            wallet: ledger.balance(party.wallet()),
            escrow: ledger.balance(Account::Escrow(party)),
            locked: self.chain.market().locks().of(party),
        };
        let book = self.chain.ledger_mut().close_client_book(id);
        self.deals.client_days.push(&ClientDay { book, ..row });
    }
}
