//! The life of a sector on the chain, one rule a story.

mod filecoin_net;

use filecoin_net::{MINER, Net, config};
use models::filecoin::ledger::Reason;
use models::filecoin::miner::holdings::Refused;
use models::filecoin::miner::sector::{Contents, Ending, SectorNumber, Standing};
use models::filecoin::miner::{Checked, Refusal};
use models::filecoin::piece::node::Node;
use models::filecoin::policy::Parameter;
use models::filecoin::power::PowerPair;
use models::units::{AttoFil, Epoch, Epochs, Power};

fn net() -> Net {
    Net::new(config(), 1, 7)
}

/// The same where everything that takes weeks or months takes days.
fn hasty() -> Net {
    let mut config = config();
    config.policy.max_prove_commit_duration = Epochs::new(2_880 + 150);
    config.policy.min_sector_lifetime = Epochs::from_days(6);
    config.policy.fault_max_age = Epochs::from_days(3);
    config.policy.termination_full_age = Epochs::from_days(2);
    Net::new(config, 1, 7)
}

fn one_sector() -> PowerPair {
    PowerPair { raw: Power::new(32 << 30), qa: Power::new(32 << 30) }
}

#[test]
fn a_deposit_is_locked_until_the_proof_and_pledge_from_then_on() {
    let mut net = net();
    net.chain.pre_commit(&net.config, MINER, &[net.info(0)]).expect("a good pre-commit");
    let funds = net.chain.miner(MINER).funds();
    let deposit = funds.deposits;
    assert!(deposit > AttoFil::ZERO && funds.pledge.is_zero());
    net.run_to(net.now() + Epochs::new(151));
    net.chain.prove_commit(&net.config, MINER, &[(SectorNumber(0), Checked(true))]).expect("a good proof");
    let funds = net.chain.miner(MINER).funds();
    assert!(funds.deposits.is_zero());
    assert_eq!(funds.pledge, net.sector(0).pledge);
    assert_eq!(net.balance(), AttoFil::from_fil(1_000), "nothing was burnt");
}

#[test]
fn a_proof_comes_after_the_challenge_and_within_thirty_days_of_it() {
    let mut net = net();
    let at = net.now();
    net.chain.pre_commit(&net.config, MINER, &[net.info(0)]).expect("a good pre-commit");
    let window = Refusal::OutOfTime { from: at + Epochs::new(151), until: at + Epochs::new(86_550) };
    net.run_to(at + Epochs::new(150));
    let proof = [(SectorNumber(0), Checked(true))];
    assert_eq!(net.chain.prove_commit(&net.config, MINER, &proof), Err(window));
    net.end_epoch();
    let bad = [(SectorNumber(0), Checked(false))];
    assert_eq!(net.chain.prove_commit(&net.config, MINER, &bad), Err(Refusal::BadProof));
    assert_eq!(net.chain.prove_commit(&net.config, MINER, &proof), Ok(()));
}

#[test]
fn a_sector_that_is_never_proven_costs_its_deposit() {
    let mut net = hasty();
    let at = net.now();
    net.chain.pre_commit(&net.config, MINER, &[net.info(0)]).expect("a good pre-commit");
    let deposit = net.chain.miner(MINER).funds().deposits;
    // A day and 150 epochs to prove, 960 more, and then to the end of the deadline that begins next.
    let clean = at + Epochs::new(2_880 + 150 + 960);
    net.run_to(clean);
    assert_eq!(net.chain.miner(MINER).funds().deposits, deposit);
    net.run_to(clean + Epochs::new(2 * 60));
    assert!(net.chain.miner(MINER).funds().deposits.is_zero());
    assert_eq!(net.burnt(Reason::MissedPreCommit), deposit);
    net.assert_sound();
}

#[test]
fn tickets_are_at_most_a_day_and_finality_old() {
    let mut net = net();
    for (age, good) in [(0, false), (1, true), (3_780, true), (3_781, false)] {
        let mut info = net.info(age as u64);
        info.ticket = net.now() - Epochs::new(age);
        let answer = net.chain.pre_commit(&net.config, MINER, &[info]);
        assert_eq!(answer.is_ok(), good, "{age} epochs: {answer:?}");
    }
}

#[test]
fn a_sector_has_power_from_its_first_window_post_on() {
    let mut net = net();
    net.commit(0..1);
    assert_eq!(net.chain.claims().claim(MINER), PowerPair::ZERO);
    net.prove(0, &[]).expect("a good proof");
    assert_eq!(net.standing(0), Standing::Active);
    assert_eq!(net.chain.claims().claim(MINER), one_sector());
}

