//! Derivatives of loops.
//!
//! Reverse: the loop leaves its old states behind, step by step. A second loop runs backwards: each step computes the body
//! again and pulls the cotangents of its results back. Its states are the cotangents of the states, and sums of the cotangents
//! of captures with rows; it leaves the cotangents of `xs` behind. Rows that a step leaves alone keep their cotangents, as they
//! kept their states. Cotangents of captures without rows are sums over rows, which no loop makes: the loop leaves the parts
//! behind, 0 in rows that a step leaves alone, and the sum over all rows and steps is one contraction outside.

use super::forward::Forward;
use super::live::varying;
use super::reverse::{Reverse, RowSum};
use crate::ir::build::Builder;
use crate::ir::{Body, Node, Op, Scan, Shape, Value};
use gdl_abi::DimDef;

impl Reverse<'_> {
    /// Hands the cotangents of the results of a loop on to its operands.
    pub(super) fn scan(&mut self, v: Value, scan: &Scan) {
        let results = scan.body.results.len();
        let given: Vec<Option<Value>> = (0..results)
            .map(|k| self.loop_cotangents.get(&(v, k as u32)).copied())
            .collect();
        if given.iter().all(Option::is_none) {
            return;
        }
        let operands = [&scan.init[..], &scan.xs, &scan.captures].concat();
        let varying = varying(scan, &|v: &Value| self.live[v.0 as usize]).args;
        let plan = Plan::new(self.b, scan, &varying);

        let mut init = Vec::new();
        for &k in &plan.states {
            let zero = self.b.zeros_like(scan.init[k]);
            init.push(given[k].unwrap_or(zero));
        }
        for &k in &plan.captures {
            init.push(self.b.zeros_like(operands[k]));
        }
        let given_ys: Vec<usize> = (scan.init.len()..results).filter(|&k| given[k].is_some()).collect();
        let mut xs = residuals(self.b, v, scan);
        xs.extend(&scan.xs);
        xs.extend(given_ys.iter().filter_map(|&k| given[k]));

        let mut sums = Vec::new();
        let mut inside = Body::default();
        let outs = self
            .b
            .scan(scan.time, !scan.reverse, [&init, &xs, &scan.captures], |b, args| {
                let (old, rest) = args.split_at(init.len());
                let (values, rest) = rest.split_at(scan.init.len() + scan.xs.len());
                let (cots, captures) = rest.split_at(given_ys.len());
                let values = [values, captures].concat();
                let nodes = b.inline(&scan.body, &values);
                let result = |k: usize| nodes[scan.body.results[k].0 as usize];
                let states = plan.states.iter().zip(old).map(|(&k, &c)| (result(k), c));
                let seeds: Vec<_> = states
                    .chain(given_ys.iter().zip(cots).map(|(&k, &c)| (result(k), c)))
                    .collect();
                let wrt: Vec<Value> = (0..values.len()).filter(|&k| varying[k]).map(|k| values[k]).collect();
                let end = b.body().nodes.len();
                let mut inner = Reverse::new(b, end, &wrt, true);
                inner.spread(&seeds);
                let mut outs: Vec<Value> = plan.states.iter().map(|&k| inner.cotangent(values[k])).collect();
                for (&k, &sum) in plan.captures.iter().zip(&old[plan.states.len()..]) {
                    let c = inner.cotangent(values[k]);
                    outs.push(inner.b.add(sum, c));
                }
                outs.extend(plan.xs.iter().map(|&k| inner.cotangent(values[k])));
                sums = inner.postponed.take().unwrap_or_default();
                outs.extend(sums.iter().flat_map(|s| &s.parts));
                inside = b.body().clone();
                outs
            });
        if self.b.error().is_some() {
            return;
        }
        let order = plan.states.iter().chain(&plan.captures).chain(&plan.xs);
        let mut outs = outs.into_iter();
        for (&k, c) in order.zip(&mut outs) {
            self.give(operands[k], c);
        }
        let first_capture = init.len() + xs.len();
        self.sum_outside(v, &inside, first_capture, &scan.captures, sums, outs.as_slice());
    }

    /// Makes the sums over rows that the body of loop `of` has left, from stacked parts, and pulls them back to the values before
    /// the loop through those nodes of the body that have no rows.
    fn sum_outside(
        &mut self,
        of: Value,
        inside: &Body,
        first_capture: usize,
        captures: &[Value],
        sums: Vec<RowSum>,
        mut stacked: &[Value],
    ) {
        if sums.is_empty() {
            return;
        }
        let copies = copy_rowless(self.b, inside, first_capture, captures);
        let mut seeds = Vec::new();
        for sum in sums {
            let (parts, rest) = stacked.split_at(sum.parts.len());
            stacked = rest;
            let Some(target) = copies[sum.target.0 as usize] else {
                self.b.fail("a value without rows depends on rows in a loop");
                return;
            };
            let outside = RowSum {
                target,
                parts: parts.to_vec(),
                make: sum.make,
            };
            match &mut self.postponed {
                Some(list) => list.push(outside),
                None => seeds.push((target, (outside.make)(self.b, parts))),
            }
        }
        // The copies are simplified together with what the captures are made of: they may begin before the captures.
        for (value, c) in self.back_to(of.0 as usize, &seeds) {
            self.give(value, c);
        }
    }
}

/// Which arguments of a loop body get cotangents, and how.
struct Plan {
    /// Varying states: states of the reverse loop.
    states: Vec<usize>,
    /// Varying captures with rows: summed in states of the reverse loop.
    captures: Vec<usize>,
    /// Varying `xs`: left behind.
    xs: Vec<usize>,
}

