//! Bounds on the degree of what a program computes, as a rational function of the random elements that it is run on.
//!
//! Every value is a fraction n/D. Inputs, parameters and results of random functions are new unknowns, of degree 1. All entries of an
//! array are brought to one denominator: a product of *atoms*, one for every array that is divided by, each the product of that
//! array's entries. So a sum has the denominator of its terms however many they are, and n and D grow with the depth of the
//! program only. With dual numbers the slope of a value has a bound of its own.
//!
//! A run compares f(g·x) with g·f(x). If they differ as rational functions they agree at a random point with probability at most
//! 2·degree/p. This takes different arguments of random functions for different unknowns, which fails with probability at most
//! (number of arguments)²·(degree of arguments)/p.

use crate::ir::{Body, Fold, Func, Op, Scalar, Value};
use gdl_abi::Instance;
use gdl_rep::exact::PRIME;
use std::collections::BTreeMap;

/// Bounds for one or several programs and scenes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bound {
    /// The degree of outputs, numerator and denominator together.
    pub degree: f64,
    /// The degree of arguments of random functions.
    pub arguments: f64,
    /// The number of calls of random functions.
    pub calls: f64,
}

impl Bound {
    /// The larger of both.
    pub fn join(&mut self, other: Bound) {
        self.degree = self.degree.max(other.degree);
        self.arguments = self.arguments.max(other.arguments);
        self.calls = self.calls.max(other.calls);
    }

    /// A bound on the probability that a program which is not equivariant passes one run.
    pub fn false_acceptance(&self) -> f64 {
        let p = PRIME as f64;
        ((2.0 * self.degree + 2.0 * self.calls * self.calls * self.arguments) / p).min(1.0)
    }
}

/// The number of scalar operations of one run, roughly.
pub fn work(func: &Func, instance: &Instance) -> f64 {
    body_work(&func.body, instance)
}

fn body_work(body: &Body, instance: &Instance) -> f64 {
    let rows = |d: Option<gdl_abi::DimId>| d.map_or(1.0, |d| instance.rows[d.0 as usize] as f64);
    let mut sum = 0.0;
    for n in &body.nodes {
        sum += match &n.op {
            Op::Contract { a, b, .. } => {
                let size = |v: &Value| body.get(*v).map_or(1.0, |n| n.shape.row_len() as f64);
                let most =
                    rows(body.get(*a).and_then(|n| n.shape.dim)).max(rows(body.get(*b).and_then(|n| n.shape.dim)));
                // At least as many products as the largest of the three arrays has entries a row.
                let out = n.shape.row_len() as f64;
                most * (size(a) * size(b) * out).sqrt().max(size(a).max(size(b)))
            }
            Op::Scan(s) => instance.steps(s.time) as f64 * body_work(&s.body, instance),
            _ => rows(n.shape.dim) * n.shape.row_len() as f64,
        };
    }
    sum
}

/// A bound for one program and scene.
pub fn bound(func: &Func, instance: &Instance) -> Bound {
    let mut d = Degrees {
        instance,
        atoms: Vec::new(),
        arguments: 0.0,
        calls: 0.0,
    };
    let values = d.body(&func.body, &[]);
    let of = |v: &Value| {
        values
            .get(v.0 as usize)
            .and_then(|l| l.first())
            .map_or(0.0, |x| d.total(&x.value).max(d.total(&x.slope)))
    };
    let degree = func.body.results.iter().map(of).fold(0.0, f64::max);
    Bound {
        degree,
        arguments: d.arguments,
        calls: d.calls,
    }
}

/// A fraction: the degree of its numerator, and the powers of atoms in its denominator.
#[derive(Clone, Debug, Default)]
struct Fraction {
    top: f64,
    below: BTreeMap<usize, f64>,
}

/// A value and its slope.
#[derive(Clone, Debug, Default)]
struct Pair {
    value: Fraction,
    slope: Fraction,
}

struct Degrees<'a> {
    instance: &'a Instance,
    /// The degree of every atom.
    atoms: Vec<f64>,
    arguments: f64,
    calls: f64,
}

fn unknown() -> Fraction {
    Fraction {
        top: 1.0,
        below: BTreeMap::new(),
    }
}

