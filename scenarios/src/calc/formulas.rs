//! The table of formulas, and the few lines that hand inputs to each.

use super::given::{Given, Kind, Param};
use super::{Answer, Formula, durability};
use models::filecoin::collateral::{cleanup_epoch, min_provider_collateral};
use models::filecoin::election::{PoissonTail, rate};
use models::filecoin::fixed::Q128;
use models::filecoin::monies::{self, NetworkEstimates, PledgeInputs, RewardOutlook};
use models::filecoin::paych::PaymentIntervals;
use models::filecoin::piece::node::zero_commitment;
use models::filecoin::policy::{Policy, TerminationRule};
use models::filecoin::quality::{SectorSpace, qa_power, sector_quality};
use models::filecoin::quantize::Quant;
use models::filecoin::reward::{self, Curves};
use models::filecoin::smooth::FilterEstimate;
use models::filecoin::supply::{SupplyParts, genesis_vested};
use models::filecoin::vesting::VestingSpec;
use models::filecoin::{gas, split, warm};
use models::units::{AttoFil, Epoch, Epochs, SpaceTime};

pub(super) const fn param(name: &'static str, kind: Kind, doc: &'static str) -> Param {
    Param { name, doc, kind }
}

const REWARD_POSITION: Param =
    param("reward_position", Kind::Money, "smoothed reward of an epoch: the filter's position");
const REWARD_VELOCITY: Param = param("reward_velocity", Kind::MoneyChange, "its change per epoch");
const POWER_POSITION: Param =
    param("power_position", Kind::Power, "smoothed quality-adjusted power of the network");
const POWER_VELOCITY: Param = param("power_velocity", Kind::PowerChange, "its change per epoch");
const QA_POWER: Param = param("qa_power", Kind::SomePower, "quality-adjusted power");
const CIRCULATING: Param = param("circulating", Kind::Money, "circulating supply");
const BASELINE: Param = param("baseline", Kind::Power, "baseline power of the epoch");

/// Parameters of what reads the network's estimates and a power.
const OF_POWER: &[Param] = &[REWARD_POSITION, REWARD_VELOCITY, POWER_POSITION, POWER_VELOCITY, QA_POWER];
/// Parameters of what reads a sector.
const OF_SECTOR: &[Param] = &[
    param("size", Kind::SomeSize, "size of the sector"),
    param("duration", Kind::SomeEpochs, "from its power base epoch to its expiry"),
    param("verified_weight", Kind::SpaceTime, "verified space over time"),
];
/// Parameters of what reads a paid retrieval.
const OF_RETRIEVAL: &[Param] = &[
    param("size", Kind::Size, "bytes that are retrieved"),
    param("interval", Kind::SomeSize, "bytes until the first voucher"),
    param("increase", Kind::Size, "bytes by which every interval is longer than the one before"),
];

