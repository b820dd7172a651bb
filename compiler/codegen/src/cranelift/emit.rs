//! A kernel as one function `(context, first row, end row, locals)`.

use super::lanes::{Lane, Num, Ops};
use crate::loop_ir::{BufferId, Expr, Index, Kernel, Program, Reg, SizeId, Stmt, TableId, Touched, Var};
use cranelift::prelude::*;
use gdl_core::ir::{Cmp, Fold, Scalar};
use gdl_runtime::exec::{KernelContext, LOCAL_ALIGN, local_bytes};
use std::collections::HashMap;
use std::mem::offset_of;

/// What a register holds.
#[derive(Clone, Debug)]
pub(super) enum Held {
    Fixed(Num),
    /// An accumulator: one variable, or one for every vector.
    One(Variable),
    Many(Vec<Variable>),
}

/// Emits kernels.
pub struct Emitter<'a, 'f, 'p> {
    pub(super) ops: Ops<'a, 'f>,
    pub(super) program: &'p Program,
    pub(super) kernel: &'p Kernel,
    pub(super) writes: Vec<BufferId>,
    pub(super) buffers: HashMap<BufferId, Value>,
    pub(super) tables: HashMap<TableId, Value>,
    pub(super) sizes: HashMap<SizeId, Value>,
    pub(super) locals: Vec<Value>,
    pub(super) vars: HashMap<Var, Value>,
    pub(super) regs: HashMap<Reg, Held>,
    pub(super) lane: Option<Lane>,
}

impl<'a, 'f, 'p> Emitter<'a, 'f, 'p> {
    /// Emits the body of a function whose entry block is open.
    pub fn kernel(ops: Ops<'a, 'f>, program: &'p Program, kernel: &'p Kernel) {
        let mut e = Emitter {
            ops,
            program,
            kernel,
            writes: kernel.writes(),
            buffers: HashMap::new(),
            tables: HashMap::new(),
            sizes: HashMap::new(),
            locals: Vec::new(),
            vars: HashMap::new(),
            regs: HashMap::new(),
            lane: None,
        };
        e.prologue();
        let params = e
            .ops
            .b
            .func
            .dfg
            .block_params(e.ops.b.func.layout.entry_block().unwrap_or(Block::from_u32(0)))
            .to_vec();
        let row = Var(0);
        if kernel.lanes {
            e.lanes(row, params[1], params[2], None, &kernel.body);
        } else {
            e.counted(row, params[1], params[2], 1, &mut |e| e.block(&kernel.body));
        }
        e.ops.b.ins().return_(&[]);
    }

