//! What the typing rules prove of some values, as a table: one row for every factor of the symmetry.

use crate::report::{clip, position, wrap};
use gdl_core::cert::{Flag, Row};
use gdl_core::modules::Program;
use gdl_syntax::ast::Span;
use serde_json::{Value, json};

/// The lines of a table: claims while running, and what differs in training.
pub fn table(program: &Program, name: &str, running: &[Row], training: &[Row]) -> Vec<String> {
    let factor = |r: &Row| match r.outputs.as_slice() {
        [] => r.factor.clone(),
        some => format!("{} for {}", r.factor, some.join(", ")),
    };
    let first = running.iter().map(|r| factor(r).chars().count()).max().unwrap_or(0);
    let second = running
        .iter()
        .map(|r| r.claim.to_string().chars().count())
        .max()
        .unwrap_or(0);
    let second = second.max(12);
    let mut out = Vec::new();
    for (k, (row, train)) in running.iter().zip(training).enumerate() {
        let name = if k == 0 { name } else { "" };
        let mut remark = words(program, row);
        if train != row {
            let more = words(program, train);
            remark = [remark, format!("in training: {more}")]
                .into_iter()
                .filter(|t| !t.is_empty())
                .collect::<Vec<_>>()
                .join("; ");
        }
        let mut lead = format!("{name:12}  {:first$}  {:second$}", factor(row), row.claim.to_string());
        let mut width = lead.chars().count();
        if width + 2 + NARROW.min(remark.chars().count()) > 80 {
            out.push(lead.trim_end().to_string());
            width = 20;
            lead = " ".repeat(width);
        }
        for (j, line) in wrap(&remark, 78 - width).iter().enumerate() {
            let lead = if j == 0 { lead.clone() } else { " ".repeat(width) };
            out.push(format!("{lead}  {line}").trim_end().to_string());
        }
    }
    out
}

/// Remarks that are longer than the room they have, and than this, stand below their row.
const NARROW: usize = 32;

/// The rows as JSON; `outputs` is empty where it is said of all.
pub fn json(rows: &[Row]) -> Value {
    let row = |row: &Row| {
        let flags: Vec<&str> = row.flags.iter().map(|f| f.name).collect();
        let residual = row.flags.iter().find_map(|f| f.residual);
        json!({ "factor": row.factor, "outputs": row.outputs, "claim": row.claim.to_string(), "flags": flags, "residual": residual, "remark": row.remark })
    };
    rows.iter().map(row).collect()
}

/// Conditions and flags of a row.
fn words(program: &Program, row: &Row) -> String {
    let flags = row.flags.iter().map(|f| flag(program, f));
    let parts = std::iter::once(row.remark.clone()).chain(flags);
    parts.filter(|t| !t.is_empty()).collect::<Vec<_>>().join("; ")
}

/// `ties (model.gdl:5)`.
fn flag(program: &Program, flag: &Flag) -> String {
    let name = match flag.residual {
        Some(r) => format!("{}({r:.0e})", flag.name),
        None => flag.name.to_string(),
    };
    let mut places: Vec<String> = flag.spans.iter().filter_map(|s| line_of(program, *s)).collect();
    places.dedup();
    match places.len() {
        0 => name,
        n if n > 3 => format!("{} ({} and {} more)", name, places[..3].join(", "), n - 3),
        _ => format!("{} ({})", name, places.join(", ")),
    }
}

fn line_of(program: &Program, span: Span) -> Option<String> {
    let module = program.modules.get(span.file as usize)?;
    let (line, _) = position(&module.text, clip(&module.text, span).start);
    Some(format!("{}:{line}", module.path))
}
