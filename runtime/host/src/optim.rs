//! Optimisers, schedules, clipping, and averages of weights, as published and as PyTorch computes them.
//!
//! Everything runs in the parameters' own precision and in a fixed order, so that the same gradients give the same weights.

mod schedule;

use crate::error::{Error, Kind, Result};
use gdl_runtime::Array;
use serde::{Deserialize, Serialize};
use std::ops::{Add, Div, Mul, Sub};

pub use schedule::{Rate, Schedule, Time};

/// How gradients change weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Rule {
    /// Stochastic gradient descent: b ← μ b + g, w ← w − lr b (or lr (g + μ b) if `nesterov`).
    Sgd {
        /// μ; 0: none.
        momentum: f64,
        /// Look ahead along the momentum.
        nesterov: bool,
        /// Added to the gradient: `decay` · w.
        decay: f64,
    },
    /// Adam (Kingma and Ba 2015).
    Adam {
        /// Decay rate of the mean of gradients.
        beta1: f64,
        /// Decay rate of the mean of squared gradients.
        beta2: f64,
        /// Keeps the denominator from 0.
        eps: f64,
        /// Added to the gradient: `decay` · w.
        decay: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019): w ← (1 − lr · decay) w before each step.
    AdamW {
        /// Decay rate of the mean of gradients.
        beta1: f64,
        /// Decay rate of the mean of squared gradients.
        beta2: f64,
        /// Keeps the denominator from 0.
        eps: f64,
        /// The decay.
        decay: f64,
    },
}

impl Rule {
    /// Adam with β = (0.9, 0.999), ε = 1e-8, no decay.
    pub fn adam() -> Rule {
        Rule::Adam {
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            decay: 0.0,
        }
    }

    /// AdamW with β = (0.9, 0.999), ε = 1e-8.
    pub fn adamw(decay: f64) -> Rule {
        Rule::AdamW {
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            decay,
        }
    }

    /// Plain gradient descent, with momentum if that is not 0.
    pub fn sgd(momentum: f64) -> Rule {
        Rule::Sgd {
            momentum,
            nesterov: false,
            decay: 0.0,
        }
    }

    /// How many arrays it remembers for each parameter.
    pub fn memories(self) -> usize {
        match self {
            Rule::Sgd { momentum, .. } => usize::from(momentum != 0.0),
            Rule::Adam { .. } | Rule::AdamW { .. } => 2,
        }
    }
}

/// An optimiser's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptimSpec {
    /// The rule.
    pub rule: Rule,
    /// The learning rate over time.
    pub schedule: Schedule,
    /// Gradients are scaled down to this global norm.
    pub clip: Option<f64>,
    /// Weights are evaluated and kept as a moving average with this decay rate.
    pub average: Option<f64>,
}

impl OptimSpec {
    /// A rule and a schedule, neither clipping nor averaging.
    pub fn new(rule: Rule, schedule: Schedule) -> OptimSpec {
        OptimSpec {
            rule,
            schedule,
            clip: None,
            average: None,
        }
    }
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stepped {
    /// The learning rate.
    pub rate: f64,
    /// The norm of all gradients before clipping.
    pub norm: f64,
}

/// An optimiser and what it remembers.
#[derive(Clone, Debug)]
pub struct Optimizer {
    spec: OptimSpec,
    /// Steps taken.
    steps: u64,
    /// For each trained parameter: the means that its rule keeps, then the averaged weights if these are kept.
    memory: Vec<Vec<Array>>,
}

impl Optimizer {
    /// An optimiser that has not taken a step, for these trained parameters.
    ///
    /// # Errors
    /// If a setting is out of its range.
    pub fn new(spec: OptimSpec, trained: &[&Array]) -> Result<Optimizer> {
        check(&spec)?;
        let memory = trained
            .iter()
            .map(|p| {
                let mut arrays = vec![zeros_like(p); spec.rule.memories()];
                arrays.extend(spec.average.map(|_| (*p).clone()));
                arrays
            })
            .collect();
        Ok(Optimizer { spec, steps: 0, memory })
    }

    /// Changes the trained parameters, in the order of [`Optimizer::new`], by their gradients.
    ///
    /// # Errors
    /// If a gradient is NaN or infinite, or does not have its parameter's length and type; no parameter has changed then.
    pub fn step(&mut self, trained: &mut [&mut Array], gradients: &[&Array], time: Time) -> Result<Stepped> {
        let fits = |(p, g): (&&mut Array, &&Array)| {
            std::mem::discriminant(&**p) == std::mem::discriminant(*g) && p.len() == g.len()
        };
        if trained.len() != self.memory.len()
            || gradients.len() != trained.len()
            || !trained.iter().zip(gradients).all(fits)
        {
            return Err(Error::new(
                Kind::Run,
                "the gradients do not have the lengths and types of the parameters",
            ));
        }
        let norm = gradients.iter().map(|g| squares(g)).sum::<f64>().sqrt();
        if !norm.is_finite() {
            return Err(Error::new(Kind::NotFinite, "a gradient is NaN or infinite"));
        }
        let scale = self.spec.clip.map_or(1.0, |most| (most / (norm + 1e-6)).min(1.0));
        let Rate { rate, .. } = self.spec.schedule.at(time);
        let rule = self.spec.rule;
        let numbers = self.take_step(time);
        for ((p, g), memory) in trained.iter_mut().zip(gradients).zip(&mut self.memory) {
            match (&mut **p, g) {
                (Array::F32(p), Array::F32(g)) => apply(rule, &numbers, scale, p, g, memory),
                (Array::F64(p), Array::F64(g)) => apply(rule, &numbers, scale, p, g, memory),
                _ => {}
            }
            if let Some(decay) = self.spec.average
                && let Some(shadow) = memory.last_mut()
            {
                mix(shadow, p, decay);
            }
        }
        Ok(Stepped { rate, norm })
    }

