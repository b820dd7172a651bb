//! Typed models in words: types, operations, and what a value is made from.

use gdl_core::lower;
use gdl_core::typed::{Field, Model, Node, NodeId, TOp, VarId};
use gdl_core::types::{DomainKind, Elem, Set, Type};
use std::fmt::Write;

/// An index set in the language's words.
pub fn set(model: &Model, set: &Set) -> String {
    let name = |d: &gdl_core::types::DomainId| model.domains[d.0 as usize].name.clone();
    match set {
        Set::Nodes(d) => match model.domains[d.0 as usize].kind {
            DomainKind::Graph | DomainKind::Cloud { .. } => format!("{}.nodes", name(d)),
            DomainKind::Mesh => format!("{}.verts", name(d)),
            _ => name(d),
        },
        Set::Edges(d) => format!("{}.edges", name(d)),
        Set::Window(d, n) => format!("{}.window({n})", name(d)),
        Set::Circle(d) => format!("{}.circle", name(d)),
        other => other.to_string(),
    }
}

/// A type in the language's words.
pub fn ty(model: &Model, t: &Type) -> String {
    let elem = match &t.elem {
        Elem::Rep(r) => r.to_string(),
        Elem::Point(_) => "point".into(),
        Elem::Index(Set::Range(n)) => format!("class({n})"),
        Elem::Index(s) => set(model, s),
    };
    let sets: String = t.sets.iter().map(|s| set(model, s) + " -> ").collect();
    sets + &elem
}

/// A typed model, one node a line.
pub fn model(m: &Model) -> String {
    let mut out = format!("model {} under {}\n", m.name, m.group);
    let mut line = |text: String| {
        out.push_str(text.trim_end());
        out.push('\n');
    };
    for p in m.params.iter() {
        line(format!("  param {}: {}", p.name, p.space));
    }
    for s in &m.stats {
        line(format!("  stat {}: {}", s.param.name, s.param.space));
    }
    for (k, node) in m.nodes.iter().enumerate() {
        let name = m
            .names
            .iter()
            .find(|(_, n)| n.0 as usize == k)
            .map_or(String::new(), |(n, _)| format!("  // {n}"));
        line(format!(
            "  %{k}{} = {} : {}{name}",
            deps(m, node),
            operation(m, node),
            ty(m, &node.ty)
        ));
    }
    for (name, n) in &m.outputs {
        line(format!("  {name} = %{}", n.0));
    }
    out
}

fn deps(m: &Model, node: &Node) -> String {
    let names: Vec<String> = node.deps.iter().map(|v| var(m, *v)).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("[{}]", names.join(", "))
    }
}

fn var(m: &Model, v: VarId) -> String {
    format!("{}.{}", m.var(v).name, v.0)
}

/// The operation of a node with its operands.
pub fn operation(m: &Model, node: &Node) -> String {
    let mut out = word(m, &node.op);
    let args: Vec<String> = operands(m, node).iter().map(|n| format!("%{}", n.0)).collect();
    if !args.is_empty() {
        let _ = write!(out, " {}", args.join(", "));
    }
    out
}

/// What a node is made from.
pub fn operands(m: &Model, node: &Node) -> Vec<NodeId> {
    lower::args(m, &node.op)
}

/// What an operation is called.
pub fn word(m: &Model, op: &TOp) -> String {
    match op {
        TOp::Input(k) => format!("input {}", m.inputs.get(*k as usize).map_or("", |i| i.name.as_str())),
        TOp::Field(d, f) => {
            let domain = &m.domains[d.0 as usize].name;
            let part = match f {
                Field::Pos => "pos",
                Field::Strain => "strain",
                Field::EdgeVec => "edges.vec",
                Field::EdgeAngle => "edges.angle",
                Field::EdgeTransport => "edges.transport",
                Field::Degree => "degree",
                Field::Size => "size",
            };
            format!("{domain}.{part}")
        }
        TOp::Number(x) => format!("number {}", x.f),
        TOp::Constant(_) => "constant".into(),
        TOp::Break(k) => format!("break {}", m.breaks[*k as usize].name),
        TOp::Param(p) => format!("param {}", m.params[p.0 as usize].name),
        TOp::Stat { stat, .. } => format!("stat {}", m.stats[stat.0 as usize].param.name),
        TOp::Random { .. } => "random".into(),
        TOp::Read { at, .. } => format!("read at {}", var(m, *at)),
        TOp::Lookup { .. } => "look up".into(),
        TOp::Pick { k, .. } => format!("pick {k}"),
        TOp::Offset { cell, .. } => format!("read beside {}", var(m, *cell)),
        TOp::Apply { .. } => "apply".into(),
        TOp::Direction { .. } => "at direction".into(),
        TOp::Map { f, .. } => format!("{f:?}").to_lowercase(),
        TOp::Scale { .. } => "scale".into(),
        TOp::Dot { .. } => "dot".into(),
        TOp::Tensor { .. } => "tensor".into(),
        TOp::Cross { .. } => "cross".into(),
        TOp::Unit { .. } => "a direction".into(),
        TOp::Concat { .. } => "join".into(),
        TOp::Blocks { first, count, .. } => format!("blocks {first}..{}", first + count),
        TOp::Split { front: true, .. } => "front of".into(),
        TOp::Split { .. } => "back of".into(),
        TOp::Retype { .. } => "read as".into(),
        TOp::Components { .. } => "components of".into(),
        TOp::Trust { .. } => "on trust".into(),
        TOp::ChangeBasis { .. } => "canonical isomorphism".into(),
        TOp::FromScalars { .. } => "fixed element from".into(),
        TOp::Define { vars, .. } => {
            let names: Vec<String> = vars.iter().map(|v| var(m, *v)).collect();
            format!("for all {}:", names.join(", "))
        }
        TOp::Reduce { op, var: v, .. } => format!("{} over {}:", op.word(), var(m, *v)),
        TOp::CompareIndex { op, a, b } => format!("{} {op:?} {}", var(m, *a), var(m, *b)).to_lowercase(),
        TOp::Position(v) => format!("position of {}", var(m, *v)),
        TOp::BatchMean { .. } => "mean over the batch of".into(),
        TOp::Argmax { .. } => "argmax".into(),
        TOp::Choose { chosen, .. } => format!("choose {}", m.domains[chosen.0 as usize].name),
        TOp::Grad { .. } => "grad".into(),
        TOp::Transport { .. } => "transport".into(),
        TOp::Harmonics { l, .. } => format!("harmonics up to {l} of"),
        TOp::Detach { .. } => "detach".into(),
        TOp::State { of, k } => format!("state {k} of loop {of}"),
        TOp::Loop(_) => "loop".into(),
        TOp::Result { k, .. } => format!("result {k} of"),
    }
}
