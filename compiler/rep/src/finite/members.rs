//! Subgroups of a listed group as sets of element numbers.

use super::listed::Finite;
use std::hash::{Hash, Hasher};

/// A subgroup: which elements, and generators.
#[derive(Clone, Debug)]
pub struct Members {
    bits: Vec<u64>,
    list: Vec<u32>,
    generators: Vec<u32>,
}

impl PartialEq for Members {
    fn eq(&self, other: &Members) -> bool {
        self.bits == other.bits
    }
}

impl Eq for Members {}

impl Hash for Members {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits.hash(state);
    }
}

impl Members {
    /// The trivial subgroup.
    pub fn trivial(group: &Finite) -> Members {
        let mut bits = vec![0; group.order().div_ceil(64)];
        bits[0] = 1;
        Members {
            bits,
            list: vec![0],
            generators: vec![],
        }
    }

    /// The subgroup that elements generate.
    pub fn generated(group: &Finite, generators: &[u32]) -> Members {
        let mut members = Members::trivial(group);
        for &g in generators {
            members.extend(group, g);
        }
        members
    }

    /// The whole group.
    pub fn whole(group: &Finite) -> Members {
        Members::generated(group, group.generators())
    }

    /// Adds a generator. By cosets (Dimino): the new subgroup is a union of translates of the old one.
    pub fn extend(&mut self, group: &Finite, g: u32) {
        if self.contains(g) {
            return;
        }
        self.generators.push(g);
        let old = self.list.clone();
        let mut representatives = vec![0u32];
        let mut next = 0;
        while let Some(&x) = representatives.get(next) {
            next += 1;
            for at in 0..self.generators.len() {
                let y = group.product(self.generators[at], x);
                if !self.contains(y) {
                    // The coset y·old
                    for &h in &old {
                        let z = group.product(y, h);
                        self.bits[z as usize / 64] |= 1 << (z % 64);
                        self.list.push(z);
                    }
                    representatives.push(y);
                }
            }
        }
    }

    /// Is it an element of the subgroup?
    pub fn contains(&self, g: u32) -> bool {
        self.bits[g as usize / 64] >> (g % 64) & 1 == 1
    }

    /// Is every element of `other` in this subgroup?
    pub fn contains_all(&self, other: &Members) -> bool {
        other.bits.iter().zip(&self.bits).all(|(o, s)| o & !s == 0)
    }

    /// The number of elements.
    pub fn order(&self) -> usize {
        self.list.len()
    }

    /// The elements, the identity first, otherwise in no particular order.
    pub fn list(&self) -> &[u32] {
        &self.list
    }

    /// The elements, ascending.
    pub fn ascending(&self) -> Vec<u32> {
        let mut list = self.list.clone();
        list.sort_unstable();
        list
    }

    /// Generators.
    pub fn generators(&self) -> &[u32] {
        &self.generators
    }

    /// g H g⁻¹.
    pub fn conjugate(&self, group: &Finite, g: u32) -> Members {
        let list: Vec<u32> = self.list.iter().map(|&h| group.conjugate(g, h)).collect();
        let mut bits = vec![0; self.bits.len()];
        for &h in &list {
            bits[h as usize / 64] |= 1u64 << (h % 64);
        }
        Members {
            bits,
            list,
            generators: self.generators.iter().map(|&h| group.conjugate(g, h)).collect(),
        }
    }

    /// Is g H g⁻¹ = H?
    pub fn is_normalized_by(&self, group: &Finite, g: u32) -> bool {
        self.generators.iter().all(|&h| self.contains(group.conjugate(g, h)))
    }

    /// The smallest subgroup that contains elements and is normalised by others.
    pub fn closure_under(group: &Finite, elements: &[u32], by: &[u32]) -> Members {
        let mut members = Members::trivial(group);
        let mut queue = elements.to_vec();
        while let Some(g) = queue.pop() {
            if members.contains(g) {
                continue;
            }
            members.extend(group, g);
            queue.extend(by.iter().map(|&s| group.conjugate(s, g)));
        }
        members
    }

    /// The commutator subgroup.
    pub fn derived(&self, group: &Finite) -> Members {
        let mut commutators = vec![];
        for (k, &a) in self.generators.iter().enumerate() {
            for &b in &self.generators[..k] {
                let ab = group.product(a, b);
                let ba = group.product(b, a);
                commutators.push(group.product(ab, group.inverse(ba)));
            }
        }
        Members::closure_under(group, &commutators, &self.generators)
    }

    /// The elements that commute with every given one, from this subgroup.
    pub fn centralizer(&self, group: &Finite, of: &[u32]) -> Members {
        let commutes = |g: u32| of.iter().all(|&h| group.product(g, h) == group.product(h, g));
        self.selected(group, commutes)
    }

    /// The elements g of this subgroup with g H g⁻¹ = H.
    pub fn normalizer(&self, group: &Finite, of: &Members) -> Members {
        self.selected(group, |g| of.is_normalized_by(group, g))
    }

    /// The elements of this subgroup that satisfy a condition which products preserve.
    fn selected(&self, group: &Finite, keep: impl Fn(u32) -> bool) -> Members {
        let mut chosen = Members::trivial(group);
        for g in self.ascending() {
            if !chosen.contains(g) && keep(g) {
                chosen.extend(group, g);
            }
        }
        chosen
    }

    /// The intersection with another subgroup.
    pub fn intersection(&self, group: &Finite, other: &Members) -> Members {
        self.selected(group, |g| other.contains(g))
    }
}
