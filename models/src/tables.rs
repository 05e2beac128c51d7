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
    doc: "One row per whole copy that ever was, in order of object, start and holder; and one for an object that was lost \
          when its last whole copy had gone before: what was left of it in parts. Then the copies of data in sectors.",
    columns: &[
        Column::text("object", "Object."),
        Column::text("holder", "Node that has every block of it, or sector of a miner."),
        Column::text("holder_group", "That node's or miner's group."),
        Column::seconds("from_s", "Since when."),
        Column::seconds("until_s", "Until when; empty if it is still there.").or_empty(),
        Column::text("came_by", "How it came: added, fetched, in-parts; in a sector: onboarded, filled or deal."),
        Column::text("went_by", "How it went: deleted, unpinned-and-collected, collected, retention-over, holder-left or machine-died; from a sector: disk-lost, sector-expired, faulty-too-long, sector-terminated or discarded; empty if it is still there.").or_empty(),
        Column::text("came_facts", "What is known besides of how it came: key=value pairs."),
        Column::text("went_facts", "What is known besides of how it went: key=value pairs."),
        Column::text("went_key", "Key of the scenario that decided it; empty if it is still there."),
        Column::seconds("pinned_s", "When its holder pinned it, the last time; empty if it never did.").or_empty(),
        Column::seconds("unpinned_s", "When its holder took that pin away; empty if it did not.").or_empty(),
        Column {
            kind: sim_core::record::schema::Kind::Flag,
            ..Column::text("is_last", "Whether the object was lost with it: one row of every lost object.")
        },
    ],
};

/// One row per piece of data in sectors.
pub static STORED_DATA: Table = Table {
    name: "stored_data",
    doc: "One row per piece of data that was in sectors of miners and, as far as the run knows, nowhere else; in the order in \
          which it came. Without a client it is named after its miner and sector: farm/0/7.",
    columns: &[
        Column::text("object", "Piece of data."),
        Column::text("group", "Group of whoever wants it kept: of miners, if no client does."),
        Column::count("size_bytes", "B", "Nominal bytes."),
        Column::seconds("stored_s", "When a sector was first proven with it inside; empty if none was.")
            .or_empty(),
        Column::seconds("lost_s", "When the last copy went; empty if there is one.").or_empty(),
        Column::text("loss_cause", "How that went; as `went_by` in table copies; empty if there is one.")
            .or_empty(),
        Column::count("copies", "", "Copies that ever were."),
        Column::count("copies_end", "", "Copies at the end."),
        Column::seconds("exposure_s", "Time with at most one copy, from the first one on."),
    ],
};

