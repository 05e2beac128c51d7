//! A forecast as CSV or JSON.
//!
//! Numbers are the shortest decimals that read back to the same value, as in every table of this program. The names of
//! series are those of mechaFIL; `lastcopy explain forecast` gives their units.

use super::date;
use models::filecoin::forecast::{Forecast, SERIES};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// One row a day: its index, its date, and all series. Where a series has ended or has no value, the field is empty.
pub fn csv(forecast: &Forecast, start_day: u32) -> String {
    let columns: Vec<&[f64]> = SERIES.iter().map(|series| (series.values)(forecast)).collect();
    let mut out = String::with_capacity(forecast.days() * (columns.len() + 1) * 20);
    out.push_str("day,date");
    for series in SERIES {
        out.push(',');
        out.push_str(series.name);
    }
    out.push('\n');
    for day in 0..forecast.days() {
        let calendar = date::date(i64::from(start_day) + day as i64);
        write!(out, "{day},{calendar}").expect("a string takes all");
        for values in &columns {
            out.push(',');
            if let Some(value) = values.get(day).filter(|value| value.is_finite()) {
                // Minus zero is no other number than zero.
                write!(out, "{}", value + 0.0).expect("a string takes all");
            }
        }
        out.push('\n');
    }
    out
}

/// `{"series": {name: [daily]}}`. All lists have a value for each day, `null` where a series has ended or has no value.
pub fn json(forecast: &Forecast) -> String {
    let mut series = Map::new();
    for entry in SERIES {
        let values = (entry.values)(forecast).iter().map(|value| json!(value + 0.0));
        let padded = values.chain(std::iter::repeat(Value::Null)).take(forecast.days());
        series.insert(entry.name.into(), padded.collect());
    }
    let mut text = json!({ "series": series }).to_string();
    text.push('\n');
    text
}
