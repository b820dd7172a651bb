//! Every typed operation but reductions, maps and loops.

use super::frame::{Low, Root, Rows};
use super::{L, Lowered1, Lowerer};
use crate::ir::build::WindowSpec;
use crate::ir::{Cmp, Fold, Scalar, Shape, Value};
use crate::typed::{IndexCmp, Node, NodeId, Offset, TOp, VarId, VarKind};
use crate::types::{DomainKind, Elem, Set, Type};
use gdl_abi::DimDef;
use gdl_rep::Exact;
use gdl_syntax::ast::Span;
use std::collections::BTreeSet;

impl Lowerer<'_> {
    pub(crate) fn lower_node(&mut self, id: NodeId) -> L<Lowered1> {
        let node: Node = self.model.node(id).clone();
        let span = node.span;
        let low = match &node.op {
            TOp::Input(k) => self.input(*k, &node.ty),
            TOp::Field(d, f) => return self.field(*d, *f, id),
            TOp::Number(x) => self.filled(*x, 1),
            TOp::Constant(data) => {
                let d = self.type_dim(&node.ty);
                match data.as_slice() {
                    [x] => self.filled(*x, d),
                    many => {
                        let v = self.b().constant(&[many.len() as u32], many.to_vec());
                        Low {
                            v,
                            rows: Rows::Const,
                            statics: Vec::new(),
                        }
                    }
                }
            }
            TOp::Param(p) => return self.param(*p),
            TOp::Stat { stat, value } => self.stat(*stat, *value)?,
            TOp::Random { index, rate, like } => self.random(*index, *rate, *like, &node.ty)?,
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
                let len = m.open.orbit_len;
                return Ok(Lowered1::Map(self.direction(m, &d, len)));
            }
            TOp::Map { f, args } => self.pointwise(*f, args, span)?,
            TOp::Scale { s, x } => self.scale(*s, *x, span)?,
            TOp::Dot { a, b } => {
                let (a, b) = (self.tensor(*a)?, self.tensor(*b)?);
                let (av, bv, rows, statics) = self.pair(&a, &b, span)?;
                let p = self.b().mul(av, bv);
                let axis = statics.len() as u32;
                let s = self.b().reduce(Fold::Sum, p, axis);
                let v = self.with_one(s);
                Low { v, rows, statics }
            }
            TOp::Tensor { a, b } => self.outer(*a, *b, span)?,
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

    /// Two arrays with common rows and static axes.
    fn pair(&mut self, a: &Low, b: &Low, span: Span) -> L<(Value, Value, Rows, Vec<VarId>)> {
        let (rows, statics) = (self.join(&[a, b], &BTreeSet::new()), self.join_statics(&[a, b]));
        let dim = self.dim_of(&rows);
        let (x, y) = (
            self.coerce(a, &rows, &statics, span)?,
            self.coerce(b, &rows, &statics, span)?,
        );
        let (x, y) = (self.b().along(x, dim), self.b().along(y, dim));
        Ok((x, y, rows, statics))
    }

    /// A signal at a variable: the same array, read differently.
    fn read(&mut self, x: NodeId, at: VarId, span: Span) -> L<Lowered1> {
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
    fn map(&mut self, x: NodeId, span: Span) -> L<super::maps::MapLow> {
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
    fn split_first(&mut self, x: NodeId) -> L<Low> {
        let t = self.tensor(x)?;
        let ty = self.model.node(x).ty.clone();
        if !ty.sets.is_empty() {
            return Ok(t);
        }
        let n = ty.as_rep().and_then(|r| r.copies().0.value()).unwrap_or(1) as u32;
        Ok(self.split_copies(t, n))
    }

    fn pick(&mut self, x: NodeId, k: u32) -> L<Lowered1> {
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

    fn offset(&mut self, x: NodeId, cell: VarId, offset: &Offset, default: Option<NodeId>, span: Span) -> L<Low> {
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
        let (stride, shift) = match &self.model.domains[cell_dom.0 as usize].kind {
            DomainKind::Coarse { stride, pad, .. } if cell_dom != fine_dom => {
                (stride.value().unwrap_or(1) as u32, -(pad.value().unwrap_or(0) as i32))
            }
            _ => (1, 0),
        };
        let rank = super::reps::grid_rank(self.model, fine_dom);
        let offsets: Vec<Vec<i32>> = match offset {
            Offset::Literal(v) => vec![v.clone()],
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
            Offset::Literal(_) => Vec::new(),
        };
        let m = Low {
            v: m,
            rows,
            statics: own,
        };
        let (mv, _, _, _) = self.pair(&m, &Low { v: m.v, ..low.clone() }, span)?;
        let (dv, xv, rows, statics) = self.pair(&d, &low, span)?;
        let dv = self.widen(dv, xv);
        let mv = self.coerce_statics(mv, &m.statics, &statics);
        let mv = self.widen(mv, xv);
        let v = self.b().map(Scalar::Select, &[mv, xv, dv]);
        Ok(Low { v, rows, statics })
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

    fn pointwise(&mut self, f: Scalar, args: &[NodeId], span: Span) -> L<Low> {
        let lows = args.iter().map(|x| self.tensor(*x)).collect::<L<Vec<Low>>>()?;
        let refs: Vec<&Low> = lows.iter().collect();
        let (rows, statics) = (self.join(&refs, &BTreeSet::new()), self.join_statics(&refs));
        let dim = self.dim_of(&rows);
        let mut vs = Vec::new();
        for l in &lows {
            let v = self.coerce(l, &rows, &statics, span)?;
            vs.push(self.b().along(v, dim));
        }
        let widest = vs
            .iter()
            .copied()
            .max_by_key(|v| self.levels[self.cur].b.axes(*v).last().copied().unwrap_or(1))
            .unwrap_or(vs[0]);
        let vs: Vec<Value> = vs.into_iter().map(|v| self.widen(v, widest)).collect();
        let v = self.b().map(f, &vs);
        Ok(Low { v, rows, statics })
    }

    /// One number times everything, or one number a copy.
    fn scale(&mut self, s: NodeId, x: NodeId, span: Span) -> L<Low> {
        let rep = self.model.rep(x).cloned().unwrap_or_default();
        let (s, x) = (self.tensor(s)?, self.tensor(x)?);
        let (sv, xv, rows, statics) = self.pair(&s, &x, span)?;
        let k = statics.len() as u32;
        let n = self.b().axes(sv)[k as usize];
        if n == 1 {
            let wide = self.widen(sv, xv);
            let v = self.b().mul(wide, xv);
            return Ok(Low { v, rows, statics });
        }
        let copies = rep.copies().0.value().unwrap_or(1) as u32;
        let lead = self.b().axes(xv)[..k as usize].to_vec();
        let d = self.b().axes(xv)[k as usize] / copies.max(1);
        let split = self.b().reshape(xv, &[lead.as_slice(), &[copies, d]].concat());
        let shape = self.b().shape(split);
        let axes: Vec<u32> = (0..=k).collect();
        let wide = self.b().broadcast(sv, shape, &axes);
        let p = self.b().mul(wide, split);
        let v = self.b().reshape(p, &[lead.as_slice(), &[copies * d]].concat());
        Ok(Low { v, rows, statics })
    }

    fn outer(&mut self, a: NodeId, b: NodeId, span: Span) -> L<Low> {
        let (a, b) = (self.tensor(a)?, self.tensor(b)?);
        let (av, bv, rows, statics) = self.pair(&a, &b, span)?;
        let l: Vec<u8> = (0..statics.len() as u8).map(|k| b'A' + k).collect();
        let dim = self.dim_of(&rows);
        let v = self.b().contract_labels(
            av,
            bv,
            &[l.as_slice(), b"x"].concat(),
            &[l.as_slice(), b"y"].concat(),
            &[l.as_slice(), b"xy"].concat(),
            dim,
        );
        let axes = self.b().axes(v).to_vec();
        let k = statics.len();
        let v = self.b().reshape(v, &[&axes[..k], &[axes[k] * axes[k + 1]]].concat());
        Ok(Low { v, rows, statics })
    }

    /// ε_ijk a_j b_k in (x, y, z).
    fn cross(&mut self, a: NodeId, b: NodeId, span: Span) -> L<Low> {
        let (a, b) = (self.tensor(a)?, self.tensor(b)?);
        let (av, bv, rows, statics) = self.pair(&a, &b, span)?;
        let mut eps = vec![Exact::int(0); 27];
        for (i, j, k, s) in [
            (0, 1, 2, 1),
            (1, 2, 0, 1),
            (2, 0, 1, 1),
            (0, 2, 1, -1),
            (1, 0, 2, -1),
            (2, 1, 0, -1),
        ] {
            eps[i * 9 + j * 3 + k] = Exact::int(s);
        }
        let l: Vec<u8> = (0..statics.len() as u8).map(|k| b'A' + k).collect();
        let dim = self.dim_of(&rows);
        let e = self.b().constant(&[3, 3, 3], eps);
        let m = self.b().contract_labels(
            e,
            av,
            b"ijk",
            &[l.as_slice(), b"j"].concat(),
            &[l.as_slice(), b"ik"].concat(),
            dim,
        );
        let v = self.b().contract_labels(
            m,
            bv,
            &[l.as_slice(), b"ik"].concat(),
            &[l.as_slice(), b"k"].concat(),
            &[l.as_slice(), b"i"].concat(),
            dim,
        );
        Ok(Low { v, rows, statics })
    }

    fn blocks(&mut self, x: NodeId, first: u32, count: u32, span: Span) -> L<Low> {
        let Some(rep) = self.model.rep(x).cloned() else {
            return Err(self.unsupported("not a vector", span));
        };
        let t = self.tensor(x)?;
        let (mut start, mut len) = (0, 0);
        for (k, (n, a)) in rep.flat().blocks().iter().enumerate() {
            let one = crate::types::Rep::from_blocks(vec![(n.clone(), a.clone())], rep.gauge);
            let d = self.rep_dim(&one);
            if (k as u32) < first {
                start += d;
            } else if (k as u32) < first + count {
                len += d;
            }
        }
        let axis = t.statics.len() as u32;
        let v = self.b().slice(t.v, axis, start, len);
        Ok(Low { v, ..t })
    }

    /// A signal from its value at a variable.
    fn define(&mut self, var: VarId, body: NodeId, span: Span) -> L<Lowered1> {
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

    fn compare_index(&mut self, op: IndexCmp, a: VarId, b: VarId, span: Span) -> L<Low> {
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

    fn position(&mut self, v: VarId, ty: &Type) -> Low {
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

    /// One-hot vector of the maximum; ties share.
    fn argmax(&mut self, x: NodeId) -> L<Low> {
        let t = self.tensor(x)?;
        let axis = t.statics.len() as u32;
        let m = self.b().reduce(Fold::Max, t.v, axis);
        let m = self.with_one(m);
        let m = self.widen(m, t.v);
        let hit = self.b().map(Scalar::Eq, &[t.v, m]);
        let n = self.b().reduce(Fold::Sum, hit, axis);
        let n = self.with_one(n);
        let n = self.widen(n, hit);
        let v = self.b().div(hit, n);
        Ok(Low { v, ..t })
    }

    fn gradient(&mut self, of: NodeId, wrt: NodeId, span: Span) -> L<Low> {
        let f = self.tensor(of)?;
        let x = self.tensor(wrt)?;
        if self.cur != 0 || f.rows == Rows::Const {
            return Err(self.unsupported("a gradient inside a loop, or of a constant", span));
        }
        let ones = self.b().ones_like(f.v);
        let grads = crate::ir::grad::gradient(self.b(), &[(f.v, ones)], &[x.v]);
        Ok(Low { v: grads[0], ..x })
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
