//! A posted ask: take it or leave it, as go-fil-markets and Boost have it.

use super::{Negotiation, Reason, Seller, within};
use crate::units::AttoFil;

/// The rule.
#[derive(Debug)]
pub(super) struct Posted;

impl Negotiation for Posted {
    fn name(&self) -> &'static str {
        "posted"
    }

    fn doc(&self) -> &'static str {
        "Miners post a price for everybody and move for nobody; none sells below its cost."
    }

    fn prices(&self, limit: AttoFil, sellers: &[Seller]) -> Vec<Result<AttoFil, Reason>> {
        sellers.iter().map(|seller| within(limit, seller.ask.max(seller.floor))).collect()
    }
}
