//! The world: owns the nodes, the network and the content, and carries out what the machines wish.
//!
//! ```text
//!   registry   which event goes where           transport  messages, links, connections, dialling
//!   dht        lookups, records, providing      bitswap    sessions, envelopes, provider searches
//!   life       up and down, plans, collection   reads      demand, readers, retention
//!   flows      messages that travel as flows    filecoin   epochs, operators of miners, books
//!   cluster    pinsets of clusters, repair
//!   check      what must hold at any moment
//!   report     tables and metrics at the end    fates      copies and losses among them
//! ```
//!
//! The world holds no protocol rule: it moves messages, keeps time for the machines, and knows who is up.

mod bitswap;
pub(crate) mod check;
mod cluster;
pub(crate) mod deals;
mod dht;
mod fates;
pub(crate) mod filecoin;
mod filecoin_data;
mod filecoin_days;
mod filecoin_forecast;
mod filecoin_proofs;
mod filecoin_report;
mod filecoin_shares;
mod flows;
mod life;
mod reads;
mod refresh;
mod report;
mod state;
mod transport;

use crate::churn::{Phase, Sessions};
use crate::config::{Config, DhtMode, RegionChoice};
use crate::content::Content;
use crate::ids::{BlockId, NodeId, ObjectId};
use crate::ipfs::bitswap::Bitswap;
use crate::ipfs::blockstore::BlockStore;
use crate::ipfs::dht::{Key, LazyState, RecordStore, RoutingTable};
use crate::ladder::{self, Ladder};
use crate::net::{Connections, Network};
use crate::node::{self, Node, Timers, Traffic};
use crate::registry::{Event, KINDS};
use crate::slab::{Slab, Ticket};
use sim_core::dist;
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::engine::Cx;
use sim_core::prefetch::{prefetch_all, prefetch_first};
use sim_core::time::{SimSpan, SimTime};
use std::sync::Arc;

pub use cluster::PinBytes;
pub use reads::{Outcome, Purpose, Read};
pub use state::{Misfit, WorldState};
use transport::Body;
pub use transport::Totals;

const REGION: Domain = Domain::new("population/region");
const ACCESS: Domain = Domain::new("population/access");
const TAMPER: Domain = Domain::new("population/tamper");

/// Everything of one run.
#[derive(Debug)]
pub struct World {
    pub(crate) config: Arc<Config>,
    pub(crate) content: Arc<Content>,
    pub(crate) draws: Draws,
    pub(crate) nodes: Vec<Node>,
    /// Whether each node is up: the one thing about a node that nearly every event asks.
    pub(crate) up: Vec<bool>,
    /// When each node last came up or went down, and the time before that.
    pub(crate) turned: Vec<Turned>,
    /// The groups that each group has on its peering list, or is on the list of.
    pub(crate) peering: Vec<Vec<usize>>,
    /// Region of each node.
    pub(crate) regions: Vec<u16>,
    /// Peer identities in the key space of the DHT.
    pub(crate) keys: Vec<Key>,
    pub(crate) links: Network,
    pub(crate) flows: flows::FlowWorld,
    pub(crate) messages: Slab<transport::Envelope>,
    pub(crate) totals: Totals,
    /// Which partitions every region is cut off by, a bit each.
    pub(crate) cut: Vec<u64>,
    pub(crate) dht: dht::DhtWorld,
    pub(crate) bitswap: bitswap::BitswapWorld,
    pub(crate) reads: Vec<Read>,
    /// Of these, the ones of the demand; behind them are pins that clusters fetch.
    pub(crate) demanded: usize,
    pub(crate) ladder: Ladder,
    pub(crate) filecoin: Option<Box<filecoin::FilecoinWorld>>,
    pub(crate) clusters: cluster::ClusterWorld,
    pub(crate) expiry_at: SimTime,
    pub(crate) ended: SimSpan,
    pub(crate) samples: report::Samples,
    pub(crate) events: [u64; KINDS],
    /// Buffers that are used again and again.
    pub(crate) spare_peers: Vec<Vec<NodeId>>,
}

