//! Values as JSON.

use super::tensor::Tensor;
use super::value::{Maps, Value};
use gdl_rep::{Atom, Group, Rep, finite};
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
        Value::Rep(r) => representation(r),
        Value::Basis(b) => basis(b),
        Value::Domain(d) => json!({ "domain": d.words() }),
        Value::Tensor(t) => tensor(t),
        Value::Samples(s) => json!({ "data": s.title(), "samples": s.len(), "folds": s.folds() }),
        Value::Function(_) => json!({ "function": super::show::short(v) }),
        Value::Picture(p) => json!({ "picture": p.title, "svg": p.svg().ok() }),
        Value::Table(t) => json!({ "title": t.title, "rows": t.rows }),
    }
}

/// A finite group in numbers, under the names that tables of groups use; what is beyond a bound is null.
fn group(g: &Group) -> Json {
    let Ok(s) = finite::summary::summary(g) else {
        return json!({ "name": g.to_string(), "order": null, "dimension": g.lie_dim() });
    };
    // Larger numbers than JSON readers keep are text.
    let order = g.small_order().map_or_else(|| json!(s.order.to_string()), |n| json!(n));
    let real = |list: &Vec<finite::summary::RealSummary>| -> Vec<Json> {
        let one = |r: &finite::summary::RealSummary| {
            json!({
                "type": r.kind.letter().to_string(),
                "degree": r.degree,
                "end_dim": r.end_dim,
                "multiplicity_in_regular": r.multiplicity_in_regular,
                "complex": r.complex,
                "characters": r.characters,
            })
        };
        list.iter().map(one).collect()
    };
    json!({
        "name": s.name,
        "order": order,
        "class_sizes": s.class_sizes,
        "class_orders": s.class_orders,
        "degrees": s.degrees,
        "characters": s.characters,
        "frobenius_schur": s.frobenius_schur,
        "real_irreps": s.real_irreps.as_ref().map(real),
        "n_subgroup_classes": s.n_subgroup_classes,
        "n_subgroups": s.n_subgroups,
        "n_normal_subgroups": s.n_normal_subgroups,
        "automorphism_group_order": s.automorphism_group_order,
        "center_order": s.center_order,
        "derived_order": s.derived_order,
        "exponent": s.exponent,
        "abelian": s.abelian,
        "nilpotent": s.nilpotent,
        "solvable": s.solvable,
        "simple": s.simple,
    })
}

/// A representation; of `hom(V, W)` the number of equivariant maps. `basis(hom(V, W))` gives them.
fn representation(r: &Rep) -> Json {
    if let [(1, Atom::Hom(a, b))] = r.blocks.as_slice() {
        return json!({
            "from": a.to_string(),
            "to": b.to_string(),
            "group": r.group.to_string(),
            "dim": gdl_rep::hom_dim(a, b).ok(),
        });
    }
    json!({ "representation": r.to_string(), "group": r.group.to_string(), "dim": r.dim() })
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
        "numeric": b.basis.numeric(),
        "residual": b.basis.residual,
        "gap": b.basis.gap,
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
