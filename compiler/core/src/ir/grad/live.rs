//! What depends on what: values outside these sets have derivative zero.

use crate::ir::{Node, Op, Scalar, Scan, Value};
use std::collections::HashMap;

/// Which of the nodes depend differentiably on seeds.
pub(super) fn live(nodes: &[Node], is_seed: &dyn Fn(Value, &Op) -> bool) -> Vec<bool> {
    let mut live: Vec<bool> = Vec::with_capacity(nodes.len());
    let mut loops: HashMap<Value, Vec<bool>> = HashMap::new();
    for (k, node) in nodes.iter().enumerate() {
        let on = |v: &Value| live[v.0 as usize];
        let depends = match &node.op {
            Op::Detach { .. } | Op::Choose { .. } => false,
            Op::Map {
                f: Scalar::Sign | Scalar::Floor | Scalar::Lt | Scalar::Le | Scalar::Eq,
                ..
            } => false,
            Op::Map {
                f: Scalar::Select,
                args,
            } => args[1..].iter().any(on),
            Op::Proj { scan, k } => loops
                .get(scan)
                .and_then(|r| r.get(*k as usize))
                .copied()
                .unwrap_or(false),
            Op::Scan(scan) => {
                let results = varying(scan, &on).results;
                let any = results.contains(&true);
                loops.insert(Value(k as u32), results);
                any
            }
            op => op.operands().iter().any(on),
        };
        live.push(depends || is_seed(Value(k as u32), &node.op));
    }
    live
}

/// What varies in a loop.
pub(super) struct Varying {
    /// By argument of the body.
    pub args: Vec<bool>,
    /// By result.
    pub results: Vec<bool>,
}

/// What varies in a loop if these of its operands do: a state varies if it starts so or becomes so.
pub(super) fn varying(scan: &Scan, on: &dyn Fn(&Value) -> bool) -> Varying {
    let operands = scan.init.iter().chain(&scan.xs).chain(&scan.captures);
    let mut args: Vec<bool> = operands.map(on).collect();
    loop {
        let live = live(&scan.body.nodes, &|_, op| match op {
            Op::Arg(k) => args[*k as usize],
            _ => false,
        });
        let results: Vec<bool> = scan.body.results.iter().map(|v| live[v.0 as usize]).collect();
        let grown = (0..scan.init.len())
            .filter(|&k| results[k] && !args[k])
            .collect::<Vec<_>>();
        if grown.is_empty() {
            return Varying { args, results };
        }
        grown.into_iter().for_each(|k| args[k] = true);
    }
}
