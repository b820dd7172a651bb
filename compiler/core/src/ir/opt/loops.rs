//! Smaller loops: without states and results that nobody reads, and with what is the same in every step computed before.

use super::rules::is_total;
use super::{Pass, live, rebuild};
use crate::ir::{Body, Builder, Op, Scan, Value};
use std::collections::{BTreeSet, HashMap};

/// What an argument of the old body is now.
#[derive(Clone, Copy)]
enum Arg {
    /// State or part of `xs` of the new loop.
    Moving(u32),
    /// This value from outside.
    Fixed(Value),
    /// Nobody reads it.
    Unread,
}

impl Pass<'_> {
    /// Builds a loop again, with the results that are wanted; gives them by number.
    pub(super) fn rebuild_loop(
        &mut self,
        scan: &Scan,
        wanted: BTreeSet<usize>,
        operand: impl Fn(&Value) -> Value,
    ) -> HashMap<usize, Value> {
        let mut wanted = wanted;
        let ns = scan.init.len();
        // A state that stays as it is is a capture.
        let mut found = HashMap::new();
        let is_fixed = |k: usize| scan.body.nodes[scan.body.results[k].0 as usize].op == Op::Arg(k as u32);
        for k in (0..ns).filter(|k| is_fixed(*k)) {
            if wanted.remove(&k) {
                found.insert(k, operand(&scan.init[k]));
            }
        }
        let (kept, read) = needed(scan, wanted, is_fixed);
        if kept.is_empty() {
            return found;
        }
        let states: Vec<usize> = kept.iter().copied().filter(|k| *k < ns).collect();
        let parts: Vec<usize> = (0..scan.xs.len()).filter(|k| read.contains(&(ns + k))).collect();
        let args: Vec<Arg> = (0..scan.arg_count())
            .map(|k| {
                if let Some(p) = states.iter().position(|s| *s == k) {
                    Arg::Moving(p as u32)
                } else if !read.contains(&k) {
                    Arg::Unread
                } else if k < ns {
                    Arg::Fixed(operand(&scan.init[k]))
                } else if let Some(p) = parts.iter().position(|x| ns + x == k) {
                    Arg::Moving((states.len() + p) as u32)
                } else {
                    Arg::Fixed(operand(&scan.captures[k - ns - scan.xs.len()]))
                }
            })
            .collect();
        let results = kept.iter().map(|k| scan.body.results[*k]).collect();
        let body = Body {
            nodes: scan.body.nodes.clone(),
            results,
        };
        let (body, captures) = split(self.b, body, &args, (states.len() + parts.len()) as u32);
        let init: Vec<Value> = states.iter().map(|k| operand(&scan.init[*k])).collect();
        let xs: Vec<Value> = parts.iter().map(|k| operand(&scan.xs[*k])).collect();
        let log = &mut *self.log;
        let make = |b: &mut Builder, args: &[Value]| rebuild(b, &body, args, log);
        let out = self.b.scan(scan.time, scan.reverse, [&init, &xs, &captures], make);
        found.extend(kept.into_iter().zip(out));
        found
    }
}

/// The results that have to be kept for those that are wanted, and the arguments that are read for them.
fn needed(
    scan: &Scan,
    mut results: BTreeSet<usize>,
    is_fixed: impl Fn(usize) -> bool,
) -> (BTreeSet<usize>, BTreeSet<usize>) {
    loop {
        let list = results.iter().map(|k| scan.body.results[*k]).collect();
        let body = Body {
            nodes: scan.body.nodes.clone(),
            results: list,
        };
        let nodes = body.nodes.iter().zip(live(&body)).filter(|(_, live)| *live);
        let read: BTreeSet<usize> = nodes
            .filter_map(|(n, _)| if let Op::Arg(k) = n.op { Some(k as usize) } else { None })
            .collect();
        let states = read.iter().copied().filter(|k| *k < scan.init.len() && !is_fixed(*k));
        let more: Vec<usize> = states.filter(|k| !results.contains(k)).collect();
        if more.is_empty() {
            return (results, read);
        }
        results.extend(more);
    }
}

/// Computes outside what depends on fixed arguments only. Gives the body without that and the captures it reads; `moving` is
/// the number of other arguments.
fn split(b: &mut Builder, mut body: Body, args: &[Arg], moving: u32) -> (Body, Vec<Value>) {
    let live = live(&body);
    // What live values are outside, if they are fixed.
    let mut fixed: Vec<Option<Value>> = Vec::with_capacity(body.nodes.len());
    for (node, live) in body.nodes.iter().zip(&live) {
        b.origin = node.origin;
        let outside = match &node.op {
            _ if !live => None,
            Op::Arg(k) => match args[*k as usize] {
                Arg::Fixed(v) => Some(v),
                Arg::Moving(_) | Arg::Unread => None,
            },
            Op::Scan(_) | Op::Proj { .. } => None,
            Op::Map { f, .. } if !is_total(*f) => None,
            op => {
                let all: Option<Vec<Value>> = op.operands().iter().map(|v| fixed[v.0 as usize]).collect();
                all.map(|_| {
                    b.push(
                        op.with_operands(|v| fixed[v.0 as usize].unwrap_or(v)),
                        node.shape.clone(),
                    )
                })
            }
        };
        fixed.push(outside);
    }
    let mut captures: Vec<Value> = Vec::new();
    for (node, outside) in body.nodes.iter_mut().zip(fixed) {
        // Leaves are made again inside.
        let is_leaf = !matches!(node.op, Op::Arg(_)) && node.op.operands().is_empty();
        match (outside, &node.op) {
            (Some(v), _) if !is_leaf => {
                let place = captures.iter().position(|c| *c == v).unwrap_or_else(|| {
                    captures.push(v);
                    captures.len() - 1
                });
                node.op = Op::Arg(moving + place as u32);
            }
            (_, Op::Arg(k)) => {
                if let Arg::Moving(p) = args[*k as usize] {
                    node.op = Op::Arg(p);
                }
            }
            _ => {}
        }
    }
    drop_unread(body, captures, moving)
}

/// Leaves out captures that only served to compute others.
fn drop_unread(mut body: Body, captures: Vec<Value>, moving: u32) -> (Body, Vec<Value>) {
    let live = live(&body);
    let mut places: Vec<Option<u32>> = vec![None; captures.len()];
    let mut kept = Vec::new();
    for (node, live) in body.nodes.iter_mut().zip(live) {
        let Op::Arg(k) = &mut node.op else { continue };
        let Some(place) = k.checked_sub(moving).filter(|_| live) else {
            continue;
        };
        let slot = &mut places[place as usize];
        if slot.is_none() {
            *slot = Some(kept.len() as u32);
            kept.push(captures[place as usize]);
        }
        *k = moving + slot.unwrap_or(0);
    }
    (body, kept)
}
