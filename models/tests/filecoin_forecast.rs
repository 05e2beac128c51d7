//! The chain and the macro model, told the same story: a network that starts from nothing in June 2026 and onboards
//! 10 PiB a day for ever, all of it full of verified data, with one simulated sector for 65,536 of 32 GiB and nobody
//! beside the simulated miners (no background).
//!
//! The macro model takes over at the end of day 40, when the network is large enough for no pledge to reach the chain's
//! cap. Tolerances are those that `vectors/mechafil.json` gives for an event-driven simulator: 2 % on the reward of a
//! day and on the sum of rewards, 5 % on what is locked and on what circulates.

mod worlds;

use models::agents::conduct::Conduct;
use models::agents::storage_miner::{OnLoss, OperatorConfig};
use models::config::{CheckLevel, Config, FilecoinConfig, ForecastPlan, GasConfig, MinerGroup};
use models::content::Content;
use models::filecoin::background::Background;
use models::filecoin::chain::ChainConfig;
use models::filecoin::forecast::minting::simple_minted;
use models::filecoin::network::Start;
use models::filecoin::piece::size::SectorSize;
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::rulesets::RuleSet;
use models::filecoin::vault::ProofConfig;
use models::simulation::Simulation;
use models::units::{AttoFil, EPOCHS_PER_DAY, Epoch, Epochs};
use sim_core::draws::Draws;
use sim_core::record::csv::CsvTables;
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::Prob;
use std::sync::Arc;

const DAYS: u64 = 140;
const FROM: u32 = 40;
const START: i64 = 6_100_000;

fn operator() -> OperatorConfig {
    OperatorConfig {
        sectors: DAYS,
        batch: 1,
        interval: Epochs::from_days(1),
        spread: Epochs::from_days(1),
        sealing: Epochs::from_hours(4),
        commitment: Epochs::from_days(540),
        extension: None,
        verified: Prob::new(1, 1),
        non_interactive: false,
        disk_failure_rate: 0.0,
        sectors_per_disk: 1,
        on_loss: OnLoss::Declare,
        repair: None,
        capital: AttoFil::from_fil(80_000_000),
        cushion: AttoFil::from_fil(100_000),
        fill_after: None,
        conduct: Conduct::default(),
    }
}

fn config() -> Config {
    let mut config = worlds::lan(Vec::new(), Vec::new(), Vec::new(), 86_400.0 * DAYS as f64);
    config.check = CheckLevel::Sampled;
    config.record.every = SimSpan::from_days(1);
    config.filecoin = Some(Arc::new(FilecoinConfig {
        chain: ChainConfig {
            policy: RuleSet::named("nv28").expect("a rule set").policy(),
            sector_size: 32 << 30,
            partition_sectors: 2_349,
            weight: 65_536,
            start: Start {
                epoch: Epoch::new(START),
                network_time: Epochs::from_days(1_146),
                burnt: AttoFil::from_fil(41_000_000),
                reserve_disbursed: AttoFil::from_fil(17_066_619),
            },
            background: Background::default(),
        },
        proofs: ProofConfig { family: ProofFamily::Pdp, size: SectorSize::TwoKib },
        gas: GasConfig::default(),
        deals: models::config::DealsConfig::default(),
        groups: vec![MinerGroup { name: "miners".into(), count: 5, operator: operator() }],
        forecast: Some(ForecastPlan { from_day: FROM, rows: (DAYS as usize) - FROM as usize + 1 }),
    }));
    config
}

/// A metric by day, from the end of the day on which the forecast takes over.
fn series(tables: &CsvTables, whose: &str, what: &str) -> Vec<f64> {
    let metric = format!("{whose}_{what}");
    let rows = tables.get("series").expect("samples were taken").body().lines();
    let of_metric = rows.filter_map(|row| {
        let mut fields = row.split(',');
        let (at, name, value) = (fields.next()?, fields.next()?, fields.next()?);
        let day = at.parse::<f64>().expect("seconds") / 86_400.0;
        let is_wanted = name == metric && day >= f64::from(FROM) && day.fract() < 1e-9;
        is_wanted.then(|| value.parse().expect("a number"))
    });
    of_metric.collect()
}

/// The largest relative difference of two series, and the day of it.
fn worst(chain: &[f64], forecast: &[f64]) -> (f64, usize) {
    let apart = chain.iter().zip(forecast).map(|(chain, forecast)| (chain / forecast - 1.0).abs());
    let (day, apart) = apart.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).expect("there are days");
    (apart, day)
}

#[test]
fn the_chain_agrees_with_the_forecast_of_the_same_constant_onboarding() {
    let config = Arc::new(config());
    let content = Arc::new(Content::new(&config));
    let mut simulation = Simulation::new(&config, &content, Draws::new(4, 0));
    // Saved and taken up again on the way: the forecast goes on with the chain.
    let later = SimTime::ZERO + SimSpan::from_days(u64::from(FROM) + 50);
    simulation.advance(later, u64::MAX).expect("nothing breaks");
    let saved = simulation.save();
    simulation = Simulation::restore(&config, &content, Draws::new(4, 0), &saved).expect("its own state");
    assert!(simulation.save() == saved);
    simulation.drive(&mut |_, _| models::run::Verdict::GoOn).expect("nothing breaks");
    let mut tables = CsvTables::new();
    simulation.finish(&mut tables).expect("nothing breaks");
    // Relative differences that `vectors/mechafil.json` allows.
    for (what, tolerance) in [("reward", 0.02), ("mined", 0.02), ("locked", 0.05), ("circulating", 0.05)] {
        let (chain, forecast) = (series(&tables, "network", what), series(&tables, "forecast", what));
        let (apart, day) = worst(&chain, &forecast);
        println!("{what}: at most {:.3} % apart, on day {day} of the forecast", 100.0 * apart);
        assert!(
            apart < tolerance,
            "{what}: {apart} apart on day {day}: {} and {}",
            chain[day],
            forecast[day]
        );
    }
    // What was minted and locked since the forecast took over agrees too.
    for (what, tolerance) in [("mined", 0.02), ("locked", 0.05)] {
        let since = |series: &[f64]| series[series.len() - 1] - series[0];
        let (chain, forecast) = (series(&tables, "network", what), series(&tables, "forecast", what));
        let apart = since(&chain) / since(&forecast) - 1.0;
        println!("{what} since then: {:.3} % apart", 100.0 * apart);
        assert!(apart.abs() < tolerance, "{what} since then: {apart} apart");
    }
    // What the rewards are apart is the 51.7 days between genesis and liftoff, and the day's own growth.
    let (chain, forecast) = (series(&tables, "network", "reward"), series(&tables, "forecast", "reward"));
    let since_genesis =
        |day: usize| (START + i64::from(FROM) * EPOCHS_PER_DAY) as f64 / EPOCHS_PER_DAY as f64 + day as f64;
    let simple = |until: f64| simple_minted(until) - simple_minted(until - 1.0);
    let known = |day: usize| simple(since_genesis(day)) - simple(since_genesis(day) - 51.7);
    let moved: Vec<f64> = forecast.iter().enumerate().map(|(day, reward)| reward + known(day)).collect();
    let (apart, day) = worst(&chain, &moved);
    println!("reward by days since genesis: at most {:.4} % apart", 100.0 * apart);
    assert!(apart < 0.003, "{apart} on day {day}: {} and {}", chain[day], moved[day]);
}
