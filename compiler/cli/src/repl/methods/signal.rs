//! Vectors and signals.

use super::{Call, Method};
use crate::repl::value::{Kind, Value};
use crate::session::D;

/// See [`super::TABLES`].
pub const METHODS: &[Method] = &[Method {
    name: "shape",
    on: &[Kind::Tensor],
    params: &[],
    doc: "The extents of its axes: index sets, then components.",
    example: "D(4).vector(1, 2).shape",
    run: shape,
}];

fn shape(c: &mut Call<'_, '_>) -> D<Value> {
    match c.this() {
        Value::Tensor(t) => Ok(Value::list(t.shape().into_iter().map(|n| Value::Int(n as i64)))),
        _ => Err(c.refuse("a signal is needed", "here")),
    }
}
