//! Laws of importing and reading back, over random files, directories and options.
//!
//! The cases come from fixed seeds, so a failure repeats; proptest prints the smallest case it finds.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::splitmix64;
use models::cid::{Cid, CidVersion, Codec};
use models::ipfs::unixfs::{
    ChunkerSpec, Dag, DagCollector, DagStats, DirectoryBuilder, FileImporter, FileSummary, HamtEstimate,
    ImportOptions, Layout, Link, Node, ReadError, Sink, import_tree, list_directory, read_file,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::RngSeed;

/// A block store: everything but what CIDs carry themselves.
#[derive(Default)]
struct Store(BTreeMap<Cid, Vec<u8>>);

impl Sink for Store {
    fn block(&mut self, cid: &Cid, bytes: &[u8], _: &[Link], _: usize) {
        if cid.inline_block().is_none() {
            self.0.insert(cid.clone(), bytes.to_vec());
        }
    }
}

impl Store {
    fn get(&self, cid: &Cid) -> Option<&Vec<u8>> {
        self.0.get(cid)
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(0x1A57_C097),
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

/// Log-uniform from 0 to 64 KiB.
fn file_size() -> impl Strategy<Value = usize> {
    (0u32..=15, any::<u32>()).prop_map(|(bits, draw)| (draw as usize % (1 << bits) + (1 << bits)) - 1)
}

/// Chunkers whose chunks are around `length` bytes, as far as each can.
fn chunker(length: usize) -> impl Strategy<Value = ChunkerSpec> {
    let size = ChunkerSpec::size(length.max(1)).expect("within bounds");
    let min = length.max(16);
    let rabin = ChunkerSpec::rabin(min, 2 * min, 4 * min).expect("within bounds");
    let around = ChunkerSpec::rabin_around(length.max(48)).expect("within bounds");
    select(vec![size, rabin, around, ChunkerSpec::buzhash()])
}

/// A file of this size with options that cut it into at most some hundreds of chunks.
fn options(size: usize) -> impl Strategy<Value = ImportOptions> {
    let length = size / 300..=size.min(20_000);
    let inline = prop_oneof![Just(None), (0usize..=128).prop_map(Some)];
    let links = prop_oneof![2usize..8, Just(174)];
    let layout = select(vec![Layout::Balanced, Layout::Trickle]);
    let version = select(vec![CidVersion::V0, CidVersion::V1]);
    (length.prop_flat_map(chunker), version, any::<bool>(), layout, links, inline).prop_map(
        |(chunker, cid_version, raw_leaves, layout, max_links, inline_limit)| ImportOptions {
            chunker,
            cid_version,
            raw_leaves,
            layout,
            max_links,
            inline_limit,
            ..ImportOptions::default()
        },
    )
}

type Kept = (Store, (DagStats, DagCollector));

/// Imports in slices of up to `slice` bytes.
fn import(data: &[u8], options: &ImportOptions, slice: usize) -> (FileSummary, Kept) {
    let mut sink = (Store::default(), (DagStats::new(), DagCollector::new()));
    let mut file = FileImporter::new(options, &mut sink);
    data.chunks(slice.max(1)).for_each(|slice| file.write(slice));
    (file.finish(), sink)
}

/// Depths and payloads of all leaves, in file order.
fn leaves(dag: &Dag, position: u32, depth: u32, found: &mut Vec<(u32, u32)>) {
    if dag.children(position).is_empty() {
        found.push((depth, dag.block(position).payload));
    }
    for &child in dag.children(position) {
        assert!(child < position, "children come before parents");
        leaves(dag, child, depth + 1, found);
    }
}

fn check_shape(dag: &Dag, options: &ImportOptions, done: &FileSummary) {
    let mut found = Vec::new();
    leaves(dag, dag.root(), 0, &mut found);
    assert_eq!(found.len() as u64, done.chunks.max(1));
    assert_eq!(found.iter().map(|&(_, payload)| u64::from(payload)).sum::<u64>(), done.file_size);
    let longest = options.chunker.longest();
    assert!(found.iter().all(|&(_, payload)| payload as usize <= longest));
    if options.layout == Layout::Balanced {
        assert!(found.iter().all(|&(depth, _)| depth == found[0].0), "all leaves at one depth");
        let widest = (0u32..).zip(dag.blocks()).map(|(position, _)| dag.children(position).len()).max();
        assert!(widest <= Some(options.max_links));
    }
}

fn check_names(store: &Store, options: &ImportOptions) {
    for (cid, bytes) in &store.0 {
        assert!(cid.verify(bytes));
        assert!(options.inline_limit.is_none_or(|limit| bytes.len() > limit), "short blocks are inlined");
        let version = if cid.codec() == Codec::Raw { CidVersion::V1 } else { options.cid_version };
        assert_eq!(cid.version(), version);
        assert!(options.raw_leaves || cid.codec() == Codec::DagPb);
    }
}

proptest! {
    #![proptest_config(config(10_000))]

    #[test]
    fn a_file_reads_back_whole_and_its_tree_keeps_the_rules(
        (size, options) in file_size().prop_flat_map(|size| (Just(size), options(size))),
        seed in any::<u64>(),
        slice in 1usize..100_000,
    ) {
        let data = splitmix64(seed, size);
        let (done, (store, (stats, collector))) = import(&data, &options, slice.max(size / 50));
        prop_assert_eq!(done.file_size, size as u64);
        prop_assert_eq!(read_file(&done.cid, |cid| store.get(cid)), Ok(data));
        let figures = stats.summary(&done.cid).expect("the root was made");
        prop_assert_eq!(figures.dag_size, done.dag_size);
        prop_assert_eq!(figures.stored_blocks, store.0.len() as u64);
        let dag = collector.finish(&done.cid).expect("the root was made");
        prop_assert_eq!(dag.blocks().len() as u64, figures.blocks_unique);
        prop_assert_eq!(dag.stored_bytes(), figures.stored_bytes);
        check_shape(&dag, &options, &done);
        check_names(&store, &options);
    }
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn a_lost_or_damaged_block_is_reported_and_never_read(
        (size, options) in file_size().prop_flat_map(|size| (Just(size), options(size))),
        seed in any::<u64>(),
        (victim, byte) in any::<(Index, Index)>(),
    ) {
        let data = splitmix64(seed, size);
        let (done, (mut store, _)) = import(&data, &options, size);
        prop_assume!(!store.0.is_empty());
        let cid = victim.get(&store.0.keys().cloned().collect::<Vec<_>>()).clone();
        let mut block = store.0.remove(&cid).expect("one of the keys");
        prop_assert_eq!(read_file(&done.cid, |cid| store.get(cid)), Err(ReadError::Missing(cid.clone())));
        match block.len() {
            0 => block.push(0),
            len => block[byte.index(len)] ^= 1,
        }
        store.0.insert(cid.clone(), block);
        prop_assert_eq!(read_file(&done.cid, |cid| store.get(cid)), Err(ReadError::Corrupt(cid)));
    }

    #[test]
    fn a_directory_lists_what_was_put_in(
        names in prop::collection::btree_set("[a-zé.]{1,4}", 0..120),
        threshold in select(vec![0usize, 1, 500, 3_000]),
        estimate in select(vec![HamtEstimate::Links, HamtEstimate::Block]),
        inline_limit in select(vec![None, Some(40)]),
    ) {
        let options = ImportOptions {
            hamt_threshold: threshold, hamt_estimate: estimate, inline_limit, ..ImportOptions::default()
        };
        let mut store = Store::default();
        let mut directory = DirectoryBuilder::new(&options);
        let entry = |name: &str| Cid::of_block(CidVersion::V1, Codec::Raw, name.as_bytes());
        for name in &names {
            directory.add(name, entry(name), name.len() as u64).expect("a good name");
        }
        let done = directory.finish(&mut store).expect("no collision");
        let listed = list_directory(&done.cid, |cid| store.get(cid)).expect("all blocks are there");
        let expected = names.iter()
            .map(|name| Link { name: name.clone(), cid: entry(name), tsize: name.len() as u64 });
        prop_assert_eq!(listed, expected.collect::<Vec<_>>());
        let not_a_file = read_file(&done.cid, |cid| store.get(cid));
        prop_assert_eq!(not_a_file, Err(ReadError::NotAFile(done.cid.clone())));
    }
}

/// Damages a block: bytes changed, cut out or put in.
fn damage(block: &mut Vec<u8>, edits: &[(Index, u8, u8)]) {
    for (at, kind, value) in edits {
        let at = at.index(block.len() + 1);
        match kind % 3 {
            0 => block.insert(at, *value),
            _ if at == block.len() => block.truncate(at / 2),
            1 => drop(block.remove(at)),
            _ => block[at] = *value,
        }
    }
}

proptest! {
    #![proptest_config(config(5_000))]

    /// The blocks are damaged before they are named, so hashes hold and the decoders see the damage.
    #[test]
    fn junk_under_a_right_name_is_refused_without_a_panic(
        junk in prop::collection::vec(any::<u8>(), 0..200),
        edits in prop::collection::vec(any::<(Index, u8, u8)>(), 1..4),
        victim in any::<Index>(),
        threshold in select(vec![0usize, 1]),
    ) {
        let name = |block: &[u8]| Cid::of_block(CidVersion::V0, Codec::DagPb, block);
        let mut store = Store::default();
        let options = ImportOptions {
            chunker: ChunkerSpec::size(10).expect("within bounds"),
            max_links: 3,
            hamt_threshold: threshold,
            ..ImportOptions::default()
        };
        let files = (b'a'..=b'z').map(|n| (char::from(n).to_string(), Node::File(vec![n; usize::from(n)])));
        import_tree(Node::Dir(files.collect()), &options, &mut store, &mut |bytes, file| {
            file.write(&bytes);
            Ok::<_, ReadError>(())
        }).expect("good names");
        let mut damaged = victim.get(&store.0.values().cloned().collect::<Vec<_>>()).clone();
        damage(&mut damaged, &edits);
        for block in [junk, damaged] {
            let root = name(&block);
            store.0.insert(root.clone(), block);
            let read = read_file(&root, |cid| store.get(cid));
            let listed = list_directory(&root, |cid| store.get(cid));
            prop_assert!(read.is_err() || listed.is_err(), "a node is a file or a directory, not both");
        }
    }
}

#[test]
fn large_files_cut_by_content_read_back_whole() {
    for (seed, spec) in (0..).zip(["buzhash", "rabin", "rabin-65536"]) {
        let options = ImportOptions {
            chunker: spec.parse().expect("a chunker of Kubo"),
            max_links: 3,
            layout: Layout::Trickle,
            ..ImportOptions::default()
        };
        let data = splitmix64(seed, 3_000_000);
        let (done, (store, _)) = import(&data, &options, 70_000);
        assert_eq!(read_file(&done.cid, |cid| store.get(cid)), Ok(data));
    }
}

#[test]
fn equal_chunks_are_stored_once() {
    let options =
        ImportOptions { chunker: ChunkerSpec::size(100).expect("within bounds"), ..Default::default() };
    let (done, (store, _)) = import(&[7; 5_000], &options, 5_000);
    assert_eq!(done.chunks, 50);
    assert_eq!(store.0.len(), 2);
    assert_eq!(store.0.keys().map(Cid::multihash_bytes).collect::<BTreeSet<_>>().len(), 2);
}
