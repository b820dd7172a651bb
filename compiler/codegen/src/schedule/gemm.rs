//! Contractions as matrix products of a library.
//!
//! Every argument is a view of memory, or packed: computed tile by tile just before it is used (convolutions, gathered rows), or
//! copied. The letters of m, n and k each must follow each other in memory ("merge"); a letter that does not becomes an outer
//! loop if it is short, otherwise an array is copied to an order that merges, preferably one without rows.

use super::contract::{Contraction, Label, MANY, Role};
use super::kernel::{Builder, Dest, ROW};
use super::{At, Scheduler};
use crate::CodegenError;
use crate::loop_ir::{Affine, Array, BufferId, Expr, Extent, Gemm, Home, Index, Matrix, Space, Step};
use gdl_abi::DimId;
use gdl_core::ir::Value;

/// An array of a product: where it is and its strides; `None` if it may have any order.
#[derive(Clone, Debug)]
struct Operand {
    letters: Vec<Letter>,
    strides: Option<Vec<usize>>,
}

/// A product whose letters merge.
struct Plan {
    /// The letters of m, n, k, from slow to fast.
    order: [Vec<Letter>; 3],
    batch: Vec<Letter>,
    /// a, b, c with strides.
    operands: [Operand; 3],
}

/// A letter and its extent.
type Letter = (Label, usize);

/// Outer loops made of letters that do not merge run at most this often.
const OUTER: usize = 16;

impl Operand {
    fn stride(&self, label: Label) -> usize {
        let at = self.letters.iter().position(|(l, _)| *l == label);
        at.zip(self.strides.as_ref()).map_or(0, |(j, s)| s[j])
    }

    fn rows(&self) -> Option<DimId> {
        self.letters.iter().find_map(|(l, _)| match l {
            Label::Rows(d) => Some(*d),
            Label::Axis(_) => None,
        })
    }

    /// Whether these letters, from slow to fast, are one loop in memory.
    fn merges(&self, order: &[Letter]) -> bool {
        self.strides.is_none()
            || order
                .windows(2)
                .all(|w| self.stride(w[0].0) == self.stride(w[1].0) * w[1].1)
    }
}

