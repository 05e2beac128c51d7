//! The story of every copy, told by small networks: who had it, how it came, by which act it went, which was the last,
//! and what would have kept it.

mod worlds;

use models::config::{Config, DhtMode, Role, Session, Strategy};
use models::content::Content;
use models::ids::{BlockId, MinerId, NodeId, ObjectId};
use models::ladder::{Ladder, Nodes, Rung};
use models::provenance::{Came, Holder, Went};
use sim_core::dist::Law;
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use worlds::{Told, at, file, group, lan, objects, reads, tell};

const DAY: f64 = 86_400.0;

/// A publisher with one object of nine blocks, a reader who reads it at the given times, and a few DHT servers, for ten
/// days.
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

type Row = BTreeMap<String, String>;

/// The rows of a table by column.
fn rows(told: &Told, table: &str) -> Vec<Row> {
    let Some(table) = told.tables.get(table) else { return Vec::new() };
    let names: Vec<String> = table.schema.columns.iter().map(|column| column.name.to_owned()).collect();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.body().as_bytes());
    let records = reader.records().map(|record| record.expect("our own table"));
    records.map(|record| names.iter().cloned().zip(record.iter().map(String::from)).collect()).collect()
}

/// The only loss, after seeing that its chain of copies ends with exactly one last copy, at the time of loss.
fn the_loss(told: &Told) -> Row {
    let losses = rows(told, "losses");
    assert_eq!(losses.len(), 1, "{losses:?}");
    let lasts: Vec<Row> = rows(told, "copies").into_iter().filter(|row| row["is_last"] == "true").collect();
    assert_eq!(lasts.len(), 1, "{lasts:?}");
    let (loss, last) = (&losses[0], &lasts[0]);
    assert_eq!(loss["lost_s"], last["until_s"]);
    assert_eq!((&loss["cause"], &loss["cause_key"]), (&last["went_by"], &last["went_key"]));
    assert_eq!(loss["last_holder"], last["holder"]);
    let own = rows(told, "copies").into_iter().filter(|row| row["object"] == loss["object"]);
    let latest = own.map(|row| row["until_s"].parse().expect("all are gone")).fold(0.0, f64::max);
    assert_eq!(loss["lost_s"].parse(), Ok(latest));
    losses.into_iter().next().expect("one")
}

fn fields<'a>(row: &'a Row, names: &[&str]) -> Vec<&'a str> {
    names.iter().map(|&name| row[name].as_str()).collect()
}

#[test]
fn a_deletion_is_its_owners_and_names_the_key_that_planned_it() {
    let told = tell(home(Strategy::Delete { at: at(3.0 * DAY) }, Strategy::Keep, &[]), 1);
    let loss = the_loss(&told);
    assert_eq!(
        fields(&loss, &["lost_s", "last_holder", "cause", "cause_key", "deliberate", "fetched", "remedies"]),
        [
            "259200",
            "publisher/0",
            "deleted",
            "population.publisher.strategy",
            "true",
            "0",
            "not-deleted one-more-reader"
        ]
    );
    assert_eq!(loss["exposure_s"], "259200");
    let copy = &rows(&told, "copies")[0];
    assert_eq!(fields(copy, &["came_by", "pinned_s", "unpinned_s"]), ["added", "0", "259200"]);
}

#[test]
fn a_sweep_of_what_was_unpinned_says_when_that_was_and_what_started_the_sweep() {
    let mut config = home(Strategy::Unpin { at: at(3.0 * DAY) }, Strategy::Keep, &[]);
    config.groups[0].store.manual_every = Some(SimSpan::from_hours(100));
    let told = tell(config, 1);
    let loss = the_loss(&told);
    assert_eq!(
        fields(&loss, &["lost_s", "cause", "cause_key", "deliberate", "remedies"]),
        [
            "360000",
            "unpinned-and-collected",
            "population.publisher.storage.manual_every",
            "true",
            "pinned-again no-collection-by-hand one-more-reader"
        ]
    );
    let copy = &rows(&told, "copies")[0];
    assert_eq!(fields(copy, &["pinned_s", "unpinned_s"]), ["0", "259200"]);
    let used = told.world.nodes()[0].traffic.collected;
    assert!(copy["went_facts"].starts_with("trigger=by-hand used_bytes="), "{}", copy["went_facts"]);
    assert!(copy["went_facts"].ends_with(&format!("swept_blocks={used}")), "{}", copy["went_facts"]);
}

