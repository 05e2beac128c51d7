//! The tables of a run: every column with name, unit, kind and meaning, declared once.
//!
//! Times are seconds since the start of the run, exact to the nanosecond. Rows stand in the order that
//! each table's doc states.

use sim_core::record::schema::{Column, Table};

/// One row per object.
pub static OBJECTS: Table = Table {
    name: "objects",
    doc: "One row per object, in scenario order: where it stands at the end, and how it got there.",
    columns: &[
        Column::text("object", "Object, group/number."),
        Column::text("group", "Object group."),
        Column::text("root_cid", "CID of the root."),
        Column::count("size_bytes", "B", "Nominal bytes of file payload."),
        Column::count("blocks", "", "Distinct blocks."),
        Column::text("stored_by", "Node that publishes it."),
        Column::seconds("published_s", "When it was published; empty if it never was.").or_empty(),
        Column::text(
            "rung",
            "Rung at the end: lost, stored, online, discoverable or served; unpublished if it never was.",
        ),
        Column::seconds("lost_s", "When the last copy of some block went; empty unless lost.").or_empty(),
        Column::text("loss_cause", "What took the last copy; empty unless lost.").or_empty(),
        Column {
            kind: sim_core::record::schema::Kind::Flag,
            ..Column::text("deliberate", "Whether the last copy went by its owner's own deletion.")
        },
        Column::count("copies_made", "", "Whole copies that ever were."),
        Column::count("copies_end", "", "Whole copies at the end, on nodes up or off."),
        Column::count("reads", "", "Reads issued."),
        Column::count("reads_ok", "", "Reads that ended with every byte verified."),
        Column::seconds("observed_s", "Time from publication to the end of the run."),
        Column::seconds("stored_s", "Time on rung stored or better."),
        Column::seconds("online_s", "Time on rung online or better."),
        Column::seconds("discoverable_s", "Time on rung discoverable or better."),
        Column::seconds("served_s", "Time on rung served."),
        Column::seconds("exposure_s", "Time with at most one whole copy, before any loss."),
    ],
};

/// One row per copy.
pub static COPIES: Table = Table {
    name: "copies",
    doc: "One row per whole copy that ever was, in order of object, start and holder.",
    columns: &[
        Column::text("object", "Object."),
        Column::text("holder", "Node that has every block of it."),
        Column::text("holder_group", "That node's group."),
        Column::seconds("from_s", "Since when."),
        Column::seconds("until_s", "Until when; empty if it is still there.").or_empty(),
        Column::text("came_by", "How it came: added or fetched."),
        Column::text("went_by", "How it went: deleted, unpinned-and-collected, collected, retention-over or holder-left; empty if it is still there.").or_empty(),
    ],
};

/// Objects per rung over time.
pub static LADDER: Table = Table {
    name: "ladder",
    doc: "Objects per rung at every sampling instant, one row per instant and object group.",
    columns: &[
        Column::seconds("at_s", "Sampling instant."),
        Column::text("group", "Object group."),
        Column::count("objects", "", "Objects published so far."),
        Column::count("stored", "", "Of these, on rung stored or better."),
        Column::count("online", "", "Of these, on rung online or better."),
        Column::count("discoverable", "", "Of these, on rung discoverable or better."),
        Column::count("served", "", "Of these, on rung served."),
        Column::count("lost", "", "Of these, lost."),
    ],
};

/// Stays on rungs.
pub static RUNGS: Table = Table {
    name: "rungs",
    doc: "One row per stay of an object on a rung, in order of object and time; exact, not sampled.",
    columns: &[
        Column::text("object", "Object."),
        Column::text("group", "Object group."),
        Column::text("rung", "Rung."),
        Column::seconds("from_s", "Since when."),
        Column::seconds("until_s", "Until when (the end of the run for the last one)."),
    ],
};

/// One row per read.
pub static READS: Table = Table {
    name: "reads",
    doc: "One row per read, in order of demand, object and arrival.",
    columns: &[
        Column::text("object", "Object asked for."),
        Column::text("group", "Object group."),
        Column::text("reader", "Node that asks."),
        Column::text("reader_group", "That node's group."),
        Column::text("region", "That node's region."),
        Column::seconds("issued_s", "When it was issued: at its arrival, or when its reader next came up."),
        Column::text("outcome", "ok, pending, or why it failed: no-record, no-live-provider or stalled."),
        Column::millis("ttfb_ms", "Time to the first verified payload byte; empty if there was none.")
            .or_empty(),
        Column::millis("ttlb_ms", "Time to the last verified byte; empty unless ok.").or_empty(),
        Column::count("bytes", "B", "Verified bytes of blocks received, each block once."),
        Column::count("blocks", "", "Distinct blocks received."),
        Column::count("duplicates", "", "Blocks received more than once."),
        Column::count("corrupt", "", "Blocks received whose bytes did not match their CID."),
        Column::count("corrupt_bytes", "B", "Bytes of those."),
        Column::count("providers", "", "Nodes that delivered a wanted block."),
        Column::count("searches", "", "Provider searches in the DHT."),
        Column::count("messages", "", "Want-list entries sent: want-have, want-block and cancel."),
    ],
};

/// One row per node.
pub static NODES: Table = Table {
    name: "nodes",
    doc: "One row per node, in scenario order.",
    columns: &[
        Column::text("node", "Node, group/number."),
        Column::text("group", "Group."),
        Column::text("region", "Region."),
        Column::seconds("up_s", "Time up."),
        Column::count("sessions", "", "Times it came up, the start of the run counted if it was up."),
        Column::count("sent_bytes", "B", "Bytes sent, all messages."),
        Column::count("received_bytes", "B", "Bytes received, all messages."),
        Column::count("payload_sent_bytes", "B", "Bytes of file payload in blocks sent."),
        Column::count(
            "payload_received_bytes",
            "B",
            "Bytes of file payload in blocks received, duplicates counted.",
        ),
        Column::count("messages_sent", "", "Messages sent."),
        Column::count("blocks_end", "", "Blocks on its disk at the end."),
        Column::count("collections", "", "Collections run."),
        Column::count("collected_blocks", "", "Blocks that collections deleted."),
        Column::count("provides", "", "Provider records sent."),
        Column::count("lookups", "", "DHT lookups started."),
    ],
};

/// Sampled metrics.
pub static SERIES: Table = Table {
    name: "series",
    doc: "Sampled metrics, one row per sampling instant and metric.",
    columns: &[
        Column::seconds("at_s", "Sampling instant."),
        Column::text("metric", "Metric."),
        Column::real("value", "", "Its value; the metric has the unit."),
    ],
};

/// Headline metrics of the run.
pub static METRICS: Table = Table {
    name: "metrics",
    doc: "Headline metrics, one row per metric, in the order of the table of metrics.",
    columns: &[
        Column::text("metric", "Metric."),
        Column::text("unit", "Unit, empty for none."),
        Column::text("estimator", "proportion (hits of trials) or value."),
        Column::count("hits", "", "Of a proportion.").or_empty(),
        Column::count("trials", "", "Of a proportion.").or_empty(),
        Column::real("value", "", "The value; of a proportion hits / trials."),
    ],
};

/// Every table, in the order of the reference page.
pub static ALL: &[&Table] = &[&OBJECTS, &COPIES, &LADDER, &RUNGS, &READS, &NODES, &SERIES, &METRICS];
