//! Irreducible representations by highest weights: homomorphisms, orthogonal where the group is compact, irreducible, of the right type.

use gdl_rep::irreps::{commutant, irreps};
use gdl_rep::lie::weights::irreducibles;
use gdl_rep::{Atom, Exact, Group, Rep, hom_basis, hom_dim};

fn named(name: &str, args: &[i64]) -> Group {
    Group::named(name, args).unwrap()
}

fn multiply(a: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    let entry = |at: usize| (0..n).map(|k| a[at / n * n + k] * b[k * n + at % n]).sum();
    (0..n * n).map(entry).collect()
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    let size = a.iter().fold(1.0f64, |m, x| m.max(x.abs()));
    a.iter().zip(b).fold(0.0f64, |m, (x, y)| m.max((x - y).abs())) / size
}

/// What every one of them must be; `dims` are the dimensions over the reals.
fn check(group: &Group, labels: &[&[i64]], dims: &[(usize, usize)]) {
    let mut bits = 0x9e37_79b9_7f4a_7c15u64;
    let mut draw = || {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        bits
    };
    let compact = matches!(group, Group::Linear(l) if l.is_orthogonal());
    for (labels, &(dim, end)) in labels.iter().zip(dims) {
        let atom = Atom::irrep(group, labels).unwrap();
        let rep = Rep::atom(group.clone(), atom.clone()).unwrap();
        let what = format!("irrep{labels:?} of {group}");
        assert_eq!((rep.dim(), commutant(group, &atom)), (dim, end), "{what}");
        for _ in 0..2 {
            let (g, h) = (group.random(&mut draw), group.random(&mut draw));
            let product = g.compose(&h).unwrap();
            let (a, b, c) = (rep.matrix(&g), rep.matrix(&h), rep.matrix(&product));
            assert!(apart(&c, &multiply(&a, &b, dim)) < 1e-11, "{what}");
            if compact {
                let transposed: Vec<f64> = (0..dim * dim).map(|at| a[at % dim * dim + at / dim]).collect();
                let one: Vec<f64> = (0..dim * dim)
                    .map(|at| f64::from(u8::from(at / dim == at % dim)))
                    .collect();
                assert!(apart(&one, &multiply(&a, &transposed, dim)) < 1e-12, "{what}");
            }
        }
        // The form that is claimed is kept.
        assert_eq!(rep.is_orthogonal(), compact, "{what}");
        if let Some(signs) = rep.form() {
            let a = rep.matrix(&group.random(&mut draw));
            for at in 0..dim * dim {
                let (i, j) = (at / dim, at % dim);
                let sum: f64 = (0..dim)
                    .map(|k| a[k * dim + i] * f64::from(signs[k]) * a[k * dim + j])
                    .sum();
                let want = if i == j { f64::from(signs[i]) } else { 0.0 };
                assert!((sum - want).abs() < 1e-9, "{what}: {sum} is not {want}");
            }
        }
        // Exact elements have exact matrices, whose residues multiply too.
        if let (Some(g), Some(h)) = (group.random_exact(&mut draw), group.random_exact(&mut draw)) {
            let matrices = [&g, &h, &g.compose(&h).unwrap()].map(|g| rep.exact_matrix(g).expect("exact"));
            let [a, b, c] = &matrices;
            for at in 0..dim * dim {
                let entry = (0..dim).fold(Exact::ZERO, |s, k| s + a[at / dim * dim + k] * b[k * dim + at % dim]);
                assert_eq!(entry.r, c[at].r, "{what}");
            }
        }
        // The commutant, found without knowing that it is irreducible: of the Kronecker product with the trivial representation.
        let one = Rep::trivial(group.clone(), 1);
        let product = Atom::Kron(Box::new(rep.clone()), Box::new(one));
        if dim <= 30 {
            assert_eq!(hom_basis(group, &product, &product).unwrap().len(), end, "{what}");
        }
        let maps = hom_basis(group, &atom, &atom).unwrap();
        assert_eq!(maps.len(), end, "{what}");
        let g = group.random(&mut draw);
        let m = rep.matrix(&g);
        for k in 0..end {
            let x: Vec<f64> = maps.tensor(k).iter().map(|x| x.f).collect();
            assert!(
                apart(&multiply(&x, &m, dim), &multiply(&m, &x, dim)) < 1e-11,
                "{what}: {k}"
            );
        }
    }
}

