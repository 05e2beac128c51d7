//! What one sector costs from its pre-commit to its end, to the attoFIL.
//!
//! The amounts were worked out by another program, in Python's integers, from the formulas of the built-in actors: reward
//! state, both filters epoch by epoch, the integral of their ratio, and what is made of it. Nothing of this crate went
//! into them but the network of `filecoin_net`: epoch 6,100,000, network time 3,300,000, 10 EiB of raw and 60 EiB of
//! quality-adjusted power, 700 million FIL in circulation, by the rules of nv28. The sector is of
//! 32 GiB: its miner stays below the consensus minimum, so that it moves no total.

mod filecoin_net;

use filecoin_net::{MINER, Net, config};
use models::filecoin::ledger::Reason;
use models::filecoin::miner::Checked;
use models::filecoin::miner::sector::SectorNumber;
use models::units::{AttoFil, Epoch, Epochs};

/// Paid by the first epoch: simple and baseline minting.
const EPOCH_REWARD: AttoFil = AttoFil::new(45_221_299_916_543_465_043);
/// Twenty days of what ten times the sector's space earns, at epoch 6,100,000.
const DEPOSIT: AttoFil = AttoFil::new(12_896_968_456_404_981);
/// Twenty days of what its space earns, and its share of 30 % of the supply, at epoch 6,100,151.
const PLEDGE: AttoFil = AttoFil::new(63_896_818_612_279_241);
/// Its share of the supply a day, by FIP-0100, at the same epoch.
const DAILY_FEE: AttoFil = AttoFil::new(3_891_992_848_446);
/// 3.51 days of what its space earns, at epoch 6,106,574.
const FAULT_FEE: AttoFil = AttoFil::new(226_399_718_850_501);
/// 2 % of the pledge: more than what its age of two days comes to, and than 105 % of a fault fee.
const TERMINATION_FEE: AttoFil = AttoFil::new(1_277_936_372_245_584);

#[test]
fn the_life_of_a_sector_costs_what_the_formulas_say_to_the_attofil() {
    let mut net = Net::new(config(), 1, 7);
    assert_eq!(net.chain.network().reward().epoch_reward, EPOCH_REWARD);
    net.chain.pre_commit(&net.config, MINER, &[net.info(0)]).expect("a good pre-commit");
    assert_eq!(net.chain.miner(MINER).funds().deposits, DEPOSIT);

    net.run_to(net.now() + Epochs::new(151));
    net.chain.prove_commit(&net.config, MINER, &[(SectorNumber(0), Checked(true))]).expect("a good proof");
    assert_eq!((net.sector(0).pledge, net.sector(0).daily_fee), (PLEDGE, DAILY_FEE));
    assert_eq!(net.chain.miner(MINER).funds().pledge, PLEDGE);

    // Proven on the first day, missed on the second: power goes, nothing is paid. The third day pays.
    net.prove_days(0, 1);
    assert_eq!(net.burnt(Reason::DailyFee), DAILY_FEE);
    net.end_deadline(0);
    assert_eq!(net.burnt(Reason::FaultFee), AttoFil::ZERO);
    net.end_deadline(0);
    assert_eq!(net.now(), Epoch::new(6_106_575));
    assert_eq!((net.burnt(Reason::FaultFee), net.burnt(Reason::DailyFee)), (FAULT_FEE, DAILY_FEE * 3));

    net.chain.terminate(&net.config, MINER, &[SectorNumber(0)]).expect("it lives");
    assert_eq!(net.burnt(Reason::TerminationFee), TERMINATION_FEE);
    let paid = FAULT_FEE + DAILY_FEE * 3 + TERMINATION_FEE;
    assert_eq!(net.balance(), AttoFil::from_fil(1_000) - paid, "nothing else was ever paid");
    net.assert_sound();
}
