//! Axes: a range, round ticks, and words with a unit.

use crate::math::{log10, pow10};
use crate::text::count;

/// One axis of a panel.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    /// Values with their labels, within the range.
    pub(super) ticks: Vec<(f64, String)>,
    /// What the axis shows, with the unit in brackets.
    pub(super) label: String,
}

/// How values of a unit are written on an axis: divided by `factor`, with another unit's name.
struct Display {
    factor: f64,
    unit: &'static str,
    /// Step sizes that suit the unit better than 1, 2, 5: hours go by 6, not by 5.
    steps: &'static [f64],
}

/// The least that an axis of shares spans: one percentage point.
const LEAST_SHARE: f64 = 0.01;
const SECOND: f64 = 1.0;
const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;
const YEAR: f64 = 365.0 * DAY;

impl Axis {
    /// A linear axis from `low` to `high`, both moved out to the next tick. `room` is its length in ticks
    /// that fit beside each other.
    pub(super) fn linear(low: f64, high: f64, label: &str, unit: &str, room: f64) -> Self {
        let display = display(unit, low.abs().max(high.abs()));
        let mut axis = Axis::exact(low, high, label, &display, unit);
        let step = axis.step(room, &display);
        let out = |value: f64, up: bool| {
            let steps = value / display.factor / step;
            // A hair beyond a tick is that tick: the division rounds.
            let near = (steps - steps.round()).abs() < 1e-9;
            let whole = if near {
                steps.round()
            } else if up {
                steps.ceil()
            } else {
                steps.floor()
            };
            whole * step * display.factor
        };
        (axis.low, axis.high) = (out(axis.low, false), out(axis.high, true));
        axis.ticks = axis.round_ticks(step, &display);
        axis
    }

    /// A linear axis whose ends stay where they are.
    pub(super) fn around(low: f64, high: f64, label: &str, unit: &str, room: f64) -> Self {
        let display = display(unit, low.abs().max(high.abs()));
        let mut axis = Axis::exact(low, high, label, &display, unit);
        axis.ticks = axis.round_ticks(axis.step(room, &display), &display);
        axis
    }

    /// An axis of virtual time from 0 to `seconds`, in the unit that suits the span.
    pub(super) fn time(seconds: f64, room: f64) -> Self {
        Axis::around(0.0, seconds, "virtual time", "s", room)
    }

