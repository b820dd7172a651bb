//! Things that signals live on, and signals from files or numbers.

use super::{Call, Method, one, optional};
use crate::repl::tensor::{Elem, Tensor, range};
use crate::repl::value::{Kind, Value};
use crate::session::D;
use crate::session::domain::{Domain, Near};
use gdl_host::files::{self, HostArray};
use gdl_rep::{Group, Rep};
use gdl_runtime::domain::Point;
use std::sync::Arc;

/// Numbers in lists or signals.
const NUMBERS: &[Kind] = &[Kind::List, Kind::Tensor, Kind::Record];

/// See [`super::TABLES`].
pub const METHODS: &[Method] = &[
    Method {
        name: "image",
        on: &[Kind::Text],
        params: &[],
        doc: "A PNG as a signal on a grid: channels between 0 and 1, row 0 at the top.",
        example: "image(\"tests/data/repl/letter.png\")",
        run: image,
    },
    Method {
        name: "arrays",
        on: &[Kind::Text],
        params: &[],
        doc: "The arrays of a data file by name (npz, npy, safetensors, extxyz, off, obj, ply).",
        example: "arrays(\"examples/03-karate/karate.npz\")",
        run: arrays,
    },
    Method {
        name: "grid",
        on: NUMBERS,
        params: &[optional("V", &[Kind::Rep, Kind::Number])],
        doc: "Numbers as a signal on a grid: rows of numbers are an image, a further axis holds the components of V.",
        example: "grid([[1, 0], [0, 0]])",
        run: grid,
    },
    Method {
        name: "set",
        on: NUMBERS,
        params: &[optional("V", &[Kind::Rep, Kind::Number])],
        doc: "Rows of numbers as a signal on a set.",
        example: "set([[1, 2], [3, 4], [5, 6]])",
        run: |c| on_rows(c, Domain::Set),
    },
    Method {
        name: "seq",
        on: NUMBERS,
        params: &[optional("V", &[Kind::Rep, Kind::Number])],
        doc: "Rows of numbers as a signal on a sequence.",
        example: "seq([[1], [2], [3]])",
        run: |c| on_rows(c, Domain::Seq),
    },
    Method {
        name: "graph",
        on: &[Kind::Number],
        params: &[one("edges", &[Kind::List])],
        doc: "A graph with n nodes and edges (source, destination), counted from 0; `graph[0-1, 1->2]` writes one down, and likewise `cloud[…]`, `mesh[octahedron]`.",
        example: "graph(3, [(0, 1), (1, 2)])",
        run: graph,
    },
    Method {
        name: "cloud",
        on: NUMBERS,
        params: &[one("cutoff", &[Kind::Number])],
        doc: "Points of space, joined where they are closer than the cutoff.",
        example: "cloud([[0, 0, 0], [1, 0, 0], [0, 2, 0]], 1.5)",
        run: cloud,
    },
    Method {
        name: "mesh",
        on: &[Kind::Text],
        params: &[],
        doc: "A triangle mesh from a file (off, obj, ply).",
        example: "mesh(\"tests/data/repl/tetrahedron.off\")",
        run: mesh_file,
    },
    Method {
        name: "icosphere",
        on: &[Kind::Number],
        params: &[],
        doc: "A sphere of triangles: an icosahedron divided n times.",
        example: "icosphere(1)",
        run: icosphere,
    },
    Method {
        name: "on",
        on: NUMBERS,
        params: &[
            one("domain", &[Kind::Domain, Kind::Tensor]),
            optional("V", &[Kind::Rep, Kind::Number]),
        ],
        doc: "Rows of numbers as a signal on the nodes of a domain, or where another signal lives.",
        example: "on([[1], [2], [3]], graph(3, [(0, 1), (1, 2)]))",
        run: on,
    },
    Method {
        name: "domain",
        on: &[Kind::Tensor],
        params: &[],
        doc: "What a signal lives on.",
        example: "domain(set([[1], [2]]))",
        run: |c| match c.this() {
            Value::Tensor(t) if !t.over.is_empty() => Ok(Value::Domain(t.over[0].0.clone())),
            _ => Err(c.refuse("this is a single value", "it lives on no domain")),
        },
    },
];

/// The file that the first argument names.
fn file(c: &Call<'_, '_>) -> String {
    match c.this() {
        Value::Text(t) => t.to_string(),
        _ => String::new(),
    }
}

fn load(c: &Call<'_, '_>) -> D<files::Table> {
    files::load(file(c)).map_err(|e| {
        let f: crate::Failure = e.into();
        Box::new(crate::repl::language::failure(f, c.expr))
    })
}

fn image(c: &mut Call<'_, '_>) -> D<Value> {
    let table = load(c)?;
    let Ok(array) = table.get("images") else {
        return Err(c.refuse("this is not an image", "`arrays` reads other files"));
    };
    let [_, h, w, channels] = array.shape() else {
        return Err(c.refuse("this is not an image", "another shape"));
    };
    let top = match array {
        HostArray::U8(_) => 255.0,
        _ => 65535.0,
    };
    let all = reals(array);
    // Opacity is no colour.
    let kept = if *channels > 2 { 3 } else { 1 };
    let data: Vec<f64> = (0..h * w)
        .flat_map(|k| (0..kept).map(move |j| k * channels + j))
        .map(|k| all[k] / top)
        .collect();
    let domain = Domain::Grid {
        extents: vec![*h as u32, *w as u32],
        wrap: false,
    };
    let rep = Rep::trivial(Group::Trivial, kept as u32);
    Ok(Value::Tensor(Tensor::signal(Arc::new(domain), rep, data)))
}

