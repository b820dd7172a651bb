//! Signatures: the kinds that they name, and their unknowns for checking a layer on its own.

use super::env::Kind;
use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::types::{Atom, Domain, DomainId, DomainKind, Int, Rep, RepKind};
use gdl_syntax::ast::{Arg, BinOp, Callable, Expr, ExprKind, Span};

/// Words that name kinds.
const KIND_WORDS: [&str; 14] = [
    "rep", "orth", "perm", "scalars", "int", "odd", "list", "word", "group", "set", "seq", "graph", "mesh", "domain",
];

impl Checker<'_> {
    /// The kind that an expression in a signature names, if it does.
    pub(crate) fn kind_of(&mut self, e: &Expr, env: &mut Env) -> R<Option<Kind>> {
        let plain = |kind: DomainKind| {
            Kind::Domain(Domain {
                name: String::new(),
                kind,
                size: (1, 0),
            })
        };
        Ok(match &e.kind {
            ExprKind::Name(n) if env.get(n).is_none() => match n.as_str() {
                "rep" => Some(Kind::Rep(RepKind::Any, None)),
                "orth" => Some(Kind::Rep(RepKind::Orth, None)),
                "perm" => Some(Kind::Rep(RepKind::Perm, None)),
                "scalars" => Some(Kind::Rep(RepKind::Scalars, None)),
                "int" => Some(Kind::Int),
                "odd" => Some(Kind::Odd),
                "list" => Some(Kind::List),
                "word" => Some(Kind::Word),
                "group" => Some(Kind::Group),
                "set" => Some(plain(DomainKind::Set { nonempty: false })),
                "seq" => Some(plain(DomainKind::Seq { nonempty: false })),
                "graph" => Some(plain(DomainKind::Graph)),
                "mesh" => Some(plain(DomainKind::Mesh)),
                "domain" => Some(plain(DomainKind::Any)),
                _ => None,
            },
            ExprKind::Call { f, args } => match &f.kind {
                ExprKind::Name(n) if env.get(n).is_none() => match n.as_str() {
                    "rep" => {
                        let Some(Arg { value, .. }) = args.first() else {
                            return Ok(None);
                        };
                        match self.eval(value, env)? {
                            Val::Domain(d) => Some(Kind::Rep(RepKind::Any, Some(d))),
                            other => {
                                return Err(self.error(
                                    "GDL0111",
                                    "`rep(…)` takes the gauge of a mesh",
                                    value.span,
                                    other.describe(),
                                ));
                            }
                        }
                    }
                    "grid" | "cloud" | "set" | "seq" => {
                        Some(Kind::Domain(self.domain_kind(n.clone().as_str(), args, e.span, env)?))
                    }
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        })
    }

    /// `grid(2, edge = zero, size = 2*k)`, `cloud(3, cutoff = 5.0)`, `set(nonempty)`.
    fn domain_kind(&mut self, word: &str, args: &[Arg], span: Span, env: &mut Env) -> R<Domain> {
        let mut size = (1, 0);
        let (mut rank, mut wrap, mut cutoff, mut knn, mut nonempty) =
            (Int::num(if word == "cloud" { 3 } else { 2 }), false, None, None, false);
        for (k, a) in args.iter().enumerate() {
            match (a.name.as_ref().map(|n| n.name.as_str()), &a.value.kind) {
                (None, ExprKind::Name(n)) if n == "nonempty" => nonempty = true,
                (None, ExprKind::Name(n)) if k == 0 && env.get(n).is_none() => {
                    env.set(n, Val::Int(Int::var(n)));
                    rank = Int::var(n);
                }
                (None, _) if k == 0 => rank = self.eval_int(&a.value, env)?,
                (Some("edge"), ExprKind::Name(n)) if n == "zero" || n == "wrap" => wrap = n == "wrap",
                (Some("size"), _) => size = self.size_promise(&a.value)?,
                (Some("cutoff"), ExprKind::Float(t)) => cutoff = Some(t.clone()),
                (Some("cutoff"), ExprKind::Int(n)) => cutoff = Some(n.to_string()),
                (Some("knn"), _) => knn = Some(self.eval_int(&a.value, env)?),
                _ => {
                    return Err(self.error(
                        "GDL0111",
                        format!("`{word}` has no such option"),
                        a.value.span,
                        "options: edge = zero | wrap, size = n*k, cutoff = r, knn = k, nonempty",
                    ));
                }
            }
        }
        if rank.value().is_some_and(|r| !(1..=3).contains(&r)) {
            return Err(self.error(
                "GDL0111",
                format!("a {word} has 1, 2 or 3 dimensions"),
                span,
                format!("{rank}"),
            ));
        }
        let kind = match word {
            "grid" => DomainKind::Grid { rank, wrap },
            "cloud" => DomainKind::Cloud { dim: rank, cutoff, knn },
            "seq" => DomainKind::Seq { nonempty },
            _ => DomainKind::Set { nonempty },
        };
        Ok(Domain {
            name: String::new(),
            kind,
            size,
        })
    }

    /// `size = 2*k`, `size = 2*k + 1`: factor and remainder.
    fn size_promise(&mut self, e: &Expr) -> R<(i64, i64)> {
        let product = |e: &Expr| match &e.kind {
            ExprKind::Binary {
                op: BinOp::Mul,
                lhs,
                rhs,
            } => match (&lhs.kind, &rhs.kind) {
                (ExprKind::Int(n), ExprKind::Name(_)) | (ExprKind::Name(_), ExprKind::Int(n)) => Some(*n),
                _ => None,
            },
            ExprKind::Name(_) => Some(1),
            _ => None,
        };
        let pair = match &e.kind {
            ExprKind::Binary {
                op: BinOp::Add,
                lhs,
                rhs,
            } => match &rhs.kind {
                ExprKind::Int(r) => product(lhs).map(|n| (n, *r)),
                _ => None,
            },
            _ => product(e).map(|n| (n, 0)),
        };
        match pair {
            Some((n, r)) if (1..=4096).contains(&n) && r < n => Ok((n as i64, r as i64)),
            _ => Err(self.error(
                "GDL0111",
                "a size is promised as a multiple",
                e.span,
                "write `size = 4*k` or `size = 2*k + 1`",
            )),
        }
    }

    /// Gives every unknown name of a parameter type an abstract value, for checking a layer on its own.
    pub(crate) fn declare_pattern(&mut self, pat: &Expr, c: &Callable, env: &mut Env) -> R<()> {
        match &pat.kind {
            ExprKind::Binary {
                op: BinOp::Arrow,
                lhs,
                rhs,
            } => {
                self.declare_set(lhs, c, env)?;
                self.declare_pattern(rhs, c, env)
            }
            ExprKind::Binary {
                op: BinOp::Times,
                lhs,
                rhs,
            } => {
                self.declare_int(lhs, env);
                self.declare_pattern(rhs, c, env)
            }
            ExprKind::Call { f, args } if matches!(&f.kind, ExprKind::Name(n) if n == "gated" || n == "hom" || n == "class") =>
            {
                for a in args {
                    if matches!(&f.kind, ExprKind::Name(n) if n == "class") {
                        self.declare_int(&a.value, env);
                    } else {
                        self.declare_pattern(&a.value, c, env)?;
                    }
                }
                Ok(())
            }
            ExprKind::Name(n) if self.is_free(n, env) => {
                let clause = c.wheres.iter().find(|w| w.name.name == *n);
                let kind = match clause {
                    Some(w) => self.kind_of(&w.ty, env)?,
                    None => Some(Kind::Rep(RepKind::Any, None)),
                };
                match kind {
                    Some(k) => self.declare(n, k, pat.span, env),
                    None => Err(self.error(
                        "GDL0111",
                        "this `where` does not name a kind",
                        pat.span,
                        format!("`{n}`"),
                    )),
                }
            }
            _ => Ok(()),
        }
    }

    fn declare_int(&mut self, e: &Expr, env: &mut Env) {
        if let ExprKind::Name(n) = &e.kind
            && self.is_free(n, env)
        {
            env.set(n, Val::Int(Int::var(n)));
        }
    }

    fn declare_set(&mut self, e: &Expr, c: &Callable, env: &mut Env) -> R<()> {
        let name = match &e.kind {
            ExprKind::Name(n) => n,
            ExprKind::Field { base, .. } => match &base.kind {
                ExprKind::Name(n) => n,
                _ => return Ok(()),
            },
            ExprKind::Binary {
                op: BinOp::Range, rhs, ..
            } => {
                self.declare_int(rhs, env);
                return Ok(());
            }
            _ => return Ok(()),
        };
        if !self.is_free(name, env) {
            return Ok(());
        }
        let Some(w) = c.wheres.iter().find(|w| w.name.name == *name) else {
            return Err(self.report(
                Diagnostic::error(
                    "GDL0111",
                    format!("what is `{name}`?"),
                    e.span,
                    "an index set whose kind is not said",
                )
                .help(format!(
                    "Add `where {name}: set` (or grid(d), graph, cloud(d), mesh, seq)."
                )),
            ));
        };
        match self.kind_of(&w.ty, env)? {
            Some(k) => self.declare(name, k, e.span, env),
            None => Err(self.error(
                "GDL0111",
                "this `where` does not name a kind",
                w.ty.span,
                "kinds: set, seq, grid(d), graph, cloud(d), mesh",
            )),
        }
    }

    /// Whether a name is to be bound by unification.
    pub(crate) fn is_free(&self, n: &str, env: &Env) -> bool {
        env.get(n).is_none()
            && !KIND_WORDS.contains(&n)
            && !["point", "vector", "regular", "trivial", "_"].contains(&n)
            && self.program.find(env.module, n).is_none()
    }

    /// Gives a name an abstract value of a kind.
    pub(crate) fn declare(&mut self, n: &str, kind: Kind, span: Span, env: &mut Env) -> R<()> {
        let val = match kind {
            Kind::Rep(kind, gauge) => Val::Rep(Rep::from_blocks(
                vec![(Int::num(1), Atom::Var { name: n.into(), kind })],
                gauge.map(|d| d.0),
            )),
            Kind::Int | Kind::Odd => Val::Int(Int::var(n)),
            Kind::Domain(d) => Val::Domain(self.new_domain(Domain { name: n.into(), ..d })),
            Kind::Word => Val::Word(n.into()),
            Kind::List => Val::List(vec![Val::Rep(Rep::from_blocks(
                vec![(
                    Int::num(1),
                    Atom::Var {
                        name: n.into(),
                        kind: RepKind::Scalars,
                    },
                )],
                None,
            ))]),
            Kind::Group => {
                return Err(self.error(
                    "GDL0111",
                    "a group cannot be a parameter here",
                    span,
                    "declare it with `under`",
                ));
            }
        };
        env.set(n, val);
        Ok(())
    }

    pub(crate) fn new_domain(&mut self, d: Domain) -> DomainId {
        self.model.domains.push(d);
        DomainId(self.model.domains.len() as u32 - 1)
    }
}
