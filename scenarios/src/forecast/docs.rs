//! Inputs and series in words, for `lastcopy explain`, the reference page and editors.

use super::keys::{INPUTS, Input, Shape};
use crate::keys::{Kind, Need};
use models::filecoin::forecast::{SERIES, Series};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// What a word means in forecasts: `forecast` itself, an input, with or without its table's name, or a series.
pub fn explain(word: &str) -> Vec<String> {
    if word == "forecast" {
        return vec![overview()];
    }
    let name = word.strip_prefix("forecast.").unwrap_or(word);
    let inputs = INPUTS.iter().filter(|input| input.name == name).map(input_text);
    let series = SERIES.iter().filter(|series| series.name == word).map(series_text);
    inputs.chain(series).collect()
}

/// Names that [`explain`] knows.
pub fn names() -> impl Iterator<Item = String> {
    let inputs = INPUTS.iter().map(|input| format!("forecast.{}", input.name));
    inputs.chain(SERIES.iter().map(|series| series.name.to_string())).chain(["forecast".into()])
}

fn overview() -> String {
    let mut text =
        String::from("[forecast]\nInputs of `lastcopy forecast FILE`, the macro model of Filecoin.\n");
    let width = INPUTS.iter().map(|input| input.name.len()).max().unwrap_or(0);
    for input in INPUTS {
        writeln!(text, "  {:<width$}  {}{}", input.name, input.doc, bracketed(input.unit))
            .expect("a string takes all");
    }
    text.push_str("Its series, one value a day:\n");
    for series in SERIES {
        writeln!(text, "  {:<width$}  {}{}", series.name, series.doc, bracketed(series.unit))
            .expect("a string takes all");
    }
    text
}

fn bracketed(unit: &str) -> String {
    if unit.is_empty() { String::new() } else { format!(" [{unit}]") }
}

fn input_text(input: &Input) -> String {
    let mut text = format!("forecast.{}\n{}{}\n", input.name, input.doc, bracketed(input.unit));
    for (name, value) in
        [("takes", input.shape.expected()), ("default", need_words(input)), ("source", input.source.into())]
    {
        writeln!(text, "{name:<9}{value}").expect("a string takes all");
    }
    if let Shape::One(Kind::Choice(choices)) = &input.shape {
        for choice in *choices {
            writeln!(text, "  {:<12} {}", choice.name, choice.doc).expect("a string takes all");
        }
    }
    text
}

fn series_text(series: &Series) -> String {
    format!("series of `lastcopy forecast`: {}{}\n{}\n", series.name, bracketed(series.unit), series.doc)
}

fn need_words(input: &Input) -> String {
    match input.need {
        Need::Default(text) => match &input.shape {
            Shape::One(kind) => kind.default(text).to_toml(),
            _ => text.into(),
        },
        Need::Optional(words) | Need::SameAs(words) => words.into(),
        Need::Required => "none, has to be given".into(),
    }
}

/// The chapter of the reference page.
pub fn reference() -> String {
    let mut page = String::from(
        "\n## Forecast files\n\nA file for `lastcopy forecast` has one table, `[forecast]`. A value for each day is a \
         number, a list of at least `forecast_length` numbers, or `{ constant = 0.3, n = 3650 }`.\n\n\
         | key | takes | unit | default | what it does | source |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for input in INPUTS {
        writeln!(
            page,
            "| `{}` | {} | {} | {} | {} | {} |",
            input.name,
            input.shape.expected(),
            input.unit,
            need_words(input),
            input.doc,
            input.source
        )
        .expect("a string takes all");
    }
    page.push_str("\n## Series of forecasts\n\n");
    for series in SERIES {
        writeln!(page, "- `{}`{}: {}", series.name, bracketed(series.unit), series.doc)
            .expect("a string takes all");
    }
    page
}

/// A JSON Schema of forecast files, for editors.
pub fn schema() -> String {
    let properties: Map<String, Value> =
        INPUTS.iter().map(|input| (input.name.into(), property(input))).collect();
    let required: Vec<&str> =
        INPUTS.iter().filter(|input| matches!(input.need, Need::Required)).map(|input| input.name).collect();
    let table = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "required": required,
        "anyOf": [{ "required": ["start_day"] }, { "required": ["start_date"] }],
    });
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A lastcopy forecast",
        "type": "object",
        "additionalProperties": false,
        "properties": { "schema": { "const": crate::keys::kind::SCHEMA }, "forecast": table },
        "required": ["forecast"],
    });
    format!("{}\n", serde_json::to_string_pretty(&schema).expect("string keys"))
}

fn property(input: &Input) -> Value {
    let mut schema = match &input.shape {
        Shape::One(Kind::Whole(min, max)) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::One(Kind::Real(bounds)) => number(bounds),
        Shape::One(Kind::Choice(choices)) => {
            json!({ "enum": choices.iter().map(|choice| choice.name).collect::<Vec<_>>() })
        }
        // Editors give a TOML date to the schema as text.
        Shape::One(_) | Shape::Date => json!({ "type": "string" }),
        Shape::Daily(bounds) => {
            let constant = json!({
                "type": "object",
                "additionalProperties": false,
                "properties": { "constant": number(bounds), "n": { "type": "integer", "minimum": 1 } },
                "required": ["constant", "n"],
            });
            json!({ "anyOf": [number(bounds), { "type": "array", "items": number(bounds), "minItems": 1 }, constant] })
        }
    };
    schema["description"] = json!(format!("{}{}", input.doc, bracketed(input.unit)));
    schema
}

fn number(bounds: &crate::keys::kind::RealBounds) -> Value {
    let low = if bounds.open { "exclusiveMinimum" } else { "minimum" };
    json!({ "type": "number", low: bounds.min, "maximum": bounds.max })
}
