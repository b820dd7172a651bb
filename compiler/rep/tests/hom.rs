//! Intertwiners: dimensions against other sources, and exact commutation.

mod common;

use common::random;
use gdl_rep::linear::multiply;
use gdl_rep::{
    Atom, Basis, Element, Exact, Group, Rep, circle_kernel, harmonic_kernels, hom_basis, hom_tying, invariants, irreps,
    kernel_basis, kernel_tying, wigner_3j,
};

/// ρ_b(g) X = X ρ_a(g), for residues where there are any and for floats.
fn check(group: &Group, a: &Atom, b: &Atom, basis: &Basis) {
    let name = format!("{} -> {} of {group}", a.name(group), b.name(group));
    let (da, db) = (a.dim(group), b.dim(group));
    assert_eq!(basis.shape, [basis.len() as u32, db as u32, da as u32], "{name}");
    let mut pairs: Vec<(Vec<Exact>, Vec<Exact>)> = vec![];
    for g in group.generators() {
        pairs.push((a.matrix(group, &g).unwrap(), b.matrix(group, &g).unwrap()));
    }
    let (lie_a, lie_b) = (a.lie_matrices(group).unwrap(), b.lie_matrices(group).unwrap());
    pairs.extend(lie_a.into_iter().zip(lie_b));
    for (ra, rb) in &pairs {
        for k in 0..basis.len() {
            let x = basis.tensor(k);
            let (left, right) = (multiply(rb, x, db, db, da), multiply(x, ra, db, da, da));
            for (l, r) in left.iter().zip(&right) {
                assert!((l.f - r.f).abs() < 1e-9, "{name}");
                if !basis.numeric() && l.r.is_some() && r.r.is_some() {
                    assert_eq!(l.r, r.r, "{name}");
                }
            }
        }
    }
}

/// Bases commute with every generator, and have as many elements as the characters say.
#[test]
fn finite_groups() {
    let groups = [
        Group::C(2),
        Group::C(6),
        Group::C(8),
        Group::D(3),
        Group::D(4),
        Group::S(4),
        Group::O,
        Group::Oh,
        Group::product([Group::C(4), Group::S(3)]),
    ];
    for group in groups {
        let mut atoms = irreps(&group, 0).unwrap();
        atoms.push(Atom::Regular);
        if matches!(group, Group::S(_)) {
            atoms.push(Atom::PermDefining);
        }
        let largest = atoms
            .iter()
            .max_by_key(|a| a.dim(&group) * usize::from(a.dim(&group) < 5))
            .unwrap()
            .clone();
        let rep = Box::new(Rep::atom(group.clone(), largest).unwrap());
        atoms.push(Atom::Kron(rep.clone(), rep.clone()));
        atoms.push(Atom::Sym(rep, 2));
        let elements = group.elements().unwrap();
        let characters: Vec<Vec<f64>> = atoms
            .iter()
            .map(|atom| {
                let trace = |g: &Element| {
                    let (m, n) = (atom.matrix::<Exact>(&group, g).unwrap(), atom.dim(&group));
                    (0..n).map(|i| m[i * n + i].f).sum()
                };
                elements.iter().map(trace).collect()
            })
            .collect();
        for (a, x) in atoms.iter().zip(&characters) {
            for (b, y) in atoms.iter().zip(&characters) {
                let basis = hom_basis(&group, a, b).unwrap();
                check(&group, a, b, &basis);
                assert!(!basis.numeric());
                let inner: f64 = x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>() / elements.len() as f64;
                assert!(
                    (inner - basis.len() as f64).abs() < 1e-9,
                    "{} {} of {group}",
                    a.name(&group),
                    b.name(&group)
                );
            }
            let fixed = invariants(&group, a).unwrap();
            assert_eq!(fixed.shape[1] as usize, a.dim(&group));
            assert!((x.iter().sum::<f64>() / elements.len() as f64 - fixed.len() as f64).abs() < 1e-9);
        }
    }
}

