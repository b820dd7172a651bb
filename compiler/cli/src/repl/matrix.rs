//! Matrices of representations as values.

use super::methods::Call;
use super::value::{Member, Value};
use crate::session::D;
use gdl_rep::{Exact, Rep};

/// The matrix of an element on a representation.
///
/// # Errors
/// If the element does not act on it.
pub fn of(c: &Call<'_, '_>, r: &Rep, m: &Member) -> D<Value> {
    let element = match m.group.include(&r.group, &m.element) {
        Some(e) => e,
        None => {
            return Err(c.refuse(
                format!("{} is not an element of {}", m.element, r.group),
                format!("`{r}` is a representation of {}, the element of {}", r.group, m.group),
            ));
        }
    };
    match r.matrix_over::<Exact>(&element) {
        Some(data) => Ok(value(&data, r.dim())),
        None => Err(c.refuse(format!("{element} does not act on `{r}`"), "no matrix")),
    }
}

/// Rows of exact numbers.
pub fn value(data: &[Exact], columns: usize) -> Value {
    Value::list(
        data.chunks(columns.max(1))
            .map(|row| Value::list(row.iter().map(|x| super::language::number(x.polish())))),
    )
}
