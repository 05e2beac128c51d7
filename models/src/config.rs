//! What a run is made of: validated, typed, immutable. The scenario check produces a [`Config`];
//! nothing after it reads a file or an environment variable, and making a world of it cannot fail.
//!
//! Every field has its unit and its source in its doc. Groups, objects and demand keep the order in
//! which the scenario names them.

use crate::agents::storage_client::ClientConfig;
use crate::agents::storage_miner::OperatorConfig;
use crate::agents::storage_provider::AskConfig;
use crate::filecoin::base_fee::OtherGas;
use crate::filecoin::chain::ChainConfig;
use crate::filecoin::vault::ProofConfig;
use crate::ids::ObjectId;
use crate::ipfs::bitswap::BitswapConfig;
use crate::ipfs::cluster::ClusterConfig;
use crate::ipfs::dht::DhtConfig;
use crate::ipfs::unixfs::Dag;
use crate::net::{NetTier, Topology};
use crate::units::AttoFil;
use sim_core::dist::Law;
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::{BitRate, Bytes, Prob};
use std::sync::Arc;

/// One run: everything but its seed.
#[derive(Clone, Debug)]
pub struct Config {
    /// Virtual length of the run.
    pub duration: SimSpan,
    /// Regions, delays, partitions.
    pub net: NetConfig,
    /// Groups of nodes, in scenario order.
    pub groups: Vec<Group>,
    /// Groups of objects, in scenario order.
    pub objects: Vec<ObjectGroup>,
    /// Who reads what, when; in scenario order.
    pub demand: Vec<Demand>,
    /// Protocol parameters of IPFS.
    pub ipfs: IpfsConfig,
    /// Clusters, in scenario order; a group is in one at most.
    pub clusters: Vec<ClusterGroup>,
    /// The chain and its miners; none for a world of IPFS alone.
    pub filecoin: Option<Arc<FilecoinConfig>>,
    /// What is recorded, and how often.
    pub record: RecordConfig,
    /// How often invariants are checked while the run goes on.
    pub check: CheckLevel,
    /// Dispatched events after which the run stops as over budget; none by default.
    pub max_events: Option<u64>,
}

/// Regions and what is between them.
#[derive(Clone, Debug)]
pub struct NetConfig {
    /// Regions and delays between them.
    pub topology: Arc<Topology>,
    /// What the bytes of a message cost on the access lines at both of its ends. Default: first come, first served.
    pub tier: NetTier,
    /// Times at which regions cannot reach the rest; at most 64.
    pub partitions: Vec<Partition>,
    /// Round trips spent on a new connection before the first request is on its way.
    ///
    /// Default: 2 (QUIC: one for the handshake, one for negotiating the stream's protocol).
    /// Bounds: 0 ..= 10. Source: libp2p specs, `connections`; RFC 9000, section 7.
    pub dial_round_trips: u32,
}

/// From `from` to `until`, the named regions reach each other but nobody else.
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// Indices into the topology's regions.
    pub regions: Vec<u16>,
    /// Start.
    pub from: SimTime,
    /// End: reachable again from this instant on.
    pub until: SimTime,
}

/// What a node of a group is there for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Adds objects to its own node and pins them.
    Publisher,
    /// Reads objects on demand.
    Reader,
    /// Takes part in the DHT and holds nothing of its own.
    Peer,
}

/// A group of like nodes.
#[derive(Clone, Debug)]
pub struct Group {
    /// Name; the stable part of every node's draws.
    pub name: String,
    /// What its nodes are there for.
    pub role: Role,
    /// Number of nodes.
    pub count: u32,
    /// Where its nodes are.
    pub region: RegionChoice,
    /// Rate of a node's uplink; unlimited when absent.
    pub uplink: Option<BitRate>,
    /// Rate of a node's downlink; unlimited when absent.
    pub downlink: Option<BitRate>,
    /// Least one-way delay of a node's access line, added to the delay between regions.
    pub access_delay: SimSpan,
    /// Each node's access delay is drawn once, uniformly from `access_delay` up to this much more: no two lines
    /// are alike, so that no two answers come at the same instant.
    pub access_spread: SimSpan,
    /// When its nodes are up.
    pub session: Session,
    /// Groups that its nodes keep connections to, as Kubo's `Peering.Peers` does: dialled when both ends are
    /// up, never trimmed, and reached by every broadcast of wants. Source: ipfs/kubo, `docs/config.md`.
    pub peering: Vec<usize>,
    /// Whether its nodes answer DHT queries and may be chosen to hold provider records.
    pub dht: DhtMode,
    /// Storage limit and collection.
    pub store: StoreConfig,
    /// What a publisher does with its objects, or a reader with what it read.
    pub strategy: Strategy,
    /// Share of the group's nodes that serve altered blocks (claim 3 of the mission).
    pub tampering: Prob,
    /// When its machines are gone for good; never when absent.
    pub lifetime: Option<Lifetime>,
}

