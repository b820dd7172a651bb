//! Equivariant kernels: functions from a space to linear maps, K(g p) = ρ_b(g) K(p) ρ_a(g)⁻¹.

use crate::element::{Elem, Element};
use crate::error::Error;
use crate::exact::Exact;
use crate::group::Group;
use crate::hom::{Basis, fixed, larger, matrix, smaller};
use crate::linear::{act, multiply};
use crate::rep::Atom;
use crate::scalar::{Scalar, Trig};
use crate::tying::{MAX_ENTRIES, kernel_tying};

/// Kernels on a finite window of Z^d that the group maps to itself ([`Group::point_matrix`]), of shape
/// \[k, points, dim b, dim a\], in reduced row echelon form.
///
/// Factors of the group that do not act on points are in every stabilizer. On each orbit of points the value at the first point is a map that its stabilizer fixes; the others follow.
pub fn kernel_basis(group: &Group, window: &[Vec<i32>], a: &Atom, b: &Atom) -> Result<Basis, Error> {
    let (a, b) = (a.clone().checked(group)?, b.clone().checked(group)?);
    if let Some(tying) = kernel_tying(group, window, &a, &b)? {
        return tying.basis();
    }
    let (da, db) = (a.dim(group), b.dim(group));
    let generators = group.generators();
    let moves = window_permutations(group, window)?;
    let size = da * db;
    let mut rows = vec![];
    let (mut residual, mut gap) = (None, None);
    let mut seen = vec![false; window.len()];
    for start in 0..window.len() {
        if seen[start] {
            continue;
        }
        let (orbit, stabilizer) = orbit(group, start, &generators, &moves);
        let maps = fixed(group, &stabilizer, &a, &b)?;
        (residual, gap) = (larger(residual, maps.residual), smaller(gap, maps.gap));
        let values = maps.rows;
        if values.len().saturating_mul(window.len() * size) > MAX_ENTRIES {
            return Err(Error::TooLarge(format!(
                "a kernel of {} points is too large",
                window.len()
            )));
        }
        let mut block = vec![vec![Exact::ZERO; window.len() * size]; values.len()];
        for (point, element) in orbit {
            seen[point] = true;
            let (left, right) = (matrix(group, &b, &element)?, matrix(group, &a, &element.inverse())?);
            for (row, value) in block.iter_mut().zip(&values) {
                let moved = multiply(&multiply(&left, value, db, db, da), &right, db, da, da);
                for (to, x) in row[point * size..][..size].iter_mut().zip(moved) {
                    *to = x.polish();
                }
            }
        }
        rows.extend(block);
    }
    Ok(Basis {
        gap,
        ..Basis::from_rows(rows, &[window.len(), db, da], residual)
    })
}

/// Where each generator sends each point of the window.
pub(crate) fn window_permutations(group: &Group, window: &[Vec<i32>]) -> Result<Vec<Vec<u32>>, Error> {
    let d = window.first().map_or(0, Vec::len);
    if !window.is_empty() && !group.acts_on_grid(d) || window.iter().any(|p| p.len() != d) {
        return Err(Error::Invalid(format!(
            "{group} does not act on the grid of dimension {d}"
        )));
    }
    let permutation = |g: &Element| {
        let m = group.point_matrix(g, d).unwrap_or_default();
        let image = |point: &Vec<i32>| {
            let image = act(&m, point);
            let at = window.iter().position(|p| *p == image).map(|i| i as u32);
            at.ok_or_else(|| Error::Window {
                element: group.describe(g),
                point: point.clone(),
                image,
            })
        };
        window.iter().map(image).collect()
    };
    group.generators().iter().map(permutation).collect()
}

/// The orbit of a point, each with an element that takes `start` to it, and generators of the stabilizer of `start`
/// (Schreier).
fn orbit(
    group: &Group,
    start: usize,
    generators: &[Element],
    moves: &[Vec<u32>],
) -> (Vec<(usize, Element)>, Vec<Element>) {
    let mut reached = vec![(start, group.identity())];
    let mut stabilizer: Vec<Element> = vec![];
    let mut next = 0;
    while let Some((point, element)) = reached.get(next).cloned() {
        next += 1;
        for (generator, to) in generators.iter().zip(moves) {
            let Some(longer) = generator.compose(&element) else {
                continue;
            };
            let target = to[point] as usize;
            match reached.iter().find(|(p, _)| *p == target) {
                None => reached.push((target, longer)),
                Some((_, known)) => {
                    if let Some(loop_) = known.inverse().compose(&longer)
                        && loop_ != group.identity()
                        && !stabilizer.contains(&loop_)
                    {
                        stabilizer.push(loop_);
                    }
                }
            }
        }
    }
    (reached, stabilizer)
}

/// Kernels on the circle for the gauge group SO(2): K(θ) = ρ_b(θ) K0 ρ_a(−θ) with K0 any matrix, in row-major order of
/// its entries, expanded in (1, cos θ, sin θ, cos 2θ, sin 2θ, …): shape \[dim a·dim b, dim b, dim a, harmonics\].
pub fn circle_kernel(a: &Atom, b: &Atom) -> Result<Basis, Error> {
    let group = Group::SO2;
    let (a, b) = (a.clone().checked(&group)?, b.clone().checked(&group)?);
    let (da, db) = (a.dim(&group), b.dim(&group));
    let turn: Elem<Trig> = Elem::Circle {
        flip: false,
        cos: Trig::cos(),
        sin: Trig::sin(),
    };
    let missing = || Error::Invalid("not representations of SO(2)".into());
    let left = b.matrix(&group, &turn).ok_or_else(missing)?;
    let right = a.matrix(&group, &turn.inverse()).ok_or_else(missing)?;
    let mut entries = vec![];
    for p in 0..db {
        for q in 0..da {
            for i in 0..db {
                for j in 0..da {
                    entries.push(left[i * db + p].times(&right[q * da + j]));
                }
            }
        }
    }
    let harmonics = 2 * entries.iter().map(Trig::degree).max().unwrap_or(0) + 1;
    let data: Vec<Exact> = entries
        .iter()
        .flat_map(|t| (0..harmonics).map(|h| t.coefficient(h)))
        .collect();
    let shape = [da * db, db, da, harmonics].map(|d| d as u32).to_vec();
    Ok(Basis::exact(shape, data))
}
