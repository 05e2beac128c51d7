//! Networks of storage miners that are all simulated one by one: alone, and with a market.

use models::agents::conduct::Conduct;
use models::agents::storage_client::{ClientConfig, Placement, Renewal};
use models::agents::storage_miner::{OnLoss, OperatorConfig};
use models::agents::storage_provider::{AskConfig, Takes};
use models::config::{
    CheckLevel, ClientGroup, Config, DealsConfig, FilecoinConfig, GasConfig, IpfsConfig, MinerGroup,
    NetConfig, RecordConfig,
};
use models::filecoin::background::{Background, Point};
use models::filecoin::chain::ChainConfig;
use models::filecoin::network::Start;
use models::filecoin::piece::size::SectorSize;
use models::filecoin::power::PowerPair;
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::rulesets::RuleSet;
use models::filecoin::vault::ProofConfig;
use models::net::{NetTier, Topology};
use models::units::{AttoFil, Epoch, Epochs, Power};
use sim_core::time::SimSpan;
use sim_core::units::Prob;
use std::sync::Arc;

/// Sectors of each miner.
const SECTORS: u64 = 10;
/// Nominal bytes of a sector.
const SECTOR: u64 = 32 << 30;

/// So many miners of ten sectors, which each seals on the first day and proves on every day until the end; the smallest
/// real sectors, sealed as Filecoin does.
///
/// A rest of the network as large as theirs is there when they come, so that deposits are not those of an empty
/// network, and is gone after two days: every later election is of simulated miners.
pub fn miners(count: u32, days: u64) -> Config {
    let start = Epoch::new(6_100_000);
    let power = Power::new(i128::from(u64::from(count) * SECTORS * SECTOR));
    let rest = |day: i64, power: Power| Point {
        at: start + Epochs::from_days(day),
        power: PowerPair { raw: power, qa: power },
        pledge: AttoFil::ZERO,
        circulating: AttoFil::from_fil(700_000_000),
    };
    Config {
        duration: SimSpan::from_days(days),
        net: NetConfig {
            topology: Arc::new(Topology::single("one region", SimSpan::from_millis(80))),
            tier: NetTier::default(),
            partitions: Vec::new(),
            dial_round_trips: 2,
        },
        groups: Vec::new(),
        objects: Vec::new(),
        demand: Vec::new(),
        ipfs: IpfsConfig::default(),
        clusters: Vec::new(),
        filecoin: Some(Arc::new(FilecoinConfig {
            chain: ChainConfig {
                policy: RuleSet::named("nv28").expect("a rule set").policy(),
                sector_size: SECTOR,
                partition_sectors: 2_349,
                weight: 1,
                start: Start {
                    epoch: start,
                    network_time: Epochs::from_days(1_146),
                    burnt: AttoFil::from_fil(41_000_000),
                    reserve_disbursed: AttoFil::from_fil(17_066_619),
                },
                // Too few of at least the consensus minimum for it to bind.
                background: Background {
                    points: vec![rest(0, power), rest(1, power), rest(2, Power::ZERO)],
                    miners: 0,
                },
            },
            proofs: ProofConfig { family: ProofFamily::SdrPoseidon, size: SectorSize::TwoKib },
            gas: GasConfig::default(),
            groups: vec![MinerGroup { name: "miners".into(), count, operator: operator(count) }],
            forecast: None,
            deals: DealsConfig::default(),
        })),
        record: RecordConfig { every: SimSpan::from_days(30), metrics: vec!["active_sectors".into()] },
        check: CheckLevel::Off,
        max_events: None,
    }
}

/// So many clients, each with a file of 4 GiB (a piece; a little less before padding) of which it buys five copies from
/// drawn miners of so many, for a little more than half the run; a program renews every deal once. Clients come in ten
/// groups on ten days running, and a miner waits up to ten days until eight pieces fill a sector: with four clients a
/// miner it seals some six sectors in all, of six or seven deals each, and proves each daily until its last deal is over.
///
/// The rest of the network is as large as what is stored, so that every other election is of a simulated miner.
pub fn deals(clients: u32, count: u32, years: u32) -> Config {
    const COPIES: u32 = 5;
    const PIECE: u64 = 4 << 30;
    let days = i64::from(years) * 365;
    let mut config = miners(count, days as u64);
    let filecoin =
        Arc::get_mut(config.filecoin.as_mut().expect("it has a chain")).expect("nobody else has it");
    let stored = Power::new(i128::from(u64::from(clients * COPIES) * PIECE));
    for point in &mut filecoin.chain.background.points {
        point.power = PowerPair { raw: stored, qa: stored };
    }
    filecoin.groups[0].operator = OperatorConfig { sectors: 0, batch: 1, ..operator(count) };
    let client = |day: i64| ClientConfig {
        size: PIECE / 128 * 127,
        first: Epochs::from_days(day),
        replicas: COPIES,
        duration: Epochs::from_days(days / 2 + 10),
        start_delay: Epochs::from_days(14),
        placement: Placement::Random,
        renewal: Renewal::Bot,
        renew_before: Epochs::from_days(20),
        ..ClientConfig::default()
    };
    let ask = AskConfig { takes: Takes::All, pack_wait: Epochs::from_days(10), ..AskConfig::default() };
    let group = |day: u32| ClientGroup {
        name: format!("day-{day}"),
        count: clients / 10 + u32::from(day < clients % 10),
        client: client(i64::from(day)),
    };
    filecoin.deals = DealsConfig { clients: (0..10).map(group).collect(), asks: vec![ask] };
    config
}

/// One of so many. Deposits are the larger the smaller the network is, and so is what everybody starts with.
fn operator(count: u32) -> OperatorConfig {
    OperatorConfig {
        sectors: SECTORS,
        batch: SECTORS,
        interval: Epochs::from_days(1),
        spread: Epochs::from_hours(16),
        sealing: Epochs::from_hours(4),
        commitment: Epochs::from_days(540),
        extension: None,
        verified: Prob::ZERO,
        non_interactive: false,
        disk_failure_rate: 0.0,
        sectors_per_disk: 1,
        on_loss: OnLoss::Declare,
        repair: None,
        capital: AttoFil::from_fil(400_000_000 / i64::from(count)),
        cushion: AttoFil::from_fil(1_000),
        fill_after: None,
        conduct: Conduct::default(),
    }
}
