//! Regions and the delay between them.
//!
//! Delays are half the measured round trips. A pair without a measurement gets the shortest path over
//! the pairs that have one (Dijkstra, once, when the topology is made). Within a region a round trip of
//! its own is assumed. The measured matrix holds data-centre figures: home and mobile nodes add an access
//! delay of their own (`access_delay`, a scenario parameter).

use petgraph::algo::dijkstra;
use petgraph::graph::{DiGraph, NodeIndex};
use sim_core::time::SimSpan;
use thiserror::Error;

/// Round trip within one region when nothing else is said. Assumption: one metropolitan area.
pub const LOCAL_ROUND_TRIP: SimSpan = SimSpan::from_millis(1);

/// One region.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Name as users write it.
    pub name: String,
    /// Degrees north, if known.
    pub latitude: Option<f64>,
    /// Degrees east, if known.
    pub longitude: Option<f64>,
}

/// Regions and one-way delays between all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    regions: Vec<Region>,
    /// One-way delay from row to column.
    delays: Vec<SimSpan>,
}

/// A topology that cannot be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TopologyError {
    /// There are no regions.
    #[error("a topology needs at least one region")]
    Empty,
    /// More regions than an index holds.
    #[error("{0} regions, at most 65535 are possible")]
    TooMany(usize),
    /// A measurement names a region that is not there.
    #[error("a round trip names region {0}, there are only {1}")]
    UnknownRegion(u16, usize),
    /// No path of measurements joins two regions.
    #[error("no path of measured round trips leads from {0:?} to {1:?}")]
    Unreachable(String, String),
}

impl Topology {
    /// A topology of `regions` with measured round trips `(from, to, round trip)`, directed.
    ///
    /// # Errors
    /// If there is no region, an index is out of range, or two regions are joined by no path.
    pub fn new(
        regions: Vec<Region>,
        round_trips: &[(u16, u16, SimSpan)],
        local_round_trip: SimSpan,
    ) -> Result<Self, TopologyError> {
        let n = regions.len();
        if n == 0 {
            return Err(TopologyError::Empty);
        }
        if n > usize::from(u16::MAX) {
            return Err(TopologyError::TooMany(n));
        }
        let mut graph = DiGraph::<(), u64>::with_capacity(n, round_trips.len());
        let nodes: Vec<NodeIndex> = (0..n).map(|_| graph.add_node(())).collect();
        let mut measured = vec![None; n * n];
        for &(from, to, round_trip) in round_trips {
            let known = |region: u16| {
                nodes.get(usize::from(region)).copied().ok_or(TopologyError::UnknownRegion(region, n))
            };
            let one_way = round_trip.div_floor(2);
            graph.add_edge(known(from)?, known(to)?, one_way.as_nanos());
            measured[usize::from(from) * n + usize::from(to)] = Some(one_way);
        }
        let mut delays = vec![SimSpan::ZERO; n * n];
        for from in 0..n {
            let row = &measured[from * n..(from + 1) * n];
            let complete = (0..n).all(|to| to == from || row[to].is_some());
            let paths = if complete {
                None
            } else {
                Some(dijkstra(&graph, nodes[from], None, |edge| *edge.weight()))
            };
            for to in 0..n {
                let shortest = || paths.as_ref()?.get(&nodes[to]).map(|&nanos| SimSpan::from_nanos(nanos));
                delays[from * n + to] = match row[to].or_else(shortest) {
                    _ if from == to => local_round_trip.div_floor(2),
                    Some(delay) => delay,
                    None => {
                        let name = |i: usize| regions[i].name.clone();
                        return Err(TopologyError::Unreachable(name(from), name(to)));
                    }
                };
            }
        }
        Ok(Topology { regions, delays })
    }

    /// One region with the given round trip between any two nodes.
    pub fn single(name: &str, round_trip: SimSpan) -> Self {
        let region = Region { name: name.into(), latitude: None, longitude: None };
        Topology { regions: vec![region], delays: vec![round_trip.div_floor(2)] }
    }

    /// The regions in order.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// Index of the region called `name`.
    pub fn find(&self, name: &str) -> Option<u16> {
        self.regions.iter().position(|region| region.name == name).map(|i| i as u16)
    }

    /// One-way delay between two regions.
    pub fn delay(&self, from: u16, to: u16) -> SimSpan {
        self.delays[usize::from(from) * self.regions.len() + usize::from(to)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions(names: &[&str]) -> Vec<Region> {
        names.iter().map(|&n| Region { name: n.into(), latitude: None, longitude: None }).collect()
    }

    fn ms(n: u64) -> SimSpan {
        SimSpan::from_millis(n)
    }

    #[test]
    fn a_measured_pair_keeps_its_measurement_even_if_a_detour_is_shorter() {
        let trips = [
            (0, 1, ms(100)),
            (1, 0, ms(100)),
            (0, 2, ms(20)),
            (2, 0, ms(20)),
            (1, 2, ms(20)),
            (2, 1, ms(20)),
        ];
        let topology = Topology::new(regions(&["a", "b", "c"]), &trips, ms(1)).expect("connected");
        assert_eq!(topology.delay(0, 1), ms(50));
    }

    #[test]
    fn a_missing_pair_takes_the_shortest_path() {
        let trips = [(0, 1, ms(10)), (1, 0, ms(12)), (1, 2, ms(30)), (2, 1, ms(32))];
        let topology = Topology::new(regions(&["a", "b", "c"]), &trips, ms(2)).expect("connected");
        assert_eq!(topology.delay(0, 2), ms(20));
        assert_eq!(topology.delay(2, 0), ms(22));
        assert_eq!(topology.delay(1, 1), ms(1));
    }

    #[test]
    fn regions_without_a_path_are_refused_by_name() {
        let error = Topology::new(regions(&["a", "b"]), &[(0, 1, ms(10))], ms(1)).expect_err("no way back");
        assert_eq!(error, TopologyError::Unreachable("b".into(), "a".into()));
    }
}
