//! Local laws: what a node is worth, seen with its operands.
//!
//! [`simplify`] tries the rules of a table on a node that is about to be made; a rule gives a value that is already there or
//! cheaper. The builder applies it to every node, and the optimiser by building a program again. All laws hold in every
//! commutative ring: constants are folded as exact pairs, functions outside the ring are left alone.

use super::build::Builder;
use super::{Constant, Fold, Op, Scalar, Shape, Value};
use gdl_rep::Exact;

/// A law: the value that stands for a node, if it applies.
pub(super) type Rule = fn(&mut Builder, &Op, &Shape) -> Option<Value>;

const RULES: &[(&str, Rule)] = &[
    ("order of arguments", ordered),
    ("ring operations on numbers", ring_on_fills),
    ("zero and one", neutral),
    ("select", select),
    ("powers", power),
    ("constant array of one number", uniform),
    ("movement of a number", move_fill),
    ("fold of a number", fold_fill),
    ("fold of one", fold_one),
    ("product with zero", contract_zero),
    ("identical movement", move_nothing),
    ("movement twice", move_twice),
    ("rows of what has none", gather_rowless),
    ("slice of a join", slice_of_concat),
    ("join", concat),
    ("letters", letters),
];

/// The value that stands for a node, if a law says so.
pub(super) fn simplify(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    RULES.iter().find_map(|(_, rule)| rule(b, op, shape))
}

/// The number that a value is everywhere.
pub(super) fn as_fill(b: &Builder, v: Value) -> Option<Exact> {
    match b.op(v) {
        Op::Fill(x) => Some(*x),
        _ => None,
    }
}

/// Is it exactly zero everywhere?
pub(super) fn is_zero(b: &Builder, v: Value) -> bool {
    as_fill(b, v).is_some_and(|x| x.f == 0.0)
}

fn is_one(b: &Builder, v: Value) -> bool {
    as_fill(b, v).is_some_and(|x| x.f == 1.0)
}

/// Symmetric functions: the older argument first, so that x + y and y + x are one node.
fn ordered(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    match op {
        Op::Map { f, args } if f.is_symmetric() && args[1] < args[0] => Some(b.push(
            Op::Map {
                f: *f,
                args: vec![args[1], args[0]],
            },
            shape.clone(),
        )),
        _ => None,
    }
}

fn ring_on_fills(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Map { f, args } = op else { return None };
    let x: Vec<Exact> = args.iter().map(|&a| as_fill(b, a)).collect::<Option<_>>()?;
    let value = ring(*f, &x)?;
    Some(b.fill(shape.clone(), value))
}

/// A ring operation on numbers.
pub(super) fn ring(f: Scalar, x: &[Exact]) -> Option<Exact> {
    match (f, x) {
        (Scalar::Add, [a, b]) => Some(*a + *b),
        (Scalar::Sub, [a, b]) => Some(*a - *b),
        (Scalar::Mul, [a, b]) => Some(*a * *b),
        (Scalar::Div, [a, b]) if b.f != 0.0 => Some(*a / *b),
        (Scalar::Neg, [a]) => Some(-*a),
        _ => None,
    }
}

fn neutral(b: &mut Builder, op: &Op, _: &Shape) -> Option<Value> {
    let Op::Map { f, args } = op else { return None };
    let (x, y) = (args[0], *args.get(1).unwrap_or(&args[0]));
    match f {
        Scalar::Add if is_zero(b, x) => Some(y),
        Scalar::Add | Scalar::Sub if is_zero(b, y) => Some(x),
        Scalar::Sub if is_zero(b, x) => Some(b.neg(y)),
        Scalar::Mul if is_zero(b, x) || is_one(b, y) => Some(x),
        Scalar::Mul if is_zero(b, y) || is_one(b, x) => Some(y),
        Scalar::Mul if minus_one(b, x) => Some(b.neg(y)),
        Scalar::Mul if minus_one(b, y) => Some(b.neg(x)),
        Scalar::Div if is_one(b, y) || (is_zero(b, x) && as_fill(b, y).is_none()) => Some(x),
        Scalar::Neg => match b.op(x) {
            Op::Map { f: Scalar::Neg, args } => Some(args[0]),
            _ => None,
        },
        _ => None,
    }
}

fn minus_one(b: &Builder, v: Value) -> bool {
    as_fill(b, v).is_some_and(|x| x.f == -1.0)
}

