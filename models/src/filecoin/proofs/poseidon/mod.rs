//! Poseidon over the scalar field of BLS12-381, as Filecoin instantiates it.
//!
//! Arity a, width t = a + 1, S-box x^5, 8 full rounds (four before, four after the partial ones), 55 partial rounds for
//! arity 2 and 57 for 8 and 11. The state begins with the domain tag 2^a - 1 and the inputs; the digest is element 1
//! after the permutation. Sources: Grassi et al., ePrint 2019/458; neptune `src/poseidon.rs`, `src/hash_type.rs`.
//! Randomness of replica updates has a domain tag of its own. Left out: every other arity, sponge and domain tag, which
//! nothing of the modelled sectors uses.
//!
//! **Partial rounds.** Only element 0 passes the S-box there, so the other t - 1 elements u change linearly, and are
//! followed in a basis where a round costs 2t - 1 multiplications in place of t². With M = \[\[m, v], \[w, N]] and the
//! output y of the S-box, a round is
//!
//! ```text
//! s' = m y + v·u      u' = w y + N u
//! with u = N^i z + k_i:      s' = m y + (v N^i)·z + v·k_i      z' = z + (N^-(i+1) w) y      k_(i+1) = N k_i + N c_i
//! ```
//!
//! where the k_i gather the round constants of u ahead of time. After the last partial round one product with N^R leads
//! back. This is algebra, not an approximation: the digests are the plain permutation's, which a test below runs too.

mod grain;

use crate::filecoin::piece::node::Node;
use blstrs::Scalar;
use ff::Field;
use std::sync::LazyLock;
use thiserror::Error;

/// Full rounds before, and again after, the partial rounds.
const HALF_FULL: usize = 4;

/// Bytes that are no element of the field: the integer they spell, little-endian, is not below the modulus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not an element of the field: its value is not below the modulus")]
pub struct NotInField;

/// The instance of arity 2.
static PAIRS: LazyLock<Poseidon<3>> = LazyLock::new(|| Poseidon::new(55));

/// Reads a node as a field element.
pub(crate) fn element(node: &Node) -> Result<Scalar, NotInField> {
    Option::from(Scalar::from_bytes_le(&node.0)).ok_or(NotInField)
}

/// Writes a field element as a node.
pub(crate) fn to_node(element: &Scalar) -> Node {
    Node(element.to_bytes_le())
}

/// Hashes two nodes: CommR, and the columns of a sector with two layers.
///
/// # Errors
/// [`NotInField`] if one of them is not an element of the field.
pub fn poseidon2(inputs: &[Node; 2]) -> Result<Node, NotInField> {
    PAIRS.hash(inputs)
}

/// Hashes eight nodes: an inner node of trees C and R.
///
/// # Errors
/// [`NotInField`] if one of them is not an element of the field.
pub fn poseidon8(inputs: &[Node; 8]) -> Result<Node, NotInField> {
    static INSTANCE: LazyLock<Poseidon<9>> = LazyLock::new(|| Poseidon::new(57));
    INSTANCE.hash(inputs)
}

/// Hashes eleven nodes: the columns of a sector of 32 or 64 GiB, which has eleven layers.
///
/// # Errors
/// [`NotInField`] if one of them is not an element of the field.
pub fn poseidon11(inputs: &[Node; 11]) -> Result<Node, NotInField> {
    static INSTANCE: LazyLock<Poseidon<12>> = LazyLock::new(|| Poseidon::new(57));
    INSTANCE.hash(inputs)
}

/// Hashes two nodes with the domain tag of replica updates, 2^40 (neptune `hash_type.rs`, a custom type of identifier 1;
/// rust-fil-proofs `storage-proofs-update/src/constants.rs`).
///
/// # Errors
/// [`NotInField`] if one of them is not an element of the field.
pub fn randomness(inputs: &[Node; 2]) -> Result<Node, NotInField> {
    PAIRS.hash_tagged(1 << 40, inputs)
}

type Row<const T: usize> = [Scalar; T];

