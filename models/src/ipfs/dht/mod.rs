//! The Amino DHT: how blocks are announced and providers are found.
//!
//! ```text
//!   key        the XOR metric                       records   who provides what, 48 h
//!   kbucket    whom a server knows                  provide   what to announce, and when
//!   lookup     the walk towards a key               refresh   keeping the table fresh, message by message
//!   lazy       the same by draws, when a table is used; also the tables of a world in steady state
//!   closer_peers   a server's answer
//! ```
//!
//! Machines in the sans-IO style: time, input and draws come in, wishes go out through a vector that
//! the caller owns; nothing here sends, schedules or remembers a clock. Message by message, a lookup is
//! driven like this (the world does it, and knows who is on-line):
//!
//! ```text
//! seeds = table.nearest_set(target, k)          LookupWish::Ask(peer) -> the world sends an RPC
//! RPC arrives at peer:  closer_peers(...) + records.providers(...)   -> the reply
//! reply arrives:        standing = lookup.answered(peer, closer, providers)
//!                       table.insert(peer)                           whatever the standing
//! dial or RPC fails:    standing = lookup.failed(peer)
//!                       table.remove(peer)                           if it was part of the walk
//! a server is asked by a server that is_useful() to its table: it asks back once (a look-up check),
//!                       and inserts it when that succeeds
//! LookupWish::Done:     records go to lookup.closest(), all of them at once
//! ```
//!
//! Every RPC has exactly one outcome, answer or failure; the world schedules the failure (dial 5 s,
//! answer 10 s) when the peer is off-line or its answer cannot come. Only servers (publicly reachable
//! nodes) enter tables and hold records; clients look up and announce all the same.
//!
//! Left out, and why: the limits per IP group in tables and answers, and the ban of private addresses
//! (nodes have no addresses here); value records and IPNS (content is immutable in every scenario);
//! the accelerated client with its crawl of the whole network; delegated HTTP routing, which is beside
//! the DHT; the separate LAN table; the addresses inside provider records with their 24 h life (a known
//! peer can be dialled); optimistic provide (a publisher here waits for all k stores, the default).
//!
//! Sources: libp2p/go-libp2p-kad-dht: `dht.go`, `query.go`, `lookup.go`, `routing.go`, `handlers.go`,
//! `records/`, `provider/`, `rtrefresh/`, `amino/defaults.go`; libp2p/go-libp2p-kbucket: `table.go`;
//! ipfs/kubo: `config/provide.go`; libp2p/specs: `kad-dht/README.md`; Maymounkov & Mazières 2002.

mod candidates;
pub mod kbucket;
pub mod key;
pub mod lazy;
pub mod lookup;
pub mod provide;
pub mod records;
pub mod refresh;

use sim_core::time::SimSpan;

pub use kbucket::{Inserted, RoutingTable};
pub use key::{Distance, Key};
pub use lazy::{LazyRefresh, LazyState, ServerIndex};
pub use lookup::{
    Lookup, LookupConfig, LookupEnd, LookupKind, LookupRequest, LookupStats, LookupWish, Standing,
};
pub use provide::{AnnounceStats, AnnounceWish, Announcer, Holding, Keys, SendId, WalkId};
pub use records::RecordStore;
pub use refresh::{RefreshView, RefreshWish, Refresher};

use crate::ids::NodeId;

/// Parameters of the DHT. `Default` is today's public network (Kubo 0.39 and later).
#[derive(Clone, PartialEq, Debug)]
pub struct DhtConfig {
    /// Peers in a bucket, in an answer, and servers that get a record.
    ///
    /// Unit: peers. Default: 20. Bounds: 1 ..= 100. Source: libp2p/go-libp2p-kad-dht: `amino/defaults.go`.
    pub k: u16,
    /// Questions in flight in a walk.
    ///
    /// Unit: questions. Default: 10. Bounds: 1 ..= 100. Source: as `k`.
    pub alpha: u16,
    /// Closest peers that must have answered for a walk to end.
    ///
    /// Unit: peers. Default: 3. Bounds: 1 ..= k. Source: as `k`.
    pub beta: u16,
    /// How long a provider record is served after its receipt.
    ///
    /// Unit: time. Default: 48 h (24 h before 2023). Bounds: 1 min ..= 1 year. Source: as `k`.
    pub record_validity: SimSpan,
    /// How often a server deletes expired records from its disk.
    ///
    /// Unit: time. Default: 1 h. Bounds: 1 s ..= record validity. Source: `records/providers_manager.go`.
    pub record_sweep: SimSpan,
    /// How often a node announces again what it provides.
    ///
    /// Unit: time. Default: 22 h. Bounds: 1 min ..= 1 year; zero means never. Source: as `k`.
    pub reprovide_interval: SimSpan,
    /// How often a node refreshes its routing table.
    ///
    /// Unit: time. Default: 10 min. Bounds: 10 s ..= 1 day. Source: `internal/config/config.go`.
    pub refresh_interval: SimSpan,
    /// How long the answer of a connected peer is awaited.
    ///
    /// Unit: time. Default: 10 s. Bounds: 10 ms ..= 5 min. Source: `internal/net/message_manager.go`.
    pub rpc_timeout: SimSpan,
    /// How long a dial may take.
    ///
    /// Unit: time. Default: 5 s. Bounds: 10 ms ..= 5 min. Source: libp2p/go-libp2p: TCP and QUIC dial time-outs.
    pub dial_timeout: SimSpan,
    /// Which blocks a node announces.
    ///
    /// Default: all. Source: ipfs/kubo: `config/provide.go`.
    pub provide_strategy: ProvideStrategy,
    /// How a node announces them.
    ///
    /// Default: sweep (Kubo 0.39 and later). Source: ipfs/kubo: `config/provide.go`.
    pub provide_mode: ProvideMode,
    /// Walks that announcing may run at a time. The sweep mode keeps two of them for regular work and
    /// one for bursts.
    ///
    /// Unit: workers. Default: 16. Bounds: 1 ..= 1,000 (sweep: 3 ..= 1,000). Source: as `provide_mode`.
    pub provide_workers: u16,
    /// Keys that a pass of the classic mode announces at a time.
    ///
    /// Unit: workers. Default: 1 (the real pass is sequential; `provide_workers` serve new keys only).
    /// Bounds: 1 ..= 1,000. Source: ipfs/boxo: `provider/reprovider.go`; ipfs/kubo: `config/provide.go`.
    pub reprovide_workers: u16,
    /// How the refreshes of routing tables are simulated.
    ///
    /// Default: lazy. This is a choice of the simulator, not of the network; `dht_fidelity` compares them.
    pub refresh_fidelity: RefreshFidelity,
}

