//! Filling committed capacity with data (SnapDeals, FIP-0019): the proof of a replica update, and operators that do it.
//!
//! There are no published vectors of whole updates; the challenges are compared with those of rust-fil-proofs beside the
//! code. What can be tampered with is tampered with here, and fails for its own reason.

mod miners;
mod proof_common;
mod worlds;

use miners::{Run, column, config, groups, honest, policy, small};
use models::agents::conduct::{Conduct, Keeps};
use models::agents::storage_miner::OperatorConfig;
use models::filecoin::ledger::Account;
use models::filecoin::miner::sector::{Contents, Standing};
use models::filecoin::piece::layout::assemble_payloads;
use models::filecoin::piece::node::Node;
use models::filecoin::piece::size::SectorSize;
use models::filecoin::proofs::cost::SealingSpeed;
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::proofs::graph::Graphs;
use models::filecoin::proofs::identity::{
    PorepId, PorepSeed, PostRandomness, ProverId, SealIdentity, SectorNumber, Ticket,
};
use models::filecoin::proofs::porep::{PorepAnswer, PorepKind, PorepStatement, verify_porep};
use models::filecoin::proofs::post::{PostChallenge, PostKind, PostStatement, verify_post};
use models::filecoin::proofs::replica::Replica;
use models::filecoin::proofs::seal::{Sealed, Sealer};
use models::filecoin::proofs::tree::{OpeningError, Tree, TreeKind};
use models::filecoin::proofs::update::{
    UpdateAnswer, UpdateError, UpdateProof, UpdateStatement, UpdateWorkings, verify_update,
};
use models::ids::MinerId;
use models::units::{AttoFil, Epochs, Power};
use proof_common::payload;
use sim_core::time::SimSpan;
use std::sync::Arc;

const SIZE: SectorSize = SectorSize::TwoKib;

fn sealer(family: ProofFamily) -> Sealer {
    Sealer::new(family, SIZE, &mut Graphs::default())
}

/// Committed capacity.
fn capacity(sealer: &Sealer, sector: u64) -> Sealed {
    let identity = SealIdentity {
        prover: ProverId::of_actor(1000),
        sector: SectorNumber(sector),
        ticket: Ticket([9; 32]),
        porep_id: PorepId::of_size(SIZE),
    };
    sealer.seal(identity, vec![Node::ZERO; 64]).expect("zeros are in the field")
}

fn data(seed: u64) -> Vec<Node> {
    assemble_payloads(SIZE.height(), &[payload(seed, 2000)]).expect("it fits").0
}

fn workings(sealer: &Sealer, old: &Sealed, data: Vec<Node>) -> UpdateWorkings {
    UpdateWorkings::new(sealer, old, old.tree().leaves().to_vec(), data).expect("data of fr32")
}

fn statement(old: &Sealed, new: &Sealed) -> UpdateStatement {
    UpdateStatement { comm_r_old: *old.comm_r(), comm_d_new: *new.comm_d(), comm_r_new: *new.comm_r() }
}

fn proof(workings: &UpdateWorkings, statement: &UpdateStatement) -> UpdateProof {
    workings.prove(&statement.challenges(SIZE).expect("a CommR"))
}

fn verdict(sealer: &Sealer, statement: &UpdateStatement, proof: UpdateProof) -> Result<(), UpdateError> {
    verify_update(sealer, statement, &UpdateAnswer::Computed(Box::new(proof)))
}

#[test]
fn an_update_holds_in_its_short_form_and_hashed_and_is_read_back() {
    for family in ProofFamily::ALL {
        let sealer = sealer(family);
        let old = capacity(&sealer, 3);
        let new = Arc::new(sealer.update(&old, data(1)).expect("data of fr32"));
        let shown = statement(&old, &new);
        assert_eq!(
            verify_update(&sealer, &shown, &UpdateAnswer::OfUpdate(Arc::clone(&new))),
            Ok(()),
            "{family}"
        );
        let hashed = proof(&workings(&sealer, &old, data(1)), &shown);
        assert_eq!(hashed.nodes.len(), 10);
        assert_eq!(verdict(&sealer, &shown, hashed), Ok(()), "{family}");
        assert_eq!(sealer.decode(&Replica::new(Arc::clone(&new)), 0..64), Ok(data(1)), "{family}");
        // CommC stays, the replica does not.
        assert_eq!((new.comm_c(), new.updated_from()), (old.comm_c(), Some(old.comm_r())));
        assert_ne!(new.comm_r(), old.comm_r());
    }
}

