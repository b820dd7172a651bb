//! The equations ρ_b(g) X − X ρ_a(g) = 0 of equivariant maps as sparse rows, for spaces of maps too large to be eliminated as they are.

use crate::element::Element;
use crate::error::Error;
use crate::exact::Exact;
use crate::group::Group;
use crate::linear::multiply;
use crate::nullspace::{self, Equations};
use crate::random::Random;
use crate::rep::Atom;
use crate::sparse::{Sparse, combination};
use crate::store;
use crate::tying::MAX_ENTRIES;

/// The largest number of unknowns.
pub const MAX_UNKNOWNS: usize = 1 << 18;

/// The largest number of coefficients of all equations.
const MAX_COEFFICIENTS: usize = 1 << 25;

/// Two matrices that maps intertwine, and the weight of their equations.
struct Pair {
    a: Sparse<Exact>,
    b: Sparse<Exact>,
    weight: Exact,
}

/// How far maps are from being equivariant: X ρ_a v against ρ_b X v at a random vector v.
pub(crate) struct Probe {
    v: Vec<Exact>,
    /// ρ_b and ρ_a v.
    moves: Vec<(Sparse<Exact>, Vec<Exact>)>,
}

impl Probe {
    /// For pairs of matrices ρ_a, ρ_b.
    pub fn new<'a>(da: usize, pairs: impl Iterator<Item = (&'a Sparse<Exact>, Sparse<Exact>)>) -> Probe {
        let v: Vec<Exact> = Random(1).vector(da).into_iter().map(Exact::inexact).collect();
        let moves = pairs.map(|(a, b)| (b, a.times(&v))).collect();
        Probe { v, moves }
    }

    /// The largest difference, relative to the largest entry of X.
    pub fn left_over(&self, x: &[Exact]) -> f64 {
        let (da, db) = (self.v.len(), x.len() / self.v.len().max(1));
        let largest = x.iter().fold(f64::MIN_POSITIVE, |m, x| m.max(x.f.abs()));
        let image = multiply(x, &self.v, db, da, 1);
        let apart = self.moves.iter().map(|(b, moved)| {
            let (left, right) = (multiply(x, moved, db, da, 1), b.times(&image));
            left.iter()
                .zip(&right)
                .fold(0.0, |m: f64, (l, r)| m.max((l.f - r.f).abs()))
        });
        apart.fold(0.0, f64::max) / largest
    }
}

/// Maps whose floats rounding has left further than this from being equivariant are refined.
const MAX_ROUNDING: f64 = 1e-13;

/// Maps in reduced row echelon form with residues, their floats as good as those of the equations.
pub(crate) fn refined(
    maps: Vec<Vec<Exact>>,
    pairs: &[(Vec<Exact>, Vec<Exact>)],
    da: usize,
    db: usize,
) -> Result<Vec<Vec<Exact>>, Error> {
    let pairs: Vec<Pair> = pairs.iter().map(|(a, b)| Pair::dense(a, b, da, db)).collect();
    let probe = Probe::new(da, pairs.iter().map(|p| (&p.a, p.b.clone())));
    if maps.iter().all(|x| probe.left_over(x) <= MAX_ROUNDING) {
        return Ok(maps);
    }
    nullspace::refined(equations(&pairs, da, db), maps)
}

impl Pair {
    fn dense(a: &[Exact], b: &[Exact], da: usize, db: usize) -> Pair {
        Pair {
            a: Sparse::from_dense(a, da),
            b: Sparse::from_dense(b, db),
            weight: Exact::ONE,
        }
    }
}

/// Maps in reduced row echelon form, and how far they are known.
pub(crate) struct Maps {
    /// Row-major matrices of dim b × dim a.
    pub rows: Vec<Vec<Exact>>,
    /// What is left of the equations, if floats decided.
    pub residual: Option<f64>,
    /// The relative gap, if floats decided on the rank.
    pub gap: Option<f64>,
}