    /// An axis of shares, in per cent, within 0 and 1. It spans at least [`LEAST_SHARE`], so that a
    /// difference that nobody would notice does not fill it.
    pub(super) fn share(low: f64, high: f64, label: &str, room: f64) -> Self {
        let (mut low, mut high) = (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0));
        if high - low < LEAST_SHARE {
            let around = (low + high - LEAST_SHARE) / 2.0;
            low = around.clamp(0.0, 1.0 - LEAST_SHARE);
            high = low + LEAST_SHARE;
        }
        Axis::linear(low, high, label, "share", room)
    }

    /// A logarithmic axis; both ends are positive and stay where they are.
    pub(super) fn logarithmic(low: f64, high: f64, label: &str, unit: &str) -> Self {
        let display = display(unit, high);
        let mut axis = Axis::exact(low, high, label, &display, unit);
        axis.log = true;
        (axis.low, axis.high) = (low, if high > low { high } else { low * 10.0 });
        let (first, last) = (log10(axis.low / display.factor), log10(axis.high / display.factor));
        let within: &[f64] = match last - first {
            decades if decades < 1.0 => &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0],
            decades if decades < 3.0 => &[1.0, 2.0, 5.0],
            _ => &[1.0],
        };
        let stride = ((last - first) / 8.0).ceil().max(1.0) as i32;
        for decade in (first.floor() as i32)..=(last.ceil() as i32) {
            if decade.rem_euclid(stride) != 0 {
                continue;
            }
            for digit in within {
                let value = digit * pow10(decade) * display.factor;
                if value >= axis.low && value <= axis.high {
                    let decimals = if digit.fract() != 0.0 { 1 - decade } else { -decade };
                    axis.ticks.push((value, written(value / display.factor, decimals)));
                }
            }
        }
        axis
    }

    /// An axis of places without a measure, such as names: 0, 1, 2, … with half a place free at the ends.
    pub(super) fn places(names: &[String], label: &str) -> Self {
        let ticks = names.iter().enumerate().map(|(i, name)| (i as f64, name.clone())).collect();
        Axis { low: -0.5, high: names.len() as f64 - 0.5, log: false, ticks, label: label.into() }
    }

    /// The same axis with its ticks at these values: where there are few, they say more than round numbers.
    pub(super) fn with_ticks_at(mut self, values: Vec<(f64, String)>) -> Self {
        self.ticks = values;
        self
    }

    /// Where a value lies, as a fraction of the axis.
    pub(super) fn position(&self, value: f64) -> f64 {
        if self.log {
            let low = log10(self.low);
            return (log10(value.max(self.low)) - low) / (log10(self.high) - low);
        }
        (value - self.low) / (self.high - self.low)
    }

    fn exact(low: f64, high: f64, label: &str, display: &Display, unit: &str) -> Self {
        // An axis has a length even if all values are equal: it starts or ends at zero then.
        let high = if high > low { high } else { low + low.abs().max(display.factor) };
        let shown = if display.unit.is_empty() { unit } else { display.unit };
        let label = if shown.is_empty() { label.to_owned() } else { format!("{label} [{shown}]") };
        Axis { low, high, log: false, ticks: Vec::new(), label }
    }

    /// The smallest round step with which the ticks have room, in displayed units.
    fn step(&self, room: f64, display: &Display) -> f64 {
        let least = (self.high - self.low) / display.factor / room.max(1.0);
        if let Some(&step) = display.steps.iter().find(|&&step| step >= least) {
            return step;
        }
        let decade = log10(least).floor() as i32;
        let candidates = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * pow10(decade));
        candidates.into_iter().find(|&step| step >= least * (1.0 - 1e-9)).unwrap_or(least)
    }

    fn round_ticks(&self, step: f64, display: &Display) -> Vec<(f64, String)> {
        let decimals = -(log10(step * (1.0 + 1e-9)).floor() as i32);
        // Steps such as 0.25 or 1.5 need a digit more than their size says.
        let digit = step * pow10(decimals);
        let decimals = if (digit - digit.round()).abs() > 1e-6 { decimals + 1 } else { decimals };
        let first = (self.low / display.factor / step - 1e-9).ceil() as i64;
        let last = (self.high / display.factor / step + 1e-9).floor() as i64;
        let tick = |i: i64| {
            let value = i as f64 * step;
            (value * display.factor, written(value, decimals))
        };
        (first..=last).map(tick).collect()
    }
}

/// A tick's label, with commas from ten thousand on.
fn written(value: f64, decimals: i32) -> String {
    if decimals <= 0 {
        let whole = value.abs().round() as u64;
        let sign = if value <= -0.5 { "−" } else { "" };
        let digits = if whole >= 10_000 { count(whole) } else { whole.to_string() };
        return format!("{sign}{digits}");
    }
    let text = format!("{:.*}", decimals as usize, value.abs());
    let sign = if value < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) { "−" } else { "" };
    format!("{sign}{text}")
}

/// How values up to `size` of a unit are shown.
fn display(unit: &str, size: f64) -> Display {
    let plain = |factor, unit| Display { factor, unit, steps: &[] };
    match unit {
        "share" => plain(0.01, "%"),
        "s" => time_display(size, 1.0),
        "ms" if size >= 10_000.0 => time_display(size / 1000.0, 1000.0),
        "B" => match size {
            b if b >= 1_099_511_627_776.0 => plain(1_099_511_627_776.0, "TiB"),
            b if b >= 1_073_741_824.0 => plain(1_073_741_824.0, "GiB"),
            b if b >= 1_048_576.0 => plain(1_048_576.0, "MiB"),
            b if b >= 1024.0 => plain(1024.0, "KiB"),
            _ => plain(1.0, ""),
        },
        "" => match size {
            n if n >= 1e10 => plain(1e9, "billions"),
            n if n >= 1e7 => plain(1e6, "millions"),
            n if n >= 1e5 => plain(1e3, "thousands"),
            _ => plain(1.0, ""),
        },
        _ => plain(1.0, ""),
    }
}

