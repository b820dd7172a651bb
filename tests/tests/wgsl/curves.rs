//! Losses of trainings step by step: shaders stay as close to double precision as machine code in single precision does.
//!
//! The first steps of every training are made three times from the same weights on the same batches: by machine code in double and in single
//! precision, and by shaders whose weights stay on the device. How far single precision strays on the CPU is what rounding does; training
//! amplifies it, so the bound is measured and not a constant.

use gdl::session::Session;
use gdl::session::learn::learning;
use gdl::session::programs::{self, Training};
use gdl::source::Source;
use gdl::{STACK, Terminal, report::Style};
use gdl_abi::{Instance, Signature};
use gdl_codegen::{Options, compile};
use gdl_core::ir::{Func, opt::optimised};
use gdl_host::data;
use gdl_host::params::Params;
use gdl_host::train::{BatchSize, Hooks, Programs, Update, train_from};
use gdl_runtime::{Array, Bound, Program, RunError};
use gdl_tests::gpu::{device, on_device};
use gdl_tests::{Scratch, root};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shaders are at most so many times as far from double precision as machine code has been so far.
const TIMES: f64 = 4.0;
/// What rounding does to a loss of one step, relative to the loss: some units in the last place, whatever machine code's are by chance.
const ROUNDING: f64 = 2e-6;

/// A program that notes what an output of one number is, call by call, and says when it has seen enough.
struct Watched<'a> {
    program: &'a dyn Program,
    output: usize,
    calls: usize,
    seen: Mutex<Vec<f64>>,
    enough: AtomicBool,
}

impl Watched<'_> {
    fn note(&self, outputs: &[Array]) {
        let mut seen = self.seen.lock().expect("no panic");
        seen.extend(outputs[self.output].to_f64());
        self.enough.store(seen.len() >= self.calls, Ordering::Relaxed);
    }
}

impl Program for Watched<'_> {
    fn signature(&self) -> &Signature {
        self.program.signature()
    }

    fn is_f64(&self) -> bool {
        self.program.is_f64()
    }

    fn run(
        &self,
        batch: &Instance,
        inputs: &[&Array],
        params: &[&Array],
        outputs: &mut Vec<Array>,
    ) -> Result<(), RunError> {
        self.program.run(batch, inputs, params, outputs)?;
        self.note(outputs);
        Ok(())
    }

    fn bound<'b>(&'b self, params: &[&Array]) -> Option<Result<Box<dyn Bound + 'b>, RunError>> {
        let bound = self.program.bound(params)?;
        Some(bound.map(|bound| Box::new(WatchedBound { of: self, bound }) as Box<dyn Bound + 'b>))
    }
}

struct WatchedBound<'a> {
    of: &'a Watched<'a>,
    bound: Box<dyn Bound + 'a>,
}

impl Bound for WatchedBound<'_> {
    fn run(&mut self, batch: &Instance, inputs: &[&Array], outputs: &mut Vec<Array>) -> Result<(), RunError> {
        self.advance(batch, inputs, outputs, &[])
    }

    fn advance(
        &mut self,
        batch: &Instance,
        inputs: &[&Array],
        outputs: &mut Vec<Array>,
        next: &[(usize, usize)],
    ) -> Result<(), RunError> {
        self.bound.advance(batch, inputs, outputs, next)?;
        self.of.note(outputs);
        Ok(())
    }

    fn params(&mut self) -> Result<Vec<Array>, RunError> {
        self.bound.params()
    }
}

/// Who trains.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Double,
    Single,
    Shaders,
}

/// A training: its program, and how much of it is made.
#[derive(Clone)]
struct Part {
    file: PathBuf,
    /// The first so many samples of the data, in batches.
    samples: usize,
    batch: usize,
    steps: usize,
}

