//! Persistence and availability, from table `objects`.

use super::measure::{Measure, Measures};
use super::{Estimator, ObjectCounts};
use crate::load::Run;
use crate::objects::{Object, Objects};
use crate::special::poisson_interval;
use crate::stats::{Interval, mean, mean_interval, rule_of_three, wilson};
use crate::survival::{Curve, Deliberate, Observation, nines};
use std::collections::BTreeMap;

/// Nanoseconds of the year that rates are per: 365 days.
const YEAR: u64 = 365 * 86_400 * 1_000_000_000;

/// Takes down the metrics of one case, over all objects and, if there are several, for each group.
pub(super) fn measure(
    run: &Run,
    objects: &Objects,
    case: usize,
    measures: &mut Measures<'_>,
) -> ObjectCounts {
    let all: Vec<&Object> = objects.of_case(run, case, None).collect();
    measure_group(run, &all, None, measures);
    if objects.groups.len() > 1 {
        for (code, name) in objects.groups.iter().enumerate() {
            let of_group: Vec<&Object> = all.iter().copied().filter(|object| object.group == code).collect();
            if !of_group.is_empty() {
                measure_group(run, &of_group, Some(name), measures);
            }
        }
    }
    count(objects, &all)
}

fn count(objects: &Objects, all: &[&Object]) -> ObjectCounts {
    let mut causes = BTreeMap::new();
    let lost = || all.iter().filter(|object| object.is_lost());
    for cause in lost().filter_map(|object| object.cause) {
        *causes.entry(objects.causes[cause].clone()).or_insert(0) += 1;
    }
    let published = all.iter().filter(|object| object.published.is_some()).count() as u64;
    ObjectCounts {
        published,
        unpublished: all.len() as u64 - published,
        lost: lost().count() as u64,
        deleted_by_owner: all.iter().filter(|object| object.is_deleted()).count() as u64,
        first_loss_s: lost().filter_map(|object| object.lost).min().map(|at| at as f64 / 1e9),
        causes,
    }
}

fn measure_group(run: &Run, objects: &[&Object], group: Option<&str>, measures: &mut Measures<'_>) {
    let seen: Vec<Observation> =
        objects.iter().filter_map(|object| object.observation(run.horizon(), Deliberate::Censor)).collect();
    let curve = Curve::fit(&seen);
    let deleted = objects.iter().filter(|object| object.is_deleted()).count() as u64;
    measures.add(survival(&curve, group, deleted));
    if run.horizon() >= YEAR {
        measures.add(durability(&curve, group));
    }
    measures.add(loss_share(&curve, group, deleted));
    measures.add(loss_rate(&curve, group));
    measures.add(byte_loss_rate(run, objects, group));
    if curve.subjects > 0 && curve.losses == curve.subjects {
        measures.add(time_to_loss(objects, group));
    }
    measures.add(time_share("availability", objects, |object| object.online, group));
    measures.add(time_share("discoverability", objects, |object| object.discoverable, group));
    measures.add(time_share("servability", objects, |object| object.served, group));
    measures.add(time_share("exposure", objects, |object| object.exposure, group));
}

fn survival<'a>(curve: &Curve, group: Option<&'a str>, deleted: u64) -> Measure<'a> {
    let n = curve.subjects;
    let measure = |estimator, interval| Measure::of("survival", group, estimator, n, interval);
    let censored = (deleted > 0).then(|| format!("{deleted} deleted by their owner are censored then"));
    match curve.steps.last() {
        Some(last) => {
            let interval = Interval { value: last.survival, low: Some(last.low), high: Some(last.high) };
            measure(Estimator::KaplanMeier, Some(interval)).noting(censored)
        }
        None if n == 0 => {
            measure(Estimator::KaplanMeier, None).noting(Some("no object was published".into()))
        }
        None => {
            // One never sees that nothing can be lost: there is a bound and no point estimate.
            let note = "no loss was seen: a lower bound by the rule of three, not certainty";
            let note = censored.map_or_else(|| note.into(), |censored| format!("{note}; {censored}"));
            let mut bound = measure(Estimator::RuleOfThree, None).noting(Some(note));
            (bound.low, bound.high) = (Some(curve.lower_bound_without_losses()), Some(1.0));
            bound
        }
    }
}

