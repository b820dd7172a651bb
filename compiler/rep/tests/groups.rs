//! Group laws, irreducible characters against GAP, subgroups.

mod common;

use common::{close, multiply, random, read};
use gdl_rep::{Atom, Element, Group, Label, Rep, Subgroup, irreps};
use serde_json::Value;

/// Atoms of every kind for every kind of group.
fn catalogue() -> Vec<(Group, Vec<Atom>)> {
    let finite = [
        Group::Trivial,
        Group::C(1),
        Group::C(2),
        Group::C(6),
        Group::C(41), // outside the field of residues
        Group::D(1),
        Group::D(2),
        Group::D(4),
        Group::D(5),
        Group::S(1),
        Group::S(3),
        Group::S(4),
        Group::S(5),
        Group::O,
        Group::Oh,
        Group::product([Group::C(4), Group::S(3)]),
    ];
    let mut list = vec![];
    for group in finite {
        let mut atoms = irreps(&group, 0).unwrap();
        atoms.push(Atom::Regular);
        list.push((group, atoms));
    }
    for group in [
        Group::SO2,
        Group::O2,
        Group::SO3,
        Group::O3,
        Group::product([Group::O3, Group::S(3)]),
    ] {
        let atoms = irreps(&group, 3).unwrap();
        list.push((group, atoms));
    }
    let half_turn = Element::Planar {
        n: 4,
        flip: false,
        turn: 2,
    };
    let sub = Subgroup::generated(&Group::D(4), &[half_turn]).unwrap();
    list.push((sub.as_group(), vec![Atom::Regular, Atom::Vector(2)]));
    // Constructions on top of an atom or two.
    for (group, atoms) in &mut list {
        if let Group::S(_) = group {
            atoms.push(Atom::PermDefining);
        }
        for d in 1..=3 {
            atoms.extend(Atom::vector(group, d));
        }
        if *group == Group::D(4) {
            let mirror = Element::Planar {
                n: 4,
                flip: true,
                turn: 1,
            };
            atoms.push(Atom::Quotient(Subgroup::generated(group, &[mirror]).unwrap()));
            let plane = Rep::atom(Group::O2, Atom::irrep(&Group::O2, &[1, 3]).unwrap()).unwrap();
            atoms.push(Atom::Restrict(Box::new(plane)));
        }
        if *group == Group::Oh {
            let space = Rep::atom(Group::O3, Atom::named(&Group::O3, "3o").unwrap()).unwrap();
            atoms.push(Atom::Restrict(Box::new(space)));
        }
        let small = atoms
            .iter()
            .filter(|a| a.dim(group) > 1 && a.dim(group) < 7)
            .max_by_key(|a| a.dim(group));
        if let Some(atom) = small.cloned() {
            let a = Box::new(Rep::new(group.clone(), [(1, atom), (1, Atom::Trivial)]).unwrap());
            let b = Box::new(Rep::atom(group.clone(), atoms[atoms.len() - 1].clone()).unwrap());
            atoms.push(Atom::Dual(a.clone()));
            atoms.push(Atom::Sym(a.clone(), 2));
            atoms.push(Atom::Alt(a.clone(), 2));
            atoms.push(Atom::Kron(a.clone(), b.clone()));
            atoms.push(Atom::Hom(a, b));
        }
        atoms.retain(|a| a.dim(group) <= 60);
    }
    list
}

#[test]
fn homomorphisms() {
    let mut draw = random(7);
    for (group, atoms) in catalogue() {
        for atom in atoms {
            let rep = Rep::atom(group.clone(), atom.clone()).unwrap();
            let n = rep.dim();
            let name = format!("{rep} of {group}");
            assert!(close(&rep.matrix(&group.identity()), &identity(n), 1e-12), "{name}");
            for _ in 0..6 {
                let (g, h) = (group.random(&mut draw), group.random(&mut draw));
                let gh = group.compose(&g, &h).unwrap();
                assert!(group.contains(&gh));
                let (a, b) = (rep.matrix(&g), rep.matrix(&h));
                assert!(close(&multiply(&a, &b, n), &rep.matrix(&gh), 1e-9), "{name}");
                let inverse = rep.matrix(&group.inverse(&g));
                let transpose: Vec<f64> = (0..n * n).map(|at| a[at % n * n + at / n]).collect();
                assert!(close(&inverse, &transpose, 1e-9), "{name} is orthogonal");
                if let Some(image) = atom.permutation(&group, &g) {
                    assert!((0..n).all(|i| a[image[i] as usize * n + i] == 1.0), "{name}");
                }
                assert_eq!(rep.is_permutation(), atom.permutation(&group, &g).is_some());
            }
        }
    }
}

fn identity(n: usize) -> Vec<f64> {
    (0..n * n).map(|at| f64::from(u8::from(at / n == at % n))).collect()
}

