//! Labels: the slow, sequential part of sealing (SDR, stacked depth-robust graphs).
//!
//! ```text
//! label = SHA-256( replica id | layer u32 BE | node u64 BE | 20 zero bytes | 37 parents' labels ), top two bits cleared
//! ```
//!
//! The 37 are the node's parents repeated in turn: 6 in the first layer, 14 in later ones, none for node 0. A layer has to
//! be made in order, since its nodes depend on the ones before; that is what makes sealing slow for everybody
//! ([`cost`](super::cost)). Sources: rust-fil-proofs `storage-proofs-porep/src/stacked/vanilla/create_label/single.rs`,
//! `labeling_proof.rs`; layers per size: `filecoin-proofs/src/constants.rs`.

use super::graph::{DRG_DEGREE, Graph};
use crate::filecoin::piece::node::{Node, sha254};

/// Layers of every sector up to 1 GiB.
pub const LAYERS: usize = 2;
/// Parents' labels in one label.
const PARENTS_HASHED: usize = 37;
const PREFIX: usize = 64;

/// The layer that a label belongs to, counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layer(pub u32);

/// One label. `parents` are the parents' labels in graph order; empty for node 0.
pub fn label(replica_id: &Node, layer: Layer, node: u32, parents: &[Node]) -> Node {
    let mut bytes = [0; PREFIX + 32 * PARENTS_HASHED];
    bytes[..32].copy_from_slice(&replica_id.0);
    bytes[32..36].copy_from_slice(&layer.0.to_be_bytes());
    bytes[36..44].copy_from_slice(&u64::from(node).to_be_bytes());
    if parents.is_empty() {
        return sha254(&bytes[..PREFIX]);
    }
    let (places, _) = bytes[PREFIX..].as_chunks_mut::<32>();
    places.iter_mut().zip(parents.iter().cycle()).for_each(|(place, parent)| *place = parent.0);
    sha254(&bytes)
}

/// Labels of all layers, the first one first.
pub fn layers(graph: &Graph, replica_id: &Node) -> [Vec<Node>; LAYERS] {
    let first = layer(graph, replica_id, Layer(1), &[]);
    let second = layer(graph, replica_id, Layer(2), &first);
    [first, second]
}

/// Labels of one layer, from those of the layer before (none for the first).
fn layer(graph: &Graph, replica_id: &Node, layer: Layer, before: &[Node]) -> Vec<Node> {
    let nodes = graph.size().nodes();
    let mut labels = Vec::with_capacity(nodes as usize);
    labels.push(label(replica_id, layer, 0, &[]));
    for node in 1..nodes {
        let (same, expander) = graph.parents(node).split_at(DRG_DEGREE);
        let mut parents = [Node::ZERO; super::graph::DEGREE];
        let (own, earlier) = parents.split_at_mut(DRG_DEGREE);
        own.iter_mut().zip(same).for_each(|(place, parent)| *place = labels[*parent as usize]);
        let used = if before.is_empty() {
            DRG_DEGREE
        } else {
            earlier.iter_mut().zip(expander).for_each(|(place, parent)| *place = before[*parent as usize]);
            parents.len()
        };
        labels.push(label(replica_id, layer, node, &parents[..used]));
    }
    labels
}
