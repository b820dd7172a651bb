//! The functions evaluated in plain Rust, with and without fused multiply-add, against the standard library in higher precision.

use super::{Arith, Order, apply};
use gdl_core::ir::Scalar;

struct Single {
    fused: bool,
}

struct Double {
    fused: bool,
}

macro_rules! plain {
    ($name:ident, $real:ty, $int:ty, $double:literal) => {
        impl Arith for $name {
            type Real = $real;
            type Int = $int;

            fn is_double(&self) -> bool {
                $double
            }
            fn is_fused(&self) -> bool {
                self.fused
            }
            fn real(&mut self, x: f64) -> $real {
                x as $real
            }
            fn int(&mut self, x: i64) -> $int {
                x as $int
            }
            fn add(&mut self, a: $real, b: $real) -> $real {
                a + b
            }
            fn sub(&mut self, a: $real, b: $real) -> $real {
                a - b
            }
            fn mul(&mut self, a: $real, b: $real) -> $real {
                a * b
            }
            fn div(&mut self, a: $real, b: $real) -> $real {
                a / b
            }
            fn mul_add(&mut self, a: $real, b: $real, c: $real) -> $real {
                if self.fused { a.mul_add(b, c) } else { a * b + c }
            }
            fn sqrt(&mut self, a: $real) -> $real {
                a.sqrt()
            }
            fn abs(&mut self, a: $real) -> $real {
                a.abs()
            }
            fn neg(&mut self, a: $real) -> $real {
                -a
            }
            fn floor(&mut self, a: $real) -> $real {
                a.floor()
            }
            fn choose(&mut self, order: Order, [a, b]: [$real; 2], [yes, no]: [$real; 2]) -> $real {
                let holds = match order {
                    Order::Less => a < b,
                    Order::LessOrEqual => a <= b,
                    Order::Greater => a > b,
                    Order::Equal => a == b,
                    Order::NotEqual => a != b,
                    Order::NotGreaterOrEqual => a < b || a.is_nan() || b.is_nan(),
                };
                if holds { yes } else { no }
            }
            fn bits(&mut self, a: $real) -> $int {
                a.to_bits() as $int
            }
            fn from_bits(&mut self, a: $int) -> $real {
                <$real>::from_bits(a as _)
            }
            fn int_add(&mut self, a: $int, b: $int) -> $int {
                a.wrapping_add(b)
            }
            fn int_sub(&mut self, a: $int, b: $int) -> $int {
                a.wrapping_sub(b)
            }
            fn shift_left(&mut self, a: $int, n: u32) -> $int {
                a << n
            }
            fn shift_right(&mut self, a: $int, n: u32) -> $int {
                a >> n
            }
        }
    };
}

plain!(Single, f32, i32, false);
plain!(Double, f64, i64, true);

/// The value of a function in a precision, with and without fused multiply-add.
fn values(f: Scalar, args: &[f64], double: bool) -> [f64; 2] {
    [true, false].map(|fused| {
        if double {
            apply(&mut Double { fused }, f, args)
        } else {
            let args: Vec<f32> = args.iter().map(|&x| x as f32).collect();
            f64::from(apply(&mut Single { fused }, f, &args))
        }
    })
}

/// The largest error in units in the last place over a range, and where.
fn worst(f: Scalar, exact: fn(f64) -> f64, [low, high]: [f64; 2], double: bool) -> (f64, f64) {
    const POINTS: u32 = 40_000;
    let mut worst = (0.0, 0.0);
    for k in 0..=POINTS {
        let x = f64::from((low + (high - low) * f64::from(k) / f64::from(POINTS)) as f32);
        let want = exact(x);
        for got in values(f, &[x], double) {
            let error = (got - want).abs() / unit(want, double);
            if error > worst.0 || error.is_nan() {
                worst = (error, x);
            }
        }
    }
    worst
}

