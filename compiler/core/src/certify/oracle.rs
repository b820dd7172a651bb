//! The two algebras that scenes are run on: the exact one, and floating point.

use super::scene::{Draw, Rng};
use crate::ir::field::{Dual, Field};
use crate::ir::interp::{Algebra, Real64};
use crate::ir::{Fold, Scalar};
use gdl_rep::Exact;

/// The field of the exact test. A number of the program that is known in floating point only, such as π, becomes a random
/// element: what holds for a random number in its place holds for the number. Negation is respected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Oracle(pub Field);

impl Algebra for Oracle {
    type S = Dual;

    fn constant(&self, x: Exact) -> Result<Dual, String> {
        match self.0.constant(x) {
            Err(why) if x.f.is_nan() => Err(why),
            Err(_) => {
                let size = self.0.random(u64::MAX, x.f.abs().to_bits());
                Ok(if x.f < 0.0 { -size } else { size })
            }
            known => known,
        }
    }
    fn int(&self, n: i64) -> Dual {
        self.0.int(n)
    }
    fn scalar(&self, f: Scalar, args: &[Dual]) -> Dual {
        self.0.scalar(f, args)
    }
    fn empty(&self, fold: Fold) -> Dual {
        self.0.empty(fold)
    }
    fn is_poison(&self, x: Dual) -> bool {
        self.0.is_poison(x)
    }
    fn fold(&self, fold: Fold, x: Dual, y: Dual) -> Dual {
        self.0.fold(fold, x, y)
    }
    fn ranking(&self, keys: &[Dual]) -> Vec<(usize, Dual)> {
        self.0.ranking(keys)
    }
    fn place(&self, x: Dual) -> Option<usize> {
        self.0.place(x)
    }
}

impl Draw for Oracle {
    fn number(&self, rng: &mut Rng) -> Dual {
        Dual::new(rng.word(), 0)
    }
    fn rotation(&self, rng: &mut Rng) -> [Dual; 2] {
        self.0.random_rotation(rng.word(), 0)
    }
    fn infinitesimal(&self, rng: &mut Rng) -> Option<Dual> {
        Some(Dual::new(0, rng.word()))
    }
    fn exact(&self, x: Exact) -> Result<Dual, String> {
        self.0.constant(x)
    }
}

impl Draw for Real64 {
    fn number(&self, rng: &mut Rng) -> f64 {
        rng.normal()
    }
    fn rotation(&self, rng: &mut Rng) -> [f64; 2] {
        let (s, c) = (std::f64::consts::TAU * rng.unit()).sin_cos();
        [c, s]
    }
    fn infinitesimal(&self, _: &mut Rng) -> Option<f64> {
        None
    }
    fn exact(&self, x: Exact) -> Result<f64, String> {
        Ok(x.f)
    }
}
