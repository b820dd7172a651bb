//! Constants that the group does not fix: exact under what is left, and jointly with the constants under all of the group.

use crate::common::compile;
use gdl_core::cert::{Claim, Flags, Remaining, certificates};
use gdl_core::certify::{Failure, Report, Status, certify_model, certify_train};
use gdl_core::typed::{Model, NodeId, TOp};
use gdl_rep::Group;

const FALLING: &str = "
model Falling under O(3) [break] (m: cloud(3, cutoff = 2.0), z: m.nodes -> 2) -> (energy: 1, height: m.nodes -> 1, pull: m.nodes -> vector) {
  const down: vector = break((1, 2, -2), to = stabilizer(O(3), vector, (1, 2, -2)))
  energy = sum e in m.edges: exp(-norm2(e.vec))
  u[e in m.edges] = mlp(norm2(e.vec), [4, 1])
  height[i] = sum e: j -> i in m.edges: dot(e.vec, down) * u[e]
  pull[i] = height[i] * down
  (energy = energy, height = height, pull = pull)
}";

const CLASSES: &str = "
model Classes under D(4) [break] (img: grid(2), x: img -> 1) -> (a: img -> 1, b: img -> 1, c: img -> 1, d: img -> 1) {
  const up: vector = break((1, 0), to = stabilizer(D(4), vector, (1, 0)))
  const diagonal: vector = break((1, 1), to = stabilizer(D(4), vector, (1, 1)))
  const turns: irrep(1, 0) = break(1, to = C(4))
  v = x |> conv(vector, 3)
  s = x |> conv(irrep(1, 0), 3)
  a[q] = dot(v[q], up)
  b[q] = dot(v[q], diagonal)
  c[q] = a[q] * b[q]
  d[q] = a[q] * dot(s[q], turns)
  (a = a, b = b, c = c, d = d)
}";

/// What is left for one output.
fn left(model: &Model, output: usize) -> Remaining {
    Flags::of(model, false).left(model, &[model.outputs[output].1])
}

fn statuses(report: &Report) -> Vec<(&str, &Status)> {
    report.rows.iter().map(|r| (r.factor.as_str(), &r.status)).collect()
}

#[test]
fn every_output_is_tested_under_what_is_left_of_it() {
    let (model, _) = compile(FALLING);
    let report = certify_model(&model, 5).unwrap_or_else(|f| panic!("{f:#?}"));
    let found = statuses(&report);
    for factor in [
        "O(3) for energy",
        "C∞v about (0.5, 1, -1) for height, pull",
        "O(3), jointly with `break` for height, pull",
        "translations of points",
    ] {
        assert!(found.contains(&(factor, &Status::Exact)), "{factor}: {found:#?}");
    }
    let [rows, _] = certificates(&model);
    let of = |name: &str| {
        rows.iter()
            .find(|r| r.outputs.iter().any(|o| o == name))
            .map(|r| (&r.claim, r.flags.len()))
    };
    assert_eq!(of("energy"), Some((&Claim::Exact, 0)));
    assert_eq!(of("pull"), Some((&Claim::Subgroup("C∞v about (0.5, 1, -1)".into()), 1)));
}

/// D(4) has three classes of C(2): those of two constants need not be the same one.
#[test]
fn subgroups_meet_as_they_lie_in_the_group() {
    let (model, _) = compile(CLASSES);
    let order = |k: usize| left(&model, k).exact.small_order();
    assert_eq!(
        [order(0), order(1), order(2), order(3)],
        [Some(2), Some(2), Some(1), Some(1)]
    );
    let report = certify_model(&model, 7).unwrap_or_else(|f| panic!("{f:#?}"));
    let jointly = report.rows.iter().find(|r| r.factor == "D(4), jointly with `break`");
    assert!(
        jointly.is_some_and(|r| r.status == Status::Exact && r.runs > 20),
        "{:#?}",
        report.rows
    );
}

/// The test does not believe what a constant is said to leave.
#[test]
fn a_subgroup_that_is_too_large_is_found() {
    for (text, larger) in [(FALLING, Group::O3), (CLASSES, Group::D(4))] {
        let (mut model, _) = compile(text);
        model.breaks.iter_mut().for_each(|b| b.remains = larger.clone());
        let found: Result<Report, Failure> = certify_model(&model, 3);
        assert!(found.is_err_and(|f| f.is_counterexample()));
    }
}

/// Nor that a program is natural in its constants: one that is smuggled in as three invariant numbers is found jointly.
#[test]
fn a_constant_that_does_not_move_along_is_found() {
    let (mut model, _) = compile(FALLING);
    let number = model.breaks[0].value.clone();
    for node in &mut model.nodes {
        if matches!(node.op, TOp::Break(_)) {
            node.op = TOp::Constant(number.clone());
        }
    }
    assert!(certify_model(&model, 3).is_err_and(|f| f.is_counterexample()));
}

#[test]
fn points_break_translations() {
    let (model, _) = compile(
        "
model Cage under O(3) [break] (m: cloud(3)) -> (m.nodes -> 1) {
  const centre: point = break((0, 0, 0), to = O(3))
  y[i] = norm2(m.pos[i] - centre)
  y
}",
    );
    let [rows, _] = certificates(&model);
    assert_eq!(rows[0].claim, Claim::Exact);
    assert_eq!(rows[1].claim, Claim::NotClaimed);
    let report = certify_model(&model, 3).unwrap_or_else(|f| panic!("{f:#?}"));
    let found = statuses(&report);
    assert!(found.contains(&("O(3)", &Status::Exact)), "{found:#?}");
    assert!(
        found.contains(&("translations of points, jointly with `break`", &Status::Exact)),
        "{found:#?}"
    );
}

