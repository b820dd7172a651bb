//! The classical families: bases of their Lie algebras, elements of their components, invariant forms.

use super::Family;
use crate::element::{Elem, Element};
use crate::exact::Exact;
use crate::linear::{identity, multiply, transpose};

/// A sparse integer matrix of size n.
fn matrix(n: usize, entries: &[(usize, usize, i64)]) -> Vec<Exact> {
    let mut m = vec![Exact::ZERO; n * n];
    for &(i, j, x) in entries {
        m[i * n + j] = Exact::int(x);
    }
    m
}

/// A complex matrix of size n, entries (row, column, re, im), as a real one of size 2n.
fn complex(n: usize, entries: &[(usize, usize, i64, i64)]) -> Vec<Exact> {
    let real: Vec<(usize, usize, i64)> = entries
        .iter()
        .flat_map(|&(i, j, re, im)| {
            let (i, j) = (2 * i, 2 * j);
            [(i, j, re), (i + 1, j + 1, re), (i, j + 1, -im), (i + 1, j, im)]
        })
        .collect();
    matrix(2 * n, &real)
}

/// A basis of the Lie algebra:
///
/// - so(p, q), for i < j: e_j E_ij-type rotations −E_ij + E_ji of two axes of one sign, boosts E_ij + E_ji of two axes of different signs;
/// - u(n): E_ij − E_ji and i(E_ij + E_ji) for i < j, then iE_kk; su(n): the same with i(E_kk − E_{k+1,k+1});
/// - sp(n): \[\[a, b\], \[c, −aᵀ\]\] with b, c symmetric;
/// - sl(n): E_ij for i ≠ j, then E_kk − E_{k+1,k+1}.
pub(super) fn algebra(family: Family) -> Vec<Vec<Exact>> {
    let pairs = |n: usize| (0..n).flat_map(move |i| (i + 1..n).map(move |j| (i, j)));
    match family {
        Family::SO(p, q) | Family::O(p, q) => {
            let n = (p + q) as usize;
            let same = |i: usize, j: usize| (i < p as usize) == (j < p as usize);
            pairs(n)
                .map(|(i, j)| matrix(n, &[(i, j, if same(i, j) { -1 } else { 1 }), (j, i, 1)]))
                .collect()
        }
        Family::U(n) | Family::SU(n) => {
            let n = n as usize;
            let mut basis = vec![];
            for (i, j) in pairs(n) {
                basis.push(complex(n, &[(i, j, 1, 0), (j, i, -1, 0)]));
                basis.push(complex(n, &[(i, j, 0, 1), (j, i, 0, 1)]));
            }
            if matches!(family, Family::U(_)) {
                basis.extend((0..n).map(|k| complex(n, &[(k, k, 0, 1)])));
            } else {
                basis.extend((1..n).map(|k| complex(n, &[(k - 1, k - 1, 0, 1), (k, k, 0, -1)])));
            }
            basis
        }
        Family::Sp(n) => {
            let (n, m) = (n as usize, n as usize / 2);
            let mut basis = vec![];
            for i in 0..m {
                for j in 0..m {
                    basis.push(matrix(n, &[(i, j, 1), (m + j, m + i, -1)]));
                }
            }
            for i in 0..m {
                for j in i..m {
                    basis.push(matrix(n, &[(i, m + j, 1), (j, m + i, 1)]));
                    basis.push(matrix(n, &[(m + i, j, 1), (m + j, i, 1)]));
                }
            }
            basis
        }
        Family::SL(n) => {
            let n = n as usize;
            let off = (0..n * n).filter(|at| at / n != at % n);
            let mut basis: Vec<Vec<Exact>> = off.map(|at| matrix(n, &[(at / n, at % n, 1)])).collect();
            basis.extend((1..n).map(|k| matrix(n, &[(k - 1, k - 1, 1), (k, k, -1)])));
            basis
        }
        Family::Given => vec![],
    }
}

/// Elements that together with the identity component generate the group, with their inverses: reflections of the first axis, and of
/// the last where its sign is another; for SO(p, q) both at once.
pub(super) fn discrete(family: Family) -> Vec<(Vec<Exact>, Vec<Exact>)> {
    let reflect = |n: u32, axes: &[u32]| {
        let m = (0..n).map(|k| (k as usize, k as usize, if axes.contains(&k) { -1 } else { 1 }));
        let m = matrix(n as usize, &m.collect::<Vec<_>>());
        (m.clone(), m)
    };
    match family {
        Family::SO(p, q) if p > 0 && q > 0 => vec![reflect(p + q, &[0, p + q - 1])],
        Family::O(p, q) if p > 0 && q > 0 => vec![reflect(p + q, &[0]), reflect(p + q, &[p + q - 1])],
        Family::O(p, q) => vec![reflect(p + q, &[0])],
        _ => vec![],
    }
}

/// The signs of the invariant form Σ ±x_k².
pub(super) fn form(family: Family) -> Option<Vec<i8>> {
    match family {
        // Definite forms are positive.
        Family::SO(0, n) | Family::O(0, n) => Some(vec![1; n as usize]),
        Family::SO(p, q) | Family::O(p, q) => Some((0..p + q).map(|k| if k < p { 1 } else { -1 }).collect()),
        Family::U(n) | Family::SU(n) => Some(vec![1; 2 * n as usize]),
        Family::Sp(_) | Family::SL(_) | Family::Given => None,
    }
}

