//! Certificates: for every factor of the group the subgroup under which a model is equivariant, with flags and their sources.
//!
//! Before: a checked model, so every rule of `spec/typing.md` holds of it. After: a table, one row for each factor of Γ: the declared
//! group, and what every domain contributes (relabelling of nodes, translations, gauges), and the samples of a batch.
//!
//! A certificate is that of a set of values: composition intersects the subgroups of what they are made from and unites the flags
//! ([`Flags`]), so the certificate of a model is that of its outputs, one by one, and what no output uses weakens nothing.

mod flags;
mod rules;

pub use flags::{FLAGS, Flag, Flags, Remaining};
pub use rules::rule;

use crate::lower::args;
use crate::typed::{Model, NodeId, Offset, TOp};
use crate::types::{DomainId, DomainKind, Elem, Set};
use gdl_rep::Group;
use std::fmt;

/// How far a claim goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// No error other than rounding.
    Exact,
    /// Exact in part of the factor: `in steps of 2`.
    Partly(String),
    /// Exact under a subgroup only.
    Subgroup(String),
    /// Exact under a subgroup, approximately for all of the factor.
    Approximate {
        /// The subgroup.
        exact: String,
        /// The factor.
        all: String,
    },
    /// Nothing is claimed.
    NotClaimed,
}

/// One factor of the group.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The factor, in words.
    pub factor: String,
    /// The outputs of which this is said; empty if it is said of all.
    pub outputs: Vec<String>,
    /// What holds.
    pub claim: Claim,
    /// What weakens it.
    pub flags: Vec<Flag>,
    /// Conditions and remarks.
    pub remark: String,
}

/// The certificates of a model, while it runs and while it is trained, row by row: one for each factor, or one for each factor and the
/// outputs of which the same is claimed.
pub fn certificates(model: &Model) -> [Vec<Row>; 2] {
    let flags = [false, true].map(|training| Flags::of(model, training));
    let of = |id: NodeId| [false, true].map(|t| certificate_of(model, &[id], &flags[usize::from(t)], t));
    let tables: Vec<(&str, [Vec<Row>; 2])> = model.outputs.iter().map(|(n, id)| (n.as_str(), of(*id))).collect();
    let factors = tables.first().map_or(0, |(_, t)| t[0].len());
    let mut out = [Vec::new(), Vec::new()];
    for k in 0..factors {
        let mut classes: Vec<[Row; 2]> = Vec::new();
        for (name, [running, training]) in &tables {
            let same = |c: &[Row; 2]| said_alike(&c[0], &running[k]) && said_alike(&c[1], &training[k]);
            let at = classes.iter().position(same).unwrap_or_else(|| {
                classes.push([running[k].clone(), training[k].clone()]);
                classes.len() - 1
            });
            classes[at]
                .iter_mut()
                .for_each(|row| row.outputs.push((*name).to_string()));
        }
        let one = classes.len() == 1;
        for mut class in classes {
            class.iter_mut().filter(|_| one).for_each(|row| row.outputs.clear());
            for (table, row) in out.iter_mut().zip(class) {
                table.push(row);
            }
        }
    }
    out
}

/// Whether two rows say the same, of whatever outputs.
fn said_alike(a: &Row, b: &Row) -> bool {
    a.factor == b.factor && a.claim == b.claim && a.flags == b.flags && a.remark == b.remark
}

/// The certificate of a model, for training or for running.
pub fn certificate(model: &Model, training: bool) -> Vec<Row> {
    let [running, trained] = certificates(model);
    if training { trained } else { running }
}

/// What is left of the declared group for all outputs of a model together.
pub fn left(model: &Model) -> Remaining {
    let outputs: Vec<NodeId> = model.outputs.iter().map(|(_, id)| *id).collect();
    Flags::of(model, false).left(model, &outputs)
}

/// What weakens the claim of a running model and is not allowed by its signature: `under G` claims more than the certificate says.
pub fn unclaimed(model: &Model) -> Vec<Flag> {
    let outputs: Vec<NodeId> = model.outputs.iter().map(|(_, n)| *n).collect();
    let raised = Flags::of(model, false).united(&outputs);
    raised.into_iter().filter(|f| !model.allows(f.name)).collect()
}

