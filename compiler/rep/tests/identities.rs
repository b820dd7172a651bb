//! Identities that hold for every group and representation, at random ones: subgroups of S(5), S(3) x S(3) and wreath products that two random
//! elements generate, with sums, products and powers of their irreducible representations.

mod common;

use gdl_rep::finite::Character;
use gdl_rep::irreps::{commutant, irreps};
use gdl_rep::linear::{identity, multiply, transpose};
use gdl_rep::{Atom, Element, Exact, Group, Induced, Rep, Subgroup, clebsch_gordan, hom_basis};

/// Random groups of at most 200 elements, none twice.
fn groups(seed: u64, count: usize) -> Vec<Group> {
    let mut draw = common::random(seed);
    let c2 = Group::C(2);
    let parents = [
        Group::S(5),
        Group::product([Group::S(3), Group::S(3)]),
        Group::wreath(&c2, &Group::S(3)).unwrap(),
        Group::wreath(&Group::S(3), &c2).unwrap(),
        Group::product([Group::Dic(3), Group::C(4)]),
    ];
    let mut found: Vec<Group> = vec![];
    while found.len() < count {
        let parent = &parents[draw() as usize % parents.len()];
        let two = [parent.random(&mut draw), parent.random(&mut draw)];
        let group = Subgroup::generated(parent, &two).unwrap().as_group();
        let order = group.small_order().unwrap();
        if (2..=200).contains(&order) && !found.contains(&group) {
            found.push(group);
        }
    }
    found
}

fn single(group: &Group, atom: Atom) -> Rep {
    Rep::atom(group.clone(), atom).unwrap()
}

/// A random representation of at most `most` dimensions.
fn representation(group: &Group, most: usize, draw: &mut impl FnMut() -> u64) -> Rep {
    let list = irreps(group, 0).unwrap();
    loop {
        let mut pick = || {
            let atom = list[draw() as usize % list.len()].clone();
            single(group, atom)
        };
        let (a, b) = (pick(), pick());
        let (boxed, sum) = (Box::new(a.clone()), Box::new(a.plus(&b).unwrap()));
        let rep = match draw() % 6 {
            0 => a.plus(&b.times(2)).unwrap(),
            1 => single(group, Atom::Kron(boxed, sum)),
            2 => single(group, Atom::Sym(sum, 2)),
            3 if sum.dim() > 1 => single(group, Atom::Alt(sum, 2)),
            4 => single(group, Atom::Hom(boxed, sum)),
            _ => single(group, Atom::Dual(sum)),
        };
        if rep.dim() <= most {
            return rep;
        }
    }
}

fn close(a: &[Exact], b: &[Exact]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| (x.f - y.f).abs() < 1e-11)
}

/// Rows and columns of every table, degrees included.
#[test]
fn characters_are_orthogonal() {
    for group in groups(1, 24) {
        let table = group.character_table().unwrap();
        let (n, k) = (table.order() as f64, table.len());
        for a in 0..k {
            for b in 0..k {
                let unit = f64::from(u8::from(a == b));
                let row: f64 = (0..k)
                    .map(|c| {
                        let ((x, y), (u, v)) = (table.float(a, c), table.float(b, c));
                        table.classes()[c].size as f64 * (x * u + y * v)
                    })
                    .sum();
                assert!((row / n - unit).abs() < 1e-9, "{group}: rows {a}, {b}");
                let column: f64 = (0..k)
                    .map(|row| {
                        let ((x, y), (u, v)) = (table.float(row, a), table.float(row, b));
                        x * u + y * v
                    })
                    .sum();
                let expected = unit * n / table.classes()[a].size as f64;
                assert!((column - expected).abs() < 1e-9, "{group}: columns {a}, {b}");
            }
        }
    }
}

