//! A run that is saved and gone on with is the run that never stopped: same digest, same tables, and the same saved
//! bytes at every later event. The last says that nothing of the state was forgotten, seen in a table or not.
//!
//! `scenarios/tests/resume.rs` does the same with the scenarios of the catalogue.

mod worlds;

use models::branch::{BranchError, Warm};
use models::config::{
    Arrivals, CheckLevel, Config, Demand, DhtMode, ReadMode, RegionChoice, Role, Session, SessionStart,
    Strategy,
};
use models::content::Content;
use models::ipfs::dht::{ProvideMode, ProvideStrategy, RefreshFidelity};
use models::net::{NetTier, Region, Topology};
use models::run::{RunReport, Verdict};
use models::simulation::{RestoreError, Simulation};
use sim_core::dist::Law;
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::record::csv::CsvTables;
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::{Bytes, Prob};
use std::sync::Arc;
use worlds::{at, file, group, lan, mbit, objects};

fn hours(n: u64) -> SimSpan {
    SimSpan::from_hours(n)
}

/// A day and a half of a small network with everything on: churn, cuts, retention, collection, tampering.
fn busy() -> Config {
    let churn = || Session::Renewal {
        up: Law::Weibull { shape: 0.6, mean: hours(4) },
        down: Law::LogNormal { sigma: 1.0, mean: hours(8) },
        start: SessionStart::Stationary,
    };
    let mut servers = group("servers", Role::Peer, 30);
    servers.session = churn();
    servers.region = RegionChoice::Weighted(vec![(0, 3), (1, 1)]);
    let mut publisher = group("publisher", Role::Publisher, 3);
    publisher.uplink = mbit(20);
    publisher.strategy = Strategy::Delete { at: SimTime::ZERO + hours(24) };
    let mut readers = group("readers", Role::Reader, 8);
    readers.session = churn();
    readers.dht = DhtMode::Client;
    readers.downlink = mbit(50);
    readers.strategy = Strategy::KeepFor(Law::Exponential { mean: hours(6) });
    let mut keepers = group("keepers", Role::Reader, 4);
    keepers.store.max = Bytes::new(1_000_000);
    keepers.store.automatic_gc = true;
    keepers.store.manual_every = Some(hours(5));
    keepers.peering = vec![1];
    keepers.session = Session::Trace(Arc::new(vec![
        vec![(at(0.0), at(40_000.0)), (at(50_000.0), at(90_000.0))],
        vec![(at(3_000.0), at(120_000.0))],
    ]));
    let mut vandals = group("vandals", Role::Reader, 2);
    vandals.tampering = Prob::ONE;
    let demand = |name: &str, readers, mean, mode| Demand {
        name: name.into(),
        objects: 0,
        readers,
        arrivals: Arrivals::Poisson { mean, from: at(60.0), until: SimTime::ZERO + hours(30) },
        distinct: true,
        patience: Some(hours(3)),
        mode,
    };
    let mut config = lan(
        vec![servers, publisher, readers, keepers, vandals],
        vec![objects("pages", (0..6).map(|seed| file(seed, 600_000)).collect(), 1)],
        vec![
            demand("visits", 2, 4.0, ReadMode::Get),
            demand("keeping", 3, 1.5, ReadMode::Pin),
            demand("vandalism", 4, 0.5, ReadMode::Get),
        ],
        1.5 * 86_400.0,
    );
    let region = |name: &str| Region { name: name.into(), latitude: None, longitude: None };
    let ms = SimSpan::from_millis;
    let far = Topology::new(vec![region("here"), region("there")], &[(0, 1, ms(90)), (1, 0, ms(90))], ms(1));
    config.net.topology = Arc::new(far.expect("connected"));
    config.net.partitions =
        vec![models::config::Partition { regions: vec![1], from: at(36_000.0), until: at(50_000.0) }];
    config.ipfs.bitswap = models::ipfs::bitswap::BitswapConfig::default();
    config.check = CheckLevel::Sampled;
    config
}

/// The busy network in the fidelities and ways of providing that keep states of their own.
fn variants() -> Vec<(&'static str, Config)> {
    let mut full = busy();
    full.ipfs.dht.refresh_fidelity = RefreshFidelity::Full;
    full.duration = hours(15);
    let mut classic = busy();
    classic.ipfs.dht.provide_mode = ProvideMode::Classic;
    classic.ipfs.dht.provide_strategy = ProvideStrategy::Roots;
    let mut old = busy();
    old.ipfs.bitswap = models::ipfs::bitswap::BitswapConfig::kubo_0_22();
    let mut flow = busy();
    flow.net.tier = NetTier::Flow;
    vec![
        ("today", busy()),
        ("full refresh", full),
        ("classic providing", classic),
        ("old bitswap", old),
        ("flows", flow),
    ]
}

struct Case {
    config: Arc<Config>,
    content: Arc<Content>,
    draws: Draws,
}

impl Case {
    fn new(config: Config, seed: u64) -> Self {
        let content = Arc::new(Content::new(&config));
        Case { config: Arc::new(config), content, draws: Draws::new(seed, 0) }
    }

    fn start(&self) -> Simulation {
        Simulation::new(&self.config, &self.content, self.draws)
    }