/// A node's last two turns: enough to say whether it was up at nearly every instant that is asked for.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Turned {
    last: SimTime,
    before: SimTime,
}

/// Who is up and what they hold: what the ladder asks.
pub(crate) struct Who<'a> {
    pub(crate) up: &'a [bool],
    pub(crate) nodes: &'a [Node],
}

impl ladder::Nodes for Who<'_> {
    fn is_up(&self, node: NodeId) -> bool {
        self.up[node.index()]
    }

    fn has(&self, node: NodeId, block: BlockId) -> bool {
        self.nodes[node.index()].store.has(block)
    }

    fn is_honest(&self, node: NodeId) -> bool {
        self.nodes[node.index()].honest
    }
}

impl World {
    /// The world before its first event; [`World::start`] schedules that.
    pub fn new(config: Arc<Config>, content: Arc<Content>, draws: Draws) -> Self {
        let nodes = make_nodes(&config, draws);
        let mut links = Network::new(config.net.tier);
        for node in &nodes {
            let group = &config.groups[node.group];
            let spread = group.access_spread.as_nanos();
            let more = dist::below(&mut draws.at(ACCESS, node.entity, 0), spread.max(1));
            links.add_node(group.uplink, group.downlink, group.access_delay + SimSpan::from_nanos(more));
        }
        let keys: Vec<Key> = nodes.iter().map(|node| node::peer_key(draws.run_seed(), node.entity)).collect();
        let ladder = Ladder::new(&content);
        let dht = dht::DhtWorld::new(&config, &nodes, &keys);
        let filecoin =
            config.filecoin.as_ref().map(|own| Box::new(filecoin::FilecoinWorld::new(own, &draws)));
        let clusters = cluster::ClusterWorld::new(&config);
        World {
            up: vec![false; nodes.len()],
            turned: vec![Turned::default(); nodes.len()],
            peering: peering(&config),
            regions: nodes.iter().map(|node| node.region).collect(),
            cut: vec![0; config.net.topology.regions().len()],
            samples: report::Samples::new(&config),
            config,
            content,
            draws,
            keys,
            links,
            flows: flows::FlowWorld::default(),
            messages: Slab::default(),
            totals: Totals::default(),
            dht,
            bitswap: bitswap::BitswapWorld::default(),
            reads: Vec::new(),
            demanded: 0,
            ladder,
            filecoin,
            clusters,
            expiry_at: SimTime::NEVER,
            ended: SimSpan::ZERO,
            events: [0; KINDS],
            spare_peers: Vec::new(),
            nodes,
        }
    }

    /// Asks for what nearly every event at a node touches.
    pub(crate) fn prefetch_node(&self, node: NodeId) {
        let Some(Node { connections, table, bitswap, traffic, records, .. }) = self.nodes.get(node.index())
        else {
            return;
        };
        prefetch_all(connections);
        prefetch_all(table);
        prefetch_all(bitswap);
        prefetch_all(traffic);
        prefetch_all(records);
    }

    /// Asks for what a message will touch behind the rows of its receiver.
    pub(crate) fn prefetch_message(&self, step: usize, message: Ticket) {
        let Some(envelope) = self.messages.get(message) else { return };
        if !self.up[envelope.to.index()] {
            return;
        }
        let node = &self.nodes[envelope.to.index()];
        if step == 0 {
            node.connections.prefetch(envelope.from);
        }
        match &envelope.body {
            Body::Ask { .. } if step == 0 => node.table.prefetch(),
            Body::Answer { lookup, closer, .. } => {
                if step == 0 {
                    self.dht.prefetch(*lookup);
                    prefetch_first(closer);
                } else {
                    self.dht.prefetch_behind(step - 1, *lookup);
                }
            }
            Body::Put { blocks, .. } => match step {
                0 => prefetch_first(blocks),
                1 => node.records.prefetch(blocks),
                _ => node.records.prefetch_lists(blocks),
            },
            Body::Bitswap(message) => {
                match step {
                    0 => prefetch_all(&**message),
                    1 => prefetch_first(&message.entries),
                    _ => {}
                }
                node.bitswap.prefetch_message(step);
            }
            Body::Ask { .. } => {}
        }
    }