#[test]
fn the_first_proof_is_due_half_an_hour_to_a_day_and_a_half_hour_after_commitment() {
    let mut net = net();
    net.commit(0..1);
    let waits = net.deadline_of(0).open - net.now();
    assert!(waits > Epochs::new(60) && waits <= Epochs::new(2_880 + 60), "{waits}");
}

#[test]
fn a_missed_proof_costs_power_at_once_and_the_fault_fee_a_day_later() {
    let mut net = net();
    net.commit(0..2);
    net.prove_days(0, 1);
    net.end_deadline(0);
    assert_eq!(net.standing(0), Standing::Faulty);
    assert_eq!(net.chain.claims().claim(MINER), PowerPair::ZERO);
    assert_eq!(net.burnt(Reason::FaultFee), AttoFil::ZERO, "nothing on the first day (FIP-0002)");
    net.end_deadline(0);
    assert!(net.burnt(Reason::FaultFee) > AttoFil::ZERO);
}

#[test]
fn a_declared_fault_pays_on_the_first_day() {
    let mut net = net();
    net.commit(0..2);
    net.prove_days(0, 1);
    let deadline = net.deadline_of(0).index;
    net.chain.declare_faults(&net.config, MINER, deadline, &[SectorNumber(1)]).expect("in time");
    assert_eq!(net.chain.claims().claim(MINER), one_sector());
    net.prove(0, &[]).expect("a proof of the other one");
    net.end_deadline(0);
    assert!(net.burnt(Reason::FaultFee) > AttoFil::ZERO);
    assert_eq!(net.standing(0), Standing::Active);
}

#[test]
fn a_skipped_sector_is_faulty_and_pays_at_that_deadline() {
    let mut net = net();
    net.commit(0..2);
    net.prove_days(0, 1);
    net.prove(0, &[1]).expect("a proof of the other one");
    assert_eq!((net.standing(0), net.standing(1)), (Standing::Active, Standing::Faulty));
    net.end_deadline(0);
    assert!(net.burnt(Reason::FaultFee) > AttoFil::ZERO);
}

#[test]
fn a_fault_of_one_of_two_like_sectors_costs_half_of_what_both_cost() {
    let fee = |faulty: &[u64]| {
        let mut net = net();
        net.commit(0..2);
        net.prove_days(0, 1);
        let (deadline, faulty): (_, Vec<_>) =
            (net.deadline_of(0).index, faulty.iter().map(|&number| SectorNumber(number)).collect());
        net.chain.declare_faults(&net.config, MINER, deadline, &faulty).expect("in time");
        net.end_deadline(0);
        net.burnt(Reason::FaultFee)
    };
    let (one, both) = (fee(&[1]), fee(&[0, 1]));
    assert!((both - one - one).atto().abs() <= 1, "{one:?} and {both:?}");
}

#[test]
fn a_proof_of_nothing_is_refused() {
    let mut net = net();
    net.commit(0..2);
    net.prove_days(0, 1);
    let nothing = Err(Refusal::Sectors(Refused::NothingToProve));
    assert_eq!(net.prove(0, &[0, 1]), nothing, "it would pay for what costs nothing to miss");
    assert_eq!((net.standing(0), net.standing(1)), (Standing::Active, Standing::Active));
    net.end_deadline(0);
    assert_eq!(net.standing(0), Standing::Faulty);
    assert_eq!(net.prove(0, &[]), nothing, "nothing of it is said to be provable again");
}

#[test]
fn declarations_close_seventy_epochs_before_the_deadline() {
    let mut net = net();
    net.commit(0..1);
    let deadline = net.deadline_of(0);
    net.run_to(deadline.open - Epochs::new(70));
    let answer = net.chain.declare_faults(&net.config, MINER, deadline.index, &[SectorNumber(0)]);
    assert_eq!(answer, Err(Refusal::Deadline(deadline.index)));
}

#[test]
fn a_recovered_sector_pays_no_fee_and_ends_when_it_was_to() {
    let mut net = net();
    net.commit(0..1);
    net.prove_days(0, 1);
    let ends = net.sector(0).ends;
    net.end_deadline(0);
    let deadline = net.deadline_of(0);
    assert_eq!(net.sector(0).ends, deadline.close - Epochs::new(1 + 2_880) + Epochs::from_days(42));
    net.chain.declare_recoveries(&net.config, MINER, deadline.index, &[SectorNumber(0)]).expect("in time");
    net.prove(0, &[]).expect("a good proof");
    assert_eq!(net.standing(0), Standing::Active);
    assert_eq!(net.sector(0).ends, ends);
    net.end_deadline(0);
    assert_eq!(net.burnt(Reason::FaultFee), AttoFil::ZERO);
}