/// The maps X with ρ_b(g) X = X ρ_a(g) for some elements and the identity component that also commute with other pairs of matrices.
///
/// # Errors
/// Too many unknowns, equations or solutions; an element that does not act; floats that do not decide.
pub(crate) fn maps(
    group: &Group,
    elements: &[Element],
    others: Vec<(Vec<Exact>, Vec<Exact>)>,
    a: &Atom,
    b: &Atom,
) -> Result<Maps, Error> {
    let (da, db) = (a.dim(group), b.dim(group));
    let refused = |what: String| {
        let (a, b) = (a.name(group), b.name(group));
        Error::TooLarge(format!("maps from `{a}` to `{b}` {what}"))
    };
    let unknowns = da.saturating_mul(db);
    if unknowns > MAX_UNKNOWNS {
        return Err(refused(format!(
            "have {da}·{db} unknowns; at most {MAX_UNKNOWNS} are solved for"
        )));
    }
    let mut pairs = pairs(group, elements, a, b)?;
    pairs.extend(others.iter().map(|(x, y)| Pair::dense(x, y, da, db)));
    let coefficients: usize = pairs.iter().map(|p| db * p.a.len() + da * p.b.len()).sum();
    if coefficients > MAX_COEFFICIENTS {
        return Err(refused(format!(
            "have equations with {coefficients} coefficients; at most {MAX_COEFFICIENTS} are kept"
        )));
    }
    let equations = equations(&pairs, da, db);
    let most = MAX_ENTRIES / unknowns.max(1);
    let Some(found) = store::solutions(&equations, || nullspace::solve(&equations, most))? else {
        return Err(refused(format!(
            "form a space of dimension above {most}; its basis would have more than {most}·{da}·{db} entries, and at most {MAX_ENTRIES} are written out"
        )));
    };
    let known = found.vectors.iter().flatten().all(|(_, x)| x.r.is_some());
    let residual = (found.gap.is_some() || !known).then(|| left_over(&equations.rows, &found.vectors));
    let dense = |v: &Vec<(usize, Exact)>| {
        let mut row = vec![Exact::ZERO; unknowns];
        v.iter().for_each(|(at, x)| row[*at] = *x);
        row
    };
    Ok(Maps {
        rows: found.vectors.iter().map(dense).collect(),
        residual,
        gap: found.gap,
    })
}

/// The largest value of an equation, relative to the largest entry of the solution.
fn left_over(rows: &Sparse<Exact>, vectors: &[Vec<(usize, Exact)>]) -> f64 {
    let mut worst = 0.0f64;
    for v in vectors {
        let mut x = vec![0.0; rows.width()];
        v.iter().for_each(|(at, y)| x[*at] = y.f);
        let size = x.iter().fold(f64::MIN_POSITIVE, |m, y| m.max(y.abs()));
        for i in 0..rows.height() {
            let value: f64 = rows.row(i).map(|(j, e)| e.f * x[j]).sum();
            worst = worst.max(value.abs() / size);
        }
    }
    worst
}

fn pairs(group: &Group, elements: &[Element], a: &Atom, b: &Atom) -> Result<Vec<Pair>, Error> {
    let missing = |atom: &Atom, g: String| {
        let name = atom.name(group);
        Error::Invalid(format!("{g} does not act on `{name}` of {group}"))
    };
    let mut pairs = vec![];
    for g in elements {
        let matrix = |atom: &Atom| {
            let m = atom.sparse::<Exact>(group, g);
            m.ok_or_else(|| missing(atom, group.describe(g)))
        };
        pairs.push(Pair {
            a: matrix(a)?,
            b: matrix(b)?,
            weight: Exact::ONE,
        });
    }
    let algebra = |atom: &Atom| {
        let m = atom.sparse_lie(group);
        m.ok_or_else(|| missing(atom, "the Lie algebra".into()))
    };
    let (la, lb) = (algebra(a)?, algebra(b)?);
    for (row, weight) in orthogonal_basis(group) {
        let sum = |list: &[Sparse<Exact>]| {
            let terms: Vec<(Exact, &Sparse<Exact>)> = row.iter().map(|(k, c)| (*c, &list[*k])).collect();
            combination(&terms)
        };
        let (a, b) = (sum(&la), sum(&lb));
        pairs.push(Pair { a, b, weight });
    }
    Ok(pairs)
}

/// A basis of the Lie algebra that is orthogonal for tr(AᵀB), as combinations of [`Group::lie_curves`], each with 1/tr(AᵀA). For a classical
/// group Σ AᵀA/tr(AᵀA) is then the Casimir operator of the compact form.
fn orthogonal_basis(group: &Group) -> Vec<(Vec<(usize, Exact)>, Exact)> {
    match group {
        Group::Product(factors) => {
            let mut all = vec![];
            let mut at = 0;
            for factor in factors {
                for (row, weight) in orthogonal_basis(factor) {
                    all.push((row.into_iter().map(|(k, c)| (at + k, c)).collect(), weight));
                }
                at += factor.lie_dim();
            }
            all
        }
        Group::Linear(linear) => {
            let inner = |a: &[Exact], b: &[Exact]| a.iter().zip(b).fold(Exact::ZERO, |s, (x, y)| s + *x * *y);
            let mut kept: Vec<(Vec<Exact>, Vec<Exact>, Exact)> = vec![];
            let count = linear.algebra().len();
            for (k, a) in linear.algebra().iter().enumerate() {
                let mut matrix = a.clone();
                let mut row = vec![Exact::ZERO; count];
                row[k] = Exact::ONE;
                for (other, coefficients, square) in &kept {
                    let c = inner(a, other) / *square;
                    let less = |x: &mut Vec<Exact>, y: &[Exact]| x.iter_mut().zip(y).for_each(|(x, y)| *x += -(c * *y));
                    less(&mut matrix, other);
                    less(&mut row, coefficients);
                }
                let square = inner(&matrix, &matrix);
                kept.push((matrix, row, square));
            }
            let sparse = |row: Vec<Exact>| row.into_iter().enumerate().filter(|(_, c)| !c.is_zero()).collect();
            let weighted = kept
                .into_iter()
                .map(|(_, row, square)| (sparse(row), Exact::ONE / square));
            weighted.collect()
        }
        _ => (0..group.lie_dim())
            .map(|k| (vec![(k, Exact::ONE)], Exact::ONE))
            .collect(),
    }
}

