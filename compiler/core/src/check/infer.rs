//! Over what an index ranges whose set is not said: that of the first signal it reads, of the edge it ends, or of the index it is compared
//! with.

use super::{Checker, Env, Val};
use crate::types::Set;
use gdl_syntax::ast::{BinOp, Binder, Expr, ExprKind, Reduction};

impl Checker<'_> {
    /// Whether the set of an edge that ends at `name` has errors, which are reported.
    pub(super) fn edges_fail(&mut self, name: &str, scope: &[&Expr], env: &mut Env) -> bool {
        scope
            .iter()
            .filter_map(|e| edges_at(name, e))
            .any(|set| self.eval(&set.clone(), env).is_err())
    }

    /// The set over which a name ranges, from its first use as an index.
    pub(crate) fn infer_set(&mut self, name: &str, scope: &[&Expr], env: &mut Env) -> Option<Set> {
        scope.iter().find_map(|e| self.infer_in(name, e, env))
    }

    fn infer_in(&mut self, name: &str, e: &Expr, env: &mut Env) -> Option<Set> {
        if let ExprKind::Index { base, indices } = &e.kind
            && let Some(set) = self.infer_from_read(name, base, indices, env)
        {
            return Some(set);
        }
        if let ExprKind::Reduce(r) = &e.kind {
            for b in &r.binders {
                if let Binder::Edge { src, dst, set, .. } = b
                    && (src.name == name || dst.name == name)
                    && let Ok(Val::Set(Set::Edges(d))) = self.quietly(|c| c.eval(set, env))
                {
                    return Some(Set::Nodes(self.ends_in(d)));
                }
            }
            if let Some(set) = self.infer_from_comparison(name, r, env) {
                return Some(set);
            }
        }
        let mut found = None;
        crate::walk::children(e, &mut |child| {
            if found.is_none() {
                found = self.infer_in(name, child, env);
            }
        });
        found
    }

    /// `i` in `sum j in s if j <= i: …` ranges over s.
    fn infer_from_comparison(&mut self, name: &str, r: &Reduction, env: &mut Env) -> Option<Set> {
        r.conds.iter().find_map(|c| {
            let ExprKind::Binary {
                op: BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge,
                lhs,
                rhs,
            } = &c.kind
            else {
                return None;
            };
            let (ExprKind::Name(a), ExprKind::Name(b)) = (&lhs.kind, &rhs.kind) else {
                return None;
            };
            let other = if a == name { b } else { a };
            let set = r.binders.iter().find_map(|b| match b {
                Binder::In(n, set) if n.name == *other => Some(set),
                _ => None,
            });
            (a == name || b == name)
                .then_some(set)?
                .and_then(|set| self.quietly(|c| c.eval(set, env)).ok()?.to_set())
        })
    }

    fn infer_from_read(&mut self, name: &str, base: &Expr, indices: &[Expr], env: &mut Env) -> Option<Set> {
        let is_name = |e: &Expr| match &e.kind {
            ExprKind::Name(n) => n == name,
            ExprKind::Binary {
                op: BinOp::Add | BinOp::Sub,
                lhs,
                ..
            } => matches!(&lhs.kind, ExprKind::Name(n) if n == name),
            _ => false,
        };
        let k = indices.iter().position(is_name)?;
        let (root, before) = index_root(base);
        let ty = self.quietly(|c| match c.eval(root, env) {
            Ok(Val::Node(n)) => Some(c.node(n).ty.clone()),
            _ => None,
        })?;
        let depth = before + k;
        if let Some(s) = ty.sets.get(depth) {
            return Some(s.clone());
        }
        let mut rep = ty.as_rep()?.clone();
        for _ in ty.sets.len()..depth {
            rep = rep.copies().1;
        }
        match rep.opened() {
            Some(space) => space.sets.first().cloned(),
            None => Some(Set::Range(rep.copies().0)),
        }
    }
}

/// The set of the first edge in an expression that ends at `name`.
fn edges_at<'e>(name: &str, e: &'e Expr) -> Option<&'e Expr> {
    if let ExprKind::Reduce(r) = &e.kind {
        for b in &r.binders {
            if let Binder::Edge { src, dst, set, .. } = b
                && (src.name == name || dst.name == name)
            {
                return Some(set);
            }
        }
    }
    let mut found = None;
    crate::walk::children(e, &mut |child| found = found.or_else(|| edges_at(name, child)));
    found
}

/// Whether an expression reads something at the index `name` whose error has been reported.
pub(super) fn reads_poison(name: &str, e: &Expr, env: &Env) -> bool {
    if let ExprKind::Index { base, indices } = &e.kind {
        let named = |e: &Expr| matches!(&e.kind, ExprKind::Name(n) if n == name);
        let at = indices
            .iter()
            .any(|i| named(i) || matches!(&i.kind, ExprKind::Binary { lhs, .. } if named(lhs)));
        let root = match &index_root(base).0.kind {
            ExprKind::Field { base, .. } => &base.kind,
            kind => kind,
        };
        if let (true, ExprKind::Name(root)) = (at, root)
            && matches!(env.get(root), Some(Val::Poison))
        {
            return true;
        }
    }
    let mut found = false;
    crate::walk::children(e, &mut |child| found |= reads_poison(name, child, env));
    found
}

/// The innermost base of nested brackets and how many brackets lie between.
fn index_root(e: &Expr) -> (&Expr, usize) {
    match &e.kind {
        ExprKind::Index { base, indices } => {
            let (root, n) = index_root(base);
            (root, n + indices.len())
        }
        _ => (e, 0),
    }
}