#[test]
fn a_recovery_that_fails_pays_the_fault_fee() {
    let mut net = net();
    net.commit(0..1);
    net.prove_days(0, 1);
    net.end_deadline(0);
    let deadline = net.deadline_of(0).index;
    net.chain.declare_recoveries(&net.config, MINER, deadline, &[SectorNumber(0)]).expect("in time");
    assert_eq!(net.prove_with(0, &[], Checked(false)), Err(Refusal::BadProof));
    net.end_deadline(0);
    assert_eq!(net.standing(0), Standing::Faulty);
    assert!(net.burnt(Reason::FaultFee) > AttoFil::ZERO);
}

#[test]
fn a_sector_that_is_faulty_too_long_is_terminated_and_its_pledge_pays() {
    let mut net = hasty();
    net.commit(0..1);
    net.prove_days(0, 1);
    let (pledge, activation) = (net.sector(0).pledge, net.sector(0).activation);
    net.end_deadline(0);
    for _ in 0..2 {
        net.end_deadline(0);
        assert_eq!(net.standing(0), Standing::Faulty);
    }
    let before = net.balance();
    net.end_deadline(0);
    assert_eq!(net.standing(0), Standing::Ended(Ending::FaultyTooLong));
    assert!(net.chain.miner(MINER).funds().pledge.is_zero());
    // FIP-0098: 8.5 % of the pledge, less in proportion below the full age; at least 2 % and 105 % of a fault fee.
    let age = net.sector(0).ended.expect("it ended") - activation;
    let simple = pledge.floor_mul(85, 1_000);
    let aged = simple.floor_mul(i128::from(age.count()), 2 * 2_880).min(simple);
    let fee = net.burnt(Reason::TerminationFee);
    assert!(fee >= aged.max(pledge.floor_mul(2, 100)), "{fee:?} of {pledge:?} at {age}");
    assert!(before - net.balance() >= fee);
    net.assert_sound();
}

#[test]
fn a_sector_that_is_terminated_late_pays_eight_and_a_half_percent_of_its_pledge() {
    let mut net = hasty();
    net.commit(0..1);
    net.prove_days(0, 3);
    let pledge = net.sector(0).pledge;
    while !net.chain.miner(MINER).holdings().calendar().is_mutable(net.sector(0).deadline, net.now()) {
        net.end_epoch();
    }
    net.chain.terminate(&net.config, MINER, &[SectorNumber(0)]).expect("it lives");
    assert_eq!(net.burnt(Reason::TerminationFee), pledge.floor_mul(85, 1_000));
    assert_eq!(net.chain.claims().claim(MINER), PowerPair::ZERO);
    assert!(net.chain.miner(MINER).funds().pledge.is_zero());
    net.assert_sound();
}

#[test]
fn a_sector_ends_with_the_deadline_after_its_expiration_and_gets_its_pledge_back() {
    let mut net = hasty();
    net.commit(0..1);
    let (expiration, ends) = (net.sector(0).expiration, net.sector(0).ends);
    assert!(ends >= expiration && ends - expiration < Epochs::from_days(1));
    while net.now() <= ends {
        net.prove_days(0, 1);
    }
    assert_eq!(net.standing(0), Standing::Ended(Ending::Expired));
    assert_eq!(net.sector(0).ended, Some(ends));
    assert!(net.chain.miner(MINER).funds().pledge.is_zero());
    assert_eq!(net.burnt(Reason::TerminationFee), AttoFil::ZERO);
    net.assert_sound();
}

#[test]
fn the_daily_fee_is_that_of_the_supply_at_activation_once_for_each_day_of_life() {
    let mut net = net();
    net.commit(0..1);
    let circulating = net.chain.network().circulating();
    // 5.56e-15 of the supply per 32 GiB a day: row 62 of the shared reference has 680 million FIL.
    let scaled = AttoFil::new(3_780_793_052_776)
        .floor_mul(circulating.atto() / 1_000_000_000, 680_000_000 * 1_000_000_000);
    let fee = net.sector(0).daily_fee;
    assert!((fee - scaled).atto().abs() < 1_000, "{fee:?}, not {scaled:?}");
    net.prove_days(0, 3);
    assert_eq!(net.burnt(Reason::DailyFee), fee * 3);
}

