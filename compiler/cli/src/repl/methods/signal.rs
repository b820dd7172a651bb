//! Vectors and signals: what groups make of them.

use super::{Argument, Call, Method, one, optional};
use crate::repl::action;
use crate::repl::matrix;
use crate::repl::show;
use crate::repl::value::{Function, Kind, Member, Table, Value};
use crate::session::D;
use gdl_rep::decompose::projections;
use gdl_rep::irreps::{commutant, irreps};
use gdl_rep::{Atom, Exact, Group, Rep};
use std::path::Path;
use std::sync::Arc;

/// Numbers that a comparison shows.
const MAX_COMPARED: usize = 16;

/// Sums over a group have at most this many terms.
const MAX_SUM: u64 = 1 << 14;

/// See [`super::TABLES`].
pub const METHODS: &[Method] = &[
    Method {
        name: "shape",
        on: &[Kind::Tensor],
        params: &[],
        doc: "The extents of its axes: index sets, then components.",
        example: "D(4).vector(1, 2).shape",
        run: |c| match c.this() {
            Value::Tensor(t) => Ok(Value::list(t.shape().into_iter().map(|n| Value::Int(n as i64)))),
            _ => Err(c.refuse("a signal is needed", "here")),
        },
    },
    Method {
        name: "isotypic",
        on: &[Kind::Tensor],
        params: &[optional("G", &[Kind::Group])],
        doc: "The parts of a vector or field in the isotypic components under its group, or under G: they add up to it.",
        example: "isotypic(D(4).regular(1, 2, 3, 4, 5, 6, 7, 8))",
        run: isotypic,
    },
    Method {
        name: "fourier",
        on: &[Kind::Tensor, Kind::List],
        params: &[optional("max", &[Kind::Number])],
        doc: "The Fourier transform of a function on a finite group, the sum over h of x(h) rho(h) for each irrep; a list of n numbers is one on C(n), n points of the circle. Of a function on a mesh of the unit sphere, its coefficients up to a degree (4).",
        example: "fourier([1, 0, 0, 0])",
        run: fourier,
    },
    Method {
        name: "equivariance",
        on: &[Kind::Function],
        params: &[
            one("g", &[Kind::Element]),
            one("x", &[Kind::Tensor, Kind::List, Kind::Record]),
        ],
        doc: "The two ways round the square: f(g x) and g f(x), side by side, with their difference.",
        example: "equivariance(relu, D(4).r, D(4).regular(1, -2, 3, -4, 5, -6, 7, -8))",
        run: equivariance,
    },
    Method {
        name: "weights",
        on: &[Kind::Function],
        params: &[one("file", &[Kind::Text])],
        doc: "A model with the weights of a checkpoint.",
        example: "model M(s: set, x: s -> 1) -> 1 { mean i in s: x[i] else 0 }\nweights(M, \"best.safetensors\")",
        run: weights,
    },
];

/// The first argument as a vector of a representation of a finite group.
fn vector(c: &Call<'_, '_>) -> D<(Rep, Vec<f64>)> {
    match c.this() {
        Value::Tensor(t) if t.over.is_empty() && t.inner.is_empty() && t.group().is_some() => {
            let rep = t.rep().cloned().unwrap_or_else(|| Rep::trivial(Group::Trivial, 0));
            if rep.group.small_order().is_none_or(|n| n > MAX_SUM) {
                return Err(c.refuse(
                    format!("{} is too large to sum over", rep.group),
                    format!("finite groups of at most {MAX_SUM} elements are"),
                ));
            }
            Ok((rep, t.data.to_vec()))
        }
        other => Err(c.refuse_at(
            c.args[0].span,
            "a vector of a representation is needed".into(),
            other.kind().words(),
        )),
    }
}