    /// Loads all base addresses and sizes.
    pub(super) fn prologue(&mut self) {
        let entry = self.ops.b.func.layout.entry_block().unwrap_or(Block::from_u32(0));
        let params = self.ops.b.func.dfg.block_params(entry).to_vec();
        let mut found = Touched::default();
        found.block(&self.kernel.body);
        let flags = readonly();
        let pointers = |e: &mut Self, field: usize| e.ops.b.ins().load(types::I64, flags, params[0], field as i32);
        let base = pointers(self, offset_of!(KernelContext, buffers));
        for &b in &found.buffers {
            let address = self.ops.b.ins().load(types::I64, flags, base, 8 * b.0 as i32);
            self.buffers.insert(b, address);
        }
        let base = pointers(self, offset_of!(KernelContext, tables));
        for &t in &found.tables {
            let address = self.ops.b.ins().load(types::I64, flags, base, 8 * t.0 as i32);
            self.tables.insert(t, address);
        }
        let base = pointers(self, offset_of!(KernelContext, sizes));
        let of_locals = self.kernel.locals.iter().filter_map(|l| l.times);
        for s in found.sizes.iter().copied().chain(of_locals) {
            let size = self.ops.b.ins().load(types::I64, flags, base, 8 * s.0 as i32);
            self.sizes.insert(s, size);
        }
        let real = self.ops.bytes();
        let mut address = params[3];
        for local in &self.kernel.locals {
            self.locals.push(address);
            let b = &mut self.ops.b;
            address = match local.times {
                None => b
                    .ins()
                    .iadd_imm_s(address, local_bytes(local.len as usize, real as usize) as i64),
                // `local_bytes`, of a length that is known when the kernel runs.
                Some(s) => {
                    let bytes = b.ins().imul_imm_s(self.sizes[&s], i64::from(local.len) * real);
                    let up = b.ins().iadd_imm_s(bytes, LOCAL_ALIGN as i64 - 1);
                    let whole = b.ins().band_imm_s(up, -(LOCAL_ALIGN as i64));
                    b.ins().iadd(address, whole)
                }
            };
        }
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::For(l) => self.looped(l),
            Stmt::Def { reg, value } => {
                let value = self.expr(value);
                self.regs.insert(*reg, Held::Fixed(value));
            }
            Stmt::Start { acc, fold } => {
                let held = match self.lane {
                    Some(lane) => self.accumulators(*fold, lane.copies),
                    None => {
                        let ty = self.ops.scalar();
                        let var = self.ops.b.declare_var(ty);
                        let start = self.ops.num(ty, identity(*fold));
                        self.ops.b.def_var(var, start);
                        Held::One(var)
                    }
                };
                self.regs.insert(*acc, held);
            }
            Stmt::Fold {
                acc,
                fold: Fold::Sum,
                value: Expr::Apply(Scalar::Mul, args),
            } => {
                let [x, y] = [&args[0], &args[1]].map(|a| self.expr(a));
                let held = self.held(*acc);
                let sum = self.ops.each([&x, &y, &held], |o, [x, y, z]| o.mul_add(x, y, z));
                self.set(*acc, &sum);
            }
            Stmt::Fold { acc, fold, value } => {
                let value = self.expr(value);
                self.fold(*acc, *fold, &value);
            }
            Stmt::Store {
                array,
                index,
                value,
                fold,
            } => {
                let value = self.expr(value);
                self.store(*array, index, &value, *fold);
            }
        }
    }

    pub(super) fn held(&mut self, reg: Reg) -> Num {
        match self.regs.get(&reg).cloned() {
            Some(Held::Fixed(n)) => n,
            Some(Held::One(v)) => Num::One(self.ops.b.use_var(v)),
            Some(Held::Many(vs)) => Num::Many(vs.iter().map(|v| self.ops.b.use_var(*v)).collect()),
            None => {
                let ty = self.ops.scalar();
                Num::One(self.ops.num(ty, f64::NAN))
            }
        }
    }

    pub(super) fn set(&mut self, acc: Reg, value: &Num) {
        match (self.regs.get(&acc).cloned(), value) {
            (Some(Held::One(v)), Num::One(x)) => self.ops.b.def_var(v, *x),
            (Some(Held::Many(vs)), value) => {
                let values = self.ops.many(value, vs.len());
                vs.iter().zip(values).for_each(|(v, x)| self.ops.b.def_var(*v, x));
            }
            _ => {}
        }
    }

    pub(super) fn fold(&mut self, acc: Reg, fold: Fold, value: &Num) {
        let held = self.held(acc);
        let next = self.ops.each([&held, value], |o, [x, y]| join(o, fold, x, y));
        self.set(acc, &next);
    }

    pub(super) fn join(&mut self, fold: Fold, x: Value, y: Value) -> Value {
        join(&mut self.ops, fold, x, y)
    }

    pub(super) fn expr(&mut self, e: &Expr) -> Num {
        match e {
            Expr::Num(x) => {
                let ty = self.ops.scalar();
                Num::One(self.ops.num(ty, *x))
            }
            Expr::Reg(r) => self.held(*r),
            Expr::Load(array, index) => self.load(*array, index),
            Expr::Real(index) => match self.lane.filter(|l| index.mentions(l.var)) {
                Some(lane) => self.by_lanes(lane, |e, _| e.real(index)),
                None => Num::One(self.real(index)),
            },
            Expr::Apply(Scalar::Add, args) if args.iter().any(is_product) => self.sum_of_product(args),
            Expr::Apply(f, args) => {
                let args: Vec<Num> = args.iter().map(|a| self.expr(a)).collect();
                super::scalar::apply(&mut self.ops, *f, &args)
            }
            Expr::Choose(op, a, b, arms) => {
                let [yes, no] = [&arms[0], &arms[1]].map(|x| self.expr(x));
                match self.lane.filter(|l| a.mentions(l.var) || b.mentions(l.var)) {
                    Some(lane) => {
                        // A mask of reals, lane by lane.
                        let (one, zero) = (self.ops.scalar(), self.ops.scalar());
                        let mask = self.by_lanes(lane, |e, _| {
                            let holds = e.holds(*op, a, b);
                            let (one, zero) = (e.ops.num(one, 1.0), e.ops.num(zero, 0.0));
                            e.ops.b.ins().select(holds, one, zero)
                        });
                        let [yes, no] = [yes, no].map(|x| Num::Many(self.ops.many(&x, lane.copies)));
                        self.ops.each([&mask, &yes, &no], |o, [m, y, n]| {
                            let ty = o.b.func.dfg.value_type(m);
                            let zero = o.num(ty, 0.0);
                            o.compare(FloatCC::NotEqual, [m, zero], [y, n])
                        })
                    }
                    None => {
                        let holds = self.holds(*op, a, b);
                        self.ops.each([&yes, &no], |o, [y, n]| o.b.ins().select(holds, y, n))
                    }
                }
            }
        }
    }

    /// a · b + c at once.
    pub(super) fn sum_of_product(&mut self, args: &[Expr]) -> Num {
        let (product, other) = if is_product(&args[1]) {
            (&args[1], &args[0])
        } else {
            (&args[0], &args[1])
        };
        let Expr::Apply(_, factors) = product else {
            return self.expr(other);
        };
        let other = self.expr(other);
        let [x, y] = [&factors[0], &factors[1]].map(|f| self.expr(f));
        self.ops.each([&x, &y, &other], |o, [x, y, z]| o.mul_add(x, y, z))
    }

    pub(super) fn holds(&mut self, op: Cmp, a: &Index, b: &Index) -> Value {
        let (a, b) = (self.index(a), self.index(b));
        let cc = match op {
            Cmp::Eq => IntCC::Equal,
            Cmp::Lt => IntCC::SignedLessThan,
            Cmp::Le => IntCC::SignedLessThanOrEqual,
        };
        self.ops.b.ins().icmp(cc, a, b)
    }

    pub(super) fn real(&mut self, index: &Index) -> Value {
        let x = self.index(index);
        let ty = self.ops.scalar();
        self.ops.b.ins().fcvt_from_sint(ty, x)
    }
}

