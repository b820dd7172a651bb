//! Loops that run along several axes become one loop an axis.

use crate::loop_ir::{Atom, Divisor, Extents, Index, Kernel, Loop, LoopKind, Range, Stmt, Var};
use std::collections::BTreeSet;

/// Splits the loops whose variables are divided by numbers, so that indices step along axes: `a[i / 3]` and `b[i % 3]` become `a[i]` and `b[j]`.
pub(super) fn quotients(kernel: &mut Kernel) {
    let mut whole: BTreeSet<Var> = BTreeSet::new();
    loop {
        let mut found = None;
        let extents = &kernel.extents;
        each_index(&kernel.body, &mut |at| {
            at.visit(&mut |atom| {
                if let (None, Atom::Div(x, Divisor::Lit(n)) | Atom::Mod(x, Divisor::Lit(n))) = (found, atom) {
                    found = crossing(x, *n, extents).filter(|(v, _)| !whole.contains(v));
                }
            });
        });
        let Some((v, inner)) = found else { return };
        if !split_loop(kernel, v, inner) {
            whole.insert(v);
        }
    }
}

/// The variable of an index that runs across multiples of a stride, if its loop can be split there, and the extent of the inner loop.
pub(super) fn crossing(at: &Index, stride: i64, extents: &Extents) -> Option<(Var, u32)> {
    at.terms.iter().find_map(|(atom, c)| match atom {
        Atom::Var(v) => {
            let n = i64::from(extents.get(v.0 as usize).copied().flatten()?);
            let inner = stride / c;
            let splits = *c > 0 && *c < stride && stride % c == 0 && inner < n && n % inner == 0;
            splits.then_some((*v, inner as u32))
        }
        _ => None,
    })
}

/// Makes two loops of the loop over a variable, the inner one over so many values. Gives `false` if there is no such loop.
pub(super) fn split_loop(kernel: &mut Kernel, v: Var, inner: u32) -> bool {
    let w = Var(kernel.extents.len() as u32);
    let both = Index::var(v).times(i64::from(inner)).plus(&Index::var(w));
    let mut extents = kernel.extents.clone();
    extents[v.0 as usize] = extents[v.0 as usize].map(|n| n / inner);
    extents.push(Some(inner));
    let mut done = false;
    Stmt::visit_mut(&mut kernel.body, &mut |stmt| {
        let Stmt::For(l) = stmt else { return };
        let Range::Lit(n) = l.range else { return };
        if l.var != v || done {
            return;
        }
        Stmt::map_indices(&mut l.body, &mut |i| {
            if i.mentions(v) {
                *i = i.replace(v, &both).simplified(&extents);
            }
        });
        l.range = Range::Lit(n / inner);
        l.body = vec![Stmt::For(Loop {
            var: w,
            range: Range::Lit(inner),
            kind: LoopKind::Serial,
            body: std::mem::take(&mut l.body),
        })];
        done = true;
    });
    if done {
        kernel.extents = extents;
    }
    done
}

/// Calls `f` on every index of a block.
fn each_index(block: &[Stmt], f: &mut impl FnMut(&Index)) {
    Stmt::visit(block, &mut |s| {
        if let Stmt::Store { index, .. } = s {
            f(index);
        }
        if let Some(value) = s.value() {
            value.visit_indices(f);
        }
    });
}
