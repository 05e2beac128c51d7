//! Deals in a running world: a client pays a miner epoch by epoch, and every attoFIL is accounted for.

mod miners;
mod worlds;

use miners::{Run, groups, honest, policy, small};
use models::agents::storage_client::{ClientConfig, Placement, Renewal};
use models::agents::storage_provider::{AskConfig, Staging, Takes};
use models::config::{CheckLevel, ClientGroup, Config, DealsConfig};
use models::filecoin::proofs::family::ProofFamily;
use models::units::{AttoFil, EPOCHS_PER_DAY, Epochs};
use sim_core::record::csv::CsvTables;
use std::sync::Arc;

/// 32 GiB at 500 attoFIL a GiB and epoch.
const PRICE: i128 = 16_000;
const DAYS: i64 = 10;
const TERM: i128 = DAYS as i128 * EPOCHS_PER_DAY as i128;

fn ask() -> AskConfig {
    AskConfig { takes: Takes::All, price: AttoFil::new(500), ..AskConfig::default() }
}

fn client() -> ClientConfig {
    ClientConfig {
        limit: AttoFil::new(1_000),
        size: 31 << 30,
        duration: Epochs::from_days(DAYS),
        renew_before: Epochs::from_days(5),
        ..ClientConfig::default()
    }
}

/// Miners that take deals, one a group with these asks, and one client, for so many days. Deals may run ten days.
fn world(asks: Vec<AskConfig>, client: ClientConfig, days: i64) -> Config {
    let operators = asks.iter().map(|_| honest(0)).collect();
    let policy = models::filecoin::policy::Policy { deal_min_duration: Epochs::from_days(DAYS), ..policy() };
    let mut config =
        miners::config(policy, small(ProofFamily::Pdp), groups(operators), days * EPOCHS_PER_DAY);
    let filecoin = Arc::get_mut(config.filecoin.as_mut().expect("a chain")).expect("nobody else has it");
    filecoin.deals =
        DealsConfig { clients: vec![ClientGroup { name: "client".into(), count: 1, client }], asks };
    config.check = CheckLevel::Every;
    config
}

fn run(config: Config) -> CsvTables {
    let tables = Run::start(config, 7).finish();
    for table in ["clients", "miner_days"] {
        assert!(column(&tables, table, "residual_attofil").iter().all(|residual| residual == "0"), "{table}");
    }
    let sum = |table, name: &str| column(&tables, table, name).iter().map(|text| amount(text)).sum::<i128>();
    let (out, into) = (sum("clients", "deal_payment_attofil"), sum("miner_days", "deal_payment_attofil"));
    assert_eq!(out + into, 0, "what clients pay is what miners get");
    tables
}

/// A column of a table, row by row.
fn column(tables: &CsvTables, table: &str, name: &str) -> Vec<String> {
    let table = tables.get(table).expect("a table");
    let place = table.schema.column(name).expect("a column");
    table.body().lines().map(|line| line.split(',').nth(place).expect("a field").to_string()).collect()
}

fn amount(text: &str) -> i128 {
    text.parse().expect("a whole number")
}

fn amounts(tables: &CsvTables, table: &str, name: &str) -> Vec<i128> {
    column(tables, table, name).iter().map(|text| amount(text)).collect()
}

#[test]
fn a_deal_is_paid_for_every_epoch_of_its_term_and_the_copy_is_over_with_it() {
    let tables = run(world(vec![ask()], client(), 16));
    assert_eq!(column(&tables, "deals", "stage"), ["completed"]);
    assert_eq!(amounts(&tables, "deals", "price_attofil"), [PRICE]);
    assert_eq!(amounts(&tables, "deals", "paid_attofil"), [PRICE * TERM]);
    assert_eq!(amounts(&tables, "deals", "burnt_attofil"), [0]);
    assert_eq!(column(&tables, "files", "lost_s"), column(&tables, "deals", "end_s"));
    let closing = amounts(&tables, "clients", "closing_attofil");
    assert_eq!(closing.last(), Some(&(AttoFil::from_fil(100).atto() - PRICE * TERM)));
}

