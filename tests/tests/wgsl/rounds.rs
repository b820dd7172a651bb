//! Loops over keys and edges that a workgroup goes through several iterations at a time.

use super::errors::function;
use super::products::Case;
use gdl_abi::DoorSizes;
use gdl_core::ir::grad;
use gdl_tests::gpu::{device, shaders};

/// Attention, whose keys depend on each other in three steps, with numbers that differ from key to key.
const ATTENTION: &str = "model Attention (s: set(nonempty), x: s -> 12) -> (s -> 12) {
  x |> attention(3, 8)
}
";

/// Fewer elements than a round has, as many, and more, with rounds that are not full.
#[test]
fn attention_over_few_and_many() {
    let Some(gpu) = device() else { return };
    let func = function(ATTENTION);
    let back = grad::vjp(&func).expect("a derivative");
    let door = DoorSizes {
        samples: 6,
        ragged: vec![("s".into(), vec![0, 1, 16, 32, 49, 52, 123])],
        ..DoorSizes::default()
    };
    for (func, part) in [(func, "forward"), (back, "gradient")] {
        let (_, made) = shaders(&func, part);
        assert!(made.source.contains("iterations at a time"), "{part}");
        let case = Case::new(func, &door);
        case.compare(&gpu, part);
    }
}
