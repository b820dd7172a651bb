//! Arrays as files hold them: `ndarray` arrays of one of five element types.
//!
//! An array may lie in memory in any order (NumPy's Fortran order stays as it is); all that is said here about the order of elements
//! is about their indices, the last one fastest.

use crate::error::{Error, Result};
use ndarray::{ArrayD, ArrayViewD, Axis, Dimension, IxDyn, Order};
use serde_json::{Value, json};

/// An array of a file. Narrower integers are widened to `I64`, booleans and bytes are `U8`, half precision is `F32`.
#[derive(Clone, Debug, PartialEq)]
pub enum HostArray {
    /// Double precision.
    F64(ArrayD<f64>),
    /// Single precision.
    F32(ArrayD<f32>),
    /// Integers.
    I64(ArrayD<i64>),
    /// Bytes: image values, truth values.
    U8(ArrayD<u8>),
    /// Words: names of classes or files.
    Text(ArrayD<String>),
}

/// The same expression for every element type.
macro_rules! each {
    ($array:expr, $a:ident => $value:expr) => {
        match $array {
            HostArray::F64($a) => $value,
            HostArray::F32($a) => $value,
            HostArray::I64($a) => $value,
            HostArray::U8($a) => $value,
            HostArray::Text($a) => $value,
        }
    };
}

/// Arrays of one axis from lists, and of any from `ndarray` arrays.
macro_rules! from {
    ($($element:ty => $kind:ident),*) => {$(
        impl From<ArrayD<$element>> for HostArray {
            fn from(array: ArrayD<$element>) -> HostArray {
                HostArray::$kind(array)
            }
        }

        impl From<Vec<$element>> for HostArray {
            fn from(list: Vec<$element>) -> HostArray {
                HostArray::$kind(ArrayD::from_shape_vec(IxDyn(&[list.len()]), list).unwrap_or_default())
            }
        }
    )*};
}
from!(f64 => F64, f32 => F32, i64 => I64, u8 => U8, String => Text);

impl HostArray {
    /// An array of this shape with these elements, the last index fastest.
    ///
    /// # Errors
    /// If the number of elements is not the product of the shape.
    pub fn new(shape: &[usize], elements: impl Into<HostArray>) -> Result<HostArray> {
        elements.into().ordered(shape, Order::RowMajor)
    }

    /// The elements in order with other axes.
    ///
    /// # Errors
    /// If the shape has another number of elements.
    pub fn reshaped(self, shape: &[usize]) -> Result<HostArray> {
        self.ordered(shape, Order::RowMajor)
    }

    /// As [`HostArray::reshaped`], with an order in which both the old and the new axes are gone through.
    pub(crate) fn ordered(self, shape: &[usize], order: Order) -> Result<HostArray> {
        each!(self, a => {
            let elements = a.len();
            let array = a.into_shape_clone((IxDyn(shape), order));
            let array = array.map_err(|_| Error::format(format!("a shape of {shape:?} does not hold {elements} elements")))?;
            Ok(array.into())
        })
    }

    /// The extents of its axes; empty for a single number.
    pub fn shape(&self) -> &[usize] {
        each!(self, a => a.shape())
    }

    /// The number of its axes.
    pub fn ndim(&self) -> usize {
        self.shape().len()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        each!(self, a => a.len())
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of its elements, as errors show it.
    pub fn type_name(&self) -> &'static str {
        match self {
            HostArray::F64(_) => "f64",
            HostArray::F32(_) => "f32",
            HostArray::I64(_) => "i64",
            HostArray::U8(_) => "u8",
            HostArray::Text(_) => "text",
        }
    }

    /// Its elements as doubles; `None` for text. Integers beyond 2^53 are rounded.
    pub fn to_f64(&self) -> Option<ArrayD<f64>> {
        Some(match self {
            HostArray::F64(a) => a.clone(),
            HostArray::F32(a) => a.mapv(f64::from),
            HostArray::I64(a) => a.mapv(|x| x as f64),
            HostArray::U8(a) => a.mapv(f64::from),
            HostArray::Text(_) => return None,
        })
    }