#[test]
fn a_miner_that_leaves_is_paid_until_then_and_the_rest_goes_back() {
    let leaving = AskConfig { leaves_after: Some(Epochs::from_days(8)), ..ask() };
    let tables = run(world(vec![leaving], client(), 12));
    assert_eq!(column(&tables, "deals", "stage"), ["terminated"]);
    let seconds = |name: &str| -> f64 { column(&tables, "deals", name)[0].parse().expect("an instant") };
    let epochs = ((seconds("ended_s") - seconds("start_s")) / 30.0) as i128;
    assert!(epochs > 4 * 2_880 && epochs < 6 * 2_880, "{epochs}");
    assert_eq!(amounts(&tables, "deals", "paid_attofil"), [PRICE * epochs]);
    assert_eq!(amounts(&tables, "deals", "returned_attofil"), [PRICE * (TERM - epochs)]);
    assert!(amounts(&tables, "deals", "burnt_attofil")[0] > 0);
    assert_eq!(column(&tables, "files", "lost_s"), column(&tables, "deals", "ended_s"));
}

#[test]
fn who_watches_buys_the_copy_that_a_leaving_miner_took_with_it() {
    let leaving = AskConfig { leaves_after: Some(Epochs::from_days(8)), price: AttoFil::new(400), ..ask() };
    let watching = ClientConfig { replicas: 2, watch: Some(Epochs::from_hours(12)), ..client() };
    let tables = run(world(vec![leaving, ask(), ask()], watching, 13));
    assert_eq!(column(&tables, "deals", "purpose"), ["store", "store", "repair"]);
    assert_eq!(column(&tables, "deals", "stage"), ["terminated", "active", "active"]);
    assert_eq!(column(&tables, "files", "lost_s"), [""]);
    assert_eq!(column(&tables, "files", "copies_end"), ["2"]);
}

#[test]
fn a_bot_renews_as_long_as_its_money_lasts() {
    // Two terms and a half.
    let capital = AttoFil::new(PRICE * TERM * 5 / 2);
    let bot = ClientConfig { renewal: Renewal::Bot, capital, ..client() };
    let tables = run(world(vec![ask()], bot, 26));
    let stages = column(&tables, "deals", "stage");
    assert_eq!(stages.iter().filter(|stage| *stage == "completed").count(), 2, "{stages:?}");
    let reasons = column(&tables, "deals", "reason");
    assert!(reasons[2..].iter().all(|reason| reason == "client-funds"), "{reasons:?}");
    assert_eq!(column(&tables, "files", "lost_s")[0], column(&tables, "deals", "end_s")[1]);
}

#[test]
fn what_costs_more_than_the_limit_is_refused_with_the_reason() {
    let tables = run(world(vec![ask()], ClientConfig { limit: AttoFil::new(499), ..client() }, 1));
    assert_eq!(column(&tables, "deals", "stage"), ["refused"]);
    assert_eq!(column(&tables, "deals", "reason"), ["above-limit"]);
    let second = ClientConfig { replicas: 2, placement: Placement::Random, ..client() };
    let tables = run(world(vec![ask()], second, 1));
    assert_eq!(column(&tables, "deals", "reason"), ["", "has-copy"]);
}

#[test]
fn a_copy_that_fails_in_the_gap_is_lost_unless_the_miner_keeps_what_has_come() {
    let leaving = ClientConfig { own_mtbf: Some(Epochs::new(400)), ..client() };
    let streamed = AskConfig { staging: Staging::Streamed, pack_wait: Epochs::from_hours(24), ..ask() };
    let tables = run(world(vec![streamed], leaving.clone(), 5));
    assert_ne!(column(&tables, "files", "lost_s"), [""]);
    assert_eq!(column(&tables, "files", "protected_s"), [""]);
    let tables = run(world(vec![ask()], leaving, 5));
    assert_eq!(column(&tables, "files", "lost_s"), [""]);
    assert_eq!(column(&tables, "files", "own"), ["false"]);
}

