//! Lists of irreps and the flat weights that belong to them (e3nn).

use super::case::Case;
use super::view::{Term, View};
use gdl_rep::wigner::wigner_3j;

/// Copies of one irrep of O(3).
#[derive(Clone, Debug)]
pub struct Block {
    pub mul: usize,
    pub l: u32,
    pub odd: bool,
    /// Where it begins.
    pub at: usize,
}

impl Block {
    /// Components of one copy.
    pub fn dim(&self) -> usize {
        2 * self.l as usize + 1
    }

    /// Its irrep: `1o`.
    pub fn irrep(&self) -> String {
        format!("{}{}", self.l, if self.odd { "o" } else { "e" })
    }
}

/// `4x0e+2x1o`.
#[derive(Clone, Debug)]
pub struct Irreps {
    pub blocks: Vec<Block>,
}

impl Irreps {
    pub fn new(text: &str) -> Irreps {
        let mut blocks: Vec<Block> = Vec::new();
        for part in text.split('+') {
            let (mul, irrep) = part.split_once('x').unwrap_or(("1", part));
            let (l, parity) = irrep.split_at(irrep.len() - 1);
            let at = blocks.last().map_or(0, |b| b.at + b.mul * b.dim());
            blocks.push(Block {
                mul: mul.parse().expect("a number"),
                l: l.parse().expect("a degree"),
                odd: parity == "o",
                at,
            });
        }
        Irreps { blocks }
    }

    pub fn dim(&self) -> usize {
        self.blocks.iter().map(|b| b.mul * b.dim()).sum()
    }
}

/// The 3j tensor as floats.
pub fn three_j(l1: u32, l2: u32, l3: u32) -> Vec<f64> {
    wigner_3j(l1, l2, l3).iter().map(|x| x.f).collect()
}

/// The matrix `[target, source]` of an `o3.Linear`: for every path (source block, target block) of `aux.paths` the coefficient of
/// `aux.path_coeff` times W\[source copy, target copy\], one path after the other in `key`.
pub fn linear(case: &Case, key: &str, aux: &str, a: &Irreps, b: &Irreps) -> View {
    let paths: Vec<[usize; 2]> = case
        .integers(&format!("{aux}.paths"))
        .chunks(2)
        .map(|p| [p[0], p[1]])
        .collect();
    paths_matrix(key, a, b, &paths, &case.reals(&format!("{aux}.path_coeff")))
}

/// As [`linear`], with the paths given.
pub fn paths_matrix(key: &str, a: &Irreps, b: &Irreps, paths: &[[usize; 2]], coefficients: &[f64]) -> View {
    let mut full = View::fill(&[b.dim(), a.dim()], 0.0);
    let mut flat = 0;
    for ([from, to], factor) in paths.iter().zip(coefficients) {
        let (p, q) = (&a.blocks[*from], &b.blocks[*to]);
        for (u, w) in (0..p.mul).flat_map(|u| (0..q.mul).map(move |w| (u, w))) {
            for m in 0..p.dim() {
                let at = (q.at + w * q.dim() + m) * a.dim() + p.at + u * p.dim() + m;
                full.entries[at].terms.push(Term {
                    key: key.into(),
                    at: flat,
                    factor: *factor,
                });
            }
            flat += 1;
        }
    }
    full
}
