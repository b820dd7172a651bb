//! How elements are called, where that takes the group: words in generators, rotations of matrix groups.

use crate::element::{Elem, Element, spatial_words};
use crate::group::Group;

impl Group {
    /// The element in words, for messages: `rotation by 72° about (0, 1, 1.62)`, `permutation (1 2)`.
    pub fn describe(&self, g: &Element) -> String {
        match (self, g) {
            (Group::Subgroup(sub), _) => sub.parent().describe(g),
            (Group::Product(factors), Elem::Tuple(parts)) if factors.len() == parts.len() => {
                let words: Vec<String> = factors
                    .iter()
                    .zip(parts)
                    .filter(|(factor, part)| **part != factor.identity())
                    .map(|(factor, part)| factor.describe(part))
                    .collect();
                match words.is_empty() {
                    true => "identity".into(),
                    false => words.join(" and "),
                }
            }
            (Group::Generated(group), Elem::Permutation(image)) if group.space_dim() == Some(3) => {
                let matrix: Option<[f64; 9]> = group
                    .matrix(image)
                    .and_then(|m| m.iter().map(|x| x.f).collect::<Vec<_>>().try_into().ok());
                matrix.map_or_else(|| g.to_string(), |m| spatial_words(&m))
            }
            _ => g.to_string(),
        }
    }

    /// The element as one would write it in a formula: `r^2 f` in D(n), `(1 2)(3 4)` for permutations, and words
    /// elsewhere.
    pub fn word(&self, g: &Element) -> String {
        match (self, g) {
            (Group::Subgroup(sub), _) => sub.parent().word(g),
            (Group::C(_) | Group::D(_), Elem::Planar { flip, turn, .. }) => {
                let power = match turn {
                    0 => String::new(),
                    1 => "r".into(),
                    k => format!("r^{k}"),
                };
                match (flip, power.is_empty()) {
                    (false, true) => "identity".into(),
                    (false, false) => power,
                    (true, true) => "f".into(),
                    (true, false) => format!("{power} f"),
                }
            }
            _ => self.describe(g),
        }
    }

    /// The elements that have names of one letter: r and f of C(n) and D(n); i, j, k of Q8; a and x of Dic(n); the
    /// inversion where it is one.
    pub fn named_elements(&self) -> Vec<(&'static str, Element)> {
        let planar = |flip, turn| {
            move |n: u32| Elem::Planar {
                n,
                flip,
                turn: turn % n,
            }
        };
        let dicyclic = |n: u32, flip, turn| Elem::Dicyclic { n, flip, turn };
        match self {
            Group::C(n) => vec![("r", planar(false, 1)(*n))],
            Group::D(n) => vec![("r", planar(false, 1)(*n)), ("f", planar(true, 0)(*n))],
            Group::Dic(2) => vec![
                ("i", dicyclic(2, false, 1)),
                ("j", dicyclic(2, true, 0)),
                ("k", dicyclic(2, true, 1)),
            ],
            Group::Dic(n) => vec![("a", dicyclic(*n, false, 1)), ("x", dicyclic(*n, true, 0))],
            Group::O2 => vec![("f", crate::group::circle(true, 0, 1))],
            Group::Subgroup(sub) => {
                let mut names = sub.parent().named_elements();
                names.retain(|(_, g)| sub.contains(g));
                names
            }
            _ => vec![],
        }
    }

    /// The smallest k ≥ 1 with g^k = 1 in a finite group; 0 for an element of another group, and where k has more than 64
    /// bits.
    pub fn order_of(&self, g: &Element) -> u64 {
        let Some(image) = self.to_points(g) else { return 0 };
        let mut lengths = crate::finite::perm::cycles(&image).into_iter().map(|c| c.len() as u64);
        let order = lengths.try_fold(1u64, |lcm, n| lcm.checked_mul(n / num_integer::gcd(lcm, n)));
        order.unwrap_or(0)
    }

    /// The power g^k, k of any sign.
    pub fn power(&self, g: &Element, k: i64) -> Option<Element> {
        let mut base = if k < 0 { g.inverse() } else { g.clone() };
        let (mut k, mut power) = (k.unsigned_abs(), self.identity());
        while k > 0 {
            if k % 2 == 1 {
                power = power.compose(&base)?;
            }
            base = base.compose(&base)?;
            k /= 2;
        }
        Some(power)
    }
}
