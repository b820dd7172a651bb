//! Index expressions: sums of atoms with integer coefficients, kept in one canonical order, so that equal indices are
//! equal values, and the stride of a loop variable can be read off.

use super::{Affine, SizeId, TableId};

/// A loop variable of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(pub u32);

/// What cannot be split further.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// A loop variable.
    Var(Var),
    /// A run-time number.
    Size(SizeId),
    /// A run-time number times an index.
    Times(SizeId, Box<Index>),
    /// An entry of a table.
    Lookup(TableId, Box<Index>),
    /// The quotient by a positive number; the argument is not negative.
    Div(Box<Index>, Divisor),
    /// The remainder.
    Mod(Box<Index>, Divisor),
    /// The argument, or 0 if it is negative.
    AtLeast0(Box<Index>),
}

/// What an index is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Divisor {
    /// A number known at compile time.
    Lit(i64),
    /// A number known at run time.
    Size(SizeId),
}

/// `Σ coefficient · atom + offset`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Index {
    /// Ascending, without zeros.
    pub terms: Vec<(Atom, i64)>,
    /// The constant part.
    pub offset: i64,
}

/// How far every variable of a kernel runs: `0..n`, `None` where n is known at run time only.
pub type Extents = [Option<u32>];

impl Index {
    /// A number.
    pub fn lit(offset: i64) -> Index {
        Index {
            terms: Vec::new(),
            offset,
        }
    }

    /// A variable.
    pub fn var(v: Var) -> Index {
        Index::atom(Atom::Var(v))
    }

    /// An atom.
    pub fn atom(a: Atom) -> Index {
        Index {
            terms: vec![(a, 1)],
            offset: 0,
        }
    }

    /// An entry of a table.
    pub fn lookup(table: TableId, at: Index) -> Index {
        Index::atom(Atom::Lookup(table, Box::new(at)))
    }

    /// The number, if it is one.
    pub fn as_lit(&self) -> Option<i64> {
        self.terms.is_empty().then_some(self.offset)
    }

    /// The index as a form in sizes, if nothing else occurs in it.
    pub fn affine(&self) -> Option<Affine> {
        let term = |(atom, c): &(Atom, i64)| match atom {
            Atom::Size(s) => Some((*s, *c)),
            _ => None,
        };
        Some(Affine {
            offset: self.offset,
            terms: self.terms.iter().map(term).collect::<Option<_>>()?,
        })
    }

    /// The sum.
    pub fn plus(&self, other: &Index) -> Index {
        let mut sum = self.clone();
        for (atom, c) in &other.terms {
            sum.add_term(atom.clone(), *c);
        }
        sum.offset += other.offset;
        sum.join_quotients();
        sum
    }

    /// The sum with a number.
    pub fn shifted(&self, by: i64) -> Index {
        Index {
            terms: self.terms.clone(),
            offset: self.offset + by,
        }
    }

    /// The product with a number.
    pub fn times(&self, by: i64) -> Index {
        if by == 0 {
            return Index::lit(0);
        }
        Index {
            terms: self.terms.iter().map(|(a, c)| (a.clone(), c * by)).collect(),
            offset: self.offset * by,
        }
    }

    fn add_term(&mut self, atom: Atom, c: i64) {
        match self.terms.binary_search_by(|(a, _)| a.cmp(&atom)) {
            Ok(k) => {
                self.terms[k].1 += c;
                if self.terms[k].1 == 0 {
                    self.terms.remove(k);
                }
            }
            Err(k) => self.terms.insert(k, (atom, c)),
        }
    }

    /// `n·(x / n) + x mod n = x`.
    fn join_quotients(&mut self) {
        let pair = self.terms.iter().enumerate().find_map(|(k, (a, c))| match a {
            Atom::Mod(x, Divisor::Lit(n)) => {
                let quotient = Atom::Div(x.clone(), Divisor::Lit(*n));
                let j = self.terms.iter().position(|(b, d)| *b == quotient && *d == c * n)?;
                Some((k, j, x.times(*c)))
            }
            _ => None,
        });
        if let Some((k, j, whole)) = pair {
            self.terms.remove(k.max(j));
            self.terms.remove(k.min(j));
            *self = self.plus(&whole);
        }
    }

