//! Arithmetic modulo [`PRIME`]. Every value is a reduced residue below the prime.

use crate::exact::PRIME;

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

/// a · b.
pub fn mul(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64
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
