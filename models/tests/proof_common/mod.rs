//! What the tests of pieces and proofs share: the vectors and the bytes they are made from.
#![allow(dead_code, reason = "each test file uses a part of it")]

use models::filecoin::piece::node::Node;
use serde_json::Value;

/// `vectors/proofs.json`; its header says where every value comes from (filecoin-proofs 19.1.0 and others).
pub(crate) fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors/proofs.json")).expect("the vectors are JSON")
}

/// Cases of one list of the vectors, whose number the header gives.
pub(crate) fn cases<'a>(vectors: &'a Value, list: &str) -> &'a [Value] {
    let cases = vectors[list].as_array().expect("a list of cases");
    assert_eq!(Some(cases.len() as u64), vectors["header"]["counts"][list].as_u64(), "{list}");
    cases
}

/// The first `size` bytes of the stream that the header of the vectors defines: one byte a step.
pub(crate) fn payload(seed: u64, size: usize) -> Vec<u8> {
    let byte = |i: u64| {
        let mut z = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as u8
    };
    (1..=size as u64).map(byte).collect()
}

/// The payload of a case or of a piece in it.
pub(crate) fn payload_of(case: &Value) -> Vec<u8> {
    payload(number(&case["seed"]), number(&case["len"]) as usize)
}

pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is not a number"))
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text"))
}

pub(crate) fn node(value: &Value) -> Node {
    text(value).parse().unwrap_or_else(|error| panic!("{value} {error}"))
}

pub(crate) fn numbers(value: &Value) -> Vec<u32> {
    value.as_array().expect("a list").iter().map(|value| number(value) as u32).collect()
}
