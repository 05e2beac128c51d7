//! The named fidelity of routing tables, in the whole world: refreshes message by message (full) and tables
//! brought up to date when they are used (lazy) give readers the same network, at a fraction of the events.
//!
//! `dht_fidelity.rs` compares lookups alone, over many more of them.

mod worlds;

use models::config::{Config, DhtMode, Partition, RegionChoice, Role, Session, SessionStart};
use models::ipfs::dht::RefreshFidelity;
use models::net::{Region, Topology};
use models::registry::KIND_NAMES;
use models::world::Outcome;
use sim_core::dist::Law;
use sim_core::time::SimSpan;
use std::sync::Arc;
use worlds::{Told, at, file, group, lan, objects, reads, tell};

/// 120 servers under churn, 20 objects on a publisher that stays, 200 reads over a day.
fn network(fidelity: RefreshFidelity) -> Config {
    let mut servers = group("servers", Role::Peer, 120);
    servers.access_delay = SimSpan::from_millis(20);
    servers.session = Session::Renewal {
        up: Law::Exponential { mean: SimSpan::from_hours(8) },
        down: Law::Exponential { mean: SimSpan::from_hours(16) },
        start: SessionStart::Stationary,
    };
    let mut publisher = group("publisher", Role::Publisher, 1);
    publisher.access_delay = SimSpan::from_millis(20);
    let mut readers = group("readers", Role::Reader, 10);
    readers.access_delay = SimSpan::from_millis(20);
    readers.dht = DhtMode::Client;
    let times: Vec<_> = (0..10).map(|hour| at(7_200.0 + 7_200.0 * f64::from(hour))).collect();
    let mut config = lan(
        vec![servers, publisher, readers],
        vec![objects("page", (0..20).map(|seed| file(seed, 1_000)).collect(), 1)],
        vec![reads("visits", 0, 2, &times)],
        86_400.0,
    );
    config.ipfs.bitswap = models::ipfs::bitswap::BitswapConfig::default();
    config.ipfs.dht.refresh_fidelity = fidelity;
    config.check = models::config::CheckLevel::Sampled;
    config
}

/// Of the network, one server alone behind a cut for two hours: its table runs empty.
fn castaway() -> Config {
    let mut config = network(RefreshFidelity::Full);
    let mut alone = group("castaway", Role::Peer, 1);
    alone.region = RegionChoice::One(1);
    config.groups.push(alone);
    let region = |name: &str| Region { name: name.into(), latitude: None, longitude: None };
    let ms = SimSpan::from_millis;
    let islands =
        Topology::new(vec![region("main"), region("island")], &[(0, 1, ms(90)), (1, 0, ms(90))], ms(1));
    config.net.topology = Arc::new(islands.expect("connected"));
    config.net.partitions = vec![Partition { regions: vec![1], from: at(3_600.0), until: at(10_800.0) }];
    config.duration = SimSpan::from_hours(5);
    config
}

#[test]
fn an_empty_table_asks_for_bootstrap_peers_now_and_then_and_fills_up_again() {
    let told = tell(castaway(), 5);
    let pings = KIND_NAMES.iter().position(|&name| name == "ping-ends").expect("a kind of event");
    // Two pings each two minutes of the cut and some dozen a refresh of each server: no ping answers another.
    assert!(told.world.events()[pings] < 20_000, "{} pings", told.world.events()[pings]);
    let alone = told.world.nodes().last().expect("the castaway");
    assert!(alone.table.len() > 10, "{} peers after the cut", alone.table.len());
}

/// Share of reads that ended well, and their mean time to the last byte in seconds.
fn service(told: &Told) -> (f64, f64) {
    let reads = told.world.reads();
    let times: Vec<f64> = reads.iter().filter_map(|read| Some(read.ttlb()?.as_secs_f64_lossy())).collect();
    let ok = reads.iter().filter(|read| read.outcome == Outcome::Ok).count();
    (ok as f64 / reads.len() as f64, times.iter().sum::<f64>() / times.len() as f64)
}

#[test]
fn readers_see_the_same_network_whether_tables_are_refreshed_in_full_or_lazily() {
    let (full, lazy) = (tell(network(RefreshFidelity::Full), 5), tell(network(RefreshFidelity::Lazy), 5));
    let ((full_ok, full_secs), (lazy_ok, lazy_secs)) = (service(&full), service(&lazy));
    assert!(full_ok > 0.95 && lazy_ok > 0.95, "full {full_ok}, lazy {lazy_ok}");
    assert!((full_secs / lazy_secs - 1.0).abs() < 0.35, "full {full_secs} s, lazy {lazy_secs} s");
    let events = |told: &Told| told.world.events().iter().sum::<u64>();
    assert!(events(&lazy) * 5 < events(&full), "lazy {}, full {}", events(&lazy), events(&full));
}