/// The distance from a number to the next.
fn unit(x: f64, double: bool) -> f64 {
    if double {
        let x = x.abs().max(f64::MIN_POSITIVE);
        f64::from_bits(x.to_bits() + 1) - x
    } else {
        let x = (x.abs() as f32).max(f32::MIN_POSITIVE);
        f64::from(f32::from_bits(x.to_bits() + 1) - x)
    }
}

/// The power series near 0, smallest terms first, the continued fraction of the complement elsewhere.
fn erf(x: f64) -> f64 {
    let z = x.abs();
    if z < 1.0 {
        // x − x³/3 + x⁵/(2!·5) − …
        let mut powers = vec![x];
        (1..30).for_each(|n| powers.push(-powers[n - 1] * x * x / n as f64));
        let terms = powers.iter().enumerate().rev();
        let sum: f64 = terms.map(|(n, p)| p / (2 * n + 1) as f64).sum();
        return std::f64::consts::FRAC_2_SQRT_PI * sum;
    }
    let tail = (1..2000).rev().fold(z, |t, n| z + f64::from(n) / 2.0 / t);
    let square = z * z;
    let lost = z.mul_add(z, -square);
    let complement = (-square).exp() * (1.0 - lost) * std::f64::consts::FRAC_2_SQRT_PI / 2.0 / tail;
    x.signum() * (1.0 - complement)
}

type Case = (Scalar, fn(f64) -> f64, [f64; 2]);

#[test]
fn within_a_few_units() {
    let cases: [Case; 18] = [
        (Scalar::Exp, f64::exp, [-87.0, 88.0]),
        (Scalar::Exp, f64::exp, [-1e-3, 1e-3]),
        (Scalar::Log, f64::ln, [1e-6, 50.0]),
        (Scalar::Log, f64::ln, [0.9, 1.1]),
        (Scalar::Tanh, f64::tanh, [-12.0, 12.0]),
        (Scalar::Tanh, f64::tanh, [-0.01, 0.01]),
        (Scalar::Sigmoid, |x| 1.0 / (1.0 + (-x).exp()), [-80.0, 80.0]),
        (Scalar::Sin, f64::sin, [-10.0, 10.0]),
        (Scalar::Sin, f64::sin, [-1e-3, 1e-3]),
        (Scalar::Sin, f64::sin, [3.1, 3.2]),
        (Scalar::Sin, f64::sin, [-6e3, 6e3]),
        (Scalar::Cos, f64::cos, [-10.0, 10.0]),
        (Scalar::Cos, f64::cos, [1.57, 1.58]),
        (Scalar::Cos, f64::cos, [-6e3, 6e3]),
        (Scalar::Erf, erf, [-7.0, 7.0]),
        (Scalar::Erf, erf, [-1e-3, 1e-3]),
        (Scalar::Erf, erf, [0.9, 1.1]),
        (Scalar::PowI(5), |x| x.powi(5), [-3.0, 3.0]),
    ];
    for (f, exact, range) in cases {
        for double in [false, true] {
            let (error, x) = worst(f, exact, range, double);
            assert!(
                error < 4.0,
                "{f:?} in {range:?}, double {double}: {error:.2} units at {x}"
            );
        }
    }
}

#[test]
fn large_arguments() {
    // With fused multiply-add the reduction is exact as long as the quotient is.
    for (f, exact) in [(Scalar::Sin, f64::sin as fn(f64) -> f64), (Scalar::Cos, f64::cos)] {
        for k in 0..20_000 {
            let x = f64::from((1e5 + 45.678 * f64::from(k)) as f32);
            for double in [false, true] {
                let [fused, plain] = values(f, &[x], double);
                assert!(
                    (fused - exact(x)).abs() < 2.0 * unit(1.0, double),
                    "{f:?} {x} double {double}"
                );
                // As exact as an argument that is rounded once more.
                assert!(
                    (plain - exact(x)).abs() < 2.0 * unit(x, double),
                    "{f:?} {x} double {double}"
                );
            }
        }
        for x in [1e30, -1e300, 3e38] {
            for value in values(f, &[x], true).into_iter().chain(values(f, &[x], false)) {
                assert!(value.is_nan() || value.abs() <= 1.0, "{f:?} {x}: {value}");
            }
        }
        assert!(values(f, &[f64::INFINITY], true)[0].is_nan());
    }
}

