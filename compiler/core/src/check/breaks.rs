//! Rule break: `const up: vector = break((0, 0, 1), to = H)`, the only way to write down what the group does not fix.
//!
//! What is made from it is natural jointly in it, as in an input. With the constant as it was written, what remains is H.

use super::{Checker, Env, R, Reported, Val};
use crate::diag::Diagnostic;
use crate::typed::{Break, TOp};
use crate::types::{Elem, Rep, Type};
use gdl_rep::{Group, stabilizer, witness};
use gdl_syntax::ast::{Const, Expr, ExprKind, Span};

/// `break(value, to = H)`.
pub(super) struct Call<'e> {
    value: Option<&'e Expr>,
    to: Option<&'e Expr>,
    span: Span,
}

impl<'e> Call<'e> {
    /// The parts of an expression that is such a call.
    pub(super) fn of(e: &'e Expr, env: &Env) -> Option<Call<'e>> {
        let ExprKind::Call { f, args } = &e.kind else {
            return None;
        };
        if !matches!(&f.kind, ExprKind::Name(n) if n == "break") || env.get("break").is_some() {
            return None;
        }
        let (value, to) = match args.as_slice() {
            [v, h] if v.name.is_none() && h.name.as_ref().is_some_and(|n| n.name == "to") => {
                (Some(&v.value), Some(&h.value))
            }
            [v] if v.name.is_none() => (Some(&v.value), None),
            _ => (None, None),
        };
        Some(Call {
            value,
            to,
            span: e.span,
        })
    }
}

impl Checker<'_> {
    /// A constant that the group does not fix, with the subgroup that does.
    pub(super) fn break_constant(&mut self, c: &Const, call: &Call<'_>, env: &mut Env) -> R<Val> {
        let ty = self.eval(&c.ty, env)?;
        let Some(ty) = ty.to_type() else {
            return Err(self.error("GDL0111", "a type is needed here", c.ty.span, ty.describe()));
        };
        let (Some(value), Some(to)) = (call.value, call.to) else {
            let shown = self.show(&ty);
            return Err(self.report(
                Diagnostic::error(
                    "GDL0111",
                    "`break` has a value and a subgroup",
                    call.span,
                    "which symmetry is left?",
                )
                .help(format!(
                    "Write `break(value, to = H)`; what fixes a value of a group G is `stabilizer(G, {shown}, value)`."
                )),
            ));
        };
        let rep = self.broken_rep(&ty, c.ty.span)?;
        let data = self.exact_numbers(value, env)?;
        let remains = self.group_named(to, env)?;
        let remains = match self.written_in(&rep, data.len(), value.span)? {
            Some((group, known)) if group != Group::Trivial => {
                self.what_remains(&known, &data, &remains, value.span, to.span)?
            }
            _ => Group::Trivial,
        };
        let b = Break {
            name: c.name.name.clone(),
            ty: ty.clone(),
            value: data,
            remains,
            span: call.span,
        };
        let same = |o: &Break| o.span == b.span && o.ty.same(&b.ty) && o.value == b.value;
        let k = self.model.breaks.iter().position(same).unwrap_or_else(|| {
            self.model.breaks.push(b);
            self.model.breaks.len() - 1
        });
        Ok(Val::Node(self.add(TOp::Break(k as u32), ty, &[], call.span)))
    }

    /// The representation that all components of a written value form together.
    fn broken_rep(&mut self, ty: &Type, span: Span) -> R<Rep> {
        let mut copies = crate::types::Int::num(1);
        for set in &ty.sets {
            if self.abstract_mode && set.is_transparent() {
                continue;
            }
            let Some(n) = set.labels().filter(|_| set.is_transparent()) else {
                let (shown, moved) = (self.show_set(set), self.moved_element(set));
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0111",
                        format!("a value on `{shown}` cannot be written down"),
                        span,
                        "its elements have no names here",
                    )
                    .counterexample(moved)
                    .help("Constants are vectors of a representation, on static sets that nothing moves. An order of elements is data: declare a `seq`, or pass a signal as an input."),
                ));
            };
            copies = copies.mul(&crate::types::Int::num(i64::from(n))).unwrap_or(copies);
        }
        match &ty.elem {
            Elem::Rep(r) if r.as_hom().is_some() => Err(self.report(
                Diagnostic::error("GDL0111", "a linear map cannot be written down", span, "not a vector")
                    .help("Write the vectors that it is made from: `dot(up, x)`, `tensor(up, x)`."),
            )),
            Elem::Rep(r) if r.gauge.is_none() => Ok(r.times(&copies)),
            Elem::Point(d) => Ok(self.vector_rep(d).times(&copies)),
            Elem::Rep(_) => Err(self.report(
                Diagnostic::error(
                    "GDL0126",
                    "no vector can be written down in the fibres of a mesh",
                    span,
                    "its components mean something in a frame only",
                )
                .counterexample(Some(
                    "the frame of one vertex turned by 90°:  the same components are another vector".into(),
                ))
                .help("Nothing of the gauge would be left; pass the field as an input."),
            )),
            Elem::Index(_) => Err(self.error("GDL0111", "labels are not moved", span, "use it as it is")),
        }
    }

    /// The subgroup that a `break` says it leaves, if it fixes the value.
    fn what_remains(
        &mut self,
        rep: &gdl_rep::Rep,
        value: &[gdl_rep::Exact],
        to: &Group,
        value_span: Span,
        to_span: Span,
    ) -> R<Group> {
        let group = &rep.group;
        let remains = stabilizer::as_subgroup(group, to);
        let moved = remains.and_then(|h| Ok((witness::not_fixed_vector(&h, rep, value)?, h)));
        match moved {
            Ok((None, remains)) => Ok(remains),
            Ok((Some(c), remains)) => {
                let own = stabilizer::stabilizer(rep, value).ok().filter(|own| *own != remains);
                let own = own.map_or_else(String::new, |h| format!("; what fixes it is {h}"));
                Err(self.report(
                Diagnostic::error(
                    "GDL0160",
                    format!("{remains} does not fix this value"),
                    value_span,
                    format!("moved by what is said to remain{own}"),
                )
                .label(to_span, format!("{remains}"))
                .counterexample(Some(super::shown::moved(&c)))
                .note("What remains of a symmetry after a constant is written down is a subgroup that fixes the constant.")
                .help(format!(
                    "Name its stabiliser, `to = stabilizer({group}, {rep}, value)`, or a subgroup that lies in it."
                )),
            ))
            }
            Err(e) => Err(self.error(
                "GDL0116",
                format!("this is no subgroup of {group}"),
                to_span,
                e.to_string(),
            )),
        }
    }

    pub(super) fn break_out_of_place(&mut self, span: Span) -> Reported {
        self.report(
            Diagnostic::error(
                "GDL0111",
                "`break` is the value of a constant with a type",
                span,
                "of which representation?",
            )
            .help("Write `const up: vector = break((0, 0, 1), to = H)`."),
        )
    }
}
