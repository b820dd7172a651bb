//! Scenes: statements against literal data. What `test` items and the prompt run.
//!
//! A [`Scene`] is an environment: a group, domains whose elements are written down, and named values. [`crate::check::elaborate`] checks
//! statements in it and gives a [`Run`]: a typed program like that of a model, whose inputs come with their data. It is lowered and
//! compiled like any other; [`Scene::keep`] then takes the computed values into the environment.
//!
//! What is written in place of data comes in through the door, as inputs: every rule of `spec/typing.md` holds of what is computed from
//! it. Only the judgement of a test ([`Claim`]) stands outside, and may look at single components.

use crate::check::Val;
use crate::typed::Model;
use crate::types::{Domain, Type};
use gdl_rep::Group;
use gdl_syntax::ast::{BinOp, Span, Stmt, StmtKind};

/// What is known before and after statements.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The group under which values have their representations.
    pub group: Group,
    /// The domains, by the number of their [`crate::types::DomainId`].
    pub places: Vec<Place>,
    /// Named values; later ones hide earlier ones of the same name.
    pub values: Vec<(String, Value)>,
    /// Parameters that were declared: their declarations are read again before every statement, so that one name is one set of weights.
    params: Vec<Stmt>,
}

/// A domain and its elements.
#[derive(Clone, Debug)]
pub struct Place {
    /// What it is.
    pub domain: Domain,
    /// Its elements; `None` for a grid that follows from another.
    pub elements: Option<Elements>,
}

/// The elements of a literal domain.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// So many elements of a set or sequence.
    Count(u32),
    /// Cells along every axis of a grid.
    Extents(Vec<u32>),
    /// A graph.
    Graph {
        /// The number of nodes.
        nodes: u32,
        /// Source and destination of every edge, sorted by destination.
        edges: Vec<(u32, u32)>,
        /// For every edge as written, its places among `edges`: two for `a-b`, first from a to b.
        written: Vec<Vec<u32>>,
    },
    /// Points; their edges follow from the kind of the cloud (all pairs, if it names none).
    Points(Vec<Vec<f64>>),
    /// A triangle mesh.
    Mesh {
        /// Vertices.
        points: Vec<[f64; 3]>,
        /// Triangles, counter-clockwise seen from outside.
        faces: Vec<[u32; 3]>,
    },
}

impl Elements {
    /// Nodes, cells, points or vertices.
    pub fn count(&self) -> usize {
        match self {
            Elements::Count(n) | Elements::Graph { nodes: n, .. } => *n as usize,
            Elements::Extents(sides) => sides.iter().map(|&n| n as usize).product(),
            Elements::Points(list) => list.len(),
            Elements::Mesh { points, .. } => points.len(),
        }
    }
}

/// A named value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Known at compile time; it contains no nodes.
    Static(Val),
    /// Computed or written.
    Array(Type, Given),
    /// Named values.
    Record(Vec<(String, Value)>),
}

/// The numbers of an array, row-major.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Reals.
    Numbers(Vec<f64>),
    /// Elements of a transparent set.
    Labels(Vec<u32>),
    /// Drawn anew for every run.
    Drawn(Draw),
}

/// A distribution of test inputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Draw {
    /// Mean 0 and this standard deviation.
    Normal(f64),
    /// Uniform in ±.
    Uniform(f64),
    /// 1 with this probability, else 0.
    Bernoulli(f64),
    /// Each element of a set of this size equally often.
    Labels(u32),
}

/// What statements ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Every expression must hold.
    Test,
    /// Every expression is shown.
    Show,
}

/// Statements, ready to be lowered and run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The typed program. Its outputs are what [`Outcome`]s refer to.
    pub model: Model,
    /// The data of its inputs, in order.
    pub inputs: Vec<Given>,
    /// Its domains.
    pub places: Vec<Place>,
    /// What came of every statement, in order.
    pub outcomes: Vec<(Span, Outcome)>,
    /// Declarations of parameters among the statements.
    pub params: Vec<Stmt>,
}

/// What came of a statement.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Names were defined.
    Named(Vec<(String, Part)>),
    /// An expression is to be shown.
    Shown(Part),
    /// An expression must hold.
    Claim(Claim),
}

/// A value in terms of the outputs of a run.
#[derive(Clone, Debug)]
pub enum Part {
    /// Known at compile time.
    Static(Val),
    /// Output number k, of this type.
    Output(usize, Type),
    /// Named values.
    Record(Vec<(String, Part)>),
}

/// What a test says.
#[derive(Clone, Debug)]
pub enum Claim {
    /// Known when the text was checked.
    Known(bool),
    /// Two outputs of one type, compared entry by entry.
    Compare {
        /// `==`, `!=`, `<`, …; `==` up to the tolerance.
        op: BinOp,
        /// The output on the left.
        left: usize,
        /// The output on the right.
        right: usize,
        /// Largest difference relative to the larger of 1 and the largest entry.
        tolerance: f64,
    },
    /// Not this.
    Not(Box<Claim>),
    /// Both.
    And(Box<Claim>, Box<Claim>),
    /// At least one.
    Or(Box<Claim>, Box<Claim>),
}

/// Up to which relative difference `==` of a test holds: rounding in double precision.
pub const ROUNDING: f64 = 1e-9;

impl Scene {
    /// Nothing but a group.
    pub fn new(group: Group) -> Scene {
        Scene {
            group,
            places: Vec::new(),
            values: Vec::new(),
            params: Vec::new(),
        }
    }

    /// The declarations of parameters so far.
    pub fn params(&self) -> &[Stmt] {
        &self.params
    }

    /// Takes the domains and named values of a run; `arrays` are its outputs in order.
    pub fn keep(&mut self, run: &Run, arrays: &[Vec<f64>]) {
        self.places.clone_from(&run.places);
        for p in &run.params {
            let StmtKind::Param(decl) = &p.kind else { continue };
            self.forget(&decl.name.name);
            self.params.push(p.clone());
        }
        for (_, outcome) in &run.outcomes {
            if let Outcome::Named(names) = outcome {
                for (name, part) in names {
                    self.set(name, value(part, arrays));
                }
            }
        }
    }

    /// Names a value, in place of an earlier one of the same name.
    pub fn set(&mut self, name: &str, value: Value) {
        self.forget(name);
        self.values.push((name.into(), value));
    }

    fn forget(&mut self, name: &str) {
        self.values.retain(|(n, _)| n != name);
        self.params
            .retain(|p| !matches!(&p.kind, StmtKind::Param(d) if d.name.name == name));
    }

    /// A named value.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }
}

/// A part with its numbers filled in.
pub fn value(part: &Part, arrays: &[Vec<f64>]) -> Value {
    match part {
        Part::Static(v) => Value::Static(v.clone()),
        Part::Record(fields) => Value::Record(fields.iter().map(|(n, p)| (n.clone(), value(p, arrays))).collect()),
        Part::Output(k, ty) => {
            let numbers = arrays.get(*k).cloned().unwrap_or_default();
            Value::Array(ty.clone(), Given::of(ty, numbers))
        }
    }
}

impl Given {
    /// Computed numbers of a type; one-hot rows become labels.
    pub fn of(ty: &Type, numbers: Vec<f64>) -> Given {
        let crate::types::Elem::Index(set) = &ty.elem else {
            return Given::Numbers(numbers);
        };
        let n = set.labels().unwrap_or(1).max(1) as usize;
        let place = |row: &[f64]| row.iter().position(|&x| x > 0.5).unwrap_or(0) as u32;
        Given::Labels(numbers.chunks(n).map(place).collect())
    }
}
