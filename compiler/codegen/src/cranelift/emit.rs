//! A kernel as one function `(context, first row, end row, locals)`.

use super::lanes::{Lane, Num, Ops};
use crate::loop_ir::{
    Array, Atom, BufferId, Divisor, Expr, Index, Kernel, Loop, LoopKind, Program, Range, Reg, SizeId, Stmt, Table,
    TableId, Var,
};
use cranelift::prelude::*;
use gdl_core::ir::{Cmp, Fold, Scalar};
use std::collections::HashMap;

/// What a register holds.
#[derive(Clone, Debug)]
enum Held {
    Fixed(Num),
    /// An accumulator: one variable, or one for every vector.
    One(Variable),
    Many(Vec<Variable>),
}

/// Offsets of the fields of the context a function gets.
pub const CONTEXT_BUFFERS: i32 = 0;
/// See [`CONTEXT_BUFFERS`].
pub const CONTEXT_TABLES: i32 = 8;
/// See [`CONTEXT_BUFFERS`].
pub const CONTEXT_SIZES: i32 = 16;

/// Serial loops with at most this many expressions altogether are unrolled.
const UNROLL: usize = 48;
/// Bodies with at most this many expressions run several vectors side by side.
const SMALL_BODY: usize = 40;

/// Emits kernels.
pub struct Emitter<'a, 'f, 'p> {
    ops: Ops<'a, 'f>,
    program: &'p Program,
    kernel: &'p Kernel,
    writes: Vec<BufferId>,
    buffers: HashMap<BufferId, Value>,
    tables: HashMap<TableId, Value>,
    sizes: HashMap<SizeId, Value>,
    locals: Vec<Value>,
    vars: HashMap<Var, Value>,
    regs: HashMap<Reg, Held>,
    lane: Option<Lane>,
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
    fn prologue(&mut self) {
        let entry = self.ops.b.func.layout.entry_block().unwrap_or(Block::from_u32(0));
        let params = self.ops.b.func.dfg.block_params(entry).to_vec();
        let mut found = Found::default();
        found.block(&self.kernel.body);
        let flags = readonly();
        let pointers = |e: &mut Self, field: i32| e.ops.b.ins().load(types::I64, flags, params[0], field);
        let base = pointers(self, CONTEXT_BUFFERS);
        for &b in &found.buffers {
            let address = self.ops.b.ins().load(types::I64, flags, base, 8 * b.0 as i32);
            self.buffers.insert(b, address);
        }
        let base = pointers(self, CONTEXT_TABLES);
        for &t in &found.tables {
            let address = self.ops.b.ins().load(types::I64, flags, base, 8 * t.0 as i32);
            self.tables.insert(t, address);
        }
        let base = pointers(self, CONTEXT_SIZES);
        for &s in &found.sizes {
            let size = self.ops.b.ins().load(types::I64, flags, base, 8 * s.0 as i32);
            self.sizes.insert(s, size);
        }
        let mut at = 0;
        for &len in &self.kernel.locals {
            let address = self.ops.b.ins().iadd_imm_s(params[3], at);
            self.locals.push(address);
            at += local_bytes(len, self.ops.bytes());
        }
    }

    // ---- loops ----

    /// `for v in low..high step by step`, with the body emitted once.
    fn counted(&mut self, v: Var, low: Value, high: Value, step: i64, body: &mut dyn FnMut(&mut Self)) -> Value {
        let b = &mut self.ops.b;
        let [head, inside, after] = [(); 3].map(|()| b.create_block());
        b.append_block_param(head, types::I64);
        b.ins().jump(head, &[low.into()]);
        b.switch_to_block(head);
        let at = b.block_params(head)[0];
        let more = if step == 1 {
            b.ins().icmp(IntCC::SignedLessThan, at, high)
        } else {
            let last = b.ins().iadd_imm_s(at, step);
            b.ins().icmp(IntCC::SignedLessThanOrEqual, last, high)
        };
        b.ins().brif(more, inside, &[], after, &[]);
        b.switch_to_block(inside);
        b.seal_block(inside);
        self.vars.insert(v, at);
        body(self);
        let b = &mut self.ops.b;
        let next = b.ins().iadd_imm_s(at, step);
        b.ins().jump(head, &[next.into()]);
        b.seal_block(head);
        b.seal_block(after);
        b.switch_to_block(after);
        at
    }

    fn block(&mut self, block: &[Stmt]) {
        for stmt in block {
            self.stmt(stmt);
        }
    }

    fn looped(&mut self, l: &Loop) {
        let (low, high) = match &l.range {
            Range::Lit(n) => (self.int(0), self.int(i64::from(*n))),
            Range::Size(s) => (self.int(0), self.sizes[s]),
            Range::Between(t, at) => {
                let next = self.lookup(*t, &at.shifted(1));
                (self.lookup(*t, at), next)
            }
        };
        let known = match l.range {
            Range::Lit(n) => Some(n as usize),
            Range::Size(_) | Range::Between(..) => None,
        };
        match l.kind {
            LoopKind::Lanes if self.lane.is_none() => self.lanes(l.var, low, high, known, &l.body),
            LoopKind::LaneFold if self.lane.is_none() => self.lane_fold(l, low, high, known),
            _ => match known {
                Some(n) if n * weight(&l.body) * self.lane.map_or(1, |x| x.copies) <= UNROLL => {
                    for j in 0..n {
                        let at = self.int(j as i64);
                        self.vars.insert(l.var, at);
                        self.block(&l.body);
                    }
                }
                _ => {
                    self.counted(l.var, low, high, 1, &mut |e| e.block(&l.body));
                }
            },
        }
    }

    /// How many vectors run side by side.
    fn copies(&self, body: &[Stmt], known: Option<usize>) -> usize {
        let most = known.map_or(4, |n| n / self.ops.width());
        let room = match weight(body) {
            w if w <= SMALL_BODY => 4,
            w if w <= 2 * SMALL_BODY => 2,
            _ => 1,
        };
        if most >= room { room } else { most.min(2) }
    }

    /// Iterations side by side: as many vectors as fit, then one vector, then one by one.
    fn lanes(&mut self, v: Var, low: Value, high: Value, known: Option<usize>, body: &[Stmt]) {
        let width = self.ops.width();
        let copies = self.copies(body, known);
        let mut at = low;
        let mut left = known;
        for c in if copies > 1 { vec![copies, 1] } else { vec![copies] } {
            let step = c * width;
            if c == 0 || left.is_some_and(|n| n < step) {
                continue;
            }
            let mut run = |e: &mut Self| {
                e.lane = Some(Lane { var: v, copies: c });
                e.block(body);
                e.lane = None;
            };
            at = match left {
                Some(n) if n / step == 1 => {
                    self.vars.insert(v, at);
                    run(self);
                    self.ops.b.ins().iadd_imm_s(at, step as i64)
                }
                _ => self.counted(v, at, high, step as i64, &mut run),
            };
            left = left.map(|n| n % step);
        }
        if left != Some(0) {
            self.counted(v, at, high, 1, &mut |e| e.block(body));
        }
    }

    /// Iterations side by side with accumulators outside: these become vectors, joined at the end.
    fn lane_fold(&mut self, l: &Loop, low: Value, high: Value, known: Option<usize>) {
        let width = self.ops.width();
        let copies = self.copies(&l.body, known);
        let mut at = low;
        if copies > 0 {
            let mut accs: Vec<(Reg, Fold, Held)> = Vec::new();
            for stmt in &l.body {
                if let Stmt::Fold { acc, fold, .. } = stmt
                    && accs.iter().all(|(a, ..)| a != acc)
                    && let Some(old) = self.regs.get(acc)
                {
                    accs.push((*acc, *fold, old.clone()));
                }
            }
            for (acc, fold, _) in &accs {
                let vars = self.accumulators(*fold, copies);
                self.regs.insert(*acc, vars);
            }
            let step = (copies * width) as i64;
            at = self.counted(l.var, low, high, step, &mut |e| {
                e.lane = Some(Lane { var: l.var, copies });
                e.block(&l.body);
                e.lane = None;
            });
            for (acc, fold, old) in accs {
                let total = self.joined(acc, fold);
                self.regs.insert(acc, old);
                if let Some(total) = total {
                    self.fold(acc, fold, &Num::One(total));
                }
            }
        }
        if known.is_none_or(|n| copies == 0 || n % (copies * width) != 0) {
            self.counted(l.var, at, high, 1, &mut |e| e.block(&l.body));
        }
    }

    /// Vector accumulators at the identity of a fold.
    fn accumulators(&mut self, fold: Fold, copies: usize) -> Held {
        let ty = self.ops.vector();
        let start = self.ops.num(ty, identity(fold));
        let vars = (0..copies).map(|_| {
            let var = self.ops.b.declare_var(ty);
            self.ops.b.def_var(var, start);
            var
        });
        Held::Many(vars.collect())
    }

    /// All lanes of an accumulator as one number.
    fn joined(&mut self, acc: Reg, fold: Fold) -> Option<Value> {
        let Some(Held::Many(vars)) = self.regs.get(&acc).cloned() else {
            return None;
        };
        let parts: Vec<Value> = vars.iter().map(|v| self.ops.b.use_var(*v)).collect();
        let whole = parts.into_iter().reduce(|x, y| self.join(fold, x, y))?;
        let lanes: Vec<Value> = (0..self.ops.width() as u8)
            .map(|l| self.ops.b.ins().extractlane(whole, l))
            .collect();
        lanes.into_iter().reduce(|x, y| self.join(fold, x, y))
    }

    // ---- statements ----

    fn stmt(&mut self, stmt: &Stmt) {
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

    fn held(&mut self, reg: Reg) -> Num {
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

    fn set(&mut self, acc: Reg, value: &Num) {
        match (self.regs.get(&acc).cloned(), value) {
            (Some(Held::One(v)), Num::One(x)) => self.ops.b.def_var(v, *x),
            (Some(Held::Many(vs)), value) => {
                let values = self.ops.many(value, vs.len());
                vs.iter().zip(values).for_each(|(v, x)| self.ops.b.def_var(*v, x));
            }
            _ => {}
        }
    }

    fn fold(&mut self, acc: Reg, fold: Fold, value: &Num) {
        let held = self.held(acc);
        let next = self.ops.each([&held, value], |o, [x, y]| join(o, fold, x, y));
        self.set(acc, &next);
    }

    fn join(&mut self, fold: Fold, x: Value, y: Value) -> Value {
        join(&mut self.ops, fold, x, y)
    }

    // ---- memory ----

    fn base(&self, array: Array) -> Value {
        match array {
            Array::Buffer(b) => self.buffers[&b],
            Array::Local(k) => self.locals[k as usize],
        }
    }

    fn flags(&self, array: Array) -> MemFlagsData {
        match array {
            Array::Buffer(b) if !self.writes.contains(&b) => readonly(),
            _ => MemFlagsData::new().with_notrap(),
        }
    }

    fn address(&mut self, array: Array, index: &Index) -> (Value, i32) {
        // The constant part goes into the instruction.
        let bytes = self.ops.bytes();
        let offset = i32::try_from(index.offset * bytes).ok();
        let moved = Index {
            terms: index.terms.clone(),
            offset: if offset.is_some() { 0 } else { index.offset },
        };
        let base = self.base(array);
        if moved.as_lit() == Some(0) {
            return (base, offset.unwrap_or(0));
        }
        let at = self.index(&moved);
        let at = self.ops.b.ins().ishl_imm_u(at, bytes.trailing_zeros() as i64);
        (self.ops.b.ins().iadd(base, at), offset.unwrap_or(0))
    }

    /// The lanes of the loop that runs side by side, each with its own index.
    fn in_lane<T>(&mut self, lane: Lane, l: usize, f: impl FnOnce(&mut Self) -> T) -> T {
        let base = self.vars[&lane.var];
        let own = self.ops.b.ins().iadd_imm_s(base, l as i64);
        self.vars.insert(lane.var, own);
        let saved = self.lane.take();
        let result = f(self);
        self.lane = saved;
        self.vars.insert(lane.var, base);
        result
    }

    /// A number for every lane, one by one.
    fn by_lanes(&mut self, lane: Lane, mut f: impl FnMut(&mut Self, usize) -> Value) -> Num {
        let width = self.ops.width();
        let ty = self.ops.vector();
        let parts = (0..lane.copies).map(|c| {
            let first = self.in_lane(lane, c * width, |e| f(e, c * width));
            let mut v = self.ops.b.ins().splat(ty, first);
            for l in 1..width {
                let x = self.in_lane(lane, c * width + l, |e| f(e, c * width + l));
                v = self.ops.b.ins().insertlane(v, x, l as u8);
            }
            v
        });
        Num::Many(parts.collect())
    }

    fn load(&mut self, array: Array, index: &Index) -> Num {
        let flags = self.flags(array);
        let scalar = self.ops.scalar();
        match self.lane.map(|lane| (lane, index.stride(lane.var))) {
            None | Some((_, Some(0))) => {
                let (p, offset) = self.address(array, index);
                Num::One(self.ops.b.ins().load(scalar, flags, p, offset))
            }
            Some((lane, Some(1))) => {
                let (p, offset) = self.address(array, index);
                let ty = self.ops.vector();
                Num::Many(
                    (0..lane.copies)
                        .map(|c| self.ops.b.ins().load(ty, flags, p, offset + 16 * c as i32))
                        .collect(),
                )
            }
            Some((lane, stride)) => {
                let fixed = stride.map(|s| (self.address(array, index), s * self.ops.bytes()));
                self.by_lanes(lane, |e, l| {
                    let (p, offset) = match fixed {
                        Some(((p, offset), s))
                            if i32::try_from(l as i64 * s).is_ok_and(|d| offset.checked_add(d).is_some()) =>
                        {
                            (p, offset + (l as i64 * s) as i32)
                        }
                        _ => e.address(array, index),
                    };
                    e.ops.b.ins().load(scalar, flags, p, offset)
                })
            }
        }
    }

    fn store(&mut self, array: Array, index: &Index, value: &Num, fold: Option<Fold>) {
        let flags = MemFlagsData::new().with_notrap();
        match self.lane.map(|lane| (lane, index.stride(lane.var))) {
            None => {
                let (p, offset) = self.address(array, index);
                let Num::One(x) = value else { return };
                self.store_one(*x, p, offset, fold);
            }
            Some((lane, Some(1))) => {
                let values = self.ops.many(value, lane.copies);
                let (p, offset) = self.address(array, index);
                for (c, mut x) in values.into_iter().enumerate() {
                    let at = offset + 16 * c as i32;
                    if let Some(fold) = fold {
                        let ty = self.ops.vector();
                        let old = self.ops.b.ins().load(ty, flags, p, at);
                        x = self.join(fold, old, x);
                    }
                    self.ops.b.ins().store(flags, x, p, at);
                }
            }
            Some((lane, _)) => {
                let width = self.ops.width();
                for l in 0..lane.copies * width {
                    let x = match value {
                        Num::One(x) => *x,
                        Num::Many(v) => self.ops.b.ins().extractlane(v[l / width], (l % width) as u8),
                    };
                    let (p, offset) = self.in_lane(lane, l, |e| e.address(array, index));
                    self.store_one(x, p, offset, fold);
                }
            }
        }
    }

    fn store_one(&mut self, x: Value, p: Value, offset: i32, fold: Option<Fold>) {
        let flags = MemFlagsData::new().with_notrap();
        let mut x = x;
        if let Some(fold) = fold {
            let ty = self.ops.scalar();
            let old = self.ops.b.ins().load(ty, flags, p, offset);
            x = self.join(fold, old, x);
        }
        self.ops.b.ins().store(flags, x, p, offset);
    }

    // ---- indices ----

    fn int(&mut self, x: i64) -> Value {
        self.ops.b.ins().iconst(types::I64, x)
    }

    fn index(&mut self, index: &Index) -> Value {
        let mut sum: Option<Value> = None;
        for (atom, c) in &index.terms {
            let x = self.atom(atom);
            let x = match c {
                1 => x,
                c if *c > 0 && c.count_ones() == 1 => self.ops.b.ins().ishl_imm_u(x, i64::from(c.trailing_zeros())),
                c => self.ops.b.ins().imul_imm_s(x, *c),
            };
            sum = Some(match sum {
                Some(s) => self.ops.b.ins().iadd(s, x),
                None => x,
            });
        }
        match (sum, index.offset) {
            (Some(s), 0) => s,
            (Some(s), o) => self.ops.b.ins().iadd_imm_s(s, o),
            (None, o) => self.int(o),
        }
    }

    fn atom(&mut self, atom: &Atom) -> Value {
        match atom {
            Atom::Var(v) => self.vars[v],
            Atom::Size(s) => self.sizes[s],
            Atom::Times(s, x) => {
                let x = self.index(x);
                self.ops.b.ins().imul(x, self.sizes[s])
            }
            Atom::Lookup(t, x) => self.lookup(*t, x),
            Atom::Div(x, d) => {
                let (x, d) = (self.index(x), self.divisor(*d));
                self.ops.b.ins().udiv(x, d)
            }
            Atom::Mod(x, d) => {
                let (x, d) = (self.index(x), self.divisor(*d));
                self.ops.b.ins().urem(x, d)
            }
            Atom::AtLeast0(x) => {
                let x = self.index(x);
                let zero = self.int(0);
                self.ops.b.ins().smax(x, zero)
            }
        }
    }

    fn divisor(&mut self, d: Divisor) -> Value {
        match d {
            Divisor::Lit(n) => self.int(n),
            Divisor::Size(s) => self.sizes[&s],
        }
    }

    fn lookup(&mut self, table: TableId, at: &Index) -> Value {
        let moved = Index {
            terms: at.terms.clone(),
            offset: 0,
        };
        let x = self.index(&moved);
        let x = self.ops.b.ins().ishl_imm_u(x, 2);
        let p = self.ops.b.ins().iadd(self.tables[&table], x);
        let entry = self.ops.b.ins().load(types::I32, readonly(), p, 4 * at.offset as i32);
        match self.program.tables[table.0 as usize] {
            Table::Window(_) | Table::WindowBack(_) => self.ops.b.ins().sextend(types::I64, entry),
            _ => self.ops.b.ins().uextend(types::I64, entry),
        }
    }

    // ---- expressions ----

    fn expr(&mut self, e: &Expr) -> Num {
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
    fn sum_of_product(&mut self, args: &[Expr]) -> Num {
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

    fn holds(&mut self, op: Cmp, a: &Index, b: &Index) -> Value {
        let (a, b) = (self.index(a), self.index(b));
        let cc = match op {
            Cmp::Eq => IntCC::Equal,
            Cmp::Lt => IntCC::SignedLessThan,
            Cmp::Le => IntCC::SignedLessThanOrEqual,
        };
        self.ops.b.ins().icmp(cc, a, b)
    }

    fn real(&mut self, index: &Index) -> Value {
        let x = self.index(index);
        let ty = self.ops.scalar();
        self.ops.b.ins().fcvt_from_sint(ty, x)
    }
}

/// Bytes of a local array, rounded up so that the next one is aligned.
pub fn local_bytes(len: u32, bytes: i64) -> i64 {
    (i64::from(len) * bytes + 63) & !63
}

fn is_product(e: &Expr) -> bool {
    matches!(e, Expr::Apply(Scalar::Mul, _))
}

fn readonly() -> MemFlagsData {
    MemFlagsData::new().with_notrap().with_readonly().with_can_move()
}

fn identity(fold: Fold) -> f64 {
    match fold {
        Fold::Sum => 0.0,
        Fold::Prod => 1.0,
        Fold::Max => f64::NEG_INFINITY,
        Fold::Min => f64::INFINITY,
    }
}

fn join(o: &mut Ops<'_, '_>, fold: Fold, x: Value, y: Value) -> Value {
    match fold {
        Fold::Sum => o.b.ins().fadd(x, y),
        Fold::Prod => o.b.ins().fmul(x, y),
        Fold::Max => o.max(y, x),
        Fold::Min => o.min(y, x),
    }
}

/// The number of expressions in a block, loops counted once.
fn weight(block: &[Stmt]) -> usize {
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

/// What a kernel touches.
#[derive(Default)]
struct Found {
    buffers: Vec<BufferId>,
    tables: Vec<TableId>,
    sizes: Vec<SizeId>,
}

impl Found {
    fn block(&mut self, block: &[Stmt]) {
        Stmt::visit(block, &mut |s| {
            if let Stmt::For(Loop { range, .. }) = s {
                match range {
                    Range::Lit(_) => {}
                    Range::Size(s) => add(&mut self.sizes, *s),
                    Range::Between(t, at) => {
                        add(&mut self.tables, *t);
                        self.index(at);
                    }
                }
            }
            if let Stmt::Store { array, index, .. } = s {
                self.array(*array);
                self.index(index);
            }
            if let Some(value) = s.value() {
                value.visit(&mut |e| {
                    if let Expr::Load(array, _) = e {
                        self.array(*array);
                    }
                });
                value.visit_indices(&mut |i| self.index(i));
            }
        });
    }

    fn array(&mut self, array: Array) {
        if let Array::Buffer(b) = array {
            add(&mut self.buffers, b);
        }
    }

    fn index(&mut self, index: &Index) {
        index.visit(&mut |a| match a {
            Atom::Size(s) | Atom::Times(s, _) | Atom::Div(_, Divisor::Size(s)) | Atom::Mod(_, Divisor::Size(s)) => {
                add(&mut self.sizes, *s)
            }
            Atom::Lookup(t, _) => add(&mut self.tables, *t),
            Atom::Var(_) | Atom::Div(..) | Atom::Mod(..) | Atom::AtLeast0(_) => {}
        });
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
