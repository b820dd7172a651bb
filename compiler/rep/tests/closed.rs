//! Closed subgroups of rotation groups: what fixes a vector, what commutes, what is generated; their equivariant maps.

use gdl_rep::stabilizer::{as_subgroup, centralizer, generated, intersection, is_inside, normalizer, stabilizer};
use gdl_rep::witness::not_fixed_vector;
use gdl_rep::{Atom, Element, Exact, Group, Rep, hom_basis};

fn rep(group: &Group, atoms: &[&str]) -> Rep {
    let list = atoms.iter().map(|a| (1, Atom::named(group, a).expect("an irrep")));
    Rep::new(group.clone(), list).expect("a representation")
}

fn exact(v: &[i64]) -> Vec<Exact> {
    v.iter().map(|&x| Exact::int(x)).collect()
}

fn fixing(atoms: &[&str], v: &[i64]) -> Group {
    stabilizer(&rep(&Group::O3, atoms), &exact(v)).expect("a stabiliser")
}

#[test]
fn stabilizers_in_o3() {
    assert_eq!(fixing(&["1o"], &[0, 0, 2]).to_string(), "C∞v about z");
    assert_eq!(fixing(&["1e"], &[0, 0, 2]).to_string(), "C∞h about z");
    assert_eq!(fixing(&["1o"], &[0, 0, 0]), Group::O3);
    assert_eq!(fixing(&["0o"], &[1]), Group::SO3);
    // Two vectors leave the reflection in their plane, three nothing, a vector and a pseudovector along it the rotations.
    let plane = fixing(&["1o", "1o"], &[1, 0, 0, 1, 2, 0]);
    assert_eq!((plane.is_finite(), plane.small_order()), (true, Some(2)));
    assert_eq!(
        fixing(&["1o", "1o", "1o"], &[1, 0, 0, 0, 1, 0, 0, 0, 1]),
        Group::Trivial
    );
    assert_eq!(fixing(&["1o", "1e"], &[0, 0, 1, 0, 0, 1]).to_string(), "C∞ about z");
    // A line: z ⊗ z.
    let vector = rep(&Group::O3, &["1o"]);
    let pair = Rep::atom(Group::O3, Atom::Kron(Box::new(vector.clone()), Box::new(vector))).expect("a product");
    let line = stabilizer(&pair, &exact(&[0, 0, 0, 0, 0, 0, 0, 0, 1])).expect("a stabiliser");
    assert_eq!(line.to_string(), "D∞h about z");
    // A quadrupole has finitely many symmetries, which must be named.
    assert!(stabilizer(&rep(&Group::O3, &["2e"]), &exact(&[1, 2, 3, 4, 5])).is_err());
}

/// A quarter turn about z, and a half turn about x.
fn quarter_and_half() -> (Element, Element) {
    let list = Group::SO3.witness_elements();
    let half = Group::O
        .include(&Group::SO3, &Group::O.generators()[1])
        .expect("a rotation");
    (list[2].clone(), half.compose(&half).expect("a product"))
}

#[test]
fn centralizers_and_generated_groups() {
    let (quarter, half) = quarter_and_half();
    assert_eq!(
        centralizer(&Group::SO3, std::slice::from_ref(&quarter))
            .expect("a group")
            .to_string(),
        "C∞ about z"
    );
    assert_eq!(
        centralizer(&Group::O3, std::slice::from_ref(&half))
            .expect("a group")
            .to_string(),
        "D∞h about x"
    );
    let dihedral = generated(&Group::O3, &[quarter.clone(), half]).expect("a finite group");
    assert_eq!(dihedral.small_order(), Some(8));
    assert_eq!(
        generated(&Group::SO3, &[quarter])
            .expect("a finite group")
            .small_order(),
        Some(4)
    );
    assert_eq!(generated(&Group::SO3, &[]).expect("nothing"), Group::Trivial);
    assert!(generated(&Group::SO3, &Group::SO3.witness_elements()).is_ok_and(|g| g.small_order() == Some(24)));
}

#[test]
fn what_two_have_in_common() {
    let (z, x) = (fixing(&["1o"], &[0, 0, 1]), fixing(&["1o"], &[1, 0, 0]));
    assert!(is_inside(&Group::O3, &z, &Group::O3) && !is_inside(&Group::O3, &z, &Group::SO3));
    assert!(!is_inside(&Group::O3, &z, &x));
    // Both vectors: the reflection in their plane.
    assert_eq!(
        intersection(&Group::O3, &z, &x).expect("a group").small_order(),
        Some(2)
    );
    let axial = fixing(&["1e"], &[0, 0, 1]);
    assert_eq!(
        intersection(&Group::O3, &z, &axial).expect("a group").to_string(),
        "C∞ about z"
    );
    assert_eq!(
        intersection(&Group::O3, &z, &Group::SO3).expect("a group").to_string(),
        "C∞ about z"
    );
    assert_eq!(normalizer(&Group::O3, &z).expect("a group").to_string(), "D∞h about z");
    let d4 = Group::D(4);
    let r2 = generated(&d4, &[d4.power(&d4.generators()[0], 2).expect("a power")]).expect("a subgroup");
    assert_eq!(normalizer(&d4, &r2).expect("a group"), d4);
}

