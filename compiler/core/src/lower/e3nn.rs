//! `in e3nn`: where the coordinates of a parameter stand in a flat weight of e3nn 0.6, and what they are multiplied by.
//!
//! | parameter | module of e3nn |
//! |---|---|
//! | `hom(a, b)` | `o3.Linear(a, b)` |
//! | `n -> b` | `o3.Linear(n x 0e, b)` of one-hot labels |
//! | `n -> hom(a, b)` | `o3.FullyConnectedTensorProduct(a, n x 0e, b)` with one-hot labels |
//! | `hom(a * c, b)` | `o3.FullyConnectedTensorProduct(a, c, b)` |
//! | `sphere(L) -> hom(a, b)` | `o3.FullyConnectedTensorProduct(a, 0e + 1o + … , b)` with harmonics |
//!
//! Weights follow each other path by path: blocks of the first factor slowest, then of the second, then of the result; within a path
//! W\[u, v, w\], w fastest. The path's map is W times √(2l+1)/√N times the 3j tensor (for `Linear`: W/√N), N the number of weights that
//! reach one copy of the result, over all its paths (e3nn's `path_normalization = "element"`).

use super::reps::{self, Opened, Part, PartBasis};
use crate::typed::Model;
use crate::types::{self, Set, Space};
use gdl_rep::irreps::degree;
use gdl_rep::{Atom, Basis, Group, Rep, wigner_3j};

/// What is told apart in the e3nn module.
enum Second {
    /// `Linear`.
    None,
    /// One-hot labels.
    Labels(u32),
    /// Another factor.
    Factor(Rep),
    /// Harmonics up to a degree.
    Harmonics(u32),
}

/// Copies and degree of the blocks of a factor, with the component each begins at.
#[derive(Clone, Copy)]
struct Block {
    copies: u32,
    l: u32,
    odd: bool,
    at: u32,
}

/// One path: blocks of the factors and of the result, and where its weights begin.
struct Path {
    blocks: [usize; 3],
    at: u32,
}

/// A module of e3nn.
struct Module {
    first: Vec<Block>,
    second: Vec<Block>,
    out: Vec<Block>,
    paths: Vec<Path>,
    len: u32,
}

/// Where the coordinates of one part of a space stand, in order: the place in the flat weight, and the factor.
pub type Places = Vec<(u32, f64)>;

/// The length of the flat weight of a space, and the places of each of its parts.
///
/// # Errors
/// The space has no form in e3nn.
pub fn layout(model: &Model, space: &Space, open: &Opened) -> Result<(u32, Vec<Places>), String> {
    let (source, target, second) = shape(model, space, open)?;
    let module = Module::new(&source, &target, &second)?;
    let mut parts = Vec::new();
    for part in &open.parts {
        parts.push(module.coordinates(part, open, &second)?);
    }
    Ok((module.len, parts))
}

/// The factors and the result of the module.
fn shape(model: &Model, space: &Space, open: &Opened) -> Result<(Rep, Rep, Second), String> {
    let Some((a, b)) = map_of(&space.rep) else {
        let (n, inner) = labelled(&space.rep);
        let target = reps::concrete(model, &inner).ok_or("it is not known here")?.1;
        let labels = Rep::trivial(target.group.clone(), n * open.copies.iter().product::<u32>());
        return match open.orbit {
            None => Ok((labels, target, Second::None)),
            Some(_) => Err("e3nn has no functions of this set".into()),
        };
    };
    let group = reps::group_of(model, if a.gauge.is_some() { &a } else { &b });
    let known = |r| reps::concrete_in(model, r, &group).ok_or("it is not known here");
    let (source, target) = (known(&a)?, known(&b)?);
    match (&open.orbit, source.blocks.as_slice(), open.copies.as_slice()) {
        (None, [(1, Atom::Kron(p, q))], []) => Ok(((**p).clone(), target, Second::Factor((**q).clone()))),
        (None, _, []) => Ok((source, target, Second::None)),
        (None, _, copies) => Ok((source, target, Second::Labels(copies.iter().product()))),
        (Some(Set::Harmonic(h)), _, []) if h.dim == 3 && h.rings.is_none() => {
            let l = h.degree.value().and_then(|l| u32::try_from(l).ok()).unwrap_or(0);
            Ok((source, target, Second::Harmonics(l)))
        }
        _ => Err("e3nn has no weights of this form".into()),
    }
}