    /// The numbers of the next step for a program that takes it ([`Rule::numbers`]), which counts as taken.
    pub fn take_step(&mut self, time: Time) -> Vec<f64> {
        let Rate { rate, momentum } = self.spec.schedule.at(time);
        self.steps += 1;
        with_momentum(self.spec.rule, momentum).numbers(rate, self.steps)
    }

    /// Takes back the last step, whose program has changed nothing.
    pub fn take_back(&mut self) {
        self.steps = self.steps.saturating_sub(1);
    }

    /// The settings.
    pub fn spec(&self) -> &OptimSpec {
        &self.spec
    }

    /// The averaged weights of trained parameter `k`, if they are kept.
    pub fn averaged(&self, k: usize) -> Option<&Array> {
        self.spec.average?;
        self.memory.get(k)?.last()
    }

    /// Steps taken, and what is remembered for each trained parameter: all there is to save.
    pub fn state(&self) -> (u64, &[Vec<Array>]) {
        (self.steps, &self.memory)
    }

    /// Puts back what [`Optimizer::state`] gave.
    ///
    /// # Errors
    /// If it is of other lengths or types.
    pub fn restore(&mut self, steps: u64, memory: Vec<Vec<Array>>) -> Result<()> {
        let form = |m: &[Vec<Array>]| -> Vec<Vec<(std::mem::Discriminant<Array>, usize)>> {
            m.iter()
                .map(|v| v.iter().map(|a| (std::mem::discriminant(a), a.len())).collect())
                .collect()
        };
        if form(&memory) != form(&self.memory) {
            return Err(Error::data("the saved state is that of another optimiser")
                .help("resume with the same optimiser and precision"));
        }
        (self.steps, self.memory) = (steps, memory);
        Ok(())
    }
}

fn check(spec: &OptimSpec) -> Result<()> {
    let unit = |x: f64| (0.0..1.0).contains(&x);
    let rule = match spec.rule {
        Rule::Sgd {
            momentum,
            nesterov,
            decay,
        } => unit(momentum) && decay >= 0.0 && (!nesterov || momentum > 0.0),
        Rule::Adam {
            beta1,
            beta2,
            eps,
            decay,
        }
        | Rule::AdamW {
            beta1,
            beta2,
            eps,
            decay,
        } => unit(beta1) && unit(beta2) && eps > 0.0 && decay >= 0.0,
    };
    let what = match spec {
        _ if !rule => format!("{:?} has a setting out of its range", spec.rule),
        OptimSpec { clip: Some(c), .. } if c.is_nan() || *c <= 0.0 => {
            format!("gradients cannot be clipped to {c}")
        }
        OptimSpec { average: Some(d), .. } if !unit(*d) => format!("weights cannot be averaged with a decay of {d}"),
        _ => return spec.schedule.check(),
    };
    Err(Error::config(what)
        .help("momentum, betas and averages lie in 0..1, decays are not negative, clip and eps are positive"))
}

/// The rule with another momentum or β₁, unless it has none.
fn with_momentum(rule: Rule, momentum: Option<f64>) -> Rule {
    match (rule, momentum) {
        (
            Rule::Sgd {
                momentum: m,
                nesterov,
                decay,
            },
            Some(momentum),
        ) if m != 0.0 => Rule::Sgd {
            momentum,
            nesterov,
            decay,
        },
        (Rule::Adam { beta2, eps, decay, .. }, Some(beta1)) => Rule::Adam {
            beta1,
            beta2,
            eps,
            decay,
        },
        (Rule::AdamW { beta2, eps, decay, .. }, Some(beta1)) => Rule::AdamW {
            beta1,
            beta2,
            eps,
            decay,
        },
        _ => rule,
    }
}

impl Rule {
    /// The numbers that the rule needs at a step, the same for all weights: the `steps`-th one, at this learning rate.
    pub fn numbers(self, rate: f64, steps: u64) -> Vec<f64> {
        match self {
            Rule::Sgd { momentum, decay, .. } => vec![rate, momentum, decay],
            Rule::Adam {
                beta1,
                beta2,
                eps,
                decay,
            } => adam_numbers(rate, steps, [beta1, beta2, eps], [1.0, decay]),
            Rule::AdamW {
                beta1,
                beta2,
                eps,
                decay,
            } => adam_numbers(rate, steps, [beta1, beta2, eps], [1.0 - rate * decay, 0.0]),
        }
    }

