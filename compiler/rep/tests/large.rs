//! Spaces of maps too large for plain elimination: their dimensions as characters and classical invariant theory have them.

mod common;

use gdl_rep::{Atom, Basis, Element, Exact, Group, Rep, Subgroup, complex_hom_basis, hom_basis, invariants};

fn named(name: &str, args: &[i64]) -> Group {
    Group::named(name, args).expect("a group")
}

fn boxed(group: &Group, atom: &Atom) -> Box<Rep> {
    Box::new(Rep::atom(group.clone(), atom.clone()).expect("a representation"))
}

/// V ⊗ … ⊗ V.
fn power(group: &Group, v: &Atom, k: usize) -> Atom {
    (1..k).fold(v.clone(), |product, _| {
        Atom::Kron(boxed(group, &product), boxed(group, v))
    })
}

/// Reduced row echelon form, and X ρ_a(g) = ρ_b(g) X at random vectors.
fn check(group: &Group, a: &Atom, b: &Atom, basis: &Basis) {
    let name = format!("{} -> {} of {group}", a.name(group), b.name(group));
    let (da, db) = (a.dim(group), b.dim(group));
    assert_eq!(basis.shape, [basis.len() as u32, db as u32, da as u32]);
    let leads: Vec<usize> = (0..basis.len())
        .map(|k| basis.tensor(k).iter().position(|x| !x.is_zero()).expect("a map"))
        .collect();
    assert!(leads.is_sorted());
    for k in 0..basis.len() {
        for (j, &lead) in leads.iter().enumerate() {
            assert!(
                (basis.tensor(k)[lead].f - f64::from(u8::from(j == k))).abs() < 1e-9,
                "{name}"
            );
        }
    }
    let mut draw = common::random(3);
    let (from, to) = (boxed(group, a), boxed(group, b));
    let apply = |x: &[Exact], v: &[f64]| -> Vec<f64> {
        x.chunks(da)
            .map(|row| row.iter().zip(v).map(|(x, y)| x.f * y).sum())
            .collect()
    };
    let mut elements: Vec<Element> = group.generators();
    elements.push(group.random(&mut draw));
    for g in elements {
        let v: Vec<f64> = (0..da).map(|_| common::unit(&mut draw)).collect();
        let moved = from.apply(&g, &v);
        for k in (0..basis.len()).step_by(1 + basis.len() / 8) {
            let x = basis.tensor(k);
            let (left, right) = (apply(x, &moved), to.apply(&g, &apply(x, &v)));
            let size = right.iter().fold(1.0, |m: f64, y| m.max(y.abs()));
            assert!(common::close(&left, &right, 1e-10 * size), "{name}");
        }
    }
}

fn count(group: &Group, a: &Atom, b: &Atom) -> usize {
    let basis = hom_basis(group, a, b).expect("maps");
    assert!(!basis.numeric() && basis.gap.is_none());
    assert!(a.dim(group) * b.dim(group) > 2048);
    check(group, a, b, &basis);
    basis.len()
}

/// Invariants of V ⊗ … ⊗ V: Riordan numbers for SO(3), products of Catalan numbers for SO(4) and so for SO(1,3), Brauer's (2k − 1)!! for
/// O(n), n ≥ k.
#[test]
fn tensors_of_matrix_groups() {
    let maps = |name: &str, args: &[i64], from: usize, to: usize| {
        let group = named(name, args);
        let v = Atom::defining(&group).expect("vectors");
        count(&group, &power(&group, &v, from), &power(&group, &v, to))
    };
    assert_eq!(maps("SO", &[3], 4, 3), 36);
    assert_eq!(maps("SO", &[1, 3], 3, 3), 25);
    assert_eq!(maps("O", &[5], 3, 2), 0);
    // Sp(4): 1 and 15 less one of the matchings of six points, which the Pfaffian of order six ties.
    assert_eq!(maps("Sp", &[4], 3, 3), 14);
}

/// SU(3): maps of V ⊗ V ⊗ V* to itself are the six permutations of three factors, twice over the reals; to V ⊗ V there are none.
#[test]
fn complex_maps() {
    let group = named("SU", &[3]);
    let [pairs, mixed] = [(2, 0), (2, 1)].map(|(up, down)| Atom::Tensor { up, down });
    let count = |a: &Atom, b: &Atom| complex_hom_basis(&group, a, b).expect("maps").len();
    assert_eq!(count(&mixed, &mixed), 12);
    assert_eq!(count(&mixed, &pairs), 0);
}

