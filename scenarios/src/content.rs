//! The content of a scenario: every object imported once, whatever number of arms, grid points and
//! replicates share it.
//!
//! Object i of group g is made of the bytes of a ChaCha stream of its own, keyed by content seed, group
//! name and i: one object more, or another group, changes nobody's bytes. Bytes stream through the
//! importer in pieces; a whole object is never in memory unless its blocks must be kept to be altered.

use crate::inputs::Inputs;
use crate::keys::Value;
use crate::scenario::Scenario;
use crate::source::Source;
use crate::values::{Instance, Values};
use models::cid::CidVersion;
use models::ipfs::unixfs::{
    ChunkerSpec, Dag, DagCollector, FileImporter, ImportOptions, Layout, raw_leaves_or_default,
};
use rand_core::Rng;
use rayon::prelude::*;
use sim_core::draws::{Domain, Draws, workload_stream};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes made at a time.
const BUFFER: usize = 1 << 16;

/// All objects of a scenario.
#[derive(Clone, Debug, Default)]
pub struct Library {
    dags: BTreeMap<String, Arc<Dag>>,
}

/// One object to import.
#[derive(Clone, Debug)]
struct Order {
    /// Everything that decides its blocks, as text: equal identities are imported once.
    identity: String,
    options: ImportOptions,
    bytes: Origin,
}

#[derive(Clone, Debug)]
enum Origin {
    Source(Arc<Source>),
    Generated { seed: u64, domain: Domain, size: u64 },
}

impl Library {
    /// Imports the objects of all variants.
    ///
    /// # Errors
    /// In words, if the user's content cannot be read any more.
    pub fn import(scenario: &Scenario, inputs: &Inputs) -> Result<Self, String> {
        let all = || scenario.variants.iter().map(|variant| &variant.values);
        let keep_bytes = all().any(somebody_tampers);
        let mut orders: BTreeMap<String, Order> = BTreeMap::new();
        for values in all() {
            for objects in values.all("objects.<group>") {
                let new = (0..count(objects)).map(|index| order(values, objects, inputs, index));
                orders.extend(new.map(|order| (order.identity.clone(), order)));
            }
        }
        let import = |(identity, order): (String, Order)| Ok((identity, Arc::new(order.fill(keep_bytes)?)));
        let dags = orders.into_par_iter().map(import).collect::<Result<_, String>>()?;
        Ok(Library { dags })
    }

    /// The objects of one group, in order.
    ///
    /// # Panics
    /// If they were not imported: a mistake in the program.
    pub fn dags(&self, values: &Values, objects: &Instance, inputs: &Inputs) -> Vec<Arc<Dag>> {
        let find = |index| {
            let identity = order(values, objects, inputs, index).identity;
            self.dags.get(&identity).unwrap_or_else(|| panic!("{identity} was not imported")).clone()
        };
        (0..count(objects)).map(find).collect()
    }

    /// Distinct DAGs.
    pub fn len(&self) -> usize {
        self.dags.len()
    }

    /// Whether there is no object at all.
    pub fn is_empty(&self) -> bool {
        self.dags.is_empty()
    }
}

/// Number of objects of a group: a user's file or folder is one.
pub fn count(objects: &Instance) -> u64 {
    objects.maybe_whole("count").unwrap_or(1)
}

/// How a group's objects are imported; chunks are shrunk with their content.
pub fn import_options(objects: &Instance) -> ImportOptions {
    let shrink = objects.maybe_whole("shrink").unwrap_or(1);
    let nominal: ChunkerSpec = objects.text("chunker").parse().expect("checked by its kind");
    let chunker = match crate::rules::fixed_size(objects.text("chunker")) {
        Some(size) if shrink > 1 => {
            ChunkerSpec::size((size / shrink) as usize).expect("smaller than a good one")
        }
        _ => nominal,
    };
    let cid_version = if objects.whole("cid_version") == 0 { CidVersion::V0 } else { CidVersion::V1 };
    let inline = objects.whole("inline_limit") as usize;
    ImportOptions {
        chunker,
        cid_version,
        raw_leaves: raw_leaves_or_default(objects.maybe_flag("raw_leaves"), cid_version),
        layout: if objects.text("layout") == "trickle" { Layout::Trickle } else { Layout::Balanced },
        max_links: objects.whole("max_links") as usize,
        inline_limit: (inline > 0).then_some(inline),
        hamt_threshold: objects
            .maybe_bytes("hamt_threshold")
            .map_or(ImportOptions::default().hamt_threshold, |threshold| threshold.as_u64() as usize),
        ..ImportOptions::default()
    }
}

fn order(values: &Values, objects: &Instance, inputs: &Inputs, index: u64) -> Order {
    let options = import_options(objects);
    let (bytes, identity) = match inputs.source(objects) {
        Some(source) => {
            let identity = format!("{} {options:?}", source.sha256);
            (Origin::Source(source), identity)
        }
        None => {
            let seed = objects.maybe_whole("content_seed").unwrap_or_else(|| values.one("").whole("seed"));
            let size = objects.bytes("size").as_u64() / objects.whole("shrink");
            let name = format!("content/{}/{index}", objects.name());
            let identity = format!("{name} {seed} {size} {options:?}");
            (Origin::Generated { seed, domain: Domain::new(&name), size }, identity)
        }
    };
    Order { identity, options, bytes }
}

/// Whether a group may serve altered blocks: their bytes are then needed to be altered and hashed.
fn somebody_tampers(values: &Values) -> bool {
    let zero = Value::Share(sim_core::units::Prob::ZERO);
    values
        .all("population.<group>")
        .any(|group| group.checked("tampering").is_some_and(|checked| checked.value != zero))
}

impl Order {
    fn fill(&self, keep_bytes: bool) -> Result<Dag, String> {
        let mut sink = if keep_bytes { DagCollector::with_bytes() } else { DagCollector::new() };
        let root = match &self.bytes {
            Origin::Source(source) => source.import(&self.options, &mut sink)?.cid,
            Origin::Generated { seed, domain, size } => {
                let mut file = FileImporter::new(&self.options, &mut sink);
                generate(*seed, *domain, *size, |bytes| file.write(bytes));
                file.finish().cid
            }
        };
        Ok(sink.finish(&root).expect("the importer hands over the root last"))
    }
}

/// `size` bytes of the stream of a domain.
fn generate(seed: u64, domain: Domain, size: u64, mut take: impl FnMut(&[u8])) {
    let mut stream = workload_stream(Draws::new(seed, 0), domain);
    let mut buffer = vec![0; BUFFER.min(usize::try_from(size).unwrap_or(BUFFER))];
    let mut left = size;
    while left > 0 {
        let n = left.min(buffer.len() as u64) as usize;
        stream.fill_bytes(&mut buffer[..n]);
        take(&buffer[..n]);
        left -= n as u64;
    }
}
