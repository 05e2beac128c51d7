//! What does a month of a thousand peers cost, message by message?
//!
//! `cargo run --release -p benches --bin thousand [DAYS] [PATIENCE]` runs [`benches::thousand_peers`] once with seed 7
//! and prints events by kind, events per second of CPU time, peak memory and the digest. 30 days by default; a
//! reader gives up after PATIENCE minutes, ten by default, or `never`.

use models::content::Content;
use models::registry::KIND_NAMES;
use models::run::{Verdict, run};
use sim_core::draws::Draws;
use sim_core::record::csv::CsvTables;
use sim_core::time::SimSpan;
use std::sync::Arc;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let days = arguments.next().map_or(Ok(30), |text| text.parse());
    let patience = match arguments.next().as_deref() {
        None => Ok(Some(10)),
        Some("never") => Ok(None),
        Some(minutes) => minutes.parse().map(Some),
    };
    let (Ok(days), Ok(patience), None) = (days, patience, arguments.next()) else {
        eprintln!("usage: thousand [DAYS] [PATIENCE], whole numbers of days and minutes, or `never`");
        std::process::exit(2);
    };
    let patience = patience.map(SimSpan::from_mins);
    let config = Arc::new(benches::thousand_peers(days, patience));
    let content = Arc::new(Content::new(&config));
    let mut tables = CsvTables::new();
    let report = run(&config, &content, Draws::new(7, 0), &mut tables, &mut |_| Verdict::GoOn)
        .expect("no invariant is broken");
    for (name, count) in KIND_NAMES.iter().zip(report.by_kind).filter(|(_, count)| *count > 0) {
        println!("{name:18} {count:>12}");
    }
    println!("{:18} {:>12}", "all events", report.events);
    println!("{:18} {:>12}", "digest", report.digest);
    let cpu = benches::Clocks::now().cpu;
    println!("{:18} {:>12.1}", "CPU seconds", cpu);
    println!("{:18} {:>12.0}", "events per second", report.events as f64 / cpu);
    if let Some(kib) = benches::peak_rss_kib() {
        println!("{:18} {:>12.1}", "peak memory, MiB", kib as f64 / 1024.0);
    }
}
