//! From what is typed to values.
//!
//! An expression is lifted: what is done to the session's own objects (elements, tables, bases, pictures, data) is done here,
//! innermost first, by the functions of [`super::methods`]; values that the language knows stay in place under a name. What is left
//! is an expression of the language, and goes to the checker as it is ([`super::language`]).

use super::language::{self, Sentence};
use super::methods::{self, Argument, Call};
use super::operators;
use super::session::Session;
use super::value::{Function, Kind, Value};
use crate::session::D;
use gdl_core::diag::Diagnostic;
use gdl_core::modules::Program;
use gdl_rep::Group;
use gdl_syntax::ast::*;

/// The names of groups.
pub const GROUPS: [&str; 20] = [
    "C",
    "D",
    "S",
    "A",
    "Dic",
    "Q8",
    "T",
    "Td",
    "Th",
    "O",
    "Oh",
    "I",
    "Ih",
    "SO",
    "SU",
    "U",
    "Sp",
    "SL",
    "trivial",
    "permutations",
];

/// Functions of the language that are methods too.
const LANGUAGE: [&str; 11] = [
    "dim", "sym", "alt", "dual", "norm", "norm2", "dot", "center", "derived", "wreath", "tensor",
];

/// Evaluates expressions of one input.
pub struct Evaluator<'a> {
    session: &'a Session,
    /// The group for what names none.
    group: Group,
    /// Values in the expression, by the names that stand for them.
    given: Vec<(String, Value)>,
    /// Names that binders and blocks have taken.
    shadowed: Vec<String>,
    /// Warnings of the checker.
    pub warnings: Vec<Diagnostic>,
}

/// An expression after lifting.
enum Lifted {
    Value(Value),
    Expr(Expr),
}

