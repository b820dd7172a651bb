//! Conjugacy classes and power maps.

use super::listed::Finite;

/// The conjugacy classes of a listed group, ordered by the order of their elements, then by size, then by their smallest
/// elements; class 0 is the identity.
#[derive(Debug)]
pub struct Classes {
    of: Vec<u32>,
    members: Vec<Vec<u32>>,
    orders: Vec<u32>,
    /// By class: the classes of the powers of its first element, from the 0-th on.
    powers: Vec<Vec<u32>>,
}

impl Classes {
    pub(super) fn new(group: &Finite) -> Classes {
        let n = group.order();
        let mut seen = vec![false; n];
        let mut found: Vec<(u32, Vec<u32>)> = vec![];
        for start in 0..n as u32 {
            if seen[start as usize] {
                continue;
            }
            seen[start as usize] = true;
            let mut class = vec![start];
            let mut next = 0;
            while let Some(&g) = class.get(next) {
                next += 1;
                for &s in group.generators() {
                    let moved = group.conjugate(s, g);
                    if !std::mem::replace(&mut seen[moved as usize], true) {
                        class.push(moved);
                    }
                }
            }
            class.sort_unstable();
            found.push((powers(group, start).len() as u32, class));
        }
        found.sort_by_key(|(order, class)| (*order, class.len(), class[0]));
        let mut of = vec![0; n];
        for (c, (_, class)) in found.iter().enumerate() {
            for &g in class {
                of[g as usize] = c as u32;
            }
        }
        let class_powers = |class: &[u32]| powers(group, class[0]).iter().map(|&g| of[g as usize]).collect();
        Classes {
            powers: found.iter().map(|(_, class)| class_powers(class)).collect(),
            orders: found.iter().map(|(order, _)| *order).collect(),
            members: found.into_iter().map(|(_, class)| class).collect(),
            of,
        }
    }

    /// The number of classes.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// No classes; never so.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The class of an element.
    pub fn of(&self, g: u32) -> usize {
        self.of[g as usize] as usize
    }

    /// The elements of each class, ascending; the first one represents it.
    pub fn members(&self) -> &[Vec<u32>] {
        &self.members
    }

    /// The order of the elements of each class.
    pub fn orders(&self) -> &[u32] {
        &self.orders
    }

    /// The class of the k-th powers of a class.
    pub fn power(&self, class: usize, k: i64) -> usize {
        let list = &self.powers[class];
        list[k.rem_euclid(list.len() as i64) as usize] as usize
    }
}

/// 1, g, g², … up to the order of g.
fn powers(group: &Finite, g: u32) -> Vec<u32> {
    let mut list = vec![0];
    let mut at = g;
    while at != 0 {
        list.push(at);
        at = group.product(g, at);
    }
    list
}