    fn restore(&self, saved: &[u8]) -> Simulation {
        Simulation::restore(&self.config, &self.content, self.draws, saved).expect("it was just saved")
    }
}

fn to_event(simulation: &mut Simulation, event: u64) {
    simulation.advance(SimTime::NEVER, event - simulation.events()).expect("no invariant is broken");
}

fn to_end(mut simulation: Simulation) -> (RunReport, Vec<(&'static str, String)>) {
    let mut tables = CsvTables::new();
    simulation.drive(&mut |_, _| Verdict::GoOn).expect("no invariant is broken");
    let (report, _) = simulation.finish(&mut tables).expect("no invariant is broken");
    (report, tables.iter().map(|table| (table.schema.name, table.body().to_owned())).collect())
}

#[test]
fn a_resumed_run_equals_the_uninterrupted_one_in_tables_digest_and_every_later_state() {
    const STOPS: Domain = Domain::new("test/stops");
    for (name, config) in variants() {
        let case = Case::new(config, 11);
        let whole = to_end(case.start());
        let events = whole.0.events;
        for stop in 0..4 {
            let words = [0, 1].map(|i| Draws::new(1, 0).word(STOPS, Entity(stop), i) % events);
            let (first, later) = (words[0].min(words[1]), words[0].max(words[1]));
            let mut uninterrupted = case.start();
            to_event(&mut uninterrupted, first);
            let saved = uninterrupted.save();
            let mut resumed = case.restore(&saved);
            assert!(resumed.save() == saved, "{name}: saved again at once at event {first}");
            to_event(&mut uninterrupted, later);
            to_event(&mut resumed, later);
            assert!(uninterrupted.save() == resumed.save(), "{name}: from {first}, at {later}");
            assert_eq!(to_end(resumed), whole, "{name}: from {first} to the end");
        }
    }
}

#[test]
fn a_state_of_something_else_is_refused() {
    let case = Case::new(busy(), 11);
    let mut simulation = case.start();
    to_event(&mut simulation, 5_000);
    let saved = simulation.save();
    let mut other = busy();
    other.groups[0].count += 1;
    let other = Case::new(other, 11);
    let refused = Simulation::restore(&other.config, &other.content, other.draws, &saved);
    let Err(RestoreError::Misfit(misfit)) = refused else { panic!("a misfit, not {refused:?}") };
    assert_eq!(misfit.to_string(), "holds 47 nodes, the scenario has 48");
    let short = Simulation::restore(&case.config, &case.content, case.draws, &saved[..saved.len() - 1]);
    assert!(matches!(short, Err(RestoreError::Bytes(_))));
}

#[test]
fn an_arm_with_the_same_configuration_is_the_run_that_never_branched() {
    let case = Case::new(busy(), 5);
    let warm = Warm::up(&case.config, &case.content, case.draws, at(40_000.0)).expect("a sound warm-up");
    let arm = warm.branch(&case.config).expect("the same configuration");
    assert_eq!((arm.now(), arm.events()), (at(40_000.0), warm.events()));
    assert_eq!(to_end(arm), to_end(case.start()));
}

#[test]
fn arms_go_on_from_one_state_in_their_own_ways() {
    let case = Case::new(busy(), 5);
    let warm = Warm::up(&case.config, &case.content, case.draws, at(40_000.0)).expect("a sound warm-up");
    let mut longer = busy();
    longer.duration = SimSpan::from_days(2);
    longer.record.every = hours(1);
    let mut patient = busy();
    patient.demand[0].patience = None;
    patient.groups[2].strategy = Strategy::Pin;
    patient.ipfs.bitswap = models::ipfs::bitswap::BitswapConfig::kubo_0_22();
    let straight = to_end(case.start());
    for config in [longer, patient] {
        let (report, tables) = to_end(warm.branch(&Arc::new(config)).expect("these may differ"));
        assert!(report.complete && report.digest != straight.0.digest);
        assert_ne!(tables, straight.1);
    }
}

#[test]
fn what_shaped_the_warm_state_may_not_differ_and_is_named() {
    let case = Case::new(busy(), 5);
    let warm = Warm::up(&case.config, &case.content, case.draws, at(40_000.0)).expect("a sound warm-up");
    let keys = |change: fn(&mut Config)| {
        let mut config = busy();
        change(&mut config);
        match warm.branch(&Arc::new(config)) {
            Err(BranchError::Shaping { keys, .. }) => keys,
            other => panic!("expected a refusal, got {other:?}"),
        }
    };
    assert_eq!(keys(|config| config.groups[0].count = 31), ["population.servers.count"]);
    assert_eq!(keys(|config| config.groups[1].strategy = Strategy::Keep), ["population.publisher.strategy"]);
    assert_eq!(keys(|config| config.groups[2].session = Session::Always), ["population.readers.session"]);
    assert_eq!(keys(|config| config.ipfs.dht.k = 10), ["ipfs.dht.k"]);
    assert_eq!(
        keys(|config| {
            config.net.partitions.clear();
            config.demand.pop();
        }),
        ["net.partition", "demand"]
    );
    let mut short = busy();
    short.duration = hours(1);
    let over = warm.branch(&Arc::new(short)).expect_err("it ends before it begins");
    assert!(matches!(over, BranchError::Over { .. }), "{over}");
}