/// Peter and Weyl: Σ (dim ρ)²/dim End(ρ) = |G|, and the regular representation has each ρ dim ρ/dim End(ρ) times.
#[test]
fn regular_representations() {
    for group in groups(2, 24) {
        let mut total = 0;
        let regular = single(&group, Atom::Regular).decomposition().unwrap();
        let blocks: Vec<(u32, Atom)> = irreps(&group, 0)
            .unwrap()
            .into_iter()
            .map(|atom| {
                let (d, e) = (atom.dim(&group), commutant(&group, &atom));
                total += d * d / e;
                ((d / e) as u32, atom)
            })
            .collect();
        assert_eq!(Some(total as u64), group.small_order(), "{group}");
        assert_eq!(regular, Rep::new(group.clone(), blocks).unwrap(), "{group}");
    }
}

/// ρ(g) ρ(h) = ρ(gh), and orthogonal matrices.
#[test]
fn homomorphisms() {
    let mut draw = common::random(3);
    for group in groups(3, 16) {
        for _ in 0..4 {
            let rep = representation(&group, 24, &mut draw);
            let d = rep.dim();
            let (g, h) = (group.random(&mut draw), group.random(&mut draw));
            let of = |g: &Element| rep.matrix_over::<Exact>(g).unwrap();
            let product = multiply(&of(&g), &of(&h), d, d, d);
            assert!(close(&product, &of(&g.compose(&h).unwrap())), "{rep} of {group}");
            let square = multiply(&of(&g), &transpose(&of(&g), d, d), d, d, d);
            assert!(close(&square, &identity::<Exact>(d)), "{rep} of {group}");
        }
    }
}

/// dim hom(V, W) = ⟨χ_V, χ_W⟩, for bases of maps and for traces of matrices.
#[test]
fn dimensions_of_maps() {
    let mut draw = common::random(4);
    for group in groups(4, 16) {
        let (v, w) = (
            representation(&group, 12, &mut draw),
            representation(&group, 12, &mut draw),
        );
        let elements = group.elements().unwrap();
        let trace = |rep: &Rep, g| -> f64 {
            let (m, d) = (rep.matrix(g), rep.dim());
            (0..d).map(|i| m[i * d + i]).sum()
        };
        let sum: f64 = elements.iter().map(|g| trace(&v, g) * trace(&w, g)).sum();
        let mut maps = 0;
        for a in v.atoms() {
            for b in w.atoms() {
                maps += hom_basis(&group, a, b).unwrap().len();
            }
        }
        assert!(
            (sum / elements.len() as f64 - maps as f64).abs() < 1e-9,
            "{v} -> {w} of {group}"
        );
        assert_eq!(gdl_rep::hom_dim(&v, &w).unwrap(), maps as u64, "{v} -> {w} of {group}");
    }
}

/// ⟨Ind ψ, χ⟩ = ⟨ψ, Res χ⟩ at random subgroups; the matrices of induced representations, and their change of basis.
#[test]
fn induction() {
    let mut draw = common::random(5);
    let mut split = 0;
    for group in groups(5, 16) {
        let sub = Subgroup::generated(&group, &[group.random(&mut draw)]).unwrap();
        let small = sub.as_group();
        let (big, table) = (group.character_table().unwrap(), small.character_table().unwrap());
        for row in 0..table.len() {
            let psi = Character::irreducible(&table, row).unwrap();
            let induced = psi.induce(&sub).unwrap();
            for top in 0..big.len() {
                let chi = Character::irreducible(&big, top).unwrap();
                let restricted = chi.restrict(&sub).unwrap();
                assert_eq!(
                    induced.inner(&chi).unwrap(),
                    psi.inner(&restricted).unwrap(),
                    "{small} in {group}"
                );
            }
        }
        let w = representation(&small, 4, &mut draw);
        let induced = Induced::new(&sub, &w).unwrap();
        let n = induced.dim();
        if n > 60 {
            continue;
        }
        split += 1;
        let (g, h) = (group.random(&mut draw), group.random(&mut draw));
        let of = |g: &Element| induced.matrix(g).unwrap();
        let product = multiply(&of(&g), &of(&h), n, n, n);
        assert!(close(&product, &of(&g.compose(&h).unwrap())), "{w} from {small}");
        // The rows onto irreducible representations are an orthogonal matrix that intertwines.
        let mut rows: Vec<Exact> = vec![];
        for (irrep, maps) in induced.to_irreps().unwrap() {
            let d = irrep.dim(&group);
            let sigma: Vec<Exact> = irrep.matrix(&group, &g).unwrap();
            for k in 0..maps.len() {
                let x = maps.tensor(k);
                let (left, right) = (multiply(x, &of(&g), d, n, n), multiply(&sigma, x, d, d, n));
                assert!(close(&left, &right), "{} in {w} from {small}", irrep.name(&group));
                rows.extend(x);
            }
        }
        assert_eq!(rows.len(), n * n, "{w} from {small} to {group}");
        assert!(close(
            &multiply(&rows, &transpose(&rows, n, n), n, n, n),
            &identity::<Exact>(n)
        ));
    }
    assert!(split > 5);
}

