//! Calls: of methods, layers and models, representations and elements.

use super::lift::is_hole;
use super::{Evaluator, Lifted};
use crate::repl::methods::{self, Argument, Call};
use crate::repl::model;
use crate::repl::value::{Function, Kind, Value};
use crate::session::D;
use gdl_core::check::nearest;
use gdl_core::diag::Diagnostic;
use gdl_core::modules::Program;
use gdl_syntax::ast::*;

/// Functions of the language that are methods too.
const LANGUAGE: [&str; 11] = [
    "dim", "sym", "alt", "dual", "norm", "norm2", "dot", "center", "derived", "wreath", "tensor",
];

impl<'a> Evaluator<'a> {
    /// `base.name` and `base.name(args)` for objects; the rest is the language's.
    pub(super) fn lift_field(&mut self, base: &Expr, name: &Ident, e: &Expr) -> D<Lifted> {
        match self.receiver(base)? {
            Lifted::Value(v) => self.member(v, base, name, &[], e),
            Lifted::Expr(base) => Ok(Lifted::Expr(Expr {
                span: e.span,
                kind: ExprKind::Field {
                    base: Box::new(base),
                    name: name.clone(),
                },
            })),
        }
    }

    /// What stands before a dot: its value, unless it is about an index.
    pub(super) fn receiver(&mut self, base: &Expr) -> D<Lifted> {
        match self.lift(base)? {
            Lifted::Expr(e) if !self.is_bound(&e) => self.language(&e).map(Lifted::Value),
            other => Ok(other),
        }
    }

    pub(super) fn member(&mut self, v: Value, base: &Expr, name: &Ident, args: &[Arg], e: &Expr) -> D<Lifted> {
        if let Value::Record(fields) = &v
            && args.is_empty()
            && let Some((_, field)) = fields.iter().find(|(n, _)| *n == name.name)
        {
            return Ok(Lifted::Value(field.clone()));
        }
        if let Value::Record(fields) = &v
            && args.is_empty()
            && methods::find(Kind::Record, &name.name).is_none()
        {
            let known: Vec<String> = fields.iter().map(|(n, _)| n.clone()).collect();
            let d = Diagnostic::error(
                "GDL0201",
                format!("this has no `{}`", name.name),
                name.span,
                "not a field",
            );
            return Err(Box::new(match nearest(&name.name, &known) {
                Some(near) => d.help(format!("Did you mean `{near}`?")),
                None => d.help(format!("Its fields are {}.", known.join(", "))),
            }));
        }
        if let Value::Samples(s) = &v
            && args.is_empty()
            && methods::find(Kind::Samples, &name.name).is_none()
        {
            return methods::data::member(s, name).map(Lifted::Value);
        }
        if let Value::Group(g) = &v
            && methods::names_of_reps(&name.name)
        {
            let ident = Expr {
                span: name.span,
                kind: ExprKind::Name(name.name.clone()),
            };
            let labelled = name.name == "irrep" && !args.is_empty();
            let rep = if labelled {
                Expr {
                    span: e.span,
                    kind: ExprKind::Call {
                        f: Box::new(ident),
                        args: args.to_vec(),
                    },
                }
            } else {
                ident
            };
            let rep = self.under(g).eval(&rep)?;
            return match args {
                [_, ..] if !labelled => self.apply(rep, base, args, None, e),
                _ => Ok(Lifted::Value(rep)),
            };
        }
        if methods::find(v.kind(), &name.name).is_none()
            && !LANGUAGE.contains(&name.name.as_str())
            && matches!(v, Value::Domain(_) | Value::Tensor(_) | Value::Type(_))
        {
            let base = Box::new(self.embed(Lifted::Value(v), base)?);
            let field = Expr {
                span: e.span,
                kind: ExprKind::Field {
                    base,
                    name: name.clone(),
                },
            };
            return Ok(Lifted::Expr(if args.is_empty() {
                field
            } else {
                Expr {
                    span: e.span,
                    kind: ExprKind::Call {
                        f: Box::new(field),
                        args: args.to_vec(),
                    },
                }
            }));
        }
        if methods::find(v.kind(), &name.name).is_none() && LANGUAGE.contains(&name.name.as_str()) {
            let f = Expr {
                span: name.span,
                kind: ExprKind::Name(name.name.clone()),
            };
            let first = Arg {
                name: None,
                value: self.embed(Lifted::Value(v), base)?,
            };
            let args: Vec<Arg> = std::iter::once(first).chain(args.iter().cloned()).collect();
            // Its first argument has a name already; it is no value of the session.
            let kept = self.shadowed.len();
            if let ExprKind::Name(n) = &args[0].value.kind {
                self.shadowed.push(n.clone());
            }
            let call = self.language_call(&f, &args, None, e);
            self.shadowed.truncate(kept);
            return call;
        }
        // What a method without arguments gives is called: `D(4).r(x)`.
        if let (Some(m), [_, ..]) = (methods::find(v.kind(), &name.name), args)
            && m.params.is_empty()
        {
            let Lifted::Value(callee) = self.call_method(&name.name, name.span, Some((v, base)), &[], e)? else {
                return Ok(Lifted::Expr(e.clone()));
            };
            return self.apply(callee, base, args, None, e);
        }
        self.call_method(&name.name, name.span, Some((v, base)), args, e)
    }

