//! Literal domains and signals: what tests and the prompt write in place of data.
//!
//! They come in through the door, as inputs with their data beside them, so nothing that is checked of models is waived for them.

mod domains;
mod signals;
mod solids;

pub(crate) use signals::is_list;

use super::{Checker, Reported};
use crate::diag::Diagnostic;
use crate::scene::{Elements, Given};
use crate::types::{DomainId, DomainKind};
use gdl_syntax::ast::{Expr, ExprKind, Span};

/// The most elements of a literal domain.
const MOST: usize = 1 << 20;

/// What was written in place of data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Literals {
    /// The elements of domains.
    pub places: Vec<(DomainId, Elements)>,
    /// The data of the inputs, in order.
    pub data: Vec<Given>,
}

impl Literals {
    /// The written elements of a domain.
    pub fn of(&self, d: DomainId) -> Option<&Elements> {
        self.places.iter().find(|(e, _)| *e == d).map(|(_, e)| e)
    }
}

impl Checker<'_> {
    /// The elements of a domain: as written, or the cells of a grid that follows from a written one.
    pub(crate) fn elements_of(&self, d: DomainId) -> Option<Elements> {
        let DomainKind::Coarse {
            of,
            window,
            stride,
            pad,
        } = &self.domain(d).kind
        else {
            return self.literals.as_ref()?.of(d).cloned();
        };
        let Elements::Extents(sides) = self.elements_of(*of)? else {
            return None;
        };
        let (w, s, p) = (window.value()?, stride.value()?, pad.value()?);
        let coarse = |n: &u32| u32::try_from((i64::from(*n) + 2 * p - w) / s + 1).ok();
        sides.iter().map(coarse).collect::<Option<_>>().map(Elements::Extents)
    }

    fn literals_only_in_tests(&mut self, what: &str, span: Span) -> Reported {
        self.report(
            Diagnostic::error(
                "GDL0170",
                format!("{what} stands in tests and at the prompt"),
                span,
                "a model does not know its data",
            )
            .note("The elements of a domain come in through the door; a program that writes them down would name what the symmetry moves.")
            .help("Declare the domain in the signature: `model M(g: graph, …)`."),
        )
    }
}

/// The entries of a list, or of a tuple without names.
fn args_of(e: &Expr) -> Option<Vec<&Expr>> {
    match &e.kind {
        ExprKind::List(items) => Some(items.iter().collect()),
        ExprKind::Tuple(args) if args.iter().all(|a| a.name.is_none()) => Some(args.iter().map(|a| &a.value).collect()),
        _ => None,
    }
}
