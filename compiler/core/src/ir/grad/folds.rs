//! Derivatives of folds other than sums, for both modes: weights ∂out/∂x, of the shape of x.

use crate::ir::build::Builder;
use crate::ir::{Fold, Op, Scalar, Value};
use gdl_rep::Exact;

/// The value of a fold at every element that went into it.
pub(super) fn spread(b: &mut Builder, op: &Op, out: Value) -> Value {
    match op {
        Op::Segment { map, .. } => b.gather(out, *map),
        Op::Reduce { x, axis, .. } => {
            let shape = b.shape(*x);
            let others: Vec<u32> = (0..shape.axes.len() as u32).filter(|k| k != axis).collect();
            b.broadcast(out, shape, &others)
        }
        _ => out,
    }
}

/// The sum over the elements that go into the same result.
pub(super) fn gather_sum(b: &mut Builder, op: &Op, x: Value) -> Value {
    match op {
        Op::Segment { map, .. } => b.segment(Fold::Sum, x, *map),
        Op::Reduce { axis, .. } => b.reduce(Fold::Sum, x, *axis),
        _ => x,
    }
}

/// ∂out/∂x of a fold, `None` for a sum (where it is 1).
pub(super) fn weights(b: &mut Builder, op: &Op, out: Value) -> Option<Value> {
    match op {
        Op::Segment { op: Fold::Sum, .. } | Op::Reduce { op: Fold::Sum, .. } => None,
        Op::Reduce {
            op: Fold::Prod,
            x,
            axis,
        } => Some(other_factors(b, *x, *axis)),
        Op::Segment { op: Fold::Prod, x, .. } => Some(other_rows(b, op, *x)),
        Op::Segment { x, .. } | Op::Reduce { x, .. } => {
            let top = spread(b, op, out);
            let hit = b.map2(Scalar::Eq, *x, top);
            let ties = gather_sum(b, op, hit);
            let ties = spread(b, op, ties);
            Some(b.div(hit, ties))
        }
        _ => None,
    }
}

/// For every entry along an axis the product of the others: what comes before times what comes after.
fn other_factors(b: &mut Builder, x: Value, axis: u32) -> Value {
    let n = b.shape(x).axes.get(axis as usize).copied().unwrap_or(0);
    let entries: Vec<Value> = (0..n).map(|k| b.slice(x, axis, k, 1)).collect();
    let Some(&first) = entries.first() else { return x };
    let one = b.ones_like(first);
    let mut after = vec![one];
    for &e in entries[1..].iter().rev() {
        after.push(b.mul(after[after.len() - 1], e));
    }
    let mut before = one;
    let mut parts = Vec::new();
    for (&e, &rest) in entries.iter().zip(after.iter().rev()) {
        parts.push(b.mul(before, rest));
        before = b.mul(before, e);
    }
    b.concat(&parts, axis)
}

/// For every row the product of the other rows that go where it goes, by dividing; zeros are counted.
///
/// Where m of the others are 0 the product is the rest times the m-th elementary symmetric polynomial of all zeros: a zero whose
/// m-th derivative is right. For m = 1 that is their sum p₁, for m = 2 it is (p₁² − p₂)/2 with the sum p₂ of their squares
/// (Newton's identities); with three zeros among the others the fourth derivative of a product is the first that is lost.
fn other_rows(b: &mut Builder, op: &Op, x: Value) -> Value {
    let Op::Segment { map, .. } = op else { return x };
    let (zeros, ones) = (b.zeros_like(x), b.ones_like(x));
    let is_zero = b.map2(Scalar::Eq, x, zeros);
    let safe = b.select(is_zero, ones, x);
    let product = b.segment(Fold::Prod, safe, *map);
    let product = b.gather(product, *map);
    let count = b.segment(Fold::Sum, is_zero, *map);
    let count = b.gather(count, *map);
    // The zeros among the others.
    let others = b.sub(count, is_zero);
    let none = b.map2(Scalar::Eq, others, zeros);
    let quotient = b.div(product, safe);
    let own = b.select(is_zero, x, zeros);
    let square = b.mul(own, own);
    let of_others = |b: &mut Builder, x: Value| {
        let all = b.segment(Fold::Sum, x, *map);
        let all = b.gather(all, *map);
        b.sub(all, x)
    };
    let (p1, p2) = (of_others(b, own), of_others(b, square));
    let e2 = b.mul(p1, p1);
    let e2 = b.sub(e2, p2);
    let e2 = b.scale(e2, Exact::ratio(1, 2));
    let one = b.map2(Scalar::Eq, others, ones);
    let two = b.shift(others, Exact::int(-2));
    let two = b.map2(Scalar::Eq, two, zeros);
    let rest = b.select(two, e2, zeros);
    let rest = b.select(one, p1, rest);
    let rest = b.mul(rest, quotient);
    b.select(none, quotient, rest)
}
