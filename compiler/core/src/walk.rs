//! Walking the syntax tree.

use gdl_syntax::ast::{Binder, Block, Def, Expr, ExprKind, Lhs, LoopHead, Stmt, StmtKind};

/// Calls `f` on `e` and all expressions in it, outer ones first.
pub fn expressions<'a>(e: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
    f(e);
    children(e, &mut |child| expressions(child, f));
}

/// Calls `f` on all statements of a block and of the blocks of its loops, outer ones first.
pub fn statements<'a>(b: &'a Block, f: &mut dyn FnMut(&'a Stmt)) {
    for s in &b.stmts {
        f(s);
        match &s.kind {
            StmtKind::Repeat { body, .. }
            | StmtKind::Iterate { body, .. }
            | StmtKind::Scan { body, .. }
            | StmtKind::Integrate { body, .. }
            | StmtKind::For { body, .. } => statements(body, f),
            StmtKind::Param(_)
            | StmtKind::Const(_)
            | StmtKind::Stat { .. }
            | StmtKind::Random { .. }
            | StmtKind::Def(_)
            | StmtKind::Expr(_) => {}
        }
    }
}

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
            sets(&r.binders, f);
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

/// Calls `f` on the expressions that the statements of a block contain directly, inner blocks and types included.
pub fn block<'a>(b: &'a Block, f: &mut dyn FnMut(&'a Expr)) {
    for s in &b.stmts {
        match &s.kind {
            StmtKind::Param(p) => p.ty.iter().chain(&p.dist).chain(&p.value).for_each(&mut *f),
            StmtKind::Const(c) => {
                f(&c.ty);
                f(&c.value);
            }
            StmtKind::Stat { ty, value, .. } => {
                f(ty);
                value.iter().for_each(&mut *f);
            }
            StmtKind::Random { ty, dist, .. } => {
                f(ty);
                f(dist);
            }
            StmtKind::Repeat { count, body } => {
                f(count);
                block(body, f);
            }
            StmtKind::Iterate { head, from, body }
            | StmtKind::Scan { head, from, body }
            | StmtKind::Integrate { head, from, body } => {
                let (LoopHead::In(_, over) | LoopHead::Count(over)) = head;
                f(over);
                from.iter().for_each(|d| definition(d, f));
                block(body, f);
            }
            StmtKind::For { over, body, .. } => {
                f(over);
                block(body, f);
            }
            StmtKind::Def(d) => definition(d, f),
            StmtKind::Expr(e) => f(e),
        }
    }
}

fn definition<'a>(d: &'a Def, f: &mut dyn FnMut(&'a Expr)) {
    if let Lhs::Name { binders, .. } = &d.lhs {
        sets(binders, f);
    }
    d.ty.iter().for_each(&mut *f);
    f(&d.value);
}

fn sets<'a>(binders: &'a [Binder], f: &mut dyn FnMut(&'a Expr)) {
    for b in binders {
        if let Binder::In(_, e) | Binder::Edge { set: e, .. } = b {
            f(e);
        }
    }
}