/// P x = (dim / end) / |G| · Σ χ(g) g x for every real irrep, `end` the dimension of its commutant. In a field, g moves places and values.
fn isotypic(c: &mut Call<'_, '_>) -> D<Value> {
    let Value::Tensor(t) = c.this().clone() else {
        return Err(c.refuse("a vector or a field is needed", "here"));
    };
    let group = match c.arg("G").map(|a| &a.value) {
        Some(Value::Group(g)) => (**g).clone(),
        _ => t.group().cloned().unwrap_or_else(|| c.evaluator.group().clone()),
    };
    if let (false, Some(r), []) = (
        group.is_finite(),
        t.rep().filter(|r| r.group == group),
        t.over.as_slice(),
    ) {
        let parts = projections(r).map_err(|e| c.math(e))?;
        let n = r.dim();
        let rows = |p: &[f64], x: &[f64]| -> Vec<f64> {
            (0..n)
                .map(|i| clean((0..n).map(|j| p[i * n + j] * x[j]).sum()))
                .collect()
        };
        let part = |(atom, p): (Atom, Vec<f64>)| {
            let data: Vec<f64> = t.data.chunks(n.max(1)).flat_map(|x| rows(&p, x)).collect();
            (data.iter().any(|x| *x != 0.0)).then(|| (atom.name(&group), Value::Tensor(t.with(data))))
        };
        return Ok(Value::record(parts.into_iter().filter_map(part)));
    }
    if group.small_order().is_none_or(|n| n > MAX_SUM) {
        return Err(c.refuse(
            format!("{group} is too large to sum over"),
            format!("finite groups of at most {MAX_SUM} elements are"),
        ));
    }
    let elements = group.elements().map_err(|e| c.math(e))?;
    let mut images: Vec<Arc<[f64]>> = Vec::new();
    for g in &elements {
        let member = Member {
            group: group.clone(),
            element: g.clone(),
        };
        match action::image(&member, &Value::Tensor(t.clone())) {
            Ok(Value::Tensor(image)) if image.over == t.over && image.data.len() == t.data.len() => {
                images.push(image.data);
            }
            Ok(_) => return Err(c.refuse(format!("{group} does not map this to itself"), t.words())),
            Err(w) => return Err(c.refuse(w.0, w.1)),
        }
    }
    let mut parts = Vec::new();
    for atom in irreps(&group, 0).map_err(|e| c.math(e))? {
        let d = atom.dim(&group);
        let scale = d as f64 / commutant(&group, &atom) as f64 / elements.len() as f64;
        let mut part = vec![0.0; t.data.len()];
        for (g, image) in elements.iter().zip(&images) {
            let m: Vec<Exact> = atom
                .matrix(&group, g)
                .ok_or_else(|| c.refuse("an irrep has no matrices", atom.name(&group)))?;
            let trace: f64 = (0..d).map(|i| m[i * d + i].f).sum();
            part.iter_mut().zip(&**image).for_each(|(p, y)| *p += scale * trace * y);
        }
        part.iter_mut().for_each(|p| *p = clean(*p));
        if part.iter().any(|p| *p != 0.0) {
            parts.push((atom.name(&group), Value::Tensor(t.with(part))));
        }
    }
    Ok(Value::record(parts))
}

/// The same function with the weights of a file.
fn weights(c: &mut Call<'_, '_>) -> D<Value> {
    match (c.this(), c.arg("file").map(|a| &a.value)) {
        (Value::Function(f), Some(Value::Text(file))) if c.evaluator.is_model(f) => {
            Ok(Value::Function(Arc::new(Function {
                weights: Some(Path::new(&**file).to_path_buf()),
                ..(**f).clone()
            })))
        }
        _ => Err(c.refuse(
            "weights belong to a model",
            "name one: `weights(Digits, \"best.safetensors\")`",
        )),
    }
}

/// Without the last digits, which are rounding.
fn clean(x: f64) -> f64 {
    let y = (x * 1e12).round() / 1e12;
    if y == 0.0 { 0.0 } else { y }
}

