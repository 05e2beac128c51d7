//! A world of storage miners alone: its books close, and a run that stops anywhere goes on as if it never had.

mod worlds;

use models::agents::conduct::Conduct;
use models::agents::storage_miner::{OnLoss, OperatorConfig};
use models::config::{CheckLevel, Config, FilecoinConfig, GasConfig, MinerGroup};
use models::content::Content;
use models::filecoin::background::{Background, Point};
use models::filecoin::base_fee::OtherGas;
use models::filecoin::chain::ChainConfig;
use models::filecoin::consensus_fault::FaultKind;
use models::filecoin::network::Start;
use models::filecoin::piece::size::SectorSize;
use models::filecoin::power::PowerPair;
use models::filecoin::proofs::deletion::{Deletion, Pattern};
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::rulesets::RuleSet;
use models::filecoin::vault::ProofConfig;
use models::simulation::Simulation;
use models::units::{AttoFil, Epoch, Epochs, Power};
use sim_core::dist::{Law, below};
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::record::csv::CsvTables;
use sim_core::time::SimSpan;
use sim_core::units::Prob;
use std::sync::Arc;

fn plan(sectors: u64, on_loss: OnLoss, repair_hours: Option<u64>) -> OperatorConfig {
    OperatorConfig {
        sectors,
        batch: 2,
        interval: Epochs::from_hours(5),
        spread: Epochs::from_hours(6),
        sealing: Epochs::from_hours(1),
        commitment: Epochs::from_days(200),
        extension: Some(Epochs::from_days(100)),
        verified: Prob::new(1, 2),
        fill_after: Some(Epochs::from_hours(20)),
        non_interactive: false,
        // A disk lasts some ten days.
        disk_failure_rate: 1.0 - 1e-16,
        sectors_per_disk: 1,
        on_loss,
        repair: repair_hours.map(|hours| Law::Exponential { mean: SimSpan::from_hours(hours) }),
        capital: AttoFil::from_fil(50_000),
        cushion: AttoFil::from_fil(100),
        conduct: Conduct::default(),
    }
}

fn cheating() -> Conduct {
    Conduct {
        deletes: Some(Deletion { share: Prob::new(1, 8), pattern: Pattern::Scattered }),
        fault: Some(FaultKind::TimeOffsetMining),
        ..Conduct::default()
    }
}

fn config(hours: u64, family: ProofFamily) -> Config {
    let mut config = worlds::lan(Vec::new(), Vec::new(), Vec::new(), 3_600.0 * hours as f64);
    config.check = CheckLevel::Sampled;
    config.record.every = SimSpan::from_hours(6);
    let mut policy = RuleSet::named("nv28").expect("a rule set").policy();
    policy.fault_max_age = Epochs::from_days(1);
    let point = Point {
        at: Epoch::new(6_100_000),
        power: PowerPair { raw: Power::new(1 << 61), qa: Power::new(1 << 64) },
        pledge: AttoFil::from_fil(140_000_000),
        circulating: AttoFil::from_fil(700_000_000),
    };
    let group = |name: &str, operator| MinerGroup { name: name.into(), count: 2, operator };
    config.filecoin = Some(Arc::new(FilecoinConfig {
        chain: ChainConfig {
            policy,
            sector_size: 32 << 30,
            partition_sectors: 3,
            weight: 1_000,
            start: Start {
                epoch: Epoch::new(6_100_000),
                network_time: Epochs::new(3_300_000),
                burnt: AttoFil::from_fil(41_000_000),
                reserve_disbursed: AttoFil::from_fil(17_000_000),
            },
            background: Background { points: vec![point], miners: 600 },
        },
        proofs: ProofConfig { family, size: SectorSize::TwoKib },
        gas: GasConfig::default(),
        forecast: None,
        deals: models::config::DealsConfig::default(),
        groups: vec![
            group("declares", plan(6, OnLoss::Declare, Some(9))),
            group("skips", plan(6, OnLoss::Skip, Some(9))),
            group("ignores", plan(6, OnLoss::Ignore, Some(9))),
            group("never", plan(6, OnLoss::Declare, None)),
            group("cheats", OperatorConfig { conduct: cheating(), ..plan(6, OnLoss::Lie, None) }),
        ],
    }));
    config
}

struct Run {
    digest: String,
    tables: CsvTables,
}

fn start(config: &Arc<Config>) -> Simulation {
    Simulation::new(config, &Arc::new(Content::new(config)), Draws::new(4, 0))
}

fn finish(mut simulation: Simulation) -> Run {
    simulation.drive(&mut |_, _| models::run::Verdict::GoOn).expect("nothing breaks");
    let mut tables = CsvTables::new();
    let (report, _) = simulation.finish(&mut tables).expect("nothing breaks");
    Run { digest: report.digest, tables }
}

