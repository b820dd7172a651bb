//! Times a compiled program on one batch.

use crate::Failure;
use gdl_abi::{DoorSizes, Instance};
use gdl_codegen::{Compiled, StepTime};
use gdl_runtime::{Array, Program};
use std::time::{Duration, Instant};

/// What is to be timed.
pub(super) struct Case {
    /// What it is called.
    pub name: String,
    /// `forward` or `gradient`.
    pub part: &'static str,
    /// What runs.
    pub program: Compiled,
    /// What compiling took: tensor IR to machine code.
    pub compile: Duration,
    /// The batch.
    pub door: DoorSizes,
    /// Its arrays.
    pub inputs: Vec<Array>,
    /// The weights.
    pub params: Vec<Array>,
}

/// What was measured.
pub(super) struct Timing {
    pub name: String,
    pub part: &'static str,
    pub compile: Duration,
    /// Samples of the batch.
    pub samples: usize,
    /// Seconds of the fastest call.
    pub best: f64,
    /// Seconds of the call in the middle.
    pub median: f64,
    /// Calls that were timed.
    pub calls: usize,
    /// Every kernel and matrix product, at its fastest.
    pub steps: Vec<StepTime>,
}

/// The fewest calls, however long they take.
const CALLS: usize = 5;

/// Times calls, then steps, for so many seconds each.
pub(super) fn measure(case: &Case, seconds: f64) -> Result<Timing, Failure> {
    let program = &case.program;
    let batch = Instance::new(&program.signature().domains, &case.door).map_err(Failure::error)?;
    let inputs: Vec<&Array> = case.inputs.iter().collect();
    let params: Vec<&Array> = case.params.iter().collect();
    let failed = |e: gdl_runtime::RunError| Failure::error(format!("`{}`: {e}", case.name));
    let mut outputs = Vec::new();
    // The first call makes its tables and memory.
    program.run(&batch, &inputs, &params, &mut outputs).map_err(failed)?;
    let mut times = Vec::new();
    let start = Instant::now();
    while times.len() < CALLS || start.elapsed().as_secs_f64() < seconds {
        let start = Instant::now();
        program.run(&batch, &inputs, &params, &mut outputs).map_err(failed)?;
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    let mut steps = program.profile(&batch, &inputs, &params).map_err(failed)?;
    let start = Instant::now();
    let mut calls = 1;
    while calls < CALLS || start.elapsed().as_secs_f64() < seconds {
        let again = program.profile(&batch, &inputs, &params).map_err(failed)?;
        for (step, other) in steps.iter_mut().zip(again) {
            step.seconds = step.seconds.min(other.seconds);
        }
        calls += 1;
    }
    Ok(Timing {
        name: case.name.clone(),
        part: case.part,
        compile: case.compile,
        samples: case.door.samples,
        best: times[0],
        median: times[times.len() / 2],
        calls: times.len(),
        steps,
    })
}
