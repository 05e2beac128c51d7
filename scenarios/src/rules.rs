//! Rules between keys: what each of them allows alone and both together do not.
//!
//! A rule is one entry in [`RULES`]: `lastcopy explain RULE` and the reference page show it.

use crate::problem::{Problem, Problems};
use crate::values::{Instance, Values};
use models::ipfs::unixfs::ChunkerSpec;
use models::units::Epochs;
use sim_core::time::SimSpan;

/// A rule between keys.
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// What it asks, and why.
    pub doc: &'static str,
    check: fn(&Values, &mut Problems),
}

/// All rules.
pub static RULES: &[Rule] = &[
    Rule {
        name: "somebody-is-there",
        doc: "A scenario has at least one group of nodes or miners, or nothing would happen.",
        check: somebody_is_there,
    },
    Rule {
        name: "regions-with-weight",
        doc: "At least one weight of `region.weights` is above zero, or no node would have a place.",
        check: regions_with_weight,
    },
    Rule {
        name: "strategy-fits-role",
        doc: "Leaving, pausing, deleting and unpinning are for publishers; pinning and keeping for a time are for \
              readers; their instants lie within the run.",
        check: strategy_fits_role,
    },
    Rule {
        name: "publishers-publish",
        doc: "`stored_by` names a group of publishers, and `publish_at` is before the end of the run.",
        check: publishers_publish,
    },
    Rule {
        name: "readers-read",
        doc: "`readers` names a group of readers; windows and instants of reads lie within the run, their start \
              before their end.",
        check: readers_read,
    },
    Rule {
        name: "shrink-keeps-shapes",
        doc: "With shrink above 1, chunks are of a fixed size, nothing is inlined, and size and chunk size are \
              multiples of the shrink: only then are the shapes of the DAGs the nominal ones.",
        check: shrink_keeps_shapes,
    },
    Rule {
        name: "partition-in-time",
        doc: "A partition ends after it begins, and begins before the end of the run; there are at most 64.",
        check: partition_in_time,
    },
    Rule {
        name: "dht-bounds",
        doc: "beta is at most k, record_sweep at most record_validity, and the sweep has three workers or more.",
        check: dht_bounds,
    },
    Rule {
        name: "records-outlive-reprovides",
        doc: "Provider records should live longer than the interval at which they are renewed. Otherwise content is \
              undiscoverable part of the time: an experiment that is allowed, with a warning.",
        check: records_outlive_reprovides,
    },
    Rule {
        name: "connection-marks",
        doc: "The connection manager's low mark is at most its high mark.",
        check: connection_marks,
    },
    Rule {
        name: "forecasts-follow-a-whole-network",
        doc: "`forecast_from` is a whole number of days before the end of the run, and every miner of the network is \
              simulated: there is no background.",
        check: forecasts_follow_a_whole_network,
    },
    Rule {
        name: "miners-have-a-chain",
        doc: "Groups of miners and a background need the table [filecoin], which says whose rules hold.",
        check: miners_have_a_chain,
    },
    Rule {
        name: "miners-ask-others",
        doc: "A miner that keeps nothing asks a group of miners other than its own.",
        check: miners_ask_others,
    },
    Rule {
        name: "deals-fit-the-chain",
        doc: "Clients and asks need the table [filecoin] with weight = 1; terms are as long as the rules allow, a file or \
              batch fits a sector, data cap is none or a piece at least, and a group of miners has one ask.",
        check: deals_fit_the_chain,
    },
    Rule {
        name: "genesis-is-a-beginning",
        doc: "At start_epoch = 0 nothing has happened yet: no effective network time, nothing burnt.",
        check: genesis_is_a_beginning,
    },
    Rule {
        name: "parameters-fit-together",
        doc: "Parameters of the chain that a scenario overrides make a chain together: deadlines divide the proving \
              period, cut-offs lie within it, a sector may live as long as it must, what is minted is in the pot, and \
              the baseline stays below 2^104 bytes to the end of the run.",
        check: parameters_fit_together,
    },
    Rule {
        name: "commitments-are-accepted",
        doc: "The chain accepts what miners commit to: at least min_sector_lifetime, at most max_sector_lifetime, and \
              with the time there is to prove a commitment at most max_sector_extension; without interaction there is no \
              such time.",
        check: commitments_are_accepted,
    },
    Rule {
        name: "money-is-there",
        doc: "What was burnt, and what groups start with, count times capital, is in circulation when the chain begins: all \
              there is (2,000,000,000 FIL) less what is still to be mined and what the mining reserve holds.",
        check: money_is_there,
    },
    Rule {
        name: "clusters-fit-their-peers",
        doc: "A group is in one cluster at most and has at least `replication_min` nodes; the greatest factor is at least \
              the least one; factors change within the run.",
        check: clusters_fit_their_peers,
    },
    Rule {
        name: "clusters-are-whole",
        doc: "A scenario with clusters has no partitions: two halves of a cluster would go on with two pinsets, which is not \
              modelled.",
        check: clusters_are_whole,
    },
    Rule {
        name: "lives-begin-in-time",
        doc: "The lives of machines are counted from an instant within the run.",
        check: lives_begin_in_time,
    },
];

