//! `lastcopy rare`: losses too rare to wait for.

use super::output;
use clap::{Args as ClapArgs, ValueEnum};
use lastcopy::failure::Failure;
use lastcopy::{host, rare};
use models::durability::rare::Effort;
use models::durability::store::{Plan, Repair};
use sim_core::dist::Law;
use sim_core::time::SimSpan;
use sim_core::units::parse_span;

/// Who repairs.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Crews {
    /// All missing pieces at once
    Parallel,
    /// One missing piece at a time
    Single,
    /// All at once, by a check every --repair
    Check,
    /// Nobody
    None,
}

/// Arguments of `lastcopy rare`. An object is N pieces of which any K rebuild it; lives and repairs are drawn. Odds of
/// loss by splitting, with a 95 % interval, the closed form where there is one, and the cost of plain simulation.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Pieces of an object: copies, unless --needed says else
    #[arg(long, short = 'n', value_name = "N")]
    pieces: u32,
    /// Pieces that rebuild it
    #[arg(long, short = 'k', value_name = "K", default_value_t = 1)]
    needed: u32,
    /// Mean life of a piece
    #[arg(long, value_name = "TIME", default_value = "1000 days", value_parser = span)]
    life: SimSpan,
    /// Shape of a life's Weibull law: 1 forgets its age, above it wears out
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0)]
    life_shape: f64,
    /// Mean time of a repair, or the period of checks
    #[arg(long, value_name = "TIME", default_value = "10 days", value_parser = span)]
    repair: SimSpan,
    /// Who repairs
    #[arg(long, value_enum, default_value = "parallel")]
    crews: Crews,
    /// Odds of loss within this time
    #[arg(long, value_name = "TIME", default_value = "10 years", value_parser = span)]
    horizon: SimSpan,
    /// Paths from each level, in each repetition
    #[arg(long, value_name = "N", default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    effort: u32,
    /// Repetitions, from which the interval is read
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    repetitions: u32,
    /// Seed of all draws
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Worker threads [default: one a processor]; the result does not depend on them
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1_024))]
    threads: Option<u16>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

fn span(text: &str) -> Result<SimSpan, String> {
    parse_span(text).map_err(|error| error.to_string())
}

/// Runs the command.
///
/// # Errors
/// If an argument is out of its bounds.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let forgets = (args.life_shape - 1.0).abs() < 1e-12;
    let life = if forgets {
        Law::Exponential { mean: args.life }
    } else {
        Law::Weibull { shape: args.life_shape, mean: args.life }
    };
    let law = Law::Exponential { mean: args.repair };
    let repair = match args.crews {
        Crews::Parallel => Repair::Parallel(law),
        Crews::Single => Repair::Single(law),
        Crews::Check => Repair::Check(args.repair),
        Crews::None => Repair::None,
    };
    let plan = Plan::one(args.pieces, args.needed, life, repair);
    plan.check().map_err(|error| Failure::Usage(error.to_string()))?;
    if args.horizon == SimSpan::ZERO {
        return Err(Failure::Usage("--horizon: expected a time above 0, found 0".into()));
    }
    let effort = Effort { trials: args.effort, repetitions: args.repetitions };
    let threads = args.threads.map_or_else(host::processors, usize::from);
    let report = rare::look(&plan, args.horizon, effort, args.seed, threads);
    if args.json {
        return output::print(&format!(
            "{}\n",
            serde_json::to_string_pretty(&report.json()).expect("string keys")
        ));
    }
    output::print(&report.text())
}
