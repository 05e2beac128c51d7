//! Measures of the storage market.

use super::Finding;
use super::evidence::{Evidence, Row};
use super::measures::{exactly, first, from_interval, needs, seconds};
use analysis::stats;
use sim_core::math;
use sim_core::time::SimSpan;

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