    /// The smallest and largest value, where they are known.
    pub fn range(&self, extents: &Extents) -> Option<(i64, i64)> {
        let (mut low, mut high) = (self.offset, self.offset);
        for (atom, c) in &self.terms {
            let (a, b) = match atom {
                Atom::Var(v) => (0, i64::from((*extents.get(v.0 as usize)?)?) - 1),
                Atom::Mod(_, Divisor::Lit(n)) => (0, n - 1),
                Atom::Div(x, Divisor::Lit(n)) => {
                    let (a, b) = x.range(extents)?;
                    (a.div_euclid(*n), b.div_euclid(*n))
                }
                _ => return None,
            };
            low += if *c > 0 { a * c } else { b * c };
            high += if *c > 0 { b * c } else { a * c };
        }
        Some((low, high))
    }

    /// Splits into n·q + r with r ≥ 0, and says whether r < n.
    fn split(&self, n: i64, extents: &Extents) -> Option<(Index, Index, bool)> {
        let (mut q, mut r) = (
            Index::lit(self.offset.div_euclid(n)),
            Index::lit(self.offset.rem_euclid(n)),
        );
        for (atom, c) in &self.terms {
            let part = if c % n == 0 { &mut q } else { &mut r };
            part.add_term(atom.clone(), if c % n == 0 { c / n } else { *c });
        }
        let (low, high) = r.range(extents)?;
        (low >= 0).then_some((q, r, high < n))
    }

    /// The quotient and the remainder, if the terms say which parts of them make up which.
    pub fn divided(&self, n: i64, extents: &Extents) -> Option<(Index, Index)> {
        let (quotient, remainder, inside) = self.split(n, extents)?;
        inside.then_some((quotient, remainder))
    }

    /// The quotient; `self` is not negative.
    pub fn div(&self, n: i64, extents: &Extents) -> Index {
        let quotient = |x: Index| Index::atom(Atom::Div(Box::new(x), Divisor::Lit(n)));
        match self.split(n, extents) {
            Some((q, _, true)) => q,
            Some((q, r, false)) => q.plus(&quotient(r)),
            None => quotient(self.clone()),
        }
    }

    /// The remainder; `self` is not negative.
    pub fn modulo(&self, n: i64, extents: &Extents) -> Index {
        let remainder = |x: Index| Index::atom(Atom::Mod(Box::new(x), Divisor::Lit(n)));
        match self.split(n, extents) {
            Some((_, r, true)) => r,
            Some((_, r, false)) => remainder(r),
            None => remainder(self.clone()),
        }
    }

    /// Calls `f` on every atom, inner ones included.
    pub fn visit(&self, f: &mut impl FnMut(&Atom)) {
        for (atom, _) in &self.terms {
            f(atom);
            match atom {
                Atom::Times(_, x) | Atom::Lookup(_, x) | Atom::Div(x, _) | Atom::Mod(x, _) | Atom::AtLeast0(x) => {
                    x.visit(f)
                }
                Atom::Var(_) | Atom::Size(_) => {}
            }
        }
    }

    /// Whether the variable occurs anywhere.
    pub fn mentions(&self, v: Var) -> bool {
        let mut found = false;
        self.visit(&mut |a| found |= *a == Atom::Var(v));
        found
    }

    /// The stride of a variable; `None` if the index is not affine in it.
    pub fn stride(&self, v: Var) -> Option<i64> {
        let mut stride = 0;
        for (atom, c) in &self.terms {
            match atom {
                Atom::Var(w) if *w == v => stride = *c,
                _ if Index::atom(atom.clone()).mentions(v) => return None,
                _ => {}
            }
        }
        Some(stride)
    }

