//! `lastcopy calc`: the formulas of the chain, and of durability, as a calculator.
//!
//! [`FORMULAS`] has one entry a formula: name, meaning, parameters, unit, source and the function of
//! [`models::filecoin`] that the simulator itself uses. Plain integers are in the unit of their parameter; amounts of
//! money, sizes and times may also be written with a unit. Nothing here rounds or clamps what a formula gives.

mod durability;
mod formulas;
mod given;

pub use formulas::FORMULAS;
pub use given::{Given, Kind, Param};

use crate::suggest::nearest;
use models::filecoin::policy::Policy;
use models::units::AttoFil;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A formula.
pub struct Formula {
    /// What it is called by.
    pub name: &'static str,
    /// What it gives.
    pub doc: &'static str,
    /// What it needs, all of it.
    pub params: &'static [Param],
    /// Unit of the answer.
    pub unit: &'static str,
    /// Where the rule is written.
    pub source: &'static str,
    compute: fn(&Policy, &Given) -> Result<Answer, String>,
}

/// What a formula gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// An integer in decimal digits, bytes in hexadecimal ones, or a number with as many digits as a double has.
    One(String),
    /// Several, in order.
    List(Vec<Answer>),
}

impl Answer {
    fn one(number: impl ToString) -> Self {
        Answer::One(number.to_string())
    }

    fn money(amount: AttoFil) -> Self {
        Answer::one(amount.atto())
    }

    fn list(answers: impl IntoIterator<Item = Answer>) -> Self {
        Answer::List(answers.into_iter().collect())
    }

    fn json(&self) -> Value {
        match self {
            Answer::One(text) => json!(text),
            Answer::List(answers) => answers.iter().map(Answer::json).collect(),
        }
    }

    fn line(&self) -> String {
        match self {
            Answer::One(text) => text.clone(),
            Answer::List(answers) => answers.iter().map(Answer::line).collect::<Vec<_>>().join(" "),
        }
    }
}

/// A formula that was asked for, with its inputs and its answer.
pub struct Calculation {
    formula: &'static Formula,
    given: Given,
    answer: Answer,
}

impl Calculation {
    /// Works a formula out under the parameters of a rule set. `inputs` are `key=value`.
    ///
    /// # Errors
    /// In words, if no formula has that name, an input is unknown, missing, twice there, no such quantity or out of
    /// bounds, or the answer has more digits than the chain's arithmetic holds.
    pub fn of(policy: &Policy, name: &str, inputs: &[String]) -> Result<Self, String> {
        let formula = find(name)?;
        let given = Given::read(formula, inputs)?;
        let answer = (formula.compute)(policy, &given)?;
        Ok(Calculation { formula, given, answer })
    }

    /// For people: the answer with its unit, a list with one entry a line.
    pub fn text(&self) -> String {
        match &self.answer {
            Answer::List(answers) => {
                let lines = answers.iter().map(|answer| format!("{}\n", answer.line()));
                lines.collect::<String>()
            }
            Answer::One(text) if self.formula.unit.is_empty() => format!("{text}\n"),
            Answer::One(text) => format!("{text} {}{}\n", self.formula.unit, in_fil(self.formula.unit, text)),
        }
    }

    /// For machines: name, inputs, value and unit, every integer in decimal digits.
    pub fn json(&self) -> Value {
        let inputs: serde_json::Map<String, Value> =
            self.given.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        json!({
            "name": self.formula.name,
            "inputs": inputs,
            "value": self.answer.json(),
            "unit": self.formula.unit,
        })
    }
}

/// Amounts of money in FIL beside the attoFIL.
fn in_fil(unit: &str, atto: &str) -> String {
    match atto.parse() {
        Ok(atto) if unit == "attoFIL" => {
            let amount = AttoFil::new(atto).to_string();
            if amount == format!("{atto} attoFIL") { String::new() } else { format!(" ({amount})") }
        }
        _ => String::new(),
    }
}

/// The formula of that name, or what is called alike.
fn find(name: &str) -> Result<&'static Formula, String> {
    FORMULAS.iter().find(|formula| formula.name == name).ok_or_else(|| {
        let near = nearest(name, FORMULAS.iter().map(|formula| formula.name));
        let hint =
            near.map_or("`lastcopy calc --list` shows all".into(), |near| format!("did you mean {near}?"));
        format!("no formula is called \"{}\"; {hint}", shown(name))
    })
}

/// What may stand in a message of what a user wrote.
fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

/// All formulas with their parameters, for people.
pub fn list() -> String {
    FORMULAS.iter().map(describe).collect::<Vec<_>>().join("\n")
}

/// One formula with its parameters, for people.
pub fn describe(formula: &Formula) -> String {
    let unit = if formula.unit.is_empty() { String::new() } else { format!(" [{}]", formula.unit) };
    let mut text = format!("{}{unit}\n  {}\n  source: {}\n", formula.name, formula.doc, formula.source);
    let width = formula.params.iter().map(|param| param.name.len()).max().unwrap_or(0);
    for param in formula.params {
        let (name, doc, takes) = (param.name, param.doc, param.kind.expected());
        writeln!(text, "    {name:<width$}  {doc}; {takes}").expect("a string takes all");
    }
    text
}

/// All formulas with their parameters, for machines.
pub fn list_json() -> Value {
    let param = |param: &Param| json!({ "name": param.name, "doc": param.doc, "unit": param.kind.unit(), "takes": param.kind.expected() });
    let formula = |formula: &Formula| {
        json!({
            "name": formula.name,
            "doc": formula.doc,
            "unit": formula.unit,
            "source": formula.source,
            "params": formula.params.iter().map(param).collect::<Vec<_>>(),
        })
    };
    FORMULAS.iter().map(formula).collect()
}
