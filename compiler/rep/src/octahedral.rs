//! Irreducible representations of the cubic point groups T, Td, Th, O and Oh, from closed forms on R³.
//!
//! For a signed permutation matrix R of O: A1 = 1; A2 = sign of the permutation |R|; T1 = R; T2 = A2·R; E = the block of
//! D²(R) on its components m = 0, 2, that is on (y² − (x²+z²)/2, (√3/2)(z² − x²)). For Oh, `g` is the representation of
//! det(R)·R, `u` is det(R) times it. Those of Td are those of O at det(R)·R, so that T2 is R itself; T and Th have A, E, T,
//! the restrictions of A1, E, T1.

use crate::exact::Exact;
use crate::group::Group;
use crate::linear;
use crate::scalar::Scalar;
use crate::wigner;

/// A name, and the number of the representation of Oh that it is the restriction of.
type Entry = (&'static str, u32);

/// The irreducible representations of a cubic group, in the order of their numbers; of Oh all with `g`, then all with `u`.
pub(crate) fn list(group: &Group) -> &'static [Entry] {
    match group {
        Group::T => &[("A", 0), ("E", 2), ("T", 3)],
        Group::Th => &[("Ag", 0), ("Eg", 2), ("Tg", 3), ("Au", 5), ("Eu", 7), ("Tu", 8)],
        Group::Td | Group::O => &[("A1", 0), ("A2", 1), ("E", 2), ("T1", 3), ("T2", 4)],
        Group::Oh => &[
            ("A1g", 0),
            ("A2g", 1),
            ("Eg", 2),
            ("T1g", 3),
            ("T2g", 4),
            ("A1u", 5),
            ("A2u", 6),
            ("Eu", 7),
            ("T1u", 8),
            ("T2u", 9),
        ],
        _ => &[],
    }
}

/// The matrix of irrep `index` of Oh at a signed permutation matrix, row-major.
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
