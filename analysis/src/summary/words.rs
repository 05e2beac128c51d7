//! The summary in one or two plain sentences for each case.

use super::{ClientCounts, Estimate, MinerCounts, ObjectCounts, ReadCounts, Summary};
use crate::stats::{Interval, rule_of_three, wilson};
use crate::text::{count, list, percent, plural, short, span};
use std::collections::BTreeMap;

/// Cases told in full; of more than these the rest is only counted.
const CASES_TOLD: usize = 8;

/// One paragraph a case, what became of the objects and of the reads; for the terminal.
pub fn in_words(summary: &Summary) -> String {
    let mut lines: Vec<String> = Vec::new();
    for case in summary.cases.iter().take(CASES_TOLD) {
        let mut sentences = Vec::new();
        // A chain alone has nothing to say of objects.
        let is_chain =
            !case.miners.is_empty() && case.objects.as_ref().is_none_or(|objects| objects.published == 0);
        sentences.extend(case.clients.as_ref().map(|clients| tell_clients(clients, case.replicates)));
        sentences.extend(case.miners.iter().map(|miners| tell_miners(miners, case.replicates)));
        sentences.extend(tell_work(&|metric| summary.estimate(metric, &case.arm, case.point)?.value));
        if let Some(objects) = case.objects.as_ref().filter(|_| !is_chain) {
            sentences.push(tell_objects(objects, case.replicates));
        }
        if let Some(reads) = case.reads.as_ref().filter(|_| !is_chain) {
            sentences.push(tell_reads(reads, summary.estimate("ttfb_p50", &case.arm, case.point)));
        }
        if !sentences.is_empty() {
            let label = if case.label.is_empty() { String::new() } else { format!("{}: ", case.label) };
            lines.push(format!("{label}{}", sentences.join(" ")));
        }
    }
    if lines.is_empty() {
        lines.push("This run recorded neither objects nor reads.".into());
    }
    if let Some(more @ 1..) = summary.cases.len().checked_sub(CASES_TOLD) {
        lines.push(format!("{} more in summary.json.", plural(more as u64, "case")));
    }
    if !summary.complete {
        lines.push("The run was ended early by a budget: these are the parts that were finished.".into());
    }
    lines.join("\n")
}

/// How many files of clients have no copy left, and what their deals cost.
fn tell_clients(clients: &ClientCounts, replicates: u64) -> String {
    let over = if replicates > 1 { format!(" in {replicates} replicates") } else { String::new() };
    let files = plural(clients.files, "file");
    let lost = match (clients.files, clients.lost) {
        (0, _) => format!("No file of a client came{over}"),
        (1, 0) => "The one file of a client was not lost".into(),
        (1, _) => "The one file of a client has no copy left".into(),
        (2..=3, 0) => format!("None of {files} of clients was lost{over}"),
        (n, 0) => {
            let most = percent(rule_of_three(n));
            format!("None of {files} of clients was lost{over} (95 % sure that at most {most} % are)")
        }
        (n, lost) => {
            let early = match clients.lost_unprotected {
                0 => String::new(),
                early if early == lost => ", all before they were in a proven sector".into(),
                early => format!(", {} of them before they were in a proven sector", count(early)),
            };
            let verb = if lost == 1 { "has" } else { "have" };
            format!(
                "{} of {files} of clients{over} {verb} no copy left{}{early}",
                count(lost),
                interval(lost, n)
            )
        }
    };
    format!(
        "{lost}; {} of {} that were sought became active, {} FIL were paid for them{}.",
        count(clients.activated),
        plural(clients.agreements, "deal"),
        fil(clients.paid_fil),
        if replicates > 1 { " a replicate" } else { "" },
    )
}

/// What the miners of a group earned, paid and have locked; means over replicates.
fn tell_miners(miners: &MinerCounts, replicates: u64) -> String {
    let mean = if replicates > 1 { format!(" (means of {replicates} replicates)") } else { String::new() };
    let number = short(miners.miners);
    let terminated = match miners.terminated {
        0.0 => String::new(),
        n => format!(", {} of them terminated before their time", short(n)),
    };
    format!(
        "{}: {} committed {}{terminated}, earned {} FIL in block rewards, paid {} FIL in fees and \
         penalties, and {} {} FIL locked at the end{mean}.",
        miners.group,
        some(&number, "miner"),
        some(&short(miners.sectors), "simulated sector"),
        fil(miners.reward_fil),
        fil(miners.fees_fil),
        if number == "1" { "has" } else { "have" },
        fil(miners.locked_fil),
    )
}

/// A mean number of things: one of them is one thing.
fn some(number: &str, what: &str) -> String {
    format!("{number} {what}{}", if number == "1" { "" } else { "s" })
}

/// How much was really sealed and proven, and in how many epochs; means over replicates.
fn tell_work(mean: &dyn Fn(&str) -> Option<f64>) -> Option<String> {
    let number = |metric| Some(count(mean(metric)?.round() as u64));
    Some(format!(
        "{} sectors were sealed, {} answers given in Window PoSts and {} in Winning PoSts, in {} epochs.",
        number("sectors_sealed")?,
        number("window_posts")?,
        number("winning_posts")?,
        number("chain_epochs")?,
    ))
}

/// An amount of FIL with commas from a thousand on, three significant digits below.
fn fil(amount: f64) -> String {
    if amount >= 999.5 { count(amount.round() as u64) } else { short(amount) }
}