impl<'a> Evaluator<'a> {
    /// An evaluator for a session.
    pub fn new(session: &'a Session) -> Evaluator<'a> {
        Evaluator {
            session,
            group: session.group.clone(),
            given: vec![],
            shadowed: vec![],
            warnings: vec![],
        }
    }

    /// The same for another group.
    fn under(&self, group: &Group) -> Evaluator<'a> {
        Evaluator {
            group: group.clone(),
            ..Evaluator::new(self.session)
        }
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// A diagnostic that names the place; further ones are in [`Evaluator::warnings`].
    pub fn eval(&mut self, e: &Expr) -> D<Value> {
        match self.lift(e)? {
            Lifted::Value(v) => Ok(v),
            Lifted::Expr(e) => self.language(&e),
        }
    }

    /// The value of an expression that is one of the language.
    fn language(&mut self, e: &Expr) -> D<Value> {
        let sentence = Sentence {
            program: &self.session.program,
            group: &self.group,
            given: &self.given,
            expr: e,
        };
        match language::evaluate(&sentence) {
            Ok((v, warnings)) => {
                self.warnings.extend(warnings);
                Ok(v)
            }
            Err(mut diags) => {
                let at = diags.iter().position(Diagnostic::is_error);
                let first = diags.swap_remove(at.unwrap_or(0));
                self.warnings.extend(diags);
                Err(Box::new(first))
            }
        }
    }

    /// Statements that only the language has (`param`, comprehensions, loops): the values of the names that they define.
    ///
    /// # Errors
    /// As for [`Evaluator::eval`].
    pub fn statement(&mut self, s: &Stmt, names: &[String]) -> D<Value> {
        let ident = |n: &String| Ident {
            name: n.clone(),
            span: s.span,
        };
        let expr = |kind| Expr { span: s.span, kind };
        let fields = names.iter().map(|n| Arg {
            name: Some(ident(n)),
            value: expr(ExprKind::Name(n.clone())),
        });
        let result = match names {
            [one] => expr(ExprKind::Name(one.clone())),
            _ => expr(ExprKind::Tuple(fields.collect())),
        };
        self.shadowed.extend(names.iter().cloned());
        let lifted = self.lift_stmt(s)?;
        let last = Stmt {
            doc: None,
            span: s.span,
            kind: StmtKind::Expr(result),
        };
        // A block has no expression of its own; that of an `if` whose condition is known is one.
        let block = expr(ExprKind::If {
            cond: Box::new(expr(ExprKind::Name("true".into()))),
            then: Block {
                span: s.span,
                stmts: vec![lifted, last],
            },
            otherwise: Block::default(),
        });
        self.language(&block)
    }

    // ---- lifting ----------------------------------------------------------------------------------------------------

    fn lift(&mut self, e: &Expr) -> D<Lifted> {
        let rebuilt = |kind| Ok(Lifted::Expr(Expr { span: e.span, kind }));
        match &e.kind {
            ExprKind::Name(n) => self.lift_name(n, e),
            ExprKind::Field { base, name } => self.lift_field(base, name, e),
            ExprKind::Call { f, args } => self.lift_call(f, args, None, e),
            ExprKind::Index { base, indices } => self.lift_index(base, indices, e),
            ExprKind::Binary {
                op: BinOp::Pipe,
                lhs,
                rhs,
            } => self.lift_pipe(lhs, rhs, e),
            ExprKind::Binary { op, lhs, rhs } => self.lift_binary(*op, lhs, rhs, e),
            ExprKind::Unary { op, arg } => {
                let arg = self.lift(arg)?;
                let arg = Box::new(self.embed(arg, e)?);
                rebuilt(ExprKind::Unary { op: *op, arg })
            }
            ExprKind::List(items) => self.lift_list(items, e),
            ExprKind::Tuple(args) => self.lift_tuple(args, e),
            ExprKind::Block { base, rep } => {
                let base = Box::new(self.lift_embedded(base)?);
                let rep = Box::new(self.lift_embedded(rep)?);
                rebuilt(ExprKind::Block { base, rep })
            }
            ExprKind::Reduce(r) => {
                let kept = self.shadowed.len();
                let binders = self.lift_binders(&r.binders)?;
                let mut out = (**r).clone();
                out.binders = binders;
                for c in &mut out.conds {
                    *c = self.lift_embedded(c)?;
                }
                if let Some(by) = &mut out.by {
                    by.weight = self.lift_embedded(&by.weight)?;
                }
                out.body = self.lift_embedded(&out.body)?;
                self.shadowed.truncate(kept);
                if let Some(d) = &out.default {
                    out.default = Some(self.lift_embedded(d)?);
                }
                rebuilt(ExprKind::Reduce(Box::new(out)))
            }
            ExprKind::For { count, rep, over, body } => {
                let over = Box::new(self.lift_embedded(over)?);
                let kept = self.shadowed.len();
                self.shadowed.extend([count.name.clone(), rep.name.clone()]);
                let body = Box::new(self.lift_embedded(body)?);
                self.shadowed.truncate(kept);
                rebuilt(ExprKind::For {
                    count: count.clone(),
                    rep: rep.clone(),
                    over,
                    body,
                })
            }
            ExprKind::If { cond, then, otherwise } => {
                let cond = Box::new(self.lift_embedded(cond)?);
                let (then, otherwise) = (self.lift_block(then)?, self.lift_block(otherwise)?);
                rebuilt(ExprKind::If { cond, then, otherwise })
            }
            _ => Ok(Lifted::Expr(e.clone())),
        }
    }

    /// An expression of the language in which values have names.
    fn lift_embedded(&mut self, e: &Expr) -> D<Expr> {
        let lifted = self.lift(e)?;
        self.embed(lifted, e)
    }

    fn embed(&mut self, lifted: Lifted, at: &Expr) -> D<Expr> {
        match lifted {
            Lifted::Expr(e) => Ok(e),
            Lifted::Value(v) if v.is_of_the_language() => {
                let plain = match &at.kind {
                    ExprKind::Name(n) if n != "_" => Some(n.clone()),
                    _ => None,
                };
                let name = match plain {
                    Some(n) if self.given.iter().any(|(m, _)| *m == n) => n,
                    Some(n) => {
                        self.given.push((n.clone(), v));
                        n
                    }
                    None => {
                        let n = format!("%{}", self.given.len());
                        self.given.push((n.clone(), v));
                        n
                    }
                };
                Ok(Expr {
                    span: at.span,
                    kind: ExprKind::Name(name),
                })
            }
            Lifted::Value(Value::Function(f)) if f.args.is_empty() && f.weights.is_none() => Ok(f.callee.clone()),
            Lifted::Value(v) => Err(Box::new(
                Diagnostic::error(
                    "GDL0202",
                    format!("{} cannot stand here", v.kind()),
                    at.span,
                    format!("this is {}", v.kind()),
                )
                .note("The expression around it is one of the language, which knows numbers, groups, representations, domains and signals."),
            )),
        }
    }

    fn is_shadowed(&self, n: &str) -> bool {
        self.shadowed.iter().any(|s| s == n)
    }

    /// Whether an expression mentions something that binders have taken.
    fn is_bound(&self, e: &Expr) -> bool {
        let mut found = false;
        gdl_core::walk::expressions(e, &mut |e| {
            if let ExprKind::Name(n) = &e.kind {
                found |= self.is_shadowed(n);
            }
        });
        found
    }

    fn lift_name(&mut self, n: &str, e: &Expr) -> D<Lifted> {
        if self.is_shadowed(n) {
            return Ok(Lifted::Expr(e.clone()));
        }
        if n == "_" {
            return match &self.session.last {
                Some(v) => Ok(Lifted::Value(v.clone())),
                None => Err(Box::new(Diagnostic::error(
                    "GDL0201",
                    "there is no last result yet",
                    e.span,
                    "`_` is the last result",
                ))),
            };
        }
        if let Some(v) = self.session.get(n) {
            return Ok(Lifted::Value(v.clone()));
        }
        // A representation has the group that it was declared for, not that of the expression.
        let program = &self.session.program;
        match program.find(program.root(), n).map(|(_, i)| &i.kind) {
            Some(ItemKind::Rep { of, value, .. }) => match self.language(of)? {
                Value::Group(g) => self.under(&g).language(value).map(Lifted::Value),
                _ => Ok(Lifted::Expr(e.clone())),
            },
            _ => Ok(Lifted::Expr(e.clone())),
        }
    }

    /// `base.name` and `base.name(args)` for objects; the rest is the language's.
    fn lift_field(&mut self, base: &Expr, name: &Ident, e: &Expr) -> D<Lifted> {
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
    fn receiver(&mut self, base: &Expr) -> D<Lifted> {
        match self.lift(base)? {
            Lifted::Expr(e) if !self.is_bound(&e) => self.language(&e).map(Lifted::Value),
            other => Ok(other),
        }
    }

    fn member(&mut self, v: Value, base: &Expr, name: &Ident, args: &[Arg], e: &Expr) -> D<Lifted> {
        if let Value::Record(fields) = &v
            && args.is_empty()
            && let Some((_, field)) = fields.iter().find(|(n, _)| *n == name.name)
        {
            return Ok(Lifted::Value(field.clone()));
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

    fn lift_call(&mut self, f: &Expr, args: &[Arg], first: Option<(&Expr, Lifted)>, e: &Expr) -> D<Lifted> {
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

    /// An expression of the language as a program, unless it is a value already.
    ///
    /// # Errors
    /// As for [`Evaluator::eval`].
    pub fn program(&mut self, e: &Expr) -> D<Option<gdl_core::ir::Func>> {
        let Lifted::Expr(e) = self.lift(e)? else {
            return Ok(None);
        };
        let sentence = Sentence {
            program: &self.session.program,
            group: &self.group,
            given: &self.given,
            expr: &e,
        };
        language::program(&sentence)
    }

    /// A call that the checker sees.
    fn language_call(&mut self, f: &Expr, args: &[Arg], first: Option<(&Expr, Lifted)>, e: &Expr) -> D<Lifted> {
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
    fn partial(&mut self, f: &Expr, args: &[Arg]) -> D<Value> {
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

    /// Calls a value.
    fn apply(&mut self, callee: Value, f: &Expr, args: &[Arg], first: Option<(&Expr, Lifted)>, e: &Expr) -> D<Lifted> {
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
            return super::model::call(self.session, &model, function.weights.as_deref(), &args, e);
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
    fn call_model(&mut self, model: &Callable, args: &[Arg], first: Option<(&Expr, Lifted)>, e: &Expr) -> D<Lifted> {
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
        super::model::call(self.session, model, None, &values, e).map(Lifted::Value)
    }

    /// The value of a lifted expression, on its own.
    fn settle(&mut self, x: Lifted) -> D<Value> {
        match x {
            Lifted::Value(v) => Ok(v),
            Lifted::Expr(e) => self.language(&e),
        }
    }

    fn argument(&mut self, a: &Arg) -> D<Argument> {
        let value = self.alone(&a.value)?;
        Ok(Argument {
            name: a.name.as_ref().map(|n| n.name.clone()),
            value,
            span: a.value.span,
        })
    }

    /// The value of a part of the expression.
    fn alone(&mut self, e: &Expr) -> D<Value> {
        let kept = std::mem::take(&mut self.given);
        let value = self.eval(e);
        self.given = kept;
        value
    }

    fn call_method(
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

    fn dispatch(&mut self, name: &str, at: Span, args: Vec<Argument>, e: &Expr) -> D<Value> {
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

    fn lift_index(&mut self, base: &Expr, indices: &[Expr], e: &Expr) -> D<Lifted> {
        let is_permutations = matches!(&base.kind, ExprKind::Name(n) if n == "permutations");
        let lifted = self.lift(base)?;
        let base_value = match lifted {
            Lifted::Expr(b) if is_permutations || self.is_bound(&b) || indices.iter().any(|i| self.is_bound(i)) => {
                return self.language_index(b, indices, e);
            }
            Lifted::Expr(b) => self.language(&b)?,
            Lifted::Value(v) => v,
        };
        match base_value {
            v @ (Value::Tensor(_) | Value::Domain(_)) => {
                let b = self.embed(Lifted::Value(v), base)?;
                self.language_index(b, indices, e)
            }
            v => {
                let mut list = Vec::new();
                for i in indices {
                    list.push(match &i.kind {
                        ExprKind::Cycles(c) => operators::Index::Cycles(c.clone(), i.span),
                        _ => operators::Index::Value(self.alone(i)?, i.span),
                    });
                }
                operators::index(&v, &list, e).map(Lifted::Value)
            }
        }
    }

    fn language_index(&mut self, base: Expr, indices: &[Expr], e: &Expr) -> D<Lifted> {
        let mut list = Vec::new();
        for i in indices {
            list.push(self.lift_embedded(i)?);
        }
        Ok(Lifted::Expr(Expr {
            span: e.span,
            kind: ExprKind::Index {
                base: Box::new(base),
                indices: list,
            },
        }))
    }

    fn lift_pipe(&mut self, lhs: &Expr, rhs: &Expr, e: &Expr) -> D<Lifted> {
        let x = self.lift(lhs)?;
        match &rhs.kind {
            ExprKind::Call { f, args } => self.lift_call(f, args, Some((lhs, x)), e),
            _ => self.lift_call(rhs, &[], Some((lhs, x)), e),
        }
    }

    fn lift_binary(&mut self, op: BinOp, lhs: &Expr, rhs: &Expr, e: &Expr) -> D<Lifted> {
        let (a, b) = (self.lift(lhs)?, self.lift(rhs)?);
        let own = |l: &Lifted| match l {
            Lifted::Value(v) => operators::is_own(op, v),
            Lifted::Expr(e) => matches!(op, BinOp::Eq | BinOp::Ne) && names_group(e),
        };
        if own(&a) || own(&b) {
            let (a, b) = (self.settle(a)?, self.settle(b)?);
            return operators::binary(op, &a, &b, e).map(Lifted::Value);
        }
        let lhs = Box::new(self.embed(a, lhs)?);
        let rhs = Box::new(self.embed(b, rhs)?);
        Ok(Lifted::Expr(Expr {
            span: e.span,
            kind: ExprKind::Binary { op, lhs, rhs },
        }))
    }

    fn lift_list(&mut self, items: &[Expr], e: &Expr) -> D<Lifted> {
        let lifted = items.iter().map(|i| self.lift(i)).collect::<D<Vec<_>>>()?;
        let own = |l: &Lifted| matches!(l, Lifted::Value(v) if !v.is_of_the_language() || v.kind() == Kind::Tensor);
        if lifted.iter().any(own) {
            let values = lifted.into_iter().map(|l| self.settle(l)).collect::<D<Vec<_>>>()?;
            return Ok(Lifted::Value(Value::list(values)));
        }
        let mut list = Vec::new();
        for (l, at) in lifted.into_iter().zip(items) {
            list.push(self.embed(l, at)?);
        }
        Ok(Lifted::Expr(Expr {
            span: e.span,
            kind: ExprKind::List(list),
        }))
    }

    fn lift_tuple(&mut self, args: &[Arg], e: &Expr) -> D<Lifted> {
        let lifted = args.iter().map(|a| self.lift(&a.value)).collect::<D<Vec<_>>>()?;
        let own = |l: &Lifted| matches!(l, Lifted::Value(v) if !v.is_of_the_language());
        if lifted.iter().any(own) {
            let mut fields = Vec::new();
            for (k, (l, a)) in lifted.into_iter().zip(args).enumerate() {
                let name = a.name.as_ref().map_or_else(|| k.to_string(), |n| n.name.clone());
                fields.push((name, self.settle(l)?));
            }
            return Ok(Lifted::Value(Value::record(fields)));
        }
        let mut list = Vec::new();
        for (l, a) in lifted.into_iter().zip(args) {
            list.push(Arg {
                name: a.name.clone(),
                value: self.embed(l, &a.value)?,
            });
        }
        Ok(Lifted::Expr(Expr {
            span: e.span,
            kind: ExprKind::Tuple(list),
        }))
    }

    // ---- blocks -----------------------------------------------------------------------------------------------------

    fn lift_binders(&mut self, list: &[Binder]) -> D<Vec<Binder>> {
        let mut out = Vec::new();
        for b in list {
            out.push(match b {
                Binder::Bare(n) => {
                    self.shadowed.push(n.name.clone());
                    b.clone()
                }
                Binder::In(n, set) => {
                    let set = self.lift_embedded(set)?;
                    self.shadowed.push(n.name.clone());
                    Binder::In(n.clone(), set)
                }
                Binder::Edge { edge, src, dst, set } => {
                    let set = self.lift_embedded(set)?;
                    self.shadowed.extend([edge, src, dst].map(|n| n.name.clone()));
                    Binder::Edge {
                        edge: edge.clone(),
                        src: src.clone(),
                        dst: dst.clone(),
                        set,
                    }
                }
            });
        }
        Ok(out)
    }

    fn lift_block(&mut self, b: &Block) -> D<Block> {
        let kept = self.shadowed.len();
        let mut stmts = Vec::new();
        for s in &b.stmts {
            stmts.push(self.lift_stmt(s)?);
        }
        self.shadowed.truncate(kept);
        Ok(Block { span: b.span, stmts })
    }

    fn lift_def(&mut self, d: &Def) -> D<Def> {
        let kept = self.shadowed.len();
        let (lhs, names) = match &d.lhs {
            Lhs::Name { name, binders } => {
                let binders = self.lift_binders(binders)?;
                (
                    Lhs::Name {
                        name: name.clone(),
                        binders,
                    },
                    vec![name.name.clone()],
                )
            }
            Lhs::Tuple(names) => (d.lhs.clone(), names.iter().map(|n| n.name.clone()).collect()),
        };
        let value = self.lift_embedded(&d.value)?;
        self.shadowed.truncate(kept);
        self.shadowed.extend(names);
        Ok(Def {
            lhs,
            ty: d.ty.clone(),
            value,
        })
    }

    fn lift_stmt(&mut self, s: &Stmt) -> D<Stmt> {
        let kind = match &s.kind {
            StmtKind::Expr(e) => StmtKind::Expr(self.lift_embedded(e)?),
            StmtKind::Def(d) => StmtKind::Def(self.lift_def(d)?),
            StmtKind::Param(p) => {
                let mut p = p.clone();
                if let Some(ty) = &p.ty {
                    p.ty = Some(self.lift_embedded(ty)?);
                }
                StmtKind::Param(p)
            }
            StmtKind::Repeat { count, body } => StmtKind::Repeat {
                count: self.lift_embedded(count)?,
                body: self.lift_block(body)?,
            },
            StmtKind::Iterate { head, from, body }
            | StmtKind::Scan { head, from, body }
            | StmtKind::Integrate { head, from, body } => {
                let head = match head {
                    LoopHead::In(n, set) => {
                        let set = self.lift_embedded(set)?;
                        self.shadowed.push(n.name.clone());
                        LoopHead::In(n.clone(), set)
                    }
                    LoopHead::Count(n) => LoopHead::Count(self.lift_embedded(n)?),
                };
                let from = from.iter().map(|d| self.lift_def(d)).collect::<D<Vec<_>>>()?;
                let body = self.lift_block(body)?;
                match &s.kind {
                    StmtKind::Scan { .. } => StmtKind::Scan { head, from, body },
                    StmtKind::Integrate { .. } => StmtKind::Integrate { head, from, body },
                    _ => StmtKind::Iterate { head, from, body },
                }
            }
            StmtKind::For { count, rep, over, body } => {
                let over = self.lift_embedded(over)?;
                self.shadowed.extend([count.name.clone(), rep.name.clone()]);
                StmtKind::For {
                    count: count.clone(),
                    rep: rep.clone(),
                    over,
                    body: self.lift_block(body)?,
                }
            }
            other => other.clone(),
        };
        Ok(Stmt { kind, ..s.clone() })
    }
}

/// `_`.
fn is_hole(e: &Expr) -> bool {
    matches!(&e.kind, ExprKind::Name(n) if n == "_")
}

/// Whether an expression is the name of a group, such as `Oh` or `D(4) x C(2)`.
fn names_group(e: &Expr) -> bool {
    let word = |e: &Expr| matches!(&e.kind, ExprKind::Name(n) if GROUPS.contains(&n.as_str()));
    match &e.kind {
        ExprKind::Call { f, .. } => word(f),
        ExprKind::Binary {
            op: BinOp::Times, lhs, ..
        } => names_group(lhs),
        _ => word(e),
    }
}

/// Whether a name means a layer or model of the program.
fn is_layer(program: &Program, n: &str) -> bool {
    matches!(
        program.find(program.root(), n).map(|(_, i)| &i.kind),
        Some(ItemKind::Layer(_) | ItemKind::Model(_))
    )
}
