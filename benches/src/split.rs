//! Runs with a chain, event by event, and where their CPU time went.
//!
//! An event is one wake-up or the end of one epoch, and its CPU time goes to what it did:
//!
//! ```text
//!   seals    an operator sealed a batch (and handed in whatever else was due then)
//!   proofs   any other wake-up of an operator: Window PoSts, proofs of replication, messages
//!   clients  a client sought deals
//!   epochs   the end of an epoch: elections, Winning PoSts and blocks, deadlines, reward, power, books
//! ```

use crate::{Clocks, peak_rss_kib};
use models::config::Config;
use models::content::Content;
use models::simulation::Simulation;
use sim_core::draws::Draws;
use sim_core::record::csv::CsvTables;
use std::fmt::Display;
use std::sync::Arc;

/// CPU seconds by what events did.
#[derive(Default)]
struct Split {
    seals: f64,
    proofs: f64,
    clients: f64,
    epochs: f64,
}

/// Runs once with seed 7 and prints counts, CPU seconds by kind of event, peak memory and the digest. The tables, for
/// whoever counts something else in them.
pub fn measure(config: Config) -> CsvTables {
    let config = Arc::new(config);
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
        print(name, count);
    }
    print("digest", report.digest);
    for (name, seconds) in [
        ("CPU s, seals", split.seals),
        ("CPU s, proofs", split.proofs),
        ("CPU s, clients", split.clients),
        ("CPU s, epochs", split.epochs),
        ("CPU s, process", Clocks::now().cpu),
    ] {
        print(name, format!("{seconds:.2}"));
    }
    if let Some(kib) = peak_rss_kib() {
        print("peak memory, MiB", format!("{:.1}", kib as f64 / 1024.0));
    }
    tables
}

/// A line of what was measured.
pub fn print(name: &str, value: impl Display) {
    println!("{name:18} {value:>12}");
}

/// Runs to the end, one event after another, and says where the CPU time went.
fn run(simulation: &mut Simulation) -> Split {
    let end = simulation.end();
    let mut split = Split::default();
    let counts = |simulation: &Simulation| {
        let (world, proofs) = (simulation.world(), simulation.world().proofs());
        let epochs = world.chain().map(|chain| chain.tally().epochs);
        (epochs, proofs.map(|proofs| proofs.sealed), world.deals_sought())
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
        let part = match (after.0 != before.0, after.1 != before.1, after.2 != before.2) {
            (true, ..) => &mut split.epochs,
            (_, true, _) => &mut split.seals,
            (.., true) => &mut split.clients,
            _ => &mut split.proofs,
        };
        *part += now - since;
        (before, since) = (after, now);
    }
}
