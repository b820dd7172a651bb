//! Representations as the checker sees them: ordered lists of (multiplicity, atom) in which names may still be unknown.

use super::{Int, Space};
use gdl_rep::{Atom as Known, Group};
use std::fmt;

/// What is known about an abstract representation: the operations that its kind allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RepKind {
    /// Linear operations only.
    Any,
    /// An orthogonal representation: also `dot`, `norm2`.
    Orth,
    /// Acts by permutations: also componentwise functions and extrema.
    Perm,
    /// Trivial copies: anything.
    Scalars,
}

/// An indecomposable part as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Atom {
    /// A representation of the model's group (or, in [`Rep::gauge`], of a gauge group).
    Known(Known),
    /// An unknown of an abstract layer.
    Var {
        /// Its name in the signature.
        name: String,
        /// What may be done with it.
        kind: RepKind,
    },
    /// The standard representation on R^d of a group not known yet.
    Vector(Int),
    /// Several blocks repeated together, as in `heads x (8x0e + 4x1o)`.
    Sum(Rep),
    /// `hom(a, b)`: linear maps from a to b.
    Hom(Box<Rep>, Box<Rep>),
    /// `a * b`, Kronecker basis.
    Kron(Box<Rep>, Box<Rep>),
    /// k trivial copies that are coordinates of a fixed element of a space.
    Fixed(Box<Space>),
}

/// A representation: blocks in order, adjacent equal atoms merged, never sorted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Rep {
    blocks: Vec<(Int, Atom)>,
    /// The mesh in whose fibres it lives; `None` for a representation of the model's group.
    pub gauge: Option<u32>,
}

impl Rep {
    /// `n` copies of an atom.
    pub fn atom(n: Int, atom: Atom) -> Rep {
        Rep::from_blocks(vec![(n, atom)], None)
    }

    /// `n` trivial copies.
    pub fn scalars(n: i64) -> Rep {
        Rep::atom(Int::num(n), Atom::Known(Known::Trivial))
    }

    /// Blocks in order; empty ones dropped, neighbours merged. Invariants have no gauge.
    pub fn from_blocks(list: Vec<(Int, Atom)>, gauge: Option<u32>) -> Rep {
        let mut blocks: Vec<(Int, Atom)> = Vec::new();
        for (n, atom) in list {
            if n.is(0) {
                continue;
            }
            match blocks.last_mut() {
                Some((m, last)) if *last == atom && !matches!(atom, Atom::Fixed(_)) => {
                    *m = m.add(&n).unwrap_or_default()
                }
                _ => blocks.push((n, atom)),
            }
        }
        let rep = Rep { blocks, gauge: None };
        // Invariants lie in no fibre.
        let gauge = gauge.filter(|_| !rep.is_trivial());
        Rep { gauge, ..rep }
    }

    /// The same blocks in the fibres of a mesh.
    pub fn in_gauge(&self, mesh: u32) -> Rep {
        let inner = |r: &Rep| Box::new(r.in_gauge(mesh));
        let atom = |a: &Atom| match a {
            Atom::Sum(r) => Atom::Sum(r.in_gauge(mesh)),
            Atom::Hom(a, b) => Atom::Hom(inner(a), inner(b)),
            Atom::Kron(a, b) => Atom::Kron(inner(a), inner(b)),
            other => other.clone(),
        };
        let blocks = self.blocks.iter().map(|(n, a)| (n.clone(), atom(a))).collect();
        Rep::from_blocks(blocks, Some(mesh))
    }

    /// Its blocks.
    pub fn blocks(&self) -> &[(Int, Atom)] {
        &self.blocks
    }

    /// The direct sum; gauges must agree (a representation without blocks or with trivial ones only agrees with any).
    pub fn plus(&self, other: &Rep) -> Rep {
        Rep::from_blocks(
            [self.blocks.as_slice(), other.blocks.as_slice()].concat(),
            self.gauge.or(other.gauge),
        )
    }

    /// `n x self`.
    pub fn times(&self, n: &Int) -> Rep {
        if let [(m, atom)] = self.blocks.as_slice()
            && m.is(1)
        {
            return Rep::from_blocks(vec![(n.clone(), atom.clone())], self.gauge);
        }
        if n.is(1) {
            return self.clone();
        }
        Rep {
            blocks: vec![(n.clone(), Atom::Sum(self.clone()))],
            gauge: self.gauge,
        }
    }

    /// The normal form by which representations are equal: compound blocks multiplied out where that needs no reordering.
    pub fn flat(&self) -> Rep {
        let mut out = Vec::new();
        for (n, atom) in &self.blocks {
            match atom {
                Atom::Sum(inner) => {
                    let inner = inner.flat();
                    match (inner.blocks.as_slice(), n.value()) {
                        ([(m, a)], _) => out.push((m.mul(n).unwrap_or_default(), a.clone())),
                        (many, Some(k)) if k * (many.len() as i64) <= 4096 => {
                            for _ in 0..k {
                                out.extend(many.iter().cloned());
                            }
                        }
                        _ => out.push((n.clone(), Atom::Sum(inner))),
                    }
                }
                other => out.push((n.clone(), other.clone())),
            }
        }
        Rep::from_blocks(out, self.gauge)
    }

    /// Equality of representations.
    pub fn same(&self, other: &Rep) -> bool {
        let (a, b) = (self.flat(), other.flat());
        a.blocks == b.blocks && (a.gauge == b.gauge || a.is_trivial())
    }

