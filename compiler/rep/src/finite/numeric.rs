//! Real irreducible representations in floating point, for characters that no vector gives exactly.
//!
//! The component of a character in a permutation representation is split by a random symmetric matrix that commutes with the
//! group: each of its eigenspaces is irreducible with probability one.

use super::listed::Finite;
use super::members::Members;
use super::table::{CharacterTable, RealCharacter};
use crate::exact::Exact;
use crate::random::Random;
use crate::tying::Tying;

/// Permutation representations of larger degree are not split.
pub(super) const MAX_POINTS: usize = 1500;

/// Components of larger dimension are not split.
pub(super) const MAX_COMPONENT: usize = 600;

/// Orthogonal matrices of the generators, from the permutations of the cosets of a subgroup in which the character occurs.
pub(super) fn matrices(
    group: &Finite,
    table: &CharacterTable,
    character: &RealCharacter,
    subgroup: &Members,
) -> Option<Vec<Vec<Exact>>> {
    let (points, coset) = cosets(group, subgroup);
    let n = points.len();
    if n > MAX_POINTS {
        return None;
    }
    let component = component(group, table, character, subgroup, &points)?;
    let size = component.len();
    if size > MAX_COMPONENT {
        return None;
    }
    let moves: Vec<Vec<u32>> = group
        .generators()
        .iter()
        .map(|&s| points.iter().map(|&x| coset[group.product(s, x) as usize]).collect())
        .collect();
    let mut random = Random(1);
    let generators: Vec<Vec<Vec<u32>>> = moves.iter().map(|m| vec![m.clone(), m.clone()]).collect();
    let orbits = Tying::of_generators(vec![n as u32, n as u32], &generators);
    let weights = random.vector(orbits.count as usize);
    // T = A + Aᵀ with A constant on the orbits of pairs.
    let entry =
        |i: usize, j: usize| weights[orbits.labels[i * n + j] as usize] + weights[orbits.labels[j * n + i] as usize];
    let images: Vec<Vec<f64>> = component
        .iter()
        .map(|v| (0..n).map(|i| (0..n).map(|j| entry(i, j) * v[j]).sum()).collect())
        .collect();
    let restricted: Vec<f64> = component
        .iter()
        .flat_map(|v| images.iter().map(|w| dot(v, w)))
        .collect();
    let (values, vectors) = symmetric_eigen(restricted, size);
    let space = isolated(&values, character.degree)?;
    let basis: Vec<Vec<f64>> = space
        .iter()
        .map(|&k| {
            let mut v = vec![0.0; n];
            for (i, c) in component.iter().enumerate() {
                axpy(&mut v, vectors[i * size + k], c);
            }
            v
        })
        .collect();
    let basis = orthonormal(basis, 1e-6);
    if basis.len() != character.degree {
        return None;
    }
    let matrix = |m: &Vec<u32>| {
        let moved: Vec<Vec<f64>> = basis
            .iter()
            .map(|v| {
                let mut w = vec![0.0; n];
                for (from, &to) in m.iter().enumerate() {
                    w[to as usize] = v[from];
                }
                w
            })
            .collect();
        let entries = basis
            .iter()
            .flat_map(|a| moved.iter().map(|b| Exact::inexact(dot(a, b))));
        entries.collect()
    };
    Some(moves.iter().map(matrix).collect())
}

/// One element of each left coset, and the coset of each element.
fn cosets(group: &Finite, subgroup: &Members) -> (Vec<u32>, Vec<u32>) {
    let mut coset = vec![u32::MAX; group.order()];
    let mut points = vec![];
    for x in 0..group.order() as u32 {
        if coset[x as usize] == u32::MAX {
            for &h in subgroup.list() {
                coset[group.product(x, h) as usize] = points.len() as u32;
            }
            points.push(x);
        }
    }
    (points, coset)
}

