//! The values of one field over all samples.

use super::spec::{FieldSpec, Labels};
use crate::error::{Error, Result};
use crate::files::{HostArray, atomic_number, list};
use gdl_abi::Dtype;
use gdl_runtime::Array;
use ndarray::{ArrayD, Axis, IxDyn, Slice};
use std::ops::Range;

/// The values of a field, checked: reals are finite, labels in range.
#[derive(Clone, Debug)]
pub(super) enum Values {
    /// The file's numbers by row, \[rows, width\], still to be scaled.
    Real { data: HostArray, scale: f64, offset: f64 },
    /// Labels by row.
    Class(ArrayD<u32>),
    /// The number of a node for each sample: 1 there, 0 elsewhere.
    Indicator(Vec<u32>),
}

/// An array of a batch under construction.
pub(super) enum Out {
    F32(Vec<f32>),
    F64(Vec<f64>),
    Class(Vec<u32>),
}

impl Out {
    /// An empty array for `elements` values.
    pub(super) fn new(dtype: Dtype, double: bool, elements: usize) -> Out {
        match (dtype, double) {
            (Dtype::Class(_), _) => Out::Class(Vec::with_capacity(elements)),
            (Dtype::Real, true) => Out::F64(Vec::with_capacity(elements)),
            (Dtype::Real, false) => Out::F32(Vec::with_capacity(elements)),
        }
    }

    /// Appends real values; labels take none.
    fn extend(&mut self, values: impl Iterator<Item = f64>) {
        match self {
            Out::F32(v) => v.extend(values.map(|x| x as f32)),
            Out::F64(v) => v.extend(values),
            Out::Class(_) => {}
        }
    }

    /// Appends `rows` numbers: 1 at `place`, 0 elsewhere.
    pub(super) fn indicate(&mut self, rows: usize, place: usize) {
        self.extend((0..rows).map(|k| f64::from(u8::from(k == place))));
    }

    /// The array.
    pub(super) fn finish(self) -> Array {
        match self {
            Out::F32(v) => Array::F32(v),
            Out::F64(v) => Array::F64(v),
            Out::Class(v) => Array::Class(v),
        }
    }
}

impl Values {
    /// Appends the rows `at` to `out`.
    pub(super) fn copy(&self, at: Range<usize>, out: &mut Out) {
        match self {
            Values::Real { data, scale, offset } => {
                let affine = |x: f64| x * scale + offset;
                match data {
                    HostArray::F64(a) => out.extend(rows(a, at).map(|&x| affine(x))),
                    HostArray::F32(a) => out.extend(rows(a, at).map(|&x| affine(x.into()))),
                    HostArray::I64(a) => out.extend(rows(a, at).map(|&x| affine(x as f64))),
                    HostArray::U8(a) => out.extend(rows(a, at).map(|&x| affine(x.into()))),
                    HostArray::Text(_) => {}
                }
            }
            Values::Class(labels) => {
                if let Out::Class(v) = out {
                    v.extend(rows(labels, at));
                }
            }
            // Rows of nodes, not elements of an array: see `Out::indicate`.
            Values::Indicator(_) => {}
        }
    }

    /// Reads and checks the array of a field, which has so many rows.
    ///
    /// # Errors
    /// Names the first value that is NaN, infinite, too large for f32, or no label.
    pub(super) fn read(array: &HostArray, name: &str, field: &FieldSpec, rows: usize) -> Result<Values> {
        if let Dtype::Class(n) = field.dtype {
            let labels = labels(array, name, n, &field.labels)?;
            return Ok(Values::Class(by_rows(labels, field, rows)?));
        }
        let mut values = array.reals().ok_or_else(|| {
            let e = Error::data("it holds words where numbers are needed").in_array(name);
            e.help("declare the field as `enum(…)` or `class(n)`")
        })?;
        let bad = |x: &f64| !(x * field.scale + field.offset).is_finite() || x.abs() > f64::from(f32::MAX);
        if let Some((k, x)) = values.by_ref().enumerate().find(|(_, x)| bad(x)) {
            let e = Error::data(format!("entry {} is {x}", array.index_of(k)));
            return Err(e.in_array(name).help("remove or replace what is not a finite number"));
        }
        let data = match array.clone() {
            HostArray::F64(a) => by_rows(a, field, rows)?.into(),
            HostArray::F32(a) => by_rows(a, field, rows)?.into(),
            HostArray::I64(a) => by_rows(a, field, rows)?.into(),
            HostArray::U8(a) => by_rows(a, field, rows)?.into(),
            HostArray::Text(a) => by_rows(a, field, rows)?.into(),
        };
        Ok(Values::Real {
            data,
            scale: field.scale,
            offset: field.offset,
        })
    }
}

/// The elements of some rows, in order.
fn rows<T>(array: &ArrayD<T>, at: Range<usize>) -> impl Iterator<Item = &T> {
    array.slice_axis(Axis(0), Slice::from(at)).into_iter()
}

/// The array with two axes, those of its rows and of a row's elements, channels being the last.
fn by_rows<T: Clone>(array: ArrayD<T>, field: &FieldSpec, rows: usize) -> Result<ArrayD<T>> {
    let array = match array.ndim() {
        n @ 2.. if field.channels_first => {
            let mut axes: Vec<usize> = (0..n).filter(|&k| k != 1).collect();
            axes.push(1);
            array.permuted_axes(axes)
        }
        _ => array,
    };
    let shape = IxDyn(&[rows, field.width()]);
    array
        .into_shape_clone(shape)
        .map_err(|e| Error::data(format!("`{}` cannot be divided into {rows} rows: {e}", field.name)))
}

/// The labels of an array, in its shape.
fn labels(array: &HostArray, name: &str, classes: u32, labels: &Labels) -> Result<ArrayD<u32>> {
    let wrong = |k: usize, value: &str, help: String| {
        Error::data(format!("entry {} is {value}", array.index_of(k)))
            .in_array(name)
            .help(help)
    };
    let numbers: Option<Vec<u32>> = match labels {
        Labels::Plain => None,
        Labels::Names(names) => names.iter().map(|n| atomic_number(n)).collect(),
    };
    let known = match labels {
        Labels::Plain => format!("labels lie in 0..{classes}"),
        Labels::Names(names) => format!("the program knows {}", list(names.iter())),
    };
    let found: Vec<u32> = match (array, labels) {
        (HostArray::Text(words), Labels::Names(names)) => {
            let find = |(k, w): (usize, &String)| {
                let at = names.iter().position(|n| n == w);
                at.map(|l| l as u32)
                    .ok_or_else(|| wrong(k, &format!("`{w}`"), known.clone()))
            };
            words.iter().enumerate().map(find).collect::<Result<_>>()?
        }
        _ => {
            let values = array.integers().ok_or_else(|| {
                Error::data(format!("labels are integers, but it holds {}", array.type_name()))
                    .in_array(name)
                    .help("convert it")
            })?;
            let label = |(k, &value): (usize, &i64)| {
                let label = match &numbers {
                    Some(all) => all.iter().position(|&n| i64::from(n) == value).map(|l| l as u32),
                    None => u32::try_from(value).ok().filter(|&l| l < classes),
                };
                label.ok_or_else(|| wrong(k, &value.to_string(), known.clone()))
            };
            values.iter().enumerate().map(label).collect::<Result<_>>()?
        }
    };
    ArrayD::from_shape_vec(IxDyn(array.shape()), found).map_err(|e| Error::data(e.to_string()).in_array(name))
}