/// An instance of width T with everything that does not depend on the input.
struct Poseidon<const T: usize> {
    matrix: [Row<T>; T],
    /// Constants of the four full rounds before the partial ones.
    before: [Row<T>; HALF_FULL],
    partial: Vec<Partial<T>>,
    /// Rows of N^R; row and column 0 are unused.
    back: [Row<T>; T],
    /// Constants of the four full rounds after; the first ones include what the partial rounds left to be added.
    after: [Row<T>; HALF_FULL],
}

/// One partial round. Element 0 of both vectors belongs to element 0 of the state.
struct Partial<const T: usize> {
    /// Added to element 0 before the S-box.
    constant: Scalar,
    /// m, then v N^i.
    out: Row<T>,
    /// N^-(i+1) w; element 0 is unused.
    back: Row<T>,
}

impl<const T: usize> Poseidon<T> {
    fn new(partial_rounds: usize) -> Self {
        let constants = grain::round_constants(T, 2 * HALF_FULL, partial_rounds);
        let (rows, _) = constants.as_chunks::<T>();
        let (before, rest) = rows.split_at(HALF_FULL);
        let (middle, after) = rest.split_at(partial_rounds);
        let matrix = grain::matrix::<T>();
        let inverse = inverse_of_rest(&matrix);

        let mut partial = Vec::with_capacity(partial_rounds);
        let mut out = matrix[0];
        let mut back: Row<T> = std::array::from_fn(|i| matrix[i][0]);
        // k_i, with element 0 for what it adds to element 0 of the state.
        let mut gathered = [Scalar::ZERO; T];
        for row in middle {
            apply_rest(&inverse, &mut back);
            partial.push(Partial { constant: row[0] + gathered[0], out, back });
            let known: Row<T> =
                std::array::from_fn(|i| if i == 0 { Scalar::ZERO } else { row[i] + gathered[i] });
            gathered = multiply(&matrix, &known);
            // The matrix is symmetric, so v N is N v.
            apply_rest(&matrix, &mut out);
        }
        let mut after: [Row<T>; HALF_FULL] = std::array::from_fn(|round| after[round]);
        after[0].iter_mut().zip(gathered).for_each(|(constant, left)| *constant += left);
        Poseidon {
            matrix,
            before: std::array::from_fn(|round| before[round]),
            partial,
            back: power_of_rest(&matrix, partial_rounds),
            after,
        }
    }

    fn hash<const A: usize>(&self, inputs: &[Node; A]) -> Result<Node, NotInField> {
        self.hash_tagged((1 << A) - 1, inputs)
    }

    fn hash_tagged<const A: usize>(&self, tag: u64, inputs: &[Node; A]) -> Result<Node, NotInField> {
        const { assert!(A + 1 == T) };
        let mut state = [Scalar::from(tag); T];
        for (element_of_state, input) in state[1..].iter_mut().zip(inputs) {
            *element_of_state = element(input)?;
        }
        Ok(to_node(&self.permute(state)))
    }

    /// Element 1 of the permuted state.
    fn permute(&self, mut state: Row<T>) -> Scalar {
        for constants in &self.before {
            state = multiply(&self.matrix, &full_box(&state, constants));
        }
        for round in &self.partial {
            let y = fifth_power(state[0] + round.constant);
            state[0] = y;
            let next = dot(&round.out, &state);
            for (z, b) in state[1..].iter_mut().zip(&round.back[1..]) {
                *z += y * b;
            }
            state[0] = next;
        }
        apply_rest(&self.back, &mut state);
        for constants in &self.after[..HALF_FULL - 1] {
            state = multiply(&self.matrix, &full_box(&state, constants));
        }
        dot(&self.matrix[1], &full_box(&state, &self.after[HALF_FULL - 1]))
    }
}

fn fifth_power(x: Scalar) -> Scalar {
    x.square().square() * x
}

fn full_box<const T: usize>(state: &Row<T>, constants: &Row<T>) -> Row<T> {
    let mut boxed = *state;
    for i in 0..T {
        boxed[i] = fifth_power(state[i] + constants[i]);
    }
    boxed
}

fn dot<const T: usize>(a: &Row<T>, b: &Row<T>) -> Scalar {
    let mut sum = a[0] * b[0];
    for i in 1..T {
        sum += a[i] * b[i];
    }
    sum
}

