//! What the program knows about the chain's protocol, in words: parameters with their value under every network
//! version, the rule sets themselves, and the formulas of `lastcopy calc`.

use crate::calc::{self, FORMULAS};
use models::filecoin::policy::{PARAMETERS, Parameter};
use models::filecoin::rulesets::{RULE_SETS, RuleSet, history};
use std::fmt::Write as _;

/// The table of a scenario that overrides parameters.
const TABLE: &str = "filecoin.parameters";

/// A word without the table of parameters before it.
pub fn bare(word: &str) -> &str {
    word.strip_prefix(TABLE).and_then(|name| name.strip_prefix('.')).unwrap_or(word)
}

/// Everything of that name.
pub fn explain(word: &str) -> Vec<String> {
    if word == TABLE {
        return vec![table_text()];
    }
    let word = bare(word);
    let parameters = PARAMETERS.iter().filter(|parameter| parameter.name == word).map(parameter_text);
    let rules = RULE_SETS.iter().filter(|rules| rules.name == word).map(rules_text);
    let formulas = FORMULAS
        .iter()
        .filter(|formula| formula.name == word)
        .map(|formula| format!("formula {}", calc::describe(formula)));
    parameters.chain(rules).chain(formulas).collect()
}

/// All names that [`explain`] knows.
pub fn names() -> impl Iterator<Item = &'static str> {
    let parameters = PARAMETERS.iter().map(|parameter| parameter.name);
    let rules = RULE_SETS.iter().map(|rules| rules.name);
    parameters.chain(rules).chain(FORMULAS.iter().map(|formula| formula.name))
}

fn parameter_text(parameter: &Parameter) -> String {
    let mut text = format!("protocol parameter {}\n{}\n", parameter.name, parameter.doc);
    let mut line = |name: &str, value: &str| {
        writeln!(text, "{name:<9}{value}").expect("a string takes all");
    };
    line("unit", if parameter.unit.is_empty() { "none" } else { parameter.unit });
    for (rules, value) in history(parameter) {
        line(rules, &value);
    }
    line("takes", &parameter.expected());
    line("since", parameter.since);
    line("source", parameter.source);
    line("set by", &format!("{TABLE}.{}", parameter.name));
    text
}

/// All parameters that a scenario may override.
fn table_text() -> String {
    let width = PARAMETERS.iter().map(|parameter| parameter.name.len()).max().unwrap_or(0);
    let mut text = format!(
        "[{TABLE}]\nOverrides parameters of the rule set; `lastcopy explain NAME` says all of one.\n"
    );
    for parameter in PARAMETERS {
        writeln!(text, "  {:<width$}  {}", parameter.name, parameter.doc).expect("a string takes all");
    }
    text
}

fn rules_text(rules: &RuleSet) -> String {
    let since = rules.since.map_or("no height yet".into(), |(epoch, day)| format!("epoch {epoch}, {day}"));
    let mut text = format!("rule set {}: {} ({since})\n{}\n", rules.name, rules.title, rules.doc);
    for (name, value) in rules.changes {
        writeln!(text, "  {name} = {value}").expect("a string takes all");
    }
    text
}

/// The sections of the reference page about the protocol.
pub fn reference(page: &mut String) {
    page.push_str(
        "\n## Protocol parameters\n\nValues per network version, each with the first that has it. `lastcopy explain` \
         says the same of one.\n\n| parameter | values | unit | what it is | since | source |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for parameter in PARAMETERS {
        let values: Vec<String> =
            history(parameter).into_iter().map(|(rules, value)| format!("{value} ({rules})")).collect();
        let (name, values, unit) = (parameter.name, values.join(", "), parameter.unit);
        let (doc, since, source) = (parameter.doc, parameter.since, parameter.source);
        writeln!(page, "| `{name}` | {values} | {unit} | {doc} | {since} | {source} |")
            .expect("a string takes all");
    }
    page.push_str("\n## Rule sets\n\n");
    for rules in RULE_SETS {
        writeln!(page, "- `{}` ({}): {}", rules.name, rules.title, rules.doc).expect("a string takes all");
    }
    page.push_str("\n## Formulas of `lastcopy calc`\n\n");
    for formula in FORMULAS {
        let keys: Vec<&str> = formula.params.iter().map(|param| param.name).collect();
        writeln!(page, "- `{} {}` [{}]: {}", formula.name, keys.join(" "), formula.unit, formula.doc)
            .expect("a string takes all");
    }
}