/// Signs s with Aᵀ S + S A = 0 and gᵀ S g = S for S = diag(s), the first of them +1, tried for all positive, and for one change
/// of sign along the axes.
pub(super) fn diagonal_form(
    n: usize,
    algebra: &[Vec<Exact>],
    discrete: &[(Vec<Exact>, Vec<Exact>)],
) -> Option<Vec<i8>> {
    let zero = |x: &Exact| x.r.map_or(x.f.abs() < 1e-9, |r| r == 0);
    let kept = |signs: &[i8]| {
        let form: Vec<Exact> = (0..n * n)
            .map(|at| {
                if at / n == at % n {
                    Exact::int(i64::from(signs[at / n]))
                } else {
                    Exact::ZERO
                }
            })
            .collect();
        let transposed = |m: &[Exact]| multiply(&transpose(m, n, n), &form, n, n, n);
        let infinitesimal = |a: &Vec<Exact>| {
            let (left, right) = (transposed(a), multiply(&form, a, n, n, n));
            left.iter().zip(&right).all(|(x, y)| zero(&(*x + *y)))
        };
        let finite = |(g, _): &(Vec<Exact>, Vec<Exact>)| {
            let product = multiply(&transposed(g), g, n, n, n);
            product.iter().zip(&form).all(|(x, y)| zero(&(*x - *y)))
        };
        algebra.iter().all(infinitesimal) && discrete.iter().all(finite)
    };
    (1..=n)
        .rev()
        .map(|p| (0..n).map(|k| if k < p { 1 } else { -1 }).collect::<Vec<i8>>())
        .find(|signs| kept(signs))
}

/// The identity of size n and its inverse.
pub(super) fn one(n: usize) -> (Vec<Exact>, Vec<Exact>) {
    (identity(n), identity(n))
}

/// The matrix of Σ x_i y_{m+i} − x_{m+i} y_i.
pub(super) fn symplectic_form(n: usize) -> Vec<Exact> {
    let m = n / 2;
    let entries: Vec<(usize, usize, i64)> = (0..m).flat_map(|i| [(i, m + i, 1), (m + i, i, -1)]).collect();
    matrix(n, &entries)
}

/// The real and imaginary part of the determinant of a complex matrix, given as a real one of size n.
pub(super) fn complex_determinant(m: &[Exact], n: usize) -> Vec<Exact> {
    let k = n / 2;
    type C = (f64, f64);
    let times = |a: C, b: C| (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0);
    let over = |a: C, b: C| {
        let size = b.0 * b.0 + b.1 * b.1;
        times(a, (b.0 / size, -b.1 / size))
    };
    let mut rows: Vec<Vec<C>> = (0..k)
        .map(|i| {
            (0..k)
                .map(|j| (m[2 * i * n + 2 * j].f, m[(2 * i + 1) * n + 2 * j].f))
                .collect()
        })
        .collect();
    let size = |z: &C| z.0 * z.0 + z.1 * z.1;
    let mut product = (1.0, 0.0);
    for c in 0..k {
        let best = (c..k)
            .max_by(|&i, &j| size(&rows[i][c]).total_cmp(&size(&rows[j][c])))
            .unwrap_or(c);
        if best != c {
            rows.swap(c, best);
            product = (-product.0, -product.1);
        }
        product = times(product, rows[c][c]);
        let pivot = rows[c].clone();
        for row in &mut rows[c + 1..] {
            let factor = over(row[c], pivot[c]);
            for (x, y) in row.iter_mut().zip(&pivot) {
                let known = times(factor, *y);
                *x = (x.0 - known.0, x.1 - known.1);
            }
        }
    }
    [product.0, product.1].map(Exact::inexact).to_vec()
}

/// The element q²/|q|² of SU(2), q = w + ix + jy + kz, on the complex coordinates whose real parts are at `at` and `at + 2`:
/// w + ix + jy + kz is \[\[w + ix, −y + iz\], \[y + iz, w − ix\]\].
pub(super) fn quaternion(n: usize, at: usize, [w, x, y, z]: [i64; 4]) -> Element {
    let norm = w * w + x * x + y * y + z * z;
    let square = [w * w - x * x - y * y - z * z, 2 * w * x, 2 * w * y, 2 * w * z];
    let put = |[w, x, y, z]: [i64; 4]| {
        let mut m: Vec<Exact> = identity(n);
        let entries = [(0, 0, w, x), (0, 1, -y, z), (1, 0, y, z), (1, 1, w, -x)];
        for (i, j, re, im) in entries {
            let (i, j) = (at + 2 * i, at + 2 * j);
            for (r, c, v) in [(i, j, re), (i + 1, j + 1, re), (i, j + 1, -im), (i + 1, j, im)] {
                m[r * n + c] = Exact::ratio(v, norm);
            }
        }
        m
    };
    let [a, b, c, d] = square;
    Elem::Linear {
        n: n as u32,
        matrix: put(square),
        inverse: put([a, -b, -c, -d]),
    }
}
