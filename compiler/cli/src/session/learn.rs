//! A training step that updates its parameters too, for devices on which they stay ([`gdl_host::train::device`]).
//!
//! The rule of the optimiser is that of [`Rule::update`](gdl_host::optim::Rule::update), whoever computes: here it is applied to values of a program.

use super::programs::Training;
use gdl_core::ir::build::Builder;
use gdl_core::ir::{Func, Scalar, Shape, Value};
use gdl_host::optim::{Number, OptimSpec};
use gdl_host::train::Update;
use gdl_host::train::device::{NORM, NUMBERS, memory, next};
use gdl_rep::Exact;
use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Sub};

/// What is larger counts as infinite.
const FINITE: f64 = 3e38;

/// The step of a training with the next values of everything that changes.
///
/// # Errors
/// A program that is not well formed.
pub fn learning(training: &Training, optim: &OptimSpec) -> Result<Func, String> {
    let names = training.step.outputs.clone();
    let (mut b, results) = Builder::resume(training.step.clone());
    let output = |name: &str| {
        let k = names.iter().position(|n| n == name);
        k.map(|k| results[k])
            .ok_or_else(|| format!("the step has no output `{name}`"))
    };
    let parameter = |b: &mut Builder, name: &str| {
        let k = b.params().iter().position(|p| p.name == name);
        let k = k.ok_or_else(|| format!("the step has no parameter `{name}`"))?;
        let axes = b.params()[k].axes.clone();
        Ok::<Value, String>(b.read_param(k as u32, &axes))
    };
    let count = optim.rule.numbers(0.0, 1).len() as u32;
    let numbers = b.input(NUMBERS, None, &[count], gdl_abi::Dtype::Real);
    let mut trained = Vec::new();
    for (name, gradient) in &training.plan.gradients {
        trained.push((name, parameter(&mut b, name)?, output(gradient)?));
    }
    let mut followed = Vec::new();
    for stat in &training.plan.stats {
        if let Update::Momentum(m) = stat.update {
            followed.push((&stat.state, parameter(&mut b, &stat.state)?, output(&stat.output)?, m));
        }
    }
    // Whether everything is finite.
    let squares = sum_of_squares(&mut b, trained.iter().map(|(_, _, g)| *g));
    let norm = b.map1(Scalar::Sqrt, squares);
    let loss = output(&training.plan.loss)?;
    let others = sum_of_squares(&mut b, followed.iter().map(|(_, _, x, _)| *x).chain([loss]));
    let most = b.scalar(Exact::float(FINITE));
    let [good, also] = [squares, others].map(|x| b.map2(Scalar::Le, x, most));
    let good = b.mul(good, also);

    let mut all: Vec<(String, Value)> = training
        .plan
        .names()
        .iter()
        .map(|n| Ok((n.clone(), output(n)?)))
        .collect::<Result<_, String>>()?;
    all.push((NORM.into(), norm));
    let mut changes: Vec<(String, Value)> = Vec::new();
    let mut memories: Vec<(String, Value)> = Vec::new();
    let one = b.scalar(Exact::float(1.0));
    let scale = optim.clip.map(|most| {
        let norm = b.shift(norm, Exact::float(1e-6));
        let most = b.scalar(Exact::float(most));
        let ratio = b.div(most, norm);
        b.map2(Scalar::Min, ratio, one)
    });
    for (name, weight, gradient) in trained {
        let shape = b.shape(weight);
        let mut old = Vec::new();
        for k in 0..optim.rule.memories() + usize::from(optim.average.is_some()) {
            old.push(b.param(&memory(name, k), &shape.axes));
        }
        let gradient = match scale {
            Some(scale) => {
                let scale = b.expand(scale, &shape);
                b.mul(gradient, scale)
            }
            None => gradient,
        };
        let numbers: Vec<Value> = (0..count)
            .map(|k| {
                let x = b.pick(numbers, 0, k);
                b.expand(x, &shape)
            })
            .collect();
        let mut new = old.clone();
        let (own, average) = new.split_at_mut(optim.rule.memories());
        let updated = updated(&mut b, optim, &numbers, weight, gradient, own);
        if let (Some(keep), [shadow]) = (optim.average, average) {
            let kept = b.scale(*shadow, Exact::float(keep));
            let added = b.scale(updated, Exact::float(1.0 - keep));
            *shadow = b.add(kept, added);
        }
        changes.push((next(name), chosen(&mut b, good, &shape, updated, weight)));
        for (k, (new, old)) in new.into_iter().zip(old).enumerate() {
            memories.push((next(&memory(name, k)), chosen(&mut b, good, &shape, new, old)));
        }
    }
    for (name, state, value, m) in followed {
        let shape = b.shape(state);
        let kept = b.scale(state, Exact::float(1.0 - m));
        let added = b.scale(value, Exact::float(m));
        let new = b.add(kept, added);
        changes.push((next(name), chosen(&mut b, good, &shape, new, state)));
    }
    // In the order of the parameters, so that neighbours move together.
    let place = |name: &String| b.params().iter().position(|p| next(&p.name) == *name);
    changes.extend(memories);
    changes.sort_by_key(|(name, _)| place(name));
    all.extend(changes);
    b.finish(all)
}

/// The new value if all is good, otherwise the old one.
fn chosen(b: &mut Builder, good: Value, shape: &Shape, new: Value, old: Value) -> Value {
    let good = b.expand(good, shape);
    b.select(good, new, old)
}

fn sum_of_squares(b: &mut Builder, values: impl Iterator<Item = Value>) -> Value {
    let mut sum = b.scalar(Exact::float(0.0));
    for x in values {
        let len = b.shape(x).row_len() as u32;
        let flat = b.reshape(x, &[len]);
        let square = b.contract(flat, flat, "a,a->");
        sum = b.add(sum, square);
    }
    sum
}

/// The rule of an optimiser applied to values of a program; `memory` changes.
fn updated(
    b: &mut Builder,
    optim: &OptimSpec,
    numbers: &[Value],
    weight: Value,
    gradient: Value,
    memory: &mut [Value],
) -> Value {
    let builder = RefCell::new(std::mem::replace(b, Builder::new("")));
    let symbol = |v: &Value| Symbol {
        builder: &builder,
        v: *v,
    };
    let numbers: Vec<Symbol<'_>> = numbers.iter().map(symbol).collect();
    let mut remembered: Vec<Symbol<'_>> = memory.iter().map(symbol).collect();
    let new = optim
        .rule
        .update(&numbers, symbol(&weight), symbol(&gradient), &mut remembered)
        .v;
    memory.iter_mut().zip(&remembered).for_each(|(m, s)| *m = s.v);
    drop((numbers, remembered));
    *b = builder.into_inner();
    new
}

/// A value of a program under construction, to compute with.
#[derive(Clone, Copy)]
struct Symbol<'a> {
    builder: &'a RefCell<Builder>,
    v: Value,
}

impl Symbol<'_> {
    fn with(self, f: Scalar, other: Self) -> Self {
        let v = self.builder.borrow_mut().map2(f, self.v, other.v);
        Symbol { v, ..self }
    }
}

impl Add for Symbol<'_> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.with(Scalar::Add, other)
    }
}

impl Sub for Symbol<'_> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.with(Scalar::Sub, other)
    }
}

impl Mul for Symbol<'_> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.with(Scalar::Mul, other)
    }
}

impl Div for Symbol<'_> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        self.with(Scalar::Div, other)
    }
}

impl Number for Symbol<'_> {
    fn sqrt(self) -> Self {
        let v = self.builder.borrow_mut().map1(Scalar::Sqrt, self.v);
        Symbol { v, ..self }
    }
}
