//! Contractions.

use super::Pass;
use super::scalar::multiple as as_multiple;
use crate::ir::simplify::as_fill;
use crate::ir::{Constant, Op, Shape, Value};
use gdl_rep::Exact;

/// An argument that is constant along some of its axes is contracted without them where the other argument has their letters, and in
/// another order of axes than its own without a transpose. The same for rows.
pub(super) fn of_broadcast(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Contract {
        a,
        b,
        a_axes,
        b_axes,
        out_axes,
    } = op
    else {
        return None;
    };
    let (out, out_axes) = (shape.clone(), out_axes.clone());
    if let Some((x, axes)) = narrow(p, [*a, *b], [a_axes, b_axes]) {
        let op = Op::Contract {
            a: x,
            b: *b,
            a_axes: axes,
            b_axes: b_axes.clone(),
            out_axes,
        };
        return Some(p.make(op, out));
    }
    let (x, axes) = narrow(p, [*b, *a], [b_axes, a_axes])?;
    let op = Op::Contract {
        a: *a,
        b: x,
        a_axes: a_axes.clone(),
        b_axes: axes,
        out_axes,
    };
    Some(p.make(op, out))
}

/// What `a` is spread from, and its letters.
fn narrow(p: &mut Pass, [a, b]: [Value; 2], [a_axes, b_axes]: [&[u8]; 2]) -> Option<(Value, Vec<u8>)> {
    let (x, places) = match p.b.op(a) {
        Op::Broadcast { x, axes } => (*x, axes.clone()),
        Op::Fill(c) if !p.b.shape(a).is_scalar() => {
            let c = *c;
            (p.b.scalar(c), Vec::new())
        }
        _ => return None,
    };
    let kept: Vec<u8> = places.iter().map(|k| a_axes[*k as usize]).collect();
    let rows = p.b.dim(a) == p.b.dim(x) || p.b.dim(a) == p.b.dim(b);
    let known = a_axes.iter().all(|l| kept.contains(l) || b_axes.contains(l));
    (rows && known).then_some((x, kept))
}

/// An argument and its letters.
type Side<'a> = (Value, &'a [u8]);

