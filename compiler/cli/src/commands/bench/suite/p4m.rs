//! Convolution over the plane and the symmetries of the square (Cohen & Welling 2016).

use super::Subject;
use gdl_abi::DoorSizes;

pub(super) const SUBJECT: Subject = Subject {
    name: "p4m",
    text: "/// 3 × 3 kernels between 16 regular fields of D(4): 128 channels of the plane.
model Plane under D(4) (img: grid(2, edge = zero), x: img -> 16 x regular) -> (img -> 16 x regular) {
  x |> conv(16 x regular, 3) |> relu
}
",
    door: || DoorSizes {
        samples: 8,
        grids: vec![("img".into(), vec![32, 32])],
        ..DoorSizes::default()
    },
};
