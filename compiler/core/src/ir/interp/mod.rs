//! The interpreter: programs run as they are written, node by node, on any [`Algebra`]. Slow and simple: the oracle for
//! everything else.

mod algebra;
mod arrays;
mod choices;
mod loops;

pub use algebra::{Algebra, Real64};

use crate::ir::verify::{input_shape, show, verify};
use crate::ir::{Body, Cmp, Fold, Func, Node, Op, Shape, Value};
use arrays::Rows;
use gdl_abi::Instance;
use std::rc::Rc;

/// Runs a program: its outputs. Arrays are row-major; class-valued inputs are one-hot ([`one_hot`]).
///
/// # Errors
/// What is wrong with the program or an argument, or which constant does not exist in the algebra.
pub fn run<A: Algebra>(
    alg: &A,
    func: &Func,
    instance: &Instance,
    inputs: &[Vec<A::S>],
    params: &[Vec<A::S>],
) -> Result<Vec<Vec<A::S>>, String> {
    let values = evaluate(alg, func, instance, inputs, params)?;
    let output = |v: &Value| values[v.0 as usize].first().map(|x| x.as_ref().clone());
    func.body
        .results
        .iter()
        .map(|v| output(v).ok_or_else(|| format!("the result %{} is no value", v.0)))
        .collect()
}

/// Runs a program: the values of all its nodes, in order. Loops have none (empty arrays); their results are those of the
/// projections.
///
/// # Errors
/// As [`run`].
pub fn run_all<A: Algebra>(
    alg: &A,
    func: &Func,
    instance: &Instance,
    inputs: &[Vec<A::S>],
    params: &[Vec<A::S>],
) -> Result<Vec<Vec<A::S>>, String> {
    let values = evaluate(alg, func, instance, inputs, params)?;
    let array = |(node, list): (&Node, Vec<Data<A::S>>)| match node.op {
        Op::Scan(_) => Vec::new(),
        _ => list.first().map(|x| x.as_ref().clone()).unwrap_or_default(),
    };
    Ok(func.body.nodes.iter().zip(values).map(array).collect())
}

/// The first node whose value ([`run_all`]) has a poison element, and the typed node it was made from.
pub fn first_poison<A: Algebra>(alg: &A, func: &Func, values: &[Vec<A::S>]) -> Option<(Value, u32)> {
    let k = values.iter().position(|list| list.iter().any(|&x| alg.is_poison(x)))?;
    Some((Value(k as u32), func.body.nodes.get(k)?.origin))
}

/// The one-hot array of labels in `0..classes`.
///
/// # Errors
/// A label out of range.
pub fn one_hot<A: Algebra>(alg: &A, labels: &[u32], classes: u32) -> Result<Vec<A::S>, String> {
    let mut data = Vec::with_capacity(labels.len().saturating_mul(classes as usize));
    for &label in labels {
        if label >= classes {
            return Err(format!("label {label} of {classes} classes"));
        }
        data.extend((0..classes).map(|k| alg.int(i64::from(k == label))));
    }
    Ok(data)
}

/// The elements of a value.
type Data<S> = Rc<Vec<S>>;

/// What a body may read.
struct Frame<'a, A: Algebra> {
    alg: &'a A,
    rows: Rows<'a>,
    inputs: &'a [Vec<A::S>],
    params: &'a [Vec<A::S>],
    args: &'a [Data<A::S>],
}

fn evaluate<A: Algebra>(
    alg: &A,
    func: &Func,
    instance: &Instance,
    inputs: &[Vec<A::S>],
    params: &[Vec<A::S>],
) -> Result<Vec<Vec<Data<A::S>>>, String> {
    verify(func)?;
    let rows = Rows::new(&func.domains, instance)?;
    for (list, decls, what) in [(inputs, &func.inputs, "inputs"), (params, &func.params, "parameters")] {
        if list.len() != decls.len() {
            return Err(format!("{} {what} were given, {} are needed", list.len(), decls.len()));
        }
        for (array, decl) in list.iter().zip(decls) {
            let shape = input_shape(decl);
            rows.check_len(&shape)?;
            if array.len() != rows.len(&shape) {
                let (want, shape) = (rows.len(&shape), show(&shape));
                return Err(format!(
                    "`{}` has {} elements, but {shape} needs {want}",
                    decl.name,
                    array.len()
                ));
            }
        }
    }
    let args = &[];
    Frame {
        alg,
        rows,
        inputs,
        params,
        args,
    }
    .body(&func.body)
}

