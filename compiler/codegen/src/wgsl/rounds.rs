//! Loops that a workgroup goes through several iterations at a time.
//!
//! A loop over edges, or over the keys of attention, has narrow parts that depend on each other: one iteration after the other leaves most
//! invocations idle, and all wait for each other in every one. In **rounds**, a part is done for several iterations before the next part: an array
//! that an iteration fills is there once for each of them, and what iterations add up is added by whoever has the element, in the order of the loop.

use super::kernel::Emitter;
use super::share::{Access, Part, product};
use crate::loop_ir::{Array, Expr, Index, Kernel, Loop, Range, Reg, Stmt, Var};

/// A loop in rounds.
#[derive(Debug)]
pub struct Rounds<'a> {
    pub of: &'a Loop,
    /// Iterations of a round, at most.
    pub count: u32,
    /// Local arrays of which every iteration of a round has its own, and their lengths.
    pub own: Vec<(u32, u32)>,
    pub stages: Vec<Stage<'a>>,
}

/// What is done for all iterations of a round before anything else is.
#[derive(Debug)]
pub struct Stage<'a> {
    pub loops: Vec<(Var, u32)>,
    pub body: &'a [Stmt],
    /// Numbers of the iteration that the body reads.
    defs: Vec<&'a Stmt>,
    /// Whether it adds to what iterations have in common.
    pub adds: bool,
}

/// Iterations of a round: so many that waiting does not count, and no more than that.
const LEAST: u32 = 4;
const MOST: u32 = 16;

impl<'a> Rounds<'a> {
    /// A loop in rounds; none where it is not known to be safe or is of no use. `room` is what workgroups have left for arrays, in reals.
    pub fn new(kernel: &Kernel, of: &'a Loop, parts: &[Part<'a>], team: u32, room: &mut u32) -> Option<Rounds<'a>> {
        let stored = Stored::by(&of.body);
        let mut stages = Vec::new();
        let mut defs = Vec::new();
        for part in parts {
            match part {
                Part::Same(def @ Stmt::Def { value, .. }) if !stored.are_read(value) => defs.push(*def),
                Part::Spread { loops, body } => stages.push(Stage {
                    loops: loops.clone(),
                    body,
                    defs: needed(&defs, body),
                    adds: stored.adds(body),
                }),
                _ => return None,
            }
        }
        let mut own = Vec::new();
        for array in &stored.filled {
            let Array::Local(k) = *array else { return None };
            let all = touches(&kernel.body, *array);
            if all != touches(&of.body, *array) || !is_filled_first(*array, &stages) {
                return None;
            }
            own.push((k, kernel.locals[k as usize].len.max(1)));
        }
        let narrow = stages.iter().filter(|s| !s.adds).map(|s| product(&s.loops)).min()?;
        if own.is_empty() || !stored.is_only_added_to(of) {
            return None;
        }
        let one: u32 = own.iter().map(|(_, len)| len).sum();
        let most = match of.range {
            Range::Lit(n) => n,
            Range::Size(_) | Range::Between(..) => MOST,
        };
        let count = (team / narrow).clamp(LEAST, MOST).min(most).min(1 + *room / one);
        if count < 2 {
            return None;
        }
        *room -= (count - 1) * one;
        Some(Rounds { of, count, own, stages })
    }

    /// Where an element of an array is, in rounds.
    pub fn place(&self, array: Array, at: &Index) -> Index {
        match self.own.iter().find(|(k, _)| array == Array::Local(*k)) {
            Some((_, len)) => at.plus(&Index::var(self.of.var).times(i64::from(*len))),
            None => at.clone(),
        }
    }

    /// The loops whose iterations are shared among invocations in a stage.
    pub fn shared(&self, stage: &Stage<'_>) -> Vec<(Var, u32)> {
        let turns = (!stage.adds).then_some((self.of.var, self.count));
        turns.into_iter().chain(stage.loops.iter().copied()).collect()
    }
}