    /// If it is `n x V`: n and V. The outermost multiplicity is taken; a representation of several blocks is one copy of itself.
    pub fn copies(&self) -> (Int, Rep) {
        match self.blocks.as_slice() {
            [(n, Atom::Sum(inner))] => (n.clone(), inner.clone()),
            [(n, atom)] => (
                n.clone(),
                Rep {
                    blocks: vec![(Int::num(1), atom.clone())],
                    gauge: self.gauge,
                },
            ),
            _ => (Int::num(1), self.clone()),
        }
    }

    /// Whether it contains unknowns.
    pub fn is_abstract(&self) -> bool {
        self.blocks.iter().any(|(n, a)| {
            n.value().is_none()
                || match a {
                    Atom::Known(_) => false,
                    Atom::Var { .. } => true,
                    Atom::Vector(_) => true,
                    Atom::Sum(r) => r.is_abstract(),
                    Atom::Hom(a, b) | Atom::Kron(a, b) => a.is_abstract() || b.is_abstract(),
                    Atom::Fixed(s) => s.is_abstract(),
                }
        })
    }

    /// Whether every group element acts as the identity.
    pub fn is_trivial(&self) -> bool {
        self.blocks.iter().all(|(_, a)| match a {
            Atom::Known(k) => k.is_trivial(),
            Atom::Var { kind, .. } => *kind == RepKind::Scalars,
            Atom::Fixed(_) => true,
            Atom::Sum(r) => r.is_trivial(),
            Atom::Vector(_) => false,
            Atom::Hom(a, b) | Atom::Kron(a, b) => a.is_trivial() && b.is_trivial(),
        })
    }

    /// Whether the group permutes its basis.
    pub fn is_permutation(&self) -> bool {
        self.blocks.iter().all(|(_, a)| match a {
            Atom::Known(k) => k.is_permutation(),
            Atom::Var { kind, .. } => *kind >= RepKind::Perm,
            Atom::Fixed(_) => true,
            Atom::Sum(r) => r.is_permutation(),
            Atom::Vector(_) => false,
            Atom::Hom(a, b) | Atom::Kron(a, b) => a.is_permutation() && b.is_permutation(),
        })
    }

    /// Whether it has an invariant positive form in which its basis is orthonormal; `group` is the model's.
    pub fn is_orthogonal(&self, group: &Group) -> bool {
        self.blocks.iter().all(|(_, a)| match a {
            Atom::Var { kind, .. } => *kind >= RepKind::Orth,
            Atom::Sum(r) => r.is_orthogonal(group),
            Atom::Hom(a, b) | Atom::Kron(a, b) => a.is_orthogonal(group) && b.is_orthogonal(group),
            Atom::Known(k) => self.gauge.is_some() || k.is_orthogonal(group),
            Atom::Vector(_) | Atom::Fixed(_) => true,
        })
    }

    /// The dual representation, block by block: itself where it is orthogonal. Unknown ones stand for their duals.
    pub fn dual(&self, group: &Group) -> Rep {
        if self.is_orthogonal(group) {
            return self.clone();
        }
        let atom = |a: &Atom| match a {
            Atom::Known(k) => Atom::Known(k.dual(group)),
            Atom::Sum(r) => Atom::Sum(r.dual(group)),
            Atom::Hom(a, b) => Atom::Hom(Box::new(a.dual(group)), Box::new(b.dual(group))),
            Atom::Kron(a, b) => Atom::Kron(Box::new(a.dual(group)), Box::new(b.dual(group))),
            other => other.clone(),
        };
        let blocks = self.blocks.iter().map(|(n, a)| (n.clone(), atom(a))).collect();
        Rep::from_blocks(blocks, self.gauge)
    }

    /// Its dimension; an unknown `dim(a)` where it contains unknowns.
    pub fn dim(&self, group: &Group) -> Option<Int> {
        let mut total = Int::num(0);
        for (n, a) in &self.blocks {
            let d = match a {
                Atom::Known(k) => Int::num(i64::try_from(k.dim(group)).ok()?),
                Atom::Var { name, .. } => Int::var(&format!("dim({name})")),
                Atom::Vector(d) => d.clone(),
                Atom::Sum(r) => r.dim(group)?,
                Atom::Hom(a, b) | Atom::Kron(a, b) => a.dim(group)?.mul(&b.dim(group)?)?,
                Atom::Fixed(s) => Int::var(&format!("dim({s})")),
            };
            total = total.add(&n.mul(&d)?)?;
        }
        Some(total)
    }
}

impl fmt::Display for Rep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.blocks.is_empty() {
            return f.write_str("0");
        }
        for (k, (n, a)) in self.blocks.iter().enumerate() {
            if k > 0 {
                f.write_str(" + ")?;
            }
            match (a, n.value()) {
                (Atom::Known(Known::Trivial), _) => write!(f, "{n}")?,
                (Atom::Known(k), Some(m)) if super::known::is_irrep_of_o3(k) => write!(f, "{m}x{a}")?,
                (_, Some(1)) => write!(f, "{a}")?,
                (_, Some(m)) => write!(f, "{m} x {a}")?,
                (_, None) if n.single_unknown().is_some() => write!(f, "{n} x {a}")?,
                (_, None) => write!(f, "({n}) x {a}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Atom::Known(k) => f.write_str(&super::known::name(k)),
            Atom::Var { name, .. } => f.write_str(name),
            Atom::Vector(_) => f.write_str("vector"),
            Atom::Sum(r) => write!(f, "({r})"),
            Atom::Hom(a, b) => write!(f, "hom({a}, {b})"),
            Atom::Kron(a, b) => write!(f, "({a}) * ({b})"),
            Atom::Fixed(s) => write!(f, "fixed({s})"),
        }
    }
}