    /// Asks for what a node's next Bitswap deadline will touch behind its rows.
    pub(crate) fn prefetch_wake(&self, step: usize, node: NodeId) {
        if let Some(node) = self.nodes.get(node.index())
            && let Some(peer) = node.bitswap.prefetch_wake(step)
        {
            node.connections.prefetch(peer);
        }
    }

    /// Schedules the first events.
    pub fn start(&mut self, cx: &mut Cx<Event>) {
        self.start_partitions(cx);
        self.start_nodes(cx);
        self.start_objects(cx);
        self.start_reads(cx);
        self.start_filecoin(cx);
        self.start_clusters(cx);
        cx.schedule(SimTime::ZERO, self.observer(), self.observer(), Event::Sample);
    }

    /// Who samples, watches records and turns partitions: a source of events of its own, after all nodes, so
    /// that watching moves nobody else's events.
    pub(crate) fn observer(&self) -> u32 {
        self.nodes.len() as u32
    }

    pub(crate) fn count_event(&mut self, kind: u8) {
        self.events[usize::from(kind)] += 1;
    }

    /// Dispatched events by kind.
    pub fn events(&self) -> &[u64; KINDS] {
        &self.events
    }

    pub(crate) fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node.index()]
    }

    pub(crate) fn node_mut(&mut self, node: NodeId) -> &mut Node {
        &mut self.nodes[node.index()]
    }

    pub(crate) fn is_up(&self, node: NodeId) -> bool {
        self.up[node.index()]
    }

    /// Node that publishes an object.
    pub(crate) fn publisher_of(&self, object: ObjectId) -> NodeId {
        let (group, number) = self.config.object_place(object);
        let owner = self.config.objects[group].stored_by;
        let first: u64 = self.config.groups[..owner].iter().map(|group| u64::from(group.count)).sum();
        let member = number as u64 % u64::from(self.config.groups[owner].count);
        node::node_id((first + member) as usize)
    }

    /// Nodes of a group.
    pub(crate) fn members(&self, group: usize) -> std::ops::Range<usize> {
        let first: u64 = self.config.groups[..group].iter().map(|group| u64::from(group.count)).sum();
        first as usize..(first + u64::from(self.config.groups[group].count)) as usize
    }

    /// Stable name of an object's draws.
    pub(crate) fn object_entity(&self, object: ObjectId) -> Entity {
        let (group, number) = self.config.object_place(object);
        Entity::named(&self.config.objects[group].name).member(number as u64)
    }
}

fn make_nodes(config: &Config, draws: Draws) -> Vec<Node> {
    let mut nodes = Vec::new();
    for (group_number, group) in config.groups.iter().enumerate() {
        let named = Entity::named(&group.name);
        for member in 0..group.count {
            let entity = named.member(u64::from(member));
            let mut draw = draws.at(TAMPER, entity, 0);
            nodes.push(Node {
                name: format!("{}/{member}", group.name),
                group: group_number,
                member,
                entity,
                region: pick_region(&group.region, draws, entity),
                honest: !dist::chance(&mut draw, group.tampering),
                server: group.dht == DhtMode::Server,
                sessions: Sessions::new(group.session.clone(), entity, member as usize),
                phase: Phase { up: false, until: SimTime::NEVER },
                held_off: false,
                gone: false,
                life: 0,
                session: 0,
                up_since: SimTime::ZERO,
                turns: Vec::new(),
                connections: Connections::default(),
                store: BlockStore::default(),
                kept: Vec::new(),
                table: RoutingTable::new(node::node_id(nodes.len()), usize::from(config.ipfs.dht.k)),
                lazy: LazyState::default(),
                table_fresh_until: SimTime::ZERO,
                records: RecordStore::new(config.ipfs.dht.record_validity, config.ipfs.dht.record_sweep),
                lookups: Vec::new(),
                searches: Vec::new(),
                bitswap: Bitswap::new(),
                reading: Vec::new(),
                waiting: Vec::new(),
                timers: Timers::default(),
                traffic: Traffic::default(),
            });
        }
    }
    nodes
}