/// Seconds, minutes, hours, days or years by the span; `per_second` units of the data make a second.
fn time_display(seconds: f64, per_second: f64) -> Display {
    let (size, unit, steps): (f64, &'static str, &'static [f64]) = match seconds {
        s if s <= 3.0 * MINUTE => (SECOND, "s", &[]),
        s if s <= 3.0 * HOUR => (MINUTE, "min", &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0]),
        s if s <= 3.0 * DAY => (HOUR, "h", &[1.0, 2.0, 3.0, 6.0, 12.0, 24.0]),
        s if s <= 3.0 * YEAR => (DAY, "days", &[0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 90.0, 180.0]),
        _ => (YEAR, "years", &[]),
    };
    Display { factor: size * per_second, unit, steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn time_goes_by_the_unit_of_its_span() {
        let month = Axis::time(30.0 * 86_400.0, 8.0);
        assert_eq!(labels(&month), ["0", "5", "10", "15", "20", "25", "30"]);
        assert_eq!(month.label, "virtual time [days]");
        assert_eq!(labels(&Axis::time(86_400.0, 8.0)), ["0", "3", "6", "9", "12", "15", "18", "21", "24"]);
        assert_eq!(labels(&Axis::time(5400.0, 8.0)), ["0", "15", "30", "45", "60", "75", "90"]);
        assert_eq!(labels(&Axis::time(10.0, 6.0)), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(labels(&Axis::time(5.0 * 365.0 * 86_400.0, 6.0)), ["0", "1", "2", "3", "4", "5"]);
    }

    #[test]
    fn ranges_end_at_round_numbers() {
        let axis = Axis::linear(0.0, 37.0, "objects", "", 6.0);
        assert_eq!(labels(&axis), ["0", "10", "20", "30", "40"]);
        assert!((axis.position(20.0) - 0.5).abs() < 1e-12);
        assert_eq!(labels(&Axis::share(0.93, 1.0, "objects", 6.0)), ["92", "94", "96", "98", "100"]);
        assert_eq!(
            labels(&Axis::linear(-0.3, 0.3, "gap", "", 6.0)),
            ["−0.3", "−0.2", "−0.1", "0.0", "0.1", "0.2", "0.3"]
        );
        let bytes = Axis::linear(0.0, 3.0 * 1_073_741_824.0, "sent", "B", 4.0);
        assert_eq!((labels(&bytes), bytes.label.as_str()), (vec!["0", "1", "2", "3"], "sent [GiB]"));
    }

    #[test]
    fn an_axis_of_shares_spans_a_percentage_point_within_its_bounds() {
        let ends = |low, high| {
            let axis = Axis::share(low, high, "objects", 5.0);
            let labels = labels(&axis);
            (labels[0].to_owned(), labels[labels.len() - 1].to_owned())
        };
        let of = |low: &str, high: &str| (low.to_owned(), high.to_owned());
        assert_eq!(ends(0.999_989_175, 0.999_989_205), of("99.0", "100.0"));
        assert_eq!(ends(1.0, 1.0), of("99.0", "100.0"));
        assert_eq!(ends(0.0, 0.0), of("0.0", "1.0"));
        assert_eq!(ends(0.505, 0.505), of("50.0", "51.0"));
        assert_eq!(ends(-0.2, 1.3), of("0", "100"));
    }

    #[test]
    fn a_range_without_length_still_gives_an_axis() {
        let axis = Axis::linear(5.0, 5.0, "copies", "", 5.0);
        assert!(axis.position(5.0).is_finite() && axis.ticks.len() > 1, "{axis:?}");
        let axis = Axis::logarithmic(3.0, 3.0, "time", "ms");
        assert!(axis.position(3.0).is_finite() && !axis.ticks.is_empty(), "{axis:?}");
    }

    #[test]
    fn decades_are_ticks_of_a_logarithmic_axis() {
        let axis = Axis::logarithmic(0.5, 2_000.0, "time", "ms");
        assert_eq!(labels(&axis), ["1", "10", "100", "1000"]);
        assert!((axis.position(0.5) - 0.0).abs() < 1e-12);
        assert_eq!(labels(&Axis::logarithmic(0.02, 0.5, "time", "")), ["0.02", "0.05", "0.1", "0.2", "0.5"]);
    }
}
