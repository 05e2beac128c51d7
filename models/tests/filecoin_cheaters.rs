//! Miners that keep less than they promised: the chain refuses them for the reason that the protocol has, found by
//! computing, and not otherwise. Generation (sealing again on demand), outsourcing (asking another miner), committing
//! to another miner's replica, lying; and where sealing is off or deadlines are long, generation and outsourcing work.

mod miners;
mod worlds;

use miners::{Run, START, column, config, groups, honest, policy, small};
use models::agents::conduct::{Conduct, Keeps};
use models::agents::storage_miner::{OnLoss, OperatorConfig};
use models::filecoin::ledger::Reason;
use models::filecoin::miner::sector::{SectorNumber, Standing};
use models::filecoin::piece::node::Node;
use models::filecoin::policy::Policy;
use models::filecoin::proofs::cost::SealingSpeed;
use models::filecoin::proofs::deletion::{Deletion, Pattern};
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::vault::{Claimed, Prover, Vault};
use models::ids::MinerId;
use models::units::{AttoFil, Epoch, Epochs};
use sim_core::draws::{Draws, Entity};
use sim_core::record::csv::CsvTables;
use sim_core::time::SimSpan;
use sim_core::units::Prob;

const DAYS: i64 = 5;

/// An honest miner, and one that keeps something else.
fn beside(conduct: Conduct) -> Vec<OperatorConfig> {
    let late = OperatorConfig { spread: Epochs::ONE, sealing: Epochs::from_hours(2), ..honest(3) };
    vec![honest(3), OperatorConfig { conduct, ..late }]
}

fn keeps(keeps: Keeps) -> Conduct {
    let source = matches!(keeps, Keeps::Nothing | Keeps::Borrowed).then_some(0);
    Conduct { keeps, source, fetch: SimSpan::from_mins(1), ..Conduct::default() }
}

/// What became of the second miner.
struct Outcome {
    standings: Vec<Standing>,
    asked: i128,
    lost: i128,
    wrong: i128,
    late: i128,
    fault_fee: i128,
    deposit_burnt: i128,
}

fn outcome(run: Run) -> Outcome {
    let standings = run.sectors(1).map(|sector| sector.standing).collect();
    let tables: CsvTables = run.finish();
    let of = |name| column(&tables, &models::tables::MINERS, name)[1];
    Outcome {
        standings,
        asked: of("window_asked"),
        lost: of("window_lost"),
        wrong: of("window_wrong"),
        late: of("window_late"),
        fault_fee: of("fault_fee_attofil"),
        deposit_burnt: of("other_penalty_attofil"),
    }
}

fn tell(policy: Policy, family: ProofFamily, conduct: Conduct) -> Outcome {
    let epochs = Epochs::from_days(DAYS).count();
    let mut run = Run::start(config(policy, small(family), groups(beside(conduct)), epochs), 3);
    run.to(epochs);
    assert!(run.sectors(0).all(|sector| sector.standing == Standing::Active), "the honest miner is fine");
    assert_eq!(run.sectors(0).count(), 3);
    outcome(run)
}

fn assert_succeeds(outcome: &Outcome) {
    assert!(
        outcome.standings.iter().all(|standing| *standing == Standing::Active),
        "{:?}",
        outcome.standings
    );
    assert!(outcome.asked >= 3 * (DAYS as i128 - 2), "{} proofs", outcome.asked);
    assert_eq!((outcome.lost, outcome.wrong, outcome.late, outcome.fault_fee), (0, 0, 0, 0));
}

/// Every sector faulty, with a fee from the second day on.
fn assert_caught(outcome: &Outcome) {
    assert_eq!(outcome.standings.len(), 3, "its sectors were committed");
    assert!(outcome.standings.iter().all(|standing| standing.is_faulty()), "{:?}", outcome.standings);
    assert!(outcome.fault_fee > 0);
}

#[test]
fn generation_comes_too_late() {
    let told = tell(policy(), ProofFamily::SdrPoseidon, keeps(Keeps::Data));
    assert_caught(&told);
    assert!(told.late > 0 && told.late == told.asked, "{} of {}", told.late, told.asked);
    assert_eq!((told.lost, told.wrong), (0, 0), "its bytes would have been right");
}

#[test]
fn generation_succeeds_with_sealing_off() {
    let off = SealingSpeed { label: SimSpan::ZERO, poseidon_hash: SimSpan::ZERO };
    let free = Conduct { speed: off, ..keeps(Keeps::Data) };
    assert_succeeds(&tell(policy(), ProofFamily::SdrPoseidon, free));
    // The replica is the data.
    assert_succeeds(&tell(policy(), ProofFamily::Sha256Merkle, keeps(Keeps::Data)));
}

