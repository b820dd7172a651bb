//! Which stored values share a loop over rows.
//!
//! Before: every value of the body has a [`Place`]. After: all stored values and results stand in one list of groups, in order
//! of dependence. The values of a group have the same rows, and read each other at their own row only; those that no other
//! group reads have no memory but a local array.

use super::inside::{map_of, owners};
use super::place::Place;
use super::reads::{Reads, Where, reads_inside, reads_of};
use super::{At, Scheduler, Target};
use crate::loop_ir::BufferId;
use gdl_abi::DimId;
use gdl_core::ir::{Op, Value};

/// What remains to be done with the values of a body.
#[derive(Clone, Debug)]
pub enum Final {
    /// Store a value in a buffer.
    Copy { v: Value, to: BufferId },
    /// Store a value at the current step of a stacked buffer, 0 where a sample has no such step.
    Part { v: Value, to: BufferId },
    /// Replace a state by a new one where a sample has a step.
    Commit { from: BufferId, state: BufferId },
}

/// A thing to do for every row.
#[derive(Clone, Debug)]
pub enum Item {
    /// Compute a value.
    Value(Value),
    /// See [`Final`].
    Final(Final),
}

/// What a group does.
#[derive(Clone, Debug)]
pub enum Work {
    /// Items for every row of a dim, or once.
    Rows(Option<DimId>, Vec<Item>),
    /// A matrix product.
    Gemm(Value),
    /// A loop over time.
    Loop(Value),
    /// A choice.
    Choice(Value),
}

/// A step in the making.
#[derive(Clone, Debug)]
pub struct Group {
    /// What it does.
    pub work: Work,
    size: usize,
    reads: Vec<Value>,
}

/// A group has at most this many items: long kernels take long to compile. What one group hands to another goes through memory, which costs a CPU more.
fn most_items(target: Target) -> usize {
    match target {
        Target::Cpu { .. } => 48,
        Target::Gpu => 24,
    }
}
/// Local arrays are at most this long.
pub const LOCAL: usize = 2048;
/// Values without rows share a kernel up to this many elements: one thread computes them, or one invocation.
fn small(target: Target) -> usize {
    match target {
        Target::Cpu { .. } => 2048,
        Target::Gpu => 64,
    }
}

/// Groups the stored values of the innermost body and its finals.
pub(super) fn group(s: &mut Scheduler, finals: Vec<Final>) -> Vec<Group> {
    let finals = adopt(s, finals);
    let mut grouping = Grouping {
        groups: Vec::new(),
        at: vec![usize::MAX; s.scope().body.nodes.len()],
        folds: Vec::new(),
        small: small(s.target),
        most_items: most_items(s.target),
    };
    let nodes = s.scope().body.nodes.len();
    let owners = owners(s, &finals);
    let depth = s.depth();
    for (k, of) in owners.iter().enumerate() {
        let inside = of.iter().map(|owner| (*owner, Value(k as u32)));
        s.scopes[depth].inside.extend(inside);
    }
    let mut readers: Vec<(Value, usize, bool)> = Vec::new();
    for k in 0..nodes {
        let v = Value(k as u32);
        let place = s.scope().places[k];
        if !matches!(place, Place::Row | Place::Gemm | Place::Loop | Place::Choice) || !owners[k].is_empty() {
            continue;
        }
        let mut reads = reads_around(s, v);
        reads.retain(|(u, _)| owners[u.0 as usize].is_empty());
        let g = match place {
            Place::Row => {
                let len = s.scope().body.nodes[k].shape.row_len();
                grouping.join(space_of(s, v), Item::Value(v), len, &reads)
            }
            Place::Gemm => grouping.push(Work::Gemm(v), &reads),
            Place::Choice => grouping.push(Work::Choice(v), &reads),
            _ => grouping.push(Work::Loop(v), &reads),
        };
        grouping.at[k] = g;
        let crosses = !matches!(place, Place::Row);
        readers.extend(reads.iter().map(|&(u, at)| (u, g, at == Where::Row && !crosses)));
        if is_fold(s, v) {
            grouping.folds.push(v);
        }
    }
    let mut commits = Vec::new();
    for f in finals {
        match &f {
            Final::Copy { v, .. } | Final::Part { v, .. } => {
                let shape = &s.scope().body.nodes[v.0 as usize].shape;
                let reads = reads_inside(s, *v);
                let g = grouping.join(shape.dim, Item::Final(f.clone()), shape.row_len(), &reads);
                readers.extend(reads.iter().map(|&(u, at)| (u, g, at == Where::Row)));
            }
            Final::Commit { state, .. } => {
                let buffer = &s.program.buffers[state.0 as usize];
                commits.push((buffer.dim, f.clone()));
            }
        }
    }
    let barrier = grouping.groups.len();
    for (dim, f) in commits {
        let same = |g: &Group| matches!(&g.work, Work::Rows(d, _) if *d == dim);
        match grouping.groups[barrier..].iter_mut().find(|g| same(g)) {
            Some(Group {
                work: Work::Rows(_, items),
                ..
            }) => items.push(Item::Final(f)),
            _ => grouping.groups.push(Group {
                work: Work::Rows(dim, vec![Item::Final(f)]),
                size: 1,
                reads: Vec::new(),
            }),
        }
    }
    give_memory(s, &grouping, &readers);
    grouping.groups
}

