//! Matrices of an irreducible character from one vector.
//!
//! Let λ be a one-dimensional character of a subgroup H that occurs exactly once in χ restricted to H, and v the unit vector
//! with h v = λ(h) v. Then ⟨v, x v⟩ = s(x) = Σ_h λ̄(h) χ(xh) / |H| is known exactly from the character alone. With elements
//! m_1, …, m_d whose vectors m_i v are a basis, the matrix of g is L⁻¹ S(g) L⁻* where S(g)_ij = s(m_i⁻¹ g m_j) and
//! S(1) = L L*. (J. D. Dixon, *Constructing representations of finite groups*, DIMACS 11 (1993).) Where H has index d the
//! representation is induced from λ, the basis is orthonormal and the matrices are monomial.

use super::complex::Complex;
use super::linear_characters::LinearCharacters;
use super::listed::Finite;
use super::members::Members;
use super::table::{CharacterTable, Kind, RealCharacter};
use crate::exact::Exact;
use crate::stop;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;

/// A subgroup with its one-dimensional characters.
pub(super) struct Candidate {
    pub members: Members,
    linear: OnceLock<LinearCharacters>,
}

impl Candidate {
    pub fn new(members: Members) -> Candidate {
        Candidate {
            members,
            linear: OnceLock::new(),
        }
    }

    fn linear(&self, group: &Finite) -> &LinearCharacters {
        self.linear.get_or_init(|| {
            let derived = self.members.derived(group);
            LinearCharacters::new(group, &self.members.ascending(), derived.list())
        })
    }
}

/// A vector of an irreducible character, fixed by a subgroup up to a character.
pub(super) struct Vector<'a> {
    group: &'a Finite,
    table: &'a CharacterTable,
    row: usize,
    members: &'a Members,
    linear: &'a LinearCharacters,
    lambda: usize,
    known: RefCell<HashMap<u32, Complex>>,
}

/// A vector longer than this, after what is known of it is taken away, is independent.
const INDEPENDENT: f64 = 1e-2;

