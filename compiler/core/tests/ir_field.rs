//! The algebra of the exact test: ring laws, laws of the oracles, and that it tells equivariant programs from others.

use gdl_abi::{DoorSizes, Instance};
use gdl_core::ir::field::{Dual, Field};
use gdl_core::ir::interp::{Algebra, run};
use gdl_core::ir::text::parse;
use gdl_core::ir::{Fold, Func, Scalar};
use gdl_rep::Exact;

const FIELD: Field = Field { seed: 7 };

fn f1(f: Scalar, x: Dual) -> Dual {
    FIELD.scalar(f, &[x])
}

fn f2(f: Scalar, x: Dual, y: Dual) -> Dual {
    FIELD.scalar(f, &[x, y])
}

/// A random element with a random slope.
fn element(k: u64) -> Dual {
    FIELD.random(0, k).with_slope(FIELD.random(1, k).value().unwrap_or(0))
}

#[test]
fn ring_laws() {
    let [x, y, z] = [0, 1, 2].map(element);
    assert_eq!((x + y) * z, x * z + y * z);
    assert_eq!(x - y, -(y - x));
    assert_eq!(x * x.inverse(), Dual::ONE);
    assert_eq!(f2(Scalar::Div, x * y, y), x);
    assert_eq!(x.power(3), x * x * x);
    assert_eq!(x.power(-2) * x * x, Dual::ONE);
    assert_eq!(Dual::ZERO.power(0), Dual::ONE);
    assert_eq!(x.power(i32::MIN) * x.power(i32::MAX), x.inverse());
    assert_eq!(
        Dual::exact(Exact::ratio(1, 3)).map(|t| t * Dual::int(3)),
        Some(Dual::ONE)
    );
}

#[test]
fn poison_spreads_but_not_from_branches_not_taken() {
    let x = element(0);
    let poison = f2(Scalar::Div, x, Dual::ZERO);
    assert_eq!(poison, Dual::Poison);
    assert_eq!(Dual::ZERO.power(-1), Dual::Poison);
    for f in [
        Scalar::Exp,
        Scalar::Sin,
        Scalar::Cos,
        Scalar::Relu,
        Scalar::PowI(0),
        Scalar::Floor,
    ] {
        assert_eq!(f1(f, poison), Dual::Poison, "{f:?}");
    }
    for f in [
        Scalar::Add,
        Scalar::Mul,
        Scalar::Max,
        Scalar::Min,
        Scalar::Lt,
        Scalar::Le,
        Scalar::Eq,
        Scalar::Pow,
    ] {
        assert_eq!([f2(f, poison, x), f2(f, x, poison)], [Dual::Poison; 2], "{f:?}");
    }
    assert_eq!(FIELD.scalar(Scalar::Select, &[Dual::ONE, x, poison]), x);
    assert_eq!(FIELD.scalar(Scalar::Select, &[Dual::ZERO, poison, x]), x);
    assert_eq!(FIELD.scalar(Scalar::Select, &[poison, x, x]), Dual::Poison);
    assert!(FIELD.is_poison(poison) && !FIELD.is_poison(x));
}

#[test]
fn laws_of_functions() {
    for k in 0..20 {
        let x = element(k);
        for f in [Scalar::Sin, Scalar::Tanh, Scalar::Erf, Scalar::Sign] {
            assert_eq!(f1(f, -x), -f1(f, x), "{f:?}");
            assert_eq!(f1(f, Dual::ZERO), Dual::ZERO, "{f:?}");
        }
        for f in [Scalar::Cos, Scalar::Abs] {
            assert_eq!(f1(f, -x), f1(f, x), "{f:?}");
        }
        for f in [
            Scalar::Exp,
            Scalar::Log,
            Scalar::Sqrt,
            Scalar::Sigmoid,
            Scalar::Relu,
            Scalar::Floor,
        ] {
            assert_ne!(f1(f, -x), f1(f, x), "{f:?}");
            assert_ne!(f1(f, -x), -f1(f, x), "{f:?}");
        }
        let (c, s) = (f1(Scalar::Cos, x), f1(Scalar::Sin, x));
        assert_eq!(c * c + s * s, Dual::ONE);
        assert_eq!(f1(Scalar::Sqrt, x * x), f1(Scalar::Abs, x));
        assert_eq!(f1(Scalar::Relu, x) - f1(Scalar::Relu, -x), x);
        assert_eq!(f1(Scalar::Sigmoid, x) + f1(Scalar::Sigmoid, -x), Dual::ONE);
        let [c, s] = FIELD.random_rotation(3, k);
        assert_eq!(c * c + s * s, Dual::ONE);
    }
    assert_ne!(
        Field::new(8).scalar(Scalar::Exp, &[Dual::ONE]),
        f1(Scalar::Exp, Dual::ONE)
    );
    assert_ne!(f1(Scalar::Exp, Dual::ONE), f1(Scalar::Log, Dual::ONE));
}

