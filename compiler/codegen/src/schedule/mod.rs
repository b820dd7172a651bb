//! Tensor IR to loop IR.
//!
//! Before: any well-formed [`Func`]. After: a [`Program`] in which every value of the function is either computed where it
//! is used or stored by exactly one step; steps stand in order of dependence.
//!
//! 0. `rewrite`: sums of contractions are contractions;
//! 1. `place`: which values are stored;
//! 2. `inside`: what is computed in the loops of push-forwards;
//!    `group`: stored values with the same rows share one loop over them, what only they read stays in local arrays;
//! 3. `emit`, `segment` and `nest`: the loops of one stored value, `eval`: the expression of one element;
//! 4. `gemm`: contractions that a library does better;
//! 5. `layout`: the order of arrays in memory, on a CPU; `lanes`: which loop of every nest runs side by side;
//! 6. `polish`: loops are joined and rows run side by side where that is possible.

mod choice;
mod contract;
mod emit;
mod eval;
mod gemm;
mod group;
mod inside;
mod kernel;
mod lanes;
mod layout;
mod nest;
mod pattern;
mod place;
pub(crate) mod polish;
mod reads;
mod rewrite;
mod scan;
mod segment;
mod sparse;
mod view;

use crate::CodegenError;
use crate::loop_ir::{BufferId, Home, Index, Program, Size, Step};
use gdl_abi::{DimId, Dtype};
use gdl_core::ir::{Body, Func, Op, Shape, Value};
use place::Place;

/// A value of one of the open bodies: the function's own at depth 0, loop bodies inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct At {
    depth: usize,
    v: Value,
}

/// What an argument of a loop body stands for.
#[derive(Clone, Debug)]
enum Arg {
    /// A state: the old state is in this buffer.
    State(BufferId),
    /// A part of a stacked value outside.
    Part(Value),
    /// A value outside.
    Capture(Value),
}

/// A body being scheduled.
struct Scope<'a> {
    body: &'a Body,
    places: Vec<Place>,
    /// The memory of stored values.
    homes: Vec<Option<BufferId>>,
    args: Vec<Arg>,
    /// Push-forwards, and the values computed inside their loops.
    inside: Vec<(Value, Value)>,
    /// The loop around it.
    time_loop: Option<u32>,
    /// Results of the loops in it, by the loop's value.
    loops: Vec<(Value, Vec<BufferId>)>,
}

struct Scheduler<'a> {
    func: &'a Func,
    target: Target,
    program: Program,
    scopes: Vec<Scope<'a>>,
    inputs: Vec<BufferId>,
    params: Vec<BufferId>,
    /// What every loop so far runs over.
    times: Vec<DimId>,
    /// Steps that the step being made needs in front of it.
    before: Vec<Step>,
    /// Copies of values without rows in another order, by value and its letters from slow to fast.
    copies: Vec<(At, Vec<u8>, BufferId)>,
    /// Choices: the loop in whose body they are made, and their value there.
    choices: Vec<(Option<u32>, Value)>,
}

/// Who runs what is scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Threads, each with many rows.
    Cpu {
        /// Reals are f64.
        double: bool,
    },
    /// Invocations, each with a row at most; a kernel that runs once has one invocation. Reals are f32.
    Gpu,
}

impl Target {
    /// Whether a kernel can have local arrays as long as a list whose length is known late: invocations of a GPU have no such memory.
    fn has_list_memory(self) -> bool {
        matches!(self, Target::Cpu { .. })
    }
}

/// Schedules a function.
///
/// # Errors
/// Names what the back ends cannot do.
pub fn schedule(func: &Func, target: Target) -> Result<Program, CodegenError> {
    let func = &rewrite::rewrite(func);
    let mut program = Program {
        name: func.name.clone(),
        domains: func.domains.clone(),
        double: target == Target::Cpu { double: true },
        buffers: Vec::new(),
        tables: Vec::new(),
        sizes: Vec::new(),
        kernels: Vec::new(),
        steps: Vec::new(),
    };
    let declare = |program: &mut Program, decl: &gdl_abi::ArrayDecl, home: Home| {
        program.buffer(decl.name.clone(), decl.dim, decl.row_len(), home)
    };
    let inputs = func
        .inputs
        .iter()
        .enumerate()
        .map(|(k, d)| declare(&mut program, d, Home::Input(k as u32)))
        .collect();
    let params = func
        .params
        .iter()
        .enumerate()
        .map(|(k, d)| declare(&mut program, d, Home::Param(k as u32)))
        .collect();
    let outputs: Vec<BufferId> = func
        .body
        .results
        .iter()
        .enumerate()
        .map(|(k, v)| {
            let shape = &func.body.nodes[v.0 as usize].shape;
            let name = func.outputs.get(k).cloned().unwrap_or_else(|| format!("result{k}"));
            program.buffer(name, shape.dim, shape.row_len(), Home::Output(k as u32))
        })
        .collect();
    let mut s = Scheduler {
        func,
        target,
        program,
        scopes: Vec::new(),
        inputs,
        params,
        times: Vec::new(),
        before: Vec::new(),
        copies: Vec::new(),
        choices: Vec::new(),
    };
    let finals = func
        .body
        .results
        .iter()
        .zip(outputs)
        .map(|(&v, to)| group::Final::Copy { v, to })
        .collect();
    s.open(&func.body, Vec::new(), None);
    let steps = s.steps(finals)?;
    s.scopes.pop();
    s.program.steps = steps;
    let width = s.width();
    if let Target::Cpu { .. } = target {
        layout::arrange(&mut s.program, width);
    }
    s.program.kernels.iter_mut().for_each(|k| lanes::choose(k, width));
    polish::polish(&mut s.program);
    Ok(s.program)
}

