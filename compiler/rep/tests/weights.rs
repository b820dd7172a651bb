//! Highest weights: dimensions and products as the tables of Slansky and of LiE have them, and against maps between tensors.

use gdl_rep::lie::weights::{irreducibles, tensor_product};
use gdl_rep::{Group, Rep, hom_dim};

fn named(name: &str, args: &[i64]) -> Group {
    Group::named(name, args).unwrap()
}

fn dims(group: &Group, max: u64) -> Vec<u64> {
    irreducibles(group, max).unwrap().iter().map(|i| i.dim).collect()
}

fn product(group: &Group, a: &[u32], b: &[u32]) -> Vec<(u64, u64)> {
    let list = tensor_product(group, a, b).unwrap();
    list.into_iter().map(|(m, i)| (m, i.dim)).collect()
}

#[test]
fn dimensions() {
    assert_eq!(dims(&named("SU", &[3]), 15), [1, 3, 3, 6, 6, 8, 10, 10, 15, 15, 15, 15]);
    assert_eq!(
        dims(&named("SU", &[4]), 20),
        [1, 4, 4, 6, 10, 10, 15, 20, 20, 20, 20, 20]
    );
    assert_eq!(dims(&named("SU", &[2]), 4), [1, 2, 3, 4]);
    assert_eq!(dims(&Group::SO3, 9), [1, 3, 5, 7, 9]);
    assert_eq!(dims(&named("SO", &[5]), 35), [1, 5, 10, 14, 30, 35, 35]);
    assert_eq!(dims(&named("Sp", &[4]), 20), [1, 4, 5, 10, 14, 16, 20]);
    assert_eq!(dims(&named("SO", &[8]), 56), [1, 8, 28, 35, 35, 35, 56]);
    assert_eq!(dims(&named("SO", &[10]), 54), [1, 10, 45, 54]);
}

#[test]
fn products() {
    let su3 = named("SU", &[3]);
    assert_eq!(product(&su3, &[1, 0], &[0, 1]), [(1, 1), (1, 8)]);
    // The eightfold way: 8 ⊗ 8 = 1 + 2·8 + 10 + 10* + 27.
    assert_eq!(
        product(&su3, &[1, 1], &[1, 1]),
        [(1, 1), (2, 8), (1, 10), (1, 10), (1, 27)]
    );
    assert_eq!(product(&named("SU", &[2]), &[3], &[2]), [(1, 2), (1, 4), (1, 6)]);
    assert_eq!(
        product(&named("SO", &[5]), &[1, 0], &[1, 0]),
        [(1, 1), (1, 10), (1, 14)]
    );
    // 28 ⊗ 8 = 8 + 56 + 160 of SO(8), 16 ⊗ 4 of Sp(4).
    assert_eq!(
        product(&named("SO", &[8]), &[0, 1, 0, 0], &[1, 0, 0, 0]),
        [(1, 8), (1, 56), (1, 160)]
    );
    assert_eq!(
        product(&named("Sp", &[4]), &[1, 0], &[1, 1]),
        [(1, 5), (1, 10), (1, 14), (1, 35)]
    );
}

/// Σ m² over V ⊗ V ⊗ V is the dimension of its maps to itself.
#[test]
fn maps_between_tensors() {
    for (name, args) in [("SO", &[5][..]), ("Sp", &[4]), ("SL", &[3]), ("SO", &[1, 5])] {
        let group = named(name, args);
        let rank = irreducibles(&group, 1).unwrap()[0].labels.len();
        let mut first = vec![0; rank];
        first[0] = 1;
        let mut parts = vec![(1, first.clone())];
        for _ in 0..2 {
            let mut next: Vec<(u64, Vec<u32>)> = vec![];
            for (m, labels) in &parts {
                for (k, i) in tensor_product(&group, labels, &first).unwrap() {
                    match next.iter_mut().find(|(_, l)| *l == i.labels) {
                        Some(known) => known.0 += m * k,
                        None => next.push((m * k, i.labels)),
                    }
                }
            }
            parts = next;
        }
        let cubes = Rep::tensor(&group, 3, 0).unwrap();
        let squares: u64 = parts.iter().map(|(m, _)| m * m).sum();
        assert_eq!(hom_dim(&cubes, &cubes).unwrap(), squares, "{group}");
    }
}

#[test]
fn refused() {
    let so5 = named("SO", &[5]);
    assert!(tensor_product(&so5, &[0, 1], &[1, 0]).is_err_and(|e| e.to_string().contains("spin")));
    assert!(tensor_product(&so5, &[1], &[1, 0]).is_err());
    assert!(irreducibles(&named("SO", &[4]), 10).is_err());
    assert!(irreducibles(&Group::O3, 10).is_err());
    assert!(irreducibles(&named("U", &[2]), 10).is_err());
}
