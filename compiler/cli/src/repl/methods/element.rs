//! Elements of groups.

use super::{Call, Method, one};
use crate::repl::tensor::Tensor;
use crate::repl::value::{Kind, Member, Value};
use crate::repl::{action, elements, matrix};
use crate::session::D;
use gdl_rep::{Exact, Group};

/// Orders of elements of infinite groups are found up to this.
const MAX_ORDER: u64 = 4096;

/// See [`super::TABLES`].
pub const METHODS: &[Method] = &[
    Method {
        name: "order",
        on: &[Kind::Element],
        params: &[],
        doc: "The smallest n > 0 with g^n = 1.",
        example: "(D(4).r * D(4).s).order",
        run: order,
    },
    Method {
        name: "inverse",
        on: &[Kind::Element],
        params: &[],
        doc: "The inverse.",
        example: "S(4)[(1 2 3)].inverse",
        run: |c| {
            let m = member(c);
            Ok(Value::element(&m.group, m.element.inverse()))
        },
    },
    Method {
        name: "group",
        on: &[Kind::Element],
        params: &[],
        doc: "The group it was taken from.",
        example: "D(4).r.group",
        run: |c| Ok(Value::group(member(c).group)),
    },
    Method {
        name: "matrix",
        on: &[Kind::Element],
        params: &[one("V", &[Kind::Rep])],
        doc: "How it acts on a representation.",
        example: "matrix(D(4).r, D(4).vector)",
        run: |c| {
            let m = member(c);
            match c.arg("V").map(|a| a.value.clone()) {
                Some(Value::Rep(r)) => matrix::of(c, &r, &m),
                _ => Err(c.refuse("a representation is needed", "here")),
            }
        },
    },
    Method {
        name: "act",
        on: &[Kind::Element],
        params: &[one(
            "x",
            &[Kind::Tensor, Kind::Domain, Kind::Record, Kind::List, Kind::Element],
        )],
        doc: "The image of x: of a vector, points, an image, a field, a domain. `g(x)` is the same.",
        example: "act(D(4).r, (1, 0))",
        run: action::act,
    },
    Method {
        name: "fixed",
        on: &[Kind::Element],
        params: &[one("X", &[Kind::Rep, Kind::Domain])],
        doc: "What it leaves as it is: a basis of the fixed vectors of a representation, the numbers of the fixed nodes of a domain.",
        example: "fixed(D(4).s, D(4).vector)",
        run: fixed,
    },
];

/// The element that the method is called on.
pub fn member(c: &Call<'_, '_>) -> Member {
    match c.this() {
        Value::Element(m) => (**m).clone(),
        _ => Member {
            group: Group::Trivial,
            element: Group::Trivial.identity(),
        },
    }
}

fn fixed(c: &mut Call<'_, '_>) -> D<Value> {
    let m = member(c);
    match c.arg("X").map(|a| a.value.clone()) {
        Some(Value::Domain(d)) => {
            let places = action::places(&m, &d).map_err(|w| c.refuse(w.0, w.1))?;
            let stay = places.iter().enumerate().filter(|(k, to)| *k == **to);
            Ok(Value::list(stay.map(|(k, _)| Value::Int(k as i64))))
        }
        Some(Value::Rep(r)) => {
            let d = r.dim();
            let foreign = || {
                c.refuse(
                    format!("this does not act on `{r}`"),
                    format!("an element of {}", m.group),
                )
            };
            let inside = m.group.include(&r.group, &m.element).ok_or_else(foreign)?;
            let mut rows: Vec<Vec<Exact>> = r
                .matrix_over(&inside)
                .ok_or_else(foreign)?
                .chunks(d.max(1))
                .map(<[Exact]>::to_vec)
                .collect();
            rows.iter_mut()
                .enumerate()
                .for_each(|(k, row)| row[k] = row[k] - Exact::ONE);
            let (vectors, _) = gdl_rep::linear::null_space(rows, d).map_err(|e| c.math(e))?;
            let vector = |v: Vec<Exact>| {
                let data: Vec<f64> = v.iter().map(|x| x.f).collect();
                Value::Tensor(Tensor::vector((*r).clone(), data))
            };
            Ok(Value::list(vectors.into_iter().map(vector)))
        }
        _ => Err(c.refuse("a representation or a domain is needed", "here")),
    }
}

fn order(c: &mut Call<'_, '_>) -> D<Value> {
    let m = member(c);
    match elements::order(&m.group, &m.element, MAX_ORDER) {
        Some(n) => Ok(Value::Int(n as i64)),
        None if m.group.is_finite() => Err(c.refuse("this order is out of bounds", "it has more than 64 bits")),
        None => Ok(Value::text(format!("infinite, or larger than {MAX_ORDER}"))),
    }
}