/// An IPFS Cluster: peers beside the nodes of a group, and the objects that they pin.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterGroup {
    /// Name.
    pub name: String,
    /// Group whose nodes are its peers.
    pub peers: usize,
    /// Groups of objects that are pinned when they are published.
    pub pins: Vec<usize>,
    /// Parameters.
    pub rules: ClusterConfig,
}

/// How long the machines of a group live, and what comes after them.
///
/// The place of a machine keeps its name, its lines and its IPFS identity (as if its keys were restored from a backup);
/// a successor begins with an empty disk, and is another peer to a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Lifetime {
    /// Law of the time from a machine's beginning until it is gone for good, disk and all.
    pub law: Law,
    /// The first machines begin here: until then nobody dies.
    pub from: SimTime,
    /// Law of the time until a successor takes the place; nobody does when absent.
    pub replaced_after: Option<Law>,
}

/// Where the nodes of a group are.
#[derive(Clone, Debug, PartialEq)]
pub enum RegionChoice {
    /// All in one region (index into the topology).
    One(u16),
    /// Each node's region is drawn by integer weights.
    Weighted(Vec<(u16, u64)>),
}

/// When a node is up.
#[derive(Clone, Debug, PartialEq)]
pub enum Session {
    /// From the start to the end of the run.
    Always,
    /// Alternating times up and down, drawn from two laws.
    Renewal {
        /// Law of the time up.
        up: Law,
        /// Law of the time down.
        down: Law,
        /// State at the start of the run.
        start: SessionStart,
    },
    /// Recorded sessions: node `i` of the group follows trace `i` modulo their number. Each trace
    /// lists `(up from, up until)` in order, without overlap.
    Trace(Arc<Vec<Vec<(SimTime, SimTime)>>>),
}

/// State of a renewal process at the start of the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionStart {
    /// A new session begins at the start.
    Up,
    /// A new time down begins at the start.
    Down,
    /// As if the process had gone on for ever: up with probability mean up / (mean up + mean down),
    /// then the residual of the running interval.
    Stationary,
}

/// A node's part in the DHT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DhtMode {
    /// Publicly reachable: answers queries, enters routing tables, holds records.
    Server,
    /// Only asks.
    Client,
}

/// A node's disk as Kubo runs it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreConfig {
    /// `Datastore.StorageMax`. Not a hard limit: adds succeed beyond it.
    ///
    /// Default: 10 GB. Source: ipfs/kubo, config/init.go.
    pub max: Bytes,
    /// Automatic collection; off by default, as in a daemon without `--enable-gc`.
    pub automatic_gc: bool,
    /// `Datastore.StorageGCWatermark`: share of `max` above which a check starts a collection.
    ///
    /// Default: 90 %. Source: ipfs/kubo, config/init.go.
    pub watermark: Prob,
    /// `Datastore.GCPeriod`: time between checks, the first one a period after the node's start.
    ///
    /// Default: 1 h. Source: ipfs/kubo, config/init.go.
    pub period: SimSpan,
    /// An operator's own `ipfs repo gc`, every so often while the node is up, whatever is used.
    pub manual_every: Option<SimSpan>,
}

/// What a node does with what it holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    /// Publisher: keeps its objects pinned. Reader: keeps what it read, unpinned, until collected.
    Keep,
    /// Reader: pins what it read.
    Pin,
    /// Reader: deletes what it read after a time drawn from a law, counted from the end of the read.
    KeepFor(Law),
    /// Publisher: goes off for good at an instant, disk and all.
    Leave {
        /// When.
        at: SimTime,
    },
    /// Publisher: goes off at `at` and comes back at `until`.
    Pause {
        /// When it goes.
        at: SimTime,
        /// When it is back.
        until: SimTime,
    },
    /// Publisher: deletes its objects' blocks at an instant.
    Delete {
        /// When.
        at: SimTime,
    },
    /// Publisher: unpins its objects at an instant; their blocks stay until a collection.
    Unpin {
        /// When.
        at: SimTime,
    },
}

