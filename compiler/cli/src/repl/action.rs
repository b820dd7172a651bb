//! Group elements acting on things: vectors, points, domains, and fields on them.

use super::methods::element::member;
use super::methods::{self, Call};
use super::tensor::{Elem, Tensor};
use super::value::{Member, Value};
use crate::session::D;
use gdl_rep::{Atom, Element, Group, Rep};

/// `act(g, x)`.
///
/// # Errors
/// If the element does not act on such a value.
pub fn act(c: &mut Call<'_, '_>) -> D<Value> {
    let m = member(c);
    let Some(x) = c.arg("x").map(|a| a.value.clone()) else {
        return Err(c.refuse("something to act on is needed", "here"));
    };
    image(&m, &x).map_err(|why| c.refuse(why.0, why.1))
}

/// Why an element does not act: a title and a label.
pub type Why = (String, String);

/// The image of a value.
///
/// # Errors
/// In words, if there is none.
pub fn image(m: &Member, x: &Value) -> Result<Value, Why> {
    match x {
        Value::Tensor(t) => tensor(m, t).map(Value::Tensor),
        Value::Element(h) => match m.element.compose(&h.element) {
            Some(p) if m.group == h.group => Ok(Value::element(&m.group, p)),
            _ => Err((
                format!("{} does not act on {}", m.group, h.group),
                "another group".into(),
            )),
        },
        Value::List(_) | Value::Record(_) => {
            let Some(list) = methods::numbers(x) else {
                return Err((format!("{} does not act on this", m.group), "not numbers".into()));
            };
            let r = standard(&m.group, list.len())?;
            Ok(Value::Tensor(Tensor::vector(r.clone(), r.apply(&m.element, &list))))
        }
        other => Err((
            format!("{} does not act on {}", m.group, other.kind()),
            "vectors, points, images and fields are acted on".into(),
        )),
    }
}

/// The standard representation on R^d, or on d points.
fn standard(group: &Group, d: usize) -> Result<Rep, Why> {
    let atom = match group {
        Group::S(n) if *n as usize == d => Ok(Atom::PermDefining),
        _ => Atom::vector(group, d as u32),
    };
    atom.and_then(|a| Rep::atom(group.clone(), a))
        .map_err(|e| (e.to_string(), format!("{d} numbers are given")))
}

/// An element as one of the group of a representation.
fn element_in(m: &Member, group: &Group) -> Result<Element, Why> {
    m.group.include(group, &m.element).ok_or_else(|| {
        (
            format!("{} is not an element of {group}", m.element),
            format!("an element of {}; this belongs to {group}", m.group),
        )
    })
}

/// The image of every value, where it stands.
fn values(m: &Member, t: &Tensor) -> Result<Vec<f64>, Why> {
    let r = match &t.elem {
        Elem::Rep(r) if !r.is_trivial() => r.clone(),
        Elem::Point(d) => standard(&m.group, *d as usize)?,
        _ => return Ok(t.data.to_vec()),
    };
    let g = element_in(m, &r.group)?;
    Ok((0..t.rows()).flat_map(|k| r.apply(&g, t.row(k))).collect())
}

fn tensor(m: &Member, t: &Tensor) -> Result<Tensor, Why> {
    match t.over.as_slice() {
        [] if t.rep().is_some_and(Rep::is_trivial) && t.width() > 1 => {
            // Bare numbers are a point of R^d where the group has one.
            match standard(&m.group, t.width()) {
                Ok(r) => {
                    let data = r.apply(&m.element, &t.data);
                    Ok(Tensor::vector(r, data))
                }
                Err(_) => Ok(t.clone()),
            }
        }
        [] => Ok(t.with(values(m, t)?)),
        _ => Err(("this version does not act on such signals".into(), t.words())),
    }
}
