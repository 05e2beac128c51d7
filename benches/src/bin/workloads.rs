//! Runs one of the workloads that engines are compared by, and prints one line of JSON.
//!
//! `cargo run --release -p benches --bin workloads -- WORKLOAD N T_SECONDS`, with `phold`, `timers` or
//! `net`. `benches/peers/run.sh` calls it beside the other engines.

use benches::Clocks;
use benches::workloads::{self, NAMES};
use sim_core::time::{SimSpan, SimTime};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let parsed = match &arguments[..] {
        [name, n, seconds, ..] => {
            n.parse().ok().filter(|&n| n > 1).zip(seconds.parse().ok()).map(|x| (name, x))
        }
        _ => None,
    };
    let Some((name, (n, seconds))) = parsed else { usage() };
    let end = SimTime::ZERO.saturating_add(SimSpan::from_secs_f64_lossy(seconds));
    let begun = Clocks::now();
    let (mut ready, mut done) = (begun, begun);
    let answer = workloads::run(name, n, end, &mut || ready = Clocks::now(), &mut || done = Clocks::now());
    let Some(answer) = answer else { usage() };
    println!(
        "{{\"engine\":\"lastcopy\",\"workload\":\"{name}\",\"n\":{n},\"threads\":1,\"events\":{},\
         \"seconds\":{:.6},\"cpu_seconds\":{:.6},\"setup_s\":{:.6},\"peak_rss_kb\":{},\"check\":\"{:016x}\",\
         \"digest\":\"{}\"}}",
        answer.events,
        done.wall - ready.wall,
        done.cpu - ready.cpu,
        ready.cpu - begun.cpu,
        benches::peak_rss_kib().unwrap_or(0),
        answer.check,
        answer.digest,
    );
}

fn usage() -> ! {
    eprintln!("usage: workloads {} N T_SECONDS, with N of at least 2", NAMES.join("|"));
    std::process::exit(2);
}