fn is_product(e: &Expr) -> bool {
    matches!(e, Expr::Apply(Scalar::Mul, _))
}

pub(super) fn readonly() -> MemFlagsData {
    MemFlagsData::new().with_notrap().with_readonly().with_can_move()
}

pub(super) fn identity(fold: Fold) -> f64 {
    match fold {
        Fold::Sum => 0.0,
        Fold::Prod => 1.0,
        Fold::Max => f64::NEG_INFINITY,
        Fold::Min => f64::INFINITY,
    }
}

pub(super) fn join(o: &mut Ops<'_, '_>, fold: Fold, x: Value, y: Value) -> Value {
    match fold {
        Fold::Sum => o.b.ins().fadd(x, y),
        Fold::Prod => o.b.ins().fmul(x, y),
        Fold::Max => o.extreme(FloatCC::GreaterThan, y, x),
        Fold::Min => o.extreme(FloatCC::LessThan, y, x),
    }
}

/// The number of expressions in a block, loops counted once.
pub(super) fn weight(block: &[Stmt]) -> usize {
    let mut n = 0;
    Stmt::visit(block, &mut |s| {
        n += 1;
        if matches!(s, Stmt::For(_)) {
            n += 6;
        }
        if let Some(value) = s.value() {
            value.visit(&mut |e| {
                n += match e {
                    Expr::Apply(f, _) => (crate::loop_ir::scalar_cost(*f) as usize).clamp(1, 20),
                    Expr::Load(..) | Expr::Choose(..) => 1,
                    Expr::Num(_) | Expr::Reg(_) | Expr::Real(_) => 0,
                }
            });
        }
    });
    n
}
