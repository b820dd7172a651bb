//! Character tables by the method of Burnside and Dixon.
//!
//! The central characters ω_χ(C) = |C|χ(C)/χ(1) are the common eigenvectors of the class matrices. One random combination
//! of these is diagonalised over a prime field F_q with q ≡ 1 modulo the exponent of the group: its minimal polynomial is
//! found from a sequence (Wiedemann), its roots are the eigenvalues, and each eigenvector is a combination of the same
//! sequence of vectors. Linear characters are found first and divided out. The values are lifted to sums of roots of unity by
//! counting eigenvalues, which are integers between 0 and χ(1) < q.
//! (J. D. Dixon, *High speed computation of group characters*, Numer. Math. 10 (1967); W. Burnside 1911.)

use super::classes::Classes;
use super::field::Field;
use super::linear_characters::LinearCharacters;
use super::listed::Finite;
use super::members::Members;
use crate::error::Error;
use crate::random::Random;
use crate::recurrence::{PrimeField, minimal_polynomial};
use crate::stop;

/// Tables have at most this many classes.
pub const MAX_CLASSES: usize = 1200;

/// Counting products of classes takes at most this many products.
const MAX_PRODUCTS: usize = 1 << 28;

/// Random choices that may fail, each with probability below 1/1000.
const ATTEMPTS: usize = 20;

/// A character by its eigenvalues: for each class of elements of order o, pairs (j, m): m eigenvalues ζ_o^j.
pub(super) type Eigenvalues = Vec<Vec<(u32, u32)>>;

/// All irreducible characters, the linear ones first, the trivial one at the head.
pub(super) fn characters(group: &Finite) -> Result<Vec<Eigenvalues>, Error> {
    let classes = group.classes();
    let (n, k) = (group.order(), classes.len());
    if k > MAX_CLASSES {
        return Err(Error::TooLarge(format!(
            "{} has {k} conjugacy classes; character tables have at most {MAX_CLASSES}",
            group.group()
        )));
    }
    let whole = Members::whole(group);
    let derived = whole.derived(group);
    let linear = LinearCharacters::new(group, &whole.ascending(), derived.list());
    let mut found: Vec<Eigenvalues> = (0..linear.values.len())
        .map(|chi| linear_eigenvalues(classes, &linear, chi))
        .collect();
    if found.len() == k {
        return Ok(found);
    }
    if n.saturating_mul(k) > MAX_PRODUCTS {
        return Err(Error::TooLarge(format!(
            "the character table of {} needs {n}·{k} products; at most {MAX_PRODUCTS} are made",
            group.group()
        )));
    }
    let exponent = classes
        .orders()
        .iter()
        .fold(1, |e, &o| num_integer::lcm(e, u64::from(o)));
    let too_large = || Error::TooLarge(format!("the exponent {exponent} of {} is too large", group.group()));
    let field = Field::with_roots(exponent).ok_or_else(too_large)?;
    let solver = Solver {
        group,
        classes,
        field,
        zeta: field.root_of_unity(exponent),
        exponent,
    };
    found.extend(solver.nonlinear(&linear)?);
    Ok(found)
}

fn linear_eigenvalues(classes: &Classes, linear: &LinearCharacters, chi: usize) -> Eigenvalues {
    let value = |(class, members): (usize, &Vec<u32>)| {
        let order = u64::from(classes.orders()[class]);
        let x = linear.exponent_at(chi, members[0]);
        // ζ_e^x has order dividing `order`
        vec![((x * order / linear.exponent) as u32, 1)]
    };
    classes.members().iter().enumerate().map(value).collect()
}

struct Solver<'a> {
    group: &'a Finite,
    classes: &'a Classes,
    field: Field,
    zeta: u64,
    exponent: u64,
}

