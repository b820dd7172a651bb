//! Sums over axes and rows.

use super::Pass;
use super::scalar::multiple;
use crate::ir::simplify::{is_zero, letter};
use crate::ir::{Fold, Op, Scalar, Shape, Value};
use gdl_rep::Exact;

/// Arguments and letters of a product, see [`product`].
type Product = ([Value; 2], [Vec<u8>; 3]);

/// A contraction of rows, or the product of two values as one.
fn product(p: &Pass, v: Value) -> Option<Product> {
    let shape = p.b.shape(v);
    match p.b.op(v) {
        Op::Contract {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
        } => {
            let rows = p.b.dim(*a).or(p.b.dim(*b));
            (rows == shape.dim).then(|| ([*a, *b], [a_axes.clone(), b_axes.clone(), out_axes.clone()]))
        }
        Op::Map { f: Scalar::Mul, args } => {
            let list: Vec<u8> = (0..shape.axes.len()).map(letter).collect();
            Some(([args[0], args[1]], [list.clone(), list.clone(), list]))
        }
        _ => None,
    }
}

fn contract(p: &mut Pass, ([a, b], [a_axes, b_axes, out_axes]): Product, shape: &Shape) -> Value {
    p.make(
        Op::Contract {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
        },
        shape.clone(),
    )
}

/// What is summed if `x` is summed over `axis`: a value and those of its axes that stay, in order. Looks through a reshape that
/// only merges the axes that are summed, and through a transpose.
fn summed(p: &Pass, x: Value, axis: u32) -> (Value, Vec<u32>) {
    let rank = |v: Value| p.b.axes(v).len() as u32;
    let mut found = (x, (0..rank(x)).filter(|k| *k != axis).collect::<Vec<u32>>());
    if let Op::Reshape { x: inner } = p.b.op(x) {
        let (outer, inner_axes) = (p.b.axes(x), p.b.axes(*inner));
        let after = outer.len() - 1 - axis as usize;
        let before = axis as usize;
        let fits = p.is_read_once(x)
            && inner_axes.len() >= before + after
            && inner_axes[..before] == outer[..before]
            && inner_axes[inner_axes.len() - after..] == outer[outer.len() - after..]
            && !outer.contains(&0);
        if fits {
            let last = (inner_axes.len() - after) as u32;
            found = (*inner, (0..before as u32).chain(last..rank(*inner)).collect());
        }
    }
    if let Op::Broadcast { x: inner, axes } = p.b.op(found.0)
        && p.is_read_once(found.0)
        && p.b.dim(*inner) == p.b.dim(found.0)
        && axes.len() == p.b.axes(found.0).len()
    {
        let place = |k: &u32| axes.iter().position(|a| a == k).map(|i| i as u32);
        if let Some(keep) = found.1.iter().map(place).collect() {
            found = (*inner, keep);
        }
    }
    found
}

/// Σ_i a_… b_…: a sum over an axis of a contraction or a product is a contraction with one letter less in its result.
pub(super) fn reduce_of_product(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Reduce { op: Fold::Sum, x, axis } = op else {
        return None;
    };
    let (inner, keep) = summed(p, *x, *axis);
    if !p.is_read_once(inner) {
        return None;
    }
    let (args, [a, b, out]) = product(p, inner)?;
    let out = keep.iter().map(|k| out[*k as usize]).collect();
    Some(contract(p, (args, [a, b, out]), shape))
}

/// As [`reduce_of_product`], where axes that stay are reshaped: Σ over an axis that the reshape leaves alone.
pub(super) fn reduce_of_reshaped_product(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Reduce { op: Fold::Sum, x, axis } = op else {
        return None;
    };
    let Op::Reshape { x: inner } = *p.b.op(*x) else {
        return None;
    };
    if !p.is_read_once(*x) || !p.is_read_once(inner) || p.b.axes(inner).contains(&0) {
        return None;
    }
    let (outer, axes) = (p.b.axes(*x), p.b.axes(inner));
    let (axis, size) = (*axis as usize, |axes: &[u32]| axes.iter().product::<u32>());
    let same = |j: &usize| axes[*j] == outer[axis] && size(&axes[..*j]) == size(&outer[..axis]);
    let at = (0..axes.len()).find(same)?;
    let mut axes = axes.to_vec();
    axes.remove(at);
    let (args, [a, b, mut out]) = product(p, inner)?;
    out.remove(at);
    let sum = contract(p, (args, [a, b, out]), &Shape { dim: shape.dim, axes });
    Some(p.b.reshape(sum, &shape.axes))
}

/// Σ over all rows of a contraction or a product is a contraction without rows.
pub(super) fn total_of_product(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Total { x } = op else { return None };
    if !p.is_read_once(*x) {
        return None;
    }
    let product = product(p, *x)?;
    Some(contract(p, product, shape))
}

/// Σ c x = c Σ x, for sums over an axis, over rows, along a map
pub(super) fn sum_of_multiple(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let x = match op {
        Op::Reduce { op: Fold::Sum, x, .. } | Op::Segment { op: Fold::Sum, x, .. } | Op::Total { x } => *x,
        _ => return None,
    };
    if !p.is_read_once(x) {
        return None;
    }
    let (c, inner) = multiple(p, x)?;
    let sum = p.make(op.with_operands(|_| inner), shape.clone());
    Some(p.b.scale(sum, c))
}

/// The sum along the axis of a join with zeros is the sum of the rest.
pub(super) fn sum_of_padded(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Reduce { op: Fold::Sum, x, axis } = op else {
        return None;
    };
    let Op::Concat { xs, axis: joined } = p.b.op(*x) else {
        return None;
    };
    let rest: Vec<Value> = xs.iter().copied().filter(|v| !is_zero(p.b, *v)).collect();
    if joined != axis || rest.len() == xs.len() || rest.is_empty() || !p.is_read_once(*x) {
        return None;
    }
    let joined = p.b.concat(&rest, *axis);
    Some(p.make(
        Op::Reduce {
            op: Fold::Sum,
            x: joined,
            axis: *axis,
        },
        shape.clone(),
    ))
}

/// The sum over n equal entries is n times one of them; over another axis, the sum is spread.
pub(super) fn sum_of_broadcast(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Reduce { op: Fold::Sum, x, axis } = op else {
        return None;
    };
    let Op::Broadcast { x: inner, axes } = p.b.op(*x) else {
        return None;
    };
    let (inner, axes) = (*inner, axes.clone());
    if !p.is_read_once(*x) {
        return None;
    }
    let lower = |k: &u32| if k > axis { k - 1 } else { *k };
    let Some(place) = axes.iter().position(|k| k == axis) else {
        let n = p.b.axes(*x)[*axis as usize];
        let scaled = p.b.scale(inner, Exact::int(i64::from(n)));
        let axes: Vec<u32> = axes.iter().map(lower).collect();
        return Some(p.b.broadcast(scaled, shape.clone(), &axes));
    };
    let sum = p.b.reduce(Fold::Sum, inner, place as u32);
    let kept = axes.iter().filter(|k| *k != axis);
    let axes: Vec<u32> = kept.map(lower).collect();
    Some(p.b.broadcast(sum, shape.clone(), &axes))
}
