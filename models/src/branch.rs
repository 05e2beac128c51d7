//! Warm up once, run many arms: several configurations that go on from one saved state.
//!
//! A warmed-up state is the state of a population, its objects and its plans. What shapes those cannot differ between
//! the arms: an arm that changes it is refused, with the keys. What the world looks up whenever it acts can: it counts
//! from the instant of the branch on, for what is then begun. An arm with the configuration of the warm-up is the run
//! that never branched, event by event.

use crate::config::{Config, Demand, Group, IpfsConfig, NetConfig, ObjectGroup, RecordConfig, Role, Session};
use crate::content::Content;
use crate::ipfs::dht::DhtConfig;
use crate::run::BrokenInvariant;
use crate::simulation::{RestoreError, Simulation};
use sim_core::draws::Draws;
use sim_core::time::SimTime;
use std::sync::Arc;
use thiserror::Error;

/// A run stopped at an instant, from which arms branch off.
#[derive(Clone, Debug)]
pub struct Warm {
    config: Arc<Config>,
    content: Arc<Content>,
    draws: Draws,
    at: SimTime,
    events: u64,
    saved: Arc<[u8]>,
}

/// An arm that cannot branch off.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BranchError {
    /// It changes what the warmed-up state was made from.
    #[error("an arm that branches off at {at} may not differ in {}", .keys.join(", "))]
    Shaping {
        /// When the arms branch off.
        at: SimTime,
        /// Keys of the scenario, in its order.
        keys: Vec<String>,
    },
    /// It ends before it branches off.
    #[error("an arm that branches off at {at} may not end at {end}: raise duration")]
    Over {
        /// When the arms branch off.
        at: SimTime,
        /// When this one ends.
        end: SimTime,
    },
    /// The saved state cannot be used.
    #[error(transparent)]
    Restore(#[from] RestoreError),
}

impl Warm {
    /// Runs up to `until`, every event before it, and keeps the state.
    ///
    /// # Errors
    /// If an invariant is broken on the way.
    pub fn up(
        config: &Arc<Config>,
        content: &Arc<Content>,
        draws: Draws,
        until: SimTime,
    ) -> Result<Self, BrokenInvariant> {
        let mut simulation = Simulation::new(config, content, draws);
        simulation.advance(until, u64::MAX)?;
        Ok(Warm {
            config: Arc::clone(config),
            content: Arc::clone(content),
            draws,
            at: simulation.now(),
            events: simulation.events(),
            saved: simulation.save().into(),
        })
    }

    /// When the arms branch off.
    pub fn at(&self) -> SimTime {
        self.at
    }

    /// Events of the warm-up.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Bytes of the saved state.
    pub fn size(&self) -> usize {
        self.saved.len()
    }

    /// An arm: goes on from the saved state under another configuration.
    ///
    /// # Errors
    /// If it may not differ where it does.
    pub fn branch(&self, config: &Arc<Config>) -> Result<Simulation, BranchError> {
        let keys = shaping_differences(&self.config, config);
        if !keys.is_empty() {
            return Err(BranchError::Shaping { at: self.at, keys });
        }
        let end = SimTime::ZERO.saturating_add(config.duration);
        if end < self.at {
            return Err(BranchError::Over { at: self.at, end });
        }
        Ok(Simulation::restore(config, &self.content, self.draws, &self.saved)?)
    }
}

/// Keys of the scenario in which two configurations differ though a warmed-up state depends on them, in the order of
/// the scenario. Every field is named, so that a new one does not compile until somebody has decided.
pub fn shaping_differences(warm: &Config, arm: &Config) -> Vec<String> {
    let mut keys = Keys(Vec::new());
    let Config {
        duration: _,
        net,
        groups,
        objects,
        demand,
        ipfs,
        clusters,
        filecoin,
        record,
        check: _,
        max_events: _,
    } = warm;
    differ_net(net, &arm.net, &mut keys);
    keys.list("population", groups, &arm.groups, |group| &group.name, differ_group);
    keys.list("objects", objects, &arm.objects, |group| &group.name, differ_objects);
    keys.list("demand", demand, &arm.demand, |demand| &demand.name, differ_demand);
    let IpfsConfig { dht, bitswap: _, connections: _ } = ipfs;
    differ_dht(dht, &arm.ipfs.dht, &mut keys);
    keys.note("clusters", *clusters == arm.clusters);
    keys.note("filecoin", *filecoin == arm.filecoin);
    let RecordConfig { every: _, metrics } = record;
    keys.note("record.metrics", *metrics == arm.record.metrics);
    keys.0
}

/// Keys that differ so far.
struct Keys(Vec<String>);

impl Keys {
    fn note(&mut self, key: impl Into<String>, same: bool) {
        if !same {
            self.0.push(key.into());
        }
    }

