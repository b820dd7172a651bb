//! Differentiation: programs to programs.
//!
//! Before: a program under construction. After: the same with derivatives appended, made of the same operators, so that a
//! derivative can be differentiated again (forces inside a loss). [`gradient`] is reverse mode, [`pushforward`] forward
//! mode; they share the derivatives of scalar functions and of folds, and nothing else, so that each checks the other.
//!
//! Conventions: derivatives of extrema are shared equally among ties; `relu` and `abs` have derivative 0 at 0; comparisons,
//! `sign`, `floor` and positions have derivative 0; [`Op::Detach`] stops both modes. The derivative of a product over rows
//! ([`Op::Segment`]) is right everywhere, and so is its own derivative; the third one where fewer than two factors are 0.

mod contract;
mod folds;
mod forward;
mod live;
mod reverse;
mod scalar;
mod scan;

pub use forward::pushforward;

use super::verify::{input_shape, verify};
use super::{Builder, Func, Op, Value};
use gdl_abi::Dtype;
use reverse::Reverse;

/// The gradients of Σ ⟨cotangent, output⟩ for all of `wrt`, zeros where nothing depends on them. `outputs` are pairs of a value
/// and its cotangent, of equal shapes. Values of `wrt` may depend on each other: gradients are total ones.
pub fn gradient(b: &mut Builder, outputs: &[(Value, Value)], wrt: &[Value]) -> Vec<Value> {
    if let Some((v, c)) = outputs.iter().find(|(v, c)| b.shape(*v) != b.shape(*c)) {
        b.fail(format!("the cotangent %{} of %{} has another shape", c.0, v.0));
        return wrt.iter().map(|&w| b.zeros_like(w)).collect();
    }
    let end = outputs.iter().map(|(v, _)| v.0 as usize + 1).max().unwrap_or(0);
    Reverse::new(b, end, wrt, false).run(outputs, wrt)
}

/// The gradients of the sum of all elements of `output`: for one number a sample, every sample's own gradient.
pub fn gradient_of(b: &mut Builder, output: Value, wrt: &[Value]) -> Vec<Value> {
    let ones = b.ones_like(output);
    gradient(b, &[(output, ones)], wrt)
}

/// The program with further outputs `grad.NAME`: the gradients, for all parameters in order, of the sum of the outputs
/// `losses`, which must be numbers without rows.
///
/// # Errors
/// An ill-formed program, or a loss that is no output or no number.
pub fn training_step(func: &Func, losses: &[usize]) -> Result<Func, String> {
    verify(func)?;
    let (mut b, outputs) = Builder::resume(func.clone());
    let mut seeds = Vec::new();
    for &k in losses {
        let loss = *outputs.get(k).ok_or_else(|| format!("there is no output {k}"))?;
        let shape = b.shape(loss);
        if shape.dim.is_some() || shape.row_len() != 1 {
            return Err(format!("the loss `{}` is not one number", func.outputs[k]));
        }
        seeds.push((loss, b.ones_like(loss)));
    }
    let params: Vec<Value> = (0..func.params.len()).map(|k| param(&mut b, k)).collect();
    let grads = gradient(&mut b, &seeds, &params);
    let names = func.params.iter().map(|p| format!("grad.{}", p.name));
    b.finish(func.outputs.iter().cloned().zip(outputs).chain(names.zip(grads)))
}

/// The reverse derivative of a program: it takes a cotangent `cot.NAME` of every output as a further input, and gives
/// `grad.NAME` of all real inputs and all parameters.
///
/// # Errors
/// An ill-formed program.
pub fn vjp(func: &Func) -> Result<Func, String> {
    verify(func)?;
    let (mut b, outputs) = Builder::resume(func.clone());
    let (names, wrt) = variables(&mut b);
    let mut seeds = Vec::new();
    for (name, &v) in func.outputs.iter().zip(&outputs) {
        let shape = b.shape(v);
        seeds.push((v, b.input(&format!("cot.{name}"), shape.dim, &shape.axes, Dtype::Real)));
    }
    let grads = gradient(&mut b, &seeds, &wrt);
    b.finish(names.iter().map(|n| format!("grad.{n}")).zip(grads))
}

/// The forward derivative of a program: it takes a tangent `tan.NAME` of every real input and every parameter as a further
/// input, and gives `tan.NAME` of all outputs.
///
/// # Errors
/// An ill-formed program.
pub fn jvp(func: &Func) -> Result<Func, String> {
    verify(func)?;
    let (mut b, outputs) = Builder::resume(func.clone());
    let (names, variables) = variables(&mut b);
    let mut tangents = Vec::new();
    for (name, v) in names.iter().zip(variables) {
        let shape = b.shape(v);
        tangents.push((v, b.input(&format!("tan.{name}"), shape.dim, &shape.axes, Dtype::Real)));
    }
    let moves = pushforward(&mut b, &outputs, &tangents);
    b.finish(func.outputs.iter().map(|n| format!("tan.{n}")).zip(moves))
}

/// The names and values of all real inputs and all parameters.
fn variables(b: &mut Builder) -> (Vec<String>, Vec<Value>) {
    let mut names = Vec::new();
    let mut values = Vec::new();
    for (k, decl) in b.inputs().to_vec().into_iter().enumerate() {
        if decl.dtype == Dtype::Real {
            values.push(b.push(Op::Input(k as u32), input_shape(&decl)));
            names.push(decl.name);
        }
    }
    for (k, decl) in b.params().to_vec().into_iter().enumerate() {
        values.push(param(b, k));
        names.push(decl.name);
    }
    (names, values)
}

/// The value of parameter k.
fn param(b: &mut Builder, k: usize) -> Value {
    let shape = b.params().get(k).map(input_shape).unwrap_or_default();
    b.push(Op::Param(k as u32), shape)
}
