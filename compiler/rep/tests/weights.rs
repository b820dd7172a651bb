//! Highest weights: dimensions and products as the tables of Slansky and of LiE have them, and against maps between tensors.

use gdl_rep::lie::weights::{irreducibles, tensor_product};
use gdl_rep::{Atom, Group, Rep, hom_basis, hom_dim};

fn named(name: &str, args: &[i64]) -> Group {
    Group::named(name, args).unwrap()
}

fn dims(group: &Group, max: u64) -> Vec<u64> {
    irreducibles(group, max).unwrap().iter().map(|i| i.dim).collect()
}

fn product(group: &Group, a: &[u32], b: &[u32]) -> Vec<(u64, u64)> {
    let list = tensor_product(group, a, b).unwrap();
    list.into_iter().map(|(m, i)| (m, i.dim)).collect()
}

#[test]
fn dimensions() {
    assert_eq!(dims(&named("SU", &[3]), 15), [1, 3, 3, 6, 6, 8, 10, 10, 15, 15, 15, 15]);
    assert_eq!(
        dims(&named("SU", &[4]), 20),
        [1, 4, 4, 6, 10, 10, 15, 20, 20, 20, 20, 20]
    );
    assert_eq!(dims(&named("SU", &[2]), 4), [1, 2, 3, 4]);
    assert_eq!(dims(&Group::SO3, 9), [1, 3, 5, 7, 9]);
    assert_eq!(dims(&named("SO", &[5]), 35), [1, 5, 10, 14, 30, 35, 35]);
    assert_eq!(dims(&named("Sp", &[4]), 20), [1, 4, 5, 10, 14, 16, 20]);
    assert_eq!(dims(&named("SO", &[8]), 56), [1, 8, 28, 35, 35, 35, 56]);
    assert_eq!(dims(&named("SO", &[10]), 54), [1, 10, 45, 54]);
}

#[test]
fn products() {
    let su3 = named("SU", &[3]);
    assert_eq!(product(&su3, &[1, 0], &[0, 1]), [(1, 1), (1, 8)]);
    // The eightfold way: 8 ⊗ 8 = 1 + 2·8 + 10 + 10* + 27.
    assert_eq!(
        product(&su3, &[1, 1], &[1, 1]),
        [(1, 1), (2, 8), (1, 10), (1, 10), (1, 27)]
    );
    assert_eq!(product(&named("SU", &[2]), &[3], &[2]), [(1, 2), (1, 4), (1, 6)]);
    assert_eq!(
        product(&named("SO", &[5]), &[1, 0], &[1, 0]),
        [(1, 1), (1, 10), (1, 14)]
    );
    // 28 ⊗ 8 = 8 + 56 + 160 of SO(8), 16 ⊗ 4 of Sp(4).
    assert_eq!(
        product(&named("SO", &[8]), &[0, 1, 0, 0], &[1, 0, 0, 0]),
        [(1, 8), (1, 56), (1, 160)]
    );
    assert_eq!(
        product(&named("Sp", &[4]), &[1, 0], &[1, 1]),
        [(1, 5), (1, 10), (1, 14), (1, 35)]
    );
}

/// Σ m² over V ⊗ V ⊗ V is the dimension of its maps to itself.
#[test]
fn maps_between_tensors() {
    for (name, args) in [("SO", &[5][..]), ("Sp", &[4]), ("SL", &[3]), ("SO", &[1, 5])] {
        let group = named(name, args);
        let rank = irreducibles(&group, 1).unwrap()[0].labels.len();
        let mut first = vec![0; rank];
        first[0] = 1;
        let mut parts = vec![(1, first.clone())];
        for _ in 0..2 {
            let mut next: Vec<(u64, Vec<u32>)> = vec![];
            for (m, labels) in &parts {
                for (k, i) in tensor_product(&group, labels, &first).unwrap() {
                    match next.iter_mut().find(|(_, l)| *l == i.labels) {
                        Some(known) => known.0 += m * k,
                        None => next.push((m * k, i.labels)),
                    }
                }
            }
            parts = next;
        }
        let cubes = Rep::tensor(&group, 3, 0).unwrap();
        let squares: u64 = parts.iter().map(|(m, _)| m * m).sum();
        assert_eq!(hom_dim(&cubes, &cubes).unwrap(), squares, "{group}");
    }
}

