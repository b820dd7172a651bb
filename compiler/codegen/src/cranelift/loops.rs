//! Loops of a kernel: in order, or several iterations side by side.

use super::emit::{Emitter, Held, identity, weight};
use super::lanes::{Lane, Num};
use crate::loop_ir::{Loop, LoopKind, Range, Reg, Stmt, Var};
use cranelift::prelude::*;
use gdl_core::ir::Fold;

/// Serial loops with at most this many expressions altogether are unrolled.
const UNROLL: usize = 48;
/// So are those inside loops that run side by side: accumulators stay in their registers.
const UNROLL_INSIDE: usize = 192;
/// Bodies with at most this many expressions run several vectors side by side.
const SMALL_BODY: usize = 40;
/// Bodies with at most this many expressions run as many as hide the latency of an accumulator.
const TINY_BODY: usize = 16;

impl Emitter<'_, '_, '_> {
    /// `for v in low..high step by step`, with the body emitted once.
    pub(super) fn counted(
        &mut self,
        v: Var,
        low: Value,
        high: Value,
        step: i64,
        body: &mut dyn FnMut(&mut Self),
    ) -> Value {
        let b = &mut self.ops.b;
        let [head, inside, after] = [(); 3].map(|()| b.create_block());
        b.append_block_param(head, types::I64);
        b.ins().jump(head, &[low.into()]);
        b.switch_to_block(head);
        let at = b.block_params(head)[0];
        // Cranelift moves what does not change out of a loop only if it comes to the blocks inside before those after it, and it comes to the second
        // target of a branch first.
        let done = if step == 1 {
            b.ins().icmp(IntCC::SignedGreaterThanOrEqual, at, high)
        } else {
            let last = b.ins().iadd_imm_s(at, step);
            b.ins().icmp(IntCC::SignedGreaterThan, last, high)
        };
        b.ins().brif(done, after, &[], inside, &[]);
        b.switch_to_block(inside);
        b.seal_block(inside);
        self.vars.insert(v, at);
        body(self);
        let b = &mut self.ops.b;
        let next = b.ins().iadd_imm_s(at, step);
        b.ins().jump(head, &[next.into()]);
        b.seal_block(head);
        b.seal_block(after);
        b.switch_to_block(after);
        at
    }

    pub(super) fn block(&mut self, block: &[Stmt]) {
        for stmt in block {
            self.stmt(stmt);
        }
    }

    pub(super) fn looped(&mut self, l: &Loop) {
        let (low, high) = match &l.range {
            Range::Lit(n) => (self.int(0), self.int(i64::from(*n))),
            Range::Size(s) => (self.int(0), self.sizes[s]),
            Range::Between(t, at) => {
                let next = self.lookup(*t, &at.shifted(1));
                (self.lookup(*t, at), next)
            }
        };
        let known = match l.range {
            Range::Lit(n) => Some(n as usize),
            Range::Size(_) | Range::Between(..) => None,
        };
        match l.kind {
            LoopKind::Lanes if self.lane.is_none() => self.lanes(l.var, low, high, known, &l.body),
            LoopKind::LaneFold if self.lane.is_none() => self.lane_fold(l, low, high, known),
            _ if self.folds_together(l) => {}
            _ => match known {
                Some(n) if n * weight(&l.body) <= self.lane.map_or(UNROLL, |x| UNROLL_INSIDE / x.copies) => {
                    for j in 0..n {
                        let at = self.int(j as i64);
                        self.vars.insert(l.var, at);
                        self.block(&l.body);
                    }
                }
                _ => {
                    self.counted(l.var, low, high, 1, &mut |e| e.block(&l.body));
                }
            },
        }
    }

    /// How many vectors run side by side, each with accumulators of its own where there are any.
    pub(super) fn copies(&self, body: &[Stmt], known: Option<usize>) -> usize {
        let most = known.map_or(4, |n| n / self.ops.width());
        match weight(body) <= TINY_BODY && most >= 8 {
            true => 8,
            false => self.copies_of_fold(body, known),
        }
    }

    /// How many vectors run side by side as parts of one accumulator. The order of its terms follows from it.
    pub(super) fn copies_of_fold(&self, body: &[Stmt], known: Option<usize>) -> usize {
        let most = known.map_or(4, |n| n / self.ops.width());
        let room = match weight(body) {
            w if w <= SMALL_BODY => 4,
            w if w <= 2 * SMALL_BODY => 2,
            _ => 1,
        };
        if most >= room { room } else { most.min(2) }
    }

    /// Iterations side by side: as many vectors as fit, then one vector, then one by one.
    pub(super) fn lanes(&mut self, v: Var, low: Value, high: Value, known: Option<usize>, body: &[Stmt]) {
        let width = self.ops.width();
        let copies = self.copies(body, known);
        let mut at = low;
        let mut left = known;
        for c in if copies > 1 { vec![copies, 1] } else { vec![copies] } {
            let step = c * width;
            if c == 0 || left.is_some_and(|n| n < step) {
                continue;
            }
            let mut run = |e: &mut Self| {
                e.lane = Some(Lane { var: v, copies: c });
                e.block(body);
                e.lane = None;
            };
            at = match left {
                Some(n) if n / step == 1 => {
                    self.vars.insert(v, at);
                    run(self);
                    self.ops.b.ins().iadd_imm_s(at, step as i64)
                }
                _ => self.counted(v, at, high, step as i64, &mut run),
            };
            left = left.map(|n| n % step);
        }
        match left {
            Some(0) => {}
            Some(n) if n * weight(body) <= UNROLL => {
                for j in 0..n {
                    let own = self.ops.b.ins().iadd_imm_s(at, j as i64);
                    self.vars.insert(v, own);
                    self.block(body);
                }
            }
            _ => {
                self.counted(v, at, high, 1, &mut |e| e.block(body));
            }
        }
    }

    /// Iterations side by side with accumulators outside: these become vectors, joined at the end.
    pub(super) fn lane_fold(&mut self, l: &Loop, low: Value, high: Value, known: Option<usize>) {
        let width = self.ops.width();
        let copies = self.copies_of_fold(&l.body, known);
        let mut at = low;
        if copies > 0 {
            let mut accs: Vec<(Reg, Fold, Held)> = Vec::new();
            for stmt in &l.body {
                if let Stmt::Fold { acc, fold, .. } = stmt
                    && accs.iter().all(|(a, ..)| a != acc)
                    && let Some(old) = self.regs.get(acc)
                {
                    accs.push((*acc, *fold, old.clone()));
                }
            }
            let folds: Vec<(Reg, Fold)> = accs.iter().map(|(acc, fold, _)| (*acc, *fold)).collect();
            at = self.vector_fold(l, low, high, &folds, copies);
            for (acc, fold, old) in accs {
                let total = self.whole(acc, fold).and_then(|v| self.joined(v, fold));
                self.regs.insert(acc, old);
                if let Some(total) = total {
                    self.fold(acc, fold, &Num::One(total));
                }
            }
        }
        if known.is_none_or(|n| copies == 0 || n % (copies * width) != 0) {
            self.counted(l.var, at, high, 1, &mut |e| e.block(&l.body));
        }
    }

    /// The iterations that fill vectors, with vectors as accumulators; where they end.
    pub(super) fn vector_fold(
        &mut self,
        l: &Loop,
        low: Value,
        high: Value,
        accs: &[(Reg, Fold)],
        copies: usize,
    ) -> Value {
        for (acc, fold) in accs {
            let vars = self.accumulators(*fold, copies);
            self.regs.insert(*acc, vars);
        }
        let step = (copies * self.ops.width()) as i64;
        self.counted(l.var, low, high, step, &mut |e| {
            e.lane = Some(Lane { var: l.var, copies });
            e.block(&l.body);
            e.lane = None;
        })
    }

    /// Vector accumulators at the identity of a fold.
    pub(super) fn accumulators(&mut self, fold: Fold, copies: usize) -> Held {
        let ty = self.ops.vector();
        let start = self.ops.num(ty, identity(fold));
        let vars = (0..copies).map(|_| {
            let var = self.ops.b.declare_var(ty);
            self.ops.b.def_var(var, start);
            var
        });
        Held::Many(vars.collect())
    }

    /// All vectors of an accumulator as one.
    pub(super) fn whole(&mut self, acc: Reg, fold: Fold) -> Option<Value> {
        let Some(Held::Many(vars)) = self.regs.get(&acc).cloned() else {
            return None;
        };
        let parts: Vec<Value> = vars.iter().map(|v| self.ops.b.use_var(*v)).collect();
        parts.into_iter().reduce(|x, y| self.join(fold, x, y))
    }

    /// All lanes of a vector as one number.
    fn joined(&mut self, whole: Value, fold: Fold) -> Option<Value> {
        let lanes: Vec<Value> = (0..self.ops.width() as u8)
            .map(|l| self.ops.b.ins().extractlane(whole, l))
            .collect();
        lanes.into_iter().reduce(|x, y| self.join(fold, x, y))
    }
}