#[test]
fn generation_succeeds_with_deadlines_that_are_longer_than_sealing() {
    // Six hours against three and a half.
    let slow = Policy { deadlines: 4, ..policy() };
    assert_succeeds(&tell(slow, ProofFamily::SdrPoseidon, keeps(Keeps::Data)));
    // An answer that takes a day comes while the next instance is open, and is to the challenge of the last one.
    let day = Conduct { fetch: SimSpan::from_hours(24), ..keeps(Keeps::Nothing) };
    let told = tell(policy(), ProofFamily::Sha256Merkle, day);
    assert_caught(&told);
    assert!(told.late > 0 && told.late == told.asked);
    // A machine ten times as slow is too late even so.
    let slow = Policy { deadlines: 4, ..policy() };
    let label = SimSpan::from_nanos(10_000);
    let speed = SealingSpeed { label, ..SealingSpeed::default() };
    let told = tell(slow, ProofFamily::SdrPoseidon, Conduct { speed, ..keeps(Keeps::Data) });
    assert_caught(&told);
    assert!(told.late > 0);
}

#[test]
fn outsourcing_has_other_bytes() {
    let told = tell(policy(), ProofFamily::SdrPoseidon, keeps(Keeps::Nothing));
    assert_caught(&told);
    assert_eq!((told.lost, told.late), (0, 0), "it had an answer, and in time");
    assert!(told.wrong > 0 && told.wrong == told.asked, "{} of {}", told.wrong, told.asked);
}

#[test]
fn outsourcing_succeeds_where_replicas_are_the_data() {
    assert_succeeds(&tell(policy(), ProofFamily::Sha256Merkle, keeps(Keeps::Nothing)));
    assert_succeeds(&tell(policy(), ProofFamily::Sha256Merkle, keeps(Keeps::Borrowed)));
}

#[test]
fn outsourcing_over_a_slow_line_comes_too_late() {
    let fetch = SimSpan::from_hours(2);
    let told = tell(policy(), ProofFamily::Sha256Merkle, Conduct { fetch, ..keeps(Keeps::Nothing) });
    assert_caught(&told);
    assert!(told.late > 0 && told.wrong == 0);
}

#[test]
fn asking_somebody_who_has_lost_it_too_finds_nothing() {
    let source = Some(0);
    let mut plans = beside(Conduct { source, ..keeps(Keeps::Nothing) });
    // The one that is asked has deleted all of it.
    plans[0].conduct.deletes = Some(Deletion { share: Prob::ONE, pattern: Pattern::Run });
    let epochs = Epochs::from_days(DAYS).count();
    let run = Run::start(config(policy(), small(ProofFamily::Sha256Merkle), groups(plans), epochs), 3);
    let tables = run.finish();
    let lost = column(&tables, &models::tables::MINERS, "window_lost");
    assert!(lost.iter().all(|lost| *lost > 0), "{lost:?}");
}

#[test]
fn another_miner_s_replica_cannot_be_committed_and_the_deposit_is_burnt() {
    let hasty = Policy { max_prove_commit_duration: Epochs::new(2_880 + 150), ..policy() };
    let told = tell(hasty, ProofFamily::SdrPoseidon, keeps(Keeps::Borrowed));
    assert!(told.standings.is_empty(), "no sector was proven: {:?}", told.standings);
    assert_eq!(told.asked, 0);
    assert!(told.deposit_burnt > 0);
}

#[test]
fn a_lie_is_believed_until_it_is_disputed() {
    let plan = |on_loss| {
        let deletes = Some(Deletion { share: Prob::new(1, 8), pattern: Pattern::Run });
        vec![
            honest(1),
            OperatorConfig { on_loss, conduct: Conduct { deletes, ..Conduct::default() }, ..honest(3) },
        ]
    };
    let run = |on_loss| {
        let epochs = Epochs::from_days(20).count();
        let proofs = small(ProofFamily::SdrPoseidon);
        let mut run = Run::start(config(policy(), proofs, groups(plan(on_loss)), epochs), 3);
        run.to(epochs);
        let paid = |reason| run.chain().ledger().moved(reason);
        (paid(Reason::InvalidPost), paid(Reason::ReporterReward))
    };
    let (fee, reward) = run(OnLoss::Lie);
    // 20 FIL and more each time, 4 of them to whoever disputes.
    assert!(reward >= AttoFil::from_fil(4) && reward.atto() % AttoFil::from_fil(4).atto() == 0, "{reward:?}");
    assert!(fee > reward * 4, "{fee:?} burnt");
    assert_eq!(run(OnLoss::Skip), (AttoFil::ZERO, AttoFil::ZERO));
}

