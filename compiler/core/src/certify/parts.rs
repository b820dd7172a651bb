//! The exact test of a whole model: outputs of which the same subgroup is claimed are tested together, and with the constants of `break` as
//! inputs, which the group moves too, the declared group again.

use super::{Failure, Report, Row, Status, certify as certify_func};
use crate::cert::{Flags, Remaining};
use crate::lower::{Mode, lower};
use crate::typed::{Model, NodeId};

/// Tests the outputs of a model by parts.
pub(super) fn certify(model: &Model, mode: Mode, seed: u64) -> Result<Report, Failure> {
    let mut parts = Vec::new();
    for part in alike(model) {
        let names: Vec<&str> = part.outputs.iter().map(|(n, _)| n.as_str()).collect();
        parts.push((names.join(", "), certify_part(&part, mode, seed)?));
    }
    if parts.is_empty() {
        return certify_part(model, mode, seed);
    }
    Ok(together(parts))
}

/// The model once for every set of outputs of which the same is claimed.
fn alike(model: &Model) -> Vec<Model> {
    let flags = Flags::of(model, false);
    type Claimed = (Remaining, bool);
    let mut parts: Vec<(Claimed, Vec<(String, NodeId)>)> = Vec::new();
    for (name, id) in &model.outputs {
        let left = (flags.left(model, &[*id]), flags.names_a_point(model, &[*id]));
        let output = (name.clone(), *id);
        match parts.iter_mut().find(|(l, _)| *l == left) {
            Some((_, outputs)) => outputs.push(output),
            None => parts.push((left, vec![output])),
        }
    }
    let part = |(_, outputs)| Model {
        outputs,
        ..model.clone()
    };
    parts.into_iter().map(part).collect()
}

fn certify_part(part: &Model, mode: Mode, seed: u64) -> Result<Report, Failure> {
    let test = |model: &Model| {
        let lowered = lower(model, &model.outputs, mode)
            .map_err(|d| Failure::refused(model, format!("{}: {}", d.code, d.title)))?;
        certify_func(model, &lowered.func, seed)
    };
    let mut report = test(part)?;
    let outputs: Vec<NodeId> = part.outputs.iter().map(|(_, id)| *id).collect();
    if Flags::of(part, false).breaks(part, &outputs).is_empty() {
        return Ok(report);
    }
    let jointly = test(&part.with_breaks_at_the_door())?;
    let claimed = |r: &&Row| !matches!(r.status, Status::NotClaimed(_));
    let known: Vec<String> = report.rows.iter().filter(claimed).map(|r| r.factor.clone()).collect();
    let fresh = jointly
        .rows
        .iter()
        .filter(claimed)
        .filter(|r| !known.contains(&r.factor));
    report.rows.extend(fresh.map(|r| Row {
        factor: format!("{}, jointly with `break`", r.factor),
        ..r.clone()
    }));
    report.bounds_of(jointly);
    Ok(report)
}

/// The reports on parts of a model, with the names of their outputs, as one: what is the same for all parts is said once.
fn together(parts: Vec<(String, Report)>) -> Report {
    let mut out = Report {
        rows: Vec::new(),
        degree: 0.0,
        false_acceptance: 0.0,
        undefined: Vec::new(),
        skipped: Vec::new(),
    };
    let rows = || {
        parts
            .iter()
            .flat_map(|(names, report)| report.rows.iter().map(move |r| (names, r)))
    };
    let mut seen: Vec<&str> = Vec::new();
    for (_, row) in rows() {
        if seen.contains(&row.factor.as_str()) {
            continue;
        }
        seen.push(&row.factor);
        let here = || rows().filter(|(_, r)| r.factor == row.factor);
        if here().filter(|(_, r)| r.status == row.status).count() == parts.len() {
            let runs = here().map(|(_, r)| r.runs).sum();
            out.rows.push(Row { runs, ..row.clone() });
            continue;
        }
        out.rows.extend(here().map(|(names, r)| Row {
            factor: format!("{} for {names}", r.factor),
            ..r.clone()
        }));
    }
    for (_, report) in parts {
        out.bounds_of(report);
    }
    out
}

impl Report {
    /// What is said of the test as a whole holds of another one too.
    fn bounds_of(&mut self, other: Report) {
        self.degree = self.degree.max(other.degree);
        self.false_acceptance = self.false_acceptance.max(other.false_acceptance);
        for (list, more) in [
            (&mut self.undefined, other.undefined),
            (&mut self.skipped, other.skipped),
        ] {
            let fresh: Vec<String> = more.into_iter().filter(|what| !list.contains(what)).collect();
            list.extend(fresh);
        }
    }
}