#[test]
fn powers() {
    for double in [false, true] {
        let mut worst: f64 = 0.0;
        for k in 0..300 {
            for j in 0..300 {
                let x = f64::from((f64::from(k) * 0.037 + 0.001) as f32);
                let y = f64::from((f64::from(j) * 0.11 - 16.5) as f32);
                let want = x.powf(y);
                if !(1e-35..1e35).contains(&want) {
                    continue;
                }
                for got in values(Scalar::Pow, &[x, y], double) {
                    worst = worst.max((got - want).abs() / unit(want, double));
                }
            }
        }
        assert!(worst < 4.0, "double {double}: {worst:.2} units");
        let inf = f64::INFINITY;
        for (x, y, want) in [
            (0.0, 2.5, 0.0),
            (0.0, -0.5, inf),
            (0.0, 0.0, 1.0),
            (1.0, 1e30, 1.0),
            (2.0, 1e4, inf),
            (2.0, -1e4, 0.0),
            (inf, 0.5, inf),
            (inf, -0.5, 0.0),
            (-1.0, 0.0, 1.0),
        ] {
            assert_eq!(values(Scalar::Pow, &[x, y], double), [want; 2], "{x} ^ {y}");
        }
        for (x, y) in [(-1.0, 0.5), (f64::NAN, 1.0), (1.5, f64::NAN)] {
            assert!(
                values(Scalar::Pow, &[x, y], double).iter().all(|v| v.is_nan()),
                "{x} ^ {y}"
            );
        }
    }
}

#[test]
fn special_values() {
    let inf = f64::INFINITY;
    for double in [false, true] {
        let check = |f: Scalar, cases: &[(f64, f64)]| {
            for &(x, want) in cases {
                for got in values(f, &[x], double) {
                    assert_eq!(got.to_bits(), want.to_bits(), "{f:?} {x}: {got} instead of {want}");
                }
            }
            assert!(values(f, &[f64::NAN], double).iter().all(|x| x.is_nan()), "{f:?}");
        };
        check(
            Scalar::Exp,
            &[(-inf, 0.0), (-1e4, 0.0), (0.0, 1.0), (1e4, inf), (inf, inf)],
        );
        check(Scalar::Log, &[(0.0, -inf), (1.0, 0.0), (inf, inf)]);
        check(
            Scalar::Tanh,
            &[(-inf, -1.0), (-40.0, -1.0), (0.0, 0.0), (40.0, 1.0), (inf, 1.0)],
        );
        check(Scalar::Sigmoid, &[(-inf, 0.0), (0.0, 0.5), (inf, 1.0)]);
        check(
            Scalar::Erf,
            &[(-inf, -1.0), (-9.0, -1.0), (0.0, 0.0), (9.0, 1.0), (inf, 1.0)],
        );
        check(Scalar::Sin, &[(0.0, 0.0)]);
        check(Scalar::Cos, &[(0.0, 1.0)]);
        check(Scalar::Relu, &[(-inf, 0.0), (2.0, 2.0), (inf, inf)]);
        check(Scalar::Sign, &[(-inf, -1.0), (0.0, 0.0), (inf, 1.0)]);
        for f in [Scalar::Max, Scalar::Min] {
            for args in [[f64::NAN, 1.0], [1.0, f64::NAN]] {
                assert!(values(f, &args, double).iter().all(|x| x.is_nan()), "{f:?} {args:?}");
            }
        }
        assert_eq!(values(Scalar::Max, &[-inf, 1.0], double), [1.0; 2]);
        assert_eq!(values(Scalar::Min, &[-inf, 1.0], double), [-inf; 2]);
    }
}
