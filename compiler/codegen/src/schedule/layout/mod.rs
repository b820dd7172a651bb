//! The order of arrays in memory.
//!
//! Before: every array is row-major, the loops of every nest are serial. After: the fastest axis of an array is the one along which the nests that
//! load and store it run side by side. Arrays of the program's own are laid out so, in memory and in kernels; those that are given, or
//! that a matrix product makes, get a copy, if the nests gain more than it costs. Results and what matrix products read stay as they are.
//!
//! 0. `split`: loops whose variables are divided become one loop an axis;
//! 1. `axes`: the axes of an array are found in the strides of its accesses;
//! 2. `search`: orders for which the nests of all kernels cost little;
//! 3. `apply`: loops that run along several axes are split, and indices follow the order.

mod apply;
mod axes;
mod search;
mod split;

use crate::loop_ir::{Array, BufferId, Home, Program, Step};
use axes::Axes;
use std::collections::BTreeMap;

/// An array: a buffer, or a local array of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Buffer(BufferId),
    Local(usize, u32),
}

impl Key {
    fn of(kernel: usize, array: Array) -> Key {
        match array {
            Array::Buffer(b) => Key::Buffer(b),
            Array::Local(k) => Key::Local(kernel, k),
        }
    }
}

/// How another order of an array is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// It is laid out so.
    Move,
    /// By a copy, made before the first step or after the step that makes the array.
    Copy { after: Option<usize> },
}

/// An array with another order.
#[derive(Clone, Debug)]
struct Order {
    axes: Axes,
    /// The axis that is fastest.
    fast: usize,
    means: Means,
}

/// The orders of arrays that differ from row-major.
type Orders = BTreeMap<Key, Order>;

/// Orders the arrays of a program. `width` is the number of reals that run side by side.
pub(super) fn arrange(program: &mut Program, width: u32) {
    program.kernels.iter_mut().for_each(split::quotients);
    let mut apart = program.kernels.clone();
    let candidates = axes::candidates(program, &mut apart);
    let orders = search::search(program, &apart, candidates, width);
    if !orders.is_empty() {
        apply::apply(program, &orders, width);
    }
}

/// How another order of every buffer may be had, if it may.
fn means(program: &Program) -> Vec<Option<Means>> {
    let of_home = |home: &Home| match home {
        Home::Temp => Some(Means::Move),
        Home::Input(_) | Home::Param(_) => Some(Means::Copy { after: None }),
        Home::Output(_) | Home::Const(_) | Home::Tile => None,
    };
    let mut means: Vec<Option<Means>> = program.buffers.iter().map(|b| of_home(&b.home)).collect();
    let mut writers = vec![0; means.len()];
    program
        .kernels
        .iter()
        .flat_map(|k| k.writes())
        .for_each(|b| writers[b.0 as usize] += 1);
    let mut stays = |b: BufferId| {
        let own = &mut means[b.0 as usize];
        *own = own.filter(|m| *m != Means::Move);
    };
    each_step(&program.steps, &mut |step| match step {
        Step::Gemm(g) => {
            [&g.a, &g.b, &g.c].into_iter().for_each(|m| stays(m.buffer));
            writers[g.c.buffer.0 as usize] += 1;
        }
        Step::Choose(c) => stays(c.key),
        Step::Kernel(_) | Step::Loop(_) => {}
    });
    for (n, step) in program.steps.iter().enumerate() {
        if let Step::Gemm(g) = step
            && let b = g.c.buffer.0 as usize
            && (writers[b], &program.buffers[b].home) == (1, &Home::Temp)
        {
            means[b] = Some(Means::Copy { after: Some(n) });
        }
    }
    means
}

/// Calls `f` on every step, those in loops too.
fn each_step(steps: &[Step], f: &mut impl FnMut(&Step)) {
    for step in steps {
        f(step);
        if let Step::Loop(l) = step {
            each_step(&l.body, f);
        }
    }
}
