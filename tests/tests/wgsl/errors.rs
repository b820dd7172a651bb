//! What is said when a device is missing, too small, or gone.

use gdl_abi::{DoorSizes, Instance};
use gdl_core::lower::lower_model;
use gdl_core::{check, modules};
use gdl_gpu::Gpu;
use gdl_runtime::{Array, Program, bind};
use gdl_tests::gpu::{device, on_device};
use gdl_tests::root;
use std::borrow::Cow;
use std::process::Command;

pub fn function(text: &str) -> gdl_core::ir::Func {
    let (program, _) = modules::load("model.gdl", text, &[], &|_, _| Err("no files".into()));
    let (models, said) = check::check(&program);
    assert!(said.is_empty(), "{said:?}");
    lower_model(&models[0]).expect("a program").func
}

pub fn rows(n: u32) -> DoorSizes {
    DoorSizes {
        samples: 1,
        ragged: vec![("s".into(), vec![0, n])],
        ..DoorSizes::default()
    }
}

pub const LAYER: &str = "model Layer (s: set, x: s -> 1) -> (s -> 1024) {\n  linear(x, 1024)\n}\n";

/// What a call on so many rows says.
fn refused(func: &gdl_core::ir::Func, n: u32) -> Option<String> {
    let program = on_device(&device()?, func, "layer");
    let batch = Instance::new(&func.domains, &rows(n)).expect("a batch");
    let x = Array::F32(vec![0.5; n as usize]);
    let params: Vec<Array> = func.params.iter().map(|d| Array::F32(vec![0.1; d.row_len()])).collect();
    let params: Vec<&Array> = params.iter().collect();
    let failed = program
        .run(&batch, &[&x], &params, &mut Vec::new())
        .expect_err("too much");
    // What failed does not stand in the way of what fits.
    let one = Instance::new(&func.domains, &rows(1)).expect("a batch");
    let (x, mut outputs) = (Array::F32(vec![0.5]), Vec::new());
    program.run(&one, &[&x], &params, &mut outputs).expect("a small batch");
    assert!((outputs[0].to_f64()[0] - 0.15).abs() < 1e-6);
    Some(failed.0)
}

/// More numbers than a shader can count, and more bytes than an array of the device has.
#[test]
fn batches_that_are_too_large() {
    let func = function(LAYER);
    let Some(said) = refused(&func, 2_200_000) else { return };
    assert!(
        said.contains("too large for a shader to count: use smaller batches"),
        "{said}"
    );
    let gpu = device().expect("a device");
    // As many rows as the device's largest array has not, if these are few enough to be made here.
    let n = gpu.info().largest_binding / 4096 + 1;
    if n < 2_000_000 {
        let said = refused(&func, n as u32).expect("a device");
        assert!(
            said.contains("the batch needs an array of") && said.contains("use smaller batches"),
            "{said}"
        );
    }
}

#[test]
fn a_device_that_is_gone() {
    if device().is_none() {
        return;
    }
    let gpu = Gpu::open(None).expect("a device");
    let func = function("model Layer (s: set, x: s -> 1) -> (s -> 4) {\n  linear(x, 4)\n}\n");
    let program = on_device(&gpu, &func, "layer");
    let batch = Instance::new(&func.domains, &rows(3)).expect("a batch");
    let x = Array::F32(vec![1.0; 3]);
    let params: Vec<Array> = func.params.iter().map(|d| Array::F32(vec![1.0; d.row_len()])).collect();
    let mut bound = bind(&program, params.iter().map(Cow::Borrowed).collect()).expect("room");
    let mut outputs = Vec::new();
    bound.run(&batch, &[&x], &mut outputs).expect("a device");
    gpu.close();
    let larger = Instance::new(&func.domains, &rows(70_000)).expect("a batch");
    let many = Array::F32(vec![1.0; 70_000]);
    for (batch, x) in [(&batch, &x), (&larger, &many)] {
        let said = bound.run(batch, &[x], &mut outputs).expect_err("no device").0;
        assert!(
            said.contains("the device was lost") || said.contains("the device failed"),
            "{said}"
        );
    }
    assert!(bound.params().is_err());
}

/// Parameters that stay are those that were given, until outputs take their places.
#[test]
fn parameters_stay_on_the_device() {
    let Some(gpu) = device() else { return };
    let func = function("model Step (x: 5) -> 5 {\n  param c: 5\n  c + x\n}\n");
    let program = on_device(&gpu, &func, "step");
    let batch = Instance::new(
        &func.domains,
        &DoorSizes {
            samples: 1,
            ..DoorSizes::default()
        },
    )
    .expect("a batch");
    assert_eq!((func.params.len(), func.outputs.len()), (1, 1));
    let (x, c) = (Array::F32(vec![1.0; 5]), Array::F32(vec![0.5; 5]));
    let mut bound = bind(&program, vec![Cow::Borrowed(&c)]).expect("room");
    let mut outputs = Vec::new();
    for _ in 0..2 {
        bound.run(&batch, &[&x], &mut outputs).expect("a run");
        assert_eq!(outputs, [Array::F32(vec![1.5; 5])]);
    }
    let next = bound.advance(&batch, &[&x], &mut outputs, &[(0, 0)]);
    assert!(next.is_err_and(|e| e.0.contains("does not have the size of the parameter")));
    assert_eq!(bound.params().expect("parameters"), std::slice::from_ref(&c));
}

