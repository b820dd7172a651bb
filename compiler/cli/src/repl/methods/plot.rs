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
        on: &[Kind::Tensor, Kind::Basis, Kind::Group, Kind::List, Kind::Domain],
        params: &[optional("file", &[Kind::Text])],
        doc: "A picture: of images, fields and kernels, functions on meshes, graphs, orbits of points, numbers; of a group its Cayley graph. With a file, as SVG or PNG.",
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
        doc: "The character table in colours. With a file, as SVG or PNG.",
        example: "heatmap(D(4))",
        run: |c| {
            let p = plots::characters(c)?;
            shown(c, p)
        },
    },
    Method {
        name: "lattice",
        on: &[Kind::Group],
        params: &[optional("file", &[Kind::Text])],
        doc: "The subgroups up to conjugacy, larger ones above, joined where one lies in the next. With a file, as SVG or PNG.",
        example: "lattice(D(4))",
        run: |c| {
            let p = plots::lattice(c)?;
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
    let bytes = match file.rsplit_once('.') {
        Some((_, "svg")) => p.svg().map(String::into_bytes),
        Some((_, "png")) => p.png(),
        _ => {
            return Err(c.refuse_at(
                a.span,
                "pictures are written as SVG or PNG".into(),
                "its name ends neither in `.svg` nor in `.png`",
            ));
        }
    };
    let bytes = bytes.map_err(|e| c.refuse(e, "not drawn"))?;
    gdl_host::files::write::atomically(Path::new(&**file), &bytes).map_err(|e| {
        let f: crate::Failure = e.into();
        Box::new(crate::repl::language::failure(f, c.expr))
    })?;
    Ok(Value::text(format!("{} in {file}", p.title)))
}
