//! The calling interface of a program, whoever executes it (compiled code, the interpreter, a GPU).

use crate::Array;
use gdl_abi::{Instance, Signature};

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
