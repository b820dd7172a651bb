//! Folds of a short axis for several elements at once: `for i { r = fold over j; a[i] = … r … }`, where `j` runs side by side.
//!
//! Each element has a vector of partial results. Joining the lanes of one vector takes as many instructions as folding a short axis; here as
//! many elements as a vector has lanes are transposed, so that their lanes are joined side by side, and so is what follows. The terms of an element are
//! added in the order in which [`Emitter::lane_fold`] adds them: results are the same bits.

use super::emit::Emitter;
use super::lanes::{Lane, Num};
use crate::loop_ir::{Array, Expr, Loop, LoopKind, Range, Reg, Stmt, Var};
use cranelift::prelude::*;
use gdl_core::ir::Fold;

/// Bytes of two vectors, interleaved: low or high halves, by four or eight bytes.
const LOW_4: [u8; 16] = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
const HIGH_4: [u8; 16] = [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31];
const LOW_8: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const HIGH_8: [u8; 16] = [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31];

/// A loop over elements, each a fold and what follows from it.
struct Folds<'a> {
    acc: Reg,
    fold: Fold,
    terms: &'a Loop,
    count: usize,
    after: &'a [Stmt],
}

impl<'a> Folds<'a> {
    fn of(l: &'a Loop) -> Option<Folds<'a>> {
        let [Stmt::Start { acc, fold }, Stmt::For(terms), after @ ..] = l.body.as_slice() else {
            return None;
        };
        let Range::Lit(count) = terms.range else { return None };
        let only = |s: &Stmt| matches!(s, Stmt::Fold { acc: a, .. } if a == acc);
        let alone = terms.kind == LoopKind::LaneFold
            && matches!(terms.body.as_slice(), [.., last] if only(last))
            && terms.body.iter().all(|s| only(s) || matches!(s, Stmt::Def { .. }));
        (alone && after.iter().all(|s| apart(s, l.var, &l.body))).then_some(Folds {
            acc: *acc,
            fold: *fold,
            terms,
            count: count as usize,
            after,
        })
    }
}

/// Whether a statement does for every element something that the others do not see.
fn apart(stmt: &Stmt, element: Var, block: &[Stmt]) -> bool {
    match stmt {
        Stmt::Def { .. } => true,
        Stmt::Store { array, index, .. } => index.stride(element).is_some_and(|s| s != 0) && !loads(block, *array),
        Stmt::For(_) | Stmt::Start { .. } | Stmt::Fold { .. } => false,
    }
}

fn loads(block: &[Stmt], array: Array) -> bool {
    let mut found = false;
    Stmt::visit(block, &mut |s| {
        if let Some(value) = s.value() {
            value.visit(&mut |e| found |= matches!(e, Expr::Load(a, _) if *a == array));
        }
    });
    found
}

impl Emitter<'_, '_, '_> {
    /// Emits a loop if it is one over folds.
    pub(super) fn folds_together(&mut self, l: &Loop) -> bool {
        let (Range::Lit(n), LoopKind::Serial, None) = (&l.range, l.kind, self.lane) else {
            return false;
        };
        let (n, width) = (*n as usize, self.ops.width());
        let Some(folds) = Folds::of(l).filter(|f| n >= width && f.count >= width) else {
            return false;
        };
        let filled = n - n % width;
        let [low, middle, high] = [0, filled, n].map(|k| self.int(k as i64));
        self.counted(l.var, low, middle, width as i64, &mut |e| e.folds_of(l.var, &folds));
        if filled < n {
            self.counted(l.var, middle, high, 1, &mut |e| e.block(&l.body));
        }
        true
    }

    /// As many elements as a vector has lanes.
    fn folds_of(&mut self, element: Var, folds: &Folds<'_>) {
        let (acc, fold) = (folds.acc, folds.fold);
        let first = self.vars[&element];
        let [low, high] = [0, folds.count].map(|k| self.int(k as i64));
        let copies = self.copies_of_fold(&folds.terms.body, Some(folds.count));
        let mut at = low;
        let mut parts = Vec::new();
        for lane in 0..self.ops.width() {
            let own = self.ops.b.ins().iadd_imm_s(first, lane as i64);
            self.vars.insert(element, own);
            at = self.vector_fold(folds.terms, low, high, &[(acc, fold)], copies);
            parts.extend(self.whole(acc, fold));
        }
        self.vars.insert(element, first);
        let total = self.lanes_joined(&parts, fold);
        self.lane = Some(Lane {
            var: element,
            copies: 1,
        });
        let held = self.accumulators(fold, 1);
        self.regs.insert(acc, held);
        self.fold(acc, fold, &Num::Many(vec![total]));
        if !folds.count.is_multiple_of(copies * self.ops.width()) {
            self.counted(folds.terms.var, at, high, 1, &mut |e| e.block(&folds.terms.body));
        }
        self.block(folds.after);
        self.lane = None;
    }

    /// All lanes of as many vectors as one has lanes, each joined to a lane of the result.
    fn lanes_joined(&mut self, parts: &[Value], fold: Fold) -> Value {
        let lanes = match *parts {
            [p, q, r, s] => {
                let [a, b, c, d] = [(p, q, LOW_4), (p, q, HIGH_4), (r, s, LOW_4), (r, s, HIGH_4)]
                    .map(|(x, y, mask)| self.interleaved(x, y, mask));
                [(a, c, LOW_8), (a, c, HIGH_8), (b, d, LOW_8), (b, d, HIGH_8)]
                    .map(|(x, y, mask)| self.interleaved(x, y, mask))
                    .to_vec()
            }
            _ => [LOW_8, HIGH_8]
                .map(|mask| self.interleaved(parts[0], parts[1], mask))
                .to_vec(),
        };
        let join = |x, y| self.join(fold, x, y);
        lanes.into_iter().reduce(join).unwrap_or(parts[0])
    }

    fn interleaved(&mut self, x: Value, y: Value, mask: [u8; 16]) -> Value {
        let [x, y] = [x, y].map(|v| self.ops.bits(types::I8X16, v));
        let mask = self.ops.b.func.dfg.immediates.push(mask.to_vec().into());
        let both = self.ops.b.ins().shuffle(x, y, mask);
        let ty = self.ops.vector();
        self.ops.bits(ty, both)
    }
}