    fn list<T>(
        &mut self,
        table: &str,
        warm: &[T],
        arm: &[T],
        name: impl Fn(&T) -> &String,
        differ: impl Fn(&T, &T, &str, &mut Keys),
    ) {
        if !warm.iter().map(&name).eq(arm.iter().map(&name)) {
            self.0.push(table.to_string());
            return;
        }
        for (warm, arm) in warm.iter().zip(arm) {
            differ(warm, arm, &format!("{table}.{}", name(warm)), self);
        }
    }
}

fn differ_net(warm: &NetConfig, arm: &NetConfig, keys: &mut Keys) {
    let NetConfig { topology, tier, partitions, dial_round_trips: _ } = warm;
    keys.note("net", *topology == arm.topology);
    keys.note("net.tier", *tier == arm.tier);
    keys.note("net.partition", *partitions == arm.partitions);
}

fn differ_group(warm: &Group, arm: &Group, path: &str, keys: &mut Keys) {
    let Group {
        name: _,
        role,
        count,
        region,
        uplink,
        downlink,
        access_delay,
        access_spread,
        session,
        peering: _,
        dht,
        store: _,
        strategy,
        tampering,
        lifetime,
    } = warm;
    let mut note = |key: &str, same: bool| keys.note(format!("{path}.{key}"), same);
    note("role", *role == arm.role);
    note("count", *count == arm.count);
    note("region", *region == arm.region);
    note("uplink", *uplink == arm.uplink);
    note("downlink", *downlink == arm.downlink);
    note("access_delay", *access_delay == arm.access_delay);
    note("access_spread", *access_spread == arm.access_spread);
    note("session", same_kind_of_session(session, &arm.session));
    note("dht", *dht == arm.dht);
    // A publisher's plan is made at the start; what a reader does with a file is asked when it has one.
    note("strategy", *role == Role::Reader || *strategy == arm.strategy);
    note("tampering", *tampering == arm.tampering);
    note("lifetime", *lifetime == arm.lifetime);
}

/// Laws of times up and down may differ: the next interval is drawn from them.
fn same_kind_of_session(warm: &Session, arm: &Session) -> bool {
    match (warm, arm) {
        (Session::Renewal { start, .. }, Session::Renewal { start: other, .. }) => start == other,
        (warm, arm) => warm == arm,
    }
}

fn differ_objects(warm: &ObjectGroup, arm: &ObjectGroup, path: &str, keys: &mut Keys) {
    let ObjectGroup { name: _, dags, stored_by, publish_at, shrink } = warm;
    let same_roots = dags.iter().zip(&arm.dags).all(|(ours, theirs)| ours.root_cid() == theirs.root_cid());
    let mut note = |key: &str, same: bool| keys.note(format!("{path}.{key}"), same);
    note("count", dags.len() == arm.dags.len());
    note("source", same_roots);
    note("stored_by", *stored_by == arm.stored_by);
    note("publish_at", *publish_at == arm.publish_at);
    note("shrink", *shrink == arm.shrink);
}

fn differ_demand(warm: &Demand, arm: &Demand, path: &str, keys: &mut Keys) {
    let Demand { name: _, objects, readers, arrivals, distinct, patience: _, mode: _ } = warm;
    let mut note = |key: &str, same: bool| keys.note(format!("{path}.{key}"), same);
    note("objects", *objects == arm.objects);
    note("readers", *readers == arm.readers);
    note("law", *arrivals == arm.arrivals);
    note("distinct", *distinct == arm.distinct);
}

fn differ_dht(warm: &DhtConfig, arm: &DhtConfig, keys: &mut Keys) {
    let DhtConfig {
        k,
        alpha,
        beta,
        record_validity,
        record_sweep,
        reprovide_interval,
        refresh_interval,
        rpc_timeout: _,
        dial_timeout: _,
        provide_strategy,
        provide_mode,
        provide_workers,
        reprovide_workers,
        refresh_fidelity,
    } = warm;
    let mut note = |key: &str, same: bool| keys.note(format!("ipfs.dht.{key}"), same);
    note("k", *k == arm.k);
    note("alpha", *alpha == arm.alpha);
    note("beta", *beta == arm.beta);
    note("record_validity", *record_validity == arm.record_validity);
    note("record_sweep", *record_sweep == arm.record_sweep);
    note("reprovide_interval", *reprovide_interval == arm.reprovide_interval);
    note("refresh_interval", *refresh_interval == arm.refresh_interval);
    note("provide_strategy", *provide_strategy == arm.provide_strategy);
    note("provide_mode", *provide_mode == arm.provide_mode);
    note("provide_workers", *provide_workers == arm.provide_workers);
    note("reprovide_workers", *reprovide_workers == arm.reprovide_workers);
    note("refresh_fidelity", *refresh_fidelity == arm.refresh_fidelity);
}
