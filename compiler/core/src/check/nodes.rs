//! Making typed nodes: dependences, fibres, lifting over signals, coercion of numbers.

use super::{Checker, R, Val};
use crate::typed::{Node, NodeId, TOp, VarId, VarKind};
use crate::types::{Elem, Rep, Set, Type};
use gdl_rep::Exact;
use gdl_syntax::ast::Span;
use std::collections::BTreeSet;

impl Checker<'_> {
    /// Adds a node; its dependences are those of its arguments plus `extra`, minus `bound`.
    pub(crate) fn add(&mut self, op: TOp, ty: Type, args: &[NodeId], span: Span) -> NodeId {
        self.add_with(op, ty, args, &[], &[], span)
    }

    pub(crate) fn add_with(
        &mut self,
        op: TOp,
        ty: Type,
        args: &[NodeId],
        extra: &[VarId],
        bound: &[VarId],
        span: Span,
    ) -> NodeId {
        let mut deps: BTreeSet<VarId> = extra.iter().copied().collect();
        let mut fibre = None;
        for &a in args {
            deps.extend(self.node(a).deps.iter().copied());
            fibre = fibre.or(self.node(a).fibre);
        }
        for b in bound {
            deps.remove(b);
        }
        if ty.as_rep().is_none_or(|r| r.gauge.is_none() || r.is_trivial()) || fibre.is_some_and(|f| bound.contains(&f))
        {
            fibre = None;
        }
        let path = self.path_id();
        self.model.nodes.push(Node {
            op,
            ty,
            deps,
            fibre,
            span,
            path,
        });
        let id = NodeId(self.model.nodes.len() as u32 - 1);
        self.node_fits(id);
        id
    }

    fn path_id(&mut self) -> u32 {
        let path = &self.path;
        match self.model.paths.iter().rposition(|p| p == path) {
            Some(k) => k as u32,
            None => {
                self.model.paths.push(path.clone());
                self.model.paths.len() as u32 - 1
            }
        }
    }

    /// Says in whose fibre a node lies; invariants lie in none.
    pub(crate) fn set_fibre(&mut self, id: NodeId, fibre: Option<VarId>) {
        let node = &mut self.model.nodes[id.0 as usize];
        node.fibre = if node.ty.as_rep().is_some_and(Rep::is_trivial) {
            None
        } else {
            fibre
        };
    }

    /// The index over which values read at `v` lie, if it belongs to the mesh of a gauge: a vertex, or the destination of an edge.
    fn fibre_at(&self, v: VarId, gauge: Option<u32>) -> Option<VarId> {
        match self.model.var(v).set {
            Set::Nodes(d) if Some(self.origin_of(d).0) == gauge => Some(v),
            Set::Edges(d) if Some(self.origin_of(d).0) == gauge => Some(self.end_of(v, false).unwrap_or(v)),
            _ => None,
        }
    }

    /// A constant number.
    pub(crate) fn number(&mut self, x: Exact, span: Span) -> NodeId {
        self.add(TOp::Number(x), Type::scalar(), &[], span)
    }

    /// A value as a node: numbers become constants.
    pub(crate) fn to_node(&mut self, val: &Val, span: Span) -> R<NodeId> {
        match val {
            Val::Node(n) => Ok(*n),
            Val::Int(n) => {
                let x = match n.value() {
                    Some(v) => Exact::int(v),
                    None if self.abstract_mode => Exact::int(1),
                    None => return Err(self.error("GDL0111", "this number is not known", span, format!("`{n}`"))),
                };
                Ok(self.number(x, span))
            }
            Val::Num(x) => Ok(self.number(*x, span)),
            Val::Bool(b) => Ok(self.number(Exact::int(i64::from(*b)), span)),
            Val::Var(v) => self.index_as_value(*v, span),
            Val::List(items) => self.vector_constant(items, span),
            Val::Record(_) => Err(self.report(
                crate::diag::Diagnostic::error("GDL0111", "a value is needed here", span, "this is a record").help("Numbers in parentheses are a vector only in `const v: V = (…)`, where they must be fixed by the group."),
            )),
            other => Err(self.error("GDL0111", "a value is needed here", span, format!("this is {}", other.describe()))),
        }
    }

    /// An element of a transparent set as a number; on a sequence its position.
    fn index_as_value(&mut self, v: VarId, span: Span) -> R<NodeId> {
        let set = self.model.var(v).set.clone();
        match set {
            Set::Range(_) | Set::Enum(_) => {
                let ty = Type {
                    sets: Vec::new(),
                    elem: Elem::Index(set),
                };
                Ok(self.add_with(TOp::Position(v), ty, &[], &[v], &[], span))
            }
            Set::Nodes(d) if self.domain(d).kind.is_ordered() => {
                Ok(self.add_with(TOp::Position(v), Type::scalar(), &[], &[v], &[], span))
            }
            _ => {
                let (name, moved) = (self.model.var(v).name.clone(), self.moved_element(&set));
                Err(self.report(
                    crate::diag::Diagnostic::error(
                        "GDL0104",
                        format!("`{name}` is not a number"),
                        span,
                        "an index of a domain whose elements have no order",
                    )
                    .counterexample(moved)
                    .note("Relabelling the elements is a symmetry of this domain, and no numbering is fixed by it.")
                    .help("Use a `seq` if the order of the elements means something, or pass the number as an input."),
                ))
            }
        }
    }

    fn vector_constant(&mut self, items: &[Val], span: Span) -> R<NodeId> {
        let mut data = Vec::new();
        for v in items {
            match v {
                Val::Int(n) => data.push(Exact::int(n.value().unwrap_or(1))),
                Val::Num(x) => data.push(*x),
                other => {
                    return Err(self.report(
                        crate::diag::Diagnostic::error(
                            "GDL0111",
                            "a list of numbers is needed here",
                            span,
                            format!("this contains {}", other.describe()),
                        )
                        .help("A list is a constant. Values are joined by `++`: `x ++ y`."),
                    ));
                }
            }
        }
        let ty = Type::rep(Rep::scalars(data.len() as i64));
        Ok(self.add(TOp::Constant(data), ty, &[], span))
    }

    /// Applies `f` to the values of signals on the same sets, pointwise; plain values pass through.
    pub(crate) fn lift(
        &mut self,
        args: &[NodeId],
        span: Span,
        f: &mut dyn FnMut(&mut Self, &[NodeId]) -> R<NodeId>,
    ) -> R<NodeId> {
        let Some(sets) = args
            .iter()
            .map(|&a| self.node(a).ty.sets.clone())
            .find(|s| !s.is_empty())
        else {
            return f(self, args);
        };
        for &a in args {
            let other = &self.node(a).ty.sets;
            if !other.is_empty() && *other != sets {
                let (l, r) = (self.show_sets(&sets), self.show_sets(&other.clone()));
                return Err(self.report(
                    crate::diag::Diagnostic::error(
                        "GDL0101",
                        "these signals live on different index sets",
                        span,
                        format!("one is on {l}, the other on {r}"),
                    )
                    .help("Read them at an index: `y[i] = … x[i] …`."),
                ));
            }
        }
        let vars: Vec<VarId> = sets
            .iter()
            .map(|s| self.new_var("·", s.clone(), VarKind::Free))
            .collect();
        let mut inner = Vec::new();
        for &a in args {
            let mut x = a;
            if !self.node(a).ty.sets.is_empty() {
                for &v in &vars {
                    x = self.read(x, v, span)?;
                }
            }
            inner.push(x);
        }
        let body = f(self, &inner)?;
        self.define(&vars, body, span)
    }

    /// `x` at variable `at`, which ranges over its first set.
    pub(crate) fn read(&mut self, x: NodeId, at: VarId, span: Span) -> R<NodeId> {
        let ty = self.node(x).ty.clone();
        let rest = ty.with_sets(ty.sets[1..].to_vec());
        let fibre = self.fibre_at(at, ty.as_rep().and_then(|r| r.gauge));
        let id = self.add_with(TOp::Read { x, at }, rest, &[x], &[at], &[], span);
        if fibre.is_some() {
            self.set_fibre(id, fibre);
        }
        Ok(id)
    }

    /// The signal on the sets of `vars` with value `body`; `0..n -> V` is `n x V`.
    pub(crate) fn define(&mut self, vars: &[VarId], body: NodeId, span: Span) -> R<NodeId> {
        let body_ty = self.node(body).ty.clone();
        let fibre = self.node(body).fibre;
        if let Some(gauge) = body_ty.as_rep().filter(|r| !r.is_trivial()).and_then(|r| r.gauge) {
            let over: Vec<VarId> = vars.iter().filter_map(|&v| self.fibre_at(v, Some(gauge))).collect();
            let inner = body_ty
                .sets
                .iter()
                .any(|s| matches!(s, Set::Nodes(d) | Set::Edges(d) if self.origin_of(*d).0 == gauge));
            match (over.as_slice(), fibre) {
                ([_, _, ..], _) => return Err(self.two_fibres(span)),
                ([_], _) if inner => return Err(self.two_fibres(span)),
                ([at], Some(f)) if f != *at => return Err(self.fibre_mismatch(fibre, Some(*at), span)),
                _ => {}
            }
        }
        let mut ty = body_ty;
        let mut body = body;
        for &v in vars.iter().rev() {
            let set = self.model.var(v).set.clone();
            let copied = match (&set, &ty.elem) {
                (Set::Range(n), Elem::Rep(r)) if ty.sets.is_empty() => Some(r.times(n)),
                (Set::Points(p), Elem::Rep(r)) if ty.sets.is_empty() && r.same(&Rep::scalars(1)) => Some(p.clone()),
                _ => None,
            };
            ty = match copied {
                Some(r) => Type::rep(r),
                None => {
                    let mut sets = vec![set];
                    sets.extend(ty.sets.clone());
                    ty.with_sets(sets)
                }
            };
            // An edge binds those of its ends that were named with it.
            let ends = self.model.var(v).ends.map_or_else(Vec::new, |(s, d)| vec![s, d]);
            let mut bound: Vec<VarId> = ends
                .into_iter()
                .filter(|e| self.model.var(*e).kind == VarKind::End)
                .collect();
            bound.push(v);
            body = self.add_with(
                TOp::Define { vars: vec![v], body },
                ty.clone(),
                &[body],
                &[],
                &bound,
                span,
            );
        }
        Ok(body)
    }

    /// Index sets in the language's words.
    pub(crate) fn show_sets(&self, sets: &[Set]) -> String {
        let shown: Vec<String> = sets.iter().map(|s| self.show_set(s)).collect();
        format!("`{}`", shown.join(" -> "))
    }

    /// An index set in the language's words.
    pub(crate) fn show_set(&self, set: &Set) -> String {
        use crate::types::DomainKind as K;
        match set {
            Set::Nodes(d) => {
                let dom = self.domain(*d);
                match dom.kind {
                    K::Graph | K::Cloud { .. } => format!("{}.nodes", dom.name),
                    K::Mesh => format!("{}.verts", dom.name),
                    _ => dom.name.clone(),
                }
            }
            Set::Edges(d) => match &self.domain(*d).kind {
                K::Chosen(_) => self.domain(*d).name.clone(),
                _ => format!("{}.edges", self.domain(*d).name),
            },
            Set::Window(d, n) => format!("{}.window({n})", self.domain(*d).name),
            Set::Circle(d) => format!("{}.circle", self.domain(*d).name),
            other => other.to_string(),
        }
    }

    /// A type in the language's words.
    pub(crate) fn show(&self, ty: &Type) -> String {
        let elem = match &ty.elem {
            Elem::Rep(r) => r.to_string(),
            Elem::Point(_) => "point".into(),
            Elem::Index(Set::Range(n)) => format!("class({n})"),
            Elem::Index(s) => self.show_set(s),
        };
        let mut out = String::new();
        for s in &ty.sets {
            out.push_str(&self.show_set(s));
            out.push_str(" -> ");
        }
        out + &elem
    }
}
