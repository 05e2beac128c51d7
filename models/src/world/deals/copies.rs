//! Who has the bytes of a piece: its client, and miners; and when the last of them went.

use super::{Piece, Stage};
use crate::agents::negotiation::Reason;
use crate::agents::storage_miner::Operator;
use crate::config::FilecoinConfig;
use crate::filecoin::miner::sector::SectorNumber;
use crate::ids::{AgreementId, ClientId, FileId, MinerId, PieceId};
use crate::units::Epoch;
use crate::world::filecoin::FilecoinWorld;

impl Piece {
    fn look(&mut self, now: Epoch) {
        if !self.own && self.copies.is_empty() && self.lost.is_none() {
            self.lost = Some(now);
        }
    }
}

impl FilecoinWorld {
    /// The miner of an agreement has its bytes.
    pub(super) fn has_bytes(&mut self, id: AgreementId) {
        let now = self.chain.now();
        let piece = &mut self.deals.pieces[self.deals.agreements[id.index()].piece.index()];
        if piece.lost.is_none() && piece.copies.insert(id) {
            piece.held.get_or_insert(now);
        }
    }

    /// The bytes of an agreement are gone, or nobody's promise any more.
    pub(super) fn copy_goes(&mut self, config: &FilecoinConfig, id: AgreementId) {
        let (now, place) = (self.chain.now(), self.deals.agreements[id.index()].piece);
        let piece = &mut self.deals.pieces[place.index()];
        if !piece.copies.remove(&id) {
            return;
        }
        piece.look(now);
        if piece.lost.is_some() {
            self.without_source(config, place);
        }
    }

    /// The bytes of sectors are gone; for good if their miner never restores what it loses.
    pub(in crate::world) fn sectors_lost(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        sectors: &[SectorNumber],
    ) {
        let plans = self.operator_config(config, id);
        let Some(provider) = self.deals.providers.get(id.index()) else { return };
        if !Operator::never_repairs(plans) {
            return;
        }
        let inside = sectors.iter().flat_map(|sector| provider.in_sector(*sector).to_vec());
        for agreement in inside.collect::<Vec<AgreementId>>() {
            self.copy_goes(config, agreement);
            let piece = self.deals.agreements[agreement.index()].piece;
            self.look_after(config, piece);
        }
    }

    /// A piece is in a proven sector. Its client keeps its own copy until all copies that it wants are.
    pub(super) fn piece_protected(&mut self, config: &FilecoinConfig, id: PieceId) {
        let now = self.chain.now();
        let piece = &mut self.deals.pieces[id.index()];
        piece.protected.get_or_insert(now);
        let client = piece.client;
        let is_active = |id: &&AgreementId| self.deals.agreements[id.index()].stage == Stage::Active;
        let piece = &self.deals.pieces[id.index()];
        let is_complete = piece.copies.iter().filter(is_active).count() >= piece.wanted as usize;
        if is_complete && piece.own && !self.client_config(config, client).keeps_copy {
            self.own_copy_goes(config, id);
        }
    }

    /// The client's copy of a file that waits for its batch is gone.
    pub(super) fn own_file_fails(&mut self, id: ClientId, file: FileId) {
        let now = self.chain.now();
        let state = &mut self.deals.files[file.index()];
        if state.piece.is_none() {
            state.lost = Some(now);
            self.deals.clients[id.index()].batch.retain(|other| *other != file);
        }
    }

    /// The client's copy of a piece is gone.
    pub(super) fn own_copy_goes(&mut self, config: &FilecoinConfig, id: PieceId) {
        let now = self.chain.now();
        let piece = &mut self.deals.pieces[id.index()];
        if !piece.own {
            return;
        }
        piece.own = false;
        piece.look(now);
        if piece.lost.is_some() {
            self.without_source(config, id);
        }
    }

    /// Nobody has the bytes: what was agreed and has not got them comes to nothing.
    fn without_source(&mut self, config: &FilecoinConfig, id: PieceId) {
        for agreement in self.deals.pieces[id.index()].agreements.clone() {
            match self.deals.agreements.get(agreement.index()).map(|agreement| agreement.stage) {
                Some(Stage::Agreed | Stage::Received) => {
                    self.comes_to_nothing(config, agreement, Reason::NoSource);
                }
                Some(Stage::Published) => self.is_void(config, agreement),
                _ => {}
            }
        }
    }
}
