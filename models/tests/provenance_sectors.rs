//! The story of data in sectors, told by small miners: how it came, by which rule, fault or decision it went, and what
//! would have kept it.

mod miners;
mod worlds;

use miners::{Run, config, groups, honest, policy, small};
use models::agents::conduct::{Conduct, Keeps};
use models::agents::storage_miner::OperatorConfig;
use models::config::{CheckLevel, Config};
use models::filecoin::proofs::deletion::{Deletion, Pattern};
use models::filecoin::proofs::family::ProofFamily;
use models::units::Epochs;
use sim_core::dist::Law;
use sim_core::record::csv::CsvTables;
use sim_core::time::SimSpan;
use sim_core::units::Prob;
use std::collections::BTreeMap;

const DAY: f64 = 86_400.0;

/// Every disk fails within days.
const SOON: f64 = 1.0 - 1e-16;

fn verified() -> OperatorConfig {
    OperatorConfig { verified: Prob::ONE, ..honest(1) }
}

/// One miner for each way in which data comes and goes, each with one sector, for 110 days.
fn world() -> Config {
    let mut rules = policy();
    // Otherwise a sector lives 180 days at least.
    rules.min_sector_lifetime = Epochs::from_days(10);
    let repaired = |days| Some(Law::Constant { value: SimSpan::from_days(days) });
    let keeps = |keeps| Conduct { keeps, ..Conduct::default() };
    let deletes = Some(Deletion { share: Prob::new(1, 8), pattern: Pattern::Run });
    let plans = vec![
        verified(),
        OperatorConfig { commitment: Epochs::from_days(20), ..verified() },
        OperatorConfig { disk_failure_rate: SOON, ..verified() },
        OperatorConfig { disk_failure_rate: SOON, repair: repaired(200), ..verified() },
        OperatorConfig { conduct: keeps(Keeps::Data), ..verified() },
        OperatorConfig { conduct: Conduct { source: Some(0), ..keeps(Keeps::Nothing) }, ..verified() },
        OperatorConfig { conduct: Conduct { deletes, ..Conduct::default() }, ..verified() },
        OperatorConfig { fill_after: Some(Epochs::from_days(2)), ..honest(1) },
        honest(1),
    ];
    let mut config =
        config(rules, small(ProofFamily::SdrPoseidon), groups(plans), Epochs::from_days(110).count());
    config.check = CheckLevel::Sampled;
    config
}

type Row = BTreeMap<String, String>;

fn rows(tables: &CsvTables, name: &str) -> Vec<Row> {
    let Some(table) = tables.get(name) else { return Vec::new() };
    let names: Vec<String> = table.schema.columns.iter().map(|column| column.name.to_owned()).collect();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.body().as_bytes());
    let records = reader.records().map(|record| record.expect("our own table"));
    records.map(|record| names.iter().cloned().zip(record.iter().map(String::from)).collect()).collect()
}

fn of(rows: &[Row], miner: u32) -> &Row {
    let name = format!("group-{miner}/0/0");
    rows.iter().find(|row| row["object"] == name).unwrap_or_else(|| panic!("no row of {name}"))
}

fn days(row: &Row, column: &str) -> f64 {
    row[column].parse::<f64>().expect("a time") / DAY
}

fn fact(row: &Row, column: &str, key: &str) -> f64 {
    let pair = row[column].split(' ').filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == key);
    pair.unwrap_or_else(|| panic!("no {key} in {}", row[column])).1.parse::<f64>().expect("seconds") / DAY
}

#[test]
fn data_comes_with_a_sector_and_goes_by_the_rule_the_fault_or_the_decision_that_took_it() {
    let tables = Run::start(world(), 3).finish();
    let (copies, losses, data) =
        (rows(&tables, "copies"), rows(&tables, "losses"), rows(&tables, "stored_data"));
    // Committed capacity is nothing to lose: eight of nine miners have data.
    assert_eq!((copies.len(), data.len(), losses.len()), (8, 8, 6));
    let cause = |miner: u32| {
        let (copy, loss) = (of(&copies, miner), of(&losses, miner));
        assert_eq!(
            (&copy["until_s"], &copy["went_by"], &copy["is_last"]),
            (&loss["lost_s"], &loss["cause"], &"true".to_owned())
        );
        assert_eq!(copy["holder"], format!("group-{miner}/0 sector 0"));
        [loss["cause"].clone(), loss["cause_key"].clone(), loss["remedies"].clone()]
    };
    let key = |miner: u32, key: &str| format!("miners.group-{miner}.{key}");
    for (miner, name, ruled, remedy) in [
        (1, "sector-expired", "commitment", "longer-term second-copy"),
        (2, "disk-lost", "disk_failures", "disk-restored second-copy"),
        (3, "faulty-too-long", "repair", "disk-restored second-copy"),
        (4, "faulty-too-long", "on_loss", "proven-in-time second-copy"),
        (5, "discarded", "keeps", "not-discarded second-copy"),
        (6, "discarded", "deletes", "not-discarded second-copy"),
    ] {
        assert_eq!(cause(miner), [name.to_owned(), key(miner, ruled), remedy.to_owned()]);
    }
    for miner in [0, 7] {
        assert_eq!(
            (&of(&data, miner)["lost_s"], &of(&data, miner)["copies_end"]),
            (&String::new(), &"1".to_owned())
        );
    }
    assert_eq!(of(&copies, 0)["came_by"], "onboarded");
    assert_eq!(of(&copies, 7)["came_by"], "filled");
}

#[test]
fn a_sector_is_over_after_its_term_and_a_fault_lasts_forty_two_days() {
    let tables = Run::start(world(), 3).finish();
    let copies = rows(&tables, "copies");
    // A sector ends with the deadline at or after its term: within a day of it.
    let expired = of(&copies, 1);
    let late = days(expired, "until_s") - fact(expired, "came_facts", "promised_until_s");
    assert!((0.0..=1.0).contains(&late), "{late} days after the term");
    // Whatever is not proven is ended 42 days later, and the disk had failed less than a day before that.
    for miner in [3, 4] {
        let copy = of(&copies, miner);
        let faulty = days(copy, "until_s") - fact(copy, "went_facts", "not_proven_since_s");
        assert!((faulty - 42.0).abs() < 1e-3, "{faulty} days");
    }
    let copy = of(&copies, 3);
    let unnoticed =
        fact(copy, "went_facts", "not_proven_since_s") - fact(copy, "went_facts", "bytes_gone_since_s");
    assert!((0.0..=1.01).contains(&unnoticed), "{unnoticed} days");
    assert!(!of(&copies, 4)["went_facts"].contains("bytes_gone"), "the data was there all the time");
}

#[test]
fn a_disk_that_is_restored_in_time_costs_no_copy() {
    let mut config = world();
    let filecoin = std::sync::Arc::get_mut(config.filecoin.as_mut().expect("a chain")).expect("not shared");
    filecoin.groups[3].operator.repair = Some(Law::Constant { value: SimSpan::from_days(20) });
    let tables = Run::start(config, 3).finish();
    let sectors = rows(&tables, "sectors");
    let faulty = sectors.iter().find(|row| row["miner"] == "group-3/0").expect("its sector");
    assert!(faulty["faulty_s"].parse::<f64>().expect("seconds") > 19.0 * DAY, "{faulty:?}");
    assert_eq!(of(&rows(&tables, "stored_data"), 3)["copies_end"], "1");
    assert_eq!(of(&rows(&tables, "copies"), 3)["until_s"], "");
}
