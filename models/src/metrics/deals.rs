//! Metrics of the storage market: deals, prices, what clients pay and keep. Without clients they have no value.

use super::inequality::{gini, herfindahl};
use super::{Measured, Metric, measured};
use crate::agents::negotiation::Reason;
use crate::filecoin::ledger::Reason as MoneyReason;
use crate::units::{AttoFil, Epochs};
use crate::world::World;
use crate::world::deals::{Agreement, DealsWorld, Stage, Surplus};

fn deals(world: &World) -> Option<&DealsWorld> {
    world.deals().filter(|deals| !deals.clients.is_empty())
}

fn sampled(world: &World, value: fn(&DealsWorld) -> f64) -> Option<f64> {
    deals(world).map(value)
}

fn total(world: &World, value: fn(&DealsWorld) -> f64) -> Measured {
    measured(sampled(world, value))
}

fn share(world: &World, counted: fn(&DealsWorld) -> (usize, usize)) -> Measured {
    match deals(world).map(counted) {
        Some((hits, trials)) if trials > 0 => {
            Measured::Proportion { hits: hits as u64, trials: trials as u64 }
        }
        _ => Measured::Nothing,
    }
}

fn active(deals: &DealsWorld) -> f64 {
    deals.agreements.iter().filter(|agreement| agreement.stage == Stage::Active).count() as f64
}

fn struck(deals: &DealsWorld) -> impl Iterator<Item = (&Agreement, AttoFil)> {
    deals.agreements.iter().filter_map(|agreement| Some((agreement, agreement.rate?)))
}

/// Standard deviation of struck prices over their mean, each deal alike; of two deals at least, unless all are free.
fn dispersion(deals: &DealsWorld) -> Option<f64> {
    let rates: Vec<f64> = struck(deals).map(|(_, rate)| rate.atto() as f64).collect();
    let mean = rates.iter().sum::<f64>() / rates.len() as f64;
    let variance = rates.iter().map(|rate| (rate - mean) * (rate - mean)).sum::<f64>() / rates.len() as f64;
    (rates.len() > 1 && mean > 0.0).then(|| sim_core::math::sqrt(variance) / mean)
}

fn surplus(world: &World) -> Option<Surplus> {
    deals(world)?;
    world.surplus()
}

fn fil(amount: Option<AttoFil>) -> Measured {
    measured(amount.map(AttoFil::as_fil_f64_lossy))
}

/// Bytes times price over bytes.
fn mean_price<'a>(deals: &DealsWorld, rates: impl Iterator<Item = (&'a Agreement, AttoFil)>) -> Option<f64> {
    let (mut sum, mut bytes) = (0.0, 0.0);
    for (agreement, rate) in rates {
        let size = deals.pieces[agreement.piece.index()].size as f64;
        sum += rate.atto() as f64 * size;
        bytes += size;
    }
    (bytes > 0.0).then(|| sum / bytes)
}

fn refused(deals: &DealsWorld, wanted: impl Fn(Reason) -> bool) -> (usize, usize) {
    let all = &deals.agreements;
    (all.iter().filter_map(|agreement| agreement.stage.reason()).filter(|r| wanted(*r)).count(), all.len())
}

fn lost(deals: &DealsWorld) -> usize {
    let is_lost = |piece: Option<crate::ids::PieceId>| {
        piece.is_some_and(|piece| deals.pieces[piece.index()].lost.is_some())
    };
    deals.files.iter().filter(|file| file.lost.is_some() || is_lost(file.piece)).count()
}

fn kept(world: &World) -> Option<f64> {
    let deals = deals(world).filter(|deals| !deals.files.is_empty())?;
    Some(1.0 - lost(deals) as f64 / deals.files.len() as f64)
}

fn lost_in_gap(deals: &DealsWorld) -> (usize, usize) {
    let early = |piece: Option<crate::ids::PieceId>| {
        piece.is_some_and(|piece| {
            let piece = &deals.pieces[piece.index()];
            piece.lost.is_some() && piece.protected.is_none()
        })
    };
    let files = &deals.files;
    (files.iter().filter(|file| file.lost.is_some() || early(file.piece)).count(), files.len())
}

fn days_until_protected(deals: &DealsWorld) -> impl Iterator<Item = f64> + '_ {
    deals.files.iter().filter_map(|file| {
        let piece = &deals.pieces[file.piece?.index()];
        Some((piece.protected? - file.arrived).count() as f64 / Epochs::from_days(1).count() as f64)
    })
}

fn moved(world: &World, reason: MoneyReason) -> Option<f64> {
    deals(world)?;
    Some(world.chain()?.ledger().moved(reason).as_fil_f64_lossy())
}

pub(super) const ACTIVE: Metric = Metric {
    name: "deals_active",
    label: "active deals",
    unit: "",
    doc: "Deals in a proven sector that are not over.",
    sample: Some(|world| sampled(world, active)),
    total: Some(|world| total(world, active)),
};

pub(super) const REFUSED: Metric = Metric {
    name: "deals_refused",
    label: "deals refused",
    unit: "",
    doc: "Of all copies for which a deal was sought, those that nobody agreed to or that came to nothing before they were \
          published, for whatever reason. The table of deals has each reason.",
    sample: None,
    total: Some(|world| share(world, |deals| refused(deals, |_| true))),
};

pub(super) const REFUSED_PRICE: Metric = Metric {
    name: "deals_refused_price",
    label: "deals refused for their price",
    unit: "",
    doc: "The same, because every miner that would store it takes more than the client pays.",
    sample: None,
    total: Some(|world| {
        share(world, |deals| refused(deals, |r| matches!(r, Reason::AboveLimit | Reason::Outbid)))
    }),
};

