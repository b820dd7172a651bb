//! Joins neighbouring loops of a kernel, for invocations.
//!
//! Before: a kernel computes value after value, each in loops of its own, and keeps them in local arrays. After: loops over the same elements that
//! touch what they share at the same element are one, and what one iteration leaves for itself only is in a register. A processor rather
//! has short loops, one after the other; invocations that have an element each need no memory and do not wait.

use super::share::independent_loops;
use crate::loop_ir::{Array, Expr, Index, Kernel, Range, Stmt, Var};
use crate::schedule::polish::promote;

/// The kernel with joined loops.
pub fn fused(kernel: &Kernel) -> Kernel {
    let mut kernel = kernel.clone();
    kernel.body = joined(std::mem::take(&mut kernel.body));
    promote(&mut kernel);
    kernel
}

fn joined(block: Vec<Stmt>) -> Vec<Stmt> {
    let mut out: Vec<Stmt> = Vec::with_capacity(block.len());
    for mut stmt in block {
        if let Stmt::For(l) = &mut stmt {
            l.body = joined(std::mem::take(&mut l.body));
        }
        match out.last_mut().and_then(|last| one_loop(last, &stmt)) {
            Some(both) => {
                out.pop();
                out.push(both);
            }
            None => out.push(stmt),
        }
    }
    out
}

/// Two statements as one, if they are loops over the same elements.
fn one_loop(first: &Stmt, second: &Stmt) -> Option<Stmt> {
    let (loops, body) = independent_loops(std::slice::from_ref(first));
    let (others, other) = independent_loops(std::slice::from_ref(second));
    let extents = |loops: &[(Var, u32)]| loops.iter().map(|(_, n)| *n).collect::<Vec<_>>();
    if loops.is_empty()
        || extents(&loops) != extents(&others)
        || is_long(body)
        || is_long(other)
        || adds(body) != adds(other)
    {
        return None;
    }
    let mut other = other.to_vec();
    Stmt::map_indices(&mut other, &mut |index| {
        for ((v, _), (w, _)) in loops.iter().zip(&others) {
            *index = index.replace(*w, &Index::var(*v));
        }
    });
    let apart = |x: &Touch, y: &Touch| x.0 == y.0 && x.1 != y.1;
    let meet = |a: &[Touch], b: &[Touch]| a.iter().any(|x| b.iter().any(|y| apart(x, y)));
    let [(read, stored), (then_read, then_stored)] = [touches(body), touches(&other)];
    if meet(&stored, &then_read) || meet(&stored, &then_stored) || meet(&read, &then_stored) {
        return None;
    }
    let mut both = first.clone();
    append(&mut both, loops.len(), other);
    Some(both)
}

/// Whether an iteration is a sum of who knows how many terms: several invocations may share them.
fn is_long(body: &[Stmt]) -> bool {
    let mut found = false;
    Stmt::visit(body, &mut |s| {
        found |= matches!(s, Stmt::For(l) if !matches!(l.range, Range::Lit(_)))
    });
    found
}

/// Whether it adds to arrays: where it does and another loop fills arrays, workgroups go through a list in rounds ([`mod@super::rounds`]).
fn adds(body: &[Stmt]) -> bool {
    let mut found = false;
    Stmt::visit(body, &mut |s| found |= matches!(s, Stmt::Store { fold: Some(_), .. }));
    found
}

/// An array, and where.
type Touch = (Array, Index);

/// What a block reads and stores; what it adds to it reads.
fn touches(block: &[Stmt]) -> (Vec<Touch>, Vec<Touch>) {
    let (mut read, mut stored) = (Vec::new(), Vec::new());
    Stmt::visit(block, &mut |s| {
        if let Stmt::Store { array, index, fold, .. } = s {
            stored.push((*array, index.clone()));
            if fold.is_some() {
                read.push((*array, index.clone()));
            }
        }
        let Some(value) = s.value() else { return };
        value.visit(&mut |e| {
            if let Expr::Load(array, at) = e {
                read.push((*array, at.clone()));
            }
        });
    });
    (read, stored)
}

/// Adds statements to the innermost of so many loops.
fn append(stmt: &mut Stmt, depth: usize, more: Vec<Stmt>) {
    let Stmt::For(l) = stmt else { return };
    match l.body.as_mut_slice() {
        [inner] if depth > 1 => append(inner, depth - 1, more),
        _ => l.body.extend(more),
    }
}
