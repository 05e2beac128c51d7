//! Rows 26 to 30 of the validation table: greedy Kademlia hops, and three laws of random spreading.
//!
//! Each row prints its tolerance in standard errors of the measurement, which must be at least 4.

use std::rc::Rc;

use models::ids::NodeId;
use models::ipfs::dht::{
    DhtConfig, Key, LazyRefresh, LazyState, Lookup, LookupConfig, LookupKind, LookupRequest, LookupWish,
    RoutingTable, ServerIndex, closer_peers,
};
use sim_core::dist::below;
use sim_core::draws::{Domain, Draw, Draws, Entity};

const IDS: Domain = Domain::new("dht validation/ids");
const TARGETS: Domain = Domain::new("dht validation/targets");
const COUPONS: Domain = Domain::new("dht validation/coupons");
const PEERS: Domain = Domain::new("dht validation/peers");
const PUSH: Domain = Domain::new("dht validation/push");

/// A network of random 62-bit identifiers; a node's table is made when it is first visited.
struct Greedy {
    keys: Rc<Vec<Key>>,
    index: ServerIndex,
    tables: Vec<Option<RoutingTable>>,
    config: DhtConfig,
    draws: Draws,
}

impl Greedy {
    fn new(n: usize, k: u16, network: u32) -> Self {
        let draws = Draws::new(26, network);
        let mut draw = draws.at(IDS, Entity(n as u64), 0);
        let keys: Vec<Key> = (0..n).map(|_| Key([draw.next_u64() & !3, 0, 0, 0])).collect();
        let index = ServerIndex::new((0..n as u32).map(NodeId), &keys);
        let config = DhtConfig { k, ..DhtConfig::default() };
        Greedy { keys: Rc::new(keys), index, tables: vec![None; n], config, draws }
    }

    fn table(&mut self, node: NodeId) -> &RoutingTable {
        let lazy = LazyRefresh::new(&self.index, &self.keys, &self.draws, &self.config);
        self.tables[node.index()].get_or_insert_with(|| {
            let mut table = RoutingTable::new(node, usize::from(self.config.k));
            let entity = Entity(u64::from(node.0));
            lazy.bootstrap(&mut table, &mut LazyState::default(), entity, |_| true);
            table
        })
    }

    /// The node closest to `target` of all: down the tree of sorted keys, on its side where there is one.
    fn closest(&self, target: Key) -> NodeId {
        let mut within = self.index.servers();
        for bit in 0..62 {
            let mask = 1u64 << (63 - bit);
            let (low, high) =
                within.split_at(within.partition_point(|s| self.keys[s.index()].prefix() & mask == 0));
            let (own, other) = if target.prefix() & mask == 0 { (low, high) } else { (high, low) };
            within = if own.is_empty() { other } else { own };
        }
        within[0]
    }

    /// Questions, one at a time, until the globally closest node is asked.
    fn hops(&mut self, own: NodeId, target: Key, lookup: &mut Lookup) -> u32 {
        let goal = self.closest(target);
        if own == goal {
            return 0;
        }
        let (mut reply, mut out) = (Vec::new(), Vec::new());
        let (k, keys) = (usize::from(self.config.k), Rc::clone(&self.keys));
        self.table(own).nearest_set(&target, k, None, &keys, &mut reply);
        let request = LookupRequest { kind: LookupKind::Closest, target, own, seeds: &reply, known: &[] };
        lookup.start(request, &keys, &mut out);
        loop {
            let Some(LookupWish::Ask(peer)) = out.pop() else {
                panic!("the walk ended before the closest node")
            };
            if peer == goal {
                return lookup.stats().asked;
            }
            let mut reply = Vec::new();
            closer_peers(&target, self.table(peer), &keys, own, &mut reply);
            lookup.answered(peer, &reply, &[], &keys, &mut out);
        }
    }
}

/// Hops of `lookups` lookups in each of `networks` networks, sorted.
fn sample_hops(n: usize, k: u16, networks: u32, lookups: usize) -> Vec<u32> {
    let mut lookup = Lookup::new(LookupConfig { k, alpha: 1, beta: 1 });
    let mut hops = Vec::new();
    for network in 0..networks {
        let mut greedy = Greedy::new(n, k, network);
        let mut draw = greedy.draws.at(TARGETS, Entity(n as u64), 0);
        for _ in 0..lookups {
            let own = NodeId(below(&mut draw, n as u64) as u32);
            let target = Key([draw.next_u64() & !3, 0, 0, 0]);
            hops.push(greedy.hops(own, target, &mut lookup));
        }
    }
    hops.sort_unstable();
    hops
}