fn select(b: &mut Builder, op: &Op, _: &Shape) -> Option<Value> {
    let Op::Map {
        f: Scalar::Select,
        args,
    } = op
    else {
        return None;
    };
    match as_fill(b, args[0]) {
        _ if args[1] == args[2] => Some(args[1]),
        Some(c) if c.f == 0.0 => Some(args[2]),
        Some(_) => Some(args[1]),
        None => None,
    }
}

fn power(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    match op {
        Op::Map { f: Scalar::PowI(0), .. } => Some(b.fill(shape.clone(), Exact::ONE)),
        Op::Map {
            f: Scalar::PowI(1),
            args,
        } => Some(args[0]),
        _ => None,
    }
}

fn uniform(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Const(Constant { data, .. }) = op else {
        return None;
    };
    let first = *data.first()?;
    let same = |x: &Exact| x.f.to_bits() == first.f.to_bits() && x.r == first.r;
    data.iter().all(same).then(|| b.fill(shape.clone(), first))
}

/// What only moves elements leaves one number everywhere as it is; windows and their adjoint only zero.
fn move_fill(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    let x = match op {
        Op::Broadcast { x, .. }
        | Op::Reshape { x }
        | Op::Slice { x, .. }
        | Op::Gather { x, .. }
        | Op::Take { x, .. }
        | Op::Detach { x } => *x,
        Op::Window { x, .. } | Op::Put { x, .. } if is_zero(b, *x) => *x,
        _ => return None,
    };
    let number = as_fill(b, x)?;
    Some(b.fill(shape.clone(), number))
}

fn fold_fill(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    let (fold, x) = match op {
        Op::Segment { op, x, .. } => (*op, *x),
        Op::Reduce { op, x, .. } => (*op, *x),
        Op::Total { x } => (Fold::Sum, *x),
        _ => return None,
    };
    let number = as_fill(b, x)?;
    let count = match op {
        Op::Reduce { axis, .. } => b.shape(x).axes[*axis as usize],
        // How many rows there are is known at run time only.
        _ if fold == Fold::Sum && number.f == 0.0 => 0,
        _ if fold == Fold::Prod && number.f == 1.0 => 0,
        _ => return None,
    };
    let value = match fold {
        Fold::Sum => Exact::int(i64::from(count)) * number,
        Fold::Prod => (0..count).fold(Exact::ONE, |p, _| p * number),
        Fold::Max | Fold::Min if count > 0 => number,
        Fold::Max | Fold::Min => return None,
    };
    Some(b.fill(shape.clone(), value))
}

/// Folding one element gives that element.
fn fold_one(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Reduce { x, axis, .. } = op else { return None };
    (b.axes(*x).get(*axis as usize) == Some(&1)).then(|| b.reshape(*x, &shape.axes))
}

fn contract_zero(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Contract { a, b: c, .. } = op else { return None };
    (is_zero(b, *a) || is_zero(b, *c)).then(|| b.fill(shape.clone(), Exact::ZERO))
}

/// Broadcasts, reshapes and slices that change nothing.
fn move_nothing(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    match op {
        Op::Broadcast { x, axes } if axes.is_sorted() && b.shape(*x) == *shape => Some(*x),
        Op::Reshape { x } | Op::Slice { x, .. } if b.shape(*x) == *shape => Some(*x),
        Op::Concat { xs, .. } if xs.len() == 1 => Some(xs[0]),
        _ => None,
    }
}

/// Two movements of the same kind are one.
fn move_twice(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    let next = match op {
        Op::Broadcast { x, axes } => match b.op(*x) {
            Op::Broadcast { x, axes: first } => {
                let axes = first.iter().map(|&k| axes[k as usize]).collect();
                Op::Broadcast { x: *x, axes }
            }
            _ => return None,
        },
        Op::Reshape { x } => match b.op(*x) {
            Op::Reshape { x } => Op::Reshape { x: *x },
            Op::Const(c) => Op::Const(Constant {
                axes: shape.axes.clone(),
                data: c.data.clone(),
            }),
            _ => return None,
        },
        Op::Slice { x, axis, start, len } => match b.op(*x) {
            Op::Slice {
                x,
                axis: first,
                start: from,
                ..
            } if first == axis => Op::Slice {
                x: *x,
                axis: *axis,
                start: from + start,
                len: *len,
            },
            _ => return None,
        },
        Op::Detach { x } => match b.op(*x) {
            Op::Detach { .. } | Op::Const(_) | Op::Position | Op::Compare { .. } => return Some(*x),
            _ => return None,
        },
        _ => return None,
    };
    Some(b.push(next, shape.clone()))
}

