//! The workloads give the answers that other engines give; `benches/peers` has those engines.

use benches::workloads::{Answer, NAMES, run};
use sim_core::time::SimTime;

fn answer(name: &str, n: u32, millis: u64) -> Answer {
    let end = SimTime::from_nanos(millis * 1_000_000);
    run(name, n, end, &mut || (), &mut || ()).expect("a workload of that name")
}

#[test]
fn the_workloads_give_the_known_answers() {
    // Without optimisation the larger ones would take half a minute.
    let most = if cfg!(debug_assertions) { 500_000 } else { u64::MAX };
    let known = [
        ("phold", 1_000, 10_000, 9_853, 0xb2ed_2e3b_e713_609c_u64),
        ("phold", 1_000, 1_000_000, 999_295, 0xef44_b1f5_9ac2_0c6b),
        ("phold", 100_000, 10_000, 990_637, 0x2cb6_0d3e_81d3_04dd),
        ("timers", 1_000, 10_000, 29_617, 0x285b_b63e_2bfc_5fc6),
        ("timers", 1_000, 200_000, 599_679, 0xedc2_d90e_30ab_ebdd),
        ("timers", 100_000, 4_000, 1_166_732, 0xc958_97f2_17e3_ab34),
        ("net", 1_000, 10_000, 417_815, 0xb5b2_0271_bb83_9318),
        ("net", 1_000, 12_000, 501_134, 0x3da9_d15f_7750_7850),
    ];
    for (name, n, millis, events, check) in known.into_iter().filter(|known| known.3 < most) {
        let found = answer(name, n, millis);
        assert_eq!((found.events, found.check), (events, check), "{name} with {n} for {millis} ms");
    }
}

#[test]
fn a_second_run_has_the_digest_of_the_first() {
    for name in NAMES {
        assert_eq!(answer(name, 100, 5_000), answer(name, 100, 5_000));
    }
}

#[test]
fn an_unknown_workload_is_none() {
    assert_eq!(run("flow", 10, SimTime::ZERO, &mut || (), &mut || ()), None);
}
