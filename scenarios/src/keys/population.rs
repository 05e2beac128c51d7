//! Keys of a group of nodes: how many, where, with which lines, when they are up, what they keep.

use super::bounds::{COUNT, INSTANT, LENGTH, LINE, PARETO_SHAPE, PERIOD, SIGMA, SIZE, WEIBULL_SHAPE};
use super::kind::{Choice, Kind};
use super::net::REGIONS;
use super::{Key, Need, Presence, Scope, Section, When};
use sim_core::time::SimSpan;

static ROLES: &[Choice] = &[
    Choice { name: "publisher", doc: "Adds objects to its own node and pins them." },
    Choice { name: "reader", doc: "Reads objects on demand." },
    Choice { name: "peer", doc: "Takes part in the DHT and holds nothing of its own." },
];

static SESSION_LAWS: &[Choice] = &[
    Choice { name: "always", doc: "Up from the start to the end." },
    Choice { name: "exponential", doc: "Times without memory." },
    Choice { name: "weibull", doc: "Many short times and few long ones below shape 1." },
    Choice { name: "lognormal", doc: "Times whose logarithm is normal." },
    Choice { name: "pareto", doc: "A power law: few very long times." },
    Choice { name: "constant", doc: "Always the same times." },
    Choice { name: "uniform", doc: "All times around the mean alike." },
    Choice { name: "trace", doc: "Recorded sessions from a file." },
];

/// Session laws that alternate drawn times up and down.
const RENEWAL: When =
    When::Is("session.law", &["exponential", "weibull", "lognormal", "pareto", "constant", "uniform"]);

static STARTS: &[Choice] = &[
    Choice { name: "up", doc: "A new session begins at the start." },
    Choice { name: "down", doc: "A new time down begins at the start." },
    Choice {
        name: "stationary",
        doc: "As if the law had held for ever: up with the long-run share, mid-interval.",
    },
];

static DHT_MODES: &[Choice] = &[
    Choice { name: "server", doc: "Publicly reachable: answers queries, enters tables, holds records." },
    Choice { name: "client", doc: "Only asks, as a node behind a router does." },
];

static STRATEGIES: &[Choice] = &[
    Choice {
        name: "keep",
        doc: "A publisher keeps its objects pinned; a reader keeps what it read, unpinned, until a collection.",
    },
    Choice { name: "pin", doc: "A reader pins what it read." },
    Choice { name: "keep-for", doc: "A reader deletes what it read after a drawn time." },
    Choice { name: "leave", doc: "A publisher goes for good at an instant, disk and all." },
    Choice { name: "pause", doc: "A publisher goes off at one instant and comes back at another." },
    Choice { name: "delete", doc: "A publisher deletes its objects' blocks at an instant." },
    Choice {
        name: "unpin",
        doc: "A publisher unpins its objects at an instant; their blocks stay until a collection.",
    },
];

static KEEPING_LAWS: &[Choice] = &[
    Choice { name: "exponential", doc: "Times without memory." },
    Choice { name: "weibull", doc: "Many short times and few long ones below shape 1." },
    Choice { name: "lognormal", doc: "Times whose logarithm is normal." },
    Choice { name: "pareto", doc: "A power law: few very long times." },
    Choice { name: "constant", doc: "Always the same time." },
    Choice { name: "uniform", doc: "All times around the mean alike." },
];

/// A group, as an item of a list.
static GROUP: Kind = Kind::Reference("population");

const KEEP_FOR: When = When::Is("strategy.kind", &["keep-for"]);

/// A group whose machines do not stay for ever.
const LIVES: When = When::With("lifetime.mean");

