//! Canonical decompositions: orthogonal, equivariant, and what the formulas say.

use gdl_rep::decompose::{Piece, decompose, factors, is_decomposable, symmetrize};
use gdl_rep::linear::{multiply, transpose};
use gdl_rep::{Atom, Element, Exact, Group, Rep};

/// The matrix of all pieces, rows in order: copies slow (those of the left factor slowest).
fn matrix(group: &Group, atom: &Atom, pieces: &[Piece]) -> Vec<Exact> {
    let (da, db) = factors(group, atom);
    let mut rows = vec![];
    for p in pieces {
        let (dl, dr) = (p.left.dim as usize, p.right.dim as usize);
        for u in 0..p.left.copies as usize {
            for v in 0..p.right.copies as usize {
                for row in p.matrix.data.chunks(dl * dr) {
                    let mut full = vec![Exact::ZERO; da * db];
                    for (at, x) in row.iter().enumerate() {
                        let i = p.left.at as usize + u * dl + at / dr;
                        let j = p.right.at as usize + v * dr + at % dr;
                        full[i * db + j] = *x;
                    }
                    rows.extend(full);
                }
            }
        }
    }
    rows
}

fn target(group: &Group, pieces: &[Piece]) -> Rep {
    Rep::new(group.clone(), pieces.iter().map(|p| (p.copies(), p.atom.clone()))).expect("known atoms")
}

/// The matrix is orthogonal, and turns the atom into the sum.
fn is_isomorphism(group: &Group, atom: &Atom, pieces: &[Piece]) {
    let (m, rep) = (matrix(group, atom, pieces), target(group, pieces));
    let n = atom.dim(group);
    assert_eq!(rep.dim(), n, "{}", atom.name(group));
    let gram = multiply(&m, &transpose(&m, n, n), n, n, n);
    for (at, x) in gram.iter().enumerate() {
        let one = f64::from(u8::from(at / n == at % n));
        assert!((x.f - one).abs() < 1e-12, "{}: not orthogonal", atom.name(group));
    }
    let source = Rep::atom(group.clone(), atom.clone()).expect("an atom");
    let mut state = 7u64;
    let mut draw = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        state
    };
    let elements: Vec<Element> = (0..3)
        .map(|_| group.random(&mut draw))
        .chain(group.generators())
        .collect();
    for g in elements {
        for column in 0..n {
            let x: Vec<f64> = (0..n).map(|k| f64::from(u8::from(k == column))).collect();
            let apply =
                |x: &[f64]| -> Vec<f64> { (0..n).map(|i| (0..n).map(|j| m[i * n + j].f * x[j]).sum()).collect() };
            let (a, b) = (apply(&source.apply(&g, &x)), rep.apply(&g, &apply(&x)));
            for (x, y) in a.iter().zip(&b) {
                assert!((x - y).abs() < 1e-11, "{} of {group}: {g}", atom.name(group));
            }
        }
    }
}

fn rep(group: &Group, blocks: &[(u32, &[i64])]) -> Rep {
    let list = blocks
        .iter()
        .map(|(n, l)| (*n, Atom::irrep(group, l).expect("an irrep")));
    Rep::new(group.clone(), list).expect("a representation")
}

fn o3(text: &[(u32, &str)]) -> Rep {
    let list = text
        .iter()
        .map(|(n, l)| (*n, Atom::named(&Group::O3, l).expect("an irrep")));
    Rep::new(Group::O3, list).expect("a representation")
}

fn check(group: &Group, atom: Atom) -> String {
    let atom = atom.checked(group).expect("an atom of the group");
    assert!(is_decomposable(&atom));
    let pieces = decompose(group, &atom).expect("a decomposition");
    is_isomorphism(group, &atom, &pieces);
    target(group, &pieces).to_string()
}

fn kron(a: Rep, b: Rep) -> Atom {
    Atom::Kron(Box::new(a), Box::new(b))
}

#[test]
fn clebsch_gordan_of_rotations() {
    let g = Group::O3;
    assert_eq!(check(&g, kron(o3(&[(1, "1o")]), o3(&[(1, "1o")]))), "0e + 1e + 2e");
    assert_eq!(
        check(&g, kron(o3(&[(2, "0e"), (1, "1o")]), o3(&[(1, "1o"), (3, "2e")]))),
        "2x1o + 6x2e + 0e + 1e + 2e + 3x1o + 3x2o + 3x3o"
    );
    let g = Group::SO3;
    assert_eq!(
        check(&g, kron(rep(&g, &[(1, &[2])]), rep(&g, &[(1, &[1])]))),
        "irrep(1) + irrep(2) + irrep(3)"
    );
}

/// The paths of 1o * 1o are the dot product and the cross product, normalised.
#[test]
fn vectors_give_dot_and_cross() {
    let pieces = decompose(&Group::O3, &kron(o3(&[(1, "1o")]), o3(&[(1, "1o")]))).expect("a decomposition");
    let third = Exact::sqrt_ratio(1, 3);
    for (at, x) in pieces[0].matrix.data.iter().enumerate() {
        let dot = if at / 3 == at % 3 { third } else { Exact::ZERO };
        assert_eq!(x.r, dot.r);
    }
    let half = Exact::sqrt_ratio(1, 2);
    let cross = &pieces[1].matrix;
    assert_eq!(cross.shape, [1, 3, 3, 3]);
    for (k, i, j, sign) in [(0, 1, 2, 1), (1, 2, 0, 1), (2, 0, 1, 1), (0, 2, 1, -1)] {
        assert_eq!(cross.data[k * 9 + i * 3 + j].r, (half * Exact::int(sign)).r);
    }
}

