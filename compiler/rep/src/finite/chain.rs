//! Stabilizer chains: permutation groups by a base and strong generating set.
//!
//! The base is 0, 1, 2, …: level i holds the orbit of point i under the elements that fix 0, …, i−1, with one element
//! t_x (i ↦ x) for each point x of it. Every element is a product t t′ t″ … in exactly one way, so order and membership are
//! read off, however large the group. The construction is the deterministic one of Schreier and Sims in the form of
//! D. E. Knuth, *Efficient representation of perm groups*, Combinatorica 11 (1991).
//!
//! Elements are numbered in the lexicographic order of their images, which does not depend on the t_x.

use super::perm::{compose, identity, inverse};
use crate::error::Error;
use num_bigint::BigUint;
use std::sync::Arc;

/// A chain holds at most this many numbers.
pub const MAX_ENTRIES: usize = 1 << 25;

/// A permutation group on 0..degree, ready to be asked for its order and members.
#[derive(Clone, Debug)]
pub struct Chain {
    degree: usize,
    generators: Vec<Vec<u32>>,
    levels: Vec<Level>,
}

#[derive(Clone, Debug, Default)]
struct Level {
    /// Ascending; empty where the level fixes its point.
    orbit: Vec<u32>,
    /// By point: an element that takes the level's point there.
    transversal: Vec<Option<Arc<[u32]>>>,
    /// Elements of this level that, with those of deeper levels, generate it.
    generators: Vec<Arc<[u32]>>,
}

enum Task {
    /// Make this element, which fixes the points before the level, a member.
    Insert(usize, Vec<u32>),
    /// Reach the image of the level's point under this member.
    Step(usize, Vec<u32>),
}

impl Chain {
    /// The group that permutations of 0..degree generate.
    pub fn new(degree: usize, generators: &[Vec<u32>]) -> Result<Chain, Error> {
        let mut chain = Chain {
            degree,
            generators: vec![],
            levels: vec![Level::default(); degree],
        };
        for g in generators {
            chain.insert(g)?;
        }
        Ok(chain)
    }

    /// Adds a generator of 0..degree, unless it is a member already.
    pub fn insert(&mut self, g: &[u32]) -> Result<(), Error> {
        if self.contains(g) {
            return Ok(());
        }
        self.generators.push(g.to_vec());
        let mut held: usize = self.levels.iter().map(|l| l.orbit.len() + l.generators.len()).sum();
        let mut tasks = vec![Task::Insert(0, g.to_vec())];
        while let Some(task) = tasks.pop() {
            match task {
                Task::Insert(level, g) => {
                    if level == self.degree || self.sifts(level, g.clone()) {
                        continue;
                    }
                    held += 1;
                    let g: Arc<[u32]> = g.into();
                    let l = &mut self.levels[level];
                    if l.orbit.is_empty() {
                        l.orbit.push(level as u32);
                        l.transversal = vec![None; self.degree];
                        l.transversal[level] = Some(identity(self.degree).into());
                    }
                    l.generators.push(g.clone());
                    let known = l.orbit.iter().filter_map(|&x| l.transversal[x as usize].as_ref());
                    tasks.extend(known.map(|t| Task::Step(level, compose(&g, t))));
                }
                Task::Step(level, h) => {
                    let point = h[level] as usize;
                    let l = &mut self.levels[level];
                    if let Some(t) = &l.transversal[point] {
                        tasks.push(Task::Insert(level + 1, compose(&inverse(t), &h)));
                        continue;
                    }
                    held += 1;
                    tasks.extend(l.generators.iter().map(|s| Task::Step(level, compose(s, &h))));
                    l.transversal[point] = Some(h.into());
                    let at = l.orbit.partition_point(|&x| (x as usize) < point);
                    l.orbit.insert(at, point as u32);
                }
            }
            if held.saturating_mul(self.degree) > MAX_ENTRIES {
                return Err(Error::TooLarge(format!(
                    "this group of permutations of {} points is too large: its stabilizer chain has more than {MAX_ENTRIES} numbers",
                    self.degree
                )));
            }
        }
        Ok(())
    }

    /// Is an element that fixes the points before `from` a product of elements of the chain?
    fn sifts(&self, from: usize, mut g: Vec<u32>) -> bool {
        for level in from..self.degree {
            let image = g[level] as usize;
            if image == level {
                continue;
            }
            match self.levels[level].transversal.get(image) {
                Some(Some(t)) => g = compose(&inverse(t), &g),
                _ => return false,
            }
        }
        true
    }

    /// The number of points.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// Is this permutation in the group?
    pub fn contains(&self, g: &[u32]) -> bool {
        g.len() == self.degree && self.sifts(0, g.to_vec())
    }

    /// Is every element of `other` in this group?
    pub fn contains_all(&self, other: &Chain) -> bool {
        self.degree == other.degree && other.generators.iter().all(|g| self.contains(g))
    }

