//! A small network for tests of the DHT: keys, tables and one lookup at a time over frozen tables.
#![allow(dead_code, reason = "each test program uses its own part")]

pub(crate) mod churn;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use models::ids::NodeId;
use models::ipfs::dht::{
    DhtConfig, Key, LazyRefresh, LazyState, Lookup, LookupEnd, LookupKind, LookupRequest, LookupWish,
    RoutingTable, ServerIndex, closer_peers,
};
use sim_core::draws::{Draws, Entity};
use sim_core::time::{SimSpan, SimTime};

/// Keys of `n` nodes.
pub(crate) fn node_keys(n: usize) -> Vec<Key> {
    (0..n).map(|i| Key::from_preimage(format!("node {i}").as_bytes())).collect()
}

/// The key of test target number `i`.
pub(crate) fn target(i: usize) -> Key {
    Key::from_preimage(format!("target {i}").as_bytes())
}

/// The stable name of a node for draws.
pub(crate) fn entity(node: NodeId) -> Entity {
    Entity::named("dht test nodes").member(u64::from(node.0))
}

/// Time that a message takes from `a` to `b`: 5 to 104 ms, by their numbers.
pub(crate) fn latency(a: NodeId, b: NodeId) -> SimSpan {
    let (low, high) = (a.0.min(b.0), a.0.max(b.0));
    let mixed = (u64::from(low) * 0x9E37_79B9 + u64::from(high) * 0x85EB_CA6B) % 1_000_003;
    SimSpan::from_micros(5_000 + (mixed * 99_000) / 1_000_003)
}

/// A table for every node, each bucket filled by uniformly drawn members that are on-line.
pub(crate) fn steady_tables(
    keys: &[Key],
    config: &DhtConfig,
    draws: &Draws,
    is_online: impl Fn(NodeId) -> bool,
) -> Vec<RoutingTable> {
    let nodes = (0..keys.len() as u32).map(NodeId);
    let index = ServerIndex::new(nodes.clone(), keys);
    let lazy = LazyRefresh::new(&index, keys, draws, config);
    nodes
        .map(|node| {
            let mut table = RoutingTable::new(node, usize::from(config.k));
            lazy.bootstrap(&mut table, &mut LazyState::default(), entity(node), &is_online);
            table
        })
        .collect()
}

/// Runs a lookup over tables that do not change; off-line peers fail 5 s after they were asked.
///
/// Gives how it ended and after how long. `providers` says what a peer's record store holds.
pub(crate) fn run_lookup(
    lookup: &mut Lookup,
    (own, kind, target): (NodeId, LookupKind, Key),
    keys: &[Key],
    tables: &[RoutingTable],
    is_online: impl Fn(NodeId) -> bool,
    providers: impl Fn(NodeId) -> Vec<NodeId>,
) -> (LookupEnd, SimTime) {
    let (mut seeds, mut reply, mut wishes) = (Vec::new(), Vec::new(), Vec::new());
    let mut queue = BinaryHeap::new();
    let mut now = SimTime::ZERO;
    let table = &tables[own.index()];
    table.nearest_set(&target, table.k(), None, keys, &mut seeds);
    lookup.start(LookupRequest { kind, target, own, seeds: &seeds, known: &[] }, keys, &mut wishes);
    loop {
        for wish in wishes.drain(..) {
            match wish {
                LookupWish::Ask(peer) if is_online(peer) => {
                    let rtt = latency(own, peer).saturating_mul(2);
                    queue.push(Reverse((now + rtt, peer, true)));
                }
                LookupWish::Ask(peer) => queue.push(Reverse((now + SimSpan::from_secs(5), peer, false))),
                LookupWish::ProviderFound(_) => {}
                LookupWish::Done(end) => return (end, now),
            }
        }
        let Reverse((time, peer, answers)) = queue.pop().expect("a lookup under way waits for somebody");
        now = time;
        if answers {
            reply.clear();
            closer_peers(&target, &tables[peer.index()], keys, own, &mut reply);
            lookup.answered(peer, &reply, &providers(peer), keys, &mut wishes);
        } else {
            lookup.failed(peer, keys, &mut wishes);
        }
    }
}
