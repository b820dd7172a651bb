//! Loops over time.
//!
//! States lie in two buffers: bodies read the old one and write the new one, which replaces the old one at the end of a step where
//! the sample has such a step. Stacked results are written step by step.

use super::group::Final;
use super::kernel::{Builder, Dest, ROW};
use super::{Arg, Scheduler};
use crate::CodegenError;
use crate::loop_ir::{Array, BufferId, Expr, Index, Size, Space, Step, Table, TimeLoop};
use gdl_abi::{DimDef, DimId};
use gdl_core::ir::{Op, Value};

impl Scheduler<'_> {
    /// The steps of a loop: initial states, then the loop.
    pub(super) fn time_loop(&mut self, v: Value, steps: &mut Vec<Step>) -> Result<(), CodegenError> {
        let at = self.here(v);
        let Op::Scan(scan) = self.op(at) else {
            return Err(CodegenError::internal("not a loop"));
        };
        let id = self.times.len() as u32;
        self.times.push(scan.time);
        let mut args = Vec::new();
        let mut results = Vec::new();
        let mut finals = Vec::new();
        for (k, &init) in scan.init.iter().enumerate() {
            let shape = self.shape(self.here(init)).clone();
            let state = self.temp(format!("state{id}_{k}"), shape.dim, shape.row_len());
            let next = self.temp(format!("next{id}_{k}"), shape.dim, shape.row_len());
            steps.push(self.copy(init, state)?);
            args.push(Arg::State(state));
            results.push(state);
            finals.push(Final::Copy {
                v: scan.body.results[k],
                to: next,
            });
            finals.push(Final::Commit { from: next, state });
        }
        for (k, &y) in scan.body.results.iter().enumerate().skip(scan.init.len()) {
            let shape = &scan.body.nodes[y.0 as usize].shape;
            let Some(of) = shape.dim else {
                return Err(CodegenError::internal("a loop result without rows"));
            };
            let stacked = DimDef::Stacked { time: scan.time, of };
            let Some(dim) = self.program.domains.dims.iter().position(|d| *d == stacked) else {
                return Err(CodegenError::internal("the dim of a loop result is missing"));
            };
            let to = self.temp(format!("steps{id}_{k}"), Some(DimId(dim as u32)), shape.row_len());
            results.push(to);
            finals.push(Final::Part { v: y, to });
        }
        for &x in &scan.xs {
            // Where the part of a step begins.
            if let Some(DimDef::Stacked { of, .. }) = self.stacked(x) {
                self.program.size(Size::StepRows(id, of));
            }
            args.push(Arg::Part(x));
        }
        args.extend(scan.captures.iter().map(|&x| Arg::Capture(x)));
        let depth = self.depth();
        self.scopes[depth].loops.push((v, results));
        self.open(&scan.body, args, Some(id));
        let body = self.steps(finals);
        self.scopes.pop();
        steps.push(Step::Loop(TimeLoop {
            id,
            time: scan.time,
            reverse: scan.reverse,
            body: body?,
        }));
        Ok(())
    }

    /// The dim of a stacked value.
    fn stacked(&self, x: Value) -> Option<DimDef> {
        let dim = self.shape(self.here(x)).dim?;
        self.program.domains.dims.get(dim.0 as usize).cloned()
    }

    /// A kernel that copies a value to a buffer.
    pub(super) fn copy(&mut self, v: Value, to: BufferId) -> Result<Step, CodegenError> {
        let at = self.here(v);
        let shape = self.shape(at);
        let space = match shape.dim {
            Some(dim) => Space::Rows { dim, times: 1 },
            None => Space::Fixed(1),
        };
        let row = shape.dim.map(|_| Index::var(ROW));
        let mut k = Builder::new(if shape.dim.is_some() { None } else { Some(1) });
        let base = row.as_ref().map_or(Index::lit(0), |r| r.times(shape.row_len() as i64));
        let dest = Dest {
            array: Array::Buffer(to),
            base,
            fold: None,
        };
        self.pointwise(&mut k, &shape.axes, &dest, &|s, k, out, _| -> Result<Expr, _> {
            s.eval(k, at, row.as_ref(), out)
        })?;
        self.program.kernels.push(k.finish("copy".into(), space));
        Ok(Step::Kernel(self.program.kernels.len() - 1))
    }

    /// The current step, and the number of steps of the sample of a row.
    pub(super) fn step_and_steps(&mut self, row: &Index, dim: Option<DimId>) -> Result<(Index, Index), CodegenError> {
        let (Some(dim), Some(id)) = (dim, self.scope().time_loop) else {
            return Err(CodegenError::internal("a state without rows"));
        };
        let Some(time) = self.times.get(id as usize).copied() else {
            return Err(CodegenError::internal("a loop without a time"));
        };
        let now = self.size_index(Size::Step(id));
        let sample = self.lookup(Table::Sample(dim), row.clone());
        let ptr = self.table(Table::SamplePtr(time));
        let [start, end] = [0, 1].map(|j| Index::lookup(ptr, sample.shifted(j)));
        Ok((now, end.plus(&start.times(-1))))
    }
}
