//! Signatures: kinds, and unification of parameter types with arguments.
//!
//! A parameter type is a pattern: names that are not known yet are bound by what they meet. A name left of `x` or inside `grid(d)` is
//! a whole number, a name after `->` (or alone) a representation, a name left of `->` a domain or index set; `where` says more.

use super::env::Kind;
use super::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::types::{Atom, Domain, DomainId, DomainKind, Elem, Int, Rep, RepKind, Set, Type};
use gdl_rep::Atom as Known;
use gdl_syntax::ast::{Arg, BinOp, Callable, Expr, ExprKind, Span};

/// Words that name kinds.
const KIND_WORDS: [&str; 14] = [
    "rep", "orth", "perm", "scalars", "int", "odd", "list", "word", "group", "set", "seq", "graph", "mesh", "domain",
];

/// Why a pattern does not fit.
pub(crate) type Misfit = String;

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
            return Err(format!("`{}` is not a signal", self.show(ty)));
        }
        if !ty.sets.is_empty() {
            return Err(format!("`{}` is a signal; a value is needed", self.show(ty)));
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
            _ => Err(format!("it is an element of `{shown}`")),
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
            Ok(Val::Int(m)) => Err(format!("{m} and {n} differ")),
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
                        None => return Err(format!("`{r}` is not a number of invariants")),
                    },
                    Some(Kind::Rep(kind, gauge)) => {
                        self.fits_kind(r, kind, gauge)?;
                        env.set(n, Val::Rep(r.clone()));
                    }
                    _ => return Err(format!("`{n}` is not a representation")),
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
                    Some(want) => Err(format!("`{r}` is not `{want}`")),
                    None => Err(format!("{} is needed", v.describe())),
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
            (Some(m), Some(v)) if v > 0 && m % v == 0 => match largest.1.times(&Int::num(m / v)) {
                Some(inner) => (k, inner),
                None => largest,
            },
            _ => largest,
        }
    }

    /// Whether a representation allows what a kind promises.
    pub(crate) fn fits_kind(&self, r: &Rep, kind: RepKind, gauge: Option<DomainId>) -> Result<(), Misfit> {
        if let (Some(d), Some(g)) = (gauge, r.gauge)
            && d.0 != g
        {
            return Err(format!("`{r}` belongs to the gauge of another mesh"));
        }
        let ok = match kind {
            RepKind::Any => true,
            RepKind::Orth => r.is_orthogonal(),
            RepKind::Perm => r.is_permutation(),
            RepKind::Scalars => r.is_trivial(),
        };
        if ok {
            return Ok(());
        }
        Err(match kind {
            RepKind::Scalars => format!("`{r}` is not invariant: the group mixes its components"),
            RepKind::Perm => format!("the group does not permute the components of `{r}`"),
            _ => format!("`{r}` has no invariant inner product"),
        })
    }

    fn unify_set(&mut self, pat: &Expr, set: &Set, c: &Callable, env: &mut Env) -> Result<(), Misfit> {
        match &pat.kind {
            ExprKind::Name(n) if self.is_free(n, env) => {
                let Some(w) = c.wheres.iter().find(|w| w.name.name == *n).map(|w| w.ty.clone()) else {
                    env.set(n, Val::Set(set.clone()));
                    return Ok(());
                };
                match set {
                    Set::Nodes(d) => self.bind_domain(n, *d, &w, env),
                    other => Err(format!(
                        "`{}` is not the set of nodes of a domain",
                        self.show_set(other)
                    )),
                }
            }
            ExprKind::Field { base, name } => {
                let ExprKind::Name(n) = &base.kind else {
                    return Err("this pattern is too complicated".into());
                };
                let (Set::Nodes(d) | Set::Edges(d)) = set else {
                    return Err(format!("`{}` does not belong to a domain", self.show_set(set)));
                };
                if (name.name == "edges") != matches!(set, Set::Edges(_)) {
                    return Err(format!("it lives on `{}`, not on {}", self.show_set(set), name.name));
                }
                match env.get(n).cloned() {
                    Some(Val::Domain(e)) if e == *d => Ok(()),
                    Some(_) => Err(format!("it lives on `{}`, another domain", self.show_set(set))),
                    None => match c.wheres.iter().find(|w| w.name.name == *n).map(|w| w.ty.clone()) {
                        Some(w) => self.bind_domain(n, *d, &w, env),
                        None => Err(format!("`{n}` is not described by `where`")),
                    },
                }
            }
            ExprKind::Binary {
                op: BinOp::Range, rhs, ..
            } => match set {
                Set::Range(n) => self.unify_int(rhs, &n.clone(), env),
                other => Err(format!("it lives on `{}`", self.show_set(other))),
            },
            _ => match self.eval(pat, env).ok().and_then(|v| v.to_set()) {
                Some(s) if s == *set => Ok(()),
                _ => Err(format!("it lives on `{}`", self.show_set(set))),
            },
        }
    }

    fn bind_domain(&mut self, n: &str, d: DomainId, want: &Expr, env: &mut Env) -> Result<(), Misfit> {
        let kind = self.kind_of(want, env).ok().flatten();
        let Some(Kind::Domain(want)) = kind else {
            return Err(format!("`{n}` is not a domain"));
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
            return Err(format!("`{shown}` is not such a domain"));
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

impl Rep {
    /// If it is trivial: the number of copies.
    pub fn scalar_count(&self) -> Option<Int> {
        if !self.is_trivial() {
            return None;
        }
        self.flat()
            .blocks()
            .iter()
            .try_fold(Int::num(0), |acc, (n, a)| match a {
                Atom::Known(Known::Trivial) => acc.add(n),
                _ => None,
            })
    }

    /// V and one number for every copy in a block that is not invariant.
    pub fn gated(&self) -> Option<Rep> {
        let mut gates = Int::num(0);
        for (n, a) in self.flat().blocks() {
            if !is_scalar_atom(a) {
                gates = gates.add(n)?;
            }
        }
        Some(self.flat().plus(&Rep::atom(gates, Atom::Known(Known::Trivial))))
    }

    /// The V of which this is `gated(V)`.
    pub fn ungated(&self) -> Option<Rep> {
        let flat = self.flat();
        let mut blocks = flat.blocks().to_vec();
        let mut gates = Int::num(0);
        for (n, a) in &blocks {
            if !is_scalar_atom(a) {
                gates = gates.add(n)?;
            }
        }
        if gates.is(0) {
            return Some(flat);
        }
        let (n, a) = blocks.last_mut()?;
        if !is_scalar_atom(a) {
            return None;
        }
        *n = n.add(&gates.neg()?)?;
        if n.value().is_some_and(|v| v < 0) {
            return None;
        }
        Some(Rep::from_blocks(blocks, self.gauge))
    }

    /// Whether each group element permutes the basis up to signs.
    pub fn is_signed_permutation(&self) -> bool {
        self.flat().blocks().iter().all(|(_, a)| match a {
            Atom::Known(k) => k.is_permutation() || self.gauge.is_none() && is_sign(k),
            other => Rep::from_blocks(vec![(Int::num(1), other.clone())], None).is_permutation(),
        })
    }

    /// If it is one element of a space of fixed maps or kernels: that space, at least one set or a map.
    pub fn opened(&self) -> Option<crate::types::Space> {
        match self.blocks() {
            [(n, Atom::Fixed(s))] if n.is(1) && !s.sets.is_empty() => Some((**s).clone()),
            _ => None,
        }
    }
}

/// Whether a one-dimensional irrep acts by ±1.
fn is_sign(a: &Known) -> bool {
    use gdl_rep::rep::Label;
    matches!(
        a,
        Known::Irrep(Label::O3 { l: 0, .. } | Label::O2 { k: 0, .. } | Label::Dihedral { k: 0, .. })
    )
}

fn is_scalar_atom(a: &Atom) -> bool {
    Rep::from_blocks(vec![(Int::num(1), a.clone())], None).is_trivial()
}
