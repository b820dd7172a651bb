//! What is checked before code runs, so that it can stay inside its arrays.

#![forbid(unsafe_code)]

use crate::{Array, RunError};
use gdl_abi::{ArrayDecl, Dtype, Instance, MapId, Signature};

/// Checks numbers, lengths, types and labels of all arguments against a batch.
pub fn check(
    signature: &Signature,
    double: bool,
    batch: &Instance,
    inputs: &[&Array],
    params: &[&Array],
) -> Result<(), RunError> {
    check_inputs(signature, double, batch, inputs)?;
    check_params(signature, double, batch, params)
}

/// As [`check`], without parameters.
pub fn check_inputs(signature: &Signature, double: bool, batch: &Instance, inputs: &[&Array]) -> Result<(), RunError> {
    let domains = &signature.domains;
    if batch.rows.len() != domains.dims.len() || batch.maps.len() != domains.maps.len() {
        return Err(RunError("the batch belongs to another program".into()));
    }
    for (k, data) in batch.maps.iter().enumerate() {
        let map = MapId(k as u32);
        let (parts, (from, to)) = (domains.parts(map), domains.ends(map));
        let [from, to] = [from, to].map(|d| batch.rows[d.0 as usize]);
        let arrays = [
            (parts.index, data.index.len(), from),
            (parts.ptr, data.ptr.len(), to + 1),
            (parts.order, data.order.len(), from),
        ];
        if arrays.iter().any(|(read, have, want)| *read && have != want) {
            return Err(RunError(
                "the batch was made for a program that reads less of it".into(),
            ));
        }
    }
    check_list("input", &signature.inputs, double, batch, inputs)
}

/// Checks numbers, lengths and types of parameters, which have no rows.
pub fn check_params(signature: &Signature, double: bool, batch: &Instance, params: &[&Array]) -> Result<(), RunError> {
    check_list("parameter", &signature.params, double, batch, params)
}

fn check_list(
    kind: &str,
    decls: &[ArrayDecl],
    double: bool,
    batch: &Instance,
    arrays: &[&Array],
) -> Result<(), RunError> {
    if decls.len() != arrays.len() {
        return Err(RunError(format!(
            "{} {kind} arrays were given, {} are needed",
            arrays.len(),
            decls.len()
        )));
    }
    decls
        .iter()
        .zip(arrays)
        .try_for_each(|(decl, array)| check_array(kind, decl, double, batch, array))
}

fn check_array(kind: &str, decl: &ArrayDecl, double: bool, batch: &Instance, array: &Array) -> Result<(), RunError> {
    let name = &decl.name;
    let rows = decl.dim.map_or(1, |d| batch.rows[d.0 as usize]);
    let want = rows * decl.row_len();
    if array.len() != want {
        return Err(RunError(format!(
            "{kind} `{name}` has {} elements, but {rows} rows of {} are needed",
            array.len(),
            decl.row_len()
        )));
    }
    match (decl.dtype, array) {
        (Dtype::Real, Array::F32(_)) if !double => Ok(()),
        (Dtype::Real, Array::F64(_)) if double => Ok(()),
        (Dtype::Real, _) => Err(RunError(format!(
            "{kind} `{name}` must hold {} numbers",
            if double { "f64" } else { "f32" }
        ))),
        (Dtype::Class(n), Array::Class(labels)) => match labels.iter().position(|&l| l >= n) {
            Some(k) => Err(RunError(format!(
                "{kind} `{name}`: label {} at {k} is not in 0..{n}",
                labels[k]
            ))),
            None => Ok(()),
        },
        (Dtype::Class(_), _) => Err(RunError(format!("{kind} `{name}` must hold class labels"))),
    }
}
