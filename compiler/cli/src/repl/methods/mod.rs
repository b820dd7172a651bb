//! The functions of the session: what can be done with groups, elements, representations and signals beyond the language.
//!
//! Each is written as a function or as a method of its first argument: `order(g)` is `g.order`, `x |> isotypic` is `isotypic(x)`. The
//! tables of [`TABLES`] are all there is: `:help`, completion and `spec/repl.md` are made from them, and every example is run by
//! a test.

pub mod data;
pub mod element;
mod finite;
mod group;
mod plot;
pub mod rep;
mod signal;
mod sphere;
mod things;
mod weights;

use super::eval::Evaluator;
use super::value::{Kind, Value};
use crate::session::D;
use gdl_core::check::nearest;
use gdl_core::diag::Diagnostic;
use gdl_rep::{Error, Group, Rep};
use gdl_syntax::ast::{Expr, Span};

/// All functions, by subject.
pub const TABLES: [(&str, &[Method]); 10] = [
    ("Groups", group::METHODS),
    ("Finite groups", finite::METHODS),
    ("Elements", element::METHODS),
    ("Representations", rep::METHODS),
    ("Highest weights", weights::METHODS),
    ("Domains, and signals from numbers and files", things::METHODS),
    ("Data blocks", data::METHODS),
    ("Signals", signal::METHODS),
    ("Functions on the sphere", sphere::METHODS),
    ("Pictures", plot::METHODS),
];

/// A function.
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// The kinds of its first argument; none if it takes no arguments at all.
    pub on: &'static [Kind],
    /// Its further arguments.
    pub params: &'static [Param],
    /// What it gives, in a line.
    pub doc: &'static str,
    /// An input that shows it.
    pub example: &'static str,
    /// Computes it.
    pub run: fn(&mut Call<'_, '_>) -> D<Value>,
}

/// A parameter.
pub struct Param {
    /// Its name, for documentation and for arguments by name.
    pub name: &'static str,
    /// What it may be.
    pub kinds: &'static [Kind],
    /// Whether it must be given, may be left out, or may be given any number of times.
    pub count: Count,
}

/// How often a parameter is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Count {
    One,
    Optional,
    Many,
}

/// A parameter that must be given.
pub const fn one(name: &'static str, kinds: &'static [Kind]) -> Param {
    Param {
        name,
        kinds,
        count: Count::One,
    }
}

/// A parameter that may be left out.
pub const fn optional(name: &'static str, kinds: &'static [Kind]) -> Param {
    Param {
        name,
        kinds,
        count: Count::Optional,
    }
}

/// A parameter that may be given any number of times.
pub const fn many(name: &'static str, kinds: &'static [Kind]) -> Param {
    Param {
        name,
        kinds,
        count: Count::Many,
    }
}

/// An argument.
pub struct Argument {
    /// `name =`.
    pub name: Option<String>,
    /// Its value.
    pub value: Value,
    /// Where it stands.
    pub span: Span,
}

/// A call of a function.
pub struct Call<'a, 's> {
    /// For calls of functions that are arguments.
    pub evaluator: &'a mut Evaluator<'s>,
    /// What is called.
    pub method: &'static Method,
    /// The first argument and the others; after [`Call::check`] by place.
    pub args: Vec<Argument>,
    /// The whole expression.
    pub expr: &'a Expr,
    /// The name of the function.
    pub at: Span,
}

fn methods() -> impl Iterator<Item = &'static Method> {
    TABLES.iter().flat_map(|(_, list)| list.iter())
}

/// Whether something has a function of this name.
pub fn any(name: &str) -> bool {
    methods().any(|m| m.name == name)
}

/// The function of this name for a kind of first argument.
pub fn find(kind: Kind, name: &str) -> Option<&'static Method> {
    methods().find(|m| m.name == name && m.on.contains(&kind))
}

/// As [`find`]; without arguments, a function that takes none.
pub fn find_for(kind: Option<Kind>, name: &str) -> Option<&'static Method> {
    match kind {
        Some(k) => find(k, name),
        None => methods().find(|m| m.name == name && m.on.is_empty()),
    }
}

/// The functions for a kind of first argument.
pub fn of(kind: Kind) -> impl Iterator<Item = &'static Method> {
    methods().filter(move |m| m.on.contains(&kind))
}

