//! Arrays as files hold them: a shape and elements of one of five types.

use crate::error::{Error, Result};

/// The elements of a [`HostArray`]. Narrower integers are widened to `I64`, booleans and bytes are `U8`, half precision is
/// `F32`.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// Double precision.
    F64(Vec<f64>),
    /// Single precision.
    F32(Vec<f32>),
    /// Integers.
    I64(Vec<i64>),
    /// Bytes: image values, truth values.
    U8(Vec<u8>),
    /// Words: names of classes or files.
    Text(Vec<String>),
}

impl Elements {
    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Elements::F64(v) => v.len(),
            Elements::F32(v) => v.len(),
            Elements::I64(v) => v.len(),
            Elements::U8(v) => v.len(),
            Elements::Text(v) => v.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type's name, as errors show it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Elements::F64(_) => "f64",
            Elements::F32(_) => "f32",
            Elements::I64(_) => "i64",
            Elements::U8(_) => "u8",
            Elements::Text(_) => "text",
        }
    }

    /// Element `k` as a double; `None` for text and past the end. Integers beyond 2^53 are rounded.
    pub fn real(&self, k: usize) -> Option<f64> {
        match self {
            Elements::F64(v) => v.get(k).copied(),
            Elements::F32(v) => v.get(k).map(|&x| f64::from(x)),
            Elements::I64(v) => v.get(k).map(|&x| x as f64),
            Elements::U8(v) => v.get(k).map(|&x| f64::from(x)),
            Elements::Text(_) => None,
        }
    }

    /// Element `k` as an integer; `None` for other types and past the end.
    pub fn integer(&self, k: usize) -> Option<i64> {
        match self {
            Elements::I64(v) => v.get(k).copied(),
            Elements::U8(v) => v.get(k).map(|&x| i64::from(x)),
            _ => None,
        }
    }

    /// The elements at `order`, which must lie within `0..len`.
    fn take(&self, order: &[usize]) -> Elements {
        fn pick<T: Clone>(v: &[T], order: &[usize]) -> Vec<T> {
            order.iter().map(|&k| v[k].clone()).collect()
        }
        match self {
            Elements::F64(v) => Elements::F64(pick(v, order)),
            Elements::F32(v) => Elements::F32(pick(v, order)),
            Elements::I64(v) => Elements::I64(pick(v, order)),
            Elements::U8(v) => Elements::U8(pick(v, order)),
            Elements::Text(v) => Elements::Text(pick(v, order)),
        }
    }
}

/// An array of a file, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct HostArray {
    /// Extents of its axes; empty for a single number.
    pub shape: Vec<usize>,
    /// Its elements; as many as the product of `shape`.
    pub data: Elements,
}

impl HostArray {
    /// An array.
    ///
    /// # Errors
    /// If the number of elements is not the product of `shape`.
    pub fn new(shape: Vec<usize>, data: Elements) -> Result<HostArray> {
        match element_count(&shape) {
            Some(n) if n == data.len() => Ok(HostArray { shape, data }),
            _ => Err(Error::format(format!(
                "a shape of {shape:?} does not hold {} elements",
                data.len()
            ))),
        }
    }

    /// A one-axis array.
    pub fn flat(data: Elements) -> HostArray {
        HostArray {
            shape: vec![data.len()],
            data,
        }
    }

    /// Rows of `width` elements; `data` must be a multiple of `width` long.
    pub(crate) fn rows(width: usize, data: Elements) -> HostArray {
        HostArray {
            shape: vec![data.len() / width, width],
            data,
        }
    }

    /// Moves axis `from` to the end: `[n, channels, h, w]` with `from = 1` becomes `[n, h, w, channels]`.
    pub fn axis_to_end(&self, from: usize) -> HostArray {
        let Some(&n) = self.shape.get(from) else {
            return self.clone();
        };
        let inner: usize = self.shape[from + 1..].iter().product();
        let outer: usize = self.shape[..from].iter().product();
        let mut order = Vec::with_capacity(self.data.len());
        for o in 0..outer {
            for i in 0..inner {
                order.extend((0..n).map(|c| (o * n + c) * inner + i));
            }
        }
        let mut shape = self.shape.clone();
        shape.remove(from);
        shape.push(n);
        HostArray {
            shape,
            data: self.data.take(&order),
        }
    }

    /// The same numbers read with the first axis fastest (Fortran order) brought to row-major order.
    pub(crate) fn row_major(self) -> HostArray {
        if self.shape.len() < 2 || self.data.is_empty() {
            return self;
        }
        let strides: Vec<usize> = self
            .shape
            .iter()
            .scan(1, |s, &n| {
                let here = *s;
                *s *= n;
                Some(here)
            })
            .collect();
        let mut index = vec![0; self.shape.len()];
        let mut order = Vec::with_capacity(self.data.len());
        for _ in 0..self.data.len() {
            order.push(index.iter().zip(&strides).map(|(i, s)| i * s).sum());
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                if index[axis] < self.shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
        HostArray {
            data: self.data.take(&order),
            shape: self.shape,
        }
    }
}

/// The product of extents, or `None` where it does not fit.
pub(crate) fn element_count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |p, &n| p.checked_mul(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fortran_order_is_undone() {
        let a = HostArray::new(vec![2, 3], Elements::I64(vec![0, 3, 1, 4, 2, 5])).unwrap();
        assert_eq!(a.row_major().data, Elements::I64(vec![0, 1, 2, 3, 4, 5]));
    }

    #[test]
    fn channels_go_last() {
        let a = HostArray::new(vec![1, 2, 2, 2], Elements::U8((0..8).collect())).unwrap();
        let b = a.axis_to_end(1);
        assert_eq!(b.shape, [1, 2, 2, 2]);
        assert_eq!(b.data, Elements::U8(vec![0, 4, 1, 5, 2, 6, 3, 7]));
    }

    #[test]
    fn shapes_must_match() {
        assert!(HostArray::new(vec![usize::MAX, 2], Elements::U8(vec![])).is_err());
        assert!(HostArray::new(vec![2], Elements::U8(vec![1])).is_err());
    }
}
