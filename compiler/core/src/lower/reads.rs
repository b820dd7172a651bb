//! Reading signals, maps and windows.

use super::frame::{Low, Root, Rows};
use super::{L, Lowered1, Lowerer};
use crate::ir::build::WindowSpec;
use crate::ir::{Cmp, Scalar, Shape, Value};
use crate::typed::{NodeId, Offset, VarId, VarKind};
use crate::types::{DomainKind, Set};
use gdl_abi::{DimId, MapDef, MapId};
use gdl_rep::Exact;
use gdl_syntax::ast::Span;
use std::collections::BTreeSet;

impl Lowerer<'_> {
    /// A signal at a variable: the same array, read differently.
    pub(super) fn read(&mut self, x: NodeId, at: VarId, span: Span) -> L<Lowered1> {
        let ty = self.model.node(x).ty.clone();
        if let Some(r) = ty.as_rep()
            && ty.sets.is_empty()
            && r.opened().is_some()
        {
            let t = self.opened_fixed(x, span)?;
            return Ok(Lowered1::Map(self.map_at(t, at)));
        }
        let dynamic = ty.sets.first().is_some_and(Set::is_dynamic);
        if dynamic && self.model.var(at).kind == VarKind::Step {
            return self.read_step(x, at, span).map(Lowered1::Tensor);
        }
        if let Some(choice) = self.stands_for(at, &ty) {
            return self.read_chosen(x, at, choice, span).map(Lowered1::Tensor);
        }
        match self.low(x)? {
            Lowered1::Map(m) => Ok(Lowered1::Map(self.map_at(m, at))),
            Lowered1::Loop(_) => Err(self.unsupported("a loop is not a signal", span)),
            Lowered1::Tensor(t) if dynamic => {
                let Rows::Of(mut roots) = t.rows else {
                    return Err(self.unsupported("this signal has no rows", span));
                };
                match roots.iter_mut().find(|r| r.var.is_none()) {
                    Some(r) => r.var = Some(at),
                    None => return Err(self.unsupported("this signal has no open index", span)),
                }
                Ok(Lowered1::Tensor(Low {
                    rows: Rows::Of(roots),
                    ..t
                }))
            }
            Lowered1::Tensor(t) => {
                let t = if ty.sets.is_empty() {
                    self.split_copies(t, self.static_size(at))
                } else {
                    t
                };
                let mut statics = t.statics.clone();
                if statics.contains(&at) {
                    return Err(self.unsupported("one index read twice", span));
                }
                statics.push(at);
                Ok(Lowered1::Tensor(Low { statics, ..t }))
            }
        }
    }

    /// A map or kernel: a parameter, or a value of type `fixed(T)`.
    pub(super) fn map(&mut self, x: NodeId, span: Span) -> L<super::maps::MapLow> {
        match self.low(x)? {
            Lowered1::Map(m) => Ok(m),
            _ => self.opened_fixed(x, span),
        }
    }

    /// A value of type `fixed(T)` as the map or kernel it stands for.
    fn opened_fixed(&mut self, x: NodeId, span: Span) -> L<super::maps::MapLow> {
        let space = match self.model.rep(x).map(crate::types::Rep::blocks) {
            Some([(n, crate::types::Atom::Fixed(s))]) if n.is(1) => (**s).clone(),
            _ => return Err(self.unsupported("this map has no coordinates", span)),
        };
        let Lowered1::Tensor(t) = self.low(x)? else {
            return Err(self.unsupported("not coordinates", span));
        };
        match self.from_scalars(&t, &space, span)? {
            Lowered1::Map(m) => Ok(m),
            _ => Err(self.unsupported("not a map", span)),
        }
    }

    /// Components `n·d` as `[n, d]`.
    fn split_copies(&mut self, t: Low, n: u32) -> Low {
        let k = t.statics.len();
        let axes = self.b().axes(t.v).to_vec();
        let d = axes[k] / n.max(1);
        let v = self.b().reshape(t.v, &[&axes[..k], &[n, d]].concat());
        Low { v, ..t }
    }

    /// A signal with its first static set as an axis of its own.
    pub(super) fn split_first(&mut self, x: NodeId) -> L<Low> {
        let t = self.tensor(x)?;
        let ty = self.model.node(x).ty.clone();
        if !ty.sets.is_empty() {
            return Ok(t);
        }
        let n = ty.as_rep().and_then(|r| r.copies().0.value()).unwrap_or(1) as u32;
        Ok(self.split_copies(t, n))
    }

    pub(super) fn pick(&mut self, x: NodeId, k: u32) -> L<Lowered1> {
        if let Lowered1::Map(m) = self.low(x)? {
            return Ok(Lowered1::Map(self.map_pick(m, k)));
        }
        let t = self.split_first(x)?;
        let axis = t.statics.len();
        let v = self.b().slice(t.v, axis as u32, k, 1);
        let mut axes = self.b().axes(v).to_vec();
        axes.remove(axis);
        let v = self.b().reshape(v, &axes);
        Ok(Lowered1::Tensor(Low { v, ..t }))
    }

    /// The entry of the first set that a one-hot vector selects.
    pub(crate) fn select_by(&mut self, x: &Low, index: &Low, span: Span) -> L<Low> {
        let rows = self.join(&[x, index], &BTreeSet::new());
        let statics = self.join_statics(&[x, index]);
        let label = |v: &VarId| b'A' + statics.iter().position(|s| s == v).unwrap_or(0) as u8;
        let xl: Vec<u8> = x.statics.iter().map(label).collect();
        let il: Vec<u8> = index.statics.iter().map(label).collect();
        let ol: Vec<u8> = statics.iter().map(label).collect();
        let rest = self.b().axes(x.v).len() - x.statics.len() - 1;
        let tail: Vec<u8> = (0..rest as u8).map(|k| b'a' + k).collect();
        let xv = if x.rows == Rows::Const {
            x.v
        } else {
            self.coerce_rows(x, &rows, span)?
        };
        let iv = self.coerce_rows(index, &rows, span)?;
        let dim = self.dim_of(&rows);
        let v = self.b().contract_labels(
            iv,
            xv,
            &[il.as_slice(), b"z"].concat(),
            &[xl.as_slice(), b"z", &tail].concat(),
            &[ol.as_slice(), &tail].concat(),
            dim,
        );
        Ok(Low { v, rows, statics })
    }

    pub(super) fn offset(
        &mut self,
        x: NodeId,
        cell: VarId,
        offset: &Offset,
        default: Option<NodeId>,
        span: Span,
    ) -> L<Low> {
        let t = self.tensor(x)?;
        let Some(Set::Nodes(fine_dom)) = self.model.node(x).ty.sets.first().cloned() else {
            return Err(self.unsupported("not a grid signal", span));
        };
        let Set::Nodes(cell_dom) = self.var_set(cell).clone() else {
            return Err(self.unsupported("not a grid cell", span));
        };
        let (fine, coarse) = (self.set_dim(&Set::Nodes(fine_dom)), self.set_dim(&Set::Nodes(cell_dom)));
        let Rows::Of(roots) = &t.rows else {
            return Err(self.unsupported("not a grid signal", span));
        };
        if roots.len() != 1 {
            return Err(self.unsupported("offsets of a signal that depends on another index", span));
        }
        if self.model.domains[fine_dom.0 as usize].kind.is_ordered() {
            return self.steps(&t, cell, offset, default, fine, span);
        }
        let (stride, shift) = match &self.model.domains[cell_dom.0 as usize].kind {
            DomainKind::Coarse { stride, pad, .. } if cell_dom != fine_dom => {
                (stride.value().unwrap_or(1) as u32, -(pad.value().unwrap_or(0) as i32))
            }
            _ => (1, 0),
        };
        let rank = super::reps::grid_rank(self.model, fine_dom);
        let offsets: Vec<Vec<i32>> = match offset {
            Offset::Literal(v) => vec![v.clone()],
            Offset::Steps { .. } => return Err(self.unsupported("steps on a grid", span)),
            Offset::Window(o) => {
                let Set::Window(_, n) = self.var_set(*o) else {
                    return Err(self.unsupported("not a window", span));
                };
                let n = n.value().unwrap_or(1) as i32;
                let first = if cell_dom == fine_dom { -(n / 2) } else { shift };
                cells(first, n, rank)
            }
        };
        let wrap = self.wraps(fine_dom);
        let single = matches!(offset, Offset::Literal(_));
        let v = self.b().window(
            t.v,
            &WindowSpec {
                offsets: offsets.clone(),
                stride,
                wrap,
                fine,
                coarse,
            },
        );
        let inside = match default {
            Some(d) => {
                let d = self.tensor(d)?;
                if self.b().filled(d.v).is_some_and(Exact::is_zero) || wrap {
                    None
                } else {
                    Some(d)
                }
            }
            None => None,
        };
        let v = if single { self.drop_first(v) } else { v };
        let mut statics = t.statics.clone();
        if let Offset::Window(o) = offset {
            statics.insert(0, *o);
        }
        let rows = Rows::Of(vec![Root {
            dim: coarse,
            var: Some(cell),
        }]);
        let low = Low {
            v,
            rows: rows.clone(),
            statics,
        };
        let Some(d) = inside else { return Ok(low) };
        // Where the read leaves the grid, the default.
        let ones = self.b().int(Shape::new(Some(fine), &[1]), 1);
        let m = self.b().window(
            ones,
            &WindowSpec {
                offsets,
                stride,
                wrap: false,
                fine,
                coarse,
            },
        );
        let m = if single { self.drop_first(m) } else { m };
        let own: Vec<VarId> = match offset {
            Offset::Window(o) => vec![*o],
            Offset::Literal(_) | Offset::Steps { .. } => Vec::new(),
        };
        let m = Low {
            v: m,
            rows,
            statics: own,
        };
        self.outside(&low, &m, &d, span)
    }

    /// A read, and what stands where it leaves the domain: where `m` is 0.
    fn outside(&mut self, low: &Low, m: &Low, d: &Low, span: Span) -> L<Low> {
        let (mv, _, _, _) = self.pair(m, &Low { v: m.v, ..low.clone() }, span)?;
        let (dv, xv, rows, statics) = self.pair(d, low, span)?;
        let dv = self.widen(dv, xv);
        let mv = self.coerce_statics(mv, &m.statics, &statics);
        let mv = self.widen(mv, xv);
        let v = self.b().map(Scalar::Select, &[mv, xv, dv]);
        Ok(Low { v, rows, statics })
    }

    /// A signal on a sequence read some elements back or ahead.
    fn steps(
        &mut self,
        t: &Low,
        at: VarId,
        offset: &Offset,
        default: Option<NodeId>,
        dim: DimId,
        span: Span,
    ) -> L<Low> {
        let (list, own): (Vec<i32>, Vec<VarId>) = match offset {
            Offset::Literal(v) => (v.clone(), Vec::new()),
            Offset::Steps { by, back } => {
                let n = self.static_size(*by) as i32;
                ((0..n).map(|k| if *back { -k } else { k }).collect(), vec![*by])
            }
            Offset::Window(_) => return Err(self.unsupported("a window of a sequence", span)),
        };
        let (mut parts, mut inside) = (Vec::new(), Vec::new());
        for by in list {
            let there = self.shift(dim, by);
            let v = match there {
                Some(map) => self.b().gather(t.v, map),
                None => t.v,
            };
            // The last step but one is another element: then the last has not run into the end.
            let before = self.shift(dim, by - by.signum());
            let m = match by.signum() {
                0 => self.b().int(Shape::new(Some(dim), &[]), 1),
                -1 => self.b().compare(Cmp::Lt, dim, there, before),
                _ => self.b().compare(Cmp::Lt, dim, before, there),
            };
            let axes = [&[1], self.b().axes(v)].concat();
            parts.push(self.b().reshape(v, &axes));
            inside.push(self.b().reshape(m, &[1, 1]));
        }
        let (mut v, mut m) = (self.b().concat(&parts, 0), self.b().concat(&inside, 0));
        if own.is_empty() {
            (v, m) = (self.drop_first(v), self.drop_first(m));
        }
        let rows = Rows::Of(vec![Root { dim, var: Some(at) }]);
        let low = Low {
            v,
            rows: rows.clone(),
            statics: [own.as_slice(), &t.statics].concat(),
        };
        let Some(d) = default else { return Ok(low) };
        let d = self.tensor(d)?;
        let m = Low {
            v: m,
            rows,
            statics: own,
        };
        self.outside(&low, &m, &d, span)
    }

    fn shift(&mut self, of: DimId, by: i32) -> Option<MapId> {
        (by != 0).then(|| self.b().domains().map(MapDef::Shift { of, by }))
    }

    fn drop_first(&mut self, v: Value) -> Value {
        let axes = self.b().axes(v)[1..].to_vec();
        self.b().reshape(v, &axes)
    }

    fn wraps(&self, d: crate::types::DomainId) -> bool {
        match &self.model.domains[d.0 as usize].kind {
            DomainKind::Grid { wrap, .. } => *wrap,
            DomainKind::Coarse { of, .. } => self.wraps(*of),
            _ => false,
        }
    }
}

/// Offsets `first .. first + n` on every axis, last axis fastest.
fn cells(first: i32, n: i32, rank: u32) -> Vec<Vec<i32>> {
    let mut points: Vec<Vec<i32>> = vec![Vec::new()];
    for _ in 0..rank {
        points = points
            .into_iter()
            .flat_map(|p| (first..first + n).map(move |c| [p.as_slice(), &[c]].concat()))
            .collect();
    }
    points
}
