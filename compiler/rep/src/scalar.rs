//! The rings that group elements and matrices are written over.
//!
//! A representation is one formula in the entries of the group element. Reading the same formula over different rings
//! gives its matrices ([`Exact`]), its derivative at the identity ([`Jet`]) and its expansion in circular harmonics
//! ([`Trig`]).

use crate::exact::Exact;

/// A commutative ring that contains the exact numbers.
pub trait Scalar: Clone {
    /// The constant.
    fn constant(x: Exact) -> Self;
    /// The sum.
    fn plus(&self, o: &Self) -> Self;
    /// The product.
    fn times(&self, o: &Self) -> Self;
    /// Known to be zero.
    fn vanishes(&self) -> bool;
    /// −self.
    fn minus(&self) -> Self {
        Self::constant(-Exact::ONE).times(self)
    }
    /// Zero.
    fn zero() -> Self {
        Self::constant(Exact::ZERO)
    }
    /// One.
    fn one() -> Self {
        Self::constant(Exact::ONE)
    }
    /// The value at the identity, for tests of sign.
    fn value(&self) -> f64;
}

impl Scalar for Exact {
    fn constant(x: Exact) -> Exact {
        x
    }
    fn plus(&self, o: &Exact) -> Exact {
        *self + *o
    }
    fn times(&self, o: &Exact) -> Exact {
        *self * *o
    }
    fn vanishes(&self) -> bool {
        self.is_zero()
    }
    fn minus(&self) -> Exact {
        -*self
    }
    fn value(&self) -> f64 {
        self.f
    }
}

/// A dual number v + εd, ε² = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jet {
    /// The value.
    pub v: Exact,
    /// The derivative.
    pub d: Exact,
}

impl Scalar for Jet {
    fn constant(x: Exact) -> Jet {
        Jet { v: x, d: Exact::ZERO }
    }
    fn plus(&self, o: &Jet) -> Jet {
        Jet {
            v: self.v + o.v,
            d: self.d + o.d,
        }
    }
    fn times(&self, o: &Jet) -> Jet {
        Jet {
            v: self.v * o.v,
            d: self.v * o.d + self.d * o.v,
        }
    }
    fn vanishes(&self) -> bool {
        self.v.is_zero() && self.d.is_zero()
    }
    fn value(&self) -> f64 {
        self.v.f
    }
}

/// A number with a square root of −1, over a ring.
#[derive(Clone)]
pub(crate) struct Complex<S> {
    pub re: S,
    pub im: S,
}

impl<S: Scalar> Complex<S> {
    /// The conjugate.
    pub fn conjugate(&self) -> Complex<S> {
        Complex {
            re: self.re.clone(),
            im: self.im.minus(),
        }
    }

    /// A real multiple.
    pub fn scaled(&self, x: Exact) -> Complex<S> {
        let x = S::constant(x);
        Complex {
            re: x.times(&self.re),
            im: x.times(&self.im),
        }
    }
}

impl<S: Scalar> Scalar for Complex<S> {
    fn constant(x: Exact) -> Complex<S> {
        Complex {
            re: S::constant(x),
            im: S::zero(),
        }
    }
    fn plus(&self, o: &Complex<S>) -> Complex<S> {
        Complex {
            re: self.re.plus(&o.re),
            im: self.im.plus(&o.im),
        }
    }
    fn times(&self, o: &Complex<S>) -> Complex<S> {
        Complex {
            re: self.re.times(&o.re).plus(&self.im.times(&o.im).minus()),
            im: self.re.times(&o.im).plus(&self.im.times(&o.re)),
        }
    }
    fn vanishes(&self) -> bool {
        self.re.vanishes() && self.im.vanishes()
    }
    fn value(&self) -> f64 {
        self.re.value()
    }
}

/// A trigonometric polynomial Σ_h c_h·t_h(θ) in the functions t = (1, cos θ, sin θ, cos 2θ, sin 2θ, …).
#[derive(Clone, Debug, PartialEq)]
pub struct Trig(pub Vec<Exact>);

impl Trig {
    /// cos θ.
    pub fn cos() -> Trig {
        Trig(vec![Exact::ZERO, Exact::ONE])
    }
    /// sin θ.
    pub fn sin() -> Trig {
        Trig(vec![Exact::ZERO, Exact::ZERO, Exact::ONE])
    }
    /// The coefficient of t_h.
    pub fn coefficient(&self, h: usize) -> Exact {
        self.0.get(h).copied().unwrap_or(Exact::ZERO)
    }
    /// The highest frequency with a coefficient that is not zero.
    pub fn degree(&self) -> usize {
        self.0.iter().rposition(|c| !c.is_zero()).map_or(0, |h| h.div_ceil(2))
    }
    fn accumulate(&mut self, h: usize, c: Exact) {
        if self.0.len() <= h {
            self.0.resize(h + 1, Exact::ZERO);
        }
        self.0[h] += c;
    }
}

impl Scalar for Trig {
    fn constant(x: Exact) -> Trig {
        Trig(vec![x])
    }
    fn plus(&self, o: &Trig) -> Trig {
        Trig(
            (0..self.0.len().max(o.0.len()))
                .map(|h| self.coefficient(h) + o.coefficient(h))
                .collect(),
        )
    }
    /// By 2 cos a cos b = cos(a−b) + cos(a+b) and its companions.
    fn times(&self, o: &Trig) -> Trig {
        let mut result = Trig(vec![]);
        let half = Exact::ratio(1, 2);
        for (i, &x) in self.0.iter().enumerate() {
            for (j, &y) in o.0.iter().enumerate() {
                let c = x * y;
                if c.is_zero() {
                    continue;
                }
                let (a, b) = (i.div_ceil(2), j.div_ceil(2));
                let cos_index = |k: usize| if k == 0 { 0 } else { 2 * k - 1 };
                let (low, high) = (a.abs_diff(b), a + b);
                match (i != 0 && i % 2 == 0, j != 0 && j % 2 == 0) {
                    (false, false) => {
                        result.accumulate(cos_index(low), half * c);
                        result.accumulate(cos_index(high), half * c);
                    }
                    (true, true) => {
                        result.accumulate(cos_index(low), half * c);
                        result.accumulate(cos_index(high), -(half * c));
                    }
                    // sin a cos b = (sin(a+b) + sin(a−b))/2
                    (sine_first, _) => {
                        result.accumulate(2 * high, half * c);
                        if low > 0 {
                            let positive = (a > b) == sine_first;
                            result.accumulate(2 * low, if positive { half * c } else { -(half * c) });
                        }
                    }
                }
            }
        }
        result
    }
    fn vanishes(&self) -> bool {
        self.0.iter().all(|c| c.is_zero())
    }
    fn value(&self) -> f64 {
        self.0
            .iter()
            .enumerate()
            .filter(|(h, _)| *h == 0 || h % 2 == 1)
            .map(|(_, c)| c.f)
            .sum()
    }
}
