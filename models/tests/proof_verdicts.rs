//! What proofs catch and what they do not: honest answers hold, and cheating fails for the reason that hashing finds.

mod proof_common;

use models::filecoin::piece::commp::Piece;
use models::filecoin::piece::layout::{assemble, assemble_payloads};
use models::filecoin::piece::miniature::{ContentKey, Miniature, SlotMismatch, Slots};
use models::filecoin::piece::node::Node;
use models::filecoin::piece::size::{PieceHeight, SectorSize};
use models::filecoin::proofs::cost::{SealingSpeed, SealingWork};
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::proofs::graph::Graphs;
use models::filecoin::proofs::identity::{
    PorepId, PorepSeed, PostRandomness, ProverId, SealIdentity, SectorNumber, Ticket,
};
use models::filecoin::proofs::pdp::{
    ChallengeSeed, DataSet, PdpAnswer, PdpError, PdpStore, PieceId, piece_tree,
};
use models::filecoin::proofs::porep::{PorepAnswer, PorepError, PorepKind, PorepStatement, verify_porep};
use models::filecoin::proofs::post::{
    PostAnswer, PostChallenge, PostError, PostKind, PostStatement, verify_post,
};
use models::filecoin::proofs::read::{ReadError, check_slots, read_piece};
use models::filecoin::proofs::replica::{Replica, Unanswerable};
use models::filecoin::proofs::seal::{Sealed, Sealer, Unreadable, Workings};
use models::filecoin::proofs::tree::{OpeningError, Tree, TreeKind};
use proof_common::payload;
use proptest::prelude::*;
use sim_core::time::SimSpan;
use std::sync::{Arc, LazyLock};

const SIZE: SectorSize = SectorSize::TwoKib;
const FAMILIES: [ProofFamily; 3] = ProofFamily::ALL;

fn sealer(family: ProofFamily) -> Sealer {
    Sealer::new(family, SIZE, &mut Graphs::default())
}

fn identity(actor: u64, sector: u64) -> SealIdentity {
    SealIdentity {
        prover: ProverId::of_actor(actor),
        sector: SectorNumber(sector),
        ticket: Ticket([9; 32]),
        porep_id: PorepId::of_size(SIZE),
    }
}

fn data(seed: u64) -> Vec<Node> {
    assemble_payloads(SIZE.height(), &[payload(seed, 2000)]).expect("it fits").0
}

fn sealed(family: ProofFamily, actor: u64, sector: u64) -> Arc<Sealed> {
    Arc::new(sealer(family).seal(identity(actor, sector), data(1)).expect("data of fr32"))
}

fn statement(sealed: &Sealed) -> PostStatement {
    PostStatement { family: sealed.family(), size: sealed.size(), comm_r: *sealed.comm_r() }
}

/// The challenge of a period.
fn challenge(kind: PostKind, sector: u64, period: u64) -> PostChallenge {
    let bytes = payload(period.wrapping_mul(0x1234_5678_9abc_def1), 32).try_into().expect("32 bytes");
    PostChallenge { kind, randomness: PostRandomness::of_chain(bytes), sector: SectorNumber(sector) }
}

fn window(sector: u64, period: u64) -> PostChallenge {
    challenge(PostKind::Window, sector, period)
}

fn porep(sealed: &Sealed, kind: PorepKind) -> PorepStatement {
    PorepStatement { identity: *sealed.identity(), comm_d: *sealed.comm_d(), comm_r: *sealed.comm_r(), kind }
}

const SEED: PorepKind = PorepKind::Interactive(PorepSeed([5; 32]));

/// A sector of miner 1000 that many tests look at.
static SECTOR: LazyLock<Arc<Sealed>> = LazyLock::new(|| sealed(ProofFamily::SdrPoseidon, 1000, 3));

