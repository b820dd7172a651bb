//! Scalar functions, and movements through which they go.

use super::{Pass, is_total};
use crate::ir::simplify::as_fill;
use crate::ir::{Op, Scalar, Shape, Value};
use gdl_rep::Exact;

/// The argument of a negation.
fn negated(p: &Pass, v: Value) -> Option<Value> {
    match p.b.op(v) {
        Op::Map { f: Scalar::Neg, args } => Some(args[0]),
        _ => None,
    }
}

/// c and x of a product c x with a number; −x is (−1) x.
pub(super) fn multiple(p: &Pass, v: Value) -> Option<(Exact, Value)> {
    match p.b.op(v) {
        Op::Map { f: Scalar::Mul, args } => match (as_fill(p.b, args[0]), as_fill(p.b, args[1])) {
            (Some(c), _) => Some((c, args[1])),
            (_, Some(c)) => Some((c, args[0])),
            _ => None,
        },
        Op::Map { f: Scalar::Neg, args } => Some((-Exact::ONE, args[0])),
        _ => None,
    }
}

/// x + (−y) = x − y, x − (−y) = x + y, (−x)(−y) = x y, −(x − y) = y − x
pub(super) fn signs(p: &mut Pass, op: &Op, _: &Shape) -> Option<Value> {
    let Op::Map { f, args } = op else { return None };
    let (x, y) = (args[0], *args.get(1).unwrap_or(&args[0]));
    match (f, negated(p, x), negated(p, y)) {
        (Scalar::Add, _, Some(minus)) => Some(p.b.sub(x, minus)),
        (Scalar::Add, Some(minus), _) => Some(p.b.sub(y, minus)),
        (Scalar::Sub, _, Some(minus)) => Some(p.b.add(x, minus)),
        (Scalar::Mul, Some(a), Some(b)) => Some(p.b.mul(a, b)),
        (Scalar::Neg, None, _) if p.is_read_once(x) => match p.b.op(x) {
            Op::Map { f: Scalar::Sub, args } => {
                let (a, b) = (args[0], args[1]);
                Some(p.b.sub(b, a))
            }
            _ => None,
        },
        _ => None,
    }
}

/// c (d x) = (c d) x, x / c = (1/c) x
pub(super) fn scales(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Map { f, args } = op else { return None };
    let (c, x) = match f {
        Scalar::Div => {
            let c = as_fill(p.b, args[1]).filter(|c| c.f != 0.0 && c.f.is_finite())?;
            return Some(p.b.scale(args[0], Exact::ONE / c));
        }
        Scalar::Neg => (-Exact::ONE, args[0]),
        Scalar::Mul => match (as_fill(p.b, args[0]), as_fill(p.b, args[1])) {
            (Some(c), None) => (c, args[1]),
            (None, Some(c)) => (c, args[0]),
            _ => return None,
        },
        _ => return None,
    };
    let (d, x) = multiple(p, x)?;
    let number = p.b.fill(shape.clone(), c * d);
    Some(p.b.mul(x, number))
}

/// c + (d + x) = (c + d) + x
pub(super) fn shifts(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Map { f: Scalar::Add, args } = op else {
        return None;
    };
    let pair = |x: Value, y: Value| Some((as_fill(p.b, x)?, y));
    let (c, rest) = pair(args[0], args[1]).or_else(|| pair(args[1], args[0]))?;
    let Op::Map { f: Scalar::Add, args } = p.b.op(rest) else {
        return None;
    };
    let (d, x) = pair(args[0], args[1]).or_else(|| pair(args[1], args[0]))?;
    let number = p.b.fill(shape.clone(), c + d);
    Some(p.b.add(x, number))
}

/// f(spread x, spread y) = spread f(x, y), if both are spread in the same way and read here only
pub(super) fn map_of_broadcasts(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Map { f, args } = op else { return None };
    let spread = |p: &Pass, v: Value| match p.b.op(v) {
        Op::Broadcast { x, axes } if p.is_read_by(op, v) => Some((*x, axes.clone())),
        _ => None,
    };
    let (first, axes) = args.iter().find_map(|v| spread(p, *v))?;
    let small = p.b.shape(first);
    if !is_total(*f) || (small.dim == shape.dim && small.row_len() == shape.row_len()) {
        return None;
    }
    let mut inner = Vec::new();
    for v in args {
        inner.push(match (spread(p, *v), as_fill(p.b, *v)) {
            (Some((x, same)), _) if same == axes && p.b.shape(x) == small => x,
            (None, Some(c)) => p.b.fill(small.clone(), c),
            _ => return None,
        });
    }
    let value = p.make(Op::Map { f: *f, args: inner }, small);
    Some(p.b.broadcast(value, shape.clone(), &axes))
}

/// Entries of a value along an axis along which it is constant are all the same: the spread is made narrower.
pub(super) fn slice_of_broadcast(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Slice { x, axis, .. } = op else { return None };
    let Op::Broadcast { x, axes } = p.b.op(*x) else {
        return None;
    };
    let (x, axes) = (*x, axes.clone());
    (!axes.contains(axis)).then(|| p.b.broadcast(x, shape.clone(), &axes))
}
