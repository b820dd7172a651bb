//! Soundness by trial: random well-typed programs are accepted, lower to well-formed tensor IR, pass the exact test, compute the
//! same after optimisation, and their machine code agrees with the interpreter and commutes with sampled elements of every factor of the group.
//! What they are trained with passes the exact test too, and its derivative by the parameters is compiled and compared.
//!
//! `SEED=n` runs one program and prints it, `COUNT=n` changes how many are run.

mod choices;
mod domains;
mod groups;
mod reductions;
mod reps;
mod values;
mod writer;

use gdl_abi::{Dtype, Instance};
use gdl_codegen::{Compiled, compile};
use gdl_core::certify::numeric::{Batch, VerifyOptions, interpret, random_batches, verify};
use gdl_core::certify::{Options, Rng, certify_train, certify_with};
use gdl_core::check::{check, check_train};
use gdl_core::ir::grad::training_step;
use gdl_core::ir::{Func, Op, opt, verify as form};
use gdl_core::lower::{Mode, lower, lower_model};
use gdl_core::modules;
use gdl_core::typed::Model;
use gdl_runtime::{Array, Program};
use gdl_syntax::ast::ItemKind;

/// Programs of the test run.
const COUNT: u64 = 2000;
/// Differences by rounding, of the largest entry: sums in another order are amplified by functions like x / |x| near 0.
const ROUNDING: f64 = 1e-6;

/// What is wrong with the program of a seed.
fn trial(seed: u64) -> Result<(), String> {
    let text = writer::program(seed);
    wrong(seed, &text).map_err(|why| format!("seed {seed}: {why}\n{text}"))
}

fn wrong(seed: u64, text: &str) -> Result<(), String> {
    let (program, mut diags) = modules::load("random.gdl", text, &[], &|_, _| Err("no files".into()));
    let (models, found) = check(&program);
    diags.extend(found);
    let said = |d: &gdl_core::diag::Diagnostic| {
        let at: Vec<(&str, &str)> = d
            .labels
            .iter()
            .map(|l| (place(&program, l.span), l.text.as_str()))
            .collect();
        format!("{} {} {at:?}", d.code, d.title)
    };
    if let Some(d) = diags.iter().find(|d| d.is_error()) {
        return Err(format!("rejected: {}", said(d)));
    }
    let model = models.first().ok_or("no model")?;
    let func = lower_model(model)
        .map_err(|d| format!("not lowered: {}", said(&d)))?
        .func;
    form::verify(&func).map_err(|why| format!("not well formed: {why}"))?;
    let options = Options {
        seed,
        scenes: 3,
        budget: 1e7,
        ..Options::default()
    };
    certify_with(model, &func, &options).map_err(|f| format!("not equivariant: {} {f:?}", place(&program, f.span)))?;
    if !model.breaks.is_empty() {
        // All of the group, jointly in the constants.
        let free = model.with_breaks_at_the_door();
        let func = lower_model(&free)
            .map_err(|d| format!("not lowered: {}", said(&d)))?
            .func;
        certify_with(&free, &func, &options)
            .map_err(|f| format!("not jointly equivariant: {} {f:?}", place(&program, f.span)))?;
    }
    let params = numbers(&func, seed);
    let batches = random_batches(model, &func, seed)?;
    let native = agree(&func, &params, &batches[0])?;
    if seed % 4 == 1 {
        agrees_in_single_precision(&func, &params, &batches[0])?;
    }
    commutes(model, &func, &native, &params, &batches, seed)?;
    for item in &program.modules[program.root()].ast.items {
        let ItemKind::Train(block) = &item.kind else { continue };
        let (train, _) = check_train(&program, program.root(), block);
        let train = train.ok_or("no training")?;
        certify_train(&train, seed)
            .map_err(|f| format!("training is not invariant: {} {f:?}", place(&program, f.span)))?;
        let lowered =
            lower(&train.model, &train.losses, Mode::Train).map_err(|d| format!("loss not lowered: {}", said(&d)))?;
        let step = training_step(&lowered.func, &[0])?;
        agree(
            &step,
            &numbers(&step, seed),
            &random_batches(&train.model, &lowered.func, seed)?[0],
        )?;
    }
    Ok(())
}

/// Random parameters. They are positive: statistics are among them.
fn numbers(func: &Func, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = Rng::new(seed);
    let mut list = |len: usize| (0..len).map(|_| rng.unit()).collect();
    func.params.iter().map(|p| list(p.row_len())).collect()
}

