//! Checked values -> the Filecoin part of a configuration. As [`crate::build`], nothing here can fail.

use crate::values::{Instance, Values};
use models::agents::conduct::{Conduct, Keeps};
use models::agents::storage_miner::{OnLoss, OperatorConfig};
use models::config::{FilecoinConfig, ForecastPlan, GasConfig, MinerGroup};
use models::filecoin::background::{Background, Point};
use models::filecoin::base_fee::OtherGas;
use models::filecoin::chain::ChainConfig;
use models::filecoin::consensus_fault::FaultKind;
use models::filecoin::ledger::Opening;
use models::filecoin::network::{self, Start};
use models::filecoin::policy::{Parameter, Policy};
use models::filecoin::power::PowerPair;
use models::filecoin::proofs::cost::SealingSpeed;
use models::filecoin::proofs::deletion::{Deletion, Pattern};
use models::filecoin::rulesets::RuleSet;
use models::filecoin::vault::ProofConfig;
use models::units::{AttoFil, EPOCHS_PER_DAY, Epoch, Epochs, Power};
use sim_core::dist::Law;
use sim_core::time::SimSpan;
use sim_core::units::{Bytes, Prob};
use std::sync::Arc;

/// FIL that had been taken from the mining reserve by 2025 (FIP-0100: 282,933,381 of 300 million were left).
const RESERVE_DISBURSED: AttoFil = AttoFil::from_fil(17_066_619);

/// The chain of a scenario, if it has one.
pub fn config(values: &Values) -> Option<Arc<FilecoinConfig>> {
    let keys = values.all("filecoin").next()?;
    let duration = epochs(values.one("").span("duration"));
    let background = values.all("filecoin.background").next();
    let start = start(keys);
    let chain = ChainConfig {
        policy: policy(keys).expect("rule set and parameters passed the check"),
        sector_size: if keys.text("sector_size") == "64GiB" { 64 << 30 } else { 32 << 30 },
        partition_sectors: if keys.text("sector_size") == "64GiB" { 2_300 } else { 2_349 },
        weight: u32::try_from(keys.whole("weight")).expect("bounded by its key"),
        background: background.map(|keys| self::background(keys, start.epoch, duration)).unwrap_or_default(),
        start,
    };
    let proofs = ProofConfig {
        family: keys.text("proof").parse().expect("a family passed the check"),
        size: keys.text("real_size").parse().expect("a size passed the check"),
    };
    let gas = GasConfig {
        base_fee: keys.money("base_fee"),
        premium: keys.money("gas_premium"),
        moves: keys.flag("base_fee_moves"),
        others: background.map_or(OtherGas::NONE, |keys| OtherGas {
            limit: i64::try_from(keys.whole("gas")).expect("bounded by its key"),
            premium: keys.money("gas_premium"),
        }),
        ..GasConfig::default()
    };
    let groups = values.all("miners.<group>").map(|keys| group(values, keys)).collect();
    let forecast = keys.maybe_span("forecast_from").map(|from| forecast_plan(from, duration));
    let deals = crate::deals::config(values);
    Some(Arc::new(FilecoinConfig { chain, proofs, gas, groups, forecast, deals }))
}

/// Every day from the end of `from` to the end of the run has a row.
fn forecast_plan(from: SimSpan, duration: Epochs) -> ForecastPlan {
    let (from, days) = (epochs(from).count() / EPOCHS_PER_DAY, duration.count() / EPOCHS_PER_DAY);
    ForecastPlan {
        from_day: u32::try_from(from).expect("bounded by its key"),
        rows: usize::try_from(days - from + 1).expect("a forecast begins within the run"),
    }
}

/// The parameters of a rule set with those that the scenario overrides; nothing if the rule set was refused.
pub fn policy(keys: &Instance) -> Option<Policy> {
    let mut policy = RuleSet::named(keys.maybe_text("rules")?)?.policy();
    for (name, checked) in keys.open("parameters") {
        let parameter = Parameter::named(name).expect("a parameter passed the check");
        parameter.set(&mut policy, &checked.value.words()).expect("a value passed the check");
    }
    Some(policy)
}

/// First and last epoch of a chain; nothing if a key that says it was refused.
pub fn epochs_of(keys: &Instance, duration: SimSpan) -> Option<(Epoch, Epoch)> {
    let first = Epoch::new(i64::try_from(keys.maybe_whole("start_epoch")?).ok()?);
    Some((first, first + epochs(duration)))
}

/// What the chain's accounts hold at the start; nothing if a key that says it was refused.
pub fn opening(values: &Values, keys: &Instance) -> Option<Opening> {
    let (first, last) = epochs_of(keys, values.one("").maybe_span("duration")?)?;
    let policy = policy(keys).filter(|policy| policy.misfits(first, last).is_empty())?;
    keys.maybe_span("network_time")?;
    keys.maybe_money("burnt")?;
    let raw = match values.all("filecoin.background").next() {
        Some(rest) => Power::of(rest.maybe_bytes("raw_power")?),
        None => Power::ZERO,
    };
    Some(network::opening(&policy, &start(keys), raw))
}

