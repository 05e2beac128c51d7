//! Where an object stands, told by small networks: unavailable is not lost, lost is for ever, and every loss has
//! an instant and a cause.

mod worlds;

use models::config::{Config, DhtMode, Role, Session, Strategy};
use models::ids::ObjectId;
use models::ladder::Rung;
use models::provenance::Went;
use models::world::Outcome;
use sim_core::dist::Law;
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::{Bytes, Prob};
use std::sync::Arc;
use worlds::{Told, at, file, group, lan, objects, reads, tell};

const DAY: f64 = 86_400.0;

/// A publisher with one object of nine blocks, a reader, and a few DHT servers, for ten days.
fn home(strategy: Strategy, reader_strategy: Strategy, reads_at: &[SimTime]) -> Config {
    let mut publisher = group("publisher", Role::Publisher, 1);
    publisher.strategy = strategy;
    publisher.dht = DhtMode::Client;
    let mut reader = group("reader", Role::Reader, 1);
    reader.strategy = reader_strategy;
    reader.dht = DhtMode::Client;
    let servers = group("servers", Role::Peer, 25);
    let mut config = lan(
        vec![publisher, reader, servers],
        vec![objects("page", vec![file(1, 2 << 20)], 0)],
        vec![reads("visit", 0, 1, reads_at)],
        10.0 * DAY,
    );
    config.check = models::config::CheckLevel::Sampled;
    config
}

fn standing(told: &Told) -> &models::ladder::Standing {
    &told.world.standings()[0]
}

fn stays(told: &Told) -> Vec<(Rung, f64)> {
    let rungs = told.tables.get("rungs").expect("the object has stays").body();
    rungs
        .lines()
        .map(|row| {
            let fields: Vec<&str> = row.split(',').collect();
            let rung = Rung::ALL.into_iter().find(|rung| rung.name() == fields[2]).expect("a rung");
            (rung, fields[4].parse::<f64>().expect("a time"))
        })
        .collect()
}

#[test]
fn a_machine_that_is_off_is_unavailable_not_lost_and_comes_back() {
    let pause = Strategy::Pause { at: at(2.0 * DAY), until: at(5.0 * DAY) };
    let told = tell(home(pause, Strategy::Keep, &[]), 1);
    let standing = standing(&told);
    assert_eq!(standing.lost, None);
    assert_eq!(standing.time_at_least(Rung::Stored), SimSpan::from_days(10));
    assert_eq!(standing.time_at_least(Rung::Online), SimSpan::from_days(7));
    let rungs: Vec<Rung> = stays(&told).into_iter().map(|(rung, _)| rung).collect();
    // Its records outlive its absence by less than their 48 hours, so it comes back without any.
    assert_eq!(rungs, [Rung::Online, Rung::Served, Rung::Stored, Rung::Online, Rung::Served]);
}

#[test]
fn deleting_the_only_copy_loses_it_at_that_instant() {
    let told = tell(home(Strategy::Delete { at: at(3.0 * DAY) }, Strategy::Keep, &[]), 1);
    assert_eq!(standing(&told).lost, Some((at(3.0 * DAY), Went::Deleted)));
    assert_eq!(stays(&told).last().map(|&(rung, _)| rung), Some(Rung::Lost));
}

#[test]
fn unpinning_loses_nothing_until_the_sweep() {
    let mut config = home(Strategy::Unpin { at: at(3.0 * DAY) }, Strategy::Keep, &[]);
    config.groups[0].store.manual_every = Some(SimSpan::from_hours(100));
    let told = tell(config, 1);
    let (lost, why) = standing(&told).lost.expect("the sweep takes it");
    assert_eq!((lost, why.name()), (at(100.0 * 3_600.0), "unpinned-and-collected"));
}

#[test]
fn a_copy_that_somebody_fetched_outlives_its_publisher_until_its_holder_drops_it() {
    let keep = Strategy::KeepFor(Law::Constant { value: SimSpan::from_days(4) });
    let told = tell(home(Strategy::Leave { at: at(3.0 * DAY) }, keep, &[at(DAY)]), 1);
    let read = &told.world.reads()[0];
    assert_eq!(read.outcome, Outcome::Ok);
    let (lost, why) = standing(&told).lost.expect("nobody has it at the end");
    assert_eq!(why, Went::RetentionOver);
    assert_eq!(lost, read.ended.expect("it was read") + SimSpan::from_days(4));
    assert_eq!(standing(&told).copies_made, 2);
}