#[test]
fn an_honest_answer_holds_in_its_short_form_and_hashed() {
    for family in FAMILIES {
        let (sealer, sealed) = (sealer(family), sealed(family, 1000, 3));
        let replica = Replica::new(Arc::clone(&sealed));
        for kind in [PostKind::Window, PostKind::Winning] {
            let asked = challenge(kind, 3, 1);
            let answer = replica.answer(&asked).expect("nothing is lost");
            assert_eq!(verify_post(&statement(&sealed), &asked, &answer), Ok(()), "{family} {kind:?}");
            let hashed = PostAnswer::computed(answer.to_proof());
            assert_eq!(verify_post(&statement(&sealed), &asked, &hashed), Ok(()), "{family} {kind:?}");
        }
        for kind in [SEED, PorepKind::NonInteractive] {
            let (shown, answer) = (porep(&sealed, kind), PorepAnswer::OfSealing(Arc::clone(&sealed)));
            assert_eq!(verify_porep(&sealer, &shown, &answer), Ok(()), "{family}");
            let hashed = PorepAnswer::Computed(Box::new(answer.to_proof(&sealer, &shown)));
            assert_eq!(verify_porep(&sealer, &shown, &hashed), Ok(()), "{family}");
        }
    }
}

#[test]
fn challenge_counts_are_those_of_the_real_sector_size() {
    let asked = |family, kind| challenge(kind, 3, 1).leaves(family, SIZE).len();
    assert_eq!(asked(ProofFamily::SdrPoseidon, PostKind::Window), 10);
    assert_eq!(asked(ProofFamily::SdrPoseidon, PostKind::Winning), 66);
    assert_eq!(asked(ProofFamily::Pdp, PostKind::Window), 5);
    let sdr = sealer(ProofFamily::SdrPoseidon);
    let nodes = |kind| porep(&SECTOR, kind).challenges(&sdr);
    assert_eq!((nodes(SEED).len(), nodes(PorepKind::NonInteractive).len()), (2, 26));
    assert!(nodes(PorepKind::NonInteractive).iter().all(|node| (1..64).contains(node)));
}

#[test]
fn an_answer_to_another_challenge_fails_where_its_leaves_differ() {
    let replica = Replica::new(Arc::clone(&SECTOR));
    let (old, new) = (window(3, 1), window(3, 2));
    let replayed = replica.answer(&old).expect("nothing is lost");
    let hashed = PostAnswer::computed(replayed.to_proof());
    let leaf = |asked: &PostChallenge| asked.leaves(ProofFamily::SdrPoseidon, SIZE)[0];
    let expected = PostError::Opening(OpeningError::Index { expected: leaf(&new), found: leaf(&old) });
    assert_eq!(verify_post(&statement(&SECTOR), &new, &replayed), Err(expected.clone()));
    assert_eq!(verify_post(&statement(&SECTOR), &new, &hashed), Err(expected));
}

#[test]
fn another_miner_s_replica_of_the_same_data_is_other_bytes_and_fails() {
    let mine = sealed(ProofFamily::SdrPoseidon, 1001, 3);
    assert_eq!(mine.comm_d(), SECTOR.comm_d());
    let same = mine.tree().leaves().iter().zip(SECTOR.tree().leaves()).filter(|(a, b)| a == b).count();
    assert_eq!(same, 0, "no node of the two replicas is the same");
    let asked = window(3, 7);
    let borrowed = Replica::new(Arc::clone(&SECTOR)).answer(&asked).expect("nothing is lost");
    assert_eq!(verify_post(&statement(&mine), &asked, &borrowed), Err(PostError::OtherReplica));
    // With one's own commitments in front of the borrowed leaves, the paths lead elsewhere.
    let mut proof = borrowed.to_proof();
    (proof.comm_c, proof.comm_r_last) = (*mine.comm_c(), mine.comm_r_last());
    let verdict = verify_post(&statement(&mine), &asked, &PostAnswer::computed(proof));
    assert!(matches!(verdict, Err(PostError::Opening(OpeningError::Root { .. }))), "{verdict:?}");
}

#[test]
fn without_encoding_another_miner_s_copy_does_answer() {
    let (mine, theirs) =
        (sealed(ProofFamily::Sha256Merkle, 1001, 3), sealed(ProofFamily::Sha256Merkle, 1000, 3));
    assert_ne!(mine.comm_r(), theirs.comm_r());
    let asked = window(3, 7);
    let mut proof = Replica::new(theirs).answer(&asked).expect("nothing is lost").to_proof();
    proof.comm_c = *mine.comm_c();
    assert_eq!(verify_post(&statement(&mine), &asked, &PostAnswer::computed(proof)), Ok(()));
}

