//! Signals from their values at an index, and indices as values.

use super::frame::{Low, Root, Rows};
use super::{L, Lowered1, Lowerer};
use crate::ir::{Cmp, Scalar};
use crate::typed::{IndexCmp, NodeId, VarId};
use crate::types::{Elem, Set, Type};
use gdl_abi::DimDef;
use gdl_rep::Exact;
use gdl_syntax::ast::Span;
use std::collections::BTreeSet;

impl Lowerer<'_> {
    /// A signal from its value at a variable.
    pub(super) fn define(&mut self, var: VarId, body: NodeId, span: Span) -> L<Lowered1> {
        let set = self.var_set(var).clone();
        let low = self.low(body)?;
        if set.is_dynamic() {
            let t = match low {
                Lowered1::Tensor(t) => t,
                _ => return Err(self.unsupported("a signal of maps; apply them first", span)),
            };
            let rows = self.join(&[&t], &BTreeSet::from([var]));
            let Rows::Of(mut roots) = rows.clone() else {
                return Err(self.unsupported("no index", span));
            };
            let v = self.coerce_rows(&t, &rows, span)?;
            let dim = self.dim_of(&rows);
            let v = self.b().along(v, dim);
            match roots.iter_mut().find(|r| r.var == Some(var)) {
                Some(r) => r.var = None,
                None => return Err(self.unsupported("this index is an end of an edge that is still free", span)),
            }
            return Ok(Lowered1::Tensor(Low {
                v,
                rows: Rows::Of(roots),
                statics: t.statics,
            }));
        }
        match low {
            Lowered1::Map(mut m) => {
                let n = self.static_size(var);
                let Some(at) = m.statics.iter().position(|s| *s == var) else {
                    return Err(self.unsupported("a map that does not depend on its index", span));
                };
                let mut order = m.statics.clone();
                order.remove(at);
                order.push(var);
                m.coords = m
                    .coords
                    .iter()
                    .map(|c| self.coerce_statics(*c, &m.statics, &order))
                    .collect();
                order.pop();
                m.statics = order;
                m.copies.insert(0, n);
                Ok(Lowered1::Map(m))
            }
            Lowered1::Loop(_) => Err(self.unsupported("a loop is not a value", span)),
            Lowered1::Tensor(t) => {
                let mut statics: Vec<VarId> = t.statics.iter().copied().filter(|s| *s != var).collect();
                statics.push(var);
                let v = self.coerce_statics(t.v, &t.statics, &statics);
                statics.pop();
                let merged = match (&set, &self.model.node(body).ty) {
                    (Set::Range(_) | Set::Points(_), ty) => ty.sets.is_empty() && matches!(ty.elem, Elem::Rep(_)),
                    _ => false,
                };
                let v = if merged {
                    let k = statics.len();
                    let axes = self.b().axes(v).to_vec();
                    self.b().reshape(v, &[&axes[..k], &[axes[k] * axes[k + 1]]].concat())
                } else {
                    v
                };
                Ok(Lowered1::Tensor(Low {
                    v,
                    rows: t.rows,
                    statics,
                }))
            }
        }
    }

    pub(super) fn compare_index(&mut self, op: IndexCmp, a: VarId, b: VarId, span: Span) -> L<Low> {
        if !self.var_set(a).is_dynamic() {
            let n = self.static_size(a) as i64;
            let holds = |i: i64, j: i64| match op {
                IndexCmp::Eq => i == j,
                IndexCmp::Ne => i != j,
                IndexCmp::Lt => i < j,
                IndexCmp::Le => i <= j,
            };
            let data = (0..n * n).map(|k| Exact::int(i64::from(holds(k / n, k % n)))).collect();
            let v = self.b().constant(&[n as u32, n as u32, 1], data);
            return Ok(Low {
                v,
                rows: Rows::Const,
                statics: vec![a, b],
            });
        }
        let roots = self.roots(&BTreeSet::from([a, b]));
        let rows = Rows::Of(roots);
        let dim = self.dim_of(&rows).unwrap_or(gdl_abi::SAMPLES);
        if self.is_computed(&rows, a) || self.is_computed(&rows, b) {
            return self.compare_places(op, a, b, &rows, span);
        }
        let (pa, pb) = (self.var_map(&rows, a, span)?, self.var_map(&rows, b, span)?);
        let cmp = match op {
            IndexCmp::Eq | IndexCmp::Ne => Cmp::Eq,
            IndexCmp::Lt => Cmp::Lt,
            IndexCmp::Le => Cmp::Le,
        };
        let mut v = self.b().compare(cmp, dim, pa, pb);
        if op == IndexCmp::Ne {
            let one = self.b().ones_like(v);
            v = self.b().sub(one, v);
        }
        let v = self.with_one(v);
        Ok(Low {
            v,
            rows,
            statics: Vec::new(),
        })
    }

    /// Whether no map says which element an index is on these rows: the source of a chosen edge.
    fn is_computed(&self, rows: &Rows, v: VarId) -> bool {
        let Rows::Of(roots) = rows else { return false };
        roots.iter().filter_map(|r| r.var).any(|e| {
            let source = self.model.var(e).ends.is_some_and(|(s, _)| s == v);
            source && self.model.choice_of(e).is_some()
        })
    }

    /// Indices compared by their numbers, one of which is computed.
    fn compare_places(&mut self, op: IndexCmp, a: VarId, b: VarId, rows: &Rows, span: Span) -> L<Low> {
        let mut places = Vec::new();
        for v in [a, b] {
            let p = self.position(v, &Type::scalar());
            places.push(self.coerce_rows(&p, rows, span)?);
        }
        let f = match op {
            IndexCmp::Eq | IndexCmp::Ne => Scalar::Eq,
            IndexCmp::Lt => Scalar::Lt,
            IndexCmp::Le => Scalar::Le,
        };
        let mut v = self.b().map(f, &places);
        if op == IndexCmp::Ne {
            let one = self.b().ones_like(v);
            v = self.b().sub(one, v);
        }
        Ok(Low {
            v,
            rows: rows.clone(),
            statics: Vec::new(),
        })
    }

    pub(super) fn position(&mut self, v: VarId, ty: &Type) -> Low {
        if let Elem::Index(_) = ty.elem {
            let n = self.static_size(v) as usize;
            let data = (0..n * n).map(|k| Exact::int(i64::from(k / n == k % n))).collect();
            let c = self.b().constant(&[n as u32, n as u32], data);
            return Low {
                v: c,
                rows: Rows::Const,
                statics: vec![v],
            };
        }
        let set = self.var_set(v).clone();
        let dim = self.set_dim(&set);
        let p = self.b().position(dim);
        let p = self.with_one(p);
        Low {
            v: p,
            rows: Rows::Of(vec![Root { dim, var: Some(v) }]),
            statics: Vec::new(),
        }
    }

    /// Where a variable is found in rows.
    pub(crate) fn var_map(&mut self, rows: &Rows, v: VarId, span: Span) -> L<Option<gdl_abi::MapId>> {
        let set = self.var_set(v).clone();
        let dim = self.set_dim(&set);
        let target = Rows::Of(vec![Root { dim, var: Some(v) }]);
        let (Rows::Of(want), Rows::Of(have)) = (rows, &target) else {
            return Err(self.unsupported("no index", span));
        };
        match self.path(want, have) {
            Some(map) => Ok(map),
            None => Err(self.unsupported("these indices cannot be brought together", span)),
        }
    }

    /// The dim of a stacked loop result.
    pub(crate) fn stacked(&mut self, time: gdl_abi::DimId, of: gdl_abi::DimId) -> gdl_abi::DimId {
        self.b().domains().dim(DimDef::Stacked { time, of })
    }
}
