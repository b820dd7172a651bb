//! Learning rates over time.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Where a training run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// Steps before this one.
    pub step: u64,
    /// Steps in all.
    pub total: u64,
    /// Steps an epoch.
    pub per_epoch: u64,
}

/// What a schedule says at some time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// The learning rate.
    pub rate: f64,
    /// The momentum (β₁ of Adam), where the schedule sets it.
    pub momentum: Option<f64>,
}

/// A learning rate over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Schedule {
    /// Always the same.
    Constant(f64),
    /// One cycle (Smith and Topin 2017) with PyTorch's defaults: over the first 30 % of all steps from max / 25 up to max, then
    /// down to max / 250,000, both along a cosine; the momentum (β₁ of Adam) goes from 0.95 to 0.85 and back.
    OneCycle {
        /// The largest rate.
        max: f64,
    },
    /// From `max` down to `min` along half a cosine.
    Cosine {
        /// The first rate.
        max: f64,
        /// The rate after the last step.
        min: f64,
    },
    /// Multiplied by `factor` after every `epochs` epochs.
    Step {
        /// The first rate.
        first: f64,
        /// Epochs between changes.
        epochs: u64,
        /// The factor.
        factor: f64,
    },
    /// From `1/steps` of the first rate of `then` up to it in a line, then `then` over the steps that are left.
    Warmup {
        /// Steps on the way up.
        steps: u64,
        /// What follows.
        then: Box<Schedule>,
    },
}

impl Schedule {
    /// The rate at a time; past the end, that of the last step.
    pub fn at(&self, time: Time) -> Rate {
        let total = time.total.max(1);
        let step = time.step.min(total - 1);
        let plain = |rate| Rate { rate, momentum: None };
        match self {
            Schedule::Constant(rate) => plain(*rate),
            Schedule::OneCycle { max } => {
                let (rise, last) = (0.3 * total as f64 - 1.0, (total - 1) as f64);
                let step = step as f64;
                if step <= rise {
                    let done = step / rise;
                    Rate {
                        rate: cosine(max / 25.0, *max, done),
                        momentum: Some(cosine(0.95, 0.85, done)),
                    }
                } else {
                    let done = (step - rise) / (last - rise);
                    Rate {
                        rate: cosine(*max, max / 25.0 / 1e4, done),
                        momentum: Some(cosine(0.85, 0.95, done)),
                    }
                }
            }
            Schedule::Cosine { max, min } => plain(cosine(*max, *min, step as f64 / total as f64)),
            Schedule::Step { first, epochs, factor } => {
                let changes = step / time.per_epoch.max(1) / epochs;
                plain(first * factor.powf(changes as f64))
            }
            Schedule::Warmup { steps, then } => {
                let rest = |step| Time {
                    step,
                    total: total.saturating_sub(*steps),
                    per_epoch: time.per_epoch,
                };
                if step >= *steps {
                    return then.at(rest(step - steps));
                }
                let Rate { rate, momentum } = then.at(rest(0));
                Rate {
                    rate: rate * (step + 1) as f64 / *steps as f64,
                    momentum,
                }
            }
        }
    }

    /// # Errors
    /// If a rate is negative or not finite, or a number of epochs is 0.
    pub(super) fn check(&self) -> Result<()> {
        let rate = |x: f64| x >= 0.0 && x.is_finite();
        let sound = match self {
            Schedule::Constant(x) | Schedule::OneCycle { max: x } => rate(*x),
            Schedule::Cosine { max, min } => rate(*max) && rate(*min),
            Schedule::Step { first, epochs, factor } => rate(*first) && *epochs > 0 && rate(*factor),
            Schedule::Warmup { then, .. } => return then.check(),
        };
        match sound {
            true => Ok(()),
            false => Err(Error::config(format!("{self:?} has a setting out of its range"))
                .help("rates are finite and not negative")),
        }
    }
}

/// From `a` to `b` along half a cosine, `done` in `0..=1` of the way.
fn cosine(a: f64, b: f64, done: f64) -> f64 {
    b + (a - b) / 2.0 * (1.0 + (PI * done).cos())
}
