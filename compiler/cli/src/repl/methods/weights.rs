//! Irreducible representations of the classical groups by their highest weights.

use super::{Call, Method, one};
use crate::repl::value::{Kind, Table, Value};
use crate::session::D;
use gdl_rep::lie::weights::{Irreducible, irreducibles, tensor_product};

/// See [`super::TABLES`].
pub const METHODS: &[Method] = &[
    Method {
        name: "highest_weights",
        on: &[Kind::Group],
        params: &[one("max", &[Kind::Number])],
        doc: "The irreducible representations of SU(n), SL(n), SO(n), SO(p, q), Sp(n) up to a dimension (over the complex numbers), by Dynkin labels: `G.irrep(1, 0)` is one of them, over the reals.",
        example: "highest_weights(SU(3), 10)",
        run: |c| {
            let max = c.whole("max")?.unwrap_or(0);
            let list = irreducibles(&c.group(), u64::try_from(max).unwrap_or(0)).map_err(|e| c.math(e))?;
            let row = |i: &Irreducible| vec![labels(i), i.dim.to_string()];
            let heading = ["labels", "dimension"].map(String::from).to_vec();
            Ok(Value::table(Table {
                title: String::new(),
                rows: std::iter::once(heading).chain(list.iter().map(row)).collect(),
                headings: 1,
            }))
        },
    },
    Method {
        name: "weight_product",
        on: &[Kind::Group],
        params: &[
            one("a", &[Kind::List, Kind::Record]),
            one("b", &[Kind::List, Kind::Record]),
        ],
        doc: "What the tensor product of two of them contains, both named by their Dynkin labels.",
        example: "weight_product(SU(3), [1, 1], [1, 1])",
        run: product,
    },
];

fn product(c: &mut Call<'_, '_>) -> D<Value> {
    let given = |name: &str| -> D<Vec<u32>> {
        let Some(a) = c.arg(name) else { return Ok(vec![]) };
        let whole = |x: f64| (x.fract() == 0.0 && (0.0..1e6).contains(&x)).then_some(x as u32);
        let list: Option<Vec<u32>> = c.numbers(a)?.into_iter().map(whole).collect();
        list.ok_or_else(|| c.refuse_at(a.span, "Dynkin labels are whole numbers from 0 on".into(), "not labels"))
    };
    let (a, b) = (given("a")?, given("b")?);
    let list = tensor_product(&c.group(), &a, &b).map_err(|e| c.math(e))?;
    let total: u64 = list.iter().map(|(m, i)| m * i.dim).sum();
    Ok(table(format!("dimension {total}"), list))
}

fn table(title: String, list: Vec<(u64, Irreducible)>) -> Value {
    let mut rows = vec![["labels", "dimension", "copies"].map(String::from).to_vec()];
    for (copies, i) in list {
        rows.push(vec![labels(&i), i.dim.to_string(), copies.to_string()]);
    }
    Value::table(Table {
        title,
        rows,
        headings: 1,
    })
}

/// `[1, 0]`.
fn labels(i: &Irreducible) -> String {
    let labels: Vec<String> = i.labels.iter().map(ToString::to_string).collect();
    format!("[{}]", labels.join(", "))
}
