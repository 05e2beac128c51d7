//! What the scenarios of the storage market were expected to come to.

use lastcopy::build::RunOptions;
use lastcopy::file::Text;
use lastcopy::run::Prepared;
use lastcopy::scenario::{Overrides, Scenario};
use models::config::CheckLevel;
use models::run::Verdict;
use models::simulation::Simulation;
use sim_core::record::csv::CsvTables;
use std::path::Path;

/// Tables of all cells of the small form of a scenario, in order.
fn cells(name: &str) -> Vec<CsvTables> {
    let text = lastcopy::catalog::find(name).expect("in the catalogue").text();
    let overrides = Overrides { size: Some("small".into()), sets: Vec::new() };
    run(Scenario::check(text, Path::new(""), &overrides).expect("the catalogue checks"), CheckLevel::Sampled)
}

fn run(scenario: Scenario, check: CheckLevel) -> Vec<CsvTables> {
    let options = RunOptions { check, max_events: None };
    let prepared = Prepared::new(scenario).expect("no files are missing");
    let (_, specs) = prepared.specs(options).expect("no files are missing");
    let run = |spec: &lastcopy::sweep::RunSpec| {
        let mut simulation = Simulation::new(&spec.case.config, &spec.case.content(), spec.draws);
        simulation.drive(&mut |_, _| Verdict::GoOn).expect("no invariant is broken");
        let mut tables = CsvTables::new();
        simulation.finish(&mut tables).expect("no invariant is broken");
        tables
    };
    specs.iter().map(run).collect()
}

fn column(tables: &CsvTables, table: &str, name: &str) -> Vec<String> {
    let table = tables.get(table).expect("a table");
    let place = table.schema.column(name).expect("a column");
    table.body().lines().map(|line| line.split(',').nth(place).expect("a field").to_string()).collect()
}

#[test]
fn fewer_files_are_lost_in_the_gap_where_miners_keep_what_has_come() {
    let lost = |tables: &CsvTables| {
        let lost = column(tables, "files", "lost_s");
        lost.iter().filter(|instant| !instant.is_empty()).count()
    };
    let lost: Vec<usize> = cells("the-gap").iter().map(lost).collect();
    let (kept, streamed) = lost.split_at(lost.len() / 2);
    assert!(kept.iter().zip(streamed).all(|(kept, streamed)| kept < streamed), "{kept:?}, {streamed:?}");
}

#[test]
fn without_renewal_every_copy_is_over_with_its_deal_and_with_a_bot_none_is_lost() {
    let cells = cells("expiry-cliff");
    let [nobody, .., fixed_sum, endowment] = &cells[..] else { panic!("four arms") };
    let ends = column(nobody, "deals", "end_s");
    assert_eq!(column(nobody, "files", "lost_s"), [ends[0].clone()]);
    for kept in [fixed_sum, endowment] {
        assert_eq!(column(kept, "files", "lost_s"), [""]);
        assert!(column(kept, "deals", "purpose").iter().filter(|purpose| *purpose == "renew").count() >= 2);
    }
}

/// A miner that leaves ends the sectors of its own data too, which the record of data has to know.
#[test]
fn data_of_a_miner_that_leaves_goes_by_its_termination() {
    const TEXT: &str = r#"
        schema = 1
        name = "leave"
        question = "What does a miner leave behind?"
        seed = 1
        duration = "12 days"
        [filecoin]
        proof = "pdp"
        [filecoin.background]
        [miners.storage]
        count = 1
        sectors = 3
        verified = "100 %"
        sealing = "4 h"
        [asks.storage]
        miners = ["storage"]
        leaves_after = "10 days"
        [clients.a]
        count = 1
        files = 1
        size = "31 GiB"
    "#;
    let text = Text { shown: "leave".into(), text: TEXT.into() };
    let scenario = Scenario::check(text, Path::new(""), &Overrides::default()).expect("it checks");
    let [tables] = &run(scenario, CheckLevel::Every)[..] else { panic!("one cell") };
    assert_eq!(column(tables, "stored_data", "loss_cause"), ["sector-terminated"; 3]);
}

/// A competitive price falls with the subsidy, attoFIL for attoFIL, until storage is free; half of what a client would
/// pay at most is left to whoever bargains.
#[test]
fn a_subsidy_moves_a_competitive_price_down_to_nothing_and_a_bargain_to_half_the_limit() {
    let prices = |tables: &CsvTables| -> Vec<i128> {
        let rates = column(tables, "deals", "rate_attofil");
        rates.iter().filter(|rate| !rate.is_empty()).map(|rate| rate.parse().expect("a price")).collect()
    };
    let cells: Vec<Vec<i128>> = cells("ask-book").iter().map(prices).collect();
    // Arms, subsidies, replicates, in this order.
    let [posted, undercut, auction, bargain] = [0, 1, 2, 3].map(|arm| &cells[arm * 6..(arm + 1) * 6]);
    assert!(cells.iter().all(|prices| prices.len() == 6), "{cells:?}");
    for competitive in [posted, undercut, auction] {
        for replicate in 0..2 {
            let [none, some, all] = [0, 1, 2].map(|subsidy| &competitive[subsidy * 2 + replicate]);
            assert!(none.iter().all(|price| *price > 200_000_000 && *price < 600_000_000), "{none:?}");
            assert!(
                none.iter().zip(some).all(|(none, some)| none - some == 100_000_000),
                "{none:?} {some:?}"
            );
            assert!(all.iter().all(|price| *price == 0), "{all:?}");
        }
    }
    // Whoever bids asks for more than its cost, and so does whoever is only as cheap as the next one.
    for dearer in [undercut, auction] {
        assert!(posted.iter().zip(dearer).take(4).all(|(posted, price)| posted[0] < price[0]));
    }
    assert!(bargain[4..].iter().flatten().all(|price| *price == 500_000_000), "{bargain:?}");
}
