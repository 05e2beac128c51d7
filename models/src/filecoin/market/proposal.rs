//! A deal as both sides signed it, and everything that makes one invalid by itself.
//!
//! Source: builtin-actors, actors/market/src/lib.rs (validate_deal) and policy.rs; the order of the checks is theirs. The
//! sizes of a piece are nominal. A client's collateral may be anything, and is never taken.

use super::MarketView;
use crate::filecoin::collateral::{DealTerm, min_provider_collateral};
use crate::filecoin::ledger::Party;
use crate::filecoin::piece::cid::PieceCid;
use crate::filecoin::piece::size::PieceHeight;
use crate::ids::{ClientId, MinerId};
use crate::units::{AttoFil, Epoch, Epochs, Power};
use serde::{Deserialize, Serialize};

/// Longest label, in bytes. Source: builtin-actors, actors/market/src/policy.rs (DEAL_MAX_LABEL_SIZE).
pub const MAX_LABEL: usize = 256;

/// What a client and a provider agree on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct DealProposal {
    /// The piece.
    pub piece: PieceCid,
    /// Its padded size in nominal bytes.
    pub size: u64,
    /// Whether data cap is spent on it.
    pub verified: bool,
    /// Who pays.
    pub client: ClientId,
    /// Who stores.
    pub provider: MinerId,
    /// Anything the client wants to find it by.
    pub label: Vec<u8>,
    /// First epoch that is paid for; by then it must be in a sector.
    pub start: Epoch,
    /// Epoch at which it ends, no longer paid for.
    pub end: Epoch,
    /// Price of an epoch.
    pub price: AttoFil,
    /// What the provider loses if it does not keep the deal.
    pub provider_collateral: AttoFil,
    /// What the client puts up besides the price; it always gets it back.
    pub client_collateral: AttoFil,
}

/// A proposal as it is published.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SignedProposal {
    /// The proposal.
    pub proposal: DealProposal,
    /// Whether the client's signature over it holds.
    pub signature_holds: bool,
}

/// Why a proposal is not published.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DealFault {
    /// The client did not sign it.
    #[error("the client's signature does not hold")]
    Signature,
    /// The label is too long.
    #[error("a label of {0} bytes, at most {MAX_LABEL}")]
    Label(usize),
    /// The piece has a size that no piece has.
    #[error("a piece of {0} padded bytes, expected a power of two from 128")]
    Size(u64),
    /// The name of the piece is not that of an unsealed commitment.
    #[error("the piece is not named by its unsealed commitment (piece CID v1)")]
    PieceCid,
    /// It ends before it starts.
    #[error("ends at epoch {end}, not after its start at {start}")]
    Ends {
        /// Its start.
        start: Epoch,
        /// Its end.
        end: Epoch,
    },
    /// It should have started.
    #[error("starts at epoch {0}, which has passed")]
    Started(Epoch),
    /// It is too short or too long.
    #[error("runs for {found}, allowed from {min} to {max}")]
    Duration {
        /// How long it runs.
        found: Epochs,
        /// The shortest.
        min: Epochs,
        /// The longest.
        max: Epochs,
    },
    /// The price is negative or more than there is.
    #[error("a price of {0:?} an epoch")]
    Price(AttoFil),
    /// The provider puts up too little or too much.
    #[error("provider collateral {found:?}, allowed from {min:?} to {max:?}")]
    ProviderCollateral {
        /// What it would put up.
        found: AttoFil,
        /// The least.
        min: AttoFil,
        /// The most.
        max: AttoFil,
    },
    /// The client's collateral is negative or more than there is.
    #[error("client collateral {0:?}")]
    ClientCollateral(AttoFil),
    /// Its provider is not that of the first proposal in the message.
    #[error("all proposals of a message have the same provider")]
    OtherProvider,
    /// The client cannot cover it, after the proposals before it in the message.
    #[error("the client's escrow does not cover it")]
    ClientFunds,
    /// The provider cannot cover it, after the proposals before it in the message.
    #[error("the provider's escrow does not cover it")]
    ProviderFunds,
    /// The same was published before, or stands in the message before.
    #[error("the same proposal was published before")]
    Duplicate,
    /// The client's data cap is too little, after the proposals before it in the message.
    #[error("the client's data cap does not cover it")]
    DataCap,
}

impl DealProposal {
    /// When it runs and what it pays.
    pub fn term(&self) -> DealTerm {
        DealTerm { start: self.start, end: self.end, price: self.price }
    }

    /// How long it runs.
    pub fn duration(&self) -> Epochs {
        self.end - self.start
    }

    /// Client and provider, in this order.
    pub fn parties(&self) -> [Party; 2] {
        [Party::Client(self.client), Party::Miner(self.provider)]
    }

    /// What the client has to have in escrow for it.
    pub fn client_requirement(&self) -> AttoFil {
        self.term().total() + self.client_collateral
    }

    /// Every check that needs no other proposal and no balance.
    ///
    /// # Errors
    /// The first that fails.
    pub fn validate(&self, view: &MarketView<'_>) -> Result<(), DealFault> {
        if self.label.len() > MAX_LABEL {
            return Err(DealFault::Label(self.label.len()));
        }
        if PieceHeight::of_padded(self.size).is_none_or(|height| height < PieceHeight::MIN) {
            return Err(DealFault::Size(self.size));
        }
        if !matches!(self.piece, PieceCid::V1 { .. }) {
            return Err(DealFault::PieceCid);
        }
        self.validate_time(view)?;
        self.validate_money(view)
    }

    fn validate_time(&self, view: &MarketView<'_>) -> Result<(), DealFault> {
        if self.end <= self.start {
            return Err(DealFault::Ends { start: self.start, end: self.end });
        }
        if view.now > self.start {
            return Err(DealFault::Started(self.start));
        }
        let (min, max) = (view.policy.deal_min_duration, view.policy.deal_max_duration);
        let found = self.duration();
        if found < min || found > max {
            return Err(DealFault::Duration { found, min, max });
        }
        Ok(())
    }

    fn validate_money(&self, view: &MarketView<'_>) -> Result<(), DealFault> {
        let max = view.policy.deal_max_price;
        if self.price.is_negative() || self.price > max {
            return Err(DealFault::Price(self.price));
        }
        let (found, min) = (self.provider_collateral, self.min_collateral(view));
        if found < min || found > max {
            return Err(DealFault::ProviderCollateral { found, min, max });
        }
        if self.client_collateral.is_negative() || self.client_collateral > max {
            return Err(DealFault::ClientCollateral(self.client_collateral));
        }
        Ok(())
    }

    /// The least that its provider may put up now.
    pub fn min_collateral(&self, view: &MarketView<'_>) -> AttoFil {
        let size = Power::new(i128::from(self.size));
        min_provider_collateral(view.policy, size, view.raw_power, view.baseline, view.circulating)
    }
}
