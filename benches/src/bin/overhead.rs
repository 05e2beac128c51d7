//! What do the digest and the sampled checks of invariants cost together?
//!
//! `cargo run --release -p benches --bin overhead [SCENARIO] [PAIRS]` (`smoke` and ten) runs all cells of a scenario of
//! the catalogue one after another, in interleaved pairs: with sampled checks and a second digest beside the engine's
//! own, and without either. The engine's own digest has no switch, so the second stands for it: one more fold per
//! event, of the same words. With `d` and `c` for the two costs, a pair measures `T + 2 d + c` and `T + d`. Their
//! difference is `d + c`; what is printed is its share of `T`, where `d` is taken as all of the difference, so that
//! the share is never too small. Times are CPU times of this process.

use lastcopy::build::RunOptions;
use lastcopy::catalog;
use lastcopy::failure::Failure;
use lastcopy::run::Prepared;
use lastcopy::scenario::{Overrides, Scenario};
use lastcopy::sweep::RunSpec;
use models::config::CheckLevel;
use models::registry::Event;
use models::run::Verdict;
use models::simulation::Simulation;
use rustix::time::{ClockId, clock_gettime};
use sim_core::digest::RunDigest;
use sim_core::engine::Event as _;
use sim_core::queue::Key;
use sim_core::record::csv::CsvTables;
use sim_core::trace::{NoTrace, Sink};

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Folds every event, as the engine does.
#[derive(Default)]
struct SecondDigest(RunDigest);

impl Sink<Event> for SecondDigest {
    #[inline(always)]
    fn dispatched(&mut self, _: u64, key: Key, event: &Event) {
        self.0.fold(key, event.content());
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "smoke".into());
    let pairs = arguments.next().map_or(Ok(10), |text| text.parse::<usize>());
    let (Ok(pairs @ 1..), None) = (pairs, arguments.next()) else {
        eprintln!("usage: overhead [SCENARIO] [PAIRS], a scenario of the catalogue and a whole number");
        std::process::exit(2);
    };
    let (looking, not) = match (specs(&name, CheckLevel::Sampled), specs(&name, CheckLevel::Off)) {
        (Ok(looking), Ok(not)) => (looking, not),
        (Err(failure), _) | (_, Err(failure)) => {
            eprintln!("{name}: {failure:?}");
            std::process::exit(i32::from(failure.code()));
        }
    };
    let mut shares = Vec::with_capacity(pairs);
    for pair in 1..=pairs {
        let on = time(&looking, |digest: &SecondDigest| digest.0.to_string());
        let off = time(&not, |_: &NoTrace| String::new());
        let share = (on - off) / (off - (on - off).max(0.0));
        println!("pair {pair:>2}  with {on:>7.3} s  without {off:>7.3} s  {:>6.2} %", 100.0 * share);
        shares.push(share);
    }
    shares.sort_by(f64::total_cmp);
    let median = (shares[(pairs - 1) / 2] + shares[pairs / 2]) / 2.0;
    println!("{name}: digest and sampled checks cost {:.2} % (median of {pairs} pairs)", 100.0 * median);
}

/// All cells of a scenario of the catalogue.
fn specs(name: &str, check: CheckLevel) -> Result<Vec<RunSpec>, Failure> {
    let (text, folder) = catalog::open(name)?;
    let scenario = Scenario::check(text, &folder, &Overrides::default())?;
    let (_, specs) = Prepared::new(scenario)?.specs(RunOptions { check, max_events: None })?;
    // Content is gathered once: it is no part of what is compared.
    specs.iter().for_each(|spec| drop(spec.case.content()));
    Ok(specs)
}

/// CPU seconds of all cells; `own` is asked for what each sink has seen, so that nothing of it is left out.
fn time<S: Sink<Event> + Default>(specs: &[RunSpec], own: impl Fn(&S) -> String) -> f64 {
    let begun = cpu_seconds();
    for spec in specs {
        let (config, content) = (&spec.case.config, spec.case.content());
        let mut simulation = Simulation::with_sink(config, &content, spec.draws, S::default());
        simulation.drive(&mut |_, _| Verdict::GoOn).expect("no invariant is broken");
        let (report, sink) = simulation.finish(&mut CsvTables::new()).expect("no invariant is broken");
        let seen = own(&sink);
        assert!(seen.is_empty() || seen == report.digest, "both digests fold the same events");
    }
    cpu_seconds() - begun
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