/// The slope of f(a + εb) is a function of a times b.
#[test]
fn slopes_are_linear() {
    let unary = [
        Scalar::Exp,
        Scalar::Log,
        Scalar::Sqrt,
        Scalar::Sin,
        Scalar::Cos,
        Scalar::Tanh,
        Scalar::Sigmoid,
        Scalar::Erf,
        Scalar::Abs,
        Scalar::Relu,
        Scalar::Sign,
        Scalar::Floor,
        Scalar::PowI(-3),
    ];
    for f in unary {
        let x = FIELD.random(0, 0);
        let [zero, one, five] = [0, 1, 5].map(|b| f1(f, x.with_slope(b)));
        assert_eq!(zero.slope(), Some(0), "{f:?}");
        assert_eq!((zero.value(), zero.value()), (one.value(), five.value()), "{f:?}");
        assert_ne!(one.slope(), Some(0), "{f:?}");
        assert_eq!(
            five.slope().map(|s| Dual::new(s, 0)),
            one.slope().map(|s| Dual::new(s, 0) * Dual::int(5)),
            "{f:?}"
        );
    }
}

#[test]
fn comparisons() {
    let (mut less, mut equal) = (0, 0);
    for k in 0..200 {
        let (x, y) = (element(k), element(k + 1000));
        let shift = FIELD.random(9, k);
        let lt = f2(Scalar::Lt, x, y);
        assert_eq!(lt + f2(Scalar::Lt, y, x), Dual::ONE);
        assert_eq!(lt, f2(Scalar::Lt, x + shift, y + shift));
        assert_eq!(lt, f2(Scalar::Lt, -y, -x));
        assert_eq!(lt, f2(Scalar::Le, x, y));
        assert_eq!(f2(Scalar::Eq, x, y), f2(Scalar::Eq, y, x));
        less += lt.value().unwrap_or(9);
        equal += f2(Scalar::Eq, x, y).value().unwrap_or(9);
        assert_ne!(lt.slope(), Some(0));
        assert_ne!(f2(Scalar::Eq, x, y).slope(), Some(0));
    }
    assert!(
        (60..140).contains(&less) && (60..140).contains(&equal),
        "{less} {equal}"
    );
    let x = element(0);
    assert_eq!(f2(Scalar::Lt, x, x), Dual::ZERO);
    assert_eq!(f2(Scalar::Le, x, x), Dual::ONE);
    assert_eq!(f2(Scalar::Eq, x, x), Dual::ONE);
    for n in [1, -1, 2, 77] {
        assert_eq!(f2(Scalar::Eq, Dual::int(n), Dual::ZERO), Dual::ZERO);
    }
}

#[test]
fn extrema() {
    let xs: Vec<Dual> = (0..9).map(element).collect();
    for fold in [Fold::Sum, Fold::Prod, Fold::Max, Fold::Min] {
        let all =
            |order: &mut dyn Iterator<Item = &Dual>| order.fold(FIELD.empty(fold), |a, x| FIELD.fold(fold, a, *x));
        let forward = all(&mut xs.iter());
        assert_eq!(forward, all(&mut xs.iter().rev()));
        assert_eq!(forward, all(&mut xs[4..].iter().chain(&xs[..4])));
    }
    let (x, y) = (element(0), element(1));
    let (low, high) = (f2(Scalar::Min, x, y), f2(Scalar::Max, x, y));
    assert_eq!([low, high], [f2(Scalar::Min, y, x), f2(Scalar::Max, y, x)]);
    assert_eq!(low + high, x + y);
    assert_eq!(f2(Scalar::Max, -x, -y), -low);
    assert_eq!(f2(Scalar::Max, x, x), x);
    let minus_infinity = FIELD.constant(Exact::float(f64::NEG_INFINITY));
    assert_eq!(minus_infinity, Ok(FIELD.empty(Fold::Max)));
    assert_eq!(FIELD.empty(Fold::Max), -FIELD.empty(Fold::Min));
}

#[test]
fn inexact_constants_are_refused() {
    let e = FIELD.constant(Exact::inexact(0.3)).unwrap_err();
    assert!(e.contains("0.3") && e.contains("numeric"), "{e}");
    assert_eq!(FIELD.constant(Exact::float(0.5)).map(|x| x + x), Ok(Dual::ONE));
}