/// All names of functions.
pub fn names() -> Vec<&'static str> {
    let mut list: Vec<&str> = methods().map(|m| m.name).collect();
    list.sort_unstable();
    list.dedup();
    list
}

/// Names of the language that stand for a representation of a group: `D(4).regular`.
pub fn names_of_reps(name: &str) -> bool {
    matches!(name, "regular" | "vector" | "irrep")
}

/// There is no function of this name for such a value.
pub fn unknown(kind: Option<Kind>, name: &str, at: Span) -> Diagnostic {
    let others: Vec<Kind> = methods()
        .filter(|m| m.name == name)
        .flat_map(|m| m.on.iter().copied())
        .collect();
    let Some(kind) = kind else {
        return Diagnostic::error("GDL0201", format!("`{name}` needs an argument"), at, "nothing is given")
            .help(format!("Type `:help {name}`."));
    };
    let d = Diagnostic::error(
        "GDL0201",
        format!("{kind} has no `{name}`"),
        at,
        if others.is_empty() { "not known" } else { "not for this" },
    );
    if !others.is_empty() {
        let list: Vec<&str> = others.iter().map(|k| k.words()).collect();
        return d.help(format!("`{name}` is for {}. Type `:help {name}`.", list.join(", ")));
    }
    let known: Vec<String> = of(kind).map(|m| m.name.to_string()).collect();
    match nearest(name, &known) {
        Some(near) => d.help(format!("Did you mean `{near}`?")),
        None => d.help(format!("It has {}.", known.join(", "))),
    }
}

impl Method {
    /// How it is written: `generated(G, g, …)`.
    pub fn usage(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        if let Some(first) = self.on.first() {
            words.push(first.letter().into());
        }
        for p in self.params {
            words.push(match p.count {
                Count::One => p.name.into(),
                Count::Optional => format!("[{}]", p.name),
                Count::Many => format!("{}, …", p.name),
            });
        }
        format!("{}({})", self.name, words.join(", "))
    }
}

impl Kind {
    /// The letter that stands for such a value in usages.
    pub fn letter(self) -> &'static str {
        match self {
            Kind::Group => "G",
            Kind::Element => "g",
            Kind::Rep => "V",
            Kind::Basis => "B",
            Kind::Domain => "D",
            Kind::Samples => "D",
            Kind::Function => "f",
            Kind::Number => "n",
            Kind::Text => "file",
            Kind::Table => "T",
            _ => "x",
        }
    }
}

impl Call<'_, '_> {
    /// Checks number and kinds of the arguments, and brings those given by name to their places.
    ///
    /// # Errors
    /// GDL0202, naming the argument.
    pub fn check(&mut self) -> D<()> {
        let usage = self.method.usage();
        let wrong = |title: String, span: Span, label: String| {
            Box::new(Diagnostic::error("GDL0202", title, span, label).help(format!("It is `{usage}`.")))
        };
        let params = self.method.params;
        let own = usize::from(!self.method.on.is_empty());
        let mut given: Vec<Argument> = self.args.drain(..).collect();
        let rest = given.split_off(own.min(given.len()));
        let many = params.last().is_some_and(|p| p.count == Count::Many);
        let mut places: Vec<Option<Argument>> = params.iter().map(|_| None).collect();
        let mut extra = Vec::new();
        for a in rest {
            let place = match &a.name {
                Some(n) => params.iter().position(|p| p.name == n),
                None => places.iter().position(Option::is_none),
            };
            match place {
                Some(k) if places[k].is_none() => places[k] = Some(a),
                None if many && a.name.is_none() => extra.push(a),
                _ => {
                    let title = match &a.name {
                        Some(n) => format!("`{}` takes no argument `{n}`", self.method.name),
                        None => format!("`{}` takes fewer arguments", self.method.name),
                    };
                    return Err(wrong(title, a.span, "one too many".into()));
                }
            }
        }
        let last = params.last();
        let all = params.iter().zip(&places).map(|(p, a)| (p, a.as_ref()));
        let all = all.chain(last.into_iter().flat_map(|p| extra.iter().map(move |a| (p, Some(a)))));
        for (p, a) in all {
            match a {
                Some(a) if !p.kinds.is_empty() && !p.kinds.contains(&a.value.kind()) => {
                    let words: Vec<&str> = p.kinds.iter().map(|k| k.words()).collect();
                    return Err(wrong(
                        format!("`{}` needs {} here", self.method.name, words.join(" or ")),
                        a.span,
                        format!("this is {}", a.value.kind()),
                    ));
                }
                None if p.count == Count::One => {
                    return Err(wrong(
                        format!("`{}` needs `{}`", self.method.name, p.name),
                        self.at,
                        "an argument is missing".into(),
                    ));
                }
                _ => {}
            }
        }
        // Arguments that were left out leave no gap: optional ones are asked for by name.
        self.args = given;
        for (p, a) in params.iter().zip(places) {
            if let Some(a) = a {
                self.args.push(Argument {
                    name: Some(p.name.into()),
                    ..a
                });
            }
        }
        for a in extra {
            self.args.push(Argument {
                name: last.map(|p| p.name.into()),
                ..a
            });
        }
        Ok(())
    }