/// Applies all rules. Values may be incomplete if keys were refused; a rule then looks away.
pub fn check(values: &Values, problems: &mut Problems) {
    for rule in RULES {
        (rule.check)(values, problems);
    }
}

/// An error at a key of an instance.
fn at(instance: &Instance, key: &str, message: impl Into<String>) -> Problem {
    Problem::error(instance.place_of(key), instance.key(key), message)
}

fn duration(values: &Values) -> Option<SimSpan> {
    values.one("").maybe_span("duration")
}

fn somebody_is_there(values: &Values, problems: &mut Problems) {
    // A group that was refused would have been one.
    let is_empty = |section| values.all(section).next().is_none();
    if !problems.refused() && is_empty("population.<group>") && is_empty("miners.<group>") {
        let problem = Problem::error(
            crate::problem::Place::Whole,
            "population",
            "missing, expected at least one group",
        );
        problems.push(problem.help("for example [population.readers] with role and count"));
    }
}

fn regions_with_weight(values: &Values, problems: &mut Problems) {
    for group in values.all("population.<group>") {
        let weights: Vec<_> = group.open("region.weights").collect();
        let zero = |value: &crate::keys::Value| *value == crate::keys::Value::Whole(0);
        if !weights.is_empty() && weights.iter().all(|(_, checked)| zero(&checked.value)) {
            let place = weights[0].1.place.clone();
            let message = "expected at least one weight above 0, got only zeros";
            problems.push(Problem::error(place, group.key("region.weights"), message));
        }
    }
}

fn strategy_fits_role(values: &Values, problems: &mut Problems) {
    for group in values.all("population.<group>") {
        let (Some(role), Some(kind)) = (group.maybe_text("role"), group.maybe_text("strategy.kind")) else {
            continue;
        };
        let wanted = match kind {
            "leave" | "pause" | "delete" | "unpin" => "publisher",
            "pin" | "keep-for" => "reader",
            _ => role,
        };
        if role != wanted {
            let message = format!("{kind} is for role = \"{wanted}\", got role = \"{role}\"");
            problems.push(at(group, "strategy.kind", message));
        }
        instants_in_run(values, group, &["strategy.at", "strategy.until"], problems);
        in_order(group, "strategy.at", "strategy.until", problems);
    }
}

fn publishers_publish(values: &Values, problems: &mut Problems) {
    for objects in values.all("objects.<group>") {
        has_role(values, objects, "stored_by", "publisher", problems);
        if let (Some(at_time), Some(end)) = (objects.maybe_span("publish_at"), duration(values))
            && at_time >= end
        {
            let message =
                format!("expected an instant before the end of the run at \"{end}\", got \"{at_time}\"");
            problems.push(at(objects, "publish_at", message));
        }
    }
}

