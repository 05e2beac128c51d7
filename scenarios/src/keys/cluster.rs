//! Keys of IPFS Clusters.

use super::bounds::{INSTANT, LENGTH, PERIOD};
use super::kind::{Choice, Kind};
use super::{Key, Need, Presence, Scope, Section, When};

static TAGS: &[Choice] = &[
    Choice { name: "default", doc: "All peers alike: free space alone decides." },
    Choice {
        name: "region",
        doc: "Each its region: allocations take turns between regions, then look at space.",
    },
];

/// A group of objects, as an item of a list.
static OBJECTS: Kind = Kind::Reference("objects");

const FACTOR: Kind = Kind::Whole(1, 1_000_000);

pub(super) const CLUSTERS: Section = Section {
    path: "clusters.<name>",
    doc: "An IPFS Cluster: peers beside the nodes of a group, which pin the same objects and may make up for each other. \
          Pins are fetched by the nodes themselves. Not together with partitions.",
    scope: Scope::Cell,
    presence: Presence::Mentioned,
    keys: &[
        Key {
            path: "peers",
            kind: Kind::Reference("population"),
            need: Need::Required,
            when: When::Always,
            doc: "The group whose nodes are its peers; a group is in one cluster at most.",
            source: "this program",
        },
        Key {
            path: "pins",
            kind: Kind::List(&OBJECTS),
            need: Need::Required,
            when: When::Always,
            doc: "Groups of objects; each object is pinned when it is published.",
            source: "this program",
        },
        Key {
            path: "replication_min",
            kind: FACTOR,
            need: Need::Optional("pinned on every peer, as the factors -1 do"),
            when: When::Always,
            doc: "With fewer allocations to peers whose metrics count, a pin is allocated anew, up to \
                  `replication_max`; with as many or more it is left alone.",
            source: "ipfs-cluster/ipfs-cluster, allocate.go and cluster_config.go (-1)",
        },
        Key {
            path: "replication_max",
            kind: FACTOR,
            need: Need::Optional("as replication_min"),
            when: When::With("replication_min"),
            doc: "Peers that a pin is allocated to at most.",
            source: "ipfs-cluster/ipfs-cluster, allocate.go",
        },
        Key {
            path: "disable_repinning",
            kind: Kind::Flag,
            need: Need::Default("true"),
            when: When::Always,
            doc: "Whether the allocations of a peer that falls silent are left as they are. With `false`, the peer closest \
                  to a CID allocates it anew when the silent one's ping has run out.",
            source: "ipfs-cluster/ipfs-cluster, cluster_config.go and cluster.go",
        },
        Key {
            path: "tag",
            kind: Kind::Choice(TAGS),
            need: Need::Default("default"),
            when: When::Always,
            doc: "What peers have in the tag `group`, by which the balanced allocator goes before free space.",
            source: "ipfs-cluster/ipfs-cluster, allocator/balanced/config.go and informer/tags/config.go",
        },
        Key {
            path: "ping_interval",
            kind: PERIOD,
            need: Need::Default("15 s"),
            when: When::Always,
            doc: "Time between two pings of a peer; one counts for twice as long.",
            source: "ipfs-cluster/ipfs-cluster, cluster_config.go",
        },
        Key {
            path: "check_interval",
            kind: PERIOD,
            need: Need::Default("15 s"),
            when: When::Always,
            doc: "Time between two looks of a peer for metrics that have run out. After 300 looks at an old silence it \
                  notices it once more.",
            source: "ipfs-cluster/ipfs-cluster, monitor/pubsubmon/config.go and monitor/metrics/checker.go",
        },
        Key {
            path: "metric_ttl",
            kind: PERIOD,
            need: Need::Default("30 s"),
            when: When::Always,
            doc: "How long a report of free space counts; a peer reports every half of it.",
            source: "ipfs-cluster/ipfs-cluster, informer/disk/config.go",
        },
        Key {
            path: "state_sync_interval",
            kind: PERIOD,
            need: Need::Default("5 min"),
            when: When::Always,
            doc: "Time between two looks for pins that have expired.",
            source: "ipfs-cluster/ipfs-cluster, cluster_config.go",
        },
        Key {
            path: "pin_recover_interval",
            kind: PERIOD,
            need: Need::Default("12 min"),
            when: When::Always,
            doc: "Time between two attempts of a peer at what is in error or missing.",
            source: "ipfs-cluster/ipfs-cluster, cluster_config.go",
        },
        Key {
            path: "pin_timeout",
            kind: PERIOD,
            need: Need::Default("2 min"),
            when: When::Always,
            doc: "A pin fails when no block has come for this long, looked at as often. A block has to fit: 256 KiB in two \
                  minutes are 17.5 kbit/s.",
            source: "ipfs-cluster/ipfs-cluster, ipfsconn/ipfshttp",
        },
        Key {
            path: "concurrent_pins",
            kind: Kind::Whole(1, 10_000),
            need: Need::Default("10"),
            when: When::Always,
            doc: "Pins that a peer works on at a time.",
            source: "ipfs-cluster/ipfs-cluster, pintracker/stateless/config.go",
        },
        Key {
            path: "rebroadcast_interval",
            kind: PERIOD,
            need: Need::Default("1 min"),
            when: When::Always,
            doc: "Time between two announcements of the state by a peer: when one that was away, or is new, hears of it.",
            source: "ipfs-cluster/ipfs-cluster, consensus/crdt/config.go",
        },
        Key {
            path: "expire_after",
            kind: LENGTH,
            need: Need::Optional("never"),
            when: When::Always,
            doc: "Pins expire this long after they were asked for, and are unpinned at the next state sync.",
            source: "ipfs-cluster/ipfs-cluster, cluster.go (StateSync)",
        },
        Key {
            path: "change.at",
            kind: INSTANT,
            need: Need::Optional("the factors stay"),
            when: When::With("replication_min"),
            doc: "An operator pins everything again with other factors. Above the new greatest one, allocations are dropped.",
            source: "ipfs-cluster/ipfs-cluster, allocate.go",
        },
        Key {
            path: "change.min",
            kind: FACTOR,
            need: Need::Required,
            when: When::With("change.at"),
            doc: "The new `replication_min`.",
            source: "this program",
        },
        Key {
            path: "change.max",
            kind: FACTOR,
            need: Need::Required,
            when: When::With("change.at"),
            doc: "The new `replication_max`.",
            source: "this program",
        },
    ],
};
