//! Identities of characters, over random groups and representations; groups too large to list.

mod common;

use common::random;
use gdl_rep::finite::Character;
use gdl_rep::{Atom, Cyclotomic, Element, Group, Rep, Subgroup, hom_basis, irreps};

/// Groups of random permutations, products, wreath and semidirect products, and named ones; none of order above 720.
fn groups() -> Vec<Group> {
    let mut draw = random(11);
    let named = |name: &str, args: &[i64]| Group::named(name, args).unwrap();
    let mut list = vec![
        named("C", &[7]),
        named("D", &[5]),
        named("Q8", &[]),
        named("Dic", &[5]),
        named("A", &[5]),
        named("Td", &[]),
        named("I", &[]),
        Group::product([named("C", &[3]), named("Q8", &[])]),
        Group::wreath(&named("C", &[2]), &named("S", &[3])).unwrap(),
    ];
    while list.len() < 20 {
        let n = 4 + draw() % 3;
        let generators: Vec<Vec<u32>> = (0..2)
            .map(|_| match Group::S(n as u32).random(&mut draw) {
                Element::Permutation(image) => image,
                _ => vec![],
            })
            .collect();
        let group = Group::permutations(&generators).unwrap();
        if !list.contains(&group) {
            list.push(group);
        }
    }
    list
}

#[test]
fn orthogonality() {
    for group in groups() {
        let table = group.character_table().unwrap();
        let rows: Vec<Character> = (0..table.len())
            .map(|r| Character::irreducible(&table, r).unwrap())
            .collect();
        for (i, a) in rows.iter().enumerate() {
            for (j, b) in rows.iter().enumerate() {
                assert_eq!(a.inner(b).unwrap().to_int(), Some(i64::from(i == j)), "{group}");
            }
            assert!(a.is_irreducible());
            assert_eq!(a.indicator().to_int(), Some(i64::from(table.indicator(i))));
        }
        let squares: usize = (0..table.len()).map(|r| table.degree(r).pow(2)).sum();
        assert_eq!(squares as u64, table.order(), "Peter-Weyl for {group}");
        for class in 0..table.len() {
            let column = (0..table.len()).fold(Cyclotomic::zero(), |sum, r| {
                &sum + &(table.value(r, class) * &table.value(r, class).conjugate())
            });
            assert_eq!(
                column.to_int(),
                Some((table.order() / table.classes()[class].size) as i64)
            );
        }
    }
}

/// ⟨Ind ψ, χ⟩ = ⟨ψ, Res χ⟩.
#[test]
fn frobenius_reciprocity() {
    let mut draw = random(5);
    for group in groups() {
        let table = group.character_table().unwrap();
        let sub = Subgroup::generated(&group, &[group.random(&mut draw), group.random(&mut draw)]).unwrap();
        let inner = sub.as_group().character_table().unwrap();
        for row in 0..inner.len() {
            let psi = Character::irreducible(&inner, row).unwrap();
            let induced = psi.induce(&sub).unwrap();
            for r in 0..table.len() {
                let chi = Character::irreducible(&table, r).unwrap();
                let left = induced.inner(&chi).unwrap();
                assert_eq!(
                    left,
                    psi.inner(&chi.restrict(&sub).unwrap()).unwrap(),
                    "{sub} in {group}"
                );
            }
        }
    }
}

/// dim hom(V, W) = ⟨χ_V, χ_W⟩ against a basis; V * V = sym² + alt²; decompositions have the right dimension.
#[test]
fn dimensions() {
    for group in groups() {
        let list = irreps(&group, 0).unwrap();
        let small = list
            .iter()
            .filter(|a| a.dim(&group) < 5)
            .max_by_key(|a| a.dim(&group))
            .unwrap();
        let v = Rep::new(group.clone(), [(1, small.clone()), (1, Atom::Trivial)]).unwrap();
        let boxed = || Box::new(v.clone());
        let single = |atom| Rep::atom(group.clone(), atom).unwrap();
        let square = Atom::Kron(boxed(), boxed());
        let (sym, alt) = (Atom::Sym(boxed(), 2), Atom::Alt(boxed(), 2));
        let chi = v.character().unwrap();
        assert_eq!(
            chi.sym(2).unwrap().values(),
            single(sym.clone()).character().unwrap().values()
        );
        assert_eq!(
            chi.alt(2).unwrap().values(),
            single(alt.clone()).character().unwrap().values()
        );
        let both = chi.sym(2).unwrap().plus(&chi.alt(2).unwrap()).unwrap();
        assert_eq!(both.values(), chi.times(&chi).unwrap().values());
        for atom in [square, sym, alt] {
            let rep = single(atom.clone());
            assert_eq!(rep.decomposition().unwrap().dim(), rep.dim());
            for other in &list {
                if rep.dim() * other.dim(&group) < 150 {
                    let dim = rep.hom_dim(&single(other.clone())).unwrap();
                    assert_eq!(
                        dim as usize,
                        hom_basis(&group, &atom, other).unwrap().len(),
                        "{rep} of {group}"
                    );
                }
            }
        }
    }
}

