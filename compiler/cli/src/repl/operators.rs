//! Operators and brackets of the session's own objects.

use super::value::{Kind, Member, Value};
use crate::session::D;
use gdl_core::diag::Diagnostic;
use gdl_rep::element::Elem;
use gdl_rep::{Element, Group};
use gdl_syntax::ast::{BinOp, Expr, Span};

/// What stands in brackets.
pub enum Index {
    /// A permutation in cycle notation, points counted from 1.
    Cycles(Vec<Vec<u32>>, Span),
    /// Anything else.
    Value(Value, Span),
}

/// Whether an operator with this operand is not one of the language.
pub fn is_own(op: BinOp, v: &Value) -> bool {
    match v.kind() {
        Kind::Element => true,
        Kind::Group | Kind::Rep | Kind::List => matches!(op, BinOp::Eq | BinOp::Ne),
        _ => false,
    }
}

/// `a op b`.
pub fn binary(op: BinOp, a: &Value, b: &Value, e: &Expr) -> D<Value> {
    match (op, a, b) {
        (BinOp::Eq, _, _) => equal(a, b, e).map(Value::Bool),
        (BinOp::Ne, _, _) => equal(a, b, e).map(|x| Value::Bool(!x)),
        (BinOp::Mul, Value::Element(g), Value::Element(h)) => product(g, h, e),
        (BinOp::Div, Value::Element(g), Value::Element(h)) => {
            let inverse = Member {
                group: h.group.clone(),
                element: h.element.inverse(),
            };
            product(g, &inverse, e)
        }
        (BinOp::Pow, Value::Element(g), Value::Int(n)) => match g.group.power(&g.element, *n) {
            Some(x) => Ok(Value::element(&g.group, x)),
            None => Err(strangers(g, g, e)),
        },
        (BinOp::Pow, Value::Element(g), Value::Element(h)) => {
            // g^h = h⁻¹ g h
            let inner = g
                .element
                .compose(&h.element)
                .and_then(|x| h.element.inverse().compose(&x));
            match inner {
                Some(x) => Ok(Value::element(&g.group, x)),
                None => Err(strangers(g, h, e)),
            }
        }
        _ => Err(Box::new(
            Diagnostic::error(
                "GDL0202",
                format!("`{}` does not apply to these", op.sign()),
                e.span,
                format!("{} and {}", a.kind(), b.kind()),
            )
            .help("Elements of one group have `g * h`, `g / h`, `g^n`, `g^h` and `g == h`."),
        )),
    }
}

fn product(g: &Member, h: &Member, e: &Expr) -> D<Value> {
    match g.element.compose(&h.element).filter(|_| g.group == h.group) {
        Some(x) => Ok(Value::element(&g.group, x)),
        None => Err(strangers(g, h, e)),
    }
}

fn strangers(g: &Member, h: &Member, e: &Expr) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(
            "GDL0203",
            "these elements belong to different groups",
            e.span,
            format!("{} and {}", g.group, h.group),
        )
        .help("Take both from one group."),
    )
}

fn equal(a: &Value, b: &Value, e: &Expr) -> D<bool> {
    Ok(match (a, b) {
        (Value::Element(g), Value::Element(h)) => g.group == h.group && close(&g.element, &h.element),
        (Value::Group(g), Value::Group(h)) => g == h,
        (Value::Rep(r), Value::Rep(s)) => r == s,
        (Value::Int(m), Value::Int(n)) => m == n,
        (Value::Bool(x), Value::Bool(y)) => x == y,
        (Value::Text(x), Value::Text(y)) => x == y,
        (Value::List(x), Value::List(y)) => {
            x.len() == y.len()
                && x.iter()
                    .zip(y.iter())
                    .map(|(a, b)| equal(a, b, e))
                    .collect::<D<Vec<bool>>>()?
                    .iter()
                    .all(|&same| same)
        }
        _ => {
            return Err(Box::new(Diagnostic::error(
                "GDL0202",
                "these cannot be compared",
                e.span,
                format!("{} and {}", a.kind(), b.kind()),
            )));
        }
    })
}

