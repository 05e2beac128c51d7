//! `lastcopy calc` from outside: published values, what is refused, and both forms of the answer.
//!
//! Expected values are those of the chain's own tests, as in `models/tests/filecoin_rows.rs`, taken from the sources
//! named there.

use serde_json::Value;
use std::process::{Command, Output, Stdio};

fn calc(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lastcopy"));
    command.arg("calc").args(args).stdin(Stdio::null()).output().expect("the program starts")
}

/// The JSON that a calculation prints.
fn json(args: &[&str]) -> Value {
    let output = calc(&[args, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn value(line: &str) -> String {
    let args: Vec<&str> = line.split_whitespace().collect();
    json(&args)["value"].as_str().unwrap_or_else(|| panic!("{line} gives a list")).to_owned()
}

/// What is said on stderr of a refusal, which exits 2 and prints nothing.
fn refusal(args: &[&str]) -> String {
    let output = calc(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    assert!(output.stdout.is_empty(), "{args:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

const STEADY: &str = "reward_position=50000000000000000000 reward_velocity=0 \
                      power_position=10000000000000000000 power_velocity=0";
const MOVING: &str = "reward_position=0 reward_velocity=0 power_position=1024 power_velocity=1024";
const FAULTY: &str = "reward_position=900719925474099200 reward_velocity=0 \
                      power_position=112589990684262400 power_velocity=0 qa_power=1125899906842624";

#[test]
fn every_formula_gives_the_published_value() {
    let pledge = |elapsed: i64, duration: i64| {
        format!(
            "initial-pledge qa_power=68719476736 baseline=137438953472 {MOVING} \
             circulating=1000000000000000000 ramp_elapsed={elapsed} ramp_duration={duration}"
        )
    };
    for (line, expected) in [
        ("simple-reward epoch=2555000".into(), "27387841182142501307"),
        (
            "baseline-reward theta0=1701411834604692317316873037158763279502223 \
             theta1=1701752116971613255780336411766161714380346"
                .into(),
            "84574788381047331439",
        ),
        ("baseline-power epoch=2880".into(), "2894380188828447322"),
        ("block-reward epoch_reward=36266264293777134739 wins=1".into(), "7253252858755426947"),
        (format!("expected-reward {STEADY} qa_power=34359738368 epochs=2880"), "494780232499200"),
        (pledge(-100, 100), "150000000000000001"),
        (pledge(10, 100), "154500000000000001"),
        (pledge(150, 100), "195000000000000001"),
        (format!("precommit-deposit {MOVING} qa_power=68719476736"), "1"),
        (format!("fault-fee {FAULTY}"), "91044770066921947136"),
        (format!("invalid-post-penalty {FAULTY}"), "162926237774230061056"),
        ("termination-fee pledge=185000000000000000 age=400320 fault_fee=0".into(), "15612678571428571"),
        ("daily-fee circulating=680000000000000000000000000 qa_power=34359738368".into(), "3780793052776"),
        ("sector-quality size=68719476736 duration=1000000 verified_weight=5242880000000".into(), "1049296"),
        ("qa-power size=68719476736 duration=1000000 verified_weight=5242880000000".into(), "68766662656"),
        (
            "deal-collateral piece=34359738368 raw_power=2305843009213693952 \
             baseline=115292150460684697600 circulating=700000000000000000000000000"
                .into(),
            "2086162567138671",
        ),
        (
            "win-probability lambda_num=5 lambda_den=1 count=1".into(),
            "111110883476153136200377836679680074066161208695792222091263916395092054329056",
        ),
        (
            "zero-commitment height=24".into(),
            "39560e7b13a93b07a243fd2720ffa7cb3e1d2e505ab3629e79f46313512cda06",
        ),
        ("base-fee base=801 premium=201".into(), "901"),
        ("base-fee-utilisation base=100000000 gas=15000000000 blocks=2".into(), "106250000"),
        ("quantise-up epoch=2000 unit=60 offset=1808".into(), "2048"),
        ("deal-cleanup deal=7 earliest=86408".into(), "172807"),
        ("paych-vouchers size=45 interval=10 increase=5".into(), "3"),
        ("pdp-proof-fee leaves=34359738368".into(), "230000000000000"),
        ("warm-rate size=1099511627776".into(), "29212962962962"),
        ("gate-target gate=7 --rules draft-fip-0118".into(), "3661123621050000000000000"),
        // FIP-0100: the parts of the supply of early 2025 in whole FIL.
        (
            "circulating-supply vested=484847134000000000000000000 mined=365928138000000000000000000 \
             reserve_disbursed=17066619000000000000000000 burnt=40327377000000000000000000 \
             pledged=140975297000000000000000000 market_locked=1"
                .into(),
            "686539217000000000000000000",
        ),
        // Six years after Liftoff all 599,822,557 FIL have unlocked.
        ("genesis-vested epoch=6456088".into(), "599822557000000000000000000"),
    ] {
        assert_eq!(value(&line), expected, "{line}");
    }
}

/// Rows 9 to 19 of the table of closed forms, whose figures were computed with 60 digits.
#[test]
fn formulas_of_durability_give_the_table_of_closed_forms() {
    let close = |found: &Value, table: f64, relative: f64, line: &str| {
        let found: f64 = found.as_str().expect("a number as text").parse().expect("a number");
        assert!((found / table - 1.0).abs() < relative, "{line}: {found}, expected {table}");
    };
    for (line, table, relative) in [
        ("mttdl-parallel n=5 k=1 life=1000days repair=10days", 2.107_310_7e10, 3e-8),
        ("mttdl-single n=5 k=1 life=1000days repair=10days", 885_665_616.3, 1e-9),
        ("mttdl-parallel n=30 k=10 life=200days repair=10days", 3.094_407_2e20, 2e-8),
        ("mttdl-parallel n=80 k=29 life=200days repair=864000", 1.518_130e47, 4e-7),
        ("mttdl-single n=80 k=29 life=200days repair=10days", 371.709_31, 2e-8),
        ("loss-parallel n=3 k=1 life=1000days repair=10days horizon=3650days", 0.001_056_85, 6e-3),
        ("too-few-left n=80 k=29 gone=0.5", 4.841_425e-3, 2e-7),
        ("availability up=2h down=6h", 0.25, 1e-15),
        ("retrievable n=10 k=4 online=0.5", 0.828_125, 1e-14),
    ] {
        let args: Vec<&str> = line.split_whitespace().collect();
        close(&json(&args)["value"], table, relative, line);
    }
    let check = json(&["periodic-check", "n=3", "k=1", "life=365days", "every=30days"]);
    close(&check["value"][0], 4.912_570e-4, 2e-7, "odds");
    close(&check["value"][1], 61_067.8, 1e-6, "mean life");
    let placed = json(&["placement", "copies=3", "regions=10"]);
    for (place, table) in [0.01, 0.72, 0.001].into_iter().enumerate() {
        close(&placed["value"][place], table, 1e-12, "placement");
    }
    for (args, said) in [
        (&["mttdl-single", "n=3", "k=4", "life=1days", "repair=1days"][..], "k: at most n, 3"),
        (
            &["mttdl-single", "n=3", "k=1", "life=0", "repair=1days"],
            "life: found \"0\", expected seconds, or a time",
        ),
        (&["too-few-left", "n=3", "k=1", "gone=1.5"], "gone: found \"1.5\", expected a number from 0 to 1"),
        (
            &["loss-single", "n=300", "k=1", "life=1days", "repair=1days", "horizon=1days"],
            "at most 200 more than k",
        ),
    ] {
        let error = refusal(args);
        assert!(error.contains(said), "{args:?} says {error}");
    }
}

#[test]
fn an_answer_of_several_values_is_a_list_of_decimal_strings() {
    let vesting = json(&["vesting", "amount=450000", "epoch=0", "period_start=1808"]);
    let entries = vesting["value"].as_array().expect("a list");
    assert_eq!(entries.len(), 180);
    assert_eq!(entries[0], serde_json::json!(["3248", "2819"]));
    assert_eq!(entries[179], serde_json::json!(["518768", "2181"]));
    let gas = json(&["over-estimation", "used=1000", "limit=1300"]);
    assert_eq!(gas["value"], serde_json::json!(["240", "60"]));
    let fault = json(&["consensus-fault", "reward=36266264293777134739"]);
    assert_eq!(fault["value"], serde_json::json!(["36266264293777134739", "1813313214688856736"]));
    let due = json(&["paych-thresholds", "size=50", "interval=10", "increase=5"]);
    assert_eq!(due["value"], serde_json::json!(["10", "25", "45", "50"]));
}

#[test]
fn inputs_with_units_are_the_integers_that_the_answer_repeats() {
    let plain = json(&["termination-fee", "pledge=1500000000000000000", "age=201600", "fault_fee=0"]);
    let united = json(&["termination-fee", "age=70 days", "pledge=1.5 FIL", "fault_fee=0 FIL"]);
    assert_eq!(plain, united);
    assert_eq!(
        plain,
        serde_json::json!({
            "name": "termination-fee",
            "inputs": { "pledge": "1500000000000000000", "age": "201600", "fault_fee": "0" },
            "value": "63750000000000000",
            "unit": "attoFIL",
        })
    );
    assert_eq!(
        value("daily-fee circulating=680000000FIL qa_power=32GiB"),
        value("daily-fee circulating=680000000000000000000000000 qa_power=34359738368")
    );
}

#[test]
fn people_are_told_the_unit_and_the_fil() {
    let output = calc(&["simple-reward", "epoch=0"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(text, "36266264293777134739 attoFIL (36.266264293777134739 FIL)\n");
}

#[test]
fn rules_of_another_network_version_can_be_asked_for() {
    let fee = |rules| value(&format!("daily-fee circulating=1FIL qa_power=32GiB --rules {rules}"));
    assert_eq!(fee("nv24"), "0");
    assert_ne!(fee("nv25"), "0");
    assert!(refusal(&["simple-reward", "epoch=0", "--rules", "nv3"]).contains("did you mean nv23?"));
}

#[test]
fn what_is_misspelt_or_missing_is_named_with_the_nearest_known() {
    for (args, said) in [
        (&["simple-rewrad", "epoch=0"][..], "did you mean simple-reward?"),
        (&["simple-reward", "epcoh=0"], "simple-reward has no parameter \"epcoh\"; did you mean epoch?"),
        (&["simple-reward"], "simple-reward needs epoch"),
        (&["simple-reward", "0"], "expected key=value"),
        (&["simple-reward", "epoch=0", "epoch=1"], "epoch is given twice"),
        (&["simple-reward", "epoch=1.5"], "expected a height of the chain"),
        (&["simple-reward", "epoch=-1"], "from 0 to 100000000"),
        (&["simple-reward", "epoch=999999999999999999999999999999999999999999"], "not so many digits"),
        (&["baseline-reward", "theta0=x", "theta1=0"], "a raw integer of Q.128: not an integer"),
        (&["zero-commitment", "height=64"], "a whole number from 0 to 63"),
        (&["qa-power", "size=32 GB", "duration=0", "verified_weight=0"], "duration: found \"0\""),
        (&["qa-power", "size=1", "duration=1", "verified_weight=2"], "at most size times duration, 1"),
        (&["termination-fee", "pledge=1 fil", "age=0", "fault_fee=0"], "unknown unit \"fil\"; write \"FIL\""),
        (&["win-probability", "lambda_num=51", "lambda_den=10", "count=0"], "a mean of at most 5"),
        (&["over-estimation", "used=2", "limit=1"], "more gas than was reserved"),
    ] {
        let error = refusal(args);
        assert!(error.contains(said), "{args:?} says {error}");
    }
}

/// The corners of what parameters take: an answer or a refusal in words, never a bug of the program.
#[test]
fn the_largest_inputs_are_answered_or_refused_in_words() {
    let listed: Value = json(&["--list"]);
    for formula in listed.as_array().expect("a list") {
        let name = formula["name"].as_str().expect("a name");
        for extreme in
            ["0", "1", "1000", "100000000", "1000000000000000000", "1000000000000000000000000000", "-1"]
        {
            let key = |param: &Value| format!("{}={extreme}", param["name"].as_str().expect("a name"));
            let inputs: Vec<String> = formula["params"].as_array().expect("a list").iter().map(key).collect();
            let args: Vec<&str> = std::iter::once(name).chain(inputs.iter().map(String::as_str)).collect();
            let code = calc(&args).status.code();
            assert!(matches!(code, Some(0 | 2)), "{args:?} exits {code:?}");
        }
    }
    for power in [
        "power_position=0 power_velocity=0",
        "power_position=1 power_velocity=-1",
        "power_position=1000000000000000000000000000 power_velocity=-1000000000000000000000000000",
    ] {
        let line = format!(
            "expected-reward reward_position=1000000000000000000000000000000 \
             reward_velocity=-1000000000000000000000000000000 {power} qa_power=1000000000000000000000000000 epochs=100000000"
        );
        let args: Vec<&str> = line.split_whitespace().collect();
        assert!(matches!(calc(&args).status.code(), Some(0 | 2)), "{line}");
    }
}

#[test]
fn the_list_has_every_formula_with_its_parameters_units_and_source() {
    let output = calc(&["--list"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let listed = json(&["--list"]);
    let formulas = listed.as_array().expect("a list");
    assert!(formulas.len() >= 20);
    for formula in formulas {
        for key in ["name", "doc", "source"] {
            let words = formula[key].as_str().expect("words");
            assert!(!words.is_empty() && text.contains(words), "{words}");
        }
        for param in formula["params"].as_array().expect("a list") {
            assert!(text.contains(param["doc"].as_str().expect("words")));
        }
    }
}

#[test]
fn a_protocol_parameter_is_explained_with_its_value_in_every_network_version() {
    let explain = |word: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lastcopy"));
        let output =
            command.args(["explain", word]).stdin(Stdio::null()).output().expect("the program starts");
        String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8")
    };
    let fee = explain("daily_fee_per_supply");
    for words in
        ["nv21     0\n", "nv25     161817/1000000000000000000000000000000\n", "FIP-0100", "unit     share"]
    {
        assert!(fee.contains(words), "{words:?} is not in {fee}");
    }
    let rules = explain("nv25");
    assert!(
        rules.contains("Teep (epoch 4878840, 2025-04-14)") && rules.contains("batch_balancer = 0 FIL"),
        "{rules}"
    );
    assert!(explain("vesting").starts_with("formula vesting [[epoch, attoFIL]]\n"));
    assert!(explain("dialy_fee_cap").contains("did you mean daily_fee_cap?"));
}
