//! Irreducible representations of the octahedral groups O and Oh, restricted from closed forms on R³.
//!
//! For a signed permutation matrix R of O: A1 = 1; A2 = sign of the permutation |R|; T1 = R; T2 = A2·R; E = the block of
//! D²(R) on its components m = 0, 2, that is on (y² − (x²+z²)/2, (√3/2)(z² − x²)). For Oh, `g` is the representation of
//! det(R)·R, `u` is det(R) times it.

use crate::exact::Exact;
use crate::linear;
use crate::scalar::Scalar;
use crate::wigner;

/// The names, in the order of their numbers; Oh has all of them with `g`, then all with `u`.
pub const NAMES: [&str; 5] = ["A1", "A2", "E", "T1", "T2"];

/// The matrix of irrep `index` at a signed permutation matrix, row-major.
pub fn matrix<S: Scalar>(index: u32, axis: [u8; 3], sign: [i8; 3]) -> Vec<S> {
    let parity = crate::permutation::permutation_sign(&axis.map(u32::from));
    let det = parity * sign.iter().product::<i8>();
    let mut r = [Exact::ZERO; 9];
    for j in 0..3 {
        r[3 * usize::from(axis[j]) + j] = Exact::int(i64::from(sign[j] * det));
    }
    let scaled = |s: i8, m: &[Exact]| -> Vec<Exact> { m.iter().map(|&x| Exact::int(i64::from(s)) * x).collect() };
    let even = match index % 5 {
        0 => linear::identity(1),
        1 => scaled(parity, &[Exact::ONE]),
        2 => {
            let d = wigner::wigner_d(2, false, &r);
            [(2, 2), (2, 4), (4, 2), (4, 4)].map(|(i, j)| d[5 * i + j]).to_vec()
        }
        3 => r.to_vec(),
        _ => scaled(parity, &r),
    };
    scaled(if index >= 5 { det } else { 1 }, &even)
        .into_iter()
        .map(S::constant)
        .collect()
}
