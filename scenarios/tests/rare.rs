//! `lastcopy rare` from outside: what it prints is fixed to the digit, does not depend on threads, and agrees with the
//! closed form that stands beside it; what it cannot do it refuses in words.

use expect_test::{Expect, expect};
use serde_json::Value;
use std::process::{Command, Output};

fn rare(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lastcopy"));
    command.arg("rare").args(args).output().expect("the program starts")
}

fn printed(args: &[&str]) -> String {
    let output = rare(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{args:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Little work: some ten thousand events.
const SMALL: [&str; 4] = ["--effort=300", "--repetitions=5", "--horizon=1 year", "--threads=1"];

#[test]
fn the_json_of_three_copies_is_as_it_was() {
    let found = printed(&[&SMALL[..], &["-n3", "--life=100 days", "--crews=single", "--json"]].concat());
    expect![[r#"
        [
          {
            "what": "odds of loss within the horizon",
            "unit": "",
            "value": 0.11429777777777779,
            "low": 0.09776796641131857,
            "high": 0.130827589144237,
            "closed_form": 0.12985730466328874,
            "stages": [
              {
                "trials": 1500,
                "hits": 1500,
                "events": 1500
              },
              {
                "trials": 1500,
                "hits": 1137,
                "events": 12846
              },
              {
                "trials": 1500,
                "hits": 227,
                "events": 16892
              }
            ],
            "events": 31238,
            "plain": {
              "paths": 300,
              "losses": 43,
              "events": 5262,
              "events_a_loss": 153.45880157094527,
              "events_for_the_same_error": 50095.359476096426
            }
          },
          {
            "what": "mean time to loss",
            "unit": "days",
            "value": 2429.1206116191283,
            "low": 1753.4438324681714,
            "high": 3104.7973907700853,
            "closed_form": 2516.666666666667,
            "stages": [
              {
                "trials": 1500,
                "hits": 1500,
                "events": 1500
              },
              {
                "trials": 1500,
                "hits": 243,
                "events": 1500
              },
              {
                "trials": 1500,
                "hits": 174,
                "events": 3302
              }
            ],
            "events": 6302,
            "plain": {
              "paths": 300,
              "losses": 6,
              "events": 708,
              "events_a_loss": 125.29495044832467,
              "events_for_the_same_error": 15739.504985248594
            }
          }
        ]
    "#]]
    .assert_eq(&found);
}

#[test]
fn the_text_for_lives_that_wear_out_has_no_closed_form_and_no_mean_time() {
    let found = printed(&[&SMALL[..], &["-n4", "-k2", "--life=100 days", "--life-shape=2"]].concat());
    expect![[r#"
        odds of loss within the horizon: 2.2553e-1 (95 %: 2.0087e-1 to 2.5019e-1)
          level to level: 1.000e0, 9.453e-1, 2.387e-1
          events, splitting: 3.249e4
          events, plain: 8.983e1 a loss, 4.486e4 for the same error (predicted; seen: 84 losses in 300 paths of 20.26 events)
    "#]].assert_eq(&found);
}

#[test]
fn nobody_who_comes_to_loss_is_said() {
    let few = ["--effort=2", "--repetitions=2", "--horizon=1 day", "-n8", "--crews=none"];
    expect![[r#"
        odds of loss within the horizon: 0.0000e0 (95 %: 0.0000e0 to 0.0000e0)
          no path came to loss, 1 pieces were missing at most: raise --effort
          closed form: 9.960083e-25 (-100.00 %)
          level to level: 2.500e-1, 0.000e0
          events, splitting: 1.000e0
          events, plain: unknown, as no loss was seen (seen: 0 losses in 2 paths of 0.00 events)
    "#]]
    .assert_eq(&printed(&few));
}

#[test]
fn threads_change_nothing_and_a_seed_does() {
    let args = ["-n3", "--effort=100", "--repetitions=6", "--json"];
    let with = |more: &[&str]| printed(&[&args[..], more].concat());
    assert_eq!(with(&["--threads=1"]), with(&["--threads=3"]));
    assert_ne!(with(&["--seed=1"]), with(&["--seed=2"]));
}

/// For every kind of repair the interval, thrice as wide, holds the closed form.
#[test]
fn the_interval_holds_the_closed_form() {
    for crews in ["parallel", "single", "check", "none"] {
        let args =
            ["-n4", "--life=50 days", "--repair=5 days", "--horizon=60 days", "--effort=500", "--json"];
        let text = printed(&[&args[..], &["--repetitions=20", "--crews", crews]].concat());
        let answers: Value = serde_json::from_str(&text).expect("JSON");
        let answers = answers.as_array().expect("a list");
        // A check looks at an object when the clock says so, and nobody mends nothing: no chain, no cycle.
        assert_eq!(answers.len(), if crews == "none" { 1 } else { 2 }, "{crews}");
        for answer in answers {
            let number = |key: &str| answer[key].as_f64().unwrap_or_else(|| panic!("{crews}: {key}"));
            let Some(exact) = answer["closed_form"].as_f64() else {
                assert_eq!((crews, &answer["what"]), ("check", &Value::from("mean time to loss")));
                continue;
            };
            let (value, half) = (number("value"), 0.5 * (number("high") - number("low")));
            assert!((value - exact).abs() < 3.0 * half, "{crews}: {value} +- {half}, exact {exact}");
            assert!(half < 0.3 * exact, "{crews}: {value} +- {half} says little");
        }
    }
}

/// Refused with exit code 2, nothing on stdout and this on stderr.
fn refused(args: &[&str], said: &Expect) {
    let output = rare(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    assert!(output.stdout.is_empty(), "{args:?}");
    said.assert_eq(&String::from_utf8(output.stderr).expect("UTF-8"));
}

#[test]
fn bad_input_is_refused_in_words() {
    refused(
        &["-n0"],
        &expect![[r#"
        lastcopy: pieces: expected a whole number from 1 to 1000, found 0
    "#]],
    );
    refused(
        &["--pieces=-3"],
        &expect![[r#"
        error: invalid value '-3' for '--pieces <N>': -3 is not in 0..=4294967295

        For more information, try '--help'.
    "#]],
    );
    refused(
        &["-n3", "-k4"],
        &expect![[r#"
        lastcopy: needed: expected a whole number from 1 to 3, found 4
    "#]],
    );
    refused(
        &["-n3", "--horizon=10"],
        &expect![[r#"
        error: invalid value '10' for '--horizon <TIME>': found "10", expected a span of time such as "30 days", "8 h" or "250 ms": the unit is missing

        For more information, try '--help'.
    "#]],
    );
    refused(
        &["-n3", "--horizon=0 days"],
        &expect![[r#"
        lastcopy: --horizon: expected a time above 0, found 0
    "#]],
    );
    refused(
        &["-n3", "--life=0 days"],
        &expect![[r#"
        lastcopy: exponential law: mean must be at least 1 ns, found 0 s
    "#]],
    );
    refused(
        &["-n3", "--life-shape=-1"],
        &expect![[r#"
        lastcopy: weibull law: shape must be from 0.1 to 100, found -1
    "#]],
    );
    refused(
        &["-n3", "--crews=sometimes"],
        &expect![[r#"
        error: invalid value 'sometimes' for '--crews <CREWS>'
          [possible values: parallel, single, check, none]

        For more information, try '--help'.
    "#]],
    );
    refused(
        &["-n3", "--repetitions=1"],
        &expect![[r#"
        error: invalid value '1' for '--repetitions <N>': 1 is not in 2..=100000

        For more information, try '--help'.
    "#]],
    );
    refused(
        &[],
        &expect![[r#"
        error: the following required arguments were not provided:
          --pieces <N>

        Usage: lastcopy rare --pieces <N>

        For more information, try '--help'.
    "#]],
    );
}