#[test]
fn lie_groups() {
    for group in [Group::SO2, Group::O2, Group::SO3, Group::O3] {
        let mut atoms = irreps(&group, 2).unwrap();
        let vector = Atom::vector(&group, if group.lie_dim() == 1 { 2 } else { 3 }).unwrap();
        let v = Box::new(Rep::atom(group.clone(), vector).unwrap());
        atoms.push(Atom::Kron(v.clone(), v.clone()));
        atoms.push(Atom::Sym(v.clone(), 2));
        atoms.push(Atom::Alt(v.clone(), 2));
        atoms.push(Atom::Hom(v.clone(), v));
        for a in &atoms {
            for b in &atoms {
                let basis = hom_basis(&group, a, b).unwrap();
                assert!(!basis.numeric());
                check(&group, a, b, &basis);
            }
        }
    }
    let plane = Atom::irrep(&Group::SO2, &[3]).unwrap();
    let basis = hom_basis(&Group::SO2, &plane, &plane).unwrap();
    assert_eq!(
        basis.data.iter().map(|x| x.f).collect::<Vec<_>>(),
        [1.0, 0.0, 0.0, 1.0, 0.0, -1.0, 1.0, 0.0]
    );
}

/// V ⊗ V = 0e + 1e + 2e for O(3), by dimensions and by the invariant: the metric.
#[test]
fn squares_of_vectors() {
    let v = Box::new(Rep::atom(Group::O3, Atom::vector(&Group::O3, 3).unwrap()).unwrap());
    let square = Atom::Kron(v.clone(), v.clone());
    let count = |name| {
        hom_basis(&Group::O3, &square, &Atom::named(&Group::O3, name).unwrap())
            .unwrap()
            .len()
    };
    assert_eq!(["0e", "0o", "1e", "1o", "2e", "2o"].map(count), [1, 0, 1, 0, 1, 0]);
    let metric = invariants(&Group::O3, &square).unwrap();
    assert_eq!(
        metric.data.iter().map(|x| x.f).collect::<Vec<_>>(),
        [1., 0., 0., 0., 1., 0., 0., 0., 1.]
    );
    assert_eq!(invariants(&Group::O3, &Atom::Alt(v, 3)).unwrap().len(), 0);
}

/// A group outside the field of residues is solved in floating point, and says so.
#[test]
fn numeric_bases_are_marked() {
    let group = Group::C(41);
    let k = |k: i64| Rep::atom(group.clone(), Atom::irrep(&group, &[k]).unwrap()).unwrap();
    let pair = Atom::Kron(Box::new(k(2)), Box::new(k(3)));
    let basis = hom_basis(&group, &pair, &Atom::irrep(&group, &[5]).unwrap()).unwrap();
    assert_eq!(basis.len(), 2);
    assert!(basis.residual.is_some_and(|r| r > 0.0 && r < 1e-13));
    assert!(!hom_basis(&group, &Atom::Regular, &Atom::Regular).unwrap().numeric());
}

#[test]
fn bounds_are_errors() {
    let group = Group::S(7);
    let tensors = Rep::tensor(&Group::SO3, 6, 0).unwrap().blocks.remove(0).1;
    assert!(hom_basis(&Group::SO3, &tensors, &tensors).is_err());
    let v = |atom: Atom| Box::new(Rep::atom(group.clone(), atom).unwrap());
    assert!(hom_basis(&group, &Atom::Regular, &Atom::irrep(&group, &[4, 2, 1]).unwrap()).is_err());
    assert!(Atom::Sym(v(Atom::PermDefining), 30).checked(&group).is_err());
    assert!(Atom::Alt(v(Atom::PermDefining), 7).checked(&group).is_err());
    assert!(hom_basis(&Group::C(4), &Atom::PermDefining, &Atom::Trivial).is_err());
}

