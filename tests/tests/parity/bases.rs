//! Maps and kernels given entry by entry, as coordinates in the bases of the parameters that stand for them.

use super::case::Case;
use super::trial::Built;
use super::view::{Entry, View};
use gdl_core::lower::reps::open;

/// The parameters that together stand for parameter `name` with the entries `full`: `[free copies…, points…, target, source]`
/// (no source for vectors). Bases are in reduced row echelon form, so that a coordinate is the entry at the pivot. The entries must
/// lie in the span of the basis.
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
        let basis: Vec<f64> = part.basis.data.iter().map(|x| x.f).collect();
        let size = points * out_dim * in_dim;
        let mut entries: Vec<Entry> = Vec::new();
        for f in 0..copies {
            for (m, n) in (0..out_mult).flat_map(|m| (0..in_mult).map(move |n| (m, n))) {
                let place = |at: usize| {
                    let (p, y, x) = (at / (out_dim * in_dim), at / in_dim % out_dim, at % in_dim);
                    ((f * points + p) * rows + out_at + m * out_dim + y) * columns + in_at + n * in_dim + x
                };
                for element in basis.chunks(size).take(count) {
                    let pivot = element.iter().position(|x| x.abs() > 1e-9).expect("not zero");
                    let scale = 1.0 / element[pivot];
                    let number = given[place(pivot)] * scale;
                    (0..size).for_each(|at| spanned[place(at)] += number * element[at]);
                    entries.extend(
                        View {
                            shape: vec![1],
                            entries: vec![full.entries[place(pivot)].clone()],
                        }
                        .scale(scale)
                        .entries,
                    );
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
