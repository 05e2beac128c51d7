//! The values that the samplers of `rng_v1` draw, pinned to the bit.
//!
//! A change here moves results: it needs a new `draws::VERSION` and a line in the changelog.

use expect_test::expect;
use rand_core::Rng;
use sim_core::dist::{self, Law, Weighted, Zipf};
use sim_core::draws::{Domain, Draw, Draws, Entity};
use sim_core::time::SimSpan;
use sim_core::units::Prob;
use std::fmt::{Display, Write};

/// Six draws of one sampler, and the word that follows the sixth, which pins how many it used.
fn line<T: Display>(table: &mut String, name: &str, sample: impl Fn(&mut Draw) -> T) {
    let draws = Draws::new(2026, 0);
    let mut texts = Vec::new();
    let mut next = 0;
    for counter in 0..6 {
        let mut draw = draws.at(Domain::new("test/golden"), Entity::named(name), counter);
        texts.push(sample(&mut draw).to_string());
        next = draw.next_u64();
    }
    writeln!(table, "{name}: {} then {next:016x}", texts.join(" ")).unwrap();
}

fn list<T: Display>(items: &[T]) -> String {
    let texts: Vec<String> = items.iter().map(T::to_string).collect();
    format!("[{}]", texts.join(","))
}

#[test]
fn whole_numbers_and_choices_are_pinned() {
    let t = &mut String::new();
    line(t, "below 6", |draw| dist::below(draw, 6));
    line(t, "below 3 * 2^62", |draw| dist::below(draw, 3 << 62));
    line(t, "chance 1/3", |draw| dist::chance(draw, Prob::new(1, 3)));
    line(t, "geometric 1/3", |draw| dist::geometric(draw, Prob::new(1, 3)));
    line(t, "geometric 1/1000000", |draw| dist::geometric(draw, Prob::new(1, 1_000_000)));
    for mean in [0.0, 0.5, 9.9, 10.0, 123.4, 1e6, 1e15] {
        line(t, &format!("poisson {mean}"), |draw| dist::poisson(draw, mean));
    }
    for (n, exponent) in [(10, 0.0), (10, 1.0), (1_000_000, 0.8), (1_000_000_000, 1.2)] {
        line(t, &format!("zipf {n} {exponent}"), |draw| Zipf::new(n, exponent).sample(draw));
    }
    line(t, "shuffle", |draw| {
        let mut items = [0, 1, 2, 3, 4, 5, 6];
        dist::shuffle(draw, &mut items);
        list(&items)
    });
    line(t, "sample_indices", |draw| list(&dist::sample_indices(draw, 100, 4)));
    line(t, "weighted", |draw| Weighted::new(&[5, 0, 1, 10]).unwrap().choose(draw));
    expect![[r#"
        below 6: 4 1 3 2 1 3 then ee8010cadcd4bd6c
        below 3 * 2^62: 8069460052258526059 3475872077225033660 1364953240275374911 5165792189482491516 13626275195166865802 2012961861953528801 then fb19e110d4b7e704
        chance 1/3: false true false false false true then 755509854ba1b277
        geometric 1/3: 5 2 4 2 1 1 then e56e85fe4cec0887
        geometric 1/1000000: 458482 804797 596413 187619 1864224 1102874 then 041b132342572199
        poisson 0: 0 0 0 0 0 0 then 98150ade0279d354
        poisson 0.5: 0 0 1 0 0 0 then efe45aa160c293bc
        poisson 9.9: 15 8 10 8 15 11 then b45cdfad8c5fb09e
        poisson 10: 9 8 12 10 11 11 then 1afb432040f2dee1
        poisson 123.4: 104 125 122 125 116 144 then f9b5996e8617edb9
        poisson 1000000: 999786 999456 1001840 999586 1000130 999388 then 2c7207c212caf1e4
        poisson 1000000000000000: 999999983068871 1000000014680142 999999976612174 999999971224933 999999981705232 1000000021277558 then 6269f95676e23733
        zipf 10 0: 9 7 1 1 3 1 then ba889642f5504e55
        zipf 10 1: 6 8 4 8 8 1 then 94ca10e7a0ee7846
        zipf 1000000 0.8: 670315 1281 272307 97357 79996 132112 then e7a076e774c72389
        zipf 1000000000 1.2: 2 274 1 12 1 607 then 6be6d4957f135203
        shuffle: [2,4,1,3,0,6,5] [6,2,0,5,4,1,3] [2,6,4,1,5,0,3] [6,0,5,2,4,1,3] [2,4,3,5,1,0,6] [5,6,1,2,0,4,3] then 88860187eca584a2
        sample_indices: [0,9,76,82] [27,45,65,75] [11,48,99,56] [46,23,89,76] [36,66,63,60] [20,62,83,58] then 6cb459ac98fab17d
        weighted: 3 3 3 3 0 3 then c7e33bfab1f3979a
    "#]].assert_eq(t);
}

#[test]
fn numbers_are_pinned_to_the_bit() {
    let t = &mut String::new();
    let mut float = |name: &str, sample: &dyn Fn(&mut Draw) -> f64| {
        // The shortest text that reads back names one float only.
        line(t, name, |draw| format!("{:e}", sample(draw)));
    };
    float("unit", &|draw| dist::unit(draw));
    float("open_unit", &|draw| dist::open_unit(draw));
    float("exponential", &|draw| dist::exponential(draw, 1.0));
    float("weibull 0.6", &|draw| dist::weibull(draw, 0.6, 1.0));
    float("weibull_with_mean 3", &|draw| dist::weibull_with_mean(draw, 3.0, 1.0));
    float("lognormal 1.5", &|draw| dist::lognormal(draw, 1.5, 1.0));
    float("standard_normal", &|draw| dist::standard_normal(draw));
    float("normal", &|draw| dist::normal(draw, 100.0, 15.0));
    float("pareto 1.5", &|draw| dist::pareto(draw, 1.5, 1.0));
    float("gamma 0.3", &|draw| dist::gamma(draw, 0.3));
    float("gamma 4.5", &|draw| dist::gamma(draw, 4.5));
    expect![[r#"
        unit: 6.866973262739726e-1 1.5158919944558846e-1 1.7676626753425662e-1 1.3072396563985733e-1 8.750641104981749e-2 5.781850630590132e-1 then e14e71c115f91170
        open_unit: 7.662291931280082e-1 7.526599747404223e-1 7.187276449827174e-1 6.566748835055691e-1 2.8445946712193243e-1 4.3983644294373103e-1 then 9ead7015e3444ffe
        exponential: 4.792469862605039e-1 3.165034351223316e-1 6.229851318270747e-1 2.1163154823450062e-1 9.100191242528434e-1 2.3143469203911704e0 then 5b5234e01eaa4fe9
        weibull 0.6: 2.2276713993332053e-1 6.875243594357692e0 4.7749312585999945e-2 1.2393358774032126e0 1.5431904671552563e0 7.738771433256904e-1 then 7ea1b3b53e0c074a
        weibull_with_mean 3: 8.314281421371372e-1 1.516989941424753e0 1.5250482833179522e0 1.2027157678322107e0 4.881319695762351e-1 8.932817599228409e-1 then 0cce8338dac337b7
        lognormal 1.5: 7.917669869695048e-1 3.572867398168229e-2 7.744870064359657e-1 1.767850063065376e-1 1.7800543344770886e-1 3.368849086539308e-1 then dc536d4a18d598bc
        standard_normal: 4.1192590702627613e-1 -2.22701170276884e-2 -6.18220782926717e-1 -6.51277979050332e-1 1.815967419246173e0 -1.1301915677229226e0 then 99a540a12e5c53b5
        normal: 1.0731253837961633e2 1.0663465329252666e2 8.334399395820745e1 9.773975185127665e1 1.2364823351102586e2 1.1169080092186701e2 then 38627b2737e66c9f
        pareto 1.5: 8.175209921528747e0 2.4183958709135362e0 1.0515130885924162e0 1.218158772073433e0 1.0333658386901774e0 2.957652680706853e0 then d015c00b19688b93
        gamma 0.3: 2.740137651635101e-1 6.9836571136364396e-3 2.1343165150641027e-3 3.630266315753182e-5 2.888034495823484e-4 6.948880302577413e-2 then f2c84d9682af1049
        gamma 4.5: 2.365234704437591e0 1.19502136280633e0 2.651582805292665e0 5.842427722426757e0 4.98921889814613e0 4.38282786871217e0 then 22bba35cbae73444
    "#]].assert_eq(t);
}

#[test]
fn spans_and_residual_lives_are_pinned_to_the_nanosecond() {
    let t = &mut String::new();
    let mean = SimSpan::from_hours(8);
    for law in [
        Law::Constant { value: mean },
        Law::Uniform { low: SimSpan::from_hours(2), high: SimSpan::from_hours(14) },
        Law::Exponential { mean },
        Law::Weibull { shape: 0.6, mean },
        Law::LogNormal { sigma: 1.2, mean },
        Law::Pareto { shape: 1.5, mean },
    ] {
        line(t, law.name(), |draw| law.sample(draw).as_nanos());
        line(t, &format!("{} residual", law.name()), |draw| law.sample_residual(draw).as_nanos());
    }
    expect![[r#"
        constant: 28800000000000 28800000000000 28800000000000 28800000000000 28800000000000 28800000000000 then aa45d25552f351cc
        constant residual: 26131448680661 2490288928673 12688893721043 4598400925173 20260314517223 25529605375246 then b12f8c46f3858fe4
        uniform: 48863305464161 19322082302049 43547391461360 31355094964237 12642892813829 39672919812688 then eb1c376885ef9b5c
        uniform residual: 11955890561573 35586327730560 1313719616045 27002114658341 34091784660129 15805070546793 then df4a8cfe8d93ba6e
        exponential: 13802313204303 9115298931523 17941971796620 6094988589154 26208550778482 66653191307266 then 5b5234e01eaa4fe9
        exponential residual: 37907314832159 72395648101504 59830170780495 30717511327636 23325775434907 38488842909409 then 68283cdbd47dfa15
        weibull: 319058999778 1561021301483 269896343265 3344348121749 1604099039 1963675751891 then f06882bb72f6e5da
        weibull residual: 14913156090838 3050311555830 2276533470694 143556531601537 1577596669093 183625909414666 then 9ddaea46479c236f
        lognormal: 61689295065177 4607424140450 9331464894855 11334182571560 4531950626624 5227199020788 then a28ad044406d658f
        lognormal residual: 12575641140671 67436521168185 9591413020841 6045031568944 888949225197 37343777151869 then 6ba7df480f2d1524
        pareto: 11647564031267 18603176189049 11963312076360 59033380885640 19579770795574 18999651794232 then 5d906993ebf11e9e
        pareto residual: 9603608942175 11943467300514 7071022134041 13608557267983 1331748239147323 192375049985019 then dfa8d15fd8cdd3fc
    "#]].assert_eq(t);
}

/// The samplers need nothing of `Draw`: any generator of `rand_core` will do, behind a reference too.
#[test]
fn a_sampler_takes_any_generator() {
    let mut stream = sim_core::draws::workload_stream(Draws::new(2026, 0), Domain::new("test/any"));
    let erased: &mut dyn Rng = &mut stream;
    assert!(dist::below(erased, 10) < 10);
    assert!(Law::Exponential { mean: SimSpan::from_secs(1) }.sample(erased) > SimSpan::ZERO);
}
