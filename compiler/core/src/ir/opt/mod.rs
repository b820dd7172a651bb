//! Better programs with the same values.
//!
//! A pass builds the program again, node by node, and tries a table of rules (`rules`) on every node with its new operands;
//! the [`Builder`] applies the local laws and shares equal nodes. What no result needs is not built again; loops lose what
//! nobody reads and what is the same in every step (`loops`). Passes are repeated until nothing changes, at most eight times.
//!
//! Every rule is an identity of commutative rings, so that the exact test sees the same values before and after.

mod loops;
mod rules;

use super::{Body, Builder, Func, Node, Op, Shape, Value};
use std::collections::{BTreeSet, HashMap};

/// How often a program is built again at most.
const ROUNDS: usize = 8;

/// Makes a program better. One that is not well formed is left alone.
pub fn optimise(func: &mut Func) {
    let better = optimised(func);
    debug_assert!(better.is_ok(), "{better:?}");
    if let Ok(better) = better {
        *func = better;
    }
}

/// The better program. It never has more operations ([`operations`]) than before.
///
/// # Errors
/// A program that is not well formed.
pub fn optimised(func: &Func) -> Result<Func, String> {
    Ok(explained(func)?.0)
}

/// The better program and the names of the rules that made it, in order.
///
/// # Errors
/// A program that is not well formed.
pub fn explained(func: &Func) -> Result<(Func, Vec<&'static str>), String> {
    let mut names = Vec::new();
    let mut best = pass(
        func,
        &mut Log {
            rules: &[],
            applied: Vec::new(),
        },
    )?;
    for _ in 1..ROUNDS {
        let mut log = Log {
            rules: rules::RULES,
            applied: Vec::new(),
        };
        let next = pass(&best, &mut log)?;
        if next.body == best.body || operations(&next.body) > operations(&best.body) {
            break;
        }
        names.extend(log.applied);
        best = next;
    }
    Ok((best, names))
}

/// The number of nodes that results need, those of loop bodies included. Leaves and reshapes are free.
pub fn operations(body: &Body) -> usize {
    let count = |node: &Node| match &node.op {
        Op::Scan(scan) => operations(&scan.body),
        Op::Proj { .. } | Op::Reshape { .. } => 0,
        op => usize::from(!op.operands().is_empty()),
    };
    body.nodes
        .iter()
        .zip(live(body))
        .filter(|(_, live)| *live)
        .map(|(node, _)| count(node))
        .sum()
}

/// The program built once again.
fn pass(func: &Func, log: &mut Log) -> Result<Func, String> {
    let mut b = Builder::like(func);
    let results = rebuild(&mut b, &func.body, &[], log);
    if let Some(e) = b.error() {
        return Err(e.to_string());
    }
    b.finish(func.outputs.iter().cloned().zip(results))
}

/// The rules of a pass, and those that applied.
struct Log {
    rules: &'static [rules::Rule],
    applied: Vec<&'static str>,
}

/// A builder with what is known about the uses of its values.
struct Pass<'a> {
    b: &'a mut Builder,
    log: &'a mut Log,
    /// How often values are read, as far as they stand for nodes of the program before.
    uses: HashMap<Value, u32>,
    /// The results of loops of the program before.
    loops: HashMap<Value, HashMap<usize, Value>>,
}

impl Pass<'_> {
    /// Is a value read by one node only?
    fn is_read_once(&self, v: Value) -> bool {
        self.uses.get(&v) == Some(&1)
    }

    /// Is a value read by this node only, be it several times?
    fn is_read_by(&self, reader: &Op, v: Value) -> bool {
        let here = reader.operands().iter().filter(|w| **w == v).count();
        self.uses.get(&v) == Some(&(here as u32))
    }

    fn make(&mut self, op: Op, shape: Shape) -> Value {
        for rule in self.log.rules {
            if let Some(v) = (rule.apply)(self, &op, &shape) {
                self.log.applied.push(rule.name);
                return v;
            }
        }
        self.b.push(op, shape)
    }
}

/// Builds what the results of a body need, with values for its arguments; gives the results.
fn rebuild(b: &mut Builder, body: &Body, args: &[Value], log: &mut Log) -> Vec<Value> {
    let live = live(body);
    let uses = live_uses(body, &live);
    let mut wanted: HashMap<Value, BTreeSet<usize>> = HashMap::new();
    for (node, live) in body.nodes.iter().zip(&live) {
        if let (Op::Proj { scan, k }, true) = (&node.op, live) {
            wanted.entry(*scan).or_default().insert(*k as usize);
        }
    }
    let mut pass = Pass {
        b,
        log,
        uses: HashMap::new(),
        loops: HashMap::new(),
    };
    let mut new: Vec<Value> = Vec::with_capacity(body.nodes.len());
    for (k, node) in body.nodes.iter().enumerate() {
        let old = Value(k as u32);
        pass.b.origin = node.origin;
        let v = match &node.op {
            // Nobody reads these.
            _ if !live[k] => Value(u32::MAX),
            Op::Arg(k) => args[*k as usize],
            Op::Scan(scan) => {
                let operands = |v: &Value| new[v.0 as usize];
                let results = pass.rebuild_loop(scan, wanted.get(&old).cloned().unwrap_or_default(), operands);
                pass.loops.insert(old, results);
                Value(u32::MAX)
            }
            Op::Proj { scan, k } => match pass.loops.get(scan).and_then(|l| l.get(&(*k as usize))) {
                Some(v) => *v,
                None => {
                    pass.b.fail("a loop has lost a result");
                    pass.b.fill(node.shape.clone(), gdl_rep::Exact::ZERO)
                }
            },
            op => pass.make(op.with_operands(|v| new[v.0 as usize]), node.shape.clone()),
        };
        *pass.uses.entry(v).or_default() += uses[k];
        new.push(v);
    }
    body.results.iter().map(|v| new[v.0 as usize]).collect()
}

/// Which nodes the results need.
fn live(body: &Body) -> Vec<bool> {
    let mut live = vec![false; body.nodes.len()];
    for v in &body.results {
        live[v.0 as usize] = true;
    }
    for k in (0..body.nodes.len()).rev() {
        if live[k] {
            for v in body.nodes[k].op.operands() {
                live[v.0 as usize] = true;
            }
        }
    }
    live
}

/// How often values are read by live nodes and as results.
fn live_uses(body: &Body, live: &[bool]) -> Vec<u32> {
    let mut uses = vec![0; body.nodes.len()];
    let nodes = body.nodes.iter().zip(live).filter(|(_, live)| **live);
    for v in nodes
        .flat_map(|(node, _)| node.op.operands())
        .chain(body.results.iter().copied())
    {
        uses[v.0 as usize] += 1;
    }
    uses
}
