//! Replica update: putting data into a sector of committed capacity without sealing it again (SnapDeals, FIP-0019).
//!
//! ```text
//! phi          = H( CommD new, CommR old )                    H: Poseidon of two, domain tag 2^40
//! rho of node  = H( phi, the h highest bits of its index )    h = 1 at 2 KiB, 10 at 8 MiB
//! new replica  = old replica + data · rho                     in the field; CommC stays
//! challenges   = bits of H( CommR new, 0 ), H( CommR new, 1 ), …, lowest first, 10 in each of 1 (2 KiB) or 4 partitions
//! ```
//!
//! The proof opens the old replica, the new data and the new replica at every challenged node; the verifier checks the
//! sum. Both replicas lie under the same CommC, which hashes with their roots to the two CommRs on chain. Families that do
//! not encode have the data as their replica, before and after. Source: rust-fil-proofs
//! `storage-proofs-update/src/{constants,challenges,vanilla}.rs`.
//!
//! Left out: apex leaves, which only save paths in the circuit; other values of h that the circuit would take; and the time
//! that an update takes (an encoding and a tree: minutes, no labels).

use super::family::ProofFamily;
use super::poseidon::{NotInField, element, randomness, to_node};
use super::seal::{Sealed, Sealer};
use super::tree::{Opening, OpeningError, PathChecker, Tree, TreeKind};
use crate::filecoin::piece::node::Node;
use crate::filecoin::piece::size::SectorSize;
use ff::Field;
use std::sync::Arc;
use thiserror::Error;

/// Challenges in a partition, of all sectors up to 16 MiB.
const CHALLENGES: u32 = 10;
/// Bits of a digest that challenges are taken from: the field's capacity.
const DIGEST_BITS: u32 = 254;

/// What the chain wants to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UpdateStatement {
    /// CommR of the sector of committed capacity.
    pub comm_r_old: Node,
    /// CommD of the data that is put in.
    pub comm_d_new: Node,
    /// CommR of what comes out.
    pub comm_r_new: Node,
}

impl UpdateStatement {
    /// The challenged nodes, partition by partition.
    ///
    /// # Errors
    /// [`NotInField`] if the new CommR is no field element.
    pub fn challenges(&self, size: SectorSize) -> Result<Vec<u32>, NotInField> {
        let partitions = partitions(size);
        let bits = size.nodes().trailing_zeros() - partitions.trailing_zeros();
        let per_digest = DIGEST_BITS / bits;
        let digests = CHALLENGES.div_ceil(per_digest);
        let mut nodes = Vec::with_capacity((partitions * CHALLENGES) as usize);
        for partition in 0..partitions {
            for digest in 0..digests {
                let number = Node::from(partition * digests + digest);
                let drawn = randomness(&[self.comm_r_new, number])?;
                let left = (CHALLENGES - digest * per_digest).min(per_digest);
                let challenge = |place| partition << bits | bits_of(&drawn, place * bits, bits);
                nodes.extend((0..left).map(challenge));
            }
        }
        Ok(nodes)
    }
}

/// Partitions of the proof: one up to 8 KiB, four up to 16 MiB.
const fn partitions(size: SectorSize) -> u32 {
    match size {
        SectorSize::TwoKib => 1,
        SectorSize::EightMib => 4,
    }
}

/// Bits of a node's index that its rho depends on.
const fn high_bits(size: SectorSize) -> u32 {
    match size {
        SectorSize::TwoKib => 1,
        SectorSize::EightMib => 10,
    }
}

/// `count` bits of a node from bit `first` on, as an integer; bit 0 is the lowest of the first byte.
fn bits_of(node: &Node, first: u32, count: u32) -> u32 {
    let bit = |at: u32| u32::from(node.0[(at / 8) as usize] >> (at % 8) & 1);
    (0..count).fold(0, |sum, place| sum | bit(first + place) << place)
}

/// What data is multiplied by, node by node.
#[derive(Clone, Debug)]
pub struct Rhos {
    rhos: Vec<Node>,
    /// Bits of an index that do not matter.
    shift: u32,
}

impl Rhos {
    /// All of them for an update.
    ///
    /// # Errors
    /// [`NotInField`] if a commitment is no field element.
    pub fn new(size: SectorSize, comm_d_new: &Node, comm_r_old: &Node) -> Result<Self, NotInField> {
        let phi = randomness(&[*comm_d_new, *comm_r_old])?;
        let rho = |high: u32| randomness(&[phi, Node::from(high)]);
        let rhos: Result<_, _> = (0..1 << high_bits(size)).map(rho).collect();
        Ok(Rhos { rhos: rhos?, shift: size.nodes().trailing_zeros() - high_bits(size) })
    }

    fn of(&self, node: u32) -> &Node {
        &self.rhos[(node >> self.shift) as usize]
    }