/// The interpreter, the optimised program and machine code give the same numbers; the machine code.
fn agree(func: &Func, params: &[Vec<f64>], batch: &Batch) -> Result<Compiled, String> {
    let better = opt::optimised(func)?;
    let options = gdl_codegen::Options {
        double: true,
        threads: 1,
        texts: false,
    };
    let program = compile(func, &options).map_err(|e| format!("not compiled: {e}"))?;
    let want = interpret(func, params, &batch.door, &batch.inputs)?;
    let optimised = interpret(&better, params, &batch.door, &batch.inputs)?;
    let native = run(&program, func, params, batch)?;
    for (who, have) in [("optimised", optimised), ("compiled", native)] {
        for (k, (a, b)) in want.iter().zip(&have).enumerate() {
            let size = a.iter().filter(|x| x.is_finite()).fold(1.0f64, |m, x| m.max(x.abs()));
            let same = |x: f64, y: f64| (x - y).abs() <= ROUNDING * size || !x.is_finite() && !y.is_finite();
            if a.len() != b.len() {
                return Err(format!("{who}: {} numbers in place of {}", b.len(), a.len()));
            }
            if let Some(j) = a.iter().zip(b).position(|(x, y)| !same(*x, *y)) {
                return Err(format!(
                    "{who}: output {k}[{j}] is {} in place of {}, of {size}",
                    b[j], a[j]
                ));
            }
        }
    }
    Ok(program)
}

/// Machine code in single precision gives the numbers of the interpreter, as far as these bear that inputs are rounded.
fn agrees_in_single_precision(func: &Func, params: &[Vec<f64>], batch: &Batch) -> Result<(), String> {
    const WITHIN: f64 = 1e-3;
    let options = gdl_codegen::Options {
        double: false,
        threads: 1,
        texts: false,
    };
    let program = compile(func, &options).map_err(|e| format!("not compiled in single precision: {e}"))?;
    let (exact, nearby) = (rounded(params, 0.0), rounded(params, 1e-6));
    let reals = |by: f64| {
        let one = |(decl, x): (&gdl_abi::ArrayDecl, &Vec<f64>)| match decl.dtype {
            Dtype::Class(_) => x.clone(),
            Dtype::Real => rounded(std::slice::from_ref(x), by).concat(),
        };
        func.inputs.iter().zip(&batch.inputs).map(one).collect::<Vec<_>>()
    };
    let want = interpret(func, &exact, &batch.door, &reals(0.0))?;
    let near = interpret(func, &nearby, &batch.door, &reals(1e-6))?;
    let (door, inputs) = (batch.door.clone(), reals(0.0));
    let have = run(&program, func, &exact, &Batch { door, inputs })?;
    for (k, ((a, b), c)) in want.iter().zip(&near).zip(&have).enumerate() {
        let size = a.iter().filter(|x| x.is_finite()).fold(1.0f64, |m, x| m.max(x.abs()));
        let moved = a.iter().zip(b).map(|(x, y)| (x - y).abs());
        let moved = moved.fold(0.0f64, |m, x| if x.is_finite() { m.max(x) } else { f64::INFINITY });
        if moved > WITHIN * size {
            continue;
        }
        let same = |x: f64, y: f64| (x - y).abs() <= WITHIN * size + 100.0 * moved;
        if let Some(j) = a.iter().zip(c).position(|(x, y)| !same(*x, *y)) {
            return Err(format!(
                "single precision: output {k}[{j}] is {} in place of {}, of {size}",
                c[j], a[j]
            ));
        }
    }
    Ok(())
}

/// Numbers as they are in single precision, each moved up or down by a part of itself.
fn rounded(list: &[Vec<f64>], by: f64) -> Vec<Vec<f64>> {
    let one = |(k, x): (usize, &f64)| f64::from(*x as f32) * (1.0 + if k % 2 == 0 { by } else { -by });
    list.iter().map(|x| x.iter().enumerate().map(one).collect()).collect()
}

/// Whether choices are made among keys that are equal up to rounding: there two ways round the square may choose differently.
fn chooses_among_equals(func: &Func, params: &[Vec<f64>], batch: &Batch) -> Result<bool, String> {
    let keys = |n: &gdl_core::ir::Node| match n.op {
        Op::Choose { key, .. } => Some(key),
        _ => None,
    };
    let mut choosing = func.clone();
    choosing.body.results = func.body.nodes.iter().filter_map(keys).collect();
    choosing.outputs = (0..choosing.body.results.len()).map(|k| format!("key{k}")).collect();
    let mut all = interpret(&choosing, params, &batch.door, &batch.inputs)?;
    Ok(all.iter_mut().any(|list| {
        list.sort_by(f64::total_cmp);
        list.windows(2).any(|w| (w[1] - w[0]).abs() <= ROUNDING)
    }))
}