fn durability<'a>(curve: &Curve, group: Option<&'a str>) -> Measure<'a> {
    let n = curve.subjects;
    let (survival, low, high) = match curve.at(YEAR) {
        Some(step) => (step.survival, step.low, step.high),
        None => (1.0, curve.lower_bound_without_losses(), 1.0),
    };
    let of = |survival| nines(survival, n).map(|nines| nines.value);
    let at_cap = nines(survival, n).is_some_and(|nines| nines.at_cap);
    let mut measure = Measure::of("durability_nines", group, Estimator::KaplanMeier, n, None);
    measure.value = of(survival);
    measure.low = of(low);
    // Whatever is above the cap is not known to be a bound.
    measure.high = nines(high, n).filter(|nines| !nines.at_cap).map(|nines| nines.value);
    measure.noting(match measure_note(n, at_cap) {
        "" => None,
        note => Some(note.into()),
    })
}

fn measure_note(n: u64, at_cap: bool) -> &'static str {
    match (n, at_cap) {
        (0..=3, _) => "too few objects to resolve any nine",
        (_, true) => "at least this much: the number of objects resolves no more",
        _ => "",
    }
}

fn loss_share<'a>(curve: &Curve, group: Option<&'a str>, deleted: u64) -> Measure<'a> {
    let n = curve.subjects;
    let note =
        (deleted > 0).then(|| format!("{deleted} deleted by their owner count as objects, not as losses"));
    if n > 0 && curve.losses == 0 {
        let bound = Interval { value: 0.0, low: Some(0.0), high: Some(rule_of_three(n)) };
        return Measure::of("object_loss_share", group, Estimator::RuleOfThree, n, Some(bound)).noting(note);
    }
    Measure::of("object_loss_share", group, Estimator::Wilson, n, wilson(curve.losses, n)).noting(note)
}

fn loss_rate<'a>(curve: &Curve, group: Option<&'a str>) -> Measure<'a> {
    let years = curve.time_at_risk as f64 / YEAR as f64;
    let losses = curve.losses;
    let measure = |estimator, interval| Measure::of("loss_rate", group, estimator, losses, interval);
    if curve.time_at_risk == 0 {
        return measure(Estimator::PoissonRate, None).noting(Some("no time at risk".into()));
    }
    let value = losses as f64 / years;
    let (estimator, low, high) = if losses == 0 {
        (Estimator::RuleOfThree, 0.0, 3.0)
    } else {
        let (low, high) = poisson_interval(losses);
        (Estimator::PoissonRate, low, high)
    };
    measure(estimator, Some(Interval { value, low: Some(low / years), high: Some(high / years) }))
        .noting(Some(format!("over {years} object-years at risk")))
}

