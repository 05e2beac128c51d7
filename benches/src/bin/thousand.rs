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
    if let Some(cost) = process_cost() {
        println!("{:18} {:>12.1}", "CPU seconds", cost.cpu_seconds);
        println!("{:18} {:>12.0}", "events per second", report.events as f64 / cost.cpu_seconds);
        println!("{:18} {:>12.1}", "peak memory, MiB", cost.peak_mib);
    }
}

/// What this process has used so far.
struct Cost {
    cpu_seconds: f64,
    peak_mib: f64,
}

/// Reads the cost from the kernel's own accounts; none where there is no such thing.
fn process_cost() -> Option<Cost> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Fields after the command's closing parenthesis; user and system time are the 14th and 15th of all.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = peak.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(Cost { cpu_seconds: ticks as f64 / 100.0, peak_mib: kib / 1024.0 })
}
