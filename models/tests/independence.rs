//! What is added without touching anybody changes nobody (reliability: common random numbers).
//!
//! One more idle peer, or one more metric, leaves every other row of every table as it was: draws are keyed by
//! stable names, events are ordered by what they are, and who watches is a source of its own.

mod worlds;

use models::config::{
    Arrivals, Config, Demand, DhtMode, ReadMode, RegionChoice, Role, Session, SessionStart, Strategy,
};
use models::net::{NetTier, Region, Topology};
use models::tables;
use sim_core::dist::Law;
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::Prob;
use std::sync::Arc;
use worlds::{Told, at, file, group, lan, mbit, objects, tell};

fn hours(n: u64) -> SimSpan {
    SimSpan::from_hours(n)
}

/// Two days of a small network with everything on: churn, cuts, retention, collection, tampering.
fn busy() -> Config {
    let churn = || Session::Renewal {
        up: Law::Weibull { shape: 0.6, mean: hours(4) },
        down: Law::LogNormal { sigma: 1.0, mean: hours(8) },
        start: SessionStart::Stationary,
    };
    let mut servers = group("servers", Role::Peer, 40);
    servers.session = churn();
    servers.region = RegionChoice::Weighted(vec![(0, 3), (1, 1)]);
    let mut publisher = group("publisher", Role::Publisher, 3);
    publisher.uplink = mbit(20);
    publisher.strategy = Strategy::Delete { at: SimTime::ZERO + hours(30) };
    let mut readers = group("readers", Role::Reader, 12);
    readers.session = churn();
    readers.dht = DhtMode::Client;
    readers.downlink = mbit(50);
    readers.strategy = Strategy::KeepFor(Law::Exponential { mean: hours(6) });
    let mut vandals = group("vandals", Role::Reader, 2);
    vandals.tampering = Prob::ONE;
    let demand = |name: &str, readers, mean| Demand {
        name: name.into(),
        objects: 0,
        readers,
        arrivals: Arrivals::Poisson { mean, from: at(60.0), until: SimTime::ZERO + hours(40) },
        distinct: true,
        patience: Some(hours(3)),
        mode: ReadMode::Get,
    };
    let mut config = lan(
        vec![servers, publisher, readers, vandals],
        vec![objects("pages", (0..8).map(|seed| file(seed, 300_000)).collect(), 1)],
        vec![demand("visits", 2, 4.0), demand("vandalism", 3, 0.5)],
        2.0 * 86_400.0,
    );
    let region = |name: &str| Region { name: name.into(), latitude: None, longitude: None };
    let ms = SimSpan::from_millis;
    let far = Topology::new(vec![region("here"), region("there")], &[(0, 1, ms(90)), (1, 0, ms(90))], ms(1));
    config.net.topology = Arc::new(far.expect("connected"));
    config.net.partitions =
        vec![models::config::Partition { regions: vec![1], from: at(36_000.0), until: at(50_000.0) }];
    config.ipfs.bitswap = models::ipfs::bitswap::BitswapConfig::default();
    config.check = models::config::CheckLevel::Sampled;
    config
}

/// Every table's rows, by name.
fn rows(told: &Told) -> Vec<(&'static str, String)> {
    tables::ALL
        .iter()
        .map(|table| (table.name, told.tables.get(table.name).map_or(String::new(), |t| t.body().to_owned())))
        .collect()
}

#[test]
fn the_busy_network_is_busy() {
    let told = tell(busy(), 3);
    let reads = told.world.reads();
    assert!(reads.iter().filter(|read| read.outcome == models::world::Outcome::Ok).count() > 10);
    assert!(reads.iter().any(|read| read.corrupt.0 > 0), "somebody met a vandal");
    assert!(told.world.standings().iter().any(|standing| standing.lost.is_some()), "something was lost");
    assert_eq!(told.world.totals().corrupt_accepted, 0);
}

#[test]
fn the_same_seed_tells_the_same_story_and_another_seed_another() {
    let (one, two, other) = (tell(busy(), 3), tell(busy(), 3), tell(busy(), 4));
    assert_eq!((rows(&one), &one.digest), (rows(&two), &two.digest));
    assert_ne!(one.digest, other.digest);
}

#[test]
fn one_more_idle_peer_changes_nobody_elses_rows() {
    idle_peer_in(NetTier::Fifo);
}

#[test]
fn one_more_idle_peer_changes_nobody_elses_rows_where_transfers_share_links() {
    idle_peer_in(NetTier::Flow);
}

fn idle_peer_in(tier: NetTier) {
    let busy = || {
        let mut config = busy();
        config.net.tier = tier;
        config
    };
    let before = tell(busy(), 3);
    for first in [true, false] {
        let mut config = busy();
        let mut idle = group("idle", Role::Peer, 1);
        // A client: a server would rightly be chosen by others to hold their records.
        idle.dht = DhtMode::Client;
        if first {
            // In front of all others, so that every dense id moves.
            config.groups.insert(0, idle);
            config.objects.iter_mut().for_each(|objects| objects.stored_by += 1);
            config.demand.iter_mut().for_each(|demand| demand.readers += 1);
        } else {
            config.groups.push(idle);
        }
        let after = tell(config, 3);
        for ((name, before), (_, after)) in rows(&before).into_iter().zip(rows(&after)) {
            let kept: String = match name {
                "nodes" => after
                    .lines()
                    .filter(|row| !row.starts_with("idle/"))
                    .map(|row| format!("{row}\n"))
                    .collect(),
                // Shares of nodes are shares of one more.
                "series" | "metrics" => continue,
                _ => after,
            };
            assert_eq!(before, kept, "table {name}, idle peer in front: {first}");
        }
    }
}

#[test]
fn one_more_metric_changes_no_other_row() {
    let mut config = busy();
    config.record.metrics.retain(|name| name != "copies");
    let (without, with) = (tell(config, 3), tell(busy(), 3));
    assert_eq!(without.digest, with.digest);
    for ((name, without), (_, with)) in rows(&without).into_iter().zip(rows(&with)) {
        let is_copies = |row: &&str| row.split(',').any(|field| field == "copies");
        let kept: String = with
            .lines()
            .filter(|row| !matches!(name, "series" | "metrics") || !is_copies(row))
            .map(|row| format!("{row}\n"))
            .collect();
        assert_eq!(without, kept, "table {name}");
    }
}
