//! What a forecast says: its series, each with the name it bears in files, unit and meaning.
//!
//! Names in files are those of mechaFIL, upper case and all, so that tables of the two can be laid side by side.

/// Daily series; index 0 is the day of the start.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// Raw power, EiB.
    pub rb_total_power_eib: Vec<f64>,
    /// Quality-adjusted power, EiB.
    pub qa_total_power_eib: Vec<f64>,
    /// Raw power that expires, PiB; index 0 is the step from day 0 to day 1.
    pub rb_sched_expire_power_pib: Vec<f64>,
    /// Quality-adjusted power onboarded, PiB.
    pub qa_day_onboarded_power_pib: Vec<f64>,
    /// Quality-adjusted power renewed, PiB.
    pub qa_day_renewed_power_pib: Vec<f64>,
    /// Baseline power, EiB.
    pub network_baseline_eib: Vec<f64>,
    /// Sum of raw power capped at the baseline, EiB days.
    pub cum_capped_power_eib_days: Vec<f64>,
    /// Effective network time, days.
    pub network_time_days: Vec<f64>,
    /// Minted by the calendar since liftoff, FIL.
    pub cum_simple_reward: Vec<f64>,
    /// Minted by power since liftoff, FIL.
    pub cum_baseline_reward: Vec<f64>,
    /// Minted since liftoff, FIL.
    pub cum_network_reward: Vec<f64>,
    /// Minted on the day, FIL.
    pub day_network_reward: Vec<f64>,
    /// Vested from genesis allocations, FIL.
    pub total_vest: Vec<f64>,
    /// Pledge locked on the day, FIL.
    pub day_locked_pledge: Vec<f64>,
    /// Pledge locked in all, FIL.
    pub network_locked_pledge: Vec<f64>,
    /// Block rewards locked in all, FIL.
    pub network_locked_reward: Vec<f64>,
    /// Pledge and rewards locked, FIL.
    pub network_locked: Vec<f64>,
    /// Burnt since genesis, FIL.
    pub network_gas_burn: Vec<f64>,
    /// Circulating supply, FIL.
    pub circ_supply: Vec<f64>,
    /// Pledge of 32 GiB of quality-adjusted power, FIL.
    pub day_pledge_per_qap: Vec<f64>,
    /// Reward of 32 GiB of quality-adjusted power, FIL a day.
    pub day_rewards_per_sector: Vec<f64>,
    /// Rewards of the first year over pledge; shorter than the rest, since it ends when no whole year is ahead.
    pub sector_roi_1y: Vec<f64>,
}

/// One series.
#[derive(Debug)]
pub struct Series {
    /// Name in files.
    pub name: &'static str,
    /// Unit; empty for a pure number.
    pub unit: &'static str,
    /// What it says, in a sentence.
    pub doc: &'static str,
    /// Its values.
    pub values: fn(&Forecast) -> &[f64],
}

impl Forecast {
    /// The values of the series called `name` in files.
    pub fn series(&self, name: &str) -> Option<&[f64]> {
        SERIES.iter().find(|series| series.name == name).map(|series| (series.values)(self))
    }

    /// Number of days.
    pub fn days(&self) -> usize {
        self.rb_total_power_eib.len()
    }
}

macro_rules! series {
    ($($name:literal = $field:ident [$unit:literal] $doc:expr;)*) => {
        &[$(Series { name: $name, unit: $unit, doc: $doc, values: |forecast| &forecast.$field }),*]
    };
}

/// All series, in the order of columns.
pub static SERIES: &[Series] = series![
    "rb_total_power_eib" = rb_total_power_eib ["EiB"] "Raw power of the network.";
    "qa_total_power_eib" = qa_total_power_eib ["EiB"]
        "Quality-adjusted power, at most fil_plus_multiplier times raw power.";
    "rb_sched_expire_power_pib" = rb_sched_expire_power_pib ["PiB"]
        "Raw power that expires in the step from this day to the next, renewed or not.";
    "qa_day_renewed_power_pib" = qa_day_renewed_power_pib ["PiB"]
        "Quality-adjusted power renewed in the step that led to this day.";
    "network_baseline_EIB" = network_baseline_eib ["EiB"] "Baseline power, which doubles every 365 days.";
    "cum_capped_power_EIB" = cum_capped_power_eib_days ["EiB days"]
        "Raw power capped at the baseline, summed over the days, this one included.";
    "network_time" = network_time_days ["days"] "Effective network time: what baseline minting goes by.";
    "cum_simple_reward" = cum_simple_reward ["FIL"] "Minted by the calendar since liftoff.";
    "cum_baseline_reward" = cum_baseline_reward ["FIL"] "Minted by power since liftoff.";
    "cum_network_reward" = cum_network_reward ["FIL"] "Minted since liftoff.";
    "day_network_reward" = day_network_reward ["FIL"] "Minted on the day; the first day repeats the second.";
    "total_vest" = total_vest ["FIL"] "Vested from genesis allocations by the end of the day.";
    "day_locked_pledge" = day_locked_pledge ["FIL"]
        "Pledge that the day's new and renewed sectors lock; the first day locks nothing.";
    "network_locked_pledge" = network_locked_pledge ["FIL"] "Initial pledge of all sectors.";
    "network_locked_reward" = network_locked_reward ["FIL"] "Block rewards that have not come free yet.";
    "network_locked" = network_locked ["FIL"] "Pledge and rewards that are locked, not below 0.";
    "network_gas_burn" = network_gas_burn ["FIL"] "Burnt since genesis.";
    "circ_supply" = circ_supply ["FIL"]
        "Circulating supply: reserve disbursed, minted and vested, less locked and burnt; not below 0.";
    "day_pledge_per_QAP" = day_pledge_per_qap ["FIL per 32 GiB"]
        "Initial pledge of a 32 GiB sector of quality 1; the first day repeats the second.";
    "day_rewards_per_sector" = day_rewards_per_sector ["FIL per 32 GiB and day"]
        "Block rewards of a 32 GiB sector of quality 1.";
    "qa_day_onboarded_power_pib" = qa_day_onboarded_power_pib ["PiB"]
        "Quality-adjusted power onboarded in the step that led to this day; the first day's is given.";
    "1y_sector_roi" = sector_roi_1y [""]
        "Block rewards of the coming 365 days over the pledge of this day; ends when no whole year is ahead.";
];