    /// Whether different values of a variable below `n` give different indices, everything else being the same. Known where the variable
    /// occurs as digits ⌊(v mod high) / low⌋ that make up all of it, each with a stride larger than all that smaller ones reach.
    pub fn separates(&self, v: Var, n: u32) -> bool {
        let mut digits = Vec::new();
        for (atom, c) in &self.terms {
            if Index::atom(atom.clone()).mentions(v) {
                let Some(digit) = atom.digit(v, n.into()) else {
                    return false;
                };
                digits.push((digit, c.abs()));
            }
        }
        digits.sort_unstable();
        let mut low = 1;
        let mut complete = true;
        for (digit, _) in &digits {
            complete &= digit.low == low;
            low = digit.high;
        }
        complete &= low >= n.into();
        digits.sort_unstable_by_key(|(_, stride)| *stride);
        let mut reach = 0;
        for (digit, stride) in &digits {
            complete &= *stride > reach;
            reach += stride * ((digit.high - 1) / digit.low);
        }
        complete
    }

    /// The index with a variable replaced, in inner indices too.
    pub fn replace(&self, v: Var, by: &Index) -> Index {
        self.rebuilt(&|atom| (*atom == Atom::Var(v)).then(|| by.clone()))
    }

    /// The index without quotients and remainders of which the extents of variables say what they are.
    pub fn simplified(&self, extents: &Extents) -> Index {
        self.rebuilt(&|atom| match atom {
            Atom::Div(x, Divisor::Lit(n)) => Some(x.simplified(extents).div(*n, extents)),
            Atom::Mod(x, Divisor::Lit(n)) => Some(x.simplified(extents).modulo(*n, extents)),
            _ => None,
        })
    }

    /// The index with atoms replaced, in inner indices too.
    fn rebuilt(&self, by: &dyn Fn(&Atom) -> Option<Index>) -> Index {
        let inner = |x: &Index| Box::new(x.rebuilt(by));
        let rebuilt = |atom: &Atom| match atom {
            Atom::Times(s, x) => Index::atom(Atom::Times(*s, inner(x))),
            Atom::Lookup(t, x) => Index::atom(Atom::Lookup(*t, inner(x))),
            Atom::Div(x, d) => Index::atom(Atom::Div(inner(x), *d)),
            Atom::Mod(x, d) => Index::atom(Atom::Mod(inner(x), *d)),
            Atom::AtLeast0(x) => Index::atom(Atom::AtLeast0(inner(x))),
            Atom::Var(_) | Atom::Size(_) => Index::atom(atom.clone()),
        };
        let terms = self.terms.iter();
        terms.fold(Index::lit(self.offset), |sum, (atom, c)| {
            let term = by(atom).unwrap_or_else(|| rebuilt(atom));
            sum.plus(&term.times(*c))
        })
    }
}

/// ⌊(v mod high) / low⌋ of a variable v.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Digit {
    low: i64,
    high: i64,
}

impl Atom {
    /// The digit that this is of a variable below `n`.
    fn digit(&self, v: Var, n: i64) -> Option<Digit> {
        let of = |x: &Index| match x.terms.as_slice() {
            [(atom, 1)] if x.offset == 0 => atom.digit(v, n),
            _ => None,
        };
        match self {
            Atom::Var(w) => (*w == v).then_some(Digit { low: 1, high: n }),
            Atom::Div(x, Divisor::Lit(d)) => of(x).map(|x| Digit { low: x.low * d, ..x }),
            Atom::Mod(x, Divisor::Lit(d)) => {
                let x = of(x)?;
                let high = x.low * d;
                (x.high == n || x.high % high == 0).then_some(Digit {
                    high: high.min(x.high),
                    ..x
                })
            }
            _ => None,
        }
    }
}

/// The position of `at` in a row-major array with these axes.
pub fn flatten(at: &[Index], axes: &[u32]) -> Index {
    strided(at, &row_major(axes))
}

/// Elements from entry to entry along every axis of a row-major array.
pub fn row_major(axes: &[u32]) -> Vec<i64> {
    let mut strides = vec![1; axes.len()];
    for k in (1..axes.len()).rev() {
        strides[k - 1] = strides[k] * i64::from(axes[k]);
    }
    strides
}

