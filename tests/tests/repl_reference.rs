//! `gdl repl --eval … --json` against the tables of GAP and the dimensions of EMLP (`compiler/rep/tests/data`), every entry of them.

use gdl_tests::{gdl, root};
use serde_json::Value;
use std::fs;

fn reference(name: &str) -> Value {
    let path = root().join("compiler/rep/tests/data").join(name);
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

/// The value of an input.
fn eval(input: &str) -> Value {
    let out = gdl(&["repl", "--eval", input, "--json"]);
    assert_eq!(out.code, 0, "{input}: {}", out.err);
    serde_json::from_str(&out.out).expect("JSON")
}

/// Of each class its order and size; of each character its indicator and its values on these, which a permutation of classes and characters
/// keeps: rounded, sorted.
type Table = (Vec<(i64, i64)>, Vec<(i64, Vec<(i64, i64, i64, i64)>)>);

fn list(v: &Value) -> &Vec<Value> {
    v.as_array().expect("a list")
}

fn whole(v: &Value) -> i64 {
    v.as_i64().expect("a whole number")
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

fn rounded(v: &Value) -> i64 {
    (v.as_f64().expect("a number") * 1e6).round() as i64
}

fn table(group: &Value) -> Table {
    let (orders, sizes) = (list(&group["class_orders"]), list(&group["class_sizes"]));
    let class = |c: usize| (whole(&orders[c]), whole(&sizes[c]));
    let classes = sorted((0..orders.len()).map(class));
    let row = |(row, nu): (&Value, &Value)| {
        let values = list(row).iter().enumerate();
        let values = values.map(|(c, x)| (class(c).0, class(c).1, rounded(&x[0]), rounded(&x[1])));
        (whole(nu), sorted(values))
    };
    let rows = list(&group["characters"]).iter().zip(list(&group["frobenius_schur"]));
    (classes, sorted(rows.map(row)))
}

/// Type, degree, commutant, multiplicity in the regular representation and characters of the real representations.
type Real = Vec<(String, [i64; 3], Vec<(i64, i64, i64)>)>;

fn real(group: &Value) -> Real {
    let (orders, sizes) = (list(&group["class_orders"]), list(&group["class_sizes"]));
    let one = |r: &Value| {
        let values = list(&r["characters"]).iter().enumerate();
        let values = values.map(|(c, x)| (whole(&orders[c]), whole(&sizes[c]), rounded(x)));
        let kind = r["type"].as_str().expect("a letter").to_uppercase();
        let numbers = ["degree", "end_dim", "multiplicity_in_regular"].map(|key| whole(&r[key]));
        (kind.chars().take(1).collect(), numbers, sorted(values))
    };
    sorted(list(&group["real_irreps"]).iter().map(one))
}

#[test]
fn groups_of_gap() {
    let all = reference("gap.json");
    let all = all.as_object().expect("an object");
    assert_eq!(all.len(), 42);
    for (name, expected) in all {
        let found = eval(&format!("permutations({})", expected["generators"]));
        assert_eq!(found["order"], expected["order"], "{name}");
        assert_eq!(table(&found), table(expected), "{name}");
        let degrees = |g: &Value| sorted(list(&g["degrees"]).iter().map(whole));
        assert_eq!(degrees(&found), degrees(expected), "{name}");
        assert_eq!(real(&found), real(expected), "{name}");
        for key in ["n_subgroup_classes", "automorphism_group_order"] {
            assert!(expected[key].is_null() || found[key] == expected[key], "{name}: {key}");
        }
    }
}

/// `tensor(p, q)` of the named groups of matrices.
#[test]
fn dimensions_of_emlp() {
    let mut compared = 0;
    for entry in list(&reference("emlp_hom_dims.json")) {
        let name = entry["group"].as_str().expect("a name").replace(",R)", ")");
        // Groups of matrices that have names; the others are entered by generators in the tests of the library.
        if !["SO(", "O(", "SL(", "Sp("].iter().any(|p| name.starts_with(p)) {
            continue;
        }
        let space = |v: &Value| {
            let terms = list(v).iter().map(|t| match [0, 1, 2].map(|k| whole(&t[k])) {
                [0, 0, copies] => copies.to_string(),
                [p, q, copies] => format!("{copies} x tensor({p}, {q})"),
            });
            terms.collect::<Vec<_>>().join(" + ")
        };
        for pair in list(&entry["pairs"]) {
            let out = gdl(&[
                "repl",
                "--eval",
                &format!(":under {name}"),
                "--eval",
                &format!("hom({}, {})", space(&pair[0]), space(&pair[1])),
                "--json",
            ]);
            assert_eq!(out.code, 0, "{name} {pair}: {}", out.err);
            let found: Value = serde_json::from_str(out.out.lines().last().expect("a line")).expect("JSON");
            assert_eq!(found["dim"], pair[2], "{name} {pair}");
            compared += 1;
        }
    }
    assert_eq!(compared, 132);
}
