//! Lifting: the values in an expression are found, innermost first; the rest of it stays an expression of the language.

use super::{Evaluator, Lifted};
use crate::repl::operators;
use crate::repl::value::{Kind, Value};
use crate::session::D;
use gdl_core::diag::Diagnostic;
use gdl_syntax::ast::*;

/// The names of groups.
const GROUPS: [&str; 20] = [
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

/// Words of domains.
const DOMAINS: [&str; 6] = ["set", "seq", "grid", "graph", "cloud", "mesh"];

impl Evaluator<'_> {
    pub(super) fn lift(&mut self, e: &Expr) -> D<Lifted> {
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
    pub(super) fn lift_embedded(&mut self, e: &Expr) -> D<Expr> {
        let lifted = self.lift(e)?;
        self.embed(lifted, e)
    }

    pub(super) fn embed(&mut self, lifted: Lifted, at: &Expr) -> D<Expr> {
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

    pub(super) fn is_shadowed(&self, n: &str) -> bool {
        self.shadowed.iter().any(|s| s == n)
    }

    /// Whether an expression mentions something that binders have taken.
    pub(super) fn is_bound(&self, e: &Expr) -> bool {
        let mut found = false;
        gdl_core::walk::expressions(e, &mut |e| {
            if let ExprKind::Name(n) = &e.kind {
                found |= self.is_shadowed(n);
            }
        });
        found
    }

    pub(super) fn lift_name(&mut self, n: &str, e: &Expr) -> D<Lifted> {
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
        let found = program.find(program.root(), n);
        if let Some((
            module,
            Item {
                kind: ItemKind::Data(d),
                ..
            },
        )) = found
        {
            return self.session.samples(module, d, e).map(Lifted::Value);
        }
        match found.map(|(_, i)| &i.kind) {
            Some(ItemKind::Rep { of, value, .. }) => match self.language(of)? {
                Value::Group(g) => self.under(&g).language(value).map(Lifted::Value),
                _ => Ok(Lifted::Expr(e.clone())),
            },
            _ => Ok(Lifted::Expr(e.clone())),
        }
    }

    pub(super) fn lift_index(&mut self, base: &Expr, indices: &[Expr], e: &Expr) -> D<Lifted> {
        if self.names_domain(base) {
            return self.language_index(base.clone(), indices, e);
        }
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

    /// Whether `base[…]` writes a domain down: `graph[0-1, 1-2]`, `grid(2, edge = wrap)[4, 4]`.
    fn names_domain(&self, base: &Expr) -> bool {
        let word = |e: &Expr| match &e.kind {
            ExprKind::Name(n) => DOMAINS.contains(&n.as_str()) && !self.is_shadowed(n) && self.session.get(n).is_none(),
            _ => false,
        };
        match &base.kind {
            // `grid([[1, 2]])` makes a signal of numbers.
            ExprKind::Call { f, args } => {
                word(f)
                    && args
                        .first()
                        .is_none_or(|a| a.name.is_some() || matches!(a.value.kind, ExprKind::Int(_)))
            }
            _ => word(base),
        }
    }

    pub(super) fn language_index(&mut self, base: Expr, indices: &[Expr], e: &Expr) -> D<Lifted> {
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

    pub(super) fn lift_pipe(&mut self, lhs: &Expr, rhs: &Expr, e: &Expr) -> D<Lifted> {
        let x = self.lift(lhs)?;
        match &rhs.kind {
            ExprKind::Call { f, args } => self.lift_call(f, args, Some((lhs, x)), e),
            _ => self.lift_call(rhs, &[], Some((lhs, x)), e),
        }
    }

    pub(super) fn lift_binary(&mut self, op: BinOp, lhs: &Expr, rhs: &Expr, e: &Expr) -> D<Lifted> {
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

    pub(super) fn lift_list(&mut self, items: &[Expr], e: &Expr) -> D<Lifted> {
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

    pub(super) fn lift_tuple(&mut self, args: &[Arg], e: &Expr) -> D<Lifted> {
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

    pub(super) fn lift_binders(&mut self, list: &[Binder]) -> D<Vec<Binder>> {
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

    pub(super) fn lift_block(&mut self, b: &Block) -> D<Block> {
        let kept = self.shadowed.len();
        let mut stmts = Vec::new();
        for s in &b.stmts {
            stmts.push(self.lift_stmt(s)?);
        }
        self.shadowed.truncate(kept);
        Ok(Block { span: b.span, stmts })
    }

    pub(super) fn lift_def(&mut self, d: &Def) -> D<Def> {
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
        let ty = d.ty.as_ref().map(|t| self.lift_embedded(t)).transpose()?;
        let value = self.lift_embedded(&d.value)?;
        self.shadowed.truncate(kept);
        self.shadowed.extend(names);
        Ok(Def { lhs, ty, value })
    }

    pub(super) fn lift_stmt(&mut self, s: &Stmt) -> D<Stmt> {
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
pub(super) fn is_hole(e: &Expr) -> bool {
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
