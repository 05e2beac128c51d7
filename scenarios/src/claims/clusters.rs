//! Measures of clusters: how long their pins live, and what keeps objects longer than what.

use super::Finding;
use super::chain::Copies;
use super::evidence::Evidence;
use super::measures::{exactly, group, needs, seconds, with_interval};
use crate::values::Instance;
use analysis::stats;

/// What the formula needs of a cluster.
struct Pins<'a> {
    cluster: &'a Instance,
    peers: &'a str,
    objects: Vec<String>,
    copies: u64,
    /// When machines begin to die.
    from: f64,
    expected: f64,
}

/// The life of the pins of the last cluster that repins; those of the other clusters are conditions.
pub(super) fn pin_life(evidence: &Evidence<'_>) -> Finding {
    let clusters: Result<Vec<Pins<'_>>, &str> =
        evidence.values.all("clusters.<name>").map(|cluster| pins(evidence, cluster)).collect();
    let mut clusters = match clusters {
        Ok(clusters) => clusters,
        Err(what) => return needs(evidence, what),
    };
    clusters.sort_by_key(|pins| !pins.cluster.flag("disable_repinning"));
    let last = clusters.pop().expect("the claim's file has clusters");
    let mut finding = life(evidence, &last);
    let claim = evidence.values.all("claim").next();
    let tolerance = claim.and_then(|claim| claim.maybe_real("tolerance")).unwrap_or(0.0);
    for pins in &clusters {
        let Finding { measured, expected, low, high, broken } = life(evidence, pins);
        let slack = tolerance * expected;
        let agrees = low - slack <= expected && expected <= high + slack;
        let words = format!(
            "pins of {}: {measured:.1} s ({low:.1} .. {high:.1}), expected {expected:.1} s",
            pins.cluster.name()
        );
        finding.broken = finding.broken.or(broken).or((!agrees).then_some(words));
    }
    finding
}

fn pins<'a>(evidence: &'a Evidence<'_>, cluster: &'a Instance) -> Result<Pins<'a>, &'static str> {
    let group = group(evidence, cluster.text("peers"));
    let Some(copies) = cluster.maybe_whole("replication_min") else { return Err("replication_min") };
    if cluster.maybe_whole("replication_max").is_some_and(|max| max != copies) {
        return Err("replication_max = replication_min");
    }
    if cluster.maybe_span("change.at").is_some() || cluster.maybe_span("expire_after").is_some() {
        return Err("pins that neither expire nor change");
    }
    let law = group.maybe_text("lifetime.law").filter(|law| *law == "exponential");
    let (Some(life), Some(from), Some(_)) =
        (group.maybe_span("lifetime.mean"), group.maybe_span("lifetime.from"), law)
    else {
        return Err("peers with lifetime.mean and lifetime.law = exponential");
    };
    if group.text("session.law") != "always" {
        return Err("peers that are up for as long as they live");
    }
    let objects = cluster.texts("pins");
    let of_cluster = |instance: &&Instance| objects.iter().any(|name| name == instance.name());
    let pinned: Vec<&Instance> = evidence.values.all("objects.<group>").filter(of_cluster).collect();
    for pinned in &pinned {
        let publishers = super::measures::group(evidence, pinned.text("stored_by"));
        let leaves = publishers.maybe_text("strategy.kind") == Some("leave");
        if !leaves || publishers.maybe_span("strategy.at").is_none_or(|at| at > from) {
            return Err("publishers that leave before the lives of peers begin");
        }
    }
    let repair = if cluster.flag("disable_repinning") {
        0.0
    } else {
        let [pinned] = pinned[..] else { return Err("one group of objects in a cluster that repins") };
        1.0 / mean_repair(cluster, group, pinned, copies)?
    };
    let run = seconds(evidence.values.one("").span("duration"));
    let chain = Copies { copies: copies as u32, failure: 1.0 / seconds(life), repair };
    let expected = chain.mean_time_kept(run - seconds(from));
    Ok(Pins { cluster, peers: cluster.text("peers"), objects, copies, from: seconds(from), expected })
}