/// The certificate of some values of a model.
pub fn certificate_of(model: &Model, of: &[NodeId], flags: &Flags, training: bool) -> Vec<Row> {
    let reached = ancestors(model, of);
    let left = flags.left(model, of);
    let origin = flags.names_a_point(model, of);
    let raised = flags.united(of);
    let mut rows = vec![declared(model, &left, &raised)];
    // What is written down breaks the declared group only, and points translations; so do components.
    let of_group = |f: &&Flag| matches!(f.name, "break" | "components");
    let flags: Vec<Flag> = raised.iter().filter(|f| !of_group(f)).cloned().collect();
    let affine = model.inputs.iter().any(|i| matches!(i.ty.elem, Elem::Point(_)));
    if affine || model.domains.iter().any(|d| matches!(d.kind, DomainKind::Cloud { .. })) {
        rows.push(Row {
            factor: "translations of points".into(),
            outputs: Vec::new(),
            claim: if origin { Claim::NotClaimed } else { Claim::Exact },
            flags: if origin { raised } else { flags.clone() },
            remark: if origin { "a point is written down" } else { "" }.into(),
        });
    }
    for (k, d) in model.domains.iter().enumerate() {
        let id = DomainId(k as u32);
        let name = &d.name;
        let exact = |factor: String| Row {
            factor,
            outputs: Vec::new(),
            claim: Claim::Exact,
            flags: flags.clone(),
            remark: String::new(),
        };
        match &d.kind {
            DomainKind::Set { .. } | DomainKind::Graph | DomainKind::Cloud { .. } | DomainKind::Any => {
                rows.push(exact(format!("relabelling of {name}")))
            }
            DomainKind::Mesh => {
                rows.push(exact(format!("relabelling of {name}")));
                rows.push(exact(format!("frames of {name}, SO(2) at every vertex")));
            }
            DomainKind::Seq { .. } => rows.push(Row {
                factor: format!("order of {name}"),
                outputs: Vec::new(),
                claim: Claim::NotClaimed,
                flags: Vec::new(),
                remark: "the order of a sequence is part of the data".into(),
            }),
            DomainKind::Grid { wrap, .. } => rows.push(translations(model, id, *wrap, &flags, &reached)),
            DomainKind::Coarse { .. } | DomainKind::Chosen(_) => {}
        }
    }
    let joins = |op: &TOp| matches!(op, TOp::Stat { stat, .. } if !model.stats[stat.0 as usize].over_data);
    let joined = training && (0..model.nodes.len()).any(|k| reached[k] && joins(&model.nodes[k].op));
    rows.push(Row {
        factor: "samples".into(),
        outputs: Vec::new(),
        claim: Claim::Exact,
        flags: Vec::new(),
        remark: if joined {
            "in any order; batch statistics join the samples of a batch"
        } else {
            "in any order and any batch"
        }
        .into(),
    });
    rows
}

fn declared(model: &Model, left: &Remaining, flags: &[Flag]) -> Row {
    let mut needs: Vec<String> = Vec::new();
    for c in &model.congruences {
        let name = &model.domains[c.domain.0 as usize].name;
        let form = if c.remainder == 0 {
            format!("divisible by {}", c.modulus)
        } else {
            format!("of the form {}k + {}", c.modulus, c.remainder)
        };
        let text = format!("needs sides of {name} {form}");
        if c.modulus > 1 && !needs.contains(&text) {
            needs.push(text);
        }
    }
    let broken = left.nearly != model.group;
    if broken && flags.iter().any(|f| f.name == "break") {
        needs.push("all of it jointly with what `break` writes down".into());
    }
    let claim = match (left.exact == left.nearly, broken) {
        (true, false) => Claim::Exact,
        (true, true) if left.exact == Group::Trivial => Claim::NotClaimed,
        (true, true) => Claim::Subgroup(left.exact.to_string()),
        (false, _) => Claim::Approximate {
            exact: left.exact.to_string(),
            all: left.nearly.to_string(),
        },
    };
    Row {
        factor: model.group.to_string(),
        outputs: Vec::new(),
        claim,
        flags: flags.to_vec(),
        remark: needs.join(", "),
    }
}

