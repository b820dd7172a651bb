//! Arithmetic modulo [`PRIME`]. Every value is a reduced residue below the prime.

use crate::exact::PRIME;
use crate::recurrence::PrimeField;

/// a + b.
pub fn add(a: u64, b: u64) -> u64 {
    let s = a + b; // both below 2^62
    if s >= PRIME { s - PRIME } else { s }
}

/// a − b.
pub fn sub(a: u64, b: u64) -> u64 {
    if a >= b { a - b } else { a + PRIME - b }
}

/// −a.
pub fn neg(a: u64) -> u64 {
    if a == 0 { 0 } else { PRIME - a }
}

/// ⌊2^124 / p⌋, for [`mul`].
const BARRETT: u64 = ((1 << 124) / PRIME as u128) as u64;

/// a · b.
pub fn mul(a: u64, b: u64) -> u64 {
    reduced(u128::from(a) * u128::from(b))
}

/// The residue of a number below 2^124, by Barrett's reduction: the quotient is at most two too small.
fn reduced(x: u128) -> u64 {
    let quotient = (u128::from((x >> 61) as u64) * u128::from(BARRETT)) >> 63;
    let mut r = (x as u64).wrapping_sub((quotient as u64).wrapping_mul(PRIME));
    while r >= PRIME {
        r -= PRIME;
    }
    r
}

/// A sum of products that is reduced once, at its end.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sum(u128);

impl Sum {
    /// Adds a · b.
    pub fn add(&mut self, a: u64, b: u64) {
        /// A multiple of the prime; sums stay below it, as [`reduced`] asks.
        const MULTIPLE: u128 = (PRIME as u128) << 62;
        self.0 += u128::from(a) * u128::from(b);
        if self.0 >= MULTIPLE {
            self.0 -= MULTIPLE;
        }
    }

    /// The residue.
    pub fn value(self) -> u64 {
        reduced(self.0)
    }
}

/// a to the power e.
pub fn pow(mut a: u64, mut e: u64) -> u64 {
    let mut r = 1;
    while e > 0 {
        if e & 1 == 1 {
            r = mul(r, a);
        }
        a = mul(a, a);
        e >>= 1;
    }
    r
}

/// 1/a, or `None` for zero.
pub fn inv(a: u64) -> Option<u64> {
    (a != 0).then(|| pow(a, PRIME - 2))
}

/// The residue of an integer.
pub fn from_int(n: i128) -> u64 {
    n.rem_euclid(i128::from(PRIME)) as u64
}

/// The field, for what is written for any.
#[derive(Clone, Copy)]
pub(crate) struct Modp;

impl PrimeField for Modp {
    fn add(self, a: u64, b: u64) -> u64 {
        add(a, b)
    }
    fn sub(self, a: u64, b: u64) -> u64 {
        sub(a, b)
    }
    fn mul(self, a: u64, b: u64) -> u64 {
        mul(a, b)
    }
    fn inv(self, a: u64) -> u64 {
        inv(a).unwrap_or(0)
    }
}