#[test]
fn files_wait_until_they_fill_a_batch() {
    let batching = ClientConfig {
        size: 8 << 30,
        files: 4,
        every: Epochs::from_hours(6),
        batch: Some(31 << 30),
        batch_wait: Some(Epochs::from_hours(24)),
        ..client()
    };
    let tables = run(world(vec![ask()], batching, 5));
    // The fourth would not fit any more and waits for the second batch.
    assert_eq!(column(&tables, "files", "piece"), ["0", "0", "0", "1"]);
    assert_eq!(
        column(&tables, "deals", "size_bytes"),
        [(32_u64 << 30).to_string(), (16_u64 << 30).to_string()]
    );
    let instants = [column(&tables, "files", "arrived_s")[3].clone()];
    assert_eq!(column(&tables, "deals", "agreed_s")[..1], instants);
}

/// Two miners sell a copy each, for 200 and 400; they cost 150 and 100, and the network pays the second one 50.
#[test]
fn metrics_of_a_market_of_two_deals_are_those_reckoned_by_hand() {
    let second =
        AskConfig { price: AttoFil::new(400), cost: AttoFil::new(100), subsidy: AttoFil::new(50), ..ask() };
    let first = AskConfig { price: AttoFil::new(200), cost: AttoFil::new(150), ..ask() };
    let mut config = world(vec![second, first], ClientConfig { replicas: 2, ..client() }, 2);
    let gib_epochs = 32.0 * TERM as f64 * 1e-18;
    let expected = [
        ("deals_active", 2.0),
        ("deals_refused", 0.0),
        ("deals_refused_price", 0.0),
        ("deals_refused_funds", 0.0),
        ("deal_price", 300.0),
        ("deals_for_nothing", 0.0),
        // A deviation of 100 around 300.
        ("deal_price_dispersion", 1.0 / 3.0),
        // Half each: 50 squared, twice.
        ("deals_concentration", 5_000.0),
        ("deals_inequality", 0.0),
        // 1,000 less 200 and 400.
        ("client_surplus", (800.0 + 600.0) * gib_epochs),
        ("miner_surplus", (50.0 + 350.0) * gib_epochs),
        ("files_lost", 0.0),
        ("files_lost_in_gap", 0.0),
    ];
    config.record.metrics = expected.iter().map(|(name, _)| (*name).to_owned()).collect();
    let tables = run(config);
    let (names, values) = (column(&tables, "metrics", "metric"), column(&tables, "metrics", "value"));
    for (name, value) in expected {
        let place =
            names.iter().position(|other| other == name).unwrap_or_else(|| panic!("{name}: {names:?}"));
        let got: f64 = values[place].parse().expect("a number");
        assert!((got - value).abs() <= 1e-12 * value.abs(), "{name}: {got} for {value}");
    }
}

/// Deals at price 0, and none that anybody would sell.
#[test]
fn a_subsidy_as_high_as_the_cost_makes_storage_free_and_refusals_are_counted() {
    let free =
        AskConfig { price: AttoFil::ZERO, cost: AttoFil::new(100), subsidy: AttoFil::new(100), ..ask() };
    let mut config = world(vec![free], ClientConfig { replicas: 2, ..client() }, 2);
    let metrics = ["deals_refused", "deals_refused_price", "deals_for_nothing", "deals_concentration"];
    config.record.metrics = metrics.map(str::to_owned).to_vec();
    let tables = run(config);
    // The second copy finds no other miner, for another reason than its price.
    assert_eq!(column(&tables, "metrics", "value"), ["0.5", "0", "1", "10000"]);
}
