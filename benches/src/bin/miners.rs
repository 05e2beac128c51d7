//! What does a year of a thousand storage miners cost, and how much of it are seals, proofs and epochs?
//!
//! `cargo run --release -p benches --bin miners [MINERS] [DAYS]` runs [`benches::miners`] once with seed 7, event by
//! event, and prints counts, CPU seconds by kind of event, peak memory and the digest. 1,000 miners of ten sectors and
//! 365 days by default. Every sector is sealed and proven every day, every election is of simulated miners.
//!
//! An event is one wake-up of an operator or the end of one epoch, and its CPU time goes to what it did:
//!
//! ```text
//!   seals    an operator sealed a batch (and handed in whatever else was due then)
//!   proofs   any other wake-up: Window PoSts, proofs of replication, messages
//!   epochs   the end of an epoch: elections, Winning PoSts and blocks, deadlines, reward, power, books
//! ```

use benches::Clocks;
use models::content::Content;
use models::simulation::Simulation;
use sim_core::draws::Draws;
use sim_core::record::csv::CsvTables;
use std::sync::Arc;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// CPU seconds by what events did.
#[derive(Default)]
struct Split {
    seals: f64,
    proofs: f64,
    epochs: f64,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let miners = arguments.next().map_or(Ok(1_000), |text| text.parse());
    let days = arguments.next().map_or(Ok(365), |text| text.parse());
    let (Ok(miners), Ok(days), None) = (miners, days, arguments.next()) else {
        eprintln!("usage: miners [MINERS] [DAYS], whole numbers");
        std::process::exit(2);
    };
    let config = Arc::new(benches::miners(miners, days));
    let content = Arc::new(Content::new(&config));
    let mut simulation = Simulation::new(&config, &content, Draws::new(7, 0));
    let split = run(&mut simulation);
    let chain = *simulation.world().chain().expect("it has a chain").tally();
    let proofs = *simulation.world().proofs().expect("it has miners");
    let mut tables = CsvTables::new();
    let (report, _) = simulation.finish(&mut tables).expect("no invariant is broken");

    for (name, count) in [
        ("sectors sealed", proofs.sealed),
        ("PoReps", proofs.porep),
        ("Window PoSts", proofs.window),
        ("Winning PoSts", proofs.winning),
        ("proofs that failed", proofs.failed),
        ("epochs", chain.epochs),
        ("wins, simulated", chain.wins),
        ("wins, the rest", chain.rest_wins),
        ("wins lost", chain.lost_wins),
        ("all events", report.events),
    ] {
        println!("{name:18} {count:>12}");
    }
    println!("{:18} {:>12}", "digest", report.digest);
    for (name, seconds) in
        [("CPU s, seals", split.seals), ("CPU s, proofs", split.proofs), ("CPU s, epochs", split.epochs)]
    {
        println!("{name:18} {seconds:>12.2}");
    }
    println!("{:18} {:>12.2}", "CPU s, process", Clocks::now().cpu);
    if let Some(kib) = benches::peak_rss_kib() {
        println!("{:18} {:>12.1}", "peak memory, MiB", kib as f64 / 1024.0);
    }
}

/// Runs to the end, one event after another, and says where the CPU time went.
fn run(simulation: &mut Simulation) -> Split {
    let end = simulation.end();
    let mut split = Split::default();
    let counts = |simulation: &Simulation| {
        let (chain, proofs) = (simulation.world().chain(), simulation.world().proofs());
        (chain.map(|chain| chain.tally().epochs), proofs.map(|proofs| proofs.sealed))
    };
    let (mut before, mut since) = (counts(simulation), Clocks::now().cpu);
    let mut events = simulation.events();
    loop {
        simulation.advance(end, 1).expect("no invariant is broken");
        if simulation.events() == events {
            return split;
        }
        events = simulation.events();
        let (after, now) = (counts(simulation), Clocks::now().cpu);
        let part = match (after.0 != before.0, after.1 != before.1) {
            (true, _) => &mut split.epochs,
            (_, true) => &mut split.seals,
            _ => &mut split.proofs,
        };
        *part += now - since;
        (before, since) = (after, now);
    }
}