impl<'a> Vector<'a> {
    /// The vectors that a subgroup has in an irreducible character.
    pub fn all(
        group: &'a Finite,
        table: &'a CharacterTable,
        row: usize,
        candidate: &'a Candidate,
    ) -> impl Iterator<Item = Vector<'a>> {
        let linear = candidate.linear(group);
        (0..linear.values.len()).filter_map(move |lambda| {
            let vector = Vector {
                group,
                table,
                row,
                members: &candidate.members,
                linear,
                lambda,
                known: RefCell::default(),
            };
            vector.occurs_once().then_some(vector)
        })
    }

    fn occurs_once(&self) -> bool {
        let e = self.linear.exponent;
        let sum: f64 = self
            .members
            .list()
            .iter()
            .map(|&h| {
                let (re, im) = self.table.float(self.row, self.group.classes().of(h));
                let x = self.linear.exponent_at(self.lambda, h);
                let (sin, cos) = (std::f64::consts::TAU * x as f64 / e as f64).sin_cos();
                re * cos + im * sin
            })
            .sum();
        (sum / self.members.order() as f64 - 1.0).abs() < 1e-6
    }

    fn lambda(&self, h: u32) -> Complex {
        let linear = self.linear;
        Complex::root(linear.exponent_at(self.lambda, h), linear.exponent)
    }

    /// Is λ real, ±1 on every element?
    pub fn is_real(&self) -> bool {
        let linear = self.linear;
        let mut list = self.members.list().iter();
        list.all(|&h| (2 * linear.exponent_at(self.lambda, h)).is_multiple_of(linear.exponent))
    }

    /// s(x) = ⟨v, x v⟩.
    fn product(&self, x: u32) -> Complex {
        if let Some(&known) = self.known.borrow().get(&x) {
            return known;
        }
        let mut sum = Complex::ZERO;
        for &h in self.members.list() {
            let class = self.group.classes().of(self.group.product(x, h));
            let chi = Complex::new(self.table.exact(self.row, class));
            sum = sum.plus(chi.times(self.lambda(h).conjugate()));
        }
        let value = sum.scaled(Exact::ratio(1, self.members.order() as i64)).polish();
        self.known.borrow_mut().insert(x, value);
        value
    }

    /// ⟨a v, g b v⟩.
    fn between(&self, a: u32, g: u32, b: u32) -> Complex {
        let group = self.group;
        self.product(group.product(group.product(group.inverse(a), g), b))
    }

    /// One element of each coset xH, ascending.
    fn cosets(&self) -> Vec<u32> {
        let mut seen = vec![false; self.group.order()];
        let mut representatives = vec![];
        for x in 0..self.group.order() as u32 {
            stop::check();
            if !seen[x as usize] {
                representatives.push(x);
                for &h in self.members.list() {
                    seen[self.group.product(x, h) as usize] = true;
                }
            }
        }
        representatives
    }

    /// Elements that take the vector to an orthonormal basis, if there are some, found greedily.
    fn orthonormal(&self, cosets: &[u32], degree: usize) -> Option<Vec<u32>> {
        let mut basis = vec![];
        for &x in cosets {
            if basis.iter().all(|&m| self.between(m, 0, x).is_zero()) {
                basis.push(x);
                if basis.len() == degree {
                    return Some(basis);
                }
            }
        }
        None
    }

    /// Real orthogonal matrices of the generators for a real character with this χ in it; `None` if this vector does not
    /// give any.
    pub fn matrices(&self, character: &RealCharacter) -> Option<Vec<Vec<Exact>>> {
        let degree = self.table.degree(self.row);
        let cosets = self.cosets();
        if character.kind == Kind::Real && !self.is_real() {
            return self.paired(&cosets, degree);
        }
        let complex = match self.orthonormal(&cosets, degree) {
            Some(basis) => {
                let generators = self.group.generators().iter();
                generators.map(|&g| self.products(&basis, g)).collect()
            }
            None => self.orthonormalized(&cosets, degree)?,
        };
        Some(match character.kind {
            Kind::Real => complex.iter().map(|m| m.iter().map(|x| x.re).collect()).collect(),
            _ => complex.iter().map(|m| realified(m, degree)).collect(),
        })
    }

    /// The matrices in a basis made orthonormal by L⁻¹.
    fn orthonormalized(&self, cosets: &[u32], degree: usize) -> Option<Vec<Vec<Complex>>> {
        let mut basis: Vec<u32> = vec![];
        let mut lower: Vec<Vec<Complex>> = vec![];
        // Vectors with a pivot that has an exact root come first.
        for exact in [true, false] {
            for &x in cosets {
                if basis.len() == degree {
                    break;
                }
                let Some((row, square)) = self.next_row(&basis, &lower, x) else {
                    continue;
                };
                let pivot = square.sqrt();
                if exact && pivot.r.is_none() {
                    continue;
                }
                basis.push(x);
                lower.push(
                    [
                        row,
                        vec![Complex {
                            re: pivot,
                            im: Exact::ZERO,
                        }],
                    ]
                    .concat(),
                );
            }
        }
        if basis.len() < degree {
            return None;
        }
        let solve = |columns: Vec<Complex>| forward(&lower, &columns, degree);
        let matrices = self.group.generators().iter().map(|&g| {
            let s: Vec<Complex> = self.products(&basis, g);
            // L⁻¹ S, then (L⁻¹ (L⁻¹ S)*)*
            let half = adjoint(&solve(s), degree);
            adjoint(&solve(half), degree).into_iter().map(Complex::polish).collect()
        });
        Some(matrices.collect())
    }

    /// S(g): the inner products ⟨m_i v, g m_j v⟩.
    fn products(&self, basis: &[u32], g: u32) -> Vec<Complex> {
        basis
            .iter()
            .flat_map(|&a| basis.iter().map(move |&b| self.between(a, g, b)))
            .collect()
    }

    /// The new row of L for one more vector, and the square of its last entry; `None` if the vector depends on the others.
    fn next_row(&self, basis: &[u32], lower: &[Vec<Complex>], x: u32) -> Option<(Vec<Complex>, Exact)> {
        // L_ij = (S_ij − Σ_k L_ik L̄_jk) / L_jj
        let mut row: Vec<Complex> = vec![];
        let mut square = Exact::ONE;
        for (j, &b) in basis.iter().enumerate() {
            let mut entry = self.between(x, 0, b);
            for k in 0..j {
                entry = entry.minus(row[k].times(lower[j][k].conjugate()));
            }
            let entry = entry.scaled(Exact::ONE / lower[j][j].re);
            square = square - entry.re * entry.re - entry.im * entry.im;
            row.push(entry);
        }
        (square.f > INDEPENDENT).then_some((row, square))
    }

    /// For a real χ and a λ that is not real: real matrices from pairs of vectors m v, m t v, where t turns λ into λ̄.
    ///
    /// The antiunitary map J with J² = 1 that commutes with the group takes v to t v up to a phase that can be chosen to be
    /// one; (v + tv)/√2 and (v − tv)/(i√2) are real.
    fn paired(&self, cosets: &[u32], degree: usize) -> Option<Vec<Vec<Exact>>> {
        let group = self.group;
        let members = self.members;
        let swaps = |t: u32| {
            members.is_normalized_by(group, t)
                && members.list().iter().all(|&h| {
                    let x = self.linear.exponent_at(self.lambda, h);
                    let y = self.linear.exponent_at(self.lambda, group.conjugate(t, h));
                    (x + y).is_multiple_of(self.linear.exponent)
                })
                && self.product(t).is_zero()
                && self.product(group.product(t, t)).minus(Complex::ONE).is_zero()
        };
        let t = (0..group.order() as u32).find(|&t| swaps(t))?;
        let mut basis: Vec<u32> = vec![];
        for &m in cosets {
            let pair = [m, group.product(m, t)];
            let apart = |x: u32| basis.iter().all(|&b| self.between(b, 0, x).is_zero());
            if pair.iter().all(|&x| apart(x)) {
                basis.extend(pair);
            }
            if basis.len() == degree {
                break;
            }
        }
        if basis.len() != degree {
            return None;
        }
        let half = Exact::ratio(1, 2);
        let matrices = group.generators().iter().map(|&g| {
            let d = self.products(&basis, g);
            let mut real = vec![Exact::ZERO; degree * degree];
            for i in (0..degree).step_by(2) {
                for j in (0..degree).step_by(2) {
                    let at = |a: usize, b: usize| d[(i + a) * degree + j + b];
                    let (p, q, r, s) = (at(0, 0), at(0, 1), at(1, 0), at(1, 1));
                    // W* D W with W = [1, −i; 1, i]/√2; the imaginary parts of the result cancel.
                    let sums = [
                        p.plus(q).plus(r).plus(s).re,
                        p.minus(q).plus(r).minus(s).im,
                        r.plus(s).minus(p).minus(q).im,
                        p.minus(q).minus(r).plus(s).re,
                    ];
                    for (k, x) in sums.into_iter().enumerate() {
                        real[(i + k / 2) * degree + j + k % 2] = (half * x).polish();
                    }
                }
            }
            real
        });
        Some(matrices.collect())
    }
}

/// L⁻¹ X for a lower triangular L with real diagonal, X of `n` columns.
fn forward(lower: &[Vec<Complex>], x: &[Complex], n: usize) -> Vec<Complex> {
    let mut result: Vec<Complex> = vec![];
    for (i, row) in lower.iter().enumerate() {
        for j in 0..n {
            let mut entry = x[i * n + j];
            for (k, &l) in row[..i].iter().enumerate() {
                entry = entry.minus(l.times(result[k * n + j]));
            }
            result.push(entry.scaled(Exact::ONE / row[i].re));
        }
    }
    result
}

fn adjoint(x: &[Complex], n: usize) -> Vec<Complex> {
    (0..n * n).map(|at| x[at % n * n + at / n].conjugate()).collect()
}

/// Each entry a + ib as the block \[\[a, −b\], \[b, a\]\].
fn realified(m: &[Complex], d: usize) -> Vec<Exact> {
    let n = 2 * d;
    (0..n * n)
        .map(|at| {
            let (i, j) = (at / n, at % n);
            let entry = m[i / 2 * d + j / 2];
            match (i % 2, j % 2) {
                (0, 1) => -entry.im,
                (1, 0) => entry.im,
                _ => entry.re,
            }
        })
        .collect()
}