/// Bytes of lost objects per byte-year at risk: by replicates if there are several.
fn byte_loss_rate<'a>(run: &Run, objects: &[&Object], group: Option<&'a str>) -> Measure<'a> {
    let mut by_cell: BTreeMap<usize, ByteRisk> = BTreeMap::new();
    for object in objects {
        let Some(seen) = object.observation(run.horizon(), Deliberate::Censor) else { continue };
        let risk = by_cell.entry(object.cell).or_default();
        let years = (seen.leave - seen.enter) as f64 / YEAR as f64;
        risk.byte_years += object.bytes as f64 * years;
        risk.lost += if seen.lost { object.bytes as f64 } else { 0.0 };
        risk.largest = risk.largest.max(object.bytes as f64);
        risk.losses += u64::from(seen.lost);
    }
    let measure = |estimator, n, interval| Measure::of("byte_loss_rate", group, estimator, n, interval);
    let all = by_cell.values().fold(ByteRisk::default(), ByteRisk::and);
    if all.byte_years == 0.0 {
        return measure(Estimator::PoissonRate, 0, None).noting(Some("no bytes at risk".into()));
    }
    if all.losses == 0 {
        // At most three losses were missed, each of at most the largest object.
        let bound = Interval { value: 0.0, low: Some(0.0), high: Some(3.0 * all.largest / all.byte_years) };
        let note = "no loss was seen: bounded by the rule of three with objects as large as the largest";
        return measure(Estimator::RuleOfThree, 0, Some(bound)).noting(Some(note.into()));
    }
    let rates: Vec<f64> = by_cell
        .values()
        .filter(|risk| risk.byte_years > 0.0)
        .map(|risk| risk.lost / risk.byte_years)
        .collect();
    let value = all.lost / all.byte_years;
    if rates.len() < 2 {
        let interval = Interval { value, low: None, high: None };
        let note = "one replicate: no interval, because losses of bytes come in whole objects";
        return measure(Estimator::PoissonRate, all.losses, Some(interval)).noting(Some(note.into()));
    }
    let spread = mean_interval(&rates).map(|own| Interval { low: own.low.map(|low| low.max(0.0)), ..own });
    measure(Estimator::MeanOverReplicates, rates.len() as u64, spread)
}

/// Bytes at risk and bytes lost.
#[derive(Clone, Copy, Default)]
struct ByteRisk {
    byte_years: f64,
    lost: f64,
    largest: f64,
    losses: u64,
}

impl ByteRisk {
    fn and(self, other: &Self) -> Self {
        ByteRisk {
            byte_years: self.byte_years + other.byte_years,
            lost: self.lost + other.lost,
            largest: self.largest.max(other.largest),
            losses: self.losses + other.losses,
        }
    }
}

/// Mean time to loss of objects that were all seen to be lost: it is never made from censored times.
fn time_to_loss<'a>(objects: &[&Object], group: Option<&'a str>) -> Measure<'a> {
    let days = |object: &&Object| {
        let (published, lost) = (object.published?, object.lost?);
        Some(lost.saturating_sub(published) as f64 / 86_400e9)
    };
    let times: Vec<f64> = objects.iter().filter_map(days).collect();
    let spread = mean_interval(&times).map(|own| Interval { low: own.low.map(|low| low.max(0.0)), ..own });
    Measure::of("mttdl", group, Estimator::MeanOverObjects, times.len() as u64, spread)
}

/// Share of observed time, averaged over objects and then over replicates.
fn time_share<'a>(
    metric: &'a str,
    objects: &[&Object],
    part: fn(&Object) -> u64,
    group: Option<&'a str>,
) -> Measure<'a> {
    let mut by_cell: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for object in objects.iter().filter(|object| object.observed > 0) {
        by_cell.entry(object.cell).or_default().push(part(object) as f64 / object.observed as f64);
    }
    if by_cell.len() >= 2 {
        let means: Vec<f64> = by_cell.values().filter_map(|shares| mean(shares)).collect();
        let n = means.len() as u64;
        return Measure::of(metric, group, Estimator::MeanOverReplicates, n, clip(mean_interval(&means)));
    }
    let shares = by_cell.into_values().next().unwrap_or_default();
    let n = shares.len() as u64;
    let note = match n {
        0 => "no object was observed",
        1 => "one object in one replicate: no interval can be given",
        _ => {
            "over the objects of one replicate, which share its events: replicates would give an honest interval"
        }
    };
    Measure::of(metric, group, Estimator::MeanOverObjects, n, clip(mean_interval(&shares)))
        .noting(Some(note.into()))
}

/// An interval of a share stays within 0 and 1.
fn clip(interval: Option<Interval>) -> Option<Interval> {
    interval.map(|Interval { value, low, high }| Interval {
        value,
        low: low.map(|low| low.max(0.0)),
        high: high.map(|high| high.min(1.0)),
    })
}
