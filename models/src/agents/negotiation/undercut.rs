//! Posted prices that everybody sees and may lower: price competition after Bertrand.
//!
//! Sellers undercut each other until only the cheapest is left, which gets what the next one would have needed, at most
//! what the client pays at all. With two of equal cost that is their cost; one alone takes all that the client would pay.

use super::{Negotiation, Reason, Seller, lowest, within};
use crate::units::AttoFil;

/// The rule.
#[derive(Debug)]
pub(super) struct Undercut;

impl Negotiation for Undercut {
    fn name(&self) -> &'static str {
        "undercut"
    }

    fn doc(&self) -> &'static str {
        "Miners undercut each other: the cheapest gets the cost of the next one, at most the client's limit."
    }

    fn prices(&self, limit: AttoFil, sellers: &[Seller]) -> Vec<Result<AttoFil, Reason>> {
        let Some((cheapest, next)) = lowest(sellers) else { return Vec::new() };
        let price = |(place, seller): (usize, &Seller)| {
            within(limit, seller.floor)?;
            if place != cheapest {
                return Err(Reason::Outbid);
            }
            Ok(next.map_or(limit, |next| next.min(limit)))
        };
        sellers.iter().enumerate().map(price).collect()
    }
}
