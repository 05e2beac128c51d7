//! Every key of a `[forecast]` table, declared once: reading, refusals, `lastcopy explain forecast` and the JSON Schema
//! are all taken from [`INPUTS`].

use crate::keys::kind::RealBounds;
use crate::keys::{Choice, Kind, Need};

/// Days of a forecast at most, and the last day on which one may start: a century.
pub const DAYS_MAX: u64 = 36_500;

/// One key.
#[derive(Debug)]
pub struct Input {
    /// Its name, that of mechaFIL.
    pub name: &'static str,
    /// What it takes.
    pub shape: Shape,
    /// Unit, empty for a pure number.
    pub unit: &'static str,
    /// Whether it has to be given.
    pub need: Need,
    /// What it does.
    pub doc: &'static str,
    /// Where its rule or its bounds come from.
    pub source: &'static str,
}

/// What a key takes.
#[derive(Debug)]
pub enum Shape {
    /// One value.
    One(Kind),
    /// A number for each day: one number, a list, or `{ constant, n }`.
    Daily(RealBounds),
    /// A date, in TOML's form or as text.
    Date,
}

impl Shape {
    /// What is allowed, as it follows "expected".
    pub fn expected(&self) -> String {
        match self {
            Shape::One(kind) => kind.expected(),
            Shape::Daily(bounds) => {
                format!(
                    "{}, a list of them, or {{ constant = ..., n = ... }}",
                    Kind::Real(*bounds).expected()
                )
            }
            Shape::Date => "a date from 2020-10-15 to 2120-09-21".into(),
        }
    }
}

/// The input called `name`.
pub fn find(name: &str) -> Option<&'static Input> {
    INPUTS.iter().find(|input| input.name == name)
}

const fn real(min: f64, max: f64) -> Kind {
    Kind::Real(RealBounds { min, open: false, max })
}

const fn above_zero(max: f64) -> Kind {
    Kind::Real(RealBounds { min: 0.0, open: true, max })
}

const fn daily(max: f64) -> Shape {
    Shape::Daily(RealBounds { min: 0.0, open: false, max })
}

/// FIL that there will ever be.
const FIL: Kind = real(0.0, 2e9);
/// [`models::filecoin::forecast::minting::MECHAFIL_BASELINE_EIB`] in digits.
const MECHAFIL_BASELINE: &str = "2.3993078682214937";
const SHARE: Shape = daily(1.0);
const LENGTH: Kind = Kind::Whole(1, DAYS_MAX);

static RELEASES: &[Choice] = &[
    Choice { name: "geometric", doc: "A day releases 1/180 of all that is locked, as mechaFIL has it." },
    Choice {
        name: "linear",
        doc: "A day releases 1/180 of each of the last 180 days' rewards, as the protocol has it; in the long run \
              half as much is locked.",
    },
];

macro_rules! inputs {
    ($($name:literal: $shape:expr, $unit:literal, $need:expr, $doc:expr, $source:expr;)*) => {
        &[$(Input { name: $name, shape: $shape, unit: $unit, need: $need, doc: $doc, source: $source }),*]
    };
}