/// The reader has it since day 1, its publisher leaves on day 3, and the reader's collector starts to look for more
/// than `watermark` bytes when a second object fills its store on day 5.
fn swept_by_the_watermark(max: u64) -> Told {
    let mut config = home(Strategy::Leave { at: at(3.0 * DAY) }, Strategy::Keep, &[at(DAY)]);
    config.groups[1].store.automatic_gc = true;
    config.groups[1].store.max = Bytes::new(max);
    config.groups.push(group("other", Role::Publisher, 1));
    config.objects.push(objects("more", vec![file(2, 2 << 20)], 3));
    config.demand.push(reads("more", 1, 1, &[at(5.0 * DAY)]));
    tell(config, 1)
}

#[test]
fn a_sweep_by_the_watermark_says_which_limit_would_have_spared_the_copy_and_that_limit_does() {
    let told = swept_by_the_watermark(4_000_000);
    let loss = the_loss(&told);
    assert_eq!(
        fields(&loss, &["object", "last_holder", "cause", "deliberate", "earlier_causes", "remedies"]),
        ["page/0", "reader/0", "collected", "false", "holder-left 1", "higher-limit pin-of-a-reader"]
    );
    assert_eq!(loss["cause_key"], "population.reader.storage.automatic_gc");
    let words = loss["would_have_kept"].split(" B").next().expect("a limit");
    let limit: u64 = words.rsplit(' ').next().and_then(|word| word.parse().ok()).expect("a number of bytes");
    assert!(limit > 4_000_000, "{words}");
    // What it says is so: with that limit nothing is lost, with a byte less the same sweep comes.
    assert_eq!(rows(&swept_by_the_watermark(limit), "losses").len(), 0);
    assert_eq!(the_loss(&swept_by_the_watermark(limit - 1))["lost_s"], loss["lost_s"]);
}

#[test]
fn a_reader_whose_time_is_over_is_the_last_holder_and_a_pin_would_have_kept_it() {
    let keep = Strategy::KeepFor(Law::Constant { value: SimSpan::from_days(4) });
    let leave = || Strategy::Leave { at: at(3.0 * DAY) };
    let told = tell(home(leave(), keep, &[at(DAY)]), 1);
    let loss = the_loss(&told);
    assert_eq!(
        fields(&loss, &["last_holder", "cause", "copies", "fetched", "earlier_causes", "remedies"]),
        ["reader/0", "retention-over", "2", "1", "holder-left 1", "longer-retention pin-of-a-reader"]
    );
    let fetched =
        rows(&told, "copies").into_iter().find(|row| row["came_by"] == "fetched").expect("it was read");
    assert_eq!(fetched["came_facts"], "last_block_from=publisher/0");
    assert_eq!(fetched["pinned_s"], "");
    // The pin that is offered does keep it.
    let pinned = tell(home(leave(), Strategy::Pin, &[at(DAY)]), 1);
    assert_eq!(rows(&pinned, "losses").len(), 0);
    let copy =
        rows(&pinned, "copies").into_iter().find(|row| row["holder"] == "reader/0").expect("it was read");
    assert_eq!(copy["pinned_s"], copy["from_s"]);
}

#[test]
fn effective_copies_are_the_time_average_of_whole_copies_until_the_loss() {
    let keep = Strategy::KeepFor(Law::Constant { value: SimSpan::from_days(4) });
    let told = tell(home(Strategy::Leave { at: at(3.0 * DAY) }, keep, &[at(DAY)]), 1);
    let metrics = rows(&told, "metrics");
    let measured = metrics.iter().find(|row| row["metric"] == "effective_copies").expect("it is recorded");
    // The publisher has it for 3 days, the reader for 4 from the end of its read; with that copy it is lost.
    let read = told.world.reads()[0].ended.expect("it was read").since(SimTime::ZERO).as_secs_f64_lossy();
    let expected = 7.0 * DAY / (read + 4.0 * DAY);
    let found: f64 = measured["value"].parse().expect("a number");
    assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
}