fn mean_and_error(of: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = of.clone().count() as f64;
    let mean = of.clone().sum::<f64>() / n;
    let variance = of.map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Prints a row and checks it: within `tolerance` of `expected`, the tolerance at least 4 errors.
fn check(row: &str, (mean, error): (f64, f64), expected: f64, tolerance: f64) {
    let errors = tolerance / error;
    println!("{row}: {mean:.3}, expected {expected:.3} +- {tolerance:.3} = {errors:.1} standard errors");
    assert!((mean - expected).abs() <= tolerance, "{row}");
    assert!(errors >= 4.0, "{row}: run longer, the tolerance is {errors:.1} standard errors");
}

/// Rows 26 and 27 for one size: mean and the 5th, 50th, 95th and 99th percentile for k = 1, 8, 20.
fn check_hops(n: usize, networks: u32, rows: [(u16, f64, [u32; 4]); 3]) {
    let bound = sim_core::math::log2(n as f64);
    for (k, expected, percentiles) in rows {
        let hops = sample_hops(n, k, networks, 7_800 / networks as usize);
        let measured = mean_and_error(hops.iter().map(|&h| f64::from(h)));
        check(&format!("row 26, N={n}, k={k}, mean hops"), measured, expected, 0.1);
        assert!(measured.0 < bound, "row 27: {} hops of at most log2 N = {bound}", measured.0);
        for (percent, expected) in [5, 50, 95, 99].into_iter().zip(percentiles) {
            let found = hops[hops.len() * percent / 100];
            assert!(found.abs_diff(expected) <= 1, "row 26, N={n}, k={k}: percentile {percent} is {found}");
        }
    }
}

#[test]
fn row_26_greedy_hops_among_1_000_nodes() {
    check_hops(1_000, 12, [(1, 4.82, [2, 5, 7, 8]), (8, 2.37, [1, 2, 3, 4]), (20, 1.93, [1, 2, 3, 3])]);
}

#[test]
fn row_26_greedy_hops_among_10_000_nodes() {
    check_hops(10_000, 6, [(1, 6.44, [4, 6, 9, 10]), (8, 3.12, [2, 3, 4, 5]), (20, 2.53, [2, 3, 3, 4])]);
}

#[test]
fn row_26_greedy_hops_among_100_000_nodes() {
    check_hops(100_000, 3, [(1, 8.11, [5, 8, 11, 13]), (8, 3.89, [3, 4, 5, 6]), (20, 3.11, [2, 3, 4, 4])]);
}

#[test]
fn row_27_hops_grow_by_a_constant_per_decade() {
    let mean = |n, k| mean_and_error(sample_hops(n, k, 10, 480).iter().map(|&h| f64::from(h))).0;
    for (k, low, high) in [(1, 1.5, 1.8), (20, 0.5, 0.7)] {
        let growth = mean(10_000, k) - mean(1_000, k);
        println!("row 27, k={k}: {growth:.2} hops more for ten times the nodes");
        assert!((low..=high).contains(&growth), "row 27, k={k}: {growth}");
    }
}

#[test]
fn row_27_a_million_nodes_stay_far_below_log2_n() {
    let mean = |n, k| mean_and_error(sample_hops(n, k, 1, 400).iter().map(|&h| f64::from(h))).0;
    for (k, low, high) in [(1, 1.2, 2.0), (20, 0.4, 0.8)] {
        let (hops, below) = (mean(1_000_000, k), mean(100_000, k));
        println!("row 27, k={k}: {hops:.2} hops among a million nodes, {below:.2} among a tenth of them");
        assert!(hops < 19.932, "row 27: {hops} hops of at most log2 N");
        assert!((low..=high).contains(&(hops - below)), "row 27, k={k}: growth {}", hops - below);
    }
}

/// A fresh generator for run number `run` of a row.
fn draw_of(domain: Domain, run: u64) -> Draw {
    Draws::new(28, 0).at(domain, Entity(0), run)
}

#[test]
fn row_28_all_of_n_blocks_are_held_after_n_h_n_random_requests() {
    for (n, runs, expected) in
        [(10usize, 9_000, 29.289_683), (100, 3_000, 518.737_752), (1_000, 1_400, 7_485.470_861)]
    {
        let requests = (0..runs).map(|run| {
            let mut draw = draw_of(COUPONS, run + 100_000 * n as u64);
            let (mut held, mut missing, mut requests) = (vec![false; n], n, 0);
            while missing > 0 {
                let block = below(&mut draw, n as u64) as usize;
                missing -= usize::from(!std::mem::replace(&mut held[block], true));
                requests += 1;
            }
            f64::from(requests)
        });
        let requests: Vec<f64> = requests.collect();
        let measured = mean_and_error(requests.iter().copied());
        check(&format!("row 28, n={n}, requests"), measured, expected, 0.02 * expected);
    }
}

#[test]
fn row_29_230_draws_of_100_peers_meet_90_distinct_ones() {
    let distinct = (0..2_000).map(|run| {
        let mut draw = draw_of(PEERS, run);
        let mut met = [false; 100];
        (0..230).for_each(|_| met[below(&mut draw, 100) as usize] = true);
        met.iter().filter(|m| **m).count() as f64
    });
    let distinct: Vec<f64> = distinct.collect();
    check("row 29, distinct peers", mean_and_error(distinct.iter().copied()), 90.0895, 0.900_895);
}

#[test]
fn row_30_a_pushed_rumour_reaches_10_000_peers_in_log2_n_plus_ln_n_rounds() {
    let n = 10_000usize;
    let rounds = (0..60).map(|run| {
        let mut draw = draw_of(PUSH, run);
        let mut is_informed = vec![false; n];
        let mut informed = vec![0u32];
        is_informed[0] = true;
        let mut rounds = 0;
        while informed.len() < n {
            for _ in 0..informed.len() {
                let to = below(&mut draw, n as u64) as u32;
                if !std::mem::replace(&mut is_informed[to as usize], true) {
                    informed.push(to);
                }
            }
            rounds += 1;
        }
        f64::from(rounds)
    });
    let rounds: Vec<f64> = rounds.collect();
    let expected = sim_core::math::log2(n as f64) + sim_core::math::ln(n as f64);
    check("row 30, rounds", mean_and_error(rounds.iter().copied()), expected, 2.0);
}
