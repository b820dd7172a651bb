//! Finds where equivariance is lost: the first typed node whose value does not follow a move.
//!
//! All values of the program are computed on the scene and on the moved one. A value made from a typed node whose shape is that
//! of the node's type has a known action; the first one, in order of dependence, that does not follow it is where the fault lies.

use super::bench::{Bench, differ};
use super::moves::{Acting, Move, moved};
use super::scene::{Draw, Scene};
use super::slots::{Slot, of_type};
use crate::ir::Op;
use crate::typed::{NodeId, TOp};
use crate::types::Set;
use gdl_abi::Instance;

/// The first typed node whose value does not follow a move.
pub(crate) fn first_fault<A: Draw>(
    bench: &Bench<'_, A>,
    scene: &Scene<A::S>,
    instance: &Instance,
    by: &Move<A::S>,
) -> Option<NodeId> {
    let acting = Acting::new(bench.alg, bench.model, &bench.func.domains, &scene.door, instance, by).ok()?;
    let before = bench.run_all(instance, &scene.inputs).ok()?;
    let after = bench
        .run_all(&acting.new, &moved(&acting, bench.inputs, scene).ok()?)
        .ok()?;
    for (k, node) in bench.func.body.nodes.iter().enumerate() {
        let id = NodeId(node.origin);
        if matches!(
            node.op,
            Op::Scan(_) | Op::Choose { .. } | Op::Input(_) | Op::Param(_) | Op::Const(_)
        ) || !is_last(bench, k)
        {
            continue;
        }
        let Some(slot) = slot(bench, id, node.shape.dim, &node.shape.axes) else {
            continue;
        };
        let Ok(want) = acting.act(&slot, &before[k]) else {
            continue;
        };
        let rows = acting.from(slot.dim).len();
        if differ(bench.alg, &after[k], &want, rows).is_some() {
            return Some(id);
        }
    }
    None
}

/// Whether no later value of the same shape was made from the same typed node.
fn is_last<A: Draw>(bench: &Bench<'_, A>, k: usize) -> bool {
    let nodes = &bench.func.body.nodes;
    !nodes[k + 1..]
        .iter()
        .any(|n| n.origin == nodes[k].origin && n.shape == nodes[k].shape)
}

/// The action on a typed node's values, if its array has the shape of its type.
fn slot<A: Draw>(bench: &Bench<'_, A>, id: NodeId, dim: Option<gdl_abi::DimId>, axes: &[u32]) -> Option<Slot> {
    let model = bench.model;
    let node = model.nodes.get(id.0 as usize)?;
    if matches!(node.op, TOp::Loop(_) | TOp::Apply { .. }) && node.ty.as_rep().is_none() {
        return None;
    }
    let mut slot = of_type(model, "value", &node.ty, dim).ok()?;
    // Static variables stand in front, in an order that matters only if one of them is moved.
    let statics: Vec<Set> = node
        .deps
        .iter()
        .map(|v| model.var(*v).set.clone())
        .filter(|s| !s.is_dynamic())
        .collect();
    if statics.len() > 1 {
        return None;
    }
    slot.sets.splice(0..0, statics);
    let have: usize = axes.iter().map(|&n| n as usize).product();
    let sizes: Option<Vec<u32>> = slot.sets.iter().map(|s| size(bench, s)).collect();
    let mut want = sizes?;
    want.push(slot.components() as u32);
    (want == axes && have > 0).then_some(slot)
}

fn size<A: Draw>(bench: &Bench<'_, A>, set: &Set) -> Option<u32> {
    let small = |n: &crate::types::Int| n.value().and_then(|n| u32::try_from(n).ok());
    match set {
        Set::Range(n) => small(n),
        Set::Enum(names) => Some(names.len() as u32),
        Set::Window(d, n) => small(n)?.checked_pow(crate::lower::reps::grid_rank(bench.model, *d)),
        Set::Points(r) => crate::lower::reps::concrete(bench.model, r).map(|(_, r)| r.dim() as u32),
        _ => None,
    }
}
