//! How a client and miners come to a price: exchangeable rules behind one trait, one rule a file, listed in
//! [`NEGOTIATIONS`].
//!
//! A rule is told what the client would pay at most and who would store the piece, each with the price that it asks for
//! and the least that it would take. It says at which price each of them would store it, or why not. Every copy is a lot
//! of its own, sold after the one before it to whoever is left. Prices are attoFIL for a GiB and an epoch; they may
//! be 0, and are where what a miner gets from the network for storing is more than what it costs it.

mod auction;
mod bargain;
mod posted;
mod undercut;

use crate::ids::MinerId;
use crate::units::AttoFil;
use serde::{Deserialize, Serialize};

/// A miner that would store a piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seller {
    /// Who.
    pub miner: MinerId,
    /// The price that it has posted.
    pub ask: AttoFil,
    /// The least that it takes: what storing costs it, less what it gets for it from the network; never below 0.
    pub floor: AttoFil,
    /// The highest floor that a miner of its kind may have, as all know.
    pub highest: AttoFil,
}

/// Why a piece is not stored by a miner, or by nobody. The words are those of the table of deals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Reason {
    /// The piece is smaller than the miner takes.
    TooSmall,
    /// The piece is larger than the miner takes, or than its sectors are.
    TooLarge,
    /// The miner takes verified deals only, or none of them.
    OtherKind,
    /// The miner has no space left.
    NoSpace,
    /// It would not be in a sector before it has to start.
    StartsTooSoon,
    /// No sector may be committed as long as the deal would run.
    EndsTooLate,
    /// The miner has no actor yet, or takes no deals any more.
    Closed,
    /// The price is above what the client would pay.
    AboveLimit,
    /// Another miner takes less.
    Outbid,
    /// The client does not have the money.
    ClientFunds,
    /// The client's data cap is too little.
    DataCap,
    /// The miner does not have the collateral.
    ProviderFunds,
    /// The miner stores another copy of the piece already.
    HasCopy,
    /// Nobody has the bytes any more.
    NoSource,
    /// The chain refused the proposal when it was published.
    Refused,
    /// There is no miner that takes deals.
    NoMiner,
}

impl Reason {
    /// All of them.
    pub const ALL: [Reason; 16] = [
        Reason::TooSmall,
        Reason::TooLarge,
        Reason::OtherKind,
        Reason::NoSpace,
        Reason::StartsTooSoon,
        Reason::EndsTooLate,
        Reason::Closed,
        Reason::AboveLimit,
        Reason::Outbid,
        Reason::ClientFunds,
        Reason::DataCap,
        Reason::ProviderFunds,
        Reason::HasCopy,
        Reason::NoSource,
        Reason::Refused,
        Reason::NoMiner,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Reason::TooSmall => "too-small",
            Reason::TooLarge => "too-large",
            Reason::OtherKind => "other-kind",
            Reason::NoSpace => "no-space",
            Reason::StartsTooSoon => "starts-too-soon",
            Reason::EndsTooLate => "ends-too-late",
            Reason::Closed => "closed",
            Reason::AboveLimit => "above-limit",
            Reason::Outbid => "outbid",
            Reason::ClientFunds => "client-funds",
            Reason::DataCap => "data-cap",
            Reason::ProviderFunds => "provider-funds",
            Reason::HasCopy => "has-copy",
            Reason::NoSource => "no-source",
            Reason::Refused => "refused",
            Reason::NoMiner => "no-miner",
        }
    }
}

/// A rule of negotiation.
pub trait Negotiation: Sync + std::fmt::Debug {
    /// Its name in scenarios.
    fn name(&self) -> &'static str;

    /// What it does, in a sentence.
    fn doc(&self) -> &'static str;

    /// The price at which each seller would store one copy for a client that pays at most `limit`.
    fn prices(&self, limit: AttoFil, sellers: &[Seller]) -> Vec<Result<AttoFil, Reason>>;
}

/// All rules.
pub static NEGOTIATIONS: &[&dyn Negotiation] =
    &[&posted::Posted, &undercut::Undercut, &bargain::Bargain, &auction::Auction];

/// A rule, by its place in [`NEGOTIATIONS`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NegotiationId(usize);

impl NegotiationId {
    /// The rule of that name.
    pub fn named(name: &str) -> Option<Self> {
        NEGOTIATIONS.iter().position(|rule| rule.name() == name).map(NegotiationId)
    }

