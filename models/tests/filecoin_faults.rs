//! Consensus faults and compaction of partitions, one rule a story.

mod filecoin_net;
mod miners;
mod worlds;

use filecoin_net::{MINER, Net, config};
use models::agents::conduct::Conduct;
use models::agents::storage_miner::OperatorConfig;
use models::filecoin::consensus_fault::{ConsensusFault, FaultKind};
use models::filecoin::ledger::Reason;
use models::filecoin::miner::holdings::{PartitionProof, Refused};
use models::filecoin::miner::sector::{SectorNumber, Standing};
use models::filecoin::miner::{Checked, Refusal};
use models::filecoin::proofs::family::ProofFamily;
use models::units::{AttoFil, Epoch, Epochs};
use std::collections::BTreeSet;

fn fault(epoch: Epoch) -> ConsensusFault {
    ConsensusFault { miner: MINER, epoch, kind: FaultKind::DoubleForkMining }
}

/// The smoothed reward of an epoch, as messages see it now.
fn reward(net: &Net) -> AttoFil {
    AttoFil::new(net.chain.network().reward().smoothed.estimate())
}

#[test]
fn a_consensus_fault_costs_five_wins_and_a_fourth_of_one_goes_to_the_reporter() {
    let mut net = Net::new(config(), 1, 7);
    net.run_to(net.now() + Epochs::new(10));
    let (before, reward) = (net.balance(), reward(&net));
    assert!(reward > AttoFil::from_fil(20), "{reward:?}");
    net.chain.report_consensus_fault(&net.config, &fault(net.now() - Epochs::ONE)).expect("a fault");
    // Five expected wins share an epoch's reward.
    let (fee, told) = (reward.floor_mul(5, 5), reward.floor_mul(1, 20));
    assert_eq!(net.burnt(Reason::FaultReporter), told);
    assert_eq!(net.burnt(Reason::ConsensusFault), fee - told);
    assert_eq!(before - net.balance(), fee);
    net.assert_sound();
}

#[test]
fn its_miner_is_excluded_for_900_epochs() {
    let mut net = Net::new(config(), 1, 7);
    net.commit(0..1);
    net.prove_days(0, 1);
    net.end_deadline(0);
    assert_eq!(net.standing(0), Standing::Faulty);
    let (at, deadline) = (net.now(), net.deadline_of(0).index);
    net.chain.report_consensus_fault(&net.config, &fault(at - Epochs::ONE)).expect("a fault");
    let barred = Err(Refusal::Barred(at + Epochs::new(900)));
    let pre_commit = |net: &mut Net| net.chain.pre_commit(&net.config, MINER, &[net.info(9)]);
    assert_eq!(pre_commit(&mut net), barred);
    let recover =
        |net: &mut Net| net.chain.declare_recoveries(&net.config, MINER, deadline, &[SectorNumber(0)]);
    assert_eq!(recover(&mut net), barred);
    let wins = |net: &mut Net| {
        let before = net.balance();
        net.chain.award(&net.config, MINER, 1) && net.balance() > before
    };
    net.run_to(at + Epochs::new(900));
    assert!(!wins(&mut net));
    assert_eq!(pre_commit(&mut net), barred);
    net.end_epoch();
    assert!(wins(&mut net));
    assert_eq!(pre_commit(&mut net), Ok(()));
    assert_eq!(recover(&mut net), Ok(()));
    net.assert_sound();
}

#[test]
fn only_the_first_report_counts_and_none_from_the_future() {
    let mut net = Net::new(config(), 1, 7);
    let at = net.now();
    let report = |net: &mut Net, epoch| net.chain.report_consensus_fault(&net.config, &fault(epoch));
    assert_eq!(report(&mut net, at), Err(Refusal::Fault(at)), "its epoch is not over");
    net.end_epoch();
    assert_eq!(report(&mut net, at), Ok(()));
    let until = net.now() + Epochs::new(900);
    assert_eq!(report(&mut net, at), Err(Refusal::Fault(at)));
    net.run_to(until + Epochs::ONE);
    assert_eq!(report(&mut net, until - Epochs::ONE), Err(Refusal::Fault(until - Epochs::ONE)));
    assert_eq!(report(&mut net, until), Ok(()));
}

#[test]
fn who_cannot_pay_owes_it_and_the_reporter_gets_no_more_than_was_paid() {
    let mut net = Net::new(config(), 1, 7);
    net.end_epoch();
    // One FIL is left, less than a fourth of a win.
    let all = net.balance() - AttoFil::from_fil(1);
    net.chain.withdraw(&net.config, MINER, all).expect("nothing is locked");
    let fee = reward(&net);
    net.chain.report_consensus_fault(&net.config, &fault(net.now() - Epochs::ONE)).expect("a fault");
    assert_eq!(net.burnt(Reason::FaultReporter), AttoFil::from_fil(1));
    assert_eq!(net.burnt(Reason::ConsensusFault), AttoFil::ZERO);
    assert_eq!(net.chain.miner(MINER).funds().debt(), fee - AttoFil::from_fil(1));
    assert_eq!(net.balance(), AttoFil::ZERO);
    net.assert_sound();
}

