//! Exact algebraic numbers as pairs (f64, residue).
//!
//! The residues are images under **one** ring homomorphism φ from the ring Z\[1/n!, ζ_{p−1}\] (localised away from p) to
//! F_p. It is fixed by the primitive root g = 53: φ(e^{2πi/n}) = g^{(p−1)/n} for every n that divides p − 1. Square roots
//! follow from it, so that all roots and cosines agree with each other:
//!
//! - √2 = ζ_8 + ζ_8⁻¹,
//! - √q = Σ_a (a/q) ζ_q^a for a prime q ≡ 1 (mod 4), and −i times that sum for q ≡ 3 (mod 4) (Gauss),
//! - cos(2πk/n) = (ζ_n^k + ζ_n^−k)/2, sin(2πk/n) = (ζ_n^k − ζ_n^−k)/(2i), i = ζ_4.
//!
//! p − 1 = 2⁵·3²·5·7·11³·13·17·19·23·29·31·37·107. A number outside this field has no residue.

use crate::modp;
use std::f64::consts::TAU;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};
use std::sync::OnceLock;

/// The prime of all residues: p ≡ 1 modulo 2³·3²·5·7·…·37, so that F_p contains the roots of unity and square roots that
/// Clebsch-Gordan coefficients and characters need.
pub const PRIME: u64 = 4_611_662_238_306_483_361;

/// A primitive root of the prime; it fixes the homomorphism.
const ROOT: u64 = 53;

/// The primes whose square roots lie in the field.
const PRIMES: [u64; 13] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 107];

/// Fractions of a turn have denominators below this.
const MAX_CONDUCTOR: i64 = 1 << 48;

/// A real algebraic number: its float, and its residue modulo [`PRIME`] where it is known exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exact {
    /// The float.
    pub f: f64,
    /// The residue; `None` for a number that came from floating point.
    pub r: Option<u64>,
}

impl Exact {
    /// Zero.
    pub const ZERO: Exact = Exact { f: 0.0, r: Some(0) };
    /// One.
    pub const ONE: Exact = Exact { f: 1.0, r: Some(1) };

    /// An integer.
    pub fn int(n: i64) -> Exact {
        Exact {
            f: n as f64,
            r: Some(modp::from_int(i128::from(n))),
        }
    }

    /// An integer of 128 bits.
    pub fn wide(n: i128) -> Exact {
        Exact {
            f: n as f64,
            r: Some(modp::from_int(n)),
        }
    }

    /// a/b; division by zero gives a float without residue.
    pub fn ratio(a: i64, b: i64) -> Exact {
        Exact::int(a) / Exact::int(b)
    }

