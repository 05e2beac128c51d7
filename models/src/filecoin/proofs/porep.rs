//! Proof of replication: that CommR commits to an encoding of CommD made for this miner, this sector, this ticket.
//!
//! Challenged nodes are never node 0:
//!
//! ```text
//! interactive      SHA-256( replica id | seed | j u32 LE ), as 256-bit LE integer, mod (n - 1), plus 1
//! non-interactive  SHA-256( "filecoin.io|PoRep|1|NonInteractive|1" | replica id | CommR | j u32 LE ), likewise  FIP-0092
//! ```
//!
//! For each, the proof opens the data and the replica, and the columns of the node and of its 14 parents; the verifier
//! hashes columns, recomputes both labels from the parents' and adds the last one to the data. Families that do not encode
//! open data and replica only. Source: rust-fil-proofs `storage-proofs-porep/src/stacked/vanilla/{challenges,params,
//! proof_scheme}.rs`.

use super::family::ProofFamily;
use super::graph::{DRG_DEGREE, Graph};
use super::identity::{PorepSeed, SealIdentity};
use super::labels::{LAYERS, Layer, label};
use super::poseidon::poseidon2;
use super::seal::{Sealed, Sealer, Workings, encode};
use super::shared;
use super::tree::{Opening, OpeningError, PathChecker, TreeKind};
use crate::filecoin::piece::node::Node;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use thiserror::Error;

const NON_INTERACTIVE_TAG: &[u8] = b"filecoin.io|PoRep|1|NonInteractive|1";

/// Where the challenges come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PorepKind {
    /// From chain randomness that follows the pre-commitment.
    Interactive(PorepSeed),
    /// From the commitment itself, with many more challenges.
    NonInteractive,
}

/// What the chain wants to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PorepStatement {
    /// Miner, sector, ticket and proof of the pre-commitment.
    pub identity: SealIdentity,
    /// CommD that the chain computed from the sector's deals.
    pub comm_d: Node,
    /// CommR that the miner committed to.
    pub comm_r: Node,
    /// Where the challenges come from.
    pub kind: PorepKind,
}

impl PorepStatement {
    /// The challenged nodes, in order.
    pub fn challenges(&self, sealer: &Sealer) -> Vec<u32> {
        let counts = sealer.family().counts();
        let replica_id = self.identity.replica_id(&self.comm_d);
        let (prefix, count) = match self.kind {
            PorepKind::Interactive(seed) => {
                (Sha256::new().chain_update(replica_id.0).chain_update(seed.0), counts.porep)
            }
            PorepKind::NonInteractive => {
                let tagged = Sha256::new_with_prefix(NON_INTERACTIVE_TAG);
                (tagged.chain_update(replica_id.0).chain_update(self.comm_r.0), counts.non_interactive)
            }
        };
        let others = sealer.size().nodes() - 1;
        let challenge = |j: u32| {
            let digest = prefix.clone().chain_update(j.to_le_bytes()).finalize();
            remainder(digest.iter().rev(), u64::from(others)) as u32 + 1
        };
        (0..count).map(challenge).collect()
    }
}

/// Remainder of an integer given by its bytes, highest first.
pub(super) fn remainder<'a>(bytes: impl Iterator<Item = &'a u8>, modulus: u64) -> u64 {
    let reduced = bytes.fold(0u128, |rest, byte| (rest << 8 | u128::from(*byte)) % u128::from(modulus));
    reduced as u64
}

/// The column of a node: its labels in all layers, and that tree C holds their hash.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ColumnOpening {
    /// Labels, first layer first.
    pub labels: [Node; LAYERS],
    /// The column's hash in tree C.
    pub opening: Opening,
}

/// What is opened for one challenged node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NodeProof {
    /// The node in the tree over the data.
    pub data: Opening,
    /// The node in the tree over the replica.
    pub replica: Opening,
    /// Columns of the node and of its parents in graph order; none if the family does not encode.
    pub columns: Vec<ColumnOpening>,
}

/// A proof with everything that a verifier hashes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PorepProof {
    /// CommC, to be hashed with the next into CommR.
    pub comm_c: Node,
    /// Root of the tree over the replica.
    pub comm_r_last: Node,
    /// One for each challenge.
    pub nodes: Vec<NodeProof>,
}