#[test]
fn an_extension_moves_the_end_and_keeps_the_pledge() {
    let mut net = net();
    net.commit(0..1);
    net.prove_days(0, 1);
    let (pledge, until) = (net.sector(0).pledge, net.sector(0).expiration + Epochs::from_days(300));
    net.chain.extend(&net.config, MINER, &[SectorNumber(0)], until).expect("within 1,278 days");
    assert_eq!((net.sector(0).expiration, net.sector(0).pledge), (until, pledge));
    let too_far = net.now() + Epochs::from_days(1_279);
    let answer = net.chain.extend(&net.config, MINER, &[SectorNumber(0)], too_far);
    assert!(matches!(answer, Err(Refusal::Expiration(_))), "{answer:?}");
    assert_eq!(
        net.chain.extend(&net.config, MINER, &[SectorNumber(0)], until - Epochs::ONE),
        Err(Refusal::State(SectorNumber(0)))
    );
    net.assert_sound();
}

/// FIP-0100: sectors of before the fee pay nothing until they are extended under the rules of Tock.
#[test]
fn a_sector_older_than_the_fee_pays_it_once_it_is_extended() {
    let mut net = net();
    let rules = net.config.policy.clone();
    let no_fee = Parameter::named("daily_fee_per_supply").expect("a parameter");
    no_fee.set(&mut net.config.policy, "0").expect("a share");
    net.commit(0..1);
    net.prove_days(0, 1);
    assert!(net.sector(0).daily_fee.is_zero());
    for (on_extension, pays) in [(false, false), (true, true)] {
        net.config.policy = rules.clone();
        net.config.policy.daily_fee_on_extension = on_extension;
        let until = net.sector(0).expiration + Epochs::from_days(10);
        net.chain.extend(&net.config, MINER, &[SectorNumber(0)], until).expect("it lives");
        let fee = net.chain.conditions(&net.config).daily_fee(Power::new(32 << 30));
        assert_eq!(net.sector(0).daily_fee, if pays { fee } else { AttoFil::ZERO });
    }
    net.assert_sound();
}

#[test]
fn a_sector_is_not_extended_once_it_was_to_end() {
    let mut net = hasty();
    net.commit(0..1);
    let ends = net.sector(0).expiration;
    let until = ends + Epochs::from_days(10);
    // It ends with its next deadline after that epoch, at whose opening it is still proven.
    net.prove(0, &[]).expect("a good proof");
    while net.now() <= ends {
        net.end_deadline(0);
        net.prove(0, &[]).expect("a good proof");
    }
    assert_eq!(net.standing(0), Standing::Active);
    let answer = net.chain.extend(&net.config, MINER, &[SectorNumber(0)], until);
    assert_eq!(answer, Err(Refusal::State(SectorNumber(0))));
}

#[test]
fn filling_a_sector_with_verified_data_gives_ten_times_the_power_at_once() {
    let mut net = net();
    net.commit(0..1);
    net.prove_days(0, 1);
    while !net.chain.miner(MINER).holdings().calendar().is_mutable(net.sector(0).deadline, net.now()) {
        net.end_epoch();
    }
    let (activation, pledge, fee) = (net.sector(0).activation, net.sector(0).pledge, net.sector(0).daily_fee);
    let full = Contents { plain: 0, verified: 32 << 30 };
    net.chain
        .update_replica(&net.config, MINER, SectorNumber(0), full, Node([7; 32]), Checked(true))
        .expect("active committed capacity");
    assert_eq!(net.sector(0).comm_r, Node([7; 32]));
    let claim = net.chain.claims().claim(MINER);
    assert_eq!((claim.raw, claim.qa), (Power::new(32 << 30), Power::new(320 << 30)));
    assert_eq!(net.sector(0).activation, activation);
    assert_eq!(net.sector(0).daily_fee, fee * 10);
    assert!(net.sector(0).pledge > pledge);
    let answer =
        net.chain.update_replica(&net.config, MINER, SectorNumber(0), full, Node([7; 32]), Checked(true));
    assert_eq!(answer, Err(Refusal::State(SectorNumber(0))), "only committed capacity");
    net.assert_sound();
}