    /// A float. It has a residue exactly if it is finite: m·2^e is a dyadic rational, and 2 is invertible modulo p.
    ///
    /// Use it for values that *are* this dyadic number, such as 0.5; a rounded result has no residue: [`Exact::inexact`].
    pub fn float(x: f64) -> Exact {
        if !x.is_finite() {
            return Exact { f: x, r: None };
        }
        let bits = x.to_bits();
        let exponent = (bits >> 52) & 0x7ff;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, e) = if exponent == 0 {
            (fraction, -1074)
        } else {
            (fraction | 1 << 52, exponent as i64 - 1075)
        };
        let base = if e >= 0 { 2 } else { PRIME.div_ceil(2) };
        let r = modp::mul(mantissa, modp::pow(base, e.unsigned_abs()));
        Exact {
            f: x,
            r: Some(if x < 0.0 { modp::neg(r) } else { r }),
        }
    }

    /// The result of a floating-point computation: no residue.
    pub fn inexact(x: f64) -> Exact {
        Exact { f: x, r: None }
    }

    /// A transcendental number that enters through its float, such as a value of exp. Its residue is a hash of the float: an
    /// arbitrary element, the same wherever the number is the same. What holds of an arbitrary element in its place holds of the
    /// number, so that an exact test of it cannot pass wrongly.
    pub fn opaque(x: f64) -> Exact {
        let mut z = x.abs().to_bits();
        for shift in [30, 27, 31] {
            z = (z ^ (z >> shift)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        }
        let r = (x.is_finite()).then_some(if x == 0.0 { 0 } else { z % PRIME });
        let r = r.map(|r| if x < 0.0 { modp::neg(r) } else { r });
        Exact { f: x, r }
    }

    /// A decimal literal, `12`, `-0.5` or `1e-2`, as the exact rational it denotes (1/100 and not the float nearest to
    /// it). `_` may separate digits. `None` if the text is not a finite number.
    pub fn decimal(text: &str) -> Option<Exact> {
        let text = text.replace('_', "");
        let f: f64 = text.parse().ok()?;
        let (negative, body) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        if !f.is_finite() || !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        let (digits, exponent) = match body.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i64>().ok()?),
            None => (body, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut r = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            r = modp::add(modp::mul(r, 10), u64::from(digit.checked_sub(b'0')?));
        }
        let e = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let base = if e >= 0 { 10 } else { modp::inv(10)? };
        r = modp::mul(r, modp::pow(base, e.unsigned_abs()));
        Some(Exact {
            f,
            r: Some(if negative { modp::neg(r) } else { r }),
        })
    }

    /// √n, positive.
    pub fn sqrt_int(n: u64) -> Exact {
        Exact {
            f: (n as f64).sqrt(),
            r: sqrt_residue(n),
        }
    }

    /// √(a/b), positive.
    pub fn sqrt_ratio(a: u64, b: u64) -> Exact {
        let r = sqrt_residue(a)
            .zip(sqrt_residue(b).and_then(modp::inv))
            .map(|(a, b)| modp::mul(a, b));
        Exact {
            f: (a as f64 / b as f64).sqrt(),
            r,
        }
    }

    /// √(∏ numerators! / ∏ denominators!), by the exponents of primes, so that nothing overflows.
    pub(crate) fn sqrt_factorials(numerators: &[u64], denominators: &[u64]) -> Exact {
        let top = numerators.iter().chain(denominators).copied().max().unwrap_or(0);
        // One division, not one a prime: inverses in the field are dear.
        let (mut result, mut divisor) = (Exact::ONE, Exact::ONE);
        let mut square_free = 1.0;
        for q in (2..=top).filter(|&q| (2..q).all(|d| q % d != 0)) {
            let count = |list: &[u64]| list.iter().map(|&n| legendre_exponent(n, q)).sum::<i64>();
            let e = count(numerators) - count(denominators);
            let whole = Exact::int(q as i64).pow(e.div_euclid(2).unsigned_abs());
            let side = if e >= 0 { &mut result } else { &mut divisor };
            *side = *side * whole;
            if e.rem_euclid(2) == 1 {
                square_free *= q as f64;
                result.r = result.r.zip(sqrt_residue(q)).map(|(a, b)| modp::mul(a, b));
            }
        }
        let result = result / divisor;
        Exact {
            f: result.f * f64::sqrt(square_free),
            r: result.r,
        }
    }

    /// cos(2πk/n).
    pub fn cos_2pi(k: i64, n: u64) -> Exact {
        let r = zeta_pair(k, n).map(|(z, w)| modp::mul(modp::add(z, w), HALF));
        Exact { f: cos_turn(k, n), r }
    }

    /// sin(2πk/n).
    pub fn sin_2pi(k: i64, n: u64) -> Exact {
        // (z − w) / 2i = (w − z) i / 2
        let r = zeta_pair(k, n).and_then(|(z, w)| Some(modp::mul(modp::mul(modp::sub(w, z), zeta(4)?), HALF)));
        // sin(2πk/n) = cos(2π(4k − n)/(4n))
        let f = match i64::try_from(n) {
            Ok(m) if m > 0 && m < MAX_CONDUCTOR => cos_turn(4 * k.rem_euclid(m) - m, 4 * n),
            _ => f64::NAN,
        };
        Exact { f, r }
    }

    /// A natural power.
    pub fn pow(self, e: u64) -> Exact {
        Exact {
            f: self.f.powi(i32::try_from(e).unwrap_or(i32::MAX)),
            r: self.r.map(|r| modp::pow(r, e)),
        }
    }

    /// The square root, positive: exact for ratios of small whole numbers, a float otherwise.
    pub fn sqrt(self) -> Exact {
        match self.as_ratio() {
            Some((a, b)) => Exact::sqrt_ratio(a, b),
            None => Exact::inexact(self.f.sqrt()),
        }
    }

    /// The whole number that it is.
    pub fn as_int(self) -> Option<i64> {
        let n = self.f as i64;
        (self.f.fract() == 0.0 && self.f.abs() < 9e15 && self == Exact::int(n)).then_some(n)
    }

    /// Numerator and denominator in lowest terms, if it is a ratio of small whole numbers that is not negative: one of the convergents of the
    /// continued fraction of its float has its residue.
    pub fn as_ratio(self) -> Option<(u64, u64)> {
        const MAX_DENOMINATOR: u64 = 1 << 26;
        let r = self.r.filter(|_| (0.0..9e15).contains(&self.f))?;
        let (mut old, mut new) = ((0u64, 1u64), (1u64, 0u64));
        let mut x = self.f;
        while x < 9e15 {
            let a = x.floor();
            let next = |old: u64, new: u64| (a as u64).checked_mul(new)?.checked_add(old);
            let (n, d) = (next(old.0, new.0)?, next(old.1, new.1)?);
            if d > MAX_DENOMINATOR {
                return None;
            }
            if modp::mul(r, d) == n % PRIME && (self.f - n as f64 / d as f64).abs() < 1e-9 * self.f.max(1.0) {
                return Some((n, d));
            }
            (old, new) = (new, (n, d));
            x = 1.0 / (x - a);
        }
        None
    }

    /// Is it zero: by its residue where there is one, otherwise by its float?
    pub fn is_zero(self) -> bool {
        self.r.map_or(self.f == 0.0, |r| r == 0)
    }

    /// Makes the float of an exact zero or of a small rational number the nearest one, removing rounding errors.
    pub fn polish(self) -> Exact {
        let Some(r) = self.r else { return self };
        for denominator in 1..=64 {
            let n = (self.f * denominator as f64).round();
            if n.abs() < 1e6
                && (self.f - n / denominator as f64).abs() < 1e-9
                && modp::mul(r, denominator) == modp::from_int(n as i128)
            {
                return Exact {
                    f: n / denominator as f64,
                    r: Some(r),
                };
            }
        }
        self
    }
}