/// Objects that are alike.
#[derive(Clone, Debug)]
pub struct ObjectGroup {
    /// Name; object `i` of group `page` is called `page/i`.
    pub name: String,
    /// One imported DAG per object.
    pub dags: Vec<Arc<Dag>>,
    /// Group whose nodes publish the objects: object `i` by node `i` modulo its size.
    pub stored_by: usize,
    /// When they are published.
    pub publish_at: SimTime,
    /// Content shrink: one real byte of leaf payload stands for this many nominal ones. Default: 1.
    pub shrink: u32,
}

/// Reads of a group of objects by a group of nodes.
#[derive(Clone, Debug)]
pub struct Demand {
    /// Name; the stable part of its draws.
    pub name: String,
    /// Index into [`Config::objects`].
    pub objects: usize,
    /// Index into [`Config::groups`].
    pub readers: usize,
    /// When reads come, for each object on its own.
    pub arrivals: Arrivals,
    /// No node reads the same object twice, as long as there are nodes left.
    pub distinct: bool,
    /// A reader gives up after this long; never when absent.
    pub patience: Option<SimSpan>,
    /// How the reader walks the DAG.
    pub mode: ReadMode,
}

/// When the reads of one object come.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// A Poisson number with this mean, at independent uniform instants of the window.
    Poisson {
        /// Mean number of reads of one object.
        mean: f64,
        /// Start of the window.
        from: SimTime,
        /// End of the window.
        until: SimTime,
    },
    /// Exactly this many reads at independent uniform instants of the window.
    Fixed {
        /// Number of reads of one object.
        count: u32,
        /// Start of the window.
        from: SimTime,
        /// End of the window.
        until: SimTime,
    },
    /// Reads at exactly these instants.
    At(Vec<SimTime>),
}

/// How a reader walks a DAG.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadMode {
    /// In file order with read-ahead, as `ipfs get` and `ipfs cat` do.
    Get,
    /// Many branches at once, as `ipfs pin` and `ipfs refs -r` do.
    Pin,
}

/// Parameters of the IPFS protocols.
#[derive(Clone, Debug, Default)]
pub struct IpfsConfig {
    /// Kademlia DHT, provider records and providing.
    pub dht: DhtConfig,
    /// Bitswap.
    pub bitswap: BitswapConfig,
    /// Connection manager.
    pub connections: ConnectionConfig,
}

/// The connection manager: how many connections a node keeps.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionConfig {
    /// Connections left after trimming. Default: 32. Source: ipfs/kubo, config/types (ConnMgr).
    pub low: u32,
    /// Connections above which trimming starts. Default: 96. Source: as above.
    pub high: u32,
    /// Age below which a connection is not trimmed. Default: 20 s. Source: as above.
    pub grace: SimSpan,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        ConnectionConfig { low: 32, high: 96, grace: SimSpan::from_secs(20) }
    }
}

/// A Filecoin network: its chain, and the miners that are simulated one by one.
#[derive(Clone, PartialEq, Debug)]
pub struct FilecoinConfig {
    /// Rules, scale, start, and the rest of the network.
    pub chain: ChainConfig,
    /// How sectors are sealed and proven.
    pub proofs: ProofConfig,
    /// What messages cost.
    pub gas: GasConfig,
    /// Groups of miners, in scenario order.
    pub groups: Vec<MinerGroup>,
    /// The macro model, laid over the run from some day on.
    pub forecast: Option<ForecastPlan>,
    /// Who buys storage, and what miners ask for it.
    pub deals: DealsConfig,
}

/// Clients, and the asks of miners.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DealsConfig {
    /// Groups of clients, in scenario order; without any there is no market.
    pub clients: Vec<ClientGroup>,
    /// Asks by the number of the group of miners; a group beyond the list takes no deals.
    pub asks: Vec<AskConfig>,
}