impl Scheduler<'_> {
    /// Pushes the steps of a contraction that suits the library.
    pub(super) fn gemm(&mut self, v: Value, steps: &mut Vec<Step>) -> Result<(), CodegenError> {
        let at = self.here(v);
        let body = self.scope().body;
        let Some(Contraction {
            a,
            b,
            a_axes,
            b_axes,
            out_axes,
            roles,
        }) = Contraction::of(body, at.v)
        else {
            return Err(CodegenError::internal("not a contraction"));
        };
        let home = self.give_home(at);
        let sources = [self.here(a), self.here(b), at];
        let letters = [a_axes, b_axes, out_axes];
        let mut operands = [0, 1, 2].map(|j| self.operand(sources[j], letters[j]));
        // At most one argument is packed; it goes first.
        let packs = [0, 1].map(|j| operands[j].strides.is_none() && roles.can_pack(j == 0));
        let swap = packs[1] && !packs[0];
        let mut sources = sources;
        let mut letters = letters;
        if swap {
            operands.swap(0, 1);
            sources.swap(0, 1);
            letters.swap(0, 1);
        }
        let in_role = |r: Role| roles.in_role(r).filter(|(_, n)| *n != 1).collect::<Vec<_>>();
        let (m, n) = if swap { (Role::N, Role::M) } else { (Role::M, Role::N) };
        let roles = [in_role(m), in_role(n), in_role(Role::K)];
        let Some(plan) = plan(&operands, &roles, &in_role(Role::Batch)) else {
            return Err(CodegenError::internal("a contraction without an order"));
        };
        let pack = packs[0] || packs[1];
        let mut matrices = Vec::new();
        let mut kernel = None;
        for j in 0..2 {
            matrices.push(
                match self
                    .view(sources[j])
                    .filter(|_| operands[j].strides.is_some() && operands[j].strides == plan.operands[j].strides)
                {
                    Some(view) => {
                        let offset = view.offset.affine();
                        let offset = offset.ok_or(CodegenError::internal("a matrix that begins at no fixed place"))?;
                        (view.buffer, offset)
                    }
                    None => {
                        let tile = pack && j == 0;
                        let (buffer, k) = self.reordered(sources[j], letters[j], &plan.operands[j], tile)?;
                        if tile {
                            kernel = Some(k)
                        } else {
                            steps.push(Step::Kernel(k))
                        }
                        (buffer, Affine::default())
                    }
                },
            );
        }
        let direct = operands[2].strides == plan.operands[2].strides;
        let shape = self.shape(at);
        let result = if direct {
            home
        } else {
            self.temp(
                format!("order{}", self.program.buffers.len()),
                shape.dim,
                shape.row_len(),
            )
        };
        matrices.push((result, Affine::default()));
        let [pa, pb, pc] = &plan.operands;
        let [om, on, ok] = &plan.order;
        let fast = |p: &Operand, order: &[Letter]| order.last().map_or(1, |(l, _)| p.stride(*l));
        let matrix = |(buffer, offset): (BufferId, Affine), p: &Operand, rows: &[Letter], cols: &[Letter]| Matrix {
            buffer,
            offset,
            row_stride: fast(p, rows),
            col_stride: fast(p, cols),
        };
        let mut parts = matrices.into_iter();
        let (Some(ma), Some(mb), Some(mc)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(CodegenError::internal("three matrices"));
        };
        let gemm = Gemm {
            size: [extent(om), extent(on), extent(ok)],
            a: matrix(ma, pa, om, ok),
            b: matrix(mb, pb, ok, on),
            c: matrix(mc, pc, om, on),
            batch: plan
                .batch
                .iter()
                .map(|&(l, n)| (extent(&[(l, n)]), [pa.stride(l), pb.stride(l), pc.stride(l)]))
                .collect(),
            pack: kernel,
        };
        steps.push(Step::Gemm(Box::new(gemm)));
        if !direct {
            steps.push(self.copy_back(at, out_axes, &plan.operands[2], result, home)?);
        }
        Ok(())
    }

    /// The letters of an argument and its strides.
    fn operand(&self, at: At, axes: &[u8]) -> Operand {
        let shape = self.shape(at);
        let mut letters: Vec<Letter> = shape.dim.iter().map(|d| (Label::Rows(*d), MANY)).collect();
        letters.extend(
            axes.iter()
                .zip(&shape.axes)
                .map(|(l, n)| (Label::Axis(*l), *n as usize)),
        );
        let strides = self
            .view(at)
            .map(|v| shape.dim.iter().map(|_| v.row_stride).chain(v.strides).collect());
        Operand { letters, strides }
    }

    /// A copy of an argument without rows in which the letter `fast`, along which the loops of a contraction run side by side, is
    /// innermost: the copy, and its letters. `None` where it is already, or where the copy would cost as much as the contraction.
    pub(super) fn fast_copy(
        &mut self,
        at: At,
        letters: &[u8],
        fast: u8,
    ) -> Result<Option<(BufferId, Vec<u8>)>, CodegenError> {
        let shape = self.shape(at);
        let (Some(j), None, 0) = (letters.iter().position(|l| *l == fast), shape.dim, at.depth) else {
            return Ok(None);
        };
        let different = (1..letters.len()).all(|k| !letters[..k].contains(&letters[k]));
        match self.view(at) {
            Some(view) if different && view.strides[j] != 1 => {}
            _ => return Ok(None),
        }
        let mut order = letters.to_vec();
        order.remove(j);
        order.push(fast);
        if let Some((_, _, copy)) = self.copies.iter().find(|(v, o, _)| *v == at && *o == order) {
            return Ok(Some((*copy, order)));
        }
        let extent = |l: &u8| letters.iter().position(|x| x == l).map_or(1, |j| shape.axes[j]);
        let sizes: Vec<u32> = order.iter().map(extent).collect();
        let strides = |l: &u8| {
            order
                .iter()
                .position(|x| x == l)
                .map_or(0, |j| sizes[j + 1..].iter().product::<u32>() as usize)
        };
        let operand = Operand {
            letters: letters.iter().map(|l| (Label::Axis(*l), extent(l) as usize)).collect(),
            strides: Some(letters.iter().map(strides).collect()),
        };
        let (copy, kernel) = self.reordered(at, letters, &operand, false)?;
        self.before.push(Step::Kernel(kernel));
        self.copies.push((at, order.clone(), copy));
        Ok(Some((copy, order)))
    }

    /// A kernel that stores a value in another order, in a new buffer.
    fn reordered(
        &mut self,
        at: At,
        axes: &[u8],
        order: &Operand,
        tile: bool,
    ) -> Result<(BufferId, usize), CodegenError> {
        let shape = self.shape(at);
        let home = if tile { Home::Tile } else { Home::Temp };
        let name = format!("{}{}", if tile { "tile" } else { "order" }, self.program.buffers.len());
        let buffer = self.program.buffer(name, shape.dim, shape.row_len(), home);
        // Loops in the order of the new array.
        let mut loops: Vec<(usize, usize)> = axes
            .iter()
            .enumerate()
            .map(|(j, l)| (order.stride(Label::Axis(*l)), j))
            .collect();
        loops.sort_by(|x, y| y.cmp(x));
        let extents: Vec<u32> = loops.iter().map(|(_, j)| shape.axes[*j]).collect();
        let row = shape.dim.map(|_| Index::var(ROW));
        let mut k = Builder::new(if shape.dim.is_some() { None } else { Some(1) });
        let base = row.as_ref().map_or(Index::lit(0), |r| r.times(shape.row_len() as i64));
        let dest = Dest {
            array: Array::Buffer(buffer),
            base,
            fold: None,
        };
        self.pointwise(&mut k, &extents, &dest, &|s, k, out, _| {
            let mut idx = vec![Index::lit(0); out.len()];
            loops.iter().zip(out).for_each(|((_, j), at)| idx[*j] = at.clone());
            s.eval(k, at, row.as_ref(), &idx)
        })?;
        let space = match shape.dim {
            Some(dim) => Space::Rows { dim, times: 1 },
            None => Space::Fixed(1),
        };
        self.program
            .kernels
            .push(k.finish(if tile { "pack".into() } else { "reorder".into() }, space));
        Ok((buffer, self.program.kernels.len() - 1))
    }

    /// A kernel that brings a result from another order to its own.
    fn copy_back(
        &mut self,
        at: At,
        axes: &[u8],
        order: &Operand,
        from: BufferId,
        to: BufferId,
    ) -> Result<Step, CodegenError> {
        let shape = self.shape(at);
        let row = shape.dim.map(|_| Index::var(ROW));
        let mut k = Builder::new(if shape.dim.is_some() { None } else { Some(1) });
        let base = row.as_ref().map_or(Index::lit(0), |r| r.times(shape.row_len() as i64));
        let dest = Dest {
            array: Array::Buffer(to),
            base: base.clone(),
            fold: None,
        };
        k.origins.insert(self.origin(at));
        self.pointwise(&mut k, &shape.axes, &dest, &|_, _, out, _| {
            let terms = axes
                .iter()
                .zip(out)
                .map(|(l, at)| at.times(order.stride(Label::Axis(*l)) as i64));
            Ok(Expr::Load(
                Array::Buffer(from),
                terms.fold(base.clone(), |sum, t| sum.plus(&t)),
            ))
        })?;
        let space = match shape.dim {
            Some(dim) => Space::Rows { dim, times: 1 },
            None => Space::Fixed(1),
        };
        self.program.kernels.push(k.finish("reorder".into(), space));
        Ok(Step::Kernel(self.program.kernels.len() - 1))
    }
}