/// What a stored value reads, with all that is computed inside its loop.
pub(super) fn reads_around(s: &Scheduler, v: Value) -> Reads {
    let mut reads = reads_of(s, v);
    if let Some(map) = map_of(s, v) {
        for (_, u) in s.scope().inside.iter().filter(|(owner, _)| *owner == v) {
            reads.extend(reads_around(s, *u).into_iter().map(|(w, at)| (w, at.inside(map))));
        }
    }
    reads
}

/// Results that are stored anyway are stored at their destination.
fn adopt(s: &mut Scheduler, finals: Vec<Final>) -> Vec<Final> {
    let mut rest = Vec::new();
    for f in finals {
        if let Final::Copy { v, to } = f {
            let depth = s.depth();
            let k = v.0 as usize;
            if matches!(s.scope().places[k], Place::Row | Place::Gemm) && s.scope().homes[k].is_none() {
                s.scopes[depth].homes[k] = Some(to);
                continue;
            }
        }
        rest.push(f);
    }
    rest
}

/// Values read outside their group, or at other rows, get a buffer.
fn give_memory(s: &mut Scheduler, grouping: &Grouping, readers: &[(Value, usize, bool)]) {
    let depth = s.depth();
    for k in 0..grouping.at.len() {
        let v = Value(k as u32);
        if grouping.at[k] == usize::MAX || matches!(s.scope().places[k], Place::Loop | Place::Choice) {
            continue;
        }
        let escapes = readers
            .iter()
            .any(|&(u, g, local)| u == v && (g != grouping.at[k] || !local));
        let fold = grouping.folds.contains(&v);
        let long = s.scope().body.nodes[k].shape.row_len() > LOCAL;
        if s.scope().places[k] == Place::Gemm || escapes || fold || long {
            s.give_home(At { depth, v });
        }
    }
}

struct Grouping {
    groups: Vec<Group>,
    /// The group of every stored value.
    at: Vec<usize>,
    /// Values that cannot live in a local array.
    folds: Vec<Value>,
    /// See [`small`].
    small: usize,
    /// See [`most_items`].
    most_items: usize,
}

impl Grouping {
    /// The first group that may read these values, given whether it may hold them itself.
    fn earliest(&self, reads: &Reads, share: impl Fn(usize) -> bool) -> usize {
        let after = |&(u, at): &(Value, Where)| {
            let g = self.at[u.0 as usize];
            if g == usize::MAX {
                0
            } else if at == Where::Row && share(g) && !self.folds.contains(&u) {
                g
            } else {
                g + 1
            }
        };
        reads.iter().map(after).max().unwrap_or(0)
    }

    fn join(&mut self, space: Option<DimId>, item: Item, size: usize, reads: &Reads) -> usize {
        let same = |g: &Group| matches!(&g.work, Work::Rows(d, _) if *d == space);
        let start = self.earliest(reads, |g| same(&self.groups[g]));
        let related = |g: &Group, k: usize| {
            reads
                .iter()
                .any(|(u, _)| self.at[u.0 as usize] == k || g.reads.contains(u))
        };
        let room = |g: &Group| match &g.work {
            Work::Rows(None, _) => g.size + size <= self.small,
            Work::Rows(_, items) => items.len() < self.most_items,
            _ => false,
        };
        let found = (start..self.groups.len()).find(|&k| {
            same(&self.groups[k]) && room(&self.groups[k]) && (space.is_none() || related(&self.groups[k], k))
        });
        match found {
            Some(k) => {
                let g = &mut self.groups[k];
                if let Work::Rows(_, items) = &mut g.work {
                    items.push(item);
                }
                g.size += size;
                g.reads.extend(reads.iter().map(|(u, _)| *u));
                k
            }
            None => {
                self.push(Work::Rows(space, vec![item]), reads);
                self.groups.last_mut().expect("just pushed").size = size;
                self.groups.len() - 1
            }
        }
    }

    fn push(&mut self, work: Work, reads: &Reads) -> usize {
        self.groups.push(Group {
            work,
            size: 0,
            reads: reads.iter().map(|(u, _)| *u).collect(),
        });
        self.groups.len() - 1
    }
}

/// Whether a value adds up rows.
pub(super) fn is_fold(s: &Scheduler, v: Value) -> bool {
    let body = s.scope().body;
    let node = &body.nodes[v.0 as usize];
    let dim = |x: &Value| body.nodes[x.0 as usize].shape.dim;
    match &node.op {
        Op::Total { .. } => true,
        Op::Contract { a, b, .. } => node.shape.dim.is_none() && dim(a).or(dim(b)).is_some(),
        _ => false,
    }
}

/// The rows over which a stored value is computed.
pub(super) fn space_of(s: &Scheduler, v: Value) -> Option<DimId> {
    let body = s.scope().body;
    let dim = |x: &Value| body.nodes[x.0 as usize].shape.dim;
    match &body.nodes[v.0 as usize].op {
        Op::Total { x } => dim(x),
        Op::Contract { a, b, .. } => dim(a).or(dim(b)),
        _ => body.nodes[v.0 as usize].shape.dim,
    }
}