/// What a loop stores to.
struct Stored {
    /// Arrays that every iteration fills.
    filled: Vec<Array>,
    /// Arrays that iterations only add to.
    added: Vec<Array>,
}

impl Stored {
    fn by(block: &[Stmt]) -> Stored {
        let (mut filled, mut added) = (Vec::new(), Vec::new());
        Stmt::visit(block, &mut |s| {
            if let Stmt::Store { array, fold, .. } = s {
                let list = if fold.is_some() { &mut added } else { &mut filled };
                if !list.contains(array) {
                    list.push(*array);
                }
            }
        });
        added.retain(|a| !filled.contains(a));
        Stored { filled, added }
    }

    /// Whether what iterations add to is the same elements for all, and none reads them.
    fn is_only_added_to(&self, of: &Loop) -> bool {
        let mut only = true;
        Stmt::visit(&of.body, &mut |s| {
            only &= s.value().is_none_or(|v| !loads(v, &self.added));
            if let Stmt::Store { array, index, .. } = s {
                only &= !self.added.contains(array) || !index.mentions(of.var);
            }
        });
        only
    }

    fn are_read(&self, value: &Expr) -> bool {
        loads(value, &self.filled) || loads(value, &self.added)
    }

    fn adds(&self, block: &[Stmt]) -> bool {
        let mut found = false;
        Stmt::visit(block, &mut |s| {
            found |= matches!(s, Stmt::Store { array, .. } if self.added.contains(array))
        });
        found
    }
}

/// Whether an expression reads one of these arrays.
fn loads(value: &Expr, arrays: &[Array]) -> bool {
    let mut found = false;
    value.visit(&mut |e| found |= matches!(e, Expr::Load(a, _) if arrays.contains(a)));
    found
}

/// How often a block reads and stores to an array.
fn touches(block: &[Stmt], array: Array) -> usize {
    let mut count = 0;
    Stmt::visit(block, &mut |s| {
        count += usize::from(matches!(s, Stmt::Store { array: a, .. } if *a == array));
        if let Some(value) = s.value() {
            value.visit(&mut |e| count += usize::from(matches!(e, Expr::Load(a, _) if *a == array)));
        }
    });
    count
}

/// Whether the first stage that touches an array only fills it.
fn is_filled_first(array: Array, stages: &[Stage<'_>]) -> bool {
    let Some(first) = stages.iter().find(|s| touches(s.body, array) > 0) else {
        return false;
    };
    let mut fills = true;
    Stmt::visit(first.body, &mut |s| {
        fills &= s.value().is_none_or(|v| !loads(v, &[array]));
        fills &= !matches!(s, Stmt::Store { array: a, fold: Some(_), .. } if *a == array);
    });
    fills
}

/// The definitions that a block needs, in order.
fn needed<'a>(defs: &[&'a Stmt], block: &[Stmt]) -> Vec<&'a Stmt> {
    let mut regs: Vec<Reg> = Vec::new();
    let read = |s: &Stmt, regs: &mut Vec<Reg>| {
        if let Some(value) = s.value() {
            value.visit(&mut |e| {
                if let Expr::Reg(r) = e {
                    regs.push(*r);
                }
            });
        }
    };
    Stmt::visit(block, &mut |s| read(s, &mut regs));
    let mut list = Vec::new();
    for def in defs.iter().rev() {
        if matches!(def, Stmt::Def { reg, .. } if regs.contains(reg)) {
            read(def, &mut regs);
            list.push(*def);
        }
    }
    list.reverse();
    list
}

