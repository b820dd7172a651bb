//! Forward mode: every node makes the tangent of its value from those of its operands.

use super::folds::{gather_sum, weights};
use super::scalar::derivative;
use crate::ir::build::Builder;
use crate::ir::{Fold, Op, Value};
use std::collections::HashMap;

/// The tangents of `outputs`, given those of some values: `tangents` are pairs of a value and its tangent, of equal shapes. A value
/// that depends on another one given moves with it and by its own tangent.
pub fn pushforward(b: &mut Builder, outputs: &[Value], tangents: &[(Value, Value)]) -> Vec<Value> {
    if let Some((v, t)) = tangents.iter().find(|(v, t)| b.shape(*v) != b.shape(*t)) {
        b.fail(format!("the tangent %{} of %{} has another shape", t.0, v.0));
        return outputs.iter().map(|&v| b.zeros_like(v)).collect();
    }
    let end = outputs
        .iter()
        .map(|v| v.0 as usize + 1)
        .max()
        .unwrap_or(0)
        .min(b.body().nodes.len());
    let mut forward = Forward {
        b,
        tangents: tangents.iter().copied().collect(),
        loops: HashMap::new(),
    };
    for k in 0..end {
        forward.visit(Value(k as u32));
    }
    let mut out = Vec::new();
    for &v in outputs {
        let t = forward.tangent(v);
        out.push(t.unwrap_or_else(|| forward.b.zeros_like(v)));
    }
    out
}

/// Forward mode over a program. Values without an entry have tangent zero.
pub(super) struct Forward<'b> {
    pub b: &'b mut Builder,
    tangents: HashMap<Value, Value>,
    /// Of the results of loops.
    loops: HashMap<Value, Vec<Option<Value>>>,
}

impl Forward<'_> {
    pub fn tangent(&self, v: Value) -> Option<Value> {
        self.tangents.get(&v).copied()
    }

    fn visit(&mut self, v: Value) {
        let op = self.b.op(v).clone();
        if let Op::Scan(scan) = &op {
            if op.operands().iter().any(|&x| self.tangent(x).is_some()) {
                let list = self.scan(scan);
                self.loops.insert(v, list);
            }
        } else {
            let made = self.node(&op, v);
            let given = self.tangent(v);
            if let Some(t) = self.sum(given, made) {
                self.tangents.insert(v, t);
            }
        }
    }

    fn node(&mut self, op: &Op, v: Value) -> Option<Value> {
        match op {
            Op::Map { f, args } => {
                let mut sum = None;
                for (k, &x) in args.iter().enumerate() {
                    let Some(t) = self.tangent(x) else { continue };
                    let part = derivative(self.b, *f, args, v, k, t);
                    sum = self.sum(sum, part);
                }
                sum
            }
            Op::Broadcast { x, .. }
            | Op::Reshape { x }
            | Op::Slice { x, .. }
            | Op::Gather { x, .. }
            | Op::Segment { op: Fold::Sum, x, .. }
            | Op::Reduce { op: Fold::Sum, x, .. }
            | Op::Total { x }
            | Op::Window { x, .. } => {
                let t = self.tangent(*x)?;
                let shape = self.b.shape(v);
                Some(self.b.push(op.with_operands(|_| t), shape))
            }
            Op::Take { x, at } => {
                let t = self.tangent(*x)?;
                Some(self.b.take(t, *at))
            }
            Op::Put { x, at } => {
                let t = self.tangent(*x)?;
                Some(self.b.put(t, *at))
            }
            Op::Concat { xs, axis } => {
                if xs.iter().all(|&x| self.tangent(x).is_none()) {
                    return None;
                }
                let mut parts = Vec::new();
                for &x in xs {
                    let t = self.tangent(x);
                    parts.push(t.unwrap_or_else(|| self.b.zeros_like(x)));
                }
                Some(self.b.concat(&parts, *axis))
            }
            Op::Contract {
                a,
                b,
                a_axes,
                b_axes,
                out_axes,
            } => {
                let shape = self.b.shape(v);
                let mut sum = None;
                for (a, b) in [(self.tangent(*a), Some(*b)), (Some(*a), self.tangent(*b))] {
                    let (Some(a), Some(b)) = (a, b) else { continue };
                    let [a_axes, b_axes, out_axes] = [a_axes, b_axes, out_axes].map(Clone::clone);
                    let part = self.b.push(
                        Op::Contract {
                            a,
                            b,
                            a_axes,
                            b_axes,
                            out_axes,
                        },
                        shape.clone(),
                    );
                    sum = self.sum(sum, Some(part));
                }
                sum
            }
            Op::Reduce { x, .. } | Op::Segment { x, .. } => {
                let t = self.tangent(*x)?;
                let w = weights(self.b, op, v)?;
                let product = self.b.mul(w, t);
                Some(gather_sum(self.b, op, product))
            }
            Op::Proj { scan, k } => self.loops.get(scan)?.get(*k as usize).copied().flatten(),
            Op::Input(_)
            | Op::Param(_)
            | Op::Arg(_)
            | Op::Const(_)
            | Op::Fill(_)
            | Op::Compare { .. }
            | Op::Position
            | Op::Choose { .. }
            | Op::Scan(_)
            | Op::Detach { .. } => None,
        }
    }

    fn sum(&mut self, x: Option<Value>, y: Option<Value>) -> Option<Value> {
        match (x, y) {
            (Some(x), Some(y)) => Some(self.b.add(x, y)),
            (x, y) => x.or(y),
        }
    }
}