/// Set in the process that [`no_memory_left`] starts.
const LITTLE: &str = "GDL_TEST_LITTLE_MEMORY";
/// Bytes of address space that are left to that process.
const LEFT: u64 = 256 << 20;

/// A process whose address space is small fills the memory of a software device; the device is named, and smaller batches still run.
#[test]
fn no_memory_left() {
    let Some(gpu) = device() else { return };
    if std::env::var_os(LITTLE).is_some() {
        return in_little_memory(&gpu);
    }
    if gpu.info().kind != "software" || cfg!(not(target_os = "linux")) {
        eprintln!("SKIPPED: the memory of this device cannot be limited");
        return;
    }
    let done = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "errors::no_memory_left", "--nocapture"])
        .env(LITTLE, "1")
        .output()
        .expect("this program");
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
}

/// The same program in memory of its own, again and again, until there is none.
#[cfg(target_os = "linux")]
fn in_little_memory(gpu: &std::sync::Arc<Gpu>) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // 4096 numbers a row are kept, one comes back.
    let func = function("model Wide (s: set, x: s -> 1) -> (s -> 1) {\n  linear(softmax(linear(x, 4096)), 1)\n}\n");
    let program = on_device(gpu, &func, "wide");
    let params: Vec<Array> = func.params.iter().map(|d| Array::F32(vec![0.5; d.row_len()])).collect();
    let call = |bound: &mut dyn gdl_runtime::Bound, n: u32| {
        let batch = Instance::new(&func.domains, &rows(n)).expect("a batch");
        let (x, mut outputs) = (Array::F32(vec![0.5; n as usize]), Vec::new());
        let ran = bound.run(&batch, &[&x], &mut outputs);
        ran.map(|()| outputs[0].to_f64()[0])
    };
    let mut all = vec![bind(&program, params.iter().map(Cow::Borrowed).collect()).expect("room")];
    let one = call(all[0].as_mut(), 1).expect("a small batch");

    let status = std::fs::read_to_string("/proc/self/statm").expect("numbers of this process");
    let pages: u64 = status.split(' ').next().and_then(|n| n.parse().ok()).expect("a number");
    let most = Some(pages * rustix::param::page_size() as u64 + LEFT);
    let limit = Rlimit {
        current: most,
        maximum: most,
    };
    setrlimit(Resource::As, limit).expect("a limit");
    let said = loop {
        assert!(all.len() < 100, "the limit does not hold");
        let last = all.last_mut().expect("a program").as_mut();
        match call(last, 4_000) {
            Ok(same) => assert_eq!(same, one),
            Err(e) => break e.0,
        }
        all.push(bind(&program, params.iter().map(Cow::Borrowed).collect()).expect("room"));
    };
    assert!(
        said.contains(&format!("`{}` has no memory left", gpu.info().name)),
        "{said}"
    );
    assert!(said.contains("use smaller batches"), "{said}");
    // Where it failed, with the parameters that were there before.
    let last = all.last_mut().expect("a program").as_mut();
    assert_eq!(call(last, 1).expect("a small batch"), one);
    // And as before, once others are gone.
    let mut first = all.swap_remove(0);
    drop(all);
    assert_eq!(call(first.as_mut(), 4_000).expect("room"), one);
}

#[cfg(not(target_os = "linux"))]
fn in_little_memory(_: &std::sync::Arc<Gpu>) {}

/// Without any driver there is no device, and it is said what to do.
#[test]
fn no_device() {
    let run = |arguments: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_gdl-process"))
            .args(arguments)
            .envs(["VK_ICD_FILENAMES", "VK_DRIVER_FILES"].map(|name| (name, "/nowhere.json")))
            .output()
            .expect("gdl");
        (
            done.status.code(),
            String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr),
        )
    };
    if cfg!(not(target_os = "linux")) {
        return;
    }
    let source = root().join("examples/03-karate/karate.gdl").display().to_string();
    let (code, said) = run(&["verify", &source, "--backend", "wgsl"]);
    assert!(code == Some(1) && said.contains("there is no GPU"), "{said}");
    assert!(said.contains("--backend cranelift"), "{said}");
    let (code, said) = run(&["devices"]);
    assert!(
        code == Some(0) && said.contains("no device: install a Vulkan driver"),
        "{said}"
    );
}
