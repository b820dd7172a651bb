//! Groups of matrices: their elements, representations, forms and duals; spin.

mod common;

use common::random;
use gdl_rep::lie::spin::commutant;
use gdl_rep::linear::{identity, multiply, transpose};
use gdl_rep::{Atom, Element, Exact, Group, Label, Linear, Rep, hom_basis, irreps};
use std::sync::Arc;

fn named(name: &str, args: &[i64]) -> Group {
    Group::named(name, args).unwrap()
}

fn families() -> Vec<Group> {
    let list: [(&str, &[i64]); 15] = [
        ("SO", &[4]),
        ("SO", &[5]),
        ("O", &[4]),
        ("SO", &[1, 3]),
        ("O", &[1, 3]),
        ("SO", &[2, 2]),
        ("O", &[1, 1]),
        ("U", &[1]),
        ("U", &[2]),
        ("SU", &[2]),
        ("SU", &[3]),
        ("Sp", &[4]),
        ("SL", &[2]),
        ("SL", &[3]),
        ("Sp", &[2]),
    ];
    list.iter().map(|(name, args)| named(name, args)).collect()
}

fn single(group: &Group, atom: Atom) -> Rep {
    Rep::atom(group.clone(), atom).unwrap()
}

fn boxed(rep: &Rep) -> Box<Rep> {
    Box::new(rep.clone())
}

/// Some representations of a group: V, V*, powers, products and maps.
fn representations(group: &Group) -> Vec<Rep> {
    let v = single(group, Atom::defining(group).unwrap());
    let mut list = vec![v.clone(), v.dual()];
    if v.dim() < 6 {
        list.push(single(group, Atom::Kron(boxed(&v), boxed(&v.dual()))));
        list.push(single(group, Atom::Sym(boxed(&v), 2)));
        list.push(single(group, Atom::Alt(boxed(&v.dual()), 2)));
        list.push(single(group, Atom::Hom(boxed(&v.plus(&v.dual()).unwrap()), boxed(&v))));
    }
    list.extend(Rep::tensor(group, 1, 1).ok());
    if let Ok(atoms) = irreps(group, 2) {
        list.extend(atoms.into_iter().map(|atom| single(group, atom)));
    }
    list
}

fn floats(rep: &Rep, g: &Element) -> Vec<Exact> {
    rep.matrix_over(g).unwrap()
}

fn near(a: &[Exact], b: &[Exact], tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| (x.f - y.f).abs() <= tolerance)
}

fn same(a: &[Exact], b: &[Exact]) -> bool {
    a.iter().zip(b).all(|(x, y)| x.r.is_some() && x.r == y.r)
}

#[test]
fn elements_belong_to_their_groups() {
    let mut draw = random(5);
    for group in families() {
        assert!(group.order().is_none() && !group.is_finite());
        let mut list = vec![
            group.identity(),
            group.random(&mut draw),
            group.random_exact(&mut draw).unwrap(),
        ];
        list.extend(group.generators());
        list.extend(group.witness_elements());
        for g in &list {
            assert!(group.contains(g), "{group}: {g}");
            let Element::Linear { n, matrix, inverse } = g else {
                panic!("{group}")
            };
            let n = *n as usize;
            let one: Vec<Exact> = identity(n);
            assert!(near(&multiply(matrix, inverse, n, n, n), &one, 1e-9), "{group}: {g}");
        }
        let g = list.pop().unwrap();
        assert!(group.contains(&list[1].compose(&g).unwrap()));
        assert!(!Group::SO3.contains(&g) && !named("SO", &[7]).contains(&g));
    }
    let shear = |x: i64| Element::Linear {
        n: 2,
        matrix: [1, x, 0, 1].map(Exact::int).to_vec(),
        inverse: [1, -x, 0, 1].map(Exact::int).to_vec(),
    };
    assert!(named("SL", &[2]).contains(&shear(1)) && !named("O", &[1, 1]).contains(&shear(1)));
}