    pub(super) fn lift_call(&mut self, f: &Expr, args: &[Arg], first: Option<(&Expr, Lifted)>, e: &Expr) -> D<Lifted> {
        if let ExprKind::Field { base, name } = &f.kind
            && first.is_none()
        {
            return match self.receiver(base)? {
                Lifted::Value(v) => self.member(v, base, name, args, e),
                Lifted::Expr(base) => {
                    let f = Expr {
                        span: f.span,
                        kind: ExprKind::Field {
                            base: Box::new(base),
                            name: name.clone(),
                        },
                    };
                    self.language_call(&f, args, None, e)
                }
            };
        }
        if let ExprKind::Name(n) = &f.kind
            && !self.is_shadowed(n)
            && self.session.get(n).is_none()
        {
            if is_layer(&self.session.program, n) && args.iter().any(|a| is_hole(&a.value)) && first.is_none() {
                return self.partial(f, args).map(Lifted::Value);
            }
            if let Some(model) = self.session.model(n)
                && !args.iter().any(|a| self.is_bound(&a.value))
            {
                let model = model.clone();
                return self.call_model(&model, args, first, e);
            }
            // `vector(1, 2)` is a vector of the group at hand.
            if matches!(n.as_str(), "vector" | "regular") && !args.is_empty() {
                let rep = self.language(f)?;
                return self.apply(rep, f, args, first, e);
            }
            if self.session.program.find(self.session.program.root(), n).is_none() && methods::any(n) {
                let first = match first {
                    Some((at, lifted)) => Some((self.settle(lifted)?, at)),
                    None => None,
                };
                return self.call_method(n, f.span, first, args, e);
            }
            return self.language_call(f, args, first, e);
        }
        match self.lift(f)? {
            Lifted::Value(callee) => self.apply(callee, f, args, first, e),
            Lifted::Expr(g) if matches!(g.kind, ExprKind::Name(_)) || self.is_bound(&g) => {
                self.language_call(&g, args, first, e)
            }
            Lifted::Expr(g) => {
                let callee = self.language(&g)?;
                self.apply(callee, f, args, first, e)
            }
        }
    }

    /// A call that the checker sees.
    pub(super) fn language_call(
        &mut self,
        f: &Expr,
        args: &[Arg],
        first: Option<(&Expr, Lifted)>,
        e: &Expr,
    ) -> D<Lifted> {
        let mut list = Vec::new();
        for a in args {
            list.push(Arg {
                name: a.name.clone(),
                value: self.lift_embedded(&a.value)?,
            });
        }
        let call = Expr {
            span: e.span,
            kind: ExprKind::Call {
                f: Box::new(f.clone()),
                args: list,
            },
        };
        let Some((at, x)) = first else {
            return Ok(Lifted::Expr(call));
        };
        let lhs = Box::new(self.embed(x, at)?);
        Ok(Lifted::Expr(Expr {
            span: e.span,
            kind: ExprKind::Binary {
                op: BinOp::Pipe,
                lhs,
                rhs: Box::new(call),
            },
        }))
    }

    /// `mlp(_, [64])`: a function of what is missing.
    pub(super) fn partial(&mut self, f: &Expr, args: &[Arg]) -> D<Value> {
        let mut list = Vec::new();
        let kept = std::mem::take(&mut self.given);
        for a in args {
            let value = if is_hole(&a.value) {
                a.value.clone()
            } else {
                self.lift_embedded(&a.value)?
            };
            list.push(Arg {
                name: a.name.clone(),
                value,
            });
        }
        let given = std::mem::replace(&mut self.given, kept);
        Ok(Value::Function(std::sync::Arc::new(Function {
            callee: f.clone(),
            args: list,
            given,
            weights: None,
        })))
    }

    /// The values of arguments; the first may stand before a dot.
    fn arguments(&mut self, args: &[Arg], first: Option<(&Expr, Lifted)>) -> D<Vec<Argument>> {
        let mut values = Vec::new();
        if let Some((at, x)) = first {
            values.push(Argument {
                name: None,
                value: self.settle(x)?,
                span: at.span,
            });
        }
        for a in args {
            values.push(self.argument(a)?);
        }
        Ok(values)
    }