/// An orthonormal basis of the component of the character: the image of (χ(1)/|G|) Σ X(g) ρ(g), X the real character
/// without the doubling of quaternionic type.
fn component(
    group: &Finite,
    table: &CharacterTable,
    character: &RealCharacter,
    subgroup: &Members,
    points: &[u32],
) -> Option<Vec<Vec<f64>>> {
    let degree = table.degree(character.rows[0]) as f64;
    let value = |g: u32| -> f64 {
        let class = group.classes().of(g);
        character.rows.iter().map(|&row| table.float(row, class).0).sum()
    };
    let columns: Vec<Vec<f64>> = points
        .iter()
        .map(|&y| {
            let column = points.iter().map(|&x| {
                let sum: f64 = subgroup
                    .list()
                    .iter()
                    .map(|&h| value(group.product(group.product(x, h), group.inverse(y))))
                    .sum();
                sum * degree / group.order() as f64
            });
            column.collect()
        })
        .collect();
    let basis = orthonormal(columns, 1e-6);
    (!basis.is_empty() && basis.len().is_multiple_of(character.degree)).then_some(basis)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn axpy(y: &mut [f64], a: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// Gram-Schmidt, twice for accuracy; vectors shorter than `tolerance` after projection are dropped.
fn orthonormal(vectors: Vec<Vec<f64>>, tolerance: f64) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = vec![];
    for mut v in vectors {
        for _ in 0..2 {
            for b in &basis {
                let c = dot(&v, b);
                axpy(&mut v, -c, b);
            }
        }
        let norm = dot(&v, &v).sqrt();
        if norm > tolerance {
            v.iter_mut().for_each(|x| *x /= norm);
            basis.push(v);
        }
    }
    basis
}

/// The positions of `count` equal eigenvalues that stand apart from the others the most.
fn isolated(values: &[f64], count: usize) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let gap = |at: usize| match at {
        0 => f64::INFINITY,
        at if at == order.len() => f64::INFINITY,
        at => values[order[at]] - values[order[at - 1]],
    };
    (0..order.len() / count)
        .map(|k| (k * count, gap(k * count).min(gap((k + 1) * count))))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(at, _)| order[at..at + count].to_vec())
}

/// Eigenvalues and eigenvectors (columns) of a symmetric matrix, by Jacobi's rotations.
pub(super) fn symmetric_eigen(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut v: Vec<f64> = (0..n * n).map(|at| f64::from(u8::from(at / n == at % n))).collect();
    let scale = dot(&a, &a).sqrt();
    for _ in 0..60 {
        let off: f64 = (0..n * n).filter(|at| at / n != at % n).map(|at| a[at] * a[at]).sum();
        if off.sqrt() <= 1e-15 * scale {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                let apq = a[p * n + q];
                if apq.abs() <= 1e-18 * scale {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for k in 0..n {
                    let (x, y) = (a[p * n + k], a[q * n + k]);
                    (a[p * n + k], a[q * n + k]) = (c * x - s * y, s * x + c * y);
                }
                for k in 0..n {
                    let (x, y) = (a[k * n + p], a[k * n + q]);
                    (a[k * n + p], a[k * n + q]) = (c * x - s * y, s * x + c * y);
                    let (x, y) = (v[k * n + p], v[k * n + q]);
                    (v[k * n + p], v[k * n + q]) = (c * x - s * y, s * x + c * y);
                }
            }
        }
    }
    ((0..n).map(|i| a[i * n + i]).collect(), v)
}

#[cfg(test)]
mod tests {
    use super::matrices;
    use crate::finite::{Kind, Members};
    use crate::group::Group;
    use crate::linear::{multiply, transpose};

    /// What is found where no vector gives exact matrices, on groups whose representations are known otherwise: orthogonal matrices that
    /// satisfy the relations of the group and have the traces of the character.
    #[test]
    fn floats_alone_give_representations() {
        let q8 = Group::named("Q8", &[]).expect("a group");
        for group in [Group::S(4), Group::Dic(3), q8, Group::D(7)] {
            let finite = group.finite().expect("a finite group");
            let table = group.character_table().expect("a table");
            let trivial = Members::trivial(&finite);
            for character in finite.real_irreps().expect("characters").characters() {
                let d = character.degree;
                let generators = matrices(&finite, &table, character, &trivial).expect("matrices");
                assert!(generators.iter().flatten().all(|x| x.r.is_none()), "{group}");
                for m in &generators {
                    let square = multiply(m, &transpose(m, d, d), d, d, d);
                    for (at, x) in square.iter().enumerate() {
                        assert!((x.f - f64::from(u8::from(at / d == at % d))).abs() < 1e-12, "{group}");
                    }
                }
                let of = |g: u32| {
                    let one = crate::linear::identity(d);
                    finite
                        .word(g)
                        .into_iter()
                        .fold(one, |m, s| multiply(&m, &generators[s as usize], d, d, d))
                };
                for g in 0..finite.order() as u32 {
                    for h in 0..finite.order() as u32 {
                        let (product, both) = (of(finite.product(g, h)), multiply(&of(g), &of(h), d, d, d));
                        assert!(
                            product.iter().zip(&both).all(|(x, y)| (x.f - y.f).abs() < 1e-11),
                            "{group}"
                        );
                    }
                    let trace: f64 = (0..d).map(|i| of(g)[i * d + i].f).sum();
                    let (expected, _) = table.real_value(character, finite.classes().of(g)).to_complex();
                    assert!((trace - expected).abs() < 1e-11, "{group}: {trace} is not {expected}");
                }
                assert!(character.kind != Kind::Quaternionic || d % 4 == 0);
            }
        }
    }
}
