//! What a condition excludes is not evaluated.
//!
//! Arrays have an entry for what a condition excludes too, and leaving it out of the sum is not enough: in `sum i, j if i != j: 1 / norm(x[i] - x[j])` it is 1/0, and
//! its derivative is 0 · ∞. So functions that are not defined, or overflow, at some arguments get 1 in their place where the
//! condition fails. Then everything there is finite and its derivatives of any order are 0.

use super::Lowerer;
use crate::ir::{Op, Scalar, Shape, Value};
use std::collections::{BTreeSet, HashMap};

/// A condition of a reduction.
#[derive(Clone, Copy)]
pub(super) struct Condition {
    /// One number for every entry of the body: its axes, and one more of length 1.
    pub entries: Value,
    /// One number a row, if the condition does not depend on static indices.
    pub rows: Option<Value>,
}

impl Lowerer<'_> {
    /// The body of a reduction, computed harmlessly where the condition fails. Only what is computed row by row is changed; what is computed once
    /// for several rows, not all of which may be excluded, stays.
    pub(super) fn guarded(&mut self, x: Value, cond: Condition) -> Value {
        let mut new: HashMap<Value, Value> = HashMap::new();
        for v in self.cone(x) {
            let (op, shape) = (self.b().op(v).clone(), self.b().shape(v));
            let with = op.with_operands(|u| new.get(&u).copied().unwrap_or(u));
            let safe = match singular(&op) {
                Some(k) if !self.is_harmless(&op) => self.replaced(&with, k, &shape, cond),
                _ => with,
            };
            if safe != op {
                let saved = self.b().origin;
                self.b().origin = self.b().body().nodes[v.0 as usize].origin;
                let made = self.b().push(safe, shape);
                self.b().origin = saved;
                new.insert(v, made);
            }
        }
        new.get(&x).copied().unwrap_or(x)
    }

    /// The values of which x is computed row by row, in order.
    fn cone(&mut self, x: Value) -> BTreeSet<Value> {
        let dim = self.b().dim(x);
        let (mut found, mut open) = (BTreeSet::new(), vec![x]);
        while let Some(v) = open.pop() {
            if self.b().dim(v) == dim && is_local(self.b().op(v)) && found.insert(v) {
                open.extend(self.b().op(v).operands());
            }
        }
        found
    }

    /// An operator with 1 in place of operand k where the condition fails.
    fn replaced(&mut self, op: &Op, k: usize, shape: &Shape, cond: Condition) -> Op {
        let Some(mask) = self.mask(shape, cond) else {
            return op.clone();
        };
        let x = op.operands()[k];
        let one = self.b().ones_like(x);
        let safe = self.b().select(mask, x, one);
        let mut at = 0..;
        op.with_operands(|u| if at.next() == Some(k) { safe } else { u })
    }

    /// The condition for every entry of an array.
    fn mask(&mut self, shape: &Shape, cond: Condition) -> Option<Value> {
        let body = self.b().shape(cond.entries);
        let lead = body.axes.len() - 1;
        if let Some(rows) = cond.rows {
            let flat = self.b().reshape(rows, &[]);
            return Some(self.b().broadcast(flat, shape.clone(), &[]));
        }
        if shape.axes.get(..lead) != Some(&body.axes[..lead]) {
            return None;
        }
        let flat = self.b().reshape(cond.entries, &body.axes[..lead]);
        let axes: Vec<u32> = (0..lead as u32).collect();
        Some(self.b().broadcast(flat, shape.clone(), &axes))
    }

    /// Whether the operand on which it depends is a constant.
    fn is_harmless(&mut self, op: &Op) -> bool {
        singular(op).is_some_and(|k| {
            let x = op.operands()[k];
            self.b().filled(x).is_some_and(|x| !x.is_zero())
        })
    }
}

/// The operand at which an operator may be undefined, or overflow.
fn singular(op: &Op) -> Option<usize> {
    match op {
        Op::Map { f: Scalar::Div, .. } => Some(1),
        Op::Map {
            f: Scalar::Log | Scalar::Sqrt | Scalar::Exp | Scalar::Pow | Scalar::PowI(i32::MIN..=-1),
            ..
        } => Some(0),
        _ => None,
    }
}

/// Whether every row of the result is computed from the same row of the operands.
fn is_local(op: &Op) -> bool {
    matches!(
        op,
        Op::Map { .. }
            | Op::Broadcast { .. }
            | Op::Reshape { .. }
            | Op::Slice { .. }
            | Op::Concat { .. }
            | Op::Contract { .. }
            | Op::Detach { .. }
            | Op::Reduce { .. }
    )
}
