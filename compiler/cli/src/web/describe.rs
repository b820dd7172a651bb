//! A model's arguments as the runtime in JavaScript reads them.

use gdl_core::typed::Model;
use gdl_core::types::DomainKind;
use gdl_host::data::{ArgumentKind, Arguments, DomainArguments, Near};
use gdl_host::files::atomic_number;
use serde_json::{Value, json};

/// The domains, in order: kind, name, and for clouds their dimension and which points are joined.
pub fn domains(model: &Model, arguments: &Arguments) -> Vec<Value> {
    let describe = |d: &DomainArguments| match d {
        DomainArguments::Grid { name, rank } => json!({ "kind": "grid", "name": name, "rank": rank }),
        DomainArguments::Set { name } => json!({ "kind": "set", "name": name }),
        DomainArguments::Graph { name } => json!({ "kind": "graph", "name": name }),
        DomainArguments::Cloud { name, near } => {
            json!({ "kind": "cloud", "name": name, "d": dimension(model, name), "near": joined(*near) })
        }
        DomainArguments::Mesh { name } => json!({ "kind": "mesh", "name": name, "d": 3 }),
    };
    arguments.domains.iter().map(describe).collect()
}

/// The grids and the numbers of their axes.
pub fn grids(arguments: &Arguments) -> impl Iterator<Item = (&str, usize)> {
    arguments.domains.iter().filter_map(|d| match d {
        DomainArguments::Grid { name, rank } => Some((name.as_str(), *rank)),
        _ => None,
    })
}

/// What the elements of an argument are; for labels the numbers that stand for them, in order, or how many there are.
pub fn kind(kind: &ArgumentKind) -> (&'static str, Value) {
    match kind {
        ArgumentKind::Real => ("real", Value::Null),
        ArgumentKind::Whole => ("whole", Value::Null),
        ArgumentKind::Label(n, words) => {
            let numbers: Option<Vec<u32>> = words.iter().map(|w| atomic_number(w)).collect();
            match numbers.filter(|list| !list.is_empty()) {
                Some(list) => ("label", json!(list)),
                None => ("label", json!(n)),
            }
        }
    }
}

fn joined(near: Near) -> Value {
    match near {
        Near::Given => Value::Null,
        Near::Cutoff(cutoff) => json!({ "cutoff": cutoff }),
        Near::Nearest(k) => json!({ "nearest": k }),
    }
}

fn dimension(model: &Model, name: &str) -> i64 {
    let found = model.domains.iter().find(|d| d.name == name);
    match found.map(|d| &d.kind) {
        Some(DomainKind::Cloud { dim, .. }) => dim.value().unwrap_or(3),
        _ => 3,
    }
}