/// Every formula, by what it is about.
pub static FORMULAS: &[Formula] = &[
    // What is minted.
    Formula {
        name: "simple-reward",
        doc: "What simple minting pays for an epoch with the expected number of wins.",
        params: &[param("epoch", Kind::Height, "height of the chain")],
        unit: "attoFIL",
        source: "built-in actors, reward/src/logic.rs",
        compute: |policy, given| Ok(Answer::one(Curves::new(policy).simple(given.epoch("epoch")).floor())),
    },
    Formula {
        name: "baseline-reward",
        doc: "What baseline minting pays while effective network time moves between two values.",
        params: &[
            param("theta0", Kind::Theta, "effective network time before"),
            param("theta1", Kind::Theta, "effective network time after"),
        ],
        unit: "attoFIL",
        source: "built-in actors, reward/src/logic.rs",
        compute: baseline_reward,
    },
    Formula {
        name: "baseline-power",
        doc: "The baseline at an epoch.",
        params: &[param("epoch", Kind::Count(-1, 20_000_000), "height of the chain")],
        unit: "bytes",
        source: "built-in actors, reward/src/logic.rs",
        compute: |policy, given| {
            let before = reward::baseline_before_genesis(policy);
            let grow = |power, _| reward::grown(power, policy.baseline_growth);
            Ok(Answer::one((0..=given.small("epoch")).fold(before, grow).bytes()))
        },
    },
    Formula {
        name: "block-reward",
        doc: "What a block earns of its epoch's reward, tips aside.",
        params: &[
            param("epoch_reward", Kind::Money, "reward of the epoch"),
            param("wins", Kind::Count(0, 15), "election wins of the block"),
        ],
        unit: "attoFIL",
        source: "built-in actors, reward/src/lib.rs",
        compute: |policy, given| {
            Ok(Answer::money(reward::block_reward(policy, given.money("epoch_reward"), given.small("wins"))))
        },
    },
    Formula {
        name: "expected-reward",
        doc: "What power is expected to earn over a span of time (BR), at least nothing.",
        params: &[
            REWARD_POSITION,
            REWARD_VELOCITY,
            POWER_POSITION,
            POWER_VELOCITY,
            QA_POWER,
            param("epochs", Kind::Epochs, "span of time"),
        ],
        unit: "attoFIL",
        source: "built-in actors, miner/src/monies.rs",
        compute: |_, given| Ok(Answer::money(expected(given, given.epochs("epochs"))?.1)),
    },
    Formula {
        name: "vesting",
        doc: "When a locked amount comes free, in what portions: each strictly after its epoch.",
        params: &[
            param("amount", Kind::Money, "what is locked"),
            param("epoch", Kind::Epoch, "when it is locked"),
            param("period_start", Kind::Epoch, "start of a proving period of the miner"),
        ],
        unit: "[epoch, attoFIL]",
        source: "built-in actors, miner/src/vesting_state.rs; FIP-0004",
        compute: vesting,
    },
    // What circulates.
    Formula {
        name: "genesis-vested",
        doc: "What has unlocked of the allocations at genesis.",
        params: &[param("epoch", Kind::Height, "height of the chain")],
        unit: "attoFIL",
        source: "Lotus, chain/stmgr/supply.go",
        compute: |_, given| Ok(Answer::money(genesis_vested(given.epoch("epoch")))),
    },
    Formula {
        name: "circulating-supply",
        doc: "What circulates, at least nothing.",
        params: &[
            param("vested", Kind::Money, "unlocked of the allocations at genesis"),
            param("mined", Kind::Money, "paid to block producers"),
            param("reserve_disbursed", Kind::Money, "taken from the mining reserve"),
            param("burnt", Kind::Money, "burnt"),
            param("pledged", Kind::Money, "initial pledge and unvested rewards of all miners"),
            param("market_locked", Kind::Money, "locked by deals; counts before nv23"),
        ],
        unit: "attoFIL",
        source: "Lotus, chain/stmgr/supply.go; FIP-0065",
        compute: |policy, given| {
            let parts = SupplyParts {
                vested: given.money("vested"),
                mined: given.money("mined"),
                reserve_disbursed: given.money("reserve_disbursed"),
                burnt: given.money("burnt"),
                pledged: given.money("pledged"),
                market_locked: given.money("market_locked"),
            };
            Ok(Answer::money(parts.circulating(policy)))
        },
    },
    // What sectors put up and pay.
    Formula {
        name: "precommit-deposit",
        doc: "Deposit of a pre-commitment; qa_power is that of the sector full of verified data, ten times its size.",
        params: OF_POWER,
        unit: "attoFIL",
        source: "built-in actors, miner/src/monies.rs; FIP-0034",
        compute: |policy, given| {
            let (outlook, _) = expected(given, policy.precommit_deposit_projection)?;
            Ok(Answer::money(monies::precommit_deposit(&outlook, given.power("qa_power"))))
        },
    },
    Formula {
        name: "initial-pledge",
        doc: "Initial pledge of a sector: storage pledge and consensus pledge, at most the cap per byte.",
        params: &[
            QA_POWER,
            BASELINE,
            REWARD_POSITION,
            REWARD_VELOCITY,
            POWER_POSITION,
            POWER_VELOCITY,
            CIRCULATING,
            param("ramp_elapsed", Kind::Since, "epochs since the ramp of FIP-0081 began, negative before"),
            param("ramp_duration", Kind::Epochs, "length of that ramp"),
        ],
        unit: "attoFIL",
        source: "built-in actors, miner/src/monies.rs; FIP-0081",
        compute: initial_pledge,
    },
    Formula {
        name: "daily-fee",
        doc: "Fee that a sector pays every day, before the cap of its deadline; nothing before nv25.",
        params: &[CIRCULATING, QA_POWER],
        unit: "attoFIL",
        source: "FIP-0100",
        compute: |policy, given| {
            Ok(Answer::money(monies::daily_fee(policy, given.money("circulating"), given.power("qa_power"))))
        },
    },
    Formula {
        name: "fault-fee",
        doc: "Fee of faulty power for a proving period: 3.51 days of its expected reward.",
        params: OF_POWER,
        unit: "attoFIL",
        source: "built-in actors, miner/src/monies.rs; FIP-0002",
        compute: |policy, given| Ok(Answer::money(expected(given, policy.fault_fee_projection)?.1)),
    },
    Formula {
        name: "invalid-post-penalty",
        doc: "Penalty of power whose proof was disputed, without what the reporter gets.",
        params: OF_POWER,
        unit: "attoFIL",
        source: "built-in actors, miner/src/monies.rs; FIP-0010",
        compute: |policy, given| {
            let (outlook, _) = expected(given, policy.invalid_post_projection)?;
            Ok(Answer::money(monies::invalid_post_penalty(policy, &outlook, given.power("qa_power"))))
        },
    },
    Formula {
        name: "termination-fee",
        doc: "Fee of a sector that is terminated, by the rule of nv25.",
        params: &[
            param("pledge", Kind::Money, "its initial pledge"),
            param("age", Kind::Epochs, "since its activation"),
            param("fault_fee", Kind::Money, "its fault fee for a proving period"),
        ],
        unit: "attoFIL",
        source: "built-in actors, miner/src/monies.rs; FIP-0098",
        compute: |policy, given| {
            if policy.termination_rule != TerminationRule::InitialPledge {
                let why = "the rule of before nv25 asks what the sector was expected to earn when it was activated, which is \
                           not among these: ask with --rules nv25 or later";
                return Err(why.into());
            }
            let (pledge, age) = (given.money("pledge"), given.epochs("age"));
            Ok(Answer::money(monies::termination_fee(policy, pledge, age, given.money("fault_fee"))))
        },
    },
    Formula {
        name: "consensus-fault",
        doc: "Penalty of a consensus fault, and what its reporter gets.",
        params: &[param("reward", Kind::Money, "smoothed reward of an epoch")],
        unit: "[attoFIL, attoFIL]",
        source: "built-in actors, miner/src/monies.rs; FIP-0011",
        compute: |policy, given| {
            let reward = given.money("reward");
            let penalty = monies::consensus_fault_penalty(policy, reward);
            let reporter = monies::consensus_fault_reward(policy, reward);
            Ok(Answer::list([penalty, reporter].map(Answer::money)))
        },
    },
    // Power.
    Formula {
        name: "sector-quality",
        doc: "Quality of a sector; 2^20 is one.",
        params: OF_SECTOR,
        unit: "2^-20",
        source: "built-in actors, miner/src/policy.rs; FIP-0045",
        compute: |policy, given| Ok(Answer::one(sector_quality(policy, &sector(given)?))),
    },
    Formula {
        name: "qa-power",
        doc: "Quality-adjusted power of a sector.",
        params: OF_SECTOR,
        unit: "bytes",
        source: "built-in actors, miner/src/policy.rs; FIP-0045",
        compute: |policy, given| Ok(Answer::one(qa_power(policy, &sector(given)?).bytes())),
    },
    Formula {
        name: "win-probability",
        doc: "Probability of more than so many wins (1 - CDF), by the node's own recurrence; its exp is made for a mean \
              of at most 5, which is all there is to win in an epoch.",
        params: &[
            param("lambda_num", Kind::Count(0, 1_000_000_000_000_000_000), "mean number of wins: numerator"),
            param(
                "lambda_den",
                Kind::Count(1, 1_000_000_000_000_000_000),
                "mean number of wins: denominator",
            ),
            param("count", Kind::Count(0, 1_000), "number of wins"),
        ],
        unit: "2^-256",
        source: "Lotus, chain/types/electionproof.go",
        compute: win_probability,
    },
    Formula {
        name: "quantise-up",
        doc: "The epoch rounded up to a grid.",
        params: &[
            param("epoch", Kind::Epoch, "what is rounded"),
            param("unit", Kind::SomeEpochs, "distance of the grid"),
            param("offset", Kind::Epoch, "an epoch on the grid"),
        ],
        unit: "height",
        source: "built-in actors, miner/src/quantize.rs",
        compute: |_, given| {
            let grid = Quant::new(given.epochs("unit"), given.epoch("offset"));
            Ok(Answer::one(grid.up(given.epoch("epoch"))))
        },
    },
    // Pieces, deals and retrieval.
    Formula {
        name: "zero-commitment",
        doc: "Commitment of a piece of zeros of so many levels.",
        params: &[param("height", Kind::Count(0, 63), "levels above the leaves of 32 bytes")],
        unit: "hex",
        source: "rust-fil-proofs; specification, Piece commitment",
        compute: |_, given| {
            let height = u8::try_from(given.count("height")).expect("at most 63");
            Ok(Answer::One(zero_commitment(height).to_string()))
        },
    },
    Formula {
        name: "deal-collateral",
        doc: "Least collateral of a provider for a deal.",
        params: &[
            param("piece", Kind::SomePower, "padded size of the piece"),
            param("raw_power", Kind::Power, "raw power of the network"),
            BASELINE,
            CIRCULATING,
        ],
        unit: "attoFIL",
        source: "built-in actors, market/src/policy.rs",
        compute: |policy, given| {
            let (piece, raw) = (given.power("piece"), given.power("raw_power"));
            let (baseline, circulating) = (given.power("baseline"), given.money("circulating"));
            Ok(Answer::money(min_provider_collateral(policy, piece, raw, baseline, circulating)))
        },
    },
    Formula {
        name: "deal-cleanup",
        doc: "The epoch at which the market next looks after a deal.",
        params: &[
            param("deal", Kind::Count(0, 1 << 62), "number of the deal"),
            param("earliest", Kind::Height, "not before"),
        ],
        unit: "height",
        source: "built-in actors, market/src/lib.rs; FIP-0060",
        compute: |policy, given| {
            let deal = given.bytes("deal").as_u64();
            Ok(Answer::one(cleanup_epoch(policy, deal, given.epoch("earliest"))))
        },
    },
    Formula {
        name: "paych-vouchers",
        doc: "How many vouchers pay for a retrieval: one for every interval begun.",
        params: OF_RETRIEVAL,
        unit: "vouchers",
        source: "go-fil-markets, retrievalmarket/types.go",
        compute: |_, given| Ok(Answer::one(intervals(given).vouchers(given.bytes("size")))),
    },
    Formula {
        name: "paych-thresholds",
        doc: "Bytes at which each voucher of a retrieval is due, the last when all is sent.",
        params: OF_RETRIEVAL,
        unit: "bytes",
        source: "go-fil-markets, retrievalmarket/types.go",
        compute: paych_thresholds,
    },
    // Gas.
    Formula {
        name: "base-fee",
        doc: "The next base fee, by the premium at the percentile of a full block (since nv28).",
        params: &[
            param("base", Kind::Money, "base fee now"),
            param("premium", Kind::Money, "percentile premium"),
        ],
        unit: "attoFIL",
        source: "FIP-0115; Lotus, chain/store/basefee.go",
        compute: |policy, given| {
            Ok(Answer::money(gas::base_fee_by_premium(policy, given.money("base"), given.money("premium"))))
        },
    },
    Formula {
        name: "base-fee-utilisation",
        doc: "The next base fee, by how full blocks are (before nv28).",
        params: &[
            param("base", Kind::Money, "base fee now"),
            param("gas", Kind::Count(0, 1_000_000_000_000_000), "sum of the messages' gas limits"),
            param("blocks", Kind::Count(1, 1_000), "blocks of the tipset"),
        ],
        unit: "attoFIL",
        source: "Lotus, chain/store/basefee.go",
        compute: |policy, given| {
            let (gas, blocks) = (given.small("gas"), given.small("blocks"));
            Ok(Answer::money(gas::base_fee_by_utilisation(policy, given.money("base"), gas, blocks)))
        },
    },
    Formula {
        name: "over-estimation",
        doc: "Of gas that was reserved and not used: how much is given back, and how much is burnt.",
        params: &[
            param("used", Kind::Count(0, 1_000_000_000_000_000), "gas used"),
            param("limit", Kind::Count(0, 1_000_000_000_000_000), "gas reserved"),
        ],
        unit: "[gas, gas]",
        source: "Lotus, chain/vm/burn.go",
        compute: |_, given| {
            let (used, limit) = (given.small("used"), given.small("limit"));
            if used > limit {
                return Err("used: more gas than was reserved".into());
            }
            let over = gas::over_estimation(used, limit);
            Ok(Answer::list([over.refund, over.burn].map(Answer::one)))
        },
    },
    // Warm storage and the draft split.
    Formula {
        name: "pdp-proof-fee",
        doc: "What proving the possession of a data set burns.",
        params: &[param("leaves", Kind::Count(0, 1 << 60), "leaves of 32 bytes")],
        unit: "attoFIL",
        source: "PDPVerifier, Fees.sol",
        compute: |policy, given| Ok(Answer::money(warm::proof_fee(policy, given.bytes("leaves").as_u64()))),
    },
    Formula {
        name: "warm-rate",
        doc: "What warm storage of a data set costs an epoch.",
        params: &[param("size", Kind::Size, "bytes of the data set")],
        unit: "attoUSD",
        source: "Filecoin Services, PriceListUSDFC.sol",
        compute: |policy, given| Ok(Answer::one(warm::rate_per_epoch(policy, given.bytes("size")).atto())),
    },
    Formula {
        name: "gate-target",
        doc: "Payment volume of a quarter that raises the services' share of rewards once more (draft).",
        params: &[param("gate", Kind::Count(0, 100), "number of the gate, from zero")],
        unit: "attoUSD",
        source: "FIP-0118",
        compute: |policy, given| Ok(Answer::one(split::gate_target(policy, given.count("gate")).atto())),
    },
    // Durability.
    durability::MTTDL_PARALLEL,
    durability::MTTDL_SINGLE,
    durability::LOSS_PARALLEL,
    durability::LOSS_SINGLE,
    durability::TOO_FEW,
    durability::CHECKED,
    durability::AVAILABILITY,
    durability::RETRIEVABLE,
    durability::PLACED,
];

