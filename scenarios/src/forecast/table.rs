//! A forecast as CSV or JSON.
//!
//! Numbers are the shortest decimals that read back to the same value, as in every table of this program. The names of
//! series are those of mechaFIL; `lastcopy explain forecast` gives their units.

use super::date;
use models::filecoin::forecast::{Forecast, SERIES};
use serde::{Serialize, Serializer};
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
    let document = Document { series: AllSeries(forecast) };
    let mut text = serde_json::to_string(&document).expect("names are text and numbers are numbers");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Document<'a> {
    series: AllSeries<'a>,
}

/// All series by name, written as they are: a tree of values in between would double the time.
struct AllSeries<'a>(&'a Forecast);

impl Serialize for AllSeries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(SERIES.iter().map(|series| {
            let column = Column { values: (series.values)(self.0), days: self.0.days() };
            (series.name, column)
        }))
    }
}

/// The values of a series, made as long as the forecast.
struct Column<'a> {
    values: &'a [f64],
    days: usize,
}

impl Serialize for Column<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let finite = self.values.iter().map(|value| value.is_finite().then_some(value + 0.0));
        serializer.collect_seq(finite.chain(std::iter::repeat(None)).take(self.days))
    }
}
