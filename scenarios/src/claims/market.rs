//! Measures of the storage market.

use super::Finding;
use super::evidence::{Evidence, Frame, Row};
use super::measures::{exactly, first, from_interval, needs, seconds, with_interval};
use crate::values::Instance;
use analysis::stats;
use sim_core::math;
use sim_core::time::SimSpan;
use std::collections::BTreeMap;

/// Nanoseconds of an epoch.
const EPOCH: SimSpan = SimSpan::from_secs(30);

/// An amount as it is, beyond what a float holds; an empty field is nothing.
pub(super) fn amount(row: &Row<'_>, column: &str) -> i128 {
    let text = row.text(column);
    if text.is_empty() { 0 } else { text.parse().expect("amounts are whole numbers") }
}

pub(super) fn deals<'a>(evidence: &'a Evidence<'_>) -> Vec<Row<'a>> {
    evidence.cells.iter().flat_map(|cell| cell.rows("deals")).collect()
}

/// Everything that was paid for deals that are over, against price times epochs; the rest went back.
pub(super) fn paid_by_epoch(evidence: &Evidence<'_>) -> Finding {
    let term = first(evidence, "clients.<group>").span("term");
    let term = i128::from(term.as_nanos() / EPOCH.as_nanos());
    let rate = first(evidence, "asks.<name>").money("price").atto();
    let (mut paid, mut expected, mut over, mut wrong) = (0, 0, 0_u32, 0_u32);
    for row in deals(evidence) {
        if !["completed", "terminated"].contains(&row.text("stage")) {
            continue;
        }
        let epochs = ((row.value("ended_s") - row.value("start_s")) / 30.0).max(0.0) as i128;
        let price = rate * amount(&row, "size_bytes") / (1 << 30);
        let (due, back) = (price * epochs, price * (term - epochs));
        over += 1;
        wrong += u32::from(amount(&row, "paid_attofil") != due || amount(&row, "returned_attofil") != back);
        paid += amount(&row, "paid_attofil");
        expected += due;
    }
    let broken = match (over, wrong) {
        (0, _) if !evidence.cells.is_empty() => Some("no deal is over at the end of the run".into()),
        (_, 0) => None,
        _ => Some(format!("{wrong} of {over} deals paid or returned another amount")),
    };
    exactly(paid as f64, expected as f64, broken)
}

/// The price of a GiB and an epoch at which a copy is sold, against that of the rule of negotiation; 0 deals if nobody
/// sells at what the client pays.
pub(super) fn negotiated_price(evidence: &Evidence<'_>) -> Finding {
    let (client, ask) = (first(evidence, "clients.<group>"), first(evidence, "asks.<name>"));
    if ask.share("cost_spread").as_f64_lossy() > 0.0 || ask.real("decline") > 0.0 {
        return needs(evidence, "miners of equal cost that does not fall");
    }
    let sellers: u64 = evidence.values.all("miners.<group>").map(|group| group.whole("count")).sum();
    let limit = client.money("price_limit").atto();
    let cost = (ask.money("cost") - ask.money("subsidy")).atto().max(0);
    let price = match client.text("negotiation") {
        "posted" => cost.max(ask.money("price").atto()),
        "bargain" => (limit + cost).div_euclid(2),
        _ if sellers > 1 => cost,
        _ => limit,
    };
    let rows = deals(evidence);
    let struck: Vec<i128> = rows
        .iter()
        .filter(|row| !row.text("miner").is_empty())
        .map(|row| amount(row, "rate_attofil"))
        .collect();
    if price > limit || cost > limit {
        let named = rows.iter().all(|row| row.text("reason") == "above-limit");
        return exactly(struck.len() as f64, 0.0, (!named).then(|| "refused for another reason".into()));
    }
    let broken = (struck.len() < rows.len()).then(|| "a copy was refused".to_string());
    let mean = struck.iter().sum::<i128>() as f64 / struck.len().max(1) as f64;
    exactly(mean, price as f64, broken)
}

/// The share of files lost before they were in a proven sector, against 1 - exp(-gap / MTBF) with the gap from arrival to
/// the end of sealing.
pub(super) fn lost_in_gap(evidence: &Evidence<'_>) -> Finding {
    let (client, ask) = (first(evidence, "clients.<group>"), first(evidence, "asks.<name>"));
    let streamed = ask.text("staging") == "streamed" && client.maybe_bytes("batch").is_none();
    let Some(mtbf) = client.maybe_span("own_mtbf").filter(|_| streamed) else {
        return needs(evidence, "own_mtbf, staging = streamed and no batch");
    };
    let sealing = first(evidence, "miners.<group>").span("sealing");
    // The bytes come in the epoch after the proposal.
    let gap = seconds(ask.span("publish_wait")) + seconds(sealing) + seconds(EPOCH);
    let expected = 1.0 - math::exp(-gap / seconds(mtbf));
    let files: Vec<Row<'_>> = evidence.cells.iter().flat_map(|cell| cell.rows("files")).collect();
    let lost = files.iter().filter(|row| row.number("lost_s").is_some()).count();
    let late =
        files.iter().filter(|row| row.number("lost_s").is_some() && row.number("protected_s").is_some());
    let late = late.count();
    let broken = (late > 0).then(|| format!("{late} files were lost after they were protected"));
    match stats::wilson(lost as u64, files.len() as u64) {
        Some(share) => from_interval(share, expected, broken),
        None => exactly(f64::NAN, expected, Some("there is no file".into())),
    }
}