#[test]
fn a_departure_takes_the_last_copy_and_nobody_else_ever_had_it() {
    let told = tell(home(Strategy::Leave { at: at(3.0 * DAY) }, Strategy::Keep, &[at(4.0 * DAY)]), 1);
    let loss = the_loss(&told);
    assert_eq!(
        fields(&loss, &["lost_s", "last_holder", "cause", "deliberate", "reads_too_late", "would_have_kept"]),
        [
            "259200",
            "publisher/0",
            "holder-left",
            "false",
            "1",
            "publisher/0 staying after 3 days; one other node with all of it by 3 days: nobody else ever had"
        ]
    );
}

#[test]
fn what_is_lost_with_a_block_on_its_way_was_last_there_in_parts() {
    let mut in_parts = 0;
    for millis in (0..2_400).step_by(75) {
        // The publisher deletes while blocks are on their way, and the reader goes down before they arrive.
        let deleted = at(DAY) + SimSpan::from_millis(millis);
        let mut config = home(Strategy::Delete { at: deleted }, Strategy::Keep, &[at(DAY)]);
        config.groups[0].uplink = worlds::mbit(20);
        config.groups[0].peering = vec![1];
        config.groups[1].access_delay = SimSpan::from_millis(200);
        let down = deleted + SimSpan::from_millis(10);
        config.groups[1].session = Session::Trace(Arc::new(vec![vec![(SimTime::ZERO, down)]]));
        config.duration = SimSpan::from_days(2);
        let told = tell(config, 1);
        if told.world.standings()[0].lost.is_none() {
            continue;
        }
        let loss = the_loss(&told);
        assert_eq!(
            fields(&loss, &["cause", "last_holder", "deliberate"]),
            ["deleted", "publisher/0", "true"]
        );
        let parts: Vec<Row> =
            rows(&told, "copies").into_iter().filter(|row| row["came_by"] == "in-parts").collect();
        if let [parts] = parts.as_slice() {
            in_parts += 1;
            let [from, until] = ["from_s", "until_s"].map(|name| parts[name].parse::<f64>().expect("a time"));
            assert!(from < until, "{parts:?}");
            assert_eq!(parts["from_s"], rows(&told, "copies")[0]["until_s"]);
            assert_eq!(loss["copies"], "1", "parts are no whole copy");
        }
    }
    assert!(in_parts > 0, "in some of the runs the last block was on its way");
}

/// Everybody is up and honest, and one node has everything.
struct OneNode;

impl Nodes for OneNode {
    fn is_up(&self, _: NodeId) -> bool {
        true
    }

    fn has(&self, _: NodeId, _: BlockId) -> bool {
        true
    }

    fn is_honest(&self, _: NodeId) -> bool {
        true
    }
}

#[test]
fn an_object_in_a_sector_is_stored_but_not_online_until_the_sector_ends() {
    let config = home(Strategy::Keep, Strategy::Keep, &[]);
    let content = Content::new(&config);
    let (page, sector) = (ObjectId(0), Holder::Sector(MinerId(3), 8));
    let mut ladder = Ladder::new(&content);
    for &block in &content.object(page).blocks {
        ladder.block_stored(NodeId(0), block, Came::Added, &content, &OneNode, at(0.0));
    }
    ladder.published(page, at(0.0));
    ladder.whole_stored(page, sector, Came::Added, &content, at(1.0));
    assert_eq!((ladder.standing(page).copies, ladder.provenance().in_sectors(page)), (2, 1));
    for &block in &content.object(page).blocks {
        ladder.block_deleted(NodeId(0), block, Went::Deleted, &content, &OneNode, at(2.0));
    }
    assert_eq!((ladder.standing(page).rung, ladder.standing(page).copies), (Some(Rung::Stored), 1));
    ladder.whole_gone(page, sector, Went::HolderLeft, &content, at(5.0));
    let standing = ladder.standing(page);
    assert_eq!(standing.lost, Some((at(5.0), Went::HolderLeft)));
    // One copy in the first second, and from the deletion to the loss.
    assert_eq!(standing.exposure, SimSpan::from_secs(4));
    let lasts: Vec<_> = ladder.provenance().copies().iter().filter(|copy| copy.is_last).collect();
    assert_eq!((lasts.len(), lasts[0].holder, lasts[0].from), (1, sector, at(1.0)));
    ladder.finish(at(9.0));
    assert_eq!(ladder.standing(page).exposure, SimSpan::from_secs(4), "exposure ends with the loss");
}
