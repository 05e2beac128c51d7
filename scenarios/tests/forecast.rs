//! `lastcopy forecast` from outside: the numbers of mechaFIL out of a file, what goes where, and what is refused how.
//!
//! `UPDATE_EXPECT=1 cargo test -p lastcopy --test forecast` renews the messages: read the difference.

use expect_test::expect;
use lastcopy::catalog::{FORECASTS, open_forecast};
use lastcopy::file::Text;
use lastcopy::forecast::keys::INPUTS;
use lastcopy::forecast::{docs, read, table};
use models::filecoin::forecast::{Daily, SERIES};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn lastcopy(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lastcopy"));
    command.args(args).current_dir(folder).stdin(Stdio::null()).output().expect("the program starts")
}

/// Stdout of a command that has to succeed.
fn stdout(folder: &Path, args: &[&str]) -> String {
    let output = lastcopy(folder, args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{args:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn vectors() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tests/vectors/mechafil.json");
    serde_json::from_str(&fs::read_to_string(path).expect("the vectors")).expect("the vectors are JSON")
}

/// The inputs of the vectors' scenario as a forecast file.
fn file_of_vectors(vectors: &Value) -> String {
    let mut text = String::from("[forecast]\n");
    for (key, value) in vectors["scenarios"][0]["inputs"].as_object().expect("inputs by name") {
        let value = match value {
            Value::Object(constant) => {
                format!("{{ constant = {}, n = {} }}", constant["constant"], constant["n"])
            }
            other => other.to_string(),
        };
        text.push_str(&format!("{key} = {value}\n"));
    }
    text
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

/// What the program prints agrees with what the other program gave, on the days of `index`.
fn agrees(json: &str, index: &Value, expected: &Value, what: &str) {
    let ours: Value = serde_json::from_str(json).expect("JSON");
    for (name, values) in expected.as_object().expect("series by name") {
        if name == "change" || name == "at_index" {
            continue;
        }
        for (day, want) in index.as_array().expect("days").iter().zip(numbers(values)) {
            let day = usize::try_from(day.as_u64().expect("a day")).expect("a day");
            let got = ours["series"][name][day].as_f64().unwrap_or(f64::NAN);
            assert!(
                (got - want).abs() <= 1e-9 * want.abs().max(1.0),
                "{what}: {name}[{day}]: {got}, not {want}"
            );
        }
    }
}

#[test]
fn row_47_a_file_with_the_inputs_of_mechafil_gives_its_series_and_its_six_variants() {
    let vectors = vectors();
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("ten-years.toml"), file_of_vectors(&vectors)).expect("a file");
    let outputs = &vectors["scenarios"][0]["outputs_float64"];
    let json = stdout(folder.path(), &["forecast", "ten-years.toml", "--json"]);
    agrees(&json, &outputs["sample_day_index"], &outputs["series"], "constant");
    for variant in vectors["one_at_a_time_variants_of_constant"].as_array().expect("six") {
        let change = variant["change"].as_str().expect("a change");
        let (key, value) = change.split_once('=').expect("key=value");
        let key = match key {
            "onboard" => "rb_onboard_pib_per_day",
            "renewal" => "renewal_rate",
            "fil_plus" => "fil_plus_rate",
            other => other,
        };
        let set = format!("forecast.{key}={}", value.split(' ').next().expect("a number"));
        let json = stdout(folder.path(), &["forecast", "ten-years.toml", "--json", "--set", &set]);
        agrees(&json, &variant["at_index"], variant, change);
    }
}

#[test]
fn csv_and_json_say_the_same_numbers_day_by_day() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["forecast", "mainnet-like", "--set", "forecast.forecast_length=400"];
    let csv = stdout(folder.path(), &args);
    let json: Value =
        serde_json::from_str(&stdout(folder.path(), &[&args[..], &["--json"]].concat())).expect("JSON");
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let names: Vec<_> = SERIES.iter().map(|series| series.name).collect();
    assert_eq!(header, [&["day", "date"], &names[..]].concat());
    assert_eq!(json["series"].as_object().expect("series").keys().collect::<Vec<_>>(), names);
    let rows: Vec<_> = lines.collect();
    assert_eq!((rows.len(), rows[0][1], rows[399][1]), (400, "2025-02-06", "2026-03-12"));
    for (day, row) in rows.iter().enumerate() {
        assert_eq!((row.len(), row[0]), (header.len(), day.to_string().as_str()));
        for (name, field) in header.iter().zip(row).skip(2) {
            let value = &json["series"][name][day];
            // The return over a year ends 364 days before the rest.
            assert_eq!(field.is_empty(), *name == "1y_sector_roi" && day > 35, "{name} on day {day}");
            match field.parse::<f64>() {
                Ok(number) => assert_eq!(number.to_bits(), value.as_f64().expect("a number").to_bits()),
                Err(_) => assert!(value.is_null(), "{name} on day {day}"),
            }
        }
    }
}

#[test]
fn an_output_file_holds_the_csv_and_stdout_says_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = stdout(folder.path(), &["forecast", "mainnet-like"]);
    let said = stdout(folder.path(), &["forecast", "mainnet-like", "--out", "ten.csv"]);
    assert_eq!(said, "ten.csv: 3650 days of mainnet-like\n");
    assert_eq!(fs::read_to_string(folder.path().join("ten.csv")).expect("a file"), csv);
    let nowhere = lastcopy(folder.path(), &["forecast", "mainnet-like", "--out", "ten.csv/ten.csv"]);
    assert_eq!((nowhere.status.code(), nowhere.stdout.len()), (Some(73), 0));
}

