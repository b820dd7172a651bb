//! The algebra of the exact test: dual numbers over a prime field, with random functions in place of scalar nonlinearities.
//!
//! An element a + εb (ε² = 0) has its **value** a and its **slope** b in F_p, p = [`PRIME`]; finite group elements are tested with
//! b = 0, Lie algebras by the slopes. Ring operations and division are exact. Every other scalar function is a keyed hash h
//! with a hashed derivative h′: f(a + εb) = h(a) + ε h′(a) b. Each obeys a few laws of the function it stands for, and no other
//! relation, so that a program that passes for a random key is equivariant for reasons of algebra:
//!
//! - sin, tanh, erf, sign are odd; cos, |x| are even; cos² + sin² = 1, and each is the derivative of the other;
//! - √(x²) = |x|, relu x = (x + |x|)/2, σ(x) = 1/2 + an odd function;
//! - x < y depends on y − x, true for about half of all differences, and y < x is its negation unless x = y;
//! - x = y holds where it does, not for different small integers, and for about half of all other differences;
//! - max and min choose by a hashed total order that negation reverses; −∞ and ∞ are fixed random elements, its ends.
//!
//! Undefined results are [`Dual::Poison`], which every operation passes on; a selection ignores it in the branch not taken.

use super::interp::Algebra;
use super::{Fold, Scalar};
use gdl_rep::Exact;
use gdl_rep::exact::PRIME;
use gdl_rep::modp;
use std::ops::{Add, Mul, Neg, Sub};

/// Differences of integers up to this are not equal by chance.
const SMALL: u64 = 1 << 32;

/// An element a + εb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dual {
    /// Value and slope, both below the prime.
    Number(u64, u64),
    /// The result of 1/0.
    Poison,
}

impl Dual {
    /// 0.
    pub const ZERO: Dual = Dual::Number(0, 0);
    /// 1.
    pub const ONE: Dual = Dual::Number(1, 0);

    /// a + εb for any integers.
    pub fn new(a: u64, b: u64) -> Dual {
        Dual::Number(a % PRIME, b % PRIME)
    }

    /// An integer.
    pub fn int(n: i64) -> Dual {
        Dual::Number(modp::from_int(i128::from(n)), 0)
    }

    /// An exact number; `None` if it has no residue.
    pub fn exact(x: Exact) -> Option<Dual> {
        x.r.map(|r| Dual::Number(r, 0))
    }

    /// The value a; `None` for poison.
    pub fn value(self) -> Option<u64> {
        match self {
            Dual::Number(a, _) => Some(a),
            Dual::Poison => None,
        }
    }

    /// The slope b; `None` for poison.
    pub fn slope(self) -> Option<u64> {
        match self {
            Dual::Number(_, b) => Some(b),
            Dual::Poison => None,
        }
    }

    /// The same value with another slope.
    pub fn with_slope(self, b: u64) -> Dual {
        self.then(|a, _| Dual::new(a, b))
    }

    /// 1/x, poison where the value is 0.
    pub fn inverse(self) -> Dual {
        self.then(|a, b| match modp::inv(a) {
            Some(i) => Dual::Number(i, modp::neg(modp::mul(b, modp::mul(i, i)))),
            None => Dual::Poison,
        })
    }

    /// The integer power, poison for negative powers of 0.
    pub fn power(self, n: i32) -> Dual {
        if n == 0 {
            return self.then(|_, _| Dual::ONE);
        }
        let base = if n < 0 { self.inverse() } else { self };
        let e = u64::from(n.unsigned_abs());
        base.then(|a, b| {
            let below = modp::pow(a, e - 1);
            Dual::Number(modp::mul(below, a), modp::mul(modp::mul(e, below), b))
        })
    }

    fn then(self, f: impl FnOnce(u64, u64) -> Dual) -> Dual {
        match self {
            Dual::Number(a, b) => f(a, b),
            Dual::Poison => Dual::Poison,
        }
    }
}

impl Add for Dual {
    type Output = Dual;
    fn add(self, o: Dual) -> Dual {
        self.then(|a, b| o.then(|c, d| Dual::Number(modp::add(a, c), modp::add(b, d))))
    }
}

impl Sub for Dual {
    type Output = Dual;
    fn sub(self, o: Dual) -> Dual {
        self + -o
    }
}

impl Neg for Dual {
    type Output = Dual;
    fn neg(self) -> Dual {
        self.then(|a, b| Dual::Number(modp::neg(a), modp::neg(b)))
    }
}

impl Mul for Dual {
    type Output = Dual;
    fn mul(self, o: Dual) -> Dual {
        let slope = |a, b, c, d| modp::add(modp::mul(a, d), modp::mul(b, c));
        self.then(|a, b| o.then(|c, d| Dual::Number(modp::mul(a, c), slope(a, b, c, d))))
    }
}

/// What a hash is for; different uses are independent.
#[derive(Clone, Copy)]
enum Tag {
    Random,
    Infinity,
    Exp,
    Log,
    Sqrt,
    Angle,
    Tanh,
    Sigmoid,
    Erf,
    Sign,
    Floor,
    Pow,
    Less,
    Equal,
    Order,
    Extremum,
}

