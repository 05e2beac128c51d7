//! Parameters of an IPFS Cluster, with the defaults that its peers start with.

use sim_core::time::{SimSpan, SimTime};

/// Parameters of a cluster's peers; all of them have the same.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterConfig {
    /// Copies of each pin; none pins everywhere, as the factors −1 do.
    ///
    /// Default: everywhere. Source: ipfs-cluster/ipfs-cluster, `cluster_config.go`.
    pub factor: Option<Factor>,
    /// An operator pins everything again with other factors at an instant.
    pub change: Option<(SimTime, Factor)>,
    /// Whether a peer that falls silent keeps its allocations.
    ///
    /// Default: true. Source: `cluster_config.go` (`disable_repinning`).
    pub disable_repinning: bool,
    /// Whether the allocator takes turns between the regions of peers, before it looks at free space.
    ///
    /// Default: false, all peers have one tag. Source: `informer/tags/config.go` (`group: default`),
    /// `allocator/balanced/config.go` (`tag:group`, `freespace`).
    pub by_region: bool,
    /// Time between two pings; a ping counts for two of them.
    ///
    /// Default: 15 s. Source: `cluster_config.go`, `cluster.go` (`sendPingMetric`).
    pub ping_interval: SimSpan,
    /// Time between two looks for metrics that have run out.
    ///
    /// Default: 15 s. Source: `monitor/pubsubmon/config.go`.
    pub check_interval: SimSpan,
    /// How long a report of free space and tags counts; pushed every half of it.
    ///
    /// Default: 30 s. Source: `informer/disk/config.go`, `informer/tags/config.go`, `cluster.go`.
    pub metric_ttl: SimSpan,
    /// Time between two looks for pins that have expired.
    ///
    /// Default: 5 min. Source: `cluster_config.go`.
    pub state_sync_interval: SimSpan,
    /// Time between two attempts at pins in error.
    ///
    /// Default: 12 min. Source: `cluster_config.go`.
    pub pin_recover_interval: SimSpan,
    /// A pin fails when nothing has come for this long, looked at as often.
    ///
    /// Default: 2 min. Source: `ipfsconn/ipfshttp/config.go`, `ipfshttp.go`.
    pub pin_timeout: SimSpan,
    /// Pins that a peer works on at a time.
    ///
    /// Default: 10. Source: `pintracker/stateless/config.go`.
    pub concurrent_pins: u32,
    /// Time between two announcements of the state's heads, by which a peer that was away catches up.
    ///
    /// Default: 1 min. Source: `consensus/crdt/config.go`.
    pub rebroadcast_interval: SimSpan,
    /// Pins expire this long after they were asked for; never when absent.
    pub expire_after: Option<SimSpan>,
}

/// How many copies a pin is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Fewer allocations than this lead to new ones; at least 1.
    pub min: u32,
    /// New allocations are made up to this, and dropped down to it; at least `min`.
    pub max: u32,
}

impl Default for ClusterConfig {
    fn default() -> Self {
        ClusterConfig {
            factor: None,
            change: None,
            disable_repinning: true,
            by_region: false,
            ping_interval: SimSpan::from_secs(15),
            check_interval: SimSpan::from_secs(15),
            metric_ttl: SimSpan::from_secs(30),
            state_sync_interval: SimSpan::from_mins(5),
            pin_recover_interval: SimSpan::from_mins(12),
            pin_timeout: SimSpan::from_mins(2),
            concurrent_pins: 10,
            rebroadcast_interval: SimSpan::from_mins(1),
            expire_after: None,
        }
    }
}

impl ClusterConfig {
    /// The factors at an instant; none pins everywhere.
    pub fn factor_at(&self, now: SimTime) -> Option<Factor> {
        match self.change {
            Some((at, factor)) if at <= now => Some(factor),
            _ => self.factor,
        }
    }

    /// How long a ping counts.
    pub fn ping_ttl(&self) -> SimSpan {
        self.ping_interval.saturating_mul(2)
    }

    /// Time between two reports of free space and tags.
    pub fn informer_interval(&self) -> SimSpan {
        SimSpan::from_nanos((self.metric_ttl.as_nanos() / 2).max(1))
    }
}