#[test]
fn elements_in_words() {
    let words = |group: Group| -> Vec<String> {
        let list = group.witness_elements();
        list.iter().map(|g| group.describe(g)).collect()
    };
    assert_eq!(
        words(named("O", &[1, 3])),
        [
            "boost of velocity 0.6 of axes 1 and 2",
            "rotation by 90° of axes 3 and 4",
            "reflection of axis 1",
            "reflection of axis 4"
        ]
    );
    assert_eq!(words(named("SL", &[2]))[0], "[[1, 1], [0, 1]] on axes 1 and 2");
    assert_eq!(words(named("U", &[2]))[0], "rotation by 90° of axes 1 and 2");
}

/// ρ(gh) = ρ(g)ρ(h), for floats and residues; duals are contragredient; forms are invariant.
#[test]
fn matrices_are_representations() {
    let mut draw = random(7);
    for group in families() {
        let pairs = [
            (group.random(&mut draw), group.random(&mut draw)),
            (
                group.random_exact(&mut draw).unwrap(),
                group.random_exact(&mut draw).unwrap(),
            ),
        ];
        for rep in representations(&group) {
            let n = rep.dim();
            for (g, h) in &pairs {
                let (left, right) = (floats(&rep, g), floats(&rep, h));
                let product = multiply(&left, &right, n, n, n);
                let whole = floats(&rep, &g.compose(h).unwrap());
                let size = whole.iter().fold(1.0f64, |m, x| m.max(x.f.abs()));
                assert!(near(&product, &whole, 1e-9 * size), "{rep} of {group}");
                let dual = floats(&rep.dual(), g);
                let pairing = multiply(&transpose(&dual, n, n), &left, n, n, n);
                assert!(near(&pairing, &identity(n), 1e-9 * size), "dual of {rep} of {group}");
                if let Some(signs) = rep.form() {
                    let form: Vec<Exact> = (0..n * n)
                        .map(|at| Exact::int(if at / n == at % n { i64::from(signs[at / n]) } else { 0 }))
                        .collect();
                    let moved = multiply(&multiply(&transpose(&left, n, n), &form, n, n, n), &left, n, n, n);
                    assert!(near(&moved, &form, 1e-9 * size * size), "form of {rep} of {group}");
                }
            }
            let (g, h) = &pairs[1];
            let product = multiply(&floats(&rep, g), &floats(&rep, h), n, n, n);
            assert!(
                same(&product, &floats(&rep, &g.compose(h).unwrap())),
                "{rep} of {group}"
            );
            // exp of the Lie algebra: [A, B] goes to [dρ(A), dρ(B)], tested on the trace form being symmetric.
            let lie = rep.lie_matrices();
            assert_eq!(lie.len(), group.lie_dim());
        }
    }
}

/// The derivative of a representation is one of the Lie algebra: brackets go to brackets.
#[test]
fn derivatives_keep_brackets() {
    let bracket = |a: &[Exact], b: &[Exact], n: usize| -> Vec<Exact> {
        let (ab, ba) = (multiply(a, b, n, n, n), multiply(b, a, n, n, n));
        ab.iter().zip(&ba).map(|(x, y)| *x - *y).collect()
    };
    for group in families() {
        let v = single(&group, Atom::defining(&group).unwrap());
        let (algebra, d) = (v.lie_matrices(), v.dim());
        for rep in representations(&group) {
            let (images, n) = (rep.lie_matrices(), rep.dim());
            for i in 0..algebra.len().min(4) {
                for j in 0..i {
                    // [A_i, A_j] in the basis, by solving for its coefficients.
                    let target = bracket(&algebra[i], &algebra[j], d);
                    let mut rows: Vec<Vec<Exact>> = (0..d * d)
                        .map(|at| algebra.iter().map(|a| a[at]).chain([-target[at]]).collect())
                        .collect();
                    rows.retain(|r| r.iter().any(|x| !x.is_zero()));
                    let (null, _) = gdl_rep::linear::null_space(rows, algebra.len() + 1).unwrap();
                    let c = null.last().unwrap();
                    let mut sum = vec![Exact::ZERO; n * n];
                    for (image, c) in images.iter().zip(c) {
                        sum.iter_mut().zip(image).for_each(|(x, y)| *x += *c * *y);
                    }
                    let scaled: Vec<Exact> = bracket(&images[i], &images[j], n)
                        .iter()
                        .map(|x| *x * c[algebra.len()])
                        .collect();
                    assert!(same(&sum, &scaled), "{rep} of {group}");
                }
            }
        }
    }
}

