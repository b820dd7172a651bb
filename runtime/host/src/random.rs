//! Programs that draw random numbers: the draws are made here, so that callers see a program without them.

use crate::rng::{Rng, fnv};
use gdl_abi::{ArrayDecl, Instance, Signature};
use gdl_runtime::{Array, FromFn, Program, RunError, from_fn};
use serde::{Deserialize, Serialize};

/// How an input is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Draw {
    /// 1 with this probability, else 0.
    Bernoulli(f64),
    /// From the normal distribution with mean 0 and this standard deviation.
    Normal(f64),
}

/// The signature of a program without the inputs that are drawn.
pub fn without_draws(signature: &Signature, randoms: &[(usize, Draw)]) -> Signature {
    let drawn = |k: usize| randoms.iter().any(|r| r.0 == k);
    let kept = signature.inputs.iter().enumerate().filter(|(k, _)| !drawn(*k));
    Signature {
        inputs: kept.map(|(_, decl)| decl.clone()).collect(),
        ..signature.clone()
    }
}

/// A program whose random inputs are drawn at every call; `randoms` are their positions, and how they are drawn.
///
/// The draw depends on the seed and on the parameters only, so that a run that was cut and resumed draws as one that was not.
pub fn drawing(inner: Box<dyn Program>, randoms: &[(usize, Draw)], seed: u64) -> FromFn<'static> {
    let mut randoms = randoms.to_vec();
    randoms.sort_by_key(|r| r.0);
    let signature = without_draws(inner.signature(), &randoms);
    let double = inner.is_f64();
    from_fn(signature, double, move |batch, inputs, params| {
        let state = fnv(params.iter().flat_map(|p| p.to_f64()).flat_map(f64::to_le_bytes));
        let drawn: Vec<Array> = randoms
            .iter()
            .map(|&(k, how)| draw(&inner.signature().inputs[k], batch, how, seed ^ state, double))
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

/// Numbers for an input.
fn draw(decl: &ArrayDecl, batch: &Instance, how: Draw, seed: u64, double: bool) -> Array {
    let rows = decl.dim.map_or(1, |d| batch.rows[d.0 as usize]);
    let mut rng = Rng::named(seed, &decl.name);
    let values = (0..rows * decl.row_len()).map(|_| match how {
        Draw::Bernoulli(keep) => f64::from(u8::from(rng.uniform() < keep)),
        Draw::Normal(deviation) => deviation * rng.normal(),
    });
    if double {
        Array::F64(values.collect())
    } else {
        Array::F32(values.map(|x| x as f32).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Draw, draw};
    use gdl_abi::{ArrayDecl, Dtype, Instance, SAMPLES};

    #[test]
    fn draws_have_the_moments_of_their_distribution() {
        let decl = ArrayDecl {
            name: "random.0".into(),
            dim: Some(SAMPLES),
            axes: vec![20_000],
            dtype: Dtype::Real,
        };
        let batch = Instance {
            rows: vec![1],
            ..Instance::default()
        };
        // Mean, variance and third moment, within five standard errors.
        for (how, moments) in [
            (Draw::Normal(2.0), [0.0, 4.0, 0.0]),
            (Draw::Bernoulli(0.25), [0.25, 0.1875, 0.09375]),
        ] {
            let x = draw(&decl, &batch, how, 7, true).to_f64();
            let n = x.len() as f64;
            let mean = x.iter().sum::<f64>() / n;
            let centred = |k| x.iter().map(|v| (v - mean).powi(k)).sum::<f64>() / n;
            for (k, (have, want)) in [mean, centred(2), centred(3)].iter().zip(moments).enumerate() {
                let spread = [2.0, 6.0, 32.0][k] * 5.0 / n.sqrt();
                assert!((have - want).abs() < spread, "{how:?}, moment {k}: {have} and {want}");
            }
            assert_eq!(x, draw(&decl, &batch, how, 7, true).to_f64());
            assert_ne!(x, draw(&decl, &batch, how, 8, true).to_f64());
        }
    }
}
