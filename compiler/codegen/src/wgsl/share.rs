//! How the statements of a kernel are shared among the invocations of a workgroup.
//!
//! Before: a kernel computes a row after the other, statement by statement. After: a list of [`Part`]s that a workgroup does for one row: loops
//! whose iterations do not depend on each other are spread over its invocations, sums too long for one of them are cut, other loops are gone through
//! several iterations at a time where that is possible ([`mod@super::rounds`]), everything else all do together. Who stores an element and in which order terms are added is fixed.

use super::rounds::{Rounds, Stage};
use crate::loop_ir::{Array, Atom, Expr, Index, Kernel, Loop, Range, Reg, Space, Stmt, Var};
use gdl_abi::SAMPLES;
use gdl_core::ir::Fold;

/// What a workgroup does.
#[derive(Debug)]
pub enum Part<'a> {
    /// All compute the same number.
    Same(&'a Stmt),
    /// One stores a number that all have.
    Once(&'a Stmt),
    /// Every iteration of some loops is done by one.
    Spread { loops: Vec<(Var, u32)>, body: &'a [Stmt] },
    /// As `Spread`, where an iteration is a fold of many terms: several share the terms.
    Sliced {
        loops: Vec<(Var, u32)>,
        acc: Reg,
        fold: Fold,
        terms: &'a Loop,
        store: &'a Stmt,
    },
    /// The terms of folds are shared; all have the results.
    Folded { of: &'a Loop, accs: Vec<(Reg, Fold)> },
    /// All go through a loop together, several iterations at a time.
    Rounds(Rounds<'a>),
    /// All go around together: in a loop, or over a range of rows.
    Around { of: Option<&'a Loop>, body: Vec<Part<'a>> },
}

/// A kernel that workgroups compute.
#[derive(Debug)]
pub struct Shared<'a> {
    /// The invocations of a workgroup: a power of two.
    pub team: u32,
    pub parts: Vec<Part<'a>>,
}

/// Loops that are worth a workgroup have at least so many iterations.
const WIDE: u32 = 16;
/// Invocations of a workgroup where there are many rows, and where there are few.
const LEAST: u32 = 32;
const MOST: u32 = 128;
const MOST_OF_FEW: u32 = 256;
/// A team may be so many times as busy as the least busy one: larger ones finish a row sooner, which counts where there are few rows.
const SLACK: f64 = 1.25;
/// Invocations where a fold over all rows of a sample is what there is to do.
const LONG: u32 = 64;
/// Reals of local arrays that a workgroup has room for, by default 16 KiB less what folds need.
const ROOM: u32 = 4096 - MOST_OF_FEW;

/// Reals of local arrays that rounds may take in addition: 8 KiB, with which many workgroups still run side by side.
const ROOM_OF_ROUNDS: u32 = 2048;

/// How a workgroup shares the work of a kernel; none where its rows are better computed by one invocation each.
pub fn shared(kernel: &Kernel) -> Option<Shared<'_>> {
    if kernel.locals.iter().map(|l| l.len).sum::<u32>() > ROOM {
        return None;
    }
    let few = match kernel.space {
        Space::Rows { dim, .. } => dim == SAMPLES,
        Space::Fixed(_) => true,
    } && kernel.folds.is_empty();
    let parts = parts(&kernel.body, few, &mut Vec::new())?;
    let wide = width(&parts);
    if wide < WIDE {
        return None;
    }
    let most = if few { MOST_OF_FEW } else { MOST };
    let largest = wide.next_power_of_two().clamp(LEAST, most);
    let mut room = ROOM_OF_ROUNDS.min(ROOM - kernel.locals.iter().map(|l| l.len).sum::<u32>());
    let parts = in_rounds(kernel, parts, largest, &mut room);
    let team = if few { largest } else { thrifty(&parts, largest) };
    Some(Shared { team, parts })
}

/// The largest team that is not much busier than the least busy one: where there are many rows, invocations that have nothing to do in a part keep
/// others from working.
fn thrifty(parts: &[Part<'_>], largest: u32) -> u32 {
    let teams = || std::iter::successors(Some(LEAST), |t| Some(2 * t)).take_while(|&t| t <= largest);
    let least = teams().map(|t| busy(parts, t)).fold(f64::INFINITY, f64::min);
    teams()
        .filter(|&t| busy(parts, t) <= SLACK * least)
        .last()
        .unwrap_or(LEAST)
}

/// How long a team is busy with a row, in statements, times its invocations.
fn busy(parts: &[Part<'_>], team: u32) -> f64 {
    let all = f64::from(team);
    let of = |p: &Part<'_>| match p {
        Part::Same(_) | Part::Once(_) => all,
        Part::Spread { loops, body } => f64::from(product(loops).div_ceil(team)) * all * work(body),
        // Terms, and joining what invocations have.
        Part::Sliced { terms, .. } => trips(&terms.range).max(all) * work(&terms.body) + all * f64::from(team.ilog2()),
        Part::Folded { of, .. } => trips(&of.range).max(all) * work(&of.body) + all * f64::from(team.ilog2()),
        Part::Rounds(r) => r.stages.iter().map(|s| busy_stage(r, s, all)).sum(),
        Part::Around { of, body } => of.map_or(1.0, |l| trips(&l.range)) * busy(body, team),
    };
    parts.iter().map(of).sum()
}

/// How long `all` invocations are busy with a stage in all rounds.
fn busy_stage(r: &Rounds<'_>, stage: &Stage<'_>, all: f64) -> f64 {
    let (iterations, n) = (trips(&r.of.range), f64::from(product(&stage.loops)));
    let turns = iterations.min(r.count.into());
    let side_by_side = if stage.adds { 1.0 } else { turns };
    (n * side_by_side / all).ceil() * all * work(stage.body) * iterations / side_by_side
}

/// The statements that an invocation executes.
fn work(block: &[Stmt]) -> f64 {
    let of = |s: &Stmt| match s {
        Stmt::For(l) => trips(&l.range) * work(&l.body),
        _ => 1.0,
    };
    block.iter().map(of).sum()
}

/// How often a loop goes around; where that is known late, a guess.
fn trips(range: &Range) -> f64 {
    match range {
        Range::Lit(n) => f64::from(*n),
        Range::Size(_) | Range::Between(..) => 8.0,
    }
}

/// The parts with loops in rounds where these are of use.
fn in_rounds<'a>(kernel: &Kernel, parts: Vec<Part<'a>>, team: u32, room: &mut u32) -> Vec<Part<'a>> {
    let one = |part| match part {
        Part::Around { of: Some(l), body } => match Rounds::new(kernel, l, &body, team, room) {
            Some(rounds) => Part::Rounds(rounds),
            None => Part::Around {
                of: Some(l),
                body: in_rounds(kernel, body, team, room),
            },
        },
        other => other,
    };
    parts.into_iter().map(one).collect()
}

/// How many of a local array a workgroup has: one, or one for every iteration of a round.
pub fn times(parts: &[Part<'_>], local: u32) -> u32 {
    let of = |p: &Part<'_>| match p {
        Part::Rounds(r) if r.own.iter().any(|(k, _)| *k == local) => r.count,
        Part::Around { body, .. } => times(body, local),
        _ => 1,
    };
    parts.iter().map(of).max().unwrap_or(1)
}

/// The iterations that can be done side by side, at most.
fn width(parts: &[Part<'_>]) -> u32 {
    let of = |p: &Part<'_>| match p {
        Part::Same(_) | Part::Once(_) => 1,
        Part::Spread { loops, .. } => product(loops),
        Part::Sliced { .. } => LONG,
        Part::Folded { of, .. } => match of.range {
            Range::Lit(n) => n,
            Range::Size(_) | Range::Between(..) => LONG,
        },
        Part::Rounds(r) => r.stages.iter().map(|s| product(&s.loops)).max().unwrap_or(1),
        Part::Around { body, .. } => width(body),
    };
    parts.iter().map(of).max().unwrap_or(1)
}

/// The iterations of loops inside each other.
pub fn product(loops: &[(Var, u32)]) -> u32 {
    loops.iter().map(|(_, n)| *n).product()
}

/// The parts of a block; `accs` are accumulators of all. None where something is not known to be safe.
fn parts<'a>(block: &'a [Stmt], few: bool, accs: &mut Vec<(Reg, Fold)>) -> Option<Vec<Part<'a>>> {
    let mut list = Vec::with_capacity(block.len());
    for stmt in block {
        list.push(match stmt {
            Stmt::Def { .. } | Stmt::Fold { .. } => Part::Same(stmt),
            Stmt::Start { acc, fold } => {
                accs.push((*acc, *fold));
                Part::Same(stmt)
            }
            Stmt::Store { .. } => Part::Once(stmt),
            Stmt::For(l) => looped(stmt, l, few, accs)?,
        });
    }
    Some(list)
}