    /// Calls a value.
    pub(super) fn apply(
        &mut self,
        callee: Value,
        f: &Expr,
        args: &[Arg],
        first: Option<(&Expr, Lifted)>,
        e: &Expr,
    ) -> D<Lifted> {
        let mut values = self.arguments(args, first)?;
        match &callee {
            Value::Function(function) => self.call_function(function, values, e).map(Lifted::Value),
            Value::Rep(_) | Value::Element(_) => {
                let word = if callee.kind() == Kind::Rep { "vector_of" } else { "act" };
                values.insert(
                    0,
                    Argument {
                        name: None,
                        value: callee,
                        span: f.span,
                    },
                );
                self.dispatch(word, f.span, values, e).map(Lifted::Value)
            }
            // Maps of the language: `W(x)`.
            Value::Tensor(_) => {
                let f = self.embed(Lifted::Value(callee), f)?;
                let mut list = Vec::new();
                for a in values {
                    let at = Expr {
                        span: a.span,
                        kind: ExprKind::Bad,
                    };
                    list.push(Arg {
                        name: None,
                        value: self.embed(Lifted::Value(a.value), &at)?,
                    });
                }
                Ok(Lifted::Expr(Expr {
                    span: e.span,
                    kind: ExprKind::Call {
                        f: Box::new(f),
                        args: list,
                    },
                }))
            }
            other => Err(Box::new(
                Diagnostic::error(
                    "GDL0202",
                    "this cannot be called",
                    f.span,
                    format!("this is {}", other.kind()),
                )
                .help("Functions are layers, models, representations (which make vectors) and group elements (which act)."),
            )),
        }
    }

    /// Calls a function value with values.
    ///
    /// # Errors
    /// As for [`Evaluator::eval`].
    pub fn call_function(&mut self, function: &Function, args: Vec<Argument>, e: &Expr) -> D<Value> {
        if let (ExprKind::Name(n), true) = (&function.callee.kind, function.args.is_empty())
            && let Some(model) = self.session.model(n).cloned()
        {
            return model::call(self.session, &model, function.weights.as_deref(), &args, e);
        }
        let mut inner = self.under(&self.group.clone());
        inner.given = function.given.clone();
        let mut fill = args.into_iter();
        let mut list = Vec::new();
        let place = |a: Argument, inner: &mut Evaluator<'a>| -> D<Arg> {
            let at = Expr {
                span: a.span,
                kind: ExprKind::Bad,
            };
            Ok(Arg {
                name: None,
                value: inner.embed(Lifted::Value(a.value), &at)?,
            })
        };
        for a in &function.args {
            if is_hole(&a.value) {
                let Some(next) = fill.next() else {
                    return Err(Box::new(Diagnostic::error(
                        "GDL0202",
                        "this function needs more arguments",
                        e.span,
                        "one is missing for every `_`",
                    )));
                };
                let filled = place(next, &mut inner)?;
                list.push(Arg {
                    name: a.name.clone(),
                    ..filled
                });
            } else {
                list.push(a.clone());
            }
        }
        for a in fill {
            let name = a.name.clone();
            let filled = place(a, &mut inner)?;
            let name = name.map(|name| Ident { name, span: e.span });
            list.push(Arg { name, ..filled });
        }
        let call = Expr {
            span: e.span,
            kind: ExprKind::Call {
                f: Box::new(function.callee.clone()),
                args: list,
            },
        };
        let value = inner.language(&call);
        self.warnings.append(&mut inner.warnings);
        value
    }

    /// `Digits(x)`: a model on values.
    pub(super) fn call_model(
        &mut self,
        model: &Callable,
        args: &[Arg],
        first: Option<(&Expr, Lifted)>,
        e: &Expr,
    ) -> D<Lifted> {
        let values = self.arguments(args, first)?;
        model::call(self.session, model, None, &values, e).map(Lifted::Value)
    }

    pub(super) fn call_method(
        &mut self,
        name: &str,
        at: Span,
        first: Option<(Value, &Expr)>,
        args: &[Arg],
        e: &Expr,
    ) -> D<Lifted> {
        let mut values = Vec::new();
        if let Some((value, base)) = first {
            values.push(Argument {
                name: None,
                value,
                span: base.span,
            });
        }
        for a in args {
            let whole = values.first().or(None).map(|v: &Argument| v.value.clone());
            values.push(match (&whole, &a.value.kind) {
                // `G.element((1 2 3))` and representations as arguments are read under the group of the receiver.
                (Some(Value::Group(g)), _) => {
                    let mut inner = self.under(g);
                    let value = inner.eval(&a.value)?;
                    self.warnings.append(&mut inner.warnings);
                    Argument {
                        name: a.name.as_ref().map(|n| n.name.clone()),
                        value,
                        span: a.value.span,
                    }
                }
                _ => self.argument(a)?,
            });
        }
        self.dispatch(name, at, values, e).map(Lifted::Value)
    }

    pub(super) fn dispatch(&mut self, name: &str, at: Span, args: Vec<Argument>, e: &Expr) -> D<Value> {
        let kind = args.first().map(|a| a.value.kind());
        let Some(method) = methods::find_for(kind, name) else {
            return Err(Box::new(methods::unknown(kind, name, at)));
        };
        let mut call = Call {
            evaluator: self,
            method,
            args,
            expr: e,
            at,
        };
        call.check()?;
        (method.run)(&mut call)
    }
}

/// Whether a name means a layer or model of the program.
fn is_layer(program: &Program, n: &str) -> bool {
    matches!(
        program.find(program.root(), n).map(|(_, i)| &i.kind),
        Some(ItemKind::Layer(_) | ItemKind::Model(_))
    )
}