#[test]
fn who_needs_hours_for_an_answer_wins_no_block() {
    // All the power there is, so that there is something to win.
    let wins = |conduct| {
        let mut plans = beside(conduct);
        plans.remove(0);
        let epochs = Epochs::from_days(3).count();
        let mut config = config(policy(), small(ProofFamily::SdrPoseidon), groups(plans), epochs);
        let chain = std::sync::Arc::make_mut(config.filecoin.as_mut().expect("a chain"));
        chain.chain.background = Default::default();
        chain.chain.policy.deadlines = 4;
        let mut run = Run::start(config, 3);
        run.to(epochs);
        (run.chain().tally().wins, run.chain().tally().lost_wins)
    };
    let (won, lost) = wins(Conduct::default());
    assert!(won > 100 && lost == 0, "{won} won, {lost} lost");
    let (won, lost) = wins(keeps(Keeps::Data));
    assert!(won == 0 && lost > 100, "{won} won, {lost} lost");
}

/// A vault in which two miners have sealed sector 0 at two epochs each.
fn vault(draws: &Draws) -> Vault {
    let entities: Vec<Entity> = (0..2).map(|miner| Entity::named("miners").member(miner)).collect();
    let mut vault = Vault::new(&small(ProofFamily::SdrPoseidon), &entities);
    for miner in 0..2 {
        vault.seal(MinerId(miner), &[SectorNumber(0)], START, draws);
    }
    vault
}

const OWN: Prover = Prover { miner: MinerId(0), source: None };

fn proves(vault: &mut Vault, comm_r: Node, draws: &Draws) -> (bool, bool) {
    let claimed = Claimed { sector: SectorNumber(0), comm_r };
    let mut failing = Vec::new();
    let epoch = START + Epochs::new(500);
    vault.window_post(OWN, [claimed].into_iter(), epoch, draws, &mut failing);
    (failing.is_empty(), vault.winning_post(OWN, claimed, epoch, draws))
}

#[test]
fn every_answer_is_held_against_the_comm_r_on_chain() {
    let draws = Draws::new(5, 0);
    let mut vault = vault(&draws);
    let committed = vault.comm_r(MinerId(0), SectorNumber(0));
    assert_eq!(proves(&mut vault, committed, &draws), (true, true));
    // Another miner's, none, and that of the same sector sealed with another ticket: bytes that are all there, and
    // not those that were committed.
    let theirs = vault.comm_r(MinerId(1), SectorNumber(0));
    assert_ne!(theirs, committed);
    assert_eq!(proves(&mut vault, theirs, &draws), (false, false));
    assert_eq!(proves(&mut vault, Node::ZERO, &draws), (false, false));
    vault.seal(MinerId(0), &[SectorNumber(0)], START + Epochs::ONE, &draws);
    assert_eq!(proves(&mut vault, committed, &draws), (false, false));
    assert_eq!(vault.attempts(MinerId(0)).wrong, 3);
    // Sealed with the old ticket once more, it is the old replica.
    vault.seal(MinerId(0), &[SectorNumber(0)], START, &draws);
    assert_eq!(proves(&mut vault, committed, &draws), (true, true));
}

#[test]
fn a_replication_proof_is_of_the_committed_comm_r_and_ticket() {
    let draws = Draws::new(5, 0);
    let mut vault = vault(&draws);
    let comm_r = vault.comm_r(MinerId(0), SectorNumber(0));
    let mut holds = |comm_r: Node, ticket: Epoch| {
        let claimed = Claimed { sector: SectorNumber(0), comm_r };
        vault.porep(OWN, claimed, ticket, Some(START + Epochs::new(150)), &draws)
    };
    assert!(holds(comm_r, START));
    assert!(!holds(comm_r, START + Epochs::ONE), "another ticket is another replica id");
    assert!(!holds(Node([1; 32]), START), "another CommR");
}

#[test]
fn the_chain_keeps_the_comm_r_of_the_pre_commit() {
    let epochs = Epochs::from_days(2).count();
    let mut run =
        Run::start(config(policy(), small(ProofFamily::SdrPoseidon), groups(vec![honest(2)]), epochs), 3);
    run.to(epochs);
    let (one, two) = (run.sector(0, 0).comm_r, run.sector(0, 1).comm_r);
    assert!(one != two && one != Node::ZERO && two != Node::ZERO);
    // It is that of the sector number, the ticket and the miner: sealing again says so.
    let draws = Draws::new(3, 0);
    let entity = Entity::named("group-0").member(0);
    let mut vault = Vault::new(&small(ProofFamily::SdrPoseidon), &[entity]);
    let found = (0..600).any(|after| {
        vault.seal(MinerId(0), &[SectorNumber(0)], START + Epochs::new(after), &draws);
        vault.comm_r(MinerId(0), SectorNumber(0)) == one
    });
    assert!(found, "no ticket of the first hours gives {one}");
}
