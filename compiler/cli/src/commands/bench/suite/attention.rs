//! Self-attention (Vaswani et al. 2017).

use super::Subject;
use gdl_abi::DoorSizes;

pub(super) const SUBJECT: Subject = Subject {
    name: "attention",
    text: "/// 8 heads of 32 numbers, 1024 elements.
model Attention (s: set(nonempty), x: s -> 256) -> (s -> 256) {
  x |> attention(8, 32)
}
",
    door: || DoorSizes {
        samples: 1,
        ragged: vec![("s".into(), vec![0, 1024])],
        ..DoorSizes::default()
    },
};
