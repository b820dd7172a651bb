//! Equations of one or two unknowns: x = 0 and a x + b y = 0. What they join is an orbit, with one solution or none.

use super::{Equations, Part};
use crate::exact::Exact;
use crate::sparse::Sparse;

/// Unknowns in sets, each a multiple of the first one of its set.
struct Sets {
    parent: Vec<u32>,
    /// x = factor · parent.
    factor: Vec<Exact>,
}

impl Sets {
    fn new(n: usize) -> Sets {
        Sets {
            parent: (0..n as u32).collect(),
            factor: vec![Exact::ONE; n],
        }
    }

    /// The first unknown of the set, and the factor to it.
    fn find(&mut self, at: usize) -> (usize, Exact) {
        let mut path = vec![];
        let mut root = at;
        while self.parent[root] as usize != root {
            path.push(root);
            root = self.parent[root] as usize;
        }
        let mut factor = Exact::ONE;
        for &x in path.iter().rev() {
            factor = self.factor[x] * factor;
            self.factor[x] = factor;
            self.parent[x] = root as u32;
        }
        (root, factor)
    }

    /// Joins two sets by x = factor · y for their first unknowns.
    fn join(&mut self, x: usize, y: usize, factor: Exact) {
        if y < x {
            self.parent[x] = y as u32;
            self.factor[x] = factor;
        } else {
            self.parent[y] = x as u32;
            self.factor[y] = Exact::ONE / factor;
        }
    }
}

/// The solutions on the parts where every equation has at most two unknowns, and the other parts.
pub(super) fn split(equations: &Equations) -> (Vec<Vec<(usize, Exact)>>, Vec<Part>) {
    let (rows, n) = (&equations.rows, equations.rows.width());
    let mut joined = Sets::new(n);
    for i in 0..rows.height() {
        let mut columns = rows.row(i).map(|(j, _)| j);
        let Some(first) = columns.next() else { continue };
        for j in columns {
            let ((x, _), (y, _)) = (joined.find(first), joined.find(j));
            if x != y {
                joined.join(x, y, Exact::ONE);
            }
        }
    }
    let place: Vec<usize> = (0..n).map(|at| joined.find(at).0).collect();
    let short = |i: usize| rows.row(i).len() <= 2 && rows.row(i).all(|(_, x)| x.r.is_some());
    let mut is_long = vec![false; n];
    for i in 0..rows.height() {
        if let Some((j, _)) = rows.row(i).next() {
            is_long[place[j]] |= !short(i);
        }
    }
    let vectors = orbits(rows, &|j| !is_long[place[j]]);
    (vectors, parts(equations, &place, &is_long))
}

/// The solutions on the unknowns that are asked for.
fn orbits(rows: &Sparse<Exact>, asked: &dyn Fn(usize) -> bool) -> Vec<Vec<(usize, Exact)>> {
    let n = rows.width();
    let mut sets = Sets::new(n);
    let mut zero = vec![false; n];
    for i in 0..rows.height() {
        let mut terms = rows.row(i).filter(|(j, _)| asked(*j));
        let Some((x, a)) = terms.next() else { continue };
        let (x, c) = sets.find(x);
        let a = *a * c;
        let Some((y, b)) = terms.next() else {
            zero[x] = true;
            continue;
        };
        let (y, c) = sets.find(y);
        let b = *b * c;
        if x == y {
            zero[x] |= !(a + b).is_zero();
        } else {
            zero[x.min(y)] = zero[x] || zero[y];
            sets.join(x, y, (-b / a).polish());
        }
    }
    let mut number = vec![usize::MAX; n];
    let mut vectors: Vec<Vec<(usize, Exact)>> = vec![];
    for at in (0..n).filter(|&at| asked(at)) {
        let (root, factor) = sets.find(at);
        if zero[root] {
            continue;
        }
        if root == at {
            number[at] = vectors.len();
            vectors.push(vec![]);
        }
        vectors[number[root]].push((at, factor));
    }
    vectors
}

/// The parts that are not solved by orbits.
fn parts(equations: &Equations, place: &[usize], is_long: &[bool]) -> Vec<Part> {
    let n = place.len();
    // The number of each part by its first unknown, and the place of each unknown in its part.
    let mut number = vec![usize::MAX; n];
    let mut local = vec![0usize; n];
    let mut parts: Vec<Part> = vec![];
    for at in (0..n).filter(|&at| is_long[place[at]]) {
        if place[at] == at {
            number[at] = parts.len();
            parts.push(Part {
                unknowns: vec![],
                rows: Sparse::new(0),
                weights: vec![],
            });
        }
        let part = &mut parts[number[place[at]]];
        local[at] = part.unknowns.len();
        part.unknowns.push(at as u32);
    }
    for part in &mut parts {
        part.rows = Sparse::new(part.unknowns.len());
    }
    for i in 0..equations.rows.height() {
        let row = equations.rows.row(i);
        let Some((first, _)) = row.clone().next() else { continue };
        if let Some(part) = parts.get_mut(number[place[first]]) {
            part.rows.push(row.map(|(j, x)| (local[j], *x)));
            part.weights.push(equations.weights[i]);
        }
    }
    parts
}
