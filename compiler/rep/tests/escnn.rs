//! Representations of planar groups agree with escnn 1.0.

mod common;

use common::{close, read, tensor};
use gdl_rep::harmonics::harmonics;
use gdl_rep::{
    Atom, Exact, Group, Rep, circle_kernel, harmonic_kernels, hom_basis, irreps, kernel_basis, window_kernel,
};
use safetensors::SafeTensors;

fn facts(name: &str, group: &Group, irreps: &[&[i64]]) {
    let bytes = read(&format!("group_facts_{name}.safetensors"));
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let n = group.small_order().unwrap() as usize;
    let elements = group.elements().unwrap();
    let regular = Rep::atom(group.clone(), Atom::Regular).unwrap();
    let expected = tensor(&file, "out.rho_regular").1;
    for (at, g) in elements.iter().enumerate() {
        assert!(close(&regular.matrix(g), &expected[at * n * n..][..n * n], 1e-12));
    }
    // The multiplication table, from the order of elements.
    let table = tensor(&file, "out.mult_table").1;
    for (i, a) in elements.iter().enumerate() {
        for (j, b) in elements.iter().enumerate() {
            let product = group.compose(a, b).unwrap();
            assert_eq!(group.index(&product).unwrap() as f64, table[i * n + j]);
        }
    }
    let sum = Rep::new(
        group.clone(),
        irreps.iter().map(|k| (1, Atom::irrep(group, k).unwrap())),
    )
    .unwrap();
    let expected = tensor(&file, "out.rho_irreps").1;
    for (at, g) in elements.iter().enumerate() {
        assert!(close(&sum.matrix(g), &expected[at * n * n..][..n * n], 1e-12));
    }
    // escnn's plane has x to the right and y up; ours are (row, column) = (−y, x).
    let plane = tensor(&file, "out.plane_action").1;
    for (g, m) in elements.iter().zip(plane.chunks(4)) {
        let ours = group.vector_matrix(g, 2).unwrap();
        assert!(close(&ours, &[m[3], -m[2], -m[1], m[0]], 1e-12));
    }
    // The image action on 5×5, out(g p) = in(p).
    if let Some(action) = file
        .names()
        .contains(&"out.image_action")
        .then(|| tensor(&file, "out.image_action").1)
    {
        let which = tensor(&file, "aux.image_action_elements").1;
        for (image, &at) in action.chunks(25).zip(&which) {
            let m: Vec<i32> = group
                .vector_matrix(&elements[at as usize], 2)
                .unwrap()
                .iter()
                .map(|x| x.round() as i32)
                .collect();
            for row in -2..=2 {
                for column in -2..=2 {
                    let to = gdl_rep::linear::act(&m, &[row, column]);
                    let pixel = |p: &[i32]| ((p[0] + 2) * 5 + p[1] + 2) as usize;
                    assert_eq!(image[pixel(&to)], pixel(&[row, column]) as f64);
                }
            }
        }
    }
    // Maps from the regular representation to each irrep: as many as its dimension.
    for atom in gdl_rep::irreps(group, 0).unwrap() {
        let d = atom.dim(group);
        assert_eq!(hom_basis(group, &Atom::Regular, &atom).unwrap().len(), d);
        assert_eq!(hom_basis(group, &atom, &Atom::Regular).unwrap().len(), d);
    }
    assert_eq!(hom_basis(group, &Atom::Regular, &Atom::Regular).unwrap().len(), n);
}

#[test]
fn c4() {
    facts("c4", &Group::C(4), &[&[0], &[1], &[2]]);
}

#[test]
fn c8() {
    facts("c8", &Group::C(8), &[&[0], &[1], &[2], &[3], &[4]]);
}

#[test]
fn d4() {
    facts(
        "d4",
        &Group::D(4),
        &[&[0, 0], &[1, 0], &[1, 1], &[1, 1], &[1, 2], &[0, 2]],
    );
}