impl<A: Algebra> Frame<'_, A> {
    /// All values of a body; a loop has several.
    fn body(&self, body: &Body) -> Result<Vec<Vec<Data<A::S>>>, String> {
        let mut values: Vec<Vec<Data<A::S>>> = Vec::with_capacity(body.nodes.len());
        for (k, node) in body.nodes.iter().enumerate() {
            let of = |v: &Value| {
                values
                    .get(v.0 as usize)
                    .and_then(|list| list.first())
                    .cloned()
                    .ok_or_else(|| format!("%{k} reads %{} too early", v.0))
            };
            self.rows.check_len(&node.shape).map_err(|e| format!("%{k}: {e}"))?;
            let value = match &node.op {
                Op::Scan(scan) => {
                    values.push(self.scan(scan, &|v| of(&v), body)?);
                    continue;
                }
                Op::Proj { scan, k } => values
                    .get(scan.0 as usize)
                    .and_then(|list| list.get(*k as usize))
                    .cloned()
                    .ok_or("a result of a loop is missing")?,
                op => {
                    let operands = op.operands().iter().map(of).collect::<Result<Vec<_>, _>>()?;
                    self.node(op, &node.shape, &operands, body)
                        .map_err(|e| format!("%{k}: {e}"))?
                }
            };
            values.push(vec![value]);
        }
        Ok(values)
    }

    /// The value of a node other than loops and their results.
    fn node(&self, op: &Op, shape: &Shape, operands: &[Data<A::S>], body: &Body) -> Result<Data<A::S>, String> {
        let (alg, rows) = (self.alg, &self.rows);
        let shape_of = |v: &Value| body.get(*v).map(|n| n.shape.clone()).unwrap_or_default();
        let len = rows.len(shape);
        let n = rows.count(shape);
        Ok(Rc::new(match op {
            Op::Input(k) => return Ok(Rc::new(self.inputs[*k as usize].clone())),
            Op::Param(k) => return Ok(Rc::new(self.params[*k as usize].clone())),
            Op::Arg(k) => return Ok(self.args[*k as usize].clone()),
            Op::Reshape { .. } | Op::Detach { .. } => return Ok(operands[0].clone()),
            Op::Const(c) => c.data.iter().map(|x| alg.constant(*x)).collect::<Result<_, _>>()?,
            Op::Fill(x) => vec![alg.constant(*x)?; len],
            Op::Map { f, .. } => arrays::map(alg, *f, operands, len),
            Op::Broadcast { x, axes } => arrays::broadcast(&operands[0], &shape_of(x), n, axes, shape),
            Op::Slice { x, axis, start, .. } => {
                let outer = n * arrays::product(&shape.axes[..*axis as usize]);
                let inner = arrays::product(&shape.axes[*axis as usize + 1..]);
                let whole = shape_of(x).axes[*axis as usize] as usize * inner;
                let (from, take) = (*start as usize * inner, shape.axes[*axis as usize] as usize * inner);
                let part = |k: usize| &operands[0][k * whole + from..k * whole + from + take];
                (0..outer).flat_map(part).copied().collect()
            }
            Op::Concat { xs, axis } => {
                let outer = n * arrays::product(&shape.axes[..*axis as usize]);
                let run = |x: &Value| arrays::product(&shape_of(x).axes[*axis as usize..]);
                let runs: Vec<usize> = xs.iter().map(run).collect();
                let mut out = Vec::with_capacity(len);
                for k in 0..outer {
                    for (x, &m) in operands.iter().zip(&runs) {
                        out.extend_from_slice(&x[k * m..(k + 1) * m]);
                    }
                }
                out
            }
            Op::Contract {
                a,
                b,
                a_axes,
                b_axes,
                out_axes,
            } => {
                let [sa, sb] = [a, b].map(shape_of);
                let n = sa.dim.or(sb.dim).map_or(1, |d| rows.rows(d));
                let letters = [&a_axes[..], b_axes, out_axes];
                arrays::contract(alg, [&operands[0], &operands[1]], [&sa, &sb, shape], letters, n)
            }
            Op::Reduce { op, x, axis } => {
                let axes = shape_of(x).axes;
                let outer = n * arrays::product(&axes[..*axis as usize]);
                let inner = arrays::product(&axes[*axis as usize + 1..]);
                arrays::reduce(alg, *op, &operands[0], [outer, axes[*axis as usize] as usize, inner])
            }
            Op::Gather { map, .. } => {
                let m = shape.row_len();
                let row = |&k: &u32| &operands[0][k as usize * m..(k as usize + 1) * m];
                rows.map(*map).iter().flat_map(row).copied().collect()
            }
            Op::Segment { op, map, .. } => arrays::segment(alg, *op, &operands[0], rows.map(*map), shape.row_len(), n),
            Op::Choose { chosen, .. } => self.choose(&operands[0], *chosen)?,
            Op::Take { .. } => self.take(&operands[0], &operands[1], shape)?,
            Op::Put { x, .. } => self.put(&operands[0], &operands[1], &shape_of(x), shape)?,
            Op::Total { .. } => {
                let m = shape.row_len();
                let mut out = vec![alg.empty(Fold::Sum); m];
                for (k, &x) in operands[0].iter().enumerate() {
                    out[k % m] = alg.fold(Fold::Sum, out[k % m], x);
                }
                out
            }
            Op::Window {
                x, transpose: false, ..
            } => {
                let m = shape_of(x).row_len();
                let mut out = vec![alg.int(0); len];
                rows.windows(op, |window, cell| {
                    let row = &operands[0][cell * m..(cell + 1) * m];
                    out[window * m..(window + 1) * m].copy_from_slice(row);
                });
                out
            }
            Op::Window { .. } => {
                let m = shape.row_len();
                let mut out = vec![alg.int(0); len];
                rows.windows(op, |window, cell| {
                    for k in 0..m {
                        out[cell * m + k] = alg.fold(Fold::Sum, out[cell * m + k], operands[0][window * m + k]);
                    }
                });
                out
            }
            Op::Compare { op, a, b } => {
                let dim = shape.dim.unwrap_or(gdl_abi::SAMPLES);
                let [a, b] = [a, b].map(|m| rows.image_positions(dim, *m));
                let holds = |(x, y): (&u32, &u32)| match op {
                    Cmp::Eq => x == y,
                    Cmp::Lt => x < y,
                    Cmp::Le => x <= y,
                };
                a.iter().zip(&b).map(|p| alg.int(i64::from(holds(p)))).collect()
            }
            Op::Position => {
                let dim = shape.dim.unwrap_or(gdl_abi::SAMPLES);
                rows.positions(dim).iter().map(|&k| alg.int(i64::from(k))).collect()
            }
            Op::Scan(_) | Op::Proj { .. } => return Err("a loop is not a value".into()),
        }))
    }
}
