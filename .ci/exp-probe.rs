//! Does a switch of the C library really change the bits of `f64::exp` and its like on this machine?
//!
//! Prints one number made of the bits of a million results. `.ci/determinism` compares what it prints with and
//! without the switch: if both are the same, a run under the switch would prove nothing.

use std::hint::black_box;

fn main() {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for i in 0..250_000_u32 {
        let x = black_box(f64::from(i) * 1e-4 + 1e-3);
        for y in [x.exp(), x.ln(), x.sin(), x.powf(1.7)] {
            sum = (sum ^ y.to_bits()).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    println!("{sum:016x}");
}
