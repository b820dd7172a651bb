//! Soundness by trial: random well-typed programs are accepted, lower to well-formed tensor IR, pass the exact test, and compute
//! the same after optimisation.
//!
//! `SEED=n` runs one program and prints it, `COUNT=n` changes how many are run.

mod programs;
mod reps;

use gdl_core::certify::numeric::{interpret, random_batches};
use gdl_core::certify::{Options, Rng, certify_with};
use gdl_core::ir::{opt, verify};
use gdl_core::{check, lower, modules};

/// Programs of the test run.
const COUNT: u64 = 2000;

/// What is wrong with the program of a seed.
fn trial(seed: u64) -> Result<(), String> {
    let text = programs::program(seed);
    let fail = |what: &str, why: &dyn std::fmt::Debug| Err(format!("seed {seed}: {what}: {why:?}\n{text}"));
    let (program, mut diags) = modules::load("random.gdl", &text, &[], &|_, _| Err("no files".into()));
    let (models, found) = check::check(&program);
    diags.extend(found);
    if let Some(d) = diags.iter().find(|d| d.is_error()) {
        let at: Vec<(&str, &str)> = d
            .labels
            .iter()
            .map(|l| (place(&program, l.span), l.text.as_str()))
            .collect();
        return fail("rejected", &(d.code, &d.title, at));
    }
    let Some(model) = models.first() else {
        return fail("no model", &());
    };
    let func = match lower::lower_model(model) {
        Ok(l) => l.func,
        Err(d) => {
            return fail(
                "not lowered",
                &(
                    d.code,
                    &d.title,
                    d.labels
                        .iter()
                        .map(|l| (place(&program, l.span), &l.text))
                        .collect::<Vec<_>>(),
                ),
            );
        }
    };
    if let Err(why) = verify::verify(&func) {
        return fail("not well formed", &why);
    }
    if let Err(f) = certify_with(
        model,
        &func,
        &Options {
            seed,
            scenes: 3,
            budget: 1e7,
            ..Options::default()
        },
    ) {
        return fail("not equivariant", &(place(&program, f.span), &f));
    }
    let better = match opt::optimised(&func) {
        Ok(b) => b,
        Err(why) => return fail("not optimised", &why),
    };
    let mut rng = Rng::new(seed);
    let params: Vec<Vec<f64>> = func
        .params
        .iter()
        .map(|p| (0..p.row_len()).map(|_| rng.unit()).collect())
        .collect();
    for batch in random_batches(model, &func, seed)?.iter().take(1) {
        let run = |f| interpret(f, &params, &batch.door, &batch.inputs);
        let (before, after) = (run(&func)?, run(&better)?);
        for (a, b) in before.iter().zip(&after) {
            let size = a.iter().filter(|x| x.is_finite()).fold(1.0f64, |m, x| m.max(x.abs()));
            let same = |x: f64, y: f64| (x - y).abs() <= 1e-6 * size || !x.is_finite() && !y.is_finite();
            if a.len() != b.len() || !a.iter().zip(b).all(|(x, y)| same(*x, *y)) {
                return fail("changed by optimisation", &(a, b));
            }
        }
    }
    Ok(())
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
        println!("{}", programs::program(seed));
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