fn fourier(c: &mut Call<'_, '_>) -> D<Value> {
    let (group, x) = match c.this() {
        Value::List(_) => {
            let x = c.numbers(&c.args[0])?;
            (Group::C(x.len().max(1) as u32), x)
        }
        Value::Tensor(t) if !t.over.is_empty() => return super::sphere::fourier(c, &t.clone()),
        _ => {
            let (rep, x) = vector(c)?;
            if !matches!(rep.blocks.as_slice(), [(1, Atom::Regular)]) {
                return Err(c.refuse(
                    "only functions on the group have a Fourier transform",
                    format!("a vector of `{rep}`; `regular` is needed"),
                ));
            }
            (rep.group.clone(), x)
        }
    };
    if x.len() as u64 > MAX_SUM {
        return Err(c.refuse("this is too long", format!("at most {MAX_SUM} values")));
    }
    let elements = group.elements().map_err(|e| c.math(e))?;
    let mut parts = Vec::new();
    for atom in irreps(&group, 0).map_err(|e| c.math(e))? {
        let d = atom.dim(&group);
        let mut sum = vec![0.0; d * d];
        for (g, x) in elements.iter().zip(&x) {
            let m: Vec<Exact> = atom
                .matrix(&group, g)
                .ok_or_else(|| c.refuse("an irrep has no matrices", atom.name(&group)))?;
            sum.iter_mut().zip(&m).for_each(|(s, y)| *s += x * y.f);
        }
        let entries: Vec<Exact> = sum.into_iter().map(|s| Exact::inexact(clean(s))).collect();
        let value = match entries.as_slice() {
            [one] => Value::Number(*one),
            all => matrix::value(all, d),
        };
        parts.push((atom.name(&group), value));
    }
    Ok(Value::record(parts))
}

fn equivariance(c: &mut Call<'_, '_>) -> D<Value> {
    let Value::Function(f) = c.this().clone() else {
        return Err(c.refuse("a function is needed", "here"));
    };
    let (Some(Value::Element(g)), Some(a)) = (c.arg("g").map(|a| a.value.clone()), c.arg("x")) else {
        return Err(c.refuse("an element and a value are needed", "here"));
    };
    let (x, span) = (a.value.clone(), a.span);
    let argument = |value: Value| {
        vec![Argument {
            name: None,
            value,
            span,
        }]
    };
    let moved = action::image(&g, &x).map_err(|w| c.refuse(w.0, w.1))?;
    let first = c.evaluator.call_function(&f, argument(moved), c.expr)?;
    let plain = c.evaluator.call_function(&f, argument(x), c.expr)?;
    let second = action::image(&g, &plain).map_err(|w| c.refuse(w.0, w.1))?;
    let (Some(p), Some(q)) = (super::numbers(&first), super::numbers(&second)) else {
        return Err(c.refuse("the values of this function are no numbers", first.kind().words()));
    };
    if p.len() != q.len() {
        return Err(c.refuse(
            "the two ways give values of different sizes",
            format!("{} and {} numbers", p.len(), q.len()),
        ));
    }
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
    let apart = norm(&mut p.iter().zip(&q).map(|(a, b)| a - b));
    let size = norm(&mut q.iter().copied()).max(f64::MIN_POSITIVE);
    let error = apart / size;
    let verdict = if error < 1e-9 {
        "equal up to rounding".to_string()
    } else {
        format!("{:.2} of the length", error)
    };
    let mut rows = vec![["", "f(g x)", "g f(x)", "difference"].map(String::from).to_vec()];
    // Those that say most: the largest, in their order.
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[j].abs().max(q[j].abs()).total_cmp(&p[i].abs().max(q[i].abs())));
    order.truncate(MAX_COMPARED);
    order.sort_unstable();
    for k in order {
        rows.push(vec![
            k.to_string(),
            show::number(clean(p[k])),
            show::number(clean(q[k])),
            show::number(clean(p[k] - q[k])),
        ]);
    }
    if p.len() > MAX_COMPARED {
        rows.push(vec!["…".into(), format!("of {} numbers", p.len())]);
    }
    Ok(Value::table(Table {
        title: format!("f(g x) and g f(x): {verdict}"),
        rows,
        headings: 1,
    }))
}