#[test]
fn committing_to_another_miner_s_replica_fails_at_the_labels() {
    let sdr = sealer(ProofFamily::SdrPoseidon);
    let stolen = PorepStatement { identity: identity(1001, 3), ..porep(&SECTOR, SEED) };
    let verdict = verify_porep(&sdr, &stolen, &PorepAnswer::OfSealing(Arc::clone(&SECTOR)));
    let node = stolen.challenges(&sdr)[0];
    assert_eq!(verdict, Err(PorepError::Label { node, layer: 1 }));
    // Another ticket is another replica id too.
    let mut later = porep(&SECTOR, SEED);
    later.identity.ticket = Ticket([8; 32]);
    let verdict = verify_porep(&sdr, &later, &PorepAnswer::OfSealing(Arc::clone(&SECTOR)));
    assert!(matches!(verdict, Err(PorepError::Label { layer: 1, .. })), "{verdict:?}");
}

#[test]
fn a_sector_sealed_over_other_data_than_the_deals_fails() {
    let sdr = sealer(ProofFamily::SdrPoseidon);
    let other = assemble_payloads(SIZE.height(), &[payload(2, 2000)]).expect("it fits").0;
    let comm_d = Tree::new(TreeKind::Sha256Binary, other).expect("SHA-256 takes all").root();
    let promised = PorepStatement { comm_d, ..porep(&SECTOR, SEED) };
    let verdict = verify_porep(&sdr, &promised, &PorepAnswer::OfSealing(Arc::clone(&SECTOR)));
    assert!(matches!(verdict, Err(PorepError::Opening(OpeningError::Root { .. }))), "{verdict:?}");
}

/// Commits to tampered workings and shows them.
fn shown(sdr: &Sealer, workings: &Workings) -> Result<(), PorepError> {
    let family = ProofFamily::SdrPoseidon;
    let comm_r = family.comm_r(&workings.comm_c, &workings.tree_r.root()).expect("roots of Poseidon");
    let statement = PorepStatement { comm_r, ..porep(&SECTOR, SEED) };
    let proof = workings.prove(sdr, &statement.challenges(sdr));
    verify_porep(sdr, &statement, &PorepAnswer::Computed(Box::new(proof)))
}

#[test]
fn sealing_that_cuts_corners_is_caught_by_the_replication_proof() {
    let sdr = sealer(ProofFamily::SdrPoseidon);
    let honest = sdr.workings(&SECTOR);
    assert_eq!(shown(&sdr, &honest), Ok(()));
    let node = porep(&SECTOR, SEED).challenges(&sdr)[0];
    let at = node as usize;
    let octal = |leaves: Vec<Node>| Tree::new(TreeKind::PoseidonOctal, leaves).expect("field elements");

    // A replica that stores the data as it is.
    let lazy = Workings { tree_r: octal(honest.tree_d.leaves().to_vec()), ..honest.clone() };
    assert_eq!(shown(&sdr, &lazy), Err(PorepError::Encoding { node }));

    // Columns that are not those of the labels.
    let columns = octal(vec![Node::ZERO; 64]);
    let lazy = Workings { comm_c: columns.root(), tree_c: Some(columns), ..honest.clone() };
    assert_eq!(shown(&sdr, &lazy), Err(PorepError::Column { node }));

    // A made-up label in the first layer, with columns that fit it.
    let mut lazy = honest.clone();
    lazy.labels[0][at] = Node::ZERO;
    let column = |node: usize| {
        models::filecoin::proofs::poseidon::poseidon2(&[lazy.labels[0][node], lazy.labels[1][node]])
    };
    let columns = octal((0..64).map(|node| column(node).expect("labels")).collect());
    (lazy.comm_c, lazy.tree_c) = (columns.root(), Some(columns));
    assert_eq!(shown(&sdr, &lazy), Err(PorepError::Label { node, layer: 1 }));
}

#[test]
fn a_sector_of_another_proof_or_size_of_challenge_list_is_refused() {
    let sdr = sealer(ProofFamily::SdrPoseidon);
    let cheap = sealed(ProofFamily::Sha256Merkle, 1000, 3);
    let verdict = verify_porep(&sdr, &porep(&cheap, SEED), &PorepAnswer::OfSealing(cheap));
    assert_eq!(verdict, Err(PorepError::OtherProof));
    let asked = window(3, 1);
    let mut proof = Replica::new(Arc::clone(&SECTOR)).answer(&asked).expect("nothing is lost").to_proof();
    proof.openings.pop();
    let verdict = verify_post(&statement(&SECTOR), &asked, &PostAnswer::computed(proof));
    assert_eq!(verdict, Err(PostError::Count { expected: 10, found: 9 }));
}

