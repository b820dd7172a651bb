//! Pictures.

use super::{Call, Method, optional};
use crate::repl::picture::Picture;
use crate::repl::plots;
use crate::repl::value::{Kind, Value};
use crate::session::D;
use std::path::Path;
use std::sync::Arc;

/// See [`super::TABLES`].
pub const METHODS: &[Method] = &[
    Method {
        name: "plot",
        on: &[Kind::Tensor, Kind::Basis, Kind::Group, Kind::List],
        params: &[optional("file", &[Kind::Text])],
        doc: "A picture: of images, fields and kernels, orbits of points, numbers; of a group its Cayley graph. With a file, as SVG.",
        example: "plot(D(4))",
        run: |c| {
            let p = plots::picture(c)?;
            shown(c, p)
        },
    },
    Method {
        name: "heatmap",
        on: &[Kind::Group],
        params: &[optional("file", &[Kind::Text])],
        doc: "The character table in colours. With a file, as SVG.",
        example: "heatmap(D(4))",
        run: |c| {
            let p = plots::characters(c)?;
            shown(c, p)
        },
    },
];

/// Writes a picture to the file that is asked for, or gives it.
fn shown(c: &Call<'_, '_>, p: Picture) -> D<Value> {
    let Some(a) = c.arg("file") else {
        return Ok(Value::Picture(Arc::new(p)));
    };
    let Value::Text(file) = &a.value else {
        return Err(c.refuse("a file name is needed", "here"));
    };
    if !file.ends_with(".svg") {
        return Err(c.refuse_at(
            a.span,
            "pictures are written as SVG".into(),
            "its name does not end in `.svg`",
        ));
    }
    let text = p.svg().map_err(|e| c.refuse(e, "not drawn"))?;
    gdl_host::files::write::atomically(Path::new(&**file), text.as_bytes()).map_err(|e| {
        let f: crate::Failure = e.into();
        Box::new(crate::repl::language::failure(f, c.expr))
    })?;
    Ok(Value::text(format!("{} in {file}", p.title)))
}