/// A stabiliser fixes its vector, another does not, and a vector that is nearly fixed is not.
#[test]
fn what_fixes_a_vector() {
    let v = exact(&[1, 2, -2]);
    let vector = rep(&Group::O3, &["1o"]);
    let own = fixing(&["1o"], &[1, 2, -2]);
    assert_eq!(not_fixed_vector(&own, &vector, &v), Ok(None));
    assert!(not_fixed_vector(&Group::SO3, &vector, &v).is_ok_and(|c| c.is_some()));
    assert!(not_fixed_vector(&fixing(&["1o"], &[0, 0, 1]), &vector, &v).is_ok_and(|c| c.is_some()));
    let nearly = [v[0], v[1], v[2] + Exact::ratio(1, 1_000_000_000_000_000)];
    assert!(not_fixed_vector(&own, &vector, &nearly).is_ok_and(|c| c.is_some()));
    // How C(8) lies in O(3) is not known.
    assert!(as_subgroup(&Group::D(4), &Group::C(8)).is_err());
    assert_eq!(as_subgroup(&Group::D(4), &Group::D(4)), Ok(Group::D(4)));
    assert_eq!(as_subgroup(&Group::O3, &Group::Trivial), Ok(Group::Trivial));
}

/// Subgroups lie in larger subgroups of the same group.
#[test]
fn subgroups_of_subgroups() {
    let z = fixing(&["1o"], &[0, 0, 1]);
    let mirror = fixing(&["1o", "1o"], &[1, 0, 0, 0, 0, 1]);
    let tilted = fixing(&["1o", "1o"], &[1, 0, 0, 0, 1, 0]);
    let turns = fixing(&["1o", "1e"], &[0, 0, 1, 0, 0, 1]);
    assert_eq!(as_subgroup(&z, &mirror), Ok(mirror));
    assert_eq!(as_subgroup(&z, &turns), Ok(turns.clone()));
    assert_eq!(z.lie_part(&turns).map(|basis| basis.len()), Some(1));
    assert!(as_subgroup(&z, &tilted).is_err());
    assert!(as_subgroup(&turns, &z).is_err());
    let d8 = Group::D(8);
    let power = |n: i64| d8.power(&d8.generators()[0], n).expect("a power");
    let (four, two) = (
        generated(&d8, &[power(2)]).expect("C(4)"),
        generated(&d8, &[power(4)]).expect("C(2)"),
    );
    assert_eq!(as_subgroup(&four, &two), Ok(two.clone()));
    assert!(as_subgroup(&two, &four).is_err());
}

/// Subgroups of products meet factor by factor; their Lie algebras lie side by side.
#[test]
fn subgroups_of_products() {
    let whole = Group::product([Group::O3, Group::S(3)]);
    let [z, x] = [[0, 0, 1], [1, 0, 0]].map(|v| Group::product([fixing(&["1o"], &v), Group::S(3)]));
    assert_eq!(whole.lie_part(&z), Some(vec![exact(&[0, 0, 1])]));
    let both = intersection(&whole, &z, &x).expect("a group");
    assert_eq!(both.small_order(), Some(12));
    assert_eq!(intersection(&whole, &whole, &x), Ok(x));
    assert_eq!(whole.lie_part(&both), Some(vec![]));
}

/// Maps of the restriction of D^l to C∞v about z: Σ over |m| of copies: one scalar for m = 0, a plane for each |m|.
#[test]
fn maps_of_restrictions() {
    let group = fixing(&["1o"], &[1, 2, -2]);
    for l in 1..4 {
        let label = format!("{l}{}", if l % 2 == 1 { "o" } else { "e" });
        let atom = Atom::Restrict(Box::new(rep(&Group::O3, &[label.as_str()])));
        let maps = hom_basis(&group, &atom, &atom).expect("maps");
        assert_eq!(maps.len(), l as usize + 1, "{label}");
        let fixed = gdl_rep::invariants(&group, &atom).expect("invariants");
        assert_eq!(fixed.len(), 1, "{label}");
    }
}
