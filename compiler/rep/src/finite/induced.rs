//! Induced representations, as matrices, and how they split.

use crate::decompose::orthonormal;
use crate::element::Element;
use crate::error::Error;
use crate::exact::Exact;
use crate::group::Group;
use crate::hom::{Basis, hom_basis, larger, matrix};
use crate::irreps::irreps;
use crate::linear::multiply;
use crate::rep::{Atom, MAX_DIM, Rep};
use crate::subgroup::Subgroup;

/// The representation of a finite group G that a representation W of a subgroup H induces: ⊕ x_i W over the left cosets x_i H, in the order of
/// [`Subgroup::coset_representatives`], the coset slow. An element g moves x_i w to x_j ρ(h) w for g x_i = x_j h.
#[derive(Clone, Debug)]
pub struct Induced {
    subgroup: Subgroup,
    rep: Rep,
    cosets: Vec<Element>,
}

impl Induced {
    /// From a subgroup, and a representation of it as a group of its own ([`Subgroup::as_group`]).
    ///
    /// # Errors
    /// It is a representation of another group, or the result is too large.
    pub fn new(subgroup: &Subgroup, rep: &Rep) -> Result<Induced, Error> {
        if rep.group != subgroup.as_group() {
            return Err(Error::Invalid(format!(
                "`{rep}` is a representation of {}, not of {subgroup}",
                rep.group
            )));
        }
        let index = subgroup.parent().order().unwrap_or_default() / subgroup.order();
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        if index.saturating_mul(rep.dim()) > MAX_DIM {
            return Err(Error::TooLarge(format!(
                "a representation of dimension {index}·{} is too large",
                rep.dim()
            )));
        }
        Ok(Induced {
            subgroup: subgroup.clone(),
            rep: rep.clone(),
            cosets: subgroup.coset_representatives()?,
        })
    }

    /// The group G.
    pub fn group(&self) -> &Group {
        self.subgroup.parent()
    }

    /// The dimension.
    pub fn dim(&self) -> usize {
        self.cosets.len() * self.rep.dim()
    }

    /// The matrix of an element of G, row-major; `None` for other elements.
    pub fn matrix(&self, g: &Element) -> Option<Vec<Exact>> {
        let (n, w) = (self.dim(), self.rep.dim());
        let mut m = vec![Exact::ZERO; n * n];
        for (i, x) in self.cosets.iter().enumerate() {
            let moved = g.compose(x)?;
            let (j, h) = self.cosets.iter().enumerate().find_map(|(j, y)| {
                let h = y.inverse().compose(&moved)?;
                self.subgroup.contains(&h).then_some((j, h))
            })?;
            let block: Vec<Exact> = self.rep.matrix_over(&self.subgroup.inner(&h))?;
            for row in 0..w {
                m[(j * w + row) * n + i * w..][..w].copy_from_slice(&block[row * w..][..w]);
            }
        }
        Some(m)
    }

    /// The change of basis to irreducible representations: for each that occurs, orthonormal maps onto it, \[k, d, dim\], one for each copy. All
    /// rows together are an orthogonal matrix, if W is orthogonal.
    ///
    /// A map T of H from W to σ makes one of G from the induced representation to σ, x_i w ↦ σ(x_i) T w (Frobenius).
    ///
    /// # Errors
    /// The irreducible representations of G are not built.
    pub fn to_irreps(&self) -> Result<Vec<(Atom, Basis)>, Error> {
        let (group, n, w) = (self.group(), self.dim(), self.rep.dim());
        let mut out = vec![];
        for irrep in irreps(group, 0)? {
            let d = irrep.dim(group);
            let sigma = Rep::atom(group.clone(), irrep.clone())?;
            let restricted = Atom::Restrict(Box::new(sigma)).checked(&self.rep.group)?;
            let (mut maps, mut residual) = (vec![], None);
            let mut at = 0;
            for atom in self.rep.atoms() {
                let small = hom_basis(&self.rep.group, atom, &restricted)?;
                let wide = atom.dim(&self.rep.group);
                residual = larger(residual, small.residual);
                for k in 0..small.len() {
                    let mut map = vec![Exact::ZERO; d * n];
                    for (i, x) in self.cosets.iter().enumerate() {
                        let block = multiply(&matrix(group, &irrep, x)?, small.tensor(k), d, d, wide);
                        for row in 0..d {
                            map[row * n + i * w + at..][..wide].copy_from_slice(&block[row * wide..][..wide]);
                        }
                    }
                    maps.push(map);
                }
                at += wide;
            }
            let kept = orthonormal(&Basis::from_rows(maps, &[d, n], residual), d, n);
            if !kept.is_empty() {
                out.push((irrep, Basis::from_rows(kept, &[d, n], residual)));
            }
        }
        Ok(out)
    }
}
