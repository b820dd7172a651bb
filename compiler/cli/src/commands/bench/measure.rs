//! Times a compiled program on one batch.

use crate::Failure;
use crate::session::backend::Timed;
use gdl_abi::{DoorSizes, Instance};
use gdl_codegen::StepTime;
use gdl_runtime::{Array, bind};
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// What is to be timed.
pub(super) struct Case {
    /// What it is called.
    pub name: String,
    /// `forward` or `gradient`.
    pub part: &'static str,
    /// What runs.
    pub program: Timed,
    /// What compiling took: tensor IR to machine code, or to shaders that the device has taken.
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
    /// Seconds of the fastest call; on a device all its steps together, by its own clock.
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
    let program = case.program.program();
    let batch = Instance::new(&program.signature().domains, &case.door).map_err(Failure::error)?;
    let inputs: Vec<&Array> = case.inputs.iter().collect();
    let params: Vec<&Array> = case.params.iter().collect();
    let failed = |e: gdl_runtime::RunError| Failure::error(format!("`{}`: {e}", case.name));
    let mut outputs = Vec::new();
    let mut bound = bind(program, case.params.iter().map(Cow::Borrowed).collect()).map_err(failed)?;
    // The first call makes its tables and memory.
    bound.run(&batch, &inputs, &mut outputs).map_err(failed)?;
    let mut times = Vec::new();
    let start = Instant::now();
    while times.len() < CALLS || start.elapsed().as_secs_f64() < seconds {
        let start = Instant::now();
        bound.run(&batch, &inputs, &mut outputs).map_err(failed)?;
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    drop(bound);
    let mut steps = case.program.profile(&batch, &inputs, &params).map_err(failed)?;
    let start = Instant::now();
    let mut calls = 1;
    while calls < CALLS || start.elapsed().as_secs_f64() < seconds {
        let again = case.program.profile(&batch, &inputs, &params).map_err(failed)?;
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
        best: match case.program {
            Timed::Code(_) => times[0],
            Timed::Device(..) => steps.iter().map(|s| s.seconds).sum(),
        },
        median: times[times.len() / 2],
        calls: times.len(),
        steps,
    })
}
