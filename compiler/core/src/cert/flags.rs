//! Flags: what weakens a claim. A rule raises them where it is used; composition unites them.

use crate::lower::{args, reps};
use crate::typed::{Model, Node, NodeId, Offset, TOp};
use crate::types::{DomainId, DomainKind, Elem, Rep, Set, Space};
use gdl_rep::{Error, Exact, Group, larger, stabilizer};
use gdl_syntax::ast::Span;
use std::collections::{BTreeSet, HashMap};

/// All flags: names that a signature may allow, `under G [ties]`.
pub const FLAGS: [&str; 6] = ["approx", "break", "ties", "random", "numeric", "relaxed"];

/// What a loss that reads single components raises; no signature may allow it.
const COMPONENTS: &str = "components";

/// Nothing is left.
const NOTHING: Remaining = Remaining {
    exact: Group::Trivial,
    nearly: Group::Trivial,
};

/// Something that weakens a claim, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// `ties`, `random`, `numeric`, `approx`, `break`.
    pub name: &'static str,
    /// The largest residual of what was found in floating point.
    pub residual: Option<f64>,
    /// The places that raise it.
    pub spans: Vec<Span>,
}

/// The flags of all values of a model, while it runs or while it is trained.
#[derive(Clone, Debug)]
pub struct Flags {
    /// What the rule of each node raises.
    own: Vec<Option<&'static str>>,
    /// The residual of what the rule of each node found in floating point.
    residuals: Vec<Option<f64>>,
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
    /// Unites the flags along the program: a value has those of everything it is made from, the state of a loop those of the loop.
    pub fn of(model: &Model, training: bool) -> Flags {
        let approximate = model.grid_group() != model.group;
        let nodes = &model.nodes;
        let mut out = Flags {
            own: nodes.iter().map(|n| raised(model, n, training, approximate)).collect(),
            residuals: nodes.iter().map(|n| residual(model, n)).collect(),
            all: vec![Vec::new(); nodes.len()],
            off_cells: nodes.iter().map(|n| approximate && on_cells(model, n)).collect(),
            spans: nodes.iter().map(|n| n.span).collect(),
        };
        let loops: HashMap<u32, NodeId> = (0..)
            .zip(nodes)
            .filter_map(|(k, n)| match &n.op {
                TOp::Loop(l) => Some((l.id, NodeId(k))),
                _ => None,
            })
            .collect();
        while out.pass(model, &loops) && !loops.is_empty() {}
        out
    }

    /// Carries flags from operands to nodes, in order; whether anything changed.
    fn pass(&mut self, model: &Model, loops: &HashMap<u32, NodeId>) -> bool {
        let mut changed = false;
        for (k, node) in model.nodes.iter().enumerate() {
            let mut below = args(model, &node.op);
            if let TOp::State { of, .. } = &node.op {
                below.extend(loops.get(of));
            }
            let own = (self.own[k].is_some() || self.residuals[k].is_some()).then_some(NodeId(k as u32));
            let mut all: Vec<NodeId> = own.into_iter().collect();
            all.extend(below.iter().flat_map(|a| &self.all[a.0 as usize]));
            // What a trusted function does with components was sampled as a whole.
            if let TOp::Trust { since, .. } = node.op {
                all.retain(|id| *id < since || self.own[id.0 as usize] != Some(COMPONENTS));
            }
            all.sort_unstable();
            all.dedup();
            let off = self.off_cells[k] || below.iter().any(|a| self.off_cells[a.0 as usize]);
            changed |= all != self.all[k] || off != self.off_cells[k];
            self.all[k] = all;
            self.off_cells[k] = off;
        }
        changed
    }

    /// The flags that the rule of a node raises.
    pub fn own(&self, id: NodeId) -> Vec<&'static str> {
        let numeric = self.residuals[id.0 as usize].map(|_| "numeric");
        self.own[id.0 as usize].into_iter().chain(numeric).collect()
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
        if self.reads_components(of) {
            return Ok(NOTHING);
        }
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