#[test]
fn a_non_interactive_proof_needs_no_pre_commit_and_names_its_deadline() {
    let mut net = net();
    let mut info = net.info(0);
    info.ticket = net.now() - Epochs::from_days(180);
    let calendar = net.chain.miner(MINER).holdings().calendar();
    let (open, free) = (calendar.current(net.now()).index, (calendar.current(net.now()).index + 5) % 48);
    let proof = [(info, Checked(true))];
    let answer = net.chain.prove_commit_ni(&net.config, MINER, &proof, open);
    assert_eq!(answer, Err(Refusal::Deadline(open)));
    net.chain.prove_commit_ni(&net.config, MINER, &proof, free).expect("a deadline that can be changed");
    assert_eq!((net.standing(0), net.sector(0).deadline), (Standing::Unproven, free));
    info.number = SectorNumber(1);
    info.ticket = net.now() - Epochs::new(180 * 2_880 + 1);
    let answer = net.chain.prove_commit_ni(&net.config, MINER, &[(info, Checked(true))], free);
    assert_eq!(answer, Err(Refusal::Ticket(info.ticket)));
    net.assert_sound();
}

#[test]
fn a_wrong_proof_is_believed_until_somebody_disputes_it() {
    let mut net = net();
    net.commit(0..2);
    net.prove_days(0, 1);
    let deadline = net.deadline_of(0).index;
    net.prove_with(0, &[], Checked(false)).expect("nobody looks");
    assert_eq!(net.standing(0), Standing::Active);
    net.end_deadline(0);
    let before = net.balance();
    let fee = net.chain.conditions(&net.config).invalid_post_fee(net.chain.claims().claim(MINER).qa);
    assert!(fee > AttoFil::from_fil(20), "20 FIL and 5.51 days of reward");
    net.chain.dispute(&net.config, MINER, deadline, 0).expect("it does not hold");
    assert_eq!(net.standing(0), Standing::Faulty);
    assert_eq!(net.chain.claims().claim(MINER), PowerPair::ZERO);
    let (burnt, told) = (net.burnt(Reason::InvalidPost), net.burnt(Reason::ReporterReward));
    assert_eq!(told, AttoFil::from_fil(4));
    assert_eq!(before - net.balance(), burnt + told);
    assert_eq!(burnt, fee, "and the reporter's part comes on top of it");
    assert!(net.chain.dispute(&net.config, MINER, deadline, 0).is_err(), "once");
    net.assert_sound();
}

#[test]
fn a_right_proof_cannot_be_disputed_nor_an_old_one() {
    let mut net = net();
    net.commit(0..1);
    net.prove_days(0, 1);
    let deadline = net.deadline_of(0).index;
    assert_eq!(net.chain.dispute(&net.config, MINER, deadline, 0), Err(Refusal::BadProof));
    net.prove_with(0, &[], Checked(false)).expect("nobody looks");
    net.end_deadline(0);
    net.run_to(net.now() + Epochs::new(1_800));
    assert_eq!(net.chain.dispute(&net.config, MINER, deadline, 0), Err(Refusal::Deadline(deadline)));
}

#[test]
fn a_partition_is_proven_once_and_only_while_its_deadline_is_open() {
    let mut net = net();
    net.commit(0..1);
    net.prove(0, &[]).expect("a good proof");
    assert!(matches!(net.prove(0, &[]), Err(Refusal::Sectors(_))));
    net.end_deadline(0);
    let deadline = net.sector(0).deadline;
    let answer = net.chain.submit_window_post(&net.config, MINER, deadline, &[], Checked(true));
    assert_eq!(answer, Err(Refusal::Deadline(deadline)));
}

#[test]
fn one_unprovable_sector_takes_its_whole_partition_with_it() {
    let mut policy = config();
    policy.partition_sectors = 2;
    let mut net = Net::new(policy, 1, 7);
    net.commit(0..4);
    let deadline = net.sector(0).deadline;
    let together: Vec<u64> = (0..4)
        .filter(|&number| {
            let sector = net.sector(number);
            (sector.deadline, sector.partition) == (deadline, net.sector(0).partition)
        })
        .collect();
    assert_eq!(together.len(), 2);
    // Everything but that partition is proven.
    for number in 0..4 {
        if !together.contains(&number) && net.standing(number) == Standing::Unproven {
            net.prove(number, &[]).expect("a good proof");
        }
    }
    let until = net.now() + Epochs::from_days(1);
    net.run_to(until);
    for number in 0..4 {
        let is_faulty = net.standing(number) == Standing::Faulty;
        assert_eq!(is_faulty, together.contains(&number), "sector {number}");
    }
}

#[test]
fn the_epoch_of_a_chain_counts_from_its_start() {
    assert_eq!(net().now(), Epoch::new(6_100_000));
}
