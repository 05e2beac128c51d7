//! Which part of an import is not hashing?
//!
//! Every import has to pass each byte through SHA2-256, so a plain hash of the same bytes is the floor, and the ratio
//! to it is what chunking, encoding and layout cost on top. The fixture is 64 MiB of splitmix64 bytes (seed 1), fed in
//! slices of 1 MiB into a sink that drops the blocks. With `--test` it is 4 MiB, and the root of each import is
//! printed, so that nobody speeds it up by changing what it does.
//!
//! ```text
//! cargo bench -p benches --bench chunking
//! ```

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use models::cid::Cid;
use models::ipfs::unixfs::{FileImporter, ImportOptions};
use sha2::{Digest, Sha256};

const SLICE: usize = 1024 * 1024;

/// Chunker and whether leaves are raw. Wrapped leaves are copied into their block, raw ones are not.
const IMPORTS: [(&str, bool); 5] = [
    ("size-262144", true),
    ("size-262144", false),
    ("buzhash", true),
    ("rabin", true),
    ("rabin-16384", true),
];

fn splitmix64(seed: u64, size: usize) -> Vec<u8> {
    let words = (1..=size.div_ceil(8) as u64).map(|i| {
        let mut z = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    });
    words.flat_map(u64::to_le_bytes).take(size).collect()
}

fn import(data: &[u8], options: &ImportOptions) -> Cid {
    let mut sink = ();
    let mut file = FileImporter::new(options, &mut sink);
    data.chunks(SLICE).for_each(|slice| file.write(slice));
    file.finish().cid
}

fn chunking(criterion: &mut Criterion) {
    let testing = std::env::args().any(|argument| argument == "--test");
    let data = splitmix64(1, if testing { 4 * SLICE } else { 64 * SLICE });
    let mut group = criterion.benchmark_group("import");
    group.throughput(Throughput::Bytes(data.len() as u64));
    group.sample_size(10);
    group.bench_function("sha256 alone", |bencher| {
        bencher.iter(|| data.chunks(256 * 1024).map(Sha256::digest).fold(0, |sum, digest| sum ^ digest[0]));
    });
    for (chunker, raw_leaves) in IMPORTS {
        let chunker = chunker.parse().expect("a chunker of Kubo");
        let options = ImportOptions { chunker, raw_leaves, ..ImportOptions::default() };
        let leaves = if raw_leaves { "raw" } else { "wrapped" };
        println!("{chunker}, {leaves} leaves: root {}", import(&data, &options));
        group.bench_function(BenchmarkId::new(chunker.to_string(), leaves), |bencher| {
            bencher.iter(|| import(&data, &options));
        });
    }
    group.finish();
}

criterion_group!(benches, chunking);
criterion_main!(benches);
