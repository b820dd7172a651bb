//! The expression of one element of a value.

use super::contract::{Contraction, OneHot};
use super::kernel::Builder;
use super::place::{Place, counted};
use super::{At, Scheduler};
use crate::loop_ir::{
    Array, Atom, BufferId, Divisor, Expr, Home, Index, Size, SizeId, Table, TableId, Var, Window, flatten, unflatten,
};
use gdl_abi::{DimId, MapDef, MapId};
use gdl_core::ir::{Cmp, Constant, Fold, Op, Scalar, Value};

/// Why an element has no single expression: the range of a variable must be cut in two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Split {
    pub var: Var,
    pub at: i64,
}

/// An expression, or where to cut.
pub(super) type Evaluated = Result<Expr, Split>;

impl<'a> Scheduler<'a> {
    /// The element of a value at a row and static indices.
    pub(super) fn eval(&mut self, k: &mut Builder, at: At, row: Option<&Index>, idx: &[Index]) -> Evaluated {
        let shape = self.shape(at);
        if let Some(held) = k.held.get(&at)
            && (held.row.is_none() || held.row.as_ref() == row)
        {
            let place = held.base.plus(&flatten(idx, &shape.axes));
            return Ok(Expr::Load(Array::Local(held.local), place));
        }
        if let Some((buffer, offset)) = self.memory(at) {
            let start = match (shape.dim, row) {
                (Some(_), Some(r)) => r.times(shape.row_len() as i64),
                _ => Index::lit(0),
            };
            return Ok(Expr::Load(
                Array::Buffer(buffer),
                offset.plus(&start).plus(&flatten(idx, &shape.axes)),
            ));
        }
        let key = (at, shape.dim.and(row).cloned(), idx.to_vec());
        if let Some(known) = k.lookup(&key) {
            return Ok(known);
        }
        k.origins.insert(self.origin(at));
        let value = self.compute(k, at, row, idx)?;
        let value = match value {
            Expr::Apply(..) | Expr::Choose(..) => k.define(value),
            other => other,
        };
        k.remember(key, value.clone());
        Ok(value)
    }

