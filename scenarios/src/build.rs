//! Checked values -> [`Config`]: names become indices, words become types. Nothing here can fail.

use crate::content::Library;
use crate::filecoin;
use crate::inputs::Inputs;
use crate::keys::Value;
use crate::regions;
use crate::scenario::Variant;
use crate::values::{Instance, Values};
use models::config::{
    Arrivals, CheckLevel, ClusterGroup, Config, ConnectionConfig, Demand, DhtMode, Group, IpfsConfig,
    Lifetime, NetConfig, ObjectGroup, Partition, ReadMode, RecordConfig, RegionChoice, Role, Session,
    SessionStart, StoreConfig, Strategy,
};
use models::ipfs::bitswap::{BitswapConfig, BroadcastPolicy};
use models::ipfs::cluster::{ClusterConfig, Factor};
use models::ipfs::dht::{DhtConfig, ProvideMode, ProvideStrategy, RefreshFidelity};
use models::net::NetTier;
use sim_core::dist::Law;
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::{Prob, Ratio};

/// What the command line decides about every run.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// How often invariants are checked.
    pub check: CheckLevel,
    /// Events after which a run stops as over budget.
    pub max_events: Option<u64>,
}

/// The configuration of a variant.
///
/// # Panics
/// If the values are not those of a checked scenario.
pub fn config(variant: &Variant, library: &Library, inputs: &Inputs, options: RunOptions) -> Config {
    let values = &variant.values;
    Config {
        duration: values.one("").span("duration"),
        net: net(values),
        groups: values.all("population.<group>").map(|group| self::group(values, group, inputs)).collect(),
        objects: values.all("objects.<group>").map(|group| objects(values, group, library, inputs)).collect(),
        demand: values.all("demand.<name>").map(|instance| demand(values, instance)).collect(),
        ipfs: IpfsConfig {
            dht: dht(values.one("ipfs.dht")),
            bitswap: bitswap(values.one("ipfs.bitswap")),
            connections: connections(values.one("ipfs.connections")),
        },
        clusters: values.all("clusters.<name>").map(|instance| cluster(values, instance)).collect(),
        filecoin: filecoin::config(values),
        record: record(values.one("record")),
        check: options.check,
        max_events: options.max_events,
    }
}

/// The item of a table of words and values.
fn choose<T: Copy>(instance: &Instance, key: &str, table: &[(&str, T)]) -> T {
    let word = instance.text(key);
    let found = table.iter().find(|(name, _)| *name == word);
    found.unwrap_or_else(|| panic!("{}.{key} = {word:?} is in no table", instance.path)).1
}

fn instant(instance: &Instance, key: &str) -> SimTime {
    SimTime::ZERO.saturating_add(instance.span(key))
}

/// A whole number in a narrower type, which the bounds of its key ensure.
fn narrow<T: TryFrom<u64>>(instance: &Instance, key: &str) -> T {
    let value = instance.whole(key);
    T::try_from(value).unwrap_or_else(|_| panic!("{}.{key} = {value} is out of its bounds", instance.path))
}

fn region(name: &str) -> u16 {
    regions::world().find(name).unwrap_or_else(|| panic!("region {name:?} passed the check"))
}

fn net(values: &Values) -> NetConfig {
    let partition = |instance: &Instance| Partition {
        regions: instance.texts("regions").iter().map(|name| region(name)).collect(),
        from: instant(instance, "from"),
        until: instant(instance, "until"),
    };
    NetConfig {
        topology: regions::world(),
        tier: choose(
            values.one("net"),
            "tier",
            &[("latency", NetTier::Latency), ("fifo", NetTier::Fifo), ("flow", NetTier::Flow)],
        ),
        partitions: values.all("net.partition.<n>").map(partition).collect(),
        dial_round_trips: narrow(values.one("net"), "dial_round_trips"),
    }
}