/// More digits than the chain's arithmetic holds, with room to add up.
const TOO_MUCH: i128 = 1_000_000_000_000_000_000_000_000_000_000_000_000;

/// The outlook over a span, and what `qa_power` is expected to earn in it.
fn expected(given: &Given, span: Epochs) -> Result<(RewardOutlook, AttoFil), String> {
    let outlook = RewardOutlook::new(&network(given), span);
    let earned = outlook.checked_of(given.power("qa_power")).filter(|earned| earned.atto() < TOO_MUCH);
    let earned = earned.ok_or("the expected reward is past 10^18 FIL: is power_position in bytes?")?;
    Ok((outlook, earned))
}

fn network(given: &Given) -> NetworkEstimates {
    NetworkEstimates {
        reward: FilterEstimate::new(given.whole("reward_position"), given.whole("reward_velocity")),
        power: FilterEstimate::new(given.whole("power_position"), given.whole("power_velocity")),
    }
}

fn baseline_reward(policy: &Policy, given: &Given) -> Result<Answer, String> {
    // The chain rounds the sum of both parts: the increment is what that differs by.
    let curves = Curves::new(policy);
    let reward = |before, after| curves.reward(Epoch::GENESIS, before, after);
    Ok(Answer::money(reward(given.raw("theta0"), given.raw("theta1")) - reward(Q128::ZERO, Q128::ZERO)))
}

