//! Keys of objects and of the demand for them.

use super::bounds::{INSTANT, LENGTH, SIZE};
use super::kind::{Choice, Kind, RealBounds};
use super::{Key, Need, Presence, Scope, Section, When};
use sim_core::units::Bytes;

static LAYOUTS: &[Choice] = &[
    Choice { name: "balanced", doc: "All leaves at one depth; good for random access." },
    Choice {
        name: "trickle",
        doc: "Leaves first, then ever deeper subtrees; good for reading from the start.",
    },
];

const GENERATED: When = When::Without("source.path");
const OWN_FILE: When = When::With("source.path");

pub(super) const OBJECTS: Section = Section {
    path: "objects.<group>",
    doc: "Objects that are alike: made from the seed, or the user's own file or folder. Object i of group `page` is \
          called `page/i`.",
    scope: Scope::Cell,
    presence: Presence::Mentioned,
    keys: &[
        Key {
            path: "count",
            kind: Kind::Whole(1, 10_000_000),
            need: Need::Default("1"),
            when: GENERATED,
            doc: "Number of objects, alike in all but their bytes.",
            source: "this program",
        },
        Key {
            path: "size",
            kind: SIZE,
            need: Need::Required,
            when: GENERATED,
            doc: "Nominal size of each object.",
            source: "this program",
        },
        Key {
            path: "content_seed",
            kind: Kind::Seed,
            need: Need::Optional("the scenario's seed"),
            when: GENERATED,
            doc: "Seed of the bytes. Replicates share their content.",
            source: "this program",
        },
        Key {
            path: "source.path",
            kind: Kind::Text(4_000),
            need: Need::Optional("content is made from the seed"),
            when: When::Always,
            doc: "A file or folder of the user's to use as the object; relative to the scenario's folder, or to the \
                  current folder if given by `--set`. Symbolic links inside a folder are refused.",
            source: "this program",
        },
        Key {
            path: "source.sha256",
            kind: Kind::Digest,
            need: Need::Optional("any content"),
            when: OWN_FILE,
            doc: "SHA-256 that the content must have. The resolved scenario of a run gives it, so that a changed file \
                  is refused by name.",
            source: "this program",
        },
        Key {
            path: "source.size",
            kind: Kind::Bytes(Bytes::ZERO, Bytes::MAX),
            need: Need::Optional("any size"),
            when: OWN_FILE,
            doc: "Bytes that the content must have.",
            source: "this program",
        },
        Key {
            path: "shrink",
            kind: Kind::Whole(1, 4_096),
            need: Need::Default("1"),
            when: GENERATED,
            doc: "One real byte of leaf payload stands for this many nominal ones. Chunks and objects shrink together, \
                  so that shapes and block counts are the nominal ones. Above 1 only the chunker `size-N` without \
                  inlining is possible, and size and N must be multiples of it.",
            source: "DESIGN, scale as a similarity",
        },
        Key {
            path: "chunker",
            kind: Kind::Chunker,
            need: Need::Default("size-262144"),
            when: When::Always,
            doc: "How the bytes are cut, in Kubo's words: `size-N`, `rabin`, `rabin-AVG`, `rabin-MIN-AVG-MAX` or \
                  `buzhash`.",
            source: "ipfs/kubo, Import.UnixFSChunker",
        },
        Key {
            path: "cid_version",
            kind: Kind::Whole(0, 1),
            need: Need::Default("0"),
            when: When::Always,
            doc: "CID version of dag-pb blocks; raw leaves have version 1 always.",
            source: "ipfs/kubo, Import.CidVersion",
        },
        Key {
            path: "raw_leaves",
            kind: Kind::Flag,
            need: Need::Optional("true with cid_version = 1, as `ipfs add` does"),
            when: When::Always,
            doc: "Whether leaves are bare bytes instead of bytes wrapped in UnixFS and dag-pb.",
            source: "ipfs/kubo, Import.UnixFSRawLeaves",
        },
        Key {
            path: "layout",
            kind: Kind::Choice(LAYOUTS),
            need: Need::Default("balanced"),
            when: When::Always,
            doc: "How the nodes above the leaves of a file are arranged.",
            source: "ipfs/kubo, `ipfs add --trickle`",
        },
        Key {
            path: "max_links",
            kind: Kind::Whole(2, 8_192),
            need: Need::Default("174"),
            when: When::Always,
            doc: "Most children of a node of a file.",
            source: "ipfs/kubo, Import.UnixFSFileMaxLinks",
        },
        Key {
            path: "inline_limit",
            kind: Kind::Whole(0, 128),
            need: Need::Default("0"),
            when: When::Always,
            doc: "Blocks of at most this many bytes travel inside their CID; 0 for none.",
            source: "ipfs/kubo, `ipfs add --inline --inline-limit`",
        },
        Key {
            path: "hamt_threshold",
            kind: Kind::Bytes(Bytes::ZERO, Bytes::from_gib(1)),
            need: Need::Default("256 KiB"),
            when: OWN_FILE,
            doc: "A folder whose estimated size is above this becomes a HAMT; \"0 B\" means never.",
            source: "ipfs/kubo, Import.UnixFSHAMTDirectorySizeThreshold",
        },
        Key {
            path: "stored_by",
            kind: Kind::Reference("population"),
            need: Need::Required,
            when: When::Always,
            doc: "The group of publishers that has the objects: object i is at node i modulo its size.",
            source: "this program",
        },
        Key {
            path: "publish_at",
            kind: INSTANT,
            need: Need::Default("0 s"),
            when: When::Always,
            doc: "When they are published; before the end of the run.",
            source: "this program",
        },
    ],
};