fn readers_read(values: &Values, problems: &mut Problems) {
    for demand in values.all("demand.<name>") {
        has_role(values, demand, "readers", "reader", problems);
        instants_in_run(values, demand, &["from", "until"], problems);
        in_order(demand, "from", "until", problems);
        let late = |value: &crate::keys::Value| match (value, duration(values)) {
            (crate::keys::Value::Span(span), Some(end)) => *span > end,
            _ => false,
        };
        if let Some(late) = demand.list("times").iter().find(|value| late(value)) {
            let message = format!("expected instants within the run, got {}", late.to_toml());
            problems.push(at(demand, "times", message));
        }
    }
}

/// The group that a key names has a role.
fn has_role(values: &Values, instance: &Instance, key: &str, wanted: &str, problems: &mut Problems) {
    let Some(name) = instance.maybe_text(key) else {
        return;
    };
    let group = values.all("population.<group>").find(|group| group.name() == name);
    let Some(role) = group.and_then(|group| group.maybe_text("role")) else {
        return;
    };
    if role != wanted {
        let message =
            format!("expected a group with role = \"{wanted}\", got \"{name}\" with role = \"{role}\"");
        problems.push(at(instance, key, message));
    }
}

/// Instants that are given lie within the run.
fn instants_in_run(values: &Values, instance: &Instance, keys: &[&str], problems: &mut Problems) {
    let Some(end) = duration(values) else { return };
    for key in keys {
        if let Some(span) = instance.maybe_span(key).filter(|span| *span > end) {
            let message = format!("expected an instant within the run of \"{end}\", got \"{span}\"");
            problems.push(at(instance, key, message));
        }
    }
}

/// The second instant is after the first.
fn in_order(instance: &Instance, first: &str, second: &str, problems: &mut Problems) {
    let (Some(from), Some(until)) = (instance.maybe_span(first), instance.maybe_span(second)) else {
        return;
    };
    let short = |key: &str| key.rsplit('.').next().unwrap_or(key).to_string();
    let given = instance.checked(second).is_some_and(|checked| checked.given);
    if until <= from && given {
        let message = format!("expected an instant after {} = \"{from}\", got \"{until}\"", short(first));
        problems.push(at(instance, second, message));
    } else if until == from {
        let message = format!("expected an instant before {} = \"{until}\", got \"{from}\"", short(second));
        problems.push(at(instance, first, message));
    }
}

fn shrink_keeps_shapes(values: &Values, problems: &mut Problems) {
    for objects in values.all("objects.<group>") {
        let Some(shrink) = objects.maybe_whole("shrink").filter(|shrink| *shrink > 1) else {
            continue;
        };
        let chunk = objects.maybe_text("chunker").and_then(fixed_size);
        match chunk {
            None => problems.push(at(objects, "chunker", format!("expected size-N with shrink = {shrink}"))),
            Some(size) if !size.is_multiple_of(shrink) => {
                problems.push(at(
                    objects,
                    "chunker",
                    format!("expected a multiple of shrink = {shrink}, got {size}"),
                ));
            }
            Some(_) => {}
        }
        if objects.maybe_whole("inline_limit").is_some_and(|limit| limit > 0) {
            problems.push(at(objects, "inline_limit", format!("expected 0 with shrink = {shrink}")));
        }
        if let Some(size) = objects.maybe_bytes("size").filter(|size| !size.as_u64().is_multiple_of(shrink)) {
            let message = format!("expected a multiple of shrink = {shrink}, got {} bytes", size.as_u64());
            problems.push(at(objects, "size", message));
        }
    }
}

/// N of the chunker `size-N`.
pub fn fixed_size(chunker: &str) -> Option<u64> {
    let spec: ChunkerSpec = chunker.parse().ok()?;
    spec.to_string().strip_prefix("size-")?.parse().ok()
}

