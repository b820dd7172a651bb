//! Flat arrays at the door of a program; their shapes stand in the program's signature.
//!
//! Compiled code takes pointers to contiguous elements and knows every extent but that of the leading axis from the signature, the rest
//! from the batch: a shape kept here would be a second one, which could differ. Arrays with shapes of their own, strides and views are
//! `ndarray` arrays and live on the other side of the door, in `gdl-host` (`files::HostArray`).

/// A flat, row-major array.
#[derive(Clone, Debug, PartialEq)]
pub enum Array {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Class labels.
    Class(Vec<u32>),
}

impl Array {
    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Array::F32(v) => v.len(),
            Array::F64(v) => v.len(),
            Array::Class(v) => v.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its elements as doubles.
    pub fn to_f64(&self) -> Vec<f64> {
        match self {
            Array::F32(v) => v.iter().map(|&x| f64::from(x)).collect(),
            Array::F64(v) => v.clone(),
            Array::Class(v) => v.iter().map(|&x| f64::from(x)).collect(),
        }
    }
}
