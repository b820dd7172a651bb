//! Which loop of a nest runs side by side.
//!
//! Before: a nest is serial loops over the axes of a result, in order, around one store, with the loops over what is reduced inside. After:
//! one of all these loops is innermost and runs side by side, if that pays: the one along which most accesses are contiguous or constant.

use crate::loop_ir::{Array, Expr, Index, Kernel, Loop, LoopKind, Range, Stmt, Var};

/// A loop of a nest: its variable and its range.
type Level = (Var, Range);

/// The loop that runs side by side: over an axis of the result, or over what is reduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    Out(Var),
    Fold(Var),
}

impl Lane {
    pub fn var(self) -> Var {
        match self {
            Lane::Out(v) | Lane::Fold(v) => v,
        }
    }
}

/// What a nest does for an element.
pub(super) struct Nest<'a> {
    /// The loops over the axes of the result.
    pub out: Vec<(Var, u32)>,
    /// The loops over what is reduced, if they are one nest.
    pub red: Vec<Level>,
    /// What it loads, and where it stores.
    pub accesses: Vec<(Array, &'a Index)>,
    /// Its scalar functions.
    pub applied: usize,
    /// Indices that numbers are made of.
    tested: Vec<&'a Index>,
    /// Places in tables where ranges of reductions begin.
    bounds: Vec<&'a Index>,
}

impl<'a> Nest<'a> {
    /// The nest that begins at a statement of a block, and the number of its statements there.
    pub fn at(block: &'a [Stmt]) -> Option<(Nest<'a>, usize)> {
        match block.first()? {
            first @ Stmt::For(_) => {
                let (out, body) = out_loops(first);
                Some((Nest::of(out, body)?, 1))
            }
            Stmt::Start { .. } => {
                let n = 1 + block.iter().position(|s| matches!(s, Stmt::Store { .. }))?;
                Some((Nest::of(Vec::new(), &block[..n])?, n))
            }
            _ => None,
        }
    }