fn arrays(c: &mut Call<'_, '_>) -> D<Value> {
    let table = load(c)?;
    let fields = table.arrays.iter().map(|(n, a)| (n.clone(), array_value(a)));
    Ok(Value::record(fields))
}

/// The numbers of an array.
fn reals(a: &HostArray) -> Vec<f64> {
    a.reals().map_or_else(Vec::new, Iterator::collect)
}

/// An array as numbers on transparent sets; words as a list.
fn array_value(a: &HostArray) -> Value {
    if let HostArray::Text(words) = a {
        return Value::list(words.iter().map(|w| Value::text(w.as_str())));
    }
    let data = reals(a);
    let (last, outer) = match a.shape().split_last() {
        Some((n, rest)) => (*n, rest.to_vec()),
        None => (1, vec![]),
    };
    Value::Tensor(Tensor {
        inner: outer.iter().map(|&n| range(n)).collect(),
        ..Tensor::vector(Rep::trivial(Group::Trivial, last as u32), data)
    })
}

/// Numbers and the extents of their axes.
fn array(c: &Call<'_, '_>) -> D<(Vec<usize>, Vec<f64>)> {
    let v = c.this();
    let found = match v {
        Value::Tensor(t) => Some((t.shape(), t.data.to_vec())),
        v => nested(v),
    };
    match found {
        Some((shape, data)) if !data.is_empty() => Ok((shape, data)),
        _ => Err(c.refuse_at(
            c.args[0].span,
            "rows of numbers of equal length are needed".into(),
            "not an array",
        )),
    }
}

/// The shape and numbers of nested lists.
fn nested(v: &Value) -> Option<(Vec<usize>, Vec<f64>)> {
    let items: Vec<&Value> = match v {
        Value::Int(n) => return Some((vec![], vec![*n as f64])),
        Value::Number(x) => return Some((vec![], vec![x.f])),
        Value::Tensor(t) if t.data.len() == 1 => return Some((vec![], vec![t.data[0]])),
        Value::Tensor(t) => return Some((t.shape(), t.data.to_vec())),
        Value::List(items) => items.iter().collect(),
        Value::Record(fields) => fields.iter().map(|(_, v)| v).collect(),
        _ => return None,
    };
    let parts: Vec<(Vec<usize>, Vec<f64>)> = items.into_iter().map(nested).collect::<Option<_>>()?;
    let shape = parts.first()?.0.clone();
    if parts.iter().any(|(s, _)| *s != shape) {
        return None;
    }
    let n = parts.len();
    let data = parts.into_iter().flat_map(|(_, d)| d).collect();
    Some(([vec![n], shape].concat(), data))
}

/// The representation that an argument names: a number is that many invariants.
fn rep_of(c: &Call<'_, '_>, components: usize) -> D<Rep> {
    let rep = match c.arg("V").map(|a| &a.value) {
        None => Rep::trivial(Group::Trivial, components as u32),
        Some(Value::Rep(r)) => (**r).clone(),
        Some(Value::Int(n)) => Rep::trivial(Group::Trivial, u32::try_from(*n).unwrap_or(0)),
        Some(_) => return Err(c.refuse("a representation is needed", "here")),
    };
    if rep.dim() != components {
        return Err(c.refuse(
            format!("vectors of `{rep}` have {} components", rep.dim()),
            format!("these have {components}"),
        ));
    }
    Ok(rep)
}

fn grid(c: &mut Call<'_, '_>) -> D<Value> {
    let (mut shape, data) = array(c)?;
    let wanted = match c.arg("V").map(|a| &a.value) {
        Some(Value::Rep(r)) => Some(r.dim()),
        Some(Value::Int(n)) => usize::try_from(*n).ok(),
        _ => None,
    };
    let components = match (shape.len(), wanted) {
        (1 | 2, None) => 1,
        // Without a representation a third axis holds numbers of colours.
        (3, None) | (2.., Some(_)) if shape.last() == Some(&wanted.unwrap_or(shape[shape.len() - 1])) => {
            shape.pop().unwrap_or(1)
        }
        _ => 1,
    };
    if shape.is_empty() || shape.len() > 3 {
        return Err(c.refuse("a grid has 1 to 3 axes", format!("these numbers have {}", shape.len())));
    }
    let rep = rep_of(c, components)?;
    let domain = Domain::Grid {
        extents: shape.iter().map(|&n| n as u32).collect(),
        wrap: false,
    };
    Ok(Value::Tensor(Tensor::signal(Arc::new(domain), rep, data)))
}

