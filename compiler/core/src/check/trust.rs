//! Rule trust: `trust f: S -> T = g` admits a function whose equivariance the rules do not show.
//!
//! Before: an argument of type S. The body of g sees its components as plain numbers, so every rule is met; its result is read as a vector
//! of T. After: a value of type T, flagged `numeric`, if f(ρ_S(h) x) = ρ_T(h) f(x) holds up to rounding for the generators of
//! the group and random elements h at random x. What is sampled is the function itself: a trusted function has no weights.

use super::env::CallArg;
use super::{Checker, Env, R, Val};
use crate::certify::numeric::sampled;
use crate::diag::Diagnostic;
use crate::lower::lower_model;
use crate::typed::{Input, NodeId, TOp};
use crate::types::{Elem, Rep, Type};
use gdl_rep::Group;
use gdl_syntax::ast::{BinOp, Expr, ExprKind, Ident, Span};

/// A declared function, and the module it was written in.
#[derive(Clone, Debug)]
pub struct Trusted {
    /// The module, for the names in its declaration.
    pub module: usize,
    /// Its name.
    pub name: Ident,
    /// `S -> T`.
    pub ty: Expr,
    /// The function.
    pub value: Expr,
}

/// The relative error up to which a function is taken for equivariant.
const TOLERANCE: f64 = 1e-8;

/// How deep functions on trust may call each other.
const DEEPEST: usize = 8;

