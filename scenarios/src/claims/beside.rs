//! Measures of IPFS and Filecoin beside each other, and of either alone.

use super::Finding;
use super::evidence::{Evidence, Frame, Row};
use super::market::{amount, deals};
use super::measures::{exactly, first, needs};
use std::collections::BTreeSet;

/// Copies that all clients seek when nothing is renewed or repaired: one deal each.
fn sought(evidence: &Evidence<'_>) -> u64 {
    let clients = evidence.values.all("clients.<group>");
    clients.map(|group| group.whole("count") * group.whole("files") * group.whole("copies")).sum()
}

/// Deals that somebody agreed to.
fn is_struck(row: &&Row<'_>) -> bool {
    !row.text("miner").is_empty()
}

/// Sectors that no deal was sealed in.
fn sectors_without_deals(cell: &Frame<'_>) -> usize {
    let sealed: BTreeSet<_> = cell.rows("deals").map(|row| (row.text("miner"), row.text("sector"))).collect();
    cell.rows("sectors").filter(|row| !sealed.contains(&(row.text("miner"), row.text("sector")))).count()
}

/// Deals and sectors that come from what was added to IPFS: nothing but clients may ask for any.
pub(super) fn deals_by_adds(evidence: &Evidence<'_>) -> Finding {
    if evidence.values.all("miners.<group>").any(|group| group.whole("sectors") > 0) {
        return needs(evidence, "miners.<group>.sectors = 0: miners that store nothing but what is paid for");
    }
    let rows = deals(evidence);
    let stored = rows.iter().filter(|row| row.text("purpose") == "store").count() as f64;
    let cells = evidence.cells.len() as f64;
    let beyond = (stored - sought(evidence) as f64 * cells).max(0.0);
    let added = evidence.cells.iter().flat_map(|cell| cell.rows("objects")).count();
    let empty: usize = evidence.cells.iter().map(sectors_without_deals).sum();
    let active = rows.iter().filter(|row| row.number("active_s").is_some()).count();
    let broken = match (added, active) {
        _ if evidence.cells.is_empty() => None,
        (0, _) => Some("nothing was added".into()),
        (_, 0) => Some("no deal of a client became active: the market does not work".into()),
        _ => None,
    };
    exactly(beyond + empty as f64, 0.0, broken)
}

/// Deals that ran to their end, in a world without a node of IPFS.
pub(super) fn deals_without_ipfs(evidence: &Evidence<'_>) -> Finding {
    if first(evidence, "clients.<group>").text("renews") != "none" {
        return needs(evidence, "clients.<group>.renews = none");
    }
    let rows = deals(evidence);
    let (mut kept, mut wrong) = (0_u32, 0_u32);
    for row in rows.iter().filter(is_struck).filter(|row| row.text("stage") == "completed") {
        let epochs = ((row.value("ended_s") - row.value("start_s")) / 30.0) as i128;
        kept += 1;
        wrong += u32::from(amount(row, "paid_attofil") != amount(row, "price_attofil") * epochs);
    }
    let sent: f64 = ["provides", "lookups", "messages_sent"]
        .into_iter()
        .map(|column| evidence.sum("nodes", column, |_| true))
        .sum();
    let broken = match (sent > 0.0, wrong) {
        (true, _) => Some(format!("{sent} messages, records and lookups of IPFS")),
        (_, 0) => None,
        _ => Some(format!("{wrong} of {kept} deals paid another amount")),
    };
    exactly(f64::from(kept), sought(evidence) as f64, broken)
}

/// Files that were in a proven sector and lost before the last of their deals was to end, beside pages whose owners left.
pub(super) fn lost_under_deal(evidence: &Evidence<'_>) -> Finding {
    let (mut early, mut orphans) = (0_u32, 0_u32);
    for cell in &evidence.cells {
        let active = || cell.rows("deals").filter(|row| row.number("active_s").is_some());
        for file in cell.rows("files").filter(|row| row.number("protected_s").is_some()) {
            let ends = active().filter(|deal| deal.text("piece") == file.text("piece"));
            let due = ends.filter_map(|deal| deal.number("end_s")).fold(0.0, f64::max);
            orphans += u32::from(file.text("own") == "false");
            early += u32::from(file.number("lost_s").is_some_and(|lost| lost < due));
        }
    }
    let objects = || evidence.cells.iter().flat_map(|cell| cell.rows("objects"));
    let lost = objects().filter(|row| row.number("lost_s").is_some()).count();
    let broken = match (orphans, lost) {
        _ if evidence.cells.is_empty() => None,
        (0, _) => Some("no file under a deal lost its owner's copy".into()),
        (_, 0) => Some("no page that was only published was lost".into()),
        _ => None,
    };
    exactly(f64::from(early), 0.0, broken)
}

/// Tables in which money moves.
const ACCOUNTS: [&str; 3] = ["miner_days", "clients", "deals"];

/// Rows of accounts that differ between the first half of the cells (much use of IPFS) and the second (little).
pub(super) fn tokens_by_ipfs(evidence: &Evidence<'_>) -> Finding {
    let (much, little) = evidence.cells.split_at(evidence.cells.len() / 2);
    let (mut differ, mut same) = (0_usize, 0_usize);
    for (much, little) in much.iter().zip(little) {
        for table in ACCOUNTS {
            let (a, b): (Vec<_>, Vec<_>) = (much.rows(table).collect(), little.rows(table).collect());
            let equal = a.iter().zip(&b).filter(|(a, b)| a.fields() == b.fields()).count();
            differ += a.len().max(b.len()) - equal;
            same += equal;
        }
    }
    let reads = |cells: &[Frame<'_>]| -> f64 {
        let rows = cells.iter().flat_map(|cell| cell.rows("objects"));
        rows.map(|row| row.value("reads_ok")).sum()
    };
    let paid: i128 = deals(evidence).iter().map(|row| amount(row, "paid_attofil")).sum();
    let broken = match (reads(much) > reads(little), paid > 0 && same > 0) {
        _ if evidence.cells.is_empty() => None,
        (false, _) => Some("the first arm does not read more than the second".into()),
        (_, false) => Some("no deal was paid for: the market does not work".into()),
        _ => None,
    };
    exactly(differ as f64, 0.0, broken)
}
