//! Tensor products over the complex numbers of the defining representation of a complex group, as real matrices.

use crate::exact::Exact;
use crate::scalar::Scalar;

/// The real matrix of g ⊗ … ⊗ g ⊗ g⁻ᵀ ⊗ … ⊗ g⁻ᵀ, `up` and `down` factors, for g and its inverse as real matrices of size n.
pub(crate) fn complex_tensor<S: Scalar>(n: usize, g: &[S], inverse: &[S], up: u32, down: u32) -> Vec<S> {
    let k = n / 2;
    // Entry (i, j) of the complex matrix, (re, im).
    let entry = |m: &[S], i: usize, j: usize| (m[2 * i * n + 2 * j].clone(), m[(2 * i + 1) * n + 2 * j].clone());
    let mut product = vec![(S::one(), S::zero())];
    let mut size = 1;
    for factor in 0..up + down {
        let of = |i: usize, j: usize| {
            if factor < up {
                entry(g, i, j)
            } else {
                entry(inverse, j, i)
            }
        };
        let next = size * k;
        let mut wider = Vec::with_capacity(next * next);
        for at in 0..next * next {
            let (row, column) = (at / next, at % next);
            let (a, b) = &product[row / k * size + column / k];
            if a.vanishes() && b.vanishes() {
                wider.push((S::zero(), S::zero()));
                continue;
            }
            let (c, d) = of(row % k, column % k);
            wider.push((a.times(&c).plus(&b.times(&d).minus()), a.times(&d).plus(&b.times(&c))));
        }
        (product, size) = (wider, next);
    }
    let mut out = vec![S::zero(); 4 * size * size];
    for (at, (re, im)) in product.into_iter().enumerate() {
        let (i, j) = (2 * (at / size), 2 * (at % size));
        out[(i + 1) * 2 * size + j + 1] = re.clone();
        out[i * 2 * size + j + 1] = im.minus();
        out[(i + 1) * 2 * size + j] = im;
        out[i * 2 * size + j] = re;
    }
    out
}

/// Multiplication by i on a realified space of real dimension n.
pub(crate) fn imaginary_unit(n: usize) -> Vec<Exact> {
    let mut m = vec![Exact::ZERO; n * n];
    for k in 0..n / 2 {
        m[2 * k * n + 2 * k + 1] = -Exact::ONE;
        m[(2 * k + 1) * n + 2 * k] = Exact::ONE;
    }
    m
}