    /// The lengths of the orbits of the levels; with the degree, the same for equal groups.
    pub fn orbit_lengths(&self) -> Vec<usize> {
        self.levels.iter().map(|l| l.orbit.len().max(1)).collect()
    }

    /// The number of elements.
    pub fn order(&self) -> BigUint {
        self.orbit_lengths()
            .into_iter()
            .fold(BigUint::from(1u32), |n, orbit| n * orbit)
    }

    /// The number of elements below 2^64.
    pub fn small_order(&self) -> Option<u64> {
        u64::try_from(self.order()).ok()
    }

    /// The generators it was made from, without those that earlier ones generate.
    pub fn generators(&self) -> &[Vec<u32>] {
        &self.generators
    }

    fn nontrivial(&self) -> impl Iterator<Item = (usize, &Level)> {
        self.levels.iter().enumerate().filter(|(_, l)| l.orbit.len() > 1)
    }

    fn transversal<'a>(&self, level: &'a Level, point: u32) -> Option<&'a [u32]> {
        level.transversal[point as usize].as_deref()
    }

    /// A uniformly random element; `draw` gives 64 random bits a call.
    pub fn random(&self, draw: &mut dyn FnMut() -> u64) -> Vec<u32> {
        let mut g = identity(self.degree);
        for (_, level) in self.nontrivial() {
            let at = (draw() % level.orbit.len() as u64) as usize;
            if let Some(t) = self.transversal(level, level.orbit[at]) {
                g = compose(&g, t);
            }
        }
        g
    }

    /// Element number `index` in the lexicographic order of images.
    pub fn element(&self, index: u64) -> Option<Vec<u32>> {
        let mut deeper = self.small_order().filter(|&order| index < order)?;
        let mut rest = index;
        let mut g = identity(self.degree);
        for (_, level) in self.nontrivial() {
            deeper /= level.orbit.len() as u64;
            let mut images: Vec<(u32, u32)> = level.orbit.iter().map(|&x| (g[x as usize], x)).collect();
            images.sort_unstable();
            let (_, point) = images[(rest / deeper) as usize];
            rest %= deeper;
            g = compose(&g, self.transversal(level, point)?);
        }
        Some(g)
    }

    /// The number of an element in the lexicographic order of images; `None` for other permutations, and beyond 64 bits.
    pub fn index(&self, g: &[u32]) -> Option<u64> {
        if g.len() != self.degree {
            return None;
        }
        let mut index = 0u64;
        let mut done = identity(self.degree);
        let mut back = identity(self.degree);
        for (at, level) in self.nontrivial() {
            let image = g[at];
            let smaller = level.orbit.iter().filter(|&&x| done[x as usize] < image).count();
            index = index
                .checked_mul(level.orbit.len() as u64)?
                .checked_add(smaller as u64)?;
            done = compose(&done, self.transversal(level, back[image as usize])?);
            back = inverse(&done);
        }
        (done == g).then_some(index)
    }

    /// The elements that fix every one of these points.
    pub fn stabilizer(&self, points: &[u32]) -> Result<Chain, Error> {
        // The points are renamed to 0, 1, …, so that a deeper level is their stabilizer.
        let mut first: Vec<u32> = vec![];
        for &p in points.iter().filter(|&&p| (p as usize) < self.degree) {
            if !first.contains(&p) {
                first.push(p);
            }
        }
        let order: Vec<u32> = {
            let rest = (0..self.degree as u32).filter(|p| !first.contains(p));
            first.iter().copied().chain(rest).collect()
        };
        let to_new = inverse(&order);
        let renamed = |g: &[u32], names: &[u32], back: &[u32]| compose(names, &compose(g, back));
        let generators: Vec<Vec<u32>> = self.generators.iter().map(|g| renamed(g, &to_new, &order)).collect();
        let chain = Chain::new(self.degree, &generators)?;
        let deeper: Vec<Vec<u32>> = chain.levels[first.len()..]
            .iter()
            .flat_map(|l| l.generators.iter().map(|g| renamed(g, &order, &to_new)))
            .collect();
        Chain::new(self.degree, &deeper)
    }

    /// The smallest normal subgroup of this group that contains the given members.
    pub fn normal_closure(&self, members: &[Vec<u32>]) -> Result<Chain, Error> {
        let mut closure = Chain::new(self.degree, &[])?;
        let mut queue = members.to_vec();
        while let Some(g) = queue.pop() {
            if closure.contains(&g) {
                continue;
            }
            closure.insert(&g)?;
            queue.extend(self.generators.iter().map(|s| compose(s, &compose(&g, &inverse(s)))));
        }
        Ok(closure)
    }

    /// The commutator subgroup.
    pub fn derived(&self) -> Result<Chain, Error> {
        let mut commutators = vec![];
        for (k, a) in self.generators.iter().enumerate() {
            for b in &self.generators[..k] {
                commutators.push(compose(&compose(a, b), &compose(&inverse(a), &inverse(b))));
            }
        }
        self.normal_closure(&commutators)
    }
}