#[test]
fn unitary_groups() {
    check(
        &named("SU", &[3]),
        &[&[1, 0], &[0, 1], &[2, 0], &[1, 1], &[3, 0], &[2, 1], &[2, 2]],
        &[(6, 2), (6, 2), (12, 2), (8, 1), (20, 2), (30, 2), (27, 1)],
    );
    check(
        &named("SU", &[4]),
        &[&[0, 1, 0], &[1, 0, 1], &[0, 2, 0], &[1, 1, 0]],
        &[(6, 1), (15, 1), (20, 1), (40, 2)],
    );
    // Λ³C⁶ is quaternionic.
    check(&named("SU", &[6]), &[&[0, 0, 1, 0, 0]], &[(40, 4)]);
    check(
        &named("U", &[2]),
        &[&[1, 0], &[1, 1], &[2, 0], &[1, -1], &[0, -1], &[2, -1]],
        &[(4, 2), (2, 2), (6, 2), (3, 1), (4, 2), (8, 2)],
    );
    check(&named("U", &[3]), &[&[1, 0, -1], &[1, 1, 0]], &[(8, 1), (6, 2)]);
    // Long rows.
    check(&named("U", &[2]), &[&[30, 0], &[12, -12]], &[(62, 2), (25, 1)]);
}

#[test]
fn orthogonal_groups() {
    check(
        &named("SO", &[4]),
        &[&[1, 1], &[2, 0], &[0, 2], &[2, 2], &[3, 1], &[4, 0]],
        &[(4, 1), (3, 1), (3, 1), (9, 1), (8, 1), (5, 1)],
    );
    check(
        &named("SO", &[5]),
        &[&[0, 2], &[2, 0], &[1, 2], &[0, 4]],
        &[(10, 1), (14, 1), (35, 1), (35, 1)],
    );
    check(
        &named("SO", &[6]),
        &[&[0, 1, 1], &[2, 0, 0], &[0, 0, 2], &[0, 2, 0]],
        &[(15, 1), (20, 1), (20, 2), (20, 2)],
    );
    check(
        &named("SO", &[8]),
        &[&[0, 0, 0, 2], &[0, 0, 2, 0], &[0, 1, 0, 0]],
        &[(35, 1), (35, 1), (28, 1)],
    );
    check(
        &named("O", &[4]),
        &[&[2], &[1, 1], &[1, 1, 1], &[1, 1, 1, 1], &[2, 1], &[2, 1, 1], &[2, 2]],
        &[(9, 1), (6, 1), (4, 1), (1, 1), (16, 1), (9, 1), (10, 1)],
    );
    check(
        &named("O", &[5]),
        &[&[2, 1], &[1, 1, 1], &[2, 1, 1]],
        &[(35, 1), (10, 1), (35, 1)],
    );
}

#[test]
fn groups_that_are_not_compact() {
    check(&named("SL", &[2]), &[&[2], &[3]], &[(3, 1), (4, 1)]);
    check(
        &named("SL", &[3]),
        &[&[0, 1], &[2, 0], &[1, 1], &[2, 1]],
        &[(3, 1), (6, 1), (8, 1), (15, 1)],
    );
    check(
        &named("Sp", &[4]),
        &[&[0, 1], &[2, 0], &[1, 1], &[0, 2]],
        &[(5, 1), (10, 1), (16, 1), (14, 1)],
    );
    check(
        &named("SO", &[1, 3]),
        &[&[2, 2], &[2, 0], &[0, 2], &[3, 1], &[4, 0]],
        &[(9, 1), (6, 2), (6, 2), (16, 2), (10, 2)],
    );
    check(&named("SO", &[2, 2]), &[&[2, 0], &[2, 2]], &[(3, 1), (9, 1)]);
    check(&named("SO", &[1, 2]), &[&[4]], &[(5, 1)]);
    check(&named("SO", &[3, 3]), &[&[0, 2, 0], &[0, 0, 2]], &[(10, 1), (10, 1)]);
    check(
        &named("O", &[1, 3]),
        &[&[2], &[1, 1], &[1, 1, 1]],
        &[(9, 1), (6, 1), (4, 1)],
    );
}

