//! Pullbacks and push-forwards: what can be computed for fewer rows is.

use super::{Pass, is_total};
use crate::ir::simplify::as_fill;
use crate::ir::{Fold, Op, Scalar, Shape, Value};
use gdl_abi::{MapDef, MapId};

/// Does a map lead to fewer rows than it comes from, as a rule?
fn is_many_to_one(p: &mut Pass, map: MapId) -> bool {
    !matches!(p.b.domains().map_def(map), MapDef::ToStep { .. })
}

/// x and the map, if a value is gathered and read by a node only.
fn gathered(p: &Pass, reader: &Op, v: Value) -> Option<(Value, MapId)> {
    match p.b.op(v) {
        Op::Gather { x, map } if p.is_read_by(reader, v) => Some((*x, *map)),
        _ => None,
    }
}

/// f(x∘m, y∘m) = f(x, y)∘m
pub(super) fn map_of_gathers(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Map { f, args } = op else { return None };
    let (first, map) = args.iter().find_map(|v| gathered(p, op, *v))?;
    if !is_total(*f) || !is_many_to_one(p, map) {
        return None;
    }
    let small = p.b.shape(first);
    let mut inner = Vec::new();
    for v in args {
        inner.push(match (gathered(p, op, *v), as_fill(p.b, *v)) {
            (Some((x, m)), _) if m == map => x,
            (None, Some(c)) => p.b.fill(small.clone(), c),
            _ => return None,
        });
    }
    let value = p.make(Op::Map { f: *f, args: inner }, small);
    Some(p.make(Op::Gather { x: value, map }, shape.clone()))
}

/// A (x∘m) = (A x)∘m for linear maps A without rows
pub(super) fn contract_of_gather(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Contract { a, b, .. } = op else { return None };
    let (v, other) = if p.b.dim(*a).is_some() { (*a, *b) } else { (*b, *a) };
    let (x, map) = gathered(p, op, v)?;
    if shape.dim.is_none() || p.b.dim(other).is_some() || !is_many_to_one(p, map) {
        return None;
    }
    let small = Shape {
        dim: p.b.dim(x),
        axes: shape.axes.clone(),
    };
    let value = p.make(op.with_operands(|w| if w == v { x } else { w }), small);
    Some(p.make(Op::Gather { x: value, map }, shape.clone()))
}

/// m_*(A x) = A m_*(x) for linear maps A without rows, where x is not much longer than A x
pub(super) fn segment_of_contract(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Segment { op: Fold::Sum, x, map } = op else {
        return None;
    };
    let inner = p.b.op(*x).clone();
    let Op::Contract { a, b, .. } = &inner else { return None };
    let (v, other) = if p.b.dim(*a).is_some() { (*a, *b) } else { (*b, *a) };
    let short = p.b.shape(v).row_len() <= 2 * shape.row_len();
    let rows = p.b.dim(v).is_some() && p.b.dim(other).is_none();
    if !short || !rows || !p.is_read_once(*x) || !is_many_to_one(p, *map) {
        return None;
    }
    let small = Shape {
        dim: shape.dim,
        axes: p.b.shape(v).axes,
    };
    let sum = p.make(
        Op::Segment {
            op: Fold::Sum,
            x: v,
            map: *map,
        },
        small,
    );
    Some(p.make(inner.with_operands(|w| if w == v { sum } else { w }), shape.clone()))
}

/// m_*(x · (y∘m)) = m_*(x) · y
pub(super) fn segment_of_product(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Segment { op: Fold::Sum, x, map } = op else {
        return None;
    };
    let Op::Map { f: Scalar::Mul, args } = p.b.op(*x) else {
        return None;
    };
    if !p.is_read_once(*x) {
        return None;
    }
    let same = |v: &Value| match p.b.op(*v) {
        Op::Gather { x, map: m } if m == map => Some(*x),
        _ => None,
    };
    let place = args.iter().position(|v| same(v).is_some())?;
    let (rest, factor) = (args[1 - place], same(&args[place])?);
    let sum = p.make(
        Op::Segment {
            op: Fold::Sum,
            x: rest,
            map: *map,
        },
        shape.clone(),
    );
    Some(p.make(
        Op::Map {
            f: Scalar::Mul,
            args: vec![sum, factor],
        },
        shape.clone(),
    ))
}

/// (x∘m)[k] = x[k]∘m
pub(super) fn slice_of_gather(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Slice { x, .. } = op else { return None };
    inside_gather(p, op, *x, shape)
}

/// Σ_i (x_i∘m) = (Σ_i x_i)∘m, and the same for other folds over an axis
pub(super) fn reduce_of_gather(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Reduce { x, .. } = op else { return None };
    inside_gather(p, op, *x, shape)
}

fn inside_gather(p: &mut Pass, op: &Op, x: Value, shape: &Shape) -> Option<Value> {
    let (inner, map) = gathered(p, op, x)?;
    if !is_many_to_one(p, map) {
        return None;
    }
    let small = Shape {
        dim: p.b.dim(inner),
        axes: shape.axes.clone(),
    };
    let value = p.make(op.with_operands(|_| inner), small);
    Some(p.make(Op::Gather { x: value, map }, shape.clone()))
}
