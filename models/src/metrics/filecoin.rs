//! Metrics of the simulated storage miners. Without Filecoin they have no value.

use super::{Measured, Metric, measured};
use crate::filecoin::chain::Chain;
use crate::filecoin::ledger::{Account, Reason};
use crate::filecoin::miner::holdings::Sums;
use crate::filecoin::miner::sector::Standing;
use crate::filecoin::new_sector::NewSector;
use crate::units::AttoFil;
use crate::world::World;

/// The total of a metric that is also sampled.
fn total(world: &World, value: fn(&Chain) -> f64) -> Measured {
    measured(world.chain().map(value))
}

/// The same of what a new sector comes to.
fn of_new_sector(world: &World, value: fn(&NewSector) -> Option<f64>) -> Option<f64> {
    value(&world.new_sector()?)
}

fn total_of_new_sector(world: &World, value: fn(&NewSector) -> Option<f64>) -> Measured {
    measured(of_new_sector(world, value))
}

fn base_fee(world: &World) -> Option<f64> {
    Some(world.base_fee()?.atto() as f64)
}

fn deposit(sector: &NewSector) -> Option<f64> {
    Some(sector.deposit.as_fil_f64_lossy())
}

fn pledge(sector: &NewSector) -> Option<f64> {
    Some(sector.pledge.as_fil_f64_lossy())
}

fn power(chain: &Chain) -> f64 {
    let claims = chain.miners().iter().map(|miner| chain.claims().claim(miner.id()).qa.bytes());
    claims.sum::<i128>() as f64 / (1_u64 << 50) as f64
}

fn active(chain: &Chain) -> f64 {
    chain.miners().iter().map(|miner| miner.holdings().active()).sum::<u64>() as f64
}

fn faulty(chain: &Chain) -> f64 {
    let of_miner = |index: usize| {
        let holdings = chain.miners()[index].holdings();
        let has_faults = |index: &u16| {
            let sums: Option<Sums> = holdings.deadline(*index).map(|state| state.power);
            sums.is_some_and(|sums| !sums.faulty.is_zero())
        };
        if !holdings.live_deadlines().any(|index| has_faults(&index)) {
            return 0;
        }
        let sectors = holdings.sectors();
        sectors.filter(|sector| matches!(sector.standing, Standing::Faulty | Standing::Recovering)).count()
    };
    (0..chain.miners().len()).map(of_miner).sum::<usize>() as f64
}

fn balance(chain: &Chain) -> f64 {
    let of = |account| chain.ledger().balance(account);
    let miners =
        chain.miners().iter().map(|miner| of(Account::Wallet(miner.id())) + of(Account::Miner(miner.id())));
    miners.sum::<AttoFil>().as_fil_f64_lossy()
}

fn fees(chain: &Chain) -> f64 {
    let reasons = [
        Reason::FaultFee,
        Reason::TerminationFee,
        Reason::MissedPreCommit,
        Reason::InvalidPost,
        Reason::ReporterReward,
        Reason::ConsensusFault,
        Reason::FaultReporter,
    ];
    reasons.iter().map(|reason| chain.ledger().moved(*reason)).sum::<AttoFil>().as_fil_f64_lossy()
}

/// The total of a count.
fn counted(count: Option<u64>) -> Measured {
    measured(count.map(|count| count as f64))
}

pub(super) const SEALED: Metric = Metric {
    name: "sectors_sealed",
    label: "sectors sealed",
    unit: "",
    doc: "Sectors of simulated miners that were sealed, for real.",
    sample: None,
    total: Some(|world| counted(world.proofs().map(|proofs| proofs.sealed))),
};

pub(super) const WINDOW: Metric = Metric {
    name: "window_posts",
    label: "sectors proven in Window PoSts",
    unit: "",
    doc: "Sectors answered for and checked in Window PoSts of simulated miners, each proof of each day once.",
    sample: None,
    total: Some(|world| counted(world.proofs().map(|proofs| proofs.window))),
};

