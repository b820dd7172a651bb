//! The interpreter: programs run as they are written, node by node, on any [`Algebra`]. Slow and simple: the oracle for
//! everything else.

pub mod algebra;
mod arrays;
mod loops;

pub use algebra::{Algebra, Real64};

use crate::ir::verify::input_shape;
use crate::ir::{Body, Cmp, Fold, Func, Node, Op, Shape, Value};
use arrays::Rows;
use gdl_abi::{DimId, Instance};
use std::rc::Rc;

/// An array: its rows, each row-major over the static axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor<A> {
    /// Dim and static axes.
    pub shape: Shape,
    /// The elements.
    pub data: Vec<A>,
}

impl<A: Algebra> Tensor<A> {
    /// An array from its parts.
    pub fn new(dim: Option<DimId>, axes: &[u32], data: Vec<A>) -> Tensor<A> {
        Tensor {
            shape: Shape::new(dim, axes),
            data,
        }
    }

    /// The one-hot array of labels in `0..classes`.
    ///
    /// # Errors
    /// A label out of range.
    pub fn one_hot(dim: Option<DimId>, axes: &[u32], classes: u32, labels: &[u32]) -> Result<Tensor<A>, String> {
        let mut data = Vec::with_capacity(labels.len() * classes as usize);
        for &label in labels {
            if label >= classes {
                return Err(format!("label {label} of {classes} classes"));
            }
            data.extend((0..classes).map(|k| A::int(i64::from(k == label))));
        }
        let mut shape = Shape::new(dim, axes);
        shape.axes.push(classes);
        Ok(Tensor { shape, data })
    }
}

/// Runs a program: its outputs.
///
/// # Errors
/// What is wrong with an argument.
pub fn run<A: Algebra>(
    func: &Func,
    instance: &Instance,
    inputs: &[Tensor<A>],
    params: &[Tensor<A>],
) -> Result<Vec<Tensor<A>>, String> {
    let values = evaluate(func, instance, inputs, params)?;
    func.body
        .results
        .iter()
        .map(|v| {
            let node = func.body.get(*v).ok_or("a result does not exist")?;
            let data = values[v.0 as usize].first().ok_or("a result is no value")?;
            Ok(Tensor {
                shape: node.shape.clone(),
                data: data.as_ref().clone(),
            })
        })
        .collect()
}

/// Runs a program: all its values, by node. Loops have none; their results are those of the projections.
///
/// # Errors
/// What is wrong with an argument.
pub fn trace<A: Algebra>(
    func: &Func,
    instance: &Instance,
    inputs: &[Tensor<A>],
    params: &[Tensor<A>],
) -> Result<Vec<Option<Tensor<A>>>, String> {
    let values = evaluate(func, instance, inputs, params)?;
    let tensor = |(node, list): (&Node, Vec<Data<A>>)| match node.op {
        Op::Scan(_) => None,
        _ => list.into_iter().next().map(|d| Tensor {
            shape: node.shape.clone(),
            data: d.as_ref().clone(),
        }),
    };
    Ok(func.body.nodes.iter().zip(values).map(tensor).collect())
}

/// The first value with a poison element: look up its node's `origin`.
pub fn first_poison<A: Algebra>(values: &[Option<Tensor<A>>]) -> Option<Value> {
    let bad = |t: &Tensor<A>| t.data.iter().any(|x| x.is_poison());
    values
        .iter()
        .position(|t| t.as_ref().is_some_and(bad))
        .map(|k| Value(k as u32))
}

/// The elements of a value.
type Data<A> = Rc<Vec<A>>;

/// What a body may read.
struct Frame<'a, A> {
    rows: Rows<'a>,
    inputs: &'a [Tensor<A>],
    params: &'a [Tensor<A>],
    args: &'a [Data<A>],
}

fn evaluate<A: Algebra>(
    func: &Func,
    instance: &Instance,
    inputs: &[Tensor<A>],
    params: &[Tensor<A>],
) -> Result<Vec<Vec<Data<A>>>, String> {
    super::verify::verify(func)?;
    let rows = Rows::new(&func.domains, instance)?;
    for (list, decls, what) in [(inputs, &func.inputs, "inputs"), (params, &func.params, "parameters")] {
        if list.len() != decls.len() {
            return Err(format!("{} {what} were given, {} are needed", list.len(), decls.len()));
        }
        for (tensor, decl) in list.iter().zip(decls) {
            let shape = input_shape(decl);
            if tensor.shape != shape || tensor.data.len() != rows.len(&shape) {
                return Err(format!(
                    "`{}` should have {} elements of shape {}, but has {} of {}",
                    decl.name,
                    rows.len(&shape),
                    super::verify::show(&shape),
                    tensor.data.len(),
                    super::verify::show(&tensor.shape),
                ));
            }
        }
    }
    let frame = Frame {
        rows,
        inputs,
        params,
        args: &[],
    };
    frame.body(&func.body)
}

