//! Keys of the IPFS protocols. Defaults are those of today's Kubo; a preset changes several at once.

use super::bounds::PAUSE;
use super::kind::{Choice, Kind};
use super::{Key, Need, Presence, Scope, Section, When};
use sim_core::time::SimSpan;
use sim_core::units::Bytes;

const MINUTE: SimSpan = SimSpan::from_mins(1);
const YEAR: SimSpan = SimSpan::from_days(365);

static PROVIDE_STRATEGIES: &[Choice] = &[
    Choice { name: "all", doc: "Every block it holds." },
    Choice { name: "pinned", doc: "The blocks of pinned content." },
    Choice {
        name: "roots",
        doc: "The roots of pinned content only: inner blocks cannot be found on their own.",
    },
];

static PROVIDE_MODES: &[Choice] = &[
    Choice { name: "classic", doc: "Key by key: a walk and k stores for each (Kubo up to 0.38)." },
    Choice { name: "sweep", doc: "Region by region of the key space; each peer gets its keys in a batch." },
];

static REFRESHES: &[Choice] = &[
    Choice { name: "full", doc: "Every refresh is a set of walks, message by message." },
    Choice {
        name: "lazy",
        doc: "A table is brought up to date when it is used, by draws over who was on-line.",
    },
];

pub(super) const DHT: Section = Section {
    path: "ipfs.dht",
    doc: "The Amino DHT: walks, provider records, announcing.",
    scope: Scope::Cell,
    presence: Presence::Always,
    keys: &[
        Key {
            path: "k",
            kind: Kind::Whole(1, 100),
            need: Need::Default("20"),
            when: When::Always,
            doc: "Peers in a bucket and in an answer, and servers that get a record.",
            source: "libp2p/go-libp2p-kad-dht, amino/defaults.go",
        },
        Key {
            path: "alpha",
            kind: Kind::Whole(1, 100),
            need: Need::Default("10"),
            when: When::Always,
            doc: "Questions in flight in a walk.",
            source: "libp2p/go-libp2p-kad-dht, amino/defaults.go",
        },
        Key {
            path: "beta",
            kind: Kind::Whole(1, 100),
            need: Need::Default("3"),
            when: When::Always,
            doc: "Closest peers that must have answered for a walk to end; at most k.",
            source: "libp2p/go-libp2p-kad-dht, amino/defaults.go",
        },
        Key {
            path: "record_validity",
            kind: Kind::Span(MINUTE, YEAR),
            need: Need::Default("48 h"),
            when: When::Always,
            doc: "How long a provider record is served after its receipt.",
            source: "libp2p/go-libp2p-kad-dht, amino/defaults.go",
        },
        Key {
            path: "record_sweep",
            kind: Kind::Span(SimSpan::from_secs(1), YEAR),
            need: Need::Default("1 h"),
            when: When::Always,
            doc: "How often a server deletes expired records from its disk; at most record_validity.",
            source: "libp2p/go-libp2p-kad-dht, records/providers_manager.go",
        },
        Key {
            path: "reprovide_interval",
            kind: Kind::Span(SimSpan::ZERO, YEAR),
            need: Need::Default("22 h"),
            when: When::Always,
            doc: "How often a node announces again what it provides; \"0 s\" for never. Above record_validity, content \
                  is undiscoverable part of the time.",
            source: "libp2p/go-libp2p-kad-dht, amino/defaults.go",
        },
        Key {
            path: "refresh_interval",
            kind: Kind::Span(SimSpan::from_secs(10), SimSpan::from_days(1)),
            need: Need::Default("10 min"),
            when: When::Always,
            doc: "How often a node refreshes its routing table.",
            source: "libp2p/go-libp2p-kad-dht, internal/config/config.go",
        },
        Key {
            path: "rpc_timeout",
            kind: Kind::Span(SimSpan::from_millis(10), SimSpan::from_mins(5)),
            need: Need::Default("10 s"),
            when: When::Always,
            doc: "How long the answer of a connected peer is awaited.",
            source: "libp2p/go-libp2p-kad-dht, internal/net/message_manager.go",
        },
        Key {
            path: "dial_timeout",
            kind: Kind::Span(SimSpan::from_millis(10), SimSpan::from_mins(5)),
            need: Need::Default("5 s"),
            when: When::Always,
            doc: "How long a dial may take.",
            source: "libp2p/go-libp2p, TCP and QUIC dial time-outs",
        },
        Key {
            path: "provide_strategy",
            kind: Kind::Choice(PROVIDE_STRATEGIES),
            need: Need::Default("all"),
            when: When::Always,
            doc: "Which blocks a node announces.",
            source: "ipfs/kubo, config/provide.go",
        },
        Key {
            path: "provide_mode",
            kind: Kind::Choice(PROVIDE_MODES),
            need: Need::Default("sweep"),
            when: When::Always,
            doc: "How a node gets its announcements out.",
            source: "ipfs/kubo, config/provide.go",
        },
        Key {
            path: "provide_workers",
            kind: Kind::Whole(1, 1_000),
            need: Need::Default("16"),
            when: When::Always,
            doc: "Walks that announcing may run at a time; with provide_mode = sweep at least 3.",
            source: "ipfs/kubo, config/provide.go",
        },
        Key {
            path: "reprovide_workers",
            kind: Kind::Whole(1, 1_000),
            need: Need::Default("1"),
            when: When::Is("provide_mode", &["classic"]),
            doc: "Keys that a pass of the classic mode announces at a time. The real pass is sequential: \
                  provide_workers serve new keys only.",
            source: "ipfs/boxo, provider/reprovider.go",
        },
        Key {
            path: "refresh_fidelity",
            kind: Kind::Choice(REFRESHES),
            need: Need::Default("lazy"),
            when: When::Always,
            doc: "How the refreshes of routing tables are simulated: a choice of the simulator, not of the network.",
            source: "models, test dht_fidelity: both give the same distribution of walks",
        },
    ],
};

