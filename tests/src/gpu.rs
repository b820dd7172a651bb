//! Programs on whatever GPU there is, in CI a software device.

use gdl_abi::Instance;
use gdl_abi::shader::Shaders;
use gdl_codegen::plan_and_shaders;
use gdl_core::ir::Func;
use gdl_gpu::{Gpu, GpuProgram, Wanted};
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

/// The same device as [`device`], as one without subgroups; none if it has none anyway.
///
/// # Panics
/// If it cannot be opened again.
pub fn plain_device() -> Option<Arc<Gpu>> {
    static DEVICE: OnceLock<Option<Arc<Gpu>>> = OnceLock::new();
    let wanted = Wanted {
        subgroups: false,
        ..Wanted::default()
    };
    let open = || {
        device()
            .filter(|gpu| gpu.has_subgroups())
            .map(|_| Gpu::open_with(None, wanted).expect("the same device"))
    };
    DEVICE.get_or_init(open).clone()
}

/// Whether naga accepts a module of WGSL with what WebGPU has by default, or with subgroups too.
///
/// # Panics
/// If it does not.
pub fn validate(text: &str, subgroups: bool, what: &str) {
    use naga::valid::{Capabilities, ValidationFlags, Validator};
    let capabilities = if subgroups {
        Capabilities::SUBGROUP
    } else {
        Capabilities::empty()
    };
    let module = naga::front::wgsl::parse_str(text).unwrap_or_else(|e| panic!("{what}: {}", e.emit_to_string(text)));
    let checked = Validator::new(ValidationFlags::all(), capabilities).validate(&module);
    checked.unwrap_or_else(|e| panic!("{what}: {}", e.emit_to_string(text)));
    assert!(!module.entry_points.is_empty(), "{what}: no entry point");
}

/// A function as a program on the device, and on the device as one without subgroups if its shaders differ there; all shaders are validated.
///
/// # Panics
/// If it cannot be one.
pub fn on_devices(gpu: &Arc<Gpu>, func: &Func, what: &str) -> Vec<GpuProgram> {
    let (plan, shaders) = shaders(func, what);
    let differ = shaders.module(true) != shaders.module(false);
    let others = plain_device().filter(|_| differ);
    let on =
        |gpu: Arc<Gpu>| GpuProgram::new(gpu, plan.clone(), shaders.clone()).unwrap_or_else(|e| panic!("{what}: {e}"));
    [gpu.clone()].into_iter().chain(others).map(on).collect()
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
        for subgroups in [false, true] {
            validate(&shaders.module(subgroups), subgroups, what);
        }
        for product in shaders.kernels.iter().filter_map(|k| k.product.as_ref()) {
            validate(product, false, what);
        }
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
