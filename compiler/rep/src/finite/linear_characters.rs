//! One-dimensional characters: those of the largest abelian quotient.

use super::listed::Finite;

/// The one-dimensional characters of a subgroup of a listed group: χ(g) = ζ_e^x with the exponents x by element.
#[derive(Clone, Debug)]
pub(super) struct LinearCharacters {
    /// The e of the root of unity.
    pub exponent: u64,
    /// By element of the group: its coordinates in the abelian quotient; empty outside the subgroup.
    coordinates: Vec<Vec<u32>>,
    /// By character: the exponent of each generator of the quotient. The trivial character comes first.
    pub values: Vec<Vec<u64>>,
}

impl LinearCharacters {
    /// The characters of a subgroup, given by its elements and its commutator subgroup by a list of elements.
    pub fn new(group: &Finite, members: &[u32], derived: &[u32]) -> LinearCharacters {
        let mut coordinates: Vec<Vec<u32>> = vec![vec![]; group.order()];
        let mut inside = vec![false; group.order()];
        let mut reached = derived.to_vec();
        for &g in derived {
            inside[g as usize] = true;
        }
        // Add one generator after the other; remember the first power that falls back.
        let mut relations: Vec<(u64, Vec<u32>)> = vec![];
        for &g in members {
            if inside[g as usize] {
                continue;
            }
            let mut power = g;
            let mut r = 1u32;
            let layer = reached.clone();
            while !inside[power as usize] {
                power = group.product(g, power);
                r += 1;
            }
            relations.push((u64::from(r), coordinates[power as usize].clone()));
            let mut power = 0;
            for i in 1..r {
                power = group.product(g, power);
                for &b in &layer {
                    let x = group.product(power, b);
                    inside[x as usize] = true;
                    let mut c = coordinates[b as usize].clone();
                    c.resize(relations.len() - 1, 0);
                    c.push(i);
                    coordinates[x as usize] = c;
                    reached.push(x);
                }
            }
        }
        let exponent = relations.iter().fold(1, |e, (r, _)| e * r);
        let mut values: Vec<Vec<u64>> = vec![vec![]];
        for (r, coordinates) in &relations {
            values = values
                .into_iter()
                .flat_map(|z| {
                    // r·x = the exponent of the power that falls back
                    let y = dot(coordinates, &z) % exponent;
                    let step = exponent / r;
                    (0..*r).map(move |j| [z.as_slice(), &[y / r + j * step]].concat())
                })
                .collect();
        }
        LinearCharacters {
            exponent,
            coordinates,
            values,
        }
    }

    /// The exponent x of χ(g) = ζ_e^x.
    pub fn exponent_at(&self, character: usize, g: u32) -> u64 {
        dot(&self.coordinates[g as usize], &self.values[character]) % self.exponent
    }
}

fn dot(a: &[u32], b: &[u64]) -> u64 {
    a.iter().zip(b).map(|(&x, &y)| u64::from(x) * y).sum()
}
