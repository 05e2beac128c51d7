//! A sealed-bid auction: each seller bids once, the lowest bid wins and is paid.
//!
//! With n sellers whose costs are drawn alike, uniformly up to a highest one, the bid c + (highest - c) / n is the
//! best answer to everybody else bidding so (Vickrey 1961, for a buyer in place of the seller). One alone bids
//! the client's limit.

use super::{Negotiation, Reason, Seller, within};
use crate::units::AttoFil;

/// The rule.
#[derive(Debug)]
pub(super) struct Auction;

impl Negotiation for Auction {
    fn name(&self) -> &'static str {
        "auction"
    }

    fn doc(&self) -> &'static str {
        "Sealed bids: each of n miners bids cost + (highest cost - cost) / n, the lowest bid is taken and paid."
    }

    fn prices(&self, limit: AttoFil, sellers: &[Seller]) -> Vec<Result<AttoFil, Reason>> {
        let bid = |seller: &Seller| {
            within(limit, seller.floor)?;
            if sellers.len() == 1 {
                return Ok(limit);
            }
            let above = (seller.highest - seller.floor).at_least_zero();
            within(limit, seller.floor + above.floor_div(sellers.len() as i128))
        };
        sellers.iter().map(bid).collect()
    }
}