impl Checker<'_> {
    /// `f(x)`, on every value of a signal.
    pub(super) fn call_trusted(&mut self, t: &Trusted, x: NodeId, x_span: Span, span: Span) -> R<NodeId> {
        let (from, to) = self.trusted_type(t)?;
        let residual = match self.trusted.iter().find(|(s, _)| *s == t.name.span) {
            Some((_, residual)) => *residual,
            None => {
                let residual = self.sample(t, &from, &to)?;
                self.trusted.push((t.name.span, residual));
                residual
            }
        };
        self.lift(&[x], span, &mut |c, args| {
            let have = c.node(args[0]).ty.clone();
            if !have.as_rep().is_some_and(|r| have.sets.is_empty() && r.same(&from)) {
                let shown = c.show(&have);
                return Err(c.report(
                    Diagnostic::error(
                        "GDL0101",
                        format!("the argument of `{}` has another type", t.name.name),
                        x_span,
                        format!("`{shown}`"),
                    )
                    .label(t.ty.span, format!("maps `{from}` to `{to}`")),
                ));
            }
            c.opaque(t, args[0], &to, residual, span)
        })
    }

    /// The declared representations.
    fn trusted_type(&mut self, t: &Trusted) -> R<(Rep, Rep)> {
        let ExprKind::Binary {
            op: BinOp::Arrow,
            lhs,
            rhs,
        } = &t.ty.kind
        else {
            return Err(self.report(
                Diagnostic::error("GDL0111", "a trusted function has a type", t.ty.span, "not `S -> T`")
                    .help("Write `trust f: S -> T = g` with representations S and T."),
            ));
        };
        let mut env = Env::new(t.module);
        let (from, to) = (self.eval_rep(lhs, &mut env)?, self.eval_rep(rhs, &mut env)?);
        Ok((from, to))
    }

    /// A call, as one of those that enclose this place.
    fn opaque(&mut self, t: &Trusted, x: NodeId, to: &Rep, residual: f64, span: Span) -> R<NodeId> {
        if self.trusting.contains(&t.name.span) || self.trusting.len() >= DEEPEST {
            return Err(self.report(
                Diagnostic::error(
                    "GDL0117",
                    format!("`{}` calls itself without end", t.name.name),
                    t.value.span,
                    format!("at most {DEEPEST} functions on trust may call each other"),
                )
                .help("Let it be a layer on plain numbers that does not call it."),
            ));
        }
        self.trusting.push(t.name.span);
        let out = self.body(t, x, to, residual, span);
        self.trusting.pop();
        out
    }

    /// The body on the components of a value.
    fn body(&mut self, t: &Trusted, x: NodeId, to: &Rep, residual: f64, span: Span) -> R<NodeId> {
        let since = NodeId(self.model.nodes.len() as u32);
        let numbers = self.components_of(x, span);
        let weights = (self.model.params.len(), self.model.stats.len(), self.randoms);
        let callee = self.eval(&t.value, &mut Env::new(t.module))?;
        let arg = CallArg {
            name: None,
            expr: None,
            val: Some(Val::Node(numbers)),
        };
        let out = self.apply_callee(&callee, vec![arg], t.value.span, span)?;
        let y = self.to_node(&out, t.value.span)?;
        if weights != (self.model.params.len(), self.model.stats.len(), self.randoms) {
            return Err(self.report(
                Diagnostic::error(
                    "GDL0111",
                    "a trusted function has no weights",
                    t.value.span,
                    "this one learns or draws numbers",
                )
                .note("What was sampled with some weights says nothing of others.")
                .help("Let it return numbers that do not depend on weights, and learn on its result."),
            ));
        }
        let have = self.node(y).ty.clone();
        let dim = self.concrete(to).map(|(_, known)| known.dim());
        let fits = dim.is_none_or(|d| have.same(&Type::rep(Rep::scalars(d as i64))));
        if !fits || !self.node(y).deps.iter().all(|v| self.node(x).deps.contains(v)) {
            let (shown, d) = (self.show(&have), dim.unwrap_or(0));
            return Err(self.error(
                "GDL0101",
                format!("`{}` gives something else than `{to}`", t.name.name),
                t.value.span,
                format!("gives `{shown}`; `{to}` has {d} components"),
            ));
        }
        let op = TOp::Trust { x: y, since, residual };
        Ok(self.add(op, Type::rep(to.clone()), &[y], span))
    }

    /// The components of a vector as plain numbers: nothing is claimed for the declared group of what is made from them.
    pub(super) fn components_of(&mut self, x: NodeId, span: Span) -> NodeId {
        let ty = self.node(x).ty.clone();
        let Elem::Rep(r) = &ty.elem else { return x };
        if r.gauge.is_some() || r.is_trivial() {
            return x;
        }
        let dim = self.concrete(r).map_or(1, |(_, known)| known.dim());
        let numbers = Type {
            sets: ty.sets.clone(),
            elem: Elem::Rep(Rep::scalars(dim as i64)),
        };
        self.add(TOp::Components { x }, numbers, &[x], span)
    }

    /// The largest error of a function on random inputs, as a program of its own.
    fn sample(&mut self, t: &Trusted, from: &Rep, to: &Rep) -> R<f64> {
        if self.abstract_mode || self.model.group == Group::Trivial {
            return Ok(0.0);
        }
        let mut alone = Checker::new(self.program, self.model.group.clone());
        alone.trusting.clone_from(&self.trusting);
        let ty = Type::rep(from.clone());
        alone.model.inputs.push(Input {
            name: "x".into(),
            ty: ty.clone(),
        });
        let x = alone.add(TOp::Input(0), ty, &[], t.name.span);
        let Ok(y) = alone.opaque(t, x, to, 0.0, t.name.span) else {
            alone.diags.into_iter().for_each(|d| {
                self.report(d);
            });
            return Err(super::Reported);
        };
        alone.model.outputs.push(("output".into(), y));
        let lowered = lower_model(&alone.model).map_err(|d| self.report(*d))?;
        let (group, name) = (self.model.group.to_string(), &t.name.name);
        let (residual, element) = sampled(&alone.model, &lowered.func, 1)
            .map_err(|why| self.error("GDL0172", format!("`{name}` cannot be sampled"), t.value.span, why))?;
        if residual <= TOLERANCE {
            return Ok(residual);
        }
        Err(self.report(
            Diagnostic::error(
                "GDL0172",
                format!("`{name}` is not what it is trusted to be"),
                t.value.span,
                format!("does not commute with {group}"),
            )
            .label(t.ty.span, format!("said to map `{from}` to `{to}`"))
            .counterexample(Some(format!("{element}:  |f(gx) - g f(x)| / |f(x)| = {residual:.1e}")))
            .note("A trusted function is applied to random vectors and to their images under generators and random elements of the group.")
            .help("Correct the function or its type."),
        ))
    }
}
