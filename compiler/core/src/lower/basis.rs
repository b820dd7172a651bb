//! Canonical isomorphisms: every copy of a vector in another basis.

use super::frame::Low;
use super::{L, Lowerer};
use crate::ir::{Shape, Value};
use crate::typed::{Iso, NodeId};
use gdl_rep::decompose::Piece;

impl Lowerer<'_> {
    /// n copies of a representation as its summands, or with `inverse` back.
    pub(crate) fn change_basis(&mut self, x: NodeId, iso: &Iso, inverse: bool) -> L<Low> {
        let t = self.tensor(x)?;
        let k = t.statics.len();
        let axes = self.b().axes(t.v).to_vec();
        let (da, db) = (iso.factors.0 as u32, iso.factors.1 as u32);
        let n = axes[k] / (da * db).max(1);
        let lead = &axes[..k];
        let v = if inverse {
            self.from_summands(t.v, lead, n, iso)
        } else {
            let split = self.b().reshape(t.v, &[lead, &[n, da, db]].concat());
            let parts: Vec<Value> = iso.pieces.iter().map(|p| self.summand(split, lead, n, p)).collect();
            self.b().concat(&parts, k as u32)
        };
        Ok(Low { v, ..t })
    }

    /// One summand of `[…, n, left, right]`: copies are those of x, of the left factor, of the right one, then parallel ones.
    fn summand(&mut self, x: Value, lead: &[u32], n: u32, p: &Piece) -> Value {
        let k = lead.len() as u32;
        let (l, r) = (p.left, p.right);
        let part = self.b().slice(x, k + 1, l.at, l.copies * l.dim);
        let part = self.b().slice(part, k + 2, r.at, r.copies * r.dim);
        let part = self
            .b()
            .reshape(part, &[lead, &[n, l.copies, l.dim, r.copies, r.dim]].concat());
        let basis = self.b().constant(&p.matrix.shape, p.matrix.data.clone());
        let labels: Vec<u8> = (0..lead.len() as u8).map(|i| b'A' + i).collect();
        let dim = self.b().dim(x);
        let y = self.b().contract_labels(
            part,
            basis,
            &[labels.as_slice(), b"nlarb"].concat(),
            b"moab",
            &[labels.as_slice(), b"nlrmo"].concat(),
            dim,
        );
        self.b()
            .reshape(y, &[lead, &[n * p.copies() * p.matrix.shape[1]]].concat())
    }

    /// The transpose of all summands together, which is the inverse.
    fn from_summands(&mut self, x: Value, lead: &[u32], n: u32, iso: &Iso) -> Value {
        let k = lead.len() as u32;
        let (da, db) = (iso.factors.0 as u32, iso.factors.1 as u32);
        let labels: Vec<u8> = (0..lead.len() as u8).map(|i| b'A' + i).collect();
        let dim = self.b().dim(x);
        let mut total: Option<Value> = None;
        let mut at = 0;
        for p in &iso.pieces {
            let (l, r, shape) = (p.left, p.right, &p.matrix.shape);
            let len = n * p.copies() * shape[1];
            let part = self.b().slice(x, k, at, len);
            at += len;
            let part = self
                .b()
                .reshape(part, &[lead, &[n, l.copies, r.copies, shape[0], shape[1]]].concat());
            let basis = self.b().constant(shape, p.matrix.data.clone());
            let y = self.b().contract_labels(
                part,
                basis,
                &[labels.as_slice(), b"nlrmo"].concat(),
                b"moab",
                &[labels.as_slice(), b"nlarb"].concat(),
                dim,
            );
            let y = self
                .b()
                .reshape(y, &[lead, &[n, l.copies * l.dim, r.copies * r.dim]].concat());
            let y = self.pad(y, k + 1, l.at, da);
            let y = self.pad(y, k + 2, r.at, db);
            total = Some(match total {
                Some(t) => self.b().add(t, y),
                None => y,
            });
        }
        let all = match total {
            Some(t) => t,
            None => self.b().int(
                Shape {
                    dim,
                    axes: [lead, &[n, da, db]].concat(),
                },
                0,
            ),
        };
        self.b().reshape(all, &[lead, &[n * da * db]].concat())
    }
}
