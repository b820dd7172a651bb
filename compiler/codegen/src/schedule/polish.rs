//! Joins the loops of a kernel with its rows.
//!
//! Before: kernels run over the rows of a dim, or once. After: a kernel that is one loop nest whose indices run through memory without
//! gaps is one flat loop; kernels without rows run over their outermost loop, so that threads can share it; a kernel without inner
//! loops runs its rows side by side where its loads allow it.

use super::kernel::ROW;
use crate::loop_ir::{Array, Expr, Index, Kernel, Loop, LoopKind, Program, Range, Reg, Space, Stmt, Var};

/// Polishes all kernels.
pub fn polish(program: &mut Program) {
    let width = if program.double { 2.0 } else { 4.0 };
    for kernel in &mut program.kernels {
        promote(kernel);
        join_loops(&mut kernel.body, &mut kernel.extents);
        peel(kernel);
        while let Some(n) = flat_loop(kernel) {
            flatten(kernel, n);
        }
        kernel.lanes = kernel.folds.is_empty()
            && kernel.locals.is_empty()
            && is_straight(&kernel.body)
            && suits_lanes(&kernel.body, width);
    }
}

fn is_straight(block: &[Stmt]) -> bool {
    !block.iter().any(|s| matches!(s, Stmt::For(_)))
}

/// Local arrays of which every row, or every iteration of a loop, has one element that nobody else touches become registers.
pub(crate) fn promote(kernel: &mut Kernel) {
    let mut kept = Vec::new();
    let mut new_number = Vec::new();
    for (k, local) in (0..).zip(&kernel.locals) {
        if local.times.is_none() && is_register(&kernel.body, k) {
            new_number.push(None);
        } else {
            new_number.push(Some(kept.len() as u32));
            kept.push(*local);
        }
    }
    if kept.len() == kernel.locals.len() {
        return;
    }
    kernel.locals = kept;
    let first = kernel.regs;
    kernel.regs += new_number.len() as u32;
    renumber(&mut kernel.body, &new_number, first);
}

/// Whether one statement stores to a local array, and what loads it loads that element, after it in its block.
fn is_register(block: &[Stmt], k: u32) -> bool {
    let (mut stores, mut loads) = (0, 0);
    Stmt::visit(block, &mut |s| {
        stores += usize::from(matches!(s, Stmt::Store { array, .. } if *array == Array::Local(k)));
        loads += loads_of(s, k, &|_| true);
    });
    stores == 1 && loads_after(block, k) == Some(loads)
}

/// How many loads of what the statement stores that stores to a local array stand after it in its block; none if it adds to what is there.
fn loads_after(block: &[Stmt], k: u32) -> Option<usize> {
    block.iter().enumerate().find_map(|(j, s)| match s {
        Stmt::For(l) => loads_after(&l.body, k),
        Stmt::Store {
            array,
            index,
            fold: None,
            ..
        } if *array == Array::Local(k) => {
            let mut loads = 0;
            Stmt::visit(&block[j + 1..], &mut |s| loads += loads_of(s, k, &|at| at == index));
            Some(loads)
        }
        _ => None,
    })
}

/// How often a statement itself loads an element of a local array that is wanted.
fn loads_of(stmt: &Stmt, k: u32, wanted: &dyn Fn(&Index) -> bool) -> usize {
    let mut loads = 0;
    if let Some(value) = stmt.value() {
        value.visit(&mut |e| {
            loads += usize::from(matches!(e, Expr::Load(Array::Local(j), at) if *j == k && wanted(at)));
        });
    }
    loads
}

/// Replaces local arrays by registers (`None`) or other numbers.
fn renumber(block: &mut [Stmt], new_number: &[Option<u32>], first: u32) {
    let renamed = |array: Array| match array {
        Array::Local(k) => new_number[k as usize].map(Array::Local).ok_or(Reg(first + k)),
        Array::Buffer(_) => Ok(array),
    };
    for stmt in block {
        if let Stmt::For(l) = stmt {
            renumber(&mut l.body, new_number, first);
        }
        if let Some(value) = stmt.value_mut() {
            value.visit_mut(&mut |e| {
                if let Expr::Load(array, _) = e {
                    match renamed(*array) {
                        Ok(a) => *array = a,
                        Err(reg) => *e = Expr::Reg(reg),
                    }
                }
            });
        }
        if let Stmt::Store { array, value, .. } = stmt {
            match renamed(*array) {
                Ok(a) => *array = a,
                Err(reg) => {
                    *stmt = Stmt::Def {
                        reg,
                        value: std::mem::replace(value, Expr::Num(0.0)),
                    }
                }
            }
        }
    }
}