fn group(values: &Values, group: &Instance, inputs: &Inputs) -> Group {
    let number = |name: &String| values.index("population.<group>", name).expect("the reference was found");
    let roles = [("publisher", Role::Publisher), ("reader", Role::Reader), ("peer", Role::Peer)];
    Group {
        name: group.name().into(),
        role: choose(group, "role", &roles),
        count: narrow(group, "count"),
        region: place(group),
        uplink: group.maybe_rate("uplink"),
        downlink: group.maybe_rate("downlink"),
        access_delay: group.span("access_delay"),
        access_spread: group.span("access_spread"),
        session: session(group, inputs),
        peering: group.texts("peering").iter().map(number).collect(),
        dht: choose(group, "dht", &[("server", DhtMode::Server), ("client", DhtMode::Client)]),
        store: StoreConfig {
            max: group.bytes("storage.max"),
            automatic_gc: group.flag("storage.automatic_gc"),
            watermark: group.share("storage.watermark"),
            period: group.span("storage.period"),
            manual_every: group.maybe_span("storage.manual_every"),
        },
        strategy: strategy(group),
        tampering: group.share("tampering"),
        lifetime: group.maybe_span("lifetime.mean").map(|mean| Lifetime {
            law: law(group, "lifetime", mean),
            from: instant(group, "lifetime.from"),
            replaced_after: group.maybe_span("lifetime.replaced_after").map(|value| Law::Constant { value }),
        }),
    }
}

fn cluster(values: &Values, cluster: &Instance) -> ClusterGroup {
    let number = |name: &String| values.index("objects.<group>", name).expect("the reference was found");
    let factor = |min: &str, max: &str| {
        let min: u32 = cluster.maybe_whole(min).map(|_| narrow(cluster, min))?;
        Some(Factor { min, max: cluster.maybe_whole(max).map_or(min, |_| narrow(cluster, max)) })
    };
    let change = factor("change.min", "change.max").map(|factor| (instant(cluster, "change.at"), factor));
    ClusterGroup {
        name: cluster.name().into(),
        peers: index(values, cluster, "peers", "population.<group>"),
        pins: cluster.texts("pins").iter().map(number).collect(),
        rules: ClusterConfig {
            factor: factor("replication_min", "replication_max"),
            change,
            disable_repinning: cluster.flag("disable_repinning"),
            by_region: cluster.text("tag") == "region",
            ping_interval: cluster.span("ping_interval"),
            check_interval: cluster.span("check_interval"),
            metric_ttl: cluster.span("metric_ttl"),
            state_sync_interval: cluster.span("state_sync_interval"),
            pin_recover_interval: cluster.span("pin_recover_interval"),
            pin_timeout: cluster.span("pin_timeout"),
            concurrent_pins: narrow(cluster, "concurrent_pins"),
            rebroadcast_interval: cluster.span("rebroadcast_interval"),
            expire_after: cluster.maybe_span("expire_after"),
        },
    }
}

fn place(group: &Instance) -> RegionChoice {
    let weight = |value: &Value| match value {
        Value::Whole(weight) => *weight,
        other => panic!("a weight is {other:?}"),
    };
    match group.maybe_text("region") {
        Some(name) => RegionChoice::One(region(name)),
        None => {
            let weights = group.open("region.weights");
            RegionChoice::Weighted(
                weights.map(|(name, checked)| (region(name), weight(&checked.value))).collect(),
            )
        }
    }
}

fn session(group: &Instance, inputs: &Inputs) -> Session {
    let starts =
        [("up", SessionStart::Up), ("down", SessionStart::Down), ("stationary", SessionStart::Stationary)];
    match group.text("session.law") {
        "always" => Session::Always,
        "trace" => Session::Trace(inputs.trace(group).expect("read before")),
        _ => Session::Renewal {
            up: law(group, "session", group.span("session.mean_up")),
            down: law(group, "session", group.span("session.mean_down")),
            start: choose(group, "session.start", &starts),
        },
    }
}

/// The law that the keys below `prefix` describe, with that mean.
fn law(instance: &Instance, prefix: &str, mean: SimSpan) -> Law {
    let key = |name: &str| format!("{prefix}.{name}");
    match instance.text(&key("law")) {
        "exponential" => Law::Exponential { mean },
        "weibull" => Law::Weibull { shape: instance.real(&key("shape")), mean },
        "lognormal" => Law::LogNormal { sigma: instance.real(&key("sigma")), mean },
        "pareto" => Law::Pareto { shape: instance.real(&key("shape")), mean },
        "constant" => Law::Constant { value: mean },
        "uniform" => uniform(mean, instance.share(&key("spread"))),
        other => panic!("{}.{prefix}.law = {other:?} is in no table", instance.path),
    }
}

