//! Certificates: for every factor of the group the subgroup under which a model is equivariant, with flags and their sources.
//!
//! Before: a checked model, so every rule of `spec/typing.md` holds of it. After: a table, one row for each factor of Γ: the declared
//! group, and what every domain contributes (relabelling of nodes, translations, gauges), and the samples of a batch.

use crate::lower::args;
use crate::typed::{Model, Node, NodeId, Offset, TOp};
use crate::types::{DomainId, DomainKind, Set};
use gdl_syntax::ast::Span;
use std::fmt;

/// How far a claim goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// No error other than rounding.
    Exact,
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

/// Something that weakens a claim, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// `ties`, `random`, `numeric`, `approx`.
    pub name: &'static str,
    /// The places that raise it.
    pub spans: Vec<Span>,
}

/// One factor of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The factor, in words.
    pub factor: String,
    /// What holds.
    pub claim: Claim,
    /// What weakens it.
    pub flags: Vec<Flag>,
    /// Conditions and remarks.
    pub remark: String,
}

/// The certificate of a model, for training or for running.
pub fn certificate(model: &Model, training: bool) -> Vec<Row> {
    let flags = flags(model, training);
    let mut rows = vec![declared(model, &flags)];
    for (k, d) in model.domains.iter().enumerate() {
        let id = DomainId(k as u32);
        let name = &d.name;
        let exact = |factor: String| Row {
            factor,
            claim: Claim::Exact,
            flags: flags.clone(),
            remark: String::new(),
        };
        match &d.kind {
            DomainKind::Set { .. } | DomainKind::Graph | DomainKind::Any => {
                rows.push(exact(format!("relabelling of {name}")))
            }
            DomainKind::Cloud { .. } => {
                rows.push(exact(format!("relabelling of {name}")));
                rows.push(exact(format!("translations of {name}")));
            }
            DomainKind::Mesh => {
                rows.push(exact(format!("relabelling of {name}")));
                rows.push(exact(format!("frames of {name}, SO(2) at every vertex")));
            }
            DomainKind::Seq { .. } => rows.push(Row {
                factor: format!("order of {name}"),
                claim: Claim::NotClaimed,
                flags: Vec::new(),
                remark: "the order of a sequence is part of the data".into(),
            }),
            DomainKind::Grid { wrap, .. } => rows.push(translations(model, id, *wrap, &flags)),
            DomainKind::Coarse { .. } => {}
        }
    }
    let joined = training && model.stats.iter().any(|s| !s.over_data);
    rows.push(Row {
        factor: "samples".into(),
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

fn declared(model: &Model, flags: &[Flag]) -> Row {
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
    let exact = model.exact_group();
    if exact == model.group {
        return Row {
            factor: model.group.to_string(),
            claim: Claim::Exact,
            flags: flags.to_vec(),
            remark: needs.join(", "),
        };
    }
    // Where a grid stands between the program and the group: what is read at offsets of cells.
    let offsets = |n: &Node| {
        matches!(
            &n.op,
            TOp::Offset {
                offset: Offset::Window(_),
                ..
            }
        )
    };
    let mut spans: Vec<Span> = model.nodes.iter().filter(|n| offsets(n)).map(|n| n.span).collect();
    spans.dedup();
    Row {
        factor: model.group.to_string(),
        claim: Claim::Approximate {
            exact: exact.to_string(),
            all: model.group.to_string(),
        },
        flags: [flags, &[Flag { name: "approx", spans }]].concat(),
        remark: needs.join(", "),
    }
}

/// Translations of a grid: exact if it wraps and nothing strides; in steps if it wraps; else the radius within which the border is not felt.
fn translations(model: &Model, id: DomainId, wrap: bool, flags: &[Flag]) -> Row {
    let factor = format!("translations of {}", model.domains[id.0 as usize].name);
    let step = model
        .domains
        .iter()
        .enumerate()
        .filter_map(|(k, _)| step_of(model, DomainId(k as u32), id))
        .max()
        .unwrap_or(1);
    if wrap {
        let claim = if step == 1 {
            Claim::Exact
        } else {
            Claim::Subgroup(format!("in steps of {step}"))
        };
        return Row {
            factor,
            claim,
            flags: flags.to_vec(),
            remark: String::new(),
        };
    }
    let radius = interior(model, id);
    let steps = if step == 1 {
        String::new()
    } else {
        format!(", in steps of {step}")
    };
    Row {
        factor,
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
fn interior(model: &Model, root: DomainId) -> i64 {
    let mut seen: Vec<i64> = Vec::with_capacity(model.nodes.len());
    for n in &model.nodes {
        let below = args(&n.op).iter().map(|a| seen[a.0 as usize]).max().unwrap_or(0);
        let own = match &n.op {
            TOp::Offset { x, offset, .. } => reach(model, *x, offset, root),
            _ => 0,
        };
        seen.push(below + own);
    }
    seen.into_iter().max().unwrap_or(0)
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
        Offset::Literal(v) => v.iter().map(|k| i64::from(k.abs())).max().unwrap_or(0),
    };
    step * cells
}

fn flags(model: &Model, training: bool) -> Vec<Flag> {
    let mut out: Vec<Flag> = Vec::new();
    let mut raise = |name: &'static str, span: Span| match out.iter_mut().find(|f| f.name == name) {
        Some(f) if f.spans.contains(&span) => {}
        Some(f) => f.spans.push(span),
        None => out.push(Flag {
            name,
            spans: vec![span],
        }),
    };
    for n in &model.nodes {
        match &n.op {
            TOp::Random { .. } if training => raise("random", n.span),
            TOp::Argmax { .. } => raise("ties", n.span),
            TOp::Constant(data) if data.iter().any(|x| x.r.is_none()) => raise("numeric", n.span),
            TOp::Number(x) if x.r.is_none() => raise("numeric", n.span),
            TOp::ChangeBasis { iso, .. } if iso.pieces.iter().any(|p| p.matrix.numeric) => raise("numeric", n.span),
            _ => {}
        }
    }
    for p in &model.params {
        if crate::lower::reps::open(model, &p.space).is_ok_and(|o| o.parts.iter().any(|q| q.basis.numeric())) {
            raise("numeric", p.span);
        }
    }
    out
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Claim::Exact => f.write_str("exact"),
            Claim::Subgroup(s) => write!(f, "exact {s}"),
            Claim::Approximate { exact, all } => write!(f, "{exact}: exact · {all}: approx"),
            Claim::NotClaimed => f.write_str("not claimed"),
        }
    }
}
