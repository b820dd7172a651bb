//! The values of one field over all samples.

use super::spec::{FieldSpec, Labels};
use crate::error::{Error, Result};
use crate::files::{Elements, HostArray, atomic_number, list};
use gdl_abi::Dtype;
use gdl_runtime::Array;
use std::ops::Range;

/// The values of a field, checked: reals are finite, labels in range.
#[derive(Clone, Debug)]
pub(super) enum Values {
    /// The file's numbers, still to be scaled.
    Real { data: Elements, scale: f64, offset: f64 },
    /// Labels.
    Class(Vec<u32>),
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
    fn extend<T: Copy>(&mut self, values: Option<&[T]>, real: impl Fn(T) -> f64) {
        let values = values.unwrap_or_default().iter();
        match self {
            Out::F32(v) => v.extend(values.map(|&x| real(x) as f32)),
            Out::F64(v) => v.extend(values.map(|&x| real(x))),
            Out::Class(_) => {}
        }
    }

    /// Appends `rows` numbers: 1 at `place`, 0 elsewhere.
    pub(super) fn indicate(&mut self, rows: usize, place: usize) {
        let all: Vec<usize> = (0..rows).collect();
        self.extend(Some(&all), |k| f64::from(u8::from(k == place)));
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
    /// Appends elements `at` to `out`.
    pub(super) fn copy(&self, at: Range<usize>, out: &mut Out) {
        match self {
            Values::Real { data, scale, offset } => {
                let affine = |x: f64| x * scale + offset;
                match data {
                    Elements::F64(v) => out.extend(v.get(at), affine),
                    Elements::F32(v) => out.extend(v.get(at), |x| affine(x.into())),
                    Elements::I64(v) => out.extend(v.get(at), |x| affine(x as f64)),
                    Elements::U8(v) => out.extend(v.get(at), |x| affine(x.into())),
                    Elements::Text(_) => {}
                }
            }
            Values::Class(labels) => {
                if let Out::Class(v) = out {
                    v.extend(labels.get(at).unwrap_or_default());
                }
            }
            // Rows of nodes, not elements of an array: see `Out::indicate`.
            Values::Indicator(_) => {}
        }
    }

    /// Reads and checks the array of a field.
    ///
    /// # Errors
    /// Names the first value that is NaN, infinite, too large for f32, or no label.
    pub(super) fn read(array: &HostArray, name: &str, field: &FieldSpec) -> Result<Values> {
        match field.dtype {
            Dtype::Class(n) => labels(array, name, n, &field.labels).map(Values::Class),
            Dtype::Real => {
                for k in 0..array.data.len() {
                    let x = array.data.real(k).ok_or_else(|| {
                        let e = Error::data("it holds words where numbers are needed").in_array(name);
                        e.help("declare the field as `enum(…)` or `class(n)`")
                    })?;
                    if !(x * field.scale + field.offset).is_finite() || x.abs() > f64::from(f32::MAX) {
                        let e = Error::data(format!("entry {} is {x}", place(&array.shape, k)));
                        return Err(e.in_array(name).help("remove or replace what is not a finite number"));
                    }
                }
                Ok(Values::Real {
                    data: array.data.clone(),
                    scale: field.scale,
                    offset: field.offset,
                })
            }
        }
    }
}

fn labels(array: &HostArray, name: &str, classes: u32, labels: &Labels) -> Result<Vec<u32>> {
    let wrong = |k: usize, value: &str, help: String| {
        Error::data(format!("entry {} is {value}", place(&array.shape, k)))
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
    if let (Elements::Text(words), Labels::Names(names)) = (&array.data, labels) {
        let find = |(k, w): (usize, &String)| {
            let at = names.iter().position(|n| n == w);
            at.map(|l| l as u32)
                .ok_or_else(|| wrong(k, &format!("`{w}`"), known.clone()))
        };
        return words.iter().enumerate().map(find).collect();
    }
    let label = |k: usize| {
        let value = array.data.integer(k).ok_or_else(|| {
            Error::data(format!("labels are integers, but it holds {}", array.data.type_name()))
                .in_array(name)
                .help("convert it")
        })?;
        let label = match &numbers {
            Some(all) => all.iter().position(|&n| i64::from(n) == value).map(|l| l as u32),
            None => u32::try_from(value).ok().filter(|&l| l < classes),
        };
        label.ok_or_else(|| wrong(k, &value.to_string(), known.clone()))
    };
    (0..array.data.len()).map(label).collect()
}

/// `[3, 0, 1]`: where element `k` stands in an array.
pub(super) fn place(shape: &[usize], mut k: usize) -> String {
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&n| {
            let here = k % n.max(1);
            k /= n.max(1);
            here
        })
        .collect();
    index.reverse();
    format!("{index:?}")
}