/// The losses of the first steps.
fn losses(part: &Part, by: By) -> Vec<f64> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut terminal = Terminal::new(&mut out, &mut err, Style::Plain);
    let session = Session::new(Source::read(&part.file, &[]).expect("the example"));
    let (train, block) = session.training(None, &mut terminal).expect("a training");
    let training = Training::new(&train).expect("programs");
    let mut config = session.config(&train).expect("settings");
    config.batch = BatchSize::Samples(part.batch);
    let code = |func: &Func| {
        let options = Options {
            double: by == By::Double,
            threads: 1,
            texts: false,
        };
        compile(&optimised(func).expect("a program"), &options).expect("machine code")
    };
    let (step, eval) = (code(&training.step), code(&training.eval));
    let spec = session
        .data_spec(Some(block), &train.model, &training.inputs())
        .expect("a data block");
    let mut folds = data::load(part.file.with_file_name(&block.path), &spec).expect("data");
    folds.train.ids.truncate(part.samples);
    (folds.val, folds.test) = (None, None);
    // The same weights for all, those of single precision.
    let specs = programs::specs(&training.params);
    let single = Params::init(step.signature(), &specs, config.seed, false).expect("parameters");
    let mut params = single.clone();
    if by == By::Double {
        params = Params::init(step.signature(), &specs, config.seed, true).expect("parameters");
        for (slot, x) in params.arrays_mut().iter_mut().zip(single.arrays()) {
            *slot = Array::F64(x.to_f64());
        }
    }
    let learn = (by == By::Shaders).then(|| {
        let func = learning(&training, &config.optim).expect("a program");
        let gpu = device().expect("a device");
        on_device(&gpu, &optimised(&func).expect("a program"), &train.model.name)
    });
    let program: &dyn Program = match &learn {
        Some(learn) => learn,
        None => &step,
    };
    let loss = program
        .signature()
        .outputs
        .iter()
        .position(|o| o.name == training.plan.loss);
    // Machine code makes a pass over the data first, by the same program, where statistics are found in it.
    let passes = training.plan.stats.iter().any(|s| s.update == Update::OverData) && learn.is_none();
    let before = usize::from(passes) * part.samples.div_ceil(part.batch);
    let watched = Watched {
        program,
        output: loss.expect("a loss"),
        calls: before + part.steps,
        seen: Mutex::default(),
        enough: AtomicBool::new(false),
    };
    let programs = Programs {
        step: if learn.is_some() { &step } else { &watched },
        eval: &eval,
        learn: learn.as_ref().map(|_| &watched as &dyn Program),
    };
    let hooks = Hooks {
        interrupt: Some(&watched.enough),
        ..Hooks::default()
    };
    train_from(programs, &folds, &training.plan, params, &config, hooks).expect("a run");
    watched.seen.into_inner().expect("no panic").split_off(before)
}

fn same_curves(part: Part) {
    if device().is_none() {
        return;
    }
    let work = move || {
        let what = part.file.display();
        let all = [By::Double, By::Single, By::Shaders].map(|by| losses(&part, by));
        assert!(
            all.iter().all(|l| l.len() == part.steps),
            "{what}: {:?}",
            all.each_ref().map(Vec::len)
        );
        let [double, single, shaders] = &all;
        let (mut strayed, mut worst) = (0.0f64, [0.0f64; 2]);
        for (k, &exact) in double.iter().enumerate() {
            let far = [single[k], shaders[k]].map(|x| (x - exact).abs());
            strayed = strayed.max(far[0]);
            assert!(
                far[1] <= TIMES * strayed + ROUNDING * exact.abs(),
                "{what}, step {k}: {exact} in double precision, {} by machine code in single precision, {} by shaders",
                single[k],
                shaders[k]
            );
            worst.iter_mut().zip(far).for_each(|(w, f)| *w = w.max(f / exact.abs()));
        }
        assert!(
            double.iter().any(|x| (x / double[0] - 1.0).abs() > 1e-3),
            "{what}: nothing is learned"
        );
        println!(
            "{what}: losses from {:.4} to {:.4}; apart from double precision, relatively: machine code {:.1e}, shaders {:.1e}",
            double[0],
            double[part.steps - 1],
            worst[0],
            worst[1]
        );
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work);
    thread.expect("a thread").join().expect("the comparison");
}

fn example(path: &str, samples: usize, batch: usize, steps: usize) {
    let file = root().join("examples").join(path);
    same_curves(Part {
        file,
        samples,
        batch,
        steps,
    });
}

#[test]
fn digits() {
    example("01-digits/digits.gdl", 12, 4, 8);
}

#[test]
fn sets() {
    example("02-sets/sets.gdl", 64, 16, 32);
}

#[test]
fn karate() {
    example("03-karate/karate.gdl", 1, 1, 30);
}

#[test]
fn transformer() {
    example("04-transformer/reverse.gdl", 32, 8, 15);
}

#[test]
fn bodies() {
    example("05-egnn/nbody.gdl", 12, 4, 12);
}

#[test]
fn potential() {
    example("06-potential/potential.gdl", 3, 1, 10);
}

#[test]
fn mesh() {
    example("07-mesh/slope.gdl", 4, 2, 20);
}

#[test]
fn paths() {
    example("08-bellman-ford/paths.gdl", 16, 4, 20);
}

/// What is drawn at random follows from the seed and the step, so that weights stay on the device here too.
#[test]
fn dropout() {
    let folder = Scratch::new();
    let sets = root().join("examples/02-sets");
    let text = std::fs::read_to_string(sets.join("sets.gdl")).expect("the example");
    let with = text.replace("sum i: h[i]", "sum i: dropout(h[i], 0.3)");
    assert_ne!(text, with);
    std::fs::copy(sets.join("sums.npz"), folder.path("sums.npz")).expect("a copy");
    same_curves(Part {
        file: Path::new(&folder.file("sets.gdl", &with)).to_path_buf(),
        samples: 64,
        batch: 16,
        steps: 32,
    });
}