#[test]
fn the_file_that_it_shows_is_a_file_that_it_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let shown = stdout(folder.path(), &["forecast", "mainnet-like", "--show"]);
    fs::write(folder.path().join("mine.toml"), shown).expect("a file");
    let of = |name| stdout(folder.path(), &["forecast", name]);
    assert_eq!(of("mine.toml"), of("mainnet-like"));
}

#[test]
fn every_forecast_of_the_catalogue_is_embedded_and_runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog/forecast");
    assert_eq!(fs::read_dir(folder).expect("the folder").count(), FORECASTS.len());
    for entry in FORECASTS {
        let plan = read(entry.text(), &[]).unwrap_or_else(|report| panic!("{}", report.plain()));
        assert_eq!(format!("forecast/{}", plan.name), entry.name);
        plan.run(&entry.text()).unwrap_or_else(|report| panic!("{}", report.plain()));
    }
}

/// The numbers that the catalogue's file is said to be made from come out of it.
#[test]
fn mainnet_like_starts_where_mainnet_was_in_february_2025() {
    let text = open_forecast("mainnet-like").expect("in the catalogue");
    let forecast = read(text.clone(), &[]).expect("good").run(&text).expect("runs");
    // FIP-0100: mined 365.93, vested 484.85 million FIL; a day's worth of either is within 0.2 million.
    assert!((forecast.cum_network_reward[0] - 365.93e6).abs() < 0.1e6, "{}", forecast.cum_network_reward[0]);
    assert!((forecast.total_vest[0] - 484.85e6).abs() < 0.2e6, "{}", forecast.total_vest[0]);
    // The given supply of the first day and the computed one of the second are one story.
    assert!((forecast.circ_supply[1] - forecast.circ_supply[0]).abs() < 1e6, "{}", forecast.circ_supply[1]);
}

#[test]
fn every_bit_is_the_same_in_every_profile_and_on_every_machine() {
    let text = open_forecast("mainnet-like").expect("in the catalogue");
    let forecast = read(text.clone(), &[]).expect("good").run(&text).expect("runs");
    let bits: Vec<_> =
        SERIES.iter().flat_map(|series| (series.values)(&forecast)).map(|x| x.to_le_bytes()).collect();
    expect!["3aeff7438be127a2d1038795dc06ad73f970f8a1679d8eff7594d7aa889d5c00"]
        .assert_eq(&sim_core::record::folder::sha256_hex(&[bits.as_flattened()]));
}

#[test]
fn the_three_ways_to_write_a_value_for_each_day_are_one() {
    let text = |value: &str| {
        let file = file_of_vectors(&vectors());
        let line = file.lines().find(|line| line.starts_with("gamma")).expect("a line").to_string();
        Text { shown: "file".into(), text: file.replace(&line, &format!("gamma = {value}")) }
    };
    let list = format!("[{}]", vec!["0.7"; 3650].join(", "));
    let run = |value: &str| {
        let plan = read(text(value), &[]).unwrap_or_else(|report| panic!("{}", report.plain()));
        table::csv(&plan.run(&text(value)).expect("runs"), plan.inputs.start_day)
    };
    let number = run("0.7");
    assert!(number == run(&list) && number == run("{ constant = 0.7, n = 3650 }"));
    assert!(number != run("0.8"));
    assert_eq!(read(text("1"), &[]).expect("good").inputs.gamma, Daily::Constant(1.0));
}

