//! Domains with their elements: `graph[0-1, 1-2]`, `grid[4, 4]`, `cloud[(0, 0, 0)]`.

use super::MOST;
use super::solids::solid;
use crate::check::env::Kind;
use crate::check::{Checker, Env, R, Val};
use crate::diag::Diagnostic;
use crate::scene::Elements;
use crate::types::{Domain, DomainId, DomainKind, Int};
use gdl_syntax::ast::{Arg, BinOp, Expr, ExprKind, Ident, Span};

/// Words of domains that can be written down.
const DOMAINS: [&str; 6] = ["set", "seq", "grid", "graph", "cloud", "mesh"];

impl Checker<'_> {
    /// `graph[0-1, 1-2]`, `grid(2, edge = wrap)[4, 4]`: the kind of the domain, if `base` names one.
    fn literal_word<'e>(&self, base: &'e Expr, env: &Env) -> Option<(&'e str, &'e [Arg])> {
        let (word, args) = match &base.kind {
            ExprKind::Name(n) => (n.as_str(), &[][..]),
            ExprKind::Call { f, args } => match &f.kind {
                ExprKind::Name(n) => (n.as_str(), args.as_slice()),
                _ => return None,
            },
            _ => return None,
        };
        let free = DOMAINS.contains(&word) && env.get(word).is_none() && self.program.find(env.module, word).is_none();
        free.then_some((word, args))
    }

    /// Whether an expression is a literal domain.
    pub(crate) fn is_literal_domain(&self, e: &Expr, env: &Env) -> bool {
        matches!(&e.kind, ExprKind::Index { base, .. } if self.literal_word(base, env).is_some())
    }

    /// A literal domain, if `base[…]` is one.
    pub(crate) fn literal_domain(
        &mut self,
        base: &Expr,
        indices: &[Expr],
        span: Span,
        env: &mut Env,
    ) -> R<Option<Val>> {
        let Some((word, args)) = self.literal_word(base, env) else {
            return Ok(None);
        };
        if self.literals.is_none() {
            return Err(self.literals_only_in_tests("a literal domain", span));
        }
        let elements = match word {
            "set" | "seq" => self.count(word, indices, span, env)?,
            "grid" => self.extents(indices, env)?,
            "graph" => self.graph(indices)?,
            "cloud" => self.points(indices, env)?,
            _ => self.faces(indices, span, env)?,
        };
        if elements.count() > MOST {
            return Err(self.error(
                "GDL0124",
                "this domain is too large to be written",
                span,
                format!("{} elements", elements.count()),
            ));
        }
        let mut domain = match self.kind_of(base, env)? {
            Some(Kind::Domain(d)) => d,
            _ => Domain {
                name: String::new(),
                kind: match word {
                    "grid" => DomainKind::Grid {
                        rank: Int::num(0),
                        wrap: false,
                    },
                    _ => DomainKind::Cloud {
                        dim: Int::num(0),
                        cutoff: None,
                        knn: None,
                    },
                },
                size: (1, 0),
            },
        };
        let axes = match &elements {
            Elements::Extents(sides) => sides.len(),
            Elements::Points(list) => list.first().map_or(3, Vec::len),
            _ => 0,
        };
        match &mut domain.kind {
            DomainKind::Set { nonempty } | DomainKind::Seq { nonempty } => *nonempty = elements.count() > 0,
            DomainKind::Grid { rank: d, .. } | DomainKind::Cloud { dim: d, .. } => {
                if args.is_empty() {
                    *d = Int::num(axes as i64);
                }
                if !d.is(axes as i64) {
                    return Err(self.error(
                        "GDL0111",
                        format!("this {word} has {d} dimensions"),
                        span,
                        format!("written with {axes}"),
                    ));
                }
            }
            _ => {}
        }
        domain.name = self.free_domain_name(word);
        let id = self.new_domain(domain);
        if let Some(l) = &mut self.literals {
            l.places.push((id, elements));
        }
        Ok(Some(Val::Domain(id)))
    }

    /// `name`, or `name_2` and so on if a domain has it.
    fn free_domain_name(&self, name: &str) -> String {
        let taken = |n: &str| self.model.domains.iter().any(|d| d.name == n);
        let numbered = (2..).map(|k| format!("{name}_{k}"));
        std::iter::once(name.to_string())
            .chain(numbered)
            .find(|n| !taken(n))
            .unwrap_or_default()
    }

    /// Gives a literal domain the name that it is defined as.
    pub(crate) fn name_literal(&mut self, d: DomainId, name: &Ident) {
        let name = self.free_domain_name(&name.name);
        self.model.domains[d.0 as usize].name = name;
    }

    fn count(&mut self, word: &str, indices: &[Expr], span: Span, env: &mut Env) -> R<Elements> {
        let [n] = indices else {
            return Err(self.error(
                "GDL0111",
                format!("a {word} is written with its number of elements"),
                span,
                format!("`{word}[3]`"),
            ));
        };
        Ok(Elements::Count(self.small(n, 0, env)?))
    }

    fn extents(&mut self, indices: &[Expr], env: &mut Env) -> R<Elements> {
        let mut sides = Vec::new();
        for e in indices {
            sides.push(self.small(e, 1, env)?);
        }
        match (
            sides.len(),
            sides.iter().try_fold(1usize, |n, &s| n.checked_mul(s as usize)),
        ) {
            (1..=3, Some(n)) if n <= MOST => Ok(Elements::Extents(sides)),
            _ => Err(self.error(
                "GDL0111",
                "this grid is out of bounds",
                indices[0].span,
                "1 to 3 axes, at most 1048576 cells",
            )),
        }
    }

    /// A whole number, at least `least`.
    fn small(&mut self, e: &Expr, least: i64, env: &mut Env) -> R<u32> {
        let n = self.eval_int(e, env)?;
        let n = self.known(&n, "a size", e.span)?;
        if n < least || n > MOST as i64 {
            return Err(self.error(
                "GDL0124",
                "this size is out of bounds",
                e.span,
                format!("{least} to {MOST}"),
            ));
        }
        Ok(n as u32)
    }

    /// `0-1` joins both ways, `0->1` one way, `0-1-2` is a path, and a lone `3` is a node.
    fn graph(&mut self, indices: &[Expr]) -> R<Elements> {
        let mut nodes = 0;
        let mut list: Vec<(u32, u32, usize)> = Vec::new();
        let mut count = 0;
        for e in indices {
            let mut path = Vec::new();
            if !chain(e, None, &mut path) {
                return Err(self.report(
                    Diagnostic::error("GDL0111", "this is not an edge", e.span, "edges join nodes by their numbers")
                        .help("Write `0-1` for both directions, `0->1` for one, `0-1-2` for a path, `3` for a node without edges."),
                ));
            }
            for step in &path {
                nodes = nodes.max(step.0 + 1);
            }
            for pair in path.windows(2) {
                let ((a, _), (b, both)) = (pair[0], pair[1]);
                list.push((a, b, count));
                if both {
                    list.push((b, a, count));
                }
                count += 1;
            }
        }
        if nodes as usize > MOST {
            return Err(self.error(
                "GDL0124",
                "this graph is too large to be written",
                indices[0].span,
                format!("{nodes} nodes"),
            ));
        }
        let mut order: Vec<usize> = (0..list.len()).collect();
        order.sort_by_key(|&k| (list[k].1, list[k].0, k));
        let mut written = vec![Vec::new(); count];
        let mut place = vec![0u32; list.len()];
        for (row, &k) in order.iter().enumerate() {
            place[k] = row as u32;
        }
        for (k, (_, _, w)) in list.iter().enumerate() {
            written[*w].push(place[k]);
        }
        Ok(Elements::Graph {
            nodes,
            edges: order.iter().map(|&k| (list[k].0, list[k].1)).collect(),
            written,
        })
    }

    fn points(&mut self, indices: &[Expr], env: &mut Env) -> R<Elements> {
        let mut list: Vec<Vec<f64>> = Vec::new();
        for e in indices {
            let p = self.numbers(e, env)?;
            if !(1..=3).contains(&p.len()) || list.first().is_some_and(|q| q.len() != p.len()) {
                return Err(self.error(
                    "GDL0111",
                    "this is not a point",
                    e.span,
                    "all points have the same 1, 2 or 3 coordinates: `(0, 0, 1)`",
                ));
            }
            list.push(p);
        }
        Ok(Elements::Points(list))
    }

    /// `mesh[octahedron]`, `mesh[[(0, 0, 0), …], [(0, 1, 2), …]]`.
    fn faces(&mut self, indices: &[Expr], span: Span, env: &mut Env) -> R<Elements> {
        if let [e] = indices
            && let ExprKind::Name(n) = &e.kind
            && let Some(mesh) = solid(n)
        {
            return Ok(mesh);
        }
        let bad = |c: &mut Self| {
            c.report(
                Diagnostic::error("GDL0111", "this is not a mesh", span, "vertices and triangles are needed")
                    .help("Write `mesh[octahedron]` (or tetrahedron, icosahedron), or `mesh[[(0, 0, 0), …], [(0, 1, 2), …]]`."),
            )
        };
        let [v, f] = indices else { return Err(bad(self)) };
        let (ExprKind::List(vertices), ExprKind::List(triangles)) = (&v.kind, &f.kind) else {
            return Err(bad(self));
        };
        let mut triple = |c: &mut Self, e: &Expr| -> R<[f64; 3]> {
            let p = c.numbers(e, env)?;
            <[f64; 3]>::try_from(p).map_err(|_| bad(c))
        };
        let points = vertices.iter().map(|e| triple(self, e)).collect::<R<Vec<_>>>()?;
        let mut faces = Vec::new();
        for e in triangles {
            let t = triple(self, e)?;
            if t.iter()
                .any(|&k| k < 0.0 || k.fract() != 0.0 || k >= points.len() as f64)
            {
                return Err(self.error(
                    "GDL0111",
                    "this triangle has no such vertex",
                    e.span,
                    format!("there are {}", points.len()),
                ));
            }
            faces.push(t.map(|k| k as u32));
        }
        Ok(Elements::Mesh { points, faces })
    }
}

/// The nodes along `0-1->2`, each with whether the step to it goes both ways.
fn chain(e: &Expr, step: Option<bool>, out: &mut Vec<(u32, bool)>) -> bool {
    match &e.kind {
        ExprKind::Int(n) => match u32::try_from(*n).ok().filter(|n| (*n as usize) < MOST) {
            Some(n) => {
                out.push((n, step.unwrap_or(true)));
                true
            }
            None => false,
        },
        ExprKind::Binary {
            op: op @ (BinOp::Sub | BinOp::Arrow),
            lhs,
            rhs,
        } => chain(lhs, step, out) && chain(rhs, Some(*op == BinOp::Sub), out),
        _ => false,
    }
}
