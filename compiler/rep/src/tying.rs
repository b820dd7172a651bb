//! Orbits: bases of equivariant maps between permutation representations, as a sharing of weights.

use crate::error::Error;
use crate::exact::Exact;
use crate::group::Group;
use crate::hom::Basis;
use crate::kernel::window_permutations;
use crate::rep::Atom;

/// The largest number of entries of a dense basis.
pub const MAX_ENTRIES: usize = 1 << 24;

/// A tensor whose entries with equal labels are equal: tensor number k of the basis is the indicator of label k.
///
/// It says the same as the dense basis, in as many numbers as the tensor has entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tying {
    /// The shape of the tensor: \[dim b, dim a\] or \[points, dim b, dim a\].
    pub shape: Vec<u32>,
    /// The number of labels.
    pub count: u32,
    /// The label of each entry, row-major; labels are numbered in the order of their first entries.
    pub labels: Vec<u32>,
}

impl Tying {
    /// The orbits of the entries of a tensor under generators, each given by its permutation of every axis.
    pub(crate) fn of_generators(shape: Vec<u32>, generators: &[Vec<Vec<u32>>]) -> Tying {
        let size = shape.iter().map(|&d| d as usize).product();
        let image = |mut at: usize, axes: &[Vec<u32>]| {
            let (mut to, mut stride) = (0, 1);
            for axis in axes.iter().rev() {
                to += axis[at % axis.len()] as usize * stride;
                at /= axis.len();
                stride *= axis.len();
            }
            to
        };
        let mut labels = vec![u32::MAX; size];
        let mut count = 0;
        for start in 0..size {
            if labels[start] != u32::MAX {
                continue;
            }
            labels[start] = count;
            let mut frontier = vec![start];
            while let Some(at) = frontier.pop() {
                for axes in generators {
                    let to = image(at, axes);
                    if labels[to] == u32::MAX {
                        labels[to] = count;
                        frontier.push(to);
                    }
                }
            }
            count += 1;
        }
        Tying { shape, count, labels }
    }

    /// The indicators of the labels, already in reduced row echelon form.
    pub fn basis(&self) -> Result<Basis, Error> {
        let size = self.labels.len();
        let entries = size.saturating_mul(self.count as usize);
        if entries > MAX_ENTRIES {
            return Err(Error::TooLarge(format!(
                "a basis of {} tensors with {size} entries is too large; at most {MAX_ENTRIES} numbers are written out",
                self.count
            )));
        }
        let mut data = vec![Exact::ZERO; entries];
        for (at, &label) in self.labels.iter().enumerate() {
            data[label as usize * size + at] = Exact::ONE;
        }
        let shape = std::iter::once(self.count).chain(self.shape.iter().copied()).collect();
        Ok(Basis::exact(shape, data))
    }
}

/// The basis of [`crate::hom::hom_basis`] for two permutation representations; `None` for others.
pub fn hom_tying(group: &Group, a: &Atom, b: &Atom) -> Result<Option<Tying>, Error> {
    tying(group, None, a, b)
}

/// The basis of [`crate::kernel::kernel_basis`] for two permutation representations; `None` for others.
pub fn kernel_tying(group: &Group, window: &[Vec<i32>], a: &Atom, b: &Atom) -> Result<Option<Tying>, Error> {
    tying(group, Some(window), a, b)
}

fn tying(group: &Group, window: Option<&[Vec<i32>]>, a: &Atom, b: &Atom) -> Result<Option<Tying>, Error> {
    let (a, b) = (a.clone().checked(group)?, b.clone().checked(group)?);
    if !a.is_permutation() || !b.is_permutation() {
        return Ok(None);
    }
    let mut shape = vec![b.dim(group) as u32, a.dim(group) as u32];
    if let Some(window) = window {
        shape.insert(0, window.len() as u32);
    }
    if shape
        .iter()
        .try_fold(1usize, |n, &d| n.checked_mul(d as usize))
        .is_none_or(|n| n > MAX_ENTRIES)
    {
        return Err(Error::TooLarge(format!("maps of shape {shape:?} are too large")));
    }
    let points = window.map(|window| window_permutations(group, window)).transpose()?;
    let mut generators = vec![];
    for (at, g) in group.generators().iter().enumerate() {
        let foreign = || Error::Invalid(format!("{} does not permute a basis", group.describe(g)));
        let mut axes: Vec<Vec<u32>> = points.iter().map(|moves| moves[at].clone()).collect();
        axes.push(b.permutation(group, g).ok_or_else(foreign)?);
        axes.push(a.permutation(group, g).ok_or_else(foreign)?);
        generators.push(axes);
    }
    Ok(Some(Tying::of_generators(shape, &generators)))
}
