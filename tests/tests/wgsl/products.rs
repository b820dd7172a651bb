//! Matrix products: tiled ones, and those that compute an argument where they read it.

use super::compare;
use super::errors::{function, rows};
use gdl_abi::shader::Shaders;
use gdl_abi::{DoorSizes, Instance};
use gdl_core::ir::{Func, grad};
use gdl_gpu::{Gpu, GpuProgram, Wanted};
use gdl_runtime::{Array, Program};
use gdl_tests::gpu::{device, run_twice, shaders};
use std::sync::Arc;

fn wave(n: usize) -> Vec<f64> {
    (0..n).map(|k| (1.7 * k as f64).sin()).collect()
}

/// A batch of a function, and numbers for its inputs and parameters.
pub struct Case {
    pub func: Func,
    pub batch: Instance,
    pub inputs: Vec<Vec<f64>>,
    pub params: Vec<Vec<f64>>,
}

impl Case {
    pub fn new(func: Func, door: &DoorSizes) -> Case {
        let batch = Instance::new(&func.domains, door).expect("a batch");
        let rows = |d: &gdl_abi::ArrayDecl| d.dim.map_or(1, |d| batch.rows[d.0 as usize]);
        let inputs = func.inputs.iter().map(|d| wave(rows(d) * d.row_len())).collect();
        let params = func.params.iter().map(|p| wave(p.row_len())).collect();
        Case {
            func,
            batch,
            inputs,
            params,
        }
    }

    /// Compares with the interpreter.
    pub fn compare(&self, gpu: &Arc<Gpu>, what: &str) {
        compare(gpu, &self.func, &self.batch, &self.inputs, &self.params, what);
    }

    fn singles(list: &[Vec<f64>]) -> Vec<Array> {
        let single = |x: &Vec<f64>| Array::F32(x.iter().map(|&x| x as f32).collect());
        list.iter().map(single).collect()
    }
}

/// A product whose result has many tiles, with extents that no tile divides.
#[test]
fn large_products() {
    const WIDE: &str = "model Wide (s: set, x: s -> 70) -> (s -> 590) {\n  x |> linear(590)\n}\n";
    let Some(gpu) = device() else { return };
    let case = Case::new(function(WIDE), &rows(530));
    case.compare(&gpu, "a wide layer");
}

/// Products of matrices that are stored across: the gradients of a layer whose weights have many tiles.
#[test]
fn large_products_across() {
    const SQUARE: &str = "model Square (s: set, x: s -> 520) -> (s -> 530) {\n  x |> linear(530)\n}\n";
    let Some(gpu) = device() else { return };
    let back = grad::vjp(&function(SQUARE)).expect("a derivative");
    let case = Case::new(back, &rows(37));
    case.compare(&gpu, "a square layer");
}

/// Windows of 5 × 5 pixels of 8 channels, with ends all around.
const PLANE: &str = "model Plane under trivial (img: grid(2, edge = zero), x: img -> 8) -> (img -> 70) {
  x |> conv(70, 5)
}
";

/// The same under the symmetries of the square.
const TURNED: &str =
    "model Turned under D(4) (img: grid(2, edge = zero), x: img -> 2 x regular) -> (img -> 9 x regular) {
  x |> conv(9 x regular, 3)
}
";

fn plane() -> DoorSizes {
    DoorSizes {
        samples: 3,
        grids: vec![("img".into(), vec![27, 29])],
        ..DoorSizes::default()
    }
}

/// How many products compute an argument where they read it.
fn inside(shaders: &Shaders) -> usize {
    shaders.kernels.iter().filter(|k| k.product.is_some()).count()
}

/// Small results of long sums: gradients of the weights of a layer for more rows than a part of a sum has.
#[test]
fn sums_are_cut() {
    const LAYER: &str = "model Layer (s: set, x: s -> 130) -> (s -> 140) {\n  x |> linear(140)\n}\n";
    let Some(gpu) = device() else { return };
    let back = grad::vjp(&function(LAYER)).expect("a derivative");
    Case::new(back, &rows(2077)).compare(&gpu, "a layer of many rows");
}

/// Results are those of the interpreter; they and derivatives are to the bit those of arrays that are stored.
#[test]
fn arguments_are_computed_where_they_are_read() {
    let Some(gpu) = device() else { return };
    let back = grad::vjp(&function(PLANE)).expect("a derivative");
    for (func, what) in [
        (function(PLANE), PLANE),
        (function(TURNED), TURNED),
        (back, "a gradient"),
    ] {
        let case = Case::new(func, &plane());
        if what != "a gradient" {
            case.compare(&gpu, what);
        }
        let (plan, mut shaders) = shaders(&case.func, what);
        assert!(inside(&shaders) > 0, "{what}");
        let make = |shaders: &Shaders| GpuProgram::new(gpu.clone(), plan.clone(), shaders.clone()).expect("shaders");
        let (xs, ps) = (Case::singles(&case.inputs), Case::singles(&case.params));
        let (xs, ps): (Vec<&Array>, Vec<&Array>) = (xs.iter().collect(), ps.iter().collect());
        let got = run_twice(&make(&shaders), &case.batch, &xs, &ps, what);
        shaders.kernels.iter_mut().for_each(|k| k.product = None);
        let stored = run_twice(&make(&shaders), &case.batch, &xs, &ps, what);
        assert_eq!(got, stored, "{what}");
    }
}

/// Where windows would have no room there need be none: they take 1.9 MB, and no other array more than 0.7 MB.
#[test]
fn windows_take_no_room() {
    if device().is_none() {
        return;
    }
    let wanted = Wanted {
        largest_array: 1 << 20,
        ..Wanted::default()
    };
    let gpu = Gpu::open_with(None, wanted).expect("a device");
    let case = Case::new(function(PLANE), &plane());
    let (xs, ps) = (Case::singles(&case.inputs), Case::singles(&case.params));
    let (xs, ps): (Vec<&Array>, Vec<&Array>) = (xs.iter().collect(), ps.iter().collect());
    let (plan, mut shaders) = shaders(&case.func, "windows");
    let run = |shaders: &Shaders| {
        let program = GpuProgram::new(gpu.clone(), plan.clone(), shaders.clone()).expect("shaders");
        program.run(&case.batch, &xs, &ps, &mut Vec::new())
    };
    run(&shaders).expect("room");
    shaders.kernels.iter_mut().for_each(|k| k.product = None);
    assert!(run(&shaders).is_err_and(|e| e.0.contains("has room for")));
}
