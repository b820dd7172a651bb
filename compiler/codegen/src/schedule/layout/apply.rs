//! Gives arrays their orders: splits loops, changes indices, and makes copies.

use super::axes::split;
use super::{Key, Means, Order, Orders};
use crate::loop_ir::{
    Array, BufferId, Expr, Extents, Home, Index, Kernel, Loop, LoopKind, Program, Range, Space, Step, Stmt, Var,
};
use crate::schedule::kernel::ROW;
use crate::schedule::lanes::{Nest, is_smooth};
use std::collections::BTreeMap;

/// Applies orders to all kernels of a program.
pub(super) fn apply(program: &mut Program, orders: &Orders, width: u32) {
    let mut copies: BTreeMap<BufferId, BufferId> = BTreeMap::new();
    for (key, order) in orders {
        if let (Key::Buffer(b), Means::Copy { .. }) = (key, order.means) {
            let buffer = &program.buffers[b.0 as usize];
            let (dim, row_len) = (buffer.dim, buffer.row_len);
            let name = format!("order{}", program.buffers.len());
            copies.insert(*b, program.buffer(name, dim, row_len, Home::Temp));
        }
    }
    for n in 0..program.kernels.len() {
        let kernel = &mut program.kernels[n];
        let order = |array: Array| orders.get(&Key::of(n, array));
        // It was possible with more orders than these.
        let stuck = split(kernel, &|array| order(array).map(|o| &o.axes));
        debug_assert_eq!(stuck, None, "kernel `{}`", kernel.name);
        let Kernel { body, extents, .. } = kernel;
        read_copies(body, extents, width, &order, &copies);
        move_indices(body, extents, &order);
    }
    let mut after: Vec<(usize, Step)> = Vec::new();
    for (key, order) in orders {
        let (Key::Buffer(b), Means::Copy { after: step }) = (key, order.means) else {
            continue;
        };
        let kernel = copy(program, *b, copies[b], order);
        program.kernels.push(kernel);
        after.push((step.map_or(0, |n| n + 1), Step::Kernel(program.kernels.len() - 1)));
    }
    after.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
    after.into_iter().for_each(|(n, step)| program.steps.insert(n, step));
}

/// Lets nests read copies where these are contiguous along the loop that runs side by side, and the originals are not.
fn read_copies<'a>(
    block: &mut [Stmt],
    extents: &Extents,
    width: u32,
    order: &impl Fn(Array) -> Option<&'a Order>,
    copies: &BTreeMap<BufferId, BufferId>,
) {
    let fast = |o: &Order, at: &Index, v: Var| o.axes.stepped(at, extents, v) == Some(o.fast);
    let smooth = |array: Array, at: &Index, v: Var| match order(array) {
        None => is_smooth(at, v),
        Some(o) => {
            let same = at.stride(v) == Some(0) || (o.means != Means::Move && is_smooth(at, v));
            same || fast(o, at, v)
        }
    };
    let mut at = 0;
    while at < block.len() {
        let found = Nest::at(&block[at..]).map(|(nest, n)| (nest.best(width, &smooth), n));
        match (found, &mut block[at]) {
            (Some((lane, n)), _) => {
                let nest = &mut block[at..at + n];
                at += n;
                let Some(v) = lane.map(|l| l.var()) else { continue };
                each_load(nest, &mut |array, at| {
                    let Array::Buffer(b) = *array else { return };
                    if let (Some(o), Some(copy)) = (order(*array), copies.get(&b))
                        && !is_smooth(at, v)
                        && fast(o, at, v)
                        && let Some(moved) = o.axes.moved(at, extents, o.fast)
                    {
                        *array = Array::Buffer(*copy);
                        *at = moved;
                    }
                });
            }
            (None, Stmt::For(l)) => {
                read_copies(&mut l.body, extents, width, order, copies);
                at += 1;
            }
            (None, _) => at += 1,
        }
    }
}

/// Changes the indices of arrays that are laid out in another order.
fn move_indices<'a>(block: &mut [Stmt], extents: &Extents, order: &impl Fn(Array) -> Option<&'a Order>) {
    let change = |array: Array, at: &mut Index| {
        if let Some(o) = order(array).filter(|o| o.means == Means::Move)
            && let Some(moved) = o.axes.moved(at, extents, o.fast)
        {
            *at = moved;
        }
    };
    Stmt::visit_mut(block, &mut |s| {
        if let Stmt::Store { array, index, .. } = s {
            change(*array, index);
        }
    });
    each_load(block, &mut |array, at| change(*array, at));
}

fn each_load(block: &mut [Stmt], f: &mut impl FnMut(&mut Array, &mut Index)) {
    Stmt::visit_mut(block, &mut |s| {
        if let Some(value) = s.value_mut() {
            value.visit_mut(&mut |e| {
                if let Expr::Load(array, at) = e {
                    f(array, at);
                }
            });
        }
    });
}

/// The kernel that copies a buffer to another order.
fn copy(program: &Program, from: BufferId, to: BufferId, order: &Order) -> Kernel {
    let buffer = &program.buffers[from.0 as usize];
    let (space, rows, row) = match buffer.dim {
        Some(dim) => (Space::Rows { dim, times: 1 }, None, Index::var(ROW)),
        None => (Space::Fixed(1), Some(1), Index::lit(0)),
    };
    let row = row.times(buffer.row_len as i64);
    let sizes = order.axes.sizes();
    let var = |a: usize| Var(1 + a as u32);
    let place = |strides: &[i64]| {
        let terms = strides.iter().enumerate().map(|(a, s)| Index::var(var(a)).times(*s));
        terms.fold(row.clone(), |sum, t| sum.plus(&t))
    };
    let mut body = vec![Stmt::Store {
        array: Array::Buffer(to),
        index: place(&order.axes.with_fast(order.fast)),
        value: Expr::Load(Array::Buffer(from), place(order.axes.strides())),
        fold: None,
    }];
    let mut axes: Vec<usize> = (0..sizes.len()).collect();
    axes.sort_by_key(|a| *a == order.fast);
    for a in axes.into_iter().rev() {
        body = vec![Stmt::For(Loop {
            var: var(a),
            range: Range::Lit(sizes[a] as u32),
            kind: LoopKind::Serial,
            body,
        })];
    }
    Kernel {
        name: "reorder".into(),
        origins: Vec::new(),
        space,
        lanes: false,
        extents: [rows]
            .into_iter()
            .chain(sizes.iter().map(|n| Some(*n as u32)))
            .collect(),
        locals: Vec::new(),
        regs: 0,
        folds: Vec::new(),
        body,
    }
}
