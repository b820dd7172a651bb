//! Which stored values a stored value reads, and where.

use super::Scheduler;
use super::place::Place;
use gdl_abi::MapId;
use gdl_core::ir::{Op, Value};

/// Where a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// At the row of the reader, or it has no rows.
    Row,
    /// At the rows that go to the row of the reader, one after the other.
    Source(MapId),
    /// At the row to which the row of the reader goes.
    Image(MapId),
    /// Anywhere.
    Elsewhere,
}

impl Where {
    /// Where the argument of a pullback along `map` is read, if the pullback is read here.
    fn pulled(self, map: MapId) -> Where {
        match self {
            Where::Row => Where::Image(map),
            // Back where the push-forward stands.
            Where::Source(m) if m == map => Where::Row,
            _ => Where::Elsewhere,
        }
    }

    /// Where a value is read that is read here by a value inside the loop of a push-forward along `map`.
    pub fn inside(self, map: MapId) -> Where {
        match self {
            Where::Image(m) if m == map => Where::Row,
            _ => Where::Elsewhere,
        }
    }
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
        Op::Gather { x, map } => f(*x, at.pulled(*map)),
        Op::Window { x, .. } | Op::Choose { key: x, .. } => f(*x, Where::Elsewhere),
        Op::Take { x, at } | Op::Put { x, at } => [x, at].into_iter().for_each(|&v| f(v, Where::Elsewhere)),
        // Stored itself, but for what only counts.
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
