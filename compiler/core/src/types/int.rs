//! Symbolic integers: polynomials in named unknowns with integer coefficients. Multiplicities and sizes inside an abstract
//! layer are such polynomials; in a model they are numbers.

use std::collections::BTreeMap;
use std::fmt;

/// A polynomial, in normal form: monomials (sorted lists of unknowns) with non-zero coefficients.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Int {
    terms: BTreeMap<Vec<String>, i64>,
}

impl Int {
    /// A number.
    pub fn num(n: i64) -> Int {
        let mut terms = BTreeMap::new();
        if n != 0 {
            terms.insert(Vec::new(), n);
        }
        Int { terms }
    }

    /// An unknown.
    pub fn var(name: &str) -> Int {
        Int {
            terms: BTreeMap::from([(vec![name.to_string()], 1)]),
        }
    }

    /// Its value, if no unknowns occur.
    pub fn value(&self) -> Option<i64> {
        match self.terms.len() {
            0 => Some(0),
            1 => self.terms.get(&Vec::new()).copied(),
            _ => None,
        }
    }

    /// Whether it is the number `n`.
    pub fn is(&self, n: i64) -> bool {
        self.value() == Some(n)
    }

    /// Sum; `None` on overflow.
    pub fn add(&self, other: &Int) -> Option<Int> {
        let mut terms = self.terms.clone();
        for (m, c) in &other.terms {
            let slot = terms.entry(m.clone()).or_insert(0);
            *slot = slot.checked_add(*c)?;
        }
        terms.retain(|_, c| *c != 0);
        Some(Int { terms })
    }

    /// Negation; `None` on overflow.
    pub fn neg(&self) -> Option<Int> {
        self.mul(&Int::num(-1))
    }

    /// Product; `None` on overflow.
    pub fn mul(&self, other: &Int) -> Option<Int> {
        let mut terms: BTreeMap<Vec<String>, i64> = BTreeMap::new();
        for (m, c) in &self.terms {
            for (n, d) in &other.terms {
                let mut key = [m.as_slice(), n.as_slice()].concat();
                key.sort();
                let slot = terms.entry(key).or_insert(0);
                *slot = slot.checked_add(c.checked_mul(*d)?)?;
            }
        }
        terms.retain(|_, c| *c != 0);
        Some(Int { terms })
    }

    /// The unique unknown and coefficient of `c * unknown`, if it has that form.
    pub fn single_unknown(&self) -> Option<(&str, i64)> {
        let (m, c) = self.terms.iter().next()?;
        (self.terms.len() == 1 && m.len() == 1).then(|| (m[0].as_str(), *c))
    }
}

impl fmt::Display for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return f.write_str("0");
        }
        for (k, (m, c)) in self.terms.iter().rev().enumerate() {
            let sign = if *c < 0 { "-" } else { "" };
            match (k, *c < 0) {
                (0, _) => f.write_str(sign)?,
                (_, true) => f.write_str(" - ")?,
                (_, false) => f.write_str(" + ")?,
            }
            let size = c.unsigned_abs();
            match (m.is_empty(), size) {
                (true, _) => write!(f, "{size}")?,
                (false, 1) => f.write_str(&m.join("*"))?,
                (false, _) => write!(f, "{size}*{}", m.join("*"))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Int;

    #[test]
    fn ring() {
        let (a, b) = (Int::var("a"), Int::var("b"));
        let sum = a.add(&b).and_then(|s| s.mul(&s)).expect("small");
        let expanded = [a.mul(&a), a.mul(&b).and_then(|x| x.mul(&Int::num(2))), b.mul(&b)]
            .into_iter()
            .try_fold(Int::num(0), |acc, t| acc.add(&t?))
            .expect("small");
        assert_eq!(sum, expanded);
        assert_eq!(sum.to_string(), "b*b + 2*a*b + a*a");
        assert_eq!(Int::num(i64::MAX).add(&Int::num(1)), None);
        assert!(a.add(&a.neg().expect("small")).expect("small").is(0));
    }
}
