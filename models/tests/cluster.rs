//! Clusters told by the whole world: nodes fetch what they are to pin over their own lines, machines die and are
//! replaced, and what is counted agrees with what a hand counts.

mod worlds;

use models::config::{ClusterGroup, Config, DhtMode, Lifetime, Role, Session, Strategy};
use models::ids::ObjectId;
use models::ipfs::cluster::{ClusterConfig, Factor};
use models::provenance::Went;
use sim_core::dist::Law;
use sim_core::time::{SimSpan, SimTime};
use std::sync::Arc;
use worlds::{Told, at, file, group, lan, mbit, objects, tell};

fn secs(secs: f64) -> SimSpan {
    SimSpan::from_secs_f64_lossy(secs)
}

/// A publisher (0) whose files go to a cluster of `peers` nodes (1), all connected; it leaves at 600 s.
fn cluster(peers: u32, files: u64, rules: ClusterConfig, end: f64) -> Config {
    let mut publisher = group("publisher", Role::Publisher, 1);
    publisher.strategy = Strategy::Leave { at: at(600.0) };
    publisher.dht = DhtMode::Client;
    let mut nodes = group("peers", Role::Peer, peers);
    nodes.peering = vec![0, 1];
    nodes.uplink = mbit(8);
    nodes.downlink = mbit(8);
    nodes.dht = DhtMode::Client;
    let files = objects("files", (0..files).map(|seed| file(seed, 1 << 20)).collect(), 0);
    let mut config = lan(vec![publisher, nodes], vec![files], Vec::new(), end);
    config.clusters = vec![ClusterGroup { name: "c".into(), peers: 1, pins: vec![0], rules }];
    config
}

fn rules(copies: u32, disable_repinning: bool) -> ClusterConfig {
    let factor = Some(Factor { min: copies, max: copies });
    ClusterConfig { factor, disable_repinning, ..Default::default() }
}

/// All machines die at one instant after `from`, and are replaced after `back`.
fn dying(config: &mut Config, from: f64, lives: f64, back: Option<f64>) {
    config.groups[1].lifetime = Some(Lifetime {
        law: Law::Constant { value: secs(lives) },
        from: at(from),
        replaced_after: back.map(|back| Law::Constant { value: secs(back) }),
    });
}

fn metric(told: &Told, name: &str) -> Option<f64> {
    let table = told.tables.get("metrics").expect("a table of metrics");
    let row = table.body().lines().find(|row| row.starts_with(&format!("{name},")))?;
    Some(row.rsplit(',').next()?.parse().expect("a number"))
}

/// A column of the table of losses.
fn losses(told: &Told, name: &str) -> Vec<String> {
    let table = told.tables.get("losses").expect("a table of losses");
    let place = table.schema.column(name).expect("a column");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.body().as_bytes());
    reader.records().map(|record| record.expect("a row")[place].to_string()).collect()
}

/// Nodes that have an object pinned.
fn holders(told: &Told, object: u32) -> Vec<usize> {
    let pins = |node: &models::node::Node| node.store.is_pinned(ObjectId(object));
    (1..told.world.nodes().len()).filter(|&node| pins(&told.world.nodes()[node])).collect()
}

#[test]
fn pins_are_fetched_over_the_lines_and_kept_when_the_publisher_has_left() {
    let told = tell(cluster(4, 3, rules(2, true), 1_200.0), 1);
    for object in 0..3 {
        assert_eq!(holders(&told, object).len(), 2);
        assert!(told.world.standings()[object as usize].lost.is_none());
    }
    // A file of 1 MiB is a root and four blocks of 256 KiB. Twice three of them went to the cluster, none for repair.
    let bytes = told.world.pin_bytes();
    let blocks: usize = told.world.nodes()[1..].iter().map(|node| node.store.len()).sum();
    let held: u64 = told.world.nodes()[1..].iter().map(|node| node.store.used().as_u64()).sum();
    assert_eq!((blocks, bytes.placed, bytes.repaired, bytes.lost), (6 * 5, held, 0, 0));
    assert_eq!(metric(&told, "cluster_pinned"), Some(2.0));
    assert_eq!(metric(&told, "cluster_missing"), Some(0.0));
    assert_eq!(metric(&told, "cluster_repair"), Some(0.0));
    assert_eq!(metric(&told, "cluster_detection"), None);
    assert_eq!(metric(&told, "cluster_amplification"), None);
}

/// One peer of the cluster falls silent for good at `when`, its disk kept.
fn falls_silent(config: &mut Config, member: u32, when: f64) {
    let nanos = at(when).as_nanos();
    config.groups[1].session = Session::Trace(Arc::new(
        (0..config.groups[1].count)
            .map(|number| {
                vec![(
                    SimTime::ZERO,
                    if number == member { SimTime::from_nanos(nanos) } else { SimTime::NEVER },
                )]
            })
            .collect(),
    ));
}