#[test]
fn an_updated_replica_answers_for_its_new_comm_r_and_not_for_the_old_one() {
    let sealer = sealer(ProofFamily::SdrPoseidon);
    let old = capacity(&sealer, 3);
    let new = sealer.update(&old, data(1)).expect("data of fr32");
    let challenge = PostChallenge {
        kind: PostKind::Window,
        randomness: PostRandomness::of_chain([5; 32]),
        sector: SectorNumber(3),
    };
    let answer = Replica::new(Arc::new(new.clone())).answer(&challenge).expect("nothing is lost");
    let of = |comm_r: &Node| PostStatement { family: ProofFamily::SdrPoseidon, size: SIZE, comm_r: *comm_r };
    assert_eq!(verify_post(&of(new.comm_r()), &challenge, &answer), Ok(()));
    assert!(verify_post(&of(old.comm_r()), &challenge, &answer).is_err());
    // And it is no sealing: a replication proof of it fails at what it encodes.
    let claimed = PorepStatement {
        identity: *new.identity(),
        comm_d: *new.comm_d(),
        comm_r: *new.comm_r(),
        kind: PorepKind::Interactive(PorepSeed([5; 32])),
    };
    let proof = PorepAnswer::OfSealing(Arc::new(new)).to_proof(&sealer, &claimed);
    assert!(verify_porep(&sealer, &claimed, &PorepAnswer::Computed(Box::new(proof))).is_err());
}

#[test]
fn the_same_data_in_two_sectors_is_different_bytes() {
    let sealer = sealer(ProofFamily::SdrPoseidon);
    let update = |sector| sealer.update(&capacity(&sealer, sector), data(1)).expect("data of fr32");
    let (one, two) = (update(3), update(4));
    assert_eq!(one.comm_d(), two.comm_d());
    let same = one.tree().leaves().iter().zip(two.tree().leaves()).filter(|(a, b)| a == b).count();
    assert_eq!(same, 0);
}

#[test]
fn altered_bytes_fail_where_they_are_altered() {
    let sealer = sealer(ProofFamily::SdrPoseidon);
    let old = capacity(&sealer, 3);
    let honest = workings(&sealer, &old, data(1));
    let octal = |leaves: Vec<Node>| Tree::new(TreeKind::PoseidonOctal, leaves).expect("in the field");
    let claim = |workings: &UpdateWorkings| UpdateStatement {
        comm_r_old: *old.comm_r(),
        comm_d_new: workings.data.root(),
        comm_r_new: ProofFamily::SdrPoseidon
            .comm_r(&workings.comm_c, &workings.new.root())
            .expect("roots are in the field"),
    };
    let tell =
        |workings: &UpdateWorkings| verdict(&sealer, &claim(workings), proof(workings, &claim(workings)));
    assert_eq!(tell(&honest), Ok(()));

    // Data without rho, as if it were sealed: every challenge finds it.
    let plain = UpdateWorkings { new: octal(honest.data.leaves().to_vec()), ..honest.clone() };
    let node = claim(&plain).challenges(SIZE).expect("a CommR")[0];
    assert_eq!(tell(&plain), Err(UpdateError::Encoding { node }));

    // The old replica passed off as new, with data that is not in it.
    let lazy = UpdateWorkings { new: honest.old.clone(), ..honest.clone() };
    assert!(matches!(tell(&lazy), Err(UpdateError::Encoding { .. })));

    // Another old replica than the one on chain.
    let other = workings(&sealer, &capacity(&sealer, 4), data(1));
    let shown = statement(&old, &sealer.update(&old, data(1)).expect("data of fr32"));
    assert_eq!(verdict(&sealer, &shown, proof(&other, &shown)), Err(UpdateError::OtherReplica));

    // Other data than was promised.
    let promised =
        UpdateStatement { comm_d_new: workings(&sealer, &old, data(2)).data.root(), ..claim(&honest) };
    let told = verdict(&sealer, &promised, proof(&honest, &promised));
    assert!(matches!(told, Err(UpdateError::Opening(OpeningError::Root { .. }))), "{told:?}");

    // Single values of the proof.
    let shown = claim(&honest);
    let tamper = |change: &dyn Fn(&mut UpdateProof)| {
        let mut proof = proof(&honest, &shown);
        change(&mut proof);
        verdict(&sealer, &shown, proof)
    };
    let flip = |node: &mut Node| node.0[5] ^= 1;
    assert_eq!(tamper(&|proof| flip(&mut proof.comm_c)), Err(UpdateError::OtherReplica));
    assert_eq!(tamper(&|proof| flip(&mut proof.new_root)), Err(UpdateError::OtherReplica));
    for place in 0..3 {
        let told = tamper(&|proof| {
            let node = &mut proof.nodes[4];
            flip(&mut [&mut node.old, &mut node.data, &mut node.new][place].leaf);
        });
        assert!(matches!(told, Err(UpdateError::Opening(OpeningError::Root { .. }))), "{told:?}");
    }
    let told = tamper(&|proof| drop(proof.nodes.pop()));
    assert_eq!(told, Err(UpdateError::Count { expected: 10, found: 9 }));
}

