//! Shared fixtures of the benchmarks: named, sized, seeded.

mod filecoin;
pub mod flows;
pub mod split;
pub mod workloads;

pub use filecoin::{deals, miners};

use models::config::{
    Arrivals, CheckLevel, Config, Demand, DhtMode, Group, IpfsConfig, NetConfig, ObjectGroup, ReadMode,
    RecordConfig, RegionChoice, Role, Session, SessionStart, StoreConfig, Strategy,
};
use models::ipfs::unixfs::{ChunkerSpec, Dag, DagCollector, FileImporter, ImportOptions};
use models::metrics::METRICS;
use models::net::{NetTier, Topology};
use rustix::time::{ClockId, clock_gettime};
use sim_core::dist::Law;
use sim_core::draws::mix64;
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::{BitRate, Bytes, Prob};
use std::sync::Arc;

/// Content shrink of [`thousand_peers`]: a leaf of 256 KiB is 4 KiB of real bytes.
const SHRINK: u32 = 64;
/// Real bytes of a leaf.
const LEAF: usize = 4096;

/// `n` bytes of the SplitMix64 stream of `seed`.
pub fn random_bytes(seed: u64, n: usize) -> Vec<u8> {
    let words = (1..).map(|i: u64| mix64(seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15))));
    words.flat_map(u64::to_le_bytes).take(n).collect()
}

/// A thousand peers that are up 8 hours and down 16 on average; 200 objects of ten blocks (a root and nine leaves
/// of nominally 256 KiB), each read 20 times in `days` virtual days. Everything is message by message: provides
/// with today's defaults (every block, swept), lookups, Bitswap. A reader gives up after `patience`, or never.
pub fn thousand_peers(days: u64, patience: Option<SimSpan>) -> Config {
    let hours = SimSpan::from_hours;
    let peers = Group {
        name: "peers".into(),
        role: Role::Publisher,
        count: 1_000,
        region: RegionChoice::One(0),
        uplink: Some(BitRate::from_bits_per_sec(20_000_000)),
        downlink: Some(BitRate::from_bits_per_sec(100_000_000)),
        access_delay: SimSpan::from_millis(10),
        access_spread: SimSpan::from_millis(20),
        session: Session::Renewal {
            up: Law::Exponential { mean: hours(8) },
            down: Law::Exponential { mean: hours(16) },
            start: SessionStart::Stationary,
        },
        peering: Vec::new(),
        dht: DhtMode::Server,
        store: StoreConfig {
            max: Bytes::new(10_000_000_000),
            automatic_gc: false,
            watermark: Prob::new(90, 100),
            period: hours(1),
            manual_every: None,
        },
        strategy: Strategy::Keep,
        tampering: Prob::ZERO,
        lifetime: None,
    };
    let until = SimTime::ZERO + SimSpan::from_days(days);
    let dags = (0..200).map(object_of_ten_blocks).collect();
    Config {
        duration: SimSpan::from_days(days),
        net: NetConfig {
            topology: Arc::new(Topology::single("one region", SimSpan::from_millis(80))),
            tier: NetTier::default(),
            partitions: Vec::new(),
            dial_round_trips: 2,
        },
        groups: vec![peers],
        objects: vec![ObjectGroup {
            name: "objects".into(),
            dags,
            stored_by: 0,
            publish_at: SimTime::ZERO,
            shrink: SHRINK,
        }],
        demand: vec![Demand {
            name: "reads".into(),
            objects: 0,
            readers: 0,
            arrivals: Arrivals::Fixed { count: 20, from: SimTime::ZERO, until },
            distinct: true,
            patience,
            mode: ReadMode::Get,
        }],
        ipfs: IpfsConfig::default(),
        clusters: Vec::new(),
        filecoin: None,
        record: RecordConfig {
            every: hours(6),
            metrics: METRICS.iter().map(|metric| metric.name.into()).collect(),
        },
        check: CheckLevel::Sampled,
        max_events: None,
    }
}

fn object_of_ten_blocks(seed: u64) -> Arc<Dag> {
    let chunker = ChunkerSpec::size(LEAF).expect("a size within bounds");
    let options = ImportOptions { chunker, ..ImportOptions::default() };
    let mut sink = DagCollector::new();
    let mut importer = FileImporter::new(&options, &mut sink);
    importer.write(&random_bytes(seed, 9 * LEAF));
    let root = importer.finish().cid;
    Arc::new(sink.finish(&root).expect("the root was just received"))
}

/// CPU time of this process and time on the wall, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// Used by all threads of this process so far.
    pub cpu: f64,
    /// Since some instant.
    pub wall: f64,
}

impl Clocks {
    /// Both now.
    pub fn now() -> Self {
        let seconds = |clock| {
            let time = clock_gettime(clock);
            time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
        };
        Clocks { cpu: seconds(ClockId::ProcessCPUTime), wall: seconds(ClockId::Monotonic) }
    }
}

/// Most memory this process has had, in KiB, from the kernel's own account; none where there is no such thing.
pub fn peak_rss_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// CPU time that this thread has used so far, from the kernel's own account; none where there is no such thing.
pub fn cpu_seconds() -> Option<f64> {
    let account = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: u64 = account.split_whitespace().next()?.parse().ok()?;
    Some(nanos as f64 / 1e9)
}
