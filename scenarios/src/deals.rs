//! Checked values -> clients of storage and the asks of miners. As [`crate::build`], nothing here can fail.

use crate::filecoin::epochs;
use crate::values::{Instance, Values};
use models::agents::negotiation::NegotiationId;
use models::agents::storage_client::{ClientConfig, Placement, Renewal};
use models::agents::storage_provider::{AskConfig, Staging, Takes};
use models::config::{ClientGroup, DealsConfig};
use models::units::Epochs;

/// The storage market of a scenario.
pub fn config(values: &Values) -> DealsConfig {
    let groups = values.all("miners.<group>").map(|group| group.name().to_string());
    let ask = |group: String| {
        let keys = values.all("asks.<name>").find(|ask| ask.texts("miners").contains(&group));
        keys.map_or_else(AskConfig::default, ask_of)
    };
    DealsConfig {
        clients: values.all("clients.<group>").map(client).collect(),
        asks: groups.map(ask).collect(),
    }
}

fn ask_of(keys: &Instance) -> AskConfig {
    let takes = match keys.text("takes") {
        "all" => Takes::All,
        "verified" => Takes::Verified,
        "plain" => Takes::Plain,
        "nothing" => Takes::Nothing,
        other => panic!("{}.takes = {other:?} is in no table", keys.path),
    };
    let staging = match keys.text("staging") {
        "kept" => Staging::Kept,
        "streamed" => Staging::Streamed,
        other => panic!("{}.staging = {other:?} is in no table", keys.path),
    };
    let size = |key: &str| keys.maybe_bytes(key).map_or(u64::MAX, |bytes| bytes.as_u64());
    let region = keys.maybe_text("region");
    let region = region.map(|name| crate::regions::world().find(name).expect("a region passed the check"));
    AskConfig {
        takes,
        price: keys.money("price"),
        verified_price: keys.money("verified_price"),
        decline: keys.real("decline"),
        cost: keys.money("cost"),
        cost_spread: keys.share("cost_spread"),
        subsidy: keys.money("subsidy"),
        min_piece: keys.bytes("min_piece").as_u64(),
        max_piece: size("max_piece"),
        space: size("space"),
        intake: keys.maybe_rate("intake"),
        publish_batch: u32::try_from(keys.whole("publish_batch")).expect("bounded by its key"),
        publish_wait: epochs(keys.span("publish_wait")),
        pack_wait: epochs(keys.span("pack_wait")),
        sealers: u32::try_from(keys.whole("sealers")).expect("bounded by its key"),
        seal_ahead: epochs(keys.span("seal_ahead")),
        start_buffer: epochs(keys.span("start_buffer")),
        settle_every: epochs(keys.span("settle_every")).max(Epochs::ONE),
        leaves_after: keys.maybe_span("leaves_after").map(epochs),
        leaves_mean: keys.maybe_span("leaves_mean").map(epochs),
        region,
        staging,
    }
}

fn client(keys: &Instance) -> ClientGroup {
    let placement = match keys.text("placement") {
        "cheapest" => Placement::Cheapest,
        "random" => Placement::Random,
        "spread" => Placement::Spread,
        other => panic!("{}.placement = {other:?} is in no table", keys.path),
    };
    let renewal = match keys.text("renews") {
        "none" => Renewal::None,
        "client" => Renewal::Client,
        "bot" => Renewal::Bot,
        "endowment" => Renewal::Endowment,
        other => panic!("{}.renews = {other:?} is in no table", keys.path),
    };
    let negotiation = NegotiationId::named(keys.text("negotiation")).expect("a rule passed the check");
    ClientGroup {
        name: keys.name().into(),
        count: u32::try_from(keys.whole("count")).expect("bounded by its key"),
        client: ClientConfig {
            capital: keys.money("capital"),
            files: keys.whole("files"),
            size: keys.bytes("size").as_u64(),
            size_sigma: keys.real("size_sigma"),
            first: epochs(keys.span("first")),
            every: epochs(keys.span("every")),
            is_poisson: keys.text("arrival") == "poisson",
            batch: keys.maybe_bytes("batch").map(|bytes| bytes.as_u64()),
            batch_wait: keys.maybe_span("batch_wait").map(epochs),
            replicas: u32::try_from(keys.whole("copies")).expect("bounded by its key"),
            duration: epochs(keys.span("term")),
            start_delay: epochs(keys.span("start_delay")),
            placement,
            negotiation,
            limit: keys.money("price_limit"),
            verified: keys.share("verified"),
            data_cap: keys.bytes("data_cap").as_u64(),
            uplink: keys.maybe_rate("uplink"),
            keeps_copy: keys.flag("keeps_copy"),
            own_mtbf: keys.maybe_span("own_mtbf").map(epochs),
            renewal,
            renew_before: epochs(keys.span("renew_before")),
            reliability: keys.maybe_share("reliability").unwrap_or(sim_core::units::Prob::ONE),
            yearly_yield: keys.maybe_real("yield").unwrap_or(0.0),
            watch: keys.maybe_span("watch").map(epochs).map(|every| every.max(Epochs::ONE)),
        },
    }
}
