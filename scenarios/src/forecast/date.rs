//! Days since liftoff and dates of the (proleptic) Gregorian calendar.

/// Days from 1970-01-01 to liftoff, 2020-10-15.
const LIFTOFF: i64 = 18_550;
/// Days in 400 years.
const ERA: i64 = 146_097;

/// The date of a day since liftoff, `YYYY-MM-DD`.
///
/// Years are counted from March, so that the leap day is a year's last day: Howard Hinnant, "chrono-Compatible Low-Level
/// Date Algorithms".
pub fn date(day: i64) -> String {
    // Day 0 of the first era is 0000-03-01.
    let days = day + LIFTOFF + 719_468;
    let (era, day_of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let leaps = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leaps) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day_of_month:02}")
}

/// Days since liftoff of a date `YYYY-MM-DD`; nothing if it is none.
pub fn day(text: &str) -> Option<i64> {
    let mut parts = text.split('-').map(|part| {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<i64>().ok().filter(|_| digits)
    });
    let (year, month, day_of_month) = (parts.next()??, parts.next()??, parts.next()??);
    if year > 9999 || !(1..=12).contains(&month) {
        return None;
    }
    let year_from_march = if month > 2 { year } else { year - 1 };
    let (era, year_of_era) = (year_from_march.div_euclid(400), year_from_march.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day_of_month - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let day = era * ERA + day_of_era - 719_468 - LIFTOFF;
    // A 30th of February is the 1st or 2nd of March, and no date.
    (date(day) == text).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_each_others_inverse_and_known_ones_are_right() {
        for (text, want) in [("2020-10-15", 0), ("2020-10-14", -1), ("2021-10-15", 365), ("2025-01-01", 1539)]
        {
            assert_eq!((day(text), date(want).as_str()), (Some(want), text));
        }
        for day_number in -10_000..60_000 {
            assert_eq!(day(&date(day_number)), Some(day_number));
        }
        // 2100 has no leap day.
        assert_eq!(day("2100-03-01").expect("a date") - day("2100-02-28").expect("a date"), 1);
        assert_eq!(day("2024-03-01").expect("a date") - day("2024-02-28").expect("a date"), 2);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "2025",
            "2025-02-30",
            "2025-13-01",
            "2025-1-1",
            "+025-01-01",
            "2025-01-01-",
            "2025-01-01T00:00:00",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
