//! Keys of the network between nodes.

use super::bounds::INSTANT;
use super::kind::{Catalog, Choice, Kind};
use super::{Key, Need, Presence, Scope, Section, When};

/// Names of regions.
pub(super) static REGIONS: Catalog = Catalog { noun: "region", names: crate::regions::names };
/// A region, as an item of a list.
static REGION: Kind = Kind::Entry(&REGIONS);

static TIERS: &[Choice] = &[
    Choice { name: "latency", doc: "Delays only; bytes cost no time." },
    Choice { name: "fifo", doc: "Each line serves bulk messages first come, first served." },
    Choice { name: "flow", doc: "Bulk messages share the lines at both ends, max-min fair." },
];

pub(super) const NET: Section = Section {
    path: "net",
    doc: "The network between nodes. Regions and the delays between them are measured data that the program carries.",
    scope: Scope::Cell,
    presence: Presence::Always,
    keys: &[
        Key {
            path: "tier",
            kind: Kind::Choice(TIERS),
            need: Need::Default("fifo"),
            when: When::Always,
            doc: "What the bytes of a message cost on the access lines of its sender and its receiver. Bulk is what is \
                  larger than 16 KiB; shorter messages never wait for others. Delays are the same in all tiers.",
            source: "this program; docs/model.md says what each leaves out, and by how much they differ",
        },
        Key {
            path: "dial_round_trips",
            kind: Kind::Whole(0, 10),
            need: Need::Default("2"),
            when: When::Always,
            doc: "Round trips spent on a new connection before the first request is on its way.",
            source: "libp2p/specs, connections; RFC 9000, section 7: one for the handshake, one for the protocol",
        },
    ],
};

pub(super) const PARTITION: Section = Section {
    path: "net.partition.<n>",
    doc: "A time in which some regions reach each other but nobody else.",
    scope: Scope::Cell,
    presence: Presence::Mentioned,
    keys: &[
        Key {
            path: "regions",
            kind: Kind::List(&REGION),
            need: Need::Required,
            when: When::Always,
            doc: "The regions that are cut off together.",
            source: "this program",
        },
        Key {
            path: "from",
            kind: INSTANT,
            need: Need::Required,
            when: When::Always,
            doc: "When the cut begins.",
            source: "this program",
        },
        Key {
            path: "until",
            kind: INSTANT,
            need: Need::Required,
            when: When::Always,
            doc: "When all can be reached again; after `from`.",
            source: "this program",
        },
    ],
};