#[test]
fn making_the_replica_on_demand_gives_the_right_bytes_too_late() {
    // The miner kept the data only. Its bytes are right whenever they come…
    let again = Replica::new(sealed(ProofFamily::SdrPoseidon, 1000, 3));
    let asked = window(3, 4);
    let answer = again.answer(&asked).expect("nothing is lost");
    assert_eq!(verify_post(&statement(&SECTOR), &asked, &answer), Ok(()));
    // …which is hours after the deadline's half hour for 32 GiB, and at once where sealing is off or no SDR is used.
    let deadline = SimSpan::from_mins(30);
    let time =
        |family, speed: &SealingSpeed| SealingWork::of(family, PieceHeight::new(30)).sealing_time(speed);
    let off = SealingSpeed { label: SimSpan::ZERO, poseidon_hash: SimSpan::ZERO };
    assert!(time(ProofFamily::SdrPoseidon, &SealingSpeed::default()) > deadline);
    assert!(time(ProofFamily::SdrPoseidon, &off) < deadline);
    assert!(time(ProofFamily::Sha256Merkle, &SealingSpeed::default()) < deadline);
}

#[test]
fn a_damaged_replica_is_read_as_it_is_and_a_lost_one_not_at_all() {
    let sdr = sealer(ProofFamily::SdrPoseidon);
    let mut replica = Replica::new(Arc::clone(&SECTOR));
    assert_eq!(sdr.decode(&replica, 10..20), Ok(data(1)[10..20].to_vec()));
    replica.disk_mut().alter(12, Node::ZERO);
    let read = sdr.decode(&replica, 10..20).expect("all of it is there");
    let differing = |(a, b): &(Node, Node)| a != b;
    assert_eq!(read.into_iter().zip(data(1)[10..20].to_vec()).filter(differing).count(), 1);
    replica.disk_mut().alter(13, Node([0xff; 32]));
    assert_eq!(sdr.decode(&replica, 10..20), Err(Unreadable::NotInField { node: 13 }));
    replica.disk_mut().lose(11..12);
    assert_eq!(sdr.decode(&replica, 10..20), Err(Unreadable::Lost { node: 11 }));
    replica.disk_mut().destroy();
    assert_eq!(sdr.decode(&replica, 30..31), Err(Unreadable::Lost { node: 30 }));
    assert!(replica.answer(&window(3, 1)).is_err());
}

#[test]
fn a_piece_is_served_from_sealed_storage_only_if_its_bytes_are_right() {
    let sdr = sealer(ProofFamily::SdrPoseidon);
    let payloads = [payload(3, 100), payload(4, 500)];
    let (nodes, places) = assemble_payloads(SIZE.height(), &payloads).expect("they fit");
    let mut replica = Replica::new(Arc::new(sdr.seal(identity(1000, 9), nodes).expect("data of fr32")));
    let read = |replica: &Replica, i: usize| read_piece(&sdr, replica, &places[i], &Piece::of(&payloads[i]));
    assert_eq!((read(&replica, 0), read(&replica, 1)), (Ok(payloads[0].clone()), Ok(payloads[1].clone())));
    replica.disk_mut().alter(places[1].first_node + 2, Node::ZERO);
    assert_eq!((read(&replica, 0), read(&replica, 1)), (Ok(payloads[0].clone()), Err(ReadError::OtherBytes)));
    replica.disk_mut().lose(1..2);
    assert_eq!(read(&replica, 0), Err(ReadError::Unreadable(Unreadable::Lost { node: 1 })));
}

