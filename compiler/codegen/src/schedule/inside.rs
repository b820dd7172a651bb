//! Which values need no memory because only push-forwards read them, source row by source row.
//!
//! Before: every value of the body has a place. After: a value that all of its readers read inside the loops of push-forwards is computed
//! there, if that takes one loop, or if computing it again is cheaper than keeping it: on pairs, whose number is the square of
//! that of the nodes, that is almost always so, and a softmax over all pairs of a set needs no memory for pairs.

use super::Scheduler;
use super::contract::Roles;
use super::group::{Final, LOCAL, is_fold, space_of};
use super::place::Place;
use super::reads::{Where, reads_inside, reads_of};
use crate::loop_ir::scalar_cost;
use gdl_abi::{DimDef, DimId, MapId, SAMPLES};
use gdl_core::ir::{Op, Value};

/// A number of pairs may be computed again if that takes at most so many operations for each.
const PAIRS: f64 = 2048.0;
/// An element that is written and read again costs about as much as so many operations.
pub(super) const MEMORY: f64 = 8.0;

/// For every value the push-forwards inside whose loops it is computed; none if it is stored.
pub(super) fn owners(s: &Scheduler, finals: &[Final]) -> Vec<Vec<Value>> {
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
    let mut owners: Vec<Vec<Value>> = vec![Vec::new(); n];
    for k in (0..n).rev() {
        let v = Value(k as u32);
        if scope.places[k] != Place::Row
            || is_fold(s, v)
            || scope.homes[k].is_some()
            || scope.body.nodes[k].shape.row_len() > LOCAL
        {
            continue;
        }
        let mut found: Vec<Value> = Vec::new();
        let all_inside = readers[k].iter().all(|reader| {
            let of_reader = reader.map_or(Vec::new(), |(r, at)| owners_of_reader(s, &owners, v, r, at));
            found.extend(&of_reader);
            !of_reader.is_empty()
        });
        found.sort_unstable();
        found.dedup();
        if all_inside && (found.len() <= 1 || pays(s, v, passes(s, &found))) {
            owners[k] = found;
        }
    }
    owners
}

/// The push-forwards inside whose loops `v` is read by a reader; none if it is read elsewhere.
fn owners_of_reader(s: &Scheduler, owners: &[Vec<Value>], v: Value, reader: Value, at: Where) -> Vec<Value> {
    let of = |r: Value| &owners[r.0 as usize];
    match at {
        Where::Source(map) => {
            let (from, to) = s.program.domains.ends(map);
            // Few samples would leave threads idle.
            let inside = to != SAMPLES && space_of(s, v) == Some(from);
            if inside { vec![reader] } else { Vec::new() }
        }
        Where::Row if space_of(s, reader) == space_of(s, v) => of(reader).clone(),
        // Inside the loop of a push-forward along the map, what is pulled back along it is read at the row of the push-forward.
        Where::Image(map)
            if of(reader)
                .iter()
                .all(|o| map_of(s, *o) == Some(map) && !of(*o).is_empty()) =>
        {
            of(reader).iter().flat_map(|o| of(*o)).copied().collect()
        }
        Where::Row | Where::Image(_) | Where::Elsewhere => Vec::new(),
    }
}

/// The map along which a push-forward goes.
pub(super) fn map_of(s: &Scheduler, v: Value) -> Option<MapId> {
    match s.scope().body.nodes[v.0 as usize].op {
        Op::Segment { map, .. } => Some(map),
        _ => None,
    }
}

/// How often a value is computed inside the loops of these push-forwards, ascending. Those along one map share a loop unless one needs
/// the result of another, and then a thread keeps the value from one to the other.
fn passes(s: &Scheduler, owners: &[Value]) -> usize {
    let keeps = s.target.has_list_memory();
    let mut loops: Vec<Vec<Value>> = Vec::new();
    for &v in owners {
        let free = |members: &Vec<Value>| {
            members
                .iter()
                .all(|&u| map_of(s, u) == map_of(s, v) && (keeps || !depends(s, v, u)))
        };
        match loops.iter_mut().find(|l| free(l)) {
            Some(l) => l.push(v),
            None => loops.push(vec![v]),
        }
    }
    loops.len()
}

/// Whether the value of `v` depends on that of `u`.
fn depends(s: &Scheduler, v: Value, u: Value) -> bool {
    let nodes = &s.scope().body.nodes;
    let mut seen = vec![false; v.0 as usize + 1];
    let mut todo = vec![v];
    while let Some(x) = todo.pop() {
        for y in nodes[x.0 as usize].op.operands() {
            if y == u {
                return true;
            }
            if y > u && !std::mem::replace(&mut seen[y.0 as usize], true) {
                todo.push(y);
            }
        }
    }
    false
}

/// Whether a value is rather computed in so many loops than stored.
fn pays(s: &Scheduler, v: Value, loops: usize) -> bool {
    let shape = &s.scope().body.nodes[v.0 as usize].shape;
    let again = (loops - 1) as f64 * row_cost(s, v);
    let pairs = |d: DimId| matches!(s.program.domains.dim_def(d), DimDef::Pairs { .. });
    again <= MEMORY * shape.row_len() as f64 || shape.dim.is_some_and(pairs) && again <= PAIRS
}

/// Operations for one row, what is computed in place included.
pub(super) fn row_cost(s: &Scheduler, v: Value) -> f64 {
    let scope = s.scope();
    let node = &scope.body.nodes[v.0 as usize];
    let own = match &node.op {
        Op::Map { f, .. } => scalar_cost(*f) * node.shape.row_len() as f64,
        Op::Contract { .. } => Roles::of(scope.body, v).map_or(0.0, |r| 2.0 * r.points()),
        Op::Reduce { x, .. } => scope.body.nodes[x.0 as usize].shape.row_len() as f64,
        // A loop of its own.
        Op::Segment { .. } | Op::Put { .. } | Op::Window { .. } => f64::INFINITY,
        _ => 0.0,
    };
    let inline = |x: &Value| scope.places[x.0 as usize] == Place::Inline;
    let args: f64 = node
        .op
        .operands()
        .iter()
        .filter(|x| inline(x))
        .map(|x| row_cost(s, *x))
        .sum();
    own + args
}
