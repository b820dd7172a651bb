//! Powers.

use super::exponential::{exp, format, split};
use super::{Arith, Order, exact_product, exact_sum, polynomial};

/// xⁿ by squaring.
pub(super) fn integer<A: Arith>(a: &mut A, x: A::Real, n: i32) -> A::Real {
    let (mut result, mut square, mut left) = (None, x, n.unsigned_abs());
    while left > 0 {
        if left & 1 == 1 {
            result = Some(match result {
                Some(r) => a.mul(r, square),
                None => square,
            });
        }
        left >>= 1;
        if left > 0 {
            square = a.mul(square, square);
        }
    }
    let one = a.real(1.0);
    let value = result.unwrap_or(one);
    if n < 0 { a.div(one, value) } else { value }
}

/// x^y = e^{y ln x} for x ≥ 0, with the logarithm and its product with y in twice the precision. NaN for x < 0, except x⁰ = 1.
pub(super) fn real<A: Arith>(a: &mut A, x: A::Real, y: A::Real) -> A::Real {
    let f = format(a);
    let [high, low] = long_log(a, x);
    let [e, rest] = exact_product(a, y, high);
    let rest = a.mul_add(y, low, rest);
    let value = exp(a, e);
    let corrected = a.mul_add(value, rest, value);
    // At the ends of the range nothing is left to correct.
    let [least, most] = f.exp_range.map(|c| a.real(c));
    let value = a.choose(Order::Less, [e, most], [corrected, value]);
    let zero = a.real(0.0);
    let value = a.choose(Order::Greater, [e, least], [value, zero]);
    let [one, inf, nan] = [1.0, f64::INFINITY, f64::NAN].map(|c| a.real(c));
    let value = a.choose(Order::NotEqual, [e, e], [nan, value]);
    // 0^y and ∞^y
    let rising = a.choose(Order::Greater, [y, zero], [inf, zero]);
    let falling = a.choose(Order::Greater, [y, zero], [zero, inf]);
    let value = a.choose(Order::Equal, [x, inf], [rising, value]);
    let value = a.choose(Order::Equal, [x, zero], [falling, value]);
    let value = a.choose(Order::NotGreaterOrEqual, [x, zero], [nan, value]);
    let value = a.choose(Order::NotEqual, [y, y], [nan, value]);
    a.choose(Order::Equal, [y, zero], [one, value])
}

/// ln x as a sum: with x = 2ᵏ m and s = (m − 1) / (m + 1), k ln 2 + 2 s + 2 s³/3 + …
fn long_log<A: Arith>(a: &mut A, x: A::Real) -> [A::Real; 2] {
    let f = format(a);
    let [k, m] = split(a, x);
    let [one, two] = [1.0, 2.0].map(|c| a.real(c));
    let g = a.sub(m, one);
    let den = a.add(m, one);
    let back = a.sub(den, one);
    let den_low = a.sub(m, back);
    // s in two parts: what the quotient lacks, divided once more.
    let s = a.div(g, den);
    let [p, q] = exact_product(a, s, den);
    let left = a.sub(g, p);
    let left = a.sub(left, q);
    let low = a.mul(s, den_low);
    let left = a.sub(left, low);
    let s_low = a.div(left, den);
    // The series from s³ on; the polynomial is that of `log` in s².
    let z = a.mul(s, s);
    let r = polynomial(a, z, f.log);
    let r = a.mul(r, z);
    let tail = a.mul(r, s);
    let s_low = a.mul_add(two, s_low, tail);
    let twice = a.add(s, s);
    let [ln2, ln2_low] = f.ln2.map(|c| a.real(c));
    let large = a.mul(k, ln2);
    // k ln 2 is 0 or larger than 2 s.
    let [sum, lost] = exact_sum(a, large, twice);
    let low = a.mul_add(k, ln2_low, s_low);
    let low = a.add(lost, low);
    exact_sum(a, sum, low)
}