fn window(radius: i32) -> Vec<Vec<i32>> {
    (-radius..=radius)
        .flat_map(|r| (-radius..=radius).map(move |c| vec![r, c]))
        .collect()
}

/// The residual of a vector after projection on the span of a basis, by Gram-Schmidt.
fn residual(basis: &[Vec<f64>], v: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let mut frame: Vec<Vec<f64>> = vec![];
    let reduce = |frame: &[Vec<f64>], v: &[f64]| {
        let mut v = v.to_vec();
        for _ in 0..2 {
            for e in frame {
                let c = dot(e, &v);
                v.iter_mut().zip(e).for_each(|(x, y)| *x -= c * y);
            }
        }
        v
    };
    for b in basis {
        let rest = reduce(&frame, b);
        let norm = dot(&rest, &rest).sqrt();
        if norm > 1e-9 {
            frame.push(rest.iter().map(|x| x / norm).collect());
        }
    }
    let rest = reduce(&frame, v);
    dot(&rest, &rest).sqrt()
}

/// Complete spaces of 5×5 kernels have the known dimensions, and contain escnn's filters.
#[test]
fn planar_kernels() {
    let dim = |group: &Group, a: &Atom, b: &Atom| kernel_basis(group, &window(2), a, b).unwrap().len();
    let (c4, d4) = (Group::C(4), Group::D(4));
    assert_eq!(dim(&c4, &Atom::Trivial, &Atom::Regular), 25);
    assert_eq!(dim(&c4, &Atom::Regular, &Atom::Regular), 100);
    assert_eq!(dim(&d4, &Atom::Trivial, &Atom::Regular), 25);
    assert_eq!(dim(&d4, &Atom::Regular, &Atom::Regular), 200);

    let bytes = read("d4_regular_to_irreps.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let filter = tensor(&file, "w.filter").1;
    let labels: [&[i64]; 5] = [&[0, 0], &[1, 0], &[1, 1], &[0, 2], &[1, 2]];
    let mut channel = 0;
    for label in labels {
        let b = Atom::irrep(&d4, label).unwrap();
        let basis = kernel_basis(&d4, &window(2), &Atom::Regular, &b).unwrap();
        let db = b.dim(&d4);
        let spans: Vec<Vec<f64>> = (0..basis.len())
            .map(|k| basis.tensor(k).iter().map(|x| x.f).collect())
            .collect();
        // To [point, out, in]; escnn's irrep (1,1) has components (x, y), ours (row, column) = (−y, x) with the same
        // matrices for r but the mirror f = x → −x, as in its group facts: the matrices are literally equal.
        let value = |p: usize, i: usize, j: usize| filter[((channel + i) * 8 + j) * 25 + p];
        let ours: Vec<f64> = (0..25 * db * 8)
            .map(|at| value(at / (8 * db), at / 8 % db, at % 8))
            .collect();
        assert!(residual(&spans, &ours) < 1e-9, "{label:?}");
        channel += db;
    }
}

#[test]
fn windows_must_be_stable() {
    let shifted = vec![vec![0, 0], vec![0, 1]];
    let error = kernel_basis(&Group::C(4), &shifted, &Atom::Trivial, &Atom::Trivial).unwrap_err();
    assert_eq!(
        error.to_string(),
        "rotation by 90° maps [0, 1] to [-1, 0], outside the window"
    );
    assert!(kernel_basis(&Group::C(8), &window(1), &Atom::Trivial, &Atom::Trivial).is_err());
}

#[test]
fn so2_kernels_on_the_circle() {
    let bytes = read("so2_kernel_spans.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let theta = tensor(&file, "in.theta").1;
    for m in 0..=3 {
        for n in 0..=3 {
            let atom = |k| Atom::irrep(&Group::SO2, &[k]).unwrap();
            let basis = circle_kernel(&atom(m), &atom(n)).unwrap();
            let harmonics = basis.shape[3] as usize;
            let sampled: Vec<Vec<f64>> = (0..basis.len())
                .map(|k| {
                    let tensor = basis.tensor(k);
                    let sample = |entry: &[Exact], t: f64| -> f64 {
                        let wave = |h: usize| {
                            let angle = h.div_ceil(2) as f64 * t;
                            if h % 2 == 1 || h == 0 { angle.cos() } else { angle.sin() }
                        };
                        entry.iter().enumerate().map(|(h, c)| c.f * wave(h)).sum()
                    };
                    tensor
                        .chunks(harmonics)
                        .flat_map(|e| theta.iter().map(move |&t| sample(e, t)))
                        .collect()
                })
                .collect();
            let (shape, expected) = tensor(&file, &format!("out.basis_{m}_{n}"));
            assert_eq!(basis.len(), shape[0]);
            for kernel in expected.chunks(expected.len() / shape[0]) {
                assert!(residual(&sampled, kernel) < 1e-8, "{m} -> {n}");
            }
        }
    }
}

#[test]
fn irreps_of_the_plane() {
    assert_eq!(irreps(&Group::D(6), 0).unwrap().len(), 6);
    assert_eq!(irreps(&Group::O2, 3).unwrap().len(), 5);
}

/// The filters of a file, of shape \[point, out, in\], between two ranges of channels.
fn block(file: &SafeTensors, out: std::ops::Range<usize>, input: std::ops::Range<usize>) -> Vec<f64> {
    let (shape, filter) = tensor(file, "w.filter");
    let mut values = vec![];
    for p in 0..25 {
        for o in out.clone() {
            values.extend(input.clone().map(|i| filter[(o * shape[1] + i) * 25 + p]));
        }
    }
    values
}

/// Kernels for groups that do not permute the grid, sampled on it: as many as escnn has, and its filters are among them.
#[test]
fn sampled_kernels() {
    let spans = |group: &Group, a: &Atom, b: &Atom| -> Vec<Vec<f64>> {
        let basis = window_kernel(group, 2, 5, a, b).unwrap();
        let dense = basis.dense();
        let norm: f64 = dense.data.iter().map(|x| x.f * x.f).sum();
        assert!((norm - basis.square_norm()).abs() < 1e-9 * norm);
        assert!(dense.data.iter().all(|x| x.r.is_some()));
        (0..dense.len())
            .map(|k| dense.tensor(k).iter().map(|x| x.f).collect())
            .collect()
    };
    let c8 = Group::C(8);
    for (name, from, channels, count) in [("trivial", Atom::Trivial, 1, 11), ("regular", Atom::Regular, 8, 88)] {
        let bytes = read(&format!("c8_{name}_to_regular.safetensors"));
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let basis = spans(&c8, &from, &Atom::Regular);
        assert_eq!(basis.len(), count);
        for field in 0..2 {
            assert!(residual(&basis, &block(&file, 8 * field..8 * field + 8, 0..channels)) < 1e-12);
        }
    }
    let bytes = read("so2_irreps.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut total = 0;
    for (m, from) in [0..1, 1..3, 3..5].into_iter().enumerate() {
        for (n, to) in [0..1, 1..3].into_iter().enumerate() {
            let atom = |k: usize| Atom::irrep(&Group::SO2, &[k as i64]).unwrap();
            let basis = spans(&Group::SO2, &atom(m), &atom(n));
            total += basis.len();
            assert!(residual(&basis, &block(&file, to, from.clone())) < 1e-12, "{m} -> {n}");
        }
    }
    assert_eq!(total, 29);
}

/// Sampled kernels obey the constraint of the subgroup that permutes the grid, by residues; and as many are independent as
/// there are.
#[test]
fn sampled_kernels_are_exact_on_the_grid() {
    let cases = [
        (Group::C(8), 2, 5, Atom::Regular),
        (Group::D(6), 2, 4, Atom::irrep(&Group::D(6), &[1, 1]).unwrap()),
        (Group::O2, 2, 7, Atom::irrep(&Group::O2, &[1, 2]).unwrap()),
        (Group::O3, 3, 3, Atom::named(&Group::O3, "1o").unwrap()),
    ];
    for (group, d, size, atom) in cases {
        let basis = window_kernel(&group, d, size, &atom, &atom).unwrap().dense();
        let (points, n) = (gdl_rep::rings::window_points(d, size), atom.dim(&group));
        let small = group.grid_subgroup(d).unwrap();
        for g in small.generators() {
            let g = small.include(&group, &g).unwrap();
            let m = group.point_matrix(&g, d).unwrap();
            let rho: Vec<Exact> = atom.matrix(&group, &g).unwrap();
            for k in 0..basis.len() {
                for (at, p) in points.iter().enumerate() {
                    let to = points.iter().position(|q| *q == gdl_rep::linear::act(&m, p)).unwrap();
                    let left = gdl_rep::linear::multiply(&rho, &basis.tensor(k)[at * n * n..][..n * n], n, n, n);
                    let right = gdl_rep::linear::multiply(&basis.tensor(k)[to * n * n..][..n * n], &rho, n, n, n);
                    assert!(left.iter().zip(&right).all(|(x, y)| x.r == y.r), "{group} {g}");
                }
            }
        }
        let rows = (0..basis.len()).map(|k| basis.tensor(k).to_vec()).collect();
        let independent = gdl_rep::linear::canonical(rows, points.len() * n * n);
        assert_eq!(independent.len(), basis.len(), "{group}");
    }
    assert_eq!(Group::O2.grid_subgroup(2), Some(Group::D(4)));
    assert_eq!(Group::D(6).grid_subgroup(2), Some(Group::D(2)));
    assert_eq!(Group::SO3.grid_subgroup(3), Some(Group::O));
    assert_eq!(Group::SO3.grid_subgroup(2), None);
}

/// An analytic kernel of escnn, evaluated off the grid, is one of ours.
#[test]
fn kernels_of_the_plane() {
    let bytes = read("c8_regular_analytic_kernel.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (points, turns) = (tensor(&file, "in.points").1, tensor(&file, "in.R").1);
    let (shape, expected) = tensor(&file, "out.kernel_at_rotated_points");
    let kernels = harmonic_kernels(&Group::C(8), 2, 4, &Atom::Regular, &Atom::Regular).unwrap();
    assert_eq!(3 * kernels.iter().map(|(_, b)| b.len()).sum::<usize>(), 216);
    let mut basis = vec![];
    for (l, kernel) in &kernels {
        for k in 0..kernel.len() {
            for ring in 0..3 {
                let mut values = vec![];
                for turn in turns.chunks(4) {
                    // escnn's (x, y) is our (row, column) = (−y, x).
                    let value = |p: &[f64]| -> (f64, Vec<f64>) {
                        let q = [turn[0] * p[0] + turn[1] * p[1], turn[2] * p[0] + turn[3] * p[1]];
                        let r = q[0].hypot(q[1]);
                        let y = harmonics(*l, &[-q[1] / r, q[0] / r].map(Exact::inexact));
                        let at = (r - f64::from(ring)) / 0.6;
                        ((-at * at / 2.0).exp(), y.iter().map(|y| y.f).collect())
                    };
                    let moved: Vec<(f64, Vec<f64>)> = points.chunks(2).map(value).collect();
                    for entry in kernel.tensor(k).chunks(moved[0].1.len()) {
                        let sum = |y: &[f64]| entry.iter().zip(y).map(|(b, y)| b.f * y).sum::<f64>();
                        values.extend(moved.iter().map(|(phi, y)| phi * sum(y)));
                    }
                }
                basis.push(values);
            }
        }
    }
    assert_eq!(basis[0].len(), shape.iter().product::<usize>());
    assert!(residual(&basis, &expected) < 1e-11);
}
