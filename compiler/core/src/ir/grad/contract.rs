//! Derivatives of contractions.

use crate::ir::build::Builder;
use crate::ir::{Op, Shape, Value};

/// How the cotangent of one argument of a contraction is made from the cotangent g of its result and the other argument.
#[derive(Clone)]
pub(super) struct Adjoint {
    /// The argument whose cotangent is made.
    pub target: Value,
    /// The other one.
    pub other: Value,
    shape: Shape,
    target_axes: Vec<u8>,
    other_axes: Vec<u8>,
    out_axes: Vec<u8>,
}

impl Adjoint {
    /// Both of a contraction.
    pub fn both(b: &Builder, op: &Op) -> Vec<Adjoint> {
        let Op::Contract {
            a,
            b: c,
            a_axes,
            b_axes,
            out_axes,
        } = op
        else {
            return Vec::new();
        };
        let adjoint = |target: Value, other: Value, t: &[u8], o: &[u8]| Adjoint {
            target,
            other,
            shape: b.shape(target),
            target_axes: t.to_vec(),
            other_axes: o.to_vec(),
            out_axes: out_axes.clone(),
        };
        vec![adjoint(*a, *c, a_axes, b_axes), adjoint(*c, *a, b_axes, a_axes)]
    }

    /// The cotangent of the target.
    pub fn apply(&self, b: &mut Builder, g: Value, other: Value) -> Value {
        let mut letters: Vec<u8> = Vec::new();
        let mut axes = Vec::new();
        for (&l, &n) in self.target_axes.iter().zip(&self.shape.axes) {
            if !letters.contains(&l) {
                letters.push(l);
                axes.push(n);
            }
        }
        let given = |l: &&u8| self.out_axes.contains(l) || self.other_axes.contains(l);
        let kept: Vec<u8> = letters.iter().filter(given).copied().collect();
        let place = |l: &u8| letters.iter().position(|x| x == l).unwrap_or(0) as u32;
        let places: Vec<u32> = kept.iter().map(place).collect();
        let sum_rows = self.shape.dim.is_none();
        let core = b.contract_axes(
            [g, other],
            [self.out_axes.clone(), self.other_axes.clone(), kept],
            sum_rows,
        );
        let whole = b.broadcast(
            core,
            Shape {
                dim: self.shape.dim,
                axes,
            },
            &places,
        );
        self.diagonal(b, whole, letters)
    }

    /// An argument with a letter twice is read on its diagonal: its cotangent is zero elsewhere.
    fn diagonal(&self, b: &mut Builder, mut x: Value, mut letters: Vec<u8>) -> Value {
        let mut order = Vec::new();
        for (k, (&l, &n)) in self.target_axes.iter().zip(&self.shape.axes).enumerate() {
            if !self.target_axes[..k].contains(&l) {
                order.push(letters.iter().position(|&x| x == l).unwrap_or(0) as u32);
                continue;
            }
            let Some(fresh) = (0..=u8::MAX).find(|f| !letters.contains(f) && !self.target_axes.contains(f)) else {
                b.fail("too many letters");
                return x;
            };
            let eye = b.eye(n);
            let wider = [&letters[..], &[fresh]].concat();
            x = b.contract_axes([x, eye], [letters, vec![l, fresh], wider.clone()], false);
            order.push(wider.len() as u32 - 1);
            letters = wider;
        }
        b.transpose(x, &order)
    }
}