#[test]
fn records_lead_to_a_dead_publisher_for_48_hours_and_no_longer() {
    let mut config = home(Strategy::Pause { at: at(2.0 * DAY), until: SimTime::NEVER }, Strategy::Keep, &[]);
    config.demand =
        vec![reads("early", 0, 1, &[at(2.0 * DAY + 3_600.0)]), reads("late", 0, 1, &[at(5.0 * DAY)])];
    for demand in &mut config.demand {
        demand.patience = Some(SimSpan::from_mins(5));
    }
    let told = tell(config, 1);
    let outcomes: Vec<Outcome> = told.world.reads().iter().map(|read| read.outcome).collect();
    assert_eq!(outcomes, [Outcome::NoLiveProvider, Outcome::NoRecord]);
}

#[test]
fn a_collection_takes_all_fetched_copies_at_once_and_no_pinned_one() {
    let mut config = home(Strategy::Keep, Strategy::Keep, &[at(DAY)]);
    config.groups[1].store.automatic_gc = true;
    config.groups[1].store.max = Bytes::from_mib(2);
    config.groups[1].store.watermark = Prob::new(90, 100);
    let told = tell(config, 1);
    let reader = &told.world.nodes()[1];
    assert_eq!((reader.traffic.collections, reader.traffic.collected, reader.store.len()), (1, 9, 0));
    assert_eq!((standing(&told).copies, standing(&told).lost), (1, None));
}

#[test]
fn an_object_whose_only_reachable_holder_alters_it_is_discoverable_but_not_served() {
    let mut config = home(Strategy::Keep, Strategy::Keep, &[at(DAY)]);
    config.groups[0].tampering = Prob::ONE;
    config.demand[0].patience = Some(SimSpan::from_hours(1));
    let told = tell(config, 1);
    assert_eq!(standing(&told).rung, Some(Rung::Discoverable));
    let read = &told.world.reads()[0];
    assert_eq!((read.outcome, read.counters.blocks), (Outcome::Stalled, 0));
    assert!(read.corrupt.0 >= 1, "altered blocks came and were refused");
}

#[test]
fn a_publisher_that_is_down_publishes_when_it_is_back() {
    let mut config = home(Strategy::Keep, Strategy::Keep, &[]);
    let trace = vec![(at(DAY), at(2.0 * DAY)), (at(3.0 * DAY), at(10.0 * DAY))];
    config.groups[0].session = Session::Trace(Arc::new(vec![trace]));
    let told = tell(config, 1);
    assert_eq!(standing(&told).published, Some(at(DAY)));
}

#[test]
fn a_block_in_flight_keeps_an_object_from_being_lost() {
    // The publisher deletes while the last blocks are on a slow line to the reader, who has the others.
    for millis in (0..2_400).step_by(150) {
        let delete = Strategy::Delete { at: at(DAY) + SimSpan::from_millis(millis) };
        let mut config = home(delete, Strategy::Keep, &[at(DAY)]);
        config.groups[0].uplink = worlds::mbit(20);
        config.groups[0].peering = vec![1];
        config.groups[1].access_delay = SimSpan::from_millis(200);
        config.duration = SimSpan::from_days(2);
        let told = tell(config, 1);
        let reader_has_all = told.world.nodes()[1].store.len() == 9;
        // The run itself asserts that nothing lost is ever found again.
        assert_eq!(standing(&told).lost.is_none(), reader_has_all, "deleted after {millis} ms");
        assert_eq!(told.world.reads()[ObjectId(0).index()].outcome == Outcome::Ok, reader_has_all);
    }
}

#[test]
fn what_is_lost_stays_lost_even_if_somebody_adds_the_same_bytes_again() {
    let mut config = home(Strategy::Delete { at: at(2.0 * DAY) }, Strategy::Keep, &[]);
    config.groups.push(group("other", Role::Publisher, 1));
    let mut again = objects("again", vec![file(1, 2 << 20)], 3);
    again.publish_at = at(4.0 * DAY);
    config.objects.push(again);
    let told = tell(config, 1);
    let [first, second] = told.world.standings() else { panic!("two objects") };
    assert_eq!((first.rung, first.lost), (Some(Rung::Lost), Some((at(2.0 * DAY), Went::Deleted))));
    assert_eq!((second.rung, second.lost), (Some(Rung::Served), None));
}

#[test]
fn unpinning_changes_no_announcement_where_every_block_is_announced() {
    let told = |strategy| {
        let mut config = home(strategy, Strategy::Keep, &[]);
        config.groups[0].dht = DhtMode::Server;
        let told = tell(config, 1);
        told.world.nodes()[0].traffic.provides
    };
    assert_eq!(told(Strategy::Unpin { at: at(3.3 * DAY) }), told(Strategy::Keep));
}
