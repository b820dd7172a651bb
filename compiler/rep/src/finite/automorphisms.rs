//! Homomorphisms from a group by the images of generators: the order of the automorphism group, and isomorphism.
//!
//! |Aut G| is counted along a chain of stabilizers: the automorphisms that fix the generators g_1, …, g_{i−1} move g_i to as
//! many elements as there are y for which g_1 ↦ g_1, …, g_{i−1} ↦ g_{i−1}, g_i ↦ y extends to one; the numbers multiply.

use super::listed::Finite;
use super::members::Members;
use crate::error::Error;
use crate::stop;

/// Automorphisms are counted, and isomorphisms searched, up to this order.
pub const MAX_ORDER: usize = 4000;

/// Partial homomorphisms that are tried.
const MAX_TRIALS: usize = 1 << 22;

impl Finite {
    /// The order of the automorphism group; remembered.
    pub fn automorphism_count(&self) -> Result<u64, Error> {
        self.automorphisms
            .get_or_init(|| {
                too_large(self)?;
                Search::new(self, self).count()
            })
            .clone()
    }

    /// An isomorphism to another group, as the images of all elements; `None` if there is none.
    pub fn isomorphism(&self, other: &Finite) -> Result<Option<Vec<u32>>, Error> {
        if self.order() != other.order() {
            return Ok(None);
        }
        too_large(self)?;
        let profile = |g: &Finite| -> Vec<Fingerprint> {
            let mut list = fingerprints(g);
            list.sort_unstable();
            list
        };
        if profile(self) != profile(other) {
            return Ok(None);
        }
        let mut search = Search::new(self, other);
        let mut images = vec![];
        let found = search.extend(&mut images)?;
        Ok(found.then(|| search.map(&images)).flatten())
    }

    /// Is it isomorphic to another group?
    pub fn is_isomorphic(&self, other: &Finite) -> Result<bool, Error> {
        Ok(self.isomorphism(other)?.is_some())
    }
}

fn too_large(group: &Finite) -> Result<(), Error> {
    if group.order() > MAX_ORDER {
        return Err(Error::TooLarge(format!(
            "{} has {} elements; automorphisms and isomorphisms are searched up to order {MAX_ORDER}",
            group.group(),
            group.order()
        )));
    }
    Ok(())
}

/// What every isomorphism preserves of an element: its order, the sizes of its class and of the classes of its powers, and the
/// number of its square roots.
type Fingerprint = (u32, usize, usize, Vec<usize>);

fn fingerprints(group: &Finite) -> Vec<Fingerprint> {
    let classes = group.classes();
    let mut roots = vec![0usize; classes.len()];
    for (class, members) in classes.members().iter().enumerate() {
        roots[classes.power(class, 2)] += members.len();
    }
    let of_class: Vec<Fingerprint> = (0..classes.len())
        .map(|c| {
            let size = classes.members()[c].len();
            let powers = (2..i64::from(classes.orders()[c])).map(|k| classes.members()[classes.power(c, k)].len());
            (classes.orders()[c], size, roots[c] / size, powers.collect())
        })
        .collect();
    (0..group.order() as u32)
        .map(|g| of_class[classes.of(g)].clone())
        .collect()
}

struct Search<'a> {
    from: &'a Finite,
    to: &'a Finite,
    /// A small generating set, and the subgroups that its beginnings generate.
    generators: Vec<u32>,
    orders: Vec<usize>,
    /// By generator: the elements that share its fingerprint.
    candidates: Vec<Vec<u32>>,
    trials: usize,
}

impl<'a> Search<'a> {
    fn new(from: &'a Finite, to: &'a Finite) -> Search<'a> {
        let prints = fingerprints(from);
        let target = fingerprints(to);
        // Greedily: the element that generates the most with those before it; among these, one with few images.
        let mut generators = vec![];
        let mut orders = vec![];
        let mut members = Members::trivial(from);
        let count = |g: u32| target.iter().filter(|p| **p == prints[g as usize]).count();
        let representatives: Vec<u32> = from.classes().members().iter().map(|m| m[0]).collect();
        while members.order() < from.order() {
            let pool: Vec<u32> = match generators.is_empty() {
                true => representatives.clone(),
                false => (0..from.order() as u32).collect(),
            };
            let best = pool
                .into_iter()
                .filter(|&g| !members.contains(g))
                .map(|g| {
                    let mut larger = members.clone();
                    larger.extend(from, g);
                    (larger, g)
                })
                .max_by_key(|(larger, g)| (larger.order(), std::cmp::Reverse(count(*g))));
            let Some((larger, g)) = best else { break };
            members = larger;
            generators.push(g);
            orders.push(members.order());
        }
        let candidates = generators
            .iter()
            .map(|&g| {
                let alike = |&y: &u32| target[y as usize] == prints[g as usize];
                (0..to.order() as u32).filter(alike).collect()
            })
            .collect();
        Search {
            from,
            to,
            generators,
            orders,
            candidates,
            trials: 0,
        }
    }

    fn count(&mut self) -> Result<u64, Error> {
        let mut total = 1u64;
        for i in 0..self.generators.len() {
            let mut images = 0;
            for y in self.candidates[i].clone() {
                stop::check();
                let mut partial: Vec<u32> = self.generators[..i].to_vec();
                partial.push(y);
                if self.is_partial(&partial)? && self.extend(&mut partial)? {
                    images += 1;
                }
            }
            total = total.saturating_mul(images);
        }
        Ok(total)
    }

    /// Completes images of the first generators to those of all, if possible.
    fn extend(&mut self, images: &mut Vec<u32>) -> Result<bool, Error> {
        let at = images.len();
        if at == self.generators.len() {
            return Ok(true);
        }
        for y in self.candidates[at].clone() {
            stop::check();
            images.push(y);
            if self.is_partial(images)? && self.extend(images)? {
                return Ok(true);
            }
            images.pop();
        }
        Ok(false)
    }

    /// Do these images of the first generators define an injective homomorphism of the subgroup they generate?
    fn is_partial(&mut self, images: &[u32]) -> Result<bool, Error> {
        self.trials += 1;
        if self.trials > MAX_TRIALS {
            return Err(Error::TooLarge(format!(
                "the search for isomorphisms of {} is too long",
                self.from.group()
            )));
        }
        Ok(self.map(images).is_some())
    }

    /// The homomorphism by images of the first generators, if there is one and it is injective; elements outside the subgroup
    /// go to 0.
    fn map(&self, images: &[u32]) -> Option<Vec<u32>> {
        let size = images.len().checked_sub(1).map_or(1, |last| self.orders[last]);
        let mut map = vec![u32::MAX; self.from.order()];
        let mut used = vec![false; self.to.order()];
        map[0] = 0;
        used[0] = true;
        let mut reached = vec![0u32];
        let mut next = 0;
        while let Some(&x) = reached.get(next) {
            next += 1;
            for (&g, &y) in self.generators.iter().zip(images) {
                let (gx, yx) = (self.from.product(g, x), self.to.product(y, map[x as usize]));
                if map[gx as usize] == u32::MAX {
                    if std::mem::replace(&mut used[yx as usize], true) {
                        return None;
                    }
                    map[gx as usize] = yx;
                    reached.push(gx);
                } else if map[gx as usize] != yx {
                    return None;
                }
            }
        }
        (reached.len() == size).then(|| map.into_iter().map(|y| if y == u32::MAX { 0 } else { y }).collect())
    }
}
