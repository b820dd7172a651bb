//! Every typed operation but reductions, maps and loops.

use super::frame::{Low, Root, Rows};
use super::{L, Lowered1, Lowerer};
use crate::ir::{Fold, Shape, Value};
use crate::typed::{Node, NodeId, TOp};
use crate::types::{Elem, Set, Type};
use gdl_rep::Exact;
use std::collections::BTreeSet;

impl Lowerer<'_> {
    pub(crate) fn lower_node(&mut self, id: NodeId) -> L<Lowered1> {
        let node: Node = self.model.node(id).clone();
        let span = node.span;
        let low = match &node.op {
            TOp::Input(k) => self.input(*k, &node.ty),
            TOp::Field(d, f) => return self.field(*d, *f, id),
            TOp::Number(x) => self.filled(*x, 1),
            TOp::Constant(data) => self.written(data, &node.ty),
            TOp::Break(k) => self.written(&self.model.breaks[*k as usize].value, &node.ty),
            TOp::Param(p) => return self.param(*p),
            TOp::Stat { stat, value } => self.stat(*stat, *value)?,
            TOp::Random { index, draw, like } => self.random(*index, *draw, *like, &node.ty)?,
            TOp::Read { x, at } => return self.read(*x, *at, span),
            TOp::Pick { x, k } => return self.pick(*x, *k),
            TOp::Lookup { x, index } => {
                let ix = self.tensor(*index)?;
                match self.low(*x)? {
                    Lowered1::Map(m) => return Ok(Lowered1::Map(self.map_lookup(m, &ix, span)?)),
                    _ => {
                        let x = self.split_first(*x)?;
                        self.select_by(&x, &ix, span)?
                    }
                }
            }
            TOp::Offset {
                x,
                cell,
                offset,
                default,
            } => self.offset(*x, *cell, offset, *default, span)?,
            TOp::Apply { map, x } => {
                let x = self.tensor(*x)?;
                let m = self.map(*map, span)?;
                self.apply(&m, &x, span)?
            }
            TOp::Direction { x, dir } => {
                let m = self.map(*x, span)?;
                let d = self.tensor(*dir)?;
                return Ok(Lowered1::Map(self.direction(m, &d)));
            }
            TOp::Map { f, args } => self.pointwise(*f, args, span)?,
            TOp::Scale { s, x } => self.scale(*s, *x, span)?,
            TOp::Dot { a, b } => {
                let rep = self.model.rep(*a).cloned();
                let (a, b) = (self.tensor(*a)?, self.tensor(*b)?);
                let (mut av, bv, rows, statics) = self.pair(&a, &b, span)?;
                if let Some(signs) = rep.and_then(|r| super::reps::indefinite(self.model, &r)) {
                    av = self.signed(av, &signs);
                }
                let p = self.b().mul(av, bv);
                let axis = statics.len() as u32;
                let s = self.b().reduce(Fold::Sum, p, axis);
                let v = self.with_one(s);
                Low { v, rows, statics }
            }
            TOp::Tensor { a, b } => self.outer(*a, *b, span)?,
            TOp::Unit { x } => {
                let x = self.tensor(*x)?;
                self.unit(&x)
            }
            TOp::Cross { a, b } => self.cross(*a, *b, span)?,
            TOp::Concat { xs } => {
                let lows = xs.iter().map(|x| self.tensor(*x)).collect::<L<Vec<Low>>>()?;
                let refs: Vec<&Low> = lows.iter().collect();
                let (rows, statics) = (self.join(&refs, &BTreeSet::new()), self.join_statics(&refs));
                let dim = self.dim_of(&rows);
                let mut vs = Vec::new();
                for l in &lows {
                    let v = self.coerce(l, &rows, &statics, span)?;
                    vs.push(self.b().along(v, dim));
                }
                let v = self.b().concat(&vs, statics.len() as u32);
                Low { v, rows, statics }
            }
            TOp::Blocks { x, first, count } => self.blocks(*x, *first, *count, span)?,
            TOp::Split { x, front, at } => {
                let t = self.tensor(*x)?;
                let at = at.as_ref().and_then(crate::types::Int::value).unwrap_or(0) as u32;
                let axis = t.statics.len() as u32;
                let total = self.b().axes(t.v)[axis as usize];
                let len = self.type_dim(&node.ty);
                let start = if *front { 0 } else { at.min(total) };
                let v = self.b().slice(t.v, axis, start, len.min(total - start));
                Low { v, ..t }
            }
            TOp::Retype { x } => return self.low(*x),
            TOp::Components { x } | TOp::Trust { x, .. } => self.tensor(*x)?,
            TOp::ChangeBasis { x, iso, inverse } => self.change_basis(*x, iso, *inverse)?,
            TOp::FromScalars { x } => return self.low(*x),
            TOp::Define { vars, body } => return self.define(vars[0], *body, span),
            TOp::Reduce {
                op,
                var,
                cond,
                by,
                body,
                default,
            } => self.reduce(*op, *var, *cond, *by, *body, *default, span)?,
            TOp::CompareIndex { op, a, b } => self.compare_index(*op, *a, *b, span)?,
            TOp::Position(v) => self.position(*v, &node.ty),
            TOp::BatchMean { x } => {
                let t = self.tensor(*x)?;
                let v = self.batch_mean(&t, span)?;
                Low {
                    v,
                    rows: Rows::Const,
                    statics: t.statics,
                }
            }
            TOp::Argmax { x } => self.argmax(*x)?,
            TOp::Choose { key, chosen } => self.choose(*key, *chosen, span)?,
            TOp::Grad { of, wrt } => self.gradient(*of, *wrt, span)?,
            TOp::Transport { x, edge } => {
                let t = self.tensor(*x)?;
                let Set::Edges(d) = self.var_set(*edge).clone() else {
                    return Err(self.unsupported("not an edge", span));
                };
                let Lowered1::Tensor(all) = self.field(d, crate::typed::Field::EdgeTransport, id)? else {
                    return Err(self.unsupported("no transport", span));
                };
                let dim = self.set_dim(&Set::Edges(d));
                let angle = Low {
                    rows: Rows::Of(vec![Root { dim, var: Some(*edge) }]),
                    ..all
                };
                let rep = node.ty.as_rep().cloned().unwrap_or_default();
                self.transport(&t, &angle, &rep, id)?
            }
            TOp::Harmonics { x, l } => {
                let t = self.tensor(*x)?;
                self.harmonics(&t, *l)
            }
            TOp::Detach { x } => {
                let t = self.tensor(*x)?;
                let v = self.b().detach(t.v);
                Low { v, ..t }
            }
            TOp::State { .. } => return Err(self.unsupported("a state outside its loop", span)),
            TOp::Loop(l) => return self.the_loop(l, span),
            TOp::Result { of, k } => return self.loop_result(*of, *k, span),
        };
        Ok(Lowered1::Tensor(low))
    }

    fn filled(&mut self, x: Exact, d: u32) -> Low {
        let v = self.b().fill(Shape::new(None, &[d]), x);
        Low {
            v,
            rows: Rows::Const,
            statics: Vec::new(),
        }
    }

    /// Numbers that were written down.
    fn written(&mut self, data: &[Exact], ty: &Type) -> Low {
        let d = self.type_dim(ty);
        if let ([x], []) = (data, ty.sets.as_slice()) {
            return self.filled(*x, d);
        }
        let mut axes: Vec<u32> = ty.sets.iter().map(|s| self.set_size(s)).collect();
        axes.push(d);
        let v = self.b().constant(&axes, data.to_vec());
        Low {
            v,
            rows: Rows::Const,
            statics: Vec::new(),
        }
    }

    /// Components of one value of a type.
    pub(crate) fn type_dim(&self, ty: &Type) -> u32 {
        match &ty.elem {
            Elem::Rep(r) => self.rep_dim(r),
            Elem::Point(d) => d.value().unwrap_or(3) as u32,
            Elem::Index(s) => self.set_size(s),
        }
    }

    /// Adds a last axis of length 1.
    pub(crate) fn with_one(&mut self, v: Value) -> Value {
        let axes = [self.b().axes(v), &[1]].concat();
        self.b().reshape(v, &axes)
    }
}
