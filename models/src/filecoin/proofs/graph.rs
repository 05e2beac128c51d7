//! The graph of SDR sealing: which labels each label depends on.
//!
//! Node v of a layer has six parents in the same layer (depth-robust, "bucket sampling") and eight in the layer before
//! (an expander, Chung's construction by a Feistel permutation). Both depend only on the proof's id and the number of
//! nodes, so one table serves all sectors of a run ([`Graphs`]). Rules of API version 1.1; those of 1.0, another order of
//! parents and a truncation that was fixed, are left out: no sector may be sealed with it any more.
//! Sources: rust-fil-proofs `storage-proofs-core/src/drgraph.rs`, `crypto/feistel.rs`,
//! `storage-proofs-porep/src/stacked/vanilla/graph.rs`; Fisch, "Tight Proofs of Space and Replication", 2018.

use super::identity::PorepId;
use crate::filecoin::piece::size::SectorSize;
use blake2::Blake2b512;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Parents in the same layer.
pub const DRG_DEGREE: usize = 6;
/// Parents in the layer before.
pub const EXPANDER_DEGREE: usize = 8;
/// All parents, in the order in which they are hashed.
pub const DEGREE: usize = DRG_DEGREE + EXPANDER_DEGREE;

/// Parents of all nodes for one proof and one size: 56 bytes a node, 3.5 KiB at 2 KiB and 14.7 MB at 8 MiB.
#[derive(Debug)]
pub struct Graph {
    porep_id: PorepId,
    size: SectorSize,
    parents: Vec<[u32; DEGREE]>,
}

impl Graph {
    /// Computes the table.
    pub fn new(porep_id: PorepId, size: SectorSize) -> Self {
        let nodes = size.nodes();
        let drg = BucketSampling::new(porep_id);
        let expander = Feistel::new(porep_id, u64::from(nodes) * EXPANDER_DEGREE as u64);
        let of = |node: u32| {
            let mut parents = [0; DEGREE];
            let (same, before) = parents.split_at_mut(DRG_DEGREE);
            same.copy_from_slice(&drg.parents(node));
            for (i, parent) in before.iter_mut().enumerate() {
                let slot = u64::from(node) * EXPANDER_DEGREE as u64 + i as u64;
                *parent = (expander.permute(slot) / EXPANDER_DEGREE as u64) as u32;
            }
            parents
        };
        Graph { porep_id, size, parents: (0..nodes).map(of).collect() }
    }

    /// The proof's id.
    pub fn porep_id(&self) -> PorepId {
        self.porep_id
    }

    /// The sector size.
    pub fn size(&self) -> SectorSize {
        self.size
    }

    /// All parents of a node: six of the same layer, then eight of the layer before.
    pub fn parents(&self, node: u32) -> &[u32; DEGREE] {
        &self.parents[node as usize]
    }
}

/// The graphs of a run, each computed once and shared. Not part of a checkpoint: it follows from its keys.
#[derive(Clone, Debug, Default)]
pub struct Graphs(BTreeMap<(PorepId, SectorSize), Arc<Graph>>);

impl Graphs {
    /// The graph of that proof and size.
    pub fn get(&mut self, porep_id: PorepId, size: SectorSize) -> Arc<Graph> {
        let entry = self.0.entry((porep_id, size));
        Arc::clone(entry.or_insert_with(|| Arc::new(Graph::new(porep_id, size))))
    }
}

/// The depth-robust part: half of all edges are short, at every scale alike.
struct BucketSampling {
    seed: [u8; 28],
}

impl BucketSampling {
    fn new(porep_id: PorepId) -> Self {
        let digest = Sha256::new_with_prefix(b"Filecoin_DRSample").chain_update(porep_id.0).finalize();
        let mut seed = [0; 28];
        seed.copy_from_slice(&digest[..28]);
        BucketSampling { seed }
    }