#[test]
fn the_start_is_a_date_or_a_number_of_days() {
    let text = |start: &str| Text {
        shown: "file".into(),
        text: FORECASTS[0].text().text.replace("start_date                     = 2025-02-06", start),
    };
    let plan = read(text("start_date = 2025-02-06"), &["forecast.start_day=7".into()]).expect("good");
    assert_eq!(plan.inputs.start_day, 7, "--set replaces either way to say it");
    for start in ["start_date = 2025-02-06", "start_date = \"2025-02-06\"", "start_day = 1575"] {
        assert_eq!(read(text(start), &[]).expect("good").inputs.start_day, 1575, "{start}");
    }
}

#[test]
fn every_input_moves_some_series() {
    // A key that nothing reads would be a lie; names and the two ways to say the start aside.
    let base = file_of_vectors(&vectors());
    let text = |lines: String| Text { shown: "file".into(), text: lines };
    let run = |sets: &[String]| {
        let plan = read(text(base.clone()), sets).unwrap_or_else(|report| panic!("{}", report.plain()));
        plan.run(&text(String::new())).expect("runs")
    };
    let before = run(&[]);
    for input in INPUTS {
        let set = match input.name {
            "name" | "start_date" | "start_day" => continue,
            "forecast_length" | "sector_duration_days" | "known_expiry_days" => "500",
            "reward_release" => "linear",
            "rb_onboard_pib_per_day" | "fil_plus_multiplier" | "rb_power_zero_eib" => "9.5",
            "renewal_rate" | "fil_plus_rate" | "lock_target" | "gamma" => "0.5",
            "locked_pledge_share" => "0.25",
            _ => "11",
        };
        assert!(before != run(&[format!("forecast.{}={set}", input.name)]), "nothing reads {}", input.name);
    }
}

#[test]
fn the_schema_and_explain_know_every_input_and_series() {
    let schema: Value = serde_json::from_str(&docs::schema()).expect("JSON");
    let properties = &schema["properties"]["forecast"]["properties"];
    assert_eq!(properties.as_object().expect("keys").len(), INPUTS.len());
    let overview = lastcopy::explain::explain("forecast").expect("known");
    for name in INPUTS.iter().map(|input| input.name).chain(SERIES.iter().map(|series| series.name)) {
        assert!(overview.contains(&format!("\n  {name} ")), "{name}");
        assert!(lastcopy::explain::explain(name).is_ok(), "{name}");
    }
    assert_eq!(
        lastcopy::explain::explain("circ_suply").unwrap_err(),
        "nothing is called \"circ_suply\"; did you mean circ_supply?"
    );
}

/// What is said of a file: that of the catalogue with some text replaced, and `--set` arguments.
fn said(changes: &[(&str, &str)], sets: &[&str]) -> String {
    let mut text = FORECASTS[0].text();
    text.shown = "bad.toml".into();
    for (from, to) in changes {
        assert!(text.text.contains(from), "{from}");
        text.text = text.text.replace(from, to);
    }
    let sets: Vec<_> = sets.iter().map(ToString::to_string).collect();
    match read(text.clone(), &sets).and_then(|plan| plan.run(&text)) {
        Ok(_) => "accepted\n".into(),
        Err(report) => report.plain(),
    }
}

