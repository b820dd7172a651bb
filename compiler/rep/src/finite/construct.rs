//! Constructions of groups: alternating, icosahedral, matrix groups, wallpaper point groups, semidirect and wreath
//! products, quotients. Each ends in a group of permutations with a name.

use super::generated::Generated;
use super::perm::{self, identity};
use crate::element::Element;
use crate::error::Error;
use crate::exact::Exact;
use crate::group::{Group, MAX_ELEMENTS};
use crate::subgroup::Subgroup;
use std::sync::{Arc, OnceLock};

/// Alternating groups are built up to this many points.
pub const MAX_ALTERNATING: u32 = 64;

/// The factor that is acted on in a semidirect product has at most this many elements.
pub const MAX_KERNEL: u64 = 2048;

/// The index of a normal subgroup whose quotient is built is at most this.
pub const MAX_INDEX: u64 = 2048;

impl Group {
    /// The group that permutations generate, each a list of images counted from 0 ([`perm::from_cycles`],
    /// [`perm::from_images`]); shorter lists fix the points they leave out.
    pub fn permutations(generators: &[Vec<u32>]) -> Result<Group, Error> {
        Ok(Group::Generated(Arc::new(Generated::permutations(generators)?)))
    }

    /// The group that exact square matrices, row-major, generate. It acts on R^dim if they are orthogonal.
    pub fn matrices(generators: &[Vec<Exact>], dim: usize) -> Result<Group, Error> {
        Ok(Group::Generated(Arc::new(Generated::matrices(generators, dim)?)))
    }

    /// The same group under another name, where it is one by generators.
    pub fn renamed(self, name: &str) -> Group {
        match self {
            Group::Generated(group) => Group::Generated(Arc::new(Arc::unwrap_or_clone(group).named(name))),
            other => other,
        }
    }

    /// The point group of a wallpaper group in crystallographers' notation: `p4m` has D(4).
    pub fn wallpaper(name: &str) -> Result<Group, Error> {
        Ok(match name {
            "p1" => Group::Trivial,
            "p2" => Group::C(2),
            "p3" => Group::C(3),
            "p4" => Group::C(4),
            "p6" => Group::C(6),
            "pm" | "pg" | "cm" => Group::D(1),
            "pmm" | "pmg" | "pgg" | "cmm" => Group::D(2),
            "p4m" | "p4g" => Group::D(4),
            "p3m1" | "p31m" => Group::D(3),
            "p6m" => Group::D(6),
            _ => return Err(Error::Unknown(format!("there is no wallpaper group `{name}`"))),
        })
    }

    /// G ≀ H: one copy of `base` for each point of `top`, which must be a group of permutations; elements permute pairs
    /// (point of `top`, point of `base`), the second fast.
    pub fn wreath(base: &Group, top: &Group) -> Result<Group, Error> {
        let (base_gens, size) = finite_points(base)?;
        let (top_gens, count) = finite_points(top)?;
        let degree = size.saturating_mul(count);
        if degree > perm::MAX_DEGREE {
            return Err(Error::TooLarge(format!(
                "a wreath product on {degree} points is too large; at most {} are permuted",
                perm::MAX_DEGREE
            )));
        }
        let mut generators = vec![];
        // One block for each orbit of the top group; conjugates reach the others.
        for orbit in perm::orbits(&top_gens, count) {
            for g in &base_gens {
                let mut p = identity(degree);
                for (i, &j) in g.iter().enumerate() {
                    let start = orbit[0] as usize * size;
                    p[start + i] = start as u32 + j;
                }
                generators.push(p);
            }
        }
        for g in &top_gens {
            let block = |&to: &u32| (0..size as u32).map(move |i| to * size as u32 + i);
            generators.push(g.iter().flat_map(block).collect());
        }
        Ok(Group::permutations(&generators)?.renamed(&format!("wreath({base}, {top})")))
    }

