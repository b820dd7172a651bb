//! Arrays of the caller: described, read, written. The memory is and stays the caller's.

use crate::status::{Failure, Status};
use gdl_host::files::HostArray;
use gdl_runtime::Array;
use std::ffi::c_void;

/// The most axes of an array.
pub const MAX_AXES: usize = 8;

/// Element types, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Dtype {
    F32 = 1,
    F64 = 2,
    I32 = 3,
    I64 = 4,
    U8 = 5,
}

/// An array of the caller, as in the header: `gdl_array`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RawArray {
    /// The element with all indices 0; null: no array.
    pub data: *mut c_void,
    /// A [`Dtype`].
    pub dtype: i32,
    /// The number of axes, at most [`MAX_AXES`].
    pub ndim: i32,
    /// The extents of the axes.
    pub shape: [i64; MAX_AXES],
    /// From element to element along every axis, counted in elements; all 0: row-major.
    pub strides: [i64; MAX_AXES],
}

/// A description that has been checked: where every element is follows from it without overflow.
struct Layout {
    dtype: Dtype,
    shape: Vec<usize>,
    strides: Vec<isize>,
    len: usize,
}

impl Dtype {
    fn of(number: i32) -> Option<Dtype> {
        [Dtype::F32, Dtype::F64, Dtype::I32, Dtype::I64, Dtype::U8]
            .into_iter()
            .find(|d| *d as i32 == number)
    }

    fn size(self) -> usize {
        match self {
            Dtype::F32 | Dtype::I32 => 4,
            Dtype::F64 | Dtype::I64 => 8,
            Dtype::U8 => 1,
        }
    }
}

impl RawArray {
    fn layout(&self, name: &str) -> Result<Layout, Failure> {
        let fail = |what: String| Failure::argument(format!("array `{name}`: {what}"));
        let dtype = Dtype::of(self.dtype).ok_or_else(|| fail(format!("dtype {} is unknown", self.dtype)))?;
        let ndim = usize::try_from(self.ndim).ok().filter(|n| *n <= MAX_AXES);
        let ndim = ndim.ok_or_else(|| fail(format!("ndim {} is not in 0..{MAX_AXES}", self.ndim)))?;
        let shape: Option<Vec<usize>> = self.shape[..ndim].iter().map(|&n| usize::try_from(n).ok()).collect();
        let shape = shape.ok_or_else(|| fail(format!("shape {:?} has a negative extent", &self.shape[..ndim])))?;
        let too_large = || fail(format!("shape {shape:?} is larger than memory"));
        let bytes = shape
            .iter()
            .try_fold(dtype.size(), |n, &extent| n.checked_mul(extent))
            .filter(|&n| isize::try_from(n).is_ok())
            .ok_or_else(too_large)?;
        let given = &self.strides[..ndim];
        let strides = if given.iter().all(|&s| s == 0) {
            let mut strides = vec![1; ndim];
            for k in (1..ndim).rev() {
                strides[k - 1] = strides[k] * shape[k].max(1) as isize;
            }
            strides
        } else {
            let strides: Option<Vec<isize>> = given.iter().map(|&s| isize::try_from(s).ok()).collect();
            let strides = strides.ok_or_else(too_large)?;
            // The farthest element in either direction, in bytes.
            let reach = strides.iter().zip(&shape).try_fold(0usize, |sum, (s, &n)| {
                s.unsigned_abs().checked_mul(n.saturating_sub(1))?.checked_add(sum)
            });
            let reach = reach.and_then(|r| r.checked_add(1)?.checked_mul(dtype.size()));
            reach.filter(|&r| isize::try_from(r).is_ok()).ok_or_else(too_large)?;
            strides
        };
        Ok(Layout {
            len: bytes / dtype.size(),
            dtype,
            shape,
            strides,
        })
    }

    /// Its elements, if there is an array.
    ///
    /// # Errors
    /// A description that is none.
    ///
    /// # Safety
    /// If `data` is not null, it leads to an array as described that may be read.
    pub unsafe fn read(&self, name: &str) -> Result<Option<HostArray>, Failure> {
        if self.data.is_null() {
            return Ok(None);
        }
        let layout = self.layout(name)?;
        is_there_room(name, layout.len)?;
        // SAFETY: the contract of this function.
        let array = unsafe {
            match layout.dtype {
                Dtype::F32 => HostArray::new(&layout.shape, self.elements::<f32, f32>(&layout)),
                Dtype::F64 => HostArray::new(&layout.shape, self.elements::<f64, f64>(&layout)),
                Dtype::I32 => HostArray::new(&layout.shape, self.elements::<i32, i64>(&layout)),
                Dtype::I64 => HostArray::new(&layout.shape, self.elements::<i64, i64>(&layout)),
                Dtype::U8 => HostArray::new(&layout.shape, self.elements::<u8, u8>(&layout)),
            }
        };
        Ok(Some(array?))
    }