/// Mean time of a repair: a ping that was sent half an interval ago counts for two of them, the look comes half an
/// interval after that, and the one copy that is left goes out by its holder's line.
fn mean_repair(
    cluster: &Instance,
    peers: &Instance,
    pinned: &Instance,
    copies: u64,
) -> Result<f64, &'static str> {
    let Some(size) = pinned.maybe_bytes("size").filter(|_| copies == 2) else {
        return Err("replication_min = 2 and a size where it repins: one holder is left to send");
    };
    let rates = [peers.maybe_rate("uplink"), peers.maybe_rate("downlink")];
    let Some(rate) = rates.into_iter().flatten().map(|rate| rate.as_bits_per_sec()).min() else {
        return Err("peers with an uplink or a downlink where it repins");
    };
    let noticing =
        1.5 * seconds(cluster.span("ping_interval")) + 0.5 * seconds(cluster.span("check_interval"));
    Ok(noticing + 8.0 * size.as_u64() as f64 / rate as f64)
}

/// Mean time from the beginning of deaths to loss or the end of the run.
fn life(evidence: &Evidence<'_>, pins: &Pins<'_>) -> Finding {
    let run = seconds(evidence.values.one("").span("duration"));
    let (mut of_cells, mut short) = (Vec::new(), 0);
    for cell in &evidence.cells {
        let mine = |name: &str| pins.objects.iter().any(|object| object == name);
        let mut lives = Vec::new();
        for row in cell.rows("objects").filter(|row| mine(row.text("group"))) {
            lives.push(row.number("lost_s").unwrap_or(run) - pins.from);
            let object = row.text("object");
            let there = cell.rows("copies").filter(|copy| {
                copy.text("object") == object
                    && copy.text("holder_group") == pins.peers
                    && copy.value("from_s") <= pins.from
                    && copy.number("until_s").is_none_or(|until| until >= pins.from)
            });
            short += usize::from(there.count() as u64 != pins.copies);
        }
        of_cells.extend(stats::mean(&lives));
    }
    let broken =
        (short > 0).then(|| format!("{short} pins had not all their copies when machines began to die"));
    with_interval(&of_cells, pins.expected, broken)
}

/// How many steps from one way of keeping objects to the next are seen to be upwards.
pub(super) fn order_of_keeping(evidence: &Evidence<'_>) -> Finding {
    let mut ways: Vec<(u64, &str)> = evidence
        .values
        .all("objects.<group>")
        .map(|objects| (rank(evidence, objects), objects.name()))
        .collect();
    ways.sort_unstable();
    if ways.len() < 2 || ways.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return needs(evidence, "two groups of objects or more, each kept by other means");
    }
    let (mut shown, mut unclear) = (0, Vec::new());
    for pair in ways.windows(2) {
        let gains: Vec<f64> = evidence
            .cells
            .iter()
            .map(|cell| {
                let share = |name: &str| {
                    let rows = cell.rows("objects").filter(|row| row.text("group") == name);
                    let shares = rows.map(|row| row.value("stored_s") / row.value("observed_s"));
                    stats::mean(&shares.collect::<Vec<f64>>()).unwrap_or(f64::NAN)
                };
                share(pair[1].1) - share(pair[0].1)
            })
            .collect();
        let gain = with_interval(&gains, 0.0, None);
        if gain.low > 0.0 && gains.len() > 1 {
            shown += 1;
        } else {
            let Finding { measured, low, high, .. } = gain;
            let (less, more) = (pair[0].1, pair[1].1);
            unclear.push(format!("{less} to {more}: {measured:.4} of the time ({low:.4} .. {high:.4})"));
        }
    }
    let broken = (!unclear.is_empty()).then(|| unclear.join("; "));
    exactly(f64::from(shown), (ways.len() - 1) as f64, broken)
}

/// What keeps a group of objects: its publishers alone, readers too, or a cluster with so many copies.
fn rank(evidence: &Evidence<'_>, objects: &Instance) -> u64 {
    let pins = |cluster: &&Instance| cluster.texts("pins").iter().any(|name| name == objects.name());
    let is_read = evidence.values.all("demand.<name>").any(|demand| demand.text("objects") == objects.name());
    match evidence.values.all("clusters.<name>").find(pins) {
        Some(cluster) => 1 + cluster.maybe_whole("replication_min").unwrap_or(u64::MAX - 1),
        None => u64::from(is_read),
    }
}