#[test]
fn an_operator_that_forks_pays_and_stops_winning() {
    let run = |fault| {
        let plan = OperatorConfig { conduct: Conduct { fault, ..Conduct::default() }, ..miners::honest(40) };
        let epochs = Epochs::from_days(3).count();
        let proofs = miners::small(ProofFamily::Sha256Merkle);
        let mut config = miners::config(miners::policy(), proofs, miners::groups(vec![plan]), epochs);
        let chain = std::sync::Arc::make_mut(config.filecoin.as_mut().expect("a chain"));
        // A hundredth of the network: a block every twenty epochs.
        chain.chain.weight = 10_000;
        chain.chain.background.points[0].power.qa = models::units::Power::new(40 * 10_000 * 99 * (32 << 30));
        chain.groups[0].operator.capital = AttoFil::from_fil(10_000_000);
        let mut run = miners::Run::start(config, 3);
        run.to(epochs);
        let tally = *run.chain().tally();
        let moved = |reason| run.chain().ledger().moved(reason);
        let paid = moved(Reason::ConsensusFault) + moved(Reason::FaultReporter);
        let tables = run.finish();
        let days = miners::column(&tables, &models::tables::MINER_DAYS, "consensus_fault_attofil");
        let residual = miners::column(&tables, &models::tables::MINER_DAYS, "residual_attofil");
        assert!(residual.iter().all(|residual| *residual == 0));
        assert_eq!(-days.iter().sum::<i128>(), paid.atto());
        (tally.wins, tally.lost_wins, paid)
    };
    let (honest, lost, paid) = run(None);
    assert!(honest > 50 && lost == 0 && paid.is_zero(), "{honest} {lost} {paid:?}");
    for kind in [FaultKind::DoubleForkMining, FaultKind::TimeOffsetMining, FaultKind::ParentGrinding] {
        let (wins, lost, paid) = run(Some(kind));
        // One win or so, and then none for 900 epochs, each time.
        assert!(wins < honest / 5 && lost > honest / 2, "{kind:?}: {wins} of {honest}, {lost} lost");
        assert!(paid > AttoFil::from_fil(20), "{kind:?}: {paid:?}");
    }
}

/// Six sectors in three partitions of one deadline, proven once.
fn three_partitions() -> (Net, u16) {
    let mut config = config();
    config.partition_sectors = 2;
    let mut net = Net::new(config, 1, 7);
    let calendar = net.chain.miner(MINER).holdings().calendar();
    let deadline = (calendar.current(net.now()).index + 5) % 48;
    let infos: Vec<_> = (0..6).map(|number| (net.info(number), Checked(true))).collect();
    net.chain.prove_commit_ni(&net.config, MINER, &infos, deadline).expect("it can be changed");
    prove(&mut net, &[0, 1, 2]).expect("good proofs");
    net.end_deadline(0);
    (net, deadline)
}

fn prove(net: &mut Net, partitions: &[u32]) -> Result<(), Refusal> {
    let deadline = net.deadline_of(5);
    net.run_to(deadline.open.max(net.now()));
    let proof = |&partition: &u32| PartitionProof { partition, skipped: Vec::new() };
    let proofs: Vec<_> = partitions.iter().map(proof).collect();
    net.chain.submit_window_post(&net.config, MINER, deadline.index, &proofs, Checked(true))
}

fn compact(net: &mut Net, deadline: u16, partitions: &[u32]) -> Result<(), Refusal> {
    let partitions: BTreeSet<u32> = partitions.iter().copied().collect();
    net.chain.compact_partitions(&net.config, MINER, deadline, &partitions)
}

fn partitions(net: &Net, deadline: u16) -> Vec<Vec<u64>> {
    let state = net.chain.miner(MINER).holdings().deadline(deadline).expect("it holds sectors");
    let numbers = |numbers: &[SectorNumber]| numbers.iter().map(|number| number.0).collect();
    state.partitions.iter().map(|partition| numbers(&partition.sectors)).collect()
}

