//! Flags: what weakens a claim. A rule raises them where it is used; composition unites them.

use crate::lower::{args, reps};
use crate::typed::{Model, Node, NodeId, Offset, TOp};
use crate::types::{DomainId, DomainKind, Elem, Rep, Set, Space};
use gdl_rep::{Error, Group, stabilizer};
use gdl_syntax::ast::Span;
use std::collections::BTreeSet;

/// All flags: names that a signature may allow, `under G [ties]`.
pub const FLAGS: [&str; 6] = ["approx", "break", "ties", "random", "numeric", "relaxed"];

/// Something that weakens a claim, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// `ties`, `random`, `numeric`, `approx`, `break`.
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
    /// Whether the node, or anything it is made from, stands on cells that the declared group does not permute.
    off_cells: Vec<bool>,
    spans: Vec<Span>,
}

/// What is claimed of some values for the declared group, on two levels: subgroups of it, included by [`Group::include`].
#[derive(Clone, Debug, PartialEq)]
pub struct Remaining {
    /// Where they are exact.
    pub exact: Group,
    /// Where they are at least approximately equivariant: everything that no constant breaks.
    pub nearly: Group,
}

impl Flags {
    /// Unites the flags along the program: a value has those of everything it is made from.
    pub fn of(model: &Model, training: bool) -> Flags {
        let approximate = model.grid_group() != model.group;
        let mut out = Flags {
            own: Vec::with_capacity(model.nodes.len()),
            all: Vec::with_capacity(model.nodes.len()),
            off_cells: Vec::with_capacity(model.nodes.len()),
            spans: Vec::with_capacity(model.nodes.len()),
        };
        for (k, node) in model.nodes.iter().enumerate() {
            let own = raised(model, node, training, approximate);
            let mut all: Vec<NodeId> = Vec::new();
            for a in args(model, &node.op) {
                let new = &out.all[a.0 as usize];
                all.extend(new.iter().filter(|n| !all.contains(n)).copied().collect::<Vec<_>>());
            }
            all.sort_unstable();
            all.extend(own.map(|_| NodeId(k as u32)));
            let below = args(model, &node.op).iter().any(|a| out.off_cells[a.0 as usize]);
            out.off_cells.push(approximate && (below || on_cells(model, node)));
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

    /// The constants by which some values break the symmetry.
    pub fn breaks(&self, model: &Model, of: &[NodeId]) -> BTreeSet<u32> {
        let raising = of.iter().flat_map(|id| &self.all[id.0 as usize]);
        let number = |id: &NodeId| match model.node(*id).op {
            TOp::Break(k) => Some(k),
            _ => None,
        };
        raising.filter_map(number).collect()
    }

    /// What is left of the declared group for some values.
    ///
    /// # Errors
    /// If what two subgroups have in common is not computed.
    pub fn remaining(&self, model: &Model, of: &[NodeId]) -> Result<Remaining, Error> {
        let group = &model.group;
        let mut nearly = group.clone();
        for k in self.breaks(model, of) {
            nearly = stabilizer::intersection(group, &nearly, &model.breaks[k as usize].remains)?;
        }
        let exact = if of.iter().any(|id| self.off_cells[id.0 as usize]) {
            stabilizer::intersection(group, &model.grid_group(), &nearly)?
        } else {
            nearly.clone()
        };
        Ok(Remaining { exact, nearly })
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
        TOp::Break(k) if model.breaks_symmetry(*k) => Some("break"),
        TOp::Argmax { .. } | TOp::Choose { .. } => Some("ties"),
        // The nearest points of a cloud: which of two equally near ones is taken depends on their order.
        TOp::Field(d, _) if chosen_by_distance(model, *d) => Some("ties"),
        TOp::Define { vars, .. } if vars.iter().any(|v| near(model, &model.var(*v).set)) => Some("ties"),
        TOp::Reduce { var, .. } if near(model, &model.var(*var).set) => Some("ties"),
        TOp::Break(k) if model.breaks[*k as usize].value.iter().any(|x| x.r.is_none()) => Some("numeric"),
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

/// Whether a node's values, or the indices that it depends on, stand on the cells or offsets of a grid.
fn on_cells(model: &Model, node: &Node) -> bool {
    let of_grid = |set: &Set| match set {
        Set::Nodes(d) => matches!(
            model.domains[d.0 as usize].kind,
            DomainKind::Grid { .. } | DomainKind::Coarse { .. }
        ),
        Set::Window(..) => true,
        _ => false,
    };
    let labels = match &node.ty.elem {
        Elem::Index(set) => of_grid(set),
        _ => false,
    };
    labels || node.ty.sets.iter().any(of_grid) || node.deps.iter().any(|v| of_grid(&model.var(*v).set))
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
