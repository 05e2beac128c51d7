//! What is measured: one family a file, one entry a metric in [`METRICS`].
//!
//! An entry carries everything known about the metric: name, label, unit, meaning, and how it reads the world.
//! A metric with a `sample` is written into the series at every sampling instant; one with a `total` into the
//! table of metrics at the end. Definitions follow the mission's list of metrics; exact order statistics of
//! reads are made from the table of reads by `analysis`.

mod cluster;
mod deals;
mod filecoin;
mod health;
mod inequality;
mod network;
mod persistence;
mod retrieval;
mod shares;
mod traffic;

use crate::world::World;

/// One metric.
#[derive(Debug)]
pub struct Metric {
    /// Name in tables, scenarios and plots.
    pub name: &'static str,
    /// Words for an axis.
    pub label: &'static str,
    /// Unit, empty for none.
    pub unit: &'static str,
    /// What it measures, exactly.
    pub doc: &'static str,
    /// Its value now, if there is anything to measure.
    pub sample: Option<fn(&World) -> Option<f64>>,
    /// Its value over the whole run.
    pub total: Option<fn(&World) -> Measured>,
}

/// What a metric found over a whole run.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Measured {
    /// There was nothing to measure.
    Nothing,
    /// So many of so many.
    Proportion {
        /// Those that did.
        hits: u64,
        /// All.
        trials: u64,
    },
    /// A number.
    Value(f64),
}

/// All metrics, by family.
pub static METRICS: &[Metric] = &[
    persistence::OBJECTS_LOST,
    persistence::AVAILABILITY,
    persistence::DISCOVERABILITY,
    persistence::SERVABILITY,
    persistence::COPIES,
    persistence::EXPOSURE,
    persistence::UNDISCOVERABLE,
    retrieval::READ_SUCCESS,
    retrieval::DUPLICATES,
    retrieval::CORRUPT_ACCEPTED,
    retrieval::CORRUPT_WASTE,
    traffic::SENT,
    traffic::PAYLOAD_SENT,
    traffic::CONTROL_SHARE,
    traffic::FREE_RIDERS,
    health::NODES_UP,
    health::LOOKUPS,
    health::QUESTIONS,
    health::FAILED_QUESTIONS,
    health::PROVIDES,
    health::COLLECTIONS,
    filecoin::POWER,
    filecoin::ACTIVE,
    filecoin::FAULTY,
    filecoin::BALANCE,
    filecoin::FEES,
    filecoin::SEALED,
    filecoin::WINDOW,
    filecoin::WINNING,
    filecoin::EPOCHS,
    network::REWARD,
    network::MINED,
    network::LOCKED,
    network::CIRCULATING,
    network::FORECAST_REWARD,
    network::FORECAST_MINED,
    network::FORECAST_LOCKED,
    network::FORECAST_CIRCULATING,
    filecoin::DEPOSIT,
    filecoin::PLEDGE,
    filecoin::RETURN,
    filecoin::BASE_FEE,
    shares::VERIFIED_REWARDS,
    shares::KEPT,
    persistence::EFFECTIVE_COPIES,
    cluster::PINNED,
    cluster::MISSING,
    cluster::REPAIR,
    cluster::DETECTION,
    cluster::AMPLIFICATION,
    deals::ACTIVE,
    deals::REFUSED,
    deals::REFUSED_PRICE,
    deals::REFUSED_FUNDS,
    deals::PRICE,
    deals::ZERO_PRICE,
    deals::DISPERSION,
    deals::CONCENTRATION,
    deals::INEQUALITY,
    deals::CLIENT_SURPLUS,
    deals::MINER_SURPLUS,
    deals::PROTECTED_AFTER,
    deals::KEPT,
    deals::LOST,
    deals::LOST_IN_GAP,
    deals::SPENT,
    deals::BALANCE,
];

/// The metric called `name`.
pub fn find(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

/// A value, or nothing.
fn measured(value: Option<f64>) -> Measured {
    value.map_or(Measured::Nothing, Measured::Value)
}

/// The mean of `values`, summed in order; nothing if there are none.
fn mean(values: impl Iterator<Item = f64>) -> Measured {
    let (mut sum, mut count) = (0.0, 0u64);
    for value in values {
        sum += value;
        count += 1;
    }
    if count == 0 { Measured::Nothing } else { Measured::Value(sum / count as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_metric_says_what_it_measures() {
        for (i, metric) in METRICS.iter().enumerate() {
            assert!(METRICS[..i].iter().all(|other| other.name != metric.name), "{} twice", metric.name);
            assert!(metric.doc.ends_with('.') && !metric.label.is_empty(), "{}", metric.name);
            assert!(metric.sample.is_some() || metric.total.is_some(), "{}", metric.name);
        }
    }
}
