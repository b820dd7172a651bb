//! Entries of tables that several expressions read: they are read once, where the variables that they depend on are known.

use crate::loop_ir::{Atom, Index, Loop, Range, Stmt, TableId, Var};

/// An entry of a table.
pub type Entry = (TableId, Index);

/// The entries that a block reads more than once, or inside of a loop, and that depend on some of the variables `new` and otherwise on `known` ones only;
/// those inside of others come first.
pub fn shared(block: &[Stmt], known: &[Var], new: &[Var]) -> Vec<Entry> {
    let mut found: Vec<(Entry, usize)> = Vec::new();
    count(block, 1, &mut |entry, times| {
        let mut vars = Vec::new();
        entry.1.visit(&mut |a| {
            if let Atom::Var(v) = a {
                vars.push(*v);
            }
        });
        let early = vars.iter().all(|v| known.contains(v) || new.contains(v));
        if !early || !vars.iter().any(|v| new.contains(v)) {
            return;
        }
        match found.iter_mut().find(|(e, _)| e == entry) {
            Some((_, n)) => *n += times,
            None => found.push((entry.clone(), times)),
        }
    });
    let mut list: Vec<Entry> = found.into_iter().filter(|(_, n)| *n > 1).map(|(e, _)| e).collect();
    list.sort_by_key(|(_, at)| depth(at));
    list
}

/// Tables inside of each other.
fn depth(at: &Index) -> usize {
    let mut most = 0;
    at.visit(&mut |a| {
        if let Atom::Lookup(_, x) = a {
            most = most.max(1 + depth(x));
        }
    });
    most
}

/// Calls `f` on every entry that is read, with 2 for those in loops.
fn count(block: &[Stmt], times: usize, f: &mut impl FnMut(&Entry, usize)) {
    let mut index = |i: &Index| {
        i.visit(&mut |a| {
            if let Atom::Lookup(t, x) = a {
                f(&(*t, x.as_ref().clone()), times);
            }
        });
    };
    for stmt in block {
        if let Some(value) = stmt.value() {
            value.visit_indices(&mut index);
        }
        match stmt {
            Stmt::Store { index: at, .. } => index(at),
            Stmt::For(Loop {
                range: Range::Between(_, at),
                ..
            }) => index(at),
            _ => {}
        }
    }
    for stmt in block {
        if let Stmt::For(l) = stmt {
            count(&l.body, 2, f);
        }
    }
}
