//! Small worlds in a few lines, for story tests.

#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part of it")]

use models::config::{
    Arrivals, CheckLevel, Config, ConnectionConfig, Demand, DhtMode, Group, IpfsConfig, NetConfig,
    ObjectGroup, ReadMode, RecordConfig, RegionChoice, Role, Session, StoreConfig, Strategy,
};
use models::content::Content;
use models::ipfs::bitswap::BitswapConfig;
use models::ipfs::dht::DhtConfig;
use models::ipfs::unixfs::{Dag, DagCollector, FileImporter, ImportOptions};
use models::metrics::METRICS;
use models::net::{NetTier, Topology};
use models::world::World;
use sim_core::draws::{Draws, mix64};
use sim_core::engine::Engine;
use sim_core::record::csv::CsvTables;
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::{BitRate, Bytes, Prob};
use std::sync::Arc;

/// `secs` seconds after the start.
pub fn at(secs: f64) -> SimTime {
    SimTime::ZERO + SimSpan::from_secs_f64_lossy(secs)
}

/// `n` bytes of the SplitMix64 stream of `seed`.
pub fn bytes(seed: u64, n: usize) -> Vec<u8> {
    let words = (1..).map(|i: u64| mix64(seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15))));
    words.flat_map(u64::to_le_bytes).take(n).collect()
}

/// A file of `n` drawn bytes as Kubo imports it by default, with its bytes kept.
pub fn file(seed: u64, n: usize) -> Arc<Dag> {
    let mut sink = DagCollector::with_bytes();
    let options = ImportOptions::default();
    let mut importer = FileImporter::new(&options, &mut sink);
    importer.write(&bytes(seed, n));
    let root = importer.finish().cid;
    Arc::new(sink.finish(&root).expect("the root was just received"))
}

/// A group of nodes that are always up, in one region, without limits.
pub fn group(name: &str, role: Role, count: u32) -> Group {
    Group {
        name: name.into(),
        role,
        count,
        region: RegionChoice::One(0),
        uplink: None,
        downlink: None,
        access_delay: SimSpan::ZERO,
        access_spread: SimSpan::ZERO,
        session: Session::Always,
        peering: Vec::new(),
        dht: DhtMode::Server,
        store: StoreConfig {
            max: Bytes::new(10_000_000_000),
            automatic_gc: false,
            watermark: Prob::new(90, 100),
            period: SimSpan::from_hours(1),
            manual_every: None,
        },
        strategy: Strategy::Keep,
        tampering: Prob::new(0, 1),
        lifetime: None,
    }
}

/// `mbit` Mbit/s.
pub fn mbit(mbit: u64) -> Option<BitRate> {
    Some(BitRate::from_bits_per_sec(mbit * 1_000_000))
}

/// Objects published at the start by a group.
pub fn objects(name: &str, dags: Vec<Arc<Dag>>, stored_by: usize) -> ObjectGroup {
    ObjectGroup { name: name.into(), dags, stored_by, publish_at: SimTime::ZERO, shrink: 1 }
}

/// Reads of an object group by a node group at given instants.
pub fn reads(name: &str, objects: usize, readers: usize, times: &[SimTime]) -> Demand {
    Demand {
        name: name.into(),
        objects,
        readers,
        arrivals: Arrivals::At(times.to_vec()),
        distinct: true,
        patience: None,
        mode: ReadMode::Get,
    }
}

/// A configuration on one local network with a round trip of 0.2 ms, checked after every event.
pub fn lan(groups: Vec<Group>, objects: Vec<ObjectGroup>, demand: Vec<Demand>, secs: f64) -> Config {
    Config {
        duration: SimSpan::from_secs_f64_lossy(secs),
        net: NetConfig {
            topology: Arc::new(Topology::single("lan", SimSpan::from_micros(200))),
            tier: NetTier::default(),
            partitions: Vec::new(),
            dial_round_trips: 2,
        },
        groups,
        objects,
        demand,
        ipfs: IpfsConfig {
            dht: DhtConfig::default(),
            bitswap: BitswapConfig::kubo_0_22(),
            connections: ConnectionConfig::default(),
        },
        clusters: Vec::new(),
        filecoin: None,
        record: RecordConfig {
            every: SimSpan::from_secs_f64_lossy(secs / 10.0),
            metrics: METRICS.iter().map(|metric| metric.name.into()).collect(),
        },
        check: CheckLevel::Every,
        max_events: None,
    }
}

/// A finished run: its world, its tables, its digest.
pub struct Told {
    /// The world at the end.
    pub world: World,
    /// The tables.
    pub tables: CsvTables,
    /// The digest.
    pub digest: String,
}

/// Runs a configuration with a seed, checking the world between batches of events.
pub fn tell(config: Config, seed: u64) -> Told {
    let config = Arc::new(config);
    let content = Arc::new(Content::new(&config));
    let end = SimTime::ZERO + config.duration;
    let step = match config.check {
        CheckLevel::Every => 16,
        CheckLevel::Sampled | CheckLevel::Off => 100_000,
    };
    let world = World::new(Arc::clone(&config), content, Draws::new(seed, 0));
    let mut engine: Engine<World> = Engine::new(world, World::start);
    while engine.run_until(end, step) != sim_core::engine::Stopped::AtEnd {
        let broken = engine.world().check();
        assert!(broken.is_empty(), "at {}: {broken:?}", engine.now());
        let events = engine.counts().dispatched;
        assert!(
            events < 20_000_000,
            "at {}: {events} events, by kind {:?}",
            engine.now(),
            engine.world().events()
        );
    }
    engine.check().expect("events are conserved");
    let mut tables = CsvTables::new();
    let digest = engine.digest().to_string();
    engine.world_mut().finish(end, &mut tables);
    let world = std::mem::replace(engine.world_mut(), empty());
    Told { world, tables, digest }
}

/// A world without anything, to put in the place of one that is taken out of its engine.
fn empty() -> World {
    let config = Arc::new(lan(Vec::new(), Vec::new(), Vec::new(), 1.0));
    let content = Arc::new(Content::new(&config));
    World::new(config, content, Draws::new(0, 0))
}
