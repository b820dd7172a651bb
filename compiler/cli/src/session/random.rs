//! Programs that draw random numbers: the draws are made here, so that callers see a program without them.

use super::fnv;
use gdl_abi::{Instance, Signature};
use gdl_host::rng::Rng;
use gdl_runtime::{Array, Program, RunError};

/// A program whose random inputs are drawn at every call.
///
/// The draw depends on the seed and on the parameters only, so that a run that was cut and resumed draws as one that was not.
pub struct Drawing {
    inner: Box<dyn Program>,
    signature: Signature,
    /// Positions of random inputs and the probabilities of a 1, ascending.
    randoms: Vec<(usize, f64)>,
    seed: u64,
}

impl Drawing {
    /// Wraps a program.
    pub fn new(inner: Box<dyn Program>, randoms: &[(usize, f64)], seed: u64) -> Drawing {
        let mut randoms = randoms.to_vec();
        randoms.sort_by_key(|r| r.0);
        let mut signature = inner.signature().clone();
        for (k, _) in randoms.iter().rev() {
            signature.inputs.remove(*k);
        }
        Drawing {
            inner,
            signature,
            randoms,
            seed,
        }
    }

    fn draw(&self, batch: &Instance, params: &[&Array]) -> Vec<Array> {
        let state = fnv(params.iter().flat_map(|p| p.to_f64()).flat_map(f64::to_le_bytes));
        let decls = self
            .randoms
            .iter()
            .map(|&(k, keep)| (&self.inner.signature().inputs[k], keep));
        decls
            .map(|(decl, keep)| {
                let rows = decl.dim.map_or(1, |d| batch.rows[d.0 as usize]);
                let mut rng = Rng::named(self.seed ^ state, &decl.name);
                let mut draw = || f64::from(u8::from(rng.uniform() < keep));
                let values = (0..rows * decl.row_len()).map(|_| draw());
                if self.inner.is_f64() {
                    Array::F64(values.collect())
                } else {
                    Array::F32(values.map(|x| x as f32).collect())
                }
            })
            .collect()
    }
}

impl Program for Drawing {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn is_f64(&self) -> bool {
        self.inner.is_f64()
    }

    fn run(
        &self,
        batch: &Instance,
        inputs: &[&Array],
        params: &[&Array],
        outputs: &mut Vec<Array>,
    ) -> Result<(), RunError> {
        let drawn = self.draw(batch, params);
        let mut all = inputs.to_vec();
        for ((k, _), array) in self.randoms.iter().zip(&drawn) {
            if *k > all.len() {
                return Err(RunError("an input is missing".into()));
            }
            all.insert(*k, array);
        }
        self.inner.run(batch, &all, params, outputs)
    }
}