/// A program on vectors `%0` in three dimensions, one a sample; `nodes` make `%result` from them.
fn vectors(nodes: &str, result: u32) -> Func {
    let text = format!(
        "func \"f\"\ndim d0 samples\ninput \"x\" [d0, 3]\n%0 = input 0 : [d0, 3]\n{nodes}\nreturn \"y\" %{result}\n"
    );
    parse(&text).unwrap()
}

/// f(x + εAx) = f(x) + εA f(x) for a random antisymmetric A, on ten vectors.
fn commutes_with_rotations(func: &Func, seed: u64) -> bool {
    let field = Field::new(seed);
    let entry: Vec<Dual> = field.randoms(5, 3);
    let zero = Dual::ZERO;
    let a = [
        [zero, entry[0], entry[1]],
        [-entry[0], zero, entry[2]],
        [-entry[1], -entry[2], zero],
    ];
    let act = |v: &[Dual]| -> Vec<Dual> {
        let turn = |row: &[Dual; 3], x: &[Dual]| row.iter().zip(x).fold(zero, |s, (a, x)| s + *a * *x);
        let moved = |x: &[Dual]| {
            a.iter()
                .zip(x)
                .map(|(row, y)| *y + Dual::Number(0, 1) * turn(row, x))
                .collect::<Vec<_>>()
        };
        v.chunks(3).flat_map(moved).collect()
    };
    let door = DoorSizes {
        samples: 10,
        ..DoorSizes::default()
    };
    let instance = Instance::new(&func.domains, &door).unwrap();
    let x = field.randoms(0, 30);
    let out = |x: Vec<Dual>| run(&field, func, &instance, &[x], &[]).unwrap().remove(0);
    out(act(&x)) == act(&out(x))
}

#[test]
fn equivariant_programs_pass_and_others_fail() {
    for f in ["exp", "sqrt", "relu", "sin", "floor", "sign"] {
        let gated = format!(
            "%1 = contract %0 [i] %0 [i] [] : [d0]\n%2 = {f} %1 : [d0]\n%3 = contract %0 [i] %2 [] [i] : [d0, 3]"
        );
        assert!(commutes_with_rotations(&vectors(&gated, 3), 1), "{f} of the length");
        assert!(
            !commutes_with_rotations(&vectors(&format!("%1 = {f} %0 : [d0, 3]"), 1), 1),
            "{f} of components"
        );
    }
    for f in ["max", "min", "lt", "eq"] {
        let on_components = format!("%1 = fill 0 : [d0, 3]\n%2 = {f} %0 %1 : [d0, 3]");
        assert!(
            !commutes_with_rotations(&vectors(&on_components, 2), 2),
            "{f} of components"
        );
    }
    let largest = "%1 = reduce max %0 axis 0 : [d0]\n%2 = contract %0 [i] %1 [] [i] : [d0, 3]";
    assert!(!commutes_with_rotations(&vectors(largest, 2), 3));
}

/// Maxima over an axis do not see its order, nor does a softmax with a mask of −∞.
#[test]
fn folds_do_not_see_the_order() {
    let text = r#"func "softmax"
dim d0 samples
input "x" [d0, 4]
%0 = input 0 : [d0, 4]
%1 = fill -inf : [d0, 4]
%2 = fill 0 : [d0, 4]
%3 = lt %0 %2 : [d0, 4]
%4 = select %3 %1 %0 : [d0, 4]
%5 = reduce max %4 axis 0 : [d0]
%6 = broadcast %5 [] : [d0, 4]
%7 = sub %4 %6 : [d0, 4]
%8 = exp %7 : [d0, 4]
%9 = reduce sum %8 axis 0 : [d0]
%10 = broadcast %9 [] : [d0, 4]
%11 = div %8 %10 : [d0, 4]
return "y" %11
"#;
    let func = parse(text).unwrap();
    let door = DoorSizes {
        samples: 2,
        ..DoorSizes::default()
    };
    let instance = Instance::new(&func.domains, &door).unwrap();
    let x = FIELD.randoms(0, 8);
    let swap = |x: &[Dual]| [2, 0, 3, 1, 6, 4, 7, 5].map(|k| x[k]).to_vec();
    let out = |x: Vec<Dual>| run(&FIELD, &func, &instance, &[x], &[]).unwrap().remove(0);
    assert_eq!(out(swap(&x)), swap(&out(x)));
}