    /// N ⋊ H: `images\[k\]\[i\]` is where generator k of H takes generator i of N. Elements permute the elements of N,
    /// (n, h)·m = n h(m), followed by the points of H.
    pub fn semidirect(kernel: &Group, top: &Group, images: &[Vec<Element>]) -> Result<Group, Error> {
        let order = kernel.small_order().filter(|&n| n <= MAX_KERNEL);
        if order.is_none() {
            return Err(Error::TooLarge(format!(
                "{kernel} is too large for a semidirect product: at most {MAX_KERNEL} elements are acted on"
            )));
        }
        let (kernel_gens, elements) = (kernel.generators(), kernel.elements()?);
        let (top_gens, top_points) = finite_points(top)?;
        if images.len() != top_gens.len() || images.iter().any(|row| row.len() != kernel_gens.len()) {
            return Err(Error::Invalid(format!(
                "a semidirect product needs, for each of the {} generators of {top}, the images of the {} generators of {kernel}",
                top_gens.len(),
                kernel_gens.len()
            )));
        }
        let n = elements.len();
        let on_kernel = |image: Vec<u32>| perm::extended(&image, n + top_points);
        let mut generators = vec![];
        for g in &kernel_gens {
            let image = |h: &Element| kernel.index(&g.compose(h)?).map(|i| i as u32);
            let image: Option<Vec<u32>> = elements.iter().map(image).collect();
            generators.push(on_kernel(image.ok_or_else(|| kernel.foreign(g))?));
        }
        let mut automorphisms = vec![];
        for (k, row) in images.iter().enumerate() {
            let map = homomorphism(kernel, row)?;
            let mut seen = vec![false; n];
            if map.iter().any(|&i| std::mem::replace(&mut seen[i as usize], true)) {
                return Err(Error::Invalid(format!(
                    "generator {} of {top} does not act by an automorphism of {kernel}: two elements have the same image",
                    k + 1
                )));
            }
            automorphisms.push(map);
        }
        // The map of generators extends to H exactly if H, acting on its points and on N, is no larger than H.
        let joined: Vec<Vec<u32>> = automorphisms
            .iter()
            .zip(&top_gens)
            .map(|(map, points)| {
                let moved = points.iter().map(|&i| n as u32 + i);
                map.iter().copied().chain(moved).collect()
            })
            .collect();
        if Generated::permutations(&joined)?.order() != top.order().unwrap_or_default() {
            return Err(Error::Invalid(format!(
                "these automorphisms of {kernel} do not satisfy the relations of {top}"
            )));
        }
        generators.extend(joined);
        Ok(Group::permutations(&generators)?.renamed(&format!("semidirect({kernel}, {top})")))
    }

    /// G/N for a normal subgroup, as permutations of the cosets.
    pub fn quotient(by: &Subgroup) -> Result<Group, Error> {
        let group = by.parent();
        if !by.is_normal() {
            return Err(Error::Invalid(format!(
                "{by} is not normal in {group}: it has no quotient group"
            )));
        }
        let index = group.order().unwrap_or_default() / by.order();
        if index > MAX_INDEX.into() || group.small_order().is_none_or(|n| n > MAX_ELEMENTS) {
            return Err(Error::TooLarge(format!(
                "the quotient of {group} has {index} elements; quotients are built up to {MAX_INDEX} elements of listed groups"
            )));
        }
        let cosets = by.coset_representatives()?;
        let keys: Vec<u64> = cosets.iter().filter_map(|x| group.index(x)).collect();
        let mut generators = vec![];
        for g in group.generators() {
            let image = |x: &Element| {
                keys.binary_search(&by.coset_key(&g.compose(x)?)?)
                    .ok()
                    .map(|i| i as u32)
            };
            let image: Option<Vec<u32>> = cosets.iter().map(image).collect();
            generators.push(image.ok_or_else(|| group.foreign(&g))?);
        }
        Ok(Group::permutations(&generators)?.renamed(&format!("quotient({group}, {by})")))
    }

