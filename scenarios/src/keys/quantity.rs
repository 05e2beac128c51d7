//! Values with a unit: times, sizes, bandwidths and shares.
//!
//! The texts are read by [`sim_core::units`]; here are the bounds, and what is said to somebody who
//! left out the unit.

use super::kind::{Kind, Refusal};
use super::value::Value;
use crate::raw::Raw;
use models::filecoin::policy::{Parameter, Policy};
use models::units::{AttoFil, parse_fil};
use sim_core::time::SimSpan;
use sim_core::units::{BitRate, Bytes, UnitError, parse_bit_rate, parse_bytes, parse_prob, parse_span};

pub(super) fn span(kind: &Kind, raw: &Raw, min: SimSpan, max: SimSpan) -> Result<Value, Refusal> {
    quantity(kind, raw, &["s", "h", "days"], parse_span, min, max).map(Value::Span)
}

pub(super) fn bytes(kind: &Kind, raw: &Raw, min: Bytes, max: Bytes) -> Result<Value, Refusal> {
    quantity(kind, raw, &["B", "KiB", "MiB"], parse_bytes, min, max).map(Value::Bytes)
}

pub(super) fn rate(kind: &Kind, raw: &Raw, min: BitRate, max: BitRate) -> Result<Value, Refusal> {
    quantity(kind, raw, &["kbit/s", "Mbit/s", "MB/s"], parse_bit_rate, min, max).map(Value::Rate)
}

pub(super) fn money(kind: &Kind, raw: &Raw, min: AttoFil, max: AttoFil) -> Result<Value, Refusal> {
    quantity(kind, raw, &["FIL", "attoFIL"], parse_fil, min, max).map(Value::Money)
}

/// A share is a text such as `"12 %"` or a number from 0 to 1.
pub(super) fn share(kind: &Kind, raw: &Raw) -> Result<Value, Refusal> {
    let text = match raw {
        Raw::Text(text) => text.clone(),
        Raw::Real { text, value } if value.is_finite() && *value >= 0.0 => text.replace('_', ""),
        Raw::Whole(n) => n.to_string(),
        _ => return Err(kind.refuse(raw)),
    };
    parse_prob(&text).map(Value::Share).map_err(|error| match raw {
        Raw::Text(_) => unit_refusal(kind, raw, &error),
        _ => Refusal { help: percent_help(&text), ..kind.refuse(raw) },
    })
}

/// A value of a protocol parameter, in the spelling that the parameter itself writes.
pub(super) fn parameter(parameter: &Parameter, raw: &Raw) -> Result<Value, Refusal> {
    let refuse = || Refusal {
        message: format!("expected {}, got {}", parameter.expected(), raw.found()),
        help: Some(format!("`lastcopy explain {}` shows its values", parameter.name)),
    };
    let text = match raw {
        Raw::Text(text) => text.clone(),
        Raw::Whole(n) => n.to_string(),
        Raw::Huge(text) => text.clone(),
        Raw::Flag(flag) => flag.to_string(),
        _ => return Err(refuse()),
    };
    let mut policy = Policy::default();
    parameter.set(&mut policy, &text).map_err(|_| refuse())?;
    let value = parameter.value(&policy);
    Ok(match (value.parse::<u64>(), value.parse::<bool>()) {
        (Ok(number), _) => Value::Whole(number),
        (_, Ok(flag)) => Value::Flag(flag),
        _ => Value::Text(value),
    })
}

/// Somebody who writes 50 means 50 %.
fn percent_help(text: &str) -> Option<String> {
    let value: f64 = text.parse().ok()?;
    (value > 1.0 && value <= 100.0).then(|| format!("for {text} percent write \"{text} %\""))
}

fn quantity<T: PartialOrd>(
    kind: &Kind,
    raw: &Raw,
    units: &[&str],
    parse: fn(&str) -> Result<T, UnitError>,
    min: T,
    max: T,
) -> Result<T, Refusal> {
    let text = match raw {
        Raw::Text(text) => text,
        Raw::Whole(_) | Raw::Real { .. } => return Err(without_unit(kind, raw, units)),
        _ => return Err(kind.refuse(raw)),
    };
    let value = parse(text).map_err(|error| unit_refusal(kind, raw, &error))?;
    if min <= value && value <= max { Ok(value) } else { Err(kind.refuse(raw)) }
}

fn without_unit(kind: &Kind, raw: &Raw, units: &[&str]) -> Refusal {
    let number = raw.found();
    let examples: Vec<_> = units.iter().map(|unit| format!("\"{number} {unit}\"")).collect();
    let sensible = !number.starts_with('-') && !number.contains(['n', 'e']);
    Refusal {
        message: format!("expected {}, got {number} without a unit", kind.expected()),
        help: sensible.then(|| format!("write the unit: {}", super::or_list(&examples))),
    }
}

fn unit_refusal(kind: &Kind, raw: &Raw, error: &UnitError) -> Refusal {
    Refusal { help: Some(error.reason.clone()), ..kind.refuse(raw) }
}