/// Derivatives are those of the matrices, and close under the bracket [x, y] = z of so(3).
#[test]
fn lie_algebras() {
    for (group, atoms) in catalogue() {
        for atom in atoms {
            let rep = Rep::atom(group.clone(), atom).unwrap();
            let lie = rep.lie_matrices();
            assert_eq!(lie.len(), group.lie_dim());
            if lie.len() < 3 {
                continue;
            }
            let n = rep.dim();
            let product = |a: usize, b: usize| gdl_rep::linear::multiply(&lie[a], &lie[b], n, n, n);
            for (a, b, c) in [(0, 1, 2), (1, 2, 0), (2, 0, 1)] {
                for ((x, y), z) in product(a, b).into_iter().zip(product(b, a)).zip(&lie[c]) {
                    assert_eq!((x - y).r, z.r, "{rep}");
                    assert!((x.f - y.f - z.f).abs() < 1e-9);
                }
            }
        }
    }
}

#[test]
fn finite_groups_are_numbered() {
    for (group, _) in catalogue().into_iter().filter(|(group, _)| group.is_finite()) {
        let elements = group.elements().unwrap();
        assert_eq!(elements.len() as u64, group.small_order().unwrap());
        for (at, g) in elements.iter().enumerate() {
            assert_eq!(group.index(g), Some(at as u64), "{group}");
        }
        assert_eq!(elements[0], group.identity());
        let generated = Subgroup::generated(&group, &group.generators()).unwrap();
        assert_eq!(Some(generated.order()), group.order());
        assert_eq!(generated.as_group(), group);
    }
    assert!(Group::S(12).elements().is_err());
    assert!(Group::SO2.elements().is_err());
    assert_eq!(Group::S(25).small_order(), None);
    assert_eq!(Group::S(21).order().unwrap().to_string(), "51090942171709440000");
}

/// Real irreducible characters with their types, as multisets over classes.
#[test]
fn characters_agree_with_gap() {
    let data: Value = serde_json::from_slice(&read("gap.json")).unwrap();
    let groups = [
        ("c2", Group::C(2)),
        ("c3", Group::C(3)),
        ("c4", Group::C(4)),
        ("c5", Group::C(5)),
        ("c6", Group::C(6)),
        ("c8", Group::C(8)),
        ("c12", Group::C(12)),
        ("d3", Group::D(3)),
        ("d4", Group::D(4)),
        ("d5", Group::D(5)),
        ("d6", Group::D(6)),
        ("d8", Group::D(8)),
        ("d12", Group::D(12)),
        ("s3", Group::S(3)),
        ("s4", Group::S(4)),
        ("s5", Group::S(5)),
        ("s6", Group::S(6)),
        ("oct_rot", Group::O),
        ("oct_full", Group::Oh),
    ];
    for (name, group) in groups {
        let table = &data[name];
        assert_eq!(table["order"].as_u64(), group.small_order());
        let integers = |key: &str| -> Vec<i64> {
            table[key]
                .as_array()
                .unwrap()
                .iter()
                .map(|x| x.as_i64().unwrap())
                .collect()
        };
        let (sizes, orders) = (integers("class_sizes"), integers("class_orders"));
        // (commutant, sorted (order of element, character) with multiplicity)
        let mut expected: Vec<(i64, Vec<(i64, i64)>)> = vec![];
        for irrep in table["real_irreps"].as_array().unwrap() {
            let mut values = vec![];
            for (class, x) in irrep["characters"].as_array().unwrap().iter().enumerate() {
                let value = (x.as_f64().unwrap() * 1e6).round() as i64;
                values.extend((0..sizes[class]).map(|_| (orders[class], value)));
            }
            values.sort_unstable();
            expected.push((irrep["end_dim"].as_i64().unwrap(), values));
        }
        let mut found = vec![];
        let elements = group.elements().unwrap();
        for atom in irreps(&group, 0).unwrap() {
            let mut values: Vec<(i64, i64)> = elements
                .iter()
                .map(|g| {
                    let m = atom.matrix(&group, g).unwrap();
                    let n = atom.dim(&group);
                    let trace: f64 = (0..n).map(|i| m[i * n + i].f).sum();
                    (order(&group, g), (trace * 1e6).round() as i64)
                })
                .collect();
            values.sort_unstable();
            found.push((gdl_rep::irreps::commutant(&group, &atom) as i64, values));
        }
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{group}");
    }
}

fn order(group: &Group, g: &Element) -> i64 {
    let mut power = g.clone();
    let mut k = 1;
    while power != group.identity() {
        power = group.compose(&power, g).unwrap();
        k += 1;
    }
    k
}