#[test]
fn orthogonality_is_known() {
    for group in families() {
        let v = single(&group, Atom::defining(&group).unwrap());
        let compact = matches!(
            group.to_string().as_str(),
            "SO(4)" | "SO(5)" | "O(4)" | "U(1)" | "U(2)" | "SU(2)" | "SU(3)"
        );
        assert_eq!(v.is_orthogonal(), compact, "{group}");
        assert_eq!(v.dual() == v, compact, "{group}");
        assert_eq!(v.dual().dual(), v, "{group}");
    }
    let lorentz = named("SO", &[1, 3]);
    let v = single(&lorentz, Atom::defining(&lorentz).unwrap());
    assert_eq!(v.form(), Some(vec![1, -1, -1, -1]));
    let square = single(&lorentz, Atom::Sym(boxed(&v), 2));
    assert_eq!(square.form().unwrap().iter().filter(|&&s| s < 0).count(), 3);
    let sl = named("SL", &[3]);
    assert_eq!(single(&sl, Atom::defining(&sl).unwrap()).form(), None);
    let mixed = Group::product([Group::SO3, lorentz]);
    let outer = Atom::Outer(vec![Atom::vector(&Group::SO3, 3).unwrap(), Atom::Vector(4)]);
    let rep = single(&mixed, outer);
    assert_eq!(rep.form().unwrap().len(), 12);
    assert_ne!(rep.dual(), rep);
}

/// Spin j of SU(2): sizes, unitarity, the commutant, and the rotation of vectors.
#[test]
fn spin() {
    let group = named("SU", &[2]);
    let mut draw = random(11);
    let g = group.random(&mut draw);
    for (at, atom) in irreps(&group, 12).unwrap().into_iter().enumerate() {
        let twice = at as u32;
        let rep = single(&group, atom.clone());
        let n = rep.dim();
        assert_eq!(n, if twice.is_multiple_of(2) { at + 1 } else { 2 * (at + 1) });
        let m = floats(&rep, &g);
        assert!(
            near(&multiply(&m, &transpose(&m, n, n), n, n, n), &identity(n), 1e-9),
            "{rep}"
        );
        let basis = hom_basis(&group, &atom, &atom).unwrap();
        assert_eq!(basis.len(), if twice.is_multiple_of(2) { 1 } else { 4 });
        for x in (0..basis.len()).map(|k| basis.tensor(k)) {
            assert!(
                near(&multiply(x, &m, n, n, n), &multiply(&m, x, n, n, n), 1e-9),
                "{rep}"
            );
        }
    }
    // I² = J² = K² = IJK = −1
    let units = &[3, 5].map(|twice| (twice as usize + 1, commutant(twice)))[..];
    for (half, units) in units {
        let n = 2 * half;
        let minus: Vec<Exact> = identity::<Exact>(n).iter().map(|x| -*x).collect();
        for u in &units[1..] {
            assert!(same(&multiply(u, u, n, n, n), &minus));
        }
        let product = multiply(&multiply(&units[1], &units[2], n, n, n), &units[3], n, n, n);
        assert!(same(&product, &minus));
    }
    assert_eq!(
        Atom::irrep(&group, &[1]).unwrap(),
        Atom::Irrep(Label::Spin { twice: 2 })
    );
    assert_eq!(Atom::Irrep(Label::Spin { twice: 3 }).name(&group), "irrep(3/2)");
}

