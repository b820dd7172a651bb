//! Flags: what weakens a claim. A rule raises them where it is used; composition unites them.

use crate::lower::{args, reps};
use crate::typed::{Model, Node, NodeId, Offset, TOp};
use crate::types::{DomainId, DomainKind, Rep, Set, Space};
use gdl_syntax::ast::Span;

/// All flags: names that a signature may allow, `under G [ties]`.
pub const FLAGS: [&str; 5] = ["approx", "ties", "random", "numeric", "relaxed"];

/// Something that weakens a claim, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// `ties`, `random`, `numeric`, `approx`.
    pub name: &'static str,
    /// The places that raise it.
    pub spans: Vec<Span>,
}

/// The flags of all values of a model, while it runs or while it is trained.
#[derive(Clone, Debug)]
pub struct Flags {
    /// What the rule of each node raises.
    own: Vec<Option<&'static str>>,
    /// What is raised by the node or by anything it is made from, in the order of the nodes that raise it.
    all: Vec<Vec<NodeId>>,
    spans: Vec<Span>,
}

impl Flags {
    /// Unites the flags along the program: a value has those of everything it is made from.
    pub fn of(model: &Model, training: bool) -> Flags {
        let approximate = model.exact_group() != model.group;
        let mut out = Flags {
            own: Vec::with_capacity(model.nodes.len()),
            all: Vec::with_capacity(model.nodes.len()),
            spans: Vec::with_capacity(model.nodes.len()),
        };
        for (k, node) in model.nodes.iter().enumerate() {
            let own = raised(model, node, training, approximate);
            let mut all: Vec<NodeId> = Vec::new();
            for a in args(&node.op) {
                let new = &out.all[a.0 as usize];
                all.extend(new.iter().filter(|n| !all.contains(n)).copied().collect::<Vec<_>>());
            }
            all.sort_unstable();
            all.extend(own.map(|_| NodeId(k as u32)));
            out.own.push(own);
            out.all.push(all);
            out.spans.push(node.span);
        }
        out
    }

    /// The flag that the rule of a node raises.
    pub fn own(&self, id: NodeId) -> Option<&'static str> {
        self.own[id.0 as usize]
    }

    /// The flags of some values together.
    pub fn united(&self, of: &[NodeId]) -> Vec<Flag> {
        let mut out: Vec<Flag> = Vec::new();
        for id in of.iter().flat_map(|id| &self.all[id.0 as usize]) {
            let (Some(name), span) = (self.own(*id), self.spans[id.0 as usize]) else {
                continue;
            };
            match out.iter_mut().find(|f| f.name == name) {
                Some(f) if f.spans.contains(&span) => {}
                Some(f) => f.spans.push(span),
                None => out.push(Flag {
                    name,
                    spans: vec![span],
                }),
            }
        }
        out
    }
}

/// The flag that one rule raises.
fn raised(model: &Model, node: &Node, training: bool, approximate: bool) -> Option<&'static str> {
    match &node.op {
        TOp::Random { .. } if training => Some("random"),
        TOp::Argmax { .. } => Some("ties"),
        // The nearest points of a cloud: which of two equally near ones is taken depends on their order.
        TOp::Field(d, _) if chosen_by_distance(model, *d) => Some("ties"),
        TOp::Define { vars, .. } if vars.iter().any(|v| near(model, &model.var(*v).set)) => Some("ties"),
        TOp::Reduce { var, .. } if near(model, &model.var(*var).set) => Some("ties"),
        TOp::Constant(data) if data.iter().any(|x| x.r.is_none()) && model_moves(&node.ty) => Some("numeric"),
        TOp::ChangeBasis { iso, .. } if iso.pieces.iter().any(|p| p.matrix.numeric) => Some("numeric"),
        TOp::Param(p) if is_numeric(model, &model.params[p.0 as usize].space) => Some("numeric"),
        TOp::FromScalars { .. } => {
            let rep = node.ty.as_rep().cloned().unwrap_or_default();
            let sets = node.ty.sets.clone();
            is_numeric(model, &Space { sets, rep }).then_some("numeric")
        }
        TOp::Offset {
            offset: Offset::Window(_),
            ..
        } if approximate => Some("approx"),
        _ => None,
    }
}

fn near(model: &Model, set: &Set) -> bool {
    matches!(set, Set::Edges(d) if chosen_by_distance(model, *d))
}

fn chosen_by_distance(model: &Model, d: DomainId) -> bool {
    matches!(
        &model.domains[d.0 as usize].kind,
        DomainKind::Cloud { knn: Some(_), .. }
    )
}

fn model_moves(ty: &crate::types::Type) -> bool {
    ty.as_rep().is_some_and(|r: &Rep| !r.is_permutation())
}

/// Whether the basis of a space of fixed elements is known in floating point only.
fn is_numeric(model: &Model, space: &Space) -> bool {
    reps::open(model, space).is_ok_and(|o| o.parts.iter().any(|p| p.basis.numeric()))
}
