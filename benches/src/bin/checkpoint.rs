//! What does saving a month of a thousand peers cost?
//!
//! `cargo run --release -p benches --bin checkpoint [DAYS]` (30 by default) runs [`benches::thousand_peers`] with seed
//! 7, saves it after every tenth of its time, goes on from each saved state, and prints bytes and times. The digest at
//! the end is that of `thousand`.

#![allow(clippy::disallowed_types, reason = "a benchmark measures wall time")]

use models::content::Content;
use models::run::Verdict;
use models::simulation::Simulation;
use sim_core::draws::Draws;
use sim_core::record::csv::CsvTables;
use sim_core::time::{SimSpan, SimTime};
use std::sync::Arc;
use std::time::Instant;

fn main() {
    let days = std::env::args().nth(1).map_or(Ok(30), |text| text.parse());
    let Ok(days) = days else {
        eprintln!("usage: checkpoint [DAYS], a whole number of virtual days");
        std::process::exit(2);
    };
    let config = Arc::new(benches::thousand_peers(days, Some(SimSpan::from_mins(10))));
    let content = Arc::new(Content::new(&config));
    let draws = Draws::new(7, 0);
    let mut simulation = Simulation::new(&config, &content, draws);
    for tenth in 1..10 {
        let until = SimTime::from_nanos(simulation.end().as_nanos() / 10 * tenth);
        simulation.advance(until, u64::MAX).expect("no invariant is broken");
        let start = Instant::now();
        let saved = simulation.save();
        let save = start.elapsed();
        let events = simulation.events();
        drop(simulation);
        let start = Instant::now();
        simulation = Simulation::restore(&config, &content, draws, &saved).expect("it was just saved");
        let restore = start.elapsed();
        let kib = saved.len() as f64 / 1024.0;
        println!("event {events:>11}  {kib:>9.1} KiB  saved in {save:>9.2?}  restored in {restore:>9.2?}");
    }
    simulation.drive(&mut |_, _| Verdict::GoOn).expect("no invariant is broken");
    let (report, _) = simulation.finish(&mut CsvTables::new()).expect("no invariant is broken");
    println!("all events {}, digest {}", report.events, report.digest);
}