/// Equal up to rounding.
pub fn close(a: &Element, b: &Element) -> bool {
    let near = |x: f64, y: f64| (x - y).abs() < 1e-9;
    match (a, b) {
        (
            Elem::Circle { flip, cos, sin },
            Elem::Circle {
                flip: f,
                cos: c,
                sin: s,
            },
        ) => flip == f && near(cos.f, c.f) && near(sin.f, s.f),
        (Elem::Space(m), Elem::Space(n)) => m.iter().zip(n).all(|(x, y)| near(x.f, y.f)),
        (Elem::Tuple(x), Elem::Tuple(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| close(a, b)),
        _ => a == b,
    }
}

/// `v[i, j]`.
pub fn index(v: &Value, list: &[Index], e: &Expr) -> D<Value> {
    let wrong = |title: String, span: Span, label: String| Box::new(Diagnostic::error("GDL0202", title, span, label));
    let [one] = list else {
        return Err(wrong(
            "one index is needed here".into(),
            e.span,
            format!("{} are given", list.len()),
        ));
    };
    match (v, one) {
        (Value::Group(g), Index::Cycles(cycles, span)) => permutation(g, cycles, *span),
        (Value::Group(g), Index::Value(Value::Int(k), span)) => {
            let found = u64::try_from(*k).ok().and_then(|k| g.element(k));
            match found {
                Some(x) => Ok(Value::element(g, x)),
                None => Err(wrong(
                    format!("{g} has no element number {k}"),
                    *span,
                    match g.small_order() {
                        Some(n) => format!("its elements are numbered 0 to {}", n - 1),
                        None => "its elements are not numbered".into(),
                    },
                )),
            }
        }
        (Value::List(items), Index::Value(Value::Int(k), span)) => {
            let found = usize::try_from(*k).ok().and_then(|k| items.get(k));
            found.cloned().ok_or_else(|| {
                wrong(
                    format!("the list has no entry {k}"),
                    *span,
                    format!("its {} entries count from 0", items.len()),
                )
            })
        }
        (Value::Samples(s), Index::Value(Value::Int(k), span)) => {
            let none = |why: String| wrong(format!("`{}` has no sample {k}", s.title()), *span, why);
            s.sample(*k).map_err(none)
        }
        (Value::Samples(s), Index::Value(_, span)) => Err(wrong(
            format!("samples of `{}` are numbered", s.title()),
            *span,
            "a whole number is needed".into(),
        )),
        (_, Index::Cycles(_, span)) => Err(wrong(
            "cycles name elements of permutation groups".into(),
            *span,
            format!("left of it is {}", v.kind()),
        )),
        (v, Index::Value(_, span)) => Err(wrong(
            format!("{} has no entries", v.kind()),
            *span,
            "nothing to take here".into(),
        )),
    }
}

/// The permutation with these cycles, if it is in the group.
fn permutation(g: &Group, cycles: &[Vec<u32>], span: Span) -> D<Value> {
    let wrong = |title: String, label: String| Box::new(Diagnostic::error("GDL0203", title, span, label));
    let Elem::Permutation(mut image) = g.identity() else {
        return Err(wrong(
            format!("the elements of {g} are not permutations"),
            "cycles name permutations".into(),
        ));
    };
    let n = image.len() as u32;
    let mut seen = vec![false; image.len()];
    for cycle in cycles {
        for (k, &from) in cycle.iter().enumerate() {
            let to = cycle[(k + 1) % cycle.len()];
            if from == 0 || from > n {
                return Err(wrong(
                    format!("{g} moves no point {from}"),
                    format!("its points are 1 to {n}"),
                ));
            }
            if std::mem::replace(&mut seen[from as usize - 1], true) {
                return Err(wrong(
                    "this is no permutation".into(),
                    format!("the point {from} stands in it twice"),
                ));
            }
            if to >= 1 && to <= n {
                image[from as usize - 1] = to - 1;
            }
        }
    }
    let element = Elem::Permutation(image);
    if !g.contains(&element) {
        return Err(wrong(
            format!("this permutation is not in {g}"),
            "not an element".into(),
        ));
    }
    Ok(Value::element(g, element))
}
