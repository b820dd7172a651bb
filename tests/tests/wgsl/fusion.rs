//! Loops that are one in shaders, and sums that are none.

use super::errors::function;
use super::products::Case;
use gdl_abi::DoorSizes;
use gdl_core::ir::opt;
use gdl_tests::gpu::{device, shaders};

/// A convolution whose sums are too short for a product of matrices, and the mean of what follows.
const FILTERS: &str = "model Filters (img: grid(2), x: img -> 1) -> (fields: img -> 24, mean: 24) {
  fields = x |> conv(24, 3) |> silu
  mean = fields |> pool(mean)
}
";

/// The sum and the functions after it are one loop whose iterations have an invocation each; how many cells there are is read and not counted.
#[test]
fn a_convolution_and_its_mean() {
    let Some(gpu) = device() else { return };
    let func = opt::optimised(&function(FILTERS)).expect("a program");
    let (_, made) = shaders(&func, "forward");
    let fused = made.kernels.iter().find(|k| k.entry.ends_with("contract_map"));
    assert_eq!(fused.map(|k| (k.width, k.team)), Some((24, 1)), "{}", made.source);
    // The kernel of the convolution, its fields, their mean: no kernel counts.
    assert_eq!(made.kernels.len(), 3, "{}", made.source);
    let door = DoorSizes {
        samples: 2,
        grids: vec![("img".into(), vec![7, 5])],
        ..DoorSizes::default()
    };
    Case::new(func, &door).compare(&gpu, "filters");
}
