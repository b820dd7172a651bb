//! The loops that compute one stored value at one row.

use super::contract::{Label, OneHot, Role, Roles};
use super::kernel::{Builder, Dest, dest_index};
use super::nest::Nest;
use super::{At, Scheduler, pattern, sparse};
use crate::CodegenError;
use crate::loop_ir::{Array, BufferId, Expr, Index, Range, Size, Table, Window, flatten};
use gdl_abi::SAMPLES;
use gdl_core::ir::{Cmp, Fold, Op, Scalar, Value};

impl Scheduler<'_> {
    /// Stores a value at `dest`, for one row of its space.
    pub(super) fn emit(
        &mut self,
        k: &mut Builder,
        at: At,
        row: Option<&Index>,
        dest: &Dest,
    ) -> Result<(), CodegenError> {
        let axes = self.shape(at).axes.clone();
        let here = |v: Value| At { depth: at.depth, v };
        k.origins.insert(self.origin(at));
        match self.op(at) {
            Op::Reduce { op, x, axis } => {
                let n = self.shape(here(*x)).axes[*axis as usize];
                self.reduction(k, &axes, &[Range::Lit(n)], Some(*op), dest, &|s, k, out, red| {
                    let mut idx = out.to_vec();
                    idx.insert(*axis as usize, red[0].clone());
                    s.eval(k, here(*x), row, &idx)
                })
            }
            Op::Total { x } => self.pointwise(k, &axes, dest, &|s, k, out, _| s.eval(k, here(*x), row, out)),
            Op::Segment { op, x, map } => {
                let Some(row) = row else {
                    return Err(CodegenError::internal("a push-forward without rows"));
                };
                if let Some(alone) = self.own_loop(at) {
                    return self.segments_around(k, &[(at, dest.clone())], &alone, Some(row));
                }
                let range = Range::Between(self.table(Table::MapPtr(*map)), row.clone());
                self.reduction(k, &axes, &[range], Some(*op), dest, &|s, k, out, red| {
                    let source = s.source(k, *map, &red[0], row);
                    s.eval(k, here(*x), Some(&source), out)
                })
            }
            Op::Put { x, at: choice } => {
                let Some(row) = row else {
                    return Err(CodegenError::internal("a push-forward without rows"));
                };
                let tables = self.choice(here(*choice));
                let range = Range::Between(tables.ptr, row.clone());
                self.reduction(k, &axes, &[range], Some(Fold::Sum), dest, &|s, k, out, red| {
                    let source = Index::lookup(tables.order, red[0].clone());
                    s.eval(k, here(*x), Some(&source), out)
                })
            }
            Op::Window {
                x,
                offsets,
                stride,
                wrap,
                transpose: true,
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
                self.window_back(k, here(*x), window, &axes, row, dest)
            }
            Op::Contract { .. } => self.contract(k, at, row, dest),
            _ => self.pointwise(k, &axes, dest, &|s, k, out, _| s.compute(k, at, row, out)),
        }
    }

    fn window_back(
        &mut self,
        k: &mut Builder,
        x: At,
        window: Window,
        axes: &[u32],
        row: Option<&Index>,
        dest: &Dest,
    ) -> Result<(), CodegenError> {
        let Some(row) = row else {
            return Err(CodegenError::internal("a window without rows"));
        };
        let overlap = self.program.size(Size::Overlap(window.clone()));
        let mut red = vec![Range::Lit(window.offsets.len() as u32)];
        // Without wrapping, one window at most reaches a cell by one offset.
        if window.wrap {
            red.push(Range::Size(overlap));
        }
        self.reduction(k, axes, &red, Some(Fold::Sum), dest, &|s, k, out, red| {
            let which = if window.wrap { Some((overlap, &red[1])) } else { None };
            let cell = s.window_cell(window.clone(), true, row, &red[0], which);
            let source = s.cell_row(&cell, row, [window.fine, window.coarse]);
            let mut idx = vec![red[0].clone()];
            idx.extend_from_slice(out);
            let value = s.eval(k, x, Some(&source), &idx)?;
            Ok(super::eval::choose(
                Cmp::Lt,
                cell,
                Index::lit(0),
                crate::loop_ir::Expr::Num(0.0),
                value,
            ))
        })
    }

    /// A contraction as loops.
    fn contract(&mut self, k: &mut Builder, at: At, row: Option<&Index>, dest: &Dest) -> Result<(), CodegenError> {
        let Op::Contract {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
        } = self.op(at)
        else {
            return Err(CodegenError::internal("not a contraction"));
        };
        let (a, b) = (At { v: *a, ..at }, At { v: *b, ..at });
        let axes = self.shape(at).axes.clone();
        if let Some(one_hot) = OneHot::of(self.func, self.scopes[at.depth].body, at.v) {
            return self.contract_label(k, at, &one_hot, out_axes, row, dest);
        }
        if sparse::contract(self, k, at, row, dest)? || pattern::contract(self, k, at, row, dest)? {
            return Ok(());
        }
        let Some(roles) = Roles::of(self.scopes[at.depth].body, at.v) else {
            return Err(CodegenError::internal("not a contraction"));
        };
        let summed: Vec<(u8, u32)> = roles.summed().collect();
        let red: Vec<Range> = summed.iter().map(|(_, n)| Range::Lit(*n)).collect();
        let fold = (!red.is_empty()).then_some(Fold::Sum);
        let copies = [(a, a_axes), (b, b_axes)].map(|(x, letters)| self.weights(x, letters, out_axes, &roles));
        let [copy_a, copy_b] = copies;
        let (copy_a, copy_b) = (copy_a?, copy_b?);
        let sizes = |letters: &[u8]| -> Vec<u32> {
            let size = |l: &u8| {
                roles
                    .letters
                    .iter()
                    .find(|(x, ..)| *x == Label::Axis(*l))
                    .map_or(1, |(_, n, _)| *n as u32)
            };
            letters.iter().map(size).collect()
        };
        self.reduction(k, &axes, &red, fold, dest, &|s, k, out, red| {
            let index = |letter: &u8| match out_axes.iter().position(|l| l == letter) {
                Some(j) => out[j].clone(),
                None => summed
                    .iter()
                    .position(|(l, _)| l == letter)
                    .map_or(Index::lit(0), |j| red[j].clone()),
            };
            let pick = |letters: &[u8]| letters.iter().map(index).collect::<Vec<_>>();
            let mut factor = |x: At, letters: &[u8], copy: &Option<(BufferId, Vec<u8>)>| match copy {
                Some((buffer, order)) => Ok(Expr::Load(Array::Buffer(*buffer), flatten(&pick(order), &sizes(order)))),
                None => s.eval(k, x, row, &pick(letters)),
            };
            let x = factor(a, a_axes, &copy_a)?;
            let y = factor(b, b_axes, &copy_b)?;
            Ok(super::eval::apply(Scalar::Mul, vec![x, y]))
        })
    }

    /// Weights that many rows are multiplied with, copied so that the result's innermost axis runs along memory.
    fn weights(
        &mut self,
        x: At,
        letters: &[u8],
        out: &[u8],
        roles: &Roles,
    ) -> Result<Option<(BufferId, Vec<u8>)>, CodegenError> {
        let Some(&fast) = out.last() else { return Ok(None) };
        let rows = roles.letters.iter().find_map(|(l, ..)| match l {
            Label::Rows(d) => Some(*d),
            Label::Axis(_) => None,
        });
        let side = roles.letters.iter().find(|(l, ..)| *l == Label::Axis(fast));
        // Samples may be few, and short axes leave lanes empty.
        let pays = rows.is_some_and(|d| d != SAMPLES)
            && side.is_some_and(|(_, n, role)| *n >= self.width() as usize && matches!(role, Role::M | Role::N));
        if pays {
            self.fast_copy(x, letters, fast)
        } else {
            Ok(None)
        }
    }

    /// A contraction with a one-hot array: the label is an index.
    fn contract_label(
        &mut self,
        k: &mut Builder,
        at: At,
        one_hot: &OneHot,
        out_letters: &[u8],
        row: Option<&Index>,
        dest: &Dest,
    ) -> Result<(), CodegenError> {
        let axes = &self.shape(at).axes;
        let looped: Vec<(u8, u32)> = out_letters
            .iter()
            .copied()
            .zip(axes.iter().copied())
            .filter(|(l, _)| *l != one_hot.label)
            .collect();
        let extents: Vec<u32> = looped.iter().map(|(_, n)| *n).collect();
        let names: Vec<u8> = looped.iter().map(|(l, _)| *l).collect();
        self.table(Table::Labels(one_hot.input));
        let place = |s: &mut Scheduler<'_>, out: &[Index]| {
            dest_index(&dest.base, &s.with_label(one_hot, row, &names, out, out_letters), axes)
        };
        let element = |s: &mut Scheduler<'_>, k: &mut Builder, out: &[Index], _: &[Index]| {
            let idx = s.with_label(one_hot, row, &names, out, &one_hot.other_letters);
            s.eval(k, At { v: one_hot.other, ..at }, row, &idx)
        };
        let array = (dest.array, dest.fold);
        self.nest(
            k,
            &Nest {
                out: &extents,
                red: &|_| Vec::new(),
                fold: None,
                array,
                place: &place,
                element: &element,
            },
        )
    }

    /// The indices of some letters, given those of all but the label.
    pub(super) fn with_label(
        &mut self,
        one_hot: &OneHot,
        row: Option<&Index>,
        names: &[u8],
        at: &[Index],
        letters: &[u8],
    ) -> Vec<Index> {
        let known = |l: &u8| names.iter().position(|x| x == l).map(|j| at[j].clone());
        let own: Vec<Index> = one_hot.own.iter().map(|l| known(l).unwrap_or_default()).collect();
        let label = self.label(one_hot.input, row, &own);
        letters
            .iter()
            .map(|l| known(l).unwrap_or_else(|| label.clone()))
            .collect()
    }
}
