//! Worlds of storage miners alone, in a few lines.

#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part of it")]

use crate::worlds;
use models::agents::conduct::Conduct;
use models::agents::storage_miner::{OnLoss, OperatorConfig};
use models::config::{CheckLevel, Config, FilecoinConfig, GasConfig, MinerGroup};
use models::content::Content;
use models::filecoin::background::{Background, Point};
use models::filecoin::chain::{Chain, ChainConfig};
use models::filecoin::miner::sector::{Sector, SectorNumber};
use models::filecoin::network::Start;
use models::filecoin::piece::size::SectorSize;
use models::filecoin::policy::Policy;
use models::filecoin::power::PowerPair;
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::rulesets::RuleSet;
use models::filecoin::vault::ProofConfig;
use models::ids::MinerId;
use models::simulation::Simulation;
use models::units::{AttoFil, Epoch, Epochs, Power};
use sim_core::draws::Draws;
use sim_core::record::csv::CsvTables;
use sim_core::record::schema::Table;
use sim_core::time::SimTime;
use sim_core::units::Prob;
use std::sync::Arc;

/// First epoch of every chain here.
pub const START: Epoch = Epoch::new(6_100_000);

/// The rules of nv28.
pub fn policy() -> Policy {
    RuleSet::named("nv28").expect("a rule set").policy()
}

/// An operator that does everything right and has money.
pub fn honest(sectors: u64) -> OperatorConfig {
    OperatorConfig {
        sectors,
        batch: sectors,
        interval: Epochs::from_hours(1),
        spread: Epochs::ONE,
        sealing: Epochs::from_hours(1),
        commitment: Epochs::from_days(300),
        extension: None,
        verified: Prob::ZERO,
        fill_after: None,
        non_interactive: false,
        disk_failure_rate: 0.0,
        sectors_per_disk: 1,
        on_loss: OnLoss::Skip,
        repair: None,
        capital: AttoFil::from_fil(100_000),
        cushion: AttoFil::from_fil(1_000),
        conduct: Conduct::default(),
    }
}

/// Groups of one miner each.
pub fn groups(operators: Vec<OperatorConfig>) -> Vec<MinerGroup> {
    let group = |(place, operator)| MinerGroup { name: format!("group-{place}"), count: 1, operator };
    operators.into_iter().enumerate().map(group).collect()
}

/// A chain of these miners beside a network of 2 EiB, for so many epochs.
pub fn config(policy: Policy, proofs: ProofConfig, groups: Vec<MinerGroup>, epochs: i64) -> Config {
    let point = Point {
        at: START,
        power: PowerPair { raw: Power::new(1 << 61), qa: Power::new(1 << 64) },
        pledge: AttoFil::from_fil(140_000_000),
        circulating: AttoFil::from_fil(700_000_000),
    };
    let chain = ChainConfig {
        policy,
        sector_size: 32 << 30,
        partition_sectors: 2_349,
        weight: 1,
        start: Start {
            epoch: START,
            network_time: Epochs::new(3_300_000),
            burnt: AttoFil::from_fil(41_000_000),
            reserve_disbursed: AttoFil::from_fil(17_000_000),
        },
        background: Background { points: vec![point], miners: 600 },
    };
    let mut config = worlds::lan(Vec::new(), Vec::new(), Vec::new(), 1.0);
    config.duration = Epochs::new(epochs).span();
    config.check = CheckLevel::Off;
    config.record.every = config.duration;
    config.filecoin = Some(Arc::new(FilecoinConfig {
        chain,
        proofs,
        gas: GasConfig::default(),
        groups,
        forecast: None,
        deals: models::config::DealsConfig::default(),
    }));
    config
}

/// Sectors of 2 KiB.
pub fn small(family: ProofFamily) -> ProofConfig {
    ProofConfig { family, size: SectorSize::TwoKib }
}

/// A run that can be looked at between epochs.
pub struct Run {
    simulation: Simulation,
}

impl Run {
    /// Starts a configuration with a seed.
    pub fn start(config: Config, seed: u64) -> Self {
        let config = Arc::new(config);
        let content = Arc::new(Content::new(&config));
        Run { simulation: Simulation::new(&config, &content, Draws::new(seed, 0)) }
    }

    /// Runs until so many epochs are over.
    pub fn to(&mut self, epochs: i64) {
        // An epoch ends at its last nanosecond.
        let until = SimTime::ZERO + Epochs::new(epochs).span();
        self.simulation.advance(until, u64::MAX).expect("nothing breaks");
    }

    /// The chain as it is.
    pub fn chain(&self) -> &Chain {
        self.simulation.world().chain().expect("a chain")
    }

    /// Sectors of the miner of a group, in order of their numbers.
    pub fn sectors(&self, group: u32) -> impl Iterator<Item = &Sector> {
        self.chain().miner(MinerId(group)).holdings().sectors()
    }

    /// A sector of the miner of a group.
    pub fn sector(&self, group: u32, number: u64) -> &Sector {
        let holdings = self.chain().miner(MinerId(group)).holdings();
        holdings.sector(SectorNumber(number)).expect("the sector was committed")
    }

    /// Runs to the end; the tables.
    pub fn finish(mut self) -> CsvTables {
        self.simulation.drive(&mut |_, _| models::run::Verdict::GoOn).expect("nothing breaks");
        let mut tables = CsvTables::new();
        self.simulation.finish(&mut tables).expect("nothing breaks");
        tables
    }
}

/// A column of a table, row by row, as whole numbers.
pub fn column(tables: &CsvTables, table: &'static Table, name: &str) -> Vec<i128> {
    let place = table.column(name).expect("a column of the table");
    let rows = tables.get(table.name).expect("rows were written").body().lines();
    rows.map(|row| row.split(',').nth(place).expect("a field").parse().expect("a whole number")).collect()
}