static ARRIVALS: &[Choice] = &[
    Choice {
        name: "poisson",
        doc: "A Poisson number of reads of each object, at independent instants of the window.",
    },
    Choice {
        name: "fixed",
        doc: "Exactly so many reads of each object, at independent instants of the window.",
    },
    Choice { name: "at", doc: "Reads of each object at exactly these instants." },
];

static MODES: &[Choice] = &[
    Choice { name: "get", doc: "In file order with read-ahead, as `ipfs get` and `ipfs cat` do." },
    Choice { name: "pin", doc: "Many branches at once, as `ipfs pin add` does." },
];

/// An instant, as an item of a list.
static AT: Kind = INSTANT;
const WINDOW: When = When::Is("law", &["poisson", "fixed"]);

pub(super) const DEMAND: Section = Section {
    path: "demand.<name>",
    doc: "Who reads which objects, and when.",
    scope: Scope::Cell,
    presence: Presence::Mentioned,
    keys: &[
        Key {
            path: "objects",
            kind: Kind::Reference("objects"),
            need: Need::Required,
            when: When::Always,
            doc: "The objects that are read.",
            source: "this program",
        },
        Key {
            path: "readers",
            kind: Kind::Reference("population"),
            need: Need::Required,
            when: When::Always,
            doc: "The group that reads them; its role is `reader`.",
            source: "this program",
        },
        Key {
            path: "law",
            kind: Kind::Choice(ARRIVALS),
            need: Need::Default("poisson"),
            when: When::Always,
            doc: "How the reads of each object come.",
            source: "this program",
        },
        Key {
            path: "mean",
            kind: Kind::Real(RealBounds { min: 0.0, open: false, max: 1e9 }),
            need: Need::Required,
            when: When::Is("law", &["poisson"]),
            doc: "Mean number of reads of one object.",
            source: "this program",
        },
        Key {
            path: "count",
            kind: Kind::Whole(0, 1_000_000_000),
            need: Need::Required,
            when: When::Is("law", &["fixed"]),
            doc: "Number of reads of one object.",
            source: "this program",
        },
        Key {
            path: "times",
            kind: Kind::List(&AT),
            need: Need::Required,
            when: When::Is("law", &["at"]),
            doc: "Instants at which each object is read.",
            source: "this program",
        },
        Key {
            path: "from",
            kind: INSTANT,
            need: Need::Default("0 s"),
            when: WINDOW,
            doc: "Start of the window in which reads come.",
            source: "this program",
        },
        Key {
            path: "until",
            kind: INSTANT,
            need: Need::SameAs("duration"),
            when: WINDOW,
            doc: "End of the window, after `from`, at the latest the end of the run.",
            source: "this program",
        },
        Key {
            path: "distinct",
            kind: Kind::Flag,
            need: Need::Default("false"),
            when: When::Always,
            doc: "Whether no node reads the same object twice, as long as there are nodes left.",
            source: "this program",
        },
        Key {
            path: "patience",
            kind: LENGTH,
            need: Need::Optional("a reader never gives up, as Kubo does not"),
            when: When::Always,
            doc: "How long a reader waits for the whole object before it gives up.",
            source: "ipfs/kubo: `ipfs get` has no time-out of its own",
        },
        Key {
            path: "mode",
            kind: Kind::Choice(MODES),
            need: Need::Default("get"),
            when: When::Always,
            doc: "How the reader walks the DAG.",
            source: "ipfs/boxo, merkledag",
        },
    ],
};