/// The two halves of the alternating square of R⁴ are different, as are a diagram and its associate.
#[test]
fn mirror_images() {
    let atom = |group: &Group, labels: &[i64]| Rep::atom(group.clone(), Atom::irrep(group, labels).unwrap()).unwrap();
    let square = |group: &Group| {
        let v = Rep::atom(group.clone(), Atom::vector(group, 4).unwrap()).unwrap();
        Rep::atom(group.clone(), Atom::Alt(Box::new(v), 2)).unwrap()
    };
    let so4 = named("SO", &[4]);
    let maps = |a: &Rep, b: &Rep| hom_dim(a, b).unwrap();
    let (plus, minus) = (atom(&so4, &[0, 2]), atom(&so4, &[2, 0]));
    assert_eq!(
        [
            maps(&plus, &square(&so4)),
            maps(&minus, &square(&so4)),
            maps(&plus, &minus)
        ],
        [1, 1, 0]
    );
    // Self-dual forms belong to the positive last coordinate.
    let basis = hom_basis(&so4, &plus.blocks[0].1, &square(&so4).blocks[0].1).unwrap();
    let form = basis.tensor(0);
    // e_12, e_13, e_14, e_23, e_24, e_34 as rows: ω_12 = ω_34, ω_13 = −ω_24, ω_14 = ω_23.
    for k in 0..3 {
        let at = |row: usize| form[row * 3 + k].f;
        assert!((at(0) - at(5)).abs() < 1e-12 && (at(1) + at(4)).abs() < 1e-12 && (at(2) - at(3)).abs() < 1e-12);
    }
    let o5 = named("O", &[5]);
    assert_eq!(maps(&atom(&o5, &[2, 1]), &atom(&o5, &[2, 1, 1])), 0);
}

/// Dimensions are those of the tables of highest weights, for all small ones.
#[test]
fn all_small_ones() {
    for (name, args, most) in [
        ("SU", &[3][..], 15),
        ("SO", &[5], 35),
        ("Sp", &[4], 20),
        ("SO", &[4], 16),
        ("SL", &[4], 20),
    ] {
        let group = named(name, args);
        for i in irreducibles(&group, most).unwrap() {
            let labels: Vec<i64> = i.labels.iter().map(|&a| i64::from(a)).collect();
            let atom = Atom::irrep(&group, &labels).unwrap();
            let complex = match group {
                _ if atom == Atom::Trivial => 1,
                _ if name == "SU" && labels[0] != labels[1] => 2,
                _ => 1,
            };
            assert_eq!(atom.dim(&group) as u64, complex * i.dim, "irrep{labels:?} of {group}");
        }
    }
    let list = irreps(&named("SO", &[4]), 2).unwrap();
    let dims: Vec<usize> = list.iter().map(|a| a.dim(&named("SO", &[4]))).collect();
    assert_eq!(dims, [1, 4, 9, 3, 3]);
}

#[test]
fn refused() {
    for (name, args, labels, why) in [
        ("SU", &[3][..], &[1][..], "2 Dynkin labels"),
        ("SO", &[5], &[0, 1], "spin"),
        ("SO", &[4], &[1, 0], "spin"),
        ("O", &[4], &[2, 2, 1], "first two columns"),
        ("U", &[2], &[0, 1], "do not ascend"),
        ("SU", &[3], &[30, 30], "boxes"),
        ("SU", &[3], &[9, 9], "dimension"),
        ("U", &[2], &[45, 0], "square roots"),
        (
            "SO",
            &[8],
            &[1, 0, 0, 2],
            "of dimension 224, lies in a space of dimension 448",
        ),
        ("Sp", &[4], &[-1, 0], "Dynkin labels"),
    ] {
        let error = Atom::irrep(&named(name, args), labels).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
