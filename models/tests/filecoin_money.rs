//! Money on the chain: rewards, debts, withdrawals, conservation, and what weight changes.

mod filecoin_net;

use filecoin_net::{Crowd, MINER, Net, config, honest};
use models::agents::storage_miner::OnLoss;
use models::filecoin::ledger::{Account, FIL_BASE, Reason};
use models::filecoin::miner::Refusal;
use models::filecoin::miner::sector::SectorNumber;
use models::ids::MinerId;
use models::units::{AttoFil, Epochs};
use sim_core::dist::Law;
use sim_core::time::SimSpan;

#[test]
fn three_quarters_of_a_reward_are_locked_and_vest_over_half_a_year() {
    let mut net = Net::new(config(), 1, 3);
    let before = net.balance();
    let epoch_reward = net.chain.network().reward().epoch_reward;
    net.chain.award(&net.config, MINER, 1);
    let reward = net.balance() - before;
    assert_eq!(reward, epoch_reward.floor_div(5));
    let locked = net.chain.miner(MINER).funds().locked();
    assert_eq!(locked, reward.floor_mul(3, 4));
    // Half a year has 180 portions of a day; the first one is up to half a day larger, the last one smaller.
    net.run_to(net.now() + Epochs::from_days(2));
    let left = net.chain.miner(MINER).funds().locked();
    let (low, high) = (locked.floor_mul(177, 180), locked.floor_mul(179, 180));
    assert!(low <= left && left <= high, "{left:?} of {locked:?}");
}

#[test]
fn a_miner_in_debt_wins_nothing_and_commits_nothing_until_it_has_paid() {
    let mut net = Net::new(config(), 1, 3);
    net.commit(0..1);
    net.prove_days(0, 1);
    net.end_deadline(0);
    // All that is free is taken out: the next fault fee cannot be paid.
    let free = net.chain.miner(MINER).funds().available(net.balance());
    net.chain.withdraw(&net.config, MINER, free).expect("it is free");
    net.end_deadline(0);
    let debt = net.chain.miner(MINER).funds().debt();
    assert!(debt > AttoFil::ZERO);
    assert!(!net.chain.miner(MINER).may_mine(net.now()));
    let before = net.balance();
    net.chain.award(&net.config, MINER, 1);
    assert_eq!(net.balance(), before);
    let info = net.info(1);
    assert_eq!(net.chain.pre_commit(&net.config, MINER, &[info]), Err(Refusal::Debt(debt)));
    let deadline = net.deadline_of(0).index;
    let answer = net.chain.declare_recoveries(&net.config, MINER, deadline, &[SectorNumber(0)]);
    assert_eq!(answer, Err(Refusal::Debt(debt)), "recovering needs the debt paid first");
    net.chain.declare_faults(&net.config, MINER, deadline, &[SectorNumber(0)]).expect("declaring does not");
    net.chain.transfer(Account::Holders, Account::Miner(MINER), debt, Reason::Capital);
    net.chain.declare_recoveries(&net.config, MINER, deadline, &[SectorNumber(0)]).expect("now it is paid");
    assert!(net.chain.miner(MINER).funds().debt().is_zero());
    assert!(net.chain.miner(MINER).may_mine(net.now()));
    net.assert_sound();
}

#[test]
fn debts_take_what_has_not_vested_before_free_money() {
    let mut net = Net::new(config(), 1, 3);
    net.commit(0..1);
    net.prove_days(0, 1);
    net.chain.award(&net.config, MINER, 1);
    net.end_deadline(0);
    let (locked, free) = {
        let funds = net.chain.miner(MINER).funds();
        (funds.locked(), funds.available(net.balance()))
    };
    net.end_deadline(0);
    let fee = net.burnt(Reason::FaultFee);
    assert!(fee > AttoFil::ZERO);
    let funds = net.chain.miner(MINER).funds();
    assert!(locked - funds.locked() >= fee, "the fee came out of locked rewards");
    assert!(funds.available(net.balance()) >= free, "and left free money alone");
}

#[test]
fn withdrawals_leave_what_is_locked_pledged_and_deposited() {
    let mut net = Net::new(config(), 1, 3);
    net.commit(0..1);
    let pledge = net.chain.miner(MINER).funds().pledge;
    let free = AttoFil::from_fil(1_000) - pledge;
    let answer = net.chain.withdraw(&net.config, MINER, free + AttoFil::ONE);
    assert_eq!(answer, Err(Refusal::Funds { needed: free + AttoFil::ONE, available: free }));
    net.chain.withdraw(&net.config, MINER, free).expect("it is free");
    assert_eq!(net.balance(), pledge);
    assert_eq!(net.chain.ledger().balance(Account::Wallet(MINER)), free);
}

#[test]
fn the_sum_over_all_accounts_never_moves_whatever_happens() {
    let mut config = config();
    config.policy.fault_max_age = Epochs::from_days(2);
    config.weight = 1_000;
    let mut plans = Vec::new();
    for (on_loss, repair) in
        [(OnLoss::Declare, true), (OnLoss::Skip, true), (OnLoss::Ignore, true), (OnLoss::Skip, false)]
    {
        let mut plan = honest(6);
        plan.batch = 2;
        plan.interval = Epochs::from_hours(8);
        // A disk lasts some ten days.
        plan.disk_failure_rate = 1.0 - 1e-16;
        plan.on_loss = on_loss;
        plan.repair = repair.then_some(Law::Exponential { mean: SimSpan::from_hours(12) });
        plans.push(plan);
    }
    let mut crowd = Crowd::new(config, &plans, 5);
    crowd.net.elections = true;
    // Checked after every epoch.
    crowd.run_to(crowd.net.now() + Epochs::from_days(6));
    let ledger = crowd.net.chain.ledger();
    assert_eq!(ledger.residual(), AttoFil::ZERO);
    assert!(ledger.balance(Account::Burnt) < FIL_BASE);
    let moved: Vec<AttoFil> =
        [Reason::FaultFee, Reason::DailyFee, Reason::TerminationFee, Reason::BlockReward]
            .iter()
            .map(|reason| ledger.moved(*reason))
            .collect();
    assert!(moved.iter().all(|amount| *amount > AttoFil::ZERO), "{moved:?}");
}

/// A miner's money after some days with sectors that stand for `weight` nominal ones each.
fn outcome(weight: u32, sectors: u64) -> [f64; 4] {
    let mut config = config();
    config.weight = weight;
    let mut plan = honest(sectors);
    plan.spread = Epochs::ONE;
    let mut crowd = Crowd::new(config, &[plan], 9);
    crowd.net.check = false;
    crowd.net.elections = true;
    crowd.run_to(crowd.net.now() + Epochs::from_days(4));
    crowd.net.assert_sound();
    let (chain, miner) = (&crowd.net.chain, MinerId(0));
    let fil = |amount: AttoFil| amount.as_fil_f64_lossy();
    [
        fil(chain.miner(miner).funds().pledge),
        fil(chain.ledger().moved(Reason::DailyFee)),
        chain.claims().claim(miner).qa.bytes() as f64,
        chain.network().reward().epoch_reward.as_fil_f64_lossy(),
    ]
}

#[test]
fn a_sector_of_weight_eight_is_eight_sectors() {
    let (one, eight) = (outcome(1, 8), outcome(8, 1));
    for (a, b) in one.into_iter().zip(eight) {
        assert!((a - b).abs() <= 1e-12 * b, "{one:?} and {eight:?}");
        assert!(a > 0.0);
    }
}
