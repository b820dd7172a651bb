//! Training programs: losses, metrics, batch statistics and draws.

use gdl_core::certify::{Status, certify_train};
use gdl_core::check::{TrainModel, check_train};
use gdl_core::diag::Diagnostic;
use gdl_core::typed::NodeId;
use gdl_syntax::ast::ItemKind;

const TEXT: &str = "
model Field under D(4) (img: grid(2), x: img -> 1) -> (img -> vector) {
  x |> conv(2 x regular, 3) |> batch_norm |> relu |> dropout(0.9) |> conv(vector, 3)
}
data Fields from \"fields.npz\" {
  img: grid(2)
  x: img -> 1
  v: img -> vector
}
train Field on Fields {
  loss mse = mean a in batch: (mean q in img: norm2(output[a][q] - v[a][q]))
  metric worst = mean a in batch: (max q in img: norm2(output[a][q] - v[a][q]))
  epochs = 1
}";

fn train(text: &str) -> TrainModel {
    let (train, diags) = checked(text);
    train.unwrap_or_else(|| panic!("{diags:#?}"))
}

/// The first `train` block of a text.
fn checked(text: &str) -> (Option<TrainModel>, Vec<Diagnostic>) {
    let (program, _) = gdl_core::modules::load("test.gdl", text, &[], &|_, f| Err(format!("no file {f}")));
    let root = program.root();
    let items = program.modules[root].ast.items.iter();
    let mut blocks = items.filter_map(|i| match &i.kind {
        ItemKind::Train(t) => Some(t),
        _ => None,
    });
    check_train(&program, root, blocks.next().expect("a train block"))
}

#[test]
fn losses_are_invariant() {
    let report = certify_train(&train(TEXT), 3).unwrap_or_else(|f| panic!("{f:?}"));
    for row in &report.rows {
        let claimed = !matches!(row.status, Status::NotClaimed(_));
        assert!(!claimed || row.status == Status::Exact && row.runs > 0, "{row:?}");
    }
}

/// A draw from a normal distribution turns with the vectors it is drawn for.
#[test]
fn draws_are_vectors() {
    let noise = train(
        "
model Noisy under O(3) (s: set(nonempty), v: s -> 2x0e + 1x1o) -> (s -> 1x1o) {
  random w: v ~ normal(0.5)
  linear(v + w, 1x1o)
}
data Points from \"points.npz\" {
  s: set(nonempty)
  v: s -> 2x0e + 1x1o
  u: s -> 1x1o
}
train Noisy on Points {
  loss mse = mean a in batch: (mean i in s: norm2(output[a][i] - u[a][i]))
}",
    );
    let report = certify_train(&noise, 3).unwrap_or_else(|f| panic!("{f:?}"));
    assert!(
        report.rows.iter().all(|r| r.status == Status::Exact && r.runs > 0),
        "{report:?}"
    );
}

#[test]
fn a_loss_that_is_not_invariant_is_found() {
    let mut train = train(TEXT);
    let output = train.model.outputs[0].1;
    let moved = (0..train.model.nodes.len() as u32)
        .map(NodeId)
        .find(|n| {
            train.model.node(*n).ty == train.model.node(output).ty
                && matches!(train.model.node(*n).op, gdl_core::typed::TOp::Input(_))
        })
        .expect("the target");
    // No program can write it: the target's vectors, said to be two invariant numbers a pixel.
    train.losses = vec![("mse".into(), moved)];
    let scalar = gdl_core::types::Rep::scalars(2);
    train.model.nodes[moved.0 as usize].ty.elem = gdl_core::types::Elem::Rep(scalar);
    assert!(certify_train(&train, 3).is_err_and(|f| f.is_counterexample()));
}

/// A componentwise error is measured and trained by, with a warning; nothing is claimed of it for the group, everything for the rest.
#[test]
fn a_loss_of_components_is_a_warning() {
    let text = TEXT.replace(
        "loss mse = mean a in batch: (mean q in img: norm2(output[a][q] - v[a][q]))",
        "loss mae = mean a in batch: (mean q in img: (sum k in 0..2: abs(output[a][q][k] - v[a][q][k])))",
    );
    let (train, diags) = checked(&text);
    let codes: Vec<&str> = diags.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["GDL0161"], "{diags:#?}");
    let train = train.expect("a warning only");
    let report = certify_train(&train, 3).unwrap_or_else(|f| panic!("{f:?}"));
    let status = |factor: &str| report.rows.iter().find(|r| r.factor == factor).map(|r| &r.status);
    assert!(
        matches!(status("D(4) for mae"), Some(Status::NotClaimed(_))),
        "{report:#?}"
    );
    assert_eq!(status("D(4) for worst"), Some(&Status::Exact), "{report:#?}");
    gdl_core::lower::lower_train(&train).expect("a program");
    // What is wrong for another reason stays an error.
    let (none, diags) = checked(&TEXT.replace("norm2(output[a][q]", "norm2(outputs[a][q]"));
    assert!(none.is_none() && diags.iter().all(|d| d.code != "GDL0161"));
}