impl<A: Algebra> Frame<'_, A> {
    /// All values of a body; a loop has several.
    fn body(&self, body: &Body) -> Result<Vec<Vec<Data<A>>>, String> {
        let mut values: Vec<Vec<Data<A>>> = Vec::with_capacity(body.nodes.len());
        for (k, node) in body.nodes.iter().enumerate() {
            let of = |v: &Value| {
                values
                    .get(v.0 as usize)
                    .and_then(|list| list.first())
                    .cloned()
                    .ok_or_else(|| format!("%{k} reads %{} too early", v.0))
            };
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
                    self.node(op, &node.shape, &operands, body)?
                }
            };
            values.push(vec![value]);
        }
        Ok(values)
    }

    /// The value of a node other than loops and their results.
    fn node(&self, op: &Op, shape: &Shape, operands: &[Data<A>], body: &Body) -> Result<Data<A>, String> {
        let rows = &self.rows;
        let shape_of = |v: &Value| body.get(*v).map(|n| n.shape.clone()).unwrap_or_default();
        let len = rows.len(shape);
        let n = rows.count(shape);
        Ok(Rc::new(match op {
            Op::Input(k) => return Ok(Rc::new(self.inputs[*k as usize].data.clone())),
            Op::Param(k) => return Ok(Rc::new(self.params[*k as usize].data.clone())),
            Op::Arg(k) => return Ok(self.args[*k as usize].clone()),
            Op::Reshape { .. } | Op::Detach { .. } => return Ok(operands[0].clone()),
            Op::Const(c) => c.data.iter().map(|x| A::constant(*x)).collect(),
            Op::Fill(x) => vec![A::constant(*x); len],
            Op::Map { f, .. } => arrays::map(*f, operands, len),
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
                arrays::contract([&operands[0], &operands[1]], [&sa, &sb, shape], letters, n)
            }
            Op::Reduce { op, x, axis } => {
                let axes = shape_of(x).axes;
                let outer = n * arrays::product(&axes[..*axis as usize]);
                let inner = arrays::product(&axes[*axis as usize + 1..]);
                arrays::reduce(*op, &operands[0], [outer, axes[*axis as usize] as usize, inner])
            }
            Op::Gather { map, .. } => {
                let m = shape.row_len();
                let row = |&k: &u32| &operands[0][k as usize * m..(k as usize + 1) * m];
                rows.map(*map).iter().flat_map(row).copied().collect()
            }
            Op::Segment { op, map, .. } => arrays::segment(*op, &operands[0], rows.map(*map), shape.row_len(), n),
            Op::Total { .. } => {
                let m = shape.row_len();
                let mut out = vec![A::empty(Fold::Sum); m];
                for (k, &x) in operands[0].iter().enumerate() {
                    out[k % m] = out[k % m].add(x);
                }
                out
            }
            Op::Window {
                x, transpose: false, ..
            } => {
                let m = shape_of(x).row_len();
                let mut out = vec![A::int(0); len];
                rows.windows(op, |window, cell| {
                    let row = &operands[0][cell * m..(cell + 1) * m];
                    out[window * m..(window + 1) * m].copy_from_slice(row);
                });
                out
            }
            Op::Window { .. } => {
                let m = shape.row_len();
                let mut out = vec![A::int(0); len];
                rows.windows(op, |window, cell| {
                    for k in 0..m {
                        out[cell * m + k] = out[cell * m + k].add(operands[0][window * m + k]);
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
                a.iter().zip(&b).map(|p| A::int(i64::from(holds(p)))).collect()
            }
            Op::Position => {
                let dim = shape.dim.unwrap_or(gdl_abi::SAMPLES);
                rows.positions(dim).iter().map(|&k| A::int(i64::from(k))).collect()
            }
            Op::Scan(_) | Op::Proj { .. } => return Err("a loop is not a value".into()),
        }))
    }
}