    /// [`Flags::remaining`]; nothing where it is not known.
    pub fn left(&self, model: &Model, of: &[NodeId]) -> Remaining {
        self.remaining(model, of).unwrap_or(NOTHING)
    }

    /// Whether some values are made from single components, of which nothing is claimed for the declared group.
    pub fn reads_components(&self, of: &[NodeId]) -> bool {
        let raising = of.iter().flat_map(|id| &self.all[id.0 as usize]);
        raising
            .into_iter()
            .any(|id| self.own[id.0 as usize] == Some(COMPONENTS))
    }

    /// Whether some values are made by trusted functions.
    pub fn is_trusting(&self, model: &Model, of: &[NodeId]) -> bool {
        let mut raising = of.iter().flat_map(|id| &self.all[id.0 as usize]);
        raising.any(|id| matches!(model.node(*id).op, TOp::Trust { .. }))
    }

    /// Whether some values are made from a written point, which translations move.
    pub fn names_a_point(&self, model: &Model, of: &[NodeId]) -> bool {
        let point = |k: u32| matches!(model.breaks[k as usize].ty.elem, Elem::Point(_));
        self.breaks(model, of).into_iter().any(point)
    }

    /// The flags of some values together.
    pub fn united(&self, of: &[NodeId]) -> Vec<Flag> {
        let mut out: Vec<Flag> = Vec::new();
        for id in of.iter().flat_map(|id| &self.all[id.0 as usize]) {
            let span = self.spans[id.0 as usize];
            for name in self.own(*id) {
                let at = out.iter().position(|f| f.name == name).unwrap_or_else(|| {
                    out.push(Flag {
                        name,
                        residual: None,
                        spans: Vec::new(),
                    });
                    out.len() - 1
                });
                let flag = &mut out[at];
                if !flag.spans.contains(&span) {
                    flag.spans.push(span);
                }
                if name == "numeric" {
                    flag.residual = larger(flag.residual, self.residuals[id.0 as usize]);
                }
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
        TOp::Components { .. } => Some(COMPONENTS),
        TOp::Argmax { .. } | TOp::Choose { .. } => Some("ties"),
        // The nearest points of a cloud: which of two equally near ones is taken depends on their order.
        TOp::Field(d, _) if chosen_by_distance(model, *d) => Some("ties"),
        TOp::Define { vars, .. } if vars.iter().any(|v| near(model, &model.var(*v).set)) => Some("ties"),
        TOp::Reduce { var, .. } if near(model, &model.var(*var).set) => Some("ties"),
        TOp::Offset {
            offset: Offset::Window(_),
            ..
        } if approximate => Some("approx"),
        _ => None,
    }
}

/// How far a node's numbers are from being fixed, where they are known in floating point only.
fn residual(model: &Model, node: &Node) -> Option<f64> {
    let rounded = |data: &[Exact]| data.iter().any(|x| x.r.is_none()).then_some(f64::EPSILON);
    match &node.op {
        TOp::Trust { residual, .. } => Some(*residual),
        TOp::Break(k) => rounded(&model.breaks[*k as usize].value),
        TOp::Constant(data) if model_moves(&node.ty) => rounded(data),
        TOp::ChangeBasis { iso, .. } => iso.pieces.iter().fold(None, |r, p| larger(r, p.matrix.residual)),
        TOp::Param(p) => of_space(model, &model.params[p.0 as usize].space),
        TOp::FromScalars { .. } => {
            let rep = node.ty.as_rep().cloned().unwrap_or_default();
            let sets = node.ty.sets.clone();
            of_space(model, &Space { sets, rep })
        }
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

/// The largest residual of the bases of a space of fixed elements that are known in floating point only.
fn of_space(model: &Model, space: &Space) -> Option<f64> {
    let open = reps::open(model, space).ok()?;
    open.parts.iter().fold(None, |r, p| larger(r, p.basis.residual()))
}