/// ⟨χ_V, χ_W⟩ for powers and products of finite groups, whether they permute a basis up to signs or not.
#[test]
fn finite_groups_by_characters() {
    let ih = named("Ih", &[]);
    let cases: Vec<(Group, Vec<Atom>)> = vec![
        (
            Group::Oh,
            vec![
                power(&Group::Oh, &Atom::vector(&Group::Oh, 3).expect("vectors"), 4),
                power(&Group::Oh, &Atom::vector(&Group::Oh, 3).expect("vectors"), 3),
            ],
        ),
        (ih.clone(), {
            let v = Atom::vector(&ih, 3).expect("vectors");
            vec![power(&ih, &v, 4), Atom::Sym(boxed(&ih, &v), 6)]
        }),
        (Group::S(5), {
            let group = Group::S(5);
            let irrep = |parts: &[i64]| Atom::irrep(&group, parts).expect("an irrep");
            vec![
                power(&group, &irrep(&[3, 1, 1]), 2),
                Atom::Kron(
                    boxed(&group, &power(&group, &Atom::PermDefining, 2)),
                    boxed(&group, &irrep(&[3, 2])),
                ),
            ]
        }),
    ];
    for (group, atoms) in cases {
        for a in &atoms {
            for b in &atoms {
                if !(2049..5000).contains(&(a.dim(&group) * b.dim(&group))) {
                    continue;
                }
                let basis = hom_basis(&group, a, b).expect("maps");
                assert!(!basis.numeric(), "{} of {group}", a.name(&group));
                check(&group, a, b, &basis);
                let expected = boxed(&group, a).hom_dim(&boxed(&group, b)).expect("characters");
                assert_eq!(
                    basis.len() as u64,
                    expected,
                    "{} -> {} of {group}",
                    a.name(&group),
                    b.name(&group)
                );
            }
        }
    }
}

#[test]
fn invariants_of_large_spaces() {
    let group = Group::S(6);
    let line = Subgroup::generated(&group, &[group.generators()[0].clone()]).expect("a subgroup");
    let functions = Atom::Quotient(line);
    assert_eq!(functions.dim(&group), 360);
    let signs = Atom::irrep(&group, &[1, 1, 1, 1, 1, 1]).expect("the sign");
    let twisted = Atom::Kron(boxed(&group, &functions), boxed(&group, &signs));
    // A swap fixes the functions on its cosets but not their signs.
    assert_eq!(invariants(&group, &functions).expect("constants").len(), 1);
    assert_eq!(invariants(&group, &twisted).expect("nothing").len(), 0);
    let refused = hom_basis(&group, &twisted, &functions).expect_err("168 maps of 360 by 360 entries");
    assert!(refused.to_string().contains("dimension above 129"), "{refused}");
    let so3 = Group::SO3;
    let tensors = power(&so3, &Atom::vector(&so3, 3).expect("vectors"), 8);
    let basis = invariants(&so3, &tensors).expect("invariants");
    assert_eq!(basis.len(), 91);
    assert!(basis.data.iter().all(|x| x.r.is_some()));
}

/// Where there are no residues, floats decide, and say how clearly.
#[test]
fn floating_point() {
    // A rotation by 1 radian, as a matrix: no root of unity.
    let (s, c) = 1f64.sin_cos();
    let turn = [c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0].map(Exact::inexact);
    let spin = [0, -1, 0, 1, 0, 0, 0, 0, 0].map(Exact::int);
    let group = Group::Linear(std::sync::Arc::new(
        gdl_rep::Linear::generated(3, &[spin.to_vec()], &[turn.to_vec()]).expect("a group"),
    ));
    let v = Atom::defining(&group).expect("vectors");
    let (a, b) = (power(&group, &v, 4), power(&group, &v, 3));
    let basis = hom_basis(&group, &a, &b).expect("maps");
    // Rotations about an axis on (1 + 2 cos θ)⁷: the central trinomial coefficient.
    assert_eq!(basis.len(), 393);
    assert!(basis.residual.is_some_and(|r| r < 1e-11), "{:?}", basis.residual);
    assert!(basis.gap.is_some_and(|g| g > 1e-3 && g <= 1.0), "{:?}", basis.gap);
    check(&group, &a, &b, &basis);
}
