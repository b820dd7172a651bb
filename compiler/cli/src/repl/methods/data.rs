//! Samples of data blocks.

use super::{Call, Method, one};
use crate::repl::language;
use crate::repl::samples::Samples;
use crate::repl::value::{Kind, Value};
use crate::session::D;
use gdl_core::check::nearest;
use gdl_core::diag::Diagnostic;
use gdl_syntax::ast::{Expr, ExprKind, Ident};
use std::sync::Arc;

/// See [`super::TABLES`].
pub const METHODS: &[Method] = &[
    Method {
        name: "samples",
        on: &[Kind::Samples],
        params: &[],
        doc: "How many samples a data block has; `D[0]` is the first one, a record of its domains and signals.",
        example: "data Club from \"examples/03-karate/karate.npz\" { g: graph = dense(A) }\nsamples(Club)",
        run: |c| match c.this() {
            Value::Samples(s) => match s.len() {
                Some(n) => Ok(Value::Int(n as i64)),
                None => Err(c.refuse(
                    "its samples stand in folds",
                    format!("name one: {}", s.folds().join(", ")),
                )),
            },
            _ => Err(c.refuse("data are needed", "here")),
        },
    },
    Method {
        name: "part",
        on: &[Kind::Samples],
        params: &[one("name", &[Kind::Text])],
        doc: "A fold of a data block, or the values of a field for all samples; `D.test`, `D.label` are the same.",
        example: "data Digits from \"examples/01-digits/digits8x8.npz\" {\n  label: class(10) = labels\n  fold = (train, val, test)\n}\npart(Digits, \"test\")",
        run: part,
    },
];

fn part(c: &mut Call<'_, '_>) -> D<Value> {
    match (c.this(), c.arg("name").map(|a| (&a.value, a.span))) {
        (Value::Samples(s), Some((Value::Text(t), span))) => {
            let name = t.to_string();
            member(s, &Ident { name, span })
        }
        _ => Err(c.refuse("data and a name are needed", "here")),
    }
}

/// `D.name`.
///
/// # Errors
/// If there is no such fold or field, or it cannot be read.
pub fn member(s: &Samples, name: &Ident) -> D<Value> {
    let at = || Expr {
        span: name.span,
        kind: ExprKind::Name(name.name.clone()),
    };
    if let Some(fold) = s.fold(&name.name) {
        let fold = fold.map_err(|f| Box::new(language::failure(f, &at())))?;
        return Ok(Value::Samples(Arc::new(fold)));
    }
    match s.column(&name.name) {
        Some(Ok(v)) => Ok(v),
        Some(Err(why)) => Err(Box::new(Diagnostic::error(
            "GDL0203",
            format!("`{}` differs from sample to sample", name.name),
            name.span,
            why,
        ))),
        None => {
            let known = s.members();
            let d = Diagnostic::error(
                "GDL0201",
                format!("`{}` has no `{}`", s.title(), name.name),
                name.span,
                "neither a fold nor a field",
            );
            Err(Box::new(match nearest(&name.name, &known) {
                Some(near) => d.help(format!("Did you mean `{near}`?")),
                None => d.help(format!("It has {}, and samples: `{}[0]`.", known.join(", "), s.title())),
            }))
        }
    }
}
