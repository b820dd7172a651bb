//! Choices: dims whose rows are chosen among the rows of another dim, and who may read what was chosen.

use super::{Node, Op, Value};
use gdl_abi::{DimDef, DimId, Domains};

/// Whether an operator may read a choice: to take and put, or to hand it on to a loop.
pub(super) fn reads_choices(op: &Op, v: Value) -> bool {
    match op {
        Op::Take { x, .. } | Op::Put { x, .. } => *x != v,
        Op::Scan(s) => !s.init.contains(&v) && !s.xs.contains(&v),
        _ => false,
    }
}

/// A value that may be a choice: one, or an argument of a loop.
pub(super) fn is_choice(before: &[Node], at: Value) -> Result<(), String> {
    match before[at.0 as usize].op {
        Op::Choose { .. } | Op::Arg(_) => Ok(()),
        _ => Err(format!("%{} is no choice", at.0)),
    }
}

/// A dim of choices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    /// What is chosen from.
    pub of: DimId,
    /// What chooses.
    pub each: DimId,
    /// Nothing chooses itself.
    pub others: bool,
}

/// A dim of choices.
///
/// # Errors
/// It is another dim.
pub(super) fn choice(domains: &Domains, d: DimId) -> Result<Choice, String> {
    match domains.dims.get(d.0 as usize) {
        Some(&DimDef::Chosen { of, each, others, .. }) => Ok(Choice { of, each, others }),
        _ => Err(format!("dim d{} has no choices", d.0)),
    }
}