/// The share of files lost of the clients with the most copies, against that of independent lives without memory.
pub(super) fn lost_of_copies(evidence: &Evidence<'_>) -> Finding {
    let (top, ask) = (evidence.values.one(""), first(evidence, "asks.<name>"));
    let clients: Vec<&Instance> = evidence.values.all("clients.<group>").collect();
    let alone = |client: &&Instance| {
        !client.flag("keeps_copy")
            && client.maybe_span("own_mtbf").is_none()
            && client.maybe_span("watch").is_none()
            && client.text("negotiation") == "posted"
            && client.span("term") >= top.span("duration")
    };
    let whole =
        |miner: &Instance| miner.real("disk_failures") <= 0.0 && miner.share("deletes").as_f64_lossy() <= 0.0;
    let steady = evidence.values.all("miners.<group>").all(whole) && clients.iter().all(alone);
    let Some(mean) =
        ask.maybe_span("leaves_mean").filter(|_| steady && ask.maybe_span("leaves_after").is_none())
    else {
        let what = "leaves_mean and no leaves_after, miners that lose nothing, and clients that pay the posted price, let \
                    their copy go, do not watch, and buy for longer than the run";
        return needs(evidence, what);
    };
    if top.whole("replicates") < 2 {
        return needs(evidence, "two replicates or more: files of one share miners");
    }
    let law = Lives { mean: seconds(mean), end: seconds(top.span("duration")) };
    let mut broken = wrong_price(evidence, &clients, ask);
    let most = clients.iter().max_by_key(|client| client.whole("copies")).expect("the claim's file has one");
    let mut finding = exactly(f64::NAN, 0.0, None);
    for client in &clients {
        let shares: Vec<(f64, f64)> =
            evidence.cells.iter().filter_map(|cell| law.lost_and_due(cell, client)).collect();
        let expected = shares.iter().map(|(_, due)| due).sum::<f64>() / shares.len().max(1) as f64;
        // T differs a little from file to file and run to run: what is judged is the difference in each run.
        let lost: Vec<f64> = shares.iter().map(|(lost, due)| lost - due + expected).collect();
        let found = with_interval(&lost, expected, None);
        // An interval is some two standard errors wide to each side.
        let off = (found.measured - expected).abs() > found.high - found.low;
        if found.broken.is_some() || off {
            broken = Some(format!("{} lost {}, not {expected}", client.name(), found.measured));
        }
        if client.name() == most.name() {
            finding = found;
        }
    }
    finding.broken = finding.broken.or(broken);
    finding
}

/// Lives of miners that do not care how long they have lasted, seen until the end of the run.
struct Lives {
    mean: f64,
    end: f64,
}

impl Lives {
    /// Of the files of a group that were in proven sectors with all their copies: the share that was lost, and that is to be.
    /// A client lets its own copy go at that moment, and there are others only where a miner left before.
    fn lost_and_due(&self, cell: &Frame<'_>, client: &Instance) -> Option<(f64, f64)> {
        let mut complete: BTreeMap<&str, f64> = BTreeMap::new();
        for deal in cell.rows("deals") {
            if let Some(active) = deal.number("active_s") {
                let last = complete.entry(deal.text("piece")).or_default();
                *last = last.max(active);
            }
        }
        let copies = client.whole("copies") as i32;
        let (mut files, mut lost, mut due) = (0.0, 0.0, 0.0);
        for file in cell.rows("files").filter(|file| is_of(file, client) && file.text("own") == "false") {
            let Some(since) = complete.get(file.text("piece")) else { continue };
            let gone = 1.0 - math::exp(-(self.end - since) / self.mean);
            files += 1.0;
            lost += f64::from(u8::from(file.number("lost_s").is_some()));
            due += (0..copies).fold(1.0, |all, _| all * gone);
        }
        (files > 0.0).then_some((lost / files, due / files))
    }
}

/// Whether a row is of one of these clients, group/number.
fn is_of(row: &Row<'_>, client: &Instance) -> bool {
    row.text("client").split('/').next() == Some(client.name())
}

/// Files with all their copies in deals whose price of an epoch is not that of one copy times their number.
fn wrong_price(evidence: &Evidence<'_>, clients: &[&Instance], ask: &Instance) -> Option<String> {
    let rate = ask.money("price").atto().max((ask.money("cost") - ask.money("subsidy")).atto());
    let (mut files, mut wrong) = (0_u32, 0_u32);
    for (cell, client) in evidence.cells.iter().flat_map(|cell| clients.iter().map(move |c| (cell, c))) {
        let mut pieces: BTreeMap<&str, (u64, i128, i128)> = BTreeMap::new();
        for deal in cell.rows("deals").filter(|deal| is_of(deal, client) && deal.number("active_s").is_some())
        {
            let (copies, price, size) = pieces.entry(deal.text("piece")).or_default();
            *copies += 1;
            *price += amount(&deal, "price_attofil");
            *size = amount(&deal, "size_bytes");
        }
        let copies = client.whole("copies");
        for (_, price, size) in pieces.into_values().filter(|(bought, ..)| *bought == copies) {
            files += 1;
            wrong += u32::from(price != i128::from(copies) * (rate * size / (1 << 30)));
        }
    }
    (wrong > 0).then(|| format!("{wrong} of {files} files cost another amount than their copies"))
}