/// `once { for i in 0..n { … } }` becomes `for rows 0..n { … }`.
fn peel(kernel: &mut Kernel) {
    if kernel.space != Space::Fixed(1) || !kernel.locals.is_empty() || !kernel.folds.is_empty() {
        return;
    }
    let [
        Stmt::For(Loop {
            var,
            range: Range::Lit(n),
            kind: LoopKind::Serial | LoopKind::Lanes,
            body,
        }),
    ] = kernel.body.as_mut_slice()
    else {
        return;
    };
    let (var, n, mut body) = (*var, *n, std::mem::take(body));
    Stmt::map_indices(&mut body, &mut |i| *i = i.replace(var, &Index::var(ROW)));
    kernel.space = Space::Fixed(n);
    kernel.extents[0] = Some(n);
    kernel.body = body;
}

/// The extent of the loop that is the whole body, if it can be joined with the rows, and everything inside too.
fn flat_loop(kernel: &Kernel) -> Option<u32> {
    if !kernel.folds.is_empty() || !kernel.locals.is_empty() {
        return None;
    }
    let mut outer = ROW;
    let mut first = None;
    let mut block = &kernel.body;
    while !is_straight(block) {
        let [
            Stmt::For(Loop {
                var,
                range: Range::Lit(n),
                kind: LoopKind::Serial | LoopKind::Lanes,
                body,
            }),
        ] = block.as_slice()
        else {
            return None;
        };
        if !joins(body, outer, *var, *n) {
            return None;
        }
        first = first.or(Some(*n));
        outer = *var;
        block = body;
    }
    first
}

/// Joins loops over neighbouring axes.
fn join_loops(block: &mut [Stmt], extents: &mut [Option<u32>]) {
    for stmt in block {
        let Stmt::For(outer) = stmt else { continue };
        join_loops(&mut outer.body, extents);
        let (Range::Lit(m), LoopKind::Serial) = (&outer.range, outer.kind) else {
            continue;
        };
        let m = *m;
        let [
            Stmt::For(Loop {
                var,
                range: Range::Lit(n),
                kind,
                body,
            }),
        ] = outer.body.as_mut_slice()
        else {
            continue;
        };
        if *kind == LoopKind::LaneFold || !joins(body, outer.var, *var, *n) {
            continue;
        }
        let (var, n, kind, mut body) = (*var, *n, *kind, std::mem::take(body));
        join_indices(&mut body, outer.var, var);
        extents[outer.var.0 as usize] = Some(m * n);
        *outer = Loop {
            var: outer.var,
            range: Range::Lit(m * n),
            kind,
            body,
        };
    }
}

/// c·(n·outer + inner): the joined variable, called `outer`, has the stride of the inner one.
fn join_indices(block: &mut [Stmt], outer: Var, inner: Var) {
    Stmt::map_indices(block, &mut |i| {
        let stride = i.stride(inner).unwrap_or(0);
        *i = i
            .replace(inner, &Index::lit(0))
            .replace(outer, &Index::lit(0))
            .plus(&Index::var(outer).times(stride));
    });
}

/// Whether every index inside steps along `outer` as `n` steps along `inner`.
fn joins(block: &[Stmt], outer: Var, inner: Var, n: u32) -> bool {
    let mut good = true;
    let mut check =
        |i: &Index| good &= matches!((i.stride(outer), i.stride(inner)), (Some(a), Some(b)) if a == b * i64::from(n));
    Stmt::visit(block, &mut |s| {
        if let Some(value) = s.value() {
            value.visit_indices(&mut check);
        }
        if let Stmt::For(Loop {
            range: Range::Between(_, at),
            ..
        }) = s
        {
            check(at);
        }
        if let Stmt::Store { index, .. } = s {
            check(index);
        }
    });
    good
}

fn flatten(kernel: &mut Kernel, n: u32) {
    let [Stmt::For(Loop { var, body, .. })] = kernel.body.as_mut_slice() else {
        return;
    };
    let (var, mut body) = (*var, std::mem::take(body));
    join_indices(&mut body, ROW, var);
    kernel.space = match kernel.space {
        Space::Rows { dim, times } => Space::Rows { dim, times: times * n },
        Space::Fixed(m) => Space::Fixed(m * n),
    };
    kernel.extents[0] = kernel.extents[0].map(|m| m * n);
    kernel.body = body;
}

/// Whether most accesses of neighbouring rows are neighbours in memory.
fn suits_lanes(block: &[Stmt], width: f64) -> bool {
    let (mut alone, mut together) = (0.0, 0.0);
    let mut count = |stride: Option<i64>| {
        alone += 1.0;
        together += if matches!(stride, Some(0 | 1)) {
            1.0 / width
        } else {
            2.0
        };
    };
    for stmt in block {
        if let Stmt::Store { index, fold, .. } = stmt {
            count(index.stride(ROW));
            if fold.is_some() {
                return false;
            }
        }
        let Some(value) = stmt.value() else { continue };
        value.visit(&mut |e| match e {
            Expr::Load(_, at) => count(at.stride(ROW)),
            Expr::Apply(f, _) => (0..crate::loop_ir::scalar_cost(*f) as usize).for_each(|_| count(Some(0))),
            Expr::Real(at) | Expr::Choose(_, at, _, _) if at.mentions(ROW) => count(None),
            _ => {}
        });
    }
    together < alone
}