#[test]
fn bad_values_are_refused_with_place_reason_and_help() {
    let all = said(
        &[
            ("name                           = \"mainnet-like\"", "name = 7"),
            ("= 2025-02-06", "= 2020-10-14"),
            ("= 3650 ", "= 3650.0 "),
            ("= 4.0 ", "= 0 "),
            ("= 21.0 ", "= nan "),
            ("= 3.5 ", "= [3.5, 3.5, -1] "),
            ("= 0.52 ", "= { constant = 1.2, n = 3650 } "),
            ("= 0.91 ", "= { constant = 0.9, m = 3650 } "),
            ("= 0.3\n", "= { constant = 0.3 }\n"),
            ("= 0.7 ", "= \"0.7\" "),
            ("circ_supply_zero ", "circ_suply_zero "),
            ("locked_fil_zero ", "flavour "),
            ("= 10000.0 ", "= [] "),
        ],
        &[],
    );
    expect![[r#"
        bad.toml:10:2: forecast.circ_supply_zero: missing, expected a number from 0 to 2000000000
        bad.toml:10:2: forecast.locked_fil_zero: missing, expected a number from 0 to 2000000000
        bad.toml:11:8: forecast.name: expected text of at most 100 characters, got 7
        bad.toml:12:34: forecast.start_date: expected a date from 2020-10-15 to 2120-09-21, got the date 2020-10-14
        bad.toml:13:34: forecast.forecast_length: expected a whole number from 1 to 36500, got 3650.0
        help: a count has no decimal point: write 3650
        bad.toml:17:34: forecast.rb_power_zero_eib: expected a number above 0, at most 1000000, got 0
        bad.toml:18:34: forecast.qa_power_zero_eib: expected a number above 0, at most 10000000, got nan
        bad.toml:23:45: forecast.rb_onboard_pib_per_day: item 3: expected a number from 0 to 1000000, got -1
        bad.toml:24:47: forecast.renewal_rate.constant: expected a number from 0 to 1, got 1.2
        bad.toml:25:52: forecast.fil_plus_rate.m: unknown key
        help: known here: constant, n
        bad.toml:34:34: forecast.lock_target.n: missing
        help: write { constant = 0.3, n = 3650 }, or the number alone
        bad.toml:35:34: forecast.gamma: expected a number from 0 to 1, a list of them, or { constant = ..., n = ... }, got "0.7"
        bad.toml:38:1: forecast.circ_suply_zero: unknown key
        help: did you mean circ_supply_zero?
        bad.toml:39:1: forecast.flavour: unknown key
        help: `lastcopy explain forecast` lists what there is
        bad.toml:41:34: forecast.daily_burnt_fil: expected a number from 0 to 2000000000, got an empty list
    "#]].assert_eq(&all);
}

#[test]
fn files_of_another_kind_are_refused_with_what_to_do() {
    let mut all = String::new();
    for text in [
        "schema = 1\nname = \"bad\"\nduration = \"30 days\"\n",
        "gamma = 1\n",
        "forecast = 3\n",
        "[forcast]\ngamma = 1\n",
        "schema = 2\n[forecast]\n",
        "[forecast]\ngamma = \n",
        "schema = 1\n",
    ] {
        let text = Text { shown: "bad.toml".into(), text: text.into() };
        let report = read(text, &[]).expect_err("refused");
        let first: Vec<_> = report.plain().lines().take(3).map(|line| format!("  {line}\n")).collect();
        all.push_str(&format!("{:?}\n{}", report.text.text, first.concat()));
    }
    expect![[r#"
        "schema = 1\nname = \"bad\"\nduration = \"30 days\"\n"
          bad.toml:2:1: name: unknown key
          help: name is a key of [forecast]
          bad.toml:3:1: duration: unknown key
        "gamma = 1\n"
          bad.toml:1:1: gamma: unknown key
          help: gamma is a key of [forecast]
        "forecast = 3\n"
          bad.toml:1:12: forecast: expected a table, got 3
        "[forcast]\ngamma = 1\n"
          bad.toml:1:2: forcast: unknown key
          help: did you mean forecast?
        "schema = 2\n[forecast]\n"
          bad.toml:1:10: schema: expected the whole number 1, got 2
          help: this scenario is for a newer lastcopy; this one, 0.1.0, reads schema 1
          bad.toml:2:2: forecast.forecast_length: missing, expected a whole number from 1 to 36500
        "[forecast]\ngamma = \n"
          bad.toml:2:9: no TOML: string values must be quoted, expected literal string
          help: strings stand in quotes, tables in [brackets], each key on a line of its own
        "schema = 1\n"
          bad.toml: has no [forecast] table
          help: `lastcopy forecast mainnet-like --show` prints a file to start from
    "#]]
    .assert_eq(&all);
}

#[test]
fn inputs_that_do_not_fit_together_are_refused() {
    let mut all = String::new();
    for sets in [
        &["forecast.gamma=[1, 0.9]", "forecast.renewal_rate={ constant = 0.5, n = 365 }"][..],
        &["forecast.renewal_rate=0", "forecast.rb_onboard_pib_per_day=0"],
    ] {
        all.push_str(&format!("{sets:?}\n  {}", said(&[], sets).trim_end().replace('\n', "\n  ") + "\n"));
    }
    let start = "start_date                     = 2025-02-06";
    all.push_str(&said(&[(start, "")], &[]));
    all.push_str(&said(&[(start, "start_date = 2025-02-06\nstart_day = 1600")], &[]));
    all.push_str(&said(&[("gamma  ", "gamma = 1\ngamma  ")], &[]));
    expect![[r#"
        ["forecast.gamma=[1, 0.9]", "forecast.renewal_rate={ constant = 0.5, n = 365 }"]
          --set: forecast.gamma: expected at least 3650 values, one for each day of forecast_length, got 2
          --set: forecast.renewal_rate: expected at least 3650 values, one for each day of forecast_length, got 365
        ["forecast.renewal_rate=0", "forecast.rb_onboard_pib_per_day=0"]
          bad.toml: forecast: less than one sector of 32 GiB is left of the network on day 540, so that reward and pledge a sector mean nothing
          help: raise renewal_rate or rb_onboard_pib_per_day, or end the forecast before
        bad.toml: forecast.start_day: missing, expected start_day or start_date
        bad.toml:13:13: forecast.start_day: is 1600, but start_date is day 1575
        help: give one of the two; the other follows
        bad.toml:36:1: "gamma" is given twice
        help: keep one of the two; TOML joins nothing by itself
    "#]].assert_eq(&all);
}

#[test]
fn overrides_are_refused_by_the_same_rules_and_replace_what_the_file_says() {
    let mut all = String::new();
    for set in [
        "forecast.gamma=2",
        "gamma=0.9",
        "forecast.gama=1",
        "forecast.gamma.constant=1",
        "population.readers.count=1",
        "schema=1",
        "novalue",
        "forecast.name=ten years",
        "forecast.start_date=2025-02-30",
    ] {
        all.push_str(&format!("{set}\n  {}", said(&[], &[set]).trim_end().replace('\n', "\n  ") + "\n"));
    }
    all.push_str(&said(&[("= 0.7 ", "= \"nonsense\" ")], &["forecast.gamma=0.7"]));
    expect![[r#"
        forecast.gamma=2
          --set: forecast.gamma: expected a number from 0 to 1, a list of them, or { constant = ..., n = ... }, got 2
        gamma=0.9
          accepted
        forecast.gama=1
          --set: forecast.gama: unknown key
          help: did you mean gamma?
        forecast.gamma.constant=1
          --set: forecast.gamma.constant: unknown key
          help: inputs have no keys below them; give the whole value
        population.readers.count=1
          --set: population.readers.count: unknown key
          help: inputs have no keys below them; give the whole value
        schema=1
          --set: forecast.schema: unknown key
          help: `lastcopy explain forecast` lists what there is
        novalue
          --set: expected KEY=VALUE, got "novalue"
          help: for example --set forecast.renewal_rate=0.8
        forecast.name=ten years
          accepted
        forecast.start_date=2025-02-30
          --set: forecast.start_date: expected a date from 2020-10-15 to 2120-09-21, got "2025-02-30"
        accepted
    "#]].assert_eq(&all);
}

#[test]
fn at_most_twenty_problems_are_shown_and_the_rest_is_counted() {
    let unknown: String = (0..30).map(|i| format!("\nunknown{i:02} = 1")).collect();
    let said = said(&[("\n[forecast]", &format!("\n[forecast]{unknown}"))], &[]);
    assert_eq!(said.matches(": unknown key\n").count(), 20, "{said}");
    assert!(said.ends_with("and 10 more\n"), "{said}");
}

#[test]
fn a_refused_file_exits_2_says_why_on_stderr_and_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("bad.toml"), "[forecast]\ngamma = 2\n").expect("a file");
    for args in [
        &["forecast", "bad.toml", "--out", "x.csv"][..],
        &["forecast", "missing.toml", "--out", "x.csv"],
        &["forecast", "mainnet-like", "--set", "forecast.gamma=2", "--json", "--out", "x.csv"],
        &["forecast", "mainnet-like", "--show", "--json"],
        &["forecast"],
    ] {
        let output = lastcopy(folder.path(), args);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.is_empty() && !said.contains("panicked"), "{said}");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "{args:?}");
    }
}
