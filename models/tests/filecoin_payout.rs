//! Who is paid what a block mints under the draft FIP-0118, and what a new miner deposits under FIP-0077: exact amounts
//! on the chain.

mod filecoin_net;

use filecoin_net::{MINER, Net, config};
use models::filecoin::chain::ChainConfig;
use models::filecoin::ledger::{Account, Reason};
use models::filecoin::miner::Refusal;
use models::filecoin::rulesets::RuleSet;
use models::units::{AttoFil, AttoUsd, Epochs};

fn under(rules: &str) -> ChainConfig {
    ChainConfig { policy: RuleSet::named(rules).expect("a rule set").policy(), ..config() }
}

/// What producer, services and nobody got by one win of the first miner, of how much.
fn one_win(net: &mut Net) -> (i128, [i128; 3]) {
    let minted = net.chain.network().reward().epoch_reward.atto() / 5;
    let of = |net: &Net, account| net.chain.ledger().balance(account).atto();
    let accounts = [Account::Miner(MINER), Account::Services, Account::Burnt];
    let before = accounts.map(|account| of(net, account));
    let pot = of(net, Account::RewardPot);
    assert!(net.chain.award(&net.config, MINER, 1));
    assert_eq!(pot - of(net, Account::RewardPot), minted);
    let after = accounts.map(|account| of(net, account));
    (minted, [after[0] - before[0], after[1] - before[1], after[2] - before[2]])
}

#[test]
fn a_block_is_divided_by_the_weights_of_its_epoch_and_the_residual_is_burnt() {
    let mut config = under("draft-fip-0118");
    config.policy.reward_quarter = Epochs::new(200);
    config.policy.reward_service_volume = AttoUsd::from_usd(4_000);
    let start = config.start.epoch;
    let mut net = Net::new(config, 1, 3);
    // Epochs since the start; parts of producers and services in ten thousandths. The first quarter is a ramp, the
    // second gate (9,450 dollars) is never met.
    for (elapsed, producers, services) in [
        (0, 9_500, 500),
        (50, 9_375, 625),
        (100, 9_250, 750),
        (200, 9_000, 1_000),
        (300, 8_750, 1_000),
        (400, 8_500, 1_500),
        (700, 7_750, 1_500),
        (1_800, 5_000, 1_500),
        (1_900, 5_000, 1_500),
    ] {
        net.run_to(start + Epochs::new(elapsed));
        let (minted, paid) = one_win(&mut net);
        let (producer, service) = (minted * producers / 10_000, minted * services / 10_000);
        assert_eq!(paid, [producer, service, minted - producer - service], "{elapsed} epochs on");
    }
    net.assert_sound();
}

#[test]
fn three_quarters_of_what_the_producer_gets_are_locked_and_all_of_it_counts_as_mined() {
    let mut net = Net::new(under("draft-fip-0118"), 1, 3);
    let (mined, supply) = (net.chain.network().reward().paid, net.chain.network().circulating());
    let (minted, [producer, _, burnt]) = one_win(&mut net);
    let locked = net.chain.miner(MINER).funds().locked().atto();
    assert_eq!(locked, producer * 3 / 4);
    assert_eq!(net.chain.network().reward().paid - mined, AttoFil::new(minted));
    net.end_epoch();
    let expected = supply + AttoFil::new(minted - burnt - locked);
    assert_eq!(net.chain.network().circulating(), expected);
}

#[test]
fn what_is_burnt_of_the_rests_reward_is_in_its_own_path_of_the_supply() {
    let mut config = under("draft-fip-0118");
    config.policy.reward_quarter = Epochs::new(1);
    let mut net = Net::new(config, 1, 3);
    net.run_to(net.now() + Epochs::new(20));
    let supply = net.chain.network().circulating();
    net.chain.award_rest(&net.config, 5);
    net.end_epoch();
    assert!(net.chain.ledger().moved(Reason::RewardBurn) > AttoFil::from_fil(1));
    assert_eq!(net.chain.network().circulating(), supply);
}

#[test]
fn without_the_draft_producers_get_all() {
    let mut net = Net::new(under("nv28"), 1, 3);
    let (minted, paid) = one_win(&mut net);
    assert_eq!(paid, [minted, 0, 0]);
}

/// The pledge of 1 TiB in the first epoch of the test's network, worked out with Python's whole numbers after
/// miner/src/monies.rs.
const DEPOSIT: i128 = 2044799237465660920;

#[test]
fn a_new_miner_locks_the_pledge_of_a_tebibyte_since_nv27() {
    let mut net = Net::new(under("nv27"), 1, 3);
    let wallet = Account::Wallet(MINER);
    net.chain.transfer(Account::Holders, wallet, AttoFil::from_fil(10), Reason::Capital);
    let (balance, pledge) = (net.balance(), net.chain.claims().simulated_pledge());
    net.chain.create_miner(&net.config, MINER).expect("ten FIL are enough");
    let deposit = AttoFil::new(DEPOSIT);
    assert_eq!(net.chain.ledger().balance(wallet), AttoFil::from_fil(10) - deposit);
    assert_eq!(net.balance(), balance + deposit);
    let funds = net.chain.miner(MINER).funds();
    assert_eq!(funds.locked(), deposit);
    assert_eq!(funds.available(net.balance()), balance);
    assert_eq!(net.chain.claims().simulated_pledge(), pledge + deposit);
    // In 180 daily portions, on the grid of half days.
    let portions: Vec<_> = funds.vesting.portions().collect();
    assert_eq!(portions.len(), 180);
    let (last, _) = portions[179];
    let after = (last - net.now()).count();
    assert!((180 * 2_880..180 * 2_880 + 1_440).contains(&after), "{after}");
    net.assert_sound();
    net.run_to(net.now() + Epochs::from_days(2));
    let vested = deposit - net.chain.miner(MINER).funds().locked();
    assert!(vested > AttoFil::ZERO && vested < AttoFil::new(DEPOSIT / 60), "{vested:?} after two days");
}

#[test]
fn before_nv27_a_miner_is_created_for_nothing_and_after_it_not_without_money() {
    let mut old = Net::new(under("nv26"), 1, 3);
    old.chain.create_miner(&old.config, MINER).expect("it costs nothing");
    assert_eq!(old.chain.miner(MINER).funds().locked(), AttoFil::ZERO);
    let mut new = Net::new(under("nv28"), 1, 3);
    let refusal = new.chain.create_miner(&new.config, MINER);
    let needed = AttoFil::new(DEPOSIT);
    assert_eq!(refusal, Err(Refusal::Funds { needed, available: AttoFil::ZERO }));
    assert_eq!(new.chain.miner(MINER).funds().locked(), AttoFil::ZERO);
}