fn looped<'a>(stmt: &'a Stmt, l: &'a Loop, few: bool, accs: &mut Vec<(Reg, Fold)>) -> Option<Part<'a>> {
    let outer: Vec<(Reg, Fold)> = accs
        .iter()
        .copied()
        .filter(|(acc, _)| folds_into(&l.body, *acc))
        .collect();
    if !outer.is_empty() {
        return (!stores(&l.body)).then_some(Part::Folded { of: l, accs: outer });
    }
    let (loops, body) = independent_loops(std::slice::from_ref(stmt));
    if loops.is_empty() {
        let body = parts(&l.body, few, accs)?;
        return Some(Part::Around { of: Some(l), body });
    }
    if let [Stmt::Start { acc, fold }, Stmt::For(terms), store @ Stmt::Store { .. }] = body
        && few
        && !matches!(terms.range, Range::Lit(_))
        && 2 * product(&loops) <= LONG
        && folds_into(&terms.body, *acc)
        && !stores(&terms.body)
    {
        return Some(Part::Sliced {
            loops,
            acc: *acc,
            fold: *fold,
            terms,
            store,
        });
    }
    Some(Part::Spread { loops, body })
}

fn folds_into(block: &[Stmt], reg: Reg) -> bool {
    let mut found = false;
    Stmt::visit(block, &mut |s| {
        found |= matches!(s, Stmt::Fold { acc, .. } if *acc == reg)
    });
    found
}

