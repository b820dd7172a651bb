//! Walking the syntax tree.

use gdl_syntax::ast::{Binder, Block, Expr, ExprKind, StmtKind};

/// Calls `f` on the direct subexpressions of `e`, blocks included.
pub fn children<'a>(e: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
    match &e.kind {
        ExprKind::Call { f: callee, args } => {
            f(callee);
            args.iter().for_each(|a| f(&a.value));
        }
        ExprKind::Index { base, indices } => {
            f(base);
            indices.iter().for_each(f);
        }
        ExprKind::Block { base, rep } => {
            f(base);
            f(rep);
        }
        ExprKind::Field { base, .. } => f(base),
        ExprKind::Unary { arg, .. } => f(arg),
        ExprKind::Binary { lhs, rhs, .. } => {
            f(lhs);
            f(rhs);
        }
        ExprKind::Tuple(args) => args.iter().for_each(|a| f(&a.value)),
        ExprKind::List(items) => items.iter().for_each(f),
        ExprKind::Reduce(r) => {
            r.conds.iter().for_each(&mut *f);
            if let Some(by) = &r.by {
                f(&by.weight);
            }
            f(&r.body);
            if let Some(d) = &r.default {
                f(d);
            }
            for b in &r.binders {
                if let Binder::In(_, e) | Binder::Edge { set: e, .. } = b {
                    f(e);
                }
            }
        }
        ExprKind::For { over, body, .. } => {
            f(over);
            f(body);
        }
        ExprKind::If { cond, then, otherwise } => {
            f(cond);
            block(then, f);
            block(otherwise, f);
        }
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Irrep { .. }
        | ExprKind::Str(_)
        | ExprKind::Name(_)
        | ExprKind::Cycles(_)
        | ExprKind::Bad => {}
    }
}

/// Calls `f` on the expressions that the statements of a block contain directly, inner blocks included.
pub fn block<'a>(b: &'a Block, f: &mut dyn FnMut(&'a Expr)) {
    for s in &b.stmts {
        match &s.kind {
            StmtKind::Param(p) => p.ty.iter().chain(&p.dist).chain(&p.value).for_each(&mut *f),
            StmtKind::Const(c) => f(&c.value),
            StmtKind::Stat { value, .. } => value.iter().for_each(&mut *f),
            StmtKind::Random { dist, .. } => f(dist),
            StmtKind::Repeat { count, body } => {
                f(count);
                block(body, f);
            }
            StmtKind::Iterate { from, body, .. }
            | StmtKind::Scan { from, body, .. }
            | StmtKind::Integrate { from, body, .. } => {
                from.iter().for_each(|d| f(&d.value));
                block(body, f);
            }
            StmtKind::For { over, body, .. } => {
                f(over);
                block(body, f);
            }
            StmtKind::Def(d) => f(&d.value),
            StmtKind::Expr(e) => f(e),
        }
    }
}