fn multiply<const T: usize>(matrix: &[Row<T>; T], vector: &Row<T>) -> Row<T> {
    let mut product = *vector;
    for i in 0..T {
        product[i] = dot(&matrix[i], vector);
    }
    product
}

/// Multiplies all but element 0 by the matrix without its row and column 0.
fn apply_rest<const T: usize>(matrix: &[Row<T>; T], vector: &mut Row<T>) {
    let old = *vector;
    for (element, row) in vector[1..].iter_mut().zip(&matrix[1..]) {
        *element = row[1..].iter().zip(&old[1..]).map(|(a, b)| a * b).sum();
    }
}

/// N^exponent, where N is the matrix without row and column 0.
fn power_of_rest<const T: usize>(matrix: &[Row<T>; T], exponent: usize) -> [Row<T>; T] {
    let unit = |i: usize| std::array::from_fn(|j| if i == j { Scalar::ONE } else { Scalar::ZERO });
    // Columns of the power; N is symmetric and so are its powers.
    let mut columns: [Row<T>; T] = std::array::from_fn(unit);
    for column in &mut columns {
        (0..exponent).for_each(|_| apply_rest(matrix, column));
    }
    columns
}

/// The inverse of N by Gauss and Jordan.
fn inverse_of_rest<const T: usize>(matrix: &[Row<T>; T]) -> [Row<T>; T] {
    let (mut left, mut right) = (*matrix, power_of_rest(matrix, 0));
    for pivot in 1..T {
        let found = (pivot..T).find(|row| !bool::from(left[*row][pivot].is_zero()));
        let found = found.expect("a Cauchy matrix and its minors are regular");
        left.swap(pivot, found);
        right.swap(pivot, found);
        let scale = Option::<Scalar>::from(left[pivot][pivot].invert()).expect("it is not zero");
        for j in 1..T {
            left[pivot][j] *= scale;
            right[pivot][j] *= scale;
        }
        for row in (1..T).filter(|row| *row != pivot) {
            let factor = left[row][pivot];
            for j in 1..T {
                let (l, r) = (left[pivot][j] * factor, right[pivot][j] * factor);
                left[row][j] -= l;
                right[row][j] -= r;
            }
        }
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The permutation as it is defined, round by round.
    fn plain<const T: usize>(mut state: Row<T>, partial_rounds: usize) -> Scalar {
        let constants = grain::round_constants(T, 2 * HALF_FULL, partial_rounds);
        let matrix = grain::matrix::<T>();
        for (round, constants) in constants.chunks(T).enumerate() {
            state.iter_mut().zip(constants).for_each(|(element, constant)| *element += constant);
            let full = round < HALF_FULL || round >= HALF_FULL + partial_rounds;
            let boxed = if full { T } else { 1 };
            state[..boxed].iter_mut().for_each(|element| *element = fifth_power(*element));
            state = multiply(&matrix, &state);
        }
        state[1]
    }

    fn agrees<const T: usize>(partial_rounds: usize) {
        let fast = Poseidon::<T>::new(partial_rounds);
        for seed in 0..4u64 {
            let state: Row<T> =
                std::array::from_fn(|i| Scalar::from(seed * 1000 + i as u64).square() - Scalar::ONE);
            assert_eq!(fast.permute(state), plain(state, partial_rounds), "width {T}, seed {seed}");
        }
    }

    #[test]
    fn the_fast_form_is_the_plain_permutation() {
        agrees::<3>(55);
        agrees::<9>(57);
        agrees::<12>(57);
    }

    #[test]
    fn values_from_the_modulus_on_are_not_in_the_field() {
        let mut modulus_minus_one = to_node(&-Scalar::ONE);
        assert!(poseidon2(&[modulus_minus_one, Node::ZERO]).is_ok());
        modulus_minus_one.0[0] += 1;
        assert_eq!(poseidon2(&[modulus_minus_one, Node::ZERO]), Err(NotInField));
        assert_eq!(poseidon8(&[Node([0xff; 32]); 8]), Err(NotInField));
    }
}
