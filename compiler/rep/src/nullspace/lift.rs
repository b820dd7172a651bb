//! From residues to numbers: a residue belongs to one small fraction at most, to one small multiple of a small square root, or to one small sum of
//! both. What is read off in this way is checked in the equations.

use crate::exact::{Exact, PRIME};
use crate::modp;
use std::collections::HashMap;

/// Square roots that are tried, 1 first.
const ROOTS: [u64; 8] = [1, 2, 3, 5, 6, 7, 10, 15];

/// Numerators and denominators of rational numbers are below this, …
const MAX_RATIONAL: u64 = 1 << 20;

/// … those of multiples of roots below this, so that a wrong one is rare.
const MAX_MULTIPLE: u64 = 1 << 12;

/// In sums (a + b √q)/c: the q that are tried, the largest b, …
const SUMMANDS: [u64; 3] = [5, 2, 3];
const MAX_SUMMAND: i64 = 60;

/// … and the largest c.
const MAX_DENOMINATOR: u64 = 12;

/// In the equations, floats may be off by this much.
const TOLERANCE: f64 = 1e-9;

/// Numbers with these residues, if they can be read off and are as good as exact: `left_over` says how far a vector is from a solution,
/// relative to its largest entry.
pub(super) fn lift(residues: &[Vec<u64>], left_over: impl Fn(&[Exact]) -> f64) -> Option<Vec<Vec<Exact>>> {
    let mut known: HashMap<u64, Option<f64>> = HashMap::new();
    let mut number = |r: u64| -> Option<Exact> {
        let f = (*known.entry(r).or_insert_with(|| read(r)))?;
        Some(Exact { f, r: Some(r) })
    };
    let mut vectors = vec![];
    for row in residues {
        let row: Vec<Exact> = row.iter().map(|&r| number(r)).collect::<Option<_>>()?;
        if left_over(&row) > TOLERANCE {
            return None;
        }
        vectors.push(row);
    }
    Some(vectors)
}

/// The number with this residue, if it is one of those that are tried.
fn read(r: u64) -> Option<f64> {
    multiple(r).or_else(|| sum(r))
}

/// (a + b √q)/c.
fn sum(r: u64) -> Option<f64> {
    SUMMANDS.into_iter().find_map(|q| {
        let root = Exact::sqrt_int(q);
        (1..=MAX_DENOMINATOR).find_map(|c| {
            (-MAX_SUMMAND..=MAX_SUMMAND).find_map(|b| {
                let term = Exact::int(b) * root;
                let a = modp::sub(modp::mul(r, c), term.r?);
                let a = if a < PRIME / 2 {
                    a as i64
                } else {
                    -(modp::neg(a) as i64)
                };
                (a.unsigned_abs() < MAX_MULTIPLE).then(|| (a as f64 + term.f) / c as f64)
            })
        })
    })
}

/// A small multiple of a small root.
fn multiple(r: u64) -> Option<f64> {
    ROOTS.into_iter().find_map(|q| {
        let root = Exact::sqrt_int(q);
        let bound = if q == 1 { MAX_RATIONAL } else { MAX_MULTIPLE };
        let (a, b) = fraction(modp::mul(r, modp::inv(root.r?)?), bound)?;
        Some(if q == 1 {
            a as f64 / b as f64
        } else {
            a as f64 / b as f64 * root.f
        })
    })
}

/// Numerator and denominator below a bound, by the Euclidean algorithm on the prime and the residue.
fn fraction(r: u64, bound: u64) -> Option<(i64, i64)> {
    // Rows (rest, factor) with rest ≡ factor · r modulo the prime.
    let (mut old, mut new) = ((i128::from(PRIME), 0i128), (i128::from(r), 1i128));
    while new.0 >= i128::from(bound) {
        let quotient = old.0 / new.0;
        (old, new) = (new, (old.0 - quotient * new.0, old.1 - quotient * new.1));
    }
    let (a, b) = if new.1 < 0 { (-new.0, -new.1) } else { new };
    (b > 0 && b < i128::from(bound)).then_some((a as i64, b as i64))
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::exact::Exact;

    #[test]
    fn small_numbers_are_read() {
        for x in [
            Exact::ZERO,
            Exact::ratio(-7, 12),
            Exact::int(1000),
            Exact::ratio(2, 3) * Exact::sqrt_int(5),
            -Exact::sqrt_ratio(1, 6),
            (Exact::int(7) - Exact::int(3) * Exact::sqrt_int(5)) / Exact::int(4),
        ] {
            let f = read(x.r.expect("a residue")).expect("a small number");
            assert!((f - x.f).abs() < 1e-15 * x.f.abs().max(1.0), "{f} is not {}", x.f);
        }
        assert!(read(Exact::sqrt_int(37).r.expect("a residue")).is_none());
        assert!(read((Exact::sqrt_int(2) + Exact::sqrt_int(3)).r.expect("a residue")).is_none());
    }
}