pub(super) const REFUSED_FUNDS: Metric = Metric {
    name: "deals_refused_funds",
    label: "deals refused for want of money or data cap",
    unit: "",
    doc: "The same, because client or miner did not have what the deal locks.",
    sample: None,
    total: Some(|world| {
        share(world, |deals| {
            refused(deals, |r| matches!(r, Reason::ClientFunds | Reason::ProviderFunds | Reason::DataCap))
        })
    }),
};

pub(super) const PRICE: Metric = Metric {
    name: "deal_price",
    label: "price of storage",
    unit: "attoFIL/GiB/epoch",
    doc: "Price of a GiB for an epoch, weighed by size: of the deals that are active now, or of all that were struck.",
    sample: Some(|world| {
        let deals = deals(world)?;
        mean_price(deals, struck(deals).filter(|(agreement, _)| agreement.stage == Stage::Active))
    }),
    total: Some(|world| {
        let price = deals(world).and_then(|deals| mean_price(deals, struck(deals)));
        measured(price)
    }),
};

pub(super) const ZERO_PRICE: Metric = Metric {
    name: "deals_for_nothing",
    label: "deals at price 0",
    unit: "",
    doc: "Of all deals that were struck, those at price 0.",
    sample: None,
    total: Some(|world| {
        share(world, |deals| {
            let zero = struck(deals).filter(|(_, rate)| rate.is_zero()).count();
            (zero, struck(deals).count())
        })
    }),
};

pub(super) const DISPERSION: Metric = Metric {
    name: "deal_price_dispersion",
    label: "dispersion of prices",
    unit: "",
    doc: "Standard deviation of the prices of all deals that were struck over their mean, each deal alike.",
    sample: None,
    total: Some(|world| measured(deals(world).and_then(dispersion))),
};

pub(super) const CONCENTRATION: Metric = Metric {
    name: "deals_concentration",
    label: "concentration of deals (HHI)",
    unit: "",
    doc: "Herfindahl-Hirschman index of the bytes of all deals that were struck, by miner: the sum of the squares of their \
          shares in percent. 10,000 if one has all, 10,000 / n for n equal ones.",
    sample: None,
    total: Some(|world| {
        let index = deals(world).and_then(|deals| herfindahl(&deals.bytes_by_miner()));
        measured(index)
    }),
};

pub(super) const INEQUALITY: Metric = Metric {
    name: "deals_inequality",
    label: "inequality of deals (Gini)",
    unit: "",
    doc: "Gini coefficient of the bytes of all deals that were struck, by miner, those without any counted: 0 if all have the \
          same, near 1 if one has all.",
    sample: None,
    total: Some(|world| {
        let index = deals(world).and_then(|deals| gini(&deals.bytes_by_miner()));
        measured(index)
    }),
};

pub(super) const CLIENT_SURPLUS: Metric = Metric {
    name: "client_surplus",
    label: "gain of clients",
    unit: "FIL",
    doc: "What clients would have paid at most for the deals that were struck, over their whole terms, less their prices.",
    sample: None,
    total: Some(|world| fil(surplus(world).map(|surplus| surplus.clients))),
};

pub(super) const MINER_SURPLUS: Metric = Metric {
    name: "miner_surplus",
    label: "gain of miners",
    unit: "FIL",
    doc: "Prices of the deals that were struck, over their whole terms, and what the network pays for storing (`subsidy`), \
          less what storing costs their miners.",
    sample: None,
    total: Some(|world| fil(surplus(world).map(|surplus| surplus.miners))),
};

pub(super) const PROTECTED_AFTER: Metric = Metric {
    name: "protected_after",
    label: "time until protected",
    unit: "days",
    doc: "From the arrival of a file to its first proven sector, the mean of those that came so far.",
    sample: None,
    total: Some(|world| {
        deals(world).map_or(Measured::Nothing, |deals| super::mean(days_until_protected(deals)))
    }),
};

pub(super) const KEPT: Metric = Metric {
    name: "files_kept",
    label: "files that somebody has",
    unit: "",
    doc: "Share of the files of clients that their client or a miner under a deal still has.",
    sample: Some(kept),
    total: None,
};

pub(super) const LOST: Metric = Metric {
    name: "files_lost",
    label: "files lost",
    unit: "",
    doc: "Of all files that clients wanted stored, those that neither client nor miner has any more.",
    sample: None,
    total: Some(|world| share(world, |deals| (lost(deals), deals.files.len()))),
};

pub(super) const LOST_IN_GAP: Metric = Metric {
    name: "files_lost_in_gap",
    label: "files lost before they were protected",
    unit: "",
    doc: "Of all files that clients wanted stored, those that were lost before they were ever in a proven sector.",
    sample: None,
    total: Some(|world| share(world, lost_in_gap)),
};

pub(super) const SPENT: Metric = Metric {
    name: "deals_paid",
    label: "paid by clients to miners",
    unit: "FIL",
    doc: "Price of deals that was settled so far: what clients spend, and what miners earn by it.",
    sample: Some(|world| moved(world, MoneyReason::DealPayment)),
    total: Some(|world| measured(moved(world, MoneyReason::DealPayment))),
};

pub(super) const BALANCE: Metric = Metric {
    name: "clients_balance",
    label: "money of clients",
    unit: "FIL",
    doc: "Wallets and escrow of all clients.",
    sample: Some(|world| {
        let (deals, ledger) = (deals(world)?, world.chain()?.ledger());
        let clients = (0..deals.clients.len() as u32).map(crate::ids::ClientId);
        let owned = clients.map(|id| ledger.owned(crate::filecoin::ledger::Party::Client(id)));
        Some(owned.sum::<AttoFil>().as_fil_f64_lossy())
    }),
    total: None,
};