/// How many objects have no copy left, whatever took the last one, and what took it.
fn tell_objects(objects: &ObjectCounts, replicates: u64) -> String {
    let n = objects.published;
    let gone = objects.lost + objects.deleted_by_owner;
    let over = if replicates > 1 { format!(" in {replicates} replicates") } else { String::new() };
    let mut text = match (n, gone) {
        (0, _) => format!("No object was published{over}"),
        (1, 0) => "The one object was not lost".into(),
        (n, 0) => {
            let bound = match n {
                1..=3 => "too few to say how likely a loss is".into(),
                _ => format!("95 % sure that at most {} % are", percent(rule_of_three(n))),
            };
            format!("None of {} was lost{over} ({bound})", plural(n, "object"))
        }
        (1, _) => format!("The one object has no copy left: {}", takers(objects)),
        (n, gone) => {
            let verb = if gone == 1 { "has" } else { "have" };
            format!(
                "{} of {}{over} {verb} no copy left{}: {}",
                count(gone),
                plural(n, "object"),
                interval(gone, n),
                takers(objects)
            )
        }
    };
    if let Some(first) = objects.first_loss_s {
        let which = match (objects.lost, objects.deleted_by_owner) {
            (1, 0) => "",
            (_, 0) => "the first ",
            (1, _) => "the one loss ",
            _ => "the first loss ",
        };
        text.push_str(&format!("; {which}after {}", span(first)));
    }
    if objects.unpublished > 0 && n > 0 {
        text.push_str(&format!("; {} never published", plural(objects.unpublished, "object")));
    }
    text + "."
}

/// `38 by retention-over, 30 by their owner's own deletion`; a single one of all stands without its count.
fn takers(objects: &ObjectCounts) -> String {
    let by_number = most_first(&objects.causes).into_iter();
    let mut takers: Vec<(u64, String)> = by_number.map(|(cause, n)| (n, format!("by {cause}"))).collect();
    match objects.deleted_by_owner {
        0 => {}
        1 => takers.push((1, "by its owner's own deletion".into())),
        k => takers.push((k, "by their owner's own deletion".into())),
    }
    match &takers[..] {
        [(1, only)] => only.clone(),
        [(_, only)] => format!("all {only}"),
        _ => takers.iter().map(|(n, taker)| format!("{} {taker}", count(*n))).collect::<Vec<_>>().join(", "),
    }
}

fn interval(hits: u64, n: u64) -> String {
    match wilson(hits, n) {
        Some(Interval { value, low: Some(low), high: Some(high) }) => {
            format!(" ({} %, 95 % interval {} to {})", percent(value), percent(low), percent(high))
        }
        _ => String::new(),
    }
}

/// The counts with their names, the most frequent first.
fn most_first(counts: &BTreeMap<String, u64>) -> Vec<(&String, u64)> {
    let mut entries: Vec<(&String, u64)> = counts.iter().map(|(name, &count)| (name, count)).collect();
    entries.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    entries
}

/// `no record (10) and timed out (2)`, the most frequent first; a single cause of all stands without its count.
fn tally(counts: &BTreeMap<String, u64>, total: u64) -> String {
    let entries = most_first(counts);
    match entries[..] {
        [(name, n)] if n == total => name.clone(),
        _ => list(&entries.iter().map(|(name, n)| format!("{name} ({})", count(*n))).collect::<Vec<_>>()),
    }
}

fn tell_reads(reads: &ReadCounts, median: Option<&Estimate>) -> String {
    let failures: u64 = reads.failed.values().sum();
    let finished = reads.ok + failures;
    let half = match median.and_then(|median| median.value) {
        Some(ms) if reads.ok > 1 => format!(", half began to arrive within {}", span(ms / 1000.0)),
        Some(ms) => format!(", its first byte after {}", span(ms / 1000.0)),
        None => String::new(),
    };
    let mut text = match (finished, reads.ok) {
        (0, _) if reads.pending == 0 => return "Nothing was read.".into(),
        (0, _) => "No read ended".to_owned(),
        (1, 1) => format!("The one read succeeded{half}"),
        (1, _) => "The one read failed".into(),
        (n, ok) if ok == n => format!("All {} succeeded{half}", plural(n, "read")),
        (n, 0) => format!("None of {} succeeded", plural(n, "read")),
        (n, ok) => format!("{} % of {} succeeded{half}", percent(ok as f64 / n as f64), plural(n, "read")),
    };
    if failures > 0 {
        text.push_str(&format!("; why not: {}", tally(&reads.failed, failures)));
    }
    match reads.pending {
        0 => {}
        1 => text.push_str("; 1 was still pending at the end"),
        k => text.push_str(&format!("; {} were still pending at the end", count(k))),
    }
    text + "."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_told_what_became_of_their_files() {
        let clients = |files, lost, lost_unprotected| ClientCounts {
            files,
            protected: files - lost_unprotected,
            lost,
            lost_unprotected,
            agreements: 2 * files,
            activated: files,
            paid_fil: 0.25,
        };
        assert_eq!(
            tell_clients(&clients(40, 10, 8), 2),
            "10 of 40 files of clients in 2 replicates have no copy left (25.0 %, 95 % interval 14.2 to 40.2), 8 of them \
             before they were in a proven sector; 40 of 80 deals that were sought became active, 0.25 FIL were paid for \
             them a replicate."
        );
        assert_eq!(
            tell_clients(&clients(1, 0, 0), 1),
            "The one file of a client was not lost; 1 of 2 deals that were sought became active, 0.25 FIL were paid for them."
        );
        assert!(
            tell_clients(&clients(100, 0, 0), 1)
                .starts_with("None of 100 files of clients was lost (95 % sure")
        );
    }
}