/// The exponent of the prime q in n!.
fn legendre_exponent(mut n: u64, q: u64) -> i64 {
    let mut e = 0;
    while n > 0 {
        n /= q;
        e += n as i64;
    }
    e
}

/// φ(e^{2πi/n}).
fn zeta(n: u64) -> Option<u64> {
    (n > 0 && (PRIME - 1).is_multiple_of(n)).then(|| modp::pow(ROOT, (PRIME - 1) / n))
}

/// 1/2.
const HALF: u64 = PRIME.div_ceil(2);

/// φ(ζ_n^k) and φ(ζ_n^−k), in lowest terms.
fn zeta_pair(k: i64, n: u64) -> Option<(u64, u64)> {
    if n == 0 {
        return None;
    }
    let k = k.rem_euclid(i64::try_from(n).ok()?) as u64;
    let g = gcd(k, n);
    let root = zeta(n / g)?;
    // A power in place of the inverse, which is dear.
    Some((modp::pow(root, k / g), modp::pow(root, (n - k) / g)))
}

/// cos(2πk/n), reduced to the first octant so that symmetric values agree to the last bit.
fn cos_turn(k: i64, n: u64) -> f64 {
    let Some(n) = i64::try_from(n).ok().filter(|&n| n > 0 && n < 4 * MAX_CONDUCTOR) else {
        return f64::NAN;
    };
    let k = k.rem_euclid(n);
    let k = k.min(n - k); // angle in [0, π]
    if 4 * k > n {
        -acute_cos(n - 2 * k, 2 * n)
    } else {
        acute_cos(2 * k, 2 * n)
    }
}