    /// A weight after a step, from the weight, its gradient, and what is remembered of it, which changes too; `numbers` are those of
    /// [`Rule::numbers`]. Numbers and programs of the tensor IR are updated by this alone.
    pub fn update<T: Number>(self, numbers: &[T], weight: T, gradient: T, memory: &mut [T]) -> T {
        match (self, numbers, memory) {
            (Rule::Sgd { nesterov, .. }, &[rate, momentum, decay], [b]) => {
                let g = gradient + decay * weight;
                *b = momentum * *b + g;
                weight - rate * if nesterov { g + momentum * *b } else { *b }
            }
            (Rule::Sgd { .. }, &[rate, _, decay], _) => weight - rate * (gradient + decay * weight),
            (_, &[size, root, b1, c1, b2, c2, eps, shrink, decay], [m, v]) => {
                let w = weight * shrink;
                let g = gradient + decay * w;
                *m = b1 * *m + c1 * g;
                *v = b2 * *v + c2 * g * g;
                w - size * *m / (v.sqrt() / root + eps)
            }
            _ => weight,
        }
    }
}

/// Of Adam: weights shrink by a factor before, and `decay` times them is added to the gradient.
fn adam_numbers(rate: f64, steps: u64, [beta1, beta2, eps]: [f64; 3], [shrink, decay]: [f64; 2]) -> Vec<f64> {
    let correction = |beta: f64| 1.0 - beta.powf(steps as f64);
    let size = rate / correction(beta1);
    let root = correction(beta2).sqrt();
    vec![size, root, beta1, 1.0 - beta1, beta2, 1.0 - beta2, eps, shrink, decay]
}

/// Changes the weights `p` by the gradient `g`, scaled.
fn apply<T: Real>(rule: Rule, numbers: &[f64], scale: f64, p: &mut [T], g: &[T], memory: &mut [Array]) {
    let numbers: Vec<T> = numbers.iter().map(|&x| T::new(x)).collect();
    let scale = T::new(scale);
    let mut memory: Vec<&mut Vec<T>> = memory.iter_mut().take(rule.memories()).filter_map(T::of).collect();
    match memory.as_mut_slice() {
        [m, v] => {
            for (((p, &g), m), v) in p.iter_mut().zip(g).zip(m.iter_mut()).zip(v.iter_mut()) {
                let mut own = [*m, *v];
                *p = rule.update(&numbers, *p, g * scale, &mut own);
                [*m, *v] = own;
            }
        }
        [b] => {
            for ((p, &g), b) in p.iter_mut().zip(g).zip(b.iter_mut()) {
                *p = rule.update(&numbers, *p, g * scale, std::slice::from_mut(b));
            }
        }
        _ => {
            for (p, &g) in p.iter_mut().zip(g) {
                *p = rule.update(&numbers, *p, g * scale, &mut []);
            }
        }
    }
}

/// What a rule computes with: numbers, or values of a program.
pub trait Number: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> {
    /// The square root.
    fn sqrt(self) -> Self;
}

impl Number for f32 {
    fn sqrt(self) -> f32 {
        f32::sqrt(self)
    }
}

impl Number for f64 {
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
}

/// f32 or f64.
trait Real: Number {
    fn new(x: f64) -> Self;
    /// The elements of an array of this type.
    fn of(array: &mut Array) -> Option<&mut Vec<Self>>;
}

impl Real for f32 {
    fn new(x: f64) -> f32 {
        x as f32
    }
    fn of(array: &mut Array) -> Option<&mut Vec<f32>> {
        if let Array::F32(v) = array { Some(v) } else { None }
    }
}

impl Real for f64 {
    fn new(x: f64) -> f64 {
        x
    }
    fn of(array: &mut Array) -> Option<&mut Vec<f64>> {
        if let Array::F64(v) = array { Some(v) } else { None }
    }
}

/// Zeros of the same length and type.
fn zeros_like(a: &Array) -> Array {
    match a {
        Array::F32(v) => Array::F32(vec![0.0; v.len()]),
        Array::F64(v) => Array::F64(vec![0.0; v.len()]),
        Array::Class(v) => Array::Class(vec![0; v.len()]),
    }
}

fn squares(a: &Array) -> f64 {
    match a {
        Array::F32(v) => v.iter().map(|&x| f64::from(x) * f64::from(x)).sum(),
        Array::F64(v) => v.iter().map(|&x| x * x).sum(),
        Array::Class(_) => 0.0,
    }
}

/// `a` ← `keep` · `a` + (1 − `keep`) · `b`; arrays of different types are left alone.
pub(crate) fn mix(a: &mut Array, b: &Array, keep: f64) {
    match (a, b) {
        (Array::F32(a), Array::F32(b)) => {
            a.iter_mut()
                .zip(b)
                .for_each(|(a, &b)| *a = (keep * f64::from(*a) + (1.0 - keep) * f64::from(b)) as f32);
        }
        (Array::F64(a), Array::F64(b)) => a
            .iter_mut()
            .zip(b)
            .for_each(|(a, &b)| *a = keep * *a + (1.0 - keep) * b),
        _ => {}
    }
}
