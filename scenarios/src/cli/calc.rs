//! `lastcopy calc`.

use super::output;
use clap::Args as ClapArgs;
use lastcopy::calc::{self, Calculation};
use lastcopy::failure::Failure;
use lastcopy::suggest::nearest;
use models::filecoin::rulesets::{RULE_SETS, RuleSet};

/// Arguments of `lastcopy calc`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The formula; `--list` shows all
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// Its inputs: plain integers (attoFIL, bytes, epochs), or with a unit as in "1.5 FIL", "32 GiB", "30 days"
    #[arg(value_name = "KEY=VALUE")]
    inputs: Vec<String>,
    /// List all formulas with parameters, units and sources
    #[arg(long)]
    list: bool,
    /// Rule set whose parameters hold [default: the newest on mainnet]
    #[arg(long, value_name = "NAME")]
    rules: Option<String>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// If a formula, an input or a rule set is unknown or wrong.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if args.list {
        return if args.json { json(&calc::list_json()) } else { output::print(&calc::list()) };
    }
    let rules = rule_set(args.rules.as_deref()).map_err(Failure::Usage)?;
    let name = args.name.as_deref().expect("clap asks for a name");
    let calculation = Calculation::of(&rules.policy(), name, &args.inputs).map_err(Failure::Usage)?;
    if args.json { json(&calculation.json()) } else { output::print(&calculation.text()) }
}

fn json(value: &serde_json::Value) -> Result<(), Failure> {
    output::print(&format!("{}\n", serde_json::to_string_pretty(value).expect("string keys")))
}

fn rule_set(name: Option<&str>) -> Result<&'static RuleSet, String> {
    let Some(name) = name else { return Ok(RuleSet::newest()) };
    RuleSet::named(name).ok_or_else(|| {
        let names = RULE_SETS.iter().map(|rules| rules.name);
        let near = nearest(name, names.clone()).map(|near| format!("did you mean {near}?"));
        let hint = near.unwrap_or_else(|| format!("there are {}", names.collect::<Vec<_>>().join(", ")));
        format!("no rule set is called \"{}\"; {hint}", name.escape_debug())
    })
}
