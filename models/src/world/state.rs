//! What of a world is saved: everything that the scenario does not say.
//!
//! Configuration, content, draws, keys in the DHT's key space and the index of servers follow from the scenario and
//! are handed in again. All the rest is written as it stands, buffers included. [`World::state`] takes the world apart
//! field by field without a wildcard, so that a new field does not compile until it is saved or named here as derived.

use super::{Totals, World, bitswap, dht, report, transport};
use crate::config::Config;
use crate::content::Content;
use crate::ids::NodeId;
use crate::ladder::Ladder;
use crate::metrics::METRICS;
use crate::net::Network;
use crate::node::Node;
use crate::registry::KINDS;
use crate::slab::Slab;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sim_core::draws::Draws;
use sim_core::time::{SimSpan, SimTime};
use std::sync::Arc;
use thiserror::Error;

/// A state that does not fit the scenario that it is to go on in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("holds {found} {what}, the scenario has {expected}")]
pub struct Misfit {
    /// What is counted.
    pub what: &'static str,
    /// How many there are in the state.
    pub found: usize,
    /// How many there should be.
    pub expected: usize,
}

macro_rules! state {
    ($($field:ident: $kind:ty,)*) => {
        /// A world's state as it was read back; [`World::restore`] makes a world of it.
        #[derive(Debug, Deserialize)]
        pub struct WorldState {
            $($field: $kind,)*
            filecoin: Option<super::filecoin::FilecoinState>,
        }

        /// A world's state, borrowed from it to be written.
        #[derive(Serialize)]
        struct Borrowed<'a, F> {
            $($field: &'a $kind,)*
            filecoin: Option<F>,
        }

        impl World {
            /// Everything of the world that the scenario does not say, as serde writes it.
            pub fn state(&self) -> impl Serialize + '_ {
                let World {
                    // Handed in again.
                    config: _,
                    content: _,
                    draws: _,
                    // Pure functions of configuration, nodes and draws.
                    keys: _,
                    peering: _,
                    // Saves itself, but for its configuration.
                    filecoin,
                    $($field,)*
                } = self;
                Borrowed { $($field,)* filecoin: filecoin.as_ref().map(|own| own.state()) }
            }

            /// A world that goes on from a saved state of the same configuration, content and draws.
            ///
            /// # Errors
            /// If the state is plainly that of another configuration.
            pub fn restore(
                config: Arc<Config>,
                content: Arc<Content>,
                draws: Draws,
                state: WorldState,
            ) -> Result<Self, Misfit> {
                state.check(&config, &content)?;
                let mut world = World::new(config, content, draws);
                let servers = std::mem::take(&mut world.dht.servers);
                $(world.$field = state.$field;)*
                world.dht.servers = servers;
                if let (Some(own), Some(state)) = (&world.config.filecoin, state.filecoin) {
                    world.filecoin = Some(Box::new(super::filecoin::FilecoinWorld::restore(own, state)));
                }
                for node in &mut world.nodes {
                    node.sessions.bind(world.config.groups[node.group].session.clone());
                }
                Ok(world)
            }
        }
    };
}

state! {
    nodes: Vec<Node>,
    up: Vec<bool>,
    turned: Vec<super::Turned>,
    regions: Vec<u16>,
    links: Network,
    flows: super::flows::FlowWorld,
    messages: Slab<transport::Envelope>,
    totals: Totals,
    cut: Vec<u64>,
    dht: dht::DhtWorld,
    bitswap: bitswap::BitswapWorld,
    reads: Vec<super::Read>,
    demanded: usize,
    ladder: Ladder,
    clusters: super::cluster::ClusterWorld,
    expiry_at: SimTime,
    ended: SimSpan,
    samples: report::Samples,
    events: [u64; KINDS],
    spare_peers: Vec<Vec<NodeId>>,
}

impl World {
    /// Puts other draws in the place of a world's own and returns those. For tests of how differences are found: no
    /// scenario and no command leads here.
    #[doc(hidden)]
    pub fn swap_draws(&mut self, draws: Draws) -> Draws {
        std::mem::replace(&mut self.draws, draws)
    }
}

impl WorldState {
    fn check(&self, config: &Config, content: &Content) -> Result<(), Misfit> {
        let groups = self.nodes.iter().map(|node| node.group + 1).max().unwrap_or(0);
        let counts = [
            ("nodes", self.nodes.len(), usize::try_from(config.node_count()).unwrap_or(usize::MAX)),
            ("regions", self.cut.len(), config.net.topology.regions().len()),
            ("objects", self.ladder.standings().len(), content.objects().len()),
            (
                "node groups",
                groups,
                config.groups.iter().rposition(|group| group.count > 0).map_or(0, |i| i + 1),
            ),
        ];
        for (what, found, expected) in counts {
            if found != expected {
                return Err(Misfit { what, found, expected });
            }
        }
        Ok(())
    }
}

/// Place of a metric in the table of metrics, for those that a state names.
fn place_of(name: &str) -> u32 {
    METRICS.iter().position(|metric| metric.name == name).expect("a recorded metric is in the table") as u32
}

/// Metrics by their places in the table.
pub(super) mod metrics {
    use super::*;
    use crate::metrics::Metric;

    pub(in super::super) fn serialize<S: Serializer>(
        metrics: &[&'static Metric],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(metrics.iter().map(|metric| place_of(metric.name)))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<&'static Metric>, D::Error> {
        let places = Vec::<u32>::deserialize(deserializer)?;
        places.into_iter().map(metric_at).collect()
    }

    pub(super) fn metric_at<E: serde::de::Error>(place: u32) -> Result<&'static Metric, E> {
        METRICS.get(place as usize).ok_or_else(|| E::custom("an unknown metric"))
    }
}

/// Samples of metrics, which are named by their places in the table.
pub(super) mod series {
    use super::*;

    type Point<N> = (SimTime, N, f64);

    pub(in super::super) fn serialize<S: Serializer>(
        series: &[Point<&'static str>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(series.iter().map(|&(at, name, value)| (at, place_of(name), value)))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Point<&'static str>>, D::Error> {
        let points = Vec::<Point<u32>>::deserialize(deserializer)?;
        let named = |(at, place, value)| Ok((at, metrics::metric_at::<D::Error>(place)?.name, value));
        points.into_iter().map(named).collect()
    }
}
