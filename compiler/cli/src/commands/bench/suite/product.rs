//! A matrix product: what a dense layer costs.

use super::Subject;
use gdl_abi::DoorSizes;

pub(super) const SUBJECT: Subject = Subject {
    name: "product",
    text: "/// 1024 rows of 1024 numbers by a matrix of 1024 × 1024.
model Product (s: set, x: s -> 1024) -> (s -> 1024) {
  x |> linear(1024)
}
",
    door: || DoorSizes {
        samples: 1,
        ragged: vec![("s".into(), vec![0, 1024])],
        ..DoorSizes::default()
    },
};