/// All keys, in the order in which they are explained.
pub static INPUTS: &[Input] = inputs![
    "name": Shape::One(Kind::Text(100)), "", Need::Default("forecast"),
        "What messages call the forecast.", "this program";
    "start_date": Shape::Date, "", Need::Optional("the date of start_day"),
        "Date of the first row. One of start_date and start_day is enough; if both are given they have to agree.",
        "liftoff was 2020-10-15";
    "start_day": Shape::One(Kind::Whole(0, DAYS_MAX)), "days", Need::Optional("the day of start_date"),
        "Days from liftoff, 2020-10-15, to the first row.", "liftoff: epoch 148,888 of mainnet";
    "forecast_length": Shape::One(LENGTH), "days", Need::Required,
        "Rows of the forecast; the first is the start itself.", "bound: a century";
    "sector_duration_days": Shape::One(LENGTH), "days", Need::Required,
        "From a sector's sealing or renewal to its expiry, the same for all.", "FIP-0052 allows 1,278 days";
    "rb_power_zero_eib": Shape::One(above_zero(1e6)), "EiB", Need::Required,
        "Raw power at the start.", "bound: this program";
    "qa_power_zero_eib": Shape::One(above_zero(1e7)), "EiB", Need::Required,
        "Quality-adjusted power at the start.", "bound: this program";
    "rb_onboard_pib_per_day": daily(1e6), "PiB a day", Need::Required,
        "Raw power sealed anew in the step from this day to the next.", "bound: this program";
    "renewal_rate": SHARE, "", Need::Required,
        "Share of the expiring power that is renewed for another duration.", "a share";
    "fil_plus_rate": SHARE, "", Need::Required,
        "Share of the onboarded raw power that holds verified deals.", "a share";
    "lock_target": SHARE, "", Need::Required,
        "Share of the circulating supply that the consensus pledge aims to lock.", "built-in miner actor: 0.3";
    "fil_plus_multiplier": Shape::One(real(1.0, 1000.0)), "", Need::Required,
        "Quality of verified power.", "specification, \"Quality-Adjusted Power\": 10";
    "gamma": SHARE, "", Need::Required,
        "Weight of the baseline in the consensus pledge; the rest goes by the network's power alone.",
        "FIP-0081: from 1 to 0.7 in the year after nv24";
    "zero_cum_capped_power_eib_days": Shape::One(real(0.0, 1e12)), "EiB days", Need::Required,
        "Raw power capped at the baseline, summed over the days before the start: what baseline minting goes by.",
        "specification, \"Minting Model\"";
    "init_baseline_eib": Shape::One(above_zero(1e9)), "EiB", Need::Required,
        "Baseline at the start.", "specification, \"Minting Model\"";
    "baseline_at_liftoff_eib": Shape::One(above_zero(1e6)), "EiB", Need::Default(MECHAFIL_BASELINE),
        "Baseline at liftoff, from which the effective network time runs. The default is mechaFIL's, which takes the \
         chain's 2.766 EiB for 10^18 bytes: mainnet itself is 2.766213637444971.",
        "mechaFIL; built-in reward actor";
    "circ_supply_zero": Shape::One(FIL), "FIL", Need::Required,
        "Circulating supply at the start.", "bound: all FIL there will be";
    "locked_fil_zero": Shape::One(FIL), "FIL", Need::Required,
        "Pledge and block rewards locked at the start.", "bound: all FIL there will be";
    "locked_pledge_share": Shape::One(real(0.0, 1.0)), "", Need::Default("0.5"),
        "Share of locked_fil_zero that is pledge; the rest is block rewards.", "mechaFIL takes one half of each";
    "burnt_zero": Shape::One(FIL), "FIL", Need::Required,
        "Burnt before the start.", "bound: all FIL there will be";
    "daily_burnt_fil": Shape::One(FIL), "FIL a day", Need::Required,
        "Burnt on each day.", "bound: all FIL there will be";
    "start_vested_amt": Shape::One(FIL), "FIL", Need::Required,
        "Vested from genesis allocations before the start.", "lotus, chain/stmgr/supply.go";
    "known_expiry_days": Shape::One(LENGTH), "days", Need::Required,
        "Days over which power and pledge from before the start expire, evenly.", "assumption: mechaFIL reads the chain";
    "hist_qa_onboard_pib": Shape::One(real(0.0, 1e7)), "PiB", Need::Required,
        "Quality-adjusted power onboarded on the day of the start: the first value of qa_day_onboarded_power_pib, \
         on which nothing else depends.",
        "mechaFIL";
    "reward_release": Shape::One(Kind::Choice(RELEASES)), "", Need::Default("geometric"),
        "How locked block rewards come free.", "mechaFIL; FIP-0004";
];

#[cfg(test)]
mod tests {
    use super::*;
    use models::filecoin::forecast::minting::MECHAFIL_BASELINE_EIB;

    #[test]
    fn the_default_baseline_is_that_of_the_model_to_the_bit() {
        assert_eq!(MECHAFIL_BASELINE.parse::<f64>().map(f64::to_bits), Ok(MECHAFIL_BASELINE_EIB.to_bits()));
    }

    #[test]
    fn every_input_has_a_doc_a_source_and_a_default_that_its_own_kind_accepts() {
        for input in INPUTS {
            assert!(input.doc.ends_with('.') && !input.source.is_empty(), "{}", input.name);
            if let (Need::Default(text), Shape::One(kind)) = (input.need, &input.shape) {
                let _ = kind.default(text);
            }
            assert_eq!(INPUTS.iter().filter(|other| other.name == input.name).count(), 1, "{}", input.name);
        }
    }
}
