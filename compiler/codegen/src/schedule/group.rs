//! Which stored values share a loop over rows.
//!
//! Before: every value of the body has a [`Place`]. After: all stored values and results stand in one list of groups, in order
//! of dependence. The values of a group have the same rows, and read each other at their own row only; those that no other
//! group reads have no memory but a local array.

use super::place::Place;
use super::{At, Scheduler};
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
}

/// A step in the making.
#[derive(Clone, Debug)]
pub struct Group {
    /// What it does.
    pub work: Work,
    size: usize,
    reads: Vec<Value>,
}

/// A group has at most this many items.
const ITEMS: usize = 24;
/// Local arrays are at most this long.
const LOCAL: usize = 2048;
/// Values without rows share a loop up to this many elements.
const SMALL: usize = 2048;

/// What a value reads.
#[derive(Clone, Debug, Default)]
struct Reads {
    /// Stored values, and whether at the row of the reader.
    stored: Vec<(Value, bool)>,
}

/// Groups the stored values of the innermost body and its finals.
pub(super) fn group(s: &mut Scheduler, finals: Vec<Final>) -> Vec<Group> {
    let finals = adopt(s, finals);
    let mut grouping = Grouping {
        groups: Vec::new(),
        at: vec![usize::MAX; s.scope().body.nodes.len()],
        local: Vec::new(),
    };
    let nodes = s.scope().body.nodes.len();
    let mut readers: Vec<(Value, usize, bool)> = Vec::new();
    for k in 0..nodes {
        let v = Value(k as u32);
        let place = s.scope().places[k];
        if !matches!(place, Place::Row | Place::Gemm | Place::Loop) {
            continue;
        }
        let reads = reads_of(s, v);
        let g = match place {
            Place::Row => grouping.join(
                space_of(s, v),
                Item::Value(v),
                s.scope().body.nodes[k].shape.row_len(),
                &reads,
            ),
            Place::Gemm => grouping.push(Work::Gemm(v), &reads),
            _ => grouping.push(Work::Loop(v), &reads),
        };
        grouping.at[k] = g;
        let crosses = !matches!(place, Place::Row);
        readers.extend(reads.stored.iter().map(|&(u, local)| (u, g, local && !crosses)));
        if is_fold(s, v) {
            grouping.local.push((v, false));
        }
    }
    let mut commits = Vec::new();
    for f in finals {
        match &f {
            Final::Copy { v, .. } | Final::Part { v, .. } => {
                let shape = &s.scope().body.nodes[v.0 as usize].shape;
                let reads = reads_inside(s, *v);
                let g = grouping.join(shape.dim, Item::Final(f.clone()), shape.row_len(), &reads);
                readers.extend(reads.stored.iter().map(|&(u, local)| (u, g, local)));
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
        if grouping.at[k] == usize::MAX || s.scope().places[k] == Place::Loop {
            continue;
        }
        let escapes = readers
            .iter()
            .any(|&(u, g, local)| u == v && (g != grouping.at[k] || !local));
        let fold = grouping.local.contains(&(v, false));
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
    local: Vec<(Value, bool)>,
}

impl Grouping {
    /// The first group that may read these values, given whether it may hold them itself.
    fn earliest(&self, reads: &Reads, share: impl Fn(usize) -> bool) -> usize {
        let after = |&(u, local): &(Value, bool)| {
            let g = self.at[u.0 as usize];
            if g == usize::MAX {
                0
            } else if local && share(g) && !self.local.contains(&(u, false)) {
                g
            } else {
                g + 1
            }
        };
        reads.stored.iter().map(after).max().unwrap_or(0)
    }

    fn join(&mut self, space: Option<DimId>, item: Item, size: usize, reads: &Reads) -> usize {
        let same = |g: &Group| matches!(&g.work, Work::Rows(d, _) if *d == space);
        let start = self.earliest(reads, |g| same(&self.groups[g]));
        let related = |g: &Group, k: usize| {
            reads
                .stored
                .iter()
                .any(|(u, _)| self.at[u.0 as usize] == k || g.reads.contains(u))
        };
        let room = |g: &Group| match &g.work {
            Work::Rows(None, _) => g.size + size <= SMALL,
            Work::Rows(_, items) => items.len() < ITEMS,
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
                g.reads.extend(reads.stored.iter().map(|(u, _)| *u));
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
            reads: reads.stored.iter().map(|(u, _)| *u).collect(),
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

/// What a stored value reads.
fn reads_of(s: &Scheduler, v: Value) -> Reads {
    let mut reads = Reads::default();
    arguments(s, v, true, &mut |x, local| visit(s, x, local, &mut reads));
    reads
}

/// What an expression for a value reads: itself, if it is stored.
fn reads_inside(s: &Scheduler, v: Value) -> Reads {
    let mut reads = Reads::default();
    visit(s, v, true, &mut reads);
    reads
}

fn visit(s: &Scheduler, v: Value, local: bool, reads: &mut Reads) {
    let body = s.scope().body;
    if let Op::Proj { scan, .. } = body.nodes[v.0 as usize].op {
        reads.stored.push((scan, false));
        return;
    }
    match s.scope().places[v.0 as usize] {
        Place::Inline => arguments(s, v, local, &mut |x, l| visit(s, x, l, reads)),
        Place::Given => {}
        Place::Row | Place::Gemm | Place::Loop => {
            if !reads.stored.contains(&(v, local)) {
                reads.stored.push((v, local));
            }
        }
    }
}

/// The arguments of a value, and whether they are read at its own row if it is.
fn arguments(s: &Scheduler, v: Value, local: bool, f: &mut dyn FnMut(Value, bool)) {
    let body = s.scope().body;
    match &body.nodes[v.0 as usize].op {
        Op::Map { args, .. } => args.iter().for_each(|&x| f(x, local)),
        Op::Broadcast { x, .. }
        | Op::Reshape { x }
        | Op::Slice { x, .. }
        | Op::Detach { x }
        | Op::Reduce { x, .. }
        | Op::Total { x } => f(*x, local),
        Op::Concat { xs, .. } => xs.iter().for_each(|&x| f(x, local)),
        Op::Contract { a, b, .. } => [a, b].iter().for_each(|&&x| f(x, local)),
        Op::Gather { x, .. } | Op::Segment { x, .. } | Op::Window { x, .. } => f(*x, false),
        Op::Scan(scan) => scan
            .init
            .iter()
            .chain(&scan.xs)
            .chain(&scan.captures)
            .for_each(|&x| f(x, false)),
        Op::Proj { scan, .. } => f(*scan, false),
        Op::Input(_) | Op::Param(_) | Op::Arg(_) | Op::Const(_) | Op::Fill(_) | Op::Compare { .. } | Op::Position => {}
    }
}
