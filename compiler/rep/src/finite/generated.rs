//! Groups that are given by generators: permutations of points, with an action on R^d where they came from matrices.

use super::chain::Chain;
use super::perm;
use crate::error::Error;
use crate::exact::Exact;
use crate::linear;
use num_bigint::BigUint;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};

/// The orbit of the basis vectors under matrix generators has at most this many vectors.
pub const MAX_VECTORS: usize = 1 << 12;

/// Matrices of larger dimension are refused.
pub const MAX_MATRIX: usize = 64;

/// Numbers closer than this are compared by their residues.
const ROUNDING: f64 = 1e-6;

/// A group of permutations of points, by generators.
///
/// Two are equal if they consist of the same permutations, with the same action on R^d, however they are named.
#[derive(Clone, Debug)]
pub struct Generated {
    name: Option<String>,
    generators: Vec<Vec<u32>>,
    chain: Chain,
    space: Option<Space>,
}

/// An orthogonal action on R^d, as a permutation of finitely many vectors that contain the basis.
#[derive(Clone, Debug, PartialEq)]
struct Space {
    dim: usize,
    /// The vectors, one for each point.
    vectors: Vec<Vec<Exact>>,
    /// The points of the basis vectors.
    basis: Vec<u32>,
}

impl Generated {
    /// The group that permutations generate; shorter ones fix the points they do not list.
    pub fn permutations(generators: &[Vec<u32>]) -> Result<Generated, Error> {
        let degree = generators.iter().map(Vec::len).max().unwrap_or(0);
        let generators: Vec<Vec<u32>> = generators.iter().map(|g| perm::extended(g, degree)).collect();
        Ok(Generated {
            name: None,
            chain: Chain::new(degree, &generators)?,
            generators,
            space: None,
        })
    }

    /// The group that square matrices generate, as permutations of the orbit of the basis vectors. It acts on R^d if all
    /// generators are orthogonal.
    pub fn matrices(generators: &[Vec<Exact>], dim: usize) -> Result<Generated, Error> {
        if dim == 0 || dim > MAX_MATRIX {
            return Err(Error::TooLarge(format!(
                "matrices have 1 to {MAX_MATRIX} rows, not {dim}"
            )));
        }
        for (k, m) in generators.iter().enumerate() {
            if m.len() != dim * dim {
                return Err(Error::Invalid(format!(
                    "generator {} has {} entries, a matrix of {dim} rows has {}",
                    k + 1,
                    m.len(),
                    dim * dim
                )));
            }
            if m.iter().any(|x| x.r.is_none()) {
                return Err(Error::Invalid(format!(
                    "generator {} has an entry that is not known exactly: write integers, fractions, roots, cosines",
                    k + 1
                )));
            }
        }
        let (vectors, images) = orbit(generators, dim)?;
        let generators_as_points: Vec<Vec<u32>> = (0..generators.len())
            .map(|k| images.iter().map(|row| row[k]).collect())
            .collect();
        for (k, g) in generators_as_points.iter().enumerate() {
            let mut seen = vec![false; g.len()];
            if g.iter().any(|&i| std::mem::replace(&mut seen[i as usize], true)) {
                return Err(Error::Invalid(format!("generator {} is not invertible", k + 1)));
            }
        }
        let orthogonal = generators.iter().all(|m| {
            let square = linear::multiply(m, &linear::transpose(m, dim, dim), dim, dim, dim);
            let identity: Vec<Exact> = linear::identity(dim);
            square.iter().zip(&identity).all(|(a, b)| a.r == b.r)
        });
        let mut group = Generated::permutations(&generators_as_points)?;
        group.space = orthogonal.then_some(Space {
            dim,
            vectors,
            basis: (0..dim as u32).collect(),
        });
        Ok(group)
    }

    /// The same group under a name.
    pub fn named(mut self, name: impl Into<String>) -> Generated {
        self.name = Some(name.into());
        self
    }

    /// Its name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The generators it was given by.
    pub fn generators(&self) -> &[Vec<u32>] {
        &self.generators
    }

    /// The stabilizer chain.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The number of points.
    pub fn degree(&self) -> usize {
        self.chain.degree()
    }

    /// The number of elements.
    pub fn order(&self) -> BigUint {
        self.chain.order()
    }

    /// The dimension of the space it acts on as a matrix group.
    pub fn space_dim(&self) -> Option<usize> {
        self.space.as_ref().map(|s| s.dim)
    }

    /// The matrix of an element on R^d, row-major: its columns are the images of the basis vectors.
    pub fn matrix(&self, g: &[u32]) -> Option<Vec<Exact>> {
        let space = self.space.as_ref()?;
        let columns: Vec<&Vec<Exact>> = space
            .basis
            .iter()
            .map(|&j| space.vectors.get(*g.get(j as usize)? as usize))
            .collect::<Option<_>>()?;
        let d = space.dim;
        Some((0..d * d).map(|at| columns[at % d][at / d]).collect())
    }
}

/// Vectors, and for each of them the numbers of its images under the generators.
type Orbit = (Vec<Vec<Exact>>, Vec<Vec<u32>>);

/// The vectors reached from the basis by matrices, basis first, and for each where every matrix takes it.
fn orbit(generators: &[Vec<Exact>], dim: usize) -> Result<Orbit, Error> {
    let mut vectors: Vec<Vec<Exact>> = linear::identity::<Exact>(dim)
        .chunks(dim)
        .map(<[Exact]>::to_vec)
        .collect();
    let key = |v: &[Exact]| -> Vec<Option<u64>> { v.iter().map(|x| x.r).collect() };
    let mut known: HashMap<Vec<Option<u64>>, u32> =
        vectors.iter().enumerate().map(|(i, v)| (key(v), i as u32)).collect();
    // One float for each number, so that rounding does not accumulate along the orbit.
    let mut floats: HashMap<Option<u64>, f64> = generators.iter().flatten().map(|x| (x.r, x.f)).collect();
    let mut images = vec![];
    while let Some(v) = vectors.get(images.len()).cloned() {
        let mut row = vec![];
        for m in generators {
            let mut image = linear::multiply(m, &v, dim, dim, 1);
            for x in &mut image {
                let float = *floats.entry(x.r).or_insert(x.polish().f);
                if (float - x.f).abs() > ROUNDING * (1.0 + x.f.abs()) {
                    return Err(endless());
                }
                x.f = float;
            }
            let next = vectors.len() as u32;
            let at = *known.entry(key(&image)).or_insert(next);
            if at == next {
                vectors.push(image);
            }
            row.push(at);
        }
        if vectors.len() > MAX_VECTORS {
            return Err(endless());
        }
        images.push(row);
    }
    Ok((vectors, images))
}

fn endless() -> Error {
    Error::TooLarge(format!(
        "the basis vectors have more than {MAX_VECTORS} images under these matrices: the group they generate is infinite or too large"
    ))
}

impl PartialEq for Generated {
    fn eq(&self, other: &Generated) -> bool {
        self.generators == other.generators && self.space == other.space
            || self.chain.orbit_lengths() == other.chain.orbit_lengths()
                && self.chain.contains_all(&other.chain)
                && self.space == other.space
    }
}

impl Eq for Generated {}

impl Hash for Generated {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.chain.orbit_lengths().hash(state);
        self.space_dim().hash(state);
    }
}

impl fmt::Display for Generated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => f.write_str(name),
            None => {
                let list: Vec<String> = self.generators.iter().map(|g| perm::notation(g)).collect();
                write!(f, "permutations[{}]", list.join(", "))
            }
        }
    }
}
