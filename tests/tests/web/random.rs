//! Random programs.

use gdl_abi::{Dtype, Instance};
use gdl_codegen::plan_and_shaders;
use gdl_core::ir::grad::training_step;
use gdl_core::ir::interp::{self, Real64};
use gdl_core::ir::random::{Options, random_program_with};
use gdl_tests::browser::{Browser, Server};
use gdl_tests::{Scratch, root};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Random programs of the tensor IR and gradients of some, run by the runtime in JavaScript, against the interpreter.
#[test]
fn random_programs_give_what_the_interpreter_gives() {
    const RUN: &str = r#"<!doctype html><title>tests</title><script type="module">
import { Gpu } from "./runtime/device.js";
import { Program } from "./runtime/program.js";
// The device with all that it has, and with what every device has.
const adapter = await navigator.gpu.requestAdapter();
const gpus = [await Gpu.open(), await Gpu.open(await adapter.requestDevice())];
globalThis.subgroups = [adapter.features.has("subgroups"), ...gpus.map((gpu) => gpu.hasSubgroups)];
const map = (list) => new Map(list.map(([name, v]) => [name, Uint32Array.from(v)]));
globalThis.run = async (name, device) => {
  const { plan, kernels, folds, source, params, inputs, door } = await (await fetch(name)).json();
  const program = await Program.create(gpus[device], name, { plan, kernels, folds }, source);
  params.forEach((v, k) => program.setParameter(k, Float32Array.from(v)));
  const arrays = inputs.map((v, k) => (plan.signature.inputs[k].dtype === "Real" ? Float32Array : Uint32Array).from(v));
  const sizes = { samples: door.samples, ragged: map(door.ragged), grids: new Map(door.grids), maps: map(door.maps) };
  const out = [];
  for (let k = 0; k < 2; k++) out.push((await program.run(sizes, arrays)).map((a) => Array.from(a, String)));
  program.destroy();
  return { out: out[0], same: JSON.stringify(out[0]) === JSON.stringify(out[1]) };
};
globalThis.ready = true;
</script>"#;
    let Some(mut browser) = Browser::open("random") else {
        return;
    };
    let folder = Scratch::new();
    fs::create_dir(folder.path("runtime")).expect("a folder");
    for source in ["compiler/cli/src/web/runtime", "runtime/gpu/src"] {
        for entry in fs::read_dir(root().join(source)).expect("a folder").flatten() {
            fs::copy(entry.path(), Path::new(&folder.path("runtime")).join(entry.file_name())).expect("a copy");
        }
    }
    folder.file("runtime/gemm.wgsl", gdl_gpu::GEMM);
    folder.file("run.html", RUN);
    let server = Server::new(Path::new(&folder.path("")));
    browser.open_page(&server.url("run.html"));
    browser.wait_for("globalThis.ready === true");
    let subgroups = browser.value("globalThis.subgroups");
    assert_eq!(subgroups, json!([subgroups[0], subgroups[0], false]));
    let options = Options {
        smooth: true,
        ..Options::default()
    };
    for seed in 100..110 {
        let (func, door, inputs, params) = random_program_with(seed, 4 + seed as usize % 24, options);
        let gradient = (seed % 4 == 0).then(|| training_step(&func, &[0]).expect("a derivative"));
        for func in [Some(func), gradient].into_iter().flatten() {
            let batch = Instance::new(&func.domains, &door).expect("a batch");
            let want = interp::run(&Real64, &func, &batch, &inputs, &params).expect("results");
            let (plan, shaders) = plan_and_shaders(&func, &|_| None).expect("shaders");
            let given = func.inputs.iter().zip(&inputs).map(|(decl, x)| match decl.dtype {
                Dtype::Real => json!(x),
                Dtype::Class(n) => {
                    let label = |c: &[f64]| c.iter().position(|&x| x == 1.0).unwrap_or(0);
                    json!(x.chunks(n as usize).map(label).collect::<Vec<_>>())
                }
            });
            let door =
                json!({ "samples": door.samples, "ragged": door.ragged, "grids": door.grids, "maps": door.maps });
            let all = json!({
                "plan": plan, "kernels": shaders.kernels, "folds": shaders.folds, "source": shaders.source, "params": params, "inputs": given.collect::<Vec<_>>(), "door": door,
            });
            folder.file("program.json", all.to_string());
            let differ = shaders.folds.halves != shaders.folds.subgroups;
            for device in 0..=usize::from(differ) {
                let got = browser.value(&format!("run('program.json', {device})"));
                assert_eq!(got["same"], json!(true), "seed {seed}: two calls differ");
                same(&got["out"], &want, &format!("seed {seed} on device {device}"));
            }
        }
    }
}

/// Whether outputs are those of the interpreter, up to rounding.
fn same(got: &Value, want: &[Vec<f64>], what: &str) {
    for (k, (got, want)) in got.as_array().expect("outputs").iter().zip(want).enumerate() {
        let got: Vec<f64> = got
            .as_array()
            .expect("numbers")
            .iter()
            .map(|x| x.as_str().expect("a text").parse().expect("a number"))
            .collect();
        assert_eq!(got.len(), want.len());
        let size = want
            .iter()
            .map(|x| x.abs())
            .filter(|x| x.is_finite())
            .fold(1.0, f64::max);
        for (x, y) in got.iter().zip(want) {
            let same = (x - y).abs() <= 1e-4 * size || y.abs() > 1e30 || y.is_nan();
            assert!(same, "{what}, output {k}: {x} instead of {y}");
        }
    }
}
