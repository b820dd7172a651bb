//! Maps and kernels given entry by entry, as coordinates in the bases of the parameters that stand for them.

use super::case::Case;
use super::trial::Built;
use super::view::{Entry, Term, View};
use gdl_core::lower::reps::{PartBasis, open};

/// The parameters that together stand for parameter `name` with the entries `full`: `[free copies…, points…, target, source]`
/// (no source for vectors): those of least squares. The entries must lie in the span of the basis.
pub fn coordinates(built: &Built, case: &Case, name: &str, full: &View) -> Vec<(String, View)> {
    let param = built
        .model
        .params
        .iter()
        .find(|p| p.name == name)
        .unwrap_or_else(|| panic!("no parameter `{name}`"));
    let open = open(&built.model, &param.space).unwrap_or_else(|e| panic!("{e}"));
    let copies = open.copy_count() as usize;
    let points = if open.orbit.is_some() {
        open.orbit_len as usize
    } else {
        1
    };
    let (rows, columns) = (open.out_dim as usize, open.in_dim.unwrap_or(1) as usize);
    assert_eq!(
        full.entries.len(),
        copies * points * rows * columns,
        "`{name}`: {:?}",
        full.shape
    );
    let given = full.values(case);
    let mut spanned = vec![0.0; given.len()];
    let mut found = Vec::new();
    for (k, part) in open.parts.iter().enumerate() {
        let [out_mult, in_mult, out_at, in_at] =
            [part.out_mult, part.in_mult, part.out_at, part.in_at].map(|n| n as usize);
        let [out_dim, in_dim, count] = [part.out_dim, part.in_dim, part.count].map(|n| n as usize);
        let basis: Vec<f64> = match &part.basis {
            PartBasis::Tensors(basis) => basis.data.iter().map(|x| x.f).collect(),
            PartBasis::Sampled(basis) => basis.dense().data.iter().map(|x| x.f).collect(),
        };
        let size = points * out_dim * in_dim;
        let projection = left_inverse(&basis, count, size);
        let mut entries: Vec<Entry> = Vec::new();
        for f in 0..copies {
            for (m, n) in (0..out_mult).flat_map(|m| (0..in_mult).map(move |n| (m, n))) {
                let place = |at: usize| {
                    let (p, y, x) = (at / (out_dim * in_dim), at / in_dim % out_dim, at % in_dim);
                    ((f * points + p) * rows + out_at + m * out_dim + y) * columns + in_at + n * in_dim + x
                };
                for (element, row) in basis.chunks(size).zip(projection.chunks(size)) {
                    let mut entry = Entry::default();
                    for (at, &factor) in row.iter().enumerate().filter(|(_, x)| x.abs() > 1e-14) {
                        let from = &full.entries[place(at)];
                        entry.constant += factor * from.constant;
                        entry.terms.extend(from.terms.iter().map(|t| Term {
                            factor: factor * t.factor,
                            ..t.clone()
                        }));
                    }
                    let number: f64 = (0..size).map(|at| row[at] * given[place(at)]).sum();
                    (0..size).for_each(|at| spanned[place(at)] += number * element[at]);
                    entries.push(entry);
                }
            }
        }
        let name = if open.parts.len() == 1 {
            name.to_string()
        } else {
            format!("{name}.{k}")
        };
        found.push((
            name,
            View {
                shape: vec![copies, out_mult, in_mult, count],
                entries,
            },
        ));
    }
    let size = given.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let rest = given
        .iter()
        .zip(&spanned)
        .fold(0.0f64, |m, (a, b)| m.max((a - b).abs()));
    assert!(
        rest <= 1e-10 * size,
        "`{name}` is no equivariant map: {rest:.1e} of {size:.1e} lies outside"
    );
    found
}

/// (B Bᵀ)⁻¹ B for the rows of B: coordinates of least squares.
fn left_inverse(basis: &[f64], count: usize, size: usize) -> Vec<f64> {
    let row = |k: usize| &basis[k * size..(k + 1) * size];
    let mut out = basis.to_vec();
    let mut gram: Vec<f64> = (0..count * count)
        .map(|at| row(at / count).iter().zip(row(at % count)).map(|(x, y)| x * y).sum())
        .collect();
    // Gauss-Jordan; the matrix is positive definite.
    for k in 0..count {
        let scale = 1.0 / gram[k * count + k];
        gram[k * count..(k + 1) * count].iter_mut().for_each(|x| *x *= scale);
        out[k * size..(k + 1) * size].iter_mut().for_each(|x| *x *= scale);
        for i in (0..count).filter(|&i| i != k) {
            let factor = gram[i * count + k];
            if factor == 0.0 {
                continue;
            }
            (0..count).for_each(|j| gram[i * count + j] -= factor * gram[k * count + j]);
            (0..size).for_each(|j| out[i * size + j] -= factor * out[k * size + j]);
        }
    }
    out
}