impl DealsConfig {
    /// What the miners of a group ask.
    pub fn ask(&self, group: usize) -> &AskConfig {
        static NOTHING: std::sync::LazyLock<AskConfig> = std::sync::LazyLock::new(AskConfig::default);
        self.asks.get(group).unwrap_or(&NOTHING)
    }
}

/// A group of like clients.
#[derive(Clone, PartialEq, Debug)]
pub struct ClientGroup {
    /// Name; the stable part of every client's draws.
    pub name: String,
    /// Number of clients.
    pub count: u32,
    /// What they want.
    pub client: ClientConfig,
}

/// From when and for how long the macro model is laid over a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ForecastPlan {
    /// Day of the chain at whose end it begins, counted from 1.
    pub from_day: u32,
    /// Its rows: that day and all that follow.
    pub rows: usize,
}

/// A group of like miners.
#[derive(Clone, PartialEq, Debug)]
pub struct MinerGroup {
    /// Name; the stable part of every miner's draws.
    pub name: String,
    /// Number of miners.
    pub count: u32,
    /// What their operators do.
    pub operator: OperatorConfig,
}

/// What messages cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GasConfig {
    /// Base fee, burnt for each unit of gas: always, or in the first epoch if it moves.
    pub base_fee: AttoFil,
    /// Whether the base fee follows the gas that is used, by the rule of the policy.
    pub moves: bool,
    /// What everybody who is not simulated uses in each tipset.
    pub others: OtherGas,
    /// Premium, paid to block producers for each unit of gas.
    pub premium: AttoFil,
    /// A pre-commit, per message and sector.
    pub pre_commit: GasCost,
    /// A prove-commit, per message and sector.
    pub prove_commit: GasCost,
    /// A Window PoSt, per message and partition.
    pub window_post: GasCost,
    /// A declaration or an extension.
    pub declaration: GasCost,
    /// A message that publishes deals, per message and deal.
    pub publish: GasCost,
    /// A message that settles deals, per message and deal.
    pub settle: GasCost,
}

/// Gas of a kind of message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GasCost {
    /// Per message.
    pub message: i64,
    /// Per sector or partition in it.
    pub item: i64,
}

impl Default for GasConfig {
    /// Gas as FIP-0100 measured it: a pre-commit of one sector 16.7 M and of four 18.6 M, a prove-commit 267.5 M and
    /// 580 M. A Window PoSt, a declaration and the messages of deals are assumptions of their order. The base fee is the least there may be.
    fn default() -> Self {
        GasConfig {
            base_fee: AttoFil::new(100),
            moves: false,
            others: OtherGas::NONE,
            premium: AttoFil::new(100_000),
            pre_commit: GasCost { message: 16_066_667, item: 633_333 },
            prove_commit: GasCost { message: 163_333_333, item: 104_166_667 },
            window_post: GasCost { message: 40_000_000, item: 10_000_000 },
            declaration: GasCost { message: 20_000_000, item: 0 },
            publish: GasCost { message: 20_000_000, item: 20_000_000 },
            settle: GasCost { message: 10_000_000, item: 5_000_000 },
        }
    }
}

/// What is recorded.
#[derive(Clone, Debug)]
pub struct RecordConfig {
    /// Time between samples of the ladder and of sampled metrics.
    pub every: SimSpan,
    /// Names of the metrics to record ([`crate::metrics::METRICS`]).
    pub metrics: Vec<String>,
}

/// How often invariants are checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckLevel {
    /// After every event.
    Every,
    /// Now and then; the default.
    Sampled,
    /// Never; marked in the manifest.
    Off,
}

impl Config {
    /// Number of nodes of all groups.
    pub fn node_count(&self) -> u64 {
        self.groups.iter().map(|group| u64::from(group.count)).sum()
    }

    /// Number of objects of all groups.
    pub fn object_count(&self) -> usize {
        self.objects.iter().map(|group| group.dags.len()).sum()
    }

    /// Object group and number in the group of an object.
    pub fn object_place(&self, object: ObjectId) -> (usize, usize) {
        let mut left = object.index();
        for (group, objects) in self.objects.iter().enumerate() {
            if left < objects.dags.len() {
                return (group, left);
            }
            left -= objects.dags.len();
        }
        panic!("object {object:?} of {}", self.object_count())
    }
}
