//! What names stand for while a body is checked.

use crate::typed::{NodeId, VarId};
use crate::types::{DomainId, Int, Rep, RepKind, Set, Space, Type};
use gdl_rep::{Element, Exact, Group};
use gdl_syntax::ast::{Callable, Expr};
use std::collections::HashMap;
use std::rc::Rc;

/// What an expression evaluates to. Values of the network are [`Val::Node`]s; everything else is known at compile time.
#[derive(Clone, Debug)]
pub enum Val {
    /// A value of the network.
    Node(NodeId),
    /// Named values.
    Record(Vec<(String, Val)>),
    /// An index.
    Var(VarId),
    /// The sample index of `mean a in batch`.
    Sample,
    /// The set of samples.
    Batch,
    /// A whole number; also that many trivial copies.
    Int(Int),
    /// A number.
    Num(Exact),
    /// A truth value.
    Bool(bool),
    /// A representation.
    Rep(Rep),
    /// A type, or a space of parameters.
    Type(Type),
    /// An index set.
    Set(Set),
    /// A domain.
    Domain(DomainId),
    /// A group.
    Group(Group),
    /// An element of a group.
    Element(Group, Element),
    /// A kind in a signature.
    Kind(Kind),
    /// `[a, b]`.
    List(Vec<Val>),
    /// A built-in or option word: `relu`, `mean`, `he`.
    Word(String),
    /// Text.
    Str(String),
    /// A layer or model.
    Layer(Rc<LayerRef>),
    /// A layer with some arguments given: `mlp(_, [64, 64])`; one set of weights.
    Network(Rc<Network>),
    /// A function taken on trust.
    Trusted(Rc<super::Trusted>),
    /// The value of something whose error has been reported.
    Poison,
}

/// A layer and the module it was written in.
#[derive(Debug)]
pub struct LayerRef {
    /// The module, for the names in its body.
    pub module: usize,
    /// Its text.
    pub callable: Callable,
    /// Whether it is a model, which has one set of weights however often it is called.
    pub is_model: bool,
}

/// A named network: calls share weights.
#[derive(Debug)]
pub struct Network {
    /// The layer.
    pub layer: Rc<LayerRef>,
    /// Its arguments; `None` for `_`.
    pub args: Vec<(Option<String>, Option<Val>)>,
    /// The path of its weights.
    pub path: String,
}

/// Kinds that a signature can ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A representation; with the domain whose gauge it belongs to.
    Rep(RepKind, Option<DomainId>),
    /// A whole number.
    Int,
    /// An odd one.
    Odd,
    /// A list of widths.
    List,
    /// A word such as `mean`, or a layer.
    Word,
    /// A group.
    Group,
    /// A domain of this kind.
    Domain(crate::types::Domain),
}

/// Names of one body, innermost block last.
#[derive(Clone, Debug, Default)]
pub struct Env {
    blocks: Vec<HashMap<String, Val>>,
    /// The module whose items are visible.
    pub module: usize,
    /// Names that loops may redefine (without the prime).
    pub states: Vec<String>,
}

impl Env {
    /// An empty environment of a module.
    pub fn new(module: usize) -> Env {
        Env {
            blocks: vec![HashMap::new()],
            module,
            states: Vec::new(),
        }
    }

    /// Opens a block.
    pub fn push(&mut self) {
        self.blocks.push(HashMap::new());
    }

    /// Closes a block.
    pub fn pop(&mut self) {
        self.blocks.pop();
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Val> {
        self.blocks.iter().rev().find_map(|b| b.get(name))
    }

    /// Sets a name in the innermost block.
    pub fn set(&mut self, name: &str, val: Val) {
        if let Some(b) = self.blocks.last_mut() {
            b.insert(name.to_string(), val);
        }
    }

    /// Replaces a name where it is defined.
    pub fn replace(&mut self, name: &str, val: Val) {
        match self.blocks.iter_mut().rev().find(|b| b.contains_key(name)) {
            Some(b) => {
                b.insert(name.to_string(), val);
            }
            None => self.set(name, val),
        }
    }

    /// All names, for suggestions.
    pub fn names(&self) -> Vec<String> {
        self.blocks.iter().flat_map(|b| b.keys().cloned()).collect()
    }
}

/// An argument of a call, evaluated or `_`.
#[derive(Clone, Debug)]
pub struct CallArg<'a> {
    /// `key =`.
    pub name: Option<&'a str>,
    /// As written, for spans and for kinds that need the text.
    pub expr: Option<&'a Expr>,
    /// Its value; `None` for `_`.
    pub val: Option<Val>,
}

impl Val {
    /// What it is, in the language's words.
    pub fn describe(&self) -> &'static str {
        match self {
            Val::Node(_) => "a value",
            Val::Record(_) => "a record",
            Val::Var(_) => "an index",
            Val::Sample => "a sample",
            Val::Batch => "the batch",
            Val::Int(_) | Val::Num(_) => "a number",
            Val::Bool(_) => "a truth value",
            Val::Rep(_) => "a representation",
            Val::Type(_) => "a type",
            Val::Set(_) => "an index set",
            Val::Domain(_) => "a domain",
            Val::Group(_) => "a group",
            Val::Element(..) => "an element of a group",
            Val::Kind(_) => "a kind",
            Val::List(_) => "a list",
            Val::Word(_) => "a word",
            Val::Str(_) => "a text",
            Val::Layer(_) => "a layer",
            Val::Network(_) => "a network",
            Val::Trusted(_) => "a function taken on trust",
            Val::Poison => "nothing",
        }
    }

    /// As a representation: a number is that many trivial copies.
    pub fn to_rep(&self) -> Option<Rep> {
        match self {
            Val::Rep(r) => Some(r.clone()),
            Val::Int(n) => Some(Rep::atom(n.clone(), crate::types::Atom::Known(gdl_rep::Atom::Trivial))),
            Val::Type(t) if t.sets.is_empty() => t.as_rep().cloned(),
            _ => None,
        }
    }

    /// As a type: a representation is the type of its vectors.
    pub fn to_type(&self) -> Option<Type> {
        match self {
            Val::Type(t) => Some(t.clone()),
            Val::Set(s) if s.is_transparent() => Some(Type {
                sets: Vec::new(),
                elem: crate::types::Elem::Index(s.clone()),
            }),
            other => other.to_rep().map(Type::rep),
        }
    }

    /// As an index set: a domain is the set of its nodes, a number n is `0..n`.
    pub fn to_set(&self) -> Option<Set> {
        match self {
            Val::Set(s) => Some(s.clone()),
            Val::Domain(d) => Some(Set::Nodes(*d)),
            Val::Int(n) => Some(Set::Range(n.clone())),
            Val::Rep(r) if r.is_permutation() => Some(Set::Points(r.clone())),
            _ => None,
        }
    }

    /// As a space of static sets and a representation.
    pub fn to_space(&self) -> Option<Space> {
        let t = self.to_type()?;
        let rep = t.as_rep()?.clone();
        (!t.sets.iter().any(Set::is_dynamic)).then_some(Space { sets: t.sets, rep })
    }
}