pub(super) const POPULATION: Section = Section {
    path: "population.<group>",
    doc: "A group of like nodes.",
    scope: Scope::Cell,
    presence: Presence::Mentioned,
    keys: &[
        Key {
            path: "role",
            kind: Kind::Choice(ROLES),
            need: Need::Required,
            when: When::Always,
            doc: "What its nodes are there for.",
            source: "this program",
        },
        Key {
            path: "count",
            kind: COUNT,
            need: Need::Required,
            when: When::Always,
            doc: "Number of its nodes.",
            source: "bound: a peer costs some 2 KiB",
        },
        Key {
            path: "region",
            kind: Kind::Entry(&REGIONS),
            need: Need::Default("Germany West Central"),
            when: When::Without("region.weights"),
            doc: "Where all its nodes are.",
            source: "assumption: the country that hosts most public nodes after the United States \
                     (Trautwein et al. 2022)",
        },
        Key {
            path: "region.weights.<region>",
            kind: Kind::Whole(0, 1_000_000_000),
            need: Need::Optional("no node there"),
            when: When::Always,
            doc: "Each node's region is drawn by these weights: `region = { weights = { \"East US\" = 3, \
                  \"Japan East\" = 1 } }`.",
            source: "this program",
        },
        Key {
            path: "uplink",
            kind: LINE,
            need: Need::Optional("unlimited"),
            when: When::Always,
            doc: "Rate of a node's uplink. Messages queue first come, first served.",
            source: "this program",
        },
        Key {
            path: "downlink",
            kind: LINE,
            need: Need::Optional("unlimited"),
            when: When::Always,
            doc: "Rate of a node's downlink. Messages queue first come, first served.",
            source: "this program",
        },
        Key {
            path: "access_delay",
            kind: Kind::Span(SimSpan::ZERO, SimSpan::from_secs(10)),
            need: Need::Default("0 s"),
            when: When::Always,
            doc: "One-way delay of a node's access line, added to the delay between regions, which is measured \
                  between data centres. Some 5 ms for fibre, 10 to 20 ms for cable and mobile.",
            source: "assumption: nodes in data centres unless the scenario says otherwise",
        },
        Key {
            path: "access_spread",
            kind: Kind::Span(SimSpan::ZERO, SimSpan::from_secs(10)),
            need: Need::Default("0 s"),
            when: When::Always,
            doc: "How much a node's access delay may exceed access_delay: each node draws its own once, uniformly. \
                  Without it all lines of a group are alike, and answers from one region come at one instant.",
            source: "this program",
        },
        Key {
            path: "session.law",
            kind: Kind::Choice(SESSION_LAWS),
            need: Need::Default("always"),
            when: When::Always,
            doc: "When its nodes are up. The same law holds for times up and times down, each with its mean.",
            source: "this program",
        },
        Key {
            path: "session.mean_up",
            kind: LENGTH,
            need: Need::Required,
            when: RENEWAL,
            doc: "Mean length of a session.",
            source: "this program",
        },
        Key {
            path: "session.mean_down",
            kind: LENGTH,
            need: Need::Required,
            when: RENEWAL,
            doc: "Mean time between two sessions.",
            source: "this program",
        },
        Key {
            path: "session.shape",
            kind: WEIBULL_SHAPE,
            need: Need::Default("0.6"),
            when: When::Is("session.law", &["weibull"]),
            doc: "Shape of the Weibull law: 1 is the exponential law, less has more very short and very long times.",
            source: "assumption: fits of peer-to-peer session lengths lie between 0.3 and 0.7 \
                     (Stutzbach and Rejaie, IMC 2006)",
        },
        Key {
            path: "session.shape",
            kind: PARETO_SHAPE,
            need: Need::Default("2.0"),
            when: When::Is("session.law", &["pareto"]),
            doc: "Tail exponent of the Pareto law; its mean is finite only above 1.",
            source: "assumption: heavy tail with a finite mean",
        },
        Key {
            path: "session.sigma",
            kind: SIGMA,
            need: Need::Default("1.0"),
            when: When::Is("session.law", &["lognormal"]),
            doc: "Standard deviation of the natural logarithm of the times.",
            source: "assumption: times spread over about one order of magnitude",
        },
        Key {
            path: "session.spread",
            kind: Kind::Share,
            need: Need::Default("100 %"),
            when: When::Is("session.law", &["uniform"]),
            doc: "Times lie between the mean less this share of it and the mean plus this share of it.",
            source: "this program",
        },
        Key {
            path: "session.start",
            kind: Kind::Choice(STARTS),
            need: Need::Default("stationary"),
            when: RENEWAL,
            doc: "State at the start of the run.",
            source: "this program; the only start without a transient",
        },
        Key {
            path: "session.file",
            kind: Kind::Text(1_000),
            need: Need::Required,
            when: When::Is("session.law", &["trace"]),
            doc: "CSV file with the columns `node`, `up_from_s` and `up_until_s`, in order of node and time; relative \
                  to the scenario's folder. Node i of the group follows trace i modulo their number.",
            source: "this program",
        },
        Key {
            path: "peering",
            kind: Kind::List(&GROUP),
            need: Need::Optional("no fixed connections"),
            when: When::Always,
            doc: "Groups that its nodes keep connections to, as Kubo's `Peering.Peers` does: dialled when both ends are \
                  up, never trimmed, and reached by every broadcast of wants.",
            source: "ipfs/kubo, docs/config.md",
        },
        Key {
            path: "dht",
            kind: Kind::Choice(DHT_MODES),
            need: Need::Default("server"),
            when: When::Always,
            doc: "A node's part in the DHT.",
            source: "libp2p/specs, kad-dht: client and server mode",
        },
        Key {
            path: "storage.max",
            kind: SIZE,
            need: Need::Default("10 GB"),
            when: When::Always,
            doc: "Kubo's `Datastore.StorageMax`. No hard limit: adding goes on beyond it.",
            source: "ipfs/kubo, config/init.go",
        },
        Key {
            path: "storage.automatic_gc",
            kind: Kind::Flag,
            need: Need::Default("false"),
            when: When::Always,
            doc: "Whether the node collects by itself, as a daemon with `--enable-gc` does. Off by default.",
            source: "ipfs/kubo, docs/config.md",
        },
        Key {
            path: "storage.watermark",
            kind: Kind::Share,
            need: Need::Default("90 %"),
            when: When::Always,
            doc: "Kubo's `Datastore.StorageGCWatermark`: the share of `storage.max` above which a check starts a \
                  collection.",
            source: "ipfs/kubo, config/init.go",
        },
        Key {
            path: "storage.period",
            kind: PERIOD,
            need: Need::Default("1 h"),
            when: When::Always,
            doc: "Kubo's `Datastore.GCPeriod`: time between checks; the first comes one period after the node's \
                  start.",
            source: "ipfs/kubo, config/init.go",
        },
        Key {
            path: "storage.manual_every",
            kind: PERIOD,
            need: Need::Optional("never"),
            when: When::Always,
            doc: "An operator's own `ipfs repo gc`, every so often while the node is up, however little is used.",
            source: "this program",
        },
        Key {
            path: "strategy.kind",
            kind: Kind::Choice(STRATEGIES),
            need: Need::Default("keep"),
            when: When::Always,
            doc: "What a publisher does with its objects, or a reader with what it read.",
            source: "ipfs/kubo: `add` pins, a plain fetch does not",
        },
        Key {
            path: "strategy.at",
            kind: INSTANT,
            need: Need::Required,
            when: When::Is("strategy.kind", &["leave", "pause", "delete", "unpin"]),
            doc: "When it does what its kind says.",
            source: "this program",
        },
        Key {
            path: "strategy.until",
            kind: INSTANT,
            need: Need::Required,
            when: When::Is("strategy.kind", &["pause"]),
            doc: "When it is back; after `strategy.at`.",
            source: "this program",
        },
        Key {
            path: "strategy.law",
            kind: Kind::Choice(KEEPING_LAWS),
            need: Need::Default("exponential"),
            when: KEEP_FOR,
            doc: "Law of the time for which a reader keeps what it read, counted from the end of the read.",
            source: "mission, claim 19",
        },
        Key {
            path: "strategy.mean",
            kind: LENGTH,
            need: Need::Required,
            when: KEEP_FOR,
            doc: "Mean of that time.",
            source: "this program",
        },
        Key {
            path: "strategy.shape",
            kind: WEIBULL_SHAPE,
            need: Need::Default("0.6"),
            when: When::Is("strategy.law", &["weibull"]),
            doc: "Shape of the Weibull law of that time.",
            source: "assumption, as session.shape",
        },
        Key {
            path: "strategy.shape",
            kind: PARETO_SHAPE,
            need: Need::Default("2.0"),
            when: When::Is("strategy.law", &["pareto"]),
            doc: "Tail exponent of the Pareto law of that time.",
            source: "assumption, as session.shape",
        },
        Key {
            path: "strategy.sigma",
            kind: SIGMA,
            need: Need::Default("1.0"),
            when: When::Is("strategy.law", &["lognormal"]),
            doc: "Standard deviation of the natural logarithm of that time.",
            source: "assumption, as session.sigma",
        },
        Key {
            path: "strategy.spread",
            kind: Kind::Share,
            need: Need::Default("100 %"),
            when: When::Is("strategy.law", &["uniform"]),
            doc: "That time lies between the mean less this share of it and the mean plus this share of it.",
            source: "this program",
        },
        Key {
            path: "lifetime.mean",
            kind: LENGTH,
            need: Need::Optional("machines stay"),
            when: When::Always,
            doc: "Mean time until a machine is gone for good, disk and all, whether its session is up or not.",
            source: "this program",
        },
        Key {
            path: "lifetime.law",
            kind: Kind::Choice(KEEPING_LAWS),
            need: Need::Default("exponential"),
            when: LIVES,
            doc: "Law of that time.",
            source: "assumption: machines do not age",
        },
        Key {
            path: "lifetime.shape",
            kind: WEIBULL_SHAPE,
            need: Need::Default("0.6"),
            when: When::Is("lifetime.law", &["weibull"]),
            doc: "Shape of the Weibull law of that time.",
            source: "assumption, as session.shape",
        },
        Key {
            path: "lifetime.shape",
            kind: PARETO_SHAPE,
            need: Need::Default("2.0"),
            when: When::Is("lifetime.law", &["pareto"]),
            doc: "Tail exponent of the Pareto law of that time.",
            source: "assumption, as session.shape",
        },
        Key {
            path: "lifetime.sigma",
            kind: SIGMA,
            need: Need::Default("1.0"),
            when: When::Is("lifetime.law", &["lognormal"]),
            doc: "Standard deviation of the natural logarithm of that time.",
            source: "assumption, as session.sigma",
        },
        Key {
            path: "lifetime.spread",
            kind: Kind::Share,
            need: Need::Default("100 %"),
            when: When::Is("lifetime.law", &["uniform"]),
            doc: "That time lies between the mean less this share of it and the mean plus this share of it.",
            source: "this program",
        },
        Key {
            path: "lifetime.from",
            kind: INSTANT,
            need: Need::Default("0 s"),
            when: LIVES,
            doc: "When the lives of the first machines are counted from: until then nobody is gone.",
            source: "this program",
        },
        Key {
            path: "lifetime.replaced_after",
            kind: LENGTH,
            need: Need::Optional("the place stays empty"),
            when: LIVES,
            doc: "Time until another machine takes the place, with the name, lines and IPFS identity of the one before and an \
                  empty disk; to a cluster it is another peer.",
            source: "this program",
        },
        Key {
            path: "tampering",
            kind: Kind::Share,
            need: Need::Default("0 %"),
            when: When::Always,
            doc: "Share of the group's nodes that serve altered blocks.",
            source: "mission, claim 3",
        },
    ],
};