/// Whole epochs of a span, rounded down.
pub fn epochs(span: SimSpan) -> Epochs {
    let epoch = Epochs::ONE.span().as_nanos();
    Epochs::new(i64::try_from(span.as_nanos() / epoch).expect("a span of nanoseconds has fewer epochs"))
}

fn start(keys: &Instance) -> Start {
    let height = i64::try_from(keys.whole("start_epoch")).expect("bounded by its key");
    Start {
        epoch: Epoch::new(height),
        network_time: epochs(keys.span("network_time")),
        burnt: keys.money("burnt"),
        reserve_disbursed: if height == 0 { AttoFil::ZERO } else { RESERVE_DISBURSED },
    }
}

fn background(keys: &Instance, first: Epoch, duration: Epochs) -> Background {
    // A millionth is more than anybody knows of it.
    let quality = (keys.real("quality") * 1e6) as i128;
    let point = |at: Epoch, raw: Bytes, pledge: AttoFil, circulating: AttoFil| {
        let raw = Power::of(raw);
        Point { at, power: PowerPair { raw, qa: raw.floor_mul(quality, 1_000_000) }, pledge, circulating }
    };
    let (raw, pledge, circulating) =
        (keys.bytes("raw_power"), keys.money("pledge"), keys.money("circulating"));
    let end = point(
        first + duration.max(Epochs::ONE),
        keys.maybe_bytes("raw_power_end").unwrap_or(raw),
        keys.maybe_money("pledge_end").unwrap_or(pledge),
        keys.maybe_money("circulating_end").unwrap_or(circulating),
    );
    Background { points: vec![point(first, raw, pledge, circulating), end], miners: keys.whole("miners") }
}

fn group(values: &Values, keys: &Instance) -> MinerGroup {
    let on_loss = match keys.text("on_loss") {
        "declare" => OnLoss::Declare,
        "skip" => OnLoss::Skip,
        "ignore" => OnLoss::Ignore,
        "lie" => OnLoss::Lie,
        other => panic!("{}.on_loss = {other:?} is in no table", keys.path),
    };
    MinerGroup {
        name: keys.name().into(),
        count: u32::try_from(keys.whole("count")).expect("bounded by its key"),
        operator: OperatorConfig {
            sectors: keys.whole("sectors"),
            batch: keys.whole("batch"),
            interval: epochs(keys.span("every")).max(Epochs::ONE),
            spread: epochs(keys.span("spread")),
            sealing: epochs(keys.span("sealing")).max(Epochs::ONE),
            commitment: epochs(keys.span("commitment")),
            extension: keys.maybe_span("extension").map(epochs),
            verified: keys.share("verified"),
            fill_after: keys.maybe_span("fill_after").map(epochs),
            non_interactive: keys.flag("non_interactive"),
            disk_failure_rate: keys.real("disk_failures"),
            sectors_per_disk: keys.whole("sectors_per_disk"),
            on_loss,
            repair: keys.maybe_span("repair").map(|mean| Law::Exponential { mean }),
            capital: keys.money("capital"),
            cushion: keys.money("cushion"),
            conduct: conduct(values, keys),
        },
    }
}

/// How a group departs from what it promises.
fn conduct(values: &Values, keys: &Instance) -> Conduct {
    let keeps = match keys.text("keeps") {
        "replica" => Keeps::Replica,
        "data" => Keeps::Data,
        "nothing" => Keeps::Nothing,
        "borrowed" => Keeps::Borrowed,
        other => panic!("{}.keeps = {other:?} is in no table", keys.path),
    };
    let pattern = match keys.text("deletes_as") {
        "run" => Pattern::Run,
        "scattered" => Pattern::Scattered,
        other => panic!("{}.deletes_as = {other:?} is in no table", keys.path),
    };
    let source = keys.maybe_text("source").map(|name| {
        let place = values.all("miners.<group>").position(|group| group.name() == name);
        place.expect("a reference passed the check")
    });
    let share = keys.share("deletes");
    Conduct {
        keeps,
        deletes: (share != Prob::ZERO).then_some(Deletion { share, pattern }),
        source,
        speed: SealingSpeed { label: keys.span("label_time"), poseidon_hash: keys.span("poseidon_time") },
        fetch: keys.span("fetch_time"),
        fault: match keys.text("consensus_fault") {
            "none" => None,
            "double-fork-mining" => Some(FaultKind::DoubleForkMining),
            "time-offset-mining" => Some(FaultKind::TimeOffsetMining),
            "parent-grinding" => Some(FaultKind::ParentGrinding),
            other => panic!("{}.consensus_fault = {other:?} is in no table", keys.path),
        },
    }
}