/// The a and b of copies of `hom(a, b)`.
fn map_of(rep: &types::Rep) -> Option<(types::Rep, types::Rep)> {
    let (n, inner) = rep.copies();
    rep.as_hom().or_else(|| if n.is(1) { None } else { map_of(&inner) })
}

/// The number of labels and the vector of each, for `n -> V` with V of several components.
fn labelled(rep: &types::Rep) -> (u32, types::Rep) {
    match rep.blocks() {
        [(n, types::Atom::Sum(inner))] => (
            n.value().and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
            inner.clone(),
        ),
        _ => (1, rep.clone()),
    }
}

fn blocks(rep: &Rep) -> Result<Vec<Block>, String> {
    let mut at = 0;
    let mut out = Vec::new();
    for (copies, atom) in &rep.blocks {
        let Some((l, odd)) = degree(atom) else {
            return Err(format!(
                "`{}` is no irreducible representation of O(3)",
                atom.name(&rep.group)
            ));
        };
        out.push(Block {
            copies: *copies,
            l,
            odd,
            at,
        });
        at += copies * (2 * l + 1);
    }
    Ok(out)
}

impl Module {
    fn new(source: &Rep, target: &Rep, second: &Second) -> Result<Module, String> {
        let parity = source.group == Group::O3;
        let harmonic = |l: u32| Block {
            copies: 1,
            l,
            odd: parity && l % 2 == 1,
            at: l * l,
        };
        let even = |copies| Block {
            copies,
            l: 0,
            odd: false,
            at: 0,
        };
        let mut module = Module {
            first: blocks(source)?,
            second: match second {
                Second::None => vec![even(1)],
                Second::Labels(n) => vec![even(*n)],
                Second::Factor(r) => blocks(r)?,
                Second::Harmonics(l) => (0..=*l).map(harmonic).collect(),
            },
            out: blocks(target)?,
            paths: Vec::new(),
            len: 0,
        };
        for (i, a) in module.first.iter().enumerate() {
            for (j, c) in module.second.iter().enumerate() {
                for (k, b) in module.out.iter().enumerate() {
                    let triangle = a.l.abs_diff(c.l) <= b.l && b.l <= a.l + c.l;
                    if triangle && (a.odd ^ c.odd) == b.odd {
                        module.paths.push(Path {
                            blocks: [i, j, k],
                            at: module.len,
                        });
                        module.len += a.copies * c.copies * b.copies;
                    }
                }
            }
        }
        Ok(module)
    }

    /// 1/√N for a block of the result.
    fn scale(&self, out: usize) -> f64 {
        let reaching = self.paths.iter().filter(|p| p.blocks[2] == out);
        let n: u32 = reaching
            .map(|p| self.first[p.blocks[0]].copies * self.second[p.blocks[1]].copies)
            .sum();
        1.0 / f64::from(n.max(1)).sqrt()
    }

    fn path(&self, blocks: [usize; 3]) -> Result<&Path, String> {
        let found = self.paths.iter().find(|p| p.blocks == blocks);
        found.ok_or_else(|| "e3nn has no path for one of its maps".to_string())
    }

    /// The place of a weight.
    fn place(&self, path: &Path, u: u32, v: u32, w: u32) -> u32 {
        let [_, j, k] = path.blocks;
        path.at + (u * self.second[j].copies + v) * self.out[k].copies + w
    }