fn stores(block: &[Stmt]) -> bool {
    let mut found = false;
    Stmt::visit(block, &mut |s| found |= matches!(s, Stmt::Store { .. }));
    found
}

/// The loops around a block, from the outside in, whose iterations do not depend on each other, with nothing beside them; and what is inside.
pub fn independent_loops(block: &[Stmt]) -> (Vec<(Var, u32)>, &[Stmt]) {
    let (mut loops, mut body) = (Vec::new(), block);
    while let [Stmt::For(l)] = body
        && let Range::Lit(n) = l.range
        && is_independent(l, n)
    {
        loops.push((l.var, n));
        body = &l.body;
    }
    (loops, body)
}

/// Whether each of the `n` iterations of a loop stores elements of its own, and reads none that another one stores.
fn is_independent(l: &Loop, n: u32) -> bool {
    let mut stored: Vec<(Array, &Index)> = Vec::new();
    let mut started: Vec<Reg> = Vec::new();
    let mut good = true;
    Stmt::visit(&l.body, &mut |s| match s {
        Stmt::Start { acc, .. } => started.push(*acc),
        Stmt::Fold { acc, .. } => good &= started.contains(acc),
        _ => {}
    });
    for_stores(&l.body, &mut |array, index| stored.push((array, index)));
    good &= stored.iter().all(|(_, index)| index.separates(l.var, n));
    Stmt::visit(&l.body, &mut |s| {
        let Some(value) = s.value() else { return };
        value.visit(&mut |e| {
            if let Expr::Load(array, at) = e {
                let mut same = stored.iter().filter(|(a, _)| a == array).peekable();
                good &= same.peek().is_none() || same.any(|(_, index)| *index == at);
            }
        });
    });
    good && !stored.is_empty()
}

fn for_stores<'a>(block: &'a [Stmt], f: &mut impl FnMut(Array, &'a Index)) {
    for s in block {
        match s {
            Stmt::Store { array, index, .. } => f(*array, index),
            Stmt::For(l) => for_stores(&l.body, f),
            _ => {}
        }
    }
}

/// An access to an array that the kernel stores to.
#[derive(Clone, Debug, PartialEq)]
pub struct Touch {
    pub array: Array,
    /// Which element an invocation touches, where it is one: loops and strides, neighbours that run through memory joined, and where they begin.
    /// Invocations that touch by the same form touch elements of their own.
    form: Option<Form>,
}

