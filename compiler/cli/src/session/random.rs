//! Programs that draw random numbers: the draws are made here, so that callers see a program without them.

use super::fnv;
use gdl_abi::{ArrayDecl, Instance};
use gdl_host::rng::Rng;
use gdl_runtime::{Array, FromFn, Program, RunError, from_fn};

/// A program whose random inputs are drawn at every call; `randoms` are their positions and the probabilities of a 1.
///
/// The draw depends on the seed and on the parameters only, so that a run that was cut and resumed draws as one that was not.
pub fn drawing(inner: Box<dyn Program>, randoms: &[(usize, f64)], seed: u64) -> FromFn<'static> {
    let mut randoms = randoms.to_vec();
    randoms.sort_by_key(|r| r.0);
    let mut signature = inner.signature().clone();
    for (k, _) in randoms.iter().rev() {
        signature.inputs.remove(*k);
    }
    let double = inner.is_f64();
    from_fn(signature, double, move |batch, inputs, params| {
        let state = fnv(params.iter().flat_map(|p| p.to_f64()).flat_map(f64::to_le_bytes));
        let drawn: Vec<Array> = randoms
            .iter()
            .map(|&(k, keep)| draw(&inner.signature().inputs[k], batch, keep, seed ^ state, double))
            .collect();
        let mut all = inputs.to_vec();
        for ((k, _), array) in randoms.iter().zip(&drawn) {
            if *k > all.len() {
                return Err(RunError("an input is missing".into()));
            }
            all.insert(*k, array);
        }
        let mut outputs = Vec::new();
        inner.run(batch, &all, params, &mut outputs)?;
        Ok(outputs)
    })
}

/// Ones with this probability, else zeros.
fn draw(decl: &ArrayDecl, batch: &Instance, keep: f64, seed: u64, double: bool) -> Array {
    let rows = decl.dim.map_or(1, |d| batch.rows[d.0 as usize]);
    let mut rng = Rng::named(seed, &decl.name);
    let values = (0..rows * decl.row_len()).map(|_| f64::from(u8::from(rng.uniform() < keep)));
    if double {
        Array::F64(values.collect())
    } else {
        Array::F32(values.map(|x| x as f32).collect())
    }
}
