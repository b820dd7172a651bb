//! Complex numbers with exact parts.

use crate::exact::Exact;

/// re + i·im.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Complex {
    pub re: Exact,
    pub im: Exact,
}

impl Complex {
    pub const ZERO: Complex = Complex {
        re: Exact::ZERO,
        im: Exact::ZERO,
    };
    pub const ONE: Complex = Complex {
        re: Exact::ONE,
        im: Exact::ZERO,
    };

    pub fn new((re, im): (Exact, Exact)) -> Complex {
        Complex { re, im }
    }

    /// e^{2πik/n}.
    pub fn root(k: u64, n: u64) -> Complex {
        Complex {
            re: Exact::cos_2pi(k as i64, n),
            im: Exact::sin_2pi(k as i64, n),
        }
    }

    pub fn plus(self, o: Complex) -> Complex {
        Complex {
            re: self.re + o.re,
            im: self.im + o.im,
        }
    }

    pub fn minus(self, o: Complex) -> Complex {
        Complex {
            re: self.re - o.re,
            im: self.im - o.im,
        }
    }

    pub fn times(self, o: Complex) -> Complex {
        Complex {
            re: self.re * o.re - self.im * o.im,
            im: self.re * o.im + self.im * o.re,
        }
    }

    pub fn scaled(self, x: Exact) -> Complex {
        Complex {
            re: self.re * x,
            im: self.im * x,
        }
    }

    pub fn conjugate(self) -> Complex {
        Complex {
            re: self.re,
            im: -self.im,
        }
    }

    pub fn polish(self) -> Complex {
        Complex {
            re: self.re.polish(),
            im: self.im.polish(),
        }
    }

    /// Zero by residues, or by floats where there are none.
    pub fn is_zero(self) -> bool {
        let vanishes = |x: Exact| x.r.map_or(x.f.abs() < 1e-9, |r| r == 0);
        vanishes(self.re) && vanishes(self.im)
    }
}