/// From the mean less a share of it to the mean plus that share, in whole nanoseconds around the mean.
fn uniform(mean: SimSpan, spread: Prob) -> Law {
    let ratio: Ratio = spread.ratio();
    let half = SimSpan::from_nanos(ratio.floor_of(mean.as_nanos()));
    Law::Uniform { low: mean - half, high: mean.saturating_add(half) }
}

fn strategy(group: &Instance) -> Strategy {
    let at = || instant(group, "strategy.at");
    match group.text("strategy.kind") {
        "keep" => Strategy::Keep,
        "pin" => Strategy::Pin,
        "keep-for" => Strategy::KeepFor(law(group, "strategy", group.span("strategy.mean"))),
        "leave" => Strategy::Leave { at: at() },
        "pause" => Strategy::Pause { at: at(), until: instant(group, "strategy.until") },
        "delete" => Strategy::Delete { at: at() },
        "unpin" => Strategy::Unpin { at: at() },
        other => panic!("{}.strategy.kind = {other:?} is in no table", group.path),
    }
}

/// The number of the group or objects that a key names.
fn index(values: &Values, instance: &Instance, key: &str, section: &str) -> usize {
    let name = instance.text(key);
    values
        .index(section, name)
        .unwrap_or_else(|| panic!("{}.{key} = {name:?} passed the check", instance.path))
}

fn objects(values: &Values, group: &Instance, library: &Library, inputs: &Inputs) -> ObjectGroup {
    ObjectGroup {
        name: group.name().into(),
        dags: library.dags(values, group, inputs),
        stored_by: index(values, group, "stored_by", "population.<group>"),
        publish_at: instant(group, "publish_at"),
        shrink: u32::try_from(group.maybe_whole("shrink").unwrap_or(1)).expect("bounded by its key"),
    }
}

fn demand(values: &Values, instance: &Instance) -> Demand {
    Demand {
        name: instance.name().into(),
        objects: index(values, instance, "objects", "objects.<group>"),
        readers: index(values, instance, "readers", "population.<group>"),
        arrivals: arrivals(instance),
        distinct: instance.flag("distinct"),
        patience: instance.maybe_span("patience"),
        mode: choose(instance, "mode", &[("get", ReadMode::Get), ("pin", ReadMode::Pin)]),
    }
}

fn arrivals(demand: &Instance) -> Arrivals {
    let at = |value: &Value| match value {
        Value::Span(span) => SimTime::ZERO.saturating_add(*span),
        other => panic!("an instant is {other:?}"),
    };
    let window = || (instant(demand, "from"), instant(demand, "until"));
    match demand.text("law") {
        "poisson" => {
            let (from, until) = window();
            Arrivals::Poisson { mean: demand.real("mean"), from, until }
        }
        "fixed" => {
            let (from, until) = window();
            Arrivals::Fixed { count: narrow(demand, "count"), from, until }
        }
        "at" => Arrivals::At(demand.list("times").iter().map(at).collect()),
        other => panic!("{}.law = {other:?} is in no table", demand.path),
    }
}

fn dht(keys: &Instance) -> DhtConfig {
    let strategies = [
        ("all", ProvideStrategy::All),
        ("pinned", ProvideStrategy::Pinned),
        ("roots", ProvideStrategy::Roots),
    ];
    let modes = [("classic", ProvideMode::Classic), ("sweep", ProvideMode::Sweep)];
    let fidelities = [("full", RefreshFidelity::Full), ("lazy", RefreshFidelity::Lazy)];
    DhtConfig {
        k: narrow(keys, "k"),
        alpha: narrow(keys, "alpha"),
        beta: narrow(keys, "beta"),
        record_validity: keys.span("record_validity"),
        record_sweep: keys.span("record_sweep"),
        reprovide_interval: keys.span("reprovide_interval"),
        refresh_interval: keys.span("refresh_interval"),
        rpc_timeout: keys.span("rpc_timeout"),
        dial_timeout: keys.span("dial_timeout"),
        provide_strategy: choose(keys, "provide_strategy", &strategies),
        provide_mode: choose(keys, "provide_mode", &modes),
        provide_workers: narrow(keys, "provide_workers"),
        reprovide_workers: keys
            .maybe_whole("reprovide_workers")
            .map_or(DhtConfig::default().reprovide_workers, |n| n as u16),
        refresh_fidelity: choose(keys, "refresh_fidelity", &fidelities),
    }
}