#[test]
fn losing_either_half_of_a_miniature_s_copy_loses_it() {
    let sdr = sealer(ProofFamily::SdrPoseidon);
    let small = Miniature::new(SIZE, PieceHeight::new(30)).expect("32 GiB as 2 KiB");
    let keys = [b"one", b"two"].map(|content| ContentKey::of([&content[..]]));
    let slots = small.slots(PieceHeight::new(26));
    let (nodes, places) =
        assemble(SIZE.height(), &keys.map(|key| (slots, key.expand(slots)))).expect("they fit");
    let mut replica = Replica::new(Arc::new(sdr.seal(identity(1000, 9), nodes).expect("slots are masked")));
    let check = |replica: &Replica, i: usize, kept| check_slots(&sdr, replica, &Slots(places[i]), kept);
    assert_eq!((check(&replica, 0, &keys[0]), check(&replica, 1, &keys[1])), (Ok(()), Ok(())));
    // The kept content is another one.
    let other = Err(ReadError::OtherSlots(SlotMismatch { slot: 4 }));
    assert_eq!(check(&replica, 1, &keys[0]), other);
    // The sealed half is altered, then lost.
    replica.disk_mut().alter(5, Node::ZERO);
    let altered = Err(ReadError::OtherSlots(SlotMismatch { slot: 5 }));
    assert_eq!((check(&replica, 0, &keys[0]), check(&replica, 1, &keys[1])), (Ok(()), altered));
    replica.disk_mut().destroy();
    assert_eq!(check(&replica, 0, &keys[0]), Err(ReadError::Unreadable(Unreadable::Lost { node: 0 })));
}