fn extent(letters: &[Letter]) -> Extent {
    let mut e = Extent { dim: None, times: 1 };
    for (l, n) in letters {
        match l {
            Label::Rows(d) => e.dim = Some(*d),
            Label::Axis(_) => e.times *= n,
        }
    }
    e
}

/// An order in which everything merges: as it is, with copies of arrays without rows, with outer loops, with any copies.
fn plan(operands: &[Operand; 3], roles: &[Vec<Letter>; 3], batch: &[Letter]) -> Option<Plan> {
    let copies = |set: usize, j: usize| set >> j & 1 == 1;
    let has_rows = |set: usize| (0..3).any(|j| copies(set, j) && operands[j].rows().is_some());
    let mut sets: Vec<usize> = (0..8).collect();
    sets.sort_by_key(|s| s.count_ones());
    let tries = (sets.iter().filter(|s| !has_rows(**s)).map(|s| (*s, false)))
        .chain(sets.iter().filter(|s| !has_rows(**s)).map(|s| (*s, true)))
        .chain(sets.iter().filter(|s| has_rows(**s)).map(|s| (*s, true)));
    tries.into_iter().find_map(|(set, outer)| {
        let free = [0, 1, 2].map(|j| {
            let mut o = operands[j].clone();
            if copies(set, j) {
                o.strides = None;
            }
            o
        });
        try_plan(free, roles, batch, outer)
    })
}