#[test]
fn names() {
    let shown = |name: &str, args: &[i64]| Group::named(name, args).map(|g| g.to_string()).unwrap_or_default();
    assert_eq!(shown("D", &[4]), "D(4)");
    assert_eq!(shown("SO", &[3]), "SO(3)");
    assert_eq!(shown("O", &[]), "O");
    assert_eq!(shown("C", &[0]), "");
    assert_eq!(shown("E", &[8]), "");
    let product = Group::product([Group::C(4), Group::Trivial, Group::product([Group::S(3), Group::O3])]);
    assert_eq!(product.to_string(), "C(4) x S(3) x O(3)");

    let irrep = |group: &Group, name: &str| Atom::named(group, name).unwrap();
    let rep = Rep::new(
        Group::O3,
        [
            (16, irrep(&Group::O3, "0e")),
            (16, Atom::Trivial),
            (0, irrep(&Group::O3, "2e")),
            (16, irrep(&Group::O3, "1o")),
        ],
    );
    assert_eq!(rep.unwrap().to_string(), "32x0e + 16x1o");
    let d4 = |blocks: &[(u32, Atom)]| Rep::new(Group::D(4), blocks.to_vec()).unwrap().to_string();
    let vector = Atom::vector(&Group::D(4), 2).unwrap();
    assert_eq!(
        d4(&[(8, Atom::Regular), (3, vector), (5, Atom::Trivial)]),
        "8 x regular + 3 x irrep(1,1) + 5"
    );
    assert_eq!(irrep(&Group::Oh, "T1u").name(&Group::Oh), "irrep(T1u)");
    assert_eq!(
        Atom::irrep(&Group::S(4), &[3, 1]).unwrap().name(&Group::S(4)),
        "irrep(3,1)"
    );
    assert_eq!(Atom::irrep(&Group::S(4), &[4]).unwrap(), Atom::Trivial);
    assert!(Atom::named(&Group::O3, "1x").is_err());
    assert!(Atom::irrep(&Group::C(4), &[3]).is_err());
    assert!(Rep::new(Group::O3, [(1, Atom::Irrep(Label::SO2 { k: 1 }))]).is_err());
    assert!(Rep::new(Group::O3, [(1, Atom::Regular)]).is_err());
}

#[test]
fn elements_in_words() {
    let words = |group: &Group| {
        group
            .witness_elements()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        words(&Group::D(4)),
        ["rotation by 90°", "rotation by 180°", "reflection"]
    );
    let expected = [
        "rotation by 90° about x",
        "rotation by 90° about y",
        "rotation by 90° about z",
        "rotation by 120° about (1, 1, 1)",
        "rotation by 180° about x",
        "inversion",
        "reflection along x",
    ];
    assert_eq!(words(&Group::O3), expected);
    assert_eq!(words(&Group::S(4)), ["permutation (1 2)", "permutation (1 2 3 4)"]);
    let diagonal = Element::Planar {
        n: 4,
        flip: true,
        turn: 1,
    };
    assert_eq!(diagonal.to_string(), "reflection in the line at 45°");
    assert_eq!(
        words(&Group::product([Group::C(2), Group::S(2)])),
        ["rotation by 180°", "permutation (1 2)"]
    );
}

#[test]
fn subgroups() {
    let d4 = Group::D(4);
    let planar = |flip, turn| Element::Planar { n: 4, flip, turn };
    let generated = |list: &[Element]| Subgroup::generated(&d4, list).unwrap();
    let half = generated(&[planar(false, 2)]);
    assert_eq!(half.to_string(), "C(2) generated by r^2");
    assert_eq!(half.as_group().small_order(), Some(2));
    assert_eq!(half.coset_representatives().unwrap().len(), 4);
    assert_eq!(generated(&[planar(false, 1)]), generated(&[planar(false, 3)]));
    let four = generated(&[planar(false, 2), planar(true, 0)]);
    assert_eq!(four.to_string(), "D(2) generated by r^2, f");
    assert_eq!(four.intersection(&generated(&[planar(false, 1)])).unwrap(), half);
    assert_eq!(Subgroup::centralizer(&d4, &d4.generators()).unwrap(), half);
    assert_eq!(Subgroup::centralizer(&d4, &[planar(false, 2)]).unwrap().as_group(), d4);
    let axis = Subgroup::stabilizer_of_point(&d4, &[1, 0]).unwrap();
    assert_eq!(axis.to_string(), "C(2) generated by f");
    let vector = Rep::atom(d4.clone(), Atom::vector(&d4, 2).unwrap()).unwrap();
    assert_eq!(Subgroup::stabilizer(&vector, &[2.0, 0.0]).unwrap(), axis);
    assert!(Subgroup::stabilizer(&vector, &[1.0]).is_err());
    assert_eq!(generated(&[]).to_string(), "trivial");
    assert!(Subgroup::generated(&Group::C(4), &[planar(true, 0)]).is_err());
    assert!(Subgroup::generated(&Group::SO3, &[]).is_err());
    let corner = Subgroup::stabilizer_of_point(&Group::Oh, &[1, 1, 1]).unwrap();
    assert!(corner.to_string().starts_with("D(3) generated by"), "{corner}");
}

/// A larger group's irreps, restricted to O, are those of the cube: D² = E + T2.
#[test]
fn restriction() {
    let space = Rep::atom(Group::O3, Atom::named(&Group::O3, "2e").unwrap()).unwrap();
    let restricted = Atom::Restrict(Box::new(space));
    let count = |name| {
        let irrep = Atom::named(&Group::O, name).unwrap();
        gdl_rep::hom_basis(&Group::O, &irrep, &restricted).unwrap().len()
    };
    assert_eq!(["A1", "A2", "E", "T1", "T2"].map(count), [0, 0, 1, 0, 1]);
    let wrong = Rep::atom(Group::C(3), Atom::Regular).unwrap();
    assert!(Rep::atom(Group::C(4), Atom::Restrict(Box::new(wrong))).is_err());
}