    pub(crate) fn foreign(&self, g: &Element) -> Error {
        Error::Invalid(format!("{} is not an element of {self}", self.describe(g)))
    }
}

/// The generators of a finite group as permutations, and the number of points.
fn finite_points(group: &Group) -> Result<(Vec<Vec<u32>>, usize), Error> {
    group
        .generating_points()
        .ok_or_else(|| Error::Invalid(format!("{group} is not a finite group")))
}

/// The numbers of the images of all elements of a listed group under the homomorphism into itself with these images of
/// its generators; an error if there is none.
fn homomorphism(group: &Group, images: &[Element]) -> Result<Vec<u32>, Error> {
    let generators = group.generators();
    let number = |g: &Element| group.index(g).ok_or_else(|| group.foreign(g));
    let elements = group.elements()?;
    let mut map: Vec<Option<Element>> = vec![None; elements.len()];
    map[0] = Some(group.identity());
    let mut queue = vec![0usize];
    while let Some(at) = queue.pop() {
        for (s, image) in generators.iter().zip(images) {
            let product = |a: &Element, b: &Element| a.compose(b).ok_or_else(|| group.foreign(b));
            let to = number(&product(s, &elements[at])?)? as usize;
            let Some(known) = &map[at] else { continue };
            let value = product(image, known)?;
            match &map[to] {
                None => {
                    map[to] = Some(value);
                    queue.push(to);
                }
                Some(there) if *there == value => {}
                Some(_) => {
                    return Err(Error::Invalid(format!(
                        "these images of the generators of {group} do not satisfy its relations: {} would have two images",
                        group.describe(&elements[to])
                    )));
                }
            }
        }
    }
    let numbers = map
        .iter()
        .map(|g| g.as_ref().map_or(Ok(0), |g| number(g).map(|n| n as u32)));
    numbers.collect()
}

/// A(n), generated by the cycles of three neighbours.
pub(crate) fn alternating(n: u32) -> Result<Group, Error> {
    if n > MAX_ALTERNATING {
        return Err(Error::TooLarge(format!(
            "alternating groups are built up to A({MAX_ALTERNATING})"
        )));
    }
    let n = n as usize;
    let generators: Vec<Vec<u32>> = (2..n)
        .map(|k| {
            let mut p = identity(n);
            (p[k - 2], p[k - 1], p[k]) = (k as u32 - 1, k as u32, k as u32 - 2);
            p
        })
        .collect();
    // Without generators there are no points.
    let generators = if generators.is_empty() {
        vec![identity(n)]
    } else {
        generators
    };
    Ok(Group::permutations(&generators)?.renamed(&format!("A({n})")))
}

/// I, the rotations of the icosahedron with vertices (0, ±1, ±φ) and cyclic, φ = (1+√5)/2; Ih, with the inversion.
/// The two-fold axes contain x, y and z; the cubic group T is contained in I.
pub(crate) fn icosahedral(full: bool) -> Result<Group, Error> {
    static GROUPS: [OnceLock<Result<Group, Error>>; 2] = [OnceLock::new(), OnceLock::new()];
    GROUPS[usize::from(full)]
        .get_or_init(|| {
            let half = Exact::ratio(1, 2);
            let golden = half * (Exact::ONE + Exact::sqrt_int(5));
            // By 72° about (0, 1, φ): cos 72° + (1 − cos 72°) n nᵀ + sin 72° [n]×.
            let (a, b) = (half * golden, half * (golden - Exact::ONE));
            let fifth = vec![b, -a, half, a, half, b, -half, b, a];
            let third = [0, 0, 1, 1, 0, 0, 0, 1, 0].map(Exact::int).to_vec();
            let mut generators = vec![fifth, third];
            if full {
                generators.push([-1, 0, 0, 0, -1, 0, 0, 0, -1].map(Exact::int).to_vec());
            }
            Ok(Group::matrices(&generators, 3)?.renamed(if full { "Ih" } else { "I" }))
        })
        .clone()
}