/// Products of spins have as many maps to each spin as the triangle rule says: over the real numbers, products of two half-integer
/// spins are four times the complex ones seen as real spaces of half the size.
#[test]
fn products_of_spins() {
    let group = named("SU", &[2]);
    let spin = |twice: u32| Atom::Irrep(Label::Spin { twice }).checked(&group).unwrap();
    // χ over the classes of SU(2): Weyl's integral, by characters of the complexification.
    let complex = |twice: u32| -> Vec<u32> { vec![twice; if twice.is_multiple_of(2) { 1 } else { 2 }] };
    for (a, b) in [(1, 1), (1, 2), (2, 2), (1, 3), (2, 3)] {
        let pair = Atom::Kron(boxed(&single(&group, spin(a))), boxed(&single(&group, spin(b))));
        for c in 0..=4 {
            let triangle = |x: u32, y: u32, z: u32| (x + y + z).is_multiple_of(2) && z >= x.abs_diff(y) && z <= x + y;
            let expected = complex(a)
                .iter()
                .flat_map(|&x| complex(b).into_iter().map(move |y| (x, y)))
                .flat_map(|(x, y)| complex(c).into_iter().map(move |z| (x, y, z)))
                .filter(|&(x, y, z)| triangle(x, y, z))
                .count();
            assert_eq!(
                hom_basis(&group, &pair, &spin(c)).unwrap().len(),
                expected,
                "{a} {b} {c}"
            );
        }
    }
}

#[test]
fn generators_are_checked() {
    let int = |list: &[i64]| -> Vec<Exact> { list.iter().map(|&x| Exact::int(x)).collect() };
    let (x, y) = (int(&[0, 0, 0, 0, 0, -1, 0, 1, 0]), int(&[0, 0, 1, 0, 0, 0, -1, 0, 0]));
    let z = int(&[0, -1, 0, 1, 0, 0, 0, 0, 0]);
    let group = Linear::generated(3, &[x.clone(), y.clone(), z.clone()], &[]).unwrap();
    assert!(group.is_orthogonal());
    let error = Linear::generated(3, &[x.clone(), y.clone()], &[])
        .unwrap_err()
        .to_string();
    assert!(error.contains("[A1, A2]") && error.contains("1.00"), "{error}");
    let stretch = int(&[2, 0, 0, 0, 1, 0, 0, 0, 1]);
    let error = Linear::generated(3, &[x.clone(), y, z.clone()], &[stretch])
        .unwrap_err()
        .to_string();
    assert!(error.contains("g1 A2 g1⁻¹") || error.contains("g1 A3 g1⁻¹"), "{error}");
    let singular = int(&[0; 9]);
    assert!(Linear::generated(3, std::slice::from_ref(&z), &[singular]).is_err());
    assert!(Linear::generated(3, &[], &[]).is_err());
    assert!(Linear::generated(2, std::slice::from_ref(&z), &[]).is_err());
    assert!(Linear::generated(40, &[], &[]).is_err());
    // Dependent generators are dropped; groups are equal by their matrices.
    let twice: Vec<Exact> = z.iter().map(|a| *a * Exact::int(2)).collect();
    let (a, b) = (
        Linear::generated(3, &[z.clone(), twice], &[]).unwrap(),
        Linear::generated(3, &[z], &[]).unwrap(),
    );
    assert_eq!(Group::Linear(Arc::new(a)), Group::Linear(Arc::new(b)));
    assert!(
        Group::named("Sp", &[3]).is_err() && Group::named("SO", &[20]).is_err() && Group::named("U", &[0]).is_err()
    );
    assert_eq!(Group::named("SO", &[3, 0]), Ok(Group::SO3));
    assert_eq!(Group::named("SU", &[1]), Ok(Group::Trivial));
}