/// One row per lost object.
pub static LOSSES: Table = Table {
    name: "losses",
    doc: "One row per object that was lost, in scenario order: when, with whose copy, why, and what would have kept it. \
          Then the same of data in sectors.",
    columns: &[
        Column::text("object", "Object."),
        Column::text("group", "Object group."),
        Column::count("size_bytes", "B", "Nominal bytes of file payload."),
        Column::seconds("published_s", "When it was published."),
        Column::seconds("lost_s", "When the last copy of some block went."),
        Column::text("last_holder", "Whose copy went last."),
        Column::text("last_holder_group", "Its group."),
        Column::text("cause", "How that copy went; as `went_by` in table copies."),
        Column::text("cause_key", "Key of the scenario that decided it."),
        Column {
            kind: sim_core::record::schema::Kind::Flag,
            ..Column::text("deliberate", "Whether it went by its owner's own deletion.")
        },
        Column::count("copies", "", "Whole copies that ever were."),
        Column::count("fetched", "", "Of these, fetched by others than its owner."),
        Column::text(
            "earlier_causes",
            "How the copies before the last went, each cause with its number of copies.",
        ),
        Column::seconds("exposure_s", "Time with at most one whole copy before the loss."),
        Column::seconds("online_until_s", "When it last was on rung online or better; empty if never.")
            .or_empty(),
        Column::seconds("last_read_s", "When a read of it last ended well; empty if none did.").or_empty(),
        Column::count("reads_ok", "", "Reads that ended with every byte verified."),
        Column::count("reads_too_late", "", "Reads issued after it was lost."),
        Column::text(
            "remedies",
            "What would have kept it, by kind: not-deleted, pinned-again, higher-limit, no-collection-by-hand, holder-stays, \
             longer-retention, pin-of-a-reader, one-more-reader; of data in sectors: longer-term, proven-in-time, \
             disk-restored, not-terminated, not-discarded, second-copy; separated by spaces.",
        ),
        Column::text(
            "would_have_kept",
            "What would have kept it at that instant, all else being as it was: statements about this run, separated by \
             semicolons.",
        ),
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

/// One row per simulated miner.
pub static MINERS: Table = Table {
    name: "miners",
    doc: "One row per storage miner that is simulated one by one, in scenario order: its state at the end, and what it \
          gained and lost over the run. Empty without Filecoin.",
    columns: &[
        Column::text("miner", "Miner, group/number."),
        Column::text("group", "Group."),
        Column::count("sectors", "", "Sectors ever committed."),
        Column::count("active_end", "", "Active sectors at the end."),
        Column::count("faulty_end", "", "Faulty sectors at the end."),
        Column::count("expired", "", "Sectors that ended on time."),
        Column::count("terminated", "", "Sectors that ended early, by whatever cause."),
        Column::amount("raw_power_end_bytes", "B", "Raw power at the end."),
        Column::amount("qa_power_end_bytes", "B", "Quality-adjusted power at the end."),
        Column::amount("balance_end_attofil", "attoFIL", "Wallet and actor at the end."),
        Column::amount("capital_attofil", "attoFIL", "Money it started with."),
        Column::amount("reward_attofil", "attoFIL", "Block rewards."),
        Column::amount("gas_attofil", "attoFIL", "Gas paid, burnt and as premium."),
        Column::amount("daily_fee_attofil", "attoFIL", "Daily fees paid."),
        Column::amount("fault_fee_attofil", "attoFIL", "Fault fees paid."),
        Column::amount("termination_fee_attofil", "attoFIL", "Termination fees paid."),
        Column::amount(
            "other_penalty_attofil",
            "attoFIL",
            "Deposits lost, fees for wrong proofs and for consensus faults.",
        ),
        Column::amount("pledge_end_attofil", "attoFIL", "Initial pledge at the end."),
        Column::amount("locked_end_attofil", "attoFIL", "Rewards that have not vested at the end."),
        Column::amount("debt_end_attofil", "attoFIL", "Fee debt at the end."),
        Column::count("window_asked", "", "Sectors asked for by Window PoSts, each proving period anew."),
        Column::count("window_lost", "", "Of these, not answered: challenged bytes are not there."),
        Column::count("window_wrong", "", "Of these, answered with other bytes than its CommR commits to."),
        Column::count("window_late", "", "Of these, answered after the deadline."),
    ],
};

/// One row per day of a miner.
pub static MINER_DAYS: Table = Table {
    name: "miner_days",
    doc: "Cash flow by day, one row per day of the chain (2,880 epochs from its start) and miner, in that order, from the \
          first day on which it does something. Gains are positive, losses negative; opening balance plus all of them is \
          the closing balance. Pledge, deposits and locked rewards are part of the balance. Empty without Filecoin.",
    columns: &[
        Column::count("day", "", "Day of the chain, counted from 1."),
        Column::text("miner", "Miner."),
        Column::amount("opening_attofil", "attoFIL", "Wallet, actor and escrow when the day began."),
        Column::amount("capital_attofil", "attoFIL", "Money the operator starts with."),
        Column::amount("reward_attofil", "attoFIL", "Block rewards, the locked part included."),
        Column::amount("gas_burn_attofil", "attoFIL", "Gas burnt at the base fee."),
        Column::amount("gas_tip_attofil", "attoFIL", "Premium of messages."),
        Column::amount("daily_fee_attofil", "attoFIL", "Daily fees."),
        Column::amount("fault_fee_attofil", "attoFIL", "Fault fees."),
        Column::amount("termination_fee_attofil", "attoFIL", "Termination fees."),
        Column::amount(
            "missed_pre_commit_attofil",
            "attoFIL",
            "Deposits of pre-commits that were never proven.",
        ),
        Column::amount(
            "invalid_post_attofil",
            "attoFIL",
            "Fees for proofs found wrong, the reporter's part included.",
        ),
        Column::amount(
            "consensus_fault_attofil",
            "attoFIL",
            "Fees for consensus faults, the reporter's part included.",
        ),
        Column::amount("closing_attofil", "attoFIL", "Wallet, actor and escrow when the day ended."),
        Column::amount("residual_attofil", "attoFIL", "Closing less opening less all flows: zero."),
        Column::amount(
            "between_attofil",
            "attoFIL",
            "Moved from the wallet into the actor, less what came back.",
        ),
        Column::amount("wallet_attofil", "attoFIL", "Wallet when the day ended."),
        Column::amount("deposits_attofil", "attoFIL", "Deposits of pre-commits when the day ended."),
        Column::amount("pledge_attofil", "attoFIL", "Initial pledge when the day ended."),
        Column::amount("locked_attofil", "attoFIL", "Rewards that had not vested when the day ended."),
        Column::amount("debt_attofil", "attoFIL", "Fee debt when the day ended."),
        Column::amount("deal_payment_attofil", "attoFIL", "Paid by clients for deals, as far as settled."),
        Column::amount("deal_penalty_attofil", "attoFIL", "Collateral of deals that were not kept."),
        Column::amount("escrow_attofil", "attoFIL", "Escrow in the storage market when the day ended."),
        Column::amount("raw_power_bytes", "B", "Raw power when the day ended."),
        Column::amount("qa_power_bytes", "B", "Quality-adjusted power when the day ended."),
        Column::count("active", "", "Active sectors when the day ended."),
    ],
};

/// One row per sector.
pub static SECTORS: Table = Table {
    name: "sectors",
    doc: "One row per sector that was ever proven, in order of miner and number. Power, pledge and fee are those of all \
          nominal sectors that it stands for. Empty without Filecoin.",
    columns: &[
        Column::text("miner", "Miner."),
        Column::count("sector", "", "Number of the sector of its miner."),
        Column::count("deadline", "", "Deadline it is proven in."),
        Column::count("partition", "", "Partition of that."),
        Column::text(
            "standing",
            "unproven, active, faulty, recovering, expired, terminated or faulty-too-long at the end.",
        ),
        Column::seconds("committed_s", "When its prove-commit was accepted."),
        Column::seconds(
            "first_proven_s",
            "When its first Window PoSt came, from when it had power; empty if none did.",
        )
        .or_empty(),
        Column::amount("expiration_epoch", "", "Epoch until which it is committed."),
        Column::seconds("ended_s", "When it ended; empty if it lives.").or_empty(),
        Column::seconds("faulty_s", "Time that it was faulty, a fault that lasts included."),
        Column::amount("raw_power_bytes", "B", "Raw power when active."),
        Column::amount("qa_power_bytes", "B", "Quality-adjusted power when active."),
        Column::amount("pledge_attofil", "attoFIL", "Initial pledge."),
        Column::amount("daily_fee_attofil", "attoFIL", "Daily fee."),
    ],
};

/// The network by day.
pub static NETWORK: Table = Table {
    name: "network",
    doc: "The Filecoin network at the end of each day of the chain (2,880 epochs from its start), in order of time. Counts \
          and sums since the start. Empty without Filecoin.",
    columns: &[
        Column::seconds("at_s", "When the day ended."),
        Column::amount("epoch", "", "Epoch that begins then."),
        Column::amount("raw_power_bytes", "B", "Raw power of the network."),
        Column::amount("qa_power_bytes", "B", "Quality-adjusted power of the network."),
        Column::amount("simulated_raw_power_bytes", "B", "Raw power of the simulated miners that counts."),
        Column::amount("simulated_qa_power_bytes", "B", "Quality-adjusted power of the same."),
        Column::amount("baseline_bytes", "B", "Baseline power."),
        Column::amount("smoothed_qa_power_bytes", "B", "Smoothed quality-adjusted power."),
        Column::amount("reward_attofil", "attoFIL", "What the epoch pays for its expected wins."),
        Column::amount("smoothed_reward_attofil", "attoFIL", "That, smoothed."),
        Column::amount("mined_attofil", "attoFIL", "Rewards paid since genesis."),
        Column::amount("burnt_attofil", "attoFIL", "Burnt since genesis."),
        Column::amount("pledge_attofil", "attoFIL", "Initial pledge and locked rewards of the network."),
        Column::amount("circulating_attofil", "attoFIL", "FIL in circulation, as the actors see it."),
        Column::amount(
            "sector_pledge_attofil",
            "attoFIL",
            "Initial pledge of a new sector without verified data, weighed as the rules weigh it.",
        ),
        Column::amount("sector_deposit_attofil", "attoFIL", "Deposit of the pre-commit of a sector."),
        Column::amount(
            "sector_day_reward_attofil",
            "attoFIL",
            "What that new sector is expected to earn in a day.",
        ),
        Column::amount("sector_day_fee_attofil", "attoFIL", "What it pays a day for being there (FIP-0100)."),
        Column::amount("base_fee_attofil", "attoFIL", "What a unit of gas burns."),
        Column::amount("to_services_attofil", "attoFIL", "Minted for paid services (draft FIP-0118)."),
        Column::count("null_rounds", "", "Epochs without a block."),
        Column::count("wins", "", "Wins of simulated miners that were paid."),
        Column::count("rest_wins", "", "Wins of the rest of the network."),
        Column::count("lost_wins", "", "Wins that came to nothing: debts, or no proof."),
    ],
};

/// One row per deal that was sought.
pub static DEALS: Table = Table {
    name: "deals",
    doc: "One row per copy for which a client sought a deal, in the order in which it did: what came of it, when, and the \
          money. Empty without clients of storage.",
    columns: &[
        Column::text("client", "Client, group/number."),
        Column::count("piece", "", "Piece, counted from 0 over all clients."),
        Column::text("purpose", "store, renew or repair."),
        Column::text("miner", "Miner; empty if there is none.").or_empty(),
        Column::count("sector", "", "Sector of the miner that it was packed into; empty before.").or_empty(),
        Column::count("size_bytes", "B", "Padded size of the piece."),
        Column {
            kind: sim_core::record::schema::Kind::Flag,
            ..Column::text("verified", "Whether data cap was spent on it.")
        },
        Column::text(
            "stage",
            "refused, agreed, received, published, active, completed, terminated or never-activated.",
        ),
        Column::text("reason", "Why it was refused, or came to nothing before it was published.").or_empty(),
        Column::amount("rate_attofil", "attoFIL", "Price of a GiB and an epoch.").or_empty(),
        Column::amount("price_attofil", "attoFIL", "Price of an epoch.").or_empty(),
        Column::seconds("agreed_s", "When it was agreed, or refused."),
        Column::seconds("received_s", "When the bytes had come.").or_empty(),
        Column::seconds("published_s", "When it was published.").or_empty(),
        Column::seconds("active_s", "When its sector was proven.").or_empty(),
        Column::seconds("start_s", "Its first epoch that is paid.").or_empty(),
        Column::seconds("end_s", "Its end as agreed.").or_empty(),
        Column::seconds("ended_s", "When it ended, or came to nothing.").or_empty(),
        Column::amount("paid_attofil", "attoFIL", "Paid so far."),
        Column::amount("returned_attofil", "attoFIL", "Price that was locked and went back to the client."),
        Column::amount("burnt_attofil", "attoFIL", "Provider collateral that was burnt."),
    ],
};

/// One row per file of a client of storage.
pub static FILES: Table = Table {
    name: "files",
    doc: "One row per file that a client of storage wanted stored, in the order in which they came. Empty without such \
          clients.",
    columns: &[
        Column::text("client", "Client."),
        Column::count("file", "", "Number of the file of its client."),
        Column::count("size_bytes", "B", "Nominal bytes of payload."),
        Column::count("piece", "", "Piece that it became part of; empty while it waits for a batch.")
            .or_empty(),
        Column::seconds("arrived_s", "When it was there to be stored."),
        Column::seconds("held_s", "When the first miner had its bytes.").or_empty(),
        Column::seconds("protected_s", "When it was first in a proven sector.").or_empty(),
        Column::seconds("lost_s", "When neither its client nor any miner had it any more.").or_empty(),
        Column {
            kind: sim_core::record::schema::Kind::Flag,
            ..Column::text("own", "Whether its client has it at the end.")
        },
        Column::count("copies_end", "", "Miners that have it at the end, under deals that run or are to."),
    ],
};

/// One row per day of a client.
pub static CLIENTS: Table = Table {
    name: "clients",
    doc: "Cash flow by day, one row per day of the chain and client of storage. Gains are positive, losses negative; \
          opening balance plus all of them is the closing balance. Escrow and what deals have locked of it are part of the \
          balance. Empty without such clients.",
    columns: &[
        Column::count("day", "", "Day of the chain, counted from 1."),
        Column::text("client", "Client."),
        Column::amount("opening_attofil", "attoFIL", "Wallet and escrow when the day began."),
        Column::amount("capital_attofil", "attoFIL", "Money it starts with."),
        Column::amount("deal_payment_attofil", "attoFIL", "Paid for deals, as far as settled."),
        Column::amount("yield_attofil", "attoFIL", "What an endowment earned."),
        Column::amount("closing_attofil", "attoFIL", "Wallet and escrow when the day ended."),
        Column::amount("residual_attofil", "attoFIL", "Closing less opening less all flows: zero."),
        Column::amount("wallet_attofil", "attoFIL", "Wallet when the day ended."),
        Column::amount("escrow_attofil", "attoFIL", "Escrow in the storage market when the day ended."),
        Column::amount("locked_attofil", "attoFIL", "Of it, locked by deals."),
    ],
};

/// Every table, in the order of the reference page.
pub static ALL: &[&Table] = &[
    &OBJECTS,
    &COPIES,
    &LADDER,
    &RUNGS,
    &READS,
    &NODES,
    &MINERS,
    &MINER_DAYS,
    &SECTORS,
    &NETWORK,
    &DEALS,
    &FILES,
    &CLIENTS,
    &SERIES,
    &METRICS,
    &LOSSES,
    &STORED_DATA,
];