fn bitswap(keys: &Instance) -> BitswapConfig {
    let implementation = match keys.text("implementation") {
        "boxo-0.11" => BitswapConfig::kubo_0_22(),
        _ => BitswapConfig::default(),
    };
    let broadcasts = [("all", BroadcastPolicy::All), ("selective", BroadcastPolicy::Selective)];
    BitswapConfig {
        provider_search_delay: keys.span("provider_search_delay"),
        periodic_search_delay: keys.span("periodic_search_delay"),
        providers_per_search: narrow(keys, "providers_per_search"),
        have_is_final: keys.flag("have_is_final"),
        broadcast_limit: narrow(keys, "broadcast_limit"),
        broadcast: choose(keys, "broadcast", &broadcasts),
        dont_have_timeout: keys.span("dont_have_timeout"),
        replace_have_size: u32::try_from(keys.bytes("replace_have_size").as_u64())
            .expect("bounded by its key"),
        workers: narrow(keys, "workers"),
        max_outstanding: keys.bytes("max_outstanding").as_u64(),
        ..implementation
    }
}

fn connections(keys: &Instance) -> ConnectionConfig {
    ConnectionConfig { low: narrow(keys, "low"), high: narrow(keys, "high"), grace: keys.span("grace") }
}

fn record(keys: &Instance) -> RecordConfig {
    let named = keys.texts("metrics");
    let all = || crate::known::metrics().into_iter().map(String::from).collect();
    RecordConfig { every: keys.span("every"), metrics: if named.is_empty() { all() } else { named } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::Text;
    use crate::scenario::{Overrides, Scenario};
    use std::path::Path;

    #[test]
    fn the_defaults_of_a_cluster_are_those_of_its_machine() {
        let sets = ["clusters.c.peers=a", "clusters.c.pins=[\"o\"]", "objects.o.size=1 MiB"];
        let more = ["objects.o.stored_by=p", "population.p.role=publisher", "population.p.count=1"];
        let values = values(&[&sets[..], &more[..]].concat());
        let instance = values.all("clusters.<name>").next().expect("it was set");
        assert_eq!(cluster(&values, instance).rules, ClusterConfig::default());
    }

    /// The values of a scenario that says nothing of protocols, with these overrides.
    fn values(sets: &[&str]) -> Values {
        let text =
            "schema = 1\nname = \"x\"\nduration = \"1 day\"\n[population.a]\nrole = \"peer\"\ncount = 1\n";
        let text = Text { shown: "x".into(), text: text.into() };
        let overrides = Overrides { size: None, sets: sets.iter().map(ToString::to_string).collect() };
        let checked = Scenario::check(text, Path::new(""), &overrides);
        checked.unwrap_or_else(|report| panic!("{}", report.plain())).base
    }

    #[test]
    fn the_defaults_of_the_keys_are_those_of_the_machines() {
        let values = values(&[]);
        assert_eq!(dht(values.one("ipfs.dht")), DhtConfig::default());
        assert_eq!(bitswap(values.one("ipfs.bitswap")), BitswapConfig::default());
        let connections = connections(values.one("ipfs.connections"));
        assert_eq!(format!("{connections:?}"), format!("{:?}", ConnectionConfig::default()));
    }

    #[test]
    fn an_older_kubo_is_one_word_away() {
        let values = values(&["preset=kubo-2022"]);
        assert_eq!(bitswap(values.one("ipfs.bitswap")), BitswapConfig::kubo_0_22());
        assert_eq!(dht(values.one("ipfs.dht")).provide_mode, ProvideMode::Classic);
    }

    #[test]
    fn a_uniform_law_keeps_its_mean() {
        let law = uniform(SimSpan::from_hours(8), Prob::new(1, 3));
        assert_eq!(law.mean(), SimSpan::from_hours(8));
        assert_eq!(law.check(), Ok(()));
    }
}