static IMPLEMENTATIONS: &[Choice] = &[
    Choice { name: "boxo-0.42", doc: "Kubo 0.40 and its time." },
    Choice { name: "boxo-0.11", doc: "Kubo 0.22 and its time: other gathering, re-sending and serving." },
];

static BROADCASTS: &[Choice] = &[
    Choice { name: "all", doc: "All connected peers (until Kubo 0.35)." },
    Choice { name: "selective", doc: "Connected peers that have answered before (Kubo 0.36 and later)." },
];

pub(super) const BITSWAP: Section = Section {
    path: "ipfs.bitswap",
    doc: "Bitswap: sessions of a reader, answers of a server.",
    scope: Scope::Cell,
    presence: Presence::Always,
    keys: &[
        Key {
            path: "implementation",
            kind: Kind::Choice(IMPLEMENTATIONS),
            need: Need::Default("boxo-0.42"),
            when: When::Always,
            doc: "Whose rules for gathering wants, re-sending and serving hold.",
            source: "ipfs/boxo, bitswap at those versions",
        },
        Key {
            path: "broadcast",
            kind: Kind::Choice(BROADCASTS),
            need: Need::Default("selective"),
            when: When::Is("implementation", &["boxo-0.42"]),
            doc: "Whom a session's broadcast reaches.",
            source: "ipfs/kubo, docs/changelogs/v0.36.md, Internal.Bitswap.BroadcastControl",
        },
        Key {
            path: "broadcast",
            kind: Kind::Choice(BROADCASTS),
            need: Need::Default("all"),
            when: When::Is("implementation", &["boxo-0.11"]),
            doc: "Whom a session's broadcast reaches.",
            source: "ipfs/kubo, docs/changelogs/v0.36.md",
        },
        Key {
            path: "provider_search_delay",
            kind: Kind::Span(SimSpan::ZERO, MINUTE),
            need: Need::Default("1 s"),
            when: When::Always,
            doc: "Idle time of a new session before it broadcasts again and looks for providers.",
            source: "ipfs/boxo, bitswap/internal/defaults, ProvSearchDelay",
        },
        Key {
            path: "periodic_search_delay",
            kind: PAUSE,
            need: Need::Default("1 min"),
            when: When::Always,
            doc: "Time between searches for a random open want.",
            source: "ipfs/boxo, bitswap/internal/defaults, RebroadcastDelay",
        },
        Key {
            path: "providers_per_search",
            kind: Kind::Whole(1, 1_000),
            need: Need::Default("10"),
            when: When::Always,
            doc: "Most providers asked of one search.",
            source: "ipfs/boxo, bitswap/internal/defaults",
        },
        Key {
            path: "have_is_final",
            kind: Kind::Flag,
            need: Need::Default("true"),
            when: When::Always,
            doc: "Whether a peer that said HAVE still counts as having the block after it failed to deliver, as in \
                  Kubo: the same peer may be picked again, and the session then waits for a re-send.",
            source: "ipfs/boxo, bitswap blockpresencemanager.go",
        },
        Key {
            path: "broadcast_limit",
            kind: Kind::Whole(1, 1_024),
            need: Need::Default("64"),
            when: When::Always,
            doc: "Most open wants that one broadcast carries.",
            source: "ipfs/boxo, bitswap session.go, broadcastLiveWantsLimit",
        },
        Key {
            path: "dont_have_timeout",
            kind: PAUSE,
            need: Need::Default("5 s"),
            when: When::Always,
            doc: "Wait for the answer to a want-block before a DONT_HAVE is simulated, while nothing is known.",
            source: "ipfs/boxo, bitswap donthavetimeoutmgr.go",
        },
        Key {
            path: "replace_have_size",
            kind: Kind::Bytes(Bytes::ZERO, Bytes::from_mib(1)),
            need: Need::Default("1 KiB"),
            when: When::Always,
            doc: "Largest block that answers a want-have by itself; \"0 B\" for none.",
            source: "ipfs/boxo, bitswap DefaultWantHaveReplaceSize",
        },
        Key {
            path: "workers",
            kind: Kind::Whole(1, 255),
            need: Need::Default("8"),
            when: When::Always,
            doc: "Messages with blocks or answers that a server writes at the same time.",
            source: "ipfs/boxo, bitswap/internal/defaults, BitswapTaskWorkerCount",
        },
        Key {
            path: "max_outstanding",
            kind: Kind::Bytes(Bytes::new(1), Bytes::from_gib(1)),
            need: Need::Default("1 MiB"),
            when: When::Always,
            doc: "Work being written to one peer at which no more is taken up for it.",
            source: "ipfs/boxo, BitswapMaxOutstandingBytesPerPeer",
        },
    ],
};

pub(super) const CONNECTIONS: Section = Section {
    path: "ipfs.connections",
    doc: "The connection manager: how many connections a node keeps.",
    scope: Scope::Cell,
    presence: Presence::Always,
    keys: &[
        Key {
            path: "low",
            kind: Kind::Whole(1, 1_000_000),
            need: Need::Default("32"),
            when: When::Always,
            doc: "Connections left after trimming; at most `high`.",
            source: "ipfs/kubo, config/types.go, ConnMgr",
        },
        Key {
            path: "high",
            kind: Kind::Whole(1, 1_000_000),
            need: Need::Default("96"),
            when: When::Always,
            doc: "Connections above which trimming starts.",
            source: "ipfs/kubo, config/types.go, ConnMgr",
        },
        Key {
            path: "grace",
            kind: PAUSE,
            need: Need::Default("20 s"),
            when: When::Always,
            doc: "Age below which a connection is not trimmed.",
            source: "ipfs/kubo, config/types.go, ConnMgr",
        },
    ],
};