    /// As [`Scheduler::eval`], though the value may be in memory one day: used to fill that memory.
    pub(super) fn compute(&mut self, k: &mut Builder, at: At, row: Option<&Index>, idx: &[Index]) -> Evaluated {
        let here = |v: &Value| At { depth: at.depth, v: *v };
        match self.op(at) {
            Op::Input(input) => {
                let label = self.label(*input, row, &idx[..idx.len() - 1]);
                Ok(choose(
                    Cmp::Eq,
                    label,
                    idx[idx.len() - 1].clone(),
                    Expr::Num(1.0),
                    Expr::Num(0.0),
                ))
            }
            Op::Arg(_) => match self.outer(at) {
                Some(outer) => self.eval(k, outer, row, idx),
                None => Ok(Expr::Num(f64::NAN)),
            },
            Op::Const(c) => Ok(self.constant(c, idx)),
            Op::Fill(x) => Ok(Expr::Num(x.f)),
            Op::Map { f, args } => {
                let args = args
                    .iter()
                    .map(|x| self.eval(k, here(x), row, idx))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(apply(*f, args))
            }
            Op::Broadcast { x, axes } => {
                let inner: Vec<Index> = axes.iter().map(|&a| idx[a as usize].clone()).collect();
                self.eval(k, here(x), row, &inner)
            }
            Op::Reshape { x } => {
                let flat = flatten(idx, &self.shape(at).axes);
                let inner = unflatten(&flat, &self.shape(here(x)).axes, &k.extents);
                self.eval(k, here(x), row, &inner)
            }
            Op::Slice { x, axis, start, .. } => {
                let mut inner = idx.to_vec();
                inner[*axis as usize] = inner[*axis as usize].shifted(i64::from(*start));
                self.eval(k, here(x), row, &inner)
            }
            Op::Concat { xs, axis } => self.concat(k, at.depth, xs, *axis as usize, row, idx),
            Op::Detach { x } => self.eval(k, here(x), row, idx),
            Op::Gather { x, map } => {
                let target = row.map(|r| self.image(k, *map, r));
                self.eval(k, here(x), target.as_ref(), idx)
            }
            Op::Take { x, at: choice } => {
                let tables = self.choice(here(choice));
                let target = row.map(|r| Index::lookup(tables.rows, r.clone()));
                self.eval(k, here(x), target.as_ref(), idx)
            }
            Op::Window {
                x,
                offsets,
                stride,
                wrap,
                transpose: false,
                fine,
                coarse,
            } => {
                let window = Window {
                    offsets: offsets.clone(),
                    stride: *stride,
                    wrap: *wrap,
                    fine: *fine,
                    coarse: *coarse,
                };
                let Some(row) = row else { return Ok(Expr::Num(f64::NAN)) };
                let cell = self.window_cell(window, false, row, &idx[0], None);
                self.at_cell(k, here(x), cell, row, [*coarse, *fine], &idx[1..])
            }
            Op::Compare { op, a, b } => {
                let Some(row) = row else { return Ok(Expr::Num(f64::NAN)) };
                let dim = self.shape(at).dim;
                let [a, b] = [a, b].map(|m| self.image_position(k, *m, dim, row));
                Ok(choose(*op, a, b, Expr::Num(1.0), Expr::Num(0.0)))
            }
            Op::Position => match (row, self.shape(at).dim) {
                (Some(row), Some(dim)) => Ok(Expr::Real(self.lookup(Table::Position(dim), row.clone()))),
                _ => Ok(Expr::Num(f64::NAN)),
            },
            Op::Reduce { op, x, axis } => {
                let mut total = None;
                for j in 0..self.shape(here(x)).axes[*axis as usize] {
                    let mut inner = idx.to_vec();
                    inner.insert(*axis as usize, Index::lit(i64::from(j)));
                    let value = self.eval(k, here(x), row, &inner)?;
                    total = Some(total.map_or(value.clone(), |t| fold(*op, t, value)));
                }
                Ok(total.unwrap_or(Expr::Num(identity(*op))))
            }
            Op::Contract { .. } => self.contract_element(k, at, row, idx),
            Op::Segment { map, .. } if let (Some(row), Some(c)) = (row, counted(self.scopes[at.depth].body, at.v)) => {
                let [first, next] = [row.clone(), row.shifted(1)].map(|r| self.lookup(Table::MapPtr(*map), r));
                let length = Expr::Real(next.plus(&first.times(-1)));
                Ok(apply(Scalar::Mul, vec![Expr::Num(c), length]))
            }
            // Stored: in memory by now.
            Op::Param(_)
            | Op::Segment { .. }
            | Op::Put { .. }
            | Op::Total { .. }
            | Op::Window { .. }
            | Op::Choose { .. }
            | Op::Scan(_)
            | Op::Proj { .. } => {
                debug_assert!(
                    self.scopes[at.depth].places[at.v.0 as usize] != Place::Inline,
                    "{:?} is not stored",
                    self.op(at)
                );
                Ok(Expr::Num(f64::NAN))
            }
        }
    }

