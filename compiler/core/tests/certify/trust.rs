//! Functions taken on trust: sampled where they are called, and flagged.

use crate::common::compile;
use gdl_core::cert::certificates;
use gdl_core::certify::{Status, certify_model};

/// The codes of a program's errors.
fn codes(text: &str) -> Vec<&'static str> {
    let (program, mut diags) = gdl_core::modules::load("test.gdl", text, &[], &|_, f| Err(format!("no file {f}")));
    diags.extend(gdl_core::check::check(&program).1);
    diags.iter().filter(|d| d.is_error()).map(|d| d.code).collect()
}

/// The angle between two vectors by their components: the laws that make it invariant are those of real numbers.
fn angle(group: &str, body: &str) -> String {
    format!(
        "
layer angle(x: 6) -> 1 {{
  {body}
}}
trust cosine: 2 x vector -> 1 = angle
model M under {group} [numeric] (s: set, x: s -> 2 x vector) -> (cos: s -> 1, plain: s -> 1) {{
  cos[i] = cosine(x[i])
  plain[i] = norm2(x[i])
  (cos = cos, plain = plain)
}}"
    )
}

const COSINE: &str =
    "(x[0] * x[3] + x[1] * x[4] + x[2] * x[5]) / sqrt((x[0]^2 + x[1]^2 + x[2]^2) * (x[3]^2 + x[4]^2 + x[5]^2))";
const BY_LOGARITHMS: &str = "exp(log(x[0]^2 + x[1]^2 + x[2]^2) + log(x[3]^2 + x[4]^2 + x[5]^2))";

#[test]
fn what_holds_by_laws_of_real_numbers() {
    for body in [COSINE, BY_LOGARITHMS] {
        let (model, _) = compile(&angle("O(3)", body));
        let [rows, _] = certificates(&model);
        let of = |name: &str| {
            rows.iter()
                .find(|r| r.outputs.iter().any(|o| o == name))
                .map(|r| r.flags.clone())
        };
        assert_eq!(of("plain"), Some(vec![]));
        let flags = of("cos").expect("a row");
        assert!(
            flags[0].name == "numeric" && flags[0].residual.is_some_and(|r| r < 1e-10),
            "{flags:?}"
        );
        let report = certify_model(&model, 3).unwrap_or_else(|f| panic!("{f:#?}"));
        let fine = |s: &Status| matches!(s, Status::Exact | Status::Numeric(..));
        assert!(report.rows.iter().all(|r| fine(&r.status)), "{report:#?}");
    }
}

#[test]
fn wrong_ones_are_rejected() {
    for body in [
        "x[0] * x[3]",
        "x[0] * x[3] + x[1] * x[4] + 1.0001 * x[2] * x[5]",
        "x[0] * (x[1] * x[5] - x[2] * x[4]) + sum k in 0..6: relu(x[k])",
        // Nowhere a number.
        "log(-1 - x[0]^2)",
    ] {
        assert_eq!(codes(&angle("O(3)", body)), ["GDL0172"], "{body}");
    }
    // Invariant under the quarter turns that the words of D(4) would show, not under the reflections.
    let planar = |group: &str, body: &str| {
        format!(
            "layer f(x: 2) -> 1 {{ {body} }}
trust g: vector -> 1 = f
model M under {group} [numeric] (s: set, x: s -> vector) -> (s -> 1) {{
  y[i] = g(x[i])
  y
}}"
        )
    };
    let chiral = "x[0] * x[1]^3 - x[0]^3 * x[1]";
    assert_eq!(codes(&planar("C(4)", chiral)), [""; 0]);
    assert_eq!(codes(&planar("D(4)", chiral)), ["GDL0172"]);
    assert_eq!(codes(&planar("SO(2)", chiral)), ["GDL0172"]);
}

#[test]
fn circles_end() {
    for group in ["O(3)", "trivial"] {
        for body in [
            "trust f: vector -> vector = f",
            "layer g(x: 3) -> 3 { f(x) }\ntrust f: 3 -> 3 = g",
            "trust f: 3 -> 3 = h\ntrust h: 3 -> 3 = f",
        ] {
            let text = format!(
                "{body}
model M under {group} [numeric] (s: set, x: s -> 3, v: s -> vector) -> (s -> 1) {{
  y[i] = norm2(f(WHAT[i]))
  y
}}"
            );
            let what = if body.contains("vector") { "v" } else { "x" };
            assert_eq!(codes(&text.replace("WHAT", what)), ["GDL0117"], "{group}: {body}");
        }
    }
    let chain: String = (0..3000)
        .map(|k| format!("trust f{k}: 3 -> 3 = f{}\n", k + 1))
        .collect();
    let model = "layer f3000(x: 3) -> 3 { x }\nmodel M under O(3) [numeric] (x: 3) -> 3 { f0(x) }";
    assert_eq!(codes(&format!("{chain}{model}")), ["GDL0117"]);
}

/// The argument is one of the declared type; a result may be used where its type is, and only there.
#[test]
fn types_are_those_declared() {
    let text = |call: &str| {
        format!(
            "layer f(x: 3) -> 3 {{ x * (x[0]^2 + x[1]^2 + x[2]^2) }}
trust cubed: vector -> vector = f
model M under O(3) [numeric] (s: set, x: s -> vector, n: s -> 3) -> (s -> 1) {{
  y[i] = {call}
  y
}}"
        )
    };
    assert_eq!(codes(&text("dot(cubed(x[i]), x[i])")), [""; 0]);
    assert_eq!(codes(&text("norm2(cubed(n[i]))")), ["GDL0101"]);
    assert_eq!(codes(&text("norm2(relu(cubed(x[i])))")), ["GDL0102"]);
    assert_eq!(codes(&text("cubed(x[i])[0]")), ["GDL0122"]);
}
