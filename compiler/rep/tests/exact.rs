//! Floats and residues obey the same identities.

mod common;

use gdl_rep::Exact;
use gdl_rep::exact::PRIME;

fn same(a: Exact, b: Exact) {
    assert!((a.f - b.f).abs() < 1e-12, "{a:?} {b:?}");
    assert_eq!(a.r, b.r);
    assert!(a.r.is_some());
}

#[test]
fn square_roots_agree_multiplicatively() {
    let primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 107];
    for &p in &primes {
        same(Exact::sqrt_int(p) * Exact::sqrt_int(p), Exact::int(p as i64));
        for &q in &primes {
            same(Exact::sqrt_int(p) * Exact::sqrt_int(q), Exact::sqrt_int(p * q));
            same(Exact::sqrt_int(p) / Exact::sqrt_int(q), Exact::sqrt_ratio(p, q));
        }
    }
    same(Exact::sqrt_int(41 * 41 * 18), Exact::int(41 * 3) * Exact::sqrt_int(2));
    assert_eq!(Exact::sqrt_int(41).r, None);
    assert_eq!(Exact::sqrt_int(0), Exact::ZERO);
}

#[test]
fn roots_agree_with_cosines() {
    same(Exact::cos_2pi(1, 12), Exact::sqrt_ratio(3, 4));
    same(Exact::sin_2pi(1, 8), Exact::sqrt_ratio(1, 2));
    same(Exact::cos_2pi(1, 5), (Exact::sqrt_int(5) - Exact::ONE) / Exact::int(4));
    same(Exact::sin_2pi(1, 3), Exact::sqrt_int(3) / Exact::int(2));
    same(
        Exact::cos_2pi(1, 24),
        (Exact::sqrt_int(6) + Exact::sqrt_int(2)) / Exact::int(4),
    );
    // Gauss: √7 = −i Σ (a/7) ζ^a, that is 2 Σ over quadratic residues of sin.
    let sines = [1, 2, 4].iter().fold(Exact::ZERO, |s, &a| s + Exact::sin_2pi(a, 7));
    same(Exact::int(2) * sines, Exact::sqrt_int(7));
    for n in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 24, 30, 32, 37, 107] {
        for k in -3..n as i64 + 3 {
            let (c, s) = (Exact::cos_2pi(k, n), Exact::sin_2pi(k, n));
            same(c * c + s * s, Exact::ONE);
            assert!((c.f - (std::f64::consts::TAU * k as f64 / n as f64).cos()).abs() < 1e-14);
            assert!((s.f - (std::f64::consts::TAU * k as f64 / n as f64).sin()).abs() < 1e-14);
            let (c1, s1) = (Exact::cos_2pi(1, n), Exact::sin_2pi(1, n));
            same(Exact::cos_2pi(k + 1, n), c * c1 - s * s1);
            same(Exact::sin_2pi(k + 1, n), s * c1 + c * s1);
        }
    }
    assert_eq!(Exact::cos_2pi(1, 41).r, None);
    assert_eq!(Exact::cos_2pi(1, 4).f, 0.0);
    assert_eq!(Exact::cos_2pi(1, 0).r, None);
    assert!(Exact::sin_2pi(i64::MAX, u64::MAX).f.is_nan());
    assert!(Exact::cos_2pi(i64::MIN, 7).r.is_some());
}

#[test]
fn literals() {
    same(Exact::decimal("1e-2").unwrap(), Exact::ratio(1, 100));
    same(Exact::decimal("-12.50").unwrap(), Exact::ratio(-25, 2));
    same(Exact::decimal("1_000").unwrap(), Exact::int(1000));
    same(Exact::decimal(".5e+1").unwrap(), Exact::int(5));
    for bad in ["", "-", "x", "1e", "inf", "nan", "1e999", "--1", "1.2.3"] {
        assert_eq!(Exact::decimal(bad), None, "{bad}");
    }
    same(Exact::float(0.5), Exact::ratio(1, 2));
    same(Exact::float(-6.75), Exact::ratio(-27, 4));
    assert_eq!(Exact::float(2f64.powi(60)).r, Some(1 << 60));
    assert_eq!(Exact::float(f64::NAN).r, None);
    assert_eq!(Exact::inexact(0.5).r, None);
    assert_eq!((Exact::ONE / Exact::ZERO).r, None);
}

#[test]
fn a_ring() {
    let mut draw = common::random(3);
    for _ in 0..1000 {
        let mut number = || {
            let (a, b) = ((draw() % 2001) as i64 - 1000, (draw() % 50 + 1) as i64);
            Exact::ratio(a, b) * Exact::sqrt_int(draw() % 12) + Exact::cos_2pi((draw() % 100) as i64, 24)
        };
        let (x, y, z) = (number(), number(), number());
        assert_eq!(((x + y) * z).r, (x * z + y * z).r);
        assert_eq!((x * (y * z)).r, ((x * y) * z).r);
        assert_eq!((x - y).r, (-(y - x)).r);
        assert!(x.r.is_some_and(|r| r < PRIME));
        if !y.is_zero() {
            assert_eq!((x / y * y).r, x.r);
        }
    }
}