/// cos(2πk/n) for 0 ≤ k/n ≤ 1/4.
fn acute_cos(k: i64, n: i64) -> f64 {
    if k == 0 {
        1.0
    } else if 4 * k == n {
        0.0
    } else if 6 * k == n {
        0.5
    } else if 8 * k > n {
        (TAU * (n - 4 * k) as f64 / (4 * n) as f64).sin()
    } else {
        (TAU * k as f64 / n as f64).cos()
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// φ(√q) for the primes of the field, computed once.
fn prime_roots() -> &'static [(u64, u64)] {
    static ROOTS: OnceLock<Vec<(u64, u64)>> = OnceLock::new();
    ROOTS.get_or_init(|| PRIMES.iter().filter_map(|&q| Some((q, gauss_root(q)?))).collect())
}

fn gauss_root(q: u64) -> Option<u64> {
    if q == 2 {
        let (z, w) = zeta_pair(1, 8)?;
        return Some(modp::add(z, w));
    }
    let z = zeta(q)?;
    let mut sum = 0;
    for a in 1..q {
        let square = (1..q).any(|b| b * b % q == a);
        let term = modp::pow(z, a);
        sum = if square {
            modp::add(sum, term)
        } else {
            modp::sub(sum, term)
        };
    }
    if q % 4 == 3 {
        sum = modp::mul(sum, modp::inv(zeta(4)?)?);
    }
    Some(sum)
}

/// φ(√n), if the square-free part of n is a product of primes of the field.
fn sqrt_residue(mut n: u64) -> Option<u64> {
    if n == 0 {
        return Some(0);
    }
    let mut r = 1;
    for &(q, root) in prime_roots() {
        while n.is_multiple_of(q) {
            n /= q;
            r = modp::mul(r, root);
        }
    }
    // What is left must be a perfect square.
    let s = (n as f64).sqrt().round() as u64;
    (s.checked_mul(s) == Some(n)).then(|| modp::mul(r, s % PRIME))
}

impl Add for Exact {
    type Output = Exact;
    fn add(self, o: Exact) -> Exact {
        Exact {
            f: self.f + o.f,
            r: self.r.zip(o.r).map(|(a, b)| modp::add(a, b)),
        }
    }
}

impl Sub for Exact {
    type Output = Exact;
    fn sub(self, o: Exact) -> Exact {
        Exact {
            f: self.f - o.f,
            r: self.r.zip(o.r).map(|(a, b)| modp::sub(a, b)),
        }
    }
}

impl Mul for Exact {
    type Output = Exact;
    fn mul(self, o: Exact) -> Exact {
        Exact {
            f: self.f * o.f,
            r: self.r.zip(o.r).map(|(a, b)| modp::mul(a, b)),
        }
    }
}

impl Div for Exact {
    type Output = Exact;
    fn div(self, o: Exact) -> Exact {
        let r = self.r.zip(o.r.and_then(modp::inv)).map(|(a, b)| modp::mul(a, b));
        Exact { f: self.f / o.f, r }
    }
}

impl Neg for Exact {
    type Output = Exact;
    fn neg(self) -> Exact {
        Exact {
            f: -self.f,
            r: self.r.map(modp::neg),
        }
    }
}

impl AddAssign for Exact {
    fn add_assign(&mut self, o: Exact) {
        *self = *self + o;
    }
}