impl Emitter<'_> {
    /// A loop in rounds, after what has been done since invocations have waited for each other.
    pub fn rounds(&mut self, r: &Rounds<'_>, team: u32, ignored: &dyn Fn(Array) -> bool, open: &mut Access) {
        let (v, count) = (r.of.var.0, r.count);
        let (low, high) = self.bounds(&r.of.range);
        self.line(&format!("// {count} iterations at a time."));
        self.line(&format!(
            "for (var first{v} = {low}; first{v} < {high}; first{v} += {count}) {{"
        ));
        self.depth += 1;
        self.line(&format!("let count{v} = min({high} - first{v}, {count});"));
        let own = r.own.iter().map(|&(k, len)| (k, len, format!("turn{v}")));
        self.values.own.borrow_mut().extend(own);
        for stage in &r.stages {
            let access = Access::of_stage(r, stage, ignored);
            if open.conflicts(&access) {
                self.wait(open);
                *open = Access::default();
            }
            if stage.adds {
                self.adding(r, stage, team);
            } else {
                self.side_by_side(r, stage, team);
            }
            open.join(&access);
        }
        self.values.own.borrow_mut().clear();
        self.depth -= 1;
        self.line("}");
    }

    /// A stage whose elements are independent in every iteration.
    fn side_by_side(&mut self, r: &Rounds<'_>, stage: &Stage<'_>, team: u32) {
        let (v, n) = (r.of.var.0, product(&stage.loops));
        self.line(&format!("for (var k = lane; k < count{v} * {n}; k += {team}) {{"));
        self.depth += 1;
        self.line(&format!("let turn{v} = k / {n};"));
        self.line(&format!("let v{v} = first{v} + turn{v};"));
        match stage.loops.as_slice() {
            [(only, _)] => self.line(&format!("let v{} = k % {n};", only.0)),
            all => {
                self.line(&format!("let e = k % {n};"));
                self.split(all, "e");
            }
        }
        let mut vars = vec![r.of.var];
        vars.extend(stage.loops.iter().map(|(v, _)| *v));
        let mark = self.enter(&vars, stage.body);
        stage.defs.iter().for_each(|def| self.block(std::slice::from_ref(*def)));
        self.block(stage.body);
        self.leave(mark);
        self.depth -= 1;
        self.line("}");
    }

    /// A stage that adds to what iterations have in common: whoever has an element goes through the iterations. What is added to once stays in a
    /// register meanwhile.
    fn adding(&mut self, r: &Rounds<'_>, stage: &Stage<'_>, team: u32) {
        let v = r.of.var.0;
        self.open_spread(&stage.loops, team);
        let vars: Vec<Var> = stage.loops.iter().map(|(v, _)| *v).collect();
        let mark = self.enter(&vars, stage.body);
        let kept: Vec<(Array, Index)> = stage
            .body
            .iter()
            .filter_map(|s| match s {
                Stmt::Store {
                    array,
                    index,
                    fold: Some(_),
                    ..
                } if touches(stage.body, *array) == 1 && !r.own.iter().any(|(k, _)| *array == Array::Local(*k)) => {
                    Some((*array, index.clone()))
                }
                _ => None,
            })
            .collect();
        let places: Vec<String> = kept
            .iter()
            .map(|(array, index)| self.values.element(*array, index))
            .collect();
        for (j, (place, (array, index))) in places.iter().zip(kept).enumerate() {
            self.line(&format!("var kept{j} = {place};"));
            self.kept.push((array, index, format!("kept{j}")));
        }
        self.line(&format!("for (var turn{v} = 0; turn{v} < count{v}; turn{v}++) {{"));
        self.depth += 1;
        self.line(&format!("let v{v} = first{v} + turn{v};"));
        let inner = self.enter(&[r.of.var], stage.body);
        stage.defs.iter().for_each(|def| self.block(std::slice::from_ref(*def)));
        self.block(stage.body);
        self.leave(inner);
        self.depth -= 1;
        self.line("}");
        self.kept.clear();
        for (j, place) in places.iter().enumerate() {
            self.line(&format!("{place} = kept{j};"));
        }
        self.leave(mark);
        self.depth -= 1;
        self.line("}");
    }
}
