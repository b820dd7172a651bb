//! Representations of the rotations of space, in the conventions of e3nn 0.6.
//!
//! **Clebsch-Gordan** (Condon-Shortley), by Racah's formula with the factorials gathered into binomials:
//!
//! C(l1 m1 l2 m2 | l3 m3) = √( (2l3+1) ∏ (l_i+m_i)!(l_i−m_i)! / ((l1+l2+l3+1)! a! b! c!) )
//!     · Σ_k (−1)^k (a over k) (b over l1−m1−k) (c over l2+m2−k),
//! a = l1+l2−l3, b = l1−l2+l3, c = −l1+l2+l3, m3 = m1+m2.
//!
//! **Real basis**: Q_l (rows complex m, columns real), times (−i)^l:
//! m < 0: Q\[m, |m|\] = 1/√2, Q\[m, −|m|\] = −i/√2; Q\[0, 0\] = 1; m > 0: Q\[m, m\] = (−1)^m/√2, Q\[m, −m\] = i(−1)^m/√2.
//!
//! **3j**: W_jkn = Σ Q1\[·,j\] Q2\[·,k\] conj(Q3)\[·,n\] C / √(2l3+1): real, of Frobenius norm one, invariant.
//!
//! **D matrices**: D^0 = 1, D^1 = R in (x, y, z) and D^{l+1} = (2l+3) W (D^l ⊗ R) Wᵀ with W = W(l+1, l, 1) as a matrix of
//! (2l+3) × (2l+1)·3. The formula is polynomial in R, so it serves exact matrices, floats and derivatives alike.

use crate::exact::Exact;
use crate::linear::multiply;
use crate::scalar::Scalar;

/// The largest l. Beyond it, integers in Clebsch-Gordan coefficients may leave 128 bits.
pub const MAX_L: u32 = 20;

/// The Wigner 3j tensor in the real basis, of shape \[2l1+1, 2l2+1, 2l3+1\], row-major, components m = −l … l.
/// Zero where the triangle inequality fails.
pub fn wigner_3j(l1: u32, l2: u32, l3: u32) -> Vec<Exact> {
    let [n1, n2, n3] = [l1, l2, l3].map(|l| 2 * l as usize + 1);
    let mut w = vec![Exact::ZERO; n1 * n2 * n3];
    if l3 < l1.abs_diff(l2) || l3 > l1 + l2 || [l1, l2, l3].iter().any(|&l| l > MAX_L) {
        return w;
    }
    let [l1, l2, l3] = [l1, l2, l3].map(i64::from);
    // (−i)^l1 (−i)^l2 i^l3
    let phase = (3 * (l1 + l2) + l3).rem_euclid(4);
    let half = Exact::sqrt_ratio(1, 2);
    let [columns1, columns2, columns3] =
        [l1, l2, l3].map(|l| (-l..=l).map(|m| real_columns(m, half)).collect::<Vec<_>>());
    for m1 in -l1..=l1 {
        for m2 in -l2..=l2 {
            let m3 = m1 + m2;
            if m3.abs() > l3 {
                continue;
            }
            let c = normed_clebsch_gordan([l1, l2, l3], [m1, m2]);
            if c.is_zero() {
                continue;
            }
            for &(j, q1, p1) in &columns1[(l1 + m1) as usize] {
                for &(k, q2, p2) in &columns2[(l2 + m2) as usize] {
                    for &(n, q3, p3) in &columns3[(l3 + m3) as usize] {
                        // The power of i: q3 is conjugated.
                        let power = (phase + p1 + p2 - p3).rem_euclid(4);
                        let at = ((l1 + j) as usize * n2 + (l2 + k) as usize) * n3 + (l3 + n) as usize;
                        let term = c * q1 * q2 * q3;
                        match power {
                            0 => w[at] += term,
                            2 => w[at] += -term,
                            _ => {} // imaginary parts cancel
                        }
                    }
                }
            }
        }
    }
    for x in &mut w {
        if x.r == Some(0) {
            x.f = 0.0;
        }
    }
    w
}

/// The entries of row m of Q without its factor (−i)^l: (real index, modulus with sign, power of i). `h` is 1/√2.
fn real_columns(m: i64, h: Exact) -> Vec<(i64, Exact, i64)> {
    let alternating = if m % 2 == 0 { h } else { -h };
    match m.signum() {
        -1 => vec![(-m, h, 0), (m, h, 3)],
        0 => vec![(0, Exact::ONE, 0)],
        _ => vec![(m, alternating, 0), (-m, alternating, 1)],
    }
}

