//! All examples: what runs, what trains and what is prepared, against machine code; every shader is validated.

use crate::banks::on_smallest;
use gdl::session::Session;
use gdl::session::learn::learning;
use gdl::session::programs::Training;
use gdl::session::subjects::subjects;
use gdl::source::Source;
use gdl::{STACK, Terminal, report::Style};
use gdl_abi::Instance;
use gdl_codegen::{Options, compile};
use gdl_core::ir::{Func, grad, opt::optimised};
use gdl_core::lower::lower_model;
use gdl_host::rng::Rng;
use gdl_runtime::{Array, Program};
use gdl_tests::gpu::{device, on_devices, run_twice, shaders};
use gdl_tests::root;

/// The largest number.
fn largest(x: &Array) -> f64 {
    x.to_f64().iter().fold(0.0, |m, x| m.max(x.abs()))
}

/// The largest difference relative to the largest number, or to `least` if that is larger.
fn apart(a: &Array, b: &Array, least: f64) -> f64 {
    let size = largest(b).max(least);
    let (a, b) = (a.to_f64(), b.to_f64());
    assert_eq!(a.len(), b.len());
    assert!(size.is_finite());
    let far = a.iter().zip(&b).fold(0.0f64, |m, (x, y)| m.max((x - y).abs()));
    assert!(a.iter().all(|x| x.is_finite()));
    if size == 0.0 { far } else { far / size }
}

/// Values within 1e-5 of those of the CPU in double precision, gradients within 1e-4.
const WITHIN: [f64; 2] = [1e-5, 1e-4];
/// Gradients that are 0 in theory, of an offset before a normalisation for example, are measured by this part of the largest gradient.
const SMALL: f64 = 1e-2;
/// Samples of a batch.
const SAMPLES: usize = 2;

/// Compares a function on a batch with machine code in double precision.
fn compare(func: &Func, batch: &Instance, inputs: &[Array], params: &[Array], what: &str) {
    let Some(gpu) = device() else { return };
    let func = optimised(func).expect("a program");
    let double = |a: &Array| match a {
        Array::F32(v) => Array::F64(v.iter().map(|&x| f64::from(x)).collect()),
        other => other.clone(),
    };
    let options = Options {
        double: true,
        threads: 1,
        texts: false,
    };
    let (xs, ps): (Vec<Array>, Vec<Array>) = (inputs.iter().map(double).collect(), params.iter().map(double).collect());
    let (xs, ps): (Vec<&Array>, Vec<&Array>) = (xs.iter().collect(), ps.iter().collect());
    let code = compile(&func, &options).expect("machine code");
    let mut want = Vec::new();
    code.run(batch, &xs, &ps, &mut want)
        .unwrap_or_else(|e| panic!("{what}: {e}"));
    let (xs, ps): (Vec<&Array>, Vec<&Array>) = (inputs.iter().collect(), params.iter().collect());
    assert!(!want.is_empty());
    let gradients = func.outputs.iter().zip(&want).filter(|(n, _)| n.starts_with("grad."));
    let least = SMALL * gradients.map(|(_, g)| largest(g)).fold(0.0, f64::max);
    for (k, program) in on_devices(&gpu, &func, what).iter().enumerate() {
        let got = run_twice(program, batch, &xs, &ps, what);
        if k == 0 {
            assert_eq!(got, on_smallest(&func, batch, &xs, &ps), "{what}: in several bindings");
        }
        let mut worst = [0.0f64; 2];
        for ((name, got), want) in func.outputs.iter().zip(&got).zip(&want) {
            let kind = usize::from(name.starts_with("grad."));
            let apart = apart(got, want, least * kind as f64);
            assert!(apart <= WITHIN[kind], "{what}: `{name}` is {apart:e} apart");
            worst[kind] = worst[kind].max(apart);
        }
        println!("{what}: values {:.1e}, gradients {:.1e}", worst[0], worst[1]);
    }
}

/// The programs of an example, each on the first batch of its data.
fn example(path: &str) {
    let file = root().join("examples").join(path);
    let work = move || {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut terminal = Terminal::new(&mut out, &mut err, Style::Plain);
        let session = Session::new(Source::read(&file, &[]).expect("the example"));
        let model = session.model(None, &mut terminal).expect("a model");
        let lowered = lower_model(&model).expect("a program");
        let (all, infos) =
            subjects(&session, &model, &file, false, SAMPLES, &mut terminal).expect("programs with data");
        for s in &all {
            let batch = Instance::new(&s.func.domains, &s.door).expect("a batch");
            // Of the size that networks start from; scales and variances are among them.
            let start = |d: &gdl_abi::ArrayDecl| {
                let mut rng = Rng::named(1, &d.name);
                let fan_in = d.axes.last().copied().unwrap_or(1).max(1);
                let draw = |_| match d.axes.len() {
                    0 | 1 => 0.6 + 0.4 * rng.uniform(),
                    _ => rng.normal() / f64::from(fan_in).sqrt(),
                };
                Array::F32((0..d.row_len()).map(draw).map(|x| x as f32).collect())
            };
            let params: Vec<Array> = s.func.params.iter().map(start).collect();
            compare(
                &s.func,
                &batch,
                &s.inputs,
                &params,
                &format!("{}, {}", model.name, s.part),
            );
        }
        assert!(!infos.is_empty());
        // What is not run here is validated at least: the derivative of the model, and what a package computes once.
        let back = grad::vjp(&lowered.func).expect("a derivative");
        shaders(&optimised(&back).expect("a program"), "vjp");
        if session.is_trained(&model.name) {
            let (train, _) = session.training(Some(&model.name), &mut terminal).expect("a training");
            let training = Training::new(&train).expect("programs");
            shaders(&optimised(&training.eval).expect("a program"), "eval");
            let config = session.config(&train).expect("settings");
            let learn = learning(&training, &config.optim).expect("a program");
            shaders(&optimised(&learn).expect("a program"), "learn");
        }
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work);
    thread.expect("a thread").join().expect("the comparison");
}

#[test]
fn digits() {
    example("01-digits/digits.gdl");
}

#[test]
fn sets() {
    example("02-sets/sets.gdl");
}

#[test]
fn karate() {
    example("03-karate/karate.gdl");
}

#[test]
fn transformer() {
    example("04-transformer/reverse.gdl");
}

#[test]
fn bodies() {
    example("05-egnn/nbody.gdl");
}

#[test]
fn potential() {
    example("06-potential/potential.gdl");
}

#[test]
fn mesh() {
    example("07-mesh/slope.gdl");
}

#[test]
fn paths() {
    example("08-bellman-ford/paths.gdl");
}