impl Default for DhtConfig {
    fn default() -> Self {
        DhtConfig {
            k: 20,
            alpha: 10,
            beta: 3,
            record_validity: SimSpan::from_hours(48),
            record_sweep: SimSpan::from_hours(1),
            reprovide_interval: SimSpan::from_hours(22),
            refresh_interval: SimSpan::from_mins(10),
            rpc_timeout: SimSpan::from_secs(10),
            dial_timeout: SimSpan::from_secs(5),
            provide_strategy: ProvideStrategy::All,
            provide_mode: ProvideMode::Sweep,
            provide_workers: 16,
            reprovide_workers: 1,
            refresh_fidelity: RefreshFidelity::Lazy,
        }
    }
}

impl DhtConfig {
    /// The numbers that a lookup needs.
    pub fn lookup(&self) -> LookupConfig {
        LookupConfig { k: self.k, alpha: self.alpha, beta: self.beta }
    }

    /// How long a peer may stay in a table without a successful query before it is pinged:
    /// `ln(1/k) / ln(1 - alpha/k)` refresh intervals (43 min by default), or one interval if alpha >= k.
    ///
    /// Rounds to nanoseconds. Source: libp2p/go-libp2p-kad-dht: `dht.go`.
    pub fn grace_period(&self) -> SimSpan {
        if self.alpha >= self.k {
            return self.refresh_interval;
        }
        let k = f64::from(self.k);
        let rounds = sim_core::math::ln(1.0 / k) / sim_core::math::ln(1.0 - f64::from(self.alpha) / k);
        SimSpan::from_secs_f64_lossy(rounds * self.refresh_interval.as_secs_f64_lossy())
    }
}

/// Which of its blocks a node announces.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum ProvideStrategy {
    /// Every block it holds.
    All,
    /// The blocks of pinned content.
    Pinned,
    /// The roots of pinned content only: inner blocks cannot be found on their own.
    Roots,
}

/// How a node gets its announcements out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProvideMode {
    /// Key by key: a walk and k stores for each (Kubo up to 0.38).
    Classic,
    /// Region by region: the keys of a region of the key space together, each peer gets its keys in a batch.
    Sweep,
}

/// How faithfully refreshes of routing tables are simulated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefreshFidelity {
    /// Every refresh is a set of walks, message by message.
    Full,
    /// A table is brought up to date when it is used, by draws over who was on-line.
    Lazy,
}

/// A server's answer to `requester`: up to `k` peers of its table closest to the target, never the
/// requester nor itself, appended to `out` in no particular order (the asker sorts).
///
/// Source: libp2p/go-libp2p-kad-dht: `dht.go` (closest peers to a query), `handlers.go`.
#[inline]
pub fn closer_peers(
    target: &Key,
    table: &RoutingTable,
    keys: &[Key],
    requester: NodeId,
    out: &mut Vec<NodeId>,
) {
    table.nearest_set(target, table.k(), Some(requester), keys, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_answers_with_k_peers_and_never_with_the_asker() {
        let keys: Vec<Key> = (0..200u32).map(|i| Key::from_preimage(&i.to_be_bytes())).collect();
        let mut table = RoutingTable::new(NodeId(0), 20);
        for peer in 1..200 {
            table.insert(NodeId(peer), &keys, sim_core::time::SimTime::ZERO, false);
        }
        let (mut reply, mut near) = (Vec::new(), Vec::new());
        table.nearest(&keys[7], 21, &keys, &mut near);
        closer_peers(&keys[7], &table, &keys, near[0], &mut reply);
        reply.sort_by_key(|p| keys[7].distance(&keys[p.index()]));
        assert_eq!(reply, near[1..], "the twenty closest but for the closest, which asks");
    }

    #[test]
    fn the_grace_period_of_the_public_network_is_43_minutes() {
        let grace = DhtConfig::default().grace_period().as_secs_f64_lossy();
        assert!((grace - 4.3219 * 600.0).abs() < 0.1, "{grace} s");
    }
}