impl<'a> Scheduler<'a> {
    fn open(&mut self, body: &'a Body, args: Vec<Arg>, time_loop: Option<u32>) {
        let places = place::place(self.func, body);
        self.scopes.push(Scope {
            body,
            places,
            homes: vec![None; body.nodes.len()],
            args,
            inside: Vec::new(),
            time_loop,
            loops: Vec::new(),
        });
    }

    fn depth(&self) -> usize {
        self.scopes.len() - 1
    }

    fn scope(&self) -> &Scope<'a> {
        &self.scopes[self.scopes.len() - 1]
    }

    fn here(&self, v: Value) -> At {
        At { depth: self.depth(), v }
    }

    fn op(&self, at: At) -> &'a Op {
        &self.scopes[at.depth].body.nodes[at.v.0 as usize].op
    }

    fn shape(&self, at: At) -> &'a Shape {
        &self.scopes[at.depth].body.nodes[at.v.0 as usize].shape
    }

    /// The typed node that a value was made from.
    fn origin(&self, at: At) -> u32 {
        self.scopes[at.depth].body.nodes[at.v.0 as usize].origin
    }

    /// What a captured argument stands for outside.
    fn outer(&self, at: At) -> Option<At> {
        let Op::Arg(k) = self.op(at) else { return None };
        match self.scopes[at.depth].args.get(*k as usize)? {
            Arg::Capture(v) => Some(At {
                depth: at.depth - 1,
                v: *v,
            }),
            // Always in memory, at a place that depends on the step.
            Arg::Part(_) | Arg::State(_) => None,
        }
    }

    /// The buffer that holds a value, and where in it the value begins.
    fn memory(&self, at: At) -> Option<(BufferId, Index)> {
        let scope = &self.scopes[at.depth];
        let whole = |b: BufferId| Some((b, Index::lit(0)));
        if let Some(b) = scope.homes[at.v.0 as usize] {
            return whole(b);
        }
        match self.op(at) {
            Op::Input(k) if self.func.inputs[*k as usize].dtype == Dtype::Real => whole(self.inputs[*k as usize]),
            Op::Param(k) => whole(self.params[*k as usize]),
            Op::Proj { scan, k } => whole(scope.loops.iter().find(|(v, _)| v == scan)?.1[*k as usize]),
            Op::Arg(k) => match scope.args.get(*k as usize)? {
                Arg::State(b) => whole(*b),
                Arg::Capture(v) => self.memory(At {
                    depth: at.depth - 1,
                    v: *v,
                }),
                Arg::Part(v) => {
                    let (b, base) = self.memory(At {
                        depth: at.depth - 1,
                        v: *v,
                    })?;
                    let shape = self.shape(at);
                    let rows = self
                        .program
                        .sizes
                        .iter()
                        .position(|s| Some(s) == self.step_rows(at).as_ref())?;
                    let start = Index::atom(crate::loop_ir::Atom::Size(crate::loop_ir::SizeId(rows as u32)));
                    Some((b, base.plus(&start.times(shape.row_len() as i64))))
                }
            },
            _ => None,
        }
    }

    fn step_rows(&self, at: At) -> Option<Size> {
        Some(Size::StepRows(self.scopes[at.depth].time_loop?, self.shape(at).dim?))
    }

    /// A new temporary array.
    fn temp(&mut self, name: String, dim: Option<DimId>, row_len: usize) -> BufferId {
        self.program.buffer(name, dim, row_len, Home::Temp)
    }

    /// The temporary array of a stored value.
    fn give_home(&mut self, at: At) -> BufferId {
        if let Some(b) = self.scopes[at.depth].homes[at.v.0 as usize] {
            return b;
        }
        let shape = self.shape(at);
        let prefix = if at.depth == 0 {
            "v".to_string()
        } else {
            format!("l{}_", at.depth)
        };
        let b = self.temp(format!("{prefix}{}", at.v.0), shape.dim, shape.row_len());
        self.scopes[at.depth].homes[at.v.0 as usize] = Some(b);
        b
    }

    /// The steps of the innermost open body.
    fn steps(&mut self, finals: Vec<group::Final>) -> Result<Vec<Step>, CodegenError> {
        let groups = group::group(self, finals);
        let mut steps = Vec::new();
        for g in groups {
            match g.work {
                group::Work::Rows(space, items) => {
                    let kernel = self.kernel(space, &items)?;
                    steps.append(&mut self.before);
                    steps.push(kernel);
                }
                group::Work::Gemm(v) => self.gemm(v, &mut steps)?,
                group::Work::Loop(v) => self.time_loop(v, &mut steps)?,
                group::Work::Choice(v) => {
                    let step = self.choose(v)?;
                    steps.push(step);
                }
            }
        }
        Ok(steps)
    }
}
