//! Maps through irreducible representations: by Schur's lemma hom(A, B) is spanned by the products Y X of maps X from A to an irreducible
//! representation and Y from there to B, which are much smaller spaces.

use crate::error::Error;
use crate::exact::Exact;
use crate::group::Group;
use crate::hom::{Basis, hom_basis, larger, smaller};
use crate::intertwining::{Maps, Probe};
use crate::irreps::{commutant, irreps};
use crate::linear::{canonical, multiply, rank};
use crate::nullspace;
use crate::rep::Atom;
use crate::sparse::Sparse;
use crate::tying::MAX_ENTRIES;

/// A basis of the maps from a to b; `None` where the irreducible representations are unknown, or where it is no gain: for irreducible or
/// permutation representations, and for infinite groups, whose equations are sparse.
pub(crate) fn maps(group: &Group, a: &Atom, b: &Atom) -> Result<Option<Maps>, Error> {
    let plain = |atom: &Atom| matches!(atom, Atom::Trivial | Atom::Irrep(_)) || atom.is_permutation();
    if !group.is_finite() || plain(a) || plain(b) {
        return Ok(None);
    }
    let Ok(list) = irreps(group, 0) else {
        return Ok(None);
    };
    let (da, db) = (a.dim(group), b.dim(group));
    let mut found = Maps {
        rows: vec![],
        residual: None,
        gap: None,
    };
    let mut left = da.min(db);
    for irrep in list {
        let d = irrep.dim(group);
        if left < d {
            continue;
        }
        let (into, out) = (hom_basis(group, a, &irrep)?, hom_basis(group, &irrep, b)?);
        let copies = into.len().min(out.len()) / commutant(group, &irrep);
        left = left.saturating_sub(copies * d);
        if (found.rows.len() + copies * out.len().max(into.len())).saturating_mul(da * db) > MAX_ENTRIES {
            return Err(Error::TooLarge(format!(
                "a basis of the maps from `{}` to `{}` would have more than {MAX_ENTRIES} entries",
                a.name(group),
                b.name(group)
            )));
        }
        found.residual = larger(found.residual, larger(into.residual, out.residual));
        found.gap = smaller(found.gap, smaller(into.gap, out.gap));
        let into = independent(group, &irrep, &into, da)?;
        for y in 0..out.len() {
            for x in &into {
                found.rows.push(multiply(out.tensor(y), x, db, d, da));
            }
        }
    }
    found.rows = reduced(group, found.rows, a, b);
    Ok(Some(found))
}

/// Maps from a to b in reduced row echelon form.
fn reduced(group: &Group, maps: Vec<Vec<Exact>>, a: &Atom, b: &Atom) -> Vec<Vec<Exact>> {
    let (da, db) = (a.dim(group), b.dim(group));
    if maps.iter().flatten().any(|x| x.r.is_none()) {
        return canonical(maps, da * db);
    }
    let matrices = |atom: &Atom| -> Vec<Sparse<Exact>> {
        let generators = group.generators();
        generators.iter().filter_map(|g| atom.sparse(group, g)).collect()
    };
    let probe = Probe::new(da, matrices(a).iter().zip(matrices(b)));
    nullspace::reduced(maps, |x| probe.left_over(x))
}

/// Maps onto an irreducible representation, one for each copy: none is a sum of others followed by maps that commute with it.
fn independent(group: &Group, irrep: &Atom, into: &Basis, da: usize) -> Result<Vec<Vec<Exact>>, Error> {
    let d = irrep.dim(group);
    let every = || (0..into.len()).map(|k| into.tensor(k).to_vec());
    if commutant(group, irrep) == 1 {
        return Ok(every().collect());
    }
    let commuting = hom_basis(group, irrep, irrep)?;
    let (mut kept, mut span) = (vec![], vec![]);
    for x in every() {
        span.push(x.clone());
        if rank(&span, d * da)? < span.len() {
            span.pop();
            continue;
        }
        span.pop();
        span.extend((0..commuting.len()).map(|k| multiply(commuting.tensor(k), &x, d, d, da)));
        kept.push(x);
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use crate::group::Group;
    use crate::hom::fixed;
    use crate::irreps::irreps;
    use crate::rep::{Atom, Rep};

    /// What elimination finds, for irreducible representations of real, complex and quaternionic type.
    #[test]
    fn both_ways_agree() {
        let q8 = Group::named("Q8", &[]).expect("a group");
        for group in [Group::S(4), Group::C(5), Group::T, q8] {
            let rep = |atom: &Atom| Box::new(Rep::atom(group.clone(), atom.clone()).expect("a representation"));
            let last = irreps(&group, 0).expect("irreps").pop().expect("one");
            let a = Atom::Kron(rep(&last), rep(&last));
            let b = Atom::Kron(rep(&a), rep(&last));
            for (a, b) in [(&a, &a), (&a, &b), (&b, &a)] {
                let plain = fixed(&group, &group.generators(), a, b).expect("maps");
                let through = super::maps(&group, a, b).expect("maps").expect("known irreps");
                assert_eq!(plain.rows.len(), through.rows.len(), "{group}");
                for (x, y) in plain.rows.iter().flatten().zip(through.rows.iter().flatten()) {
                    assert!(x.r == y.r && (x.f - y.f).abs() < 1e-12, "{group}: {x:?} {y:?}");
                }
            }
        }
    }
}