    /// The first argument.
    pub fn this(&self) -> &Value {
        &self.args[0].value
    }

    /// An argument by name.
    pub fn arg(&self, name: &str) -> Option<&Argument> {
        self.args.iter().skip(1).find(|a| a.name.as_deref() == Some(name))
    }

    /// All arguments of a name.
    pub fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b Argument> {
        self.args
            .iter()
            .skip(1)
            .filter(move |a| a.name.as_deref() == Some(name))
    }

    /// The first argument as a group.
    pub fn group(&self) -> Group {
        match self.this() {
            Value::Group(g) => (**g).clone(),
            _ => Group::Trivial,
        }
    }

    /// The first argument as a representation.
    pub fn rep(&self) -> Rep {
        match self.this() {
            Value::Rep(r) => (**r).clone(),
            _ => Rep::trivial(Group::Trivial, 0),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// If it is none.
    pub fn whole(&self, name: &str) -> D<Option<i64>> {
        match self.arg(name) {
            None => Ok(None),
            Some(a) => match &a.value {
                Value::Int(n) => Ok(Some(*n)),
                _ => Err(self.refuse_at(a.span, format!("`{name}` is a whole number"), "this is none")),
            },
        }
    }

    /// A real number.
    pub fn real(&self, name: &str) -> Option<f64> {
        match &self.arg(name)?.value {
            Value::Int(n) => Some(*n as f64),
            Value::Number(x) => Some(x.f),
            _ => None,
        }
    }

    /// The numbers of a list, tuple or signal.
    ///
    /// # Errors
    /// If there is something else in it.
    pub fn numbers(&self, a: &Argument) -> D<Vec<f64>> {
        match numbers(&a.value) {
            Some(list) => Ok(list),
            None => Err(self.refuse_at(a.span, "numbers are needed here".into(), a.value.kind().words())),
        }
    }

    /// An error of the mathematics at this call.
    pub fn math(&self, e: Error) -> Box<Diagnostic> {
        self.refuse_at(self.expr.span, e.to_string(), "refused")
    }

    /// An error at this call.
    pub fn refuse(&self, title: impl Into<String>, label: impl Into<String>) -> Box<Diagnostic> {
        self.refuse_at(self.expr.span, title.into(), label)
    }

    /// An error at an argument.
    pub fn refuse_at(&self, span: Span, title: String, label: impl Into<String>) -> Box<Diagnostic> {
        Box::new(Diagnostic::error("GDL0203", title, span, label))
    }
}

/// All numbers in a value, row by row.
pub fn numbers(v: &Value) -> Option<Vec<f64>> {
    match v {
        Value::Int(n) => Some(vec![*n as f64]),
        Value::Number(x) => Some(vec![x.f]),
        Value::Bool(b) => Some(vec![f64::from(u8::from(*b))]),
        Value::Tensor(t) => Some(t.data.to_vec()),
        Value::List(items) => items
            .iter()
            .map(numbers)
            .collect::<Option<Vec<_>>>()
            .map(|l| l.concat()),
        Value::Record(fields) => fields
            .iter()
            .map(|(_, v)| numbers(v))
            .collect::<Option<Vec<_>>>()
            .map(|l| l.concat()),
        _ => None,
    }
}
