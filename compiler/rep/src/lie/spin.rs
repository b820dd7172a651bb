//! SU(2): spin j = 0, 1/2, 1, …, as powers of the defining representation.
//!
//! On C² an element is g = \[\[α, −β̄\], \[β, ᾱ\]\]; on real coordinates (Re z₁, Im z₁, Re z₂, Im z₂) its first column is
//! (Re α, Im α, Re β, Im β).
//!
//! **Integer j** factors through the rotation R(g) with g (x·σ) g† = (Rx)·σ, σ the Pauli matrices: D^j(R) of [`crate::wigner`], of real
//! type.
//!
//! **Half-integer j** acts on C^{2j+1}, realified, in the basis e_m = √binom(2j, j+m) z₁^{j+m} z₂^{j−m}, m = j, j−1, …, −j, which for
//! j = 1/2 is the defining representation. It is of quaternionic type: maps that commute with it are spanned by 1, I = multiplication by
//! i, J: e_m ↦ (−1)^{j−m} e_{−m} extended by J(ze) = z̄ J(e), and K = IJ.

use crate::exact::Exact;
use crate::scalar::{Complex, Scalar};
use crate::wigner::wigner_d;

/// The largest 2j.
pub const MAX_TWICE: u32 = 38;

/// The dimension of spin j over the reals.
pub fn dim(twice: u32) -> usize {
    match twice % 2 {
        0 => twice as usize + 1,
        _ => 2 * (twice as usize + 1),
    }
}

/// The matrix of spin j at an element given by its real 4×4 matrix.
pub fn matrix<S: Scalar>(twice: u32, m: &[S]) -> Vec<S> {
    if twice.is_multiple_of(2) {
        return wigner_d(twice / 2, false, &rotation(m));
    }
    let n = twice as usize;
    let entry = |i: usize, j: usize| Complex {
        re: m[8 * i + 2 * j].clone(),
        im: m[4 * (2 * i + 1) + 2 * j].clone(),
    };
    // Column j−m = k: (α z₁ + β z₂)^{2j−k} (γ z₁ + δ z₂)^k, coefficients by the power of z₂.
    let size = 2 * (n + 1);
    let mut out = vec![S::zero(); size * size];
    let one = Complex {
        re: S::one(),
        im: S::zero(),
    };
    for k in 0..=n {
        let mut poly = vec![one.clone()];
        for power in 0..n {
            let column = usize::from(power >= n - k);
            let (first, second) = (entry(0, column), entry(1, column));
            let mut next: Vec<Complex<S>> = poly.iter().map(|c| c.times(&first)).collect();
            next.push(one.scaled(Exact::ZERO));
            for (at, c) in poly.iter().enumerate() {
                next[at + 1] = next[at + 1].plus(&c.times(&second));
            }
            poly = next;
        }
        for (row, c) in poly.iter().enumerate() {
            let c = c.scaled(Exact::sqrt_ratio(binomial(n, k), binomial(n, row)));
            let (r, k) = (2 * row, 2 * k);
            out[r * size + k] = c.re.clone();
            out[(r + 1) * size + k + 1] = c.re;
            out[r * size + k + 1] = c.im.minus();
            out[(r + 1) * size + k] = c.im;
        }
    }
    out
}

/// The rotation R of g, row-major.
pub fn rotation<S: Scalar>(m: &[S]) -> [S; 9] {
    // α = a + ib, β = c + id.
    let [a, b, c, d] = [0, 4, 8, 12].map(|at| &m[at]);
    let two = S::constant(Exact::int(2));
    let square = |x: &S| x.times(x);
    let twice = |x: &S, y: &S| two.times(&x.times(y));
    let sum = |signs: [bool; 4]| {
        [a, b, c, d]
            .into_iter()
            .zip(signs)
            .fold(S::zero(), |total, (x, negative)| {
                let s = square(x);
                total.plus(&if negative { s.minus() } else { s })
            })
    };
    // ½ tr(σ_i g σ_j g†)
    [
        sum([false, true, true, false]),
        twice(a, b).plus(&twice(c, d).minus()),
        twice(a, c).plus(&twice(b, d)),
        twice(a, b).plus(&twice(c, d)).minus(),
        sum([false, true, false, true]),
        twice(a, d).plus(&twice(b, c).minus()),
        twice(b, d).plus(&twice(a, c).minus()),
        twice(a, d).plus(&twice(b, c)).minus(),
        sum([false, false, true, true]),
    ]
}

/// 1, I, J, K on half-integer spin, 1 alone on integer spin.
pub fn commutant(twice: u32) -> Vec<Vec<Exact>> {
    let n = dim(twice);
    let one: Vec<Exact> = crate::linear::identity(n);
    if twice.is_multiple_of(2) {
        return vec![one];
    }
    let mut i = vec![Exact::ZERO; n * n];
    let mut j = vec![Exact::ZERO; n * n];
    for k in 0..n / 2 {
        i[2 * k * n + 2 * k + 1] = -Exact::ONE;
        i[(2 * k + 1) * n + 2 * k] = Exact::ONE;
        // e_m with j − m = k goes to e_{−m}, which has number 2j − k.
        let (to, sign) = (n / 2 - 1 - k, if k % 2 == 0 { Exact::ONE } else { -Exact::ONE });
        j[2 * to * n + 2 * k] = sign;
        j[(2 * to + 1) * n + 2 * k + 1] = -sign;
    }
    let k = crate::linear::multiply(&i, &j, n, n, n);
    vec![one, i, j, k]
}

fn binomial(n: usize, k: usize) -> u64 {
    (0..k.min(n - k)).fold(1u64, |b, i| b * (n - i) as u64 / (i as u64 + 1))
}
