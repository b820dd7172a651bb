//! Counterexamples are found, and named by memorable elements.

use gdl_rep::witness::{generic, not_fixed_vector, orbit_of_offset, pointwise};
use gdl_rep::{Atom, Exact, Group, Rep};

fn rep(group: &Group, blocks: &[(u32, Atom)]) -> Rep {
    Rep::new(group.clone(), blocks.to_vec()).unwrap()
}

#[test]
fn pointwise_functions() {
    let relu = |x: f64| x.max(0.0);
    let irrep = |name| Atom::named(&Group::O3, name).unwrap();
    let features = rep(&Group::O3, &[(8, Atom::Trivial), (4, irrep("1o"))]);
    let found = pointwise(&Group::O3, &features, relu).unwrap();
    assert!(found.element.starts_with("rotation by"), "{found:?}");
    assert!(found.error > 0.1 && found.error < 2.0, "{found:?}");
    assert_eq!(
        pointwise(&Group::O3, &rep(&Group::O3, &[(8, Atom::Trivial)]), relu),
        None
    );
    let d4 = Group::D(4);
    assert_eq!(pointwise(&d4, &rep(&d4, &[(3, Atom::Regular)]), relu), None);
    let sign = rep(&d4, &[(2, Atom::irrep(&d4, &[1, 0]).unwrap())]);
    assert!(sign.is_sign_character());
    assert_eq!(pointwise(&d4, &sign, f64::tanh), None);
    assert_eq!(pointwise(&d4, &sign, relu).unwrap().element, "reflection");
}

#[test]
fn vectors_and_maps() {
    let vector = rep(&Group::O3, &[(1, Atom::vector(&Group::O3, 3).unwrap())]);
    let up = not_fixed_vector(&Group::O3, &vector, &[0, 0, 1].map(Exact::int))
        .unwrap()
        .unwrap();
    assert_eq!(up.element, "rotation by 90° about x");
    assert!((up.error - 2f64.sqrt()).abs() < 1e-12);
    assert_eq!(not_fixed_vector(&Group::O3, &vector, &[Exact::ZERO; 3]), Ok(None));
    // x ↦ |x| is invariant, x ↦ x₀ is not.
    let line = rep(&Group::O3, &[(1, Atom::Trivial)]);
    assert_eq!(
        generic(&Group::O3, &vector, &line, |x| vec![x.iter().map(|x| x * x).sum()]),
        None
    );
    assert!(generic(&Group::O3, &vector, &line, |x| vec![x[0]]).is_some());
    // A fault that only random elements show: invariance under the memorable ones alone.
    let cubic = |x: &[f64]| vec![x.iter().map(|x| x.powi(4)).sum()];
    assert!(
        generic(&Group::O3, &vector, &line, cubic)
            .unwrap()
            .element
            .contains("rotation")
    );
}

#[test]
fn orbits() {
    let orbit = orbit_of_offset(&Group::D(4), &[1, 0]).unwrap();
    assert_eq!(orbit[0], [1, 0]);
    assert_eq!(orbit.len(), 4);
    assert_eq!(orbit_of_offset(&Group::D(4), &[2, 1]).unwrap().len(), 8);
    assert_eq!(orbit_of_offset(&Group::Oh, &[0, 0, 0]).unwrap().len(), 1);
    assert!(orbit_of_offset(&Group::D(3), &[1, 0]).is_err());
}
