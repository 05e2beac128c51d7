//! Differential tests of proofs: every sector, hash and challenge of `vectors/proofs.json`, byte for byte.
//!
//! The header of that file says which values filecoin-proofs 19.1.0 made and which an independent implementation.

mod proof_common;

use models::filecoin::piece::cid::SealedCid;
use models::filecoin::piece::commp::Piece;
use models::filecoin::piece::layout::assemble_payloads;
use models::filecoin::piece::node::Node;
use models::filecoin::piece::size::{PieceHeight, SectorSize};
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::proofs::graph::{DRG_DEGREE, Graphs};
use models::filecoin::proofs::identity::{
    PorepId, PorepSeed, PostRandomness, ProverId, SealIdentity, SectorNumber, Ticket,
};
use models::filecoin::proofs::pdp::{ChallengeSeed, leaf_challenge, piece_tree};
use models::filecoin::proofs::porep::{PorepAnswer, PorepKind, PorepStatement, verify_porep};
use models::filecoin::proofs::poseidon::{poseidon2, poseidon8, poseidon11};
use models::filecoin::proofs::post::{
    PostAnswer, PostChallenge, PostKind, PostStatement, verify_post, winning_sector,
};
use models::filecoin::proofs::replica::Replica;
use models::filecoin::proofs::seal::{Sealer, Workings};
use models::filecoin::proofs::tree::{Opening, PathChecker, TreeKind};
use proof_common::{cases, node, number, numbers, payload, payload_of, text, vectors};
use serde_json::Value;
use std::sync::Arc;

#[test]
fn poseidon_of_arity_2_8_and_11_is_filecoin_s() {
    let vectors = vectors();
    for case in cases(&vectors, "poseidon") {
        let arity = number(&case["arity"]) as usize;
        let input = |i: usize| {
            let mut bytes: [u8; 32] =
                payload(number(&case["seed"]) + i as u64, 32).try_into().expect("32 bytes");
            bytes[31] &= 0x3f;
            Node(bytes)
        };
        let inputs: Vec<Node> = (0..arity).map(input).collect();
        let listed: Vec<Node> = case["inputs"].as_array().expect("inputs").iter().map(node).collect();
        assert_eq!(inputs, listed);
        let digest = match arity {
            2 => poseidon2(&std::array::from_fn(input)),
            8 => poseidon8(&std::array::from_fn(input)),
            11 => poseidon11(&std::array::from_fn(input)),
            other => panic!("arity {other}"),
        };
        assert_eq!(digest, Ok(node(&case["digest"])), "arity {arity}");
    }
}

/// A sector of the vectors, sealed.
struct Sector<'a> {
    case: &'a Value,
    sealer: Sealer,
    identity: SealIdentity,
    comm_d: Node,
    workings: Workings,
}

impl<'a> Sector<'a> {
    fn new(case: &'a Value, graphs: &mut Graphs) -> Self {
        let size = match number(&case["sector_size"]) {
            2048 => SectorSize::TwoKib,
            8_388_608 => SectorSize::EightMib,
            other => panic!("{other}"),
        };
        let porep_id = PorepId(node(&case["porep_id"]).0);
        assert_eq!(porep_id, PorepId::of_size(size));
        let identity = SealIdentity {
            prover: ProverId::of_actor(number(&case["actor_id"])),
            sector: SectorNumber(number(&case["sector_number"])),
            ticket: Ticket(node(&case["ticket"]).0),
            porep_id,
        };
        assert_eq!(identity.prover.to_string(), text(&case["prover_id"]));
        let payloads: Vec<_> = case["pieces"].as_array().expect("pieces").iter().map(payload_of).collect();
        let (data, _) = assemble_payloads(size.height(), &payloads).expect("they fit");
        let sealer = Sealer::with_porep_id(ProofFamily::SdrPoseidon, size, porep_id, graphs);
        let workings = sealer.work(&identity, data).expect("data of fr32");
        let comm_d = workings.tree_d.root();
        Sector { case, sealer, identity, comm_d, workings }
    }