#[test]
fn a_silent_holder_is_made_up_for_once_and_the_repair_is_one_copy() {
    let base = cluster(4, 1, rules(2, false), 1_200.0);
    let first = tell(base.clone(), 1);
    let [gone, stays] = holders(&first, 0)[..] else { panic!("two holders") };
    let mut config = cluster(4, 1, rules(2, false), 4_000.0);
    falls_silent(&mut config, gone as u32 - 1, 2_000.0);
    let told = tell(config, 1);
    let now = holders(&told, 0);
    assert!(
        now.contains(&stays) && now.contains(&gone) && now.len() == 3,
        "the silent one keeps its disk: {now:?}"
    );
    let copy = told.world.nodes()[stays].store.used().as_u64();
    let bytes = told.world.pin_bytes();
    assert_eq!((bytes.placed, bytes.repaired, bytes.lost), (2 * copy, copy, 0));
    // Of the three pinned copies two are where they are to be; nothing is missing.
    assert_eq!((metric(&told, "cluster_pinned"), metric(&told, "cluster_missing")), (Some(2.0), Some(0.0)));
    assert_eq!(metric(&told, "cluster_repair"), Some(copy as f64));
    let noticed = metric(&told, "cluster_detection").expect("one silence was noticed");
    assert!((15.0..=45.0).contains(&noticed), "{noticed} s");
    assert_eq!(metric(&told, "cluster_amplification"), None, "no disk was lost");
}

#[test]
fn off_nobody_steps_in_for_a_silent_holder() {
    let first = tell(cluster(4, 1, rules(2, true), 1_200.0), 1);
    let gone = holders(&first, 0)[0];
    let mut config = cluster(4, 1, rules(2, true), 4_000.0);
    falls_silent(&mut config, gone as u32 - 1, 2_000.0);
    let told = tell(config, 1);
    assert_eq!(told.world.pin_bytes().repaired, 0);
    // It is off with its disk: its copy is pinned where it is to be.
    assert_eq!((metric(&told, "cluster_pinned"), metric(&told, "cluster_missing")), (Some(2.0), Some(0.0)));
    assert_eq!(told.world.standings()[0].copies, 2);
}

#[test]
fn when_all_machines_die_at_once_everything_is_lost_and_the_bytes_are_counted() {
    let mut config = cluster(3, 2, rules(2, false), 4_000.0);
    dying(&mut config, 0.0, 2_000.0, Some(60.0));
    let content = models::content::Content::new(&config);
    let size = |block: &models::ids::BlockId| u64::from(content.block(*block).size);
    let held: u64 = content.objects().iter().flat_map(|object| &object.blocks).map(size).sum();
    let told = tell(config, 1);
    let bytes = told.world.pin_bytes();
    assert_eq!((bytes.placed, bytes.repaired, bytes.lost), (2 * held, 0, 2 * held));
    for standing in told.world.standings() {
        assert_eq!(standing.lost, Some((at(2_000.0), Went::MachineDied)));
    }
    // Peers fetched what they were to pin, and nobody read anything.
    assert_eq!(losses(&told, "reads_ok"), ["0"; 2]);
    assert_eq!(losses(&told, "last_read_s"), [""; 2]);
    assert!(told.world.nodes()[1..].iter().all(|node| node.life == 1 && !node.gone && node.store.is_empty()));
    assert_eq!((metric(&told, "cluster_pinned"), metric(&told, "cluster_missing")), (Some(0.0), Some(4.0)));
    assert_eq!(metric(&told, "cluster_amplification"), Some(0.0));
}

#[test]
fn pinned_everywhere_a_replacement_takes_everything_though_repinning_is_off() {
    // Machines die one after the other: lives from 1,000 s on, uniform over two hours, replaced after a minute.
    let mut config = cluster(4, 2, ClusterConfig::default(), 20_000.0);
    // On lines without limits no answer is late, so that no block is asked for twice.
    (config.groups[1].uplink, config.groups[1].downlink) = (None, None);
    config.groups[1].lifetime = Some(Lifetime {
        law: Law::Uniform { low: secs(0.0), high: secs(7_200.0) },
        from: at(1_000.0),
        replaced_after: Some(Law::Constant { value: secs(60.0) }),
    });
    let told = tell(config, 1);
    let deaths: u32 = told.world.nodes()[1..].iter().map(|node| node.life).sum();
    assert!(deaths > 8, "{deaths} deaths");
    assert!(told.world.standings().iter().all(|standing| standing.lost.is_none()));
    let amplification = metric(&told, "cluster_amplification").expect("disks were lost");
    assert!((amplification - 1.0).abs() < 0.1, "{amplification}: every byte lost is fetched once");
}