#[test]
fn clebsch_gordan_of_planes_and_finite_groups() {
    let g = Group::SO2;
    assert_eq!(
        check(&g, kron(rep(&g, &[(1, &[1])]), rep(&g, &[(1, &[1])]))),
        "2 + irrep(2)"
    );
    assert_eq!(
        check(&g, kron(rep(&g, &[(1, &[1])]), rep(&g, &[(1, &[2])]))),
        "irrep(1) + irrep(3)"
    );
    let g = Group::O2;
    assert_eq!(
        check(&g, kron(rep(&g, &[(1, &[1, 1])]), rep(&g, &[(1, &[1, 1])]))),
        "1 + irrep(1,0) + irrep(1,2)"
    );
    let g = Group::C(5);
    assert_eq!(
        check(&g, kron(rep(&g, &[(1, &[1])]), rep(&g, &[(1, &[2])]))),
        "irrep(1) + irrep(2)"
    );
    let g = Group::D(3);
    assert_eq!(
        check(&g, kron(rep(&g, &[(1, &[1, 1])]), rep(&g, &[(2, &[1, 1])]))),
        "2 + 2 x irrep(1,0) + 2 x irrep(1,1)"
    );
    let g = Group::S(4);
    check(&g, kron(rep(&g, &[(1, &[3, 1])]), rep(&g, &[(1, &[3, 1])])));
    check(&g, kron(rep(&g, &[(1, &[2, 2])]), rep(&g, &[(1, &[2, 1, 1])])));
    let g = Group::O;
    assert_eq!(
        check(&g, kron(rep(&g, &[(1, &[3])]), rep(&g, &[(1, &[3])]))),
        "1 + irrep(E) + irrep(T1) + irrep(T2)"
    );
}

#[test]
fn products_of_groups() {
    let g = Group::product([Group::SO3, Group::C(3)]);
    let parts = vec![
        Atom::irrep(&Group::SO3, &[1]).expect("an irrep"),
        Atom::irrep(&Group::C(3), &[1]).expect("an irrep"),
    ];
    let v = Rep::atom(g.clone(), Atom::Outer(parts)).expect("an atom");
    check(&g, kron(v.clone(), v));
}

#[test]
fn powers() {
    let g = Group::O3;
    let v = || Box::new(o3(&[(1, "1o")]));
    assert_eq!(check(&g, Atom::Sym(v(), 2)), "0e + 2e");
    assert_eq!(check(&g, Atom::Alt(v(), 2)), "1e");
    assert_eq!(check(&g, Atom::Sym(v(), 3)), "1o + 3o");
    assert_eq!(check(&g, Atom::Sym(Box::new(o3(&[(2, "1o")])), 2)), "3x0e + 1e + 3x2e");
    let g = Group::D(4);
    check(&g, Atom::Sym(Box::new(rep(&g, &[(1, &[1, 1])])), 3));
}

/// The traceless part of v ⊗ v is a positive multiple of the harmonics of degree 2.
#[test]
fn the_square_of_a_vector_is_its_harmonic() {
    let pieces = decompose(&Group::O3, &Atom::Sym(Box::new(o3(&[(1, "1o")])), 2)).expect("a decomposition");
    let v = [0.3, -0.8, 0.5];
    let pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];
    let square = pairs.map(|(i, j)| if i == j { v[i] * v[i] } else { v[i] * v[j] * 2f64.sqrt() });
    let (x, y, z) = (v[0], v[1], v[2]);
    let s3 = 3f64.sqrt();
    let harmonic = [
        s3 * x * z,
        s3 * x * y,
        y * y - (x * x + z * z) / 2.0,
        s3 * y * z,
        s3 / 2.0 * (z * z - x * x),
    ];
    let scale = (2.0 / 3.0f64).sqrt();
    for (row, h) in pieces[1].matrix.data.chunks(6).zip(harmonic) {
        let value: f64 = row.iter().zip(square).map(|(a, b)| a.f * b).sum();
        assert!((value - scale * h).abs() < 1e-14, "{value} {h}");
    }
}

#[test]
fn fourier_transforms() {
    assert_eq!(check(&Group::C(4), Atom::Regular), "1 + irrep(1) + irrep(2)");
    assert_eq!(
        check(&Group::D(4), Atom::Regular),
        "1 + irrep(1,0) + 2 x irrep(1,1) + irrep(0,2) + irrep(1,2)"
    );
    check(&Group::C(7), Atom::Regular);
    check(&Group::S(4), Atom::Regular);
    check(&Group::O, Atom::Regular);
    check(&Group::product([Group::C(3), Group::D(3)]), Atom::Regular);
    // Complex and quaternionic types.
    check(&Group::T, Atom::Regular);
    check(&Group::Dic(2), Atom::Regular);
}

#[test]
fn squares_split() {
    let v = o3(&[(1, "0e"), (1, "1o")]);
    let atom = kron(v.clone(), v.clone());
    is_isomorphism(&Group::O3, &atom, &symmetrize(&v).expect("small"));
}

#[test]
fn what_is_not_on_the_list() {
    let g = Group::D(4);
    let regular = Rep::atom(g.clone(), Atom::Regular).expect("an atom");
    assert!(!is_decomposable(&kron(regular.clone(), regular)));
    assert!(!is_decomposable(&Atom::Trivial));
    assert!(decompose(&g, &Atom::Trivial).is_err());
}
