//! Round constants and matrix of Filecoin's Poseidon, generated as its specification says.
//!
//! A Grain LFSR of 80 bits, seeded with the parameters of the instance, yields the round constants; the matrix is a
//! Cauchy matrix. Nothing is copied: the test vectors decide whether this is right. Sources: Grassi et al., "Poseidon",
//! ePrint 2019/458, appendix E; neptune `src/round_constants.rs`, `src/mds.rs`.

use blstrs::Scalar;
use ff::Field;

/// Bits of the field's modulus.
const FIELD_BITS: u64 = 255;

/// The generator of round constants.
struct Grain {
    /// Bit 0 of the register is the highest of the 80.
    register: u128,
}

impl Grain {
    fn new(width: usize, full_rounds: usize, partial_rounds: usize) -> Self {
        // Field kind 1 (prime) in 2 bits, S-box kind 1 (a power; neptune's choice) in 4, then sizes, then thirty ones.
        let fields = [
            (1, 2),
            (1, 4),
            (FIELD_BITS, 12),
            (width as u64, 12),
            (full_rounds as u64, 10),
            (partial_rounds as u64, 10),
            ((1 << 30) - 1, 30),
        ];
        let register = fields.iter().fold(0u128, |bits, (value, width)| bits << width | u128::from(*value));
        let mut grain = Grain { register };
        for _ in 0..160 {
            grain.step();
        }
        grain
    }

    fn step(&mut self) -> bool {
        let tap = |position: u32| self.register >> (79 - position) & 1;
        let new = tap(62) ^ tap(51) ^ tap(38) ^ tap(23) ^ tap(13) ^ tap(0);
        self.register = (self.register << 1 | new) & ((1 << 80) - 1);
        new == 1
    }

    /// The next bit that counts: of each pair the second, if the first is set.
    fn bit(&mut self) -> bool {
        loop {
            let (chosen, bit) = (self.step(), self.step());
            if chosen {
                return bit;
            }
        }
    }

    /// The next 255 bits, highest first, that are below the modulus.
    fn element(&mut self) -> Scalar {
        loop {
            let mut bytes = [0u8; 32];
            for position in (0..FIELD_BITS as usize).rev() {
                bytes[position / 8] |= u8::from(self.bit()) << (position % 8);
            }
            if let Some(element) = Option::from(Scalar::from_bytes_le(&bytes)) {
                return element;
            }
        }
    }
}

/// The constants of all rounds in order, `width` for each.
pub(super) fn round_constants(width: usize, full_rounds: usize, partial_rounds: usize) -> Vec<Scalar> {
    let mut grain = Grain::new(width, full_rounds, partial_rounds);
    (0..width * (full_rounds + partial_rounds)).map(|_| grain.element()).collect()
}

/// The Cauchy matrix M\[i]\[j] = 1 / (i + j + width), which is symmetric.
pub(super) fn matrix<const T: usize>() -> [[Scalar; T]; T] {
    let entry = |i: usize, j: usize| {
        let sum = Scalar::from((i + j + T) as u64);
        Option::from(sum.invert()).expect("small numbers are not multiples of the modulus")
    };
    std::array::from_fn(|i| std::array::from_fn(|j| entry(i, j)))
}