/// Machine code commutes with sampled elements of every factor. Where keys of choices are equal nothing is claimed.
fn commutes(
    model: &Model,
    func: &Func,
    program: &Compiled,
    params: &[Vec<f64>],
    batches: &[Batch],
    seed: u64,
) -> Result<(), String> {
    for batch in batches {
        if chooses_among_equals(func, params, batch)? {
            continue;
        }
        let mut runner = |door: &gdl_abi::DoorSizes, inputs: &[Vec<f64>]| {
            let (door, inputs) = (door.clone(), inputs.to_vec());
            run(program, func, params, &Batch { door, inputs })
        };
        let largest = |x: &Vec<f64>| x.iter().filter(|x| x.is_finite()).fold(0.0f64, |m, x| m.max(x.abs()));
        let sizes: Vec<f64> = runner(&batch.door, &batch.inputs)?.iter().map(largest).collect();
        let options = VerifyOptions {
            seed,
            runs: 1,
            ..VerifyOptions::default()
        };
        let report = verify(model, func, &mut runner, std::slice::from_ref(batch), &options)?;
        for row in &report.rows {
            let fine = |((_, e), size): (&(String, f64), &f64)| *e <= ROUNDING || *e * size <= ROUNDING;
            if !row.errors.iter().zip(&sizes).all(fine) {
                return Err(format!("compiled code does not commute: {row:?}, sizes {sizes:?}"));
            }
        }
    }
    Ok(())
}

/// Outputs of machine code.
fn run(program: &Compiled, func: &Func, params: &[Vec<f64>], batch: &Batch) -> Result<Vec<Vec<f64>>, String> {
    let instance = Instance::new(&func.domains, &batch.door)?;
    let reals = |x: &[f64]| match program.is_f64() {
        true => Array::F64(x.to_vec()),
        false => Array::F32(x.iter().map(|&x| x as f32).collect()),
    };
    let array = |x: &[f64], dtype: Dtype| match dtype {
        Dtype::Class(_) => Array::Class(x.iter().map(|&label| label as u32).collect()),
        Dtype::Real => reals(x),
    };
    let inputs: Vec<Array> = func
        .inputs
        .iter()
        .zip(&batch.inputs)
        .map(|(decl, x)| array(x, decl.dtype))
        .collect();
    let params: Vec<Array> = params.iter().map(|p| reals(p)).collect();
    let mut outputs = Vec::new();
    let (xs, ps) = (inputs.iter().collect::<Vec<_>>(), params.iter().collect::<Vec<_>>());
    program
        .run(&instance, &xs, &ps, &mut outputs)
        .map_err(|e| e.to_string())?;
    Ok(outputs.iter().map(Array::to_f64).collect())
}

/// The text of a span.
fn place(program: &modules::Program, span: gdl_syntax::ast::Span) -> &str {
    let text = program.modules.get(span.file as usize).map_or("", |m| m.text.as_str());
    text.get(span.start as usize..span.end as usize).unwrap_or("")
}

#[test]
fn random_programs_are_sound() {
    let number = |name: &str| std::env::var(name).ok().and_then(|s| s.parse::<u64>().ok());
    if let Some(seed) = number("SEED") {
        println!("{}", writer::program(seed));
        trial(seed).unwrap_or_else(|why| panic!("{why}"));
        return;
    }
    let count = number("COUNT").unwrap_or(COUNT);
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get().min(8)) as u64;
    let failures: Vec<String> = std::thread::scope(|s| {
        let work = |w: u64| {
            s.spawn(move || {
                (w..count)
                    .step_by(workers as usize)
                    .filter_map(|k| trial(k).err())
                    .collect::<Vec<_>>()
            })
        };
        let handles: Vec<_> = (0..workers).map(work).collect();
        handles
            .into_iter()
            .flat_map(|h| {
                h.join()
                    .unwrap_or_else(|_| vec!["a program made the compiler panic".into()])
            })
            .collect()
    });
    assert!(
        failures.is_empty(),
        "{} of {count} programs:\n\n{}",
        failures.len(),
        failures.join("\n")
    );
}