fn pick_region(choice: &RegionChoice, draws: Draws, entity: Entity) -> u16 {
    match choice {
        RegionChoice::One(region) => *region,
        RegionChoice::Weighted(weights) => {
            let total: u64 = weights.iter().map(|&(_, weight)| weight).sum();
            let mut left = dist::below(&mut draws.at(REGION, entity, 0), total);
            for &(region, weight) in weights {
                if left < weight {
                    return region;
                }
                left -= weight;
            }
            unreachable!("a draw below the sum of the weights falls into one of them")
        }
    }
}

/// For each group, the groups that peer with it: a list holds in both directions.
fn peering(config: &Config) -> Vec<Vec<usize>> {
    let groups = &config.groups;
    let peers = |own: usize| {
        let is_listed = move |&group: &usize| {
            groups[own].peering.contains(&group) || groups[group].peering.contains(&own)
        };
        (0..groups.len()).filter(is_listed).collect()
    };
    (0..groups.len()).map(peers).collect()
}

/// Length of a span after which a timer would be past the end of time.
pub(crate) fn later(now: SimTime, span: SimSpan) -> SimTime {
    now.saturating_add(span)
}

/// What metrics read.
impl World {
    /// Standing of every object.
    pub fn standings(&self) -> &[ladder::Standing] {
        self.ladder.standings()
    }

    /// Every copy of every object that ever was.
    pub fn provenance(&self) -> &crate::provenance::Provenance {
        self.ladder.provenance()
    }

    /// All nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Number of nodes that are up.
    pub fn nodes_up(&self) -> usize {
        self.up.iter().filter(|&&up| up).count()
    }

    /// Bytes over all nodes.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Virtual time that was run, known once the run has ended.
    pub fn ended(&self) -> SimSpan {
        self.ended
    }

    /// The Filecoin chain, if there is one.
    pub fn chain(&self) -> Option<&crate::filecoin::chain::Chain> {
        self.filecoin.as_ref().map(|filecoin| &filecoin.chain)
    }

    /// Counts of sealings and proofs of storage, if there is a chain.
    pub fn proofs(&self) -> Option<&crate::filecoin::vault::ProofTally> {
        self.filecoin.as_ref().map(|filecoin| filecoin.vault.tally())
    }

    /// Deals that were sought so far, whatever came of them; none without a chain.
    pub fn deals_sought(&self) -> Option<usize> {
        self.filecoin.as_ref().map(|filecoin| filecoin.deals.agreements.len())
    }

    /// The value of a series of the forecast that is laid over the chain, on its present day.
    pub fn forecast_now(&self, series: fn(&crate::filecoin::forecast::Forecast) -> &[f64]) -> Option<f64> {
        self.filecoin.as_ref()?.forecast_now(series)
    }

    /// What a unit of gas burns now, if there is a chain.
    pub(crate) fn base_fee(&self) -> Option<crate::units::AttoFil> {
        self.filecoin.as_ref().map(|filecoin| filecoin.base_fee.fee())
    }

    /// What a new sector would lock and earn now, if there is a chain.
    pub(crate) fn new_sector(&self) -> Option<crate::filecoin::new_sector::NewSector> {
        Some(self.chain()?.new_sector(&self.config.filecoin.as_ref()?.chain))
    }

    /// Clients, their files and deals, if there is a chain.
    pub(crate) fn deals(&self) -> Option<&deals::DealsWorld> {
        self.filecoin.as_ref().map(|filecoin| &filecoin.deals)
    }

    /// Names of the chain, its miners and clients.
    pub(crate) fn filecoin_names(&self) -> Vec<String> {
        let Some(filecoin) = &self.filecoin else { return Vec::new() };
        let miners = filecoin.miners.iter().map(|miner| miner.name.clone());
        let clients = filecoin.deals.clients.iter().map(|client| client.name.clone());
        std::iter::once("chain".to_string()).chain(miners).chain(clients).collect()
    }

    /// DHT lookups that ended, questions they asked, and questions that failed.
    pub fn dht_counts(&self) -> (u64, u64, u64) {
        let stats = &self.dht.stats;
        (stats.lookups, stats.asked, stats.failed)
    }
}