/// Partitions of a run at most: the world keeps them as bits of one word.
const PARTITIONS_MAX: usize = 64;

fn partition_in_time(values: &Values, problems: &mut Problems) {
    if let Some(one_more) = values.all("net.partition.<n>").nth(PARTITIONS_MAX) {
        let message = format!("expected at most {PARTITIONS_MAX} partitions");
        problems.push(Problem::error(one_more.place.clone(), &one_more.path, message));
    }
    for partition in values.all("net.partition.<n>") {
        instants_in_run(values, partition, &["from"], problems);
        in_order(partition, "from", "until", problems);
    }
}

fn dht_bounds(values: &Values, problems: &mut Problems) {
    let dht = values.one("ipfs.dht");
    at_most(dht, "beta", "k", problems);
    if let (Some(sweep), Some(validity)) = (dht.maybe_span("record_sweep"), dht.maybe_span("record_validity"))
        && sweep > validity
    {
        let message = format!("expected at most record_validity = \"{validity}\", got \"{sweep}\"");
        problems.push(at(dht, "record_sweep", message));
    }
    let workers = dht.maybe_whole("provide_workers");
    if dht.maybe_text("provide_mode") == Some("sweep") && workers.is_some_and(|workers| workers < 3) {
        let message =
            "expected at least 3 with provide_mode = \"sweep\": two for regular work, one for bursts";
        problems.push(at(dht, "provide_workers", message));
    }
}

fn records_outlive_reprovides(values: &Values, problems: &mut Problems) {
    let dht = values.one("ipfs.dht");
    if let (Some(interval), Some(validity)) =
        (dht.maybe_span("reprovide_interval"), dht.maybe_span("record_validity"))
        && interval > validity
    {
        let message = format!(
            "\"{interval}\" is longer than record_validity = \"{validity}\": content will be undiscoverable part of the time"
        );
        problems.push(Problem::warning(
            dht.place_of("reprovide_interval"),
            dht.key("reprovide_interval"),
            message,
        ));
    }
}

fn miners_have_a_chain(values: &Values, problems: &mut Problems) {
    if values.all("filecoin").next().is_some() {
        return;
    }
    for instance in values.all("miners.<group>").chain(values.all("filecoin.background")) {
        let problem = Problem::error(instance.place.clone(), &instance.path, "needs the table [filecoin]");
        problems.push(problem.help("write [filecoin], if only with its defaults"));
    }
}

