//! Unification of parameter types with arguments.
//!
//! A parameter type is a pattern: names that are not known yet are bound by what they meet. A name left of `x` or inside `grid(d)` is
//! a whole number, a name after `->` (or alone) a representation, a name left of `->` a domain or index set; `where` says more.

use super::env::Kind;
use super::misfit::Misfit;
use super::{Checker, Env, Val};
use crate::types::{DomainId, DomainKind, Elem, Int, Rep, RepKind, Set, Type};
use gdl_syntax::ast::{BinOp, Callable, Expr, ExprKind};

impl Checker<'_> {
    /// Matches a parameter type with the type of an argument, binding names.
    pub(crate) fn unify(&mut self, pat: &Expr, ty: &Type, c: &Callable, env: &mut Env) -> Result<(), Misfit> {
        if let ExprKind::Binary {
            op: BinOp::Arrow,
            lhs,
            rhs,
        } = &pat.kind
        {
            if let Some(set) = ty.sets.first() {
                self.unify_set(lhs, set, c, env)?;
                return self.unify(rhs, &ty.with_sets(ty.sets[1..].to_vec()), c, env);
            }
            if let (
                ExprKind::Binary {
                    op: BinOp::Range,
                    rhs: n,
                    ..
                },
                Some(r),
            ) = (&lhs.kind, ty.as_rep())
            {
                let (count, inner) = r.copies();
                self.unify_int(n, &count, env)?;
                return self.unify(rhs, &Type::rep(inner), c, env);
            }
            return Err(format!("`{}` is not a signal", self.show(ty)).into());
        }
        if !ty.sets.is_empty() {
            return Err(format!("`{}` is a signal; a value is needed", self.show(ty)).into());
        }
        match &ty.elem {
            Elem::Rep(r) => self.unify_rep(pat, r, c, env),
            Elem::Point(_) => match &pat.kind {
                ExprKind::Name(n) if n == "point" => Ok(()),
                _ => Err("it is a `point`: positions are not features".into()),
            },
            Elem::Index(s) => self.unify_index(pat, s, env),
        }
    }

    fn unify_index(&mut self, pat: &Expr, s: &Set, env: &mut Env) -> Result<(), Misfit> {
        if let (ExprKind::Call { f, args }, Set::Range(n)) = (&pat.kind, s)
            && matches!(&f.kind, ExprKind::Name(w) if w == "class")
            && args.len() == 1
        {
            return self.unify_int(&args[0].value, n, env);
        }
        let shown = self.show_set(s);
        match self.eval(pat, env).ok().and_then(|v| v.to_type()) {
            Some(Type {
                elem: Elem::Index(t), ..
            }) if t == *s => Ok(()),
            _ => Err(format!("it is an element of `{shown}`").into()),
        }
    }

    fn unify_int(&mut self, pat: &Expr, n: &Int, env: &mut Env) -> Result<(), Misfit> {
        if let ExprKind::Name(name) = &pat.kind
            && self.is_free(name, env)
        {
            env.set(name, Val::Int(n.clone()));
            return Ok(());
        }
        match self.eval(pat, env) {
            Ok(Val::Int(m)) if m == *n => Ok(()),
            Ok(Val::Int(m)) => Err(format!("{m} and {n} differ").into()),
            _ => Err("a whole number is needed".into()),
        }
    }

    fn unify_rep(&mut self, pat: &Expr, r: &Rep, c: &Callable, env: &mut Env) -> Result<(), Misfit> {
        match &pat.kind {
            ExprKind::Name(n) if self.is_free(n, env) => {
                let clause = c.wheres.iter().find(|w| w.name.name == *n);
                let kind = match clause {
                    Some(w) => self.kind_of(&w.ty.clone(), env).ok().flatten(),
                    None => Some(Kind::Rep(RepKind::Any, r.gauge.map(DomainId))),
                };
                match kind {
                    Some(Kind::Int) => match r.scalar_count() {
                        Some(k) => env.set(n, Val::Int(k)),
                        None => return Err(Misfit::Count(r.clone())),
                    },
                    Some(Kind::Rep(kind, gauge)) => {
                        self.fits_kind(r, kind, gauge)?;
                        env.set(n, Val::Rep(r.clone()));
                    }
                    _ => return Err(format!("`{n}` is not a representation").into()),
                }
                Ok(())
            }
            ExprKind::Binary {
                op: BinOp::Times,
                lhs,
                rhs,
            } => {
                let (n, inner) = self.split_multiple(lhs, r, env);
                self.unify_int(lhs, &n, env)?;
                self.unify_rep(rhs, &inner, c, env)
            }
            ExprKind::Call { f, args } if matches!(&f.kind, ExprKind::Name(n) if n == "gated") && args.len() == 1 => {
                let inner = r
                    .ungated()
                    .ok_or(format!("`{r}` has no gates: it is not `gated(V)` of any V"))?;
                self.unify_rep(&args[0].value, &inner, c, env)
            }
            _ => match self.eval(pat, env) {
                Ok(v) => match v.to_rep() {
                    Some(want) if want.same(r) => Ok(()),
                    Some(want) => Err(format!("`{r}` is not `{want}`").into()),
                    None => Err(format!("{} is needed", v.describe()).into()),
                },
                Err(_) => Err("its type has an error".into()),
            },
        }
    }

    /// A representation as `n x V`: with the n that is known already, else with the largest.
    fn split_multiple(&mut self, n: &Expr, r: &Rep, env: &mut Env) -> (Int, Rep) {
        let flat = r.flat();
        let largest = if flat.blocks().len() == 1 {
            flat.copies()
        } else {
            r.copies()
        };
        let free = matches!(&n.kind, ExprKind::Name(name) if self.is_free(name, env));
        let wanted = if free {
            None
        } else {
            self.quietly(|c| c.eval(n, env)).ok()
        };
        let Some(Val::Int(k)) = wanted else { return largest };
        if r.copies().0 == k {
            return r.copies();
        }
        match (largest.0.value(), k.value()) {
            (Some(m), Some(v)) if v > 0 && m % v == 0 => (k, largest.1.times(&Int::num(m / v))),
            _ => largest,
        }
    }

    /// Whether a representation allows what a kind promises.
    pub(crate) fn fits_kind(&self, r: &Rep, kind: RepKind, gauge: Option<DomainId>) -> Result<(), Misfit> {
        if let (Some(d), Some(g)) = (gauge, r.gauge)
            && d.0 != g
        {
            return Err(format!("`{r}` belongs to the gauge of another mesh").into());
        }
        let ok = match kind {
            RepKind::Any => true,
            RepKind::Orth => r.is_orthogonal(&self.model.group),
            RepKind::Perm => r.is_permutation(),
            RepKind::Scalars => r.is_trivial(),
        };
        if ok { Ok(()) } else { Err(Misfit::Kind(r.clone(), kind)) }
    }

    fn unify_set(&mut self, pat: &Expr, set: &Set, c: &Callable, env: &mut Env) -> Result<(), Misfit> {
        match &pat.kind {
            ExprKind::Name(n) if self.is_free(n, env) => {
                let Some(w) = described(c, n) else {
                    env.set(n, Val::Set(set.clone()));
                    return Ok(());
                };
                match set {
                    Set::Nodes(d) => self.bind_domain(n, *d, &w, env),
                    other => Err(format!("`{}` is not the set of nodes of a domain", self.show_set(other)).into()),
                }
            }
            ExprKind::Field { base, name } => {
                let ExprKind::Name(n) = &base.kind else {
                    return Err("this pattern is too complicated".into());
                };
                let (Set::Nodes(d) | Set::Edges(d)) = set else {
                    return Err(format!("`{}` does not belong to a domain", self.show_set(set)).into());
                };
                if (name.name == "edges") != matches!(set, Set::Edges(_)) {
                    return Err(format!("it lives on `{}`, not on {}", self.show_set(set), name.name).into());
                }
                match env.get(n).cloned() {
                    Some(Val::Domain(e)) if e == *d => Ok(()),
                    Some(_) => Err(format!("it lives on `{}`, another domain", self.show_set(set)).into()),
                    None => match described(c, n) {
                        Some(w) => self.bind_domain(n, *d, &w, env),
                        None => Err(format!("`{n}` is not described by `where`").into()),
                    },
                }
            }
            ExprKind::Binary {
                op: BinOp::Range, rhs, ..
            } => match set {
                Set::Range(n) => self.unify_int(rhs, &n.clone(), env),
                other => Err(format!("it lives on `{}`", self.show_set(other)).into()),
            },
            _ => match self.eval(pat, env).ok().and_then(|v| v.to_set()) {
                Some(s) if s == *set => Ok(()),
                _ => Err(format!("it lives on `{}`", self.show_set(set)).into()),
            },
        }
    }

    pub(crate) fn bind_domain(&mut self, n: &str, d: DomainId, want: &Expr, env: &mut Env) -> Result<(), Misfit> {
        let kind = self.kind_of(want, env).ok().flatten();
        let Some(Kind::Domain(want)) = kind else {
            return Err(format!("`{n}` is not a domain").into());
        };
        let have = self.domain(d).kind.clone();
        let shown = self.domain(d).name.clone();
        let fits = match (&want.kind, &have) {
            (DomainKind::Any | DomainKind::Set { nonempty: false }, _) => true,
            (DomainKind::Set { nonempty: true }, DomainKind::Set { nonempty } | DomainKind::Seq { nonempty }) => {
                *nonempty
            }
            (DomainKind::Set { nonempty: true }, DomainKind::Grid { .. } | DomainKind::Coarse { .. }) => true,
            (DomainKind::Seq { nonempty: a }, DomainKind::Seq { nonempty: b }) => !*a || *b,
            (DomainKind::Seq { nonempty: false }, kind) => kind.is_ordered(),
            (DomainKind::Graph, DomainKind::Graph | DomainKind::Cloud { .. } | DomainKind::Mesh) => true,
            (DomainKind::Mesh, DomainKind::Mesh) => true,
            (DomainKind::Grid { rank, .. }, DomainKind::Grid { .. } | DomainKind::Coarse { .. }) => {
                let have = super::nodes_util::grid_of(self, d).map(|g| g.rank).unwrap_or_default();
                self.bind_rank(rank, &have, env)
            }
            (DomainKind::Cloud { dim, .. }, DomainKind::Cloud { dim: have, .. }) => {
                self.bind_rank(dim, &have.clone(), env)
            }
            _ => false,
        };
        if !fits {
            return Err(format!("`{shown}` is not such a domain").into());
        }
        env.set(n, Val::Domain(d));
        Ok(())
    }

    fn bind_rank(&mut self, want: &Int, have: &Int, env: &mut Env) -> bool {
        match want.single_unknown() {
            Some((name, 1)) if matches!(env.get(name), Some(Val::Int(v)) if v == want) => {
                env.set(name, Val::Int(have.clone()));
                true
            }
            _ => want == have,
        }
    }
}

/// What `where`, or the parameter of that name, says of a domain.
fn described(c: &Callable, n: &str) -> Option<Expr> {
    let clause = c.wheres.iter().find(|w| w.name.name == n).map(|w| &w.ty);
    clause
        .or_else(|| c.params.iter().find(|p| p.name.name == n).map(|p| &p.ty))
        .cloned()
}