#[test]
fn symmetric_groups() {
    let table = Group::S(10).character_table().unwrap();
    assert_eq!(table.len(), 42);
    let squares: u64 = (0..42).map(|r| table.degree(r).pow(2) as u64).sum();
    assert_eq!(squares, 3_628_800);
    // By partitions and by Burnside-Dixon.
    for n in 2..7 {
        let named = Group::S(n).character_table().unwrap();
        let generators: Vec<Vec<u32>> = Group::S(n)
            .generators()
            .into_iter()
            .map(|g| match g {
                Element::Permutation(image) => image,
                _ => vec![],
            })
            .collect();
        let plain = Group::permutations(&generators).unwrap().character_table().unwrap();
        let rows = |of: &gdl_rep::finite::CharacterTable| {
            let column = |c: usize| of.class_of(&named.classes()[c].representative).unwrap();
            let row = |r: usize| {
                (0..of.len())
                    .map(|c| of.value(r, column(c)).to_int().unwrap())
                    .collect::<Vec<_>>()
            };
            let mut rows: Vec<Vec<i64>> = (0..of.len()).map(row).collect();
            rows.sort();
            rows
        };
        assert_eq!(rows(&named), rows(&plain));
    }
    assert_eq!(Group::S(12).character_table().unwrap().len(), 77);
    assert!(Group::S(21).character_table().is_err());
}

/// The turns of the six faces of Rubik's cube on its 48 movable stickers.
fn rubik() -> Group {
    let faces: [[[u32; 4]; 5]; 6] = [
        [
            [1, 3, 8, 6],
            [2, 5, 7, 4],
            [9, 33, 25, 17],
            [10, 34, 26, 18],
            [11, 35, 27, 19],
        ],
        [
            [9, 11, 16, 14],
            [10, 13, 15, 12],
            [1, 17, 41, 40],
            [4, 20, 44, 37],
            [6, 22, 46, 35],
        ],
        [
            [17, 19, 24, 22],
            [18, 21, 23, 20],
            [6, 25, 43, 16],
            [7, 28, 42, 13],
            [8, 30, 41, 11],
        ],
        [
            [25, 27, 32, 30],
            [26, 29, 31, 28],
            [3, 38, 43, 19],
            [5, 36, 45, 21],
            [8, 33, 48, 24],
        ],
        [
            [33, 35, 40, 38],
            [34, 37, 39, 36],
            [3, 9, 46, 32],
            [2, 12, 47, 29],
            [1, 14, 48, 27],
        ],
        [
            [41, 43, 48, 46],
            [42, 45, 47, 44],
            [14, 22, 30, 38],
            [15, 23, 31, 39],
            [16, 24, 32, 40],
        ],
    ];
    let generators: Vec<Vec<u32>> = faces
        .iter()
        .map(|cycles| {
            let cycles: Vec<Vec<u32>> = cycles.iter().map(|c| c.to_vec()).collect();
            gdl_rep::finite::perm::from_cycles(&cycles).unwrap()
        })
        .collect();
    Group::permutations(&generators).unwrap()
}

#[test]
fn groups_too_large_to_list() {
    let cube = rubik();
    assert_eq!(cube.order().unwrap().to_string(), "43252003274489856000");
    let mut draw = random(1);
    let (g, h) = (cube.random(&mut draw), cube.random(&mut draw));
    assert!(cube.contains(&g.compose(&h).unwrap()));
    let mut swap: Vec<u32> = (0..48).collect();
    swap.swap(0, 1);
    assert!(!cube.contains(&Element::Permutation(swap)));
    let derived = Subgroup::derived(&cube).unwrap();
    assert_eq!((derived.order() * 2u32).to_string(), "43252003274489856000");
    // One corner sticker has 24 places, one edge sticker 24.
    let stabilizer = Subgroup::stabilizer_of_points(&cube, &[0]).unwrap();
    assert_eq!(stabilizer.order() * 24u32, cube.order().unwrap());
    for group in [&cube, &Group::S(30)] {
        assert!(group.elements().is_err() && group.finite().is_err());
    }
    let mathieu = [
        "(1 2 3 4 5 6 7 8 9 10 11)",
        "(3 7 11 8)(4 10 5 6)",
        "(1 12)(2 11)(3 6)(4 8)(5 9)(7 10)",
    ];
    let cycles = |text: &str| -> Vec<Vec<u32>> {
        let parts = text.split(['(', ')']).filter(|p| !p.is_empty());
        parts
            .map(|p| p.split(' ').map(|x| x.parse().unwrap()).collect())
            .collect()
    };
    let generators: Vec<Vec<u32>> = mathieu
        .iter()
        .map(|t| gdl_rep::finite::perm::from_cycles(&cycles(t)).unwrap())
        .collect();
    let m12 = Group::permutations(&generators).unwrap();
    assert_eq!(m12.small_order(), Some(95_040));
}

#[test]
fn numbers_as_written() {
    let shown = |x: &Cyclotomic| x.to_string();
    let half = Cyclotomic::int(1).over(2);
    let golden = &half + &(&Cyclotomic::sqrt(5) * &half);
    assert_eq!(shown(&golden), "(1+√5)/2");
    assert_eq!(shown(&Cyclotomic::sqrt(3)), "√3");
    assert_eq!(shown(&Cyclotomic::int(2).over(3)), "2/3");
    assert_eq!(shown(&Cyclotomic::root(1, 3)), "ζ3");
    assert_eq!(shown(&Cyclotomic::root(1, 4)), "i");
    assert_eq!(shown(&Cyclotomic::sqrt(-7)), "i√7");
    assert_eq!(shown(&Cyclotomic::sum(7, [(1, 1), (-1, 1)])), "2cos(2π/7)");
    assert_eq!(
        shown(&Cyclotomic::sum(5, [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1)])),
        "0"
    );
    let x = &Cyclotomic::root(1, 9) + &Cyclotomic::int(2);
    assert_eq!(&x * &x.inverse().unwrap(), Cyclotomic::one());
}
