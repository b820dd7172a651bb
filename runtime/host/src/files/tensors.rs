//! The safetensors format: a JSON header and flat little-endian tensors.

use super::array::HostArray;
use super::bytes::{self, Scalar};
use super::table::Table;
use crate::error::{Error, Result};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Reads the bytes of a safetensors file; `path` is for errors.
///
/// # Errors
/// If the header is malformed, offsets overlap or leave gaps, the file is truncated, or a tensor is of a type that arrays do not
/// have (8-bit floats, complex numbers).
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Table> {
    let fail = |e: safetensors::SafeTensorError| {
        Error::format(format!("it is not a sound safetensors file: {e}")).help("save or copy it again")
    };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(fail)?;
    let file = SafeTensors::deserialize(bytes).map_err(fail)?;
    let mut table = Table::new(path);
    for (name, view) in file.iter() {
        let scalar = scalar(view.dtype()).ok_or_else(|| {
            let text = format!("elements of type {} are not supported", view.dtype());
            Error::format(text)
                .in_array(name)
                .help("save it as f32, f64 or integers")
        })?;
        let data = scalar.decode(view.data(), false).map_err(|e| e.in_array(name))?;
        table.insert(name, data.reshaped(view.shape()).map_err(|e| e.in_array(name))?)?;
    }
    if let Some(notes) = header.metadata() {
        table.notes = notes.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    }
    Ok(table)
}

/// The bytes of a safetensors file with these tensors and notes. The same contents give the same bytes.
///
/// # Errors
/// For text arrays, which are not written, and headers of more than 100 MB.
pub fn encode(arrays: &BTreeMap<String, HostArray>, notes: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let bytes: Vec<(Dtype, Vec<u8>)> = arrays
        .iter()
        .map(|(name, array)| raw(array).ok_or_else(|| Error::data("text arrays cannot be written").in_array(name)))
        .collect::<Result<_>>()?;
    let fail = |e| Error::data(format!("the tensors cannot be written: {e}"));
    let mut views = Vec::with_capacity(arrays.len());
    for ((name, array), (dtype, data)) in arrays.iter().zip(&bytes) {
        views.push((
            name,
            TensorView::new(*dtype, array.shape().to_vec(), data).map_err(fail)?,
        ));
    }
    // One note: a map of several would be written in an order that changes from run to run.
    let header = (!notes.is_empty()).then(|| {
        [(NOTES.to_string(), serde_json::json!(notes).to_string())]
            .into_iter()
            .collect()
    });
    serialize(views, header).map_err(fail)
}

/// The key under which all notes of a file that this crate wrote stand, as one JSON object.
const NOTES: &str = "gdl";

/// The notes of a file that [`encode`] wrote.
///
/// # Errors
/// If it has none.
pub fn notes(table: &Table) -> Result<BTreeMap<String, String>> {
    let text = table.notes.get(NOTES).ok_or_else(|| {
        Error::data("it was not written by GDL: its header has no notes")
            .in_file(&table.path)
            .help("load it as weights only")
    })?;
    serde_json::from_str(text).map_err(|e| Error::format(format!("its notes are malformed: {e}")).in_file(&table.path))
}

fn raw(array: &HostArray) -> Option<(Dtype, Vec<u8>)> {
    let dtype = match array {
        HostArray::F64(_) => Dtype::F64,
        HostArray::F32(_) => Dtype::F32,
        HostArray::I64(_) => Dtype::I64,
        HostArray::U8(_) => Dtype::U8,
        HostArray::Text(_) => return None,
    };
    Some((dtype, bytes::encode(array)?))
}

fn scalar(dtype: Dtype) -> Option<Scalar> {
    Some(match dtype {
        Dtype::BOOL => Scalar::Bool,
        Dtype::U8 => Scalar::U8,
        Dtype::I8 => Scalar::I8,
        Dtype::U16 => Scalar::U16,
        Dtype::I16 => Scalar::I16,
        Dtype::U32 => Scalar::U32,
        Dtype::I32 => Scalar::I32,
        Dtype::U64 => Scalar::U64,
        Dtype::I64 => Scalar::I64,
        Dtype::F16 => Scalar::F16,
        Dtype::BF16 => Scalar::BF16,
        Dtype::F32 => Scalar::F32,
        Dtype::F64 => Scalar::F64,
        _ => return None,
    })
}
