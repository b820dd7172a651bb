//! Subgroups up to conjugacy.
//!
//! Every subgroup is reached from the trivial one by adding elements of prime-power order one at a time; conjugate subgroups
//! are kept once. All conjugates are remembered, so that a new subgroup is recognised by looking it up.

use super::listed::Finite;
use super::members::Members;
use crate::error::Error;
use crate::stop;
use std::collections::{HashMap, HashSet};

/// Subgroups are listed for groups of at most this order.
pub const MAX_ORDER: usize = 4000;

/// At most this many subgroups are listed, conjugates counted.
pub const MAX_SUBGROUPS: usize = 20_000;

/// The joins of subgroups with elements that are formed at most, each counted by its order.
const MAX_WORK: usize = 1 << 29;

/// A class of conjugate subgroups.
#[derive(Clone, Debug)]
pub struct SubgroupClass {
    /// One of them.
    pub representative: Members,
    /// The number of conjugates.
    pub size: usize,
}

impl Finite {
    /// The subgroups up to conjugacy, by order; remembered.
    pub fn subgroup_classes(&self) -> Result<&[SubgroupClass], Error> {
        let found = self.lattice.get_or_init(|| search(self));
        found.as_deref().map_err(Clone::clone)
    }

    /// Pairs (small, large) of [`Finite::subgroup_classes`] by number: a subgroup of the first class lies in one of the second, and none is between
    /// them.
    pub fn subgroup_covers(&self) -> Result<Vec<(usize, usize)>, Error> {
        let classes = self.subgroup_classes()?;
        let conjugates: Vec<Vec<Members>> = classes.iter().map(|c| conjugates(self, &c.representative)).collect();
        let n = classes.len();
        let inside = |i: usize, j: usize| {
            let (small, large) = (classes[i].representative.order(), &classes[j].representative);
            i != j && large.order().is_multiple_of(small) && conjugates[i].iter().any(|c| large.contains_all(c))
        };
        let below: Vec<Vec<usize>> = (0..n).map(|j| (0..n).filter(|&i| inside(i, j)).collect()).collect();
        let pairs = (0..n).flat_map(|j| below[j].iter().map(move |&i| (i, j)));
        let direct = |&(i, j): &(usize, usize)| !below[j].iter().any(|&k| below[k].contains(&i));
        Ok(pairs.filter(direct).collect())
    }

    /// Normal subgroups, by order: joins of the closures of single classes.
    pub fn normal_subgroups(&self) -> Result<Vec<Members>, Error> {
        let closures: Vec<Members> = self
            .classes()
            .members()
            .iter()
            .map(|class| Members::closure_under(self, &class[..1], self.generators()))
            .collect();
        let mut found: Vec<Members> = vec![Members::trivial(self)];
        let mut known: HashSet<Members> = found.iter().cloned().collect();
        let mut next = 0;
        while let Some(members) = found.get(next).cloned() {
            next += 1;
            for closure in &closures {
                if members.contains_all(closure) {
                    continue;
                }
                let mut join = members.clone();
                for &g in closure.generators() {
                    join.extend(self, g);
                }
                if known.insert(join.clone()) {
                    found.push(join);
                }
                if found.len() > MAX_SUBGROUPS {
                    return Err(Error::TooLarge(format!(
                        "{} has more than {MAX_SUBGROUPS} normal subgroups",
                        self.group()
                    )));
                }
            }
        }
        found.sort_by_cached_key(|m| (m.order(), m.ascending()));
        Ok(found)
    }
}

fn search(group: &Finite) -> Result<Vec<SubgroupClass>, Error> {
    let n = group.order();
    if n > MAX_ORDER {
        return Err(Error::TooLarge(format!(
            "{} has {n} elements; classes of subgroups are listed up to order {MAX_ORDER}",
            group.group()
        )));
    }
    let steps = prime_power_elements(group);
    let mut classes: Vec<SubgroupClass> = vec![];
    let mut known: HashMap<Members, usize> = HashMap::new();
    let mut work = 0;
    add(group, Members::trivial(group), &mut classes, &mut known);
    let mut next = 0;
    while let Some(class) = classes.get(next).cloned() {
        next += 1;
        stop::check();
        let subgroup = class.representative;
        // Elements that the normaliser moves into each other give conjugate joins.
        let normalizer = Members::whole(group).normalizer(group, &subgroup);
        let mut seen = vec![false; n];
        for &g in &steps {
            if subgroup.contains(g) || std::mem::replace(&mut seen[g as usize], true) {
                continue;
            }
            let mut orbit = vec![g];
            while let Some(x) = orbit.pop() {
                for &s in normalizer.generators() {
                    let y = group.conjugate(s, x);
                    if !std::mem::replace(&mut seen[y as usize], true) {
                        orbit.push(y);
                    }
                }
            }
            let mut join = subgroup.clone();
            join.extend(group, g);
            work += join.order();
            // Elements of the join that are no smaller step give the same join.
            if !known.contains_key(&join) {
                add(group, join, &mut classes, &mut known);
            }
            if known.len() > MAX_SUBGROUPS || work > MAX_WORK {
                return Err(Error::TooLarge(format!(
                    "{} has more than {MAX_SUBGROUPS} subgroups, or too many to search",
                    group.group()
                )));
            }
        }
    }
    classes.sort_by_cached_key(|c| (c.representative.order(), c.size, c.representative.ascending()));
    Ok(classes)
}

/// The conjugates of a subgroup, itself first.
fn conjugates(group: &Finite, subgroup: &Members) -> Vec<Members> {
    let mut found = vec![subgroup.clone()];
    let mut known = HashSet::from([subgroup.clone()]);
    let mut next = 0;
    while let Some(conjugate) = found.get(next).cloned() {
        next += 1;
        for &s in group.generators() {
            if !conjugate.is_normalized_by(group, s) {
                let other = conjugate.conjugate(group, s);
                if known.insert(other.clone()) {
                    found.push(other);
                }
            }
        }
    }
    found
}

fn add(group: &Finite, subgroup: Members, classes: &mut Vec<SubgroupClass>, known: &mut HashMap<Members, usize>) {
    let number = classes.len();
    let conjugates = conjugates(group, &subgroup);
    for conjugate in &conjugates {
        known.insert(conjugate.clone(), number);
    }
    classes.push(SubgroupClass {
        representative: subgroup,
        size: conjugates.len(),
    });
}

/// One generator of each cyclic subgroup of prime-power order.
fn prime_power_elements(group: &Finite) -> Vec<u32> {
    let mut seen = vec![false; group.order()];
    let mut list = vec![];
    for g in 1..group.order() as u32 {
        stop::check();
        let order = u64::from(group.order_of(g));
        let prime = (2..=order).find(|p| order.is_multiple_of(*p)).unwrap_or(1);
        let mut rest = order;
        while prime > 1 && rest.is_multiple_of(prime) {
            rest /= prime;
        }
        if rest > 1 || seen[g as usize] {
            continue;
        }
        list.push(g);
        let mut power = g;
        for k in 1..order {
            if num_integer::gcd(k, order) == 1 {
                seen[power as usize] = true;
            }
            power = group.product(g, power);
        }
    }
    list
}