/// The algebra, keyed by a seed: other seeds, other functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The key.
    pub seed: u64,
}

impl Field {
    /// The algebra with this key.
    pub fn new(seed: u64) -> Field {
        Field { seed }
    }

    /// Element `index` of a sequence of random elements with slope 0. Sequences are told apart by `stream`.
    pub fn random(&self, stream: u64, index: u64) -> Dual {
        Dual::Number(self.hash(Tag::Random, 0, stream, index), 0)
    }

    /// `len` random elements: the start of a stream.
    pub fn randoms(&self, stream: u64, len: usize) -> Vec<Dual> {
        (0..len as u64).map(|k| self.random(stream, k)).collect()
    }

    /// A pair (c, s) with c² + s² = 1: a random rotation of the plane.
    pub fn random_rotation(&self, stream: u64, index: u64) -> [Dual; 2] {
        on_circle(self.random(stream, index))
    }

    /// The element that stands for ∞; −∞ is its negative.
    pub fn infinity(&self) -> Dual {
        Dual::Number(magnitude(self.hash(Tag::Infinity, 0, 0, 0)).0, 0)
    }

    /// A random element of F_p, a function of all arguments. `part` tells functions from their derivatives.
    fn hash(&self, tag: Tag, part: u64, x: u64, y: u64) -> u64 {
        let start = mix(self.seed ^ mix((tag as u64) << 8 | part));
        let state = mix(mix(start ^ x).wrapping_add(y));
        let wide = u128::from(mix(state ^ 0x5555)) << 64 | u128::from(state);
        (wide % u128::from(PRIME)) as u64
    }

    /// A function without laws.
    fn function(&self, tag: Tag, x: Dual) -> Dual {
        x.then(|a, b| Dual::Number(self.hash(tag, 0, a, 0), modp::mul(self.hash(tag, 1, a, 0), b)))
    }

    /// An odd function.
    fn odd(&self, tag: Tag, x: Dual) -> Dual {
        self.function(tag, x) - self.function(tag, -x)
    }

    fn abs(&self, x: Dual) -> Dual {
        self.function(Tag::Sqrt, x * x)
    }

    /// cos and sin.
    fn circle(&self, x: Dual) -> [Dual; 2] {
        let [c, s] = on_circle(self.odd(Tag::Angle, x.with_slope(0)));
        let slope = Dual::new(0, x.slope().unwrap_or(0));
        [c - slope * s, s + slope * c]
    }

    /// x < y.
    fn less(&self, x: Dual, y: Dual) -> Dual {
        (y - x).then(|a, b| {
            let (size, negative) = magnitude(a);
            let holds = a != 0 && (self.hash(Tag::Less, 0, size, 0) & 1 == 1) != negative;
            Dual::Number(u64::from(holds), modp::mul(self.hash(Tag::Less, 1, size, 0), b))
        })
    }

    /// x = y.
    fn equal(&self, x: Dual, y: Dual) -> Dual {
        let d = x - y;
        d.then(|a, b| {
            let (size, _) = magnitude(a);
            let holds = size == 0 || size > SMALL && self.hash(Tag::Equal, 0, size, 0) & 1 == 1;
            let slope = modp::sub(
                self.hash(Tag::Equal, 1, a, 0),
                self.hash(Tag::Equal, 1, modp::neg(a), 0),
            );
            Dual::Number(u64::from(holds), modp::mul(slope, b))
        })
    }

    /// A place in the hashed order: by values, equal ones by slopes.
    fn rank(&self, x: Dual) -> [(i128, u64); 2] {
        let one = |part: u64, a: u64| {
            let (size, negative) = magnitude(a);
            let rank = match size {
                0 => 0,
                _ if self.infinity() == Dual::Number(size, 0) => i128::from(PRIME),
                _ => i128::from(self.hash(Tag::Order, part, size, 0)),
            };
            (if negative { -rank } else { rank }, a)
        };
        x.value()
            .zip(x.slope())
            .map_or([(0, 0); 2], |(a, b)| [one(0, a), one(1, b)])
    }

    /// The smaller and the larger one.
    fn ordered(&self, x: Dual, y: Dual) -> [Dual; 2] {
        if x == Dual::Poison || y == Dual::Poison {
            [Dual::Poison; 2]
        } else if self.rank(x) <= self.rank(y) {
            [x, y]
        } else {
            [y, x]
        }
    }

    /// The minimum and the maximum. Their slopes have a part that shows whenever x − y moves, chosen or not.
    fn extrema(&self, x: Dual, y: Dual) -> [Dual; 2] {
        let [low, high] = self.ordered(x, y);
        let moved = self.motion(x, y);
        [low - moved, high + moved]
    }

    /// A slope that does not vanish where x and y move against each other.
    fn motion(&self, x: Dual, y: Dual) -> Dual {
        (x - y).then(|a, b| {
            let (size, _) = magnitude(a);
            let rate = modp::mul(a, self.hash(Tag::Extremum, 0, size, 0));
            Dual::Number(0, modp::mul(rate, b))
        })
    }
}

impl Algebra for Field {
    type S = Dual;

