//! Keys of the network between nodes.

use super::bounds::INSTANT;
use super::kind::{Catalog, Kind};
use super::{Key, Need, Presence, Scope, Section, When};

/// Names of regions.
pub(super) static REGIONS: Catalog = Catalog { noun: "region", names: crate::regions::names };
/// A region, as an item of a list.
static REGION: Kind = Kind::Entry(&REGIONS);

pub(super) const NET: Section = Section {
    path: "net",
    doc: "The network between nodes. Regions and the delays between them are measured data that the program carries.",
    scope: Scope::Cell,
    presence: Presence::Always,
    keys: &[Key {
        path: "dial_round_trips",
        kind: Kind::Whole(0, 10),
        need: Need::Default("2"),
        when: When::Always,
        doc: "Round trips spent on a new connection before the first request is on its way.",
        source: "libp2p/specs, connections; RFC 9000, section 7: one for the handshake, one for the protocol",
    }],
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
