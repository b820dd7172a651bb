//! Sizes: what is written down must fit into one row of an array.

use super::{Checker, R, Reported};
use crate::diag::Diagnostic;
use crate::lower::reps;
use crate::typed::NodeId;
use crate::types::{Elem, Int, Rep, Set, Type};
use gdl_syntax::ast::Span;

/// The most numbers in one row (`spec/ir.md`, section 1): the static axes and the components of one value together.
pub(crate) const MAX_ROW: u64 = u32::MAX as u64;

/// The largest multiplicity that can be written.
pub(crate) const MAX_COPIES: i64 = 1 << 20;

/// The most blocks of one representation.
const MAX_BLOCKS: usize = 4096;

/// Why a size is refused.
enum Misfit {
    Negative(i64),
    TooLarge,
}

impl Checker<'_> {
    /// A multiplicity that is written left of `x`.
    pub(super) fn copies_fit(&mut self, n: &Int, span: Span) -> R<()> {
        match n.value() {
            Some(v) if !(0..=MAX_COPIES).contains(&v) => {
                Err(self.out_of_bounds(span, &format!("multiplicities are 0 to {MAX_COPIES}")))
            }
            _ => Ok(()),
        }
    }

    /// The size of a transparent index set.
    pub(super) fn set_fits(&mut self, n: Int, span: Span) -> R<Int> {
        let got = self.axis(&n);
        self.refuse(got, span)?;
        Ok(n)
    }

    /// A representation, if a row can hold its vectors.
    pub(super) fn rep_fits(&mut self, rep: Rep, span: Span) -> R<Rep> {
        if rep.blocks().len() > MAX_BLOCKS {
            return Err(self.out_of_bounds(span, &format!("a representation has at most {MAX_BLOCKS} blocks")));
        }
        let got = self.row_len(&Type::rep(rep.clone()));
        self.refuse(got, span)?;
        Ok(rep)
    }

    /// A type, if a row can hold one of its values.
    pub(super) fn type_fits(&mut self, ty: Type, span: Span) -> R<Type> {
        let got = self.row_len(&ty);
        self.refuse(got, span)?;
        Ok(ty)
    }

    /// Reports a node whose values no row can hold, for the static indices on which it depends.
    pub(super) fn node_fits(&mut self, id: NodeId) {
        let node = self.node(id);
        let (ty, span) = (node.ty.clone(), node.span);
        let sets = node.deps.iter().map(|v| self.model.var(*v).set.clone());
        let sets: Vec<Set> = sets.chain(ty.sets.iter().cloned()).collect();
        let got = self.row_len(&ty.with_sets(sets));
        let _ = self.refuse(got, span);
    }

    fn refuse(&mut self, got: Result<Option<u64>, Misfit>, span: Span) -> R<()> {
        match got {
            Ok(_) => Ok(()),
            Err(Misfit::Negative(n)) => Err(self.out_of_bounds(span, &format!("{n} is negative"))),
            Err(Misfit::TooLarge) => Err(self.too_large(span)),
        }
    }

    /// The numbers in one row; `None` where it depends on unknowns.
    fn row_len(&self, ty: &Type) -> Result<Option<u64>, Misfit> {
        let mut total = match &ty.elem {
            Elem::Rep(r) => {
                for (n, _) in r.blocks() {
                    self.axis(n)?;
                }
                match r.dim(&reps::group_of(&self.model, r)) {
                    Some(d) => self.axis(&d)?,
                    None => return Err(Misfit::TooLarge),
                }
            }
            Elem::Point(d) => self.axis(d)?,
            Elem::Index(s) => self.elements(s)?,
        };
        for s in &ty.sets {
            total = match (total, self.elements(s)?) {
                (Some(a), Some(b)) => a
                    .checked_mul(b)
                    .filter(|n| *n <= MAX_ROW)
                    .map(Some)
                    .ok_or(Misfit::TooLarge)?,
                _ => None,
            };
        }
        Ok(total)
    }

    /// The number of elements of a static set, 1 for a set that is known at run time only.
    fn elements(&self, set: &Set) -> Result<Option<u64>, Misfit> {
        match set {
            Set::Range(n) => self.axis(n),
            Set::Enum(names) => Ok(Some(names.len() as u64)),
            Set::Points(r) => self.row_len(&Type::rep(r.clone())),
            Set::Window(d, n) => match self.axis(n)? {
                Some(n) => match n.checked_pow(reps::grid_rank(&self.model, *d)) {
                    Some(n) if n <= MAX_ROW => Ok(Some(n)),
                    _ => Err(Misfit::TooLarge),
                },
                None => Ok(None),
            },
            Set::Harmonic(_) | Set::Circle(_) | Set::Nodes(_) | Set::Edges(_) => Ok(Some(1)),
        }
    }

    fn axis(&self, n: &Int) -> Result<Option<u64>, Misfit> {
        match n.value() {
            None => Ok(None),
            Some(v) if v < 0 => Err(Misfit::Negative(v)),
            Some(v) if v as u64 > MAX_ROW => Err(Misfit::TooLarge),
            Some(v) => Ok(Some(v as u64)),
        }
    }

    /// A product or sum of sizes that is too large.
    pub(super) fn too_large(&mut self, span: Span) -> Reported {
        self.out_of_bounds(span, &format!("one value would have more than {MAX_ROW} numbers"))
    }

    fn out_of_bounds(&mut self, span: Span, label: &str) -> Reported {
        self.report(
            Diagnostic::error("GDL0124", "this size is out of bounds", span, label)
                .help("Write a smaller size; what is large at run time is a domain (`set`, `graph`, `grid`)."),
        )
    }
}