/// Grids that the group does not keep: two levels, and in neither what constants break.
#[test]
fn two_levels_are_kept() {
    let (model, _) = compile(
        "
model Both under C(8) [approx, break] (img: grid(2), x: img -> 1) -> 1 {
  const up: vector = break((1, 0), to = trivial)
  const turn: irrep(4) = break(1, to = C(4))
  h = x |> conv(irrep(4) + 1, 3)
  mean q in img: dot(h[q].[irrep(4)], turn)
}",
    );
    let found = left(&model, 0);
    assert_eq!(
        (found.exact.small_order(), found.nearly.small_order()),
        (Some(4), Some(4))
    );
    assert!(certify_model(&model, 3).is_ok());
    let (model, _) = compile(
        "
model Axis under O(3) [approx, break] (img: grid(3), x: img -> 1) -> (img -> 1) {
  const up: vector = break((0, 0, 1), to = stabilizer(O(3), vector, (0, 0, 1)))
  v = x |> conv(vector, 3)
  y[q] = dot(v[q], up)
  y
}",
    );
    let found = left(&model, 0);
    assert_eq!(
        (found.exact.small_order(), found.nearly.to_string()),
        (Some(8), "C∞v about z".into())
    );
    let report = certify_model(&model, 3).unwrap_or_else(|f| panic!("{f:#?}"));
    assert!(
        report.rows.iter().any(|r| r.runs > 0 && r.status == Status::Exact),
        "{report:#?}"
    );
}

#[test]
fn training_programs_too() {
    let text = format!(
        "{CLASSES}
data Scenes from \"d.npz\" {{
  img: grid(2)
  x: img -> 1
  t: img -> 1
}}
train Classes on Scenes {{
  loss mse = mean o in batch: (mean q in img: norm2(a[o][q] - t[o][q]))
  epochs = 1
}}"
    );
    let (program, _) = gdl_core::modules::load("test.gdl", &text, &[], &|_, f| Err(format!("no file {f}")));
    let root = program.root();
    let mut blocks = program.modules[root].ast.items.iter().filter_map(|i| match &i.kind {
        gdl_syntax::ast::ItemKind::Train(t) => Some(t),
        _ => None,
    });
    let (train, diags) = gdl_core::check::check_train(&program, root, blocks.next().expect("a train block"));
    let train = train.unwrap_or_else(|| panic!("{diags:#?}"));
    let report = certify_train(&train, 3).unwrap_or_else(|f| panic!("{f:#?}"));
    assert!(
        statuses(&report).contains(&("D(4), jointly with `break`", &Status::Exact)),
        "{report:#?}"
    );
}

/// Bases found in floating point say how good they are.
#[test]
fn residuals_are_printed() {
    let (model, _) = compile(
        "model M under C(41) [numeric] (s: set, x: s -> irrep(2) * irrep(3)) -> (a: s -> irrep(5), b: s -> 1) {
  a = x |> linear(irrep(5))
  b[i] = norm2(x[i])
  (a = a, b = b)
}",
    );
    let [rows, _] = certificates(&model);
    let of = |name: &str| {
        rows.iter()
            .find(|r| r.outputs.iter().any(|o| o == name))
            .map(|r| r.flags.clone())
    };
    let flags = of("a").unwrap_or_default();
    assert_eq!(flags.iter().map(|f| f.name).collect::<Vec<_>>(), ["numeric"]);
    assert!(flags[0].residual.is_some_and(|r| r > 0.0 && r < 1e-13), "{flags:?}");
    assert_eq!(of("b"), Some(Vec::new()));
}

/// A state of a loop is made from all states of the loop.
#[test]
fn flags_go_round_loops() {
    let (model, _) = compile(
        "model M under O(3) [break] (s: set, v: s -> vector) -> (s -> 1) {
  const up: vector = break((0, 0, 1), to = stabilizer(O(3), vector, (0, 0, 1)))
  m[i] = norm2(v[i])
  iterate 3 from h = v, n = m {
    n'[i] = n[i] + dot(h[i], h[i])
    h'[i] = h[i] + up
  }
  n
}",
    );
    let state = model.nodes.iter().position(|n| matches!(n.op, TOp::State { k: 1, .. }));
    let state = NodeId(state.expect("a state") as u32);
    let found = Flags::of(&model, false).left(&model, &[state]);
    assert_eq!(found.exact.to_string(), "C∞v about z");
    assert!(certify_model(&model, 3).is_ok());
}

/// The declared group may be a subgroup of another one.
#[test]
fn subgroups_of_subgroups() {
    let (model, _) = compile(
        "
group Axial = stabilizer(O(3), vector, (0, 0, 1))
model Gusts under Axial [break] (s: set, v: s -> vector) -> (s -> 1) {
  const wind: vector = break((1, 0, 0), to = stabilizer(O(3), 2 x vector, (1, 0, 0, 0, 0, 1)))
  y[i] = mlp(dot(v[i], wind) ++ norm2(v[i]), [4, 1])
  y
}",
    );
    assert_eq!(left(&model, 0).exact.small_order(), Some(2));
    let report = certify_model(&model, 3).unwrap_or_else(|f| panic!("{f:#?}"));
    let found = statuses(&report);
    assert!(
        found.contains(&("C∞v about z, jointly with `break`", &Status::Exact)),
        "{found:#?}"
    );
    assert!(
        report.rows[0].runs > 0 && report.rows[0].status == Status::Exact,
        "{found:#?}"
    );
}