/// Between irreps a kernel on the sphere is a Clebsch-Gordan tensor; between their sums written otherwise, the same number.
#[test]
fn sphere_kernels() {
    let irrep = |name| Atom::named(&Group::O3, name).unwrap();
    let degrees = |a, b| -> Vec<u32> {
        harmonic_kernels(&Group::O3, 3, 3, &irrep(a), &irrep(b))
            .unwrap()
            .iter()
            .map(|(l, _)| *l)
            .collect()
    };
    assert_eq!(degrees("1o", "1o"), [0, 2]);
    assert_eq!(degrees("1o", "1e"), [1]);
    assert_eq!(degrees("0e", "2e"), [2]);
    assert_eq!(degrees("0e", "2o"), [0; 0]);
    assert_eq!(degrees("1o", "2e"), [1, 3]);
    let (_, basis) = harmonic_kernels(&Group::O3, 3, 2, &irrep("1o"), &irrep("1o"))
        .unwrap()
        .remove(1);
    assert_eq!(basis.shape, [1, 3, 3, 5]);
    let w = wigner_3j(1, 2, 1);
    for (at, x) in basis.data.iter().enumerate() {
        let (i, j, m) = (at / 15, at / 5 % 3, at % 5);
        assert_eq!(x.r, (Exact::sqrt_int(3) * w[(j * 5 + m) * 3 + i]).r);
    }
    // V ⊗ V at every degree, with K(Rx) = ρ K(x) ρ⁻¹.
    for group in [Group::O3, Group::SO3] {
        let v = Box::new(Rep::atom(group.clone(), Atom::vector(&group, 3).unwrap()).unwrap());
        let square = Atom::Kron(v.clone(), v.clone());
        let kernels = harmonic_kernels(&group, 3, 3, &square, &Atom::vector(&group, 3).unwrap()).unwrap();
        let dims: Vec<(u32, usize)> = kernels.iter().map(|(l, b)| (*l, b.len())).collect();
        let expected: &[(u32, usize)] = if group == Group::O3 {
            &[(1, 3), (3, 1)]
        } else {
            &[(0, 1), (1, 3), (2, 2), (3, 1)]
        };
        assert_eq!(dims, expected);
    }
    assert!(harmonic_kernels(&Group::SO2, 3, 2, &Atom::Trivial, &Atom::Trivial).is_err());
}

fn window(size: i32, d: u32) -> Vec<Vec<i32>> {
    let mut points: Vec<Vec<i32>> = vec![vec![]];
    for _ in 0..d {
        points = points
            .iter()
            .flat_map(|p| (-size..=size).map(move |x| [p.as_slice(), &[x]].concat()))
            .collect();
    }
    points
}

/// K(gp) = ρ_b(g) K(p) ρ_a(g)⁻¹ at every point; one count by characters.
#[test]
fn grid_kernels() {
    let mut draw = random(11);
    let cases = [
        (Group::C(2), 1, vec![vec![0], vec![1]]),
        (Group::D(4), 2, vec![vec![0, 0], vec![1, 1], vec![1, 2]]),
        (Group::C(4), 2, vec![vec![0], vec![1], vec![2]]),
        (Group::Oh, 3, vec![vec![0], vec![8], vec![2]]),
    ];
    for (group, d, labels) in cases {
        let window = window(1, d);
        let mut atoms: Vec<Atom> = labels.iter().map(|l| Atom::irrep(&group, l).unwrap()).collect();
        if group.small_order() < Some(20) {
            atoms.push(Atom::Regular);
        }
        for a in &atoms {
            for b in &atoms {
                let (da, db) = (a.dim(&group), b.dim(&group));
                let basis = kernel_basis(&group, &window, a, b).unwrap();
                assert_eq!(basis.shape[1..], [window.len() as u32, db as u32, da as u32]);
                let g = group.random(&mut draw);
                let m = group.point_matrix(&g, d as usize).unwrap();
                let (ra, rb): (Vec<Exact>, Vec<Exact>) = (a.matrix(&group, &g).unwrap(), b.matrix(&group, &g).unwrap());
                for k in 0..basis.len() {
                    let tensor = basis.tensor(k);
                    for (at, p) in window.iter().enumerate() {
                        let to = window.iter().position(|q| *q == gdl_rep::linear::act(&m, p)).unwrap();
                        let left = multiply(&rb, &tensor[at * da * db..][..da * db], db, db, da);
                        let right = multiply(&tensor[to * da * db..][..da * db], &ra, db, da, da);
                        assert!(
                            left.iter()
                                .zip(&right)
                                .all(|(l, r)| l.r == r.r && (l.f - r.f).abs() < 1e-9)
                        );
                    }
                }
                // dim = 1/|G| Σ_g fixed points · χ_a χ_b
                let count: f64 = group
                    .elements()
                    .unwrap()
                    .iter()
                    .map(|g| {
                        let m = group.point_matrix(g, d as usize).unwrap();
                        let fixed = window.iter().filter(|p| gdl_rep::linear::act(&m, p) == **p).count();
                        let trace = |atom: &Atom, n: usize| -> f64 {
                            let m = atom.matrix::<Exact>(&group, g).unwrap();
                            (0..n).map(|i| m[i * n + i].f).sum()
                        };
                        fixed as f64 * trace(a, da) * trace(b, db)
                    })
                    .sum();
                assert!((count / group.small_order().unwrap() as f64 - basis.len() as f64).abs() < 1e-9);
            }
        }
    }
}