/// A value without rows, spread over rows and then gathered, is spread over the other rows.
fn gather_rowless(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Gather { x, .. } = op else { return None };
    let Op::Broadcast { x, axes } = b.op(*x) else {
        return None;
    };
    let (x, axes) = (*x, axes.clone());
    b.shape(x).dim.is_none().then(|| b.broadcast(x, shape.clone(), &axes))
}

fn slice_of_concat(b: &mut Builder, op: &Op, _: &Shape) -> Option<Value> {
    let Op::Slice { x, axis, start, len } = op else {
        return None;
    };
    let Op::Concat { xs, axis: joined } = b.op(*x) else {
        return None;
    };
    if axis != joined || *len == 0 {
        return None;
    }
    let (mut at, mut parts) = (0, Vec::new());
    for v in xs.clone() {
        let n = b.shape(v).axes[*axis as usize];
        let (from, to) = ((*start).max(at), (start + len).min(at + n));
        if from < to {
            parts.push(b.slice(v, *axis, from - at, to - from));
        }
        at += n;
    }
    Some(b.concat(&parts, *axis))
}

/// Joins: nested ones are flat, empty parts go, neighbours that are one number or parts of one value are joined.
fn concat(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Concat { xs, axis } = op else { return None };
    let mut parts: Vec<Value> = Vec::new();
    for &x in xs {
        match b.op(x) {
            Op::Concat { xs, axis: inner } if inner == axis => parts.extend(xs),
            _ => parts.push(x),
        }
    }
    let some: Vec<Value> = parts
        .iter()
        .copied()
        .filter(|&x| b.shape(x).axes[*axis as usize] > 0)
        .collect();
    let mut joined: Vec<Value> = Vec::new();
    for x in some {
        let pair = joined.last().and_then(|&last| join(b, last, x, *axis));
        if let Some(v) = pair {
            joined.pop();
            joined.push(v);
        } else {
            joined.push(x);
        }
    }
    if joined.is_empty() {
        joined.push(parts[0]);
    }
    (joined != *xs).then(|| {
        b.push(
            Op::Concat {
                xs: joined,
                axis: *axis,
            },
            shape.clone(),
        )
    })
}

/// Two neighbours of a join as one value.
fn join(b: &mut Builder, left: Value, right: Value, axis: u32) -> Option<Value> {
    let mut shape = b.shape(left);
    let n = shape.axes[axis as usize];
    let m = b.shape(right).axes[axis as usize];
    shape.axes[axis as usize] = n + m;
    match (b.op(left), b.op(right)) {
        (Op::Fill(x), Op::Fill(y)) if x == y => {
            let x = *x;
            Some(b.fill(shape, x))
        }
        (
            Op::Slice { x, axis: a, start, .. },
            Op::Slice {
                x: y,
                axis: c,
                start: next,
                ..
            },
        ) if x == y && *a == axis && *c == axis && start + n == *next => {
            let (x, start) = (*x, *start);
            Some(b.slice(x, axis, start, n + m))
        }
        _ => None,
    }
}

/// Contractions that differ in the names of their letters only are one node: letters are a, b, c, … as they come.
fn letters(b: &mut Builder, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Contract {
        a,
        b: c,
        a_axes,
        b_axes,
        out_axes,
    } = op
    else {
        return None;
    };
    let mut seen: Vec<u8> = Vec::new();
    for &l in a_axes.iter().chain(b_axes) {
        if !seen.contains(&l) {
            seen.push(l);
        }
    }
    let rename = |list: &[u8]| -> Vec<u8> {
        let place = |l: &u8| seen.iter().position(|s| s == l).map_or(*l, letter);
        list.iter().map(place).collect()
    };
    let [ra, rb, ro] = [a_axes, b_axes, out_axes].map(|l| rename(l));
    if seen.len() > LETTERS || (ra == *a_axes && rb == *b_axes && ro == *out_axes) {
        return None;
    }
    let op = Op::Contract {
        a: *a,
        b: *c,
        a_axes: ra,
        b_axes: rb,
        out_axes: ro,
    };
    Some(b.push(op, shape.clone()))
}

/// How many letters there are.
pub(super) const LETTERS: usize = 52;

/// Letter k: a to z, then A to Z.
pub(super) fn letter(k: usize) -> u8 {
    let k = k as u8;
    if k < 26 { b'a' + k } else { b'A' + (k - 26) % 26 }
}
