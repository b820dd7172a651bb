//! Elementary functions as straight-line code, for one number or a vector, in both precisions.
//!
//! Sources of the polynomials: Cephes (exp, tanh), fdlibm (log). Errors are a few units in the last place.

#![expect(clippy::excessive_precision, reason = "coefficients are as published")]

use super::lanes::Ops;
use cranelift::prelude::*;

/// What differs between the precisions.
struct Format {
    mantissa: i64,
    bias: i64,
    /// Adding this rounds to an integer, which then stands in the lowest bits.
    magic: f64,
    ln2: [f64; 2],
    exp_range: [f64; 2],
    exp: &'static [f64],
    log: &'static [f64],
    min_positive: f64,
    tanh_p: &'static [f64],
    tanh_q: &'static [f64],
}

const SINGLE: Format = Format {
    mantissa: 23,
    bias: 127,
    magic: 12_582_912.0,
    ln2: [0.693_359_375, -2.121_944_4e-4],
    exp_range: [-104.0, 89.0],
    exp: &[
        1.987_569_15e-4,
        1.398_199_950_7e-3,
        8.333_451_907_3e-3,
        4.166_579_589_4e-2,
        1.666_666_545_9e-1,
        5.000_000_120_1e-1,
    ],
    log: &[0.242_790_79, 0.284_987_87, 0.400_009_72, 0.666_666_63],
    min_positive: f32::MIN_POSITIVE as f64,
    tanh_p: &[
        -5.704_988_727_45e-3,
        2.063_908_879_54e-2,
        -5.373_971_555_31e-2,
        1.333_144_220_36e-1,
        -3.333_328_194_22e-1,
    ],
    tanh_q: &[],
};

const DOUBLE: Format = Format {
    mantissa: 52,
    bias: 1023,
    magic: 6_755_399_441_055_744.0,
    ln2: [6.931_471_803_691_238_164_90e-1, 1.908_214_929_270_587_700_02e-10],
    exp_range: [-746.0, 710.0],
    // 1/13!, …, 1/2!
    exp: &[
        1.605_904_383_682_161_3e-10,
        2.087_675_698_786_81e-9,
        2.505_210_838_544_172e-8,
        2.755_731_922_398_589e-7,
        2.755_731_922_398_589_3e-6,
        2.480_158_730_158_730_2e-5,
        1.984_126_984_126_984_1e-4,
        1.388_888_888_888_889e-3,
        8.333_333_333_333_333e-3,
        4.166_666_666_666_666_4e-2,
        1.666_666_666_666_666_6e-1,
        0.5,
    ],
    log: &[
        1.479_819_860_511_658_591e-1,
        1.531_383_769_920_937_332e-1,
        1.818_357_216_161_805_012e-1,
        2.222_219_843_214_978_396e-1,
        2.857_142_874_366_239_149e-1,
        3.999_999_999_940_941_908e-1,
        6.666_666_666_666_735_130e-1,
    ],
    min_positive: f64::MIN_POSITIVE,
    tanh_p: &[
        -9.643_991_794_250_522_386_28e-1,
        -9.928_772_310_019_185_865_64e1,
        -1.614_687_684_417_084_479_52e3,
    ],
    tanh_q: &[
        1.0,
        1.128_116_784_916_329_314_02e2,
        2.235_488_390_601_004_485_83e3,
        4.844_063_053_251_254_860_48e3,
    ],
};

