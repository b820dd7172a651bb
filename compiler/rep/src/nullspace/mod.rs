//! The solutions of large sparse systems of equations, in reduced row echelon form.
//!
//! The unknowns fall into parts that no equation joins, and each part is solved on its own:
//!
//! - equations of at most two unknowns, such as those of groups that permute a basis up to signs: by orbits ([`orbits`]);
//! - small parts: by elimination ([`crate::linear`]);
//! - large ones whose equations have residues: by Krylov's method over F_p ([`krylov`]), floats from the residues ([`lift`]);
//! - other large ones: in floating point ([`numeric`]), with the gap between what counts as zero and what does not.

mod echelon;
mod krylov;
mod lift;
mod numeric;
mod orbits;

use echelon::Echelon;
use lift::lift;

use crate::error::Error;
use crate::exact::Exact;
use crate::hom::smaller;
use crate::linear;
use crate::sparse::Sparse;

/// Parts of at most this many unknowns are solved by elimination.
const MAX_DENSE: usize = 160;

/// Equations E x = 0.
pub(crate) struct Equations {
    /// E, one row an equation.
    pub rows: Sparse<Exact>,
    /// A positive weight for each row: where the rows come from a Lie algebra, such that Σ w eᵀe is its Casimir operator, which has few
    /// eigenvalues.
    pub weights: Vec<Exact>,
}

/// A basis of solutions.
pub(crate) struct Solutions {
    /// Each by its entries that are not zero, in ascending order of the unknowns; together in reduced row echelon form.
    pub vectors: Vec<Vec<(usize, Exact)>>,
    /// Where floats decided on the rank: the relative gap.
    pub gap: Option<f64>,
}

/// Some of the unknowns, with all equations that they occur in.
struct Part {
    unknowns: Vec<u32>,
    rows: Sparse<Exact>,
    weights: Vec<Exact>,
}

impl Part {
    fn is_exact(&self) -> bool {
        self.rows.entries().iter().all(|x| x.r.is_some())
    }

    /// The largest value of an equation, relative to its coefficients and to the largest entry of the vector.
    fn left_over(&self, x: &[Exact]) -> f64 {
        let largest = x.iter().fold(f64::MIN_POSITIVE, |m, x| m.max(x.f.abs()));
        let value = |i: usize| {
            let terms = self.rows.row(i).map(|(j, e)| e.f * x[j].f);
            let size = self.rows.row(i).fold(f64::MIN_POSITIVE, |m, (_, e)| m.max(e.f.abs()));
            terms.sum::<f64>().abs() / size
        };
        (0..self.rows.height()).map(value).fold(0.0, f64::max) / largest
    }
}

/// A basis of the solutions; `None` if there are more than `most`.
///
/// # Errors
/// Floats do not decide the rank.
pub(crate) fn solve(equations: &Equations, most: usize) -> Result<Option<Solutions>, Error> {
    let (vectors, parts) = orbits::split(equations);
    let mut all = Solutions { vectors, gap: None };
    for part in &parts {
        let Some(left) = most.checked_sub(all.vectors.len()) else {
            return Ok(None);
        };
        let (vectors, gap) = solve_part(part, left)?;
        all.gap = smaller(all.gap, gap);
        all.vectors.extend(vectors.into_iter().map(|v| {
            let known = part.unknowns.iter().map(|&at| at as usize).zip(v);
            known.filter(|(_, x)| !x.is_zero()).collect()
        }));
    }
    // Parts have no unknowns in common: in the order of their first unknowns the solutions are reduced as they are.
    all.vectors
        .sort_by_key(|v: &Vec<(usize, Exact)>| v.first().map(|x| x.0));
    Ok((all.vectors.len() <= most).then_some(all))
}

/// Solutions written out, and the gap if floats decided.
type Dense = (Vec<Vec<Exact>>, Option<f64>);

/// The solutions on a part; of more than `most`, only that they are more.
fn solve_part(part: &Part, most: usize) -> Result<Dense, Error> {
    let n = part.unknowns.len();
    if n <= MAX_DENSE {
        let rows = (0..part.rows.height()).map(|i| {
            let mut row = vec![Exact::ZERO; n];
            part.rows.row(i).for_each(|(j, x)| row[j] = *x);
            row
        });
        return linear::null_space(rows.collect(), n);
    }
    if !part.is_exact() {
        let (vectors, gap) = numeric::null_space(part, most)?;
        let inexact = |v: Vec<f64>| v.into_iter().map(Exact::inexact).collect();
        let vectors = vectors.into_iter().map(inexact).collect();
        return Ok((linear::canonical(vectors, n), Some(gap)));
    }
    let residues = krylov::null_space(part, most)?;
    if residues.len() > most {
        return Ok((vec![vec![]; residues.len()], None));
    }
    if let Some(vectors) = lift(&residues, |x| part.left_over(x)) {
        return Ok((vectors, None));
    }
    // The residues are those of numbers that are not tried; their floats are found as floats.
    let floats = numeric::with_pivots(part, &echelon::pivots(&residues))?;
    Ok((joined(residues, floats), None))
}

/// Residues with their floats.
fn joined(residues: Vec<Vec<u64>>, floats: Vec<Vec<f64>>) -> Vec<Vec<Exact>> {
    let pair = |(r, f): (u64, f64)| Exact { f, r: Some(r) }.polish();
    let join = |(r, f): (Vec<u64>, Vec<f64>)| r.into_iter().zip(f).map(pair).collect();
    residues.into_iter().zip(floats).map(join).collect()
}

/// The same solutions with better floats.
pub(crate) fn refined(equations: Equations, solutions: Vec<Vec<Exact>>) -> Result<Vec<Vec<Exact>>, Error> {
    let part = Part {
        unknowns: (0..equations.rows.width() as u32).collect(),
        rows: equations.rows,
        weights: equations.weights,
    };
    let residues: Vec<Vec<u64>> = solutions
        .iter()
        .map(|v| v.iter().map(|x| x.r.unwrap_or(0)).collect())
        .collect();
    let floats = numeric::with_pivots(&part, &echelon::pivots(&residues))?;
    Ok(joined(residues, floats))
}

/// Vectors of numbers with residues in reduced row echelon form; `left_over` as for [`lift`].
pub(crate) fn reduced(vectors: Vec<Vec<Exact>>, left_over: impl Fn(&[Exact]) -> f64) -> Vec<Vec<Exact>> {
    let mut echelon = Echelon::default();
    for v in &vectors {
        echelon.insert(v.iter().map(|x| x.r.unwrap_or(0)).collect());
    }
    let residues = echelon.rows();
    // Of floats that went through a long elimination less is left than of those read off from residues.
    if let Some(read) = lift(&residues, left_over) {
        return read;
    }
    let floats = vectors.iter().map(|v| v.iter().map(|x| x.f).collect()).collect();
    let floats = numeric::reduced(floats, &echelon::pivots(&residues));
    joined(residues, floats)
}
