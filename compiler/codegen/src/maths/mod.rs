//! Scalar functions of the IR as straight-line arithmetic, for whoever makes the instructions: the same code serves one number or a
//! vector, both precisions, every back end, and the tests that evaluate it.
//!
//! Errors are a few units in the last place (the tests state them), with or without fused multiply-add.

mod error;
mod exponential;
#[cfg(test)]
mod plain;
mod power;
mod trigonometric;

use gdl_core::ir::Scalar;

/// Arithmetic on reals of one precision, and on integers of the same width, one or several side by side.
pub trait Arith {
    /// Reals.
    type Real: Copy;
    /// Integers.
    type Int: Copy;

    /// Whether reals are doubles.
    fn is_double(&self) -> bool;
    /// Whether [`Arith::mul_add`] rounds once.
    fn is_fused(&self) -> bool;
    /// A constant.
    fn real(&mut self, x: f64) -> Self::Real;
    /// A constant.
    fn int(&mut self, x: i64) -> Self::Int;
    /// a + b
    fn add(&mut self, a: Self::Real, b: Self::Real) -> Self::Real;
    /// a − b
    fn sub(&mut self, a: Self::Real, b: Self::Real) -> Self::Real;
    /// a · b
    fn mul(&mut self, a: Self::Real, b: Self::Real) -> Self::Real;
    /// a / b
    fn div(&mut self, a: Self::Real, b: Self::Real) -> Self::Real;
    /// a · b + c
    fn mul_add(&mut self, a: Self::Real, b: Self::Real, c: Self::Real) -> Self::Real;
    /// √a
    fn sqrt(&mut self, a: Self::Real) -> Self::Real;
    /// |a|
    fn abs(&mut self, a: Self::Real) -> Self::Real;
    /// −a
    fn neg(&mut self, a: Self::Real) -> Self::Real;
    /// The largest integer that is not larger.
    fn floor(&mut self, a: Self::Real) -> Self::Real;
    /// The first of `of` where a comparison holds, else the second.
    fn choose(&mut self, order: Order, ab: [Self::Real; 2], of: [Self::Real; 2]) -> Self::Real;
    /// The bits of a real.
    fn bits(&mut self, a: Self::Real) -> Self::Int;
    /// The real with these bits.
    fn from_bits(&mut self, a: Self::Int) -> Self::Real;
    /// a + b
    fn int_add(&mut self, a: Self::Int, b: Self::Int) -> Self::Int;
    /// a − b
    fn int_sub(&mut self, a: Self::Int, b: Self::Int) -> Self::Int;
    /// a · 2ⁿ
    fn shift_left(&mut self, a: Self::Int, n: u32) -> Self::Int;
    /// ⌊a / 2ⁿ⌋
    fn shift_right(&mut self, a: Self::Int, n: u32) -> Self::Int;

    /// The integer nearest to a · b, as a real and as an integer, where it is small. Adding a large number leaves it in the lowest bits; who may
    /// not rely on the order of additions has another way.
    fn round_product(&mut self, a: Self::Real, b: Self::Real) -> (Self::Real, Self::Int) {
        let magic = self.real(exponential::format(self).magic);
        let sum = self.mul_add(a, b, magic);
        let rounded = self.sub(sum, magic);
        let [magic, sum] = [magic, sum].map(|v| self.bits(v));
        (rounded, self.int_sub(sum, magic))
    }

    /// A small integer as a real.
    fn real_of(&mut self, a: Self::Int) -> Self::Real {
        let magic = self.real(exponential::format(self).magic);
        let bits = self.bits(magic);
        let sum = self.int_add(bits, a);
        let sum = self.from_bits(sum);
        self.sub(sum, magic)
    }
}

/// Comparisons of reals. The last two are true if one of them is NaN, the others false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Less,
    LessOrEqual,
    Greater,
    Equal,
    NotEqual,
    NotGreaterOrEqual,
}

/// Applies a scalar function to as many arguments as it takes.
pub fn apply<A: Arith>(a: &mut A, f: Scalar, args: &[A::Real]) -> A::Real {
    match *args {
        [x] => unary(a, f, x),
        [x, y] => binary(a, f, x, y),
        [c, x, y] => {
            let zero = a.real(0.0);
            a.choose(Order::NotEqual, [c, zero], [x, y])
        }
        _ => a.real(f64::NAN),
    }
}

