//! Expressions. One evaluator serves types and values: what is known at compile time stays a [`Val`], the rest becomes nodes.

use super::{Checker, Env, R, Reported, Val};
use crate::diag::Diagnostic;
use crate::types::{Atom, Elem, Int, Rep, Set, Type, known};
use gdl_rep::Exact;
use gdl_syntax::ast::{BinOp, Expr, ExprKind, Span, UnOp};

/// The largest degree of an irrep of O(3).
const MAX_DEGREE: u32 = 32;

impl Checker<'_> {
    /// The value of an expression.
    pub(crate) fn eval(&mut self, e: &Expr, env: &mut Env) -> R<Val> {
        match &e.kind {
            ExprKind::Bad => Err(Reported),
            ExprKind::Int(n) => match i64::try_from(*n) {
                Ok(v) => Ok(Val::Int(Int::num(v))),
                Err(_) => Err(self.too_large(e.span)),
            },
            ExprKind::Float(text) => match Exact::decimal(text) {
                Some(x) => Ok(Val::Num(x)),
                None => Err(self.error(
                    "GDL0124",
                    "this number cannot be represented",
                    e.span,
                    "too large or too long",
                )),
            },
            ExprKind::Irrep { mult, l, odd } => self.irrep(mult.unwrap_or(1), *l, *odd, e.span),
            ExprKind::Str(s) => self.filled_in(s, e.span, env).map(Val::Str),
            ExprKind::Name(name) => self.name(name, e.span, env),
            ExprKind::Call { f, args } => self.call(f, args, e.span, env),
            ExprKind::Index { base, indices } => self.index_expr(base, indices, e.span, env),
            ExprKind::Block { base, rep } => self.block_expr(base, rep, e.span, env),
            ExprKind::Field { base, name } => self.field(base, name, e.span, env),
            ExprKind::Cycles(_) => Err(self.error(
                "GDL0111",
                "a permutation stands only inside `permutations[…]`",
                e.span,
                "not a value here",
            )),
            ExprKind::Unary { op, arg } => self.unary(*op, arg, e.span, env),
            ExprKind::Binary { op, lhs, rhs } => self.binary(*op, lhs, rhs, e.span, env),
            ExprKind::Tuple(args) => self.tuple(args, e.span, env),
            ExprKind::List(items) => {
                let mut out = Vec::new();
                for item in items {
                    out.push(self.eval(item, env)?);
                }
                Ok(Val::List(out))
            }
            ExprKind::Reduce(r) => self.reduction(r, e.span, env),
            ExprKind::For { count, rep, over, body } => self.for_blocks(count, rep, over, body, e.span, env),
            ExprKind::If { cond, then, otherwise } => {
                let branch = if self.static_bool(cond, env)? { then } else { otherwise };
                self.block(branch, env)
            }
        }
    }

    /// The value of an expression as a node.
    pub(crate) fn eval_node(&mut self, e: &Expr, env: &mut Env) -> R<crate::typed::NodeId> {
        let v = self.eval(e, env)?;
        self.to_node(&v, e.span)
    }

    /// The value of an expression as a representation.
    pub(crate) fn eval_rep(&mut self, e: &Expr, env: &mut Env) -> R<Rep> {
        let v = self.eval(e, env)?;
        self.want_rep(&v, e.span)
    }

    pub(crate) fn want_rep(&mut self, v: &Val, span: Span) -> R<Rep> {
        match v.to_rep() {
            Some(r) => self.rep_fits(r, span),
            None => Err(self.error(
                "GDL0111",
                "a representation is needed here",
                span,
                format!("this is {}", v.describe()),
            )),
        }
    }

    /// The value of an expression as a whole number.
    pub(crate) fn eval_int(&mut self, e: &Expr, env: &mut Env) -> R<Int> {
        match self.eval(e, env)? {
            Val::Int(n) => Ok(n),
            other => Err(self.report(
                Diagnostic::error("GDL0111", "a whole number is needed here", e.span, format!("this is {}", other.describe()))
                    .help("Numbers that shape a network are known at compile time: a literal, an `int` of the signature, `dim(V)`; a loop also takes `g.size`."),
            )),
        }
    }

    /// A compile-time truth value.
    pub(crate) fn static_bool(&mut self, e: &Expr, env: &mut Env) -> R<bool> {
        match self.eval(e, env)? {
            Val::Bool(b) => Ok(b),
            other => Err(self.report(
                Diagnostic::error(
                    "GDL0111",
                    "the condition of an `if` must be known at compile time",
                    e.span,
                    format!("this is {}", other.describe()),
                )
                .help("Choose between values with `select(condition, a, b)`; the condition must be invariant."),
            )),
        }
    }

    fn irrep(&mut self, mult: u64, l: u32, odd: bool, span: Span) -> R<Val> {
        self.copies_fit(&Int::num(i64::try_from(mult).unwrap_or(i64::MAX)), span)?;
        if l > MAX_DEGREE {
            return Err(self.error(
                "GDL0124",
                "this degree is out of bounds",
                span,
                format!("degrees are 0 to {MAX_DEGREE}"),
            ));
        }
        let atom = match known::o3_irrep(&self.model.group, l, odd) {
            Some(a) => a,
            None if self.abstract_mode => known::o3(l, odd),
            None => {
                let group = self.model.group.to_string();
                let p = if odd { "o" } else { "e" };
                return Err(self.report(
                    Diagnostic::error("GDL0116", format!("`{l}{p}` is not a representation of {group}"), span, "an irrep of O(3)")
                        .help("Declare `under O(3)`, or name a representation of this group: `regular`, `irrep(…)`, or a number for invariants."),
                ));
            }
        };
        Ok(Val::Rep(Rep::atom(Int::num(mult as i64), Atom::Known(atom))))
    }

    fn unary(&mut self, op: UnOp, arg: &Expr, span: Span, env: &mut Env) -> R<Val> {
        let v = self.eval(arg, env)?;
        match (op, v) {
            (UnOp::Neg, Val::Int(n)) => n.neg().map(Val::Int).ok_or_else(|| self.too_large(span)),
            (UnOp::Neg, Val::Num(x)) => Ok(Val::Num(-x)),
            (UnOp::Not, Val::Bool(b)) => Ok(Val::Bool(!b)),
            (UnOp::Neg, v) => {
                let x = self.to_node(&v, arg.span)?;
                self.negate(x, span).map(Val::Node)
            }
            (UnOp::Not, v) => {
                let x = self.to_node(&v, arg.span)?;
                let one = self.number(Exact::int(1), span);
                self.add_sub(false, one, x, span).map(Val::Node)
            }
        }
    }

    fn binary(&mut self, op: BinOp, lhs: &Expr, rhs: &Expr, span: Span, env: &mut Env) -> R<Val> {
        match op {
            BinOp::Pipe => return self.pipe(lhs, rhs, span, env),
            BinOp::Else => return self.read_or(lhs, rhs, span, env),
            BinOp::Arrow => return self.arrow(lhs, rhs, span, env),
            BinOp::As => return self.convert(lhs, rhs, span, env),
            _ => {}
        }
        let (a, b) = (self.eval(lhs, env), self.eval(rhs, env));
        let (a, b) = (a?, b?);
        if let (BinOp::Div, Val::Group(group), Val::Group(by)) = (op, &a, &b) {
            return self.quotient_group(group, by, span);
        }
        match op {
            BinOp::Times => self.times(&a, &b, lhs.span, rhs.span),
            BinOp::Range => self.range(&a, &b, span),
            BinOp::And | BinOp::Or => self.logic(op, &a, &b, span),
            BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge => self.compare(op, &a, &b, span),
            _ => self.arithmetic(op, &a, &b, span, (lhs.span, rhs.span)),
        }
    }

    fn range(&mut self, a: &Val, b: &Val, span: Span) -> R<Val> {
        match (a, b) {
            (Val::Int(z), Val::Int(n)) if z.is(0) => self.set_fits(n.clone(), span).map(|n| Val::Set(Set::Range(n))),
            (Val::Int(_), Val::Int(_)) => {
                Err(self.error("GDL0111", "a range starts at 0", span, "write `0..n` and shift inside"))
            }
            _ => Err(self.error("GDL0111", "a range needs two whole numbers", span, "`0..n`")),
        }
    }

    fn arrow(&mut self, lhs: &Expr, rhs: &Expr, span: Span, env: &mut Env) -> R<Val> {
        let set = self.eval(lhs, env)?;
        let Some(set) = set.to_set() else {
            return Err(self.error(
                "GDL0111",
                "an index set is needed left of `->`",
                lhs.span,
                format!("this is {}", set.describe()),
            ));
        };
        let right = self.eval(rhs, env)?;
        let Some(ty) = right.to_type() else {
            return Err(self.error(
                "GDL0111",
                "a type is needed right of `->`",
                rhs.span,
                format!("this is {}", right.describe()),
            ));
        };
        let ty = match (&set, &ty.elem) {
            (Set::Range(n), Elem::Rep(r)) if ty.sets.is_empty() => Type::rep(r.times(n)),
            _ => {
                let mut sets = vec![set];
                sets.extend(ty.sets.clone());
                ty.with_sets(sets)
            }
        };
        self.type_fits(ty, span).map(Val::Type)
    }

    /// `n x V`.
    fn times(&mut self, a: &Val, b: &Val, a_span: Span, b_span: Span) -> R<Val> {
        if let (Val::Group(g), Val::Group(h)) = (a, b) {
            return Ok(Val::Group(gdl_rep::Group::product([g.clone(), h.clone()])));
        }
        let Val::Int(n) = a else {
            return Err(self.error(
                "GDL0111",
                "a multiplicity is needed left of `x`",
                a_span,
                format!("this is {}", a.describe()),
            ));
        };
        self.copies_fit(n, a_span)?;
        if let Val::Type(t) = b
            && !t.sets.is_empty()
        {
            return Err(self.error(
                "GDL0111",
                "a representation is needed right of `x`",
                b_span,
                "this is a signal; write `0..n -> …`",
            ));
        }
        let rep = self.want_rep(b, b_span)?;
        self.rep_fits(rep.times(n), a_span).map(Val::Rep)
    }

    fn logic(&mut self, op: BinOp, a: &Val, b: &Val, span: Span) -> R<Val> {
        if let (Val::Bool(x), Val::Bool(y)) = (a, b) {
            return Ok(Val::Bool(if op == BinOp::And { *x && *y } else { *x || *y }));
        }
        let (x, y) = (self.to_node(a, span)?, self.to_node(b, span)?);
        let product = self.multiply(x, y, span)?;
        if op == BinOp::And {
            return Ok(Val::Node(product));
        }
        let sum = self.add_sub(true, x, y, span)?;
        self.add_sub(false, sum, product, span).map(Val::Node)
    }

    fn arithmetic(&mut self, op: BinOp, a: &Val, b: &Val, span: Span, parts: (Span, Span)) -> R<Val> {
        use BinOp::{Add, Concat, Div, Mul, Pow, Sub};
        match (op, a, b) {
            (Add, Val::Int(x), Val::Int(y)) => x.add(y).map(Val::Int).ok_or_else(|| self.too_large(span)),
            (Sub, Val::Int(x), Val::Int(y)) => y
                .neg()
                .and_then(|y| x.add(&y))
                .map(Val::Int)
                .ok_or_else(|| self.too_large(span)),
            (Mul, Val::Int(x), Val::Int(y)) => x.mul(y).map(Val::Int).ok_or_else(|| self.too_large(span)),
            (Add, Val::Rep(_), Val::Rep(_) | Val::Int(_)) | (Add, Val::Int(_), Val::Rep(_)) => {
                let (x, y) = (self.want_rep(a, parts.0)?, self.want_rep(b, parts.1)?);
                self.joint_gauge(&x, &y, span)?;
                self.rep_fits(x.plus(&y), span).map(Val::Rep)
            }
            (Mul, Val::Rep(x), Val::Rep(y)) => {
                let gauge = self.joint_gauge(x, y, span)?;
                let atom = Atom::Kron(Box::new(x.clone()), Box::new(y.clone()));
                self.rep_fits(Rep::from_blocks(vec![(Int::num(1), atom)], gauge), span)
                    .map(Val::Rep)
            }
            (Concat, Val::List(x), Val::List(y)) => Ok(Val::List([x.as_slice(), y.as_slice()].concat())),
            (Mul, Val::Element(g, x), Val::Element(h, y)) => self.element_product((g, x), (h, y), span),
            (Pow, Val::Element(g, x), Val::Int(n)) => {
                let n = self.known(&n.clone(), "an exponent", parts.1)?;
                match g.power(x, n) {
                    Some(y) => Ok(Val::Element(g.clone(), y)),
                    None => Err(self.error("GDL0116", "this power does not exist", span, format!("in {g}"))),
                }
            }
            (Pow, _, Val::Int(n)) => {
                let n = self.known(&n.clone(), "an exponent", parts.1)?;
                self.power(a, n, span)
            }
            (Add | Sub | Mul | Div, Val::Int(_) | Val::Num(_), Val::Int(_) | Val::Num(_)) => {
                self.fold_numbers(op, a, b, span)
            }
            _ => {
                let (x, y) = (self.to_node(a, parts.0)?, self.to_node(b, parts.1)?);
                let id = match op {
                    Add => self.add_sub(true, x, y, span)?,
                    Sub => self.add_sub(false, x, y, span)?,
                    Mul => self.multiply(x, y, span)?,
                    Div => self.divide(x, y, span)?,
                    Concat => self.concat(&[x, y], span)?,
                    _ => self.power_of(x, y, span)?,
                };
                Ok(Val::Node(id))
            }
        }
    }

    /// A number known at compile time (unknown integers of abstract layers count as 1: only types matter there).
    pub(crate) fn as_exact(&mut self, v: &Val, span: Span) -> R<Exact> {
        match v {
            Val::Num(x) => Ok(*x),
            Val::Int(n) => Ok(Exact::int(self.known(&n.clone(), "a number", span)?)),
            other => Err(self.error(
                "GDL0111",
                "a number is needed here",
                span,
                format!("this is {}", other.describe()),
            )),
        }
    }

    fn fold_numbers(&mut self, op: BinOp, a: &Val, b: &Val, span: Span) -> R<Val> {
        let (x, y) = (self.as_exact(a, span)?, self.as_exact(b, span)?);
        let out = match op {
            BinOp::Add => x + y,
            BinOp::Sub => x - y,
            BinOp::Mul => x * y,
            _ if y.f == 0.0 => return Err(self.error("GDL0111", "division by zero", span, "the divisor is 0")),
            _ => x / y,
        };
        if let Some(n) = out.as_int() {
            return Ok(Val::Int(Int::num(n)));
        }
        Ok(Val::Num(out))
    }
}