#[test]
fn the_short_form_is_of_one_update() {
    let sealer = sealer(ProofFamily::SdrPoseidon);
    let (old, other) = (capacity(&sealer, 3), capacity(&sealer, 4));
    let new = Arc::new(sealer.update(&old, data(1)).expect("data of fr32"));
    let answer = UpdateAnswer::OfUpdate(new.clone());
    let shown = statement(&old, &new);
    for wrong in [
        UpdateStatement { comm_r_old: *other.comm_r(), ..shown },
        UpdateStatement { comm_d_new: Node::ZERO, ..shown },
        UpdateStatement { comm_r_new: *old.comm_r(), ..shown },
    ] {
        assert_eq!(verify_update(&sealer, &wrong, &answer), Err(UpdateError::OtherUpdate));
    }
    let sealed = UpdateAnswer::OfUpdate(Arc::new(old.clone()));
    assert_eq!(verify_update(&sealer, &statement(&old, &old), &sealed), Err(UpdateError::OtherUpdate));
}

fn filling(conduct: Conduct) -> OperatorConfig {
    OperatorConfig { fill_after: Some(Epochs::from_days(2)), conduct, ..honest(3) }
}

#[test]
fn an_operator_fills_its_capacity_and_goes_on_proving() {
    let epochs = Epochs::from_days(6).count();
    let proofs = small(ProofFamily::SdrPoseidon);
    let mut run = Run::start(config(policy(), proofs, groups(vec![filling(Conduct::default())]), epochs), 3);
    run.to(Epochs::from_days(1).count() + 1_800);
    let before: Vec<_> = run.sectors(0).copied().collect();
    assert!(before.iter().all(|sector| sector.contents.is_capacity()));
    let locked = run.chain().miner(MinerId(0)).funds().pledge;
    run.to(epochs);
    let after: Vec<_> = run.sectors(0).copied().collect();
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(after.contents, Contents { plain: 0, verified: 32 << 30 });
        assert_eq!(after.standing, Standing::Active, "the new replica was proven for days");
        assert_eq!(after.power.qa, Power::new(320 << 30));
        assert_eq!((after.activation, after.expiration), (before.activation, before.expiration));
        assert_eq!(after.daily_fee, before.daily_fee * 10);
        assert!(after.pledge > before.pledge && after.power_base > before.power_base);
        assert_ne!(after.comm_r, before.comm_r);
    }
    let pledge: AttoFil = after.iter().map(|sector| sector.pledge).sum();
    assert_eq!(run.chain().miner(MinerId(0)).funds().pledge, pledge);
    assert!(pledge > locked);
    assert!(run.chain().ledger().balance(Account::Miner(MinerId(0))) >= pledge);
    let tables = run.finish();
    let of = |name| column(&tables, &models::tables::MINERS, name)[0];
    assert_eq!((of("window_lost"), of("window_wrong"), of("fault_fee_attofil")), (0, 0, 0));
}

#[test]
fn a_filled_sector_is_made_again_from_its_data() {
    // Generation with sealing off: sealed, filled, and answered from, every day.
    let speed = SealingSpeed { label: SimSpan::ZERO, poseidon_hash: SimSpan::ZERO };
    let conduct = Conduct { keeps: Keeps::Data, speed, ..Conduct::default() };
    let epochs = Epochs::from_days(6).count();
    let proofs = small(ProofFamily::SdrPoseidon);
    let mut run = Run::start(config(policy(), proofs, groups(vec![filling(conduct)]), epochs), 3);
    run.to(epochs);
    assert!(run.sectors(0).all(|sector| sector.contents.verified > 0 && sector.standing == Standing::Active));
    let tables = run.finish();
    assert_eq!(column(&tables, &models::tables::MINERS, "window_wrong"), [0]);
}
