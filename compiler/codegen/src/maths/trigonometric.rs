//! sin and cos: reduction to −π/4 … π/4 by π/2 in three parts (Cody & Waite 1980), twice, so that an argument is reduced to the last
//! bit as long as the quotient is known exactly (|x| below 10⁶ in single, 10¹⁵ in double precision); then polynomials of Cephes
//! (single) and fdlibm (double). Beyond that an argument stands for all numbers that round to it, which are many periods.

#![expect(clippy::excessive_precision, reason = "coefficients are as published")]

use super::{Arith, Order, polynomial};

/// π/2 in parts; a product of all but the last with a small integer is exact.
const PARTS: [[f64; 3]; 2] = [
    [1.570_312_5, 4.837_512_969_970_703_125e-4, 7.549_789_954_891_883_5e-8],
    [
        1.570_796_326_734_125_614_17,
        6.077_100_506_303_965_976_60e-11,
        2.022_266_248_795_950_631_54e-21,
    ],
];

/// (sin r − r) / r³ in r².
const SINE: [&[f64]; 2] = [
    &[-1.951_529_589_1e-4, 8.332_160_873_6e-3, -1.666_666_546_11e-1],
    &[
        1.589_690_995_211_550_102_21e-10,
        -2.505_076_025_340_686_341_95e-8,
        2.755_731_370_707_006_767_89e-6,
        -1.984_126_982_985_794_931_34e-4,
        8.333_333_333_322_489_461_24e-3,
        -1.666_666_666_666_663_243_48e-1,
    ],
];

/// (cos r − 1 + r²/2) / r⁴ in r².
const COSINE: [&[f64]; 2] = [
    &[
        2.443_315_711_809_948e-5,
        -1.388_731_625_493_765e-3,
        4.166_664_568_298_827e-2,
    ],
    &[
        -1.135_964_755_778_819_482_65e-11,
        2.087_572_321_298_174_827_90e-9,
        -2.755_731_435_139_066_330_35e-7,
        2.480_158_728_947_672_941_78e-5,
        -1.388_888_888_887_410_957_49e-3,
        4.166_666_666_666_660_190_37e-2,
    ],
];

/// sin x.
pub(super) fn sin<A: Arith>(a: &mut A, x: A::Real) -> A::Real {
    wave(a, x, 0.0)
}

/// cos x.
pub(super) fn cos<A: Arith>(a: &mut A, x: A::Real) -> A::Real {
    wave(a, x, 1.0)
}

/// sin(x + quarter · π/2).
fn wave<A: Arith>(a: &mut A, x: A::Real, quarter: f64) -> A::Real {
    let precision = usize::from(a.is_double());
    let (r, first) = reduce(a, x);
    let (r, second) = reduce(a, r);
    let quarter = a.real(quarter);
    let turns = a.add(first, second);
    let turns = a.add(turns, quarter);
    let turns = modulo_four(a, turns);
    let z = a.mul(r, r);
    let p = polynomial(a, z, SINE[precision]);
    let p = a.mul(p, z);
    let sine = a.mul_add(p, r, r);
    let q = polynomial(a, z, COSINE[precision]);
    let q = a.mul(q, z);
    let [half, one] = [0.5, 1.0].map(|c| a.real(c));
    // 1 − z/2 loses nothing if what its rounding loses is added again.
    let h = a.mul(z, half);
    let top = a.sub(one, h);
    let lost = a.sub(one, top);
    let lost = a.sub(lost, h);
    let rest = a.mul_add(q, z, lost);
    let cosine = a.add(top, rest);
    // Quarters 1 and 3 are cosines, 2 and 3 negative.
    let [zero, two, three] = [0.0, 2.0, 3.0].map(|c| a.real(c));
    let odd = a.choose(Order::Equal, [turns, three], [one, zero]);
    let odd = a.choose(Order::Equal, [turns, one], [one, odd]);
    let value = a.choose(Order::NotEqual, [odd, zero], [cosine, sine]);
    let minus = a.neg(value);
    let value = a.choose(Order::Less, [turns, two], [value, minus]);
    // Where the reduction fails, the value is at least one that a sine can have.
    let [low, high] = [-1.0, 1.0].map(|c| a.real(c));
    let value = a.choose(Order::Greater, [value, high], [high, value]);
    a.choose(Order::Less, [value, low], [low, value])
}

/// x − n π/2 and n modulo 4, for the nearest integer n.
fn reduce<A: Arith>(a: &mut A, x: A::Real) -> (A::Real, A::Real) {
    let [quarters, half] = [std::f64::consts::FRAC_2_PI, 0.5].map(|c| a.real(c));
    let n = a.mul_add(x, quarters, half);
    let n = a.floor(n);
    let mut r = x;
    for part in PARTS[usize::from(a.is_double())] {
        let part = a.real(-part);
        r = a.mul_add(n, part, r);
    }
    (r, modulo_four(a, n))
}

fn modulo_four<A: Arith>(a: &mut A, n: A::Real) -> A::Real {
    let [quarter, four] = [0.25, -4.0].map(|c| a.real(c));
    let whole = a.mul(n, quarter);
    let whole = a.floor(whole);
    a.mul_add(whole, four, n)
}