    /// The new replica's node.
    pub(super) fn encode(&self, node: u32, old: &Node, data: &Node) -> Result<Node, NotInField> {
        Ok(to_node(&(element(old)? + element(data)? * element(self.of(node))?)))
    }

    /// The data of a node of the new replica.
    pub(super) fn decode(&self, node: u32, old: &Node, new: &Node) -> Result<Node, NotInField> {
        let inverse = element(self.of(node))?.invert();
        let inverse = Option::<blstrs::Scalar>::from(inverse).expect("no digest is zero");
        Ok(to_node(&((element(new)? - element(old)?) * inverse)))
    }
}

/// What is opened for one challenged node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UpdatedNode {
    /// In the tree over the old replica.
    pub old: Opening,
    /// In the tree over the new data.
    pub data: Opening,
    /// In the tree over the new replica.
    pub new: Opening,
}

/// A proof with everything that a verifier hashes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UpdateProof {
    /// CommC, which both replicas share.
    pub comm_c: Node,
    /// Root of the tree over the old replica.
    pub old_root: Node,
    /// Root of the tree over the new replica.
    pub new_root: Node,
    /// One for each challenge.
    pub nodes: Vec<UpdatedNode>,
}

/// All that an update makes and its proof is opened from.
#[derive(Clone, Debug)]
pub struct UpdateWorkings {
    /// CommC.
    pub comm_c: Node,
    /// Tree over the old replica.
    pub old: Tree,
    /// Tree over the new data.
    pub data: Tree,
    /// Tree over the new replica.
    pub new: Tree,
}

impl UpdateWorkings {
    /// Puts data into a replica of committed capacity whose nodes are read as they are on the disk.
    ///
    /// # Errors
    /// [`NotInField`] if a node is no field element.
    ///
    /// # Panics
    /// If the data is not a whole sector.
    pub fn new(
        sealer: &Sealer,
        sealed: &Sealed,
        old: Vec<Node>,
        data: Vec<Node>,
    ) -> Result<Self, NotInField> {
        let (family, size) = (sealer.family(), sealer.size());
        assert_eq!(data.len(), size.nodes() as usize, "data of a {size} sector");
        let data = Tree::new(TreeKind::Sha256Binary, data)?;
        let new = if family.encodes() {
            let rhos = Rhos::new(size, &data.root(), sealed.comm_r())?;
            let sum = |((node, old), data)| rhos.encode(node, old, data);
            (0u32..).zip(&old).zip(data.leaves()).map(sum).collect::<Result<Vec<_>, _>>()?
        } else {
            data.leaves().to_vec()
        };
        let kind = family.tree_kind();
        Ok(UpdateWorkings {
            comm_c: *sealed.comm_c(),
            old: Tree::new(kind, old)?,
            data,
            new: Tree::new(kind, new)?,
        })
    }

    /// Opens the challenged nodes.
    pub fn prove(&self, challenges: &[u32]) -> UpdateProof {
        let node = |&node: &u32| UpdatedNode {
            old: self.old.open(u64::from(node)),
            data: self.data.open(u64::from(node)),
            new: self.new.open(u64::from(node)),
        };
        UpdateProof {
            comm_c: self.comm_c,
            old_root: self.old.root(),
            new_root: self.new.root(),
            nodes: challenges.iter().map(node).collect(),
        }
    }
}

/// A miner's answer. The short form says that the replica was updated by the rules, which holding it shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UpdateAnswer {
    /// The updated sector itself.
    OfUpdate(Arc<Sealed>),
    /// A proof that the verifier has to hash.
    Computed(Box<UpdateProof>),
}

/// Why an answer does not prove an update.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UpdateError {
    /// The roots do not hash to both CommRs.
    #[error("the roots do not belong to the old and the new CommR")]
    OtherReplica,
    /// A commitment is no field element.
    #[error(transparent)]
    NotInField(#[from] NotInField),
    /// Not one proof for each challenge.
    #[error("{found} nodes are opened, expected {expected}")]
    Count {
        /// Challenges.
        expected: usize,
        /// Nodes.
        found: usize,
    },
    /// An opening does not hold.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// The new replica is not the old one plus data times rho.
    #[error("node {node} of the new replica does not encode the data")]
    Encoding {
        /// The node.
        node: u32,
    },
    /// The short form of another update.
    #[error("an update of another sector, or to other data")]
    OtherUpdate,
}

/// Whether the answer proves that the new CommR commits to the old replica with the new data in it.
///
/// The short form for exactly this statement is compared, a proof is hashed.
///
/// # Errors
/// [`UpdateError`] says what is wrong.
pub fn verify_update(
    sealer: &Sealer,
    statement: &UpdateStatement,
    answer: &UpdateAnswer,
) -> Result<(), UpdateError> {
    match answer {
        UpdateAnswer::OfUpdate(sealed) => {
            let same = sealed.updated_from() == Some(&statement.comm_r_old)
                && *sealed.comm_d() == statement.comm_d_new
                && *sealed.comm_r() == statement.comm_r_new;
            if same { Ok(()) } else { Err(UpdateError::OtherUpdate) }
        }
        UpdateAnswer::Computed(proof) => verify_proof(sealer, statement, proof),
    }
}