fn unary<A: Arith>(a: &mut A, f: Scalar, x: A::Real) -> A::Real {
    match f {
        Scalar::Neg => a.neg(x),
        Scalar::Exp => exponential::exp(a, x),
        Scalar::Log => exponential::log(a, x),
        Scalar::Tanh => exponential::tanh(a, x),
        Scalar::Sigmoid => exponential::sigmoid(a, x),
        Scalar::Sqrt => a.sqrt(x),
        Scalar::Sin => trigonometric::sin(a, x),
        Scalar::Cos => trigonometric::cos(a, x),
        Scalar::Erf => error::erf(a, x),
        Scalar::Abs => a.abs(x),
        Scalar::Floor => a.floor(x),
        Scalar::Relu => {
            let zero = a.real(0.0);
            a.choose(Order::LessOrEqual, [x, zero], [zero, x])
        }
        Scalar::Sign => {
            let [minus, zero, one] = [-1.0, 0.0, 1.0].map(|c| a.real(c));
            let same = a.mul(x, zero);
            let below = a.choose(Order::Less, [x, zero], [minus, same]);
            a.choose(Order::Greater, [x, zero], [one, below])
        }
        Scalar::PowI(n) => power::integer(a, x, n),
        _ => x,
    }
}

fn binary<A: Arith>(a: &mut A, f: Scalar, x: A::Real, y: A::Real) -> A::Real {
    match f {
        Scalar::Add => a.add(x, y),
        Scalar::Sub => a.sub(x, y),
        Scalar::Mul => a.mul(x, y),
        Scalar::Div => a.div(x, y),
        Scalar::Pow => power::real(a, x, y),
        Scalar::Max => max(a, x, y),
        Scalar::Min => min(a, x, y),
        Scalar::Lt | Scalar::Le | Scalar::Eq => {
            let order = match f {
                Scalar::Lt => Order::Less,
                Scalar::Le => Order::LessOrEqual,
                _ => Order::Equal,
            };
            let [one, zero] = [1.0, 0.0].map(|c| a.real(c));
            a.choose(order, [x, y], [one, zero])
        }
        _ => x,
    }
}

/// The larger; NaN if one of them is.
pub fn max<A: Arith>(a: &mut A, x: A::Real, y: A::Real) -> A::Real {
    let larger = a.choose(Order::Greater, [x, y], [x, y]);
    a.choose(Order::NotEqual, [x, x], [x, larger])
}

/// The smaller; NaN if one of them is.
pub fn min<A: Arith>(a: &mut A, x: A::Real, y: A::Real) -> A::Real {
    let smaller = a.choose(Order::Less, [x, y], [x, y]);
    a.choose(Order::NotEqual, [x, x], [x, smaller])
}

/// Σ cₖ xᵏ, the highest power first.
fn polynomial<A: Arith>(a: &mut A, x: A::Real, coefficients: &[f64]) -> A::Real {
    let mut sum = a.real(coefficients[0]);
    for &c in &coefficients[1..] {
        let c = a.real(c);
        sum = a.mul_add(sum, x, c);
    }
    sum
}

/// a · b as a rounded product and what it lacks (Dekker 1971 without fused multiply-add).
fn exact_product<A: Arith>(a: &mut A, x: A::Real, y: A::Real) -> [A::Real; 2] {
    let product = a.mul(x, y);
    if a.is_fused() {
        let minus = a.neg(product);
        return [product, a.mul_add(x, y, minus)];
    }
    let factor = if a.is_double() { 134_217_729.0 } else { 4097.0 };
    let halves = |a: &mut A, x: A::Real| {
        let factor = a.real(factor);
        let big = a.mul(x, factor);
        let rest = a.sub(big, x);
        let high = a.sub(big, rest);
        [high, a.sub(x, high)]
    };
    let ([xh, xl], [yh, yl]) = (halves(a, x), halves(a, y));
    let parts = [(xh, yh), (xh, yl), (xl, yh), (xl, yl)];
    let mut rest = a.neg(product);
    for (p, q) in parts {
        let p = a.mul(p, q);
        rest = a.add(rest, p);
    }
    [product, rest]
}

/// a + b, |a| ≥ |b|, as a rounded sum and what it lacks.
fn exact_sum<A: Arith>(a: &mut A, large: A::Real, small: A::Real) -> [A::Real; 2] {
    let sum = a.add(large, small);
    let back = a.sub(sum, large);
    [sum, a.sub(small, back)]
}