    /// # Safety
    /// As [`RawArray::read`], with elements of type `T`.
    unsafe fn elements<T: Copy, U: From<T>>(&self, layout: &Layout) -> Vec<U> {
        let mut out = Vec::with_capacity(layout.len);
        layout.for_each(|at| {
            // SAFETY: inside the caller's array, by the contract; it need not be aligned.
            out.push(unsafe { self.data.cast::<T>().wrapping_offset(at).read_unaligned() }.into());
        });
        out
    }

    /// Whether values of this shape can be written: there is no array, or one of reals of this shape.
    ///
    /// # Errors
    /// Names what does not fit.
    pub fn fits(&self, name: &str, shape: &[usize]) -> Result<(), Failure> {
        if self.data.is_null() {
            return Ok(());
        }
        let layout = self.layout(name)?;
        if !matches!(layout.dtype, Dtype::F32 | Dtype::F64) {
            return Err(Failure::argument(format!(
                "array `{name}`: it receives reals, so its dtype is GDL_F32 or GDL_F64"
            )));
        }
        if !same_shape(&layout.shape, shape) {
            let text = format!(
                "array `{name}`: its shape is {:?}, that of the result {shape:?}",
                layout.shape
            );
            return Err(Failure::new(crate::Status::Data, text));
        }
        Ok(())
    }

    /// Writes values, which [`RawArray::fits`] accepted; without an array, describes the one that is needed. Row k of the values goes to
    /// row `order[k]`.
    ///
    /// # Errors
    /// A description that is none.
    ///
    /// # Safety
    /// If `data` is not null, it leads to an array as described that may be written.
    pub unsafe fn write(
        &mut self,
        name: &str,
        shape: &[usize],
        values: &Array,
        order: Option<&[usize]>,
    ) -> Result<(), Failure> {
        if self.data.is_null() {
            let dtype = if matches!(values, Array::F64(_)) {
                Dtype::F64
            } else {
                Dtype::F32
            };
            return self.describe(name, dtype, shape);
        }
        let layout = self.layout(name)?;
        let value = |k: usize| match values {
            Array::F32(v) => f64::from(v[k]),
            Array::F64(v) => v[k],
            Array::Class(v) => f64::from(v[k]),
        };
        let row = layout.len / layout.shape.first().copied().unwrap_or(1).max(1);
        let mut source: Vec<usize> = (0..layout.len).collect();
        if let Some(order) = order {
            for (k, &to) in order.iter().enumerate() {
                (0..row).for_each(|c| source[to * row + c] = k * row + c);
            }
        }
        let mut k = 0;
        layout.for_each(|at| {
            let x = value(source[k]);
            // SAFETY: inside the caller's array, by the contract; it need not be aligned.
            unsafe {
                match layout.dtype {
                    Dtype::F64 => self.data.cast::<f64>().wrapping_offset(at).write_unaligned(x),
                    _ => self.data.cast::<f32>().wrapping_offset(at).write_unaligned(x as f32),
                }
            }
            k += 1;
        });
        Ok(())
    }

    /// Writes whole numbers; without an array, describes the one that is needed.
    ///
    /// # Errors
    /// An array of another shape or type than 64-bit integers.
    ///
    /// # Safety
    /// As [`RawArray::write`].
    pub unsafe fn write_whole(&mut self, name: &str, shape: &[usize], values: &[i64]) -> Result<(), Failure> {
        if self.data.is_null() {
            return self.describe(name, Dtype::I64, shape);
        }
        let layout = self.layout(name)?;
        if layout.dtype != Dtype::I64 || layout.shape != shape {
            return Err(Failure::argument(format!(
                "array `{name}`: it receives {shape:?} integers of type GDL_I64"
            )));
        }
        let mut values = values.iter();
        layout.for_each(|at| {
            if let Some(&x) = values.next() {
                // SAFETY: as in `write`.
                unsafe { self.data.cast::<i64>().wrapping_offset(at).write_unaligned(x) }
            }
        });
        Ok(())
    }

    /// Describes a row-major array; `data` stays as it is.
    ///
    /// # Errors
    /// If there are too many axes.
    pub fn describe(&mut self, name: &str, dtype: Dtype, shape: &[usize]) -> Result<(), Failure> {
        if shape.len() > MAX_AXES {
            return Err(Failure::argument(format!("array `{name}` has {} axes", shape.len())));
        }
        self.dtype = dtype as i32;
        self.ndim = shape.len() as i32;
        self.shape = [0; MAX_AXES];
        self.strides = [0; MAX_AXES];
        self.shape.iter_mut().zip(shape).for_each(|(a, &n)| *a = n as i64);
        Ok(())
    }
}

