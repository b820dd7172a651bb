//! Reductions: a push-forward along a map, or a fold over a static axis.

use super::frame::{Low, Root, Rows};
use super::guard::Condition;
use super::{L, Lowerer};
use crate::ir::{Fold, Scalar, Shape, Value};
use crate::typed::{NodeId, VarId, VarKind, Weight};
use crate::types::Set;
use gdl_abi::{MapDef, MapId};
use gdl_rep::Exact;
use gdl_syntax::ast::{RedOp, Span};
use std::collections::BTreeSet;

/// Along what a reduction goes.
enum Along {
    /// Rows, along a map.
    Map(MapId),
    /// A static axis.
    Axis(u32),
}

/// What a masked entry counts as in a maximum: below every number that occurs.
const LOW: &str = "1e30";

impl Lowerer<'_> {
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn reduce(
        &mut self,
        op: RedOp,
        var: VarId,
        cond: Option<NodeId>,
        by: Option<Weight>,
        body: NodeId,
        default: Option<NodeId>,
        span: Span,
    ) -> L<Low> {
        let body = self.tensor(body)?;
        let cond = cond.map(|c| self.tensor(c)).transpose()?;
        let weight = by.map(|w| self.tensor(w.node)).transpose()?;
        let default = default.map(|d| self.tensor(d)).transpose()?;
        let mut lows: Vec<&Low> = vec![&body];
        lows.extend(cond.iter());
        lows.extend(weight.iter());
        let mut statics = self.join_statics(&lows);
        let dynamic = self.var_set(var).is_dynamic();
        let (rows, out_rows, along) = if dynamic {
            statics.retain(|s| *s != var);
            self.dynamic_range(var, &lows, span)?
        } else {
            statics.retain(|s| *s != var);
            statics.push(var);
            let rows = self.join(&lows, &BTreeSet::new());
            (rows.clone(), rows, Along::Axis(statics.len() as u32 - 1))
        };
        let x = self.coerce(&body, &rows, &statics, span)?;
        let dim = self.dim_of(&rows);
        let mut x = self.b().along(x, dim);
        let cond = match &cond {
            Some(c) => {
                let entries = self.coerce(c, &rows, &statics, span)?;
                let alone = match c.statics.is_empty() {
                    true => Some(self.coerce(c, &rows, &[], span)?),
                    false => None,
                };
                Some(Condition {
                    entries: self.b().along(entries, dim),
                    rows: alone.map(|v| self.b().along(v, dim)),
                })
            }
            None => None,
        };
        let mut weight = match (&weight, by) {
            (Some(w), Some(kind)) => {
                let v = self.coerce(w, &rows, &statics, span)?;
                Some((self.b().along(v, dim), kind.softmax))
            }
            _ => None,
        };
        if let Some(c) = cond {
            x = self.guarded(x, c);
            weight = weight.map(|(w, softmax)| (self.guarded(w, c), softmax));
        }
        let cond = cond.map(|c| c.entries);
        let out = self.fold(op, x, cond, weight, default.is_some(), &along);
        let mut out_statics = statics;
        if !dynamic {
            out_statics.pop();
        }
        let (value, count) = out;
        let v = match (default, count) {
            (Some(d), Some(count)) => {
                let d = self.coerce(&d, &out_rows, &out_statics, span)?;
                let odim = self.dim_of(&out_rows);
                let d = self.b().along(d, odim);
                let empty = self.b().zeros_like(count);
                let has = self.b().map(Scalar::Lt, &[empty, count]);
                let has = self.widen(has, value);
                self.b().map(Scalar::Select, &[has, value, d])
            }
            _ => value,
        };
        Ok(Low {
            v,
            rows: out_rows,
            statics: out_statics,
        })
    }

    /// The rows of the body, those of the result, and the map between them.
    fn dynamic_range(&mut self, var: VarId, lows: &[&Low], span: Span) -> L<(Rows, Rows, Along)> {
        let mut extra = BTreeSet::from([var]);
        let tied = self.model.var(var).ends.map(|(s, d)| {
            if self.model.var(d).kind != VarKind::End {
                Some((d, false))
            } else if self.model.var(s).kind != VarKind::End {
                Some((s, true))
            } else {
                None
            }
        });
        let tied = tied.flatten();
        if let Some((t, _)) = tied {
            extra.insert(t);
        }
        let rows = self.join(lows, &extra);
        let Rows::Of(roots) = &rows else {
            return Err(self.unsupported("nothing to reduce over", span));
        };
        let Some(at) = roots.iter().position(|r| r.var == Some(var)) else {
            return Err(self.unsupported("nothing to reduce over", span));
        };
        let dim = self.dim_of(&rows).unwrap_or(gdl_abi::SAMPLES);
        let outer: Vec<Root> = roots.iter().copied().filter(|r| r.var != Some(var)).collect();
        match (outer.len(), tied) {
            (0, Some((t, src))) => {
                let Set::Edges(d) = self.var_set(var).clone() else {
                    return Err(self.unsupported("not an edge", span));
                };
                let map = self.end_map(d, src);
                let nodes = self.var_set(t).clone();
                let root = Root {
                    dim: self.set_dim(&nodes),
                    var: Some(t),
                };
                Ok((rows, Rows::Of(vec![root]), Along::Map(map)))
            }
            (0, None) => {
                let map = self.b().domains().map(MapDef::Sample(dim));
                Ok((rows, Rows::Sample, Along::Map(map)))
            }
            (n, None) if at == n => {
                let map = self.b().domains().map(MapDef::Left(dim));
                Ok((rows, Rows::Of(outer), Along::Map(map)))
            }
            _ => Err(self.unsupported("a reduction over edges that also mentions a third index", span)),
        }
    }

    /// The folded value and, where it may be empty, the number of entries.
    fn fold(
        &mut self,
        op: RedOp,
        x: Value,
        cond: Option<Value>,
        weight: Option<(Value, bool)>,
        may_be_empty: bool,
        along: &Along,
    ) -> (Value, Option<Value>) {
        let count = |l: &mut Self| {
            let ones = match cond {
                Some(c) => c,
                None => {
                    let mut shape = l.b().shape(x);
                    if let Some(last) = shape.axes.last_mut() {
                        *last = 1;
                    }
                    l.b().int(shape, 1)
                }
            };
            l.push_fold(Fold::Sum, ones, along)
        };
        match op {
            RedOp::Sum => {
                let x = self.masked(x, cond);
                (self.push_fold(Fold::Sum, x, along), may_be_empty.then(|| count(self)))
            }
            RedOp::Mean => match weight {
                None => {
                    let n = count(self);
                    let x = self.masked(x, cond);
                    let s = self.push_fold(Fold::Sum, x, along);
                    (self.quotient(s, n, may_be_empty), may_be_empty.then_some(n))
                }
                Some((w, softmax)) => {
                    let w = if softmax {
                        self.exponentials(w, cond, along).0
                    } else {
                        self.masked(w, cond)
                    };
                    let z = self.push_fold(Fold::Sum, w, along);
                    let wide = self.widen(w, x);
                    let wx = self.b().mul(wide, x);
                    let s = self.push_fold(Fold::Sum, wx, along);
                    let n = may_be_empty.then(|| count(self));
                    (self.quotient(s, z, may_be_empty), n)
                }
            },
            RedOp::Max | RedOp::Min => {
                let x = self.masked_extreme(x, cond, op == RedOp::Max);
                let f = if op == RedOp::Max { Fold::Max } else { Fold::Min };
                (self.push_fold(f, x, along), may_be_empty.then(|| count(self)))
            }
            RedOp::Prod => {
                let x = match cond {
                    Some(c) => {
                        let c = self.widen(c, x);
                        let one = self.b().ones_like(x);
                        self.b().map(Scalar::Select, &[c, x, one])
                    }
                    None => x,
                };
                (self.push_fold(Fold::Prod, x, along), may_be_empty.then(|| count(self)))
            }
            RedOp::LogSumExp => {
                let (e, m) = self.exponentials(x, cond, along);
                let s = self.push_fold(Fold::Sum, e, along);
                let log = self.b().map(Scalar::Log, &[s]);
                (self.b().add(m, log), may_be_empty.then(|| count(self)))
            }
        }
    }

    /// exp(w − max w), zero where the condition fails, and max w.
    fn exponentials(&mut self, w: Value, cond: Option<Value>, along: &Along) -> (Value, Value) {
        let masked = self.masked_extreme(w, cond, true);
        let m = self.push_fold(Fold::Max, masked, along);
        let m = self.b().detach(m);
        let back = self.pull(m, w, along);
        let shifted = self.b().sub(masked, back);
        let e = self.b().map(Scalar::Exp, &[shifted]);
        (self.masked(e, cond), m)
    }

    fn masked(&mut self, x: Value, cond: Option<Value>) -> Value {
        match cond {
            Some(c) => {
                let c = self.widen(c, x);
                let zero = self.b().zeros_like(x);
                self.b().select(c, x, zero)
            }
            None => x,
        }
    }

    fn masked_extreme(&mut self, x: Value, cond: Option<Value>, max: bool) -> Value {
        let Some(c) = cond else { return x };
        let c = self.widen(c, x);
        let low = Exact::decimal(LOW).unwrap_or(Exact::int(1 << 40));
        let shape = self.b().shape(x);
        let fill = self.b().fill(shape, if max { -low } else { low });
        self.b().map(Scalar::Select, &[c, x, fill])
    }

    /// s / n; where n may be 0 the quotient is replaced, so it is made harmless.
    fn quotient(&mut self, s: Value, n: Value, may_be_zero: bool) -> Value {
        let n = if may_be_zero {
            let zero = self.b().zeros_like(n);
            let one = self.b().ones_like(n);
            let some = self.b().map(Scalar::Eq, &[n, zero]);
            self.b().map(Scalar::Select, &[some, one, n])
        } else {
            n
        };
        let n = self.widen(n, s);
        self.b().div(s, n)
    }

    /// One component to as many as `like` has.
    pub(crate) fn widen(&mut self, x: Value, like: Value) -> Value {
        let shape = self.b().shape(like);
        let have = self.b().axes(x).to_vec();
        if have == shape.axes {
            return self.b().along(x, shape.dim);
        }
        let lead = have.len() - 1;
        let flat = self.b().reshape(x, &have[..lead]);
        let axes: Vec<u32> = (0..lead as u32).collect();
        self.b().broadcast(flat, shape, &axes)
    }

    fn push_fold(&mut self, f: Fold, x: Value, along: &Along) -> Value {
        match along {
            Along::Map(m) => self.b().segment(f, x, *m),
            Along::Axis(a) => self.b().reduce(f, x, *a),
        }
    }

    /// A folded value at every entry again.
    fn pull(&mut self, m: Value, like: Value, along: &Along) -> Value {
        match along {
            Along::Map(map) => self.b().gather(m, *map),
            Along::Axis(a) => {
                let shape = self.b().shape(like);
                let axes: Vec<u32> = (0..shape.axes.len() as u32).filter(|k| k != a).collect();
                self.b().broadcast(m, shape, &axes)
            }
        }
    }

    /// The mean over the samples of the batch.
    pub(crate) fn batch_mean(&mut self, x: &Low, span: Span) -> L<Value> {
        let v = self.coerce_rows(x, &Rows::Sample, span)?;
        let ones = self.b().int(Shape::new(Some(gdl_abi::SAMPLES), &[1]), 1);
        let (s, n) = (self.b().total(v), self.b().total(ones));
        let n = {
            let axes = self.b().axes(s).to_vec();
            let flat = self.b().reshape(n, &[]);
            self.b().broadcast(flat, Shape::new(None, &axes), &[])
        };
        Ok(self.b().div(s, n))
    }
}