#[test]
fn compaction_forgets_ended_sectors_and_fills_up_partitions() {
    let (mut net, deadline) = three_partitions();
    assert_eq!(partitions(&net, deadline), [[0, 1], [2, 3], [4, 5]]);
    net.chain.terminate(&net.config, MINER, &[SectorNumber(0), SectorNumber(3)]).expect("they live");
    let (claim, closed) = (net.chain.claims().claim(MINER), net.now());
    let fee = net.chain.miner(MINER).holdings().deadline(deadline).expect("it is there").daily_fee;
    // Its last proofs may be disputed for 1,800 epochs.
    net.run_to(closed + Epochs::new(1_799));
    assert_eq!(compact(&mut net, deadline, &[0, 1]), Err(Refusal::Deadline(deadline)));
    net.end_epoch();
    assert_eq!(compact(&mut net, deadline, &[0, 7]), Err(Refusal::Sectors(Refused::NoPartition(7))));
    assert_eq!(partitions(&net, deadline), [[0, 1], [2, 3], [4, 5]], "nothing has changed");
    assert_eq!(compact(&mut net, deadline, &[0, 1]), Ok(()));
    assert_eq!(partitions(&net, deadline), [[4, 5], [1, 2]]);
    let places: Vec<u32> = [4, 5, 1, 2].map(|number| net.sector(number).partition).to_vec();
    assert_eq!(places, [0, 0, 1, 1]);
    assert_eq!(net.chain.claims().claim(MINER), claim);
    let state = net.chain.miner(MINER).holdings().deadline(deadline).expect("it is there");
    assert_eq!((state.live, state.daily_fee), (4, fee));
    net.assert_sound();
    // What ended is still known, and cannot come back.
    assert!(matches!(net.standing(0), Standing::Ended(_)));
    net.chain
        .declare_faults(&net.config, MINER, deadline, &[SectorNumber(3)])
        .expect("in time, and of no use");
    assert!(matches!(net.standing(3), Standing::Ended(_)));
    // The new partitions are proven like any others.
    assert_eq!(prove(&mut net, &[2]), Err(Refusal::Sectors(Refused::NoPartition(2))));
    prove(&mut net, &[0, 1]).expect("good proofs");
    net.end_deadline(5);
    assert_eq!(net.chain.claims().claim(MINER), claim);
    net.assert_sound();
}

#[test]
fn partitions_with_faulty_or_unproven_sectors_are_not_compacted() {
    let (mut net, deadline) = three_partitions();
    net.chain.declare_faults(&net.config, MINER, deadline, &[SectorNumber(2)]).expect("in time");
    let info = net.info(6);
    net.chain
        .prove_commit_ni(&net.config, MINER, &[(info, Checked(true))], deadline)
        .expect("it can be changed");
    net.run_to(net.now() + Epochs::new(1_800));
    assert_eq!(partitions(&net, deadline), [vec![0, 1], vec![2, 3], vec![4, 5], vec![6]]);
    for place in [1, 3] {
        assert_eq!(
            compact(&mut net, deadline, &[0, place]),
            Err(Refusal::Sectors(Refused::Unhealthy(place)))
        );
    }
    assert_eq!(compact(&mut net, deadline, &[0, 2]), Ok(()));
    // The last partition had room for one.
    assert_eq!(partitions(&net, deadline), [vec![2, 3], vec![0, 6], vec![1, 4], vec![5]]);
    net.assert_sound();
}

#[test]
fn a_deadline_that_is_open_or_next_is_not_compacted() {
    let (mut net, deadline) = three_partitions();
    let open = net.deadline_of(5).open;
    net.run_to(open - Epochs::new(61));
    assert_eq!(compact(&mut net, deadline, &[0]), Ok(()));
    net.end_epoch();
    assert_eq!(compact(&mut net, deadline, &[0]), Err(Refusal::Deadline(deadline)));
    net.run_to(open);
    assert_eq!(compact(&mut net, deadline, &[0]), Err(Refusal::Deadline(deadline)));
}

/// Ten sectors in one partition that were proven once, before their next deadline.
fn ten_in_a_partition() -> (Net, u16) {
    let mut net = Net::new(config(), 1, 7);
    let calendar = net.chain.miner(MINER).holdings().calendar();
    let deadline = (calendar.current(net.now()).index + 5) % 48;
    let infos: Vec<_> = (0..10).map(|number| (net.info(number), Checked(true))).collect();
    net.chain.prove_commit_ni(&net.config, MINER, &infos, deadline).expect("it can be changed");
    prove(&mut net, &[0]).expect("good proofs");
    net.end_deadline(0);
    (net, deadline)
}

/// Of the first period: a sector that is declared pays its fee at that deadline, a partition that is missed pays none
/// and is without power for the day. With a share f lost that is 3.51 f against 1 - f days of reward, and silence is
/// cheaper from f = 1 / 4.51 = 22.2 % on: of ten sectors from three on.
#[test]
fn silence_is_cheaper_than_declaring_from_22_percent_of_a_partition_on() {
    for lost in [1, 2, 3, 9] {
        let (mut net, deadline) = ten_in_a_partition();
        let day = net.chain.new_sector(&net.config).day_reward;
        let faulty: Vec<SectorNumber> = (0..lost).map(SectorNumber).collect();
        net.chain.declare_faults(&net.config, MINER, deadline, &faulty).expect("in time");
        prove(&mut net, &[0]).expect("the rest is proven");
        net.end_deadline(5);
        let fee = net.burnt(Reason::FaultFee);
        assert_eq!(net.chain.miner(MINER).holdings().active(), 10 - lost);

        let (mut silent, _) = ten_in_a_partition();
        silent.run_to(silent.deadline_of(5).open);
        silent.end_deadline(5);
        assert_eq!(silent.burnt(Reason::FaultFee), AttoFil::ZERO, "the first miss pays nothing");
        assert_eq!(silent.chain.miner(MINER).holdings().active(), 0, "and takes the whole partition");
        let missed = day * (10 - lost) as i64;
        assert_eq!(fee > missed, lost >= 3, "{lost} lost: {fee:?} beside {missed:?}");
    }
}