/// Loops and strides, and where they begin.
type Form = (Vec<(u32, i64)>, Index);

/// What parts read and write of the arrays that their kernel stores to.
#[derive(Clone, Debug, Default)]
pub struct Access {
    pub reads: Vec<Touch>,
    pub writes: Vec<Touch>,
}

impl Access {
    /// Of a part; what `ignored` says is left out.
    pub fn of(part: &Part<'_>, ignored: &dyn Fn(Array) -> bool) -> Access {
        let mut access = Access::default();
        match part {
            Part::Same(s) | Part::Once(s) => access.block(std::slice::from_ref(*s), None, ignored),
            Part::Spread { loops, body } => access.block(body, Some(loops), ignored),
            Part::Sliced {
                loops, terms, store, ..
            } => {
                access.block(&terms.body, None, ignored);
                access.block(std::slice::from_ref(*store), Some(loops), ignored);
            }
            Part::Folded { of, .. } => access.block(&of.body, None, ignored),
            Part::Rounds(r) => {
                for stage in &r.stages {
                    access.join(&Access::of_stage(r, stage, ignored));
                }
            }
            Part::Around { body, .. } => {
                for inner in body {
                    access.join(&Access::of(inner, ignored));
                }
            }
        }
        access
    }

    /// Of a stage of rounds.
    pub fn of_stage(r: &Rounds<'_>, stage: &Stage<'_>, ignored: &dyn Fn(Array) -> bool) -> Access {
        let mut access = Access::default();
        let shared = r.shared(stage);
        access.touches(stage.body, ignored, &|array, at| form(&r.place(array, at), &shared));
        access
    }

    fn block(&mut self, block: &[Stmt], loops: Option<&[(Var, u32)]>, ignored: &dyn Fn(Array) -> bool) {
        self.touches(block, ignored, &|_, at| loops.and_then(|l| form(at, l)));
    }

    fn touches(
        &mut self,
        block: &[Stmt],
        ignored: &dyn Fn(Array) -> bool,
        form: &dyn Fn(Array, &Index) -> Option<Form>,
    ) {
        let touch = |array: Array, at: &Index| Touch {
            array,
            form: form(array, at),
        };
        Stmt::visit(block, &mut |s| {
            if let Stmt::Store { array, index, fold, .. } = s
                && !ignored(*array)
            {
                self.writes.push(touch(*array, index));
                if fold.is_some() {
                    self.reads.push(touch(*array, index));
                }
            }
            let Some(value) = s.value() else { return };
            value.visit(&mut |e| {
                if let Expr::Load(array, at) = e
                    && !ignored(*array)
                {
                    self.reads.push(touch(*array, at));
                }
            });
        });
    }

    /// Adds another one's.
    pub fn join(&mut self, other: &Access) {
        self.reads.extend(other.reads.iter().cloned());
        self.writes.extend(other.writes.iter().cloned());
    }

    /// Whether what comes next has to wait for this: an invocation reads what another one has written, or writes what another one has read.
    /// No element is written twice, unless something is joined with it, which is to read it.
    pub fn conflicts(&self, next: &Access) -> bool {
        let meet = |a: &[Touch], b: &[Touch]| {
            let apart = |x: &Touch, y: &Touch| x.array == y.array && (x.form.is_none() || x.form != y.form);
            a.iter().any(|x| b.iter().any(|y| apart(x, y)))
        };
        meet(&self.writes, &next.reads) || meet(&self.reads, &next.writes)
    }
}

/// The form of an index in some loops; none where it depends on anything else but the row.
fn form(at: &Index, loops: &[(Var, u32)]) -> Option<Form> {
    let mut rest = at.clone();
    let mut list: Vec<(u32, i64)> = Vec::new();
    for &(v, n) in loops {
        let stride = at.stride(v)?;
        rest = rest.replace(v, &Index::lit(0));
        match list.last_mut() {
            _ if n == 1 => {}
            Some((outer, wide)) if *wide == stride * i64::from(n) => (*outer, *wide) = (*outer * n, stride),
            _ => list.push((n, stride)),
        }
    }
    let mut known = true;
    rest.visit(&mut |a| known &= !matches!(a, Atom::Var(v) if *v != Var(0)));
    known.then_some((list, rest))
}
