//! Loop IR to WGSL: one module a program, one entry point a kernel.
//!
//! All reals of a call lie in one storage buffer, `memory`; all tables in another, `tables`; and `env` says where everything begins and how large it
//! is ([`Env`]). Three bindings whatever the program keep every kernel within the default limits of WebGPU.
//!
//! Loops over the same elements are joined first ([`mod@fuse`]). Kernels that are one loop nest whose iterations do not depend on each other have an invocation for each ([`share::independent_loops`]). Others
//! with wide loops have a **workgroup** a row: its invocations share the elements of every loop and the terms of long folds, and keep local arrays in
//! the workgroup's memory ([`mod@share`], [`mod@team`]); that is how a message passing layer runs over the edges of a node. What is left has an
//! invocation a row. Kernels whose rows add to arrays without rows run in **parts**: every part sums a range of rows in its own copy, and the
//! copies are added in order afterwards. There are no atomics: the same device gives the same bits. How a workgroup folds what its invocations have is
//! written twice, with subgroups and without ([`mod@folds`]). Large products compute an argument where they read it ([`mod@product`]).

mod folds;
mod functions;
mod fuse;
mod kernel;
mod lookups;
mod product;
mod rounds;
mod share;
mod team;
mod value;

use crate::loop_ir::{Program, Step};
use gdl_abi::shader::{Env, Folds, Shaders};
use value::Values;

/// The bindings of all kernels.
const BINDINGS: &str = "\
@group(0) @binding(0) var<storage, read_write> memory: array<f32>;
@group(0) @binding(1) var<storage, read> tables: array<i32>;
@group(0) @binding(2) var<storage, read> env: array<i32>;
";

/// The shaders of all kernels of a program, which must be in single precision. `label` names the part of the model that a value comes from.
pub fn shaders(program: &Program, label: &dyn Fn(u32) -> Option<String>) -> Shaders {
    let mut source = format!(
        "// {}: `memory` holds all reals of a call, `tables` all index arrays, `env` says where each begins and how large it is.\n\n{BINDINGS}",
        program.name
    );
    let values = Values::new(program);
    let lasting = values.lasting(&|_| true);
    if !lasting.is_empty() {
        source.push_str(&format!(
            "\n// Where parameters and constants begin, and their elements.\n{lasting}"
        ));
    }
    let mut kernels = Vec::with_capacity(program.kernels.len());
    for k in 0..program.kernels.len() {
        let (text, shader) = kernel::shader(&values, k, label);
        source.push('\n');
        source.push_str(&text);
        kernels.push(shader);
    }
    Step::each_product(&program.steps, &mut |gemm| {
        if let Some(k) = gemm.pack {
            kernels[k].product = product::module(program, k, gemm);
        }
    });
    // Only workgroups have something to fold.
    let folds = match kernels.iter().any(|s| s.team > 1) {
        true => folds::definitions(&values),
        false => Folds::default(),
    };
    let mut called = values.called.into_inner();
    called.sort_by_key(|f| functions::name(*f));
    for f in called {
        source.push('\n');
        source.push_str(&functions::definition(f));
    }
    Shaders { source, folds, kernels }
}

/// Where things are in `env`.
fn env_of(program: &Program) -> Env {
    Env {
        buffers: program.buffers.len(),
        tables: program.tables.len(),
        sizes: program.sizes.len(),
    }
}