    fn constant(&self, x: Exact) -> Result<Dual, String> {
        match (Dual::exact(x), x.f) {
            (Some(d), _) => Ok(d),
            (None, f64::INFINITY) => Ok(self.infinity()),
            (None, f64::NEG_INFINITY) => Ok(-self.infinity()),
            (None, f) => Err(format!(
                "the constant {f} is not known exactly: the program needs `numeric`"
            )),
        }
    }

    fn int(&self, n: i64) -> Dual {
        Dual::int(n)
    }

    fn scalar(&self, f: Scalar, args: &[Dual]) -> Dual {
        let arg = |k: usize| args.get(k).copied().unwrap_or(Dual::Poison);
        let (x, y) = (arg(0), arg(1));
        let half = Dual::Number(PRIME.div_ceil(2), 0);
        match f {
            Scalar::Add => x + y,
            Scalar::Sub => x - y,
            Scalar::Mul => x * y,
            Scalar::Div => x * y.inverse(),
            Scalar::Neg => -x,
            Scalar::Exp => self.function(Tag::Exp, x),
            Scalar::Log => self.function(Tag::Log, x),
            Scalar::Sqrt => self.function(Tag::Sqrt, x),
            Scalar::Sin => self.circle(x)[1],
            Scalar::Cos => self.circle(x)[0],
            Scalar::Tanh => self.odd(Tag::Tanh, x),
            Scalar::Sigmoid => half + self.odd(Tag::Sigmoid, x),
            Scalar::Erf => self.odd(Tag::Erf, x),
            Scalar::Abs => self.abs(x),
            Scalar::Relu => half * (x + self.abs(x)),
            Scalar::Sign => self.odd(Tag::Sign, x),
            Scalar::Floor => self.function(Tag::Floor, x),
            Scalar::PowI(n) => x.power(n),
            Scalar::Pow => x.then(|a, b| {
                y.then(|c, d| {
                    let [value, left, right] = [0, 1, 2].map(|part| self.hash(Tag::Pow, part, a, c));
                    Dual::Number(value, modp::add(modp::mul(left, b), modp::mul(right, d)))
                })
            }),
            Scalar::Min => self.extrema(x, y)[0],
            Scalar::Max => self.extrema(x, y)[1],
            Scalar::Lt => self.less(x, y),
            Scalar::Le => Dual::ONE - self.less(y, x),
            Scalar::Eq => self.equal(x, y),
            Scalar::Select => x.then(|truth, slope| {
                let taken = if truth != 0 { y } else { arg(2) };
                if slope == 0 {
                    return taken;
                }
                taken + Dual::Number(0, slope) * (y - arg(2))
            }),
        }
    }

    fn empty(&self, fold: Fold) -> Dual {
        match fold {
            Fold::Sum => Dual::ZERO,
            Fold::Prod => Dual::ONE,
            Fold::Max => -self.infinity(),
            Fold::Min => self.infinity(),
        }
    }

    fn is_poison(&self, x: Dual) -> bool {
        x == Dual::Poison
    }

    fn place(&self, x: Dual) -> Option<usize> {
        x.value().and_then(|a| usize::try_from(a).ok())
    }

    /// Poison for one of several equal numbers, among which nothing chooses, and everywhere if a number is poison; a slope if two
    /// numbers move against each other.
    fn ranking(&self, keys: &[Dual]) -> Vec<(usize, Dual)> {
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by_key(|&k| std::cmp::Reverse(self.rank(keys[k])));
        let pairs = keys
            .iter()
            .enumerate()
            .flat_map(|(k, x)| keys[..k].iter().map(move |y| (x, y)));
        let moved = pairs.fold(Dual::ZERO, |sum, (x, y)| sum + self.motion(*x, *y));
        let poisoned = keys.contains(&Dual::Poison);
        let equal = |a: usize, b: Option<&usize>| b.is_some_and(|&b| keys[a] == keys[b]);
        let good = |(at, &k): (usize, &usize)| {
            let tied = at > 0 && equal(k, order.get(at - 1)) || equal(k, order.get(at + 1));
            (k, if tied || poisoned { Dual::Poison } else { moved })
        };
        order.iter().enumerate().map(good).collect()
    }

    /// Extrema of many choose by the order alone, so that the order of the elements does not matter.
    fn fold(&self, fold: Fold, x: Dual, y: Dual) -> Dual {
        match fold {
            Fold::Sum => x + y,
            Fold::Prod => x * y,
            Fold::Min => self.ordered(x, y)[0],
            Fold::Max => self.ordered(x, y)[1],
        }
    }
}

/// A point of the unit circle, from the tangent of half its angle; opposite tangents give mirrored points.
fn on_circle(t: Dual) -> [Dual; 2] {
    let square = t * t;
    let scale = (Dual::ONE + square).inverse();
    [(Dual::ONE - square) * scale, (t + t) * scale]
}

/// ±a, whichever is smaller as a residue, and whether that is −a.
fn magnitude(a: u64) -> (u64, bool) {
    if a > PRIME / 2 { (PRIME - a, true) } else { (a, false) }
}

/// A bijection of 64-bit words without structure (the finaliser of splitmix64).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
