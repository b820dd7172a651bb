//! A program on the samples of a fold.

use crate::data::Fold;
use crate::error::{Error, Kind, Result};
use crate::files::HostArray;
use gdl_abi::{ArrayDecl, DimDef, DoorSizes, Instance, Signature};
use gdl_runtime::{Array, Program, RunError, bind};
use std::borrow::Cow;

/// Samples that are run at once.
const BATCH: usize = 256;

/// All samples, batch by batch: the outputs, and the offsets of samples where these differ in size.
///
/// # Errors
/// Names what is wrong with the data, or why the program could not run.
pub fn run(program: &dyn Program, params: &[&Array], fold: &Fold) -> Result<Vec<(String, HostArray)>> {
    let signature = program.signature();
    let mut joined: Vec<Vec<f64>> = vec![Vec::new(); signature.outputs.len()];
    let mut doors: Vec<DoorSizes> = Vec::new();
    let mut outputs = Vec::new();
    let mut double = false;
    let failed = |e: RunError| Error::new(Kind::Run, e.to_string());
    let mut bound = bind(program, params.iter().map(|p| Cow::Borrowed(*p)).collect()).map_err(failed)?;
    for ids in fold.ids.chunks(BATCH) {
        let (door, inputs) = fold.data.batch(ids, signature, program.is_f64())?;
        let instance = Instance::new(&signature.domains, &door).map_err(|e| Error::new(Kind::Data, e))?;
        let inputs: Vec<&Array> = inputs.iter().collect();
        bound.run(&instance, &inputs, &mut outputs).map_err(failed)?;
        for (all, part) in joined.iter_mut().zip(&outputs) {
            double |= matches!(part, Array::F64(_));
            all.extend(part.to_f64());
        }
        doors.push(door);
    }
    let mut results = Vec::new();
    let mut offsets: Vec<String> = Vec::new();
    for (decl, values) in signature.outputs.iter().zip(joined) {
        let shape = shape(signature, decl, doors.first(), values.len());
        let array = if double {
            HostArray::new(&shape, values)?
        } else {
            HostArray::new(&shape, values.iter().map(|&x| x as f32).collect::<Vec<_>>())?
        };
        results.push((decl.name.clone(), array));
        if let Some(DimDef::Ragged { name }) = decl.dim.map(|d| signature.domains.dim_def(d))
            && !offsets.contains(name)
        {
            offsets.push(name.clone());
        }
    }
    for name in offsets {
        let mut ptr = vec![0i64];
        for (_, part) in doors.iter().flat_map(|d| &d.ragged).filter(|(n, _)| *n == name) {
            ptr.extend(part.windows(2).map(|w| i64::from(w[1] - w[0])));
        }
        for k in 1..ptr.len() {
            ptr[k] += ptr[k - 1];
        }
        results.push((format!("{name}.ptr"), ptr.into()));
    }
    Ok(results)
}

/// The shape of an output of `len` numbers from batches of which `door` is one: samples and cells, or rows, then its static axes.
pub fn shape(signature: &Signature, decl: &ArrayDecl, door: Option<&DoorSizes>, len: usize) -> Vec<usize> {
    let rows = len / decl.row_len().max(1);
    let grid = |name: &String| {
        let found = door?.grids.iter().find(|(n, _)| n == name)?;
        Some(found.1.iter().map(|&n| n as usize).collect::<Vec<_>>())
    };
    let mut shape = match decl.dim.map(|d| signature.domains.dim_def(d)) {
        Some(DimDef::Grid { name, .. }) => {
            let extents = grid(name).unwrap_or_default();
            let cells: usize = extents.iter().product();
            std::iter::once(rows / cells.max(1)).chain(extents).collect()
        }
        _ => vec![rows],
    };
    if decl.axes != [1] {
        shape.extend(decl.axes.iter().map(|&n| n as usize));
    }
    shape
}
