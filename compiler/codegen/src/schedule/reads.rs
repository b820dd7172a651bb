//! Which stored values a stored value reads, and where; and which of them need no memory because one push-forward alone reads
//! them, source row by source row.

use super::Scheduler;
use super::group::{Final, is_fold, space_of};
use super::place::Place;
use gdl_abi::{MapId, SAMPLES};
use gdl_core::ir::{Op, Value};

/// Where a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// At the row of the reader, or it has no rows.
    Row,
    /// At the rows that go to the row of the reader, one after the other.
    Source(MapId),
    /// Anywhere.
    Elsewhere,
}

/// The stored values that a value reads.
pub type Reads = Vec<(Value, Where)>;

/// What a stored value reads.
pub(super) fn reads_of(s: &Scheduler, v: Value) -> Reads {
    let mut reads = Reads::new();
    arguments(s, v, Where::Row, &mut |x, at| visit(s, x, at, &mut reads));
    reads
}

/// What an expression for a value reads: itself, if it is stored.
pub(super) fn reads_inside(s: &Scheduler, v: Value) -> Reads {
    let mut reads = Reads::new();
    visit(s, v, Where::Row, &mut reads);
    reads
}

fn visit(s: &Scheduler, v: Value, at: Where, reads: &mut Reads) {
    if let Op::Proj { scan, .. } = s.scope().body.nodes[v.0 as usize].op {
        reads.push((scan, Where::Elsewhere));
        return;
    }
    match s.scope().places[v.0 as usize] {
        Place::Inline => arguments(s, v, at, &mut |x, at| visit(s, x, at, reads)),
        Place::Given => {}
        Place::Row | Place::Gemm | Place::Loop | Place::Choice => {
            if !reads.contains(&(v, at)) {
                reads.push((v, at));
            }
        }
    }
}

/// The arguments of a value, and where they are read if it is computed at `at`.
fn arguments(s: &Scheduler, v: Value, at: Where, f: &mut dyn FnMut(Value, Where)) {
    match &s.scope().body.nodes[v.0 as usize].op {
        Op::Gather { x, .. } | Op::Window { x, .. } | Op::Choose { key: x, .. } => f(*x, Where::Elsewhere),
        Op::Take { x, at } | Op::Put { x, at } => [x, at].into_iter().for_each(|&v| f(v, Where::Elsewhere)),
        // Never inside an expression: it is stored itself.
        Op::Segment { x, map, .. } => f(*x, Where::Source(*map)),
        Op::Scan(scan) => scan
            .init
            .iter()
            .chain(&scan.xs)
            .chain(&scan.captures)
            .for_each(|&x| f(x, Where::Elsewhere)),
        op => op.operands().into_iter().for_each(|x| f(x, at)),
    }
}

/// For every value the push-forward inside whose loop it is computed, if there is one.
pub(super) fn owners(s: &Scheduler, finals: &[Final]) -> Vec<Option<Value>> {
    let scope = s.scope();
    let n = scope.body.nodes.len();
    let mut readers: Vec<Vec<Option<(Value, Where)>>> = vec![Vec::new(); n];
    for k in 0..n {
        let v = Value(k as u32);
        if matches!(scope.places[k], Place::Row | Place::Gemm | Place::Loop | Place::Choice) {
            let rows = scope.places[k] == Place::Row && !is_fold(s, v);
            for (u, at) in reads_of(s, v) {
                readers[u.0 as usize].push(rows.then_some((v, at)));
            }
        }
    }
    for f in finals {
        if let Final::Copy { v, .. } | Final::Part { v, .. } = f {
            reads_inside(s, *v)
                .iter()
                .for_each(|(u, _)| readers[u.0 as usize].push(None));
        }
    }
    let mut owners: Vec<Option<Value>> = vec![None; n];
    for k in (0..n).rev() {
        let v = Value(k as u32);
        if scope.places[k] != Place::Row
            || is_fold(s, v)
            || scope.homes[k].is_some()
            || scope.body.nodes[k].shape.row_len() > super::group::LOCAL
        {
            continue;
        }
        let owner = |reader: &Option<(Value, Where)>| match reader {
            Some((r, Where::Source(map))) => {
                let (from, to) = s.program.domains.ends(*map);
                // Few samples would leave threads idle.
                (to != SAMPLES && space_of(s, v) == Some(from)).then_some(*r)
            }
            Some((r, Where::Row)) if space_of(s, *r) == space_of(s, v) => owners[r.0 as usize],
            _ => None,
        };
        let mut all = readers[k].iter().map(owner);
        let first = all.next().flatten();
        if all.all(|o| o == first) {
            owners[k] = first;
        }
    }
    owners
}