    /// An element of a contraction, written out.
    fn contract_element(&mut self, k: &mut Builder, at: At, row: Option<&Index>, idx: &[Index]) -> Evaluated {
        let body = self.scopes[at.depth].body;
        let Some(Contraction {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
            roles,
        }) = Contraction::of(body, at.v)
        else {
            return Ok(Expr::Num(f64::NAN));
        };
        if let Some(one_hot) = OneHot::of(self.func, body, at.v) {
            let inner = self.with_label(&one_hot, row, out_axes, idx, &one_hot.other_letters);
            return self.eval(k, At { v: one_hot.other, ..at }, row, &inner);
        }
        let summed: Vec<(u8, u32)> = roles.summed().collect();
        let sizes: Vec<u32> = summed.iter().map(|(_, n)| *n).collect();
        let mut total = Expr::Num(0.0);
        for term in 0..sizes.iter().product::<u32>() {
            let inner = unflatten(&Index::lit(i64::from(term)), &sizes, &[]);
            let index = |letter: &u8| match out_axes.iter().position(|l| l == letter) {
                Some(j) => idx[j].clone(),
                None => summed
                    .iter()
                    .position(|(l, _)| l == letter)
                    .map_or(Index::lit(0), |j| inner[j].clone()),
            };
            let pick = |letters: &[u8]| letters.iter().map(index).collect::<Vec<_>>();
            let x = self.eval(k, At { v: a, ..at }, row, &pick(a_axes))?;
            let y = self.eval(k, At { v: b, ..at }, row, &pick(b_axes))?;
            total = apply(Scalar::Add, vec![total, apply(Scalar::Mul, vec![x, y])]);
        }
        Ok(total)
    }

    /// One of several arrays, by the index along an axis.
    fn concat(
        &mut self,
        k: &mut Builder,
        depth: usize,
        xs: &[Value],
        axis: usize,
        row: Option<&Index>,
        idx: &[Index],
    ) -> Evaluated {
        let mut start = 0i64;
        let range = idx[axis].range(&k.extents);
        let mut parts: Vec<(i64, At, Vec<Index>)> = Vec::new();
        for &x in xs {
            let at = At { depth, v: x };
            let n = i64::from(self.shape(at).axes[axis]);
            let mut inner = idx.to_vec();
            inner[axis] = idx[axis].shifted(-start);
            match range {
                Some((low, high)) if low >= start && high < start + n => return self.eval(k, at, row, &inner),
                Some((low, high)) if high < start || low >= start + n => {}
                _ if n == 0 => {}
                _ => parts.push((start + n, at, inner)),
            }
            start += n;
        }
        // `v + c` crosses from one part to the next: cut the range of v.
        if let ([(Atom::Var(v), 1)], Some(_)) = (idx[axis].terms.as_slice(), range)
            && let Some((end, ..)) = parts.first()
            && k.may_cut
        {
            return Err(Split {
                var: *v,
                at: end - idx[axis].offset,
            });
        }
        let Some((_, last, inner)) = parts.pop() else {
            return Ok(Expr::Num(0.0));
        };
        let mut value = self.eval_clamped(k, last, row, &inner, axis)?;
        for (end, at, inner) in parts.into_iter().rev() {
            let yes = self.eval_clamped(k, at, row, &inner, axis)?;
            value = choose(Cmp::Lt, idx[axis].clone(), Index::lit(end), yes, value);
        }
        Ok(value)
    }

    /// Evaluates where the index along an axis may lie outside: it is brought inside first.
    fn eval_clamped(&mut self, k: &mut Builder, at: At, row: Option<&Index>, idx: &[Index], axis: usize) -> Evaluated {
        let n = self.shape(at).axes[axis];
        let mut inner = idx.to_vec();
        inner[axis] = Index::atom(Atom::Mod(
            Box::new(Index::atom(Atom::AtLeast0(Box::new(idx[axis].clone())))),
            Divisor::Lit(i64::from(n)),
        ));
        self.eval(k, at, row, &inner)
    }

    /// The value of `x` at a cell of the sample of a row, 0 where the cell is −1.
    fn at_cell(
        &mut self,
        k: &mut Builder,
        x: At,
        cell: Index,
        row: &Index,
        [from, to]: [DimId; 2],
        idx: &[Index],
    ) -> Evaluated {
        let target = self.cell_row(&cell, row, [from, to]);
        let value = self.eval(k, x, Some(&target), idx)?;
        Ok(choose(Cmp::Lt, cell, Index::lit(0), Expr::Num(0.0), value))
    }

