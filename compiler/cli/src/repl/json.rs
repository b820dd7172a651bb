//! Values as JSON.

use super::tensor::Tensor;
use super::value::{Maps, Value};
use gdl_rep::Group;
use serde_json::{Map, Value as Json, json};

/// A value as JSON.
pub fn value(v: &Value) -> Json {
    match v {
        Value::Int(n) => json!(n),
        Value::Number(x) => json!(x.f),
        Value::Bool(b) => json!(b),
        Value::Text(t) | Value::Type(t) => json!(&**t),
        Value::List(items) => items.iter().map(value).collect(),
        Value::Record(fields) => Json::Object(fields.iter().map(|(n, v)| (n.clone(), value(v))).collect::<Map<_, _>>()),
        Value::Group(g) => group(g),
        Value::Element(m) => json!({
            "group": m.group.to_string(),
            "element": super::elements::name(&m.group, &m.element),
        }),
        Value::Rep(r) => json!({ "representation": r.to_string(), "group": r.group.to_string(), "dim": r.dim() }),
        Value::Basis(b) => basis(b),
        Value::Domain(d) => json!({ "domain": d.words() }),
        Value::Tensor(t) => tensor(t),
        Value::Function(_) => json!({ "function": super::show::short(v) }),
        Value::Table(t) => json!({ "title": t.title, "rows": t.rows }),
    }
}

fn group(g: &Group) -> Json {
    json!({ "name": g.to_string(), "order": g.small_order(), "dimension": g.lie_dim() })
}

/// `dim` and the basis, one nested list of rows a map.
fn basis(b: &Maps) -> Json {
    let axes: Vec<usize> = b.basis.shape.iter().map(|&n| n as usize).collect();
    let data: Vec<f64> = b.basis.data.iter().map(|x| x.f).collect();
    json!({
        "from": b.from.to_string(),
        "to": b.to.to_string(),
        "dim": b.basis.len(),
        "window": b.window,
        "numeric": b.basis.numeric,
        "basis": nested(&axes, &data),
    })
}

fn tensor(t: &Tensor) -> Json {
    json!({ "type": t.words(), "shape": t.shape(), "values": nested(&t.shape(), &t.data) })
}

/// Nested lists of numbers.
fn nested(axes: &[usize], data: &[f64]) -> Json {
    match axes {
        [] => data.first().map_or(Json::Null, |x| json!(x)),
        [_] => data.iter().map(|x| json!(x)).collect(),
        [n, rest @ ..] => {
            let step = data.len() / (*n).max(1);
            (0..*n).map(|k| nested(rest, &data[k * step..(k + 1) * step])).collect()
        }
    }
}
