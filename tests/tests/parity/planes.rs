//! Steerable convolutions of the plane (escnn): the filters lie in the span of the kernels, and give the same images.

use super::bases::coordinates;
use super::case::Case;
use super::trial::{Built, Trial};
use gdl_abi::DoorSizes;

/// Images are `[batch, channel, row, column]` there and `[batch, row, column, channel]` here; filters `[target, source, row,
/// column]` there and `[row, column, target, source]` here.
fn conv(name: &str, group: &str, source: &str, target: &str) {
    let case = Case::load(name);
    let built = Built::new(&format!(
        "model M under {group} (p: grid(2), x: p -> {source}) -> (p -> {target}) {{ conv(x, {target}, 5) }}"
    ));
    let image = case.shape("in.x");
    let extents = vec![image[2] as u32, image[3] as u32];
    let door = DoorSizes {
        samples: image[0],
        grids: vec![("p".into(), extents)],
        ..DoorSizes::default()
    };
    let mut trial = Trial::new(&case, &built, door)
        .input("x", case.view("in.x").permute(&[0, 2, 3, 1]))
        .output("output", case.view("out.y").permute(&[0, 2, 3, 1]));
    for (param, full) in [
        ("conv_1.K", case.view("w.filter").permute(&[2, 3, 0, 1])),
        ("conv_1.c", case.view("w.bias")),
    ] {
        for (name, view) in coordinates(&built, &case, param, &full) {
            trial = trial.param(&name, view);
        }
    }
    trial.check();
}

#[test]
fn c4_trivial_to_regular() {
    conv("escnn/c4_trivial_to_regular", "C(4)", "2", "3 x regular");
}

#[test]
fn c4_regular_to_regular() {
    conv("escnn/c4_regular_to_regular", "C(4)", "2 x regular", "3 x regular");
}

#[test]
fn d4_trivial_to_regular() {
    conv("escnn/d4_trivial_to_regular", "D(4)", "2", "2 x regular");
}

#[test]
fn d4_regular_to_regular() {
    conv("escnn/d4_regular_to_regular", "D(4)", "2 x regular", "2 x regular");
}

#[test]
fn d4_regular_to_irreps() {
    let target = "(irrep(0, 0) + irrep(1, 0) + irrep(1, 1) + irrep(0, 2) + irrep(1, 2))";
    conv("escnn/d4_regular_to_irreps", "D(4)", "regular", target);
}

#[test]
fn c8_trivial_to_regular() {
    conv("escnn/c8_trivial_to_regular", "C(8) [approx]", "1", "2 x regular");
}

#[test]
fn c8_regular_to_regular() {
    conv("escnn/c8_regular_to_regular", "C(8) [approx]", "regular", "2 x regular");
}

#[test]
fn so2_irreps() {
    conv(
        "escnn/so2_irreps",
        "SO(2) [approx]",
        "(1 + irrep(1) + irrep(2))",
        "(1 + irrep(1))",
    );
}