#[test]
fn refused() {
    let so5 = named("SO", &[5]);
    assert!(tensor_product(&so5, &[0, 1], &[1, 0]).is_err_and(|e| e.to_string().contains("spin")));
    assert!(tensor_product(&so5, &[1], &[1, 0]).is_err());
    assert!(irreducibles(&named("SO", &[2]), 10).is_err());
    assert!(irreducibles(&Group::O3, 10).is_err());
    assert!(irreducibles(&named("U", &[2]), 10).is_err());
}

/// What characters count is what bases have, and the parts of a decomposition have its dimension and its maps.
#[test]
fn characters_count_maps() {
    let small = |group: &Group| -> Vec<Atom> {
        let named = |labels: &[i64]| Atom::irrep(group, labels).unwrap();
        let v = || Atom::defining(group).unwrap();
        match group.to_string().as_str() {
            "SU(3)" => vec![v(), named(&[1, 1]), Atom::Tensor { up: 1, down: 1 }],
            "SU(2)" => vec![v(), named(&[1])],
            "U(2)" => vec![v(), named(&[1, -1]), named(&[1, 1])],
            "SO(4)" | "SO(2,2)" => vec![v(), named(&[2, 0]), named(&[0, 2])],
            "SO(1,3)" => vec![v(), named(&[2, 0])],
            "SO(5)" => vec![v(), named(&[0, 2])],
            "Sp(4)" => vec![v(), named(&[0, 1])],
            "SL(3)" => vec![v(), named(&[0, 1])],
            "O(5)" => vec![v(), named(&[1, 1]), named(&[1, 1, 1])],
            "U(1)" | "SO(2)" => vec![named(&[1]), named(&[2])],
            _ => vec![v()],
        }
    };
    let mut groups = vec![Group::SO2, Group::SO3, Group::O3];
    groups.extend(
        [
            ("SU", 2),
            ("SU", 3),
            ("U", 1),
            ("U", 2),
            ("SO", 4),
            ("SO", 5),
            ("Sp", 4),
            ("SL", 3),
            ("O", 5),
        ]
        .map(|(name, n)| named(name, &[n])),
    );
    groups.extend([[2, 2], [1, 3]].map(|pq| named("SO", &pq)));
    for group in groups {
        let rep = |atom: &Atom| Rep::atom(group.clone(), atom.clone()).unwrap();
        let first = small(&group);
        let mut all = first.clone();
        for a in &first {
            let r = || Box::new(rep(a));
            all.push(Atom::Sym(r(), 2));
            all.push(Atom::Alt(r(), 2));
            all.push(Atom::Dual(r()));
            all.push(Atom::Hom(Box::new(rep(&first[0])), r()));
            all.push(Atom::Kron(r(), Box::new(rep(&first[0]))));
        }
        for a in &all {
            for b in &first {
                let (x, y) = (a.clone().checked(&group).unwrap(), b.clone().checked(&group).unwrap());
                if x.dim(&group) * y.dim(&group) > 700 {
                    continue;
                }
                let maps = hom_basis(&group, &x, &y).unwrap().len() as u64;
                assert_eq!(
                    hom_dim(&rep(&x), &rep(&y)).unwrap(),
                    maps,
                    "{} to {} of {group}",
                    x.name(&group),
                    y.name(&group)
                );
            }
            let whole = rep(a);
            let parts = whole.decomposition().unwrap();
            assert_eq!(parts.dim(), whole.dim(), "{whole} = {parts}, {group}");
            assert_eq!(
                hom_dim(&parts, &whole).unwrap(),
                hom_dim(&whole, &whole).unwrap(),
                "{whole} = {parts}, {group}"
            );
        }
    }
}

/// A basis that cannot be written out is refused before it is looked for.
#[test]
fn refused_early() {
    let v = Rep::atom(Group::SO3, Atom::irrep(&Group::SO3, &[1]).unwrap()).unwrap();
    let power = (1..5).fold(v.clone(), |p, _| {
        Rep::atom(Group::SO3, Atom::Kron(Box::new(p), Box::new(v.clone()))).unwrap()
    });
    assert_eq!(hom_dim(&power, &power).unwrap(), 603);
    let error = hom_basis(&Group::SO3, &power.blocks[0].1, &power.blocks[0].1).unwrap_err();
    assert!(error.to_string().contains("of dimension 603"), "{error}");
}
