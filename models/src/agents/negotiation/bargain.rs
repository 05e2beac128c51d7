//! Bargaining after Nash (1950): with equal power and nothing to fall back on, what is between cost and limit is halved.

use super::{Negotiation, Reason, Seller, within};
use crate::units::AttoFil;

/// The rule.
#[derive(Debug)]
pub(super) struct Bargain;

impl Negotiation for Bargain {
    fn name(&self) -> &'static str {
        "bargain"
    }

    fn doc(&self) -> &'static str {
        "Client and miner split what is between cost and limit: (limit + cost) / 2, rounded down."
    }

    fn prices(&self, limit: AttoFil, sellers: &[Seller]) -> Vec<Result<AttoFil, Reason>> {
        let split = |seller: &Seller| {
            within(limit, seller.floor)?;
            Ok((limit + seller.floor).floor_div(2))
        };
        sellers.iter().map(split).collect()
    }
}
