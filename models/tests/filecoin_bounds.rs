//! Every parameter of the chain at either of its bounds, the others as they are: a chain runs, or the policy says
//! before that it would be none.

mod filecoin_net;

use filecoin_net::{MINER, Net, config};
use models::filecoin::ledger::{Account, Reason};
use models::filecoin::miner::sector::SectorNumber;
use models::filecoin::policy::{PARAMETERS, Parameter};
use models::filecoin::rulesets::RuleSet;
use models::units::{AttoFil, Epochs};

/// One of each thing that amounts are worked out for, under a policy with one parameter set.
fn live(rules: &str, parameter: &Parameter, value: &str) {
    let mut config = config();
    config.weight = 1_000;
    config.policy = RuleSet::named(rules).expect("a rule set").policy();
    parameter.set(&mut config.policy, value).expect("a bound is within the bounds");
    let first = config.start.epoch;
    if !config.policy.misfits(first, first + Epochs::from_days(365)).is_empty() {
        return;
    }
    let mut net = Net::new(config, 1, 5);
    net.elections = true;
    let capital = AttoFil::from_fil(100_000_000);
    net.chain.transfer(Account::Holders, Account::Miner(MINER), capital, Reason::Capital);
    net.chain.transfer(Account::Holders, Account::Wallet(MINER), capital, Reason::Capital);
    net.chain.create_miner(&net.config, MINER).expect("a hundred million FIL are enough");
    net.chain.new_sector(&net.config);
    // Some values leave no time to commit or to prove: refused then, and nothing breaks.
    let infos = [0, 1].map(|number| net.info(number));
    let committed = net.chain.pre_commit(&net.config, MINER, &infos).is_ok();
    net.run_to(net.now() + net.config.policy.precommit_challenge_delay.min(Epochs::new(400)) + Epochs::ONE);
    let proofs = [0, 1].map(|number| (SectorNumber(number), models::filecoin::miner::Checked(true)));
    if committed && net.chain.prove_commit(&net.config, MINER, &proofs).is_ok() {
        net.chain.award(&net.config, MINER, 3);
        net.run_to(net.now() + Epochs::new(130));
        let _ = net.chain.terminate(&net.config, MINER, &[SectorNumber(0)]);
        net.run_to(net.now() + Epochs::new(65));
    }
    net.assert_sound();
}

#[test]
fn every_parameter_may_be_at_either_bound() {
    let mut tried = 0;
    for parameter in PARAMETERS {
        for bound in parameter.bounds.map(|(low, high)| [low, high]).into_iter().flatten() {
            for rules in ["nv21", "draft-fip-0118"] {
                live(rules, parameter, bound);
                tried += 1;
            }
        }
    }
    assert!(tried > 350, "{tried} tried");
}