    fn statement(&self) -> PorepStatement {
        PorepStatement {
            identity: self.identity,
            comm_d: self.comm_d,
            comm_r: node(&self.case["comm_r"]),
            kind: PorepKind::Interactive(PorepSeed(node(&self.case["porep_seed"]).0)),
        }
    }

    fn challenge(&self, kind: PostKind) -> PostChallenge {
        let randomness = node(&self.case["post_randomness"]);
        let randomness = PostRandomness::of_chain(randomness.0);
        PostChallenge { kind, randomness, sector: self.identity.sector }
    }

    fn name(&self) -> &str {
        text(&self.case["name"])
    }

    fn check_commitments(&self) {
        let (case, name) = (self.case, self.name());
        let (comm_c, comm_r_last) = (self.workings.comm_c, self.workings.tree_r.root());
        let comm_r = poseidon2(&[comm_c, comm_r_last]).expect("roots of Poseidon");
        assert_eq!(self.identity.replica_id(&self.comm_d), node(&case["replica_id"]), "{name}");
        assert_eq!(self.comm_d, node(&case["comm_d"]), "{name}");
        assert_eq!(comm_c, node(&case["comm_c"]), "{name}");
        assert_eq!(comm_r_last, node(&case["comm_r_last"]), "{name}");
        assert_eq!(comm_r, node(&case["comm_r"]), "{name}");
        assert_eq!(SealedCid(comm_r).to_string(), text(&case["comm_r_cid"]), "{name}");
        assert_eq!(self.workings.labels.len() as u64, number(&case["layers"]));
        assert_eq!(u64::from(self.sealer.size().nodes()), number(&case["nodes"]));
    }

    fn check_nodes(&self) {
        let graph = self.sealer.graph().expect("SDR has a graph");
        for listed in self.case["node_values"].as_array().expect("nodes") {
            let at = number(&listed["node"]) as usize;
            let (same, before) = graph.parents(at as u32).split_at(DRG_DEGREE);
            assert_eq!(same, numbers(&listed["drg_parents"]), "{} {at}", self.name());
            assert_eq!(before, numbers(&listed["exp_parents"]), "{} {at}", self.name());
            let column = self.workings.tree_c.as_ref().expect("SDR has columns").leaves()[at];
            let replica = self.workings.tree_r.leaves()[at];
            for (found, key) in [
                (self.workings.labels[0][at], "label_layer1"),
                (self.workings.labels[1][at], "label_layer2"),
                (column, "column_hash"),
                (replica, "replica"),
            ] {
                assert_eq!(found, node(&listed[key]), "{} {at} {key}", self.name());
            }
        }
    }

    fn check_porep(&self) {
        let statement = self.statement();
        let challenges = statement.challenges(&self.sealer);
        assert_eq!(challenges, numbers(&self.case["porep_challenges"]), "{}", self.name());
        let proof = self.workings.prove(&self.sealer, &challenges);
        let answer = PorepAnswer::Computed(Box::new(proof));
        assert_eq!(verify_porep(&self.sealer, &statement, &answer), Ok(()), "{}", self.name());
    }

    /// Opened as the verifier would see it, without a sealed sector at hand.
    fn check_post(&self) {
        let tree = &self.workings.tree_r;
        let leaves = |kind| self.challenge(kind).leaves(ProofFamily::SdrPoseidon, self.sealer.size());
        let window = leaves(PostKind::Window);
        let listed = self.case["window_post"].as_array().expect("ten");
        assert_eq!(window.len(), listed.len());
        for (leaf, listed) in window.iter().zip(listed) {
            assert_eq!(*leaf, number(&listed["leaf_index"]), "{}", self.name());
            assert_eq!(tree.open(*leaf).leaf, node(&listed["leaf"]), "{}", self.name());
        }
        let path: Vec<Node> = self.case["window_post_path0"]
            .as_array()
            .expect("levels")
            .iter()
            .flat_map(|level| level.as_array().expect("siblings"))
            .map(node)
            .collect();
        assert_eq!(tree.open(window[0]).siblings, path, "{}", self.name());
        let winning: Vec<u32> = leaves(PostKind::Winning).into_iter().map(|leaf| leaf as u32).collect();
        assert_eq!(winning, numbers(&self.case["winning_post_leaf_indices"]), "{}", self.name());
        let randomness = self.challenge(PostKind::Winning).randomness;
        for listed in self.case["winning_post_sector"].as_array().expect("sets") {
            let sectors = number(&listed["sector_set_len"]);
            let found = winning_sector(&self.identity.prover, &randomness, sectors, 0);
            assert_eq!(found, number(&listed["sector_index"]), "{}", self.name());
        }
    }
}

