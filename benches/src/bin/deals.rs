//! What do five years of a storage market cost, and how much of it are seals, proofs, clients and epochs?
//!
//! `cargo run --release -p benches --bin deals [CLIENTS] [MINERS] [YEARS]` runs [`benches::deals`] once, event by event, and
//! prints what [`benches::split`] measures, with the deals that came to be. 2,000 clients, 500 miners and 5 years by
//! default: 20,000 deals in some 3,000 sectors, each of which is sealed, and proven every day.

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = |default| arguments.next().map_or(Ok(default), |text| text.parse::<u32>());
    let (clients, miners, years) = (next(2_000), next(500), next(5));
    let (Ok(clients), Ok(miners), Ok(years), None) = (clients, miners, years, arguments.next()) else {
        eprintln!("usage: deals [CLIENTS] [MINERS] [YEARS], whole numbers");
        std::process::exit(2);
    };
    let tables = benches::split::measure(benches::deals(clients, miners, years));
    let deals = tables.get("deals").expect("it has a market");
    let stage = deals.schema.column("stage").expect("a column");
    let count =
        |name: &str| deals.body().lines().filter(|row| row.split(',').nth(stage) == Some(name)).count();
    for name in ["completed", "active", "terminated", "refused", "never-activated"] {
        benches::split::print(&format!("deals, {name}"), count(name));
    }
}
