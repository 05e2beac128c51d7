//! What claims are tested for: one entry a measure in [`MEASURES`].

use super::Finding;
use super::beside;
use super::clusters;
use super::evidence::{Evidence, Row};
use super::market;
use super::proving;
use crate::values::Instance;
use analysis::stats::{self, Interval};
use sim_core::math;
use sim_core::time::SimSpan;

/// A measure: what is read, and the formula for what must come out.
pub struct Measure {
    /// Name in scenario files.
    pub name: &'static str,
    /// What is measured and expected.
    pub doc: &'static str,
    pub(super) evaluate: fn(&Evidence<'_>) -> Finding,
}

/// All measures.
pub static MEASURES: &[Measure] = &[
    Measure {
        name: "corrupt-waste",
        doc: "Bytes of altered blocks received per verified byte in reads that succeeded, against q / (1 - q), q the \
              tampering share of the group that holds the content. No altered block may be accepted.",
        evaluate: corrupt_waste,
    },
    Measure {
        name: "payload-at-publish",
        doc: "Payload bytes that left any node, against 0; announcements must have left.",
        evaluate: payload_at_publish,
    },
    Measure {
        name: "egress",
        doc: "Payload bytes that the publishers sent, against reads x size; all reads must succeed.",
        evaluate: egress,
    },
    Measure {
        name: "online-share",
        doc: "Mean share of time that objects are online, against mean up / (mean up + mean down) of their publishers; \
              nothing may be lost.",
        evaluate: online_share,
    },
    Measure {
        name: "loss-instant",
        doc: "Mean instant of loss in seconds, against the first collection at or after the unpinning.",
        evaluate: loss_instant,
    },
    Measure {
        name: "no-copy",
        doc: "Share of objects without a copy at the end, against exp(-m S), S the chance that a reader of the window \
              still keeps its copy at the end under the retention law.",
        evaluate: no_copy,
    },
    Measure {
        name: "pin-life",
        doc: "Mean time in seconds from the first deaths of machines to the loss of a pin or the end of the run, against the \
              same of birth and death: every copy fails at 1 / lifetime.mean and, where the cluster repins, comes back \
              after the time to notice (1.5 pings and half a look) and to send it. Taken of the last cluster that repins; \
              the others have to agree too.",
        evaluate: clusters::pin_life,
    },
    Measure {
        name: "order-of-keeping",
        doc: "How many of the steps from publishers alone to readers that cache to clusters of ever more copies are seen to be \
              upwards: the 95 % interval of the gain in mean time stored lies above 0. Against the number of steps.",
        evaluate: clusters::order_of_keeping,
    },
    Measure {
        name: "paid-by-epoch",
        doc: "What was paid for deals that are over, against the ask times the epochs until each ended; what was not paid \
              must have gone back, both to the attoFIL.",
        evaluate: market::paid_by_epoch,
    },
    Measure {
        name: "negotiated-price",
        doc: "Price of a GiB and an epoch, against that of the rule of negotiation for miners of equal cost c and a limit v: \
              the ask, (v + c) / 2, c among several, v with one; no deals where nobody sells for v.",
        evaluate: market::negotiated_price,
    },
    Measure {
        name: "lost-in-gap",
        doc: "Share of files lost before they were in a proven sector, against 1 - exp(-gap / own_mtbf), the gap from the \
              proposal to the end of sealing.",
        evaluate: market::lost_in_gap,
    },
    Measure {
        name: "deals-by-adds",
        doc: "Deals beyond one for every copy that clients sought, and sectors that no deal was sealed in, against 0; \
              objects must have been added and deals of clients active.",
        evaluate: beside::deals_by_adds,
    },
    Measure {
        name: "deals-without-ipfs",
        doc: "Deals that were completed and paid to the attoFIL, against files x copies of the clients; provider records, DHT \
              lookups and messages of nodes must be 0.",
        evaluate: beside::deals_without_ipfs,
    },
    Measure {
        name: "lost-under-deal",
        doc: "Files in a proven sector that were lost before the last of their deals was to end, against 0; some of their owners \
              must have lost theirs, and some objects of IPFS be lost.",
        evaluate: beside::lost_under_deal,
    },
    Measure {
        name: "tokens-by-ipfs",
        doc: "Rows of the accounts of miners, clients and deals that differ between two arms, the first with more reads on IPFS \
              than the second, against 0; deals must have been paid for.",
        evaluate: beside::tokens_by_ipfs,
    },
    Measure {
        name: "lost-of-copies",
        doc: "Share of files lost at the end, of the clients that buy the most copies R, against the mean of \
              (1 - exp(-T / leaves_mean))^R, T from when all copies of a file are in proven sectors. The other clients have \
              to agree too, and each file has to cost R times the price of a copy.",
        evaluate: market::lost_of_copies,
    },
    Measure {
        name: "caught-deleting",
        doc: "Share of the proofs asked by Window PoSts that miners which deleted part of their sectors missed, against \
              1 - (1 - a)^k, a the share of leaves that cannot be proven and k the challenges. Each group has to be within four \
              standard errors; one that keeps all must miss none.",
        evaluate: proving::caught_deleting,
    },
];

/// A finding without interval.
pub(super) fn exactly(measured: f64, expected: f64, broken: Option<String>) -> Finding {
    Finding { measured, expected, low: measured, high: measured, broken }
}

/// Nothing can be compared: the claim's scenario was changed so that its formula says nothing.
pub(super) fn needs(evidence: &Evidence<'_>, what: &str) -> Finding {
    let row = evidence.values.all("claim").next().and_then(|claim| claim.maybe_whole("row"));
    let claim = row.map_or("the claim".into(), |row| format!("claim {row}"));
    exactly(f64::NAN, f64::NAN, Some(format!("{claim} needs {what}")))
}

/// The group of the publishers of the first objects.
fn publishers<'a>(evidence: &'a Evidence<'_>) -> &'a Instance {
    let objects = first(evidence, "objects.<group>");
    group(evidence, objects.text("stored_by"))
}

pub(super) fn group<'a>(evidence: &'a Evidence<'_>, name: &str) -> &'a Instance {
    let mut groups = evidence.values.all("population.<group>");
    groups.find(|group| group.name() == name).expect("references were found")
}

pub(super) fn first<'a>(evidence: &'a Evidence<'_>, section: &str) -> &'a Instance {
    evidence
        .values
        .instances
        .values()
        .find(|instance| instance.section.path == section)
        .expect("the claim's file has one")
}

pub(super) fn seconds(span: SimSpan) -> f64 {
    span.as_secs_f64_lossy()
}

fn corrupt_waste(evidence: &Evidence<'_>) -> Finding {
    let tampering =
        evidence.values.all("population.<group>").filter_map(|group| group.maybe_share("tampering"));
    let q = tampering.map(|share| share.as_f64_lossy()).fold(0.0, f64::max);
    if q >= 1.0 {
        return needs(evidence, "tampering below 100 %");
    }
    let last = evidence.values.all("demand.<name>").last().expect("the claim's file has demand");
    let Some(name) = last.maybe_text("readers") else {
        return needs(evidence, "demand with readers");
    };
    let ratio = |wasted: f64, good: f64| if good > 0.0 { wasted / good } else { f64::NAN };
    let of_cells: Vec<f64> = evidence
        .cells
        .iter()
        .map(|cell| {
            let of = |column: &str| -> f64 {
                let ended = |row: &Row<'_>| row.text("reader_group") == name && row.text("outcome") == "ok";
                let wanted = cell.rows("reads").filter(ended);
                wanted.map(|row| row.value(column)).sum()
            };
            ratio(of("corrupt_bytes"), of("bytes"))
        })
        .collect();
    let accepted = evidence.sum("metrics", "value", |row| row.text("metric") == "corrupt_accepted");
    let broken = (accepted > 0.0).then(|| format!("{accepted} altered blocks were accepted"));
    with_interval(&of_cells, q / (1.0 - q), broken)
}

/// The mean of values with Student's interval.
pub(super) fn with_interval(values: &[f64], expected: f64, broken: Option<String>) -> Finding {
    match stats::mean_interval(values) {
        Some(mean) => from_interval(mean, expected, broken),
        None => exactly(f64::NAN, expected, Some("nothing was measured".into())),
    }
}

pub(super) fn from_interval(found: Interval, expected: f64, broken: Option<String>) -> Finding {
    let measured = found.value;
    Finding {
        measured,
        expected,
        low: found.low.unwrap_or(measured),
        high: found.high.unwrap_or(measured),
        broken,
    }
}

fn payload_at_publish(evidence: &Evidence<'_>) -> Finding {
    let payload = evidence.sum("nodes", "payload_sent_bytes", |_| true);
    let announced = evidence.sum("nodes", "provides", |_| true);
    let broken = (announced <= 0.0).then(|| "nothing was announced".to_string());
    exactly(payload, 0.0, broken)
}

fn egress(evidence: &Evidence<'_>) -> Finding {
    let name = publishers(evidence).name().to_string();
    let sent = evidence.sum("nodes", "payload_sent_bytes", |row| row.text("group") == name);
    let reads: Vec<f64> = evidence
        .cells
        .iter()
        .flat_map(|cell| cell.rows("objects"))
        .map(|row| row.value("reads") * row.value("size_bytes"))
        .collect();
    let issued = evidence.sum("objects", "reads", |_| true);
    let good = evidence.sum("objects", "reads_ok", |_| true);
    let broken = (good < issued).then(|| format!("{} of {issued} reads did not succeed", issued - good));
    exactly(sent, reads.iter().sum(), broken)
}

fn online_share(evidence: &Evidence<'_>) -> Finding {
    // Time before the publisher's first session counts as offline: the object waits to be published.
    let run = seconds(evidence.values.one("").span("duration"));
    let time = run - seconds(first(evidence, "objects.<group>").span("publish_at"));
    let shares: Vec<f64> = evidence
        .cells
        .iter()
        .flat_map(|cell| cell.rows("objects"))
        .map(|row| row.value("online_s") / time)
        .collect();
    let publishers = publishers(evidence);
    let expected =
        match (publishers.maybe_span("session.mean_up"), publishers.maybe_span("session.mean_down")) {
            (Some(up), Some(down)) => seconds(up) / (seconds(up) + seconds(down)),
            _ => 1.0,
        };
    let lost = evidence
        .cells
        .iter()
        .flat_map(|cell| cell.rows("objects"))
        .filter(|row| row.number("lost_s").is_some());
    let lost = lost.count();
    let unstored =
        evidence.sum("objects", "observed_s", |_| true) - evidence.sum("objects", "stored_s", |_| true);
    let broken = (lost > 0 || unstored > 0.0).then(|| format!("{lost} objects were lost"));
    with_interval(&shares, expected, broken)
}

fn loss_instant(evidence: &Evidence<'_>) -> Finding {
    let publishers = publishers(evidence);
    let unpins = publishers.maybe_text("strategy.kind") == Some("unpin");
    let Some(at) = publishers.maybe_span("strategy.at").filter(|_| unpins).map(SimSpan::as_nanos) else {
        return needs(evidence, "strategy.kind = unpin");
    };
    let sweeps = publishers.maybe_span("storage.manual_every").or(publishers.maybe_span("storage.period"));
    let Some(sweeps) = sweeps.map(SimSpan::as_nanos).filter(|nanos| *nanos > 0) else {
        return needs(evidence, "a collector that runs");
    };
    let expected = SimSpan::from_nanos(at.div_ceil(sweeps).saturating_mul(sweeps));
    let objects: Vec<_> = evidence.cells.iter().flat_map(|cell| cell.rows("objects")).collect();
    let lost: Vec<f64> = objects.iter().filter_map(|row| row.number("lost_s")).collect();
    let kept = objects.len() - lost.len();
    let broken = (kept > 0).then(|| format!("{kept} objects were not lost"));
    exactly(lost.iter().sum::<f64>() / lost.len().max(1) as f64, seconds(expected), broken)
}

fn no_copy(evidence: &Evidence<'_>) -> Finding {
    let objects = || evidence.cells.iter().flat_map(|cell| cell.rows("objects"));
    let all = objects().count() as u64;
    let gone = objects().filter(|row| row.value("copies_end") <= 0.0).count() as u64;
    let demand = first(evidence, "demand.<name>");
    let end = seconds(evidence.values.one("").span("duration"));
    let (Some(readers), Some(from), Some(until), Some(mean)) = (
        demand.maybe_text("readers"),
        demand.maybe_span("from"),
        demand.maybe_span("until"),
        demand.maybe_real("mean"),
    ) else {
        return needs(evidence, "demand with readers, from, until and mean");
    };
    let readers = group(evidence, readers);
    let kept = mean_over_window(seconds(from), seconds(until), |at| still_kept(readers, end - at));
    let expected = math::exp(-mean * kept);
    match stats::wilson(gone, all) {
        Some(share) => from_interval(share, expected, None),
        None => exactly(f64::NAN, expected, Some("there is no object".into())),
    }
}

/// The mean of `f` over a window, by Simpson's rule; the window is short beside what changes.
fn mean_over_window(from: f64, until: f64, f: impl Fn(f64) -> f64) -> f64 {
    const PAIRS: u32 = 50;
    let step = (until - from) / f64::from(2 * PAIRS);
    let weight = |i: u32| match i {
        0 => 1.0,
        i if i == 2 * PAIRS => 1.0,
        i if i % 2 == 1 => 4.0,
        _ => 2.0,
    };
    let sum: f64 = (0..=2 * PAIRS).map(|i| weight(i) * f(from + step * f64::from(i))).sum();
    sum / f64::from(6 * PAIRS)
}

/// The chance that a reader keeps its copy for longer than `age` seconds.
fn still_kept(readers: &Instance, age: f64) -> f64 {
    if readers.text("strategy.kind") != "keep-for" {
        return 1.0;
    }
    let mean = seconds(readers.span("strategy.mean"));
    let after = |t: f64| age > t;
    match readers.text("strategy.law") {
        "weibull" => {
            let shape = readers.real("strategy.shape");
            let scale = mean / math::gamma(1.0 + 1.0 / shape);
            math::exp(-math::pow(age / scale, shape))
        }
        "pareto" => {
            let shape = readers.real("strategy.shape");
            let scale = mean * (shape - 1.0) / shape;
            if after(scale) { math::pow(scale / age, shape) } else { 1.0 }
        }
        "lognormal" => {
            let sigma = readers.real("strategy.sigma");
            let location = math::ln(mean) - sigma * sigma / 2.0;
            let z = (math::ln(age) - location) / sigma;
            1.0 - math::normal_cdf(z)
        }
        "constant" => {
            if after(mean) {
                0.0
            } else {
                1.0
            }
        }
        "uniform" => {
            let spread = readers.share("strategy.spread").as_f64_lossy() * mean;
            ((mean + spread - age) / (2.0 * spread)).clamp(0.0, 1.0)
        }
        _ => math::exp(-age / mean),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_over_a_window_is_exact_for_cubics() {
        let mean = mean_over_window(1.0, 3.0, |t| t * t * t);
        assert!((mean - 10.0).abs() < 1e-12, "{mean}");
    }
}
