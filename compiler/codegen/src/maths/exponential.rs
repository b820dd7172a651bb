//! exp, log, tanh and sigmoid. Polynomials: Cephes (exp, tanh), fdlibm (log).

#![expect(clippy::excessive_precision, reason = "coefficients are as published")]

use super::{Arith, Order, polynomial};

/// What differs between the precisions.
pub(super) struct Format {
    pub mantissa: u32,
    pub bias: i64,
    /// Adding this rounds to an integer, which then stands in the lowest bits.
    pub magic: f64,
    pub ln2: [f64; 2],
    pub exp_range: [f64; 2],
    exp: &'static [f64],
    pub log: &'static [f64],
    pub min_positive: f64,
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

pub(super) fn format<A: Arith + ?Sized>(a: &A) -> &'static Format {
    if a.is_double() { &DOUBLE } else { &SINGLE }
}

/// 2ⁿ for an integer n in the range of exponents.
fn power_of_two<A: Arith>(a: &mut A, n: A::Int) -> A::Real {
    let f = format(a);
    let bias = a.int(f.bias);
    let biased = a.int_add(n, bias);
    let bits = a.shift_left(biased, f.mantissa);
    a.from_bits(bits)
}

/// e^x.
pub(super) fn exp<A: Arith>(a: &mut A, x: A::Real) -> A::Real {
    let f = format(a);
    let [low, high] = f.exp_range.map(|c| a.real(c));
    let x = a.choose(Order::Less, [x, low], [low, x]);
    let x = a.choose(Order::Greater, [x, high], [high, x]);
    // x = n ln 2 + r
    let log2e = a.real(std::f64::consts::LOG2_E);
    let (n, exponent) = a.round_product(x, log2e);
    let [hi, lo] = f.ln2.map(|c| a.real(-c));
    let r = a.mul_add(n, hi, x);
    let r = a.mul_add(n, lo, r);
    let p = polynomial(a, r, f.exp);
    let square = a.mul(r, r);
    let p = a.mul_add(p, square, r);
    let one = a.real(1.0);
    let p = a.add(p, one);
    // In two factors, so that the ends of the range come out right.
    let half = a.shift_right(exponent, 1);
    let rest = a.int_sub(exponent, half);
    let [half, rest] = [half, rest].map(|n| power_of_two(a, n));
    let p = a.mul(p, half);
    a.mul(p, rest)
}

/// Exponent k, as a real, and mantissa m in [√½, √2) of a positive number 2ᵏ m.
pub(super) fn split<A: Arith>(a: &mut A, x: A::Real) -> [A::Real; 2] {
    let f = format(a);
    // Bring denormals up.
    let up = f64::from(f.mantissa + 2);
    let [tiny, scale, zero, shift] = [f.min_positive, up.exp2(), 0.0, up].map(|c| a.real(c));
    let larger = a.mul(x, scale);
    let normal = a.choose(Order::Less, [x, tiny], [larger, x]);
    let shift = a.choose(Order::Less, [x, tiny], [shift, zero]);
    let bits = a.bits(normal);
    let root = a.real(std::f64::consts::FRAC_1_SQRT_2);
    let root = a.bits(root);
    let above = a.int_sub(bits, root);
    let k = a.shift_right(above, f.mantissa);
    let exponent = a.shift_left(k, f.mantissa);
    let mantissa = a.int_sub(bits, exponent);
    let m = a.from_bits(mantissa);
    let k = a.real_of(k);
    [a.sub(k, shift), m]
}

/// ln x.
pub(super) fn log<A: Arith>(a: &mut A, x: A::Real) -> A::Real {
    let f = format(a);
    let [k, m] = split(a, x);
    // ln m = f − f²/2 + s (f²/2 + R(s²)), s = f / (2 + f)
    let [one, two, half] = [1.0, 2.0, 0.5].map(|c| a.real(c));
    let g = a.sub(m, one);
    let den = a.add(g, two);
    let s = a.div(g, den);
    let z = a.mul(s, s);
    let r = polynomial(a, z, f.log);
    let r = a.mul(r, z);
    let half = a.mul(g, half);
    let half = a.mul(half, g);
    let inner = a.add(half, r);
    let [hi, lo] = f.ln2.map(|c| a.real(c));
    let low = a.mul(k, lo);
    let inner = a.mul_add(s, inner, low);
    let rest = a.sub(half, inner);
    let rest = a.sub(rest, g);
    let high = a.mul(k, hi);
    let y = a.sub(high, rest);
    let [zero, inf, minus_inf, nan] = [0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(|c| a.real(c));
    let y = a.choose(Order::Equal, [x, inf], [inf, y]);
    let y = a.choose(Order::Equal, [x, zero], [minus_inf, y]);
    a.choose(Order::NotGreaterOrEqual, [x, zero], [nan, y])
}

/// tanh x: a polynomial near 0, by e^{2|x|} elsewhere.
pub(super) fn tanh<A: Arith>(a: &mut A, x: A::Real) -> A::Real {
    let f = format(a);
    let z = a.mul(x, x);
    let p = polynomial(a, z, f.tanh_p);
    let p = if f.tanh_q.is_empty() {
        p
    } else {
        let q = polynomial(a, z, f.tanh_q);
        a.div(p, q)
    };
    let p = a.mul(p, z);
    let near = a.mul_add(p, x, x);
    let size = a.abs(x);
    let double = a.add(size, size);
    let e = exp(a, double);
    let [zero, one, two, limit] = [0.0, 1.0, -2.0, 0.625].map(|c| a.real(c));
    let den = a.add(e, one);
    let far = a.div(two, den);
    let far = a.add(far, one);
    let minus = a.neg(far);
    let far = a.choose(Order::Less, [x, zero], [minus, far]);
    a.choose(Order::Less, [size, limit], [near, far])
}

/// 1 / (1 + e^{−x}).
pub(super) fn sigmoid<A: Arith>(a: &mut A, x: A::Real) -> A::Real {
    let minus = a.neg(x);
    let e = exp(a, minus);
    let one = a.real(1.0);
    let den = a.add(e, one);
    a.div(one, den)
}
