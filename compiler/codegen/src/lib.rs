//! Tensor IR to machine code.
//!
//! [`schedule`] turns a function of the tensor IR into [`loop_ir`], [`cranelift`] turns that into machine code, [`mod@plan`] says how the
//! runtime runs it, and [`compiled`] puts them together in memory.
//! Every back end reads the loop IR.

pub mod compiled;
pub mod cranelift;
pub mod image;
pub mod loop_ir;
pub mod machine;
mod maths;
pub mod object;
pub mod plan;
pub mod schedule;
pub mod wgsl;

pub use compiled::{Compiled, Stats, StepTime, step_times};
use gdl_abi::plan::Plan;
use gdl_abi::shader::Shaders;
use gdl_core::ir::Func;

/// How to compile.
#[derive(Clone, Debug)]
pub struct Options {
    /// Reals are f64, otherwise f32.
    pub double: bool,
    /// The number of threads of a call.
    pub threads: usize,
    /// Keep intermediate code and assembly as text.
    pub texts: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            double: false,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            texts: false,
        }
    }
}

/// Compiles a function for this machine.
///
/// # Errors
/// Names what the code generator cannot do.
pub fn compile(func: &Func, options: &Options) -> Result<Compiled, CodegenError> {
    Compiled::new(func, options)
}

/// Why a program could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodegenError(pub String);

impl CodegenError {
    fn internal(what: &str) -> CodegenError {
        CodegenError(format!("internal error of the code generator: {what}"))
    }
}

impl std::fmt::Display for CodegenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CodegenError {}

/// A function for GPUs, in single precision.
pub struct Shaded {
    /// Its loops.
    pub loops: loop_ir::Program,
    /// How they are run.
    pub plan: Plan,
    /// The loops as shaders.
    pub shaders: Shaders,
}

/// The loops, the plan and the shaders of a function. `label` names the part of the model that an operation comes from
/// ([`gdl_core::ir::Node::origin`]), for reading.
///
/// # Errors
/// Names what the code generator cannot do.
pub fn shaded(func: &Func, label: &dyn Fn(u32) -> Option<String>) -> Result<Shaded, CodegenError> {
    let loops = schedule::schedule(func, schedule::Target::Gpu)?;
    Ok(Shaded {
        plan: plan::plan(&loops, compiled::signature(func)),
        shaders: wgsl::shaders(&loops, label),
        loops,
    })
}

/// The plan and the shaders of a function, as [`shaded`].
///
/// # Errors
/// Names what the code generator cannot do.
pub fn plan_and_shaders(func: &Func, label: &dyn Fn(u32) -> Option<String>) -> Result<(Plan, Shaders), CodegenError> {
    shaded(func, label).map(|s| (s.plan, s.shaders))
}