    /// The rule.
    pub fn rule(self) -> &'static dyn Negotiation {
        NEGOTIATIONS[self.0]
    }
}

/// The price, if the client pays that much.
fn within(limit: AttoFil, price: AttoFil) -> Result<AttoFil, Reason> {
    if price <= limit { Ok(price) } else { Err(Reason::AboveLimit) }
}

/// The place of the lowest floor, and the lowest of all others if there are any. Of equal ones, the first.
fn lowest(sellers: &[Seller]) -> Option<(usize, Option<AttoFil>)> {
    let (first, _) = sellers.iter().enumerate().min_by_key(|(_, seller)| seller.floor)?;
    let others = sellers.iter().enumerate().filter(|(place, _)| *place != first);
    Some((first, others.map(|(_, seller)| seller.floor).min()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sellers(floors: &[i128]) -> Vec<Seller> {
        let seller = |(place, &floor): (usize, &i128)| Seller {
            miner: MinerId(place as u32),
            ask: AttoFil::new(50),
            floor: AttoFil::new(floor),
            highest: AttoFil::new(40),
        };
        floors.iter().enumerate().map(seller).collect()
    }

    fn prices(rule: &str, limit: i128, floors: &[i128]) -> Vec<Result<i128, Reason>> {
        let rule = NegotiationId::named(rule).expect("a rule of the table").rule();
        let prices = rule.prices(AttoFil::new(limit), &sellers(floors));
        prices.into_iter().map(|price| price.map(AttoFil::atto)).collect()
    }

    #[test]
    fn a_posted_ask_is_taken_or_left_and_never_below_what_storing_costs() {
        assert_eq!(prices("posted", 60, &[10, 55]), [Ok(50), Ok(55)]);
        assert_eq!(prices("posted", 50, &[10, 55]), [Ok(50), Err(Reason::AboveLimit)]);
    }

    #[test]
    fn two_equal_sellers_undercut_each_other_to_their_cost_and_one_alone_takes_all() {
        assert_eq!(prices("undercut", 60, &[10, 10]), [Ok(10), Err(Reason::Outbid)]);
        assert_eq!(prices("undercut", 60, &[10, 30, 20]), [Ok(20), Err(Reason::Outbid), Err(Reason::Outbid)]);
        assert_eq!(prices("undercut", 60, &[10]), [Ok(60)]);
        // The other one would cost more than the client pays.
        assert_eq!(prices("undercut", 60, &[10, 70]), [Ok(60), Err(Reason::AboveLimit)]);
        assert_eq!(prices("undercut", 5, &[10, 70]), [Err(Reason::AboveLimit), Err(Reason::AboveLimit)]);
        assert_eq!(prices("undercut", 60, &[0, 0]), [Ok(0), Err(Reason::Outbid)]);
    }

    #[test]
    fn a_bargain_splits_what_is_between_cost_and_limit() {
        assert_eq!(prices("bargain", 60, &[10, 61, 0]), [Ok(35), Err(Reason::AboveLimit), Ok(30)]);
        assert_eq!(prices("bargain", 61, &[10]), [Ok(35)]);
    }

    #[test]
    fn a_sealed_bid_lies_a_share_of_what_is_above_the_cost_over_it() {
        // n = 2: c + (40 - c) / 2; n = 4: c + (40 - c) / 4.
        assert_eq!(prices("auction", 60, &[10, 30]), [Ok(25), Ok(35)]);
        assert_eq!(prices("auction", 60, &[0, 20, 40, 8]), [Ok(10), Ok(25), Ok(40), Ok(16)]);
        assert_eq!(prices("auction", 30, &[10, 30]), [Ok(25), Err(Reason::AboveLimit)]);
        // Alone there is nobody to bid against but the client's limit.
        assert_eq!(prices("auction", 60, &[10]), [Ok(60)]);
    }

    #[test]
    fn names_are_unique_and_nobody_sells_to_nobody() {
        for rule in NEGOTIATIONS {
            assert_eq!(NegotiationId::named(rule.name()).expect("itself").rule().name(), rule.name());
            assert!(rule.prices(AttoFil::new(5), &[]).is_empty());
            assert!(rule.doc().ends_with('.'));
        }
        let mut names = Reason::ALL.map(Reason::name);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