fn check_sectors(size: u64, expected: usize) {
    let vectors = vectors();
    let mut graphs = Graphs::default();
    let wanted = cases(&vectors, "sectors").iter().filter(|case| number(&case["sector_size"]) == size);
    let sectors: Vec<_> = wanted.map(|case| Sector::new(case, &mut graphs)).collect();
    assert_eq!(sectors.len(), expected);
    for sector in sectors {
        sector.check_commitments();
        sector.check_nodes();
        sector.check_porep();
        sector.check_post();
    }
}

#[test]
fn sectors_of_2_kib_are_the_library_s() {
    check_sectors(2048, 3);
}

#[test]
fn a_sector_of_8_mib_is_the_library_s() {
    check_sectors(8_388_608, 1);
}

#[test]
fn a_sealed_sector_carries_the_same_values_and_answers_with_them() {
    let vectors = vectors();
    let case = &cases(&vectors, "sectors")[2];
    let sector = Sector::new(case, &mut Graphs::default());
    let data = sector.workings.tree_d.leaves().to_vec();
    let sealed = Arc::new(sector.sealer.seal(sector.identity, data.clone()).expect("data of fr32"));
    assert_eq!(sealed.comm_r(), &node(&case["comm_r"]));
    assert_eq!(sealed.tree(), &sector.workings.tree_r);
    let replica = Replica::new(Arc::clone(&sealed));
    assert_eq!(sector.sealer.decode(&replica, 0..64), Ok(data));
    let statement =
        PostStatement { family: sealed.family(), size: sealed.size(), comm_r: node(&case["comm_r"]) };
    for kind in [PostKind::Window, PostKind::Winning] {
        let challenge = sector.challenge(kind);
        let answer = replica.answer(&challenge).expect("nothing is lost");
        assert_eq!(verify_post(&statement, &challenge, &answer), Ok(()));
        let hashed = PostAnswer::computed(answer.to_proof());
        assert_eq!(verify_post(&statement, &challenge, &hashed), Ok(()));
    }
    assert_eq!(sector.sealer.workings(&sealed).labels, sector.workings.labels);
}

#[test]
fn pdp_roots_leaves_and_paths_are_those_of_the_vectors() {
    let vectors = vectors();
    for case in cases(&vectors, "pdp") {
        let payload = payload_of(case);
        let (tree, index) = (piece_tree(&payload), number(&case["leaf_index"]));
        assert_eq!(tree.root(), node(&case["root"]));
        assert_eq!(tree.root(), Piece::of(&payload).root);
        let siblings = case["proof"].as_array().expect("siblings").iter().map(node).collect();
        let listed = Opening { index, leaf: node(&case["leaf"]), siblings };
        assert_eq!(tree.open(index), listed);
        let height = PieceHeight::of_padded(number(&case["padded_piece_size"])).expect("a power of two");
        let mut paths = PathChecker::new(TreeKind::Sha256Binary, height.nodes(), node(&case["root"]));
        assert_eq!(paths.check(index, &listed), Ok(()));
    }
}

#[test]
fn pdp_challenges_are_those_of_the_contract() {
    let vectors = vectors();
    for case in cases(&vectors, "pdp_challenges") {
        let seed = ChallengeSeed(node(&case["seed"]).0);
        let found = leaf_challenge(
            &seed,
            number(&case["set_id"]),
            number(&case["proof_index"]),
            number(&case["leaf_count"]),
        );
        assert_eq!(found, number(&case["leaf_challenge"]), "{}", case["name"]);
    }
}