    fn coordinates(&self, part: &Part, open: &Opened, second: &Second) -> Result<Vec<(u32, f64)>, String> {
        let copies = open.copies.iter().product::<u32>();
        if open.in_dim.is_none() {
            let all = (0..copies).flat_map(|f| (0..part.out_mult).map(move |w| (f, part.out_at + w * part.out_dim)));
            return all.map(|(f, at)| self.vector(f * open.out_dim + at)).collect();
        }
        let block_at = |list: &[Block], at: u32| {
            let found = list.iter().position(|b| b.at == at);
            found.ok_or_else(|| "its blocks are not those of e3nn".to_string())
        };
        let k = block_at(&self.out, part.out_at)?;
        let mut out = Vec::new();
        for f in 0..copies {
            for w in 0..part.out_mult {
                for n in 0..part.in_mult {
                    for c in 0..part.count {
                        out.push(match second {
                            Second::Factor(_) => self.product(part, k, w, c)?,
                            _ if part.count != 1 => return Err("e3nn has one weight where this has several".into()),
                            _ => {
                                let i = block_at(&self.first, part.in_at)?;
                                let j = match second {
                                    Second::Harmonics(_) => harmonic_of(tensors(part)?),
                                    _ => 0,
                                };
                                (self.place(self.path([i, j, k])?, n, f, w), self.scale(k))
                            }
                        });
                    }
                }
            }
        }
        Ok(out)
    }

    /// A component of the vectors of all labels.
    fn vector(&self, at: u32) -> Result<(u32, f64), String> {
        let one: u32 = self.out.iter().map(|b| b.copies * (2 * b.l + 1)).sum();
        let (k, w, _) = find(&self.out, at % one.max(1));
        let path = self.path([0, 0, k])?;
        Ok((self.place(path, at / one.max(1), 0, w), self.scale(k)))
    }

    /// A map from a product: its basis is in reduced row echelon form, so a coordinate is the entry at the pivot.
    fn product(&self, part: &Part, k: usize, w: u32, c: u32) -> Result<(u32, f64), String> {
        let element = tensors(part)?.tensor(c as usize);
        let width = part.in_dim as usize;
        let Some(pivot) = element.iter().position(|x| !x.is_zero()) else {
            return Err("a map that is zero".into());
        };
        let second_dim: u32 = self.second.iter().map(|b| b.copies * (2 * b.l + 1)).sum();
        let (y, x) = ((pivot / width) as u32, (pivot % width) as u32);
        let (i, u, m1) = find(&self.first, x / second_dim.max(1));
        let (j, v, m2) = find(&self.second, x % second_dim.max(1));
        let path = self.path([i, j, k])?;
        let [l1, l2, l3] = [self.first[i].l, self.second[j].l, self.out[k].l];
        let w3j = wigner_3j(l1, l2, l3)[((m1 * (2 * l2 + 1) + m2) * (2 * l3 + 1) + y) as usize].f;
        let factor = self.scale(k) * f64::from(2 * l3 + 1).sqrt() * w3j / element[pivot].f;
        Ok((self.place(path, u, v, w), factor))
    }
}

/// The block, copy and component that a component belongs to.
fn find(list: &[Block], at: u32) -> (usize, u32, u32) {
    let k = list.iter().rposition(|b| b.at <= at).unwrap_or(0);
    let (rest, d) = (at - list[k].at, 2 * list[k].l + 1);
    (k, rest / d, rest % d)
}

fn tensors(part: &Part) -> Result<&Basis, String> {
    match &part.basis {
        PartBasis::Tensors(b) => Ok(b),
        PartBasis::Sampled(_) => Err("e3nn has no kernels on windows".into()),
    }
}

/// The degree of the harmonics in a kernel.
fn harmonic_of(basis: &Basis) -> usize {
    let width = basis.shape.last().map_or(1, |&n| n as usize);
    let first = basis.data.iter().position(|x| !x.is_zero()).unwrap_or(0);
    ((first % width) as f64).sqrt() as usize
}
