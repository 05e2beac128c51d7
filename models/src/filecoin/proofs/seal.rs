//! Sealing: from the data of a sector to the replica that a miner keeps and the commitments that the chain keeps.
//!
//! With SDR: labels of two layers, columns hashed into tree C (CommC), replica = data + last label in the field, tree R
//! over it (CommRLast), CommR over both. Labels and tree C are not kept: they follow from the identity and, if someone
//! doubts a PoRep, are made again ([`Sealer::workings`]). The other families skip the encoding. Source: rust-fil-proofs
//! `storage-proofs-porep/src/stacked/vanilla/proof.rs`.

use super::family::ProofFamily;
use super::graph::{Graph, Graphs};
use super::identity::{PorepId, SealIdentity};
use super::labels::{LAYERS, layers};
use super::poseidon::{NotInField, element, poseidon2, to_node};
use super::replica::Replica;
use super::tree::{Tree, TreeKind};
use super::update::{Rhos, UpdateWorkings};
use crate::filecoin::piece::node::Node;
use crate::filecoin::piece::size::SectorSize;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;
use thiserror::Error;

/// A sector as it was sealed: a fact that never changes, whatever becomes of its bytes on a disk.
///
/// Keeps tree R (8/7 of the sector, twice the sector for binary trees) and the commitments; for 2 KiB some 2.5 KB.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sealed {
    family: ProofFamily,
    size: SectorSize,
    identity: SealIdentity,
    replica_id: Node,
    comm_d: Node,
    comm_c: Node,
    comm_r: Node,
    /// CommR of the committed capacity that it was before an update.
    updated_from: Option<Node>,
    tree: Tree,
}

impl Sealed {
    /// The family of its proofs.
    pub fn family(&self) -> ProofFamily {
        self.family
    }

    /// The real size.
    pub fn size(&self) -> SectorSize {
        self.size
    }

    /// Who sealed it, and under which randomness.
    pub fn identity(&self) -> &SealIdentity {
        &self.identity
    }

    /// The replica id.
    pub fn replica_id(&self) -> &Node {
        &self.replica_id
    }

    /// Commitment to the data.
    pub fn comm_d(&self) -> &Node {
        &self.comm_d
    }

    /// Commitment to the columns of labels.
    pub fn comm_c(&self) -> &Node {
        &self.comm_c
    }

    /// Commitment to the replica: root of [`Sealed::tree`].
    pub fn comm_r_last(&self) -> Node {
        self.tree.root()
    }

    /// The commitment that goes on chain.
    pub fn comm_r(&self) -> &Node {
        &self.comm_r
    }

    /// CommR of the committed capacity that this replica is an update of, if it is one.
    pub fn updated_from(&self) -> Option<&Node> {
        self.updated_from.as_ref()
    }

    /// The tree over the replica.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }
}

/// All that sealing makes and then throws away; the input of a computed PoRep.
#[derive(Clone, Debug)]
pub struct Workings {
    /// Labels, first layer first. Empty if the family does not encode.
    pub labels: [Vec<Node>; LAYERS],
    /// Tree over the data.
    pub tree_d: Tree,
    /// Tree over the columns, if there are any.
    pub tree_c: Option<Tree>,
    /// CommC.
    pub comm_c: Node,
    /// Tree over the replica.
    pub tree_r: Tree,
}

/// Seals and unseals sectors of one family, size and proof. One for a whole run, shared by all miners.
#[derive(Clone, Debug)]
pub struct Sealer {
    family: ProofFamily,
    size: SectorSize,
    porep_id: PorepId,
    graph: Option<Arc<Graph>>,
}

impl Sealer {
    /// A sealer of the network's proof for that size.
    pub fn new(family: ProofFamily, size: SectorSize, graphs: &mut Graphs) -> Self {
        Sealer::with_porep_id(family, size, PorepId::of_size(size), graphs)
    }

    /// A sealer of another proof id. Computes the graph if the family needs it and `graphs` has none yet.
    pub fn with_porep_id(
        family: ProofFamily,
        size: SectorSize,
        porep_id: PorepId,
        graphs: &mut Graphs,
    ) -> Self {
        let graph = family.encodes().then(|| graphs.get(porep_id, size));
        Sealer { family, size, porep_id, graph }
    }

    /// The family.
    pub fn family(&self) -> ProofFamily {
        self.family
    }

    /// The real size of its sectors.
    pub fn size(&self) -> SectorSize {
        self.size
    }

    /// The proof's id.
    pub fn porep_id(&self) -> PorepId {
        self.porep_id
    }

    /// The graph, if the family encodes.
    pub fn graph(&self) -> Option<&Graph> {
        self.graph.as_deref()
    }

    /// Seals the data nodes of a sector ([`assemble`](crate::filecoin::piece::layout::assemble) lays them out).
    ///
    /// # Errors
    /// [`NotInField`] if a node is not below the modulus; fr32 and slots never make such a node.
    ///
    /// # Panics
    /// If the data is not a whole sector, or the identity belongs to another proof.
    pub fn seal(&self, identity: SealIdentity, data: Vec<Node>) -> Result<Sealed, NotInField> {
        let workings = self.work(&identity, data)?;
        let comm_d = workings.tree_d.root();
        Ok(Sealed {
            family: self.family,
            size: self.size,
            identity,
            replica_id: identity.replica_id(&comm_d),
            comm_d,
            comm_c: workings.comm_c,
            comm_r: self.family.comm_r(&workings.comm_c, &workings.tree_r.root())?,
            updated_from: None,
            tree: workings.tree_r,
        })
    }

