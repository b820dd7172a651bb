//! Functions of directions and points: harmonics, and rings.

use super::Lowerer;
use super::frame::Low;
use super::maps::{MapLow, Orbit};
use crate::ir::{Fold, Scalar, Value};
use crate::types::Set;
use gdl_rep::Exact;

impl Lowerer<'_> {
    /// A kernel at a direction, or at a point.
    ///
    /// On `disk` and `ball` a function of degree l is φ_i(|x|) Y_l(u) with u = x/√(1 + |x|²), smooth at 0, and
    /// φ_i(r) = exp(−(r − i)²/2σ²), σ = 0.6, for i = 0, 1, …
    pub(crate) fn direction(&mut self, m: MapLow, x: &Low) -> MapLow {
        let len = m.open.orbit_len;
        let orbit = match &m.open.orbit {
            Some(Set::Harmonic(h)) => {
                let (at, rings) = match h.rings {
                    Some(_) => (self.shrunk(x), Some(self.rings(x, m.open.rings))),
                    None => (self.unit(x), None),
                };
                let harmonics = match h.dim {
                    2 => self.circle_harmonics(&at, len),
                    _ => self.solid_harmonics(&at, f64::from(len).sqrt() as u32 - 1),
                };
                Orbit::Direction { harmonics, rings }
            }
            _ => Orbit::Direction {
                harmonics: self.circle_harmonics(x, len),
                rings: None,
            },
        };
        MapLow { orbit, ..m }
    }

    /// 1, x, y, Re (x + iy)², Im (x + iy)², …; of a unit vector (cos θ, sin θ): 1, cos θ, sin θ, cos 2θ, …
    pub(crate) fn circle_harmonics(&mut self, x: &Low, count: u32) -> Low {
        let axis = x.statics.len() as u32;
        let mut shape = self.b().shape(x.v);
        shape.axes[axis as usize] = 1;
        let (c1, s1) = (self.b().slice(x.v, axis, 0, 1), self.b().slice(x.v, axis, 1, 1));
        let mut list = vec![self.b().int(shape, 1)];
        let (mut c, mut s) = (c1, s1);
        while (list.len() as u32) < count {
            list.extend([c, s]);
            let (cc, ss) = (self.b().mul(c, c1), self.b().mul(s, s1));
            let (cs, sc) = (self.b().mul(c, s1), self.b().mul(s, c1));
            c = self.b().sub(cc, ss);
            s = self.b().add(cs, sc);
        }
        list.truncate(count as usize);
        Low {
            v: self.b().concat(&list, axis),
            rows: x.rows.clone(),
            statics: x.statics.clone(),
        }
    }

    /// Real spherical harmonics of degrees `0..=l` of a vector's direction.
    pub(crate) fn harmonics(&mut self, x: &Low, l: u32) -> Low {
        let unit = self.unit(x);
        self.solid_harmonics(&unit, l)
    }

    /// The polynomials Y_0 … Y_l at a vector, by Y_{l+1,i} = (2l+3)/√(l+1) Σ W(l+1, l, 1)_ijk Y_{l,j} x_k
    /// ([`gdl_rep::wigner::harmonics_step`]).
    fn solid_harmonics(&mut self, x: &Low, l: u32) -> Low {
        let axis = x.statics.len() as u32;
        let mut one = self.b().shape(x.v);
        one.axes[axis as usize] = 1;
        let mut last = self.b().int(one, 1);
        let mut all = vec![last];
        let lead: Vec<u8> = (0..axis as u8).map(|k| b'A' + k).collect();
        let dim = self.b().dim(x.v);
        for d in 0..l {
            let step = self
                .b()
                .constant(&[2 * d + 3, 2 * d + 1, 3], gdl_rep::wigner::harmonics_step(d));
            let sx = self.b().contract_labels(
                step,
                x.v,
                b"ijk",
                &[lead.as_slice(), b"k"].concat(),
                &[lead.as_slice(), b"ij"].concat(),
                dim,
            );
            last = self.b().contract_labels(
                sx,
                last,
                &[lead.as_slice(), b"ij"].concat(),
                &[lead.as_slice(), b"j"].concat(),
                &[lead.as_slice(), b"i"].concat(),
                dim,
            );
            all.push(last);
        }
        Low {
            v: self.b().concat(&all, axis),
            rows: x.rows.clone(),
            statics: x.statics.clone(),
        }
    }

    /// |x|², without the axis of components.
    fn square_length(&mut self, x: &Low) -> Value {
        let square = self.b().mul(x.v, x.v);
        self.b().reduce(Fold::Sum, square, x.statics.len() as u32)
    }

    /// |x|, at least 1e-12.
    fn length(&mut self, x: &Low) -> Value {
        let square = self.square_length(x);
        let shape = self.b().shape(square);
        let tiny = self.b().fill(shape, Exact::decimal("1e-24").unwrap_or(Exact::int(0)));
        let safe = self.b().map(Scalar::Max, &[square, tiny]);
        self.b().map(Scalar::Sqrt, &[safe])
    }

    /// x/|x|; 0 at 0, and the derivatives there are 0.
    pub(crate) fn unit(&mut self, x: &Low) -> Low {
        let square = self.square_length(x);
        let (zero, one) = (self.b().zeros_like(square), self.b().ones_like(square));
        let safe = self.b().select(square, square, one);
        let root = self.b().map(Scalar::Sqrt, &[safe]);
        let inverse = self.b().div(one, root);
        let inverse = self.b().select(square, inverse, zero);
        let shape = self.b().shape(x.v);
        let axes: Vec<u32> = (0..x.statics.len() as u32).collect();
        let inverse = self.b().broadcast(inverse, shape, &axes);
        Low {
            v: self.b().mul(x.v, inverse),
            ..x.clone()
        }
    }

    /// x/√(1 + |x|²).
    fn shrunk(&mut self, x: &Low) -> Low {
        let square = self.square_length(x);
        let shape = self.b().shape(square);
        let one = self.b().int(shape, 1);
        let sum = self.b().add(square, one);
        let root = self.b().map(Scalar::Sqrt, &[sum]);
        let shape = self.b().shape(x.v);
        let axes: Vec<u32> = (0..x.statics.len() as u32).collect();
        let root = self.b().broadcast(root, shape, &axes);
        Low {
            v: self.b().div(x.v, root),
            ..x.clone()
        }
    }

    /// exp(−(|x| − i)²/2σ²) for i = 0 … count − 1.
    fn rings(&mut self, x: &Low, count: u32) -> Low {
        let length = self.length(x);
        let mut shape = self.b().shape(length);
        shape.axes.push(count);
        let axis = shape.axes.len() as u32 - 1;
        let axes: Vec<u32> = (0..axis).collect();
        let length = self.b().broadcast(length, shape.clone(), &axes);
        let centres = (0..count).map(|i| Exact::int(i64::from(i))).collect();
        let centres = self.b().constant(&[count], centres);
        let centres = self.b().broadcast(centres, shape.clone(), &[axis]);
        let away = self.b().sub(length, centres);
        let square = self.b().mul(away, away);
        // −1/2σ²
        let factor = self.b().fill(shape, Exact::ratio(-25, 18));
        let exponent = self.b().mul(square, factor);
        Low {
            v: self.b().map(Scalar::Exp, &[exponent]),
            ..x.clone()
        }
    }
}