impl Workings {
    /// Opens the challenged nodes.
    pub fn prove(&self, sealer: &Sealer, challenges: &[u32]) -> PorepProof {
        let columns = |node: u32| {
            let (Some(graph), Some(tree_c)) = (sealer.graph(), &self.tree_c) else {
                return Vec::new();
            };
            let column = |node: u32| ColumnOpening {
                labels: std::array::from_fn(|layer| self.labels[layer][node as usize]),
                opening: tree_c.open(u64::from(node)),
            };
            family_of(graph, node).map(column).collect()
        };
        let node_proof = |node: &u32| NodeProof {
            data: self.tree_d.open(u64::from(*node)),
            replica: self.tree_r.open(u64::from(*node)),
            columns: columns(*node),
        };
        PorepProof {
            comm_c: self.comm_c,
            comm_r_last: self.tree_r.root(),
            nodes: challenges.iter().map(node_proof).collect(),
        }
    }
}

/// A node and its parents, in the order of their columns.
fn family_of(graph: &Graph, node: u32) -> impl Iterator<Item = u32> + '_ {
    std::iter::once(node).chain(graph.parents(node).iter().copied())
}

/// A miner's answer. The short form says that the sector was sealed by the rules, which holding it shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PorepAnswer {
    /// The sealed sector itself.
    OfSealing(#[serde(with = "shared")] Arc<Sealed>),
    /// A proof that the verifier has to hash.
    Computed(Box<PorepProof>),
}

impl PorepAnswer {
    /// The proof as it would travel, whatever the form.
    pub fn to_proof(&self, sealer: &Sealer, statement: &PorepStatement) -> PorepProof {
        match self {
            PorepAnswer::Computed(proof) => proof.as_ref().clone(),
            PorepAnswer::OfSealing(sealed) => {
                sealer.workings(sealed).prove(sealer, &statement.challenges(sealer))
            }
        }
    }
}

/// Why an answer does not prove replication.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PorepError {
    /// A sector of another size, family or proof than the chain's.
    #[error("a sector of another size or proof")]
    OtherProof,
    /// CommC and CommRLast do not hash to the committed CommR.
    #[error("CommC and CommRLast do not belong to the committed CommR")]
    OtherReplica,
    /// Not one proof for each challenge, or not one column for the node and each parent.
    #[error("{found} openings, expected {expected}")]
    Count {
        /// Expected.
        expected: usize,
        /// Found.
        found: usize,
    },
    /// An opening does not hold.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// The opened hash is not that of the shown labels.
    #[error("the column of node {node} does not hash to its leaf")]
    Column {
        /// The node.
        node: u32,
    },
    /// A label is not what the parents' labels and the replica id give.
    #[error("the label of node {node} in layer {layer} is not computed from its parents and this replica id")]
    Label {
        /// The node.
        node: u32,
        /// The layer, counted from 1.
        layer: u32,
    },
    /// The replica is not data plus label.
    #[error("node {node} of the replica does not encode the data")]
    Encoding {
        /// The node.
        node: u32,
    },
}

/// Whether the answer proves that CommR commits to this miner's own encoding of CommD.
///
/// The short form for exactly this statement is compared; all else is hashed, label by label.
///
/// # Errors
/// [`PorepError`] says what is wrong.
pub fn verify_porep(
    sealer: &Sealer,
    statement: &PorepStatement,
    answer: &PorepAnswer,
) -> Result<(), PorepError> {
    match answer {
        PorepAnswer::OfSealing(sealed)
            if (sealed.family(), sealed.size(), sealed.identity().porep_id)
                != (sealer.family(), sealer.size(), sealer.porep_id()) =>
        {
            Err(PorepError::OtherProof)
        }
        PorepAnswer::OfSealing(sealed)
            if *sealed.identity() == statement.identity
                && *sealed.comm_d() == statement.comm_d
                && *sealed.comm_r() == statement.comm_r =>
        {
            Ok(())
        }
        PorepAnswer::OfSealing(_) => verify_proof(sealer, statement, &answer.to_proof(sealer, statement)),
        PorepAnswer::Computed(proof) => verify_proof(sealer, statement, proof),
    }
}

