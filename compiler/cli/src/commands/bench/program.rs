//! The programs of a file, as cases.

use super::measure::Case;
use crate::session::backend::Engine;
use crate::session::subjects::{on_data, subjects};
use crate::session::{Session, programs, words};
use crate::{Failure, Terminal};
use gdl_host::params::Params;
use std::path::Path;
use std::time::Instant;

/// The cases of a file.
pub(super) fn cases(
    file: &Path,
    given: &[String],
    weights: Option<&Path>,
    input: Option<&Path>,
    part: Option<&str>,
    engine: &Engine,
    terminal: &mut Terminal<'_>,
) -> Result<Vec<Case>, Failure> {
    let (name, settings) = words(given);
    let session = Session::open(file, settings, terminal)?;
    let model = session.model(name, terminal)?;
    let (subjects, params) = match input {
        Some(path) => on_data(&session, &model, path, engine.double, terminal)?,
        None => subjects(&session, &model, file, engine.double, usize::MAX, terminal)?,
    };
    let mut cases = Vec::new();
    for s in subjects.into_iter().filter(|s| part.is_none_or(|p| p == s.part)) {
        let start = Instant::now();
        let program = engine.timed(&s.func)?;
        let compile = start.elapsed();
        let mut all = Params::init(
            program.program().signature(),
            &programs::specs(&params),
            0,
            engine.double,
        )?;
        if let Some(path) = weights {
            session.load(path, &params, &mut all, terminal)?;
        }
        cases.push(Case {
            name: model.name.clone(),
            part: s.part,
            compile,
            door: s.door,
            inputs: s.inputs,
            params: all.arrays().to_vec(),
            program,
        });
    }
    Ok(cases)
}