fn try_plan(operands: [Operand; 3], roles: &[Vec<Letter>; 3], batch: &[Letter], outer: bool) -> Option<Plan> {
    let [a, b, c] = &operands;
    let mut batch = batch.to_vec();
    let mut order: [Vec<Letter>; 3] = Default::default();
    for (j, pair) in [(0, [a, c]), (1, [b, c]), (2, [a, b])] {
        match merged_order(&roles[j], pair) {
            Some(found) => order[j] = found,
            None if outer && j < 2 => {
                let (kept, rest) = without_main(&roles[j])?;
                order[j] = vec![kept];
                batch.extend(rest);
            }
            None => return None,
        }
    }
    let owners = [[0, 2], [1, 2], [0, 1]];
    let mut operands = operands;
    for (j, operand) in operands.iter_mut().enumerate() {
        if operand.strides.is_none() {
            let own: Vec<&[Letter]> = (0..3)
                .filter(|r| owners[*r].contains(&j))
                .map(|r| order[r].as_slice())
                .collect();
            operand.strides = Some(canonical(operand, &own, &batch));
        }
    }
    Some(Plan { order, batch, operands })
}

/// An order of letters that is one loop in both arrays.
fn merged_order(letters: &[Letter], pair: [&Operand; 2]) -> Option<Vec<Letter>> {
    let mut letters = letters.to_vec();
    // Rows are slowest, as in memory; then as in the first array that has an order.
    let leader = pair.iter().find(|o| o.strides.is_some());
    letters.sort_by_key(|(l, _)| {
        (
            !matches!(l, Label::Rows(_)),
            std::cmp::Reverse(leader.map_or(0, |o| o.stride(*l))),
        )
    });
    pair.iter().all(|o| o.merges(&letters)).then_some(letters)
}

/// The rows or the longest letter, and the others if they are few.
fn without_main(letters: &[Letter]) -> Option<(Letter, Vec<Letter>)> {
    let main = *letters.iter().max_by_key(|(l, n)| (matches!(l, Label::Rows(_)), *n))?;
    let rest: Vec<_> = letters.iter().copied().filter(|x| *x != main).collect();
    (rest.iter().map(|(_, n)| n).product::<usize>() <= OUTER).then_some((main, rest))
}

/// Strides of a new array: its rows, the other letters of their role, outer loops, the other role.
fn canonical(operand: &Operand, roles: &[&[Letter]], batch: &[Letter]) -> Vec<usize> {
    let mut roles = roles.to_vec();
    roles.sort_by_key(|r| !r.iter().any(|(l, _)| matches!(l, Label::Rows(_))));
    let with_rows = roles
        .first()
        .is_some_and(|r| r.iter().any(|(l, _)| matches!(l, Label::Rows(_))));
    let own_batch: Vec<_> = batch
        .iter()
        .filter(|(l, _)| operand.letters.iter().any(|(x, _)| x == l))
        .copied()
        .collect();
    let mut order: Vec<Letter> = Vec::new();
    if !with_rows {
        order.extend(&own_batch);
    }
    for (j, r) in roles.iter().enumerate() {
        order.extend(*r);
        if j == 0 && with_rows {
            order.extend(&own_batch);
        }
    }
    let mut stride = 1;
    let mut strides = vec![0; operand.letters.len()];
    for (l, n) in order.iter().rev() {
        if let Some(j) = operand.letters.iter().position(|(x, _)| x == l) {
            strides[j] = stride;
            stride *= n;
        }
    }
    strides
}