#[test]
fn replicas_and_answers_survive_a_checkpoint() {
    let mut replica = Replica::new(Arc::clone(&SECTOR));
    replica.disk_mut().alter(12, Node::ZERO);
    replica.disk_mut().lose(40..48);
    let saved = postcard::to_allocvec(&replica).expect("it is plain data");
    assert_eq!(postcard::from_bytes::<Replica>(&saved), Ok(replica));
    let whole = Replica::new(Arc::clone(&SECTOR));
    let answer = whole.answer(&window(3, 1)).expect("nothing is lost");
    let saved = postcard::to_allocvec(&answer).expect("it is plain data");
    let read: PostAnswer = postcard::from_bytes(&saved).expect("it was just written");
    assert_eq!(verify_post(&statement(&SECTOR), &window(3, 1), &read), Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn an_altered_byte_fails_exactly_if_its_octet_is_challenged(
        leaf in 0u64..64, byte in 0usize..32, bit in 0u8..8, period in 0u64..1000,
    ) {
        let mut replica = Replica::new(Arc::clone(&SECTOR));
        let mut value = SECTOR.tree().leaves()[leaf as usize];
        value.0[byte] ^= 1 << bit;
        replica.disk_mut().alter(leaf, value);
        let asked = window(3, period);
        let touched = asked.leaves(ProofFamily::SdrPoseidon, SIZE).iter().any(|asked| asked / 8 == leaf / 8);
        let answer = replica.answer(&asked).expect("nothing is lost");
        let verdict = verify_post(&statement(&SECTOR), &asked, &answer);
        prop_assert_eq!(verdict.is_err(), touched, "{:?}", verdict);
        let hashed = verify_post(&statement(&SECTOR), &asked, &PostAnswer::computed(answer.to_proof()));
        prop_assert_eq!(hashed, verdict);
    }

    #[test]
    fn no_byte_of_a_proof_can_be_changed(
        period in 0u64..1000, opening in 0usize..10, place in 0usize..17, byte in 0usize..32, bit in 0u8..8,
    ) {
        let asked = window(3, period);
        let honest = Replica::new(Arc::clone(&SECTOR)).answer(&asked).expect("nothing is lost");
        let mut proof = honest.to_proof();
        let changed = match place {
            0 => &mut proof.openings[opening].leaf,
            1..=14 => &mut proof.openings[opening].siblings[place - 1],
            15 => &mut proof.comm_c,
            _ => &mut proof.comm_r_last,
        };
        changed.0[byte] ^= 1 << bit;
        prop_assert!(verify_post(&statement(&SECTOR), &asked, &PostAnswer::computed(proof)).is_err());
    }

    #[test]
    fn no_label_path_or_commitment_of_a_replication_proof_can_be_changed(
        node in 0usize..2, column in 0usize..15, place in 0usize..8, byte in 0usize..32, bit in 0u8..8,
    ) {
        let sdr = sealer(ProofFamily::SdrPoseidon);
        let shown = porep(&SECTOR, SEED);
        let mut proof = PorepAnswer::OfSealing(Arc::clone(&SECTOR)).to_proof(&sdr, &shown);
        let opened = &mut proof.nodes[node];
        let changed = match place {
            0 => &mut opened.data.leaf,
            1 => &mut opened.data.siblings[3],
            2 => &mut opened.replica.leaf,
            3 => &mut opened.replica.siblings[9],
            4 => &mut opened.columns[column].labels[byte % 2],
            5 => &mut opened.columns[column].opening.siblings[8],
            6 => &mut proof.comm_c,
            _ => &mut proof.comm_r_last,
        };
        changed.0[byte] ^= 1 << bit;
        prop_assert!(verify_porep(&sdr, &shown, &PorepAnswer::Computed(Box::new(proof))).is_err());
    }
}

/// Share of periods in which the miner cannot answer; what a guess is worth is looked at in every fiftieth of them.
fn caught(replica: &Replica, periods: u64) -> f64 {
    let sealed = replica.sealed();
    let mut failures = 0;
    for period in 0..periods {
        let asked = window(sealed.identity().sector.0, period);
        match replica.answer(&asked) {
            Ok(answer) => assert_eq!(verify_post(&statement(sealed), &asked, &answer), Ok(())),
            Err(Unanswerable { challenged, lost }) => {
                assert!(sealed.tree().family(challenged).contains(&lost));
                failures += 1;
                if failures % 50 == 1 {
                    let guess = replica.answer_guessing(&asked, Node::ZERO);
                    assert!(verify_post(&statement(sealed), &asked, &guess).is_err());
                }
            }
        }
    }
    f64::from(failures) / periods as f64
}

/// 1 - (1 - f)^k, within four standard errors.
fn assert_law(found: f64, f: f64, k: i32, periods: u64) {
    let missed = (0..k).fold(1.0, |product, _| product * (1.0 - f));
    let expected = 1.0 - missed;
    let error = (expected * missed / periods as f64).sqrt();
    assert!((found - expected).abs() <= 4.0 * error, "{found} against {expected}, standard error {error}");
}

const PERIODS: u64 = 4_000;

#[test]
fn a_miner_that_drops_whole_octets_is_caught_with_the_law() {
    for octets in [1, 2, 4] {
        let mut replica = Replica::new(Arc::clone(&SECTOR));
        replica.disk_mut().lose(16..16 + 8 * octets);
        assert_law(caught(&replica, PERIODS), octets as f64 / 8.0, 10, PERIODS);
    }
}

#[test]
fn scattered_single_leaves_are_caught_at_the_rate_of_their_octets() {
    for octets in [1u64, 3] {
        let mut replica = Replica::new(Arc::clone(&SECTOR));
        (0..octets).for_each(|octet| replica.disk_mut().lose(17 * octet..17 * octet + 1));
        assert_law(caught(&replica, PERIODS), octets as f64 / 8.0, 10, PERIODS);
    }
}

#[test]
fn one_per_cent_of_8_mib_is_caught_with_the_law() {
    let size = SectorSize::EightMib;
    let sealer = Sealer::new(ProofFamily::Sha256Merkle, size, &mut Graphs::default());
    let identity = SealIdentity { porep_id: PorepId::of_size(size), ..identity(1000, 3) };
    let data = vec![Node([7; 32]); size.nodes() as usize];
    let mut replica = Replica::new(Arc::new(sealer.seal(identity, data).expect("SHA-256 takes all")));
    let nodes = u64::from(size.nodes());
    let lost = nodes / 100 / 8 * 8;
    replica.disk_mut().lose(1024..1024 + lost);
    let periods = 20_000;
    assert_law(caught(&replica, periods), lost as f64 / nodes as f64, 10, periods);
}

#[test]
fn one_per_cent_of_8_mib_in_octets_is_caught_with_the_law() {
    // The tree that SDR opens, over 2^18 equal leaves; sealing real ones takes ten seconds optimised.
    let nodes = u64::from(SectorSize::EightMib.nodes());
    let tree =
        Tree::new(TreeKind::PoseidonOctal, vec![Node::ZERO; nodes as usize]).expect("zero is in the field");
    let mut disk = models::filecoin::proofs::disk::Disk::Whole;
    let octets = nodes / 8 / 100;
    (0..octets).for_each(|i| disk.lose(8 * 97 * i + i % 8..8 * 97 * i + i % 8 + 1));
    let periods = 20_000;
    let fails = |period: &u64| {
        let leaves = window(3, *period).leaves(ProofFamily::SdrPoseidon, SectorSize::EightMib);
        leaves.iter().any(|leaf| disk.first_lost(tree.family(*leaf)).is_some())
    };
    let failures = (0..periods).filter(fails).count();
    assert_law(failures as f64 / periods as f64, (8 * octets) as f64 / nodes as f64, 10, periods);
}

/// A data set of one piece of 2 KiB, and what its provider has.
fn data_set() -> (DataSet, PdpStore) {
    let payload = payload(11, 2032);
    let (mut set, mut store) = (DataSet::new(7), PdpStore::default());
    set.add(&Piece::of(&payload));
    store.add(Arc::new(piece_tree(&payload)));
    set.next_period();
    (set, store)
}

fn seed(period: u64) -> ChallengeSeed {
    ChallengeSeed(payload(period ^ 0x5eed, 32).try_into().expect("32 bytes"))
}

#[test]
fn pdp_catches_dropped_sibling_pairs_with_the_law() {
    for pairs in [1u64, 6] {
        let (set, mut store) = data_set();
        (0..pairs).for_each(|pair| store.disk_mut(PieceId(0)).lose(8 * pair..8 * pair + 2));
        let fails = |period: &u64| match store.answer(&set.challenges(&seed(*period), 5)) {
            Err(_) => true,
            Ok(answer) => {
                assert_eq!(set.verify(&seed(*period), 5, &answer), Ok(()));
                false
            }
        };
        let failures = (0..PERIODS).filter(fails).count();
        assert_law(failures as f64 / PERIODS as f64, pairs as f64 / 32.0, 5, PERIODS);
    }
}

#[test]
fn pdp_verifies_what_is_shown_and_nothing_else() {
    let (set, mut store) = data_set();
    let challenges = set.challenges(&seed(1), 5);
    let answer = store.answer(&challenges).expect("nothing is lost");
    assert_eq!(set.verify(&seed(1), 5, &answer), Ok(()));
    assert_eq!(set.verify(&seed(1), 5, &PdpAnswer::computed(answer.to_openings())), Ok(()));
    let replayed = set.verify(&seed(2), 5, &answer);
    assert!(matches!(replayed, Err(PdpError::Opening(OpeningError::Index { .. }))), "{replayed:?}");
    let mut longer = answer.to_openings();
    longer[0].siblings.push(Node::ZERO);
    let verdict = set.verify(&seed(1), 5, &PdpAnswer::computed(longer));
    assert!(matches!(verdict, Err(PdpError::Opening(OpeningError::Length { expected: 6, found: 7, .. }))));
    assert_eq!(
        set.verify(&seed(1), 5, &PdpAnswer::computed(Vec::new())),
        Err(PdpError::Count { expected: 5, found: 0 })
    );
    store.disk_mut(PieceId(0)).alter(challenges[2].leaf ^ 1, Node([1; 32]));
    let altered = store.answer(&challenges).expect("nothing is lost");
    let verdict = set.verify(&seed(1), 5, &altered);
    assert!(matches!(verdict, Err(PdpError::Opening(OpeningError::Root { .. }))), "{verdict:?}");
}

#[test]
fn pdp_challenges_what_was_there_when_the_period_began() {
    let (mut set, _) = data_set();
    assert_eq!(set.range(), 64);
    // 1000 bytes leave 16 bytes of 1016 unused: no leaf of the 32 is padding throughout. 600 leave 13.
    set.add(&Piece::of(&payload(12, 1000)));
    let short = set.add(&Piece::of(&payload(13, 600)));
    assert_eq!(set.pieces()[short.0].leaves(), 19);
    assert!(set.challenges(&seed(3), 200).iter().all(|challenge| challenge.piece == PieceId(0)));
    set.schedule_removal(PieceId(0));
    assert_eq!(set.range(), 64);
    set.next_period();
    assert_eq!(set.range(), 32 + 19);
    assert!(set.challenges(&seed(3), 200).iter().all(|challenge| challenge.piece != PieceId(0)));
    let mut empty = DataSet::new(1);
    empty.next_period();
    assert!(empty.challenges(&seed(3), 5).is_empty());
    let nothing = PdpAnswer::computed(Vec::new());
    assert_eq!(empty.verify(&seed(3), 5, &nothing), Err(PdpError::Count { expected: 0, found: 0 }));
}
