//! The calling interface of a program, whoever executes it (compiled code, the interpreter, a GPU).

use crate::Array;
use gdl_abi::{Instance, Signature};
use std::borrow::Cow;

/// A program that can be run.
pub trait Program: Send + Sync {
    /// What it takes and gives.
    fn signature(&self) -> &Signature;

    /// Whether its reals are doubles.
    fn is_f64(&self) -> bool;

    /// Runs it on one batch. `inputs`, `params` and `outputs` follow the signature; outputs are resized and overwritten.
    ///
    /// # Errors
    /// Names the array whose length or type does not fit, the label out of range, or the memory that could not be had.
    fn run(
        &self,
        batch: &Instance,
        inputs: &[&Array],
        params: &[&Array],
        outputs: &mut Vec<Array>,
    ) -> Result<(), RunError>;

    /// The program with these parameters in memory of its own, if it has such; [`bind`] is for all programs.
    fn bound<'a>(&'a self, _params: &[&Array]) -> Option<Result<Box<dyn Bound + 'a>, RunError>> {
        None
    }
}

/// A program with its parameters in place. They are handed over once and stay where the program runs; nobody else sees or changes them.
pub trait Bound {
    /// As [`Program::run`], with these parameters.
    ///
    /// # Errors
    /// As [`Program::run`].
    fn run(&mut self, batch: &Instance, inputs: &[&Array], outputs: &mut Vec<Array>) -> Result<(), RunError>;

    /// Runs it; afterwards outputs are parameters: output k is parameter p for every (k, p) of `next`, and is empty among the outputs.
    ///
    /// # Errors
    /// As [`Program::run`], or if such an output is not as long as the parameter. No parameter has changed then.
    fn advance(
        &mut self,
        batch: &Instance,
        inputs: &[&Array],
        outputs: &mut Vec<Array>,
        next: &[(usize, usize)],
    ) -> Result<(), RunError>;

    /// The parameters as they are now.
    ///
    /// # Errors
    /// If they cannot be had from where they are.
    fn params(&mut self) -> Result<Vec<Array>, RunError>;
}

/// A program with these parameters in place.
///
/// # Errors
/// If they do not fit, or there is no room for them where the program runs.
pub fn bind<'a>(program: &'a dyn Program, params: Vec<Cow<'a, Array>>) -> Result<Box<dyn Bound + 'a>, RunError> {
    let all: Vec<&Array> = params.iter().map(Cow::as_ref).collect();
    if let Some(bound) = program.bound(&all) {
        return bound;
    }
    Ok(Box::new(InHost { program, params }))
}

/// Parameters in the memory of the host.
struct InHost<'a> {
    program: &'a dyn Program,
    params: Vec<Cow<'a, Array>>,
}

impl Bound for InHost<'_> {
    fn run(&mut self, batch: &Instance, inputs: &[&Array], outputs: &mut Vec<Array>) -> Result<(), RunError> {
        let params: Vec<&Array> = self.params.iter().map(Cow::as_ref).collect();
        self.program.run(batch, inputs, &params, outputs)
    }

    fn advance(
        &mut self,
        batch: &Instance,
        inputs: &[&Array],
        outputs: &mut Vec<Array>,
        next: &[(usize, usize)],
    ) -> Result<(), RunError> {
        check_next(self.program.signature(), next)?;
        self.run(batch, inputs, outputs)?;
        for &(from, to) in next {
            self.params[to] = Cow::Owned(std::mem::replace(&mut outputs[from], Array::F32(Vec::new())));
        }
        Ok(())
    }

    fn params(&mut self) -> Result<Vec<Array>, RunError> {
        Ok(self.params.iter().map(|p| p.as_ref().clone()).collect())
    }
}

/// Whether outputs can be parameters: (output, parameter) pairs.
///
/// # Errors
/// Names the output that cannot.
pub fn check_next(signature: &Signature, next: &[(usize, usize)]) -> Result<(), RunError> {
    for &(from, to) in next {
        let fits = match (signature.outputs.get(from), signature.params.get(to)) {
            (Some(output), Some(param)) => output.dim.is_none() && output.row_len() == param.row_len(),
            _ => false,
        };
        if !fits {
            let name = signature.outputs.get(from).map_or("", |o| &o.name);
            return Err(RunError(format!(
                "the output `{name}` does not have the size of the parameter that it is to be"
            )));
        }
    }
    Ok(())
}

/// What a program of [`from_fn`] does: gives its outputs from a batch, inputs and parameters.
type Body<'a> = dyn Fn(&Instance, &[&Array], &[&Array]) -> Result<Vec<Array>, RunError> + Send + Sync + 'a;

/// A program that is a function.
pub struct FromFn<'a> {
    signature: Signature,
    double: bool,
    body: Box<Body<'a>>,
}

/// A program that does what a function says, in double precision if `double`.
pub fn from_fn<'a>(
    signature: Signature,
    double: bool,
    body: impl Fn(&Instance, &[&Array], &[&Array]) -> Result<Vec<Array>, RunError> + Send + Sync + 'a,
) -> FromFn<'a> {
    FromFn {
        signature,
        double,
        body: Box::new(body),
    }
}

impl Program for FromFn<'_> {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn is_f64(&self) -> bool {
        self.double
    }

    fn run(
        &self,
        batch: &Instance,
        inputs: &[&Array],
        params: &[&Array],
        outputs: &mut Vec<Array>,
    ) -> Result<(), RunError> {
        *outputs = (self.body)(batch, inputs, params)?;
        Ok(())
    }
}

/// Why a program did not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunError(pub String);

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RunError {}