/// Rows of numbers: how many, how long, and the numbers.
fn rows(c: &Call<'_, '_>) -> D<(usize, usize, Vec<f64>)> {
    let (shape, data) = array(c)?;
    let n = shape[0];
    Ok((n, data.len() / n.max(1), data))
}

fn on_rows(c: &mut Call<'_, '_>, make: fn(usize) -> Domain) -> D<Value> {
    let (n, width, data) = rows(c)?;
    let rep = rep_of(c, width)?;
    Ok(Value::Tensor(Tensor::signal(Arc::new(make(n)), rep, data)))
}

fn on(c: &mut Call<'_, '_>) -> D<Value> {
    let (n, width, data) = rows(c)?;
    let domain = match c.arg("domain").map(|a| &a.value) {
        Some(Value::Domain(d)) => d.clone(),
        Some(Value::Tensor(t)) if !t.over.is_empty() => t.over[0].0.clone(),
        _ => return Err(c.refuse("a domain is needed", "this lives on none")),
    };
    let (n, width) = match (n == domain.nodes(), data.len() % domain.nodes().max(1)) {
        (true, _) => (n, width),
        (false, 0) if domain.nodes() > 0 => (domain.nodes(), data.len() / domain.nodes()),
        _ => {
            return Err(c.refuse(
                format!(
                    "a {} needs a row for each of its {} nodes",
                    domain.word(),
                    domain.nodes()
                ),
                format!("{n} are given"),
            ));
        }
    };
    debug_assert_eq!(n, domain.nodes());
    let is_tangent = matches!((&*domain, c.arg("V").map(|a| &a.value)), (Domain::Mesh { .. }, Some(Value::Rep(r))) if r.group == Group::SO2);
    let rep = rep_of(c, width)?;
    let mut t = Tensor::signal(domain, rep.clone(), data);
    if is_tangent {
        t.elem = Elem::Tangent(rep);
    }
    Ok(Value::Tensor(t))
}

fn graph(c: &mut Call<'_, '_>) -> D<Value> {
    let n = match c.this() {
        Value::Int(n) if (0..1 << 24).contains(n) => *n as usize,
        _ => return Err(c.refuse("a number of nodes is needed", "here")),
    };
    let mut ends = Vec::new();
    if let Some(a) = c.arg("edges") {
        let list = c.numbers(a)?;
        for pair in list.chunks(2) {
            let ok = |x: &f64| x.fract() == 0.0 && *x >= 0.0 && (*x as usize) < n;
            match pair {
                [s, d] if ok(s) && ok(d) => ends.push((*s as u32, *d as u32)),
                _ => {
                    return Err(c.refuse_at(
                        a.span,
                        format!("edges are pairs of nodes 0 to {}", n.saturating_sub(1)),
                        "not an edge",
                    ));
                }
            }
        }
    }
    Ok(Value::Domain(Arc::new(Domain::graph(n, ends))))
}

/// Rows of 1 to 3 coordinates as points of space.
fn points(c: &Call<'_, '_>) -> D<(usize, Vec<Point>)> {
    let (_, d, data) = rows(c)?;
    if !(1..=3).contains(&d) {
        return Err(c.refuse("points have 1 to 3 coordinates", format!("these have {d}")));
    }
    if data.iter().any(|x| !x.is_finite()) {
        return Err(c.refuse("a coordinate is not a number", "points are finite"));
    }
    let point = |row: &[f64]| std::array::from_fn(|k| row.get(k).copied().unwrap_or(0.0));
    Ok((d, data.chunks(d).map(point).collect()))
}

fn cloud(c: &mut Call<'_, '_>) -> D<Value> {
    let (dim, points) = points(c)?;
    let cutoff = c.real("cutoff").unwrap_or(1.0);
    let cloud = Domain::cloud(dim, points, Near::Cutoff(cutoff)).map_err(|e| c.refuse(e, "no neighbours"))?;
    Ok(Value::Domain(Arc::new(cloud)))
}

fn mesh_file(c: &mut Call<'_, '_>) -> D<Value> {
    let table = load(c)?;
    let read = |name: &str| table.get(name).ok().cloned();
    let (Some(verts), Some(faces)) = (read("verts"), read("faces")) else {
        return Err(c.refuse("this is not a mesh", "off, obj and ply files hold meshes"));
    };
    let points: Vec<Point> = reals(&verts).as_chunks().0.to_vec();
    let faces: Vec<[u32; 3]> = reals(&faces)
        .as_chunks::<3>()
        .0
        .iter()
        .map(|f| f.map(|v| v as u32))
        .collect();
    let domain = Domain::mesh(points, faces).map_err(|e| c.refuse(e, "not a surface"))?;
    Ok(Value::Domain(Arc::new(domain)))
}

fn icosphere(c: &mut Call<'_, '_>) -> D<Value> {
    let n = match c.this() {
        Value::Int(n) if (0..=5).contains(n) => *n,
        _ => return Err(c.refuse("an icosphere is divided 0 to 5 times", "out of bounds")),
    };
    let (points, faces) = crate::repl::sphere::icosphere(n as u32);
    let domain = Domain::mesh(points, faces).map_err(|e| c.refuse(e, "not a surface"))?;
    Ok(Value::Domain(Arc::new(domain)))
}