fn vesting(policy: &Policy, given: &Given) -> Result<Answer, String> {
    let spec = VestingSpec::of(policy);
    let portions = spec.portions(given.money("amount"), given.epoch("epoch"), given.epoch("period_start"));
    let pair = |(epoch, amount): (Epoch, AttoFil)| Answer::list([Answer::one(epoch), Answer::money(amount)]);
    Ok(Answer::list(portions.map(pair)))
}

fn initial_pledge(policy: &Policy, given: &Given) -> Result<Answer, String> {
    let policy = Policy { pledge_ramp_duration: given.epochs("ramp_duration"), ..policy.clone() };
    let inputs = PledgeInputs {
        baseline: given.power("baseline"),
        circulating: given.money("circulating"),
        ramp_elapsed: given.epochs("ramp_elapsed"),
    };
    let (outlook, _) = expected(given, policy.pledge_projection)?;
    let pledge = monies::initial_pledge(&policy, &inputs, &network(given), &outlook, given.power("qa_power"));
    Ok(Answer::money(pledge))
}

fn sector(given: &Given) -> Result<SectorSpace, String> {
    let (size, duration) = (given.power("size"), given.epochs("duration"));
    let verified = SpaceTime::new(given.whole("verified_weight"));
    let most = size.during(duration);
    if verified > most {
        return Err(format!("verified_weight: at most size times duration, {}", most.byte_epochs()));
    }
    Ok(SectorSpace { size, duration, verified })
}

fn win_probability(_: &Policy, given: &Given) -> Result<Answer, String> {
    const MEAN: i128 = 5;
    let (num, den) = (given.whole("lambda_num"), given.whole("lambda_den"));
    if num > MEAN * den {
        return Err(format!("lambda_num: a mean of at most {MEAN} wins"));
    }
    Ok(Answer::one(PoissonTail::beyond(rate(num, den), given.count("count"))))
}

fn intervals(given: &Given) -> PaymentIntervals {
    PaymentIntervals::new(given.bytes("interval"), given.bytes("increase"))
}

fn paych_thresholds(_: &Policy, given: &Given) -> Result<Answer, String> {
    const SHOWN: u64 = 10_000;
    let (intervals, size) = (intervals(given), given.bytes("size"));
    let vouchers = intervals.vouchers(size);
    if vouchers > SHOWN {
        return Err(format!("{vouchers} vouchers are more than the {SHOWN} that a list holds"));
    }
    let due = |number| intervals.threshold(number).map_or(size, |threshold| threshold.min(size));
    Ok(Answer::list((1..=vouchers).map(|number| Answer::one(due(number).as_u64()))))
}