impl Plan {
    fn new(b: &Builder, scan: &Scan, varying: &[bool]) -> Plan {
        let (states, xs) = (scan.init.len(), scan.init.len() + scan.xs.len());
        let has_rows = |k: &usize| b.shape(scan.captures[*k - xs]).dim.is_some();
        let of = |range: std::ops::Range<usize>| range.filter(|&k| varying[k]);
        Plan {
            states: of(0..states).collect(),
            captures: of(xs..varying.len()).filter(has_rows).collect(),
            xs: of(states..xs).collect(),
        }
    }
}

/// The old states of a loop, stacked: results that it is made to leave behind.
fn residuals(b: &mut Builder, v: Value, scan: &Scan) -> Vec<Value> {
    let mut out = Vec::new();
    for (k, init) in scan.init.iter().enumerate() {
        let shape = b.shape(*init);
        if let Some(of) = shape.dim {
            b.domains().dim(DimDef::Stacked { time: scan.time, of });
        }
        let mut place = 0;
        b.extend_scan(v, |scan| place = leave(scan, k, shape));
        out.push(b.proj(v, place));
    }
    out
}

/// Makes a loop leave its old state k behind; gives the number of the result.
fn leave(scan: &mut Scan, k: usize, shape: Shape) -> u32 {
    let arg = Op::Arg(k as u32);
    let nodes = &mut scan.body.nodes;
    let at = nodes.iter().position(|n| n.op == arg).unwrap_or_else(|| {
        nodes.push(Node {
            op: arg,
            shape,
            origin: u32::MAX,
        });
        nodes.len() - 1
    });
    let results = &mut scan.body.results;
    let value = Value(at as u32);
    let known = results.iter().skip(scan.init.len()).position(|r| *r == value);
    let place = known.map_or(results.len(), |p| p + scan.init.len());
    if place == results.len() {
        results.push(value);
    }
    place as u32
}

/// Copies those nodes of a loop body that have no rows: they depend on captures only.
fn copy_rowless(b: &mut Builder, body: &Body, first_capture: usize, captures: &[Value]) -> Vec<Option<Value>> {
    let mut copies: Vec<Option<Value>> = Vec::with_capacity(body.nodes.len());
    for node in &body.nodes {
        let known = |v: &Value| copies[v.0 as usize].is_some();
        let copy = match &node.op {
            Op::Scan(_) | Op::Proj { .. } => None,
            Op::Arg(k) => (*k as usize)
                .checked_sub(first_capture)
                .and_then(|k| captures.get(k))
                .copied(),
            op if node.shape.dim.is_none() && op.operands().iter().all(known) => {
                let op = op.with_operands(|v| copies[v.0 as usize].unwrap_or(v));
                Some(b.push(op, node.shape.clone()))
            }
            _ => None,
        };
        copies.push(copy.filter(|_| node.shape.dim.is_none()));
    }
    copies
}

impl Forward<'_> {
    /// The tangents of the results of a loop, from those of its operands: one loop that carries both.
    pub(super) fn scan(&mut self, scan: &Scan) -> Vec<Option<Value>> {
        let operands = [&scan.init[..], &scan.xs, &scan.captures].concat();
        let varying = varying(scan, &|v: &Value| self.tangent(*v).is_some());
        let (first_x, first_capture) = (scan.init.len(), scan.init.len() + scan.xs.len());
        let mut tangents = Vec::new();
        for (k, &v) in operands.iter().enumerate().filter(|(k, _)| varying.args[*k]) {
            let t = self.tangent(v);
            tangents.push((k, t.unwrap_or_else(|| self.b.zeros_like(v))));
        }
        let part = |from: usize, to: usize| {
            let list = tangents.iter().filter(|(k, _)| (from..to).contains(k));
            list.map(|(_, t)| *t).collect::<Vec<_>>()
        };
        let init = [&scan.init[..], &part(0, first_x)].concat();
        let xs = [&scan.xs[..], &part(first_x, first_capture)].concat();
        let captures = [&scan.captures[..], &part(first_capture, operands.len())].concat();
        let ys: Vec<usize> = (first_x..scan.body.results.len())
            .filter(|&k| varying.results[k])
            .collect();
        let moving: Vec<usize> = (0..first_x).filter(|&k| varying.args[k]).collect();
        let outs = self
            .b
            .scan(scan.time, scan.reverse, [&init, &xs, &captures], |b, args| {
                let (states, rest) = args.split_at(init.len());
                let (parts, captured) = rest.split_at(xs.len());
                let mut values = Vec::new();
                let mut moves = Vec::new();
                for (list, count) in [
                    (states, first_x),
                    (parts, scan.xs.len()),
                    (captured, scan.captures.len()),
                ] {
                    let (plain, tangents) = list.split_at(count);
                    values.extend(plain);
                    moves.extend(tangents);
                }
                let nodes = b.inline(&scan.body, &values);
                let results: Vec<Value> = scan.body.results.iter().map(|r| nodes[r.0 as usize]).collect();
                let pairs: Vec<_> = tangents.iter().map(|(k, _)| values[*k]).zip(moves).collect();
                let wanted: Vec<Value> = moving.iter().chain(&ys).map(|&k| results[k]).collect();
                let out = super::pushforward(b, &wanted, &pairs);
                [&results[..first_x], &out].concat()
            });
        let mut found = vec![None; scan.body.results.len()];
        for (&k, &t) in moving.iter().chain(&ys).zip(outs.iter().skip(first_x)) {
            found[k] = Some(t);
        }
        found
    }
}
