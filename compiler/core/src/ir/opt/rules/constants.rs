//! Constants are computed, as exact pairs.

use super::Pass;
use crate::ir::simplify::ring;
use crate::ir::{Builder, Constant, Fold, Op, Shape, Value};
use gdl_rep::Exact;

/// Elements that a computed constant may have.
const LIMIT: usize = 4096;
/// Products that a computed contraction may need.
const WORK: usize = 1 << 20;

/// The elements of a value, if they are known.
fn elements(b: &Builder, v: Value) -> Option<Vec<Exact>> {
    let shape = b.shape(v);
    match b.op(v) {
        Op::Const(c) => Some(c.data.clone()),
        Op::Fill(x) if shape.dim.is_none() && shape.row_len() <= LIMIT => Some(vec![*x; shape.row_len()]),
        _ => None,
    }
}

fn is_const(b: &Builder, v: Value) -> bool {
    matches!(b.op(v), Op::Const(_))
}

fn make(p: &mut Pass, shape: &Shape, data: Vec<Exact>) -> Option<Value> {
    let constant = Constant {
        axes: shape.axes.clone(),
        data,
    };
    Some(p.b.push(Op::Const(constant), shape.clone()))
}

/// f(c, d) is a constant for ring operations f.
pub(super) fn map(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Map { f, args } = op else { return None };
    if !args.iter().any(|a| is_const(p.b, *a)) {
        return None;
    }
    let lists: Vec<Vec<Exact>> = args.iter().map(|a| elements(p.b, *a)).collect::<Option<_>>()?;
    let cell = |k: usize| ring(*f, &lists.iter().map(|l| l[k]).collect::<Vec<_>>());
    let data = (0..shape.row_len()).map(cell).collect::<Option<_>>()?;
    make(p, shape, data)
}

/// Broadcasts, slices and joins of constants are constants.
pub(super) fn movement(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    if shape.dim.is_some() || shape.row_len() > LIMIT {
        return None;
    }
    let data = match op {
        Op::Broadcast { x, axes } if is_const(p.b, *x) => {
            let (from, data) = (p.b.shape(*x).axes, elements(p.b, *x)?);
            indices(&shape.axes)
                .map(|at| data[offset(&from, axes.iter().map(|&k| at[k as usize]))])
                .collect()
        }
        Op::Slice { x, axis, start, .. } if is_const(p.b, *x) => {
            let (from, data) = (p.b.shape(*x).axes, elements(p.b, *x)?);
            let shift = |k: usize| if k == *axis as usize { *start } else { 0 };
            indices(&shape.axes)
                .map(|at| data[offset(&from, at.iter().enumerate().map(|(k, i)| i + shift(k)))])
                .collect()
        }
        Op::Concat { xs, axis } => {
            let parts: Vec<(Vec<u32>, Vec<Exact>)> = xs
                .iter()
                .map(|x| Some((p.b.shape(*x).axes, elements(p.b, *x)?)))
                .collect::<Option<_>>()?;
            let axis = *axis as usize;
            indices(&shape.axes)
                .map(|mut at| {
                    let mut part = 0;
                    while at[axis] >= parts[part].0[axis] {
                        at[axis] -= parts[part].0[axis];
                        part += 1;
                    }
                    parts[part].1[offset(&parts[part].0, at.into_iter())]
                })
                .collect()
        }
        _ => return None,
    };
    make(p, shape, data)
}

/// Sums and products over an axis of a constant are constants.
pub(super) fn reduce(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
    let Op::Reduce {
        op: fold @ (Fold::Sum | Fold::Prod),
        x,
        axis,
    } = op
    else {
        return None;
    };
    if !is_const(p.b, *x) {
        return None;
    }
    let (from, data) = (p.b.shape(*x).axes, elements(p.b, *x)?);
    let cell = |at: Vec<u32>| {
        let entries = (0..from[*axis as usize]).map(|k| {
            let mut at = at.clone();
            at.insert(*axis as usize, k);
            data[offset(&from, at.into_iter())]
        });
        match fold {
            Fold::Prod => entries.fold(Exact::ONE, |x, y| x * y),
            _ => entries.fold(Exact::ZERO, |x, y| x + y),
        }
    };
    let data = indices(&shape.axes).map(cell).collect();
    make(p, shape, data)
}

/// Contractions of constants are constants.
pub(super) fn contract(p: &mut Pass, op: &Op, shape: &Shape) -> Option<Value> {
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
    if shape.dim.is_some() || shape.row_len() > LIMIT || !(is_const(p.b, *a) || is_const(p.b, *b)) {
        return None;
    }
    let (x, y) = (elements(p.b, *a)?, elements(p.b, *b)?);
    let (sx, sy) = (p.b.shape(*a).axes, p.b.shape(*b).axes);
    let mut letters = out_axes.clone();
    let mut extents = shape.axes.clone();
    for (l, n) in a_axes.iter().zip(&sx).chain(b_axes.iter().zip(&sy)) {
        if !letters.contains(l) {
            letters.push(*l);
            extents.push(*n);
        }
    }
    if extents.iter().map(|n| *n as usize).product::<usize>() > WORK {
        return None;
    }
    let read = |at: &[u32], list: &[u8], from: &[u32]| {
        let index = |l: &u8| letters.iter().position(|m| m == l).map_or(0, |k| at[k]);
        offset(from, list.iter().map(index))
    };
    let mut data = vec![Exact::ZERO; shape.row_len()];
    for at in indices(&extents) {
        let factor = [x[read(&at, a_axes, &sx)], y[read(&at, b_axes, &sy)]];
        let place = offset(&shape.axes, at[..shape.axes.len()].iter().copied());
        data[place] += factor[0] * factor[1];
    }
    make(p, shape, data)
}

/// All indices of an array, row-major.
fn indices(axes: &[u32]) -> impl Iterator<Item = Vec<u32>> {
    let axes = axes.to_vec();
    let count: usize = axes.iter().map(|n| *n as usize).product();
    (0..count).map(move |mut k| {
        let mut at = vec![0; axes.len()];
        for (i, n) in at.iter_mut().zip(&axes).rev() {
            *i = (k % *n as usize) as u32;
            k /= *n as usize;
        }
        at
    })
}

fn offset(axes: &[u32], at: impl Iterator<Item = u32>) -> usize {
    axes.iter().zip(at).fold(0, |k, (n, i)| k * *n as usize + i as usize)
}
