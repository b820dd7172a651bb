//! What a name of a session stands for.

use super::picture::Picture;
use super::samples::Samples;
use super::tensor::Tensor;
use crate::session::domain::Domain;
use gdl_rep::{Basis, Element, Exact, Group, Rep};
use gdl_syntax::ast::{Arg, Expr};
use std::fmt;
use std::sync::Arc;

/// A value. Cheap to copy.
#[derive(Clone, Debug)]
pub enum Value {
    /// A whole number.
    Int(i64),
    /// A number.
    Number(Exact),
    /// A truth value.
    Bool(bool),
    /// Text.
    Text(Arc<str>),
    /// Several values.
    List(Arc<[Value]>),
    /// Named values.
    Record(Arc<[(String, Value)]>),
    /// A group.
    Group(Arc<Group>),
    /// An element of a group.
    Element(Arc<Member>),
    /// A representation.
    Rep(Arc<Rep>),
    /// Equivariant maps or kernels.
    Basis(Arc<Maps>),
    /// A type or kind, as written.
    Type(Arc<str>),
    /// What signals live on.
    Domain(Arc<Domain>),
    /// A vector, or a signal of them.
    Tensor(Tensor),
    /// Samples of a data block.
    Samples(Arc<Samples>),
    /// A layer, model or built-in function, perhaps with arguments given.
    Function(Arc<Function>),
    /// Rows with headings.
    Table(Arc<Table>),
    /// A picture.
    Picture(Arc<Picture>),
}

/// An element with the group it was taken from.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The group.
    pub group: Group,
    /// Its element.
    pub element: Element,
}

/// A space of equivariant maps with a basis of it.
#[derive(Clone, Debug)]
pub struct Maps {
    /// From where.
    pub from: Rep,
    /// To where.
    pub to: Rep,
    /// For kernels: the points, on Z^d.
    pub window: Vec<Vec<i32>>,
    /// One tensor an element.
    pub basis: Basis,
}

/// Something that can be called.
#[derive(Clone, Debug)]
pub struct Function {
    /// What it is, as it was written.
    pub callee: Expr,
    /// Its arguments; `_` where one is missing.
    pub args: Vec<Arg>,
    /// The values that names in it had.
    pub given: Vec<(String, Value)>,
    /// A file with its weights.
    pub weights: Option<std::path::PathBuf>,
}

/// Text in rows and columns, with its first row and column as headings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What stands above it.
    pub title: String,
    /// Rows of cells.
    pub rows: Vec<Vec<String>>,
    /// The number of rows that are headings.
    pub headings: usize,
}

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Kind {
    Number,
    Bool,
    Text,
    List,
    Record,
    Group,
    Element,
    Rep,
    Basis,
    Type,
    Domain,
    Tensor,
    Samples,
    Function,
    Table,
    Picture,
}

impl Kind {
    /// In words, with an article.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Number => "a number",
            Kind::Bool => "a truth value",
            Kind::Text => "a text",
            Kind::List => "a list",
            Kind::Record => "a record",
            Kind::Group => "a group",
            Kind::Element => "a group element",
            Kind::Rep => "a representation",
            Kind::Basis => "a space of maps",
            Kind::Type => "a type",
            Kind::Domain => "a domain",
            Kind::Tensor => "a signal",
            Kind::Samples => "samples of data",
            Kind::Function => "a function",
            Kind::Table => "a table",
            Kind::Picture => "a picture",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl Value {
    /// What kind of value it is.
    pub fn kind(&self) -> Kind {
        match self {
            Value::Int(_) | Value::Number(_) => Kind::Number,
            Value::Bool(_) => Kind::Bool,
            Value::Text(_) => Kind::Text,
            Value::List(_) => Kind::List,
            Value::Record(_) => Kind::Record,
            Value::Group(_) => Kind::Group,
            Value::Element(_) => Kind::Element,
            Value::Rep(_) => Kind::Rep,
            Value::Basis(_) => Kind::Basis,
            Value::Type(_) => Kind::Type,
            Value::Domain(_) => Kind::Domain,
            Value::Tensor(_) => Kind::Tensor,
            Value::Samples(_) => Kind::Samples,
            Value::Function(_) => Kind::Function,
            Value::Table(_) => Kind::Table,
            Value::Picture(_) => Kind::Picture,
        }
    }

    /// A group as a value.
    pub fn group(g: Group) -> Value {
        Value::Group(Arc::new(g))
    }

    /// An element as a value.
    pub fn element(group: &Group, element: Element) -> Value {
        Value::Element(Arc::new(Member {
            group: group.clone(),
            element,
        }))
    }

    /// A representation as a value.
    pub fn rep(r: Rep) -> Value {
        Value::Rep(Arc::new(r))
    }

    /// A text as a value.
    pub fn text(t: impl Into<Arc<str>>) -> Value {
        Value::Text(t.into())
    }

    /// A list as a value.
    pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
        Value::List(items.into_iter().collect())
    }

    /// A record as a value.
    pub fn record<S: Into<String>>(fields: impl IntoIterator<Item = (S, Value)>) -> Value {
        Value::Record(fields.into_iter().map(|(n, v)| (n.into(), v)).collect())
    }

    /// A table as a value.
    pub fn table(t: Table) -> Value {
        Value::Table(Arc::new(t))
    }

    /// Whether the language itself knows such values: they take part in its expressions as they are.
    pub fn is_of_the_language(&self) -> bool {
        match self {
            Value::Int(_)
            | Value::Number(_)
            | Value::Bool(_)
            | Value::Text(_)
            | Value::Group(_)
            | Value::Rep(_)
            | Value::Domain(_)
            | Value::Tensor(_) => true,
            Value::List(items) => items.iter().all(Value::is_of_the_language),
            Value::Record(fields) => fields.iter().all(|(_, v)| v.is_of_the_language()),
            _ => false,
        }
    }
}