/// One row an entry (i, j) of ρ_b X − X ρ_a, in the unknowns X\[i\]\[j\], row-major.
fn equations(pairs: &[Pair], da: usize, db: usize) -> Equations {
    let mut rows = Sparse::new(da * db);
    let mut weights = vec![];
    for pair in pairs {
        let columns = pair.a.transpose();
        for i in 0..db {
            for j in 0..da {
                let left = pair.b.row(i).map(|(k, x)| (k * da + j, *x));
                let right = columns.row(j).map(|(k, x)| (i * da + k, -*x));
                let mut row: Vec<(usize, Exact)> = left.chain(right).collect();
                row.sort_unstable_by_key(|(at, _)| *at);
                row.dedup_by(|next, kept| {
                    let same = next.0 == kept.0;
                    if same {
                        kept.1 += next.1;
                    }
                    same
                });
                row.retain(|(_, x)| !negligible(*x));
                if !row.is_empty() {
                    rows.push(row);
                    weights.push(pair.weight);
                }
            }
        }
    }
    Equations { rows, weights }
}

/// Zero, or what rounding leaves of it.
fn negligible(x: Exact) -> bool {
    x.r.map_or(x.f.abs() < 1e-14, |r| r == 0)
}

#[cfg(test)]
mod tests {
    use super::maps;
    use crate::group::Group;
    use crate::hom::fixed;
    use crate::irreps::irreps;
    use crate::rep::{Atom, Rep};

    fn kron(group: &Group, a: &Atom, b: &Atom) -> Atom {
        let rep = |x: &Atom| Box::new(Rep::atom(group.clone(), x.clone()).expect("a representation"));
        Atom::Kron(rep(a), rep(b))
    }

    /// What elimination finds, entry by entry and residue by residue.
    #[test]
    fn both_ways_agree() {
        let named = |name: &str, args: &[i64]| Group::named(name, args).expect("a group");
        let groups = [
            Group::O3,
            Group::O2,
            Group::Oh,
            Group::D(5),
            Group::S(4),
            named("Q8", &[]),
            named("SO", &[1, 3]),
            named("SL", &[3]),
            named("Sp", &[4]),
            named("SU", &[2]),
            Group::product([Group::SO3, Group::D(4)]),
        ];
        for group in groups {
            let v = match Atom::defining(&group).or_else(|_| Atom::vector(&group, 3)) {
                Ok(v) => v,
                Err(_) => irreps(&group, 1).expect("a list").last().expect("an atom").clone(),
            };
            let square = kron(&group, &v, &v);
            let rep = || Box::new(Rep::atom(group.clone(), square.clone()).expect("a representation"));
            let others = [
                kron(&group, &square, &v),
                Atom::Sym(rep(), 2),
                Atom::Alt(rep(), 2),
                Atom::Hom(rep(), rep()),
            ];
            for other in others {
                if other.dim(&group) * square.dim(&group) > 800 {
                    continue;
                }
                let generators = group.generators();
                let plain = fixed(&group, &generators, &square, &other).expect("maps");
                let large = maps(&group, &generators, vec![], &square, &other).expect("maps");
                let name = format!("{} -> {} of {group}", square.name(&group), other.name(&group));
                assert_eq!(plain.rows.len(), large.rows.len(), "{name}");
                assert!(plain.residual.is_none() && large.residual.is_none(), "{name}");
                for (x, y) in plain.rows.iter().flatten().zip(large.rows.iter().flatten()) {
                    assert_eq!(x.r, y.r, "{name}");
                    assert!((x.f - y.f).abs() < 1e-12, "{name}: {} and {}", x.f, y.f);
                }
            }
        }
    }
}