    /// The row of a cell of grid `to`, in the sample of a row of grid `from`; the first of the sample where the cell is −1.
    pub(super) fn cell_row(&mut self, cell: &Index, row: &Index, [from, to]: [DimId; 2]) -> Index {
        let inside = Index::atom(Atom::AtLeast0(Box::new(cell.clone())));
        let cells = self.program.size(Size::Cells(from));
        let sample = Index::atom(Atom::Div(Box::new(row.clone()), Divisor::Size(cells)));
        let cells = self.program.size(Size::Cells(to));
        Index::atom(Atom::Times(cells, Box::new(sample))).plus(&inside)
    }

    /// The cell that a window reads for an offset: forwards from a coarse row, backwards from a fine one.
    pub(super) fn window_cell(
        &mut self,
        window: Window,
        back: bool,
        row: &Index,
        offset: &Index,
        overlap: Option<(SizeId, &Index)>,
    ) -> Index {
        let n = window.offsets.len() as i64;
        let from = if back { window.fine } else { window.coarse };
        let cells = self.program.size(Size::Cells(from));
        let cell = Index::atom(Atom::Mod(Box::new(row.clone()), Divisor::Size(cells)));
        let mut entry = cell.times(n).plus(offset);
        if let Some((size, which)) = overlap {
            entry = Index::atom(Atom::Times(size, Box::new(entry))).plus(which);
        }
        let table = if back {
            Table::WindowBack(window)
        } else {
            Table::Window(window)
        };
        self.lookup(table, entry)
    }

    /// The label of a class-valued input.
    pub(super) fn label(&mut self, input: u32, row: Option<&Index>, idx: &[Index]) -> Index {
        let axes = self.func.inputs[input as usize].axes.clone();
        let len: i64 = axes.iter().map(|&n| i64::from(n)).product();
        let start = row.map_or(Index::lit(0), |r| r.times(len));
        self.lookup(Table::Labels(input), start.plus(&flatten(idx, &axes)))
    }

    /// The image of a row.
    pub(super) fn image(&mut self, k: &Builder, map: MapId, row: &Index) -> Index {
        if let Some(known) = k.images.get(&(map, row.clone())) {
            return known.clone();
        }
        if let MapDef::Compose { first, second } = *self.program.domains.map_def(map)
            && let Some(known) = k.images.get(&(first, row.clone()))
        {
            return self.image(k, second, &known.clone());
        }
        self.lookup(Table::MapIndex(map), row.clone())
    }

    /// The position within its sample of the image of a row.
    fn image_position(&mut self, k: &Builder, map: Option<MapId>, dim: Option<DimId>, row: &Index) -> Index {
        let (target, dim) = match map {
            Some(m) => (self.image(k, m, row), Some(self.program.domains.ends(m).1)),
            None => (row.clone(), dim),
        };
        match dim {
            Some(dim) => self.lookup(Table::Position(dim), target),
            None => Index::lit(0),
        }
    }

    pub(super) fn lookup(&mut self, table: Table, at: Index) -> Index {
        Index::lookup(self.program.table(table), at)
    }

    pub(super) fn table(&mut self, table: Table) -> TableId {
        self.program.table(table)
    }

    pub(super) fn size_index(&mut self, size: Size) -> Index {
        Index::atom(Atom::Size(self.program.size(size)))
    }

    /// Whether rows that go to the same row of the target follow each other, so that no order need be looked up.
    pub(super) fn is_sorted(&self, map: MapId) -> bool {
        match self.program.domains.map_def(map) {
            MapDef::Sample(_) | MapDef::Left(_) | MapDef::Chooser(_) | MapDef::Shift { .. } => true,
            MapDef::Given { sorted, .. } => *sorted,
            MapDef::Compose { first, second } => self.is_sorted(*first) && self.is_sorted(*second),
            MapDef::Right(_) | MapDef::Pair { .. } | MapDef::Unstack(_) | MapDef::ToStep { .. } => false,
        }
    }