    /// Its elements one by one, otherwise as [`HostArray::to_f64`].
    pub fn reals(&self) -> Option<Box<dyn Iterator<Item = f64> + '_>> {
        Some(match self {
            HostArray::F64(a) => Box::new(a.iter().copied()),
            HostArray::F32(a) => Box::new(a.iter().map(|&x| f64::from(x))),
            HostArray::I64(a) => Box::new(a.iter().map(|&x| x as f64)),
            HostArray::U8(a) => Box::new(a.iter().map(|&x| f64::from(x))),
            HostArray::Text(_) => return None,
        })
    }

    /// Its elements as integers; `None` for other types.
    pub fn integers(&self) -> Option<ArrayD<i64>> {
        match self {
            HostArray::I64(a) => Some(a.clone()),
            HostArray::U8(a) => Some(a.mapv(i64::from)),
            _ => None,
        }
    }

    /// Appends the rows of another array.
    ///
    /// # Errors
    /// If its rows are of another size or type.
    pub(crate) fn append(&mut self, next: &HostArray) -> Result<()> {
        let (before, size) = (self.type_name(), self.shape().get(1..).unwrap_or_default().to_vec());
        let result = match (self, next) {
            (HostArray::F64(a), HostArray::F64(b)) => a.append(Axis(0), b.view()),
            (HostArray::F32(a), HostArray::F32(b)) => a.append(Axis(0), b.view()),
            (HostArray::I64(a), HostArray::I64(b)) => a.append(Axis(0), b.view()),
            (HostArray::U8(a), HostArray::U8(b)) => a.append(Axis(0), b.view()),
            (HostArray::Text(a), HostArray::Text(b)) => a.append(Axis(0), b.view()),
            (_, next) => {
                let e = Error::data(format!("it holds {}, the files before {before}", next.type_name()));
                return Err(e.help("all files of a folder must have elements of the same type"));
            }
        };
        result.map_err(|_| {
            let rows = next.shape().get(1..).unwrap_or_default();
            let e = Error::data(format!(
                "its rows are {rows:?} in size, those of the files before {size:?}"
            ));
            e.help("all files of a folder must have the same size")
        })
    }

    /// Nested lists, as NumPy shows them; what is no number is null.
    pub fn json(&self) -> Value {
        fn nested<T>(array: ArrayViewD<'_, T>, one: &dyn Fn(&T) -> Value) -> Value {
            match array.ndim() {
                0 => array.first().map_or(Value::Null, one),
                _ => array.outer_iter().map(|part| nested(part, one)).collect(),
            }
        }
        match self {
            HostArray::F64(a) => nested(a.view(), &|&x| json!(x)),
            // The shortest decimals that are this number, not those of the double.
            HostArray::F32(a) => nested(a.view(), &|x| json!(x.to_string().parse::<f64>().unwrap_or(f64::NAN))),
            HostArray::I64(a) => nested(a.view(), &|&x| json!(x)),
            HostArray::U8(a) => nested(a.view(), &|&x| json!(x)),
            HostArray::Text(a) => nested(a.view(), &|x| json!(x)),
        }
    }

    /// Where the element is that stands at place `k` of all elements in order: `[3, 0, 1]`.
    pub(crate) fn index_of(&self, k: usize) -> String {
        each!(self, a => a.indexed_iter().nth(k).map(|(at, _)| format!("{:?}", at.slice())).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fortran_order_is_undone() {
        let flat = HostArray::from(vec![0i64, 3, 1, 4, 2, 5]);
        let array = flat.ordered(&[2, 3], Order::ColumnMajor).unwrap();
        assert_eq!(array, HostArray::new(&[2, 3], vec![0i64, 1, 2, 3, 4, 5]).unwrap());
    }

    #[test]
    fn shapes_must_match() {
        assert!(HostArray::new(&[usize::MAX, 2], Vec::<u8>::new()).is_err());
        assert!(HostArray::new(&[2], vec![1u8]).is_err());
    }

    #[test]
    fn lists_nest() {
        let a = HostArray::new(&[2, 1], vec![0.1f32, f32::NAN]).unwrap();
        assert_eq!(a.json().to_string(), "[[0.1],[null]]");
        assert_eq!(HostArray::new(&[], vec![7i64]).unwrap().json().to_string(), "7");
        assert_eq!(
            HostArray::new(&[0, 2], Vec::<u8>::new()).unwrap().json().to_string(),
            "[]"
        );
    }

    #[test]
    fn places_have_indices() {
        let a = HostArray::new(&[2, 3], vec![0i64; 6]).unwrap();
        assert_eq!(a.index_of(4), "[1, 1]");
    }
}
