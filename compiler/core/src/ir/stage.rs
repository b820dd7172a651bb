//! A program in two stages: what follows from the parameters alone, and the rest.
//!
//! Before: a program. After: two with the same values together. The first takes the parameters and gives arrays; the second takes the parameters and
//! these arrays as further parameters. A model with fixed weights runs the first once (kernels expanded in their basis, say) and
//! the second for every call.

use super::verify::verify;
use super::{Body, Func, Node, Op, Value};
use gdl_abi::{ArrayDecl, Domains, Dtype};
use gdl_rep::Exact;

/// The two stages of a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Stages {
    /// From parameters to `prepared.0`, `prepared.1`, …
    pub prepare: Func,
    /// The program, with the results of `prepare` behind its own parameters.
    pub run: Func,
}

/// Cuts a program in two; none if nothing follows from its parameters alone.
///
/// # Errors
/// A program that is not well formed.
pub fn staged(func: &Func) -> Result<Option<Stages>, String> {
    verify(func)?;
    let nodes = &func.body.nodes;
    let early = early(nodes);
    // What the second stage needs: everything late, and leaves and views of what is prepared, which are not worth memory.
    let mut late = vec![false; nodes.len()];
    let mut prepared = Vec::new();
    let mut wanted = vec![false; nodes.len()];
    func.body.results.iter().for_each(|v| wanted[v.0 as usize] = true);
    for k in (0..nodes.len()).rev() {
        if !wanted[k] {
            continue;
        }
        if early[k] && !is_view(&nodes[k].op) && !is_spread(nodes, k) {
            prepared.push(k);
        } else {
            late[k] = true;
            nodes[k].op.operands().iter().for_each(|v| wanted[v.0 as usize] = true);
        }
    }
    prepared.reverse();
    if prepared.is_empty() {
        return Ok(None);
    }
    let name = |p: usize| format!("prepared.{p}");
    let results = |at: &[Option<Value>], of: &[usize]| of.iter().filter_map(|k| at[*k]).collect::<Vec<_>>();

    let mut needed = vec![false; nodes.len()];
    for k in (0..nodes.len()).rev() {
        needed[k] |= prepared.binary_search(&k).is_ok();
        if needed[k] {
            nodes[k].op.operands().iter().for_each(|v| needed[v.0 as usize] = true);
        }
    }
    let (first, at) = copied(nodes, |k| needed[k].then(|| nodes[k].op.clone()));
    let prepare = Func {
        name: format!("{}.prepare", func.name),
        domains: Domains::default(),
        inputs: Vec::new(),
        params: func.params.clone(),
        body: Body {
            results: results(&at, &prepared),
            nodes: first,
        },
        outputs: (0..prepared.len()).map(name).collect(),
    };

    let own = func.params.len();
    let (second, at) = copied(nodes, |k| match prepared.binary_search(&k) {
        Ok(p) => Some(Op::Param((own + p) as u32)),
        Err(_) => late[k].then(|| nodes[k].op.clone()),
    });
    let further = prepared.iter().enumerate().map(|(p, &k)| ArrayDecl {
        name: name(p),
        dim: None,
        axes: nodes[k].shape.axes.clone(),
        dtype: Dtype::Real,
    });
    let ends: Vec<usize> = func.body.results.iter().map(|v| v.0 as usize).collect();
    let run = Func {
        params: func.params.iter().cloned().chain(further).collect(),
        body: Body {
            results: results(&at, &ends),
            nodes: second,
        },
        ..func.clone()
    };
    verify(&prepare)?;
    verify(&run)?;
    Ok(Some(Stages { prepare, run }))
}

/// Which values follow from parameters and constants alone.
fn early(nodes: &[Node]) -> Vec<bool> {
    let mut early: Vec<bool> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let from_early = node.op.operands().iter().all(|v| early[v.0 as usize]);
        let late = matches!(
            node.op,
            Op::Input(_) | Op::Arg(_) | Op::Scan(_) | Op::Proj { .. } | Op::Position | Op::Compare { .. }
        );
        early.push(from_early && !late && node.shape.dim.is_none());
    }
    early
}

/// Whether a value is given, or is the elements of another in another arrangement.
fn is_view(op: &Op) -> bool {
    matches!(
        op,
        Op::Param(_)
            | Op::Const(_)
            | Op::Fill(_)
            | Op::Broadcast { .. }
            | Op::Reshape { .. }
            | Op::Slice { .. }
            | Op::Detach { .. }
    )
}

/// Whether a value is the elements of another, repeated: a contraction with ones in which nothing is summed.
fn is_spread(nodes: &[Node], k: usize) -> bool {
    let Op::Contract {
        a,
        b,
        a_axes,
        b_axes,
        out_axes,
    } = &nodes[k].op
    else {
        return false;
    };
    let node = |v: &Value| &nodes[v.0 as usize];
    let sums_nothing = |v: &Value, letters: &[u8]| {
        let mut axes = letters.iter().zip(&node(v).shape.axes);
        axes.all(|(l, n)| *n == 1 || out_axes.contains(l))
    };
    let is_ones = |v: &Value| matches!(node(v).op, Op::Fill(c) if c == Exact::ONE);
    sums_nothing(a, a_axes) && sums_nothing(b, b_axes) && (is_ones(a) || is_ones(b))
}

/// Copies of some nodes, with the operator that stands for each; and where they are.
fn copied(nodes: &[Node], op: impl Fn(usize) -> Option<Op>) -> (Vec<Node>, Vec<Option<Value>>) {
    let (mut out, mut at) = (Vec::new(), vec![None; nodes.len()]);
    for (k, node) in nodes.iter().enumerate() {
        let Some(op) = op(k) else { continue };
        // A node that is copied has its operands copied; another would be found by the verifier.
        let op = op.with_operands(|v| at[v.0 as usize].unwrap_or(Value(u32::MAX)));
        at[k] = Some(Value(out.len() as u32));
        out.push(Node { op, ..node.clone() });
    }
    (out, at)
}
