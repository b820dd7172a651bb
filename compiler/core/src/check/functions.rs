//! Built-in functions. A function is built in only where the calculus cannot say it.

use super::ops::Parity;
use super::subgroups::SUBGROUPS;
use super::{Checker, R, Val};
use crate::diag::Diagnostic;
use crate::ir::Scalar;
use crate::typed::TOp;
use crate::types::{Int, Rep, Type};
use gdl_rep::{Exact, Group};
use gdl_syntax::ast::Span;

/// Scalar functions: name, operator, behaviour under x → −x, the function itself (for counterexamples).
type Pointwise = (&'static str, Scalar, Parity, fn(f64) -> f64);
const POINTWISE: [Pointwise; 12] = [
    ("exp", Scalar::Exp, Parity::Neither, f64::exp),
    ("log", Scalar::Log, Parity::Neither, |x| (x * x + 0.1).ln()),
    ("sqrt", Scalar::Sqrt, Parity::Neither, |x| x.abs().sqrt()),
    ("sin", Scalar::Sin, Parity::Odd, f64::sin),
    ("cos", Scalar::Cos, Parity::Even, f64::cos),
    ("tanh", Scalar::Tanh, Parity::Odd, f64::tanh),
    ("sigmoid", Scalar::Sigmoid, Parity::Neither, |x| {
        1.0 / (1.0 + (-x).exp())
    }),
    ("erf", Scalar::Erf, Parity::Odd, f64::tanh),
    ("abs", Scalar::Abs, Parity::Even, f64::abs),
    ("relu", Scalar::Relu, Parity::Neither, |x| x.max(0.0)),
    ("sign", Scalar::Sign, Parity::Odd, f64::signum),
    ("floor", Scalar::Floor, Parity::Neither, f64::floor),
];

/// Functions of evaluated arguments.
const FUNCTIONS: [&str; 25] = [
    "dot",
    "norm2",
    "norm",
    "tensor",
    "cross",
    "argmax",
    "sort",
    "topk",
    "knn",
    "detach",
    "harmonics",
    "select",
    "dim",
    "len",
    "last",
    "first",
    "init",
    "tail",
    "gates",
    "split",
    "ones",
    "is_perm",
    "is_scalar",
    "has",
    "degree_of",
];

/// Functions of types and representations, and those that need the text of their arguments.
const SPECIAL: [&str; 23] = [
    "break", "grad", "fixed", "hom", "sym", "alt", "dual", "irrep", "irreps", "enum", "class", "coarse", "gated",
    "grouped", "per_copy", "points", "copies", "circle", "sphere", "disk", "ball", "quotient", "outer",
];

/// Option words that stand for themselves.
const WORDS: [&str; 23] = [
    "mean",
    "max",
    "min",
    "sum",
    "prod",
    "he",
    "glorot",
    "normal",
    "uniform",
    "bernoulli",
    "none",
    "zero",
    "wrap",
    "over",
    "data",
    "none",
    "adam",
    "adamw",
    "sgd",
    "one_cycle",
    "cosine",
    "constant",
    "val",
];

/// Whether a name stands for itself: a function of values or an option word.
pub(super) fn is_word(n: &str) -> bool {
    POINTWISE.iter().any(|p| p.0 == n) || FUNCTIONS.contains(&n) || WORDS.contains(&n)
}

/// The names of all functions.
pub(super) fn function_names() -> impl Iterator<Item = String> {
    let pointwise = POINTWISE.iter().map(|p| p.0);
    pointwise
        .chain(FUNCTIONS)
        .chain(SPECIAL)
        .chain(SUBGROUPS)
        .map(str::to_string)
}

/// Whether a name is called with unevaluated arguments.
pub(crate) fn is_special(n: &str) -> bool {
    SPECIAL.contains(&n) || SUBGROUPS.contains(&n) || super::groups::is_group_call(n)
}

impl Checker<'_> {
    /// Built-in functions of values.
    pub(crate) fn builtin(&mut self, n: &str, args: &[(Val, Span)], f_span: Span, span: Span) -> R<Val> {
        if let Some((name, f, parity, sample)) = POINTWISE.iter().find(|p| p.0 == n) {
            let [(v, at)] = args else {
                return Err(self.error(
                    "GDL0111",
                    format!("`{n}` takes one argument"),
                    span,
                    format!("{} were given", args.len()),
                ));
            };
            if let (true, Val::Int(_) | Val::Num(_)) = (*name == "sqrt", v) {
                return self.sqrt_of(v, *at);
            }
            let x = self.to_node(v, *at)?;
            let span = if span.file == f_span.file { f_span } else { span };
            return self.pointwise(name, *f, *parity, x, span, sample).map(Val::Node);
        }
        match (n, args) {
            ("dot", [(a, s), (b, t)]) => {
                let (x, y) = (self.to_node(a, *s)?, self.to_node(b, *t)?);
                self.dot(x, y, false, span).map(Val::Node)
            }
            ("norm2" | "norm", [(a, s)]) => {
                let x = self.to_node(a, *s)?;
                let n2 = self.dot(x, x, true, span)?;
                if n == "norm2" {
                    return Ok(Val::Node(n2));
                }
                self.pointwise("sqrt", Scalar::Sqrt, Parity::Neither, n2, span, &f64::sqrt)
                    .map(Val::Node)
            }
            ("tensor", [(Val::Int(p), _), (Val::Int(q), _)]) => self.tensor_rep(p, q, span),
            ("tensor", [(a, s), (b, t)]) => {
                let (x, y) = (self.to_node(a, *s)?, self.to_node(b, *t)?);
                self.tensor(x, y, span).map(Val::Node)
            }
            ("cross", [(a, s), (b, t)]) => {
                let (x, y) = (self.to_node(a, *s)?, self.to_node(b, *t)?);
                self.cross(x, y, span).map(Val::Node)
            }
            ("argmax", [(a, s)]) => {
                let x = self.to_node(a, *s)?;
                self.argmax(x, span).map(Val::Node)
            }
            ("sort", [(a, s)]) => {
                let key = self.to_node(a, *s)?;
                self.sort(key, *s, span)
            }
            ("topk" | "knn", [(a, s), (Val::Int(k), t)]) => {
                let x = self.to_node(a, *s)?;
                match n {
                    "topk" => self.topk(x, k, *s, *t, span),
                    _ => self.knn(x, k, *s, *t, span),
                }
            }
            ("detach", [(a, s)]) => {
                let x = self.to_node(a, *s)?;
                let ty = self.node(x).ty.clone();
                Ok(Val::Node(self.add(TOp::Detach { x }, ty, &[x], span)))
            }
            ("harmonics", [(a, s), (Val::Int(l), t)]) => {
                let x = self.to_node(a, *s)?;
                let l = self.known(l, "a degree", *t)?;
                self.harmonics(x, l, span).map(Val::Node)
            }
            ("select", [(c, s), (a, t), (b, u)]) => {
                let list = [self.to_node(c, *s)?, self.to_node(a, *t)?, self.to_node(b, *u)?];
                self.select(&list, span).map(Val::Node)
            }
            ("dim", [(v, s)]) => {
                let r = self.want_rep(v, *s)?;
                match self.dim_of(&r) {
                    Some(d) => Ok(Val::Int(d)),
                    None => Err(self.error("GDL0124", "this size is out of bounds", *s, "too large")),
                }
            }
            ("len", [(Val::List(l), _)]) => Ok(Val::Int(Int::num(l.len() as i64))),
            ("first", [(Val::List(l), s)]) | ("last", [(Val::List(l), s)]) => {
                let v = if n == "first" { l.first() } else { l.last() };
                match v {
                    Some(v) => Ok(v.clone()),
                    None => Err(self.error("GDL0111", "this list is empty", *s, "no entries")),
                }
            }
            ("init", [(Val::List(l), _)]) => Ok(Val::List(l[..l.len().saturating_sub(1)].to_vec())),
            ("tail", [(Val::List(l), _)]) => Ok(Val::List(l.get(1..).unwrap_or_default().to_vec())),
            ("is_perm" | "is_scalar", [(v, s)]) => {
                let r = self.want_rep(v, *s)?;
                Ok(Val::Bool(if n == "is_perm" {
                    r.is_permutation()
                } else {
                    r.is_trivial()
                }))
            }
            ("has", [(v, s), (w, t)]) => {
                let (all, some) = (self.want_rep(v, *s)?, self.want_rep(w, *t)?);
                // What is unknown here may be anything: the call decides.
                let unknown = self.abstract_mode && (all.is_abstract() || some.is_abstract());
                Ok(Val::Bool(unknown || all.has(&some)))
            }
            ("ones", [(v, s)]) => {
                let r = self.want_rep(v, *s)?;
                if !r.is_permutation() {
                    let moved = self.moved_vector(&r);
                    return Err(self.report(
                        Diagnostic::error(
                            "GDL0103",
                            format!("no vector of ones is fixed in `{r}`"),
                            *s,
                            "the group moves it",
                        )
                        .counterexample(moved)
                        .help(
                            "Ones are fixed where the group permutes the components; 0 is fixed everywhere: `0 * x`.",
                        ),
                    ));
                }
                Ok(Val::Node(self.add(
                    TOp::Constant(vec![Exact::int(1)]),
                    Type::rep(r),
                    &[],
                    span,
                )))
            }
            ("split", [(v, s), (r, t)]) => {
                let x = self.to_node(v, *s)?;
                let r = self.want_rep(r, *t)?;
                self.split(x, &r, span)
            }
            ("gates", [(v, s)]) => {
                let x = self.to_node(v, *s)?;
                self.block_gates(x, span).map(Val::Node)
            }
            _ if WORDS.contains(&n) => Err(self.error(
                "GDL0111",
                format!("`{n}` is not a function here"),
                f_span,
                "an option word",
            )),
            _ => Err(self.error(
                "GDL0111",
                format!("`{n}` has other arguments"),
                span,
                format!("{} were given", args.len()),
            )),
        }
    }

    fn sqrt_of(&mut self, v: &Val, span: Span) -> R<Val> {
        let x = self.as_exact(v, span)?;
        if x.f < 0.0 {
            return Err(self.error(
                "GDL0111",
                "a negative number has no square root",
                span,
                format!("{}", x.f),
            ));
        }
        let root = x.sqrt();
        Ok(root.as_int().map_or(Val::Num(root), |n| Val::Int(Int::num(n))))
    }

    pub(crate) fn dim_of(&self, r: &Rep) -> Option<Int> {
        if let (false, Some((_, known))) = (self.abstract_mode, self.concrete(r)) {
            return i64::try_from(known.dim()).ok().map(Int::num);
        }
        r.dim(&self.model.group)
    }

    /// The representation without unknowns, and its group; fixed elements count as their coordinates.
    pub(crate) fn concrete(&self, r: &Rep) -> Option<(Group, gdl_rep::Rep)> {
        if self.abstract_mode {
            return None;
        }
        crate::lower::reps::concrete(&self.model, r)
    }
}