    fn of(out: Vec<(Var, u32)>, body: &'a [Stmt]) -> Option<Nest<'a>> {
        let (Stmt::Store { array, index, .. }, inner) = body.split_last()? else {
            return None;
        };
        let reduces = matches!(inner.first(), Some(Stmt::Start { .. }));
        if !reduces && inner.iter().any(|s| matches!(s, Stmt::For(_))) {
            return None;
        }
        let mut nest = Nest {
            out,
            red: Vec::new(),
            accesses: vec![(*array, index)],
            applied: 0,
            tested: Vec::new(),
            bounds: Vec::new(),
        };
        let folds = nest.block(body);
        if let (1, Some(first)) = (folds, inner.iter().find(|s| matches!(s, Stmt::For(_)))) {
            nest.red = red_loops(first).0;
        }
        Some(nest)
    }

    /// Notes what a block does; the number of its folds.
    fn block(&mut self, block: &'a [Stmt]) -> usize {
        let mut folds = 0;
        for stmt in block {
            folds += usize::from(matches!(stmt, Stmt::Fold { .. }));
            if let Stmt::For(l) = stmt {
                folds += self.block(&l.body);
                if let Range::Between(_, at) = &l.range {
                    self.bounds.push(at);
                }
            }
            stmt.value().into_iter().for_each(|e| self.value(e));
        }
        folds
    }

    fn value(&mut self, e: &'a Expr) {
        match e {
            Expr::Load(array, at) => self.accesses.push((*array, at)),
            Expr::Real(at) => self.tested.push(at),
            Expr::Choose(_, at, _, arms) => {
                self.tested.push(at);
                arms.iter().for_each(|a| self.value(a));
            }
            Expr::Apply(_, args) => {
                self.applied += 1;
                args.iter().for_each(|a| self.value(a));
            }
            Expr::Num(_) | Expr::Reg(_) => {}
        }
    }

    /// How many terms all elements have together, given how long a range is.
    pub fn points(&self, times: &dyn Fn(&Range) -> f64) -> f64 {
        let out: f64 = self.out.iter().map(|(_, n)| f64::from(*n)).product();
        out * self.red.iter().map(|(_, r)| times(r)).product::<f64>()
    }

    /// What an iteration costs.
    pub fn work(&self) -> f64 {
        (self.accesses.len() + self.applied) as f64
    }

    /// The loops that may run side by side, with what is added to the cost of an iteration relative to a serial one: ties go to inner axes, and axes of the result are
    /// preferred.
    pub fn lanes(&self) -> Vec<(Lane, u32, f64)> {
        let bound = |v: Var| self.bounds.iter().any(|at| at.mentions(v));
        let out = self.out.iter().enumerate().filter(|(_, (v, _))| !bound(*v));
        let red = self.red.iter().enumerate();
        out.map(|(j, (v, n))| (Lane::Out(*v), *n, -1e-6 * j as f64))
            .chain(red.filter_map(|(j, (v, r))| Some((Lane::Fold(*v), r.lit()?, 0.1 - 1e-6 * j as f64))))
            .collect()
    }

    /// The cost of running a loop side by side, relative to running it alone, if so many of the accesses are neither contiguous nor constant along it.
    pub fn cost(&self, width: u32, (lane, n, more): (Lane, u32, f64), awkward: usize) -> f64 {
        let loads = match lane {
            Lane::Out(_) => self.accesses.len(),
            // An element is stored once.
            Lane::Fold(_) => self.accesses.len() - 1,
        };
        let tests = self.tested.iter().filter(|at| at.mentions(lane.var())).count();
        let alone = (loads + self.applied + tests) as f64;
        if alone == 0.0 {
            return 1.0;
        }
        let awkward = (awkward + tests) as f64;
        // Loaded or stored alone, and moved to or from its place.
        let together = 2.0 * awkward + (alone - awkward) / f64::from(width);
        let whole = f64::from(n - n % width) / f64::from(n);
        whole * together / alone + (1.0 - whole) + more
    }

    /// The accesses that matter for a loop.
    pub fn accesses_of(&self, lane: Lane) -> &[(Array, &'a Index)] {
        match lane {
            Lane::Out(_) => &self.accesses,
            Lane::Fold(_) => &self.accesses[1..],
        }
    }

    /// The loop that runs side by side, given which accesses are contiguous or constant along a variable.
    pub fn best(&self, width: u32, smooth: &dyn Fn(Array, &Index, Var) -> bool) -> Option<Lane> {
        let mut best = (1.0, None);
        for candidate in self.lanes() {
            let (lane, ..) = candidate;
            let accesses = self.accesses_of(lane).iter();
            let awkward = accesses.filter(|(array, at)| !smooth(*array, at, lane.var())).count();
            let cost = self.cost(width, candidate, awkward);
            if cost < best.0 {
                best = (cost, Some(lane));
            }
        }
        best.1
    }
}

/// Whether an index is contiguous or constant along a variable.
pub(super) fn is_smooth(at: &Index, v: Var) -> bool {
    matches!(at.stride(v), Some(0 | 1))
}

/// Chooses for all nests of a kernel.
pub(super) fn choose(kernel: &mut Kernel, width: u32) {
    in_block(&mut kernel.body, width);
}

fn in_block(block: &mut [Stmt], width: u32) {
    let mut at = 0;
    while at < block.len() {
        let found = Nest::at(&block[at..]).map(|(nest, n)| (nest.best(width, &|_, at, v| is_smooth(at, v)), n));
        match (found, &mut block[at]) {
            (Some((lane, n)), _) => {
                lane.into_iter().for_each(|lane| bring_in(&mut block[at..at + n], lane));
                at += n;
            }
            (None, Stmt::For(l)) => {
                in_block(&mut l.body, width);
                at += 1;
            }
            (None, _) => at += 1,
        }
    }
}

/// Moves a loop of a nest to the inside of its kind.
fn bring_in(nest: &mut [Stmt], lane: Lane) {
    match lane {
        Lane::Out(v) => {
            let Some(outer) = nest.first_mut() else { return };
            let depth = out_loops(outer).0.len();
            let (levels, body) = take(outer, depth);
            *outer = nested(levels, v, LoopKind::Lanes, body);
        }
        Lane::Fold(v) => {
            let mut block = nest;
            // Inside the loops over the result.
            while let [Stmt::For(l)] = block {
                block = &mut l.body;
            }
            if let Some(outer) = block.iter_mut().find(|s| matches!(s, Stmt::For(_))) {
                let depth = red_loops(outer).0.len();
                let (levels, body) = take(outer, depth);
                *outer = nested(levels, v, LoopKind::LaneFold, body);
            }
        }
    }
}

/// Loops over literal ranges, each the whole body of the one around it, and the body of the innermost.
fn out_loops(stmt: &Stmt) -> (Vec<(Var, u32)>, &[Stmt]) {
    let mut out = Vec::new();
    let mut block = std::slice::from_ref(stmt);
    while let [
        Stmt::For(Loop {
            var,
            range: Range::Lit(n),
            kind: LoopKind::Serial,
            body,
        }),
    ] = block
    {
        out.push((*var, *n));
        block = body;
    }
    (out, block)
}

/// Loops, each the whole body of the one around it, and the body of the innermost.
fn red_loops(stmt: &Stmt) -> (Vec<Level>, &[Stmt]) {
    let mut out = Vec::new();
    let mut block = std::slice::from_ref(stmt);
    while let [Stmt::For(l)] = block {
        out.push((l.var, l.range.clone()));
        block = &l.body;
    }
    (out, block)
}

/// Takes so many loops apart, each the whole body of the one around it.
fn take(stmt: &mut Stmt, depth: usize) -> (Vec<Level>, Vec<Stmt>) {
    let mut levels = Vec::new();
    let mut block = vec![std::mem::replace(stmt, nothing())];
    while levels.len() < depth
        && let Some(Stmt::For(l)) = block.pop()
    {
        levels.push((l.var, l.range));
        block = l.body;
    }
    (levels, block)
}

fn nothing() -> Stmt {
    Stmt::For(Loop {
        var: Var(0),
        range: Range::Lit(0),
        kind: LoopKind::Serial,
        body: Vec::new(),
    })
}

/// Loops around a body, the one over a variable innermost and of a kind.
fn nested(mut levels: Vec<Level>, inner: Var, kind: LoopKind, mut body: Vec<Stmt>) -> Stmt {
    levels.sort_by_key(|(v, _)| *v == inner);
    for (var, range) in levels.into_iter().rev() {
        body = vec![Stmt::For(Loop {
            var,
            range,
            kind: if var == inner { kind } else { LoopKind::Serial },
            body,
        })];
    }
    body.pop().unwrap_or_else(nothing)
}