/// Which nodes some values are made from, themselves included.
fn ancestors(model: &Model, of: &[NodeId]) -> Vec<bool> {
    let mut reached = vec![false; model.nodes.len()];
    for id in of {
        reached[id.0 as usize] = true;
    }
    for k in (0..model.nodes.len()).rev() {
        if reached[k] {
            for a in args(model, &model.nodes[k].op) {
                reached[a.0 as usize] = true;
            }
        }
    }
    reached
}

/// Translations of a grid: exact if it wraps and nothing strides; in steps if it wraps; else the radius within which the border is not felt.
fn translations(model: &Model, id: DomainId, wrap: bool, flags: &[Flag], reached: &[bool]) -> Row {
    let factor = format!("translations of {}", model.domains[id.0 as usize].name);
    let step = model
        .domains
        .iter()
        .enumerate()
        .filter_map(|(k, _)| step_of(model, DomainId(k as u32), id))
        .fold(1, lcm);
    if wrap {
        let claim = if step == 1 {
            Claim::Exact
        } else {
            Claim::Partly(format!("in steps of {step}"))
        };
        return Row {
            factor,
            outputs: Vec::new(),
            claim,
            flags: flags.to_vec(),
            remark: String::new(),
        };
    }
    let radius = interior(model, id, reached);
    let steps = if step == 1 {
        String::new()
    } else {
        format!(", in steps of {step}")
    };
    Row {
        factor,
        outputs: Vec::new(),
        claim: Claim::NotClaimed,
        flags: Vec::new(),
        remark: format!(
            "bounded grid; exact for what stays {radius} cells away from the border before the last pool{steps}"
        ),
    }
}

/// Cells of `root` to a cell of a coarsening of it.
fn step_of(model: &Model, d: DomainId, root: DomainId) -> Option<i64> {
    match &model.domains[d.0 as usize].kind {
        _ if d == root => Some(1),
        DomainKind::Coarse { of, stride, .. } => Some(step_of(model, *of, root)? * stride.value()?),
        _ => None,
    }
}

/// How many cells of `root` away a value can see, before it is pooled over the whole grid.
fn interior(model: &Model, root: DomainId, reached: &[bool]) -> i64 {
    let mut seen: Vec<i64> = Vec::with_capacity(model.nodes.len());
    for n in &model.nodes {
        let below = args(model, &n.op).iter().map(|a| seen[a.0 as usize]).max().unwrap_or(0);
        let own = match &n.op {
            TOp::Offset { x, offset, .. } => reach(model, *x, offset, root),
            _ => 0,
        };
        seen.push(below + own);
    }
    let of_outputs = seen.into_iter().zip(reached).filter(|(_, r)| **r);
    of_outputs.map(|(n, _)| n).max().unwrap_or(0)
}

fn reach(model: &Model, x: NodeId, offset: &Offset, root: DomainId) -> i64 {
    let Some(Set::Nodes(fine)) = model.node(x).ty.sets.first() else {
        return 0;
    };
    let step = step_of(model, *fine, root).unwrap_or(0);
    let cells = match offset {
        Offset::Window(o) => match &model.var(*o).set {
            Set::Window(_, n) => n.value().unwrap_or(1) / 2,
            _ => 0,
        },
        Offset::Steps { .. } => 0,
        Offset::Literal(v) => v.iter().map(|k| i64::from(k.abs())).max().unwrap_or(0),
    };
    step * cells
}

/// The least common multiple of two positive numbers.
fn lcm(a: i64, b: i64) -> i64 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a / x.max(1) * b
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Claim::Exact => f.write_str("exact"),
            Claim::Partly(s) => write!(f, "exact {s}"),
            Claim::Subgroup(s) => write!(f, "{s}: exact"),
            Claim::Approximate { exact, all } => write!(f, "{exact}: exact · {all}: approx"),
            Claim::NotClaimed => f.write_str("not claimed"),
        }
    }
}