/// The position of `at` in an array with these strides.
pub fn strided(at: &[Index], strides: &[i64]) -> Index {
    let terms = at.iter().zip(strides);
    terms.fold(Index::lit(0), |sum, (index, &s)| sum.plus(&index.times(s)))
}

/// The inverse of [`flatten`].
pub fn unflatten(flat: &Index, axes: &[u32], extents: &Extents) -> Vec<Index> {
    let mut at = Vec::with_capacity(axes.len());
    let mut stride: i64 = axes.iter().map(|&n| i64::from(n)).product();
    if stride == 0 {
        return vec![Index::lit(0); axes.len()];
    }
    for (k, &n) in axes.iter().enumerate() {
        stride /= i64::from(n);
        let upper = if k == 0 {
            flat.clone()
        } else {
            flat.modulo(stride * i64::from(n), extents)
        };
        at.push(if stride == 1 { upper } else { upper.div(stride, extents) });
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reshapes_cancel() {
        let extents = [Some(24), Some(3), Some(8)];
        let flat = Index::var(Var(0));
        let at = unflatten(&flat, &[3, 8], &extents);
        assert_eq!(flatten(&at, &[3, 8]), flat);
        let flat = flatten(&[Index::var(Var(1)), Index::var(Var(2))], &[3, 8]);
        assert_eq!(
            unflatten(&flat, &[3, 8], &extents),
            [Index::var(Var(1)), Index::var(Var(2))]
        );
        assert_eq!(unflatten(&flat, &[6, 4], &extents)[1].stride(Var(1)), Some(0));
    }

    #[test]
    fn strides() {
        let v = Var(1);
        let index = Index::var(v).times(3).plus(&Index::lit(2)).plus(&Index::var(Var(0)));
        assert_eq!(index.stride(v), Some(3));
        assert_eq!(Index::lookup(TableId(0), Index::var(v)).stride(v), None);
        assert_eq!(index.replace(v, &Index::lit(5)).shifted(-17), Index::var(Var(0)));
    }

    /// The value of an index of numbers.
    fn evaluated(index: &Index) -> i64 {
        let atom = |atom: &Atom| match atom {
            Atom::Div(x, Divisor::Lit(n)) => evaluated(x) / n,
            Atom::Mod(x, Divisor::Lit(n)) => evaluated(x) % n,
            other => panic!("{other:?} is no number"),
        };
        index.terms.iter().map(|(a, c)| c * atom(a)).sum::<i64>() + index.offset
    }

    #[test]
    fn digits_separate() {
        let v = Var(1);
        let extents = [None, Some(24)];
        let at = |axes: &[u32], strides: &[i64]| strided(&unflatten(&Index::var(v), axes, &extents), strides);
        // Every index is tried: it separates if and only if it takes 24 values, as far as digits show.
        let values = |index: &Index| {
            let number = |k| index.replace(v, &Index::lit(k));
            let mut all: Vec<i64> = (0..24).map(|k| evaluated(&number(k))).collect();
            all.sort_unstable();
            all.dedup();
            all.len()
        };
        for (axes, strides) in [
            (vec![24], vec![-5]),
            (vec![3, 8], vec![100, 2]),
            (vec![3, 8], vec![1, 3]),
            (vec![3, 8], vec![7, 1]),
            (vec![2, 3, 4], vec![4, 8, 1]),
            (vec![2, 3, 4], vec![12, 0, 1]),
            (vec![2, 3, 4], vec![1, 2, 6]),
        ] {
            let index = at(&axes, &strides);
            assert_eq!(index.separates(v, 24), values(&index) == 24, "{axes:?} {strides:?}");
        }
        let cut = Index::var(v).modulo(16, &extents);
        assert!(!cut.separates(v, 24) && cut.separates(v, 16));
        assert!(!Index::lookup(TableId(0), Index::var(v)).separates(v, 24));
    }
}
