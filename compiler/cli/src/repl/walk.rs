//! Walks over expressions.

use gdl_syntax::ast::{Arg, Binder, Block, Def, Expr, ExprKind, LoopHead, Stmt, StmtKind};

/// Calls `f` for an expression and all in it.
pub fn expressions<'a>(e: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
    f(e);
    match &e.kind {
        ExprKind::Call { f: callee, args } => {
            expressions(callee, f);
            arguments(args, f);
        }
        ExprKind::Tuple(args) => arguments(args, f),
        ExprKind::List(items) => items.iter().for_each(|i| expressions(i, f)),
        ExprKind::Index { base, indices } => {
            expressions(base, f);
            indices.iter().for_each(|i| expressions(i, f));
        }
        ExprKind::Block { base, rep } => {
            expressions(base, f);
            expressions(rep, f);
        }
        ExprKind::Field { base, .. } => expressions(base, f),
        ExprKind::Unary { arg, .. } => expressions(arg, f),
        ExprKind::Binary { lhs, rhs, .. } => {
            expressions(lhs, f);
            expressions(rhs, f);
        }
        ExprKind::Reduce(r) => {
            r.binders.iter().for_each(|b| binder(b, f));
            r.conds.iter().for_each(|c| expressions(c, f));
            if let Some(by) = &r.by {
                expressions(&by.weight, f);
            }
            expressions(&r.body, f);
            if let Some(d) = &r.default {
                expressions(d, f);
            }
        }
        ExprKind::For { over, body, .. } => {
            expressions(over, f);
            expressions(body, f);
        }
        ExprKind::If { cond, then, otherwise } => {
            expressions(cond, f);
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

fn arguments<'a>(args: &'a [Arg], f: &mut dyn FnMut(&'a Expr)) {
    args.iter().for_each(|a| expressions(&a.value, f));
}

fn binder<'a>(b: &'a Binder, f: &mut dyn FnMut(&'a Expr)) {
    match b {
        Binder::Bare(_) => {}
        Binder::In(_, set) | Binder::Edge { set, .. } => expressions(set, f),
    }
}

fn block<'a>(b: &'a Block, f: &mut dyn FnMut(&'a Expr)) {
    b.stmts.iter().for_each(|s| statement(s, f));
}

fn statement<'a>(s: &'a Stmt, f: &mut dyn FnMut(&'a Expr)) {
    let def = |d: &'a Def, f: &mut dyn FnMut(&'a Expr)| expressions(&d.value, f);
    match &s.kind {
        StmtKind::Expr(e) => expressions(e, f),
        StmtKind::Def(d) => def(d, f),
        StmtKind::Repeat { count, body } => {
            expressions(count, f);
            block(body, f);
        }
        StmtKind::Iterate { head, from, body }
        | StmtKind::Scan { head, from, body }
        | StmtKind::Integrate { head, from, body } => {
            match head {
                LoopHead::In(_, e) | LoopHead::Count(e) => expressions(e, f),
            }
            from.iter().for_each(|d| def(d, f));
            block(body, f);
        }
        StmtKind::For { over, body, .. } => {
            expressions(over, f);
            block(body, f);
        }
        StmtKind::Param(p) => [&p.ty, &p.value].into_iter().flatten().for_each(|e| expressions(e, f)),
        StmtKind::Const(c) => {
            expressions(&c.ty, f);
            expressions(&c.value, f);
        }
        StmtKind::Stat { ty, .. } | StmtKind::Random { ty, .. } => expressions(ty, f),
    }
}
