//! What a run leaves behind: samples while it goes on, tables at its end.

use super::{World, later};
use crate::config::Config;
use crate::ids::ObjectId;
use crate::ladder::Rung;
use crate::metrics::{METRICS, Measured, Metric};
use crate::registry::Event;
use crate::tables;
use sim_core::engine::Cx;
use sim_core::record::{Recorder, Value};
use sim_core::time::SimTime;

/// Samples so far.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Samples {
    #[serde(with = "super::state::metrics")]
    metrics: Vec<&'static Metric>,
    ladder: Vec<LadderRow>,
    #[serde(with = "super::state::series")]
    series: Vec<(SimTime, &'static str, f64)>,
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct LadderRow {
    at: SimTime,
    group: usize,
    objects: u64,
    /// Objects on exactly this rung, worst first.
    on: [u64; 5],
}

impl Samples {
    pub(crate) fn new(config: &Config) -> Self {
        let named = |metric: &&Metric| config.record.metrics.iter().any(|name| name == metric.name);
        Samples { metrics: METRICS.iter().filter(named).collect(), ladder: Vec::new(), series: Vec::new() }
    }
}

impl World {
    /// Writes down the ladder and the sampled metrics, and asks to be called again.
    pub(crate) fn sample(&mut self, cx: &mut Cx<Event>) {
        self.take_sample(cx.now());
        let (next, observer) = (later(cx.now(), self.config.record.every), self.observer());
        cx.schedule(next, observer, observer, Event::Sample);
    }

    fn take_sample(&mut self, now: SimTime) {
        let mut rows: Vec<LadderRow> = (0..self.config.objects.len())
            .map(|group| LadderRow { at: now, group, objects: 0, on: [0; 5] })
            .collect();
        for (object, standing) in self.content.objects().iter().zip(self.ladder.standings()) {
            if let Some(rung) = standing.rung {
                let row = &mut rows[object.group];
                row.objects += 1;
                row.on[rung as usize] += 1;
            }
        }
        self.samples.ladder.extend(rows);
        for index in 0..self.samples.metrics.len() {
            let metric = self.samples.metrics[index];
            if let Some(value) = metric.sample.and_then(|sample| sample(self)) {
                self.samples.series.push((now, metric.name, value));
            }
        }
    }

    /// Ends the run at `end`: closes what is open, takes the last sample, writes the tables.
    pub fn finish(&mut self, end: SimTime, out: &mut impl Recorder) {
        for index in 0..self.nodes.len() {
            if self.up[index] {
                let state = &mut self.nodes[index];
                state.traffic.up += end.since(state.up_since);
                for (session, read) in std::mem::take(&mut state.reading) {
                    self.add_counters(crate::node::node_id(index), session, read);
                }
            }
        }
        self.ended = end.since(SimTime::ZERO);
        self.ladder.finish(end);
        self.finish_filecoin(end);
        self.take_sample(end);
        self.write_objects(out);
        self.write_copies(out);
        self.write_ladder(out);
        self.write_reads(out);
        self.write_nodes(out);
        self.write_filecoin(out);
        self.write_metrics(out);
        self.write_losses(out);
        self.write_stored_data(out);
    }

    pub(super) fn group_of(&self, object: ObjectId) -> &str {
        &self.config.objects[self.content.object(object).group].name
    }

    fn write_objects(&self, out: &mut impl Recorder) {
        let mut reads = vec![(0u64, 0u64); self.content.objects().len()];
        for read in self.reads() {
            let count = &mut reads[read.object.index()];
            count.0 += u64::from(read.issued.is_some());
            count.1 += u64::from(read.outcome == super::Outcome::Ok);
        }
        for (index, object) in self.content.objects().iter().enumerate() {
            let id = ObjectId(index as u32);
            let standing = self.ladder.standing(id);
            let publisher = &self.node(self.publisher_of(id)).name;
            let deliberate = standing.lost.is_some_and(|(_, why)| why.is_deliberate());
            out.row(
                &tables::OBJECTS,
                &[
                    (&object.name).into(),
                    self.group_of(id).into(),
                    (&object.root_cid).into(),
                    object.size.into(),
                    object.blocks.len().into(),
                    publisher.into(),
                    standing.published.into(),
                    standing.rung.map_or("unpublished", Rung::name).into(),
                    standing.lost.map(|(at, _)| at).into(),
                    standing.lost.map(|(_, why)| why.name()).into(),
                    deliberate.into(),
                    standing.copies_made.into(),
                    standing.copies.into(),
                    reads[index].0.into(),
                    reads[index].1.into(),
                    standing.observed().into(),
                    standing.time_at_least(Rung::Stored).into(),
                    standing.time_at_least(Rung::Online).into(),
                    standing.time_at_least(Rung::Discoverable).into(),
                    standing.time_at_least(Rung::Served).into(),
                    standing.exposure.into(),
                ],
            );
        }
    }

    fn write_ladder(&self, out: &mut impl Recorder) {
        for row in &self.samples.ladder {
            let at_least = |rung: Rung| Value::from(row.on[rung as usize..].iter().sum::<u64>());
            out.row(
                &tables::LADDER,
                &[
                    row.at.into(),
                    (&self.config.objects[row.group].name).into(),
                    row.objects.into(),
                    at_least(Rung::Stored),
                    at_least(Rung::Online),
                    at_least(Rung::Discoverable),
                    at_least(Rung::Served),
                    row.on[Rung::Lost as usize].into(),
                ],
            );
        }
        let mut stays: Vec<_> = self.ladder.stays().to_vec();
        stays.sort_by_key(|stay| (stay.object, stay.from));
        for stay in stays {
            out.row(
                &tables::RUNGS,
                &[
                    (&self.content.object(stay.object).name).into(),
                    self.group_of(stay.object).into(),
                    stay.rung.name().into(),
                    stay.from.into(),
                    stay.until.into(),
                ],
            );
        }
    }

    fn write_reads(&self, out: &mut impl Recorder) {
        let regions = self.config.net.topology.regions();
        for read in self.reads() {
            // A read whose reader never came up again was never issued.
            let Some(issued) = read.issued else { continue };
            let reader = self.node(read.reader);
            let counters = &read.counters;
            out.row(
                &tables::READS,
                &[
                    (&self.content.object(read.object).name).into(),
                    self.group_of(read.object).into(),
                    (&reader.name).into(),
                    (&self.config.groups[reader.group].name).into(),
                    (&regions[usize::from(reader.region)].name).into(),
                    issued.into(),
                    read.outcome.name().into(),
                    read.ttfb().into(),
                    read.ttlb().into(),
                    counters.block_bytes.into(),
                    counters.blocks.into(),
                    counters.duplicates.into(),
                    read.corrupt.0.into(),
                    read.corrupt.1.into(),
                    read.providers.len().into(),
                    counters.searches.into(),
                    (counters.want_haves + counters.want_blocks + counters.cancels).into(),
                ],
            );
        }
    }

    fn write_nodes(&self, out: &mut impl Recorder) {
        let regions = self.config.net.topology.regions();
        for node in &self.nodes {
            let traffic = &node.traffic;
            out.row(
                &tables::NODES,
                &[
                    (&node.name).into(),
                    (&self.config.groups[node.group].name).into(),
                    (&regions[usize::from(node.region)].name).into(),
                    traffic.up.into(),
                    node.session.into(),
                    traffic.sent.into(),
                    traffic.received.into(),
                    traffic.payload_sent.into(),
                    traffic.payload_received.into(),
                    traffic.messages.into(),
                    node.store.len().into(),
                    traffic.collections.into(),
                    traffic.collected.into(),
                    traffic.provides.into(),
                    traffic.lookups.into(),
                ],
            );
        }
    }

    fn write_metrics(&self, out: &mut impl Recorder) {
        for &(at, metric, value) in &self.samples.series {
            out.row(&tables::SERIES, &[at.into(), metric.into(), value.into()]);
        }
        for metric in &self.samples.metrics {
            let Some(total) = metric.total else { continue };
            let (estimator, hits, trials, value) = match total(self) {
                Measured::Nothing => continue,
                Measured::Value(value) => ("value", None, None, value),
                Measured::Proportion { trials: 0, .. } => continue,
                Measured::Proportion { hits, trials } => {
                    ("proportion", Some(hits), Some(trials), hits as f64 / trials as f64)
                }
            };
            out.row(
                &tables::METRICS,
                &[
                    metric.name.into(),
                    metric.unit.into(),
                    estimator.into(),
                    hits.into(),
                    trials.into(),
                    value.into(),
                ],
            );
        }
    }
}