impl Degrees<'_> {
    fn cost(&self, below: &BTreeMap<usize, f64>) -> f64 {
        below.iter().map(|(k, m)| self.atoms[*k] * m).sum()
    }

    fn total(&self, x: &Fraction) -> f64 {
        x.top + self.cost(&x.below)
    }

    fn add(&self, a: &Fraction, b: &Fraction) -> Fraction {
        let mut below = a.below.clone();
        for (k, m) in &b.below {
            let e = below.entry(*k).or_insert(0.0);
            *e = e.max(*m);
        }
        let all = self.cost(&below);
        let top = (a.top + all - self.cost(&a.below)).max(b.top + all - self.cost(&b.below));
        Fraction { top, below }
    }

    fn mul(&self, a: &Fraction, b: &Fraction) -> Fraction {
        let mut below = a.below.clone();
        for (k, m) in &b.below {
            *below.entry(*k).or_insert(0.0) += m;
        }
        Fraction {
            top: a.top + b.top,
            below,
        }
    }

    fn sum(&self, a: &Pair, b: &Pair) -> Pair {
        Pair {
            value: self.add(&a.value, &b.value),
            slope: self.add(&a.slope, &b.slope),
        }
    }

    fn product(&self, a: &Pair, b: &Pair) -> Pair {
        let slope = self.add(&self.mul(&a.value, &b.slope), &self.mul(&a.slope, &b.value));
        Pair {
            value: self.mul(&a.value, &b.value),
            slope,
        }
    }

    fn power(&self, a: &Pair, n: f64) -> Pair {
        let scale = |x: &Fraction| Fraction {
            top: x.top * n,
            below: x.below.iter().map(|(k, m)| (*k, m * n)).collect(),
        };
        let value = scale(&a.value);
        Pair {
            slope: self.mul(&value, &a.slope),
            value,
        }
    }

    /// 1/x: D/n, where the entries of n make an atom.
    fn inverse(&mut self, x: &Pair, entries: f64) -> Pair {
        let one = x.value.top.max(0.0);
        let atom = self.atoms.len();
        self.atoms.push(one * entries);
        let value = Fraction {
            top: self.cost(&x.value.below) + one * entries,
            below: BTreeMap::from([(atom, 1.0)]),
        };
        let slope = self.mul(&x.slope, &self.mul(&value, &value));
        Pair { value, slope }
    }

    fn call(&mut self, args: &[Pair], times: f64) -> Pair {
        let mut slope = Fraction::default();
        for a in args {
            self.arguments = self.arguments.max(self.total(&a.value));
            slope = self.add(&slope, &self.mul(&unknown(), &a.slope));
        }
        self.calls += times;
        Pair {
            value: unknown(),
            slope,
        }
    }

    fn body(&mut self, body: &Body, args: &[Pair]) -> Vec<Vec<Pair>> {
        let mut values: Vec<Vec<Pair>> = Vec::with_capacity(body.nodes.len());
        for n in &body.nodes {
            let get = |v: &Value| {
                values
                    .get(v.0 as usize)
                    .and_then(|l| l.first())
                    .cloned()
                    .unwrap_or_default()
            };
            let entries = |v: &Value| {
                let s = source(body, *v);
                body.get(s)
                    .map_or(1.0, |n| self.instance_rows(n.shape.dim) * n.shape.row_len() as f64)
            };
            let size = self.instance_rows(n.shape.dim) * n.shape.row_len() as f64;
            let operands: Vec<Pair> = n.op.operands().iter().map(get).collect();
            let first = operands.first().cloned().unwrap_or_default();
            let out = match &n.op {
                Op::Input(_) | Op::Param(_) => Pair {
                    value: unknown(),
                    slope: Fraction {
                        top: 2.0,
                        below: BTreeMap::new(),
                    },
                },
                Op::Arg(k) => args.get(*k as usize).cloned().unwrap_or_default(),
                Op::Const(_) | Op::Fill(_) | Op::Compare { .. } | Op::Position => Pair::default(),
                Op::Map { f, args: list } => match f {
                    Scalar::Div => {
                        let count = list.get(1).map_or(1.0, entries);
                        let inverse = self.inverse(operands.get(1).unwrap_or(&first), count);
                        self.product(&first, &inverse)
                    }
                    Scalar::PowI(k) if *k < 0 => {
                        let count = list.first().map_or(1.0, entries);
                        let inverse = self.inverse(&first, count);
                        self.power(&inverse, f64::from(k.unsigned_abs()))
                    }
                    f => self.scalar(*f, &operands, size),
                },
                Op::Contract { .. } => self.product(&first, operands.get(1).unwrap_or(&first)),
                Op::Concat { .. } => operands.iter().skip(1).fold(first, |sum, x| self.sum(&sum, x)),
                Op::Reduce { op, x, .. } | Op::Segment { op, x, .. } => self.fold(*op, &first, entries(x)),
                // One random function orders the numbers; what is taken moves with them.
                Op::Choose { key, .. } => {
                    self.call(std::slice::from_ref(&first), entries(key));
                    Pair {
                        value: Fraction::default(),
                        slope: self.mul(&first.value, &self.mul(&unknown(), &first.slope)),
                    }
                }
                Op::Take { .. } | Op::Put { .. } => self.sum(&first, operands.get(1).unwrap_or(&first)),
                Op::Scan(scan) => {
                    let results = self.scan(scan, &operands);
                    values.push(results);
                    continue;
                }
                Op::Proj { scan, k } => values
                    .get(scan.0 as usize)
                    .and_then(|l| l.get(*k as usize))
                    .cloned()
                    .unwrap_or_default(),
                _ => first,
            };
            values.push(vec![out]);
        }
        values
    }

    fn instance_rows(&self, d: Option<gdl_abi::DimId>) -> f64 {
        d.map_or(1.0, |d| self.instance.rows[d.0 as usize] as f64)
    }

    fn scan(&mut self, scan: &crate::ir::Scan, operands: &[Pair]) -> Vec<Pair> {
        let states = scan.init.len();
        let mut args = operands.to_vec();
        let mut collected: Vec<Pair> = vec![Pair::default(); scan.body.results.len().saturating_sub(states)];
        for _ in 0..self.instance.steps(scan.time) {
            let values = self.body(&scan.body, &args);
            for (k, r) in scan.body.results.iter().enumerate() {
                let new = values
                    .get(r.0 as usize)
                    .and_then(|l| l.first())
                    .cloned()
                    .unwrap_or_default();
                // A sample that is done keeps its state.
                let slot = if k < states {
                    args.get_mut(k)
                } else {
                    collected.get_mut(k - states)
                };
                if let Some(slot) = slot {
                    *slot = self.sum(slot, &new);
                }
            }
        }
        args.truncate(states);
        args.extend(collected);
        args
    }

    fn scalar(&mut self, f: Scalar, args: &[Pair], size: f64) -> Pair {
        let none = Pair::default();
        let arg = |k: usize| args.get(k).unwrap_or(&none);
        match f {
            Scalar::Add | Scalar::Sub => self.sum(arg(0), arg(1)),
            Scalar::Mul => self.product(arg(0), arg(1)),
            Scalar::Neg => arg(0).clone(),
            Scalar::PowI(n) => self.power(arg(0), f64::from(n.max(0))),
            Scalar::Relu => {
                let h = self.call(args, size);
                self.sum(arg(0), &h)
            }
            Scalar::Max | Scalar::Min => {
                self.call(args, size);
                self.sum(arg(0), arg(1))
            }
            Scalar::Select => {
                let both = self.sum(arg(1), arg(2));
                self.sum(
                    &both,
                    &Pair {
                        value: Fraction::default(),
                        slope: self.mul(&arg(0).slope, &both.value),
                    },
                )
            }
            _ => self.call(args, size),
        }
    }

    fn fold(&mut self, op: Fold, x: &Pair, entries: f64) -> Pair {
        match op {
            Fold::Sum => x.clone(),
            Fold::Prod => self.power(x, entries),
            Fold::Max | Fold::Min => {
                self.call(std::slice::from_ref(x), entries);
                x.clone()
            }
        }
    }
}

/// The array whose entries, and no others, a value has.
fn source(body: &Body, v: Value) -> Value {
    match body.get(v).map(|n| &n.op) {
        Some(
            Op::Broadcast { x, .. }
            | Op::Reshape { x }
            | Op::Gather { x, .. }
            | Op::Take { x, .. }
            | Op::Slice { x, .. }
            | Op::Detach { x },
        ) => source(body, *x),
        _ => v,
    }
}