    /// Puts data into a sector of committed capacity ([`update`](super::update)).
    ///
    /// # Errors
    /// [`NotInField`] if a node is not below the modulus; fr32 and slots never make such a node.
    ///
    /// # Panics
    /// If the data is not a whole sector, or the sector is an update itself.
    pub fn update(&self, sealed: &Sealed, data: Vec<Node>) -> Result<Sealed, NotInField> {
        assert_eq!(sealed.updated_from, None, "only committed capacity is updated");
        let old = sealed.tree.leaves().to_vec();
        let workings = UpdateWorkings::new(self, sealed, old, data)?;
        Ok(Sealed {
            comm_d: workings.data.root(),
            comm_r: self.family.comm_r(&workings.comm_c, &workings.new.root())?,
            updated_from: Some(sealed.comm_r),
            tree: workings.new,
            ..sealed.clone()
        })
    }

    /// Seals and keeps all that is usually thrown away.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    pub fn work(&self, identity: &SealIdentity, data: Vec<Node>) -> Result<Workings, NotInField> {
        assert_eq!(data.len(), self.size.nodes() as usize, "data of a {} sector", self.size);
        assert_eq!(identity.porep_id, self.porep_id, "identity and sealer belong to one proof");
        let tree_d = Tree::new(TreeKind::Sha256Binary, data)?;
        let Some(graph) = self.graph.as_deref() else {
            let comm_c = self.family.comm_c_without_columns(identity, &tree_d.root());
            return Ok(Workings {
                labels: [const { Vec::new() }; LAYERS],
                tree_r: tree_d.clone(),
                tree_d,
                tree_c: None,
                comm_c,
            });
        };
        let labels = layers(graph, &identity.replica_id(&tree_d.root()));
        let [first, last] = &labels;
        let columns: Result<Vec<_>, _> =
            first.iter().zip(last).map(|(one, two)| poseidon2(&[*one, *two])).collect();
        let tree_c = Tree::new(TreeKind::PoseidonOctal, columns?)?;
        let replica: Result<Vec<_>, _> =
            tree_d.leaves().iter().zip(last).map(|(node, label)| encode(node, label)).collect();
        let tree_r = Tree::new(TreeKind::PoseidonOctal, replica?)?;
        Ok(Workings { comm_c: tree_c.root(), tree_d, tree_c: Some(tree_c), tree_r, labels })
    }

    /// What sealing this sector made, once more: decodes the replica and seals it again.
    pub fn workings(&self, sealed: &Sealed) -> Workings {
        let whole = Replica::new(Arc::new(sealed.clone()));
        let data =
            self.decode(&whole, 0..u64::from(self.size.nodes())).expect("a sealed sector can be decoded");
        self.work(sealed.identity(), data).expect("its data was sealed before")
    }

    /// Unseals: the data nodes of a range, decoded from what the miner has. Takes the labels of the whole sector, as
    /// unsealing does in reality ([`cost`](super::cost) says how long).
    ///
    /// The result is what the disk holds, altered or not: [`read`](super::read) compares it before it is served.
    ///
    /// # Errors
    /// [`Unreadable`] at the first node of the range that is lost or is no field element.
    pub fn decode(&self, replica: &Replica, range: Range<u64>) -> Result<Vec<Node>, Unreadable> {
        let leaves = range.clone().map(|node| replica.leaf(node).ok_or(Unreadable::Lost { node }));
        let leaves: Vec<Node> = leaves.collect::<Result<_, _>>()?;
        let Some(graph) = self.graph.as_deref() else {
            return Ok(leaves);
        };
        let sealed = replica.sealed();
        let [_, last] = layers(graph, sealed.replica_id());
        let rhos = sealed.updated_from.map(|comm_r_old| {
            Rhos::new(self.size, &sealed.comm_d, &comm_r_old).expect("commitments are elements of the field")
        });
        let decoded = range.zip(leaves).map(|(node, leaf)| {
            let label = &last[node as usize];
            let data = match &rhos {
                None => decode(&leaf, label),
                // Committed capacity is zeros, so that the old replica is its labels.
                Some(rhos) => rhos.decode(node as u32, label, &leaf),
            };
            data.map_err(|NotInField| Unreadable::NotInField { node })
        });
        decoded.collect()
    }
}

/// Why sealed bytes cannot be turned back into data.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// The bytes are not there any more.
    #[error("node {node} of the replica is lost")]
    Lost {
        /// Which node.
        node: u64,
    },
    /// The bytes are not a field element, so they are not those that were sealed.
    #[error("node {node} of the replica is not a field element")]
    NotInField {
        /// Which node.
        node: u64,
    },
}

/// Replica node of a data node: the sum with its label.
pub(super) fn encode(data: &Node, label: &Node) -> Result<Node, NotInField> {
    Ok(to_node(&(element(data)? + element(label)?)))
}

fn decode(replica: &Node, label: &Node) -> Result<Node, NotInField> {
    Ok(to_node(&(element(replica)? - element(label)?)))
}