pub(super) const WINNING: Metric = Metric {
    name: "winning_posts",
    label: "Winning PoSts",
    unit: "",
    doc: "Winning PoSts that simulated miners made for their blocks and that were checked.",
    sample: None,
    total: Some(|world| counted(world.proofs().map(|proofs| proofs.winning))),
};

pub(super) const EPOCHS: Metric = Metric {
    name: "chain_epochs",
    label: "epochs of the chain",
    unit: "",
    doc: "Epochs that ended.",
    sample: None,
    total: Some(|world| counted(world.chain().map(|chain| chain.tally().epochs))),
};

pub(super) const POWER: Metric = Metric {
    name: "miners_power",
    label: "quality-adjusted power of simulated miners",
    unit: "PiB",
    doc: "Quality-adjusted power of all miners that are simulated one by one.",
    sample: Some(|world| world.chain().map(power)),
    total: Some(|world| total(world, power)),
};

pub(super) const ACTIVE: Metric = Metric {
    name: "active_sectors",
    label: "active sectors of simulated miners",
    unit: "",
    doc: "Active sectors of all miners that are simulated one by one, each counted once whatever its weight.",
    sample: Some(|world| world.chain().map(active)),
    total: Some(|world| total(world, active)),
};

pub(super) const FAULTY: Metric = Metric {
    name: "faulty_sectors",
    label: "faulty sectors of simulated miners",
    unit: "",
    doc: "Faulty sectors of all miners that are simulated one by one, recovering ones included.",
    sample: Some(|world| world.chain().map(faulty)),
    total: Some(|world| total(world, faulty)),
};

pub(super) const BALANCE: Metric = Metric {
    name: "miners_balance",
    label: "wallets and actors of simulated miners",
    unit: "FIL",
    doc: "Wallets and actors of all miners that are simulated one by one, pledge and locked rewards included.",
    sample: Some(|world| world.chain().map(balance)),
    total: Some(|world| total(world, balance)),
};

pub(super) const FEES: Metric = Metric {
    name: "miners_fees",
    label: "penalties of simulated miners",
    unit: "FIL",
    doc: "Fault and termination fees, lost deposits, and what wrong proofs and consensus faults cost, the part of whoever \
          told of them included, of all simulated miners so far.",
    sample: Some(|world| world.chain().map(fees)),
    total: Some(|world| total(world, fees)),
};

pub(super) const DEPOSIT: Metric = Metric {
    name: "sector_deposit",
    label: "pre-commit deposit of a new sector",
    unit: "FIL",
    doc: "What the pre-commit of one nominal sector would deposit now.",
    sample: Some(|world| of_new_sector(world, deposit)),
    total: Some(|world| total_of_new_sector(world, deposit)),
};

pub(super) const PLEDGE: Metric = Metric {
    name: "sector_pledge",
    label: "initial pledge of a new sector",
    unit: "FIL",
    doc: "What one nominal sector without verified data would lock now, weighed as the rule set weighs it.",
    sample: Some(|world| of_new_sector(world, pledge)),
    total: Some(|world| total_of_new_sector(world, pledge)),
};

pub(super) const RETURN: Metric = Metric {
    name: "return_on_pledge",
    label: "return on the pledge of a new sector",
    unit: "% a year",
    doc: "Expected reward of a new sector less its daily fees, over its initial pledge, as if the network stayed as it is.",
    sample: Some(|world| of_new_sector(world, NewSector::return_pct_per_year)),
    total: Some(|world| total_of_new_sector(world, NewSector::return_pct_per_year)),
};

pub(super) const BASE_FEE: Metric = Metric {
    name: "base_fee",
    label: "base fee",
    unit: "attoFIL/gas",
    doc: "What a unit of gas burns now; the same always unless filecoin.base_fee_moves.",
    sample: Some(base_fee),
    total: Some(|world| measured(base_fee(world))),
};