fn verify_proof(sealer: &Sealer, statement: &PorepStatement, proof: &PorepProof) -> Result<(), PorepError> {
    let family = sealer.family();
    if family.comm_r(&proof.comm_c, &proof.comm_r_last) != Ok(statement.comm_r) {
        return Err(PorepError::OtherReplica);
    }
    let challenges = statement.challenges(sealer);
    same_count(challenges.len(), proof.nodes.len())?;
    let mut verifier = Verifier::new(sealer, statement, proof);
    match sealer.graph() {
        Some(graph) => {
            challenges.iter().zip(&proof.nodes).try_for_each(|(x, node)| verifier.encoded(graph, *x, node))
        }
        None => {
            let expected = family.comm_c_without_columns(&statement.identity, &statement.comm_d);
            // PDP opens nothing here: its replica is the data, root and all.
            let same_root = family != ProofFamily::Pdp || proof.comm_r_last == statement.comm_d;
            if proof.comm_c != expected || !same_root {
                return Err(PorepError::OtherReplica);
            }
            challenges.iter().zip(&proof.nodes).try_for_each(|(x, node)| verifier.plain(*x, node))
        }
    }
}

/// The three trees and the replica id of one statement.
struct Verifier {
    data: PathChecker,
    replica: PathChecker,
    columns: PathChecker,
    replica_id: Node,
}

impl Verifier {
    fn new(sealer: &Sealer, statement: &PorepStatement, proof: &PorepProof) -> Self {
        let nodes = u64::from(sealer.size().nodes());
        Verifier {
            data: PathChecker::new(TreeKind::Sha256Binary, nodes, statement.comm_d),
            replica: PathChecker::new(sealer.family().tree_kind(), nodes, proof.comm_r_last),
            columns: PathChecker::new(TreeKind::PoseidonOctal, nodes, proof.comm_c),
            replica_id: statement.identity.replica_id(&statement.comm_d),
        }
    }

    /// Data and replica are the same bytes.
    fn plain(&mut self, node: u32, proof: &NodeProof) -> Result<(), PorepError> {
        self.data.check(u64::from(node), &proof.data)?;
        self.replica.check(u64::from(node), &proof.replica)?;
        if proof.data.leaf == proof.replica.leaf { Ok(()) } else { Err(PorepError::Encoding { node }) }
    }

    /// The replica is data plus the label that the parents' labels give.
    fn encoded(&mut self, graph: &Graph, node: u32, proof: &NodeProof) -> Result<(), PorepError> {
        self.data.check(u64::from(node), &proof.data)?;
        self.replica.check(u64::from(node), &proof.replica)?;
        same_count(1 + graph.parents(node).len(), proof.columns.len())?;
        family_of(graph, node)
            .zip(&proof.columns)
            .try_for_each(|(node, column)| self.column(node, column))?;
        let own = &proof.columns[0].labels;
        self.labels(node, own, &proof.columns[1..])?;
        let expected = encode(&proof.data.leaf, &own[LAYERS - 1]);
        if expected == Ok(proof.replica.leaf) { Ok(()) } else { Err(PorepError::Encoding { node }) }
    }

    fn column(&mut self, node: u32, column: &ColumnOpening) -> Result<(), PorepError> {
        if poseidon2(&column.labels) != Ok(column.opening.leaf) {
            return Err(PorepError::Column { node });
        }
        Ok(self.columns.check(u64::from(node), &column.opening)?)
    }

    fn labels(&self, node: u32, own: &[Node; LAYERS], parents: &[ColumnOpening]) -> Result<(), PorepError> {
        let (same, before) = parents.split_at(DRG_DEGREE);
        for (below, own) in own.iter().enumerate() {
            let layer = below as u32 + 1;
            let mut hashed: Vec<Node> = same.iter().map(|parent| parent.labels[below]).collect();
            if below > 0 {
                hashed.extend(before.iter().map(|parent| parent.labels[below - 1]));
            }
            if label(&self.replica_id, Layer(layer), node, &hashed) != *own {
                return Err(PorepError::Label { node, layer });
            }
        }
        Ok(())
    }
}

fn same_count(expected: usize, found: usize) -> Result<(), PorepError> {
    if expected == found { Ok(()) } else { Err(PorepError::Count { expected, found }) }
}