fn verify_proof(
    sealer: &Sealer,
    statement: &UpdateStatement,
    proof: &UpdateProof,
) -> Result<(), UpdateError> {
    let (family, size) = (sealer.family(), sealer.size());
    let of = |root| family.comm_r(&proof.comm_c, root);
    if of(&proof.old_root) != Ok(statement.comm_r_old) || of(&proof.new_root) != Ok(statement.comm_r_new) {
        return Err(UpdateError::OtherReplica);
    }
    let challenges = statement.challenges(size)?;
    let (expected, found) = (challenges.len(), proof.nodes.len());
    if expected != found {
        return Err(UpdateError::Count { expected, found });
    }
    let nodes = u64::from(size.nodes());
    let mut old = PathChecker::new(family.tree_kind(), nodes, proof.old_root);
    let mut new = PathChecker::new(family.tree_kind(), nodes, proof.new_root);
    let mut data = PathChecker::new(TreeKind::Sha256Binary, nodes, statement.comm_d_new);
    let rhos = Rhos::new(size, &statement.comm_d_new, &statement.comm_r_old)?;
    for (node, opened) in challenges.into_iter().zip(&proof.nodes) {
        old.check(u64::from(node), &opened.old)?;
        data.check(u64::from(node), &opened.data)?;
        new.check(u64::from(node), &opened.new)?;
        let expected = expected_leaf(family, &rhos, node, opened)?;
        if expected != opened.new.leaf {
            return Err(UpdateError::Encoding { node });
        }
    }
    Ok(())
}

fn expected_leaf(
    family: ProofFamily,
    rhos: &Rhos,
    node: u32,
    opened: &UpdatedNode,
) -> Result<Node, NotInField> {
    if family.encodes() {
        rhos.encode(node, &opened.old.leaf, &opened.data.leaf)
    } else {
        Ok(opened.data.leaf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `TreeRDomain::random` of rust-fil-proofs' tests: four words of a xorshift generator with the seed of its tests,
    /// the highest bit cleared, drawn again until it is below the modulus.
    fn random() -> Node {
        let seed: [u32; 4] = [0x5dbe_6259, 0x8d31_3d76, 0x3237_db17, 0xe5bc_0654];
        let mut state = seed;
        let mut word = || {
            let t = state[0] ^ state[0] << 11;
            state = [state[1], state[2], state[3], state[3] ^ state[3] >> 19 ^ t ^ t >> 8];
            state[3]
        };
        loop {
            let mut bytes = [0; 32];
            bytes.chunks_exact_mut(4).for_each(|chunk| chunk.copy_from_slice(&word().to_le_bytes()));
            bytes[31] &= 0x7f;
            if element(&Node(bytes)).is_ok() {
                return Node(bytes);
            }
        }
    }

    #[test]
    fn challenges_are_those_of_rust_fil_proofs() {
        // storage-proofs-update/src/challenges.rs, test_challenges_against_hardcoded.
        let comm_r_new = random();
        let statement = UpdateStatement { comm_r_old: Node::ZERO, comm_d_new: Node::ZERO, comm_r_new };
        let small = statement.challenges(SectorSize::TwoKib).expect("in the field");
        assert_eq!((small.len(), &small[..5]), (10, &[53, 51, 56, 3, 0][..]));
        let large = statement.challenges(SectorSize::EightMib).expect("in the field");
        assert_eq!((large.len(), &large[..5]), (40, &[36085, 32783, 44060, 10950, 3731][..]));
        assert_eq!(&large[10..15], &[78878, 130_797, 112_892, 93994, 78379]);
    }

    #[test]
    fn rho_depends_on_the_highest_bits_and_on_both_commitments() {
        let rhos = |d: u32, r: u32| {
            Rhos::new(SectorSize::TwoKib, &Node::from(d), &Node::from(r)).expect("in the field")
        };
        let one = rhos(1, 2);
        assert_eq!((one.of(0), one.of(32)), (one.of(31), one.of(63)));
        assert_ne!(one.of(31), one.of(32));
        assert_ne!(one.of(0), rhos(2, 1).of(0));
    }

    #[test]
    fn decoding_undoes_encoding() {
        let rhos = Rhos::new(SectorSize::TwoKib, &Node::from(1), &Node::from(2)).expect("in the field");
        let (old, data) = (Node::from(77), Node::from(123_456));
        let new = rhos.encode(40, &old, &data).expect("in the field");
        assert_eq!(rhos.decode(40, &old, &new), Ok(data));
        assert_ne!(rhos.decode(1, &old, &new), Ok(data));
    }
}