/// The coefficients of a product of two irreducible representations are an orthogonal matrix that splits it; half-integer spins included.
#[test]
fn clebsch_gordan_is_unitary() {
    let mut draw = common::random(6);
    let su2 = Group::named("SU", &[2]).unwrap();
    let mut cases: Vec<(Group, Atom, Atom)> = vec![];
    for (a, b) in [(1, 1), (1, 2), (3, 1), (3, 2), (2, 4)] {
        let spin = |twice: u32| Atom::Irrep(gdl_rep::Label::Spin { twice });
        cases.push((su2.clone(), spin(a), spin(b)));
    }
    for group in groups(6, 10) {
        let list = irreps(&group, 0).unwrap();
        let mut pick = || list[draw() as usize % list.len()].clone();
        cases.push((group.clone(), pick(), pick()));
    }
    for (group, a, b) in cases {
        let n = a.dim(&group) * b.dim(&group);
        let name = format!("{} * {} of {group}", a.name(&group), b.name(&group));
        let rep = |atom: &Atom| Box::new(single(&group, atom.clone()));
        let g = group.random(&mut draw);
        let product: Vec<Exact> = Atom::Kron(rep(&a), rep(&b)).matrix(&group, &g).unwrap();
        let mut rows: Vec<Exact> = vec![];
        for (irrep, maps) in clebsch_gordan(&group, &a, &b).unwrap() {
            let d = irrep.dim(&group);
            let sigma: Vec<Exact> = irrep.matrix(&group, &g).unwrap();
            for k in 0..maps.len() {
                let x = maps.tensor(k);
                assert!(
                    close(&multiply(x, &product, d, n, n), &multiply(&sigma, x, d, d, n)),
                    "{name}"
                );
                rows.extend(x);
            }
        }
        assert_eq!(rows.len(), n * n, "{name}");
        assert!(
            close(
                &multiply(&rows, &transpose(&rows, n, n), n, n, n),
                &identity::<Exact>(n)
            ),
            "{name}"
        );
    }
}

/// Realisation in floating point, where no exact vector is found, is orthogonal with the right traces: checked on what is so marked, if anything
/// is, of the groups PSL(2, 7) and PSL(2, 11) on the projective line.
#[test]
fn projective_lines() {
    for q in [7u32, 11] {
        let infinity = q;
        let inverse = |x: u32| (1..q).find(|y| x * y % q == 1).unwrap_or(0);
        let shift: Vec<u32> = (0..q).map(|x| (x + 1) % q).chain([infinity]).collect();
        let turn: Vec<u32> = (0..q)
            .map(|x| if x == 0 { infinity } else { (q - inverse(x)) % q })
            .chain([0])
            .collect();
        let group = Group::permutations(&[shift, turn]).unwrap();
        assert_eq!(group.small_order(), Some(u64::from(q * (q * q - 1) / 2)));
        let finite = group.finite().unwrap();
        let count = finite.real_irreps().unwrap().characters().len();
        for index in 0..count {
            let irrep = finite.real_irrep(index).unwrap();
            assert!(
                irrep.residual < 1e-12 * irrep.character.degree as f64,
                "q = {q}: {index}"
            );
            assert_eq!(irrep.commutant.len(), irrep.character.kind.commutant());
        }
    }
}
