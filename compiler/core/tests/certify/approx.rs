//! Groups that do not permute the cells of a grid: exact under a subgroup, measured for the rest.

use crate::common::{compile, test};
use gdl_core::certify::{Options, Rng, Status, verify};
use gdl_core::certify::{VerifyOptions, numeric::interpret};

const OCTAGON: &str = "
model Octagon under C(8) [approx] (img: grid(2, size = 2*k + 1), x: img -> 1) -> (field: img -> vector, label: 3) {
  h = x |> conv(2 x regular, 5) |> relu
  field = conv(h, vector, 3)
  label = h |> pool(mean) |> group_pool(max) |> mlp([4, 3])
}";

/// The measured error of the declared group, with random weights.
fn measured(text: &str) -> f64 {
    let (model, func) = compile(text);
    let mut rng = Rng::new(3);
    let params: Vec<Vec<f64>> = func
        .params
        .iter()
        .map(|p| (0..p.row_len()).map(|_| rng.normal()).collect())
        .collect();
    let mut run = |door: &gdl_abi::DoorSizes, inputs: &[Vec<f64>]| interpret(&func, &params, door, inputs);
    let report = verify(&model, &func, &mut run, &[], &VerifyOptions::default()).unwrap();
    assert!(report.error() < 1e-10, "{report:?}");
    report.approximate.unwrap().largest()
}

#[test]
fn the_subgroup_of_the_grid_is_exact() {
    let report = test(OCTAGON, &Options::default()).unwrap();
    let status = |name: &str| report.rows.iter().find(|r| r.factor == name).map(|r| &r.status);
    assert_eq!(status("C(4)"), Some(&Status::Exact));
    assert!(matches!(status("C(8)"), Some(Status::Approximate(_))));
    let (model, _) = compile(OCTAGON);
    let row = &gdl_core::cert::certificate(&model, false)[0];
    assert_eq!(row.claim.to_string(), "C(4): exact · C(8): approx");
    assert_eq!(row.flags.last().map(|f| (f.name, f.spans.len())), Some(("approx", 1)));
}

#[test]
fn continuous_groups_on_grids() {
    for (text, exact) in [
        (
            "model M under O(2) [approx] (img: grid(2), x: img -> 1) -> (img -> vector) { x |> conv(2 x irrep(1, 2) + 2, 3) |> norm_act |> conv(vector, 3) }",
            "D(4)",
        ),
        (
            "model M under O(3) [approx] (img: grid(3), x: img -> 1o) -> 2 { x |> conv(0e + 2e + 1e, 3) |> norm_act |> pool(mean) |> linear(2) }",
            "Oh",
        ),
        (
            "model M under D(3) [approx] (img: grid(2, size = 2*k), x: img -> 1) -> (coarse(img, 2) -> irrep(1, 1)) { x |> conv_strided(irrep(1, 1), 2) }",
            "D(1)",
        ),
        (
            "model M under C(3) x SO(3) [approx] (img: grid(2), x: img -> 1) -> (img -> 2) { x |> conv(2, 3) }",
            "C(1) x SO(3)",
        ),
    ] {
        let report = test(
            text,
            &Options {
                scenes: 3,
                ..Options::default()
            },
        )
        .unwrap_or_else(|f| panic!("{text}\n{f:#?}"));
        assert!(
            report
                .rows
                .iter()
                .any(|r| r.factor == exact && r.status == Status::Exact),
            "{text}\n{report:#?}"
        );
    }
}

/// Interpolated images: multiples of the image follow exactly, convolutions nearly.
#[test]
fn the_error_is_measured() {
    let plain = measured(
        "model M under SO(2) [approx] (img: grid(2), x: img -> vector) -> (img -> 2 x vector) { linear(x, 2 x vector) }",
    );
    assert!(plain < 1e-12, "{plain}");
    let octagon = measured(OCTAGON);
    assert!(octagon > 1e-6 && octagon < 0.25, "{octagon}");
}

/// Kernels at the points of clouds are exact for the whole group.
#[test]
fn kernels_at_points() {
    let model = |group: &str, d: u32, set: &str, at: &str, a: &str, b: &str| {
        format!(
            "model M under {group} (m: cloud({d}), x: m.nodes -> {a}) -> (m.nodes -> {b}) {{
  param K: {set} -> hom({a}, {b})
  K2[e in m.edges] = mlp(norm2(e.vec), [2, fixed({set} -> hom({a}, {b}))])
  y[i] = sum e: j -> i in m.edges: K[e.{at}](x[j]) + K2[e][e.{at}](x[j])
  y
}}"
        )
    };
    for (group, d, set, at, a, b) in [
        ("SO(2)", 2, "disk(2, 2)", "vec", "2 x irrep(1)", "irrep(2) + 1"),
        ("D(5)", 2, "disk(3, 1)", "vec", "regular", "2 x irrep(1, 2)"),
        ("C(6)", 2, "circle(3)", "dir", "vector", "regular"),
        ("O(3)", 3, "ball(2, 2)", "vec", "0e + 1o", "2x1o"),
        ("O", 3, "ball(1, 2)", "vec", "vector", "1 + vector"),
    ] {
        let text = model(group, d, set, at, a, b);
        let report = test(&text, &Options::default()).unwrap_or_else(|f| panic!("{text}\n{f:#?}"));
        assert!(
            report.rows.iter().all(|r| r.status == Status::Exact),
            "{text}\n{report:#?}"
        );
    }
}
