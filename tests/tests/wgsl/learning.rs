//! Steps that update weights themselves against the optimisers that do it outside, and against not doing anything where something is not finite.

use gdl::session::Session;
use gdl::session::learn::learning;
use gdl::session::programs::Training;
use gdl::session::subjects::subjects;
use gdl::source::Source;
use gdl::{STACK, Terminal, report::Style};
use gdl_abi::Instance;
use gdl_codegen::{Options, compile};
use gdl_core::ir::Func;
use gdl_core::ir::opt::optimised;
use gdl_host::optim::{OptimSpec, Optimizer, Rule, Schedule, Time};
use gdl_host::rng::Rng;
use gdl_host::train::device::{NORM, NUMBERS, memory, next};
use gdl_runtime::{Array, Program, bind};
use gdl_tests::root;
use std::borrow::Cow;

fn settings() -> Vec<OptimSpec> {
    let rate = |r| Schedule::Constant(r);
    let nesterov = Rule::Sgd {
        momentum: 0.9,
        nesterov: true,
        decay: 0.1,
    };
    let clipped = OptimSpec {
        clip: Some(0.01),
        average: Some(0.8),
        ..OptimSpec::new(Rule::adamw(0.3), rate(0.02))
    };
    let rules = [Rule::sgd(0.0), Rule::sgd(0.8), nesterov, Rule::adam()];
    rules
        .map(|rule| OptimSpec::new(rule, rate(0.05)))
        .into_iter()
        .chain([clipped])
        .collect()
}

fn all_rules() {
    let file = root().join("examples/03-karate/karate.gdl");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut terminal = Terminal::new(&mut out, &mut err, Style::Plain);
    let session = Session::new(Source::read(&file, &[]).expect("the example"));
    let model = session.model(None, &mut terminal).expect("a model");
    let (all, _) = subjects(&session, &model, &file, true, 4, &mut terminal).expect("programs with data");
    let (train, _) = session.training(Some(&model.name), &mut terminal).expect("a training");
    let training = Training::new(&train).expect("programs");
    let options = Options {
        double: true,
        threads: 1,
        texts: false,
    };
    let code = |func: &Func| compile(&optimised(func).expect("a program"), &options).expect("machine code");
    let step = code(&training.step);
    let given = all.iter().find(|s| s.part == "gradient").expect("a step");
    let batch = Instance::new(&training.step.domains, &given.door).expect("a batch");
    let inputs: Vec<&Array> = given.inputs.iter().collect();
    for spec in settings() {
        let learn = code(&learning(&training, &spec).expect("a program"));
        let mut weights: Vec<Array> = step
            .signature()
            .params
            .iter()
            .map(|d| {
                let mut rng = Rng::named(2, &d.name);
                Array::F64((0..d.row_len()).map(|_| 0.5 * rng.normal()).collect())
            })
            .collect();
        let place = |name: &String| {
            step.signature()
                .params
                .iter()
                .position(|p| p.name == *name)
                .expect("a parameter")
        };
        let trained: Vec<usize> = training.plan.gradients.iter().map(|(p, _)| place(p)).collect();
        let before: Vec<&Array> = trained.iter().map(|&k| &weights[k]).collect();
        let mut outside = Optimizer::new(spec.clone(), &before).expect("an optimiser");
        let mut inside = outside.clone();
        // Where the optimiser starts.
        let signature = learn.signature();
        let start = |name: &str| -> Array {
            if let Some(k) = step.signature().params.iter().position(|p| p.name == name) {
                return weights[k].clone();
            }
            let (_, memories) = outside.state();
            let of = trained.iter().zip(memories);
            let mut named = of.flat_map(|(&p, list)| list.iter().enumerate().map(move |(k, a)| (p, k, a)));
            let found = named.find(|(p, k, _)| memory(&step.signature().params[*p].name, *k) == name);
            found.expect("a memory").2.clone()
        };
        let params: Vec<Cow<'_, Array>> = signature.params.iter().map(|d| Cow::Owned(start(&d.name))).collect();
        let becomes = |name: &String| signature.outputs.iter().position(|o| o.name == next(name));
        let changes: Vec<(usize, usize)> = signature
            .params
            .iter()
            .enumerate()
            .filter_map(|(k, p)| Some((becomes(&p.name)?, k)))
            .collect();
        let mut bound = bind(&learn, params).expect("room");
        assert_eq!(signature.inputs.last().map(|d| d.name.as_str()), Some(NUMBERS));
        for k in 0..4 {
            let time = Time {
                step: k,
                total: 4,
                per_epoch: 2,
            };
            let refs: Vec<&Array> = weights.iter().collect();
            let mut outputs = Vec::new();
            step.run(&batch, &inputs, &refs, &mut outputs).expect("a step");
            let gradient = |(_, name): &(String, String)| step.signature().outputs.iter().position(|o| o.name == *name);
            let gradients: Vec<&Array> = training
                .plan
                .gradients
                .iter()
                .map(|g| &outputs[gradient(g).expect("a gradient")])
                .collect();
            let mut slots: Vec<Option<&mut Array>> = weights.iter_mut().map(Some).collect();
            let mut own: Vec<&mut Array> = trained.iter().map(|&k| slots[k].take().expect("one each")).collect();
            let stepped = outside.step(&mut own, &gradients, time).expect("a step");

            let numbers = Array::F64(inside.take_step(time));
            let mut given = inputs.clone();
            given.push(&numbers);
            let mut scores = Vec::new();
            bound.advance(&batch, &given, &mut scores, &changes).expect("a step");
            let norm = signature.outputs.iter().position(|o| o.name == NORM).expect("the norm");
            assert!((scores[norm].to_f64()[0] / stepped.norm - 1.0).abs() < 1e-12);
        }
        let found = bound.params().expect("parameters");
        for (decl, x) in signature.params.iter().zip(&found) {
            let want = match step.signature().params.iter().position(|p| p.name == decl.name) {
                Some(k) => weights[k].to_f64(),
                None => {
                    let (_, memories) = outside.state();
                    let of = trained.iter().zip(memories);
                    let mut named = of.flat_map(|(&p, list)| list.iter().enumerate().map(move |(k, a)| (p, k, a)));
                    let found = named.find(|(p, k, _)| memory(&step.signature().params[*p].name, *k) == decl.name);
                    found.expect("a memory").2.to_f64()
                }
            };
            for (a, b) in x.to_f64().iter().zip(&want) {
                assert!(
                    (a - b).abs() <= 1e-11 * b.abs().max(1e-6),
                    "{:?} {}: {a} {b}",
                    spec.rule,
                    decl.name
                );
            }
        }
        // Nothing changes where something is not finite.
        let bad = Array::F64(vec![
            f64::NAN;
            inside
                .take_step(Time {
                    step: 4,
                    total: 5,
                    per_epoch: 2
                })
                .len()
        ]);
        let spoiled: Vec<Array> = given
            .inputs
            .iter()
            .map(|a| match a {
                Array::F64(v) => Array::F64(vec![f64::NAN; v.len()]),
                other => other.clone(),
            })
            .collect();
        let mut wrong: Vec<&Array> = spoiled.iter().collect();
        wrong.push(&bad);
        bound
            .advance(&batch, &wrong, &mut Vec::new(), &changes)
            .expect("a step");
        assert_eq!(bound.params().expect("parameters"), found);
    }
}

#[test]
fn updates_inside_programs_are_those_outside() {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(all_rules);
    thread.expect("a thread").join().expect("the comparison");
}
