//! The null space of E over F_p by Krylov's method.
//!
//! M = Eᵀ W E has the null space of E. Its minimal polynomial μ on a random vector is found from the numbers uᵀ Mⁱ v (Wiedemann 1986; Berlekamp
//! and Massey); its degree is the number of different eigenvalues, which is small for representations: M is then a sum of Casimir
//! operators, one number on each isotypic component, or for a finite group has at most as many eigenvalues as all irreducible
//! representations have dimensions. If μ = x·q, then q(M)/q(0) projects onto the null space, and images of random vectors span it.
//!
//! Every solution is checked in the equations. That there are no others holds with probability 1 − O(n/p).

use super::{Echelon, Part};
use crate::error::Error;
use crate::exact::{Exact, PRIME};
use crate::modp::{self, Modp};
use crate::random::Random;
use crate::recurrence::minimal_polynomial;
use crate::sparse::Sparse;
use crate::stop;

/// Minimal polynomials of larger degree are not looked for.
const MAX_DEGREE: usize = 2000;

/// M = Eᵀ W E.
struct Normal {
    /// E.
    rows: Sparse<u64>,
    /// Eᵀ W.
    columns: Sparse<u64>,
}

impl Normal {
    fn new(part: &Part) -> Normal {
        let residue = |x: &Exact| x.r.unwrap_or(0);
        let weights: Vec<u64> = part.weights.iter().map(residue).collect();
        let rows = part.rows.map(residue);
        Normal {
            columns: rows.transposed(|i, &e| modp::mul(weights[i], e)),
            rows,
        }
    }

    fn apply(&self, x: &[u64]) -> Vec<u64> {
        times(&self.columns, &times(&self.rows, x))
    }
}

/// A x.
fn times(a: &Sparse<u64>, x: &[u64]) -> Vec<u64> {
    let value = |i: usize| {
        let mut sum = modp::Sum::default();
        a.row(i).for_each(|(j, &e)| sum.add(e, x[j]));
        sum.value()
    };
    (0..a.height()).map(value).collect()
}

fn random(n: usize, random: &mut Random) -> Vec<u64> {
    (0..n).map(|_| random.below(PRIME)).collect()
}

/// A basis of the null space, in reduced row echelon form, or `most + 1` vectors of it.
///
/// # Errors
/// The equations have too many different eigenvalues.
pub(super) fn null_space(part: &Part, most: usize) -> Result<Vec<Vec<u64>>, Error> {
    let m = Normal::new(part);
    let n = part.unknowns.len();
    let mut draw = Random(n as u64);
    let Some(projector) = projector(&m, n, &mut draw)? else {
        return Ok(vec![]);
    };
    let mut found = Echelon::default();
    loop {
        stop::check();
        // Horner's rule, from the leading coefficient down.
        let v = random(n, &mut draw);
        let mut image = vec![0; n];
        for &c in projector.iter().rev() {
            image = m.apply(&image);
            for (x, &y) in image.iter_mut().zip(&v) {
                *x = modp::add(*x, modp::mul(c, y));
            }
        }
        if times(&m.rows, &image).iter().any(|&x| x != 0) {
            return Err(Error::Invalid("the equations are not solved over F_p".into()));
        }
        if !found.insert(image) || found.len() > most {
            return Ok(found.rows());
        }
    }
}

/// The coefficients of q/q(0), lowest first; `None` if only zero solves the equations.
fn projector(m: &Normal, n: usize, draw: &mut Random) -> Result<Option<Vec<u64>>, Error> {
    let (u, mut v) = (random(n, draw), random(n, draw));
    let mut sequence = vec![];
    let mut wanted = 16;
    let polynomial = loop {
        while sequence.len() < wanted {
            stop::check();
            let mut sum = modp::Sum::default();
            u.iter().zip(&v).for_each(|(&a, &b)| sum.add(a, b));
            sequence.push(sum.value());
            v = m.apply(&v);
        }
        let polynomial = minimal_polynomial(Modp, &sequence);
        let degree = polynomial.len() - 1;
        if 2 * degree + 4 <= wanted {
            break polynomial;
        }
        if degree > MAX_DEGREE {
            return Err(Error::TooLarge(format!(
                "equations in {n} unknowns have more than {MAX_DEGREE} different eigenvalues"
            )));
        }
        wanted *= 2;
    };
    if polynomial[0] != 0 {
        return Ok(None);
    }
    let q = &polynomial[1..];
    let scale = q.first().and_then(|&c| modp::inv(c));
    let scale = scale.ok_or_else(|| Error::Invalid("the equations are degenerate over F_p".into()))?;
    Ok(Some(q.iter().map(|&c| modp::mul(c, scale)).collect()))
}
