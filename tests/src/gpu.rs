//! Programs on whatever GPU there is, in CI a software device.

use gdl_abi::Instance;
use gdl_abi::shader::Shaders;
use gdl_codegen::plan_and_shaders;
use gdl_core::ir::Func;
use gdl_gpu::{Gpu, GpuProgram};
use gdl_runtime::{Array, Program};
use std::sync::{Arc, OnceLock};

/// The device of this process; without one tests say so and pass, in CI they fail.
///
/// # Panics
/// In CI, without a device.
pub fn device() -> Option<Arc<Gpu>> {
    static DEVICE: OnceLock<Option<Arc<Gpu>>> = OnceLock::new();
    let open = || match Gpu::open(None) {
        Ok(gpu) => Some(gpu),
        Err(e) if std::env::var_os("CI").is_some() => panic!("{e}"),
        Err(e) => {
            eprintln!("SKIPPED: {e}");
            None
        }
    };
    DEVICE.get_or_init(open).clone()
}

/// Whether naga accepts a module of WGSL with what WebGPU has by default.
///
/// # Panics
/// If it does not.
pub fn validate(text: &str, what: &str) {
    use naga::valid::{Capabilities, ValidationFlags, Validator};
    let module = naga::front::wgsl::parse_str(text).unwrap_or_else(|e| panic!("{what}: {}", e.emit_to_string(text)));
    let checked = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module);
    checked.unwrap_or_else(|e| panic!("{what}: {}", e.emit_to_string(text)));
    assert!(!module.entry_points.is_empty(), "{what}: no entry point");
}

/// A function as a program on a device, its shaders validated.
///
/// # Panics
/// If it cannot be one.
pub fn on_device(gpu: &Arc<Gpu>, func: &Func, what: &str) -> GpuProgram {
    let (plan, shaders) = shaders(func, what);
    GpuProgram::new(gpu.clone(), plan, shaders).unwrap_or_else(|e| panic!("{what}: {e}"))
}

/// The plan of a function and its shaders, validated.
///
/// # Panics
/// If there are none.
pub fn shaders(func: &Func, what: &str) -> (gdl_abi::plan::Plan, Shaders) {
    let (plan, shaders) = plan_and_shaders(func, &|_| None).unwrap_or_else(|e| panic!("{what}: {e}"));
    if !shaders.kernels.is_empty() {
        validate(&shaders.source, what);
    }
    (plan, shaders)
}

/// The outputs, which are the same to the bit in two calls.
///
/// # Panics
/// If they are not, or the program fails.
pub fn run_twice(
    program: &dyn Program,
    batch: &Instance,
    inputs: &[&Array],
    params: &[&Array],
    what: &str,
) -> Vec<Array> {
    let mut outputs = Vec::new();
    let mut run = || {
        program
            .run(batch, inputs, params, &mut outputs)
            .unwrap_or_else(|e| panic!("{what}: {e}"));
        outputs.clone()
    };
    let bits = |list: &[Array]| -> Vec<u64> {
        let all = list.iter().flat_map(Array::to_f64);
        all.map(f64::to_bits).collect()
    };
    let (first, second) = (run(), run());
    assert_eq!(bits(&first), bits(&second), "{what}: two calls differ");
    second
}