fn deals_fit_the_chain(values: &Values, problems: &mut Problems) {
    let market = || values.all("clients.<group>").chain(values.all("asks.<name>"));
    let Some(chain) = values.all("filecoin").next() else {
        for instance in market() {
            let problem =
                Problem::error(instance.place.clone(), &instance.path, "needs the table [filecoin]");
            problems.push(problem.help("write [filecoin], if only with its defaults"));
        }
        return;
    };
    if let Some(weight) =
        chain.maybe_whole("weight").filter(|weight| *weight > 1 && market().next().is_some())
    {
        let message = format!("expected 1 with clients and asks, got {weight}: a deal is in one sector");
        problems.push(at(chain, "weight", message));
    }
    let Some(policy) = crate::filecoin::policy(chain) else { return };
    for client in values.all("clients.<group>") {
        let (min, max) = (policy.deal_min_duration.span(), policy.deal_max_duration.span());
        if let Some(term) = client.maybe_span("term").filter(|term| *term < min || *term > max) {
            let message = format!("expected \"{min}\" to \"{max}\", got \"{term}\"");
            problems.push(at(client, "term", message));
        }
        let sector: u64 = if chain.maybe_text("sector_size") == Some("64GiB") { 64 << 30 } else { 32 << 30 };
        let room = sector / 128 * 127;
        for key in ["size", "batch"] {
            if let Some(size) = client.maybe_bytes(key).filter(|size| size.as_u64() > room) {
                let message = format!(
                    "expected at most {room} bytes, what a sector holds, got {} bytes",
                    size.as_u64()
                );
                problems.push(at(client, key, message));
            }
        }
        let least = policy.verified_min_piece.bytes();
        let cap = client.maybe_bytes("data_cap").map_or(0, |cap| i128::from(cap.as_u64()));
        if cap > 0 && cap < least {
            problems.push(at(client, "data_cap", format!("expected 0 or at least {least} bytes, got {cap}")));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for ask in values.all("asks.<name>") {
        for group in ask.texts("miners").into_iter().filter(|group| !seen.insert(group.clone())) {
            problems.push(at(ask, "miners", format!("the group {group:?} has an ask already")));
        }
    }
}

fn miners_ask_others(values: &Values, problems: &mut Problems) {
    for group in values.all("miners.<group>") {
        if group.maybe_text("source") == Some(group.name()) {
            let problem =
                at(group, "source", format!("expected another group than {:?} itself", group.name()));
            problems.push(problem.help("name a group of miners that keeps its replicas"));
        }
    }
}

fn genesis_is_a_beginning(values: &Values, problems: &mut Problems) {
    for chain in values.all("filecoin").filter(|chain| chain.maybe_whole("start_epoch") == Some(0)) {
        if chain.maybe_span("network_time").is_some_and(|time| time > SimSpan::ZERO) {
            problems.push(at(chain, "network_time", "expected \"0 s\" with start_epoch = 0"));
        }
        if chain.maybe_money("burnt").is_some_and(|burnt| !burnt.is_zero()) {
            problems.push(at(chain, "burnt", "expected \"0 FIL\" with start_epoch = 0"));
        }
    }
}

fn forecasts_follow_a_whole_network(values: &Values, problems: &mut Problems) {
    let duration = duration(values);
    for chain in values.all("filecoin") {
        let (Some(from), Some(duration)) = (chain.maybe_span("forecast_from"), duration) else { continue };
        if from >= duration {
            let message = format!("expected less than duration = \"{duration}\", got \"{from}\"");
            problems.push(at(chain, "forecast_from", message));
        }
        if from.as_nanos() % SimSpan::from_days(1).as_nanos() != 0 {
            problems.push(at(chain, "forecast_from", format!("expected whole days, got \"{from}\"")));
        }
        if values.all("filecoin.background").next().is_some() {
            let message = "expected a network without [filecoin.background]";
            let help =
                "a background's pledge and supply are given, so that a forecast has nothing to say of them";
            problems.push(at(chain, "forecast_from", message).help(help));
        }
    }
}

fn parameters_fit_together(values: &Values, problems: &mut Problems) {
    for chain in values.all("filecoin") {
        let span = duration(values).and_then(|duration| crate::filecoin::epochs_of(chain, duration));
        let (Some(policy), Some((first, last))) = (crate::filecoin::policy(chain), span) else { continue };
        for misfit in policy.misfits(first, last) {
            problems.push(at(chain, &format!("parameters.{}", misfit.name), misfit.message));
        }
    }
}

fn commitments_are_accepted(values: &Values, problems: &mut Problems) {
    let Some(policy) = values.all("filecoin").next().and_then(crate::filecoin::policy) else { return };
    for group in values.all("miners.<group>") {
        let Some(commitment) = group.maybe_span("commitment").map(crate::filecoin::epochs) else { continue };
        let to_prove = match group.maybe_flag("non_interactive") {
            Some(true) if policy.non_interactive_porep => Epochs::ZERO,
            _ => policy.max_prove_commit_duration,
        };
        let (least, most) = (
            policy.min_sector_lifetime,
            policy.max_sector_lifetime.min(policy.max_sector_extension - to_prove),
        );
        if !(least..=most).contains(&commitment) {
            let message =
                format!("expected from {least} to {most}, got {commitment}: the chain refuses such sectors");
            problems.push(at(group, "commitment", message));
        }
        if group.maybe_flag("non_interactive") == Some(true) && !policy.non_interactive_porep {
            let problem = Problem::warning(
                group.place_of("non_interactive"),
                group.key("non_interactive"),
                "has no effect under these rules, which know no such proof (FIP-0092, from nv23 on): sectors are pre-committed",
            );
            problems.push(problem);
        }
    }
}

fn money_is_there(values: &Values, problems: &mut Problems) {
    for chain in values.all("filecoin") {
        let Some(mut left) = crate::filecoin::opening(values, chain).map(|opening| opening.left()) else {
            continue;
        };
        if left.is_negative() {
            let most = chain.money("burnt") + left;
            problems.push(at(chain, "burnt", format!("expected at most {most}: no more is in circulation")));
            continue;
        }
        for group in values.all("miners.<group>").chain(values.all("clients.<group>")) {
            let (Some(count), Some(capital)) = (group.maybe_whole("count"), group.maybe_money("capital"))
            else {
                continue;
            };
            let wanted = capital * i64::try_from(count).expect("bounded by its key");
            if wanted > left {
                let message = format!("expected at most {left} for {count} of them together, got {wanted}");
                let help =
                    "no more is in circulation when the chain begins, less what groups before this one take";
                problems.push(at(group, "capital", message).help(help));
                break;
            }
            left -= wanted;
        }
    }
}

fn connection_marks(values: &Values, problems: &mut Problems) {
    at_most(values.one("ipfs.connections"), "low", "high", problems);
}

fn at_most(instance: &Instance, small: &str, large: &str, problems: &mut Problems) {
    if let (Some(a), Some(b)) = (instance.maybe_whole(small), instance.maybe_whole(large))
        && a > b
    {
        problems.push(at(instance, small, format!("expected at most {large} = {b}, got {a}")));
    }
}

fn clusters_fit_their_peers(values: &Values, problems: &mut Problems) {
    let clusters: Vec<&Instance> = values.all("clusters.<name>").collect();
    for (number, cluster) in clusters.iter().enumerate() {
        instants_in_run(values, cluster, &["change.at"], problems);
        for (min, max) in [("replication_min", "replication_max"), ("change.min", "change.max")] {
            if let (Some(least), Some(most)) = (cluster.maybe_whole(min), cluster.maybe_whole(max))
                && most < least
            {
                problems.push(at(cluster, max, format!("expected at least {min} = {least}, got {most}")));
            }
        }
        let Some(name) = cluster.maybe_text("peers") else { continue };
        let has_name = |other: &&&Instance| other.maybe_text("peers") == Some(name);
        if let Some(other) = clusters[..number].iter().find(has_name) {
            let message = format!("the nodes of \"{name}\" are the peers of {} already", other.path);
            problems.push(at(cluster, "peers", message).help("make a group of its own for each cluster"));
        }
        let group = values.all("population.<group>").find(|group| group.name() == name);
        let Some(count) = group.and_then(|group| group.maybe_whole("count")) else { continue };
        for key in ["replication_min", "change.min"] {
            if let Some(min) = cluster.maybe_whole(key).filter(|min| *min > count) {
                let message = format!("expected at most the {count} nodes of \"{name}\", got {min}");
                problems.push(at(cluster, key, message).help("no pin could ever be allocated"));
            }
        }
    }
}

fn clusters_are_whole(values: &Values, problems: &mut Problems) {
    if values.all("net.partition.<n>").next().is_none() {
        return;
    }
    for cluster in values.all("clusters.<name>") {
        let message = "expected no [[net.partition]] in a scenario with clusters";
        let help = "take nodes down with `session` instead: to their cluster that is the same";
        problems.push(Problem::error(cluster.place.clone(), &cluster.path, message).help(help));
    }
}

fn lives_begin_in_time(values: &Values, problems: &mut Problems) {
    for group in values.all("population.<group>") {
        instants_in_run(values, group, &["lifetime.from"], problems);
    }
}