/// Rows of a table as columns by name.
fn column(run: &Run, table: &'static sim_core::record::schema::Table, name: &str) -> Vec<i128> {
    let place = table.column(name).expect("a column of the table");
    let rows = run.tables.get(table.name).expect("rows were written").body().lines();
    rows.map(|row| row.split(',').nth(place).expect("a field").parse().expect("a whole number")).collect()
}

#[test]
fn every_day_of_every_miner_closes_to_nothing_left_over() {
    let run = finish(start(&Arc::new(config(5 * 24, ProofFamily::SdrPoseidon))));
    let days = &models::tables::MINER_DAYS;
    let residuals = column(&run, days, "residual_attofil");
    assert_eq!(residuals.len(), 10 * 5);
    assert!(residuals.iter().all(|residual| *residual == 0));
    for name in [
        "reward_attofil",
        "daily_fee_attofil",
        "fault_fee_attofil",
        "gas_burn_attofil",
        "invalid_post_attofil",
    ] {
        assert!(column(&run, days, name).iter().any(|amount| *amount != 0), "{name} is always zero");
    }
    // What one day ends with, the next begins with.
    let (opening, closing) = (column(&run, days, "opening_attofil"), column(&run, days, "closing_attofil"));
    for miner in 0..10 {
        for day in 1..5 {
            assert_eq!(opening[10 * day + miner], closing[10 * (day - 1) + miner]);
        }
    }
}

#[test]
fn lost_sectors_are_found_by_real_proofs_of_either_family() {
    for family in [ProofFamily::SdrPoseidon, ProofFamily::Sha256Merkle] {
        let run = finish(start(&Arc::new(config(4 * 24, family))));
        let faulty = column(&run, &models::tables::MINERS, "faulty_end");
        let ended = column(&run, &models::tables::MINERS, "terminated");
        assert!(faulty.iter().chain(&ended).any(|count| *count > 0), "{family}: {faulty:?} {ended:?}");
    }
}

#[test]
fn a_run_that_stops_anywhere_goes_on_as_if_it_never_had() {
    const STOP: Domain = Domain::new("test/stop");
    let config = Arc::new(config(40, ProofFamily::Sha256Merkle));
    let content = Arc::new(Content::new(&config));
    let whole = finish(start(&config));
    let mut luck = Draws::new(1, 0).at(STOP, Entity(0), 0);
    for _ in 0..8 {
        let mut first = start(&config);
        first.advance(first.end(), below(&mut luck, 4_800)).expect("nothing breaks");
        let saved = first.save();
        let again = Simulation::restore(&config, &content, Draws::new(4, 0), &saved).expect("its own state");
        assert_eq!(again.save(), saved, "after {} events", first.events());
        let rest = finish(again);
        assert_eq!(rest.digest, whole.digest);
        let bodies = |run: &Run| run.tables.iter().map(|table| table.body().to_owned()).collect::<Vec<_>>();
        assert!(bodies(&rest) == bodies(&whole), "after {} events", first.events());
    }
}

/// The base fee at the end of each day of two, by the rules of that network version.
fn base_fees(rules: &str, gas: GasConfig) -> Vec<i128> {
    let mut config = config(48, ProofFamily::Sha256Merkle);
    let mut filecoin = FilecoinConfig::clone(config.filecoin.as_ref().expect("a chain"));
    filecoin.chain.policy = RuleSet::named(rules).expect("a rule set").policy();
    filecoin.chain.weight = 1;
    filecoin.gas = gas;
    config.filecoin = Some(Arc::new(filecoin));
    let run = finish(start(&Arc::new(config)));
    column(&run, &models::tables::NETWORK, "base_fee_attofil")
}

#[test]
fn the_base_fee_stays_unless_the_scenario_lets_it_move() {
    let others = OtherGas { limit: 100_000_000_000, premium: AttoFil::new(900) };
    assert_eq!(base_fees("nv27", GasConfig { others, ..GasConfig::default() }), [100, 100]);
}

#[test]
fn the_base_fee_moves_to_where_its_rule_lets_it_rest() {
    let moving = |others| GasConfig { moves: true, others, ..GasConfig::default() };
    // Whoever fills a block offers 100,000: the fee rests where its eighth, rounded up, is just that.
    let others = OtherGas { limit: 25_000_000_000, premium: AttoFil::new(100_000) };
    let fees = base_fees("nv28", moving(others));
    assert!(fees.iter().all(|fee| (799_993..=800_000).contains(fee)), "{fees:?}");
    // Blocks that nobody fills but a few simulated miners: the least there may be.
    assert_eq!(
        base_fees("nv27", GasConfig { base_fee: AttoFil::new(400), ..moving(OtherGas::NONE) })[1],
        100
    );
}