impl Ops<'_, '_> {
    fn format(&self) -> &'static Format {
        if self.double { &DOUBLE } else { &SINGLE }
    }

    fn poly(&mut self, x: Value, coefficients: &[f64]) -> Value {
        let ty = self.b.func.dfg.value_type(x);
        let mut sum = self.num(ty, coefficients[0]);
        for &c in &coefficients[1..] {
            let c = self.num(ty, c);
            sum = self.mul_add(sum, x, c);
        }
        sum
    }

    fn times(&mut self, x: Value, c: f64) -> Value {
        let ty = self.b.func.dfg.value_type(x);
        let c = self.num(ty, c);
        self.b.ins().fmul(x, c)
    }

    fn plus(&mut self, x: Value, c: f64) -> Value {
        let ty = self.b.func.dfg.value_type(x);
        let c = self.num(ty, c);
        self.b.ins().fadd(x, c)
    }

    /// 2^n for an integer vector n in the range of exponents.
    fn power_of_two(&mut self, n: Value, ty: Type) -> Value {
        let f = self.format();
        let bias = self.int(self.int_type(ty), f.bias);
        let biased = self.b.ins().iadd(n, bias);
        let shifted = self.b.ins().ishl_imm_u(biased, f.mantissa);
        self.bits(ty, shifted)
    }

    /// e^x.
    pub fn exp(&mut self, x: Value) -> Value {
        let f = self.format();
        let ty = self.b.func.dfg.value_type(x);
        let [low, high] = f.exp_range.map(|c| self.num(ty, c));
        let x = self.compare(FloatCC::LessThan, [x, low], [low, x]);
        let x = self.compare(FloatCC::GreaterThan, [x, high], [high, x]);
        // x = n ln 2 + r
        let scaled = self.times(x, std::f64::consts::LOG2_E);
        let rounded = self.plus(scaled, f.magic);
        let n = self.plus(rounded, -f.magic);
        let [hi, lo] = f.ln2.map(|c| self.num(ty, -c));
        let r = self.mul_add(n, hi, x);
        let r = self.mul_add(n, lo, r);
        let p = self.poly(r, f.exp);
        let square = self.b.ins().fmul(r, r);
        let p = self.mul_add(p, square, r);
        let p = self.plus(p, 1.0);
        // In two factors, so that the ends of the range come out right.
        let int = self.int_type(ty);
        let magic = self.num(ty, f.magic);
        let [magic, rounded] = [magic, rounded].map(|v| self.bits(int, v));
        let n = self.b.ins().isub(rounded, magic);
        let half = self.b.ins().sshr_imm_u(n, 1);
        let rest = self.b.ins().isub(n, half);
        let [half, rest] = [half, rest].map(|n| self.power_of_two(n, ty));
        let p = self.b.ins().fmul(p, half);
        self.b.ins().fmul(p, rest)
    }

    /// ln x.
    pub fn log(&mut self, x: Value) -> Value {
        let f = self.format();
        let ty = self.b.func.dfg.value_type(x);
        let int = self.int_type(ty);
        // Bring denormals up.
        let tiny = self.num(ty, f.min_positive);
        let up = (f.mantissa + 2) as f64;
        let larger = self.times(x, up.exp2());
        let [zero, shift] = [0.0, up].map(|c| self.num(ty, c));
        let normal = self.compare(FloatCC::LessThan, [x, tiny], [larger, x]);
        let shift = self.compare(FloatCC::LessThan, [x, tiny], [shift, zero]);
        // x = 2^k m, m in [√½, √2)
        let bits = self.bits(int, normal);
        let root = self.num(ty, std::f64::consts::FRAC_1_SQRT_2);
        let root = self.bits(int, root);
        let above = self.b.ins().isub(bits, root);
        let k = self.b.ins().sshr_imm_u(above, f.mantissa);
        let exponent = self.b.ins().ishl_imm_u(k, f.mantissa);
        let mantissa = self.b.ins().isub(bits, exponent);
        let m = self.bits(ty, mantissa);
        let k = self.small_int(k, ty);
        let k = self.b.ins().fsub(k, shift);
        // ln m = f − f²/2 + s (f²/2 + R(s²)), s = f / (2 + f)
        let g = self.plus(m, -1.0);
        let den = self.plus(g, 2.0);
        let s = self.b.ins().fdiv(g, den);
        let z = self.b.ins().fmul(s, s);
        let r = self.poly(z, f.log);
        let r = self.b.ins().fmul(r, z);
        let half = self.times(g, 0.5);
        let half = self.b.ins().fmul(half, g);
        let inner = self.b.ins().fadd(half, r);
        let [hi, lo] = f.ln2.map(|c| self.num(ty, c));
        let low = self.b.ins().fmul(k, lo);
        let inner = self.mul_add(s, inner, low);
        let rest = self.b.ins().fsub(half, inner);
        let rest = self.b.ins().fsub(rest, g);
        let high = self.b.ins().fmul(k, hi);
        let y = self.b.ins().fsub(high, rest);
        let [inf, minus_inf, nan] = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(|c| self.num(ty, c));
        let y = self.compare(FloatCC::Equal, [x, inf], [inf, y]);
        let y = self.compare(FloatCC::Equal, [x, zero], [minus_inf, y]);
        self.compare(FloatCC::UnorderedOrLessThan, [x, zero], [nan, y])
    }

    /// A small integer as a real.
    fn small_int(&mut self, k: Value, ty: Type) -> Value {
        let f = self.format();
        let magic = self.num(ty, f.magic);
        let int = self.int_type(ty);
        let bits = self.bits(int, magic);
        let sum = self.b.ins().iadd(bits, k);
        let sum = self.bits(ty, sum);
        self.b.ins().fsub(sum, magic)
    }

    /// tanh x: a polynomial near 0, by e^{2|x|} elsewhere.
    pub fn tanh(&mut self, x: Value) -> Value {
        let f = self.format();
        let ty = self.b.func.dfg.value_type(x);
        let z = self.b.ins().fmul(x, x);
        let p = self.poly(z, f.tanh_p);
        let p = if f.tanh_q.is_empty() {
            p
        } else {
            let q = self.poly(z, f.tanh_q);
            self.b.ins().fdiv(p, q)
        };
        let p = self.b.ins().fmul(p, z);
        let near = self.mul_add(p, x, x);
        let size = self.b.ins().fabs(x);
        let double = self.b.ins().fadd(size, size);
        let e = self.exp(double);
        let den = self.plus(e, 1.0);
        let two = self.num(ty, -2.0);
        let far = self.b.ins().fdiv(two, den);
        let far = self.plus(far, 1.0);
        let minus = self.b.ins().fneg(far);
        let zero = self.num(ty, 0.0);
        let far = self.compare(FloatCC::LessThan, [x, zero], [minus, far]);
        let limit = self.num(ty, 0.625);
        self.compare(FloatCC::LessThan, [size, limit], [near, far])
    }

    /// 1 / (1 + e^{−x}).
    pub fn sigmoid(&mut self, x: Value) -> Value {
        let ty = self.b.func.dfg.value_type(x);
        let minus = self.b.ins().fneg(x);
        let e = self.exp(minus);
        let den = self.plus(e, 1.0);
        let one = self.num(ty, 1.0);
        self.b.ins().fdiv(one, den)
    }
}