    fn parents(&self, node: u32) -> [u32; DRG_DEGREE] {
        let mut parents = [0; DRG_DEGREE];
        if node < 2 {
            return parents;
        }
        let mut key = [0; 32];
        key[..28].copy_from_slice(&self.seed);
        key[28..].copy_from_slice(&node.to_le_bytes());
        let mut random = ChaCha8Rng::from_seed(key);
        // Every node stands for five meta nodes, which have one sampled parent each.
        let metas = DRG_DEGREE as u64 - 1;
        let meta = u64::from(node) * metas;
        let buckets = u64::from(u64::BITS - (meta - 1).leading_zeros());
        parents[0] = node - 1;
        for parent in &mut parents[1..] {
            let bucket = random.next_u64() % buckets + 1;
            let longest = meta.min(1 << bucket);
            let shortest = (longest >> 1).max(2);
            let back = shortest + random.next_u64() % (longest - shortest + 1);
            let found = ((meta - back) / metas) as u32;
            *parent = if found == node { node - 1 } else { found };
        }
        parents
    }
}

/// The expander part: a permutation of all edges, so that every node is a parent eight times.
///
/// A round hashes half of the bits only, so that its function has few arguments (2,048 at 8 MiB, 32 at 2 KiB) and is
/// tabled: 96 hashes in place of thousands, 6,144 in place of millions.
struct Feistel {
    rounds: [Vec<u64>; 3],
    elements: u64,
    half_bits: u32,
}

impl Feistel {
    fn new(porep_id: PorepId, elements: u64) -> Self {
        let digest = Sha256::new_with_prefix(b"Filecoin_Feistel").chain_update(porep_id.0).finalize();
        // The digest holds four keys; three rounds use the first three.
        let (keys, _) = digest.as_chunks::<8>();
        let half_bits = (1..).find(|bits| 1 << (2 * bits) >= elements).expect("64-bit numbers end");
        let table = |round: usize| {
            let key = u64::from_le_bytes(keys[round]);
            (0..1 << half_bits).map(|half| round_function(half, key, half_bits)).collect()
        };
        Feistel { rounds: std::array::from_fn(table), elements, half_bits }
    }

    /// Permutes; a result outside is permuted again, which comes back inside since the whole is a permutation.
    fn permute(&self, element: u64) -> u64 {
        let mut image = self.permute_all(element);
        while image >= self.elements {
            image = self.permute_all(image);
        }
        image
    }

    fn permute_all(&self, element: u64) -> u64 {
        let mask = (1 << self.half_bits) - 1;
        let (mut left, mut right) = (element >> self.half_bits & mask, element & mask);
        for round in &self.rounds {
            (left, right) = (right, left ^ round[right as usize]);
        }
        left << self.half_bits | right
    }
}

fn round_function(half: u64, key: u64, half_bits: u32) -> u64 {
    let digest =
        Blake2b512::new().chain_update(half.to_be_bytes()).chain_update(key.to_be_bytes()).finalize();
    let (words, _) = digest.as_chunks::<8>();
    u64::from_be_bytes(words[0]) & ((1 << half_bits) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_is_an_expander_parent_eight_times_and_drg_parents_lie_before() {
        let graph = Graph::new(PorepId::of_size(SectorSize::TwoKib), SectorSize::TwoKib);
        let mut uses = [0; 64];
        for node in 0..64 {
            let (same, before) = graph.parents(node).split_at(DRG_DEGREE);
            assert!(same.iter().all(|parent| *parent < node.max(1)), "{node}: {same:?}");
            before.iter().for_each(|parent| uses[*parent as usize] += 1);
        }
        assert_eq!(uses, [8; 64]);
    }

    #[test]
    fn graphs_are_computed_once_per_proof_and_size() {
        let mut graphs = Graphs::default();
        let id = PorepId::of_size(SectorSize::TwoKib);
        let first = graphs.get(id, SectorSize::TwoKib);
        assert!(Arc::ptr_eq(&first, &graphs.get(id, SectorSize::TwoKib)));
        let other = graphs.get(PorepId([7; 32]), SectorSize::TwoKib);
        assert_ne!(first.parents(9), other.parents(9));
    }
}
