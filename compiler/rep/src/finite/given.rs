//! Representations of finite groups by matrices of the generators: whether they are ones, and which.

use crate::element::Element;
use crate::error::Error;
use crate::exact::Exact;
use crate::group::Group;
use crate::irreps::{commutant, irreps};
use crate::linear::{identity, multiply};
use crate::rep::{Atom, Rep};
use crate::stop;
use std::collections::VecDeque;

/// Matrices are multiplied out for groups of at most this order.
const MAX_ORDER: u64 = 2000;

/// Products that differ by less are equal.
const TOLERANCE: f64 = 1e-9;

/// The sum of irreducible representations that matrices of the generators are equivalent to, in the order of [`Group::generators`].
///
/// # Errors
/// The group is infinite or too large; there are more or fewer matrices than generators, or of different sizes; or a relation of the group
/// fails, and by how much.
pub fn representation(group: &Group, matrices: &[Vec<Exact>]) -> Result<Rep, Error> {
    let order = group.small_order().filter(|&n| n <= MAX_ORDER).ok_or_else(|| {
        Error::TooLarge(format!(
            "matrices are checked for finite groups of at most {MAX_ORDER} elements, not for {group}"
        ))
    })?;
    let generators = group.generators();
    if generators.len() != matrices.len() {
        let names: Vec<String> = generators.iter().map(|g| group.word(g)).collect();
        let given = match matrices.len() {
            1 => "1 matrix is".to_string(),
            n => format!("{n} matrices are"),
        };
        return Err(Error::Invalid(format!(
            "{group} has the generators {}; {given} given",
            names.join(" and ")
        )));
    }
    let size = matrices.first().map_or(1, |m| m.len().isqrt());
    if matrices.iter().any(|m| m.len() != size * size) {
        return Err(Error::Invalid("square matrices of one size are needed".into()));
    }
    let given: Vec<(Element, &Vec<Exact>)> = generators.into_iter().zip(matrices).collect();
    orders(group, &given, size)?;
    let all = products(group, &given, size, order as usize)?;
    let table = group.character_table()?;
    let trace = |g: &Element| -> Option<f64> {
        let m = all.get(usize::try_from(group.index(g)?).ok()?)?.as_ref()?;
        Some((0..size).map(|i| m[i * size + i].f).sum())
    };
    let mut blocks = vec![];
    for atom in irreps(group, 0)? {
        let mut sum = 0.0;
        for class in table.classes() {
            let own = trace(&class.representative).unwrap_or(f64::NAN);
            let m: Vec<Exact> = crate::hom::matrix(group, &atom, &class.representative)?;
            let d = atom.dim(group);
            sum += class.size as f64 * own * (0..d).map(|i| m[i * d + i].f).sum::<f64>();
        }
        let copies = sum / order as f64 / commutant(group, &atom) as f64;
        blocks.push((copies.round() as u32, atom));
    }
    let blocks: Vec<(u32, Atom)> = blocks.into_iter().filter(|(n, _)| *n > 0).collect();
    Rep::new(group.clone(), blocks)
}

/// The relations that are read first: powers of generators and of products of two.
fn orders(group: &Group, given: &[(Element, &Vec<Exact>)], size: usize) -> Result<(), Error> {
    let check = |g: &Element, m: &[Exact], word: &str| {
        let n = group.order_of(g);
        let one: Vec<Exact> = identity(size);
        let power = (0..n).fold(one.clone(), |p, _| multiply(&p, m, size, size, size));
        let word = if word.contains(' ') {
            format!("({word})")
        } else {
            word.to_string()
        };
        compare(group, &power, &one, || format!("{word}^{n} = 1"))
    };
    for (g, m) in given {
        check(g, m, &group.word(g))?;
    }
    for (k, (g, m)) in given.iter().enumerate() {
        for (h, l) in &given[k + 1..] {
            let Some(product) = g.compose(h) else { continue };
            let both = multiply(m, l, size, size, size);
            check(&product, &both, &format!("{} {}", group.word(g), group.word(h)))?;
        }
    }
    Ok(())
}

/// The matrices of all elements by number, each found along one path and compared along all others.
fn products(
    group: &Group,
    given: &[(Element, &Vec<Exact>)],
    size: usize,
    order: usize,
) -> Result<Vec<Option<Vec<Exact>>>, Error> {
    let number = |g: &Element| group.index(g).and_then(|k| usize::try_from(k).ok()).unwrap_or(0);
    let mut all: Vec<Option<Vec<Exact>>> = vec![None; order];
    let mut open = VecDeque::from([group.identity()]);
    all[0] = Some(identity(size));
    while let Some(x) = open.pop_front() {
        stop::check();
        let of_x = all[number(&x)].clone().unwrap_or_default();
        for (s, m) in given {
            let Some(y) = s.compose(&x) else { continue };
            let product = multiply(m, &of_x, size, size, size);
            match &all[number(&y)] {
                Some(known) => {
                    let words = || format!("{} · {} = {}", group.word(s), group.word(&x), group.word(&y));
                    compare(group, &product, known, words)?;
                }
                None => {
                    all[number(&y)] = Some(product);
                    open.push_back(y);
                }
            }
        }
    }
    Ok(all)
}

fn compare(group: &Group, a: &[Exact], b: &[Exact], relation: impl Fn() -> String) -> Result<(), Error> {
    let apart = a.iter().zip(b).fold(0.0f64, |m, (x, y)| m.max((x.f - y.f).abs()));
    if apart < TOLERANCE {
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "these matrices are no representation of {group}: {} fails, by {apart:.3} in one entry",
        relation()
    )))
}

#[cfg(test)]
mod tests {
    use super::representation;
    use crate::exact::Exact;
    use crate::group::Group;
    use crate::rep::Rep;

    fn matrix(entries: &[i64]) -> Vec<Exact> {
        entries.iter().map(|&x| Exact::int(x)).collect()
    }

    /// Matrices of known representations are found again, in other bases too.
    #[test]
    fn known_ones() {
        for group in [Group::D(4), Group::D(5), Group::S(4), Group::Dic(3), Group::T] {
            let generators = group.generators();
            for atom in crate::irreps::irreps(&group, 0).expect("a list") {
                let twice = Rep::atom(group.clone(), atom.clone())
                    .expect("a representation")
                    .times(2);
                let matrices: Vec<Vec<Exact>> = generators
                    .iter()
                    .map(|g| twice.matrix(g).into_iter().map(Exact::inexact).collect())
                    .collect();
                assert_eq!(representation(&group, &matrices), Ok(twice), "{group}");
            }
        }
        // A sheared basis.
        let d4 = representation(&Group::D(4), &[matrix(&[1, -2, 1, -1]), matrix(&[1, -2, 0, -1])]).expect("one");
        assert_eq!(d4.to_string(), "irrep(1,1)");
    }

    #[test]
    fn the_relation_that_fails() {
        let refused = |matrices: &[Vec<Exact>]| representation(&Group::D(4), matrices).expect_err("none").to_string();
        assert!(refused(&[matrix(&[0, -1, 1, 1]), matrix(&[1, 0, 0, -1])]).contains("r^4 = 1 fails, by "));
        assert!(refused(&[matrix(&[0, -1, 1, 0]), matrix(&[1, 0, 0, 1])]).contains("(r f)^2 = 1 fails, by 2.000"));
        assert!(refused(&[matrix(&[1])]).contains("has the generators r and f; 1 matrix is given"));
        assert!(refused(&[matrix(&[1]), matrix(&[1, 0, 0, 1])]).contains("of one size"));
    }
}
