//! Reals in several bindings: what does not fit into one runs as well, to the same bit.

use crate::errors::{LAYER, function, rows};
use gdl_abi::Instance;
use gdl_abi::plan::Plan;
use gdl_abi::shader::Shaders;
use gdl_core::ir::Func;
use gdl_gpu::{Gpu, GpuProgram, Wanted};
use gdl_runtime::{Array, Program, RunError, bind};
use gdl_tests::gpu::{device, shaders, validate};
use std::borrow::Cow;

/// A program on a device whose arrays have at most so many bytes.
fn on_small(most: u64, func: &Func) -> GpuProgram {
    let (plan, shaders) = shaders(func, "a program");
    on(most, plan, shaders)
}

fn on(most: u64, plan: Plan, shaders: Shaders) -> GpuProgram {
    let wanted = Wanted {
        largest_array: most,
        ..Wanted::default()
    };
    let gpu = Gpu::open_with(None, wanted).expect("a device");
    GpuProgram::deferred(gpu, plan, shaders).expect("a program")
}

/// The outputs of a program on the smallest device, of those whose arrays have a power of two of bytes, that has room for it.
pub fn on_smallest(func: &Func, batch: &Instance, inputs: &[&Array], params: &[&Array]) -> Vec<Array> {
    let (plan, shaders) = shaders(func, "a program");
    let mut most = 1 << 16;
    loop {
        let mut outputs = Vec::new();
        match on(most, plan.clone(), shaders.clone()).run(batch, inputs, params, &mut outputs) {
            Ok(()) => return outputs,
            Err(e) => assert!(e.0.contains("has room for"), "{e}"),
        }
        most *= 2;
    }
}

const TWO: &str = "model Two (s: set, x: s -> 1) -> (y: s -> 64, z: s -> 64) {
  y = linear(x, 64)
  (y = y, z = linear(silu(y), 64))
}
";

struct Example {
    func: Func,
    params: Vec<Array>,
}

impl Example {
    fn new(text: &str) -> Example {
        let func = function(text);
        let wave = |n: usize| (0..n).map(|k| (1.7 * k as f32).sin()).collect();
        let params = func.params.iter().map(|d| Array::F32(wave(d.row_len()))).collect();
        Example { func, params }
    }

    fn batch(&self, n: u32) -> (Instance, Array) {
        let batch = Instance::new(&self.func.domains, &rows(n)).expect("a batch");
        (batch, Array::F32((0..n).map(|k| (k as f32).cos()).collect()))
    }

    fn run(&self, program: &GpuProgram, n: u32) -> Result<Vec<Array>, RunError> {
        let (batch, x) = self.batch(n);
        let params: Vec<&Array> = self.params.iter().collect();
        let mut outputs = Vec::new();
        program.run(&batch, &[&x], &params, &mut outputs)?;
        Ok(outputs)
    }
}

/// Batches of several sizes one after the other, of which some need more than one binding.
#[test]
fn batches_grow_out_of_a_binding() {
    if device().is_none() {
        return;
    }
    let two = Example::new(TWO);
    // Two results of 64 columns and room for 1024 rows of one of them.
    let small = on_small(4 * 64 * 1024, &two.func);
    let large = on_small(u64::MAX, &two.func);
    for n in [10, 900, 1000, 300, 1000, 20] {
        let [want, got] = [&large, &small].map(|p| two.run(p, n).expect("room"));
        assert_eq!(want, got, "{n} rows");
    }
    let said = two.run(&small, 1025).expect_err("too large").0;
    assert!(
        said.contains("needs an array of 257 kB") && said.contains("has room for 256 kB"),
        "{said}"
    );
    two.run(&small, 900).expect("room");
}

/// Parameters that stay on a device stay where banks are added.
#[test]
fn parameters_stay() {
    if device().is_none() {
        return;
    }
    let two = Example::new(TWO);
    let program = on_small(4 * 64 * 1024, &two.func);
    let mut bound = bind(&program, two.params.iter().map(Cow::Borrowed).collect()).expect("room");
    for n in [10, 1000, 10] {
        let (batch, x) = two.batch(n);
        let mut outputs = Vec::new();
        bound.run(&batch, &[&x], &mut outputs).expect("room");
        assert_eq!(outputs, two.run(&program, n).expect("room"), "{n} rows");
    }
    assert_eq!(bound.params().expect("parameters"), two.params);
}

/// More than all bindings together.
#[test]
fn more_than_all_bindings() {
    if device().is_none() {
        return;
    }
    let all = |of: &dyn Fn(usize) -> String| (0..8).map(of).collect::<Vec<_>>().join(", ");
    let many = LAYER
        .replace("(s -> 1024)", &format!("({})", all(&|k| format!("y{k}: s -> 1024"))))
        .replace(
            "linear(x, 1024)",
            &format!("({})", all(&|k| format!("y{k} = linear({k}.0 * x, 1024)"))),
        );
    let many = Example::new(&many);
    let small = on_small(4 << 20, &many.func);
    assert!(many.run(&small, 500).is_ok());
    let said = many.run(&small, 900).expect_err("too large").0;
    assert!(
        said.contains("has room for 6 arrays of 4 MB: use smaller batches"),
        "{said}"
    );
}

/// What is made of a module for several bindings is a module.
#[test]
fn split_modules_are_valid() {
    use gdl_abi::shader::{BANKS, in_banks, named_buffer};
    let (_, shaders) = shaders(&function(TWO), "a program");
    let bank = |name: &str| named_buffer(name).map_or(BANKS - 1, |b| b.0 as usize % BANKS);
    for subgroups in [false, true] {
        let module = in_banks(&shaders.module(subgroups), BANKS, &bank);
        validate(&module, subgroups, "six banks");
    }
    for (text, what) in [
        (gdl_gpu::GEMM, "gemm"),
        (gdl_gpu::JOIN, "join"),
        (gdl_gpu::CHOOSE, "choose"),
    ] {
        validate(&in_banks(text, BANKS, &|name| name.len() % BANKS), false, what);
    }
}
