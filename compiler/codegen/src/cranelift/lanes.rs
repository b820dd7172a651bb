//! Numbers in code: one, or several vectors side by side; and the instructions that work on both.

use crate::loop_ir::Var;
use cranelift::prelude::*;

/// A number, or one number for every iteration that runs side by side.
#[derive(Clone, Debug)]
pub enum Num {
    /// The same everywhere.
    One(Value),
    /// Vectors, the first iterations first.
    Many(Vec<Value>),
}

/// The loop that runs side by side.
#[derive(Clone, Copy, Debug)]
pub struct Lane {
    /// Its variable, whose value is that of the first iteration.
    pub var: Var,
    /// The number of vectors.
    pub copies: usize,
}

/// An instruction builder that knows the precision.
pub struct Ops<'a, 'f> {
    /// The function.
    pub b: &'a mut FunctionBuilder<'f>,
    /// Whether reals are doubles.
    pub double: bool,
    /// Whether the machine multiplies and adds at once.
    pub fma: bool,
    /// Whether the machine rounds to integers at once.
    pub rounds: bool,
}

impl Ops<'_, '_> {
    /// The type of a real.
    pub fn scalar(&self) -> Type {
        if self.double { types::F64 } else { types::F32 }
    }

    /// The type of a vector of reals.
    pub fn vector(&self) -> Type {
        if self.double { types::F64X2 } else { types::F32X4 }
    }

    /// Reals in a vector.
    pub fn width(&self) -> usize {
        if self.double { 2 } else { 4 }
    }

    /// Bytes in a real.
    pub fn bytes(&self) -> i64 {
        if self.double { 8 } else { 4 }
    }

    /// A constant of a type, scalar or vector.
    pub fn num(&mut self, ty: Type, x: f64) -> Value {
        let one = if self.double {
            self.b.ins().f64const(x)
        } else {
            self.b.ins().f32const(x as f32)
        };
        if ty.is_vector() {
            self.b.ins().splat(ty, one)
        } else {
            one
        }
    }

    /// An integer constant of the same shape as a real type.
    pub fn int(&mut self, ty: Type, x: i64) -> Value {
        let lane = ty.lane_type();
        let one = self.b.ins().iconst(
            lane,
            if lane == types::I32 {
                i64::from(x as i32 as u32)
            } else {
                x
            },
        );
        if ty.is_vector() {
            self.b.ins().splat(ty, one)
        } else {
            one
        }
    }

    /// The integer type of the same shape.
    pub fn int_type(&self, ty: Type) -> Type {
        match ty {
            types::F32 => types::I32,
            types::F64 => types::I64,
            types::F32X4 => types::I32X4,
            _ => types::I64X2,
        }
    }

    /// The same bits as another type.
    pub fn bits(&mut self, ty: Type, x: Value) -> Value {
        if self.b.func.dfg.value_type(x) == ty {
            return x;
        }
        let flags = MemFlagsData::new().with_endianness(codegen::ir::Endianness::Little);
        self.b.ins().bitcast(ty, flags, x)
    }

    /// A vector of equal numbers.
    pub fn splat(&mut self, x: Value) -> Value {
        let ty = self.vector();
        self.b.ins().splat(ty, x)
    }

    /// As vectors.
    pub fn many(&mut self, x: &Num, copies: usize) -> Vec<Value> {
        match x {
            Num::One(x) => {
                let v = self.splat(*x);
                vec![v; copies]
            }
            Num::Many(v) => v.clone(),
        }
    }

    /// Applies an instruction to one, or to all vectors.
    pub fn each<const N: usize>(&mut self, args: [&Num; N], mut f: impl FnMut(&mut Self, [Value; N]) -> Value) -> Num {
        let copies = args.iter().find_map(|a| match a {
            Num::Many(v) => Some(v.len()),
            Num::One(_) => None,
        });
        match copies {
            None => {
                let args = args.map(|a| match a {
                    Num::One(x) => *x,
                    Num::Many(v) => v[0],
                });
                Num::One(f(self, args))
            }
            Some(copies) => {
                let args = args.map(|a| self.many(a, copies));
                Num::Many(
                    (0..copies)
                        .map(|c| f(self, std::array::from_fn(|j| args[j][c])))
                        .collect(),
                )
            }
        }
    }

    /// a · b + c.
    pub fn mul_add(&mut self, a: Value, b: Value, c: Value) -> Value {
        if self.fma {
            self.b.ins().fma(a, b, c)
        } else {
            let p = self.b.ins().fmul(a, b);
            self.b.ins().fadd(p, c)
        }
    }

    /// The first where a comparison of reals holds, else the second.
    pub fn choose(&mut self, holds: Value, yes: Value, no: Value) -> Value {
        let ty = self.b.func.dfg.value_type(yes);
        if ty.is_vector() {
            let mask = self.bits(ty, holds);
            self.b.ins().bitselect(mask, yes, no)
        } else {
            self.b.ins().select(holds, yes, no)
        }
    }

    /// A comparison of reals, then a choice.
    pub fn compare(&mut self, cc: FloatCC, [a, b]: [Value; 2], [yes, no]: [Value; 2]) -> Value {
        let holds = self.b.ins().fcmp(cc, a, b);
        self.choose(holds, yes, no)
    }

    /// The first if the comparison holds or it is NaN, else the second.
    pub fn extreme(&mut self, cc: FloatCC, a: Value, b: Value) -> Value {
        let better = self.compare(cc, [a, b], [a, b]);
        self.compare(FloatCC::NotEqual, [a, a], [a, better])
    }

    /// The largest integer that is not larger.
    pub fn floor(&mut self, x: Value) -> Value {
        if self.rounds {
            return self.b.ins().floor(x);
        }
        // Adding and subtracting 2^23 (2^52) rounds to an integer; from there on, all reals are integers.
        let ty = self.b.func.dfg.value_type(x);
        let limit = self.num(
            ty,
            if self.double {
                4_503_599_627_370_496.0
            } else {
                8_388_608.0
            },
        );
        let (zero, minus) = (self.num(ty, 0.0), self.b.ins().fneg(limit));
        let shift = self.compare(FloatCC::LessThan, [x, zero], [minus, limit]);
        let there = self.b.ins().fadd(x, shift);
        let nearest = self.b.ins().fsub(there, shift);
        let one = self.num(ty, 1.0);
        let below = self.b.ins().fsub(nearest, one);
        let floor = self.compare(FloatCC::GreaterThan, [nearest, x], [below, nearest]);
        let size = self.b.ins().fabs(x);
        self.compare(FloatCC::LessThan, [size, limit], [floor, x])
    }
}