#[test]
fn circle_kernels_of_sums() {
    let plane = |k| Rep::atom(Group::SO2, Atom::irrep(&Group::SO2, &[k]).unwrap()).unwrap();
    let pair = Atom::Kron(Box::new(plane(1)), Box::new(plane(2)));
    let basis = circle_kernel(&Atom::Trivial, &pair).unwrap();
    assert_eq!(basis.shape, [4, 4, 1, 7]);
    assert!(circle_kernel(&Atom::Regular, &Atom::Trivial).is_err());
}

/// Echelon form: leading ones, alone in their column.
#[test]
fn bases_are_canonical() {
    let group = Group::D(4);
    let vector = Atom::vector(&group, 2).unwrap();
    for basis in [
        hom_basis(&group, &Atom::Regular, &vector).unwrap(),
        kernel_basis(&group, &window(1, 2), &vector, &vector).unwrap(),
        invariants(&group, &Atom::Regular).unwrap(),
    ] {
        let leads: Vec<usize> = (0..basis.len())
            .map(|k| basis.tensor(k).iter().position(|x| !x.is_zero()).unwrap())
            .collect();
        assert!(leads.is_sorted());
        for k in 0..basis.len() {
            for (j, &lead) in leads.iter().enumerate() {
                assert_eq!(basis.tensor(k)[lead].f, f64::from(u8::from(j == k)));
            }
        }
    }
}

/// Saved coefficients keep their meaning: fingerprints tell bases apart and do not change.
#[test]
fn fingerprints() {
    let group = Group::D(4);
    let vector = Atom::vector(&group, 2).unwrap();
    let one = kernel_basis(&group, &window(1, 2), &vector, &vector).unwrap();
    let again = kernel_basis(&group, &window(1, 2), &vector, &vector).unwrap();
    let other = kernel_basis(&group, &window(1, 2), &vector, &Atom::Trivial).unwrap();
    assert_eq!(one.fingerprint(), again.fingerprint());
    assert_ne!(one.fingerprint(), other.fingerprint());
    assert_eq!(
        hom_basis(&group, &Atom::Trivial, &Atom::Trivial).unwrap().fingerprint(),
        18_288_476_033_698_550_117
    );
}

/// A factor that does not act on points constrains the values only.
#[test]
fn kernels_under_products() {
    let group = Group::product([Group::C(4), Group::O3]);
    let v = Atom::Outer(vec![Atom::Regular, Atom::vector(&Group::O3, 3).unwrap()]);
    let basis = kernel_basis(&group, &window(1, 2), &v, &v).unwrap();
    assert_eq!(basis.len(), 36);
    assert_eq!(basis.shape[1..], [9, 12, 12]);
    let other = Atom::Outer(vec![Atom::Regular, Atom::named(&Group::O3, "1e").unwrap()]);
    assert!(kernel_basis(&group, &window(1, 2), &v, &other).unwrap().is_empty());
    assert!(kernel_basis(&Group::SO2, &window(1, 2), &Atom::Trivial, &Atom::Trivial).is_err());
}

/// Shared weights say the same as the dense basis, and reach further.
#[test]
fn tied_weights() {
    let group = Group::D(4);
    let tying = kernel_tying(&group, &window(1, 2), &Atom::Trivial, &Atom::Regular)
        .unwrap()
        .unwrap();
    assert_eq!(tying.count, 9);
    let dense = kernel_basis(&group, &window(1, 2), &Atom::Trivial, &Atom::Regular).unwrap();
    assert_eq!(tying.basis().unwrap(), dense);
    assert_eq!(
        hom_tying(&group, &Atom::Trivial, &Atom::vector(&group, 2).unwrap()).unwrap(),
        None
    );
    let cube = kernel_tying(&Group::Oh, &window(1, 3), &Atom::Regular, &Atom::Regular)
        .unwrap()
        .unwrap();
    assert_eq!(cube.count, 27 * 48);
    assert!(cube.basis().is_err());
}
