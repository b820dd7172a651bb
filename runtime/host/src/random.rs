//! Random inputs of programs: they are drawn here, on the host, by the seed and the moment.

use crate::rng::Rng;
use gdl_abi::{ArrayDecl, Instance, Signature};
use gdl_runtime::{Array, Program};
use serde::{Deserialize, Serialize};

/// How an input is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Draw {
    /// 1 with this probability, else 0.
    Bernoulli(f64),
    /// From the normal distribution with mean 0 and this standard deviation.
    Normal(f64),
}

/// The signature of a program without the inputs that are drawn; `draws` are their positions in ascending order, and how they are drawn.
pub fn without_draws(signature: &Signature, draws: &[(usize, Draw)]) -> Signature {
    let drawn = |k: usize| draws.iter().any(|r| r.0 == k);
    let kept = signature.inputs.iter().enumerate().filter(|(k, _)| !drawn(*k));
    Signature {
        inputs: kept.map(|(_, decl)| decl.clone()).collect(),
        ..signature.clone()
    }
}

/// All inputs of a program: those that are `given`, and those that are drawn for this seed and moment in their places.
///
/// Nothing else has an influence on what is drawn, so that a run that was cut and resumed draws as one that was not, wherever its weights are.
pub fn with_draws(
    program: &dyn Program,
    draws: &[(usize, Draw)],
    batch: &Instance,
    given: Vec<Array>,
    seed: u64,
    moment: Moment,
) -> Vec<Array> {
    let mut all = given;
    for &(k, how) in draws {
        let decl = &program.signature().inputs[k];
        let mut rng = Rng::named(seed, &format!("{} {moment}", decl.name));
        all.insert(k, draw(decl, batch, how, &mut rng, program.is_f64()));
    }
    all
}

/// When something is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After so many steps of the optimiser.
    Step(u64),
    /// For this batch of a pass over the data before training.
    Before(usize),
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Moment::Step(k) => write!(f, "at step {k}"),
            Moment::Before(k) => write!(f, "for batch {k} before all steps"),
        }
    }
}

/// Numbers for an input.
fn draw(decl: &ArrayDecl, batch: &Instance, how: Draw, rng: &mut Rng, double: bool) -> Array {
    let rows = decl.dim.map_or(1, |d| batch.rows[d.0 as usize]);
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
    use super::{Draw, Moment, draw, with_draws};
    use crate::rng::Rng;
    use gdl_abi::{ArrayDecl, Dtype, Instance, SAMPLES, Signature};
    use gdl_runtime::{Array, from_fn};

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
            let drawn = |seed| draw(&decl, &batch, how, &mut Rng::new(seed), true).to_f64();
            let x = drawn(7);
            let n = x.len() as f64;
            let mean = x.iter().sum::<f64>() / n;
            let centred = |k| x.iter().map(|v| (v - mean).powi(k)).sum::<f64>() / n;
            for (k, (have, want)) in [mean, centred(2), centred(3)].iter().zip(moments).enumerate() {
                let spread = [2.0, 6.0, 32.0][k] * 5.0 / n.sqrt();
                assert!((have - want).abs() < spread, "{how:?}, moment {k}: {have} and {want}");
            }
            assert_eq!(x, drawn(7));
            assert_ne!(x, drawn(8));
        }
    }

    #[test]
    fn draws_stand_in_their_places_and_differ_from_moment_to_moment() {
        let decl = |name: &str| ArrayDecl {
            name: name.into(),
            dim: None,
            axes: vec![3],
            dtype: Dtype::Real,
        };
        let signature = Signature {
            inputs: ["random.0", "x", "random.1"].map(decl).to_vec(),
            ..Signature::default()
        };
        let program = from_fn(signature, false, |_, _, _| Ok(Vec::new()));
        let x = Array::F32(vec![1.0, 2.0, 3.0]);
        let all = |seed, moment| {
            let draws = [(0, Draw::Normal(1.0)), (2, Draw::Normal(1.0))];
            with_draws(&program, &draws, &Instance::default(), vec![x.clone()], seed, moment)
        };
        let first = all(1, Moment::Step(0));
        assert!(first.len() == 3 && first[1] == x && first[0] != first[2]);
        assert_eq!(first, all(1, Moment::Step(0)));
        for other in [
            all(1, Moment::Step(1)),
            all(2, Moment::Step(0)),
            all(1, Moment::Before(0)),
        ] {
            assert!(first[0] != other[0] && first[2] != other[2]);
        }
    }
}