/// The two arguments in both orders.
fn sides(op: &Op) -> Option<[[Side<'_>; 2]; 2]> {
    let Op::Contract {
        a, b, a_axes, b_axes, ..
    } = op
    else {
        return None;
    };
    Some([[(*a, a_axes), (*b, b_axes)], [(*b, b_axes), (*a, a_axes)]])
}

fn out_letters(op: &Op) -> &[u8] {
    match op {
        Op::Contract { out_axes, .. } => out_axes,
        _ => &[],
    }
}

/// `x` with its axes in the order of the letters of the result, if it has the same ones and the same rows.
fn transposed(p: &mut Pass, x: Value, have: &[u8], want: &[u8], shape: &Shape) -> Option<Value> {
    let place = |l: &u8| want.iter().position(|w| w == l).map(|k| k as u32);
    let places: Vec<u32> = have.iter().map(place).collect::<Option<_>>()?;
    let distinct = have.iter().enumerate().all(|(k, l)| !have[..k].contains(l));
    let fits = distinct && have.len() == want.len() && p.b.dim(x) == shape.dim;
    fits.then(|| p.b.broadcast(x, shape.clone(), &places))
}

/// A contraction with a number in which nothing is summed is a multiple.
pub(super) fn with_number(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    for [(x, letters), (number, _)] in sides(op)? {
        if p.b.shape(number).is_scalar()
            && let Some(c) = as_fill(p.b, number)
        {
            let moved = transposed(p, x, letters, out_letters(op), shape)?;
            // A transpose and a multiple would be two operations.
            if moved != x && c != Exact::ONE {
                return None;
            }
            return Some(p.b.scale(moved, c));
        }
    }
    None
}

/// Σ_j x_j δ_ij = x_i
pub(super) fn with_identity(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    for [(x, letters), (eye, pair)] in sides(op)? {
        let Op::Const(c) = p.b.op(eye) else { continue };
        let [i, j] = pair[..] else { continue };
        if i == j || !is_identity(c) {
            continue;
        }
        for (from, to) in [(i, j), (j, i)] {
            if letters.contains(&from) && !letters.contains(&to) && !out_letters(op).contains(&from) {
                let renamed: Vec<u8> = letters.iter().map(|l| if *l == from { to } else { *l }).collect();
                if let Some(v) = transposed(p, x, &renamed, out_letters(op), shape) {
                    return Some(v);
                }
            }
        }
    }
    None
}

fn is_identity(c: &Constant) -> bool {
    let [n, m] = c.axes[..] else { return false };
    let cell = |(k, x): (usize, &Exact)| {
        let want = if k % (n as usize + 1) == 0 {
            Exact::ONE
        } else {
            Exact::ZERO
        };
        *x == want
    };
    n == m && c.data.iter().enumerate().all(cell)
}

/// Σ_j x_j δ_jk = x_k: a contraction with a unit vector picks an entry.
pub(super) fn with_unit(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    for [(x, letters), (unit, axis)] in sides(op)? {
        let Op::Const(c) = p.b.op(unit) else { continue };
        let [l] = axis[..] else { continue };
        let mut some = c.data.iter().enumerate().filter(|(_, x)| **x != Exact::ZERO);
        let (Some((k, x_k)), None) = (some.next(), some.next()) else {
            continue;
        };
        let place = letters.iter().position(|m| *m == l);
        let (Some(place), true, false) = (place, *x_k == Exact::ONE, out_letters(op).contains(&l)) else {
            continue;
        };
        let mut rest = letters.to_vec();
        rest.remove(place);
        // Nothing else is moved or summed.
        if rest == out_letters(op) && !rest.contains(&l) && p.b.dim(x) == shape.dim {
            return Some(p.b.pick(x, place as u32, k as u32));
        }
    }
    None
}

/// ⟨c x, K⟩ = ⟨x, c K⟩ for constants K
pub(super) fn of_multiple(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    for [(x, _), (k, _)] in sides(op)? {
        if let (Some((c, inner)), Op::Const(constant)) = (as_multiple(p, x), p.b.op(k)) {
            let scaled = scale(constant, c);
            let scaled = p.b.push(Op::Const(scaled), p.b.shape(k));
            let op = op.with_operands(|v| if v == x { inner } else { scaled });
            return Some(p.make(op, shape.clone()));
        }
    }
    None
}

/// c ⟨x, K⟩ = ⟨x, c K⟩ for constants K, if the contraction is read here only
pub(super) fn multiple(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Map { f, args } = op else { return None };
    let (c, x) = match (f, &args[..]) {
        (crate::ir::Scalar::Neg, [x]) => (-Exact::ONE, *x),
        (crate::ir::Scalar::Mul, [x, y]) => match (as_fill(p.b, *x), as_fill(p.b, *y)) {
            (Some(c), None) => (c, *y),
            (None, Some(c)) => (c, *x),
            _ => return None,
        },
        _ => return None,
    };
    if !p.is_read_once(x) {
        return None;
    }
    let inner = p.b.op(x).clone();
    for [_, (k, _)] in sides(&inner)? {
        if let Op::Const(constant) = p.b.op(k) {
            let scaled = scale(constant, c);
            let scaled = p.b.push(Op::Const(scaled), p.b.shape(k));
            return Some(p.make(inner.with_operands(|v| if v == k { scaled } else { v }), shape.clone()));
        }
    }
    None
}

fn scale(k: &Constant, c: Exact) -> Constant {
    Constant {
        axes: k.axes.clone(),
        data: k.data.iter().map(|x| c * *x).collect(),
    }
}

/// A sum of so many products, for so many results each, may be a matrix product.
const WIDE: u32 = 16;

/// A contraction without rows that is read here only, by a sum over several of its axes with something that has rows: a kernel that is put together
/// before it is convolved with. These axes go last, in the order of the other argument, so that they are one axis of a matrix.
pub(super) fn of_contraction(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    for [(w, letters), (x, others)] in sides(op)? {
        let Op::Contract { out_axes, .. } = p.b.op(w) else {
            continue;
        };
        let distinct = letters.iter().enumerate().all(|(k, l)| !letters[..k].contains(l));
        if p.b.dim(w).is_some() || p.b.dim(x).is_none() || !distinct || !p.is_read_once(w) {
            continue;
        }
        let place = |l: u8| others.iter().position(|m| *m == l);
        let is_summed = |k: &usize| !out_letters(op).contains(&letters[*k]);
        let (mut summed, mut order): (Vec<usize>, Vec<usize>) = (0..letters.len()).partition(is_summed);
        summed.sort_by_key(|k| place(letters[*k]));
        let axes = p.b.shape(w).axes;
        let extent = |list: &[usize]| list.iter().map(|k| axes[*k]).product::<u32>();
        if extent(&summed) < WIDE || extent(&order) < WIDE {
            continue;
        }
        order.extend(summed);
        if order.is_sorted() {
            continue;
        }
        let permuted = |list: &[u8]| order.iter().map(|k| list[*k]).collect::<Vec<u8>>();
        let mut inner = p.b.op(w).clone();
        let (moved, want) = (permuted(out_axes), permuted(letters));
        if let Op::Contract { out_axes, .. } = &mut inner {
            *out_axes = moved;
        }
        let axes = order.iter().map(|k| axes[*k]).collect();
        let w_moved = p.b.push(inner, Shape { dim: None, axes });
        let mut outer = op.with_operands(|v| if v == w { w_moved } else { v });
        if let Op::Contract { a, a_axes, b_axes, .. } = &mut outer {
            *(if *a == w_moved { a_axes } else { b_axes }) = want;
        }
        return Some(p.b.push(outer, shape.clone()));
    }
    None
}
