//! Wigner 3j tensors, D matrices and spherical harmonics agree with e3nn 0.6.

mod common;

use common::{close, read, tensor};
use gdl_rep::element::Elem;
use gdl_rep::scalar::Jet;
use gdl_rep::wigner::{harmonics_step, spherical_harmonics, wigner_3j, wigner_d};
use gdl_rep::{Atom, Exact, Group, Rep};
use safetensors::SafeTensors;

fn floats(v: &[Exact]) -> Vec<f64> {
    v.iter().map(|x| x.f).collect()
}

#[test]
fn wigner_3j_with_signs() {
    let bytes = read("wigner_3j.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut count = 0;
    for name in file.names() {
        let l: Vec<u32> = name.split('_').skip(1).map(|l| l.parse().unwrap()).collect();
        let w = wigner_3j(l[0], l[1], l[2]);
        assert!(close(&floats(&w), &tensor(&file, name).1, 1e-14), "{name}");
        assert!(w.iter().all(|x| x.r.is_some()));
        // The residues have norm one as well.
        let norm = w.iter().fold(Exact::ZERO, |s, &x| s + x * x);
        assert_eq!(norm.r, Some(1), "{name}");
        count += 1;
    }
    assert_eq!(count, 65);
}

#[test]
fn wigner_3j_is_exact_to_high_degree() {
    for (l1, l2, l3) in [(8, 8, 8), (11, 12, 10), (12, 12, 12), (6, 18, 15)] {
        let w = wigner_3j(l1, l2, l3);
        let norm = w.iter().fold(Exact::ZERO, |s, &x| s + x * x);
        assert_eq!(norm.r, Some(1));
        assert!((norm.f - 1.0).abs() < 1e-12);
    }
    assert!(wigner_3j(1, 1, 3).iter().all(|x| x.f == 0.0));
}

#[test]
fn d_matrices() {
    let bytes = read("wigner_d.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let matrices = |name: &str| -> Vec<[Exact; 9]> {
        tensor(&file, name)
            .1
            .chunks(9)
            .map(|m| std::array::from_fn(|i| Exact::inexact(m[i])))
            .collect()
    };
    for (at, r) in matrices("in.R").iter().enumerate() {
        for l in 0..=4 {
            let expected = tensor(&file, &format!("out.D{l}")).1;
            let size = (2 * l as usize + 1).pow(2);
            assert!(
                close(&floats(&wigner_d(l, false, r)), &expected[at * size..][..size], 1e-13),
                "l = {l}"
            );
        }
    }
    let irrep = |name| Atom::named(&Group::O3, name).unwrap();
    let blocks = [(2, "0e"), (1, "0o"), (1, "1o"), (1, "1e"), (1, "2e"), (1, "3o")];
    let rep = Rep::new(Group::O3, blocks.map(|(n, name)| (n, irrep(name)))).unwrap();
    assert_eq!(rep.to_string(), "2x0e + 0o + 1o + 1e + 2e + 3o");
    let expected = tensor(&file, "out.D_rep").1;
    for (at, r) in matrices("in.R_o3").into_iter().enumerate() {
        assert!(close(&rep.matrix(&Elem::Space(r)), &expected[at * 441..][..441], 1e-13));
    }
}

#[test]
fn harmonics() {
    let bytes = read("spherical_harmonics_l0_6.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (points, expected) = (tensor(&file, "in.x").1, tensor(&file, "out.y").1);
    for (x, y) in points.chunks(3).zip(expected.chunks(49)) {
        let norm = x.iter().map(|x| x * x).sum::<f64>().sqrt();
        let u = [0, 1, 2].map(|i| Exact::inexact(x[i] / norm));
        assert!(close(&floats(&spherical_harmonics(6, &u)), y, 1e-13));
    }
}

/// Y(Rx) = D(R) Y(x), for floats and for residues.
#[test]
fn harmonics_rotate_by_d() {
    let mut draw = common::random(5);
    for step in 0..20 {
        let (x, g) = if step < 7 {
            ([2, -3, 5].map(Exact::int), Group::O3.witness_elements()[step].clone())
        } else {
            let x = [0; 3].map(|_| Exact::inexact(common::unit(&mut draw)));
            (x, Group::O3.random(&mut draw))
        };
        let Elem::Space(r) = &g else { panic!("not a matrix") };
        let turned: [Exact; 3] = std::array::from_fn(|i| (0..3).fold(Exact::ZERO, |s, j| s + r[3 * i + j] * x[j]));
        let (before, after) = (spherical_harmonics(6, &x), spherical_harmonics(6, &turned));
        for l in 0..=6u32 {
            let (from, n) = ((l * l) as usize, 2 * l as usize + 1);
            let d = wigner_d(l, l % 2 == 1, r);
            for i in 0..n {
                let y = (0..n).fold(Exact::ZERO, |s, j| s + d[i * n + j] * before[from + j]);
                assert!((y.f - after[from + i].f).abs() < 1e-9 * before[from].f.abs().max(1.0).max(y.f.abs()));
                assert_eq!(y.r, after[from + i].r);
            }
        }
    }
}

/// e3nn's sign rule: for even l1+l2+l3, W contracted with harmonics is positive.
#[test]
fn even_sums_are_positive() {
    let x = [3, 1, -2].map(Exact::int);
    let y = spherical_harmonics(5, &x);
    let at = |l: u32, i: usize| y[(l * l) as usize + i].f;
    for l1 in 0..=5u32 {
        for l2 in 0..=5u32 {
            for l3 in (l1.abs_diff(l2)..=5.min(l1 + l2)).filter(|l3| (l1 + l2 + l3) % 2 == 0) {
                let w = wigner_3j(l1, l2, l3);
                let (n2, n3) = (2 * l2 as usize + 1, 2 * l3 as usize + 1);
                let sum: f64 = w
                    .iter()
                    .enumerate()
                    .map(|(i, w)| w.f * at(l1, i / n2 / n3) * at(l2, i / n3 % n2) * at(l3, i % n3))
                    .sum();
                assert!(sum > 0.0, "{l1} {l2} {l3}");
            }
        }
    }
}

/// ∂Y_{l+1,i}/∂x_k = (l+1) Σ_j step_ijk Y_{l,j}, against derivatives by dual numbers.
#[test]
fn gradients_of_harmonics() {
    let x = [2, -1, 3].map(Exact::int);
    let y = spherical_harmonics(6, &x);
    for k in 0..3 {
        let jets: [Jet; 3] = std::array::from_fn(|i| Jet {
            v: x[i],
            d: Exact::int(i64::from(i == k)),
        });
        let moved = spherical_harmonics(6, &jets);
        for l in 0..6u32 {
            let (from, n) = ((l * l) as usize, 2 * l as usize + 1);
            let step = harmonics_step(l);
            for i in 0..n + 2 {
                let sum = (0..n).fold(Exact::ZERO, |s, j| s + step[(i * n + j) * 3 + k] * y[from + j]);
                let gradient = Exact::int(i64::from(l) + 1) * sum;
                assert_eq!(gradient.r, moved[from + n + i].d.r);
            }
        }
    }
}