impl Solver<'_> {
    fn size(&self, class: usize) -> u64 {
        self.classes.members()[class].len() as u64 % self.field.q
    }

    /// The characters of degree above one.
    fn nonlinear(&self, linear: &LinearCharacters) -> Result<Vec<Eigenvalues>, Error> {
        let k = self.classes.len();
        let mut random = Random(1);
        for _ in 0..ATTEMPTS {
            let matrix = self.class_matrix(&mut random);
            let start = self.without_linear(linear, &mut random);
            let Some(vectors) = self.eigenvectors(&matrix, start, k - linear.values.len(), &mut random) else {
                continue;
            };
            let found: Option<Vec<Eigenvalues>> = vectors.iter().map(|w| self.lift(w)).collect();
            if let Some(found) = found {
                return Ok(found);
            }
        }
        Err(Error::Invalid(format!(
            "the class matrices of {} could not be diagonalised",
            self.group.group()
        )))
    }

    /// Σ_j c_j M_j with random c: entry (i, l) counts the products x·y = z_l, x of class j, y of class i, with weight c_j.
    fn class_matrix(&self, random: &mut Random) -> Vec<u64> {
        let k = self.classes.len();
        let weights: Vec<u64> = (0..k).map(|_| random.below(self.field.q)).collect();
        let mut matrix = vec![0u64; k * k];
        for (l, members) in self.classes.members().iter().enumerate() {
            let z = members[0];
            stop::check();
            for x in 0..self.group.order() as u32 {
                let y = self.group.product(self.group.inverse(x), z);
                let entry = &mut matrix[self.classes.of(y) * k + l];
                *entry = self.field.add(*entry, weights[self.classes.of(x)]);
            }
        }
        matrix
    }

    /// A random combination of the central characters of degree above one.
    fn without_linear(&self, linear: &LinearCharacters, random: &mut Random) -> Vec<u64> {
        let (k, f) = (self.classes.len(), self.field);
        let mut v: Vec<u64> = (0..k).map(|_| random.below(f.q)).collect();
        let over = f.inv(self.group.order() as u64 % f.q);
        // The values are roots of unity of our exponent.
        let power = |x: u64| f.pow(self.zeta, x * self.exponent / linear.exponent);
        for chi in 0..linear.values.len() {
            let values: Vec<u64> = self
                .classes
                .members()
                .iter()
                .map(|members| power(linear.exponent_at(chi, members[0])))
                .collect();
            let conjugate = (0..k).map(|l| values[self.classes.power(l, -1)]);
            let coefficient = conjugate.zip(&v).fold(0, |sum, (a, &b)| f.add(sum, f.mul(a, b)));
            let coefficient = f.mul(coefficient, over);
            for (l, entry) in v.iter_mut().enumerate() {
                let omega = f.mul(self.size(l), values[l]);
                *entry = f.sub(*entry, f.mul(coefficient, omega));
            }
        }
        v
    }

    /// The eigenvectors in the span of the images of `start`, if there are `count` of them.
    fn eigenvectors(
        &self,
        matrix: &[u64],
        start: Vec<u64>,
        count: usize,
        random: &mut Random,
    ) -> Option<Vec<Vec<u64>>> {
        let (k, f) = (self.classes.len(), self.field);
        let functional: Vec<u64> = (0..k).map(|_| random.below(f.q)).collect();
        let mut images = vec![start];
        let mut sequence = vec![];
        for t in 0..2 * count {
            stop::check();
            sequence.push(f.dot(&functional, &images[t]));
            let next = matrix.chunks(k).map(|row| f.dot(row, &images[t])).collect();
            images.push(next);
        }
        let minimal = minimal_polynomial(f, &sequence);
        if minimal.len() != count + 1 {
            return None;
        }
        let roots = f.roots(&minimal, random);
        let mut vectors = vec![];
        for root in roots {
            // The quotient of the minimal polynomial by x − root, by Horner's rule from the top.
            let mut vector = vec![0u64; k];
            let mut c = 0;
            for t in (0..count).rev() {
                c = f.add(minimal[t + 1], f.mul(c, root));
                for (entry, &x) in vector.iter_mut().zip(&images[t]) {
                    *entry = f.add(*entry, f.mul(c, x));
                }
            }
            let scale = f.inv(vector[0]);
            if vector[0] == 0 {
                return None;
            }
            for entry in &mut vector {
                *entry = f.mul(*entry, scale);
            }
            vectors.push(vector);
        }
        (vectors.len() == count).then_some(vectors)
    }

    /// The character of a central character, as eigenvalues; `None` if this is none.
    fn lift(&self, omega: &[u64]) -> Option<Eigenvalues> {
        let (k, f, n) = (self.classes.len(), self.field, self.group.order() as u64);
        // Σ ω(C) ω(C⁻¹)/|C| = |G|/χ(1)²
        let norm = (0..k).fold(0, |sum, l| {
            let pair = f.mul(omega[l], omega[self.classes.power(l, -1)]);
            f.add(sum, f.mul(pair, f.inv(self.size(l))))
        });
        let square = f.mul(n % f.q, f.inv(norm));
        let degree = (1..).take_while(|d| d * d <= n).find(|d| d * d == square)?;
        let values: Vec<u64> = (0..k)
            .map(|l| f.mul(f.mul(omega[l], degree), f.inv(self.size(l))))
            .collect();
        let mut lifted: Vec<Option<Vec<(u32, u32)>>> = vec![None; k];
        let mut by_order: Vec<usize> = (0..k).collect();
        by_order.sort_by_key(|&l| std::cmp::Reverse(self.classes.orders()[l]));
        for l in by_order {
            stop::check();
            if lifted[l].is_some() {
                continue;
            }
            let order = self.classes.orders()[l];
            let along: Vec<u64> = (0..i64::from(order))
                .map(|t| values[self.classes.power(l, t)])
                .collect();
            let back = f.inv(f.pow(self.zeta, self.exponent / u64::from(order)));
            let scale = f.inv(u64::from(order));
            let mut eigenvalues = vec![];
            let mut total = 0;
            for j in 0..order {
                let root = f.pow(back, u64::from(j));
                // Horner: Σ_t χ(g^t) ζ^{−jt}
                let sum = along.iter().rev().fold(0, |sum, &x| f.add(f.mul(sum, root), x));
                let m = f.mul(sum, scale);
                if m > degree {
                    return None;
                }
                if m > 0 {
                    eigenvalues.push((j, m as u32));
                    total += m;
                }
            }
            if total != degree {
                return None;
            }
            for t in 0..i64::from(order) {
                let class = self.classes.power(l, t);
                let smaller = self.classes.orders()[class];
                lifted[class].get_or_insert_with(|| {
                    // (ζ_o^j)^t as a power of ζ_o′, o′ the order of g^t
                    let mut counts = std::collections::BTreeMap::new();
                    for &(j, m) in &eigenvalues {
                        let power = u64::from(j) * t as u64 % u64::from(order);
                        *counts
                            .entry((power * u64::from(smaller) / u64::from(order)) as u32)
                            .or_insert(0) += m;
                    }
                    counts.into_iter().collect()
                });
            }
        }
        lifted.into_iter().collect()
    }
}
