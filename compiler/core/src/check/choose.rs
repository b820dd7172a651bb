//! Choices among the elements of a domain by an invariant key: rule choose.
//!
//! `topk` and `sort` make a domain whose elements are some of those of another one, in the order of their keys; `topk` of a key on
//! pairs, and `knn`, make edges. Which elements are chosen follows a relabelling, since the key does; what is made is a domain, so that
//! nothing but its elements can be read.

use super::{Checker, R, Val};
use crate::diag::Diagnostic;
use crate::typed::{NodeId, TOp, VarId, VarKind};
use crate::types::{Chosen, Domain, DomainId, DomainKind, Elem, Int, Rep, Set, Type};
use gdl_syntax::ast::Span;

/// The most neighbours that are chosen.
const MOST: i64 = 4096;

impl Checker<'_> {
    /// All elements by ascending key.
    pub(super) fn sort(&mut self, key: NodeId, at: Span, span: Span) -> R<Val> {
        let of = self.key_domain(key, at)?;
        if of.pairs {
            let shown = self.show(&self.node(key).ty.clone());
            return Err(self.error(
                "GDL0111",
                "one signal is sorted",
                at,
                format!("this is `{shown}`; `topk(key, k)` gives each its k best"),
            ));
        }
        let key = self.lift(&[key], at, &mut |c, x| c.negate(x[0], at))?;
        Ok(Val::Domain(self.chosen("sort", of, key, None, false, span)))
    }

    /// The k elements with the largest keys; for a key on pairs (i, j) edges from the k best j to every i.
    pub(super) fn topk(&mut self, key: NodeId, k: &Int, at: Span, k_span: Span, span: Span) -> R<Val> {
        let of = self.key_domain(key, at)?;
        let k = self.how_many(k, k_span)?;
        let d = self.chosen("topk", of, key, Some(k), false, span);
        Ok(if of.pairs {
            Val::Set(Set::Edges(d))
        } else {
            Val::Domain(d)
        })
    }

    /// Edges to every element from the k others nearest to it.
    pub(super) fn knn(&mut self, x: NodeId, k: &Int, at: Span, k_span: Span, span: Span) -> R<Val> {
        let ty = self.node(x).ty.clone();
        let [Set::Nodes(d)] = ty.sets.as_slice() else {
            let shown = self.show(&ty);
            return Err(self.report(
                Diagnostic::error(
                    "GDL0111",
                    "neighbours are found for the elements of a domain",
                    at,
                    format!("this is `{shown}`"),
                )
                .help("Give it one vector or point for every element: `knn(x, k)` for `x: s -> a`."),
            ));
        };
        self.depends_on_nothing(x, at)?;
        let k = self.how_many(k, k_span)?;
        let [i, j] = ["i", "j"].map(|n| self.new_var(n, Set::Nodes(*d), VarKind::Free));
        let (a, b) = (self.read(x, i, at)?, self.read(x, j, at)?);
        let apart = self.add_sub(false, a, b, at)?;
        let distance = self.dot(apart, apart, true, at)?;
        let nearness = self.negate(distance, at)?;
        let key = self.define(&[i, j], nearness, at)?;
        let of = Keys { of: *d, pairs: true };
        Ok(Val::Set(Set::Edges(self.chosen("knn", of, key, Some(k), true, span))))
    }

    /// How many are chosen.
    fn how_many(&mut self, k: &Int, span: Span) -> R<Int> {
        if k.value().is_some_and(|k| !(1..=MOST).contains(&k)) {
            return Err(self.error(
                "GDL0124",
                "this many choices are out of bounds",
                span,
                format!("1 to {MOST}"),
            ));
        }
        Ok(k.clone())
    }

    /// Among what a key chooses.
    fn key_domain(&mut self, key: NodeId, at: Span) -> R<Keys> {
        let ty = self.node(key).ty.clone();
        match &ty.elem {
            Elem::Rep(r) if r.same(&Rep::scalars(1)) => {}
            Elem::Rep(r) if r.is_trivial() => {
                return Err(self.report(
                    Diagnostic::error(
                        "GDL0101",
                        "the key of a choice is one number",
                        at,
                        format!("this is `{r}`"),
                    )
                    .help("Take one of them (`x[i][0]`), or map them to one: `linear(x, 1)`."),
                ));
            }
            Elem::Rep(r) => return Err(self.not_a_key(&r.clone(), at)),
            Elem::Point(_) => return Err(self.points_are_affine("points have no order", at)),
            Elem::Index(_) => return Err(self.error("GDL0111", "labels have no order", at, "the key is one number")),
        }
        self.depends_on_nothing(key, at)?;
        match ty.sets.as_slice() {
            [Set::Nodes(d)] => Ok(Keys { of: *d, pairs: false }),
            [Set::Nodes(d), Set::Nodes(e)] if d == e => Ok(Keys { of: *d, pairs: true }),
            _ => {
                let shown = self.show(&ty);
                Err(self.report(
                    Diagnostic::error(
                        "GDL0111",
                        "elements of a domain are chosen",
                        at,
                        format!("this is `{shown}`"),
                    )
                    .help("The key is a signal `s -> 1`, or `s -> s -> 1` to choose for every element."),
                ))
            }
        }
    }

    fn depends_on_nothing(&mut self, key: NodeId, at: Span) -> R<()> {
        let Some(&v) = self.node(key).deps.iter().next() else {
            return Ok(());
        };
        let name = self.model.var(v).name.clone();
        Err(self.report(
            Diagnostic::error(
                "GDL0111",
                "a choice is made once for a sample",
                at,
                format!("this key depends on `{name}`"),
            )
            .help("Define the key as a signal on pairs, `key[i, j] = …`: `topk(key, k)` then gives edges from the k best j to every i."),
        ))
    }

    /// A key that the group changes.
    fn not_a_key(&mut self, rep: &Rep, at: Span) -> super::Reported {
        let moved = self.moved_vector(rep);
        self.report(
            Diagnostic::error(
                "GDL0165",
                "the key of a choice is not invariant",
                at,
                format!("`{rep}`: the group changes it, and with it what is chosen"),
            )
            .counterexample(moved)
            .note("What is cut off must be the same for every group element, so elements are compared by invariants only.")
            .help("Choose by `norm2(v)`, by `dot(u, v)`, or by what a network makes of such invariants."),
        )
    }

    fn chosen(&mut self, word: &str, keys: Keys, key: NodeId, k: Option<Int>, others: bool, span: Span) -> DomainId {
        let domain = DomainId(self.model.domains.len() as u32);
        let set = if keys.pairs {
            Set::Edges(domain)
        } else {
            Set::Nodes(domain)
        };
        let name = format!("{word}({})", self.domain(keys.of).name);
        let choice = NodeId(self.model.nodes.len() as u32);
        self.new_domain(Domain {
            name,
            kind: DomainKind::Chosen(Chosen {
                of: keys.of,
                choice,
                k,
                edges: keys.pairs,
                others,
            }),
            size: (1, 0),
        });
        let ty = Type {
            sets: vec![set],
            elem: Elem::Index(Set::Nodes(keys.of)),
        };
        self.add(TOp::Choose { key, chosen: domain }, ty, &[key], span);
        domain
    }

    /// The domain whose elements those of `d` are: itself, unless they were chosen.
    pub(crate) fn origin_of(&self, d: DomainId) -> DomainId {
        match &self.domain(d).kind {
            DomainKind::Chosen(c) => self.origin_of(c.of),
            _ => d,
        }
    }

    /// What leaves a model lies on its domains, not on what it chose.
    pub(super) fn lies_on_given(&mut self, name: &str, ty: &Type, span: Span) -> R<()> {
        let chosen = |s: &Set| match s {
            Set::Nodes(d) | Set::Edges(d) => matches!(self.domain(*d).kind, DomainKind::Chosen(_)),
            _ => false,
        };
        if !ty.sets.iter().any(chosen) {
            return Ok(());
        }
        let shown = self.show(ty);
        Err(self.report(
            Diagnostic::error(
                "GDL0111",
                format!("`{name}` lives on a choice"),
                span,
                format!("this is `{shown}`"),
            )
            .help("Reduce over it, or pick its first elements: `z[k in 0..n] = sum t in T if t == k: x[t]`."),
        ))
    }

    /// The domain of the ends of edges.
    pub(super) fn ends_in(&self, edges: DomainId) -> DomainId {
        match &self.domain(edges).kind {
            DomainKind::Chosen(c) => c.of,
            _ => edges,
        }
    }

    /// Whether an index stands for an element of a domain that it was chosen from.
    pub(super) fn stands_for(&self, v: VarId, set: &Set) -> bool {
        match (&self.model.var(v).set, set) {
            (Set::Nodes(t), Set::Nodes(d)) => {
                matches!(&self.domain(*t).kind, DomainKind::Chosen(c) if !c.edges && c.of == *d)
            }
            _ => false,
        }
    }
}

/// What a key has a number for.
#[derive(Clone, Copy)]
struct Keys {
    /// Elements, or pairs of them.
    of: DomainId,
    pairs: bool,
}
