//! What does a finished transfer cost when flows share links?
//!
//! `cargo run --release -p benches --bin flows [NODES SECONDS [EXACT_MAX]]` runs workload [`benches::flows`] and prints
//! one line of JSON for each run. Without arguments: 50, 200 and 500 nodes, each exactly (the default)
//! and by the per-endpoint rule.

use benches::flows::run_flows;
use models::net::flow::EXACT_MAX;
use sim_core::time::SimSpan;

fn main() {
    let numbers: Result<Vec<u64>, _> = std::env::args().skip(1).map(|text| text.parse()).collect();
    let runs = match numbers.as_deref() {
        Ok([]) => [(50, 4), (200, 2), (500, 1)]
            .into_iter()
            .flat_map(|(nodes, seconds)| [EXACT_MAX, 0].map(|exact| (nodes, seconds, exact)))
            .collect(),
        Ok(&[nodes, seconds]) => vec![(nodes as u32, seconds, EXACT_MAX)],
        Ok(&[nodes, seconds, exact]) => vec![(nodes as u32, seconds, exact as usize)],
        _ => {
            eprintln!("usage: flows [NODES SECONDS [EXACT_MAX]], whole numbers");
            std::process::exit(2);
        }
    };
    for (nodes, seconds, exact_max) in runs {
        let before = benches::cpu_seconds();
        let report = run_flows(nodes, SimSpan::from_secs(seconds), exact_max);
        let cpu = benches::cpu_seconds().zip(before).map(|(after, before)| after - before);
        let micros = cpu.map(|cpu| cpu * 1e6 / report.transfers as f64);
        println!(
            "{{\"engine\": \"lastcopy\", \"workload\": \"flows\", \"n\": {nodes}, \"exact_max\": {exact_max}, \
             \"transfers\": {}, \"moved\": {}, \"cpu_seconds\": {:.3}, \"us_per_transfer\": {:.2}, \"check\": \"{:016x}\"}}",
            report.transfers,
            report.moved,
            cpu.unwrap_or(f64::NAN),
            micros.unwrap_or(f64::NAN),
            report.check
        );
    }
}