/// The SU(2) Clebsch-Gordan coefficient (l1 m1 l2 m2 | l3 m1+m2), Condon-Shortley, over √(2l3+1).
fn normed_clebsch_gordan(l: [i64; 3], m: [i64; 2]) -> Exact {
    let [l1, l2, l3] = l;
    let [m1, m2] = m;
    let m3 = m1 + m2;
    let (a, b, c) = (l1 + l2 - l3, l1 - l2 + l3, l2 + l3 - l1);
    let mut sum = 0i128;
    for k in 0..=a {
        let term = binomial(a, k) * binomial(b, l1 - m1 - k) * binomial(c, l2 + m2 - k);
        sum += if k % 2 == 0 { term } else { -term };
    }
    let up: Vec<u64> = [l1 + m1, l1 - m1, l2 + m2, l2 - m2, l3 + m3, l3 - m3]
        .iter()
        .map(|&x| x as u64)
        .collect();
    let down: Vec<u64> = [l1 + l2 + l3 + 1, a, b, c].iter().map(|&x| x as u64).collect();
    Exact::wide(sum) * Exact::sqrt_factorials(&up, &down)
}

fn binomial(n: i64, k: i64) -> i128 {
    if k < 0 || k > n {
        return 0;
    }
    (0..k.min(n - k)).fold(1i128, |b, i| b * i128::from(n - i) / i128::from(i + 1))
}

/// The sign of the determinant of a 3×3 matrix, as ±1.
pub(crate) fn det<S: Scalar>(m: &[S; 9]) -> f64 {
    let v: [f64; 9] = std::array::from_fn(|i| m[i].value());
    let d =
        v[0] * (v[4] * v[8] - v[5] * v[7]) - v[1] * (v[3] * v[8] - v[5] * v[6]) + v[2] * (v[3] * v[7] - v[4] * v[6]);
    d.signum()
}

/// The matrix of a rotation or rotary reflection R in the irrep (l, odd): D^l(R) for rotations, (−1)^odd·D^l(−R) for
/// det R = −1.
pub fn wigner_d<S: Scalar>(l: u32, odd: bool, matrix: &[S; 9]) -> Vec<S> {
    let improper = det(matrix) < 0.0;
    let r = if improper {
        matrix.clone().map(|x| x.minus())
    } else {
        matrix.clone()
    };
    let mut d = vec![S::one()];
    for step in 0..l {
        d = if step == 0 { r.to_vec() } else { raise(step, &d, &r) };
    }
    if improper && odd {
        d.iter().map(S::minus).collect()
    } else {
        d
    }
}

/// D^{l+1} = (2l+3) W (D^l ⊗ R) Wᵀ.
fn raise<S: Scalar>(l: u32, d: &[S], r: &[S]) -> Vec<S> {
    let (n, big) = (2 * l as usize + 1, 2 * l as usize + 3);
    let w = wigner_3j(l + 1, l, 1);
    // W (D ⊗ R), with W read as big × n × 3, one index at a time.
    let ws: Vec<S> = w.iter().map(|&x| S::constant(x)).collect();
    let first = multiply(&ws, r, big * n, 3, 3);
    let mut second = vec![S::zero(); big * n * 3];
    for i in 0..big {
        for j in 0..n {
            for k in 0..3 {
                let x = &first[(i * n + j) * 3 + k];
                if x.vanishes() {
                    continue;
                }
                for jj in 0..n {
                    let at = (i * n + jj) * 3 + k;
                    second[at] = second[at].plus(&x.times(&d[j * n + jj]));
                }
            }
        }
    }
    let scale = S::constant(Exact::int(big as i64));
    let wt = crate::linear::transpose(&ws, big, n * 3);
    multiply(&second, &wt, big, n * 3, big)
        .iter()
        .map(|x| scale.times(x))
        .collect()
}

/// The real spherical harmonics Y_0, …, Y_lmax at a vector, concatenated, `component` normalisation (|Y_l|² = 2l+1 on
/// the unit sphere); homogeneous polynomials of degree l in (x, y, z), polar axis y:
///
/// Y_0 = 1, Y_1 = √3 (x, y, z), Y_{l+1,i} = (2l+3)/√(l+1) Σ_jk W(l+1, l, 1)_ijk Y_{l,j} x_k.
pub fn spherical_harmonics<S: Scalar>(lmax: u32, x: &[S; 3]) -> Vec<S> {
    let mut all = vec![S::one()];
    let mut last = all.clone();
    for l in 0..lmax {
        let table = harmonics_step(l);
        let n = 2 * l as usize + 1;
        let mut next = vec![S::zero(); n + 2];
        for (at, &c) in table.iter().enumerate() {
            if !c.is_zero() {
                let (i, j, k) = (at / (3 * n), at / 3 % n, at % 3);
                next[i] = next[i].plus(&S::constant(c).times(&last[j]).times(&x[k]));
            }
        }
        all.extend(next.iter().cloned());
        last = next;
    }
    all
}

/// The constants of one step of the recursion, (2l+3)/√(l+1) · W(l+1, l, 1), of shape \[2l+3, 2l+1, 3\].
///
/// The same tensor gives the gradient: ∂Y_{l+1,i}/∂x_k = (l+1) Σ_j step_ijk Y_{l,j}.
pub fn harmonics_step(l: u32) -> Vec<Exact> {
    let scale = Exact::int(2 * i64::from(l) + 3) * Exact::sqrt_ratio(1, u64::from(l) + 1);
    wigner_3j(l + 1, l, 1).into_iter().map(|w| scale * w).collect()
}
