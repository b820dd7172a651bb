//! Invariant forms and duals.
//!
//! A representation is *orthogonal* if its matrices are, in the basis it is given in: then Σ x_k² is invariant and the representation
//! is its own dual. Representations of SO(p, q) keep an indefinite form Σ ±x_k² instead, those of SL(n) and Sp(n) in general
//! none that is symmetric.

use crate::group::Group;
use crate::lie::highest;
use crate::matrices::{multisets, subsets};
use crate::rep::{Atom, Label, MAX_DIM, Rep};

impl Group {
    /// Are all representations that can be built for it orthogonal?
    fn is_orthogonal(&self) -> bool {
        match self {
            Group::Linear(group) => group.is_orthogonal(),
            Group::Product(factors) => factors.iter().all(Group::is_orthogonal),
            _ => true,
        }
    }
}

impl Atom {
    /// Are its matrices orthogonal?
    pub fn is_orthogonal(&self, group: &Group) -> bool {
        if group.is_orthogonal() {
            return true;
        }
        match self {
            Atom::Irrep(Label::Weight(_)) => false,
            Atom::Trivial | Atom::Irrep(_) | Atom::Regular | Atom::Quotient(_) | Atom::PermDefining => true,
            Atom::Vector(_) | Atom::Tensor { .. } => false,
            Atom::Kron(a, b) | Atom::Hom(a, b) => a.is_orthogonal() && b.is_orthogonal(),
            Atom::Sym(a, _) | Atom::Alt(a, _) | Atom::Dual(a) | Atom::Restrict(a) => a.is_orthogonal(),
            Atom::Outer(parts) => match group {
                Group::Product(factors) => factors.iter().zip(parts).all(|(g, a)| a.is_orthogonal(g)),
                _ => false,
            },
        }
    }

    /// The signs of the invariant form Σ ±x_k² in its basis, if it has one that is known: all +1 if it is orthogonal. `None` for
    /// atoms that are too large.
    pub fn form(&self, group: &Group) -> Option<Vec<i8>> {
        let dim = self.dim(group);
        if dim > MAX_DIM {
            return None;
        }
        if self.is_orthogonal(group) {
            return Some(vec![1; dim]);
        }
        let product = |a: &[i8], b: &[i8]| -> Vec<i8> { a.iter().flat_map(|x| b.iter().map(move |y| x * y)).collect() };
        let monomials = |signs: &[i8], list: Vec<Vec<usize>>| -> Vec<i8> {
            list.iter().map(|m| m.iter().map(|&i| signs[i]).product()).collect()
        };
        match self {
            Atom::Vector(_) => match group {
                Group::Linear(group) => group.form().map(<[i8]>::to_vec),
                _ => None,
            },
            Atom::Irrep(Label::Weight(w)) => highest::form(w),
            Atom::Kron(a, b) => Some(product(&a.form()?, &b.form()?)),
            Atom::Hom(a, b) => Some(product(&b.form()?, &a.form()?)),
            Atom::Sym(a, k) => Some(monomials(&a.form()?, multisets(a.dim(), *k as usize))),
            Atom::Alt(a, k) => Some(monomials(&a.form()?, subsets(a.dim(), *k as usize))),
            Atom::Dual(a) | Atom::Restrict(a) => a.form(),
            Atom::Outer(parts) => match group {
                Group::Product(factors) => factors.iter().zip(parts).try_fold(vec![1], |signs, (factor, part)| {
                    Some(product(&signs, &part.form(factor)?))
                }),
                _ => None,
            },
            _ => None,
        }
    }

    /// The dual, ρ(g⁻¹)ᵀ in the same basis: of an orthogonal atom the atom itself.
    pub fn dual(&self, group: &Group) -> Atom {
        if self.is_orthogonal(group) {
            return self.clone();
        }
        let boxed = |rep: &Rep| Box::new(rep.dual());
        match self {
            Atom::Dual(rep) => match rep.blocks.as_slice() {
                [(1, atom)] => atom.clone(),
                _ => Atom::Dual(boxed(rep)),
            },
            Atom::Kron(a, b) => Atom::Kron(boxed(a), boxed(b)),
            Atom::Hom(a, b) => Atom::Hom(boxed(a), boxed(b)),
            Atom::Sym(a, k) => Atom::Sym(boxed(a), *k),
            Atom::Alt(a, k) => Atom::Alt(boxed(a), *k),
            Atom::Restrict(a) => Atom::Restrict(boxed(a)),
            Atom::Outer(parts) => match group {
                Group::Product(factors) => Atom::Outer(factors.iter().zip(parts).map(|(g, a)| a.dual(g)).collect()),
                _ => self.clone(),
            },
            other => Atom::Dual(Box::new(Rep {
                group: group.clone(),
                blocks: vec![(1, other.clone())],
            })),
        }
    }
}

impl Rep {
    /// Are its matrices orthogonal?
    pub fn is_orthogonal(&self) -> bool {
        self.blocks.iter().all(|(_, atom)| atom.is_orthogonal(&self.group))
    }

    /// The signs of the invariant form Σ ±x_k² in its basis, if it has one that is known.
    pub fn form(&self) -> Option<Vec<i8>> {
        let mut signs = vec![];
        for (copies, atom) in &self.blocks {
            let own = atom.form(&self.group)?;
            (0..*copies).for_each(|_| signs.extend_from_slice(&own));
        }
        Some(signs)
    }

    /// The dual, block by block.
    pub fn dual(&self) -> Rep {
        Rep {
            group: self.group.clone(),
            blocks: self
                .blocks
                .iter()
                .map(|(n, atom)| (*n, atom.dual(&self.group)))
                .collect(),
        }
    }
}