    fn constant(&mut self, c: &Constant, idx: &[Index]) -> Expr {
        let flat = flatten(idx, &c.axes);
        if let Some(at) = flat.as_lit() {
            return Expr::Num(c.data.get(at as usize).map_or(0.0, |x| x.f));
        }
        if let Some(first) = c.data.first()
            && c.data.iter().all(|x| x.f == first.f)
        {
            return Expr::Num(first.f);
        }
        Expr::Load(Array::Buffer(self.constant_buffer(c)), flat)
    }

    /// The buffer of a constant, shared among equal ones.
    pub(super) fn constant_buffer(&mut self, c: &Constant) -> BufferId {
        let data: Vec<f64> = c.data.iter().map(|x| x.f).collect();
        let same = |b: &crate::loop_ir::Buffer| matches!(&b.home, Home::Const(d) if d.len() == data.len() && d.iter().zip(&data).all(|(x, y)| x.to_bits() == y.to_bits()));
        match self.program.buffers.iter().position(same) {
            Some(k) => BufferId(k as u32),
            None => {
                let name = format!("c{}", self.program.buffers.len());
                self.program.buffer(name, None, data.len(), Home::Const(data))
            }
        }
    }
}

/// The value of a fold over nothing.
pub(super) fn identity(op: Fold) -> f64 {
    match op {
        Fold::Sum => 0.0,
        Fold::Prod => 1.0,
        Fold::Max => f64::NEG_INFINITY,
        Fold::Min => f64::INFINITY,
    }
}

/// One more term of a fold.
fn fold(op: Fold, x: Expr, y: Expr) -> Expr {
    let f = match op {
        Fold::Sum => Scalar::Add,
        Fold::Prod => Scalar::Mul,
        Fold::Max => Scalar::Max,
        Fold::Min => Scalar::Min,
    };
    apply(f, vec![x, y])
}

/// A comparison, decided now where it can be.
pub(super) fn choose(op: Cmp, a: Index, b: Index, yes: Expr, no: Expr) -> Expr {
    if let (Some(x), Some(y)) = (a.as_lit(), b.as_lit()) {
        let holds = match op {
            Cmp::Eq => x == y,
            Cmp::Lt => x < y,
            Cmp::Le => x <= y,
        };
        return if holds { yes } else { no };
    }
    if yes == no {
        yes
    } else {
        Expr::Choose(op, a, b, Box::new([yes, no]))
    }
}

/// A scalar function, simplified where its arguments are numbers.
pub(super) fn apply(f: Scalar, args: Vec<Expr>) -> Expr {
    let num = |k: usize| match args.get(k) {
        Some(Expr::Num(x)) => Some(*x),
        _ => None,
    };
    let pick = |k: usize| args[k].clone();
    match (f, num(0), num(1)) {
        (Scalar::Add, Some(0.0), _) | (Scalar::Mul, Some(1.0), _) => pick(1),
        (Scalar::Add | Scalar::Sub, _, Some(0.0)) | (Scalar::Mul | Scalar::Div, _, Some(1.0)) => pick(0),
        (Scalar::Add, Some(a), Some(b)) => Expr::Num(a + b),
        (Scalar::Sub, Some(a), Some(b)) => Expr::Num(a - b),
        (Scalar::Mul, Some(a), Some(b)) => Expr::Num(a * b),
        (Scalar::Div, Some(a), Some(b)) => Expr::Num(a / b),
        (Scalar::Neg, Some(a), _) => Expr::Num(-a),
        (Scalar::Div, _, Some(b)) if b != 0.0 && b.log2().fract() == 0.0 => {
            Expr::Apply(Scalar::Mul, vec![pick(0), Expr::Num(1.0 / b)])
        }
        (Scalar::PowI(0), ..) => Expr::Num(1.0),
        (Scalar::PowI(1), ..) => pick(0),
        _ => Expr::Apply(f, args),
    }
}
