//! Built-in programs: kernels of common architectures at realistic sizes, written in the language and compiled as any other
//! program.

mod attention;
mod gat;
mod interaction;
mod p4m;
mod product;
mod tensor;

use super::measure::Case;
use crate::session::backend::Engine;
use crate::session::subjects::random_inputs;
use crate::session::{Session, programs};
use crate::source::Source;
use crate::{Failure, Terminal};
use gdl_abi::DoorSizes;
use gdl_core::check::nearest;
use gdl_core::ir::grad;
use gdl_core::lower;
use gdl_host::params::Params;
use gdl_host::rng::Rng;
use std::time::Instant;

/// A program and the sizes of its batch.
pub(super) struct Subject {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Its text, with one model.
    pub text: &'static str,
    /// The batch.
    pub door: fn() -> DoorSizes,
}

const SUBJECTS: [Subject; 6] = [
    product::SUBJECT,
    p4m::SUBJECT,
    tensor::SUBJECT,
    interaction::SUBJECT,
    attention::SUBJECT,
    gat::SUBJECT,
];

/// The subjects of these names, or all.
pub(super) fn chosen(names: &[String]) -> Result<Vec<&'static Subject>, Failure> {
    if names.is_empty() {
        return Ok(SUBJECTS.iter().collect());
    }
    let find = |name: &String| {
        SUBJECTS.iter().find(|s| s.name == name).ok_or_else(|| {
            let known: Vec<String> = SUBJECTS.iter().map(|s| s.name.to_string()).collect();
            Failure::usage(format!("the suite has no `{name}`")).help(match nearest(name, &known) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("There are: {}.", known.join(", ")),
            })
        })
    };
    names.iter().map(find).collect()
}

/// A subject forwards, and the gradient of ⟨random array, output⟩ for all inputs and weights.
pub(super) fn cases(
    subject: &Subject,
    wanted: Option<&str>,
    engine: &Engine,
    terminal: &mut Terminal<'_>,
) -> Result<Vec<Case>, Failure> {
    let session = Session::new(Source::parse(&format!("{}.gdl", subject.name), subject.text, &[]));
    terminal.report(&session.source.program, &session.source.diagnostics)?;
    let model = session.model(None, terminal)?;
    let lowered = session.ok(lower::lower_model(&model), terminal)?;
    let gradient = grad::vjp(&lowered.func).map_err(Failure::error)?;
    let door = (subject.door)();
    let mut cases = Vec::new();
    for (part, func) in [("forward", lowered.func), ("gradient", gradient)] {
        if wanted.is_some_and(|p| p != part) {
            continue;
        }
        let start = Instant::now();
        let program = engine.timed(&func)?;
        let compile = start.elapsed();
        let params = Params::init(
            program.program().signature(),
            &programs::specs(&lowered.params),
            0,
            engine.double,
        )?;
        cases.push(Case {
            name: subject.name.into(),
            part,
            compile,
            inputs: random_inputs(&func, &door, engine.double)?,
            door: door.clone(),
            params: params.arrays().to_vec(),
            program,
        });
    }
    Ok(cases)
}

/// One sample of a graph: random edges, the same number into every node, by destination.
fn graph(name: &str, nodes: u32, degree: u32) -> DoorSizes {
    let mut rng = Rng::named(0, "edges");
    let edges = nodes * degree;
    let sources = (0..edges)
        .map(|_| ((rng.uniform() * f64::from(nodes)) as u32).min(nodes - 1))
        .collect();
    DoorSizes {
        samples: 1,
        ragged: vec![(name.into(), vec![0, nodes]), (format!("{name}.edges"), vec![0, edges])],
        maps: vec![
            (format!("{name}.src"), sources),
            (format!("{name}.dst"), (0..edges).map(|e| e / degree).collect()),
        ],
        ..DoorSizes::default()
    }
}
