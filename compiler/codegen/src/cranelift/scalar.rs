//! Scalar functions of the IR as instructions.

use super::lanes::{Num, Ops};
use crate::maths::{self, Arith, Order};
use cranelift::prelude::*;
use gdl_core::ir::Scalar;

/// Applies a scalar function; `args` are as many as it takes.
pub fn apply(o: &mut Ops<'_, '_>, f: Scalar, args: &[Num]) -> Num {
    fn shaped<const N: usize>(o: &mut Ops<'_, '_>, f: Scalar, args: [Value; N]) -> Value {
        let ty = o.b.func.dfg.value_type(args[0]);
        maths::apply(&mut Shaped { o, ty }, f, &args)
    }
    match args {
        [x] => o.each([x], |o, args| shaped(o, f, args)),
        [x, y] => o.each([x, y], |o, args| shaped(o, f, args)),
        [c, x, y] => o.each([c, x, y], |o, args| shaped(o, f, args)),
        _ => {
            let ty = o.scalar();
            Num::One(o.num(ty, f64::NAN))
        }
    }
}

/// Instructions on reals of one type, a scalar or a vector.
struct Shaped<'o, 'a, 'f> {
    o: &'o mut Ops<'a, 'f>,
    ty: Type,
}

impl Arith for Shaped<'_, '_, '_> {
    type Real = Value;
    type Int = Value;

    fn is_double(&self) -> bool {
        self.o.double
    }
    fn is_fused(&self) -> bool {
        self.o.fma
    }
    fn real(&mut self, x: f64) -> Value {
        self.o.num(self.ty, x)
    }
    fn int(&mut self, x: i64) -> Value {
        let ty = self.o.int_type(self.ty);
        self.o.int(ty, x)
    }
    fn add(&mut self, a: Value, b: Value) -> Value {
        self.o.b.ins().fadd(a, b)
    }
    fn sub(&mut self, a: Value, b: Value) -> Value {
        self.o.b.ins().fsub(a, b)
    }
    fn mul(&mut self, a: Value, b: Value) -> Value {
        self.o.b.ins().fmul(a, b)
    }
    fn div(&mut self, a: Value, b: Value) -> Value {
        self.o.b.ins().fdiv(a, b)
    }
    fn mul_add(&mut self, a: Value, b: Value, c: Value) -> Value {
        self.o.mul_add(a, b, c)
    }
    fn sqrt(&mut self, a: Value) -> Value {
        self.o.b.ins().sqrt(a)
    }
    fn abs(&mut self, a: Value) -> Value {
        self.o.b.ins().fabs(a)
    }
    fn neg(&mut self, a: Value) -> Value {
        self.o.b.ins().fneg(a)
    }
    fn floor(&mut self, a: Value) -> Value {
        self.o.floor(a)
    }
    fn choose(&mut self, order: Order, ab: [Value; 2], of: [Value; 2]) -> Value {
        let cc = match order {
            Order::Less => FloatCC::LessThan,
            Order::LessOrEqual => FloatCC::LessThanOrEqual,
            Order::Greater => FloatCC::GreaterThan,
            Order::Equal => FloatCC::Equal,
            Order::NotEqual => FloatCC::NotEqual,
            Order::NotGreaterOrEqual => FloatCC::UnorderedOrLessThan,
        };
        self.o.compare(cc, ab, of)
    }
    fn bits(&mut self, a: Value) -> Value {
        let ty = self.o.int_type(self.ty);
        self.o.bits(ty, a)
    }
    fn from_bits(&mut self, a: Value) -> Value {
        self.o.bits(self.ty, a)
    }
    fn int_add(&mut self, a: Value, b: Value) -> Value {
        self.o.b.ins().iadd(a, b)
    }
    fn int_sub(&mut self, a: Value, b: Value) -> Value {
        self.o.b.ins().isub(a, b)
    }
    fn shift_left(&mut self, a: Value, n: u32) -> Value {
        self.o.b.ins().ishl_imm_u(a, i64::from(n))
    }
    fn shift_right(&mut self, a: Value, n: u32) -> Value {
        self.o.b.ins().sshr_imm_u(a, i64::from(n))
    }
}