/// Whether shapes agree, axes of one element aside at the end: \[n\] and \[n, 1\].
fn same_shape(a: &[usize], b: &[usize]) -> bool {
    let (long, short) = if a.len() > b.len() { (a, b) } else { (b, a) };
    long.starts_with(short) && long[short.len()..].iter().all(|&n| n == 1)
}

impl Layout {
    /// The places of all elements, the last index fastest.
    fn for_each(&self, mut f: impl FnMut(isize)) {
        let mut index = vec![0usize; self.shape.len()];
        for _ in 0..self.len {
            f(index.iter().zip(&self.strides).map(|(&i, s)| i as isize * s).sum());
            for k in (0..index.len()).rev() {
                index[k] += 1;
                if index[k] < self.shape[k] {
                    break;
                }
                index[k] = 0;
            }
        }
    }
}

/// Whether there is memory for what a call makes of an array. Rust ends the process where memory cannot be had, so it is asked for beforehand; programs
/// ask for their own.
fn is_there_room(name: &str, len: usize) -> Result<(), Failure> {
    // Up to eight bytes an element as it is given, as it is read, as the program takes it, and once more where it is put in order.
    const BYTES: usize = 4 * 8;
    let mut room: Vec<u8> = Vec::new();
    let asked = len.checked_mul(BYTES).map(|n| room.try_reserve_exact(n));
    match asked {
        Some(Ok(())) => Ok(()),
        _ => Err(Failure::new(
            Status::Run,
            format!("array `{name}`: there is no memory for its {len} elements"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(data: *mut c_void, dtype: Dtype, shape: &[i64], strides: &[i64]) -> RawArray {
        let padded = |list: &[i64]| {
            let mut all = [0; MAX_AXES];
            all[..list.len()].copy_from_slice(list);
            all
        };
        RawArray {
            data,
            dtype: dtype as i32,
            ndim: shape.len() as i32,
            shape: padded(shape),
            strides: padded(strides),
        }
    }

    #[test]
    fn any_strides_are_read() {
        let mut data: Vec<f32> = (0..6).map(|k| k as f32).collect();
        let start: *mut c_void = data.as_mut_ptr().cast();
        let last: *mut c_void = (&raw mut data[5]).cast();
        let read = |a: RawArray| unsafe { a.read("a") }.unwrap().unwrap();
        let new = |shape: &[usize], v: Vec<f32>| HostArray::new(shape, v).unwrap();
        assert_eq!(
            read(raw(start, Dtype::F32, &[2, 3], &[])),
            new(&[2, 3], vec![0., 1., 2., 3., 4., 5.])
        );
        assert_eq!(
            read(raw(start, Dtype::F32, &[3, 2], &[1, 3])),
            new(&[3, 2], vec![0., 3., 1., 4., 2., 5.])
        );
        assert_eq!(read(raw(last, Dtype::F32, &[3], &[-2])), new(&[3], vec![5., 3., 1.]));
        assert_eq!(read(raw(start, Dtype::F32, &[], &[])), new(&[], vec![0.]));
        assert_eq!(read(raw(start, Dtype::F32, &[0, 9], &[])), new(&[0, 9], vec![]));
    }

    #[test]
    fn descriptions_are_checked() {
        let mut x = 0f64;
        let start: *mut c_void = (&raw mut x).cast();
        let fails = |a: RawArray, word: &str| {
            let e = unsafe { a.read("pos") }.unwrap_err();
            assert!(e.text.contains("`pos`") && e.text.contains(word), "{}", e.text);
        };
        fails(raw(start, Dtype::F64, &[-1], &[]), "negative");
        fails(raw(start, Dtype::F64, &[i64::MAX, 4], &[]), "larger");
        fails(raw(start, Dtype::F64, &[2, 2], &[i64::MAX, 1]), "larger");
        fails(raw(start, Dtype::F64, &[2, 2], &[i64::MIN, 1]), "larger");
        let mut a = raw(start, Dtype::F64, &[1], &[]);
        a.dtype = 77;
        fails(a, "77");
        a.ndim = 9;
        a.dtype = 1;
        fails(a, "ndim");
    }

    #[test]
    fn rows_are_put_back_in_order() {
        let mut data = [0f64; 4];
        let mut a = raw(data.as_mut_ptr().cast(), Dtype::F64, &[2, 2], &[]);
        let values = Array::F32(vec![1., 2., 3., 4.]);
        unsafe { a.write("a", &[2, 2], &values, Some(&[1, 0])) }.unwrap();
        assert_eq!(data, [3., 4., 1., 2.]);
        let mut none = raw(std::ptr::null_mut(), Dtype::F32, &[], &[]);
        unsafe { none.write("a", &[2, 2], &values, None) }.unwrap();
        assert_eq!((none.ndim, none.dtype, &none.shape[..2]), (2, 1, &[2, 2][..]));
    }
}
